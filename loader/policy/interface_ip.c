// SPDX-License-Identifier: GPL-2.0
/*
 * interface_ip.c - ip address and ip verify.
 *
 *   ip address ADDRESS [NETMASK] [standby ADDRESS] [pppoe [setroute]]
 *   ip address dhcp|pppoe [setroute] [retry N]
 *   ip verify reverse-path interface NAME
 *
 * In a block; PIX 6 has the interface's name behind `address`. Addresses are not set
 * from here: the kernel has them. They say what the policy was written for, and without
 * them, by `dhcp`, the kernel is asked.
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

#define IPV4_LOOPBACK 0x7f000001u

/* No host has it, but nothing is decided by that: the kernel's address counts. */
static int warn_no_host(struct policy_parser *p, const struct policy_token *token,
			const char *which)
{
	struct policy_where where = policy_where(p, token);
	int err = policy_warn_at(
		p, &where, W_NO_HOST,
		"this is the %s address of the network, which no host has", which);

	return policy_hint(p, err, "write the interface's own address and netmask");
}

/* The address of an interface is a host's, in its network. */
static int check_iface_address(struct policy_parser *p, const struct policy_token *token,
			       uint32_t addr, uint32_t mask)
{
	const char *problem = NULL;
	int err;

	if (!mask)
		problem = "netmask 0.0.0.0 leaves no network";
	else if (!policy_is_host_address(policy_ip_from_v4(addr)))
		problem = "this is not an address that a host can have";
	else if (~mask > 1 && !(addr & ~mask))
		return warn_no_host(p, token, "first");
	else if (~mask > 1 && (addr & ~mask) == ~mask)
		return warn_no_host(p, token, "broadcast");
	if (!problem)
		return 0;
	err = policy_fail(p, token, E_IFACE_ADDRESS, "%s", problem);
	return policy_hint(p, err, "write the interface's own address and netmask");
}

/* How PIX 6 saves an interface that has no address. */
static bool is_none_of_pix(const struct policy_address_stmt *stmt)
{
	return stmt->iface_name && !stmt->dhcp &&
	       ((stmt->address == IPV4_LOOPBACK && stmt->netmask == UINT32_MAX) ||
		(!stmt->address && !stmt->netmask));
}

/* Of networks before they had masks (RFC 791, 3.2): what PIX means without one. */
static uint32_t classful_mask(uint32_t addr)
{
	if (addr >> 31 == 0)
		return 0xff000000u;
	return addr >> 30 == 2 ? 0xffff0000u : 0xffffff00u;
}

/* The end of the line, or what follows a netmask. */
static bool is_behind_mask(const struct policy_token *token)
{
	return !token->len || policy_token_is(token, "standby") ||
	       policy_token_is(token, "pppoe");
}

/* [setroute] [retry N], of what DHCP or PPPoE bring. */
static int parse_dynamic_options(struct policy_parser *p,
				 struct policy_address_stmt *stmt)
{
	const struct policy_token *retry;
	unsigned long count;
	int err;

	stmt->setroute = policy_accept(p, "setroute");
	retry = policy_peek(p);
	if (!policy_accept(p, "retry"))
		return 0;
	err = policy_parse_number(p, 65535, "a number of attempts", &count);
	return err ? err : policy_ignore(p, retry); /* the kernel's client has its own */
}

static bool accept_dynamic(struct policy_parser *p, struct policy_address_stmt *stmt)
{
	stmt->pppoe = policy_accept(p, "pppoe");
	stmt->dhcp = stmt->pppoe || policy_accept(p, "dhcp");
	return stmt->dhcp;
}

/* standby ADDRESS: the other unit's. pppoe: the address is given all the same. */
static int parse_static_options(struct policy_parser *p, struct policy_address_stmt *stmt)
{
	const struct policy_token *word = policy_peek(p);
	uint32_t other;
	int err;

	if (policy_accept(p, "standby")) {
		err = policy_parse_address(p, "the standby unit's address", &other);
		return err ? err : policy_ignore(p, word);
	}
	return policy_accept(p, "pppoe") ? parse_dynamic_options(p, stmt) : 0;
}

static int parse_static(struct policy_parser *p, struct policy_address_stmt *stmt)
{
	const struct policy_token *token = policy_peek(p);
	int err = policy_parse_address(p, "the interface's address", &stmt->address);

	if (err)
		return err;
	stmt->netmask = classful_mask(stmt->address);
	if (!is_behind_mask(policy_peek(p)))
		err = policy_parse_netmask(p, &stmt->netmask);
	if (!err)
		err = parse_static_options(p, stmt);
	if (!err)
		err = policy_expect_end(p);
	if (!err && !is_none_of_pix(stmt))
		err = check_iface_address(p, token, stmt->address, stmt->netmask);
	return err;
}

/* What follows `ip address`, and in PIX 6 the interface's name. */
static int finish_ip_address(struct policy_parser *p, struct policy_address_stmt *stmt)
{
	struct policy_address_stmt *kept;
	int err;

	stmt->where = policy_where(p, policy_peek(p));
	if (accept_dynamic(p, stmt)) {
		err = parse_dynamic_options(p, stmt);
		if (!err)
			err = policy_expect_end(p);
	} else {
		err = parse_static(p, stmt);
	}
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE || is_none_of_pix(stmt))
		return err;
	kept = vec_push(&p->addresses);
	if (!kept)
		return -ENOMEM;
	*kept = *stmt;
	return 0;
}

/* ip verify reverse-path interface NAME; `ip verify` has been consumed. */
static int parse_verify(struct policy_parser *p)
{
	static const char hint[] = "write 'ip verify reverse-path interface NAME'";
	static const char *const words[] = {"reverse-path", NULL};
	static const char *const interface[] = {"interface", NULL};
	struct policy_iface_ref ref;
	struct policy_iface_ref *kept;
	int err;

	p->block = POLICY_BLOCK_NONE;
	if (!policy_accept(p, words[0]))
		return policy_fail_expected(p, "the word 'reverse-path'", hint, words);
	if (!policy_accept(p, interface[0]))
		return policy_fail_expected(p, "the word 'interface'", hint, interface);
	err = policy_parse_iface_ref(p, &ref);
	if (!err)
		err = policy_expect_end(p);
	if (err)
		return err;
	kept = vec_push(&p->verifies);
	if (!kept)
		return -ENOMEM;
	*kept = ref;
	return 0;
}

/* In a block an address stands first, or the `name` of one with its netmask; PIX 6 has
 * the interface's name there. */
static bool begins_with_address(const struct policy_parser *p,
				const struct policy_token *token)
{
	policy_ip named;

	if (!token->len || (token->text[0] >= '0' && token->text[0] <= '9') ||
	    policy_token_is(token, "dhcp") || policy_token_is(token, "pppoe"))
		return true;
	return policy_in_interface(p) && policy_name_find(p, token, &named) &&
	       (!token[1].len || !strncmp(token[1].text, "255.", sizeof("255.") - 1));
}

static int parse_ip_address(struct policy_parser *p)
{
	struct policy_address_stmt stmt = {.hardware = p->block_hardware};
	const struct policy_token *token = policy_peek(p);
	struct policy_iface_ref ref;
	int err;

	if (begins_with_address(p, token)) {
		if (policy_in_interface(p))
			return finish_ip_address(p, &stmt);
		err = policy_fail(p, token, E_OUTSIDE_BLOCK,
				  "'ip address' without an interface");
		return policy_hint(p, err,
				   "write 'ip address NAME ADDRESS NETMASK', or put it "
				   "below 'interface DEVICE'");
	}
	p->block = POLICY_BLOCK_NONE;
	err = policy_parse_iface_ref(p, &ref);
	if (err)
		return err;
	stmt.iface_name = ref.name;
	stmt.iface_name_len = ref.len;
	stmt.iface_where = ref.where;
	return finish_ip_address(p, &stmt);
}

int policy_stmt_ip(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if (policy_accept(p, "address"))
		return parse_ip_address(p);
	if (policy_accept(p, "verify"))
		return parse_verify(p);
	err = policy_fail(p, token, E_UNSUPPORTED, "'ip %.*s' is not supported",
			  POLICY_WORD(token));
	return policy_hint(p, err, "only 'ip address' and 'ip verify reverse-path' are");
}
