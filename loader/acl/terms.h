/* SPDX-License-Identifier: GPL-2.0 */
/*
 * terms.h - lines of one list and family, reduced, and the terms of those of them
 * that are expanded.
 *
 * Who may include it: terms.c, image.c.
 */
#ifndef PINHOLE_ACL_TERMS_H
#define PINHOLE_ACL_TERMS_H

#include "acl/internal.h"

/* A set of the caller's, and what it is reduced to. */
struct acl_set_copy {
	const void *set; /* NULL: the slot is empty */
	void *copy;
	uint32_t n;
	uint32_t kept; /* elements of the copy */
};

/* Sets by address. */
struct acl_sets {
	struct acl_set_copy *slots;
	size_t n_slots; /* a power of two */
};

/* Room for the sets of n_lines lines. Return: 0 or -ENOMEM */
int acl_sets_init(struct acl_sets *sets, size_t n_lines);
void acl_sets_free(struct acl_sets *sets);

/*
 * Replace a set by its reduced copy, which the first call makes.
 * @family: prefixes of the other one are left out
 * Return: 0 or -ENOMEM
 */
int acl_sets_prefixes(struct acl_sets *sets, enum acl_family family,
		      const struct acl_prefix **set, uint32_t *n);
int acl_sets_services(struct acl_sets *sets, const struct acl_service **set, uint32_t *n);

/* A list's lines that can match packets of one family. */
struct acl_family_lines {
	struct acl_line *lines; /* sets reduced */
	size_t n;
	struct acl_sets sets; /* which they point to, or to the caller's */
};

/* What lines become at one threshold. */
struct acl_expansion {
	struct acl_term *terms;
	size_t n_terms;
	struct acl_line *large; /* products that are not expanded */
	size_t n_large;
};

/* Whether a list is what acl.h says. */
bool acl_list_valid(const struct acl_list *list);

/* Return: 0 or -ENOMEM; either way, acl_family_lines_free(). */
int acl_family_lines_make(const struct acl_list *list, enum acl_family family,
			  struct acl_family_lines *lines);
void acl_family_lines_free(struct acl_family_lines *lines);

/* How many terms the lines have whose product is at most `threshold`. */
uint64_t acl_count_terms(const struct acl_family_lines *lines, uint64_t threshold,
			 size_t *n_large);

/* Expand them. Return: 0 or -ENOMEM; either way, acl_expansion_free(). */
int acl_expand(const struct acl_family_lines *lines, uint64_t threshold,
	       struct acl_expansion *expansion);
void acl_expansion_free(struct acl_expansion *expansion);

#endif /* PINHOLE_ACL_TERMS_H */
