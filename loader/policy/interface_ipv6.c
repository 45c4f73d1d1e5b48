// SPDX-License-Identifier: GPL-2.0
/*
 * interface_ipv6.c - statements that begin with ipv6.
 *
 *   ipv6 address ADDRESS/LEN [standby ADDRESS]	(in an interface block)
 *   ipv6 address ADDRESS/LEN eui-64		(without effect: the kernel has its own)
 *   ipv6 address autoconfig|dhcp [default]	(likewise)
 *   ipv6 address ADDRESS link-local		(likewise)
 *   ipv6 enable				(likewise)
 *   ipv6 access-list ...			(access_list.c)
 *   ipv6 icmp ...				(host_access.c)
 *   ipv6 route ...				(route.c)
 */
#include <errno.h>

#include "policy/parser.h"

#define HINT_ADDRESS6 "write 'ipv6 address ADDRESS/LEN', as in 2001:db8::1/64"

/* An address that a host can have, on a network that leaves room for it. */
static int check_address6(struct policy_parser *p, const struct policy_token *token,
			  policy_ip addr, unsigned int prefix_len)
{
	int err;

	if (policy_is_host_address(addr) && prefix_len)
		return 0;
	err = policy_fail(p, token, E_IFACE_ADDRESS, "%s",
			  prefix_len ? "this is not an address that a host can have"
				     : "prefix length 0 leaves no network");
	if (addr >> 118 == 0xfe80 >> 6)
		return policy_hint(p, err, "write '%s link-local'",
				   policy_ip_text(addr).text);
	return policy_hint(p, err, "write the interface's own address and prefix length");
}

/* standby ADDRESS: the other unit's. */
static int finish_address(struct policy_parser *p)
{
	const struct policy_token *word = policy_peek(p);
	policy_ip other;
	int err = 0;

	if (policy_accept(p, "standby")) {
		err = policy_parse_ip(p, "the standby unit's address", &other);
		if (!err)
			err = policy_ignore(p, word);
	}
	return err ? err : policy_expect_end(p);
}

/* autoconfig [trust ...], dhcp [default]: whatever the kernel has. */
static int parse_automatic(struct policy_parser *p)
{
	(void)policy_next(p);
	(void)policy_accept(p, "default");
	if (policy_accept(p, "trust"))
		(void)policy_next(p);
	return policy_expect_end(p);
}

/* ADDRESS link-local: the next word is not an address with a prefix length. */
static bool is_link_local(const struct policy_parser *p)
{
	return p->at < p->line.n_tokens &&
	       policy_token_is(&p->line.tokens[p->at + 1], "link-local");
}

static int parse_link_local(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	policy_ip addr;
	int err = policy_parse_ip(p, "the interface's address", &addr);

	if (!err && addr >> 118 != 0xfe80 >> 6) {
		err = policy_fail(p, token, E_IFACE_ADDRESS,
				  "%s is not a link-local address",
				  policy_ip_text(addr).text);
		return policy_hint(p, err, "write one of fe80::/10");
	}
	policy_next(p);
	return err ? err : finish_address(p);
}

static int parse_ipv6_address(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	struct policy_address6_stmt stmt = {
		.where = policy_where(p, token),
		.hardware = p->block_hardware,
	};
	struct policy_address6_stmt *kept;
	int err;

	if (policy_token_is(token, "autoconfig") || policy_token_is(token, "dhcp"))
		return parse_automatic(p);
	if (is_link_local(p))
		return parse_link_local(p);
	if (!token->len || !policy_is_ip6_like(token))
		return policy_fail_expected(p, "an IPv6 address", HINT_ADDRESS6, NULL);
	err = policy_parse_prefix6(p, "the interface's address", &stmt.addr,
				   &stmt.prefix_len);
	if (err)
		return err;
	if (policy_accept(p, "eui-64")) /* the rest of it is the kernel's */
		return finish_address(p);
	err = finish_address(p);
	if (!err)
		err = check_address6(p, token, stmt.addr, stmt.prefix_len);
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE)
		return err;
	kept = vec_push(&p->addresses6);
	if (!kept)
		return -ENOMEM;
	*kept = stmt;
	return 0;
}

int policy_stmt_ipv6(struct policy_parser *p)
{
	const struct policy_token *token = policy_next(p);
	bool address = policy_token_is(token, "address");
	int err;

	if (address || policy_token_is(token, "enable")) {
		if (!policy_in_interface(p))
			return policy_fail_outside_block(p);
		return address ? parse_ipv6_address(p) : policy_expect_end(p);
	}
	if (policy_token_is(token, "icmp") || policy_token_is(token, "route")) {
		p->block = POLICY_BLOCK_NONE;
		return policy_token_is(token, "icmp") ? policy_stmt_icmp6(p)
						      : policy_stmt_route6(p);
	}
	if (policy_token_is(token, "access-list")) {
		p->block = POLICY_BLOCK_NONE;
		p->ipv6_form = true;
		return policy_stmt_access_list(p);
	}
	if (token->len)
		err = policy_fail(p, token, E_UNSUPPORTED, "'ipv6 %.*s' is not supported",
				  POLICY_WORD(token));
	else
		err = policy_fail_missing(p, "a word");
	return policy_hint(
		p, err,
		"only 'ipv6 address', 'ipv6 enable', 'ipv6 access-list', 'ipv6 icmp' "
		"and 'ipv6 route' are; remove the line");
}
