/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stages.h - what each kind of packet takes of the programs.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_STAGES_H
#define PINHOLE_BENCH_STAGES_H

#include "bench.h"

/* Feed packets of each kind to the programs in force on the lab's outside device;
 * print a line of JSON for each kind. Return: 0 or -1, reported. */
int stages_measure(const struct bench_case *c);

#endif /* PINHOLE_BENCH_STAGES_H */
