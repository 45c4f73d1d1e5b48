// SPDX-License-Identifier: GPL-2.0
/*
 * print_main.c - print KIND 4|6 LINES SEED [NAME]: a list of generate.h as the
 * statements of a policy.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/acl/generate.h"

int main(int argc, char **argv)
{
	enum acl_family family;
	struct gen_set set;
	int kind, err;

	if (argc < 5 || argc > 6) {
		fprintf(stderr, "usage: %s KIND 4|6 LINES SEED [NAME]\n", argv[0]);
		return 2;
	}
	kind = gen_kind_by_name(argv[1]);
	if (kind < 0) {
		fprintf(stderr, "%s: no kind '%s'\n", argv[0], argv[1]);
		return 2;
	}
	family = strcmp(argv[2], "6") ? ACL_IPV4 : ACL_IPV6;
	err = gen_set_make((enum gen_kind)kind, family, strtoul(argv[3], NULL, 10),
			   strtoull(argv[4], NULL, 10), &set);
	if (!err) {
		gen_set_print(&set, argc > 5 ? argv[5] : "generated", stdout);
		gen_set_free(&set);
	}
	if (err)
		fprintf(stderr, "%s: %s\n", argv[0], strerror(-err));
	return err ? 1 : 0;
}
