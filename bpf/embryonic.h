/* SPDX-License-Identifier: GPL-2.0 */
/*
 * embryonic.h - the limit of a static on TCP connections whose handshake is not complete.
 *
 * A SYN that would begin one more than the limit is dropped, wherever it comes from
 * beyond the translation (PIX and ASA answer it themselves then, by SYN cookies). What
 * exists is never touched: a SYN again, an answer, an established connection. Data
 * connections of FTP sessions neither count nor are refused.
 *
 * Asked by whoever judges a first packet, counted by whoever makes the entry, for XDP may
 * leave a packet to TC, which then asks again.
 *
 * Who may include it: the stages that use maps. conn.h counts, judge.h asks.
 *
 * Races, besides those of embryonic_count.h, and their worst outcomes:
 *  - CPUs that judge at once all find the last place free: the limit is exceeded by as
 *    many as there are other CPUs.
 *  - An entry may be displaced from half_open, or expire, and be counted on: at worst a
 *    host takes fewer than its limit for one life and a quarter.
 *  - More hosts with limits are dialled than their table has room for, and one is
 *    displaced: its count begins again, and what is then counted out was counted before.
 *    It may have up to twice its limit more, for one life.
 *  - Entries that were made before their host had a limit are not counted.
 */
#ifndef PINHOLE_BPF_EMBRYONIC_H
#define PINHOLE_BPF_EMBRYONIC_H

#include "flow.h"
#include "maps.h"

static __always_inline void embryonic_key_make(struct embryonic_key *key,
					       const struct flow_key *flow,
					       const struct conn *conn)
{
	bool one_port = conn->flags & CONN_F_EMBRYONIC_PORT;

	key->ifindex = conn->ifindex[0];
	*(__u32 *)&key->port = 0; /* and pad */
	if (flow_initiator_end(conn)) {
		key->host = flow->addr[0];
		if (one_port)
			key->port = flow->port[0];
	} else {
		key->host = flow->addr[1];
		if (one_port)
			key->port = flow->port[1];
	}
}

/* The host's numbers. @make: begin them if there are none */
static __always_inline struct embryonic_host *
embryonic_find(struct work *w, const struct conn *conn, bool make)
{
	struct embryonic_host *host;

	embryonic_key_make(&w->embryonic_key, &w->key, conn);
	host = bpf_map_lookup_elem(&embryonic, &w->embryonic_key);
	if (host || !make)
		return host;
	__builtin_memset(&w->embryonic_new, 0, sizeof(w->embryonic_new));
	bpf_map_update_elem(&embryonic, &w->embryonic_key, &w->embryonic_new,
			    BPF_NOEXIST); /* or another CPU has */
	return bpf_map_lookup_elem(&embryonic, &w->embryonic_key);
}

/*
 * May w->fresh, an entry that a SYN is to make, be one more? It is then marked as one to
 * be counted. The limit is the one that nat_arrive() has found.
 * Return: PH_NEXT or PH_DROP_EMBRYONIC_LIMIT.
 */
WORK_GLOBAL int embryonic_judge(const struct policy_config *config, __u64 now_ns)
{
	struct work *w = work_get();
	struct embryonic_host *host;

	if (!w || !config)
		return PH_DROP_INTERNAL;
	if (!w->embryonic_limit || w->pkt.proto != IPPROTO_TCP ||
	    w->fresh.state != CONN_SYN_SENT || (w->fresh.flags & CONN_F_CHILD))
		return PH_NEXT;
	w->fresh.flags |= w->embryonic_one_port ? CONN_F_EMBRYONIC | CONN_F_EMBRYONIC_PORT
						: CONN_F_EMBRYONIC;
	host = embryonic_find(w, &w->fresh, false);
	return host && embryonic_sum(
			       host,
			       embryonic_step(now_ns, config->timeout_half_open_ns)) >=
				       w->embryonic_limit
		       ? PH_DROP_EMBRYONIC_LIMIT
		       : PH_NEXT;
}

/*
 * Count the half-open connection of w->key, which the caller knows to be marked.
 * @from_ns: when it was seen last; 0: it is new
 * @to_ns:   when it is seen now; 0: it is half-open no more
 */
WORK_GLOBAL int embryonic_count(const struct policy_config *config,
				const struct conn *conn, __u64 from_ns, __u64 to_ns)
{
	struct work *w = work_get();
	struct embryonic_host *host;
	__u32 from, to;

	if (!w || !config || !conn)
		return 0;
	from = embryonic_step(from_ns, config->timeout_half_open_ns);
	to = embryonic_step(to_ns, config->timeout_half_open_ns);
	if (from == to)
		return 0;
	host = embryonic_find(w, conn, !from_ns);
	if (!host)
		return 0;
	if (to_ns)
		embryonic_add(host, to);
	if (from_ns)
		embryonic_subtract(host, from);
	return 0;
}

/* The entry f->conn was just made. */
static __always_inline void embryonic_enter(const struct flow *f)
{
	if (f->conn->flags & CONN_F_EMBRYONIC)
		embryonic_count(f->config, f->conn, 0, f->now_ns);
}

/* It is seen again, and its time is about to be set. */
static __always_inline void embryonic_stay(const struct flow *f)
{
	if (!f->established && (f->conn->flags & CONN_F_EMBRYONIC))
		embryonic_count(f->config, f->conn, f->conn->seen_ns, f->now_ns);
}

/* It is half-open no more. @seen_ns: when it was seen last, before now */
static __always_inline void embryonic_leave(const struct flow *f, const struct conn *conn,
					    __u64 seen_ns)
{
	if (conn->flags & CONN_F_EMBRYONIC)
		embryonic_count(f->config, conn, seen_ns, 0);
}

#endif /* PINHOLE_BPF_EMBRYONIC_H */
