/* SPDX-License-Identifier: GPL-2.0 */
/*
 * world.h - two gateways side by side and the namespace around them.
 *
 * Why it exists: the same frame must meet the same addresses, routes and
 * neighbours at both; only what filters differs. All namespaces are nameless
 * and the BPF file system is private, so everything ends with the process.
 *
 * Who may include it: the differential test.
 */
#ifndef PINHOLE_TESTS_DIFF_WORLD_H
#define PINHOLE_TESTS_DIFF_WORLD_H

#include <pinhole/firewall.h>

#include "tests/diff/frame.h"

/* Pinhole, and its peer. */
enum gateway { GATEWAY_A, GATEWAY_B, N_GATEWAYS };

struct world {
	const char *mode;  /* of fwctl apply */
	const char *fwctl; /* path of the program */
	const char *dir;   /* where policy.pix and gateway.nft are */
	int netns[N_GATEWAYS];
	int around;			  /* the namespace of the far ends */
	int ifindex[N_GATEWAYS][N_SIDES]; /* of the far ends */
	int conntrack_stat;		  /* of the peer; -1: the kernel has none */
	struct fw *fw;
};

/* Print what is wrong with the surroundings, and leave with status 2. */
__attribute__((noreturn, format(printf, 1, 2))) void world_bail(const char *format, ...);

/* A mount namespace with a BPF file system of its own; once per process. */
void world_enter(void);

/* Build all of it; afterwards the process is in the namespace around. */
void world_open(struct world *w, const char *mode);
void world_close(struct world *w);

/* The addresses of the gateways themselves. */
bool world_is_gateway(const struct addr *addr, bool v6);

#endif /* PINHOLE_TESTS_DIFF_WORLD_H */
