/* SPDX-License-Identifier: GPL-2.0 */
/*
 * apply.h - what apply and unload have in common.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_APPLY_H
#define FIREWALL_APPLY_H

#include "internal.h"

/*
 * Take everything of ours off all devices and remove the pins, whatever state
 * a killed apply or unload left them in. The caller holds the lock.
 */
int unload_locked(const char *pin_dir, struct fw_error *error);

/* No policy is in force below pin_dir, for certain. */
bool unload_is_idle(const char *pin_dir);

#endif /* FIREWALL_APPLY_H */
