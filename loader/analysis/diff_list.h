/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diff_list.h - what two lists decide differently.
 *
 * Who may include it: loader/analysis and its tests.
 */
#ifndef PINHOLE_ANALYSIS_DIFF_LIST_H
#define PINHOLE_ANALYSIS_DIFF_LIST_H

#include "analysis/lines.h"
#include "util/vec.h"

/* Both families of a list; the members of one that nothing is said of are {0}. */
struct both_families {
	struct space_list of[ACL_N_FAMILIES];
};

/*
 * Lines that both lists have, in the same order (common.c). Not as many as there could
 * be: those at the beginning and the end, and between them a longest ascending sequence
 * of the first with the first of their kind, the second with the second, and so on.
 * @old_twin, @new_twin: by line: the index of its twin in the other list, or
 * SPACE_NO_LINE; as long as the lists
 * Return: 0 or -ENOMEM.
 */
int space_common_lines(const struct both_families *old, size_t n_old,
		       const struct both_families *new, size_t n_new, size_t *old_twin,
		       size_t *new_twin);

struct list_difference {
	size_t old; /* the line that decides; SPACE_NO_LINE: none, which is a denial */
	size_t new;
	enum acl_family family;
	struct point example;
};

struct list_diff {
	VEC(struct list_difference) items; /* no two of the same pair of lines */
	size_t n_unexamined;		   /* changed lines */
};

/* Freed by vec_free(&diff->items). @taste: for examples, by family
 * @work: of all lists of a policy, see MAX_WORK. Return: 0 or -ENOMEM. */
int space_diff_lists(const struct acl_list *old, const struct acl_list *new,
		     const struct point_taste taste[ACL_N_FAMILIES], uint64_t *work,
		     struct list_diff *out);

/* The line that decides, by asking them in order. */
size_t space_first_line(const struct space_list *list, const struct point *point);

#endif /* PINHOLE_ANALYSIS_DIFF_LIST_H */
