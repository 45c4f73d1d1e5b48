// SPDX-License-Identifier: GPL-2.0
/*
 * gen_spoiled.c - a plausible packet, spoiled: malformed, with options or
 * extension headers, with a spoofed source, or at the end of its hops. See
 * gen.h.
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/diff/gen.h"

/* ---- malformed ------------------------------------------------------------------- */

enum fault {
	FAULT_IP_CHECKSUM,
	FAULT_IP_VERSION,
	FAULT_IP_IHL_SHORT,
	FAULT_IP_IHL_LONG,
	FAULT_IP_LENGTH_LONG,
	FAULT_IP_LENGTH_SHORT,
	FAULT_L4_CHECKSUM,
	FAULT_L4_TRUNCATED,
	FAULT_TCP_OFFSET_SHORT,
	FAULT_TCP_OFFSET_LONG,
	FAULT_UDP_LENGTH_LONG,
	FAULT_UDP_LENGTH_SHORT,
	FAULT_UDP_LENGTH_TINY,
	FAULT_PADDED,
	FAULT_OTHER_STATION,
	FAULT_BROADCAST_FRAME,
	FAULT_ETHERTYPE,
	FAULT_PRIORITY_TAG, /* 802.1Q with identifier 0: a priority, no VLAN */
	FAULT_VLAN_TAG,
	N_FAULTS,
};

static const char *const fault_names[N_FAULTS] = {
	[FAULT_IP_CHECKSUM] = "ip-checksum",
	[FAULT_IP_VERSION] = "ip-version",
	[FAULT_IP_IHL_SHORT] = "ip-ihl-short",
	[FAULT_IP_IHL_LONG] = "ip-ihl-long",
	[FAULT_IP_LENGTH_LONG] = "ip-length-long",
	[FAULT_IP_LENGTH_SHORT] = "ip-length-short",
	[FAULT_L4_CHECKSUM] = "l4-checksum",
	[FAULT_L4_TRUNCATED] = "l4-truncated",
	[FAULT_TCP_OFFSET_SHORT] = "tcp-offset-short",
	[FAULT_TCP_OFFSET_LONG] = "tcp-offset-long",
	[FAULT_UDP_LENGTH_LONG] = "udp-length-long",
	[FAULT_UDP_LENGTH_SHORT] = "udp-length-short",
	[FAULT_UDP_LENGTH_TINY] = "udp-length-tiny",
	[FAULT_PADDED] = "padded",
	[FAULT_OTHER_STATION] = "other-station",
	[FAULT_BROADCAST_FRAME] = "broadcast-frame",
	[FAULT_ETHERTYPE] = "ethertype",
	[FAULT_PRIORITY_TAG] = "priority-tag",
	[FAULT_VLAN_TAG] = "vlan-tag",
};

static bool fault_fits(enum fault fault, const struct draft *d)
{
	switch (fault) {
	case FAULT_IP_CHECKSUM:
	case FAULT_IP_IHL_SHORT:
	case FAULT_IP_IHL_LONG:
		return !d->v6;
	case FAULT_L4_CHECKSUM:
		return draft_check_offset(d);
	case FAULT_TCP_OFFSET_SHORT:
	case FAULT_TCP_OFFSET_LONG:
		return d->proto == IPPROTO_TCP;
	case FAULT_UDP_LENGTH_LONG:
	case FAULT_UDP_LENGTH_SHORT:
	case FAULT_UDP_LENGTH_TINY:
		return d->proto == IPPROTO_UDP && d->l4_len > 16;
	case FAULT_IP_LENGTH_SHORT:
		return d->l4_len > 8;
	default:
		return true;
	}
}

/* Before the frame is made: the checksums are right for what is wrong. */
static void spoil_draft(enum fault fault, struct draft *d)
{
	switch (fault) {
	case FAULT_TCP_OFFSET_SHORT:
		d->l4[12] = 4 << 4;
		break;
	case FAULT_TCP_OFFSET_LONG:
		d->l4[12] = 15 << 4;
		if (d->l4_len >= 60)
			d->l4_len = 40;
		break;
	case FAULT_UDP_LENGTH_LONG:
		put16(d->l4 + 4, (unsigned int)d->l4_len + 8);
		break;
	case FAULT_UDP_LENGTH_SHORT:
		put16(d->l4 + 4, (unsigned int)d->l4_len - 5);
		break;
	case FAULT_UDP_LENGTH_TINY:
		put16(d->l4 + 4, 7);
		break;
	case FAULT_L4_TRUNCATED:
		if (d->l4_len > 7)
			d->l4_len = 7;
		return;
	default:
		return;
	}
	draft_seal(d);
}

static void put_tag(struct frame *f, unsigned int tag)
{
	if (f->len + 4 > FRAME_MAX_BYTES)
		return;
	memmove(f->bytes + 16, f->bytes + 12, f->len - 12);
	put16(f->bytes + 12, 0x8100);
	put16(f->bytes + 14, tag);
	f->len += 4;
}

static void spoil_frame(struct gen *gen, enum fault fault, const struct draft *d,
			struct frame *f)
{
	uint8_t *ip = f->bytes + FRAME_L3_OFF;
	size_t check = FRAME_L3_OFF + draft_header_len(d) + draft_check_offset(d);
	uint8_t *length = d->v6 ? ip + 4 : ip + 2;

	switch (fault) {
	case FAULT_IP_CHECKSUM:
		ip[10] ^= 0x10;
		return;
	case FAULT_IP_VERSION:
		ip[0] = (uint8_t)((ip[0] & 0x0f) | 0x50);
		break;
	case FAULT_IP_IHL_SHORT:
		ip[0] = 0x44;
		break;
	case FAULT_IP_IHL_LONG:
		ip[0] = 0x4f;
		break;
	case FAULT_IP_LENGTH_LONG:
		put16(length, get16(length) + 1 + gen_below(gen, 100));
		break;
	case FAULT_IP_LENGTH_SHORT:
		put16(length, get16(length) - 4);
		break;
	case FAULT_L4_CHECKSUM:
		f->bytes[check] ^= 0x40;
		return;
	case FAULT_PADDED:
		if (f->len + 40 > FRAME_MAX_BYTES)
			return;
		memset(f->bytes + f->len, 0xee, 40);
		f->len += 40;
		return;
	case FAULT_OTHER_STATION:
		f->bytes[4] = 9;
		return;
	case FAULT_BROADCAST_FRAME:
		memset(f->bytes, 0xff, 6);
		return;
	case FAULT_ETHERTYPE:
		put16(f->bytes + 12, 0x88b5); /* IEEE 802, local experiments */
		return;
	case FAULT_PRIORITY_TAG:
		put_tag(f, 5u << 13);
		return;
	case FAULT_VLAN_TAG:
		put_tag(f, 7);
		return;
	default:
		return;
	}
	if (!d->v6)
		frame_seal_ip(f);
}

/* Does the receiver's TCP or UDP still believe it? */
static bool fault_is_harmless(enum fault fault)
{
	return fault == FAULT_PADDED || fault == FAULT_PRIORITY_TAG;
}

void gen_malformed(struct gen *gen, struct step *step)
{
	enum fault fault;
	struct draft d;

	step_class(step, "bad");
	step->spoiled = true;
	gen_transport(gen, step, &d);
	do
		fault = gen_below(gen, N_FAULTS);
	while (!fault_fits(fault, &d));
	if (fault_is_harmless(fault)) {
		step_class(step, "%s", fault_names[fault]);
	} else {
		step->after = *step->flow;
		step_odd(step, "%s", fault_names[fault]);
	}
	spoil_draft(fault, &d);
	draft_frame(&d, &step->frame[step->n]);
	spoil_frame(gen, fault, &d, &step->frame[step->n++]);
}

/* ---- options and extension headers ----------------------------------------------------
 */

static const struct {
	const char *name;
	size_t len;
	uint8_t bytes[16];
} options[] = {
	{"nop", 4, {1, 1, 1, 1}},
	{"end", 4, {0, 0, 0, 0}},
	{"router-alert", 4, {148, 4, 0, 0}},
	{"record-route", 8, {7, 7, 4, 0, 0, 0, 0, 0}},
	{"timestamp", 8, {68, 8, 5, 0, 0, 0, 0, 0}},
	{"loose-source-route", 8, {131, 7, 4, 198, 51, 100, 77, 0}},
	{"strict-source-route", 8, {137, 7, 4, 198, 51, 100, 77, 0}},
	{"spent-source-route", 8, {131, 7, 8, 198, 51, 100, 77, 0}},
	{"length-zero", 4, {7, 0, 0, 0}},
	{"length-one", 4, {148, 1, 0, 0}},
	{"length-long", 4, {148, 12, 0, 0}},
	{"unknown", 4, {0x5e, 4, 0, 0}},
	{"cipso", 12, {134, 10, 0, 0, 0, 1, 1, 4, 0, 0, 0, 0}},
};

/* The next-header field of the last one is filled in with the frame. */
static const struct {
	const char *name;
	uint8_t first;
	size_t len;
	size_t last;
	uint8_t bytes[40];
} extensions[] = {
	{"hop-by-hop", 0, 8, 0, {0, 0, 1, 4}},
	{"destination", 60, 8, 0, {0, 0, 1, 4}},
	{"routing-0", 43, 8, 0, {0, 0, 0, 0}},
	{"routing-0-left", 43, 24, 0, {0, 2, 0, 1, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8}},
	{"routing-2", 43, 24, 0, {0, 2, 2, 1, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8}},
	{"routing-4-spent", 43, 8, 0, {0, 0, 4, 0}},
	{"atomic-fragment", 44, 8, 0, {0, 0, 0, 0, 0, 0, 0, 7}},
	{"ah", 51, 16, 0, {0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}},
	{"hop-by-hop-destination", 0, 16, 8, {60, 0, 1, 4, 0, 0, 0, 0, 0, 0, 1, 4}},
	{"destination-hop-by-hop", 60, 16, 8, {0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 1, 4}},
	{"destination-twice", 60, 16, 8, {60, 0, 1, 4, 0, 0, 0, 0, 0, 0, 1, 4}},
	{"hop-by-hop-unknown-skip", 0, 8, 0, {0, 0, 0x1e, 4}},
	{"hop-by-hop-unknown-drop", 0, 8, 0, {0, 0, 0x5e, 4}},
	{"hop-by-hop-option-long", 0, 8, 0, {0, 0, 0x1e, 20}},
	{"reserved-header", 252, 8, 0, {0, 0, 1, 4}},
	{"cut-off", 60, 8, 0, {0, 200, 1, 4}},
};

static void put_options(struct gen *gen, struct step *step, struct draft *d)
{
	size_t i = gen_below(gen, sizeof(options) / sizeof(options[0]));

	step_class(step, "%s", options[i].name);
	memcpy(d->head, options[i].bytes, options[i].len);
	d->head_len = options[i].len;
}

static void put_extensions(struct gen *gen, struct step *step, struct draft *d)
{
	size_t i = gen_below(gen, sizeof(extensions) / sizeof(extensions[0]));

	step_class(step, "%s", extensions[i].name);
	memcpy(d->head, extensions[i].bytes, extensions[i].len);
	d->head_len = extensions[i].len;
	d->head_last = extensions[i].last;
	d->head_first = extensions[i].first;
	step->fragments = d->head_first == 44;
	if (d->head_first == 252) /* then this is no packet of the flow */
		step->after = *step->flow;
}

void gen_headers(struct gen *gen, struct step *step)
{
	struct draft d;

	step_class(step, step->flow->v6 ? "extension" : "options");
	step->spoiled = true;
	gen_transport(gen, step, &d);
	if (d.v6)
		put_extensions(gen, step, &d);
	else
		put_options(gen, step, &d);
	if (draft_header_len(&d) + d.l4_len > FRAME_MTU)
		d.head_len = 0;
	draft_frame(&d, &step->frame[step->n++]);
}

/* ---- spoofed
 * ------------------------------------------------------------------------------ */

static const char *const impossible4[] = {
	"127.0.0.1",  "0.0.0.0",     "224.0.0.5", "255.255.255.255",
	"10.0.0.255", "203.0.113.1", "10.0.0.1",
};
/* No destination: how often the kernel says that it has no route depends on time. */
static const char *const class_e = "240.1.2.3";
static const char *const impossible6[] = {
	"::1", "::", "ff02::1", "2001:db8::1", "::ffff:10.0.0.10", "fe80::77",
};

static void put_impossible(struct gen *gen, const struct draft *d, const char **name,
			   struct addr *out)
{
	if (d->v6)
		*name = impossible6[gen_below(gen, sizeof(impossible6) / sizeof(char *))];
	else
		*name = impossible4[gen_below(gen, sizeof(impossible4) / sizeof(char *))];
	*out = addr_of(*name);
}

void gen_spoofed(struct gen *gen, struct step *step)
{
	const char *name;
	struct draft d;

	step_class(step, "spoofed");
	step->spoiled = true;
	gen_transport(gen, step, &d);
	step->after = *step->flow;
	switch (gen_below(gen, 4)) {
	case 0: /* a packet of the flow, from where it cannot come */
		do
			d.from = gen_below(gen, N_SIDES);
		while (d.from == step->from);
		step_odd(step, "%s-for-%s", side_names[d.from], side_names[step->from]);
		step->from = d.from;
		step->last = true; /* it may have left an entry in the way */
		break;
	case 1:
		d.src = d.dst;
		step_odd(step, "land");
		break;
	case 2:
		put_impossible(gen, &d, &name, &d.src);
		if (!d.v6 && gen_chance(gen, 12)) {
			name = class_e;
			d.src = addr_of(name);
		}
		step_odd(step, "src-%s", name);
		break;
	default:
		put_impossible(gen, &d, &name, &d.dst);
		step_odd(step, "dst-%s", name);
	}
	draft_seal(&d);
	draft_frame(&d, &step->frame[step->n++]);
}

/* ---- hops
 * --------------------------------------------------------------------------------------
 */

void gen_hops(struct gen *gen, struct step *step)
{
	struct draft d;

	step_class(step, "hops");
	step->spoiled = true;
	gen_transport(gen, step, &d);
	d.ttl = (uint8_t)gen_below(gen, 4);
	step_class(step, "%u", d.ttl);
	step->odd |= d.ttl < 2;
	draft_frame(&d, &step->frame[step->n++]);
}
