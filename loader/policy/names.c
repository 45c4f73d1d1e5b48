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

/*
 * X(name, TCP port, UDP port, alias), sorted by name: looked up by halves. -1: not a
 * name of that protocol. Of an alias's number, another name is printed.
 */
#define PORT_NAMES(X)                              \
	X("aol", 5190, -1, false)                  \
	X("bgp", 179, -1, false)                   \
	X("biff", -1, 512, false)                  \
	X("bootpc", -1, 68, false)                 \
	X("bootps", -1, 67, false)                 \
	X("chargen", 19, -1, false)                \
	X("cifs", 3020, 3020, false)               \
	X("citrix-ica", 1494, -1, false)           \
	X("cmd", 514, -1, true)                    \
	X("connectedapps-plain", 15001, -1, false) \
	X("connectedapps-tls", 15002, -1, false)   \
	X("ctiqbe", 2748, -1, false)               \
	X("daytime", 13, -1, false)                \
	X("discard", 9, 9, false)                  \
	X("dns", -1, 53, true)                     \
	X("dnsix", -1, 195, false)                 \
	X("domain", 53, 53, false)                 \
	X("drip", 3949, -1, false)                 \
	X("echo", 7, 7, false)                     \
	X("exec", 512, -1, false)                  \
	X("finger", 79, -1, false)                 \
	X("ftp", 21, -1, false)                    \
	X("ftp-data", 20, -1, false)               \
	X("gopher", 70, -1, false)                 \
	X("h323", 1720, -1, false)                 \
	X("hostname", 101, -1, false)              \
	X("http", 80, 80, true)                    \
	X("https", 443, -1, false)                 \
	X("ident", 113, -1, false)                 \
	X("imap4", 143, -1, false)                 \
	X("irc", 194, -1, false)                   \
	X("isakmp", -1, 500, false)                \
	X("kerberos", 750, 750, false)             \
	X("klogin", 543, -1, false)                \
	X("kshell", 544, -1, false)                \
	X("ldap", 389, -1, false)                  \
	X("ldaps", 636, -1, false)                 \
	X("login", 513, -1, false)                 \
	X("lotusnotes", 1352, -1, false)           \
	X("lpd", 515, -1, false)                   \
	X("mobile-ip", -1, 434, false)             \
	X("msrpc", 135, -1, false)                 \
	X("nameserver", -1, 42, false)             \
	X("netbios-dgm", -1, 138, false)           \
	X("netbios-ns", -1, 137, false)            \
	X("netbios-ss", -1, 139, false)            \
	X("netbios-ssn", 139, -1, false)           \
	X("nfs", 2049, 2049, false)                \
	X("nntp", 119, -1, false)                  \
	X("non500-isakmp", -1, 4500, false)        \
	X("ntp", -1, 123, false)                   \
	X("onep-plain", 15001, -1, true)           \
	X("onep-tls", 15002, -1, true)             \
	X("pcanywhere-data", 5631, -1, false)      \
	X("pcanywhere-status", -1, 5632, false)    \
	X("pim-auto-rp", 496, 496, false)          \
	X("pop2", 109, -1, false)                  \
	X("pop3", 110, -1, false)                  \
	X("pptp", 1723, -1, false)                 \
	X("radius", -1, 1645, false)               \
	X("radius-acct", -1, 1646, false)          \
	X("rip", -1, 520, false)                   \
	X("ripng", -1, 521, false)                 \
	X("ripv6", -1, 521, true)                  \
	X("rsh", 514, -1, false)                   \
	X("rtsp", 554, 554, false)                 \
	X("secureid-udp", -1, 5510, false)         \
	X("sip", 5060, 5060, false)                \
	X("smtp", 25, -1, false)                   \
	X("snmp", -1, 161, false)                  \
	X("snmptrap", -1, 162, false)              \
	X("sqlnet", 1521, -1, false)               \
	X("ssh", 22, -1, false)                    \
	X("sunrpc", 111, 111, false)               \
	X("syslog", -1, 514, false)                \
	X("tacacs", 49, 49, false)                 \
	X("tacacs-ds", 65, 65, false)              \
	X("talk", 517, 517, false)                 \
	X("telnet", 23, -1, false)                 \
	X("tftp", -1, 69, false)                   \
	X("time", 37, 37, false)                   \
	X("uucp", 540, -1, false)                  \
	X("vxlan", -1, 4789, false)                \
	X("who", -1, 513, false)                   \
	X("whois", 43, -1, false)                  \
	X("www", 80, 80, false)                    \
	X("xdmcp", -1, 177, false)

struct port_name {
	const char *name;
	int tcp;
	int udp;
};

static const struct port_name port_names[] = {
#define X(NAME, TCP, UDP, IS_ALIAS) {NAME, TCP, UDP},
	PORT_NAMES(X)
#undef X
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

/* The compiler searches, and refuses a port with two names. What is no name of the
 * protocol becomes a number that no port has. */
#define PRINTED(PORT, IS_ALIAS) ((PORT) >= 0 && !(IS_ALIAS) ? (PORT) : -1 - __COUNTER__)

static const char *tcp_port_name(int port)
{
	switch (port) {
#define X(NAME, TCP, UDP, IS_ALIAS)  \
	case PRINTED(TCP, IS_ALIAS): \
		return NAME;
		PORT_NAMES(X)
#undef X
	}
	return NULL;
}

static const char *udp_port_name(int port)
{
	switch (port) {
#define X(NAME, TCP, UDP, IS_ALIAS)  \
	case PRINTED(UDP, IS_ALIAS): \
		return NAME;
		PORT_NAMES(X)
#undef X
	}
	return NULL;
}

const char *policy_port_name(uint16_t port, uint8_t proto)
{
	return proto == IPPROTO_TCP ? tcp_port_name(port) : udp_port_name(port);
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
