// SPDX-License-Identifier: GPL-2.0
/*
 * compile_host.c - what of an image is about the machine: its routes, and the addresses
 * that it has from others.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "policy/model.h"

#define DHCP_METRIC 1 /* of a default route that DHCP brings */

struct ph_addr policy_wire_addr(policy_ip addr)
{
	return (struct ph_addr){{htonl((uint32_t)(addr >> 96)),
				 htonl((uint32_t)(addr >> 64)),
				 htonl((uint32_t)(addr >> 32)), htonl((uint32_t)addr)}};
}

static bool is_shut(const struct policy *policy, size_t iface)
{
	return iface != POLICY_NO_OBJECT && policy->ifaces.items[iface].shut;
}

static struct policy_image_route compile_route(const struct policy_route *route)
{
	bool v4 = policy_ip_is_v4(route->addr);

	return (struct policy_image_route){
		.iface = route->iface == POLICY_NO_OBJECT ? POLICY_ROUTE_DISCARDS
							  : (uint32_t)route->iface,
		.on_link = route->on_link,
		.family = v4 ? 4 : 6,
		.prefix_len = (uint8_t)(policy_mask_len(route->mask) -
					(v4 ? POLICY_V4_BITS : 0)),
		.metric = route->metric,
		.addr = policy_wire_addr(route->addr),
		.gateway = policy_wire_addr(route->gateway),
		.source_line = route->where.line,
	};
}

int policy_compile_routes(const struct policy *policy, struct policy_image *image)
{
	image->routes = calloc(policy->routes.count + policy->ifaces.count + 1,
			       sizeof(*image->routes));
	if (!image->routes)
		return -ENOMEM;
	for (size_t i = 0; i < policy->routes.count; i++) {
		const struct policy_route *route = &policy->routes.items[i];

		if (!route->tunneled && !is_shut(policy, route->iface))
			image->routes[image->n_routes++] = compile_route(route);
	}
	for (size_t i = 0; i < policy->ifaces.count; i++)
		if (policy->ifaces.items[i].setroute && !is_shut(policy, i))
			image->routes[image->n_routes++] = (struct policy_image_route){
				.iface = (uint32_t)i,
				.any_gateway = true,
				.family = 4,
				.metric = DHCP_METRIC,
				.addr = policy_wire_addr(policy_ip_from_v4(0)),
			};
	return 0;
}

/* Host mode: an inspection of the interface, and a list that says who may come. */
static bool is_inspected(const struct policy_image *image,
			 const struct iface_config *iface)
{
	for (size_t i = 0; i < image->n_fixups; i++) {
		__u64 ifaces = image->fixups[i].value.ifaces;

		if (!ifaces || (ifaces >> iface->id & 1))
			return true;
	}
	return false;
}

void policy_compile_host_ftp(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++) {
		struct iface_config *iface = &image->ifaces[i].config;

		if (iface->flags & IFACE_F_ACL_BOX && is_inspected(image, iface))
			iface->flags |= IFACE_F_HOST_FTP;
	}
}

int policy_set_address(struct policy *policy, size_t iface, uint32_t address,
		       uint32_t netmask)
{
	struct policy_iface *to;

	if (iface >= policy->ifaces.count || !policy->ifaces.items[iface].dhcp ||
	    !address || !netmask)
		return -EINVAL;
	to = &policy->ifaces.items[iface];
	to->has_address = true;
	to->address = address;
	to->netmask = netmask;
	return 0;
}
