// SPDX-License-Identifier: GPL-2.0
/*
 * half_table.c - the table of half-open connections. See half_table.h.
 *
 * Race: packets enter and take out what is read here. An entry is copied, and believed
 * only if its word is the same after it.
 */
#include <string.h>

#include <bpf/bpf.h>
#include <sys/random.h>

#include "bpf/half_set.h"
#include "half_table.h"

static int entries_of(int fd, uint32_t *out)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*out = info.max_entries;
	return 0;
}

int half_table_make(const struct half_fds *fds)
{
	struct half_head head = {0};
	uint32_t entries = 0;
	__u32 index = 0;
	int err = bpf_map_lookup_elem(fds->head, &index, &head) ? -errno : 0;

	if (err || head.n_sets) /* pinned maps, in use */
		return err;
	err = entries_of(fds->sets, &head.n_sets);
	if (!err)
		err = entries_of(fds->entries, &entries);
	if (!err && (!head.n_sets || entries / HALF_WAYS < head.n_sets))
		err = -EINVAL;
	if (!err && getrandom(head.seed, sizeof(head.seed), 0) != sizeof(head.seed))
		err = -EIO;
	if (!err && bpf_map_update_elem(fds->head, &index, &head, BPF_ANY))
		err = -errno;
	return err;
}

int half_table_open(const struct half_fds *fds, enum map_access access,
		    struct half_table *out)
{
	struct half_table table = {0};
	__u32 index = 0;
	int err = 0;

	memset(out, 0, sizeof(*out));
	if (bpf_map_lookup_elem(fds->head, &index, &table.head))
		return -errno;
	err = map_view_open(fds->sets, sizeof(struct half_set), 0, table.head.n_sets,
			    access, &table.sets);
	if (err)
		return err;
	table.entries = fds->entries;
	*out = table;
	return 0;
}

void half_table_close(struct half_table *table)
{
	map_view_close(&table->sets);
}

static __u64 *word_of(const struct half_table *table, size_t number)
{
	struct half_set *sets = table->sets.data;

	return &sets[number / HALF_WAYS].way[number % HALF_WAYS];
}

bool half_table_read(const struct half_table *table, size_t number,
		     struct half_entry *out)
{
	__u32 index = (__u32)number;

	return !bpf_map_lookup_elem(table->entries, &index, out);
}

/* Return: whether there is an entry of that number. */
static bool read_entry(const struct half_table *table, size_t number,
		       struct half_entry *out)
{
	const __u64 *word = word_of(table, number);
	__u32 tag = half_tag(__atomic_load_n(word, __ATOMIC_ACQUIRE));

	if (!(tag & 1))
		return false;
	if (!half_table_read(table, number, out))
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return half_tag(__atomic_load_n(word, __ATOMIC_RELAXED)) == tag;
}

int half_table_walk(const struct half_table *table,
		    int (*fn)(const void *, const void *, void *), void *arg)
{
	size_t n = (size_t)table->head.n_sets * HALF_WAYS;
	struct half_entry entry;
	int err = 0;

	for (size_t i = 0; !err && i < n; i++)
		if (read_entry(table, i, &entry))
			err = fn(&entry.key, &entry.conn, arg);
	return err;
}

/* Return: whether the key's entry is in the set; and which it is. */
static bool find_in(const struct half_table *table, uint32_t set, uint32_t tag,
		    const struct flow_key *key, size_t *number, struct half_entry *out)
{
	for (size_t i = 0; i < HALF_WAYS; i++) {
		*number = (size_t)set * HALF_WAYS + i;
		if (half_tag(*word_of(table, *number)) == tag &&
		    read_entry(table, *number, out) && half_same(&out->key, key))
			return true;
	}
	return false;
}

static bool find(const struct half_table *table, const struct flow_key *key,
		 size_t *number, struct half_entry *out)
{
	struct half_place at;

	if (!table->head.n_sets)
		return false;
	at = half_place(&table->head, key);
	return find_in(table, at.set, at.tag, key, number, out) ||
	       find_in(table, at.other, at.tag | HALF_GUEST, key, number, out);
}

bool half_table_get(const struct half_table *table, const struct flow_key *key,
		    struct conn *out)
{
	struct half_entry entry;
	size_t number;

	if (!find(table, key, &number, &entry))
		return false;
	*out = entry.conn;
	return true;
}

/* As a guest a key of the set is gone, or (1) has come. */
static void count_away(const struct half_table *table, uint32_t set, int by)
{
	struct half_set *sets = table->sets.data;

	__atomic_fetch_add(&sets[set].away, (__u64)by, __ATOMIC_SEQ_CST);
}

bool half_table_remove(struct half_table *table, const struct flow_key *key)
{
	struct half_entry entry;
	struct half_place at;
	size_t number;
	__u64 *word, was;
	uint32_t tag;

	if (!find(table, key, &number, &entry))
		return false;
	at = half_place(&table->head, key);
	word = word_of(table, number);
	was = __atomic_load_n(word, __ATOMIC_RELAXED);
	tag = half_tag(was);
	if ((tag & ~HALF_GUEST) != at.tag)
		return false;
	/* Its time may change meanwhile; its tag, if it ends or makes way. */
	while (half_tag(was) == tag)
		if (__atomic_compare_exchange_n(word, &was, 0, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST)) {
			if (half_is_guest(tag))
				count_away(table, at.set, -1);
			return true;
		}
	return false;
}

/* Return: whether there is room in the set; and where. */
static bool has_room(const struct half_table *table, uint32_t set, size_t *number)
{
	for (size_t i = 0; i < HALF_WAYS; i++) {
		*number = (size_t)set * HALF_WAYS + i;
		if (!*word_of(table, *number))
			return true;
	}
	return false;
}

int half_table_put(struct half_table *table, const struct flow_key *key,
		   const struct conn *conn)
{
	const struct half_entry entry = {.key = *key, .conn = *conn};
	struct half_place at;
	struct half_entry old;
	size_t number = 0;
	uint32_t tag;
	__u32 index;

	if (!table->head.n_sets)
		return -ENOSPC;
	at = half_place(&table->head, key);
	tag = at.tag;
	if (find(table, key, &number, &old)) {
		tag = half_tag(*word_of(table, number));
	} else if (!has_room(table, at.set, &number)) {
		if (!has_room(table, at.other, &number))
			return -ENOSPC;
		tag |= HALF_GUEST;
	}
	index = (__u32)number;
	if (bpf_map_update_elem(table->entries, &index, &entry, BPF_ANY))
		return -errno;
	if (half_is_guest(tag) && !*word_of(table, number))
		count_away(table, at.set, 1);
	*word_of(table, number) = half_make_word(half_time(conn->seen_ns), tag);
	return 0;
}
