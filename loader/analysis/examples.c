// SPDX-License-Identifier: GPL-2.0
/*
 * examples.c - examples for people. See examples.h.
 */
#include <arpa/inet.h>

#include "analysis/examples.h"

static void add(struct tastes *tastes, enum acl_family family, enum taste_end end,
		space_address address)
{
	uint32_t *n = &tastes->n[family][end];

	if (*n < MAX_TASTES)
		tastes->addresses[family][end][(*n)++] = address;
}

static space_address address_of(const struct ph_addr *addr)
{
	space_address address = 0;

	for (int i = 0; i < 4; i++)
		address = address << 32 | ntohl(addr->word[i]);
	return address;
}

void tastes_add(struct tastes *tastes, enum taste_end end,
		const struct policy_image_iface *iface)
{
	/* Two ends of one network are two hosts. */
	unsigned int host = end == TASTE_DST ? 20 : 77;
	uint32_t mask = ntohl(iface->netmask);

	if (!iface->config.security_level)
		return;
	if (iface->has_address)
		add(tastes, ACL_IPV4, end,
		    (ntohl(iface->address) & mask) | (~mask & host));
	if (iface->has_address6)
		add(tastes, ACL_IPV6, end, address_of(&iface->address6) ^ host);
}

void tastes_add_own(struct tastes *tastes, const struct policy_image_iface *iface)
{
	if (iface->has_address)
		add(tastes, ACL_IPV4, TASTE_DST, ntohl(iface->address));
	if (iface->has_address6)
		add(tastes, ACL_IPV6, TASTE_DST, address_of(&iface->address6));
}

void tastes_settle(struct tastes *tastes)
{
	/* Of the networks for documentation (RFC 5737, RFC 3849). */
	add(tastes, ACL_IPV4, TASTE_SRC, 0xc6336401);
	add(tastes, ACL_IPV4, TASTE_DST, 0xcb007101);
	for (enum taste_end end = TASTE_SRC; end <= TASTE_DST; end++)
		add(tastes, ACL_IPV6, end,
		    ((space_address)0x20010db8 << 96) + (unsigned int)end + 1);
	for (int f = 0; f < ACL_N_FAMILIES; f++)
		tastes->taste[f] = (struct point_taste){
			.src = tastes->addresses[f][TASTE_SRC],
			.dst = tastes->addresses[f][TASTE_DST],
			.n_src = tastes->n[f][TASTE_SRC],
			.n_dst = tastes->n[f][TASTE_DST],
		};
}

static struct ph_addr wire_addr(enum acl_family family, space_address address)
{
	if (family == ACL_IPV4)
		address |= (space_address)0xffff << 32;
	return (struct ph_addr){
		{htonl((uint32_t)(address >> 96)), htonl((uint32_t)(address >> 64)),
		 htonl((uint32_t)(address >> 32)), htonl((uint32_t)address)}};
}

struct analysis_packet packet_of(enum acl_family family, const struct point *point)
{
	return (struct analysis_packet){
		.src = wire_addr(family, point->src),
		.dst = wire_addr(family, point->dst),
		.family = (uint8_t)family,
		.proto = point->proto,
		.tcp_flags = point->tcp_flags,
		.later_fragment = point->later,
		.src_port = point->src_port,
		.dst_port = point->dst_port,
	};
}
