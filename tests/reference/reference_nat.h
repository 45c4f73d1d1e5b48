/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reference_nat.h - which translation holds for a packet, read statement by statement.
 *
 * Every translation is one or two one-way maps: "the own end, behind real_if, is seen
 * from mapped_if as ..., if the peer is ...". The one of the source, and that of the
 * destination seen from the other side. What is asked of either is asked in real
 * addresses of the peer.
 *
 * Who may include it: tests.
 */
#ifndef TESTS_REFERENCE_REFERENCE_NAT_H
#define TESTS_REFERENCE_REFERENCE_NAT_H

#include "tests/reference/reference.h"

/* Of one end of a packet, and the other end, its peer. */
struct ref_ends {
	policy_ip own; /* real on the way out, mapped on the way in */
	policy_ip peer;
	uint16_t own_port;
	uint16_t peer_port;
	uint8_t proto;
};

struct ref_translation {
	size_t nat; /* index into policy->nats; REF_NO_LINE: none, nothing changes */
	bool of_destination; /* by its second map */
	bool one_way;
	size_t real_if; /* where the own end is; POLICY_ANY_IFACE: anywhere */
	policy_ip own;
	uint16_t own_port;
};

/* As what the end behind real_if is seen from mapped_if. */
struct ref_translation ref_translate_out(const struct policy *policy, size_t real_if,
					 size_t mapped_if, const struct ref_ends *ends);

/* Who is meant by an address that is seen from mapped_if. */
struct ref_translation ref_translate_in(const struct policy *policy, size_t mapped_if,
					const struct ref_ends *ends);

#endif /* TESTS_REFERENCE_REFERENCE_NAT_H */
