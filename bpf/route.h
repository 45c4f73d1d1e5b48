/* SPDX-License-Identifier: GPL-2.0 */
/*
 * route.h - where the kernel would send the packet.
 *
 * Why the kernel's own table: routes and neighbours belong to the system's
 * tools and routing daemons, and may change at any time. A copy would lie.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_ROUTE_H
#define PINHOLE_BPF_ROUTE_H

#include "maps.h"

#define ROUTE_AF_INET  2
#define ROUTE_AF_INET6 10

/*
 * Look up the real destination in the routing table; fills in w->fib and
 * w->egress_ifindex.
 * @ctx:     the hook's context
 * @tot_len: IP length to hold against the MTU; 0: the kernel takes the skb's
 * Return: PH_NEXT (routed), PH_TO_BOX, PH_PASS_UP (neighbour unknown: TC will
 * resolve it), or a drop reason.
 */
static __always_inline enum ph_reason route_find(void *ctx, const struct flow *f,
						 __u32 tot_len)
{
	struct work *w = f->w;
	struct bpf_fib_lookup *fib = &w->fib;
	long result;

	__builtin_memset(fib, 0, sizeof(*fib));
	fib->family = ROUTE_AF_INET;
	fib->l4_protocol = w->pkt.proto;
	fib->tot_len = tot_len;
	fib->ifindex = f->ifindex;
	fib->ipv4_src = w->real_src.word[3];
	fib->ipv4_dst = w->real_dst.word[3];

	result = bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	w->egress_ifindex = fib->ifindex;
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		return PH_NEXT;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return PH_PASS_UP;
	case BPF_FIB_LKUP_RET_NOT_FWDED:    /* local, broadcast, or no route at all: */
	case BPF_FIB_LKUP_RET_FWD_DISABLED: /* the stack delivers it or refuses it */
		return PH_TO_BOX;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return PH_DROP_MTU_EXCEEDED;
	default:
		return PH_DROP_NO_ROUTE;
	}
}

/* IPv6 and fragments are refused unless they are for this machine. */
static __always_inline bool route_is_local(void *ctx, const struct flow *f)
{
	const struct work *w = f->w;
	struct bpf_fib_lookup fib = {.ifindex = f->ifindex};

	if (w->pkt.kind == PKT_IPV6) {
		__u32 first = pkt_be32(w->pkt.dst.word[0]);

		/* ff00::/8 and fe80::/10 never leave the link (RFC 4291). */
		if (first >> 24 == 0xff || first >> 22 == 0xfe80 >> 6)
			return true;
		fib.family = ROUTE_AF_INET6;
		__builtin_memcpy(fib.ipv6_src, &w->pkt.src, sizeof(fib.ipv6_src));
		__builtin_memcpy(fib.ipv6_dst, &w->pkt.dst, sizeof(fib.ipv6_dst));
	} else {
		if (pkt_v4_is_on_link(w->pkt.dst.word[3]))
			return true;
		fib.family = ROUTE_AF_INET;
		fib.ipv4_src = w->pkt.src.word[3];
		fib.ipv4_dst = w->pkt.dst.word[3];
	}
	switch (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0)) {
	case BPF_FIB_LKUP_RET_NOT_FWDED:
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return true;
	default:
		return false;
	}
}

#endif /* PINHOLE_BPF_ROUTE_H */
