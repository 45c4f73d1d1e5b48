/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_line.h - one direction of an FTP control stream, read byte by byte.
 *
 * Why it exists: a command may be cut anywhere by segmentation, so nothing may
 * depend on a line being in one packet. The scanner digests each byte as it
 * comes and keeps no text: its whole state is struct ftp_line, and the
 * cuts cannot be seen from inside.
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
 * announcement void (`faults`). The verb or the reply code at its start is
 * believed even so: where two readers might disagree about the rest, these
 * only ever close something (a multi-line reply stays open, a hole goes away).
 */
#ifndef PINHOLE_BPF_FTP_LINE_H
#define PINHOLE_BPF_FTP_LINE_H

#include "ftp_announcement.h"
#include "ftp_line_types.h"

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
	l->faults = FTP_FAULT_JOIN;
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
 * Return: whether the line just ended. Then kind, faults, head, and for
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
		l->faults |= FTP_FAULT_LONG;
	if (l->carriage && c == '\n')
		return true;
	if (l->carriage || c == '\n')
		l->faults |= FTP_FAULT_CRLF;
	if (!c)
		l->faults |= FTP_FAULT_NUL;
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
	case FTP_ST_EPRT_V4:
		l->state = ftp_eprt_v4_byte(l, c, seq);
		break;
	case FTP_ST_EPRT_V6:
		l->state = ftp_eprt_v6_byte(l, c, seq);
		break;
	case FTP_ST_EPRT_V6_TAIL:
		l->state = ftp_eprt_v6_tail_byte(l, c, seq);
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
	return l->state == FTP_ST_DONE && !l->faults;
}

#endif /* PINHOLE_BPF_FTP_LINE_H */
