/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_queue.h - which command a reply answers.
 *
 * Why it exists: 227 means something only while a PASV waits for it, and a
 * refusal closes only the hole of the command it refuses. Replies come in the
 * order of the commands (RFC 959, 5.4), but a server may skip or repeat one,
 * so the queue heals itself: a reply that only one command can have (215, 227,
 * 229, 234, 334) discards what stands before that command, but for a transfer
 * under way that STAT asks about.
 *
 * Worst outcome of a server out of step: a hole is closed early, or stays until
 * the session or its five minutes end. None is opened by it.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 */
#ifndef PINHOLE_BPF_FTP_QUEUE_H
#define PINHOLE_BPF_FTP_QUEUE_H

#include "ftp_line.h"

/* Remember a command; beyond FTP_MAX_COMMANDS the oldest is forgotten. */
static __always_inline void ftp_queue_push(struct ftp_session *s,
					   struct ftp_command command)
{
	if (s->command_count >= FTP_MAX_COMMANDS) {
		s->command_head++;
		s->command_count = FTP_MAX_COMMANDS - 1;
	}
	s->command[(s->command_head + s->command_count) & (FTP_MAX_COMMANDS - 1)] =
		command;
	s->command_count++;
}

/* Commands whose final reply comes when the data connection is done. */
static __always_inline bool ftp_verb_transfers(__u8 verb)
{
	switch (verb) {
	case FTP_VERB_RETR:
	case FTP_VERB_STOR:
	case FTP_VERB_STOU:
	case FTP_VERB_APPE:
	case FTP_VERB_LIST:
	case FTP_VERB_NLST:
	case FTP_VERB_MLSD:
		return true;
	default:
		return false;
	}
}

static __always_inline bool ftp_reply_suits(__u32 code, struct ftp_command command)
{
	__u8 kind = command.kind;

	switch (code) {
	case 211: /* system, directory and file status: of no transfer */
	case 212:
	case 213:
		return !ftp_verb_transfers(command.verb);
	case 215:
		return command.verb == FTP_VERB_SYST;
	case 227:
		return kind == FTP_PASV;
	case 229:
		return kind == FTP_EPSV;
	case 234:
		return kind == FTP_AUTH_TLS || kind == FTP_AUTH_GSSAPI;
	case 334:
		return kind == FTP_AUTH_GSSAPI;
	default:
		return true;
	}
}

/*
 * Whether the client, before it sends this command, should have waited for the
 * reply to an earlier one (RFC 959, 5.4). ABOR, STAT and QUIT may be sent during
 * a transfer (4.1.3). A preliminary reply answers nothing: the queue does not
 * see it.
 */
static __always_inline bool ftp_queue_must_wait(const struct ftp_session *s, __u8 verb)
{
	if (!s->command_count)
		return false;
	if (verb != FTP_VERB_ABOR && verb != FTP_VERB_STAT && verb != FTP_VERB_QUIT)
		return true;
	return !ftp_verb_transfers(
		s->command[s->command_head & (FTP_MAX_COMMANDS - 1)].verb);
}

/*
 * Take out the command that the final reply `code` (200..) answers, and what
 * stood before it; but if that is a transfer, of which STAT asked the state, it
 * goes on.
 * Return: the command; kind FTP_NOTHING if nobody asked.
 */
static __always_inline struct ftp_command ftp_queue_answer(struct ftp_session *s,
							   __u32 code)
{
	struct ftp_command none = {}, found,
			   first = s->command[s->command_head & (FTP_MAX_COMMANDS - 1)];

	for (__u32 i = 0; i < FTP_MAX_COMMANDS; i++) {
		if (i >= s->command_count)
			break;
		found = s->command[(s->command_head + i) & (FTP_MAX_COMMANDS - 1)];
		if (!ftp_reply_suits(code, found))
			continue;
		if (i == 1 && found.verb == FTP_VERB_STAT &&
		    ftp_verb_transfers(first.verb)) {
			s->command[(s->command_head + 1) & (FTP_MAX_COMMANDS - 1)] =
				first;
			s->command_head += 1;
			s->command_count -= 1;
			return found;
		}
		s->command_head += i + 1;
		s->command_count -= i + 1;
		return found;
	}
	return none;
}

/* Whether the hole with this number is still in its slot of the ring. */
static __always_inline bool ftp_hole_listed(const struct ftp_session *s, __u16 opening)
{
	__u16 age = s->holes_opened - opening;

	return age >= 1 && age <= FTP_MAX_HOLES;
}

#endif /* PINHOLE_BPF_FTP_QUEUE_H */
