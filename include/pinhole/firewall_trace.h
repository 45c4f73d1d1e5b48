/* SPDX-License-Identifier: GPL-2.0 */
/*
 * firewall_trace.h - what the datapath would do with a packet, without doing it.
 *
 * Why it exists: an administrator asks why, and only the programs themselves know. A
 * second instance of the very object that is loaded is run on the packet. It reads the
 * policy in force, whose maps it shares; every map that the datapath writes is its own,
 * filled with a copy of what the packet could meet. So it cannot change anything.
 *
 * Who may include it: the tools and the tests.
 *
 * Errors: as in firewall.h.
 */
#ifndef PINHOLE_FIREWALL_TRACE_H
#define PINHOLE_FIREWALL_TRACE_H

#include <pinhole/firewall.h>

struct fw_trace;

/* The ends of a packet that is to be traced, as on the wire. */
struct fw_trace_ends {
	struct ph_addr src;
	struct ph_addr dst;
};

/*
 * Load the second instance, and copy what packets between these ends could meet:
 * connections, holes, sessions, fragments, limits.
 * @pin_dir: NULL for the default
 * @ends: connections between others are not copied
 * Return: 0, -ENOENT (nothing is in force), -EPERM, -EPROTO (another ABI), -EXDEV
 * (applied in another network namespace), -ESTALE (the programs that are loaded are of
 * another build than these), other -errno.
 */
int fw_trace_open(const char *pin_dir, const struct fw_trace_ends *ends, size_t n_ends,
		  struct fw_trace **out, struct fw_error *error);
void fw_trace_close(struct fw_trace *trace);

struct fw_trace_packet {
	const char *interface; /* nameif of where it comes in */
	uint16_t ethertype;    /* host order */
	const uint8_t *bytes;  /* what follows the ethertype */
	size_t len;
	/* The station it is addressed to, 6 bytes. NULL: the interface's own, or what
	 * the IP destination's group has. */
	const uint8_t *station;
};

enum fw_trace_action {
	FW_TRACE_FORWARD, /* out by another interface */
	FW_TRACE_TO_BOX,  /* left to this machine */
	FW_TRACE_ANSWER,  /* it became its own answer: ARP, NDP, an ICMP error */
	FW_TRACE_DROP,
	FW_TRACE_RESET, /* dropped, and answered by RST */
};

enum fw_trace_flow {
	FW_TRACE_FLOW_NONE,  /* the packet belongs to no connection, and begins none */
	FW_TRACE_FLOW_FOUND, /* to one that is there */
	FW_TRACE_FLOW_NEW,   /* it would begin one */
};

#define FW_TRACE_FRAME_BYTES 4096
#define FW_TRACE_NO_DROP     PH_N_DROP_REASONS

/* One end of a packet. */
struct fw_trace_end {
	struct ph_addr addr;
	uint16_t port; /* host order */
};

struct fw_trace_result {
	enum fw_trace_action action;
	/* Index for fw_drop_name(), or FW_TRACE_NO_DROP. With FW_TRACE_ANSWER it is what
	 * the sender is told by an ICMP error, and not counted. */
	unsigned int drop;
	bool xdp;	  /* XDP finished it; else TC did */
	bool xdp_skipped; /* XDP could not be asked, as the device is now */
	uint32_t generation;

	/* As far as it got. */
	bool parsed;
	bool addressed; /* it is IP: the ends below are set */
	bool routed;	/* the routing table was asked */
	bool judged;	/* the lists or the levels were */

	uint8_t proto;		 /* behind all extension headers */
	struct fw_trace_end src; /* as it came */
	struct fw_trace_end dst;
	struct fw_trace_end real_dst; /* untranslated; as dst where it is not */
	struct fw_trace_end new_src;  /* of FW_TRACE_FORWARD: as it leaves */
	struct fw_trace_end new_dst;

	enum fw_trace_flow flow;
	struct flow_key key; /* of the flow, if any */
	struct conn conn;    /* as it is, or would be */
	bool established;

	uint32_t egress_ifindex; /* iface_config.l3_ifindex; 0: not routed */
	struct ph_addr next_hop;
	uint8_t next_hop_mac[6]; /* zero: the neighbour is not known yet */
	uint32_t path_mtu;	 /* which it exceeds; 0: it does not */

	/* Lines that decided, or that had let the connection in; 0: none did. */
	uint64_t line;
	uint64_t line_out;    /* of the outbound list */
	enum acl_place place; /* of the list that was asked last; 0: none was */

	/* Statements that translate, or exempt, either end: policy_image_translation.id;
	 * 0: none, or it was not asked for one, as for what a connection has already. */
	uint64_t nat_src;
	uint64_t nat_dst;

	uint64_t events[PH_EV_END]; /* that would be counted */
	uint64_t findings[FTP_N_FINDINGS];

	uint8_t frame[FW_TRACE_FRAME_BYTES]; /* as it would leave */
	size_t frame_len;
};

/*
 * Run one packet. What it leaves behind is met by the next one of the same trace.
 * Return: 0, -ENODEV (no such interface), -EMSGSIZE (longer than the kernel runs),
 * -EAGAIN (an apply came between), other -errno.
 */
int fw_trace_run(struct fw_trace *trace, const struct fw_trace_packet *packet,
		 struct fw_trace_result *out, struct fw_error *error);

/*
 * Whether it is known of every map of the datapath if it may be shared, and of every
 * helper that it calls if it is harmless: for the test that fails when one is added.
 * Return: NULL, or what is not known.
 */
const char *fw_trace_unknown(void);

#endif /* PINHOLE_FIREWALL_TRACE_H */
