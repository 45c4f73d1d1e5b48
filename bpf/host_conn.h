/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_conn.h - connections to this machine that host mode watches: FTP control
 * connections, and the data connections that their holes let in.
 *
 * Why it exists: what is for this machine is judged packet by packet by the control-plane
 * list and needs no entry. A hole does: it dies with its control connection, so that
 * one's end must be seen; and it lets a data connection in that no list permits, so the
 * connection must be known when its later packets come. Where the interface has
 * IFACE_F_HOST_FTP, such connections have entries (CONN_F_HOST) like forwarded ones,
 * half-open and established, that the packets of both directions keep: TC ingress here,
 * TC egress in egress.h. Packets of a control connection are judged by the list all the
 * same.
 *
 * Sequence numbers are the stack's to judge: what conn_judge() refuses passes, and leaves
 * no trace in the entry. The holes are opened by the programs of host.bpf.c.
 *
 * Who may include it: the stages that use maps.
 *
 * Races: as of conn.h and hole.h. Between the look at a hole's control connection
 * (host_hole_leads_here()) and the claim the hole may become another session's with the
 * same ends and port, which has the same right to it. Entries are looked for again where
 * they are changed: one that came to the same key meanwhile is changed instead, at worst
 * removed, and its connection then goes unwatched (control) or fails (data).
 */
#ifndef PINHOLE_BPF_HOST_CONN_H
#define PINHOLE_BPF_HOST_CONN_H

#include "conn.h"
#include "hole.h"
#include "judge.h"

static __always_inline bool host_is_child(const struct conn *conn)
{
	const __u32 both = CONN_F_HOST | CONN_F_CHILD;

	return (conn->flags & both) == both;
}

/* Whether the packet may begin a connection to this machine that is to be watched. */
static __always_inline bool host_may_begin(const struct flow *f)
{
	const struct pkt *pkt = &f->w->pkt;

	return !f->conn && pkt->proto == IPPROTO_TCP &&
	       pkt->fragment != PKT_FRAGMENT_LATER && conn_may_start(pkt) &&
	       judge_watches(f->in);
}

/* Whether the hole, if there is one, is of a session of this machine whose other end is
 * there where the packet comes from. */
static __always_inline bool host_hole_leads_here(const struct work *w, __u32 l3_ifindex)
{
	const struct conn *parent;
	struct hole_key key;
	struct hole *hole;

	hole_key_make(&key, &w->real_src, &w->real_dst, w->real_dport);
	hole = bpf_map_lookup_elem(&holes, &key);
	parent = hole ? hole_parent(hole) : NULL;
	if (!parent)
		return false;
	if (parent->flags & CONN_F_HOST)
		return parent->ifindex[0] == l3_ifindex;
	return (parent->flags & CONN_F_LOCAL) && parent->ifindex[1] == l3_ifindex;
}

/*
 * Begin w->fresh with the packet, a TCP SYN for this machine without a connection: a data
 * connection's if a hole admits it. By itself, for the verifier.
 * @src_end: flow.src_end
 * Return: whether one does
 */
WORK_GLOBAL int host_begin(__u64 now_ns, __u32 generation, __u32 src_end,
			   __u32 l3_ifindex)
{
	struct work *w = work_get();
	struct flow f = {.w = w,
			 .now_ns = now_ns,
			 .generation = generation,
			 .src_end = src_end & 1};
	struct conn *fresh;

	if (!w)
		return false;
	fresh = &w->fresh;
	conn_begin_fresh(&f);
	fresh->flags |= CONN_F_HOST;
	fresh->mapped[0] = w->pkt.src;
	fresh->mapped[1] = w->pkt.dst;
	fresh->mapped_port[0] = w->pkt.sport;
	fresh->mapped_port[1] = w->pkt.dport;
	fresh->ifindex[0] = l3_ifindex;
	if (!host_hole_leads_here(w, l3_ifindex) || !hole_claim(&f))
		return false;
	fresh->flags |= CONN_F_CHILD;
	return true;
}

/* ---- after a change of policy ---- */

/*
 * Whether a connection to this machine stands under the policy in force: if its interface
 * still has host mode, and if the control-plane list there would let the control
 * connection in that it is, or is of. One that this machine has opened needs no list's
 * leave.
 *
 * Where host mode is off now, or no list is bound any more, nothing remembered here lets
 * anybody in: sessions end with their holes, and data connections under way are judged
 * packet by packet like all else that is for this machine.
 */
static __always_inline enum ph_reason host_judge(const struct policy_config *config,
						 struct work *w, const struct conn *conn,
						 __u32 slot)
{
	struct iface_config *in = judge_iface(slot, conn->ifindex[0]);
	const struct conn *parent;

	if (!in || !judge_watches(in))
		return PH_DROP_POLICY_CHANGED;
	if (!(conn->flags & CONN_F_CHILD))
		return judge_box_again(config, in, &w->key, conn);
	parent = bpf_map_lookup_elem(&conns, &conn->parent);
	if (!parent || parent->id != conn->parent_id)
		return PH_DROP_POLICY_CHANGED;
	if (parent->flags & CONN_F_LOCAL)
		return PH_NEXT;
	return judge_box_again(config, in, &conn->parent, parent);
}

/*
 * The connection w->key was admitted by an older generation: judge it by the one in
 * force, and remove it if it does not stand. By itself, for the verifier. Return: whether
 * it is still there
 */
WORK_GLOBAL int host_stands(const struct policy_config *config, __u32 generation)
{
	struct work *w = work_get();
	bool established = true;
	struct conn *conn;
	__u64 seen_ns;

	if (!w || !config)
		return false;
	conn = bpf_map_lookup_elem(&conns, &w->key);
	if (!conn) {
		conn = half_conn(half_find(&w->key));
		established = false;
	}
	if (!conn || !(conn->flags & CONN_F_HOST))
		return false;
	if (!host_judge(config, w, conn, generation & 1)) {
		conn->generation = generation;
		return true;
	}
	if (judge_keeps(config, conn, generation))
		return true;
	seen_ns = conn->seen_ns;
	/* As conn_remove() does, without a flow on this stack. */
	conn_release(&w->key, conn);
	if (established)
		conn_end(w, conn, PH_END_POLICY);
	else if (!half_leave(&w->key))
		half_open_count(config, w->key.proto, seen_ns, 0);
	return false;
}

/* ---- does it get in? ---- */

/* Whether f->conn is a connection to this machine, and where it came in the packet did
 * too. What comes in elsewhere under its ends is none of its packets, nor begins any. */
static __always_inline bool host_is_of_conn(const struct flow *f)
{
	return (f->conn->flags & CONN_F_HOST) && f->conn->ifindex[0] == f->l3_ifindex;
}

/*
 * The packet has the ends of f->conn, a connection to this machine. After it f->conn is
 * NULL if the policy has ended it, or if the packet is the SYN of the next one between
 * these ends, which then replaces it.
 */
static __always_inline void host_check_conn(struct flow *f)
{
	if (f->conn->generation != f->generation &&
	    !host_stands(f->config, f->generation)) {
		f->conn = NULL;
	} else if (host_is_of_conn(f) && !f->w->pkt.icmp_error &&
		   f->conn->state == CONN_CLOSING && conn_may_start(&f->w->pkt)) {
		f->replaced = f->conn;
		f->conn = NULL;
	}
}

/*
 * Whether the packet, which is for this machine, gets in whatever the control-plane list
 * says: it is of a data connection, a hole admits it, or it is an ICMP error about
 * a connection that is watched.
 */
static __always_inline bool host_admits(struct flow *f)
{
	if (f->conn && (f->conn->flags & CONN_F_HOST))
		host_check_conn(f);
	if (f->conn)
		return host_is_of_conn(f) &&
		       (host_is_child(f->conn) || f->w->pkt.icmp_error);
	if (!host_may_begin(f))
		return false;
	f->begins = host_begin(f->now_ns, f->generation, f->src_end, f->l3_ifindex);
	return f->begins;
}

/* The list has permitted the packet: if it begins a control connection, then that is to
 * be watched. w->fresh is as host_begin() has left it. */
static __always_inline void host_permitted(struct flow *f)
{
	__u32 flags;

	if (!host_may_begin(f))
		return;
	flags = judge_fixup_flags(f->slot, IPPROTO_TCP, f->w->pkt.dport, f->in->id,
				  f->in->id);
	f->w->fresh.flags |= flags;
	f->begins = flags;
}

/* ---- what is left of it ---- */

#define HOST_SRC_END  (1u << 0) /* flow.src_end */
#define HOST_BEGINS   (1u << 1) /* flow.begins */
#define HOST_REPLACES (1u << 2) /* flow.replaced is set */

/*
 * Record a packet that gets in, of the connection w->key. A data connection that cannot
 * be entered does not get in: its next packet would not. A control connection then goes
 * unwatched, and no hole opens for it. By itself, for the verifier.
 * @how: HOST_*
 * Return: PH_TO_BOX or a drop reason.
 */
WORK_GLOBAL int host_record(const struct policy_config *config, __u64 now_ns,
			    __u32 generation, __u32 how)
{
	struct work *w = work_get();
	struct flow f = {.w = w,
			 .now_ns = now_ns,
			 .generation = generation,
			 .slot = generation & 1,
			 .src_end = how & HOST_SRC_END};
	enum ph_reason reason = PH_NEXT;
	bool child;

	if (!w || !config)
		return PH_DROP_INTERNAL;
	f.config = (struct policy_config *)config;
	f.conn = bpf_map_lookup_elem(&conns, &w->key);
	f.established = f.conn != NULL;
	if (!f.conn)
		f.conn = half_conn(half_find(&w->key));
	if (f.conn && (how & HOST_REPLACES))
		conn_remove(&f, PH_END_REPLACED);
	if (how & HOST_BEGINS) {
		child = w->fresh.flags & CONN_F_CHILD;
		reason = conn_open_half(&f);
	} else {
		if (!f.conn)
			return PH_TO_BOX;
		child = host_is_child(f.conn);
		f.dir = f.src_end != flow_initiator_end(f.conn) ? PH_RESPONDER
								: PH_INITIATOR;
		if (conn_judge(&f) || f.verdict == CONN_RESTART)
			return PH_TO_BOX;
	}
	if (!reason)
		reason = conn_commit(&f);
	return reason && child ? (int)reason : PH_TO_BOX;
}

/* Whether there is anything to record of a packet that gets in. */
static __always_inline bool host_is_recorded(const struct flow *f)
{
	if (f->begins || f->replaced)
		return true;
	return f->conn && ((f->conn->flags & CONN_F_LOCAL) || host_is_of_conn(f)) &&
	       f->w && !f->w->pkt.icmp_error && f->w->pkt.fragment != PKT_FRAGMENT_LATER;
}

/* Record it. Return: as host_record() */
static __always_inline enum ph_reason host_commit(const struct flow *f)
{
	return host_record(f->config, f->now_ns, f->generation,
			   (f->src_end & HOST_SRC_END) | (f->begins ? HOST_BEGINS : 0) |
				   (f->replaced ? HOST_REPLACES : 0));
}

#endif /* PINHOLE_BPF_HOST_CONN_H */
