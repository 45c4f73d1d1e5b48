// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_tls.c - however a TLS stream is cut, its records are the same.
 *
 * What must hold for every input: in pieces and as a whole, byte by byte and by
 * jumps, the reader comes to the same state and stops at the same byte; the server
 * name is terminated, is text, and was written within its array; a hello and a
 * fault are never taken back, and no data is seen without a hello.
 *
 * Input: of byte 0, bit 0 chooses the direction, bytes 1..8 where to cut (each
 * the length of a piece, used in turn), the rest is the stream.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tls_test.h"

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define N_CUTS 8

static void check_name(const struct tls_reading *t, bool server)
{
	size_t len = strnlen(t->name, sizeof(t->name));

	MUST(len < sizeof(t->name) && len == t->reader.name_len);
	MUST(!server || !len);
	for (size_t i = 0; i < len; i++)
		MUST(t->name[i] > ' ' && t->name[i] < 0x7f);
}

static void check_step(const struct tls_reading *before, const struct tls_reading *after)
{
	__u8 seen = after->reader.seen;

	MUST(!(before->reader.seen & ~seen));
	MUST(!(seen & TLS_SEEN_DATA) || (seen & TLS_SEEN_HELLO));
	MUST(after->reader.records >= before->reader.records);
	MUST(tls_skippable(&after->reader) <= TLS_CIPHER_MAX);
	MUST(after->reader.header_len <= TLS_RECORD_HEADER_BYTES);
}

/* The reader and the name each in memory of their own, so that the sanitizer sees
 * what is written beside them. */
static void check_bounds(const uint8_t *stream, size_t len, bool server)
{
	struct tls_reader *r = calloc(1, sizeof(*r));
	char *name = calloc(1, FTP_SERVER_NAME_BYTES);

	MUST(r && name);
	for (size_t i = 0; i < len; i++)
		tls_feed(r, stream[i], server, name);
	free(name);
	free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_reading whole, bytes, pieces = {}, before;
	const uint8_t *stream;
	size_t len, n;
	bool server;

	if (size < 1 + N_CUTS)
		return 0;
	server = data[0] & 1;
	stream = data + 1 + N_CUTS;
	len = size - 1 - N_CUTS;
	whole = tls_read(stream, len, server, 0, true);
	bytes = tls_read(stream, len, server, 0, false);
	for (size_t at = 0, i = 0; at < len; at += n, i++) {
		n = 1 + data[1 + i % N_CUTS];
		n = n < len - at ? n : len - at;
		before = pieces;
		tls_read_on(&pieces, stream + at, n, server, i & 1);
		check_step(&before, &pieces);
		check_name(&pieces, server);
	}
	MUST(whole.used == bytes.used && whole.used == pieces.used);
	MUST(whole.clear == bytes.clear && whole.clear == pieces.clear);
	MUST(!memcmp(&whole.reader, &bytes.reader, sizeof(whole.reader)));
	MUST(!memcmp(&whole.reader, &pieces.reader, sizeof(whole.reader)));
	MUST(!memcmp(whole.name, bytes.name, sizeof(whole.name)));
	MUST(!memcmp(whole.name, pieces.name, sizeof(whole.name)));
	check_bounds(stream, len, server);
	return 0;
}
