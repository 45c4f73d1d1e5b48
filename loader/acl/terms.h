/* SPDX-License-Identifier: GPL-2.0 */
/*
 * terms.h - lines of one list and family, reduced, and the terms of those of them
 * that are expanded.
 *
 * Who may include it: terms.c, image.c.
 */
#ifndef PINHOLE_ACL_TERMS_H
#define PINHOLE_ACL_TERMS_H

#include "acl/internal.h"

/* A list's lines that can match packets of one family. */
struct acl_family_lines {
	struct acl_line *lines; /* sets reduced */
	size_t n;
	/* Sets that are not the caller's. */
	struct acl_prefix *prefixes;
	struct acl_service *services;
};

/* What lines become at one threshold. */
struct acl_expansion {
	struct acl_term *terms;
	size_t n_terms;
	struct acl_line *large; /* products that are not expanded */
	size_t n_large;
};

/* Whether a list is what acl.h says. */
bool acl_list_valid(const struct acl_list *list);

/* Return: 0 or -ENOMEM; either way, acl_family_lines_free(). */
int acl_family_lines_make(const struct acl_list *list, enum acl_family family,
			  struct acl_family_lines *lines);
void acl_family_lines_free(struct acl_family_lines *lines);

/* How many terms the lines have whose product is at most `threshold`. */
uint64_t acl_count_terms(const struct acl_family_lines *lines, uint64_t threshold,
			 size_t *n_large);

/* Expand them. Return: 0 or -ENOMEM; either way, acl_expansion_free(). */
int acl_expand(const struct acl_family_lines *lines, uint64_t threshold,
	       struct acl_expansion *expansion);
void acl_expansion_free(struct acl_expansion *expansion);

#endif /* PINHOLE_ACL_TERMS_H */
