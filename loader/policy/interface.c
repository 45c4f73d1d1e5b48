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

/* Of PIX 6; a device of Linux has its link set up by ethtool. */
static const char *const link_speeds[] = {
	"auto",	      "10baset",  "10full",	 "100basetx",  "100full", "1000auto",
	"1000basesx", "1000full", "1000baset",	 "1000sxfull", "aui",	  "bnc",
	"4mbps",      "16mbps",	  "nonegotiate", NULL,
};

static bool accept_link_speed(struct policy_parser *p)
{
	for (size_t i = 0; link_speeds[i]; i++)
		if (policy_accept(p, link_speeds[i]))
			return true;
	return false;
}

/* vlanN, as PIX 6.3 writes it in one word. */
static bool vlan_from(const struct policy_token *token, unsigned long *tag)
{
	static const char prefix[] = "vlan";
	const size_t skip = sizeof(prefix) - 1;

	return token->len > skip && !strncasecmp(token->text, prefix, skip) &&
	       policy_number_from(token->text + skip, token->len - skip, 4094, tag) &&
	       *tag;
}

/* interface CARRIER vlanN logical: the device vlanN. With `physical` CARRIER itself has
 * the tag. */
static int parse_vlan_pix6(struct policy_parser *p, unsigned long tag, size_t *index)
{
	static const char *const kinds[] = {"logical", "physical", NULL};
	const struct policy_token *word = policy_next(p);
	struct policy_hardware *hardware;
	int err = 0;

	if (policy_accept(p, kinds[0]))
		err = hardware_get(p, word, index);
	else if (!policy_accept(p, kinds[1]))
		return policy_fail_expected(p, "a kind of VLAN",
					    "write 'logical' or 'physical'", kinds);
	if (err)
		return err;
	hardware = &p->hardware.items[*index];
	hardware->vlan_at = policy_where(p, word);
	hardware->iface.vlan = (uint16_t)tag;
	return 0;
}

/* PIX 6: interface HARDWARE SPEED|vlanN logical|vlanN physical [shutdown]. No block
 * follows. */
static int interface_pix6(struct policy_parser *p, size_t index)
{
	const struct policy_token *word = policy_peek(p);
	unsigned long tag;
	int err = 0;

	p->block = POLICY_BLOCK_NONE;
	if (vlan_from(word, &tag)) {
		err = parse_vlan_pix6(p, tag, &index);
	} else if (!accept_link_speed(p) && !policy_token_is(word, "shutdown")) {
		p->block = POLICY_BLOCK_REFUSED_INTERFACE;
		err = policy_fail(p, word, E_EXPECTED,
				  "'%.*s' is not a link speed of PIX 6",
				  POLICY_WORD(word));
		return policy_hint(p, err,
				   "remove it; the device's link is not set up here");
	} else if (!policy_token_is(word, "auto") && !policy_token_is(word, "shutdown")) {
		err = policy_ignore(p, word);
	}
	if (err)
		return err;
	while (accept_link_speed(p))
		; /* e.g. 1000sxfull nonegotiate */
	if (policy_accept(p, "shutdown"))
		p->hardware.items[index].iface.shut = true;
	return policy_expect_end(p);
}

/* What no device of Linux can stand for: frames would have to be bridged. */
static int fail_bvi(struct policy_parser *p, const struct policy_token *hardware)
{
	int err;

	p->block = POLICY_BLOCK_REFUSED_INTERFACE;
	err = policy_fail(p, hardware, E_UNSUPPORTED,
			  "'%.*s' belongs to a transparent firewall, which this is not",
			  POLICY_WORD(hardware));
	return policy_hint(p, err,
			   "route between the networks, and name the devices that have "
			   "their addresses");
}

static bool is_bvi(const struct policy_token *hardware)
{
	return hardware->len > 3 && !strncasecmp(hardware->text, "bvi", 3) &&
	       hardware->text[3] >= '0' && hardware->text[3] <= '9';
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
	if (is_bvi(hardware))
		return fail_bvi(p, hardware);
	err = hardware_get(p, hardware, &index);
	if (err)
		return err;
	if (words_left(p))
		return interface_pix6(p, index);
	p->block = POLICY_BLOCK_INTERFACE;
	p->block_hardware = index;
	return 0;
}

int policy_parse_iface_ref(struct policy_parser *p, struct policy_iface_ref *out)
{
	const struct policy_token *name;
	int err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, WHAT_NAME, &name);

	if (!err)
		*out = (struct policy_iface_ref){policy_where(p, name), name->text,
						 name->len};
	return err;
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
