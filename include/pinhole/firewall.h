/* SPDX-License-Identifier: GPL-2.0 */
/*
 * firewall.h - the firewall as it is loaded in the kernel.
 *
 * Why it exists: the only door to libbpf. Tools ask it to apply a compiled
 * policy and to read what the datapath counted; they see no map and no link.
 *
 * Who may include it: the tools and the tests.
 *
 * Errors: 0 or -errno; the reason in words is left in struct fw_error.
 * Outputs are unchanged on failure. Nothing prints.
 */
#ifndef PINHOLE_FIREWALL_H
#define PINHOLE_FIREWALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi.h>
#include <pinhole/policy.h>

#define FW_DEFAULT_PIN_DIR   "/sys/fs/bpf/pinhole"
#define FW_CGROUP_PATH_BYTES 512

struct fw_error {
	char what[256];	 /* what happened */
	char where[256]; /* interface, map or path; may be empty */
	char hint[512];	 /* what to do; may be empty */
	char log[1024];	 /* the kernel's last words on a refused program; may be empty */
};

enum fw_mode {
	FW_MODE_AUTO = 0, /* XDP native where the driver is known to suit it, else TC */
	FW_MODE_XDP,	  /* native XDP and TC; an error where there is none */
	FW_MODE_GENERIC,  /* generic XDP and TC */
	FW_MODE_TC,	  /* TC only */
};

/* An opened firewall: file descriptors of the pinned maps. */
struct fw;

/* Binds an interface of the policy to a kernel device, as --map does. */
struct fw_binding {
	char name[48];
	char device[16];
	/* For an interface with `vlan`: the device that carries its tagged
	 * frames. "": what the kernel's VLAN device `device` is stacked on. */
	char carrier[16];
};

/* How many entries the tables hold; 0: sized from the machine's memory. Fixed
 * when the programs are loaded: a later apply may repeat them, not change. */
struct fw_sizes {
	uint32_t connections; /* 1024..4194304 */
	uint32_t half_open;
	uint32_t fragments; /* datagrams whose fragments are under way */
	uint32_t holes;
	uint32_t ftp_sessions;
	uint32_t acl_lines; /* of all access lists of a policy together */
};

/* The mode of one interface, whatever fw_apply_options.mode says. Interfaces on
 * one carrier have one mode. */
struct fw_mode_choice {
	char name[48];
	enum fw_mode mode;
};

struct fw_apply_options {
	const char *pin_dir; /* NULL: FW_DEFAULT_PIN_DIR */
	enum fw_mode mode;
	const struct fw_mode_choice *modes;
	size_t n_modes;
	const struct fw_binding *bindings;
	size_t n_bindings;
	struct fw_sizes sizes;
	/* Connections that the policy in force permits are not judged again. */
	bool keep_connections;
	/* Host mode: watch only the sockets of this cgroup and those below it, e.g. a
	 * service's own. Its directory on cgroup2; NULL: the root, so all sockets. It is
	 * not remembered: an apply without it is back at the root. */
	const char *cgroup;
	/* Leave host mode out: this machine's own FTP sessions get no holes then. */
	bool no_host;
	/* Where XDP is to be used, take off another's program that is in the way; the
	 * interface's warning says which. It does not come back with an unload. */
	bool force;
	/* On trial: undone by the kernel after so long, unless fw_confirm() is called
	 * (firewall_undo.h); FW_CONFIRM_MIN_SEC to FW_CONFIRM_MAX_SEC. 0: for good. */
	uint32_t confirm_sec;
};

struct fw_apply_report {
	uint32_t generation;
	uint32_t confirm_sec; /* it is on trial for so long; 0: for good */
	/* The policy asks for host mode: a control-plane list and an FTP inspection meet
	 * on an interface. It is on unless it was left out. */
	bool host_wanted;
	bool host_mode;
	char cgroup[FW_CGROUP_PATH_BYTES]; /* whose sockets are watched; "": none */
	size_t n_interfaces;
	struct {
		char name[48];
		char device[16];
		char carrier[16];  /* where the programs are; device unless it has `vlan`
				    */
		enum fw_mode mode; /* what was chosen, never AUTO */
		char why[96];	   /* why it was chosen */
		/* E.g. the device lacks the policy's address; or "". Several are
		 * separated by newlines. */
		char warning[256];
	} interfaces[PH_MAX_INTERFACES];
};

/*
 * Put a policy in force: load the programs if they are not loaded, build the
 * inactive generation, attach to new devices, flip, detach from devices that
 * the policy no longer names. All or nothing: on failure what was in force
 * still is. Killed at any instruction, it leaves the old policy or the new
 * one in force, and the next apply or unload clears up the rest.
 * Where the policy asks for host mode, the sockets of this machine are watched from
 * before the flip on; sessions that began before are not known to it.
 * Enables forwarding of both families on the devices, and for XDP has carriers
 * leave VLAN tags in the frame; detaching restores both.
 * @text, @text_len: the canonical policy text, kept with the generation
 * Return: 0, -ENODEV (no such device), -EPERM, -EBUSY (another XDP program, or
 * another apply is under way), -EPROTO (pinned by another ABI), -EXDEV (in
 * force in another network namespace); of host mode -ENOENT (no cgroup2), -EINVAL (no
 * directory of cgroup2), -EOPNOTSUPP (the kernel lacks what it needs); other -errno of
 * the kernel.
 */
int fw_apply(const struct policy_image *image, const char *text, size_t text_len,
	     const struct fw_apply_options *options, struct fw_apply_report *report,
	     struct fw_error *error);

/*
 * Change nothing: whether fw_apply() would get as far as the kernel, on which devices
 * and in which modes, as far as that can be told without trying.
 * Return: as fw_apply()
 */
int fw_try_apply(const struct policy_image *image, const char *text, size_t text_len,
		 const struct fw_apply_options *options, struct fw_apply_report *report,
		 struct fw_error *error);

/*
 * The IPv4 address of a device that has it from others: by DHCP or PPPoE. The first one
 * that others can reach.
 * Return: 0, -ENODEV (no such device), -EADDRNOTAVAIL (it has none), other -errno.
 */
int fw_device_address(const char *device, __be32 *address, __be32 *netmask,
		      struct fw_error *error);

enum fw_route_state {
	FW_ROUTE_THERE,	    /* the kernel's main table has it */
	FW_ROUTE_OTHER,	    /* it has another for this network, see kernel */
	FW_ROUTE_MISSING,   /* it has none */
	FW_ROUTE_INSTALLED, /* now */
	FW_ROUTE_FAILED,    /* could not be installed, see kernel */
	FW_ROUTE_REMOVED,   /* of an earlier policy */
};

struct fw_route {
	enum fw_route_state state;
	unsigned int source_line; /* in the policy text; 0: `setroute`, or REMOVED */
	char text[128];		  /* e.g. "10.0.0.0/8 via 192.0.2.254 dev eth0" */
	char kernel[128];	  /* OTHER: the kernel's; FAILED: why */
};

/*
 * Compare the routes of a policy that is in force with the kernel's.
 * @report: of the apply: which devices the interfaces have
 * @may_install: add what is missing, with the policy's metrics, and remove what an
 * earlier policy added. Others' routes are never touched. fw_unload() removes them.
 * @fn: called for each route, in the order of the text; non-zero ends the walk
 * Return: 0, fn's value, -errno.
 */
int fw_check_routes(const struct policy_image *image,
		    const struct fw_apply_report *report, bool may_install,
		    int (*fn)(const struct fw_route *, void *), void *arg,
		    struct fw_error *error);

/*
 * Detach from all devices, restore what apply changed on them, remove
 * everything below pin_dir (NULL: the default) and the directory itself.
 * Return: 0, -ENOENT if nothing is loaded, -EPERM, -EBUSY (an apply is under
 * way), -EXDEV (it was loaded in another network namespace, which still lives).
 */
int fw_unload(const char *pin_dir, struct fw_error *error);

/*
 * Free a device of a Pinhole that no pin leads to any more: its pin directory
 * was removed while it was in force. Takes our TC filters and our XDP link, and
 * the clsact qdisc if nothing is left on it; touches nobody else's. Forwarding
 * and VLAN offload settings stay: what they were before was lost with the pins.
 * @forwarding: net.ipv4.conf.DEVICE.forwarding as it is, or -errno
 * Return: 0, -ENODEV, -ENOENT (nothing of Pinhole is there), -EBUSY (a pin
 * directory still leads to it: fw_unload), -EPERM, other -errno.
 */
int fw_unload_device(const char *device, int *forwarding, struct fw_error *error);

/*
 * Open what is in force, for reading. Works from any network namespace.
 * @pin_dir: NULL for the default
 * Return: 0, -ENOENT if nothing is in force, -EPERM, -EPROTO (another ABI).
 */
int fw_open(const char *pin_dir, struct fw **out, struct fw_error *error);
/*
 * The same by whoever owns the pins and has CAP_BPF alone, and for what is read alone:
 * counters, tables, the policy, the interfaces. What changes anything fails: -EPERM.
 */
int fw_open_read_only(const char *pin_dir, struct fw **out, struct fw_error *error);
void fw_close(struct fw *fw);

/* The generation in force and its canonical text; caller frees *text. */
int fw_read_policy(struct fw *fw, uint32_t *generation, char **text, size_t *len,
		   struct fw_error *error);

struct fw_interface {
	struct iface_config config;
	uint32_t ifindex; /* config.l3_ifindex */
	char carrier[16]; /* name of config.tx_ifindex, as it was at the apply */
	bool present;	  /* the device and its carrier still exist */
	bool elsewhere; /* in another network namespace than the caller: presence unknown
			 */
	enum fw_mode mode;
	char mode_reason[96]; /* why apply chose it; "" if that is not known */
	struct if_counters counters;
};

/* Whether this machine's own FTP sessions are watched. */
struct fw_host_mode {
	bool wanted; /* by the policy in force, and not left out by its apply */
	/* wanted, but not on: the cgroup was removed meanwhile, or a pin. Apply again. */
	bool on;
	/* On: whose sockets are watched, its directory as the apply saw it. "": that
	 * apply was killed before it had written that down. */
	char cgroup[FW_CGROUP_PATH_BYTES];
};
int fw_read_host_mode(struct fw *fw, struct fw_host_mode *out, struct fw_error *error);

/* Callbacks return 0 to go on; anything else ends the walk and is returned. */
int fw_each_interface(struct fw *fw, int (*fn)(const struct fw_interface *, void *),
		      void *arg, struct fw_error *error);
/* @established: from the conns table; else half-open. Expired ones are skipped. */
int fw_each_conn(struct fw *fw,
		 int (*fn)(const struct flow_key *, const struct conn *, bool established,
			   void *),
		 void *arg, struct fw_error *error);
/*
 * Live holes only: unexpired, unclaimed or claimed-and-unanswered, parent alive.
 * @parent: the control connection
 */
int fw_each_hole(struct fw *fw,
		 int (*fn)(const struct hole_key *, const struct hole *,
			   const struct conn *parent, void *),
		 void *arg, struct fw_error *error);
/*
 * Inspected control connections that live.
 * @conn: the control connection
 */
int fw_each_ftp_session(struct fw *fw,
			int (*fn)(const struct flow_key *, const struct ftp_session *,
				  const struct conn *conn, void *),
			void *arg, struct fw_error *error);
/* One call per access-list line of the policy in force, in the order of the lines. */
int fw_each_acl_hits(struct fw *fw,
		     int (*fn)(uint64_t line_id, const struct acl_counters *, void *),
		     void *arg, struct fw_error *error);
/* The same, but since the counters were cleared by hand: for people. */
int fw_each_acl_hits_shown(struct fw *fw,
			   int (*fn)(uint64_t line_id, const struct acl_counters *,
				     void *),
			   void *arg, struct fw_error *error);
/* These three never fall; see fw_read_cleared(). */
int fw_read_drops(struct fw *fw, struct packet_counters out[PH_N_DROP_REASONS],
		  struct fw_error *error);
int fw_read_events(struct fw *fw, uint64_t out[PH_EV_END], struct fw_error *error);
int fw_read_ftp_findings(struct fw *fw, uint64_t out[FTP_N_FINDINGS],
			 struct fw_error *error);
/* The policy in force without its tables: timeouts and flags. */
int fw_read_config(struct fw *fw, struct policy_config *out, struct fw_error *error);

/* Entries in use and capacity of the connection, half-open, fragment, hole and FTP
 * tables; and what the access lists in force take of the room for one generation:
 * lines, words, rules of IPv4 and of IPv6; and translations that are found by lists. Of
 * host mode: sessions and listeners; while it is off they are all zero. What the two
 * connection tables hold is known from counters, of half-open ones as of
 * fw_conn_stats.half_open; the others are walked. */
struct fw_table_fill {
	const char *name;
	uint32_t entries;
	uint32_t capacity;
};
#define FW_N_TABLES 12
int fw_read_tables(struct fw *fw, struct fw_table_fill out[FW_N_TABLES],
		   struct fw_error *error);

/* One pinned map. */
struct fw_map_memory {
	char name[32];	  /* of its pin */
	const char *type; /* e.g. "hash" */
	bool counted; /* of some kinds every entry is always there: then they are not */
	uint64_t entries;
	uint64_t capacity; /* of a table for each generation: of the one in force */
	uint64_t bytes;	   /* of kernel memory, tables of both generations included */
};
/* In no order. */
int fw_each_map(struct fw *fw, int (*fn)(const struct fw_map_memory *, void *), void *arg,
		struct fw_error *error);

#define FW_MAX_PROGRAMS 16

/* What is loaded, and whether it is what this libfirewall would load. */
struct fw_loaded {
	uint32_t abi_version;
	uint32_t generation;
	uint64_t build_id;  /* of the programs in force */
	uint64_t loaded_ns; /* CLOCK_MONOTONIC; when this firewall began */
	size_t n_programs;
	struct {
		char name[32]; /* of its pin */
		const char *type;
		uint32_t id;
		uint8_t tag[8];
		uint64_t loaded_ns;    /* since the machine was started */
		uint32_t instructions; /* that the verifier walked; 0: not known */
	} programs[FW_MAX_PROGRAMS];
};
int fw_read_loaded(struct fw *fw, struct fw_loaded *out, struct fw_error *error);
uint64_t fw_build_id(void); /* of the programs that an apply would load */
bool fw_has_cgroup2(void);  /* mounted somewhere: host mode needs it */

/* ---- clearing ---- */

struct fw_clear_report {
	uint64_t connections;	   /* that were established */
	uint64_t half_open;	   /* that were not, or not yet */
	uint64_t data_connections; /* of both: not asked for, but of a session that was */
	uint64_t ftp_sessions;
	uint64_t holes;
};

/*
 * End connections: from then on no packet finds them. What they were the control
 * connection of goes with them: data connections, holes, grants of data ports. The next
 * packet of one begins anew: UDP and ICMP, and the SYN of a TCP connection, are judged by
 * the policy; any other TCP segment belongs to nothing and is dropped.
 * @wanted: NULL: all
 * @report: what was ended, also on failure
 * Return: 0, -ENOMEM, -errno.
 */
int fw_clear_conns(struct fw *fw,
		   bool (*wanted)(const struct flow_key *, const struct conn *,
				  bool established, void *),
		   void *arg, struct fw_clear_report *report, struct fw_error *error);

/*
 * Have fw_each_acl_hits_shown() begin at zero. What others read goes on.
 * @wanted: NULL: all lines of the policy in force
 * @n: how many lines
 * Return: 0, -EBUSY (an apply is under way), -errno.
 */
int fw_clear_acl_hits(struct fw *fw, bool (*wanted)(uint64_t line_id, void *), void *arg,
		      uint64_t *n, struct fw_error *error);

/* What had been counted when the counters were cleared, to be taken off what is read. */
struct fw_cleared {
	uint64_t cleared_ns; /* CLOCK_MONOTONIC; 0: never, then all is zero */
	struct packet_counters drops[PH_N_DROP_REASONS];
	uint64_t events[PH_EV_END];
	uint64_t findings[FTP_N_FINDINGS];
	struct if_counters interfaces[PH_MAX_INTERFACES]; /* by iface_config.stat_slot */
};
int fw_clear_counters(struct fw *fw, struct fw_error *error);
int fw_read_cleared(struct fw *fw, struct fw_cleared *out, struct fw_error *error);

/*
 * Take records out of the ring until it is empty or fn returns non-zero, which
 * is returned. Each record is delivered to one taker only.
 * @timeout_ms: how long to wait for a first one; 0: not at all, -1: for ever
 * Return: how many were delivered, fn's value if negative, or -errno
 */
int fw_take_records(struct fw *fw, int timeout_ms,
		    int (*fn)(const union ph_any_record *, void *), void *arg,
		    struct fw_error *error);

/* Names and help of the ABI's X-macro lists. NULL if out of range. */
const char *fw_drop_name(unsigned int index);
const char *fw_drop_help(unsigned int index);
const char *fw_event_name(unsigned int index);
const char *fw_event_help(unsigned int index);
const char *fw_finding_name(unsigned int index);
const char *fw_finding_help(unsigned int index);
const char *fw_mode_name(enum fw_mode mode);

#endif /* PINHOLE_FIREWALL_H */
