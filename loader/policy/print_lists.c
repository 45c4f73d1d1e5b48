// SPDX-License-Identifier: GPL-2.0
/*
 * print_lists.c - access lists and what they are bound to, in the one spelling.
 */
#include <netinet/in.h>

#include "policy/logging.h"
#include "policy/model.h"
#include "util/strbuf.h"

/* As in the text where nothing is said (rule_log.c). */
#define DEFAULT_LEVEL	     6
#define DEFAULT_INTERVAL_SEC 300

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

static void print_log(struct strbuf *out, const struct policy_rule *rule)
{
	if (rule->log == POLICY_LOG_OFF)
		strbuf_puts(out, " log disable");
	if (rule->log != POLICY_LOG_ON)
		return;
	strbuf_puts(out, " log");
	if (rule->log_level != DEFAULT_LEVEL)
		strbuf_printf(out, " %s", policy_log_level_words[rule->log_level]);
	if (rule->log_interval_sec != DEFAULT_INTERVAL_SEC)
		strbuf_printf(out, " interval %u", rule->log_interval_sec);
}

static void print_service(struct strbuf *out, const struct policy *policy,
			  const struct policy_rule *rule)
{
	switch (rule->proto_kind) {
	case POLICY_PROTO_ONE:
		policy_print_protocol(out, rule->any_proto, rule->proto);
		break;
	case POLICY_PROTO_OBJECT:
		strbuf_puts(out, " object ");
		strbuf_puts(out, policy->objects.items[rule->proto_ref].name);
		break;
	case POLICY_PROTO_GROUP:
		strbuf_puts(out, " object-group ");
		strbuf_puts(out, policy->groups.items[rule->proto_ref].name);
		break;
	}
}

void policy_print_rule_start(struct strbuf *out, const struct policy_list *list)
{
	if (list->generated)
		return; /* its lines are shown as the statements they come from */
	strbuf_puts(out, "access-list ");
	strbuf_puts(out, list->name);
	strbuf_puts(out,
		    list->kind == POLICY_LIST_STANDARD ? " standard " : " extended ");
}

void policy_print_rule(struct strbuf *out, const struct policy *policy,
		       const struct policy_list *list, const struct policy_rule *rule)
{
	bool group = rule->proto_kind == POLICY_PROTO_GROUP;
	bool tcp = group || rule->proto == IPPROTO_TCP;
	bool udp = group || rule->proto == IPPROTO_UDP;

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
	strbuf_puts(out, rule->permit ? "permit" : "deny");
	if (list->kind == POLICY_LIST_STANDARD) {
		policy_print_addr(out, policy, &rule->dst);
		return;
	}
	print_service(out, policy, rule);
	policy_print_addr(out, policy, &rule->src);
	policy_print_ports(out, policy, &rule->src_ports, tcp, udp);
	policy_print_addr(out, policy, &rule->dst);
	policy_print_ports(out, policy, &rule->dst_ports, tcp, udp);
	if (rule->icmp == POLICY_ICMP_GROUP) {
		strbuf_puts(out, " object-group ");
		strbuf_puts(out, policy->groups.items[rule->icmp_group].name);
	}
	policy_print_icmp(out, rule->proto, rule->icmp, rule->icmp_type, rule->icmp_code);
	print_flags(out, &rule->tcp_flags);
	if (rule->fragments)
		strbuf_puts(out, " fragments");
	print_log(out, rule);
	if (rule->inactive)
		strbuf_puts(out, " inactive");
}

static void print_bindings(struct strbuf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *iface = &policy->ifaces.items[i];

		for (int j = 0; j < POLICY_N_BINDINGS; j++)
			if (iface->has_acl[j])
				strbuf_printf(
					out, "access-group %s %s interface %s%s\n",
					policy->lists.items[iface->acl[j]].name,
					j == POLICY_BIND_OUT ? "out" : "in", iface->name,
					j == POLICY_BIND_BOX ? " control-plane" : "");
	}
	if (policy->has_acl_global)
		strbuf_printf(out, "access-group %s global\n",
			      policy->lists.items[policy->acl_global].name);
}

void policy_print_lists(struct strbuf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->lists.count; i++) {
		const struct policy_list *list = &policy->lists.items[i];

		for (size_t j = 0; !list->generated && j < list->rules.count; j++) {
			policy_print_rule(out, policy, list, &list->rules.items[j]);
			strbuf_putc(out, '\n');
		}
	}
	print_bindings(out, policy);
}
