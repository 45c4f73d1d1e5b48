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

/* ( NAME ) ID. Below an object, a pair that lacks one is not that. */
static bool is_pix_form(const struct policy_parser *p)
{
	const struct policy_token *id;

	if (p->line.n_tokens - p->at <= 2 || !policy_token_is(policy_peek(p), "(") ||
	    !policy_token_is(&p->line.tokens[p->at + 2], ")"))
		return false;
	id = &p->line.tokens[p->at + 3];
	return !in_object(p) || (id->len && id->text[0] >= '0' && id->text[0] <= '9');
}

/* Whatever stands below an object is about it, unless it says that it is not. */
static bool is_of_object(const struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);

	if (policy_token_is(token, "static") || policy_token_is(token, "dynamic"))
		return true;
	return in_object(p) && !policy_token_is(token, "source") &&
	       !policy_token_is(token, "after-auto") &&
	       !(token->len && token->text[0] >= '0' && token->text[0] <= '9');
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

	if (is_pix_form(p)) {
		p->block = POLICY_BLOCK_NONE;
		return policy_parse_nat_pix(p, &stmt);
	}
	if (policy_token_is(policy_peek(p), "("))
		err = policy_parse_iface_pair(
			p, "nat (REAL_IF,MAPPED_IF) source static REAL MAPPED", &stmt);
	if (err)
		return err;
	if (is_of_object(p))
		return parse_object_nat(p, &stmt);
	p->block = POLICY_BLOCK_NONE;
	return policy_parse_nat_twice(p, &stmt);
}
