/* SPDX-License-Identifier: GPL-2.0 */
/*
 * egress.h - what this machine itself sends. It is not translated and no list filters
 * it; its connections are remembered, so that replies to them are known, and those to it
 * that host mode watches (host_conn.h) see here what it answers.
 *
 * Who may include it: the entry points.
 */
#ifndef PINHOLE_BPF_EGRESS_H
#define PINHOLE_BPF_EGRESS_H

#include "pipeline.h"

static __always_inline void egress_make_fresh(struct flow *f)
{
	struct work *w = f->w;
	struct conn *fresh = &w->fresh;

	conn_begin_fresh(f);
	fresh->flags |= CONN_F_LOCAL;
	fresh->mapped[0] = w->pkt.src;
	fresh->mapped[1] = w->pkt.dst;
	fresh->mapped_port[0] = w->pkt.sport;
	fresh->mapped_port[1] = w->pkt.dport;
	fresh->ifindex[1] = f->out->l3_ifindex;
	if (judge_watches(f->out))
		fresh->flags |= judge_fixup_flags(f->slot, w->pkt.proto, w->pkt.dport,
						  f->out->id, f->out->id);
}

/* Remember a connection that this machine opens, so that replies find it; and of one
 * to this machine that has an entry, what this machine says. */
static __always_inline void egress_remember(struct flow *f)
{
	struct work *w = f->w;

	if (w->pkt.kind > PKT_IPV6 || pkt_is_on_link(&w->pkt) ||
	    w->pkt.fragment == PKT_FRAGMENT_LATER || pipeline_is_stateless(&w->pkt))
		return;
	w->real_src = w->pkt.src;
	w->real_dst = w->pkt.dst;
	w->real_dport = w->pkt.dport;
	conn_find(f);
	if (f->conn) {
		if (!(f->conn->flags & (CONN_F_LOCAL | CONN_F_HOST)) || conn_judge(f))
			return;
		if (f->verdict == CONN_RESTART)
			conn_remove(f, PH_END_REPLACED);
	}
	if (!f->conn) {
		if (!conn_may_start(&w->pkt) || pipeline_is_orphan_reply(f))
			return;
		egress_make_fresh(f);
		if (conn_open_half(f))
			return;
	}
	conn_commit(f);
}

#endif /* PINHOLE_BPF_EGRESS_H */
