/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ip.h - addresses of both families as one number, and as text.
 *
 * Why it exists: the parser, the checks and the printer compare, mask and show
 * addresses of either family; as numbers in host order that is arithmetic.
 * IPv4 is v4-mapped (RFC 4291, 2.5.5.2), and its masks have 96 leading ones.
 *
 * Who may include it: libpolicy only.
 */
#ifndef PINHOLE_POLICY_IP_H
#define PINHOLE_POLICY_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 policy_ip;

#define POLICY_IP_BITS 128
#define POLICY_V4_BITS 96 /* of a v4-mapped address before the IPv4 one */
#define POLICY_IP_ONES (~(policy_ip)0)

static inline policy_ip policy_ip_from_v4(uint32_t addr)
{
	return (policy_ip)0xffff << 32 | addr;
}

static inline policy_ip policy_mask_from_v4(uint32_t mask)
{
	return POLICY_IP_ONES << 32 | mask;
}

static inline bool policy_ip_is_v4(policy_ip addr)
{
	return addr >> 32 == 0xffff;
}

/* @len: 0..128 */
static inline policy_ip policy_mask_from_len(unsigned int len)
{
	return len ? POLICY_IP_ONES << (POLICY_IP_BITS - len) : 0;
}

/* Leading ones of a contiguous mask, 0..128. */
static inline unsigned int policy_mask_len(policy_ip mask)
{
	return (unsigned int)__builtin_popcountll((uint64_t)(mask >> 64)) +
	       (unsigned int)__builtin_popcountll((uint64_t)mask);
}

/* Zeros before the last one of a mask; 0: it is contiguous. */
static inline unsigned int policy_mask_holes(policy_ip mask)
{
	unsigned int len = policy_mask_len(mask), end = POLICY_IP_BITS;

	while (end && !(mask >> (POLICY_IP_BITS - end) & 1))
		end--;
	return end - len;
}

/* Texts that own their bytes need no buffer at the caller. */
struct policy_quad {
	char text[16];
};

struct policy_ip_text {
	char text[40];
};

struct policy_net_text {
	char text[48];
};

/* Dotted quad of an IPv4 address or netmask in host order. */
struct policy_quad policy_quad(uint32_t addr);

/* A dotted quad, or IPv6 as RFC 5952 has it. */
struct policy_ip_text policy_ip_text(policy_ip addr);

/* As access lists write it: host ADDR, ADDR NETMASK or ADDR/LEN. */
struct policy_net_text policy_net_text(policy_ip addr, policy_ip mask);
/* The same into @out, of the size of struct policy_net_text; without a NUL. Return:
 * how many bytes. */
size_t policy_net_put(char *out, policy_ip addr, policy_ip mask);

/* IPv6 in any form of RFC 4291, 2.2. */
bool policy_ip6_from(const char *text, size_t len, policy_ip *out);

#endif /* PINHOLE_POLICY_IP_H */
