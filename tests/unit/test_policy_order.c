// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_order.c - `access-list NAME line N`: the order that a device would have.
 */
#include "tests/unit/policy_test.h"
#include "util/strbuf.h"

#define N_LINES 60
#define N_TEXTS 40
#define BOUND	"access-group a in interface outside\n"

/* A sequence of numbers that is the same everywhere. */
static unsigned int draw(unsigned int *state, unsigned int below)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 8) % below;
}

/* Insert as a device does, one line at a time. @place: from 0 */
static void insert(int *lines, int n, int place, int line)
{
	if (place > n)
		place = n;
	memmove(&lines[place + 1], &lines[place], (size_t)(n - place) * sizeof(*lines));
	lines[place] = line;
}

static void check_text(unsigned int seed)
{
	struct strbuf text = {0}, expected = {0};
	char *given cleanup_free_ = NULL;
	char *wanted cleanup_free_ = NULL;
	char *got cleanup_free_ = NULL;
	int lines[N_LINES + 1];

	strbuf_puts(&text, TWO_IFACES);
	strbuf_puts(&expected, TWO_IFACES);
	for (int i = 0; i < N_LINES; i++) {
		int place = i;

		strbuf_puts(&text, "access-list a");
		if (draw(&seed, 3)) {
			place = (int)draw(&seed, (unsigned int)i + 3);
			strbuf_printf(&text, " line %d", place + 1);
		}
		insert(lines, i, place, i);
		strbuf_printf(&text, " remark %d\n", i);
	}
	strbuf_puts(&text, "access-list a permit ip any any\n" BOUND);
	for (int i = 0; i < N_LINES; i++)
		strbuf_printf(&expected, "access-list a remark %d\n", lines[i]);
	strbuf_puts(&expected, "access-list a extended permit ip any any\n" BOUND);
	assert_int_equal(strbuf_steal(&text, &given, NULL), 0);
	assert_int_equal(strbuf_steal(&expected, &wanted, NULL), 0);
	got = canonical(given);
	assert_string_equal(got, wanted);
}

static void test_lines_stand_where_they_were_inserted(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= N_TEXTS; seed++)
		check_text(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_stand_where_they_were_inserted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
