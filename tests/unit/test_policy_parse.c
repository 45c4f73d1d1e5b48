// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_parse.c - the contract of policy_parse(), policy_print() and
 * policy_diag_format(). What each statement accepts is in tests/golden.
 */
#include <errno.h>

#include "tests/unit/policy_test.h"

static void refused_text_leaves_the_output_alone(void **state)
{
	static const char text[] = "frobnicate\n";
	struct policy *untouched = (struct policy *)&text;
	own_diags diags = {0};

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &untouched, &diags), -EINVAL);
	assert_ptr_equal(untouched, (struct policy *)&text);
	assert_int_equal(diags.n_errors, 1);
}

static void remarks_are_appended_in_the_order_of_the_text(void **state)
{
	static const char text[] = "access-group none in interface nowhere\n"
				   "frobnicate\n" TWO_IFACES
				   "access-group none in interface outside\n"
				   "bogus\n";
	own_diags diags = {0};
	struct policy *policy = NULL;

	(void)state;
	assert_int_equal(policy_parse("x", 1, &policy, &diags), -EINVAL);
	assert_int_equal(policy_parse(text, strlen(text), &policy, &diags), -EINVAL);
	assert_int_equal(diags.count, 5);
	assert_int_equal(diags.n_errors, 5);
	assert_int_equal(diags.items[0].line, 1); /* of the first text */
	assert_int_equal(diags.items[1].line, 1);
	assert_int_equal(diags.items[2].line, 2);
	assert_int_equal(diags.items[3].line, 5);
	assert_int_equal(diags.items[4].line, 6);
}

static void errors_of_an_earlier_text_do_not_refuse_this_one(void **state)
{
	own_diags diags = {0};
	own_policy policy = NULL;

	(void)state;
	assert_int_equal(policy_parse("x", 1, &policy, &diags), -EINVAL);
	assert_int_equal(policy_parse(TWO_IFACES, strlen(TWO_IFACES), &policy, &diags),
			 0);
	assert_non_null(policy);
	assert_int_equal(diags.count, 1);
}

static void remark_points_at_the_word_at_fault(void **state)
{
	static const char text[] = TWO_IFACES "access-list a permit tcp any any eq wwww";
	own_diags diags = {0};
	own_policy policy = NULL;
	const struct policy_diag *diag;

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &policy, &diags), -EINVAL);
	diag = &diags.items[0];
	assert_int_equal(diags.count, 1);
	assert_int_equal(diag->severity, POLICY_ERROR);
	assert_int_equal(diag->line, 3);
	assert_int_equal(diag->column, 37);
	assert_int_equal(diag->width, 4);
	assert_string_equal(diag->code, "E0302");
	assert_string_equal(diag->source_line,
			    "access-list a permit tcp any any eq wwww");
	assert_string_equal(diag->hint, "did you mean 'www'?");
}

static void remark_is_shown_as_promised(void **state)
{
	static char line[] = "\tname\303\251 x";
	struct policy_diag diag = {
		.severity = POLICY_WARNING,
		.code = "W0001",
		.line = 7,
		.column = 9,
		.width = 1,
		.source_line = line,
		.message = (char[]){"something"},
		.hint = (char[]){"do this"},
	};
	const struct policy_diag_style style = {"<p>", "<e>", "<w>", "<c>", "<h>", "</>"};
	char *text cleanup_free_ = NULL;
	char *styled cleanup_free_ = NULL;

	(void)state;
	assert_int_equal(policy_diag_format(&diag, "f.pix", &text), 0);
	assert_string_equal(text, "f.pix:7:9: warning: something [W0001]\n"
				  "\tname\303\251 x\n"
				  "\t      ^\n"
				  "hint: do this\n");
	diag.severity = POLICY_ERROR;
	diag.line = 0;
	assert_int_equal(policy_diag_format_style(&diag, "f.pix", &style, &styled), 0);
	assert_string_equal(styled, "<p>f.pix:</> <e>error:</> something [W0001]\n"
				    "<h>hint:</> do this\n");
}

static void text_needs_no_end_and_may_hold_any_byte(void **state)
{
	static const char text[] = "nameif eth0 outside security0X"; /* X is not given */
	static const char zeros[] =
		"nameif\0 eth0 outside security0\naccess-list \0\0\n\0";
	own_diags diags = {0};
	own_policy policy = NULL;
	struct policy *none = NULL;

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text) - 1, &policy, &diags), 0);
	assert_int_equal(policy_parse(zeros, sizeof(zeros) - 1, &none, &diags), -EINVAL);
	assert_null(none);
	assert_int_equal(diags.n_errors, 3);
}

static void text_that_says_nothing_is_refused(void **state)
{
	own_diags diags = {0};
	struct policy *none = NULL;

	(void)state;
	assert_int_equal(policy_parse(NULL, 0, &none, &diags), -EINVAL);
	assert_null(none);
	assert_int_equal(diags.n_errors, 1);
	assert_string_equal(diags.items[0].code, "E0210");
	assert_int_equal(diags.items[0].line, 0);
	assert_null(diags.items[0].source_line);
	assert_non_null(strstr(diags.items[0].hint, "nameif "));
}

/* Lists alone are looked at, too, but cannot be applied. */
static void text_that_names_no_interface_is_warned_of(void **state)
{
	static const char *const texts[] = {
		"hostname fw\n",
		"access-list a permit ip any any\n",
		"interface eth0\n security-level 5\n",
		"interface eth0\n nameif outside\n shutdown\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		own_diags diags = {0};
		own_policy policy = NULL;
		size_t warned = 0;

		assert_int_equal(
			policy_parse(texts[i], strlen(texts[i]), &policy, &diags), 0);
		for (size_t j = 0; j < diags.count; j++)
			warned += !strcmp(diags.items[j].code, "W0213");
		assert_int_equal(warned, 1);
	}
}

/* The refused line may be the one that names it. */
static void refused_text_is_not_asked_for_an_interface(void **state)
{
	own_diags diags = {0};
	struct policy *none = NULL;

	(void)state;
	assert_int_equal(policy_parse("nmaeif eth0 x 5\n", 16, &none, &diags), -EINVAL);
	assert_int_equal(diags.count, 1);
}

static void text_that_is_no_policy_stops_being_read(void **state)
{
	static const char start[] = "hostname x\n";
	char text[sizeof(start) + 2ul * 5000];
	own_diags diags = {0};
	struct policy *none = NULL;

	(void)state;
	memcpy(text, start, sizeof(start));
	for (size_t i = 0; i < 5000; i++)
		memcpy(text + sizeof(start) - 1 + 2 * i, "x\n", 3);
	assert_int_equal(policy_parse(text, strlen(text), &none, &diags), -EINVAL);
	assert_int_equal(diags.count, 1001);
	assert_string_equal(diags.items[1000].code, "E0113");
	assert_int_equal(diags.items[1000].line, 1001);
	policy_diags_free(&diags);
	/* Where not one line is a statement, one remark will do. */
	assert_int_equal(
		policy_parse(text + sizeof(start) - 1, 2ul * 5000, &none, &diags),
		-EINVAL);
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].code, "E1206");
}

static void spellings_that_mean_the_same_print_the_same(void **state)
{
	static const char *const spellings[][2] = {
		{"access-list a permit tcp any any eq 21",
		 "ACCESS-LIST a extended Permit 6 "
		 "0.0.0.0 0.0.0.0 any eq ftp"},
		{"access-list a permit ip host 10.0.0.1 any",
		 "access-list a permit 0 10.0.0.1 255.255.255.255 any"},
		{"access-list a permit icmp any any 3 4",
		 "access-list a permit icmp any any packet-too-big"},
		{"static (inside,outside) 192.0.2.1 10.0.0.1",
		 "static ( inside , outside ) 192.0.2.1 10.0.0.1 netmask 255.255.255.255 "
		 "0 0"},
		{"fixup protocol ftp",
		 "no fixup protocol ftp 99\nfixup protocol ftp ftp"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		char text[2][256];
		char *a cleanup_free_ = NULL;
		char *b cleanup_free_ = NULL;

		snprintf(text[0], sizeof(text[0]), TWO_IFACES "%s\n", spellings[i][0]);
		snprintf(text[1], sizeof(text[1]), TWO_IFACES "%s\n", spellings[i][1]);
		a = canonical(text[0]);
		b = canonical(text[1]);
		assert_string_equal(a, b);
	}
}

/* The blocks of ASA and the lines of PIX 6 declare the same interfaces. */
static void both_interface_forms_print_alike(void **state)
{
	char *pix cleanup_free_ = canonical("nameif eth0 outside security0\n"
					    "nameif eth1 inside security100\n"
					    "ip address inside 10.0.0.1 255.0.0.0\n");
	char *asa cleanup_free_ =
		canonical("interface eth0\n nameif outside\n"
			  "interface eth1\n nameif inside\n"
			  " ip address 10.0.0.1 255.0.0.0\n no shutdown\n");

	(void)state;
	assert_string_equal(pix, asa);
}

static void name_of_greatest_length_is_kept_whole(void **state)
{
	char iface[48], list[64], device[64], text[1024];
	char *printed cleanup_free_ = NULL;
	own_image image = NULL;

	(void)state;
	memset(iface, 'i', sizeof(iface));
	memset(list, 'l', sizeof(list));
	memset(device, 'd', sizeof(device));
	iface[47] = list[63] = device[63] = '\0';
	snprintf(text, sizeof(text),
		 "nameif %s %s security5\naccess-list %s extended permit ip any any\n"
		 "access-group %s in interface %s\n",
		 device, iface, list, list, iface);
	printed = canonical(text);
	assert_string_equal(printed, text);
	image = compile_ok(text);
	assert_string_equal(image->ifaces[0].name, iface);
	assert_string_equal(image->ifaces[0].acl_in, list);
	assert_string_equal(image->lines[0].acl, list);
	assert_string_equal(image->ifaces[0].device, ""); /* no device is so long */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_text_leaves_the_output_alone),
		cmocka_unit_test(remarks_are_appended_in_the_order_of_the_text),
		cmocka_unit_test(errors_of_an_earlier_text_do_not_refuse_this_one),
		cmocka_unit_test(remark_points_at_the_word_at_fault),
		cmocka_unit_test(remark_is_shown_as_promised),
		cmocka_unit_test(text_needs_no_end_and_may_hold_any_byte),
		cmocka_unit_test(text_that_says_nothing_is_refused),
		cmocka_unit_test(text_that_names_no_interface_is_warned_of),
		cmocka_unit_test(refused_text_is_not_asked_for_an_interface),
		cmocka_unit_test(text_that_is_no_policy_stops_being_read),
		cmocka_unit_test(spellings_that_mean_the_same_print_the_same),
		cmocka_unit_test(both_interface_forms_print_alike),
		cmocka_unit_test(name_of_greatest_length_is_kept_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
