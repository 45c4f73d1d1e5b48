// SPDX-License-Identifier: GPL-2.0
/*
 * index.c - which lines have a packet? See lines.h.
 *
 * Prefix lengths are rounded down, so that few pairs of them occur; what is found by a
 * hash is tried in full, so that two things of one hash cost time and nothing else.
 */
#include <errno.h>
#include <stdlib.h>

#include "analysis/lines.h"
#include "util/cleanup.h"
#include "util/vec.h"

/* Lengths are rounded down to 0, 1/4, ... 3/4 of an address, in steps of less at its
 * end: hosts and small networks are what most lines are about. */
#define N_LENGTHS 8

static const uint8_t lengths[ACL_N_FAMILIES][N_LENGTHS] = {
	[ACL_IPV4] = {0, 8, 12, 16, 20, 24, 28, 32},
	[ACL_IPV6] = {0, 16, 32, 40, 48, 64, 96, 128},
};

/* A line whose product has more members than that is tried by itself. */
#define MAX_MEMBERS 64u

struct entry {
	uint32_t line;
	uint32_t next; /* 1 + its index; ascending by line; 0: the last */
};

struct chain {
	uint64_t hash; /* of all that is asked for */
	uint32_t head; /* 1 + index into entries; 0: the slot is free */
	uint32_t tail;
};

/* Lines whose prefixes are at least so long. */
struct pair {
	uint32_t first_any;  /* the first with any ports; UINT32_MAX: none */
	uint32_t first_port; /* the first of one protocol and destination port */
};

/* By a hash of an address's upper bits: the lengths of the other end's prefixes that
 * occur with it, a bit for each. Others of that hash cost time and nothing else. */
#define FILTER_BITS 19

_Static_assert(N_LENGTHS <= 8, "a bit for each");

struct space_index {
	uint8_t src[1u << FILTER_BITS];
	uint8_t dst[1u << FILTER_BITS];
	enum acl_family family;
	const struct acl_list *list;
	const struct space_list *lines;
	VEC(struct entry) entries;
	struct chain *chains;
	size_t n_chains; /* a power of two */
	size_t used;
	struct pair pairs[N_LENGTHS][N_LENGTHS];
	VEC(uint32_t) large; /* lines, ascending */
};

/* ---- hashes ---- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static space_address upper_bits(enum acl_family family, space_address address,
				unsigned int length)
{
	unsigned int rest = lengths[family][N_LENGTHS - 1] - lengths[family][length];

	return rest < 128 ? address >> rest : 0;
}

/* @service: 1 + protocol << 16 | port, or 0 */
static uint64_t hash_of(const struct space_index *index, unsigned int src_length,
			unsigned int dst_length, space_address src, space_address dst,
			uint32_t service)
{
	uint64_t hash = mix((uint64_t)service << 8 | src_length << 4 | dst_length, 1);

	src = upper_bits(index->family, src, src_length);
	dst = upper_bits(index->family, dst, dst_length);
	if (index->family == ACL_IPV4)
		return mix(hash, (uint64_t)src << 32 | (uint64_t)dst);
	hash = mix(mix(hash, (uint64_t)(src >> 64)), (uint64_t)src);
	return mix(mix(hash, (uint64_t)(dst >> 64)), (uint64_t)dst);
}

static size_t filter_slot(enum acl_family family, unsigned int length,
			  space_address address)
{
	space_address bits = upper_bits(family, address, length);
	uint64_t hash = mix(mix(length, (uint64_t)(bits >> 64)), (uint64_t)bits);

	return hash >> (64 - FILTER_BITS);
}

static uint32_t service_key(uint8_t proto, uint16_t port)
{
	return 1 + ((uint32_t)proto << 16 | port);
}

/* Later fragments have none, and no line with ports (space.h). */
static bool has_key(const struct service_box *box)
{
	return box->proto_low == box->proto_high &&
	       box->dst_port_low == box->dst_port_high;
}

static unsigned int length_of(enum acl_family family, unsigned int len)
{
	unsigned int i = N_LENGTHS - 1;

	while (lengths[family][i] > len)
		i--;
	return i;
}

/* ---- making one ---- */

static struct chain *chain_slot(const struct space_index *index, uint64_t hash)
{
	for (size_t at = hash;; at++) {
		struct chain *chain = &index->chains[at & (index->n_chains - 1)];

		if (!chain->head || chain->hash == hash)
			return chain;
	}
}

static int grow_chains(struct space_index *index)
{
	struct chain *old = index->chains;
	size_t n_old = index->n_chains;
	size_t n = n_old ? n_old * 2 : 64;

	index->chains = calloc(n, sizeof(*index->chains));
	if (!index->chains) {
		index->chains = old;
		return -ENOMEM;
	}
	index->n_chains = n;
	for (size_t i = 0; i < n_old; i++)
		if (old[i].head)
			*chain_slot(index, old[i].hash) = old[i];
	free(old);
	return 0;
}

static int add_entry(struct space_index *index, uint64_t hash, uint32_t line)
{
	struct chain *chain;
	struct entry *entry;

	if (index->used * 2 >= index->n_chains && grow_chains(index))
		return -ENOMEM;
	chain = chain_slot(index, hash);
	if (chain->head && index->entries.items[chain->tail - 1].line == line)
		return 0;
	entry = vec_push(&index->entries);
	if (!entry)
		return -ENOMEM;
	entry->line = line;
	if (chain->head)
		index->entries.items[chain->tail - 1].next =
			(uint32_t)index->entries.count;
	else
		chain->head = (uint32_t)index->entries.count;
	index->used += chain->tail == 0;
	chain->tail = (uint32_t)index->entries.count;
	chain->hash = hash;
	return 0;
}

static int add_member(struct space_index *index, uint32_t line,
		      const struct acl_prefix *src, const struct acl_prefix *dst,
		      const struct service_box *box)
{
	unsigned int src_length = length_of(index->family, src->len);
	unsigned int dst_length = length_of(index->family, dst->len);
	struct pair *pair = &index->pairs[src_length][dst_length];
	uint32_t service = has_key(box) ? service_key(box->proto_low, box->dst_port_low)
					: 0;
	uint32_t *first = service ? &pair->first_port : &pair->first_any;

	if (*first > line)
		*first = line;
	index->src[filter_slot(index->family, src_length, span_of(src).low)] |=
		(uint8_t)(1u << dst_length);
	index->dst[filter_slot(index->family, dst_length, span_of(dst).low)] |=
		(uint8_t)(1u << src_length);
	return add_entry(index,
			 hash_of(index, src_length, dst_length, span_of(src).low,
				 span_of(dst).low, service),
			 line);
}

static int add_members(struct space_index *index, uint32_t number,
		       const struct acl_line *line, const struct service_set *services)
{
	int err = 0;

	for (uint32_t s = 0; s < line->n_src; s++) {
		if (line->src[s].family != index->family)
			continue;
		for (uint32_t d = 0; d < line->n_dst; d++) {
			if (line->dst[d].family != index->family)
				continue;
			for (uint32_t v = 0; !err && v < services->n; v++)
				err = add_member(index, number, &line->src[s],
						 &line->dst[d], &services->items[v]);
		}
	}
	return err;
}

int space_index_add(struct space_index *index, size_t number)
{
	const struct acl_line *line = &index->list->lines[number];
	const struct product *set = &index->lines->lines[number].set;
	uint64_t members = (uint64_t)line->n_src * line->n_dst;
	uint32_t *large;

	if (product_is_empty(set))
		return 0;
	if (members <= MAX_MEMBERS && members * set->services.n <= MAX_MEMBERS)
		return add_members(index, (uint32_t)number, line, &set->services);
	large = vec_push(&index->large);
	if (!large)
		return -ENOMEM;
	*large = (uint32_t)number;
	return 0;
}

struct space_index *space_index_new(enum acl_family family, const struct acl_list *list,
				    const struct space_list *lines)
{
	struct space_index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	index->family = family;
	index->list = list;
	index->lines = lines;
	for (unsigned int s = 0; s < N_LENGTHS; s++)
		for (unsigned int d = 0; d < N_LENGTHS; d++)
			index->pairs[s][d] = (struct pair){UINT32_MAX, UINT32_MAX};
	if (!grow_chains(index))
		return index;
	space_index_free(index);
	return NULL;
}

void space_index_free(struct space_index *index)
{
	if (!index)
		return;
	free(index->chains);
	vec_free(&index->entries);
	vec_free(&index->large);
	free(index);
}

/* ---- asking ---- */

struct question {
	const struct space_index *index;
	const struct point *point;
	size_t limit;
	uint64_t *work;
	space_visit_fn *visit;
	void *arg;
	bool ended;
};

static void try_line(struct question *q, size_t line)
{
	++*q->work;
	if (product_has(&q->index->lines->lines[line].set, q->point))
		q->ended = !q->visit(q->arg, line);
}

static void try_chain(struct question *q, uint64_t hash)
{
	uint32_t at = chain_slot(q->index, hash)->head;

	while (at && !q->ended) {
		const struct entry *entry = &q->index->entries.items[at - 1];

		if (entry->line >= q->limit)
			return;
		try_line(q, entry->line);
		at = entry->next;
	}
}

static void try_pair(struct question *q, unsigned int s, unsigned int d)
{
	const struct pair *pair = &q->index->pairs[s][d];
	const struct point *p = q->point;

	if (pair->first_any < q->limit)
		try_chain(q, hash_of(q->index, s, d, p->src, p->dst, 0));
	if (pair->first_port < q->limit && !p->later && !q->ended)
		try_chain(q, hash_of(q->index, s, d, p->src, p->dst,
				     service_key(p->proto, p->dst_port)));
}

static void ask(struct question *q)
{
	const struct space_index *index = q->index;
	uint8_t src[N_LENGTHS], dst[N_LENGTHS];

	for (unsigned int i = 0; i < N_LENGTHS; i++) {
		src[i] = index->src[filter_slot(index->family, i, q->point->src)];
		dst[i] = index->dst[filter_slot(index->family, i, q->point->dst)];
	}
	for (unsigned int s = 0; s < N_LENGTHS; s++)
		for (unsigned int d = 0; src[s] >> d && !q->ended; d++)
			if ((src[s] >> d & 1) && (dst[d] >> s & 1))
				try_pair(q, s, d);
	for (size_t i = 0; i < index->large.count && !q->ended; i++) {
		if (index->large.items[i] >= q->limit)
			return;
		try_line(q, index->large.items[i]);
	}
}

void space_index_visit(const struct space_index *index, const struct point *point,
		       size_t limit, uint64_t *work, space_visit_fn *visit, void *arg)
{
	struct question q = {index, point, limit, work, visit, arg, false};

	ask(&q);
}

/* From here on only lines before this one are of interest. */
static bool narrow(void *arg, size_t line)
{
	struct question *q = arg;

	q->limit = line;
	return true;
}

size_t space_index_first(const struct space_index *index, const struct point *point,
			 size_t limit, uint64_t *work)
{
	struct question q = {index, point, limit, work, narrow, NULL, false};

	q.arg = &q;
	ask(&q);
	return q.limit < limit ? q.limit : SPACE_NO_LINE;
}
