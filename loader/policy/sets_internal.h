/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sets_internal.h - what the files of sets.h share.
 *
 * Why it exists: addresses are sets.c's, services are sets_service.c's; both keep
 * what they have expanded here.
 *
 * Who may include it: those two.
 */
#ifndef PINHOLE_POLICY_SETS_INTERNAL_H
#define PINHOLE_POLICY_SETS_INTERNAL_H

#include "policy/sets.h"
#include "util/arena.h"
#include "util/strmap.h"

/* The set of an object or a group; IPv4 first. */
struct known_addrs {
	const struct acl_prefix *items; /* NULL: not expanded yet */
	uint32_t n_v4;
	uint32_t n_v6;
};

struct known_services {
	const struct acl_service *items; /* NULL: likewise */
	uint32_t count;
};

struct policy_sets {
	const struct policy *policy;
	struct arena arena;
	struct known_addrs *objects;		/* as policy->objects */
	struct known_addrs *groups;		/* as policy->groups */
	struct known_services *object_services; /* as policy->objects */
	struct known_services *group_services;	/* as policy->groups */
	/* What lines with groups say: index into of_rules by its bytes, which are in
	 * the arena. */
	struct strmap rules;
	VEC(struct known_services) of_rules;
	uint32_t n_all; /* prefixes and services handed out so far */
};

/* Room for @count more. Return: 0 or -E2BIG. */
int policy_sets_reserve(struct policy_sets *sets, uint64_t count);

#endif /* PINHOLE_POLICY_SETS_INTERNAL_H */
