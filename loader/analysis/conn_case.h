/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conn_case.h - one connection, judged natively as the datapath judges it again.
 *
 * Who may include it: conns.c and conn_*.c.
 */
#ifndef ANALYSIS_CONN_CASE_H
#define ANALYSIS_CONN_CASE_H

#include <stdbool.h>

#include <pinhole/policy.h>

/* A static, by longest prefix. */
struct conn_static {
	uint32_t real_if; /* 0: asked on the way in */
	uint32_t mapped_if;
	uint32_t bits; /* of addr, which has no others */
	struct ph_addr addr;
	const struct nat_value *value;
};

/* Sorted, so that each length is one search. */
struct conn_statics {
	struct conn_static *items;
	size_t n;
	bool has_bits[129];
};

/* What the policy is asked about; ports in wire order, as in the keys. */
struct conn_case {
	struct ph_addr src; /* of the initiator, real */
	struct ph_addr dst; /* of the responder, real */
	struct ph_addr wire_dst;
	struct ph_addr mapped_src; /* to be found */
	__be16 sport;
	__be16 dport;
	__be16 wire_dport;
	__be16 mapped_sport;
	uint8_t proto;
	uint8_t tcp_flags;
};

/* 0 or -ENOMEM; conn_statics_free() in any case. */
int conn_statics_make(const struct policy_image *image, struct conn_statics *out);
void conn_statics_free(struct conn_statics *statics);

/* judge_translation(): the destination is translated just as the policy says, and
 * mapped_src and mapped_sport are what the source gets. */
bool conn_is_translated(const struct policy_image *image,
			const struct conn_statics *statics, const struct iface_config *in,
			const struct iface_config *out, struct conn_case *c);

/* judge_access(): levels and lists. */
bool conn_is_permitted(const struct policy_image *image, const struct iface_config *in,
		       const struct iface_config *out, const struct conn_case *c);

/* judge_box_again(): the control-plane list. */
bool conn_may_reach_box(const struct policy_image *image, const struct iface_config *in,
			const struct conn_case *c);

/* Which line of a list has the packet; see acl_native.h. */
struct acl_native_result;
void conn_ask(const struct policy_image *image, struct acl_root root,
	      const struct ph_addr *src, const struct ph_addr *dst, __be16 sport,
	      __be16 dport, uint8_t proto, uint8_t tcp_flags,
	      struct acl_native_result *result);

static inline bool conn_same_addr(const struct ph_addr *a, const struct ph_addr *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] &&
	       a->word[2] == b->word[2] && a->word[3] == b->word[3];
}

#endif /* ANALYSIS_CONN_CASE_H */
