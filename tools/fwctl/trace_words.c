// SPDX-License-Identifier: GPL-2.0
/*
 * trace_words.c - a packet in the words of an ASA: tcp SRC SPORT DST DPORT, and so on.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <policy/names.h>

#include "tools/fwctl/trace_tool.h"

#define COMMAND "packet-tracer"
#define ICMP_ID 1

static int parse_address(const char *text, struct ph_addr *out)
{
	struct ph_addr v4 = {.word = {0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &v4.word[3]) == 1) {
		*out = v4;
		return CMD_OK;
	}
	if (inet_pton(AF_INET6, text, out) == 1)
		return CMD_OK;
	return cmd_usage_error(COMMAND, "'%s' is no address", text);
}

static bool is_v4(const struct ph_addr *addr)
{
	return !addr->word[0] && !addr->word[1] && addr->word[2] == htonl(0xffff);
}

/* Return: -1 if it is no number up to @most. */
static long parse_number(const char *text, long most)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < 0 || value > most)
		return -1;
	return value;
}

static int parse_port(const char *text, uint8_t proto, uint16_t *out)
{
	long port = parse_number(text, 65535);

	if (port < 0)
		port = policy_port_by_name(text, strlen(text), proto);
	if (port < 0)
		return cmd_usage_error(COMMAND, "'%s' is no port: 0 to 65535, or a name",
				       text);
	*out = (uint16_t)port;
	return CMD_OK;
}

static int parse_ends(const char *src, const char *dst, struct frame_words *out)
{
	int status = parse_address(src, &out->src);

	if (!status)
		status = parse_address(dst, &out->dst);
	if (!status && is_v4(&out->src) != is_v4(&out->dst))
		return cmd_usage_error(COMMAND, "%s and %s are of different families",
				       src, dst);
	return status;
}

/* SRC SPORT DST DPORT */
static int parse_with_ports(int argc, char **argv, uint8_t proto, struct frame_words *out)
{
	int status;

	if (argc != 4)
		return cmd_usage_error(COMMAND, "give SRC SPORT DST DPORT");
	out->proto = proto;
	status = parse_ends(argv[0], argv[2], out);
	if (!status)
		status = parse_port(argv[1], proto, &out->sport);
	return status ? status : parse_port(argv[3], proto, &out->dport);
}

/* SRC TYPE CODE [ID] DST */
static int parse_icmp(int argc, char **argv, struct frame_words *out)
{
	long type, code, id = ICMP_ID;
	int any_code, status;

	if (argc != 4 && argc != 5)
		return cmd_usage_error(COMMAND, "give SRC TYPE CODE [ID] DST");
	status = parse_ends(argv[0], argv[argc - 1], out);
	if (status)
		return status;
	out->proto = is_v4(&out->src) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	type = parse_number(argv[1], 255);
	if (type < 0)
		type = policy_icmp_by_name(argv[1], strlen(argv[1]), out->proto,
					   &any_code);
	if (type < 0)
		return cmd_usage_error(
			COMMAND, "'%s' is no ICMP type: 0 to 255, or a name", argv[1]);
	code = parse_number(argv[2], 255);
	if (code < 0)
		return cmd_usage_error(COMMAND, "'%s' is no ICMP code: 0 to 255",
				       argv[2]);
	if (argc == 5)
		id = parse_number(argv[3], 65535);
	if (id < 0)
		return cmd_usage_error(COMMAND, "'%s' is no identifier: 0 to 65535",
				       argv[3]);
	out->icmp_type = (uint8_t)type;
	out->icmp_code = (uint8_t)code;
	out->icmp_id = (uint16_t)id;
	return CMD_OK;
}

/* SRC PROTO DST */
static int parse_raw(int argc, char **argv, struct frame_words *out)
{
	long proto;
	int status;

	if (argc != 3)
		return cmd_usage_error(COMMAND, "give SRC PROTO DST");
	status = parse_ends(argv[0], argv[2], out);
	if (status)
		return status;
	proto = parse_number(argv[1], 255);
	if (proto < 0)
		proto = policy_protocol_by_name(argv[1], strlen(argv[1]));
	if (proto < 0)
		return cmd_usage_error(
			COMMAND, "'%s' is no protocol: 0 to 255, or a name", argv[1]);
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_ICMP ||
	    proto == IPPROTO_ICMPV6)
		return cmd_usage_error(COMMAND,
				       "protocol %ld has a form of its own: tcp, udp or "
				       "icmp",
				       proto);
	out->proto = (uint8_t)proto;
	return CMD_OK;
}

int trace_parse_words(int argc, char **argv, struct frame_words *out)
{
	const char *word = argc > 0 ? argv[0] : "";

	*out = (struct frame_words){0};
	if (!strcmp(word, "tcp"))
		return parse_with_ports(argc - 1, argv + 1, IPPROTO_TCP, out);
	if (!strcmp(word, "udp"))
		return parse_with_ports(argc - 1, argv + 1, IPPROTO_UDP, out);
	if (!strcmp(word, "icmp"))
		return parse_icmp(argc - 1, argv + 1, out);
	if (!strcmp(word, "rawip"))
		return parse_raw(argc - 1, argv + 1, out);
	return cmd_usage_error(COMMAND, "say what packet: tcp, udp, icmp or rawip");
}
