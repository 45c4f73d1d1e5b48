// SPDX-License-Identifier: GPL-2.0
/*
 * print_host.c - the canonical text of interfaces, routes and to-the-box lines.
 */
#include <netinet/in.h>

#include "policy/model.h"
#include "policy/names.h"
#include "util/strbuf.h"

/* ---- interfaces ------------------------------------------------------------ */

/* What the one-line form of PIX 6 has no words for. */
static bool needs_block(const struct policy_iface *iface)
{
	return iface->vlan || iface->n_addresses6 || iface->shut ||
	       iface->management_only;
}

/* ADDRESS NETMASK or `dhcp`, with what belongs to it. */
static void print_address(struct strbuf *out, const struct policy_iface *iface)
{
	if (iface->dhcp)
		strbuf_puts(out, iface->pppoe ? "pppoe" : "dhcp");
	else
		strbuf_printf(out, "%s %s%s", policy_quad(iface->address).text,
			      policy_quad(iface->netmask).text,
			      iface->setroute ? " pppoe" : "");
	strbuf_puts(out, iface->setroute ? " setroute\n" : "\n");
}

static void print_block(struct strbuf *out, const struct policy *policy,
			const struct policy_iface *iface)
{
	strbuf_printf(out, "interface %s\n", iface->hardware);
	if (iface->inner_vlan)
		strbuf_printf(out, " vlan %u second-dot1q %u\n", iface->vlan,
			      iface->inner_vlan);
	else if (iface->vlan)
		strbuf_printf(out, " vlan %u\n", iface->vlan);
	if (iface->shut)
		strbuf_puts(out, " shutdown\n");
	if (iface->management_only)
		strbuf_puts(out, " management-only\n");
	strbuf_printf(out, " nameif %s\n security-level %u\n", iface->name,
		      iface->security_level);
	if (iface->has_address || iface->dhcp) {
		strbuf_puts(out, " ip address ");
		print_address(out, iface);
	}
	for (size_t i = 0; i < iface->n_addresses6; i++) {
		const struct policy_address6 *address =
			&policy->addresses6.items[iface->first_address6 + i];

		strbuf_printf(out, " ipv6 address %s/%u\n",
			      policy_ip_text(address->addr).text, address->prefix_len);
	}
}

void policy_print_ifaces(struct strbuf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *iface = &policy->ifaces.items[i];

		if (needs_block(iface))
			print_block(out, policy, iface);
		else
			strbuf_printf(out, "nameif %s %s security%u\n", iface->hardware,
				      iface->name, iface->security_level);
	}
	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *iface = &policy->ifaces.items[i];

		if ((iface->has_address || iface->dhcp) && !needs_block(iface)) {
			strbuf_printf(out, "ip address %s ", iface->name);
			print_address(out, iface);
		}
	}
	for (size_t i = 0; i < policy->ifaces.count; i++)
		if (policy->ifaces.items[i].reverse_path)
			strbuf_printf(out, "ip verify reverse-path interface %s\n",
				      policy->ifaces.items[i].name);
	for (size_t i = 0; i < policy->ifaces.count; i++)
		if (policy->ifaces.items[i].mtu)
			strbuf_printf(out, "mtu %s %u\n", policy->ifaces.items[i].name,
				      policy->ifaces.items[i].mtu);
	for (size_t i = 0; i < policy->ifaces.count; i++)
		if (policy->ifaces.items[i].no_proxy_arp)
			strbuf_printf(out, "sysopt noproxyarp %s\n",
				      policy->ifaces.items[i].name);
}

/* ---- routes ------------------------------------------------------------------ */

/* ADDRESS NETMASK, or ADDRESS/LEN. */
static void print_net(struct strbuf *out, policy_ip addr, policy_ip mask)
{
	if (policy_ip_is_v4(addr))
		strbuf_printf(out, " %s %s", policy_quad((uint32_t)addr).text,
			      policy_quad((uint32_t)mask).text);
	else
		strbuf_printf(out, " %s/%u", policy_ip_text(addr).text,
			      policy_mask_len(mask));
}

static void print_route(struct strbuf *out, const struct policy *policy,
			const struct policy_route *route)
{
	bool discards = route->iface == POLICY_NO_OBJECT;

	strbuf_printf(out, "%sroute %s", policy_ip_is_v4(route->addr) ? "" : "ipv6 ",
		      discards ? "Null0" : policy->ifaces.items[route->iface].name);
	print_net(out, route->addr, route->mask);
	if (!discards)
		strbuf_printf(out, " %s", policy_ip_text(route->gateway).text);
	strbuf_printf(out, " %u%s\n", route->metric, route->tunneled ? " tunneled" : "");
}

/* ---- to the machine ------------------------------------------------------------ */

static void print_icmp_match(struct strbuf *out, const struct policy_box_line *line)
{
	uint8_t proto = line->kind == POLICY_BOX_ICMP ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	const char *name = policy_icmp_name(line->icmp_type, proto);

	if (line->icmp == POLICY_ICMP_ANY)
		return;
	if (name)
		strbuf_printf(out, " %s", name);
	else
		strbuf_printf(out, " %u", line->icmp_type);
	if (line->icmp == POLICY_ICMP_TYPE_CODE)
		strbuf_printf(out, " %u", line->icmp_code);
}

static void print_source(struct strbuf *out, const struct policy_addr *src)
{
	if (src->kind != POLICY_ADDR_NET)
		strbuf_puts(out, " any");
	else if (src->mask == POLICY_IP_ONES)
		strbuf_printf(out, " host %s", policy_ip_text(src->addr).text);
	else
		print_net(out, src->addr, src->mask);
}

void policy_print_box_line(struct strbuf *out, const struct policy *policy,
			   const struct policy_box_line *line)
{
	static const char *const words[] = {
		[POLICY_BOX_SSH] = "ssh",	  [POLICY_BOX_TELNET] = "telnet",
		[POLICY_BOX_HTTP] = "http",	  [POLICY_BOX_ICMP] = "icmp",
		[POLICY_BOX_ICMP6] = "ipv6 icmp",
	};

	strbuf_puts(out, words[line->kind]);
	if (line->kind < POLICY_BOX_ICMP) {
		print_net(out, line->src.addr, line->src.mask);
	} else {
		strbuf_puts(out, line->permit ? " permit" : " deny");
		print_source(out, &line->src);
		print_icmp_match(out, line);
	}
	strbuf_printf(out, " %s", policy->ifaces.items[line->iface].name);
}

void policy_print_host(struct strbuf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->routes.count; i++)
		print_route(out, policy, &policy->routes.items[i]);
	if (policy->box_enforced)
		strbuf_puts(out, "control-plane enforce\n");
	if (policy->https_port)
		strbuf_printf(out, "http server enable %u\n", policy->https_port);
	for (size_t i = 0; i < policy->box_lines.count; i++) {
		policy_print_box_line(out, policy, &policy->box_lines.items[i]);
		strbuf_putc(out, '\n');
	}
}
