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

#define OWN_BYTES 48

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

/* Where the transport header begins; extension headers are not skipped. */
static size_t l4_offset(const struct frame *f)
{
	const uint8_t *ip = f->bytes + FRAME_L3_OFF;

	return FRAME_L3_OFF + (frame_is_v6(f) ? 40u : (size_t)(ip[0] & 0x0f) * 4);
}

static bool is_icmp_error(const struct frame *f)
{
	const uint8_t *ip = f->bytes + FRAME_L3_OFF;
	const uint8_t *l4 = f->bytes + l4_offset(f);

	if (f->len < l4_offset(f) + 8)
		return false;
	if (frame_is_v6(f))
		return ip[6] == IPPROTO_ICMPV6 && l4[0] < 128;
	return ip[9] == IPPROTO_ICMP && (l4[0] == 3 || l4[0] == 11 || l4[0] == 12);
}

/* Whether the error quotes what was sent, as it was sent. */
static bool quotes(const struct frame *error, const struct frame *sent)
{
	const uint8_t *quoted = error->bytes + l4_offset(error) + 8;
	const uint8_t *ip = sent->bytes + FRAME_L3_OFF;
	size_t header_len = l4_offset(sent) - FRAME_L3_OFF;

	if (error->len < l4_offset(error) + 8 + header_len + 8 ||
	    frame_is_v6(error) != frame_is_v6(sent))
		return false;
	if (memcmp(quoted + header_len, ip + header_len, 8) != 0)
		return false;
	if (frame_is_v6(sent))
		return !memcmp(quoted + 8, ip + 8, 32);
	return !memcmp(quoted, ip, 8) && quoted[9] == ip[9] &&
	       !memcmp(quoted + 12, ip + 12, 8);
}

/*
 * Whether the gateway says it itself, which it never does about an error. A peer that
 * translates gives its errors the address that the other end has for the sender: they are
 * known by going back where the packet came from, which nothing forwarded does here.
 */
static bool is_own(const struct step *step, const struct arrival *a)
{
	if (from_gateway(&a->frame))
		return !from_gateway(&step->frame[0]);
	return a->side == step->from && is_icmp_error(&a->frame) &&
	       !is_icmp_error(&step->frame[0]);
}

/* What a gateway says itself, reduced to what must agree. */
static void own_text(const struct step *step, const struct arrival *a, char *out)
{
	const uint8_t *ip = a->frame.bytes + FRAME_L3_OFF;
	const uint8_t *l4 = a->frame.bytes + l4_offset(&a->frame);
	uint8_t proto = frame_is_v6(&a->frame) ? ip[6] : ip[9];
	bool quoted = false;

	for (size_t i = 0; i < step->n; i++)
		quoted |= quotes(&a->frame, &step->frame[i]);
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		snprintf(out, OWN_BYTES, "own:icmp-%u-%u%s%s", l4[0], l4[1],
			 a->side == step->from ? "" : "-astray",
			 is_icmp_error(&a->frame) && !quoted ? "-misquoted" : "");
	else if (proto == IPPROTO_TCP)
		snprintf(out, OWN_BYTES, "own:tcp-%02x", l4[13]);
	else
		snprintf(out, OWN_BYTES, "own:%u", proto);
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

static bool parts_differ(const struct arrival *a, const struct arrival *b, size_t from,
			 size_t to)
{
	return memcmp(a->frame.bytes + from, b->frame.bytes + from, to - from) != 0;
}

/* The first thing in which two frames differ. */
static const char *difference(const struct arrival *a, const struct arrival *b)
{
	size_t header = l4_offset(&a->frame);
	bool v6 = frame_is_v6(&a->frame);
	static const struct {
		size_t from, to;
		const char *name;
		bool v6;
	} fields[] = {
		{14, 15, "ip-version-ihl", false}, {15, 16, "ip-tos", false},
		{16, 18, "ip-length", false},	   {18, 20, "ip-id", false},
		{20, 22, "ip-frag", false},	   {22, 23, "ip-ttl", false},
		{23, 24, "ip-proto", false},	   {26, 30, "ip-src", false},
		{30, 34, "ip-dst", false},	   {14, 18, "ip-flow", true},
		{18, 20, "ip-length", true},	   {20, 21, "ip-proto", true},
		{21, 22, "ip-ttl", true},	   {22, 38, "ip-src", true},
		{38, 54, "ip-dst", true},
	};

	if (a->side != b->side)
		return "link";
	if (a->frame.len != b->frame.len)
		return "length";
	if (parts_differ(a, b, 0, FRAME_L3_OFF))
		return "ethernet";
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].v6 == v6 &&
		    parts_differ(a, b, fields[i].from, fields[i].to))
			return fields[i].name;
	if (!v6 && parts_differ(a, b, FRAME_L3_OFF + 20, header))
		return "ip-options";
	if (parts_differ(a, b, FRAME_L3_OFF, header))
		return "ip-checksum";
	return "behind-ip-header";
}

/* What a gateway says of the link and not of the packet: "nobody has that
 * address", seconds later, and the redirects of IPv6, which no setting stops. */
static bool is_about_link(const struct arrival *a)
{
	const uint8_t *ip = a->frame.bytes + FRAME_L3_OFF;
	const uint8_t *l4 = a->frame.bytes + l4_offset(&a->frame);

	if (!frame_is_v6(&a->frame))
		return is_icmp_error(&a->frame) && l4[0] == 3 && l4[1] == 1;
	return ip[6] == IPPROTO_ICMPV6 && (l4[0] == 137 || (l4[0] == 1 && l4[1] == 3));
}

/* Take the gateway's own words out, as text; the rest is what it forwarded. */
static void take_own(const struct step *step, struct outcome *o, char *own)
{
	size_t kept = 0;

	own[0] = '\0';
	for (size_t i = 0; i < o->n; i++) {
		trim(&o->arrival[i].frame);
		if (is_own(step, &o->arrival[i]) && is_about_link(&o->arrival[i]))
			continue;
		if (is_own(step, &o->arrival[i]))
			own_text(step, &o->arrival[i], own);
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
		take_own(step, &outcome[g], own[g]);
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
