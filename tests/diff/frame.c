// SPDX-License-Identifier: GPL-2.0
/*
 * frame.c - see frame.h.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/diff/frame.h"

const char *const side_names[N_SIDES] = {"inside", "outside", "dmz"};

struct addr addr_of(const char *text)
{
	struct addr out = {{0}};

	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, out.byte) != 1) {
		fprintf(stderr, "diff: '%s' is no address\n", text);
		abort();
	}
	return out;
}

void addr_text(const struct addr *addr, bool v6, char *out, size_t size)
{
	if (!inet_ntop(v6 ? AF_INET6 : AF_INET, addr->byte, out, (socklen_t)size))
		snprintf(out, size, "?");
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* ---- checksums -------------------------------------------------------------- */

static uint32_t sum_bytes(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++) {
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static uint32_t pseudo_sum(const struct draft *d)
{
	size_t size = d->v6 ? 16 : 4;
	uint32_t sum = sum_bytes(d->src.byte, size, 0);

	if (d->proto == FRAME_PROTO_ICMP4)
		return 0;
	sum = sum_bytes(d->dst.byte, size, sum);
	return sum + d->proto + (uint32_t)d->l4_len;
}

size_t draft_check_offset(const struct draft *d)
{
	switch (d->proto) {
	case IPPROTO_TCP:
		return 16;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		return 6;
	case FRAME_PROTO_ICMP4:
	case FRAME_PROTO_ICMP6:
		return 2;
	default:
		return 0;
	}
}

void draft_seal(struct draft *d)
{
	size_t off = draft_check_offset(d);
	uint16_t check;

	if (!off || off + 2 > d->l4_len)
		return;
	put16(d->l4 + off, 0);
	check = (uint16_t)~sum_bytes(d->l4, d->l4_len, pseudo_sum(d));
	put16(d->l4 + off, d->proto == IPPROTO_UDP && !check ? 0xffff : check);
}

/* ---- transport -------------------------------------------------------------- */

static void fill(uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(i * 7 + 3);
}

void draft_tcp(struct draft *d, const struct tcp_header *tcp, size_t payload_len)
{
	uint8_t *l4 = d->l4;
	size_t header_len = 20;

	d->proto = IPPROTO_TCP;
	memset(l4, 0, 40);
	put16(l4, tcp->sport);
	put16(l4 + 2, tcp->dport);
	put32(l4 + 4, tcp->seq);
	put32(l4 + 8, tcp->ack);
	l4[13] = tcp->flags;
	put16(l4 + 14, tcp->window);
	if (tcp->mss) {
		put32(l4 + header_len, 0x02040578); /* 1400 bytes */
		header_len += 4;
	}
	if (tcp->scaling) {
		put32(l4 + header_len, 0x01030300u | tcp->scale);
		header_len += 4;
	}
	l4[12] = (uint8_t)(header_len / 4 << 4);
	fill(l4 + header_len, payload_len);
	d->l4_len = header_len + payload_len;
}

void draft_udp(struct draft *d, uint16_t sport, uint16_t dport, size_t payload_len)
{
	d->proto = IPPROTO_UDP;
	put16(d->l4, sport);
	put16(d->l4 + 2, dport);
	put16(d->l4 + 4, (unsigned int)(8 + payload_len));
	put16(d->l4 + 6, 0);
	fill(d->l4 + 8, payload_len);
	d->l4_len = 8 + payload_len;
}

void draft_icmp(struct draft *d, uint8_t type, uint8_t code, uint32_t rest,
		const uint8_t *payload, size_t payload_len)
{
	d->proto = d->v6 ? FRAME_PROTO_ICMP6 : FRAME_PROTO_ICMP4;
	d->l4[0] = type;
	d->l4[1] = code;
	put16(d->l4 + 2, 0);
	put32(d->l4 + 4, rest);
	if (payload)
		memcpy(d->l4 + 8, payload, payload_len);
	else
		fill(d->l4 + 8, payload_len);
	d->l4_len = 8 + payload_len;
}

void draft_raw(struct draft *d, uint8_t proto, size_t len)
{
	d->proto = proto;
	fill(d->l4, len);
	d->l4_len = len;
}

/* ---- frames ----------------------------------------------------------------- */

void frame_mac(bool gateway, enum side side, uint8_t out[6])
{
	const uint8_t mac[6] = {0x02, 0x00, 0x5e, 0x00, gateway ? 1 : 2, (uint8_t)side};

	memcpy(out, mac, sizeof(mac));
}

size_t draft_header_len(const struct draft *d)
{
	return (d->v6 ? 40 : 20) + d->head_len;
}

static void put_ipv4(const struct draft *d, uint8_t *ip, size_t total_len)
{
	ip[0] = (uint8_t)(0x40 | (20 + d->head_len) / 4);
	ip[1] = d->tos;
	put16(ip + 2, (unsigned int)total_len);
	put16(ip + 4, d->id);
	put16(ip + 6, d->frag);
	ip[8] = d->ttl;
	ip[9] = d->proto;
	put16(ip + 10, 0);
	memcpy(ip + 12, d->src.byte, 4);
	memcpy(ip + 16, d->dst.byte, 4);
	memcpy(ip + 20, d->head, d->head_len);
}

static void put_ipv6(const struct draft *d, uint8_t *ip, size_t total_len)
{
	put32(ip, 0x60000000u | (uint32_t)d->tos << 20);
	put16(ip + 4, (unsigned int)(total_len - 40));
	ip[6] = d->head_len ? d->head_first : d->proto;
	ip[7] = d->ttl;
	memcpy(ip + 8, d->src.byte, 16);
	memcpy(ip + 24, d->dst.byte, 16);
	memcpy(ip + 40, d->head, d->head_len);
	if (d->head_len)
		ip[40 + d->head_last] = d->proto;
}

void draft_frame_part(const struct draft *d, size_t from, size_t to, struct frame *out)
{
	size_t header_len = draft_header_len(d);
	uint8_t *ip = out->bytes + FRAME_L3_OFF;

	if (FRAME_L3_OFF + header_len + (to - from) > FRAME_MAX_BYTES)
		abort();
	frame_mac(true, d->from, out->bytes);
	frame_mac(false, d->from, out->bytes + 6);
	put16(out->bytes + 12, d->v6 ? 0x86dd : 0x0800);
	if (d->v6)
		put_ipv6(d, ip, header_len + (to - from));
	else
		put_ipv4(d, ip, header_len + (to - from));
	memcpy(ip + header_len, d->l4 + from, to - from);
	out->len = FRAME_L3_OFF + header_len + (to - from);
	if (!d->v6)
		frame_seal_ip(out);
}

void draft_frame(const struct draft *d, struct frame *out)
{
	draft_frame_part(d, 0, d->l4_len, out);
}

void frame_seal_ip(struct frame *f)
{
	uint8_t *ip = f->bytes + FRAME_L3_OFF;
	size_t len = (size_t)(ip[0] & 0x0f) * 4;

	put16(ip + 10, 0);
	put16(ip + 10, (uint16_t)~sum_bytes(ip, len < 20 ? 20 : len, 0));
}
