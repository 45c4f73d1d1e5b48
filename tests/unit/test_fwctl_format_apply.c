// SPDX-License-Identifier: GPL-2.0
/*
 * test_fwctl_format_apply.c - what apply, confirm and rollback say, to the letter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_apply.h"

struct page {
	FILE *out;
	char *text;
	size_t len;
};

static int open_page(void **state)
{
	struct page *page = calloc(1, sizeof(*page));

	assert_non_null(page);
	page->out = open_memstream(&page->text, &page->len);
	assert_non_null(page->out);
	*state = page;
	return 0;
}

static int close_page(void **state)
{
	struct page *page = *state;

	fclose(page->out);
	free(page->text);
	free(page);
	return 0;
}

/* What was written since the last time. */
static void assert_said(struct page *page, const char *expected)
{
	fflush(page->out);
	assert_string_equal(page->text, expected);
	memset(page->text, 0, page->len);
	rewind(page->out);
}

static struct fw_apply_report a_report(void)
{
	struct fw_apply_report report = {
		.generation = 7,
		.n_interfaces = 2,
		.interfaces =
			{
				{.name = "outside",
				 .device = "eth0",
				 .carrier = "eth0",
				 .mode = FW_MODE_XDP,
				 .why = "driver ice has native XDP"},
				{.name = "dmz",
				 .device = "eth1.100",
				 .carrier = "eth1",
				 .mode = FW_MODE_TC,
				 .why = "asked for",
				 .warning = "one thing\nand another"},
			},
	};

	return report;
}

static void an_apply_names_devices_modes_and_warnings(void **state)
{
	struct page *page = *state;
	struct fw_apply_report report = a_report();

	format_apply_text(page->out, &report, false, true);
	assert_said(page,
		    "generation 7 in force\n"
		    "  outside: device eth0, mode xdp (driver ice has native XDP)\n"
		    "  dmz: device eth1.100 on eth1, mode tc (asked for)\n"
		    "  dmz: warning: one thing\n"
		    "  dmz: warning: and another\n"
		    "  host mode: off, the policy does not ask for it; --cgroup has "
		    "no effect\n");
}

static void a_dry_run_says_first_that_it_is_one(void **state)
{
	struct page *page = *state;
	struct fw_apply_report report = a_report();

	report.n_interfaces = 1;
	report.host_wanted = true;
	report.host_mode = true;
	format_apply_text(page->out, &report, true, false);
	assert_said(page, "dry run: nothing was changed\n"
			  "  outside: device eth0, mode xdp (driver ice has native XDP)\n"
			  "  host mode: on\n");
}

static void changes(struct page *page, const struct format_preview *preview, bool listed,
		    const char *expected)
{
	format_preview_changes(page->out, preview, listed);
	format_preview_conns(page->out, preview);
	assert_said(page, expected);
}

static void what_changes_is_said_or_why_not(void **state)
{
	struct page *page = *state;

	changes(page, &(struct format_preview){.too_large = true}, false, "");
	changes(page, &(struct format_preview){.counted = true}, false, "");
	changes(page, &(struct format_preview){.dry_run = true}, false,
		"no policy is in force to compare it with\n");
	changes(page,
		&(struct format_preview){.generation = 3,
					 .compared = true,
					 .equal = true,
					 .counted = true,
					 .n_conns = 5},
		false,
		"it permits what generation 3 does\n"
		"connections: 0 of 5 established end, each on its next packet\n");
	changes(page,
		&(struct format_preview){.generation = 3,
					 .compared = true,
					 .dry_run = true,
					 .counted = true,
					 .n_conns = 5,
					 .n_ended = 2},
		true,
		"compared with generation 3:\n"
		"connections: 2 of 5 established would end, each on its next packet\n");
	changes(page,
		&(struct format_preview){.generation = 3,
					 .compared = true,
					 .n_differences = 41,
					 .counted = true,
					 .kept = true,
					 .n_conns = 5},
		false,
		"compared with generation 3: 41 differences, too many to list here; "
		"--dry-run does\n"
		"connections: 5 established are kept\n");
	changes(page, &(struct format_preview){.generation = 3, .too_large = true}, false,
		"not compared with generation 3: too many lines; `fwctl diff` and "
		"--dry-run do\n");
}

static void confirm_and_rollback_name_generations(void **state)
{
	struct fw_rollback_report report = {.undone = 8, .generation = 9};
	struct page *page = *state;

	format_confirm_text(page->out, 8);
	assert_said(page, "generation 8 stays in force\n");
	format_confirm_json(page->out, 8);
	assert_said(page, "{\"schema\": \"pinhole.confirm/1\", \"generation\": 8}\n");
	format_rollback_text(page->out, &report);
	assert_said(page, "generation 8 is undone; the policy before is in force as "
			  "generation 9\n");
	format_rollback_json(page->out, &report);
	assert_said(page, "{\"schema\": \"pinhole.rollback/1\", \"undone\": 8, "
			  "\"generation\": 9, \"by_deadline\": false}\n");
	report.by_deadline = true;
	format_rollback_text(page->out, &report);
	assert_said(page, "generation 8 was undone at its deadline; the policy before is "
			  "in force as generation 9\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_apply_names_devices_modes_and_warnings,
						open_page, close_page),
		cmocka_unit_test_setup_teardown(a_dry_run_says_first_that_it_is_one,
						open_page, close_page),
		cmocka_unit_test_setup_teardown(what_changes_is_said_or_why_not,
						open_page, close_page),
		cmocka_unit_test_setup_teardown(confirm_and_rollback_name_generations,
						open_page, close_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
