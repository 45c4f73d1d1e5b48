// SPDX-License-Identifier: GPL-2.0
/*
 * spawn.c - a program's time and memory, by wait4(2). See spawn.h.
 *
 * What it writes counts only itself, not the kernel's memory that its work left
 * behind, whichever gateway it is for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "spawn.h"

#define CANNOT_RUN 127

static double msec(const struct timeval *time)
{
	return (double)time->tv_sec * 1e3 + (double)time->tv_usec / 1e3;
}

static double now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int fail(const char *what)
{
	fprintf(stderr, "bench: error: %s: %s\n", what, strerror(errno));
	return CANNOT_RUN;
}

int spawn_measured(const char *file, char **argv)
{
	struct rusage usage = {0};
	double begun = now_msec(), took;
	int status = 0;
	FILE *out;
	pid_t pid = fork();

	if (pid < 0)
		return fail("fork");
	if (!pid) {
		execvp(argv[0], argv);
		_exit(fail(argv[0]));
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		return fail("wait4");
	took = now_msec() - begun;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : CANNOT_RUN;
	out = fopen(file, "we");
	if (!out)
		return fail(file);
	fprintf(out, "{\"status\":%d,\"wall_ms\":%.3f,\"cpu_ms\":%.3f,\"rss_kib\":%ld}\n",
		status, took, msec(&usage.ru_utime) + msec(&usage.ru_stime),
		usage.ru_maxrss);
	return fclose(out) ? fail(file) : status;
}
