/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_tls.h - a control connection that goes over to TLS, and comes back.
 *
 * Why it exists: what is encrypted cannot be read, but its records can be
 * counted. That tells TLS from somebody who only says so, and finds the place
 * where the stream is in clear again (CCC).
 *
 * Who may include it: ftp_read.h and its parts.
 *
 * RFC 4217 (FTP over TLS), 2228 (CCC), 8446 5.1 (records).
 *
 * Each direction changes by itself. To the client's the server's 234 does it from
 * outside: no byte of the client's can lie between, for a client that waits for
 * 234 sends nothing until it is there, and one that does not wait must not be
 * taken for one that speaks TLS.
 */
#ifndef PINHOLE_BPF_FTP_TLS_H
#define PINHOLE_BPF_FTP_TLS_H

#include "ftp_area.h"
#include "ftp_found.h"
#include "tls_record.h"

/* This direction is of another kind from here on. */
static __always_inline void ftp_mode_set(struct ftp_area *a, enum ftp_mode mode)
{
	a->mode = mode;
	a->changed = 1;
	ftp_line_reset(&a->line);
	a->line.multi = 0;
	if (mode == FTP_MODE_HELLO)
		ftp_clear(&a->tls, sizeof(a->tls));
}

/* 234: both ends begin TLS. */
static __always_inline void ftp_expect_tls(const struct ftp_scan *scan)
{
	struct ftp_session *s = scan->s;
	struct ftp_direction *client = ftp_direction(s, PH_INITIATOR);
	__u64 conn_id = scan->conn->id;

	ftp_mode_set(scan->a, FTP_MODE_HELLO);
	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id) {
		client->mode = FTP_MODE_HELLO;
		ftp_line_reset(&client->line);
		__builtin_memset(&client->tls, 0, sizeof(client->tls));
		s->flags &= ~(FTP_S_TLS | FTP_S_VERIFIED | FTP_S_CLEARED);
	}
	bpf_spin_unlock(&s->lock);
}

/* Neither direction can be read any more. */
static __always_inline void ftp_turn_opaque(const struct ftp_scan *scan)
{
	struct ftp_session *s = scan->s;
	__u64 conn_id = scan->conn->id;

	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id) {
		s->dir[0].mode = FTP_MODE_OPAQUE;
		s->dir[1].mode = FTP_MODE_OPAQUE;
		s->flags |= FTP_S_GSSAPI;
	}
	bpf_spin_unlock(&s->lock);
	ftp_mode_set(scan->a, FTP_MODE_OPAQUE);
}

/* Not what was agreed on. The client's first bytes must be a ClientHello, or
 * whoever said 234 has not told the truth: both ends are told to stop. */
static __always_inline void ftp_tls_broken(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	if (!a->server && a->mode == FTP_MODE_HELLO) {
		ftp_end(a, FTP_ACTION_RESET, PH_DROP_FTP_TLS);
		ftp_found(scan, FTP_FOUND_NO_CLIENT_HELLO, FTP_ACTION_RESET);
		return;
	}
	ftp_mode_set(a, FTP_MODE_OPAQUE);
}

/* What begins a line: a command's letter, or Telnet's; a reply's digit. */
static __always_inline bool ftp_begins_line(const struct ftp_area *a, __u8 c)
{
	return a->server ? ftp_is_digit(c) : ftp_is_letter(c) || c == FTP_IAC;
}

/* The stream is in clear again from the byte at a->at on (CCC). */
static __always_inline void ftp_clear_again(const struct ftp_scan *scan)
{
	struct ftp_session *s = scan->s;
	__u64 conn_id = scan->conn->id;
	bool first = false;

	ftp_mode_set(scan->a, FTP_MODE_LINES);
	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id) {
		first = !(s->flags & FTP_S_CLEARED);
		s->flags |= FTP_S_CLEARED | FTP_S_GREETED;
		s->flags &= ~(FTP_S_TLS | FTP_S_VERIFIED);
	}
	bpf_spin_unlock(&s->lock);
	scan->a->session_flags = s->flags;
	if (first)
		event_count(PH_EV_FTP_SESSION_CLEARED);
}

/* Global, for what it costs the verifier: a->tls is fed the byte c. */
FTP_GLOBAL int ftp_tls_feed(__u32 c)
{
	__u32 index = 0;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);
	struct work *w = bpf_map_lookup_elem(&work_area, &index);
	struct ftp_session *s;

	if (!a || !w)
		return 0;
	s = bpf_map_lookup_elem(&ftp_sessions, &w->key);
	if (s)
		tls_feed(&a->tls, c, a->server, s->server_name);
	return 0;
}

/* Read on at a->at, where the byte c is, in a direction that speaks TLS. */
static __always_inline void ftp_tls_step(const struct ftp_scan *scan, __u8 c)
{
	struct ftp_area *a = scan->a;
	__u32 left = a->len - a->at, n = tls_skippable(&a->tls);

	if (n) {
		n = n < left ? n : left;
		tls_skip(&a->tls, n);
		a->at += n;
		return;
	}
	if (a->mode == FTP_MODE_TLS && tls_at_boundary(&a->tls) &&
	    !tls_is_content_type(c)) {
		/* There is no CCC before the handshake is complete. */
		if (ftp_begins_line(a, c) && (a->tls.seen & TLS_SEEN_DATA))
			ftp_clear_again(scan);
		else
			ftp_mode_set(a, FTP_MODE_OPAQUE);
		return;
	}
	ftp_tls_feed(c);
	a->at++;
	if (a->tls.seen & TLS_SEEN_BROKEN)
		ftp_tls_broken(scan);
	else if (a->mode == FTP_MODE_HELLO && (a->tls.seen & TLS_SEEN_HELLO))
		ftp_mode_set(a, FTP_MODE_TLS);
}

/*
 * The segment was read and goes on: what do both directions together prove?
 * Return: the session's flags.
 */
static __always_inline __u32 ftp_tls_prove(const struct ftp_scan *scan)
{
	struct ftp_session *s = scan->s;
	__u64 conn_id = scan->conn->id;
	__u32 before = 0, now = 0;
	__u8 seen;

	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id && s->dir[0].mode == FTP_MODE_TLS &&
	    s->dir[1].mode == FTP_MODE_TLS) {
		before = s->flags;
		seen = s->dir[0].tls.seen & s->dir[1].tls.seen;
		if (seen & TLS_SEEN_HELLO)
			s->flags |= FTP_S_TLS;
		if (seen & TLS_SEEN_DATA)
			s->flags |= FTP_S_VERIFIED;
		now = s->flags;
	}
	bpf_spin_unlock(&s->lock);
	if (now & ~before & FTP_S_TLS) {
		event_count(PH_EV_FTP_SESSION_TLS);
		ftp_tell(PH_RECORD_FTP_TLS, 0, 0, false);
	}
	if (now & ~before & FTP_S_VERIFIED)
		event_count(PH_EV_FTP_SESSION_VERIFIED);
	return now;
}

#endif /* PINHOLE_BPF_FTP_TLS_H */
