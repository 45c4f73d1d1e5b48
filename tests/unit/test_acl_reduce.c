// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_reduce.c - promises of loader/acl/reduce.c: a reduced set is the same
 * set, nothing in it can be left out or joined, and reducing it again changes
 * nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acl/internal.h"

/* xorshift64 (Marsaglia 2003): the same numbers everywhere. */
static uint64_t random_state = 88172645463325252ull;

static uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned int below(unsigned int n)
{
	return (unsigned int)(random64() >> 33) % n;
}

/* ---- prefixes: an address as 128 bits, IPv4 in the upper 32 ---- */

typedef unsigned __int128 wide;

static wide prefix_value(const struct acl_prefix *p)
{
	return p->family == ACL_IPV4 ? (wide)p->low << 96 : (wide)p->high << 64 | p->low;
}

static bool prefix_has(const struct acl_prefix *p, unsigned int family, wide address)
{
	return p->family == family &&
	       (!p->len || (prefix_value(p) ^ address) >> (128 - p->len) == 0);
}

static bool prefixes_have(const struct acl_prefix *p, size_t n, unsigned int family,
			  wide address)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_has(&p[i], family, address))
			return true;
	return false;
}

static struct acl_prefix prefix_of(unsigned int family, wide address, unsigned int len)
{
	struct acl_prefix p = {.family = (uint8_t)family, .len = (uint8_t)len};

	address = len ? address >> (128 - len) << (128 - len) : 0;
	p.high = family == ACL_IPV4 ? 0 : (uint64_t)(address >> 64);
	p.low = family == ACL_IPV4 ? (uint64_t)(address >> 96) : (uint64_t)address;
	return p;
}

static wide last_of(const struct acl_prefix *p)
{
	return prefix_value(p) | (p->len == 128 ? 0 : ~(wide)0 >> p->len);
}

/* Few differing bits, some at the top, at bit 64 and at the end: much nests. */
static wide crowded_address(unsigned int family)
{
	static const unsigned char places[][6] = {
		{127, 126, 125, 98, 97, 96},
		{127, 65, 64, 63, 62, 0},
	};
	wide address = 0;

	for (size_t i = 0; i < 6; i++)
		address |= (wide)below(2) << places[family][i];
	return address;
}

static struct acl_prefix crowded_prefix(unsigned int family)
{
	static const unsigned char lens[][8] = {
		{0, 1, 2, 3, 30, 31, 32, 32},
		{1, 2, 63, 64, 65, 66, 128, 128},
	};

	return prefix_of(family, crowded_address(family), lens[family][below(8)]);
}

enum { MAX_SET = 40 };

static void same_members(const struct acl_prefix *a, size_t n_a,
			 const struct acl_prefix *b, size_t n_b, unsigned int family,
			 wide address)
{
	assert_int_equal(prefixes_have(a, n_a, family, address),
			 prefixes_have(b, n_b, family, address));
}

static void reduced_prefixes_have_the_same_members(void **state)
{
	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct acl_prefix before[MAX_SET] = {0}, after[MAX_SET];
		size_t n = below(MAX_SET), left;

		for (size_t i = 0; i < n; i++)
			before[i] = crowded_prefix(below(2));
		memcpy(after, before, sizeof(before));
		left = acl_prefixes_reduce(after, n);
		assert_true(left <= n);
		for (size_t i = 0; i < n; i++) {
			const unsigned int family = before[i].family;
			const wide one = family == ACL_IPV4 ? (wide)1 << 96 : 1;

			same_members(before, n, after, left, family,
				     prefix_value(&before[i]));
			same_members(before, n, after, left, family, last_of(&before[i]));
			same_members(before, n, after, left, family,
				     prefix_value(&before[i]) - one);
			same_members(before, n, after, left, family,
				     last_of(&before[i]) + one);
			same_members(before, n, after, left, family,
				     crowded_address(family));
		}
	}
}

/* Prefixes are disjoint and no two are halves: then there is no shorter list. */
static void reduced_prefixes_are_the_least(void **state)
{
	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct acl_prefix p[MAX_SET], again[MAX_SET];
		size_t n = below(MAX_SET);

		for (size_t i = 0; i < n; i++)
			p[i] = crowded_prefix(below(2));
		n = acl_prefixes_reduce(p, n);
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++) {
				struct acl_prefix other = p[j];

				if (i == j)
					continue;
				assert_false(prefix_has(&p[i], other.family,
							prefix_value(&other)));
				if (p[i].len != other.len || !other.len)
					continue;
				other = prefix_of(other.family, prefix_value(&other),
						  other.len - 1u);
				assert_false(prefix_has(&other, p[i].family,
							prefix_value(&p[i])));
			}
		memcpy(again, p, sizeof(p));
		assert_int_equal(acl_prefixes_reduce(again, n), n);
		assert_memory_equal(again, p, n * sizeof(*p));
	}
}

static void hosts_of_a_network_become_the_network(void **state)
{
	struct acl_prefix p[256];

	(void)state;
	for (size_t i = 0; i < 256; i++)
		p[i] = (struct acl_prefix){.low = 0xc0000200 + (i * 77 & 255), .len = 32};
	assert_int_equal(acl_prefixes_reduce(p, 256), 1);
	assert_int_equal(p[0].low, 0xc0000200);
	assert_int_equal(p[0].len, 24);
	/* Both halves of everything are everything. */
	p[0] = prefix_of(ACL_IPV6, (wide)1 << 127, 1);
	p[1] = prefix_of(ACL_IPV6, 0, 1);
	assert_int_equal(acl_prefixes_reduce(p, 2), 1);
	assert_int_equal(p[0].len, 0);
	assert_int_equal(acl_prefixes_reduce(NULL, 0), 0);
}

/* ---- services ---- */

struct probe {
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
	uint16_t cond; /* of the sort of packet: those with this condition match it */
	bool later_fragment;
};

static bool names_ports(const struct acl_service *s)
{
	return !s->any_proto && (s->src_port_low || s->dst_port_low ||
				 s->src_port_high < 65535 || s->dst_port_high < 65535);
}

static bool service_has(const struct acl_service *s, const struct probe *p)
{
	if (!s->any_proto && s->proto != p->proto)
		return false;
	if (p->later_fragment)
		return !names_ports(s) && (!s->cond || s->cond == ACL_COND_FRAGMENTS);
	if (s->cond && s->cond != p->cond)
		return false;
	return s->any_proto ||
	       (s->src_port_low <= p->src_port && p->src_port <= s->src_port_high &&
		s->dst_port_low <= p->dst_port && p->dst_port <= s->dst_port_high);
}

static bool services_have(const struct acl_service *s, size_t n, const struct probe *p)
{
	for (size_t i = 0; i < n; i++)
		if (service_has(&s[i], p))
			return true;
	return false;
}

static const uint16_t corners[] = {0, 1, 2, 79, 80, 81, 82, 65533, 65534, 65535};
#define N_CORNERS (sizeof(corners) / sizeof(corners[0]))

static void random_range(uint16_t *low, uint16_t *high)
{
	uint16_t a = corners[below(N_CORNERS)], b = corners[below(N_CORNERS)];

	if (!below(4))
		a = 0, b = 65535;
	*low = a < b ? a : b;
	*high = a < b ? b : a;
}

static const uint16_t conds[] = {0, 0, 0, 2, 2 | 16 << 6, ACL_COND_FRAGMENTS};

static struct acl_service random_service(void)
{
	struct acl_service s = {.proto = below(2) ? 6 : 17, .cond = conds[below(6)]};

	random_range(&s.src_port_low, &s.src_port_high);
	random_range(&s.dst_port_low, &s.dst_port_high);
	if (s.cond == ACL_COND_FRAGMENTS || !below(40)) {
		s.src_port_low = s.dst_port_low = 0;
		s.src_port_high = s.dst_port_high = 65535;
		s.any_proto = !below(8);
	}
	return s;
}

static void check_services(const struct acl_service *before, size_t n,
			   const struct acl_service *after, size_t left)
{
	for (unsigned int i = 0; i < 18 * N_CORNERS * N_CORNERS; i++) {
		const unsigned int cond = i / 3 % 6;
		const struct probe p = {
			.src_port = corners[i / 18 % N_CORNERS],
			.dst_port = corners[i / 18 / N_CORNERS],
			.proto = (uint8_t[]){6, 17, 47}[i % 3],
			.cond = conds[cond],
			.later_fragment = conds[cond] == ACL_COND_FRAGMENTS,
		};

		assert_int_equal(services_have(before, n, &p),
				 services_have(after, left, &p));
	}
}

static void reduced_services_match_the_same_packets(void **state)
{
	(void)state;
	for (int round = 0; round < 1000; round++) {
		struct acl_service before[MAX_SET] = {0}, after[MAX_SET];
		const size_t n = below(MAX_SET);

		for (size_t i = 0; i < n; i++)
			before[i] = random_service();
		memcpy(after, before, sizeof(before));
		check_services(before, n, after, acl_services_reduce(after, n));
	}
}

static bool touches(uint16_t low, uint16_t high, uint16_t other_low, uint16_t other_high)
{
	return low <= other_high + 1 && other_low <= high + 1;
}

/* Whether one service could stand for both. */
static bool superfluous(const struct acl_service *a, const struct acl_service *b)
{
	const bool same_src = a->src_port_low == b->src_port_low &&
			      a->src_port_high == b->src_port_high;
	const bool same_dst = a->dst_port_low == b->dst_port_low &&
			      a->dst_port_high == b->dst_port_high;
	const bool to_the_ends =
		(a->src_port_low == 0 || b->src_port_low == 0) &&
		(a->dst_port_low == 0 || b->dst_port_low == 0) &&
		(a->src_port_high == 65535 || b->src_port_high == 65535) &&
		(a->dst_port_high == 65535 || b->dst_port_high == 65535);

	if ((a->any_proto || (!b->any_proto && a->proto == b->proto)) &&
	    (!a->cond || a->cond == b->cond) && a->src_port_low <= b->src_port_low &&
	    a->src_port_high >= b->src_port_high && a->dst_port_low <= b->dst_port_low &&
	    a->dst_port_high >= b->dst_port_high)
		return true;
	if (a->any_proto != b->any_proto || a->proto != b->proto || a->cond != b->cond)
		return false;
	if (to_the_ends) /* parts that name ports, and a whole that does not */
		return false;
	return (same_src && touches(a->dst_port_low, a->dst_port_high, b->dst_port_low,
				    b->dst_port_high)) ||
	       (same_dst && touches(a->src_port_low, a->src_port_high, b->src_port_low,
				    b->src_port_high));
}

static void of_reduced_services_none_can_go_and_no_two_can_join(void **state)
{
	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct acl_service s[MAX_SET], again[MAX_SET];
		size_t n = below(MAX_SET);

		for (size_t i = 0; i < n; i++)
			s[i] = random_service();
		n = acl_services_reduce(s, n);
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				assert_false(i != j && superfluous(&s[i], &s[j]));
		memcpy(again, s, sizeof(s));
		assert_int_equal(acl_services_reduce(again, n), n);
		assert_memory_equal(again, s, n * sizeof(*s));
	}
}

/* What names ports matches no later fragment; what spans them all does. */
static void parts_of_all_ports_stay_parts(void **state)
{
	struct acl_service s[] = {
		{.proto = 6, .src_port_high = 65535, .dst_port_high = 1023},
		{.proto = 6,
		 .src_port_high = 65535,
		 .dst_port_low = 1024,
		 .dst_port_high = 65535},
		{.proto = 17, .src_port_high = 65535, .dst_port_high = 65535},
		{.proto = 17, .src_port_high = 65535, .dst_port_high = 1023},
	};

	(void)state;
	assert_int_equal(acl_services_reduce(s, 4), 3);
	assert_int_equal(s[0].dst_port_high, 1023);
	assert_int_equal(s[1].dst_port_low, 1024);
	assert_int_equal(s[2].proto, 17);
	assert_int_equal(acl_services_reduce(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reduced_prefixes_have_the_same_members),
		cmocka_unit_test(reduced_prefixes_are_the_least),
		cmocka_unit_test(hosts_of_a_network_become_the_network),
		cmocka_unit_test(reduced_services_match_the_same_packets),
		cmocka_unit_test(of_reduced_services_none_can_go_and_no_two_can_join),
		cmocka_unit_test(parts_of_all_ports_stay_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
