// SPDX-License-Identifier: GPL-2.0
/*
 * pass.bpf.c - an XDP program that does nothing: what it costs on veth that there is one.
 *
 * veth gives XDP its packets in pages with room in front of them. Those of a socket are
 * not in such pages, and so every one is copied before any program sees it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}
