/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frame.h - builds the frames of the differential test, IPv4 and IPv6.
 *
 * Why it exists: a draft is a packet whose parts are still apart, so that the
 * generator can first think of a plausible one and then spoil it. Checksums
 * are computed here from scratch; nothing of bpf/ is included.
 *
 * Who may include it: the differential test.
 *
 * RFC 791, 8200 (IP), 9293 (TCP), 768 (UDP), 792, 4443 (ICMP).
 */
#ifndef PINHOLE_TESTS_DIFF_FRAME_H
#define PINHOLE_TESTS_DIFF_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX_BYTES	  2048
#define FRAME_L3_OFF	  14
#define DRAFT_MAX_L4	  4096
#define FRAME_MTU	  1500
#define FRAME_PROTO_ICMP4 1
#define FRAME_PROTO_ICMP6 58

enum side { SIDE_INSIDE, SIDE_OUTSIDE, SIDE_DMZ, N_SIDES };

extern const char *const side_names[N_SIDES];

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20
#define TCP_ECE 0x40
#define TCP_CWR 0x80

/* IPv4: the first four bytes. */
struct addr {
	uint8_t byte[16];
};

struct frame {
	size_t len;
	uint8_t bytes[FRAME_MAX_BYTES];
};

/* A packet in parts. Numbers in host order. */
struct draft {
	enum side from;
	bool v6;
	struct addr src;
	struct addr dst;
	uint8_t proto; /* of what is in l4[] */
	uint8_t ttl;
	uint8_t tos;
	uint16_t id;	    /* IPv4 */
	uint16_t frag;	    /* IPv4: flags and offset field */
	uint8_t head[64];   /* IPv4 options, or IPv6 extension headers */
	size_t head_len;    /* a multiple of 4 (IPv4), 8 (IPv6) */
	uint8_t head_first; /* IPv6: what the first of them is */
	size_t head_last;   /* IPv6: where the last of them begins */
	uint8_t l4[DRAFT_MAX_L4];
	size_t l4_len;
};

struct tcp_header {
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	uint8_t flags;
	bool mss; /* with the usual options of a SYN */
	bool scaling;
	uint8_t scale;
};

static inline void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static inline uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* Text to address; the test's own constants, so it aborts on a bad one. */
struct addr addr_of(const char *text);
void addr_text(const struct addr *addr, bool v6, char *out, size_t size);
bool addr_equal(const struct addr *a, const struct addr *b);

/* Transport headers into d->l4; the checksums come with draft_seal(). */
void draft_tcp(struct draft *d, const struct tcp_header *tcp, size_t payload_len);
void draft_udp(struct draft *d, uint16_t sport, uint16_t dport, size_t payload_len);
/* @rest: the four bytes behind the checksum */
void draft_icmp(struct draft *d, uint8_t type, uint8_t code, uint32_t rest,
		const uint8_t *payload, size_t payload_len);
void draft_raw(struct draft *d, uint8_t proto, size_t len);

/* Where the transport checksum lies in l4; 0: there is none. */
size_t draft_check_offset(const struct draft *d);

/* Compute the transport checksum for the draft's addresses. */
void draft_seal(struct draft *d);

/* Bytes of the IP header with options or extension headers. */
size_t draft_header_len(const struct draft *d);

/*
 * Write l4[from..to) behind the draft's headers as one frame.
 * @to_gateway: destination MAC is the gateway's on d->from
 */
void draft_frame_part(const struct draft *d, size_t from, size_t to, struct frame *out);
void draft_frame(const struct draft *d, struct frame *out);

/* Compute the IPv4 header checksum anew. */
void frame_seal_ip(struct frame *f);

/* The addresses of the links, the same for both gateways. */
void frame_mac(bool gateway, enum side side, uint8_t out[6]);

#endif /* PINHOLE_TESTS_DIFF_FRAME_H */
