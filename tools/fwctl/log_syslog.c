// SPDX-License-Identifier: GPL-2.0
/*
 * log_syslog.c - lines of `fwctl log` to syslog(3), which is journald on most machines.
 * See log.h.
 *
 * The levels of messages are those of syslog, whose numbers an ASA took over.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "format_level.h"
#include "log.h"

#define SYSLOG_SOCKET "/dev/log"
#define SYSLOG_NAME   "pinhole"

int log_facility(const char *word)
{
	static const struct {
		const char *word;
		int facility;
	} facilities[] = {
		{"daemon", LOG_DAEMON},	    {"auth", LOG_AUTH},
		{"authpriv", LOG_AUTHPRIV}, {"user", LOG_USER},
		{"local0", LOG_LOCAL0},	    {"local1", LOG_LOCAL1},
		{"local2", LOG_LOCAL2},	    {"local3", LOG_LOCAL3},
		{"local4", LOG_LOCAL4},	    {"local5", LOG_LOCAL5},
		{"local6", LOG_LOCAL6},	    {"local7", LOG_LOCAL7},
	};

	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (!strcasecmp(word, facilities[i].word))
			return facilities[i].facility;
	return -1;
}

/* syslog(3) says nothing when nobody listens, and records are taken only once. */
static int try_socket(int type)
{
	const struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = SYSLOG_SOCKET};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)&at, sizeof(at)) ? -errno : 0;
	close(fd);
	return err;
}

int log_open_syslog(int facility)
{
	int err = try_socket(SOCK_DGRAM);

	if (err == -EPROTOTYPE)
		err = try_socket(SOCK_STREAM);
	if (!err)
		openlog(SYSLOG_NAME, LOG_NDELAY | LOG_PID, facility);
	return err;
}

void log_put_syslog(const char *text)
{
	int level = format_level_of(text);

	syslog(level < 0 ? LOG_INFO : level, "%s", text);
}
