/* SPDX-License-Identifier: GPL-2.0 */
/*
 * arena.h - many small pieces of memory that are freed together.
 *
 * Why it exists: the sets of 100,000 access-list lines are of a few bytes each, live
 * as long as one another and are never freed alone.
 *
 * Who may include it: all user-space code.
 */
#ifndef PINHOLE_UTIL_ARENA_H
#define PINHOLE_UTIL_ARENA_H

#include <stddef.h>

struct arena_block;

/* Starts as {0}. */
struct arena {
	struct arena_block *blocks; /* the one in use first */
	size_t used;		    /* bytes of it */
};

/* Memory for anything, zeroed, which does not move. @bytes may be 0.
 * Return: NULL if memory ran out. */
void *arena_alloc(struct arena *arena, size_t bytes);
void arena_free(struct arena *arena);

#endif /* PINHOLE_UTIL_ARENA_H */
