// SPDX-License-Identifier: GPL-2.0
/*
 * Connections that begin and packets that are dropped, as an ASA would have logged them;
 * and which lines are asked for.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/tell.h"
#include "tools/fwctl/format_built.h"
#include "tools/fwctl/format_drop.h"
#include "tools/fwctl/format_filter.h"
#include "tools/fwctl/format_level.h"

#define SEC 1000000000ull

static const struct format_log_end outbound[2] = {{"inside", 100}, {"outside", 0}};
static const struct format_log_end inbound[2] = {{"outside", 0}, {"inside", 100}};

static struct ph_addr v4(uint32_t address)
{
	return (struct ph_addr){.word = {0, 0, htonl(0xffff), htonl(address)}};
}

/* ---- beginnings ---- */

/* 10.0.0.5:40000, known as 203.0.113.5, dials 198.51.100.7:80. */
static struct built_record built_record(void)
{
	return (struct built_record){
		.kind = PH_RECORD_BUILT,
		.id = 42,
		.key = {.addr = {v4(0x0a000005), v4(0xc6336407)},
			.port = {htons(40000), htons(80)},
			.proto = IPPROTO_TCP},
		.mapped = {v4(0xcb007105), v4(0xc6336407)},
		.mapped_port = {htons(40000), htons(80)},
	};
}

static void assert_built(const struct built_record *record,
			 const struct format_log_end ends[2], const char *expected)
{
	char line[FORMAT_LOG_BYTES];

	assert_string_equal(format_built(line, record, ends), expected);
}

static void tcp_is_302013_outer_end_first(void **state)
{
	struct built_record record = built_record();

	(void)state;
	assert_built(&record, outbound,
		     "%ASA-6-302013: Built outbound TCP connection 42 for "
		     "outside:198.51.100.7/80 (198.51.100.7/80) to "
		     "inside:10.0.0.5/40000 (203.0.113.5/40000)");
}

/* The initiator need not be the first end of the key. */
static void from_the_lower_level_is_inbound(void **state)
{
	struct built_record record = built_record();

	(void)state;
	record.flags = CONN_F_INITIATOR_1;
	record.mapped[0] = v4(0xc6336407);
	record.mapped[1] = v4(0xcb007105);
	record.mapped_port[0] = htons(80);
	record.mapped_port[1] = htons(4000);
	assert_built(&record, inbound,
		     "%ASA-6-302013: Built inbound TCP connection 42 for "
		     "outside:198.51.100.7/80 (198.51.100.7/80) to "
		     "inside:10.0.0.5/40000 (203.0.113.5/4000)");
}

static void other_protocols_have_their_numbers(void **state)
{
	struct built_record record = built_record();
	char line[FORMAT_LOG_BYTES];

	(void)state;
	record.key.proto = IPPROTO_UDP;
	assert_int_equal(strncmp(format_built(line, &record, outbound),
				 "%ASA-6-302015: Built outbound UDP connection 42 ", 48),
			 0);
	record.key.proto = IPPROTO_GRE;
	assert_int_equal(strncmp(format_built(line, &record, outbound),
				 "%ASA-6-302017: Built outbound GRE connection 42 ", 48),
			 0);
	record.key.proto = 255;
	assert_int_equal(strncmp(format_built(line, &record, outbound),
				 "%PINHOLE-6-BUILT: Built outbound 255 connection", 47),
			 0);
	record.key.proto = IPPROTO_ICMP;
	record.key.port[1] = 0;
	assert_built(&record, outbound,
		     "%ASA-6-302020: Built outbound ICMP connection for faddr "
		     "198.51.100.7/0 gaddr 203.0.113.5/40000 laddr 10.0.0.5/40000 "
		     "type 8 code 0");
}

static void what_let_it_in_is_named(void **state)
{
	struct built_record record = built_record();

	(void)state;
	assert_string_equal(format_built_admitted_by(&record), "policy");
	record.flags = CONN_F_LOCAL;
	assert_string_equal(format_built_admitted_by(&record), "local");
	record.flags = CONN_F_CHILD;
	assert_string_equal(format_built_admitted_by(&record), "pinhole");
	record.flags |= CONN_F_RANGE;
	assert_string_equal(format_built_admitted_by(&record), "data-ports");
}

/* ---- drops ---- */

static const struct format_drop_names names = {"outside", "inside", "the-reason"};

/* 198.51.100.7:40000 to 203.0.113.5:80. */
static struct drop_record drop_record(uint32_t reason, uint8_t proto)
{
	return (struct drop_record){
		.kind = PH_RECORD_DROP,
		.reason = reason,
		.ifindex = {2, 3},
		.src = v4(0xc6336407),
		.dst = v4(0xcb007105),
		.sport = htons(40000),
		.dport = htons(80),
		.proto = proto,
		.tcp_flags = proto == IPPROTO_TCP ? 0x12 : 0,
	};
}

static void assert_drop(const struct drop_record *record, const char *expected)
{
	char line[FORMAT_LOG_BYTES];

	assert_string_equal(format_drop(line, record, &names), expected);
}

static void reasons_have_the_messages_of_an_asa(void **state)
{
	static const struct {
		uint32_t reason;
		uint8_t proto;
		const char *line;
	} rows[] = {
		{PH_DROP_SECURITY_LEVEL, IPPROTO_TCP,
		 "%ASA-2-106001: Inbound TCP connection denied from 198.51.100.7/40000 "
		 "to "
		 "203.0.113.5/80 flags SYN ACK  on interface outside"},
		{PH_DROP_SECURITY_LEVEL, IPPROTO_UDP,
		 "%ASA-2-106006: Deny inbound UDP from 198.51.100.7/40000 to "
		 "203.0.113.5/80 on interface outside"},
		{PH_DROP_SAME_SECURITY, IPPROTO_GRE,
		 "%ASA-3-106010: Deny inbound GRE src outside:198.51.100.7 dst "
		 "inside:203.0.113.5"},
		{PH_DROP_TCP_NOT_SYN, IPPROTO_TCP,
		 "%ASA-6-106015: Deny TCP (no connection) from 198.51.100.7/40000 to "
		 "203.0.113.5/80 flags SYN ACK  on interface outside"},
		{PH_DROP_BAD_ADDRESS, IPPROTO_UDP,
		 "%ASA-2-106016: Deny IP spoof from (198.51.100.7) to 203.0.113.5 on "
		 "interface outside"},
		{PH_DROP_LAND, IPPROTO_TCP,
		 "%ASA-2-106017: Deny IP due to Land Attack from 198.51.100.7 to "
		 "203.0.113.5"},
		{PH_DROP_RPF, IPPROTO_UDP,
		 "%ASA-1-106021: Deny UDP reverse path check from 198.51.100.7 to "
		 "203.0.113.5 on interface outside"},
		{PH_DROP_NO_ROUTE, IPPROTO_TCP,
		 "%ASA-6-110002: Failed to locate egress interface for TCP from "
		 "outside:198.51.100.7/40000 to 203.0.113.5/80"},
		{PH_DROP_NAT_REVERSE, IPPROTO_TCP,
		 "%ASA-5-305013: Asymmetric NAT rules matched for forward and reverse "
		 "flows; Connection TCP src outside:198.51.100.7/40000 dst "
		 "inside:203.0.113.5/80 denied due to NAT reverse path failure"},
		{PH_DROP_TCP_WINDOW, IPPROTO_TCP,
		 "%PINHOLE-6-DROP: Deny TCP src outside:198.51.100.7/40000 dst "
		 "inside:203.0.113.5/80, reason - the-reason"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct drop_record record = drop_record(rows[i].reason, rows[i].proto);

		assert_drop(&record, rows[i].line);
	}
}

static void icmp_is_told_by_its_type(void **state)
{
	struct drop_record record = drop_record(PH_DROP_SECURITY_LEVEL, IPPROTO_ICMP);

	(void)state;
	record.icmp_type = 8;
	assert_drop(&record, "%ASA-3-106014: Deny inbound icmp src outside:198.51.100.7 "
			     "dst inside:203.0.113.5 (type 8, code 0)");
	record.icmp_type = 0; /* an answer that nobody waits for */
	assert_drop(&record, "%ASA-4-313004: Denied ICMP type=0, from laddr 198.51.100.7 "
			     "on interface outside to 203.0.113.5: no matching session");
}

static void an_icmp_error_is_told_with_what_it_quotes(void **state)
{
	struct drop_record record = drop_record(PH_DROP_ICMP_UNMATCHED, IPPROTO_ICMP);

	(void)state;
	record.icmp_type = 3;
	record.icmp_code = 1;
	assert_drop(&record, "%ASA-4-313005: No matching connection for ICMP error "
			     "message: icmp src outside:198.51.100.7 dst "
			     "inside:203.0.113.5 (type 3, code 1) on outside interface.");
	record.flags = DROP_RECORD_F_QUOTED;
	record.quoted_proto = IPPROTO_UDP;
	record.quoted_src = v4(0xcb007105);
	record.quoted_dst = v4(0x08080808);
	record.quoted_sport = htons(1234);
	record.quoted_dport = htons(53);
	assert_drop(&record, "%ASA-4-313005: No matching connection for ICMP error "
			     "message: icmp src outside:198.51.100.7 dst "
			     "inside:203.0.113.5 (type 3, code 1) on outside interface.  "
			     "Original IP payload: UDP src 203.0.113.5/1234 dst "
			     "8.8.8.8/53.");
}

static void a_limit_and_a_teardrop_have_their_numbers(void **state)
{
	struct drop_record record = drop_record(PH_DROP_EMBRYONIC_LIMIT, IPPROTO_TCP);

	(void)state;
	record.limit = 25;
	record.quoted_dst = v4(0x0a000005);
	record.quoted_dport = htons(8080);
	assert_drop(&record, "%ASA-2-201003: Embryonic limit exceeded 25/25 for "
			     "198.51.100.7/40000 (203.0.113.5) 10.0.0.5/8080 on "
			     "interface outside");
	record = drop_record(PH_DROP_FRAGMENT_OVERLAP, IPPROTO_UDP);
	record.fragment_len = 36;
	record.fragment_off = 24;
	assert_drop(&record, "%ASA-2-106020: Deny IP teardrop fragment (size = 36, "
			     "offset = 24) from 198.51.100.7 to 203.0.113.5");
}

static void what_could_not_be_read_is_not_made_up(void **state)
{
	struct drop_record record = {.reason = PH_DROP_TRUNCATED, .ifindex = {2, 0}};

	(void)state;
	assert_drop(&record, "%PINHOLE-6-DROP: Deny packet on interface outside, reason "
			     "- the-reason");
	record = drop_record(PH_DROP_FRAGMENT_NO_FIRST, IPPROTO_UDP);
	record.flags = DROP_RECORD_F_LATER;
	assert_drop(&record, "%PINHOLE-6-DROP: Deny UDP src outside:198.51.100.7 dst "
			     "inside:203.0.113.5, reason - the-reason");
}

static void what_was_suppressed_is_said(void **state)
{
	struct drop_record record = drop_record(PH_DROP_TCP_NOT_SYN, IPPROTO_TCP);
	char line[FORMAT_LOG_BYTES];

	(void)state;
	record.lost = 99;
	assert_string_equal(format_drop_lost(line, &record, &names),
			    "%PINHOLE-4-SUPPRESSED: 99 more packets were dropped and not "
			    "told, reason - the-reason");
}

/* ---- conditions ---- */

static const char text[] = "%ASA-4-106023: Deny tcp src ...";

static bool passes(const struct format_filter *filter)
{
	static struct ph_addr src, dst;
	const struct format_facts facts = {.list = "outside_in",
					   .interface = {"outside", "inside"},
					   .address = {&src, &dst},
					   .port = {40000, 80},
					   .reason = "acl-deny",
					   .has_proto = true,
					   .proto = IPPROTO_TCP};

	src = v4(0xc6336407);
	dst = v4(0x0a000005);
	return format_filter_pass(filter, &facts, text);
}

static void what_is_asked_for_passes(void **state)
{
	struct format_filter filter = {0};

	(void)state;
	assert_true(passes(&filter));
	assert_int_equal(format_filter_ids(&filter, "302013,106023"), 0);
	assert_int_equal(format_filter_host(&filter, "10.0.0.0/8"), 0);
	assert_int_equal(format_filter_port(&filter, "80"), 0);
	assert_int_equal(format_filter_proto(&filter, "TCP"), 0);
	filter.list = "outside_in";
	filter.interface = "Inside";
	filter.reason = "ACL-deny";
	assert_true(passes(&filter));
}

static void one_condition_that_fails_is_enough(void **state)
{
	struct format_filter filter = {0};

	(void)state;
	format_filter_ids(&filter, "302013");
	assert_false(passes(&filter));
	filter = (struct format_filter){0};
	format_filter_host(&filter, "10.0.0.6");
	assert_false(passes(&filter));
	filter = (struct format_filter){0};
	format_filter_port(&filter, "81");
	assert_false(passes(&filter));
	filter = (struct format_filter){0};
	format_filter_proto(&filter, "17");
	assert_false(passes(&filter));
	filter = (struct format_filter){.list = "outside"};
	assert_false(passes(&filter));
	filter = (struct format_filter){.interface = "dmz"};
	assert_false(passes(&filter));
	filter = (struct format_filter){.reason = "tcp-not-syn"};
	assert_false(passes(&filter));
}

static void a_record_without_it_does_not_pass(void **state)
{
	const struct format_facts none = {0};
	struct format_filter filter = {.list = "outside_in"};

	(void)state;
	assert_false(format_filter_pass(&filter, &none, text));
	filter = (struct format_filter){0};
	format_filter_host(&filter, "0.0.0.0/0");
	assert_false(format_filter_pass(&filter, &none, text));
	filter = (struct format_filter){0};
	format_filter_proto(&filter, "0");
	assert_false(format_filter_pass(&filter, &none, text));
	filter = (struct format_filter){0};
	format_filter_ids(&filter, "106023");
	assert_false(format_filter_pass(&filter, &none, "%PINHOLE-6-DROP: x"));
}

static void networks_are_of_their_family(void **state)
{
	struct format_filter filter = {0};

	(void)state;
	assert_int_equal(format_filter_host(&filter, "::/0"), 0);
	assert_true(passes(&filter)); /* IPv4 lies within, as ::ffff:0:0/96 */
	assert_int_equal(format_filter_host(&filter, "2001:db8::/32"), 0);
	assert_false(passes(&filter));
	assert_int_equal(format_filter_host(&filter, "0.0.0.0/0"), 0);
	assert_true(passes(&filter));
	assert_int_equal(filter.prefix, 96);
}

static void nonsense_is_refused(void **state)
{
	static const char *const hosts[] = {"",		  "10.0.0", "10.0.0.0/33",
					    "10.0.0.0/",  "::/129", "host",
					    "10.0.0.0/-1"};
	static const char *const ids[] = {"", "30201", "3020133", "302013,", "x02013"};
	static const char *const ports[] = {"", "0", "65536", "http", "80 "};
	static const char *const protos[] = {"", "256", "tcpp"};
	struct format_filter filter = {0};
	const struct format_filter before = filter;

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		assert_int_equal(format_filter_host(&filter, hosts[i]), -EINVAL);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(format_filter_ids(&filter, ids[i]), -EINVAL);
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		assert_int_equal(format_filter_port(&filter, ports[i]), -EINVAL);
	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		assert_int_equal(format_filter_proto(&filter, protos[i]), -EINVAL);
	assert_memory_equal(&filter, &before, sizeof(filter));
}

static void lines_have_levels_and_numbers(void **state)
{
	(void)state;
	assert_int_equal(format_level_of(text), 4);
	assert_int_equal(format_level_number(text), 106023);
	assert_int_equal(format_level_of("%PINHOLE-6-DROP: x"), 6);
	assert_int_equal(format_level_number("%PINHOLE-6-DROP: x"), 0);
	assert_int_equal(format_level_of("something else"), -1);
}

/* ---- how much is told ---- */

static struct acl_told told;

static void lines_that_meet_have_a_second_place(void **state)
{
	const uint32_t a = 5, b = 5 + TELL_LINES, c = 5 + 2 * TELL_LINES;
	struct tell_bucket *of_a, *of_b;

	(void)state;
	memset(&told, 0, sizeof(told));
	of_a = tell_line(&told, a, 100 * SEC);
	tell_turn(of_a, 100 * SEC);
	of_b = tell_line(&told, b, 100 * SEC);
	tell_turn(of_b, 100 * SEC);
	assert_true(of_a != of_b && of_a->owner == a && of_b->owner == b);
	assert_true(tell_line(&told, a, 100 * SEC) == of_a);
	assert_true(tell_line(&told, b, 100 * SEC) == of_b);
	/* A second later the place is free again. */
	assert_true(tell_line(&told, c, 101 * SEC) == of_a && of_a->owner == c);
}

static void so_much_is_told_of_a_line_and_of_all(void **state)
{
	unsigned int n = 0;

	(void)state;
	memset(&told, 0, sizeof(told));
	for (uint32_t owner = 1; owner <= 20; owner++) {
		for (int i = 0; i < 1000; i++) {
			struct tell_bucket *line = tell_line(&told, owner, 100 * SEC);

			if (!tell_may_line(&told, line, 100 * SEC)) {
				line->lost++;
				continue;
			}
			tell_count(line);
			told.all.count++;
			n++;
		}
	}
	assert_int_equal(n, PH_ACL_RECORDS_PER_SEC + 10 * PH_ACL_RECORDS_ALWAYS);
	assert_int_equal(tell_line(&told, 1, 100 * SEC)->lost,
			 1000 - PH_ACL_RECORDS_PER_LINE);
	assert_true(tell_may_line(&told, tell_line(&told, 1, 101 * SEC), 101 * SEC));
	assert_int_equal(tell_count(tell_line(&told, 1, 101 * SEC)),
			 1000 - PH_ACL_RECORDS_PER_LINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_is_302013_outer_end_first),
		cmocka_unit_test(from_the_lower_level_is_inbound),
		cmocka_unit_test(other_protocols_have_their_numbers),
		cmocka_unit_test(what_let_it_in_is_named),
		cmocka_unit_test(reasons_have_the_messages_of_an_asa),
		cmocka_unit_test(icmp_is_told_by_its_type),
		cmocka_unit_test(an_icmp_error_is_told_with_what_it_quotes),
		cmocka_unit_test(a_limit_and_a_teardrop_have_their_numbers),
		cmocka_unit_test(what_could_not_be_read_is_not_made_up),
		cmocka_unit_test(what_was_suppressed_is_said),
		cmocka_unit_test(what_is_asked_for_passes),
		cmocka_unit_test(one_condition_that_fails_is_enough),
		cmocka_unit_test(a_record_without_it_does_not_pass),
		cmocka_unit_test(networks_are_of_their_family),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(lines_have_levels_and_numbers),
		cmocka_unit_test(lines_that_meet_have_a_second_place),
		cmocka_unit_test(so_much_is_told_of_a_line_and_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
