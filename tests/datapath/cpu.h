/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cpu.h - on which processor the programs are run: what they note, they note for one.
 *
 * Who may include it: tests of the datapath.
 */
#ifndef DATAPATH_CPU_H
#define DATAPATH_CPU_H

#include <sched.h>

/* The calling thread stays there. */
static inline void cpu_pin(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

/* It stays where it is. *before: for cpu_leave() */
static inline void cpu_stay(cpu_set_t *before)
{
	sched_getaffinity(0, sizeof(*before), before);
	cpu_pin(sched_getcpu());
}

static inline void cpu_leave(const cpu_set_t *before)
{
	sched_setaffinity(0, sizeof(*before), before);
}

#endif /* DATAPATH_CPU_H */
