/* SPDX-License-Identifier: GPL-2.0 */
/*
 * restore.h - the devices of a generation, as its tables and what was remembered of
 * this machine say: for whoever has no policy in hand.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_RESTORE_H
#define FIREWALL_RESTORE_H

#include "attach.h"
#include "internal.h"

struct restore {
	struct attach_set set;
	struct policy_image_iface ifaces[PH_MAX_INTERFACES]; /* what set points to */
	char missing[16]; /* a device that is gone; the others are in the set */
};

/*
 * Devices, roles and modes of @generation, whose tables are whole.
 * @was: what the machine was like under it; NULL: as it is, for the one in force
 */
int restore_read(const struct fw *fw, uint32_t generation,
		 const struct fw_undo_hosts *was, struct restore *out,
		 struct fw_error *error);

/*
 * After @generation came into force: the rest of the host agrees with it. Best effort,
 * as after an apply. Host mode, if it wants it, is on already. Tables of calls are not
 * swept: who calls may have programs of its own, which are not attached yet.
 */
void restore_settle(const struct attach_context *context, uint32_t generation,
		    struct restore *restore);

/*
 * The kernel has gone back by itself, to @active: settle, and forget about the undo.
 * @context: its programs are open
 */
int restore_tidy_up(const struct attach_context *context, const struct undo *record,
		    uint32_t active, struct fw_error *error);

#endif /* FIREWALL_RESTORE_H */
