// SPDX-License-Identifier: GPL-2.0
/*
 * xdp_other.c - puts an XDP program of somebody else on a device: generic, and attached
 * as ip(8) does, or with `link` by a BPF link, which this process then holds until it
 * is killed. Says its id and tag.
 *
 * xdp_other DEVICE [link]
 *
 * Why it exists: another's program must survive us. Compiled by t_errors.sh; belongs to
 * nothing else.
 */
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

int main(int argc, char **argv)
{
	static const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	unsigned int ifindex = argc > 1 ? if_nametoindex(argv[1]) : 0;
	int prog =
		bpf_prog_load(BPF_PROG_TYPE_XDP, "someone_elses", "GPL", pass, 2, NULL);
	int err;

	if (prog < 0 || !ifindex || bpf_obj_get_info_by_fd(prog, &info, &len)) {
		perror("xdp_other");
		return 1;
	}
	if (argc > 2) {
		LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);

		err = bpf_link_create(prog, (int)ifindex, BPF_XDP, &opts);
	} else {
		err = bpf_xdp_attach((int)ifindex, prog, XDP_FLAGS_SKB_MODE, NULL);
	}
	if (err < 0) {
		perror("xdp_other: attach");
		return 1;
	}
	printf("someone_elses (id %u, tag ", info.id);
	for (size_t i = 0; i < sizeof(info.tag); i++)
		printf("%02x", info.tag[i]);
	printf("\n");
	fflush(stdout);
	if (argc > 2)
		pause();
	return 0;
}
