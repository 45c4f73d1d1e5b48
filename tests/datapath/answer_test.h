/* SPDX-License-Identifier: GPL-2.0 */
/*
 * answer_test.h - what the scenarios about the firewall's own answers share: a
 * network with a static of either family, and the run of one frame.
 *
 * Who may include it: scenarios_answer*.c.
 */
#ifndef PINHOLE_TESTS_ANSWER_TEST_H
#define PINHOLE_TESTS_ANSWER_TEST_H

#include "tests/datapath/check.h"
#include "tests/datapath/frame_v6.h"
#include "tests/datapath/network.h"
#include "tests/datapath/policies.h"

#define OUR_OUTSIDE6 "2001:db8::1"
#define OUR_INSIDE6  "2001:db8:1::1"
#define CLIENT6	     "2001:db8::50"
#define SERVER6	     "2001:db8:1::10"
#define MAPPED6	     "2001:db8::10"
#define ASKER6	     "fe80::99"
/* Behind routes of 600 bytes and of 1400. */
#define NARROW	     "198.51.100.130"
#define NARROW6	     "2001:db8:ffff::7"

#define TAG_VLAN  7 /* the interface's second entry, and of two tags the inner */
#define TAG_OUTER 5

/* Connects all to all; the second static becomes one of IPv6. */
static const char answer_policy[] = INTERFACES
	"access-list out permit ip any4 any4\n"
	"access-list out permit ip any6 any6\n"
	"access-group out in interface outside\n" STATIC_SERVER
	"static (inside,outside) 203.0.113.77 10.0.0.77 "
	"netmask 255.255.255.255\n";

void answer_policy_senders(struct policy_image *image);

/* Let the device's interface take tagged frames as well. outer 0: one tag. */
void answer_accept_tags(const struct world *w, enum dev dev, __u16 outer, __u16 inner);

/* The frame turned round: from us to the neighbour that sends all frames. */
void answer_turn(__u8 *bytes);

/* An ICMP error as it must leave. Return: its length. */
size_t answer_expected(const struct frame_error *error, enum dev dev, __u8 *bytes);

/* One frame through TC ingress. */
struct answer_run {
	struct world_run out;
	struct counters before;
	struct counters after;
	const __u8 *sent;
	size_t len;
};

void answer_run(struct scenario *s, enum dev in, const __u8 *bytes, size_t len,
		struct answer_run *run);

__u64 answer_events(const struct answer_run *run, enum ph_event event);
__u64 answer_drops(const struct answer_run *run, enum ph_reason reason);

/* Whether it came back as exactly these bytes. */
bool answer_is(const struct answer_run *run, const __u8 *want, size_t len);

/* Whether nothing came back, and the frame is as it was. */
bool answer_is_none(const struct answer_run *run);

#endif /* PINHOLE_TESTS_ANSWER_TEST_H */
