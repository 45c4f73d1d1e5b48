/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lines.h - access lists, as each gateway wants them, and forgetting flows.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_LINES_H
#define PINHOLE_BENCH_LINES_H

#include "bench.h"

/* Print the lines of bench_line() in c->format. Return: 0 or -1, reported. */
int lines_print(const struct bench_case *c);

/* Have conntrack forget the flows of the lab's gateway. Return: 0 or -1, reported. */
int flows_flush(const struct bench_case *c);

#endif /* PINHOLE_BENCH_LINES_H */
