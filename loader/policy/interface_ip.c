// SPDX-License-Identifier: GPL-2.0
/*
 * interface_ip.c - ip address and ip verify.
 *
 *   ip address NAME ADDRESS NETMASK	(PIX 6; in a block without the name)
 *   ip verify reverse-path interface NAME
 *
 * Addresses are not set from here: the kernel has them. They say what the
 * policy was written for.
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

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
		problem = "this is the address of the network itself";
	else if (~mask > 1 && (addr & ~mask) == ~mask)
		problem = "this is the broadcast address of the network";
	if (!problem)
		return 0;
	err = policy_fail(p, token, E_IFACE_ADDRESS, "%s", problem);
	return policy_hint(p, err, "write the interface's own address and netmask");
}

static int fail_dynamic_address(struct policy_parser *p, const struct policy_token *token)
{
	int err = policy_fail(p, token, E_UNSUPPORTED,
			      "'%.*s' is not supported: addresses are not set from here",
			      POLICY_WORD(token));

	return policy_hint(p, err,
			   "remove the line; the kernel's address is used as it is");
}

static bool is_dynamic(const struct policy_token *token)
{
	return policy_token_is(token, "dhcp") || policy_token_is(token, "pppoe");
}

/* ADDRESS NETMASK, the rest of both forms. */
static int finish_ip_address(struct policy_parser *p, struct policy_address_stmt *stmt)
{
	const struct policy_token *token = policy_peek(p);
	struct policy_address_stmt *kept;
	int err;

	if (is_dynamic(token))
		return fail_dynamic_address(p, token);
	stmt->where = policy_where(p, token);
	err = policy_parse_address(p, "the interface's address", &stmt->address);
	if (!err)
		err = policy_parse_netmask(p, &stmt->netmask);
	if (!err && policy_token_is(policy_peek(p), "standby")) {
		err = policy_fail(p, policy_peek(p), E_UNSUPPORTED,
				  "'standby' is not supported by this version");
		return policy_hint(p, err, "remove 'standby' and its address");
	}
	if (!err)
		err = policy_expect_end(p);
	if (!err)
		err = check_iface_address(p, token, stmt->address, stmt->netmask);
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE)
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
	const struct policy_token *name;
	struct policy_verify_stmt *kept;
	int err;

	p->block = POLICY_BLOCK_NONE;
	if (!policy_accept(p, words[0]))
		return policy_fail_expected(p, "the word 'reverse-path'", hint, words);
	if (!policy_accept(p, interface[0]))
		return policy_fail_expected(p, "the word 'interface'", hint, interface);
	err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, "an interface name", &name);
	if (!err)
		err = policy_expect_end(p);
	if (err)
		return err;
	kept = vec_push(&p->verifies);
	if (!kept)
		return -ENOMEM;
	kept->iface_where = policy_where(p, name);
	kept->iface_name = name->text;
	kept->iface_name_len = name->len;
	return 0;
}

static int parse_ip_address(struct policy_parser *p)
{
	struct policy_address_stmt stmt = {.hardware = p->block_hardware};
	const struct policy_token *token = policy_peek(p);
	int err;

	if (!token->len || (token->text[0] >= '0' && token->text[0] <= '9') ||
	    is_dynamic(token)) {
		if (!policy_in_interface(p)) {
			err = policy_fail(p, token, E_OUTSIDE_BLOCK,
					  "'ip address' without an interface");
			return policy_hint(p, err,
					   "write 'ip address NAME ADDRESS NETMASK', "
					   "or put it below 'interface DEVICE'");
		}
		return finish_ip_address(p, &stmt);
	}
	p->block = POLICY_BLOCK_NONE;
	err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, "an interface name", &token);
	if (err)
		return err;
	stmt.iface_name = token->text;
	stmt.iface_name_len = token->len;
	stmt.iface_where = policy_where(p, token);
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
