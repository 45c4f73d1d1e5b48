// SPDX-License-Identifier: GPL-2.0
/*
 * interface_block.c - what an interface block says beside name, level and addresses.
 *
 *   vlan N [second-dot1q N]
 *   shutdown, no shutdown
 *   management-only, no management-only
 *   no nameif, no security-level, no ip address, ...	(what was never set)
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

int policy_stmt_shutdown(struct policy_parser *p)
{
	int err;

	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	err = policy_expect_end(p);
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE)
		return err;
	p->hardware.items[p->block_hardware].iface.shut = true;
	return 0;
}

int policy_stmt_no_shutdown(struct policy_parser *p)
{
	int err;

	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	err = policy_expect_end(p);
	if (!err && p->block == POLICY_BLOCK_INTERFACE)
		p->hardware.items[p->block_hardware].iface.shut = false;
	return err;
}

/* Nothing passes through such an interface; it is for those who manage the machine. */
int policy_stmt_management_only(struct policy_parser *p)
{
	bool on = !policy_token_is(&p->line.tokens[0], "no");
	int err;

	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	(void)policy_accept(p, "individual"); /* of a cluster: each unit's own address */
	err = policy_expect_end(p);
	if (!err && p->block == POLICY_BLOCK_INTERFACE)
		p->hardware.items[p->block_hardware].iface.management_only = on;
	return err;
}

static bool has_address(const struct policy_parser *p)
{
	for (size_t i = 0; i < p->addresses.count; i++)
		if (!p->addresses.items[i].iface_name &&
		    p->addresses.items[i].hardware == p->block_hardware)
			return true;
	return false;
}

static bool has_address6(const struct policy_parser *p)
{
	for (size_t i = 0; i < p->addresses6.count; i++)
		if (p->addresses6.items[i].hardware == p->block_hardware)
			return true;
	return false;
}

/* Whether the block has said what the line takes back. */
static bool is_set(const struct policy_parser *p, const struct policy_token *what)
{
	const struct policy_hardware *hardware = &p->hardware.items[p->block_hardware];

	if (policy_token_is(what, "nameif"))
		return hardware->named;
	if (policy_token_is(what, "security-level"))
		return hardware->level_given;
	if (policy_token_is(what, "vlan"))
		return hardware->vlan_at.line;
	return policy_token_is(what, "ip") ? has_address(p) : has_address6(p);
}

static int fail_undo(struct policy_parser *p, const char *what)
{
	int err = policy_fail(p, &p->line.tokens[0], E_UNSUPPORTED,
			      "this would undo what is said above of %s", what);

	return policy_hint(p, err, "remove the statement instead of undoing it");
}

/* no ip address NAME: how PIX 6 saves an interface without one. */
static int no_address_pix6(struct policy_parser *p)
{
	struct policy_iface_ref ref;
	int err = policy_parse_iface_ref(p, &ref);

	p->block = POLICY_BLOCK_NONE;
	if (!err)
		err = policy_expect_end(p);
	for (size_t i = 0; !err && i < p->addresses.count; i++) {
		const struct policy_address_stmt *stmt = &p->addresses.items[i];

		if (stmt->iface_name && stmt->iface_name_len == ref.len &&
		    !memcmp(stmt->iface_name, ref.name, ref.len))
			return fail_undo(p, "the interface");
	}
	return err;
}

/* `no nameif`, `no security-level`, `no ip address`: how ASA saves what was
 * never set. They undo nothing here, so they may only stand where nothing is. */
int policy_stmt_no_in_block(struct policy_parser *p)
{
	const struct policy_token *what = &p->line.tokens[1];
	int err;

	if (policy_token_is(what, "ip") && what[1].len && what[2].len) {
		if (policy_accept(p, "address"))
			return no_address_pix6(p);
		if (policy_accept(p, "verify")) /* nothing is, unless it is said */
			return 0;
	}
	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	if (policy_token_is(what, "ip") && !policy_accept(p, "address"))
		return policy_fail(p, policy_peek(p), E_EXPECTED,
				   "only 'no ip address' is supported");
	if (policy_token_is(what, "ipv6") && !policy_accept(p, "address") &&
	    !policy_accept(p, "enable"))
		return policy_fail(p, policy_peek(p), E_EXPECTED,
				   "only 'no ipv6 address' and 'no ipv6 enable' are "
				   "supported");
	err = policy_expect_end(p);
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE || !is_set(p, what))
		return err;
	return fail_undo(p, p->hardware.items[p->block_hardware].iface.hardware);
}

/* A tag, 1 to 4094: 0 means no VLAN and 4095 is reserved (IEEE 802.1Q). */
static int parse_tag(struct policy_parser *p, uint16_t *out)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long tag;
	int err;

	if (policy_number_from(token->text, token->len, 4094, &tag) && tag) {
		policy_next(p);
		*out = (uint16_t)tag;
		return 0;
	}
	if (token->len)
		err = policy_fail(p, token, E_VLAN, "'%.*s' is not a VLAN",
				  POLICY_WORD(token));
	else
		err = policy_fail(p, token, E_MISSING,
				  "the line ends where a VLAN belongs");
	return policy_hint(p, err, "write a number from 1 to 4094");
}

/* vlan N, or Pinhole's own for frames of two tags: vlan OUTER second-dot1q INNER */
int policy_stmt_vlan(struct policy_parser *p)
{
	static const char *const second[] = {"second-dot1q", NULL};
	struct policy_where where = policy_where(p, &p->line.tokens[0]);
	struct policy_hardware *hardware;
	uint16_t outer = 0, inner = 0;
	int err;

	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	err = parse_tag(p, &outer);
	if (!err && policy_accept(p, second[0]))
		err = parse_tag(p, &inner);
	else if (!err && policy_peek(p)->len)
		err = policy_fail_expected(p, "the word 'second-dot1q'",
					   "write 'vlan N', or 'vlan OUTER second-dot1q "
					   "INNER' for two tags",
					   second);
	if (!err)
		err = policy_expect_end(p);
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE)
		return err;
	hardware = &p->hardware.items[p->block_hardware];
	if (hardware->vlan_at.line) {
		err = policy_fail(p, &p->line.tokens[0], E_VLAN_TWICE,
				  "device %s already has a VLAN, from line %u",
				  hardware->iface.hardware, hardware->vlan_at.line);
		return policy_hint(p, err,
				   "remove one of the lines; two tags are written 'vlan "
				   "OUTER second-dot1q INNER'");
	}
	hardware->vlan_at = where;
	hardware->iface.vlan = outer;
	hardware->iface.inner_vlan = inner;
	return 0;
}
