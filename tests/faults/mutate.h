/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mutate.h - spoils frames, and heals their checksums so that the spoilt ones get
 * further.
 *
 * Why it exists: random bytes are all dropped for the same three reasons. What is wrong
 * in one respect only gets as far as that respect matters.
 *
 * Who may include it: tests/faults/packets.c.
 */
#ifndef PINHOLE_FAULTS_MUTATE_H
#define PINHOLE_FAULTS_MUTATE_H

#include <stdint.h>

#include "tests/datapath/frame_v6.h"

/* Everything follows from the seed (xorshift64*). */
struct chance {
	uint64_t state;
};

static inline uint64_t chance_draw(struct chance *c)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return c->state * 0x2545f4914f6cdd1dull;
}

/* 0 to n - 1. */
static inline uint32_t chance_of(struct chance *c, uint32_t n)
{
	return (uint32_t)((chance_draw(c) >> 32) * n >> 32);
}

struct mutant {
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len;
};

static inline void mutate_word(struct chance *c, struct mutant *m, size_t at)
{
	static const __u16 odd[] = {0,	    1,	    0x7fff, 0x8000, 0xffff,
				    0x4500, 0x6000, 0x0800, 0x86dd, 0x8100,
				    0x2000, 0x1fff, 0x3fff, 0x0044};

	if (at + 2 > m->len)
		return;
	frame_put16(m->bytes + at, chance_of(c, 3) ? odd[chance_of(c, sizeof(odd) / 2)]
						   : (__u16)chance_draw(c));
}

/* A tag, of which the policy knows some. */
static inline void mutate_tag(struct chance *c, struct mutant *m)
{
	static const __u16 vlans[] = {0, 10, 20, 30, 40, 100, 4095, 0x600a};

	if (m->len + 4 <= FRAME_MAX_BYTES && m->len >= ETH_HLEN)
		m->len = frame_put_tag(m->bytes, m->len,
				       chance_of(c, 4) ? ETH_P_8021Q : ETH_P_8021AD,
				       vlans[chance_of(c, 8)]);
}

/* One thing is changed. @other: a frame to take pieces from. */
static inline void mutate_once(struct chance *c, struct mutant *m,
			       const struct mutant *other)
{
	/* Headers are where it matters. */
	uint32_t reach = m->len < 80 || !chance_of(c, 5) ? (uint32_t)m->len : 80;
	uint32_t at = chance_of(c, reach);
	uint32_t n;

	switch (chance_of(c, 10)) {
	case 0:
	case 1:
		m->bytes[at] ^= 1 << chance_of(c, 8);
		break;
	case 2:
		m->bytes[at] = (__u8)chance_draw(c);
		break;
	case 3:
	case 4:
		mutate_word(c, m, at & ~1u);
		break;
	case 5: /* cut */
		m->len = ETH_HLEN + chance_of(c, (uint32_t)m->len - ETH_HLEN + 1);
		break;
	case 6: /* more behind it */
		n = chance_of(c, 64);
		if (m->len + n <= FRAME_MAX_BYTES - 64) {
			for (uint32_t i = 0; i < n; i++)
				m->bytes[m->len + i] = (__u8)chance_draw(c);
			m->len += n;
		}
		break;
	case 7: /* a piece of another */
		n = chance_of(c, 40);
		if (at + n <= m->len && at + n <= other->len)
			memcpy(m->bytes + at, other->bytes + at, n);
		break;
	case 8: /* a piece is missing, or there twice */
		n = chance_of(c, 16);
		if (at + n <= m->len && m->len - n >= ETH_HLEN) {
			memmove(m->bytes + at, m->bytes + at + n, m->len - at - n);
			m->len -= n;
		}
		break;
	default:
		if (!chance_of(c, 6))
			mutate_tag(c, m);
		else
			mutate_word(c, m, FRAME_IP_OFF + 2 * chance_of(c, 20));
	}
	if (m->len < ETH_HLEN)
		m->len = ETH_HLEN;
}

static inline bool is_ipv4(const struct mutant *m)
{
	const __u8 *ip = m->bytes + FRAME_IP_OFF;

	return m->len >= FRAME_IP_OFF + 20 && frame_get16(m->bytes + 12) == ETH_P_IP &&
	       ip[0] >> 4 == 4 && (ip[0] & 15) >= 5 &&
	       frame_get16(ip + 2) >= (ip[0] & 15) * 4 &&
	       FRAME_IP_OFF + (size_t)frame_get16(ip + 2) <= m->len;
}

/* Whether it has its transport header, and room for its checksum. */
static inline bool has_check(const struct mutant *m)
{
	const __u8 *ip = m->bytes + FRAME_IP_OFF;
	size_t header = (size_t)(ip[0] & 15) * 4;
	size_t off = frame_check_offset(ip[9]);

	return off && !(frame_get16(ip + 6) & 0x3fff) &&
	       frame_get16(ip + 2) >= header + off + 2;
}

/* Both checksums are made right, where there is something to make right. */
static inline void mutate_heal(struct mutant *m)
{
	__u8 *ip = m->bytes + FRAME_IP_OFF;
	size_t header, off;

	if (!is_ipv4(m))
		return;
	header = (size_t)(ip[0] & 15) * 4;
	frame_put16(ip + 10, 0);
	frame_put16(ip + 10, (__u16)~frame_sum(ip, header, 0));
	if (!has_check(m))
		return;
	off = header + frame_check_offset(ip[9]);
	frame_put16(ip + off, 0);
	frame_put16(ip + off,
		    (__u16)~frame_l4_sum(ip, ip + header, frame_get16(ip + 2) - header));
}

#endif /* PINHOLE_FAULTS_MUTATE_H */
