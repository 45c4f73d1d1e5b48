/* SPDX-License-Identifier: GPL-2.0 */
/*
 * table.h - the differences that are meant, and those that occurred.
 *
 * Who may include it: the differential test.
 */
#ifndef PINHOLE_TESTS_DIFF_TABLE_H
#define PINHOLE_TESTS_DIFF_TABLE_H

#include "tests/diff/world.h"

/* A line of explained.tsv. The first four are patterns as of fnmatch(3). */
struct explanation {
	char *mode;
	char *class;
	char *verdict[N_GATEWAYS];
	char *why;
	unsigned int line;
	unsigned int used;
};

struct explanations {
	struct explanation *items;
	size_t n;
};

/* Bails out on a line that has not five columns. */
void explanations_read(const char *path, struct explanations *out);
void explanations_free(struct explanations *e);

/* Return: the first one that fits, its use counted, or NULL. */
const struct explanation *explanations_find(struct explanations *e, const char *mode,
					    const char *class, const char *a,
					    const char *b);

/* How often something occurred that has three names. */
struct tally_row {
	char name[3][128];
	unsigned int count;
	unsigned int line; /* of the explanation; 0: none */
};

struct tally {
	struct tally_row *rows;
	size_t n;
};

/* Return: the row, whose count is 1 if it is new; valid until the next call. */
struct tally_row *tally_add(struct tally *tally, const char *class, const char *a,
			    const char *b);
void tally_free(struct tally *tally);

#endif /* PINHOLE_TESTS_DIFF_TABLE_H */
