// SPDX-License-Identifier: GPL-2.0
/*
 * format_acl.c - what access lists decide, as an ASA logs it. See format_acl.h.
 *
 * An ASA puts two hashes behind a line, by which `show access-list` finds it. The first
 * is the lower half of the line's identity here; a line is never expanded, so the
 * second is 0.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>

#include "format_acl.h"

struct ends {
	char src[FORMAT_ADDRESS_BYTES];
	char dst[FORMAT_ADDRESS_BYTES];
};

static bool is_icmp(const struct acl_record *record)
{
	return record->key.proto == IPPROTO_ICMP || record->key.proto == IPPROTO_ICMPV6;
}

static bool has_ports(const struct acl_record *record)
{
	return record->key.proto == IPPROTO_TCP || record->key.proto == IPPROTO_UDP;
}

static unsigned int icmp_type(const struct acl_record *record)
{
	return record->key.dst_port >> 8;
}

static unsigned int icmp_code(const struct acl_record *record)
{
	return record->key.dst_port & 255;
}

/* In the words of lists. @number: at least 4 bytes */
static const char *protocol(const struct acl_record *record, char number[4])
{
	switch (record->key.proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmp6";
	default:
		snprintf(number, 4, "%u", (unsigned int)record->key.proto);
		return number;
	}
}

static void read_ends(const struct acl_record *record, struct ends *out)
{
	format_address(out->src, &record->key.src);
	format_address(out->dst, &record->key.dst);
}

char *format_acl_flow(char out[FORMAT_LOG_BYTES], const struct acl_record *record,
		      const struct format_acl_names *names,
		      const struct format_acl_hits *hits)
{
	struct ends ends;
	char number[4];
	char when[32] = "first hit";

	read_ends(record, &ends);
	if (hits->interval_sec)
		snprintf(when, sizeof(when), "%u-second interval", hits->interval_sec);
	/* Of ICMP the type and the code stand where ports would. */
	snprintf(out, FORMAT_LOG_BYTES,
		 "%%ASA-%u-106100: access-list %s %s %s %s/%s(%u) -> %s/%s(%u) hit-cnt "
		 "%" PRIu64 " %s [0x%08x, 0x0]",
		 names->level, names->list, record->permit ? "permitted" : "denied",
		 protocol(record, number), names->way_in, ends.src,
		 is_icmp(record) ? icmp_type(record) : record->key.src_port,
		 names->way_out, ends.dst,
		 is_icmp(record) ? icmp_code(record) : record->key.dst_port, hits->count,
		 when, (unsigned int)record->line_id);
	return out;
}

static void format_denied_through(char out[FORMAT_LOG_BYTES],
				  const struct acl_record *record,
				  const struct format_acl_names *names)
{
	struct ends ends;
	char number[4];
	char src_port[8] = "", dst_port[8] = "", icmp[32] = "";

	read_ends(record, &ends);
	if (has_ports(record)) {
		snprintf(src_port, sizeof(src_port), "/%u", record->key.src_port);
		snprintf(dst_port, sizeof(dst_port), "/%u", record->key.dst_port);
	}
	if (is_icmp(record))
		snprintf(icmp, sizeof(icmp), " (type %u, code %u)", icmp_type(record),
			 icmp_code(record));
	snprintf(out, FORMAT_LOG_BYTES,
		 "%%ASA-4-106023: Deny %s src %s:%s%s dst %s:%s%s%s by access-group "
		 "\"%s\" [0x%x, 0x0]",
		 protocol(record, number), names->way_in, ends.src, src_port,
		 names->way_out, ends.dst, dst_port, icmp, names->list,
		 (unsigned int)record->line_id);
}

static void format_denied_to_box(char out[FORMAT_LOG_BYTES],
				 const struct acl_record *record,
				 const struct format_acl_names *names)
{
	struct ends ends;

	read_ends(record, &ends);
	if (is_icmp(record))
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-3-313001: Denied ICMP type=%u, code=%u from %s on "
			 "interface %s",
			 icmp_type(record), icmp_code(record), ends.src, names->way_in);
	else
		snprintf(out, FORMAT_LOG_BYTES,
			 "%%ASA-3-710003: %s access denied by ACL from %s/%u to %s:%s/%u",
			 record->key.proto == IPPROTO_TCP ? "TCP" : "UDP", ends.src,
			 record->key.src_port, names->way_in, ends.dst,
			 record->key.dst_port);
}

char *format_acl_denied(char out[FORMAT_LOG_BYTES], const struct acl_record *record,
			const struct format_acl_names *names)
{
	if (record->place == ACL_AT_BOX && (is_icmp(record) || has_ports(record)))
		format_denied_to_box(out, record, names);
	else
		format_denied_through(out, record, names);
	return out;
}

char *format_acl_lost(char out[FORMAT_LOG_BYTES], const struct acl_record *record,
		      const struct format_acl_names *names, unsigned int line)
{
	char where[32] = "its end";

	if (record->line_id)
		snprintf(where, sizeof(where), line ? "line %u" : "a line", line);
	snprintf(out, FORMAT_LOG_BYTES,
		 "%%ASA-4-106101: Maximum number of ACL denied flows reached. %u of "
		 "access-list %s, %s, were not told",
		 record->lost, names->list, where);
	return out;
}

const char *format_acl_place(const struct acl_record *record)
{
	switch (record->place) {
	case ACL_AT_IN:
		return "in";
	case ACL_AT_OUT:
		return "out";
	default:
		return "control-plane";
	}
}
