/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_read.h - read a segment of a control stream and act on its lines.
 *
 * Who may include it: ftp.h.
 *
 * RFC 959 4.2 (replies), 2428 4 (EPSV ALL), 2228 and 4217 (AUTH).
 */
#ifndef PINHOLE_BPF_FTP_READ_H
#define PINHOLE_BPF_FTP_READ_H

#include "ftp_area.h"
#include "ftp_hole.h"

/* The client's line in a->line is complete. */
static __always_inline void ftp_command_line(struct ftp_scan *scan)
{
	struct ftp_session *s = scan->s;
	struct ftp_area *a = scan->a;
	struct ftp_command command;
	__u64 conn_id = scan->conn->id;
	bool epsv_only = a->session_flags & FTP_S_EPSV_ALL;

	a->command = (struct ftp_command){.kind = a->line.kind};
	switch (a->line.kind) {
	case FTP_NOTHING:
		return;
	case FTP_PORT:
	case FTP_EPRT:
		if (!epsv_only)
			ftp_announce(scan);
		break;
	case FTP_PASV:
		if (epsv_only || a->line.faults)
			a->command.kind = FTP_COMMAND;
		break;
	case FTP_EPSV_ALL:
		a->session_flags |= FTP_S_EPSV_ALL;
		break;
	default:
		break;
	}
	command = a->command;
	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id) {
		ftp_queue_push(s, command);
		if (command.kind == FTP_EPSV_ALL)
			s->flags |= FTP_S_EPSV_ALL;
	}
	bpf_spin_unlock(&s->lock);
}

/* The session cannot be read any more (RFC 4217, RFC 2228). */
static __always_inline void ftp_turn_opaque(struct ftp_scan *scan, __u8 kind)
{
	bpf_spin_lock(&scan->s->lock);
	scan->s->dir[0].mode = FTP_MODE_OPAQUE;
	scan->s->dir[1].mode = FTP_MODE_OPAQUE;
	bpf_spin_unlock(&scan->s->lock);
	scan->a->stop = 1;
	if (kind == FTP_AUTH_TLS)
		event_count(PH_EV_FTP_SESSION_TLS);
}

/*
 * The server refused a command. Between finding its hole in the list and taking
 * it out the slot may be given to a newer hole, which is then closed instead:
 * that transfer fails.
 */
static __always_inline void ftp_refused(struct ftp_scan *scan, struct ftp_command command)
{
	struct ftp_session *s = scan->s;

	if (command.kind == FTP_EPSV_ALL) {
		bpf_spin_lock(&s->lock);
		s->flags &= ~FTP_S_EPSV_ALL;
		bpf_spin_unlock(&s->lock);
	}
	if (command.has_hole && ftp_hole_listed(s, command.opening))
		ftp_hole_close_slot(s, command.opening & (FTP_MAX_HOLES - 1),
				    scan->conn->id, PH_EV_HOLE_REFUSED);
}

/* The server's line in a->line is complete. */
static __always_inline void ftp_reply_line(struct ftp_scan *scan)
{
	struct ftp_session *s = scan->s;
	struct ftp_area *a = scan->a;
	struct ftp_command command = {};
	__u64 conn_id = scan->conn->id;
	__u32 code = a->line.head;

	if (a->line.kind != FTP_REPLY || code < 200)
		return; /* text, or a preliminary reply: another will follow */
	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id)
		command = ftp_queue_answer(s, code);
	bpf_spin_unlock(&s->lock);
	a->command = command;

	if (code == 421) {
		ftp_session_end(s, conn_id);
	} else if (code == 227 || code == 229) {
		if (command.kind == FTP_NOTHING)
			event_count(PH_EV_HOLE_DENY_UNSOLICITED);
		else
			ftp_announce(scan);
	} else if (code == 234 || code == 334) {
		if (command.kind != FTP_NOTHING)
			ftp_turn_opaque(scan, command.kind);
	} else if (code >= 400) {
		ftp_refused(scan, command);
	}
}

/* Feed byte i of what is new in the payload. */
static long ftp_read_byte(__u32 i, struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	__u32 at = a->skip + i, n;

	if (at >= a->len)
		return 1;
	if (!(i % FTP_CHUNK_BYTES)) {
		n = a->len - at;
		if (n > FTP_CHUNK_BYTES)
			n = FTP_CHUNK_BYTES;
		if (bpf_skb_load_bytes(scan->skb, scan->w->pkt.payload_off + at, a->chunk,
				       ftp_bounded(n, FTP_CHUNK_BYTES))) {
			a->failed = 1;
			return 1;
		}
	}
	a->at = at + 1;
	if (!ftp_line_feed(&a->line, a->chunk[i % FTP_CHUNK_BYTES], a->seq + at,
			   a->server))
		return 0;
	if (a->server)
		ftp_reply_line(scan);
	else
		ftp_command_line(scan);
	ftp_line_reset(&a->line);
	return a->stop ? 1 : 0;
}

#endif /* PINHOLE_BPF_FTP_READ_H */
