// SPDX-License-Identifier: GPL-2.0
/*
 * format_drop.c - dropped packets, as an ASA logs them. See format_drop.h.
 *
 * What an ASA tells is chosen by reason, and where no list is bound by protocol, too. All
 * other reasons are told in one form of Pinhole's own.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "format_drop.h"

#define ICMP_ECHO_REPLY	  0
#define ICMPV6_ECHO_REPLY 129

/* The parts of which messages are made. */
struct parts {
	const struct drop_record *record;
	const struct format_drop_names *names;
	char src[FORMAT_ADDRESS_BYTES];
	char dst[FORMAT_ADDRESS_BYTES];
	char number[4];
	const char *proto; /* as an ASA writes it behind "Deny" */
	char src_port[8];  /* "/80", or "" */
	char dst_port[8];
	char icmp[32]; /* " (type 3, code 1)", or "" */
};

static bool is_icmp(unsigned int proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static bool has_ports(unsigned int proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

static bool is_set(const struct ph_addr *addr)
{
	return addr->word[0] || addr->word[1] || addr->word[2] || addr->word[3];
}

bool format_drop_is_read(const struct drop_record *record)
{
	return is_set(&record->src) || is_set(&record->dst);
}

char *format_tcp_flags(char out[FORMAT_FLAGS_BYTES], unsigned int flags)
{
	static const char *const words[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (flags & 1u << i)
			len += (size_t)snprintf(out + len, FORMAT_FLAGS_BYTES - len,
						"%s%s", len ? " " : "", words[i]);
	return out;
}

static void read_parts(struct parts *out, const struct drop_record *record,
		       const struct format_drop_names *names)
{
	*out = (struct parts){.record = record, .names = names};
	format_address(out->src, &record->src);
	format_address(out->dst, &record->dst);
	out->proto = format_protocol(record->proto, out->number);
	if (has_ports(record->proto) && !(record->flags & DROP_RECORD_F_LATER)) {
		snprintf(out->src_port, sizeof(out->src_port), "/%u",
			 ntohs(record->sport));
		snprintf(out->dst_port, sizeof(out->dst_port), "/%u",
			 ntohs(record->dport));
	}
	if (is_icmp(record->proto) && !(record->flags & DROP_RECORD_F_LATER))
		snprintf(out->icmp, sizeof(out->icmp), " (type %u, code %u)",
			 record->icmp_type, record->icmp_code);
}

/* Two blanks, as an ASA has them. */
static void tell_tcp(char *out, const struct parts *p, const char *message)
{
	char flags[FORMAT_FLAGS_BYTES];

	snprintf(out, FORMAT_LOG_BYTES, "%s from %s%s to %s%s flags %s  on interface %s",
		 message, p->src, p->src_port, p->dst, p->dst_port,
		 format_tcp_flags(flags, p->record->tcp_flags), p->names->way_in);
}

/* Denied by the security levels: no list is bound. */
static void tell_level(char *out, const struct parts *p)
{
	const struct drop_record *record = p->record;

	if (record->proto == IPPROTO_TCP)
		tell_tcp(out, p, "%ASA-2-106001: Inbound TCP connection denied");
	else if (record->proto == IPPROTO_UDP)
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-2-106006: Deny inbound UDP from %s%s to %s%s on "
			 "interface %s",
			 p->src, p->src_port, p->dst, p->dst_port, p->names->way_in);
	else if (is_icmp(record->proto) && (record->icmp_type == ICMP_ECHO_REPLY ||
					    record->icmp_type == ICMPV6_ECHO_REPLY))
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-4-313004: Denied ICMP type=%u, from laddr %s on "
			 "interface %s to %s: no matching session",
			 record->icmp_type, p->src, p->names->way_in, p->dst);
	else if (is_icmp(record->proto))
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-3-106014: Deny inbound icmp src %s:%s dst %s:%s%s",
			 p->names->way_in, p->src, p->names->way_out, p->dst, p->icmp);
	else
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-3-106010: Deny inbound %s src %s:%s dst %s:%s", p->proto,
			 p->names->way_in, p->src, p->names->way_out, p->dst);
}

static void tell_icmp_error(char *out, const struct parts *p)
{
	const struct drop_record *record = p->record;
	char src[FORMAT_ADDRESS_BYTES], dst[FORMAT_ADDRESS_BYTES], number[4];
	int len = snprintf(out, FORMAT_LOG_BYTES,
			   "%%ASA-4-313005: No matching connection for ICMP error "
			   "message: icmp src %s:%s dst %s:%s%s on %s interface.",
			   p->names->way_in, p->src, p->names->way_out, p->dst, p->icmp,
			   p->names->way_in);

	if (!(record->flags & DROP_RECORD_F_QUOTED) || len < 0 || len >= FORMAT_LOG_BYTES)
		return;
	snprintf(out + len, FORMAT_LOG_BYTES - (size_t)len,
		 "  Original IP payload: %s src %s/%u dst %s/%u.",
		 format_protocol(record->quoted_proto, number),
		 format_address(src, &record->quoted_src), ntohs(record->quoted_sport),
		 format_address(dst, &record->quoted_dst), ntohs(record->quoted_dport));
}

/* The limit is what there were: one more was one too many. */
static void tell_embryonic(char *out, const struct parts *p)
{
	const struct drop_record *record = p->record;
	char real[FORMAT_ADDRESS_BYTES];

	snprintf(out, FORMAT_LOG_BYTES,
		 "%%ASA-2-201003: Embryonic limit exceeded %u/%u for %s%s (%s) %s/%u on "
		 "interface %s",
		 record->limit, record->limit, p->src, p->src_port, p->dst,
		 format_address(real, &record->quoted_dst), ntohs(record->quoted_dport),
		 p->names->way_in);
}

/* Of Pinhole's own. */
static void tell_other(char *out, const struct parts *p)
{
	if (!format_drop_is_read(p->record)) {
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%PINHOLE-6-DROP: Deny packet on interface %s, reason - %s",
			 p->names->way_in, p->names->reason);
		return;
	}
	snprintf(out, FORMAT_LOG_BYTES,
		 "%%PINHOLE-6-DROP: Deny %s src %s:%s%s dst %s:%s%s%s, reason - %s",
		 p->proto, p->names->way_in, p->src, p->src_port, p->names->way_out,
		 p->dst, p->dst_port, p->icmp, p->names->reason);
}

static void tell(char *out, const struct parts *p)
{
	const struct drop_record *record = p->record;

	switch (record->reason) {
	case PH_DROP_SECURITY_LEVEL:
	case PH_DROP_SAME_SECURITY:
		tell_level(out, p);
		break;
	case PH_DROP_TCP_NOT_SYN:
		tell_tcp(out, p, "%ASA-6-106015: Deny TCP (no connection)");
		break;
	case PH_DROP_BAD_ADDRESS:
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-2-106016: Deny IP spoof from (%s) to %s on interface %s",
			 p->src, p->dst, p->names->way_in);
		break;
	case PH_DROP_LAND:
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-2-106017: Deny IP due to Land Attack from %s to %s",
			 p->src, p->dst);
		break;
	case PH_DROP_FRAGMENT_OVERLAP:
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-2-106020: Deny IP teardrop fragment (size = %u, offset = "
			 "%u) from %s to %s",
			 record->fragment_len, record->fragment_off, p->src, p->dst);
		break;
	case PH_DROP_RPF:
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-1-106021: Deny %s reverse path check from %s to %s on "
			 "interface %s",
			 p->proto, p->src, p->dst, p->names->way_in);
		break;
	case PH_DROP_NO_ROUTE:
	case PH_DROP_EGRESS_NO_INTERFACE:
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-6-110002: Failed to locate egress interface for %s from "
			 "%s:%s%s to %s%s",
			 p->proto, p->names->way_in, p->src, p->src_port, p->dst,
			 p->dst_port);
		break;
	case PH_DROP_EMBRYONIC_LIMIT:
		tell_embryonic(out, p);
		break;
	case PH_DROP_NAT_REVERSE:
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-5-305013: Asymmetric NAT rules matched for forward and "
			 "reverse flows; Connection %s src %s:%s%s dst %s:%s%s%s denied "
			 "due to NAT reverse path failure",
			 p->proto, p->names->way_in, p->src, p->src_port,
			 p->names->way_out, p->dst, p->dst_port, p->icmp);
		break;
	case PH_DROP_ICMP_UNMATCHED:
		tell_icmp_error(out, p);
		break;
	default:
		tell_other(out, p);
		break;
	}
}

char *format_drop(char out[FORMAT_LOG_BYTES], const struct drop_record *record,
		  const struct format_drop_names *names)
{
	struct parts parts;

	read_parts(&parts, record, names);
	tell(out, &parts);
	return out;
}

char *format_drop_lost(char out[FORMAT_LOG_BYTES], const struct drop_record *record,
		       const struct format_drop_names *names)
{
	snprintf(out, FORMAT_LOG_BYTES,
		 "%%PINHOLE-4-SUPPRESSED: %u more packets were dropped and not told, "
		 "reason - %s",
		 record->lost, names->reason);
	return out;
}
