/* SPDX-License-Identifier: GPL-2.0 */
/*
 * half_open.h - the table of half-open connections.
 *
 * Why not a map of the LRU kind: every packet of a flood is a new entry, and there it
 * costs four fifths of a microsecond to find none, to take a free node, to copy and to
 * find it again. Here a key belongs to one set of seven entries, by a hash with a
 * secret in it; a set's tags and times are one line of memory, read at once; an entry is
 * written where it stays. It is known which one makes way for it, so that the count of
 * half-open connections stays right in a flood.
 *
 * A set is full long before the table is: of 32768 sets with one entry each on average,
 * one in three times one has eight, and those eight would displace one another for
 * good. So a key has another set, where it is a guest if there is room, or somebody who
 * was met a second earlier than any of its own set. A set knows how many that belong
 * there are away: most of the time none, and then nobody looks elsewhere. In a flood
 * nobody finds room elsewhere, and hardly any is away, too.
 *
 * In a table that is half full one entry of 2000 has made way for another. In a flood
 * of a million SYNs a second, an entry of 65536 lives for 14 ms in all but one case of
 * a thousand.
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
 *  - More than seven CPUs claim entries of one set at once: a packet is dropped.
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

_Static_assert(HALF_WAYS < 8, "half_lowest() and half_oldest() know it");

#define HALF_TRIES 3

/* Where an entry is. */
struct half_spot {
	struct half_set *set; /* NULL: nowhere */
	__u32 index;	      /* of the set */
	__u32 way;
	__u32 tag;
};

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
	return &set->way[way & 7]; /* 7, which is not one, is never asked for */
}

static __always_inline __u64 half_word(const struct half_spot *at)
{
	return *(const volatile __u64 *)half_way(at->set, at->way);
}

static __always_inline __u32 half_number(const struct half_spot *at)
{
	return at->index * HALF_WAYS + at->way;
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
	return (ways + (ways >> 4)) & 7;
}

/* Where the key belongs. Return: 0; -1 before the table is made */
static __always_inline int half_place_of(const struct flow_key *key,
					 struct half_place *at)
{
	__u32 index = 0;
	struct half_head *head = bpf_map_lookup_elem(&half_head, &index);

	if (!head)
		return -1;
	*at = half_place(head, key);
	return 0;
}

static __always_inline struct half_set *half_set_at(__u32 index)
{
	return bpf_map_lookup_elem(&half_sets, &index);
}

/* Whether entry `number` is the key's. */
static __always_inline bool half_is(__u32 number, const struct flow_key *key)
{
	struct half_entry *entry = bpf_map_lookup_elem(&half_open, &number);

	return entry && half_same(&entry->key, key);
}

/*
 * The key's entry in one of its sets. Two that have its tag are looked at: of more one
 * would have to be entered again, which happens to none of a million million.
 * @spot: the set and the tag; out: the way
 * @except: an entry that is passed over, or NULL
 * Return: whether it is there
 */
static __always_inline bool half_seek_in(const struct flow_key *key,
					 const struct half_spot *except,
					 struct half_spot *spot)
{
	__u32 ways = half_tagged(spot->set, spot->tag);

	if (except && except->index == spot->index)
		ways &= ~(1u << except->way);
	if (!ways)
		return false;
	spot->way = half_lowest(ways);
	if (half_is(half_number(spot), key))
		return true;
	ways &= ways - 1;
	if (!ways)
		return false;
	spot->way = half_lowest(ways);
	return half_is(half_number(spot), key);
}

/* The key's own set. */
static __always_inline struct half_spot half_home(const struct half_place *at)
{
	return (struct half_spot){
		.set = half_set_at(at->set), .index = at->set, .tag = at->tag};
}

/* Where it is a guest. */
static __always_inline struct half_spot half_abroad(const struct half_place *at)
{
	return (struct half_spot){.set = half_set_at(at->other),
				  .index = at->other,
				  .tag = at->tag | HALF_GUEST};
}

/* The key's entry, at home or as a guest. */
static __always_inline bool half_seek(const struct half_place *at,
				      const struct flow_key *key,
				      const struct half_spot *except,
				      struct half_spot *spot)
{
	*spot = half_home(at);
	if (!spot->set)
		return false;
	if (half_seek_in(key, except, spot))
		return true;
	if (!*(const volatile __u64 *)&spot->set->away)
		return false;
	*spot = half_abroad(at);
	return spot->set && half_seek_in(key, except, spot);
}

/* A key of set `index` is a guest elsewhere, or (-1) is no longer. */
static __always_inline void half_count_away(__u32 index, __s64 by)
{
	struct half_set *home = half_set_at(index);

	if (home)
		__sync_fetch_and_add(&home->away, by);
}

/*
 * Find a half-open connection, which is then met.
 * Return: its number, from 1 on (half_conn()); 0: there is none
 */
WORK_GLOBAL int half_find(const struct flow_key *key)
{
	struct half_spot spot = {};
	struct half_place at = {};
	__u64 word, now;

	if (!key || half_place_of(key, &at) || !half_seek(&at, key, NULL, &spot))
		return 0;
	word = half_word(&spot);
	if (half_tag(word) != spot.tag) /* it makes way */
		return 0;
	now = half_time(bpf_ktime_get_ns());
	if (now != word >> HALF_TAG_BITS) /* or another CPU says so, or ends it */
		__sync_val_compare_and_swap(half_way(spot.set, spot.way), word,
					    half_make_word(now, spot.tag));
	return (int)half_number(&spot) + 1;
}

/* Take it out. Return: 0, or -1: it is not there, or another CPU was faster */
WORK_GLOBAL int half_leave(const struct flow_key *key)
{
	struct half_spot spot = {};
	struct half_place at = {};
	__u64 word, was;

	if (!key || half_place_of(key, &at) || !half_seek(&at, key, NULL, &spot))
		return -1;
	word = half_word(&spot);
	/* Its time may change meanwhile. */
	for (int try = 0; try < HALF_TRIES && half_tag(word) == spot.tag; try++) {
		was = __sync_val_compare_and_swap(half_way(spot.set, spot.way), word, 0);
		if (was == word) {
			if (half_is_guest(word))
				half_count_away(at.set, -1);
			return 0;
		}
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
	return (int)(best & 7);
}

/* Where the set would make room, and the word there. */
static __always_inline __u64 half_offer(struct half_spot *spot, __u64 now)
{
	spot->way = (__u32)half_oldest(spot->set, now) & 7;
	return half_word(spot);
}

/*
 * Claim an entry that makes room, at home or as a guest.
 * @was: out: its word
 * Return: whether there was one
 */
static __always_inline bool half_claim(const struct half_place *at, __u64 now,
				       struct half_spot *spot, __u64 *was)
{
	__u64 claim = half_make_word(now, HALF_CLAIMED);

	for (int try = 0; try < HALF_TRIES; try++) {
		__u64 word, word_abroad;

		*spot = half_home(at);
		if (!spot->set)
			return false;
		word = half_offer(spot, now);
		if (word & 1) {
			struct half_spot abroad = half_abroad(at);

			if (!abroad.set)
				return false;
			word_abroad = half_offer(&abroad, now);
			if (half_age(word_abroad, now) >
			    half_age(word, now) + HALF_SECOND) {
				*spot = abroad;
				word = word_abroad;
			}
		}
		*was = word;
		if (half_tag(word) != HALF_CLAIMED &&
		    __sync_val_compare_and_swap(half_way(spot->set, spot->way), word,
						claim) == word)
			return true;
	}
	return false;
}

/* The entry has been claimed, and there was one: count it out. */
static __always_inline void half_displace(const struct policy_config *config,
					  const struct half_entry *entry, __u64 was)
{
	struct half_place home = {};

	half_open_count(config, entry->key.proto, entry->conn.seen_ns, 0);
	if (half_is_guest(was) && !half_place_of(&entry->key, &home))
		half_count_away(home.set, -1);
}

/*
 * The same key may be there once more, entered by another CPU.
 * @own: where it has just been entered
 * Return: the number that it has from now on, with HALF_MET if there were two
 */
static __always_inline __u32 half_settle(const struct half_place *at,
					 const struct flow_key *key,
					 const struct half_spot *own)
{
	struct half_spot other = {}, late;
	__u32 number = half_number(own), its;
	__u64 word;

	if (!half_seek(at, key, own, &other))
		return number;
	its = half_number(&other);
	late = its > number ? other : *own;
	word = half_word(&late);
	if (half_tag(word) != late.tag ||
	    __sync_val_compare_and_swap(half_way(late.set, late.way), word, 0) != word)
		return number;
	if (half_is_guest(word))
		half_count_away(at->set, -1);
	return (its > number ? number : its) | HALF_MET;
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
	struct work *w = work_get();
	struct half_spot spot = {};
	struct half_place at = {};
	struct half_entry *entry;
	__u32 number;

	if (!w || !config || half_place_of(&w->key, &at) ||
	    !half_claim(&at, now, &spot, &was))
		return 0;
	number = half_number(&spot);
	entry = bpf_map_lookup_elem(&half_open, &number);
	if (!entry)
		return 0;
	if (was & 1)
		half_displace(config, entry, was);
	half_write(entry, w);
	if (half_is_guest(spot.tag)) /* before it is found */
		half_count_away(at.set, 1);
	__sync_lock_test_and_set(half_way(spot.set, spot.way),
				 half_make_word(now, spot.tag));
	return (int)half_settle(&at, &w->key, &spot) + 1;
}

#endif /* PINHOLE_BPF_HALF_OPEN_H */
