// SPDX-License-Identifier: GPL-2.0
/*
 * meaning.c - what a made-up policy means.
 */
#include <netinet/in.h>

#include "tests/reference/meaning.h"

void meant_add_span(meant_addrs *to, policy_ip first, policy_ip last)
{
	struct meant_span *span = vec_push(to);

	if (!span)
		abort();
	*span = (struct meant_span){first, last};
}

void meant_add_addrs(meant_addrs *to, const meant_addrs *from)
{
	for (size_t i = 0; i < from->count; i++)
		meant_add_span(to, from->items[i].first, from->items[i].last);
}

void meant_add_service(meant_services *to, struct meant_service service)
{
	struct meant_service *added = vec_push(to);

	if (!added)
		abort();
	*added = service;
}

void meant_add_services(meant_services *to, const meant_services *from)
{
	for (size_t i = 0; i < from->count; i++)
		meant_add_service(to, from->items[i]);
}

bool meant_has_family(const meant_addrs *addrs, bool v4)
{
	for (size_t i = 0; i < addrs->count; i++)
		if (policy_ip_is_v4(addrs->items[i].first) == v4)
			return true;
	return false;
}

void meant_list_free(struct meant_list *list)
{
	for (size_t i = 0; i < list->lines.count; i++) {
		vec_free(&list->lines.items[i].src);
		vec_free(&list->lines.items[i].dst);
		vec_free(&list->lines.items[i].services);
	}
	vec_free(&list->lines);
}

static bool has_address(const meant_addrs *addrs, policy_ip ip)
{
	for (size_t i = 0; i < addrs->count; i++) {
		const struct meant_span *span = &addrs->items[i];

		if (policy_ip_is_v4(span->first) == policy_ip_is_v4(ip) &&
		    ip >= span->first && ip <= span->last)
			return true;
	}
	return false;
}

static bool is_service(const struct meant_service *s, const struct ref_packet *packet)
{
	bool icmp = packet->proto == IPPROTO_ICMP || packet->proto == IPPROTO_ICMPV6;
	unsigned int dst = icmp ? packet->icmp_type * 256u + packet->icmp_code
				: packet->dst_port;
	bool all_ports = !s->src_low && s->src_high == UINT16_MAX && !s->dst_low &&
			 s->dst_high == UINT16_MAX;

	if (s->proto >= 0 && s->proto != packet->proto)
		return false;
	if (s->proto == (ref_is_v4(packet) ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return false;
	if (packet->later_fragment)
		return all_ports;
	return packet->src_port >= s->src_low && packet->src_port <= s->src_high &&
	       dst >= s->dst_low && dst <= s->dst_high;
}

static bool line_holds(const struct meant_line *line, const struct ref_packet *packet)
{
	if (!line->decides || (line->fragments && !packet->later_fragment))
		return false;
	if (!has_address(&line->src, packet->src) ||
	    !has_address(&line->dst, packet->dst))
		return false;
	for (size_t i = 0; i < line->services.count; i++)
		if (is_service(&line->services.items[i], packet))
			return true;
	return false;
}

struct ref_decision meant_decide(const struct meant_list *list,
				 const struct ref_packet *packet)
{
	for (size_t i = 0; i < list->lines.count; i++)
		if (line_holds(&list->lines.items[i], packet))
			return (struct ref_decision){i, list->lines.items[i].permit};
	return (struct ref_decision){REF_NO_LINE, false};
}
