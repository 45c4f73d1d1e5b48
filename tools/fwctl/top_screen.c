// SPDX-License-Identifier: GPL-2.0
/*
 * top_screen.c - rows of text on a terminal, and keys. See top.h.
 *
 * Why it exists: the only user of ncurses.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ncurses.h>

#include "top.h"

static SCREEN *screen;
static volatile sig_atomic_t asked_to_end;

static const short colours[] = {
	[TOP_HEADING] = COLOR_CYAN,
	[TOP_ALARM] = COLOR_RED,
	[TOP_KEYS] = COLOR_GREEN,
};

static void ask_to_end(int signal)
{
	(void)signal;
	asked_to_end = 1;
}

/* So that the terminal is left as it was. ncurses leaves handlers alone that are set
 * before it starts. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = ask_to_end};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* no-color.org */
static bool wants_colours(void)
{
	const char *no_color = getenv("NO_COLOR");

	return has_colors() && !(no_color && *no_color);
}

int top_screen_open(void)
{
	catch_signals();
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return -EINVAL;
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	if (wants_colours() && start_color() == OK) {
		use_default_colors();
		for (short i = 0; i < (short)(sizeof(colours) / sizeof(colours[0])); i++)
			if (colours[i])
				init_pair(i, colours[i], -1);
	}
	return 0;
}

void top_screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

void top_screen_size(size_t *rows, size_t *columns)
{
	*rows = LINES > 0 ? (size_t)LINES : 0;
	*columns = COLS > 0 ? (size_t)COLS : 0;
}

static attr_t attributes_of(enum top_style style)
{
	switch (style) {
	case TOP_TITLE:
		return A_REVERSE;
	case TOP_HEADING:
	case TOP_ALARM:
		return A_BOLD;
	default:
		return A_NORMAL;
	}
}

void top_screen_draw(const struct top_frame *frame)
{
	erase();
	for (size_t i = 0; i < frame->n_rows; i++) {
		const struct top_row *row = &frame->rows[i];
		bool coloured = row->style < sizeof(colours) / sizeof(colours[0]) &&
				colours[row->style] && wants_colours();

		attr_set(attributes_of(row->style),
			 coloured ? (short)row->style : (short)0, NULL);
		mvaddnstr((int)i, 0, row->text, COLS);
	}
	attr_set(A_NORMAL, 0, NULL);
	refresh();
}

int top_screen_key(int timeout_ms)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	int ready = asked_to_end ? 0 : poll(&input, 1, timeout_ms);
	int key;

	if (asked_to_end || (ready < 0 && errno != EINTR))
		return TOP_KEY_END;
	key = getch(); /* also when interrupted: the size may have changed */
	if (key == KEY_RESIZE)
		return TOP_KEY_NONE;
	if (key != ERR)
		return key;
	/* Something is there, and it is not a key. */
	return ready > 0 ? TOP_KEY_END : TOP_KEY_NONE;
}
