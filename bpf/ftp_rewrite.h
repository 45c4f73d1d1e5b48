/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_rewrite.h - carry out on the skb what was decided: new address texts,
 * new lengths, translated sequence numbers, and every checksum over them.
 *
 * Who may include it: the ftp_ stages that use maps, at TC.
 *
 * RFC 9293 (TCP), 2018 (SACK), 1071 and 1624 (checksums), 8200 8.1 (the
 * pseudo-header of IPv6: another layout of the length, the same sum).
 *
 * Checksums by the state of the skb. With CHECKSUM_PARTIAL the field holds the
 * pseudo-header's sum only, so a changed payload must leave it alone and a
 * changed length must not: bpf_l4_csum_replace() tells the two apart by
 * BPF_F_PSEUDO_HDR. With CHECKSUM_COMPLETE bytes and field change by opposite
 * amounts, which keeps the sum over the packet; a change of length would not,
 * but growing an skb by bpf_skb_change_tail() turns COMPLETE into NONE, and
 * that is why a packet about to shrink is first grown by one byte. (The length
 * in an IPv6 header, which no checksum in that header balances, is therefore
 * stored with BPF_F_RECOMPUTE_CSUM, for the frames too long to be grown.)
 *
 * bpf_skb_change_tail() also ends segmentation offload for the packet, so a
 * packet whose length changes must fit the egress MTU as it is; ftp_plan.h
 * sees to that. Without a change of length offload goes on undisturbed.
 */
#ifndef PINHOLE_BPF_FTP_REWRITE_H
#define PINHOLE_BPF_FTP_REWRITE_H

#include <stddef.h>

#include "ftp_area.h"
#include "ftp_plan.h"
#include "skb_sum.h"

#define FTP_GROW_MAX 8192 /* bytes of frame up to which growing by one is tried */

/* What the sum a has more than the sum b. */
static __always_inline __u32 ftp_sum_sub(__u32 a, __u32 b)
{
	__u64 sum = (__u64)a + (__u32)~b;

	return (__u32)sum + (__u32)(sum >> 32);
}

/* Copy a->payload[from, to) to the packet's payload at *at. */
static __always_inline long ftp_store_piece(const struct ftp_scan *scan, __u32 from,
					    __u32 to, __u32 *at)
{
	__u32 len = to - from;

	if (from >= to)
		return 0;
	if (len > FTP_REWRITE_BYTES || from >= FTP_REWRITE_BYTES)
		return -1;
	if (bpf_skb_store_bytes(scan->skb, scan->w->pkt.payload_off + *at,
				&scan->a->payload[from & (FTP_REWRITE_BYTES - 1)],
				ftp_bounded(len, FTP_REWRITE_BYTES), 0))
		return -1;
	*at += len;
	return 0;
}

static __always_inline long ftp_store_text(const struct ftp_scan *scan,
					   const struct ftp_span *span, __u32 *at)
{
	__u32 len = ftp_span_text(scan, span);

	if (len != span->new_len)
		return -1;
	if (bpf_skb_store_bytes(scan->skb, scan->w->pkt.payload_off + *at,
				scan->a->text.byte, ftp_bounded(len, FTP_TEXT_BYTES), 0))
		return -1;
	*at += len;
	return 0;
}

struct ftp_mask {
	struct ftp_area *a;
	__u32 at;
	__u32 to;
};

static long ftp_mask_byte(__u32 i, struct ftp_mask *mask)
{
	__u32 at = mask->at + i;

	if (at >= mask->to)
		return 1;
	mask->a->payload[at & (FTP_REWRITE_BYTES - 1)] = '*';
	return 0;
}

/* Mask in a->payload what span i says. */
static long ftp_mask_span(__u32 i, const struct ftp_scan **scan)
{
	struct ftp_area *a = (*scan)->a;
	struct ftp_mask mask = {.a = a};

	if (i >= a->own.count)
		return 1;
	if (ftp_stream_masked(&a->own, i, a->seq, a->len, &mask.at, &mask.to))
		bpf_loop(FTP_SPAN_LEN_MAX, ftp_mask_byte, &mask, 0);
	return 0;
}

struct ftp_store {
	const struct ftp_scan *scan;
	__u32 done; /* bytes of the old payload dealt with */
	__u32 at;   /* where the next one goes */
	__u32 failed;
};

/* Store the bytes before span i, and its new text. */
static long ftp_store_span(__u32 i, struct ftp_store *store)
{
	const struct ftp_scan *scan = store->scan;
	struct ftp_area *a = scan->a;
	__u32 done = store->done, at = store->at;
	struct ftp_piece piece;

	if (!ftp_stream_piece(&a->own, i, a->seq, a->len, &done, &piece))
		return 1;
	if (ftp_store_piece(scan, piece.from, piece.to, &at) ||
	    (piece.has_text &&
	     ftp_store_text(scan, &a->own.span[i & (FTP_MAX_SPANS - 1)], &at))) {
		store->failed = 1;
		return 1;
	}
	store->done = done;
	store->at = at;
	return 0;
}

/* Nothing of the payload is left: one byte takes its place. */
static __always_inline long ftp_store_repeat(const struct ftp_scan *scan, __u32 which)
{
	struct ftp_area *a = scan->a;
	const struct ftp_span *span = &a->own.span[(which - 1) & (FTP_MAX_SPANS - 1)];
	__u32 len = ftp_span_text(scan, span);

	if (len != span->new_len)
		return -1;
	return bpf_skb_store_bytes(scan->skb, scan->w->pkt.payload_off,
				   &a->text.byte[(len - 1) & (FTP_TEXT_BYTES - 1)], 1, 0);
}

/* @repeat: what ftp_stream_repeats() says */
static __always_inline long ftp_store_payload(const struct ftp_scan *scan, __u32 repeat)
{
	struct ftp_store store = {.scan = scan};
	struct ftp_area *a = scan->a;
	__u32 len = a->len;

	if (repeat)
		return ftp_store_repeat(scan, repeat);
	if (!ftp_stream_touches(&a->own, a->seq, len))
		return 0; /* it is cut, no more */
	if (!len || len > FTP_REWRITE_BYTES)
		return -1;
	if (bpf_skb_load_bytes(scan->skb, scan->w->pkt.payload_off, a->payload,
			       ftp_bounded(len, FTP_REWRITE_BYTES)))
		return -1;
	bpf_loop(FTP_MAX_SPANS, ftp_mask_span, &store.scan, 0);
	bpf_loop(FTP_MAX_SPANS, ftp_store_span, &store, 0);
	if (store.failed)
		return -1;
	return ftp_store_piece(scan, store.done, len, &store.at);
}

/* IPv4: total length, and the header checksum over it. */
static __always_inline long ftp_store_length_v4(struct __sk_buff *skb, __u32 l3_off,
						__be16 old, __be16 new)
{
	if (bpf_l3_csum_replace(skb, l3_off + offsetof(struct iphdr, check), old, new,
				sizeof(new)))
		return -1;
	return bpf_skb_store_bytes(skb, l3_off + offsetof(struct iphdr, tot_len), &new,
				   sizeof(new), 0);
}

/* The IP header's length and that of the TCP pseudo-header. */
static __always_inline long ftp_store_lengths(const struct ftp_scan *scan, __s32 delta)
{
	struct __sk_buff *skb = scan->skb;
	struct pkt *pkt = &scan->w->pkt;
	__u16 l4_len = pkt->l3_len + pkt->l3_off - pkt->l4_off;
	__u16 old_len = pkt->l3_len, new_len = pkt->l3_len + delta;
	long err;

	if (pkt->kind == PKT_IPV6) {
		__be16 payload_len =
			__builtin_bswap16((__u16)(new_len - sizeof(struct pkt_ipv6)));

		err = bpf_skb_store_bytes(
			skb, pkt->l3_off + offsetof(struct pkt_ipv6, payload_len),
			&payload_len, sizeof(payload_len), BPF_F_RECOMPUTE_CSUM);
	} else {
		err = ftp_store_length_v4(skb, pkt->l3_off, __builtin_bswap16(old_len),
					  __builtin_bswap16(new_len));
	}
	if (err || bpf_l4_csum_replace(skb, pkt->l4_off + offsetof(struct tcphdr, check),
				       __builtin_bswap16(l4_len),
				       __builtin_bswap16((__u16)(l4_len + delta)),
				       BPF_F_PSEUDO_HDR | sizeof(__be16)))
		return -1;
	pkt->l3_len = new_len;
	pkt->payload_len += delta;
	return 0;
}

/*
 * Replace the recorded spans in the payload and cut it to a->len.
 * @repeat: what ftp_stream_repeats() says
 * *diff: what the payload's sum gained.
 */
static __noinline long ftp_rewrite_payload(const struct ftp_scan *scan, __u32 repeat,
					   __u32 *diff)
{
	struct __sk_buff *skb = scan->skb;
	struct ftp_area *a = scan->a;
	const struct pkt *pkt = &scan->w->pkt;
	__u32 new_len = repeat ? 1
			       : ftp_stream_changed(&a->own, a->seq + a->len) -
					 ftp_stream_changed(&a->own, a->seq);
	__s32 delta = (__s32)new_len - pkt->payload_len;
	__u32 frame_len = pkt->l3_off + pkt->l3_len + delta;
	__u32 before, after;

	if (skb_sum(skb, pkt->payload_off, pkt->payload_len, &before))
		return -1;
	if (delta) {
		if (frame_len > skb->len) {
			if (bpf_skb_change_tail(skb, frame_len, 0))
				return -1;
		} else if (skb->len < FTP_GROW_MAX) {
			if (bpf_skb_change_tail(skb, skb->len + 1, 0))
				return -1;
		}
	}
	if (ftp_store_payload(scan, repeat))
		return -1;
	if (delta && skb->len != frame_len && bpf_skb_change_tail(skb, frame_len, 0))
		return -1;
	if (skb_sum(skb, pkt->payload_off, new_len, &after))
		return -1;
	*diff = ftp_sum_sub(after, before);
	return delta ? ftp_store_lengths(scan, delta) : 0;
}

/*
 * Sequence number, acknowledgement and SACK blocks, each as the receiver of this
 * packet counts.
 * @back: by how much the sequence number is lower than that
 * *diff: what the header's sum gained on top.
 */
static __noinline long ftp_rewrite_header(const struct ftp_scan *scan, bool cut,
					  __u32 back, __u32 *diff)
{
	struct ftp_area *a = scan->a;
	const struct pkt *pkt = &scan->w->pkt;
	__u8 *tcp = a->tcp_new.byte;
	__u32 len = pkt->tcp_header_len;

	if (len < sizeof(struct tcphdr) || len > FTP_TCP_HEADER_MAX)
		return -1;
	len = ftp_bounded(len, 64);
	__builtin_memset(a->tcp_old.byte, 0, FTP_TCP_HEADER_MAX);
	if (bpf_skb_load_bytes(scan->skb, pkt->l4_off, a->tcp_old.byte, len))
		return -1;
	__builtin_memcpy(tcp, a->tcp_old.byte, FTP_TCP_HEADER_MAX);
	ftp_put_be32(tcp + offsetof(struct tcphdr, seq),
		     ftp_stream_changed(&a->own, pkt->tcp_seq) - back);
	if (pkt->tcp_flags & PKT_TCP_ACK) {
		ftp_put_be32(tcp + offsetof(struct tcphdr, ack_seq),
			     ftp_stream_original(&a->other, pkt->tcp_ack, false));
		ftp_sack_original(&a->tcp_new, len, &a->other);
	}
	if (cut)
		tcp[13] &= ~PKT_TCP_FIN; /* it comes behind what was cut off */
	if (bpf_skb_store_bytes(scan->skb, pkt->l4_off, tcp, len, 0))
		return -1;
	*diff = bpf_csum_diff((__be32 *)a->tcp_old.byte, FTP_TCP_HEADER_MAX,
			      (__be32 *)tcp, FTP_TCP_HEADER_MAX, *diff);
	return 0;
}

/*
 * Make the packet what its receiver is to see, addresses excepted.
 * Return: PH_NEXT, or a reason to drop it; then it is in no defined state.
 */
static __noinline enum ph_reason ftp_rewrite(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	const struct pkt *pkt = &scan->w->pkt;
	bool cut = a->len < pkt->payload_len && !(pkt->tcp_flags & PKT_TCP_SYN);
	bool payload = cut || ftp_stream_touches(&a->own, a->seq, a->len);
	__u32 diff = 0, repeat = 0;

	if (!cut && ftp_stream_is_identity(&a->own) && ftp_stream_is_identity(&a->other))
		return PH_NEXT;
	/* A FIN needs no byte beside it, and no number but its own; nor does RST. */
	if (!(pkt->tcp_flags & (PKT_TCP_SYN | PKT_TCP_RST)) &&
	    (cut || !(pkt->tcp_flags & PKT_TCP_FIN)))
		repeat = ftp_stream_repeats(&a->own, a->seq, a->len);
	if (payload && ftp_rewrite_payload(scan, repeat, &diff))
		return PH_DROP_FTP_REWRITE;
	if (ftp_rewrite_header(scan, cut, !!repeat, &diff))
		return PH_DROP_REWRITE_FAILED;
	if (bpf_l4_csum_replace(scan->skb, pkt->l4_off + offsetof(struct tcphdr, check),
				0, diff, 0))
		return PH_DROP_REWRITE_FAILED;
	return PH_NEXT;
}

#endif /* PINHOLE_BPF_FTP_REWRITE_H */
