/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - may this connection exist? Asked for its first packet, and again
 * after every change of policy.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_JUDGE_H
#define PINHOLE_BPF_JUDGE_H

#include "acl.h"
#include "conn.h"
#include "grant.h"
#include "hole.h"
#include "nat.h"

/*
 * The destination must have been translated just as the policy says, and the
 * source gets its mapped address. The case is w->judge.
 * @in, @out: where the initiator and the responder live
 */
static __always_inline enum ph_reason judge_translation(struct work *w, __u32 slot,
							const struct iface_config *in,
							const struct iface_config *out)
{
	struct judge_case *c = &w->judge;
	struct nat_value *nat = nat_find_in(w, slot, in->id, &c->wire_dst);

	if (nat) {
		c->real = c->wire_dst;
		nat_apply(&c->real, nat);
		if (nat->real_if != out->id || !pkt_addr_equal(&c->real, &c->dst))
			return PH_DROP_NAT_EGRESS;
	} else {
		if (!pkt_addr_equal(&c->wire_dst, &c->dst))
			return PH_DROP_NAT_EGRESS;
		/* Seen from `in`, a translated host exists under its mapped
		 * address only: the answer would come from there. */
		if (nat_find_out(w, slot, out->id, in->id, &c->dst))
			return PH_DROP_NAT_REVERSE;
	}
	c->mapped_src = c->src;
	nat = nat_find_out(w, slot, in->id, out->id, &c->src);
	if (nat)
		nat_apply(&c->mapped_src, nat);
	return PH_NEXT;
}

/* Equal levels, and the way back out, need same-security-traffic, whatever the
 * lists permit. */
static __always_inline enum ph_reason judge_levels(const struct policy_config *config,
						   const struct iface_config *in,
						   const struct iface_config *out)
{
	if (in->id == out->id)
		return config->flags & CONFIG_F_SAME_INTRA ? PH_NEXT
							   : PH_DROP_SAME_SECURITY;
	if (in->security_level == out->security_level)
		return config->flags & CONFIG_F_SAME_INTER ? PH_NEXT
							   : PH_DROP_SAME_SECURITY;
	return PH_NEXT;
}

static __always_inline enum ph_reason judge_verdict(const struct work *w)
{
	switch (w->acl.verdict) {
	case ACL_PERMIT:
		return PH_NEXT;
	case ACL_DENY:
		return PH_DROP_ACL_DENY;
	case ACL_NO_MATCH:
		return PH_DROP_ACL_IMPLICIT;
	default:
		return PH_DROP_ACL_BOUND;
	}
}

static __always_inline void judge_key_ports(struct work *w)
{
	struct judge_case *c = &w->judge;
	struct acl_key *key = &w->acl_key;

	key->proto = c->proto;
	key->src_port = pkt_be16(c->sport);
	key->dst_port = pkt_be16(c->dport);
	if (c->proto == IPPROTO_ICMP || c->proto == PKT_PROTO_ICMPV6) {
		key->src_port = 0;
		key->dst_port = (__u16)c->icmp_type << 8 | c->icmp_code;
	}
	key->tcp_flags = c->tcp_flags;
	key->later_fragment = 0;
}

/* Ask the interface's list on the way in, and behind it the global one. */
static __always_inline void judge_ask_inbound(struct work *w,
					      const struct policy_config *config,
					      const struct iface_config *in)
{
	w->acl.verdict = ACL_NO_MATCH;
	if (in->flags & IFACE_F_ACL_IN)
		acl_lookup(config, &in->acl_in);
	if (w->acl.verdict == ACL_NO_MATCH && (config->flags & CONFIG_F_ACL_GLOBAL))
		acl_lookup(config, &config->acl_global);
}

/* The lists on the way in. Where neither is bound, the security levels decide. */
static __always_inline enum ph_reason judge_inbound(struct work *w,
						    const struct policy_config *config,
						    const struct iface_config *in,
						    const struct iface_config *out)
{
	struct judge_case *c = &w->judge;

	if (!(in->flags & IFACE_F_ACL_IN) && !(config->flags & CONFIG_F_ACL_GLOBAL)) {
		/* Equal levels have been permitted by then. */
		return in->security_level >= out->security_level ? PH_NEXT
								 : PH_DROP_SECURITY_LEVEL;
	}
	w->acl_key.src = c->src;
	w->acl_key.dst = config->flags & CONFIG_F_REAL_LISTS ? c->dst : c->wire_dst;
	judge_ask_inbound(w, config, in);
	c->counter = w->acl.counter;
	return judge_verdict(w);
}

/* The list on the way out sees the packet as it leaves. */
static __always_inline enum ph_reason judge_outbound(struct work *w,
						     const struct policy_config *config,
						     const struct iface_config *out)
{
	struct judge_case *c = &w->judge;

	if (!(out->flags & IFACE_F_ACL_OUT))
		return PH_NEXT;
	w->acl_key.src = config->flags & CONFIG_F_REAL_LISTS ? c->src : c->mapped_src;
	w->acl_key.dst = c->dst;
	acl_lookup(config, &out->acl_out);
	c->counter_out = w->acl.counter;
	return judge_verdict(w);
}

/*
 * Levels and lists, in and out. The case is judge of the work area.
 * Return: PH_NEXT or a drop reason.
 */
WORK_GLOBAL int judge_access(const struct policy_config *config,
			     const struct iface_config *in,
			     const struct iface_config *out)
{
	struct work *w = work_get();
	enum ph_reason reason;

	if (!w || !config || !in || !out)
		return PH_DROP_INTERNAL;
	reason = judge_levels(config, in, out);
	if (reason)
		return reason;
	judge_key_ports(w);
	reason = judge_inbound(w, config, in, out);
	if (reason)
		return reason;
	return judge_outbound(w, config, out);
}

/*
 * A later fragment does as its first did (fragment.h), unless a line with `fragments`
 * denies it. Such lines are asked for every later fragment that comes in, whoever
 * began the connection: its first was judged by other lines. Asked of the list on the
 * way in, or of the control-plane list.
 * Return: PH_NEXT or a drop reason; of a drop acl_counter of the work area is the line
 */
WORK_GLOBAL int judge_fragment(const struct policy_config *config,
			       const struct iface_config *in, bool to_box)
{
	struct work *w = work_get();
	struct acl_key *key;

	if (!w || !config || !in)
		return PH_DROP_INTERNAL;
	if (!(config->flags & CONFIG_F_FRAGMENT_LINES))
		return PH_NEXT;
	key = &w->acl_key;
	key->src = w->pkt.src;
	key->dst = w->pkt.dst;
	if (!to_box && (config->flags & CONFIG_F_REAL_LISTS))
		key->dst = w->real_dst;
	key->src_port = 0;
	key->dst_port = 0;
	key->proto = w->pkt.proto;
	key->tcp_flags = 0;
	key->later_fragment = 1;
	if (to_box)
		acl_lookup(config, &in->acl_box);
	else
		judge_ask_inbound(w, config, in);
	if (w->acl.verdict == ACL_BROKEN)
		return PH_DROP_ACL_BOUND;
	if (w->acl.verdict != ACL_DENY || !w->acl.fragments)
		return PH_NEXT;
	w->acl_counter = w->acl.counter;
	return PH_DROP_ACL_DENY;
}

/*
 * The control-plane list: may the packet reach this machine? Judged packet by
 * packet, for the way back is not filtered.
 */
static __noinline enum ph_reason judge_box(struct flow *f)
{
	struct work *w = f->w;
	struct judge_case *c = &w->judge;

	if (!f->in || !w)
		return PH_DROP_INTERNAL;
	c->sport = w->pkt.sport;
	c->dport = w->pkt.dport;
	c->proto = w->pkt.proto;
	c->icmp_type = w->pkt.icmp_type;
	c->icmp_code = w->pkt.icmp_code;
	c->tcp_flags = w->pkt.tcp_flags;
	judge_key_ports(w);
	w->acl_key.src = w->pkt.src;
	w->acl_key.dst = w->pkt.dst;
	acl_lookup(f->config, &f->in->acl_box);
	w->acl_counter = w->acl.counter;
	return judge_verdict(w);
}

/* The interface that routes by this device lead to. */
static __always_inline struct iface_config *judge_iface(__u32 slot, __u32 ifindex)
{
	void *table = bpf_map_lookup_elem(&ifaces, &slot);

	struct iface_key key = {.ifindex = ifindex};

	return table ? bpf_map_lookup_elem(table, &key) : NULL;
}

/* Whether connections to this port are to be inspected. */
static __always_inline __u32 judge_fixup_flags(__u32 slot, __u8 proto, __be16 dport)
{
	struct fixup_key key = {.port = dport, .proto = proto};
	void *table = bpf_map_lookup_elem(&fixups, &slot);
	struct fixup_value *value = table ? bpf_map_lookup_elem(table, &key) : NULL;

	return value && (value->kind == FIXUP_FTP || value->kind == FIXUP_FTPS)
		       ? CONN_F_FTP
		       : 0;
}

/* Whether the policy lets a connection begin in midstream: for a while after the
 * start, when its table is empty and the connections of before are not over. */
static __always_inline bool judge_picks_up(const struct flow *f)
{
	return f->now_ns < f->config->pick_up_until_ns && conn_may_pick_up(&f->w->pkt);
}

/*
 * Whether an FTP session stands for the packet: a hole admits it, or data ports
 * do. w->fresh is then its child.
 * Return: enum grant_verdict
 */
static __always_inline int judge_as_child(struct flow *f)
{
	struct conn *fresh = &f->w->fresh;
	int verdict;

	if (hole_claim(f)) {
		fresh->flags |= CONN_F_CHILD;
		return GRANT_ADMITS;
	}
	verdict = grant_claim(f);
	if (verdict == GRANT_ADMITS)
		fresh->flags |= CONN_F_CHILD | CONN_F_RANGE;
	return verdict;
}

/*
 * Judge the first packet of a flow. Without side effects but for a hole's
 * claim, which a second judging of the same packet finds unchanged. On
 * PH_NEXT w->fresh is the entry to create; w->acl_counter is the line that
 * decided, also where it denies.
 */
static __noinline enum ph_reason judge_first(struct flow *f)
{
	struct work *w = f->w;
	struct conn *fresh = &w->fresh;
	struct judge_case *c = &w->judge;
	enum ph_reason reason;
	int child;

	if (!f->in || !f->out || !f->config)
		return PH_DROP_INTERNAL;
	c->src = w->real_src;
	c->wire_dst = w->pkt.dst;
	c->dst = w->real_dst;
	c->sport = w->pkt.sport;
	c->dport = w->pkt.dport;
	c->proto = w->pkt.proto;
	c->icmp_type = w->pkt.icmp_type;
	c->icmp_code = w->pkt.icmp_code;
	c->tcp_flags = w->pkt.tcp_flags;
	c->counter = PH_NO_COUNTER;
	c->counter_out = PH_NO_COUNTER;
	reason = judge_translation(w, f->slot, f->in, f->out);
	if (reason)
		return reason;
	if (!conn_may_start(&w->pkt) && !judge_picks_up(f))
		return PH_DROP_TCP_NOT_SYN;

	conn_begin_fresh(f);
	child = w->pkt.proto == IPPROTO_TCP ? judge_as_child(f) : GRANT_NONE;
	if (child != GRANT_ADMITS) {
		reason = judge_access(f->config, f->in, f->out);
		w->acl_counter = c->counter;
		w->acl_counter_out = c->counter_out;
		/* What a line permits needs no session, nor its leave. */
		if (reason && child == GRANT_FULL)
			return grant_refuse();
		if (reason)
			return reason;
		fresh->flags |= judge_fixup_flags(f->slot, c->proto, c->dport);
	}
	fresh->mapped[0] = c->mapped_src;
	fresh->mapped[1] = w->pkt.dst;
	fresh->ifindex[0] = f->l3_ifindex;
	fresh->ifindex[1] = w->egress_ifindex;
	fresh->acl_counter = c->counter;
	fresh->acl_counter_out = c->counter_out;
	return PH_NEXT;
}

/* The TCP flags of a connection's first packet. */
static __always_inline __u8 judge_first_flags(const struct conn *conn, __u8 proto)
{
	if (proto != IPPROTO_TCP)
		return 0;
	return conn->flags & CONN_F_PICKED_UP ? PKT_TCP_ACK : PKT_TCP_SYN;
}

/* Judge the connection `conn` under the policy in force, as its first packet is. */
static __always_inline enum ph_reason
judge_one_again(struct flow *f, const struct flow_key *key, const struct conn *conn)
{
	struct work *w = f->w;
	struct judge_case *c = &w->judge;
	struct iface_config *in = judge_iface(f->slot, conn->ifindex[0]);
	struct iface_config *out = judge_iface(f->slot, conn->ifindex[1]);
	enum ph_reason reason;

	if (!in || !out || !f->config)
		return PH_DROP_POLICY_CHANGED;
	if (flow_initiator_end(conn)) {
		c->src = key->addr[1];
		c->sport = key->port[1];
		c->dst = key->addr[0];
		c->dport = key->port[0];
	} else {
		c->src = key->addr[0];
		c->sport = key->port[0];
		c->dst = key->addr[1];
		c->dport = key->port[1];
	}
	c->wire_dst = conn->mapped[1];
	c->proto = key->proto;
	c->icmp_type = key->proto == IPPROTO_ICMP ? PKT_ICMP_ECHO : PKT_ICMPV6_ECHO;
	c->icmp_code = 0;
	c->tcp_flags = judge_first_flags(conn, c->proto);
	c->counter = PH_NO_COUNTER;
	c->counter_out = PH_NO_COUNTER;
	if (judge_translation(w, f->slot, in, out) ||
	    !pkt_addr_equal(&c->mapped_src, &conn->mapped[0]))
		return PH_DROP_POLICY_CHANGED;
	/* A data connection stands or falls with its control connection's list. */
	if (conn->flags & CONN_F_CHILD)
		return PH_NEXT;
	reason = judge_access(f->config, in, out);
	if (!reason || reason == PH_DROP_ACL_BOUND)
		return reason;
	return PH_DROP_POLICY_CHANGED;
}

/*
 * The connection was admitted by an older generation: judge it, and a data
 * connection's parent, by the one in force. On a drop the caller removes it.
 */
static __noinline enum ph_reason judge_again(struct flow *f)
{
	struct work *w = f->w;
	struct conn *conn = f->conn, *parent;
	enum ph_reason reason;

	if (!conn)
		return PH_DROP_INTERNAL;
	if (conn->flags & CONN_F_LOCAL) { /* no list filters this machine's own */
		conn->generation = f->generation;
		return PH_NEXT;
	}
	reason = judge_one_again(f, &w->key, conn);
	if (reason)
		return reason;
	conn->acl_counter = w->judge.counter;
	conn->acl_counter_out = w->judge.counter_out;
	if (conn->flags & CONN_F_CHILD) {
		parent = bpf_map_lookup_elem(&conns, &conn->parent);
		if (!parent || parent->id != conn->parent_id)
			return PH_DROP_POLICY_CHANGED;
		reason = judge_one_again(f, &conn->parent, parent);
		if (reason)
			return reason;
		if ((conn->flags & CONN_F_RANGE) &&
		    !grant_covers(f->slot, &w->key, conn, parent))
			return PH_DROP_POLICY_CHANGED;
	}
	conn->generation = f->generation;
	return PH_NEXT;
}

/*
 * With CONFIG_F_KEEP a connection of before stays, whatever the lists say. It is judged
 * only to learn which lines count it now; denied, as here, by none.
 * Return: whether it stays.
 */
WORK_GLOBAL int judge_keeps(const struct policy_config *config, struct conn *conn,
			    __u32 generation)
{
	if (!config || !conn || !(config->flags & CONFIG_F_KEEP) ||
	    (__s32)(conn->generation - config->keep_from) < 0)
		return false;
	conn->acl_counter = PH_NO_COUNTER;
	conn->acl_counter_out = PH_NO_COUNTER;
	conn->generation = generation;
	return true;
}

/*
 * Whether f->conn is permitted by the policy in force. One that is not is
 * removed.
 * Race: while it is judged another CPU may count a packet to the lines of before.
 */
static __always_inline enum ph_reason judge_current(struct flow *f)
{
	struct conn *conn = f->conn;
	enum ph_reason reason;

	if (!conn || conn->generation == f->generation)
		return PH_NEXT;
	reason = judge_again(f);
	if (!reason || judge_keeps(f->config, conn, f->generation))
		return PH_NEXT;
	conn_remove(f, PH_END_POLICY);
	return reason;
}

#endif /* PINHOLE_BPF_JUDGE_H */
