// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_class.c - class-map: what belongs together.
 *
 *   class-map type regex match-any NAME		 match regex NAME
 *   class-map type inspect ftp [match-all|match-any] NAME
 *							 match [not] ...
 *   class-map NAME					 match default-inspection-traffic
 *							 match port tcp eq PORT
 *							 match port tcp range LOW HIGH
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/parser.h"

#define MAX_RANGE_PORTS 256 /* every port is an entry of its own */

/* ---- class-map --------------------------------------------------------- */

static int fail_class_type(struct policy_parser *p)
{
	static const char *const types[] = {"regex", "inspect", NULL};

	if (policy_token_is(policy_peek(p), "management"))
		return policy_fail_unsupported(p, policy_peek(p), "remove the block");
	return policy_fail_expected(p, "a type of class-map",
				    "write 'class-map type regex match-any NAME' or "
				    "'class-map type inspect ftp NAME'",
				    types);
}

/* The word class-map has been consumed. */
static int parse_class_type(struct policy_parser *p, enum policy_class_kind *kind,
			    bool *match_any)
{
	static const char *const how[] = {"match-all", "match-any", NULL};
	static const char *const *any = how + 1;

	*kind = POLICY_CLASS_TRAFFIC;
	*match_any = false;
	if (!policy_accept(p, "type"))
		return 0;
	if (policy_accept(p, "regex")) {
		*kind = POLICY_CLASS_REGEX;
		*match_any = true;
		if (policy_accept(p, any[0]))
			return 0;
		return policy_fail_expected(p, "the word 'match-any'",
					    "write 'class-map type regex match-any NAME'",
					    any);
	}
	if (!policy_accept(p, "inspect"))
		return fail_class_type(p);
	if (!policy_accept(p, "ftp"))
		return policy_fail_protocol(p, policy_peek(p));
	*kind = POLICY_CLASS_FTP;
	*match_any = policy_accept(p, how[1]);
	if (!*match_any && !policy_accept(p, how[0]) && p->line.n_tokens - p->at > 1)
		return policy_fail_expected(p, "'match-all' or 'match-any'",
					    "write 'class-map type inspect ftp match-all "
					    "NAME'",
					    how);
	return 0;
}

/* A block may be opened again, but as what it is. */
static int set_class_kind(struct policy_parser *p, size_t index,
			  enum policy_class_kind kind, bool match_any)
{
	struct policy_class *class = &p->policy->classes.items[index];
	const struct policy_token *name = &p->line.tokens[p->at - 1];
	int err;

	if (class->kind == POLICY_CLASS_UNKNOWN) {
		class->kind = kind;
		class->match_any = match_any;
		class->where = policy_where(p, name);
	}
	if (class->kind == kind && class->match_any == match_any)
		return 0;
	err = policy_fail(p, name, E_INSPECT_KIND,
			  "class-map '%s' is of another kind in line %u", class->name,
			  class->where.line);
	return policy_hint(p, err, "choose another name");
}

int policy_stmt_class_map(struct policy_parser *p)
{
	enum policy_class_kind kind;
	bool match_any;
	size_t index = 0;
	int err = parse_class_type(p, &kind, &match_any);

	p->block = POLICY_BLOCK_REFUSED_INSPECTION;
	/* What is below another type may be anything. */
	p->block_is_foreign = p->line.n_tokens > 1 &&
			      policy_token_is(&p->line.tokens[1], "type");
	if (!err)
		err = policy_class_get(p, &index);
	if (!err)
		err = policy_expect_end(p);
	if (!err)
		err = set_class_kind(p, index, kind, match_any);
	if (err)
		return policy_refuse_inspection(p, err);
	p->block = POLICY_BLOCK_CLASS;
	p->block_class = index;
	return 0;
}

/* ---- match ------------------------------------------------------------- */

static int parse_class_expression(struct policy_parser *p, struct policy_match *match)
{
	static const char *const regex[] = {"regex", NULL};
	int err;

	if (!policy_accept(p, regex[0]))
		return policy_fail_expected(p, "the word 'regex'",
					    "write 'match regex NAME'", regex);
	match->kind = POLICY_MATCH_REGEX;
	match->where = policy_where(p, policy_peek(p));
	err = policy_regex_get(p, &match->ref);
	return err ? err : policy_expect_end(p);
}

static int parse_service_port(struct policy_parser *p, uint16_t *out)
{
	const struct policy_token *token = policy_peek(p);
	int err = policy_parse_port(p, IPPROTO_TCP, out);

	if (!err && !*out)
		err = policy_fail(p, token, E_PORT, "no server listens on port 0");
	return err;
}

static int parse_service_range(struct policy_parser *p, struct policy_match *match)
{
	const struct policy_token *low_at = policy_peek(p);
	int err = parse_service_port(p, &match->low);

	if (!err)
		err = parse_service_port(p, &match->high);
	if (err)
		return err;
	if (match->low > match->high) {
		err = policy_fail(p, low_at, E_PORT_RANGE,
				  "the first port, %u, is above the last, %u", match->low,
				  match->high);
		return policy_hint(p, err, "write 'range %u %u'", match->high,
				   match->low);
	}
	if (match->high - match->low >= MAX_RANGE_PORTS) {
		err = policy_fail(p, low_at, E_PORT_RANGE,
				  "the range has %u ports; %d can be inspected by one "
				  "class-map",
				  match->high - match->low + 1u, MAX_RANGE_PORTS);
		return policy_hint(p, err, "name the ports that servers listen on");
	}
	return 0;
}

static int parse_service_ports(struct policy_parser *p, struct policy_match *match)
{
	static const char *const tcp[] = {"tcp", NULL};
	static const char *const operators[] = {"eq", "range", NULL};
	int err;

	if (!policy_accept(p, tcp[0]))
		return policy_fail_expected(p, "the word 'tcp'",
					    "write 'match port tcp eq PORT'", tcp);
	if (policy_accept(p, operators[0])) {
		err = parse_service_port(p, &match->low);
		match->high = match->low;
		return err;
	}
	if (policy_accept(p, operators[1]))
		return parse_service_range(p, match);
	return policy_fail_expected(p, "'eq' or 'range'",
				    "write 'match port tcp eq PORT' or 'match port tcp "
				    "range LOW HIGH'",
				    operators);
}

static int parse_traffic(struct policy_parser *p, struct policy_match *match)
{
	static const char *const words[] = {"default-inspection-traffic", "port", NULL};
	int err;

	if (policy_accept(p, words[0])) {
		match->kind = POLICY_MATCH_DEFAULT;
		return policy_expect_end(p);
	}
	if (policy_accept(p, words[1])) {
		match->kind = POLICY_MATCH_PORTS;
		err = parse_service_ports(p, match);
		return err ? err : policy_expect_end(p);
	}
	return policy_fail_expected(p, "what a class of inspected traffic matches",
				    "write 'match default-inspection-traffic' or 'match "
				    "port tcp eq PORT'; only ports select what is "
				    "inspected",
				    words);
}

static int fail_second_match(struct policy_parser *p, const struct policy_class *class)
{
	int err = policy_fail(p, &p->line.tokens[0], E_TRAFFIC,
			      "class-map '%s' already has a match, in line %u",
			      class->name, class->matches.items[0].where.line);

	return policy_hint(p, err, "write a class-map of its own for each match");
}

static int parse_match(struct policy_parser *p, struct policy_match *match)
{
	switch (p->policy->classes.items[p->block_class].kind) {
	case POLICY_CLASS_REGEX:
		return parse_class_expression(p, match);
	case POLICY_CLASS_FTP:
		return policy_parse_ftp_match(p, match);
	case POLICY_CLASS_TRAFFIC:
	case POLICY_CLASS_UNKNOWN:
		break;
	}
	return parse_traffic(p, match);
}

/* A match of a policy-map is one of its clauses. */
static int match_in_map(struct policy_parser *p)
{
	struct policy_clause clause = {.map = POLICY_NO_MAP}, *kept;
	struct policy_map *map = &p->policy->maps.items[p->block_map];
	int err;

	if (map->kind == POLICY_MAP_SERVICE)
		return policy_fail_outside_inspection(
			p, "'class-map NAME' or 'policy-map type inspect ftp NAME'");
	p->map_part = POLICY_PART_REFUSED_CLAUSE;
	clause.where = policy_where(p, &p->line.tokens[0]);
	err = policy_parse_ftp_match(p, &clause.match);
	if (err)
		return err;
	kept = vec_push(&map->clauses);
	if (!kept)
		return -ENOMEM;
	*kept = clause;
	p->map_part = POLICY_PART_CLAUSE;
	return 0;
}

int policy_stmt_match(struct policy_parser *p)
{
	struct policy_match match = {.where = policy_where(p, policy_peek(p))}, *kept;
	struct policy_class *class;
	int err;

	if (p->block == POLICY_BLOCK_REFUSED_INSPECTION)
		return 0;
	if (p->block == POLICY_BLOCK_MAP)
		return policy_refuse_inspection(p, match_in_map(p));
	if (p->block != POLICY_BLOCK_CLASS)
		return policy_fail_outside_inspection(
			p, "'class-map NAME' or 'policy-map type inspect ftp NAME'");
	err = parse_match(p, &match);
	class = &p->policy->classes.items[p->block_class];
	if (!err && class->kind == POLICY_CLASS_TRAFFIC && class->matches.count)
		err = fail_second_match(p, class);
	if (err)
		return policy_refuse_inspection(p, err);
	kept = vec_push(&class->matches);
	if (!kept)
		return -ENOMEM;
	*kept = match;
	return 0;
}
