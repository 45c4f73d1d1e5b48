/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_strict.h - what strict inspection does not bear in a line.
 *
 * Why it exists: ASA's `inspect ftp strict` ends a connection over these. Here is
 * only the judgement; what comes of it is the caller's.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * As ASA: an announcement whose numbers are cut short; a command that does not
 * end in CR LF; a RETR or STOR of a path beyond 256 bytes; PORT from the server;
 * 227 from the client; an announced port below 1024; more than 8 bytes behind the
 * port numbers; a command before the reply to the last one, or more of them in
 * one segment; a command that is not known.
 *
 * Where we differ:
 *  - EPRT and 229 are held to the same as PORT and 227; the delimiter that ends
 *    their port belongs to the numbers.
 *  - ASA counts commas only; here every number must be sound.
 *  - STOU and APPE are held to the same as RETR and STOR.
 *  - NUL bytes, and lines beyond FTP_LINE_MAX bytes, end the connection as well,
 *    and so does what no FTP client says (FTP_FOREIGN).
 *  - ABOR, STAT and QUIT may be sent during a transfer (RFC 959, 4.1.3).
 *  - The server's text is for people: its length and bare LFs are judged only in
 *    227 and 229.
 *  - A line that we joined in its middle is not judged.
 * An address that is not its sender's, a reply nobody asked for, and a repeated
 * segment with other bytes are judged where the session is known.
 */
#ifndef PINHOLE_BPF_FTP_STRICT_H
#define PINHOLE_BPF_FTP_STRICT_H

#include "ftp_queue.h"

#define FTP_TRAILING_MAX 8    /* bytes behind the port numbers */
#define FTP_PATH_MAX	 256  /* bytes of a path */
#define FTP_LOW_PORTS	 1024 /* ports below it are not for data connections */

/* Commands whose argument names the file to transfer. */
static __always_inline bool ftp_verb_has_path(__u8 verb)
{
	return verb == FTP_VERB_RETR || verb == FTP_VERB_STOR || verb == FTP_VERB_STOU ||
	       verb == FTP_VERB_APPE;
}

/* Bytes behind the line's beginning that are not text. */
static __always_inline enum ftp_finding ftp_strict_faults(const struct ftp_line *l)
{
	if (l->faults & FTP_FAULT_NUL)
		return FTP_FOUND_NUL_BYTE;
	if (l->faults & FTP_FAULT_CRLF)
		return FTP_FOUND_NO_CRLF;
	if (l->faults & FTP_FAULT_LONG)
		return FTP_FOUND_OVERLONG;
	return FTP_FOUND_NOTHING;
}

/* The numbers of a line that should announce something, and has ended. */
static __always_inline enum ftp_finding ftp_strict_numbers(const struct ftp_line *l)
{
	if (l->state != FTP_ST_DONE)
		return FTP_FOUND_MALFORMED;
	if (l->port < FTP_LOW_PORTS)
		return FTP_FOUND_LOW_PORT;
	if (l->trailing > FTP_TRAILING_MAX)
		return FTP_FOUND_TRAILING;
	return FTP_FOUND_NOTHING;
}

/* What of the client's line has been read so far; @ending: bytes of the line end
 * in it. */
static __always_inline enum ftp_finding ftp_strict_begun(const struct ftp_line *l,
							 __u32 ending)
{
	enum ftp_finding finding;

	if (l->faults & FTP_FAULT_JOIN)
		return FTP_FOUND_NOTHING;
	if (l->kind == FTP_FOREIGN)
		return FTP_FOUND_NOT_FTP;
	finding = ftp_strict_faults(l);
	if (finding != FTP_FOUND_NOTHING)
		return finding;
	if (l->kind == FTP_CLIENT_REPLY)
		return FTP_FOUND_CLIENT_REPLY;
	if (l->verb == FTP_VERB_UNKNOWN)
		return FTP_FOUND_UNKNOWN_COMMAND;
	if (ftp_verb_has_path(l->verb) && l->arg_at &&
	    l->length > l->arg_at + FTP_PATH_MAX + ending)
		return FTP_FOUND_OVERLONG;
	return FTP_FOUND_NOTHING;
}

/*
 * The segment ended in the midst of the client's line: is it past bearing by now?
 * What it finds would be found at the line's end as well, which may never come.
 */
static __always_inline enum ftp_finding ftp_strict_part(const struct ftp_line *l)
{
	return ftp_strict_begun(l, l->carriage);
}

/*
 * A line of the client's that has ended.
 * @s:    its session; the command is not in its queue yet
 * @more: bytes follow it in the segment
 * Return: the gravest, or FTP_FOUND_NOTHING.
 */
static __always_inline enum ftp_finding
ftp_strict_command(const struct ftp_line *l, const struct ftp_session *s, bool more)
{
	enum ftp_finding finding = ftp_strict_begun(l, 2);

	if (finding != FTP_FOUND_NOTHING || (l->faults & FTP_FAULT_JOIN))
		return finding;
	if (l->kind == FTP_PORT || l->kind == FTP_EPRT)
		finding = ftp_strict_numbers(l);
	if (finding != FTP_FOUND_NOTHING)
		return finding;
	if (more || (l->kind != FTP_NOTHING && ftp_queue_must_wait(s, l->verb)))
		return FTP_FOUND_PIPELINED;
	return FTP_FOUND_NOTHING;
}

/*
 * A line of the server's that has ended.
 * Return: the gravest, or FTP_FOUND_NOTHING.
 */
static __always_inline enum ftp_finding ftp_strict_reply(const struct ftp_line *l)
{
	enum ftp_finding finding;

	if (l->faults & FTP_FAULT_JOIN)
		return FTP_FOUND_NOTHING;
	if (l->kind == FTP_SERVER_COMMAND)
		return FTP_FOUND_SERVER_COMMAND;
	if (l->faults & FTP_FAULT_NUL)
		return FTP_FOUND_NUL_BYTE;
	if (l->kind != FTP_REPLY || (l->head != 227 && l->head != 229))
		return FTP_FOUND_NOTHING;
	finding = ftp_strict_faults(l);
	return finding == FTP_FOUND_NOTHING ? ftp_strict_numbers(l) : finding;
}

#endif /* PINHOLE_BPF_FTP_STRICT_H */
