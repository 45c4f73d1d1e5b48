/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_top.h - what `fwctl top` makes of two readings of the counters. Pure.
 *
 * Why it exists: the kernel counts; people ask how fast. Rates are made here, and what
 * is busiest is found, without a firewall and without a terminal. How it looks is
 * format_top_frame.h's.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_TOP_H
#define FWCTL_FORMAT_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi.h>

#include "format.h"

/* ---- one reading ---------------------------------------------------------------- */

struct top_interface {
	char name[48];
	char device[16];
	bool present;
	struct if_counters counters;
};

/* Texts are the reader's, who keeps those of the last reading. */
struct top_line {
	uint64_t line_id;
	const char *list;
	const char *rule;
	uint32_t number;
	struct acl_counters counters;
};

struct top_drop {
	const char *reason;
	const char *help;
	struct packet_counters counters;
};

struct top_table {
	const char *name;
	uint32_t entries;
	uint32_t capacity;
};

struct top_session {
	const char *state;
	char client[FORMAT_ENDPOINT_BYTES];
	char server[FORMAT_ENDPOINT_BYTES];
	char user[64]; /* printable */
	uint32_t holes;
	uint32_t data_open;
	uint64_t age_sec;
};

struct top_sample {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	/* Which loading of the firewall: counters of another one are not these. */
	uint64_t identity;
	uint32_t generation;
	uint64_t connections; /* since it was loaded: promoted to established */
	uint64_t half_open;   /* first packets admitted */
	struct top_interface *interfaces;
	size_t n_interfaces;
	struct top_line *lines; /* in the order of their ids: top_sort_lines() */
	size_t n_lines;
	struct top_drop *drops; /* every reason, in the ABI's order */
	size_t n_drops;
	struct top_table *tables;
	size_t n_tables;
	struct top_session *sessions; /* the oldest first */
	size_t n_sessions;
};

void top_sort_lines(struct top_line *lines, size_t n);

/* ---- two readings --------------------------------------------------------------- */

enum top_sort { TOP_BY_RATE, TOP_BY_TOTAL, TOP_N_SORTS };

/* Per second; of what was counted since the earlier reading. */
struct top_interface_rates {
	double rx_packets, rx_bits, tx_packets, tx_bits, drops;
};

struct top_busy_line {
	const struct top_line *line;
	double hits, packets;
};

struct top_busy_drop {
	const struct top_drop *drop;
	double packets, bytes;
};

/* Refers to the later reading. */
struct top_view {
	const struct top_sample *sample;
	double interval_sec; /* 0: there is nothing to compare with, so no rates */
	double connections, half_open, drops;
	struct top_interface_rates *interfaces; /* as in the reading */
	struct top_busy_line *lines;		/* that counted anything; busiest first */
	size_t n_lines;
	struct top_busy_drop *drop_list; /* likewise */
	size_t n_drops;
	const struct top_table **tables; /* fullest first */
	size_t n_tables;
};

/*
 * Compare two readings. A counter that went back was cleared in between, and has
 * counted since what it shows.
 * @before: NULL: there is none. One of another loading counts as none.
 * @out: freed with top_view_free()
 * Return: 0 or -ENOMEM, with @out empty
 */
int top_compare(const struct top_sample *before, const struct top_sample *after,
		enum top_sort sort, struct top_view *out);
void top_view_free(struct top_view *view);

/* Parts of a thousand that are in use, rounded up; of a table without room 0. */
unsigned int top_fill_permille(const struct top_table *table);

/* "7", "0.5", "12.3k", "123M": at most 5 characters, three digits. Returns @out. */
#define FORMAT_TOP_NUMBER_BYTES 8
char *format_top_number(char out[FORMAT_TOP_NUMBER_BYTES], double number);

#endif /* FWCTL_FORMAT_TOP_H */
