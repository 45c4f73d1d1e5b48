/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_hole_list.h - the list of the holes of one FTP session, and its end.
 *
 * Who may include it: the ftp_ stages that use maps, and the programs of host mode: it
 * uses no per-CPU memory.
 */
#ifndef PINHOLE_BPF_FTP_HOLE_LIST_H
#define PINHOLE_BPF_FTP_HOLE_LIST_H

#include "ftp_session.h"
#include "hole.h"

/* The hole in a slot, taken out of the list. */
struct ftp_listed {
	struct hole_key key;
	__u64 opened_ns;
};

static __always_inline void ftp_hole_take(struct ftp_session *s, __u32 slot,
					  __u64 conn_id, struct ftp_listed *out)
{
	slot &= FTP_MAX_HOLES - 1;
	bpf_spin_lock(&s->lock);
	out->key = s->hole[slot];
	out->opened_ns = s->conn_id == conn_id ? s->hole_opened_ns[slot] : 0;
	if (out->opened_ns)
		s->hole_opened_ns[slot] = 0;
	bpf_spin_unlock(&s->lock);
}

/* Close the hole in a slot, if it is still open and unused. */
static __noinline void ftp_hole_close_slot(struct ftp_session *s, __u32 slot,
					   __u64 conn_id, enum ph_event event)
{
	struct ftp_listed listed = {};

	ftp_hole_take(s, slot, conn_id, &listed);
	if (listed.opened_ns)
		hole_close(&listed.key, conn_id, listed.opened_ns, event);
}

/*
 * Close all unused holes of a session and open no more in it.
 * Runs at both hooks and in the connection's timer.
 */
static __always_inline void ftp_session_end(struct ftp_session *s, __u64 conn_id)
{
	bool ours;

	bpf_spin_lock(&s->lock);
	ours = s->conn_id == conn_id;
	if (ours)
		s->flags |= FTP_S_CLOSING;
	bpf_spin_unlock(&s->lock);
	if (!ours)
		return;
	for (__u32 slot = 0; slot < FTP_MAX_HOLES; slot++)
		ftp_hole_close_slot(s, slot, conn_id, PH_EV_HOLE_SESSION_END);
}

#endif /* PINHOLE_BPF_FTP_HOLE_LIST_H */
