/* SPDX-License-Identifier: GPL-2.0 */
/*
 * statement.h - the tables of statements.
 *
 * Why it exists: which words begin a statement, and in which block, is said once, in
 * tables; what a word means is said by the file of its theme. PIX and ASA know hundreds
 * of statements that decide nothing here: these have tables, too, by what becomes of
 * them, so that nobody looks for a typing error, and nothing is left out silently.
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

/* A block of which nothing is enforced (modes.c). */
struct policy_foreign {
	/* Words that begin its lines; in order, they end in NULL. Others are its own as
	 * well, unless they begin a statement. */
	const char *const *members;
	/* Only a first line that ends in `attributes` or the like opens it. */
	bool behind_attributes;
	/* A block within it, whose words are told apart no further; NULL: none */
	const struct policy_foreign *inner;
};

/*
 * A row. Of several that fit, the one with two words counts, then the one of the block
 * that is open. A statement of the top alone ends the block. One that stands where it
 * may not is given to its function all the same, which says so.
 */
struct policy_statement {
	const char *words; /* one, or two with a blank between them */
	policy_stmt_fn *parse;
	unsigned int in; /* enum policy_place */
	/* Of the tables of tiers: */
	const char *text;		    /* what is lost, or what to write instead */
	const struct policy_foreign *opens; /* NULL: no block */
};

enum policy_tier {
	POLICY_TIER_ENFORCED,  /* the file of its theme says what */
	POLICY_TIER_IGNORED,   /* decides nothing here: counted in one note */
	POLICY_TIER_UNCOVERED, /* ignored, and less is covered: a warning */
	POLICY_TIER_REFUSED,   /* without it something else would be permitted */
	POLICY_N_TIERS,
};

/* Rows in the order of their first words, letters compared without case. */
struct policy_table {
	const struct policy_statement *rows;
	size_t count;
};

#define POLICY_MAX_STATEMENTS 256 /* rows of a table */

extern const struct policy_table policy_table_statements, policy_table_no,
	policy_table_ignored, policy_table_uncovered, policy_table_refused;
/* By tier (tiers.c); policy_table_no is what may stand behind `no`. */
extern const struct policy_table *const policy_tables[POLICY_N_TIERS];

/* What rows of tiers are parsed by (tiers.c). p->statement is the row. */
policy_stmt_fn policy_tier_ignored, policy_tier_uncovered, policy_tier_refused;
/* Warn of what was left uncovered, once for each row. Return: 0 or -ENOMEM. */
int policy_warn_uncovered(struct policy_parser *p);

/* Rows of a table whose first word is this one: the first, and how many. */
size_t policy_rows_find(const struct policy_table *table,
			const struct policy_token *token, size_t *first);
/* The block that is open, as a place. */
unsigned int policy_place_of(const struct policy_parser *p);

/* Blocks that tables open (modes.c). */
extern const struct policy_foreign policy_foreign_aaa_server, policy_foreign_attributes,
	policy_foreign_webvpn, policy_foreign_router, policy_foreign_route_map,
	policy_foreign_crypto, policy_foreign_dns, policy_foreign_call_home,
	policy_foreign_sla, policy_foreign_other;

/* The block that the row opens, if the line is one that does. */
void policy_open_foreign(struct policy_parser *p, const struct policy_foreign *foreign);
/* The line, whose first word is next, is part of the block that is open. @enforced: it
 * begins a statement that decides something; @known: or any */
bool policy_is_foreign_line(const struct policy_parser *p,
			    const struct policy_token *token, bool enforced, bool known);
/* A word of its table. */
bool policy_is_foreign_member(const struct policy_parser *p,
			      const struct policy_token *token);

#endif /* PINHOLE_POLICY_STATEMENT_H */
