/* SPDX-License-Identifier: GPL-2.0 */
/*
 * world_state.h - what the parts of the world share.
 *
 * Who may include it: world.c and outcome.c.
 */
#ifndef PINHOLE_TESTS_HOST_WORLD_STATE_H
#define PINHOLE_TESTS_HOST_WORLD_STATE_H

#include "host.skel.h"
#include "tests/host/world.h"

struct world {
	struct host *skel;
	int machine; /* network namespaces */
	int peers;
	uint64_t next_id;
	uint16_t next_port;
	char cgroup[128];
	char cgroup_root[64];
};

extern struct world world;

/* Say what went wrong, by errno too, clean up and end the process. */
__attribute__((noreturn)) void world_die(const char *what);

#endif /* PINHOLE_TESTS_HOST_WORLD_STATE_H */
