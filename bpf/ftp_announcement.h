/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_announcement.h - read the numbers of PORT, 227, EPRT and 229.
 *
 * Who may include it: ftp_line.h. Pure.
 *
 * RFC 959 4.1.2 (PORT, 227), 2428 (EPRT, 229), 4291 2.2 (IPv6 in text).
 *
 * The address is built in place, in wire order, IPv4 as v4-mapped: whichever
 * family the text speaks of, one comparison with the session's own ends tells
 * whether it may open anything, and one of the other family never does.
 */
#ifndef PINHOLE_BPF_FTP_ANNOUNCEMENT_H
#define PINHOLE_BPF_FTP_ANNOUNCEMENT_H

#include "ftp_line_types.h"

#define FTP_V6_GROUPS 8
#define FTP_V6_DIGITS 4 /* hexadecimal, of a group */

/* Octet `field` of an IPv4 address was read. */
static __always_inline void ftp_v4_octet(struct ftp_line *l)
{
	l->octet[(12 + l->field) & 15] = l->number;
}

/* All four were. */
static __always_inline void ftp_v4_done(struct ftp_line *l, __u32 seq)
{
	l->octet[10] = 0xff;
	l->octet[11] = 0xff;
	l->span_len = seq - l->span_seq;
}

/* A byte behind the numbers of an announcement that is complete. */
static __always_inline void ftp_trailing_byte(struct ftp_line *l, __u8 c)
{
	if (c != '\r' && l->trailing < 255)
		l->trailing++;
}

/*
 * h1,h2,h3,h4,p1,p2: octets of one to three digits, nothing between them but
 * commas. A number that no comma follows was free text (227 only), so the
 * search goes on; once a comma was seen there is no second chance.
 */
static __always_inline __u8 ftp_host_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (ftp_is_digit(c)) {
		if (ftp_number_digit(l, c, 3, 255))
			return FTP_ST_HOST;
		if (l->field || l->head != 227)
			return FTP_ST_FAILED;
		l->digits = 4; /* too large for an octet, but may be free text */
		l->number = 256;
		return FTP_ST_HOST;
	}
	if (c == ',') {
		if (!l->digits || l->digits > 3 || l->number > 255 || l->field >= 5)
			return FTP_ST_FAILED;
		if (l->field < 4)
			ftp_v4_octet(l);
		else
			l->port = l->number << 8;
		if (l->field == 3)
			ftp_v4_done(l, seq);
		ftp_number_next(l);
		return FTP_ST_HOST;
	}
	if (l->field == 5 && l->digits) {
		ftp_trailing_byte(l, c);
		return ftp_port_done(l, l->port | l->number, seq);
	}
	if (l->field || l->head != 227)
		return FTP_ST_FAILED;
	l->number = 0;
	l->digits = 0;
	return FTP_ST_HOST_SEARCH;
}

static __always_inline __u8 ftp_host_begin(struct ftp_line *l, __u8 c, __u32 seq)
{
	l->span_seq = seq;
	l->number = 0;
	l->digits = 0;
	return ftp_host_byte(l, c, seq);
}

/* ---- EPRT |1|a.b.c.d|port| and |2|x:x::x|port| (RFC 2428, 2) ---- */

static __always_inline bool ftp_is_hex(__u8 c)
{
	__u8 upper = ftp_upper(c);

	return ftp_is_digit(c) || (upper >= 'A' && upper <= 'F');
}

/* Families but these two are for the server to refuse. */
static __always_inline __u8 ftp_eprt_family_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	__u32 family = l->number;

	if (ftp_is_digit(c))
		return ftp_number_digit(l, c, 3, 255) ? FTP_ST_EPRT_FAMILY
						      : FTP_ST_FAILED;
	if (c != l->delimiter || !l->digits)
		return FTP_ST_FAILED;
	l->number = 0;
	l->digits = 0;
	l->span_seq = seq + 1;
	if (family == 1)
		return FTP_ST_EPRT_V4;
	if (family == 2) /* what may stand in the address can delimit nothing */
		return ftp_is_hex(c) || c == ':' ? FTP_ST_FAILED : FTP_ST_EPRT_V6;
	l->kind = FTP_EPRT_OTHER;
	return FTP_ST_SKIP;
}

static __always_inline __u8 ftp_eprt_v4_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (ftp_is_digit(c))
		return ftp_number_digit(l, c, 3, 255) ? FTP_ST_EPRT_V4 : FTP_ST_FAILED;
	if (!l->digits)
		return FTP_ST_FAILED;
	ftp_v4_octet(l);
	if (l->field == 3 ? c != l->delimiter : c != '.')
		return FTP_ST_FAILED;
	if (l->field == 3)
		ftp_v4_done(l, seq);
	ftp_number_next(l);
	return l->field == 4 ? FTP_ST_EPRT_PORT : FTP_ST_EPRT_V4;
}

/* A group of up to four hexadecimal digits ended. */
static __always_inline void ftp_v6_group(struct ftp_line *l)
{
	l->group[l->field & (FTP_V6_GROUPS - 1)] = __builtin_bswap16((__u16)l->number);
	ftp_number_next(l);
}

/* The mask is for the verifier; the compiler, which may find that it is not
 * needed, must not leave it out. */
static __always_inline __u32 ftp_v6_index(__u32 index)
{
#ifdef __bpf__
	asm volatile("" : "+r"(index));
#endif
	return index & (FTP_V6_GROUPS - 1);
}

/* Move the groups behind "::" to the end. */
static __always_inline void ftp_v6_expand(struct ftp_line *l, __u32 gap)
{
	__u32 missing = FTP_V6_GROUPS - l->field;

	for (__u32 i = FTP_V6_GROUPS; i-- > 0;) {
		if (i >= gap + missing)
			l->group[i] = l->group[ftp_v6_index(i - missing)];
		else if (i >= gap)
			l->group[i] = 0;
	}
}

/*
 * The address ended: eight groups, or fewer and "::", which stands for one at
 * least. A v4-mapped one is refused: no IPv6 packet may carry it, and here it
 * stands for IPv4.
 */
static __always_inline __u8 ftp_v6_done(struct ftp_line *l, __u32 seq)
{
	if (l->gap ? l->field >= FTP_V6_GROUPS : l->field != FTP_V6_GROUPS)
		return FTP_ST_FAILED;
	if (l->gap)
		ftp_v6_expand(l, l->gap - 1u);
	if (ftp_is_v4(&l->address))
		return FTP_ST_FAILED;
	l->span_len = seq - l->span_seq;
	l->number = 0;
	l->digits = 0;
	return FTP_ST_EPRT_PORT;
}

/* A colon. `run` counts those in a row since the last group. */
static __always_inline __u8 ftp_v6_colon(struct ftp_line *l)
{
	if (l->digits) {
		ftp_v6_group(l);
		l->run = 1;
		return l->field < FTP_V6_GROUPS ? FTP_ST_EPRT_V6 : FTP_ST_FAILED;
	}
	l->run++;
	if (l->run == 1) /* the very first; the next must be another */
		return FTP_ST_EPRT_V6;
	if (l->gap) /* a second pair, or a third colon */
		return FTP_ST_FAILED;
	l->gap = 1 + l->field;
	return FTP_ST_EPRT_V6;
}

/* A dot: the digits of this group were no group, but the first octet of an
 * IPv4 address that ends the text (RFC 4291, 2.2.3). */
static __always_inline __u8 ftp_v6_dot(struct ftp_line *l)
{
	__u32 hundreds = l->number >> 8, tens = l->number >> 4 & 15,
	      ones = l->number & 15;
	__u32 octet = hundreds * 100 + tens * 10 + ones;

	if (!l->digits || l->digits > 3 || l->field > FTP_V6_GROUPS - 2 || tens > 9 ||
	    ones > 9 || octet > 255)
		return FTP_ST_FAILED;
	if (l->digits > 1 && !(l->number >> (4 * l->digits - 4))) /* 01 */
		return FTP_ST_FAILED;
	l->octet[(2 * l->field) & 15] = octet;
	l->number = 0;
	l->digits = 0;
	l->run = 1; /* octets read */
	return FTP_ST_EPRT_V6_TAIL;
}

static __always_inline __u8 ftp_eprt_v6_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (c == l->delimiter) {
		if (l->digits)
			ftp_v6_group(l);
		else if (l->run != 2) /* nothing, or a lone colon at the end */
			return FTP_ST_FAILED;
		return ftp_v6_done(l, seq);
	}
	if (c == ':')
		return ftp_v6_colon(l);
	if (c == '.')
		return ftp_v6_dot(l);
	if (!ftp_is_hex(c) || l->digits >= FTP_V6_DIGITS)
		return FTP_ST_FAILED;
	if (l->run == 1 && !l->field) /* a lone colon at the start */
		return FTP_ST_FAILED;
	l->number = l->number << 4 |
		    (ftp_is_digit(c) ? c - '0' : ftp_upper(c) - 'A' + 10);
	l->digits++;
	return FTP_ST_EPRT_V6;
}

/* Octets two to four, without leading zeros: some readers take those for
 * octal. */
static __always_inline __u8 ftp_eprt_v6_tail_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (ftp_is_digit(c)) {
		if (l->digits && !l->number)
			return FTP_ST_FAILED;
		return ftp_number_digit(l, c, 3, 255) ? FTP_ST_EPRT_V6_TAIL
						      : FTP_ST_FAILED;
	}
	if (!l->digits || (l->run == 3 ? c != l->delimiter : c != '.'))
		return FTP_ST_FAILED;
	l->octet[(2 * l->field + l->run) & 15] = l->number;
	l->run++;
	l->number = 0;
	l->digits = 0;
	if (l->run < 4)
		return FTP_ST_EPRT_V6_TAIL;
	l->field += 2;
	return ftp_v6_done(l, seq);
}

/* The port and the delimiter behind it; the same in EPRT and in 229. */
static __always_inline __u8 ftp_extended_port_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (ftp_is_digit(c))
		return ftp_number_digit(l, c, 5, 65535) ? l->state : FTP_ST_FAILED;
	if (c != l->delimiter || !l->digits)
		return FTP_ST_FAILED;
	return ftp_port_done(l, l->number, seq);
}

/* 229 text (|||port|): three equal delimiters and a digit (RFC 2428, 3). */
static __always_inline __u8 ftp_epsv_search_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (ftp_is_digit(c) && l->run == 3) {
		l->number = c - '0';
		l->digits = 1;
		l->span_seq = seq;
		return FTP_ST_EPSV_PORT;
	}
	if (!ftp_is_delimiter(c)) {
		l->run = 0;
	} else if (l->run && c == l->delimiter) {
		if (l->run < 4)
			l->run++;
	} else {
		l->delimiter = c;
		l->run = 1;
	}
	return FTP_ST_EPSV_SEARCH;
}

#endif /* PINHOLE_BPF_FTP_ANNOUNCEMENT_H */
