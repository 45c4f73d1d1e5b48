/* SPDX-License-Identifier: GPL-2.0 */
/*
 * state.h - what is loaded: opening it, and checking that it is ours to touch.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_STATE_H
#define FIREWALL_STATE_H

#include "internal.h"

/* The ABI of what is pinned is ours (or nothing is in force yet). 0 or -EPROTO. */
int state_check_abi(const struct fw *fw, struct fw_error *error);

int state_read(const struct fw *fw, struct fw_loader_state *out, struct fw_error *error);

/* Nothing is pinned: say in the hint which devices are filtered all the same. */
void state_hint_strays(struct fw_error *error);

/*
 * The caller is in the network namespace where the firewall was applied, or
 * that namespace is gone, or it was never applied.
 * @gone: set if it was another namespace; may be NULL
 * Return: 0, -EXDEV, -errno.
 */
int state_check_namespace(const struct fw *fw, bool *gone, struct fw_error *error);

/*
 * Stamp ABI and namespace, and the time if this firewall begins with this apply.
 * @first: no policy is in force yet
 * @loaded_ns: set to when it began
 */
int state_stamp(const struct fw *fw, bool first, uint64_t *loaded_ns,
		struct fw_error *error);

/* host_state of a device. Return: 0, -ENOENT, -errno. */
int state_get_host(const struct fw *fw, uint32_t ifindex, struct fw_host *out);
int state_put_host(const struct fw *fw, uint32_t ifindex, const struct fw_host *host);
int state_drop_host(const struct fw *fw, uint32_t ifindex);

/* Why the device has @mode, for people; "" if that is not known. Best effort. */
void state_get_reason(const struct fw *fw, uint32_t ifindex, uint32_t mode, char out[96]);
void state_put_reason(const struct fw *fw, uint32_t ifindex, uint32_t mode,
		      const char *why);

/* A copy of host_state; caller frees *out. */
struct fw_host_entry {
	uint32_t ifindex;
	struct fw_host host;
};
int state_list_hosts(const struct fw *fw, struct fw_host_entry **out, size_t *n);

#endif /* FIREWALL_STATE_H */
