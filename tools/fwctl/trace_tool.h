/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace_tool.h - what the files of `fwctl packet-tracer` share.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_TRACE_TOOL_H
#define FWCTL_TRACE_TOOL_H

#include "tools/fwctl/cmd.h"
#include "tools/fwctl/format_frame.h"
#include "tools/fwctl/trace_report.h"

struct trace_request {
	const char *pin_dir;
	const char *input; /* nameif */
	const char *file;  /* NULL: one packet, described by words */
	struct frame_words words;
	bool json;
	bool detailed;
};

/* Read what stands behind `input IF`: the protocol and the rest. Return: CMD_OK, or
 * CMD_USAGE after saying why. */
int trace_parse_words(int argc, char **argv, struct frame_words *out);

/* Read the policy in force. Return: CMD_OK, CMD_REFUSED after saying why. */
int trace_policy_read(const char *pin_dir, struct trace_policy *out);
void trace_policy_free(struct trace_policy *policy);

/* Whether the packet was judged by this policy; if not, that has been said. */
bool trace_is_of(const struct trace_policy *policy, const struct fw_trace_result *result);

/* Complain. Return: CMD_REFUSED. */
int trace_unknown_interface(const struct trace_policy *policy, const char *name);

/* `packet-tracer pcap`. Return: an enum cmd_status. */
int trace_file(const struct trace_request *request);

#endif /* FWCTL_TRACE_TOOL_H */
