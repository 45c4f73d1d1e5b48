// SPDX-License-Identifier: GPL-2.0
/*
 * generate.c - policies by chance: interfaces, lists, where they are bound.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "tests/reference/generate.h"

#define V4_ALL policy_ip_from_v4(0), policy_ip_from_v4(UINT32_MAX)
#define V6_ALL (policy_ip)0, POLICY_IP_ONES

static const char *const names = "names\n"
				 "name 10.0.0.0 net-a\n"
				 "name 10.0.1.5 host-a\n"
				 "name 192.168.50.0 net-b\n"
				 "name 192.168.50.10 host.b\n"
				 "name 203.0.113.10 host_c\n";

static const char *const pix6_ifaces = "PIX Version 6.3(5)\n"
				       "nameif ethernet0 outside security0\n"
				       "nameif ethernet1 inside security100\n"
				       "nameif ethernet2 dmz security50\n"
				       "ip address outside 203.0.113.1 255.255.255.0\n"
				       "ip address inside 10.0.1.1 255.255.255.0\n"
				       "ip address dmz 192.168.50.1 255.255.255.0\n";

static const char *const asa_ifaces = "interface GigabitEthernet0/0\n"
				      " nameif outside\n"
				      " security-level 0\n"
				      " ip address 203.0.113.1 255.255.255.0\n"
				      "!\n"
				      "interface GigabitEthernet0/1\n"
				      " nameif inside\n"
				      " security-level 100\n"
				      " ip address 10.0.1.1 255.255.255.0\n"
				      "!\n"
				      "interface GigabitEthernet0/2\n"
				      " nameif dmz\n"
				      " security-level 50\n"
				      " ip address 192.168.50.1 255.255.255.0\n"
				      "!\n";

static void put_start(struct gen *g)
{
	static const char *const versions[GEN_N_DIALECTS] = {
		[GEN_ASA8] = "ASA Version 8.2(5)\n",
		[GEN_ASA83] = "ASA Version 8.4(7)\n",
		[GEN_ASA9] = "ASA Version 9.6(4)3\n",
	};

	if (g->policy->dialect == GEN_PIX6) {
		strbuf_puts(g->out, pix6_ifaces);
		strbuf_puts(g->out, names);
		return;
	}
	strbuf_puts(g->out, ": Saved\n:\n");
	strbuf_puts(g->out, versions[g->policy->dialect]);
	strbuf_puts(g->out, names);
	strbuf_puts(g->out, asa_ifaces);
}

/* ---- an end of a line ---- */

static void put_any(struct gen *g, meant_addrs *out)
{
	bool both = g->policy->dialect == GEN_ASA9 && !g->ipv6_form;
	size_t kind = both ? gen_below(g, 3) : 0;

	strbuf_puts(g->out, (const char *const[]){"any", "any4", "any6"}[kind]);
	if (!g->ipv6_form && kind != 2)
		meant_add_span(out, V4_ALL);
	if (g->ipv6_form || (both && kind != 1))
		meant_add_span(out, V6_ALL);
}

static void put_iface(struct gen *g, meant_addrs *out)
{
	static const struct {
		const char *name;
		uint32_t addr;
	} ifaces[] = {
		{"outside", 0xcb007101}, {"inside", 0x0a000101}, {"dmz", 0xc0a83201}};
	size_t i = gen_below(g, 3);

	strbuf_printf(g->out, "interface %s", ifaces[i].name);
	meant_add_span(out, policy_ip_from_v4(ifaces[i].addr),
		       policy_ip_from_v4(ifaces[i].addr));
}

static void put_end(struct gen *g, meant_addrs *out)
{
	const struct gen_network *network = &g->networks[gen_below(g, g->n_networks)];
	size_t kind = gen_below(g, 10);

	strbuf_putc(g->out, ' ');
	if (kind < 3) {
		put_any(g, out);
	} else if (g->ipv6_form) {
		gen_address(g, false, out);
	} else if (kind < 6) {
		gen_address(g, g->policy->dialect != GEN_ASA9 || gen_below(g, 3), out);
	} else if (kind < 9) {
		strbuf_printf(g->out, "%s %s",
			      network->is_object ? "object" : "object-group",
			      network->name);
		meant_add_addrs(out, &network->addrs);
	} else {
		put_iface(g, out);
	}
}

/* [OP PORT | object-group NAME] */
static void put_ports(struct gen *g, int proto, meant_services *spans)
{
	const struct gen_ports *group = &g->ports[gen_below(g, g->n_ports)];

	strbuf_putc(g->out, ' ');
	if (!g->ipv6_form && gen_once_in(g, 2) &&
	    (proto == IPPROTO_TCP ? group->tcp : group->udp)) {
		strbuf_printf(g->out, "object-group %s", group->name);
		meant_add_services(spans, &group->spans);
		return;
	}
	gen_port_operator(g, proto, false, GEN_ANY_OPERATOR, spans);
}

/* ---- a line ---- */

/* Its protocol. Return: -2 if a group or an object says all of the service. */
static int put_protocol(struct gen *g, struct meant_line *line)
{
	const struct gen_services *named = &g->services[gen_below(g, g->n_services)];
	int proto = gen_protocol(g);

	if (!g->ipv6_form && gen_once_in(g, 3)) {
		strbuf_printf(g->out, " %s %s",
			      named->is_object ? "object" : "object-group", named->name);
		meant_add_services(&line->services, &named->services);
		return -2;
	}
	if (g->ipv6_form && proto == IPPROTO_ICMP)
		proto = IPPROTO_ICMPV6;
	if (g->policy->dialect == GEN_ASA9 && gen_once_in(g, 10))
		proto = IPPROTO_ICMPV6;
	strbuf_putc(g->out, ' ');
	gen_put_protocol(g, proto);
	return proto;
}

static void put_icmp(struct gen *g, struct meant_line *line, int proto)
{
	const struct gen_services *group = &g->icmps[gen_below(g, g->n_icmps)];
	struct meant_service all = {proto, 0, UINT16_MAX, 0, UINT16_MAX};

	if (proto == IPPROTO_ICMP && gen_once_in(g, 3)) {
		strbuf_printf(g->out, " object-group %s", group->name);
		meant_add_services(&line->services, &group->services);
	} else if (gen_once_in(g, 2)) {
		strbuf_putc(g->out, ' ');
		meant_add_service(
			&line->services,
			gen_icmp_type(g, proto, g->policy->dialect == GEN_ASA9));
	} else {
		meant_add_service(&line->services, all);
	}
}

static void put_options(struct gen *g, struct meant_line *line)
{
	static const char *const logs[] = {"",
					   " log",
					   " log 4",
					   " log warnings interval 60",
					   " log disable",
					   " log default",
					   " log debugging"};

	strbuf_puts(g->out, logs[gen_below(g, g->ipv6_form ? 3 : 7)]);
	if (gen_once_in(g, 12) && g->policy->dialect != GEN_PIX6 && !g->ipv6_form) {
		strbuf_puts(g->out, " inactive");
		line->decides = false;
	}
}

/* A packet of some family can match the line. */
static bool is_sound(const struct meant_line *line)
{
	for (int v4 = 0; v4 < 2; v4++) {
		if (!meant_has_family(&line->src, v4) ||
		    !meant_has_family(&line->dst, v4))
			continue;
		for (size_t i = 0; i < line->services.count; i++)
			if (line->services.items[i].proto !=
			    (v4 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
				return true;
	}
	return false;
}

static void forget_line(struct meant_line *line)
{
	vec_free(&line->src);
	vec_free(&line->dst);
	vec_free(&line->services);
	memset(line, 0, sizeof(*line));
}

static void put_line(struct gen *g, const char *list, struct meant_line *line)
{
	meant_services src = {0}, dst = {0};
	int proto;

	line->decides = true;
	line->permit = gen_once_in(g, 2);
	strbuf_printf(g->out, "%saccess-list %s %s%s", g->ipv6_form ? "ipv6 " : "", list,
		      g->policy->dialect != GEN_PIX6 && !g->ipv6_form && gen_once_in(g, 2)
			      ? "extended "
			      : "",
		      line->permit ? "permit" : "deny");
	proto = put_protocol(g, line);
	put_end(g, &line->src);
	if ((proto == IPPROTO_TCP || proto == IPPROTO_UDP) && gen_once_in(g, 4))
		put_ports(g, proto, &src);
	put_end(g, &line->dst);
	if ((proto == IPPROTO_TCP || proto == IPPROTO_UDP) && !gen_once_in(g, 4))
		put_ports(g, proto, &dst);
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		put_icmp(g, line, proto);
	else if (proto != -2)
		gen_cross(&line->services, proto, &src, &dst);
	put_options(g, line);
	strbuf_puts(g->out, "\n");
	vec_free(&src);
	vec_free(&dst);
}

/* A line that can match; what cannot is taken back. */
static void put_sound_line(struct gen *g, struct meant_list *list)
{
	struct meant_line *line = vec_push(&list->lines);
	size_t start = g->out->len;

	if (!line)
		abort();
	if (gen_once_in(g, 12)) {
		strbuf_printf(g->out, "%saccess-list %s remark %s\n",
			      g->ipv6_form ? "ipv6 " : "", list->name,
			      "permit ip any any is not said here");
		return;
	}
	put_line(g, list->name, line);
	while (!is_sound(line)) {
		g->out->len = start;
		forget_line(line);
		put_line(g, list->name, line);
	}
}

/* ---- policies ---- */

static void put_list(struct gen *g, size_t n_lines)
{
	struct meant_list *list = &g->policy->lists[g->policy->n_lists];
	static const char *const ifaces[] = {"outside", "inside", "dmz"};

	snprintf(list->name, sizeof(list->name), "acl_%s", ifaces[g->policy->n_lists]);
	g->ipv6_form = g->policy->dialect == GEN_ASA8 && gen_once_in(g, 4);
	for (size_t i = 0; i < n_lines; i++)
		put_sound_line(g, list);
	strbuf_printf(g->out, "access-group %s %s interface %s\n", list->name,
		      g->policy->dialect != GEN_PIX6 && gen_once_in(g, 3) ? "out" : "in",
		      ifaces[g->policy->n_lists]);
	g->policy->n_lists++;
	g->ipv6_form = false;
}

void gen_policy_make(struct gen_policy *policy, enum gen_dialect dialect, size_t n_lines,
		     uint64_t seed)
{
	struct gen g = {.draw = ref_draw_new(seed), .policy = policy};

	memset(policy, 0, sizeof(*policy));
	policy->dialect = dialect;
	g.out = &policy->text;
	put_start(&g);
	gen_groups(&g);
	gen_nats(&g);
	for (size_t n = 1 + gen_below(&g, GEN_MAX_LISTS); n; n--)
		put_list(&g, 1 + gen_below(&g, 2 * n_lines));
	for (size_t i = 0; i < GEN_MAX_NAMED; i++) {
		vec_free(&g.networks[i].addrs);
		vec_free(&g.ports[i].spans);
		vec_free(&g.services[i].services);
		vec_free(&g.icmps[i].services);
	}
	if (policy->text.failed)
		abort();
}

void gen_policy_free(struct gen_policy *policy)
{
	strbuf_free(&policy->text);
	for (size_t i = 0; i < policy->n_lists; i++)
		meant_list_free(&policy->lists[i]);
}
