// SPDX-License-Identifier: GPL-2.0
/*
 * print_terms.c - addresses, services, objects and groups, in the one spelling.
 *
 * Groups are printed behind those within them: what is read from top to bottom is
 * declared before it is used.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "policy/model.h"
#include "policy/names.h"
#include "util/strbuf.h"

/* ---- parts -------------------------------------------------------------- */

void policy_print_addr(struct strbuf *out, const struct policy *policy,
		       const struct policy_addr *addr)
{
	char text[sizeof(struct policy_net_text)];

	switch (addr->kind) {
	case POLICY_ADDR_ANY:
		strbuf_puts(out, " any");
		break;
	case POLICY_ADDR_ANY4:
		strbuf_puts(out, " any4");
		break;
	case POLICY_ADDR_ANY6:
		strbuf_puts(out, " any6");
		break;
	case POLICY_ADDR_NET:
		strbuf_putc(out, ' ');
		strbuf_add(out, text, policy_net_put(text, addr->addr, addr->mask));
		break;
	case POLICY_ADDR_OBJECT:
		strbuf_puts(out, " object ");
		strbuf_puts(out, policy->objects.items[addr->ref].name);
		break;
	case POLICY_ADDR_GROUP:
		strbuf_puts(out, " object-group ");
		strbuf_puts(out, policy->groups.items[addr->ref].name);
		break;
	case POLICY_ADDR_IFACE:
		strbuf_puts(out, " interface ");
		strbuf_puts(out, policy->ifaces.items[addr->ref].name);
		break;
	}
}

/* Of both protocols only a name that is the same in both says what is meant. */
static void print_port(struct strbuf *out, uint16_t port, bool tcp, bool udp)
{
	const char *name = policy_port_name(port, tcp ? IPPROTO_TCP : IPPROTO_UDP);

	if (tcp && udp && name != policy_port_name(port, IPPROTO_UDP))
		name = NULL;
	strbuf_putc(out, ' ');
	if (name)
		strbuf_puts(out, name);
	else
		strbuf_putu(out, port);
}

void policy_print_ports(struct strbuf *out, const struct policy *policy,
			const struct policy_ports *ports, bool tcp, bool udp)
{
	static const char *const words[] = {
		[POLICY_PORT_EQ] = " eq",	[POLICY_PORT_NEQ] = " neq",
		[POLICY_PORT_LT] = " lt",	[POLICY_PORT_GT] = " gt",
		[POLICY_PORT_RANGE] = " range",
	};

	if (ports->op == POLICY_PORT_ANY)
		return;
	if (ports->op == POLICY_PORT_GROUP) {
		strbuf_puts(out, " object-group ");
		strbuf_puts(out, policy->groups.items[ports->group].name);
		return;
	}
	strbuf_puts(out, words[ports->op]);
	print_port(out, ports->low, tcp, udp);
	if (ports->op == POLICY_PORT_RANGE)
		print_port(out, ports->high, tcp, udp);
}

void policy_print_icmp(struct strbuf *out, uint8_t proto, enum policy_icmp_match match,
		       uint8_t type, uint8_t code)
{
	const char *name = policy_icmp_name(type, proto);

	if (match != POLICY_ICMP_TYPE && match != POLICY_ICMP_TYPE_CODE)
		return;
	if (name)
		strbuf_printf(out, " %s", name);
	else
		strbuf_printf(out, " %u", type);
	if (match == POLICY_ICMP_TYPE_CODE)
		strbuf_printf(out, " %u", code);
}

void policy_print_protocol(struct strbuf *out, bool any_proto, uint8_t proto)
{
	const char *name = any_proto ? "ip" : policy_protocol_name(proto);

	strbuf_putc(out, ' ');
	if (name)
		strbuf_puts(out, name);
	else
		strbuf_putu(out, proto);
}

/* Of a service object or of a member of a service group. */
static void print_term(struct strbuf *out, const struct policy *policy,
		       const struct policy_service_term *term)
{
	bool tcp = term->proto == IPPROTO_TCP;
	bool udp = term->tcp_udp || term->proto == IPPROTO_UDP;

	if (term->tcp_udp)
		strbuf_puts(out, " tcp-udp");
	else
		policy_print_protocol(out, term->any_proto, term->proto);
	if (term->src_ports.op != POLICY_PORT_ANY)
		strbuf_puts(out, " source");
	policy_print_ports(out, policy, &term->src_ports, tcp, udp);
	if (term->dst_ports.op != POLICY_PORT_ANY)
		strbuf_puts(out, " destination");
	policy_print_ports(out, policy, &term->dst_ports, tcp, udp);
	policy_print_icmp(out, term->proto, term->icmp, term->icmp_type, term->icmp_code);
}

static void print_description(struct strbuf *out, const char *text)
{
	strbuf_printf(out, " description%s%s\n", *text ? " " : "", text);
}

/* ---- objects -------------------------------------------------------------- */

static void print_value(struct strbuf *out, const struct policy *policy,
			const struct policy_object *object)
{
	static const char *const families[] = {
		[POLICY_FAMILY_BOTH] = "",
		[POLICY_FAMILY_V4] = "v4 ",
		[POLICY_FAMILY_V6] = "v6 ",
	};

	switch (object->value) {
	case POLICY_VALUE_NET:
		strbuf_printf(out, " %s%s\n",
			      object->mask == POLICY_IP_ONES ? "" : "subnet ",
			      policy_net_text(object->addr, object->mask).text);
		break;
	case POLICY_VALUE_RANGE:
		strbuf_printf(out, " range %s %s\n", policy_ip_text(object->addr).text,
			      policy_ip_text(object->last).text);
		break;
	case POLICY_VALUE_FQDN:
		strbuf_printf(out, " fqdn %s%s\n", families[object->fqdn_family],
			      object->fqdn);
		break;
	case POLICY_VALUE_SERVICE:
		strbuf_puts(out, " service");
		print_term(out, policy, &object->service);
		strbuf_putc(out, '\n');
		break;
	case POLICY_VALUE_NONE:
		break;
	}
}

static void print_objects(struct strbuf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->objects.count; i++) {
		const struct policy_object *object = &policy->objects.items[i];

		if (object->value == POLICY_VALUE_NONE || object->predefined)
			continue;
		strbuf_printf(out, "object %s %s\n",
			      object->kind == POLICY_OBJECT_NETWORK ? "network"
								    : "service",
			      object->name);
		print_value(out, policy, object);
		if (object->description)
			print_description(out, object->description);
	}
}

/* ---- groups --------------------------------------------------------------- */

static void print_service_member(struct strbuf *out, const struct policy *policy,
				 const struct policy_group *group,
				 const struct policy_member *member)
{
	const struct policy_service_term *term = &member->service;

	switch (group->kind) {
	case POLICY_GROUP_PORTS:
		strbuf_puts(out, " port-object");
		policy_print_ports(out, policy, &term->dst_ports, group->tcp, group->udp);
		break;
	case POLICY_GROUP_PROTOCOL:
		strbuf_puts(out, " protocol-object");
		policy_print_protocol(out, term->any_proto, term->proto);
		break;
	case POLICY_GROUP_ICMP_TYPE:
		strbuf_puts(out, " icmp-object");
		policy_print_icmp(out, IPPROTO_ICMP, term->icmp, term->icmp_type,
				  term->icmp_code);
		break;
	case POLICY_GROUP_SERVICE:
	case POLICY_GROUP_NETWORK:
	case POLICY_GROUP_OTHER:
		strbuf_puts(out, " service-object");
		print_term(out, policy, term);
		break;
	}
	strbuf_putc(out, '\n');
}

static void print_member(struct strbuf *out, const struct policy *policy,
			 const struct policy_group *group,
			 const struct policy_member *member)
{
	switch (member->kind) {
	case POLICY_MEMBER_ADDR:
		strbuf_puts(out, " network-object");
		policy_print_addr(out, policy, &member->addr);
		strbuf_putc(out, '\n');
		break;
	case POLICY_MEMBER_SERVICE:
		print_service_member(out, policy, group, member);
		break;
	case POLICY_MEMBER_OBJECT:
		strbuf_printf(out, " service-object object %s\n",
			      policy->objects.items[member->ref].name);
		break;
	case POLICY_MEMBER_GROUP:
		strbuf_printf(out, " group-object %s\n",
			      policy->groups.items[member->ref].name);
		break;
	case POLICY_MEMBER_REMARK:
		print_description(out, member->remark);
		break;
	}
}

static void print_group(struct strbuf *out, const struct policy *policy,
			const struct policy_group *group)
{
	static const char *const kinds[] = {
		[POLICY_GROUP_NETWORK] = "network",
		[POLICY_GROUP_PORTS] = "service",
		[POLICY_GROUP_SERVICE] = "service",
		[POLICY_GROUP_PROTOCOL] = "protocol",
		[POLICY_GROUP_ICMP_TYPE] = "icmp-type",
	};

	strbuf_printf(out, "object-group %s %s", kinds[group->kind], group->name);
	if (group->kind == POLICY_GROUP_PORTS)
		strbuf_puts(out, group->tcp && group->udp ? " tcp-udp"
				 : group->tcp		  ? " tcp"
							  : " udp");
	strbuf_putc(out, '\n');
	for (size_t i = 0; i < group->members.count; i++)
		print_member(out, policy, group, &group->members.items[i]);
}

/* Recursive; groups nest no deeper than POLICY_MAX_DEPTH (sets.h). */
static void print_group_after_its_own(struct strbuf *out, const struct policy *policy,
				      size_t index, bool *printed)
{
	const struct policy_group *group = &policy->groups.items[index];

	if (printed[index] || group->kind == POLICY_GROUP_OTHER)
		return;
	printed[index] = true;
	for (size_t i = 0; i < group->members.count; i++)
		if (group->members.items[i].kind == POLICY_MEMBER_GROUP)
			print_group_after_its_own(out, policy,
						  group->members.items[i].ref, printed);
	print_group(out, policy, group);
}

void policy_print_terms(struct strbuf *out, const struct policy *policy)
{
	bool *printed = calloc(policy->groups.count + 1, sizeof(*printed));

	if (!printed) {
		out->failed = true;
		return;
	}
	print_objects(out, policy);
	for (size_t i = 0; i < policy->groups.count; i++)
		print_group_after_its_own(out, policy, i, printed);
	free(printed);
}
