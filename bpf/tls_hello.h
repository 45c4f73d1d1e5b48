/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tls_hello.h - reads the first handshake message of a direction of TLS.
 *
 * Why it exists: the first bytes prove that TLS was begun, and a ClientHello
 * names the server it is meant for. The message is digested byte by byte and
 * never kept, for it may be longer than a segment and span several records.
 *
 * It is read as a chain of parts, each a few bytes that are a number or a run
 * that nobody looks at. No part may reach beyond the message; that is checked
 * where a part begins, so that every length in the message is checked there.
 *
 * Who may include it: tls_record.h. Pure: compiles for BPF and natively.
 *
 * RFC 8446 4.1.2 (ClientHello), 4.1.3 (ServerHello, and HelloRetryRequest, which
 * is one), 4.2 (extensions); RFC 5246 7.4.1; RFC 6066 section 3 (server_name).
 */
#ifndef PINHOLE_BPF_TLS_HELLO_H
#define PINHOLE_BPF_TLS_HELLO_H

#include <stdbool.h>

#include "ftp_session.h"

#define TLS_CLIENT_HELLO 1
#define TLS_SERVER_HELLO 2

#define TLS_VERSION_MAJOR     3
#define TLS_VERSION_MINOR_MAX 4

#define TLS_RANDOM_BYTES      32
#define TLS_SESSION_BYTES_MAX 32

/* What a message holds at least (no session id, no extensions; the client one
 * cipher suite), and at most (every vector as long as its length can say). */
#define TLS_CLIENT_HELLO_MIN (2 + 32 + 1 + (2 + 2) + (1 + 1))
#define TLS_CLIENT_HELLO_MAX (2 + 32 + (1 + 32) + (2 + 65534) + (1 + 255) + (2 + 65535))
#define TLS_SERVER_HELLO_MIN (2 + 32 + 1 + 2 + 1)
#define TLS_SERVER_HELLO_MAX (2 + 32 + (1 + 32) + 2 + 1 + (2 + 65535))

#define TLS_EXTENSION_SERVER_NAME 0
#define TLS_NAME_TYPE_HOST_NAME	  0

enum tls_part {
	TLS_PART_NONE = 0, /* no handshake record was seen yet */
	TLS_PART_HEADER,   /* type, 24 bits of length */
	TLS_PART_VERSION,
	TLS_PART_RANDOM,
	TLS_PART_SESSION_LEN,
	TLS_PART_SESSION,
	TLS_PART_CIPHERS_LEN, /* client only */
	TLS_PART_CIPHERS,
	TLS_PART_METHODS_LEN, /* of compression; client only */
	TLS_PART_METHODS,     /* of the server: its cipher suite, its one method */
	TLS_PART_EXTENSIONS_LEN,
	TLS_PART_EXTENSION, /* type, length */
	TLS_PART_EXTENSION_BODY,
	TLS_PART_NAMES_LEN, /* server_name: length of the list */
	TLS_PART_NAME_HEAD, /* type, length */
	TLS_PART_NAME,
	TLS_PART_OTHER_NAME,
	TLS_PART_END, /* the message was read to its end */
};

/* An index that older verifiers can bound: the compiler must not see that it is
 * in bounds already and leave the mask out. */
static __always_inline __u32 tls_name_index(__u32 at)
{
	_Static_assert(!(FTP_SERVER_NAME_BYTES & (FTP_SERVER_NAME_BYTES - 1)),
		       "the size is a mask");
#ifdef __bpf__
	asm volatile("" : "+r"(at));
#endif
	return at & (FTP_SERVER_NAME_BYTES - 1);
}

/* Whether bytes of the part are not looked at, one by one or together. */
static __always_inline bool tls_part_is_run(__u8 part)
{
	return part == TLS_PART_RANDOM || part == TLS_PART_SESSION ||
	       part == TLS_PART_CIPHERS || part == TLS_PART_METHODS ||
	       part == TLS_PART_EXTENSION_BODY || part == TLS_PART_OTHER_NAME;
}

/* Go on with a part of `len` bytes, at least one. */
static __always_inline void tls_part_begin(struct tls_reader *r, enum tls_part part,
					   __u32 len)
{
	if (len > r->hello_left)
		r->seen |= TLS_SEEN_BROKEN;
	r->part = part;
	r->part_left = len;
	r->number = 0;
}

/* The next extension, or the end of the message, which ends with them. */
static __always_inline void tls_extension_begin(struct tls_reader *r)
{
	if (r->hello_left)
		tls_part_begin(r, TLS_PART_EXTENSION, 4);
	else
		r->part = TLS_PART_END;
}

static __always_inline void tls_name_begin(struct tls_reader *r)
{
	if (!r->list_left)
		tls_extension_begin(r);
	else if (r->list_left < 3)
		r->seen |= TLS_SEEN_BROKEN;
	else
		tls_part_begin(r, TLS_PART_NAME_HEAD, 3);
}

static __always_inline void tls_header_end(struct tls_reader *r, bool server)
{
	__u32 len = r->number & 0xffffff;
	__u32 min = server ? TLS_SERVER_HELLO_MIN : TLS_CLIENT_HELLO_MIN;
	__u32 max = server ? TLS_SERVER_HELLO_MAX : TLS_CLIENT_HELLO_MAX;

	if (r->number >> 24 != (server ? TLS_SERVER_HELLO : TLS_CLIENT_HELLO) ||
	    len < min || len > max) {
		r->seen |= TLS_SEEN_BROKEN;
		return;
	}
	r->hello_left = len;
	tls_part_begin(r, TLS_PART_VERSION, 2);
}

static __always_inline void tls_version_end(struct tls_reader *r)
{
	if (r->number >> 8 != TLS_VERSION_MAJOR ||
	    (r->number & 0xff) > TLS_VERSION_MINOR_MAX)
		r->seen |= TLS_SEEN_BROKEN;
	tls_part_begin(r, TLS_PART_RANDOM, TLS_RANDOM_BYTES);
}

static __always_inline void tls_session_end(struct tls_reader *r, bool server)
{
	if (server) /* its choice: two bytes of cipher suite, one of compression */
		tls_part_begin(r, TLS_PART_METHODS, 2 + 1);
	else
		tls_part_begin(r, TLS_PART_CIPHERS_LEN, 2);
}

static __always_inline void tls_ciphers_len_end(struct tls_reader *r)
{
	if (r->number < 2 || r->number & 1)
		r->seen |= TLS_SEEN_BROKEN;
	tls_part_begin(r, TLS_PART_CIPHERS, r->number);
}

static __always_inline void tls_methods_len_end(struct tls_reader *r)
{
	if (!r->number)
		r->seen |= TLS_SEEN_BROKEN;
	tls_part_begin(r, TLS_PART_METHODS, r->number);
}

/* Before TLS 1.3 a hello without extensions may end here (RFC 5246, 7.4.1.2). */
static __always_inline void tls_methods_end(struct tls_reader *r)
{
	if (r->hello_left) {
		tls_part_begin(r, TLS_PART_EXTENSIONS_LEN, 2);
		return;
	}
	r->seen |= TLS_SEEN_HELLO;
	r->part = TLS_PART_END;
}

/*
 * Here a hello is believed, before its extensions have come: type, version and
 * every length from the record's to the extensions' agree with one another and
 * with the end of the message, which no text and no other protocol's first bytes
 * do. What may follow is the extensions' own lengths; if they contradict,
 * TLS_SEEN_BROKEN is set all the same and overrules. Waiting for them would only
 * delay the reader, for a peer that wants to deceive can send a whole hello.
 */
static __always_inline void tls_extensions_len_end(struct tls_reader *r)
{
	if (r->number != r->hello_left) {
		r->seen |= TLS_SEEN_BROKEN;
		return;
	}
	r->seen |= TLS_SEEN_HELLO;
	tls_extension_begin(r);
}

static __always_inline void tls_extension_end(struct tls_reader *r, bool server)
{
	__u32 len = r->number & 0xffff;

	if (!server && r->number >> 16 == TLS_EXTENSION_SERVER_NAME) {
		if (len < 2 || len > r->hello_left)
			r->seen |= TLS_SEEN_BROKEN;
		r->list_left = len - 2;
		tls_part_begin(r, TLS_PART_NAMES_LEN, 2);
	} else if (len) {
		tls_part_begin(r, TLS_PART_EXTENSION_BODY, len);
	} else {
		tls_extension_begin(r);
	}
}

/* An empty list is no list (RFC 6066, 3). */
static __always_inline void tls_names_len_end(struct tls_reader *r)
{
	if (!r->number || r->number != r->list_left)
		r->seen |= TLS_SEEN_BROKEN;
	else
		tls_name_begin(r);
}

static __always_inline void tls_name_head_end(struct tls_reader *r)
{
	bool host = r->number >> 16 == TLS_NAME_TYPE_HOST_NAME;
	__u32 len = r->number & 0xffff;

	r->list_left -= 3;
	if (len > r->list_left || (host && !len)) {
		r->seen |= TLS_SEEN_BROKEN;
		return;
	}
	r->list_left -= len;
	if (host && !r->named) {
		r->named = 1;
		r->name_len = 0;
		tls_part_begin(r, TLS_PART_NAME, len);
	} else if (len) {
		tls_part_begin(r, TLS_PART_OTHER_NAME, len);
	} else {
		tls_name_begin(r);
	}
}

/* The name is shown to people: what could be anything but text is not kept. */
static __always_inline void tls_name_byte(struct tls_reader *r, __u8 c,
					  char name[FTP_SERVER_NAME_BYTES])
{
	__u32 at = r->name_len;

	if (at >= FTP_SERVER_NAME_BYTES - 1)
		return;
	name[tls_name_index(at)] = (char)(c > ' ' && c < 0x7f ? c : '?');
	name[tls_name_index(at + 1)] = 0;
	r->name_len = at + 1;
}

/* The last byte of the part in hand was read. */
static __always_inline void tls_part_end(struct tls_reader *r, bool server)
{
	switch (r->part) {
	case TLS_PART_HEADER:
		tls_header_end(r, server);
		break;
	case TLS_PART_VERSION:
		tls_version_end(r);
		break;
	case TLS_PART_RANDOM:
		tls_part_begin(r, TLS_PART_SESSION_LEN, 1);
		break;
	case TLS_PART_SESSION_LEN:
		if (r->number > TLS_SESSION_BYTES_MAX)
			r->seen |= TLS_SEEN_BROKEN;
		else if (r->number)
			tls_part_begin(r, TLS_PART_SESSION, r->number);
		else
			tls_session_end(r, server);
		break;
	case TLS_PART_SESSION:
		tls_session_end(r, server);
		break;
	case TLS_PART_CIPHERS_LEN:
		tls_ciphers_len_end(r);
		break;
	case TLS_PART_CIPHERS:
		tls_part_begin(r, TLS_PART_METHODS_LEN, 1);
		break;
	case TLS_PART_METHODS_LEN:
		tls_methods_len_end(r);
		break;
	case TLS_PART_METHODS:
		tls_methods_end(r);
		break;
	case TLS_PART_EXTENSIONS_LEN:
		tls_extensions_len_end(r);
		break;
	case TLS_PART_EXTENSION:
		tls_extension_end(r, server);
		break;
	case TLS_PART_NAMES_LEN:
		tls_names_len_end(r);
		break;
	case TLS_PART_NAME_HEAD:
		tls_name_head_end(r);
		break;
	case TLS_PART_NAME:
	case TLS_PART_OTHER_NAME:
		tls_name_begin(r);
		break;
	case TLS_PART_EXTENSION_BODY:
		tls_extension_begin(r);
		break;
	default: /* no other part is begun */
		r->seen |= TLS_SEEN_BROKEN;
		break;
	}
}

/* The next byte of the message. */
static __always_inline void tls_hello_feed(struct tls_reader *r, __u8 c, bool server,
					   char name[FTP_SERVER_NAME_BYTES])
{
	if (r->part != TLS_PART_HEADER)
		r->hello_left--;
	r->part_left--;
	if (r->part == TLS_PART_NAME)
		tls_name_byte(r, c, name);
	else if (!tls_part_is_run(r->part)) /* so that skipping changes nothing */
		r->number = r->number << 8 | c;
	if (!r->part_left)
		tls_part_end(r, server);
}

/* Bytes of the message that need not be looked at. Not a part's last one: with
 * it the next part begins. */
static __always_inline __u32 tls_hello_skippable(const struct tls_reader *r)
{
	return tls_part_is_run(r->part) ? r->part_left - 1 : 0;
}

static __always_inline void tls_hello_skip(struct tls_reader *r, __u32 n)
{
	r->hello_left -= n;
	r->part_left -= n;
}

#endif /* PINHOLE_BPF_TLS_HELLO_H */
