// SPDX-License-Identifier: GPL-2.0
/* format_top_frame.c - `fwctl top` as rows of text. See format_top_frame.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <pinhole/abi_ftp.h>

#include "format_top_frame.h"

/* Of a table; what is fuller is pointed out. */
#define ALARM_PERMILLE 900
#define BAR_COLUMNS    20

struct drawing {
	struct top_frame *frame;
	const struct top_screen *screen;
	const struct top_view *view;
	size_t limit; /* rows that may be used */
};

const char *top_sort_name(enum top_sort sort)
{
	return sort == TOP_BY_TOTAL ? "total" : "rate";
}

/* ---- rows -------------------------------------------------------------------------- */

static size_t columns_of(const struct drawing *to)
{
	size_t columns = to->screen->columns;

	return columns < TOP_MAX_COLUMNS ? columns : TOP_MAX_COLUMNS;
}

static __attribute__((format(printf, 3, 4))) void
put(struct drawing *to, enum top_style style, const char *format, ...)
{
	struct top_row *row = &to->frame->rows[to->frame->n_rows];
	va_list args;

	if (to->frame->n_rows >= to->limit)
		return;
	va_start(args, format);
	vsnprintf(row->text, sizeof(row->text), format, args);
	va_end(args);
	row->text[columns_of(to)] = '\0';
	for (char *at = row->text; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	row->style = style;
	to->frame->n_rows++;
}

/* The second text ends where the row ends, if there is room for both. */
static void put_both(struct drawing *to, enum top_style style, const char *left,
		     const char *right)
{
	size_t columns = columns_of(to);
	size_t used = strlen(left) + strlen(right);

	if (used + 1 > columns)
		put(to, style, "%s", left);
	else
		put(to, style, "%s%*s%s", left, (int)(columns - used), "", right);
}

struct number {
	char text[FORMAT_TOP_NUMBER_BYTES];
};

/* A rate; "-" as long as there is none. */
static struct number rate_of(const struct drawing *to, double value)
{
	struct number out = {"-"};

	if (to->view->interval_sec > 0)
		format_top_number(out.text, value);
	return out;
}

static struct number total_of(uint64_t value)
{
	struct number out = {""};

	if (value < 1000)
		snprintf(out.text, sizeof(out.text), "%u", (unsigned int)value);
	else
		format_top_number(out.text, (double)value);
	return out;
}

/* ---- what is above --------------------------------------------------------------------
 */

static void put_title(struct drawing *to)
{
	const struct top_screen *screen = to->screen;
	char left[TOP_MAX_COLUMNS];
	char generation[32] = "";

	if (to->view)
		snprintf(generation, sizeof(generation), "  generation %u",
			 to->view->sample->generation);
	snprintf(left, sizeof(left), "Pinhole%s  every %.1f s  by %s%s", generation,
		 screen->delay_sec, top_sort_name(screen->sort),
		 screen->paused ? "  PAUSED" : "");
	put_both(to, TOP_TITLE, left, screen->time ? screen->time : "");
}

static uint32_t entries_of(const struct top_sample *sample, const char *table)
{
	for (size_t i = 0; i < sample->n_tables; i++)
		if (!strcmp(sample->tables[i].name, table))
			return sample->tables[i].entries;
	return 0;
}

/* " (+12/s)" */
struct growth {
	char text[FORMAT_TOP_NUMBER_BYTES + 8];
};

static struct growth growth_of(const struct drawing *to, double value)
{
	struct growth out = {""};
	char number[FORMAT_TOP_NUMBER_BYTES];

	if (to->view->interval_sec > 0)
		snprintf(out.text, sizeof(out.text), " (+%s/s)",
			 format_top_number(number, value));
	return out;
}

static void put_summary(struct drawing *to)
{
	const struct top_sample *sample = to->view->sample;

	put(to, TOP_PLAIN,
	    "Connections %u%s, half-open %u%s, FTP %u, holes %u, drops %s/s",
	    entries_of(sample, PH_MAP_CONNS), growth_of(to, to->view->connections).text,
	    entries_of(sample, PH_MAP_HALF_OPEN), growth_of(to, to->view->half_open).text,
	    entries_of(sample, PH_MAP_FTP), entries_of(sample, PH_MAP_HOLES),
	    rate_of(to, to->view->drops).text);
}

/* ---- panels: a heading, and rows ------------------------------------------------------
 */

static void interface_heading(struct drawing *to)
{
	put(to, TOP_HEADING, "%-16s %-12s %8s %8s %8s %8s %8s", "INTERFACE", "DEVICE",
	    "IN p/s", "IN bit/s", "OUT p/s", "OUT b/s", "DROP p/s");
}

static void interface_row(struct drawing *to, size_t i)
{
	const struct top_interface *interface = &to->view->sample->interfaces[i];
	const struct top_interface_rates *rates = &to->view->interfaces[i];

	if (!interface->present) {
		put(to, TOP_ALARM, "%-16.16s %-12.12s device gone", interface->name,
		    interface->device);
		return;
	}
	put(to, TOP_PLAIN, "%-16.16s %-12.12s %8s %8s %8s %8s %8s", interface->name,
	    interface->device, rate_of(to, rates->rx_packets).text,
	    rate_of(to, rates->rx_bits).text, rate_of(to, rates->tx_packets).text,
	    rate_of(to, rates->tx_bits).text, rate_of(to, rates->drops).text);
}

static void line_heading(struct drawing *to)
{
	put(to, TOP_HEADING, "%8s %8s %8s  %s", "HITS/s", "HITS", "PKTS/s",
	    "ACCESS LIST, LINE AND RULE");
}

static void line_row(struct drawing *to, size_t i)
{
	const struct top_busy_line *busy = &to->view->lines[i];

	put(to, TOP_PLAIN, "%8s %8s %8s  %s %u %s", rate_of(to, busy->hits).text,
	    total_of(busy->line->counters.hits).text, rate_of(to, busy->packets).text,
	    busy->line->list, busy->line->number, busy->line->rule);
}

static void drop_heading(struct drawing *to)
{
	put(to, TOP_HEADING, "%8s %8s %8s  %s", "DROPS/s", "DROPS", "BYTES/s", "REASON");
}

static void drop_row(struct drawing *to, size_t i)
{
	const struct top_busy_drop *busy = &to->view->drop_list[i];

	put(to, TOP_PLAIN, "%8s %8s %8s  %s: %s", rate_of(to, busy->packets).text,
	    total_of(busy->drop->counters.packets).text, rate_of(to, busy->bytes).text,
	    busy->drop->reason, busy->drop->help);
}

/* Of one end of a session; its endpoint may be up to 47 characters long. */
static int end_columns(const struct drawing *to)
{
	size_t columns = columns_of(to);

	if (columns < 82)
		return 20;
	return columns - 42 > 94 ? 47 : (int)(columns - 42) / 2;
}

static void session_heading(struct drawing *to)
{
	int width = end_columns(to);

	put(to, TOP_HEADING, "%-13s %-*s %-*s %4s %5s %7s %s", "FTP", width, "CLIENT",
	    width, "SERVER", "DATA", "HOLES", "AGE", "USER");
}

static void session_row(struct drawing *to, size_t i)
{
	const struct top_session *session = &to->view->sample->sessions[i];
	int width = end_columns(to);
	char age[FORMAT_TIME_BYTES];

	put(to, TOP_PLAIN, "%-13.13s %-*.*s %-*.*s %4u %5u %7s %s", session->state, width,
	    width, session->client, width, width, session->server, session->data_open,
	    session->holes, format_time(age, session->age_sec), session->user);
}

static void table_heading(struct drawing *to)
{
	put(to, TOP_HEADING, "%-20s %10s %10s %7s", "TABLE", "ENTRIES", "CAPACITY",
	    "FILL");
}

static void table_row(struct drawing *to, size_t i)
{
	const struct top_table *table = to->view->tables[i];
	unsigned int permille = top_fill_permille(table);
	unsigned int full = permille > 1000 ? 1000 : permille;
	char bar[BAR_COLUMNS + 1];

	memset(bar, '.', BAR_COLUMNS);
	memset(bar, '#', full * BAR_COLUMNS / 1000);
	bar[BAR_COLUMNS] = '\0';
	put(to, permille >= ALARM_PERMILLE ? TOP_ALARM : TOP_PLAIN,
	    "%-20.20s %10u %10u %5u.%u%% [%s]", table->name, table->entries,
	    table->capacity, permille / 10, permille % 10, bar);
}

static const struct panel {
	void (*heading)(struct drawing *to);
	void (*row)(struct drawing *to, size_t i);
	const char *none;
} panels[TOP_N_PANELS] = {
	[TOP_INTERFACES] = {interface_heading, interface_row, "no interface"},
	[TOP_LINES] = {line_heading, line_row, "no line has been met"},
	[TOP_DROPS] = {drop_heading, drop_row, "nothing has been dropped"},
	[TOP_FTP] = {session_heading, session_row, "no FTP session"},
	[TOP_TABLES] = {table_heading, table_row, "no table"},
};

static size_t rows_of(const struct top_view *view, enum top_panel panel)
{
	switch (panel) {
	case TOP_INTERFACES:
		return view->sample->n_interfaces;
	case TOP_LINES:
		return view->n_lines;
	case TOP_DROPS:
		return view->n_drops;
	case TOP_FTP:
		return view->sample->n_sessions;
	case TOP_TABLES:
		return view->n_tables;
	default:
		return 0;
	}
}

/* @room: rows for it, with its heading. What there is no room for is counted. */
static void put_panel(struct drawing *to, enum top_panel which, size_t room)
{
	const struct panel *panel = &panels[which];
	size_t n = rows_of(to->view, which);
	size_t shown = room ? room - 1 : 0;

	if (!room)
		return;
	panel->heading(to);
	if (!n) {
		if (shown)
			put(to, TOP_PLAIN, "  %s", panel->none);
		return;
	}
	if (shown > n)
		shown = n;
	else if (shown && shown < n)
		shown--;
	for (size_t i = 0; i < shown; i++)
		panel->row(to, i);
	if (shown < n && room > 1)
		put(to, TOP_PLAIN, "  and %zu more", n - shown);
}

/* ---- the screen
 * ------------------------------------------------------------------------- */

/* All get what they want in turns, a row each, until there is no room. */
static void put_all(struct drawing *to, size_t room)
{
	size_t wanted[TOP_N_PANELS] = {0};
	size_t given[TOP_N_PANELS] = {0};
	bool some = true;

	for (enum top_panel i = TOP_INTERFACES; i < TOP_N_PANELS; i++) {
		size_t n = rows_of(to->view, i);

		wanted[i] = n ? n + 1 : 2;
	}
	while (room && some) {
		some = false;
		for (enum top_panel i = TOP_INTERFACES; i < TOP_N_PANELS && room; i++) {
			if (given[i] == wanted[i])
				continue;
			given[i]++;
			room--;
			some = true;
		}
	}
	for (enum top_panel i = TOP_INTERFACES; i < TOP_N_PANELS; i++)
		put_panel(to, i, given[i]);
}

static struct drawing begin(struct top_frame *frame, const struct top_screen *screen,
			    const struct top_view *view)
{
	size_t rows = screen->rows < TOP_MAX_ROWS ? screen->rows : TOP_MAX_ROWS;

	frame->n_rows = 0;
	/* The keys have the last row, unless that is the only one. */
	return (struct drawing){frame, screen, view,
				rows > 1 && screen->keys ? rows - 1 : rows};
}

static void put_keys(struct drawing *to)
{
	size_t last = to->limit;

	if (!to->screen->keys || to->screen->rows < 2)
		return;
	while (to->frame->n_rows < last)
		put(to, TOP_PLAIN, "%s", "");
	to->limit++;
	put(to, TOP_KEYS,
	    "q quit p pause s sort +/- delay  a all i interface l line d drop f ftp t "
	    "table");
}

void format_top_frame(struct top_frame *frame, const struct top_screen *screen,
		      const struct top_view *view)
{
	struct drawing to = begin(frame, screen, view);
	size_t room;

	put_title(&to);
	put_summary(&to);
	room = to.limit - frame->n_rows;
	if (screen->panel == TOP_ALL)
		put_all(&to, room);
	else
		put_panel(&to, screen->panel, room);
	put_keys(&to);
}

/* Broken at blanks. */
static void put_wrapped(struct drawing *to, enum top_style style, const char *text)
{
	size_t columns = columns_of(to);

	while (*text && columns) {
		size_t len = strlen(text);

		if (len > columns) {
			len = columns;
			while (len && text[len] != ' ')
				len--;
			if (!len)
				len = columns;
		}
		put(to, style, "%.*s", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

void format_top_message(struct top_frame *frame, const struct top_screen *screen,
			const char *what, const char *hint)
{
	struct drawing to = begin(frame, screen, NULL);

	put_title(&to);
	put(&to, TOP_PLAIN, "%s", "");
	put_wrapped(&to, TOP_ALARM, what);
	put_wrapped(&to, TOP_PLAIN, hint);
	put_keys(&to);
}
