/* SPDX-License-Identifier: GPL-2.0 */
/*
 * capture_filter.h - expressions of libpcap, see pcap-filter(7).
 *
 * Why it exists: the headers of libpcap and of the kernel's BPF both define struct
 * bpf_insn, and so cannot meet in one file.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_CAPTURE_FILTER_H
#define FWCTL_CAPTURE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct capture_filter;

/*
 * Compile an expression for Ethernet frames.
 * @why: what is wrong with it, on failure
 * Return: 0, -EINVAL, -ENOMEM
 */
int capture_filter_compile(const char *expression, struct capture_filter **out,
			   char why[256]);
void capture_filter_free(struct capture_filter *filter);

/* @wire_bytes: what the frame had before it was cut to kept_bytes */
bool capture_filter_matches(const struct capture_filter *filter,
			    const unsigned char *bytes, uint32_t kept_bytes,
			    uint32_t wire_bytes);

#endif /* FWCTL_CAPTURE_FILTER_H */
