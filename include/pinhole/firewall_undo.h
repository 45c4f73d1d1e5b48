/* SPDX-License-Identifier: GPL-2.0 */
/*
 * firewall_undo.h - going back to the policy before, and staying with the new one.
 *
 * An apply with fw_apply_options.confirm_sec puts a policy in force on trial. Unless
 * fw_confirm() is called in time the kernel itself goes back, so that it happens even
 * if the process, its shell and the network that they came by are gone. The tables of
 * the generation before stay whole until the next apply; fw_rollback() goes back to
 * them at any time until then.
 *
 * Going back is as good as an apply: no packet is without a policy, and connections are
 * judged again, each on its next packet.
 *
 * Who may include it: the tools and the tests. Errors are those of firewall.h.
 */
#ifndef PINHOLE_FIREWALL_UNDO_H
#define PINHOLE_FIREWALL_UNDO_H

#include <pinhole/firewall.h>

#define FW_CONFIRM_MIN_SEC 1
#define FW_CONFIRM_MAX_SEC 86400

enum fw_undo_state {
	FW_UNDO_NONE,	  /* there is nothing to go back to */
	FW_UNDO_POSSIBLE, /* fw_rollback() goes back to the policy before */
	FW_UNDO_ON_TRIAL, /* the same, and the kernel does it at the deadline */
	FW_UNDO_DONE,	  /* the kernel has; the next command tidies up the devices */
};

struct fw_undo {
	enum fw_undo_state state;
	uint32_t generation; /* in force */
	/* ON_TRIAL, POSSIBLE: under which number the policy before will come back. */
	uint32_t to;
	uint64_t left_ns; /* ON_TRIAL: until the deadline */
};

/* How the policy in force stands. Takes no lock. */
int fw_read_undo(struct fw *fw, struct fw_undo *out, struct fw_error *error);

/*
 * The policy on trial stays, and devices that only the one before used are let go.
 * @generation: set to the one in force
 * Return: 0, -ENOENT (nothing is in force), -EINVAL (none is on trial), -ETIME (too
 * late: the one before is in force again), -EBUSY (an apply is under way), -EXDEV,
 * -errno.
 */
int fw_confirm(const char *pin_dir, uint32_t *generation, struct fw_error *error);

struct fw_rollback_report {
	uint32_t undone;     /* the generation that was in force */
	uint32_t generation; /* that is now */
	/* The kernel's undo has come first; this has tidied up after it. */
	bool by_deadline;
};

/*
 * Put the policy before in force again, on the devices and in the modes it had. All or
 * nothing. The kernel's routes are left as they are.
 * Return: 0, -ENOENT (nothing is in force, or there is nothing to go back to), -ENODEV
 * (a device that it needs is gone), -EBUSY, -EXDEV, -ETIME, -errno.
 */
int fw_rollback(const char *pin_dir, struct fw_rollback_report *report,
		struct fw_error *error);

#endif /* PINHOLE_FIREWALL_UNDO_H */
