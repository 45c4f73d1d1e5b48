// SPDX-License-Identifier: GPL-2.0
/*
 * names.c - the names that the PIX/ASA language knows for numbers.
 *
 * These are the names of the language, not of /etc/services: a policy must
 * mean the same on every machine.
 */
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "policy/names.h"
#include "util/text.h"

struct port_name {
	const char *name;
	int tcp; /* -1: not a TCP name */
	int udp;
	bool is_alias; /* another name is printed for its number */
};

/* Sorted by name: looked up by halves. */
static const struct port_name port_names[] = {
	{"aol", 5190, -1, false},
	{"bgp", 179, -1, false},
	{"biff", -1, 512, false},
	{"bootpc", -1, 68, false},
	{"bootps", -1, 67, false},
	{"chargen", 19, -1, false},
	{"cifs", 3020, 3020, false},
	{"citrix-ica", 1494, -1, false},
	{"cmd", 514, -1, true},
	{"connectedapps-plain", 15001, -1, false},
	{"connectedapps-tls", 15002, -1, false},
	{"ctiqbe", 2748, -1, false},
	{"daytime", 13, -1, false},
	{"discard", 9, 9, false},
	{"dns", -1, 53, true},
	{"dnsix", -1, 195, false},
	{"domain", 53, 53, false},
	{"drip", 3949, -1, false},
	{"echo", 7, 7, false},
	{"exec", 512, -1, false},
	{"finger", 79, -1, false},
	{"ftp", 21, -1, false},
	{"ftp-data", 20, -1, false},
	{"gopher", 70, -1, false},
	{"h323", 1720, -1, false},
	{"hostname", 101, -1, false},
	{"http", 80, 80, true},
	{"https", 443, -1, false},
	{"ident", 113, -1, false},
	{"imap4", 143, -1, false},
	{"irc", 194, -1, false},
	{"isakmp", -1, 500, false},
	{"kerberos", 750, 750, false},
	{"klogin", 543, -1, false},
	{"kshell", 544, -1, false},
	{"ldap", 389, -1, false},
	{"ldaps", 636, -1, false},
	{"login", 513, -1, false},
	{"lotusnotes", 1352, -1, false},
	{"lpd", 515, -1, false},
	{"mobile-ip", -1, 434, false},
	{"msrpc", 135, -1, false},
	{"nameserver", -1, 42, false},
	{"netbios-dgm", -1, 138, false},
	{"netbios-ns", -1, 137, false},
	{"netbios-ss", -1, 139, false},
	{"netbios-ssn", 139, -1, false},
	{"nfs", 2049, 2049, false},
	{"nntp", 119, -1, false},
	{"non500-isakmp", -1, 4500, false},
	{"ntp", -1, 123, false},
	{"onep-plain", 15001, -1, true},
	{"onep-tls", 15002, -1, true},
	{"pcanywhere-data", 5631, -1, false},
	{"pcanywhere-status", -1, 5632, false},
	{"pim-auto-rp", 496, 496, false},
	{"pop2", 109, -1, false},
	{"pop3", 110, -1, false},
	{"pptp", 1723, -1, false},
	{"radius", -1, 1645, false},
	{"radius-acct", -1, 1646, false},
	{"rip", -1, 520, false},
	{"ripng", -1, 521, false},
	{"ripv6", -1, 521, true},
	{"rsh", 514, -1, false},
	{"rtsp", 554, 554, false},
	{"secureid-udp", -1, 5510, false},
	{"sip", 5060, 5060, false},
	{"smtp", 25, -1, false},
	{"snmp", -1, 161, false},
	{"snmptrap", -1, 162, false},
	{"sqlnet", 1521, -1, false},
	{"ssh", 22, -1, false},
	{"sunrpc", 111, 111, false},
	{"syslog", -1, 514, false},
	{"tacacs", 49, 49, false},
	{"tacacs-ds", 65, 65, false},
	{"talk", 517, 517, false},
	{"telnet", 23, -1, false},
	{"tftp", -1, 69, false},
	{"time", 37, 37, false},
	{"uucp", 540, -1, false},
	{"vxlan", -1, 4789, false},
	{"who", -1, 513, false},
	{"whois", 43, -1, false},
	{"www", 80, 80, false},
	{"xdmcp", -1, 177, false},
};

struct number_name {
	const char *name;
	int number;
};

/* The first name of a number is the one that is printed. */
static const struct number_name protocol_names[] = {
	{"ip", 0},     {"icmp", 1},   {"igmp", 2},   {"ipinip", 4}, {"tcp", 6},
	{"igrp", 9},   {"udp", 17},   {"gre", 47},   {"esp", 50},   {"ah", 51},
	{"icmp6", 58}, {"eigrp", 88}, {"ospf", 89},  {"nos", 94},   {"pim", 103},
	{"pcp", 108},  {"snp", 109},  {"ipsec", 50}, {"pptp", 47},  {"ahp", 51},
	{"sctp", 132},
};

struct icmp_name {
	const char *name;
	int type;
	int code; /* -1: every code */
};

/* Types by the registry of RFC 792 and its successors; names with a code are
 * accepted, but types are printed. */
static const struct icmp_name icmp_names[] = {
	{"echo-reply", 0, -1},
	{"unreachable", 3, -1},
	{"net-unreachable", 3, 0},
	{"host-unreachable", 3, 1},
	{"protocol-unreachable", 3, 2},
	{"port-unreachable", 3, 3},
	{"packet-too-big", 3, 4},
	{"source-route-failed", 3, 5},
	{"network-unknown", 3, 6},
	{"host-unknown", 3, 7},
	{"host-isolated", 3, 8},
	{"dod-net-prohibited", 3, 9},
	{"dod-host-prohibited", 3, 10},
	{"net-tos-unreachable", 3, 11},
	{"host-tos-unreachable", 3, 12},
	{"administratively-prohibited", 3, 13},
	{"host-precedence-unreachable", 3, 14},
	{"precedence-unreachable", 3, 15},
	{"source-quench", 4, -1},
	{"redirect", 5, -1},
	{"net-redirect", 5, 0},
	{"host-redirect", 5, 1},
	{"net-tos-redirect", 5, 2},
	{"host-tos-redirect", 5, 3},
	{"alternate-address", 6, -1},
	{"echo", 8, -1},
	{"router-advertisement", 9, -1},
	{"router-solicitation", 10, -1},
	{"reassembly-timeout", 11, 1},
	{"time-exceeded", 11, -1},
	{"ttl-exceeded", 11, 0},
	{"parameter-problem", 12, -1},
	{"general-parameter-problem", 12, 0},
	{"option-missing", 12, 1},
	{"no-room-for-option", 12, 2},
	{"timestamp-request", 13, -1},
	{"timestamp-reply", 14, -1},
	{"information-request", 15, -1},
	{"information-reply", 16, -1},
	{"mask-request", 17, -1},
	{"mask-reply", 18, -1},
	{"traceroute", 30, -1},
	{"conversion-error", 31, -1},
	{"mobile-redirect", 32, -1},
};

/* RFC 4443 and the registry that it begins; ASA has no names for codes. */
static const struct icmp_name icmp6_names[] = {
	{"unreachable", 1, -1},
	{"packet-too-big", 2, -1},
	{"time-exceeded", 3, -1},
	{"parameter-problem", 4, -1},
	{"echo", 128, -1},
	{"echo-reply", 129, -1},
	{"membership-query", 130, -1},
	{"membership-report", 131, -1},
	{"membership-reduction", 132, -1},
	{"router-solicitation", 133, -1},
	{"router-advertisement", 134, -1},
	{"neighbor-solicitation", 135, -1},
	{"neighbor-advertisement", 136, -1},
	{"neighbor-redirect", 137, -1},
	{"router-renumbering", 138, -1},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool equals(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && !strncasecmp(name, text, len);
}

static int port_of(const struct port_name *row, uint8_t proto)
{
	return proto == IPPROTO_TCP ? row->tcp : row->udp;
}

int policy_port_by_name(const char *text, size_t len, uint8_t proto)
{
	size_t low = 0, high = COUNT(port_names);

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct port_name *row = &port_names[middle];
		int order = strncasecmp(text, row->name, len);

		if (!order)
			order = (len > strlen(row->name)) - (len < strlen(row->name));
		if (!order)
			return port_of(row, proto) >= 0 ? port_of(row, proto) : -2;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

const char *policy_port_name(uint16_t port, uint8_t proto)
{
	for (size_t i = 0; i < COUNT(port_names); i++)
		if (port_of(&port_names[i], proto) == port && !port_names[i].is_alias)
			return port_names[i].name;
	return NULL;
}

int policy_protocol_by_name(const char *text, size_t len)
{
	for (size_t i = 0; i < COUNT(protocol_names); i++)
		if (equals(protocol_names[i].name, text, len))
			return protocol_names[i].number;
	return -1;
}

const char *policy_protocol_name(uint8_t proto)
{
	for (size_t i = 0; i < COUNT(protocol_names); i++)
		if (protocol_names[i].number == proto)
			return protocol_names[i].name;
	return NULL;
}

struct icmp_table {
	const struct icmp_name *names;
	size_t count;
};

static struct icmp_table icmp_table(uint8_t proto)
{
	if (proto == IPPROTO_ICMPV6)
		return (struct icmp_table){icmp6_names, COUNT(icmp6_names)};
	return (struct icmp_table){icmp_names, COUNT(icmp_names)};
}

int policy_icmp_by_name(const char *text, size_t len, uint8_t proto, int *code)
{
	struct icmp_table table = icmp_table(proto);

	for (size_t i = 0; i < table.count; i++)
		if (equals(table.names[i].name, text, len)) {
			*code = table.names[i].code;
			return table.names[i].type;
		}
	return -1;
}

const char *policy_icmp_name(uint8_t type, uint8_t proto)
{
	struct icmp_table table = icmp_table(proto);

	for (size_t i = 0; i < table.count; i++)
		if (table.names[i].type == type && table.names[i].code < 0)
			return table.names[i].name;
	return NULL;
}

/* Keeps the best candidate seen so far. */
struct nearest {
	const char *text;
	size_t len;
	const char *name;
	unsigned int distance; /* of name; before there is one: the first too far */
};

static struct nearest nearest_start(const char *text, size_t len)
{
	return (struct nearest){.text = text, .len = len, .distance = len <= 5 ? 2 : 3};
}

static void nearest_try(struct nearest *best, const char *candidate)
{
	unsigned int distance = text_distance(best->text, best->len, candidate,
					      strlen(candidate), best->distance);

	/* The word itself, which was not accepted here, is no help. */
	if (distance && distance < best->distance && distance < strlen(candidate)) {
		best->distance = distance;
		best->name = candidate;
	}
}

/* The one candidate that an abbreviation, as typed on a PIX, stands for. */
static const char *abbreviated(const char *text, size_t len,
			       const char *const *candidates)
{
	const char *found = NULL;

	for (; *candidates; candidates++) {
		if (strlen(*candidates) <= len ||
		    strncasecmp(*candidates, text, len) != 0)
			continue;
		if (found)
			return NULL;
		found = *candidates;
	}
	return found;
}

const char *policy_nearest(const char *text, size_t len, const char *const *candidates)
{
	struct nearest best = nearest_start(text, len);
	const char *whole = len > 1 ? abbreviated(text, len, candidates) : NULL;

	if (whole)
		return whole;

	for (; *candidates; candidates++)
		nearest_try(&best, *candidates);
	return best.name;
}

const char *policy_nearest_port(const char *text, size_t len, uint8_t proto)
{
	struct nearest best = nearest_start(text, len);

	for (size_t i = 0; i < COUNT(port_names); i++)
		if (port_of(&port_names[i], proto) >= 0)
			nearest_try(&best, port_names[i].name);
	return best.name;
}

const char *policy_nearest_protocol(const char *text, size_t len)
{
	struct nearest best = nearest_start(text, len);

	for (size_t i = 0; i < COUNT(protocol_names); i++)
		nearest_try(&best, protocol_names[i].name);
	return best.name;
}

const char *policy_nearest_icmp(const char *text, size_t len, uint8_t proto)
{
	struct nearest best = nearest_start(text, len);
	struct icmp_table table = icmp_table(proto);

	for (size_t i = 0; i < table.count; i++)
		nearest_try(&best, table.names[i].name);
	return best.name;
}
