// SPDX-License-Identifier: GPL-2.0
/*
 * gen_frag.c - datagrams in fragments, in order and not. See gen.h.
 *
 * All fragments of one datagram are one step: a gateway may hold them back
 * until the last one has come, and pass them on cut otherwise.
 *
 * RFC 791 3.2, 1858, 3128 (tiny and overlapping ones), 8200 4.5.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/diff/gen.h"

#define MORE_4 0x2000
#define MORE_6 0x0001
#define PIECES 4

enum order {
	IN_ORDER,
	LATER_SHUFFLED, /* the first is first */
	BACKWARDS,
	FIRST_IN_MIDDLE,
	NO_FIRST,
	NO_MIDDLE,
	NO_LAST,
	LATER_TWICE,
	FIRST_TWICE,
	OVERLAP_LATER, /* by eight bytes, with the same content */
	OVERLAP_OTHER, /* and with another */
	OVERLAP_FIRST, /* the transport header is written over */
	TINY_FIRST,
	RAGGED, /* not the last, but no multiple of eight bytes */
	BEYOND, /* ends behind 65535 */
	EMPTY,	/* a later one of no bytes at all */
	ALONE,	/* offset 0 and no more (IPv6: atomic) */
	N_ORDERS,
};

static const char *const order_names[N_ORDERS] = {
	[IN_ORDER] = "in-order",
	[LATER_SHUFFLED] = "later-shuffled",
	[BACKWARDS] = "backwards",
	[FIRST_IN_MIDDLE] = "first-in-middle",
	[NO_FIRST] = "no-first",
	[NO_MIDDLE] = "no-middle",
	[NO_LAST] = "no-last",
	[LATER_TWICE] = "later-twice",
	[FIRST_TWICE] = "first-twice",
	[OVERLAP_LATER] = "overlap-later",
	[OVERLAP_OTHER] = "overlap-other",
	[OVERLAP_FIRST] = "overlap-first",
	[TINY_FIRST] = "tiny-first",
	[RAGGED] = "ragged",
	[BEYOND] = "beyond",
	[EMPTY] = "empty",
	[ALONE] = "alone",
};

/* Which pieces, and when; -1 ends the list. */
static const int sequences[N_ORDERS][PIECES + 2] = {
	[IN_ORDER] = {0, 1, 2, 3, -1},
	[LATER_SHUFFLED] = {0, 2, 3, 1, -1},
	[BACKWARDS] = {3, 2, 1, 0, -1},
	[FIRST_IN_MIDDLE] = {1, 0, 2, 3, -1},
	[NO_FIRST] = {1, 2, 3, -1},
	[NO_MIDDLE] = {0, 1, 3, -1},
	[NO_LAST] = {0, 1, 2, -1},
	[LATER_TWICE] = {0, 1, 1, 2, 3, -1},
	[FIRST_TWICE] = {0, 0, 1, 2, 3, -1},
	[OVERLAP_LATER] = {0, 1, 2, 3, -1},
	[OVERLAP_OTHER] = {0, 1, 2, 3, -1},
	[OVERLAP_FIRST] = {0, 1, 2, 3, -1},
	[TINY_FIRST] = {0, 1, 2, 3, -1},
	[RAGGED] = {0, 1, 2, 3, -1},
	[BEYOND] = {0, 1, 2, 3, -1},
	[EMPTY] = {0, 1, 2, 3, -1},
	[ALONE] = {0, -1},
};

/* The frame of d->l4[from..to), said to lie at `offset`. */
static void put_fragment(struct step *step, const struct draft *whole, size_t from,
			 size_t to, size_t offset, bool more)
{
	struct draft d = *whole;

	if (d.v6) {
		d.head_first = 44;
		d.head_len = 8;
		d.head_last = 0;
		memset(d.head, 0, 8);
		put16(d.head + 2, (unsigned int)offset | (more ? MORE_6 : 0));
		put32(d.head + 4, 0x5e000000u | whole->id);
	} else {
		d.frag = (uint16_t)(offset / 8 | (more ? MORE_4 : 0));
	}
	draft_frame_part(&d, from, to, &step->frame[step->n++]);
}

static void cut(struct step *step, const struct draft *d, enum order order)
{
	size_t size = (d->l4_len / PIECES + 7) & ~(size_t)7;

	for (const int *piece = sequences[order]; *piece >= 0; piece++) {
		size_t from = (size_t)*piece * size, to = from + size, offset;
		bool last = *piece == PIECES - 1;

		if (order == TINY_FIRST) { /* eight bytes, and thirds of the rest */
			size = (d->l4_len / (PIECES - 1) + 7) & ~(size_t)7;
			from = *piece ? 8 + ((size_t)*piece - 1) * size : 0;
			to = *piece ? from + size : 8;
		}
		if (to > d->l4_len || last)
			to = d->l4_len;
		offset = from;
		if (order == ALONE) {
			to = d->l4_len;
			last = true;
		}
		if ((order == OVERLAP_LATER || order == OVERLAP_OTHER) && *piece == 2)
			offset = from -= 8;
		if (order == OVERLAP_OTHER && *piece == 2)
			from += 8, to += 8;
		if (order == OVERLAP_FIRST && *piece == 1)
			offset = 0;
		if (order == RAGGED && *piece == 1)
			to -= 3;
		if (order == BEYOND && last)
			offset = 65528;
		if (order == EMPTY && *piece == 2)
			to = from;
		put_fragment(step, d, from, to, offset, !last);
	}
}

/* More to cut: the payload grows, header and checksum follow. */
static void grow(struct gen *gen, struct draft *d, size_t most)
{
	size_t len = 400 + gen_below(gen, (uint32_t)most - 400);

	for (size_t i = d->l4_len; i < len; i++)
		d->l4[i] = (uint8_t)(i * 11 + 5);
	if (d->l4_len >= len)
		return;
	d->l4_len = len;
	if (d->proto == IPPROTO_UDP) {
		bool no_check = !get16(d->l4 + 6);

		put16(d->l4 + 4, (unsigned int)len);
		draft_seal(d);
		if (no_check)
			put16(d->l4 + 6, 0);
		return;
	}
	draft_seal(d);
}

void gen_fragments(struct gen *gen, struct step *step)
{
	enum order order = gen_chance(gen, 40) ? IN_ORDER : gen_below(gen, N_ORDERS);
	struct draft d;

	gen_transport(gen, step, &d);
	d.frag = 0;
	if (d.proto != IPPROTO_TCP)
		grow(gen, &d, order == ALONE ? 1400 : 3400);
	if (d.l4_len < 120) { /* not worth it: a bare TCP segment */
		draft_frame(&d, &step->frame[step->n++]);
		return;
	}
	/* What passes is as good as a packet: its receiver assembles it. */
	step_class(step, "fragments.%s", order_names[order]);
	step->odd |= order != IN_ORDER;
	step->fragments = true;
	snprintf(step->oddity, sizeof(step->oddity), "in-fragments");
	cut(step, &d, order);
}
