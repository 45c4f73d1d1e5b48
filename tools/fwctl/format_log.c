// SPDX-License-Identifier: GPL-2.0
/*
 * format_log.c - records of the datapath as an ASA logs them. See format_log.h.
 *
 * Why it exists: log analysers know the ASA's lines. What ended and how much
 * it carried must therefore stand where they look for it.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "format_log.h"

#define INITIATOR 0
#define RESPONDER 1

#define NS_PER_SEC 1000000000ull

struct end {
	const char *interface;
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];
	unsigned int port;
};

static void read_end(const struct ph_record *record, const struct format_log_end *names,
		     int which, struct end *out)
{
	int at = (record->conn.flags & CONN_F_INITIATOR_1) ? !which : which;

	out->interface = names->interface;
	out->port = ntohs(record->key.port[at]);
	format_address(out->real, &record->key.addr[at]);
	format_address(out->mapped, &record->conn.mapped[which]);
}

static const char *const ends[] = {"unknown",
#define X(NAME, TEXT) [PH_END_##NAME] = (TEXT),
				   PH_CONN_ENDS(X)
#undef X
};

/* Of what ends by time, and of what ends otherwise. */
const char *format_log_end_word(unsigned int index)
{
	static const char *const timeouts[] = {"SYN Timeout", "Idle Timeout",
					       "FIN Timeout"};
	const unsigned int n = sizeof(timeouts) / sizeof(timeouts[0]);

	if (index < n)
		return timeouts[index];
	index -= n;
	return index < sizeof(ends) / sizeof(ends[0]) ? ends[index] : NULL;
}

const char *format_log_reason(const struct ph_record *record)
{

	if (record->reason >= sizeof(ends) / sizeof(ends[0]))
		return ends[PH_END_NONE];
	if (record->reason != PH_END_TIMEOUT)
		return ends[record->reason];
	switch (record->conn.state) {
	case CONN_SYN_SENT:
	case CONN_SYN_ACKED:
	case CONN_SYN_BOTH:
	case CONN_PICKED_UP:
		return record->key.proto == IPPROTO_TCP ? "SYN Timeout" : "Idle Timeout";
	case CONN_HALF_CLOSED:
	case CONN_CLOSING:
		return "FIN Timeout";
	default:
		return "Idle Timeout";
	}
}

/* The ASA's message for the end of a connection of this protocol. */
static const char *message_of(unsigned int proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "%ASA-6-302014";
	case IPPROTO_UDP:
		return "%ASA-6-302016";
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return "%ASA-6-302021";
	case IPPROTO_GRE:
		return "%ASA-6-302018";
	default:
		return "%PINHOLE-6-TEARDOWN";
	}
}

/* A closed connection's entry stays for a while, for what is still on its way:
 * that is no part of its life. */
uint64_t format_log_lasted_ns(const struct ph_record *record)
{
	bool closed = record->reason == PH_END_FIN || record->reason == PH_END_RESET ||
		      record->reason == PH_END_INSPECTION;
	uint64_t end_ns = closed ? record->conn.seen_ns : record->time_ns;

	return end_ns > record->conn.created_ns ? end_ns - record->conn.created_ns : 0;
}

/* The end behind the lower security level first, as an ASA has it. */
static void format_teardown(char out[FORMAT_LOG_BYTES], const struct ph_record *record,
			    const struct format_log_end names[2])
{
	int low = names[RESPONDER].security < names[INITIATOR].security ? RESPONDER
									: INITIATOR;
	unsigned int proto = record->key.proto;
	const struct conn *conn = &record->conn;
	struct end outer;
	struct end inner;
	char duration[FORMAT_TIME_BYTES];
	char number[4];

	read_end(record, &names[low], low, &outer);
	read_end(record, &names[!low], !low, &inner);
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		snprintf(out, FORMAT_LOG_BYTES,
			 "%s: Teardown ICMP connection for faddr %s/%u gaddr %s/%u laddr "
			 "%s/%u",
			 message_of(proto), outer.real, outer.port, inner.mapped,
			 inner.port, inner.real, inner.port);
		return;
	}
	snprintf(out, FORMAT_LOG_BYTES,
		 "%s: Teardown %s connection %" PRIu64 " for %s:%s/%u to %s:%s/%u "
		 "duration %s bytes %" PRIu64 "%s%s",
		 message_of(proto), format_protocol(proto, number), (uint64_t)conn->id,
		 outer.interface, outer.real, outer.port, inner.interface, inner.real,
		 inner.port,
		 format_time(duration, format_log_lasted_ns(record) / NS_PER_SEC),
		 (uint64_t)(conn->bytes[0] + conn->bytes[1]),
		 proto == IPPROTO_TCP ? " " : "",
		 proto == IPPROTO_TCP ? format_log_reason(record) : "");
}

char *format_log(char out[FORMAT_LOG_BYTES], const struct ph_record *record,
		 const struct format_log_end ends[2], const char *table)
{
	switch (record->kind) {
	case PH_RECORD_CONN_END:
		format_teardown(out, record, ends);
		break;
	case PH_RECORD_TABLE_FULL:
		if (record->reason == PH_DROP_ACL_BOUND) {
			snprintf(out, FORMAT_LOG_BYTES, "%%PINHOLE-2-ACL-BOUND: %s",
				 table);
			break;
		}
		snprintf(out, FORMAT_LOG_BYTES, "%%PINHOLE-3-TABLE-FULL: %s", table);
		break;
	default:
		snprintf(out, FORMAT_LOG_BYTES, "%%PINHOLE-3-UNKNOWN: record of kind %u",
			 record->kind);
		break;
	}
	return out;
}

char *format_log_time(char out[FORMAT_TIME_BYTES], uint64_t realtime_ns)
{
	time_t sec = (time_t)(realtime_ns / NS_PER_SEC);
	struct tm local;

	if (!localtime_r(&sec, &local) ||
	    !strftime(out, FORMAT_TIME_BYTES, "%b %d %Y %H:%M:%S", &local))
		out[0] = '\0';
	return out;
}
