/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reference.h - what a policy says of a packet, read line by line as a person does.
 *
 * Why it exists: whatever makes policies fast may have misunderstood them. This
 * evaluator asks every line in turn and every member of every group, and shares
 * nothing with what it judges but the model that the parser leaves.
 *
 * Who may include it: tests.
 */
#ifndef TESTS_REFERENCE_REFERENCE_H
#define TESTS_REFERENCE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/model.h"

/* As access lists see it: host order, IPv4 as v4-mapped IPv6. */
struct ref_packet {
	policy_ip src;
	policy_ip dst;
	uint16_t src_port; /* TCP and UDP; else 0 */
	uint16_t dst_port;
	uint8_t proto;
	uint8_t icmp_type; /* ICMP of its family; else 0 */
	uint8_t icmp_code;
	uint8_t tcp_flags;   /* TCP; else 0 */
	bool later_fragment; /* then only addresses and protocol are known */
};

#define REF_NO_LINE SIZE_MAX

struct ref_decision {
	size_t line; /* index into the list's rules; REF_NO_LINE: the implicit deny */
	bool permit;
};

static inline bool ref_is_v4(const struct ref_packet *packet)
{
	return policy_ip_is_v4(packet->dst);
}

/* The first line that matches. */
struct ref_decision ref_decide(const struct policy *policy,
			       const struct policy_list *list,
			       const struct ref_packet *packet);

/* Whether an address is one of those meant (ADDR_ANY: see ref_decide()). */
bool ref_addr_holds(const struct policy *policy, const struct policy_addr *addr,
		    policy_ip ip);
bool ref_object_holds(const struct policy_object *object, policy_ip ip);
bool ref_group_holds(const struct policy *policy, const struct policy_group *group,
		     policy_ip ip);
/* Whether a port is one of those written; of a group nothing is asked. */
bool ref_port_is(const struct policy_ports *ports, uint16_t port);
/* Whether a packet is of a service. */
bool ref_term_holds(const struct policy *policy, const struct policy_service_term *term,
		    const struct ref_packet *packet);

#endif /* TESTS_REFERENCE_REFERENCE_H */
