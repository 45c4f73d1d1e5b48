// SPDX-License-Identifier: GPL-2.0
/*
 * trace_pcap.c - `fwctl packet-tracer pcap FILE`: the packets of a capture, one after
 * the other, as if each came in now.
 *
 * The file is read twice: first for whose packets they are, for the connections between
 * these ends are copied before any packet is run.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <net/ethernet.h>
/* Its bpf.h and the kernel's define the same name. */
#define PCAP_DONT_INCLUDE_PCAP_BPF_H
#include <pcap/dlt.h>
#include <pcap/pcap.h>

#include <util/cleanup.h>
#include <util/vec.h>

#include "tools/fwctl/trace_tool.h"

#define COMMAND "packet-tracer"

/* Of pcap's own header only newer ones have it. */
#define LINK_SLL2 276

static void close_pcap(pcap_t **file)
{
	if (*file)
		pcap_close(*file);
}

static int link_of(pcap_t *file, enum frame_link *out)
{
	switch (pcap_datalink(file)) {
	case DLT_EN10MB:
		*out = FRAME_ETHERNET;
		return 0;
	case DLT_RAW:
		*out = FRAME_RAW_IP;
		return 0;
	case DLT_LINUX_SLL:
		*out = FRAME_COOKED;
		return 0;
	case LINK_SLL2:
		*out = FRAME_COOKED2;
		return 0;
	default:
		return -1;
	}
}

static int open_file(const char *path, pcap_t **out, enum frame_link *link)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *file cleanup_(close_pcap) = pcap_open_offline_with_tstamp_precision(
		path, PCAP_TSTAMP_PRECISION_NANO, why);

	if (!file) {
		fprintf(stderr, "fwctl " COMMAND ": cannot read %s: %s\n", path, why);
		return CMD_USAGE;
	}
	if (link_of(file, link)) {
		const char *name = pcap_datalink_val_to_name(pcap_datalink(file));

		fprintf(stderr,
			"fwctl " COMMAND ": %s: cannot trace frames of the link type "
			"%s, only of Ethernet, raw IP and Linux cooked\n",
			path, name ? name : "unknown");
		return CMD_USAGE;
	}
	*out = take(file);
	return CMD_OK;
}

/* ---- whose packets -------------------------------------------------------- */

struct ends_list {
	struct fw_trace_ends *items;
	size_t count;
	size_t capacity;
};

static void free_ends(struct ends_list *list)
{
	vec_free(list);
}

static bool find_ends(const struct frame_content *content, struct fw_trace_ends *out)
{
	const uint8_t *ip = content->bytes;
	struct ph_addr v4 = {.word = {0, 0, htonl(0xffff), 0}};

	if (content->ethertype == ETHERTYPE_IP && content->len >= 20) {
		out->src = v4;
		out->dst = v4;
		memcpy(&out->src.word[3], ip + 12, 4);
		memcpy(&out->dst.word[3], ip + 16, 4);
		return true;
	}
	if (content->ethertype != ETHERTYPE_IPV6 || content->len < 40)
		return false;
	memcpy(&out->src, ip + 8, 16);
	memcpy(&out->dst, ip + 24, 16);
	return true;
}

static int add_ends(struct ends_list *list, const struct fw_trace_ends *ends)
{
	struct fw_trace_ends *added;

	/* Mostly the same two speak on. */
	if (list->count && !memcmp(&list->items[list->count - 1], ends, sizeof(*ends)))
		return 0;
	added = vec_push(list);
	if (!added)
		return -1;
	*added = *ends;
	return 0;
}

static int read_ends(const char *path, struct ends_list *out)
{
	pcap_t *file cleanup_(close_pcap) = NULL;
	enum frame_link link = FRAME_ETHERNET;
	struct pcap_pkthdr *header;
	const u_char *frame;
	int status = open_file(path, &file, &link);

	while (!status && pcap_next_ex(file, &header, &frame) == 1) {
		struct frame_content content;
		struct fw_trace_ends ends;

		if (!frame_find_packet(link, frame, header->caplen, &content) ||
		    !find_ends(&content, &ends))
			continue;
		if (add_ends(out, &ends)) {
			fputs("fwctl " COMMAND ": out of memory\n", stderr);
			status = CMD_REFUSED;
		}
	}
	return status;
}

/* ---- the packets ---------------------------------------------------------- */

struct pcap_job {
	const struct trace_request *request;
	const struct trace_policy *policy;
	const struct fw_interface *in;
	struct fw_trace *trace;
	struct fw_trace_result *result;
	struct trace_report *report;
};

static void put_line(const struct pcap_job *job, const struct trace_place *place)
{
	const struct trace_report *report = place->error ? NULL : job->report;

	if (job->request->json)
		format_trace_line_json(stdout, place, report);
	else
		format_trace_line(stdout, place, report);
}

/* Return: false if nothing more can be traced. */
static bool trace_one(const struct pcap_job *job, const struct frame_content *content,
		      struct trace_place *place, struct fw_error *error)
{
	const struct fw_trace_packet packet = {
		.interface = job->request->input,
		.ethertype = content->ethertype,
		.bytes = content->bytes,
		.len = content->len,
		.station = content->station,
	};
	int err = fw_trace_run(job->trace, &packet, job->result, error);

	if (err == -EMSGSIZE || err == -EINVAL)
		place->error = error->what;
	else if (err)
		return false;
	else
		trace_report_make(job->policy, job->in, job->result, job->report);
	return true;
}

static int trace_packets(const struct pcap_job *job)
{
	pcap_t *file cleanup_(close_pcap) = NULL;
	enum frame_link link = FRAME_ETHERNET;
	struct pcap_pkthdr *header;
	const u_char *frame;
	struct fw_error error = {0};
	int status = open_file(job->request->file, &file, &link);
	int more = 0;

	for (unsigned long n = 1;
	     !status && (more = pcap_next_ex(file, &header, &frame)) == 1; n++) {
		struct trace_place place = {
			.number = n,
			.sec = header->ts.tv_sec,
			.nsec = (uint32_t)header->ts.tv_usec, /* as asked for */
			.cut = header->caplen < header->len,
		};
		struct frame_content content;

		if (!frame_find_packet(link, frame, header->caplen, &content))
			place.error = "there is no packet in the frame";
		else if (!trace_one(job, &content, &place, &error))
			return cmd_print_fw_error(COMMAND, &error);
		if (!place.error && !trace_is_of(job->policy, job->result))
			return CMD_REFUSED;
		put_line(job, &place);
	}
	if (!status && more == PCAP_ERROR) {
		fprintf(stderr, "fwctl " COMMAND ": %s: %s\n", job->request->file,
			pcap_geterr(file));
		return CMD_USAGE;
	}
	return status;
}

static void free_policy(struct trace_policy *policy)
{
	trace_policy_free(policy);
}

static void close_trace(struct fw_trace **trace)
{
	fw_trace_close(*trace);
}

int trace_file(const struct trace_request *request)
{
	struct trace_policy policy cleanup_(free_policy) = {0};
	struct ends_list ends cleanup_(free_ends) = {0};
	struct fw_trace *trace cleanup_(close_trace) = NULL;
	struct fw_trace_result *result cleanup_free_ = calloc(1, sizeof(*result));
	struct trace_report *report cleanup_free_ = calloc(1, sizeof(*report));
	struct pcap_job job = {.request = request,
			       .policy = &policy,
			       .result = result,
			       .report = report};
	struct fw_error error = {0};
	int status = read_ends(request->file, &ends);

	if (!status)
		status = trace_policy_read(request->pin_dir, &policy);
	if (status)
		return status;
	if (!result || !report) {
		fputs("fwctl " COMMAND ": out of memory\n", stderr);
		return CMD_REFUSED;
	}
	job.in = trace_interface(&policy, request->input);
	if (!job.in)
		return trace_unknown_interface(&policy, request->input);
	if (fw_trace_open(request->pin_dir, ends.items, ends.count, &trace, &error))
		return cmd_print_fw_error(COMMAND, &error);
	job.trace = trace;
	return trace_packets(&job);
}
