/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tls_record.h - follows the records of one direction of TLS.
 *
 * Why it exists: a control connection under TLS cannot be read, but its records
 * can be counted: where one ends, the next begins, or, after CCC (RFC 4217,
 * section 12), clear text. And its beginning proves that it is TLS at all.
 *
 * The bytes of a stream are given in order, each once, however it was cut:
 *
 *	while (there are bytes) {
 *		if (tls_at_boundary(r) && !tls_is_content_type(next byte))
 *			stop: clear text again, or not TLS
 *		n = tls_skippable(r), at most what there is;
 *		if (n)
 *			tls_skip(r, n);
 *		else
 *			tls_feed(r, next byte, server, name);
 *		if (r->seen & TLS_SEEN_BROKEN)
 *			stop: not TLS
 *	}
 *
 * So a record costs six steps and a hello some two per part of it, whatever its
 * length. To skip less than may be skipped, or nothing, changes no result.
 *
 * What is not proven: that anybody encrypts anything. TLS_SEEN_DATA of both ends
 * says that each has sent records of application data behind a hello: in TLS 1.2
 * such come after the handshake; in TLS 1.3 the server's handshake looks the same
 * from its second message on, and the client's Finished does. A client may forge
 * them until its server refuses the handshake and closes. Who can do that could
 * as well complete the handshake: what comes before the login is open to all.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * RFC 8446 5.1 and RFC 5246 6.2 (the record layer).
 */
#ifndef PINHOLE_BPF_TLS_RECORD_H
#define PINHOLE_BPF_TLS_RECORD_H

#include "tls_hello.h"

#define TLS_CHANGE_CIPHER_SPEC 20
#define TLS_ALERT	       21
#define TLS_HANDSHAKE	       22
#define TLS_APPLICATION_DATA   23

#define TLS_RECORD_HEADER_BYTES 5
#define TLS_PLAIN_MAX		(1u << 14)	       /* body of a clear record */
#define TLS_CIPHER_MAX		(TLS_PLAIN_MAX + 2048) /* RFC 5246, 6.2.3 */
#define TLS_CLEAR_ALERT_BYTES	2

/* Whether a record may begin with this byte. Heartbeats (RFC 6520) may not: only
 * who negotiates them sends them, and no server of FTP is known to. */
static __always_inline bool tls_is_content_type(__u8 c)
{
	return c >= TLS_CHANGE_CIPHER_SPEC && c <= TLS_APPLICATION_DATA;
}

/* Whether no record is under way: the next byte begins one, or is clear text. */
static __always_inline bool tls_at_boundary(const struct tls_reader *r)
{
	return !r->header_len && !(r->seen & TLS_SEEN_BROKEN);
}

/* Whether the record in hand holds bytes of the hello still to be read. */
static __always_inline bool tls_in_hello(const struct tls_reader *r)
{
	return r->type == TLS_HANDSHAKE && r->part != TLS_PART_END;
}

/*
 * What may come when. Until its hello was read whole a client sends nothing else,
 * and a server nothing but, before it, an alert: a warning (RFC 6066, 3), or its
 * refusal. A message in several records is not interrupted (RFC 8446, 5.1).
 */
static __always_inline bool tls_type_in_order(const struct tls_reader *r, __u8 type,
					      bool server)
{
	if (r->part == TLS_PART_END)
		return tls_is_content_type(type);
	if (type == TLS_ALERT)
		return server && r->part == TLS_PART_NONE;
	return type == TLS_HANDSHAKE;
}

static __always_inline bool tls_length_fits(const struct tls_reader *r)
{
	__u32 len = r->body_left;

	if (!len) /* the others must not be empty: RFC 5246, 6.2.1 */
		return r->type == TLS_APPLICATION_DATA;
	if (r->part == TLS_PART_END)
		return len <= TLS_CIPHER_MAX;
	if (r->type == TLS_ALERT)
		return len == TLS_CLEAR_ALERT_BYTES;
	return len <= TLS_PLAIN_MAX;
}

static __always_inline void tls_record_end(struct tls_reader *r)
{
	r->header_len = 0;
	r->records++;
}

/* The header is complete. */
static __always_inline void tls_record_begin(struct tls_reader *r)
{
	if (!tls_length_fits(r)) {
		r->seen |= TLS_SEEN_BROKEN;
		return;
	}
	if (r->type == TLS_APPLICATION_DATA)
		r->seen |= TLS_SEEN_DATA;
	if (!r->body_left) {
		tls_record_end(r);
	} else if (tls_in_hello(r) && r->part == TLS_PART_NONE) {
		r->part = TLS_PART_HEADER;
		r->part_left = 4;
		r->number = 0;
	}
}

static __always_inline void tls_header_feed(struct tls_reader *r, __u8 c, bool server)
{
	bool fits = true;

	switch (r->header_len++) {
	case 0:
		fits = tls_type_in_order(r, c, server);
		r->type = c;
		r->body_left = 0;
		break;
	case 1:
		fits = c == TLS_VERSION_MAJOR;
		break;
	case 2:
		fits = c <= TLS_VERSION_MINOR_MAX;
		break;
	case 3:
		r->body_left = (__u32)c << 8;
		break;
	default:
		r->body_left |= c;
		tls_record_begin(r);
		break;
	}
	if (!fits)
		r->seen |= TLS_SEEN_BROKEN;
}

/*
 * Read one byte. Once TLS_SEEN_BROKEN is set, nothing is read any more.
 * @server: who sends it
 * @name:   where the server name of a ClientHello goes, NUL-terminated whenever
 *          anything was written; the client's is read only
 */
static __always_inline void tls_feed(struct tls_reader *r, __u8 c, bool server,
				     char name[FTP_SERVER_NAME_BYTES])
{
	if (r->seen & TLS_SEEN_BROKEN)
		return;
	if (r->header_len < TLS_RECORD_HEADER_BYTES) {
		tls_header_feed(r, c, server);
		return;
	}
	r->body_left--;
	if (tls_in_hello(r)) {
		tls_hello_feed(r, c, server, name);
		/* A client waits for an answer: its hello ends with its record.
		 * A server may have put more messages into it. */
		if (r->part == TLS_PART_END && r->body_left && !server)
			r->seen |= TLS_SEEN_BROKEN;
	}
	if (!r->body_left)
		tls_record_end(r);
}

/*
 * How many of the next bytes need not be looked at.
 * Return: 0..TLS_CIPHER_MAX
 */
static __always_inline __u32 tls_skippable(const struct tls_reader *r)
{
	__u32 n = r->body_left, run;

	if (r->seen & TLS_SEEN_BROKEN || r->header_len < TLS_RECORD_HEADER_BYTES)
		return 0;
	if (!tls_in_hello(r))
		return n;
	run = tls_hello_skippable(r);
	return run < n ? run : n;
}

/* Pass over n bytes, at most tls_skippable(). */
static __always_inline void tls_skip(struct tls_reader *r, __u32 n)
{
	if (!n)
		return;
	if (tls_in_hello(r))
		tls_hello_skip(r, n);
	r->body_left -= n;
	if (!r->body_left)
		tls_record_end(r);
}

#endif /* PINHOLE_BPF_TLS_RECORD_H */
