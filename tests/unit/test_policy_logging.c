// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_logging.c - what `logging` and `log` become: the messages that are
 * wanted, and what lines tell.
 */
#include "tests/unit/policy_test.h"

static struct policy_log_filter filter_of(const struct policy *policy)
{
	struct policy_log_filter filter;

	policy_get_log_filter(policy, &filter);
	return filter;
}

static void the_highest_level_of_all_destinations_counts(void **state)
{
	own_policy policy = parse_ok(TWO_IFACES "logging on\n"
						"logging console alerts\n"
						"logging buffered 4\n"
						"logging trap errors\n");

	(void)state;
	assert_true(filter_of(policy).by_level);
	assert_int_equal(filter_of(policy).level, 4);
}

static void without_enable_or_destination_all_is_shown(void **state)
{
	own_policy off = parse_ok(TWO_IFACES "logging buffered 4\n");
	own_policy undone = parse_ok(TWO_IFACES "logging enable\n"
						"logging buffered 4\n"
						"no logging on\n");
	own_policy nowhere = parse_ok(TWO_IFACES "logging enable\n"
						 "logging buffered 4\n"
						 "no logging buffered\n");

	(void)state;
	assert_false(filter_of(off).by_level);
	assert_false(filter_of(undone).by_level);
	assert_false(filter_of(nowhere).by_level);
}

static void what_a_logging_list_selects_is_not_hidden(void **state)
{
	own_policy policy = parse_ok(TWO_IFACES "logging enable\n"
						"logging trap important\n");

	(void)state;
	assert_int_equal(filter_of(policy).level, 7);
}

static void of_a_message_the_last_word_counts(void **state)
{
	own_policy policy = parse_ok(TWO_IFACES "logging message 106023 level 2\n"
						"no logging message 106023\n"
						"logging message 302014 level 2\n"
						"no logging message 302014 level 2\n"
						"no logging message 106100\n"
						"logging message 106100\n");
	struct policy_log_filter filter = filter_of(policy);

	(void)state;
	assert_int_equal(filter.n_messages, 3);
	assert_int_equal(filter.messages[0].number, 106023);
	assert_int_equal(filter.messages[0].level, 2);
	assert_true(filter.messages[0].off);
	assert_int_equal(filter.messages[1].level, POLICY_LOG_LEVEL_OWN);
	assert_false(filter.messages[1].off);
	assert_false(filter.messages[2].off);
}

static const struct policy_image_line *line_of(const struct policy_image *image,
					       size_t index)
{
	assert_true(index < image->n_lines);
	return &image->lines[index];
}

static void lines_tell_what_log_says(void **state)
{
	own_image image = compile_ok(
		TWO_IFACES "access-list a permit tcp any any eq 80 log\n"
			   "access-list a permit tcp any any eq 81 log 4 interval 60\n"
			   "access-list a deny tcp any any eq 82 log disable\n"
			   "access-list a deny tcp any any eq 83 log default\n"
			   "access-list a deny tcp any any eq 84\n"
			   "access-group a in interface outside\n");

	(void)state;
	assert_int_equal(line_of(image, 0)->flags, ACL_LINE_F_LOG);
	assert_int_equal(line_of(image, 0)->log_level, 6);
	assert_int_equal(line_of(image, 0)->log_interval_sec, 300);
	assert_int_equal(line_of(image, 1)->flags, ACL_LINE_F_LOG);
	assert_int_equal(line_of(image, 1)->log_level, 4);
	assert_int_equal(line_of(image, 1)->log_interval_sec, 60);
	assert_int_equal(line_of(image, 2)->flags, ACL_LINE_F_QUIET);
	assert_int_equal(line_of(image, 3)->flags, 0);
	assert_int_equal(line_of(image, 4)->flags, 0);
}

/* ---- service-policies ---- */

#define SERVICES                                         \
	TWO_IFACES "class-map d\n"                       \
		   " match default-inspection-traffic\n" \
		   "policy-map m\n"                      \
		   " class d\n"                          \
		   "  inspect ftp\n"

static uint64_t ifaces_of(const char *statements)
{
	own_image image = compile_ok(statements);

	assert_int_equal(image->n_fixups, 1);
	return image->fixups[0].value.ifaces;
}

static void an_inspection_is_of_the_interfaces_that_its_policies_name(void **state)
{
	(void)state;
	assert_int_equal(ifaces_of(SERVICES "service-policy m global\n"), 0);
	assert_int_equal(ifaces_of(SERVICES "service-policy m interface inside\n"),
			 1 << 2);
	assert_int_equal(ifaces_of(SERVICES "service-policy m interface inside\n"
					    "service-policy m interface outside\n"),
			 1 << 2 | 1 << 1);
	assert_int_equal(ifaces_of(SERVICES "service-policy m interface inside\n"
					    "service-policy m global\n"),
			 0);
	assert_int_equal(ifaces_of(TWO_IFACES "fixup protocol ftp 21\n"), 0);
}

/* The ports of a class, as text. */
static void assert_ports(const char *class, const char *expected)
{
	char text[1024], ports[256] = "";
	own_policy policy = NULL;
	own_image image = NULL;
	own_diags diags = {0};

	snprintf(text, sizeof(text),
		 TWO_IFACES "%spolicy-map m\n class c\n  inspect ftp\n"
			    "service-policy m global\n",
		 class);
	policy = parse_ok(text);
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	for (size_t i = 0; i < image->n_fixups; i++)
		snprintf(ports + strlen(ports), sizeof(ports) - strlen(ports), "%u ",
			 ntohs(image->fixups[i].key.port));
	assert_string_equal(ports, expected);
}

static void a_class_has_the_ports_that_its_matches_have(void **state)
{
	(void)state;
	assert_ports("class-map c\n match any\n", "21 ");
	assert_ports("class-map c\n match port tcp range 20 22\n", "20 21 22 ");
	assert_ports("class-map c\n match port udp range 20 22\n", "");
	assert_ports("class-map match-any c\n match port tcp eq 1\n"
		     " match port tcp eq 3\n",
		     "1 3 ");
	assert_ports("access-list l permit tcp any any eq 2121\n"
		     "access-list l deny tcp any any range 5 6\n"
		     "access-list l permit tcp any any range 4 7\n"
		     "class-map c\n match access-list l\n",
		     "4 7 2121 ");
	assert_ports("access-list l permit tcp any any eq 2121\n"
		     "class-map c\n match default-inspection-traffic\n"
		     " match access-list l\n",
		     "");
	assert_ports("access-list l permit ip any any\n"
		     "class-map c\n match access-list l\n"
		     " match default-inspection-traffic\n",
		     "21 ");
	/* A line behind one that has decided about its ports names hosts in vain. */
	assert_ports("access-list l permit tcp any any eq 2121\n"
		     "access-list l permit tcp any host 192.0.2.1 eq 2121\n"
		     "class-map c\n match access-list l\n",
		     "2121 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_highest_level_of_all_destinations_counts),
		cmocka_unit_test(without_enable_or_destination_all_is_shown),
		cmocka_unit_test(what_a_logging_list_selects_is_not_hidden),
		cmocka_unit_test(of_a_message_the_last_word_counts),
		cmocka_unit_test(lines_tell_what_log_says),
		cmocka_unit_test(
			an_inspection_is_of_the_interfaces_that_its_policies_name),
		cmocka_unit_test(a_class_has_the_ports_that_its_matches_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
