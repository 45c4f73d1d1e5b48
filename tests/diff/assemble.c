// SPDX-License-Identifier: GPL-2.0
/*
 * assemble.c - what a receiver makes of the fragments that a gateway let
 * through. See compare.h.
 *
 * As strict as RFC 5722: a datagram with an overlap, a gap or no end is not
 * delivered, so what is left of it counts as dropped. A datagram that is whole
 * becomes one frame whose content is that of the datagram; its length field
 * and identification say nothing then and are zero.
 */
#include <linux/if_ether.h>
#include <string.h>

#include "tests/diff/compare.h"

#define MAX_DATAGRAM ((size_t)FRAME_MAX_BYTES * 4)

/* One fragment; a packet that is none is all of its datagram. */
struct part {
	const struct arrival *arrival;
	size_t offset;
	size_t header_len; /* with the fragment header */
	size_t len;	   /* behind it */
	uint32_t id;
	uint8_t proto;
	bool v6;
	bool more;
};

static struct part read_part(const struct arrival *arrival)
{
	const uint8_t *ip = arrival->frame.bytes + FRAME_L3_OFF;
	struct part out = {.arrival = arrival};

	out.v6 = get16(arrival->frame.bytes + 12) == ETH_P_IPV6;
	if (!out.v6) {
		out.proto = ip[9];
		out.header_len = (size_t)(ip[0] & 0x0f) * 4;
		out.offset = (size_t)(get16(ip + 6) & 0x1fff) * 8;
		out.more = get16(ip + 6) & 0x2000;
		out.id = get16(ip + 4);
	} else if (ip[6] == 44) {
		out.proto = ip[40];
		out.header_len = 48;
		out.offset = get16(ip + 42) & 0xfff8;
		out.more = ip[43] & 1;
		out.id = get32(ip + 44);
	} else {
		out.proto = ip[6];
		out.header_len = 40;
	}
	out.len = arrival->frame.len - FRAME_L3_OFF - out.header_len;
	return out;
}

static bool same_datagram(const struct part *a, const struct part *b)
{
	size_t at = FRAME_L3_OFF + (a->v6 ? 8 : 12), len = a->v6 ? 32 : 8;

	return a->v6 == b->v6 && a->id == b->id && a->arrival->side == b->arrival->side &&
	       !memcmp(a->arrival->frame.bytes + at, b->arrival->frame.bytes + at, len);
}

static bool overlap(const struct part *a, const struct part *b)
{
	return a->offset < b->offset + b->len && b->offset < a->offset + a->len;
}

/* Content of the datagram that one of the parts belongs to. Return: its length;
 * 0: it is not whole. */
static size_t put_together(const struct part *one, const struct part *parts, size_t n,
			   uint8_t *out)
{
	size_t total = 0, covered = 0;

	for (size_t i = 0; i < n; i++) {
		const struct part *p = &parts[i];

		if (!same_datagram(one, p))
			continue;
		if (p->offset + p->len > MAX_DATAGRAM)
			return 0;
		for (size_t j = 0; j < i; j++)
			if (same_datagram(p, &parts[j]) && overlap(p, &parts[j]))
				return 0;
		memcpy(out + p->offset,
		       p->arrival->frame.bytes + FRAME_L3_OFF + p->header_len, p->len);
		covered += p->len;
		if (!p->more)
			total = p->offset + p->len;
	}
	return total == covered ? total : 0;
}

/* A frame holds less than a datagram does: content is folded into it. */
static void fold(const uint8_t *content, size_t len, uint8_t *out)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ content[i]) * 1099511628211u;
	memcpy(out, &hash, sizeof(hash));
	put32(out + 8, (uint32_t)len);
	memcpy(out + 12, content, len < 16 ? len : 16);
}

static void become_datagram(const struct part *first, const uint8_t *content, size_t len,
			    struct arrival *out)
{
	size_t header_len = first->v6 ? 40 : first->header_len;
	uint8_t *ip = out->frame.bytes + FRAME_L3_OFF;

	*out = *first->arrival;
	memset(ip + header_len, 0, 28);
	fold(content, len, ip + header_len);
	out->frame.len = FRAME_L3_OFF + header_len + 28;
	if (first->v6) {
		ip[6] = first->proto;
		put16(ip + 4, 0);
		return;
	}
	put16(ip + 2, 0);
	put16(ip + 6, 0);
	put16(ip + 10, 0);
}

void assemble(struct outcome *outcome)
{
	static struct outcome before; /* large */
	static uint8_t content[MAX_DATAGRAM];
	struct part parts[WIRE_MAX_OUT];

	before = *outcome;
	outcome->n = 0;
	for (size_t i = 0; i < before.n; i++)
		parts[i] = read_part(&before.arrival[i]);
	for (size_t i = 0; i < before.n; i++) {
		size_t len;

		if (parts[i].offset) /* its first one speaks for it */
			continue;
		len = put_together(&parts[i], parts, before.n, content);
		if (len)
			become_datagram(&parts[i], content, len,
					&outcome->arrival[outcome->n++]);
	}
}
