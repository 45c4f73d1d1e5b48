// SPDX-License-Identifier: GPL-2.0
/*
 * fake_top.c - time for `fwctl top`: five seconds go by with each look at the clock, so
 * that there are rates. The made-up firewall counts nothing meanwhile.
 */
#include "fake.h"

uint64_t __wrap_top_now_ns(void);
uint64_t __wrap_top_now_ns(void)
{
	static uint64_t looks;

	return fake_in(5 * looks++);
}
