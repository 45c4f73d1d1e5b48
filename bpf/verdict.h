/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verdict.h - the one place that turns reasons into actions, and counts.
 *
 * Who may include it: the entry points.
 *
 * A packet is counted where it is finished: XDP counts what it drops or
 * forwards, TC what it sees of the rest. What XDP passes up is not counted
 * twice.
 */
#ifndef PINHOLE_BPF_VERDICT_H
#define PINHOLE_BPF_VERDICT_H

#include <linux/pkt_cls.h>

#include "drop_tell.h"
#include "maps.h"

/* What has become of a packet that came in. */
static __always_inline void verdict_count_received(struct if_counters *stats,
						   enum ph_reason reason, __u32 frame_len,
						   bool xdp)
{
	stats->rx_packets++;
	stats->rx_bytes += frame_len;
	stats->xdp_packets += xdp;
	if (reason >= PH_DROP_FIRST) {
		stats->drop_packets++;
		stats->drop_bytes += frame_len;
	} else if (reason == PH_TO_BOX) {
		stats->to_box_packets++;
		stats->to_box_bytes += frame_len;
	} else if (reason == PH_REPLY) {
		stats->reply_packets++;
		stats->reply_bytes += frame_len;
	} else {
		stats->forward_packets++;
		stats->forward_bytes += frame_len;
	}
}

/* And of one that goes out: if it came in, by an interface of the policy or by none. */
static __always_inline void verdict_count_sent(struct if_counters *stats,
					       enum ph_reason reason, __u32 frame_len)
{
	if (reason < PH_DROP_FIRST) {
		stats->tx_packets++;
		stats->tx_bytes += frame_len;
	} else {
		stats->egress_drop_packets++;
		stats->egress_drop_bytes += frame_len;
	}
}

static __always_inline struct if_counters *
verdict_stats_of(const struct iface_config *iface)
{
	__u32 index = iface->stat_slot;

	return bpf_map_lookup_elem(&if_stats, &index);
}

/* This machine itself sends a packet. */
static __always_inline void verdict_count_own(const struct flow *f, __u32 frame_len)
{
	struct if_counters *stats = verdict_stats_of(f->out);

	if (stats) {
		stats->own_packets++;
		stats->own_bytes += frame_len;
	}
}

static __always_inline void verdict_count(const struct flow *f, enum ph_reason reason,
					  __u32 frame_len, bool xdp)
{
	struct if_counters *stats;
	struct packet_counters *drops;
	__u32 index;

	if (reason >= PH_DROP_FIRST) {
		index = reason - PH_DROP_FIRST;
		drops = bpf_map_lookup_elem(&drop_stats, &index);
		if (drops) {
			drops->packets++;
			drops->bytes += frame_len;
		}
		drop_tell(reason, f->in ? f->in->l3_ifindex : 0,
			  f->out ? f->out->l3_ifindex : 0, f->now_ns);
	}
	if (f->in) {
		stats = verdict_stats_of(f->in);
		if (stats)
			verdict_count_received(stats, reason, frame_len, xdp);
	}
	if (f->out && (reason == PH_FORWARD || reason == PH_BY_STACK ||
		       (!f->in && reason >= PH_DROP_FIRST))) {
		stats = verdict_stats_of(f->out);
		if (stats)
			verdict_count_sent(stats, reason, frame_len);
	}
}

static __always_inline void verdict_count_known_drop(enum ph_reason reason, __u32 in_slot,
						     __u32 frame_len)
{
	struct if_counters *stats = bpf_map_lookup_elem(&if_stats, &in_slot);
	struct packet_counters *drops;
	__u32 index = reason - PH_DROP_FIRST;

	drops = bpf_map_lookup_elem(&drop_stats, &index);
	if (drops) {
		drops->packets++;
		drops->bytes += frame_len;
	}
	if (stats)
		verdict_count_received(stats, reason, frame_len, false);
}

static __always_inline void verdict_count_known(__u32 in_slot, __u32 out_slot,
						__u32 frame_len, bool xdp)
{
	struct if_counters *stats = bpf_map_lookup_elem(&if_stats, &in_slot);

	if (stats)
		verdict_count_received(stats, PH_FORWARD, frame_len, xdp);
	stats = bpf_map_lookup_elem(&if_stats, &out_slot);
	if (stats)
		verdict_count_sent(stats, PH_FORWARD, frame_len);
}

/* @redirect: what the redirect helper returned, for PH_FORWARD */
static __always_inline int verdict_xdp(const struct flow *f, enum ph_reason reason,
				       __u32 frame_len, long redirect)
{
	switch (reason) {
	case PH_TO_BOX:
	case PH_PASS_UP:
		event_count(PH_EV_XDP_PASSED_UP);
		return XDP_PASS;
	case PH_FORWARD:
		if (redirect != XDP_REDIRECT)
			break;
		verdict_count(f, reason, frame_len, true);
		return XDP_REDIRECT;
	default:
		if (reason < PH_DROP_FIRST)
			break;
		verdict_count(f, reason, frame_len, true);
		return XDP_DROP;
	}
	verdict_count(f, PH_DROP_INTERNAL, frame_len, true);
	return XDP_DROP;
}

/* Of a packet that went the short way (known.h): it is forwarded.
 * @in_slot, @out_slot: iface_config.stat_slot of the interfaces */
static __always_inline int verdict_xdp_known(__u32 in_slot, __u32 out_slot,
					     __u32 frame_len)
{
	verdict_count_known(in_slot, out_slot, frame_len, true);
	return XDP_REDIRECT;
}

/* Likewise, of one that TC is to inspect. */
static __always_inline int verdict_xdp_known_up(void)
{
	event_count(PH_EV_XDP_PASSED_UP);
	return XDP_PASS;
}

/* @redirect: what the redirect helper returned, for PH_FORWARD, PH_REPLY and
 * where f->reset */
static __always_inline int verdict_tc(const struct flow *f, enum ph_reason reason,
				      __u32 frame_len, long redirect)
{
	switch (reason) {
	case PH_TO_BOX:
	case PH_BY_STACK:
		verdict_count(f, reason, frame_len, false);
		return TC_ACT_OK;
	case PH_FORWARD:
	case PH_REPLY:
		if (redirect != TC_ACT_REDIRECT)
			break;
		verdict_count(f, reason, frame_len, false);
		return TC_ACT_REDIRECT;
	default:
		if (reason < PH_DROP_FIRST)
			break;
		verdict_count(f, reason, frame_len, false);
		/* The packet is dropped; its frame goes out as a RST. */
		return f->reset && redirect == TC_ACT_REDIRECT ? TC_ACT_REDIRECT
							       : TC_ACT_SHOT;
	}
	verdict_count(f, PH_DROP_INTERNAL, frame_len, false);
	return TC_ACT_SHOT;
}

/* Likewise. @reason: PH_FORWARD or a drop reason; @redirect: as above */
static __always_inline int verdict_tc_known(enum ph_reason reason, __u32 in_slot,
					    __u32 out_slot, __u32 frame_len,
					    long redirect)
{
	if (reason == PH_FORWARD && redirect == TC_ACT_REDIRECT) {
		verdict_count_known(in_slot, out_slot, frame_len, false);
		return TC_ACT_REDIRECT;
	}
	verdict_count_known_drop(reason < PH_DROP_FIRST ? PH_DROP_INTERNAL : reason,
				 in_slot, frame_len);
	return TC_ACT_SHOT;
}

#endif /* PINHOLE_BPF_VERDICT_H */
