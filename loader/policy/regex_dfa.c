// SPDX-License-Identifier: GPL-2.0
/*
 * regex_dfa.c - from nodes to states: a state is the set of nodes where a reader
 * may be, and what was found so far (the subset construction).
 *
 * Two things keep it small. An expression that was found is followed no more.
 * And bytes that no expression tells apart are tried once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/automaton.h"
#include "util/cleanup.h"
#include "util/hash.h"

#define SLOTS (2 * POLICY_AUTOMATON_STATES) /* a power of two */

/* The nodes of a state: from first on in members. */
struct dfa_set {
	size_t first;
	size_t count;
	uint32_t found;
	bool initial; /* nothing was read yet: ^ holds */
};

struct dfa_builder {
	const struct automaton_part *parts;
	size_t n_parts;
	const uint32_t *covered; /* NULL: none */
	struct nfa nfa;
	VEC(uint16_t) entries; /* by part */
	VEC(uint16_t) members; /* of all sets, each sorted */
	VEC(struct dfa_set) sets;
	struct automaton *out;
	size_t slots[SLOTS]; /* by content: 1 + index into sets */
	size_t work;
	uint8_t class_of[256]; /* bytes that nothing tells apart */
	unsigned int n_classes;

	/* The set being collected. */
	bool seen[POLICY_NFA_NODES];
	bool in_set[POLICY_NFA_NODES];
	uint16_t stack[POLICY_NFA_NODES];
	uint32_t found;
};

static void dfa_builder_free(struct dfa_builder **pointer)
{
	struct dfa_builder *b = *pointer;

	if (!b)
		return;
	vec_free(&b->nfa.nodes);
	vec_free(&b->entries);
	vec_free(&b->members);
	vec_free(&b->sets);
	free(b);
}

void policy_automaton_free(struct automaton *automaton)
{
	vec_free(&automaton->states);
}

/* ---- reading the expressions ------------------------------------------- */

static int add_part(struct dfa_builder *b, size_t index)
{
	struct policy_regex_tree tree = {0};
	struct policy_regex_fault fault = {0};
	uint16_t *entry = vec_push(&b->entries);
	int err = -ENOMEM;

	if (entry)
		err = policy_regex_parse(b->parts[index].pattern, b->parts[index].len,
					 &tree, &fault);
	if (!err)
		err = policy_nfa_add(&b->nfa, &tree, (uint16_t)index, entry);
	policy_regex_free(&tree);
	return err;
}

/* Tell bytes apart by one more set. Return: how many classes there are. */
static unsigned int refine_classes(uint8_t *class_of, unsigned int n_classes,
				   const struct regex_bytes *set)
{
	uint16_t inside[256]; /* by class: 1 + the new one of its bytes in the set */
	bool outside[256] = {false};

	memset(inside, 0, sizeof(inside));
	for (unsigned int byte = 0; byte < 256; byte++)
		outside[class_of[byte]] |= !regex_bytes_has(set, byte);
	for (unsigned int byte = 0; byte < 256; byte++) {
		unsigned int old = class_of[byte];

		if (!regex_bytes_has(set, byte) || !outside[old])
			continue;
		if (!inside[old])
			inside[old] = (uint16_t)++n_classes;
		class_of[byte] = (uint8_t)(inside[old] - 1);
	}
	return n_classes;
}

static int read_parts(struct dfa_builder *b)
{
	int err = 0;

	for (size_t i = 0; !err && i < b->n_parts; i++)
		err = add_part(b, i);
	b->n_classes = 1;
	for (size_t i = 0; !err && i < b->nfa.nodes.count; i++)
		if (b->nfa.nodes.items[i].kind == NFA_BYTES)
			b->n_classes = refine_classes(b->class_of, b->n_classes,
						      &b->nfa.nodes.items[i].bytes);
	return err;
}

/* ---- sets of nodes ----------------------------------------------------- */

static void set_begin(struct dfa_builder *b, uint32_t found)
{
	memset(b->seen, 0, b->nfa.nodes.count * sizeof(*b->seen));
	memset(b->in_set, 0, b->nfa.nodes.count * sizeof(*b->in_set));
	b->found = found;
}

/* All that is reached from a node without reading a byte. */
static void set_add(struct dfa_builder *b, uint16_t entry, bool at_start, bool at_end)
{
	size_t depth = 0;

	if (!b->seen[entry]) {
		b->seen[entry] = true;
		b->stack[depth++] = entry;
	}
	while (depth) {
		uint16_t index = b->stack[--depth];
		const struct nfa_node *node = &b->nfa.nodes.items[index];

		b->work++;
		if (node->kind == NFA_FOUND)
			b->found |= b->parts[node->part].atoms;
		if (node->kind == NFA_BYTES || node->kind == NFA_END)
			b->in_set[index] = true;
		if (node->kind == NFA_SPLIT && !b->seen[node->b]) {
			b->seen[node->b] = true;
			b->stack[depth++] = node->b;
		}
		if ((node->kind == NFA_SPLIT || (node->kind == NFA_START && at_start) ||
		     (node->kind == NFA_END && at_end)) &&
		    !b->seen[node->a]) {
			b->seen[node->a] = true;
			b->stack[depth++] = node->a;
		}
	}
}

static uint32_t covered_by(const struct dfa_builder *b, uint32_t found)
{
	uint32_t covered = 0;

	for (unsigned int i = 0; b->covered && i < PH_MAX_FTP_ATOMS; i++)
		if (found >> i & 1)
			covered |= b->covered[i];
	return covered;
}

/* Nothing that the expression can find is still asked for. */
static bool is_done(const struct dfa_builder *b, size_t part, uint32_t found)
{
	return !(b->parts[part].atoms & ~found);
}

static void add_entries(struct dfa_builder *b, uint32_t found, bool at_start)
{
	uint32_t done = found | covered_by(b, found);

	for (size_t i = 0; i < b->n_parts; i++)
		if (!is_done(b, i, done))
			set_add(b, b->entries.items[i], at_start, false);
}

/* What is found if the subject ends in a set. */
static uint32_t set_accept(struct dfa_builder *b, const struct dfa_set *set)
{
	set_begin(b, set->found);
	for (size_t i = 0; i < set->count; i++) {
		uint16_t index = b->members.items[set->first + i];

		b->work++;
		if (b->nfa.nodes.items[index].kind == NFA_END)
			set_add(b, index, set->initial, true);
	}
	return b->found & ~covered_by(b, b->found);
}

static bool same_set(const struct dfa_builder *b, const struct dfa_set *x,
		     const struct dfa_set *y)
{
	return x->count == y->count && x->found == y->found && x->initial == y->initial &&
	       (!x->count ||
		!memcmp(&b->members.items[x->first], &b->members.items[y->first],
			x->count * sizeof(*b->members.items)));
}

static int append_members(struct dfa_builder *b, struct dfa_set *set)
{
	uint32_t done = set->found | covered_by(b, set->found);

	set->first = b->members.count;
	for (size_t i = 0; i < b->nfa.nodes.count; i++) {
		uint16_t *member;

		if (!b->in_set[i] || is_done(b, b->nfa.nodes.items[i].part, done))
			continue;
		member = vec_push(&b->members);
		if (!member)
			return -ENOMEM;
		*member = (uint16_t)i;
	}
	set->count = b->members.count - set->first;
	return 0;
}

static int keep_set(struct dfa_builder *b, const struct dfa_set *set)
{
	struct dfa_set *kept;
	struct ftp_state *state;

	if (b->sets.count >= POLICY_AUTOMATON_STATES)
		return -E2BIG;
	kept = vec_push(&b->sets);
	state = vec_push(&b->out->states);
	if (!kept || !state)
		return -ENOMEM;
	*kept = *set;
	state->accept = set_accept(b, kept);
	return 0;
}

/* The state of the set just collected, a new one if there is none yet. */
static int set_end(struct dfa_builder *b, bool initial, uint16_t *out)
{
	struct dfa_set set = {
		.found = b->found & ~covered_by(b, b->found),
		.initial = initial,
	};
	uint64_t hash;
	size_t slot;
	int err = append_members(b, &set);

	if (err)
		return err;
	*out = 0;
	if (!set.count && !set.found && !initial)
		return 0; /* nothing can be found any more */
	hash = hash_bytes(HASH_START, &set.found, sizeof(set.found));
	if (set.count)
		hash = hash_bytes(hash, &b->members.items[set.first],
				  set.count * sizeof(*b->members.items));
	slot = (size_t)(hash ^ (hash >> 32)) & (SLOTS - 1);
	for (; b->slots[slot]; slot = (slot + 1) & (SLOTS - 1))
		if (same_set(b, &b->sets.items[b->slots[slot] - 1], &set)) {
			b->members.count = set.first;
			*out = (uint16_t)(b->slots[slot] - 1);
			return 0;
		}
	err = keep_set(b, &set);
	if (err)
		return err;
	b->slots[slot] = b->sets.count;
	*out = (uint16_t)(b->sets.count - 1);
	return 0;
}

/* ---- states ------------------------------------------------------------ */

static int step(struct dfa_builder *b, size_t from, unsigned int byte, uint16_t *out)
{
	struct dfa_set set = b->sets.items[from];

	set_begin(b, set.found);
	for (size_t i = 0; i < set.count; i++) {
		const struct nfa_node *node =
			&b->nfa.nodes.items[b->members.items[set.first + i]];

		if (node->kind == NFA_BYTES && regex_bytes_has(&node->bytes, byte))
			set_add(b, node->a, false, false);
	}
	add_entries(b, set.found, false);
	/* Clearing and sorting walk over all nodes, too, but far faster. */
	b->work += set.count + b->nfa.nodes.count / 16;
	return b->work > POLICY_AUTOMATON_WORK ? -E2BIG : set_end(b, false, out);
}

static int fill_state(struct dfa_builder *b, size_t index)
{
	uint16_t by_class[256] = {0};
	bool known[256] = {false};

	for (unsigned int byte = 0; byte < 256; byte++) {
		unsigned int class = b->class_of[byte];
		int err = known[class] ? 0 : step(b, index, byte, &by_class[class]);

		if (err)
			return err;
		known[class] = true;
		b->out->states.items[index].next[byte] = by_class[class];
	}
	return 0;
}

int policy_automaton_build(const struct automaton_part *parts, size_t n_parts,
			   const uint32_t *covered, struct automaton *out)
{
	struct dfa_builder *b cleanup_(dfa_builder_free) = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	b->parts = parts;
	b->n_parts = n_parts;
	b->covered = covered;
	b->out = out;
	err = read_parts(b);
	if (!err && (!vec_push(&b->sets) || !vec_push(&out->states)))
		err = -ENOMEM; /* state 0 */
	if (err)
		return err;
	set_begin(b, 0);
	add_entries(b, 0, true);
	err = set_end(b, true, &out->start);
	for (size_t i = 1; !err && i < b->sets.count; i++)
		err = fill_state(b, i);
	return err;
}
