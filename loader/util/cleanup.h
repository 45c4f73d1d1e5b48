/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cleanup.h - locals that free themselves when they leave scope.
 *
 * Why it exists: functions that can fail halfway return at once; unwinding
 * by hand is where leaks come from. take() hands an owned pointer on.
 *
 * Who may include it: all user-space code.
 */
#ifndef PINHOLE_UTIL_CLEANUP_H
#define PINHOLE_UTIL_CLEANUP_H

#include <stdlib.h>

static inline void cleanup_free(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

/* char *text cleanup_free_ = NULL; */
#define cleanup_free_ __attribute__((cleanup(cleanup_free)))

/* cleanup_(fn) calls fn(&variable). */
#define cleanup_(fn) __attribute__((cleanup(fn)))

/* The pointer's value; the pointer itself becomes NULL, so nothing frees it. */
#define take(pointer)                                   \
	__extension__({                                 \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;                       \
		taken_;                                 \
	})

#endif /* PINHOLE_UTIL_CLEANUP_H */
