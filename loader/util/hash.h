/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hash.h - 64-bit FNV-1a (Fowler, Noll, Vo; public domain; RFC 9923).
 *
 * Why it exists: hash tables, and line identities that must come out equal on
 * every machine and in every version.
 *
 * Who may include it: all user-space code.
 */
#ifndef PINHOLE_UTIL_HASH_H
#define PINHOLE_UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325ull

/* Continue @hash (at first HASH_START) over @len bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	while (len--) {
		hash ^= *at++;
		hash *= 0x100000001b3ull;
	}
	return hash;
}

#endif /* PINHOLE_UTIL_HASH_H */
