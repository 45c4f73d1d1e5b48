/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy_test.h - what the unit tests of libpolicy share.
 *
 * Who may include it: tests/unit/test_policy_*.c.
 */
#ifndef TESTS_UNIT_POLICY_TEST_H
#define TESTS_UNIT_POLICY_TEST_H

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pinhole/policy.h>

#include "util/cleanup.h"

static inline void policy_cleanup(struct policy **policy)
{
	policy_free(*policy);
}

static inline void image_cleanup(struct policy_image **image)
{
	policy_image_free(*image);
}

#define own_policy struct policy *cleanup_(policy_cleanup)
#define own_image  struct policy_image *cleanup_(image_cleanup)
#define own_diags  struct policy_diags cleanup_(policy_diags_free)

/* Two interfaces, so that lists and statics have something to refer to. */
#define TWO_IFACES                        \
	"nameif eth0 outside security0\n" \
	"nameif eth1 inside security100\n"

/* The policy of a text that must be right; shows what is wrong with it. */
static inline struct policy *parse_ok(const char *text)
{
	own_diags diags = {0};
	struct policy *policy = NULL;
	int err = policy_parse(text, strlen(text), &policy, &diags);

	for (size_t i = 0; err && i < diags.count; i++) {
		char *shown cleanup_free_ = NULL;

		assert_int_equal(policy_diag_format(&diags.items[i], "test", &shown), 0);
		print_error("%s", shown);
	}
	assert_int_equal(err, 0);
	assert_non_null(policy);
	return policy;
}

static inline struct policy_image *compile_ok(const char *text)
{
	own_policy policy = parse_ok(text);
	own_diags diags = {0};
	struct policy_image *image = NULL;

	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_int_equal(diags.count, 0);
	return image;
}

/* The canonical text of a text; caller frees. */
static inline char *canonical(const char *text)
{
	own_policy policy = parse_ok(text);
	char *out = NULL;
	size_t len;

	assert_int_equal(policy_print(policy, &out, &len), 0);
	assert_int_equal(len, strlen(out));
	return out;
}

/* ---- access lists -------------------------------------------------------- */

/* Line @i of bound list number @list. */
static inline const struct acl_line *acl_line_at(const struct policy_image *image,
						 size_t list, size_t i)
{
	assert_in_range(list, 0, image->n_acl_lists - 1);
	assert_in_range(i, 0, image->acl_lists[list].n_lines - 1);
	return &image->acl_lists[list].lines[i];
}

/* As in 10.0.0.0/8 or 2001:db8::/32; the bits behind are zero. */
static inline void assert_prefix(const struct acl_prefix *prefix, const char *text)
{
	struct acl_prefix expected = {0};
	unsigned char bytes[16];
	char address[64];
	unsigned int len;

	assert_int_equal(sscanf(text, "%63[^/]/%u", address, &len), 2);
	expected.len = (uint8_t)len;
	expected.family = strchr(address, ':') ? ACL_IPV6 : ACL_IPV4;
	assert_int_equal(inet_pton(expected.family == ACL_IPV6 ? AF_INET6 : AF_INET,
				   address, bytes),
			 1);
	for (size_t i = 0; i < (expected.family == ACL_IPV6 ? 16 : 4); i++) {
		expected.high = expected.high << 8 | expected.low >> 56;
		expected.low = expected.low << 8 | bytes[i];
	}
	assert_int_equal(prefix->family, expected.family);
	assert_int_equal(prefix->len, expected.len);
	assert_true(prefix->high == expected.high);
	assert_true(prefix->low == expected.low);
}

/* One prefix, or both families as "any". */
static inline void assert_prefixes(const struct acl_prefix *prefixes, uint32_t n,
				   const char *text)
{
	bool both = !strcmp(text, "any");

	assert_int_equal(n, both ? 2 : 1);
	assert_prefix(&prefixes[0], both ? "0.0.0.0/0" : text);
	if (both)
		assert_prefix(&prefixes[1], "::/0");
}

#endif /* TESTS_UNIT_POLICY_TEST_H */
