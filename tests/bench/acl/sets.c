// SPDX-License-Identifier: GPL-2.0
/*
 * sets.c - making lists and compiling them. See sets.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sets.h"

#define SEED	       5 /* seed % 5 = 0: the generator's mixes as they are */
#define NSEC_PER_MSEC  1e6
#define BUILD_TRIES    3   /* the least of them is reported */
#define BUILD_TRY_MSEC 400 /* what takes longer is not tried again */

const char *set_kind_name(int kind)
{
	if (kind == BENCH_PAIRS)
		return "pairs";
	return kind == BENCH_NETS ? "nets" : gen_kind_name((enum gen_kind)kind);
}

bool set_is_disjoint(int kind)
{
	return kind == BENCH_PAIRS || kind == BENCH_NETS;
}

static int list_make(struct bench_set *set)
{
	int err = set_is_disjoint(set->kind)
			  ? disjoint_make(set->kind, set->n_lines, &set->lines)
			  : gen_set_make((enum gen_kind)set->kind, set->family,
					 set->n_lines, SEED, &set->lines);

	return err ? bench_fail("%s %u: %s", set_kind_name(set->kind), set->n_lines,
				strerror(-err))
		   : 0;
}

static int image_make(struct bench_set *set)
{
	struct acl_list list = {.lines = set->lines.lines, .n_lines = set->lines.n_lines};
	struct acl_refusal why = {0};

	for (int i = 0; i < BUILD_TRIES; i++) {
		double start = bench_now_ns(), ms;
		int err;

		acl_image_free(&set->image);
		memset(&set->image, 0, sizeof(set->image));
		err = acl_image_build(&list, 1, NULL, &set->image, &why);
		ms = (bench_now_ns() - start) / NSEC_PER_MSEC;
		if (!i || ms < set->build_ms)
			set->build_ms = ms;
		if (err == -E2BIG) {
			memset(&set->image, 0, sizeof(set->image));
			snprintf(set->refused, sizeof(set->refused),
				 "refused: %s: %llu, limit %llu",
				 why.what ? why.what : "?",
				 (unsigned long long)why.needed,
				 (unsigned long long)why.limit);
			return 0;
		}
		if (err)
			return bench_fail("%s %u: compiling: %s",
					  set_kind_name(set->kind), set->n_lines,
					  strerror(-err));
		if (ms > BUILD_TRY_MSEC)
			return 0;
	}
	return 0;
}

int set_make(struct bench_set *set, int kind, enum acl_family family, uint32_t n_lines,
	     uint32_t n_packets, bool worst)
{
	memset(set, 0, sizeof(*set));
	set->kind = kind;
	set->family = family;
	set->n_lines = n_lines;
	if (list_make(set) || image_make(set))
		return -1;
	if (set->refused[0])
		return 0;
	if (trace_make(set, TRACE_LINES, n_packets) ||
	    trace_make(set, TRACE_LOCAL, n_packets))
		return -1;
	return worst ? trace_make(set, TRACE_WORST, n_packets) : 0;
}

void set_free(struct bench_set *set)
{
	for (int i = 0; i < N_TRACES; i++)
		free(set->traces[i].keys);
	acl_image_free(&set->image);
	gen_set_free(&set->lines);
	memset(set, 0, sizeof(*set));
}
