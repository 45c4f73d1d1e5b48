// SPDX-License-Identifier: GPL-2.0
/*
 * applies.c - what became of applies. See applies.h.
 *
 * Why it exists: an apply that fails changes nothing, so nothing else tells a monitor of
 * it. It is written as memory, for whoever fails may do so because another apply holds
 * the lock. Nothing here fails an apply.
 */
#include <time.h>

#include <bpf/bpf.h>

#include <pinhole/firewall_stats.h>

#include "applies.h"
#include "map_view.h"
#include "pins.h"

static uint64_t clock_of(clockid_t id, uint64_t *nsec)
{
	struct timespec now;

	clock_gettime(id, &now);
	*nsec = (uint64_t)now.tv_nsec;
	return (uint64_t)now.tv_sec;
}

static uint64_t realtime_sec(void)
{
	uint64_t nsec;

	return clock_of(CLOCK_REALTIME, &nsec);
}

static uint64_t monotonic_ns(void)
{
	uint64_t nsec;
	uint64_t sec = clock_of(CLOCK_MONOTONIC, &nsec);

	return sec * 1000000000ull + nsec;
}

/* data is NULL if nothing is pinned. */
static struct fw_applies *open_applies(const char *pin_dir, struct map_view *view)
{
	int fd scoped_fd_ = pins_get(pin_dir, PINS_MAPS, fw_map_names[FW_MAP_APPLIES]);

	if (fd < 0 ||
	    map_view_open(fd, sizeof(struct fw_applies), 0, 1, MAP_VIEW_WRITE, view))
		return NULL;
	return view->data;
}

static bool count_attempt(struct fw_applies *applies, const struct applies_note *note)
{
	if (!applies)
		return false;
	__atomic_fetch_add(&applies->attempts, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&applies->attempt_sec, note->began_sec, __ATOMIC_RELAXED);
	return true;
}

void applies_begin(const char *pin_dir, struct applies_note *note)
{
	struct map_view view scoped_view_ = {0};

	*note = (struct applies_note){.began_sec = realtime_sec(),
				      .began_ns = monotonic_ns()};
	note->counted = count_attempt(open_applies(pin_dir, &view), note);
}

void applies_end(const char *pin_dir, const struct applies_note *note, bool succeeded)
{
	struct map_view view scoped_view_ = {0};
	struct fw_applies *applies = open_applies(pin_dir, &view);

	if (!applies)
		return;
	if (!note->counted)
		count_attempt(applies, note);
	if (succeeded) {
		__atomic_fetch_add(&applies->successes, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&applies->success_duration_ns,
				 monotonic_ns() - note->began_ns, __ATOMIC_RELAXED);
		__atomic_store_n(&applies->success_sec, realtime_sec(), __ATOMIC_RELAXED);
	} else {
		__atomic_fetch_add(&applies->failures, 1, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&applies->succeeded, succeeded, __ATOMIC_RELAXED);
}

int fw_note_failed_apply(const char *pin_dir, struct fw_error *error)
{
	const char *dir = pin_dir ? pin_dir : FW_DEFAULT_PIN_DIR;
	struct applies_note note;

	(void)error;
	applies_begin(dir, &note);
	applies_end(dir, &note, false);
	return 0;
}

int fw_read_last_apply(struct fw *fw, struct fw_last_apply *out, struct fw_error *error)
{
	struct fw_applies applies = {0};
	__u32 zero = 0;

	if (bpf_map_lookup_elem(fw->map[FW_MAP_APPLIES], &zero, &applies)) {
		int err = fw_fail(error, -errno, "cannot read what became of applies:");

		fw_fail_where(error, "map %s", fw_map_names[FW_MAP_APPLIES]);
		return err;
	}
	*out = (struct fw_last_apply){
		.attempts = applies.attempts,
		.failures = applies.failures,
		.successes = applies.successes,
		.attempt_sec = applies.attempt_sec,
		.success_sec = applies.success_sec,
		.success_duration_ns = applies.success_duration_ns,
		.succeeded = applies.succeeded,
	};
	return 0;
}
