// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - the tables of programs reached by a tail call. See calls.h.
 *
 * Why it exists: the kernel empties such a table when user space holds neither a
 * descriptor nor a pin of it, though programs that call through it still run.
 * And the programs of one load hand packets over in working memory that only
 * they share: a table belongs to its load, so that during an apply by another
 * build each device's program goes on with its own. Each table therefore has a
 * pin of its own, PINDIR/maps/ftp_programs_ID, made before the first program of
 * its load is attached and removed after the last one is replaced. An apply
 * killed in between leaves a pin too many, never one too few.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "calls.h"
#include "generation.h"
#include "pins.h"
#include "state.h"
#include "tc.h"

#define CALLS_PREFIX PH_MAP_FTP_PROGS "_"

int calls_pin(const char *pin_dir, int table)
{
	char name[64];
	uint32_t id = map_id_of(table);

	if (!id)
		return -EBADF;
	snprintf(name, sizeof(name), CALLS_PREFIX "%u", id);
	return pins_put(pin_dir, PINS_MAPS, name, table);
}

static bool is_table(const char *name)
{
	return !strncmp(name, CALLS_PREFIX, strlen(CALLS_PREFIX));
}

struct table_search {
	const char *pin_dir;
	uint32_t prog_id;
};

static int match_table(const char *name, void *arg)
{
	const struct table_search *search = arg;
	int fd scoped_fd_ = is_table(name) ? pins_get(search->pin_dir, PINS_MAPS, name)
					   : -1;
	__u32 zero = 0;
	__u32 callee;

	return fd >= 0 && prog_uses_map(search->prog_id, map_id_of(fd), NULL) &&
	       !bpf_map_lookup_elem(fd, &zero, &callee);
}

bool calls_are_pinned(const char *pin_dir, int prog)
{
	struct table_search search = {.pin_dir = pin_dir, .prog_id = prog_id_of(prog)};

	return pins_each(pin_dir, PINS_MAPS, match_table, &search) == 1;
}

/* ---- sweep ------------------------------------------------------------------ */

struct sweep {
	const struct fw *fw;
	struct fw_host_entry *hosts;
	size_t n_hosts;
	uint32_t pinned; /* id of the pinned program; 0: none */
};

static bool is_called_through(const struct sweep *sweep, uint32_t table)
{
	if (prog_uses_map(sweep->pinned, table, NULL))
		return true;
	for (size_t i = 0; i < sweep->n_hosts; i++) {
		uint32_t there = tc_installed(sweep->hosts[i].ifindex, TC_INGRESS);

		if (prog_uses_map(there, table, NULL))
			return true;
	}
	return false;
}

/* A packet that a replaced program still has in hand may be about to call. */
static int sweep_table(const char *name, void *arg)
{
	const struct sweep *sweep = arg;
	const char *pin_dir = sweep->fw->pin_dir;
	int fd scoped_fd_ = is_table(name) ? pins_get(pin_dir, PINS_MAPS, name) : -1;
	uint32_t id = fd >= 0 ? map_id_of(fd) : 0;

	if (id && !is_called_through(sweep, id)) {
		generation_quiesce();
		pins_remove(pin_dir, PINS_MAPS, name);
	}
	return 0;
}

void calls_sweep(const struct fw *fw)
{
	struct fw_host_entry *hosts cleanup_free_ = NULL;
	struct sweep sweep = {.fw = fw};
	int prog scoped_fd_ = pins_get(fw->pin_dir, PINS_PROGS, FW_PROG_TC_IN);

	if (state_list_hosts(fw, &hosts, &sweep.n_hosts))
		return; /* one too many does no harm */
	sweep.hosts = hosts;
	sweep.pinned = prog >= 0 ? prog_id_of(prog) : 0;
	pins_each(fw->pin_dir, PINS_MAPS, sweep_table, &sweep);
}
