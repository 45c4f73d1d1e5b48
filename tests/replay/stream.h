/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stream.h - the bytes of one direction of a TCP connection, in whatever order
 * they come.
 *
 * Who may include it: tests/replay.
 */
#ifndef PINHOLE_TESTS_STREAM_H
#define PINHOLE_TESTS_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define STREAM_MAX_BYTES (8u << 20) /* what lies beyond is not kept */

struct stream {
	__u8 *bytes;
	bool *have;
	size_t size;
	size_t whole; /* bytes from the start on without a gap */
};

void stream_free(struct stream *s);

/*
 * Add bytes at an offset from the stream's start. What is there already stays.
 * Return: whether those agree with what came now.
 */
bool stream_put(struct stream *s, size_t at, const __u8 *bytes, size_t len);

#endif /* PINHOLE_TESTS_STREAM_H */
