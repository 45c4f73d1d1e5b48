// SPDX-License-Identifier: GPL-2.0
/*
 * undo.c - `clear` and `no`, of statements that set something.
 *
 * Generated scripts begin by removing what the device had. Here nothing is there before:
 * where nothing of the kind has been said yet there is nothing to remove. Behind it,
 * removing would take back what the text itself says: that is refused, for it is the
 * text that should change.
 */
#include <errno.h>

#include "policy/statement.h"

static bool is_seen(const struct policy_parser *p, size_t row)
{
	return p->seen[row / 64] >> (row % 64) & 1;
}

/* A statement that begins with the word was given. */
static bool word_is_seen(const struct policy_parser *p, const struct policy_token *word)
{
	size_t first, count = policy_rows_find(&policy_table_statements, word, &first);

	for (size_t i = first; i < first + count; i++)
		if (is_seen(p, i))
			return true;
	return false;
}

static bool anything_is_seen(const struct policy_parser *p)
{
	for (size_t i = 0; i < sizeof(p->seen) / sizeof(p->seen[0]); i++)
		if (p->seen[i])
			return true;
	return false;
}

/* @word and, of access lists, which one: what was said of it would be taken back. */
bool policy_undoes_something(const struct policy_parser *p,
			     const struct policy_token *word)
{
	const struct policy_token *name = word->len ? &word[1] : word;

	if (!word_is_seen(p, word))
		return false;
	if (policy_token_is(word, "access-list") && name->len)
		return strmap_find(&p->list_by_name, name->text, name->len) != NULL;
	return true;
}

int policy_fail_undo(struct policy_parser *p, const struct policy_token *first,
		     const struct policy_token *word)
{
	int err = policy_fail(p, first, E_UNDO,
			      "'%.*s %.*s' would take back what the text says before it",
			      POLICY_WORD(first), POLICY_WORD(word));

	return policy_hint(p, err,
			   "applying replaces the whole policy: leave out what is not "
			   "wanted, and this line");
}

/* clear [config|configure] WORD ..., clear configure all */
int policy_stmt_clear(struct policy_parser *p)
{
	const struct policy_token *first = &p->line.tokens[0];
	bool whole, lost;

	if (!policy_accept(p, "config"))
		policy_accept(p, "configure");
	whole = policy_token_is(policy_peek(p), "all") ||
		policy_token_is(policy_peek(p), "primary");
	lost = whole ? anything_is_seen(p) : policy_undoes_something(p, policy_peek(p));
	if (lost)
		return policy_fail_undo(p, first, policy_peek(p));
	return policy_ignore(p, first);
}
