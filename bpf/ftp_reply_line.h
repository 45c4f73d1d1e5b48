/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_reply_line.h - what a complete line of the server's brings about.
 *
 * Who may include it: ftp_read.h.
 *
 * RFC 959 4.2 and 5.4 (replies), 2428 (227, 229), 2228 and 4217 (234, 334).
 */
#ifndef PINHOLE_BPF_FTP_REPLY_LINE_H
#define PINHOLE_BPF_FTP_REPLY_LINE_H

#include "ftp_command_line.h"
#include "ftp_tls.h"

/*
 * The server refused a command. Between finding its hole in the list and taking
 * it out the slot may be given to a newer hole, which is then closed instead:
 * that transfer fails.
 */
static __always_inline void ftp_refused(const struct ftp_scan *scan,
					struct ftp_command command)
{
	struct ftp_session *s = scan->s;

	if (command.kind == FTP_EPSV_ALL)
		ftp_flag(scan, 0, FTP_S_EPSV_ALL);
	if (command.has_hole && ftp_hole_listed(s, command.opening))
		ftp_hole_close_slot(s, command.opening & (FTP_MAX_HOLES - 1),
				    scan->conn->id, PH_EV_HOLE_REFUSED);
}

/* 227 or 229. */
static __always_inline void ftp_reply_announce(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	if (a->command.kind == FTP_NOTHING)
		ftp_refuse(scan, PH_EV_HOLE_DENY_UNSOLICITED, FTP_FOUND_UNSOLICITED);
	else if (a->session_flags & FTP_S_NOT_FTP)
		ftp_refuse(scan, PH_EV_HOLE_DENY_OTHER, FTP_FOUND_NOT_FTP);
	else
		ftp_announce(scan);
}

/* 234 or 334: the command, if there was one, was AUTH. */
static __always_inline void ftp_reply_auth(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	if (a->command.kind == FTP_NOTHING) {
		if (ftp_is_strict(a))
			ftp_object(scan, FTP_FOUND_UNSOLICITED);
		return;
	}
	ftp_flag(scan, 0, FTP_S_AUTH);
	if (a->command.kind == FTP_AUTH_TLS)
		ftp_expect_tls(scan);
	else
		ftp_turn_opaque(scan);
}

/* The greeting (RFC 959, 5.4). */
static __always_inline void ftp_reply_greeting(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	if (!a->fixup.n_rules)
		return;
	scan->s->server_atoms = ftp_automata_found(a);
	ftp_ask_rules(scan, FTP_ON_GREETING, scan->s->server_atoms);
}

/* A transfer is done: tell which file it was. */
static __always_inline void ftp_reply_done(const struct ftp_scan *scan)
{
	__u8 verb = scan->a->command.verb;

	if (ftp_verb_has_path(verb))
		ftp_tell(PH_RECORD_FTP_FILE,
			 verb == FTP_VERB_RETR ? FTP_RETRIEVED : FTP_STORED, 0, false);
}

static __always_inline void ftp_reply_act(const struct ftp_scan *scan, __u32 code)
{
	struct ftp_area *a = scan->a;

	if (a->command.verb == FTP_VERB_SYST && (a->fixup.flags & FIXUP_F_MASK_SYST))
		event_count(PH_EV_FTP_MASKED);
	if (code == 421)
		ftp_session_end(scan->s, scan->conn->id);
	else if (code == 227 || code == 229)
		ftp_reply_announce(scan);
	else if (code == 234 || code == 334)
		ftp_reply_auth(scan);
	else if (code == 226 || code == 250)
		ftp_reply_done(scan);
	else if (code >= 400)
		ftp_refused(scan, a->command);
	if (code >= 400 && (a->session_flags & FTP_S_AUTH) &&
	    (a->command.kind == FTP_AUTH_TLS || a->command.kind == FTP_AUTH_GSSAPI))
		ftp_flag(scan, 0, FTP_S_AUTH);
}

/* The server's line in a->line is complete. */
static __always_inline void ftp_reply_line(const struct ftp_scan *scan)
{
	struct ftp_session *s = scan->s;
	struct ftp_area *a = scan->a;
	struct ftp_command command = {};
	__u64 conn_id = scan->conn->id;
	__u32 code = a->line.head;

	if (ftp_is_strict(a)) {
		enum ftp_finding finding = ftp_strict_reply(&a->line);

		if (finding != FTP_FOUND_NOTHING) {
			ftp_object(scan, finding);
			return;
		}
	}
	if (a->line.kind != FTP_REPLY || code < 200)
		return; /* text, or a preliminary reply: another will follow */
	if (!(a->session_flags & FTP_S_GREETED)) {
		ftp_flag(scan, FTP_S_GREETED, 0);
		if (a->fixup.flags & FIXUP_F_MASK_BANNER)
			event_count(PH_EV_FTP_MASKED);
		if (code == 220) { /* nobody asked for it */
			ftp_reply_greeting(scan);
			return;
		}
	}
	bpf_spin_lock(&s->lock);
	if (s->conn_id == conn_id)
		command = ftp_queue_answer(s, code);
	bpf_spin_unlock(&s->lock);
	a->command = command;
	ftp_reply_act(scan, code);
}

#endif /* PINHOLE_BPF_FTP_REPLY_LINE_H */
