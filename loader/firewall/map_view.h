/* SPDX-License-Identifier: GPL-2.0 */
/*
 * map_view.h - a part of a mmapable array map, as memory.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_MAP_VIEW_H
#define FIREWALL_MAP_VIEW_H

#include "internal.h"

/* Starts as {0}. */
struct map_view {
	void *data; /* the first element asked for; NULL if none was */
	void *base; /* what was mapped: whole pages */
	size_t base_bytes;
};

enum map_access { MAP_VIEW_READ, MAP_VIEW_WRITE };

/*
 * Map elements [first, first + n) of an array map. Elements must be a multiple of
 * eight bytes: then they follow one another without gaps.
 * Return: 0 or -errno; -EINVAL: not within the map, or elements are not so large
 */
int map_view_open(int map_fd, uint32_t element_bytes, uint32_t first, size_t n,
		  enum map_access access, struct map_view *out);
void map_view_close(struct map_view *view);

/* struct map_view view scoped_view_ = {0}; */
#define scoped_view_ cleanup_(map_view_close)

#endif /* FIREWALL_MAP_VIEW_H */
