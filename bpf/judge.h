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

/* Access list in, or the security levels where none is bound. */
static __always_inline enum ph_reason judge_access(struct work *w, __u32 slot,
						   const struct iface_config *in,
						   const struct iface_config *out)
{
	struct judge_case *c = &w->judge;
	struct acl_key *key = &w->acl_key;
	struct acl_result result;

	c->counter = PH_NO_COUNTER;
	if (!(in->flags & IFACE_F_ACL_IN))
		return in->security_level > out->security_level ? PH_NEXT
								: PH_DROP_SECURITY_LEVEL;
	key->src = c->src;
	key->dst = c->wire_dst;
	key->proto = c->proto;
	key->src_port = pkt_be16(c->sport);
	key->dst_port = pkt_be16(c->dport);
	if (c->proto == IPPROTO_ICMP) {
		key->src_port = 0;
		key->dst_port = (__u16)c->icmp_type << 8 | c->icmp_code;
	}
	result = acl_lookup(slot, in->acl_in.first, in->acl_in.count, key);
	c->counter = result.counter;
	if (result.permit)
		return PH_NEXT;
	return result.counter == PH_NO_COUNTER ? PH_DROP_ACL_IMPLICIT : PH_DROP_ACL_DENY;
}

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

	return value && value->kind == FIXUP_FTP ? CONN_F_FTP : 0;
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

	if (!f->in || !f->out)
		return PH_DROP_INTERNAL;
	c->src = w->real_src;
	c->wire_dst = w->pkt.dst;
	c->dst = w->real_dst;
	c->sport = w->pkt.sport;
	c->dport = w->pkt.dport;
	c->proto = w->pkt.proto;
	c->icmp_type = w->pkt.icmp_type;
	c->icmp_code = w->pkt.icmp_code;
	c->counter = PH_NO_COUNTER;
	reason = judge_translation(w, f->slot, f->in, f->out);
	if (reason)
		return reason;
	if (!conn_may_start(&w->pkt))
		return PH_DROP_TCP_NOT_SYN;

	conn_begin_fresh(f);
	if (w->pkt.proto == IPPROTO_TCP && hole_claim(f)) {
		fresh->flags |= CONN_F_CHILD; /* hole_claim() has set the parent */
	} else {
		reason = judge_access(w, f->slot, f->in, f->out);
		w->acl_counter = c->counter;
		if (reason)
			return reason;
		fresh->flags |= judge_fixup_flags(f->slot, c->proto, c->dport);
	}
	fresh->mapped[0] = c->mapped_src;
	fresh->mapped[1] = w->pkt.dst;
	fresh->ifindex[0] = f->ifindex;
	fresh->ifindex[1] = w->egress_ifindex;
	fresh->acl_counter = c->counter;
	return PH_NEXT;
}

/* Judge the connection `conn` under the policy in force. */
static __always_inline enum ph_reason
judge_one_again(struct flow *f, const struct flow_key *key, const struct conn *conn)
{
	struct work *w = f->w;
	struct judge_case *c = &w->judge;
	struct iface_config *in = judge_iface(f->slot, conn->ifindex[0]);
	struct iface_config *out = judge_iface(f->slot, conn->ifindex[1]);

	if (!in || !out)
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
	c->icmp_type = PKT_ICMP_ECHO;
	c->icmp_code = 0;
	c->counter = PH_NO_COUNTER;
	if (judge_translation(w, f->slot, in, out) ||
	    !pkt_addr_equal(&c->mapped_src, &conn->mapped[0]))
		return PH_DROP_POLICY_CHANGED;
	/* A data connection stands or falls with its control connection's list. */
	if (conn->flags & CONN_F_CHILD)
		return PH_NEXT;
	return judge_access(w, f->slot, in, out) ? PH_DROP_POLICY_CHANGED : PH_NEXT;
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
	if (conn->flags & CONN_F_CHILD) {
		parent = bpf_map_lookup_elem(&conns, &conn->parent);
		if (!parent || parent->id != conn->parent_id)
			return PH_DROP_POLICY_CHANGED;
		reason = judge_one_again(f, &conn->parent, parent);
		if (reason)
			return reason;
	}
	conn->generation = f->generation;
	return PH_NEXT;
}

#endif /* PINHOLE_BPF_JUDGE_H */
