/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hole.h - pinholes: open, claim, use, close.
 *
 * Why it exists: a hole admits one TCP connection from any port of one real
 * address to one port of another, for as long as its control connection lives
 * and at most config->timeout_hole_ns. Everything that makes it smaller than
 * an access-list line is enforced here.
 *
 * Who may include it: the stages that use maps, at either hook.
 *
 * Races, and their worst outcomes:
 *  - Looking at a hole and deleting it are two steps. In between the hole may
 *    be replaced by another session's hole with the same key, which is then
 *    deleted instead: that data connection fails, nothing opens.
 *  - Two first packets may reach a free hole at once. The compare-and-swap of
 *    the source port lets one of them in; the other is left to the list.
 *  - A session may end while its hole is being opened. The opener looks at the
 *    session again afterwards and takes the hole back (ftp_hole.h); a claim in
 *    between fails because the control connection is not established.
 */
#ifndef PINHOLE_BPF_HOLE_H
#define PINHOLE_BPF_HOLE_H

#include <stddef.h>

#include "expiry.h"
#include "flow.h"
#include "maps.h"

/* The words that the claim compares and swaps as one: port, kind, padding. */
union hole_claim_word {
	struct {
		__be16 claimed_port;
		__u8 passive;
		__u8 pad;
	};
	__u32 word;
};

_Static_assert(offsetof(struct hole, claimed_port) % sizeof(__u32) == 0 &&
		       offsetof(struct hole, passive) ==
			       offsetof(struct hole, claimed_port) + 2,
	       "a hole's claim is one aligned word");

static __always_inline void hole_key_make(struct hole_key *key,
					  const struct ph_addr *dialer,
					  const struct ph_addr *announcer, __be16 port)
{
	key->src = *dialer;
	key->dst = *announcer;
	key->dst_port = port;
	key->pad[0] = 0;
	key->pad[1] = 0;
}

/*
 * Close a hole if it is the one that was meant.
 * @parent_id: of the session that lists it
 * @opened_ns: of the opening that is meant; 0: whichever
 * @event:     what to count if there was one
 */
static __always_inline void hole_close(const struct hole_key *key, __u64 parent_id,
				       __u64 opened_ns, enum ph_event event)
{
	struct hole *hole = bpf_map_lookup_elem(&holes, key);
	bool expired;

	if (!hole || hole->parent_id != parent_id ||
	    (opened_ns && hole->opened_ns != opened_ns))
		return;
	expired = event != PH_EV_HOLE_USED && bpf_ktime_get_ns() >= hole->expires_ns;
	if (!bpf_map_delete_elem(&holes, key))
		event_count(expired ? PH_EV_HOLE_EXPIRED : event);
}

/*
 * Open a hole. One with the same key, of this session or another, gives way:
 * the newest announcement of a port is the true one.
 *
 * @fresh: complete; expires_ns ends it (hole_claim), the clock tidies up
 * Return: 0, or a negative error with no hole open.
 */
static __noinline long hole_open(const struct hole_key *key, const struct hole *fresh)
{
	long err;

	bpf_map_delete_elem(&holes, key);
	err = bpf_map_update_elem(&holes, key, fresh, BPF_NOEXIST);
	if (err)
		return err;
	err = expiry_watch_hole(key, fresh->opened_ns);
	if (err)
		bpf_map_delete_elem(&holes, key);
	return err;
}

/* The control connection, if it still stands behind its hole. */
static __always_inline const struct conn *hole_parent(const struct hole *hole)
{
	const struct conn *parent = bpf_map_lookup_elem(&conns, &hole->parent);

	return parent && parent->id == hole->parent_id &&
			       parent->state == CONN_ESTABLISHED &&
			       !(parent->flags & CONN_F_CLEARED)
		       ? parent
		       : NULL;
}

/* The port of the control connection that its server has. */
static __always_inline __be16 hole_server_port(const struct flow_key *control,
					       const struct conn *conn)
{
	return flow_initiator_end(conn) ? control->port[0] : control->port[1];
}

/* Whether a server may send active data from this port: the one below its control
 * port (RFC 959, 3.2), or one of the two that are assigned. */
static __always_inline bool hole_is_data_port(__be16 port, __be16 control)
{
	__u16 n = pkt_be16(port);

	return n == 20 || n == 989 || n + 1 == pkt_be16(control);
}

/*
 * Whether a hole admits the packet, which no connection knows: a TCP SYN from
 * the dialer's real address to the announced port. The first source port to
 * come takes the hole; the SYN may be repeated, another port is not let in.
 * On true f->w->fresh.parent and .parent_id name the control connection, and
 * .generation is its: a policy that has not judged it yet will judge both with the
 * data connection's next packet.
 */
static __always_inline bool hole_claim(struct flow *f)
{
	struct work *w = f->w;
	union hole_claim_word free, mine;
	const struct conn *parent;
	struct hole_key key;
	struct hole *hole;
	__u32 before;

	if (w->pkt.proto != IPPROTO_TCP ||
	    (w->pkt.tcp_flags & (PKT_TCP_SYN | PKT_TCP_ACK)) != PKT_TCP_SYN)
		return false;
	hole_key_make(&key, &w->real_src, &w->real_dst, w->real_dport);
	hole = bpf_map_lookup_elem(&holes, &key);
	if (!hole || !w->pkt.sport || f->now_ns >= hole->expires_ns)
		return false;
	parent = hole_parent(hole);
	if (!parent ||
	    (hole->data_port_only &&
	     !hole_is_data_port(w->pkt.sport, hole_server_port(&hole->parent, parent))))
		return false;
	free.word = 0;
	free.passive = hole->passive;
	mine.word = free.word;
	mine.claimed_port = w->pkt.sport;
	before = __sync_val_compare_and_swap((__u32 *)&hole->claimed_port, free.word,
					     mine.word);
	if (before != free.word && before != mine.word)
		return false;
	w->fresh.parent = hole->parent;
	w->fresh.parent_id = hole->parent_id;
	w->fresh.generation = parent->generation;
	if (!hole->passive)
		w->fresh.flags |= CONN_F_SERVER_DIALS;
	return true;
}

/*
 * The data connection f->conn, whose key is f->w->key, was answered: its hole
 * has served. A hole opened anew for the same port since the claim is another
 * one and stays.
 */
static __always_inline void hole_consume(struct flow *f)
{
	const struct flow_key *flow_key = &f->w->key;
	struct hole_key key;
	struct hole *hole;
	__be16 port;

	if (!f->conn)
		return;
	if (flow_initiator_end(f->conn)) {
		hole_key_make(&key, &flow_key->addr[1], &flow_key->addr[0],
			      flow_key->port[0]);
		port = flow_key->port[1];
	} else {
		hole_key_make(&key, &flow_key->addr[0], &flow_key->addr[1],
			      flow_key->port[1]);
		port = flow_key->port[0];
	}
	hole = bpf_map_lookup_elem(&holes, &key);
	if (!hole || hole->claimed_port != port)
		return;
	hole_close(&key, f->conn->parent_id, 0, PH_EV_HOLE_USED);
}

#endif /* PINHOLE_BPF_HOLE_H */
