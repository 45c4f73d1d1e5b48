// SPDX-License-Identifier: GPL-2.0
/*
 * control_plane.c - lists that nobody has written: statements become their lines.
 *
 *   control-plane enforce
 *	Each interface gets a control-plane list: the lines of ssh, telnet, http and icmp
 *	that name it, then those of the control-plane list that is bound to it. Of a
 *	service that has a line anywhere all others are denied, as PIX and ASA do it; ICMP
 *	is denied where a line speaks of it, and permitted where none does. Nothing else
 *	reaches the machine.
 *
 *   ip address dhcp
 *	In front of a control-plane list that is bound there, replies of DHCP servers are
 *	permitted, as ASA does it: nobody writes a line for them, and without them the
 *	lease ends.
 *
 *   management-only
 *	Nothing passes through the interface, in or out.
 *
 * What they stand for is shown with them: their texts are those of the statements.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "policy/parser.h"
#include "util/strbuf.h"

#define PORT_SSH    22
#define PORT_TELNET 23
#define PORT_BOOTPS 67
#define PORT_BOOTPC 68

/* One list that is being made. */
struct generator {
	struct policy_parser *p;
	size_t list;
	size_t iface;
};

static int begin_list(struct generator *g, const char *format, const char *name)
{
	struct policy_list *list = vec_push(&g->p->policy->lists);

	if (!list)
		return -ENOMEM;
	snprintf(list->name, sizeof(list->name), format, name);
	list->generated = true;
	list->bound = true;
	g->list = g->p->policy->lists.count - 1;
	return 0;
}

/* The list is asked instead of what is bound there. */
static void enforce(const struct generator *g, enum policy_binding binding)
{
	struct policy_iface *iface = &g->p->policy->ifaces.items[g->iface];

	iface->has_enforced[binding] = true;
	iface->enforced[binding] = g->list;
}

/* @text: taken over, also on failure */
static int add_rule(struct generator *g, const struct policy_rule *from,
		    struct strbuf *text)
{
	struct policy_list *list = &g->p->policy->lists.items[g->list];
	struct policy_rule *rule = NULL;
	char *owned = NULL;
	int err = strbuf_steal(text, &owned, NULL);

	if (!err)
		rule = vec_push(&list->rules);
	if (!rule) {
		free(owned);
		return -ENOMEM;
	}
	*rule = *from;
	rule->text = owned;
	list->n_deciding++;
	list->n_active++;
	list->n_flags += policy_has_tcp_flags(&rule->tcp_flags);
	list->n_fragments += rule->fragments;
	return 0;
}

static struct policy_addr any_of(enum policy_family family)
{
	return (struct policy_addr){
		.ref = POLICY_NO_OBJECT,
		.kind = family == POLICY_FAMILY_V6 ? POLICY_ADDR_ANY6 : POLICY_ADDR_ANY4,
	};
}

/* From anywhere to anywhere, of any protocol. */
static struct policy_rule new_rule(bool permit, enum policy_family family)
{
	return (struct policy_rule){
		.permit = permit,
		.family = family,
		.any_proto = true,
		.proto_ref = POLICY_NO_OBJECT,
		.src = any_of(family),
		.dst = any_of(family),
	};
}

static struct policy_rule new_tcp_rule(bool permit, enum policy_family family,
				       uint16_t port)
{
	struct policy_rule rule = new_rule(permit, family);

	rule.any_proto = false;
	rule.proto = IPPROTO_TCP;
	rule.dst_ports =
		(struct policy_ports){.op = POLICY_PORT_EQ, .low = port, .high = port};
	return rule;
}

/* ---- the lines of statements ------------------------------------------------ */

static bool is_icmp(enum policy_box_kind kind)
{
	return kind == POLICY_BOX_ICMP || kind == POLICY_BOX_ICMP6;
}

/* 0: the service is off, and its lines permit nothing. */
static uint16_t port_of(const struct policy *policy, enum policy_box_kind kind)
{
	if (kind == POLICY_BOX_HTTP)
		return policy->https_port;
	return kind == POLICY_BOX_SSH ? PORT_SSH : PORT_TELNET;
}

static enum policy_family family_of(const struct policy_box_line *line)
{
	if (line->kind == POLICY_BOX_ICMP6)
		return POLICY_FAMILY_V6;
	if (line->kind == POLICY_BOX_ICMP || policy_ip_is_v4(line->src.addr))
		return POLICY_FAMILY_V4;
	return POLICY_FAMILY_V6;
}

static struct policy_rule icmp_rule(const struct policy_box_line *line)
{
	struct policy_rule rule = new_rule(line->permit, family_of(line));

	rule.any_proto = false;
	rule.proto = line->kind == POLICY_BOX_ICMP ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	rule.icmp = line->icmp;
	rule.icmp_type = line->icmp_type;
	rule.icmp_code = line->icmp_code;
	return rule;
}

/* Whether the line decides anything. */
static bool counts(const struct policy *policy, const struct policy_box_line *line)
{
	if (is_icmp(line->kind))
		return true;
	if (line->kind == POLICY_BOX_TELNET &&
	    policy_is_least_trusted(policy, line->iface))
		return false;
	return port_of(policy, line->kind);
}

static int add_box_line(struct generator *g, const struct policy_box_line *line)
{
	const struct policy *policy = g->p->policy;
	struct policy_rule rule = is_icmp(line->kind)
					  ? icmp_rule(line)
					  : new_tcp_rule(true, family_of(line),
							 port_of(policy, line->kind));
	struct strbuf text = {0};

	rule.src = line->src;
	rule.where = line->where;
	policy_print_box_line(&text, policy, line);
	return add_rule(g, &rule, &text);
}

static int add_box_lines(struct generator *g, bool icmp)
{
	const struct policy *policy = g->p->policy;

	for (size_t i = 0; i < policy->box_lines.count; i++) {
		const struct policy_box_line *line = &policy->box_lines.items[i];

		if (line->iface == g->iface && is_icmp(line->kind) == icmp &&
		    counts(policy, line) && add_box_line(g, line))
			return -ENOMEM;
	}
	return 0;
}

/* ---- what follows from them --------------------------------------------------- */

/* The first line about it, on this interface or on any. */
static const struct policy_box_line *find_line(const struct policy *policy,
					       enum policy_box_kind kind, size_t iface)
{
	for (size_t i = 0; i < policy->box_lines.count; i++) {
		const struct policy_box_line *line = &policy->box_lines.items[i];

		if (line->kind == kind &&
		    (iface == POLICY_NO_OBJECT || line->iface == iface))
			return line;
	}
	return NULL;
}

/* @from: the statement that it follows from */
static int add_because(struct generator *g, const struct policy_rule *rule,
		       const char *from, const char *words)
{
	struct strbuf text = {0};

	strbuf_printf(&text, "%s: %s %s", from, rule->permit ? "permit" : "deny", words);
	return add_rule(g, rule, &text);
}

static int add_implied(struct generator *g, const struct policy_rule *rule,
		       const char *words)
{
	return add_because(g, rule, "control-plane enforce", words);
}

/* A service that has lines is open to nobody else. */
static int deny_other_clients(struct generator *g)
{
	static const char *const words[] = {
		[POLICY_BOX_SSH] = "other ssh",
		[POLICY_BOX_TELNET] = "other telnet",
		[POLICY_BOX_HTTP] = "other http",
	};
	const struct policy *policy = g->p->policy;

	for (int kind = POLICY_BOX_SSH; kind <= POLICY_BOX_HTTP; kind++) {
		const struct policy_box_line *line =
			find_line(policy, kind, POLICY_NO_OBJECT);
		struct policy_rule rule;

		if (!line || !port_of(policy, kind))
			continue;
		rule = new_tcp_rule(false, POLICY_FAMILY_V4, port_of(policy, kind));
		rule.where = line->where;
		if (add_implied(g, &rule, words[kind]))
			return -ENOMEM;
		rule = new_tcp_rule(false, POLICY_FAMILY_V6, port_of(policy, kind));
		rule.where = line->where;
		if (add_implied(g, &rule, words[kind]))
			return -ENOMEM;
	}
	return 0;
}

/* @mentioned: deny the rest of those ICMPs that lines speak of; else permit the others */
static int settle_icmp(struct generator *g, bool mentioned)
{
	static const struct policy_box_line all[] = {
		{.kind = POLICY_BOX_ICMP},
		{.kind = POLICY_BOX_ICMP6},
	};

	for (int i = 0; i < 2; i++) {
		const struct policy_box_line *line =
			find_line(g->p->policy, all[i].kind, g->iface);
		struct policy_rule rule = icmp_rule(&all[i]);

		if (!line == mentioned)
			continue;
		rule.permit = !mentioned;
		if (line)
			rule.where = line->where;
		if (add_implied(g, &rule, i ? "other icmp6" : "other icmp"))
			return -ENOMEM;
	}
	return 0;
}

/* Who has his address by DHCP must hear the server when the lease ends. */
static int permit_dhcp(struct generator *g, const char *from)
{
	struct policy_rule rule = new_rule(true, POLICY_FAMILY_V4);

	rule.any_proto = false;
	rule.proto = IPPROTO_UDP;
	rule.src_ports = (struct policy_ports){POLICY_PORT_EQ, PORT_BOOTPS, PORT_BOOTPS,
					       POLICY_NO_OBJECT};
	rule.dst_ports = (struct policy_ports){POLICY_PORT_EQ, PORT_BOOTPC, PORT_BOOTPC,
					       POLICY_NO_OBJECT};
	return add_because(g, &rule, from, "replies of DHCP servers");
}

/* Lists grow while they are copied: nothing is held by its address. */
static int copy_bound_list(struct generator *g)
{
	const struct policy *policy = g->p->policy;
	const struct policy_iface *iface = &policy->ifaces.items[g->iface];
	size_t bound = iface->acl[POLICY_BIND_BOX];

	if (!iface->has_acl[POLICY_BIND_BOX])
		return 0;
	for (size_t i = 0; i < policy->lists.items[bound].rules.count; i++) {
		const struct policy_list *list = &policy->lists.items[bound];
		struct strbuf text = {0};

		if (!policy_rule_is_active(&list->rules.items[i]))
			continue;
		policy_print_rule(&text, policy, list, &list->rules.items[i]);
		if (add_rule(g, &list->rules.items[i], &text))
			return -ENOMEM;
	}
	return 0;
}

static int enforce_control_plane(struct policy_parser *p, size_t iface)
{
	struct generator g = {.p = p, .iface = iface};
	int err =
		begin_list(&g, "control-plane(%s)", p->policy->ifaces.items[iface].name);

	if (!err)
		err = add_box_lines(&g, true);
	if (!err)
		err = settle_icmp(&g, true);
	if (!err)
		err = add_box_lines(&g, false);
	if (!err)
		err = deny_other_clients(&g);
	if (!err && p->policy->ifaces.items[iface].dhcp)
		err = permit_dhcp(&g, "control-plane enforce");
	if (!err)
		err = copy_bound_list(&g);
	if (!err)
		err = settle_icmp(&g, false);
	if (!err)
		enforce(&g, POLICY_BIND_BOX);
	return err;
}

/* Nothing else is enforced: what is bound, and the server is heard. */
static int enforce_dhcp(struct policy_parser *p, size_t iface)
{
	struct generator g = {.p = p, .iface = iface};
	int err =
		begin_list(&g, "control-plane(%s)", p->policy->ifaces.items[iface].name);

	if (!err)
		err = permit_dhcp(&g, "ip address dhcp");
	if (!err)
		err = copy_bound_list(&g);
	if (!err)
		enforce(&g, POLICY_BIND_BOX);
	return err;
}

/* ---- management-only ------------------------------------------------------------ */

static int add_deny_all(struct generator *g, enum policy_family family, const char *words)
{
	struct policy_rule rule = new_rule(false, family);
	struct strbuf text = {0};

	strbuf_puts(&text, words);
	return add_rule(g, &rule, &text);
}

static int enforce_management_only(struct policy_parser *p, size_t iface)
{
	struct generator g = {.p = p, .iface = iface};
	int err = begin_list(&g, "mgmt-only(%s)", p->policy->ifaces.items[iface].name);

	if (!err)
		err = add_deny_all(&g, POLICY_FAMILY_V4, "management-only: deny IPv4");
	if (!err)
		err = add_deny_all(&g, POLICY_FAMILY_V6, "management-only: deny IPv6");
	if (err)
		return err;
	enforce(&g, POLICY_BIND_IN);
	enforce(&g, POLICY_BIND_OUT);
	return 0;
}

/* A list that is asked nowhere any more is as one that was never bound. */
static void settle_bound(struct policy *policy)
{
	struct policy_list *lists = policy->lists.items;

	for (size_t i = 0; i < policy->lists.count; i++)
		lists[i].bound = lists[i].generated;
	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *iface = &policy->ifaces.items[i];

		for (int j = 0; j < POLICY_N_BINDINGS; j++)
			if (iface->has_acl[j] && !iface->has_enforced[j])
				lists[iface->acl[j]].bound = true;
	}
	if (policy->has_acl_global)
		lists[policy->acl_global].bound = true;
}

static bool has_bound_dhcp(const struct policy_iface *iface)
{
	return iface->dhcp && !iface->pppoe && iface->has_acl[POLICY_BIND_BOX];
}

int policy_enforce(struct policy_parser *p)
{
	int err = 0;

	for (size_t i = 0; !err && i < p->policy->ifaces.count; i++) {
		if (p->policy->ifaces.items[i].management_only)
			err = enforce_management_only(p, i);
		if (!err && p->policy->box_enforced)
			err = enforce_control_plane(p, i);
		else if (!err && has_bound_dhcp(&p->policy->ifaces.items[i]))
			err = enforce_dhcp(p, i);
	}
	if (!err)
		settle_bound(p->policy);
	return err;
}
