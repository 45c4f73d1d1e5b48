/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl.h - the compiler of access lists: lines in, image out.
 *
 * Why it exists: the image (abi_acl.h) answers in nearly constant time, from ten
 * lines to a hundred thousand. Making one is pure computation, so it is done
 * here without a kernel, and tested without one.
 *
 * Who may include it: libpolicy, libfirewall, tests. Nothing here knows what
 * policies look like, does input or output, or keeps state. Equal lists give
 * equal images, byte for byte, whatever was compiled before.
 *
 * The structure is tuple space search (Srinivasan, Suri, Varghese 1999) with few,
 * merged tables (cf. TupleMerge, Daly et al. 2019), pruned by bitmap tries (cf.
 * Lakshman and Stiliadis 1998), its crowded slots cut into trees (cf. HyperCuts,
 * Singh et al. 2003).
 */
#ifndef PINHOLE_ACL_ACL_H
#define PINHOLE_ACL_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi_acl.h>

enum acl_family { ACL_IPV4, ACL_IPV6, ACL_N_FAMILIES };

/* Addresses that share their first len bits; the others are zero. */
struct acl_prefix {
	uint64_t high;	/* IPv6: upper half, host order; IPv4: 0 */
	uint64_t low;	/* IPv6: lower half; IPv4: the address, host order */
	uint8_t len;	/* 0..32 or 0..128 */
	uint8_t family; /* enum acl_family */
	uint8_t pad[6];
};

/* What a line says about protocols and ports. ICMP: the destination port is type
 * << 8 | code. */
struct acl_service {
	uint16_t src_port_low; /* inclusive */
	uint16_t src_port_high;
	uint16_t dst_port_low;
	uint16_t dst_port_high;
	uint8_t proto;
	bool any_proto; /* then every port */
	uint16_t cond;	/* ACL_COND_* but for ACL_COND_PORTS, which is derived */
};

/*
 * A line matches what matches one of src, one of dst (of the same family) and one
 * of services: the product of three sets. The sets are the caller's, may be shared
 * by lines, in any order and overlapping; an empty one matches nothing.
 */
struct acl_line {
	const struct acl_prefix *src;
	const struct acl_prefix *dst;
	const struct acl_service *services;
	uint32_t n_src;
	uint32_t n_dst;
	uint32_t n_services;
	uint32_t number; /* ascending within a list, below ACL_MAX_LINES */
	bool permit;
	uint8_t pad[7];
};

struct acl_list {
	const struct acl_line *lines;
	size_t n_lines;
};

/* What an image must fit in; of no member more than abi_acl.h has room for. */
struct acl_limits {
	size_t words;
	size_t rules4;
	size_t rules6;
};

/* Of one header: figures for people, and for the tests of the bounds. */
struct acl_figures {
	uint32_t rules; /* in leaves */
	uint32_t tables;
	uint32_t trie_steps; /* deepest of both tries */
	uint32_t tree_steps; /* deepest of all trees */
	uint32_t leaf;	     /* largest */
	uint32_t class_steps;
	uint32_t classes; /* pairs of groups of classes, of all lines; 0: none */
	/* The worst lookup that the image permits: tables probed, tree nodes read
	 * and rules compared, each summed over what one packet can meet. */
	uint32_t worst_probes;
	uint32_t worst_nodes;
	uint32_t worst_rules;
};

/* An image; acl_image_free() it. */
struct acl_image {
	uint64_t *words;
	struct acl_rule4 *rules4;
	struct acl_rule6 *rules6;
	size_t n_words;
	size_t n_rules4;
	size_t n_rules6;
	struct acl_root *roots;			       /* by list */
	struct acl_figures (*figures)[ACL_N_FAMILIES]; /* by list */
	size_t n_lists;
};

/* Why a list was refused. */
struct acl_refusal {
	size_t list;	  /* index of the list */
	const char *what; /* e.g. "rules in one leaf"; static storage */
	uint64_t needed;
	uint64_t limit;
};

/*
 * Compile lists into one image.
 * @limits: NULL: abi_acl.h's alone
 * @why: filled on -E2BIG
 * Return: 0; -E2BIG: a bound or limit cannot be kept, whatever is tried; -EINVAL:
 * a line breaks what is said above; -ENOMEM. *out is set on success only.
 */
int acl_image_build(const struct acl_list *lists, size_t n_lists,
		    const struct acl_limits *limits, struct acl_image *out,
		    struct acl_refusal *why);
void acl_image_free(struct acl_image *image);

/* The image's memory once it is loaded, one generation, without counters. */
size_t acl_image_bytes(const struct acl_image *image);

#endif /* PINHOLE_ACL_ACL_H */
