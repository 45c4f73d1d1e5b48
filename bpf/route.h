/* SPDX-License-Identifier: GPL-2.0 */
/*
 * route.h - where the kernel would send the packet.
 *
 * Why the kernel's own table: routes and neighbours belong to the system's
 * tools and routing daemons, and may change at any time. A copy would lie.
 *
 * Who may include it: the stages that use maps.
 *
 * RFC 3704 (strict reverse path).
 */
#ifndef PINHOLE_BPF_ROUTE_H
#define PINHOLE_BPF_ROUTE_H

#include "maps.h"

#define ROUTE_AF_INET  2
#define ROUTE_AF_INET6 10

/* A question to the routing table. @tot_len: IP length to hold against the path
 * MTU; 0: none */
static __always_inline void route_ask(struct bpf_fib_lookup *fib, const struct flow *f,
				      const struct ph_addr *src,
				      const struct ph_addr *dst, __u32 tot_len)
{
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->l4_protocol = f->w->pkt.proto;
	fib->tot_len = tot_len;
	fib->ifindex = f->l3_ifindex;
	if (f->w->pkt.kind == PKT_IPV4) {
		fib->family = ROUTE_AF_INET;
		fib->ipv4_src = src->word[3];
		fib->ipv4_dst = dst->word[3];
	} else {
		fib->family = ROUTE_AF_INET6;
		__builtin_memcpy(fib->ipv6_src, src, sizeof(fib->ipv6_src));
		__builtin_memcpy(fib->ipv6_dst, dst, sizeof(fib->ipv6_dst));
	}
}

/*
 * Look up the real destination in the routing table; fills in w->fib,
 * w->egress_ifindex, and w->path_mtu if the packet exceeds it.
 * @ctx:     the hook's context
 * @tot_len: IP length, of a super-segment that of its segments
 * Return: PH_NEXT (routed), PH_TO_BOX, PH_PASS_UP (neighbour unknown: TC will
 * resolve it), or a drop reason.
 */
static __always_inline enum ph_reason route_find(void *ctx, const struct flow *f,
						 __u32 tot_len)
{
	struct work *w = f->w;
	struct bpf_fib_lookup *fib = &w->fib;
	long result;

	w->path_mtu = 0;
	route_ask(fib, f, &w->real_src, &w->real_dst, tot_len);
	result = bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	if (result == BPF_FIB_LKUP_RET_FRAG_NEEDED) {
		/* It stops there, before the next hop is known; but only what the
		 * policy admits may be told how long it may be. */
		w->path_mtu = fib->mtu_result;
		route_ask(fib, f, &w->real_src, &w->real_dst, 0);
		result = bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
		if (result == BPF_FIB_LKUP_RET_FRAG_NEEDED)
			result = BPF_FIB_LKUP_RET_SUCCESS;
	}
	w->egress_ifindex = fib->ifindex;
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		return PH_NEXT;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return PH_PASS_UP;
	case BPF_FIB_LKUP_RET_NOT_FWDED:    /* local, broadcast, or no route at all: */
	case BPF_FIB_LKUP_RET_FWD_DISABLED: /* the stack delivers it or refuses it */
		return PH_TO_BOX;
	default:
		return PH_DROP_NO_ROUTE;
	}
}

/*
 * Whether the packet's sender is where the route to it leads. Addresses that
 * are not routed (DHCP's zero, link-local) cannot be, and pass: they are not
 * forwarded either.
 */
static __noinline bool route_leads_back(void *ctx, const struct flow *f)
{
	struct bpf_fib_lookup fib;
	const struct pkt *pkt;

	if (!f || !f->w)
		return false;
	pkt = &f->w->pkt;
	if (pkt->kind == PKT_IPV4
		    ? !pkt->src.word[3]
		    : pkt_addr_is_unset(&pkt->src) || pkt_v6_is_link_local(&pkt->src))
		return true;
	route_ask(&fib, f, &pkt->dst, &pkt->src, 0);
	switch (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
	case BPF_FIB_LKUP_RET_NO_NEIGH:
	case BPF_FIB_LKUP_RET_FRAG_NEEDED: /* of the device only: TC asked no length */
		return fib.ifindex == f->l3_ifindex;
	default:
		return false;
	}
}

#endif /* PINHOLE_BPF_ROUTE_H */
