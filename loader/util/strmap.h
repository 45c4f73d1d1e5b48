/* SPDX-License-Identifier: GPL-2.0 */
/*
 * strmap.h - from a string to a number.
 *
 * Why it exists: names are looked up once per line of a policy; with 100,000
 * lines only constant time will do.
 *
 * Who may include it: all user-space code. The map borrows its keys: their
 * bytes must outlive it.
 */
#ifndef PINHOLE_UTIL_STRMAP_H
#define PINHOLE_UTIL_STRMAP_H

#include <stddef.h>
#include <stdint.h>

struct strmap_slot {
	const char *key; /* NULL: free slot */
	size_t len;
	uint64_t hash;
	size_t value;
};

/* Starts as {0}. */
struct strmap {
	struct strmap_slot *slots;
	size_t count;
	size_t capacity; /* a power of two, or 0 */
};

/* The value stored for a key, writable; NULL if there is none. */
size_t *strmap_find(const struct strmap *map, const char *key, size_t len);

/* Store @value for @key, replacing what was there. Return: 0 or -ENOMEM. */
int strmap_put(struct strmap *map, const char *key, size_t len, size_t value);

void strmap_free(struct strmap *map);

#endif /* PINHOLE_UTIL_STRMAP_H */
