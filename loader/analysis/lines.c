// SPDX-License-Identifier: GPL-2.0
/*
 * lines.c - from lines as they are compiled to products. See lines.h.
 *
 * Most lines are one prefix to one prefix: their spans and boxes lie in arrays beside
 * one another. Sets of more are looked up by their address, for lines share them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/lines.h"
#include "util/cleanup.h"

/* ---- hashes ---- */

/* Multiplication by the golden ratio; the upper half is folded in. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static uint64_t hash_words(const void *words, size_t bytes)
{
	const unsigned char *at = words;
	uint64_t hash = bytes, word;

	for (; bytes; bytes -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
	}
	return hash;
}

_Static_assert(sizeof(struct span) == 2 * sizeof(space_address), "no padding");
_Static_assert(sizeof(struct service_box) == 24, "no padding but what is named");

/* ---- sets that are shared ---- */

struct made_set {
	const void *from; /* NULL: the slot is free */
	uint32_t n_from;
	bool is_services;
	uint64_t hash;
	union {
		struct span_set spans;
		struct service_set services;
	};
};

struct maker {
	struct scratch *scratch;
	enum acl_family family;
	struct made_set *slots;
	size_t n_slots;	    /* a power of two */
	struct span *spans; /* room for what is not shared */
	struct service_box *boxes;
};

static struct made_set *made_slot(struct maker *m, const void *from, uint32_t n,
				  bool is_services)
{
	size_t at = mix((uintptr_t)from, (uint64_t)n << 1 | is_services);

	for (;; at++) {
		struct made_set *slot = &m->slots[at & (m->n_slots - 1)];

		if (!slot->from || (slot->from == from && slot->n_from == n &&
				    slot->is_services == is_services))
			return slot;
	}
}

static struct span_set make_spans(struct maker *m, const struct acl_prefix *from,
				  uint32_t n, uint64_t *hash)
{
	struct made_set *slot;

	if (n == 1) {
		struct span_set one = {m->spans, from->family == m->family};

		*m->spans = span_of(from);
		*hash = hash_words(m->spans++, sizeof(*m->spans));
		return one;
	}
	if (!n)
		return (struct span_set){0};
	slot = made_slot(m, from, n, false);
	if (!slot->from) {
		slot->from = from;
		slot->n_from = n;
		slot->spans = span_set_make(m->scratch, m->family, from, n);
		slot->hash = hash_words(slot->spans.items,
					slot->spans.n * sizeof(struct span));
	}
	*hash = slot->hash;
	return slot->spans;
}

static struct service_set make_services(struct maker *m, const struct acl_service *from,
					uint32_t n, uint64_t *hash)
{
	struct made_set *slot;

	if (n == 1) {
		struct service_set one = {m->boxes, 1};

		*m->boxes = service_box_of(from);
		*hash = hash_words(m->boxes++, sizeof(*m->boxes));
		return one;
	}
	if (!n)
		return (struct service_set){0};
	slot = made_slot(m, from, n, true);
	if (!slot->from) {
		slot->from = from;
		slot->n_from = n;
		slot->is_services = true;
		slot->services = service_set_make(m->scratch, from, n);
		slot->hash = hash_words(slot->services.items,
					slot->services.n * sizeof(struct service_box));
	}
	*hash = slot->hash;
	return slot->services;
}

static struct space_line make_line(struct maker *m, const struct acl_line *from)
{
	uint64_t src = 0, dst = 0, services = 0;
	struct space_line line = {.number = from->number, .permit = from->permit};

	line.set.src = make_spans(m, from->src, from->n_src, &src);
	line.set.dst = make_spans(m, from->dst, from->n_dst, &dst);
	line.set.services = make_services(m, from->services, from->n_services, &services);
	line.hash = mix(mix(mix(src, dst), services), from->permit);
	return line;
}

/* Room for everything. Return: 0 or -ENOMEM. */
static int maker_init(struct maker *m, const struct acl_list *list)
{
	size_t n_shared = 0;

	for (size_t i = 0; i < list->n_lines; i++)
		n_shared += (size_t)(list->lines[i].n_src > 1) +
			    (list->lines[i].n_dst > 1) + (list->lines[i].n_services > 1);
	for (m->n_slots = 4; m->n_slots < 2 * n_shared;)
		m->n_slots *= 2;
	m->slots = calloc(m->n_slots, sizeof(*m->slots));
	m->spans = scratch_alloc(m->scratch, 2 * list->n_lines * sizeof(*m->spans));
	m->boxes = scratch_alloc(m->scratch, list->n_lines * sizeof(*m->boxes));
	return m->slots && m->spans && m->boxes ? 0 : -ENOMEM;
}

int space_list_make(struct scratch *scratch, enum acl_family family,
		    const struct acl_list *list, struct space_list *out)
{
	struct maker m = {.scratch = scratch, .family = family};
	struct space_line *lines =
		scratch_alloc(scratch, list->n_lines * sizeof(struct space_line));
	int err = lines ? maker_init(&m, list) : -ENOMEM;

	for (size_t i = 0; !err && i < list->n_lines; i++)
		lines[i] = make_line(&m, &list->lines[i]);
	free(m.slots);
	if (err || scratch->failed)
		return -ENOMEM;
	*out = (struct space_list){lines, list->n_lines};
	return 0;
}

static bool equal_bytes(const void *a, size_t n_a, const void *b, size_t n_b, size_t size)
{
	return n_a == n_b && (a == b || !n_a || !memcmp(a, b, n_a * size));
}

bool space_lines_equal(const struct space_line *a, const struct space_line *b)
{
	return a->hash == b->hash && a->permit == b->permit &&
	       equal_bytes(a->set.src.items, a->set.src.n, b->set.src.items, b->set.src.n,
			   sizeof(struct span)) &&
	       equal_bytes(a->set.dst.items, a->set.dst.n, b->set.dst.items, b->set.dst.n,
			   sizeof(struct span)) &&
	       equal_bytes(a->set.services.items, a->set.services.n,
			   b->set.services.items, b->set.services.n,
			   sizeof(struct service_box));
}
