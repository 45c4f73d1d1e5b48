/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - one measurement: which gateway, which flows, for how long.
 *
 * Why it exists: the parts of the bench program share this description and
 * one way to complain. run.sh makes the namespaces and asks for one
 * measurement after the other; this program sends, counts and doubts.
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

/* How packets get from one side to the other. */
enum bench_path {
	BENCH_WIRE,	   /* no gateway: outside and inside are one veth pair */
	BENCH_FIB,	   /* fib.bpf.c */
	BENCH_PINHOLE_XDP, /* the firewall, native XDP */
	BENCH_PINHOLE_TC,  /* the firewall, TC only */
	BENCH_KERNEL,	   /* the kernel's forwarding, no filter */
	BENCH_NFTABLES,	   /* the same with gateway.nft */
	BENCH_PATHS,
};

struct bench_case {
	enum bench_path path;
	const char *lab;     /* prefix of its namespaces: LAB-outside, -fw, -inside */
	const char *pin_dir; /* of the firewall, for the BENCH_PINHOLE paths */
	uint32_t n_flows;
	bool nat;	/* address the host by its mapped address */
	bool answered;	/* the flows' first packets have been replied to */
	double seconds; /* how long to send */
	int cpu;	/* where all of it runs */
};

/* The lab's addresses, host order; tests/lab makes the network. */
#define BENCH_MAPPED_ADDR     0xcb00710aU /* 203.0.113.10, translated to: */
#define BENCH_REAL_ADDR	      0x0a00000aU /* 10.0.0.10 */
#define BENCH_PLAIN_ADDR      0x0a000014U /* 10.0.0.20, not translated */
#define BENCH_ANSWERED_ADDR   0xc6120001U /* 198.18.0.1 (RFC 2544) and up */
#define BENCH_UNANSWERED_ADDR 0xc6130001U /* 198.19.0.1 and up */

static inline bool bench_is_pinhole(const struct bench_case *c)
{
	return c->path == BENCH_PINHOLE_XDP || c->path == BENCH_PINHOLE_TC;
}

static inline uint32_t bench_first_addr(const struct bench_case *c)
{
	return c->answered ? BENCH_ANSWERED_ADDR : BENCH_UNANSWERED_ADDR;
}

uint32_t bench_n_addrs(const struct bench_case *c);
const char *bench_path_name(enum bench_path path);

/* Print "bench: error: PATH, N flows: ..." to stderr; the arguments are those of
 * printf(). Evaluates to -1. A macro, so that the compiler checks the format and
 * clang-tidy 14, which loses sight of va_start() in its second file, is silent. */
#define bench_fail(c, ...) \
	(bench_fail_begin(c), fprintf(stderr, __VA_ARGS__), bench_fail_end())
void bench_fail_begin(const struct bench_case *c);
int bench_fail_end(void);

#endif /* PINHOLE_BENCH_H */
