// SPDX-License-Identifier: GPL-2.0
/*
 * Which connections `fwctl show conn` and `clear conn` choose, and what object groups are
 * expanded to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_conn.h"
#include "tools/fwctl/format_element.h"

/* ---- filters ---------------------------------------------------------------------- */

static struct ph_addr address(const char *text)
{
	struct ph_addr out = {{0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &out.word[3]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, out.word), 1);
	return out;
}

/* 198.51.100.7:40000 to 10.0.0.10:21, seen as 203.0.113.10:2121. */
static struct flow_key key;
static struct conn conn;

static int make_conn(void **state)
{
	(void)state;
	key = (struct flow_key){.addr = {address("10.0.0.10"), address("198.51.100.7")},
				.port = {htons(21), htons(40000)},
				.proto = IPPROTO_TCP};
	conn = (struct conn){.mapped = {address("198.51.100.7"), address("203.0.113.10")},
			     .mapped_port = {htons(40000), htons(2121)},
			     .ifindex = {2, 3},
			     .flags = CONN_F_INITIATOR_1,
			     .state = CONN_ESTABLISHED};
	return 0;
}

#define MAX_WORDS 12

/* The words of @text, which ends up cut into them. */
static size_t split(char *text, char *words[MAX_WORDS])
{
	size_t n = 0;

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		assert_true(n < MAX_WORDS);
		words[n++] = word;
	}
	return n;
}

static bool chosen(const char *question, bool established)
{
	char text[256], why[FORMAT_CONN_WHY_BYTES];
	char *words[MAX_WORDS];
	struct format_conn_filter filter;
	size_t n, rest;

	assert_true(strlen(question) < sizeof(text));
	memcpy(text, question, strlen(question) + 1);
	n = split(text, words);
	assert_int_equal(format_conn_filter_read(words, n, &filter, &rest, why), 0);
	assert_int_equal(rest, n);
	if (filter.interface)
		filter.ifindex = !strcmp(filter.interface, "inside") ? 3 : 9;
	return format_conn_matches(&filter, &key, &conn, established);
}

static void nothing_asked_for_is_everything(void **state)
{
	(void)state;
	assert_true(chosen("", true));
}

static void either_end_real_or_mapped_has_the_address(void **state)
{
	(void)state;
	assert_true(chosen("address 10.0.0.10", true));
	assert_true(chosen("address 198.51.100.7", true));
	assert_true(chosen("address 203.0.113.10", true));
	assert_false(chosen("address 203.0.113.11", true));
	assert_false(chosen("address ::1", true));
}

static void networks_and_ranges_have_their_ends(void **state)
{
	(void)state;
	assert_true(chosen("address 198.51.100.0/24", true));
	assert_true(chosen("address 198.51.100.6/31", true));
	assert_false(chosen("address 198.51.100.8/29", true));
	assert_true(chosen("address 198.51.100.7/32", true));
	assert_true(chosen("address 0.0.0.0/0", true));
	assert_true(chosen("address 198.51.100.1-198.51.100.7", true));
	assert_true(chosen("address 198.51.100.7-198.51.100.200", true));
	assert_false(chosen("address 198.51.100.8-198.51.100.200", true));
	key.addr[0] = address("2001:db8::10");
	assert_true(chosen("address 2001:db8::/32", true));
	assert_true(chosen("address 2001:db8::10-2001:db8::1f", true));
	assert_false(chosen("address 2001:db9::/32", true));
	assert_true(chosen("address ::/0", true));
}

static void either_end_real_or_mapped_has_the_port(void **state)
{
	(void)state;
	assert_true(chosen("port 21", true));
	assert_true(chosen("port 2121", true));
	assert_true(chosen("port 40000", true));
	assert_true(chosen("port 20-21", true));
	assert_false(chosen("port 22-2120", true));
}

static void all_terms_must_hold(void **state)
{
	(void)state;
	assert_true(chosen("protocol tcp port 21 interface inside", true));
	assert_true(chosen("interface inside protocol 6 state established", true));
	assert_false(chosen("protocol udp port 21", true));
	assert_false(chosen("protocol tcp interface outside", true));
}

static void half_open_is_whatever_is_not_established(void **state)
{
	(void)state;
	assert_false(chosen("state half-open", true));
	conn.state = CONN_SYN_ACKED;
	assert_true(chosen("state half-open", false));
	assert_true(chosen("state syn-acked", false));
	assert_false(chosen("state syn-sent", false));
	assert_false(chosen("state established", false));
}

static void assert_refused(const char *question, const char *because)
{
	char text[256], why[FORMAT_CONN_WHY_BYTES] = "";
	char *words[MAX_WORDS];
	struct format_conn_filter filter;
	size_t n, rest;

	memcpy(text, question, strlen(question) + 1);
	n = split(text, words);
	assert_int_equal(format_conn_filter_read(words, n, &filter, &rest, why), -EINVAL);
	assert_non_null(strstr(why, because));
}

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	assert_refused("address", "needs an address");
	assert_refused("address 10.0.0.0/33", "'10.0.0.0/33'");
	assert_refused("address 10.0.0.9-10.0.0.1", "needs");
	assert_refused("address 10.0.0.1-2001:db8::1", "needs");
	assert_refused("address 2001:db8::/129", "needs");
	assert_refused("port 65536", "needs a number");
	assert_refused("port 9-8", "needs a number");
	assert_refused("port ftp", "needs a number");
	assert_refused("port -1", "needs a number");
	assert_refused("protocol 256", "needs tcp");
	assert_refused("state open", "needs half-open");
	assert_refused("port 1 port 2", "twice");
}

static void what_is_no_term_is_left_to_the_caller(void **state)
{
	char *words[] = {"port", "21", "detail"};
	char why[FORMAT_CONN_WHY_BYTES];
	struct format_conn_filter filter;
	size_t rest;

	(void)state;
	assert_int_equal(format_conn_filter_read(words, 3, &filter, &rest, why), 0);
	assert_int_equal(rest, 2);
}

static void ages_have_two_units(void **state)
{
	char out[FORMAT_AGE_BYTES];

	(void)state;
	assert_string_equal(format_age(out, 0), "0s");
	assert_string_equal(format_age(out, 59), "59s");
	assert_string_equal(format_age(out, 99), "1m39s");
	assert_string_equal(format_age(out, 3600), "1h0m");
	assert_string_equal(format_age(out, 86399), "23h59m");
	assert_string_equal(format_age(out, 104400), "1D5h");
}

/* Nothing that a table may hold makes it longer than its room. */
static void the_longest_connection_fits(void **state)
{
	char name[48];
	struct format_conn c = {
		.key = &key,
		.conn = &conn,
		.interface = {name, name},
		.now_ns = UINT64_MAX,
		.timeout_ns = UINT64_MAX,
	};
	char out[FORMAT_CONN_BYTES];

	(void)state;
	memset(name, '\001', sizeof(name));
	name[47] = '\0';
	memset(&key, 0xfe, sizeof(key));
	memset(&conn, 0xfe, sizeof(conn));
	conn.seen_ns = 0;
	conn.created_ns = 0;
	assert_true(format_conn_line(out, &c) < FORMAT_CONN_BYTES - 1);
	assert_true(format_conn_long(out, &c) < FORMAT_CONN_BYTES - 1);
	assert_true(format_conn_detail(out, &c) < FORMAT_CONN_BYTES - 1);
	assert_true(format_conn_json(out, &c) < FORMAT_CONN_BYTES - 1);
	assert_non_null(strstr(out, "\"id\": 18374403900871474942}"));
}

/* ---- elements --------------------------------------------------------------------- */

static const struct acl_prefix sources[] = {
	{.low = 0x0a000000, .len = 8, .family = ACL_IPV4},
	{.low = 0xc6336407, .len = 32, .family = ACL_IPV4},
	{.high = 0x20010db800000000, .len = 32, .family = ACL_IPV6},
};
static const struct acl_prefix destinations[] = {
	{.len = 0, .family = ACL_IPV4},
	{.high = 0x20010db800000000, .low = 0x10, .len = 128, .family = ACL_IPV6},
};
static const struct acl_service services[] = {
	{0, 65535, 80, 80, IPPROTO_TCP, false, 0},
	{1024, 65535, 8000, 8099, IPPROTO_TCP, false, 0},
	{0, 65535, 8 << 8, 8 << 8 | 255, IPPROTO_ICMP, false, 0},
	{0, 65535, 0, 65535, 0, true, 0},
};

struct collected {
	char text[4096];
	unsigned int n;
};

static int collect(const char *text, void *arg)
{
	struct collected *all = arg;

	strncat(all->text, text, sizeof(all->text) - strlen(all->text) - 2);
	strncat(all->text, "\n", sizeof(all->text) - strlen(all->text) - 1);
	all->n++;
	return 0;
}

static void a_line_is_the_product_of_its_sets_within_a_family(void **state)
{
	const struct acl_line line = {.src = sources,
				      .n_src = 3,
				      .dst = destinations,
				      .n_dst = 2,
				      .services = services,
				      .n_services = 4,
				      .permit = true};
	struct collected all = {{0}, 0};

	(void)state;
	assert_int_equal(format_element_count(&line), 3 * 4);
	assert_int_equal(format_element_each(&line, 100, collect, &all), 0);
	assert_int_equal(all.n, 3 * 4);
	assert_string_equal(
		all.text,
		"extended permit tcp 10.0.0.0 255.0.0.0 any4 eq 80\n"
		"extended permit tcp host 198.51.100.7 any4 eq 80\n"
		"extended permit tcp 2001:db8::/32 host 2001:db8::10 eq 80\n"
		"extended permit tcp 10.0.0.0 255.0.0.0 range 1024 65535 any4 range 8000 "
		"8099\n"
		"extended permit tcp host 198.51.100.7 range 1024 65535 any4 range 8000 "
		"8099\n"
		"extended permit tcp 2001:db8::/32 range 1024 65535 host 2001:db8::10 "
		"range 8000 8099\n"
		"extended permit icmp 10.0.0.0 255.0.0.0 any4 8\n"
		"extended permit icmp host 198.51.100.7 any4 8\n"
		"extended permit icmp 2001:db8::/32 host 2001:db8::10 8\n"
		"extended permit ip 10.0.0.0 255.0.0.0 any4\n"
		"extended permit ip host 198.51.100.7 any4\n"
		"extended permit ip 2001:db8::/32 host 2001:db8::10\n");
}

static void no_more_than_wanted_are_told(void **state)
{
	const struct acl_line line = {.src = sources,
				      .n_src = 3,
				      .dst = destinations,
				      .n_dst = 2,
				      .services = services,
				      .n_services = 4};
	struct collected all = {{0}, 0};

	(void)state;
	assert_int_equal(format_element_each(&line, 5, collect, &all), 0);
	assert_int_equal(all.n, 5);
}

static void lines_with_names_are_expanded(void **state)
{
	(void)state;
	assert_true(format_element_is_named("permit tcp any object-group a eq 80"));
	assert_true(format_element_is_named("permit tcp any object a eq 80"));
	assert_false(format_element_is_named("permit tcp any host 10.0.0.1"));
}

static void a_hash_is_of_list_and_element(void **state)
{
	(void)state;
	assert_int_equal(format_element_hash("a", "b"), format_element_hash("a", "b"));
	assert_int_not_equal(format_element_hash("a", "b"),
			     format_element_hash("ab", ""));
	assert_int_not_equal(format_element_hash("a", "b"),
			     format_element_hash("b", "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_asked_for_is_everything, make_conn),
		cmocka_unit_test_setup(either_end_real_or_mapped_has_the_address,
				       make_conn),
		cmocka_unit_test_setup(networks_and_ranges_have_their_ends, make_conn),
		cmocka_unit_test_setup(either_end_real_or_mapped_has_the_port, make_conn),
		cmocka_unit_test_setup(all_terms_must_hold, make_conn),
		cmocka_unit_test_setup(half_open_is_whatever_is_not_established,
				       make_conn),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(what_is_no_term_is_left_to_the_caller),
		cmocka_unit_test(ages_have_two_units),
		cmocka_unit_test_setup(the_longest_connection_fits, make_conn),
		cmocka_unit_test(a_line_is_the_product_of_its_sets_within_a_family),
		cmocka_unit_test(no_more_than_wanted_are_told),
		cmocka_unit_test(lines_with_names_are_expanded),
		cmocka_unit_test(a_hash_is_of_list_and_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
