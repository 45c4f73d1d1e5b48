// SPDX-License-Identifier: GPL-2.0
/*
 * box.c - terms and parts of the space of packets as boxes: one interval for each
 * field that a tree can cut.
 *
 * Why it exists: a tree asks of IPv4, of IPv6 and of classes the same questions,
 * does this term reach into that part, and does it fill it; with intervals the
 * questions are the same for addresses, ports and protocols.
 */
#include "acl/part.h"

const struct acl_place acl_places[ACL_N_FAMILIES][ACL_N_FIELDS] = {
	[ACL_IPV4] =
		{
			[ACL_SRC_HIGH] = {32, ACL_SEL4_ADDRS, 0},
			[ACL_DST_HIGH] = {32, ACL_SEL4_ADDRS, 32},
			[ACL_SRC_PORT] = {16, ACL_SEL4_PORTS, 16},
			[ACL_DST_PORT] = {16, ACL_SEL4_PORTS, 0},
			[ACL_PROTO] = {8, ACL_SEL4_PORTS, 32},
		},
	[ACL_IPV6] =
		{
			[ACL_SRC_HIGH] = {64, ACL_SEL6_SRC_HIGH, 0},
			[ACL_SRC_LOW] = {64, ACL_SEL6_SRC_LOW, 0},
			[ACL_DST_HIGH] = {64, ACL_SEL6_DST_HIGH, 0},
			[ACL_DST_LOW] = {64, ACL_SEL6_DST_LOW, 0},
			[ACL_SRC_PORT] = {16, ACL_SEL6_PORTS, 16},
			[ACL_DST_PORT] = {16, ACL_SEL6_PORTS, 0},
			[ACL_PROTO] = {8, ACL_SEL6_PORTS, 32},
		},
};

void acl_box_all(enum acl_family family, struct acl_box *box)
{
	for (int f = 0; f < ACL_N_FIELDS; f++) {
		box->low[f] = 0;
		box->high[f] = acl_low_ones(acl_places[family][f].width);
	}
}

/* The interval of numbers of `width` bits that share value's first len bits. */
static void set_prefix(struct acl_box *box, enum acl_field field, uint64_t value,
		       unsigned int len, unsigned int width)
{
	uint64_t rest = acl_low_ones(width - (len < width ? len : width));

	box->low[field] = value & ~rest;
	box->high[field] = value | rest;
}

static void set_address(enum acl_family family, struct acl_box *box,
			enum acl_field high_field, uint64_t high, uint64_t low,
			unsigned int len)
{
	if (family == ACL_IPV4) {
		set_prefix(box, high_field, low, len, 32);
		return;
	}
	set_prefix(box, high_field, high, len, 64);
	set_prefix(box, high_field + 1, low, len > 64 ? len - 64 : 0, 64);
}

void acl_box_narrow(enum acl_family family, struct acl_box *box,
		    const struct acl_term *term, unsigned int src_len,
		    unsigned int dst_len)
{
	set_address(family, box, ACL_SRC_HIGH, term->src_high, term->src_low, src_len);
	set_address(family, box, ACL_DST_HIGH, term->dst_high, term->dst_low, dst_len);
}

void acl_box_of(enum acl_family family, const struct acl_term *term, struct acl_box *box)
{
	acl_box_all(family, box);
	acl_box_narrow(family, box, term, term->src_len, term->dst_len);
	box->low[ACL_SRC_PORT] = term->src_port_low;
	box->high[ACL_SRC_PORT] = term->src_port_high;
	box->low[ACL_DST_PORT] = term->dst_port_low;
	box->high[ACL_DST_PORT] = term->dst_port_high;
	if (!(term->head & ACL_HEAD_ANY_PROTO))
		box->low[ACL_PROTO] = box->high[ACL_PROTO] = term->head & 255;
}
