/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gateway.h - the firewall that the dialogue goes through: hosts on either side,
 * the policy over them, and what became of each packet.
 *
 * Who may include it: tests/replay.
 */
#ifndef PINHOLE_TESTS_GATEWAY_H
#define PINHOLE_TESTS_GATEWAY_H

#include <jansson.h>

#include "tests/datapath/wire.h"
#include "tests/replay/segment.h"

#define GATEWAY_MAX_HOSTS  512
#define GATEWAY_MAX_NATS   16
#define GATEWAY_MAX_PORTS  16
#define GATEWAY_MAX_FRAMES 8
#define GATEWAY_TEXT_BYTES 16384

struct host {
	struct ph_addr addr; /* real */
	bool inside;
};

struct nat {
	struct ph_addr real;
	struct ph_addr mapped;
	bool outside; /* the real address is outside */
};

/* What the policy is made of, unless it is given as a text. */
struct setup {
	struct nat nat[GATEWAY_MAX_NATS];
	size_t n_nats;
	__u16 port[GATEWAY_MAX_PORTS]; /* of control connections; first 0: 21 */
	size_t n_ports;
	__u16 ftps; /* implicit TLS; 0: none */
	bool strict;
	char lines[GATEWAY_TEXT_BYTES / 2]; /* further statements */
	bool own_fixups;		    /* they say what is inspected */
	const char *text;		    /* the whole policy instead; NULL: none */
};

struct gateway {
	struct world w;
	struct wire wire;
	bool xdp; /* packets meet XDP first, as on a device with both */
	struct host host[GATEWAY_MAX_HOSTS];
	size_t n_hosts;
	struct setup setup;
	char text[GATEWAY_TEXT_BYTES]; /* in force */
	struct counters start;	       /* when the replay began */
	struct counters now;
	__u64 findings_start[FTP_N_FINDINGS];
};

/* What the gateway made of a packet. */
struct outcome {
	int dropped; /* 1 + index of the drop reason; 0: not dropped */
	bool to_box;
	size_t n;
	struct outcome_frame {
		__u8 bytes[FRAME_MAX_BYTES];
		size_t len;
	} frame[GATEWAY_MAX_FRAMES];
};

/* In a network namespace of its own. Bails out on failure. */
void gateway_open(struct gateway *g, bool xdp);
void gateway_close(struct gateway *g);

/* Put the setup's policy in force and forget whatever was before. Return: false,
 * with messages on stderr, where it is no policy. */
bool gateway_begin(struct gateway *g);

/* Say on which side a host is; one that has a side keeps it. */
void gateway_place(struct gateway *g, const struct ph_addr *addr, bool inside);

/* NULL: not placed. */
const struct host *gateway_host(const struct gateway *g, const struct ph_addr *addr);

/* As which address the other side sees a host; and back. */
struct ph_addr gateway_mapped(const struct gateway *g, const struct ph_addr *real);
struct ph_addr gateway_real(const struct gateway *g, const struct ph_addr *mapped);

bool gateway_is_control_port(const struct gateway *g, __u16 port);

/* Let a frame come in from that side. */
void gateway_feed(struct gateway *g, bool from_inside, const __u8 *bytes, size_t len,
		  struct outcome *out);

/* Counts since gateway_begin(). */
__u64 gateway_drops(const struct gateway *g, int index);
__u64 gateway_events(const struct gateway *g, enum ph_event event);
void gateway_findings(const struct gateway *g, __u64 out[FTP_N_FINDINGS]);

const char *gateway_finding_name(unsigned int finding);
/* By name; negative: there is none. */
int gateway_finding_of(const char *name);
int gateway_drop_of(const char *name);
int gateway_event_of(const char *name);

#endif /* PINHOLE_TESTS_GATEWAY_H */
