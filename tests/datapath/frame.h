/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame.h - builds the frames of the packet table from a short description.
 *
 * Why it exists: a row of the table should say what is peculiar about its
 * packet and nothing else. Checksums are computed here from scratch, bytewise,
 * so that nothing under test judges itself.
 *
 * Who may include it: the tests. It includes nothing of bpf/.
 */
#ifndef PINHOLE_TESTS_FRAME_H
#define PINHOLE_TESTS_FRAME_H

#include <arpa/inet.h>
#include <assert.h>
#include <linux/if_ether.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#define FRAME_MAX_BYTES 2048
#define FRAME_IP_OFF	14

/* Last octet tells the stations apart; the fifth: 1 ours, 2 neighbours. */
#define FRAME_MAC(kind, last)                      \
	{                                          \
		0x02, 0x00, 0x5e, 0x00, kind, last \
	}

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

/* What is wrong with the frame. The argument is frame.fault_arg. */
enum frame_fault {
	FAULT_NONE = 0,
	FAULT_IP_VERSION,      /* the version field */
	FAULT_IP_IHL,	       /* the header length field, in words */
	FAULT_IP_TOT_LEN,      /* the total length field, in bytes */
	FAULT_IP_CHECKSUM,     /* one bit of the header checksum flipped */
	FAULT_TCP_DOFF,	       /* the data offset field, in words */
	FAULT_UDP_LEN,	       /* the UDP length field, in bytes */
	FAULT_UDP_NO_CHECKSUM, /* the sender computed none */
	FAULT_L4_CHECKSUM,     /* one bit of the transport checksum flipped */
	FAULT_L4_CHECK_FFFF,   /* negative zero: 0xffff where 0x0000 is due */
};

enum frame_station {
	STATION_US = 0, /* the firewall's own address on that device */
	STATION_OTHER,
	STATION_BROADCAST,
};

/* Zero means the usual everywhere. Numbers in host order. */
struct frame {
	const char *src; /* IPv4 in text; with ethertype IPv6, IPv6 */
	const char *dst;
	__u8 proto;
	__u16 sport;
	__u16 dport;
	__u8 flags; /* TCP */
	bool no_flags;
	__u32 seq;
	__u32 ack;
	__u8 icmp_type;
	__u8 icmp_code;
	__u16 icmp_id;
	const char *payload;
	__u16 payload_len;  /* of a payload with NUL in it; 0: it ends at the NUL */
	__u16 fill;	    /* instead of payload: that many patterned bytes */
	__u8 ttl;	    /* 0: 64 */
	__u8 options;	    /* bytes of IP options, a multiple of 4 up to 40 */
	const char *option; /* those bytes; NULL: no-operation */
	__u8 tcp_options;   /* bytes of TCP options, likewise */
	__u8 wscale;	    /* 1 + the window scale that they offer; 0: none */
	__u16 window;	    /* TCP; 0: 8192 */
	__u16 fragment;	    /* flags and offset field */
	__u16 ethertype;    /* 0: IPv4 */
	__u16 arp_op;	    /* ethertype ARP: src asks for dst; 0: request */
	__u8 to;	    /* enum frame_station */
	__u16 cut;	    /* keep that many bytes only; 0: all */
	__u8 pad;	    /* bytes of padding behind the packet */
	__u8 fault;	    /* enum frame_fault */
	__u16 fault_arg;
	/* Choose the first two payload bytes so that the transport checksum,
	 * seen with these addresses, is check: the corners of the arithmetic. */
	const char *steer_src;
	const char *steer_dst;
	__u16 steer_check;
	bool steer;
	/* Likewise the IP identification, for the header checksum after one
	 * hop with these addresses. */
	bool steer_ip;
};

static inline __u32 frame_sum(const __u8 *bytes, size_t len, __u32 sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : (__u32)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static inline void frame_put16(__u8 *at, __u16 value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static inline __u16 frame_get16(const __u8 *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

static inline void frame_put32(__u8 *at, __u32 value)
{
	frame_put16(at, value >> 16);
	frame_put16(at + 2, value & 0xffff);
}

static inline void frame_put_addr(__u8 *at, const char *text)
{
	int ok = inet_pton(AF_INET, text ? text : "0.0.0.0", at);

	assert(ok == 1);
	(void)ok;
}

/* Where the transport checksum lies in its header; 0: it has none here. */
static inline size_t frame_check_offset(__u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return 6;
	case IPPROTO_ICMP:
		return 2;
	default:
		return 0;
	}
}

/* The ones' complement sum of pseudo header and segment. */
static inline __u32 frame_l4_sum(const __u8 *ip, const __u8 *l4, size_t l4_len)
{
	__u8 pseudo[12] = {0};
	__u8 proto = ip[9];

	if (proto == IPPROTO_ICMP)
		return frame_sum(l4, l4_len, 0);
	memcpy(pseudo, ip + 12, 8);
	pseudo[9] = proto;
	frame_put16(pseudo + 10, l4_len);
	return frame_sum(l4, l4_len, frame_sum(pseudo, sizeof(pseudo), 0));
}

static inline size_t frame_l4_header_len(const struct frame *f)
{
	switch (f->proto) {
	case IPPROTO_TCP:
		return 20u + f->tcp_options;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
		return 8;
	default:
		return 0;
	}
}

static inline size_t frame_payload_len(const struct frame *f)
{
	if (!f->payload)
		return f->fill;
	return f->payload_len ? f->payload_len : strlen(f->payload);
}

/* Transport header, without its checksum. */
static inline void frame_put_l4(const struct frame *f, __u8 *l4, size_t l4_len)
{
	if (f->proto == IPPROTO_ICMP) {
		l4[0] = f->icmp_type;
		l4[1] = f->icmp_code;
		frame_put16(l4 + 4, f->icmp_id);
		frame_put16(l4 + 6, 1);
		return;
	}
	if (!frame_l4_header_len(f))
		return;
	frame_put16(l4, f->sport);
	frame_put16(l4 + 2, f->dport);
	if (f->proto != IPPROTO_TCP) {
		frame_put16(l4 + 4, f->fault == FAULT_UDP_LEN ? f->fault_arg : l4_len);
		return;
	}
	frame_put32(l4 + 4, f->seq);
	frame_put32(l4 + 8, f->ack);
	l4[12] = (5 + f->tcp_options / 4) << 4;
	if (f->fault == FAULT_TCP_DOFF)
		l4[12] = f->fault_arg << 4;
	l4[13] = f->flags || f->no_flags ? f->flags : TCP_SYN;
	frame_put16(l4 + 14, f->window ? f->window : 8192);
	memset(l4 + 20, 1, f->tcp_options); /* no-operation */
	if (f->wscale) {
		assert(f->tcp_options >= 4);
		l4[20] = 3;
		l4[21] = 3;
		l4[22] = f->wscale - 1;
	}
}

/* The word that must be added to sum for it to become total. */
static inline __u16 frame_word_for(__u32 sum, __u16 total)
{
	sum = (__u32)(__u16)~sum + total;
	return (sum & 0xffff) + (sum >> 16);
}

static inline void frame_steer_l4(const struct frame *f, __u8 *ip, __u8 *l4,
				  size_t l4_len)
{
	__u8 real[8], *word = l4 + frame_l4_header_len(f);

	memcpy(real, ip + 12, 8);
	if (f->steer_src)
		frame_put_addr(ip + 12, f->steer_src);
	if (f->steer_dst)
		frame_put_addr(ip + 16, f->steer_dst);
	frame_put16(word, 0);
	frame_put16(word,
		    frame_word_for(frame_l4_sum(ip, l4, l4_len), (__u16)~f->steer_check));
	memcpy(ip + 12, real, 8);
}

static inline void frame_put_l4_check(const struct frame *f, const __u8 *ip, __u8 *l4,
				      size_t l4_len)
{
	size_t off = frame_check_offset(f->proto);
	__u16 check;

	if (!off || l4_len < off + 2)
		return;
	check = ~frame_l4_sum(ip, l4, l4_len);
	if (f->proto == IPPROTO_UDP && !check)
		check = 0xffff;
	if (f->fault == FAULT_UDP_NO_CHECKSUM)
		check = 0;
	if (f->fault == FAULT_L4_CHECKSUM)
		check ^= 0x0100;
	if (f->fault == FAULT_L4_CHECK_FFFF) {
		assert(!check);
		check = 0xffff;
	}
	frame_put16(l4 + off, check);
}

static inline void frame_steer_ip(const struct frame *f, __u8 *ip, size_t header_len)
{
	__u8 real[8];

	memcpy(real, ip + 12, 8);
	if (f->steer_src)
		frame_put_addr(ip + 12, f->steer_src);
	if (f->steer_dst)
		frame_put_addr(ip + 16, f->steer_dst);
	ip[8]--;
	frame_put16(ip + 4, 0);
	frame_put16(ip + 4, frame_word_for(frame_sum(ip, header_len, 0), 0xffff));
	ip[8]++;
	memcpy(ip + 12, real, 8);
}

static inline size_t frame_put_ipv4(const struct frame *f, __u8 *ip)
{
	size_t header_len = 20u + f->options;
	size_t l4_len = frame_l4_header_len(f) + frame_payload_len(f);
	size_t l3_len = header_len + l4_len;
	__u8 *l4 = ip + header_len;
	__u8 *payload = l4 + frame_l4_header_len(f);

	ip[0] = 0x40 | (header_len / 4);
	if (f->fault == FAULT_IP_VERSION)
		ip[0] = f->fault_arg << 4 | (header_len / 4);
	if (f->fault == FAULT_IP_IHL)
		ip[0] = 0x40 | f->fault_arg;
	frame_put16(ip + 2, f->fault == FAULT_IP_TOT_LEN ? f->fault_arg : l3_len);
	frame_put16(ip + 4, 0x1234);
	frame_put16(ip + 6, f->fragment);
	ip[8] = f->ttl ? f->ttl : 64;
	ip[9] = f->proto;
	frame_put_addr(ip + 12, f->src);
	frame_put_addr(ip + 16, f->dst);
	memset(ip + 20, 1, f->options); /* no-operation */
	if (f->option)
		memcpy(ip + 20, f->option, f->options);

	frame_put_l4(f, l4, l4_len);
	for (size_t i = 0; i < f->fill; i++)
		payload[i] = i * 7 + 3;
	if (f->payload)
		memcpy(payload, f->payload, frame_payload_len(f));
	if (f->steer)
		frame_steer_l4(f, ip, l4, l4_len);
	if (f->steer_ip)
		frame_steer_ip(f, ip, header_len);
	frame_put_l4_check(f, ip, l4, l4_len);
	/* Over as many words as the field claims, for the fault to stand alone. */
	header_len = (size_t)(ip[0] & 0x0f) * 4;
	frame_put16(ip + 10, ~frame_sum(ip, header_len < 20 ? 20 : header_len, 0));
	if (f->fault == FAULT_IP_CHECKSUM)
		ip[10] ^= 0x01;
	return l3_len;
}

static inline size_t frame_put_arp(const struct frame *f, __u8 *arp)
{
	static const __u8 head[] = {0, 1, 0x08, 0x00, 6, 4};
	static const __u8 asker[] = FRAME_MAC(2, 0x99);

	memcpy(arp, head, sizeof(head));
	frame_put16(arp + 6, f->arp_op ? f->arp_op : 1);
	memcpy(arp + 8, asker, sizeof(asker));
	frame_put_addr(arp + 14, f->src);
	frame_put_addr(arp + 24, f->dst);
	return 28;
}

static inline size_t frame_put_ipv6(const struct frame *f, __u8 *ip)
{
	int ok;

	ip[0] = 0x60;
	frame_put16(ip + 4, f->fill);
	ip[6] = f->proto;
	ip[7] = 64;
	ok = inet_pton(AF_INET6, f->src, ip + 8) == 1 &&
	     inet_pton(AF_INET6, f->dst, ip + 24) == 1;
	assert(ok);
	(void)ok;
	return 40u + f->fill;
}

/*
 * Build the frame.
 * @bytes:   FRAME_MAX_BYTES, zeroed here
 * @our_mac: last octet of the receiving device's address
 * Return: its length.
 */
static inline size_t frame_build(const struct frame *f, __u8 our_mac, __u8 *bytes)
{
	const __u8 us[] = FRAME_MAC(1, our_mac), other[] = FRAME_MAC(3, our_mac);
	static const __u8 sender[] = FRAME_MAC(2, 0x99);
	__u16 ethertype = f->ethertype ? f->ethertype : ETH_P_IP;
	size_t len = FRAME_IP_OFF;

	memset(bytes, 0, FRAME_MAX_BYTES);
	memcpy(bytes, f->to == STATION_OTHER ? other : us, ETH_ALEN);
	if (f->to == STATION_BROADCAST)
		memset(bytes, 0xff, ETH_ALEN);
	memcpy(bytes + ETH_ALEN, sender, ETH_ALEN);
	frame_put16(bytes + 12, ethertype);
	switch (ethertype) {
	case ETH_P_ARP:
		len += frame_put_arp(f, bytes + len);
		break;
	case ETH_P_IPV6:
		len += frame_put_ipv6(f, bytes + len);
		break;
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		frame_put16(bytes + len, 100);
		frame_put16(bytes + len + 2, ETH_P_IP);
		len += 4;
		__attribute__((fallthrough));
	default:
		len += frame_put_ipv4(f, bytes + len);
	}
	len += f->pad;
	return f->cut ? f->cut : len;
}

/* Whether both checksums of an IPv4 frame are right. A UDP checksum of zero
 * says that there is none. */
static inline bool frame_ip_check_ok(const __u8 *bytes)
{
	const __u8 *ip = bytes + FRAME_IP_OFF;

	return frame_sum(ip, (size_t)(ip[0] & 0x0f) * 4, 0) == 0xffff;
}

static inline bool frame_l4_check_ok(const __u8 *bytes)
{
	const __u8 *ip = bytes + FRAME_IP_OFF;
	size_t header_len = (size_t)(ip[0] & 0x0f) * 4;
	size_t l4_len = frame_get16(ip + 2) - header_len;
	size_t off = frame_check_offset(ip[9]);

	if (!off)
		return true;
	if (ip[9] == IPPROTO_UDP && !frame_get16(ip + header_len + off))
		return true;
	return frame_l4_sum(ip, ip + header_len, l4_len) == 0xffff;
}

#endif /* PINHOLE_TESTS_FRAME_H */
