// SPDX-License-Identifier: GPL-2.0
/* ip.c - see ip.h. */
#include <arpa/inet.h>
#include <string.h>

#include "policy/ip.h"

#define N_GROUPS 8

/* Texts are made by hand: printing a large policy makes 100,000s of them. */

static char *put_octet(char *at, unsigned int octet)
{
	if (octet >= 100)
		*at++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*at++ = (char)('0' + octet / 10 % 10);
	*at++ = (char)('0' + octet % 10);
	return at;
}

/* Without leading zeros. */
static char *put_group(char *at, unsigned int group)
{
	static const char digits[] = "0123456789abcdef";

	for (int shift = 12; shift >= 0; shift -= 4)
		if (group >> shift || !shift)
			*at++ = digits[group >> shift & 15];
	return at;
}

static char *put_quad(char *at, uint32_t addr)
{
	at = put_octet(at, addr >> 24);
	for (int shift = 16; shift >= 0; shift -= 8) {
		*at++ = '.';
		at = put_octet(at, addr >> shift & 0xff);
	}
	return at;
}

struct policy_quad policy_quad(uint32_t addr)
{
	struct policy_quad quad = {""};

	*put_quad(quad.text, addr) = '\0';
	return quad;
}

static unsigned int group_of(policy_ip addr, int i)
{
	return (unsigned int)(addr >> (16 * (N_GROUPS - 1 - i))) & 0xffff;
}

/* The first longest run of two zero groups or more: what `::` stands for. */
static int longest_zeros(policy_ip addr, int *len)
{
	int first = -1, run = 0;

	*len = 1;
	for (int i = 0; i < N_GROUPS; i++) {
		run = group_of(addr, i) ? 0 : run + 1;
		if (run > *len) {
			*len = run;
			first = i - run + 1;
		}
	}
	return first;
}

static char *put_ip(char *at, policy_ip addr)
{
	int zeros, n_zeros;

	if (policy_ip_is_v4(addr))
		return put_quad(at, (uint32_t)addr);
	zeros = longest_zeros(addr, &n_zeros);
	for (int i = 0; i < N_GROUPS; i++) {
		if (i == zeros) {
			*at++ = ':';
			*at++ = ':';
			i += n_zeros - 1;
			continue;
		}
		if (i && i != zeros + n_zeros)
			*at++ = ':';
		at = put_group(at, group_of(addr, i));
	}
	return at;
}

struct policy_ip_text policy_ip_text(policy_ip addr)
{
	struct policy_ip_text out = {""};

	*put_ip(out.text, addr) = '\0';
	return out;
}

size_t policy_net_put(char *out, policy_ip addr, policy_ip mask)
{
	static const char host[] = "host ";
	char *at = out;

	if (mask == POLICY_IP_ONES) {
		memcpy(at, host, sizeof(host) - 1);
		at = put_ip(at + sizeof(host) - 1, addr);
	} else if (policy_ip_is_v4(addr)) {
		at = put_quad(at, (uint32_t)addr);
		*at++ = ' ';
		at = put_quad(at, (uint32_t)mask);
	} else {
		at = put_ip(at, addr);
		*at++ = '/';
		at = put_octet(at, policy_mask_len(mask)); /* 0..127 */
	}
	return (size_t)(at - out);
}

struct policy_net_text policy_net_text(policy_ip addr, policy_ip mask)
{
	struct policy_net_text out = {""};

	out.text[policy_net_put(out.text, addr, mask)] = '\0';
	return out;
}

bool policy_ip6_from(const char *text, size_t len, policy_ip *out)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr parsed;
	policy_ip addr = 0;

	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET6, copy, &parsed) != 1)
		return false;
	for (size_t i = 0; i < sizeof(parsed.s6_addr); i++)
		addr = addr << 8 | parsed.s6_addr[i];
	*out = addr;
	return true;
}
