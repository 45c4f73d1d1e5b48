// SPDX-License-Identifier: GPL-2.0
/*
 * segment.c - see segment.h. RFC 791, 8200, 9293.
 */
#include "tests/replay/segment.h"

#define V4_HEADER  20u
#define TCP_HEADER 20u

bool addr_parse(const char *text, struct ph_addr *out)
{
	struct ph_addr addr = {.word = {0}};

	if (strchr(text, ':')) {
		if (inet_pton(AF_INET6, text, &addr) != 1)
			return false;
	} else {
		addr.word[2] = htonl(0xffff);
		if (inet_pton(AF_INET, text, &addr.word[3]) != 1)
			return false;
	}
	*out = addr;
	return true;
}

const char *addr_text(const struct ph_addr *addr, char out[ADDR_TEXT_BYTES])
{
	if (addr_is_v4(addr))
		inet_ntop(AF_INET, &addr->word[3], out, ADDR_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, addr, out, ADDR_TEXT_BYTES);
	return out;
}

bool addr_is_v4(const struct ph_addr *addr)
{
	return !addr->word[0] && !addr->word[1] && addr->word[2] == htonl(0xffff);
}

bool addr_equal(const struct ph_addr *a, const struct ph_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void put_tcp(const struct segment *s, __u8 *l4)
{
	frame_put16(l4, s->sport);
	frame_put16(l4 + 2, s->dport);
	frame_put32(l4 + 4, s->seq);
	frame_put32(l4 + 8, s->ack);
	l4[12] = (__u8)((TCP_HEADER + s->options_len) / 4 << 4);
	l4[13] = s->flags;
	frame_put16(l4 + 14, s->window);
	frame_put16(l4 + 16, 0);
	frame_put16(l4 + 18, 0);
	memcpy(l4 + TCP_HEADER, s->options, s->options_len);
	if (s->len)
		memcpy(l4 + TCP_HEADER + s->options_len, s->data, s->len);
}

size_t segment_build(const struct segment *s, __u8 our_mac, __u8 *bytes)
{
	size_t l4_len = TCP_HEADER + s->options_len + s->len;
	__u8 *ip = bytes + ETH_HLEN;
	bool v4 = addr_is_v4(&s->src);
	size_t header = v4 ? V4_HEADER : FRAME_V6_HEADER;
	__u8 *l4 = ip + header;

	assert(ETH_HLEN + header + l4_len <= FRAME_MAX_BYTES);
	memset(bytes, 0, ETH_HLEN + header);
	frame_put_ethernet(bytes, our_mac, STATION_US, v4 ? ETH_P_IP : ETH_P_IPV6);
	put_tcp(s, l4);
	if (v4) {
		ip[0] = 0x45;
		frame_put16(ip + 2, V4_HEADER + l4_len);
		frame_put16(ip + 6, 0x4000); /* don't fragment */
		ip[8] = 64;
		ip[9] = IPPROTO_TCP;
		memcpy(ip + 12, &s->src.word[3], 4);
		memcpy(ip + 16, &s->dst.word[3], 4);
		frame_put16(ip + 10, ~frame_sum(ip, V4_HEADER, 0));
		frame_put16(l4 + 16, ~frame_l4_sum(ip, l4, l4_len));
	} else {
		ip[0] = 0x60;
		frame_put16(ip + 4, l4_len);
		ip[6] = IPPROTO_TCP;
		ip[7] = 64;
		memcpy(ip + 8, &s->src, 16);
		memcpy(ip + 24, &s->dst, 16);
		frame_put16(l4 + 16, ~frame_v6_l4_sum(ip, IPPROTO_TCP, l4, l4_len));
	}
	return ETH_HLEN + header + l4_len;
}

/* Addresses, and where the transport header is. Return: 0 if it is no TCP. */
static size_t parse_v4(const __u8 *ip, size_t len, struct segment *out, size_t *end)
{
	size_t header = (size_t)(ip[0] & 0x0f) * 4;

	if (len < V4_HEADER || header < V4_HEADER || ip[9] != IPPROTO_TCP ||
	    frame_get16(ip + 6) & 0x3fff)
		return 0;
	out->src.word[2] = out->dst.word[2] = htonl(0xffff);
	memcpy(&out->src.word[3], ip + 12, 4);
	memcpy(&out->dst.word[3], ip + 16, 4);
	*end = frame_get16(ip + 2);
	if (!*end) /* as captured before the device cut it into segments */
		*end = len;
	return header;
}

static size_t parse_v6(const __u8 *ip, size_t len, struct segment *out, size_t *end)
{
	if (len < FRAME_V6_HEADER || ip[6] != IPPROTO_TCP)
		return 0;
	memcpy(&out->src, ip + 8, 16);
	memcpy(&out->dst, ip + 24, 16);
	*end = FRAME_V6_HEADER + (size_t)frame_get16(ip + 4);
	if (*end == FRAME_V6_HEADER)
		*end = len;
	return FRAME_V6_HEADER;
}

bool segment_parse(const __u8 *ip, size_t len, struct segment *out, bool *sums_ok)
{
	size_t off, end = 0, doff;
	const __u8 *l4;
	bool v4;

	memset(out, 0, sizeof(*out));
	if (len < V4_HEADER)
		return false;
	v4 = ip[0] >> 4 == 4;
	if (!v4 && ip[0] >> 4 != 6)
		return false;
	off = v4 ? parse_v4(ip, len, out, &end) : parse_v6(ip, len, out, &end);
	if (!off || end > len || end < off + TCP_HEADER)
		return false;
	l4 = ip + off;
	doff = (size_t)(l4[12] >> 4) * 4;
	if (doff < TCP_HEADER || off + doff > end)
		return false;
	out->sport = frame_get16(l4);
	out->dport = frame_get16(l4 + 2);
	out->seq = (__u32)frame_get16(l4 + 4) << 16 | frame_get16(l4 + 6);
	out->ack = (__u32)frame_get16(l4 + 8) << 16 | frame_get16(l4 + 10);
	out->flags = l4[13];
	out->window = frame_get16(l4 + 14);
	out->options_len = doff - TCP_HEADER;
	memcpy(out->options, l4 + TCP_HEADER, out->options_len);
	out->data = l4 + doff;
	out->len = end - off - doff;
	if (sums_ok && v4)
		*sums_ok = frame_sum(ip, off, 0) == 0xffff &&
			   frame_l4_sum(ip, l4, end - off) == 0xffff;
	if (sums_ok && !v4)
		*sums_ok = frame_v6_l4_sum(ip, IPPROTO_TCP, l4, end - off) == 0xffff;
	return true;
}
