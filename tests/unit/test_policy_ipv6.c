// SPDX-License-Identifier: GPL-2.0
/* test_policy_ipv6.c - IPv6 addresses as text, and what lines about them become. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/policy_test.h"

#include "policy/ip.h"

#define BIND "access-group a in interface outside\n"

static void assert_ip(const struct ph_addr *addr, const char *text)
{
	struct in6_addr expected;

	assert_int_equal(inet_pton(AF_INET6, text, &expected), 1);
	assert_memory_equal(addr, &expected, sizeof(expected));
}

/* RFC 5952, sections 1 and 4, by example. */
static void addresses_are_written_as_rfc_5952_says(void **state)
{
	static const char *const texts[][2] = {
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:0db8::0001", "2001:db8::1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"2001:DB8:AAAA:bbBB::00A0", "2001:db8:aaaa:bbbb::a0"},
		{"0:0:0:0:0:0:0:0", "::"},
		{"0:0:0:0:0:0:0:1", "::1"},
		{"1:0:0:0:0:0:0:0", "1::"},
		{"0:0:1:0:0:0:0:0", "0:0:1::"},
		{"fe80:0:0:0:0:0:0:0", "fe80::"},
		{"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
		{"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
		{"1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"::ffff:192.0.2.1", "192.0.2.1"}, /* how IPv4 is kept */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		policy_ip addr;

		assert_true(policy_ip6_from(texts[i][0], strlen(texts[i][0]), &addr));
		assert_string_equal(policy_ip_text(addr).text, texts[i][1]);
	}
}

static void what_is_no_address_is_not_read(void **state)
{
	static const char *const texts[] = {
		"",	    ":",       ":::",	 "1:2:3:4:5:6:7",     "1:2:3:4:5:6:7:8:9",
		"1::2::3",  "12345::", "g::",	 "1:2:3:4:5:6:7:8::", "::1.2.3",
		"::1%eth0", "1::/64",  "::1 ",	 "::1.2.3.4.5",	      "::256.0.0.1",
		"1.2.3.4",  "::-1",    "0x1::2",
	};
	policy_ip addr = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(policy_ip6_from(texts[i], strlen(texts[i]), &addr));
	assert_false(policy_ip6_from("::1\0x", 5, &addr));
	assert_true(addr == 5);
	assert_true(policy_ip6_from("::1x", 3, &addr)); /* no NUL is needed */
	assert_true(addr == 1);
}

static void masks_and_lengths_are_one(void **state)
{
	(void)state;
	for (unsigned int len = 0; len <= 128; len++)
		assert_int_equal(policy_mask_len(policy_mask_from_len(len)), len);
	assert_true(policy_mask_from_len(64) == (policy_ip)UINT64_MAX << 64);
	assert_int_equal(policy_mask_len(policy_mask_from_v4(0xffff0000)), 112);
}

struct any_case {
	const char *version; /* "" or a version line */
	const char *rule;
	const char *src, *dst; /* "any": two prefixes, one of each family */
};

#define V4_ALL	"0.0.0.0/0"
#define V6_ALL	"::/0"
#define V4_HOST "192.0.2.1/32"
#define V6_HOST "2001:db8::1/128"
#define V6_NET	"2001:db8::/32"
#define ASA9	"ASA Version 9.1(2)\n"
#define ASA8	"ASA Version 8.4\n"

static void any_is_of_the_family_that_the_line_leaves_it(void **state)
{
	static const struct any_case cases[] = {
		/* Before ASA 9: IPv4, unless the rest of the line is of IPv6. */
		{"", "access-list a permit tcp any any", V4_ALL, V4_ALL},
		{ASA8, "access-list a permit tcp any any", V4_ALL, V4_ALL},
		{"", "access-list a permit tcp any host 2001:db8::1", V6_ALL, V6_HOST},
		{"", "access-list a permit tcp 2001:db8::/32 any", V6_NET, V6_ALL},
		{"", "access-list a permit tcp any6 any", V6_ALL, V6_ALL},
		{"", "access-list a permit tcp any any4", V4_ALL, V4_ALL},
		{"", "access-list a permit tcp ::/0 any", V6_ALL, V6_ALL},
		{"", "access-list a permit icmp6 any any", V6_ALL, V6_ALL},
		{"", "access-list a permit 58 any any", V6_ALL, V6_ALL},
		{"", "ipv6 access-list a permit tcp any any", V6_ALL, V6_ALL},
		/* From ASA 9 on: both families, two prefixes. */
		{ASA9, "access-list a permit tcp any any", "any", "any"},
		{ASA9, "access-list a permit tcp any host 2001:db8::1", V6_ALL, V6_HOST},
		{ASA9, "access-list a permit tcp any host 192.0.2.1", V4_ALL, V4_HOST},
		{ASA9, "access-list a permit tcp host 192.0.2.1 any", V4_HOST, V4_ALL},
		{ASA9, "access-list a permit tcp any any4", V4_ALL, V4_ALL},
		{ASA9, "access-list a permit tcp any6 any", V6_ALL, V6_ALL},
		{ASA9, "access-list a permit tcp 0.0.0.0 0.0.0.0 any", V4_ALL, V4_ALL},
		{ASA9, "access-list a permit icmp any any", V4_ALL, V4_ALL},
		{ASA9, "access-list a permit icmp6 any any", V6_ALL, V6_ALL},
		{ASA9, "ipv6 access-list a permit tcp any any", V6_ALL, V6_ALL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		char *printed cleanup_free_ = NULL;
		own_image image = NULL;
		own_image again = NULL;

		/* The version may stand anywhere. */
		snprintf(text, sizeof(text), TWO_IFACES BIND "%s\n%s", cases[i].rule,
			 cases[i].version);
		image = compile_ok(text);
		printed = canonical(text);
		again = compile_ok(printed);
		for (int j = 0; j < 2; j++) {
			const struct acl_line *line =
				acl_line_at(j ? again : image, 0, 0);

			assert_prefixes(line->src, line->n_src, cases[i].src);
			assert_prefixes(line->dst, line->n_dst, cases[i].dst);
		}
	}
}

static void icmp6_type_and_code_stand_where_ports_do(void **state)
{
	static const uint16_t ranges[][2] = {
		{128 << 8, (128 << 8) + 255},
		{(1 << 8) + 4, (1 << 8) + 4},
		{0, 65535},
	};
	own_image image = compile_ok(TWO_IFACES BIND
				     "access-list a permit icmp6 any any echo\n"
				     "access-list a permit icmp6 any any 1 4\n"
				     "access-list a deny icmp6 any any\n");

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct acl_line *line = acl_line_at(image, 0, i);

		assert_int_equal(line->n_services, 1);
		assert_int_equal(line->services->proto, IPPROTO_ICMPV6);
		assert_int_equal(line->services->dst_port_low, ranges[i][0]);
		assert_int_equal(line->services->dst_port_high, ranges[i][1]);
		assert_int_equal(line->permit, i < 2);
	}
}

/* However the line is written, its hits go on. */
static void both_forms_of_a_line_have_one_identity(void **state)
{
	own_image a = compile_ok(TWO_IFACES BIND
				 "ipv6 access-list a permit tcp any host 2001:db8::1\n");
	own_image b = compile_ok(TWO_IFACES BIND "access-list a extended permit 6 any "
						 "2001:DB8:0::1/128\n");

	(void)state;
	assert_true(a->lines[0].line_id == b->lines[0].line_id);
	assert_string_equal(a->lines[0].text,
			    "access-list a extended permit tcp any6 host 2001:db8::1");
}

static void interface_has_its_first_global_address(void **state)
{
	own_image image = compile_ok("interface eth0\n nameif a\n"
				     "interface eth1\n nameif b\n"
				     " ipv6 address fe80::5 link-local\n"
				     " ipv6 address 2001:db8:b::1/48\n"
				     " ipv6 address 2001:db8:a::1/64\n"
				     "interface eth0\n ipv6 address 2001:db8::1/127\n");

	(void)state;
	assert_true(image->ifaces[0].has_address6);
	assert_false(image->ifaces[0].has_address);
	assert_ip(&image->ifaces[0].address6, "2001:db8::1");
	assert_int_equal(image->ifaces[0].prefix_len6, 127);
	assert_ip(&image->ifaces[1].address6, "2001:db8:b::1");
	assert_int_equal(image->ifaces[1].prefix_len6, 48);
}

static void interface_without_ipv6_has_none(void **state)
{
	own_image image = compile_ok("interface eth0\n nameif a\n ipv6 enable\n"
				     " ipv6 address fe80::5 link-local\n"
				     " ip address 10.0.0.1 255.0.0.0\n");

	(void)state;
	assert_false(image->ifaces[0].has_address6);
	assert_true(image->ifaces[0].has_address);
	assert_int_equal(image->ifaces[0].prefix_len6, 0);
}

static void version_says_which_addresses_lists_match(void **state)
{
	static const struct {
		const char *version;
		uint32_t flags;
	} cases[] = {
		{"", 0},
		{"PIX Version 6.3(5)\n", 0},
		{"ASA Version 8.2(5)\n", 0},
		{"ASA Version 8.3\n", CONFIG_F_REAL_LISTS},
		{"ASA Version 8.6(1)2\n", CONFIG_F_REAL_LISTS},
		{"ASA Version 9.0(1)\n", CONFIG_F_REAL_LISTS},
		{"ASA Version 10.1\n", CONFIG_F_REAL_LISTS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[128];
		own_image image = NULL;

		snprintf(text, sizeof(text), "%s" TWO_IFACES, cases[i].version);
		image = compile_ok(text);
		assert_int_equal(image->config.flags, cases[i].flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_written_as_rfc_5952_says),
		cmocka_unit_test(what_is_no_address_is_not_read),
		cmocka_unit_test(masks_and_lengths_are_one),
		cmocka_unit_test(any_is_of_the_family_that_the_line_leaves_it),
		cmocka_unit_test(icmp6_type_and_code_stand_where_ports_do),
		cmocka_unit_test(both_forms_of_a_line_have_one_identity),
		cmocka_unit_test(interface_has_its_first_global_address),
		cmocka_unit_test(interface_without_ipv6_has_none),
		cmocka_unit_test(version_says_which_addresses_lists_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
