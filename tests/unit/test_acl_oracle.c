// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_oracle.c - who judges the judge: the oracle of access lists against
 * answers worked out by hand, its fast form against its plain one, and the lists and
 * packets that are made for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/acl/draw.h"
#include "tests/acl/oracle.h"
#include "tests/acl/packets.h"
#include "util/cleanup.h"

/* Of all lists of 300 lines, seed 4: what generate.h promises, everywhere. */
#define LISTS_DIGEST 0xca152499c0649840

#define N_PACKETS 2000

static struct acl_line line_of(const struct acl_prefix *src, const struct acl_prefix *dst,
			       const struct acl_service *services, uint32_t n_services)
{
	return (struct acl_line){
		.src = src,
		.dst = dst,
		.services = services,
		.n_src = 1,
		.n_dst = 1,
		.n_services = n_services,
	};
}

static bool one_matches(const struct acl_line *line, enum acl_family family,
			struct packet packet)
{
	return oracle_first(line, 1, family, &packet) == 0;
}

static void test_addresses_are_compared_from_first_to_last(void **state)
{
	struct acl_prefix net = prefix_make(ACL_IPV4, 0, 0x0a000100, 24); /* 10.0.1.0 */
	struct acl_prefix any = prefix_make(ACL_IPV4, 0, 0, 0);
	struct acl_service ip = service_ip();
	struct acl_line from = line_of(&net, &any, &ip, 1),
			to = line_of(&any, &net, &ip, 1);

	(void)state;
	assert_false(
		one_matches(&from, ACL_IPV4, (struct packet){.src_low = 0x0a0000ff}));
	assert_true(one_matches(&from, ACL_IPV4, (struct packet){.src_low = 0x0a000100}));
	assert_true(one_matches(&from, ACL_IPV4, (struct packet){.src_low = 0x0a0001ff}));
	assert_false(
		one_matches(&from, ACL_IPV4, (struct packet){.src_low = 0x0a000200}));
	assert_false(
		one_matches(&from, ACL_IPV4, (struct packet){.dst_low = 0x0a000100}));
	assert_true(one_matches(&to, ACL_IPV4, (struct packet){.dst_low = 0x0a000100}));
	/* IPv4's 10.0.1.0 is not ::a00:100 */
	assert_false(one_matches(&to, ACL_IPV6, (struct packet){.dst_low = 0x0a000100}));
}

static void test_ipv6_addresses_are_of_both_halves(void **state)
{
	struct acl_prefix net = prefix_make(ACL_IPV6, 1, 0x8000000000000000, 65);
	struct acl_prefix any = prefix_make(ACL_IPV6, 0, 0, 0);
	struct acl_service ip = service_ip();
	struct acl_line line = line_of(&net, &any, &ip, 1);
	uint64_t low = 0x8000000000000000;

	(void)state;
	assert_true(one_matches(&line, ACL_IPV6,
				(struct packet){.src_high = 1, .src_low = low}));
	assert_true(one_matches(&line, ACL_IPV6,
				(struct packet){.src_high = 1, .src_low = ~0ull}));
	assert_false(one_matches(&line, ACL_IPV6,
				 (struct packet){.src_high = 1, .src_low = low - 1}));
	assert_false(one_matches(&line, ACL_IPV6,
				 (struct packet){.src_high = 2, .src_low = 0}));
	assert_false(one_matches(&line, ACL_IPV6,
				 (struct packet){.src_high = 3, .src_low = low}));
}

static void test_ports_and_protocols_are_compared(void **state)
{
	struct acl_prefix any = prefix_make(ACL_IPV4, 0, 0, 0);
	struct acl_service services[] = {service_ports(6, 1000, 2000, 80, 80),
					 service_ports(17, 0, PORT_MAX, 53, 54)};
	struct acl_line line = line_of(&any, &any, services, 2);

	(void)state;
	assert_true(one_matches(
		&line, ACL_IPV4,
		(struct packet){.proto = 6, .src_port = 1000, .dst_port = 80}));
	assert_true(one_matches(
		&line, ACL_IPV4,
		(struct packet){.proto = 6, .src_port = 2000, .dst_port = 80}));
	assert_false(one_matches(
		&line, ACL_IPV4,
		(struct packet){.proto = 6, .src_port = 999, .dst_port = 80}));
	assert_false(one_matches(
		&line, ACL_IPV4,
		(struct packet){.proto = 6, .src_port = 2001, .dst_port = 80}));
	assert_false(one_matches(
		&line, ACL_IPV4,
		(struct packet){.proto = 6, .src_port = 1500, .dst_port = 53}));
	assert_true(one_matches(&line, ACL_IPV4,
				(struct packet){.proto = 17, .dst_port = 54}));
	assert_false(one_matches(&line, ACL_IPV4,
				 (struct packet){.proto = 17, .dst_port = 55}));
	assert_false(one_matches(&line, ACL_IPV4,
				 (struct packet){.proto = 47, .dst_port = 53}));
}

static void test_later_fragments_match_only_what_they_can_be_asked(void **state)
{
	struct acl_prefix any = prefix_make(ACL_IPV4, 0, 0, 0);
	struct packet later = {.proto = 6, .later_fragment = true};
	struct packet whole = {.proto = 6};
	struct acl_service service = service_ports(6, 0, PORT_MAX, 0, PORT_MAX);
	struct acl_line line = line_of(&any, &any, &service, 1);

	(void)state;
	assert_true(one_matches(&line, ACL_IPV4, later));
	service.cond = ACL_COND_FRAGMENTS;
	assert_true(one_matches(&line, ACL_IPV4, later));
	assert_false(one_matches(&line, ACL_IPV4, whole));
	service.cond = COND_ESTABLISHED;
	assert_false(one_matches(&line, ACL_IPV4, later));
	service = service_ports(6, 0, PORT_MAX, 0, 1024); /* port 0 is in there */
	assert_false(one_matches(&line, ACL_IPV4, later));
	assert_true(one_matches(&line, ACL_IPV4, whole));
	service = service_ip();
	assert_true(one_matches(&line, ACL_IPV4, later));
}

static void test_flags_are_all_or_any(void **state)
{
	struct acl_prefix any = prefix_make(ACL_IPV4, 0, 0, 0);
	struct acl_service service = service_ports(6, 0, PORT_MAX, 0, PORT_MAX);
	struct acl_line line = line_of(&any, &any, &service, 1);

	(void)state;
	service.cond = COND_ESTABLISHED;
	assert_false(one_matches(&line, ACL_IPV4,
				 (struct packet){.proto = 6, .tcp_flags = FLAG_SYN}));
	assert_true(one_matches(&line, ACL_IPV4,
				(struct packet){.proto = 6, .tcp_flags = FLAG_RST}));
	assert_true(one_matches(
		&line, ACL_IPV4,
		(struct packet){.proto = 6, .tcp_flags = FLAG_SYN | FLAG_ACK}));
	service.cond = COND_FLAGS(FLAG_SYN, FLAG_ACK);
	assert_true(one_matches(&line, ACL_IPV4,
				(struct packet){.proto = 6, .tcp_flags = FLAG_SYN}));
	assert_false(one_matches(
		&line, ACL_IPV4,
		(struct packet){.proto = 6, .tcp_flags = FLAG_SYN | FLAG_ACK}));
	assert_false(one_matches(&line, ACL_IPV4, (struct packet){.proto = 6}));
	service.cond |= ACL_COND_ANY;
	assert_true(one_matches(&line, ACL_IPV4, (struct packet){.proto = 6}));
	assert_false(one_matches(&line, ACL_IPV4,
				 (struct packet){.proto = 6, .tcp_flags = FLAG_ACK}));
}

static void test_first_of_several_wins_and_none_is_none(void **state)
{
	struct acl_prefix any = prefix_make(ACL_IPV4, 0, 0, 0);
	struct acl_prefix host = prefix_make(ACL_IPV4, 0, 7, 32);
	struct acl_prefix two[] = {prefix_make(ACL_IPV4, 0, 8, 32), host};
	struct acl_service ip = service_ip();
	struct acl_line lines[] = {
		line_of(&host, &host, &ip, 1), line_of(two, &any, &ip, 1),
		line_of(&any, &any, &ip, 0), line_of(&host, &any, &ip, 1)};
	struct packet packet = {.src_low = 7, .dst_low = 9};

	(void)state;
	lines[1].n_src = 2;
	assert_int_equal(oracle_first(lines, 4, ACL_IPV4, &packet), 1);
	lines[1].n_src = 1;
	assert_int_equal(oracle_first(lines, 4, ACL_IPV4, &packet), 3);
	assert_int_equal(oracle_first(lines, 3, ACL_IPV4, &packet), ORACLE_NONE);
}

/* Of a set, that all is as acl.h says. */
static void check_set(const struct gen_set *set)
{
	for (size_t i = 0; i < set->n_lines; i++) {
		const struct acl_line *line = &set->lines[i];

		assert_int_equal(line->number, i);
		assert_true(line->n_src && line->n_dst && line->n_services);
		for (uint32_t j = 0; j < line->n_src + line->n_dst; j++) {
			struct acl_prefix prefix = j < line->n_src
							   ? line->src[j]
							   : line->dst[j - line->n_src];
			struct acl_prefix cut = prefix_make(set->family, prefix.high,
							    prefix.low, prefix.len);

			assert_memory_equal(&prefix, &cut, sizeof(cut));
			assert_true(prefix.len <= family_bits(set->family));
		}
		for (uint32_t j = 0; j < line->n_services; j++) {
			const struct acl_service *service = &line->services[j];

			assert_true(service->src_port_low <= service->src_port_high);
			assert_true(service->dst_port_low <= service->dst_port_high);
			assert_false(service->cond & ACL_COND_PORTS);
		}
	}
}

/* The share of packets that some line matches, and the share that is in a line, so
 * that nobody tests with packets which all miss. */
static void check_packets(const struct gen_set *set, const uint32_t *first)
{
	size_t hits = 0;

	for (size_t i = 0; i < N_PACKETS; i++)
		hits += first[i] != ORACLE_NONE;
	assert_in_range(hits, N_PACKETS / 10, N_PACKETS);
	if (set->n_lines >= 100) {
		uint32_t seen = 0, last = ORACLE_NONE;

		for (size_t i = 0; i < N_PACKETS; i++) {
			seen += first[i] != last;
			last = first[i];
		}
		assert_true(seen > 20);
	}
}

static void check_kind(enum gen_kind kind, enum acl_family family, size_t n_lines,
		       uint64_t seed)
{
	static struct packet packets[N_PACKETS];
	static uint32_t first[N_PACKETS];
	struct gen_set set cleanup_(gen_set_free) = {0};

	assert_int_equal(gen_set_make(kind, family, n_lines, seed, &set), 0);
	check_set(&set);
	packets_draw(&set, seed, packets, N_PACKETS);
	assert_int_equal(
		oracle_answer(set.lines, set.n_lines, family, packets, N_PACKETS, first),
		0);
	for (size_t i = 0; i<N_PACKETS; i += n_lines> 100 ? 7 : 1)
		assert_int_equal(first[i], oracle_first(set.lines, set.n_lines, family,
							&packets[i]));
	check_packets(&set, first);
	packets_within(&set, seed, packets, 50);
	for (size_t i = 0; i < 50; i++)
		assert_int_not_equal(
			oracle_first(set.lines, set.n_lines, family, &packets[i]),
			ORACLE_NONE);
}

static void test_many_packets_are_answered_as_one_by_one(void **state)
{
	static const size_t sizes[] = {1, 2, 5, 33, 400};

	(void)state;
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			for (uint64_t seed = 0; seed < 3; seed++) {
				check_kind(kind, ACL_IPV4, sizes[i], seed);
				check_kind(kind, ACL_IPV6, sizes[i], seed + 3);
			}
}

static uint64_t digest_of(enum gen_kind kind, enum acl_family family)
{
	struct gen_set set cleanup_(gen_set_free) = {0};
	uint64_t digest = 0xcbf29ce484222325;

	assert_int_equal(gen_set_make(kind, family, 300, 4, &set), 0);
	for (size_t i = 0; i < set.n_lines; i++) {
		const struct acl_line *line = &set.lines[i];
		uint64_t parts[] = {line->src->high,
				    line->src->low,
				    line->dst->high,
				    line->dst->low,
				    line->src->len,
				    line->dst->len,
				    line->permit,
				    line->n_src,
				    line->n_services,
				    line->services->dst_port_low,
				    line->services->src_port_high};

		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
			digest = (digest ^ parts[j]) * 0x100000001b3 ^ digest >> 29;
	}
	return digest;
}

/* The lists that figures were measured with are the lists of everybody. */
static void test_lists_are_the_same_everywhere(void **state)
{
	uint64_t digest = 0;

	(void)state;
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		for (int family = 0; family < ACL_N_FAMILIES; family++) {
			uint64_t own = digest_of(kind, family);

			assert_true(own == digest_of(kind, family));
			digest = digest * 31 + own;
		}
	assert_int_equal(digest, LISTS_DIGEST);
}

static void test_names_of_kinds_come_back(void **state)
{
	(void)state;
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		assert_int_equal(gen_kind_by_name(gen_kind_name(kind)), kind);
	assert_int_equal(gen_kind_by_name("none"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_are_compared_from_first_to_last),
		cmocka_unit_test(test_ipv6_addresses_are_of_both_halves),
		cmocka_unit_test(test_ports_and_protocols_are_compared),
		cmocka_unit_test(test_later_fragments_match_only_what_they_can_be_asked),
		cmocka_unit_test(test_flags_are_all_or_any),
		cmocka_unit_test(test_first_of_several_wins_and_none_is_none),
		cmocka_unit_test(test_many_packets_are_answered_as_one_by_one),
		cmocka_unit_test(test_lists_are_the_same_everywhere),
		cmocka_unit_test(test_names_of_kinds_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
