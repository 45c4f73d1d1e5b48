/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_top_frame.h - `fwctl top` as rows of text, for a screen of any size. Pure.
 *
 * Why it exists: what is shown where there is little room is decided here, and tested
 * without a terminal; top_screen.c only puts it there.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_TOP_FRAME_H
#define FWCTL_FORMAT_TOP_FRAME_H

#include "format_top.h"

#define TOP_MAX_ROWS	200
#define TOP_MAX_COLUMNS 250

enum top_panel {
	TOP_ALL, /* something of each */
	TOP_INTERFACES,
	TOP_LINES,
	TOP_DROPS,
	TOP_FTP,
	TOP_TABLES,
	TOP_N_PANELS,
};

enum top_style {
	TOP_PLAIN,
	TOP_TITLE,
	TOP_HEADING,
	TOP_ALARM, /* look here */
	TOP_KEYS,
};

struct top_row {
	char text[TOP_MAX_COLUMNS + 1]; /* printable ASCII, one column a byte */
	enum top_style style;
};

struct top_frame {
	struct top_row rows[TOP_MAX_ROWS];
	size_t n_rows;
};

/* What the view does not know. */
struct top_screen {
	size_t rows; /* what is beyond TOP_MAX_ROWS and TOP_MAX_COLUMNS stays empty */
	size_t columns;
	enum top_panel panel;
	enum top_sort sort;
	double delay_sec;
	bool paused;
	bool keys;	  /* the last row tells the keys */
	const char *time; /* of day; NULL: not shown */
};

/* Never more rows than the screen has. */
void format_top_frame(struct top_frame *frame, const struct top_screen *screen,
		      const struct top_view *view);

/* Instead of a view: why there is none, and what to do, in lines as wide as the screen.
 * Texts may be empty. */
void format_top_message(struct top_frame *frame, const struct top_screen *screen,
			const char *what, const char *hint);

/* "rate", "total" */
const char *top_sort_name(enum top_sort sort);

#endif /* FWCTL_FORMAT_TOP_FRAME_H */
