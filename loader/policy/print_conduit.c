// SPDX-License-Identifier: GPL-2.0
/*
 * print_conduit.c - conduits: the line of a list as the statement it comes from.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/model.h"
#include "policy/names.h"
#include "util/strbuf.h"

static void print_address(struct strbuf *out, const struct policy *policy,
			  const struct policy_addr *addr)
{
	switch (addr->kind) {
	case POLICY_ADDR_ANY:
	case POLICY_ADDR_ANY4:
	case POLICY_ADDR_ANY6:
		strbuf_puts(out, " any");
		break;
	case POLICY_ADDR_NET:
		strbuf_printf(out, " %s", policy_net_text(addr->addr, addr->mask).text);
		break;
	case POLICY_ADDR_OBJECT:
		strbuf_printf(out, " object %s", policy->objects.items[addr->ref].name);
		break;
	case POLICY_ADDR_GROUP:
		strbuf_printf(out, " object-group %s",
			      policy->groups.items[addr->ref].name);
		break;
	case POLICY_ADDR_IFACE:
		strbuf_printf(out, " interface %s", policy->ifaces.items[addr->ref].name);
		break;
	}
}

static void print_port(struct strbuf *out, uint16_t port, uint8_t proto)
{
	const char *name = policy_port_name(port, proto);

	if (name)
		strbuf_printf(out, " %s", name);
	else
		strbuf_printf(out, " %u", port);
}

static void print_ports(struct strbuf *out, const struct policy *policy,
			const struct policy_ports *ports, uint8_t proto)
{
	static const char *const words[] = {
		[POLICY_PORT_EQ] = " eq",	[POLICY_PORT_NEQ] = " neq",
		[POLICY_PORT_LT] = " lt",	[POLICY_PORT_GT] = " gt",
		[POLICY_PORT_RANGE] = " range",
	};

	if (ports->op == POLICY_PORT_ANY)
		return;
	if (ports->op == POLICY_PORT_GROUP) {
		strbuf_printf(out, " object-group %s",
			      policy->groups.items[ports->group].name);
		return;
	}
	strbuf_puts(out, words[ports->op]);
	print_port(out, ports->low, proto);
	if (ports->op == POLICY_PORT_RANGE)
		print_port(out, ports->high, proto);
}

static void print_icmp(struct strbuf *out, const struct policy_rule *rule)
{
	const char *name = policy_icmp_name(rule->icmp_type, rule->proto);

	if (rule->icmp == POLICY_ICMP_ANY)
		return;
	if (name)
		strbuf_printf(out, " %s", name);
	else
		strbuf_printf(out, " %u", rule->icmp_type);
}

int policy_conduit_text(const struct policy *policy, const struct policy_rule *rule,
			char **out)
{
	const char *name = rule->any_proto ? "ip" : policy_protocol_name(rule->proto);
	struct strbuf text = {0};

	strbuf_printf(&text, "conduit %s ", rule->permit ? "permit" : "deny");
	if (name)
		strbuf_puts(&text, name);
	else
		strbuf_printf(&text, "%u", rule->proto);
	print_address(&text, policy, &rule->dst);
	print_ports(&text, policy, &rule->dst_ports, rule->proto);
	print_address(&text, policy, &rule->src);
	print_ports(&text, policy, &rule->src_ports, rule->proto);
	print_icmp(&text, rule);
	return strbuf_steal(&text, out, NULL);
}

void policy_print_conduits(struct strbuf *out, const struct policy *policy)
{
	const struct policy_list *list;

	if (!policy->has_conduit)
		return;
	list = &policy->lists.items[policy->conduit];
	for (size_t i = 0; i < list->rules.count; i++)
		strbuf_printf(out, "%s\n", list->rules.items[i].text);
}
