/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_state.h - what an inspected control connection is doing, in one word.
 *
 * Why it exists: fwctl shows it and fw-exporter counts by it; the words must be
 * the same. Pure.
 *
 * Who may include it: the tools, and tests.
 */
#ifndef TOOLS_FTP_STATE_H
#define TOOLS_FTP_STATE_H

#include <stdbool.h>

#include <pinhole/abi_ftp.h>

/* X(NAME, "word", "what it means"). */
#define FTP_STATES(X)                                                          \
	X(PLAIN, "plain", "in clear")                                          \
	X(AUTH_PENDING, "auth-pending", "AUTH was sent, its reply is awaited") \
	X(TLS_HANDSHAKE, "tls-handshake", "TLS began, nothing was sent in it") \
	X(TLS, "tls", "in TLS, the handshake completed")                       \
	X(TLS_CLEARED, "tls-cleared", "in clear again after TLS (CCC)")        \
	X(OPAQUE, "opaque", "unreadable for good, as with GSSAPI")             \
	X(LOST, "lost", "bytes were missed; announcements open nothing")       \
	X(NOT_FTP, "not-ftp", "the client speaks another protocol")            \
	X(CLOSING, "closing", "it ends, or inspection ended it")

enum ftp_show_state {
#define X(NAME, TEXT, HELP) FTP_STATE_##NAME,
	FTP_STATES(X)
#undef X
		FTP_N_STATES,
};

static inline const char *ftp_state_name(enum ftp_show_state state)
{
	static const char *const names[FTP_N_STATES] = {
#define X(NAME, TEXT, HELP) [FTP_STATE_##NAME] = (TEXT),
		FTP_STATES(X)
#undef X
	};

	return state < FTP_N_STATES ? names[state] : "unknown";
}

/* What weighs most comes first: a session that is lost is so in clear only. */
static inline enum ftp_show_state ftp_state_of(const struct ftp_session *session,
					       const struct conn *conn)
{
	const struct ftp_direction *dir = session->dir;
	bool in_tls = dir[0].mode == FTP_MODE_HELLO || dir[0].mode == FTP_MODE_TLS ||
		      dir[1].mode == FTP_MODE_HELLO || dir[1].mode == FTP_MODE_TLS;

	if ((session->flags & FTP_S_CLOSING) || (conn->flags & CONN_F_KILLED) ||
	    conn->state != CONN_ESTABLISHED)
		return FTP_STATE_CLOSING;
	if (session->flags & FTP_S_NOT_FTP)
		return FTP_STATE_NOT_FTP;
	if ((session->flags & FTP_S_GSSAPI) || dir[0].mode == FTP_MODE_OPAQUE ||
	    dir[1].mode == FTP_MODE_OPAQUE)
		return FTP_STATE_OPAQUE;
	if ((dir[0].flags | dir[1].flags) & FTP_DIR_LOST)
		return FTP_STATE_LOST;
	if (in_tls)
		return session->flags & FTP_S_VERIFIED ? FTP_STATE_TLS
						       : FTP_STATE_TLS_HANDSHAKE;
	if (session->flags & FTP_S_CLEARED)
		return FTP_STATE_TLS_CLEARED;
	return session->flags & FTP_S_AUTH ? FTP_STATE_AUTH_PENDING : FTP_STATE_PLAIN;
}

#endif /* TOOLS_FTP_STATE_H */
