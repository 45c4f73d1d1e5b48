// SPDX-License-Identifier: GPL-2.0
/*
 * tiers.c - what becomes of statements that are not enforced.
 *
 * The tables say which they are (tier_*.c); a few mean one thing or the other by the
 * words behind them.
 */
#include <errno.h>

#include "policy/statement.h"

const struct policy_table *const policy_tables[POLICY_N_TIERS] = {
	[POLICY_TIER_ENFORCED] = &policy_table_statements,
	[POLICY_TIER_IGNORED] = &policy_table_ignored,
	[POLICY_TIER_UNCOVERED] = &policy_table_uncovered,
	[POLICY_TIER_REFUSED] = &policy_table_refused,
};

/* The word of the row: its first, or behind `no` the second of the line. */
static const struct policy_token *keyword_of(const struct policy_parser *p)
{
	return &p->line.tokens[p->keyword_at];
}

int policy_tier_ignored(struct policy_parser *p)
{
	policy_open_foreign(p, p->statement->opens);
	return policy_ignore(p, keyword_of(p));
}

/* The first line of each kind is remembered: one cause, one warning. */
int policy_tier_uncovered(struct policy_parser *p)
{
	struct policy_uncovered *kept;

	policy_open_foreign(p, p->statement->opens);
	for (size_t i = 0; i < p->uncovered.count; i++)
		if (p->uncovered.items[i].row == p->statement) {
			p->uncovered.items[i].count++;
			return 0;
		}
	kept = vec_push(&p->uncovered);
	if (!kept)
		return -ENOMEM;
	kept->row = p->statement;
	kept->where = policy_where(p, keyword_of(p));
	kept->count = 1;
	return 0;
}

int policy_warn_uncovered(struct policy_parser *p)
{
	for (size_t i = 0; i < p->uncovered.count; i++) {
		const struct policy_uncovered *item = &p->uncovered.items[i];
		int err;

		p->policy->report.n_uncovered += item->count - 1;
		if (item->count == 1)
			err = policy_uncovered_at(p, &item->where, "'%s' is ignored: %s",
						  item->row->words, item->row->text);
		else
			err = policy_uncovered_at(
				p, &item->where, "'%s' is ignored, in %zu lines: %s",
				item->row->words, item->count, item->row->text);
		if (err == -ENOMEM)
			return err;
	}
	return 0;
}

/* One cause is one error, however many lines it has and whatever they begin with: those
 * with one hint are one cause. */
int policy_tier_refused(struct policy_parser *p)
{
	int err;

	policy_open_foreign(p, p->statement->opens);
	for (size_t i = 0; i < p->refused_hints.count; i++)
		if (p->refused_hints.items[i] == p->statement->text)
			return -EINVAL; /* has been said */
	err = policy_fail(p, keyword_of(p), E_UNSUPPORTED,
			  "'%s' is not supported by this version", p->statement->words);
	if (err == -ENOMEM || !vec_push(&p->refused_hints))
		return -ENOMEM;
	p->refused_hints.items[p->refused_hints.count - 1] = p->statement->text;
	return policy_hint(p, err, "%s", p->statement->text);
}

/* ---- IPsec -------------------------------------------------------------- */

#define HINT_IPSEC                                                                       \
	"let this machine's own IPsec protect them, or remove the line; --ignore ipsec " \
	"checks the rest without it"

/* What is bound to an interface protects packets. One cause, however many lines: who
 * listens for peers does nothing without it. */
static int lose_ipsec(struct policy_parser *p)
{
	struct policy_where where = policy_where(p, keyword_of(p));
	int err;

	if (p->ipsec_lost)
		return policy_ignore(p, keyword_of(p));
	p->ipsec_lost = true;
	if (p->options.ignore_ipsec)
		return policy_uncovered_at(p, &where,
					   "'%s' is ignored: packets are not protected "
					   "by IPsec",
					   p->statement->words);
	err = policy_fail(p, keyword_of(p), E_UNSUPPORTED,
			  "'%s': packets are not protected by IPsec here",
			  p->statement->words);
	return policy_hint(p, err, HINT_IPSEC);
}

/* crypto map NAME interface IF; the rest defines what nobody binds */
int policy_stmt_crypto_map(struct policy_parser *p)
{
	policy_next(p);
	if (policy_token_is(policy_peek(p), "interface"))
		return lose_ipsec(p);
	return policy_ignore(p, keyword_of(p));
}

/* tunnel ... in a block of an interface */
int policy_stmt_tunnel(struct policy_parser *p)
{
	return lose_ipsec(p);
}

/* ---- AAA ---------------------------------------------------------------- */

/* aaa authentication match LIST IF SERVER, include SERVICE IF ...: of traffic. Others
 * log administrators in. */
int policy_stmt_aaa(struct policy_parser *p)
{
	bool asks = policy_token_is(policy_peek(p), "authentication") ||
		    policy_token_is(policy_peek(p), "authorization");

	if (asks) {
		policy_next(p);
		if (policy_token_is(policy_peek(p), "match") ||
		    policy_token_is(policy_peek(p), "include"))
			return policy_ignore_with_warning(
				p, keyword_of(p),
				"what is permitted passes without users being asked who "
				"they are");
	}
	return policy_ignore(p, keyword_of(p));
}
