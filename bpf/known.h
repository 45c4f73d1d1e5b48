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
 * Not for it: tags, options, extension headers, fragments; SYN, FIN and RST; anything but
 * TCP and UDP; interfaces whose translation has rules; what inspection reads; captures.
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
#include "memo.h"
#include "pipeline.h"
#include "verdict.h"

#define KNOWN_PATH_NS 100000000ull
#define KNOWN_NOT     (-1) /* the pipeline's */

/* What the short way knows of the packet. Per CPU, and in a map rather than on the
 * stack: what is read back from there the verifier takes for any value, and so walks on
 * once and not once for each way that led to it. */
struct known {
	struct ph_addr src; /* as on the wire */
	struct ph_addr dst;
	struct ph_addr real_dst;
	struct flow_key key;
	struct tcp_segment segment; /* TCP: as its sender counts */
	struct conn_next next;	    /* likewise: nothing new */
	__be16 sport;
	__be16 dport;
	__u32 l3_len;
	__u32 segment_bytes; /* TC: payload of what it goes over the wire as; 0: whole */
	__u32 payload_len;
	__u32 src_end; /* which end of the key has sent it */
	__u32 generation;
	__u64 now_ns;
	__u8 kind; /* enum pkt_kind, IP */
	__u8 proto;
	__u8 ttl;
	bool moved; /* the destination is a mapped address */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct known);
} known_area SEC(".maps");

static __always_inline struct known *known_get(void)
{
	__u32 index = 0;

	return bpf_map_lookup_elem(&known_area, &index);
}

/* Where the connection's packet goes, and as what. */
struct known_way {
	struct conn *conn;
	struct conn_path *path;
	const struct memo_iface *in;
	__u32 dir;
};

/* ---- reading ---- */

/* A segment that changes nothing: all but the first have ACK. */
static __always_inline bool known_read_tcp(struct known *k, const struct tcphdr *tcp,
					   __u32 l4_len)
{
	__u8 flags = ((const __u8 *)tcp)[13];
	__u32 header_len = tcp->doff * 4u;

	if ((flags & (PKT_TCP_SYN | PKT_TCP_FIN | PKT_TCP_RST | PKT_TCP_ACK)) !=
		    PKT_TCP_ACK ||
	    header_len < sizeof(*tcp) || header_len > l4_len)
		return false;
	k->payload_len = l4_len - header_len;
	k->segment.seq = pkt_be32(tcp->seq);
	k->segment.end = k->segment.seq + k->payload_len;
	k->segment.ack = pkt_be32(tcp->ack_seq);
	k->segment.window = pkt_be16(tcp->window);
	k->segment.flags = flags;
	k->segment.scale = TCP_NO_SCALE;
	k->segment.cut = 0;
	k->segment.pad = 0;
	return true;
}

static __always_inline bool known_read_l4(struct known *k, const void *l4, __u32 l4_len,
					  const void *data_end)
{
	const struct tcphdr *tcp = l4;
	const struct udphdr *udp = l4;

	if ((const void *)(udp + 1) > data_end || l4_len < sizeof(*udp))
		return false;
	k->sport = udp->source; /* where TCP has them, too */
	k->dport = udp->dest;
	if (k->proto == IPPROTO_UDP) {
		__u32 udp_len = pkt_be16(udp->len);

		k->payload_len = l4_len - sizeof(*udp);
		return udp_len >= sizeof(*udp) && udp_len <= l4_len;
	}
	if (k->proto != IPPROTO_TCP || (const void *)(tcp + 1) > data_end)
		return false;
	return known_read_tcp(k, tcp, l4_len);
}

static __always_inline bool known_read_ipv4(struct known *k, const struct iphdr *ip,
					    const void *data_end, __u32 room)
{
	if ((const void *)(ip + 1) > data_end || *(const __u8 *)ip != 0x45)
		return false;
	k->l3_len = pkt_be16(ip->tot_len);
	if (k->l3_len < sizeof(*ip) || k->l3_len > room || ip->ttl <= 1 ||
	    (ip->frag_off & __builtin_bswap16(PKT_IP_MF | PKT_IP_OFFSET)) ||
	    !csum_ipv4_ok(ip))
		return false;
	k->kind = PKT_IPV4;
	k->proto = ip->protocol;
	k->ttl = ip->ttl;
	pkt_addr_v4(&k->src, ip->saddr);
	pkt_addr_v4(&k->dst, ip->daddr);
	return known_read_l4(k, ip + 1, k->l3_len - sizeof(*ip), data_end);
}

static __always_inline bool known_read_ipv6(struct known *k, const struct pkt_ipv6 *ip,
					    const void *data_end, __u32 room)
{
	if ((const void *)(ip + 1) > data_end || (*(const __u8 *)ip & 0xf0) != 0x60)
		return false;
	k->l3_len = sizeof(*ip) + pkt_be16(ip->payload_len);
	if (k->l3_len > room || ip->hop_limit <= 1)
		return false;
	k->kind = PKT_IPV6;
	k->proto = ip->next;
	k->ttl = ip->hop_limit;
	__builtin_memcpy(&k->src, ip->src, sizeof(k->src));
	__builtin_memcpy(&k->dst, ip->dst, sizeof(k->dst));
	return known_read_l4(k, ip + 1, k->l3_len - sizeof(*ip), data_end);
}

/* As xdp_addressed_here() has it. Differences of halves, for the header may lie at any
 * address. */
static __always_inline bool known_is_for(const struct ethhdr *eth,
					 const struct memo_iface *in)
{
	const __u16 *dest = (const void *)eth->h_dest, *mac = (const void *)in->mac;

	return !((dest[0] ^ mac[0]) | (dest[1] ^ mac[1]) | (dest[2] ^ mac[2]));
}

/* Whether the frame is one for the short way. Sets all but real_dst, key, moved.
 * @frame_len: of the whole frame, not only of what is in direct reach */
static __always_inline bool known_read(struct known *k, const struct memo_iface *in,
				       const void *data, const void *data_end,
				       __u32 frame_len)
{
	const struct ethhdr *eth = data;
	__u32 room = frame_len - sizeof(*eth);

	if ((const void *)(eth + 1) > data_end || !known_is_for(eth, in))
		return false;
	if (eth->h_proto == __builtin_bswap16(ETH_P_IP))
		return known_read_ipv4(k, (const void *)(eth + 1), data_end, room);
	if (eth->h_proto == __builtin_bswap16(ETH_P_IPV6))
		return known_read_ipv6(k, (const void *)(eth + 1), data_end, room);
	return false;
}

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

/* What keeps a connection's packets off the short way: inspection, its end, and this
 * machine as one of its ends. */
#define KNOWN_NOT_FLAGS                                                             \
	(CONN_F_FTP | CONN_F_KILLED | CONN_F_CLEARED | CONN_F_GONE | CONN_F_LOCAL | \
	 CONN_F_HOST)

/* Whether the pipeline would let the packet through as one of this connection that
 * comes in where it should, translated as it should be, and changes nothing. Changes
 * nothing. */
static __always_inline bool known_conn(struct known *k, const struct conn *conn,
				       const struct policy_config *config, __u32 dir,
				       __u32 l3_ifindex)
{
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
static __always_inline void known_commit(const struct known *k, struct conn *conn,
					 __u32 dir)
{
	if (k->proto == IPPROTO_TCP)
		conn_learn_segment(conn, dir, &k->segment, CONN_TAKE);
	if (conn->seen_ns != k->now_ns)
		conn->seen_ns = k->now_ns;
	conn_account(conn, dir, k->l3_len);
	if (conn->flags & CONN_F_CHILD)
		conn_count_data(dir, conn->flags, k->payload_len);
	acl_count_line(conn->acl_counter, 0, k->l3_len);
	acl_count_line(conn->acl_counter_out, 0, k->l3_len);
}

/*
 * From the frame to its way; leaves no trace.
 * @k:    segment_bytes is the caller's
 * @fits: as far as the caller knows; it asks for each packet, so that m->missed is true
 * Return: whether there is one.
 */
static __always_inline bool known_find(void *ctx, bool fits, struct known *k,
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
	k->now_ns = bpf_ktime_get_coarse_ns();
	way->dir = k->src_end != flow_initiator_end(way->conn) ? PH_RESPONDER
							       : PH_INITIATOR;
	way->path = way->dir == PH_INITIATOR ? &way->conn->path[0] : &way->conn->path[1];
	return known_conn(k, way->conn, config, way->dir, ifindex) &&
	       known_path(ctx, k, way, ifindex);
}

/* ---- what the packet's ends become ---- */

struct known_ends {
	const struct ph_addr *src;
	__be16 sport;
	__u64 delta; /* of the addresses */
	__u64 moved; /* of the ports */
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

	if (!(to->delta | to->moved))
		return true;
	if (k->proto == IPPROTO_TCP) {
		if ((void *)(tcp + 1) > data_end)
			return false;
		tcp->check = csum_apply(tcp->check, to->delta + to->moved);
		tcp->source = to->sport;
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
	if (!known_find(ctx, true, k, &way, ctx->ingress_ifindex, data, data_end,
			frame_len) ||
	    !(way.path->flags & CONN_PATH_F_XDP))
		return KNOWN_NOT;
	/* It only says where to; whoever does otherwise need not take it back. */
	if (bpf_redirect_map(&tx_devs, way.path->tx_ifindex, 0) != XDP_REDIRECT)
		return KNOWN_NOT;
	known_ends(k, &way, &to);
	if (!known_rewrite_xdp(k, &way, &to, data, data_end))
		return KNOWN_NOT;
	known_commit(k, way.conn, way.dir);
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

static __always_inline enum ph_reason known_rewrite_tc(struct __sk_buff *skb,
						       const struct known_way *way)
{
	enum ph_reason reason = forward_rewrite_tc(skb, true);
	struct ethhdr *eth = (void *)(long)skb->data;

	if (reason)
		return reason;
	if ((void *)(eth + 1) > (void *)(long)skb->data_end)
		return PH_DROP_REWRITE_FAILED;
	__builtin_memcpy(eth->h_dest, way->path->dmac, ETH_ALEN);
	__builtin_memcpy(eth->h_source, way->path->smac, ETH_ALEN);
	return PH_FORWARD;
}

/*
 * The short way at TC ingress.
 * Return: a verdict, or KNOWN_NOT, and nothing has happened.
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
	if (!known_find(skb, skb->pkt_type == PACKET_HOST && !skb->vlan_present, k, &way,
			skb->ifindex, (void *)(long)skb->data,
			(void *)(long)skb->data_end, frame_len))
		return KNOWN_NOT;
	known_ends(k, &way, &to);
	known_tell(k, &to, w);
	known_commit(k, way.conn, way.dir);
	known_count_nat(k, &to);
	reason = known_rewrite_tc(skb, &way);
	skb->tc_index = TC_JUDGED;
	return verdict_tc_known(reason, way.in->stat_slot, way.path->stat_slot, frame_len,
				bpf_redirect(way.path->tx_ifindex, 0));
}

#endif /* PINHOLE_BPF_KNOWN_H */
