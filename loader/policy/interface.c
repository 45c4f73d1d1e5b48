// SPDX-License-Identifier: GPL-2.0
/*
 * interface.c - nameif, interface blocks, security levels, VLANs.
 *
 * Both forms of the language end in the same struct policy_hardware:
 *   PIX 6:  nameif ethernet0 outside security0
 *           ip address outside 192.0.2.1 255.255.255.0
 *   later:  interface ethernet0
 *            nameif outside
 *            security-level 0
 *            ip address 192.0.2.1 255.255.255.0
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "policy/names.h"
#include "policy/parser.h"

#define WHAT_HARDWARE "a device name"
#define WHAT_NAME     "an interface name"

static size_t words_left(const struct policy_parser *p)
{
	return p->line.n_tokens - p->at;
}

int policy_refuse_iface_name(struct policy_parser *p, const struct policy_token *token)
{
	if (strmap_find(&p->iface_by_name, token->text, token->len))
		return 0;
	return strmap_put(&p->iface_by_name, token->text, token->len,
			  POLICY_REFUSED_NAME);
}

/* Find a device or begin one. */
static int hardware_get(struct policy_parser *p, const struct policy_token *token,
			size_t *out)
{
	const size_t *found = strmap_find(&p->hardware_by_name, token->text, token->len);
	struct policy_hardware *hardware;

	if (found) {
		*out = *found;
		return 0;
	}
	if (strmap_put(&p->hardware_by_name, token->text, token->len, p->hardware.count))
		return -ENOMEM;
	hardware = vec_push(&p->hardware);
	if (!hardware)
		return -ENOMEM;
	memcpy(hardware->iface.hardware, token->text, token->len);
	*out = p->hardware.count - 1;
	return 0;
}

/* Give a device its name; refuse a second name and a name already taken. */
static int hardware_set_name(struct policy_parser *p, size_t index,
			     const struct policy_token *name)
{
	const size_t *taken = strmap_find(&p->iface_by_name, name->text, name->len);
	struct policy_hardware *hardware = &p->hardware.items[index];
	int err;

	if (hardware->named) {
		err = policy_fail(p, name, E_IFACE_DUPLICATE,
				  "device %s is already named '%s' in line %u",
				  hardware->iface.hardware, hardware->iface.name,
				  hardware->named_at.line);
		err = policy_hint(p, err,
				  "a device has one name; remove one of the lines");
		return policy_refuse_iface_name(p, name) ? -ENOMEM : err;
	}
	if (taken && *taken != POLICY_REFUSED_NAME) {
		err = policy_fail(p, name, E_IFACE_DUPLICATE,
				  "the name '%.*s' is already taken in line %u",
				  POLICY_WORD(name),
				  p->hardware.items[*taken].named_at.line);
		return policy_hint(p, err, "choose another name for device %s",
				   hardware->iface.hardware);
	}
	if (strmap_put(&p->iface_by_name, name->text, name->len, index))
		return -ENOMEM;
	memcpy(hardware->iface.name, name->text, name->len);
	hardware->named = true;
	hardware->named_at = policy_where(p, name);
	return 0;
}

static int fail_level(struct policy_parser *p, const struct policy_token *token,
		      const char *hint)
{
	int err;

	if (!token->len)
		err = policy_fail(p, token, E_MISSING,
				  "the line ends where a security level belongs");
	else
		err = policy_fail(p, token, E_SECURITY_LEVEL,
				  "'%.*s' is not a security level", POLICY_WORD(token));
	return policy_hint(p, err, "%s", hint);
}

/* "security100" in one word, as PIX 6 writes it. */
static int parse_level_word(struct policy_parser *p, unsigned int *out)
{
	static const char prefix[] = "security";
	const size_t skip = sizeof(prefix) - 1;
	const struct policy_token *token = policy_peek(p);
	unsigned long level;

	if (token->len <= skip || strncasecmp(token->text, prefix, skip) != 0 ||
	    !policy_number_from(token->text + skip, token->len - skip, 100, &level))
		return fail_level(p, token,
				  "write security0 (least trusted) to security100");
	*out = (unsigned int)level;
	policy_next(p);
	return 0;
}

/* nameif HARDWARE NAME securityN */
static int nameif_pix6(struct policy_parser *p)
{
	const struct policy_token *hardware, *name;
	unsigned int level = 0;
	size_t index;
	int err;

	p->block = POLICY_BLOCK_NONE;
	err = policy_parse_name(p, POLICY_HARDWARE_SIZE, WHAT_HARDWARE, &hardware);
	if (!err)
		err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, WHAT_NAME, &name);
	if (err) {
		p->iface_names_uncertain = true;
		return err;
	}
	/* The word was cut: the name that was meant is another. */
	if (policy_peek(p)->len == 1 && strchr("(),", *policy_peek(p)->text))
		p->iface_names_uncertain = true;
	err = parse_level_word(p, &level);
	if (!err)
		err = policy_expect_end(p);
	if (err)
		return policy_refuse_iface_name(p, name) ? -ENOMEM : err;
	err = hardware_get(p, hardware, &index);
	if (!err)
		err = hardware_set_name(p, index, name);
	if (err)
		return err;
	p->hardware.items[index].iface.security_level = level;
	p->hardware.items[index].level_given = true;
	return 0;
}

int policy_stmt_nameif(struct policy_parser *p)
{
	const struct policy_token *name;
	int err;

	if (words_left(p) > 1)
		return nameif_pix6(p);
	if (!policy_in_interface(p)) {
		p->iface_names_uncertain = true;
		err = policy_fail(p, policy_peek(p), E_OUTSIDE_BLOCK,
				  "'nameif' needs a device and a security level");
		return policy_hint(p, err,
				   "write 'nameif DEVICE NAME securityN', or put it "
				   "below 'interface DEVICE'");
	}
	err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, WHAT_NAME, &name);
	if (err) {
		p->iface_names_uncertain = true;
		return err;
	}
	if (p->block == POLICY_BLOCK_REFUSED_INTERFACE)
		return policy_refuse_iface_name(p, name);
	return hardware_set_name(p, p->block_hardware, name);
}

static const char *const link_speeds[] = {
	"10baset",  "10full",	  "100basetx", "100full", "1000auto", "1000basesx",
	"1000full", "1000sxfull", "aui",       "bnc",	  NULL,
};

static bool is_link_speed(const struct policy_token *token)
{
	for (size_t i = 0; link_speeds[i]; i++)
		if (policy_token_is(token, link_speeds[i]))
			return true;
	return false;
}

/* PIX 6: interface HARDWARE SPEED [shutdown]. No block follows. */
static int interface_pix6(struct policy_parser *p, size_t index)
{
	const struct policy_token *speed = policy_next(p);
	struct policy_where where = policy_where(p, speed);
	const struct policy_token *shut = policy_peek(p);
	int err;

	p->block = POLICY_BLOCK_NONE;
	if (!policy_token_is(speed, "auto") && !is_link_speed(speed)) {
		p->block = POLICY_BLOCK_REFUSED_INTERFACE;
		err = policy_fail(p, speed, E_EXPECTED,
				  "'%.*s' is not a link speed of PIX 6",
				  POLICY_WORD(speed));
		return policy_hint(p, err,
				   "remove it; the device's link is not set up here");
	}
	if (policy_accept(p, "shutdown")) {
		p->hardware.items[index].shut = true;
		p->hardware.items[index].shut_at = policy_where(p, shut);
	}
	err = policy_expect_end(p);
	if (err || policy_token_is(speed, "auto"))
		return err;
	err = policy_warn_at(p, &where, W_LINK_SPEED, "the link speed is ignored");
	return policy_hint(p, err, "ethtool sets it; write 'auto' here");
}

int policy_stmt_interface(struct policy_parser *p)
{
	const struct policy_token *hardware;
	size_t index;
	int err = policy_parse_name(p, POLICY_HARDWARE_SIZE, WHAT_HARDWARE, &hardware);

	if (err) {
		p->block = POLICY_BLOCK_REFUSED_INTERFACE;
		return err;
	}
	err = hardware_get(p, hardware, &index);
	if (err)
		return err;
	if (words_left(p))
		return interface_pix6(p, index);
	p->block = POLICY_BLOCK_INTERFACE;
	p->block_hardware = index;
	return 0;
}

bool policy_in_interface(const struct policy_parser *p)
{
	return p->block == POLICY_BLOCK_INTERFACE ||
	       p->block == POLICY_BLOCK_REFUSED_INTERFACE;
}

int policy_fail_outside_block(struct policy_parser *p)
{
	const struct policy_token *first = &p->line.tokens[0];
	const struct policy_token *second = &p->line.tokens[1];
	int err;

	if (policy_token_is(first, "no"))
		err = policy_fail(p, first, E_OUTSIDE_BLOCK,
				  "'no %.*s' stands outside of an interface block",
				  POLICY_WORD(second));
	else
		err = policy_fail(p, first, E_OUTSIDE_BLOCK,
				  "'%.*s' stands outside of an interface block",
				  POLICY_WORD(first));
	return policy_hint(p, err, "put it below 'interface DEVICE'");
}

int policy_stmt_security_level(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long level;
	int err;

	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	if (!policy_number_from(token->text, token->len, 100, &level))
		return fail_level(p, token,
				  "write a number from 0 (least trusted) to 100");
	policy_next(p);
	err = policy_expect_end(p);
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE)
		return err;
	p->hardware.items[p->block_hardware].iface.security_level = (unsigned int)level;
	p->hardware.items[p->block_hardware].level_given = true;
	return 0;
}

int policy_stmt_shutdown(struct policy_parser *p)
{
	struct policy_hardware *hardware;
	int err;

	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	err = policy_expect_end(p);
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE)
		return err;
	hardware = &p->hardware.items[p->block_hardware];
	hardware->shut = true;
	hardware->shut_at = policy_where(p, &p->line.tokens[0]);
	return 0;
}

int policy_stmt_no_shutdown(struct policy_parser *p)
{
	int err;

	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	err = policy_expect_end(p);
	if (!err && p->block == POLICY_BLOCK_INTERFACE)
		p->hardware.items[p->block_hardware].shut = false;
	return err;
}

/* `no nameif`, `no security-level`, `no ip address`: how ASA saves what was
 * never set. They undo nothing here, so they may only stand where nothing is. */
int policy_stmt_no_in_block(struct policy_parser *p)
{
	const struct policy_hardware *hardware;
	int err;

	if (!policy_in_interface(p))
		return policy_fail_outside_block(p);
	if (policy_token_is(&p->line.tokens[1], "ip") && !policy_accept(p, "address"))
		return policy_fail(p, policy_peek(p), E_EXPECTED,
				   "only 'no ip address' is supported");
	if (policy_token_is(&p->line.tokens[1], "ipv6") && !policy_accept(p, "address") &&
	    !policy_accept(p, "enable"))
		return policy_fail(p, policy_peek(p), E_EXPECTED,
				   "only 'no ipv6 address' and 'no ipv6 enable' are "
				   "supported");
	err = policy_expect_end(p);
	if (err || p->block == POLICY_BLOCK_REFUSED_INTERFACE)
		return err;
	hardware = &p->hardware.items[p->block_hardware];
	if (!hardware->named)
		return 0;
	err = policy_fail(p, &p->line.tokens[0], E_UNSUPPORTED,
			  "this would undo part of interface '%s'", hardware->iface.name);
	return policy_hint(p, err, "remove the statement instead of undoing it");
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
