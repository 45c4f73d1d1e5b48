/* SPDX-License-Identifier: GPL-2.0 */
/*
 * programs.h - the BPF programs: those pinned, or loaded afresh.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_PROGRAMS_H
#define FIREWALL_PROGRAMS_H

#include "internal.h"
#include "sizes.h"

struct pinhole; /* the generated skeleton */

struct fw_programs {
	struct pinhole *skeleton; /* NULL: the pinned programs serve */
	int xdp;
	int tc_ingress;
	int tc_egress;
	uint64_t build_id; /* hash of the object these come from */
};

#define FW_PROGRAMS_NONE                                     \
	{                                                    \
		.xdp = -1, .tc_ingress = -1, .tc_egress = -1 \
	}

/* The object file of the datapath that is embedded in this binary, and its hash. */
const void *programs_object(size_t *size);
uint64_t programs_build_id(void);

/*
 * Get programs of this build over the pinned maps; make and pin the maps that
 * are missing. Programs loaded afresh are not pinned yet: programs_pin().
 * @pin_dir: prepared and locked
 * @sizes: of the tables; 0: as they are, else sized from memory
 * @acl: what there must be room for if nothing is pinned and no size is asked for;
 * otherwise nobody looks here whether it fits
 * Return: 0, -EPROTO (pinned by another ABI), -EBUSY (a table is there and has
 * another size), -EINVAL (out of range), -errno.
 */
int programs_get(const char *pin_dir, const struct fw_sizes *sizes,
		 const struct sizes_acl *acl, struct fw_programs *out,
		 struct fw_error *error);
void programs_put(struct fw_programs *programs);

/* Whatever programs are pinned, of any build, to go back to; -ENOENT if none. */
int programs_get_pinned(const char *pin_dir, struct fw_programs *out);

/* Pin programs that were loaded afresh, then stamp their build. 0 or -errno. */
int programs_pin(const struct fw *fw, const struct fw_programs *programs);

#endif /* FIREWALL_PROGRAMS_H */
