// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_evaluate.c - compiled lists decide as the rules read.
 *
 * Random rules are written out as text, and decided upon as a person reads them
 * (policy_rules.h). The compiled sets, walked in order, must name the same line for
 * every packet; so must the image by the datapath's own walk, and so must those of
 * the canonical text. Packets are drawn from few values, and from the corners of
 * the rules.
 */
#include "tests/unit/policy_rules.h"

#include "bpf/acl_native.h"

#define N_POLICIES 300
#define N_PACKETS  300
#define FEW_RULES  12
#define MAX_RULES  200 /* of each tenth policy */

/* ---- the sets ------------------------------------------------------------ */

static void halves_of(const struct addr *addr, uint64_t *high, uint64_t *low)
{
	*high = *low = 0;
	for (int i = 0; i < 8; i++) {
		*high = *high << 8 | addr->byte[i];
		*low = *low << 8 | addr->byte[8 + i];
	}
}

static int in_prefixes(const struct acl_prefix *prefixes, size_t n, int v6,
		       const struct addr *addr)
{
	unsigned __int128 number, prefix;
	uint64_t high, low;

	halves_of(addr, &high, &low);
	number = (unsigned __int128)high << 64 | low;
	for (size_t i = 0; i < n; i++) {
		unsigned int shift = (v6 ? 128u : 32u) - prefixes[i].len;

		if (prefixes[i].family != (v6 ? ACL_IPV6 : ACL_IPV4))
			continue;
		prefix = (unsigned __int128)prefixes[i].high << 64 | prefixes[i].low;
		if (shift == 128 || number >> shift == prefix >> shift)
			return 1;
	}
	return 0;
}

static int condition_holds(const struct acl_service *s, const struct packet *packet)
{
	unsigned int set = ACL_COND_SET(s->cond), clear = ACL_COND_CLEAR(s->cond);
	unsigned int met = (packet->tcp_flags & set) | (~packet->tcp_flags & clear);

	if (s->cond & ACL_COND_FRAGMENTS)
		return packet->later_fragment;
	if (packet->later_fragment)
		return !set && !clear && s->src_port_low == 0 &&
		       s->src_port_high == 65535 && s->dst_port_low == 0 &&
		       s->dst_port_high == 65535;
	if (!set && !clear)
		return 1;
	return s->cond & ACL_COND_ANY ? met != 0 : met == (set | clear);
}

static int is_service(const struct acl_service *s, const struct packet *packet)
{
	return (s->any_proto || s->proto == packet->proto) &&
	       packet->src_port >= s->src_port_low &&
	       packet->src_port <= s->src_port_high &&
	       packet->dst_port >= s->dst_port_low &&
	       packet->dst_port <= s->dst_port_high && condition_holds(s, packet);
}

/* What a list says of a packet. */
struct decision {
	uint32_t line; /* ACL_NO_LINE: none */
	int permit;
};

static struct decision decide_by_sets(const struct acl_list *list,
				      const struct packet *packet)
{
	for (size_t i = 0; i < list->n_lines; i++) {
		const struct acl_line *line = &list->lines[i];

		if (!in_prefixes(line->src, line->n_src, packet->v6, &packet->src) ||
		    !in_prefixes(line->dst, line->n_dst, packet->v6, &packet->dst))
			continue;
		for (size_t j = 0; j < line->n_services; j++)
			if (is_service(&line->services[j], packet))
				return (struct decision){line->number, line->permit};
	}
	return (struct decision){ACL_NO_LINE, 0};
}

/* ---- the image, by the datapath's walk ----------------------------------- */

static struct decision decide_by_image(const struct policy_image *image,
				       const struct packet *packet)
{
	struct acl_native_key key = {
		.src_port = (uint16_t)packet->src_port,
		.dst_port = (uint16_t)packet->dst_port,
		.proto = (uint8_t)packet->proto,
		.tcp_flags = (uint8_t)packet->tcp_flags,
		.later_fragment = packet->later_fragment,
		.family = packet->v6 ? ACL_IPV6 : ACL_IPV4,
	};
	struct acl_native_result result;

	halves_of(&packet->src, &key.src_high, &key.src_low);
	halves_of(&packet->dst, &key.dst_high, &key.dst_low);
	acl_walk_native(&image->acl, image->ifaces[0].config.acl_in, &key, &result);
	assert_true(result.verdict != ACL_BROKEN);
	if (result.verdict == ACL_NO_MATCH)
		return (struct decision){ACL_NO_LINE, 0};
	return (struct decision){result.line, result.verdict == ACL_PERMIT};
}

/* ---- tests --------------------------------------------------------------- */

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

/* Every way to ask must name the same line. */
static void assert_decision(const struct policy_image *image, const struct rule *rules,
			    size_t expected, const struct packet *packet)
{
	uint32_t line = expected < image->n_lines ? image->lines[expected].acl_line
						  : ACL_NO_LINE;
	int permit = expected < image->n_lines && rules[expected].permit;
	struct decision sets = decide_by_sets(&image->acl_lists[0], packet);
	struct decision walk = decide_by_image(image, packet);

	assert_int_equal(sets.line, line);
	assert_int_equal(sets.permit, permit);
	assert_int_equal(walk.line, line);
	assert_int_equal(walk.permit, permit);
}

static void lists_decide_as_the_rules_read(void **state)
{
	size_t n_matched = 0, n_fragments = 0;

	(void)state;
	for (int i = 0; i < N_POLICIES; i++) {
		struct rule rules[MAX_RULES] = {0};
		size_t n = 1 + rnd(i % 10 ? FEW_RULES : MAX_RULES);
		char text[MAX_RULES * RULE_BYTES + 256];
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
			struct packet packet = k % 2 ? random_packet()
						     : corner_packet(&rules[rnd(n)]);
			size_t expected = first_rule(rules, n, &packet, any_is_both);

			assert_decision(image, rules, expected, &packet);
			assert_decision(again, rules, expected, &packet);
			n_matched += expected < n;
			n_fragments += expected < n && packet.later_fragment;
		}
	}
	/* The packets must exercise both: lines that match and none that does. */
	assert_in_range(n_matched, N_POLICIES * N_PACKETS / 10,
			N_POLICIES * N_PACKETS * 9 / 10);
	assert_in_range(n_fragments, N_POLICIES * N_PACKETS / 100,
			N_POLICIES * N_PACKETS / 5);
}

static void canonical_text_prints_as_itself(void **state)
{
	(void)state;
	for (int i = 0; i < N_POLICIES; i++) {
		char text[MAX_RULES * RULE_BYTES + 256];
		int len = write_start(text, i % 2);
		char *once cleanup_free_ = NULL;
		char *twice cleanup_free_ = NULL;

		for (size_t j = 0; j < FEW_RULES; j++) {
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
		cmocka_unit_test(lists_decide_as_the_rules_read),
		cmocka_unit_test(canonical_text_prints_as_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
