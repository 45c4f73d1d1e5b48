// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_service.c - policy-map NAME: which classes are inspected how; and the
 * service-policy that puts one in force.
 *
 *   class NAME			 (in a policy-map type inspect ftp, too)
 *   inspect ftp [strict [MAP]]
 *   inspect ftps [strict] [MAP]  (Pinhole's own)
 *   service-policy NAME global
 */
#include <errno.h>

#include "policy/parser.h"

int policy_stmt_class(struct policy_parser *p)
{
	struct policy_clause clause = {.map = POLICY_NO_MAP, .is_class = true}, *kept;
	int err;

	if (p->block == POLICY_BLOCK_REFUSED_INSPECTION)
		return 0;
	if (p->block != POLICY_BLOCK_MAP)
		return policy_fail_outside_inspection(p, "'policy-map NAME'");
	p->map_part = POLICY_PART_REFUSED_CLAUSE;
	clause.where = policy_where(p, policy_peek(p));
	err = policy_class_get(p, &clause.class);
	if (!err)
		err = policy_expect_end(p);
	if (err)
		return policy_refuse_inspection(p, err);
	kept = vec_push(&p->policy->maps.items[p->block_map].clauses);
	if (!kept)
		return -ENOMEM;
	*kept = clause;
	p->map_part = POLICY_PART_CLAUSE;
	return 0;
}

/* ---- inspect ----------------------------------------------------------- */

/* The word inspect has been consumed. */
static int parse_inspect(struct policy_parser *p, struct policy_clause *clause)
{
	const struct policy_token *token;
	int err;

	clause->where = policy_where(p, policy_peek(p));
	if (policy_accept(p, "ftp"))
		clause->fixup_kind = FIXUP_FTP;
	else if (policy_accept(p, "ftps"))
		clause->fixup_kind = FIXUP_FTPS;
	else
		return policy_fail_protocol(p, policy_peek(p));
	clause->strict = policy_accept(p, "strict");
	token = policy_peek(p);
	if (!token->len)
		return 0;
	if (!clause->strict && clause->fixup_kind == FIXUP_FTP) {
		err = policy_fail(p, token, E_EXPECTED,
				  "a policy-map takes strict inspection");
		return policy_hint(p, err, "write 'inspect ftp strict %.*s'",
				   POLICY_WORD(token));
	}
	err = policy_map_get(p, &clause->map);
	return err ? err : policy_expect_end(p);
}

/* Return: 1 if the line is to be read; 0 if it is part of what is refused. */
static int expect_class(struct policy_parser *p)
{
	if (p->block == POLICY_BLOCK_REFUSED_INSPECTION)
		return 0;
	if (p->block != POLICY_BLOCK_MAP ||
	    p->policy->maps.items[p->block_map].kind != POLICY_MAP_SERVICE ||
	    p->map_part == POLICY_PART_NONE)
		return policy_fail_outside_inspection(
			p, "'class NAME' of 'policy-map NAME'");
	return p->map_part == POLICY_PART_CLAUSE;
}

int policy_stmt_inspect(struct policy_parser *p)
{
	struct policy_clause clause = {.map = POLICY_NO_MAP}, *kept;
	struct policy_map *map;
	int err = expect_class(p);

	if (err <= 0)
		return policy_refuse_inspection(p, err);
	err = parse_inspect(p, &clause);
	if (err)
		return policy_refuse_inspection(p, err);
	map = &p->policy->maps.items[p->block_map];
	clause.class = map->clauses.items[map->clauses.count - 1].class;
	kept = vec_push(&map->clauses);
	if (!kept)
		return -ENOMEM;
	*kept = clause;
	return 0;
}

/* Nothing is inspected unless it is said; other protocols never are. */
int policy_stmt_no_inspect(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	int err = expect_class(p);

	if (err <= 0 || policy_is_other_protocol(token))
		return err < 0 ? err : 0;
	if (!policy_token_is(token, "ftp") && !policy_token_is(token, "ftps"))
		return policy_fail_protocol(p, token);
	err = policy_fail(p, &p->line.tokens[0], E_UNSUPPORTED,
			  "'no inspect %.*s' is not supported", POLICY_WORD(token));
	return policy_hint(p, err, "remove the statement instead of undoing it");
}

/* ---- service-policy ---------------------------------------------------- */

int policy_stmt_service_policy(struct policy_parser *p)
{
	static const char *const global[] = {"global", NULL};
	struct policy_service service = {.where = policy_where(p, policy_peek(p))};
	int err = policy_map_get(p, &service.map);

	if (err)
		return policy_refuse_inspection(p, err);
	if (policy_token_is(policy_peek(p), "interface"))
		err = policy_fail_unsupported(
			p, policy_peek(p),
			"what is inspected is so on all interfaces: "
			"write 'global'");
	else if (!policy_accept(p, global[0]))
		err = policy_fail_expected(p, "the word 'global'",
					   "write 'service-policy NAME global'", global);
	else
		err = policy_expect_end(p);
	if (!err && p->policy->service.where.line) {
		err = policy_fail(p, &p->line.tokens[0], E_SERVICE_TWICE,
				  "there already is a service-policy, in line %u",
				  p->policy->service.where.line);
		err = policy_hint(
			p, err, "a policy has one; put all classes into one policy-map");
	}
	if (err)
		return policy_refuse_inspection(p, err);
	p->policy->service = service;
	return 0;
}
