// SPDX-License-Identifier: GPL-2.0
/* format_filter.c - which log lines are asked for. See format_filter.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format_filter.h"
#include "format_level.h"

#define N_ENDS(facts) (sizeof((facts)->address) / sizeof((facts)->address[0]))

static bool has_id(const struct format_filter *filter, const char *text)
{
	unsigned int number = format_level_number(text);

	for (size_t i = 0; i < filter->n_ids; i++)
		if (filter->id[i] == number)
			return true;
	return false;
}

static bool is_within(const struct format_filter *filter, const struct ph_addr *addr)
{
	unsigned int left = filter->prefix;

	for (size_t i = 0; i < 4; i++) {
		unsigned int bits = left < 32 ? left : 32;
		uint32_t mask = bits ? ~0u << (32 - bits) : 0;

		if ((ntohl(addr->word[i]) ^ ntohl(filter->host.word[i])) & mask)
			return false;
		left -= bits;
	}
	return true;
}

static bool has_host(const struct format_filter *filter, const struct format_facts *facts)
{
	for (size_t i = 0; i < N_ENDS(facts); i++)
		if (facts->address[i] && is_within(filter, facts->address[i]))
			return true;
	return false;
}

static bool has_port(const struct format_filter *filter, const struct format_facts *facts)
{
	for (size_t i = 0; i < N_ENDS(facts); i++)
		if (facts->port[i] == filter->port)
			return true;
	return false;
}

static bool is_word(const char *wanted, const char *word)
{
	return word && !strcasecmp(wanted, word);
}

bool format_filter_pass(const struct format_filter *filter,
			const struct format_facts *facts, const char *text)
{
	if (filter->n_ids && !has_id(filter, text))
		return false;
	if (filter->list && (!facts->list || strcmp(filter->list, facts->list) != 0))
		return false;
	if (filter->interface && !is_word(filter->interface, facts->interface[0]) &&
	    !is_word(filter->interface, facts->interface[1]))
		return false;
	if (filter->reason && !is_word(filter->reason, facts->reason))
		return false;
	if (filter->has_host && !has_host(filter, facts))
		return false;
	if (filter->port && !has_port(filter, facts))
		return false;
	return !filter->has_proto || (facts->has_proto && facts->proto == filter->proto);
}

/* A number of decimal digits and nothing else. Return: 0 or -EINVAL */
static int read_number(const char *text, size_t len, unsigned int max, unsigned int *out)
{
	unsigned int number = 0;

	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		number = number * 10 + (unsigned int)(text[i] - '0');
		if (number > max)
			return -EINVAL;
	}
	*out = number;
	return 0;
}

int format_filter_ids(struct format_filter *filter, const char *text)
{
	struct format_filter out = *filter;

	for (;;) {
		size_t len = strcspn(text, ",");

		if (len != 6 || out.n_ids == FORMAT_FILTER_IDS ||
		    read_number(text, len, 999999, &out.id[out.n_ids++]))
			return -EINVAL;
		if (!text[len])
			break;
		text += len + 1;
	}
	*filter = out;
	return 0;
}

int format_filter_host(struct format_filter *filter, const char *text)
{
	char address[INET6_ADDRSTRLEN];
	struct ph_addr host = {.word = {0, 0, htonl(0xffff), 0}};
	size_t len = strcspn(text, "/");
	unsigned int width = 32, prefix;

	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, &host.word[3]) != 1) {
		if (inet_pton(AF_INET6, address, &host) != 1)
			return -EINVAL;
		width = 128;
	}
	prefix = width;
	if (text[len] &&
	    read_number(text + len + 1, strlen(text + len + 1), width, &prefix))
		return -EINVAL;
	filter->has_host = true;
	filter->host = host;
	filter->prefix = 128 - width + prefix;
	return 0;
}

int format_filter_port(struct format_filter *filter, const char *text)
{
	unsigned int port;

	if (read_number(text, strlen(text), 65535, &port) || !port)
		return -EINVAL;
	filter->port = port;
	return 0;
}

int format_filter_proto(struct format_filter *filter, const char *text)
{
	static const struct {
		const char *name;
		unsigned int number;
	} names[] = {
		{"tcp", IPPROTO_TCP},	   {"udp", IPPROTO_UDP}, {"icmp", IPPROTO_ICMP},
		{"icmp6", IPPROTO_ICMPV6}, {"gre", IPPROTO_GRE}, {"esp", IPPROTO_ESP},
		{"ah", IPPROTO_AH},	   {"ospf", 89},	 {"sctp", IPPROTO_SCTP},
	};
	unsigned int proto = 256;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcasecmp(text, names[i].name))
			proto = names[i].number;
	if (proto > 255 && read_number(text, strlen(text), 255, &proto))
		return -EINVAL;
	filter->has_proto = true;
	filter->proto = proto;
	return 0;
}
