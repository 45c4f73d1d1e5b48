// SPDX-License-Identifier: GPL-2.0
/* line_id.c - see line_id.h. A table of the hashes seen, at most half full. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/line_id.h"
#include "util/cleanup.h"

/* A large table is not in any cache: its slots are asked for so many lines ahead. */
#define LINES_AHEAD 16

struct line_ids_slot {
	uint64_t hash;
	uint32_t count; /* 0: free slot */
};

struct line_ids {
	struct line_ids_slot *slots;
	size_t capacity; /* a power of two */
};

uint64_t policy_line_ids_start(const char *list, const char *text, size_t text_len)
{
	uint64_t hash = hash_bytes(HASH_START, list, strlen(list) + 1);

	return hash_bytes(hash, text, text_len);
}

static size_t slot_of(const struct line_ids *ids, uint64_t hash)
{
	return (size_t)(hash ^ (hash >> 32)) & (ids->capacity - 1);
}

/* How many lines of this hash came before. Two texts with one hash only make
 * each other's ordinals grow: their identities still differ. */
static uint32_t count_equal(struct line_ids *ids, uint64_t hash)
{
	size_t at = slot_of(ids, hash);

	while (ids->slots[at].count && ids->slots[at].hash != hash)
		at = (at + 1) & (ids->capacity - 1);
	ids->slots[at].hash = hash;
	return ids->slots[at].count++;
}

static uint64_t line_id(struct line_ids *ids, uint64_t hash)
{
	uint32_t ordinal = count_equal(ids, hash);
	unsigned char bytes[4];

	if (!ordinal)
		return hash;
	/* Byte by byte: equal on machines of either byte order. */
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(ordinal >> (8 * i));
	return hash_bytes(hash, bytes, sizeof(bytes));
}

int policy_line_ids_settle(struct policy_image_line *lines, size_t n_lines)
{
	struct line_ids_slot *slots cleanup_free_ = NULL;
	struct line_ids ids = {.capacity = 16};

	while (ids.capacity < n_lines * 2)
		ids.capacity *= 2;
	slots = calloc(ids.capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	ids.slots = slots;
	for (size_t i = 0; i < n_lines; i++) {
		if (i + LINES_AHEAD < n_lines)
			__builtin_prefetch(
				&slots[slot_of(&ids, lines[i + LINES_AHEAD].line_id)]);
		lines[i].line_id = line_id(&ids, lines[i].line_id);
	}
	return 0;
}
