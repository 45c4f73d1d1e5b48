/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_build_test.h - lists written in code: lines, packets, and what an image answers.
 *
 * Who may include it: tests/unit/test_acl_build.c.
 */
#ifndef PINHOLE_TEST_ACL_BUILD_H
#define PINHOLE_TEST_ACL_BUILD_H

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/acl_native.h"
#include "util/cleanup.h"

#define MAX_LINES 9000

/* Lines of one prefix on each side and one service, and their list. */
struct lines {
	struct acl_prefix src[MAX_LINES];
	struct acl_prefix dst[MAX_LINES];
	struct acl_service service[MAX_LINES];
	struct acl_line line[MAX_LINES];
	uint32_t n;
};

static const struct acl_service any_ip = {
	.src_port_high = 65535,
	.dst_port_high = 65535,
	.any_proto = true,
};

static inline struct acl_service tcp_to(uint16_t low, uint16_t high)
{
	return (struct acl_service){
		.src_port_high = 65535,
		.dst_port_low = low,
		.dst_port_high = high,
		.proto = IPPROTO_TCP,
	};
}

static inline struct acl_prefix net4(uint32_t address, uint8_t len)
{
	return (struct acl_prefix){.low = address, .len = len, .family = ACL_IPV4};
}

static inline struct acl_prefix net6(uint64_t high, uint64_t low, uint8_t len)
{
	return (struct acl_prefix){high, low, len, ACL_IPV6, {0}};
}

static inline struct lines *lines_new(void)
{
	struct lines *lines = calloc(1, sizeof(*lines));

	assert_non_null(lines);
	return lines;
}

static inline struct acl_line *add(struct lines *lines, struct acl_prefix src,
				   struct acl_prefix dst, struct acl_service service,
				   bool permit)
{
	uint32_t i = lines->n++;

	assert_true(i < MAX_LINES);
	lines->src[i] = src;
	lines->dst[i] = dst;
	lines->service[i] = service;
	lines->line[i] = (struct acl_line){
		.src = &lines->src[i],
		.dst = &lines->dst[i],
		.services = &lines->service[i],
		.n_src = 1,
		.n_dst = 1,
		.n_services = 1,
		.number = i,
		.permit = permit,
	};
	return &lines->line[i];
}

static inline struct acl_line *add_any(struct lines *lines, struct acl_service service,
				       bool permit)
{
	return add(lines, net4(0, 0), net4(0, 0), service, permit);
}

static inline struct acl_list list_of(const struct lines *lines)
{
	return (struct acl_list){lines->line, lines->n};
}

static inline struct acl_image build(const struct lines *lines)
{
	struct acl_list list = list_of(lines);
	struct acl_image image = {0};

	assert_int_equal(acl_image_build(&list, 1, NULL, &image, NULL), 0);
	return image;
}

static inline uint32_t first_line(const struct acl_image *image,
				  struct acl_native_key key)
{
	struct acl_native_result result;

	acl_walk_native(image, image->roots[0], &key, &result);
	assert_int_not_equal(result.verdict, ACL_BROKEN);
	return result.line;
}

static inline struct acl_native_key tcp_packet(uint16_t src_port, uint16_t dst_port,
					       uint8_t flags)
{
	return (struct acl_native_key){
		.src_low = 0x0a000001,
		.dst_low = 0xc0000201,
		.src_port = src_port,
		.dst_port = dst_port,
		.proto = IPPROTO_TCP,
		.tcp_flags = flags,
		.family = ACL_IPV4,
	};
}

static inline struct acl_native_key later_fragment(void)
{
	struct acl_native_key key = tcp_packet(0, 0, 0);

	key.later_fragment = true;
	return key;
}

/* So many lines about other things that the list is not one leaf. */
static inline void add_crowd(struct lines *lines, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		add(lines, net4(0x0b000000 + i * 256, 24), net4(0xc6336400 + i, 32),
		    tcp_to(80, 80), true);
}

#endif /* PINHOLE_TEST_ACL_BUILD_H */
