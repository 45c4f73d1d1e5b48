// SPDX-License-Identifier: GPL-2.0
/*
 * tuples.c - which term lives in which table.
 *
 * Why it exists: terms with prefixes of the same lengths can be found by one hash
 * of the packet's addresses (tuple space search). There are too many such tuples to
 * probe them all; merge.c makes few tables of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/tuples.h"
#include "util/cleanup.h"

/* ---- tuples ---- */

/* Terms that are told apart by their source ports had better not share slots with
 * those that are told apart by destination ports: no cut serves both. A range of
 * 256 destination ports or fewer tells apart well enough. */
#define WIDE_RANGE 256

static uint8_t kind_of(const struct acl_term *term)
{
	unsigned int src_span = term->src_port_high - term->src_port_low;
	unsigned int dst_span = term->dst_port_high - term->dst_port_low;

	return dst_span > WIDE_RANGE && src_span < dst_span;
}

/* How terms are assigned to tuples. */
struct grouping {
	unsigned int round; /* lengths are rounded down to multiples of 1 << round */
	unsigned int lens;  /* different ones of an address */
	uint32_t chains;
	uint32_t n_terms;
	uint32_t *tuple; /* by number of a group: its tuple */
};

static uint32_t group_of(const struct grouping *grouping, const struct acl_term *term,
			 uint32_t index)
{
	uint32_t chain =
		(uint32_t)((uint64_t)index * grouping->chains / grouping->n_terms);

	return ((chain * 2 + kind_of(term)) * grouping->lens +
		(term->src_len >> grouping->round)) *
		       grouping->lens +
	       (term->dst_len >> grouping->round);
}

/* Make tuples of the groups that have terms. Return: how many, or -ENOMEM. */
static int64_t count_groups(struct acl_tuples *tuples, struct grouping *grouping)
{
	size_t groups = 2ul * grouping->chains * grouping->lens * grouping->lens;
	uint32_t n = 0;

	free(grouping->tuple);
	grouping->tuple = malloc(groups * sizeof(*grouping->tuple));
	if (!grouping->tuple)
		return -ENOMEM;
	for (size_t i = 0; i < groups; i++)
		grouping->tuple[i] = ACL_NO_TUPLE;
	for (uint32_t i = 0; i < tuples->n_terms; i++) {
		uint32_t *tuple =
			&grouping->tuple[group_of(grouping, &tuples->terms[i], i)];

		if (*tuple == ACL_NO_TUPLE)
			*tuple = n++;
	}
	return n;
}

/* Lengths are rounded until the tuples are few enough to be merged in time. */
static int choose_grouping(struct acl_tuples *tuples, struct grouping *grouping)
{
	int64_t n;

	for (;; grouping->round++) {
		grouping->lens = (acl_addr_bits(tuples->family) >> grouping->round) + 1;
		n = count_groups(tuples, grouping);
		if (n < 0)
			return (int)n;
		if (n <= ACL_MAX_TUPLES)
			break;
	}
	tuples->n = (uint32_t)n;
	return 0;
}

static void describe(struct acl_tuples *tuples, const struct grouping *grouping)
{
	uint32_t first = 0;

	for (uint32_t i = 0; i < tuples->n_terms; i++) {
		const struct acl_term *term = &tuples->terms[i];
		uint32_t t = grouping->tuple[group_of(grouping, term, i)];
		struct acl_tuple *tuple = &tuples->items[t];

		if (!tuple->n_own++)
			*tuple = (struct acl_tuple){
				.src_len = term->src_len >> grouping->round
								    << grouping->round,
				.dst_len = term->dst_len >> grouping->round
								    << grouping->round,
				.kind = kind_of(term),
				.chain = (uint8_t)((uint64_t)i * grouping->chains /
						   grouping->n_terms),
				.n_own = 1,
				.next = ACL_NO_TUPLE,
				.last = t,
			};
	}
	for (uint32_t i = 0; i < tuples->n; i++) {
		struct acl_tuple *tuple = &tuples->items[i];

		tuple->first = first;
		first += tuple->n_own;
	}
}

static void store_address(const struct acl_tuples *tuples, uint32_t at,
			  const struct acl_term *term)
{
	uint64_t *addr = tuples->addrs + (size_t)at * tuples->addr_words;

	if (tuples->family == ACL_IPV4) {
		addr[0] = term->src_low << 32 | term->dst_low;
		return;
	}
	addr[0] = term->src_high;
	addr[1] = term->src_low;
	addr[2] = term->dst_high;
	addr[3] = term->dst_low;
}

static void fill(struct acl_tuples *tuples, const struct grouping *grouping)
{
	for (uint32_t i = 0; i < tuples->n_terms; i++) {
		const struct acl_term *term = &tuples->terms[i];
		uint32_t t = grouping->tuple[group_of(grouping, term, i)];
		struct acl_tuple *tuple = &tuples->items[t];
		uint32_t at = tuple->first + tuple->n++;

		tuples->order[at] = i;
		store_address(tuples, at, term);
	}
}

static void tuples_free(struct acl_tuples *tuples)
{
	free(tuples->items);
	free(tuples->order);
	free(tuples->addrs);
}

static void grouping_free(struct grouping *grouping)
{
	free(grouping->tuple);
}

static int group(struct acl_tuples *tuples, uint32_t chains)
{
	struct grouping grouping cleanup_(grouping_free) = {
		.chains = chains,
		.n_terms = tuples->n_terms,
	};
	int err = choose_grouping(tuples, &grouping);

	if (err)
		return err;
	tuples->addr_words = tuples->family == ACL_IPV4 ? 1 : 4;
	tuples->items = calloc(tuples->n + 1ul, sizeof(*tuples->items));
	tuples->order = calloc(tuples->n_terms, sizeof(*tuples->order));
	tuples->addrs = calloc(tuples->n_terms, tuples->addr_words * sizeof(uint64_t));
	if (!tuples->items || !tuples->order || !tuples->addrs)
		return -ENOMEM;
	describe(tuples, &grouping);
	fill(tuples, &grouping);
	return 0;
}

/* ---- the plan ---- */

/* The lowest term of a tuple and of those merged into it. */
static uint32_t lowest_term(const struct acl_tuples *tuples, uint32_t t)
{
	uint32_t lowest = UINT32_MAX;

	for (; t != ACL_NO_TUPLE; t = tuples->items[t].next)
		if (lowest > tuples->order[tuples->items[t].first])
			lowest = tuples->order[tuples->items[t].first];
	return lowest;
}

/* Number the tuples that are left by their lowest terms. */
static void number_tables(const struct acl_tuples *tuples, struct acl_plan *plan,
			  uint32_t heads[ACL_MAX_TABLES])
{
	uint32_t lowest[ACL_MAX_TABLES] = {0};

	for (uint32_t t = 0; t < tuples->n; t++) {
		uint32_t term;
		unsigned int at;

		if (!tuples->items[t].n)
			continue;
		term = lowest_term(tuples, t);
		for (at = plan->n_tables++; at && lowest[at - 1] > term; at--) {
			lowest[at] = lowest[at - 1];
			heads[at] = heads[at - 1];
		}
		lowest[at] = term;
		heads[at] = t;
	}
}

/* Give each term its table, and sort the terms by it; they stay ascending. */
static int fill_plan(const struct acl_tuples *tuples, struct acl_plan *plan)
{
	uint32_t heads[ACL_MAX_TABLES] = {0}, at[ACL_MAX_TABLES] = {0}, first = 0;

	plan->order = malloc(tuples->n_terms * sizeof(*plan->order));
	plan->table = calloc(tuples->n_terms, 1);
	if (!plan->order || !plan->table)
		return -ENOMEM;
	number_tables(tuples, plan, heads);
	for (unsigned int i = 0; i < plan->n_tables; i++) {
		const struct acl_tuple *head = &tuples->items[heads[i]];

		plan->tables[i] = (struct acl_table_plan){head->src_len, head->dst_len,
							  first, head->n};
		at[i] = first;
		first += head->n;
		for (uint32_t t = heads[i]; t != ACL_NO_TUPLE; t = tuples->items[t].next)
			for (uint32_t j = 0; j < tuples->items[t].n_own; j++)
				plan->table[tuples->order[tuples->items[t].first + j]] =
					(uint8_t)i;
	}
	for (uint32_t i = 0; i < tuples->n_terms; i++)
		plan->order[at[plan->table[i]]++] = i;
	return 0;
}

int acl_plan_make(enum acl_family family, const struct acl_term *terms, size_t n,
		  const struct acl_policy *policy, struct acl_plan *plan)
{
	struct acl_tuples tuples cleanup_(tuples_free) = {
		.family = family,
		.terms = terms,
		.n_terms = (uint32_t)n,
	};
	int err = group(&tuples, policy->chains);

	if (!err)
		err = acl_tuples_merge(&tuples, policy->crowd, ACL_MAX_TABLES);
	if (!err)
		err = fill_plan(&tuples, plan);
	return err;
}

void acl_plan_free(struct acl_plan *plan)
{
	free(plan->order);
	free(plan->table);
	*plan = (struct acl_plan){0};
}
