/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_text.h - read what this machine says on a control connection: lines, or TLS
 * records.
 *
 * Why it exists: here the stream is seen before it is cut into segments: in order, each
 * byte once, and before anybody else can have acted upon it. The scanners are those of
 * the gateway (ftp_line.h, tls_record.h).
 *
 * Who may include it: host.bpf.c.
 *
 * Only what this machine sends is seen, not what its peer does. So a reply is not
 * compared with a command: what a line must agree with is a listener. And a direction's
 * numbers (next_seq, span_seq) count from its first byte, as this machine has said it.
 *
 * Races: a message is read under its socket's lock, and nobody else writes to its
 * direction; `lock` guards the session's flags, which the datapath changes too.
 *
 * RFC 959 (lines), 4217 (AUTH TLS, CCC), 8446 5.1 (records).
 */
#ifndef PINHOLE_BPF_HOST_TEXT_H
#define PINHOLE_BPF_HOST_TEXT_H

#include "host_announce.h"
#include "tls_record.h"

/* So much of a message is read, a power of two. Nobody writes longer lines or records;
 * of a listing that is longer the rest is passed over. */
#define HOST_MAX_MESSAGE 32768u

/* ---- states ---- */

static __always_inline void host_flag(const struct host_scan *scan, __u32 set,
				      __u32 clear)
{
	__u64 conn_id = scan->hs->conn_id;
	struct ftp_session *s = scan->s;

	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id)
		s->flags = (s->flags & ~clear) | set;
	bpf_spin_unlock(&s->lock);
}

/* The direction is of another kind from here on. */
static __always_inline void host_mode_set(const struct host_scan *scan,
					  enum ftp_mode mode)
{
	struct ftp_direction *dir = scan->dir;

	dir->mode = mode;
	ftp_line_reset(&dir->line);
	dir->line.multi = 0;
	if (mode == FTP_MODE_HELLO)
		__builtin_memset(&dir->tls, 0, sizeof(dir->tls));
}

/* The stream is in clear again (CCC). */
static __always_inline void host_clear_again(const struct host_scan *scan)
{
	bool first = !(scan->s->flags & FTP_S_CLEARED);

	host_mode_set(scan, FTP_MODE_LINES);
	host_flag(scan, FTP_S_CLEARED | FTP_S_GREETED, FTP_S_TLS | FTP_S_VERIFIED);
	if (first)
		event_count(PH_EV_FTP_SESSION_CLEARED);
}

/* What is known of TLS after this message. */
static __always_inline void host_tls_prove(const struct host_scan *scan)
{
	__u32 seen = scan->dir->tls.seen, before = scan->s->flags, now = 0;

	if (scan->dir->mode != FTP_MODE_TLS)
		return;
	if (seen & TLS_SEEN_HELLO)
		now |= FTP_S_TLS;
	if (seen & TLS_SEEN_DATA)
		now |= FTP_S_VERIFIED;
	now &= ~before;
	if (!now)
		return;
	host_flag(scan, now, 0);
	if (now & FTP_S_TLS) {
		event_count(PH_EV_FTP_SESSION_TLS);
		host_tell(scan, PH_RECORD_FTP_TLS, 0);
	}
	if (now & FTP_S_VERIFIED)
		event_count(PH_EV_FTP_SESSION_VERIFIED);
}

/* ---- lines ---- */

struct host_user {
	char byte[FTP_USER_BYTES];
};

/* Copy out of the history, and end it by NUL. Global, for its loop, which has one way
 * through, as kernel 6.1 demands. */
FTP_GLOBAL int host_copy_user(struct host_user *to, const struct host_history *from,
			      __u32 at, __u32 len)
{
	if (!to || !from)
		return 0;
	if (len > FTP_USER_BYTES - 1)
		len = FTP_USER_BYTES - 1;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FTP_USER_BYTES; i++) {
		__u8 c = from->byte[(at + i) & (FTP_HISTORY_BYTES - 1)];

		to->byte[i] = (char)(i < len ? c : 0);
	}
	return 0;
}

/* The name that the client logs in by. */
static __always_inline void host_keep_user(const struct host_scan *scan)
{
	const struct ftp_line *l = &scan->dir->line;
	__u32 len = l->arg_at && l->length > l->arg_at + 2 ? l->length - l->arg_at - 2u
							   : 0;

	host_copy_user((struct host_user *)scan->s->user,
		       (const struct host_history *)scan->dir->history,
		       l->start_seq + l->arg_at, len);
}

/* host_line_means(), for what it costs the verifier. */
FTP_GLOBAL int host_meaning_of(const struct ftp_line *l, bool server)
{
	return l ? (int)host_line_means(l, server) : HOST_SAYS_NOTHING;
}

/* The line in scan->dir->line is complete. */
static __noinline int host_line(struct host_scan *scan)
{
	if (scan->server && scan->dir->line.kind == FTP_REPLY &&
	    !(scan->s->flags & FTP_S_GREETED))
		host_flag(scan, FTP_S_GREETED, 0);
	switch (host_meaning_of(&scan->dir->line, scan->server)) {
	case HOST_SAYS_PORT:
	case HOST_SAYS_MALFORMED:
		scan->dir->flags |= HOST_DIR_ANNOUNCES;
		break;
	case HOST_SAYS_AUTH:
		host_flag(scan, FTP_S_AUTH, 0);
		break;
	case HOST_SAYS_TLS:
		host_mode_set(scan, FTP_MODE_HELLO);
		host_flag(scan, 0, FTP_S_TLS | FTP_S_VERIFIED | FTP_S_CLEARED);
		break;
	case HOST_SAYS_OPAQUE:
		host_mode_set(scan, FTP_MODE_OPAQUE);
		host_flag(scan, FTP_S_GSSAPI, 0);
		break;
	case HOST_SAYS_GOODBYE:
		ftp_session_end(scan->s, scan->hs->conn_id);
		break;
	case HOST_SAYS_USER:
		host_keep_user(scan);
		break;
	default:
		break;
	}
	return 0;
}

/* Read the byte c of a line. */
static __always_inline void host_line_step(struct host_scan *scan, __u8 c)
{
	struct ftp_direction *dir = scan->dir;
	__u32 seq = dir->next_seq;

	/* A ClientHello where a line would begin: the server, whose replies are not
	 * seen, has agreed to AUTH. No command begins with this byte. */
	if (!scan->server && !dir->line.length && c == TLS_HANDSHAKE &&
	    (scan->s->flags & FTP_S_AUTH)) {
		host_mode_set(scan, FTP_MODE_HELLO);
		host_flag(scan, 0,
			  FTP_S_AUTH | FTP_S_TLS | FTP_S_VERIFIED | FTP_S_CLEARED);
		return;
	}
	dir->history[seq & (FTP_HISTORY_BYTES - 1)] = c;
	dir->next_seq = seq + 1;
	if (!ftp_line_feed(&dir->line, c, seq, scan->server))
		return;
	host_line(scan);
	if (dir->mode == FTP_MODE_LINES && !(dir->flags & HOST_DIR_ANNOUNCES))
		ftp_line_reset(&dir->line);
}

/* ---- TLS ---- */

/*
 * Read on in a record, where the byte c is. Global, for what it costs the verifier.
 * @left: bytes of the message, c included
 * Return: how many bytes were read or passed over, at least 1.
 */
FTP_GLOBAL __u32 host_tls_read(struct tls_reader *reader, struct host_name *name, __u32 c,
			       __u32 left, bool server)
{
	__u32 n;

	if (!reader || !name)
		return 1;
	n = tls_skippable(reader);
	if (!n) {
		tls_feed(reader, c, server, name->byte);
		return 1;
	}
	n = n < left ? n : left;
	tls_skip(reader, n);
	return n;
}

/* What begins a line: a reply's digit; a command's letter, or Telnet's. */
static __always_inline bool host_begins_line(const struct host_scan *scan, __u8 c)
{
	__u8 upper = ftp_upper(c);

	return scan->server ? ftp_is_digit(c)
			    : (upper >= 'A' && upper <= 'Z') || c == FTP_IAC;
}

/* Read on at the byte c, in a direction that speaks TLS. @left: as of host_tls_read() */
static __always_inline void host_tls_step(struct host_scan *scan, __u8 c, __u32 left)
{
	struct ftp_direction *dir = scan->dir;

	if (dir->mode == FTP_MODE_TLS && tls_at_boundary(&dir->tls) &&
	    !tls_is_content_type(c)) {
		/* There is no CCC before the handshake is complete. */
		if (host_begins_line(scan, c) && (dir->tls.seen & TLS_SEEN_DATA))
			host_clear_again(scan);
		else
			host_mode_set(scan, FTP_MODE_OPAQUE);
		return;
	}
	dir->next_seq += host_tls_read(&dir->tls,
				       (struct host_name *)scan->s->server_name, c, left,
				       scan->server);
	if (dir->tls.seen & TLS_SEEN_BROKEN)
		host_mode_set(scan, FTP_MODE_OPAQUE);
	else if (dir->mode == FTP_MODE_HELLO && (dir->tls.seen & TLS_SEEN_HELLO))
		host_mode_set(scan, FTP_MODE_TLS);
}

/* ---- the message ---- */

/* So many of the message's bytes are read. */
static __always_inline __u32 host_len(const struct host_scan *scan)
{
	__u32 size = scan->msg->size;

	return size < HOST_MAX_MESSAGE ? size : HOST_MAX_MESSAGE;
}

static long host_read_step(__u32 i, struct host_scan *scan)
{
	__u8 *data = scan->msg->data, *end = scan->msg->data_end;
	__u32 at = scan->dir->next_seq - scan->start, len = host_len(scan);

	(void)i;
	if (at >= len || (scan->dir->flags & HOST_DIR_ANNOUNCES) ||
	    scan->dir->mode == FTP_MODE_OPAQUE)
		return 1;
	data += at & (HOST_MAX_MESSAGE - 1);
	if (data + 1 > end)
		return 1;
	if (scan->dir->mode == FTP_MODE_LINES)
		host_line_step(scan, *data);
	else
		host_tls_step(scan, *data, len - at);
	return 0;
}

/* Read up to the next announcement, and judge it. */
static long host_read_line(__u32 i, struct host_scan *scan)
{
	(void)i;
	bpf_loop(2 * HOST_MAX_MESSAGE, host_read_step, scan, 0);
	if (!(scan->dir->flags & HOST_DIR_ANNOUNCES))
		return 1;
	host_announce(scan);
	scan->dir->flags &= ~HOST_DIR_ANNOUNCES;
	ftp_line_reset(&scan->dir->line);
	/* A change of the text has left only that in sight. */
	return scan->spoilt || !host_pull(scan->msg, 0, host_len(scan));
}

/* Of the rest of the message nothing is known but how long it is. */
static __always_inline void host_pass_over(struct host_scan *scan, __u32 rest)
{
	struct ftp_direction *dir = scan->dir;

	if (!rest || dir->mode == FTP_MODE_OPAQUE)
		return;
	dir->next_seq += rest;
	if (dir->mode == FTP_MODE_LINES)
		ftp_line_join(&dir->line);
	else if (rest <= tls_skippable(&dir->tls))
		tls_skip(&dir->tls, rest);
	else
		host_mode_set(scan, FTP_MODE_OPAQUE);
}

/* Read a message. */
static __always_inline void host_read(struct host_scan *scan)
{
	struct ftp_direction *dir = scan->dir;

	if (dir->mode == FTP_MODE_OPAQUE)
		return;
	scan->start = dir->next_seq;
	if (host_pull(scan->msg, 0, host_len(scan)))
		bpf_loop(HOST_MAX_MESSAGE, host_read_line, scan, 0);
	host_pass_over(scan, scan->msg->size - (dir->next_seq - scan->start));
	host_tls_prove(scan);
}

#endif /* PINHOLE_BPF_HOST_TEXT_H */
