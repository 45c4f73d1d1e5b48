/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_announce.h - this machine announces a port in a line that can be read.
 *
 * Why it exists: a line alone opens nothing, and a listener alone, where lines can be
 * read, neither. Only both together do: the session's own line names the port, and a
 * socket of the session's process listens there.
 *
 * Who may include it: host_text.h.
 *
 * RFC 959 (PORT, 227), 2428 (EPRT, 229).
 */
#ifndef PINHOLE_BPF_HOST_ANNOUNCE_H
#define PINHOLE_BPF_HOST_ANNOUNCE_H

#include "host_listener.h"
#include "host_rewrite.h"
#include "host_tell.h"

/* The interface that the session's peer is reached by. */
static __always_inline const struct iface_config *
host_session_iface(const struct host_scan *scan)
{
	const struct conn *conn = host_conn(scan->key);

	if (!conn)
		return NULL;
	return host_iface(scan->server ? conn->ifindex[0] : conn->ifindex[1]);
}

/* Whether the session may be whose listener it is. */
static __always_inline bool host_may_be(const struct host_session *hs, __u64 cookie)
{
	for (__u32 i = 0; i < HOST_MAX_MAYBE; i++) {
		if (hs->maybe[i].cookie == cookie)
			return true;
	}
	return false;
}

/*
 * Whether the listener is the session's, or is from now on: the line with its port
 * decides between those whose it may be. A process that writes to the session itself
 * knows what it says, however many listeners it has opened since.
 */
static __always_inline bool host_line_binds(struct host_session *hs,
					    struct host_listener *l)
{
	if (!l->conn_id && (l->tgid == hs->tgid || host_may_be(hs, l->cookie))) {
		l->conn_id = hs->conn_id;
		host_holes_close(l, hs->conn_id);
	}
	return l->conn_id == hs->conn_id;
}

/* Whether the announced address is this machine's: as the session knows it, as it is
 * seen from behind the translation upstream, or as the listener is bound. */
static __always_inline bool host_is_own(const struct host_scan *scan,
					const struct ph_addr *address,
					const struct iface_config *iface,
					const struct host_listener_ref *ref, bool listens)
{
	if (pkt_addr_equal(address, host_local(scan->key, scan->hs)))
		return true;
	if (listens && pkt_addr_equal(address, &ref->key.addr))
		return true;
	if (!iface || pkt_addr_is_unset(&iface->host_public))
		return false;
	return pkt_addr_equal(address, &iface->host_public) ||
	       pkt_addr_equal(address, &iface->host_real);
}

/*
 * Judge the announcement in scan->dir->line, and put the public address into its text
 * where that is another.
 * @ref: result: the listener that the port is of
 * Return: enum ftp_finding: why no hole may open; FTP_FOUND_NOTHING: it may.
 */
static __noinline int host_announce_judge(struct host_scan *scan,
					  struct host_listener_ref *ref)
{
	const struct iface_config *iface = host_session_iface(scan);
	const struct ftp_line *l = &scan->dir->line;
	bool named = host_names_address(l, scan->server);
	struct host_listener *listener = NULL;

	if (!ftp_line_announces(l))
		return FTP_FOUND_MALFORMED;
	if (l->port < HOST_PORT_MIN)
		return FTP_FOUND_LOW_PORT;
	if (named) { /* it may be bound to another address than the session is */
		ref->key.addr = l->address;
		ref->key.port = l->port;
		listener = host_listens(ref);
		if (!host_is_own(scan, &l->address, iface, ref, listener))
			return FTP_FOUND_FOREIGN_ADDRESS;
	}
	if (!listener)
		listener =
			host_listener_at(ref, host_local(scan->key, scan->hs), l->port);
	if (!listener || !host_line_binds(scan->hs, listener))
		return FTP_FOUND_UNSOLICITED;
	if (named && iface && !pkt_addr_is_unset(&iface->host_public) &&
	    pkt_addr_equal(&l->address, &iface->host_real) &&
	    !host_rewrite(scan, &iface->host_public))
		return FTP_FOUND_NO_REWRITE;
	return FTP_FOUND_NOTHING;
}

/* The line in hand announces a port of this machine's. */
static __always_inline void host_announce(struct host_scan *scan)
{
	struct host_listener_ref ref = {};
	int finding = host_announce_judge(scan, &ref);

	if (finding == FTP_FOUND_NOTHING)
		host_hole_open(scan->key, scan->hs, scan->s, &ref, false);
	else
		host_refuse(scan, finding);
}

#endif /* PINHOLE_BPF_HOST_ANNOUNCE_H */
