// SPDX-License-Identifier: GPL-2.0
/*
 * generate_terms.c - addresses, ports, protocols and ICMP types, in all spellings.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "tests/reference/generate.h"

/* ---- addresses ---- */

struct net4 {
	uint32_t addr;
	unsigned int len;
	const char *name; /* `name` of a policy; NULL: none */
};

/* Nested and beside each other, so that lines meet. */
static const struct net4 nets4[] = {
	{0x0a000000, 8, NULL},	   {0x0a000000, 16, "net-a"},  {0x0a000100, 24, NULL},
	{0x0a000180, 25, NULL},	   {0x0a000105, 32, "host-a"}, {0x0a000106, 32, NULL},
	{0xc0a83200, 24, "net-b"}, {0xc0a83220, 29, NULL},     {0xc0a8320a, 32, "host.b"},
	{0xcb007100, 24, NULL},	   {0xcb00710a, 32, "host_c"}, {0xcb00710b, 32, NULL},
	{0xffffffff, 32, NULL},	   {0xe0000000, 4, NULL},
};

struct net6 {
	const char *text;
	uint64_t high, low;
	unsigned int len;
};

static const struct net6 nets6[] = {
	{"2001:db8::", 0x20010db800000000, 0, 32},
	{"2001:db8:1::", 0x20010db800010000, 0, 48},
	{"2001:DB8:1:0::", 0x20010db800010000, 0, 64},
	{"2001:db8:1::5", 0x20010db800010000, 5, 128},
	{"2001:db8:1::1:6", 0x20010db800010000, 0x10006, 128},
	{"2001:db8:0:32:0:0:0:a", 0x20010db800000032, 10, 128},
	{"fd00::", 0xfd00000000000000, 0, 8},
};

static uint32_t mask4(unsigned int len)
{
	return len ? UINT32_MAX << (32 - len) : 0;
}

static struct policy_quad quad(uint32_t addr)
{
	return policy_quad(addr);
}

static void put_address4(struct gen *g, meant_addrs *out)
{
	const struct net4 *net = &nets4[gen_below(g, sizeof(nets4) / sizeof(nets4[0]))];
	bool by_name = net->name && gen_once_in(g, 2);
	const char *text = by_name ? net->name : NULL;
	struct policy_quad addr = quad(net->addr);

	if (net->len == 32 && !gen_once_in(g, 4))
		strbuf_printf(g->out, "host %s", text ? text : addr.text);
	else
		strbuf_printf(g->out, "%s %s", text ? text : addr.text,
			      quad(mask4(net->len)).text);
	meant_add_span(out, policy_ip_from_v4(net->addr),
		       policy_ip_from_v4(net->addr | ~mask4(net->len)));
}

static void put_address6(struct gen *g, meant_addrs *out)
{
	const struct net6 *net = &nets6[gen_below(g, sizeof(nets6) / sizeof(nets6[0]))];
	policy_ip addr = (policy_ip)net->high << 64 | net->low;

	if (net->len == 128 && gen_once_in(g, 2))
		strbuf_printf(g->out, "host %s", net->text);
	else
		strbuf_printf(g->out, "%s/%u", net->text, net->len);
	meant_add_span(out, addr,
		       addr | (net->len == 128 ? 0 : POLICY_IP_ONES >> net->len));
}

void gen_address(struct gen *g, bool v4, meant_addrs *out)
{
	if (v4)
		put_address4(g, out);
	else
		put_address6(g, out);
}

/* ---- ports ---- */

struct port_name {
	const char *name;
	uint16_t port;
	bool tcp, udp;
};

static const struct port_name port_names[] = {
	{"www", 80, true, true},      {"https", 443, true, false},
	{"ftp", 21, true, false},     {"ftp-data", 20, true, false},
	{"smtp", 25, true, false},    {"ssh", 22, true, false},
	{"domain", 53, true, true},   {"sunrpc", 111, true, true},
	{"ntp", 123, false, true},    {"snmp", 161, false, true},
	{"isakmp", 500, false, true}, {"tftp", 69, false, true},
	{"bootps", 67, false, true},  {"telnet", 23, true, false},
	{"ldap", 389, true, false},   {"sip", 5060, true, true},
};

static const uint16_t port_numbers[] = {0,    1,    20,	   21,	  53,	 80,   443,
					1023, 1024, 50000, 50100, 65534, 65535};

static uint16_t number_of(struct gen *g)
{
	return port_numbers[gen_below(g, sizeof(port_numbers) / sizeof(port_numbers[0]))];
}

/* Write a port, by name or number. */
static void put_port(struct gen *g, int proto, bool tcp_udp, uint16_t port)
{
	for (size_t i = 0; i < sizeof(port_names) / sizeof(port_names[0]); i++) {
		const struct port_name *name = &port_names[i];
		bool fits = tcp_udp		   ? name->tcp && name->udp
			    : proto == IPPROTO_TCP ? name->tcp
						   : name->udp;

		if (name->port == port && fits && gen_once_in(g, 2)) {
			strbuf_puts(g->out, name->name);
			return;
		}
	}
	strbuf_printf(g->out, "%u", port);
}

static uint16_t some_port(struct gen *g)
{
	if (gen_once_in(g, 2))
		return number_of(g);
	return port_names[gen_below(g, sizeof(port_names) / sizeof(port_names[0]))].port;
}

static void add_ports(meant_services *spans, unsigned int low, unsigned int high)
{
	meant_add_service(spans, (struct meant_service){.dst_low = (uint16_t)low,
							.dst_high = (uint16_t)high});
}

void gen_port_operator(struct gen *g, int proto, bool tcp_udp, enum gen_port_form form,
		       meant_services *spans)
{
	uint16_t a = some_port(g), b = some_port(g);
	size_t op = gen_below(g, form == GEN_EQ_OR_RANGE ? 2 : 5);

	if (op == 1 && a > b) {
		uint16_t c = a;

		a = b;
		b = c;
	}
	if (op == 2 && !a) /* below nothing */
		a = 1;
	if (op == 3 && a == UINT16_MAX)
		a--;
	strbuf_printf(g->out, "%s ",
		      (const char *const[]){"eq", "range", "lt", "gt", "neq"}[op]);
	put_port(g, proto, tcp_udp, a);
	switch (op) {
	case 0:
		add_ports(spans, a, a);
		break;
	case 1:
		strbuf_putc(g->out, ' ');
		put_port(g, proto, tcp_udp, b);
		add_ports(spans, a, b);
		break;
	case 2:
		add_ports(spans, 0, a - 1u);
		break;
	case 3:
		add_ports(spans, a + 1u, UINT16_MAX);
		break;
	default:
		if (a)
			add_ports(spans, 0, a - 1u);
		if (a < UINT16_MAX)
			add_ports(spans, a + 1u, UINT16_MAX);
	}
}

void gen_cross(meant_services *out, int proto, const meant_services *src,
	       const meant_services *dst)
{
	static const struct meant_service all = {.dst_high = UINT16_MAX};
	size_t n_src = src && src->count ? src->count : 1;
	size_t n_dst = dst && dst->count ? dst->count : 1;

	for (size_t i = 0; i < n_src; i++)
		for (size_t j = 0; j < n_dst; j++) {
			const struct meant_service *s = src && src->count ? &src->items[i]
									  : &all;
			const struct meant_service *d = dst && dst->count ? &dst->items[j]
									  : &all;

			meant_add_service(out, (struct meant_service){
						       proto, s->dst_low, s->dst_high,
						       d->dst_low, d->dst_high});
		}
}

/* ---- protocols ---- */

struct proto_name {
	const char *name;
	int number;
};

static const struct proto_name protos[] = {
	{"ip", -1}, {"tcp", 6},	 {"udp", 17},  {"icmp", 1},   {"gre", 47},   {"esp", 50},
	{"ah", 51}, {"igmp", 2}, {"ospf", 89}, {"eigrp", 88}, {"ipinip", 4}, {"pim", 103},
};

int gen_protocol(struct gen *g)
{
	if (gen_once_in(g, 2)) /* mostly these */
		return protos[1 + gen_below(g, 3)].number;
	return protos[gen_below(g, sizeof(protos) / sizeof(protos[0]))].number;
}

void gen_put_protocol(struct gen *g, int proto)
{
	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (protos[i].number == proto && (proto < 0 || !gen_once_in(g, 3))) {
			strbuf_puts(g->out, protos[i].name);
			return;
		}
	if (proto == IPPROTO_ICMPV6)
		strbuf_puts(g->out, "icmp6");
	else
		strbuf_printf(g->out, "%d", proto);
}

/* ---- ICMP ---- */

struct icmp_name {
	const char *name;
	uint8_t type;
};

static const struct icmp_name icmp_names[] = {
	{"echo", 8},	      {"echo-reply", 0},	 {"unreachable", 3},
	{"redirect", 5},      {"time-exceeded", 11},	 {"source-quench", 4},
	{"mask-request", 17}, {"parameter-problem", 12},
};

static const struct icmp_name icmp6_names[] = {
	{"echo", 128},	       {"echo-reply", 129},  {"unreachable", 1},
	{"packet-too-big", 2}, {"time-exceeded", 3}, {"router-advertisement", 134},
};

struct meant_service gen_icmp_type(struct gen *g, int proto, bool codes)
{
	const struct icmp_name *name = proto == IPPROTO_ICMP
					       ? &icmp_names[gen_below(g, 8)]
					       : &icmp6_names[gen_below(g, 6)];
	uint16_t code = gen_once_in(g, 3) ? 0 : (uint16_t)gen_below(g, 14);
	struct meant_service service = {
		.proto = proto,
		.src_high = UINT16_MAX,
		.dst_low = (uint16_t)(name->type << 8),
		.dst_high = (uint16_t)(name->type << 8 | 255),
	};

	if (gen_once_in(g, 3))
		strbuf_printf(g->out, "%u", name->type);
	else
		strbuf_puts(g->out, name->name);
	if (codes && gen_once_in(g, 3)) {
		strbuf_printf(g->out, " %u", code);
		service.dst_low = service.dst_high = (uint16_t)(name->type << 8 | code);
	}
	return service;
}
