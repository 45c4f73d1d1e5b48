/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge_internal.h - what judge.c and judge_nat.c share.
 *
 * Who may include it: they alone.
 */
#ifndef TESTS_REFERENCE_JUDGE_INTERNAL_H
#define TESTS_REFERENCE_JUDGE_INTERNAL_H

#include "bpf/acl_native.h"
#include "tests/reference/judge.h"
#include "tests/reference/packets.h"

struct acl_native_key ref_native_key(const struct ref_packet *packet);

/* Count a wrong answer; the first is told with its packet. */
void ref_tell_wrong(struct ref_tally *tally, const struct ref_packet *packet,
		    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Ask what ends are translated to, between all interfaces. */
void ref_judge_nats(const struct policy *policy, const struct policy_image *image,
		    size_t n_packets, struct ref_packets *packets,
		    struct ref_tally *tally);

#endif /* TESTS_REFERENCE_JUDGE_INTERNAL_H */
