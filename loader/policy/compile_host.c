// SPDX-License-Identifier: GPL-2.0
/*
 * compile_host.c - what of an image is about the machine: its routes, and the addresses
 * that it has from others.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "policy/diag_codes.h"
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

/* ---- the address that clients know --------------------------------------- */

/* By DHCP it is another one than the text says: what is announced does not have it. */
static int warn_other_address(const struct policy_iface *iface,
			      const struct policy_nat *nat, struct policy_diags *diags)
{
	return policy_warn_whole(diags, W_HOST_NAT_ADDRESS,
				 "correct the line: what this machine announces in clear "
				 "is rewritten only "
				 "if it is that address",
				 "interface '%s' has %s now, not %s as line %u says",
				 iface->name, policy_quad(iface->address).text,
				 policy_ip_text(nat->real.addr).text, nat->where.line);
}

/* By DHCP a host behind another interface turns out to be this machine. */
static int warn_meant(const struct policy *policy, const struct policy_nat *nat,
		      struct policy_diags *diags)
{
	const struct policy_iface *iface;

	if (nat->mapped_if == POLICY_ANY_IFACE || nat->dynamic ||
	    (nat->flags & POLICY_NAT_F_INACTIVE) || nat->real.mask != POLICY_IP_ONES)
		return 0;
	iface = &policy->ifaces.items[nat->mapped_if];
	if (!iface->dhcp || !iface->has_address ||
	    nat->real.addr != policy_ip_from_v4(iface->address) ||
	    nat->mapped.addr == nat->real.addr)
		return 0;
	return policy_warn_whole(
		diags, W_HOST_NAT_MEANT,
		"if this machine itself is meant, name that interface twice in the "
		"parentheses",
		"line %u translates %s, which interface '%s' itself has now",
		nat->where.line, policy_ip_text(nat->real.addr).text, iface->name);
}

int policy_compile_host_nats(const struct policy *policy, struct policy_image *image,
			     struct policy_diags *diags)
{
	int err = 0;

	for (size_t i = 0; !err && i < policy->host_nats.count; i++) {
		const struct policy_nat *nat = &policy->host_nats.items[i];
		const struct policy_iface *iface = &policy->ifaces.items[nat->real_if];
		struct iface_config *to = &image->ifaces[nat->real_if].config;

		if (nat->flags & POLICY_NAT_F_INACTIVE)
			continue;
		to->host_real = policy_wire_addr(nat->real.addr);
		to->host_public = policy_wire_addr(nat->mapped.addr);
		if (iface->has_address &&
		    nat->real.addr != policy_ip_from_v4(iface->address))
			err = warn_other_address(iface, nat, diags);
	}
	for (size_t i = 0; !err && i < policy->nats.count; i++)
		err = warn_meant(policy, &policy->nats.items[i], diags);
	return err;
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
