/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge_lists.h - what security levels and access lists say of the first packet of a
 * flow, of a later fragment, and of what is for this machine.
 *
 * Who may include it: judge.h. The case is judge of the work area.
 */
#ifndef PINHOLE_BPF_JUDGE_LISTS_H
#define PINHOLE_BPF_JUDGE_LISTS_H

#include "acl_tell.h"
#include "flow.h"
#include "nat.h"
#include "pkt.h"

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

/* What of the key is no address. @sport, @dport: as the list sees them */
static __always_inline void judge_key_ports(struct work *w, __be16 sport, __be16 dport)
{
	struct judge_case *c = &w->judge;
	struct acl_key *key = &w->acl_key;

	key->proto = c->proto;
	key->src_port = pkt_be16(sport);
	key->dst_port = pkt_be16(dport);
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
	w->acl.place = ACL_AT_IN;
	if (in->flags & IFACE_F_ACL_IN)
		acl_lookup(config, &in->acl_in);
	if (w->acl.verdict == ACL_NO_MATCH && (config->flags & CONFIG_F_ACL_GLOBAL))
		acl_lookup(config, &config->acl_global);
}

/* The line to tell of if the flow begins; one that denies is told of at once. */
static __always_inline __u64 judge_told(const struct work *w)
{
	return w->acl.verdict == ACL_PERMIT && (w->acl.flags & ACL_LINE_F_LOG)
		       ? w->acl.line_id
		       : 0;
}

/* No list is bound on the way in: the security levels decide. Equal ones have been
 * permitted by then. What they deny, a conduit may permit. */
static __always_inline enum ph_reason judge_unlisted(struct work *w,
						     const struct policy_config *config,
						     const struct iface_config *in,
						     const struct iface_config *out)
{
	if (in->security_level >= out->security_level)
		return PH_NEXT;
	if (!(config->flags & CONFIG_F_CONDUIT))
		return PH_DROP_SECURITY_LEVEL;
	w->acl.place = ACL_AT_IN;
	acl_lookup(config, &config->acl_conduit);
	w->judge.counter = w->acl.counter;
	w->judge.told = judge_told(w);
	return w->acl.verdict == ACL_NO_MATCH ? PH_DROP_SECURITY_LEVEL : judge_verdict(w);
}

/* What a list on the way in sees: before ASA 8.3 the responder as the initiator does. */
static __always_inline void judge_key_in(struct work *w,
					 const struct policy_config *config)
{
	bool real = config->flags & CONFIG_F_REAL_LISTS;
	struct judge_case *c = &w->judge;

	w->acl_key.src = c->src;
	w->acl_key.dst = real ? c->dst : c->wire_dst;
	judge_key_ports(w, c->sport, real ? c->dport : c->wire_dport);
}

/* A list on the way out sees the packet as it leaves. */
static __always_inline void judge_key_out(struct work *w,
					  const struct policy_config *config)
{
	bool real = config->flags & CONFIG_F_REAL_LISTS;
	struct judge_case *c = &w->judge;

	w->acl_key.src = real ? c->src : c->mapped_src;
	w->acl_key.dst = c->dst;
	judge_key_ports(w, real ? c->sport : c->mapped_sport, c->dport);
}

static __always_inline enum ph_reason judge_inbound(struct work *w,
						    const struct policy_config *config,
						    const struct iface_config *in,
						    const struct iface_config *out)
{
	struct judge_case *c = &w->judge;

	judge_key_in(w, config);
	if (!(in->flags & IFACE_F_ACL_IN) && !(config->flags & CONFIG_F_ACL_GLOBAL))
		return judge_unlisted(w, config, in, out);
	judge_ask_inbound(w, config, in);
	c->counter = w->acl.counter;
	c->told = judge_told(w);
	return judge_verdict(w);
}

static __always_inline enum ph_reason judge_outbound(struct work *w,
						     const struct policy_config *config,
						     const struct iface_config *out)
{
	struct judge_case *c = &w->judge;

	if (!(out->flags & IFACE_F_ACL_OUT))
		return PH_NEXT;
	judge_key_out(w, config);
	w->acl.place = ACL_AT_OUT;
	acl_lookup(config, &out->acl_out);
	c->counter_out = w->acl.counter;
	c->told_out = judge_told(w);
	return judge_verdict(w);
}

/*
 * The packet in judge of the work area begins a flow: count it to its translations, and
 * tell of it, if the lines that let it in say so.
 * @in_ifindex: iface_config.l3_ifindex of the way in
 */
WORK_GLOBAL int judge_tell_permitted(const struct policy_config *config, __u32 in_ifindex)
{
	struct work *w = work_get();

	if (!w || !config)
		return 0;
	nat_count(w);
	if (w->judge.told) {
		judge_key_in(w, config);
		acl_tell_permitted(w, w->judge.told, w->judge.counter, ACL_AT_IN,
				   in_ifindex);
	}
	if (w->judge.told_out) {
		judge_key_out(w, config);
		acl_tell_permitted(w, w->judge.told_out, w->judge.counter_out, ACL_AT_OUT,
				   in_ifindex);
	}
	return 0;
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
	if (to_box) {
		w->acl.place = ACL_AT_BOX;
		acl_lookup(config, &in->acl_box);
	} else {
		judge_ask_inbound(w, config, in);
	}
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
	judge_key_ports(w, c->sport, c->dport);
	w->acl_key.src = w->pkt.src;
	w->acl_key.dst = w->pkt.dst;
	w->acl.place = ACL_AT_BOX;
	acl_lookup(f->config, &f->in->acl_box);
	w->acl_counter = w->acl.counter;
	return judge_verdict(w);
}

/*
 * Would the control-plane list let the first packet of a connection to this machine in?
 * @key, @conn: a TCP connection, and what it is entered as
 * Return: PH_NEXT or a drop reason.
 */
WORK_GLOBAL int judge_box_again(const struct policy_config *config,
				const struct iface_config *in, const struct flow_key *key,
				const struct conn *conn)
{
	struct work *w = work_get();

	if (!w || !config || !in || !key || !conn)
		return PH_DROP_INTERNAL;
	w->judge.proto = IPPROTO_TCP;
	w->judge.tcp_flags = PKT_TCP_SYN;
	if (flow_initiator_end(conn)) {
		judge_key_ports(w, key->port[1], key->port[0]);
		w->acl_key.src = key->addr[1];
		w->acl_key.dst = key->addr[0];
	} else {
		judge_key_ports(w, key->port[0], key->port[1]);
		w->acl_key.src = key->addr[0];
		w->acl_key.dst = key->addr[1];
	}
	w->acl.place = ACL_AT_BOX;
	acl_lookup(config, &in->acl_box);
	if (w->acl.verdict == ACL_PERMIT)
		return PH_NEXT;
	return w->acl.verdict == ACL_BROKEN ? PH_DROP_ACL_BOUND : PH_DROP_POLICY_CHANGED;
}

#endif /* PINHOLE_BPF_JUDGE_LISTS_H */
