// SPDX-License-Identifier: GPL-2.0
/* format_built.c - connections that begin, as an ASA logs them. See format_built.h. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>

#include "format_built.h"

#define INITIATOR 0
#define RESPONDER 1

#define ICMP_ECHO   8u
#define ICMPV6_ECHO 128u

struct end {
	const char *interface;
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];
	unsigned int port;
	unsigned int mapped_port;
};

static void read_end(const struct built_record *record,
		     const struct format_log_end ends[2], int which, struct end *out)
{
	int at = record->flags & CONN_F_INITIATOR_1 ? !which : which;

	out->interface = ends[which].interface;
	out->port = ntohs(record->key.port[at]);
	out->mapped_port = ntohs(record->mapped_port[which]);
	format_address(out->real, &record->key.addr[at]);
	format_address(out->mapped, &record->mapped[which]);
}

/* The ASA's message for the beginning of a connection of this protocol. */
static const char *message_of(unsigned int proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "%ASA-6-302013";
	case IPPROTO_UDP:
		return "%ASA-6-302015";
	case IPPROTO_GRE:
		return "%ASA-6-302017";
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return "%ASA-6-302020";
	default:
		return "%PINHOLE-6-BUILT";
	}
}

static bool is_inbound(const struct format_log_end ends[2])
{
	return ends[INITIATOR].security < ends[RESPONDER].security;
}

const char *format_built_direction(const struct format_log_end ends[2])
{
	return is_inbound(ends) ? "inbound" : "outbound";
}

const char *format_built_admitted_by(const struct built_record *record)
{
	if (record->flags & CONN_F_RANGE)
		return "data-ports";
	if (record->flags & CONN_F_CHILD)
		return "pinhole";
	return record->flags & CONN_F_LOCAL ? "local" : "policy";
}

/* The end behind the lower security level first, as with the ends of connections. */
char *format_built(char out[FORMAT_LOG_BYTES], const struct built_record *record,
		   const struct format_log_end ends[2])
{
	int low = ends[RESPONDER].security < ends[INITIATOR].security ? RESPONDER
								      : INITIATOR;
	unsigned int proto = record->key.proto;
	struct end outer, inner;
	char number[4];

	read_end(record, ends, low, &outer);
	read_end(record, ends, !low, &inner);
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		/* Of ICMP nothing but echo makes connections. */
		snprintf(out, FORMAT_LOG_BYTES,
			 "%s: Built %s ICMP connection for faddr %s/%u gaddr %s/%u "
			 "laddr %s/%u type %u code 0",
			 message_of(proto), format_built_direction(ends), outer.real,
			 outer.port, inner.mapped, inner.mapped_port, inner.real,
			 inner.port, proto == IPPROTO_ICMP ? ICMP_ECHO : ICMPV6_ECHO);
	else
		snprintf(out, FORMAT_LOG_BYTES,
			 "%s: Built %s %s connection %" PRIu64
			 " for %s:%s/%u (%s/%u) to %s:%s/%u (%s/%u)",
			 message_of(proto), format_built_direction(ends),
			 format_protocol(proto, number), (uint64_t)record->id,
			 outer.interface, outer.real, outer.port, outer.mapped,
			 outer.mapped_port, inner.interface, inner.real, inner.port,
			 inner.mapped, inner.mapped_port);
	return out;
}
