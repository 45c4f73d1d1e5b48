/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frag.h - which parts of a datagram were seen, and whether another fits in.
 *
 * Why it exists: a firewall that lets overlapping fragments through cannot
 * know what the receiver will make of them. It keeps no payload, only up to
 * FRAG_MAX_RANGES stretches of what has passed, in units of eight bytes;
 * fragments that arrive in order, or in reverse, need one.
 *
 * Who may include it: everybody. Pure.
 *
 * RFC 791, 8200 4.5, 5722 (overlapping IPv6 fragments), 1858, 3128.
 *
 * Race: two fragments of one datagram on two CPUs at once may both be admitted
 * although they overlap, or one of them be forgotten. The worst outcome is that
 * the receiver has to tell the overlap; ports and verdict are the first
 * fragment's all the same.
 */
#ifndef PINHOLE_BPF_FRAG_H
#define PINHOLE_BPF_FRAG_H

#include "pkt_types.h"

#define FRAG_NO_RANGE FRAG_MAX_RANGES

#ifdef __bpf__
#	define FRAG_UNROLL _Pragma("unroll")
#else
#	define FRAG_UNROLL
#endif

/* What a fragment covers, in units. The last one may end inside a unit. */
static __always_inline struct frag_range frag_range_of(const struct pkt *pkt)
{
	struct frag_range range = {
		.from = pkt->fragment_off / 8,
		.to = (pkt->fragment_off + pkt->fragment_len + 7) / 8,
	};

	return range;
}

/*
 * Whether the fragment may join what was seen. Changes nothing.
 * @last: no other follows it
 * Return: PH_NEXT, or PH_DROP_FRAGMENT_OVERLAP.
 */
static __always_inline enum ph_reason frag_fits(const struct frag *frag,
						struct frag_range range, bool last)
{
	bool room = false, overlap = false;

	if (frag->total && (range.to > frag->total || (last && range.to != frag->total)))
		return PH_DROP_FRAGMENT_OVERLAP;
	FRAG_UNROLL
	for (int i = 0; i < FRAG_MAX_RANGES; i++) {
		const struct frag_range *seen = &frag->seen[i];

		overlap |= range.from < seen->to && seen->from < range.to;
		/* Beyond its last fragment a datagram has nothing. */
		overlap |= last && seen->to > range.to;
		room |= !seen->to || seen->to == range.from ||
			(seen->to && seen->from == range.to);
	}
	return overlap || !room ? PH_DROP_FRAGMENT_OVERLAP : PH_NEXT;
}

/* Enter a fragment that fits. */
static __always_inline void frag_enter(struct frag *frag, struct frag_range range,
				       bool last)
{
	__u32 before = FRAG_NO_RANGE, after = FRAG_NO_RANGE, empty = FRAG_NO_RANGE;

	if (last)
		frag->total = range.to;
	FRAG_UNROLL
	for (int i = 0; i < FRAG_MAX_RANGES; i++) {
		const struct frag_range *seen = &frag->seen[i];

		if (!seen->to)
			empty = i;
		else if (seen->to == range.from)
			before = i;
		else if (seen->from == range.to)
			after = i;
	}
	/* The masks are for the verifier: each index is below FRAG_MAX_RANGES. */
	if (after != FRAG_NO_RANGE) {
		struct frag_range *next = &frag->seen[after & (FRAG_MAX_RANGES - 1)];

		if (before == FRAG_NO_RANGE) {
			next->from = range.from;
			return;
		}
		range.to = next->to;
		next->from = 0;
		next->to = 0;
	}
	if (before != FRAG_NO_RANGE)
		frag->seen[before & (FRAG_MAX_RANGES - 1)].to = range.to;
	else if (empty != FRAG_NO_RANGE)
		frag->seen[empty & (FRAG_MAX_RANGES - 1)] = range;
}

/* Whether all of the datagram has passed. */
static __always_inline bool frag_complete(const struct frag *frag)
{
	bool complete = false;

	if (!frag->total)
		return false;
	FRAG_UNROLL
	for (int i = 0; i < FRAG_MAX_RANGES; i++)
		complete |= !frag->seen[i].from && frag->seen[i].to == frag->total;
	return complete;
}

static __always_inline void frag_key_make(struct frag_key *key, const struct pkt *pkt,
					  __u32 l3_ifindex)
{
	key->src = pkt->src;
	key->dst = pkt->dst;
	key->id = pkt->fragment_id;
	key->l3_ifindex = l3_ifindex;
	key->proto = pkt->kind == PKT_IPV4 ? pkt->proto : 0;
	key->pad[0] = 0;
	key->pad[1] = 0;
	key->pad[2] = 0;
}

#endif /* PINHOLE_BPF_FRAG_H */
