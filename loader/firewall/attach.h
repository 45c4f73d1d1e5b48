/* SPDX-License-Identifier: GPL-2.0 */
/*
 * attach.h - the devices of a policy: chosen, attached, and let go.
 *
 * An interface of the policy has a device with its addresses and routes (l3)
 * and a device that its frames come and go by (the carrier), where the
 * programs are attached. They differ for interfaces with `vlan`, several of
 * which may share a carrier; so devices are kept apart from interfaces.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_ATTACH_H
#define FIREWALL_ATTACH_H

#include "device.h"
#include "internal.h"
#include "programs.h"
#include "xdp.h"
#include "xdp_other.h"

#define ATTACH_CARRIER (1u << 0) /* programs are attached to it */
#define ATTACH_L3      (1u << 1) /* packets are forwarded between these */

/* One device of this machine that the policy uses. */
struct attach_device {
	char name[16];
	struct device_facts facts;
	unsigned int roles;			/* ATTACH_* */
	bool tagged;				/* a carrier of VLANs */
	const struct policy_image_iface *iface; /* that first needed it */
	enum fw_mode wanted; /* carriers only, as is all of XDP below */
	bool force;	     /* take another's XDP program off if it is in the way */
	enum fw_mode mode;   /* what it gets */
	char why[96];
	char warning[256]; /* one a line */

	/* What was there before, for undoing. */
	bool touched;	/* attach_device() was called */
	bool known;	/* host_state had it: used by an earlier apply */
	bool tc_before; /* our filters were on it */
	struct fw_host host_before;
	struct xdp_state xdp_before;
	struct xdp_other other; /* somebody else's XDP program on it */
	bool other_removed;	/* by this apply */
	int other_fd; /* then: keeps the program, until the policy is in force */
};

/* One interface of the policy. */
struct attach_plan {
	const struct policy_image_iface *iface;
	struct attach_device *l3;
	struct attach_device *carrier; /* the same, unless it has `vlan` */
	struct device_own own;
	char warning[256]; /* one a line */
};

struct attach_set {
	struct attach_plan plans[PH_MAX_INTERFACES];
	size_t n_plans;
	struct attach_device devices[2 * PH_MAX_INTERFACES];
	size_t n_devices;
	bool host_mode; /* its sessions with this machine are watched (host.h) */
};

struct attach_context {
	const struct fw *fw;
	const struct fw_programs *programs;
	const struct fw_programs *programs_before; /* descriptors may be -1 */
	uint32_t active_id;			   /* id of our `active` map */
	/* The policy in force before may come back at any moment: nothing that it
	 * needs may change. */
	bool trial;
};

/*
 * Bind each interface of the policy to devices of this network namespace.
 * @set: zeroed by the caller
 * Return: 0, -ENODEV, -EINVAL, other -errno
 */
int attach_bind(const struct policy_image *image, const struct fw_apply_options *options,
		struct attach_set *set, struct fw_error *error);

/* Add a line to one of the warnings above. */
void attach_warn(char warning[256], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Attach what enforces; change nothing that an undo cannot restore. Downgrades
 * (native XDP to something less) wait for attach_settle().
 * Return: 0 (device->mode and ->why are final), -EBUSY (somebody else's
 * program), -errno
 */
int attach_device(const struct attach_context *context, struct attach_device *device,
		  struct fw_error *error);

/* Put a touched device back to what it was. Best effort. */
void attach_undo(const struct attach_context *context, struct attach_device *device);

/* After the flip: forwarding on, downgrades done. Trouble ends in the warning. */
void attach_settle(const struct attach_context *context, struct attach_device *device);

/*
 * Take from all devices of host_state what they no longer need (release.c).
 * @set: what the policy in force uses; NULL: nothing
 * Return: 0 or the first -errno, after filling @error
 */
int attach_release(const struct attach_context *context, const struct attach_set *set,
		   struct fw_error *error);

/* Take our programs off a carrier; clears from *host, which the caller stores,
 * what was restored with them. 0 or -errno. */
int attach_release_programs(const struct attach_context *context, uint32_t ifindex,
			    struct fw_host *host);

/* Take everything of ours off one device and restore what was changed on it. */
int attach_release_device(const struct attach_context *context, uint32_t ifindex,
			  const struct fw_host *host);

#endif /* FIREWALL_ATTACH_H */
