// SPDX-License-Identifier: GPL-2.0
/*
 * format_frame.c - packets in bytes. See format_frame.h.
 */
#include <string.h>

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "tools/fwctl/format_frame.h"

#define IPV4_BYTES    20u
#define IPV6_BYTES    40u
#define TCP_BYTES     24u /* with its segment size */
#define UDP_BYTES     8u
#define ICMP_BYTES    8u
#define PAYLOAD_BYTES 48u /* of zeros: room for a packet that an error quotes */
#define HOPS	      64
#define TCP_SYN	      0x02
#define TCP_WINDOW    64240
#define TCP_ISN	      1u
#define TCP_OPT_MSS   2
#define ECHO_ICMP     8
#define ECHO_ICMP6    128

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static bool is_v4(const struct ph_addr *addr)
{
	return !addr->word[0] && !addr->word[1] && addr->word[2] == htonl(0xffff);
}

/* ---- checksums ------------------------------------------------------------ */

static uint32_t sum(const void *bytes, size_t len, uint32_t so_far)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i + 1 < len; i += 2)
		so_far += get16(at + i);
	if (len % 2)
		so_far += (uint32_t)at[len - 1] << 8;
	return so_far;
}

static uint16_t fold(uint32_t so_far)
{
	while (so_far >> 16)
		so_far = (so_far & 0xffff) + (so_far >> 16);
	return (uint16_t)~so_far;
}

/* Of the addresses, the protocol and the length: the prefix that IPv4 addresses have
 * here must not count. */
static uint32_t pseudo_sum(const struct frame_words *words, size_t len)
{
	size_t skip = is_v4(&words->src) ? 12 : 0;
	uint32_t so_far = (uint32_t)len + words->proto;

	so_far = sum((const uint8_t *)&words->src + skip, 16 - skip, so_far);
	return sum((const uint8_t *)&words->dst + skip, 16 - skip, so_far);
}

/* ---- transports ----------------------------------------------------------- */

static size_t put_tcp(uint8_t *at, const struct frame_words *words)
{
	put16(at, words->sport);
	put16(at + 2, words->dport);
	at[7] = TCP_ISN;
	at[12] = TCP_BYTES / 4 << 4;
	at[13] = TCP_SYN;
	put16(at + 14, TCP_WINDOW);
	at[20] = TCP_OPT_MSS;
	at[21] = 4;
	put16(at + 22, is_v4(&words->src) ? 1460 : 1440);
	put16(at + 16, fold(sum(at, TCP_BYTES, pseudo_sum(words, TCP_BYTES))));
	return TCP_BYTES;
}

static size_t put_udp(uint8_t *at, const struct frame_words *words)
{
	uint16_t check;

	put16(at, words->sport);
	put16(at + 2, words->dport);
	put16(at + 4, UDP_BYTES);
	check = fold(sum(at, UDP_BYTES, pseudo_sum(words, UDP_BYTES)));
	put16(at + 6, check ? check : 0xffff); /* 0 means that there is none */
	return UDP_BYTES;
}

static bool is_echo(const struct frame_words *words)
{
	/* A reply's number follows, or precedes, its request's. */
	if (words->proto == IPPROTO_ICMP)
		return words->icmp_type == ECHO_ICMP || words->icmp_type == 0;
	return words->icmp_type == ECHO_ICMP6 || words->icmp_type == ECHO_ICMP6 + 1;
}

static size_t put_icmp(uint8_t *at, const struct frame_words *words)
{
	size_t len = ICMP_BYTES + (is_echo(words) ? 0 : PAYLOAD_BYTES);
	uint32_t so_far = 0;

	at[0] = words->icmp_type;
	at[1] = words->icmp_code;
	if (is_echo(words)) {
		put16(at + 4, words->icmp_id);
		put16(at + 6, 1);
	}
	if (words->proto == IPPROTO_ICMPV6)
		so_far = pseudo_sum(words, len);
	put16(at + 2, fold(sum(at, len, so_far)));
	return len;
}

static size_t put_transport(uint8_t *at, const struct frame_words *words)
{
	switch (words->proto) {
	case IPPROTO_TCP:
		return put_tcp(at, words);
	case IPPROTO_UDP:
		return put_udp(at, words);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return put_icmp(at, words);
	default:
		return PAYLOAD_BYTES;
	}
}

size_t frame_of_words(uint8_t out[FRAME_MAX_BYTES], const struct frame_words *words,
		      uint16_t *ethertype)
{
	size_t len;

	memset(out, 0, FRAME_MAX_BYTES);
	if (!is_v4(&words->src)) {
		len = put_transport(out + IPV6_BYTES, words);
		out[0] = 6 << 4;
		put16(out + 4, (uint32_t)len);
		out[6] = words->proto;
		out[7] = HOPS;
		memcpy(out + 8, &words->src, sizeof(words->src));
		memcpy(out + 24, &words->dst, sizeof(words->dst));
		*ethertype = ETH_P_IPV6;
		return IPV6_BYTES + len;
	}
	len = IPV4_BYTES + put_transport(out + IPV4_BYTES, words);
	out[0] = 4 << 4 | IPV4_BYTES / 4;
	put16(out + 2, (uint32_t)len);
	out[8] = HOPS;
	out[9] = words->proto;
	memcpy(out + 12, &words->src.word[3], 4);
	memcpy(out + 16, &words->dst.word[3], 4);
	put16(out + 10, fold(sum(out, IPV4_BYTES, 0)));
	*ethertype = ETH_P_IP;
	return len;
}

/* ---- captured frames ------------------------------------------------------ */

#define COOKED_BYTES  16u /* LINKTYPE_LINUX_SLL */
#define COOKED2_BYTES 20u /* LINKTYPE_LINUX_SLL2: the ethertype comes first */
#define TAG_BYTES     4u

static bool is_tag(uint16_t ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

/* @at: what follows the ethertype */
static bool find_behind_tags(uint16_t ethertype, const uint8_t *at, size_t len,
			     struct frame_content *out)
{
	while (is_tag(ethertype)) {
		if (len < TAG_BYTES)
			return false;
		ethertype = get16(at + 2);
		at += TAG_BYTES;
		len -= TAG_BYTES;
	}
	out->ethertype = ethertype;
	out->bytes = at;
	out->len = len;
	return len > 0;
}

static bool find_in_ethernet(const uint8_t *frame, size_t len, struct frame_content *out)
{
	if (len < ETH_HLEN)
		return false;
	if (frame[0] & 1)
		out->station = frame;
	return find_behind_tags(get16(frame + (size_t)2 * ETH_ALEN), frame + ETH_HLEN,
				len - ETH_HLEN, out);
}

bool frame_find_packet(enum frame_link link, const uint8_t *frame, size_t len,
		       struct frame_content *out)
{
	*out = (struct frame_content){0};
	switch (link) {
	case FRAME_ETHERNET:
		return find_in_ethernet(frame, len, out);
	case FRAME_COOKED:
		return len >= COOKED_BYTES &&
		       find_behind_tags(get16(frame + 14), frame + COOKED_BYTES,
					len - COOKED_BYTES, out);
	case FRAME_COOKED2:
		return len >= COOKED2_BYTES &&
		       find_behind_tags(get16(frame), frame + COOKED2_BYTES,
					len - COOKED2_BYTES, out);
	case FRAME_RAW_IP:
		return len && find_behind_tags(frame[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP,
					       frame, len, out);
	}
	return false;
}
