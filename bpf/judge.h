/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - may this connection exist? Asked for its first packet, and again
 * after every change of policy.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_JUDGE_H
#define PINHOLE_BPF_JUDGE_H

#include "conn.h"
#include "grant.h"
#include "hole.h"
#include "judge_lists.h"
#include "nat.h"

/* ---- translation ---- */

/* Whether the destination was translated just as the policy says, where what is seen
 * from `in` depends on addresses alone. */
static __always_inline enum ph_reason judge_destination(struct work *w,
							const struct iface_config *in,
							const struct iface_config *out)
{
	struct judge_case *c = &w->judge;
	bool translates = !(in->flags & IFACE_F_NAT_NONE);
	struct nat_value *nat;

	nat = translates ? nat_find_in(w, c->slot, in->id, &c->wire_dst) : NULL;
	if (c->wire_dport != c->dport)
		return PH_DROP_NAT_EGRESS;
	if (nat) {
		c->nat_counter_dst = nat->counter;
		c->real = c->wire_dst;
		nat_apply(&c->real, nat);
		return nat->real_if == out->id && pkt_addr_equal(&c->real, &c->dst)
			       ? PH_NEXT
			       : PH_DROP_NAT_EGRESS;
	}
	if (!pkt_addr_equal(&c->wire_dst, &c->dst))
		return PH_DROP_NAT_EGRESS;
	/* Seen from `in`, a translated host exists under its mapped address only: the
	 * answer would come from there. */
	return translates && nat_find_out(w, c->slot, out->id, in->id, &c->dst)
		       ? PH_DROP_NAT_REVERSE
		       : PH_NEXT;
}

/* Make w->nat the question about one end of the case. */
static __always_inline void judge_ask_about(struct work *w, const struct ph_addr *end,
					    __be16 port, const struct ph_addr *peer,
					    __be16 peer_port)
{
	w->nat.end = *end;
	w->nat.port = port;
	w->nat.peer = *peer;
	w->nat.peer_port = peer_port;
	w->nat.proto = w->judge.proto;
	w->nat.counter = PH_NO_COUNTER;
}

static __always_inline bool judge_answer_is(const struct work *w,
					    const struct ph_addr *end, __be16 port)
{
	return pkt_addr_equal(&w->nat.end, end) && w->nat.port == port;
}

/* The same where it depends on rules. A one-way rule translates no first packet. */
static __always_inline enum ph_reason
judge_destination_by_rules(struct work *w, const struct policy_config *config,
			   const struct iface_config *in, const struct iface_config *out)
{
	struct judge_case *c = &w->judge;
	int verdict;

	judge_ask_about(w, &c->wire_dst, c->wire_dport, &c->src, c->sport);
	verdict = nat_ask_in(w, config, in);
	if (verdict == NAT_BROKEN)
		return PH_DROP_ACL_BOUND;
	/* Of what stays as it is, too. */
	if (verdict != NAT_MOVED || !w->nat.one_way)
		c->nat_counter_dst = w->nat.counter;
	if (verdict == NAT_MOVED && !w->nat.one_way)
		return (!w->nat.real_if || w->nat.real_if == out->id) &&
				       judge_answer_is(w, &c->dst, c->dport)
			       ? PH_NEXT
			       : PH_DROP_NAT_EGRESS;
	if (!pkt_addr_equal(&c->wire_dst, &c->dst) || c->wire_dport != c->dport)
		return PH_DROP_NAT_EGRESS;
	/* Under another address than it is seen by: as above. */
	judge_ask_about(w, &c->dst, c->dport, &c->src, c->sport);
	verdict = nat_ask_out(w, w->judge.slot, config, out->id, in->id);
	if (verdict == NAT_BROKEN)
		return PH_DROP_ACL_BOUND;
	return verdict == NAT_MOVED && !judge_answer_is(w, &c->wire_dst, c->wire_dport)
		       ? PH_DROP_NAT_REVERSE
		       : PH_NEXT;
}

/* As what the initiator is seen from `out`. */
static __always_inline enum ph_reason judge_source(struct work *w,
						   const struct policy_config *config,
						   const struct iface_config *in,
						   const struct iface_config *out)
{
	struct judge_case *c = &w->judge;
	struct nat_value *nat;
	int verdict;

	c->mapped_src = c->src;
	c->mapped_sport = c->sport;
	if (out->flags & IFACE_F_NAT_NONE)
		return PH_NEXT;
	if (!nat_has_rules(out)) {
		nat = nat_find_out(w, c->slot, in->id, out->id, &c->src);
		if (nat) {
			nat_apply(&c->mapped_src, nat);
			c->nat_counter_src = nat->counter;
		}
		return PH_NEXT;
	}
	judge_ask_about(w, &c->src, c->sport, &c->dst, c->dport);
	verdict = nat_ask_out(w, w->judge.slot, config, in->id, out->id);
	if (verdict == NAT_BROKEN)
		return PH_DROP_ACL_BOUND;
	c->nat_counter_src = w->nat.counter;
	if (verdict == NAT_MOVED) {
		c->mapped_src = w->nat.end;
		c->mapped_sport = w->nat.port;
	}
	return PH_NEXT;
}

/*
 * The destination must have been translated just as the policy says, and the
 * source gets its mapped address and port. The case is judge of the work area, which
 * then says who counts that, too.
 * @in, @out: where the initiator and the responder live
 * Return: PH_NEXT or a drop reason.
 */
WORK_GLOBAL int judge_translation(const struct policy_config *config,
				  const struct iface_config *in,
				  const struct iface_config *out)
{
	struct work *w = work_get();
	enum ph_reason reason;

	if (!w || !config || !in || !out)
		return PH_DROP_INTERNAL;
	w->judge.nat_counter_dst = PH_NO_COUNTER;
	w->judge.nat_counter_src = PH_NO_COUNTER;
	reason = nat_has_rules(in) ? judge_destination_by_rules(w, config, in, out)
				   : judge_destination(w, in, out);
	if (reason)
		return reason;
	return judge_source(w, config, in, out);
}

/* The interface that routes by this device lead to. */
static __always_inline struct iface_config *judge_iface(__u32 slot, __u32 ifindex)
{
	void *table = bpf_map_lookup_elem(&ifaces, &slot);

	struct iface_key key = {.ifindex = ifindex};

	return table ? bpf_map_lookup_elem(table, &key) : NULL;
}

/* Whether this machine's own FTP sessions through the interface are watched. */
static __always_inline bool judge_watches(const struct iface_config *iface)
{
	const __u32 both = IFACE_F_HOST_FTP | IFACE_F_ACL_BOX;

	return (iface->flags & both) == both;
}

/* Whether an inspection is of connections between these interfaces. */
static __always_inline bool judge_inspects(const struct fixup_value *value, __u32 in_id,
					   __u32 out_id)
{
	if (value->kind != FIXUP_FTP && value->kind != FIXUP_FTPS)
		return false;
	return !value->ifaces ||
	       (value->ifaces & (1ull << (in_id & 63) | 1ull << (out_id & 63)));
}

/* Whether connections to this port are to be inspected: CONN_F_FTP or 0. */
static __always_inline __u32 judge_fixup_flags(__u32 slot, __u8 proto, __be16 dport,
					       __u32 in_id, __u32 out_id)
{
	struct fixup_key key = {.port = dport, .proto = proto};
	void *table = bpf_map_lookup_elem(&fixups, &slot);
	struct fixup_value *value = table ? bpf_map_lookup_elem(table, &key) : NULL;

	return value && judge_inspects(value, in_id, out_id) ? CONN_F_FTP : 0;
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
	c->wire_dport = w->pkt.dport;
	c->dport = w->real_dport;
	c->proto = w->pkt.proto;
	c->icmp_type = w->pkt.icmp_type;
	c->icmp_code = w->pkt.icmp_code;
	c->tcp_flags = w->pkt.tcp_flags;
	c->counter = PH_NO_COUNTER;
	c->counter_out = PH_NO_COUNTER;
	c->told = 0;
	c->told_out = 0;
	c->slot = f->slot;
	reason = judge_translation(f->config, f->in, f->out);
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
		fresh->flags |= judge_fixup_flags(f->slot, c->proto, c->dport, f->in->id,
						  f->out->id);
	}
	fresh->mapped[0] = c->mapped_src;
	fresh->mapped[1] = w->pkt.dst;
	fresh->mapped_port[0] = c->mapped_sport;
	fresh->mapped_port[1] = w->pkt.dport;
	fresh->ifindex[0] = f->l3_ifindex;
	fresh->ifindex[1] = w->egress_ifindex;
	fresh->acl_counter = c->counter;
	fresh->acl_counter_out = c->counter_out;
	return embryonic_judge(f->config, f->now_ns);
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
	c->wire_dport = conn->mapped_port[1];
	c->proto = key->proto;
	c->icmp_type = key->proto == IPPROTO_ICMP ? PKT_ICMP_ECHO : PKT_ICMPV6_ECHO;
	c->icmp_code = 0;
	c->tcp_flags = judge_first_flags(conn, c->proto);
	c->counter = PH_NO_COUNTER;
	c->counter_out = PH_NO_COUNTER;
	c->told = 0;
	c->told_out = 0;
	c->slot = f->slot;
	if (judge_translation(f->config, in, out) ||
	    !pkt_addr_equal(&c->mapped_src, &conn->mapped[0]) ||
	    c->mapped_sport != conn->mapped_port[0])
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
	if (conn->flags & CONN_F_HOST) /* what routes forward is none of its packets */
		return PH_NEXT;	       /* of its own: host_conn.h */
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
	    (__s32)(conn->generation - config->keep_from) < 0 ||
	    (__s32)(config->built - conn->generation) < 0)
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
