// SPDX-License-Identifier: GPL-2.0
/*
 * test_ftp_commit.c - an announcement under translation arrives translated,
 * however its stream is cut, repeated, lost and acknowledged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ftp_stream_model.h"

static const struct host hosts[] = {
	{"10.0.0.10",
	 "203.0.113.110",
	 false,
	 {"NOOP\r\n", "PORT 10,0,0,10,200,10\r\n", "EPRT |1|10.0.0.10|51210|\r\n",
	  "PORT 010,0,000,10,4,1\r\n", "USER PORT 10,0,0,10,200,10\r\n", "\r\n",
	  "PORT 92,0,2,1,200,10\r\n", "PORT 203,0,113,110,200,10\r\n"},
	 {"NOOP\r\n", "PORT 203,0,113,110,200,10\r\n", "EPRT |1|203.0.113.110|51210|\r\n",
	  "PORT 203,0,113,110,4,1\r\n", "USER PORT 10,0,0,10,200,10\r\n", "\r\n",
	  "PORT 92,0,2,1,200,10\r\n", "PORT 203,0,113,110,200,10\r\n"}},
	/* The mapped text is shorter, and the beginning of either is the other's. */
	{"192.168.100.110",
	 "192.168.100.1",
	 true,
	 {"220 hello 192,168\r\n",
	  "227 Entering Passive Mode (192,168,100,110,200,10).\r\n",
	  "227 =192,168,100,110,4,1\r\n", "229 Extended (|||51210|)\r\n",
	  "227 Entering Passive Mode (192,168,100,1,200,10).\r\n",
	  "227-text 192,168,100,110,4,1\r\n227 192,168,100,110,4,1\r\n",
	  "227 Logout.\r\n", "227 8 tries (192,168,100,110,200,10)\r\n"},
	 {"220 hello 192,168\r\n",
	  "227 Entering Passive Mode (192,168,100,1,200,10).\r\n",
	  "227 =192,168,100,1,4,1\r\n", "229 Extended (|||51210|)\r\n",
	  "227 Entering Passive Mode (192,168,100,1,200,10).\r\n",
	  "227-text 192,168,100,110,4,1\r\n227 192,168,100,1,4,1\r\n", "227 Logout.\r\n",
	  "227 8 tries (192,168,100,1,200,10)\r\n"}},
	{"2001:db8:1::10",
	 "2001:1db8:eeee:1111:2222:3333:4444:5555",
	 false,
	 {"NOOP\r\n", "EPRT |2|2001:db8:1::10|51210|\r\n",
	  "EPRT |2|2001:0DB8:0001:0000:0:0:0:0010|51210|\r\n",
	  "EPRT !2!2001:db8:1::0.0.0.16!1025!\r\n",
	  "EPRT |2|2001:db8:1:0:0:0:0.0.0.16|1025|\r\n", "EPSV\r\n",
	  "EPRT |2|fe80::1|51210|\r\n",
	  "EPRT |2|2001:1db8:eeee:1111:2222:3333:4444:5555|1025|\r\n"},
	 {"NOOP\r\n", "EPRT |2|2001:1db8:eeee:1111:2222:3333:4444:5555|51210|\r\n",
	  "EPRT |2|2001:1db8:eeee:1111:2222:3333:4444:5555|51210|\r\n",
	  "EPRT !2!2001:1db8:eeee:1111:2222:3333:4444:5555!1025!\r\n",
	  "EPRT |2|2001:1db8:eeee:1111:2222:3333:4444:5555|1025|\r\n", "EPSV\r\n",
	  "EPRT |2|fe80::1|51210|\r\n",
	  "EPRT |2|2001:1db8:eeee:1111:2222:3333:4444:5555|1025|\r\n"}},
	{"2001:db8:a:b:c:d:c0a8:6e01",
	 "2001:db8::a",
	 false,
	 {"NOOP\r\n", "EPRT |2|2001:db8:a:b:c:d:c0a8:6e01|51210|\r\n",
	  "EPRT |2|2001:db8:a:b:c:d:192.168.110.1|51210|\r\n", "\r\n", "\r\n", "\r\n",
	  "\r\n", "\r\n"},
	 {"NOOP\r\n", "EPRT |2|2001:db8::a|51210|\r\n", "EPRT |2|2001:db8::a|51210|\r\n",
	  "\r\n", "\r\n", "\r\n", "\r\n", "\r\n"}},
};
#define N_HOSTS (sizeof(hosts) / sizeof(hosts[0]))

/* ---- the promises ---- */

/* [0, a), [a, b), [b, end), each acknowledged or not; then all of it again. */
static void check_cuts(const struct host *h, size_t n)
{
	__u32 len = strlen(h->lines[n]);
	struct segment out;

	for (__u32 a = 0; a <= len; a++) {
		for (__u32 c = a; c <= len; c++) {
			struct box b = box_of(h, h->lines[n]);
			struct receiver r = {.next = 0};
			const __u32 ends[] = {a, c, len};

			for (__u32 i = 0, at = 0; i < 3; at = ends[i++]) {
				if (ends[i] == at)
					continue;
				assert_true(box_pass(&b, at, ends[i] - at, &out));
				assert_true(out.len > 0);
				receive(&r, &out);
				assert_int_equal(acknowledge(&b, &r), ends[i]);
			}
			arrived(&r, h->changed[n]);
			assert_true(box_pass(&b, 0, len, &out));
			receive(&r, &out);
			for (__u32 at = 0; at < len; at++) {
				assert_true(box_pass(&b, at, 1, &out));
				receive(&r, &out);
			}
			arrived(&r, h->changed[n]);
		}
	}
}

static void test_line_cut_twice_anywhere_arrives_translated(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_HOSTS; i++)
		for (size_t n = 0; n < 8; n++)
			check_cuts(&hosts[i], n);
}

/* A sender that waits for each acknowledgement gets it. */
static void test_typing_byte_by_byte_never_stalls(void **state)
{
	struct segment out;

	(void)state;
	for (size_t i = 0; i < N_HOSTS * 8ul; i++) {
		const struct host *h = &hosts[i / 8];
		struct box b = box_of(h, h->lines[i % 8]);
		struct receiver r = {.next = 0};

		for (__u32 at = 0; at < b.text_len; at++) {
			assert_true(box_pass(&b, at, 1, &out));
			assert_true(out.len > 0);
			receive(&r, &out);
			assert_int_equal(acknowledge(&b, &r), at + 1);
		}
		arrived(&r, h->changed[i % 8]);
	}
}

static void append(char *to, size_t size, const char *text)
{
	size_t len = strlen(to);

	snprintf(to + len, size - len, "%s", text);
}

/* Lines at random. */
static void compose(const struct host *h, char *text, char *want)
{
	size_t n = 20 + random_below(40);

	*text = *want = '\0';
	while (n--) {
		size_t i = random_below(8);

		if (strlen(text) + 128 > TEXT_MAX)
			break;
		append(text, TEXT_MAX, h->lines[i]);
		append(want, OUT_MAX, h->changed[i]);
	}
}

/* The stream through the box, with losses on both sides of it, repetitions cut
 * anew, packets that overtake each other, and acknowledgements that get lost. */
static unsigned int converse(struct box *b, struct receiver *r, __u32 longest)
{
	static struct segment late;
	struct segment out;
	__u32 una = 0, rounds;
	bool has_late = false;

	for (rounds = 0; una < b->text_len && rounds < 200000; rounds++) {
		__u32 ahead = b->next - FIRST - una;
		__u32 at = una + random_below(random_below(4) ? 1 : ahead + 1);
		__u32 len = 1 + random_below(longest);

		if (random_below(2))
			at = b->next - FIRST;
		if (at + len > b->text_len)
			len = b->text_len - at;
		if (!len || !box_pass(b, at, len, &out)) {
			una = acknowledge(b, r);
			continue;
		}
		if (!random_below(4)) {
			late = out;
			has_late = true;
		} else {
			receive(r, &out);
		}
		if (has_late && !random_below(3)) {
			receive(r, &late);
			has_late = random_below(2);
		}
		if (!random_below(3))
			una = acknowledge(b, r);
	}
	assert_int_equal(una, b->text_len);
	return rounds;
}

static void test_random_streams_arrive_translated(void **state)
{
	static char text[TEXT_MAX], want[OUT_MAX];
	static const __u32 longest[] = {1, 3, 20, 200, 1400};
	unsigned int guessed = 0, cuts = 0;

	(void)state;
	for (unsigned int n = 0; n < 400; n++) {
		const struct host *h = &hosts[n % N_HOSTS];
		struct receiver r = {.next = 0};
		struct box b;

		random_state = n + 1;
		compose(h, text, want);
		b = box_of(h, text);
		if (n & 1)
			b.limit = 1400;
		converse(&b, &r, longest[n % 5]);
		arrived(&r, want);
		guessed += b.guessed;
		cuts += b.cuts;
	}
	assert_true(guessed > 1000 && cuts > 20);
}

/* Five hundred at once: sixteen fit, and then sixteen more. */
static void test_more_lines_than_spans_get_through_in_turn(void **state)
{
	static char text[180 * 32ul], want[180 * 32ul];
	const struct host *h = &hosts[0];
	__u32 una = 0, rounds = 0;
	struct segment out;
	static struct receiver r;
	struct box b;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (int i = 0; i < 180; i++) {
		append(text, sizeof(text), h->lines[1]);
		append(want, sizeof(want), h->changed[1]);
	}
	b = box_of(h, text);
	while (una < b.text_len) {
		assert_true(box_pass(&b, una, b.text_len - una, &out));
		receive(&r, &out);
		una = acknowledge(&b, &r);
		rounds++;
	}
	arrived(&r, want);
	assert_int_equal(rounds, (180 + FTP_MAX_SPANS - 1) / FTP_MAX_SPANS);
	assert_int_equal(b.announced, 180);
}

static void test_packet_without_room_is_cut_before_the_address(void **state)
{
	static const char line[] = "PORT 10,0,0,10,200,10\r\n";
	struct segment out;

	(void)state;
	for (__u32 to = 1; to < sizeof(line); to++) {
		struct box b = box_of(&hosts[0], line);

		b.stream.count = FTP_MAX_SPANS;
		for (__u32 i = 0; i < FTP_MAX_SPANS; i++)
			b.stream.span[i] = (struct ftp_span){
				.seq = FIRST - 200 + 10 * i, .old_len = 2, .new_len = 2};
		b.stream.acked = FIRST - 200;
		assert_true(box_pass(&b, 0, to, &out));
		assert_int_equal(b.next - FIRST, to > 5 ? 5 : to);
		assert_int_equal(out.len, to > 5 ? 5 : to);
		if (to <= 5)
			continue;
		assert_false(box_pass(&b, 5, to - 5, &out));
		b.stream.acked = FIRST;
		assert_true(box_pass(&b, 5, to - 5, &out));
		assert_int_equal(b.next - FIRST, to);
	}
}

/* It grows by four, whether the line is whole or not. */
static void test_packet_that_would_outgrow_its_limit_is_cut(void **state)
{
	static const char text[] = "NOOP\r\nPORT 10,0,0,10,200,10\r\nNOOP\r\n";
	static const char want[] = "NOOP\r\nPORT 203,0,113,110,200,10\r\nNOOP\r\n";
	const __u32 address = 11, line_end = 29;
	struct segment out;

	(void)state;
	for (__u32 to = address + 8; to < sizeof(text); to++) {
		for (__u32 limit = to; limit <= to + 6; limit++) {
			struct box b = box_of(&hosts[0], text);
			struct receiver r = {.next = 0};
			__u32 growth = to == address + 8 ? 5 : 4;
			__u32 passes = limit >= to + growth ? to : limit - growth;

			if (passes < to && passes < (to < line_end ? to : line_end))
				passes = address;
			b.limit = (__s32)limit;
			assert_true(box_pass(&b, 0, to, &out));
			assert_int_equal(b.next - FIRST, passes);
			assert_true(out.len <= limit);
			receive(&r, &out);
			for (__u32 at = passes; at < b.text_len; at = b.next - FIRST) {
				b.limit = UNLIMITED;
				assert_true(box_pass(&b, at, b.text_len - at, &out));
				receive(&r, &out);
			}
			arrived(&r, want);
		}
	}
}

/* A foreign address: what the guess took stays taken, the rest arrives, nothing
 * is announced. A number in free text: the address behind it counts. */
static void test_wrong_guesses_cost_no_byte_of_the_rest(void **state)
{
	static const struct {
		const char *line;
		const char *arrives;
		__u32 cut;
		unsigned int announced;
	} rows[] = {
		{"PORT 10,0,0,11,200,10\r\n", "PORT 203,0,113,1101,200,10\r\n", 13, 0},
		{"PORT 10,0,0,11,200,10\r\n", "PORT 10,0,0,11,200,10\r\n", 14, 0},
		{"PORT 10,0,0,1,200,10\r\n", "PORT 203,0,113,110,200,10\r\n", 13, 0},
		{"PORT 1000,0,0,1,2\r\n", "PORT 203,0,113,11000,0,0,1,2\r\n", 6, 0},
		{"PORT 1x\r\n", "PORT 203,0,113,110x\r\n", 6, 0},
		{"PORT 1\r\n", "PORT 203,0,113,110\r\n", 6, 0},
		{"PORT 10,0,0,10,200\r\n", "PORT 203,0,113,110,200\r\n", 6, 0},
		{"EPRT |1|10.0.0.10,1|\r\n", "EPRT |1|203.0.113.110,1|\r\n", 9, 0},
	};
	static const struct {
		__u32 cut;
		const char *arrives;
	} free_text[] = {
		{5, "227 192,168,100,1 of 7 (192,168,100,1,200,10)\r\n"},
		{7, "227 1 of 7 (192,168,100,1,200,10)\r\n"},
	};
	static const char line[] = "227 1 of 7 (192,168,100,110,200,10)\r\n";
	struct segment out;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct box b = box_of(&hosts[0], rows[i].line);
		struct receiver r = {.next = 0};

		assert_true(box_pass(&b, 0, rows[i].cut, &out));
		receive(&r, &out);
		assert_true(box_pass(&b, rows[i].cut, b.text_len - rows[i].cut, &out));
		receive(&r, &out);
		assert_int_equal(acknowledge(&b, &r), b.text_len);
		assert_true(box_pass(&b, 0, b.text_len, &out));
		receive(&r, &out);
		arrived(&r, rows[i].arrives);
		assert_int_equal(b.announced, rows[i].announced);
	}
	for (size_t i = 0; i < sizeof(free_text) / sizeof(free_text[0]); i++) {
		struct box b = box_of(&hosts[1], line);
		struct receiver r = {.next = 0};

		for (__u32 at = 0, to; at < b.text_len; at = to) {
			to = at ? b.text_len : free_text[i].cut;
			assert_true(box_pass(&b, at, to - at, &out));
			receive(&r, &out);
		}
		arrived(&r, free_text[i].arrives);
		assert_int_equal(b.announced, 1);
	}
}

/* Rewound, the scanner stands where it stood before the address's first byte. */
static void test_rewound_line_is_as_before_its_address(void **state)
{
	static const struct {
		const char *line;
		__u32 first;
	} rows[] = {
		{"PORT 10,0,0,10,200,10\r\n", 5},
		{"EPRT |1|10.0.0.10|51210|\r\n", 8},
		{"EPRT |2|2001:db8::1:2|51210|\r\n", 8},
		{"EPRT |2|::1:10.0.0.1|51210|\r\n", 8},
		{"227 Entering Passive Mode (10,0,0,10,200,10).\r\n", 27},
		{"227 10,0,0,10,200,10 text\r\n", 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		__u32 len = strlen(rows[i].line);
		bool server = rows[i].line[0] == '2';
		struct ftp_line before = {.multi = 0}, l;

		for (__u32 at = 0; at < rows[i].first; at++)
			ftp_line_feed(&before, rows[i].line[at], FIRST + at, server);
		l = before;
		before.span_seq = 0;
		for (__u32 at = rows[i].first; at < len; at++) {
			struct ftp_line rewound;

			ftp_line_feed(&l, rows[i].line[at], FIRST + at, server);
			rewound = l;
			ftp_line_rewind(&rewound, FIRST + at + 1);
			rewound.span_seq = 0;
			assert_memory_equal(&rewound, &before, sizeof(before));
		}
	}
}

static void test_numbers_lead_only_where_they_can(void **state)
{
	(void)state;
	for (__u32 whole = 0; whole < 256; whole++) {
		for (__u32 digits = 1; digits <= 3; digits++) {
			for (__u32 n = 0; n < 1000; n++) {
				bool leads = n == whole;

				if (digits < 3)
					leads = leads || n == whole / 10;
				if (digits < 2)
					leads = leads || n == whole / 100;
				assert_int_equal(
					ftp_number_leads_to(n, 3 - digits, 10, whole),
					leads);
			}
		}
	}
}

/* What keeps a connection alive draws its answer also where a text was absorbed. */
static void test_probe_from_inside_a_text_is_old_to_the_receiver(void **state)
{
	struct ftp_stream s = {};

	(void)state;
	ftp_stream_add(&s, 100, 9, 12, FTP_SPAN_COMMAS);
	assert_int_equal(ftp_stream_repeats(&s, 108, 0), 1);
	assert_int_equal(ftp_stream_repeats(&s, 108, 1), 1);
	assert_int_equal(ftp_stream_repeats(&s, 109, 0), 0);
	assert_int_equal(ftp_stream_repeats(&s, 100, 0), 0);
	assert_int_equal(ftp_stream_repeats(&s, 100, 9), 0);
	assert_int_equal(ftp_stream_repeats(&s, 101, 8), 1);
	assert_int_equal(ftp_stream_repeats(&s, 101, 9), 0);
	ftp_stream_add(&s, 200, 9, 9, FTP_SPAN_MASK);
	assert_int_equal(ftp_stream_repeats(&s, 203, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_cut_twice_anywhere_arrives_translated),
		cmocka_unit_test(test_typing_byte_by_byte_never_stalls),
		cmocka_unit_test(test_random_streams_arrive_translated),
		cmocka_unit_test(test_more_lines_than_spans_get_through_in_turn),
		cmocka_unit_test(test_packet_without_room_is_cut_before_the_address),
		cmocka_unit_test(test_packet_that_would_outgrow_its_limit_is_cut),
		cmocka_unit_test(test_wrong_guesses_cost_no_byte_of_the_rest),
		cmocka_unit_test(test_rewound_line_is_as_before_its_address),
		cmocka_unit_test(test_numbers_lead_only_where_they_can),
		cmocka_unit_test(test_probe_from_inside_a_text_is_old_to_the_receiver),
	};

	return cmocka_run_group_tests_name("ftp_commit", tests, NULL, NULL);
}
