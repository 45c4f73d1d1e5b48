/* SPDX-License-Identifier: GPL-2.0 */
/*
 * segment.h - a TCP segment of either family, to and from a frame.
 *
 * Why it exists: the frames of tests/datapath are written down with addresses in
 * text; here addresses and bytes come out of files. Checksums are those of
 * frame.h, computed from scratch.
 *
 * Who may include it: tests/replay.
 */
#ifndef PINHOLE_TESTS_SEGMENT_H
#define PINHOLE_TESTS_SEGMENT_H

#include <pinhole/abi.h>

#include "tests/datapath/frame_v6.h"

#define SEGMENT_MAX_DATA 1400 /* bytes; with IPv6 and all options: an MTU of 1500 */

/* Numbers in host order. */
struct segment {
	struct ph_addr src;
	struct ph_addr dst;
	__u16 sport;
	__u16 dport;
	__u32 seq;
	__u32 ack;
	__u8 flags;
	__u16 window;
	__u8 options[40];
	size_t options_len; /* a multiple of 4 */
	const __u8 *data;
	size_t len;
};

#define ADDR_TEXT_BYTES 64

/* Return: whether it is an address of either family. */
bool addr_parse(const char *text, struct ph_addr *out);

const char *addr_text(const struct ph_addr *addr, char out[ADDR_TEXT_BYTES]);

bool addr_is_v4(const struct ph_addr *addr);

bool addr_equal(const struct ph_addr *a, const struct ph_addr *b);

/* Put it into a frame for the device whose MAC address ends so.
 * @bytes: FRAME_MAX_BYTES. Return: the frame's length. */
size_t segment_build(const struct segment *s, __u8 our_mac, __u8 *bytes);

/*
 * Read an IP packet; out->data points into it. Fragments are not read.
 * @sums_ok: where to tell whether the checksums are right; may be NULL
 * Return: whether it is a whole TCP segment.
 */
bool segment_parse(const __u8 *ip, size_t len, struct segment *out, bool *sums_ok);

#endif /* PINHOLE_TESTS_SEGMENT_H */
