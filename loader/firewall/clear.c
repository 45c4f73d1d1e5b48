// SPDX-License-Identifier: GPL-2.0
/*
 * clear.c - connections ended, and counters begun anew, by hand.
 *
 * Connections are not taken out of their table here: they are marked, and the kernel
 * ends them as if their time were up, with all that belongs to it (the record, the
 * session's grant, the number of its data connections), at their next packet or when the
 * clock comes by, within seconds. What is marked is found by no packet any more. What
 * may still be dialled, holes, is taken out at once.
 *
 * Races: a packet that had found the connection already goes through. An entry that is
 * replaced by another connection of the same ends between the reading and the marking
 * is told by its id and left alone, unless it is in that very instant: it is then ended
 * in its place. What packets add to a connection's counters in that instant is lost, and
 * so is a FIN or RST; it was counted (bpf/conn_count.h), so that until the unload one
 * more is told to be in the state that it led to, and one fewer in the one that it had
 * left.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include <util/vec.h>

#include "acl_counters.h"
#include "acl_maps.h"
#include "cleared.h"
#include "pins.h"
#include "tables.h"

/* ---- connections ------------------------------------------------------------------ */

struct target {
	struct flow_key key;
	uint64_t id;
	uint32_t flags;
	bool established;
};

struct target_list {
	struct target *items;
	size_t count;
	size_t capacity;
};

struct clearing {
	struct fw *fw;
	bool (*wanted)(const struct flow_key *, const struct conn *, bool, void *);
	void *arg;
	struct target_list targets;
	struct target_list sessions; /* of them, by id: control connections */
	struct fw_clear_report report;
};

static void free_clearing(struct clearing *clearing)
{
	vec_free(&clearing->targets);
	vec_free(&clearing->sessions);
}

static int add_target(struct target_list *list, const struct flow_key *key,
		      const struct conn *conn, bool established)
{
	struct target *target = vec_push(list);

	if (!target)
		return -ENOMEM;
	*target = (struct target){.key = *key,
				  .id = conn->id,
				  .flags = conn->flags,
				  .established = established};
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct target *x = a;
	const struct target *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static bool is_cleared_session(const struct clearing *clearing, uint64_t id)
{
	const struct target key = {.id = id};

	return clearing->sessions.count &&
	       bsearch(&key, clearing->sessions.items, clearing->sessions.count,
		       sizeof(key), by_id);
}

static int choose(const struct flow_key *key, const struct conn *conn, bool established,
		  void *arg)
{
	struct clearing *clearing = arg;
	int err;

	if (clearing->wanted && !clearing->wanted(key, conn, established, clearing->arg))
		return 0;
	err = add_target(&clearing->targets, key, conn, established);
	if (!err && established && (conn->flags & CONN_F_FTP))
		err = add_target(&clearing->sessions, key, conn, established);
	return err;
}

static int choose_child(const struct flow_key *key, const struct conn *conn,
			bool established, void *arg)
{
	struct clearing *clearing = arg;
	int err;

	if (!(conn->flags & CONN_F_CHILD) ||
	    !is_cleared_session(clearing, conn->parent_id))
		return 0;
	err = add_target(&clearing->targets, key, conn, established);
	if (!err)
		clearing->report.data_connections++;
	return err;
}

/* 0: whether or not it was still there. */
static int mark(struct fw *fw, const struct target *target, uint64_t *n)
{
	int fd = fw->map[FW_MAP_CONNS];
	struct conn conn;

	if (bpf_map_lookup_elem(fd, &target->key, &conn))
		return errno == ENOENT ? 0 : -errno;
	if (conn.id != target->id || (conn.flags & CONN_F_CLEARED))
		return 0;
	conn.flags |= CONN_F_CLEARED;
	if (bpf_map_update_elem(fd, &target->key, &conn, BPF_EXIST))
		return errno == ENOENT ? 0 : -errno;
	++*n;
	return 0;
}

/* Half-open ones have nothing that hangs on them. They are counted for one life more. */
static void remove_half_open(struct half_table *half, const struct target *target,
			     uint64_t *n)
{
	if (half_table_remove(half, &target->key))
		++*n;
}

static int end_targets(struct clearing *clearing)
{
	struct target_list *list = &clearing->targets;
	struct half_table half scoped_half_table_ = {0};
	int err = table_half_open(clearing->fw, MAP_VIEW_WRITE, &half);

	for (size_t i = 0; !err && i < list->count; i++) {
		const struct target *target = &list->items[i];

		if (target->established)
			err = mark(clearing->fw, target, &clearing->report.connections);
		else
			remove_half_open(&half, target, &clearing->report.half_open);
	}
	list->count = 0;
	return err;
}

struct hole_list {
	struct hole_key *items;
	size_t count;
	size_t capacity;
};

struct hole_choice {
	const struct clearing *clearing;
	struct hole_list holes;
};

static void free_choice(struct hole_choice *choice)
{
	vec_free(&choice->holes);
}

static int choose_hole(const void *key, const void *value, void *arg)
{
	struct hole_choice *choice = arg;
	struct hole_key *out;
	struct hole hole;

	memcpy(&hole, value, sizeof(hole));
	if (!is_cleared_session(choice->clearing, hole.parent_id))
		return 0;
	out = vec_push(&choice->holes);
	if (!out)
		return -ENOMEM;
	memcpy(out, key, sizeof(*out));
	return 0;
}

/* What is gone already went with its session too: the kernel's clock may be faster. */
static int close_chosen(struct clearing *clearing, const struct hole_list *holes)
{
	int fd = clearing->fw->map[FW_MAP_HOLES];

	for (size_t i = 0; i < holes->count; i++) {
		if (bpf_map_delete_elem(fd, &holes->items[i]) && errno != ENOENT)
			return -errno;
		clearing->report.holes++;
	}
	return 0;
}

/* End what was chosen, and the holes of sessions that are of it: those that are there
 * before, and those that are made meanwhile. */
static int end_sessions(struct clearing *clearing)
{
	struct hole_choice before cleanup_(free_choice) = {.clearing = clearing};
	struct hole_choice after cleanup_(free_choice) = {.clearing = clearing};
	int fd = clearing->fw->map[FW_MAP_HOLES];
	int err = table_walk(fd, choose_hole, &before);

	if (!err)
		err = end_targets(clearing);
	if (!err)
		err = close_chosen(clearing, &before.holes);
	if (!err)
		err = table_walk(fd, choose_hole, &after);
	return err ? err : close_chosen(clearing, &after.holes);
}

/* Control connections first: then nothing of theirs begins any more. */
static int clear_conns(struct clearing *clearing, struct fw_error *error)
{
	int err = fw_each_conn(clearing->fw, choose, clearing, error);

	if (!err && clearing->sessions.count)
		qsort(clearing->sessions.items, clearing->sessions.count,
		      sizeof(struct target), by_id);
	if (!err)
		err = clearing->sessions.count ? end_sessions(clearing)
					       : end_targets(clearing);
	if (!err && clearing->sessions.count)
		err = fw_each_conn(clearing->fw, choose_child, clearing, error);
	if (!err)
		err = end_targets(clearing);
	clearing->report.ftp_sessions = clearing->sessions.count;
	return err;
}

int fw_clear_conns(struct fw *fw,
		   bool (*wanted)(const struct flow_key *, const struct conn *,
				  bool established, void *),
		   void *arg, struct fw_clear_report *report, struct fw_error *error)
{
	struct clearing clearing cleanup_(free_clearing) = {
		.fw = fw, .wanted = wanted, .arg = arg};
	int err = clear_conns(&clearing, error);

	/* What was ended stays ended. */
	*report = clearing.report;
	if (err && !error->what[0])
		fw_fail(error, err, "cannot end connections:");
	return err;
}

/* ---- counters --------------------------------------------------------------------- */

static int cannot_clear(struct fw_error *error, int err)
{
	if (error && !error->what[0])
		fw_fail(error, err, "cannot clear counters:");
	return err;
}

struct line_list {
	struct acl_line_slot *items;
	size_t n;
};

static void free_lines(struct line_list *list)
{
	free(list->items);
}

/* Keep those that are wanted. */
static void filter_lines(struct line_list *list, bool (*wanted)(uint64_t, void *),
			 void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!wanted || wanted(list->items[i].line_id, arg))
			list->items[n++] = list->items[i];
	list->n = n;
}

int fw_clear_acl_hits(struct fw *fw, bool (*wanted)(uint64_t line_id, void *), void *arg,
		      uint64_t *n, struct fw_error *error)
{
	struct line_list lines cleanup_(free_lines) = {0};
	uint32_t generation = 0;
	int cleared scoped_fd_ = -1;
	int lock scoped_fd_ = -1;
	/* Nobody puts another policy in force meanwhile. */
	int err = pins_lock(fw->pin_dir, &lock, error);

	if (!err)
		err = fw_read_active(fw, &generation, error);
	if (!err)
		err = acl_maps_lines(fw, generation, &lines.items, &lines.n);
	if (err)
		return cannot_clear(error, err);
	filter_lines(&lines, wanted, arg);
	cleared = acl_counters_open_cleared(fw, true);
	err = cleared < 0 ? cleared
			  : acl_counters_clear(fw, lines.items, lines.n, cleared);
	if (err)
		return cannot_clear(error, err);
	*n = lines.n;
	return 0;
}

static int read_interfaces(const struct fw *fw, struct if_counters *out)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < PH_MAX_INTERFACES; i++)
		err = table_sum(fw, FW_MAP_IF_STATS, i, (uint64_t *)&out[i],
				sizeof(out[i]) / sizeof(uint64_t));
	return err;
}

int fw_clear_counters(struct fw *fw, struct fw_error *error)
{
	struct fw_cleared now;
	struct timespec clock;
	int lock scoped_fd_ = -1;
	int err = pins_lock(fw->pin_dir, &lock, error);

	memset(&now, 0, sizeof(now));
	if (!err)
		err = fw_read_drops(fw, now.drops, error);
	if (!err)
		err = fw_read_events(fw, now.events, error);
	if (!err)
		err = fw_read_ftp_findings(fw, now.findings, error);
	if (!err)
		err = read_interfaces(fw, now.interfaces);
	if (err)
		return cannot_clear(error, err);
	clock_gettime(CLOCK_MONOTONIC, &clock);
	now.cleared_ns = (uint64_t)clock.tv_sec * 1000000000ull + (uint64_t)clock.tv_nsec;
	err = cleared_write(fw->pin_dir, &now);
	return err ? cannot_clear(error, err) : 0;
}

int fw_read_cleared(struct fw *fw, struct fw_cleared *out, struct fw_error *error)
{
	struct fw_cleared cleared;
	int err = cleared_read(fw->pin_dir, &cleared);

	if (err)
		return fw_fail(error, err, "cannot read when counters were cleared:");
	*out = cleared;
	return 0;
}
