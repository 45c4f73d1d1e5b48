// SPDX-License-Identifier: GPL-2.0
/* line_id.c - see line_id.h. A table of the hashes seen, at most half full. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/line_id.h"
#include "util/hash.h"

int policy_line_ids_init(struct line_ids *ids, size_t n_lines)
{
	size_t capacity = 16;

	while (capacity < n_lines * 2)
		capacity *= 2;
	ids->slots = calloc(capacity, sizeof(*ids->slots));
	if (!ids->slots)
		return -ENOMEM;
	ids->capacity = capacity;
	return 0;
}

void policy_line_ids_free(struct line_ids *ids)
{
	free(ids->slots);
	*ids = (struct line_ids){0};
}

/* How many lines of this hash came before. Two texts with one hash only make
 * each other's ordinals grow: their identities still differ. */
static uint32_t count_equal(struct line_ids *ids, uint64_t hash)
{
	size_t at = (size_t)(hash ^ (hash >> 32)) & (ids->capacity - 1);

	while (ids->slots[at].count && ids->slots[at].hash != hash)
		at = (at + 1) & (ids->capacity - 1);
	ids->slots[at].hash = hash;
	return ids->slots[at].count++;
}

uint64_t policy_line_id(struct line_ids *ids, const char *list, const char *text,
			size_t text_len)
{
	uint64_t hash = hash_bytes(HASH_START, list, strlen(list) + 1);
	uint32_t ordinal;
	unsigned char bytes[4];

	hash = hash_bytes(hash, text, text_len);
	ordinal = count_equal(ids, hash);
	if (!ordinal)
		return hash;
	/* Byte by byte: equal on machines of either byte order. */
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(ordinal >> (8 * i));
	return hash_bytes(hash, bytes, sizeof(bytes));
}
