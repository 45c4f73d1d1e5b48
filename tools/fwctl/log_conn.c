// SPDX-License-Identifier: GPL-2.0
/* log_conn.c - records of connections that begin and end, and of full tables. See log.h.
 */
#include <arpa/inet.h>

#include "format_built.h"
#include "log.h"

#define INITIATOR 0
#define RESPONDER 1

static int key_end(uint32_t flags, int which)
{
	return flags & CONN_F_INITIATOR_1 ? !which : which;
}

/* What a connection of either kind of record is about. */
static struct format_facts facts_of(const struct flow_key *key,
				    const struct ph_addr mapped[2],
				    const __be16 mapped_port[2],
				    const struct format_log_end ends[2])
{
	return (struct format_facts){
		.interface = {ends[INITIATOR].interface, ends[RESPONDER].interface},
		.address = {&key->addr[0], &key->addr[1], &mapped[0], &mapped[1]},
		.port = {ntohs(key->port[0]), ntohs(key->port[1]), ntohs(mapped_port[0]),
			 ntohs(mapped_port[1])},
		.has_proto = true,
		.proto = key->proto,
	};
}

/* ---- beginnings ---- */

static json_t *json_built_end(const struct built_record *record,
			      const struct format_log_end ends[2], int which)
{
	int at = key_end(record->flags, which);
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];

	return json_pack("{s:s, s:s, s:i, s:s, s:i}", "interface", ends[which].interface,
			 "address", format_address(real, &record->key.addr[at]), "port",
			 (int)ntohs(record->key.port[at]), "mapped_address",
			 format_address(mapped, &record->mapped[which]), "mapped_port",
			 (int)ntohs(record->mapped_port[which]));
}

static json_t *json_built(const struct built_record *record,
			  const struct format_log_end ends[2])
{
	char number[4];

	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:i}", "event",
			 "connection-built", "id", (json_int_t)record->id, "protocol",
			 format_protocol(record->key.proto, number), "direction",
			 format_built_direction(ends), "admitted_by",
			 format_built_admitted_by(record), "initiator",
			 json_built_end(record, ends, INITIATOR), "responder",
			 json_built_end(record, ends, RESPONDER), "generation",
			 (int)record->generation);
}

int log_put_built(struct log_request *request, const struct built_record *record)
{
	const struct format_log_end ends[2] = {
		log_end_of(request, record->ifindex[INITIATOR]),
		log_end_of(request, record->ifindex[RESPONDER]),
	};
	struct format_facts facts =
		facts_of(&record->key, record->mapped, record->mapped_port, ends);
	char text[FORMAT_LOG_BYTES];

	format_built(text, record, ends);
	if (!log_wants(request, text, &facts))
		return 0;
	if (request->json)
		return log_put_json(log_json_common(record->time_ns, text),
				    json_built(record, ends));
	log_put_text(request, record->time_ns, text);
	return 0;
}

/* ---- ends, and full tables ---- */

static json_t *json_end(const struct ph_record *record, const char *interface, int which)
{
	int at = key_end(record->conn.flags, which);
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];

	return json_pack("{s:s, s:s, s:i, s:s, s:i, s:I, s:I}", "interface", interface,
			 "address", format_address(real, &record->key.addr[at]), "port",
			 (int)ntohs(record->key.port[at]), "mapped_address",
			 format_address(mapped, &record->conn.mapped[which]),
			 "mapped_port", (int)ntohs(record->conn.mapped_port[which]),
			 "packets", (json_int_t)record->conn.packets[which], "bytes",
			 (json_int_t)record->conn.bytes[which]);
}

static json_t *json_conn(const struct ph_record *record,
			 const struct format_log_end ends[2])
{
	uint64_t lasted_ns = format_log_lasted_ns(record);
	char number[4];

	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:f, s:s}", "event", "connection-end",
			 "id", (json_int_t)record->conn.id, "protocol",
			 format_protocol(record->key.proto, number), "initiator",
			 json_end(record, ends[0].interface, 0), "responder",
			 json_end(record, ends[1].interface, 1), "duration_sec",
			 (double)lasted_ns / 1e9, "reason", format_log_reason(record));
}

static json_t *json_by_kind(const struct ph_record *record,
			    const struct format_log_end ends[2])
{
	if (record->kind == PH_RECORD_CONN_END)
		return json_conn(record, ends);
	if (record->kind != PH_RECORD_TABLE_FULL)
		return json_pack("{s:s}", "event", "unknown");
	return json_pack("{s:s, s:s?}", "event",
			 record->reason == PH_DROP_ACL_BOUND ? "acl-bound" : "table-full",
			 "reason", fw_drop_name(record->reason - PH_DROP_FIRST));
}

int log_put_conn(struct log_request *request, const struct ph_record *record)
{
	const struct format_log_end ends[2] = {
		log_end_of(request, record->conn.ifindex[0]),
		log_end_of(request, record->conn.ifindex[1]),
	};
	const char *table = fw_drop_help(record->reason - PH_DROP_FIRST);
	struct format_facts facts = {0};
	char text[FORMAT_LOG_BYTES];

	if (record->kind == PH_RECORD_CONN_END) {
		facts = facts_of(&record->key, record->conn.mapped,
				 record->conn.mapped_port, ends);
		facts.reason = format_log_reason(record);
	} else if (record->kind == PH_RECORD_TABLE_FULL) {
		facts.reason = fw_drop_name(record->reason - PH_DROP_FIRST);
	}
	format_log(text, record, ends, table ? table : "a table is full");
	if (!log_wants(request, text, &facts))
		return 0;
	if (request->json)
		return log_put_json(log_json_common(record->time_ns, text),
				    json_by_kind(record, ends));
	log_put_text(request, record->time_ns, text);
	return 0;
}
