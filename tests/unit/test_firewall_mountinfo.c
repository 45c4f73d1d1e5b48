// SPDX-License-Identifier: GPL-2.0
/*
 * Where cgroup2 is mounted, as the kernel's list of mounts says it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Part of libfirewall, which unit tests do not link; the file itself is pure. */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "loader/firewall/mountinfo.c"

static char point[64];
static bool whole;

static bool match(const char *line)
{
	strcpy(point, "untouched");
	whole = false;
	return mountinfo_match(line, "cgroup2", point, sizeof(point), &whole);
}

static void a_mount_has_its_path_and_says_that_it_is_whole(void **state)
{
	(void)state;
	assert_true(match("35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw"));
	assert_string_equal(point, "/sys/fs/cgroup");
	assert_true(whole);
	assert_true(match("36 32 0:31 / /sys/fs/cgroup/unified rw,relatime shared:10 "
			  "- cgroup2 none rw\n"));
	assert_string_equal(point, "/sys/fs/cgroup/unified");
	assert_true(whole);
}

static void optional_fields_may_be_none_or_many(void **state)
{
	(void)state;
	assert_true(match("1 2 0:3 / /a rw - cgroup2 none rw"));
	assert_true(match("1 2 0:3 / /b rw shared:1 master:2 propagate_from:3 unbindable "
			  "- cgroup2 none rw"));
	assert_string_equal(point, "/b");
}

static void a_part_of_it_is_told_from_the_whole(void **state)
{
	(void)state;
	assert_true(match("1 2 0:3 /system.slice /here rw - cgroup2 none rw,nsdelegate"));
	assert_string_equal(point, "/here");
	assert_false(whole);
	assert_true(match("1 2 0:3 /.. /here rw - cgroup2 none rw"));
	assert_false(whole);
}

static void other_file_systems_do_not_match(void **state)
{
	static const char *const lines[] = {
		"1 2 0:3 / /sys/fs/cgroup ro - tmpfs tmpfs ro",
		"1 2 0:3 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu",
		"1 2 0:3 / /c rw - cgroup22 none rw",
		/* The type is the word behind the dash, wherever else it may stand. */
		"1 2 0:3 / /cgroup2 rw cgroup2 - ext4 cgroup2 rw",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_false(match(lines[i]));
		assert_string_equal(point, "untouched");
	}
}

static void escapes_are_undone(void **state)
{
	(void)state;
	assert_true(match("1 2 0:3 / /a\\040b\\011c\\012d\\134e\\043f rw - cgroup2 none "
			  "rw"));
	assert_string_equal(point, "/a b\tc\nd\\e#f");
	assert_true(match("1 2 0:3 / /\\377\\303\\244 rw - cgroup2 none rw"));
	assert_string_equal(point, "/\xff\xc3\xa4");
	/* An escaped backslash begins no escape. */
	assert_true(match("1 2 0:3 / /\\134040 rw - cgroup2 none rw"));
	assert_string_equal(point, "/\\040");
	/* No escapes: too short, not octal, beyond a byte. */
	assert_true(match("1 2 0:3 / /\\04 rw - cgroup2 none rw"));
	assert_string_equal(point, "/\\04");
	assert_true(match("1 2 0:3 / /\\048x rw - cgroup2 none rw"));
	assert_string_equal(point, "/\\048x");
	assert_true(match("1 2 0:3 / /\\400 rw - cgroup2 none rw"));
	assert_string_equal(point, "/\\400");
}

static void a_path_that_does_not_fit_is_none(void **state)
{
	char line[256];
	char path[80];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(point) - 1] = '\0'; /* fits with its NUL */
	snprintf(line, sizeof(line), "1 2 0:3 / %s rw - cgroup2 none rw", path);
	assert_true(match(line));
	assert_string_equal(point, path);
	path[sizeof(point) - 1] = 'x';
	path[sizeof(point)] = '\0';
	snprintf(line, sizeof(line), "1 2 0:3 / %s rw - cgroup2 none rw", path);
	assert_false(match(line));
	assert_string_equal(point, "untouched");
	/* It is the path's own length that counts. */
	path[sizeof(point) - 2] = '\0';
	snprintf(line, sizeof(line), "1 2 0:3 / %s\\040 rw - cgroup2 none rw", path);
	assert_true(match(line));
}

static void lines_that_make_no_sense_do_not_match(void **state)
{
	static const char whole_line[] = "1 2 0:3 / /a rw shared:1 - cgroup2 none rw";
	const size_t needed = strlen("1 2 0:3 / /a rw shared:1 - cgroup2");
	char line[sizeof(whole_line)];

	(void)state;
	for (size_t len = 0; len < needed; len++) {
		memcpy(line, whole_line, len);
		line[len] = '\0';
		assert_false(match(line));
	}
	assert_false(match("- cgroup2 none rw"));
	assert_false(match("\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mount_has_its_path_and_says_that_it_is_whole),
		cmocka_unit_test(optional_fields_may_be_none_or_many),
		cmocka_unit_test(a_part_of_it_is_told_from_the_whole),
		cmocka_unit_test(other_file_systems_do_not_match),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(a_path_that_does_not_fit_is_none),
		cmocka_unit_test(lines_that_make_no_sense_do_not_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
