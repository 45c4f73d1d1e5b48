/* SPDX-License-Identifier: GPL-2.0 */
/*
 * forwarding.h - that a device forwards packets of both families, and back.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_FORWARDING_H
#define FIREWALL_FORWARDING_H

#include <stdint.h>

/* net.ipv4.conf.DEVICE.forwarding. Return: 0 or 1, or -errno. */
int forwarding_get(const char *device);

/*
 * What forwarding_enable() will change on the device, added to *flags as
 * FW_HOST_FORWARDING, _FORWARDING6 and _ACCEPT_RA; nothing is changed yet.
 * Return: 0, or -errno if it cannot be read or could not be changed
 */
int forwarding_plan(const char *device, uint32_t *flags);

/*
 * Switch forwarding on where it is off. A device whose routers come from
 * router advertisements keeps them, and so do all others of the machine.
 * Return: 0 or the first -errno; goes on after a failure
 */
int forwarding_enable(const char *device);

/* Undo what @flags (FW_HOST_*) say was changed. Best effort. */
void forwarding_restore(const char *device, uint32_t flags);

#endif /* FIREWALL_FORWARDING_H */
