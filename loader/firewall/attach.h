/* SPDX-License-Identifier: GPL-2.0 */
/*
 * attach.h - the devices of a policy: chosen, attached, and let go.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_ATTACH_H
#define FIREWALL_ATTACH_H

#include "device.h"
#include "internal.h"
#include "programs.h"
#include "xdp.h"

/* One interface of the policy on its way to its device. */
struct attach_plan {
	const struct policy_image_iface *iface;
	char device[16];
	struct device_facts facts;
	enum fw_mode wanted;
	enum fw_mode mode; /* what it gets */
	char why[96];
	char warning[256]; /* one a line */

	/* What was there before, for undoing. */
	bool touched; /* attach_device() was called */
	bool known;   /* host_state had it: attached by an earlier apply */
	struct fw_host host_before;
	struct xdp_state xdp_before;
};

struct attach_context {
	const struct fw *fw;
	const struct fw_programs *programs;
	const struct fw_programs *programs_before; /* descriptors may be -1 */
	uint32_t active_id;			   /* id of our `active` map */
};

/*
 * Bind each interface of the policy to a device of this network namespace.
 * @plans: image->n_ifaces elements
 * Return: 0, -ENODEV, -EINVAL, other -errno
 */
int attach_bind(const struct policy_image *image, const struct fw_apply_options *options,
		struct attach_plan *plans, struct fw_error *error);

/*
 * Attach what enforces; change nothing that an undo cannot restore. Downgrades
 * (native XDP to something less) wait for attach_settle().
 * Return: 0 (plan->mode and ->why are final), -EBUSY (somebody else's program),
 * -errno
 */
int attach_device(const struct attach_context *context, struct attach_plan *plan,
		  struct fw_error *error);

/* Put a touched device back to what it was. Best effort. */
void attach_undo(const struct attach_context *context, const struct attach_plan *plan);

/* After the flip: forwarding on, downgrades done. Trouble ends in plan->warning. */
void attach_settle(const struct attach_context *context, struct attach_plan *plan);

/* Take everything of ours off a device and restore what was changed on it. */
int attach_release(const struct attach_context *context, uint32_t ifindex,
		   const struct fw_host *host);

#endif /* FIREWALL_ATTACH_H */
