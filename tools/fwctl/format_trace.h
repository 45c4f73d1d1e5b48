/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_trace.h - what became of a traced packet, as an ASA's packet-tracer tells it,
 * and as JSON. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_TRACE_H
#define FWCTL_FORMAT_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <pinhole/abi.h>

#define TRACE_TEXT_BYTES 1024
#define TRACE_MAX_PHASES 16

/* One stage of the datapath that had something to say. */
struct trace_phase {
	const char *type;
	const char *subtype; /* "": none */
	bool allow;
	char config[TRACE_TEXT_BYTES]; /* lines of the policy; "": none */
	char info[TRACE_TEXT_BYTES];   /* lines; "": none */
};

/* A packet's header. */
struct trace_header {
	uint8_t proto;
	bool has_ports;
	struct ph_addr src;
	struct ph_addr dst;
	uint16_t sport; /* host order; of an ICMP echo its identifier */
	uint16_t dport;
};

struct trace_counted {
	const char *name;
	uint64_t n;
};

#define TRACE_MAX_COUNTED 64

struct trace_report {
	uint32_t generation;
	struct trace_phase phases[TRACE_MAX_PHASES];
	size_t n_phases;

	const char *input;
	bool input_up;
	const char *output; /* NULL: none */
	bool output_up;

	const char *verdict; /* "forward", "to-box", "answer", "drop", "reset" */
	bool allow;
	const char *drop_reason; /* NULL: it is not dropped */
	const char *drop_help;
	const char *hook; /* "xdp", "tc" */
	const char *note; /* NULL: none */

	bool has_header;
	struct trace_header came;
	bool leaves; /* as what it leaves is known */
	struct trace_header left;

	/* For --detailed. */
	bool has_next_hop;
	struct ph_addr next_hop;
	bool next_hop_known; /* its station is */
	uint8_t next_hop_mac[6];
	bool has_flow;
	bool flow_is_new;
	uint64_t flow_id;
	struct trace_counted counted[TRACE_MAX_COUNTED];
	size_t n_counted;
	const uint8_t *frame; /* as it would leave; NULL: it does not */
	size_t frame_len;
};

void format_trace_text(FILE *out, const struct trace_report *report, bool detailed);
void format_trace_json(FILE *out, const struct trace_report *report);

/* A packet of a file: its number, and when it was captured. */
struct trace_place {
	unsigned long number; /* from 1 */
	int64_t sec;
	uint32_t nsec;
	bool cut;	   /* the file has not the whole of it */
	const char *error; /* it could not be traced; then there is no report */
};

/* One line each. @report: NULL where place->error is set. */
void format_trace_line(FILE *out, const struct trace_place *place,
		       const struct trace_report *report);
void format_trace_line_json(FILE *out, const struct trace_place *place,
			    const struct trace_report *report);

#endif /* FWCTL_FORMAT_TRACE_H */
