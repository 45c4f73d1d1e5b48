// SPDX-License-Identifier: GPL-2.0
/*
 * trace_seed.c - a copy of what a traced packet could meet.
 *
 * Why it exists: the traced instance has tables of its own, and a packet of a
 * connection must find it there. Connections are copied by the ends of the packets,
 * whichever of their addresses those name; and with them what hangs on them. The
 * tables that are small are copied whole.
 */
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "pins.h"
#include "tables.h"
#include "trace.h"

static const char *const names[TRACE_N_TABLES] = {
	[TRACE_CONNS] = PH_MAP_CONNS,	 [TRACE_HALF_OPEN] = PH_MAP_HALF_OPEN,
	[TRACE_FTP] = PH_MAP_FTP,	 [TRACE_HOLES] = PH_MAP_HOLES,
	[TRACE_GRANTS] = PH_MAP_GRANTS,	 [TRACE_FRAGS] = PH_MAP_FRAGS,
	[TRACE_EMBRYONIC] = "embryonic",
};

const char *trace_table_name(enum trace_table table)
{
	return names[table];
}

void trace_seed_free(struct trace_seed *seed)
{
	for (size_t i = 0; i < TRACE_N_TABLES; i++)
		free(take(seed->rows[i].bytes));
	memset(seed, 0, sizeof(*seed));
}

/* ---- rows ----------------------------------------------------------------- */

static size_t row_bytes(const struct trace_rows *rows)
{
	return (size_t)rows->key_bytes + rows->value_bytes;
}

static int add_row(struct trace_rows *rows, const void *key, const void *value)
{
	unsigned char *row;

	if (rows->n == rows->capacity) {
		size_t capacity = rows->capacity ? rows->capacity * 2 : 64;
		unsigned char *grown = realloc(rows->bytes, capacity * row_bytes(rows));

		if (!grown)
			return -ENOMEM;
		rows->bytes = grown;
		rows->capacity = capacity;
	}
	row = rows->bytes + rows->n++ * row_bytes(rows);
	memcpy(row, key, rows->key_bytes);
	memcpy(row + rows->key_bytes, value, rows->value_bytes);
	return 0;
}

static int shape_rows(int fd, struct trace_rows *rows)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	rows->key_bytes = info.key_size;
	rows->value_bytes = info.value_size;
	return 0;
}

/* What is walked of half-open connections is none of a map's elements. */
static void shape_half_open(struct trace_rows *rows)
{
	rows->key_bytes = sizeof(struct flow_key);
	rows->value_bytes = sizeof(struct conn);
}

/* ---- whose ends are the packets'? ----------------------------------------- */

struct seed_walk {
	struct trace_seed *seed;
	enum trace_table table;
	int fd[TRACE_N_TABLES];
	const struct fw_trace_ends *ends; /* sorted */
	size_t n_ends;
};

static int by_ends(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct fw_trace_ends));
}

static bool is_asked(const struct seed_walk *walk, const struct ph_addr *a,
		     const struct ph_addr *b)
{
	const struct fw_trace_ends one = {*a, *b};
	const struct fw_trace_ends other = {*b, *a};

	return bsearch(&one, walk->ends, walk->n_ends, sizeof(one), by_ends) ||
	       bsearch(&other, walk->ends, walk->n_ends, sizeof(other), by_ends);
}

/* Each end may be named by its real or by its mapped address. */
static bool is_met(const struct seed_walk *walk, const struct flow_key *key,
		   const struct conn *conn)
{
	int initiator = conn->flags & CONN_F_INITIATOR_1 ? 1 : 0;
	const struct ph_addr *a[2] = {&key->addr[initiator], &conn->mapped[0]};
	const struct ph_addr *b[2] = {&key->addr[!initiator], &conn->mapped[1]};

	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 2; j++)
			if (is_asked(walk, a[i], b[j]))
				return true;
	return false;
}

static int visit_conn(const void *key, const void *value, void *arg)
{
	const struct seed_walk *walk = arg;
	struct flow_key flow;
	struct conn conn;

	memcpy(&flow, key, sizeof(flow));
	memcpy(&conn, value, sizeof(conn));
	if (!is_met(walk, &flow, &conn))
		return 0;
	return add_row(&walk->seed->rows[walk->table], key, value);
}

static int visit_any(const void *key, const void *value, void *arg)
{
	const struct seed_walk *walk = arg;

	return add_row(&walk->seed->rows[walk->table], key, value);
}

/* ---- what hangs on what --------------------------------------------------- */

static int add_control(struct seed_walk *walk, const struct flow_key *key)
{
	struct conn conn;

	if (bpf_map_lookup_elem(walk->fd[TRACE_CONNS], key, &conn))
		return errno == ENOENT ? 0 : -errno;
	return add_row(&walk->seed->rows[TRACE_CONNS], key, &conn);
}

/* The control connections of data connections, holes and grants. */
static int add_controls(struct seed_walk *walk)
{
	const struct trace_rows *rows = &walk->seed->rows[TRACE_CONNS];
	size_t n = rows->n; /* it grows meanwhile */
	struct hole hole;
	struct conn conn;
	struct grant grant;
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		memcpy(&conn, rows->bytes + i * row_bytes(rows) + rows->key_bytes,
		       sizeof(conn));
		if (conn.flags & CONN_F_CHILD)
			err = add_control(walk, &conn.parent);
	}
	rows = &walk->seed->rows[TRACE_HOLES];
	for (size_t i = 0; !err && i < rows->n; i++) {
		memcpy(&hole, rows->bytes + i * row_bytes(rows) + rows->key_bytes,
		       sizeof(hole));
		err = add_control(walk, &hole.parent);
	}
	rows = &walk->seed->rows[TRACE_GRANTS];
	for (size_t i = 0; !err && i < rows->n; i++) {
		memcpy(&grant, rows->bytes + i * row_bytes(rows) + rows->key_bytes,
		       sizeof(grant));
		for (size_t h = 0; !err && h < PH_MAX_GRANT_HOLDERS; h++)
			if (grant.holder[h].conn_id)
				err = add_control(walk, &grant.holder[h].session);
	}
	return err;
}

/* The sessions of control connections. */
static int add_sessions(const struct seed_walk *walk)
{
	const struct trace_rows *conns = &walk->seed->rows[TRACE_CONNS];
	struct trace_rows *sessions = &walk->seed->rows[TRACE_FTP];
	unsigned char *session cleanup_free_ = calloc(1, sessions->value_bytes);
	int err = session ? 0 : -ENOMEM;
	struct conn conn;

	for (size_t i = 0; !err && i < conns->n; i++) {
		const unsigned char *key = conns->bytes + i * row_bytes(conns);

		memcpy(&conn, key + conns->key_bytes, sizeof(conn));
		if ((conn.flags & CONN_F_FTP) &&
		    !bpf_map_lookup_elem(walk->fd[TRACE_FTP], key, session))
			err = add_row(sessions, key, session);
	}
	return err;
}

/* ---- reading -------------------------------------------------------------- */

static void close_all(struct seed_walk *walk)
{
	for (size_t i = 0; i < TRACE_N_TABLES; i++)
		fw_close_fd(&walk->fd[i]);
}

static int open_all(const struct fw *fw, struct seed_walk *walk)
{
	int err = 0;

	for (size_t i = 0; !err && i < TRACE_N_TABLES; i++) {
		walk->fd[i] = pins_get(fw->pin_dir, PINS_MAPS, names[i]);
		err = walk->fd[i] < 0 ? walk->fd[i]
				      : shape_rows(walk->fd[i], &walk->seed->rows[i]);
	}
	if (err)
		return err;
	shape_half_open(&walk->seed->rows[TRACE_HALF_OPEN]);
	if (walk->seed->rows[TRACE_CONNS].value_bytes != sizeof(struct conn) ||
	    walk->seed->rows[TRACE_HOLES].value_bytes != sizeof(struct hole) ||
	    walk->seed->rows[TRACE_GRANTS].value_bytes != sizeof(struct grant))
		return -EPROTO;
	return 0;
}

static int read_tables(const struct fw *fw, struct seed_walk *walk)
{
	static const struct {
		enum trace_table table;
		int (*visit)(const void *, const void *, void *);
	} walks[] = {
		{TRACE_CONNS, visit_conn},    {TRACE_HOLES, visit_any},
		{TRACE_GRANTS, visit_any},    {TRACE_FRAGS, visit_any},
		{TRACE_EMBRYONIC, visit_any},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(walks) / sizeof(walks[0]); i++) {
		walk->table = walks[i].table;
		err = table_walk(walk->fd[walk->table], walks[i].visit, walk);
	}
	walk->table = TRACE_HALF_OPEN;
	if (!err)
		err = table_walk_half_open(fw, visit_conn, walk);
	if (!err)
		err = add_controls(walk);
	return err ? err : add_sessions(walk);
}

int trace_seed_read(const struct fw *fw, const struct fw_trace_ends *ends, size_t n_ends,
		    struct trace_seed *out, struct fw_error *error)
{
	struct fw_trace_ends *sorted cleanup_free_ = calloc(n_ends + 1, sizeof(*sorted));
	struct trace_seed seed cleanup_(trace_seed_free) = {0};
	struct seed_walk walk cleanup_(close_all) = {.seed = &seed, .n_ends = n_ends};
	int err;

	memset(walk.fd, 0xff, sizeof(walk.fd)); /* all -1 */
	if (!sorted)
		return fw_fail(error, -ENOMEM, "cannot copy the connections:");
	memcpy(sorted, ends, n_ends * sizeof(*sorted));
	qsort(sorted, n_ends, sizeof(*sorted), by_ends);
	walk.ends = sorted;
	err = open_all(fw, &walk);
	if (!err)
		err = read_tables(fw, &walk);
	if (err)
		return fw_fail(error, err, "cannot copy what the packet could meet:");
	*out = seed;
	memset(&seed, 0, sizeof(seed));
	return 0;
}

/* ---- writing -------------------------------------------------------------- */

static int write_half_open(const struct trace_rows *rows, const struct bpf_object *object)
{
	const struct half_fds fds = {
		.head = bpf_object__find_map_fd_by_name(object, PH_MAP_HALF_HEAD),
		.sets = bpf_object__find_map_fd_by_name(object, PH_MAP_HALF_SETS),
		.entries = bpf_object__find_map_fd_by_name(object, PH_MAP_HALF_OPEN),
	};
	struct half_table table scoped_half_table_ = {0};
	struct half_entry entry;
	int err = half_table_make(&fds);

	if (!err)
		err = half_table_open(&fds, MAP_VIEW_WRITE, &table);
	for (size_t row = 0; !err && row < rows->n; row++) {
		const unsigned char *key = rows->bytes + row * row_bytes(rows);

		memcpy(&entry.key, key, sizeof(entry.key));
		memcpy(&entry.conn, key + rows->key_bytes, sizeof(entry.conn));
		err = half_table_put(&table, &entry.key, &entry.conn);
	}
	return err;
}

int trace_seed_write(const struct trace_seed *seed, const struct bpf_object *object)
{
	for (size_t i = 0; i < TRACE_N_TABLES; i++) {
		if (i == TRACE_HALF_OPEN)
			continue;
		const struct trace_rows *rows = &seed->rows[i];
		int fd = bpf_object__find_map_fd_by_name(object, names[i]);

		if (fd < 0)
			return fd;
		for (size_t row = 0; row < rows->n; row++) {
			const unsigned char *key = rows->bytes + row * row_bytes(rows);

			if (bpf_map_update_elem(fd, key, key + rows->key_bytes, BPF_ANY))
				return -errno;
		}
	}
	return write_half_open(&seed->rows[TRACE_HALF_OPEN], object);
}
