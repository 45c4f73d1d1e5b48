/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pins.h - the pin directory: PINDIR/maps/NAME, PINDIR/inner/NAME-SLOT,
 * PINDIR/progs/NAME, PINDIR/links/DEVICE and PINDIR/cgroups/ID on a BPF file system.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_PINS_H
#define FIREWALL_PINS_H

#include "internal.h"

#define PINS_MAPS    "maps"
#define PINS_INNER   "inner"
#define PINS_PROGS   "progs"
#define PINS_LINKS   "links"
#define PINS_CGROUPS "cgroups"

/* Whether nothing can be seen below @pin_dir because no BPF file system is mounted;
 * then @error says so. */
bool pins_hidden(const char *pin_dir, struct fw_error *error);

/*
 * Make the pin directory, but none above it, and its folders; mount the BPF file system
 * on /sys/fs/bpf if the directory lies below it and nothing is mounted there.
 */
int pins_prepare(const char *pin_dir, struct fw_error *error);

/*
 * Lock the pin directory against other writers; waits up to five seconds.
 * @fd: set on success; closing it unlocks
 * Return: 0, -ENOENT, -EBUSY, other -errno
 */
int pins_lock(const char *pin_dir, int *fd, struct fw_error *error);

/* Open PINDIR/FOLDER/NAME; a descriptor or -errno. */
int pins_get(const char *pin_dir, const char *folder, const char *name);
/* The same, for reading alone: the kernel refuses writes by it. */
int pins_get_read_only(const char *pin_dir, const char *folder, const char *name);

/* Pin @fd as PINDIR/FOLDER/NAME, atomically replacing what is pinned there. */
int pins_put(const char *pin_dir, const char *folder, const char *name, int fd);

int pins_remove(const char *pin_dir, const char *folder, const char *name);

/* Call @fn with the name of each pin in a folder; ends when it returns non-zero. */
int pins_each(const char *pin_dir, const char *folder,
	      int (*fn)(const char *name, void *arg), void *arg);

/*
 * The pin directory on /sys/fs/bpf, however deep, that leads to the Pinhole
 * with this `active` map. One on a BPF file system elsewhere is not found.
 */
bool pins_find(uint32_t active_id, char *pin_dir, size_t size);

/* Remove all pins and the directory. Idempotent. */
int pins_clear(const char *pin_dir, struct fw_error *error);

#endif /* FIREWALL_PINS_H */
