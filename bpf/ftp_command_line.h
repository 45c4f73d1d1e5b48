/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_command_line.h - what a complete line of the client's brings about.
 *
 * Who may include it: ftp_read.h.
 *
 * RFC 959 (5.3.1), 2428 4 (EPSV ALL), 2228 and 4217 (AUTH).
 */
#ifndef PINHOLE_BPF_FTP_COMMAND_LINE_H
#define PINHOLE_BPF_FTP_COMMAND_LINE_H

#include "ftp_hole.h"
#include "ftp_policy.h"
#include "ftp_strict.h"

/* Set and clear flags of the session, and in this packet's copy. */
static __always_inline void ftp_flag(const struct ftp_scan *scan, __u32 set, __u32 clear)
{
	struct ftp_session *s = scan->s;
	__u64 conn_id = scan->conn->id;

	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id)
		s->flags = (s->flags & ~clear) | set;
	bpf_spin_unlock(&s->lock);
	scan->a->session_flags = (scan->a->session_flags & ~clear) | set;
}

/*
 * Copy the argument of the line in hand, without its CR LF, and end it by NUL.
 * Global, for its loop; @user: to the session's user name, else to its path.
 */
FTP_GLOBAL int ftp_keep_argument(bool user)
{
	__u32 index = 0, len, at;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);
	struct work *w = bpf_map_lookup_elem(&work_area, &index);
	struct ftp_direction *dir;
	struct ftp_session *s;

	if (!a || !w)
		return 0;
	s = bpf_map_lookup_elem(&ftp_sessions, &w->key);
	if (!s)
		return 0;
	dir = ftp_direction(s, a->dir);
	at = a->line.start_seq + a->line.arg_at;
	len = a->line.arg_at && a->line.length > a->line.arg_at + 2
		      ? a->line.length - a->line.arg_at - 2
		      : 0;
	if (len > (user ? sizeof(s->user) : sizeof(s->path)) - 1)
		len = (user ? sizeof(s->user) : sizeof(s->path)) - 1;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < sizeof(s->path); i++) {
		__u8 c = dir->history[(at + i) & (FTP_HISTORY_BYTES - 1)];

		if (i >= len)
			c = 0;
		if (user)
			s->user[i & (sizeof(s->user) - 1)] = (char)c;
		else
			s->path[i] = (char)c;
		if (!c)
			break;
	}
	return 0;
}

/* What the line is to the rules, and what was found in it. */
static __always_inline void ftp_command_rules(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	__u32 on = FTP_ON_COMMAND, found;

	if (!a->fixup.n_rules)
		return;
	found = ftp_automata_found(a);
	if (a->line.verb == FTP_VERB_USER) {
		scan->s->user_atoms = found;
		on |= FTP_ON_USER;
	} else if (ftp_verb_has_path(a->line.verb)) {
		on |= FTP_ON_FILE;
	}
	ftp_ask_rules(scan, on, found | scan->s->user_atoms | scan->s->server_atoms);
}

/* PORT or EPRT. */
static __always_inline void ftp_command_announce(const struct ftp_scan *scan)
{
	__u32 flags = scan->a->session_flags;

	if (flags & FTP_S_NOT_FTP)
		ftp_refuse(scan, PH_EV_HOLE_DENY_OTHER, FTP_FOUND_NOT_FTP);
	else if (flags & FTP_S_EPSV_ALL)
		ftp_refuse(scan, PH_EV_HOLE_DENY_OTHER, FTP_FOUND_EPSV_ALL);
	else
		ftp_announce(scan);
}

/*
 * AUTH TLS. Strict inspection keeps back what the client sends behind it until
 * the server has answered: what is read in clear before the handshake must not
 * count after it (RFC 4217, 15.1). The sender repeats what was cut off.
 */
static __always_inline void ftp_command_auth(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	if (a->fixup.flags & FIXUP_F_TLS_DENY) {
		ftp_end(a, FTP_ACTION_RESET, PH_DROP_FTP_TLS);
		ftp_found(scan, FTP_FOUND_TLS_DENIED, FTP_ACTION_RESET);
		return;
	}
	ftp_flag(scan, FTP_S_AUTH, 0);
	if (ftp_is_strict(a))
		ftp_cut(a, a->at);
}

static __always_inline void ftp_command_act(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	switch (a->line.kind) {
	case FTP_PORT:
	case FTP_EPRT:
		ftp_command_announce(scan);
		break;
	case FTP_PASV:
		if (a->line.faults)
			a->command.kind = FTP_COMMAND;
		if (a->session_flags & FTP_S_EPSV_ALL) {
			a->command.kind = FTP_COMMAND;
			ftp_refuse(scan, PH_EV_HOLE_DENY_OTHER, FTP_FOUND_EPSV_ALL);
		}
		break;
	case FTP_EPSV_ALL:
		ftp_flag(scan, FTP_S_EPSV_ALL, 0);
		break;
	case FTP_AUTH_TLS:
	case FTP_AUTH_GSSAPI:
		ftp_command_auth(scan);
		break;
	case FTP_FOREIGN:
		ftp_flag(scan, FTP_S_NOT_FTP, 0);
		break;
	default:
		break;
	}
	if (a->line.verb == FTP_VERB_USER || a->line.verb == FTP_VERB_REIN)
		ftp_keep_argument(true);
	else if (ftp_verb_has_path(a->line.verb))
		ftp_keep_argument(false);
}

/* The client's line in a->line is complete. */
static __always_inline void ftp_command_line(const struct ftp_scan *scan)
{
	struct ftp_session *s = scan->s;
	struct ftp_area *a = scan->a;
	struct ftp_command command;
	__u64 conn_id = scan->conn->id;

	if (a->line.kind == FTP_NOTHING && !a->line.faults)
		return;
	if (ftp_is_strict(a)) {
		/* What follows AUTH is kept back instead: ftp_command_auth(). */
		bool more = a->at < a->len && a->line.verb != FTP_VERB_AUTH;
		enum ftp_finding finding = ftp_strict_command(&a->line, s, more);

		if (finding != FTP_FOUND_NOTHING) {
			ftp_object(scan, finding);
			return;
		}
	}
	if (a->line.kind == FTP_NOTHING)
		return;
	a->command = (struct ftp_command){.kind = a->line.kind, .verb = a->line.verb};
	ftp_command_rules(scan);
	if (!a->end)
		ftp_command_act(scan);
	if (a->end)
		return;
	command = a->command;
	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id)
		ftp_queue_push(s, command);
	bpf_spin_unlock(&s->lock);
}

/* The command's word is known: may it pass in clear? Asked before the rest of
 * the line comes, so that no part of a password passes. */
static __always_inline void ftp_command_word(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	__u8 verb = a->line.verb;

	if (!(a->fixup.flags & FIXUP_F_TLS_REQUIRE) || a->end ||
	    (verb != FTP_VERB_USER && verb != FTP_VERB_PASS && verb != FTP_VERB_ACCT))
		return;
	ftp_end(a, FTP_ACTION_RESET, PH_DROP_FTP_TLS);
	ftp_found(scan, FTP_FOUND_TLS_REQUIRED, FTP_ACTION_RESET);
}

#endif /* PINHOLE_BPF_FTP_COMMAND_LINE_H */
