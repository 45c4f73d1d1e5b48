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

/*
 * The statement that translates one end: what an end is really, and as what it is seen
 * from an interface. trace_nat.c.
 * @seen_from: iface_config.id
 * @lives_at: likewise, of where it really is; 0: unknown
 * @out: TRACE_TEXT_BYTES; "" if none is found
 */
void trace_nat_text(const struct trace_policy *policy, uint32_t lives_at,
		    uint32_t seen_from, uint8_t proto, const struct fw_trace_end *real,
		    const struct fw_trace_end *mapped, char *out);

#endif /* FWCTL_TRACE_REPORT_H */
