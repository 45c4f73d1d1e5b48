/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_command.h - read the verb of a client's line, and tell what it is.
 *
 * Who may include it: ftp_line.h. Pure: compiles for BPF and natively.
 *
 * RFC 959 5.3.1 (four letters or fewer, a blank, the argument), RFC 1123
 * 4.1.2.10 and RFC 854 (Telnet sequences).
 *
 * Two readings. What may open something (enum ftp_kind) is read as the RFC has
 * it: letters from the line's first byte on, one blank or CR behind them. What
 * may only forbid (enum ftp_verb) is read as the laxest of servers would: blanks
 * of any kind before and behind the verb, Telnet sequences inside it, and a lone
 * LF that begins another line. So a server that is laxer than the RFC cannot be
 * told what the policy denies.
 *
 * Lines that no FTP client says are FTP_FOREIGN: the verbs of HTTP, RTSP and
 * SIP, a header's name with its colon, a control character in front. A browser
 * can be made to send such to an FTP port, with an announcement further down.
 */
#ifndef PINHOLE_BPF_FTP_COMMAND_H
#define PINHOLE_BPF_FTP_COMMAND_H

#include "ftp_line_types.h"

#define FTP_VERB_LETTERS 8   /* of a verb, that are looked at */
#define FTP_VERB_ODD	 255 /* in `digits`: more of them, or others (XMD5 has a digit) */

/* Letter i of the literal s where it belongs in the packed word. */
#define FTP_PACK_LETTER(s, i)                                            \
	((i) < __builtin_strlen(s)                                       \
		 ? (__u64)(__u8)(s)[(i) < __builtin_strlen(s) ? (i) : 0] \
			   << (8 * (__builtin_strlen(s) - 1 - (i)) & 63) \
		 : 0)

/* A literal of up to eight upper-case letters and digits, packed as the scanner does. */
#define FTP_PACK(s)                                                              \
	(FTP_PACK_LETTER(s, 0) | FTP_PACK_LETTER(s, 1) | FTP_PACK_LETTER(s, 2) | \
	 FTP_PACK_LETTER(s, 3) | FTP_PACK_LETTER(s, 4) | FTP_PACK_LETTER(s, 5) | \
	 FTP_PACK_LETTER(s, 6) | FTP_PACK_LETTER(s, 7))

/* What some server takes for a blank. */
static __always_inline bool ftp_is_space(__u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || !c;
}

/*
 * Which command it is. Global: verified once, and run once per line.
 * @packed: up to eight letters, upper case, the last one lowest
 * Return: enum ftp_verb; FTP_VERB_UNKNOWN if it is none of them.
 */
FTP_GLOBAL __u32 ftp_command_verb(__u64 packed)
{
#define X(NAME)                        \
	if (packed == FTP_PACK(#NAME)) \
		return FTP_VERB_##NAME;
	FTP_VERBS(X)
#undef X
	return FTP_VERB_UNKNOWN;
}

/* Verbs of HTTP (RFC 9110, 5789), of SIP (RFC 3261), of RTSP (RFC 7826). */
static __always_inline bool ftp_is_foreign(__u64 packed)
{
	return packed == FTP_PACK("GET") || packed == FTP_PACK("POST") ||
	       packed == FTP_PACK("PUT") || packed == FTP_PACK("HEAD") ||
	       packed == FTP_PACK("PRI") || packed == FTP_PACK("OPTIONS") ||
	       packed == FTP_PACK("CONNECT") || packed == FTP_PACK("DELETE") ||
	       packed == FTP_PACK("PATCH") || packed == FTP_PACK("TRACE") ||
	       packed == FTP_PACK("REGISTER") || packed == FTP_PACK("INVITE") ||
	       packed == FTP_PACK("DESCRIBE") || packed == FTP_PACK("SETUP");
}

static __always_inline __u8 ftp_foreign(struct ftp_line *l)
{
	l->kind = FTP_FOREIGN;
	l->verb = FTP_VERB_UNKNOWN;
	l->word = 0;
	l->digits = 0;
	return FTP_ST_SKIP;
}

/* What the commands that are acted upon may bring about. */
static __always_inline __u8 ftp_verb_kind(__u8 verb)
{
	switch (verb) {
	case FTP_VERB_PORT:
		return FTP_PORT;
	case FTP_VERB_EPRT:
		return FTP_EPRT;
	case FTP_VERB_PASV:
		return FTP_PASV;
	case FTP_VERB_EPSV:
		return FTP_EPSV;
	case FTP_VERB_CCC:
		return FTP_CCC;
	case FTP_VERB_QUIT:
		return FTP_QUIT;
	default:
		return FTP_COMMAND;
	}
}

/* The verb is complete: a blank of some kind, c, follows it. */
static __always_inline __u8 ftp_verb_end(struct ftp_line *l, __u8 c, bool lax)
{
	__u64 word = l->word;
	__u8 digits = l->digits;

	if (digits <= FTP_VERB_LETTERS && ftp_is_foreign(word))
		return ftp_foreign(l);
	l->word = 0;
	l->digits = 0;
	l->head = digits <= 4 ? word : 0;
	l->verb = digits <= 4 ? ftp_command_verb(word) : FTP_VERB_UNKNOWN;
	if (lax || (c != ' ' && c != '\r'))
		return FTP_ST_LAX_GAP;
	l->kind = ftp_verb_kind(l->verb);
	return FTP_ST_GAP;
}

/* @lax: it is not where the RFC has it, and may open nothing */
static __always_inline __u8 ftp_verb_byte(struct ftp_line *l, __u8 c, bool lax)
{
	__u8 upper = ftp_upper(c);

	if (c == FTP_IAC)
		return FTP_ST_VERB_IAC;
	if (ftp_is_space(c)) {
		if (l->digits)
			return ftp_verb_end(l, c, lax);
		return FTP_ST_LAX_VERB;
	}
	if (l->kind == FTP_NOTHING)
		l->kind = FTP_COMMAND;
	if (!l->digits) { /* behind a lone LF there was another one before */
		l->verb = FTP_VERB_NONE;
		l->arg_at = 0;
		l->automaton[0] = 0;
		l->automaton[1] = 0;
		if (c < ' ' || c == 127)
			return ftp_foreign(l);
	}
	if (c == ':')
		return ftp_foreign(l);
	if (((upper >= 'A' && upper <= 'Z') || (ftp_is_digit(c) && l->digits)) &&
	    l->digits < FTP_VERB_LETTERS) {
		l->word = l->word << 8 | upper;
		l->digits++;
	} else {
		l->digits = FTP_VERB_ODD;
	}
	return lax ? FTP_ST_LAX_VERB : FTP_ST_VERB;
}

/* A Telnet sequence inside the verb: some servers take it out. */
static __always_inline __u8 ftp_verb_iac_byte(struct ftp_line *l, __u8 c)
{
	if (c >= 251 && c <= 254)
		return FTP_ST_VERB_IAC_OPTION;
	if (c == FTP_IAC) /* an escaped 255 is text */
		l->digits = FTP_VERB_ODD;
	return FTP_ST_LAX_VERB;
}

/* Three digits where a verb should be: 227 and 229 are the server's to say. */
static __always_inline __u8 ftp_client_code_byte(struct ftp_line *l, __u8 c)
{
	if (l->digits < 3 && ftp_is_digit(c)) {
		l->number = l->number * 10 + (c - '0');
		l->digits++;
		return FTP_ST_CLIENT_CODE;
	}
	if (l->digits == 3 && (l->number == 227 || l->number == 229) &&
	    (ftp_is_space(c) || c == '-')) {
		l->kind = FTP_CLIENT_REPLY;
		l->verb = FTP_VERB_UNKNOWN;
		l->number = 0;
		l->digits = 0;
		return FTP_ST_SKIP;
	}
	l->number = 0;
	l->digits = FTP_VERB_ODD;
	return ftp_verb_byte(l, c, false);
}

#endif /* PINHOLE_BPF_FTP_COMMAND_H */
