/* SPDX-License-Identifier: GPL-2.0 */
/*
 * spawn.h - what a program takes.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_SPAWN_H
#define PINHOLE_BENCH_SPAWN_H

#include "bench.h"

/* Run it and write to a file what it took, as JSON: milliseconds and KiB.
 * Return: its exit status. */
int spawn_measured(const char *file, char **argv);

#endif /* PINHOLE_BENCH_SPAWN_H */
