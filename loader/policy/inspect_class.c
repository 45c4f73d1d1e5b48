// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_class.c - class-map: what belongs together.
 *
 *   class-map type regex match-any NAME		 match regex NAME
 *   class-map type inspect ftp [match-all|match-any] NAME
 *							 match [not] ...
 *   class-map [match-all|match-any] NAME		 match any
 *							 match default-inspection-traffic
 *							 match port tcp|udp eq PORT
 *							 match port tcp|udp range LOW HIGH
 *							 match access-list NAME
 *
 * What else ASA's classes match (dscp, tunnel-group, ...) has no ports, by which alone
 * FTP is found; such a class selects nothing here.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/parser.h"

/* ---- class-map --------------------------------------------------------- */

static const char *const how_words[] = {"match-all", "match-any", NULL};

static int fail_class_type(struct policy_parser *p)
{
	static const char *const types[] = {"regex", "inspect", "management", NULL};

	return policy_fail_expected(p, "a type of class-map",
				    "write 'class-map type regex match-any NAME' or "
				    "'class-map type inspect ftp NAME'",
				    types);
}

/* `match-all` or `match-any`; a class may have one of these names itself. */
static void accept_how(struct policy_parser *p, bool *match_any)
{
	if (p->line.n_tokens - p->at < 2)
		return;
	*match_any = policy_accept(p, how_words[1]);
	if (!*match_any)
		policy_accept(p, how_words[0]);
}

static int parse_ftp_how(struct policy_parser *p, bool *match_any)
{
	accept_how(p, match_any);
	if (p->line.n_tokens - p->at < 2)
		return 0;
	return policy_fail_expected(p, "'match-all' or 'match-any'",
				    "write 'class-map type inspect ftp match-all NAME'",
				    how_words);
}

static int parse_regex_how(struct policy_parser *p)
{
	if (policy_accept(p, how_words[1]))
		return 0;
	return policy_fail_expected(p, "the word 'match-any'",
				    "write 'class-map type regex match-any NAME'",
				    &how_words[1]);
}

/* The word class-map has been consumed. */
static int parse_class_type(struct policy_parser *p, enum policy_class_kind *kind,
			    bool *match_any)
{
	*kind = POLICY_CLASS_TRAFFIC;
	*match_any = false;
	if (!policy_accept(p, "type")) {
		accept_how(p, match_any);
		return 0;
	}
	if (policy_accept(p, "regex")) {
		*kind = POLICY_CLASS_REGEX;
		*match_any = true;
		return parse_regex_how(p);
	}
	if (policy_token_is(policy_peek(p), "management")) {
		*kind = POLICY_CLASS_FOREIGN;
		return policy_ignore_block(p, "traffic to this machine is not inspected");
	}
	if (!policy_accept(p, "inspect"))
		return fail_class_type(p);
	if (policy_accept(p, "ftp")) {
		*kind = POLICY_CLASS_FTP;
		return parse_ftp_how(p, match_any);
	}
	*kind = POLICY_CLASS_FOREIGN;
	return policy_ignore_inspection_block(p);
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
	enum policy_class_kind kind = POLICY_CLASS_TRAFFIC;
	bool match_any = false;
	size_t index = 0;
	int err;

	p->block = POLICY_BLOCK_REFUSED_INSPECTION;
	p->block_is_foreign = false;
	err = parse_class_type(p, &kind, &match_any);
	if (err)
		return policy_refuse_inspection(p, err);
	if (kind == POLICY_CLASS_FOREIGN) /* its name is the last word */
		p->at = p->line.n_tokens ? p->line.n_tokens - 1 : 0;
	err = policy_class_get(p, &index);
	if (!err)
		err = policy_expect_end(p);
	if (!err)
		err = set_class_kind(p, index, kind, match_any);
	if (err)
		return policy_refuse_inspection(p, err);
	if (kind == POLICY_CLASS_FOREIGN)
		return 0;
	policy_own(p, POLICY_OWNER_CLASS, index);
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

static int parse_service_port(struct policy_parser *p, uint8_t proto, uint16_t *out)
{
	const struct policy_token *token = policy_peek(p);
	int err = policy_parse_port(p, proto, out);

	if (!err && !*out)
		err = policy_fail(p, token, E_PORT, "no server listens on port 0");
	return err;
}

static int parse_service_range(struct policy_parser *p, uint8_t proto,
			       struct policy_match *match)
{
	const struct policy_token *low_at = policy_peek(p);
	int err = parse_service_port(p, proto, &match->low);

	if (!err)
		err = parse_service_port(p, proto, &match->high);
	if (err)
		return err;
	if (match->low > match->high) {
		err = policy_fail(p, low_at, E_PORT_RANGE,
				  "the first port, %u, is above the last, %u", match->low,
				  match->high);
		return policy_hint(p, err, "write 'range %u %u'", match->high,
				   match->low);
	}
	if (proto == IPPROTO_TCP && match->high - match->low >= POLICY_MAX_PORTS) {
		err = policy_fail(p, low_at, E_PORT_RANGE,
				  "the range has %u ports; %d can be inspected by one "
				  "class-map",
				  match->high - match->low + 1u, POLICY_MAX_PORTS);
		return policy_hint(p, err, "name the ports that servers listen on");
	}
	return 0;
}

static int parse_service_ports(struct policy_parser *p, struct policy_match *match)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp", NULL};
	static const char *const operators[] = {"eq", "range", NULL};
	uint8_t proto;
	int err;

	match->udp = !policy_token_is(policy_peek(p), protocols[0]);
	proto = match->udp ? IPPROTO_UDP : IPPROTO_TCP;
	if (!policy_accept(p, protocols[0]) && !policy_accept(p, protocols[1]))
		return policy_fail_expected(p, "'tcp' or 'udp'",
					    "write 'match port tcp eq PORT'", protocols);
	if (policy_accept(p, operators[0])) {
		err = parse_service_port(p, proto, &match->low);
		match->high = match->low;
		return err;
	}
	if (policy_accept(p, operators[1]))
		return parse_service_range(p, proto, match);
	return policy_fail_expected(p, "'eq' or 'range'",
				    "write 'match port tcp eq PORT' or 'match port tcp "
				    "range LOW HIGH'",
				    operators);
}

/* The word access-list has been consumed. The list may follow later. */
static int parse_list_name(struct policy_parser *p, struct policy_match *match)
{
	const struct policy_token *name;
	int err = policy_parse_name(p, sizeof(match->text), "the name of an access list",
				    &name);

	if (err)
		return err;
	memcpy(match->text, name->text, name->len);
	match->where = policy_where(p, name);
	return policy_expect_end(p);
}

/* What is told by something else than ports. */
static int parse_other_traffic(struct policy_parser *p, struct policy_match *match)
{
	size_t len = 0;

	match->kind = POLICY_MATCH_OTHER;
	for (size_t i = p->at; i < p->line.n_tokens; i++) {
		const struct policy_token *word = &p->line.tokens[i];

		if (len + word->len + 2 > sizeof(match->text))
			break;
		if (len)
			match->text[len++] = ' ';
		memcpy(match->text + len, word->text, word->len);
		len += word->len;
	}
	return policy_ignore_with_warning(
		p, policy_peek(p), "only ports tell here which connections to inspect");
}

static int parse_traffic(struct policy_parser *p, struct policy_match *match)
{
	static const char *const words[] = {
		"default-inspection-traffic",
		"port",
		"any",
		"access-list",
		"dscp",
		"flow",
		"ip",
		"precedence",
		"rtp",
		"tunnel-group",
		"vlan",
		NULL,
	};
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
	if (policy_accept(p, words[2])) {
		match->kind = POLICY_MATCH_ANY;
		return policy_expect_end(p);
	}
	if (policy_accept(p, words[3])) {
		match->kind = POLICY_MATCH_LIST;
		return parse_list_name(p, match);
	}
	for (size_t i = 4; words[i]; i++)
		if (policy_token_is(policy_peek(p), words[i]))
			return parse_other_traffic(p, match);
	return policy_fail_expected(p, "what a class of inspected traffic matches",
				    "write 'match default-inspection-traffic', 'match "
				    "port tcp eq PORT', 'match access-list NAME' or "
				    "'match any'",
				    words);
}

/* As on ASA: the default traffic may be narrowed, all else stands alone. */
static bool may_join(const struct policy_class *class, const struct policy_match *match)
{
	const struct policy_match *first;

	if (class->kind != POLICY_CLASS_TRAFFIC || class->match_any ||
	    !class->matches.count || match->kind == POLICY_MATCH_OTHER)
		return true;
	first = &class->matches.items[0];
	if (first->kind == POLICY_MATCH_OTHER)
		return true;
	return class->matches.count == 1 && ((first->kind == POLICY_MATCH_DEFAULT &&
					      match->kind == POLICY_MATCH_LIST) ||
					     (first->kind == POLICY_MATCH_LIST &&
					      match->kind == POLICY_MATCH_DEFAULT));
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
	case POLICY_CLASS_FOREIGN:
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
	policy_own(p, POLICY_OWNER_CLASS, p->block_class);
	err = parse_match(p, &match);
	class = &p->policy->classes.items[p->block_class];
	if (!err && !may_join(class, &match))
		err = fail_second_match(p, class);
	if (err)
		return policy_refuse_inspection(p, err);
	kept = vec_push(&class->matches);
	if (!kept)
		return -ENOMEM;
	*kept = match;
	return 0;
}
