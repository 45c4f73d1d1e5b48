// SPDX-License-Identifier: GPL-2.0
/*
 * format_conn_filter.c - which connections are asked for. See format_conn.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format_conn.h"

/* Of either table; "half-open" is all that are not established. */
static const char *const states[] = {
	"half-open", "syn-sent",    "syn-acked",   "syn-both",
	"picked-up", "established", "half-closed", "closing",
};

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{"tcp", IPPROTO_TCP},	   {"udp", IPPROTO_UDP}, {"icmp", IPPROTO_ICMP},
	{"icmp6", IPPROTO_ICMPV6}, {"gre", IPPROTO_GRE}, {"esp", IPPROTO_ESP},
	{"sctp", IPPROTO_SCTP},
};

#define N_STATES    (sizeof(states) / sizeof(states[0]))
#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

/* ---- reading ---------------------------------------------------------------------- */

/* A whole number up to @most, and nothing behind it. */
static bool read_number(const char *text, unsigned long most, unsigned long *out)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return !errno && !*end && *out <= most;
}

/* Return: bits of the family, or 0 if it is no address. */
static unsigned int read_address(const char *text, struct ph_addr *out)
{
	*out = (struct ph_addr){{0, 0, htonl(0xffff), 0}};
	if (inet_pton(AF_INET, text, &out->word[3]) == 1)
		return 32;
	return inet_pton(AF_INET6, text, out->word) == 1 ? 128 : 0;
}

/* All addresses that share the first @prefix bits, of 128. */
static void spread(struct format_conn_filter *filter, unsigned int prefix)
{
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int from = i * 32;
		uint32_t mask = prefix >= from + 32 ? UINT32_MAX
				: prefix <= from    ? 0
						    : ~(UINT32_MAX >> (prefix - from));

		filter->low.word[i] &= htonl(mask);
		filter->high.word[i] = filter->low.word[i] | htonl(~mask);
	}
}

static bool read_addresses(const char *word, struct format_conn_filter *filter)
{
	char text[2 * FORMAT_ADDRESS_BYTES];
	char *sign;
	unsigned long prefix;
	unsigned int bits;

	filter->by_address = true;
	if (strlen(word) >= sizeof(text))
		return false;
	memcpy(text, word, strlen(word) + 1);
	sign = strpbrk(text, "/-");
	if (!sign) {
		bits = read_address(text, &filter->low);
		filter->high = filter->low;
		return bits != 0;
	}
	if (*sign == '-') {
		*sign++ = '\0';
		bits = read_address(text, &filter->low);
		return bits && read_address(sign, &filter->high) == bits &&
		       memcmp(&filter->low, &filter->high, sizeof(filter->low)) <= 0;
	}
	*sign++ = '\0';
	bits = read_address(text, &filter->low);
	if (!bits || !read_number(sign, bits, &prefix))
		return false;
	spread(filter, 128 - bits + (unsigned int)prefix);
	return true;
}

static bool read_ports(const char *word, struct format_conn_filter *filter)
{
	char text[32];
	char *sign;
	unsigned long low, high;

	if (strlen(word) >= sizeof(text))
		return false;
	memcpy(text, word, strlen(word) + 1);
	sign = strchr(text, '-');
	if (sign)
		*sign++ = '\0';
	if (!read_number(text, 65535, &low) ||
	    !read_number(sign ? sign : text, 65535, &high) || low > high)
		return false;
	filter->by_port = true;
	filter->port_low = (uint16_t)low;
	filter->port_high = (uint16_t)high;
	return true;
}

static bool read_protocol(const char *word, struct format_conn_filter *filter)
{
	unsigned long number;

	filter->by_protocol = true;
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (!strcmp(word, protocols[i].name)) {
			filter->protocol = protocols[i].number;
			return true;
		}
	}
	if (!read_number(word, 255, &number))
		return false;
	filter->protocol = (uint8_t)number;
	return true;
}

static bool read_state(const char *word, struct format_conn_filter *filter)
{
	for (size_t i = 0; i < N_STATES; i++) {
		if (!strcmp(word, states[i])) {
			filter->state = states[i];
			return true;
		}
	}
	return false;
}

static bool read_interface(const char *word, struct format_conn_filter *filter)
{
	filter->interface = word;
	return *word != '\0';
}

static const struct term {
	const char *word;
	bool (*read)(const char *, struct format_conn_filter *);
	const char *takes;
} terms[] = {
	{"address", read_addresses,
	 "an address, a network 10.0.0.0/24 or a range 10.0.0.1-10.0.0.9"},
	{"port", read_ports, "a number from 0 to 65535 or a range 8000-8099"},
	{"protocol", read_protocol,
	 "tcp, udp, icmp, icmp6, gre, esp, sctp or a number from 0 to 255"},
	{"interface", read_interface, "the name of an interface, or self"},
	{"state", read_state,
	 "half-open, syn-sent, syn-acked, syn-both, picked-up, established, half-closed "
	 "or closing"},
};

#define N_TERMS (sizeof(terms) / sizeof(terms[0]))

static const struct term *find_term(const char *word)
{
	for (size_t i = 0; i < N_TERMS; i++)
		if (!strcmp(word, terms[i].word))
			return &terms[i];
	return NULL;
}

int format_conn_filter_read(char *const *words, size_t n, struct format_conn_filter *out,
			    size_t *rest, char why[FORMAT_CONN_WHY_BYTES])
{
	unsigned int seen = 0;
	size_t at = 0;

	*out = (struct format_conn_filter){0};
	while (at < n) {
		const struct term *term = find_term(words[at]);
		unsigned int bit;

		if (!term)
			break;
		bit = 1u << (term - terms);
		if (seen & bit) {
			snprintf(why, FORMAT_CONN_WHY_BYTES, "%s is there twice",
				 term->word);
			return -EINVAL;
		}
		seen |= bit;
		if (at + 1 == n || !term->read(words[at + 1], out)) {
			snprintf(why, FORMAT_CONN_WHY_BYTES, "%s%s%.40s%s needs %s",
				 term->word, at + 1 == n ? "" : " '",
				 at + 1 == n ? "" : words[at + 1], at + 1 == n ? "" : "'",
				 term->takes);
			return -EINVAL;
		}
		at += 2;
	}
	*rest = at;
	return 0;
}

/* ---- matching --------------------------------------------------------------------- */

static bool is_between(const struct format_conn_filter *filter,
		       const struct ph_addr *addr)
{
	return memcmp(addr, &filter->low, sizeof(*addr)) >= 0 &&
	       memcmp(addr, &filter->high, sizeof(*addr)) <= 0;
}

static bool is_port(const struct format_conn_filter *filter, __be16 port)
{
	return ntohs(port) >= filter->port_low && ntohs(port) <= filter->port_high;
}

static bool is_in_state(const struct format_conn_filter *filter,
			const struct flow_key *key, const struct conn *conn,
			bool established)
{
	if (!strcmp(filter->state, "half-open"))
		return !established;
	return !strcmp(filter->state, format_conn_state(key, conn, established));
}

bool format_conn_matches(const struct format_conn_filter *filter,
			 const struct flow_key *key, const struct conn *conn,
			 bool established)
{
	if (filter->by_protocol && key->proto != filter->protocol)
		return false;
	if (filter->interface && conn->ifindex[0] != filter->ifindex &&
	    conn->ifindex[1] != filter->ifindex)
		return false;
	if (filter->by_address && !is_between(filter, &key->addr[0]) &&
	    !is_between(filter, &key->addr[1]) && !is_between(filter, &conn->mapped[0]) &&
	    !is_between(filter, &conn->mapped[1]))
		return false;
	if (filter->by_port && !is_port(filter, key->port[0]) &&
	    !is_port(filter, key->port[1]) && !is_port(filter, conn->mapped_port[0]) &&
	    !is_port(filter, conn->mapped_port[1]))
		return false;
	return !filter->state || is_in_state(filter, key, conn, established);
}
