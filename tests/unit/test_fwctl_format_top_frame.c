// SPDX-License-Identifier: GPL-2.0
/*
 * How `fwctl top` looks: on a screen of 80 columns and 24 rows, and of any other size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_top_frame.h"

#define SEC 1000000000ull

#define KEYS \
	"q quit p pause s sort +/- delay  a all i interface l line d drop f ftp t table"

static struct top_interface interfaces[2][2] = {
	{{.name = "outside", .device = "eth0", .present = true},
	 {.name = "inside", .device = "eth1.4094", .present = true}},
	{{.name = "outside",
	  .device = "eth0",
	  .present = true,
	  .counters = {.rx_packets = 12345,
		       .rx_bytes = 1250000,
		       .tx_packets = 1,
		       .tx_bytes = 60,
		       .drop_packets = 3}},
	 {.name = "inside", .device = "eth1.4094"}},
};

static struct top_line line[2] = {
	{1,
	 "outside_in",
	 "extended permit tcp any host 203.0.113.10 eq ftp",
	 1,
	 {.hits = 0}},
	{1,
	 "outside_in",
	 "extended permit tcp any host 203.0.113.10 eq ftp",
	 1,
	 {.hits = 42, .packets = 1000}},
};

static struct top_drop drop[2] = {
	{"acl-deny", "a deny line matched", {0, 0}},
	{"acl-deny", "a deny line matched", {3, 180}},
};

static struct top_session session = {
	.state = "tls",
	.client = "198.51.100.10:40000",
	.server = "10.0.0.10:21",
	.user = "alice",
	.holes = 1,
	.data_open = 2,
	.age_sec = 3725,
};

static struct top_table tables[] = {{"conns", 42, 65536},
				    {"half_open", 950, 1000},
				    {"ftp_sessions", 1, 1024},
				    {"holes", 1, 8}};

static const struct top_screen small = {
	.rows = 24, .columns = 80, .delay_sec = 1, .keys = true, .time = "13:50:00"};

static struct top_sample sample(int at)
{
	return (struct top_sample){
		.time_ns = (unsigned int)(1 + at) * SEC,
		.generation = 3,
		.connections = at ? 7 : 0,
		.interfaces = interfaces[at],
		.n_interfaces = 2,
		.lines = &line[at],
		.n_lines = 1,
		.drops = &drop[at],
		.n_drops = 1,
		.sessions = &session,
		.n_sessions = 1,
		.tables = tables,
		.n_tables = 4,
	};
}

static void draw(struct top_frame *frame, const struct top_screen *screen)
{
	const struct top_sample before = sample(0), after = sample(1);
	struct top_view view;

	assert_int_equal(top_compare(&before, &after, screen->sort, &view), 0);
	format_top_frame(frame, screen, &view);
	top_view_free(&view);
}

static void expect(const struct top_frame *frame, const char *const *rows, size_t n)
{
	for (size_t i = 0; i < n && i < frame->n_rows; i++)
		assert_string_equal(frame->rows[i].text, rows[i]);
	assert_int_equal(frame->n_rows, n);
}

static void everything_fits_into_80_by_24(void **state)
{
	static const char *const rows[] = {
		"Pinhole  generation 3  every 1.0 s  by rate                             "
		"13:50:00",
		"Connections 42 (+7.0/s), half-open 950 (+0/s), FTP 1, holes 1, drops "
		"3.0/s",
		"INTERFACE        DEVICE         IN p/s IN bit/s  OUT p/s  OUT b/s DROP "
		"p/s",
		"outside          eth0            12.3k    10.0M      1.0      480      "
		"3.0",
		"inside           eth1.4094    device gone",
		"  HITS/s     HITS   PKTS/s  ACCESS LIST, LINE AND RULE",
		"      42       42    1.00k  outside_in 1 extended permit tcp any host "
		"203.0.113.",
		" DROPS/s    DROPS  BYTES/s  REASON",
		"     3.0        3      180  acl-deny: a deny line matched",
		"FTP           CLIENT               SERVER               DATA HOLES     "
		"AGE USER",
		"tls           198.51.100.10:40000  10.0.0.10:21            2     1 "
		"1:02:05 alice",
		"TABLE                   ENTRIES   CAPACITY    FILL",
		"half_open                   950       1000    95.0% "
		"[###################.]",
		"holes                         1          8    12.5% "
		"[##..................]",
		"conns                        42      65536     0.1% "
		"[....................]",
		"ftp_sessions                  1       1024     0.1% "
		"[....................]",
		"",
		"",
		"",
		"",
		"",
		"",
		"",
		KEYS,
	};
	struct top_frame *frame = calloc(1, sizeof(*frame));

	(void)state;
	draw(frame, &small);
	expect(frame, rows, sizeof(rows) / sizeof(rows[0]));
	assert_int_equal(frame->rows[0].style, TOP_TITLE);
	assert_int_equal(frame->rows[2].style, TOP_HEADING);
	assert_int_equal(frame->rows[3].style, TOP_PLAIN);
	assert_int_equal(frame->rows[4].style, TOP_ALARM);
	assert_int_equal(frame->rows[12].style, TOP_ALARM);
	assert_int_equal(frame->rows[23].style, TOP_KEYS);
	free(frame);
}

/* Whatever the size, nothing is beyond it: the sanitizers look on. */
static void no_screen_is_too_small_or_too_large(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 7, 10, 40, 79, 200, 251, 1000};
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);
	struct top_frame *frame = calloc(1, sizeof(*frame));

	(void)state;
	for (size_t i = 0; i < n * n * TOP_N_PANELS; i++) {
		struct top_screen screen = small;

		screen.panel = (enum top_panel)(i % TOP_N_PANELS);
		screen.rows = sizes[i / TOP_N_PANELS % n];
		screen.columns = sizes[i / TOP_N_PANELS / n];
		draw(frame, &screen);
		assert_true(frame->n_rows <= screen.rows);
		for (size_t row = 0; row < frame->n_rows; row++)
			assert_true(strlen(frame->rows[row].text) <= screen.columns);
		format_top_message(frame, &screen, "what has happened", "what to do");
		assert_true(frame->n_rows <= screen.rows);
	}
	free(frame);
}

/* 30 lines on 12 rows: each panel gets some, and what is left out is counted. */
static void panels_share_what_room_there_is(void **state)
{
	static const char *const rows[] = {
		"  HITS/s     HITS   PKTS/s  ACCESS LIST, LINE AND RULE",
		"       -       30        -  l 1 permit",
		"  and 29 more",
		" DROPS/s    DROPS  BYTES/s  REASON",
		"  nothing has been dropped",
	};
	struct top_frame *frame = calloc(1, sizeof(*frame));
	struct top_line many[30];
	struct top_sample after = {.lines = many, .n_lines = 30};
	struct top_screen screen = small;
	struct top_view view;

	(void)state;
	for (unsigned int i = 0; i < 30; i++)
		many[i] =
			(struct top_line){i + 1, "l", "permit", i + 1, {.hits = 30 - i}};
	screen.rows = 14;
	assert_int_equal(top_compare(NULL, &after, TOP_BY_RATE, &view), 0);
	format_top_frame(frame, &screen, &view);
	assert_int_equal(frame->n_rows, 14);
	assert_string_equal(frame->rows[13].text, KEYS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(frame->rows[4 + i].text, rows[i]);
	screen.panel = TOP_LINES;
	format_top_frame(frame, &screen, &view);
	assert_string_equal(frame->rows[2].text, rows[0]);
	assert_string_equal(frame->rows[11].text,
			    "       -       22        -  l 9 permit");
	assert_string_equal(frame->rows[12].text, "  and 21 more");
	top_view_free(&view);
	free(frame);
}

static void what_it_does_is_in_the_title(void **state)
{
	struct top_frame *frame = calloc(1, sizeof(*frame));
	struct top_screen screen = small;

	(void)state;
	screen.paused = true;
	screen.sort = TOP_BY_TOTAL;
	screen.delay_sec = 0.5;
	draw(frame, &screen);
	assert_string_equal(
		frame->rows[0].text,
		"Pinhole  generation 3  every 0.5 s  by total  PAUSED         "
		"           13:50:00");
	free(frame);
}

static void bytes_that_would_move_the_cursor_are_not_shown(void **state)
{
	struct top_frame *frame = calloc(1, sizeof(*frame));
	struct top_line bad = {1, "l", "permit \033[2J\xe9\t", 1, {.hits = 1}};
	struct top_sample after = {.lines = &bad, .n_lines = 1};
	struct top_screen screen = small;
	struct top_view view;

	(void)state;
	screen.panel = TOP_LINES;
	assert_int_equal(top_compare(NULL, &after, TOP_BY_RATE, &view), 0);
	format_top_frame(frame, &screen, &view);
	assert_string_equal(frame->rows[3].text,
			    "       -        1        -  l 1 permit ?[2J??");
	top_view_free(&view);
	free(frame);
}

static void without_a_firewall_it_says_what_to_do(void **state)
{
	struct top_frame *frame = calloc(1, sizeof(*frame));
	struct top_screen screen = small;

	(void)state;
	screen.rows = 8;
	screen.columns = 28;
	screen.time = NULL;
	format_top_message(frame, &screen, "nothing is in force",
			   "fwctl apply FILE puts a policy in force");
	assert_string_equal(frame->rows[2].text, "nothing is in force");
	assert_string_equal(frame->rows[3].text, "fwctl apply FILE puts a");
	assert_string_equal(frame->rows[4].text, "policy in force");
	assert_int_equal(frame->rows[2].style, TOP_ALARM);
	assert_int_equal(frame->n_rows, 8);
	free(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_fits_into_80_by_24),
		cmocka_unit_test(no_screen_is_too_small_or_too_large),
		cmocka_unit_test(panels_share_what_room_there_is),
		cmocka_unit_test(what_it_does_is_in_the_title),
		cmocka_unit_test(bytes_that_would_move_the_cursor_are_not_shown),
		cmocka_unit_test(without_a_firewall_it_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
