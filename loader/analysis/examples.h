/* SPDX-License-Identifier: GPL-2.0 */
/*
 * examples.h - examples that look like packets of the network that a policy is for.
 *
 * Who may include it: loader/analysis.
 */
#ifndef PINHOLE_ANALYSIS_EXAMPLES_H
#define PINHOLE_ANALYSIS_EXAMPLES_H

#include <pinhole/analysis.h>

#include "analysis/space.h"

#define MAX_TASTES (PH_MAX_INTERFACES + 1)

enum taste_end { TASTE_SRC, TASTE_DST };

/* Starts as {0}; does not move. */
struct tastes {
	space_address addresses[ACL_N_FAMILIES][2][MAX_TASTES]; /* by family and end */
	uint32_t n[ACL_N_FAMILIES][2];
	struct point_taste taste[ACL_N_FAMILIES]; /* see tastes_settle() */
};

/* A neighbour of an interface; of one of level 0, which is the Internet, none. */
void tastes_add(struct tastes *tastes, enum taste_end end,
		const struct policy_image_iface *iface);
/* The interface itself. */
void tastes_add_own(struct tastes *tastes, const struct policy_image_iface *iface);
/* Behind them, hosts from elsewhere; taste is then what product_example() wants. */
void tastes_settle(struct tastes *tastes);

struct analysis_packet packet_of(enum acl_family family, const struct point *point);

#endif /* PINHOLE_ANALYSIS_EXAMPLES_H */
