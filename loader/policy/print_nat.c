// SPDX-License-Identifier: GPL-2.0
/*
 * print_nat.c - translations in the words of their dialect, and conduits.
 *
 * Those of ASA with a line of their own are printed in the order in which they are
 * asked, and so are those of PIX within their kind. A netmask is always written: what
 * its absence means depends on the address.
 */
#include <netinet/in.h>

#include "policy/model.h"
#include "policy/names.h"
#include "util/strbuf.h"

static const char *iface_name(const struct policy *policy, size_t index)
{
	return index == POLICY_ANY_IFACE ? "any" : policy->ifaces.items[index].name;
}

static void print_pair(struct strbuf *out, const struct policy *policy,
		       const struct policy_nat *nat)
{
	strbuf_printf(out, "(%s,%s)",
		      nat->real_name ? nat->real_name : iface_name(policy, nat->real_if),
		      iface_name(policy, nat->mapped_if));
}

static void print_port(struct strbuf *out, uint16_t port, uint8_t proto)
{
	const char *name = policy_port_name(port, proto);

	if (name)
		strbuf_printf(out, " %s", name);
	else
		strbuf_printf(out, " %u", port);
}

/* As an operand: a name, `any`, `interface`, or an address that a mask goes without. */
static void print_operand(struct strbuf *out, const struct policy *policy,
			  const struct policy_addr *addr)
{
	switch (addr->kind) {
	case POLICY_ADDR_OBJECT:
		strbuf_puts(out, policy->objects.items[addr->ref].name);
		return;
	case POLICY_ADDR_GROUP:
		strbuf_puts(out, policy->groups.items[addr->ref].name);
		return;
	case POLICY_ADDR_IFACE:
		strbuf_puts(out, "interface");
		return;
	case POLICY_ADDR_NET:
		if (policy_ip_is_v4(addr->addr) || addr->mask == POLICY_IP_ONES)
			strbuf_puts(out, policy_ip_text(addr->addr).text);
		else
			strbuf_puts(out, policy_net_text(addr->addr, addr->mask).text);
		return;
	case POLICY_ADDR_ANY:
	case POLICY_ADDR_ANY4:
	case POLICY_ADDR_ANY6:
		strbuf_puts(out, "any");
		return;
	}
}

static void print_limits(struct strbuf *out, const struct policy_nat *nat)
{
	const struct policy_nat_limits *limits = &nat->limits;

	if (nat->flags & POLICY_NAT_F_DNS)
		strbuf_puts(out, " dns");
	if (limits->tcp || limits->embryonic)
		strbuf_printf(out, " tcp %u %u", limits->tcp, limits->embryonic);
	if (limits->udp)
		strbuf_printf(out, " udp %u", limits->udp);
}

/* ---- PIX ----------------------------------------------------------------- */

static void print_static(struct strbuf *out, const struct policy *policy,
			 const struct policy_nat *nat)
{
	strbuf_puts(out, "static ");
	print_pair(out, policy, nat);
	if (nat->proto)
		strbuf_printf(out, " %s", nat->proto == IPPROTO_TCP ? "tcp" : "udp");
	strbuf_putc(out, ' ');
	print_operand(out, policy, &nat->mapped);
	if (nat->proto)
		print_port(out, nat->mapped_port, nat->proto);
	if (nat->list != POLICY_NO_LIST) {
		strbuf_printf(out, " access-list %s",
			      policy->lists.items[nat->list].name);
	} else {
		strbuf_printf(out, " %s", policy_ip_text(nat->real.addr).text);
		if (nat->proto)
			print_port(out, nat->real_port, nat->proto);
		strbuf_printf(out, " netmask %s",
			      policy_quad((uint32_t)nat->real.mask).text);
	}
	print_limits(out, nat);
	strbuf_putc(out, '\n');
}

static void print_pix_nat(struct strbuf *out, const struct policy *policy,
			  const struct policy_nat *nat)
{
	strbuf_printf(out, "nat (%s) %u ", iface_name(policy, nat->real_if),
		      nat->pool_id);
	if (nat->list != POLICY_NO_LIST)
		strbuf_printf(out, "access-list %s", policy->lists.items[nat->list].name);
	else
		strbuf_printf(out, "%s %s", policy_ip_text(nat->real.addr).text,
			      policy_quad((uint32_t)nat->real.mask).text);
	if (nat->flags & POLICY_NAT_F_OUTSIDE)
		strbuf_puts(out, " outside");
	print_limits(out, nat);
	strbuf_putc(out, '\n');
}

static void print_global(struct strbuf *out, const struct policy *policy,
			 const struct policy_global *global)
{
	strbuf_printf(out, "global (%s) %u ", iface_name(policy, global->iface),
		      global->id);
	if (global->interface) {
		strbuf_puts(out, "interface\n");
		return;
	}
	strbuf_puts(out, policy_ip_text(global->first).text);
	if (global->last != global->first)
		strbuf_printf(out, "-%s", policy_ip_text(global->last).text);
	if (global->mask)
		strbuf_printf(out, " netmask %s",
			      policy_quad((uint32_t)global->mask).text);
	strbuf_putc(out, '\n');
}

/* ---- ASA ----------------------------------------------------------------- */

static void print_flags(struct strbuf *out, uint32_t flags, uint32_t which)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {
		{POLICY_NAT_F_ROUND_ROBIN, " round-robin"},
		{POLICY_NAT_F_EXTENDED, " extended"},
		{POLICY_NAT_F_FLAT, " flat"},
		{POLICY_NAT_F_RESERVE, " include-reserve"},
		{POLICY_NAT_F_BLOCKS, " block-allocation"},
		{POLICY_NAT_F_FALLBACK, " interface"},
		{POLICY_NAT_F_FALLBACK6, " interface ipv6"},
		{POLICY_NAT_F_NET_TO_NET, " net-to-net"},
		{POLICY_NAT_F_DNS, " dns"},
		{POLICY_NAT_F_UNIDIRECTIONAL, " unidirectional"},
		{POLICY_NAT_F_NO_PROXY_ARP, " no-proxy-arp"},
		{POLICY_NAT_F_ROUTE_LOOKUP, " route-lookup"},
		{POLICY_NAT_F_INACTIVE, " inactive"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (flags & which & words[i].flag)
			strbuf_puts(out, words[i].word);
}

#define POOL_FLAGS                                                              \
	(POLICY_NAT_F_ROUND_ROBIN | POLICY_NAT_F_EXTENDED | POLICY_NAT_F_FLAT | \
	 POLICY_NAT_F_RESERVE | POLICY_NAT_F_BLOCKS | POLICY_NAT_F_FALLBACK |   \
	 POLICY_NAT_F_FALLBACK6)
#define OPTION_FLAGS                                                                \
	(POLICY_NAT_F_NET_TO_NET | POLICY_NAT_F_DNS | POLICY_NAT_F_UNIDIRECTIONAL | \
	 POLICY_NAT_F_NO_PROXY_ARP | POLICY_NAT_F_ROUTE_LOOKUP | POLICY_NAT_F_INACTIVE)

/* What the source is translated to. */
static void print_target(struct strbuf *out, const struct policy *policy,
			 const struct policy_nat *nat)
{
	bool has_operand = nat->mapped.kind != POLICY_ADDR_ANY || !nat->dynamic;

	if (nat->flags & POLICY_NAT_F_PAT_POOL)
		strbuf_puts(out, " pat-pool");
	if (has_operand) {
		strbuf_putc(out, ' ');
		print_operand(out, policy, &nat->mapped);
	}
	print_flags(out, nat->flags, POOL_FLAGS);
}

/* To what, and how. */
static void print_object_target(struct strbuf *out, const struct policy *policy,
				const struct policy_nat *nat)
{
	print_target(out, policy, nat);
	print_flags(out, nat->flags, OPTION_FLAGS);
	if (nat->proto) {
		strbuf_printf(out, " service %s",
			      nat->proto == IPPROTO_TCP ? "tcp" : "udp");
		print_port(out, nat->real_port, nat->proto);
		print_port(out, nat->mapped_port, nat->proto);
	}
}

static void print_object_nat(struct strbuf *out, const struct policy *policy,
			     const struct policy_nat *nat)
{
	strbuf_printf(out, "object network %s\n nat ",
		      policy->objects.items[nat->object].name);
	print_pair(out, policy, nat);
	strbuf_puts(out, nat->dynamic ? " dynamic" : " static");
	print_object_target(out, policy, nat);
	strbuf_putc(out, '\n');
}

/* What is said of both ends. */
static void print_twice_ends(struct strbuf *out, const struct policy *policy,
			     const struct policy_nat *nat)
{
	strbuf_puts(out, nat->dynamic ? " source dynamic " : " source static ");
	print_operand(out, policy, &nat->real);
	print_target(out, policy, nat);
	if (nat->has_destination) {
		strbuf_puts(out, " destination static ");
		print_operand(out, policy, &nat->dst_mapped);
		strbuf_putc(out, ' ');
		print_operand(out, policy, &nat->dst_real);
	}
	if (nat->service_real != POLICY_NO_OBJECT)
		strbuf_printf(out, " service %s %s",
			      policy->objects.items[nat->service_real].name,
			      policy->objects.items[nat->service_mapped].name);
	print_flags(out, nat->flags, OPTION_FLAGS);
	if (nat->description)
		strbuf_printf(out, " description %s", nat->description);
}

static void print_twice(struct strbuf *out, const struct policy *policy,
			const struct policy_nat *nat)
{
	strbuf_puts(out, "nat ");
	print_pair(out, policy, nat);
	if (nat->section == POLICY_NAT_AFTER_AUTO)
		strbuf_puts(out, " after-auto");
	print_twice_ends(out, policy, nat);
	strbuf_putc(out, '\n');
}

/* ---- all of them --------------------------------------------------------- */

void policy_print_nat(struct strbuf *out, const struct policy *policy,
		      const struct policy_nat *nat)
{
	switch (nat->section) {
	case POLICY_NAT_STATIC:
		print_static(out, policy, nat);
		break;
	case POLICY_NAT_EXEMPT:
	case POLICY_NAT_POLICY:
	case POLICY_NAT_REGULAR:
		print_pix_nat(out, policy, nat);
		break;
	case POLICY_NAT_OBJECT:
		print_object_nat(out, policy, nat);
		break;
	case POLICY_NAT_MANUAL:
	case POLICY_NAT_AFTER_AUTO:
		print_twice(out, policy, nat);
		break;
	}
}

/* The interfaces, and who is meant by what. */
static void print_shown_asa(struct strbuf *out, const struct policy *policy,
			    const struct policy_nat *nat)
{
	strbuf_printf(out, "(%s) to (%s)", iface_name(policy, nat->real_if),
		      iface_name(policy, nat->mapped_if));
	if (nat->section != POLICY_NAT_OBJECT) {
		print_twice_ends(out, policy, nat);
		return;
	}
	strbuf_printf(out, " source %s %s", nat->dynamic ? "dynamic" : "static",
		      policy->objects.items[nat->object].name);
	print_object_target(out, policy, nat);
}

void policy_print_nat_shown(struct strbuf *out, const struct policy *policy,
			    const struct policy_nat *nat)
{
	if (nat->section >= POLICY_NAT_MANUAL) {
		print_shown_asa(out, policy, nat);
		return;
	}
	policy_print_nat(out, policy, nat);
	if (out->len && !out->failed) /* its end */
		out->data[--out->len] = '\0';
}

void policy_print_nats(struct strbuf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->host_nats.count; i++)
		policy_print_nat(out, policy, &policy->host_nats.items[i]);
	for (size_t i = 0; i < policy->nats.count; i++)
		policy_print_nat(out, policy, &policy->nats.items[i]);
	for (size_t i = 0; i < policy->globals.count; i++)
		print_global(out, policy, &policy->globals.items[i]);
}
