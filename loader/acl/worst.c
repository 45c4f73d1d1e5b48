// SPDX-License-Identifier: GPL-2.0
/*
 * worst.c - what the worst lookup of a header can cost.
 *
 * Why it exists: a firewall's time for one packet is an attacker's to choose. A
 * packet meets the tables that both tries name, so the pairs of their bitmaps bound
 * what it meets; of bitmaps that are within others nothing need be known.
 */
#include <stdlib.h>

#include "acl/part.h"

/* Pairs of bitmaps that are looked at one by one; of more, their union is. */
#define MAX_PAIRS (1u << 14)

static uint32_t cache_index(uint64_t tables)
{
	return (uint32_t)(acl_mix(tables) >> 32) % ACL_REACH_CACHE;
}

void acl_reach_add(struct acl_reach *reach, uint64_t tables)
{
	uint64_t *seen = &reach->seen[cache_index(tables)];
	uint32_t kept = 0;

	if (*seen == tables)
		return;
	*seen = tables;
	for (uint32_t i = 0; i < reach->n; i++)
		if (!(tables & ~reach->tables[i]))
			return;
	for (uint32_t i = 0; i < reach->n; i++)
		if (reach->tables[i] & ~tables)
			reach->tables[kept++] = reach->tables[i];
	reach->n = kept;
	if (reach->n == ACL_REACH_MAX) {
		for (uint32_t i = 0; i < reach->n; i++)
			tables |= reach->tables[i];
		reach->n = 0;
	}
	reach->tables[reach->n++] = tables;
}

static void unite(struct acl_reach *reach)
{
	for (uint32_t i = 1; i < reach->n; i++)
		reach->tables[0] |= reach->tables[i];
	reach->n = 1;
}

static void raise(uint32_t *figure, uint32_t to)
{
	if (*figure < to)
		*figure = to;
}

static void meet(const struct acl_table_figures *tables, uint64_t met,
		 struct acl_figures *worst)
{
	uint32_t probes = 0, nodes = 0, rules = 0;

	for (; met; met &= met - 1) {
		const struct acl_table_figures *table = &tables[__builtin_ctzll(met)];

		probes++;
		nodes += table->steps;
		rules += table->leaf;
	}
	raise(&worst->worst_probes, probes);
	raise(&worst->worst_nodes, nodes);
	raise(&worst->worst_rules, rules);
}

void acl_worst(struct acl_reach *src, struct acl_reach *dst,
	       const struct acl_table_figures *tables, struct acl_figures *figures)
{
	struct acl_figures worst = {0};

	if (src->n > MAX_PAIRS / dst->n)
		unite(src->n > dst->n ? src : dst);
	for (uint32_t i = 0; i < src->n; i++)
		for (uint32_t j = 0; j < dst->n; j++)
			meet(tables, src->tables[i] & dst->tables[j], &worst);
	figures->worst_probes += worst.worst_probes;
	figures->worst_nodes += worst.worst_nodes;
	figures->worst_rules += worst.worst_rules;
}
