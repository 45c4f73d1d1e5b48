/* SPDX-License-Identifier: GPL-2.0 */
/*
 * internal.h - what the files of libfirewall share: errors, owned descriptors,
 * the list of maps, and the loader's own pinned state.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_INTERNAL_H
#define FIREWALL_INTERNAL_H

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include <pinhole/abi_undo.h>
#include <pinhole/firewall.h>
#include <util/cleanup.h>

/* ---- owned descriptors ------------------------------------------------- */

static inline void fw_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* int fd scoped_fd_ = -1; closed on leaving scope. */
#define scoped_fd_ cleanup_(fw_close_fd)

/* The descriptor's value; the variable becomes -1, so nothing closes it. */
static inline int fw_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* ---- errors (error.c) -------------------------------------------------- */

/* Fill @error (may be NULL) with what happened; returns @err, a -errno. */
int fw_fail(struct fw_error *error, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Add to the error just filled: the object at fault, and what to do. */
void fw_fail_where(struct fw_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void fw_fail_hint(struct fw_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* libbpf prints through a global hook; between these it only remembers. */
void fw_log_begin(void);
void fw_log_end(void);
/* Copy the last lines that libbpf or the verifier said to error->log. */
void fw_log_into(struct fw_error *error);

/* ---- maps --------------------------------------------------------------- */

/* Maps that libfirewall uses by name; those from ACL_BASE on are not
 * of the ABI. */
#define FW_MAPS(X)                           \
	X(ACTIVE, PH_MAP_ACTIVE)             \
	X(CONFIG, PH_MAP_CONFIG)             \
	X(IFACES, PH_MAP_IFACES)             \
	X(ACL_WORDS, PH_MAP_ACL_WORDS)       \
	X(ACL_RULES4, PH_MAP_ACL_RULES4)     \
	X(ACL_RULES6, PH_MAP_ACL_RULES6)     \
	X(ACL_LINES, PH_MAP_ACL_LINES)       \
	X(NAT_IN, PH_MAP_NAT_IN)             \
	X(NAT_OUT, PH_MAP_NAT_OUT)           \
	X(NAT_RULES, PH_MAP_NAT_RULES)       \
	X(NAT_LISTS, PH_MAP_NAT_LISTS)       \
	X(FIXUPS, PH_MAP_FIXUPS)             \
	X(FTP_RULES, PH_MAP_FTP_RULES)       \
	X(FTP_STATES, PH_MAP_FTP_STATES)     \
	X(GRANTS, PH_MAP_GRANTS)             \
	X(FTP_FINDINGS, PH_MAP_FTP_FINDINGS) \
	X(TEXT, PH_MAP_TEXT)                 \
	X(ACL_STATS, PH_MAP_ACL_STATS)       \
	X(NAT_STATS, PH_MAP_NAT_STATS)       \
	X(CONNS, PH_MAP_CONNS)               \
	X(HALF_OPEN, PH_MAP_HALF_OPEN)       \
	X(HALF_SETS, PH_MAP_HALF_SETS)       \
	X(HALF_HEAD, PH_MAP_HALF_HEAD)       \
	X(FRAGS, PH_MAP_FRAGS)               \
	X(RECORDS, PH_MAP_RECORDS)           \
	X(HOLES, PH_MAP_HOLES)               \
	X(FTP, PH_MAP_FTP)                   \
	X(IF_STATS, PH_MAP_IF_STATS)         \
	X(CONN_STATS, PH_MAP_CONN_STATS)     \
	X(FTP_TRAFFIC, PH_MAP_FTP_TRAFFIC)   \
	X(DROPS, PH_MAP_DROP_STATS)          \
	X(EVENTS, PH_MAP_EVENTS)             \
	X(TX_DEVS, PH_MAP_TX_DEVS)           \
	X(UNDO, PH_MAP_UNDO)                 \
	X(ACL_BASE, "acl_base")              \
	X(NAT_SLOTS, "nat_slots")            \
	X(LOADER, "loader_state")            \
	X(HOSTS, "host_state")               \
	X(REASONS, "mode_reasons")           \
	X(HOST_MODE, "host_mode")            \
	X(UNDO_HOSTS, "undo_hosts")          \
	X(APPLIES, "applies")

enum fw_map {
#define X(NAME, TEXT) FW_MAP_##NAME,
	FW_MAPS(X)
#undef X
		FW_N_MAPS,
};

extern const char *const fw_map_names[FW_N_MAPS];

struct fw {
	char pin_dir[PATH_MAX];
	int map[FW_N_MAPS]; /* descriptors; -1: not open */
	uint32_t n_cpus;    /* possible CPUs: elements of a per-CPU value */
	bool read_only;	    /* descriptors that nothing can be written by */
};

/*
 * Open every pinned map.
 * Return: 0, -ENOENT (one is missing: nothing, or not all, is loaded), -errno.
 */
int fw_maps_open(struct fw *fw, struct fw_error *error);
void fw_maps_close(struct fw *fw);

int fw_read_active(const struct fw *fw, uint32_t *generation, struct fw_error *error);

/* ---- the loader's own pinned state --------------------------------------- */

/* Element 0 of loader_state. All zero until the first apply stamps it. */
struct fw_loader_state {
	uint32_t abi_version;
	uint32_t pad;
	uint64_t build_id;     /* of the programs pinned; 0: none yet */
	uint64_t netns_cookie; /* the network namespace it was applied in */
	uint64_t netns_inode;  /* the same, as /proc and /run/netns show it */
	uint64_t loaded_ns;    /* CLOCK_MONOTONIC; when this firewall began */
};

#define FW_HOST_CLSACT	    (1u << 0) /* we made the clsact qdisc */
#define FW_HOST_FORWARDING  (1u << 1) /* we switched IPv4 forwarding on */
#define FW_HOST_FORWARDING6 (1u << 2) /* we switched IPv6 forwarding on */
#define FW_HOST_ACCEPT_RA   (1u << 3) /* we changed accept_ra from 1 to 2 */
#define FW_HOST_RX_VLAN	    (1u << 4) /* we switched rx-vlan-hw-parse off */
#define FW_HOST_RX_STAG	    (1u << 5) /* we switched rx-vlan-stag-hw-parse off */

/* What each role of a device is answerable for. */
#define FW_HOST_OF_L3	(FW_HOST_FORWARDING | FW_HOST_FORWARDING6 | FW_HOST_ACCEPT_RA)
#define FW_HOST_RX_TAGS (FW_HOST_RX_VLAN | FW_HOST_RX_STAG)

/*
 * Value of host_state, key ifindex: what apply did to a device, be it a carrier,
 * the device of a VLAN, or both. Written before it is done, so that a killed
 * apply leaves no trace that unload cannot find.
 */
struct fw_host {
	char device[16];
	uint32_t flags;
	uint32_t mode; /* enum fw_mode; carriers only, else FW_MODE_TC */
};

#define FW_MAX_HOSTS 256

/*
 * Value of mode_reasons, key ifindex: why the device got its mode. Apart from
 * host_state, so that what an older version pinned stays readable: there this
 * map is missing. Written after the flip; @mode tells whether it is outdated.
 */
struct fw_mode_reason {
	uint32_t mode; /* enum fw_mode */
	char why[96];
};

/*
 * Element 0 of host_mode, of host mode alone (host.h). Written after the flip; of a
 * killed apply it may lag behind the links that are pinned. All zero: it is off.
 */
struct fw_host_mode_state {
	uint64_t build_id;		   /* of the programs pinned */
	uint64_t cgroup_id;		   /* whose sockets are watched */
	char cgroup[FW_CGROUP_PATH_BYTES]; /* its path then, in the mount namespace then
					    */
};

/*
 * Element 0 of undo_hosts: what this machine was like under the generation before the
 * one in force, as far as no table of a generation says so. Written before an apply
 * changes any of it.
 */
struct fw_undo_hosts {
	uint32_t back; /* that generation, undo.back; 0: nothing is known */
	uint32_t n;
	struct fw_host_mode_state host_mode;
	struct {
		uint32_t ifindex;
		struct fw_host host;
	} hosts[FW_MAX_HOSTS];
};

#define FW_PROG_HOST_SOCKOPS "host_sockops"
#define FW_PROG_HOST_MSG     "host_msg"

#define FW_PROG_XDP   "xdp_ingress"
#define FW_PROG_TC_IN "tc_ingress"
#define FW_PROG_TC_EG "tc_egress"

#endif /* FIREWALL_INTERNAL_H */
