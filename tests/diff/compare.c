// SPDX-License-Identifier: GPL-2.0
/*
 * compare.c - see compare.h.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/diff/compare.h"

#define OWN_BYTES 32

static bool frame_is_v6(const struct frame *f)
{
	return get16(f->bytes + 12) == ETH_P_IPV6;
}

/* What Ethernet put behind the packet is no part of it. */
static void trim(struct frame *f)
{
	const uint8_t *ip = f->bytes + FRAME_L3_OFF;
	size_t len;

	if (f->len < FRAME_L3_OFF + 20)
		return;
	if (frame_is_v6(f))
		len = FRAME_L3_OFF + 40u + get16(ip + 4);
	else if (get16(f->bytes + 12) == ETH_P_IP)
		len = FRAME_L3_OFF + (size_t)get16(ip + 2);
	else
		return;
	if (len < f->len)
		f->len = len;
}

static struct addr source(const struct frame *f)
{
	struct addr out = {{0}};

	if (frame_is_v6(f))
		memcpy(out.byte, f->bytes + FRAME_L3_OFF + 8, 16);
	else
		memcpy(out.byte, f->bytes + FRAME_L3_OFF + 12, 4);
	return out;
}

static bool from_gateway(const struct frame *f)
{
	struct addr src = source(f);

	return world_is_gateway(&src, frame_is_v6(f));
}

/* What a gateway says itself, reduced to what must agree. */
static void own_text(const struct arrival *a, char *out, size_t size)
{
	const uint8_t *ip = a->frame.bytes + FRAME_L3_OFF;
	bool v6 = frame_is_v6(&a->frame);
	const uint8_t *l4 = v6 ? ip + 40 : ip + (size_t)(ip[0] & 0x0f) * 4;
	uint8_t proto = v6 ? ip[6] : ip[9];

	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		snprintf(out, size, "own:icmp-%u-%u@%s", l4[0], l4[1],
			 side_names[a->side]);
	else if (proto == IPPROTO_TCP)
		snprintf(out, size, "own:tcp-%02x@%s", l4[13], side_names[a->side]);
	else
		snprintf(out, size, "own:%u@%s", proto, side_names[a->side]);
}

static int by_content(const void *left, const void *right)
{
	const struct arrival *a = left, *b = right;

	if (a->side != b->side)
		return a->side < b->side ? -1 : 1;
	if (a->frame.len != b->frame.len)
		return a->frame.len < b->frame.len ? -1 : 1;
	return memcmp(a->frame.bytes, b->frame.bytes, a->frame.len);
}

/* The first thing in which two frames differ. */
static const char *difference(const struct arrival *a, const struct arrival *b)
{
	const uint8_t *x = a->frame.bytes, *y = b->frame.bytes;
	size_t header = FRAME_L3_OFF + (frame_is_v6(&a->frame) ? 40 : 20);
	static const struct {
		size_t from, to;
		const char *name;
	} fields4[] = {
		{14, 15, "ip-version-ihl"}, {15, 16, "ip-tos"},	 {16, 18, "ip-length"},
		{18, 20, "ip-id"},	    {20, 22, "ip-frag"}, {22, 23, "ip-ttl"},
		{23, 24, "ip-proto"},	    {26, 30, "ip-src"},	 {30, 34, "ip-dst"},
		{24, 26, "ip-checksum"},
	};

	if (a->side != b->side)
		return "link";
	if (memcmp(x, y, FRAME_L3_OFF))
		return "ethernet";
	if (!frame_is_v6(&a->frame))
		for (size_t i = 0; i < sizeof(fields4) / sizeof(fields4[0]); i++)
			if (memcmp(x + fields4[i].from, y + fields4[i].from,
				   fields4[i].to - fields4[i].from))
				return fields4[i].name;
	if (memcmp(x + FRAME_L3_OFF, y + FRAME_L3_OFF, header - FRAME_L3_OFF))
		return "ip-header";
	return a->frame.len != b->frame.len ? "length" : "behind-ip-header";
}

/* Move the gateway's own words behind `forwarded`, as text into `own`. */
static void take_own(const struct step *step, struct outcome *o, char *own, size_t size)
{
	bool pretends = from_gateway(&step->frame[0]);
	size_t kept = 0;

	own[0] = '\0';
	for (size_t i = 0; i < o->n; i++) {
		trim(&o->arrival[i].frame);
		if (!pretends && from_gateway(&o->arrival[i].frame))
			own_text(&o->arrival[i], own, size);
		else
			o->arrival[kept++] = o->arrival[i];
	}
	o->n = kept;
	qsort(o->arrival, o->n, sizeof(o->arrival[0]), by_content);
}

static const char *first_difference(const struct outcome *a, const struct outcome *b)
{
	if (a->n != b->n)
		return "number";
	for (size_t i = 0; i < a->n; i++)
		if (by_content(&a->arrival[i], &b->arrival[i]))
			return difference(&a->arrival[i], &b->arrival[i]);
	return NULL;
}

static void put_verdict(const struct outcome *o, const char *own, char *out)
{
	if (o->n && own[0])
		snprintf(out, VERDICT_BYTES, "pass+%.*s", OWN_BYTES, own);
	else
		snprintf(out, VERDICT_BYTES, "%.*s", OWN_BYTES,
			 o->n	  ? "pass"
			 : own[0] ? own
				  : "drop");
}

void compare(const struct step *step, struct outcome outcome[N_GATEWAYS],
	     struct comparison *out)
{
	struct outcome *a = &outcome[GATEWAY_A], *b = &outcome[GATEWAY_B];
	char own[N_GATEWAYS][OWN_BYTES];
	const char *what;

	for (enum gateway g = 0; g < N_GATEWAYS; g++) {
		take_own(step, &outcome[g], own[g], sizeof(own[g]));
		if (step->fragments)
			assemble(&outcome[g]);
		put_verdict(&outcome[g], own[g], out->verdict[g]);
	}
	what = first_difference(a, b);
	out->same = !what && !strcmp(own[GATEWAY_A], own[GATEWAY_B]);
	out->through = a->n && b->n;
	if (a->n && b->n && what) {
		size_t used = strlen(out->verdict[GATEWAY_A]);

		snprintf(out->verdict[GATEWAY_A] + used, VERDICT_BYTES - used, "/%s",
			 what);
	}
}
