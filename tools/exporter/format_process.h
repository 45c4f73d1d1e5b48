/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_process.h - what the kernel says of a process. Pure.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_FORMAT_PROCESS_H
#define EXPORTER_FORMAT_PROCESS_H

#include <stdint.h>

/* Of /proc/PID/stat, see proc(5). */
struct process_stat {
	uint64_t cpu_ticks;   /* in user space and in the kernel */
	uint64_t start_ticks; /* since the machine was started */
	uint64_t virtual_bytes;
	uint64_t resident_pages;
};

/* @text: the line. Return: 0, or -EINVAL: it is none; @out is unchanged. */
int process_stat_parse(const char *text, struct process_stat *out);

#endif /* EXPORTER_FORMAT_PROCESS_H */
