// SPDX-License-Identifier: GPL-2.0
/*
 * access_list.c - access-list.
 *
 *   access-list NAME [line N] [extended] permit|deny PROTO SRC [PORTS] DST [PORTS|ICMP]
 *		      [OPTIONS]
 *   access-list NAME [line N] [extended] permit|deny SERVICE SRC DST [OPTIONS]
 *   access-list NAME [line N] remark TEXT
 *   access-list NAME standard permit|deny ADDRESS	(bound to nothing)
 *
 *   ipv6 access-list NAME permit|deny ...	(ASA 8: every `any` is IPv6)
 *
 * There is one namespace of lists, and any list may hold both families. A
 * refused line still declares its list: what binds the list is not wrong.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lists.h"
#include "util/strbuf.h"

#define WHAT_LIST "the name of an access list"

int policy_list_get(struct policy_parser *p, const struct policy_token *token,
		    struct policy_list **out)
{
	const size_t *found = strmap_find(&p->list_by_name, token->text, token->len);
	struct policy_list *list;

	if (found) {
		*out = &p->policy->lists.items[*found];
		return 0;
	}
	if (strmap_put(&p->list_by_name, token->text, token->len, p->policy->lists.count))
		return -ENOMEM;
	list = vec_push(&p->policy->lists);
	if (!list)
		return -ENOMEM;
	memcpy(list->name, token->text, token->len);
	list->where = policy_where(p, token);
	list->ipv6_form = p->ipv6_form;
	*out = list;
	return 0;
}

int policy_refuse_list_name(struct policy_parser *p, const struct policy_token *token)
{
	struct policy_list *list;

	if (token->len >= POLICY_LIST_NAME_SIZE)
		return 0;
	return policy_list_get(p, token, &list);
}

/* ---- parts of the line ------------------------------------------------- */

static bool is_icmp(const struct policy_rule *rule)
{
	return rule->proto_kind == POLICY_PROTO_ONE && !rule->any_proto &&
	       (rule->proto == IPPROTO_ICMP || rule->proto == IPPROTO_ICMPV6);
}

/* A protocol, or all of a service by name. */
static int parse_protocol(struct policy_parser *p, struct policy_rule *rule)
{
	if (policy_token_is(policy_peek(p), "object-group")) {
		rule->proto_kind = POLICY_PROTO_GROUP;
		return policy_parse_group_ref(p,
					      POLICY_KIND(POLICY_GROUP_PROTOCOL) |
						      POLICY_KIND(POLICY_GROUP_SERVICE),
					      "protocols", &rule->proto_ref);
	}
	if (policy_accept(p, "object")) {
		rule->proto_kind = POLICY_PROTO_OBJECT;
		return policy_parse_object_ref(p, &rule->proto_ref);
	}
	return policy_parse_protocol(p, &rule->proto, &rule->any_proto);
}

/* [TYPE [CODE] | object-group TYPES] */
static int parse_icmp(struct policy_parser *p, struct policy_rule *rule)
{
	if (!policy_token_is(policy_peek(p), "object-group"))
		return policy_parse_icmp(p, rule->proto, &rule->icmp, &rule->icmp_type,
					 &rule->icmp_code);
	rule->icmp = POLICY_ICMP_GROUP;
	return policy_parse_group_ref(p, POLICY_KIND(POLICY_GROUP_ICMP_TYPE),
				      "ICMP types", &rule->icmp_group);
}

/* What follows the destination. */
static int parse_dst_service(struct policy_parser *p, struct policy_rule *rule)
{
	int err = 0;

	if (!is_icmp(rule) || !policy_token_is(policy_peek(p), "object-group"))
		err = policy_parse_rule_ports(p, rule, true, &rule->dst_ports);
	if (!err && is_icmp(rule))
		err = parse_icmp(p, rule);
	return err;
}

static int parse_rule(struct policy_parser *p, struct policy_rule *rule)
{
	int err = parse_protocol(p, rule);

	if (!err)
		err = policy_parse_rule_address(p, "a source", "protocol", &rule->src,
						&rule->src_where);
	if (!err)
		err = policy_parse_rule_ports(p, rule, false, &rule->src_ports);
	if (!err)
		err = policy_parse_rule_address(
			p, "a destination",
			rule->src_ports.op == POLICY_PORT_ANY ? "address" : "port",
			&rule->dst, &rule->dst_where);
	if (!err)
		err = parse_dst_service(p, rule);
	if (!err)
		err = policy_parse_rule_options(p, rule);
	if (!err)
		err = policy_expect_rule_end(p, rule);
	return err;
}

/* standard permit|deny any | host ADDRESS | ADDRESS NETMASK: destinations, for routing
 * and VPNs */
static int parse_standard(struct policy_parser *p, struct policy_rule *rule)
{
	static const char *const actions[] = {"permit", "deny", NULL};
	int err;

	rule->where = policy_where(p, policy_peek(p));
	rule->permit = policy_accept(p, "permit");
	if (!rule->permit && !policy_accept(p, "deny"))
		return policy_fail_expected(p, "an action", "write 'permit' or 'deny'",
					    actions);
	rule->any_proto = true;
	rule->src =
		(struct policy_addr){.kind = POLICY_ADDR_ANY4, .ref = POLICY_NO_OBJECT};
	rule->src_where = policy_where(p, policy_peek(p));
	err = policy_parse_rule_address(p, "an address", "action", &rule->dst,
					&rule->dst_where);
	return err ? err : policy_expect_end(p);
}

char *policy_rest_of_line(const struct policy_parser *p)
{
	const struct policy_token *first = policy_peek(p);
	size_t len = p->line.len - (size_t)(first->text - p->line.text);
	char *rest = malloc(len + 1);

	if (!rest)
		return NULL;
	memcpy(rest, first->text, len);
	rest[len] = '\0';
	text_sanitize(rest, len);
	return rest;
}

/* ---- the line ---------------------------------------------------------- */

/* What the line is, beside its rule. */
struct list_line {
	enum policy_list_kind kind;
	unsigned long number; /* line N; 0: at the end */
};

static const char *const kind_words[] = {
	[POLICY_LIST_EXTENDED] = "extended",   [POLICY_LIST_STANDARD] = "standard",
	[POLICY_LIST_ETHERTYPE] = "ethertype", [POLICY_LIST_WEBTYPE] = "webtype",
	[POLICY_N_LIST_KINDS] = NULL,
};

/* [line N] [extended|standard|...] */
static int parse_start(struct policy_parser *p, struct list_line *line)
{
	const struct policy_token *token;
	int err;

	if (policy_accept(p, "line")) {
		token = policy_peek(p);
		err = policy_parse_number(p, INT32_MAX, "the number of a line",
					  &line->number);
		if (!err && !line->number) {
			err = policy_fail(p, token, E_NUMBER,
					  "'0' is not the number of a line");
			err = policy_hint(p, err, "lines are counted from 1");
		}
		if (err)
			return err;
	}
	for (int i = 0; kind_words[i] && !p->ipv6_form; i++)
		if (policy_accept(p, kind_words[i]))
			line->kind = (enum policy_list_kind)i;
	return 0;
}

static int fail_kind(struct policy_parser *p, const struct policy_list *list,
		     enum policy_list_kind kind)
{
	const struct policy_token *word = kind == POLICY_LIST_EXTENDED
						  ? policy_peek(p)
						  : &p->line.tokens[p->at - 1];
	int err = policy_fail(p, word, E_LIST_KIND,
			      "access list '%s' is %s, this line is %s", list->name,
			      kind_words[list->kind], kind_words[kind]);

	return policy_hint(p, err, "give the lines of each kind a list of their own");
}

/* Lists about something else than packets of IP: once for each list. */
static int fail_foreign(struct policy_parser *p, struct policy_list *list,
			enum policy_list_kind kind)
{
	bool known = list->kind == kind;

	list->kind = kind;
	if (known)
		return -EINVAL;
	return policy_fail_unsupported(
		p, &p->line.tokens[p->at - 1],
		kind == POLICY_LIST_ETHERTYPE
			? "only IP is filtered by lists; 'sysopt connection "
			  "permit-non-ip' lets other protocols pass"
			: "write 'access-list NAME extended permit|deny ...'");
}

static int parse_rest(struct policy_parser *p, struct policy_list *list,
		      const struct list_line *line, struct policy_rule *rule)
{
	static const char *const actions[] = {"permit",	  "deny", "remark",
					      "extended", "line", NULL};
	const struct policy_token *token = policy_peek(p);

	rule->where = policy_where(p, token);
	if (policy_accept(p, "remark")) {
		rule->remark = policy_rest_of_line(p);
		return rule->remark ? 0 : -ENOMEM;
	}
	if (list->n_deciding && list->kind != line->kind)
		return fail_kind(p, list, line->kind);
	if (line->kind == POLICY_LIST_ETHERTYPE || line->kind == POLICY_LIST_WEBTYPE)
		return fail_foreign(p, list, line->kind);
	list->kind = line->kind;
	if (line->kind == POLICY_LIST_STANDARD)
		return parse_standard(p, rule);
	rule->permit = policy_token_is(token, "permit");
	if (policy_accept(p, "permit") || policy_accept(p, "deny"))
		return parse_rule(p, rule);
	return policy_fail_expected(p, "an action", "write 'permit', 'deny' or 'remark'",
				    actions);
}

/* Settings of lists as such, and what `show access-list` writes around them. */
static bool is_no_line(const struct policy_parser *p, const struct policy_token *name)
{
	const struct policy_token *next = policy_peek(p);
	const struct policy_token *third = next->len ? next + 1 : next;

	return (policy_token_is(name, "compiled") && !next->len) ||
	       (policy_token_is(next, "compiled") && !third->len) ||
	       (policy_token_is(name, "mode") && !third->len &&
		(policy_token_is(next, "auto") || policy_token_is(next, "manual"))) ||
	       (policy_token_is(name, "commit") && !next->len) ||
	       ((policy_token_is(name, "alert-interval") ||
		 policy_token_is(name, "deny-flow-max")) &&
		policy_is_made_of(next, "0123456789") && !third->len) ||
	       (policy_token_is(name, "cached") && policy_token_is(next, "acl")) ||
	       (name->text[name->len - 1] == ';' && policy_token_is(third, "elements;"));
}

/* Count what a rule is among those of its list. */
static void count_rule(struct policy_list *list, const struct policy_rule *rule)
{
	bool active = policy_rule_is_active(rule);

	list->n_deciding += !rule->remark;
	list->n_active += active;
	list->n_flags += active && policy_has_tcp_flags(&rule->tcp_flags);
	list->n_fragments += active && rule->fragments;
}

/* As it was written, but for its place: it is kept at that. */
static char *line_as_written(const struct policy_parser *p, const struct list_line *line)
{
	size_t number_at = p->ipv6_form ? 3 : 2; /* of `line N` */
	struct strbuf text = {0};
	char *out;
	size_t len;

	for (size_t i = 0; i < p->line.n_tokens; i++) {
		const struct policy_token *token = &p->line.tokens[i];

		if (line->number && (i == number_at || i == number_at + 1))
			continue;
		if (i)
			strbuf_putc(&text, ' ');
		strbuf_add(&text, token->text, token->len);
	}
	if (strbuf_steal(&text, &out, &len))
		return NULL;
	text_sanitize(out, len);
	return out;
}

/*
 * A line that cannot be honoured. Nothing it says counts, but it is printed as it was
 * written: a list that lacks it would permit something else, were it bound later.
 */
static int keep_unread(struct policy_parser *p, size_t index,
		       const struct list_line *line)
{
	struct policy_rule *kept = vec_push(&p->policy->lists.items[index].rules);

	if (!kept)
		return -ENOMEM;
	*kept = (struct policy_rule){.remark = strdup(""),
				     .text = line_as_written(p, line)};
	if (!kept->remark || !kept->text)
		return -ENOMEM;
	return line->number ? policy_insert_rule(p, index, line->number) : 0;
}

int policy_stmt_access_list(struct policy_parser *p)
{
	struct policy_rule rule = {0};
	struct list_line line = {0};
	const struct policy_token *name;
	struct policy_rule *kept;
	struct policy_list *list;
	size_t index;
	int err;

	err = policy_parse_name(p, POLICY_LIST_NAME_SIZE, WHAT_LIST, &name);
	if (err)
		return err;
	if (is_no_line(p, name))
		return policy_ignore(p, &p->line.tokens[0]);
	if (policy_list_get(p, name, &list))
		return -ENOMEM;
	index = (size_t)(list - p->policy->lists.items);
	policy_own(p, POLICY_OWNER_LIST, index);
	err = parse_start(p, &line);
	if (!err)
		err = parse_rest(p, list, &line, &rule);
	if (err) {
		list->refused = true;
		return err == -EINVAL && keep_unread(p, index, &line) ? -ENOMEM : err;
	}
	kept = vec_push(&list->rules);
	if (!kept) {
		free(rule.remark);
		return -ENOMEM;
	}
	*kept = rule;
	count_rule(list, kept);
	return line.number ? policy_insert_rule(p, index, line.number) : 0;
}
