/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cleared.h - what had been counted when somebody cleared the counters.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_CLEARED_H
#define FIREWALL_CLEARED_H

#include "internal.h"

/* Return: 0, also if nothing was ever cleared (then all is zero), or -errno. */
int cleared_read(const char *pin_dir, struct fw_cleared *out);
int cleared_write(const char *pin_dir, const struct fw_cleared *cleared);

/* The interface counters of a slot are about to begin at zero. 0 or -errno. */
int cleared_forget_slot(const char *pin_dir, uint32_t slot);

#endif /* FIREWALL_CLEARED_H */
