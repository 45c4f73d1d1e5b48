// SPDX-License-Identifier: GPL-2.0
/*
 * test_ftp_stream.c - sequence numbers, repeated segments and SACK blocks stay
 * true when texts in the stream were replaced by longer or shorter ones.
 *
 * A stream of STREAM_BYTES is rewritten as a whole; every segment of it must
 * then be rewritten to just the bytes that the whole has in its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/ftp_stream.h"
#include "bpf/ftp_text.h"
#include "tests/unit/ftp_test.h"

#define STREAM_BYTES 120
#define CHANGED_MAX  512

/* Announced instead of whatever stood there. */
static const char *const mapped_texts[] = {
	"203.0.113.10",
	"2001:db8:1234:5678:9abc:def0:1234:5678",
	"2001:db8::a",
};
#define N_MAPPED (sizeof(mapped_texts) / sizeof(mapped_texts[0]))

struct world {
	__u32 first; /* sequence number of the first byte, both counts */
	struct ph_addr mapped;
	__u8 original[STREAM_BYTES];
	__u8 changed[CHANGED_MAX];
	__u32 changed_len;
	struct ftp_stream stream;
};

/* Rewrite len bytes at offset as the datapath does; the result's length. */
static __u32 rewrite(const struct world *w, __u32 offset, __u32 len, __u8 *out)
{
	__u32 done = 0, at = 0;
	struct ftp_piece piece;
	struct ftp_text text;
	__u8 source[STREAM_BYTES];

	memcpy(source, w->original, sizeof(source));
	for (__u32 i = 0, from, to; i < FTP_MAX_SPANS; i++)
		if (ftp_stream_masked(&w->stream, i, w->first + offset, len, &from, &to))
			memset(source + offset + from, '*', to - from);
	for (__u32 i = 0;
	     ftp_stream_piece(&w->stream, i, w->first + offset, len, &done, &piece);
	     i++) {
		assert_true(piece.from <= piece.to && piece.to <= len);
		memcpy(out + at, source + offset + piece.from, piece.to - piece.from);
		at += piece.to - piece.from;
		if (!piece.has_text)
			continue;
		assert_int_equal(
			ftp_address_text(&text, &w->mapped, w->stream.span[i].kind),
			w->stream.span[i].new_len);
		memcpy(out + at, text.byte, text.len);
		at += text.len;
	}
	if (done < len) {
		memcpy(out + at, source + offset + done, len - done);
		at += len - done;
	}
	return at;
}

/* Spans of 2 to 21 bytes: some shrink, some grow, one keeps its length, two
 * touch; and bytes 85 to 94 masked, and the last four. */
static void make_world(struct world *w, __u32 first, const char *mapped)
{
	static const struct {
		__u32 offset;
		__u32 len;
	} spans[] = {{5, 7}, {20, 12}, {38, 21}, {60, 9}, {69, 14}, {100, 2}};

	memset(w, 0, sizeof(*w));
	w->first = first;
	w->mapped = ftp_test_address(mapped);
	for (__u32 i = 0; i < STREAM_BYTES; i++)
		w->original[i] = 'a' + i % 26;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		for (__u32 at = 85; i == 5 && at < 95; at++)
			assert_true(ftp_stream_mask(&w->stream, first + at));
		ftp_stream_add(&w->stream, first + spans[i].offset, spans[i].len,
			       strlen(mapped), i % 2 ? FTP_SPAN_COMMAS : FTP_SPAN_DOTS);
	}
	for (__u32 at = STREAM_BYTES - 4; at < STREAM_BYTES; at++)
		assert_true(ftp_stream_mask(&w->stream, first + at));
	w->changed_len = rewrite(w, 0, STREAM_BYTES, w->changed);
}

static const __u32 firsts[] = {1, 0x7fffffc0, 0xffffffc0, 0xfffffff1};
#define N_FIRSTS (sizeof(firsts) / sizeof(firsts[0]))

static void for_each_world(void (*check)(const struct world *w))
{
	struct world w;

	for (size_t i = 0; i < N_FIRSTS * N_MAPPED; i++) {
		make_world(&w, firsts[i % N_FIRSTS], mapped_texts[i / N_FIRSTS]);
		check(&w);
	}
}

static void check_segments(const struct world *w)
{
	__u8 out[CHANGED_MAX];

	for (__u32 from = 0; from < STREAM_BYTES; from++) {
		for (__u32 to = from + 1; to <= STREAM_BYTES; to++) {
			__u32 at = ftp_stream_changed(&w->stream, w->first + from) -
				   w->first;
			__u32 end =
				ftp_stream_changed(&w->stream, w->first + to) - w->first;
			__u32 len = rewrite(w, from, to - from, out);

			assert_int_equal(end - at, len);
			assert_true(end <= w->changed_len);
			assert_memory_equal(out, w->changed + at, len);
		}
	}
}

static void test_any_segment_gets_the_same_bytes_in_the_same_place(void **state)
{
	(void)state;
	for_each_world(check_segments);
}

static void test_segments_touch_a_span_only_where_they_share_bytes(void **state)
{
	struct world w;

	(void)state;
	make_world(&w, 0xfffffff1, mapped_texts[0]);
	assert_false(ftp_stream_touches(&w.stream, w.first, 5));
	assert_true(ftp_stream_touches(&w.stream, w.first, 6));
	assert_true(ftp_stream_touches(&w.stream, w.first + 11, 1));
	assert_false(ftp_stream_touches(&w.stream, w.first + 12, 8));
	assert_false(ftp_stream_touches(&w.stream, w.first + 102, 14));
	/* A bare acknowledgement from inside a span has nothing to rewrite. */
	assert_false(ftp_stream_touches(&w.stream, w.first + 8, 0));
}

static void check_acknowledgements(const struct world *w)
{
	for (__u32 ack = 0; ack <= w->changed_len; ack++) {
		__u32 low = ftp_stream_original(&w->stream, w->first + ack, false);
		__u32 high = ftp_stream_original(&w->stream, w->first + ack, true);
		__u32 back = ftp_stream_changed(&w->stream, low) - w->first;
		__u32 above = ftp_stream_changed(&w->stream, high) - w->first;

		assert_true(back <= ack && ack <= above);
		assert_true(ftp_seq_diff(high, low) >= 0);
		if (low == high) /* not inside a text: exact */
			assert_int_equal(back, ack);
	}
	assert_int_equal(
		ftp_stream_original(&w->stream, w->first + w->changed_len, false),
		w->first + STREAM_BYTES);
}

/* What the receiver acknowledges, the sender may forget, and no more. */
static void test_acknowledgements_come_back_as_the_sender_counts(void **state)
{
	(void)state;
	for_each_world(check_acknowledgements);
}

static void check_behind(const struct world *w)
{
	const struct ftp_stream *s = &w->stream;
	__u32 gain = ftp_stream_gain(s);

	for (__u32 at = 0; at <= STREAM_BYTES; at++) {
		__u32 seq = w->first + at;

		if (!ftp_stream_is_behind(s, seq))
			continue;
		assert_int_equal(ftp_stream_changed(s, seq), seq + gain);
		assert_int_equal(ftp_stream_original(s, seq + gain, false), seq);
		assert_int_equal(ftp_stream_original(s, seq + gain, true), seq);
		assert_int_equal(ftp_stream_repeats(s, seq, 0), 0);
	}
	assert_true(ftp_stream_is_behind(s, w->first + STREAM_BYTES));
	if (s->count) {
		const struct ftp_span *last = &s->span[s->count - 1];

		assert_true(ftp_stream_is_behind(s, last->seq + last->old_len));
		assert_false(ftp_stream_is_behind(s, last->seq + last->old_len - 1));
	}
}

/* There both ends differ by one number, in either direction. */
static void test_behind_all_spans_the_numbers_differ_by_the_gain(void **state)
{
	(void)state;
	for_each_world(check_behind);
}

static void test_stream_without_spans_is_left_alone(void **state)
{
	struct ftp_stream s = {};

	(void)state;
	assert_true(ftp_stream_is_identity(&s));
	assert_int_equal(ftp_stream_changed(&s, 0xfffffffe), 0xfffffffe);
	assert_int_equal(ftp_stream_original(&s, 3, false), 3);
	ftp_stream_add(&s, 10, 5, 5, FTP_SPAN_COMMAS);
	assert_false(ftp_stream_is_identity(&s)); /* repeats must be rewritten */
}

/* Sixteen spans unacknowledged: no seventeenth. Acknowledged: the oldest goes,
 * and what is counted from it on does not change. */
static void test_oldest_span_is_forgotten_only_when_acknowledged(void **state)
{
	__u32 first = 0xffffff00, before;
	struct ftp_stream s = {};

	(void)state;
	for (__u32 i = 0; i < FTP_MAX_SPANS; i++) {
		assert_true(ftp_stream_has_room(&s));
		ftp_stream_add(&s, first + 50 * i, 9, 12, FTP_SPAN_COMMAS);
	}
	s.acked = first + 8;
	assert_false(ftp_stream_has_room(&s));
	ftp_stream_note_ack(&s, first + 9);
	assert_true(ftp_stream_has_room(&s));
	ftp_stream_note_ack(&s, first + 3); /* older: no step back */
	assert_true(ftp_stream_has_room(&s));

	before = ftp_stream_changed(&s, first + 60);
	ftp_stream_add(&s, first + 50 * FTP_MAX_SPANS, 9, 12, FTP_SPAN_COMMAS);
	assert_int_equal(s.count, FTP_MAX_SPANS);
	assert_int_equal(s.base, 3);
	assert_int_equal(ftp_stream_changed(&s, first + 60), before);
	assert_int_equal(ftp_stream_original(&s, before, false), first + 60);
	assert_int_equal(ftp_stream_changed(&s, first + 2000),
			 first + 2000 + 3 * (FTP_MAX_SPANS + 1));
	assert_false(ftp_stream_has_room(&s));
}

/* Adjacent bytes share a span, up to what one can say. */
static void test_masked_text_takes_few_spans(void **state)
{
	struct ftp_stream s = {};
	__u32 from, to, n;

	(void)state;
	for (n = 0; ftp_stream_mask(&s, 0xfffffff0 + n); n++)
		assert_int_equal(s.count, n / FTP_SPAN_LEN_MAX + 1);
	assert_int_equal(n, FTP_MAX_SPANS * FTP_SPAN_LEN_MAX);
	assert_int_equal(ftp_stream_changed(&s, 0xfffffff0 + 300), 0xfffffff0 + 300);
	assert_int_equal(ftp_stream_original(&s, 0xfffffff0 + 300, true),
			 0xfffffff0 + 300);
	assert_true(ftp_stream_masked(&s, 1, 0xfffffff0 + 250, 10, &from, &to));
	assert_int_equal(from, 5);
	assert_int_equal(to, 10);
	assert_false(ftp_stream_masked(&s, 2, 0xfffffff0 + 250, 10, &from, &to));
	s.acked = 0xfffffff0 + n;
	assert_true(ftp_stream_mask(&s, 0xfffffff0 + n));
	assert_int_equal(s.base, 0);
	ftp_stream_add(&s, 0xfffffff0 + n + 1, 9, 9, FTP_SPAN_COMMAS);
	assert_true(ftp_stream_mask(&s, 0xfffffff0 + n + 10)); /* no part of that one */
	assert_int_equal(s.span[s.count - 1].old_len, 1);
}

static void test_folding_keeps_negative_corrections(void **state)
{
	struct ftp_stream s = {};

	(void)state;
	ftp_stream_add(&s, 100, 15, 7, FTP_SPAN_COMMAS);
	ftp_stream_fold(&s);
	assert_int_equal(s.base, -8);
	assert_int_equal(s.count, 0);
	assert_int_equal(ftp_stream_changed(&s, 200), 192);
	assert_int_equal(ftp_stream_original(&s, 192, false), 200);
	assert_int_equal(ftp_stream_changed(&s, 3), 0xfffffffb);
}

/* A late duplicate from before a folded span ends where the receiver has been. */
static void test_duplicate_from_before_a_folded_span_reaches_nothing_new(void **state)
{
	__u32 acked_changed;
	struct world w;

	(void)state;
	make_world(&w, 0xffffffc0, mapped_texts[1]);
	for (__u32 acked = 12; acked <= STREAM_BYTES; acked++) {
		struct ftp_stream s = w.stream;

		ftp_stream_note_ack(&s, w.first + acked);
		acked_changed = ftp_stream_changed(&s, w.first + acked);
		ftp_stream_fold(&s);
		for (__u32 end = 0; end <= acked; end++)
			assert_true(ftp_seq_diff(ftp_stream_changed(&s, w.first + end),
						 acked_changed) <= 0);
	}
}

/* A control connection of gigabytes: the span goes before numbers wrap to it. */
static void test_span_is_forgotten_before_sequence_numbers_wrap(void **state)
{
	struct ftp_stream s = {};
	__u32 next = 1000;

	(void)state;
	ftp_stream_add(&s, next, 9, 12, FTP_SPAN_COMMAS);
	for (int i = 0; i < 100; i++) {
		next += 1u << 26;
		ftp_stream_age(&s, next);
		assert_int_equal(ftp_stream_changed(&s, next), next + 3);
	}
	assert_int_equal(s.count, 0);
}

static struct ftp_tcp header(const __u8 *options, size_t len)
{
	struct ftp_tcp tcp;

	memset(&tcp, 0xee, sizeof(tcp));
	memcpy(tcp.byte + 20, options, len);
	return tcp;
}

static void test_sack_blocks_are_translated_wherever_they_stand(void **state)
{
	static const __u8 options[40] = {
		1, 8,  10,  1, 2, 3,   4,  5, 6, 7,   8, /* NOP, timestamps */
		5, 26, 0,   0, 0, 110, 0,  0, 0, 120, 0,  0, 0, 130, 0,
		0, 0,  140, 0, 0, 0,   20, 0, 0, 0,   30, 1, 1, 0, /* three blocks, NOPs,
								      end */
	};
	struct ftp_stream s = {};
	struct ftp_tcp tcp = header(options, sizeof(options)), old = tcp;

	(void)state;
	ftp_stream_add(&s, 100, 9, 12, FTP_SPAN_COMMAS); /* changed: 100..112 */
	ftp_sack_original(&tcp, 60, &s);
	assert_int_equal(ftp_get_be32(tcp.byte + 33), 109); /* from inside: its end */
	assert_int_equal(ftp_get_be32(tcp.byte + 37), 117);
	assert_int_equal(ftp_get_be32(tcp.byte + 41), 127);
	assert_int_equal(ftp_get_be32(tcp.byte + 45), 137);
	assert_int_equal(ftp_get_be32(tcp.byte + 49), 20);
	assert_int_equal(ftp_get_be32(tcp.byte + 53), 30);
	assert_memory_equal(tcp.byte, old.byte, 33);
	assert_memory_equal(tcp.byte + 57, old.byte + 57, sizeof(tcp) - 57);
}

static void test_sack_block_ending_in_a_text_claims_less(void **state)
{
	static const __u8 options[] = {5, 10, 0, 0, 0, 50, 0, 0, 0, 105, 1, 1};
	struct ftp_stream s = {};
	struct ftp_tcp tcp = header(options, sizeof(options));

	(void)state;
	ftp_stream_add(&s, 100, 9, 12, FTP_SPAN_COMMAS);
	ftp_sack_original(&tcp, 32, &s);
	assert_int_equal(ftp_get_be32(tcp.byte + 22), 50);
	assert_int_equal(ftp_get_be32(tcp.byte + 26), 100);
}

/* Options that lie about their length, or end early, hide no SACK from us that
 * a receiver would see, and lead to no byte outside the header. */
static void test_malformed_options_change_nothing(void **state)
{
	static const struct {
		__u8 options[12];
		__u32 len;
	} rows[] = {
		{{5, 10, 0, 0, 0, 50, 0, 0, 0, 105, 1, 1}, 28}, /* cut off */
		{{5, 0, 0, 0, 0, 50, 0, 0, 0, 105, 1, 1}, 32},
		{{5, 1, 0, 0, 0, 50, 0, 0, 0, 105, 1, 1}, 32},
		{{5, 255, 0, 0, 0, 50, 0, 0, 0, 105, 1, 1}, 32},
		{{0, 2, 5, 10, 0, 0, 0, 50, 0, 0, 0, 105}, 32}, /* behind the end */
		{{5, 9, 0, 0, 0, 50, 0, 0, 0, 105, 1, 1}, 32},	/* no whole block */
		{{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5}, 32},
		{{8, 10, 5, 10, 0, 0, 0, 50, 0, 0, 1, 1}, 32}, /* inside another */
	};
	struct ftp_stream s = {};

	(void)state;
	ftp_stream_add(&s, 10, 9, 12, FTP_SPAN_COMMAS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ftp_tcp tcp = header(rows[i].options, sizeof(rows[i].options));
		struct ftp_tcp old = tcp;

		ftp_sack_original(&tcp, rows[i].len, &s);
		assert_memory_equal(&tcp, &old, sizeof(tcp));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_segment_gets_the_same_bytes_in_the_same_place),
		cmocka_unit_test(test_segments_touch_a_span_only_where_they_share_bytes),
		cmocka_unit_test(test_acknowledgements_come_back_as_the_sender_counts),
		cmocka_unit_test(test_behind_all_spans_the_numbers_differ_by_the_gain),
		cmocka_unit_test(test_stream_without_spans_is_left_alone),
		cmocka_unit_test(test_oldest_span_is_forgotten_only_when_acknowledged),
		cmocka_unit_test(test_masked_text_takes_few_spans),
		cmocka_unit_test(test_folding_keeps_negative_corrections),
		cmocka_unit_test(
			test_duplicate_from_before_a_folded_span_reaches_nothing_new),
		cmocka_unit_test(test_span_is_forgotten_before_sequence_numbers_wrap),
		cmocka_unit_test(test_sack_blocks_are_translated_wherever_they_stand),
		cmocka_unit_test(test_sack_block_ending_in_a_text_claims_less),
		cmocka_unit_test(test_malformed_options_change_nothing),
	};

	return cmocka_run_group_tests_name("ftp_stream", tests, NULL, NULL);
}
