// SPDX-License-Identifier: GPL-2.0
/*
 * packets.c - points in, on the edge of, and beside the lines of a list.
 */
#include <netinet/in.h>

#include "tests/acl/draw.h"
#include "tests/acl/oracle_match.h"
#include "tests/acl/packets.h"

enum style { STYLE_CORNER, STYLE_INTERIOR };

static oracle_address random_address(struct rng *rng)
{
	uint64_t high = rng_next(rng);

	return oracle_number(high, rng_next(rng));
}

static oracle_address all_addresses(enum acl_family family)
{
	return family == ACL_IPV4 ? (oracle_address)UINT32_MAX : ~(oracle_address)0;
}

/* A number within, at an end of, or one beyond a span. */
static oracle_address point_of(struct rng *rng, struct oracle_span span, enum style style)
{
	oracle_address width = span.last - span.first;
	oracle_address inside = width + 1 ? random_address(rng) % (width + 1)
					  : random_address(rng);

	if (style == STYLE_INTERIOR)
		return span.first + inside;
	switch (rng_below(rng, 8)) {
	case 0:
	case 1:
		return span.first;
	case 2:
	case 3:
		return span.last;
	case 4:
		return span.first - 1;
	case 5:
		return span.last + 1;
	case 6: /* beside a prefix by its last bit */
		return (span.first + inside) ^ (width + 1);
	default:
		return span.first + inside;
	}
}

static uint16_t port_of(struct rng *rng, uint16_t low, uint16_t high, enum style style)
{
	struct oracle_span span = {low, high};

	return (uint16_t)point_of(rng, span, style);
}

static uint8_t draw_flags(struct rng *rng, uint16_t cond, enum style style)
{
	static const uint8_t common[] = {0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x00};
	uint8_t flags = common[rng_below(rng, sizeof(common))];

	if (style == STYLE_INTERIOR || rng_chance(rng, 50))
		flags = (uint8_t)((flags | ACL_COND_SET(cond)) & ~ACL_COND_CLEAR(cond));
	if (style == STYLE_INTERIOR)
		return flags;
	if (rng_chance(rng, 25))
		flags ^= (uint8_t)(1u << rng_below(rng, 6));
	if (rng_chance(rng, 10))
		flags = (uint8_t)rng_below(rng, 64);
	return flags;
}

static const struct acl_line *draw_line(struct rng *rng, const struct gen_set *set)
{
	return &set->lines[rng_below(rng, (uint32_t)set->n_lines)];
}

static void aim_src(struct rng *rng, const struct acl_line *line, enum style style,
		    struct packet *packet)
{
	const struct acl_prefix *prefix = &line->src[rng_below(rng, line->n_src)];
	oracle_address point = point_of(rng, oracle_span(prefix), style) &
			       all_addresses(prefix->family);

	packet->src_high = (uint64_t)(point >> 64);
	packet->src_low = (uint64_t)point;
}

static void aim_dst(struct rng *rng, const struct acl_line *line, enum style style,
		    struct packet *packet)
{
	const struct acl_prefix *prefix = &line->dst[rng_below(rng, line->n_dst)];
	oracle_address point = point_of(rng, oracle_span(prefix), style) &
			       all_addresses(prefix->family);

	packet->dst_high = (uint64_t)(point >> 64);
	packet->dst_low = (uint64_t)point;
}

static void aim_service(struct rng *rng, const struct acl_line *line, enum style style,
			struct packet *packet)
{
	static const uint8_t protos[] = {6, 17, 1, 58, 47, 0, 255};
	const struct acl_service *service =
		&line->services[rng_below(rng, line->n_services)];
	bool other = service->any_proto || (style == STYLE_CORNER && rng_chance(rng, 5));

	packet->proto = other ? protos[rng_below(rng, sizeof(protos))] : service->proto;
	packet->src_port =
		port_of(rng, service->src_port_low, service->src_port_high, style);
	packet->dst_port =
		port_of(rng, service->dst_port_low, service->dst_port_high, style);
	packet->tcp_flags =
		packet->proto == IPPROTO_TCP ? draw_flags(rng, service->cond, style) : 0;
	packet->later_fragment = service->cond & ACL_COND_FRAGMENTS &&
				 (style == STYLE_INTERIOR || rng_chance(rng, 70));
}

static void aim_anywhere(struct rng *rng, enum acl_family family, struct packet *packet)
{
	oracle_address src = random_address(rng) & all_addresses(family);
	oracle_address dst = random_address(rng) & all_addresses(family);

	packet->src_high = (uint64_t)(src >> 64);
	packet->src_low = (uint64_t)src;
	packet->dst_high = (uint64_t)(dst >> 64);
	packet->dst_low = (uint64_t)dst;
}

static void make_later_fragment(struct packet *packet)
{
	packet->later_fragment = true;
	packet->src_port = 0;
	packet->dst_port = 0;
	packet->tcp_flags = 0;
}

static enum style draw_style(struct rng *rng)
{
	return rng_chance(rng, 50) ? STYLE_CORNER : STYLE_INTERIOR;
}

static void draw_packet(struct rng *rng, const struct gen_set *set, struct packet *packet)
{
	const struct acl_line *line = draw_line(rng, set);
	uint32_t what = rng_below(rng, 100);
	bool cross = what >= 60 && what < 85;
	const struct acl_line *to = cross ? draw_line(rng, set) : line;
	const struct acl_line *by = cross ? draw_line(rng, set) : line;

	/* Each side by itself: a corner of one, the inside of the other. */
	aim_src(rng, line, draw_style(rng), packet);
	aim_dst(rng, to, draw_style(rng), packet);
	aim_service(rng, by, draw_style(rng), packet);
	if (what < 25) { /* inside on all sides: a match, unless an earlier line has it */
		aim_src(rng, line, STYLE_INTERIOR, packet);
		aim_dst(rng, line, STYLE_INTERIOR, packet);
		aim_service(rng, line, STYLE_INTERIOR, packet);
	} else if (what >= 92) {
		aim_anywhere(rng, set->family, packet);
	}
	if (packet->later_fragment || rng_chance(rng, 12))
		make_later_fragment(packet);
}

void packets_draw(const struct gen_set *set, uint64_t seed, struct packet *packets,
		  size_t n)
{
	struct rng rng = {.state = seed ^ 0x7061636b657473ull};

	for (size_t i = 0; i < n; i++) {
		packets[i] = (struct packet){0};
		draw_packet(&rng, set, &packets[i]);
	}
}

void packets_within(const struct gen_set *set, uint64_t seed, struct packet *packets,
		    size_t n)
{
	struct rng rng = {.state = seed ^ 0x77697468696eull};

	for (size_t i = 0; i < n; i++) {
		const struct acl_line *line = draw_line(&rng, set);

		packets[i] = (struct packet){0};
		aim_src(&rng, line, STYLE_INTERIOR, &packets[i]);
		aim_dst(&rng, line, STYLE_INTERIOR, &packets[i]);
		aim_service(&rng, line, STYLE_INTERIOR, &packets[i]);
		if (packets[i].later_fragment)
			make_later_fragment(&packets[i]);
	}
}
