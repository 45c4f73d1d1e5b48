/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_level.h - which log lines are wanted, and with which level. Pure.
 *
 * Why it exists: the number and the level of a message stand in its text, whoever made
 * it; the policy, or whoever asks, says which are to be shown.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_LEVEL_H
#define FWCTL_FORMAT_LEVEL_H

#include <pinhole/policy.h>

/*
 * Whether a line is to be shown; its level is rewritten if the policy gives the message
 * another. A text that is no "%ASA-L-NUMBER: ..." or "%PINHOLE-L-NAME: ..." is.
 */
bool format_level_pass(char *text, const struct policy_log_filter *filter);

/* The number of a line's message; 0: it has none, being Pinhole's own. */
unsigned int format_level_number(const char *text);

/* The level of a line: 0..7, or -1. */
int format_level_of(const char *text);

/* A level as its word or its number. Return: 0..7, or -1. */
int format_level_from(const char *text);

#endif /* FWCTL_FORMAT_LEVEL_H */
