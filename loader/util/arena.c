// SPDX-License-Identifier: GPL-2.0
/* arena.c - see arena.h. Blocks of one size; what is larger gets one of its own. */
#include <stdint.h>
#include <stdlib.h>

#include "util/arena.h"

#define BLOCK_BYTES 65536u
#define ALIGNMENT   _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t capacity;
	max_align_t bytes[];
};

static struct arena_block *block_new(size_t capacity)
{
	struct arena_block *block;

	if (capacity > SIZE_MAX / 2)
		return NULL;
	block = calloc(1, sizeof(*block) + capacity);
	if (block)
		block->capacity = capacity;
	return block;
}

/* Behind the block in use, whose rest is not lost. */
static void *alloc_large(struct arena *arena, size_t bytes)
{
	struct arena_block *block = block_new(bytes);

	if (!block)
		return NULL;
	if (arena->blocks) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		arena->blocks = block;
		arena->used = bytes;
	}
	return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	void *out;

	if (bytes > BLOCK_BYTES / 4)
		return alloc_large(arena, bytes);
	if (!arena->blocks || arena->blocks->capacity < arena->used ||
	    arena->blocks->capacity - arena->used < rounded) {
		struct arena_block *block = block_new(BLOCK_BYTES);

		if (!block)
			return NULL;
		block->next = arena->blocks;
		arena->blocks = block;
		arena->used = 0;
	}
	out = (char *)arena->blocks->bytes + arena->used;
	arena->used += rounded;
	return out;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->used = 0;
}
