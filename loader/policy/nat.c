// SPDX-License-Identifier: GPL-2.0
/*
 * nat.c - which of its three forms a `nat` line has.
 *
 *   nat (IF) ID ...				PIX: nat_pix.c
 *   nat [(REAL_IF,MAPPED_IF)] static|dynamic ...	below an object: nat_asa.c
 *   nat [(REAL_IF,MAPPED_IF)] [...] source ...		with a line of its own, likewise
 */
#include <errno.h>

#include "policy/parser.h"

static bool in_object(const struct policy_parser *p)
{
	return p->block == POLICY_BLOCK_OBJECT || p->block == POLICY_BLOCK_REFUSED_OBJECT;
}

/* ( NAME ), and not a pair */
static bool names_one_interface(const struct policy_parser *p)
{
	return p->line.n_tokens - p->at > 2 && policy_token_is(policy_peek(p), "(") &&
	       policy_token_is(&p->line.tokens[p->at + 2], ")");
}

static int fail_outside_object(struct policy_parser *p)
{
	int err = policy_fail(p, &p->line.tokens[0], E_OUTSIDE_BLOCK,
			      "'nat' stands outside of an object block");

	return policy_hint(p, err,
			   "put it below 'object network NAME', or write 'nat "
			   "(REAL_IF,MAPPED_IF) source static REAL MAPPED'");
}

static int parse_object_nat(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_object_state *state;
	int err;

	if (!in_object(p))
		return fail_outside_object(p);
	stmt->parsed.object = p->block_object;
	err = policy_parse_nat_object(p, stmt);
	if (err || p->block == POLICY_BLOCK_REFUSED_OBJECT)
		return err;
	state = &p->objects.items[p->block_object];
	if (state->nat_at.line) {
		err = policy_fail(p, &p->line.tokens[0], E_STATIC_TWICE,
				  "object '%s' already has a translation, from line %u",
				  p->policy->objects.items[p->block_object].name,
				  state->nat_at.line);
		return policy_hint(p, err,
				   "write an object of its own for each translation");
	}
	state->nat_at = stmt->parsed.where;
	return policy_nat_keep(p, stmt, POLICY_NO_INDEX);
}

int policy_stmt_nat(struct policy_parser *p)
{
	struct policy_nat_stmt stmt = policy_nat_stmt_new(p, POLICY_NAT_MANUAL);
	int err = 0;

	if (names_one_interface(p)) {
		p->block = POLICY_BLOCK_NONE;
		return policy_parse_nat_pix(p, &stmt);
	}
	if (policy_token_is(policy_peek(p), "("))
		err = policy_parse_iface_pair(
			p, "nat (REAL_IF,MAPPED_IF) source static REAL MAPPED", &stmt);
	if (err)
		return err;
	if (policy_token_is(policy_peek(p), "static") ||
	    policy_token_is(policy_peek(p), "dynamic"))
		return parse_object_nat(p, &stmt);
	p->block = POLICY_BLOCK_NONE;
	return policy_parse_nat_twice(p, &stmt);
}
