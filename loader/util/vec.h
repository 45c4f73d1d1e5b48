/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vec.h - a growing array of any type.
 *
 * Why it exists: the parser, the diagnostics and the tools all collect lists
 * of unknown length. Growth doubles, so n pushes cost O(n).
 *
 * Who may include it: all user-space code.
 */
#ifndef PINHOLE_UTIL_VEC_H
#define PINHOLE_UTIL_VEC_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VEC(type)                \
	struct {                 \
		type *items;     \
		size_t count;    \
		size_t capacity; \
	}

/*
 * Make room for one more item of @size bytes.
 * Return: the array, moved or not; NULL if memory ran out (the old one stays).
 */
static inline void *vec_grow(void *items, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 8;
	void *moved;

	if (count < *capacity)
		return items;
	if (wanted > SIZE_MAX / 2 / size)
		return NULL;
	moved = realloc(items, wanted * size);
	if (moved)
		*capacity = wanted;
	return moved;
}

/* Append one zeroed item. Yields a pointer to it, or NULL if memory ran out. */
#define vec_push(vec)                                                                   \
	__extension__({                                                                 \
		void *grown_ = vec_grow((vec)->items, (vec)->count, &(vec)->capacity,   \
					sizeof(*(vec)->items));                         \
		__typeof__((vec)->items) new_ = NULL;                                   \
		if (grown_) {                                                           \
			(vec)->items = grown_;                                          \
			new_ = memset(&(vec)->items[(vec)->count++], 0, sizeof(*new_)); \
		}                                                                       \
		new_;                                                                   \
	})

#define vec_free(vec)                \
	do {                         \
		free((vec)->items);  \
		(vec)->items = NULL; \
		(vec)->count = 0;    \
		(vec)->capacity = 0; \
	} while (0)

#endif /* PINHOLE_UTIL_VEC_H */
