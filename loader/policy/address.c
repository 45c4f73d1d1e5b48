// SPDX-License-Identifier: GPL-2.0
/*
 * address.c - IPv4 and IPv6 addresses, netmasks and prefix lengths.
 *
 * Strict on purpose: where C would read octal or stop early, a firewall must
 * ask back. An IPv4 address in IPv6 form is refused: on the wire there is no
 * such packet, so a line that names it would never match.
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

/* Four decimal numbers, three dots, nothing else. */
static bool quad_from(const struct policy_token *token, uint32_t *out)
{
	const char *at = token->text;
	const char *const end = at + token->len;
	uint32_t addr = 0;

	for (int i = 0; i < 4; i++) {
		const char *start;
		unsigned int octet = 0;

		if (i && (at == end || *at++ != '.'))
			return false;
		start = at;
		while (at < end && at - start < 3 && *at >= '0' && *at <= '9')
			octet = octet * 10 + (unsigned int)(*at++ - '0');
		if (at == start || octet > 255 || (at - start > 1 && *start == '0'))
			return false;
		addr = addr << 8 | octet;
	}
	if (at != end)
		return false;
	*out = addr;
	return true;
}

bool policy_is_ip6_like(const struct policy_token *token)
{
	return token->len && memchr(token->text, ':', token->len) &&
	       policy_is_made_of(token, "0123456789abcdefABCDEF:./");
}

static int fail_address(struct policy_parser *p, const struct policy_token *token)
{
	int err = policy_fail(p, token, E_ADDRESS, "'%.*s' is not an IPv4 address",
			      POLICY_WORD(token));

	if (policy_is_ip6_like(token))
		return policy_hint(p, err, "only an IPv4 address can stand here");
	if (!policy_is_made_of(token, "0123456789./"))
		return policy_hint(p, err,
				   p->names.count ? "name it first with 'name ADDRESS "
						    "NAME', or write the address itself"
						  : "write the address itself, as in "
						    "10.0.0.1");
	if (memchr(token->text, '/', token->len))
		return policy_hint(p, err,
				   "write address and netmask apart, as in 10.0.0.0 "
				   "255.255.255.0");
	return policy_hint(p, err,
			   "write four numbers from 0 to 255 without leading zeros, as "
			   "in 10.0.0.1");
}

static bool named_quad(const struct policy_parser *p, const struct policy_token *token,
		       uint32_t *out)
{
	policy_ip named;

	if (!policy_name_find(p, token, &named) || !policy_ip_is_v4(named))
		return false;
	*out = (uint32_t)named;
	return true;
}

int policy_parse_address(struct policy_parser *p, const char *what, uint32_t *out)
{
	const struct policy_token *token = policy_peek(p);

	if (!token->len)
		return policy_fail_missing(p, what);
	if (!quad_from(token, out) && !named_quad(p, token, out))
		return fail_address(p, token);
	policy_next(p);
	return 0;
}

bool policy_is_host_address(policy_ip addr)
{
	uint32_t v4 = (uint32_t)addr;

	if (policy_ip_is_v4(addr))
		return v4 >> 24 != 0 && v4 >> 24 != 127 && v4 >> 28 < 0xe;
	return addr > 1 && addr >> 120 != 0xff && addr >> 118 != 0xfe80 >> 6;
}

/* Ones, then zeros: adding the lowest one carries out of the top. */
static bool is_contiguous(uint32_t mask)
{
	return !(~mask & (~mask + 1));
}

static int fail_holes(struct policy_parser *p, uint32_t mask, unsigned int holes)
{
	int err = policy_fail(p, policy_peek(p), E_MASK,
			      "the ones of netmask %s are not contiguous",
			      policy_quad(mask).text);

	if (!holes)
		return policy_hint(p, err, "write one line for each network");
	return policy_hint(
		p, err,
		"it stands for %llu networks, more than %u: write one line for "
		"each network that is meant",
		1ull << holes, 1u << POLICY_MAX_HOLES);
}

/* @max_holes: zeros before the last one that may be */
static int parse_mask(struct policy_parser *p, unsigned int max_holes, uint32_t *out)
{
	unsigned int holes;

	const struct policy_token *token = policy_peek(p);
	uint32_t mask;
	int err;

	if (!token->len)
		return policy_fail_missing(p, "a netmask");
	if (!quad_from(token, &mask) && !named_quad(p, token, &mask)) {
		err = policy_fail(p, token, E_MASK, "'%.*s' is not a netmask",
				  POLICY_WORD(token));
		return policy_hint(p, err, "write a netmask, as in 255.255.255.0");
	}
	if (!is_contiguous(mask) && is_contiguous(~mask)) {
		err = policy_fail(p, token, E_WILDCARD_MASK,
				  "'%.*s' is a wildcard mask; PIX and ASA take netmasks",
				  POLICY_WORD(token));
		return policy_hint(p, err, "write %s", policy_quad(~mask).text);
	}
	holes = policy_mask_holes(policy_mask_from_v4(mask));
	if (holes > max_holes)
		return fail_holes(p, mask, max_holes ? holes : 0);
	*out = mask;
	policy_next(p);
	return 0;
}

int policy_parse_netmask(struct policy_parser *p, uint32_t *out)
{
	return parse_mask(p, 0, out);
}

int policy_parse_spread_mask(struct policy_parser *p, uint32_t *out)
{
	return parse_mask(p, POLICY_MAX_HOLES, out);
}

/* The address of a word that ends before its slash, if there is one. */
static int ip6_from_token(struct policy_parser *p, const struct policy_token *token,
			  size_t len, policy_ip *out)
{
	int err;

	if (!policy_ip6_from(token->text, len, out)) {
		err = policy_fail(p, token, E_ADDRESS, "'%.*s' is not an IPv6 address",
				  POLICY_WORD(token));
		return policy_hint(
			p, err,
			"write up to eight groups of hexadecimal digits, as in "
			"2001:db8::1");
	}
	if (!policy_ip_is_v4(*out))
		return 0;
	err = policy_fail(p, token, E_ADDRESS, "'%.*s' is an IPv4 address in IPv6 form",
			  POLICY_WORD(token));
	return policy_hint(p, err, "write %s", policy_ip_text(*out).text);
}

int policy_parse_ip(struct policy_parser *p, const char *what, policy_ip *out)
{
	const struct policy_token *token = policy_peek(p);
	uint32_t v4 = 0;
	int err;

	if (token->len && memchr(token->text, ':', token->len)) {
		err = ip6_from_token(p, token, token->len, out);
		if (err == -EINVAL && memchr(token->text, '/', token->len))
			err = policy_hint(p, err,
					  "one address belongs here, without a prefix "
					  "length");
		if (!err)
			policy_next(p);
		return err;
	}
	if (policy_name_find(p, token, out)) {
		policy_next(p);
		return 0;
	}
	err = policy_parse_address(p, what, &v4);
	if (!err)
		*out = policy_ip_from_v4(v4);
	return err;
}

int policy_parse_prefix6(struct policy_parser *p, const char *what, policy_ip *addr,
			 unsigned int *len)
{
	const struct policy_token *token = policy_peek(p);
	const char *slash = token->len ? memchr(token->text, '/', token->len) : NULL;
	size_t before = slash ? (size_t)(slash - token->text) : token->len;
	unsigned long number;
	policy_ip parsed;
	int err;

	if (!token->len)
		return policy_fail_missing(p, what);
	err = ip6_from_token(p, token, before, &parsed);
	if (err)
		return err;
	if (!slash) {
		err = policy_fail(p, token, E_MASK, "'%.*s' lacks its prefix length",
				  POLICY_WORD(token));
		return policy_hint(p, err, "write it after a slash, as in 2001:db8::/64");
	}
	if (!policy_number_from(slash + 1, token->len - before - 1, POLICY_IP_BITS,
				&number)) {
		err = policy_fail(p, token, E_MASK,
				  "the prefix length of '%.*s' is not a number from 0 to "
				  "128",
				  POLICY_WORD(token));
		return policy_hint(p, err, "write it as in 2001:db8::/64");
	}
	*addr = parsed;
	*len = (unsigned int)number;
	policy_next(p);
	return 0;
}

static int fail_host_bits6(struct policy_parser *p, const struct policy_token *token,
			   policy_ip addr, policy_ip mask)
{
	int err = policy_fail(p, token, E_HOST_BITS,
			      "%s has bits outside of its prefix /%u",
			      policy_ip_text(addr).text, policy_mask_len(mask));

	return policy_hint(p, err, "write %s for the network, or /128 for the one host",
			   policy_net_text(addr & mask, mask).text);
}

int policy_check_host_bits(struct policy_parser *p, const struct policy_token *token,
			   policy_ip addr, policy_ip mask)
{
	int err;

	if (!(addr & ~mask))
		return 0;
	if (!policy_ip_is_v4(addr))
		return fail_host_bits6(p, token, addr, mask);
	err = policy_fail(p, token, E_HOST_BITS, "%s has bits outside of netmask %s",
			  policy_ip_text(addr).text, policy_quad((uint32_t)mask).text);
	if (!(uint32_t)mask)
		return policy_hint(p, err,
				   "write netmask 255.255.255.255 for the one host, "
				   "address 0.0.0.0 for everything");
	return policy_hint(p, err,
			   "write %s for the network, or netmask 255.255.255.255 "
			   "for the one host",
			   policy_ip_text(addr & mask).text);
}
