// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat_map.c - translations are one to one, or they are refused.
 */
#include <errno.h>
#include <inttypes.h>

#include "policy/nat_map.h"
#include "policy/parser.h"
#include "util/cleanup.h"

static void pieces_free(struct policy_nat_pieces *pieces)
{
	vec_free(&pieces->items);
}

/* A network that hosts can be in, and that no address of the other family is
 * within: as numbers, all IPv4 addresses are within some of IPv6. */
static bool is_translatable(policy_ip addr, policy_ip mask)
{
	return policy_is_host_address(addr) &&
	       (policy_ip_is_v4(addr) || (policy_ip_from_v4(0) & mask) != addr);
}

static int fail_address(struct policy_parser *p, const struct policy_where *where,
			policy_ip addr)
{
	int err = policy_fail_at(p, where, E_STATIC_ADDRESS,
				 "%s is not an address that a host can have",
				 policy_ip_text(addr).text);

	if (policy_ip_is_v4(addr))
		return policy_hint(p, err,
				   "write addresses from 1.0.0.0 to 223.255.255.255");
	return policy_hint(p, err, "write unicast addresses, no link-local ones");
}

/* Nobody has a multicast or loopback address, and nobody should answer ARP for one.
 * What stays as it is may be everything. */
static int check_pieces(struct policy_parser *p, const struct policy_nat_pieces *pieces,
			const struct policy_where *real,
			const struct policy_where *mapped)
{
	for (size_t i = 0; !pieces->identity && i < pieces->items.count; i++) {
		const struct policy_nat_piece *piece = &pieces->items.items[i];

		if (!is_translatable(piece->mapped, piece->mask))
			return fail_address(p, mapped, piece->mapped);
		if (!is_translatable(piece->real, piece->mask))
			return fail_address(p, real, piece->real);
	}
	return 0;
}

static bool is_network(const struct policy_addr *addr)
{
	return addr->kind == POLICY_ADDR_NET ||
	       (addr->kind == POLICY_ADDR_OBJECT && addr->mask);
}

static unsigned int leading_bits(const struct policy_addr *addr)
{
	return policy_mask_len(addr->mask) -
	       (policy_ip_is_v4(addr->addr) ? POLICY_V4_BITS : 0);
}

static int fail_sizes(struct policy_parser *p, const struct policy_where *where,
		      const struct policy_addr *real, const struct policy_addr *mapped,
		      const struct policy_nat_pieces *pieces)
{
	int err;

	if (is_network(real) && is_network(mapped))
		err = policy_fail_at(
			p, where, E_STATIC_SIZES,
			"the mapped network has %u leading bits, the real one %u",
			leading_bits(mapped), leading_bits(real));
	else if (pieces->n_real == UINT64_MAX || pieces->n_mapped == UINT64_MAX)
		err = policy_fail_at(
			p, where, E_STATIC_SIZES,
			"this is not one to one: there are more %s addresses "
			"than %s ones",
			pieces->n_real > pieces->n_mapped ? "real" : "mapped",
			pieces->n_real > pieces->n_mapped ? "mapped" : "real");
	else
		err = policy_fail_at(p, where, E_STATIC_SIZES,
				     "this is not one to one: %" PRIu64
				     " real addresses have %" PRIu64 " mapped ones",
				     pieces->n_real, pieces->n_mapped);
	return policy_hint(p, err,
			   "each real address has one mapped address: write "
			   "networks of the same size");
}

static int fail_family(struct policy_parser *p, const struct policy_where *where)
{
	int err = policy_fail_at(p, where, E_FAMILY,
				 "the mapped address is not of the family of the real "
				 "one");

	return policy_hint(p, err, "addresses are translated within a family");
}

static int fail_too_many(struct policy_parser *p, const struct policy_where *where)
{
	int err = policy_fail_at(p, where, E_TOO_MANY_PIECES,
				 "this translation needs more than %d pieces: networks "
				 "that begin and end alike at both ends",
				 POLICY_MAX_NAT_PIECES);

	return policy_hint(p, err,
			   "translate networks instead of ranges and groups of hosts");
}

/* Lists take masks with zeros among their ones; what is mapped to what, they leave open.
 */
static int fail_spread_mask(struct policy_parser *p, const struct policy_where *where)
{
	int err =
		policy_fail_at(p, where, E_MASK,
			       "a member of what is translated has a netmask whose ones "
			       "are not contiguous");

	return policy_hint(p, err, "write one member for each network");
}

/* Return: 0; -EADDRNOTAVAIL: known once the interface has an address; an error. */
static int check_ends(struct policy_parser *p, const struct policy_addr *real,
		      const struct policy_addr *mapped,
		      const struct policy_where *real_where,
		      const struct policy_where *mapped_where,
		      struct policy_nat_pieces *pieces)
{
	int err = policy_nat_pair(p->policy, real, mapped, pieces);

	if (err == -EDOM)
		return fail_sizes(p, mapped_where, real, mapped, pieces);
	if (err == -EAFNOSUPPORT)
		return fail_family(p, mapped_where);
	if (err == -E2BIG)
		return fail_too_many(p, real_where);
	if (err == -ERANGE)
		return fail_spread_mask(p, real_where);
	return err ? err : check_pieces(p, pieces, real_where, mapped_where);
}

static int check_services(struct policy_parser *p, const struct policy_nat *nat)
{
	struct policy_nat_ports source, peer;
	int err;

	if (!policy_nat_services(p->policy, nat, false, &source) &&
	    !policy_nat_services(p->policy, nat, true, &peer))
		return 0;
	err = policy_fail_at(p, &nat->service_where, E_NAT_SERVICE,
			     "these services cannot be translated one to one");
	return policy_hint(p, err,
			   "write services of one protocol, with one port or as many "
			   "ports each");
}

/* What all translations stand for is bounded: work and memory follow it. */
static int count_pieces(struct policy_parser *p, const struct policy_nat *nat, size_t n,
			size_t *total)
{
	int err;

	*total += n;
	if (*total <= POLICY_MAX_ALL_NAT_PIECES)
		return 0;
	err = policy_fail_at(p, &nat->where, E_TOO_MANY_PIECES,
			     "with this line, translations need %zu pieces and lines of "
			     "lists; this version holds %d",
			     *total, POLICY_MAX_ALL_NAT_PIECES);
	return policy_hint(p, err,
			   "translate networks instead of ranges and groups of hosts");
}

/* Seen from the only interface there is nobody behind another. */
static int warn_nobody(struct policy_parser *p, const struct policy_nat *nat)
{
	int err;

	if (p->policy->ifaces.count != 1 || nat->real_if != POLICY_ANY_IFACE ||
	    (nat->flags & POLICY_NAT_F_INACTIVE))
		return 0;
	err = policy_warn_at(p, &nat->where, W_NAT_NOBODY,
			     "'any' is every interface but '%s', and there is no other: "
			     "nothing is translated",
			     p->policy->ifaces.items[0].name);
	return policy_hint(p, err, "declare the interface where the real addresses are");
}

static int check_both_ends(struct policy_parser *p, const struct policy_nat *nat,
			   size_t *total)
{
	struct policy_nat_pieces source cleanup_(pieces_free) = {.identity = true};
	struct policy_nat_pieces destination cleanup_(pieces_free) = {.identity = true};
	int err = check_ends(p, &nat->real, &nat->mapped, &nat->real_where,
			     &nat->mapped_where, &source);

	if (err == -EADDRNOTAVAIL)
		err = 0;
	if (!err && nat->has_destination)
		err = check_ends(p, &nat->dst_real, &nat->dst_mapped,
				 &nat->dst_real_where, &nat->dst_mapped_where,
				 &destination);
	if (err == -EADDRNOTAVAIL)
		err = 0;
	if (!err)
		err = count_pieces(p, nat, source.items.count + destination.items.count,
				   total);
	if (!err)
		err = warn_nobody(p, nat);
	return err ? err : policy_check_nat_own(p, nat, &source);
}

static int check_nat(struct policy_parser *p, const struct policy_nat *nat, size_t *total)
{
	int err = check_services(p, nat);

	if (!err && nat->list != POLICY_NO_LIST) {
		err = count_pieces(p, nat, p->policy->lists.items[nat->list].rules.count,
				   total);
		return err ? err : policy_check_nat_list(p, nat);
	}
	if (err || nat->dynamic || nat->section == POLICY_NAT_REGULAR)
		return err;
	return check_both_ends(p, nat, total);
}

int policy_check_nat_maps(struct policy_parser *p)
{
	size_t total = 0;

	for (size_t i = 0; i < p->policy->nats.count; i++) {
		int err = check_nat(p, &p->policy->nats.items[i], &total);

		if (err == -ENOMEM)
			return err;
		if (err)
			p->policy->nats.items[i].flags |= POLICY_NAT_F_REFUSED;
		if (total > POLICY_MAX_ALL_NAT_PIECES)
			return -EINVAL;
	}
	return 0;
}
