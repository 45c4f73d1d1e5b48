/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gen.h - thinks of the next packet.
 *
 * Why it exists: random bits would all be dropped for the same three reasons.
 * The generator keeps a pool of flows, knows how far each has come, and sends
 * what may plausibly come next: mostly what a peer would send, else something
 * that is wrong in one respect. Everything follows from the seed.
 *
 * Who may include it: the differential test.
 */
#ifndef PINHOLE_TESTS_DIFF_GEN_H
#define PINHOLE_TESTS_DIFF_GEN_H

#include "tests/diff/frame.h"

#define GEN_MAX_FLOWS	 24
#define GEN_MAX_BURNT	 1024
#define GEN_CLASS_BYTES	 80
#define GEN_HISTORY	 14
#define GEN_HISTORY_LINE 128
#define STEP_MAX_FRAMES	 8

/* One end of a flow. */
struct end {
	enum side side;
	struct addr self; /* its own address, as it knows it */
	struct addr peer; /* the address under which it sees the other end */
	uint16_t port;
	uint16_t window; /* as it announces it */
	uint8_t scale;
	bool scaling;	/* its SYN offers it */
	bool syn;	/* TCP: it has sent its SYN */
	bool acked_syn; /* it has acknowledged the other's SYN */
	bool fin;
	uint32_t next;	 /* the next sequence number that it sends */
	uint32_t expect; /* the next one that it expects */
	uint32_t edge;	 /* one past the last number that the other may send */
};

struct flow {
	bool live;
	bool v6;
	bool spoken;   /* a packet of it got through both gateways */
	bool answered; /* ... in both directions */
	bool reset;
	bool both_syn; /* TCP: a simultaneous open */
	uint8_t proto;
	const char *path;  /* where it leads, for the report */
	struct end end[2]; /* 0: who begins */
	uint16_t id;
	unsigned int steps;
	unsigned int lost; /* steps in a row that nothing came of */
	unsigned int number;
	char odd[64]; /* the latest odd things that both let through */
	char history[GEN_HISTORY][GEN_HISTORY_LINE];
};

/* What is to be sent next. */
struct step {
	char class[GEN_CLASS_BYTES];
	enum side from;
	struct frame frame[STEP_MAX_FRAMES];
	size_t n;
	struct flow *flow;   /* that it belongs to */
	struct flow after;   /* what the flow is if it gets through */
	unsigned int sender; /* which end of it */
	bool odd;	     /* it is not what that end would send */
	char oddity[32];     /* ... but this */
	bool fragments;	     /* compare datagrams, not frames */
	bool spoiled;	     /* below or beside the transport */
	bool last;	     /* whatever becomes of it, the flow is given up */
};

struct gen {
	uint64_t state; /* of the random numbers */
	unsigned int n_flows;
	uint16_t next_port;
	struct flow pool[GEN_MAX_FLOWS];
	unsigned int features;	       /* GEN_F_* */
	uint64_t burnt[GEN_MAX_BURNT]; /* see gen_is_burnt() */
	size_t n_burnt;
};

/* What the datapath has; the rest is not generated. */
#define GEN_F_IPV6	 (1u << 0)
#define GEN_F_FRAGMENTS	 (1u << 1)
#define GEN_F_ICMP_ERROR (1u << 2)

enum step_result { STEP_THROUGH, STEP_NOWHERE, STEP_DIFFERED };

void gen_open(struct gen *gen, uint64_t seed, unsigned int features);
void gen_next(struct gen *gen, struct step *step);
/* What became of it; a flow that the gateways see differently is given up. */
void gen_settle(struct gen *gen, struct step *step, enum step_result result,
		const char *verdicts);

/* ---- for the parts of the generator ------------------------------------------ */

uint32_t gen_below(struct gen *gen, uint32_t n); /* 0..n-1 */
bool gen_chance(struct gen *gen, unsigned int percent);
uint32_t gen_random(struct gen *gen);

/* The class so far, printf-like, and what follows a dot. */
__attribute__((format(printf, 2, 3))) void step_class(struct step *step,
						      const char *format, ...);
/* step_class(), and the packet is an odd one: the peers make nothing of it. */
__attribute__((format(printf, 2, 3))) void step_odd(struct step *step, const char *format,
						    ...);

/* The latest odd things a flow has been through, each once, joined by `+`. */
void flow_add_odd(struct flow *flow, const char *name);

/* Where to and under which addresses. */
void flow_open(struct gen *gen, struct flow *flow);
/* Without ports all packets of a protocol between two hosts are one connection.
 * Once the gateways may differ about it no other flow may be the same. */
bool gen_is_burnt(const struct gen *gen, const struct flow *flow);
/* A draft from end `sender` to the other, without transport. */
void flow_draft(struct gen *gen, const struct flow *flow, unsigned int sender,
		struct draft *d);

/* Each writes the transport part of the draft, its checksum included, chooses
 * the sender, names the class, and moves step->after on. */
void gen_tcp(struct gen *gen, struct step *step, struct draft *d);
void gen_udp(struct gen *gen, struct step *step, struct draft *d);
void gen_echo(struct gen *gen, struct step *step, struct draft *d);
void gen_other(struct gen *gen, struct step *step, struct draft *d);

/* A packet of the flow's protocol as its sender would send it next. */
void gen_transport(struct gen *gen, struct step *step, struct draft *d);

/* Each makes the frames of the step. */
void gen_icmp_error(struct gen *gen, struct step *step);
void gen_fragments(struct gen *gen, struct step *step);
void gen_malformed(struct gen *gen, struct step *step);
void gen_headers(struct gen *gen, struct step *step);
void gen_spoofed(struct gen *gen, struct step *step);
void gen_hops(struct gen *gen, struct step *step);
void gen_to_gateway(struct gen *gen, struct step *step);

#endif /* PINHOLE_TESTS_DIFF_GEN_H */
