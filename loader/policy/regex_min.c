// SPDX-License-Identifier: GPL-2.0
/*
 * regex_min.c - the smallest automaton that finds the same.
 *
 * States begin in one block for each thing they accept, and blocks are parted as
 * long as their states lead to different blocks (Moore). Block 0 is that of the
 * dead state.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/automaton.h"
#include "util/cleanup.h"
#include "util/hash.h"

struct min_slot {
	uint64_t hash;
	uint16_t state; /* the first with these blocks */
	bool used;
};

struct minimizer {
	const struct ftp_state *states;
	size_t count;
	uint16_t block[POLICY_AUTOMATON_STATES];
	uint16_t parted[POLICY_AUTOMATON_STATES];
	struct min_slot slots[2 * POLICY_AUTOMATON_STATES];
};

/* Where a state leads, told by blocks. */
static uint64_t hash_state(const struct minimizer *m, size_t index)
{
	const struct ftp_state *state = &m->states[index];
	uint64_t hash = HASH_START ^ m->block[index];

	for (int byte = 0; byte < 256; byte++)
		hash = (hash ^ m->block[state->next[byte]]) * 0x100000001b3ull;
	return hash;
}

static bool same_blocks(const struct minimizer *m, size_t x, size_t y)
{
	if (m->block[x] != m->block[y])
		return false;
	for (int byte = 0; byte < 256; byte++)
		if (m->block[m->states[x].next[byte]] !=
		    m->block[m->states[y].next[byte]])
			return false;
	return true;
}

/* Return: how many blocks there are now. */
static size_t part_blocks(struct minimizer *m)
{
	size_t n = 0;

	memset(m->slots, 0, sizeof(m->slots));
	for (size_t i = 0; i < m->count; i++) {
		uint64_t hash = hash_state(m, i);
		size_t at = hash & (2 * POLICY_AUTOMATON_STATES - 1);

		while (m->slots[at].used && (m->slots[at].hash != hash ||
					     !same_blocks(m, m->slots[at].state, i)))
			at = (at + 1) & (2 * POLICY_AUTOMATON_STATES - 1);
		if (m->slots[at].used) {
			m->parted[i] = m->parted[m->slots[at].state];
			continue;
		}
		m->slots[at] = (struct min_slot){hash, (uint16_t)i, true};
		m->parted[i] = (uint16_t)n++;
	}
	memcpy(m->block, m->parted, sizeof(m->block));
	return n;
}

/* By what is accepted; the dead state, which comes first, is in block 0. */
static size_t first_blocks(struct minimizer *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		size_t j = 0;

		while (j < i && m->states[j].accept != m->states[i].accept)
			j++;
		m->block[i] = j < i ? m->block[j] : (uint16_t)n++;
	}
	return n;
}

/* A block becomes the state that its first one is; those stand in order. */
static void join_blocks(const struct minimizer *m, struct automaton *automaton)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++) {
		struct ftp_state *state = &automaton->states.items[n];

		if (m->block[i] != n)
			continue;
		*state = automaton->states.items[i];
		for (int byte = 0; byte < 256; byte++)
			state->next[byte] = m->block[state->next[byte]];
		n++;
	}
	automaton->start = m->block[automaton->start];
	automaton->states.count = n;
}

int policy_automaton_minimize(struct automaton *automaton)
{
	struct minimizer *m cleanup_free_ = calloc(1, sizeof(*m));
	size_t n, before;

	if (!m)
		return -ENOMEM;
	m->states = automaton->states.items;
	m->count = automaton->states.count;
	n = first_blocks(m);
	do {
		before = n;
		n = part_blocks(m);
	} while (n > before);
	join_blocks(m, automaton);
	return 0;
}
