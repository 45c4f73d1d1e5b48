// SPDX-License-Identifier: GPL-2.0
/*
 * bind.c - which device an interface of the policy means. See attach.h.
 *
 * Why it exists: a policy written for a PIX says ethernet0; the machine says
 * eth0. --map overrides what the text names.
 */
#include <stdio.h>
#include <string.h>

#include "attach.h"

static int check_bindings(const struct policy_image *image,
			  const struct fw_apply_options *options, struct fw_error *error)
{
	for (size_t i = 0; i < options->n_bindings; i++) {
		const char *name = options->bindings[i].name;
		size_t at = 0;

		while (at < image->n_ifaces && strcmp(image->ifaces[at].name, name) != 0)
			at++;
		if (at == image->n_ifaces) {
			fw_fail(error, -EINVAL,
				"--map names an interface that the policy lacks");
			fw_fail_where(error, "interface %s", name);
			fw_fail_hint(error, "use a name given by `nameif`");
			return -EINVAL;
		}
		for (size_t j = 0; j < i; j++) {
			if (strcmp(options->bindings[j].name, name) != 0)
				continue;
			fw_fail(error, -EINVAL, "--map names an interface twice");
			fw_fail_where(error, "interface %s", name);
			fw_fail_hint(error,
				     "leave out --map %s=%s or --map %s=%s: an interface "
				     "has one device",
				     name, options->bindings[j].device, name,
				     options->bindings[i].device);
			return -EINVAL;
		}
	}
	return 0;
}

static const char *device_of(const struct policy_image_iface *iface,
			     const struct fw_apply_options *options)
{
	for (size_t i = 0; i < options->n_bindings; i++) {
		if (!strcmp(options->bindings[i].name, iface->name))
			return options->bindings[i].device;
	}
	return iface->device;
}

static int no_device(const struct attach_plan *plan, int err, struct fw_error *error)
{
	const char *name = plan->iface->name;

	if (!plan->device[0])
		fw_fail(error, -ENODEV, "no device is named for this interface");
	else if (err == -ENODEV)
		fw_fail(error, err, "there is no device %s here", plan->device);
	else
		fw_fail(error, err, "cannot ask device %s:", plan->device);
	fw_fail_where(error, "interface %s", name);
	if (!plan->device[0] || err == -ENODEV)
		fw_fail_hint(error,
			     "bind it to one: --map %s=DEVICE (ip link lists devices)",
			     name);
	return plan->device[0] ? err : -ENODEV;
}

static int refuse_device(const struct attach_plan *plan,
			 const struct attach_plan *earlier, size_t n_earlier,
			 struct fw_error *error)
{
	const struct attach_plan *other = earlier;

	if (plan->facts.loopback) {
		fw_fail(error, -EINVAL, "device %s is the loopback device", plan->device);
		fw_fail_where(error, "interface %s", plan->iface->name);
		fw_fail_hint(error, "filter on the devices that packets arrive on");
		return -EINVAL;
	}
	while (other < earlier + n_earlier && other->facts.ifindex != plan->facts.ifindex)
		other++;
	if (other == earlier + n_earlier)
		return 0;
	fw_fail(error, -EINVAL, "device %s serves interface %s already", plan->device,
		other->iface->name);
	fw_fail_where(error, "interface %s", plan->iface->name);
	fw_fail_hint(error, "give each interface a device of its own: --map NAME=DEVICE");
	return -EINVAL;
}

static void warn_about(struct attach_plan *plan)
{
	const struct policy_image_iface *iface = plan->iface;
	const unsigned char *at = (const unsigned char *)&iface->address;
	size_t len;

	if (iface->has_address &&
	    !device_has_address(plan->device, iface->address, iface->netmask))
		snprintf(plan->warning, sizeof(plan->warning),
			 "the policy gives it %u.%u.%u.%u/%d, but the device lacks that "
			 "address",
			 at[0], at[1], at[2], at[3], __builtin_popcount(iface->netmask));
	len = strlen(plan->warning);
	if (!plan->facts.up)
		snprintf(plan->warning + len, sizeof(plan->warning) - len,
			 "%sthe device is down", len ? "\n" : "");
}

int attach_bind(const struct policy_image *image, const struct fw_apply_options *options,
		struct attach_plan *plans, struct fw_error *error)
{
	int err = check_bindings(image, options, error);

	for (size_t i = 0; !err && i < image->n_ifaces; i++) {
		struct attach_plan *plan = &plans[i];

		memset(plan, 0, sizeof(*plan));
		plan->iface = &image->ifaces[i];
		plan->wanted = options->mode;
		snprintf(plan->device, sizeof(plan->device), "%s",
			 device_of(plan->iface, options));
		err = device_facts(plan->device, &plan->facts);
		if (err)
			return no_device(plan, err, error);
		err = refuse_device(plan, plans, i, error);
		warn_about(plan);
	}
	return err;
}
