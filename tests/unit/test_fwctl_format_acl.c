// SPDX-License-Identifier: GPL-2.0
/*
 * What access lists decide, as an ASA would have logged it; which messages are wanted.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_hits.h"
#include "tools/fwctl/format_level.h"

#define SEC 1000000000ull

static const struct format_acl_names names = {
	.list = "outside_in", .way_in = "outside", .way_out = "inside", .level = 6};

static struct ph_addr v4(uint32_t address)
{
	return (struct ph_addr){.word = {0, 0, htonl(0xffff), htonl(address)}};
}

/* 198.51.100.7:40000 to 10.0.0.5:80, by a line with `log` that permits. */
static struct acl_record tcp_record(void)
{
	return (struct acl_record){
		.time_ns = 5000 * SEC,
		.kind = PH_RECORD_ACL,
		.line_id = 0x0123456789abcdefull,
		.key = {.src = v4(0xc6336407),
			.dst = v4(0x0a000005),
			.src_port = 40000,
			.dst_port = 80,
			.proto = IPPROTO_TCP,
			.tcp_flags = 2},
		.ifindex = {2, 3},
		.place = ACL_AT_IN,
		.permit = 1,
		.flags = ACL_LINE_F_LOG,
	};
}

static struct acl_record icmp_record(uint8_t type, uint8_t code)
{
	struct acl_record record = tcp_record();

	record.key.proto = IPPROTO_ICMP;
	record.key.src_port = 0;
	record.key.dst_port = (uint16_t)(type << 8 | code);
	return record;
}

/* ---- messages ---- */

static void a_first_hit_is_106100(void **state)
{
	const struct format_acl_hits first = {.count = 1};
	struct acl_record record = tcp_record();
	char line[FORMAT_LOG_BYTES];

	(void)state;
	assert_string_equal(
		format_acl_flow(line, &record, &names, &first),
		"%ASA-6-106100: access-list outside_in permitted tcp "
		"outside/198.51.100.7(40000) -> inside/10.0.0.5(80) hit-cnt 1 first hit "
		"[0x89abcdef, 0x0]");
}

static void later_hits_are_told_by_the_interval(void **state)
{
	const struct format_acl_names at_alerts = {"l", "in", "out", 1};
	const struct format_acl_hits later = {.count = 17, .interval_sec = 300};
	struct acl_record record = tcp_record();
	char line[FORMAT_LOG_BYTES];

	(void)state;
	record.permit = 0;
	record.key.proto = IPPROTO_UDP;
	assert_string_equal(format_acl_flow(line, &record, &at_alerts, &later),
			    "%ASA-1-106100: access-list l denied udp "
			    "in/198.51.100.7(40000) -> out/10.0.0.5(80) hit-cnt 17 "
			    "300-second interval [0x89abcdef, 0x0]");
}

static void icmp_has_type_and_code_for_ports(void **state)
{
	const struct format_acl_hits first = {.count = 1};
	struct acl_record record = icmp_record(3, 4);
	char line[FORMAT_LOG_BYTES];

	(void)state;
	assert_string_equal(format_acl_flow(line, &record, &names, &first),
			    "%ASA-6-106100: access-list outside_in permitted icmp "
			    "outside/198.51.100.7(3) -> inside/10.0.0.5(4) hit-cnt 1 "
			    "first hit [0x89abcdef, 0x0]");
}

static void what_is_denied_is_106023(void **state)
{
	struct acl_record record = tcp_record();
	char line[FORMAT_LOG_BYTES];

	(void)state;
	record.permit = 0;
	record.flags = 0;
	assert_string_equal(format_acl_denied(line, &record, &names),
			    "%ASA-4-106023: Deny tcp src outside:198.51.100.7/40000 dst "
			    "inside:10.0.0.5/80 by access-group \"outside_in\" "
			    "[0x89abcdef, 0x0]");
	record.line_id = 0; /* no line matched */
	record.key.proto = 47;
	assert_string_equal(format_acl_denied(line, &record, &names),
			    "%ASA-4-106023: Deny 47 src outside:198.51.100.7 dst "
			    "inside:10.0.0.5 by access-group \"outside_in\" [0x0, 0x0]");
	record = icmp_record(8, 0);
	assert_string_equal(format_acl_denied(line, &record, &names),
			    "%ASA-4-106023: Deny icmp src outside:198.51.100.7 dst "
			    "inside:10.0.0.5 (type 8, code 0) by access-group "
			    "\"outside_in\" [0x89abcdef, 0x0]");
}

static void what_was_too_much_is_said_by_line(void **state)
{
	struct acl_record record = tcp_record();
	char line[FORMAT_LOG_BYTES];

	(void)state;
	record.lost = 1234;
	assert_string_equal(format_acl_lost(line, &record, &names, 7),
			    "%ASA-4-106101: Maximum number of ACL denied flows reached. "
			    "1234 of access-list outside_in, line 7, were not told");
	record.line_id = 0;
	assert_string_equal(format_acl_lost(line, &record, &names, 0),
			    "%ASA-4-106101: Maximum number of ACL denied flows reached. "
			    "1234 of access-list outside_in, its end, were not told");
}

static void what_is_denied_to_the_machine_is_told_as_such(void **state)
{
	const struct format_acl_names box = {"cp", "outside", "identity", 6};
	struct acl_record record = tcp_record();
	char line[FORMAT_LOG_BYTES];

	(void)state;
	record.place = ACL_AT_BOX;
	record.permit = 0;
	assert_string_equal(format_acl_denied(line, &record, &box),
			    "%ASA-3-710003: TCP access denied by ACL from "
			    "198.51.100.7/40000 to outside:10.0.0.5/80");
	record.key.proto = IPPROTO_ICMP;
	record.key.dst_port = 8 << 8;
	assert_string_equal(format_acl_denied(line, &record, &box),
			    "%ASA-3-313001: Denied ICMP type=8, code=0 from "
			    "198.51.100.7 on interface outside");
	record.key.proto = 89;
	assert_string_equal(format_acl_denied(line, &record, &box),
			    "%ASA-4-106023: Deny 89 src outside:198.51.100.7 dst "
			    "identity:10.0.0.5 by access-group \"cp\" [0x89abcdef, 0x0]");
}

/* ---- hits ---- */

struct said {
	unsigned int times;
	uint64_t count;
};

static int say(const struct acl_record *record, const struct format_acl_hits *hits,
	       void *arg)
{
	struct said *said = arg;

	assert_non_null(record);
	said->times++;
	said->count = hits->count;
	return 0;
}

static void free_hits(struct format_hits **hits)
{
	format_hits_free(*hits);
}

#define own_hits struct format_hits *__attribute__((cleanup(free_hits)))

static void a_flow_is_told_at_once_and_then_once_an_interval(void **state)
{
	own_hits hits = format_hits_new();
	struct acl_record record = tcp_record();
	struct format_acl_hits out;

	(void)state;
	assert_true(format_hits_meet(hits, &record, 10, &out));
	assert_int_equal(out.count, 1);
	assert_int_equal(out.interval_sec, 0);
	for (int i = 1; i < 10; i++) {
		record.time_ns += SEC;
		record.key.tcp_flags = (uint8_t)i; /* no part of a flow */
		assert_false(format_hits_meet(hits, &record, 10, &out));
	}
	record.time_ns += SEC;
	assert_true(format_hits_meet(hits, &record, 10, &out));
	assert_int_equal(out.count, 10);
	assert_int_equal(out.interval_sec, 10);
	assert_false(format_hits_meet(hits, &record, 10, &out));
}

static void flows_differ_by_line_ports_and_interfaces(void **state)
{
	own_hits hits = format_hits_new();
	struct acl_record record = tcp_record();
	struct format_acl_hits out;

	(void)state;
	assert_true(format_hits_meet(hits, &record, 10, &out));
	record.key.src_port++;
	assert_true(format_hits_meet(hits, &record, 10, &out));
	record.line_id++;
	assert_true(format_hits_meet(hits, &record, 10, &out));
	record.ifindex[1]++;
	assert_true(format_hits_meet(hits, &record, 10, &out));
	assert_false(format_hits_meet(hits, &record, 10, &out));
}

static void what_was_counted_is_said_when_the_interval_is_over(void **state)
{
	own_hits hits = format_hits_new();
	struct acl_record record = tcp_record();
	struct format_acl_hits out;
	struct said said = {0};

	(void)state;
	format_hits_meet(hits, &record, 10, &out);
	format_hits_meet(hits, &record, 10, &out);
	assert_int_equal(format_hits_flush(hits, 5009 * SEC, say, &said), 0);
	assert_int_equal(said.times, 0);
	assert_int_equal(format_hits_flush(hits, 5010 * SEC, say, &said), 0);
	assert_int_equal(said.times, 1);
	assert_int_equal(said.count, 1);
	/* Nothing since: forgotten, so that its next hit is a first one. */
	assert_int_equal(format_hits_flush(hits, 5020 * SEC, say, &said), 0);
	assert_int_equal(said.times, 1);
	assert_true(format_hits_meet(hits, &record, 10, &out));
	assert_int_equal(out.interval_sec, 0);
}

static void at_the_end_all_is_said(void **state)
{
	own_hits hits = format_hits_new();
	struct acl_record record = tcp_record();
	struct format_acl_hits out;
	struct said said = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		format_hits_meet(hits, &record, 10, &out);
		format_hits_meet(hits, &record, 10, &out);
		record.key.src_port++;
	}
	assert_int_equal(format_hits_flush(hits, UINT64_MAX, say, &said), 0);
	assert_int_equal(said.times, 3);
	assert_int_equal(format_hits_flush(hits, UINT64_MAX, say, &said), 0);
	assert_int_equal(said.times, 3);
}

static void more_flows_than_fit_are_all_first_hits(void **state)
{
	own_hits hits = format_hits_new();
	struct acl_record record = tcp_record();
	struct format_acl_hits out;

	(void)state;
	for (int i = 0; i < FORMAT_HITS_FLOWS + 5; i++) {
		record.key.src_port = (uint16_t)i;
		assert_true(format_hits_meet(hits, &record, 10, &out));
	}
	assert_true(format_hits_meet(hits, &record, 10, &out));
	record.key.src_port = 0;
	assert_false(format_hits_meet(hits, &record, 10, &out));
}

/* ---- levels ---- */

static void levels_up_to_the_one_asked_for_are_shown(void **state)
{
	const struct policy_log_filter filter = {.by_level = true, .level = 4};
	const struct policy_log_filter everything = {.by_level = false};
	char six[] = "%ASA-6-302014: Teardown";
	char four[] = "%ASA-4-106023: Deny";
	char own[] = "%PINHOLE-3-TABLE-FULL: x";
	char own_six[] = "%PINHOLE-6-FTP-TLS: x";
	char other[] = "what has no level";

	(void)state;
	assert_false(format_level_pass(six, &filter));
	assert_true(format_level_pass(six, &everything));
	assert_true(format_level_pass(four, &filter));
	assert_true(format_level_pass(own, &filter));
	assert_false(format_level_pass(own_six, &filter));
	assert_true(format_level_pass(other, &filter));
}

static void messages_get_the_level_of_the_policy(void **state)
{
	static const struct policy_log_message messages[] = {
		{302014, 3, false},
		{106023, 7, false},
		{106100, POLICY_LOG_LEVEL_OWN, true},
	};
	const struct policy_log_filter filter = {true, 4, messages, 3};
	char raised[] = "%ASA-6-302014: Teardown";
	char lowered[] = "%ASA-4-106023: Deny";
	char off[] = "%ASA-1-106100: access-list";

	(void)state;
	assert_true(format_level_pass(raised, &filter));
	assert_string_equal(raised, "%ASA-3-302014: Teardown");
	assert_false(format_level_pass(lowered, &filter));
	assert_false(format_level_pass(off, &filter));
}

static void levels_have_words_and_numbers(void **state)
{
	(void)state;
	assert_int_equal(format_level_from("0"), 0);
	assert_int_equal(format_level_from("7"), 7);
	assert_int_equal(format_level_from("Warnings"), 4);
	assert_int_equal(format_level_from("8"), -1);
	assert_int_equal(format_level_from("07"), -1);
	assert_int_equal(format_level_from("warn"), -1);
	assert_int_equal(format_level_from(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_hit_is_106100),
		cmocka_unit_test(later_hits_are_told_by_the_interval),
		cmocka_unit_test(icmp_has_type_and_code_for_ports),
		cmocka_unit_test(what_is_denied_is_106023),
		cmocka_unit_test(what_was_too_much_is_said_by_line),
		cmocka_unit_test(what_is_denied_to_the_machine_is_told_as_such),
		cmocka_unit_test(a_flow_is_told_at_once_and_then_once_an_interval),
		cmocka_unit_test(flows_differ_by_line_ports_and_interfaces),
		cmocka_unit_test(what_was_counted_is_said_when_the_interval_is_over),
		cmocka_unit_test(at_the_end_all_is_said),
		cmocka_unit_test(more_flows_than_fit_are_all_first_hits),
		cmocka_unit_test(levels_up_to_the_one_asked_for_are_shown),
		cmocka_unit_test(messages_get_the_level_of_the_policy),
		cmocka_unit_test(levels_have_words_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
