/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel.h - an image asked in the kernel: acl_proof.bpf.c loaded, fed and read.
 *
 * Who may include it: proof_main.c. It needs libbpf and root.
 */
#ifndef PINHOLE_TESTS_ACL_KERNEL_H
#define PINHOLE_TESTS_ACL_KERNEL_H

#include "tests/acl/oracle.h"

struct kernel;

/* What loading the walk takes. */
struct kernel_cost {
	uint32_t instructions; /* that the verifier walked */
	double load_ms;	       /* least of a few, with maps that take no time */
};

/*
 * Load the program, with maps of that size.
 * @room: elements of one generation
 * @limit_ms: loading is tried again, for a while, if it takes longer
 * Return: 0 or -errno; kernel_close() it.
 */
int kernel_open(const struct acl_limits *room, double limit_ms, struct kernel **kernel,
		struct kernel_cost *cost);
void kernel_close(struct kernel *kernel);

/*
 * Bring an image into one generation's half of the maps.
 * @slot: 0 or 1
 * Return: 0, or -ENOSPC if it is larger than the room
 */
int kernel_load_image(struct kernel *kernel, const struct acl_image *image,
		      unsigned int slot);

/*
 * Ask the image that was brought last.
 * @answers: n, as ask() gives them
 * Return: 0, -errno
 */
int kernel_ask(struct kernel *kernel, struct acl_root root, enum acl_family family,
	       const struct packet *packets, size_t n, uint32_t *answers);

#endif /* PINHOLE_TESTS_ACL_KERNEL_H */
