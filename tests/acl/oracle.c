// SPDX-License-Identifier: GPL-2.0
/*
 * oracle.c - line after line.
 */
#include "tests/acl/oracle_match.h"

static bool matches_one(const struct acl_prefix *set, uint32_t n, enum acl_family family,
			oracle_address address)
{
	for (uint32_t i = 0; i < n; i++) {
		struct oracle_span span = oracle_span(&set[i]);

		if (set[i].family == family && address >= span.first &&
		    address <= span.last)
			return true;
	}
	return false;
}

/* Whether the line can be judged by what later fragments have. */
static bool names_ports(const struct acl_service *service)
{
	if (ACL_COND_SET(service->cond) || ACL_COND_CLEAR(service->cond))
		return true;
	if (service->any_proto)
		return false;
	return service->src_port_low != 0 || service->src_port_high != 65535 ||
	       service->dst_port_low != 0 || service->dst_port_high != 65535;
}

static bool flags_match(uint16_t cond, uint8_t flags)
{
	unsigned int alike = 0, asked = 0;

	for (int bit = 0; bit < 6; bit++) {
		bool is_set = flags & 1 << bit;

		if (ACL_COND_SET(cond) & 1u << bit) {
			asked++;
			alike += is_set;
		}
		if (ACL_COND_CLEAR(cond) & 1u << bit) {
			asked++;
			alike += !is_set;
		}
	}
	if (!asked)
		return true;
	return cond & ACL_COND_ANY ? alike > 0 : alike == asked;
}

static bool service_matches(const struct acl_service *service,
			    const struct packet *packet)
{
	if (!service->any_proto && service->proto != packet->proto)
		return false;
	if ((service->cond & ACL_COND_FRAGMENTS) && !packet->later_fragment)
		return false;
	if (packet->later_fragment)
		return !names_ports(service);
	if (!flags_match(service->cond, packet->tcp_flags))
		return false;
	if (service->any_proto)
		return true;
	return packet->src_port >= service->src_port_low &&
	       packet->src_port <= service->src_port_high &&
	       packet->dst_port >= service->dst_port_low &&
	       packet->dst_port <= service->dst_port_high;
}

bool oracle_matches(const struct acl_line *line, enum acl_family family,
		    const struct packet *packet)
{
	bool service = false;

	for (uint32_t i = 0; i < line->n_services && !service; i++)
		service = service_matches(&line->services[i], packet);
	return service &&
	       matches_one(line->src, line->n_src, family, oracle_src(packet)) &&
	       matches_one(line->dst, line->n_dst, family, oracle_dst(packet));
}

uint32_t oracle_first(const struct acl_line *lines, size_t n_lines,
		      enum acl_family family, const struct packet *packet)
{
	for (size_t i = 0; i < n_lines; i++)
		if (oracle_matches(&lines[i], family, packet))
			return (uint32_t)i;
	return ORACLE_NONE;
}
