/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packets.h - packets about a policy: at the corners of what its lines name, one step
 * beyond, inside, across lines, and from anywhere.
 *
 * Who may include it: tests.
 */
#ifndef TESTS_REFERENCE_PACKETS_H
#define TESTS_REFERENCE_PACKETS_H

#include "tests/reference/draw.h"
#include "tests/reference/reference.h"

struct ref_packets;

/* What a policy names, collected; borrows the policy. Return: NULL without memory. */
struct ref_packets *ref_packets_new(const struct policy *policy, uint64_t seed);
void ref_packets_free(struct ref_packets *packets);

/* How many packets ref_packets_corner() has about a list. */
size_t ref_packets_n_corners(const struct ref_packets *packets);

/* Packet @i of those that put each end of each thing named, and its neighbours, into
 * a packet that is otherwise drawn about the list. */
struct ref_packet ref_packets_corner(struct ref_packets *packets,
				     const struct policy_list *list, size_t i);

/* A packet about a line of the list, or, if it has none, from anywhere. */
struct ref_packet ref_packets_draw(struct ref_packets *packets,
				   const struct policy_list *list);

/* A packet between ends that translations speak of, real and mapped. */
struct ref_packet ref_packets_translated(struct ref_packets *packets);

#endif /* TESTS_REFERENCE_PACKETS_H */
