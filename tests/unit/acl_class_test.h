/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_class_test.h - addresses of both families as numbers, and chance, for the tests of
 * loader/acl/class*.c.
 *
 * Who may include it: tests/unit/test_acl_class*.c.
 */
#ifndef PINHOLE_TEST_ACL_CLASS_H
#define PINHOLE_TEST_ACL_CLASS_H

#include <stdint.h>

#include "acl/classes.h"

/* An address, its bits at the top: IPv4's in the upper 32. */
typedef unsigned __int128 wide;

/* xorshift64 (Marsaglia 2003): the same numbers everywhere. */
static uint64_t random_state = 88172645463325252ull;

static inline uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static inline unsigned int below(unsigned int n)
{
	return (unsigned int)((random64() >> 32) * n >> 32);
}

static inline unsigned int width_of(enum acl_family family)
{
	return family == ACL_IPV4 ? 32 : 128;
}

static inline wide mask_of(unsigned int len)
{
	return len ? ~(wide)0 << (128 - len) : 0;
}

static inline wide random_address(enum acl_family family)
{
	return ((wide)random64() << 64 | random64()) & mask_of(width_of(family));
}

static inline struct acl_prefix prefix_of(enum acl_family family, wide address,
					  unsigned int len)
{
	address &= mask_of(len);
	return (struct acl_prefix){
		.high = family == ACL_IPV4 ? 0 : (uint64_t)(address >> 64),
		.low = family == ACL_IPV4 ? (uint64_t)(address >> 96) : (uint64_t)address,
		.len = (uint8_t)len,
		.family = family,
	};
}

#endif /* PINHOLE_TEST_ACL_CLASS_H */
