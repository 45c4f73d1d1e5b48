/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - one measurement: which gateway, which flows, for how long.
 *
 * Why it exists: the parts of the bench program share this description and
 * one way to complain. Scripts make the namespaces and ask for one measurement
 * after the other; this program sends, counts and doubts.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_H
#define PINHOLE_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/if_ether.h>
#include <linux/types.h>
#include <sys/socket.h>

/* How packets get from one side to the other. */
enum bench_path {
	BENCH_WIRE,	   /* no gateway: outside and inside are one veth pair */
	BENCH_FIB,	   /* fib.bpf.c */
	BENCH_PINHOLE_XDP, /* the firewall, native XDP */
	BENCH_PINHOLE_TC,  /* the firewall, TC only */
	BENCH_KERNEL,	   /* the kernel's forwarding, no filter */
	BENCH_NFTABLES,	   /* the same with gateway.nft */
	BENCH_IPTABLES,	   /* the same with iptables-legacy's rules */
	BENCH_PATHS,
};

/* What the flows' packets are. */
enum bench_state {
	BENCH_ANSWERED,	  /* the flow's first packet has been replied to */
	BENCH_UNANSWERED, /* it has not: every packet is one more first one */
	BENCH_FIRST,	  /* each packet begins a flow that some line permits */
};

struct bench_case {
	enum bench_path path;
	int family;	     /* AF_INET, AF_INET6 */
	const char *lab;     /* prefix of its namespaces: LAB-outside, -fw, -inside */
	const char *pin_dir; /* of the firewall, for the BENCH_PINHOLE paths */
	uint32_t n_flows;
	uint32_t train;	  /* packets of a flow in a row */
	uint32_t n_lines; /* BENCH_FIRST: of the list */
	uint32_t skip;	  /* lines that are left out before them */
	bool nat;	  /* address the host by its mapped address */
	enum bench_state state;
	double seconds;	    /* how long to send */
	int cpu;	    /* where all of it runs */
	bool active;	    /* FTP: the server dials */
	const char *format; /* of a list: see lines.c */
	const char *name;
};

/* The lab's addresses, host order; tests/lab makes the network. */
#define BENCH_MAPPED_ADDR     0xcb00710aU /* 203.0.113.10, translated to: */
#define BENCH_REAL_ADDR	      0x0a00000aU /* 10.0.0.10 */
#define BENCH_PLAIN_ADDR      0x0a000014U /* 10.0.0.20, not translated */
#define BENCH_ANSWERED_ADDR   0xc6120001U /* 198.18.0.1 (RFC 2544) and up */
#define BENCH_UNANSWERED_ADDR 0xc6130001U /* 198.19.0.1 and up */

/* Likewise of IPv6: first words, and last word. */
#define BENCH_MAPPED6_NET      0x20010db8U, 0x00010000U, 0 /* 2001:db8:1::, with ::10 */
#define BENCH_INSIDE6_NET      0xfd000001U, 0, 0	   /* fd00:1::, ::10 and ::20 */
#define BENCH_OUTSIDE6_NET     0x20010002U, 0, 0	   /* 2001:2:: (RFC 5180) */
#define BENCH_HOST6_NAT	       0x10U
#define BENCH_HOST6_PLAIN      0x20U
#define BENCH_ANSWERED6_ADDR   0x1U
#define BENCH_UNANSWERED6_ADDR 0x10001U

static inline bool bench_is_pinhole(const struct bench_case *c)
{
	return c->path == BENCH_PINHOLE_XDP || c->path == BENCH_PINHOLE_TC;
}

static inline uint32_t bench_first_addr(const struct bench_case *c)
{
	if (c->family == AF_INET6)
		return c->state == BENCH_ANSWERED ? BENCH_ANSWERED6_ADDR
						  : BENCH_UNANSWERED6_ADDR;
	return c->state == BENCH_ANSWERED ? BENCH_ANSWERED_ADDR : BENCH_UNANSWERED_ADDR;
}

uint32_t bench_n_addrs(const struct bench_case *c);
const char *bench_path_name(enum bench_path path);
const char *bench_state_name(enum bench_state state);

/* Print "bench: error: PATH, N flows: ..." to stderr; the arguments are those of
 * printf(). Evaluates to -1. A macro, so that the compiler checks the format and
 * clang-tidy 14, which loses sight of va_start() in its second file, is silent. */
#define bench_fail(c, ...) \
	(bench_fail_begin(c), fprintf(stderr, __VA_ARGS__), bench_fail_end())
void bench_fail_begin(const struct bench_case *c);
int bench_fail_end(void);

#endif /* PINHOLE_BENCH_H */
