/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_found.h - what inspection finds is counted, noted in the session, told to
 * user space, and, where it is past bearing, ends the connection.
 *
 * Who may include it: the ftp_ stages that use maps, in tc_ftp.
 *
 * A record holds the line's bytes, but never what follows PASS and the like: a
 * log must not become a list of passwords. Of a command that is not known only
 * the word is told, for it may be a misspelt PASS.
 */
#ifndef PINHOLE_BPF_FTP_FOUND_H
#define PINHOLE_BPF_FTP_FOUND_H

#include "flow.h"
#include "ftp_area.h"

#define FTP_WORD_MAX 4 /* letters told of an unknown command */

/* Whether the line in a->line, the client's, is no command that is known: it may
 * be anything, a password typed alone included. */
static __always_inline bool ftp_is_unknown(const struct ftp_area *a)
{
	const struct ftp_line *l = &a->line;

	return l->verb == FTP_VERB_UNKNOWN ||
	       (l->verb == FTP_VERB_NONE && !a->server && l->kind != FTP_CLIENT_REPLY);
}

/* How much of the line in a->line may be told, from its first byte on. */
static __always_inline __u32 ftp_tellable(const struct ftp_area *a)
{
	const struct ftp_line *l = &a->line;
	__u32 len = l->length < FTP_RECORD_TEXT_BYTES ? l->length : FTP_RECORD_TEXT_BYTES;

	if (ftp_is_unknown(a))
		return len < FTP_WORD_MAX ? len : FTP_WORD_MAX;
	switch (l->verb) {
	case FTP_VERB_PASS:
	case FTP_VERB_ACCT:
	case FTP_VERB_ADAT:
		return len < 4 ? len : 4;
	default:
		return len;
	}
}

static __always_inline bool ftp_is_letter(__u8 c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* The line in hand, out of the history of its direction. */
static __always_inline void ftp_tell_line(struct ftp_record *record,
					  const struct ftp_area *a,
					  const struct ftp_direction *dir)
{
	__u32 len = ftp_tellable(a), n = 0;
	bool unknown = ftp_is_unknown(a);

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FTP_RECORD_TEXT_BYTES; i++) {
		__u8 c = dir->history[(a->line.start_seq + i) & (FTP_HISTORY_BYTES - 1)];

		if (i >= len || (unknown && !ftp_is_letter(c)))
			break;
		record->text[i] = c;
		n = i + 1;
	}
	record->text_len = n;
}

/* A NUL-terminated string of at most size bytes. */
static __always_inline void ftp_tell_string(struct ftp_record *record, const char *from,
					    __u32 size)
{
	__u32 n = 0;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < size; i++) {
		if (!from[i])
			break;
		record->text[i] = from[i];
		n = i + 1;
	}
	record->text_len = n;
}

/*
 * Put a record into the ring. What it speaks of is in the area: the line in
 * hand, if has_line, and the session.
 * @kind:    PH_RECORD_FTP, PH_RECORD_FTP_FILE or PH_RECORD_FTP_TLS
 * @finding: enum ftp_finding or enum ftp_transfer
 * @action:  FTP_ACTION_*
 */
FTP_GLOBAL int ftp_tell(__u32 kind, __u32 finding, __u32 action, bool has_line)
{
	__u32 index = 0;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);
	struct work *w = bpf_map_lookup_elem(&work_area, &index);
	struct ftp_record *record;
	struct ftp_session *s;
	struct conn *conn;

	if (!a || !w)
		return 0;
	s = bpf_map_lookup_elem(&ftp_sessions, &w->key);
	conn = bpf_map_lookup_elem(&conns, &w->key);
	if (!s || !conn)
		return 0;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		event_count(PH_EV_RECORD_LOST);
		return 0;
	}
	ftp_clear(record, offsetof(struct ftp_record, text));
	record->time_ns = bpf_ktime_get_ns();
	record->kind = kind;
	record->finding = finding;
	record->key = w->key;
	record->conn_id = conn->id;
	record->mapped[0] = s->mapped[0];
	record->mapped[1] = s->mapped[1];
	record->ifindex[0] = conn->ifindex[0];
	record->ifindex[1] = conn->ifindex[1];
	record->conn_flags = conn->flags;
	record->action = action;
	record->server = a->server;
	record->rule = a->rule;
	ftp_copy(record->user, s->user, sizeof(record->user));
	if (kind == PH_RECORD_FTP_FILE) {
		ftp_tell_string(record, s->path, sizeof(s->path));
	} else if (kind == PH_RECORD_FTP_TLS) {
		ftp_tell_string(record, s->server_name, sizeof(s->server_name));
	} else if (has_line) {
		record->verb = a->line.verb;
		record->port = a->line.port;
		record->address = a->line.address;
		ftp_tell_line(record, a, ftp_direction(s, a->dir));
	}
	bpf_ringbuf_submit(record, 0);
	return 0;
}

static __always_inline bool ftp_is_strict(const struct ftp_area *a)
{
	return a->fixup.flags & FIXUP_F_STRICT;
}

/* Count and tell it. @action: what comes of it, beside a hole that stays shut */
static __always_inline void ftp_found(const struct ftp_scan *scan,
				      enum ftp_finding finding, __u32 action)
{
	__u16 *found = &scan->s->found[finding & 31];

	finding_count(finding);
	if (*found != 0xffff) /* a race loses a count, no more */
		*found += 1;
	ftp_tell(PH_RECORD_FTP, finding, action, scan->a->mode == FTP_MODE_LINES);
}

/*
 * The connection ends with this packet, which does not go on.
 * @action: FTP_ACTION_RESET or FTP_ACTION_DROP
 * @reason: what the packet's drop is counted as
 */
static __always_inline void ftp_end(struct ftp_area *a, __u32 action,
				    enum ph_reason reason)
{
	a->end = action;
	a->end_reason = reason;
	a->stop = 1;
}

/* What strict inspection does not bear: it ends the connection; without strict
 * it is noted. */
static __always_inline void ftp_object(const struct ftp_scan *scan,
				       enum ftp_finding finding)
{
	struct ftp_area *a = scan->a;

	if (!ftp_is_strict(a)) {
		ftp_found(scan, finding, 0);
		return;
	}
	ftp_end(a, FTP_ACTION_RESET, PH_DROP_FTP_STRICT);
	ftp_found(scan, finding, FTP_ACTION_RESET);
}

/* No hole opens for the line in hand. @event: the counter of holes not opened */
static __always_inline void ftp_refuse(const struct ftp_scan *scan, enum ph_event event,
				       enum ftp_finding finding)
{
	event_count(event);
	ftp_object(scan, finding);
}

#endif /* PINHOLE_BPF_FTP_FOUND_H */
