/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_bind.h - whose is a socket that begins to listen?
 *
 * Why it exists: an FTP server of this machine opens a listening socket for PASV, and
 * a client for PORT, before it says so to its peer. Where the control connection is
 * under TLS nobody else can read which port that is, but the kernel knows the port and
 * the process. What it does not know is for which control connection the process did
 * it. The rules by which that is decided are all here, and pure.
 *
 * Who may include it: everybody. Compiles for BPF and natively.
 *
 * 1. Who speaks for a session: the process that last wrote to its socket (the writer).
 *    A process that only holds the socket, as a daemon's parent may, does not count.
 *
 * 2. Whose a listening process is, the strongest first:
 *    - the writer itself, born before it wrote;
 *    - the writer's parent, born after the connection was established. vsftpd listens
 *      in a privileged process and writes from its child; both were forked for the one
 *      connection. A process that was born after the connection was established serves
 *      that connection, or a later one, but was not there to serve all the others. The
 *      daemon that forked it, and pid 1, were born before and never qualify, although
 *      they are some writer's parent too;
 *    - a child of the writer, born after the connection was established: a helper;
 *    - a brother of the writer, their parent born after the connection was established.
 *    Sessions that are related more weakly than another one do not count: a process
 *    that itself speaks for a session listens for that one.
 *
 * 3. If that leaves one session, the listener is certainly its: a server that serves
 *    each connection by a process of its own, or one that has one connection.
 *
 * 4. If it leaves several (one process serves many), a server's session is ruled out if
 *    the process has read nothing from it since it last wrote to it. A server listens
 *    because a command tells it to, and answers every command; so a session that was
 *    answered after all that was read of it has no command in work. What lies unread in
 *    the socket was not seen by the server and cannot be what it acts upon. A client
 *    needs no such reason to listen and is never ruled out. If one is left, the listener
 *    is certainly its.
 *
 * 5. Otherwise it may be that of any one left. Of sessions that can be read, the line
 *    with the port decides. Of those that cannot, each gets a hole when it next speaks,
 *    for the reply with the port is what it speaks; but not if it was certainly given
 *    another listener since it last spoke, for that one explains the reply. The first
 *    data connection that the listener accepts closes the other holes.
 *
 * What stays uncertain, and its worst outcome:
 *  - A client that sends a second command before the reply to the first, so that the
 *    server reads both at once, seems to be at rest while the second is in work. If at
 *    that very time one other session of the process is at work, the listener is taken
 *    for that one's: a peer that has a session of its own may dial the port, and the
 *    transfer of the client that did not wait fails.
 *  - A client that sends half a command keeps its session at work for as long as it
 *    likes. All listeners of that process may then be its: it learns of none, but could
 *    reach them by trying ports. The server still refuses a peer of another address, if
 *    it compares them, as most do.
 *  - A server that listens without being told to (a reserve of listeners) does so while
 *    a session is at work, or none; such a listener is bound to the wrong session, or
 *    to all.
 *  - Sessions whose messages are not seen (somebody else's programs have their sockets)
 *    are related to nobody knows whom: while one lives, several are left always.
 *  - A process that serves FTP and listens for something else on a port from 1024 on,
 *    while a session of its cannot be read: the session's peer may reach that port,
 *    until the hole's time is up.
 */
#ifndef PINHOLE_BPF_HOST_BIND_H
#define PINHOLE_BPF_HOST_BIND_H

#include <pinhole/abi_host.h>

#include "ftp_line.h"
#include "pkt_types.h"

#define HOST_PORT_MIN 1024 /* below: services, not data (ASA 406001) */

/* ---- whose a process is ---- */

/* The process that runs. */
struct host_family {
	__u64 born_ns; /* CLOCK_MONOTONIC; of the process, not of its thread */
	__u64 parent_born_ns;
	__u32 tgid;
	__u32 parent_tgid;
};

/* The greater, the stronger. */
enum host_relation {
	HOST_UNRELATED = 0,
	HOST_BROTHER,
	HOST_CHILD,
	HOST_PARENT,
	HOST_WRITER,
};

/* What the process is to the session. */
static __always_inline enum host_relation host_relate(const struct host_session *s,
						      const struct host_family *who)
{
	__u64 wrote_ns = s->spoke_ns ? s->spoke_ns : s->established_ns;
	bool born_for_it = who->born_ns > s->established_ns;

	if (!s->tgid)
		return HOST_UNRELATED;
	/* Born later, it has the number of one that is gone. */
	if (s->tgid == who->tgid)
		return who->born_ns <= wrote_ns ? HOST_WRITER : HOST_UNRELATED;
	if (s->parent_tgid == who->tgid && born_for_it)
		return HOST_PARENT;
	if (s->tgid == who->parent_tgid && born_for_it)
		return HOST_CHILD;
	if (s->parent_tgid && s->parent_tgid == who->parent_tgid &&
	    who->parent_born_ns > s->established_ns)
		return HOST_BROTHER;
	return HOST_UNRELATED;
}

/*
 * Whether the session may be what its process is at work for.
 * @copied_seq: what has been read of its socket by now
 */
static __always_inline bool host_at_work(const struct host_session *s, __u32 copied_seq)
{
	return s->role != HOST_SERVER || copied_seq != s->read_seq;
}

/* ---- who is certain ---- */

/* The sessions asked so far. All zeros: none. */
struct host_vote {
	__u32 strongest; /* enum host_relation */
	__u32 related;	 /* so many are of that strength... */
	__u32 at_work;	 /* ...so many of them at work */
	__u32 unheard;	 /* may be related, or not */
};

/*
 * One more session.
 * @relation: enum host_relation
 * Return: whether it is the one, if host_vote_certain() holds in the end and no later
 * call returns true.
 */
static __always_inline bool host_vote_add(struct host_vote *vote, __u32 relation,
					  bool at_work)
{
	if (!relation || relation < vote->strongest)
		return false;
	if (relation > vote->strongest) {
		vote->strongest = relation;
		vote->related = 0;
		vote->at_work = 0;
	}
	vote->related++;
	vote->at_work += at_work;
	return at_work || !vote->at_work;
}

static __always_inline bool host_vote_certain(const struct host_vote *vote)
{
	if (vote->unheard)
		return false;
	return vote->related == 1 || vote->at_work == 1;
}

/* Whether it may be this session's, where none is certain: if nobody is at work, it
 * may be anybody's. */
static __always_inline bool host_vote_maybe(const struct host_vote *vote, __u32 relation,
					    bool at_work)
{
	return relation && relation == vote->strongest && (at_work || !vote->at_work);
}

/* ---- which address ---- */

/* Bound to whichever address of its family. */
static __always_inline bool host_is_any(const struct ph_addr *addr)
{
	return pkt_addr_is_unset(addr) || (pkt_addr_is_v4(addr) && !addr->word[3]);
}

/*
 * Where the peer of a session will dial to reach a listener. A socket that is bound to
 * :: takes IPv4 too.
 * @bound: as the listener is bound
 * @local: the session's own address
 * Return: false if it cannot: the listener is of another family.
 */
static __always_inline bool host_reach(struct ph_addr *out, const struct ph_addr *bound,
				       const struct ph_addr *local)
{
	if (!pkt_addr_is_unset(bound) && pkt_addr_is_v4(bound) != pkt_addr_is_v4(local))
		return false;
	*out = host_is_any(bound) ? *local : *bound;
	return true;
}

/* ---- what a line means ---- */

enum host_meaning {
	HOST_SAYS_NOTHING = 0,
	HOST_SAYS_PORT,	     /* its port is announced */
	HOST_SAYS_MALFORMED, /* it would be, were it well-formed */
	HOST_SAYS_AUTH,	     /* the client asks for TLS */
	HOST_SAYS_TLS,	     /* the server agrees: TLS is next */
	HOST_SAYS_OPAQUE,    /* what follows cannot be read */
	HOST_SAYS_GOODBYE,   /* the server closes */
	HOST_SAYS_USER,	     /* the argument is the user's name */
};

static __always_inline enum host_meaning host_reply_means(const struct ftp_line *l)
{
	if (l->kind != FTP_REPLY)
		return HOST_SAYS_NOTHING;
	switch (l->head) {
	case 227:
	case 229:
		return ftp_line_announces(l) ? HOST_SAYS_PORT : HOST_SAYS_MALFORMED;
	case 234: /* of AUTH TLS; what it was the answer to is not seen here, and if it
		   * was anything else no ServerHello follows */
		return HOST_SAYS_TLS;
	case 235: /* RFC 2228: security data was exchanged */
	case 334:
	case 335:
		return HOST_SAYS_OPAQUE;
	case 421:
		return HOST_SAYS_GOODBYE;
	default:
		return HOST_SAYS_NOTHING;
	}
}

/*
 * What a complete line, said by this machine, means to its holes.
 * @server: this machine is the server
 */
static __always_inline enum host_meaning host_line_means(const struct ftp_line *l,
							 bool server)
{
	if (server)
		return host_reply_means(l);
	switch (l->kind) {
	case FTP_PORT:
	case FTP_EPRT:
		return ftp_line_announces(l) ? HOST_SAYS_PORT : HOST_SAYS_MALFORMED;
	case FTP_AUTH_TLS:
		return HOST_SAYS_AUTH;
	case FTP_AUTH_GSSAPI:
		return HOST_SAYS_OPAQUE;
	default:
		return l->verb == FTP_VERB_USER ? HOST_SAYS_USER : HOST_SAYS_NOTHING;
	}
}

/* Whether the line names an address: 229 does not. */
static __always_inline bool host_names_address(const struct ftp_line *l, bool server)
{
	return !server || l->head != 229;
}

/* What a hole that does not open for this is counted as. */
static __always_inline enum ph_event host_refusal(enum ftp_finding finding)
{
	switch (finding) {
	case FTP_FOUND_LOW_PORT:
		return PH_EV_HOLE_DENY_PORT;
	case FTP_FOUND_FOREIGN_ADDRESS:
		return PH_EV_HOLE_DENY_ADDRESS;
	case FTP_FOUND_MALFORMED:
		return PH_EV_HOLE_DENY_MALFORMED;
	case FTP_FOUND_NO_REWRITE:
		return PH_EV_HOLE_DENY_REWRITE;
	default:
		return PH_EV_HOLE_DENY_UNSOLICITED;
	}
}

#endif /* PINHOLE_BPF_HOST_BIND_H */
