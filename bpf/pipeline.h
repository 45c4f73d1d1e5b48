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
#include "judge.h"
#include "route.h"

/* Read the policy in force, once. */
static __always_inline enum ph_reason pipeline_begin(struct flow *f)
{
	struct policy_active *act;
	__u32 index = 0;

	f->w = bpf_map_lookup_elem(&work_area, &index);
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
	f->w->acl_counter = PH_NO_COUNTER;
	__builtin_memset(&f->w->pkt, 0, sizeof(f->w->pkt));
	return PH_NEXT;
}

/* Whether the generation's table exists and does not name the device. */
static __always_inline bool pipeline_is_foreign(__u32 slot, __u32 ifindex)
{
	void *table = bpf_map_lookup_elem(&ifaces, &slot);

	struct iface_key key = {.ifindex = ifindex};

	return table && !bpf_map_lookup_elem(table, &key);
}

/*
 * The same for a packet that came in on a device. A device that the generation
 * in force does not name is left alone: apply attaches before it flips, and
 * detaches after, so that the flip is the only moment that counts, even if
 * apply dies beside it. Nothing gets past the policy this way: what the kernel
 * forwards from there to a device of the policy, TC egress drops.
 */
static __always_inline enum ph_reason pipeline_begin_ingress(struct flow *f,
							     __u32 ifindex)
{
	enum ph_reason reason = pipeline_begin(f);
	struct iface_key key = {.ifindex = ifindex};
	void *table;

	if (reason)
		return reason;
	table = bpf_map_lookup_elem(&ifaces, &f->slot);
	if (!table)
		return PH_DROP_INTERNAL;
	f->ifindex = ifindex;
	f->in = bpf_map_lookup_elem(table, &key);
	return f->in ? PH_NEXT : PH_TO_BOX;
}

/* Real addresses: undo the translation of the destination. */
static __always_inline void pipeline_untranslate(struct flow *f)
{
	struct work *w = f->w;
	struct nat_value *nat = nat_find_in(w, f->slot, f->in->id, &w->pkt.dst);

	w->real_src = w->pkt.src;
	w->real_dst = w->pkt.dst;
	if (nat) {
		nat_apply(&w->real_dst, nat);
		f->untranslated = true;
	}
}

/* A packet of a known connection: is it where and what it should be? */
static __always_inline enum ph_reason pipeline_check_conn(struct flow *f)
{
	struct work *w = f->w;
	struct conn *conn = f->conn;
	enum ph_reason reason;

	if (conn->generation != f->generation) {
		reason = judge_again(f);
		if (reason) {
			conn_remove(f);
			return reason;
		}
	}
	if (f->dir == PH_INITIATOR) {
		if (conn->ifindex[0] != f->ifindex ||
		    conn->ifindex[1] != w->egress_ifindex)
			return PH_DROP_CONN_WRONG_INTERFACE;
		if (!pkt_addr_equal(&w->pkt.dst, &conn->mapped[1]))
			return PH_DROP_NAT_REVERSE;
		w->new_src = conn->mapped[0];
	} else {
		if (conn->ifindex[1] != f->ifindex ||
		    conn->ifindex[0] != w->egress_ifindex)
			return PH_DROP_CONN_WRONG_INTERFACE;
		if (!pkt_addr_equal(&w->pkt.dst, &conn->mapped[0]))
			return PH_DROP_NAT_REVERSE;
		w->new_src = conn->mapped[1];
	}
	w->new_dst = w->real_dst;
	return PH_NEXT;
}

/* Whether an old connection must make way for a new one with the same key. */
static __always_inline bool pipeline_conn_reused(const struct flow *f)
{
	return f->conn && f->established && f->conn->state == CONN_CLOSING &&
	       f->w->pkt.proto == IPPROTO_TCP && conn_may_start(&f->w->pkt);
}

/*
 * Find or judge the packet's connection. On PH_NEXT either f->conn is the
 * entry in force or w->fresh is the one to be created, and new_src and new_dst
 * are what the packet leaves with.
 */
static __always_inline enum ph_reason pipeline_decide(struct flow *f)
{
	struct work *w = f->w;
	enum ph_reason reason;

	if (pipeline_conn_reused(f))
		conn_remove(f);
	if (f->conn) {
		reason = pipeline_check_conn(f);
		if (reason)
			return reason;
		if (!f->established && !conn_half_open_accepts(&w->pkt, f->dir))
			return PH_DROP_TCP_NOT_SYN;
		return PH_NEXT;
	}
	reason = judge_first(f);
	w->new_src = w->fresh.mapped[0];
	w->new_dst = w->real_dst;
	return reason;
}

/* ICMP other than echo belongs to no connection: judged one by one. */
static __always_inline bool pipeline_is_stateless(const struct pkt *pkt)
{
	return pkt->proto == IPPROTO_ICMP && pkt->echo == PKT_ECHO_NONE;
}

/* An echo reply answers; it starts nothing. */
static __always_inline bool pipeline_is_orphan_reply(const struct flow *f)
{
	return !f->conn && f->w->pkt.echo == PKT_ECHO_REPLY;
}

/* Nothing can stop the packet any more: leave its traces. */
static __always_inline enum ph_reason pipeline_commit(struct flow *f)
{
	struct work *w = f->w;
	enum ph_reason reason;

	if (!f->conn) {
		acl_count_hit(w->acl_counter);
		if (pipeline_is_stateless(&w->pkt) || pipeline_is_orphan_reply(f))
			return PH_NEXT;
		reason = conn_open_half(f);
		if (reason)
			return reason;
	}
	return conn_commit(f);
}

static __always_inline void pipeline_count_nat(const struct flow *f)
{
	if (f->untranslated)
		event_count(PH_EV_NAT_UNTRANSLATED);
	if (!pkt_addr_equal(&f->w->new_src, &f->w->pkt.src))
		event_count(PH_EV_NAT_TRANSLATED);
}

/*
 * From the parsed frame to the decision, without a trace.
 * @parsed:  what pkt_parse() returned
 * @tot_len: IP length to hold against the egress MTU; 0: the kernel's skb
 * Return: PH_NEXT (forward it, if the hook can), PH_PASS_UP (likewise, but the
 * neighbour is unresolved), PH_TO_BOX or a drop reason.
 */
static __always_inline enum ph_reason pipeline_judge(void *ctx, struct flow *f,
						     enum ph_reason parsed, __u32 tot_len)
{
	struct work *w = f->w;
	enum ph_reason routed, reason;

	if (!parsed && w->pkt.kind == PKT_OTHER)
		return w->pkt.tags ? PH_DROP_VLAN_UNKNOWN : PH_DROP_L2_UNSUPPORTED;
	if (!parsed && w->pkt.vlan)
		return PH_DROP_VLAN_UNKNOWN;
	if (!parsed && w->pkt.fragment)
		parsed = PH_DROP_FRAGMENT_NO_FIRST;
	if (parsed == PH_DROP_FRAGMENT_NO_FIRST || (!parsed && w->pkt.kind == PKT_IPV6)) {
		if (route_is_local(ctx, f))
			return PH_TO_BOX;
		return parsed ? parsed : PH_DROP_L2_UNSUPPORTED;
	}
	if (parsed)
		return parsed;
	if (pkt_v4_is_on_link(w->pkt.dst.word[3]))
		return PH_TO_BOX;

	pipeline_untranslate(f);
	/* A spoofed sender, given away by the translation only. */
	if (f->untranslated && pkt_addr_equal(&w->real_src, &w->real_dst))
		return PH_DROP_LAND;
	if (!pipeline_is_stateless(&w->pkt))
		conn_find(f);
	routed = route_find(ctx, f, tot_len);
	if (routed == PH_TO_BOX)
		/* A mapped address that leads to this machine would reach the
		 * stack untranslated and be routed on from there. */
		return f->untranslated ? PH_DROP_NAT_EGRESS : PH_TO_BOX;
	if (routed != PH_NEXT && routed != PH_PASS_UP)
		return routed;
	f->out = judge_iface(f->slot, w->egress_ifindex);
	if (!f->out)
		return PH_DROP_EGRESS_NO_INTERFACE;

	reason = pipeline_decide(f);
	if (reason) {
		acl_count_hit(w->acl_counter);
		return reason;
	}
	if (w->pkt.ttl <= 1)
		return PH_DROP_TTL_EXPIRED;
	return routed;
}

#endif /* PINHOLE_BPF_PIPELINE_H */
