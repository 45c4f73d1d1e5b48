/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clock.h - the clock: goes round the connections and holes and removes those
 * whose time is up, and goes back to the policy before where that was asked for
 * (undo.h). One BPF timer, in the kernel; no process is needed.
 *
 * Who may include it: the entry points.
 *
 * Bounds: a tick visits at most CLOCK_MAX_VISITS entries of some 150 ns; a
 * round takes CLOCK_ROUND_TICKS ticks (4 s) while the tables are as large as
 * they are now, so an entry outlives its time by that at most, in memory: no
 * packet finds it any more.
 *
 * Race: a tick and a packet may hold the same entry. A packet that arrives in
 * the instant in which its connection idles out may still be let through; a
 * connection that is replaced under its key is told by its id.
 */
#ifndef PINHOLE_BPF_CLOCK_H
#define PINHOLE_BPF_CLOCK_H

#include "conn.h"
#include "expiry.h"
#include "hole.h"
#include "undo.h"

#define CLOCK_MONOTONIC	  1
#define CLOCK_TICK_NS	  20000000ull
#define CLOCK_ROUND_TICKS 200
#define CLOCK_MIN_VISITS  64
#define CLOCK_MAX_VISITS  4096

struct clock_walk {
	struct expiry_clock *state;
	struct policy_config *config;
	__u64 now_ns;
};

/* Remove a connection and what hung on it. */
static __always_inline void clock_end(const struct flow_key *key, struct conn *conn,
				      enum ph_conn_end why)
{
	struct grant_child ended;

	conn_release(key, conn);
	grant_child_note(&ended, conn);
	if (!record_conn_end(key, conn, why))
		grant_child_end(&ended);
}

/* Return: whether the entry is to be visited again. */
static __always_inline bool clock_visit_conn(const struct clock_walk *walk,
					     struct expiry *entry)
{
	struct conn *conn = bpf_map_lookup_elem(&conns, &entry->conn);

	if (!conn || conn->id != entry->id)
		return false;
	if (!conn_expired(conn, walk->config, entry->conn.proto, walk->now_ns))
		return true;
	conn_count_end(conn);
	clock_end(&entry->conn, conn, conn_end_of(conn));
	return false;
}

static __always_inline bool clock_visit_hole(const struct clock_walk *walk,
					     struct expiry *entry)
{
	struct hole *hole = bpf_map_lookup_elem(&holes, &entry->hole);

	if (!hole || hole->opened_ns != entry->id)
		return false;
	if (walk->now_ns < hole->expires_ns)
		return true;
	hole_close(&entry->hole, hole->parent_id, hole->opened_ns, PH_EV_HOLE_EXPIRED);
	return false;
}

/* Nobody watches the connection any more. */
static __always_inline void clock_give_up(const struct expiry *entry)
{
	struct conn *conn = bpf_map_lookup_elem(&conns, &entry->conn);

	if (conn && conn->id == entry->id)
		clock_end(&entry->conn, conn, PH_END_TABLE_FULL);
}

/* Visit the entry whose turn it is. */
static long clock_visit(__u32 i, struct clock_walk *walk)
{
	struct expiry entry = {};
	bool again;

	(void)i;
	if (bpf_map_pop_elem(&expiry, &entry))
		return 1;
	__sync_fetch_and_add(&walk->state->pending, -1);
	again = entry.kind == EXPIRY_CONN ? clock_visit_conn(walk, &entry)
					  : clock_visit_hole(walk, &entry);
	/* The place just vacated may be taken already, in a queue that is full:
	 * an entry that nobody watches must not stay. */
	if (again && expiry_push(&entry)) {
		if (entry.kind == EXPIRY_CONN)
			clock_give_up(&entry);
		else
			bpf_map_delete_elem(&holes, &entry.hole);
	}
	return 0;
}

static int clock_tick(void *map, __u32 *key, struct expiry_clock *state)
{
	struct clock_walk walk = {.state = state, .now_ns = bpf_ktime_get_ns()};
	struct policy_active *act;
	__u32 index = 0, visits;

	(void)map;
	(void)key;
	state->ticks++;
	act = bpf_map_lookup_elem(&active, &index);
	undo_tick(act, walk.now_ns);
	index = act ? act->generation & 1 : 0;
	walk.config = bpf_map_lookup_elem(&policy_config, &index);
	if (act && act->generation && walk.config) {
		visits = state->pending / CLOCK_ROUND_TICKS + CLOCK_MIN_VISITS;
		if (visits > state->pending)
			visits = state->pending;
		if (visits > CLOCK_MAX_VISITS)
			visits = CLOCK_MAX_VISITS;
		bpf_loop(visits, clock_visit, &walk, 0);
	}
	bpf_timer_start(&state->timer, CLOCK_TICK_NS, 0);
	return 0;
}

/*
 * Start the clock, or make a running one use this program.
 * Return: 0 or -errno; -ENOMEM may pass by itself: try again
 */
static __always_inline long clock_run(void)
{
	struct expiry_clock *state;
	__u32 index = 0;
	long err;

	state = bpf_map_lookup_elem(&clock, &index);
	if (!state)
		return -2; /* ENOENT: cannot be */
	err = bpf_timer_init(&state->timer, &clock, CLOCK_MONOTONIC);
	if (err && err != -16) /* EBUSY: it is a timer already */
		return err;
	err = bpf_timer_set_callback(&state->timer, clock_tick);
	if (err)
		return err;
	return bpf_timer_start(&state->timer, CLOCK_TICK_NS, 0);
}

#endif /* PINHOLE_BPF_CLOCK_H */
