// SPDX-License-Identifier: GPL-2.0
/*
 * steps.c - the lookup that abi_acl.h describes, counted. See steps.h.
 */
#include <arpa/inet.h>

#include "steps.h"

/* Loads that depend on one another, or on a hash, are what costs. */
#define WEIGHT_STEP  1.0
#define WEIGHT_PROBE 2.0
#define WEIGHT_RULE  0.7

/* The key in the words of a lookup. Classes are asked with IPv4's. */
struct question {
	enum acl_family family;
	uint64_t src_high, src_low, dst_high, dst_low;
	const struct bench_key *key;
};

static uint64_t half_of(const struct bench_addr *addr, int word)
{
	return (uint64_t)ntohl(addr->word[word]) << 32 | ntohl(addr->word[word + 1]);
}

static struct question question_make(enum acl_family family, const struct bench_key *key)
{
	struct question q = {.family = family, .key = key};

	if (family == ACL_IPV4) {
		q.src_low = ntohl(key->src.word[3]);
		q.dst_low = ntohl(key->dst.word[3]);
	} else {
		q.src_high = half_of(&key->src, 0);
		q.src_low = half_of(&key->src, 2);
		q.dst_high = half_of(&key->dst, 0);
		q.dst_low = half_of(&key->dst, 2);
	}
	return q;
}

static uint64_t trie_field(const struct question *q, uint64_t high, uint64_t low,
			   uint32_t sel)
{
	return q->family == ACL_IPV6 && sel == ACL_SEL_HIGH ? high : low;
}

static uint64_t tree_field(const struct question *q, uint32_t sel)
{
	uint64_t ports =
		ACL_PORTS_WORD(q->key->proto, q->key->src_port, q->key->dst_port);
	const uint64_t fields6[] = {q->src_high, q->src_low, q->dst_high, q->dst_low,
				    ports};

	if (q->family == ACL_IPV4)
		return sel == ACL_SEL4_ADDRS ? ACL_ADDRS_WORD(q->src_low, q->dst_low)
					     : ports;
	return fields6[sel < 5 ? sel : 4];
}

static uint64_t child_of(const struct acl_image *image, uint64_t node, uint64_t field)
{
	uint32_t index = (uint32_t)(field >> ACL_D_SHIFT(node)) &
			 ((1u << ACL_D_BITS(node)) - 1);

	return image->words[ACL_D_BASE(node) + index];
}

static uint64_t trie_walk(const struct acl_image *image, const struct question *q,
			  uint64_t word, uint64_t high, uint64_t low,
			  struct bench_steps *steps)
{
	while (word & ACL_NODE) {
		word = child_of(image, word, trie_field(q, high, low, ACL_D_SEL(word)));
		steps->trie++;
	}
	return word;
}

/* ---- rules ---- */

/* The upper 128 - shift bits of two addresses are the same. */
static bool same_above(uint64_t a_high, uint64_t a_low, uint64_t b_high, uint64_t b_low,
		       uint32_t shift)
{
	uint64_t high = a_high ^ b_high, low = a_low ^ b_low;

	if (shift >= 128)
		return true;
	if (shift >= 64)
		return !(high >> (shift - 64));
	return !high && !(low >> shift);
}

static bool cond_holds(uint32_t cond, const struct bench_key *key)
{
	uint32_t flags = 0; /* no trace has TCP flags or later fragments */
	uint32_t set = ACL_COND_SET(cond), clear = ACL_COND_CLEAR(cond);

	(void)key;
	if (cond & ACL_COND_FRAGMENTS)
		return false;
	if (cond & ACL_COND_ANY)
		return (flags & set) || (~flags & clear);
	return (flags & set) == set && !(flags & clear);
}

static bool rule_matches(const struct acl_image *image, const struct question *q,
			 uint32_t index, uint32_t *head)
{
	const struct acl_rule4 *r4 = &image->rules4[index];
	const struct acl_rule6 *r6 = &image->rules6[index];
	uint16_t src_low, src_span, dst_low, dst_span, cond;
	bool addresses;

	if (q->family == ACL_IPV4) {
		addresses = same_above(0, q->src_low, 0, r4->src, r4->src_shift) &&
			    same_above(0, q->dst_low, 0, r4->dst, r4->dst_shift);
		src_low = r4->src_port_low, src_span = r4->src_port_span;
		dst_low = r4->dst_port_low, dst_span = r4->dst_port_span;
		cond = r4->cond, *head = r4->head;
	} else {
		addresses = same_above(q->src_high, q->src_low, r6->src_high, r6->src_low,
				       r6->src_shift) &&
			    same_above(q->dst_high, q->dst_low, r6->dst_high, r6->dst_low,
				       r6->dst_shift);
		src_low = r6->src_port_low, src_span = r6->src_port_span;
		dst_low = r6->dst_port_low, dst_span = r6->dst_port_span;
		cond = r6->cond, *head = r6->head;
	}
	return addresses && (uint16_t)(q->key->src_port - src_low) <= src_span &&
	       (uint16_t)(q->key->dst_port - dst_low) <= dst_span &&
	       (*head & ACL_HEAD_ANY_PROTO || (*head & 255) == q->key->proto) &&
	       cond_holds(cond, q->key);
}

static void scan(const struct acl_image *image, const struct question *q, uint64_t word,
		 uint32_t *best, struct bench_steps *steps)
{
	uint32_t head;

	while (word & ACL_NODE) {
		word = child_of(image, word, tree_field(q, ACL_D_SEL(word)));
		steps->tree++;
	}
	for (uint32_t i = 0; i < ACL_D_COUNT(word); i++) {
		bool matches = rule_matches(image, q, ACL_D_BASE(word) + i, &head);

		steps->rules++;
		if (ACL_HEAD_LINE(head) >= ACL_HEAD_LINE(*best))
			return;
		if (matches) {
			*best = head;
			return;
		}
	}
}

/* ---- tables ---- */

static void shift_right(uint64_t *high, uint64_t *low, uint32_t shift)
{
	if (shift >= 128) {
		*high = *low = 0;
	} else if (shift >= 64) {
		*low = *high >> (shift - 64);
		*high = 0;
	} else if (shift) {
		*low = *low >> shift | *high << (64 - shift);
		*high >>= shift;
	}
}

static uint32_t hash_of(const struct question *q, uint64_t table, uint32_t t)
{
	uint64_t sh = q->src_high, sl = q->src_low, dh = q->dst_high, dl = q->dst_low;

	shift_right(&sh, &sl, ACL_T_SRC_SHIFT(table));
	shift_right(&dh, &dl, ACL_T_DST_SHIFT(table));
	return q->family == ACL_IPV4 ? acl_hash4((uint32_t)sl, (uint32_t)dl, t)
				     : acl_hash6(sh, sl, dh, dl, t);
}

static void probe(const struct acl_image *image, const struct question *q, uint64_t table,
		  uint32_t t, uint32_t *best, struct bench_steps *steps)
{
	uint32_t hash = hash_of(q, table, t);
	uint64_t slot = image->words[ACL_T_BASE(table) +
				     (hash & ((1u << ACL_T_SLOT_BITS(table)) - 1))];

	steps->probes++;
	if (!slot || ACL_D_LINE(slot) >= ACL_HEAD_LINE(*best) ||
	    (ACL_D_TAG(slot) && ACL_D_TAG(slot) != acl_tag(hash)))
		return;
	steps->scans++;
	scan(image, q, slot, best, steps);
}

static void header_walk(const struct acl_image *image, const struct question *q,
			uint32_t header, uint32_t *best, struct bench_steps *steps)
{
	const uint64_t *h = &image->words[header];
	uint64_t bitmap;

	if (h[ACL_H_ALWAYS])
		scan(image, q, h[ACL_H_ALWAYS], best, steps);
	if (!h[ACL_H_TABLES])
		return;
	bitmap = trie_walk(image, q, h[ACL_H_SRC], q->src_high, q->src_low, steps) &
		 trie_walk(image, q, h[ACL_H_DST], q->dst_high, q->dst_low, steps);
	steps->tables += __builtin_popcountll(bitmap);
	for (; bitmap; bitmap &= bitmap - 1) {
		uint32_t t = (uint32_t)__builtin_ctzll(bitmap);
		uint64_t table = image->words[h[ACL_H_TABLES] + t];

		if (ACL_T_LINE(table) >= ACL_HEAD_LINE(*best))
			break;
		probe(image, q, table, t, best, steps);
	}
}

/* ---- classes ---- */

static uint64_t guard_choose(const struct acl_image *image, const struct question *q,
			     uint64_t guard, uint64_t high, uint64_t low)
{
	const uint64_t *w = &image->words[ACL_D_BASE(guard)];
	uint32_t shift;

	if (q->family == ACL_IPV6)
		return same_above(high, low, w[0], w[1], (uint32_t)w[2]) ? w[3] : w[4];
	shift = (uint32_t)w[0];
	return same_above(0, low, 0, w[0] >> 32, shift) ? w[1] : w[2];
}

static uint32_t class_of(const struct acl_image *image, const struct question *q,
			 uint64_t word, uint64_t high, uint64_t low,
			 struct bench_steps *steps)
{
	while (word & (ACL_NODE | ACL_GUARD)) {
		word = word & ACL_NODE
			       ? child_of(image, word,
					  trie_field(q, high, low, ACL_D_SEL(word)))
			       : guard_choose(image, q, word, high, low);
		steps->classes++;
	}
	return (uint32_t)word;
}

uint32_t steps_lookup(const struct bench_set *set, const struct bench_key *key,
		      struct bench_steps *steps)
{
	const struct acl_image *image = &set->image;
	const struct acl_root *root = &image->roots[0];
	uint32_t header = set->family == ACL_IPV4 ? root->v4 : root->v6;
	struct question q = question_make(set->family, key);
	const uint64_t *h = &image->words[header];
	uint32_t best = ACL_NO_LINE << 12;

	if (!header)
		return best;
	header_walk(image, &q, header, &best, steps);
	if (h[ACL_H_CLASSES] && h[ACL_H_LINE] < ACL_HEAD_LINE(best)) {
		struct question by_class = {.family = ACL_IPV4, .key = key};

		by_class.src_low = class_of(image, &q, h[ACL_H_SRC_CLASS], q.src_high,
					    q.src_low, steps);
		by_class.dst_low = class_of(image, &q, h[ACL_H_DST_CLASS], q.dst_high,
					    q.dst_low, steps);
		header_walk(image, &by_class, (uint32_t)h[ACL_H_CLASSES], &best, steps);
	}
	steps->matched += ACL_HEAD_LINE(best) != ACL_NO_LINE;
	return best;
}

double steps_weight(const struct bench_steps *steps)
{
	return WEIGHT_STEP * (steps->trie + steps->tree + steps->classes) +
	       WEIGHT_PROBE * steps->probes + WEIGHT_RULE * steps->rules;
}
