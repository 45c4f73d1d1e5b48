/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_hole.h - the holes of listening sockets.
 *
 * Why it exists: a hole of host mode is listed twice: in its session, as all holes are,
 * and in its listener, so that it vanishes with whichever goes first.
 *
 * Who may include it: host.bpf.c and its parts.
 *
 * Races. A listener's list is written by whoever opens a hole for it: the process that
 * listens, or one that writes to a control connection, on any CPU. Slots are given out
 * by an atomic counter, and parent_id is written last. The worst outcome is a hole that
 * is missing from the list: it ends with its session or its time, and meanwhile leads to
 * a port where nobody listens. Whoever opens a hole looks afterwards whether the
 * listener is still there, and takes it back if not.
 */
#ifndef PINHOLE_BPF_HOST_HOLE_H
#define PINHOLE_BPF_HOST_HOLE_H

#include "ftp_hole_list.h"
#include "host_bind.h"
#include "host_maps.h"
#include "host_policy.h"

/* Nobody's: a listener whose connection came without a hole. */
#define HOST_NOBODY (~0ull)

/* Which end of a session's key is its peer: its address and port. */
static __always_inline const struct ph_addr *host_peer(const struct flow_key *key,
						       const struct host_session *hs)
{
	return hs->local_end ? &key->addr[0] : &key->addr[1];
}

static __always_inline const struct ph_addr *host_local(const struct flow_key *key,
							const struct host_session *hs)
{
	return hs->local_end ? &key->addr[1] : &key->addr[0];
}

/* The port of the session's server, host order. */
static __always_inline __u16 host_server_port(const struct flow_key *key,
					      const struct host_session *hs)
{
	bool first = hs->role == HOST_SERVER ? !hs->local_end : hs->local_end;

	return pkt_be16(first ? key->port[0] : key->port[1]);
}

/*
 * Enter an open hole into its session's list; the oldest beyond FTP_MAX_HOLES gives way.
 * Return: whether the session still stands; if not the hole must go.
 */
static __noinline bool host_hole_enlist(struct ftp_session *s, __u64 conn_id,
					const struct hole_key *key, __u64 opened_ns)
{
	struct ftp_listed evicted = {};
	bool alive;
	__u32 slot;

	bpf_spin_lock(&s->lock);
	alive = s->conn_id == conn_id && !(s->flags & FTP_S_CLOSING);
	slot = s->holes_opened & (FTP_MAX_HOLES - 1);
	if (alive) {
		evicted.opened_ns = s->hole_opened_ns[slot];
		evicted.key = s->hole[slot];
		s->hole[slot] = *key;
		s->hole_opened_ns[slot] = opened_ns;
		s->holes_opened++;
	}
	bpf_spin_unlock(&s->lock);
	if (evicted.opened_ns)
		hole_close(&evicted.key, conn_id, evicted.opened_ns, PH_EV_HOLE_REPLACED);
	return alive;
}

/* Close the hole in a slot of the listener's list, unless it is of the session `keep`. */
static __noinline int host_hole_close_slot(struct host_listener *l, __u32 slot,
					   __u64 keep, __u32 event)
{
	struct hole_key key;
	__u64 parent_id;

	slot &= HOST_MAX_HOLES - 1;
	parent_id = l->hole_parent_id[slot];
	if (!parent_id || parent_id == keep)
		return 0;
	l->hole_parent_id[slot] = 0;
	key = l->hole[slot];
	hole_close(&key, parent_id, 0, event);
	return 0;
}

/* Close the listener's unused holes but those of the session `keep`; 0: all. */
static __always_inline void host_holes_close(struct host_listener *l, __u64 keep)
{
	for (__u32 slot = 0; slot < HOST_MAX_HOLES; slot++)
		host_hole_close_slot(l, slot, keep, PH_EV_HOST_HOLE_CLOSED);
}

static __always_inline void host_hole_note(struct host_listener *l,
					   const struct hole_key *key, __u64 parent_id)
{
	__u32 slot = __sync_fetch_and_add(&l->n_holes, 1) & (HOST_MAX_HOLES - 1);

	host_hole_close_slot(l, slot, 0, PH_EV_HOLE_REPLACED);
	l->hole[slot] = *key;
	barrier();
	l->hole_parent_id[slot] = parent_id;
}

/* A listener, as its entry is found again. */
struct host_listener_ref {
	struct host_listener_key key;
	__u64 cookie;
};

static __always_inline struct host_listener *
host_listener_get(const struct host_listener_ref *ref)
{
	struct host_listener *l = bpf_map_lookup_elem(&host_listeners, &ref->key);

	return l && l->cookie == ref->cookie ? l : NULL;
}

/*
 * Open a hole for the peer of a session to a listener.
 * @parent: the session's key
 * @shared: it may be another session's listener
 */
static __noinline int host_hole_open(const struct flow_key *parent,
				     const struct host_session *hs, struct ftp_session *s,
				     const struct host_listener_ref *ref, bool shared)
{
	__u64 timeout_ns = host_timeout_hole_ns(), conn_id = hs->conn_id;
	struct host_listener *l = host_listener_get(ref);
	const struct fixup_value *fixup;
	struct hole hole = {};
	struct hole_key key;

	if (!l || !timeout_ns || !conn_id)
		return 0;
	/* Who speaks first after the listen() is most likely whose it is: who comes late
	 * does not displace it. */
	if (shared && l->n_holes >= HOST_MAX_HOLES) {
		event_count(PH_EV_HOLE_DENY_FULL);
		return 0;
	}
	hole_key_make(&key, host_peer(parent, hs), &ref->key.addr,
		      pkt_be16(ref->key.port));
	if (!host_reach(&key.dst, &ref->key.addr, host_local(parent, hs)))
		return 0;
	hole.opened_ns = bpf_ktime_get_ns();
	hole.expires_ns = hole.opened_ns + timeout_ns;
	hole.parent = *parent;
	hole.parent_id = conn_id;
	hole.passive = hs->role == HOST_SERVER;
	fixup = hole.passive ? NULL : host_fixup(host_server_port(parent, hs));
	hole.data_port_only = fixup && (fixup->flags & FIXUP_F_SOURCE_PORT);
	if (hole_open(&key, &hole)) {
		event_count(PH_EV_HOLE_DENY_FULL);
		finding_count(FTP_FOUND_TABLE_FULL);
		return 0;
	}
	event_count(PH_EV_HOLE_OPENED);
	event_count(shared ? PH_EV_HOST_HOLE_SHARED : PH_EV_HOST_HOLE_BOUND);
	host_hole_note(l, &key, conn_id);
	if (!host_hole_enlist(s, conn_id, &key, hole.opened_ns))
		hole_close(&key, conn_id, hole.opened_ns, PH_EV_HOLE_SESSION_END);
	else if (!host_listener_get(ref))
		hole_close(&key, conn_id, hole.opened_ns, PH_EV_HOST_HOLE_CLOSED);
	return 1;
}

#endif /* PINHOLE_BPF_HOST_HOLE_H */
