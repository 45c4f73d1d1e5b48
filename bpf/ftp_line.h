/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_line.h - one direction of an FTP control stream, read byte by byte.
 *
 * Why it exists: a command may be cut anywhere by segmentation, so nothing may
 * depend on a line being in one packet. The scanner digests each byte as it
 * comes and keeps no text: its whole state is the 40 bytes of struct ftp_line,
 * and the cuts cannot be seen from inside.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * RFC 959 (4.1.2 PORT and PASV, 4.2 replies, 5.3.1 command syntax), RFC 1123
 * 4.1.2.6 (a 227 reply is read from its first digit, parentheses or not) and
 * 4.1.2.10 (Telnet sequences), RFC 2428 (EPRT, EPSV), RFC 2228 and 4217 (AUTH,
 * CCC), RFC 854 (IAC).
 *
 * What is believed. A line ends with CR LF and with nothing else; a bare LF,
 * a bare CR or a NUL inside it, or more than FTP_LINE_MAX bytes, make its
 * announcement void (`bad`). The verb or the reply code at its start is
 * believed even so: where two readers might disagree about the rest, these
 * only ever close something (a multi-line reply stays open, a hole goes away).
 */
#ifndef PINHOLE_BPF_FTP_LINE_H
#define PINHOLE_BPF_FTP_LINE_H

#include <stdbool.h>

#include "ftp_session.h"

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

#define FTP_LINE_MAX 512 /* bytes of a line, CR LF included */

enum ftp_kind {
	FTP_NOTHING = 0, /* an empty line, or text inside a multi-line reply */
	FTP_COMMAND,	 /* any command not named below */
	FTP_PORT,
	FTP_EPRT,
	FTP_EPRT_OTHER, /* EPRT of another address family than IPv4 */
	FTP_PASV,
	FTP_EPSV,
	FTP_EPSV_ALL,
	FTP_AUTH_TLS,
	FTP_AUTH_GSSAPI,
	FTP_CCC,
	FTP_QUIT,
	FTP_REPLY, /* the last or only line of a reply; its code is in head */
};

enum ftp_state {
	FTP_ST_START = 0,
	FTP_ST_IAC,	   /* after IAC at the start of a line */
	FTP_ST_IAC_OPTION, /* after IAC WILL, WONT, DO or DONT */
	FTP_ST_VERB,
	FTP_ST_CODE,
	FTP_ST_GAP,  /* blanks before the argument */
	FTP_ST_WORD, /* AUTH and EPSV: the argument's first word */
	FTP_ST_HOST_SEARCH,
	FTP_ST_HOST, /* h1,h2,h3,h4,p1,p2 */
	FTP_ST_EPRT_FAMILY,
	FTP_ST_EPRT_ADDRESS,
	FTP_ST_EPRT_PORT,
	FTP_ST_EPSV_SEARCH,
	FTP_ST_EPSV_PORT,
	FTP_ST_SKIP,   /* the rest of the line says nothing */
	FTP_ST_DONE,   /* the announcement is complete; trailing text */
	FTP_ST_FAILED, /* the announcement is malformed */
};

#define FTP_PACK4(a, b, c, d) \
	((__u32)(a) << 24 | (__u32)(b) << 16 | (__u32)(c) << 8 | (__u32)(d))

#define FTP_IAC 255

static __always_inline bool ftp_is_digit(__u8 c)
{
	return c >= '0' && c <= '9';
}

static __always_inline __u8 ftp_upper(__u8 c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

/* RFC 2428, 2: any of ASCII 33..126; a digit or a dot would make the fields
 * ambiguous. */
static __always_inline bool ftp_is_delimiter(__u8 c)
{
	return c >= 33 && c <= 126 && !ftp_is_digit(c) && c != '.';
}

/* Forget the line; what spans lines (the multi-line reply) stays. */
static __always_inline void ftp_line_reset(struct ftp_line *l)
{
	__u16 multi = l->multi;

	__builtin_memset(l, 0, sizeof(*l));
	l->multi = multi;
}

/* For a stream joined in the middle: what comes up to the next line end is
 * not at a line start. */
static __always_inline void ftp_line_join(struct ftp_line *l)
{
	__builtin_memset(l, 0, sizeof(*l));
	l->state = FTP_ST_SKIP;
	l->bad = 1;
}

/* One more decimal digit; false when it is one too many. */
static __always_inline bool ftp_number_digit(struct ftp_line *l, __u8 c, __u32 max_digits,
					     __u32 max)
{
	l->number = l->number * 10 + (c - '0');
	l->digits++;
	return l->digits <= max_digits && l->number <= max;
}

static __always_inline void ftp_number_next(struct ftp_line *l)
{
	l->field++;
	l->number = 0;
	l->digits = 0;
}

static __always_inline __u8 ftp_port_done(struct ftp_line *l, __u32 port)
{
	l->port = port;
	return port ? FTP_ST_DONE : FTP_ST_FAILED;
}

/* The verb is complete; where to go on. */
static __always_inline __u8 ftp_verb_done(struct ftp_line *l)
{
	l->digits = 0;
	switch (l->head) {
	case FTP_PACK4('P', 'O', 'R', 'T'):
		l->kind = FTP_PORT;
		return FTP_ST_GAP;
	case FTP_PACK4('E', 'P', 'R', 'T'):
		l->kind = FTP_EPRT;
		return FTP_ST_GAP;
	case FTP_PACK4('P', 'A', 'S', 'V'):
		l->kind = FTP_PASV;
		return FTP_ST_SKIP;
	case FTP_PACK4('E', 'P', 'S', 'V'):
		l->kind = FTP_EPSV;
		return FTP_ST_GAP;
	case FTP_PACK4('A', 'U', 'T', 'H'):
		return FTP_ST_GAP;
	case FTP_PACK4(0, 'C', 'C', 'C'):
		l->kind = FTP_CCC;
		return FTP_ST_SKIP;
	case FTP_PACK4('Q', 'U', 'I', 'T'):
		l->kind = FTP_QUIT;
		return FTP_ST_SKIP;
	default:
		return FTP_ST_SKIP;
	}
}

static __always_inline __u8 ftp_verb_byte(struct ftp_line *l, __u8 c)
{
	__u8 upper = ftp_upper(c);

	if (c == ' ' || c == '\r')
		return ftp_verb_done(l);
	if (upper < 'A' || upper > 'Z' || l->digits >= 4) {
		l->head = 0;
		return FTP_ST_SKIP;
	}
	l->head = l->head << 8 | upper;
	l->digits++;
	return FTP_ST_VERB;
}

/* The argument of AUTH or EPSV ended. The words are those of RFC 4217 (TLS and
 * its older names TLS-C, TLS-P, SSL) and RFC 2228 (GSSAPI). */
static __always_inline __u8 ftp_word_done(struct ftp_line *l)
{
	__u64 word = l->word;

	if (l->head == FTP_PACK4('E', 'P', 'S', 'V')) {
		if (word == FTP_PACK4(0, 'A', 'L', 'L'))
			l->kind = FTP_EPSV_ALL;
	} else if (word == FTP_PACK4(0, 'T', 'L', 'S') ||
		   word == FTP_PACK4(0, 'S', 'S', 'L') ||
		   word == ((__u64)'T' << 32 | FTP_PACK4('L', 'S', '-', 'C')) ||
		   word == ((__u64)'T' << 32 | FTP_PACK4('L', 'S', '-', 'P'))) {
		l->kind = FTP_AUTH_TLS;
	} else if (word ==
		   ((__u64)('G' << 8 | 'S') << 32 | FTP_PACK4('S', 'A', 'P', 'I'))) {
		l->kind = FTP_AUTH_GSSAPI;
	}
	return FTP_ST_SKIP;
}

static __always_inline __u8 ftp_word_byte(struct ftp_line *l, __u8 c)
{
	if (c == ' ' || c == '\r')
		return ftp_word_done(l);
	if (l->digits >= 8) {
		l->word = 0;
		return FTP_ST_SKIP;
	}
	l->word = l->word << 8 | ftp_upper(c);
	l->digits++;
	return FTP_ST_WORD;
}

/*
 * RFC 959, 4.2: three digits and a blank end a reply, three digits and a
 * hyphen begin one of several lines, which only the same code and a blank end.
 * A code without text is taken as the end too.
 */
static __always_inline __u8 ftp_code_byte(struct ftp_line *l, __u8 c)
{
	if (l->digits < 3) {
		if (!ftp_is_digit(c))
			return FTP_ST_SKIP;
		l->number = l->number * 10 + (c - '0');
		l->digits++;
		return FTP_ST_CODE;
	}
	if (l->number < 100)
		return FTP_ST_SKIP;
	if (l->multi && l->number != l->multi)
		return FTP_ST_SKIP;
	if (c == '-') {
		l->multi = l->number;
		return FTP_ST_SKIP;
	}
	if (c != ' ' && c != '\r')
		return FTP_ST_SKIP;
	l->multi = 0;
	l->kind = FTP_REPLY;
	l->head = l->number;
	l->number = 0;
	l->digits = 0;
	if (l->head == 227)
		return FTP_ST_HOST_SEARCH;
	if (l->head == 229)
		return FTP_ST_EPSV_SEARCH;
	return FTP_ST_SKIP;
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
			l->address = l->address << 8 | l->number;
		else
			l->port = l->number << 8;
		if (l->field == 3)
			l->span_len = seq - l->span_seq;
		ftp_number_next(l);
		return FTP_ST_HOST;
	}
	if (l->field == 5 && l->digits)
		return ftp_port_done(l, l->port | l->number);
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

/* EPRT |1|a.b.c.d|port| (RFC 2428, 2). Family 1 is IPv4; others are for the
 * server to refuse. */
static __always_inline __u8 ftp_eprt_family_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (ftp_is_digit(c))
		return ftp_number_digit(l, c, 3, 255) ? FTP_ST_EPRT_FAMILY
						      : FTP_ST_FAILED;
	if (c != l->delimiter || !l->digits)
		return FTP_ST_FAILED;
	if (l->number != 1) {
		l->kind = FTP_EPRT_OTHER;
		return FTP_ST_SKIP;
	}
	l->number = 0;
	l->digits = 0;
	l->span_seq = seq + 1;
	return FTP_ST_EPRT_ADDRESS;
}

static __always_inline __u8 ftp_eprt_address_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (ftp_is_digit(c))
		return ftp_number_digit(l, c, 3, 255) ? FTP_ST_EPRT_ADDRESS
						      : FTP_ST_FAILED;
	if (!l->digits)
		return FTP_ST_FAILED;
	l->address = l->address << 8 | l->number;
	if (l->field == 3 ? c != l->delimiter : c != '.')
		return FTP_ST_FAILED;
	if (l->field == 3)
		l->span_len = seq - l->span_seq;
	ftp_number_next(l);
	return l->field == 4 ? FTP_ST_EPRT_PORT : FTP_ST_EPRT_ADDRESS;
}

/* The port and the delimiter behind it; the same in EPRT and in 229. */
static __always_inline __u8 ftp_extended_port_byte(struct ftp_line *l, __u8 c)
{
	if (ftp_is_digit(c))
		return ftp_number_digit(l, c, 5, 65535) ? l->state : FTP_ST_FAILED;
	if (c != l->delimiter || !l->digits)
		return FTP_ST_FAILED;
	return ftp_port_done(l, l->number);
}

/* 229 text (|||port|): three equal delimiters and a digit (RFC 2428, 3). */
static __always_inline __u8 ftp_epsv_search_byte(struct ftp_line *l, __u8 c)
{
	if (ftp_is_digit(c) && l->run == 3) {
		l->number = c - '0';
		l->digits = 1;
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

static __always_inline __u8 ftp_gap_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	if (c == ' ')
		return FTP_ST_GAP;
	if (l->kind == FTP_PORT)
		return ftp_is_digit(c) ? ftp_host_begin(l, c, seq) : FTP_ST_FAILED;
	if (l->kind == FTP_EPRT) {
		l->delimiter = c;
		return ftp_is_delimiter(c) ? FTP_ST_EPRT_FAMILY : FTP_ST_FAILED;
	}
	return ftp_word_byte(l, c);
}

/* Telnet sequences before the first character (RFC 959, ABOR: IP and Synch). */
static __always_inline __u8 ftp_start_byte(struct ftp_line *l, __u8 c, bool server)
{
	if (c == FTP_IAC)
		return FTP_ST_IAC;
	if (server)
		return ftp_code_byte(l, c);
	if (c == '\r')
		return FTP_ST_SKIP;
	l->kind = FTP_COMMAND;
	return ftp_verb_byte(l, c);
}

static __always_inline __u8 ftp_iac_byte(__u8 c)
{
	if (c == FTP_IAC)
		return FTP_ST_SKIP; /* an escaped 255: text */
	return c >= 251 && c <= 254 ? FTP_ST_IAC_OPTION : FTP_ST_START;
}

/*
 * Feed one byte.
 * @seq:    its sequence number as the sender counts
 * @server: the direction is the server's
 * Return: whether the line just ended. Then kind, bad, head, and for
 * announcements state (FTP_ST_DONE if well-formed), address, port, span_seq
 * and span_len may be read, and ftp_line_reset() must follow.
 */
FTP_GLOBAL bool ftp_line_feed(struct ftp_line *l, __u8 c, __u32 seq, bool server)
{
	if (!l)
		return false;
	if (l->length < FTP_LINE_MAX)
		l->length++;
	else
		l->bad = 1;
	if (l->carriage && c == '\n')
		return true;
	if (l->carriage || c == '\n' || !c)
		l->bad = 1;
	l->carriage = c == '\r';

	switch (l->state) {
	case FTP_ST_START:
		l->state = ftp_start_byte(l, c, server);
		break;
	case FTP_ST_IAC:
		l->state = ftp_iac_byte(c);
		break;
	case FTP_ST_IAC_OPTION:
		l->state = FTP_ST_START;
		break;
	case FTP_ST_VERB:
		l->state = ftp_verb_byte(l, c);
		break;
	case FTP_ST_CODE:
		l->state = ftp_code_byte(l, c);
		break;
	case FTP_ST_GAP:
		l->state = ftp_gap_byte(l, c, seq);
		break;
	case FTP_ST_WORD:
		l->state = ftp_word_byte(l, c);
		break;
	case FTP_ST_HOST_SEARCH:
		if (ftp_is_digit(c))
			l->state = ftp_host_begin(l, c, seq);
		break;
	case FTP_ST_HOST:
		l->state = ftp_host_byte(l, c, seq);
		break;
	case FTP_ST_EPRT_FAMILY:
		l->state = ftp_eprt_family_byte(l, c, seq);
		break;
	case FTP_ST_EPRT_ADDRESS:
		l->state = ftp_eprt_address_byte(l, c, seq);
		break;
	case FTP_ST_EPSV_SEARCH:
		l->state = ftp_epsv_search_byte(l, c);
		break;
	case FTP_ST_EPRT_PORT:
	case FTP_ST_EPSV_PORT:
		l->state = ftp_extended_port_byte(l, c);
		break;
	default: /* SKIP, DONE, FAILED: whatever follows changes nothing */
		break;
	}
	return false;
}

/* Whether the ended line announces an address and port that may be believed. */
static __always_inline bool ftp_line_announces(const struct ftp_line *l)
{
	return l->state == FTP_ST_DONE && !l->bad;
}

#endif /* PINHOLE_BPF_FTP_LINE_H */
