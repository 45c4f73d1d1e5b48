// SPDX-License-Identifier: GPL-2.0
/*
 * Log lines: what an ASA would have written.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tools/fwctl/format_log.h"

#define SEC 1000000000ull

static const struct format_log_end outbound[2] = {{"inside", 100}, {"outside", 0}};
static const struct format_log_end inbound[2] = {{"outside", 0}, {"inside", 100}};

static struct ph_addr v4(uint32_t address)
{
	return (struct ph_addr){.word = {0, 0, htonl(0xffff), htonl(address)}};
}

/* 10.0.0.5:40000, known as 203.0.113.5, dialled 198.51.100.7:80. */
static struct ph_record tcp_record(void)
{
	return (struct ph_record){
		.time_ns = 5060 * SEC, /* the entry stayed for a minute more */
		.kind = PH_RECORD_CONN_END,
		.reason = PH_END_FIN,
		.key = {.addr = {v4(0x0a000005), v4(0xc6336407)},
			.port = {htons(40000), htons(80)},
			.proto = 6},
		.conn = {.id = 42,
			 .created_ns = (5000 - 3725) * SEC,
			 .seen_ns = 5000 * SEC,
			 .bytes = {1000, 234},
			 .mapped = {v4(0xcb007105), v4(0xc6336407)},
			 .state = CONN_CLOSING},
	};
}

static void assert_log(const struct ph_record *record,
		       const struct format_log_end ends[2], const char *expected)
{
	char line[FORMAT_LOG_BYTES];

	assert_string_equal(format_log(line, record, ends, "a table"), expected);
}

static void tcp_is_302014_outer_end_first(void **state)
{
	struct ph_record record = tcp_record();

	(void)state;
	assert_log(&record, outbound,
		   "%ASA-6-302014: Teardown TCP connection 42 for "
		   "outside:198.51.100.7/80 to inside:10.0.0.5/40000 duration 1:02:05 "
		   "bytes 1234 TCP FINs");
}

/* The initiator need not be the first end of the key. */
static void who_began_makes_no_difference_to_the_order(void **state)
{
	struct ph_record record = tcp_record();

	(void)state;
	record.conn.flags = CONN_F_INITIATOR_1;
	record.conn.mapped[0] = v4(0xc6336407);
	record.conn.mapped[1] = v4(0xcb007105);
	assert_log(&record, inbound,
		   "%ASA-6-302014: Teardown TCP connection 42 for "
		   "outside:198.51.100.7/80 to inside:10.0.0.5/40000 duration 1:02:05 "
		   "bytes 1234 TCP FINs");
}

static void udp_is_302016_without_a_reason(void **state)
{
	struct ph_record record = tcp_record();

	(void)state;
	record.key.proto = 17;
	record.reason = PH_END_TIMEOUT;
	record.conn.state = CONN_ESTABLISHED;
	assert_log(&record, outbound,
		   "%ASA-6-302016: Teardown UDP connection 42 for "
		   "outside:198.51.100.7/80 to inside:10.0.0.5/40000 duration 1:03:05 "
		   "bytes 1234");
}

static void icmp_is_302021_with_all_three_addresses(void **state)
{
	struct ph_record record = tcp_record();

	(void)state;
	record.key.proto = 1;
	record.key.port[1] = 0;
	assert_log(&record, outbound,
		   "%ASA-6-302021: Teardown ICMP connection for faddr 198.51.100.7/0 "
		   "gaddr 203.0.113.5/40000 laddr 10.0.0.5/40000");
}

static void what_timed_out_lived_to_its_end(void **state)
{
	struct ph_record record = tcp_record();

	(void)state;
	record.reason = PH_END_TIMEOUT;
	assert_int_equal(format_log_lasted_ns(&record), (3725 + 60) * SEC);
	record.reason = PH_END_RESET;
	assert_int_equal(format_log_lasted_ns(&record), 3725 * SEC);
}

static void ipv6_is_written_as_such(void **state)
{
	struct ph_record record = tcp_record();

	(void)state;
	inet_pton(AF_INET6, "2001:db8::1", &record.key.addr[0]);
	inet_pton(AF_INET6, "fd00::5", &record.key.addr[1]);
	record.conn.created_ns = record.time_ns + SEC; /* never negative */
	assert_log(&record, outbound,
		   "%ASA-6-302014: Teardown TCP connection 42 for outside:fd00::5/80 to "
		   "inside:2001:db8::1/40000 duration 0:00:00 bytes 1234 TCP FINs");
}

static void other_protocols_are_named(void **state)
{
	struct ph_record record = tcp_record();
	char line[FORMAT_LOG_BYTES];

	(void)state;
	record.key.proto = 47;
	record.key.port[0] = record.key.port[1] = 0;
	format_log(line, &record, outbound, NULL);
	assert_non_null(strstr(line, "%ASA-6-302018: Teardown GRE connection 42 for "
				     "outside:198.51.100.7/0 "));
	record.key.proto = 255;
	format_log(line, &record, outbound, NULL);
	assert_non_null(strstr(line, "%PINHOLE-6-TEARDOWN: Teardown 255 connection"));
}

static void a_timeout_says_what_was_waited_for(void **state)
{
	static const struct {
		uint8_t state;
		const char *reason;
	} rows[] = {
		{CONN_SYN_SENT, "SYN Timeout"},	    {CONN_SYN_ACKED, "SYN Timeout"},
		{CONN_SYN_BOTH, "SYN Timeout"},	    {CONN_PICKED_UP, "SYN Timeout"},
		{CONN_ESTABLISHED, "Idle Timeout"}, {CONN_HALF_CLOSED, "FIN Timeout"},
		{CONN_CLOSING, "FIN Timeout"},
	};
	unsigned int known = 0;
	struct ph_record record = tcp_record();

	(void)state;
	record.reason = PH_END_TIMEOUT;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		record.conn.state = rows[i].state;
		assert_string_equal(format_log_reason(&record), rows[i].reason);
	}
	for (unsigned int i = 0; format_log_end_word(i); i++)
		known += !strcmp(format_log_end_word(i), "FIN Timeout") ||
			 !strcmp(format_log_end_word(i), "TCP Reset");
	assert_int_equal(known, 2);
	record.reason = PH_END_RESET;
	assert_string_equal(format_log_reason(&record), "TCP Reset");
	record.reason = 9999;
	assert_string_equal(format_log_reason(&record), "unknown");
}

static void what_inspection_ended_is_told_as_such(void **state)
{
	struct ph_record record = tcp_record();

	(void)state;
	record.reason = PH_END_INSPECTION;
	assert_log(&record, outbound,
		   "%ASA-6-302014: Teardown TCP connection 42 for "
		   "outside:198.51.100.7/80 to inside:10.0.0.5/40000 duration 1:02:05 "
		   "bytes 1234 Flow closed by inspection");
}

static void a_full_table_is_said(void **state)
{
	struct ph_record record = {.kind = PH_RECORD_TABLE_FULL};

	(void)state;
	assert_log(&record, outbound, "%PINHOLE-3-TABLE-FULL: a table");
	record.kind = 99;
	assert_log(&record, outbound, "%PINHOLE-3-UNKNOWN: record of kind 99");
}

/* The same kind of record, but no table: somebody should look at it at once. */
static void a_lookup_that_met_its_bound_is_said(void **state)
{
	struct ph_record record = {.kind = PH_RECORD_TABLE_FULL,
				   .reason = PH_DROP_ACL_BOUND};

	(void)state;
	assert_log(&record, outbound, "%PINHOLE-2-ACL-BOUND: a table");
}

static void times_are_written_as_an_asa_does(void **state)
{
	char time[FORMAT_TIME_BYTES];

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_string_equal(format_log_time(time, 951827696 * SEC),
			    "Feb 29 2000 12:34:56");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_is_302014_outer_end_first),
		cmocka_unit_test(who_began_makes_no_difference_to_the_order),
		cmocka_unit_test(udp_is_302016_without_a_reason),
		cmocka_unit_test(icmp_is_302021_with_all_three_addresses),
		cmocka_unit_test(what_timed_out_lived_to_its_end),
		cmocka_unit_test(ipv6_is_written_as_such),
		cmocka_unit_test(other_protocols_are_named),
		cmocka_unit_test(a_timeout_says_what_was_waited_for),
		cmocka_unit_test(what_inspection_ended_is_told_as_such),
		cmocka_unit_test(a_full_table_is_said),
		cmocka_unit_test(a_lookup_that_met_its_bound_is_said),
		cmocka_unit_test(times_are_written_as_an_asa_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
