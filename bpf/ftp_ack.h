/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_ack.h - acknowledgements of a stream in which texts were rewritten.
 *
 * Why it exists: the windows of a connection are kept in the numbers of the
 * end that sends (tcp_track.h). Of a rewritten FTP control stream the receiver
 * acknowledges other numbers, which must be turned back before they are judged.
 *
 * Race: the session is read without its lock. A number turned back by a list of
 * rewrites half changed is off by a text's length at most; the worst outcome is
 * a segment refused, which its sender repeats.
 *
 * Who may include it: the stages that use maps, at TC.
 */
#ifndef PINHOLE_BPF_FTP_ACK_H
#define PINHOLE_BPF_FTP_ACK_H

#include "ftp_area.h"
#include "maps.h"

static __noinline void ftp_convert_ack(struct flow *f)
{
	struct work *w = f->w;
	struct ftp_session *s;

	if (!w || !f->conn || !(w->segment.flags & PKT_TCP_ACK))
		return;
	s = bpf_map_lookup_elem(&ftp_sessions, &w->key);
	if (!s || s->conn_id != f->conn->id)
		return;
	w->segment.ack = ftp_stream_original(&ftp_direction(s, f->dir ^ 1)->stream,
					     w->segment.ack, false);
}

#endif /* PINHOLE_BPF_FTP_ACK_H */
