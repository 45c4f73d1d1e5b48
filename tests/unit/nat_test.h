/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat_test.h - a packet is translated as an image says, by the plainest means.
 *
 * Why it exists: what translations compile to is judged by what becomes of packets.
 * Lists are read from their first line to their last, tables from end to end.
 *
 * Who may include it: tests/unit/test_policy_nat*.c.
 */
#ifndef TESTS_UNIT_NAT_TEST_H
#define TESTS_UNIT_NAT_TEST_H

#include <netinet/in.h>

#include "policy_test.h"

/* "ADDRESS PORT > ADDRESS PORT" of a protocol; IPv4 only. */
struct nat_packet {
	uint32_t src;
	uint32_t dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
};

static inline struct nat_packet nat_packet(uint8_t proto, const char *text)
{
	struct nat_packet packet = {.proto = proto};
	char src[32], dst[32];
	unsigned int src_port, dst_port;

	assert_int_equal(
		sscanf(text, "%31s %u > %31s %u", src, &src_port, dst, &dst_port), 4);
	packet.src = ntohl(inet_addr(src));
	packet.dst = ntohl(inet_addr(dst));
	packet.src_port = (uint16_t)src_port;
	packet.dst_port = (uint16_t)dst_port;
	return packet;
}

static inline __u32 nat_iface(const struct policy_image *image, const char *name)
{
	for (size_t i = 0; i < image->n_ifaces; i++)
		if (!strcmp(image->ifaces[i].name, name))
			return (__u32)i + 1;
	fail_msg("no interface %s", name);
	return 0;
}

static inline bool nat_matches_end(const struct acl_prefix *set, uint32_t n,
				   uint32_t addr)
{
	for (uint32_t i = 0; i < n; i++)
		if (set[i].family == ACL_IPV4 &&
		    (!set[i].len ||
		     (addr ^ (uint32_t)set[i].low) >> (32 - set[i].len) == 0))
			return true;
	return false;
}

static inline bool nat_matches(const struct acl_line *line,
			       const struct nat_packet *packet)
{
	if (!nat_matches_end(line->src, line->n_src, packet->src) ||
	    !nat_matches_end(line->dst, line->n_dst, packet->dst))
		return false;
	for (uint32_t i = 0; i < line->n_services; i++) {
		const struct acl_service *s = &line->services[i];

		if (s->any_proto ||
		    (s->proto == packet->proto && packet->src_port >= s->src_port_low &&
		     packet->src_port <= s->src_port_high &&
		     packet->dst_port >= s->dst_port_low &&
		     packet->dst_port <= s->dst_port_high))
			return true;
	}
	return false;
}

/* The first line of a list that matches; @real_if 0: of the list asked on the way in.
 * NULL: none, or no such list. */
static inline const struct acl_line *nat_line(const struct policy_image *image,
					      __u32 real_if, __u32 mapped_if,
					      const struct nat_packet *packet)
{
	for (size_t i = 0; i < image->n_nat_lists; i++) {
		const struct acl_list *list = &image->acl_lists[image->n_acl_lists + i];

		if (image->nat_lists[i].real_if != real_if ||
		    image->nat_lists[i].mapped_if != mapped_if)
			continue;
		for (size_t j = 0; j < list->n_lines; j++) {
			assert_true(!j ||
				    list->lines[j].number > list->lines[j - 1].number);
			if (nat_matches(&list->lines[j], packet))
				return &list->lines[j];
		}
	}
	return NULL;
}

static inline uint32_t nat_word(const struct ph_addr *addr)
{
	return ntohl(addr->word[3]);
}

/* The longest prefix of the tables that an address is within. */
static inline const struct policy_image_nat *
nat_entry(const struct policy_image *image, __u32 real_if, __u32 mapped_if, uint32_t addr)
{
	const struct policy_image_nat *best = NULL;

	for (size_t i = 0; i < image->n_nats; i++) {
		const struct policy_image_nat *nat = &image->nats[i];
		uint32_t mask = nat_word(&nat->in_value.mask);
		uint32_t net = nat_word(real_if ? &nat->out_key.addr : &nat->in_key.addr);

		if (nat->in_key.mapped_if == mapped_if &&
		    (!real_if || nat->out_key.real_if == real_if) &&
		    (addr & mask) == net &&
		    (!best || mask > nat_word(&best->in_value.mask)))
			best = nat;
	}
	return best;
}

static inline void nat_show(char out[64], uint32_t addr, uint16_t port, const char *note)
{
	struct in_addr wire = {htonl(addr)};

	snprintf(out, 64, "%s %u%s", inet_ntoa(wire), port, note);
}

/* What the destination becomes on the way in; or the source on the way out. */
static inline void nat_translate(const struct policy_image *image, const char *real_if,
				 const char *mapped_if, const struct nat_packet *packet,
				 char out[64])
{
	__u32 real = real_if ? nat_iface(image, real_if) : 0;
	__u32 mapped = nat_iface(image, mapped_if);
	uint32_t addr = real ? packet->src : packet->dst;
	uint16_t port = real ? packet->src_port : packet->dst_port;
	const struct policy_image_nat *entry;
	const struct nat_rule *rule;
	const struct acl_line *line;

	if (!(image->ifaces[mapped - 1].config.flags & IFACE_F_NAT_RULES)) {
		entry = nat_entry(image, real, mapped, addr);
		if (entry)
			addr = nat_word(real ? &entry->out_value.net
					     : &entry->in_value.net) |
			       (addr & ~nat_word(&entry->in_value.mask));
		nat_show(out, addr, port, entry ? "" : " -");
		return;
	}
	line = nat_line(image, real, mapped, packet);
	if (!line || !line->permit) {
		nat_show(out, addr, port, line ? " stays" : " -");
		return;
	}
	rule = &image->nat_rules[line->number - image->n_acl_lines].rule;
	addr = nat_word(real ? &rule->mapped : &rule->real) |
	       (addr & ~nat_word(&rule->mask));
	if (rule->n_ports && real)
		port = (uint16_t)(port - rule->real_port + rule->mapped_port);
	else if (rule->n_ports)
		port = (uint16_t)(port - rule->mapped_port + rule->real_port);
	nat_show(out, addr, port, rule->flags & NAT_RULE_F_ONE_WAY ? " one-way" : "");
}

/* A packet that comes in by @mapped_if: what it is sent to. */
static inline void assert_in(const struct policy_image *image, const char *mapped_if,
			     uint8_t proto, const char *packet, const char *expected)
{
	struct nat_packet parsed = nat_packet(proto, packet);
	char out[64];

	nat_translate(image, NULL, mapped_if, &parsed, out);
	assert_string_equal(out, expected);
}

/* One from @real_if that leaves by @mapped_if: whom it comes from. */
static inline void assert_out(const struct policy_image *image, const char *real_if,
			      const char *mapped_if, uint8_t proto, const char *packet,
			      const char *expected)
{
	struct nat_packet parsed = nat_packet(proto, packet);
	char out[64];

	nat_translate(image, real_if, mapped_if, &parsed, out);
	assert_string_equal(out, expected);
}

#endif /* TESTS_UNIT_NAT_TEST_H */
