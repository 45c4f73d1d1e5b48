/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - what is measured, and one way to complain.
 *
 * Who may include it: the C files of tests/bench/acl.
 */
#ifndef PINHOLE_BENCH_ACL_BENCH_H
#define PINHOLE_BENCH_ACL_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <pinhole/acl.h>

#include "shared.h"
#include "tests/acl/generate.h"

/* Print "bench-acl: error: ..." to stderr. Evaluates to -1. */
#define bench_fail(...)                                                     \
	(fputs("bench-acl: error: ", stderr), fprintf(stderr, __VA_ARGS__), \
	 fputc('\n', stderr), -1)

double bench_now_ns(void);

/* What a set is asked. */
enum bench_trace_kind {
	TRACE_LINES, /* packets inside random lines, each asked about once a pass */
	TRACE_LOCAL, /* the same, but few flows make most of the packets */
	TRACE_WORST, /* of all packets tried, those with the most steps */
	N_TRACES,
};

struct bench_trace {
	struct bench_key *keys;
	uint32_t n;	  /* 0: not asked */
	uint32_t first;	  /* where they stand in the map */
	uint64_t answers; /* sum over a pass of what each lookup answers */
};

/* Samples of one cost, in ns per lookup. */
#define MAX_SAMPLES 64

struct bench_samples {
	double ns[MAX_SAMPLES];
	uint32_t n;
};

void samples_add(struct bench_samples *samples, double ns);
double samples_min(const struct bench_samples *samples);
double samples_median(const struct bench_samples *samples);
double samples_max(const struct bench_samples *samples);

/* Steps of lookups, each a mean per packet. See steps.h. */
struct bench_steps {
	double trie;	/* words read of both tries, roots not counted */
	double tables;	/* left by the bitmaps */
	double probes;	/* slots read */
	double scans;	/* slots that passed tag and line */
	double tree;	/* nodes read */
	double rules;	/* compared */
	double classes; /* words read of class tries */
	double matched; /* share of packets that a line matched */
};

/* Kinds of the bench's own, beside enum gen_kind: no packet is in two lines, so that
 * order does not matter and hashes and sets can hold them. IPv4 only. */
enum bench_kind {
	BENCH_PAIRS = GEN_N_KINDS, /* TCP from a host to a port of a host */
	BENCH_NETS,		   /* TCP from a prefix to a range of ports of a prefix */
};

/* A list, its image, and what it costs. */
struct bench_set {
	int kind; /* enum gen_kind or bench_kind */
	enum acl_family family;
	uint32_t n_lines;
	struct gen_set lines;
	struct acl_image image;
	char refused[96]; /* why there is no image; "": there is one */
	double build_ms;
	uint32_t words_at; /* where its image stands in the maps */
	uint32_t rules4_at;
	uint32_t rules6_at;
	uint32_t frames_at; /* where its frames stand in the generator's map */
	struct bench_trace traces[N_TRACES];
	struct bench_samples walk[N_TRACES]; /* with the harness */
	struct bench_samples linear;	     /* TRACE_LINES */
	bool with_linear;
	uint32_t linear_at;
	uint32_t n_linear; /* records; 0: not measured */
	struct bench_steps steps[N_TRACES];
};

#endif /* PINHOLE_BENCH_ACL_BENCH_H */
