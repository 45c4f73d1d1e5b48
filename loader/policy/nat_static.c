// SPDX-License-Identifier: GPL-2.0
/*
 * nat_static.c - `static`, the one-to-one translation of PIX and ASA before 8.3.
 *
 *   static (REAL_IF,MAPPED_IF) MAPPED|interface REAL [netmask MASK] [LIMITS]
 *   static (REAL_IF,MAPPED_IF) tcp|udp MAPPED|interface PORT REAL PORT [LIMITS]
 *   static (REAL_IF,MAPPED_IF) MAPPED|interface access-list LIST [LIMITS]
 *   static (REAL_IF,MAPPED_IF) tcp|udp MAPPED|interface PORT access-list LIST
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/parser.h"

#define USAGE "static (REAL_IF,MAPPED_IF) MAPPED REAL netmask MASK"

static const char hint_mapped[] = "write an address, or 'interface'";

/* By its class (RFC 791, 3.2), a network has a mask that is not written. */
static uint32_t class_mask(uint32_t addr)
{
	return addr >> 31 == 0 ? 0xff000000 : addr >> 30 == 2 ? 0xffff0000 : 0xffffff00;
}

/*
 * Without `netmask`, both ends are networks of their class, if their other bits are
 * zero; else they are hosts.
 */
static int mask_by_class(struct policy_parser *p, const struct policy_nat_stmt *stmt,
			 uint32_t mapped, uint32_t real, uint32_t *out)
{
	const struct policy_where *where = &stmt->ends[POLICY_NAT_REAL].word.where;
	uint32_t mask = class_mask(real);
	int err;

	*out = UINT32_MAX;
	if ((real & ~mask) || (mapped & ~class_mask(mapped)))
		return 0;
	if (mask != class_mask(mapped)) {
		err = policy_fail_at(p, where, E_MASK,
				     "without a netmask, %s and %s are networks of "
				     "different sizes",
				     policy_quad(mapped).text, policy_quad(real).text);
		return policy_hint(p, err, "add 'netmask' and the mask of the networks");
	}
	*out = mask;
	err = policy_warn_at(p, where, W_STATIC_NETMASK,
			     "without a netmask this translates the network %s %s, as "
			     "its class has it",
			     policy_quad(real).text, policy_quad(mask).text);
	return policy_hint(p, err,
			   "add 'netmask' and the mask of the network, or "
			   "255.255.255.255 for the one address");
}

static int parse_mask(struct policy_parser *p, struct policy_nat_stmt *stmt,
		      const struct policy_token *mapped_at,
		      const struct policy_token *real_at)
{
	struct policy_nat_operand *mapped = &stmt->ends[POLICY_NAT_MAPPED];
	struct policy_nat_operand *real = &stmt->ends[POLICY_NAT_REAL];
	bool hosts = mapped->interface || stmt->parsed.proto;
	uint32_t mask = UINT32_MAX;
	int err = 0;

	if (policy_accept(p, "netmask"))
		err = policy_parse_netmask(p, &mask);
	else if (!hosts)
		err = mask_by_class(p, stmt, (uint32_t)mapped->addr.addr,
				    (uint32_t)real->addr.addr, &mask);
	if (err)
		return err;
	real->addr.mask = policy_mask_from_v4(mask);
	if (!mapped->interface) {
		mapped->addr.mask = real->addr.mask;
		err = policy_check_host_bits(p, mapped_at, mapped->addr.addr,
					     mapped->addr.mask);
	}
	if (!err)
		err = policy_check_host_bits(p, real_at, real->addr.addr,
					     real->addr.mask);
	return err;
}

/* IPv6 has a form of its own, and the hint is about it. */
static int parse_end(struct policy_parser *p, const char *what, unsigned int may_be,
		     struct policy_nat_operand *out)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if (policy_is_ip6_like(token)) {
		err = policy_fail(p, token, E_ADDRESS, "'%.*s' is not an IPv4 address",
				  POLICY_WORD(token));
		return policy_hint(p, err,
				   "translate IPv6 with 'object network NAME', below it "
				   "'host REAL' and 'nat (REAL_IF,MAPPED_IF) static "
				   "MAPPED'");
	}
	return policy_parse_operand(p, what, may_be, hint_mapped, out);
}

static int parse_port(struct policy_parser *p, uint8_t proto, uint16_t *out)
{
	return proto ? policy_parse_port(p, proto, out) : 0;
}

static int parse_addresses(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_nat *nat = &stmt->parsed;
	const struct policy_token *mapped_at = policy_peek(p);
	const struct policy_token *real_at;
	int err = parse_end(p, "the mapped address",
			    POLICY_OPERAND_ADDRESS | POLICY_OPERAND_INTERFACE,
			    &stmt->ends[POLICY_NAT_MAPPED]);

	if (!err)
		err = parse_port(p, nat->proto, &nat->mapped_port);
	if (err)
		return err;
	real_at = policy_peek(p);
	if (policy_accept(p, "access-list")) {
		err = policy_parse_nat_word(p, "the name of an access list", &stmt->list);
		if (!err && policy_accept(p, "netmask")) { /* the list has masks */
			uint32_t ignored;

			err = policy_parse_netmask(p, &ignored);
		}
		return err;
	}
	if (!real_at->len)
		return policy_fail_missing(p, "the real address");
	err = parse_end(p, "the real address", POLICY_OPERAND_ADDRESS,
			&stmt->ends[POLICY_NAT_REAL]);
	if (!err)
		err = parse_port(p, nat->proto, &nat->real_port);
	return err ? err : parse_mask(p, stmt, mapped_at, real_at);
}

int policy_stmt_static(struct policy_parser *p)
{
	struct policy_nat_stmt stmt = policy_nat_stmt_new(p, POLICY_NAT_STATIC);
	int err = policy_parse_iface_pair(p, USAGE, &stmt);

	if (err)
		return err;
	if (policy_accept(p, "tcp"))
		stmt.parsed.proto = IPPROTO_TCP;
	else if (policy_accept(p, "udp"))
		stmt.parsed.proto = IPPROTO_UDP;
	err = parse_addresses(p, &stmt);
	if (!err)
		err = policy_parse_limits(p, &stmt.parsed);
	return err ? err : policy_nat_keep(p, &stmt, POLICY_NO_INDEX);
}
