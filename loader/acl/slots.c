// SPDX-License-Identifier: GPL-2.0
/*
 * slots.c - one table: its terms by the hash of what their prefixes have in common.
 *
 * Why it exists: a slot is one word, and what hashes to it shares it: no chains of
 * probes. If all its terms have one key, a tag of the hash keeps most other packets
 * out; they would find nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/part.h"
#include "util/cleanup.h"

#define MAX_SLOT_BITS 22

/* A key: the addresses shifted right, as the walk shifts a packet's. */
struct key {
	uint64_t src_high;
	uint64_t src_low;
	uint64_t dst_high;
	uint64_t dst_low;
};

static struct key key_of(const struct acl_hasher *hasher, const struct acl_term *term)
{
	if (hasher->family == ACL_IPV4)
		return (struct key){
			.src_low = term->src_low >> hasher->src_shift,
			.dst_low = term->dst_low >> hasher->dst_shift,
		};
	return (struct key){
		.src_high = acl_shift_high(term->src_high, hasher->src_shift),
		.src_low =
			acl_shift_low(term->src_high, term->src_low, hasher->src_shift),
		.dst_high = acl_shift_high(term->dst_high, hasher->dst_shift),
		.dst_low =
			acl_shift_low(term->dst_high, term->dst_low, hasher->dst_shift),
	};
}

static bool same_key(const struct key *a, const struct key *b)
{
	return a->src_high == b->src_high && a->src_low == b->src_low &&
	       a->dst_high == b->dst_high && a->dst_low == b->dst_low;
}

static uint32_t hash_of(const struct acl_hasher *hasher, const struct key *key)
{
	if (hasher->family == ACL_IPV4)
		return acl_hash4((uint32_t)key->src_low, (uint32_t)key->dst_low,
				 hasher->number);
	return acl_hash6(key->src_high, key->src_low, key->dst_high, key->dst_low,
			 hasher->number);
}

uint32_t acl_hash_addrs(const struct acl_hasher *hasher, const uint64_t src[2],
			const uint64_t dst[2])
{
	bool ipv4 = hasher->family == ACL_IPV4;
	struct acl_term term = {
		.src_high = src[0],
		.src_low = ipv4 ? src[0] : src[1],
		.dst_high = dst[0],
		.dst_low = ipv4 ? dst[0] : dst[1],
	};
	struct key key = key_of(hasher, &term);

	return hash_of(hasher, &key);
}

/* ---- how many slots ---- */

static unsigned int log2_up(uint32_t n)
{
	return n > 1 ? 32 - (unsigned int)__builtin_clz(n - 1) : 0;
}

/*
 * How many different hashes there are, which is about how many keys: marks of a
 * bitmap of eight to sixteen bits for each term miss few.
 */
static int64_t count_hashes(const uint32_t *hashes, size_t n)
{
	unsigned int bits = log2_up((uint32_t)n) + 3;
	size_t words = bits > 6 ? 1ull << (bits - 6) : 1;
	uint64_t *marks cleanup_free_ = calloc(words, sizeof(*marks));
	uint32_t count = 0;

	if (!marks)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		uint32_t at = hashes[i] & (uint32_t)(words * 64 - 1);

		count += !(marks[at / 64] >> at % 64 & 1);
		marks[at / 64] |= 1ull << at % 64;
	}
	return count;
}

/* One to two slots for each key. */
static unsigned int slot_bits(uint32_t keys)
{
	unsigned int bits = log2_up(keys);

	return bits < MAX_SLOT_BITS ? bits : MAX_SLOT_BITS;
}

/* ---- slots ---- */

/* Sort a table's terms by slot; they stay ascending within one.
 * @ends: by slot, of which the first is 0: where its terms end in sorted */
static void sort_by_slot(const uint32_t *order, const uint32_t *hashes, size_t n,
			 uint32_t slots, uint32_t *ends, uint32_t *sorted)
{
	uint32_t sum = 0;

	memset(ends, 0, slots * sizeof(*ends));
	for (size_t i = 0; i < n; i++)
		ends[hashes[i] & (slots - 1)]++;
	for (uint32_t slot = 0; slot < slots; slot++) {
		uint32_t count = ends[slot];

		ends[slot] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		sorted[ends[hashes[i] & (slots - 1)]++] = order[i];
}

static int build_slot(struct acl_trees *trees, const struct acl_hasher *hasher,
		      const uint32_t *order, size_t n, uint64_t *word)
{
	const struct acl_term *first = &trees->terms[order[0]];
	unsigned int width = acl_addr_bits(hasher->family);
	struct key key = key_of(hasher, first);
	bool one_key = true;
	struct acl_box box;
	int err;

	for (size_t i = 1; one_key && i < n; i++) {
		struct key other = key_of(hasher, &trees->terms[order[i]]);

		one_key = same_key(&key, &other);
	}
	acl_box_all(hasher->family, &box);
	if (one_key)
		acl_box_narrow(hasher->family, &box, first, width - hasher->src_shift,
			       width - hasher->dst_shift);
	err = acl_tree_build(trees, order, n, &box, word);
	if (!err && one_key)
		*word = ACL_TAGGED(*word, acl_tag(hash_of(hasher, &key)));
	return err;
}

static int build_slots(struct acl_trees *trees, const struct acl_hasher *hasher,
		       const uint32_t *sorted, const uint32_t *ends, uint32_t slots,
		       uint64_t base)
{
	uint32_t at = 0;

	for (uint32_t slot = 0; slot < slots; slot++) {
		uint64_t word;
		int err;

		if (at == ends[slot])
			continue;
		err = build_slot(trees, hasher, sorted + at, ends[slot] - at, &word);
		if (err)
			return err;
		trees->writer->words[base + slot] = word;
		at = ends[slot];
	}
	return 0;
}

int acl_slots_build(struct acl_trees *trees, const struct acl_plan *plan,
		    unsigned int number, uint64_t *word)
{
	const struct acl_table_plan *table = &plan->tables[number];
	const uint32_t *order = plan->order + table->first;
	struct acl_hasher hasher = {
		.family = trees->family,
		.number = number,
		.src_shift = acl_addr_bits(trees->family) - table->src_len,
		.dst_shift = acl_addr_bits(trees->family) - table->dst_len,
	};
	uint32_t *hashes cleanup_free_ = malloc(table->n * sizeof(*hashes));
	uint32_t *sorted cleanup_free_ = malloc(table->n * sizeof(*sorted));
	uint32_t *ends cleanup_free_ = NULL;
	unsigned int bits;
	int64_t keys, base;

	if (!hashes || !sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < table->n; i++) {
		struct key key = key_of(&hasher, &trees->terms[order[i]]);

		hashes[i] = hash_of(&hasher, &key);
	}
	keys = count_hashes(hashes, table->n);
	if (keys < 0)
		return (int)keys;
	bits = slot_bits((uint32_t)keys);
	ends = malloc(sizeof(*ends) << bits);
	base = acl_writer_words(trees->writer, 1ull << bits, 8);
	if (!ends || base < 0)
		return ends ? (int)base : -ENOMEM;
	sort_by_slot(order, hashes, table->n, 1u << bits, ends, sorted);
	*word = ACL_TABLE(ACL_HEAD_LINE(trees->terms[order[0]].head), hasher.src_shift,
			  hasher.dst_shift, bits, (uint64_t)base);
	return build_slots(trees, &hasher, sorted, ends, 1u << bits, (uint64_t)base);
}
