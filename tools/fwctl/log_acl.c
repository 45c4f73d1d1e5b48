// SPDX-License-Identifier: GPL-2.0
/*
 * log_acl.c - records of access lists: flows of lines with `log`, and what is denied.
 * See log.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "format_acl.h"
#include "log.h"

#define DEFAULT_LEVEL	     6
#define DEFAULT_INTERVAL_SEC 300
#define NS_PER_SEC	     1000000000ull

/* The list that denies by having no line: asked where the record says. */
static const char *list_of_place(struct log_request *request,
				 const struct acl_record *record)
{
	uint32_t ifindex = record->ifindex[record->place == ACL_AT_OUT];
	const struct policy_image *image = log_image(request);
	const char *name = log_end_of(request, ifindex).interface;

	if (!image)
		return "?";
	/* Behind an interface's own list stands the global one. */
	if (record->place == ACL_AT_IN && image->acl_global[0])
		return image->acl_global;
	for (size_t i = 0; i < image->n_ifaces; i++) {
		const struct policy_image_iface *iface = &image->ifaces[i];

		if (strcmp(iface->name, name) != 0)
			continue;
		if (record->place == ACL_AT_IN)
			return iface->acl_in;
		return record->place == ACL_AT_OUT ? iface->acl_out : iface->acl_box;
	}
	return "?";
}

static struct format_acl_names names_of(struct log_request *request,
					const struct acl_record *record,
					const struct policy_image_line *line)
{
	struct format_acl_names names = {
		.list = "?",
		.way_in = log_end_of(request, record->ifindex[0]).interface,
		.way_out = record->place == ACL_AT_BOX
				   ? "identity"
				   : log_end_of(request, record->ifindex[1]).interface,
		.level = DEFAULT_LEVEL,
	};

	if (line) {
		names.list = line->acl;
		names.level = line->log_level;
	} else if (!record->line_id) {
		names.list = list_of_place(request, record);
	}
	return names;
}

static const char *reason_of(const struct acl_record *record)
{
	if (record->permit)
		return NULL;
	return fw_drop_name((record->line_id ? PH_DROP_ACL_DENY : PH_DROP_ACL_IMPLICIT) -
			    PH_DROP_FIRST);
}

static struct format_facts facts_of(const struct acl_record *record,
				    const struct format_acl_names *names)
{
	bool icmp = record->key.proto == IPPROTO_ICMP ||
		    record->key.proto == IPPROTO_ICMPV6;

	return (struct format_facts){
		.list = names->list,
		.interface = {names->way_in, names->way_out},
		.address = {&record->key.src, &record->key.dst},
		.port = {icmp ? 0 : record->key.src_port,
			 icmp ? 0 : record->key.dst_port},
		.reason = reason_of(record),
		.has_proto = true,
		.proto = record->key.proto,
	};
}

static json_t *json_record(const struct acl_record *record,
			   const struct format_acl_names *names,
			   const struct policy_image_line *line,
			   const struct format_acl_hits *hits)
{
	char src[FORMAT_ADDRESS_BYTES], dst[FORMAT_ADDRESS_BYTES];
	char number[4], id[19];
	json_t *out = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "event",
		hits ? "acl-flow" : "acl-denied", "action",
		record->permit ? "permitted" : "denied", "acl", names->list, "place",
		format_acl_place(record), "protocol",
		format_protocol(record->key.proto, number), "in", names->way_in, "out",
		names->way_out, "source", format_address(src, &record->key.src),
		"destination", format_address(dst, &record->key.dst), "source_port",
		(int)record->key.src_port, "destination_port", (int)record->key.dst_port);

	if (!out)
		return NULL;
	if (record->line_id) {
		snprintf(id, sizeof(id), "0x%016" PRIx64, (uint64_t)record->line_id);
		json_object_set_new(out, "line_id", json_string(id));
	}
	if (line) {
		json_object_set_new(out, "line", json_integer(line->number));
		json_object_set_new(out, "line_text", json_string(line->text));
	}
	if (hits) {
		json_object_set_new(out, "hits", json_integer((json_int_t)hits->count));
		json_object_set_new(out, "interval_sec",
				    json_integer(hits->interval_sec));
	}
	return out;
}

/* @hits: of message 106100; NULL: it was denied without `log` */
static int put_record(struct log_request *request, uint64_t time_ns,
		      const struct acl_record *record, const struct format_acl_hits *hits)
{
	const struct policy_image_line *line =
		record->line_id ? log_find_line(request, record->line_id) : NULL;
	struct format_acl_names names = names_of(request, record, line);
	struct format_facts facts = facts_of(record, &names);
	char text[FORMAT_LOG_BYTES];

	if (hits)
		format_acl_flow(text, record, &names, hits);
	else
		format_acl_denied(text, record, &names);
	if (!log_wants(request, text, &facts))
		return 0;
	if (request->json)
		return log_put_json(log_json_common(time_ns, text),
				    json_record(record, &names, line, hits));
	log_put_text(request, time_ns, text);
	return 0;
}

/* How many more there were of the same line, or place. */
static int put_lost(struct log_request *request, const struct acl_record *record)
{
	const struct policy_image_line *line =
		record->line_id ? log_find_line(request, record->line_id) : NULL;
	struct format_acl_names names = names_of(request, record, line);
	struct format_facts facts = facts_of(record, &names);
	unsigned int number = line ? line->number : 0;
	char text[FORMAT_LOG_BYTES];

	/* Not of this packet. */
	facts = (struct format_facts){.list = facts.list, .reason = facts.reason};
	format_acl_lost(text, record, &names, number);
	if (!log_wants(request, text, &facts))
		return 0;
	if (request->json)
		return log_put_json(log_json_common(record->time_ns, text),
				    json_pack("{s:s, s:I, s:s, s:i}", "event", "acl-lost",
					      "records", (json_int_t)record->lost, "acl",
					      names.list, "line", (int)number));
	log_put_text(request, record->time_ns, text);
	return 0;
}

static unsigned int interval_of(struct log_request *request,
				const struct acl_record *record)
{
	const struct policy_image_line *line = log_find_line(request, record->line_id);

	return line && line->log_interval_sec ? line->log_interval_sec
					      : DEFAULT_INTERVAL_SEC;
}

int log_put_acl(struct log_request *request, const struct acl_record *record)
{
	struct format_acl_hits hits;
	int err = record->lost ? put_lost(request, record) : 0;

	if (err)
		return err;
	if (!(record->flags & ACL_LINE_F_LOG))
		return put_record(request, record->time_ns, record, NULL);
	if (!format_hits_meet(request->hits, record, interval_of(request, record), &hits))
		return 0;
	return put_record(request, record->time_ns, record, &hits);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static int put_flushed(const struct acl_record *record,
		       const struct format_acl_hits *hits, void *arg)
{
	return put_record(arg, now_ns(), record, hits);
}

int log_flush_acl(struct log_request *request, bool all)
{
	return format_hits_flush(request->hits, all ? UINT64_MAX : now_ns(), put_flushed,
				 request);
}
