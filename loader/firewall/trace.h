/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace.h - what the files of the packet tracer share.
 *
 * Who may include it: loader/firewall/trace*.c.
 */
#ifndef FIREWALL_TRACE_H
#define FIREWALL_TRACE_H

#include <bpf/libbpf.h>

#include <pinhole/firewall_trace.h>

#include "internal.h"

/* ---- maps (trace_maps.c) -------------------------------------------------- */

enum trace_role {
	TRACE_UNKNOWN,
	TRACE_SHARED,  /* the policy: read by the datapath, written by the loader */
	TRACE_PRIVATE, /* written by the datapath: the instance has its own */
};

/* By the name of the map; those that end in "_area" are working memory. */
enum trace_role trace_role_of(const char *map);

/* Entries of a private map that nobody looks at, or that is filled with copies; 0: as
 * many as the object says. */
enum trace_size {
	TRACE_SIZE_OWN,	  /* what the object says */
	TRACE_SIZE_TINY,  /* nothing is read there */
	TRACE_SIZE_TABLE, /* by what is copied */
};
enum trace_size trace_size_of(const char *map);

/* ---- copies (trace_seed.c) ------------------------------------------------ */

enum trace_table {
	TRACE_CONNS,
	TRACE_HALF_OPEN,
	TRACE_FTP,
	TRACE_HOLES,
	TRACE_GRANTS,
	TRACE_FRAGS,
	TRACE_EMBRYONIC,
	TRACE_N_TABLES,
};

struct trace_rows {
	unsigned char *bytes; /* key and value, one row behind the other */
	uint32_t key_bytes;
	uint32_t value_bytes;
	size_t n;
	size_t capacity;
};

/* A copy of what packets could meet. Freed by trace_seed_free(). */
struct trace_seed {
	struct trace_rows rows[TRACE_N_TABLES];
};

const char *trace_table_name(enum trace_table table);
int trace_seed_read(const struct fw *fw, const struct fw_trace_ends *ends, size_t n_ends,
		    struct trace_seed *out, struct fw_error *error);
void trace_seed_free(struct trace_seed *seed);
/* Put it into the maps of the object. Return: 0 or -errno. */
int trace_seed_write(const struct trace_seed *seed, const struct bpf_object *object);

/* ---- the instance (trace_load.c) ------------------------------------------ */

/* Room for so many entries besides the copies. */
#define TRACE_SLACK 16384u

/*
 * Open the datapath, share the policy's maps, load it. Helpers by which programs act
 * on anything but their packet and their maps are taken out of it.
 * @with_xdp: XDP is to be asked, too; it takes the kernel a while to load
 * Return: 0, -ESTALE (not the build that is loaded), -errno.
 */
int trace_load(const struct fw *fw, const struct trace_seed *seed, bool with_xdp,
	       struct bpf_object **out, struct fw_error *error);

/* ---- the work area (trace_work.c) ------------------------------------------ */

/* Where in it things are. As struct work is the datapath's own affair, its BTF is
 * asked. */
struct trace_work {
	uint32_t bytes; /* of the whole */
	uint32_t pkt;
	uint32_t real_dst;
	uint32_t real_dport;
	uint32_t key;
	uint32_t new_src;
	uint32_t new_dst;
	uint32_t new_sport;
	uint32_t new_dport;
	uint32_t fib;
	uint32_t egress_ifindex;
	uint32_t path_mtu;
	uint32_t acl_counter;
	uint32_t acl_counter_out;
	uint32_t acl_place;
	uint32_t judge_proto;
	uint32_t nat_counter_src;
	uint32_t nat_counter_dst;
};

int trace_work_find(const struct bpf_object *object, struct trace_work *out);

#endif /* FIREWALL_TRACE_H */
