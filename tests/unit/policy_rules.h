/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy_rules.h - random access-list lines: as text, and as a person reads them.
 *
 * Why it exists: what libpolicy makes of lines is compared with an evaluator that
 * knows operators, prefixes and words, but nothing of sets, services or images.
 *
 * Who may include it: one unit test, for it has a state of its own.
 */
#ifndef TESTS_UNIT_POLICY_RULES_H
#define TESTS_UNIT_POLICY_RULES_H

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/policy_test.h"

#define RULE_BYTES 250 /* of one as text, at most */

#define FIN 1u
#define SYN 2u
#define RST 4u
#define PSH 8u
#define ACK 16u
#define URG 32u

enum op { ANY, EQ, NEQ, LT, GT, RANGE };
static const char *const op_words[] = {"", "eq", "neq", "lt", "gt", "range"};

/* Addresses of either family; of IPv4 the last four bytes count. */
struct addr {
	uint8_t byte[16];
};

struct side {
	int any; /* the word: of either family where the policy says so */
	struct addr net;
	unsigned int prefix_len; /* of 32 or 128 */
	enum op op;
	unsigned int low, high;
};

struct rule {
	int permit;
	int v6;	   /* of the addresses that are written */
	int proto; /* 0: ip */
	struct side src, dst;
	int icmp_type, icmp_code; /* -1: any */
	/* One word about each flag: ' ' none, '+' it is set, '-' it is not. */
	char flags[7];
	int any_flag; /* one of the words is enough */
	int fragments;
	int inactive;
};

static const char *const flag_words[] = {"ack", "fin", "psh", "rst", "syn", "urg"};
static const unsigned int flag_bits[] = {ACK, FIN, PSH, RST, SYN, URG};

struct packet {
	int v6;
	struct addr src, dst;
	unsigned int src_port, dst_port; /* ICMP: 0, type << 8 | code */
	int proto;
	unsigned int tcp_flags; /* of TCP; else 0 */
	int later_fragment;	/* it has neither ports nor flags */
};

/* xorshift64: the same policies in every run */
static uint64_t random_state = 0x9e3779b97f4a7c15ull;

static unsigned int rnd(unsigned int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)((random_state >> 33) * n >> 31);
}

/* Few values, at the edges, so that rules and packets meet. */
static unsigned int random_port(void)
{
	static const unsigned int ports[] = {0,	 1,    20,   21,    22,
					     80, 1023, 1024, 65534, 65535};

	return ports[rnd(10)];
}

static struct addr random_addr(int v6)
{
	static const uint8_t v4_bases[][4] = {{10, 0, 0, 0},
					      {10, 0, 0, 252},
					      {192, 0, 2, 0},
					      {255, 255, 255, 252},
					      {0}};
	static const uint8_t v6_bases[][16] = {
		{0x20, 1, 0xd, 0xb8},	   {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1},
		{0xfe, 0x80, [15] = 252},  {[13] = 1}, /* near to how IPv4 is kept */
		{[9] = 0xff, [10] = 0xff},
	};
	struct addr addr = {{0}};

	if (v6)
		memcpy(addr.byte, v6_bases[rnd(5)], 16);
	else
		memcpy(addr.byte + 12, v4_bases[rnd(5)], 4);
	addr.byte[15] |= (uint8_t)rnd(4);
	return addr;
}

/* Of an address of IPv4 the first bit is the 97th. */
static int bit_of(const struct addr *addr, int v6, unsigned int i)
{
	unsigned int at = v6 ? i : 96 + i;

	return addr->byte[at / 8] >> (7 - at % 8) & 1;
}

static struct side random_side(int v6, int ports)
{
	static const unsigned int lens[][7] = {{0, 1, 8, 24, 30, 31, 32},
					       {0, 1, 32, 64, 96, 127, 128}};
	struct side side = {.any = !rnd(5), .prefix_len = lens[v6][rnd(7)]};
	unsigned int start = v6 ? 0 : 96;

	side.net = random_addr(v6);
	for (unsigned int at = start + side.prefix_len; at < 128; at++)
		side.net.byte[at / 8] &= (uint8_t) ~(0x80 >> at % 8);
	if (!ports)
		return side;
	side.op = rnd(6);
	side.low = random_port();
	side.high = random_port();
	if (side.op == RANGE && side.high < side.low) {
		unsigned int low = side.high;

		side.high = side.low;
		side.low = low;
	}
	return side;
}

/* What else a line may say at its end. */
static void random_options(struct rule *rule)
{
	int has_ports = rule->src.op != ANY || rule->dst.op != ANY;

	memcpy(rule->flags, "      ", sizeof(rule->flags));
	rule->inactive = !rnd(8);
	if (rule->proto == IPPROTO_TCP && !rnd(3)) {
		rule->any_flag = (int)rnd(2);
		for (unsigned int n = 1 + rnd(3); n; n--)
			rule->flags[rnd(6)] = rnd(2) ? '+' : '-';
	} else if (!has_ports && rule->icmp_type < 0) {
		rule->fragments = !rnd(4);
	}
}

static struct rule random_rule(void)
{
	static const int protos[] = {0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 47};
	struct rule rule = {
		.permit = (int)rnd(2), .v6 = (int)rnd(2), .proto = protos[rnd(5)]};
	int ports = rule.proto == IPPROTO_TCP || rule.proto == IPPROTO_UDP;

	if (rule.proto == IPPROTO_ICMP && rule.v6)
		rule.proto = IPPROTO_ICMPV6;
	rule.src = random_side(rule.v6, ports);
	rule.dst = random_side(rule.v6, ports);
	rule.icmp_type = rnd(3) ? (int)rnd(4) * 85 : -1;
	rule.icmp_code = rnd(2) ? (int)rnd(4) * 85 : -1;
	if (rule.proto != IPPROTO_ICMP && rule.proto != IPPROTO_ICMPV6)
		rule.icmp_type = -1;
	random_options(&rule);
	return rule;
}

/* Nothing is known of later fragments but addresses and protocol. */
static void set_ports(struct packet *packet)
{
	packet->later_fragment = !rnd(6);
	if (packet->proto == IPPROTO_TCP)
		packet->tcp_flags = rnd(64);
	if (packet->proto == IPPROTO_ICMP || packet->proto == IPPROTO_ICMPV6) {
		packet->src_port = 0;
		packet->dst_port = rnd(4) * 85 << 8 | rnd(4) * 85;
	} else if (packet->proto != IPPROTO_TCP && packet->proto != IPPROTO_UDP) {
		packet->src_port = packet->dst_port = 0;
	}
	if (packet->later_fragment)
		packet->src_port = packet->dst_port = packet->tcp_flags = 0;
}

static struct packet random_packet(void)
{
	static const int protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 47, 50};
	int v6 = (int)rnd(2);
	struct packet packet = {
		.v6 = v6,
		.src = random_addr(v6),
		.dst = random_addr(v6),
		.src_port = random_port(),
		.dst_port = random_port(),
		.proto = protos[rnd(5)],
	};

	if (packet.proto == IPPROTO_ICMP && v6)
		packet.proto = IPPROTO_ICMPV6;
	set_ports(&packet);
	return packet;
}

/* The first or the last address of a side, or one beside them. */
static struct addr corner_addr(const struct side *side, int v6)
{
	struct addr addr = side->net;
	int last = (int)rnd(2), step = (int)rnd(3) - 1;

	if (side->any)
		return random_addr(v6);
	for (unsigned int at = (v6 ? 0 : 96) + side->prefix_len; last && at < 128; at++)
		addr.byte[at / 8] |= (uint8_t)(0x80 >> at % 8);
	for (int i = 15; step && i >= (v6 ? 0 : 12); i--) {
		addr.byte[i] = (uint8_t)(addr.byte[i] + step);
		if (addr.byte[i] != (step > 0 ? 0 : 255))
			break;
	}
	return addr;
}

static unsigned int corner_port(const struct side *side)
{
	unsigned int port = side->op == RANGE && rnd(2) ? side->high : side->low;

	return (port + rnd(3) - 1) & 65535;
}

/* At a corner of a rule, or just outside of it. */
static struct packet corner_packet(const struct rule *rule)
{
	struct packet packet = {
		.v6 = rule->v6,
		.src = corner_addr(&rule->src, rule->v6),
		.dst = corner_addr(&rule->dst, rule->v6),
		.src_port = corner_port(&rule->src),
		.dst_port = corner_port(&rule->dst),
		.proto = rule->proto ? rule->proto : 50,
	};

	set_ports(&packet);
	return packet;
}

/* ---- the rules as a person reads them ------------------------------------ */

static int port_matches(const struct side *side, unsigned int port)
{
	switch (side->op) {
	case EQ:
		return port == side->low;
	case NEQ:
		return port != side->low;
	case LT:
		return port < side->low;
	case GT:
		return port > side->low;
	case RANGE:
		return port >= side->low && port <= side->high;
	default:
		return 1;
	}
}

static int is_icmp(int proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static int addr_matches(const struct side *side, int v6, const struct addr *addr)
{
	if (side->any)
		return 1;
	for (unsigned int bit = 0; bit < side->prefix_len; bit++)
		if (bit_of(addr, v6, bit) != bit_of(&side->net, v6, bit))
			return 0;
	return 1;
}

/* Whether packets of a family can match at all. */
static int family_matches(const struct rule *rule, int v6, int any_is_both)
{
	if (!rule->src.any || !rule->dst.any || is_icmp(rule->proto))
		return rule->v6 == v6;
	return any_is_both || !v6;
}

static int has_flags(const struct rule *rule)
{
	return strspn(rule->flags, " ") < 6;
}

static int flags_match(const struct rule *rule, unsigned int flags)
{
	int n_words = 0, n_true = 0;

	for (int i = 0; i < 6; i++) {
		if (rule->flags[i] == ' ')
			continue;
		n_words++;
		n_true += !(flags & flag_bits[i]) == (rule->flags[i] == '-');
	}
	return !n_words || (rule->any_flag ? n_true > 0 : n_true == n_words);
}

/* Ports that are all ports are none. */
static int names_ports(const struct side *side)
{
	return side->op != ANY &&
	       !(side->op == RANGE && side->low == 0 && side->high == 65535);
}

/* Of a later fragment nothing but addresses and protocol can match. */
static int fragment_matches(const struct rule *rule)
{
	return rule->fragments || (!names_ports(&rule->src) && !names_ports(&rule->dst) &&
				   rule->icmp_type < 0 && !has_flags(rule));
}

static int rule_matches(const struct rule *rule, const struct packet *packet,
			int any_is_both)
{
	if (rule->inactive || (rule->fragments && !packet->later_fragment))
		return 0;
	if (!family_matches(rule, packet->v6, any_is_both) ||
	    !addr_matches(&rule->src, packet->v6, &packet->src) ||
	    !addr_matches(&rule->dst, packet->v6, &packet->dst))
		return 0;
	if (rule->proto && rule->proto != packet->proto)
		return 0;
	if (packet->later_fragment)
		return fragment_matches(rule);
	if (!rule->proto)
		return 1;
	if (!flags_match(rule, packet->tcp_flags))
		return 0;
	if (is_icmp(rule->proto) && rule->icmp_type >= 0) {
		if ((int)(packet->dst_port >> 8) != rule->icmp_type)
			return 0;
		return rule->icmp_code < 0 ||
		       (int)(packet->dst_port & 255) == rule->icmp_code;
	}
	return port_matches(&rule->src, packet->src_port) &&
	       port_matches(&rule->dst, packet->dst_port);
}

/* The first rule that matches; n if none does. */
static size_t first_rule(const struct rule *rules, size_t n, const struct packet *packet,
			 int any_is_both)
{
	size_t i = 0;

	while (i < n && !rule_matches(&rules[i], packet, any_is_both))
		i++;
	return i;
}

/* ---- text ---------------------------------------------------------------- */

static int write_net(char *out, int v6, const struct side *side)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t mask[4] = {0};

	if (side->any)
		return sprintf(out, " any");
	if (v6) {
		assert_non_null(inet_ntop(AF_INET6, side->net.byte, text, sizeof(text)));
		return sprintf(out, " %s/%u", text, side->prefix_len);
	}
	if (side->prefix_len == 32) /* a netmask would refuse 0.0.0.0, IOS's `any` */
		return sprintf(out, " host %u.%u.%u.%u", side->net.byte[12],
			       side->net.byte[13], side->net.byte[14],
			       side->net.byte[15]);
	for (unsigned int bit = 0; bit < side->prefix_len; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return sprintf(out, " %u.%u.%u.%u %u.%u.%u.%u", side->net.byte[12],
		       side->net.byte[13], side->net.byte[14], side->net.byte[15],
		       mask[0], mask[1], mask[2], mask[3]);
}

static int write_side(char *out, int v6, const struct side *side)
{
	int n = write_net(out, v6, side);

	if (side->op != ANY)
		n += sprintf(out + n, " %s %u", op_words[side->op], side->low);
	if (side->op == RANGE)
		n += sprintf(out + n, " %u", side->high);
	return n;
}

static int write_options(char *out, const struct rule *rule)
{
	int n = 0;

	if (has_flags(rule))
		n += sprintf(out, rule->any_flag ? " match-any" : " match-all");
	for (int i = 0; i < 6; i++)
		if (rule->flags[i] != ' ')
			n += sprintf(out + n, " %c%s", rule->flags[i], flag_words[i]);
	return n + sprintf(out + n, "%s%s", rule->fragments ? " fragments" : "",
			   rule->inactive ? " inactive" : "");
}

static int write_rule(char *out, const struct rule *rule)
{
	int n = sprintf(out, "access-list a %s %d", rule->permit ? "permit" : "deny",
			rule->proto);

	n += write_side(out + n, rule->v6, &rule->src);
	n += write_side(out + n, rule->v6, &rule->dst);
	if (is_icmp(rule->proto) && rule->icmp_type >= 0) {
		n += sprintf(out + n, " %d", rule->icmp_type);
		if (rule->icmp_code >= 0)
			n += sprintf(out + n, " %d", rule->icmp_code);
	}
	n += write_options(out + n, rule);
	return n + sprintf(out + n, "\n");
}

#endif /* TESTS_UNIT_POLICY_RULES_H */
