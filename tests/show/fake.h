/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake.h - a made-up firewall that has seen a few things.
 *
 * Who may include it: tests/show only.
 */
#ifndef TESTS_SHOW_FAKE_H
#define TESTS_SHOW_FAKE_H

#include <pinhole/firewall.h>

/* By the environment, FAKE_MOOD: "absent": nothing is in force; "quiet": nothing was
 * seen yet; else busy. */
bool fake_is_absent(void);
bool fake_is_quiet(void);

/* CLOCK_MONOTONIC, which stands still here. */
uint64_t fake_ago(uint64_t sec);
uint64_t fake_in(uint64_t sec);

#define FAKE_OUTSIDE 2 /* ifindexes */
#define FAKE_INSIDE  3
#define FAKE_DMZ     4

/* The policy of the file FAKE_POLICY, compiled; NULL: it is wrong. Kept. */
const struct policy_image *fake_image(void);

#endif /* TESTS_SHOW_FAKE_H */
