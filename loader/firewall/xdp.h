/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xdp.h - the XDP link of one device, and the choice whether it gets one.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_XDP_H
#define FIREWALL_XDP_H

#include "device.h"
#include "internal.h"

/* What runs on the device now. */
struct xdp_state {
	bool ours;
	enum fw_mode mode; /* ours: FW_MODE_XDP or FW_MODE_GENERIC; else FW_MODE_TC */
};

/* @active_id: id of our `active` map, by which our program is known. */
void xdp_query(uint32_t ifindex, uint32_t active_id, struct xdp_state *out);

/* The XDP program on the device, whoever's; 0: none. */
uint32_t xdp_installed(uint32_t ifindex);

/*
 * Which mode the device shall have, before trying.
 * @why: one line for people, @why_size bytes
 * Return: FW_MODE_XDP, FW_MODE_GENERIC or FW_MODE_TC
 */
enum fw_mode xdp_choose(enum fw_mode wanted, const struct device_facts *facts, char *why,
			size_t why_size);

/* Attach and pin a link. @mode: FW_MODE_XDP or FW_MODE_GENERIC. 0 or -errno. */
int xdp_attach(const char *pin_dir, const char *device, uint32_t ifindex, int prog_fd,
	       enum fw_mode mode);
/* Change the program of our link on the device, atomically. */
int xdp_update(const char *pin_dir, uint32_t ifindex, int prog_fd);
/* Remove our link on the device; 0 if there is none. */
int xdp_detach(const char *pin_dir, uint32_t ifindex);
/*
 * Remove the XDP link on the device though no pin leads to it: the caller has
 * made sure that the program is ours. 0, -ENOENT (attached without a link, so
 * not by us), -errno.
 */
int xdp_detach_unpinned(uint32_t ifindex);
/* Remove the pins of links whose devices have vanished. */
void xdp_sweep(const char *pin_dir);

#endif /* FIREWALL_XDP_H */
