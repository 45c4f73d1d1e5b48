/* SPDX-License-Identifier: GPL-2.0 */
/*
 * world.h - the datapath loaded for the tests: programs, policy, counters.
 *
 * Why not through libfirewall: what is tested here is the datapath alone, with
 * nothing pinned and nothing attached.
 *
 * Who may include it: the datapath tests.
 */
#ifndef PINHOLE_TESTS_WORLD_H
#define PINHOLE_TESTS_WORLD_H

#include <pinhole/policy.h>

#include "tests/datapath/conn_counts.h"
#include "tests/datapath/row.h"

#define WORLD_MAX_LINES ACL_BLOCK_COUNTERS /* access-list lines per generation */
#define WORLD_MAX_NATS	NAT_BLOCK_COUNTERS /* translations that are counted */
#define WORLD_SLOTS	8 /* of if_stats; the slot is the interface's id */

enum hook { HOOK_XDP = 0, HOOK_TC };

/* Every counter there is. */
struct counters {
	struct packet_counters drops[PH_N_DROP_REASONS];
	__u64 events[PH_EV_END];
	struct if_counters ifs[WORLD_SLOTS];
	struct acl_counters lines[2]
				 [WORLD_MAX_LINES]; /* by generation & 1, then line - 1 */
};

struct world {
	struct pinhole *skel;
	int ifindex[DEV_COUNT];
	__u32 generation;
	__u32 stat_slot[DEV_COUNT]; /* 0: not in the policy */
	size_t n_lines;
	__u32 gso_size;	  /* of frames that come in at TC; 0: no super-segments */
	const char *text; /* of the policy in force, if its tables are just that */
	struct half_table *half_open;
	/* A connection was changed from outside: what is counted of them is off. */
	bool altered;
};

/* How a world differs from one that the loader makes. */
struct world_options {
	__u32 max_conns;    /* 0: as built */
	__u32 max_ftp;	    /* sessions; 0: as built */
	bool clock_stopped; /* nothing tidies up; only time stamps decide */
};

/* All of these bail out on failure. */
void world_open(struct world *w, const struct world_options *options);
void world_close(struct world *w);

/* Put a policy in force as the next generation. @tweak: may change what was
 * compiled before it is filled in; may be NULL. */
void world_apply(struct world *w, const char *text, void (*tweak)(struct policy_image *));

/* The same, but that a policy which is in force already stays so: a generation
 * takes tenths of a second. */
void world_ensure(struct world *w, const char *text,
		  void (*tweak)(struct policy_image *));

/* Attach an XDP program that passes everything. */
void world_attach_idle(int ifindex);

/* Make a generation the one in force without filling its tables; 0: none. */
void world_activate(struct world *w, __u32 generation);

/* Forget all connections, holes, sessions, fragments, and who had how many. */
void world_forget(struct world *w);

/* Take all records out of their ring. */
void world_empty_ring(const struct world *w);

void world_counters(const struct world *w, struct counters *out);

/* What the policy's translations have counted, by index; since the world was opened. */
void world_nat_hits(const struct world *w, struct nat_hits out[WORLD_MAX_NATS]);

enum table {
	TABLE_CONNS,
	TABLE_HALF_OPEN,
	TABLE_HOLES,
	TABLE_FTP,
	TABLE_FRAGS,
	TABLE_EMBRYONIC
};

unsigned int world_count(const struct world *w, enum table table);
int world_table_fd(const struct world *w, enum table table);

/* For tweaks: whatever its state, a connection idles out after so long. */
void world_all_timeouts(struct policy_image *image, __u64 timeout_ns);

/* How many connections there are: by their tables, and by the counters. */
void world_conns_walked(const struct world *w, struct conn_counts *out);
void world_conns_counted(const struct world *w, struct conn_counts *out);
void world_ftp_traffic(const struct world *w, struct ftp_traffic *out);

struct world_run {
	int action;
	__u8 bytes[FRAME_MAX_BYTES];
	__u32 len;
};

/* Run a frame through the program at that hook's ingress, of the device that
 * carries `in`. Return: 0 or -errno
 * where the kernel refuses such a frame. */
int world_ingress(const struct world *w, enum hook hook, enum dev in, const __u8 *bytes,
		  size_t len, struct world_run *out);

/* Through TC egress. @came_in: the device it was received on; DEV_COUNT: the
 * packet is this machine's own. */
int world_egress(const struct world *w, enum dev dev, enum dev came_in, const __u8 *bytes,
		 size_t len, struct world_run *out);

/* The connection between two ends, from whichever table; addresses real. For
 * ICMP echo aport is the identifier and a the end that asked. */
struct world_flow {
	const char *a;
	const char *b;
	__u8 proto;
	__u16 a_port;
	__u16 b_port;
};

/* Return: whether the table has it; *out may be NULL. */
bool world_find(const struct world *w, enum table table, const struct world_flow *flow,
		struct conn *out);

/* The set that it belongs to while it is half-open. */
__u32 world_home(const struct world *w, const struct world_flow *flow);

/* Change its entry, which must be there. */
void world_change(struct world *w, enum table table, const struct world_flow *flow,
		  const struct conn *conn);

#endif /* PINHOLE_TESTS_WORLD_H */
