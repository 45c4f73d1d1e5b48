/* SPDX-License-Identifier: GPL-2.0 */
/*
 * words.h - the bytes that a line of a dialogue stands for.
 *
 * Who may include it: tests/replay.
 */
#ifndef PINHOLE_TESTS_WORDS_H
#define PINHOLE_TESTS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define WORDS_MAX_BYTES 20000
#define WORDS_MAX_CUTS	64

struct words {
	__u8 bytes[WORDS_MAX_BYTES];
	size_t len;
	size_t cut[WORDS_MAX_CUTS]; /* offsets where a segment ends, ascending */
	size_t n_cuts;
};

/*
 * \r \n \t \0 \\ \xHH as in C; \| is a border of segments. %i is the round of
 * `repeat`, %p that plus 50000, %h and %l its upper and lower byte.
 * Return: whether it could be read.
 */
bool words_read(const char *text, unsigned int round, struct words *out);

/* A TLS record: "client-hello [sni=NAME]", "server-hello", "ccs", "alert",
 * "handshake N", "data N". RFC 8446, 4.1, 5.1; 6066, 3. */
bool words_read_tls(const char *text, struct words *out);

#endif /* PINHOLE_TESTS_WORDS_H */
