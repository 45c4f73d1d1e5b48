// SPDX-License-Identifier: GPL-2.0
/* log_drop.c - records of dropped packets. See log.h. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "format_drop.h"
#include "log.h"

static struct format_facts facts_of(const struct drop_record *record,
				    const struct format_drop_names *names)
{
	struct format_facts facts = {
		.interface = {names->way_in, names->way_out},
		.port = {ntohs(record->sport), ntohs(record->dport)},
		.reason = names->reason,
		.has_proto = record->proto,
		.proto = record->proto,
	};

	if (format_drop_is_read(record)) {
		facts.address[0] = &record->src;
		facts.address[1] = &record->dst;
	}
	if (record->flags & DROP_RECORD_F_QUOTED) {
		facts.address[2] = &record->quoted_src;
		facts.address[3] = &record->quoted_dst;
	}
	return facts;
}

static void add_original(json_t *out, const struct drop_record *record)
{
	char src[FORMAT_ADDRESS_BYTES], dst[FORMAT_ADDRESS_BYTES], number[4];

	json_object_set_new(
		out, "original",
		json_pack("{s:s, s:s, s:i, s:s, s:i}", "protocol",
			  format_protocol(record->quoted_proto, number), "source",
			  format_address(src, &record->quoted_src), "source_port",
			  (int)ntohs(record->quoted_sport), "destination",
			  format_address(dst, &record->quoted_dst), "destination_port",
			  (int)ntohs(record->quoted_dport)));
}

static void add_packet(json_t *out, const struct drop_record *record)
{
	char src[FORMAT_ADDRESS_BYTES], dst[FORMAT_ADDRESS_BYTES], number[4];
	char flags[FORMAT_FLAGS_BYTES];

	json_object_set_new(out, "protocol",
			    json_string(format_protocol(record->proto, number)));
	json_object_set_new(out, "source",
			    json_string(format_address(src, &record->src)));
	json_object_set_new(out, "destination",
			    json_string(format_address(dst, &record->dst)));
	if (record->proto == IPPROTO_ICMP || record->proto == IPPROTO_ICMPV6) {
		json_object_set_new(out, "icmp_type", json_integer(record->icmp_type));
		json_object_set_new(out, "icmp_code", json_integer(record->icmp_code));
	} else {
		json_object_set_new(out, "source_port",
				    json_integer(ntohs(record->sport)));
		json_object_set_new(out, "destination_port",
				    json_integer(ntohs(record->dport)));
	}
	if (record->proto == IPPROTO_TCP)
		json_object_set_new(
			out, "tcp_flags",
			json_string(format_tcp_flags(flags, record->tcp_flags)));
	if (record->flags & DROP_RECORD_F_QUOTED)
		add_original(out, record);
}

static json_t *json_drop(const struct drop_record *record,
			 const struct format_drop_names *names)
{
	json_t *out = json_pack("{s:s, s:s, s:s?, s:s, s:s}", "event", "drop", "reason",
				names->reason, "help",
				fw_drop_help(record->reason - PH_DROP_FIRST), "in",
				names->way_in, "out", names->way_out);

	if (out && format_drop_is_read(record))
		add_packet(out, record);
	return out;
}

static int put_lost(struct log_request *request, const struct drop_record *record,
		    const struct format_drop_names *names)
{
	const struct format_facts facts = {.reason = names->reason};
	char text[FORMAT_LOG_BYTES];

	format_drop_lost(text, record, names);
	if (!log_wants(request, text, &facts))
		return 0;
	if (request->json)
		return log_put_json(log_json_common(record->time_ns, text),
				    json_pack("{s:s, s:s, s:I}", "event", "drop-lost",
					      "reason", names->reason, "records",
					      (json_int_t)record->lost));
	log_put_text(request, record->time_ns, text);
	return 0;
}

/* An interface, where 0 is none or not known. */
static const char *name_of(const struct log_request *request, uint32_t ifindex)
{
	return ifindex ? log_end_of(request, ifindex).interface : "?";
}

int log_put_drop(struct log_request *request, const struct drop_record *record)
{
	const char *reason = fw_drop_name(record->reason - PH_DROP_FIRST);
	const struct format_drop_names names = {
		.way_in = name_of(request, record->ifindex[0]),
		.way_out = name_of(request, record->ifindex[1]),
		.reason = reason ? reason : "?",
	};
	struct format_facts facts = facts_of(record, &names);
	char text[FORMAT_LOG_BYTES];
	int err = record->lost ? put_lost(request, record, &names) : 0;

	format_drop(text, record, &names);
	if (err || !log_wants(request, text, &facts))
		return err;
	if (request->json)
		return log_put_json(log_json_common(record->time_ns, text),
				    json_drop(record, &names));
	log_put_text(request, record->time_ns, text);
	return 0;
}
