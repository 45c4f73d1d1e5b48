/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat_counters.h - who counts for the statements that translate.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_NAT_COUNTERS_H
#define FIREWALL_NAT_COUNTERS_H

#include "internal.h"

/*
 * An element of nat_slots: a statement that is counted. Generation g has the half g & 1;
 * the first element there without an id ends it.
 */
struct nat_slot {
	uint64_t id;
	uint32_t counter; /* see nat_stats */
	uint32_t pad;
	struct nat_hits base;	 /* what it had counted when the statement began */
	struct nat_hits cleared; /* and since then, when it was cleared by hand */
};

enum { NAT_SLOTS = 2 * PH_MAX_NAT_COUNTED };

/*
 * Give the statements of @generation, which nobody reads, their counters: those that
 * @old (0: none) has too keep theirs, others begin at zero.
 * @out: by index in image->translations, PH_NO_COUNTER where none counts; caller frees
 * Return: 0 or -errno after filling @error
 */
int nat_counters_place(const struct fw *fw, const struct policy_image *image,
		       uint32_t old, uint32_t generation, uint32_t **out,
		       struct fw_error *error);

/* Which statement of @generation counts in @counter: policy_image_translation.id; 0: none
 * does, or that cannot be read. */
uint64_t nat_counters_statement(const struct fw *fw, uint32_t generation,
				uint32_t counter);

#endif /* FIREWALL_NAT_COUNTERS_H */
