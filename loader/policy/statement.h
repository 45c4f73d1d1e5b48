/* SPDX-License-Identifier: GPL-2.0 */
/*
 * statement.h - the tables of statements.
 *
 * Why it exists: which words begin a statement, and in which block, is said once, in
 * tables; what a word means is said by the file of its theme.
 *
 * Who may include it: statement.c and the files that hold tables.
 */
#ifndef PINHOLE_POLICY_STATEMENT_H
#define PINHOLE_POLICY_STATEMENT_H

#include "policy/parser.h"

/* Where a statement may stand. */
enum policy_place {
	IN_TOP = 1 << 0,
	IN_INTERFACE = 1 << 1,
	IN_OBJECT = 1 << 2,
	IN_GROUP = 1 << 3,
	IN_CLASS = 1 << 4,
	IN_MAP = 1 << 5,
};

/*
 * A row. Of several that fit the one with two words counts, then the one of the block
 * that is open. A statement of the top alone ends the block. One that stands where it
 * may not is given to its function all the same, which says so.
 */
struct policy_statement {
	const char *words; /* one, or two with a blank between them */
	policy_stmt_fn *parse;
	unsigned int in; /* enum policy_place */
};

#endif /* PINHOLE_POLICY_STATEMENT_H */
