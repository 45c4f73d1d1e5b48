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
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "state.h"
#include "tc.h"

static void warn(struct attach_plan *plan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void warn(struct attach_plan *plan, const char *format, ...)
{
	size_t len = strlen(plan->warning);
	va_list args;

	if (len && len < sizeof(plan->warning) - 2)
		plan->warning[len++] = '\n';
	va_start(args, format);
	vsnprintf(plan->warning + len, sizeof(plan->warning) - len, format, args);
	va_end(args);
}

static int device_failed(const struct attach_plan *plan, int err, const char *what,
			 struct fw_error *error)
{
	if (what)
		fw_fail(error, err, "%s:", what);
	fw_fail_where(error, "interface %s, device %s", plan->iface->name, plan->device);
	return err;
}

/* ---- TC --------------------------------------------------------------------- */

static int attach_tc(const struct attach_context *context, struct attach_plan *plan,
		     struct fw_host *host, struct fw_error *error)
{
	uint32_t ifindex = plan->facts.ifindex;
	bool have_clsact = tc_has_clsact(ifindex);
	int err;

	if (!have_clsact)
		host->flags |= FW_HOST_CLSACT;
	err = state_put_host(context->fw, ifindex, host);
	if (err)
		return device_failed(plan, err, "cannot record the device", error);
	err = have_clsact ? 0 : tc_make_clsact(ifindex);
	if (err && err != -EEXIST)
		return device_failed(plan, err, "the kernel refused a clsact qdisc",
				     error);
	err = tc_attach(ifindex, TC_INGRESS, context->programs->tc_ingress,
			context->active_id, error);
	if (!err)
		err = tc_attach(ifindex, TC_EGRESS, context->programs->tc_egress,
				context->active_id, error);
	return err ? device_failed(plan, err, NULL, error) : 0;
}

/* ---- XDP --------------------------------------------------------------------- */

static int foreign_xdp(const struct attach_plan *plan, struct fw_error *error)
{
	fw_fail(error, -EBUSY,
		"another XDP program is attached to the device: %s (id %u)",
		plan->xdp_before.foreign_name[0] ? plan->xdp_before.foreign_name
						 : "unnamed",
		plan->xdp_before.foreign_id);
	fw_fail_hint(
		error,
		"detach it (ip link set dev %s xdp off, or its own tool), or run behind "
		"it: --mode tc",
		plan->device);
	return device_failed(plan, -EBUSY, NULL, error);
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

static int refused_xdp(struct attach_plan *plan, int err, struct fw_error *error)
{
	if (plan->wanted == FW_MODE_AUTO && means_unsupported(err)) {
		snprintf(plan->why, sizeof(plan->why),
			 "native XDP was refused by driver %s: %s",
			 plan->facts.driver[0] ? plan->facts.driver : "(unknown)",
			 strerror(-err));
		plan->mode = FW_MODE_TC;
		return 0;
	}
	fw_fail(error, err, "the kernel refused %s XDP:",
		plan->mode == FW_MODE_GENERIC ? "generic" : "native");
	if (means_unsupported(err))
		fw_fail_hint(error, "use --mode auto, which falls back to TC");
	return device_failed(plan, err, NULL, error);
}

static int attach_xdp(const struct attach_context *context, struct attach_plan *plan,
		      struct fw_error *error)
{
	uint32_t ifindex = plan->facts.ifindex;
	const struct xdp_state *before = &plan->xdp_before;
	int prog = context->programs->xdp;
	int err;

	plan->mode = xdp_choose(plan->wanted, &plan->facts, plan->why, sizeof(plan->why));
	if (plan->mode != FW_MODE_TC && before->foreign_id)
		return foreign_xdp(plan, error);
	/* Downgrades wait for attach_settle(): the policy in force may be
	 * sending frames to this device's native XDP. */
	if (before->ours &&
	    !(before->mode == FW_MODE_GENERIC && plan->mode == FW_MODE_XDP)) {
		err = xdp_update(context->fw->pin_dir, ifindex, prog);
		return err ? device_failed(plan, err, "cannot replace the XDP program",
					   error)
			   : 0;
	}
	if (plan->mode == FW_MODE_TC)
		return 0;
	if (before->ours) {
		err = xdp_detach(context->fw->pin_dir, ifindex);
		if (err)
			return device_failed(plan, err, "cannot detach generic XDP",
					     error);
	}
	err = xdp_attach(context->fw->pin_dir, plan->device, ifindex, prog, plan->mode);
	return err ? refused_xdp(plan, err, error) : 0;
}

/* ---- the device ---------------------------------------------------------------- */

int attach_device(const struct attach_context *context, struct attach_plan *plan,
		  struct fw_error *error)
{
	uint32_t ifindex = plan->facts.ifindex;
	struct fw_host host = {0};
	int err;

	plan->touched = true;
	plan->known = !state_get_host(context->fw, ifindex, &plan->host_before);
	if (plan->known)
		host = plan->host_before;
	else
		host.mode = FW_MODE_TC;
	memcpy(host.device, plan->device, sizeof(host.device));
	xdp_query(ifindex, context->active_id, &plan->xdp_before);

	err = attach_tc(context, plan, &host, error);
	if (!err)
		err = attach_xdp(context, plan, error);
	if (err)
		return err;

	err = device_forwarding(plan->device);
	if (err < 0)
		return device_failed(
			plan, err, "cannot read the device's forwarding setting", error);
	if (!err) {
		host.flags |= FW_HOST_FORWARDING;
		/* The same value: only to learn now whether it can be set later. */
		err = device_set_forwarding(plan->device, false);
		if (err)
			return device_failed(plan, err, "cannot switch forwarding on",
					     error);
	}
	host.mode = plan->mode;
	err = state_put_host(context->fw, ifindex, &host);
	if (err)
		return device_failed(plan, err, "cannot record the device", error);
	if (plan->mode == FW_MODE_XDP && !strcmp(plan->facts.driver, "veth"))
		warn(plan,
		     "frames redirected to a veth arrive only if its peer has GRO on or "
		     "runs XDP");
	return 0;
}

static void undo_known(const struct attach_context *context,
		       const struct attach_plan *plan)
{
	const struct fw_programs *before = context->programs_before;
	const char *pin_dir = context->fw->pin_dir;
	uint32_t ifindex = plan->facts.ifindex;
	struct xdp_state now;

	state_put_host(context->fw, ifindex, &plan->host_before);
	if (before->tc_ingress < 0)
		return;
	tc_attach(ifindex, TC_INGRESS, before->tc_ingress, context->active_id, NULL);
	tc_attach(ifindex, TC_EGRESS, before->tc_egress, context->active_id, NULL);
	xdp_query(ifindex, context->active_id, &now);
	if (now.ours && (!plan->xdp_before.ours || now.mode != plan->xdp_before.mode)) {
		xdp_detach(pin_dir, ifindex);
		now.ours = false;
	}
	if (!plan->xdp_before.ours)
		return;
	if (now.ours)
		xdp_update(pin_dir, ifindex, before->xdp);
	else
		xdp_attach(pin_dir, plan->device, ifindex, before->xdp,
			   plan->xdp_before.mode);
}

void attach_undo(const struct attach_context *context, const struct attach_plan *plan)
{
	struct fw_host host;

	if (!plan->touched)
		return;
	if (plan->known)
		undo_known(context, plan);
	else if (!state_get_host(context->fw, plan->facts.ifindex, &host))
		attach_release(context, plan->facts.ifindex, &host);
}

static void settle_xdp(const struct attach_context *context, struct attach_plan *plan)
{
	const char *pin_dir = context->fw->pin_dir;
	uint32_t ifindex = plan->facts.ifindex;
	struct fw_host host;
	struct xdp_state now;
	int err = 0;

	xdp_query(ifindex, context->active_id, &now);
	if (now.mode == plan->mode || (!now.ours && plan->mode == FW_MODE_TC))
		return;
	if (now.ours)
		err = xdp_detach(pin_dir, ifindex);
	if (!err && plan->mode != FW_MODE_TC)
		err = xdp_attach(pin_dir, plan->device, ifindex, context->programs->xdp,
				 plan->mode);
	if (!err)
		return;
	warn(plan, "changing to mode %s failed (%s); TC enforces the policy",
	     fw_mode_name(plan->mode), strerror(-err));
	plan->mode = FW_MODE_TC;
	snprintf(plan->why, sizeof(plan->why), "XDP failed: %s", strerror(-err));
	if (!state_get_host(context->fw, ifindex, &host)) {
		host.mode = FW_MODE_TC;
		state_put_host(context->fw, ifindex, &host);
	}
}

void attach_settle(const struct attach_context *context, struct attach_plan *plan)
{
	int err;

	settle_xdp(context, plan);
	state_put_reason(context->fw, plan->facts.ifindex, plan->mode, plan->why);
	if (device_forwarding(plan->device) != 0)
		return;
	err = device_set_forwarding(plan->device, true);
	if (err)
		warn(plan, "forwarding could not be switched on: %s", strerror(-err));
}

int attach_release(const struct attach_context *context, uint32_t ifindex,
		   const struct fw_host *host)
{
	uint32_t active_id = context->active_id;
	char device[IF_NAMESIZE];
	int err;

	if (!if_indextoname(ifindex, device)) /* it vanished, and our filters with it */
		return state_drop_host(context->fw, ifindex);
	if (host->flags & FW_HOST_FORWARDING)
		device_set_forwarding(device, false);
	err = xdp_detach(context->fw->pin_dir, ifindex);
	if (!err)
		err = tc_detach(ifindex, TC_INGRESS, active_id);
	if (!err)
		err = tc_detach(ifindex, TC_EGRESS, active_id);
	if (!err && (host->flags & FW_HOST_CLSACT))
		err = tc_remove_clsact_if_empty(ifindex);
	return err ? err : state_drop_host(context->fw, ifindex);
}
