/* SPDX-License-Identifier: GPL-2.0 */
/*
 * generation.h - one generation of policy tables, built in the slot that is
 * not in use, and the word that puts it in force.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_GENERATION_H
#define FIREWALL_GENERATION_H

#include "attach.h"
#include "internal.h"

/* The generation after this one; never 0, always in the other slot. */
uint32_t generation_after(uint32_t generation);

/* Wait until no packet reads the slot that is about to be rebuilt. */
void generation_quiesce(void);

/* What of a generation's configuration is not the policy's. */
struct generation_options {
	uint64_t loaded_ns; /* CLOCK_MONOTONIC; when this firewall began */
	bool keep;	    /* connections of the generation in force stay admitted */
};

/*
 * Build everything of @generation that does not depend on how devices got
 * attached. @old: the generation in force, 0 if none.
 */
int generation_build(const struct fw *fw, const struct policy_image *image,
		     const char *text, size_t text_len,
		     const struct generation_options *options, uint32_t old,
		     uint32_t generation, struct fw_error *error);

/* Build the interface table; @set is attached. Also extends tx_devs. */
int generation_build_ifaces(const struct fw *fw, const struct attach_set *set,
			    uint32_t old, uint32_t generation, struct fw_error *error);

/* All carriers of the set are redirect targets, besides those that are. */
int generation_add_tx_devs(const struct fw *fw, const struct attach_set *set,
			   struct fw_error *error);

/* The flip: from the next packet on, @generation decides. */
int generation_flip(const struct fw *fw, uint32_t generation, struct fw_error *error);

/* Devices that @generation, which is in force, does not name are no redirect
 * targets. 0: none is. */
void generation_trim_tx_devs(const struct fw *fw, uint32_t generation);

#endif /* FIREWALL_GENERATION_H */
