/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_hole.h - the holes of one FTP session.
 *
 * Why it exists: an announcement becomes a hole only if the address is the
 * announcer's own, the port is not a service's, the text can be rewritten where
 * it must be, and the session still stands. The session lists its holes, so
 * that they vanish with it.
 *
 * Who may include it: the ftp_ stages that use maps; conn.h through ftp.h.
 */
#ifndef PINHOLE_BPF_FTP_HOLE_H
#define PINHOLE_BPF_FTP_HOLE_H

#include "flow.h"
#include "ftp_area.h"
#include "ftp_found.h"
#include "ftp_hole_list.h"
#include "ftp_plan.h"
#include "hole.h"

#define FTP_PORT_MIN 1024 /* below: services, not data (ASA 406001) */

/*
 * Enter the open hole a->key into the session's list; the oldest beyond
 * FTP_MAX_HOLES gives way.
 * Return: whether the session still stands; if not the hole must go.
 */
static __always_inline bool ftp_hole_enlist(const struct ftp_scan *scan, __u64 opened_ns)
{
	struct ftp_session *s = scan->s;
	struct ftp_area *a = scan->a;
	__u64 conn_id = scan->conn->id, evicted_ns = 0;
	bool alive;
	__u32 slot;

	bpf_spin_lock(&s->lock);
	alive = s->conn_id == conn_id && !(s->flags & FTP_S_CLOSING);
	slot = s->holes_opened & (FTP_MAX_HOLES - 1);
	if (alive) {
		evicted_ns = s->hole_opened_ns[slot];
		a->evicted = s->hole[slot];
		s->hole[slot] = a->key;
		s->hole_opened_ns[slot] = opened_ns;
		a->command.has_hole = 1;
		a->command.opening = s->holes_opened++;
	}
	bpf_spin_unlock(&s->lock);
	if (alive)
		a->opened |= 1u << slot;
	if (evicted_ns)
		hole_close(&a->evicted, conn_id, evicted_ns, PH_EV_HOLE_REPLACED);
	return alive;
}

/*
 * The line in a->line announces an address of its sender and a port on which
 * the sender waits. Judge it and open the hole, or count why not. An address of
 * another family than the session's is a foreign one: no server uses it (RFC
 * 2428: it answers 522), and no hole could.
 * a->command gets the hole's number.
 */
static __noinline void ftp_announce(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	struct hole *hole = (struct hole *)a->hole;
	struct work *w = scan->w;
	const struct ftp_line *l = &a->line;
	const struct ph_addr *real = ftp_real(scan, true);
	const struct ph_addr *mapped = ftp_mapped(scan->s, a->dir);
	int change;

	if (!ftp_line_announces(l)) {
		ftp_refuse(scan, PH_EV_HOLE_DENY_MALFORMED, FTP_FOUND_MALFORMED);
		return;
	}
	/* EPSV names no address */
	if (l->head != 229 && !pkt_addr_equal(&l->address, real) &&
	    !pkt_addr_equal(&l->address, mapped)) {
		ftp_refuse(scan, PH_EV_HOLE_DENY_ADDRESS, FTP_FOUND_FOREIGN_ADDRESS);
		return;
	}
	if (l->port < FTP_PORT_MIN) {
		ftp_refuse(scan, PH_EV_HOLE_DENY_PORT, FTP_FOUND_LOW_PORT);
		return;
	}
	if (a->unseen) { /* the policy's doing, and no reason to end the session */
		event_count(PH_EV_HOLE_DENY_OTHER);
		ftp_found(scan, FTP_FOUND_NO_TRANSLATION, 0);
		return;
	}
	change = ftp_plan_change(scan);
	if (change == FTP_CANNOT_CHANGE) {
		ftp_refuse(scan, PH_EV_HOLE_DENY_REWRITE, FTP_FOUND_NO_REWRITE);
		return;
	}

	hole_key_make(&a->key, ftp_real(scan, false), real, __builtin_bswap16(l->port));
	__builtin_memset(hole, 0, sizeof(*hole));
	hole->opened_ns = bpf_ktime_get_ns();
	hole->expires_ns = hole->opened_ns + a->timeout_hole_ns;
	hole->parent = w->key;
	hole->parent_id = scan->conn->id;
	hole->passive = a->server;
	hole->data_port_only = !a->server && (a->fixup.flags & FIXUP_F_SOURCE_PORT);
	if (hole_open(&a->key, hole)) {
		event_count(PH_EV_HOLE_DENY_FULL);
		ftp_found(scan, FTP_FOUND_TABLE_FULL, 0);
		return;
	}
	if (change == FTP_CHANGE)
		ftp_span_record(scan);
	event_count(PH_EV_HOLE_OPENED);
	if (!ftp_hole_enlist(scan, hole->opened_ns))
		hole_close(&a->key, scan->conn->id, hole->opened_ns,
			   PH_EV_HOLE_SESSION_END);
}

/* The packet will not be sent on: take back what it opened. It is parsed again
 * when its sender repeats it. */
static __always_inline void ftp_unannounce(const struct ftp_scan *scan)
{
	for (__u32 slot = 0; slot < FTP_MAX_HOLES; slot++) {
		if (scan->a->opened & (1u << slot))
			ftp_hole_close_slot(scan->s, slot, scan->conn->id,
					    PH_EV_HOLE_DENY_REWRITE);
	}
}

#endif /* PINHOLE_BPF_FTP_HOLE_H */
