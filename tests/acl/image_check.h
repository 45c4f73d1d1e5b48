/* SPDX-License-Identifier: GPL-2.0 */
/*
 * image_check.h - whether an image is as abi_acl.h says, wherever a packet may lead.
 *
 * Why it exists: packets find only what they come by. This visits all that hangs
 * from a list's headers, so that no packet can be answered with ACL_BROKEN.
 *
 * Who may include it: tests.
 */
#ifndef PINHOLE_TESTS_ACL_IMAGE_CHECK_H
#define PINHOLE_TESTS_ACL_IMAGE_CHECK_H

#include <pinhole/acl.h>

/* What is wrong. */
struct image_fault {
	const char *what; /* static storage */
	uint64_t where;	  /* index of a word or rule, or a descriptor */
};

/*
 * Check all that list `list` of the image leads to.
 * Return: whether it is sound; *fault is filled in otherwise.
 */
bool image_check(const struct acl_image *image, size_t list, struct image_fault *fault);

#endif /* PINHOLE_TESTS_ACL_IMAGE_CHECK_H */
