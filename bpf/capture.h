/* SPDX-License-Identifier: GPL-2.0 */
/*
 * capture.h - shows packets to whoever captures: as they came, as they leave, and what
 * was decided about them.
 *
 * While nobody captures it costs a look at one word, twice per packet. Who captures holds
 * a lease (abi_capture.h); the first packet that finds it run out turns it off.
 *
 * A packet is shown where it is finished: what XDP passes up, TC shows. The frame as it
 * came is shown before anything changes it, so at most twice per packet:
 *
 *   capture_begin: BEFORE, more follows    where the packet goes on, or is about to be
 *                                          turned into an answer
 *   capture_end: AFTER or END              its frame as it leaves, or only the verdict
 *                BEFORE alone              it ended as it had come
 *
 * A capture of drops alone leaves out the first where the packet goes on: what is dropped
 * after that, by inspection or for want of room, may then be shown half rewritten.
 *
 * Who may include it: the entry points.
 */
#ifndef PINHOLE_BPF_CAPTURE_H
#define PINHOLE_BPF_CAPTURE_H

#include <pinhole/abi_capture.h>

#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct capture_switch);
} capture SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, PH_CAPTURE_MAX_CPUS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} captured SEC(".maps");

struct capture_area {
	struct capture_record record;
	__u64 packets;
	__u32 open; /* the session that has seen the packet in hand begin; 0: none has */
	__u32 pad;
};

/* Per CPU: as the work area. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct capture_area);
} capture_area SEC(".maps");

/* ---- is it on? ---- */

static __always_inline bool capture_is_on(void)
{
	__u32 index = 0;
	struct capture_switch *s = bpf_map_lookup_elem(&capture, &index);

	return s && *(volatile __u64 *)&s->until_ns;
}

/* Who renews the lease this moment must not lose it: hence the comparison. */
static __always_inline bool capture_is_over(struct capture_switch *s, __u64 now_ns)
{
	__u64 until_ns = *(volatile __u64 *)&s->until_ns;

	if (now_ns < until_ns)
		return false;
	__sync_val_compare_and_swap(&s->until_ns, until_ns, 0);
	return true;
}

/* ---- what is wanted ---- */

/* How a caller says it all in one word: global functions take five arguments. */
#define CAPTURE_BEGINS	     (1u << 16)
#define CAPTURE_UNRESOLVED   (1u << 17)
#define CAPTURE_RESET	     (1u << 18)
#define CAPTURE_SENT	     (1u << 19)
#define CAPTURE_REASON(what) ((what)&0xffff)

static __always_inline bool capture_wants_reason(const struct capture_switch *s,
						 __u32 reason)
{
	if (!(s->flags & CAPTURE_F_DROPS))
		return true;
	return reason >= PH_DROP_FIRST && (!s->reason || s->reason == reason);
}

static __always_inline bool capture_wants_way(const struct capture_switch *s,
					      const struct capture_record *r)
{
	return !s->ifindex || s->ifindex == r->ifindex[0] || s->ifindex == r->ifindex[1];
}

/* Whether the frame is not any more what came in. */
static __always_inline bool capture_leaves(__u32 what)
{
	__u32 reason = CAPTURE_REASON(what);

	return reason == PH_FORWARD || reason == PH_REPLY || reason == PH_BY_STACK ||
	       (what & (CAPTURE_RESET | CAPTURE_SENT));
}

/* Which form of the packet this is; 0: it is not to be shown. */
static __always_inline __u8 capture_form(const struct capture_switch *s,
					 struct capture_area *a, __u32 what)
{
	__u32 reason = CAPTURE_REASON(what);
	bool open = a->open == s->session;

	if (open && (what & CAPTURE_BEGINS))
		return 0; /* it has been shown */
	a->open = 0;
	if (!open &&
	    (!capture_wants_reason(s, reason) || !capture_wants_way(s, &a->record)))
		return 0;
	if (!open)
		a->record.packet = ++a->packets;
	if (what & CAPTURE_BEGINS) {
		a->open = s->session;
		return CAPTURE_BEFORE;
	}
	if (capture_leaves(what))
		return CAPTURE_AFTER;
	return open ? CAPTURE_END : CAPTURE_BEFORE;
}

static __always_inline __u8 capture_flags(__u32 what, bool xdp, __u8 form)
{
	return (what & CAPTURE_BEGINS ? CAPTURE_R_MORE : 0) |
	       (what & CAPTURE_SENT ? CAPTURE_R_OWN : 0) | (xdp ? CAPTURE_R_XDP : 0) |
	       (form == CAPTURE_AFTER && (what & CAPTURE_RESET) ? CAPTURE_R_RESET : 0);
}

/* At TC the kernel writes Ethernet, later. */
static __always_inline void capture_link(struct capture_record *r, const struct work *w,
					 const struct iface_config *out, __u32 what)
{
	r->flags |= CAPTURE_R_LINK;
	__builtin_memset(r->mac[0], 0, sizeof(r->mac[0]));
	__builtin_memcpy(r->mac[1], out->mac, sizeof(r->mac[1]));
	if (!(what & CAPTURE_UNRESOLVED)) {
		__builtin_memcpy(r->mac[0], w->fib.dmac, sizeof(r->mac[0]));
		__builtin_memcpy(r->mac[1], w->fib.smac, sizeof(r->mac[1]));
	}
	r->vlan[0] = out->vlan;
	r->vlan[1] = out->inner_vlan;
}

/* ---- showing ---- */

/*
 * Fill in what is told of the packet.
 * Return: how many bytes of the frame go with it; negative: nothing is told
 */
static __always_inline int capture_tell(const struct iface_config *in,
					const struct iface_config *out, __u32 what,
					__u32 generation, __u32 frame_bytes, bool xdp)
{
	__u32 index = 0;
	struct capture_switch *s = bpf_map_lookup_elem(&capture, &index);
	struct capture_area *a = bpf_map_lookup_elem(&capture_area, &index);
	__u64 now_ns = bpf_ktime_get_ns();
	struct work *w = work_get();
	struct capture_record *r;

	if (!s || !a || !w || capture_is_over(s, now_ns))
		return -1;
	r = &a->record;
	r->ifindex[0] = in ? in->l3_ifindex : 0;
	r->ifindex[1] = out ? out->l3_ifindex : 0;
	if (!(r->ifindex[0] | r->ifindex[1]))
		return -1; /* not the policy's */
	r->form = capture_form(s, a, what);
	if (!r->form)
		return -1;
	r->time_ns = now_ns;
	r->session = s->session;
	r->generation = generation;
	r->acl_counter = w->acl_counter;
	r->acl_counter_out = w->acl_counter_out;
	r->frame_bytes = frame_bytes;
	r->kept_bytes = frame_bytes < s->snap_bytes ? frame_bytes : s->snap_bytes;
	if (r->form == CAPTURE_END)
		r->kept_bytes = 0;
	r->reason = CAPTURE_REASON(what);
	r->flags = capture_flags(what, xdp, r->form);
	if (!xdp && out && r->form == CAPTURE_AFTER &&
	    (r->reason == PH_FORWARD || r->reason == PH_BY_STACK))
		capture_link(r, w, out, what);
	return (int)r->kept_bytes;
}

static __always_inline int capture_put(void *ctx, int bytes)
{
	__u32 index = 0;
	struct capture_area *a = bpf_map_lookup_elem(&capture_area, &index);

	if (bytes < 0 || !a)
		return 0;
	/* The kernel copies the frame's beginning behind the record. Nobody reads it on
	 * this CPU, or its ring is full: then it is not told, and the ring counts it. */
	bpf_perf_event_output(ctx, &captured, (__u64)bytes << 32 | BPF_F_CURRENT_CPU,
			      &a->record, sizeof(a->record));
	return 0;
}

/*
 * Show the packet in hand.
 * @in, @out: NULL where there is none
 * @what: enum ph_reason and CAPTURE_*
 */
WORK_GLOBAL int capture_xdp(struct xdp_md *ctx, const struct iface_config *in,
			    const struct iface_config *out, __u32 what, __u32 generation)
{
	__u64 frame_bytes = (void *)(long)ctx->data_end - (void *)(long)ctx->data;

	/* Now: the compiler would keep half of a packet pointer for later. */
	asm volatile("" : "+r"(frame_bytes));
	return capture_put(ctx,
			   capture_tell(in, out, what, generation, frame_bytes, true));
}

WORK_GLOBAL int capture_tc(struct __sk_buff *skb, const struct iface_config *in,
			   const struct iface_config *out, __u32 what, __u32 generation)
{
	int bytes = capture_tell(in, out, what, generation, skb->len, false);
	__u32 index = 0;
	struct capture_area *a = bpf_map_lookup_elem(&capture_area, &index);

	if (bytes < 0 || !a)
		return 0;
	a->record.tag_proto = skb->vlan_present ? skb->vlan_proto : 0;
	a->record.tag_tci = skb->vlan_tci;
	return capture_put(skb, bytes);
}

#endif /* PINHOLE_BPF_CAPTURE_H */
