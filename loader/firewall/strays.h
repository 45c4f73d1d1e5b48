/* SPDX-License-Identifier: GPL-2.0 */
/*
 * strays.h - devices that carry a Pinhole which our pin directory does not
 * lead to: its pins are gone, or it is held under another pin directory.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_STRAYS_H
#define FIREWALL_STRAYS_H

#include "internal.h"

struct strays {
	size_t n;
	char devices[160];	/* "eth0, eth1": for people */
	char arguments[160];	/* "eth0 eth1": for a command line */
	char pin_dir[PATH_MAX]; /* holds the first of them; "": none was found */
};

/*
 * Add the device to @out if it carries a Pinhole's TC filter or XDP program.
 * @active_id: id of our own `active` map, whose programs are no strays; 0: none
 */
void strays_look_at(uint32_t ifindex, uint32_t active_id, struct strays *out);

/* The same for every device of this network namespace. */
void strays_look_around(struct strays *out);

/* Say in @error's hint what to do about them; nothing if there are none. */
void strays_hint(const struct strays *strays, struct fw_error *error);

/* Fill @error with all of them. Return: 0 if there are none, else -EBUSY. */
int strays_refuse(const struct strays *strays, struct fw_error *error);

#endif /* FIREWALL_STRAYS_H */
