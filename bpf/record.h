/* SPDX-License-Identifier: GPL-2.0 */
/*
 * record.h - tells user space what counters cannot: which connection ended,
 * when, why, and what it had carried; and which table is full, or not to be
 * relied upon.
 *
 * Nothing waits for a reader: what finds no room in the ring is counted
 * (PH_EV_RECORD_LOST) and gone.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_RECORD_H
#define PINHOLE_BPF_RECORD_H

#include "maps.h"

#define RECORD_TROUBLE_EVERY_NS 1000000000ull

/*
 * Remove a connection from its table and record its end, once, whoever else may
 * be about to do the same.
 * @key: of the entry `conn`, which is void afterwards; not in the entry itself
 * Return: 0 if this call removed it.
 */
static __always_inline long record_conn_end(const struct flow_key *key,
					    const struct conn *conn, enum ph_conn_end why)
{
	struct ph_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	long err;

	/* Copied first: a removed entry may at once become another's. */
	if (record) {
		record->time_ns = bpf_ktime_get_ns();
		record->kind = PH_RECORD_CONN_END;
		record->reason = why;
		__builtin_memcpy(&record->key, key, sizeof(record->key));
		__builtin_memcpy(&record->conn, conn, sizeof(record->conn));
	}
	err = bpf_map_delete_elem(&conns, key);
	if (!record) {
		if (!err)
			event_count(PH_EV_RECORD_LOST);
		return err;
	}
	if (err)
		bpf_ringbuf_discard(record, 0);
	else
		bpf_ringbuf_submit(record, 0);
	return err;
}

/* A table is full, or an access list's image is broken: say so at most once per
 * second, reason and CPU. */
static __always_inline void record_trouble(enum ph_reason reason, __u64 now_ns)
{
	__u32 index = reason - PH_DROP_FIRST;
	__u64 *said_ns = bpf_map_lookup_elem(&reason_said, &index);
	struct ph_record *record;

	if (!said_ns || (*said_ns && now_ns < *said_ns + RECORD_TROUBLE_EVERY_NS))
		return;
	*said_ns = now_ns;
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
