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
 * announcement void (`faults`). The command's kind or the reply code at its start is
 * believed even so: where two readers might disagree about the rest, these
 * only ever close something (a multi-line reply stays open, a hole goes away).
 * What is forbidden goes by the verb, which is read more laxly: ftp_command.h.
 */
#ifndef PINHOLE_BPF_FTP_LINE_H
#define PINHOLE_BPF_FTP_LINE_H

#include "ftp_announcement.h"
#include "ftp_command.h"
#include "ftp_line_types.h"

/* Forget the line; what spans lines (the multi-line reply, and what an automaton
 * has read of it) stays. */
static __always_inline void ftp_line_reset(struct ftp_line *l)
{
	__u16 multi = l->multi, automaton = multi ? l->automaton[0] : 0;

	__builtin_memset(l, 0, sizeof(*l));
	l->multi = multi;
	l->automaton[0] = automaton;
}

/* For a stream joined in the middle: what comes up to the next line end is
 * not at a line start. */
static __always_inline void ftp_line_join(struct ftp_line *l)
{
	__builtin_memset(l, 0, sizeof(*l));
	l->state = FTP_ST_SKIP;
	l->faults = FTP_FAULT_JOIN;
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
 * A line of the server's that begins with letters, outside of a multi-line
 * reply. PORT and EPRT are the client's to say (strict inspection).
 */
static __always_inline __u8 ftp_server_verb_byte(struct ftp_line *l, __u8 c)
{
	__u8 upper = ftp_upper(c);

	if (l->digits < 4 && upper >= 'A' && upper <= 'Z') {
		l->head = l->head << 8 | upper;
		l->digits++;
		return FTP_ST_SERVER_VERB;
	}
	if (c == ' ' && (l->head == FTP_PACK4('P', 'O', 'R', 'T') ||
			 l->head == FTP_PACK4('E', 'P', 'R', 'T')))
		return FTP_ST_SERVER_ARG;
	l->head = 0;
	return FTP_ST_SKIP;
}

static __always_inline __u8 ftp_server_arg_byte(struct ftp_line *l, __u8 c)
{
	if (c == ' ')
		return FTP_ST_SERVER_ARG;
	if (l->head == FTP_PACK4('P', 'O', 'R', 'T') ? ftp_is_digit(c)
						     : ftp_is_delimiter(c))
		l->kind = FTP_SERVER_COMMAND;
	l->head = 0;
	return FTP_ST_SKIP;
}

/* The first byte of a reply's text, which is its argument. CR LF may follow the
 * code at once. */
static __always_inline __u8 ftp_text_byte(struct ftp_line *l, __u8 c)
{
	if (c == '\r')
		return FTP_ST_TEXT_FIRST;
	l->arg_at = l->length - 1;
	return FTP_ST_ARG;
}

/*
 * RFC 959, 4.2: three digits and a blank end a reply, three digits and a
 * hyphen begin one of several lines, which only the same code and a blank end.
 * A code without text is taken as the end too.
 */
static __always_inline __u8 ftp_code_byte(struct ftp_line *l, __u8 c)
{
	__u8 text = l->multi ? FTP_ST_TEXT : FTP_ST_TEXT_FIRST;

	if (l->digits < 3) {
		if (!ftp_is_digit(c))
			return l->digits || l->multi ? FTP_ST_SKIP
						     : ftp_server_verb_byte(l, c);
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
		return text;
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
	return text;
}

/* ---- any line ---- */

/* A blank where the argument may begin, or its first byte. */
static __always_inline __u8 ftp_gap_byte(struct ftp_line *l, __u8 c, __u32 seq)
{
	bool announces = l->kind == FTP_PORT || l->kind == FTP_EPRT;

	if (c == ' ')
		return FTP_ST_GAP;
	if (c == '\r')
		return announces ? FTP_ST_FAILED : FTP_ST_GAP;
	l->arg_at = l->length - 1;
	switch (l->verb) {
	case FTP_VERB_PORT:
		return ftp_is_digit(c) ? ftp_host_begin(l, c, seq) : FTP_ST_FAILED;
	case FTP_VERB_EPRT:
		l->delimiter = c;
		return ftp_is_delimiter(c) ? FTP_ST_EPRT_FAMILY : FTP_ST_FAILED;
	case FTP_VERB_AUTH:
	case FTP_VERB_EPSV:
		return ftp_word_byte(l, c);
	default:
		return FTP_ST_ARG;
	}
}

static __always_inline __u8 ftp_lax_gap_byte(struct ftp_line *l, __u8 c)
{
	if (ftp_is_space(c))
		return FTP_ST_LAX_GAP;
	l->arg_at = l->length - 1;
	return FTP_ST_ARG;
}

/* Telnet sequences before the first character (RFC 959, ABOR: IP and Synch). */
static __always_inline __u8 ftp_start_byte(struct ftp_line *l, __u8 c, bool server)
{
	if (c == FTP_IAC)
		return FTP_ST_IAC;
	if (server)
		return ftp_code_byte(l, c);
	if (ftp_is_digit(c)) {
		l->kind = FTP_COMMAND;
		return ftp_client_code_byte(l, c);
	}
	return ftp_verb_byte(l, c, false);
}

static __always_inline __u8 ftp_iac_byte(struct ftp_line *l, __u8 c, bool server)
{
	if (c >= 251 && c <= 254)
		return FTP_ST_IAC_OPTION;
	if (c != FTP_IAC)
		return FTP_ST_START;
	if (server)
		return FTP_ST_SKIP;
	l->kind = FTP_COMMAND; /* an escaped 255 is text */
	l->digits = FTP_VERB_ODD;
	return FTP_ST_VERB;
}

/*
 * A lone LF of the client's: to some servers the next byte begins a line. Where
 * the line begins and how long it is are said anew, so that what is told of it
 * is never the argument of a command before it, which may be PASS.
 */
static __always_inline void ftp_lone_lf(struct ftp_line *l)
{
	l->word = 0;
	l->digits = 0;
	l->length = 0;
	l->state = FTP_ST_LONE_LF;
}

/*
 * Feed one byte.
 * @seq:    its sequence number as the sender counts
 * @server: the direction is the server's
 * Return: whether the line just ended. Then kind, verb, faults, head, arg_at, and
 * for announcements state (FTP_ST_DONE if well-formed), address, port, span_seq,
 * span_len and trailing may be read, and ftp_line_reset() must follow.
 */
FTP_GLOBAL bool ftp_line_feed(struct ftp_line *l, __u8 c, __u32 seq, bool server)
{
	if (!l)
		return false;
	if (!l->length)
		l->start_seq = seq;
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
		l->state = ftp_iac_byte(l, c, server);
		break;
	case FTP_ST_IAC_OPTION:
		l->state = FTP_ST_START;
		break;
	case FTP_ST_VERB:
		l->state = ftp_verb_byte(l, c, false);
		break;
	case FTP_ST_LONE_LF:
	case FTP_ST_LAX_VERB:
		l->state = ftp_verb_byte(l, c, true);
		break;
	case FTP_ST_VERB_IAC:
		l->state = ftp_verb_iac_byte(l, c);
		break;
	case FTP_ST_VERB_IAC_OPTION:
		l->state = FTP_ST_LAX_VERB;
		break;
	case FTP_ST_CLIENT_CODE:
		l->state = ftp_client_code_byte(l, c);
		break;
	case FTP_ST_CODE:
		l->state = ftp_code_byte(l, c);
		break;
	case FTP_ST_TEXT_FIRST:
		l->state = ftp_text_byte(l, c);
		break;
	case FTP_ST_TEXT:
	case FTP_ST_ARG:
		l->state = FTP_ST_SKIP;
		break;
	case FTP_ST_SERVER_VERB:
		l->state = ftp_server_verb_byte(l, c);
		break;
	case FTP_ST_SERVER_ARG:
		l->state = ftp_server_arg_byte(l, c);
		break;
	case FTP_ST_GAP:
		l->state = ftp_gap_byte(l, c, seq);
		break;
	case FTP_ST_LAX_GAP:
		l->state = ftp_lax_gap_byte(l, c);
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
		l->state = ftp_epsv_search_byte(l, c, seq);
		break;
	case FTP_ST_EPRT_PORT:
	case FTP_ST_EPSV_PORT:
		l->state = ftp_extended_port_byte(l, c, seq);
		break;
	case FTP_ST_DONE:
		ftp_trailing_byte(l, c);
		break;
	default: /* SKIP, FAILED: whatever follows changes nothing */
		break;
	}
	if (c == '\n' && !server)
		ftp_lone_lf(l);
	return false;
}

/*
 * Whether the client's verb is known: enum ftp_verb, in l->verb. It is with the
 * blank, CR or LF behind it, before the argument's first byte. Behind a lone LF
 * it is NONE again until the next verb is complete.
 */
static __always_inline bool ftp_line_verb_complete(const struct ftp_line *l)
{
	return l->verb != FTP_VERB_NONE;
}

/*
 * Whether the client's last byte was a lone LF. The line goes on, but a lax
 * server takes it for ended, and what is forbidden must be judged as at its end.
 */
static __always_inline bool ftp_line_broke(const struct ftp_line *l)
{
	return l->state == FTP_ST_LONE_LF;
}

/* Whether the ended line announces an address and port that may be believed. */
static __always_inline bool ftp_line_announces(const struct ftp_line *l)
{
	return l->state == FTP_ST_DONE && !l->faults;
}

#endif /* PINHOLE_BPF_FTP_LINE_H */
