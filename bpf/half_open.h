/* SPDX-License-Identifier: GPL-2.0 */
/*
 * half_open.h - the table of half-open connections.
 *
 * Why not a map of the LRU kind: every packet of a flood is a new entry, and there it
 * costs four fifths of a microsecond to find none, to take a free node, to copy and to
 * find it again. Here a key belongs to one set of eight entries, by a hash with a
 * secret in it; a set's tags and times are one line of memory, read at once; an entry is
 * written where it stays, and one that makes way is the set's oldest. It is known who
 * that is, so that the count of half-open connections stays right in a flood.
 *
 * A set may be full before the table is: with half as many entries as there is room
 * for, one set in fifty. Sixteen ways would let one in five hundred, and take a tenth
 * of a microsecond more. In a flood of a million SYNs a second, an entry of 65536 lives
 * for 15 ms in all but one case of a thousand.
 *
 * Who may include it: the stages that use maps.
 *
 * Races: words of a set are changed by atomic instructions alone. An entry is written
 * by whoever has claimed its word, and found by nobody before that is undone. Left are:
 *  - A CPU that has found an entry holds it while another one claims it: as with any
 *    preallocated table, what it then stores goes to another half-open connection. It is
 *    one that was met a moment ago, so the set must have been filled within one packet.
 *  - Two CPUs enter the same key at once: whoever comes second sees both entries and
 *    takes back the one with the higher number, whoever made it. Traces of a packet in
 *    that one are lost.
 *  - More than eight CPUs claim entries of one set at once: a packet is dropped.
 *  - Where CPUs see stores in another order, a key may not be found in the instant in
 *    which it is entered: as if it was entered twice.
 */
#ifndef PINHOLE_BPF_HALF_OPEN_H
#define PINHOLE_BPF_HALF_OPEN_H

#include <stddef.h>

#include "conn_count.h"
#include "half_set.h"
#include "maps.h"

/* With a number: another CPU entered the same connection at once, and has counted it. */
#define HALF_MET (1 << 30)

_Static_assert(HALF_WAYS == 8, "half_lowest() and half_oldest() know it");

#define HALF_TRIES 3

/* Of entry number - 1; NULL: there is none, for the number is 0. */
static __always_inline struct conn *half_conn(int number)
{
	__u32 index = (__u32)number - 1;
	struct half_entry *entry = bpf_map_lookup_elem(&half_open, &index);

	if (!entry)
		return NULL;
	asm volatile("" : "+r"(entry)); /* or the sum is made before the check */
	return &entry->conn;
}

/* The word of a way, in a form that older verifiers can bound. */
static __always_inline __u64 *half_way(struct half_set *set, __u32 way)
{
	asm volatile("" : "+r"(way));
	return &set->way[way & (HALF_WAYS - 1)];
}

static __always_inline __u64 half_word(const struct half_set *set, __u32 way)
{
	return *(const volatile __u64 *)half_way((struct half_set *)set, way);
}

/* Which ways have the tag, as bits. Arithmetic, for each branch would double the ways
 * of the verifier. */
static __always_inline __u32 half_tagged(const struct half_set *set, __u32 tag)
{
	__u32 ways = 0;

#pragma unroll
	for (__u32 i = 0; i < HALF_WAYS; i++) {
		__u64 differs = half_tag(*(const volatile __u64 *)&set->way[i]) ^ tag;

		asm volatile("" : "+r"(differs));
		ways |= (__u32)((differs - 1) >> 63) << i;
		asm volatile("" : "+r"(ways));
	}
	return ways;
}

/* The lowest of the ways; there is one. */
static __always_inline __u32 half_lowest(__u32 ways)
{
	ways = (ways & -ways) - 1; /* and then how many are set */
	ways -= ways >> 1 & 0x55;
	ways = (ways & 0x33) + (ways >> 2 & 0x33);
	return (ways + (ways >> 4)) & (HALF_WAYS - 1);
}

/* Where the key belongs. Return: its set; NULL before the table is made */
static __always_inline struct half_set *half_set_of(const struct flow_key *key,
						    struct half_place *at)
{
	__u32 index = 0;
	struct half_head *head = bpf_map_lookup_elem(&half_head, &index);

	if (!head)
		return NULL;
	*at = half_place(head, key);
	index = at->set;
	return bpf_map_lookup_elem(&half_sets, &index);
}

/* Whether entry `number` is the key's. */
static __always_inline bool half_is(__u32 number, const struct flow_key *key)
{
	struct half_entry *entry = bpf_map_lookup_elem(&half_open, &number);

	return entry && half_same(&entry->key, key);
}

/*
 * The key's way in its set. Two that have its tag are looked at: of more one would have
 * to be entered again, which happens to none of a million million.
 * Return: HALF_WAYS: it is not there
 */
static __always_inline __u32 half_seek(const struct half_set *set,
				       const struct half_place *at,
				       const struct flow_key *key)
{
	__u32 ways = half_tagged(set, at->tag), way;

	if (!ways)
		return HALF_WAYS;
	way = half_lowest(ways);
	if (half_is(at->set * HALF_WAYS + way, key))
		return way;
	ways &= ways - 1;
	if (!ways)
		return HALF_WAYS;
	way = half_lowest(ways);
	return half_is(at->set * HALF_WAYS + way, key) ? way : HALF_WAYS;
}

/*
 * Find a half-open connection, which is then met.
 * Return: its number, from 1 on (half_conn()); 0: there is none
 */
WORK_GLOBAL int half_find(const struct flow_key *key)
{
	struct half_place at = {};
	struct half_set *set = key ? half_set_of(key, &at) : NULL;
	__u64 word, now;
	__u32 way;

	if (!set)
		return 0;
	way = half_seek(set, &at, key);
	if (way >= HALF_WAYS)
		return 0;
	word = half_word(set, way);
	if (half_tag(word) != at.tag) /* it makes way */
		return 0;
	now = half_time(bpf_ktime_get_ns());
	if (now != word >> HALF_TAG_BITS) /* or another CPU says so, or ends it */
		__sync_val_compare_and_swap(half_way(set, way), word,
					    half_make_word(now, at.tag));
	return (int)(at.set * HALF_WAYS + way) + 1;
}

/* Take it out. Return: 0, or -1: it is not there, or another CPU was faster */
WORK_GLOBAL int half_leave(const struct flow_key *key)
{
	struct half_place at = {};
	struct half_set *set = key ? half_set_of(key, &at) : NULL;
	__u64 word, was;
	__u32 way;

	if (!set)
		return -1;
	way = half_seek(set, &at, key);
	if (way >= HALF_WAYS)
		return -1;
	word = half_word(set, way);
	/* Its time may change meanwhile. */
	for (int try = 0; try < HALF_TRIES && half_tag(word) == at.tag; try++) {
		was = __sync_val_compare_and_swap(half_way(set, way), word, 0);
		if (was == word)
			return 0;
		word = was;
	}
	return -1;
}

/* The way that makes room most gladly: there may be none that does, which is for the
 * caller to see. By itself, for the verifier. */
WORK_GLOBAL int half_oldest(const struct half_set *set, __u64 now)
{
	__u64 best = 0, later;

	if (!set)
		return 0;

#pragma unroll
	for (__u32 i = 0; i < HALF_WAYS; i++) {
		__u64 age = half_age(*(const volatile __u64 *)&set->way[i], now);

		age = age << 3 | i;
		asm volatile("" : "+r"(age));
		later = (__s64)(best - age) >> 63; /* all ones: it is the older one */
		asm volatile("" : "+r"(later));
		best ^= (best ^ age) & later;
	}
	return (int)(best & (HALF_WAYS - 1));
}

/* Claim the way that makes room. Return: its number; HALF_WAYS: there is none */
static __always_inline __u32 half_claim(struct half_set *set, __u64 now, __u64 *was)
{
	__u64 claim = half_make_word(now, HALF_CLAIMED);

	for (int try = 0; try < HALF_TRIES; try++) {
		__u32 way = (__u32)half_oldest(set, now) & (HALF_WAYS - 1);
		__u64 word = half_word(set, way);

		if (half_tag(word) != HALF_CLAIMED &&
		    __sync_val_compare_and_swap(half_way(set, way), word, claim) ==
			    word) {
			*was = word;
			return way;
		}
	}
	return HALF_WAYS;
}

/*
 * The same key may be in the set once more, entered by another CPU.
 * @own: the way that it has just been entered in
 * Return: the way that it is in from now on, with HALF_MET if there were two
 */
static __always_inline __u32 half_settle(struct half_set *set,
					 const struct half_place *at,
					 const struct flow_key *key, __u32 own)
{
	__u32 ways = half_tagged(set, at->tag) & ~(1u << (own & (HALF_WAYS - 1)));
	__u32 other, late;
	__u64 word;

	if (!ways)
		return own;
	other = half_lowest(ways);
	if (!half_is(at->set * HALF_WAYS + other, key))
		return own;
	late = other > own ? other : own;
	word = half_word(set, late);
	if (half_tag(word) != at->tag ||
	    __sync_val_compare_and_swap(half_way(set, late), word, 0) != word)
		return own;
	return (other > own ? own : other) | HALF_MET;
}

/* What is not of its kind of connection is left as it is, whoever's it was: those lines
 * of memory need not be fetched. */
static __always_inline void half_write(struct half_entry *entry, const struct work *w)
{
	const struct conn *fresh = &w->fresh;
	struct conn *conn = &entry->conn;

	entry->key = w->key;
	__builtin_memcpy(conn, fresh, offsetof(struct conn, path)); /* it has none */
	__builtin_memcpy(conn->packets, fresh->packets,
			 offsetof(struct conn, tcp) - offsetof(struct conn, packets));
	if (w->key.proto == IPPROTO_TCP) {
		__builtin_memcpy(conn->tcp, fresh->tcp, sizeof(conn->tcp));
		conn->again = fresh->again;
	}
	if (fresh->flags & CONN_F_CHILD) {
		conn->parent = fresh->parent;
		conn->parent_id = fresh->parent_id;
	}
}

/*
 * Enter w->fresh under w->key. What makes way for it is counted out.
 * Return: its number, as of half_find(), with HALF_MET; 0: there was no room
 */
WORK_GLOBAL int half_enter(const struct policy_config *config, __u64 now_ns)
{
	__u64 now = half_time(now_ns), was = 0;
	__u32 way, number;
	struct work *w = work_get();
	struct half_place at = {};
	struct half_entry *entry;
	struct half_set *set;

	set = w ? half_set_of(&w->key, &at) : NULL;
	if (!set || !config)
		return 0;
	way = half_claim(set, now, &was);
	number = at.set * HALF_WAYS + way;
	entry = way < HALF_WAYS ? bpf_map_lookup_elem(&half_open, &number) : NULL;
	if (!entry)
		return 0;
	if (was & 1)
		half_open_count(config, entry->key.proto, entry->conn.seen_ns, 0);
	half_write(entry, w);
	__sync_lock_test_and_set(half_way(set, way), half_make_word(now, at.tag));
	way = half_settle(set, &at, &w->key, way);
	return (int)(at.set * HALF_WAYS + (way & (HALF_WAYS - 1)) + 1) |
	       (int)(way & HALF_MET);
}

#endif /* PINHOLE_BPF_HALF_OPEN_H */
