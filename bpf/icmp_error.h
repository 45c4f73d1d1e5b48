/* SPDX-License-Identifier: GPL-2.0 */
/*
 * icmp_error.h - ICMP errors belong to the connection that they speak of.
 *
 * Why it exists: an error is judged by no list. It comes from a router that no
 * list knows, and the quote in it names a packet that was let through. To the
 * connection it is like a reply: whoever could have sent a reply to the quoted
 * packet could have caused the error. So the quoted ends, exchanged, must find
 * a connection, on the interface where its replies come in, and the error must
 * be addressed to the quoted packet's sender. It changes no state, and keeps
 * nothing alive.
 *
 * An attacker who does not see the traffic must guess addresses, ports and that
 * the connection exists; the end then checks the quoted sequence number
 * (RFC 5927), as it would without a firewall.
 *
 * Who may include it: the stages that use maps; icmp_error_rewrite() is for TC.
 *
 * RFC 792, 4443, 5508 (NAT and ICMP: the quote is translated as the packet in it
 * was, backwards), 1624.
 */
#ifndef PINHOLE_BPF_ICMP_ERROR_H
#define PINHOLE_BPF_ICMP_ERROR_H

#include "conn.h"
#include "judge.h"
#include "quoted.h"

/* Find the connection; w->quoted is parsed, w->real_dst untranslated. */
static __always_inline enum ph_reason icmp_error_find(struct flow *f)
{
	struct work *w = f->w;
	const struct pkt *q = &w->quoted;
	__u8 echo = q->echo;

	if (!w->quoted_valid || !pkt_addr_equal(&q->src, &w->pkt.dst))
		return PH_DROP_ICMP_UNMATCHED;
	if (echo != PKT_ECHO_NONE)
		echo = echo == PKT_ECHO_REQUEST ? PKT_ECHO_REPLY : PKT_ECHO_REQUEST;
	f->src_end = flow_key_make(&w->key, &q->dst, q->dport, &w->real_dst,
				   w->real_dport, q->proto, echo);
	conn_find_key(f);
	return f->conn ? PH_NEXT : PH_DROP_ICMP_UNMATCHED;
}

/*
 * The address that the error leaves with. A router behind the translated end may have
 * a mapped address of its own. If not it speaks for that end: its own address may mean
 * nothing out there, and be filtered for that.
 * Return: PH_NEXT or a drop reason.
 */
WORK_GLOBAL int icmp_error_source(__u32 slot, const struct policy_config *config,
				  const struct iface_config *in,
				  const struct iface_config *out)
{
	struct work *w = work_get();
	int verdict = NAT_NONE;
	struct nat_value *nat;

	if (!w || !config || !in || !out)
		return PH_DROP_INTERNAL;
	w->new_src = w->pkt.src;
	if (nat_has_rules(out)) {
		w->nat.end = w->pkt.src;
		w->nat.port = 0;
		w->nat.peer = w->real_dst;
		w->nat.peer_port = 0;
		w->nat.proto = w->pkt.proto;
		verdict = nat_ask_out(w, slot, config, in->id, out->id);
		if (verdict == NAT_MOVED)
			w->new_src = w->nat.end;
	} else {
		nat = nat_find_out(w, slot, in->id, out->id, &w->pkt.src);
		if (nat) {
			nat_apply(&w->new_src, nat);
			verdict = NAT_MOVED;
		}
	}
	if (verdict == NAT_NONE && !pkt_addr_equal(&w->quoted.dst, &w->quoted_dst))
		w->new_src = w->quoted_dst;
	return verdict == NAT_BROKEN ? PH_DROP_ACL_BOUND : PH_NEXT;
}

/* Both addresses that the error leaves with, and those of the quoted packet. */
static __always_inline enum ph_reason icmp_error_decide(struct flow *f)
{
	struct work *w = f->w;
	struct conn *conn = f->conn;
	enum ph_reason reason;

	if (!conn || !f->in || !f->out)
		return PH_DROP_ICMP_UNMATCHED;
	reason = judge_current(f);
	if (reason)
		return reason;
	if (f->dir == PH_INITIATOR) { /* the quoted packet was the responder's */
		if (conn->ifindex[0] != f->l3_ifindex ||
		    conn->ifindex[1] != w->egress_ifindex)
			return PH_DROP_CONN_WRONG_INTERFACE;
		if (!pkt_addr_equal(&w->quoted.src, &conn->mapped[1]) ||
		    w->quoted.sport != conn->mapped_port[1])
			return PH_DROP_ICMP_UNMATCHED;
		w->quoted_dst = conn->mapped[0];
		w->quoted_dport = conn->mapped_port[0];
	} else {
		if (conn->ifindex[1] != f->l3_ifindex ||
		    conn->ifindex[0] != w->egress_ifindex)
			return PH_DROP_CONN_WRONG_INTERFACE;
		if (!pkt_addr_equal(&w->quoted.src, &conn->mapped[0]) ||
		    w->quoted.sport != conn->mapped_port[0])
			return PH_DROP_ICMP_UNMATCHED;
		w->quoted_dst = conn->mapped[1];
		w->quoted_dport = conn->mapped_port[1];
	}
	w->new_dst = w->real_dst;
	return icmp_error_source(f->slot, f->config, f->in, f->out);
}

/* What translating the addresses of the quote adds to the sums over it. */
static __always_inline __u64 icmp_error_delta(const struct work *w)
{
	const struct pkt *q = &w->quoted;
	__u64 delta = 0;

	if (pkt_addr_equal(&q->src, &w->real_dst) &&
	    pkt_addr_equal(&q->dst, &w->quoted_dst))
		return 0;
	for (int i = 0; i < 4; i++) {
		delta += csum_delta4(q->src.word[i], w->real_dst.word[i]);
		delta += csum_delta4(q->dst.word[i], w->quoted_dst.word[i]);
	}
	return delta;
}

/* Likewise its ports. */
static __always_inline __u64 icmp_error_port_delta(const struct work *w)
{
	const struct pkt *q = &w->quoted;

	if (!nat_has_ports(q->proto) ||
	    (q->sport == w->real_dport && q->dport == w->quoted_dport))
		return 0;
	return csum_delta2(q->sport, w->real_dport) +
	       csum_delta2(q->dport, w->quoted_dport);
}

/* The quoted ports. */
static __always_inline long icmp_error_store_ports(struct __sk_buff *skb, struct work *w)
{
	const __be16 ports[2] = {w->real_dport, w->quoted_dport};

	return bpf_skb_store_bytes(skb, w->quoted.l4_off, ports, sizeof(ports), 0);
}

/* The quoted transport checksum. Return: what its change adds to a sum over it,
 * in *delta; negative on error. */
static __always_inline long icmp_error_quoted_check(struct __sk_buff *skb,
						    const struct work *w, __u64 change,
						    __u64 *delta)
{
	__u16 before, after;
	long err;

	if (!w->quoted.payload_off)
		return 0;
	err = bpf_skb_load_bytes(skb, w->quoted.payload_off, &before, sizeof(before));
	if (err)
		return err;
	after = w->quoted.proto == IPPROTO_UDP ? csum_udp_apply(before, change)
					       : csum_apply(before, change);
	*delta += csum_delta2(before, after);
	return bpf_skb_store_bytes(skb, w->quoted.payload_off, &after, sizeof(after), 0);
}

/*
 * Translate the quote. The addresses of the error itself are forward.h's.
 * The stores leave skb->csum alone, for the sum over the whole does not change:
 * what the quote gains, the ICMP checksum loses.
 */
WORK_GLOBAL int icmp_error_rewrite(struct __sk_buff *skb)
{
	struct work *w = work_get();
	__u64 change, moved, delta = 0;
	__u32 check_off;
	const struct pkt *q;
	__u16 check;

	if (!w)
		return PH_DROP_INTERNAL;
	q = &w->quoted;
	change = icmp_error_delta(w);
	moved = icmp_error_port_delta(w);
	check_off = w->pkt.l4_off + offsetof(struct pkt_icmp, check);
	event_count(PH_EV_ICMP_ERROR_MATCHED);
	if (!change && !moved)
		return PH_NEXT;
	if (icmp_error_quoted_check(skb, w, change + moved, &delta) ||
	    (moved && icmp_error_store_ports(skb, w)))
		return PH_DROP_REWRITE_FAILED;
	delta += moved;
	if (w->pkt.kind == PKT_IPV4) {
		/* Its own checksum makes up for the addresses: the sum over a
		 * header stays. */
		__u32 at = q->l3_off + offsetof(struct iphdr, check);

		if (bpf_skb_load_bytes(skb, at, &check, sizeof(check)))
			return PH_DROP_REWRITE_FAILED;
		check = csum_apply(check, change);
		if (bpf_skb_store_bytes(skb, at, &check, sizeof(check), 0) ||
		    bpf_skb_store_bytes(skb, q->l3_off + offsetof(struct iphdr, saddr),
					&w->real_dst.word[3], sizeof(__be32), 0) ||
		    bpf_skb_store_bytes(skb, q->l3_off + offsetof(struct iphdr, daddr),
					&w->quoted_dst.word[3], sizeof(__be32), 0))
			return PH_DROP_REWRITE_FAILED;
	} else {
		delta += change;
		if (bpf_skb_store_bytes(skb, q->l3_off + offsetof(struct pkt_ipv6, src),
					&w->real_dst, sizeof(w->real_dst), 0) ||
		    bpf_skb_store_bytes(skb, q->l3_off + offsetof(struct pkt_ipv6, dst),
					&w->quoted_dst, sizeof(w->quoted_dst), 0))
			return PH_DROP_REWRITE_FAILED;
	}
	if (delta && bpf_l4_csum_replace(skb, check_off, 0, csum_fold(delta), 0))
		return PH_DROP_REWRITE_FAILED;
	return PH_NEXT;
}

#endif /* PINHOLE_BPF_ICMP_ERROR_H */
