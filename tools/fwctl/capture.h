/* SPDX-License-Identifier: GPL-2.0 */
/*
 * capture.h - what the parts of `fwctl capture` share: what was asked for, and the way a
 * packet is put out.
 *
 * Who may include it: tools/fwctl/cmd_capture.c and capture_*.c.
 */
#ifndef FWCTL_CAPTURE_H
#define FWCTL_CAPTURE_H

#include <stdio.h>

#include <pinhole/firewall_capture.h>

#include "format_capture.h"

struct capture_request {
	const char *pin_dir;
	const char *interface; /* NULL: all */
	const char *filter;    /* as it was written; NULL: none */
	const char *file;      /* pcapng; "-": standard output; NULL: lines */
	bool json;
	bool drops;
	enum ph_reason reason; /* of drops; 0: any */
	uint32_t snap_bytes;
	uint64_t count; /* 0: no end */
};

/* ---- names (capture_names.c) ---- */

/* What the policy in force says; read again when a packet was judged by another. */
struct capture_policy;

struct capture_policy *capture_policy_new(struct fw *fw); /* NULL: no memory */
void capture_policy_free(struct capture_policy *policy);
/* They stay valid until the next call. */
void capture_policy_names(struct capture_policy *policy, const struct join_packet *packet,
			  struct capture_names *out);
/* The interface as a device, for people; "?" if it is not known any more. */
const char *capture_policy_device(const struct capture_policy *policy, const char *name);

/* ---- putting out (capture_out.c) ---- */

struct capture_out;

/*
 * Open where packets go.
 * Return: 0 or -errno, after saying why
 */
int capture_out_open(const struct capture_request *request, struct capture_policy *policy,
		     struct capture_out **out);
/* Return: 0 or -errno */
int capture_out_put(struct capture_out *out, const struct join_packet *packet);
/* What is shown so far is to be seen. Return: 0 or -errno */
int capture_out_flush(struct capture_out *out);
/* @lost: records; Return: 0 or -errno: not everything could be written */
int capture_out_close(struct capture_out *out, uint64_t lost);

#endif /* FWCTL_CAPTURE_H */
