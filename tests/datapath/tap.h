/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tap.h - results as lines: "ok N - what was promised".
 *
 * Who may include it: the datapath tests.
 */
#ifndef PINHOLE_TESTS_TAP_H
#define PINHOLE_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* One result; the promise is formatted as by printf(). */
#define tap_result(ok, ...)          \
	do {                         \
		tap_begin(ok);       \
		printf(__VA_ARGS__); \
		printf("\n");        \
	} while (0)

/* A line about the result that follows. */
#define tap_note(...)                \
	do {                         \
		printf("# ");        \
		printf(__VA_ARGS__); \
		printf("\n");        \
	} while (0)

/* The first half of tap_result(). */
void tap_begin(bool ok);

/* Print the count. Return: the exit status; no result at all is a failure. */
int tap_done(void);

/* The tests' own surroundings are broken: nothing can be promised. */
#define TAP_BAIL(...)                               \
	do {                                        \
		printf("Bail out! %s: ", __func__); \
		printf(__VA_ARGS__);                \
		printf("\n");                       \
		exit(EXIT_FAILURE);                 \
	} while (0)

#endif /* PINHOLE_TESTS_TAP_H */
