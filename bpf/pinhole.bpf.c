// SPDX-License-Identifier: GPL-2.0
/*
 * pinhole.bpf.c - the entry points: XDP and TC ingress, TC egress.
 *
 * Read from here downwards: each program is the pipeline in the order in which
 * a packet lives it. DESIGN: everything happens at ingress, in one pass; XDP
 * is the fast path, TC ingress the thorough one, TC egress sees what this
 * machine itself sends.
 */
#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <bpf/bpf_helpers.h>

#include "arp.h"
#include "clock.h"
#include "forward.h"
#include "pipeline.h"
#include "verdict.h"

char LICENSE[] SEC("license") = "GPL";

/* Left by TC ingress on what it forwards, read by TC egress. */
#define TC_JUDGED 0x5048

/* How much of the frame TC must have in direct reach to parse it. */
#define TC_PULL_BYTES (sizeof(struct ethhdr) + 60 + 60)

/* Whether the frame is addressed to this device. One that is not (a promiscuous
 * device, a flooding switch, an IP unicast in a broadcast frame) must not be
 * forwarded (RFC 1122 3.3.6, 1812 5.3.4); the stack knows what to do with it.
 * A device whose address has changed since the apply works on TC only. */
static __always_inline bool xdp_addressed_here(const struct xdp_md *ctx,
					       const struct flow *f)
{
	const struct ethhdr *eth = (void *)(long)ctx->data;
	__u16 differ = 0;

	if ((const void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	for (int i = 0; i < ETH_ALEN; i++)
		differ |= eth->h_dest[i] ^ f->in->mac[i];
	return !differ;
}

static __always_inline enum ph_reason xdp_run(struct xdp_md *ctx, struct flow *f)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	enum ph_reason reason;

	reason = pipeline_begin_ingress(f, ctx->ingress_ifindex);
	if (reason)
		return reason;
	reason = pkt_parse(&f->w->pkt, data, data_end, data_end - data,
			   (struct pkt_tag){0, 0});
	if (!reason && (f->w->pkt.kind == PKT_ARP || !xdp_addressed_here(ctx, f)))
		return PH_TO_BOX;
	reason = pipeline_judge(ctx, f, reason, f->w->pkt.l3_len);
	if (reason)
		return reason;
	/* TC inspects payloads, and serves devices XDP cannot send to. */
	if (!(f->out->flags & IFACE_F_XDP) ||
	    ((f->conn ? f->conn->flags : f->w->fresh.flags) & CONN_F_FTP))
		return PH_PASS_UP;
	reason = pipeline_commit(f);
	if (reason)
		return reason;
	reason = forward_rewrite_xdp(ctx, f);
	if (reason)
		return reason;
	pipeline_count_nat(f);
	return PH_FORWARD;
}

SEC("xdp")
int xdp_ingress(struct xdp_md *ctx)
{
	struct flow f = {};
	__u32 frame_len = ctx->data_end - ctx->data;
	enum ph_reason reason = xdp_run(ctx, &f);
	long redirect = 0;

	if (reason == PH_FORWARD)
		redirect = bpf_redirect_map(&tx_devs, f.w->egress_ifindex, 0);
	return verdict_xdp(&f, reason, frame_len, redirect);
}

static __always_inline enum ph_reason tc_parse(struct __sk_buff *skb, struct flow *f)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;

	/* The tag is beside the frame here, not in it. */
	if (skb->vlan_present)
		return PH_DROP_VLAN_UNKNOWN;
	if (data + TC_PULL_BYTES > data_end && skb->len > data_end - data) {
		bpf_skb_pull_data(skb,
				  skb->len < TC_PULL_BYTES ? skb->len : TC_PULL_BYTES);
		data = (void *)(long)skb->data;
		data_end = (void *)(long)skb->data_end;
	}
	return pkt_parse(&f->w->pkt, data, data_end, skb->len, (struct pkt_tag){0, 0});
}

/* A reply to this machine keeps its connection alive; nothing else of what is
 * addressed here is recorded. */
static __always_inline void tc_commit_to_box(struct flow *f)
{
	if (f->conn && (f->conn->flags & CONN_F_LOCAL))
		conn_commit(f);
}

/*
 * Everything up to the commit. A function of its own for its stack: inspection
 * calls five deep, and kernel 6.1 grants 512 bytes to the whole chain.
 */
static __noinline enum ph_reason tc_admit(struct __sk_buff *skb, struct flow *f)
{
	enum ph_reason reason;

	reason = pipeline_begin_ingress(f, skb->ifindex);
	if (reason)
		return reason;
	reason = tc_parse(skb, f);
	if (!reason && f->w->pkt.kind == PKT_ARP)
		return arp_answer(skb, f);
	if (!reason && skb->pkt_type != PACKET_HOST)
		return PH_TO_BOX;
	/* Of a super-segment the kernel knows what its segments will measure. */
	reason = pipeline_judge(skb, f, reason, skb->gso_size ? 0 : f->w->pkt.l3_len);
	if (reason == PH_TO_BOX)
		tc_commit_to_box(f);
	if (reason && reason != PH_PASS_UP)
		return reason;
	return pipeline_commit(f);
}

static __always_inline enum ph_reason tc_run(struct __sk_buff *skb, struct flow *f)
{
	enum ph_reason reason = tc_admit(skb, f);

	if (reason)
		return reason;
	if (f->conn && (f->conn->flags & CONN_F_FTP)) {
		reason = ftp_inspect(skb, f);
		if (reason)
			return reason;
	}
	reason = forward_rewrite_tc(skb, f);
	if (reason)
		return reason;
	pipeline_count_nat(f);
	return PH_FORWARD;
}

SEC("tc")
int tc_ingress(struct __sk_buff *skb)
{
	struct flow f = {};
	__u32 frame_len = skb->len;
	enum ph_reason reason = tc_run(skb, &f);
	long redirect = 0;

	if (reason == PH_FORWARD || reason == PH_REPLY)
		skb->tc_index = TC_JUDGED;
	if (reason == PH_FORWARD)
		redirect = forward_redirect_tc(&f);
	else if (reason == PH_REPLY)
		redirect = bpf_redirect(skb->ifindex, 0);
	return verdict_tc(&f, reason, frame_len, redirect);
}

static __always_inline void tc_fresh_local(struct __sk_buff *skb, struct flow *f)
{
	struct work *w = f->w;
	struct conn *fresh = &w->fresh;

	conn_begin_fresh(f);
	fresh->flags |= CONN_F_LOCAL;
	fresh->mapped[0] = w->pkt.src;
	fresh->mapped[1] = w->pkt.dst;
	fresh->ifindex[1] = skb->ifindex;
}

/* Remember a connection that this machine opens, so that replies find it. */
static __always_inline void tc_egress_run(struct __sk_buff *skb, struct flow *f)
{
	struct work *w;

	if (pipeline_begin(f))
		return;
	w = f->w;
	if (tc_parse(skb, f) || w->pkt.kind != PKT_IPV4 ||
	    pkt_v4_is_on_link(w->pkt.dst.word[3]) || pipeline_is_stateless(&w->pkt))
		return;
	w->real_src = w->pkt.src;
	w->real_dst = w->pkt.dst;
	conn_find(f);
	if (pipeline_conn_reused(f))
		conn_remove(f);
	if (!f->conn) {
		if (!conn_may_start(&w->pkt) || pipeline_is_orphan_reply(f))
			return;
		tc_fresh_local(skb, f);
		conn_open_half(f);
	}
	if (f->conn && (f->conn->flags & CONN_F_LOCAL))
		conn_commit(f);
}

SEC("tc")
int tc_egress(struct __sk_buff *skb)
{
	struct flow f = {};

	if (skb->tc_index == TC_JUDGED) {
		skb->tc_index = 0;
		return TC_ACT_OK;
	}
	/* It came in somewhere and the kernel forwarded it: had an interface of
	 * the policy received it, it would carry the mark. */
	if (skb->ingress_ifindex) {
		if (pipeline_begin(&f) == PH_TO_BOX ||
		    pipeline_is_foreign(f.slot, skb->ifindex))
			return TC_ACT_OK; /* this device is not the policy's (yet) */
		verdict_count(&f, PH_DROP_UNJUDGED, skb->len, false);
		return TC_ACT_SHOT;
	}
	/* No table and no list holds up what this machine itself sends: at worst
	 * it is not remembered. */
	tc_egress_run(skb, &f);
	return TC_ACT_OK;
}

/* Run once by the loader, with any frame: starts the clock. Returns errno. */
SEC("tc")
int clock_start(struct __sk_buff *skb)
{
	(void)skb;
	return (int)-clock_run();
}
