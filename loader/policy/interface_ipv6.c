// SPDX-License-Identifier: GPL-2.0
/*
 * interface_ipv6.c - statements that begin with ipv6.
 *
 *   ipv6 address ADDRESS/LEN		(in an interface block)
 *   ipv6 address ADDRESS link-local	(without effect: the kernel has its own)
 *   ipv6 enable			(without effect, likewise)
 *   ipv6 access-list ...		(access_list.c)
 */
#include <errno.h>

#include "policy/parser.h"

#define HINT_ADDRESS6 "write 'ipv6 address ADDRESS/LEN', as in 2001:db8::1/64"

static int fail_option(struct policy_parser *p, const struct policy_token *token,
		       const char *hint)
{
	int err = policy_fail(p, token, E_UNSUPPORTED,
			      "'%.*s' is not supported: addresses are not set from here",
			      POLICY_WORD(token));

	return policy_hint(p, err, "%s", hint);
}

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
	return err ? err : policy_expect_end(p);
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
		return fail_option(p, token,
				   "remove the line; the kernel's address is used as it "
				   "is");
	if (is_link_local(p))
		return parse_link_local(p);
	if (!token->len || !policy_is_ip6_like(token))
		return policy_fail_expected(p, "an IPv6 address", HINT_ADDRESS6, NULL);
	err = policy_parse_prefix6(p, "the interface's address", &stmt.addr,
				   &stmt.prefix_len);
	if (err)
		return err;
	if (policy_token_is(policy_peek(p), "eui-64"))
		return fail_option(p, policy_peek(p), "write the whole address");
	if (policy_token_is(policy_peek(p), "standby"))
		return policy_fail_unsupported(p, policy_peek(p),
					       "remove 'standby' and its address");
	err = policy_expect_end(p);
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
		"only 'ipv6 address', 'ipv6 enable' and 'ipv6 access-list' are; "
		"remove the line");
}
