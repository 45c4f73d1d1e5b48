// SPDX-License-Identifier: GPL-2.0
/*
 * world_run.c - one packet through one program of the world. See world.h.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/network.h"
#include "tests/datapath/world.h"

static int run(const struct bpf_program *prog, const __u8 *bytes, size_t len,
	       const void *ctx, size_t ctx_len, struct world_run *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes, .data_size_in = len,
		    .data_out = out->bytes, .data_size_out = sizeof(out->bytes),
		    .ctx_in = ctx, .ctx_size_in = ctx_len, .repeat = 1);
	int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	out->action = (int)opts.retval;
	out->len = opts.data_size_out;
	return err;
}

int world_ingress(const struct world *w, enum hook hook, enum dev in, const __u8 *bytes,
		  size_t len, struct world_run *out)
{
	const __u32 ifindex = w->ifindex[network_link(in).carrier];
	struct xdp_md xdp = {.data_end = len, .ingress_ifindex = ifindex};
	struct __sk_buff skb = {.ifindex = ifindex, .ingress_ifindex = ifindex};

	if (w->gso_size && len > w->gso_size) {
		skb.gso_size = w->gso_size;
		skb.gso_segs = len / w->gso_size + 1;
	}
	if (hook == HOOK_XDP)
		return run(w->skel->progs.xdp_ingress, bytes, len, &xdp, sizeof(xdp),
			   out);
	return run(w->skel->progs.tc_ingress, bytes, len, &skb, sizeof(skb), out);
}

int world_egress(const struct world *w, enum dev dev, enum dev came_in, const __u8 *bytes,
		 size_t len, struct world_run *out)
{
	struct __sk_buff skb = {.ifindex = w->ifindex[dev]};

	if (came_in != DEV_COUNT)
		skb.ingress_ifindex = w->ifindex[came_in];
	return run(w->skel->progs.tc_egress, bytes, len, &skb, sizeof(skb), out);
}
