// SPDX-License-Identifier: GPL-2.0
/*
 * arena.c - memory in chunks that are used again. See space.h.
 */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/space.h"

#define CHUNK_BYTES ((size_t)256 << 10)
#define ALIGNMENT   alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t bytes;
	alignas(max_align_t) unsigned char data[];
};

/* A chunk with that much room behind the one in hand. */
static struct arena_chunk *next_chunk(struct arena *arena, size_t bytes)
{
	struct arena_chunk **link = arena->at ? &arena->at->next : &arena->first;
	struct arena_chunk *chunk = *link;

	if (!chunk || chunk->bytes < bytes) {
		size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk)
			return NULL;
		chunk->bytes = room;
		chunk->next = *link;
		*link = chunk;
	}
	chunk->used = 0;
	arena->at = chunk;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
	struct arena_chunk *chunk = arena->at;
	void *at;

	bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!chunk || chunk->bytes - chunk->used < bytes)
		chunk = next_chunk(arena, bytes);
	if (!chunk) {
		arena->failed = true;
		return NULL;
	}
	at = chunk->data + chunk->used;
	chunk->used += bytes;
	return memset(at, 0, bytes);
}

void arena_reset(struct arena *arena)
{
	arena->at = NULL;
	arena->failed = false;
}

void arena_free(struct arena *arena)
{
	struct arena_chunk *chunk = arena->first;

	while (chunk) {
		struct arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	*arena = (struct arena){0};
}
