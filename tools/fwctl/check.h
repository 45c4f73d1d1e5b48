/* SPDX-License-Identifier: GPL-2.0 */
/*
 * check.h - what `fwctl check` finds out, told by cmd_check.c and check_json.c.
 *
 * Who may include it: those two.
 */
#ifndef FWCTL_CHECK_H
#define FWCTL_CHECK_H

#include <pinhole/analysis.h>

#include "tools/fwctl/cmd_policy.h"

struct check {
	struct cmd_policy read;
	struct policy_image *image; /* NULL if the policy is wrong, and what follows */
	struct analysis_lines *lines;
	struct policy_report report;
};

/* How many translations there are: plain ones, and those with an order. */
static inline size_t check_translations(const struct policy_image *image)
{
	size_t n = image->n_nat_rules;

	for (size_t i = 0; i < image->n_nats; i++)
		n += image->nats[i].out_key.prefixlen != 0; /* else it only answers */
	return n;
}

/*
 * {"schema": "pinhole.check/1", ...} on standard output. Keys are never renamed or
 * removed within a schema number; new ones may appear.
 * Return: 0 or -ENOMEM.
 */
int check_print_json(const struct check *check);

#endif /* FWCTL_CHECK_H */
