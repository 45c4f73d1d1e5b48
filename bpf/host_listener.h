/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_listener.h - a socket that begins to listen, accepts its first connection, and
 * closes. Whose it is, host_bind.h says.
 *
 * Who may include it: host.bpf.c and its parts.
 *
 * Several sockets may listen at one address and port (SO_REUSEPORT). The last to begin is
 * the one that is known: the others' holes close when it begins, and it takes a line with
 * that port for itself. No FTP server is known to do that for data connections.
 */
#ifndef PINHOLE_BPF_HOST_LISTENER_H
#define PINHOLE_BPF_HOST_LISTENER_H

#include "host_hole.h"
#include "host_session.h"

/* ---- whose it is ---- */

struct host_listening {
	struct host_family who;
	struct host_vote vote;
	struct host_listener_ref ref;
	struct flow_key session; /* the one, if one is certain */
};

/* What a session is to the process that listens. Return: enum host_relation. */
static __always_inline __u32 host_relation_of(const struct host_listening *listening,
					      const struct host_session *hs)
{
	__u32 relation = host_relate(hs, &listening->who);

	return relation && host_sock_lives(hs) ? relation : HOST_UNRELATED;
}

static long host_ask_session(void *map, const struct flow_key *key,
			     struct host_session *hs, struct host_listening *listening)
{
	__u32 relation;

	(void)map;
	if (hs->unheard && host_sock_lives(hs))
		listening->vote.unheard++;
	relation = host_relation_of(listening, hs);
	if (relation && host_vote_add(&listening->vote, relation,
				      host_at_work(hs, host_copied_seq(hs))))
		listening->session = *key;
	return 0;
}

/* The session may be whose listener it is. */
static long host_tell_session(void *map, const struct flow_key *key,
			      struct host_session *hs, struct host_listening *listening)
{
	struct host_maybe *maybe;
	__u32 relation;

	(void)map;
	(void)key;
	if (!hs->conn_id)
		return 0;
	relation = host_relation_of(listening, hs);
	if (!host_vote_maybe(&listening->vote, relation,
			     host_at_work(hs, host_copied_seq(hs))))
		return 0;
	maybe = &hs->maybe[__sync_fetch_and_add(&hs->n_maybe, 1) & (HOST_MAX_MAYBE - 1)];
	maybe->cookie = 0;
	barrier();
	maybe->key = listening->ref.key;
	barrier();
	maybe->cookie = listening->ref.cookie;
	return 0;
}

/* ---- it listens ---- */

/* Remember the listener, and ask to be told when it closes. */
static __always_inline bool host_listener_new(struct bpf_sock_ops *ctx,
					      const struct host_listening *listening,
					      __u64 conn_id)
{
	const struct host_listener_ref *ref = &listening->ref;
	const void *zeros = host_zeros();
	struct host_listener *l;

	l = bpf_map_lookup_elem(&host_listeners, &ref->key);
	if (l && l->cookie == ref->cookie)
		return false; /* known: see host_session_new() */
	if (l)
		host_holes_close(l, 0);
	if (!zeros || bpf_map_update_elem(&host_listeners, &ref->key, zeros, BPF_ANY))
		return false;
	l = bpf_map_lookup_elem(&host_listeners, &ref->key);
	if (!l)
		return false;
	l->listen_ns = bpf_ktime_get_ns();
	l->conn_id = conn_id;
	l->tgid = listening->who.tgid;
	barrier();
	l->cookie = ref->cookie;
	host_watch_state(ctx);
	return true;
}

/* It is certainly that of the session listening->session. One that can be read will say
 * so itself; its hole waits for that. */
static __always_inline void host_listen_certain(struct bpf_sock_ops *ctx,
						const struct host_listening *listening)
{
	const struct flow_key *key = &listening->session;
	struct host_session *hs = bpf_map_lookup_elem(&host_sessions, key);
	struct ftp_session *s = hs ? host_inspected(key, hs) : NULL;

	if (!s || !host_listener_new(ctx, listening, hs->conn_id))
		return;
	hs->bound_ns = bpf_ktime_get_ns();
	if (host_is_opaque(s, hs))
		host_hole_open(key, hs, s, &listening->ref, false);
}

/* A socket begins to listen. */
static __noinline void host_listen(struct bpf_sock_ops *ctx)
{
	struct host_listening listening = {};
	struct host_listener_key *key = &listening.ref.key;
	const void *zeros = host_zeros();

	if (!zeros)
		return;
	/* Kernel 6.1 walks a callback once, and would take for certain that one session
	 * at most was counted if it knew that the count began at zero. */
	__builtin_memcpy(&listening.vote, zeros, sizeof(listening.vote));
	key->port = host_local_port(ctx);
	if (key->port < HOST_PORT_MIN || host_fixup(key->port))
		return;
	host_local_address(ctx, &key->addr);
	listening.ref.cookie = bpf_get_socket_cookie(ctx);
	host_family_now(&listening.who);
	bpf_for_each_map_elem(&host_sessions, host_ask_session, &listening, 0);
	if (!listening.vote.related)
		return; /* no FTP process */
	if (host_vote_certain(&listening.vote)) {
		host_listen_certain(ctx, &listening);
		return;
	}
	event_count(PH_EV_HOST_LISTEN_UNBOUND);
	if (host_listener_new(ctx, &listening, 0))
		bpf_for_each_map_elem(&host_sessions, host_tell_session, &listening, 0);
}

/* ---- it is found again ---- */

/* Whether a socket listens at ref->key; ref->cookie will be its. */
static __always_inline struct host_listener *host_listens(struct host_listener_ref *ref)
{
	struct host_listener *l = bpf_map_lookup_elem(&host_listeners, &ref->key);

	if (l)
		ref->cookie = l->cookie;
	return l;
}

/* Who accepts what is sent to an address of this machine: the socket that is bound to
 * it, or else to all of its family, or to all. */
static __always_inline struct host_listener *
host_listener_at(struct host_listener_ref *ref, const struct ph_addr *address, __u16 port)
{
	struct host_listener *l;

	ref->key.addr = *address;
	ref->key.port = port;
	ref->key.pad[0] = 0;
	ref->key.pad[1] = 0;
	l = host_listens(ref);
	if (l)
		return l;
	if (pkt_addr_is_v4(address)) {
		pkt_addr_v4(&ref->key.addr, 0);
		l = host_listens(ref);
		if (l)
			return l;
	}
	__builtin_memset(&ref->key.addr, 0, sizeof(ref->key.addr));
	return host_listens(ref);
}

/*
 * A connection was accepted that is no control connection. If its listener might have
 * been one of several sessions', now it is the one's whose hole has let it in.
 */
static __always_inline void host_data_accepted(struct bpf_sock_ops *ctx)
{
	struct host_listener_ref ref;
	const struct conn *conn;
	struct host_listener *l;
	struct flow_key key;
	struct ph_addr local;

	host_local_address(ctx, &local);
	l = host_listener_at(&ref, &local, host_local_port(ctx));
	if (!l || l->conn_id)
		return;
	host_key(ctx, &key);
	conn = host_conn(&key);
	l->conn_id = conn && (conn->flags & CONN_F_CHILD) ? conn->parent_id : HOST_NOBODY;
	host_holes_close(l, l->conn_id);
}

/* A listener closes: so do its holes. */
static __always_inline void host_listener_closed(struct bpf_sock_ops *ctx)
{
	struct host_listener_ref ref = {};
	struct host_listener *l;

	ref.key.port = host_local_port(ctx);
	host_local_address(ctx, &ref.key.addr);
	ref.cookie = bpf_get_socket_cookie(ctx);
	l = host_listener_get(&ref);
	if (!l)
		return;
	l->cookie = 0; /* who opens a hole for it right now will see that */
	host_holes_close(l, 0);
	bpf_map_delete_elem(&host_listeners, &ref.key);
}

#endif /* PINHOLE_BPF_HOST_LISTENER_H */
