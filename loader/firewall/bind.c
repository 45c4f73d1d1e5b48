// SPDX-License-Identifier: GPL-2.0
/*
 * bind.c - which devices an interface of the policy means. See attach.h.
 *
 * Why it exists: a policy written for a PIX says ethernet0; the machine says
 * eth0. --map overrides what the text names, and says where the tagged frames
 * of a VLAN come by if the kernel cannot.
 */
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "vlan.h"

void attach_warn(char warning[256], const char *format, ...)
{
	size_t len = strlen(warning);
	va_list args;

	if (len && len < 256 - 2)
		warning[len++] = '\n';
	va_start(args, format);
	vsnprintf(warning + len, 256 - len, format, args);
	va_end(args);
}

/* ---- what was asked for ---------------------------------------------------------- */

static bool has_interface(const struct policy_image *image, const char *name)
{
	for (size_t i = 0; i < image->n_ifaces; i++) {
		if (!strcmp(image->ifaces[i].name, name))
			return true;
	}
	return false;
}

static int unknown_interface(const char *option, const char *name, struct fw_error *error)
{
	fw_fail(error, -EINVAL, "%s names an interface that the policy lacks", option);
	fw_fail_where(error, "interface %s", name);
	fw_fail_hint(error, "use a name given by `nameif`");
	return -EINVAL;
}

static int check_bindings(const struct policy_image *image,
			  const struct fw_apply_options *options, struct fw_error *error)
{
	for (size_t i = 0; i < options->n_bindings; i++) {
		const char *name = options->bindings[i].name;

		if (!has_interface(image, name))
			return unknown_interface("--map", name, error);
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
	for (size_t i = 0; i < options->n_modes; i++) {
		if (!has_interface(image, options->modes[i].name))
			return unknown_interface("--mode", options->modes[i].name, error);
	}
	return 0;
}

static const struct fw_binding *binding_of(const struct policy_image_iface *iface,
					   const struct fw_apply_options *options)
{
	for (size_t i = 0; i < options->n_bindings; i++) {
		if (!strcmp(options->bindings[i].name, iface->name))
			return &options->bindings[i];
	}
	return NULL;
}

/* Its own choice, the last of several; else the general one. */
static enum fw_mode mode_of(const struct policy_image_iface *iface,
			    const struct fw_apply_options *options, bool *own)
{
	enum fw_mode mode = options->mode;

	*own = false;
	for (size_t i = 0; i < options->n_modes; i++) {
		if (!strcmp(options->modes[i].name, iface->name)) {
			mode = options->modes[i].mode;
			*own = true;
		}
	}
	return mode;
}

/* ---- devices ------------------------------------------------------------------------
 */

static void free_names(struct if_nameindex **names)
{
	if (*names)
		if_freenameindex(*names);
}

/* Those that it may mean: "eth0, eth1" */
static void list_devices(char *out, size_t size)
{
	struct if_nameindex *names cleanup_(free_names) = if_nameindex();
	size_t len = 0;

	out[0] = '\0';
	for (const struct if_nameindex *at = names; at && at->if_index; at++) {
		if (!strcmp(at->if_name, "lo"))
			continue;
		if (len + strlen(at->if_name) + sizeof(", ...") > size) {
			snprintf(out + len, size - len, ", ...");
			return;
		}
		len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "",
					at->if_name);
	}
	if (!len)
		snprintf(out, size, "none but lo");
}

static int no_device(const struct policy_image_iface *iface, const char *device, int err,
		     struct fw_error *error)
{
	char devices[128];

	list_devices(devices, sizeof(devices));
	if (!device[0])
		fw_fail(error, -ENODEV, "no device is named for this interface");
	else if (err == -ENODEV)
		fw_fail(error, err, "there is no device %s here", device);
	else
		fw_fail(error, err, "cannot ask device %s:", device);
	fw_fail_where(error, "interface %s", iface->name);
	if (!device[0] || err == -ENODEV)
		fw_fail_hint(error, "bind it to one: --map %s=DEVICE; devices here: %s",
			     iface->name, devices);
	return device[0] ? err : -ENODEV;
}

static int loopback(const struct policy_image_iface *iface, const char *device,
		    struct fw_error *error)
{
	fw_fail(error, -EINVAL, "device %s is the loopback device", device);
	fw_fail_where(error, "interface %s", iface->name);
	fw_fail_hint(error, "filter on the devices that packets arrive on");
	return -EINVAL;
}

/* The device in the set, found or added. */
static int use_device(struct attach_set *set, const struct policy_image_iface *iface,
		      const char *name, unsigned int role, struct attach_device **out,
		      struct fw_error *error)
{
	struct attach_device *device = set->devices;
	struct device_facts facts;
	int err = device_facts(name, &facts);

	if (err)
		return no_device(iface, name, err, error);
	if (facts.loopback)
		return loopback(iface, name, error);
	while (device < set->devices + set->n_devices &&
	       device->facts.ifindex != facts.ifindex)
		device++;
	if (device == set->devices + set->n_devices) {
		set->n_devices++;
		snprintf(device->name, sizeof(device->name), "%s", name);
		device->facts = facts;
		device->iface = iface;
		if (!facts.up)
			attach_warn(device->warning, "device %s is down", name);
	}
	device->roles |= role;
	*out = device;
	return 0;
}

/* ---- carriers -----------------------------------------------------------------------
 */

static int no_carrier(const struct attach_plan *plan, const struct vlan_stack *stack,
		      bool given, struct fw_error *error)
{
	const struct iface_config *config = &plan->iface->config;
	char at[IF_NAMESIZE] = "?";

	if_indextoname(stack->ifindex, at);
	switch (stack->verdict) {
	case VLAN_OTHER_ID:
		fw_fail(error, -EINVAL,
			"device %s has VLAN id %u, but the policy says vlan %u", at,
			stack->id, stack->wanted);
		break;
	case VLAN_ELSEWHERE:
		fw_fail(error, -EINVAL,
			"device %s is stacked on a device of another network namespace",
			at);
		break;
	default:
		fw_fail(error, -EINVAL,
			"the policy gives it vlan %u%s, but device %s is not a VLAN "
			"device",
			config->vlan, config->inner_vlan ? " with an inner tag" : "", at);
		break;
	}
	fw_fail_where(error, "interface %s", plan->iface->name);
	if (given || stack->verdict == VLAN_ELSEWHERE)
		fw_fail_hint(error, "bind it to the device of that VLAN: --map "
				    "NAME=DEVICE@CARRIER");
	else
		fw_fail_hint(error,
			     "make one: ip link add link CARRIER name NAME type vlan id "
			     "%u; or say where its tagged frames come by: --map "
			     "%s=%s@CARRIER",
			     stack->wanted, plan->iface->name, plan->l3->name);
	return -EINVAL;
}

/*
 * The device that carries the tagged frames of a VLAN: what the kernel's VLAN
 * device is stacked on, or what --map says if the kernel knows no better.
 */
static int find_carrier(const struct attach_plan *plan, const struct fw_binding *binding,
			char name[IF_NAMESIZE], struct fw_error *error)
{
	const struct iface_config *config = &plan->iface->config;
	const bool given = binding && binding->carrier[0];
	struct vlan_link link = {0};
	struct vlan_stack stack = {0};
	int err = vlan_ask(plan->l3->facts.ifindex, &link, NULL);

	if (!err && (!given || link.is_vlan))
		err = vlan_resolve(plan->l3->facts.ifindex, config->vlan,
				   config->inner_vlan, vlan_ask, NULL, &stack);
	if (err)
		return no_device(plan->iface, plan->l3->name, err, error);
	if (stack.verdict)
		return no_carrier(plan, &stack, given, error);
	if (given && stack.ifindex && stack.ifindex != if_nametoindex(binding->carrier) &&
	    if_nametoindex(binding->carrier)) {
		if_indextoname(stack.ifindex, name);
		fw_fail(error, -EINVAL, "device %s is stacked on %s, not on %s",
			plan->l3->name, name, binding->carrier);
		fw_fail_where(error, "interface %s", plan->iface->name);
		fw_fail_hint(error, "leave out @%s", binding->carrier);
		return -EINVAL;
	}
	if (given)
		snprintf(name, IF_NAMESIZE, "%s", binding->carrier);
	else if (!if_indextoname(stack.ifindex, name))
		return no_device(plan->iface, plan->l3->name, -ENODEV, error);
	return 0;
}

static int bind_carrier(struct attach_set *set, struct attach_plan *plan,
			const struct fw_binding *binding, struct fw_error *error)
{
	char name[IF_NAMESIZE];
	int err;

	if (!plan->iface->config.vlan) {
		if (binding && binding->carrier[0]) {
			fw_fail(error, -EINVAL,
				"--map gives it a carrier, but the policy gives it no "
				"vlan");
			fw_fail_where(error, "interface %s", plan->iface->name);
			fw_fail_hint(error, "use --map %s=%s, or add `vlan N`",
				     plan->iface->name, plan->l3->name);
			return -EINVAL;
		}
		plan->carrier = plan->l3;
		plan->l3->roles |= ATTACH_CARRIER;
		return 0;
	}
	err = find_carrier(plan, binding, name, error);
	if (!err)
		err = use_device(set, plan->iface, name, ATTACH_CARRIER, &plan->carrier,
				 error);
	if (!err)
		plan->carrier->tagged = true;
	return err;
}

/* ---- what fits together ---------------------------------------------------------------
 */

static int refuse(const struct attach_plan *plan, struct fw_error *error,
		  const char *format, ...) __attribute__((format(printf, 3, 4)));

static int refuse(const struct attach_plan *plan, struct fw_error *error,
		  const char *format, ...)
{
	char what[sizeof(error->what)];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	fw_fail(error, -EINVAL, "%s", what);
	fw_fail_where(error, "interface %s", plan->iface->name);
	return -EINVAL;
}

static int compare(const struct attach_plan *plan, const struct attach_plan *other,
		   struct fw_error *error)
{
	const struct iface_config *a = &plan->iface->config;
	const struct iface_config *b = &other->iface->config;

	if (plan->l3 == other->l3) {
		refuse(plan, error, "device %s serves interface %s already",
		       plan->l3->name, other->iface->name);
		fw_fail_hint(error, "give each interface a device of its own: --map "
				    "NAME=DEVICE");
		return -EINVAL;
	}
	if (plan->carrier == other->carrier && a->vlan == b->vlan &&
	    a->inner_vlan == b->inner_vlan) {
		refuse(plan, error, "vlan %u of device %s is interface %s already",
		       a->vlan, plan->carrier->name, other->iface->name);
		fw_fail_hint(error, "give it another `vlan` or another carrier");
		return -EINVAL;
	}
	return 0;
}

/* A frame would be judged twice: with its tag, and again without. */
static int check_layers(const struct attach_plan *plan, struct fw_error *error)
{
	if (!plan->iface->config.vlan || !(plan->l3->roles & ATTACH_CARRIER))
		return 0;
	refuse(plan, error, "device %s is both its own device and the carrier of a VLAN",
	       plan->l3->name);
	fw_fail_hint(error,
		     "name the device that its addresses are on, and the one "
		     "below all tags: --map %s=DEVICE@CARRIER",
		     plan->iface->name);
	return -EINVAL;
}

/* One carrier, one mode: that of the first interface, unless others have their own. */
static int choose_mode(struct attach_set *set, const struct attach_plan *plan,
		       const struct fw_apply_options *options, struct fw_error *error)
{
	bool own;
	enum fw_mode mode = mode_of(plan->iface, options, &own);

	for (const struct attach_plan *other = set->plans; other < plan; other++) {
		bool others_own;
		enum fw_mode others = mode_of(other->iface, options, &others_own);

		if (other->carrier != plan->carrier || (!own && !others_own))
			continue;
		if (own && others_own && mode != others) {
			refuse(plan, error,
			       "mode %s, but interface %s on the same carrier has %s",
			       fw_mode_name(mode), other->iface->name,
			       fw_mode_name(others));
			fw_fail_hint(error,
				     "programs are attached to device %s once: "
				     "give both one --mode",
				     plan->carrier->name);
			return -EINVAL;
		}
		if (!own)
			return 0;
	}
	plan->carrier->wanted = mode;
	plan->carrier->force = options->force;
	return 0;
}

static void warn_about(struct attach_plan *plan)
{
	const struct policy_image_iface *iface = plan->iface;
	const unsigned char *at = (const unsigned char *)&iface->address;
	char text[46];

	if (plan->own.lacks4)
		attach_warn(plan->warning,
			    "the policy gives it %u.%u.%u.%u/%d, but device %s lacks "
			    "that address",
			    at[0], at[1], at[2], at[3],
			    __builtin_popcount(iface->netmask), plan->l3->name);
	if (plan->own.lacks6 && device_address_text(&iface->address6, text))
		attach_warn(plan->warning,
			    "the policy gives it %s/%u, but device %s lacks that address",
			    text, iface->prefix_len6, plan->l3->name);
}

/* What the policy was written for is not what there is. */
static void warn_about_mtu(struct attach_plan *plan)
{
	if (plan->iface->mtu && plan->iface->mtu != plan->l3->facts.mtu_bytes)
		attach_warn(plan->warning,
			    "the policy gives it mtu %u, but device %s has %u",
			    plan->iface->mtu, plan->l3->name, plan->l3->facts.mtu_bytes);
}

static int bind_interface(struct attach_set *set, const struct policy_image_iface *iface,
			  const struct fw_apply_options *options, struct fw_error *error)
{
	const struct fw_binding *binding = binding_of(iface, options);
	struct attach_plan *plan = &set->plans[set->n_plans];
	int err;

	plan->iface = iface;
	err = use_device(set, iface, binding ? binding->device : iface->device, ATTACH_L3,
			 &plan->l3, error);
	if (!err)
		err = bind_carrier(set, plan, binding, error);
	for (size_t i = 0; !err && i < set->n_plans; i++)
		err = compare(plan, &set->plans[i], error);
	if (!err)
		err = choose_mode(set, plan, options, error);
	if (err)
		return err;
	set->n_plans++;
	device_own(plan->l3->name, iface, &plan->own);
	warn_about(plan);
	warn_about_mtu(plan);
	return 0;
}

int attach_bind(const struct policy_image *image, const struct fw_apply_options *options,
		struct attach_set *set, struct fw_error *error)
{
	int err = check_bindings(image, options, error);

	for (size_t i = 0; !err && i < image->n_ifaces; i++)
		if (!image->ifaces[i].shut)
			err = bind_interface(set, &image->ifaces[i], options, error);
	for (size_t i = 0; !err && i < set->n_plans; i++)
		err = check_layers(&set->plans[i], error);
	return err;
}
