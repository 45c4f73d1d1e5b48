// SPDX-License-Identifier: GPL-2.0
/*
 * undo.c - the way back to the policy before. See undo.h.
 *
 * Why it exists: the record is shared with the kernel's clock, which may act on it in
 * any instant. It is therefore used as memory, and its state changed by
 * compare-and-swap; nothing here holds a copy of it for long.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "map_view.h"
#include "state.h"
#include "undo.h"

#define NS_PER_SEC   1000000000ull
#define POLL_NS	     5000000L
#define SWAP_POLLS   200  /* the clock is between two instructions */
#define FIRE_TIMEOUT 1000 /* polls: a tick comes every 20 ms */

static void pause_a_little(void)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};

	nanosleep(&pause, NULL);
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static int view_record(const struct fw *fw, enum map_access access, struct map_view *view,
		       struct fw_error *error)
{
	int err = map_view_open(fw->map[FW_MAP_UNDO], sizeof(struct undo), 0, 1, access,
				view);

	return err ? fw_fail(error, err, "cannot use the record of the undo:") : 0;
}

static bool swap_state(struct undo *record, enum undo_state from, enum undo_state to)
{
	uint32_t expected = from;

	return __atomic_compare_exchange_n(&record->state, &expected, (uint32_t)to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void copy_record(const struct undo *record, struct undo *out)
{
	*out = (struct undo){
		.state = __atomic_load_n(&record->state, __ATOMIC_ACQUIRE),
		.deadline_ns = __atomic_load_n(&record->deadline_ns, __ATOMIC_RELAXED),
		.from = record->from,
		.to = record->to,
		.back = record->back,
	};
}

static enum undo_status status_of(const struct undo *record, uint32_t active)
{
	if (record->state == UNDO_DONE && active == record->to)
		return UNDO_IS_DONE;
	if (active != record->from) /* of an apply that was killed before its flip */
		return UNDO_IS_NONE;
	if (record->state == UNDO_ARMED)
		return UNDO_IS_ON_TRIAL;
	return record->state == UNDO_READY ? UNDO_IS_POSSIBLE : UNDO_IS_NONE;
}

/* The clock has swapped the state and not stored the generation yet. */
static bool is_between(const struct undo *record, uint32_t active)
{
	return record->state == UNDO_DONE && active == record->from;
}

int undo_read(const struct fw *fw, struct undo *out, uint32_t *active,
	      enum undo_status *status, struct fw_error *error)
{
	struct map_view view scoped_view_ = {0};
	uint32_t generation = 0;
	int err = view_record(fw, MAP_VIEW_READ, &view, error);

	for (int polls = 0; !err && polls < SWAP_POLLS; polls++) {
		copy_record(view.data, out);
		err = fw_read_active(fw, &generation, error);
		if (err || !is_between(out, generation))
			break;
		pause_a_little();
	}
	if (err)
		return err;
	*active = generation;
	*status = status_of(out, generation);
	return 0;
}

int undo_forget(const struct fw *fw, struct fw_error *error)
{
	const struct undo none = {.state = UNDO_NONE};
	__u32 zero = 0;

	if (bpf_map_update_elem(fw->map[FW_MAP_UNDO], &zero, &none, BPF_ANY))
		return fw_fail(error, -errno, "cannot write the record of the undo:");
	return 0;
}

int undo_arm(const struct fw *fw, uint32_t generation, uint32_t back,
	     uint32_t confirm_sec, struct fw_error *error)
{
	struct map_view view scoped_view_ = {0};
	struct undo *record;
	int err = view_record(fw, MAP_VIEW_WRITE, &view, error);

	if (err)
		return err;
	record = view.data;
	record->deadline_ns = monotonic_ns() + confirm_sec * NS_PER_SEC;
	record->from = generation;
	record->to = generation + 1 ? generation + 1 : 2; /* as generation_after() */
	record->back = back;
	/* The state last: the clock reads it first. */
	__atomic_store_n(&record->state, confirm_sec ? UNDO_ARMED : UNDO_READY,
			 __ATOMIC_SEQ_CST);
	return 0;
}

int undo_disarm(const struct fw *fw, struct fw_error *error)
{
	struct map_view view scoped_view_ = {0};
	int err = view_record(fw, MAP_VIEW_WRITE, &view, error);

	if (err)
		return err;
	return swap_state(view.data, UNDO_ARMED, UNDO_READY) ? 0 : -ETIME;
}

static bool wait_for_clock(const struct fw *fw, const struct undo *record)
{
	uint32_t active = 0;

	for (int polls = 0; polls < FIRE_TIMEOUT; polls++) {
		if (__atomic_load_n(&record->state, __ATOMIC_ACQUIRE) == UNDO_DONE &&
		    !fw_read_active(fw, &active, NULL) && active == record->to)
			return true;
		pause_a_little();
	}
	return false;
}

int undo_fire(const struct fw *fw, struct fw_error *error)
{
	struct map_view view scoped_view_ = {0};
	struct undo *record;
	bool was_armed;
	int err = view_record(fw, MAP_VIEW_WRITE, &view, error);

	if (err)
		return err;
	record = view.data;
	__atomic_store_n(&record->deadline_ns, 0, __ATOMIC_SEQ_CST);
	was_armed = !swap_state(record, UNDO_READY, UNDO_ARMED);
	if (wait_for_clock(fw, record))
		return 0;
	if (!was_armed)
		swap_state(record, UNDO_ARMED, UNDO_READY);
	fw_fail(error, -ETIME, "the clock of the programs does not tick");
	fw_fail_where(error, "map %s", PH_MAP_CLOCK);
	fw_fail_hint(error, "apply the policy that you want instead");
	return -ETIME;
}

/* ---- what no table says ----------------------------------------------------------- */

static int cannot_remember(struct fw_error *error, int err)
{
	return fw_fail(error, err, "cannot remember what the devices are like:");
}

int undo_remember(const struct fw *fw, uint32_t back, struct fw_error *error)
{
	struct fw_undo_hosts *was cleanup_free_ = calloc(1, sizeof(*was));
	struct fw_host_entry *hosts cleanup_free_ = NULL;
	size_t n = 0;
	__u32 zero = 0;
	int err = was ? state_list_hosts(fw, &hosts, &n) : -ENOMEM;

	if (err)
		return cannot_remember(error, err);
	was->back = back;
	was->n = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		was->hosts[i].ifindex = hosts[i].ifindex;
		was->hosts[i].host = hosts[i].host;
	}
	if (bpf_map_lookup_elem(fw->map[FW_MAP_HOST_MODE], &zero, &was->host_mode) ||
	    bpf_map_update_elem(fw->map[FW_MAP_UNDO_HOSTS], &zero, was, BPF_ANY))
		return cannot_remember(error, -errno);
	return 0;
}

int undo_recall(const struct fw *fw, uint32_t back, struct fw_undo_hosts *out,
		struct fw_error *error)
{
	__u32 zero = 0;

	if (bpf_map_lookup_elem(fw->map[FW_MAP_UNDO_HOSTS], &zero, out))
		return fw_fail(error, -errno, "cannot read what the devices were like:");
	if (out->back != back || out->n > FW_MAX_HOSTS)
		memset(out, 0, sizeof(*out));
	return 0;
}
