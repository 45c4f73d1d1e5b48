/* SPDX-License-Identifier: GPL-2.0 */
/*
 * analysis_test.h - random lists in a world so small that every packet can be asked for.
 *
 * Why it exists: what loader/analysis says of sets is compared with what counting says.
 * The world has 6 addresses at each end, some protocols, 4 ports, 4 combinations of TCP
 * flags, and later fragments; lines speak of parts of it and of more.
 *
 * Who may include it: one unit test, for it has a state of its own.
 */
#ifndef TESTS_UNIT_ANALYSIS_TEST_H
#define TESTS_UNIT_ANALYSIS_TEST_H

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pinhole/analysis.h>

#include "analysis/lines.h"
#include "util/cleanup.h"

#define MAX_LINES   12
#define MAX_MEMBERS 4

static uint64_t rnd_state = 1;

static uint32_t rnd(uint32_t n)
{
	uint64_t z = rnd_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)((z ^ z >> 31) >> 32) % n;
}

/* ---- lists ---- */

struct small_line {
	struct acl_prefix src[MAX_MEMBERS];
	struct acl_prefix dst[MAX_MEMBERS];
	struct acl_service services[MAX_MEMBERS];
};

/* An image of one list bound in, and all that it points to. */
struct small_list {
	struct small_line sets[MAX_LINES];
	struct acl_line lines[MAX_LINES];
	struct acl_list list;
	struct policy_image_line shown[MAX_LINES];
	struct policy_image_iface iface[2];
	struct policy_image image;
};

#define V4_BASE	  0x0a000000u /* 10.0.0.0, of which the last two bits count */
#define SMALL_FAR 5
#define V6_BASE	  0x20010db800000000ull

static struct acl_prefix small_prefix(enum acl_family family)
{
	static const uint8_t lens[] = {0, 29, 30, 31, 31, 32, 32};
	uint8_t len = lens[rnd(sizeof(lens))];
	uint32_t low = V4_BASE | rnd(4);

	if (family == ACL_IPV4) {
		low &= len ? ~0u << (32 - len) : 0;
		return (struct acl_prefix){.low = low, .len = len, .family = ACL_IPV4};
	}
	if (!len)
		return (struct acl_prefix){.family = ACL_IPV6};
	return (struct acl_prefix){.high = V6_BASE,
				   .low = rnd(4) & ~0ull << (32 - len),
				   .len = (uint8_t)(len + 96),
				   .family = ACL_IPV6};
}

static void small_ports(uint16_t *low, uint16_t *high)
{
	static const uint16_t edges[] = {0, 1, 2, 3, 65535};
	uint32_t a = rnd(5), b = rnd(5);

	if (rnd(3) == 0) {
		*low = 0;
		*high = 65535;
		return;
	}
	*low = edges[a < b ? a : b];
	*high = edges[a < b ? b : a];
}

static struct acl_service small_service(void)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_TCP,  IPPROTO_TCP,
					 IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ESP};
	struct acl_service s = {
		.src_port_high = 65535,
		.dst_port_high = 65535,
		.proto = protos[rnd(sizeof(protos))],
	};

	if (rnd(5) == 0) {
		s.any_proto = true;
		s.proto = 0;
	} else if (s.proto == IPPROTO_TCP || s.proto == IPPROTO_UDP) {
		if (rnd(2))
			small_ports(&s.src_port_low, &s.src_port_high);
		small_ports(&s.dst_port_low, &s.dst_port_high);
	} else if (s.proto == IPPROTO_ICMP) {
		small_ports(&s.dst_port_low, &s.dst_port_high);
	}
	if (s.proto == IPPROTO_TCP && !s.any_proto && rnd(4) == 0) {
		uint16_t set = (uint16_t)rnd(4), clear = (uint16_t)(rnd(4) & ~set);

		s.cond = (uint16_t)(set | clear << 6 | (rnd(2) ? ACL_COND_ANY : 0));
		if (!set && !clear)
			s.cond = 0;
	} else if (rnd(6) == 0) {
		s.cond = ACL_COND_FRAGMENTS;
		s.src_port_low = s.dst_port_low = 0;
		s.src_port_high = s.dst_port_high = 65535;
	}
	return s;
}

static uint32_t small_count(void)
{
	return rnd(24) == 0 ? 0 : rnd(2) ? 1 : 1 + rnd(MAX_MEMBERS);
}

/* Lines of one family, or of both. */
static uint32_t small_prefixes(struct acl_prefix *out, uint32_t families)
{
	uint32_t n = 0, wanted = small_count();

	for (; n < wanted; n++)
		out[n] = small_prefix(families == 2 ? (enum acl_family)rnd(2)
						    : (enum acl_family)families);
	return n;
}

/* Every other line shares two factors with the one before: so parts become wholes. */
static void small_make_line(struct small_list *l, size_t i, uint32_t families)
{
	struct small_line *sets = &l->sets[i];
	struct acl_line *line = &l->lines[i];
	uint32_t n = small_count(), own = rnd(3);

	for (uint32_t v = 0; v < n; v++)
		sets->services[v] = small_service();
	*line = (struct acl_line){
		.src = sets->src,
		.dst = sets->dst,
		.services = sets->services,
		.n_src = small_prefixes(sets->src, families),
		.n_dst = small_prefixes(sets->dst, families),
		.n_services = n,
		.permit = rnd(2),
	};
	if (!i || rnd(2))
		return;
	if (own != 0) {
		memcpy(sets->src, sets[-1].src, sizeof(sets->src));
		line->n_src = line[-1].n_src;
	}
	if (own != 1) {
		memcpy(sets->dst, sets[-1].dst, sizeof(sets->dst));
		line->n_dst = line[-1].n_dst;
	}
	if (own != 2) {
		memcpy(sets->services, sets[-1].services, sizeof(sets->services));
		line->n_services = line[-1].n_services;
	}
}

/* Lines are what they are; numbers and the image follow. */
static void small_settle(struct small_list *l, size_t n)
{
	memset(&l->image, 0, sizeof(l->image));
	memset(l->iface, 0, sizeof(l->iface));
	l->list = (struct acl_list){l->lines, n};
	for (size_t i = 0; i < n; i++) {
		l->lines[i].number = (uint32_t)i;
		l->shown[i] =
			(struct policy_image_line){.acl = "a",
						   .number = (unsigned int)i + 1,
						   .source_line = (unsigned int)i + 1,
						   .text = (char *)"",
						   .bound = true,
						   .acl_line = (uint32_t)i};
	}
	strcpy(l->iface[0].name, "outside");
	strcpy(l->iface[1].name, "inside");
	l->iface[0].config.id = 1;
	l->iface[1].config.id = 2;
	l->iface[1].config.security_level = 100;
	l->iface[0].config.flags = IFACE_F_ACL_IN;
	strcpy(l->iface[0].acl_in, "a");
	l->image.ifaces = l->iface;
	l->image.n_ifaces = 2;
	l->image.lines = l->shown;
	l->image.n_lines = l->image.n_acl_lines = n;
	l->image.acl_lists = &l->list;
	l->image.n_acl_lists = 1;
}

static void small_make(struct small_list *l, size_t n, uint32_t families)
{
	for (size_t i = 0; i < n; i++)
		small_make_line(l, i, families);
	small_settle(l, n);
}

/* ---- packets, and a line as a person reads it ---- */

struct small_packet {
	enum acl_family family;
	uint64_t src; /* the last bits; SMALL_FAR: of no prefix but of length 0 */
	uint64_t dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
	uint8_t flags;
	bool later;
};

static bool small_has(const struct acl_prefix *set, uint32_t n, enum acl_family family,
		      uint64_t address)
{
	for (uint32_t i = 0; i < n; i++) {
		unsigned int open;

		if (set[i].family != family)
			continue;
		if (!set[i].len)
			return true;
		open = (family == ACL_IPV4 ? 32u : 128u) - set[i].len;
		/* Three bits are open at most. */
		if (address != SMALL_FAR &&
		    ((set[i].low & 7) >> open) == (address >> open))
			return true;
	}
	return false;
}

static bool small_flags_match(uint16_t cond, uint8_t flags)
{
	unsigned int set = ACL_COND_SET(cond), clear = ACL_COND_CLEAR(cond);

	if (!set && !clear)
		return true;
	if (cond & ACL_COND_ANY)
		return (flags & set) || (~flags & clear);
	return (flags & set) == set && !(flags & clear);
}

static bool small_serves(const struct acl_service *s, const struct small_packet *p)
{
	bool all_ports = !s->src_port_low && !s->dst_port_low &&
			 s->src_port_high == 65535 && s->dst_port_high == 65535;

	if (!s->any_proto && s->proto != p->proto)
		return false;
	if (p->later)
		return s->any_proto ||
		       (all_ports && !(s->cond & ~ACL_COND_FRAGMENTS & ~ACL_COND_ANY));
	if (s->cond & ACL_COND_FRAGMENTS)
		return false;
	if (s->any_proto)
		return true;
	return p->src_port >= s->src_port_low && p->src_port <= s->src_port_high &&
	       p->dst_port >= s->dst_port_low && p->dst_port <= s->dst_port_high &&
	       small_flags_match(s->cond, p->flags);
}

static bool small_matches(const struct acl_line *line, const struct small_packet *p)
{
	bool serves = false;

	for (uint32_t v = 0; v < line->n_services; v++)
		serves |= small_serves(&line->services[v], p);
	return serves && small_has(line->src, line->n_src, p->family, p->src) &&
	       small_has(line->dst, line->n_dst, p->family, p->dst);
}

static size_t small_first(const struct acl_list *list, const struct small_packet *p)
{
	size_t i = 0;

	while (i < list->n_lines && !small_matches(&list->lines[i], p))
		i++;
	return i;
}

/* ---- all packets ---- */

#define N_PORTS 6
static const uint16_t small_port[N_PORTS] = {0, 1, 2, 3, 40000, 65535};

/* Protocols, ports and flags that exist together. */
static size_t small_kinds(struct small_packet *out)
{
	size_t n = 0;

	for (uint32_t s = 0; s < N_PORTS; s++)
		for (uint32_t d = 0; d < N_PORTS; d++) {
			for (uint8_t flags = 0; flags < 8; flags++)
				out[n++] = (struct small_packet){
					.src_port = small_port[s],
					.dst_port = small_port[d],
					.proto = IPPROTO_TCP,
					.flags = flags,
				};
			out[n++] = (struct small_packet){.src_port = small_port[s],
							 .dst_port = small_port[d],
							 .proto = IPPROTO_UDP};
		}
	for (uint32_t d = 0; d < N_PORTS; d++)
		out[n++] = (struct small_packet){.dst_port = small_port[d],
						 .proto = IPPROTO_ICMP};
	out[n++] = (struct small_packet){.proto = IPPROTO_ESP};
	out[n++] = (struct small_packet){.proto = 99};
	for (int i = 0; i < 5; i++)
		out[n++] = (struct small_packet){
			.proto = (const uint8_t[]){IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
						   IPPROTO_ESP, 99}[i],
			.later = true,
		};
	return n;
}

#define N_KINDS (N_PORTS * N_PORTS * 9 + N_PORTS + 2 + 5)

typedef void small_fn(void *arg, const struct small_packet *packet);

static void small_each(uint32_t families, small_fn *fn, void *arg)
{
	struct small_packet kinds[N_KINDS];
	size_t n = small_kinds(kinds);

	for (uint32_t f = families == 2 ? 0 : families; f <= (families ? 1 : 0); f++)
		for (uint64_t pair = 0; pair < (SMALL_FAR + 1) * (SMALL_FAR + 1); pair++)
			for (size_t i = 0; i < n; i++) {
				struct small_packet p = kinds[i];

				p.family = (enum acl_family)f;
				p.src = pair / (SMALL_FAR + 1);
				p.dst = pair % (SMALL_FAR + 1);
				fn(arg, &p);
			}
}

#endif /* TESTS_UNIT_ANALYSIS_TEST_H */
