/* SPDX-License-Identifier: GPL-2.0 */
/*
 * undo.h - the way back to the policy before: what the kernel does by itself, and what
 * is remembered of this machine for it.
 *
 * Who may include it: loader/firewall only. What the tools see is in
 * pinhole/firewall_undo.h.
 */
#ifndef FIREWALL_UNDO_H
#define FIREWALL_UNDO_H

#include "internal.h"

/* How the generation in force stands. */
enum undo_status {
	UNDO_IS_NONE,	  /* nothing to go back to */
	UNDO_IS_POSSIBLE, /* to the generation before, which is whole */
	UNDO_IS_ON_TRIAL, /* it will be undone, unless confirmed */
	UNDO_IS_DONE,	  /* it is in force by an undo, and nobody has tidied up */
};

/*
 * @out: the record, of the moment in which it agreed with @active; deadline_ns and to
 * mean something where the status says so
 * @active: the generation in force
 */
int undo_read(const struct fw *fw, struct undo *out, uint32_t *active,
	      enum undo_status *status, struct fw_error *error);

/* From here on there is nothing to go back to: its tables are about to be written over.
 * The caller holds the lock, and nothing is on trial. */
int undo_forget(const struct fw *fw, struct fw_error *error);

/*
 * Before the flip to @generation: @back, which is in force until then, can be gone back
 * to, after @confirm_sec by the kernel alone. 0: not by itself
 */
int undo_arm(const struct fw *fw, uint32_t generation, uint32_t back,
	     uint32_t confirm_sec, struct fw_error *error);

/*
 * What is on trial stays.
 * Return: 0, -ETIME (it has been undone meanwhile), other -errno
 */
int undo_disarm(const struct fw *fw, struct fw_error *error);

/*
 * Have the kernel go back now, and wait until it has: killed at any instruction, it is
 * done by the kernel or not begun. The caller holds the lock; the status was possible
 * or on trial.
 * Return: 0, -ETIME (the kernel's clock stands still; nothing was changed), -errno
 */
int undo_fire(const struct fw *fw, struct fw_error *error);

/* What this machine is like now is remembered for a way back to @back. */
int undo_remember(const struct fw *fw, uint32_t back, struct fw_error *error);
/* What was, if it was remembered of @back; else out->back is 0. */
int undo_recall(const struct fw *fw, uint32_t back, struct fw_undo_hosts *out,
		struct fw_error *error);

#endif /* FIREWALL_UNDO_H */
