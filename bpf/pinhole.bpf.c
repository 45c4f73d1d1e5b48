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

#include "answer.h"
#include "arp.h"
#include "capture.h"
#include "clock.h"
#include "egress.h"
#include "forward.h"
#include "known.h"
#include "ndp.h"
#include "parse.h"
#include "pipeline.h"
#include "reset.h"
#include "verdict.h"

char LICENSE[] SEC("license") = "GPL";

/* ---- XDP ---- */

/* Whether the frame is addressed to the interface's own station. */
static __always_inline bool is_addressed_to(const struct ethhdr *eth,
					    const struct iface_config *in)
{
	__u16 differ = 0;

	for (int i = 0; i < ETH_ALEN; i++)
		differ |= eth->h_dest[i] ^ in->mac[i];
	return !differ;
}

/* Whether the frame is addressed to this device. One that is not (a promiscuous
 * device, a flooding switch, an IP unicast in a broadcast frame) must not be
 * forwarded (RFC 1122 3.3.6, 1812 5.3.4); the stack knows what to do with it.
 * A device whose address has changed since the apply works on TC only. */
static __always_inline bool xdp_addressed_here(const struct xdp_md *ctx,
					       const struct flow *f)
{
	const struct ethhdr *eth = (void *)(long)ctx->data;

	if ((const void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	return is_addressed_to(eth, f->in);
}

/* Before anything is judged: what XDP leaves to TC anyway. */
static __always_inline bool xdp_leaves(const struct xdp_md *ctx, const struct flow *f)
{
	const struct pkt *pkt = &f->w->pkt;

	return pkt->kind == PKT_ARP || pkt->icmp_error || pkt->on_link ||
	       !xdp_addressed_here(ctx, f);
}

static __always_inline enum ph_reason xdp_run(struct xdp_md *ctx, struct flow *f)
{
	enum ph_reason parsed, reason;

	f->xdp = true;
	reason = pipeline_begin(f);
	if (reason)
		return reason;
	parsed = xdp_parse(ctx);
	reason = pipeline_arrive(f, ctx->ingress_ifindex);
	if (reason)
		return reason;
	if (parsed)
		return parsed;
	if (xdp_leaves(ctx, f))
		return PH_PASS_UP;
	reason = pipeline_judge(ctx, f, f->w->pkt.l3_len);
	/* TC tells the sender; and a first fragment may be on its way to TC, in the
	 * same batch of frames as this one. */
	if (reason == PH_DROP_TTL_EXPIRED || reason == PH_DROP_MTU_EXCEEDED ||
	    reason == PH_DROP_FRAGMENT_NO_FIRST)
		return PH_PASS_UP;
	if (reason)
		return reason;
	/* TC resolves neighbours, inspects payloads, and serves devices that XDP
	 * cannot send to. */
	if (f->unresolved || !f->out || !(f->out->flags & IFACE_F_XDP) ||
	    (!f->conn && (f->w->fresh.flags & CONN_F_FTP)))
		return PH_PASS_UP;
	if (capture_is_on())
		capture_xdp(ctx, f->in, f->out, CAPTURE_BEGINS, f->generation);
	reason = pipeline_commit(f);
	if (reason)
		return reason;
	reason = forward_rewrite_xdp(ctx, f);
	if (reason)
		return reason;
	known_learn(f);
	pipeline_count_nat(f);
	return PH_FORWARD;
}

/* What XDP passes up, TC shows. */
static __always_inline void xdp_capture_end(struct xdp_md *ctx, const struct flow *f,
					    enum ph_reason reason, int verdict)
{
	__u32 what = reason;

	if (!capture_is_on() || verdict == XDP_PASS)
		return;
	if (verdict == XDP_DROP && what < PH_DROP_FIRST)
		what = PH_DROP_INTERNAL;
	capture_xdp(ctx, f->in, f->out, what, f->generation);
}

SEC("xdp")
int xdp_ingress(struct xdp_md *ctx)
{
	struct flow f = {};
	__u64 frame_len = (void *)(long)ctx->data_end - (void *)(long)ctx->data;
	enum ph_reason reason;
	long redirect = 0;
	int verdict;

	/* Now: the compiler would keep half of a packet pointer for later. */
	asm volatile("" : "+r"(frame_len));
	verdict = known_forward_xdp(ctx);
	if (verdict != KNOWN_NOT)
		return verdict;
	reason = xdp_run(ctx, &f);
	if (reason == PH_FORWARD && f.out)
		redirect = bpf_redirect_map(&tx_devs, f.out->tx_ifindex, 0);
	verdict = verdict_xdp(&f, reason, frame_len, redirect);
	xdp_capture_end(ctx, &f, reason, verdict);
	return verdict;
}

/* ---- TC ---- */

/* The longest IP packet that this one goes over the wire as: of a super-segment
 * the segments count. */
static __always_inline __u32 tc_wire_len(const struct __sk_buff *skb,
					 const struct pkt *pkt)
{
	__u32 segment = pkt->payload_off - pkt->l3_off + skb->gso_size;

	return skb->gso_size && segment < pkt->l3_len ? segment : pkt->l3_len;
}

/* Count what is let through to this machine, and remember its fragments. */
static __always_inline void tc_commit_to_box(struct flow *f)
{
	if (f->w->pkt.fragment != PKT_FRAGMENT_LATER) {
		acl_count(1);
		/* Only here, of what the control-plane list permits. */
		if (f->w->acl_counter != PH_NO_COUNTER)
			acl_tell(f->l3_ifindex);
	}
	if (f->w->pkt.fragment == PKT_FRAGMENT_FIRST) {
		f->w->new_src = f->w->pkt.src;
		f->w->new_dst = f->w->pkt.dst;
		fragment_begin(f, true);
	}
	if (f->w->pkt.fragment == PKT_FRAGMENT_LATER)
		fragment_commit(f);
}

/* Whether the frame is for another station. Of a tagged one the kernel compares
 * the carrier's address, and the VLAN's device may have its own. */
static __always_inline bool tc_for_others(struct __sk_buff *skb, const struct flow *f)
{
	const struct ethhdr *eth = (void *)(long)skb->data;

	if (skb->pkt_type == PACKET_HOST)
		return false;
	if (!f->in->vlan || (const void *)(eth + 1) > (void *)(long)skb->data_end)
		return true;
	return !is_addressed_to(eth, f->in);
}

/* What may be turned into its answer at once is shown before. A function of its own:
 * its caller has no stack to spare. */
static __noinline int tc_capture_question(struct __sk_buff *skb, const struct flow *f)
{
	if (capture_is_on())
		capture_tc(skb, f->in, NULL, CAPTURE_BEGINS, f->generation);
	return 0;
}

/*
 * Everything up to the commit. A function of its own for its stack: inspection
 * calls five deep, and kernel 6.1 grants 512 bytes to the whole chain.
 */
static __noinline enum ph_reason tc_admit(struct __sk_buff *skb, struct flow *f)
{
	enum ph_reason parsed, reason;

	reason = pipeline_begin(f);
	if (reason)
		return reason;
	parsed = tc_parse(skb);
	reason = pipeline_arrive(f, skb->ifindex);
	if (reason)
		return reason;
	if (parsed)
		return parsed;
	if (f->w->pkt.kind == PKT_ARP || f->w->pkt.on_link)
		tc_capture_question(skb, f);
	if (f->w->pkt.kind == PKT_ARP)
		return arp_answer(skb, f);
	if (f->w->pkt.on_link && f->w->pkt.icmp_type == PKT_ICMPV6_NS) {
		reason = ndp_answer(skb, f);
		if (reason != PH_TO_BOX)
			return reason;
	}
	if (!pkt_is_on_link(&f->w->pkt) && tc_for_others(skb, f))
		return PH_TO_BOX;
	reason = pipeline_judge(skb, f, tc_wire_len(skb, &f->w->pkt));
	/* Too long, and its sender has not forbidden to fragment it: the kernel
	 * can, and finds the mark of what was judged on each fragment. */
	f->by_stack = reason == PH_DROP_MTU_EXCEEDED && !f->w->pkt.dont_fragment;
	if (f->by_stack)
		reason = PH_NEXT;
	if (reason == PH_TO_BOX)
		tc_commit_to_box(f);
	if (reason)
		return reason;
	return pipeline_commit(f);
}

/* ---- FTP, a program of its own ----
 *
 * Its control connections are rare and their inspection long. A tail call gives
 * it a stack and a verifier's budget to itself.
 */

int tc_ftp(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} ftp_programs SEC(".maps") = {.values = {[0] = (void *)&tc_ftp}};

/* Whether the packet, admitted and committed, is one that FTP inspection sees. */
static __always_inline bool tc_is_ftp(const struct flow *f)
{
	return f->conn && (f->conn->flags & CONN_F_FTP) &&
	       f->w->pkt.proto == IPPROTO_TCP && !f->w->pkt.icmp_error &&
	       f->w->pkt.fragment != PKT_FRAGMENT_LATER;
}

/* Returns only if the program is not there: the packet must not pass unread. */
static __always_inline enum ph_reason tc_hand_over(struct __sk_buff *skb,
						   const struct flow *f)
{
	__u32 index = 0;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);

	if (!a)
		return PH_DROP_INTERNAL;
	a->handover.generation = f->generation;
	a->handover.dir = f->dir;
	a->handover.frame_len = skb->len;
	a->handover.begins = f->verdict == CONN_PROMOTE;
	a->handover.by_stack = f->by_stack;
	a->handover.unresolved = f->unresolved;
	a->handover.untranslated = f->untranslated;
	bpf_tail_call(skb, &ftp_programs, 0);
	return PH_DROP_INTERNAL;
}

/* The packet is as it is to leave, addresses excepted. */
static __always_inline enum ph_reason tc_translate(struct __sk_buff *skb,
						   const struct flow *f)
{
	enum ph_reason reason = forward_rewrite_tc(skb, !f->by_stack);

	if (reason)
		return reason;
	if (!f->by_stack)
		known_learn(f);
	pipeline_count_nat(f);
	return f->by_stack ? PH_BY_STACK : PH_FORWARD;
}

/* Show the frame as it came, if it is about to be changed, into an answer even. */
static __always_inline void tc_capture_begin(struct __sk_buff *skb, const struct flow *f,
					     enum ph_reason reason)
{
	if (capture_is_on())
		capture_tc(skb, f->in, f->out, reason | CAPTURE_BEGINS, f->generation);
}

static __always_inline void tc_capture_end(struct __sk_buff *skb, const struct flow *f,
					   enum ph_reason reason, int verdict)
{
	__u32 what = reason;

	if (!capture_is_on())
		return;
	if (verdict == TC_ACT_SHOT && what < PH_DROP_FIRST)
		what = PH_DROP_INTERNAL;
	if (verdict == TC_ACT_REDIRECT && f->reset)
		what |= CAPTURE_RESET;
	if (f->unresolved)
		what |= CAPTURE_UNRESOLVED;
	capture_tc(skb, f->in, f->out, what, f->generation);
}

static __always_inline int tc_finish(struct __sk_buff *skb, const struct flow *f,
				     enum ph_reason reason, __u32 frame_len)
{
	__u32 sends = f->reset ? f->reset : reason;
	long redirect = 0;
	int verdict;

	asm volatile("" : "+r"(sends)); /* or all that follows exists twice */
	if (sends == PH_FORWARD || sends == PH_REPLY)
		skb->tc_index = TC_JUDGED;
	if (sends == PH_BY_STACK) /* there the kernel overwrites tc_index with this */
		skb->tc_classid = TC_JUDGED;
	if (sends == PH_FORWARD)
		redirect = forward_redirect_tc(skb, f);
	else if (sends == PH_REPLY)
		redirect = bpf_redirect(skb->ifindex, 0);
	verdict = verdict_tc(f, reason, frame_len, redirect);
	tc_capture_end(skb, f, reason, verdict);
	return verdict;
}

/* Find again what the pointers of tc_ingress led to. */
static __always_inline enum ph_reason tc_ftp_resume(struct __sk_buff *skb, struct flow *f,
						    const struct ftp_handover *handover)
{
	f->w = work_get();
	f->generation = handover->generation;
	f->slot = f->generation & 1;
	f->config = bpf_map_lookup_elem(&policy_config, &f->slot);
	if (!f->w || !f->config || pipeline_arrive(f, skb->ifindex))
		return PH_DROP_INTERNAL;
	f->now_ns = bpf_ktime_get_ns();
	f->out = judge_iface(f->slot, f->w->egress_ifindex);
	f->dir = handover->dir & 1;
	f->by_stack = handover->by_stack;
	f->unresolved = handover->unresolved;
	f->untranslated = handover->untranslated;
	f->established = true;
	f->conn = bpf_map_lookup_elem(&conns, &f->w->key);
	if (!f->out)
		return PH_DROP_INTERNAL;
	return f->conn ? PH_NEXT : PH_DROP_FTP_SEGMENT; /* it ended this moment */
}

/* Inspection ends the connection: both ends are told, or with drop-connection
 * nobody is. */
static __noinline int tc_ftp_end(struct __sk_buff *skb, struct flow *f)
{
	__u32 index = 0;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);
	bool silent;

	if (!a || !f->w || !f->conn)
		return 0;
	silent = a->end & FTP_ACTION_DROP;
	conn_kill(f, silent);
	if (!silent)
		reset_both(skb, f, a->reset_seq, a->reset_ack);
	return 0;
}

SEC("tc")
int tc_ftp(struct __sk_buff *skb)
{
	struct flow f = {};
	__u32 index = 0;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);
	enum ph_reason reason;

	if (!a)
		return TC_ACT_SHOT;
	reason = tc_ftp_resume(skb, &f, &a->handover);
	if (!reason) {
		reason = ftp_inspect(skb, &f);
		if (a->end) {
			if (capture_is_on())
				capture_tc(skb, f.in, f.out, reason | CAPTURE_BEGINS,
					   f.generation);
			tc_ftp_end(skb, &f);
		}
	}
	if (!reason)
		reason = tc_translate(skb, &f);
	return tc_finish(skb, &f, reason, a->handover.frame_len);
}

static __always_inline enum ph_reason tc_run(struct __sk_buff *skb, struct flow *f)
{
	enum ph_reason reason = tc_admit(skb, f);

	/* A reply to this machine keeps its connection alive, and so does what is of its
	 * FTP sessions; nothing else of what is addressed here leaves a trace. */
	if (reason == PH_TO_BOX && host_is_recorded(f))
		return host_commit(f);
	if (reason == PH_DROP_TTL_EXPIRED || reason == PH_DROP_MTU_EXCEEDED) {
		tc_capture_begin(skb, f, reason);
		return answer_error(skb, f, reason, f->w ? f->w->path_mtu : 0);
	}
	if (reason == PH_DROP_FTP_ENDED) {
		tc_capture_begin(skb, f, reason);
		reset_answer(skb, f);
	}
	if (reason)
		return reason;
	tc_capture_begin(skb, f, reason);
	if (tc_is_ftp(f) && f->established)
		return tc_hand_over(skb, f);
	if (tc_is_ftp(f) && f->w->pkt.payload_len) /* on a SYN, or not promoted yet */
		return PH_DROP_FTP_SEGMENT;
	if (f->w->pkt.icmp_error) {
		reason = icmp_error_rewrite(skb);
		if (reason)
			return reason;
	}
	return tc_translate(skb, f);
}

SEC("tc")
int tc_ingress(struct __sk_buff *skb)
{
	struct flow f = {};
	__u32 frame_len = skb->len;
	enum ph_reason reason;
	int verdict = known_forward_tc(skb);

	if (verdict == KNOWN_TEXT) {
		bpf_tail_call(skb, &ftp_programs, 0);
		reason = PH_DROP_INTERNAL; /* the program is not there */
	} else if (verdict != KNOWN_NOT) {
		return verdict;
	} else {
		reason = tc_run(skb, &f);
	}
	return tc_finish(skb, &f, reason, frame_len);
}

/* ---- TC egress ---- */

SEC("tc")
int tc_egress(struct __sk_buff *skb)
{
	struct flow f = {};
	enum ph_reason reason;
	void *table;

	if (skb->tc_index == TC_JUDGED) {
		skb->tc_index = 0;
		return TC_ACT_OK;
	}
	reason = pipeline_begin(&f);
	if (reason)
		return reason == PH_TO_BOX || !skb->ingress_ifindex ? TC_ACT_OK
								    : TC_ACT_SHOT;
	reason = tc_parse(skb);
	table = bpf_map_lookup_elem(&ifaces, &f.slot);
	f.out = table ? pipeline_iface(&f, table, skb->ifindex) : NULL;
	if (!f.out)
		return TC_ACT_OK; /* not the policy's (yet) */
	/* It came in somewhere and the kernel forwarded it: had an interface of
	 * the policy received it, it would carry the mark. */
	if (skb->ingress_ifindex) {
		verdict_count(&f, PH_DROP_UNJUDGED, skb->len, false);
		if (capture_is_on())
			capture_tc(skb, NULL, f.out, PH_DROP_UNJUDGED | CAPTURE_SENT,
				   f.generation);
		return TC_ACT_SHOT;
	}
	/* No table and no list holds up what this machine itself sends: at worst
	 * it is not remembered. */
	verdict_count_own(&f, skb->len);
	if (!reason)
		egress_remember(&f);
	if (capture_is_on())
		capture_tc(skb, NULL, f.out, CAPTURE_SENT, f.generation);
	return TC_ACT_OK;
}

/* Run once by the loader, with any frame: starts the clock. Returns errno. */
SEC("tc")
int clock_start(struct __sk_buff *skb)
{
	(void)skb;
	return (int)-clock_run();
}
