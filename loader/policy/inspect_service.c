// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_service.c - policy-map NAME: which classes are inspected how; and the
 * service-policy that puts one in force.
 *
 *   class NAME			 (in a policy-map type inspect ftp, too)
 *   inspect ftp [strict [MAP]]
 *   inspect ftps [strict] [MAP]  (Pinhole's own)
 *   inspect OTHER ...		 inspect icmp [error]
 *   set connection ..., police ..., priority, ips ..., csc ..., shape ...
 *   service-policy NAME global | interface IF
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "policy/parser.h"

/* The class of all traffic is there without being declared. */
static void declare_default(struct policy_class *class)
{
	if (class->kind != POLICY_CLASS_UNKNOWN ||
	    strcasecmp(class->name, POLICY_CLASS_DEFAULT) != 0)
		return;
	class->kind = POLICY_CLASS_TRAFFIC;
	class->built_in = true;
}

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
	policy_own(p, POLICY_OWNER_MAP, p->block_map);
	err = policy_class_get(p, &clause.class);
	if (!err)
		err = policy_expect_end(p);
	if (err)
		return policy_refuse_inspection(p, err);
	if (p->policy->maps.items[p->block_map].kind == POLICY_MAP_SERVICE)
		declare_default(&p->policy->classes.items[clause.class]);
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
	policy_own(p, POLICY_OWNER_MAP, p->block_map);
	if (policy_is_other_protocol(policy_peek(p)))
		return policy_ignore_protocol(p);
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

/* ---- what else is done with a class ------------------------------------ */

static const struct {
	const char *word;
	const char *lost;
} treatments[] = {
	{"csc", "nothing is handed to the module"},
	{"cxsc", "nothing is handed to the module"},
	{"flow-export", "flows are not exported"},
	{"ips", "nothing is handed to the module"},
	{"police", "the rate is not limited"},
	{"priority", "nothing is preferred"},
	{"quota", "sessions are not limited"},
	{"set", "connections of the class are treated as others"},
	{"sfr", "nothing is handed to the module"},
	{"shape", "the rate is not limited"},
	{"user-statistics", "users are not counted"},
};

int policy_stmt_treatment(struct policy_parser *p)
{
	const struct policy_token *keyword = &p->line.tokens[0];
	int err = expect_class(p);

	if (err <= 0)
		return policy_refuse_inspection(p, err);
	policy_own(p, POLICY_OWNER_MAP, p->block_map);
	for (size_t i = 0; i < sizeof(treatments) / sizeof(treatments[0]); i++)
		if (policy_token_is(keyword, treatments[i].word))
			return policy_ignore_with_warning(p, keyword, treatments[i].lost);
	return policy_fail_unsupported(p, keyword, "remove the line");
}

/* Nothing of this is done anyway. */
int policy_stmt_no_treatment(struct policy_parser *p)
{
	int err = expect_class(p);

	return err < 0 ? policy_refuse_inspection(p, err) : 0;
}

int policy_stmt_inspect_description(struct policy_parser *p)
{
	(void)p; /* for people */
	return 0;
}

/* ---- service-policy ---------------------------------------------------- */

static int fail_second_service(struct policy_parser *p,
			       const struct policy_service *service)
{
	int err = policy_fail(p, &p->line.tokens[0], E_SERVICE_TWICE,
			      "there already is a service-policy of this scope, in line "
			      "%u",
			      service->where.line);

	return policy_hint(p, err,
			   "a scope has one; put all classes into one policy-map");
}

/* As the lines have it; an interface without a name is all of them. */
static bool is_same_scope(const struct policy_iface_ref *a,
			  const struct policy_iface_ref *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->name, b->name, a->len));
}

static int parse_scope(struct policy_parser *p, struct policy_service *service,
		       struct policy_iface_ref *iface)
{
	static const char *const words[] = {"global", "interface", NULL};
	const struct policy_token *name;
	int err;

	service->global = policy_accept(p, words[0]);
	if (service->global)
		return 0;
	if (!policy_accept(p, words[1]))
		return policy_fail_expected(p, "'global' or 'interface'",
					    "write 'service-policy NAME global' or "
					    "'service-policy NAME interface IF'",
					    words);
	err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, "the name of an interface",
				&name);
	if (!err)
		*iface = (struct policy_iface_ref){policy_where(p, name), name->text,
						   name->len};
	return err;
}

int policy_stmt_service_policy(struct policy_parser *p)
{
	struct policy_service service = {.where = policy_where(p, policy_peek(p))}, *kept;
	struct policy_iface_ref iface = {0}, *kept_iface;
	int err = policy_map_get(p, &service.map);

	if (!err)
		err = parse_scope(p, &service, &iface);
	/* What cannot be inspected is not let through: with or without it. */
	if (!err)
		policy_accept(p, "fail-close");
	if (!err)
		err = policy_expect_end(p);
	for (size_t i = 0; !err && i < p->policy->services.count; i++)
		if (is_same_scope(&p->service_ifaces.items[i], &iface))
			err = fail_second_service(p, &p->policy->services.items[i]);
	if (err)
		return policy_refuse_inspection(p, err);
	kept_iface = vec_push(&p->service_ifaces);
	if (!kept_iface)
		return -ENOMEM;
	*kept_iface = iface;
	kept = vec_push(&p->policy->services);
	if (!kept)
		return -ENOMEM;
	*kept = service;
	return 0;
}
