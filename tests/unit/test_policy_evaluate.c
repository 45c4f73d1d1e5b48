// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_evaluate.c - compiled records decide as the rules read.
 *
 * Random rules are kept in this file's own form, written out as text, and
 * decided upon by an evaluator that knows operators and prefixes but nothing
 * of records. The compiled records, walked in order, must name the same line
 * for every packet; so must those of the canonical text.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/policy_test.h"

#define N_POLICIES 300
#define N_PACKETS  300
#define MAX_RULES  12

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
};

struct packet {
	int v6;
	struct addr src, dst;
	unsigned int src_port, dst_port; /* ICMP: 0, type << 8 | code */
	int proto;
};

/* xorshift64: the same policies in every run */
static uint64_t random_state = 0x9e3779b97f4a7c15ull;

static unsigned int rnd(unsigned int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state >> 33) % n;
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
	return rule;
}

static struct packet random_packet(void)
{
	static const int protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 47, 50};
	int v6 = (int)rnd(2);
	struct packet packet = {
		v6,
		random_addr(v6),
		random_addr(v6),
		random_port(),
		random_port(),
		protos[rnd(5)],
	};

	if (packet.proto == IPPROTO_ICMP && v6)
		packet.proto = IPPROTO_ICMPV6;
	if (packet.proto == IPPROTO_ICMP || packet.proto == IPPROTO_ICMPV6) {
		packet.src_port = 0;
		packet.dst_port = rnd(4) * 85 << 8 | rnd(4) * 85;
	} else if (packet.proto != IPPROTO_TCP && packet.proto != IPPROTO_UDP) {
		packet.src_port = packet.dst_port = 0;
	}
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

static int rule_matches(const struct rule *rule, const struct packet *packet,
			int any_is_both)
{
	if (!family_matches(rule, packet->v6, any_is_both) ||
	    !addr_matches(&rule->src, packet->v6, &packet->src) ||
	    !addr_matches(&rule->dst, packet->v6, &packet->dst))
		return 0;
	if (!rule->proto)
		return 1;
	if (rule->proto != packet->proto)
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

/* ---- the records as the datapath reads them ------------------------------ */

static int masked_equal(const struct ph_addr *net, const struct ph_addr *mask, int v6,
			const struct addr *addr)
{
	struct ph_addr wire;

	memcpy(&wire, addr, sizeof(wire));
	if (!v6)
		wire.word[2] = htonl(0xffff);
	for (int i = 0; i < 4; i++)
		if ((wire.word[i] & mask->word[i]) != net->word[i])
			return 0;
	return 1;
}

static size_t first_record_line(const struct policy_image *image,
				const struct packet *packet, int *permit)
{
	for (size_t i = 0; i < image->n_records; i++) {
		const struct acl_record *r = &image->records[i];

		if ((r->flags & ACL_F_IPV6 && !packet->v6) ||
		    !masked_equal(&r->src, &r->src_mask, packet->v6, &packet->src) ||
		    !masked_equal(&r->dst, &r->dst_mask, packet->v6, &packet->dst) ||
		    !(r->flags & ACL_F_ANY_PROTO || r->proto == packet->proto) ||
		    packet->src_port < r->src_port_low ||
		    packet->src_port > r->src_port_high ||
		    packet->dst_port < r->dst_port_low ||
		    packet->dst_port > r->dst_port_high)
			continue;
		*permit = (r->flags & ACL_F_PERMIT) != 0;
		return r->counter;
	}
	return image->n_lines;
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
	return n + sprintf(out + n, "\n");
}

static struct policy_image *compile_whatever_it_warns(const char *text)
{
	own_policy policy = parse_ok(text);
	own_diags diags = {0};
	struct policy_image *image = NULL;

	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	return image;
}

/* What a policy begins with, of either meaning of `any`. */
static int write_start(char *out, int any_is_both)
{
	return sprintf(out, "%s" TWO_IFACES "access-group a in interface outside\n",
		       any_is_both ? "ASA Version 9.1\n" : "");
}

static void records_decide_as_the_rules_read(void **state)
{
	size_t n_matched = 0;

	(void)state;
	for (int i = 0; i < N_POLICIES; i++) {
		struct rule rules[MAX_RULES];
		size_t n = 1 + rnd(MAX_RULES);
		char text[MAX_RULES * 200 + 256];
		int any_is_both = i % 2;
		int len = write_start(text, any_is_both);
		char *printed cleanup_free_ = NULL;
		own_image image = NULL;
		own_image again = NULL;

		for (size_t j = 0; j < n; j++) {
			rules[j] = random_rule();
			len += write_rule(text + len, &rules[j]);
		}
		printed = canonical(text);
		image = compile_whatever_it_warns(text);
		again = compile_whatever_it_warns(printed);
		assert_int_equal(image->n_lines, n);
		for (int k = 0; k < N_PACKETS; k++) {
			struct packet packet = random_packet();
			size_t expected = first_rule(rules, n, &packet, any_is_both);
			int permit = 0;

			assert_int_equal(first_record_line(image, &packet, &permit),
					 expected);
			assert_int_equal(!!permit,
					 expected < n && rules[expected].permit);
			assert_int_equal(first_record_line(again, &packet, &permit),
					 expected);
			n_matched += expected < n;
		}
	}
	/* The packets must exercise both: lines that match and none that does. */
	assert_in_range(n_matched, N_POLICIES * N_PACKETS / 10,
			N_POLICIES * N_PACKETS * 9 / 10);
}

static void canonical_text_prints_as_itself(void **state)
{
	(void)state;
	for (int i = 0; i < N_POLICIES; i++) {
		char text[MAX_RULES * 200 + 256];
		int len = write_start(text, i % 2);
		char *once cleanup_free_ = NULL;
		char *twice cleanup_free_ = NULL;

		for (size_t j = 0; j < MAX_RULES; j++) {
			struct rule rule = random_rule();

			len += write_rule(text + len, &rule);
		}
		once = canonical(text);
		twice = canonical(once);
		assert_string_equal(once, twice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_decide_as_the_rules_read),
		cmocka_unit_test(canonical_text_prints_as_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
