// SPDX-License-Identifier: GPL-2.0
/* test_policy_names.c - the name tables, read as a stranger would look them up. */
#include <netinet/in.h>

#include "tests/unit/policy_test.h"

#include "policy/names.h"

static int port(const char *name, uint8_t proto)
{
	return policy_port_by_name(name, strlen(name), proto);
}

static void port_names_mean_what_pix_says(void **state)
{
	(void)state;
	assert_int_equal(port("ftp", IPPROTO_TCP), 21);
	assert_int_equal(port("FTP-Data", IPPROTO_TCP), 20);
	assert_int_equal(port("www", IPPROTO_TCP), 80);
	assert_int_equal(port("http", IPPROTO_TCP), 80);
	assert_int_equal(port("aol", IPPROTO_TCP), 5190);  /* first of the table */
	assert_int_equal(port("xdmcp", IPPROTO_UDP), 177); /* last of the table */
	assert_int_equal(port("syslog", IPPROTO_UDP), 514);
	assert_int_equal(port("rsh", IPPROTO_TCP), 514);
	assert_int_equal(port("domain", IPPROTO_UDP), 53);
	assert_int_equal(port("radius", IPPROTO_UDP), 1645); /* not 1812: PIX's own */
}

static void port_names_belong_to_their_protocol(void **state)
{
	(void)state;
	assert_int_equal(port("tftp", IPPROTO_TCP), -2);
	assert_int_equal(port("https", IPPROTO_UDP), -2);
	assert_int_equal(port("nonsense", IPPROTO_TCP), -1);
	assert_int_equal(port("", IPPROTO_TCP), -1);
	assert_int_equal(port("ft", IPPROTO_TCP), -1);
	assert_int_equal(port("ftp-", IPPROTO_TCP), -1);
	assert_int_equal(policy_port_by_name("ftp\0x", 5, IPPROTO_TCP), -1);
}

static void every_printed_port_name_reads_back(void **state)
{
	size_t n = 0;

	(void)state;
	for (unsigned int proto = IPPROTO_TCP; proto <= IPPROTO_UDP;
	     proto += IPPROTO_UDP - IPPROTO_TCP)
		for (unsigned int number = 0; number <= 65535; number++) {
			const char *name =
				policy_port_name((uint16_t)number, (uint8_t)proto);

			if (!name)
				continue;
			assert_int_equal(port(name, (uint8_t)proto), number);
			n++;
		}
	assert_int_equal(n, 96); /* 103 names, 7 of them second names */
}

static void aliases_are_read_but_not_printed(void **state)
{
	(void)state;
	assert_string_equal(policy_port_name(80, IPPROTO_TCP), "www");
	assert_string_equal(policy_port_name(53, IPPROTO_UDP), "domain");
	assert_string_equal(policy_protocol_name(50), "esp");
	assert_int_equal(policy_protocol_by_name("ipsec", 5), 50);
	assert_int_equal(policy_protocol_by_name("ahp", 3), 51);
	assert_int_equal(policy_protocol_by_name("ipse", 4), -1);
}

static void every_printed_protocol_and_icmp_name_reads_back(void **state)
{
	int n_icmp[2] = {0};

	(void)state;
	for (unsigned int i = 0; i <= 255; i++) {
		const char *name = policy_protocol_name((uint8_t)i);
		int code = 0;

		if (name)
			assert_int_equal(policy_protocol_by_name(name, strlen(name)), i);
		for (int v6 = 0; v6 < 2; v6++) {
			uint8_t proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;

			name = policy_icmp_name((uint8_t)i, proto);
			if (!name)
				continue;
			n_icmp[v6]++;
			assert_int_equal(
				policy_icmp_by_name(name, strlen(name), proto, &code), i);
			assert_int_equal(code, -1);
		}
	}
	assert_int_equal(n_icmp[0], 19);
	assert_int_equal(n_icmp[1], 15);
}

/* RFC 4443, 4861, 2710: as a stranger would look them up. */
static void icmp6_names_are_those_of_icmpv6(void **state)
{
	int code = 0;

	(void)state;
	assert_int_equal(policy_icmp_by_name("echo", 4, IPPROTO_ICMPV6, &code), 128);
	assert_int_equal(policy_icmp_by_name("Echo-Reply", 10, IPPROTO_ICMPV6, &code),
			 129);
	assert_int_equal(policy_icmp_by_name("packet-too-big", 14, IPPROTO_ICMPV6, &code),
			 2);
	assert_int_equal(code, -1); /* of IPv6 a type; of IPv4 a code */
	assert_int_equal(
		policy_icmp_by_name("neighbor-solicitation", 21, IPPROTO_ICMPV6, &code),
		135);
	assert_int_equal(
		policy_icmp_by_name("host-unreachable", 16, IPPROTO_ICMPV6, &code), -1);
	assert_int_equal(
		policy_icmp_by_name("neighbor-solicitation", 21, IPPROTO_ICMP, &code),
		-1);
	assert_string_equal(policy_nearest_icmp("neighbour-redirect", 18, IPPROTO_ICMPV6),
			    "neighbor-redirect");
	assert_null(policy_nearest_icmp("mask-requests", 13, IPPROTO_ICMPV6));
}

static void icmp_names_with_a_code_keep_it(void **state)
{
	int code = 0;

	(void)state;
	assert_int_equal(policy_icmp_by_name("packet-too-big", 14, IPPROTO_ICMP, &code),
			 3);
	assert_int_equal(code, 4); /* RFC 1191 */
	assert_int_equal(policy_icmp_by_name("ttl-exceeded", 12, IPPROTO_ICMP, &code),
			 11);
	assert_int_equal(code, 0);
	assert_int_equal(
		policy_icmp_by_name("reassembly-timeout", 18, IPPROTO_ICMP, &code), 11);
	assert_int_equal(code, 1); /* RFC 792 */
	assert_int_equal(policy_icmp_by_name("echo", 4, IPPROTO_ICMP, &code), 8);
	assert_int_equal(code, -1);
}

static void nearest_word_is_near_or_none(void **state)
{
	static const char *const words[] = {"permit", "deny", "remark", "in", NULL};

	(void)state;
	assert_string_equal(policy_nearest("permt", 5, words), "permit");
	assert_string_equal(policy_nearest("dney", 4, words), "deny");
	assert_string_equal(policy_nearest("per", 3, words), "permit"); /* abbreviated */
	assert_null(policy_nearest("Permit", 6, words)); /* the word itself */
	assert_null(policy_nearest("x", 1, words));
	assert_null(policy_nearest("", 0, words));
	assert_null(policy_nearest("allow", 5, words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_names_mean_what_pix_says),
		cmocka_unit_test(port_names_belong_to_their_protocol),
		cmocka_unit_test(every_printed_port_name_reads_back),
		cmocka_unit_test(aliases_are_read_but_not_printed),
		cmocka_unit_test(every_printed_protocol_and_icmp_name_reads_back),
		cmocka_unit_test(icmp6_names_are_those_of_icmpv6),
		cmocka_unit_test(icmp_names_with_a_code_keep_it),
		cmocka_unit_test(nearest_word_is_near_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
