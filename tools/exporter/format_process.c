// SPDX-License-Identifier: GPL-2.0
/*
 * format_process.c - /proc/PID/stat. See format_process.h.
 *
 * Why it exists: the name of a program stands in the line as it is, with blanks and
 * brackets, so that fields are counted from its end.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format_process.h"

int process_stat_parse(const char *text, struct process_stat *out)
{
	const char *rest = strrchr(text, ')');
	struct process_stat stat;
	uint64_t user;
	uint64_t system;

	/* Fields 3 to 24: utime, stime, starttime, vsize and rss are 14, 15 and 22 to 24.
	 */
	if (!rest ||
	    sscanf(rest + 1,
		   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64
		   " %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64 " %" SCNu64,
		   &user, &system, &stat.start_ticks, &stat.virtual_bytes,
		   &stat.resident_pages) != 5)
		return -EINVAL;
	stat.cpu_ticks = user + system;
	*out = stat;
	return 0;
}
