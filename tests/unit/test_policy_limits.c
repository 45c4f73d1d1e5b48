// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_limits.c - what is too large is refused with figures, and by name.
 *
 * compile_lists.c is compiled into this file with a low limit of lines, and the
 * compiler of images is replaced by one that refuses when it is told to: the
 * linker then takes neither from the library.
 */
#include <errno.h>

#include <pinhole/abi_acl.h>

#undef ACL_MAX_LINES
#define ACL_MAX_LINES 1000

#include "tests/unit/policy_test.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): see above */
#include "loader/policy/compile_lists.c"

static struct acl_refusal refusal;
static int build_error;

int acl_image_build(const struct acl_list *lists, size_t n_lists,
		    const struct acl_limits *limits, struct acl_image *out,
		    struct acl_refusal *why)
{
	assert_non_null(lists);
	assert_null(limits);
	if (build_error) {
		*why = refusal;
		return build_error;
	}
	out->roots = calloc(n_lists + 1, sizeof(*out->roots));
	assert_non_null(out->roots);
	out->n_lists = n_lists;
	return 0;
}

void acl_image_free(struct acl_image *image)
{
	free(image->roots);
}

static int compile_status(const char *text, struct policy_diags *diags)
{
	own_policy policy = parse_ok(text);
	own_image image = NULL;
	int err = policy_compile(policy, &image, diags);

	assert_true(!err == !!image);
	return err;
}

/* Lines of list @list after @text; caller frees. */
static char *many_lines(const char *text, const char *list, const char *line, size_t n)
{
	struct strbuf out = {0};
	char *stolen;

	strbuf_puts(&out, text);
	for (size_t i = 0; i < n; i++)
		strbuf_printf(&out, "access-list %s %s\n", list, line);
	assert_int_equal(strbuf_steal(&out, &stolen, NULL), 0);
	return stolen;
}

static void lines_in_force_are_limited_wherever_they_are_bound(void **state)
{
	static const char *const places[] = {
		"in interface outside", "out interface inside",
		"in interface inside control-plane", "global"};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char start[256];
		char *fits cleanup_free_ = NULL;
		char *exceeds cleanup_free_ = NULL;
		own_diags diags = {0};

		snprintf(start, sizeof(start), TWO_IFACES "access-group a %s\n",
			 places[i]);
		/* Lines that match nothing have numbers and counters, too. */
		fits = many_lines(start, "a", "permit tcp any any gt 65535",
				  ACL_MAX_LINES);
		exceeds = many_lines(start, "a", "permit tcp any any gt 65535",
				     ACL_MAX_LINES + 1);
		assert_int_equal(compile_status(fits, &diags), 0);
		assert_int_equal(diags.count, 0);
		assert_int_equal(compile_status(exceeds, &diags), -E2BIG);
		assert_int_equal(diags.n_errors, 1);
		assert_string_equal(diags.items[0].code, "E0703");
		assert_non_null(strstr(diags.items[0].message, "1001"));
		assert_non_null(strstr(diags.items[0].message, "1000"));
		assert_non_null(diags.items[0].hint);
	}
}

static void lines_of_all_bound_lists_are_counted_together(void **state)
{
	char *first cleanup_free_ =
		many_lines(TWO_IFACES "access-group a in interface outside\n"
				      "access-group b in interface inside\n",
			   "a", "permit ip any any", ACL_MAX_LINES / 2);
	char *fits cleanup_free_ =
		many_lines(first, "b", "permit ip any any", ACL_MAX_LINES / 2);
	char *exceeds cleanup_free_ = many_lines(fits, "b", "permit ip any any", 1);
	own_diags diags = {0};

	(void)state;
	assert_int_equal(compile_status(fits, &diags), 0);
	assert_int_equal(compile_status(exceeds, &diags), -E2BIG);
}

static void lines_that_judge_nothing_are_not_limited(void **state)
{
	char *unbound cleanup_free_ =
		many_lines(TWO_IFACES, "a", "permit ip any any", ACL_MAX_LINES + 1);
	char *inactive cleanup_free_ = many_lines(TWO_IFACES "access-group a global\n",
						  "a", "permit ip any any inactive",
						  ACL_MAX_LINES + 1);
	own_diags diags = {0};

	(void)state;
	assert_int_equal(compile_status(unbound, &diags), 0);
	assert_int_equal(compile_status(inactive, &diags), 0);
}

static void list_that_no_image_holds_is_named_with_figures(void **state)
{
	static const char text[] = TWO_IFACES "access-list unbound permit ip any any\n"
					      "access-list small permit ip any any\n"
					      "access-list other permit ip any any\n"
					      "access-list large permit ip any any\n"
					      "access-group small in interface outside\n"
					      "access-group large in interface inside\n";
	own_diags diags = {0};

	(void)state;
	refusal = (struct acl_refusal){
		.list = 1, .what = "rules in one leaf", .needed = 12345, .limit = 96};
	build_error = -E2BIG;
	assert_int_equal(compile_status(text, &diags), -E2BIG);
	assert_int_equal(diags.count, 1);
	assert_int_equal(diags.n_errors, 1);
	assert_string_equal(diags.items[0].code, "E0704");
	assert_string_equal(
		diags.items[0].message,
		"access list 'large' needs 12345 rules in one leaf; this version "
		"holds 96");
	assert_non_null(diags.items[0].hint);
	refusal.list = 0;
	assert_int_equal(compile_status(text, &diags), -E2BIG);
	assert_non_null(strstr(diags.items[1].message, "'small'"));
}

static void no_memory_for_the_image_makes_no_remark(void **state)
{
	own_diags diags = {0};

	(void)state;
	build_error = -ENOMEM;
	assert_int_equal(compile_status(TWO_IFACES, &diags), -ENOMEM);
	assert_int_equal(diags.count, 0);
}

static int build_again(void **state)
{
	(void)state;
	build_error = 0;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_in_force_are_limited_wherever_they_are_bound),
		cmocka_unit_test(lines_of_all_bound_lists_are_counted_together),
		cmocka_unit_test(lines_that_judge_nothing_are_not_limited),
		cmocka_unit_test_teardown(list_that_no_image_holds_is_named_with_figures,
					  build_again),
		cmocka_unit_test_teardown(no_memory_for_the_image_makes_no_remark,
					  build_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
