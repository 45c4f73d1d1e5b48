/* SPDX-License-Identifier: GPL-2.0 */
/*
 * calls.h - the tables of programs that our programs go on with by a tail call.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_CALLS_H
#define FIREWALL_CALLS_H

#include "internal.h"

/*
 * Pin the table of a fresh load, under a name of its own, before the programs
 * that call through it are attached anywhere. 0 or -errno.
 */
int calls_pin(const char *pin_dir, int table);

/* The table that the pinned program calls through is pinned and filled. */
bool calls_are_pinned(const char *pin_dir, int prog);

/* Remove the tables of loads of which no program is attached or pinned any more. */
void calls_sweep(const struct fw *fw);

#endif /* FIREWALL_CALLS_H */
