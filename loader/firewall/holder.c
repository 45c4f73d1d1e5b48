// SPDX-License-Identifier: GPL-2.0
/*
 * holder.c - which process holds a lock. See holder.h.
 *
 * Why it exists: a BPF file system has no files to write one's name into, and what is
 * written down outlives a process that is killed. The kernel knows: proc(5),
 * /proc/locks.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <util/cleanup.h>

#include "holder.h"

#define COMMAND_BYTES 120

static void close_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

/* The line of a lock that is held; "->" tells of one that waits. */
static bool parse_lock(const char *line, const struct stat *file, int *pid)
{
	unsigned int dev_major, dev_minor;
	unsigned long inode;

	return sscanf(line, "%*u: FLOCK %*s %*s %d %x:%x:%lu", pid, &dev_major,
		      &dev_minor, &inode) == 4 &&
	       dev_major == major(file->st_dev) && dev_minor == minor(file->st_dev) &&
	       inode == file->st_ino;
}

static bool find_pid(const struct stat *file, int *pid)
{
	FILE *locks cleanup_(close_stream) = fopen("/proc/locks", "re");
	char line[256];

	while (locks && fgets(line, sizeof(line), locks)) {
		if (parse_lock(line, file, pid))
			return true;
	}
	return false;
}

/* Arguments end in NULs; what could upset a terminal is shown as a question mark. */
static void read_command(int pid, char out[COMMAND_BYTES])
{
	FILE *stream cleanup_(close_stream) = NULL;
	char path[64];
	size_t len = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	stream = fopen(path, "re");
	if (stream)
		len = fread(out, 1, COMMAND_BYTES - 1, stream);
	while (len && !out[len - 1])
		len--;
	out[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (!out[i])
			out[i] = ' ';
		else if (!isprint((unsigned char)out[i]))
			out[i] = '?';
	}
}

bool holder_of(int fd, char *out, size_t size)
{
	char command[COMMAND_BYTES] = "";
	struct stat file;
	int pid = 0;

	if (fstat(fd, &file) || !find_pid(&file, &pid))
		return false;
	if (pid > 0)
		read_command(pid, command);
	if (command[0])
		snprintf(out, size, "%s (pid %d)", command, pid);
	else if (pid > 0)
		snprintf(out, size, "a process (pid %d)", pid);
	else
		snprintf(out, size, "a process that cannot be seen from here");
	return true;
}
