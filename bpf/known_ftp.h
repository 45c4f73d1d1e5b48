/* SPDX-License-Identifier: GPL-2.0 */
/*
 * known_ftp.h - acknowledgements on an inspected control connection, on the short way.
 *
 * Why it exists: of many packets of a control connection there is nothing to read. All
 * that inspection does with an acknowledgement is to note it, and to say its numbers as
 * the other end counts where an address has got another length. That takes neither its
 * program nor, in XDP mode, TC.
 *
 * Such an acknowledgement is bare: without payload, SYN, FIN, RST, or options other than
 * a time stamp, for SACK has numbers, too. Its own are behind all rewrites that are
 * remembered, and acknowledge nothing that was not seen. Its session has begun and keeps
 * no grant alive (grant.h).
 *
 * Order: at XDP they overtake what the same end sent just before and TC still reads.
 * TCP bears that: such an acknowledgement is by a few bytes ahead, within the window.
 *
 * Race: between the look at the session and the note in it that session may end. Then
 * nothing is noted (its id is another's), and the packet leaves with the numbers that
 * were right when it came.
 *
 * Who may include it: known.h.
 *
 * RFC 9293 3.4 (sequence arithmetic).
 */
#ifndef PINHOLE_BPF_KNOWN_FTP_H
#define PINHOLE_BPF_KNOWN_FTP_H

#include "conn.h"
#include "ftp.h"
#include "known_packet.h"

/*
 * Of a bare acknowledgement: whether inspection would let it through and change nothing
 * of it but its numbers. Of any other segment: whether what it acknowledges is known in
 * the numbers of the end that is acknowledged. Changes nothing. Sets k->seq_gain and
 * k->ack_gain, and k->segment.ack as that end counts.
 * Return: the session, or NULL: it is the pipeline's
 */
static __always_inline struct ftp_session *
known_ftp_find(struct known *k, const struct conn *conn, __u32 dir)
{
	const struct ftp_direction *own, *other;
	__u64 conn_id = conn->id;
	struct ftp_session *s;
	bool quiet;
	__u32 ack;

	if (k->proto != IPPROTO_TCP)
		return NULL;
	s = bpf_map_lookup_elem(&ftp_sessions, &k->key);
	if (!s)
		return NULL;
	own = ftp_direction(s, dir);
	other = ftp_direction(s, dir ^ 1);
	bpf_spin_lock(&s->lock);
	k->seq_gain = ftp_stream_gain(&own->stream);
	k->ack_gain = ftp_stream_gain(&other->stream);
	ack = k->segment.ack - k->ack_gain;
	quiet = s->conn_id == conn_id && ftp_stream_is_behind(&other->stream, ack);
	if (k->bare)
		quiet = quiet && !(s->flags & FTP_S_VERIFIED) &&
			ftp_stream_is_behind(&own->stream, k->segment.seq) &&
			ftp_seq_diff(ack, other->next_seq) <= 1; /* 1: its FIN */
	bpf_spin_unlock(&s->lock);
	k->segment.ack = ack;
	return quiet ? s : NULL;
}

/* As ftp_begin() does of such a packet. */
static __always_inline void known_ftp_commit(const struct known *k, struct ftp_session *s,
					     const struct conn *conn, __u32 dir)
{
	struct ftp_direction *own = ftp_direction(s, dir);
	struct ftp_direction *other = ftp_direction(s, dir ^ 1);
	__u32 seq = k->segment.seq, ack = k->segment.ack;
	__u64 conn_id = conn->id;

	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id)
		ftp_note_ack(seq, ack, own, other);
	bpf_spin_unlock(&s->lock);
}

#endif /* PINHOLE_BPF_KNOWN_FTP_H */
