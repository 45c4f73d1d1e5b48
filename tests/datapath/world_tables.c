// SPDX-License-Identifier: GPL-2.0
/*
 * world_tables.c - what the maps of a world hold, and have counted. See world.h.
 */
#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/network.h"
#include "tests/datapath/tap.h"
#include "bpf/half_set.h"
#include "loader/firewall/half_table.h"
#include "tests/datapath/world.h"

#define FORGET_BATCH 1024

int world_table_fd(const struct world *w, enum table table)
{
	const struct bpf_map *const maps[] = {
		[TABLE_CONNS] = w->skel->maps.conns,
		[TABLE_HALF_OPEN] = w->skel->maps.half_open,
		[TABLE_HOLES] = w->skel->maps.holes,
		[TABLE_FTP] = w->skel->maps.ftp_sessions,
		[TABLE_FRAGS] = w->skel->maps.frags,
		[TABLE_EMBRYONIC] = w->skel->maps.embryonic,
	};

	return bpf_map__fd(maps[table]);
}

/* In batches: after a flood there are tens of thousands. */
void world_forget(struct world *w)
{
	static __u8 keys[FORGET_BATCH * 64ul],
		values[FORGET_BATCH * sizeof(struct ftp_session)];

	for (enum table table = TABLE_CONNS; table <= TABLE_EMBRYONIC; table++) {
		int fd = world_table_fd(w, table), err;
		__u32 at, n;

		if (table == TABLE_HALF_OPEN) {
			memset(w->half_open->sets.data, 0,
			       w->half_open->head.n_sets * sizeof(struct half_set));
			continue;
		}

		do {
			n = FORGET_BATCH;
			err = bpf_map_lookup_and_delete_batch(fd, NULL, &at, keys, values,
							      &n, NULL);
		} while (!err || n);
		if (errno != ENOENT)
			TAP_BAIL("emptying table %d: %s", table, strerror(errno));
	}
	if (conn_counts_forget(bpf_map__fd(w->skel->maps.conn_stats)))
		TAP_BAIL("conn_stats: %s", strerror(errno));
	w->altered = false;
}

static int take_record(void *ctx, void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

void world_empty_ring(const struct world *w)
{
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(w->skel->maps.records),
						    take_record, NULL, NULL);

	if (!ring || ring_buffer__consume(ring) < 0)
		TAP_BAIL("emptying the ring: %s", strerror(errno));
	ring_buffer__free(ring);
}

static int count_one(const void *key, const void *value, void *arg)
{
	(void)key;
	(void)value;
	++*(unsigned int *)arg;
	return 0;
}

unsigned int world_count(const struct world *w, enum table table)
{
	int fd = world_table_fd(w, table);
	__u8 key[64], next[64];
	unsigned int n = 0;

	if (table == TABLE_HALF_OPEN) {
		half_table_walk(w->half_open, count_one, &n);
		return n;
	}
	for (int err = bpf_map_get_next_key(fd, NULL, next); !err;
	     err = bpf_map_get_next_key(fd, key, next)) {
		memcpy(key, next, sizeof(key));
		n++;
	}
	return n;
}

/* Sum of a per-CPU element of 64-bit words. */
static void percpu_sum(struct bpf_map *map, __u32 index, __u64 *out, size_t words)
{
	static __u64 values[32768];
	int n_cpus = libbpf_num_possible_cpus();

	if (n_cpus < 1 || n_cpus * words > sizeof(values) / sizeof(values[0]))
		TAP_BAIL("%d processors", n_cpus);
	if (bpf_map_lookup_elem(bpf_map__fd(map), &index, values))
		TAP_BAIL("%s: %s", bpf_map__name(map), strerror(errno));
	for (size_t i = 0; i < n_cpus * words; i++)
		out[i % words] += values[i];
}

void world_counters(const struct world *w, struct counters *out)
{
	memset(out, 0, sizeof(*out));
	for (__u32 i = 0; i < PH_N_DROP_REASONS; i++)
		percpu_sum(w->skel->maps.drop_stats, i, (__u64 *)&out->drops[i],
			   sizeof(out->drops[i]) / sizeof(__u64));
	for (__u32 i = 0; i < PH_EV_END; i++)
		percpu_sum(w->skel->maps.event_stats, i, &out->events[i], 1);
	for (__u32 i = 0; i < WORLD_SLOTS; i++)
		percpu_sum(w->skel->maps.if_stats, i, (__u64 *)&out->ifs[i],
			   sizeof(out->ifs[i]) / sizeof(__u64));
	for (__u32 slot = 0; slot < 2; slot++)
		percpu_sum(w->skel->maps.acl_stats, slot, (__u64 *)out->lines[slot],
			   WORLD_MAX_LINES * sizeof(struct acl_counters) / sizeof(__u64));
}

void world_nat_hits(const struct world *w, struct nat_hits out[WORLD_MAX_NATS])
{
	memset(out, 0, WORLD_MAX_NATS * sizeof(*out));
	percpu_sum(w->skel->maps.nat_stats, 0, (__u64 *)out,
		   sizeof(struct nat_block) / sizeof(__u64));
}

static void put_addr(struct ph_addr *addr, const char *text)
{
	memset(addr, 0, sizeof(*addr));
	if (strchr(text, ':')) {
		frame_put_addr6((__u8 *)addr, text);
		return;
	}
	addr->word[2] = htonl(0xffff);
	frame_put_addr((__u8 *)&addr->word[3], text);
}

static struct flow_key key_of(const struct world_flow *flow)
{
	struct {
		struct ph_addr addr;
		__be16 port;
	} a = {.port = htons(flow->a_port)}, b = {.port = htons(flow->b_port)};
	struct flow_key key = {.proto = flow->proto};
	bool a_is_1;
	int order;

	put_addr(&a.addr, flow->a);
	put_addr(&b.addr, flow->b);
	order = memcmp(&a.addr, &b.addr, sizeof(a.addr));
	a_is_1 = order > 0 || (!order && flow->a_port > flow->b_port);
	key.addr[a_is_1] = a.addr;
	key.addr[!a_is_1] = b.addr;
	key.port[a_is_1] = a.port;
	key.port[!a_is_1] = b.port;
	if (flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6)
		key.echo_asker = 1 + a_is_1;
	return key;
}

bool world_find(const struct world *w, enum table table, const struct world_flow *flow,
		struct conn *out)
{
	struct flow_key key = key_of(flow);
	struct conn conn;

	if (table == TABLE_HALF_OPEN)
		return half_table_get(w->half_open, &key, out ? out : &conn);
	return !bpf_map_lookup_elem(world_table_fd(w, table), &key, out ? out : &conn);
}

__u32 world_home(const struct world *w, const struct world_flow *flow)
{
	struct flow_key key = key_of(flow);

	return half_place(&w->half_open->head, &key).set;
}

void world_change(struct world *w, enum table table, const struct world_flow *flow,
		  const struct conn *conn)
{
	struct flow_key key = key_of(flow);

	if (bpf_map_update_elem(world_table_fd(w, table), &key, conn, BPF_EXIST))
		TAP_BAIL("changing an entry: %s", strerror(errno));
	w->altered = true;
}

/* ---- how many connections ------------------------------------------------ */

static void read_policy(const struct world *w, struct policy_config *out)
{
	__u32 slot = w->generation & 1;

	if (bpf_map_lookup_elem(bpf_map__fd(w->skel->maps.policy_config), &slot, out))
		TAP_BAIL("policy_config: %s", strerror(errno));
}

void world_conns_walked(const struct world *w, struct conn_counts *out)
{
	struct policy_config config;

	read_policy(w, &config);
	conn_counts_walk(world_table_fd(w, TABLE_CONNS), w->half_open, &config, out);
}

void world_conns_counted(const struct world *w, struct conn_counts *out)
{
	struct policy_config config;

	read_policy(w, &config);
	if (conn_counts_read(bpf_map__fd(w->skel->maps.conn_stats), &config, out))
		TAP_BAIL("conn_stats: %s", strerror(errno));
}

void world_ftp_traffic(const struct world *w, struct ftp_traffic *out)
{
	memset(out, 0, sizeof(*out));
	percpu_sum(w->skel->maps.ftp_traffic, 0, (__u64 *)out,
		   sizeof(*out) / sizeof(__u64));
}
