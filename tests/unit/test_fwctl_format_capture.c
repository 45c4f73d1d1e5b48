// SPDX-License-Identifier: GPL-2.0
/*
 * Packets out of what a capture is told, and what `fwctl capture` says of them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/datapath/frame.h"
#include "tools/fwctl/format_capture.h"

#define MAC_IN 1

static const struct capture_record forwarded[] = {
	{.time_ns = 10,
	 .packet = 1,
	 .generation = 3,
	 .ifindex = {4, 5},
	 .form = CAPTURE_BEFORE,
	 .flags = CAPTURE_R_MORE},
	{.time_ns = 11,
	 .packet = 1,
	 .generation = 3,
	 .ifindex = {4, 5},
	 .reason = PH_FORWARD,
	 .form = CAPTURE_AFTER},
};

static const struct capture_names names = {
	.in = "outside",
	.out = "inside",
	.rule = {{"outside_in", 2, "access-list outside_in extended permit ip any any"}},
};

struct shown {
	struct join_packet packet[8]; /* without their bytes */
	bool has[8][JOIN_N_FORMS];
	size_t n;
	char line[8][512];
	char json[8][1024];
	char comment[8][512];
	struct capture_names names;
};

static void copy(char *to, size_t size, struct strbuf *text)
{
	assert_false(text->failed);
	assert_true(text->len < size);
	memcpy(to, text->data, text->len + 1);
	strbuf_reset(text);
}

static int note(const struct join_packet *packet, void *arg)
{
	struct shown *shown = arg;
	struct strbuf text = {0};
	size_t i = shown->n++;

	assert_true(i < 8);
	shown->packet[i] = *packet;
	for (int form = 0; form < JOIN_N_FORMS; form++)
		shown->has[i][form] = packet->frame[form].bytes != NULL;
	format_capture_line(&text, packet, &shown->names, "12:00:00");
	copy(shown->line[i], sizeof(shown->line[i]), &text);
	format_capture_json(&text, packet, &shown->names, 1.5);
	copy(shown->json[i], sizeof(shown->json[i]), &text);
	format_capture_comment(&text, packet, &shown->names, JOIN_AFTER);
	copy(shown->comment[i], sizeof(shown->comment[i]), &text);
	strbuf_free(&text);
	return 0;
}

static void tell(struct join *join, int cpu, struct capture_record record,
		 const struct frame *frame)
{
	__u8 bytes[FRAME_MAX_BYTES] = {0};

	if (frame)
		record.frame_bytes = (__u32)frame_build(frame, MAC_IN, bytes);
	if (!record.kept_bytes || record.kept_bytes > record.frame_bytes)
		record.kept_bytes = record.frame_bytes;
	assert_int_equal(join_add(join, cpu, &record, bytes), 0);
}

static const struct frame syn = {.proto = IPPROTO_TCP,
				 .src = "198.51.100.1",
				 .dst = "203.0.113.10",
				 .sport = 40000,
				 .dport = 80,
				 .flags = 2};
static const struct frame syn_after = {.proto = IPPROTO_TCP,
				       .src = "198.51.100.1",
				       .dst = "10.0.0.10",
				       .sport = 40000,
				       .dport = 80,
				       .flags = 2};

static void take_all(struct join *join, struct shown *shown, uint64_t until_ns)
{
	shown->n = 0;
	assert_int_equal(join_take(join, until_ns, note, shown), 0);
}

/* ---- joining ----------------------------------------------------------------------- */

static void both_forms_are_one_packet(void **state)
{
	struct join *join = join_new();
	struct shown shown = {.names = names};

	(void)state;
	tell(join, 0, forwarded[0], &syn);
	take_all(join, &shown, UINT64_MAX - 1);
	assert_int_equal(shown.n, 0); /* its verdict is not there yet */
	tell(join, 0, forwarded[1], &syn_after);
	take_all(join, &shown, UINT64_MAX - 1);
	assert_int_equal(shown.n, 1);
	assert_true(shown.has[0][JOIN_BEFORE] && shown.has[0][JOIN_AFTER]);
	assert_int_equal(join_time_ns(&shown.packet[0]), 10);
	join_free(join);
}

static void packets_of_other_cpus_come_between(void **state)
{
	struct capture_record late = forwarded[1], other = forwarded[1];
	struct join *join = join_new();
	struct shown shown = {.names = names};

	(void)state;
	late.time_ns = 30;
	other.time_ns = 20;
	other.packet = 1;
	tell(join, 1, other, &syn_after);
	tell(join, 0, forwarded[0], &syn);
	tell(join, 0, late, &syn_after);
	take_all(join, &shown, 15);
	assert_int_equal(shown.n, 1); /* the other one is too young */
	assert_int_equal(join_time_ns(&shown.packet[0]), 10);
	take_all(join, &shown, 25);
	assert_int_equal(shown.n, 1);
	assert_int_equal(join_time_ns(&shown.packet[0]), 20);
	join_free(join);
}

static void a_lost_verdict_is_not_guessed(void **state)
{
	struct capture_record next = forwarded[0];
	struct join *join = join_new();
	struct shown shown = {.names = names};

	(void)state;
	next.packet = 2;
	tell(join, 0, forwarded[0], &syn);
	tell(join, 0, next, &syn);
	take_all(join, &shown, UINT64_MAX);
	assert_int_equal(shown.n, 2);
	assert_true(shown.packet[0].undecided && shown.packet[1].undecided);
	assert_non_null(strstr(shown.line[0], ": unknown"));
	join_free(join);
}

static void an_end_without_its_beginning_is_nothing(void **state)
{
	struct capture_record end = forwarded[1];
	struct join *join = join_new();
	struct shown shown = {.names = names};

	(void)state;
	end.form = CAPTURE_END;
	tell(join, 0, end, NULL);
	take_all(join, &shown, UINT64_MAX);
	assert_int_equal(shown.n, 0);
	join_free(join);
}

static void the_end_brings_the_verdict(void **state)
{
	struct capture_record end = forwarded[1];
	struct join *join = join_new();
	struct shown shown = {.names = names};

	(void)state;
	end.form = CAPTURE_END;
	end.reason = PH_DROP_FTP_SEGMENT;
	shown.names.reason = "ftp-segment";
	tell(join, 0, forwarded[0], &syn);
	tell(join, 0, end, NULL);
	take_all(join, &shown, UINT64_MAX);
	assert_int_equal(shown.n, 1);
	assert_true(shown.has[0][JOIN_BEFORE] && !shown.has[0][JOIN_AFTER]);
	assert_int_equal(capture_cause(&shown.packet[0]), PH_DROP_FTP_SEGMENT);
	assert_non_null(strstr(shown.line[0], ": drop ftp-segment"));
	join_free(join);
}

static void an_answer_keeps_why_it_was_due(void **state)
{
	struct capture_record before = forwarded[0], after = forwarded[1];
	struct join *join = join_new();
	struct shown shown = {.names = names};

	(void)state;
	before.reason = PH_DROP_TTL_EXPIRED;
	after.reason = PH_REPLY;
	shown.names.reason = "ttl-expired";
	tell(join, 0, before, &syn);
	tell(join, 0, after, &syn_after);
	take_all(join, &shown, UINT64_MAX);
	assert_int_equal(capture_cause(&shown.packet[0]), PH_DROP_TTL_EXPIRED);
	assert_non_null(strstr(shown.line[0], ": reply ttl-expired"));
	join_free(join);
}

static int stop(const struct join_packet *packet, void *arg)
{
	(void)packet;
	++*(int *)arg;
	return 7;
}

static void walks_end_where_they_are_told_to(void **state)
{
	struct capture_record single = forwarded[1];
	struct join *join = join_new();
	struct shown shown = {.names = names};
	int calls = 0;

	(void)state;
	tell(join, 0, single, &syn);
	single.packet = 2;
	tell(join, 0, single, &syn);
	assert_int_equal(join_take(join, UINT64_MAX, stop, &calls), 7);
	assert_int_equal(calls, 1);
	take_all(join, &shown, UINT64_MAX);
	assert_int_equal(shown.n, 1);
	join_free(join);
}

/* ---- the frame on the wire --------------------------------------------------------- */

#define ETHERNET "\1\1\1\1\1\1\2\2\2\2\2\2"

static void assert_wire(const struct capture_record *record, const char *bytes,
			const char *want, size_t want_len)
{
	unsigned char out[64];

	assert_int_equal(join_wire(record, (const unsigned char *)bytes, out), want_len);
	assert_memory_equal(out, want, want_len);
}

static void a_tag_beside_the_frame_comes_in(void **state)
{
	const struct capture_record record = {
		.kept_bytes = 16, .tag_proto = htons(0x8100), .tag_tci = 0x6123};

	(void)state;
	assert_wire(&record,
		    ETHERNET "\x08\x00"
			     "ip",
		    ETHERNET "\x81\x00\x61\x23\x08\x00ip", 20);
}

static void ethernet_becomes_that_of_the_way_out(void **state)
{
	struct capture_record record = {.kept_bytes = 20,
					.flags = CAPTURE_R_LINK,
					.mac = {{3, 3, 3, 3, 3, 3}, {4, 4, 4, 4, 4, 4}}};
	static const char tagged[] = ETHERNET "\x81\x00\x00\x05\x08\x00ip";

	(void)state;
	assert_wire(&record, tagged, "\3\3\3\3\3\3\4\4\4\4\4\4\x08\x00ip", 16);
	record.vlan[0] = 10;
	assert_wire(&record, tagged, "\3\3\3\3\3\3\4\4\4\4\4\4\x81\x00\x00\x0a\x08\x00ip",
		    20);
	record.vlan[1] = 40;
	assert_wire(&record, tagged,
		    "\3\3\3\3\3\3\4\4\4\4\4\4\x88\xa8\x00\x0a\x81\x00\x00\x28\x08\x00ip",
		    24);
}

static void what_is_cut_short_stays_as_it_is(void **state)
{
	const struct capture_record record = {.kept_bytes = 13, .flags = CAPTURE_R_LINK};

	(void)state;
	assert_wire(&record, ETHERNET "\x08", ETHERNET "\x08", 13);
}

/* ---- words ------------------------------------------------------------------------- */

static void a_translated_packet_in_words(void **state)
{
	struct join *join = join_new();
	struct shown shown = {.names = names};

	(void)state;
	tell(join, 0, forwarded[0], &syn);
	tell(join, 0, forwarded[1], &syn_after);
	take_all(join, &shown, UINT64_MAX);
	assert_string_equal(shown.line[0],
			    "12:00:00 outside > inside TCP 198.51.100.1:40000 -> "
			    "203.0.113.10:80 (SYN), 54 bytes: forward as "
			    "198.51.100.1:40000 -> 10.0.0.10:80; outside_in line 2");
	assert_string_equal(shown.comment[0],
			    "verdict=forward form=after in=outside out=inside hook=tc "
			    "generation=3 list=outside_in line=2 rule=\"access-list "
			    "outside_in extended permit ip any any\"");
	assert_string_equal(
		shown.json[0],
		"{\"schema\": \"pinhole.capture/1\", \"time\": 1.500000, "
		"\"verdict\": \"forward\", \"in\": \"outside\", \"out\": \"inside\", "
		"\"hook\": \"tc\", \"generation\": 3, \"bytes\": 54, "
		"\"protocol\": \"TCP\", \"ends\": {\"source\": \"198.51.100.1\", "
		"\"destination\": \"203.0.113.10\", \"source_port\": 40000, "
		"\"destination_port\": 80}, \"tcp_flags\": \"SYN\", "
		"\"translated\": {\"source\": \"198.51.100.1\", "
		"\"destination\": \"10.0.0.10\", \"source_port\": 40000, "
		"\"destination_port\": 80}, \"rule\": {\"access_list\": \"outside_in\", "
		"\"line\": 2, \"rule\": \"access-list outside_in extended permit ip any "
		"any\"}}");
	join_free(join);
}

static void a_drop_says_why(void **state)
{
	struct capture_record drop = {.packet = 1,
				      .generation = 3,
				      .reason = PH_DROP_ACL_DENY,
				      .form = CAPTURE_BEFORE,
				      .flags = CAPTURE_R_XDP};
	struct join *join = join_new();
	struct shown shown = {.names = {.in = "dmz",
					.reason = "acl-deny",
					.help = "a deny line matched",
					.rule = {{NULL, 0, NULL}, {"out\"", 7, NULL}}}};

	(void)state;
	tell(join, 0, drop, &syn);
	take_all(join, &shown, UINT64_MAX);
	assert_string_equal(shown.line[0],
			    "12:00:00 dmz > self TCP 198.51.100.1:40000 -> "
			    "203.0.113.10:80 (SYN), 54 bytes: drop acl-deny (a deny line "
			    "matched); out\" line 7");
	assert_string_equal(shown.comment[0],
			    "verdict=drop reason=acl-deny form=after in=dmz hook=xdp "
			    "generation=3 list-out=out\" line-out=7\na deny line "
			    "matched");
	assert_non_null(strstr(shown.json[0], "\"verdict\": \"drop\", \"reason\": "
					      "\"acl-deny\", \"in\": \"dmz\", \"hook\""));
	assert_non_null(strstr(shown.json[0],
			       "\"rule_out\": {\"access_list\": \"out\\\"\", "
			       "\"line\": 7}}"));
	join_free(join);
}

/* Every verdict has a word of its own. */
static void verdicts_in_a_word(void **state)
{
	static const struct {
		uint16_t reason;
		uint8_t flags;
		const char *word;
	} rows[] = {
		{PH_FORWARD, 0, "forward"},
		{PH_BY_STACK, 0, "fragment"},
		{PH_TO_BOX, 0, "to-box"},
		{PH_REPLY, 0, "reply"},
		{PH_NEXT, CAPTURE_R_OWN, "own"},
		{PH_DROP_UNJUDGED, CAPTURE_R_OWN, "drop"},
		{PH_DROP_FTP_ENDED, CAPTURE_R_RESET, "reset"},
		{PH_DROP_FTP_ENDED, 0, "drop"},
		{PH_NEXT, 0, "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct join_packet packet = {
			.record = {.reason = rows[i].reason, .flags = rows[i].flags}};

		assert_string_equal(capture_verdict(&packet), rows[i].word);
	}
}

static void what_is_no_ip_has_no_ends(void **state)
{
	static const struct frame arp = {
		.ethertype = ETH_P_ARP, .src = "198.51.100.1", .dst = "203.0.113.10"};
	struct capture_record record = forwarded[1];
	struct join *join = join_new();
	struct shown shown = {.names = names};

	(void)state;
	record.reason = PH_REPLY;
	tell(join, 0, record, &arp);
	record.packet = 2;
	record.kept_bytes = 20; /* cut within the IP header */
	record.form = CAPTURE_BEFORE;
	tell(join, 0, record, &syn);
	take_all(join, &shown, UINT64_MAX);
	assert_non_null(strstr(shown.line[0], " ARP, 42 bytes: reply"));
	assert_non_null(strstr(shown.json[0], "\"protocol\": \"ARP\""));
	assert_null(strstr(shown.json[0], "\"ends\""));
	assert_non_null(strstr(shown.line[1], " frame of 54 bytes: "));
	assert_non_null(strstr(shown.json[1], "\"bytes\": 54, \"protocol\": \"other\""));
	join_free(join);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_are_one_packet),
		cmocka_unit_test(packets_of_other_cpus_come_between),
		cmocka_unit_test(a_lost_verdict_is_not_guessed),
		cmocka_unit_test(an_end_without_its_beginning_is_nothing),
		cmocka_unit_test(the_end_brings_the_verdict),
		cmocka_unit_test(an_answer_keeps_why_it_was_due),
		cmocka_unit_test(walks_end_where_they_are_told_to),
		cmocka_unit_test(a_tag_beside_the_frame_comes_in),
		cmocka_unit_test(ethernet_becomes_that_of_the_way_out),
		cmocka_unit_test(what_is_cut_short_stays_as_it_is),
		cmocka_unit_test(a_translated_packet_in_words),
		cmocka_unit_test(a_drop_says_why),
		cmocka_unit_test(verdicts_in_a_word),
		cmocka_unit_test(what_is_no_ip_has_no_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
