/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_capture.h - what a capture of packets shares between kernel and user space: the
 * switch, and what is told of each packet.
 *
 * Who may include it: bpf/capture.h, loader/firewall, and tools that read captures.
 *
 * The switch holds a lease, not a state: whoever captures renews it, and where nobody
 * does any more, by whatever end, the datapath turns it off by itself.
 */
#ifndef PINHOLE_ABI_CAPTURE_H
#define PINHOLE_ABI_CAPTURE_H

#include <pinhole/abi.h>

/* A sample of a perf ring has 16 bits for its length. */
#define PH_CAPTURE_MAX_BYTES 65280u
/* Rings: as many CPUs as Linux can have. */
#define PH_CAPTURE_MAX_CPUS  8192

#define CAPTURE_F_DROPS (1u << 0) /* only what is dropped */

/*
 * The one element of map `capture`, which user space maps into its memory. A claim: owner
 * by compare-and-swap, then everything else, then until_ns.
 */
struct capture_switch {
	__u64 until_ns;	  /* CLOCK_MONOTONIC; 0: off */
	__u64 owner;	  /* pid << 32 | session; of user space alone; 0: nobody */
	__u32 session;	  /* another one for each capture, never 0 */
	__u32 ifindex;	  /* iface_config.l3_ifindex of either way; 0: any */
	__u32 snap_bytes; /* of each frame; at most PH_CAPTURE_MAX_BYTES */
	__u32 flags;	  /* CAPTURE_F_* */
	__u32 reason;	  /* CAPTURE_F_DROPS: enum ph_reason, 0: any */
	__u32 pad;
};

enum capture_form {
	CAPTURE_BEFORE = 1, /* the frame as it came */
	CAPTURE_AFTER, /* as it leaves: translated, an answer, or this machine's own */
	CAPTURE_END,   /* no frame: the verdict of the one before, of this CPU */
};

#define CAPTURE_R_MORE	(1u << 0) /* the same packet's AFTER or END follows */
#define CAPTURE_R_XDP	(1u << 1) /* judged by XDP, else by TC */
#define CAPTURE_R_OWN	(1u << 2) /* sent by this machine itself, or on its way out */
#define CAPTURE_R_RESET (1u << 3) /* AFTER: the RST that it was turned into */
/* AFTER: Ethernet is still that of the way in; what it will be is in `mac` and `vlan`.
 * The kernel writes it. */
#define CAPTURE_R_LINK	(1u << 4)

/* What is told in map `captured`; behind it are kept_bytes of the frame. */
struct capture_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 packet;  /* of this CPU; what is told of one packet has one number */
	__u32 session;
	__u32 generation;  /* of the policy that judged it */
	__u32 ifindex[2];  /* iface_config.l3_ifindex of the way in, and out; 0: none */
	__u32 acl_counter; /* of the lines that decided; PH_NO_COUNTER: none did */
	__u32 acl_counter_out;
	__u32 frame_bytes;
	__u32 kept_bytes;
	__u16 reason;	  /* enum ph_reason; PH_NEXT: not decided yet, or CAPTURE_R_OWN */
	__u8 form;	  /* enum capture_form */
	__u8 flags;	  /* CAPTURE_R_* */
	__be16 tag_proto; /* a tag that the kernel keeps beside the frame; 0: none */
	__u16 tag_tci;
	__u8 mac[2][6]; /* CAPTURE_R_LINK: destination, source; zero: not known yet */
	__u16 vlan[2];	/* likewise: outer and inner id of the way out; 0: none */
};

#define PH_MAP_CAPTURE	"capture"  /* ARRAY[1] capture_switch */
#define PH_MAP_CAPTURED "captured" /* PERF_EVENT_ARRAY of capture_record and bytes */

PH_ASSERT_SIZE(struct capture_switch, 40);
PH_ASSERT_SIZE(struct capture_record, 72);
PH_ASSERT_OFFSET(struct capture_record, reason, 48);
PH_ASSERT_OFFSET(struct capture_record, mac, 56);

#endif /* PINHOLE_ABI_CAPTURE_H */
