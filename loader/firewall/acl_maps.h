/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_maps.h - the access lists of a generation, in its half of the maps.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_ACL_MAPS_H
#define FIREWALL_ACL_MAPS_H

#include "internal.h"
#include "sizes.h"

/* What the image takes of each map. */
struct sizes_acl acl_maps_need(const struct policy_image *image);

/*
 * The maps, which are loaded, have room for the image.
 * @in_force: a policy is, for the advice
 * Return: 0, -E2BIG (@error has the figures, and which size has room), -errno
 */
int acl_maps_fit(const struct fw *fw, const struct policy_image *image, bool in_force,
		 struct fw_error *error);

/*
 * Write the image into the half of @generation, which nobody reads: not in force,
 * and generation_quiesce() was called since it was. Lines that @old (0: none) has
 * too keep their counters.
 * @nat_counters: by index in image->translations
 * @config: acl and nat are set to where it lies
 */
int acl_maps_build(const struct fw *fw, const struct policy_image *image, uint32_t old,
		   uint32_t generation, const uint32_t *nat_counters,
		   struct policy_config *config, struct fw_error *error);

/*
 * A copy of who counts where in @generation, by line number; caller frees *out.
 * What is copied while another apply builds may be torn: see whether the
 * generation is in force still.
 * Return: 0 or -errno
 */
int acl_maps_lines(const struct fw *fw, uint32_t generation, struct acl_line_slot **out,
		   size_t *n);

#endif /* FIREWALL_ACL_MAPS_H */
