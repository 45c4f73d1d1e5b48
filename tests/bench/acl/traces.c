// SPDX-License-Identifier: GPL-2.0
/*
 * traces.c - packets for a set. See sets.h.
 *
 * Random order, so that no cache has what the next packet needs because the one
 * before was its neighbour in the list.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "sets.h"
#include "steps.h"

#define LOCAL_FLOWS   8192 /* at most as many as packets */
#define WORST_TRIED   200000
#define WORST_KEPT    64 /* the trace repeats them */
#define WORST_CLIMBED 20000
#define ANY_PROTO     6

/* splitmix64: Steele, Lea, Flood 2014 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint32_t random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((next_random(state) >> 32) * n >> 32);
}

/* ---- a packet inside a line ---- */

static struct bench_addr address_within(const struct acl_prefix *prefix, uint64_t *state)
{
	uint64_t high = next_random(state), low = next_random(state);
	uint32_t len = prefix->len;
	struct bench_addr out = {{0, 0, htonl(0xffff), 0}};

	if (prefix->family == ACL_IPV4) {
		low &= len < 32 ? 0xffffffffu >> len : 0;
		out.word[3] = htonl((uint32_t)(prefix->low | low));
		return out;
	}
	high &= len < 64 ? ~0ull >> len : 0;
	low &= len <= 64 ? ~0ull : len < 128 ? ~0ull >> (len - 64) : 0;
	high |= prefix->high;
	low |= prefix->low;
	out.word[0] = htonl((uint32_t)(high >> 32));
	out.word[1] = htonl((uint32_t)high);
	out.word[2] = htonl((uint32_t)(low >> 32));
	out.word[3] = htonl((uint32_t)low);
	return out;
}

static uint16_t port_within(uint16_t low, uint16_t high, uint64_t *state)
{
	return (uint16_t)(low + random_below(state, (uint32_t)high - low + 1));
}

static void packet_make(const struct acl_line *line, uint64_t *state,
			struct bench_key *key)
{
	const struct acl_service *s =
		&line->services[random_below(state, line->n_services)];

	memset(key, 0, sizeof(*key));
	key->src = address_within(&line->src[random_below(state, line->n_src)], state);
	key->dst = address_within(&line->dst[random_below(state, line->n_dst)], state);
	key->proto = s->any_proto ? ANY_PROTO : s->proto;
	key->src_port = port_within(s->src_port_low, s->src_port_high, state);
	key->dst_port = port_within(s->dst_port_low, s->dst_port_high, state);
}

static const struct acl_line *random_line(const struct bench_set *set, uint64_t *state)
{
	return &set->lines.lines[random_below(state, (uint32_t)set->lines.n_lines)];
}

static void fill_lines(const struct bench_set *set, struct bench_trace *trace,
		       uint64_t *state)
{
	for (uint32_t i = 0; i < trace->n; i++)
		packet_make(random_line(set, state), state, &trace->keys[i]);
}

/* Flow number n * u^4: half of the packets are of 6 % of the flows. */
static int fill_local(const struct bench_set *set, struct bench_trace *trace,
		      uint64_t *state)
{
	struct bench_key *flows = calloc(LOCAL_FLOWS, sizeof(*flows));

	if (!flows)
		return bench_fail("out of memory");
	for (uint32_t i = 0; i < LOCAL_FLOWS; i++)
		packet_make(random_line(set, state), state, &flows[i]);
	for (uint32_t i = 0; i < trace->n; i++) {
		double u = (double)random_below(state, 1u << 24) / (1u << 24);

		trace->keys[i] = flows[(uint32_t)(u * u * u * u * LOCAL_FLOWS)];
	}
	free(flows);
	return 0;
}

/* ---- the dearest packets ---- */

struct dear {
	double weight;
	struct bench_key key;
};

static double weigh(const struct bench_set *set, const struct bench_key *key)
{
	struct bench_steps steps = {0};

	steps_lookup(set, key, &steps);
	return steps_weight(&steps);
}

/* Keep the packet if it is dearer than the cheapest one kept, and new. */
static void keep(struct dear *kept, const struct bench_set *set,
		 const struct bench_key *key)
{
	struct dear *cheapest = kept;
	double weight = weigh(set, key);

	for (struct dear *d = kept; d < kept + WORST_KEPT; d++) {
		if (!memcmp(&d->key, key, sizeof(*key)))
			return;
		if (d->weight < cheapest->weight)
			cheapest = d;
	}
	if (weight > cheapest->weight)
		*cheapest = (struct dear){weight, *key};
}

/* Each field from a line of its own: what lies across lines meets many of them. */
static void packet_cross(const struct bench_set *set, uint64_t *state,
			 struct bench_key *out)
{
	struct bench_key part;

	packet_make(random_line(set, state), state, out);
	packet_make(random_line(set, state), state, &part);
	out->dst = part.dst;
	if (next_random(state) & 1) {
		packet_make(random_line(set, state), state, &part);
		out->dst_port = part.dst_port;
		out->proto = part.proto;
	}
	if (next_random(state) & 1)
		out->src_port = (uint16_t)next_random(state);
	if (!(next_random(state) & 3))
		out->dst_port = (uint16_t)next_random(state);
}

/* A packet that is kept, with one field of another. */
static void packet_vary(const struct bench_set *set, const struct dear *kept,
			uint64_t *state, struct bench_key *out)
{
	struct bench_key part;

	*out = kept[random_below(state, WORST_KEPT)].key;
	packet_make(random_line(set, state), state, &part);
	switch (random_below(state, 4)) {
	case 0:
		out->src = part.src;
		break;
	case 1:
		out->dst = part.dst;
		break;
	case 2:
		out->dst_port = (uint16_t)next_random(state);
		out->proto = part.proto;
		break;
	default:
		out->src_port = part.src_port;
		out->dst_port = part.dst_port;
		out->proto = part.proto;
		break;
	}
}

static void fill_worst(const struct bench_set *set, struct bench_trace *trace,
		       uint64_t *state)
{
	struct dear kept[WORST_KEPT] = {0};
	struct bench_key key;

	for (uint32_t i = 0; i < WORST_TRIED; i++) {
		if (i & 1)
			packet_make(random_line(set, state), state, &key);
		else
			packet_cross(set, state, &key);
		keep(kept, set, &key);
	}
	for (uint32_t i = 0; i < WORST_CLIMBED; i++) {
		packet_vary(set, kept, state, &key);
		keep(kept, set, &key);
	}
	for (uint32_t i = 0; i < trace->n; i++)
		trace->keys[i] = kept[i % WORST_KEPT].key;
}

/* ---- */

/* What the lookups must answer, and their steps. */
static void trace_foresee(struct bench_set *set, enum bench_trace_kind kind)
{
	struct bench_trace *trace = &set->traces[kind];
	struct bench_steps sum = {0}, *mean = &set->steps[kind];

	trace->answers = 0;
	for (uint32_t i = 0; i < trace->n; i++)
		trace->answers += steps_lookup(set, &trace->keys[i], &sum) >> 11;
	mean->trie = sum.trie / trace->n;
	mean->tables = sum.tables / trace->n;
	mean->probes = sum.probes / trace->n;
	mean->scans = sum.scans / trace->n;
	mean->tree = sum.tree / trace->n;
	mean->rules = sum.rules / trace->n;
	mean->classes = sum.classes / trace->n;
	mean->matched = sum.matched / trace->n;
}

int trace_make(struct bench_set *set, enum bench_trace_kind kind, uint32_t n)
{
	struct bench_trace *trace = &set->traces[kind];
	uint64_t state = 1 + (uint64_t)kind;

	trace->keys = calloc(n, sizeof(*trace->keys));
	if (!trace->keys)
		return bench_fail("out of memory");
	trace->n = n;
	if (kind == TRACE_LINES)
		fill_lines(set, trace, &state);
	else if (kind == TRACE_WORST)
		fill_worst(set, trace, &state);
	else if (fill_local(set, trace, &state))
		return -1;
	trace_foresee(set, kind);
	return 0;
}
