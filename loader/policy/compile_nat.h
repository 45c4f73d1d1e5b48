/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compile_nat.h - what the files that compile translations share.
 *
 * Why it exists: compile_nat.c turns translations into one-way maps, and maps into
 * rules; compile_nat_lists.c puts the rules into lists, compile_nat_texts.c tells people.
 *
 * Who may include it: they.
 */
#ifndef PINHOLE_POLICY_COMPILE_NAT_H
#define PINHOLE_POLICY_COMPILE_NAT_H

#include "policy/nat_map.h"
#include "policy/sets.h"

/* A rule, and who asks for it: interfaces as bits by index. */
struct policy_nat_built {
	struct nat_rule rule;
	unsigned int source_line;
	uint32_t translation;
	uint64_t real_ifs;
	uint64_t mapped_ifs;
	bool permit; /* false: stays as it is */
	/* As the lists have it; no numbers yet. */
	struct acl_line in;
	struct acl_line out;
};

struct policy_nat_compiler {
	const struct policy *policy;
	struct policy_image *image;
	struct policy_diags *diags;
	uint64_t ordered; /* interfaces that are asked lists for */
	VEC(struct policy_nat_built) built;
};

struct policy_image_nats {
	VEC(struct policy_image_nat) items;
};

/* Does it translate, or keep something from being translated? */
bool policy_nat_is_in_force(const struct policy_nat *nat);

/* Of POLICY_ANY_IFACE: 0. */
__u32 policy_iface_id(size_t index);

/* Its index in policy->nats, and so in translations of the image. */
static inline uint32_t policy_nat_index(const struct policy *policy,
					const struct policy_nat *nat)
{
	return (uint32_t)(nat - policy->nats.items);
}

/* Its limit on half-open TCP connections; 0: none. */
__u32 policy_nat_embryonic(const struct policy_nat *nat);

/* ---- compile_nat_plain.c ---- */

int policy_nat_add_plain(const struct policy *policy, const struct policy_nat *nat,
			 const struct policy_nat_piece *piece,
			 struct policy_image_nats *out);
/* An interface with rules: the mapped addresses are answered for, no more. */
int policy_nat_add_answered(struct policy_nat_compiler *c, const struct policy_nat *nat,
			    const struct policy_nat_piece *piece, uint64_t mapped_ifs,
			    struct policy_image_nats *out);
/* Each once. Return: how many are left. */
size_t policy_nat_drop_repeated(struct policy_image_nat *items, size_t count);

/* ---- compile_nat_texts.c ---- */

/* translations of the image: identities, and what is there for people. Return: 0 or
 * -ENOMEM. */
int policy_nat_describe(const struct policy *policy, struct policy_image *image);

/* ---- compile_nat_lists.c ---- */

/* Rules become lists, nat_rules and nat_lists of the image. Return: 0; -E2BIG (see
 * diags); -ENOMEM. */
int policy_nat_make_lists(struct policy_nat_compiler *c);

#endif /* PINHOLE_POLICY_COMPILE_NAT_H */
