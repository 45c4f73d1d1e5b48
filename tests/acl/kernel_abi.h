/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_abi.h - what kernel.c and acl_proof.bpf.c hand each other.
 *
 * Who may include it: those.
 */
#ifndef PINHOLE_TESTS_ACL_KERNEL_ABI_H
#define PINHOLE_TESTS_ACL_KERNEL_ABI_H

#include <pinhole/abi_acl.h>

/* A packet as struct packet has it (oracle.h). */
struct kernel_key {
	__u64 src_high;
	__u64 src_low;
	__u64 dst_high;
	__u64 dst_low;
	__u16 src_port;
	__u16 dst_port;
	__u8 proto;
	__u8 tcp_flags;
	__u8 later_fragment;
	__u8 pad;
};

#define KERNEL_MAX_KEYS 32768

/* One run: keys [0, n) are asked of a list, their answers are left in answers. */
struct kernel_run {
	struct acl_halves at;
	struct acl_root root;
	__u32 ipv6;
	__u32 n;
	__u32 done; /* by the program */
	__u32 pad;
};

#endif /* PINHOLE_TESTS_ACL_KERNEL_ABI_H */
