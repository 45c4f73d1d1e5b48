/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_stream.h - sequence numbers of a stream in which spans were rewritten.
 *
 * Why it exists: a rewritten address may be longer or shorter than the one it
 * replaces. From then on the two ends count differently: `original` is how the
 * sender counts, `changed` how the receiver does. Every header must be
 * translated between the two, and a repeated segment must get the same bytes.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * RFC 9293 3.4 (sequence arithmetic), RFC 2018 (SACK).
 *
 * The rule for a segment that begins or ends inside a span: the piece that
 * holds the span's first byte carries the whole new text, every later piece
 * none of it. So an original number inside a span stands for the new text's
 * end. The other way round, an acknowledgement from inside the new text stands
 * for the span's start: the sender repeats a little rather than too little.
 * That also lets a span grow at its end while its text is still coming in
 * (ftp_commit.h): no number that was given out before gets another meaning.
 *
 * A piece of which nothing is left is sent all the same, as one byte: the last
 * of the new text again (ftp_stream_repeats()). Nothing at all would draw no
 * acknowledgement, and a sender that waits for one would wait for ever; that
 * byte, being old, is acknowledged at once (RFC 9293, 3.10.7.4), and the
 * acknowledgement covers what was absorbed.
 *
 * Masks (FTP_SPAN_MASK) have the length of what they cover: numbers inside them
 * stay as they are, and a segment masks just what it holds.
 *
 * Forgetting spans. When the ring is full the oldest is folded into `base`,
 * but only when the receiver has acknowledged all of it. A late duplicate from
 * before a folded span is then shifted too far and not rewritten; it still
 * ends at or below what the receiver has acknowledged (both are shifted
 * alike), so the receiver discards it unread. The same holds for a span so old
 * that sequence numbers are about to wrap past it.
 */
#ifndef PINHOLE_BPF_FTP_STREAM_H
#define PINHOLE_BPF_FTP_STREAM_H

#include <stdbool.h>

#include "ftp_session.h"

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

#define FTP_SPAN_MAX_AGE (1u << 30) /* bytes; half of what comparisons can bear */

/* a - b in sequence space: negative when a is before b. */
static __always_inline __s32 ftp_seq_diff(__u32 a, __u32 b)
{
	return (__s32)(a - b);
}

/* How the receiver counts what its sender calls seq. */
FTP_GLOBAL __u32 ftp_stream_changed(const struct ftp_stream *s, __u32 seq)
{
	__u32 delta;

	if (!s)
		return seq;
	delta = s->base;

	for (__u32 i = 0; i < FTP_MAX_SPANS; i++) {
		const struct ftp_span *span = &s->span[i];

		if (i >= s->count || ftp_seq_diff(seq, span->seq) <= 0)
			break;
		if (span->kind != FTP_SPAN_MASK &&
		    ftp_seq_diff(seq, span->seq + span->old_len) < 0)
			seq = span->seq + span->old_len;
		delta += span->new_len - span->old_len;
	}
	return seq + delta;
}

/*
 * How the sender counts what its receiver calls ack.
 * @up: for a number inside a new text, give the span's end and not its start
 *	(left edges of SACK blocks: claim less)
 */
FTP_GLOBAL __u32 ftp_stream_original(const struct ftp_stream *s, __u32 ack, bool up)
{
	__u32 delta;

	if (!s)
		return ack;
	delta = s->base;

	for (__u32 i = 0; i < FTP_MAX_SPANS; i++) {
		const struct ftp_span *span = &s->span[i];
		__u32 start = span->seq + delta;

		if (i >= s->count || ftp_seq_diff(ack, start) <= 0)
			break;
		if (span->kind != FTP_SPAN_MASK &&
		    ftp_seq_diff(ack, start + span->new_len) < 0)
			return up ? span->seq + span->old_len : span->seq;
		delta += span->new_len - span->old_len;
	}
	return ack - delta;
}

/* Whether a number, as the sender counts, is behind all spans that are remembered. */
static __always_inline bool ftp_stream_is_behind(const struct ftp_stream *s, __u32 seq)
{
	const struct ftp_span *last = &s->span[(s->count - 1) & (FTP_MAX_SPANS - 1)];

	return !s->count || ftp_seq_diff(seq, last->seq + last->old_len) >= 0;
}

/* By how much the receiver counts more than the sender does, behind all spans. */
static __always_inline __u32 ftp_stream_gain(const struct ftp_stream *s)
{
	__u32 gain = s->base;

#ifdef __bpf__
#	pragma clang loop unroll(disable)
#endif
	for (__u32 i = 0; i < FTP_MAX_SPANS; i++) {
		if (i >= s->count)
			break;
		gain += s->span[i].new_len - s->span[i].old_len;
	}
	return gain;
}

static __always_inline bool ftp_stream_is_identity(const struct ftp_stream *s)
{
	return !s->base && !s->count;
}

/* Whether the len bytes at seq hold or cut a rewritten span. */
FTP_GLOBAL bool ftp_stream_touches(const struct ftp_stream *s, __u32 seq, __u32 len)
{
	if (!s || !len)
		return false;
	for (__u32 i = 0; i < FTP_MAX_SPANS; i++) {
		const struct ftp_span *span = &s->span[i];

		if (i >= s->count)
			break;
		if (ftp_seq_diff(span->seq, seq + len) < 0 &&
		    ftp_seq_diff(span->seq + span->old_len, seq) > 0)
			return true;
	}
	return false;
}

/*
 * Whether of the len bytes at seq nothing is left, because they lie inside a span
 * and its first byte is not among them. With len 0, whether seq itself lies
 * inside: so do the probes by which TCP keeps a connection alive (RFC 9293,
 * 3.8.4), and they too must draw an answer.
 * Return: 1 + the index of that span; 0: something is left. What is sent then is
 * the last byte of the span's text, by one lower than ftp_stream_changed().
 */
FTP_GLOBAL __u32 ftp_stream_repeats(const struct ftp_stream *s, __u32 seq, __u32 len)
{
	if (!s)
		return 0;
	for (__u32 i = 0; i < FTP_MAX_SPANS; i++) {
		const struct ftp_span *span = &s->span[i];

		if (i >= s->count)
			break;
		if (span->kind != FTP_SPAN_MASK && ftp_seq_diff(span->seq, seq) < 0 &&
		    ftp_seq_diff(seq + (len ? len : 1), span->seq + span->old_len) <= 0)
			return i + 1;
	}
	return 0;
}

/* A step of rewriting a segment: copy its bytes [from, to), then, if has_text,
 * put the span's new text. */
struct ftp_piece {
	__u32 from;
	__u32 to;
	bool has_text;
};

/*
 * What span i asks for in the len bytes at seq; see the rule at the top for
 * spans that the segment's borders cut. To be called with i = 0, 1, ...; then
 * the bytes [*done, len) are left to copy.
 * @done: bytes of the segment dealt with; 0 at first
 * Return: false when span i, and so every later one, lies behind the segment.
 */
static __always_inline bool ftp_stream_piece(const struct ftp_stream *s, __u32 i,
					     __u32 seq, __u32 len, __u32 *done,
					     struct ftp_piece *piece)
{
	const struct ftp_span *span = &s->span[i & (FTP_MAX_SPANS - 1)];
	__s32 offset = ftp_seq_diff(span->seq, seq);

	if (i >= s->count || offset >= (__s32)len)
		return false;
	piece->from = *done;
	piece->to = *done;
	piece->has_text = offset >= 0 && span->kind != FTP_SPAN_MASK;
	if (span->kind == FTP_SPAN_MASK) /* its bytes are copied, masked before */
		return true;
	if (offset + span->old_len <= 0)
		return true;
	if (piece->has_text)
		piece->to = offset;
	*done = offset + span->old_len;
	return true;
}

/*
 * Which of the len bytes at seq span i masks: [*from, *to), to be done before
 * the pieces are copied.
 * Return: false when there are none.
 */
static __always_inline bool ftp_stream_masked(const struct ftp_stream *s, __u32 i,
					      __u32 seq, __u32 len, __u32 *from,
					      __u32 *to)
{
	const struct ftp_span *span = &s->span[i & (FTP_MAX_SPANS - 1)];
	__s32 start = ftp_seq_diff(span->seq, seq), end = start + span->old_len;

	if (i >= s->count || span->kind != FTP_SPAN_MASK || end <= 0 ||
	    start >= (__s32)len)
		return false;
	*from = start > 0 ? start : 0;
	*to = end < (__s32)len ? (__u32)end : len;
	return true;
}

/* Forget the oldest span. The caller has made sure that it may be. */
static __always_inline void ftp_stream_fold(struct ftp_stream *s)
{
	s->base += s->span[0].new_len - s->span[0].old_len;
	for (__u32 i = 0; i + 1 < FTP_MAX_SPANS; i++) {
		s->span[i] = s->span[i + 1];
		asm volatile("" ::: "memory"); /* not all at once: BPF stack */
	}
	s->count--;
}

static __always_inline bool ftp_stream_oldest_acked(const struct ftp_stream *s)
{
	return ftp_seq_diff(s->acked, s->span[0].seq + s->span[0].old_len) >= 0;
}

/* Whether one more span can be recorded. */
static __always_inline bool ftp_stream_has_room(const struct ftp_stream *s)
{
	return s->count < FTP_MAX_SPANS || ftp_stream_oldest_acked(s);
}

/* Record that old_len bytes at seq, behind all other spans, become new_len.
 * Only after ftp_stream_has_room(). */
FTP_GLOBAL int ftp_stream_add(struct ftp_stream *s, __u32 seq, __u32 old_len,
			      __u32 new_len, __u8 kind)
{
	struct ftp_span *span;

	if (!s)
		return 0;

	if (s->count >= FTP_MAX_SPANS)
		ftp_stream_fold(s);
	span = &s->span[s->count & (FTP_MAX_SPANS - 1)];
	span->seq = seq;
	span->old_len = old_len;
	span->new_len = new_len;
	span->kind = kind;
	span->delimiter = 0;
	span->port = 0;
	s->count++;
	return 0;
}

#define FTP_SPAN_LEN_MAX 255 /* what ftp_span.old_len can say */

/* Whether the last span can grow by the byte at seq, masked. */
static __always_inline bool ftp_stream_mask_joins(const struct ftp_stream *s, __u32 seq)
{
	const struct ftp_span *last = &s->span[(s->count - 1) & (FTP_MAX_SPANS - 1)];

	return s->count && last->kind == FTP_SPAN_MASK &&
	       last->seq + last->old_len == seq && last->old_len < FTP_SPAN_LEN_MAX;
}

/*
 * Record that the byte at seq, not before any other span's end, is masked: the
 * last span grows by it, if it can.
 * Return: false when there is no room.
 */
FTP_GLOBAL bool ftp_stream_mask(struct ftp_stream *s, __u32 seq)
{
	struct ftp_span *last;

	if (!s)
		return false;
	last = &s->span[(s->count - 1) & (FTP_MAX_SPANS - 1)];
	if (s->count && last->kind == FTP_SPAN_MASK && last->seq + last->old_len == seq &&
	    last->old_len < FTP_SPAN_LEN_MAX) {
		last->old_len++;
		last->new_len++;
		return true;
	}
	if (!ftp_stream_has_room(s))
		return false;
	ftp_stream_add(s, seq, 1, 1, FTP_SPAN_MASK);
	return true;
}

/* Forget a span before the sequence numbers wrap past it. */
FTP_GLOBAL int ftp_stream_age(struct ftp_stream *s, __u32 next_seq)
{
	if (!s)
		return 0;
	if (s->count && next_seq - s->span[0].seq > FTP_SPAN_MAX_AGE)
		ftp_stream_fold(s);
	return 0;
}

/* Note how far the receiver has got, as the sender counts. */
static __always_inline void ftp_stream_note_ack(struct ftp_stream *s, __u32 original)
{
	if (ftp_seq_diff(original, s->acked) > 0)
		s->acked = original;
}

#define FTP_TCP_HEADER_MAX 60
/* Room behind the header, so that an index masked to 63 plus the longest
 * option stays inside for the verifier. */
#define FTP_TCP_BUFFER	   128

struct ftp_tcp {
	__u8 byte[FTP_TCP_BUFFER];
};

static __always_inline __u32 ftp_get_be32(const __u8 *p)
{
	return (__u32)p[0] << 24 | (__u32)p[1] << 16 | (__u32)p[2] << 8 | p[3];
}

static __always_inline void ftp_put_be32(__u8 *p, __u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

#define FTP_TCP_OPT_END	 0
#define FTP_TCP_OPT_NOP	 1
#define FTP_TCP_OPT_SACK 5

/*
 * Find the SACK option.
 * @tcp: the header, in FTP_TCP_BUFFER bytes; @len: its length, 20..60
 * Return: the offset of its first block, 0 if there is none; *blocks: 0..4.
 */
static __always_inline __u32 ftp_sack_find(const __u8 *tcp, __u32 len, __u32 *blocks)
{
	__u32 at = 20;

	*blocks = 0;
	/* Every pass moves on by one byte at least. The offset is masked, not
	 * compared: for kernel 6.1 all passes then look alike. */
	for (__u32 i = 0; i < FTP_TCP_HEADER_MAX - 20; i++) {
		__u32 kind, option_len;

		if (at + 1 >= len)
			break;
		at &= 63;
		kind = tcp[at];
		option_len = tcp[at + 1];
		if (kind == FTP_TCP_OPT_END)
			break;
		if (kind == FTP_TCP_OPT_NOP) {
			at++;
			continue;
		}
		if (option_len < 2 || at + option_len > len)
			break;
		if (kind == FTP_TCP_OPT_SACK) {
			*blocks = (option_len - 2) / 8;
			return at + 2;
		}
		at += option_len;
	}
	return 0;
}

FTP_GLOBAL int ftp_sack_original(struct ftp_tcp *header, __u32 len,
				 const struct ftp_stream *s)
{
	__u32 blocks, at;
	__u8 *tcp;

	if (!header || !s)
		return 0;
	tcp = header->byte;
	at = ftp_sack_find(tcp, len, &blocks);

	for (__u32 i = 0; i < 4; i++) {
		__u8 *left = &tcp[at & 63];

		if (!at || i >= blocks)
			break;
		ftp_put_be32(left, ftp_stream_original(s, ftp_get_be32(left), true));
		ftp_put_be32(left + 4,
			     ftp_stream_original(s, ftp_get_be32(left + 4), false));
		at += 8;
	}
	return 0;
}

#endif /* PINHOLE_BPF_FTP_STREAM_H */
