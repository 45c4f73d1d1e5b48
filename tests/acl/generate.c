// SPDX-License-Identifier: GPL-2.0
/*
 * generate.c - a list of any kind; the names of the kinds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/acl/draw.h"

static const char *const names[GEN_N_KINDS] = {
	[GEN_ACL] = "acl",	     [GEN_FW] = "fw",
	[GEN_IPC] = "ipc",	     [GEN_NESTED] = "nested",
	[GEN_UNIFORM] = "uniform",   [GEN_CROSS] = "cross",
	[GEN_PRODUCTS] = "products", [GEN_RANGES] = "ranges",
	[GEN_PORTS] = "ports",	     [GEN_HOSTS] = "hosts",
	[GEN_ANY] = "any",	     [GEN_CONDITIONS] = "conditions",
	[GEN_DENSE] = "dense",	     [GEN_PROTOCOLS] = "protocols",
};

int gen_set_make(enum gen_kind kind, enum acl_family family, size_t n_lines,
		 uint64_t seed, struct gen_set *out)
{
	struct gen_set set = {0};
	int err;

	if (kind < 0 || kind >= GEN_N_KINDS || family >= ACL_N_FAMILIES || !n_lines ||
	    n_lines > ACL_MAX_LINES)
		return -EINVAL;
	err = kind < GEN_N_REALISTIC ? gen_realistic(&set, kind, family, n_lines, seed)
				     : gen_adversarial(&set, kind, family, n_lines, seed);
	if (err) {
		gen_set_free(&set);
		return err;
	}
	*out = set;
	return 0;
}

void gen_set_free(struct gen_set *set)
{
	free(set->lines);
	free(set->prefixes);
	free(set->services);
	*set = (struct gen_set){0};
}

const char *gen_kind_name(enum gen_kind kind)
{
	return names[kind];
}

int gen_kind_by_name(const char *name)
{
	for (int kind = 0; kind < GEN_N_KINDS; kind++)
		if (!strcmp(name, names[kind]))
			return kind;
	return -1;
}
