// SPDX-License-Identifier: GPL-2.0
/*
 * records.c - fw_take_records: what the datapath tells, besides counting it.
 *
 * Why it exists: the kernel's ring has one reading position for all. Whoever
 * takes records holds a lock meanwhile, so that two readers share them instead
 * of both going wrong.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>

#include <bpf/libbpf.h>

#include "internal.h"
#include "pins.h"

struct taking {
	int (*fn)(const union ph_any_record *, void *);
	void *arg;
	int delivered;
	int result; /* what fn ended it with */
};

static int deliver(void *arg, void *data, size_t size)
{
	struct taking *taking = arg;
	union ph_any_record record = {0};

	if (size < sizeof(record.acl)) /* the smallest */
		return 0;
	memcpy(&record, data, size < sizeof(record) ? size : sizeof(record));
	taking->delivered++;
	taking->result = taking->fn(&record, taking->arg);
	return taking->result ? -ECANCELED : 0;
}

static void free_ring(struct ring_buffer **ring)
{
	ring_buffer__free(*ring);
}

static int wait_for_records(const struct ring_buffer *ring, int timeout_ms)
{
	struct epoll_event event;

	if (!timeout_ms)
		return 0;
	return epoll_wait(ring_buffer__epoll_fd(ring), &event, 1, timeout_ms) < 0 ? -errno
										  : 0;
}

/* Closing the descriptor unlocks. */
static int lock_reading(const struct fw *fw, int *fd)
{
	char path[PATH_MAX + sizeof(PINS_MAPS)];

	snprintf(path, sizeof(path), "%s/%s", fw->pin_dir, PINS_MAPS);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 || flock(*fd, LOCK_EX) ? -errno : 0;
}

static int take_records(const struct fw *fw, int timeout_ms, struct taking *taking)
{
	struct ring_buffer *ring cleanup_(free_ring) =
		ring_buffer__new(fw->map[FW_MAP_RECORDS], deliver, taking, NULL);
	int lock scoped_fd_ = -1;
	int err = ring ? wait_for_records(ring, timeout_ms) : -errno;

	if (!err)
		err = lock_reading(fw, &lock);
	if (!err)
		err = ring_buffer__consume(ring);
	return err < 0 && !taking->result ? err : 0;
}

int fw_take_records(struct fw *fw, int timeout_ms,
		    int (*fn)(const union ph_any_record *, void *), void *arg,
		    struct fw_error *error)
{
	struct taking taking = {.fn = fn, .arg = arg};
	int err;

	fw_log_begin();
	err = take_records(fw, timeout_ms, &taking);
	fw_log_end();
	if (err) {
		fw_fail(error, err, "cannot take records out of the ring:");
		fw_fail_where(error, "map %s", fw_map_names[FW_MAP_RECORDS]);
		return err;
	}
	return taking.result < 0 ? taking.result : taking.delivered;
}
