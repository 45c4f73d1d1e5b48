/* SPDX-License-Identifier: GPL-2.0 */
/*
 * routes.h - what unload does about the routes that an apply installed.
 *
 * Who may include it: loader/firewall only; fw_check_routes() is in firewall.h.
 */
#ifndef FIREWALL_ROUTES_H
#define FIREWALL_ROUTES_H

/* Remove what --install-routes made in this network namespace. Best effort: a device
 * that is gone has taken its routes along. */
void routes_remove_ours(void);

#endif /* FIREWALL_ROUTES_H */
