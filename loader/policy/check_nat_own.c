// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat_own.c - the addresses of interfaces are this machine's, unless a translation
 * says `interface`; and what it takes away then is said.
 */
#include <errno.h>

#include "policy/nat_map.h"
#include "policy/parser.h"

static int remark_own_address(struct policy_parser *p, const struct policy_nat *nat,
			      const struct policy_nat_piece *piece, const char *iface,
			      policy_ip own)
{
	int err;

	if ((own & piece->mask) != piece->mapped)
		return 0;
	if (piece->mask == POLICY_IP_ONES) {
		err = policy_fail_at(p, &nat->mapped_where, E_STATIC_OWN_ADDRESS,
				     "%s is the address of interface '%s' itself",
				     policy_ip_text(own).text, iface);
		return policy_hint(p, err,
				   "choose another mapped address, or write 'interface' "
				   "and the ports to translate");
	}
	if (piece->mapped == piece->real)
		return 0;
	err = policy_warn_at(
		p, &nat->mapped_where, W_STATIC_OWN_ADDRESS,
		"the mapped network includes %s, the address of interface '%s'",
		policy_ip_text(own).text, iface);
	return policy_hint(
		p, err, "narrow the network if that address is to stay this machine's");
}

static int check_iface(struct policy_parser *p, const struct policy_nat *nat,
		       const struct policy_nat_piece *piece, size_t index)
{
	const struct policy_iface *iface = &p->policy->ifaces.items[index];
	int err = 0;

	if (iface->has_address)
		err = remark_own_address(p, nat, piece, iface->name,
					 policy_ip_from_v4(iface->address));
	for (size_t i = 0; !err && i < iface->n_addresses6; i++)
		err = remark_own_address(
			p, nat, piece, iface->name,
			p->policy->addresses6.items[iface->first_address6 + i].addr);
	return err;
}

/* The whole of it: nothing is left for this machine. */
static int warn_whole_address(struct policy_parser *p, const struct policy_nat *nat)
{
	int err;

	if (nat->proto || nat->service_real != POLICY_NO_OBJECT || nat->has_destination ||
	    nat->list != POLICY_NO_LIST)
		return 0;
	err = policy_warn_at(p, &nat->mapped_where, W_NAT_WHOLE_ADDRESS,
			     "all that is sent to the address of interface '%s' is "
			     "translated: this machine cannot be reached there",
			     p->policy->ifaces.items[nat->mapped.ref].name);
	return policy_hint(p, err,
			   "translate the ports that are needed, with 'tcp' or "
			   "'udp'");
}

int policy_check_nat_own(struct policy_parser *p, const struct policy_nat *nat,
			 const struct policy_nat_pieces *pieces)
{
	if (nat->flags & POLICY_NAT_F_INACTIVE)
		return 0;
	if (nat->mapped.kind == POLICY_ADDR_IFACE)
		return warn_whole_address(p, nat);
	if (nat->mapped_if == POLICY_ANY_IFACE)
		return 0;
	/* An exemption from what follows takes nothing away. */
	if (pieces->identity && nat->section >= POLICY_NAT_MANUAL &&
	    nat->section != POLICY_NAT_OBJECT)
		return 0;
	for (size_t i = 0; i < pieces->items.count; i++) {
		int err = check_iface(p, nat, &pieces->items.items[i], nat->mapped_if);

		if (err)
			return err;
	}
	return 0;
}
