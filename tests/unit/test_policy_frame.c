// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_frame.c - the frame of statements: tables, dialects, what is in use.
 *
 * What is said of whole texts is in tests/golden (frame-*, tier-*); here is what a
 * caller chooses, and what tables promise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include <pinhole/policy.h>

#include "policy/model.h"
#include "policy/statement.h"

static void check_sorted(const struct policy_table *table)
{
	for (size_t i = 1; i < table->count; i++) {
		const char *before = table->rows[i - 1].words;
		const char *words = table->rows[i].words;
		char a[64] = {0}, b[64] = {0};

		memcpy(a, before, strcspn(before, " "));
		memcpy(b, words, strcspn(words, " "));
		if (strcasecmp(a, b) > 0)
			fail_msg("'%s' stands behind '%s'", words, before);
	}
}

static void test_tables_are_sorted(void **state)
{
	(void)state;
	for (int tier = 0; tier < POLICY_N_TIERS; tier++)
		check_sorted(policy_tables[tier]);
	check_sorted(&policy_table_no);
}

static struct policy *parse(const char *text, const struct policy_parse_options *options,
			    struct policy_diags *diags)
{
	struct policy *policy = NULL;

	policy_parse_as(text, strlen(text), options, &policy, diags);
	return policy;
}

static bool has_code(const struct policy_diags *diags, const char *code)
{
	for (size_t i = 0; i < diags->count; i++)
		if (!strcmp(diags->items[i].code, code))
			return true;
	return false;
}

static const char lists[] = "nameif eth0 outside security0\n"
			    "access-list a permit tcp any any eq www\n"
			    "access-group a in interface outside\n";

static void test_dialect_is_what_the_caller_says(void **state)
{
	static const struct {
		const char *version;
		enum policy_dialect said;
		bool real, both;
	} rows[] = {
		{"", POLICY_DIALECT_AUTO, false, false},
		{"ASA Version 8.2(5)\n", POLICY_DIALECT_AUTO, false, false},
		{"ASA Version 8.3(1)\n", POLICY_DIALECT_AUTO, true, false},
		{"ASA Version 9.1(2)\n", POLICY_DIALECT_AUTO, true, true},
		{"FWSM Version 4.1(5)\n", POLICY_DIALECT_AUTO, false, false},
		{"ASA Version 9.1(2)\n", POLICY_DIALECT_PIX, false, false},
		{"", POLICY_DIALECT_ASA83, true, false},
		{"ASA Version 8.2(5)\n", POLICY_DIALECT_ASA9, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy_parse_options options = {.dialect = rows[i].said};
		struct policy_diags diags = {0};
		struct policy *policy;
		char text[512];

		snprintf(text, sizeof(text), "%s%s", rows[i].version, lists);
		policy = parse(text, &options, &diags);
		assert_non_null(policy);
		assert_int_equal(!!(policy->flags & CONFIG_F_REAL_LISTS), rows[i].real);
		assert_int_equal(policy->any_is_both, rows[i].both);
		policy_free(policy);
		policy_diags_free(&diags);
	}
}

static void test_translations_of_another_dialect_are_refused(void **state)
{
	struct policy_parse_options options = {.dialect = POLICY_DIALECT_ASA9};
	struct policy_diags diags = {0};

	(void)state;
	assert_null(parse("nameif eth0 outside security0\n"
			  "nameif eth1 inside security100\n"
			  "static (inside,outside) 192.0.2.5 10.0.0.5\n",
			  &options, &diags));
	assert_true(has_code(&diags, "E1208"));
	assert_int_equal(diags.n_errors, 1);
	policy_diags_free(&diags);
}

static void test_strict_refuses_what_covers_less(void **state)
{
	static const char text[] = "nameif eth0 outside security0\nfailover\n"
				   "hostname fw\nfailover timeout 1\n";
	struct policy_parse_options options = {.strict = true};
	struct policy_diags diags = {0};
	struct policy_report report;
	struct policy *policy = parse(text, NULL, &diags);

	(void)state;
	assert_non_null(policy);
	assert_true(has_code(&diags, "W1202"));
	policy_get_report(policy, &report);
	assert_int_equal(report.n_enforced, 1);
	assert_int_equal(report.n_ignored, 1);
	assert_int_equal(report.n_uncovered, 2);
	policy_free(policy);
	policy_diags_free(&diags);
	assert_null(parse(text, &options, &diags));
	assert_true(has_code(&diags, "E1202"));
	assert_int_equal(diags.n_errors, 1);
	policy_diags_free(&diags);
}

static void test_ipsec_is_ignored_if_the_caller_says_so(void **state)
{
	static const char text[] = "nameif eth0 outside security0\n"
				   "crypto map m interface outside\n";
	struct policy_parse_options options = {.ignore_ipsec = true};
	struct policy_diags diags = {0};
	struct policy *policy;

	(void)state;
	assert_null(parse(text, NULL, &diags));
	assert_int_equal(diags.n_errors, 1);
	policy_diags_free(&diags);
	policy = parse(text, &options, &diags);
	assert_non_null(policy);
	assert_true(has_code(&diags, "W1202"));
	policy_free(policy);
	policy_diags_free(&diags);
}

static void test_every_prefix_of_a_terminal_text_is_read(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf"
		"fw(config)# nameif eth0 outside security0\r\n"
		"<--- More --->\r              \raccess-list a permit ip any any\r\n"
		"\b\b \baccess-list a de<--- More --->ny ip any any\n"
		"fw# no\nfw> \nfw(config\n<--- More --->\n\r\r\n\0\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		struct policy_diags diags = {0};
		struct policy *policy = NULL;

		policy_parse_as(text, len, NULL, &policy, &diags);
		policy_free(policy);
		policy_diags_free(&diags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_are_sorted),
		cmocka_unit_test(test_dialect_is_what_the_caller_says),
		cmocka_unit_test(test_translations_of_another_dialect_are_refused),
		cmocka_unit_test(test_strict_refuses_what_covers_less),
		cmocka_unit_test(test_ipsec_is_ignored_if_the_caller_says_so),
		cmocka_unit_test(test_every_prefix_of_a_terminal_text_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
