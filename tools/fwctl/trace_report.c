// SPDX-License-Identifier: GPL-2.0
/*
 * trace_report.c - what became of a traced packet. See trace_report.h.
 */
#include <stdio.h>
#include <string.h>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/fwctl/trace_report.h"

/* ---- names ---------------------------------------------------------------- */

static const struct fw_interface *by_ifindex(const struct trace_policy *policy,
					     uint32_t ifindex)
{
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (policy->interfaces[i].ifindex == ifindex)
			return &policy->interfaces[i];
	return NULL;
}

const char *trace_name_by_ifindex(const struct trace_policy *policy, uint32_t ifindex)
{
	const struct fw_interface *found = by_ifindex(policy, ifindex);

	return found ? found->config.name : "?";
}

const char *trace_name_by_id(const struct trace_policy *policy, uint32_t id)
{
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (policy->interfaces[i].config.id == id)
			return policy->interfaces[i].config.name;
	return "?";
}

const struct fw_interface *trace_interface(const struct trace_policy *policy,
					   const char *name)
{
	for (size_t i = 0; i < policy->n_interfaces; i++)
		if (!strcmp(policy->interfaces[i].config.name, name))
			return &policy->interfaces[i];
	return NULL;
}

static bool is_up(const struct fw_interface *interface)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s",
		 interface->config.device);
	up = fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &request) &&
	     (request.ifr_flags & IFF_UP);
	if (fd >= 0)
		close(fd);
	return up;
}

/* ---- the result ----------------------------------------------------------- */

static const char *verdict_word(enum fw_trace_action action)
{
	switch (action) {
	case FW_TRACE_FORWARD:
		return "forward";
	case FW_TRACE_TO_BOX:
		return "to-box";
	case FW_TRACE_ANSWER:
		return "answer";
	case FW_TRACE_RESET:
		return "reset";
	case FW_TRACE_DROP:
		break;
	}
	return "drop";
}

static const char *note_of(const struct fw_trace_result *r)
{
	if (r->action == FW_TRACE_ANSWER && r->addressed)
		return "the firewall answers it itself";
	if (r->action == FW_TRACE_RESET)
		return "the firewall answers it with a TCP reset";
	if (r->action == FW_TRACE_TO_BOX)
		return "it is left to this machine's own stack";
	if (r->xdp_skipped)
		return "XDP could not be asked on this device; TC decides alike";
	return NULL;
}

static void set_headers(const struct fw_trace_result *r, struct trace_report *out)
{
	bool ports = trace_has_ports(r->proto);

	out->has_header = r->addressed;
	out->came = (struct trace_header){r->proto,    ports,	    r->src.addr,
					  r->dst.addr, r->src.port, r->dst.port};
	out->leaves = r->action == FW_TRACE_FORWARD;
	out->left = (struct trace_header){r->proto,	   ports,
					  r->new_src.addr, r->new_dst.addr,
					  r->new_src.port, r->new_dst.port};
}

static void count(struct trace_report *out, const char *name, uint64_t n)
{
	if (n && out->n_counted < TRACE_MAX_COUNTED)
		out->counted[out->n_counted++] = (struct trace_counted){name, n};
}

static void set_details(const struct fw_trace_result *r, struct trace_report *out)
{
	static const uint8_t unknown[6];

	out->has_next_hop = out->output != NULL;
	out->next_hop = r->next_hop;
	memcpy(out->next_hop_mac, r->next_hop_mac, sizeof(out->next_hop_mac));
	out->next_hop_known = memcmp(r->next_hop_mac, unknown, sizeof(unknown)) != 0;
	out->has_flow = r->flow != FW_TRACE_FLOW_NONE;
	out->flow_is_new = r->flow == FW_TRACE_FLOW_NEW;
	out->flow_id = r->conn.id;
	for (unsigned int i = 0; i < PH_EV_END; i++)
		count(out, fw_event_name(i), r->events[i]);
	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++)
		count(out, fw_finding_name(i), r->findings[i]);
	if (r->action == FW_TRACE_FORWARD || r->action == FW_TRACE_ANSWER) {
		out->frame = r->frame;
		out->frame_len = r->frame_len;
	}
}

void trace_report_make(const struct trace_policy *policy, const struct fw_interface *in,
		       const struct fw_trace_result *result, struct trace_report *out)
{
	struct trace_scene scene = {
		.policy = policy, .in = in, .result = result, .report = out};

	memset(out, 0, sizeof(*out));
	/* What is for this machine is routed to where it came from. */
	if (result->routed && result->action != FW_TRACE_TO_BOX &&
	    result->place != ACL_AT_BOX)
		scene.out = by_ifindex(policy, result->egress_ifindex);
	out->generation = result->generation;
	out->input = in->config.name;
	out->input_up = is_up(in);
	out->output = scene.out ? scene.out->config.name : NULL;
	out->output_up = scene.out && is_up(scene.out);
	out->verdict = verdict_word(result->action);
	out->allow = result->action == FW_TRACE_FORWARD ||
		     result->action == FW_TRACE_TO_BOX ||
		     (result->action == FW_TRACE_ANSWER && !result->addressed);
	if (result->drop != FW_TRACE_NO_DROP) {
		out->drop_reason = fw_drop_name(result->drop);
		out->drop_help = fw_drop_help(result->drop);
	}
	out->hook = result->xdp ? "xdp" : "tc";
	out->note = note_of(result);
	set_headers(result, out);
	set_details(result, out);
	trace_phases_add(&scene);
}
