/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_commit.h - an address whose text is cut by segmentation, translated all the
 * same.
 *
 * Why it exists: the first piece of a split announcement must leave before the
 * rest of it is here, since its sender may wait for the acknowledgement, and a
 * byte that has left cannot be changed any more. So at the end of a segment that
 * ends behind the first byte of an address, the decision is made early: if what
 * was read so far may be the sender's own real address, the whole mapped address
 * goes out in its place at once (the span is `committed`), and the rest of the
 * text is absorbed as it comes: the span grows over it (ftp_stream.h).
 *
 * A wrong guess. If a byte contradicts, the span ends before it and what follows
 * goes out as it came. Worst outcome: an announcement of an address that is not
 * the sender's, split just inside the address, reaches the other end with the
 * mapped address as its beginning and its own end behind it. It opens nothing
 * here, and its sender could have written that text itself. A number in the free
 * text of a 227 may be mistaken likewise, if the segment ends in it; the address
 * that follows is then judged as if nothing had been.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * RFC 959 4.1.2, 2428 2, 4291 2.2 (the texts of addresses).
 */
#ifndef PINHOLE_BPF_FTP_COMMIT_H
#define PINHOLE_BPF_FTP_COMMIT_H

#include "ftp_line.h"
#include "ftp_stream.h"

/* ftp_line.committed */
enum ftp_commit {
	FTP_COMMIT_NONE = 0, /* the line's address is not rewritten */
	FTP_COMMIT_OPEN,     /* the last span of the stream grows over its text */
	FTP_COMMIT_CLOSED,   /* it is rewritten, or as much of it as was believed */
};

/* Whether up to `more` digits of base 10 or 16 behind `number` can make it
 * `whole`. Leading zeros count for nothing. */
static __always_inline bool ftp_number_leads_to(__u32 number, __u32 more, __u32 base,
						__u32 whole)
{
	__u32 above = number + 1;

	for (__u32 i = 0; i <= FTP_V6_DIGITS; i++) {
		if (i > more)
			break;
		if (whole >= number && whole < above)
			return true;
		number *= base;
		above *= base;
	}
	return false;
}

/* The number being read, against octet i of the address. */
static __always_inline bool ftp_octet_may_be(const struct ftp_line *l,
					     const struct ph_addr *address, __u32 i)
{
	const __u8 *octet = (const __u8 *)address->word;

	return !l->digits ||
	       (l->digits <= 3 &&
		ftp_number_leads_to(l->number, 3 - l->digits, 10, octet[i & 15]));
}

static __always_inline bool ftp_v4_may_be(const struct ftp_line *l,
					  const struct ph_addr *address)
{
	const __u8 *octet = (const __u8 *)address->word;

	if (!ftp_is_v4(address) || l->field > 3)
		return false;
	for (__u32 i = 12; i < 15; i++)
		if (i < 12u + l->field && l->octet[i] != octet[i])
			return false;
	return ftp_octet_may_be(l, address, 12u + l->field);
}

static __always_inline __u32 ftp_v6_group_of(const struct ph_addr *address, __u32 i)
{
	const __u8 *octet = (const __u8 *)address->word;

	return (__u32)octet[(2 * i) & 15] << 8 | octet[(2 * i + 1) & 15];
}

/* The digits of the seventh group, if they are no group but the first octet of an
 * IPv4 address. */
static __always_inline bool ftp_v6_tail_may_begin(const struct ftp_line *l,
						  const struct ph_addr *address)
{
	__u32 octet = ftp_v6_group_of(address, 6) >> 8;
	__u32 number = (l->number >> 8 & 15) * 100 + (l->number >> 4 & 15) * 10 +
		       (l->number & 15);

	return l->digits <= 3 && ftp_number_leads_to(number, 3 - l->digits, 10, octet);
}

/* Behind "::" nothing but the group that it certainly stands for is compared:
 * where the others belong is not known before the end. */
static __always_inline bool ftp_v6_may_be(const struct ftp_line *l,
					  const struct ph_addr *address)
{
	__u32 known = l->gap ? l->gap - 1u : l->field;

	if (ftp_is_v4(address) || known >= FTP_V6_GROUPS)
		return false;
	for (__u32 i = 0; i < FTP_V6_GROUPS; i++)
		if (i < known &&
		    ftp_v6_group_of(address, i) != __builtin_bswap16(l->group[i]))
			return false;
	if (l->gap)
		return !ftp_v6_group_of(address, known);
	if (l->state == FTP_ST_EPRT_V6_TAIL) {
		const __u8 *octet = (const __u8 *)address->word;

		for (__u32 i = 0; i < 3; i++)
			if (i < l->run && l->octet[12 + i] != octet[12 + i])
				return false;
		return known == 6 && ftp_octet_may_be(l, address, 12u + l->run);
	}
	if (!l->digits)
		return true;
	return ftp_number_leads_to(l->number, FTP_V6_DIGITS - l->digits, 16,
				   ftp_v6_group_of(address, known)) ||
	       (known == 6 && ftp_v6_tail_may_begin(l, address));
}

/*
 * Whether the address in the line, as far as it was read, may be this one.
 * Return: false also where the line is not inside an address, or behind one.
 */
FTP_GLOBAL bool ftp_line_may_be(const struct ftp_line *l, const struct ph_addr *address)
{
	if (!l || !address)
		return false;
	if (l->span_len)
		return l->address.word[0] == address->word[0] &&
		       l->address.word[1] == address->word[1] &&
		       l->address.word[2] == address->word[2] &&
		       l->address.word[3] == address->word[3];
	switch (l->state) {
	case FTP_ST_HOST:
	case FTP_ST_EPRT_V4:
		return ftp_v4_may_be(l, address);
	case FTP_ST_EPRT_V6:
	case FTP_ST_EPRT_V6_TAIL:
		return ftp_v6_may_be(l, address);
	default:
		return false;
	}
}

/* Whether a line of which no more is here yet, up to but excluding `end`, holds
 * the beginning of an address that is to be judged now. */
static __always_inline bool ftp_line_is_cut(const struct ftp_line *l, __u32 end)
{
	switch (l->state) {
	case FTP_ST_HOST:
	case FTP_ST_EPRT_V4:
	case FTP_ST_EPRT_V6:
	case FTP_ST_EPRT_V6_TAIL:
	case FTP_ST_EPRT_PORT:
	case FTP_ST_DONE:
		break;
	default:
		return false;
	}
	if (l->faults || l->committed || (l->kind == FTP_REPLY && l->head != 227))
		return false;
	return ftp_seq_diff(l->span_seq, end) < 0;
}

/*
 * The line's byte at seq was fed while the last span of the stream was open: the
 * span grows over it, or ends. An address may be given as `mapped` just as well:
 * as long as it may be either, the text that replaced it is right.
 */
FTP_GLOBAL int ftp_commit_feed(struct ftp_line *l, struct ftp_stream *s, __u32 seq,
			       const struct ph_addr *real, const struct ph_addr *mapped)
{
	struct ftp_span *span;

	if (!l || !s || !real || !mapped || l->committed != FTP_COMMIT_OPEN)
		return 0;
	span = &s->span[(s->count - 1) & (FTP_MAX_SPANS - 1)];
	if (!l->span_len && seq == span->seq + span->old_len &&
	    span->old_len < FTP_SPAN_LEN_MAX &&
	    (ftp_line_may_be(l, real) || ftp_line_may_be(l, mapped))) {
		span->old_len++;
		return 0;
	}
	/* Back to the search: that number was none of an address. */
	l->committed = l->state == FTP_ST_HOST_SEARCH ? FTP_COMMIT_NONE
						      : FTP_COMMIT_CLOSED;
	return 0;
}

/* Behind the three delimiters of 229. */
static __always_inline void ftp_epsv_rewind(struct ftp_line *l)
{
	l->state = FTP_ST_EPSV_SEARCH;
	l->run = 3;
}

/* Whether a 229 of which no more is here yet holds the beginning of its port. */
static __always_inline bool ftp_port_is_cut(const struct ftp_line *l)
{
	return l->kind == FTP_REPLY && l->head == 229 && !l->faults &&
	       (l->state == FTP_ST_EPSV_PORT || l->state == FTP_ST_DONE);
}

/*
 * Put the scanner back to where it stood before the address's first byte, or the
 * port's of a 229: what
 * is cut off the packet from there on will be read again.
 * @end: number of the byte behind the last one fed
 * Only for a line without faults that has read some of an address.
 */
FTP_GLOBAL int ftp_line_rewind(struct ftp_line *l, __u32 end)
{
	if (!l)
		return 0;
	l->run = 0;
	if (l->kind == FTP_PORT)
		l->state = FTP_ST_GAP;
	else if (l->kind == FTP_REPLY && l->head == 229)
		ftp_epsv_rewind(l);
	else if (l->kind == FTP_REPLY)
		l->state = FTP_ST_HOST_SEARCH;
	else if (l->span_len ? ftp_is_v4(&l->address) : l->state == FTP_ST_EPRT_V4)
		l->state = FTP_ST_EPRT_V4;
	else
		l->state = FTP_ST_EPRT_V6;
	l->length -= end - l->span_seq;
	if (l->arg_at >= l->length)
		l->arg_at = 0;
	__builtin_memset(&l->address, 0, sizeof(l->address));
	l->number = 0;
	l->span_len = 0;
	l->port = 0;
	l->end_len = 0;
	l->field = 0;
	l->digits = 0;
	l->gap = 0;
	l->carriage = 0;
	l->trailing = 0;
	return 0;
}

/*
 * How much of a packet may be kept if a span is to be recorded in it.
 * @first:  offset of the span's first byte in the payload
 * @end:    offset up to which the payload was read
 * @len:    length of the payload
 * @growth: of the payload by all its spans, that one included
 * @limit:  longest payload that can leave
 * Return: `end` or more; or, if it cannot be recorded now, `first`: the packet is
 * to be cut there, and what is cut off to be read when it is repeated.
 */
static __always_inline __u32 ftp_commit_room(const struct ftp_stream *s, __u32 first,
					     __u32 end, __u32 len, __s32 growth,
					     __s32 limit)
{
	__s32 most = limit - growth;

	if (!ftp_stream_has_room(s) || most < (__s32)end)
		return first;
	return (__s32)len > most ? (__u32)most : len;
}

#endif /* PINHOLE_BPF_FTP_COMMIT_H */
