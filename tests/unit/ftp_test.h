/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_test.h - feed text to the FTP scanner and collect the lines it reports.
 *
 * Who may include it: the unit tests and fuzz targets of FTP inspection.
 */
#ifndef PINHOLE_TESTS_FTP_TEST_H
#define PINHOLE_TESTS_FTP_TEST_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/ftp_line.h"

#define FTP_TEST_SEQ   0xfffffff0u /* the first byte's number: it wraps early */
#define FTP_TEST_LINES 64

struct ftp_reading {
	struct ftp_line line[FTP_TEST_LINES]; /* as they ended */
	size_t count;			      /* lines ended, also beyond the table */
	struct ftp_line rest;		      /* the scanner behind the last byte */
};

/* As the datapath holds it: IPv4 as v4-mapped. */
static inline struct ph_addr ftp_test_address(const char *text)
{
	struct ph_addr address = {.word = {0, 0, htonl(0xffff), 0}};
	bool v6 = strchr(text, ':');

	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, &address.word[v6 ? 0 : 3]) != 1)
		abort();
	return address;
}

/* Feed len bytes to a scanner that has read `offset` bytes before. */
static inline void ftp_read_on(struct ftp_reading *r, const void *text, size_t len,
			       size_t offset, bool server)
{
	const __u8 *byte = text;

	for (size_t i = 0; i < len; i++) {
		if (!ftp_line_feed(&r->rest, byte[i], FTP_TEST_SEQ + (__u32)(offset + i),
				   server))
			continue;
		if (r->count < FTP_TEST_LINES)
			r->line[r->count] = r->rest;
		r->count++;
		ftp_line_reset(&r->rest);
	}
}

static inline struct ftp_reading ftp_read(const void *text, size_t len, bool server)
{
	struct ftp_reading r;

	memset(&r, 0, sizeof(r));
	ftp_read_on(&r, text, len, 0, server);
	return r;
}

/*
 * Whether the text says the same cut in two at any place.
 *
 * The scanner's whole state is struct ftp_line, so a cut shows only if copying
 * it at the cut loses something, as ending one segment and beginning the next
 * does.
 */
static inline bool ftp_test_cuts_agree(const char *text, size_t len, bool server)
{
	struct ftp_reading whole = ftp_read(text, len, server), r;

	for (size_t cut = 0; cut <= len; cut++) {
		struct ftp_line kept;

		memset(&r, 0, sizeof(r));
		ftp_read_on(&r, text, cut, 0, server);
		kept = r.rest;
		memset(&r.rest, 0xa5, sizeof(r.rest));
		r.rest = kept;
		ftp_read_on(&r, text + cut, len - cut, cut, server);
		if (memcmp(&r, &whole, sizeof(r)))
			return false;
	}
	return true;
}

#endif /* PINHOLE_TESTS_FTP_TEST_H */
