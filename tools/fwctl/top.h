/* SPDX-License-Identifier: GPL-2.0 */
/*
 * top.h - the parts of `fwctl top`: readings, the terminal, JSON.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_TOP_H
#define FWCTL_TOP_H

#include "cmd.h"
#include "format_top.h"
#include "format_top_frame.h"

/* ---- readings (top_read.c) --------------------------------------------------------- */

/* Keeps the last two readings, and the policy that the later one speaks of. */
struct top_reader {
	const char *pin_dir;
	struct top_sample samples[2];
	size_t n; /* that are there; the last one is samples[n - 1] */
	struct policy_image *image;
	uint64_t image_identity;
	uint32_t image_generation;
	/* Counting what is in large tables takes long: not done every time then. */
	struct fw_table_fill tables[FW_N_TABLES];
	uint64_t tables_due_ns;
	uint64_t tables_identity;
};

/*
 * Read what is in force now. Opened anew each time: it may have been unloaded, and
 * another loaded, since.
 * Return: 0, or -errno with @error filled and no reading kept
 */
int top_read(struct top_reader *reader, struct fw_error *error);
void top_reader_free(struct top_reader *reader);

/* 0, or -ENOMEM. @reader has one reading at least. */
int top_reader_compare(const struct top_reader *reader, enum top_sort sort,
		       struct top_view *out);

uint64_t top_now_ns(void); /* CLOCK_MONOTONIC; of cmd_top.c */

/* ---- the terminal (top_screen.c) ----------------------------------------------------
 */

/* Beside characters. */
enum top_key { TOP_KEY_NONE = -1, TOP_KEY_END = -2 };

/* Return: 0, or -EINVAL: the terminal ($TERM) is not known, or cannot move its cursor. */
int top_screen_open(void);
void top_screen_close(void);
void top_screen_size(size_t *rows, size_t *columns);
void top_screen_draw(const struct top_frame *frame);

/*
 * Wait for a key.
 * @timeout_ms: -1: for ever
 * Return: a character; TOP_KEY_NONE: time is up, or the size has changed; TOP_KEY_END:
 * a signal asks to end, or the terminal is gone.
 */
int top_screen_key(int timeout_ms);

/* ---- JSON (top_json.c) ----------------------------------------------------------------
 */

/* At most so many access-list lines. */
#define TOP_JSON_LINES 100

/* Return: 0, -ENOMEM, -EIO */
int top_print_json(const struct top_view *view);

#endif /* FWCTL_TOP_H */
