/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_tell.h - what is found in what this machine says: counted, noted in the session,
 * and told to user space.
 *
 * Who may include it: host.bpf.c and its parts.
 *
 * Only lines that announce a port are told of, so no password can be among them.
 */
#ifndef PINHOLE_BPF_HOST_TELL_H
#define PINHOLE_BPF_HOST_TELL_H

#include "host_session.h"

/*
 * ftp_direction.flags: the line in hand is an announcement, and reading waits until it is
 * judged. In the session and not in host_scan, because kernel 6.1 walks the step of a
 * loop once, and would leave out what depends on a step before.
 */
#define HOST_DIR_ANNOUNCES (1u << 31)

/* What is read of a message, and what of it is in hand. */
struct host_scan {
	struct sk_msg_md *msg;
	struct host_session *hs;
	struct ftp_session *s;
	struct ftp_direction *dir;  /* of s, that this machine sends */
	const struct flow_key *key; /* of the session */
	__u32 start;		    /* number of the message's first byte */
	bool server;		    /* this machine is the server */
	bool spoilt;		    /* the message must not be sent: host_rewrite.h */
};

struct host_history {
	__u8 byte[FTP_HISTORY_BYTES];
};

struct host_told {
	__u8 byte[FTP_RECORD_TEXT_BYTES];
};

/* Copy out of the history what the record has room for. Global, for its loop.
 * Return: how many bytes. */
FTP_GLOBAL __u32 host_copy_told(struct host_told *to, const struct host_history *from,
				__u32 at, __u32 len)
{
	__u32 n = 0;

	if (!to || !from)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FTP_RECORD_TEXT_BYTES; i++) {
		if (i >= len)
			break;
		to->byte[i] = from->byte[(at + i) & (FTP_HISTORY_BYTES - 1)];
		n = i + 1;
	}
	return n;
}

struct host_name {
	char byte[FTP_SERVER_NAME_BYTES]; /* NUL-terminated */
};

/* The name that the client asked TLS for. All of it is copied: a loop with one way
 * through, which kernel 6.1 takes. Return: how long it is. */
FTP_GLOBAL __u32 host_copy_name(struct host_told *to, const struct host_name *from)
{
	__u32 n = 0, within = 1;

	if (!to || !from)
		return 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < FTP_SERVER_NAME_BYTES; i++) {
		__u8 c = from->byte[i];

		to->byte[i] = c;
		within &= (c | -c) >> 7 & 1; /* no branch */
		n += within;
	}
	return n;
}

/* @kind: PH_RECORD_FTP or PH_RECORD_FTP_TLS; @finding: enum ftp_finding */
static __noinline int host_tell(const struct host_scan *scan, __u32 kind, __u32 finding)
{
	const struct conn *conn = host_conn(scan->key);
	const struct ftp_line *l = &scan->dir->line;
	struct ftp_record *record;

	if (!conn)
		return 0;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		event_count(PH_EV_RECORD_LOST);
		return 0;
	}
	__builtin_memset(record, 0, offsetof(struct ftp_record, text));
	record->time_ns = bpf_ktime_get_ns();
	record->kind = kind;
	record->finding = finding;
	record->key = *scan->key;
	record->conn_id = conn->id;
	record->mapped[0] = scan->s->mapped[0];
	record->mapped[1] = scan->s->mapped[1];
	record->ifindex[0] = conn->ifindex[0];
	record->ifindex[1] = conn->ifindex[1];
	record->conn_flags = conn->flags;
	record->server = scan->server;
	__builtin_memcpy(record->user, scan->s->user, sizeof(record->user));
	if (kind == PH_RECORD_FTP_TLS) {
		record->text_len =
			host_copy_name((struct host_told *)record->text,
				       (const struct host_name *)scan->s->server_name);
	} else {
		record->verb = l->verb;
		record->port = l->port;
		record->address = l->address;
		record->text_len =
			host_copy_told((struct host_told *)record->text,
				       (const struct host_history *)scan->dir->history,
				       l->start_seq, l->length);
	}
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* No hole opens for the line in hand. */
static __always_inline void host_refuse(const struct host_scan *scan,
					enum ftp_finding finding)
{
	__u16 *found = &scan->s->found[finding & 31];

	event_count(host_refusal(finding));
	finding_count(finding);
	if (*found != 0xffff)
		*found += 1;
	host_tell(scan, PH_RECORD_FTP, finding);
}

#endif /* PINHOLE_BPF_HOST_TELL_H */
