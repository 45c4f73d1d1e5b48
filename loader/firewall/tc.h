/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tc.h - the TC filters of one device.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_TC_H
#define FIREWALL_TC_H

#include "internal.h"

enum tc_direction { TC_INGRESS, TC_EGRESS };

/*
 * Is a program ours? It is if it uses the map with this id: names may be equal
 * by chance, or belong to another Pinhole with another pin directory.
 * @name: receives the program's name if not NULL (BPF_OBJ_NAME_LEN bytes)
 */
bool prog_uses_map(uint32_t prog_id, uint32_t map_id, char *name);

/*
 * Is a program some Pinhole's? It is if it has this name and uses a map named
 * as our `active` map is.
 * Return: the id of that map, which tells one Pinhole from another; 0: it is not
 */
uint32_t prog_active_map(uint32_t prog_id, const char *name);

/* The kernel's id of an open map or program; 0 if it cannot be told. */
uint32_t map_id_of(int map_fd);
uint32_t prog_id_of(int prog_fd);

/* Program in our place (priority and handle) of the chain; 0: none. */
uint32_t tc_installed(uint32_t ifindex, enum tc_direction direction);

/* The device has a clsact qdisc (or ingress, which takes its place). */
bool tc_has_clsact(uint32_t ifindex);
int tc_make_clsact(uint32_t ifindex);
/* Remove the clsact qdisc unless somebody's filters are on it. */
int tc_remove_clsact_if_empty(uint32_t ifindex);

/*
 * Put a program into our place of the chain; replaces ours atomically.
 * @active_id: id of our `active` map, to tell our filters from others'
 * Return: 0, -EBUSY (somebody else's filter is in our place), -errno.
 */
int tc_attach(uint32_t ifindex, enum tc_direction direction, int prog_fd,
	      uint32_t active_id, struct fw_error *error);

/*
 * Remove our filter; somebody else's in the same place stays.
 * Return: 0, also if there is none; -errno if there is, or if that cannot be told.
 */
int tc_detach(uint32_t ifindex, enum tc_direction direction, uint32_t active_id);

#endif /* FIREWALL_TC_H */
