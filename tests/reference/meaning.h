/* SPDX-License-Identifier: GPL-2.0 */
/*
 * meaning.h - what a made-up policy means, known while its text is made.
 *
 * Why it exists: the reference reads the parser's model, so it cannot see what the
 * parser misread. Who makes the text knows what it meant: spans of addresses and of
 * ports, without names, groups and operators.
 *
 * Who may include it: tests.
 */
#ifndef TESTS_REFERENCE_MEANING_H
#define TESTS_REFERENCE_MEANING_H

#include "tests/reference/reference.h"
#include "util/vec.h"

/* Of one family. */
struct meant_span {
	policy_ip first;
	policy_ip last;
};

typedef VEC(struct meant_span) meant_addrs;

/* ICMP: type << 8 | code stands where a destination port would. */
struct meant_service {
	int proto; /* -1: ip */
	uint16_t src_low, src_high;
	uint16_t dst_low, dst_high;
};

typedef VEC(struct meant_service) meant_services;

struct meant_line {
	bool decides; /* not a remark, not `inactive` */
	bool permit;
	bool fragments;
	meant_addrs src;
	meant_addrs dst;
	meant_services services;
};

struct meant_list {
	char name[32];
	VEC(struct meant_line) lines;
};

void meant_add_span(meant_addrs *to, policy_ip first, policy_ip last);
void meant_add_addrs(meant_addrs *to, const meant_addrs *from);
void meant_add_service(meant_services *to, struct meant_service service);
void meant_add_services(meant_services *to, const meant_services *from);
bool meant_has_family(const meant_addrs *addrs, bool v4);
void meant_list_free(struct meant_list *list);

/* The first line that matches, by index. */
struct ref_decision meant_decide(const struct meant_list *list,
				 const struct ref_packet *packet);

#endif /* TESTS_REFERENCE_MEANING_H */
