/* SPDX-License-Identifier: GPL-2.0 */
/*
 * csum.h - the Internet checksum, whole and incremental.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * RFC 1071 (computing), RFC 1624 (incremental update: HC' = ~(~HC + ~m + m'),
 * the form that cannot produce a wrong zero).
 */
#ifndef PINHOLE_BPF_CSUM_H
#define PINHOLE_BPF_CSUM_H

#include <stdbool.h>

#include <linux/ip.h>
#include <linux/types.h>

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

/* Fold a sum of 16-bit words to 16 bits, not complemented. */
static __always_inline __u16 csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* What replacing a word adds to a checksum; such deltas add up. */
static __always_inline __u64 csum_delta4(__u32 old, __u32 new)
{
	return (__u64)(__u32)~old + new;
}

static __always_inline __u64 csum_delta2(__u16 old, __u16 new)
{
	return (__u64)(__u16)~old + new;
}

/* The checksum field after changes that add up to delta; wire order. */
static __always_inline __u16 csum_apply(__u16 check, __u64 delta)
{
	return ~csum_fold((__u64)(__u16)~check + delta);
}

/* UDP over IPv4: zero means "no checksum" and stays; a computed zero is sent
 * as all ones (RFC 768). */
static __always_inline __u16 csum_udp_apply(__u16 check, __u64 delta)
{
	if (!check)
		return 0;
	check = csum_apply(check, delta);
	return check ? check : 0xffff;
}

/*
 * Whether the words of an IPv4 header without options, checksum included, sum
 * to all ones.
 */
static __always_inline bool csum_ipv4_ok(const struct iphdr *ip)
{
	const __u32 *word = (const __u32 *)ip;

	return csum_fold((__u64)word[0] + word[1] + word[2] + word[3] + word[4]) ==
	       0xffff;
}

/* The same for a header of any length, copied to where zeros follow it. */
static __always_inline bool csum_ipv4_long_ok(const __u32 word[15])
{
	__u64 sum = 0;

	for (__u32 i = 0; i < 15; i++)
		sum += word[i];
	return csum_fold(sum) == 0xffff;
}

#endif /* PINHOLE_BPF_CSUM_H */
