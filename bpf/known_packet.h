/* SPDX-License-Identifier: GPL-2.0 */
/*
 * known_packet.h - a frame as the short way (known.h) reads it.
 *
 * Who may include it: known.h, which says what is not for the short way, and its parts.
 *
 * RFC 791, 8200, 768, 9293 (headers), 7323 appendix A (time stamps).
 */
#ifndef PINHOLE_BPF_KNOWN_PACKET_H
#define PINHOLE_BPF_KNOWN_PACKET_H

#include "conn.h"
#include "csum.h"
#include "memo.h"
#include "parse.h"

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
	bool bare;  /* TCP: no payload, and no option that has numbers of the stream */
	bool text;  /* inspection has to read it */
	__u8 pad[3];
	/* By how much the other end counts more, in the sender's stream and in the one
	 * that is acknowledged: inspection has rewritten texts (known_ftp.h). */
	__u32 seq_gain;
	__u32 ack_gain;
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

/* ---- reading ---- */

/* All that a header without other options may have: NOP, NOP, and a time stamp. */
#define KNOWN_TCP_STAMPED 32
#define KNOWN_TCP_STAMP	  0x0101080a

/* Whether the segment has no payload, and no option that has numbers of the stream. */
static __always_inline bool known_is_bare(const struct tcphdr *tcp, __u32 header_len,
					  __u32 payload_len, const void *data_end)
{
	const __be32 *option = (const void *)(tcp + 1);

	if (payload_len)
		return false;
	if (header_len == sizeof(*tcp))
		return true;
	return header_len == KNOWN_TCP_STAMPED &&
	       (const void *)(option + 1) <= data_end &&
	       *option == __builtin_bswap32(KNOWN_TCP_STAMP);
}

/* A segment that changes nothing: all but the first have ACK. */
static __always_inline bool known_read_tcp(struct known *k, const struct tcphdr *tcp,
					   __u32 l4_len, const void *data_end)
{
	__u8 flags = ((const __u8 *)tcp)[13];
	__u32 header_len = tcp->doff * 4u;

	if ((flags & (PKT_TCP_SYN | PKT_TCP_FIN | PKT_TCP_RST | PKT_TCP_ACK)) !=
		    PKT_TCP_ACK ||
	    header_len < sizeof(*tcp) || header_len > l4_len)
		return false;
	k->payload_len = l4_len - header_len;
	k->bare = known_is_bare(tcp, header_len, k->payload_len, data_end);
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
	k->bare = false;
	k->seq_gain = 0;
	k->ack_gain = 0;
	if (k->proto == IPPROTO_UDP) {
		__u32 udp_len = pkt_be16(udp->len);

		k->payload_len = l4_len - sizeof(*udp);
		return udp_len >= sizeof(*udp) && udp_len <= l4_len;
	}
	if (k->proto != IPPROTO_TCP || (const void *)(tcp + 1) > data_end)
		return false;
	return known_read_tcp(k, tcp, l4_len, data_end);
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

/* Whether the frame is one for the short way. Sets all but real_dst, key, moved, text.
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

#endif /* PINHOLE_BPF_KNOWN_PACKET_H */
