/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pipeline.h - the life of a packet, written once, compiled for two hooks.
 *
 * Who may include it: the entry points.
 *
 * Order matters for XDP: everything up to pipeline_commit() leaves no trace
 * (a hole's claim excepted, which is repeatable), so that a packet XDP cannot
 * finish goes up unmodified and TC runs the same stages on it again.
 */
#ifndef PINHOLE_BPF_PIPELINE_H
#define PINHOLE_BPF_PIPELINE_H

#include "conn.h"
#include "forward.h"
#include "fragment.h"
#include "ftp_ack.h"
#include "host_conn.h"
#include "icmp_error.h"
#include "judge.h"
#include "route.h"

/* ---- the beginning ---- */

/* Read the policy in force, once. */
static __always_inline enum ph_reason pipeline_begin(struct flow *f)
{
	struct policy_active *act;
	__u32 index = 0;

	f->w = work_get();
	act = bpf_map_lookup_elem(&active, &index);
	if (!f->w || !act)
		return PH_DROP_INTERNAL;
	f->generation = *(volatile __u32 *)&act->generation;
	if (!f->generation)
		return PH_TO_BOX; /* the first apply is not done yet */
	f->slot = f->generation & 1;
	index = f->slot;
	f->config = bpf_map_lookup_elem(&policy_config, &index);
	if (!f->config)
		return PH_DROP_INTERNAL;
	f->now_ns = bpf_ktime_get_ns();
	f->w->by_path = false;
	f->w->acl_counter = PH_NO_COUNTER;
	f->w->acl_counter_out = PH_NO_COUNTER;
	return PH_NEXT;
}

/* Which interface of the policy frames with the packet's tags come from or go
 * to on the device; NULL: none. @table: the generation's interfaces */
static __always_inline struct iface_config *pipeline_iface(const struct flow *f,
							   void *table, __u32 ifindex)
{
	struct iface_key key = {.ifindex = ifindex,
				.vlan = f->w->pkt.vlan,
				.inner_vlan = f->w->pkt.inner_vlan};

	return bpf_map_lookup_elem(table, &key);
}

/*
 * The interface that a parsed packet came in on. A device that the generation
 * in force does not name is left alone: apply attaches before it flips, and
 * detaches after, so that the flip is the only moment that counts, even if
 * apply dies beside it. Nothing gets past the policy this way: what the kernel
 * forwards from there to a device of the policy, TC egress drops.
 */
static __always_inline enum ph_reason pipeline_arrive(struct flow *f, __u32 ifindex)
{
	struct iface_key carrier = {.ifindex = ifindex, .vlan = IFACE_VLAN_ANY};
	void *table = bpf_map_lookup_elem(&ifaces, &f->slot);

	if (!table)
		return PH_DROP_INTERNAL;
	f->in = pipeline_iface(f, table, ifindex);
	if (f->in) {
		f->l3_ifindex = f->in->l3_ifindex;
		memo_iface_enter(f->generation, f->in);
		return PH_NEXT;
	}
	f->in = bpf_map_lookup_elem(table, &carrier);
	return f->in ? PH_DROP_VLAN_UNKNOWN : PH_TO_BOX;
}

/* ---- whose packet is it? ---- */

/* TC inspects payloads, knows what was rewritten, and answers by RST. */
#define PIPELINE_TC_FLAGS (CONN_F_FTP | CONN_F_KILLED)

/* ICMP other than echo belongs to no connection: judged one by one. */
static __always_inline bool pipeline_is_stateless(const struct pkt *pkt)
{
	return pkt_is_icmp(pkt) && pkt->echo == PKT_ECHO_NONE;
}

/* An echo reply answers; it starts nothing. */
static __always_inline bool pipeline_is_orphan_reply(const struct flow *f)
{
	return !f->conn && f->w->pkt.echo == PKT_ECHO_REPLY;
}

/*
 * Find what the packet belongs to: a connection, or the datagram that a fragment
 * is of. Not to find it is no drop yet: it may be for this machine.
 */
static __always_inline enum ph_reason pipeline_find(struct flow *f)
{
	struct work *w = f->w;

	if (w->pkt.fragment == PKT_FRAGMENT_LATER)
		return fragment_find(f);
	if (w->pkt.icmp_error)
		return icmp_error_find(f);
	if (!pipeline_is_stateless(&w->pkt))
		conn_find(f);
	return w->pkt.fragment ? fragment_may_begin(f) : PH_NEXT;
}

/* ---- for this machine ---- */

/*
 * Addressed to this machine, or to all on the link. Neighbour discovery and the
 * like always get through; replies to what this machine itself began do, and what an
 * FTP session of this machine waits for (host_conn.h); the rest meets the control-plane
 * list, if one is bound.
 * @found: what pipeline_find() said
 */
static __always_inline enum ph_reason pipeline_to_box(void *ctx, struct flow *f,
						      enum ph_reason found)
{
	struct work *w = f->w;
	bool filtered = f->in->flags & IFACE_F_ACL_BOX;
	enum ph_reason reason;

	if (w->pkt.on_link)
		return PH_TO_BOX;
	if ((f->in->flags & IFACE_F_REVERSE_PATH) && !route_leads_back(ctx, f))
		return PH_DROP_RPF;
	if ((f->conn && (f->conn->flags & CONN_F_LOCAL)) || host_admits(f) || !filtered)
		return PH_TO_BOX;
	if (w->pkt.fragment == PKT_FRAGMENT_LATER) {
		reason = f->frag && f->frag->to_box ? found : PH_DROP_FRAGMENT_NO_FIRST;
		if (!reason)
			reason = judge_fragment(f->config, f->in, true);
	} else {
		reason = judge_box(f);
	}
	if (!reason) {
		host_permitted(f);
		return PH_TO_BOX; /* counted at TC, where it is finished */
	}
	acl_count(1);
	if (acl_denied(reason))
		acl_tell(f->l3_ifindex);
	return reason;
}

/* ---- to be forwarded ---- */

/* A packet of a known connection: is it where and what it should be? */
static __always_inline enum ph_reason pipeline_check_conn(struct flow *f)
{
	struct work *w = f->w;
	struct conn *conn = f->conn;
	enum ph_reason reason = judge_current(f);

	if (reason)
		return reason;
	if (f->dir == PH_INITIATOR) {
		if (conn->ifindex[0] != f->l3_ifindex ||
		    conn->ifindex[1] != w->egress_ifindex)
			return PH_DROP_CONN_WRONG_INTERFACE;
		if (!pkt_addr_equal(&w->pkt.dst, &conn->mapped[1]) ||
		    w->pkt.dport != conn->mapped_port[1])
			return PH_DROP_NAT_REVERSE;
		w->new_src = conn->mapped[0];
		w->new_sport = conn->mapped_port[0];
	} else {
		if (conn->ifindex[1] != f->l3_ifindex ||
		    conn->ifindex[0] != w->egress_ifindex)
			return PH_DROP_CONN_WRONG_INTERFACE;
		if (!pkt_addr_equal(&w->pkt.dst, &conn->mapped[0]) ||
		    w->pkt.dport != conn->mapped_port[0])
			return PH_DROP_NAT_REVERSE;
		w->new_src = conn->mapped[1];
		w->new_sport = conn->mapped_port[1];
	}
	w->new_dst = w->real_dst;
	w->new_dport = w->real_dport;
	return PH_NEXT;
}

/* The packet of a connection that has one. CONN_RESTART is the caller's. */
static __always_inline enum ph_reason pipeline_decide_conn(struct flow *f)
{
	enum ph_reason reason = pipeline_check_conn(f);

	if (reason)
		return reason;
	/* Whatever its numbers. A SYN begins anew, as on any that is closing. */
	if ((f->conn->flags & CONN_F_KILLED) && !conn_may_start(&f->w->pkt))
		return PH_DROP_FTP_ENDED;
	if (f->conn->flags & CONN_F_FTP)
		ftp_convert_ack(f);
	return conn_judge(f);
}

/* Whether the sender uses this machine's own address. */
static __always_inline bool pipeline_is_ours(const struct flow *f)
{
	const struct ph_addr *src = &f->w->pkt.src;

	if (f->w->pkt.kind == PKT_IPV4)
		return pkt_addr_equal(src, &f->in->own4) ||
		       pkt_addr_equal(src, &f->out->own4);
	return pkt_addr_equal(src, &f->in->own6) || pkt_addr_equal(src, &f->out->own6);
}

/*
 * Find or judge the packet's connection. On PH_NEXT either f->conn is the
 * entry in force or w->fresh is the one to be created, and new_src and new_dst
 * are what the packet leaves with.
 */
static __always_inline enum ph_reason pipeline_decide(void *ctx, struct flow *f)
{
	struct work *w = f->w;
	enum ph_reason reason;

	if (w->pkt.fragment == PKT_FRAGMENT_LATER) {
		reason = fragment_follow(f);
		return reason ? reason : judge_fragment(f->config, f->in, false);
	}
	if (w->pkt.icmp_error)
		return icmp_error_decide(f);
	if (f->conn) {
		reason = pipeline_decide_conn(f);
		if (reason || f->verdict != CONN_RESTART)
			return reason;
		f->replaced = f->conn;
		f->conn = NULL;
		f->dir = PH_INITIATOR;
	}
	if ((f->in->flags & IFACE_F_REVERSE_PATH) && !route_leads_back(ctx, f))
		return PH_DROP_RPF;
	if (pipeline_is_ours(f))
		return PH_DROP_BAD_ADDRESS;
	reason = judge_first(f);
	w->new_src = w->fresh.mapped[0];
	w->new_sport = w->fresh.mapped_port[0];
	w->new_dst = w->real_dst;
	w->new_dport = w->real_dport;
	return reason;
}

/* Nothing can stop the packet any more but a full table: leave its traces. */
static __always_inline enum ph_reason pipeline_commit(struct flow *f)
{
	struct work *w = f->w;
	enum ph_reason reason = PH_NEXT;
	__u32 hits = 0;

	if (w->pkt.fragment == PKT_FRAGMENT_LATER) {
		fragment_commit(f);
		return PH_NEXT;
	}
	if (w->pkt.icmp_error)
		return PH_NEXT;
	if (f->replaced) {
		f->conn = f->replaced;
		conn_remove(f, PH_END_REPLACED);
	}
	if (f->conn) {
		w->acl_counter = f->conn->acl_counter;
		w->acl_counter_out = f->conn->acl_counter_out;
	} else {
		hits = 1;
		if (!pipeline_is_stateless(&w->pkt) && !pipeline_is_orphan_reply(f))
			reason = conn_open_half(f);
	}
	if (!reason && f->conn)
		reason = conn_commit(f);
	if (reason)
		return reason;
	acl_count(hits);
	if (hits)
		judge_tell_permitted(f->config, f->l3_ifindex);
	return w->pkt.fragment ? fragment_begin(f, false) : PH_NEXT;
}

static __always_inline void pipeline_count_nat(const struct flow *f)
{
	if (f->untranslated)
		event_count(PH_EV_NAT_UNTRANSLATED);
	if (!pkt_addr_equal(&f->w->new_src, &f->w->pkt.src) ||
	    (forward_has_ports(&f->w->pkt) && f->w->new_sport != f->w->pkt.sport))
		event_count(PH_EV_NAT_TRANSLATED);
}

/* Whether a router may take the packet off its link at all. */
static __always_inline bool pipeline_is_routable(const struct pkt *pkt)
{
	if (pkt->kind == PKT_IPV4)
		return true;
	return !pkt_v6_is_link_local(&pkt->src) && !pkt_addr_is_unset(&pkt->src);
}

/* Why a translated packet has no way. */
static __always_inline enum ph_reason pipeline_unroutable(const struct pkt *pkt)
{
	return pipeline_is_routable(pkt) ? PH_DROP_NAT_EGRESS : PH_DROP_BAD_ADDRESS;
}

/* What is neither IP nor ARP. */
static __always_inline enum ph_reason pipeline_judge_other(const struct flow *f)
{
	return f->config->flags & CONFIG_F_PASS_NON_IP ? PH_TO_BOX
						       : PH_DROP_L2_UNSUPPORTED;
}

/*
 * From the parsed frame to the decision, without a trace.
 * @tot_len: IP length to hold against the path MTU, of a super-segment that of
 *	     its segments
 * Return: PH_NEXT (forward it, if the hook can; f->unresolved: the neighbour is
 * not known yet), PH_PASS_UP (XDP only), PH_TO_BOX or a drop reason.
 */
static __always_inline enum ph_reason pipeline_judge(void *ctx, struct flow *f,
						     __u32 tot_len)
{
	struct work *w = f->w;
	enum ph_reason found, routed, reason;
	int nat;

	if (w->pkt.kind == PKT_OTHER)
		return pipeline_judge_other(f);
	if (pkt_is_on_link(&w->pkt))
		return pipeline_to_box(ctx, f, PH_NEXT);

	nat = nat_arrive(f->config, f->in, f->generation);
	if (nat == NAT_BROKEN)
		return PH_DROP_ACL_BOUND;
	f->untranslated = nat == NAT_MOVED;
	/* A spoofed sender, given away by the translation only. */
	if (f->untranslated && pkt_addr_equal(&w->real_src, &w->real_dst))
		return PH_DROP_LAND;
	found = pipeline_find(f);
	/* Here already, rather than to ask for the route twice. */
	if (f->xdp && f->conn && (f->conn->flags & PIPELINE_TC_FLAGS) &&
	    !(f->conn->flags & CONN_F_HOST))
		return PH_PASS_UP;
	routed = route_find(ctx, f, tot_len);
	if (routed == PH_TO_BOX)
		/* A mapped address that leads to this machine would reach the
		 * stack untranslated and be routed on from there. */
		return f->untranslated ? pipeline_unroutable(&w->pkt)
				       : pipeline_to_box(ctx, f, found);
	if (routed != PH_NEXT && routed != PH_PASS_UP)
		return routed;
	if (found)
		return found;
	if (!pipeline_is_routable(&w->pkt))
		return PH_DROP_BAD_ADDRESS;
	f->unresolved = routed == PH_PASS_UP;
	f->out = judge_iface(f->slot, w->egress_ifindex);
	if (!f->out)
		return PH_DROP_EGRESS_NO_INTERFACE;

	reason = pipeline_decide(ctx, f);
	if (reason) {
		if (reason != PH_PASS_UP)
			acl_count(1);
		if (acl_denied(reason))
			acl_tell(f->l3_ifindex);
		return reason;
	}
	if (w->pkt.ttl <= 1)
		return PH_DROP_TTL_EXPIRED;
	return w->path_mtu ? PH_DROP_MTU_EXCEEDED : PH_NEXT;
}

#endif /* PINHOLE_BPF_PIPELINE_H */
