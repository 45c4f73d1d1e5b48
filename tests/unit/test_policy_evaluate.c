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

struct side {
	uint32_t net;
	unsigned int prefix_len;
	enum op op;
	unsigned int low, high;
};

struct rule {
	int permit;
	int proto; /* 0: ip */
	struct side src, dst;
	int icmp_type, icmp_code; /* -1: any */
};

struct packet {
	uint32_t src, dst;
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

static uint32_t random_addr(void)
{
	static const uint32_t bases[] = {0x0a000000, 0x0a0000ff, 0xc0000200, 0xffffffff,
					 0};

	return bases[rnd(5)] + rnd(4);
}

static uint32_t mask_of(unsigned int prefix_len)
{
	return prefix_len ? UINT32_MAX << (32 - prefix_len) : 0;
}

static struct side random_side(int ports)
{
	static const unsigned int lens[] = {0, 1, 8, 24, 30, 31, 32};
	struct side side = {.prefix_len = lens[rnd(7)]};

	side.net = random_addr() & mask_of(side.prefix_len);
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
	struct rule rule = {.permit = (int)rnd(2), .proto = protos[rnd(5)]};
	int ports = rule.proto == IPPROTO_TCP || rule.proto == IPPROTO_UDP;

	rule.src = random_side(ports);
	rule.dst = random_side(ports);
	rule.icmp_type = rnd(3) ? (int)rnd(4) * 85 : -1;
	rule.icmp_code = rnd(2) ? (int)rnd(4) * 85 : -1;
	return rule;
}

static struct packet random_packet(void)
{
	static const int protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 47, 50};
	struct packet packet = {random_addr(), random_addr(), random_port(),
				random_port(), protos[rnd(5)]};

	if (packet.proto == IPPROTO_ICMP) {
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

static int addr_matches(const struct side *side, uint32_t addr)
{
	for (unsigned int bit = 0; bit < side->prefix_len; bit++)
		if ((addr ^ side->net) >> (31 - bit) & 1)
			return 0;
	return 1;
}

static int rule_matches(const struct rule *rule, const struct packet *packet)
{
	if (!addr_matches(&rule->src, packet->src) ||
	    !addr_matches(&rule->dst, packet->dst))
		return 0;
	if (!rule->proto)
		return 1;
	if (rule->proto != packet->proto)
		return 0;
	if (rule->proto == IPPROTO_ICMP && rule->icmp_type >= 0) {
		if ((int)(packet->dst_port >> 8) != rule->icmp_type)
			return 0;
		return rule->icmp_code < 0 ||
		       (int)(packet->dst_port & 255) == rule->icmp_code;
	}
	return port_matches(&rule->src, packet->src_port) &&
	       port_matches(&rule->dst, packet->dst_port);
}

/* The first rule that matches; n if none does. */
static size_t first_rule(const struct rule *rules, size_t n, const struct packet *packet)
{
	size_t i = 0;

	while (i < n && !rule_matches(&rules[i], packet))
		i++;
	return i;
}

/* ---- the records as the datapath reads them ------------------------------ */

static int masked_equal(const struct ph_addr *net, const struct ph_addr *mask,
			uint32_t addr)
{
	const struct ph_addr wire = {{0, 0, htonl(0xffff), htonl(addr)}};

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

		if (!masked_equal(&r->src, &r->src_mask, packet->src) ||
		    !masked_equal(&r->dst, &r->dst_mask, packet->dst) ||
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

static int write_side(char *out, const struct side *side)
{
	uint32_t mask = mask_of(side->prefix_len);
	int n = sprintf(out, " %u.%u.%u.%u %u.%u.%u.%u", side->net >> 24,
			side->net >> 16 & 255, side->net >> 8 & 255, side->net & 255,
			mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255);

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

	n += write_side(out + n, &rule->src);
	n += write_side(out + n, &rule->dst);
	if (rule->proto == IPPROTO_ICMP && rule->icmp_type >= 0) {
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

static void records_decide_as_the_rules_read(void **state)
{
	size_t n_matched = 0;

	(void)state;
	for (int i = 0; i < N_POLICIES; i++) {
		struct rule rules[MAX_RULES];
		size_t n = 1 + rnd(MAX_RULES);
		char text[MAX_RULES * 160 + 256];
		int len =
			sprintf(text, TWO_IFACES "access-group a in interface outside\n");
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
			size_t expected = first_rule(rules, n, &packet);
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
		char text[MAX_RULES * 160 + 256];
		int len =
			sprintf(text, TWO_IFACES "access-group a in interface outside\n");
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
