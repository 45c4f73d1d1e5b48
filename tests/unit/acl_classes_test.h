/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_classes_test.h - lines by classes: built alone, and asked.
 *
 * Who may include it: tests/unit/test_acl_classes.c and test_acl_class_figures.c.
 */
#ifndef PINHOLE_TEST_ACL_CLASSES_H
#define PINHOLE_TEST_ACL_CLASSES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "acl_class_test.h"
#include "bpf/acl_native.h"
#include "util/cleanup.h"

static inline wide first_of(const struct acl_prefix *p)
{
	return p->family == ACL_IPV4 ? (wide)p->low << 96 : (wide)p->high << 64 | p->low;
}

static inline wide last_of(const struct acl_prefix *p)
{
	return first_of(p) | (~mask_of(p->len) & mask_of(width_of(p->family)));
}

/* ---- building, and asking ---- */

struct built {
	struct acl_writer writer;
	struct acl_refusal why;
	struct acl_figures figures;
	struct acl_image image; /* borrows the writer's arrays */
	struct acl_root root;
	enum acl_family family;
};

static inline void built_free(struct built *built)
{
	free(built->writer.words);
	free(built->writer.rules4);
	free(built->writer.rules6);
}

static inline int build_within(struct built *built, enum acl_family family,
			       const struct acl_line *lines, size_t n, size_t max_rules)
{
	int64_t header;
	int err;

	memset(built, 0, sizeof(*built));
	built->family = family;
	built->writer.limits = (struct acl_limits){ACL_MAX_WORDS, max_rules, max_rules};
	built->writer.why = &built->why;
	header = acl_writer_words(&built->writer, 2ul * ACL_H_WORDS, 1);
	assert_int_equal(header, 0);
	header += ACL_H_WORDS;
	built->root = (struct acl_root){(uint32_t)header, (uint32_t)header};
	err = acl_classes_build(&built->writer, family, lines, n, (uint32_t)header,
				&built->figures);
	built->image = (struct acl_image){
		.words = built->writer.words,
		.rules4 = built->writer.rules4,
		.rules6 = built->writer.rules6,
		.n_words = built->writer.n_words,
		.n_rules4 = built->writer.n_rules4,
		.n_rules6 = built->writer.n_rules6,
	};
	assert_int_equal(built->writer.n_rules6, 0);
	assert_true(built->figures.class_steps <= ACL_MAX_CLASS_STEPS);
	return err;
}

static inline int build(struct built *built, enum acl_family family,
			const struct acl_line *lines, size_t n)
{
	return build_within(built, family, lines, n, ACL_MAX_RULES);
}

struct packet {
	wide src;
	wide dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
	bool later_fragment;
};

/* Return: the line that matches, or ACL_NO_LINE */
static inline uint32_t ask(const struct built *built, const struct packet *p)
{
	const bool ipv4 = built->family == ACL_IPV4;
	const struct acl_native_key key = {
		.src_high = ipv4 ? 0 : (uint64_t)(p->src >> 64),
		.src_low = ipv4 ? (uint64_t)(p->src >> 96) : (uint64_t)p->src,
		.dst_high = ipv4 ? 0 : (uint64_t)(p->dst >> 64),
		.dst_low = ipv4 ? (uint64_t)(p->dst >> 96) : (uint64_t)p->dst,
		.src_port = p->src_port,
		.dst_port = p->dst_port,
		.proto = p->proto,
		.later_fragment = p->later_fragment,
		.family = built->family,
	};
	struct acl_native_result result;

	acl_walk_native(&built->image, built->root, &key, &result);
	assert_int_not_equal(result.verdict, ACL_BROKEN);
	return result.line;
}

/* ---- products, naively ---- */

static inline bool set_has(const struct acl_prefix *set, uint32_t n, wide address)
{
	for (uint32_t i = 0; i < n; i++)
		if (!((first_of(&set[i]) ^ address) & mask_of(set[i].len)))
			return true;
	return false;
}

#endif /* PINHOLE_TEST_ACL_CLASSES_H */
