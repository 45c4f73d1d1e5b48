/* SPDX-License-Identifier: GPL-2.0 */
/*
 * measure.h - the two things that are done to a gateway.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_MEASURE_H
#define PINHOLE_BENCH_MEASURE_H

#include "bench.h"

/* Send each flow's first packet and, if the case says so, its reply, until
 * each has arrived. Return: 0 or -1, reported. */
int measure_prime(const struct bench_case *c);

/* Send for c->seconds; print one line of JSON. Return: 0 or -1, reported. */
int measure_rate(const struct bench_case *c);

/* Put fib.bpf.c on both devices of the lab's gateway; it stays until the
 * devices go. Return: 0 or -1, reported. */
int measure_attach_fib(const struct bench_case *c);

#endif /* PINHOLE_BENCH_MEASURE_H */
