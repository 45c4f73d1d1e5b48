/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - frames that arrive at a device of a namespace of their own.
 *
 * Who may include it: tests/bench/acl.
 */
#ifndef PINHOLE_BENCH_ACL_WIRE_H
#define PINHOLE_BENCH_ACL_WIRE_H

#include <stdint.h>

#include "bench.h"

struct bench_wire;

/* The generator. */
struct wire_source {
	struct bench_wire *program;
	struct wire_frame *frames; /* mapped */
	uint32_t capacity;
	uint32_t n;
	int home; /* the namespace that the process came from */
};

/* A veth pair in a namespace without a name: it goes when nobody holds it. */
struct wire {
	int netns;
	uint32_t from; /* ifindex: frames are redirected to it */
	uint32_t to;   /* they arrive here: WIRE_DEVICE */
	uint32_t at;   /* of the trace: what is next */
	uint64_t sent;
};

#define WIRE_DEVICE "to"

/* @capacity: frames, of all traces together. Return: 0 or -1, reported. */
int wire_source_open(struct wire_source *source, uint32_t capacity);
void wire_source_close(struct wire_source *source);

/* Add the set's TRACE_LINES as frames; set->frames_at tells where. Return: 0 or -1,
 * reported. */
int wire_source_add(struct wire_source *source, struct bench_set *set);

int wire_open(struct wire *wire, const struct wire_source *source);
void wire_close(struct wire *wire);

/* Run a command in the wire's namespace, for at most `seconds`. @input: a file to
 * be its standard input, or NULL. Return: its exit status; 124: it took longer. */
int wire_command(const struct wire *wire, int seconds, const char *input,
		 const char *output, char *const argv[]);

/* Be in the wire's namespace, and back. Return: 0 or -1, reported. */
int wire_enter(const struct wire *wire);
int wire_leave(const struct wire_source *source);

/* Send n frames of the trace [first, first + length), from where the last call ended.
 * Return: 0 or -1, reported. */
int wire_send(struct wire *wire, struct wire_source *source, uint32_t first,
	      uint32_t length, uint32_t n, double *ns_per_frame);

#endif /* PINHOLE_BENCH_ACL_WIRE_H */
