/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h - tells user space what counters cannot: which connection began, and
 * ended, when, why, and what it had carried; and which table is full, or not to
 * be relied upon.
 *
 * Nothing waits for a reader: what finds no room in the ring is counted
 * (PH_EV_RECORD_LOST) and gone. Beginnings, which come in floods, take no more than
 * half of it (PH_EV_BUILT_RECORD_LOST), so that ends and findings have the other half.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_RECORD_H
#define PINHOLE_BPF_RECORD_H

#include "conn_count.h"
#include "maps.h"

/* Whether half of the ring is free: more is not for those who come in floods. */
static __always_inline bool record_half_is_free(void)
{
	return bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) < PH_RECORD_BYTES / 2;
}

/* A connection is complete, and has its entry. */
static __always_inline void record_conn_built(const struct flow_key *key,
					      const struct conn *conn, __u64 now_ns)
{
	struct built_record *record = NULL;

	if (record_half_is_free())
		record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		event_count(PH_EV_BUILT_RECORD_LOST);
		return;
	}
	record->time_ns = now_ns;
	record->kind = PH_RECORD_BUILT;
	record->flags = conn->flags;
	record->id = conn->id;
	__builtin_memcpy(&record->key, key, sizeof(record->key));
	__builtin_memcpy(record->mapped, conn->mapped, sizeof(record->mapped));
	record->ifindex[0] = conn->ifindex[0];
	record->ifindex[1] = conn->ifindex[1];
	record->mapped_port[0] = conn->mapped_port[0];
	record->mapped_port[1] = conn->mapped_port[1];
	record->generation = conn->generation;
	bpf_ringbuf_submit(record, 0);
}

/*
 * Remove a connection from its table, count and record its end, once, whoever else may
 * be about to do the same.
 * @key: of the entry `conn`, which is void afterwards; not in the entry itself
 * Return: 0 if this call removes it.
 */
static __always_inline long record_conn_end(const struct flow_key *key, struct conn *conn,
					    enum ph_conn_end why)
{
	__u32 flags = __sync_fetch_and_or(&conn->flags, CONN_F_GONE);
	struct ph_record *record;

	if (flags & CONN_F_GONE)
		return -2; /* ENOENT: another CPU does */
	conn_count(key->proto, conn_told(flags), CONN_TOLD_NONE, why);
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	/* Copied first: a removed entry may at once become another's. */
	if (record) {
		record->time_ns = bpf_ktime_get_ns();
		record->kind = PH_RECORD_CONN_END;
		record->reason = why;
		__builtin_memcpy(&record->key, key, sizeof(record->key));
		__builtin_memcpy(&record->conn, conn, sizeof(record->conn));
		record->conn.flags = flags;
	}
	bpf_map_delete_elem(&conns, key);
	if (record)
		bpf_ringbuf_submit(record, 0);
	else
		event_count(PH_EV_RECORD_LOST);
	return 0;
}

/* A table is full, or an access list's image is broken: say so at most once per
 * second, reason and CPU. @said: the reason's */
static __always_inline void record_trouble(struct tell_bucket *said,
					   enum ph_reason reason, __u64 now_ns)
{
	struct ph_record *record;

	tell_turn(said, now_ns);
	if (said->count)
		return;
	said->count = 1;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		event_count(PH_EV_RECORD_LOST);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->time_ns = now_ns;
	record->kind = PH_RECORD_TABLE_FULL;
	record->reason = reason;
	bpf_ringbuf_submit(record, 0);
}

#endif /* PINHOLE_BPF_RECORD_H */
