// SPDX-License-Identifier: GPL-2.0
/*
 * merge.c - few tables out of many tuples (cf. TupleMerge).
 *
 * Why it exists: each table that may hold a line of the packet is a probe. Tuples
 * can share a table if it looks at no more bits than each of them has, as long as
 * its slots do not become crowded. The smallest tuple is merged first, with the
 * tuple that loses the fewest bits by it.
 *
 * Whether slots become crowded is counted on a sample: of the slots, not of the
 * terms, so that those that are counted are counted whole. Which ones is decided by
 * the hash of the key, so equal lists are merged alike.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/tuples.h"
#include "util/cleanup.h"

/* Terms in a sample: enough to tell 2 % from 4 %, and the counters stay in the
 * cache. */
#define SAMPLE	 2048ul
#define COUNTERS (4 * SAMPLE)

/* One term in 50 may be in a crowded slot. */
#define CROWDED_SHARE 50

/* Partners that are counted for a tuple before it is left alone. */
#define TRIES 6

/* What a merge loses: bits of the smaller tuple cost 1 each, of the partner 4 (it
 * has more terms), and two kinds of ports in one slot 3. */
#define PARTNER_BIT 4
#define OTHER_KIND  3

struct counter {
	uint32_t round; /* that it belongs to; of others it is empty */
	uint32_t key;
	uint32_t n;
};

struct merger {
	struct acl_tuples *tuples;
	uint32_t crowd;
	struct counter *counters;
	uint32_t round;
	/* Of the round: */
	uint64_t mask[4];  /* of addresses */
	uint64_t sampling; /* bits that are 0 in the hashes of the sample */
	uint32_t used;
	uint32_t counted;
	uint32_t crowded;
	uint32_t hopeless; /* with so many crowded the rest need not be counted */
};

/* ---- counting ---- */

static uint64_t ones_from_top(unsigned int bits)
{
	return bits ? ~0ull << (64 - bits) : 0;
}

static void set_mask(struct merger *merger, unsigned int src_len, unsigned int dst_len)
{
	uint64_t *mask = merger->mask;

	if (merger->tuples->family == ACL_IPV4) {
		mask[0] = ones_from_top(src_len) | ones_from_top(dst_len) >> 32;
		return;
	}
	mask[0] = ones_from_top(src_len < 64 ? src_len : 64);
	mask[1] = ones_from_top(src_len > 64 ? src_len - 64 : 0);
	mask[2] = ones_from_top(dst_len < 64 ? dst_len : 64);
	mask[3] = ones_from_top(dst_len > 64 ? dst_len - 64 : 0);
}

/* @n_judged: of n_terms */
static void start_round(struct merger *merger, unsigned int src_len, unsigned int dst_len,
			uint32_t n_terms, uint32_t n_judged)
{
	unsigned int shift = 0;

	while (n_terms >> shift > SAMPLE)
		shift++;
	set_mask(merger, src_len, dst_len);
	merger->sampling = ones_from_top(shift);
	merger->round++;
	merger->used = 0;
	merger->counted = 0;
	merger->crowded = 0;
	/* Twice what is allowed of those to be expected. */
	merger->hopeless = 2 * (n_judged >> shift) / CROWDED_SHARE + 8;
}

static uint64_t key_hash(const struct merger *merger, const uint64_t *addr)
{
	uint64_t hash = acl_mix(addr[0] & merger->mask[0]);

	for (unsigned int i = 1; i < merger->tuples->addr_words; i++)
		hash = acl_mix(hash + (addr[i] & merger->mask[i]));
	return hash * 0xd6e8feb86659fd93ull;
}

/* Count one more term with this hash. Return: how many there are */
static uint32_t count(struct merger *merger, uint64_t hash)
{
	uint32_t key = (uint32_t)(hash >> 16);

	for (uint32_t i = (uint32_t)hash;; i++) {
		struct counter *counter = &merger->counters[i % COUNTERS];

		if (counter->round != merger->round) {
			*counter = (struct counter){merger->round, key, 0};
			merger->used++;
		}
		if (counter->key == key)
			return ++counter->n;
	}
}

/* Count the tuple's terms. @judged: it is them that must not be crowded */
static void count_tuple(struct merger *merger, const struct acl_tuple *tuple, bool judged)
{
	const struct acl_tuples *tuples = merger->tuples;

	for (;;) {
		const uint64_t *addr =
			tuples->addrs + (size_t)tuple->first * tuples->addr_words;

		for (uint32_t i = 0; i < tuple->n_own; i++) {
			uint64_t hash = key_hash(merger, addr);

			addr += tuples->addr_words;
			if (hash & merger->sampling || merger->used > COUNTERS / 2)
				continue;
			if (count(merger, hash) > merger->crowd && judged &&
			    ++merger->crowded > merger->hopeless)
				return;
			merger->counted += judged;
		}
		if (tuple->next == ACL_NO_TUPLE)
			return;
		tuple = &tuples->items[tuple->next];
	}
}

static unsigned int min_len(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Whether two tuples can share a table. If the partner's own slots stay what they
 * are, only the newcomer is judged. */
static bool can_share(struct merger *merger, const struct acl_tuple *small,
		      const struct acl_tuple *partner)
{
	unsigned int src_len = min_len(small->src_len, partner->src_len);
	unsigned int dst_len = min_len(small->dst_len, partner->dst_len);
	bool stays = src_len == partner->src_len && dst_len == partner->dst_len;

	start_round(merger, src_len, dst_len, small->n + partner->n,
		    stays ? small->n : small->n + partner->n);
	count_tuple(merger, partner, !stays);
	if (merger->crowded <= merger->hopeless)
		count_tuple(merger, small, true);
	return merger->crowded <= merger->hopeless &&
	       merger->crowded * CROWDED_SHARE <= merger->counted;
}

/* ---- choosing ---- */

/* The smallest tuple that may still be merged; NULL: none. */
static struct acl_tuple *smallest(struct acl_tuples *tuples)
{
	struct acl_tuple *found = NULL;

	for (uint32_t i = 0; i < tuples->n; i++) {
		struct acl_tuple *tuple = &tuples->items[i];

		if (tuple->n && !tuple->settled && (!found || tuple->n < found->n))
			found = tuple;
	}
	return found;
}

static uint32_t loss(const struct acl_tuple *small, const struct acl_tuple *partner)
{
	unsigned int src_len = min_len(small->src_len, partner->src_len);
	unsigned int dst_len = min_len(small->dst_len, partner->dst_len);

	return (small->src_len - src_len) + (small->dst_len - dst_len) +
	       PARTNER_BIT *
		       ((partner->src_len - src_len) + (partner->dst_len - dst_len)) +
	       (small->kind != partner->kind ? OTHER_KIND : 0);
}

struct candidate {
	struct acl_tuple *tuple;
	uint32_t loss;
};

/* The TRIES partners that lose least, the best first. Return: how many there are */
static unsigned int rank(struct acl_tuples *tuples, const struct acl_tuple *small,
			 struct candidate best[TRIES])
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < tuples->n; i++) {
		struct acl_tuple *tuple = &tuples->items[i];
		struct candidate new = {tuple, 0};
		unsigned int at;

		if (!tuple->n || tuple == small || tuple->chain != small->chain)
			continue;
		new.loss = loss(small, tuple);
		if (n == TRIES && new.loss >= best[n - 1].loss)
			continue;
		at = n < TRIES ? n++ : n - 1;
		for (; at && best[at - 1].loss > new.loss; at--)
			best[at] = best[at - 1];
		best[at] = new;
	}
	return n;
}

static void merge(struct acl_tuples *tuples, struct acl_tuple *small,
		  struct acl_tuple *partner)
{
	partner->src_len = (uint8_t)min_len(small->src_len, partner->src_len);
	partner->dst_len = (uint8_t)min_len(small->dst_len, partner->dst_len);
	tuples->items[partner->last].next = (uint32_t)(small - tuples->items);
	partner->last = small->last;
	partner->n += small->n;
	partner->settled = false;
	small->n = 0;
}

/* Return: whether `small` was merged into another */
static bool place(struct merger *merger, struct acl_tuple *small)
{
	struct candidate best[TRIES];
	unsigned int n = rank(merger->tuples, small, best);

	for (unsigned int i = 0; i < n; i++) {
		if (can_share(merger, small, best[i].tuple)) {
			merge(merger->tuples, small, best[i].tuple);
			return true;
		}
	}
	return false;
}

int acl_tuples_merge(struct acl_tuples *tuples, uint32_t crowd, unsigned int max)
{
	struct counter *counters cleanup_free_ = calloc(COUNTERS, sizeof(*counters));
	struct merger merger = {.tuples = tuples, .crowd = crowd, .counters = counters};
	uint32_t left = tuples->n;

	if (!counters)
		return -ENOMEM;
	for (;;) {
		struct acl_tuple *small = smallest(tuples);

		if (small && place(&merger, small)) {
			left--;
		} else if (small) {
			small->settled = true;
		} else if (left <= max) {
			return 0;
		} else {
			/* Crowded slots are slower, more tables there cannot be. */
			merger.crowd *= 2;
			for (uint32_t i = 0; i < tuples->n; i++)
				tuples->items[i].settled = false;
		}
	}
}
