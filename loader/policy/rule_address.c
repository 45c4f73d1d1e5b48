// SPDX-License-Identifier: GPL-2.0
/*
 * rule_address.c - a source or a destination of an access-list line:
 *
 *   any | any4 | any6 | host ADDRESS | ADDRESS NETMASK | ADDRESS6/LEN
 *   | object NAME | object-group NAME | interface IF
 *
 * Which families a line matches is known when all its parts are: check_rule.c.
 */
#include <errno.h>
#include <string.h>

#include "policy/lists.h"

static const char *const address_words[] = {
	"any", "any4", "any6", "host", "object", "object-group", "interface", NULL,
};

/* Who sent the packet, which is not known here. */
static const char *const identity_words[] = {
	"user",
	"user-group",
	"object-group-user",
	"security-group",
	"object-group-security",
	NULL,
};

/* As a netmask it is the one host without an address; as IOS's wildcard, everything:
 * too far apart to guess. */
static int fail_wildcard_any(struct policy_parser *p, const struct policy_token *mask)
{
	int err = policy_fail(p, mask, E_WILDCARD_MASK,
			      "0.0.0.0 with this mask is the one host 0.0.0.0; as a "
			      "wildcard mask it is every host");

	return policy_hint(p, err, "write 'any', or 'host 0.0.0.0'");
}

/* ADDRESS NETMASK */
static int parse_network4(struct policy_parser *p, struct policy_addr *out)
{
	const struct policy_token *token = policy_peek(p);
	const struct policy_token *mask;
	uint32_t v4, v4_mask;
	int err = policy_parse_address(p, "an address", &v4);

	if (err)
		return err;
	out->addr = policy_ip_from_v4(v4);
	mask = policy_peek(p);
	err = policy_parse_spread_mask(p, &v4_mask);
	if (err == -EINVAL && (policy_ends_rule(mask) || policy_is_port_operator(mask)) &&
	    !memchr(mask->text, '.', mask->len))
		return policy_hint(p, err,
				   "write its netmask, or 'host %s' for the one host",
				   policy_ip_text(out->addr).text);
	if (err)
		return err;
	if (!v4 && v4_mask == UINT32_MAX)
		return fail_wildcard_any(p, mask);
	out->mask = policy_mask_from_v4(v4_mask);
	return policy_check_host_bits(p, token, out->addr, out->mask);
}

/* ADDRESS6/LEN */
static int parse_network6(struct policy_parser *p, struct policy_addr *out)
{
	const struct policy_token *token = policy_peek(p);
	unsigned int len;
	policy_ip alone;
	int err = policy_parse_prefix6(p, "an address", &out->addr, &len);

	if (err == -EINVAL && policy_ip6_from(token->text, token->len, &alone) &&
	    !policy_ip_is_v4(alone))
		return policy_hint(
			p, err,
			"write 'host %s' for the one host, or the network as in "
			"2001:db8::/64",
			policy_ip_text(alone).text);
	if (err)
		return err;
	out->mask = policy_mask_from_len(len);
	return policy_check_host_bits(p, token, out->addr, out->mask);
}

/* `host` has been consumed. */
static int parse_host(struct policy_parser *p, struct policy_addr *out)
{
	const struct policy_token *token = policy_peek(p);
	int err = policy_parse_ip(p, "a host address", &out->addr);

	if (err == -EINVAL && !token->len)
		return policy_hint(p, err,
				   "write the address after 'host', as in host %s",
				   p->ipv6_form ? "2001:db8::1" : "10.0.0.1");
	for (int i = 0; err == -EINVAL && i < 3; i++)
		if (policy_token_is(token, address_words[i]))
			return policy_hint(p, err, "write '%.*s' without 'host'",
					   POLICY_WORD(token));
	out->mask = POLICY_IP_ONES;
	return err;
}

/* `interface` has been consumed. Its address is known at the end. */
static int parse_interface(struct policy_parser *p, struct policy_addr *out)
{
	struct policy_iface_ref ref = {0};
	struct policy_iface_ref *kept;
	int err = policy_parse_iface_ref(p, &ref);

	if (err)
		return err;
	kept = vec_push(&p->rule_ifaces);
	if (!kept)
		return -ENOMEM;
	*kept = ref;
	out->kind = POLICY_ADDR_IFACE;
	out->ref = p->rule_ifaces.count - 1;
	return 0;
}

static bool is_identity(const struct policy_token *token)
{
	for (size_t i = 0; identity_words[i]; i++)
		if (policy_token_is(token, identity_words[i]))
			return true;
	return false;
}

static int fail_not_here(struct policy_parser *p, const struct policy_token *token)
{
	int err = policy_fail(p, token, E_FAMILY,
			      "'ipv6 access-list' matches IPv6, not '%.*s'",
			      POLICY_WORD(token));

	return policy_hint(p, err,
			   "write 'access-list' for IPv4; one list may hold both");
}

/* any, any4, any6. Return: false if the word is none of them. */
static bool accept_any(struct policy_parser *p, struct policy_addr *out)
{
	if (policy_accept(p, "any"))
		out->kind = p->ipv6_form ? POLICY_ADDR_ANY6 : POLICY_ADDR_ANY;
	else if (policy_accept(p, "any4"))
		out->kind = POLICY_ADDR_ANY4;
	else if (policy_accept(p, "any6"))
		out->kind = POLICY_ADDR_ANY6;
	else
		return false;
	return true;
}

/* A list of values where @what belongs. @of: as in "port" */
static int fail_comma(struct policy_parser *p, const char *what, const char *of)
{
	int err = policy_fail(p, policy_peek(p), E_EXPECTED, "',' is not %s", what);

	return policy_hint(p, err, "write one line for each %s", of);
}

/* Whether an address, or the name of one, is next. */
static bool is_network4(const struct policy_parser *p, const struct policy_token *token)
{
	policy_ip named;

	return token->len && ((token->text[0] >= '0' && token->text[0] <= '9') ||
			      policy_name_find(p, token, &named));
}

int policy_parse_net_operand(struct policy_parser *p, const char *what,
			     struct policy_addr *out)
{
	static const char *const words[] = {"host", NULL};
	const struct policy_token *token = policy_peek(p);

	*out = (struct policy_addr){.kind = POLICY_ADDR_NET, .ref = POLICY_NO_OBJECT};
	if (policy_accept(p, "host"))
		return parse_host(p, out);
	if (token->len && memchr(token->text, ':', token->len))
		return parse_network6(p, out);
	if (is_network4(p, token))
		return parse_network4(p, out);
	return policy_fail_expected(p, what,
				    "write 'host ADDRESS', 'ADDRESS NETMASK' or, of "
				    "IPv6, 'ADDRESS/LEN'",
				    words);
}

static int parse_written_address(struct policy_parser *p, const char *what,
				 const char *before, struct policy_addr *out)
{
	const struct policy_token *token = policy_peek(p);

	out->kind = POLICY_ADDR_NET;
	if (policy_accept(p, "host"))
		return parse_host(p, out);
	if (policy_token_is(token, ","))
		return fail_comma(p, what, before);
	if (policy_token_is(token, "object-group")) {
		out->kind = POLICY_ADDR_GROUP;
		return policy_parse_group_ref(p, POLICY_KIND(POLICY_GROUP_NETWORK),
					      "addresses", &out->ref);
	}
	if (policy_accept(p, "object")) {
		out->kind = POLICY_ADDR_OBJECT;
		return policy_parse_object_ref(p, &out->ref);
	}
	if (policy_accept(p, "interface"))
		return parse_interface(p, out);
	if (token->len && memchr(token->text, ':', token->len))
		return parse_network6(p, out);
	if (is_network4(p, token))
		return parse_network4(p, out);
	if (is_identity(token))
		return policy_fail_unsupported(p, token,
					       "users and tags are not known here: write "
					       "the addresses instead");
	return policy_fail_expected(
		p, what,
		p->ipv6_form ? "write 'any', 'host ADDRESS' or 'ADDRESS/LEN'"
			     : "write 'any', 'host ADDRESS', 'ADDRESS "
			       "NETMASK' or, of IPv6, 'ADDRESS/LEN'",
		address_words);
}

int policy_parse_rule_address(struct policy_parser *p, const char *what,
			      const char *before, struct policy_addr *out,
			      struct policy_where *where)
{
	const struct policy_token *first = policy_peek(p);
	const struct policy_token *last;
	struct policy_addr addr = {.ref = POLICY_NO_OBJECT};
	int err = accept_any(p, &addr) ? 0
				       : parse_written_address(p, what, before, &addr);

	if (err)
		return err;
	last = &p->line.tokens[p->at - 1];
	if (p->ipv6_form && (addr.kind == POLICY_ADDR_ANY4 || policy_ip_is_v4(addr.addr)))
		return fail_not_here(p, last);
	*out = addr;
	*where = policy_where(p, first);
	where->width = last->column + (unsigned int)last->len - first->column;
	return 0;
}
