// SPDX-License-Identifier: GPL-2.0
/*
 * read.c - what is in force, for reading: opening it, its policy, interfaces
 * and connections.
 *
 * Why it exists: readers take no lock and disturb nobody; each function reads
 * the active generation anew, so a handle stays good across applies.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include <util/strbuf.h>

#include "bpf/conn_state.h"
#include "device.h"
#include "inner.h"
#include "state.h"
#include "tables.h"

#define NS_PER_SEC 1000000000ull

static void free_fw(struct fw **fw)
{
	fw_close(*fw);
}

static int open_what_is_in_force(const char *pin_dir, bool read_only, struct fw **out,
				 struct fw_error *error)
{
	struct fw *fw cleanup_(free_fw) = calloc(1, sizeof(*fw));
	uint32_t generation = 0;
	int err;

	if (!fw)
		return fw_fail(error, -ENOMEM, "cannot open the firewall:");
	memset(fw->map, 0xff, sizeof(fw->map)); /* all -1 */
	snprintf(fw->pin_dir, sizeof(fw->pin_dir), "%s",
		 pin_dir ? pin_dir : FW_DEFAULT_PIN_DIR);
	fw->read_only = read_only;
	err = fw_maps_open(fw, error);
	if (!err)
		err = state_check_abi(fw, error);
	if (!err)
		err = fw_read_active(fw, &generation, error);
	if (!err && !generation) {
		err = fw_fail(error, -ENOENT, "no policy is in force");
		fw_fail_where(error, "%s", fw->pin_dir);
		fw_fail_hint(error, "put one in force: fwctl apply FILE");
	}
	if (!err)
		*out = take(fw);
	return err;
}

int fw_open(const char *pin_dir, struct fw **out, struct fw_error *error)
{
	return open_what_is_in_force(pin_dir, false, out, error);
}

int fw_open_read_only(const char *pin_dir, struct fw **out, struct fw_error *error)
{
	return open_what_is_in_force(pin_dir, true, out, error);
}

void fw_close(struct fw *fw)
{
	if (!fw)
		return;
	fw_maps_close(fw);
	free(fw);
}

static int cannot_read(struct fw_error *error, int err, enum fw_map map)
{
	fw_fail(error, err, "cannot read a table:");
	fw_fail_where(error, "map %s", fw_map_names[map]);
	return err;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

/* ---- policy --------------------------------------------------------------------- */

static void free_strbuf(struct strbuf *buf)
{
	strbuf_free(buf);
}

#define TEXT_ENDS 1

static int add_chunk(const void *key, const void *value, void *arg)
{
	size_t used = strnlen(value, PH_TEXT_CHUNK_BYTES);

	(void)key;
	strbuf_add(arg, value, used);
	return used < PH_TEXT_CHUNK_BYTES ? TEXT_ENDS : 0;
}

static int read_text(const struct fw *fw, uint32_t generation, char **text, size_t *len)
{
	int fd scoped_fd_ = inner_open(fw, FW_MAP_TEXT, generation);
	struct strbuf buf cleanup_(free_strbuf) = {0};
	int err = fd;

	strbuf_add(&buf, "", 0);
	if (fd >= 0)
		err = table_walk(fd, add_chunk, &buf);
	if (err == TEXT_ENDS)
		return strbuf_steal(&buf, text, len);
	return err ? err : -EIO; /* the loader always leaves a NUL at the end */
}

int fw_read_policy(struct fw *fw, uint32_t *generation, char **text, size_t *len,
		   struct fw_error *error)
{
	char *copy cleanup_free_ = NULL;
	uint32_t before = 0;
	uint32_t after = 0;
	size_t copy_len = 0;
	int read_err;
	int err;

	/* Two applies meanwhile would put a newer text into the same slot; while
	 * the second writes it, it may have no end. */
	do {
		free(take(copy));
		err = fw_read_active(fw, &before, error);
		if (err)
			return err;
		read_err = read_text(fw, before, &copy, &copy_len);
		err = fw_read_active(fw, &after, error);
		if (err)
			return err;
	} while (before != after);
	if (read_err)
		return cannot_read(error, read_err, FW_MAP_TEXT);
	*generation = before;
	*text = take(copy);
	*len = copy_len;
	return 0;
}

/* ---- interfaces ------------------------------------------------------------------- */

struct iface_list {
	struct fw_interface items[PH_MAX_INTERFACES];
	size_t n;
};

static int add_interface(const void *key, const void *value, void *arg)
{
	struct iface_list *list = arg;
	struct fw_interface *item;

	struct iface_config config;

	memcpy(&config, value, sizeof(config));
	if (!table_is_main_iface(key, &config))
		return 0;
	if (list->n == PH_MAX_INTERFACES)
		return -E2BIG;
	item = &list->items[list->n];
	item->config = config;
	item->ifindex = item->config.l3_ifindex;
	list->n++;
	return 0;
}

static int by_position(const void *a, const void *b)
{
	const struct fw_interface *x = a;
	const struct fw_interface *y = b;

	return (x->config.id > y->config.id) - (x->config.id < y->config.id);
}

/* In another network namespace the ifindex would mean another device. */
static bool is_elsewhere(const struct fw *fw)
{
	struct fw_loader_state state;
	uint64_t cookie;
	uint64_t inode;

	return state_read(fw, &state, NULL) || device_namespace(&cookie, &inode) ||
	       cookie != state.netns_cookie;
}

static int complete(const struct fw *fw, struct fw_interface *item, bool elsewhere)
{
	char device[IF_NAMESIZE];
	struct fw_host host;

	item->elsewhere = elsewhere;
	item->present = !elsewhere && if_indextoname(item->ifindex, device) &&
			if_indextoname(item->config.tx_ifindex, device);
	item->mode = FW_MODE_TC;
	if (!state_get_host(fw, item->config.tx_ifindex, &host)) {
		item->mode = (enum fw_mode)host.mode;
		snprintf(item->carrier, sizeof(item->carrier), "%.*s",
			 (int)sizeof(host.device) - 1, host.device);
	}
	state_get_reason(fw, item->config.tx_ifindex, item->mode, item->mode_reason);
	return table_sum(fw, FW_MAP_IF_STATS, item->config.stat_slot,
			 (uint64_t *)&item->counters,
			 sizeof(item->counters) / sizeof(uint64_t));
}

int fw_each_interface(struct fw *fw, int (*fn)(const struct fw_interface *, void *),
		      void *arg, struct fw_error *error)
{
	struct iface_list list = {0};
	bool elsewhere = is_elsewhere(fw);
	uint32_t generation = 0;
	int fd scoped_fd_ = -1;
	int err = fw_read_active(fw, &generation, error);

	if (err)
		return err;
	fd = inner_open(fw, FW_MAP_IFACES, generation);
	err = fd < 0 ? fd : table_walk(fd, add_interface, &list);
	if (err)
		return cannot_read(error, err, FW_MAP_IFACES);
	qsort(list.items, list.n, sizeof(list.items[0]), by_position);
	for (size_t i = 0; i < list.n; i++) {
		err = complete(fw, &list.items[i], elsewhere);
		if (err)
			return cannot_read(error, err, FW_MAP_IF_STATS);
		err = fn(&list.items[i], arg);
		if (err)
			return err;
	}
	return 0;
}

/* ---- connections, holes and inspected sessions
 * ----------------------------------------------------------
 */

static bool is_over(const struct policy_config *config, const struct flow_key *key,
		    const struct conn *conn, uint64_t now)
{
	return now > conn->seen_ns + conn_timeout_ns(config, key->proto, conn->state) ||
	       (conn->flags & CONN_F_CLEARED);
}

struct conn_walk {
	int (*fn)(const struct flow_key *, const struct conn *, bool, void *);
	void *arg;
	bool established;
	struct policy_config config; /* its timeouts */
	uint64_t now_ns;
	int result; /* what fn returned */
};

/* Entries idle out in the kernel's own time; here they are gone at once. */
static int visit_conn(const void *key, const void *value, void *arg)
{
	struct conn_walk *walk = arg;
	struct flow_key flow;
	struct conn conn;

	memcpy(&flow, key, sizeof(flow));
	memcpy(&conn, value, sizeof(conn));
	if (is_over(&walk->config, &flow, &conn, walk->now_ns))
		return 0;
	walk->result = walk->fn(&flow, &conn, walk->established, walk->arg);
	return walk->result;
}

static int read_config(const struct fw *fw, struct policy_config *out,
		       struct fw_error *error)
{
	uint32_t generation = 0;
	__u32 slot;
	int err = fw_read_active(fw, &generation, error);

	slot = generation & 1;
	if (!err && bpf_map_lookup_elem(fw->map[FW_MAP_CONFIG], &slot, out))
		err = cannot_read(error, -errno, FW_MAP_CONFIG);
	return err;
}

int fw_read_config(struct fw *fw, struct policy_config *out, struct fw_error *error)
{
	struct policy_config config;
	int err = read_config(fw, &config, error);

	if (!err)
		*out = config;
	return err;
}

static int walk_conns(const struct fw *fw, enum fw_map map, struct conn_walk *walk,
		      struct fw_error *error)
{
	int err = map == FW_MAP_HALF_OPEN ? table_walk_half_open(fw, visit_conn, walk)
					  : table_walk(fw->map[map], visit_conn, walk);

	if (err && !walk->result)
		return cannot_read(error, err, map);
	return err;
}

int fw_each_conn(struct fw *fw,
		 int (*fn)(const struct flow_key *, const struct conn *, bool, void *),
		 void *arg, struct fw_error *error)
{
	struct conn_walk walk = {
		.fn = fn, .arg = arg, .established = true, .now_ns = now_ns()};
	int err = read_config(fw, &walk.config, error);

	if (!err)
		err = walk_conns(fw, FW_MAP_CONNS, &walk, error);
	walk.established = false;
	if (!err)
		err = walk_conns(fw, FW_MAP_HALF_OPEN, &walk, error);
	return err;
}

struct hole_walk {
	const struct fw *fw;
	int (*fn)(const struct hole_key *, const struct hole *, const struct conn *,
		  void *);
	void *arg;
	uint64_t now_ns;
	int result;
};

static bool find_parent(const struct fw *fw, const struct hole *hole, struct conn *parent)
{
	return !bpf_map_lookup_elem(fw->map[FW_MAP_CONNS], &hole->parent, parent) &&
	       parent->id == hole->parent_id && !(parent->flags & CONN_F_CLEARED);
}

static int visit_hole(const void *key, const void *value, void *arg)
{
	struct hole_walk *walk = arg;
	struct hole_key where;
	struct hole hole;
	struct conn parent;

	memcpy(&where, key, sizeof(where));
	memcpy(&hole, value, sizeof(hole));
	if (hole.expires_ns <= walk->now_ns || !find_parent(walk->fw, &hole, &parent))
		return 0;
	walk->result = walk->fn(&where, &hole, &parent, walk->arg);
	return walk->result;
}

int fw_each_hole(struct fw *fw,
		 int (*fn)(const struct hole_key *, const struct hole *,
			   const struct conn *, void *),
		 void *arg, struct fw_error *error)
{
	struct hole_walk walk = {.fw = fw, .fn = fn, .arg = arg, .now_ns = now_ns()};
	int err = table_walk(fw->map[FW_MAP_HOLES], visit_hole, &walk);

	if (err && !walk.result)
		return cannot_read(error, err, FW_MAP_HOLES);
	return err;
}

struct session_walk {
	const struct fw *fw;
	int (*fn)(const struct flow_key *, const struct ftp_session *,
		  const struct conn *, void *);
	void *arg;
	struct policy_config config; /* its timeouts */
	uint64_t now_ns;
	int result;
};

/* An entry may outlive its connection, or belong to an earlier one of its ends. */
static int visit_session(const void *key, const void *value, void *arg)
{
	struct session_walk *walk = arg;
	struct flow_key control;
	struct ftp_session session;
	struct conn conn;

	memcpy(&control, key, sizeof(control));
	memcpy(&session, value, sizeof(session));
	if (bpf_map_lookup_elem(walk->fw->map[FW_MAP_CONNS], &control, &conn) ||
	    conn.id != session.conn_id ||
	    is_over(&walk->config, &control, &conn, walk->now_ns))
		return 0;
	walk->result = walk->fn(&control, &session, &conn, walk->arg);
	return walk->result;
}

int fw_each_ftp_session(struct fw *fw,
			int (*fn)(const struct flow_key *, const struct ftp_session *,
				  const struct conn *, void *),
			void *arg, struct fw_error *error)
{
	struct session_walk walk = {.fw = fw, .fn = fn, .arg = arg, .now_ns = now_ns()};
	int err = read_config(fw, &walk.config, error);

	if (err)
		return err;
	err = table_walk(fw->map[FW_MAP_FTP], visit_session, &walk);
	if (err && !walk.result)
		return cannot_read(error, err, FW_MAP_FTP);
	return err;
}
