// SPDX-License-Identifier: GPL-2.0
/*
 * attach.c - one device attached, put back, or let go. See attach.h.
 *
 * Why it exists: the order of steps is the safety of an apply that dies
 * halfway. What is about to be done to the host is first recorded in
 * host_state; filters go on before forwarding is switched on and come off
 * after it is switched off, so the kernel never forwards unfiltered on our
 * account; whatever weakens a device waits until the new policy is in force.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "forwarding.h"
#include "offload.h"
#include "state.h"
#include "tc.h"

static int device_failed(const struct attach_device *device, int err, const char *what,
			 struct fw_error *error)
{
	if (what)
		fw_fail(error, err, "%s:", what);
	fw_fail_where(error, "interface %s, device %s", device->iface->name,
		      device->name);
	return err;
}

/* ---- TC --------------------------------------------------------------------- */

static int attach_tc(const struct attach_context *context, struct attach_device *device,
		     struct fw_host *host, struct fw_error *error)
{
	uint32_t ifindex = device->facts.ifindex;
	bool have_clsact = tc_has_clsact(ifindex);
	int err;

	device->tc_before = prog_uses_map(tc_installed(ifindex, TC_INGRESS),
					  context->active_id, NULL);
	if (!have_clsact)
		host->flags |= FW_HOST_CLSACT;
	err = state_put_host(context->fw, ifindex, host);
	if (err)
		return device_failed(device, err, "cannot record the device", error);
	err = have_clsact ? 0 : tc_make_clsact(ifindex);
	if (err && err != -EEXIST) {
		device_failed(device, err, "the kernel refused a clsact qdisc", error);
		if (err == -ENOENT)
			fw_fail_hint(error, "the kernel lacks it: modprobe sch_ingress "
					    "(CONFIG_NET_SCH_INGRESS)");
		return err;
	}
	err = tc_attach(ifindex, TC_INGRESS, context->programs->tc_ingress,
			context->active_id, error);
	if (!err)
		err = tc_attach(ifindex, TC_EGRESS, context->programs->tc_egress,
				context->active_id, error);
	return err ? device_failed(device, err, NULL, error) : 0;
}

/* ---- XDP --------------------------------------------------------------------- */

static int other_in_the_way(const struct attach_device *device, struct fw_error *error)
{
	char text[XDP_OTHER_TEXT_BYTES];
	char how[64];

	if (device->other.link_id)
		snprintf(how, sizeof(how), "bpftool link detach id %u",
			 device->other.link_id);
	else
		snprintf(how, sizeof(how), "ip link set dev %s xdp off", device->name);
	fw_fail(error, -EBUSY, "another XDP program is attached to the device: %s",
		xdp_other_text(text, &device->other));
	fw_fail_hint(error,
		     "detach it (%s, or its own tool), run behind it: --mode tc, or have "
		     "it taken off: --force",
		     how);
	return device_failed(device, -EBUSY, NULL, error);
}

static int remove_other(struct attach_device *device, struct fw_error *error)
{
	char text[XDP_OTHER_TEXT_BYTES];
	int err = xdp_other_remove(device->facts.ifindex, &device->other,
				   &device->other_fd);

	if (err) {
		fw_fail(error, err, "cannot take off another XDP program, %s:",
			xdp_other_text(text, &device->other));
		return device_failed(device, err, NULL, error);
	}
	device->other_removed = true;
	return 0;
}

/* Ours is not on it, or not any more. */
static void restore_other(struct attach_device *device)
{
	if (!device->other_removed)
		return;
	device->other_removed = false;
	xdp_other_restore(device->facts.ifindex, &device->other, device->other_fd);
	close(device->other_fd);
}

static void tell_of_other(struct attach_device *device)
{
	char text[XDP_OTHER_TEXT_BYTES];

	xdp_other_text(text, &device->other);
	if (device->other_removed)
		attach_warn(device->warning,
			    "--force took off another XDP program: %s; unload does not "
			    "put it back",
			    text);
	else if (device->other.prog_id)
		attach_warn(device->warning,
			    "another XDP program meets packets first: %s", text);
}

/* Refusals that mean "not on this device", not "not now" or "not you". */
static bool means_unsupported(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
	case -EINVAL:
	case -ENOMEM: /* too few queues on virtio */
	case -ENOSPC:
	case -E2BIG:
	case -ERANGE: /* MTU too large for a page */
		return true;
	default:
		return false;
	}
}

static int refused_xdp(struct attach_device *device, int err, struct fw_error *error)
{
	if (device->wanted == FW_MODE_AUTO && means_unsupported(err)) {
		snprintf(device->why, sizeof(device->why),
			 "native XDP was refused by driver %s: %s",
			 device->facts.driver[0] ? device->facts.driver : "(unknown)",
			 strerror(-err));
		device->mode = FW_MODE_TC;
		return 0;
	}
	fw_fail(error, err, "the kernel refused %s XDP:",
		device->mode == FW_MODE_GENERIC ? "generic" : "native");
	if (means_unsupported(err))
		fw_fail_hint(error, "use --mode auto, which falls back to TC");
	return device_failed(device, err, NULL, error);
}

/* The device takes tags off that XDP must see, and cannot be told not to. */
static int tags_unseen(struct attach_device *device, int err, struct fw_error *error)
{
	if (device->wanted == FW_MODE_AUTO) {
		snprintf(device->why, sizeof(device->why),
			 "the device takes VLAN tags off, which XDP must see: %s",
			 strerror(-err));
		device->mode = FW_MODE_TC;
		return 0;
	}
	fw_fail(error, err,
		"the device takes VLAN tags off, which XDP must see, and cannot be told "
		"not to:");
	fw_fail_hint(error, "use --mode auto or --mode tc; TC sees the tags");
	return device_failed(device, err, NULL, error);
}

static int keep_tags(const struct attach_context *context, struct attach_device *device,
		     struct fw_host *host, struct fw_error *error)
{
	uint32_t taken = offload_tags_taken(device->name);
	int err;

	if (!taken)
		return 0;
	host->flags |= taken;
	err = state_put_host(context->fw, device->facts.ifindex, host);
	if (err)
		return device_failed(device, err, "cannot record the device", error);
	err = offload_leave_tags(device->name, taken);
	return err ? tags_unseen(device, err, error) : 0;
}

/* Native XDP takes the place of generic XDP, which the policy before sends frames by. */
static int mode_is_fixed(const struct attach_device *device, struct fw_error *error)
{
	fw_fail(error, -EBUSY,
		"its mode would change from generic to native XDP, and an undo could not "
		"change it back");
	fw_fail_hint(error,
		     "apply with --mode %s=generic, or without --confirm, which changes "
		     "the mode for good",
		     device->iface->name);
	return device_failed(device, -EBUSY, NULL, error);
}

static int attach_xdp(const struct attach_context *context, struct attach_device *device,
		      struct fw_host *host, struct fw_error *error)
{
	uint32_t ifindex = device->facts.ifindex;
	const struct xdp_state *before = &device->xdp_before;
	int prog = context->programs->xdp;
	int err;

	device->mode = xdp_choose(device->wanted, &device->facts, device->why,
				  sizeof(device->why));
	if (device->mode != FW_MODE_TC && device->other.prog_id && !device->force)
		return other_in_the_way(device, error);
	if (device->mode != FW_MODE_TC) {
		err = keep_tags(context, device, host, error);
		if (err)
			return err;
	}
	/* Downgrades wait for attach_settle(): the policy in force may be
	 * sending frames to this device's native XDP. */
	if (before->ours &&
	    !(before->mode == FW_MODE_GENERIC && device->mode == FW_MODE_XDP)) {
		err = xdp_update(context->fw->pin_dir, ifindex, prog);
		return err ? device_failed(device, err, "cannot replace the XDP program",
					   error)
			   : 0;
	}
	if (device->mode == FW_MODE_TC)
		return 0;
	if (before->ours && context->trial)
		return mode_is_fixed(device, error);
	if (before->ours) {
		err = xdp_detach(context->fw->pin_dir, ifindex);
		if (err)
			return device_failed(device, err, "cannot detach generic XDP",
					     error);
	}
	if (device->other.prog_id) {
		err = remove_other(device, error);
		if (err)
			return err;
	}
	err = xdp_attach(context->fw->pin_dir, device->name, ifindex, prog, device->mode);
	if (!err)
		return 0;
	restore_other(device);
	return refused_xdp(device, err, error);
}

/* ---- the device ---------------------------------------------------------------- */

static int attach_programs(const struct attach_context *context,
			   struct attach_device *device, struct fw_host *host,
			   struct fw_error *error)
{
	int err;

	xdp_query(device->facts.ifindex, context->active_id, &device->xdp_before);
	xdp_other_find(device->facts.ifindex, context->active_id, &device->other);
	err = attach_tc(context, device, host, error);
	if (!err)
		err = attach_xdp(context, device, host, error);
	if (err)
		return err;
	tell_of_other(device);
	if (device->mode == FW_MODE_TC) /* what is left of an attempt */
		offload_restore(device->name, &host->flags, device->host_before.flags);
	host->mode = device->mode;
	if (device->mode == FW_MODE_XDP && !strcmp(device->facts.driver, "veth"))
		attach_warn(device->warning,
			    "frames redirected to a veth arrive only if its peer has GRO "
			    "on or runs XDP");
	if (device->mode != FW_MODE_TC && device->tagged &&
	    !strcmp(device->facts.driver, "veth"))
		attach_warn(
			device->warning,
			"XDP sees the tags of frames from a veth only if its peer has "
			"tx-vlan-offload off");
	return 0;
}

int attach_device(const struct attach_context *context, struct attach_device *device,
		  struct fw_error *error)
{
	uint32_t ifindex = device->facts.ifindex;
	struct fw_host host = {.mode = FW_MODE_TC};
	int err = 0;

	device->touched = true;
	device->known = !state_get_host(context->fw, ifindex, &device->host_before);
	if (device->known)
		host = device->host_before;
	memcpy(host.device, device->name, sizeof(host.device));

	if (device->roles & ATTACH_CARRIER)
		err = attach_programs(context, device, &host, error);
	if (err)
		return err;
	if (device->roles & ATTACH_L3)
		err = forwarding_plan(device->name, &host.flags);
	if (err)
		return device_failed(device, err, "cannot switch forwarding on", error);
	err = state_put_host(context->fw, ifindex, &host);
	if (err)
		return device_failed(device, err, "cannot record the device", error);
	return 0;
}

/* The carrier was one before this apply: its programs of then. */
static void undo_programs(const struct attach_context *context,
			  const struct attach_device *device)
{
	const struct fw_programs *before = context->programs_before;
	const char *pin_dir = context->fw->pin_dir;
	uint32_t ifindex = device->facts.ifindex;
	struct xdp_state now;

	if (before->tc_ingress < 0)
		return;
	tc_attach(ifindex, TC_INGRESS, before->tc_ingress, context->active_id, NULL);
	tc_attach(ifindex, TC_EGRESS, before->tc_egress, context->active_id, NULL);
	xdp_query(ifindex, context->active_id, &now);
	if (now.ours &&
	    (!device->xdp_before.ours || now.mode != device->xdp_before.mode)) {
		xdp_detach(pin_dir, ifindex);
		now.ours = false;
	}
	if (!device->xdp_before.ours)
		return;
	if (now.ours)
		xdp_update(pin_dir, ifindex, before->xdp);
	else
		xdp_attach(pin_dir, device->name, ifindex, before->xdp,
			   device->xdp_before.mode);
}

static void undo_device(const struct attach_context *context,
			const struct attach_device *device)
{
	uint32_t ifindex = device->facts.ifindex;
	struct fw_host host;

	if (!device->known) {
		if (!state_get_host(context->fw, ifindex, &host))
			attach_release_device(context, ifindex, &host);
		return;
	}
	if (state_get_host(context->fw, ifindex, &host))
		host = device->host_before;
	if ((device->roles & ATTACH_CARRIER) && device->tc_before) {
		undo_programs(context, device);
		offload_restore(device->name, &host.flags, device->host_before.flags);
	} else if (device->roles & ATTACH_CARRIER) {
		attach_release_programs(context, ifindex, &host);
	}
	state_put_host(context->fw, ifindex, &device->host_before);
}

void attach_undo(const struct attach_context *context, struct attach_device *device)
{
	if (!device->touched)
		return;
	undo_device(context, device);
	restore_other(device);
}

static void settle_for_tc(struct attach_device *device, int err)
{
	attach_warn(device->warning,
		    "changing to mode %s failed (%s); TC enforces the policy",
		    fw_mode_name(device->mode), strerror(-err));
	device->mode = FW_MODE_TC;
	snprintf(device->why, sizeof(device->why), "XDP failed: %s", strerror(-err));
}

static void settle_xdp(const struct attach_context *context, struct attach_device *device)
{
	const char *pin_dir = context->fw->pin_dir;
	uint32_t ifindex = device->facts.ifindex;
	struct xdp_state now;
	int err = 0;

	xdp_query(ifindex, context->active_id, &now);
	if (now.mode == device->mode || (!now.ours && device->mode == FW_MODE_TC))
		return;
	if (now.ours)
		err = xdp_detach(pin_dir, ifindex);
	if (!err && device->mode != FW_MODE_TC)
		err = xdp_attach(pin_dir, device->name, ifindex, context->programs->xdp,
				 device->mode);
	if (err)
		settle_for_tc(device, err);
}

/* Without XDP the device may take tags off again: TC sees them beside the frame. */
static void settle_tags(const struct attach_context *context,
			const struct attach_device *device)
{
	struct fw_host host;

	if (device->mode != FW_MODE_TC ||
	    state_get_host(context->fw, device->facts.ifindex, &host))
		return;
	offload_restore(device->name, &host.flags, 0);
	host.mode = FW_MODE_TC;
	state_put_host(context->fw, device->facts.ifindex, &host);
}

void attach_settle(const struct attach_context *context, struct attach_device *device)
{
	int err;

	if (device->other_removed)
		close(device->other_fd);
	if (device->roles & ATTACH_CARRIER) {
		if (!context->trial) {
			settle_xdp(context, device);
			settle_tags(context, device);
		}
		state_put_reason(context->fw, device->facts.ifindex, device->mode,
				 device->why);
	}
	if (!(device->roles & ATTACH_L3))
		return;
	err = forwarding_enable(device->name);
	if (err)
		attach_warn(device->warning, "forwarding could not be switched on: %s",
			    strerror(-err));
}
