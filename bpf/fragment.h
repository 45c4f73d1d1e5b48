/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fragment.h - later fragments follow their first.
 *
 * Why it exists: only the first fragment of a datagram has ports, so it alone
 * can be judged. What was decided about it is remembered for as long as
 * config->timeout_fragment_ns, and the later ones do likewise. One that comes
 * before its first is dropped: to keep it would be to store payload.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_FRAGMENT_H
#define PINHOLE_BPF_FRAGMENT_H

#include "acl.h"
#include "conn.h"
#include "frag.h"
#include "maps.h"

/*
 * An IPv4 identification comes round again in seconds on a fast link. A first
 * fragment that meets an unfinished datagram older than this begins a new one;
 * before, it is taken for an overlapping one.
 */
#define FRAGMENT_REUSE_NS 1000000000ull

/* The datagram under way that the packet belongs to; NULL: none. */
static __always_inline struct frag *fragment_lookup(struct flow *f)
{
	struct work *w = f->w;
	struct frag *frag;

	frag_key_make(&w->frag_key, &w->pkt, f->in->l3_ifindex);
	frag = bpf_map_lookup_elem(&frags, &w->frag_key);
	if (!frag || frag->generation != f->generation ||
	    f->now_ns > frag->created_ns + f->config->timeout_fragment_ns)
		return NULL;
	return frag;
}

/* Each walked once by the verifier. */
WORK_GLOBAL int fragment_fits(const struct frag *frag, __u32 from, __u32 to, bool last)
{
	struct frag_range range = {.from = from, .to = to};

	return frag ? (int)frag_fits(frag, range, last) : PH_DROP_INTERNAL;
}

WORK_GLOBAL int fragment_enter(struct frag *frag, __u32 from, __u32 to, bool last)
{
	struct frag_range range = {.from = from, .to = to};

	if (frag)
		frag_enter(frag, range, last);
	return 0;
}

/* Whether a first fragment may begin its datagram. */
static __always_inline enum ph_reason fragment_may_begin(struct flow *f)
{
	struct frag *frag = fragment_lookup(f);

	if (!frag || frag_complete(frag) ||
	    f->now_ns > frag->created_ns + FRAGMENT_REUSE_NS)
		return PH_NEXT;
	return PH_DROP_FRAGMENT_OVERLAP;
}

/* Find what a later fragment follows, and whether it fits in: sets f->frag. */
static __always_inline enum ph_reason fragment_find(struct flow *f)
{
	struct frag_range range = frag_range_of(&f->w->pkt);

	f->frag = fragment_lookup(f);
	if (!f->frag)
		return PH_DROP_FRAGMENT_NO_FIRST;
	/* What translates it may depend on ports, which it has not. */
	f->w->real_dst = f->frag->real_dst;
	f->untranslated = f->frag->untranslated;
	return fragment_fits(f->frag, range.from, range.to, !f->w->pkt.more);
}

/* Do as was decided for the first fragment: its translation. Unless a list has a say
 * in it: judge_fragment(). */
static __always_inline enum ph_reason fragment_follow(struct flow *f)
{
	struct work *w = f->w;

	if (!f->frag || f->frag->to_box)
		return PH_DROP_FRAGMENT_NO_FIRST;
	w->new_src = f->frag->new_src;
	w->new_dst = f->frag->new_dst;
	return PH_NEXT;
}

/* A first fragment was let through: the others may follow.
 * @to_box: it is for this machine */
static __always_inline enum ph_reason fragment_begin(struct flow *f, bool to_box)
{
	struct work *w = f->w;
	struct frag *frag = &w->frag;

	__builtin_memset(frag, 0, sizeof(*frag));
	frag->created_ns = f->now_ns;
	frag->generation = f->generation;
	frag->real_src = w->real_src;
	frag->real_dst = w->real_dst;
	frag->new_src = w->new_src;
	frag->new_dst = w->new_dst;
	frag->to_box = to_box;
	frag->untranslated = f->untranslated;
	frag->acl_counter = w->acl_counter;
	frag->acl_counter_out = w->acl_counter_out;
	if (f->conn && f->established) {
		frag->tracked = 1;
		frag->dir = f->dir;
		frag->conn = w->key;
	}
	frag->seen[0] = frag_range_of(&w->pkt);
	if (bpf_map_update_elem(&frags, &w->frag_key, frag, BPF_ANY))
		return PH_DROP_INTERNAL; /* an LRU table makes room */
	event_count(PH_EV_FRAGMENT_FIRST);
	return PH_NEXT;
}

/* A later fragment was let through: remember it, and count it to the lines and the
 * connection that its first belonged to. */
static __always_inline void fragment_commit(struct flow *f)
{
	struct work *w = f->w;
	struct frag_range range = frag_range_of(&w->pkt);
	struct conn *conn;

	if (!f->frag)
		return;
	fragment_enter(f->frag, range.from, range.to, !w->pkt.more);
	event_count(PH_EV_FRAGMENT_LATER);
	w->acl_counter = f->frag->acl_counter;
	w->acl_counter_out = f->frag->acl_counter_out;
	acl_count(0);
	if (!f->frag->tracked)
		return;
	w->key = f->frag->conn;
	conn = bpf_map_lookup_elem(&conns, &w->key);
	if (!conn)
		return;
	conn_account(conn, f->frag->dir, w->pkt.l3_len);
	if (conn->flags & CONN_F_CHILD)
		conn_count_data(f->frag->dir, conn->flags, w->pkt.fragment_len);
}

#endif /* PINHOLE_BPF_FRAGMENT_H */
