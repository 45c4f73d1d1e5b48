/* SPDX-License-Identifier: GPL-2.0 */
/*
 * draw.h - numbers by chance, the same in every run.
 *
 * Who may include it: tests/reference.
 */
#ifndef TESTS_REFERENCE_DRAW_H
#define TESTS_REFERENCE_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct ref_draw {
	uint64_t state; /* never 0 */
};

static inline struct ref_draw ref_draw_new(uint64_t seed)
{
	return (struct ref_draw){seed * 0x9e3779b97f4a7c15ull | 1};
}

/* xorshift64* (Marsaglia 2003; Vigna 2016) */
static inline uint64_t ref_draw64(struct ref_draw *draw)
{
	draw->state ^= draw->state >> 12;
	draw->state ^= draw->state << 25;
	draw->state ^= draw->state >> 27;
	return draw->state * 0x2545f4914f6cdd1dull;
}

/* 0..n-1; n up to 2^32 */
static inline size_t ref_below(struct ref_draw *draw, size_t n)
{
	return n ? (size_t)((ref_draw64(draw) >> 32) * n >> 32) : 0;
}

/* True once in n times. */
static inline int ref_once_in(struct ref_draw *draw, size_t n)
{
	return !ref_below(draw, n);
}

#endif /* TESTS_REFERENCE_DRAW_H */
