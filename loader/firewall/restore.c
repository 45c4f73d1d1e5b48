// SPDX-License-Identifier: GPL-2.0
/*
 * restore.c - the devices of a generation. See restore.h.
 *
 * Why it exists: an undo happens in the kernel, and a confirmation comes from another
 * process than the apply. Neither has the policy, or the command line that it was
 * applied with; the tables of the generation know devices and tags, and host_state, or
 * a copy of it from before, knows modes.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generation.h"
#include "host.h"
#include "inner.h"
#include "restore.h"
#include "state.h"
#include "tables.h"
#include "undo.h"

struct iface_list {
	struct iface_config items[PH_MAX_INTERFACES];
	size_t n;
};

static int add_iface(const void *key, const void *value, void *arg)
{
	struct iface_list *list = arg;
	struct iface_config config;

	memcpy(&config, value, sizeof(config));
	if (!table_is_main_iface(key, &config))
		return 0;
	if (list->n == PH_MAX_INTERFACES)
		return -E2BIG;
	list->items[list->n++] = config;
	return 0;
}

/* What was recorded of a device, then or now. */
static bool find_host(const struct fw *fw, const struct fw_undo_hosts *was,
		      uint32_t ifindex, struct fw_host *out)
{
	if (!was)
		return !state_get_host(fw, ifindex, out);
	for (uint32_t i = 0; i < was->n; i++) {
		if (was->hosts[i].ifindex == ifindex) {
			*out = was->hosts[i].host;
			return true;
		}
	}
	return false;
}

static void find_mode(const struct fw *fw, const struct fw_undo_hosts *was,
		      struct attach_device *device)
{
	struct fw_host host = {.mode = FW_MODE_TC};
	char why[sizeof(device->why)] = "";

	find_host(fw, was, device->facts.ifindex, &host);
	device->mode = (enum fw_mode)host.mode;
	device->wanted = device->mode;
	if (!was)
		state_get_reason(fw, device->facts.ifindex, host.mode, why);
	snprintf(device->why, sizeof(device->why), "%s",
		 why[0] ? why : "as before what was undone");
}

/* @iface: that needs the device. Return: NULL if it is gone. */
static struct attach_device *
use_device(const struct fw *fw, const struct fw_undo_hosts *was, struct restore *restore,
	   const struct policy_image_iface *iface, uint32_t ifindex, unsigned int role)
{
	struct attach_set *set = &restore->set;
	struct attach_device *device;
	char name[IF_NAMESIZE];

	for (size_t i = 0; i < set->n_devices; i++) {
		if (set->devices[i].facts.ifindex == ifindex) {
			set->devices[i].roles |= role;
			return &set->devices[i];
		}
	}
	device = &set->devices[set->n_devices];
	if (!if_indextoname(ifindex, name) || device_facts(name, &device->facts)) {
		snprintf(restore->missing, sizeof(restore->missing), "%s",
			 iface->config.device);
		return NULL;
	}
	memcpy(device->name, name, sizeof(device->name));
	device->roles = role;
	device->iface = iface;
	find_mode(fw, was, device);
	set->n_devices++;
	return device;
}

static void add_plan(const struct fw *fw, const struct fw_undo_hosts *was,
		     struct restore *restore, const struct iface_config *config)
{
	struct attach_set *set = &restore->set;
	struct policy_image_iface *iface = &restore->ifaces[set->n_plans];
	struct attach_plan *plan = &set->plans[set->n_plans];

	iface->config = *config;
	memcpy(iface->name, config->name, sizeof(iface->name));
	memcpy(iface->device, config->device, sizeof(iface->device));
	plan->iface = iface;
	plan->l3 = use_device(fw, was, restore, iface, config->l3_ifindex, ATTACH_L3);
	plan->carrier =
		use_device(fw, was, restore, iface, config->tx_ifindex, ATTACH_CARRIER);
	if (plan->carrier && config->vlan)
		plan->carrier->tagged = true;
	if (config->flags & IFACE_F_HOST_FTP)
		set->host_mode = true;
	if (plan->l3 && plan->carrier)
		set->n_plans++;
}

int restore_read(const struct fw *fw, uint32_t generation,
		 const struct fw_undo_hosts *was, struct restore *out,
		 struct fw_error *error)
{
	struct iface_list *list cleanup_free_ = calloc(1, sizeof(*list));
	int fd scoped_fd_ = inner_open(fw, FW_MAP_IFACES, generation);
	int err = !list ? -ENOMEM : fd < 0 ? fd : table_walk(fd, add_iface, list);

	if (err)
		return fw_fail(error, err, "cannot read the interfaces of a policy:");
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < list->n; i++)
		add_plan(fw, was, out, &list->items[i]);
	return 0;
}

static void record_mode(const struct fw *fw, const struct attach_device *device)
{
	struct fw_host host;

	if (!(device->roles & ATTACH_CARRIER) ||
	    state_get_host(fw, device->facts.ifindex, &host))
		return;
	host.mode = device->mode;
	state_put_host(fw, device->facts.ifindex, &host);
}

void restore_settle(const struct attach_context *context, uint32_t generation,
		    struct restore *restore)
{
	const struct fw *fw = context->fw;
	struct attach_set *set = &restore->set;

	for (size_t i = 0; i < set->n_devices; i++) {
		record_mode(fw, &set->devices[i]);
		attach_settle(context, &set->devices[i]);
	}
	attach_release(context, set, NULL);
	if (!set->host_mode)
		host_remove(fw->pin_dir);
	generation_trim_tx_devs(fw, generation);
	xdp_sweep(fw->pin_dir);
}

int restore_tidy_up(const struct attach_context *context, const struct undo *record,
		    uint32_t active, struct fw_error *error)
{
	struct fw_undo_hosts *was cleanup_free_ = calloc(1, sizeof(*was));
	struct restore *restore cleanup_free_ = calloc(1, sizeof(*restore));
	int err;

	if (!was || !restore)
		return fw_fail(error, -ENOMEM, "cannot tidy up after an undo:");
	err = undo_recall(context->fw, record->back, was, error);
	if (!err)
		err = restore_read(context->fw, active, was->back ? was : NULL, restore,
				   error);
	if (err)
		return err;
	restore_settle(context, active, restore);
	return undo_forget(context->fw, error);
}
