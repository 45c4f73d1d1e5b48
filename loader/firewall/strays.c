// SPDX-License-Identifier: GPL-2.0
/*
 * strays.c - a Pinhole that no pin of ours leads to. See strays.h.
 *
 * Why it exists: TC filters outlive their pins. Whoever removes the pin
 * directory by hand is left with a policy that still filters and that no
 * command can find; and a healthy Pinhole under another pin directory looks
 * the same from here, yet must not be dismantled. A program counts as
 * Pinhole's if it bears our name in our place and uses a map named as our
 * `active` map is: names alone may be equal by chance.
 *
 * Host mode leaves no strays: its link to a cgroup is held by its pin alone and
 * vanishes with it, and so do the sockets that were watched.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "forwarding.h"
#include "pins.h"
#include "strays.h"
#include "tc.h"
#include "xdp.h"

static void append(char *list, size_t size, const char *separator, const char *device)
{
	size_t len = strlen(list);

	snprintf(list + len, size - len, "%s%s", len ? separator : "", device);
}

static void add(const char *device, uint32_t active_id, struct strays *out)
{
	append(out->devices, sizeof(out->devices), ", ", device);
	append(out->arguments, sizeof(out->arguments), " ", device);
	if (!out->n++)
		pins_find(active_id, out->pin_dir, sizeof(out->pin_dir));
}

/* The `active` map of the Pinhole on a device that is not ours; 0: none. */
static uint32_t stray_on(uint32_t ifindex, uint32_t active_id)
{
	const uint32_t found[] = {
		prog_active_map(tc_installed(ifindex, TC_INGRESS), FW_PROG_TC_IN),
		prog_active_map(tc_installed(ifindex, TC_EGRESS), FW_PROG_TC_EG),
		prog_active_map(xdp_installed(ifindex), FW_PROG_XDP),
	};

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		if (found[i] && found[i] != active_id)
			return found[i];
	}
	return 0;
}

void strays_look_at(uint32_t ifindex, uint32_t active_id, struct strays *out)
{
	uint32_t other = stray_on(ifindex, active_id);
	char device[IF_NAMESIZE];

	if (other && if_indextoname(ifindex, device))
		add(device, other, out);
}

static void free_names(struct if_nameindex **names)
{
	if (*names)
		if_freenameindex(*names);
}

void strays_look_around(struct strays *out)
{
	struct if_nameindex *names cleanup_(free_names) = if_nameindex();

	for (const struct if_nameindex *at = names; at && at->if_index; at++)
		strays_look_at(at->if_index, 0, out);
}

void strays_hint(const struct strays *strays, struct fw_error *error)
{
	if (!strays->n)
		return;
	if (strays->pin_dir[0])
		fw_fail_hint(error,
			     "a Pinhole on %s is held under another --pin-dir; to remove "
			     "it: fwctl unload --pin-dir %s",
			     strays->devices, strays->pin_dir);
	else
		fw_fail_hint(error,
			     "filters on %s were left by a Pinhole whose pins are gone, "
			     "or held under another --pin-dir; fwctl unload --pin-dir "
			     "DIR if another pin directory holds them, else fwctl unload "
			     "--force %s",
			     strays->devices, strays->arguments);
}

int strays_refuse(const struct strays *strays, struct fw_error *error)
{
	if (!strays->n)
		return 0;
	if (strays->pin_dir[0])
		fw_fail(error, -EBUSY,
			"filtered already by a Pinhole that is held under another "
			"--pin-dir");
	else
		fw_fail(error, -EBUSY,
			"filtered already by programs left by a Pinhole whose pins are "
			"gone, or held under another --pin-dir");
	fw_fail_where(error, "device%s %s", strays->n == 1 ? "" : "s", strays->devices);
	if (strays->pin_dir[0])
		fw_fail_hint(error,
			     "it is in force: use --pin-dir %s, or remove it: "
			     "fwctl unload --pin-dir %s",
			     strays->pin_dir, strays->pin_dir);
	else
		fw_fail_hint(error,
			     "fwctl unload --pin-dir DIR if another pin directory holds "
			     "them, else fwctl unload --force %s",
			     strays->arguments);
	return -EBUSY;
}

/* ---- taking them off --------------------------------------------------------- */

static int check_stray(const char *device, uint32_t ifindex, uint32_t *active_id,
		       struct fw_error *error)
{
	char pin_dir[PATH_MAX] = "";

	*active_id = stray_on(ifindex, 0);
	if (!*active_id) {
		fw_fail(error, -ENOENT, "nothing of Pinhole is on the device");
		fw_fail_where(error, "device %s", device);
		return -ENOENT;
	}
	if (!pins_find(*active_id, pin_dir, sizeof(pin_dir)))
		return 0;
	fw_fail(error, -EBUSY, "its Pinhole is not lost: it is pinned under %.200s",
		pin_dir);
	fw_fail_where(error, "device %s", device);
	fw_fail_hint(error, "fwctl unload --pin-dir %s", pin_dir);
	return -EBUSY;
}

static int take_off(uint32_t ifindex, uint32_t active_id)
{
	int err = 0;

	if (prog_active_map(xdp_installed(ifindex), FW_PROG_XDP) == active_id)
		err = xdp_detach_unpinned(ifindex);
	if (!err)
		err = tc_detach(ifindex, TC_INGRESS, active_id);
	if (!err)
		err = tc_detach(ifindex, TC_EGRESS, active_id);
	return err ? err : tc_remove_clsact_if_empty(ifindex);
}

/*
 * No pin directory, so no lock: an apply that takes the device over at this
 * very moment replaces programs which then are not taken off, or finds the
 * place empty. At worst its clsact is gone and it fails.
 */
int fw_unload_device(const char *device, int *forwarding, struct fw_error *error)
{
	struct device_facts facts;
	uint32_t active_id = 0;
	int err = device_facts(device, &facts);

	if (err) {
		fw_fail(error, err, "cannot ask the device:");
		fw_fail_where(error, "device %s", device);
		return err;
	}
	fw_log_begin();
	err = check_stray(device, facts.ifindex, &active_id, error);
	if (!err) {
		err = take_off(facts.ifindex, active_id);
		if (err) {
			fw_fail(error, err, "cannot take Pinhole off the device:");
			fw_fail_where(error, "device %s", device);
		}
	}
	fw_log_end();
	if (!err)
		*forwarding = forwarding_get(device);
	return err;
}
