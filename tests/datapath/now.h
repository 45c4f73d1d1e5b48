/* SPDX-License-Identifier: GPL-2.0 */
/*
 * now.h - the time as the programs have it.
 *
 * Who may include it: tests of the datapath.
 */
#ifndef DATAPATH_NOW_H
#define DATAPATH_NOW_H

#include <linux/types.h>
#include <time.h>

/* CLOCK_MONOTONIC, of which bpf_ktime_get_ns() is. */
static inline __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000000000ull + (__u64)now.tv_nsec;
}

#endif /* DATAPATH_NOW_H */
