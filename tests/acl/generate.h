/* SPDX-License-Identifier: GPL-2.0 */
/*
 * generate.h - access lists of any size, made from a seed.
 *
 * Why it exists: the promises about large lists are about lists that nobody can
 * keep in a repository. Those of acl, fw and ipc look like what such lists look
 * like in the field (in the manner of ClassBench, Taylor and Turner 2007: mixes of
 * prefix lengths and port classes, nested and shared prefixes); the others are made
 * to hurt.
 *
 * Who may include it: tests and benchmarks.
 */
#ifndef PINHOLE_TESTS_ACL_GENERATE_H
#define PINHOLE_TESTS_ACL_GENERATE_H

#include <stdio.h>

#include <pinhole/acl.h>

enum gen_kind {
	GEN_ACL, /* long destination prefixes, exact destination ports */
	GEN_FW,	 /* wildcards, ranges of source ports */
	GEN_IPC, /* between them */
	GEN_N_REALISTIC,
	GEN_NESTED = GEN_N_REALISTIC, /* all pairs of prefix lengths, along one address */
	GEN_UNIFORM,		      /* prefixes without any structure */
	GEN_CROSS,		      /* narrow to any, and any to narrow */
	GEN_PRODUCTS,		      /* object groups: sets on all sides */
	GEN_RANGES,	/* few pairs of addresses, overlapping ranges of ports */
	GEN_PORTS,	/* lines that are equal but for their ports */
	GEN_HOSTS,	/* host to host */
	GEN_ANY,	/* any to any with ports, ICMP types, protocols */
	GEN_CONDITIONS, /* fragments, TCP flags, established */
	GEN_DENSE,	/* few bits, few ports: everything overlaps everything */
	GEN_PROTOCOLS,	/* all protocols, each with few ports */
	GEN_N_KINDS,
};

/* A list and all that it points to; gen_set_free() it. */
struct gen_set {
	struct acl_line *lines; /* numbered from 0 */
	size_t n_lines;
	struct acl_prefix *prefixes;
	struct acl_service *services;
	enum acl_family family;
};

/*
 * Make a list. Equal arguments give equal lists, on every machine.
 * @n_lines: 1..ACL_MAX_LINES
 * @seed: of acl, fw and ipc, seed % 5 selects the variant of the mix
 * Return: 0, -ENOMEM, -EINVAL. *out is set on success only.
 */
int gen_set_make(enum gen_kind kind, enum acl_family family, size_t n_lines,
		 uint64_t seed, struct gen_set *out);
void gen_set_free(struct gen_set *set);

/* "acl", "fw", ... */
const char *gen_kind_name(enum gen_kind kind);

/* Return: the kind of this name, or -1. */
int gen_kind_by_name(const char *name);

/* Print the list as statements `access-list NAME ...`, a product as one line for each
 * of its members. */
void gen_set_print(const struct gen_set *set, const char *name, FILE *out);

#endif /* PINHOLE_TESTS_ACL_GENERATE_H */
