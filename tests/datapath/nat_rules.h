/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat_rules.h - translations by lists, as the tests write them.
 *
 * Why not as policy text: what is tested here is what the datapath makes of rules,
 * whichever statements they come from.
 *
 * Who may include it: the datapath tests.
 */
#ifndef PINHOLE_TESTS_NAT_RULES_H
#define PINHOLE_TESTS_NAT_RULES_H

#include <pinhole/policy.h>

/* Interfaces of the tests' policies, by their order in INTERFACES. */
enum { IF_OUTSIDE = 1, IF_INSIDE, IF_DMZ };

/* Zero means the usual: any peer, whole addresses, all protocols and ports. */
struct nat_rule_text {
	__u32 real_if;
	__u32 mapped_if;
	const char *real;
	const char *mapped; /* NULL: stays as it is */
	__u8 prefix_len;    /* of both; 0: an address each */
	__u8 proto;
	__u16 real_port;
	__u16 mapped_port;
	__u16 n_ports;
	const char *peer; /* real; NULL: any */
	bool one_way;
	__u32 embryonic;
	bool one_port; /* that limit is of the port */
};

/*
 * Add rules to an image, in their order, and give their mapped interfaces
 * IFACE_F_NAT_RULES. All of one family. Bails out on failure.
 */
void nat_rules_put(struct policy_image *image, const struct nat_rule_text *rules,
		   size_t n);

#endif /* PINHOLE_TESTS_NAT_RULES_H */
