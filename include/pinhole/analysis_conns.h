/* SPDX-License-Identifier: GPL-2.0 */
/*
 * analysis_conns.h - which connections a policy would end, that are there now.
 *
 * Why it exists: whoever is about to apply a policy wants to know how many will notice.
 * The datapath judges a connection again on its next packet (bpf/judge.h); what is here
 * says natively, and beforehand, what it will say.
 *
 * Who may include it: the tools, the tests. Pure, as policy.h is.
 */
#ifndef PINHOLE_ANALYSIS_CONNS_H
#define PINHOLE_ANALYSIS_CONNS_H

#include <pinhole/policy.h>

struct analysis_conns;

/*
 * @image: from policy_compile(); borrowed
 * @ifindexes: of each interface of the image, the device that has its addresses; 0: it
 * has none. Copied
 * Return: 0 or -ENOMEM. Free with analysis_conns_free().
 */
int analysis_conns_new(const struct policy_image *image, const uint32_t *ifindexes,
		       struct analysis_conns **out);
void analysis_conns_free(struct analysis_conns *conns);

/* Judge an established connection. 0 or -ENOMEM. */
int analysis_conns_add(struct analysis_conns *conns, const struct flow_key *key,
		       const struct conn *conn);

struct analysis_conns_count {
	uint64_t total;
	uint64_t ended; /* that the policy does not permit */
};

/* Of all that were added. Data connections fall with their control connection, so they
 * are counted only here. */
void analysis_conns_count(struct analysis_conns *conns, struct analysis_conns_count *out);

#endif /* PINHOLE_ANALYSIS_CONNS_H */
