// SPDX-License-Identifier: GPL-2.0
/* ip.c - see ip.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "policy/ip.h"

#define N_GROUPS 8

struct policy_quad policy_quad(uint32_t addr)
{
	struct policy_quad quad;

	snprintf(quad.text, sizeof(quad.text), "%u.%u.%u.%u", addr >> 24,
		 addr >> 16 & 0xff, addr >> 8 & 0xff, addr & 0xff);
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

struct policy_ip_text policy_ip_text(policy_ip addr)
{
	struct policy_ip_text out = {""};
	int zeros, n_zeros;
	size_t at = 0;

	if (policy_ip_is_v4(addr)) {
		memcpy(out.text, policy_quad((uint32_t)addr).text,
		       sizeof(struct policy_quad));
		return out;
	}
	zeros = longest_zeros(addr, &n_zeros);
	for (int i = 0; i < N_GROUPS; i++) {
		const char *before = i && i != zeros + n_zeros ? ":" : "";

		if (i == zeros) {
			out.text[at++] = ':';
			out.text[at++] = ':';
			i += n_zeros - 1;
			continue;
		}
		at += (size_t)snprintf(out.text + at, sizeof(out.text) - at, "%s%x",
				       before, group_of(addr, i));
	}
	return out;
}

struct policy_net_text policy_net_text(policy_ip addr, policy_ip mask)
{
	struct policy_net_text out;

	if (mask == POLICY_IP_ONES)
		snprintf(out.text, sizeof(out.text), "host %s",
			 policy_ip_text(addr).text);
	else if (policy_ip_is_v4(addr))
		snprintf(out.text, sizeof(out.text), "%s %s",
			 policy_quad((uint32_t)addr).text,
			 policy_quad((uint32_t)mask).text);
	else
		snprintf(out.text, sizeof(out.text), "%s/%u", policy_ip_text(addr).text,
			 policy_mask_len(mask));
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
