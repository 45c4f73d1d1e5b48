/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mountinfo.h - where file systems are mounted, as /proc/PID/mountinfo says it. Pure.
 *
 * Who may include it: loader/firewall, and tests.
 */
#ifndef FIREWALL_MOUNTINFO_H
#define FIREWALL_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does this line (proc_pid_mountinfo(5)) speak of a file system of this type?
 * @line: with or without its newline
 * @point: set to where it is mounted, unescaped; untouched if the answer is no
 * @whole: set to whether the file system's root is mounted there, not a part of it
 * Return: false also if the line makes no sense or @point is too small.
 */
bool mountinfo_match(const char *line, const char *type, char *point, size_t size,
		     bool *whole);

#endif /* FIREWALL_MOUNTINFO_H */
