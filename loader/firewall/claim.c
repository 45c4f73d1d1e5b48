// SPDX-License-Identifier: GPL-2.0
/*
 * claim.c - fw_claim_records: who takes the records. See firewall_log.h.
 *
 * The lock is on a folder of the pin directory, which goes with the firewall.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <pinhole/firewall_log.h>

#include "holder.h"
#include "internal.h"
#include "pins.h"

#define TRIES	20
#define WAIT_NS 50000000L

static bool is_same(int a, int b)
{
	struct stat of_a, of_b;

	return !fstat(a, &of_a) && !fstat(b, &of_b) && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

/* Return: 0 or -errno */
static int lock(int fd, bool alone)
{
	const struct timespec a_while = {.tv_nsec = WAIT_NS};

	for (int i = 0; i < TRIES; i++) {
		if (!flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK)
			return -errno;
		nanosleep(&a_while, NULL);
	}
	return -EBUSY;
}

static int tell_claimed(int fd, int err, struct fw_error *error)
{
	char holder[160];

	if (err != -EBUSY) {
		fw_fail(error, err, "cannot claim the records:");
		return err;
	}
	if (!holder_of(fd, holder, sizeof(holder)))
		snprintf(holder, sizeof(holder), "another process");
	fw_fail(error, 0, "%s takes the records, and each can be taken once", holder);
	fw_fail_hint(error, "%s",
		     "read them where it shows them or sends them, e.g. by journalctl -t "
		     "pinhole; or end it first");
	return err;
}

int fw_claim_records(struct fw *fw, bool alone, int *claim, struct fw_error *error)
{
	char path[PATH_MAX + sizeof(PINS_PROGS)];
	int fd, err;

	snprintf(path, sizeof(path), "%s/%s", fw->pin_dir, PINS_PROGS);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tell_claimed(fd, -errno, error);
	err = *claim >= 0 && is_same(*claim, fd) ? -EALREADY : lock(fd, alone);
	if (err) {
		if (err != -EALREADY)
			tell_claimed(fd, err, error);
		close(fd);
		return err == -EALREADY ? 0 : err;
	}
	if (*claim >= 0)
		close(*claim);
	*claim = fd;
	return 0;
}
