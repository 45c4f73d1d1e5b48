// SPDX-License-Identifier: GPL-2.0
/*
 * process.c - this process as metrics, by the names that all Prometheus clients use.
 *
 * Why it exists: whoever watches the firewall wants to know what watching it costs.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "format_process.h"
#include "parts.h"

#define NS_PER_SEC 1000000000ull

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static uint64_t ticks_to_ns(uint64_t ticks)
{
	return ticks * (NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* The same at each scrape, though the clocks are not read at once: by the tick. */
static uint64_t started_ns(const struct process_stat *stat)
{
	static uint64_t started;

	if (!started)
		started = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME) +
			  ticks_to_ns(stat->start_ticks);
	return started - started % (NS_PER_SEC / 100);
}

static int read_stat(struct process_stat *out)
{
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	char text[1024];
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len < 0)
		return -1;
	text[len] = '\0';
	return process_stat_parse(text, out);
}

static void put_stat(const struct metric_page *page)
{
	struct process_stat stat;

	if (read_stat(&stat))
		return;
	metric_single_ns(page, "process_cpu_seconds_total", METRIC_COUNTER,
			 "Processor time of the exporter.", ticks_to_ns(stat.cpu_ticks));
	metric_single_ns(page, "process_start_time_seconds", METRIC_GAUGE,
			 "When the exporter was started.", started_ns(&stat));
	metric_single(page, "process_virtual_memory_bytes", METRIC_GAUGE,
		      "Virtual memory of the exporter.", stat.virtual_bytes);
	metric_single(page, "process_resident_memory_bytes", METRIC_GAUGE,
		      "Resident memory of the exporter.",
		      stat.resident_pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void put_open_fds(const struct metric_page *page)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (!dir)
		return;
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		n += entry->d_name[0] != '.';
	closedir(dir);
	metric_single(page, "process_open_fds", METRIC_GAUGE,
		      "File descriptors that the exporter has open.",
		      n ? n - 1 : 0); /* the one that it was counted by */
}

void put_process(const struct metric_page *page)
{
	struct rlimit limit;

	put_stat(page);
	put_open_fds(page);
	if (!getrlimit(RLIMIT_NOFILE, &limit))
		metric_single(page, "process_max_fds", METRIC_GAUGE,
			      "File descriptors that the exporter may have open.",
			      limit.rlim_cur);
}
