// SPDX-License-Identifier: GPL-2.0
/*
 * unload.c - fw_unload: leave the machine as it was.
 *
 * Why it exists: unloading must work on whatever it finds: a whole firewall,
 * the remains of a killed apply or unload, devices that have vanished.
 */
#include <stdio.h>

#include "apply.h"
#include "attach.h"
#include "host.h"
#include "pins.h"
#include "routes.h"
#include "state.h"
#include "tc.h"

static int release_all(const struct fw *fw, struct fw_error *error)
{
	const struct attach_context context = {
		.fw = fw,
		.active_id = map_id_of(fw->map[FW_MAP_ACTIVE]),
	};

	if (!context.active_id) /* by which our filters are known: none would be */
		return fw_fail(error, -errno, "cannot tell which filters are ours:");
	return attach_release(&context, NULL, error);
}

/* Without these nothing was attached: they are pinned first. */
static const enum fw_map needed[] = {FW_MAP_LOADER, FW_MAP_HOSTS, FW_MAP_ACTIVE};

/*
 * Whether there is anything to release. A map that cannot be opened is not one that is
 * not there: to go on would take the pins of filters that stay.
 * Return: 1, 0, or negative.
 */
static int may_be_attached(const struct fw *fw, struct fw_error *error)
{
	int is = 1;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		int fd = fw->map[needed[i]];

		if (fd == -ENOENT) {
			is = 0;
		} else if (fd < 0) {
			fw_fail(error, fd, "cannot open a pinned map:");
			fw_fail_where(error, "%s/%s/%s", fw->pin_dir, PINS_MAPS,
				      fw_map_names[needed[i]]);
			return fd;
		}
	}
	return is;
}

/* Only what is pinned counts; some maps may be missing. */
static void open_what_there_is(struct fw *fw, const char *pin_dir)
{
	snprintf(fw->pin_dir, sizeof(fw->pin_dir), "%s", pin_dir);
	for (int i = 0; i < FW_N_MAPS; i++)
		fw->map[i] = pins_get(pin_dir, PINS_MAPS, fw_map_names[i]);
}

int unload_locked(const char *pin_dir, struct fw_error *error)
{
	struct fw fw cleanup_(fw_maps_close) = {0};
	bool gone = false;
	int err;

	open_what_there_is(&fw, pin_dir);
	err = may_be_attached(&fw, error);
	if (err > 0) {
		err = state_check_namespace(&fw, &gone, error);
		if (!err && !gone)
			err = release_all(&fw, error);
		if (!err && !gone)
			routes_remove_ours();
	}
	if (!err) {
		err = host_remove(pin_dir);
		if (err)
			fw_fail(error, err,
				"cannot stop watching the sockets of a "
				"cgroup:");
	}
	return err ? err : pins_clear(pin_dir, error);
}

bool unload_is_idle(const char *pin_dir)
{
	struct fw fw cleanup_(fw_maps_close) = {0};
	uint32_t generation = 0;

	open_what_there_is(&fw, pin_dir);
	if (fw.map[FW_MAP_ACTIVE] == -ENOENT)
		return true;
	return fw.map[FW_MAP_ACTIVE] >= 0 && !fw_read_active(&fw, &generation, NULL) &&
	       !generation;
}

int fw_unload(const char *pin_dir, struct fw_error *error)
{
	int lock scoped_fd_ = -1;
	int err;

	if (!pin_dir)
		pin_dir = FW_DEFAULT_PIN_DIR;
	fw_log_begin();
	err = pins_lock(pin_dir, &lock, error);
	if (err == -ENOENT)
		state_hint_strays(error);
	if (!err)
		err = unload_locked(pin_dir, error);
	fw_log_end();
	return err;
}
