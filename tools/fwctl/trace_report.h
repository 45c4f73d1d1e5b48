/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace_report.h - what the datapath did with a traced packet, in the phases and words
 * of an ASA, with the statements of the policy that decided.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_TRACE_REPORT_H
#define FWCTL_TRACE_REPORT_H

#include <pinhole/firewall_trace.h>
#include <pinhole/policy.h>

#include "tools/fwctl/format_trace.h"

/* The policy in force, for names and texts. */
struct trace_policy {
	uint32_t generation;
	char *text; /* canonical */
	size_t len;
	struct policy_image *image;
	struct fw_interface *interfaces;
	size_t n_interfaces;
};

/* The interface's name, by its device or by its number in the policy; "?". */
const char *trace_name_by_ifindex(const struct trace_policy *policy, uint32_t ifindex);
const char *trace_name_by_id(const struct trace_policy *policy, uint32_t id);
const struct fw_interface *trace_interface(const struct trace_policy *policy,
					   const char *name);

/* @out: borrows from all of them */
void trace_report_make(const struct trace_policy *policy, const struct fw_interface *in,
		       const struct fw_trace_result *result, struct trace_report *out);

/* ---- phases (trace_phases.c) ---------------------------------------------- */

struct trace_scene {
	const struct trace_policy *policy;
	const struct fw_interface *in;
	const struct fw_interface *out; /* NULL: it leads to none of the policy */
	const struct fw_trace_result *result;
	struct trace_report *report;
};

bool trace_has_ports(uint8_t proto);

/* Add the phases that the packet has passed to the report. */
void trace_phases_add(const struct trace_scene *scene);

/* ---- statements that translate (trace_nat.c) ------------------------------ */

/* NULL: there is none. */
const struct policy_image_translation *trace_nat_by_id(const struct trace_policy *policy,
						       uint64_t id);

/*
 * What translates an end.
 * @seen_from: iface_config.id
 * @lives_at: likewise, of where it really is; 0: unknown
 * Return: NULL: none is found
 */
const struct policy_image_translation *
trace_nat_by_effect(const struct trace_policy *policy, uint32_t lives_at,
		    uint32_t seen_from, const struct fw_trace_end *real,
		    const struct fw_trace_end *mapped);

#endif /* FWCTL_TRACE_REPORT_H */
