/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lines.h - the lines of a list as products, and which of them has a packet first.
 *
 * Who may include it: loader/analysis and its tests.
 */
#ifndef PINHOLE_ANALYSIS_LINES_H
#define PINHOLE_ANALYSIS_LINES_H

#include "analysis/space.h"

/* A line, and what it matches of one family: maybe nothing. */
struct space_line {
	struct product set;
	uint64_t hash;	 /* of what it says: equal lines have equal ones */
	uint32_t number; /* acl_line.number */
	bool permit;
};

/* The same as acl_list, of one family; memory is the scratch's. */
struct space_list {
	const struct space_line *lines;
	size_t n;
};

/* Sets that lines share are made once. Return: 0 or -ENOMEM. */
int space_list_make(struct scratch *scratch, enum acl_family family,
		    const struct acl_list *list, struct space_list *out);

/* They match the same packets and do the same: exact, but for services that are
 * written in another order. */
bool space_lines_equal(const struct space_line *a, const struct space_line *b);

/*
 * ---- an index: the lines that have a packet ----
 *
 * Lines are found by the upper bits of their prefixes, as many as a pair of lengths
 * says, and lines of one port by protocol and port as well: one look for each pair of
 * lengths that occurs. Products of many are tried one by one.
 */
struct space_index;

/* An empty one. The lists must outlive it. Return: NULL if there is no memory. */
struct space_index *space_index_new(enum acl_family family, const struct acl_list *list,
				    const struct space_list *lines);
void space_index_free(struct space_index *index);

/* Add a line, behind those that were added before. Return: 0 or -ENOMEM. */
int space_index_add(struct space_index *index, size_t line);

#define SPACE_NO_LINE SIZE_MAX

/*
 * The first line that was added, and is before `limit`, that has the packet.
 * @work: grows by the lines that were tried
 * Return: its index, or SPACE_NO_LINE
 */
size_t space_index_first(const struct space_index *index, const struct point *point,
			 size_t limit, uint64_t *work);

/* All of them, in no order, some perhaps more than once. @visit returns false to end. */
typedef bool space_visit_fn(void *arg, size_t line);
void space_index_visit(const struct space_index *index, const struct point *point,
		       size_t limit, uint64_t *work, space_visit_fn *visit, void *arg);

#endif /* PINHOLE_ANALYSIS_LINES_H */
