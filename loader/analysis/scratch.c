// SPDX-License-Identifier: GPL-2.0
/*
 * scratch.c - memory in chunks that are used again. See space.h.
 */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/space.h"

#define CHUNK_BYTES ((size_t)256 << 10)
#define ALIGNMENT   alignof(max_align_t)

struct scratch_chunk {
	struct scratch_chunk *next;
	size_t used;
	size_t bytes;
	alignas(max_align_t) unsigned char data[];
};

/* A chunk with that much room behind the one in hand. */
static struct scratch_chunk *next_chunk(struct scratch *scratch, size_t bytes)
{
	struct scratch_chunk **link = scratch->at ? &scratch->at->next : &scratch->first;
	struct scratch_chunk *chunk = *link;

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
	scratch->at = chunk;
	return chunk;
}

void *scratch_alloc(struct scratch *scratch, size_t bytes)
{
	struct scratch_chunk *chunk = scratch->at;
	void *at;

	bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!chunk || chunk->bytes - chunk->used < bytes)
		chunk = next_chunk(scratch, bytes);
	if (!chunk) {
		scratch->failed = true;
		return NULL;
	}
	at = chunk->data + chunk->used;
	chunk->used += bytes;
	scratch->bytes += bytes;
	return memset(at, 0, bytes);
}

void scratch_reset(struct scratch *scratch)
{
	scratch->at = NULL;
	scratch->bytes = 0;
	scratch->failed = false;
}

void scratch_free(struct scratch *scratch)
{
	struct scratch_chunk *chunk = scratch->first;

	while (chunk) {
		struct scratch_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	*scratch = (struct scratch){0};
}
