/* SPDX-License-Identifier: GPL-2.0 */
/*
 * offload.h - what a device does to VLAN tags before XDP sees a frame.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_OFFLOAD_H
#define FIREWALL_OFFLOAD_H

#include <stdint.h>

/*
 * Which tags the device takes off received frames: FW_HOST_RX_VLAN for 802.1Q,
 * FW_HOST_RX_STAG for 802.1ad. 0: none, or that cannot be told.
 */
uint32_t offload_tags_taken(const char *device);

/*
 * Switch that off for each of @taken.
 * Return: 0, -EOPNOTSUPP (the device did not obey), other -errno
 */
int offload_leave_tags(const char *device, uint32_t taken);

/* Switch on again what *flags says was switched off, but not what is in @keep;
 * clears it from *flags. Best effort. */
void offload_restore(const char *device, uint32_t *flags, uint32_t keep);

#endif /* FIREWALL_OFFLOAD_H */
