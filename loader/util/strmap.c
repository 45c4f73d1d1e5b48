// SPDX-License-Identifier: GPL-2.0
/* strmap.c - see strmap.h. Open addressing, at most half full. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/strmap.h"

/* The slot that holds the key, or the free one where it belongs. */
static struct strmap_slot *strmap_probe(struct strmap_slot *slots, size_t capacity,
					uint64_t hash, const char *key, size_t len)
{
	/* FNV's low bits are its weakest; fold the high ones in. */
	size_t at = (size_t)(hash ^ (hash >> 32)) & (capacity - 1);

	while (slots[at].key) {
		struct strmap_slot *slot = &slots[at];

		if (slot->hash == hash && slot->len == len &&
		    !memcmp(slot->key, key, len))
			return slot;
		at = (at + 1) & (capacity - 1);
	}
	return &slots[at];
}

size_t *strmap_find(const struct strmap *map, const char *key, size_t len)
{
	struct strmap_slot *slot;

	if (!map->capacity)
		return NULL;
	slot = strmap_probe(map->slots, map->capacity, hash_bytes(HASH_START, key, len),
			    key, len);
	return slot->key ? &slot->value : NULL;
}

static int strmap_grow(struct strmap *map)
{
	size_t capacity = map->capacity ? map->capacity * 2 : 16;
	struct strmap_slot *slots = calloc(capacity, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->capacity; i++) {
		const struct strmap_slot *old = &map->slots[i];

		if (old->key)
			*strmap_probe(slots, capacity, old->hash, old->key, old->len) =
				*old;
	}
	free(map->slots);
	map->slots = slots;
	map->capacity = capacity;
	return 0;
}

int strmap_put(struct strmap *map, const char *key, size_t len, size_t value)
{
	uint64_t hash = hash_bytes(HASH_START, key, len);
	struct strmap_slot *slot;

	if (map->count * 2 >= map->capacity) {
		int err = strmap_grow(map);

		if (err)
			return err;
	}
	slot = strmap_probe(map->slots, map->capacity, hash, key, len);
	if (!slot->key)
		map->count++;
	*slot = (struct strmap_slot){
		.key = key, .len = len, .hash = hash, .value = value};
	return 0;
}

void strmap_free(struct strmap *map)
{
	free(map->slots);
	*map = (struct strmap){0};
}
