/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sets.h - names become sets: what an object, a group or a line stands for.
 *
 * Why it exists: the compiler of lists, that of translations and the analysis of a
 * policy must agree on it. Each object and group is expanded once, whoever uses it
 * and how often: lines that name one share the memory of its set.
 *
 * Who may include it: libpolicy, after the policy has been checked (no unknown names,
 * no circles, no deeper nesting than POLICY_MAX_DEPTH).
 */
#ifndef PINHOLE_POLICY_SETS_H
#define PINHOLE_POLICY_SETS_H

#include <pinhole/acl.h>

#include "policy/model.h"

struct policy_sets;

struct policy_addr_set {
	const struct acl_prefix *items; /* IPv4 first */
	uint32_t count;
};

struct policy_service_set {
	const struct acl_service *items;
	uint32_t count;
};

/* Owns what it hands out. Return: NULL if there is no memory. */
struct policy_sets *policy_sets_new(const struct policy *policy);
void policy_sets_free(struct policy_sets *sets);
/* Memory, zeroed, that lives as long. Return: NULL if there is none. */
void *policy_sets_alloc(struct policy_sets *sets, size_t bytes);

/*
 * Prefixes of an end of a line.
 * @family: of the packets that can match: of others there are none in the set. `any`
 * stands for it.
 * Return: 0; -E2BIG: more than POLICY_MAX_SET, or all of the policy are more than
 * POLICY_MAX_ALL_SETS; -ENOMEM. Equal names give equal pointers.
 */
int policy_addr_set(struct policy_sets *sets, const struct policy_addr *addr,
		    enum policy_family family, struct policy_addr_set *out);

/* Services of a line: its protocol, ports, ICMP types and groups; conditions (TCP flags,
 * fragments) are set in each. Return: as above. */
int policy_rule_services(struct policy_sets *sets, const struct policy_rule *rule,
			 struct policy_service_set *out);

/* Those of a service object or term alone, in which there are no groups. */
int policy_term_services(struct policy_sets *sets, const struct policy_service_term *term,
			 struct policy_service_set *out);

/* Prefixes or services of one set, and of all; of groups within groups. */
#define POLICY_MAX_SET	    (1u << 20)
#define POLICY_MAX_ALL_SETS (1u << 22)
#define POLICY_MAX_DEPTH    64

#endif /* PINHOLE_POLICY_SETS_H */
