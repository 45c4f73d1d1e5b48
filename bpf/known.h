/* SPDX-License-Identifier: GPL-2.0 */
/*
 * known.h - the short way of packets whose connection is known and complete.
 *
 * Why it exists: nearly all packets are of a connection that was judged long ago, carry
 * nothing that changes it, and go where the one before them went. Of those the pipeline
 * asks little: does it belong there, and where does it go. This says so with one look at
 * the table of connections, and without the routing table: the connection remembers for
 * KNOWN_PATH_NS where its packets went.
 *
 * It decides nothing itself. Either every condition under which the pipeline would let
 * the packet through holds here, too, or there is no trace of it and the pipeline begins
 * with it anew. So a condition that is missing from the short way makes packets slower,
 * and one that the short way does not know of must keep them off it: see known_conn().
 *
 * What inspection has to read goes the short way as far as the inspector: at XDP to TC,
 * and there to tc_ftp, with what the pipeline would have told it. Acknowledgements on
 * such connections go all the way (known_ftp.h).
 *
 * Not for it: tags, options, extension headers, fragments; SYN, FIN and RST; anything but
 * TCP and UDP; interfaces whose translation has rules; captures.
 *
 * Staleness: a route or a neighbour that changes is followed KNOWN_PATH_NS and a tick
 * of the coarse clock later, at the latest.
 *
 * Races: as conn.h has them. A path is written by whoever finds it outdated, maybe by two
 * CPUs at once, that have been told different things while a route changes: at worst
 * frames go to a mixture of both, which is nobody, until it is outdated again.
 *
 * Who may include it: the entry points.
 *
 * RFC 1812 5.3.1 (TTL), 1624 (checksums).
 */
#ifndef PINHOLE_BPF_KNOWN_H
#define PINHOLE_BPF_KNOWN_H

#include "capture.h"
#include "forward.h"
#include "known_ftp.h"
#include "known_packet.h"
#include "memo.h"
#include "pipeline.h"
#include "verdict.h"

#define KNOWN_PATH_NS 100000000ull
#define KNOWN_NOT     (-1) /* the pipeline's */
#define KNOWN_TEXT    (-2) /* the inspector's */

/* Where the connection's packet goes, and as what. */
struct known_way {
	struct conn *conn;
	struct conn_path *path;
	const struct memo_iface *in;
	struct ftp_session *acked; /* of which a control connection's packet is noted */
	__u32 dir;
};

/* ---- finding ---- */

/* The destination's real address, if this CPU has noted it. */
static __always_inline bool known_translate(struct known *k, struct memo *m,
					    const struct memo_iface *in)
{
	const struct memo_nat *note;

	k->real_dst = k->dst;
	k->moved = false;
	if (in->flags & IFACE_F_NAT_NONE)
		return true;
	if (in->flags & IFACE_F_NAT_RULES)
		return false;
	note = memo_nat_at(m, in->id, &k->dst);
	if (!memo_nat_is(note, k->generation, in->id, &k->dst))
		return false;
	k->real_dst = note->real;
	k->moved = note->moved;
	return true;
}

/* What keeps a connection's packets off the short way: its end, and this machine as one
 * of its ends. */
#define KNOWN_NOT_FLAGS \
	(CONN_F_KILLED | CONN_F_CLEARED | CONN_F_GONE | CONN_F_LOCAL | CONN_F_HOST)

/* Whether the pipeline would let the packet through as one of this connection that
 * comes in where it should, translated as it should be, and changes nothing. Changes
 * nothing. Sets way->acked. */
static __always_inline bool known_conn(struct known *k, struct known_way *way,
				       const struct policy_config *config,
				       __u32 l3_ifindex)
{
	const struct conn *conn = way->conn;
	struct ftp_session *session;
	__u32 dir = way->dir;

	way->acked = NULL;
	if ((conn->flags & KNOWN_NOT_FLAGS) || conn->generation != k->generation ||
	    k->now_ns > conn->seen_ns + conn_timeout_ns(config, k->proto, conn->state))
		return false;
	/* Not by index, which older verifiers cannot bound. */
	if (dir == PH_INITIATOR ? conn->ifindex[0] != l3_ifindex ||
					  conn->mapped_port[1] != k->dport ||
					  !pkt_addr_equal(&conn->mapped[1], &k->dst)
				: conn->ifindex[1] != l3_ifindex ||
					  conn->mapped_port[0] != k->dport ||
					  !pkt_addr_equal(&conn->mapped[0], &k->dst))
		return false;
	if (conn->flags & CONN_F_FTP) {
		session = known_ftp_find(k, conn, dir);
		if (!session)
			return false;
		way->acked = k->bare ? session : NULL;
	}
	if (k->proto != IPPROTO_TCP)
		return true;
	return conn_judge_segment(conn, dir, &k->segment, &k->next, true) == CONN_TAKE &&
	       k->next.state == conn->state && k->next.flags == conn->flags;
}

/* The longest IP packet that this one goes over the wire as. */
static __always_inline __u32 known_wire_len(const struct known *k)
{
	return k->segment_bytes && k->segment_bytes < k->payload_len
		       ? k->l3_len - k->payload_len + k->segment_bytes
		       : k->l3_len;
}

/* Enter what the routing table has said. */
static __always_inline void known_enter(struct conn_path *path,
					const struct bpf_fib_lookup *fib, __u64 now_ns)
{
	path->until_ns = 0; /* until the rest is written */
	__builtin_memcpy(path->dmac, fib->dmac, sizeof(path->dmac));
	__builtin_memcpy(path->smac, fib->smac, sizeof(path->smac));
	path->mtu = fib->mtu_result;
	path->until_ns = now_ns + KNOWN_PATH_NS;
}

/* The path is outdated: ask the routing table. By itself, for its stack.
 * Return: whether the packets still go out where the policy has let them. */
static __noinline bool known_ask(void *ctx, const struct known *k, struct conn_path *path,
				 __u32 ifindex, __u32 egress_ifindex)
{
	struct bpf_fib_lookup fib;

	__builtin_memset(&fib, 0, sizeof(fib));
	fib.l4_protocol = k->proto;
	fib.tot_len = known_wire_len(k);
	fib.ifindex = ifindex;
	if (k->kind == PKT_IPV4) {
		fib.family = ROUTE_AF_INET;
		fib.ipv4_src = k->src.word[3];
		fib.ipv4_dst = k->real_dst.word[3];
	} else {
		fib.family = ROUTE_AF_INET6;
		__builtin_memcpy(fib.ipv6_src, &k->src, sizeof(fib.ipv6_src));
		__builtin_memcpy(fib.ipv6_dst, &k->real_dst, sizeof(fib.ipv6_dst));
	}
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0) != BPF_FIB_LKUP_RET_SUCCESS ||
	    fib.ifindex != egress_ifindex || !fib.mtu_result)
		return false;
	known_enter(path, &fib, k->now_ns);
	return true;
}

/* Whether there is a path for the packet. */
static __always_inline bool known_path(void *ctx, const struct known *k,
				       const struct known_way *way, __u32 ifindex)
{
	struct conn_path *path = way->path;

	if (path->generation != k->generation)
		return false;
	if (k->now_ns >= path->until_ns &&
	    !known_ask(ctx, k, path, ifindex,
		       way->dir == PH_INITIATOR ? way->conn->ifindex[1]
						: way->conn->ifindex[0]))
		return false;
	return known_wire_len(k) <= path->mtu;
}

/* Have the connection remember where the packet in hand, which the pipeline lets
 * through, goes: after pipeline_commit(). */
static __always_inline void known_learn(const struct flow *f)
{
	const struct work *w = f->w;
	struct conn_path *path;

	if (!f->conn || !f->established || f->unresolved || !f->out || f->out->vlan ||
	    w->path_mtu || !w->fib.mtu_result || w->pkt.icmp_error || w->pkt.fragment ||
	    (f->conn->flags & KNOWN_NOT_FLAGS))
		return;
	path = f->dir == PH_INITIATOR ? &f->conn->path[0] : &f->conn->path[1];
	path->until_ns = 0;
	path->tx_ifindex = f->out->tx_ifindex;
	path->stat_slot = f->out->stat_slot;
	path->flags = f->out->flags & IFACE_F_XDP ? CONN_PATH_F_XDP : 0;
	path->generation = f->generation;
	known_enter(path, &w->fib, f->now_ns);
}

/* ---- leaving traces ---- */

/* As conn_commit() and pipeline_commit() do of such a packet. */
static __always_inline void known_commit(const struct known *k,
					 const struct known_way *way)
{
	struct conn *conn = way->conn;
	__u32 dir = way->dir;

	if (k->proto == IPPROTO_TCP)
		conn_learn_segment(conn, dir, &k->segment, CONN_TAKE);
	if (conn->seen_ns <
	    k->now_ns) /* the pipeline's clock is ahead of the coarse one */
		conn->seen_ns = k->now_ns;
	conn_account(conn, dir, k->l3_len);
	if (conn->flags & CONN_F_CHILD)
		conn_count_data(dir, conn->flags, k->payload_len);
	acl_count_line(conn->acl_counter, 0, k->l3_len);
	acl_count_line(conn->acl_counter_out, 0, k->l3_len);
	if (way->acked)
		known_ftp_commit(k, way->acked, conn, dir);
}

/*
 * From the frame to its way; leaves no trace.
 * @k:    segment_bytes is the caller's
 * @xdp:  whether the caller leaves what has to be read to TC: then false, and k->text
 * @fits: as far as the caller knows; it asks for each packet, so that m->missed is true
 * Return: whether there is one.
 */
static __always_inline bool known_find(void *ctx, bool xdp, bool fits, struct known *k,
				       struct known_way *way, __u32 ifindex,
				       const void *data, const void *data_end,
				       __u32 frame_len)
{
	struct policy_config *config;
	struct policy_active *act;
	__u32 index = 0;
	struct memo *m;

	act = bpf_map_lookup_elem(&active, &index);
	m = memo_get();
	if (!act || !m)
		return false;
	m->missed = 0;
	if (!fits || capture_is_on())
		return false;
	k->generation = *(volatile __u32 *)&act->generation;
	index = k->generation & 1;
	config = bpf_map_lookup_elem(&policy_config, &index);
	way->in = memo_iface_find(m, k->generation, ifindex);
	if (!config || !k->generation || !way->in)
		return false;
	if (!known_read(k, way->in, data, data_end, frame_len) ||
	    !known_translate(k, m, way->in))
		return false;
	k->src_end = flow_key_make(&k->key, &k->src, k->sport, &k->real_dst, k->dport,
				   k->proto, PKT_ECHO_NONE);
	way->conn = bpf_map_lookup_elem(&conns, &k->key);
	if (!way->conn) {
		m->missed = k->proto == IPPROTO_UDP ? k->generation : 0;
		return false;
	}
	k->text = (way->conn->flags & (CONN_F_FTP | CONN_F_HOST)) == CONN_F_FTP &&
		  !k->bare;
	if (k->text && xdp)
		return false; /* whatever it is, TC judges it */
	k->now_ns = bpf_ktime_get_coarse_ns();
	way->dir = k->src_end != flow_initiator_end(way->conn) ? PH_RESPONDER
							       : PH_INITIATOR;
	way->path = way->dir == PH_INITIATOR ? &way->conn->path[0] : &way->conn->path[1];
	return known_conn(k, way, config, ifindex) && known_path(ctx, k, way, ifindex);
}

/* ---- what the packet's ends become ---- */

struct known_ends {
	const struct ph_addr *src;
	__be16 sport;
	__be32 seq;    /* TCP */
	__be32 ack;    /* TCP */
	__u64 delta;   /* of the addresses */
	__u64 moved;   /* of the ports */
	__u64 counted; /* of the numbers of TCP */
};

static __always_inline void known_ends(const struct known *k, const struct known_way *way,
				       struct known_ends *to)
{
	const struct conn *conn = way->conn;

	if (way->dir == PH_INITIATOR) {
		to->src = &conn->mapped[0];
		to->sport = conn->mapped_port[0];
	} else {
		to->src = &conn->mapped[1];
		to->sport = conn->mapped_port[1];
	}
	to->delta = 0;
	if (k->moved || !pkt_addr_equal(to->src, &k->src))
		to->delta = forward_addr_delta(k->kind, &k->src, &k->dst, to->src,
					       &k->real_dst);
	to->moved = to->sport == k->sport ? 0 : csum_delta2(k->sport, to->sport);
	to->counted = 0;
	if (k->seq_gain | k->ack_gain) {
		to->seq = pkt_be32(k->segment.seq + k->seq_gain);
		to->ack = pkt_be32(k->segment.ack);
		to->counted =
			csum_delta4(pkt_be32(k->segment.seq), to->seq) +
			csum_delta4(pkt_be32(k->segment.ack + k->ack_gain), to->ack);
	}
}

static __always_inline void known_count_nat(const struct known *k,
					    const struct known_ends *to)
{
	if (k->moved)
		event_count(PH_EV_NAT_UNTRANSLATED);
	if (to->moved || !pkt_addr_equal(to->src, &k->src))
		event_count(PH_EV_NAT_TRANSLATED);
}

/* ---- XDP ---- */

/* New ports and checksum, if there are any. Return: false if the frame is too short,
 * and as it was: known_read() has read it, but the verifier wants to see it. */
static __always_inline bool known_translate_l4(const struct known *k,
					       const struct known_ends *to, void *l4,
					       const void *data_end)
{
	struct tcphdr *tcp = l4;
	struct udphdr *udp = l4;

	if (!(to->delta | to->moved | to->counted))
		return true;
	if (k->proto == IPPROTO_TCP) {
		if ((void *)(tcp + 1) > data_end)
			return false;
		tcp->check = csum_apply(tcp->check, to->delta + to->moved + to->counted);
		tcp->source = to->sport;
		if (to->counted) {
			tcp->seq = to->seq;
			tcp->ack_seq = to->ack;
		}
		return true;
	}
	if ((void *)(udp + 1) > data_end)
		return false;
	udp->check = csum_udp_apply(udp->check, to->delta + to->moved);
	udp->source = to->sport;
	return true;
}

/* Rewrite the frame in place: translation, one hop less, the next hop's addresses.
 * Return: false if it is too short, and as it was. */
static __always_inline bool known_rewrite_xdp(const struct known *k,
					      const struct known_way *way,
					      const struct known_ends *to, void *data,
					      void *data_end)
{
	struct ethhdr *eth = data;
	struct pkt_ipv6 *ip6 = (void *)(eth + 1);
	struct iphdr *ip = (void *)(eth + 1);

	if (k->kind == PKT_IPV4) {
		if ((void *)(ip + 1) > data_end ||
		    !known_translate_l4(k, to, ip + 1, data_end))
			return false;
		forward_rewrite_ipv4(ip, to->src->word[3], k->real_dst.word[3], to->delta,
				     true);
	} else {
		if ((void *)(ip6 + 1) > data_end ||
		    !known_translate_l4(k, to, ip6 + 1, data_end))
			return false;
		ip6->hop_limit--;
		if (to->delta) {
			__builtin_memcpy(ip6->src, to->src, sizeof(ip6->src));
			__builtin_memcpy(ip6->dst, &k->real_dst, sizeof(ip6->dst));
		}
	}
	__builtin_memcpy(eth->h_dest, way->path->dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, way->path->smac, ETH_ALEN);
	return true;
}

/*
 * The short way at XDP. A program of its own to the verifier, walked once.
 * Return: XDP_REDIRECT, or KNOWN_NOT, and nothing has happened.
 */
WORK_GLOBAL int known_forward_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u32 frame_len = data_end - data;
	struct known *k = known_get();
	struct known_way way;
	struct known_ends to;

	if (!k)
		return KNOWN_NOT;
	k->segment_bytes = 0;
	k->text = false;
	if (!known_find(ctx, true, true, k, &way, ctx->ingress_ifindex, data, data_end,
			frame_len))
		return k->text ? verdict_xdp_known_up() : KNOWN_NOT;
	if (!(way.path->flags & CONN_PATH_F_XDP))
		return KNOWN_NOT;
	/* It only says where to; whoever does otherwise need not take it back. */
	if (bpf_redirect_map(&tx_devs, way.path->tx_ifindex, 0) != XDP_REDIRECT)
		return KNOWN_NOT;
	known_ends(k, &way, &to);
	if (!known_rewrite_xdp(k, &way, &to, data, data_end))
		return KNOWN_NOT;
	known_commit(k, &way);
	known_count_nat(k, &to);
	return verdict_xdp_known(way.in->stat_slot, way.path->stat_slot, frame_len);
}

/* ---- TC ---- */

/* Have the work area say what forward_rewrite_tc() is to do. */
static __always_inline void known_tell(const struct known *k, const struct known_ends *to,
				       struct work *w)
{
	w->pkt.kind = k->kind;
	w->pkt.proto = k->proto;
	w->pkt.ttl = k->ttl;
	w->pkt.fragment = PKT_WHOLE;
	w->pkt.l3_off = sizeof(struct ethhdr);
	w->pkt.l4_off =
		sizeof(struct ethhdr) +
		(k->kind == PKT_IPV4 ? sizeof(struct iphdr) : sizeof(struct pkt_ipv6));
	w->pkt.src = k->src;
	w->pkt.dst = k->dst;
	w->pkt.sport = k->sport;
	w->pkt.dport = k->dport;
	w->new_src = *to->src;
	w->new_dst = k->real_dst;
	w->new_sport = to->sport;
	w->new_dport = k->dport;
}

/* Have both numbers as the other end counts. */
static __always_inline long known_renumber_tc(struct __sk_buff *skb, __u32 tcp_off,
					      const struct known_ends *to)
{
	__be32 numbers[2] = {to->seq, to->ack}; /* neighbours in the header */

	if (bpf_skb_store_bytes(skb, tcp_off + offsetof(struct tcphdr, seq), numbers,
				sizeof(numbers), 0))
		return -1;
	return bpf_l4_csum_replace(skb, tcp_off + offsetof(struct tcphdr, check), 0,
				   csum_fold(to->counted), 0);
}

static __always_inline enum ph_reason known_rewrite_tc(struct __sk_buff *skb,
						       const struct known_way *way,
						       const struct known_ends *to,
						       __u32 l4_off)
{
	enum ph_reason reason;
	struct ethhdr *eth;

	if (to->counted && known_renumber_tc(skb, l4_off, to))
		return PH_DROP_REWRITE_FAILED;
	reason = forward_rewrite_tc(skb, true);
	if (reason)
		return reason;
	eth = (void *)(long)skb->data;
	if ((void *)(eth + 1) > (void *)(long)skb->data_end)
		return PH_DROP_REWRITE_FAILED;
	__builtin_memcpy(eth->h_dest, way->path->dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, way->path->smac, ETH_ALEN);
	return PH_FORWARD;
}

/*
 * Leave the segment to inspection, as pipeline.h would have: what that finds in the work
 * area, and the traces of a packet that nothing else can stop.
 */
WORK_GLOBAL int known_hand_over(struct conn *conn, __u32 dir, __u32 frame_len)
{
	__u32 index = 0;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);
	struct known_way way = {.conn = conn, .dir = dir & 1};
	struct known *k = known_get();
	struct work *w = work_get();
	struct known_ends to;

	if (!a || !k || !w || !conn)
		return KNOWN_NOT;
	known_ends(k, &way, &to);
	__builtin_memset(&w->pkt, 0, sizeof(w->pkt));
	known_tell(k, &to, w);
	w->pkt.l3_len = k->l3_len;
	w->pkt.payload_len = k->payload_len;
	w->pkt.payload_off = w->pkt.l3_off + k->l3_len - k->payload_len;
	w->pkt.tcp_header_len = w->pkt.payload_off - w->pkt.l4_off;
	w->pkt.tcp_flags = k->segment.flags;
	w->pkt.tcp_seq = k->segment.seq;
	w->pkt.tcp_ack = k->segment.ack + k->ack_gain;
	w->pkt.tcp_window = k->segment.window;
	w->real_src = k->src;
	w->real_dst = k->real_dst;
	w->real_dport = k->dport;
	w->key = k->key;
	if (way.dir == PH_INITIATOR) {
		w->egress_ifindex = conn->ifindex[1];
		forward_take_path(w, &conn->path[0]);
	} else {
		w->egress_ifindex = conn->ifindex[0];
		forward_take_path(w, &conn->path[1]);
	}
	known_commit(k, &way);
	a->handover.generation = k->generation;
	a->handover.dir = way.dir;
	a->handover.frame_len = frame_len;
	a->handover.begins = false;
	a->handover.by_stack = false;
	a->handover.unresolved = false;
	a->handover.untranslated = k->moved;
	return KNOWN_TEXT;
}

/*
 * The short way at TC ingress.
 * Return: a verdict; KNOWN_NOT, and nothing has happened; or KNOWN_TEXT, and tc_ftp is to
 * go on with what has been handed over.
 */
WORK_GLOBAL int known_forward_tc(struct __sk_buff *skb)
{
	__u32 frame_len = skb->len;
	struct known *k = known_get();
	struct work *w = work_get();
	struct known_way way;
	struct known_ends to;
	enum ph_reason reason;

	if (!k || !w)
		return KNOWN_NOT;
	k->segment_bytes = skb->gso_size;
	if (!known_find(skb, false, skb->pkt_type == PACKET_HOST && !skb->vlan_present, k,
			&way, skb->ifindex, (void *)(long)skb->data,
			(void *)(long)skb->data_end, frame_len))
		return KNOWN_NOT;
	if (k->text)
		return known_hand_over(way.conn, way.dir, frame_len);
	known_ends(k, &way, &to);
	known_tell(k, &to, w);
	known_commit(k, &way);
	known_count_nat(k, &to);
	reason = known_rewrite_tc(skb, &way, &to, w->pkt.l4_off);
	skb->tc_index = TC_JUDGED;
	return verdict_tc_known(reason, way.in->stat_slot, way.path->stat_slot, frame_len,
				bpf_redirect(way.path->tx_ifindex, 0));
}

#endif /* PINHOLE_BPF_KNOWN_H */
