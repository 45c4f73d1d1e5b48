/* SPDX-License-Identifier: GPL-2.0 */
/*
 * expiry.h - puts an entry on the list that the clock goes round.
 *
 * Why not a BPF timer per entry: the kernel allocates each timer without
 * waiting, and from 6.18 on refuses whenever the packet interrupted the
 * allocator; measured here, one connection in eight had none and would never
 * have ended. One timer, started once, and a queue of fixed size need no
 * memory when it matters. The time stamps decide; the clock only tidies up
 * (conn_find() and hole_claim() do not believe an entry past its time).
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_EXPIRY_H
#define PINHOLE_BPF_EXPIRY_H

#include "maps.h"

/* Return: 0, or a negative error if the queue is full. */
static __always_inline long expiry_push(const struct expiry *entry)
{
	struct expiry_clock *state;
	__u32 index = 0;
	long err = bpf_map_push_elem(&expiry, entry, BPF_ANY);

	if (err)
		return err;
	state = bpf_map_lookup_elem(&clock, &index);
	if (state)
		__sync_fetch_and_add(&state->pending, 1);
	return 0;
}

/* Of the connection w->key. The entry is built in the work area: the stack of
 * who calls this is long already. */
static __always_inline long expiry_watch_conn(struct work *w, __u64 id)
{
	struct expiry *entry = &w->expiry;

	entry->conn = w->key;
	entry->id = id;
	entry->kind = EXPIRY_CONN;
	entry->pad = 0;
	return expiry_push(entry);
}

static __always_inline long expiry_watch_hole(const struct hole_key *key, __u64 opened_ns)
{
	struct expiry entry = {.hole = *key, .id = opened_ns, .kind = EXPIRY_HOLE};

	return expiry_push(&entry);
}

#endif /* PINHOLE_BPF_EXPIRY_H */
