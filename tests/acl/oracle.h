/* SPDX-License-Identifier: GPL-2.0 */
/*
 * oracle.h - which line of a list matches a packet first, told from the lines alone.
 *
 * Why it exists: it judges the compiler of access lists and the walk over its image,
 * so it shares nothing with them but the structs of acl.h: it compares addresses as
 * numbers between a first and a last one, and knows no image.
 *
 * Who may include it: tests and benchmarks.
 */
#ifndef PINHOLE_TESTS_ACL_ORACLE_H
#define PINHOLE_TESTS_ACL_ORACLE_H

#include <pinhole/acl.h>

/* A packet as a list sees it. Host order. */
struct packet {
	uint64_t src_high; /* IPv4: 0 */
	uint64_t src_low;
	uint64_t dst_high;
	uint64_t dst_low;
	uint16_t src_port;
	uint16_t dst_port; /* ICMP: type << 8 | code */
	uint8_t proto;
	uint8_t tcp_flags;
	bool later_fragment; /* then it has neither ports nor flags: they are 0 */
	uint8_t pad;
};

/* The index of no line. */
#define ORACLE_NONE UINT32_MAX

/*
 * The judge: line after line.
 * Return: index of the first line that matches, or ORACLE_NONE.
 */
uint32_t oracle_first(const struct acl_line *lines, size_t n_lines,
		      enum acl_family family, const struct packet *packet);

/*
 * The same of many packets, faster: packets are sorted by each field, so that those
 * that can match a line stand side by side, and only they are compared with it.
 * Exact for the same reason, and held against oracle_first() by test_acl_oracle.c.
 * @first: n_packets answers, as oracle_first() gives them
 * Return: 0 or -ENOMEM
 */
int oracle_answer(const struct acl_line *lines, size_t n_lines, enum acl_family family,
		  const struct packet *packets, size_t n_packets, uint32_t *first);

#endif /* PINHOLE_TESTS_ACL_ORACLE_H */
