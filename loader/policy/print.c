// SPDX-License-Identifier: GPL-2.0
/*
 * print.c - the canonical text of a policy.
 *
 * One spelling for everything: what two people wrote differently and meant
 * alike prints alike. The text is kept with each generation in the kernel and
 * is the only form in which a policy is read back.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "policy/model.h"
#include "policy/names.h"
#include "util/strbuf.h"

static void print_time(struct strbuf *out, unsigned int sec)
{
	strbuf_printf(out, "%u:%02u:%02u", sec / 3600, sec / 60 % 60, sec % 60);
}

static void print_address(struct strbuf *out, const struct policy *policy,
			  const struct policy_addr *addr)
{
	static const char *const any[] = {
		[POLICY_ADDR_ANY] = " any",
		[POLICY_ADDR_ANY4] = " any4",
		[POLICY_ADDR_ANY6] = " any6",
	};
	char text[sizeof(struct policy_net_text)];

	if (addr->kind < POLICY_ADDR_NET) {
		strbuf_puts(out, any[addr->kind]);
	} else if (addr->kind == POLICY_ADDR_OBJECT) {
		strbuf_puts(out, " object ");
		strbuf_puts(out, policy->objects.items[addr->ref].name);
	} else {
		strbuf_putc(out, ' ');
		strbuf_add(out, text, policy_net_put(text, addr->addr, addr->mask));
	}
}

static void print_port(struct strbuf *out, uint16_t port, uint8_t proto)
{
	const char *name = policy_port_name(port, proto);

	strbuf_putc(out, ' ');
	if (name)
		strbuf_puts(out, name);
	else
		strbuf_putu(out, port);
}

static void print_ports(struct strbuf *out, const struct policy_ports *ports,
			uint8_t proto)
{
	static const char *const words[] = {
		[POLICY_PORT_EQ] = " eq",	[POLICY_PORT_NEQ] = " neq",
		[POLICY_PORT_LT] = " lt",	[POLICY_PORT_GT] = " gt",
		[POLICY_PORT_RANGE] = " range",
	};

	if (ports->op == POLICY_PORT_ANY)
		return;
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
	if (rule->icmp == POLICY_ICMP_TYPE_CODE)
		strbuf_printf(out, " %u", rule->icmp_code);
}

static void print_flags(struct strbuf *out, const struct policy_tcp_flags *flags)
{
	bool bare = flags->any && !flags->clear;

	if (!policy_has_tcp_flags(flags))
		return;
	if (policy_is_established(flags)) {
		strbuf_puts(out, " established");
		return;
	}
	if (!bare)
		strbuf_puts(out, flags->any ? " match-any" : " match-all");
	for (int i = 0; i < POLICY_N_TCP_FLAGS; i++) {
		const struct policy_tcp_flag *flag = &policy_tcp_flag_words[i];

		if (!((flags->set | flags->clear) & flag->bit))
			continue;
		strbuf_puts(out, bare ? " " : flags->set & flag->bit ? " +" : " -");
		strbuf_puts(out, flag->word);
	}
}

static void print_protocol(struct strbuf *out, const struct policy_rule *rule)
{
	const char *name = rule->any_proto ? "ip" : policy_protocol_name(rule->proto);

	if (name)
		strbuf_puts(out, name);
	else
		strbuf_printf(out, "%u", rule->proto);
}

void policy_print_rule_start(struct strbuf *out, const struct policy_list *list)
{
	strbuf_puts(out, "access-list ");
	strbuf_puts(out, list->name);
	strbuf_puts(out, " extended ");
}

void policy_print_rule(struct strbuf *out, const struct policy *policy,
		       const struct policy_list *list, const struct policy_rule *rule)
{
	if (rule->text) {
		strbuf_puts(out, rule->text);
		return;
	}
	if (rule->remark) {
		strbuf_printf(out, "access-list %s remark%s%s", list->name,
			      *rule->remark ? " " : "", rule->remark);
		return;
	}
	policy_print_rule_start(out, list);
	strbuf_puts(out, rule->permit ? "permit " : "deny ");
	print_protocol(out, rule);
	print_address(out, policy, &rule->src);
	print_ports(out, &rule->src_ports, rule->proto);
	print_address(out, policy, &rule->dst);
	print_ports(out, &rule->dst_ports, rule->proto);
	print_icmp(out, rule);
	print_flags(out, &rule->tcp_flags);
	if (rule->fragments)
		strbuf_puts(out, " fragments");
	if (rule->inactive)
		strbuf_puts(out, " inactive");
}

/* Only where it decides something: what `any` means, which addresses lists match. */
static void print_version(struct strbuf *out, const struct policy *policy)
{
	if (policy->any_is_both)
		strbuf_puts(out, "ASA Version 9.0\n");
	else if (policy->flags & CONFIG_F_REAL_LISTS)
		strbuf_puts(out, "ASA Version 8.3\n");
}

/* Those that are not as they would be without a statement. */
static void print_timeouts(struct strbuf *out, const struct policy *policy)
{
	for (int i = 0; i < POLICY_N_TIMEOUTS; i++) {
		if (policy->timeout_sec[i] == policy_timeout_kinds[i].default_sec)
			continue;
		strbuf_printf(out, "timeout %s ", policy_timeout_kinds[i].word);
		print_time(out, policy->timeout_sec[i]);
		strbuf_putc(out, '\n');
	}
}

static void print_switches(struct strbuf *out, const struct policy *policy)
{
	if (policy->flags & CONFIG_F_SAME_INTER)
		strbuf_puts(out, "same-security-traffic permit inter-interface\n");
	if (policy->flags & CONFIG_F_SAME_INTRA)
		strbuf_puts(out, "same-security-traffic permit intra-interface\n");
	if (policy->flags & CONFIG_F_PASS_NON_IP)
		strbuf_puts(out, "sysopt connection permit-non-ip\n");
	if (policy->pick_up_sec) {
		strbuf_puts(out, "sysopt connection tcp-pick-up ");
		print_time(out, policy->pick_up_sec);
		strbuf_putc(out, '\n');
	}
}

int policy_print(const struct policy *policy, char **out, size_t *len)
{
	struct strbuf buf = {0};

	print_version(&buf, policy);
	policy_print_ifaces(&buf, policy);
	policy_print_host(&buf, policy);
	print_switches(&buf, policy);
	print_timeouts(&buf, policy);
	print_objects(&buf, policy);
	print_lists(&buf, policy);
	print_statics(&buf, policy);
	policy_print_fixups(&buf, policy);
	policy_print_inspections(&buf, policy);
	return strbuf_steal(&buf, out, len);
}
