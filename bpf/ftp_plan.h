/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_plan.h - what of the packet's text is to be replaced, and how much of the
 * packet can go on.
 *
 * Why it exists: an announcement is never sent on untranslated because it came
 * at a bad time. What cannot be replaced now is cut off the packet, and the end
 * that sent it, seeing it unacknowledged, repeats it:
 *  - where FTP_MAX_SPANS texts are unacknowledged, the packet is cut before the
 *    address; its repetition finds room, for what went out is acknowledged then.
 *  - where the packet would outgrow the egress MTU, or FTP_REWRITE_BYTES, as
 *    much of it is cut off at its end as is too much; if that reached into the
 *    line in hand, it is cut before the address.
 *  - a super-segment (segmentation offload) cannot change its length and stay
 *    one. If it holds something to be replaced, it is cut to what a single
 *    packet may hold before anything of it is read.
 *  - where the announced port may be seen as another one (translations by rules),
 *    nothing can be replaced before that port is known: a packet that ends inside an
 *    announcement is cut before its address, and its sender repeats that together
 *    with what follows. (One that repeated it in the same pieces for ever would wait
 *    for ever; TCP as it is in use fills its segments.)
 * A packet that begins with what must be cut off is dropped, by
 * PH_DROP_FTP_SEGMENT; nothing of it is remembered.
 *
 * That wedges nothing: each of these packets but the dropped one gets the stream
 * on, and a dropped one waits for acknowledgements of what is already out. (Only
 * where the egress MTU is less than a line of FTP_LINE_MAX and its headers, below
 * 700 bytes, could a line be too long for every packet.)
 *
 * Who may include it: the ftp_ stages that use maps, in tc_ftp.
 *
 * RFC 9293 3.7.4 and 3.8 (what is not acknowledged is sent again).
 */
#ifndef PINHOLE_BPF_FTP_PLAN_H
#define PINHOLE_BPF_FTP_PLAN_H

#include "flow.h"
#include "ftp_area.h"
#include "ftp_commit.h"
#include "nat.h"

/* ---- addresses ---- */

/* The real address of the packet's sender, or of its receiver. */
static __always_inline const struct ph_addr *ftp_real(const struct ftp_scan *scan,
						      bool sender)
{
	__u32 end = (scan->a->dir ^ flow_initiator_end(scan->conn)) & 1;

	return end == (sender ? 0 : 1) ? &scan->w->key.addr[0] : &scan->w->key.addr[1];
}

/* As which address the packet's sender is seen by its receiver. */
static __always_inline const struct ph_addr *ftp_mapped(const struct ftp_session *s,
							__u32 dir)
{
	return dir == PH_INITIATOR ? &s->mapped[0] : &s->mapped[1];
}

static __always_inline bool ftp_is_translated(const struct ftp_scan *scan)
{
	return !pkt_addr_equal(ftp_real(scan, true), ftp_mapped(scan->s, scan->a->dir));
}

/*
 * As what port the one that the line in hand announces is seen, with the address
 * that its sender is seen as: a->seen_port, or a->unseen. Any port of the other end
 * may dial it.
 */
static __noinline void ftp_ask_port(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	struct nat_case *c = &scan->w->nat;
	struct policy_config *config = bpf_map_lookup_elem(&policy_config, &a->slot);
	int verdict = NAT_BROKEN;

	a->seen_port = a->line.port;
	a->unseen = 0;
	if (!a->by_rules)
		return;
	c->end = *ftp_real(scan, true);
	c->port = pkt_be16(a->line.port);
	c->peer = *ftp_real(scan, false);
	c->peer_port = 0;
	c->proto = IPPROTO_TCP;
	if (config)
		verdict = nat_ask_out(scan->w, a->slot, config, a->real_if, a->mapped_if);
	a->seen_port = pkt_be16(c->port);
	a->unseen = verdict == NAT_BROKEN ||
		    !pkt_addr_equal(&c->end, ftp_mapped(scan->s, a->dir));
}

/* Whether the line's address may be its sender's. A server may know as what it is
 * seen, and yet not as which port. */
static __always_inline bool ftp_may_be_own(const struct ftp_scan *scan,
					   const struct ftp_line *l)
{
	return ftp_line_may_be(l, ftp_real(scan, true)) ||
	       (scan->a->by_rules &&
		ftp_line_may_be(l, ftp_mapped(scan->s, scan->a->dir)));
}

/* Whether a line of which no more is here yet, up to but excluding `end`, may have to
 * be changed by what follows. */
static __always_inline bool ftp_is_cut(const struct ftp_scan *scan,
				       const struct ftp_line *l, __u32 end)
{
	if (scan->a->by_rules && ftp_port_is_cut(l))
		return true;
	return ftp_line_is_cut(l, end) && ftp_may_be_own(scan, l);
}

/* ---- the payload ---- */

/* Have the byte at offset `at` of the payload in a->chunk. */
static __always_inline bool ftp_load(struct ftp_scan *scan, __u32 at)
{
	struct ftp_area *a = scan->a;
	__u32 n = a->len - at;

	if (at >= a->chunk_at && at < a->chunk_end)
		return true;
	if (n > FTP_CHUNK_BYTES)
		n = FTP_CHUNK_BYTES;
	if (bpf_skb_load_bytes(scan->skb, scan->w->pkt.payload_off + at, a->chunk,
			       ftp_bounded(n, FTP_CHUNK_BYTES))) {
		a->failed = 1;
		return false;
	}
	a->chunk_at = at;
	a->chunk_end = at + n;
	return true;
}

static __always_inline __u8 ftp_byte(const struct ftp_area *a, __u32 at)
{
	return a->chunk[(at - a->chunk_at) & (FTP_CHUNK_BYTES - 1)];
}

/* ---- how much of the packet goes on ---- */

/* Send on what stands before this offset of the payload, and read no further. */
static __always_inline void ftp_cut(struct ftp_area *a, __u32 offset)
{
	a->len = offset;
	a->stop = 1;
	if (!offset)
		a->refused = 1;
}

/* The longest IP packet the egress device takes. A packet for this machine
 * meets no limit. */
static __always_inline __u32 ftp_l3_max(const struct ftp_scan *scan)
{
	__u32 ifindex = scan->w->egress_ifindex, mtu = 0;

	if (!ifindex)
		return 65535;
	bpf_check_mtu(scan->skb, ifindex, &mtu, 0, 0);
	return mtu;
}

/* By how much the recorded spans lengthen the packet. */
static __always_inline __s32 ftp_growth(const struct ftp_area *a)
{
	__u32 start = ftp_stream_changed(&a->own, a->seq);

	return ftp_seq_diff(ftp_stream_changed(&a->own, a->seq + a->len), start + a->len);
}

/*
 * If the packet repeats spans rewritten before and is longer than it was the
 * first time, rewriting may push it past the limit: cut it, or it would be
 * dropped again and again.
 */
static __always_inline void ftp_fit_repeated(struct ftp_area *a)
{
	__s32 excess;

	a->growth = ftp_growth(a);
	excess = (__s32)a->len - a->limit + (a->growth > 0 ? a->growth : 0);
	if (excess <= 0)
		return;
	/* A cut inside a span still sends its whole text. */
	excess += FTP_TEXT_MAX;
	a->len = (__s32)a->len > excess ? a->len - excess : 1;
	a->growth = ftp_growth(a);
}

/* Whether the policy hides text of the server's line in hand: of the greeting, or
 * of the reply to SYST. */
static __always_inline bool ftp_hides(const struct ftp_scan *scan)
{
	const struct ftp_session *s = scan->s;
	const struct ftp_area *a = scan->a;

	if (!(a->session_flags & FTP_S_GREETED))
		return a->fixup.flags & FIXUP_F_MASK_BANNER;
	return (a->fixup.flags & FIXUP_F_MASK_SYST) && s->command_count &&
	       s->command[s->command_head & (FTP_MAX_COMMANDS - 1)].verb == FTP_VERB_SYST;
}

/* Read on in a->foreseen; stop where an address begins that may be replaced. */
static long ftp_foresee_byte(__u32 i, struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	__u32 at = a->skip + i;

	if (at >= a->len || !ftp_load(scan, at))
		return 1;
	if (ftp_line_feed(&a->foreseen, ftp_byte(a, at), a->seq + at, a->server)) {
		ftp_line_reset(&a->foreseen);
		return 0;
	}
	if (!ftp_is_cut(scan, &a->foreseen, a->seq + at + 1))
		return 0;
	a->found = 1;
	return 1;
}

/* Whether text of the packet will have to be replaced. Asked only of those too
 * long for it, for it reads all of it. */
static __noinline bool ftp_foresee(struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	if (a->mode != FTP_MODE_LINES)
		return false;
	if (a->server && ftp_hides(scan))
		return true;
	if (!ftp_is_translated(scan) && !a->by_rules)
		return false;
	if (a->line.committed == FTP_COMMIT_OPEN)
		return true;
	a->found = 0;
	ftp_copy(&a->foreseen, &a->line, sizeof(a->foreseen));
	bpf_loop(FTP_MAX_PAYLOAD, ftp_foresee_byte, scan, 0);
	return a->found;
}

/* Learn what may leave, and cut off what is certainly too much. */
static __noinline void ftp_fit(struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	const struct pkt *pkt = &scan->w->pkt;

	a->limit = (__s32)ftp_l3_max(scan) - (pkt->payload_off - pkt->l3_off);
	if (a->limit > FTP_REWRITE_BYTES)
		a->limit = FTP_REWRITE_BYTES;
	if (a->limit < 1)
		a->limit = 1;
	if (ftp_stream_touches(&a->own, a->seq, a->len))
		ftp_fit_repeated(a);
	if (a->parse && (__s32)a->len > a->limit && ftp_foresee(scan))
		a->len = a->limit;
	if (a->skip < a->len)
		return;
	a->skip = a->len;
	a->parse = 0;
}

/* ---- addresses to be replaced ---- */

static __always_inline __u8 ftp_span_kind(const struct ftp_line *l)
{
	if (l->kind == FTP_EPRT)
		return FTP_SPAN_DOTS;
	return l->head == 229 && l->kind == FTP_REPLY ? FTP_SPAN_PORT : FTP_SPAN_COMMAS;
}

/* The text of a span of the sender's. Return: its length. */
static __noinline __u32 ftp_span_text(const struct ftp_scan *scan,
				      const struct ftp_span *span)
{
	struct ftp_area *a = scan->a;
	__u32 len = 0;

	if (span->kind != FTP_SPAN_PORT)
		len = ftp_address_text(&a->text, ftp_mapped(scan->s, a->dir), span->kind);
	if (span->port)
		len = ftp_port_text(&a->text, span->kind, span->delimiter, span->port);
	return len;
}

/* Make a->next the span that replaces old_len bytes from the line's address on.
 * @port: as which its port is seen, in old_len as well; 0: it stays */
static __always_inline void ftp_span_plan(const struct ftp_scan *scan, __u32 old_len,
					  __u16 port)
{
	struct ftp_area *a = scan->a;

	a->next.kind = ftp_span_kind(&a->line);
	a->next.delimiter = a->line.delimiter;
	a->next.port = port;
	a->next.old_len = old_len;
	a->next.new_len = ftp_span_text(scan, &a->next);
}

/* Cut the packet before the address in the line in hand: nothing was read of it. */
static __always_inline void ftp_cut_line(struct ftp_area *a)
{
	ftp_line_rewind(&a->line, a->seq + a->at);
	ftp_cut(a, a->line.span_seq - a->seq);
}

/*
 * Whether a->next can be recorded. If not, the packet is cut before it, and nothing
 * was read of it.
 */
static __always_inline bool ftp_span_fits(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	__u32 first = a->line.span_seq - a->seq;
	__u32 len = ftp_commit_room(
		&a->own, first, a->at, a->len,
		a->growth + (__s32)a->next.new_len - (__s32)a->next.old_len, a->limit);

	if (len < a->at) {
		ftp_cut_line(a);
		return false;
	}
	a->len = len;
	return true;
}

/* Record it. After ftp_span_fits(). */
static __always_inline void ftp_span_record(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	struct ftp_span *span;

	ftp_stream_add(&a->own, a->line.span_seq, a->next.old_len, a->next.new_len,
		       a->next.kind);
	span = &a->own.span[(a->own.count - 1) & (FTP_MAX_SPANS - 1)];
	span->delimiter = a->next.delimiter;
	span->port = a->next.port;
	a->growth += (__s32)a->next.new_len - (__s32)a->next.old_len;
	event_count(PH_EV_FTP_REWRITTEN);
}

/* Whether the address began before what is new in the packet, which went out as
 * it came. That is not so for one that may be the sender's: see ftp_commit.h. */
static __always_inline bool ftp_span_is_out(const struct ftp_area *a)
{
	return ftp_seq_diff(a->line.span_seq, a->seq + a->skip) < 0;
}

static __always_inline bool ftp_may_announce(const struct ftp_line *l)
{
	return l->kind == FTP_PORT || l->kind == FTP_EPRT ||
	       (l->kind == FTP_REPLY && (l->head == 227 || l->head == 229));
}

/* What is to be done about the text of a line that has ended and announces. */
enum ftp_change {
	FTP_KEEP = 0,
	FTP_CHANGE,	   /* a->next takes the place of some of it */
	FTP_CANNOT_CHANGE, /* something should, but that went out before */
};

/* After ftp_ask_port(); the address is its sender's, real or mapped, or none. */
static __noinline int ftp_plan_change(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	const struct ftp_line *l = &a->line;
	bool move = a->seen_port != l->port, other;

	other = l->head != 229 &&
		!pkt_addr_equal(&l->address, ftp_mapped(scan->s, a->dir));
	if (!move && (!other || l->committed))
		return FTP_KEEP;
	if (l->committed || ftp_span_is_out(a))
		return FTP_CANNOT_CHANGE;
	if (move)
		ftp_span_plan(scan, l->end_len, a->seen_port);
	else
		ftp_span_plan(scan, l->span_len, 0);
	return FTP_CHANGE;
}

/*
 * The line in hand has ended. To be asked before anything is done about it.
 * Return: false if the packet was cut before its address: it has not ended then.
 */
static __noinline bool ftp_line_fits(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	const struct ftp_line *l = &a->line;

	if (!ftp_may_announce(l) || !ftp_line_announces(l))
		return true;
	ftp_ask_port(scan);
	if (a->unseen ||
	    (l->head != 229 && !pkt_addr_equal(&l->address, ftp_real(scan, true)) &&
	     !pkt_addr_equal(&l->address, ftp_mapped(scan->s, a->dir))))
		return true;
	return ftp_plan_change(scan) != FTP_CHANGE || ftp_span_fits(scan);
}

/* The line's byte at seq was read while its address is being absorbed. */
static __noinline void ftp_absorb(const struct ftp_scan *scan, __u32 seq)
{
	struct ftp_area *a = scan->a;

	ftp_commit_feed(&a->line, &a->own, seq, ftp_real(scan, true),
			ftp_mapped(scan->s, a->dir));
	if (a->line.committed == FTP_COMMIT_OPEN)
		a->growth--;
}

/* The segment was read to its end: if it ends in or behind an address that may be
 * its sender's, but before the line's end, replace it now; or, if that cannot be done
 * before the port is known, leave it to its repetition. */
static __noinline void ftp_commit_partial(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	struct ftp_line *l = &a->line;
	__u32 old_len;

	if (a->mode != FTP_MODE_LINES || !ftp_is_cut(scan, l, a->seq + a->at) ||
	    ftp_span_is_out(a))
		return;
	if (a->by_rules) {
		ftp_cut_line(a);
		return;
	}
	if (!ftp_is_translated(scan))
		return;
	old_len = l->span_len ? l->span_len : a->seq + a->at - l->span_seq;
	if (old_len > FTP_SPAN_LEN_MAX)
		return;
	ftp_span_plan(scan, old_len, 0);
	if (!ftp_span_fits(scan))
		return;
	ftp_span_record(scan);
	l->committed = l->span_len ? FTP_COMMIT_CLOSED : FTP_COMMIT_OPEN;
}

/* ---- text to be masked ---- */

/* Whether c, the last byte that the server's line l was fed, is text, and neither
 * code nor line end. */
static __always_inline bool ftp_is_text(const struct ftp_line *l, __u8 c)
{
	if (c == '\r' || c == '\n')
		return false;
	return l->length > 4 || (l->multi && l->state == FTP_ST_SKIP);
}

/* Whether the byte at this offset, next to be read, can be masked if it must be.
 * If not, the packet is cut before it. */
static __always_inline bool ftp_mask_fits(const struct ftp_scan *scan, __u32 at)
{
	struct ftp_area *a = scan->a;

	/* SYST may be answered late in a super-segment: see ftp_foresee(). */
	if (a->len > FTP_REWRITE_BYTES && (__s32)at < a->limit)
		a->len = a->limit;
	if (a->len <= FTP_REWRITE_BYTES &&
	    (ftp_stream_has_room(&a->own) || ftp_stream_mask_joins(&a->own, a->seq + at)))
		return true;
	ftp_cut(a, at);
	return false;
}

/* Mask the byte at this offset, last read. After ftp_mask_fits(). */
static __always_inline void ftp_mask(const struct ftp_scan *scan, __u32 at)
{
	ftp_stream_mask(&scan->a->own, scan->a->seq + at);
}

#endif /* PINHOLE_BPF_FTP_PLAN_H */
