/* SPDX-License-Identifier: GPL-2.0 */
/*
 * firewall_capture.h - packets of the loaded firewall, as they pass.
 *
 * Who may include it: the tools and the tests.
 *
 * Errors: as of firewall.h.
 */
#ifndef PINHOLE_FIREWALL_CAPTURE_H
#define PINHOLE_FIREWALL_CAPTURE_H

#include <pinhole/abi_capture.h>
#include <pinhole/firewall.h>

/* A capture that runs. It ends with its process, however that ends. */
struct fw_capture;

struct fw_capture_options {
	const char *interface; /* nameif, of either way; NULL: all */
	bool drops;	       /* only what is dropped */
	enum ph_reason reason; /* with drops: only for this reason; 0: any */
	uint32_t snap_bytes;   /* of each frame, 1..PH_CAPTURE_MAX_BYTES */
};

struct fw_capture_losses {
	uint64_t records; /* told faster than they were taken */
	uint32_t pauses;  /* times that nobody took any for so long that it went off */
};

/*
 * Begin. There is one capture at a time.
 * @fw: must outlive the capture
 * Return: 0, -EBUSY (another one runs; @error says whose), -ENODEV (the policy has no
 * such interface), -EOPNOTSUPP (the programs in force cannot), other -errno
 */
int fw_capture_start(struct fw *fw, const struct fw_capture_options *options,
		     struct fw_capture **out, struct fw_error *error);
void fw_capture_stop(struct fw_capture *capture);

/*
 * Take what has been told, CPU by CPU, each in its order. To be called several times
 * a second: it also keeps the capture alive.
 * @timeout_ms: how long to wait for many; what little there is comes then too
 * @fn: @bytes: record->kept_bytes of the frame. Non-zero ends the walk; what the rings
 * still hold may be lost then
 * Return: 0, fn's value, -EINTR, -ESTALE (the firewall was unloaded, or another capture
 * has taken over), -ENODEV (a new policy has no such interface), other -errno
 */
int fw_capture_take(struct fw_capture *capture, int timeout_ms,
		    int (*fn)(int cpu, const struct capture_record *record,
			      const unsigned char *bytes, void *arg),
		    void *arg, struct fw_error *error);

void fw_capture_losses(const struct fw_capture *capture, struct fw_capture_losses *out);

/*
 * Which line of the policy in force counts by which counter: what a record's counters
 * mean, if it is of the same generation. Caller frees *out.
 */
int fw_read_acl_slots(struct fw *fw, uint32_t *generation, struct acl_line_slot **out,
		      size_t *n, struct fw_error *error);

#endif /* PINHOLE_FIREWALL_CAPTURE_H */
