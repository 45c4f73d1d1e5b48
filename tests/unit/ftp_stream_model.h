/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_stream_model.h - a control stream through the datapath, in memory.
 *
 * A sender with a text, a box that does to its segments what the datapath does
 * (by the same pure functions), and a receiver that puts together what comes out.
 * Every byte that the receiver sees twice must be the same.
 *
 * Who may include it: the unit tests of FTP inspection, behind cmocka.h.
 */
#ifndef PINHOLE_TESTS_FTP_STREAM_MODEL_H
#define PINHOLE_TESTS_FTP_STREAM_MODEL_H

#include "bpf/ftp_commit.h"
#include "bpf/ftp_text.h"
#include "tests/unit/ftp_test.h"

#define TEXT_MAX  4096
#define OUT_MAX	  (2ul * TEXT_MAX)
#define FIRST	  0xfffffe00u /* numbers wrap soon */
#define UNLIMITED 100000

static __u32 random_state = 1;

static __u32 random_below(__u32 n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

/* ---- the box ---- */

struct box {
	const char *text;
	__u32 text_len;
	bool server;
	struct ph_addr real, mapped;
	struct ftp_stream stream;
	struct ftp_line line;
	__u32 next;
	__s32 limit;
	unsigned int announced; /* lines that would open a hole */
	unsigned int guessed;	/* addresses replaced before the line's end */
	unsigned int cuts;
};

struct segment {
	__u32 seq; /* as the receiver counts */
	__u32 len;
	__u8 byte[OUT_MAX];
};

/* A packet in the box. */
struct passing {
	struct ftp_stream own;
	struct ftp_line line;
	__u32 seq, len, skip, at;
	__s32 growth;
	bool stop;
};

static bool same(const struct ph_addr *a, const struct ph_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool span_fits(struct box *b, struct passing *p, __u32 old_len)
{
	__u8 kind = p->line.kind == FTP_EPRT ? FTP_SPAN_DOTS : FTP_SPAN_COMMAS;
	__u32 first = p->line.span_seq - p->seq, len;
	struct ftp_text text;

	ftp_address_text(&text, &b->mapped, kind);
	len = ftp_commit_room(&p->own, first, p->at, p->len,
			      p->growth + (__s32)text.len - (__s32)old_len, b->limit);
	if (len < p->at) {
		assert_int_equal(len, first);
		ftp_line_rewind(&p->line, p->seq + p->at);
		p->len = len;
		p->stop = true;
		b->cuts++;
		return false;
	}
	p->len = len;
	p->growth += (__s32)text.len - (__s32)old_len;
	ftp_stream_add(&p->own, p->line.span_seq, old_len, text.len, kind);
	return true;
}

/* The line has ended. Return: whether it has. */
static bool line_ends(struct box *b, struct passing *p)
{
	const struct ftp_line *l = &p->line;

	if (!ftp_line_announces(l) || (b->server && l->head != 227))
		return true;
	if (!l->committed && same(&l->address, &b->real)) {
		/* No part of it went out before. */
		assert_true(ftp_seq_diff(l->span_seq, p->seq + p->skip) >= 0);
		if (!span_fits(b, p, l->span_len))
			return false;
	}
	if (same(&l->address, &b->real) || same(&l->address, &b->mapped))
		b->announced++;
	return true;
}

static void read_on(struct box *b, struct passing *p, __u32 offset)
{
	while (p->at < p->len && !p->stop) {
		__u32 seq = p->seq + p->at;
		bool ended =
			ftp_line_feed(&p->line, b->text[offset + p->at], seq, b->server);

		p->at++;
		if (p->line.committed == FTP_COMMIT_OPEN) {
			ftp_commit_feed(&p->line, &p->own, seq, &b->real, &b->mapped);
			if (p->line.committed == FTP_COMMIT_OPEN)
				p->growth--;
		}
		if (ended && line_ends(b, p))
			ftp_line_reset(&p->line);
	}
	if (p->stop || !ftp_line_is_cut(&p->line, p->seq + p->at) ||
	    !ftp_line_may_be(&p->line, &b->real) ||
	    ftp_seq_diff(p->line.span_seq, p->seq + p->skip) < 0)
		return;
	if (!span_fits(b, p,
		       p->line.span_len ? p->line.span_len
					: p->seq + p->at - p->line.span_seq))
		return;
	p->line.committed = p->line.span_len ? FTP_COMMIT_CLOSED : FTP_COMMIT_OPEN;
	b->guessed++;
}

static void put(struct segment *out, const void *bytes, __u32 len)
{
	memcpy(out->byte + out->len, bytes, len);
	out->len += len;
}

static void rewrite(const struct box *b, const struct passing *p, __u32 offset,
		    struct segment *out)
{
	__u32 done = 0, repeat = ftp_stream_repeats(&p->own, p->seq, p->len);
	struct ftp_piece piece;
	struct ftp_text text;

	out->len = 0;
	out->seq = ftp_stream_changed(&p->own, p->seq) - !!repeat;
	if (repeat) {
		ftp_address_text(&text, &b->mapped, p->own.span[repeat - 1].kind);
		put(out, &text.byte[text.len - 1], 1);
		return;
	}
	for (__u32 i = 0; ftp_stream_piece(&p->own, i, p->seq, p->len, &done, &piece);
	     i++) {
		put(out, b->text + offset + piece.from, piece.to - piece.from);
		if (!piece.has_text)
			continue;
		ftp_address_text(&text, &b->mapped, p->own.span[i].kind);
		put(out, text.byte, text.len);
	}
	if (done < p->len)
		put(out, b->text + offset + done, p->len - done);
	assert_int_equal(out->len, ftp_stream_changed(&p->own, p->seq + p->len) -
					   ftp_stream_changed(&p->own, p->seq));
}

/* Return: whether a segment comes out. */
static bool box_pass(struct box *b, __u32 offset, __u32 len, struct segment *out)
{
	struct passing p = {.own = b->stream,
			    .line = b->line,
			    .seq = FIRST + offset,
			    .len = len,
			    .skip = len};
	__s32 ahead = ftp_seq_diff(p.seq, b->next);

	out->seq = 0;
	out->len = 0;
	if (ahead > 0)
		return false;
	if (ahead + (__s32)len > 0) {
		p.skip = -ahead;
		p.at = p.skip;
		p.growth = ftp_seq_diff(ftp_stream_changed(&p.own, p.seq + len),
					ftp_stream_changed(&p.own, p.seq) + len);
		read_on(b, &p, offset);
	}
	if (!p.len)
		return false;
	rewrite(b, &p, offset, out);
	if (p.skip < len) {
		b->stream = p.own;
		b->line = p.line;
		b->next = p.seq + p.len;
	}
	return true;
}

/* ---- the receiver ---- */

struct receiver {
	__u8 byte[OUT_MAX];
	bool known[OUT_MAX];
	__u32 next; /* first byte missing */
};

/* Bytes before the beginning do not exist. */
static void receive(struct receiver *r, const struct segment *s)
{
	__u32 at = s->seq - FIRST;

	for (__u32 i = 0; i < s->len; i++, at++) {
		assert_true(at < OUT_MAX);
		if (r->known[at])
			assert_int_equal(r->byte[at], s->byte[i]);
		r->byte[at] = s->byte[i];
		r->known[at] = true;
	}
	while (r->next < OUT_MAX && r->known[r->next])
		r->next++;
}

/* The receiver's acknowledgement on its way back. Return: up to where the sender
 * may forget, as an offset. */
static __u32 acknowledge(struct box *b, const struct receiver *r)
{
	__u32 original = ftp_stream_original(&b->stream, FIRST + r->next, false);

	assert_true(ftp_seq_diff(original, b->next) <= 0);
	ftp_stream_note_ack(&b->stream, original);
	return original - FIRST;
}

/* ---- texts ---- */

struct host {
	const char *real;
	const char *mapped;
	bool server;
	const char *lines[8];	/* as they are sent */
	const char *changed[8]; /* as they arrive */
};

static struct box box_of(const struct host *h, const char *text)
{
	return (struct box){.text = text,
			    .text_len = strlen(text),
			    .server = h->server,
			    .real = ftp_test_address(h->real),
			    .mapped = ftp_test_address(h->mapped),
			    .stream = {.acked = FIRST},
			    .next = FIRST,
			    .limit = UNLIMITED};
}

static void arrived(const struct receiver *r, const char *want)
{
	assert_int_equal(r->next, strlen(want));
	assert_memory_equal(r->byte, want, r->next);
}

#endif /* PINHOLE_TESTS_FTP_STREAM_MODEL_H */
