/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_session.h - the control connections of this machine: from the socket's first
 * moment to its last.
 *
 * Who may include it: host.bpf.c and its parts.
 *
 * A control connection of the policy's has an entry in conns, made by the datapath from
 * its packets: that makes it a session that may open holes. One without (it came through
 * an interface of no policy, or from this machine itself) is remembered all the same: a
 * listener may be for it, and must not be taken for another's.
 *
 * Races. An entry of host_sessions is written by who uses its socket, under the socket's
 * lock; others read it to find out whose a listener is, and enter listeners that may be
 * its (maybe). What they read half-written binds no listener that they could not have
 * bound a moment before or after. Two ends of one connection on this machine share a key:
 * the server's end, which comes last, takes the entry; the cookie tells who may end it.
 */
#ifndef PINHOLE_BPF_HOST_SESSION_H
#define PINHOLE_BPF_HOST_SESSION_H

#include "ftp_hole_list.h"
#include "ftp_line.h"
#include "half_open.h"
#include "host_hole.h"
#include "host_maps.h"
#include "host_policy.h"
#include "host_sock.h"
#include "host_task.h"

/* The direction of the session that this machine sends. */
static __always_inline struct ftp_direction *host_direction(struct ftp_session *s,
							    const struct host_session *hs)
{
	return &s->dir[hs->role == HOST_SERVER ? PH_RESPONDER : PH_INITIATOR];
}

/* Whether what it says cannot be read. */
static __always_inline bool host_is_opaque(struct ftp_session *s,
					   const struct host_session *hs)
{
	return host_direction(s, hs)->mode != FTP_MODE_LINES;
}

/* The session's inspected part, if it has one. */
static __always_inline struct ftp_session *host_inspected(const struct flow_key *key,
							  const struct host_session *hs)
{
	struct ftp_session *s;

	if (!hs->conn_id)
		return NULL;
	s = bpf_map_lookup_elem(&ftp_sessions, key);
	return s && s->conn_id == hs->conn_id ? s : NULL;
}

/* The connection as the datapath knows it; its handshake may not be complete for it. */
static __always_inline const struct conn *host_conn(const struct flow_key *key)
{
	const struct conn *conn = bpf_map_lookup_elem(&conns, key);

	return conn ? conn : half_conn(half_find(key));
}

/* ---- it begins ---- */

/* Ask to be told when the socket changes its state; others may have asked for more. */
static __always_inline void host_watch_state(struct bpf_sock_ops *ctx)
{
	bpf_sock_ops_cb_flags_set(ctx, (int)(HOST_READ(ctx->bpf_sock_ops_cb_flags) |
					     BPF_SOCK_OPS_STATE_CB_FLAG));
}

/* The entry of this very socket. */
static __always_inline struct host_session *host_session_get(struct bpf_sock_ops *ctx,
							     const struct flow_key *key)
{
	struct host_session *hs = bpf_map_lookup_elem(&host_sessions, key);

	return hs && hs->cookie == bpf_get_socket_cookie(ctx) ? hs : NULL;
}

/* Remember a control socket. It may be known: while the programs are attached to another
 * cgroup, both attachments see the socket. */
static __always_inline struct host_session *host_session_new(struct bpf_sock_ops *ctx,
							     const struct flow_key *key,
							     __u8 role, __u8 local_end)
{
	struct host_session *hs = host_session_get(ctx, key);
	const void *zeros = host_zeros();
	struct bpf_sock *sk = ctx->sk;

	if (hs)
		return hs;
	if (!zeros || !sk || bpf_map_update_elem(&host_sessions, key, zeros, BPF_ANY))
		return NULL;
	hs = bpf_map_lookup_elem(&host_sessions, key);
	if (!hs)
		return NULL;
	hs->sock = (__u64)sk;
	hs->established_ns = bpf_ktime_get_ns();
	hs->role = role;
	hs->local_end = local_end;
	hs->read_seq = host_copied_seq(hs);
	barrier();
	hs->cookie = bpf_get_socket_cookie(ctx);
	host_watch_state(ctx);
	return hs;
}

/* The session of a connection that is over. */
static __always_inline void host_forget_inspected(const struct flow_key *key,
						  __u64 conn_id)
{
	struct ftp_session *s = bpf_map_lookup_elem(&ftp_sessions, key);

	if (!s || s->conn_id != conn_id)
		return;
	ftp_session_end(s, conn_id);
	if (!bpf_map_delete_elem(&ftp_sessions, key))
		event_count(PH_EV_FTP_SESSION_CLOSED);
}

/*
 * Begin the inspected part of a session; another that has the key is over. What is not
 * zero is written into the entry afterwards; conn_id, which makes it valid, at the end.
 */
static __always_inline void host_inspect_begin(const struct flow_key *key,
					       const struct conn *conn,
					       const struct fixup_value *fixup)
{
	struct ftp_session *s = bpf_map_lookup_elem(&ftp_sessions, key);
	const void *zeros = host_zeros();

	if (s)
		host_forget_inspected(key, s->conn_id);
	if (!zeros || bpf_map_update_elem(&ftp_sessions, key, zeros, BPF_NOEXIST))
		return;
	s = bpf_map_lookup_elem(&ftp_sessions, key);
	if (!s)
		return;
	s->opened_ns = bpf_ktime_get_ns();
	s->mapped[0] = conn->mapped[0];
	s->mapped[1] = conn->mapped[1];
	s->flags = FTP_S_HOST;
	if (fixup->kind == FIXUP_FTPS) {
		s->flags |= FTP_S_IMPLICIT | FTP_S_GREETED;
		s->dir[0].mode = FTP_MODE_HELLO;
		s->dir[1].mode = FTP_MODE_HELLO;
	}
	barrier();
	s->conn_id = conn->id;
	event_count(PH_EV_FTP_SESSION_OPENED);
	event_count(PH_EV_HOST_SESSION_OPENED);
}

/*
 * The control socket is established: hear it, and inspect it if it is the policy's. The
 * datapath may end the connection meanwhile; then so does this, for nobody else would.
 */
static __always_inline void host_session_begin(struct bpf_sock_ops *ctx,
					       struct host_session *hs,
					       struct flow_key *key,
					       const struct fixup_value *fixup)
{
	__u32 needed = CONN_F_FTP |
		       (hs->role == HOST_SERVER ? CONN_F_HOST : CONN_F_LOCAL);
	const struct conn *conn = host_conn(key);
	__u64 id;

	if (hs->conn_id)
		return;
	if (bpf_sock_hash_update(ctx, &host_socks, key, BPF_ANY))
		hs->unheard = 1;
	if (!conn || (conn->flags & needed) != needed)
		return;
	id = conn->id;
	host_inspect_begin(key, conn, fixup);
	hs->conn_id = id;
	conn = host_conn(key);
	if (!conn || conn->id != id) {
		hs->conn_id = 0;
		host_forget_inspected(key, id);
	}
}

/* ---- who speaks ---- */

/* The process that runs writes to the session's socket. */
static __always_inline void host_session_speaks(struct host_session *hs)
{
	struct host_family who;

	host_family_now(&who);
	hs->tgid = who.tgid;
	hs->parent_tgid = who.parent_tgid;
	hs->read_seq = host_copied_seq(hs);
	hs->spoke_ns = bpf_ktime_get_ns();
}

/* ---- it ends ---- */

/* One end has said its last: what it announced before opens nothing any more. */
static __always_inline void host_session_closing(const struct flow_key *key,
						 const struct host_session *hs)
{
	struct ftp_session *s = host_inspected(key, hs);

	if (s)
		ftp_session_end(s, hs->conn_id);
}

/* The socket is closed. The inspected part goes with the connection's entry, which the
 * datapath keeps for the last packets; if that is gone already, it goes now. */
static __always_inline void host_session_closed(const struct flow_key *key,
						const struct host_session *hs)
{
	__u64 conn_id = hs->conn_id;
	const struct conn *conn;

	host_session_closing(key, hs);
	bpf_map_delete_elem(&host_sessions, key);
	conn = host_conn(key);
	if (conn_id && (!conn || conn->id != conn_id))
		host_forget_inspected(key, conn_id);
}

#endif /* PINHOLE_BPF_HOST_SESSION_H */
