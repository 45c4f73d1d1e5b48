// SPDX-License-Identifier: GPL-2.0
/*
 * translation.c - static one-to-one translation.
 *
 *   static (REAL_IF,MAPPED_IF) MAPPED REAL [netmask MASK] [0 [0]]
 *
 * The trailing zeros are PIX's connection limits, switched off.
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

static int fail_pair_word(struct policy_parser *p, const char *what, const char *usage)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if (token->len)
		err = policy_fail(p, token, E_EXPECTED, "%s belongs here, not '%.*s'",
				  what, POLICY_WORD(token));
	else
		err = policy_fail(p, token, E_MISSING, "the line ends where %s belongs",
				  what);
	return policy_hint(p, err, "write '%s'", usage);
}

int policy_parse_iface_pair(struct policy_parser *p, const char *usage,
			    struct policy_static_stmt *stmt)
{
	const struct policy_token *real, *mapped;
	int err;

	if (!policy_accept(p, "("))
		return fail_pair_word(p, "'('", usage);
	err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, "the real interface", &real);
	if (err)
		return err;
	if (!policy_accept(p, ","))
		return fail_pair_word(p, "','", usage);
	err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, "the mapped interface",
				&mapped);
	if (err)
		return err;
	if (!policy_accept(p, ")"))
		return fail_pair_word(p, "')'", usage);
	stmt->real_if_name = real->text;
	stmt->real_if_name_len = real->len;
	stmt->real_if_where = policy_where(p, real);
	stmt->mapped_if_name = mapped->text;
	stmt->mapped_if_name_len = mapped->len;
	stmt->mapped_if_where = policy_where(p, mapped);
	if (real->len == mapped->len && !memcmp(real->text, mapped->text, real->len)) {
		err = policy_fail(p, mapped, E_STATIC_SAME_IFACE,
				  "the real and the mapped interface are the same");
		return policy_hint(p, err,
				   "write the interface of the server first, then the "
				   "one it is seen from");
	}
	return 0;
}

/* Forms of static that translate something else than address to address. */
static int refuse_other_forms(struct policy_parser *p)
{
	static const struct {
		const char *word;
		const char *hint;
	} forms[] = {
		{"tcp", "ports are not translated; write a static for the whole address"},
		{"udp", "ports are not translated; write a static for the whole address"},
		{"interface", "write the mapped address itself"},
		{"access-list", "write the real address itself"},
	};
	const struct policy_token *token = policy_peek(p);
	int err;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (policy_token_is(token, forms[i].word)) {
			err = policy_fail(p, token, E_UNSUPPORTED,
					  "'%.*s' is not supported in static",
					  POLICY_WORD(token));
			return policy_hint(p, err, "%s", forms[i].hint);
		}
	return 0;
}

/* PIX's limits: connections and half-open connections, 0 for none. */
static int parse_limits(struct policy_parser *p)
{
	const struct policy_token *token;
	int err;

	for (int i = 0; i < 2 && policy_accept(p, "0"); i++)
		;
	token = policy_peek(p);
	if (!token->len)
		return 0;
	err = policy_fail(p, token, E_UNSUPPORTED,
			  "'%.*s' is not supported after a static", POLICY_WORD(token));
	if (token->text[0] >= '0' && token->text[0] <= '9')
		return policy_hint(p, err,
				   "connection limits are not enforced; remove them or "
				   "write 0 0");
	return policy_hint(p, err, "remove the rest of the line");
}

/* One address that looks like a network's, and no netmask: say what it means. */
static int warn_lone_network(struct policy_parser *p, const struct policy_token *token,
			     uint32_t mapped, uint32_t real)
{
	struct policy_where where = policy_where(p, token);
	int err;

	if ((real & 0xff) || (mapped & 0xff))
		return 0;
	err = policy_warn_at(p, &where, W_STATIC_NETMASK,
			     "without a netmask this translates the one address %s",
			     policy_quad(real).text);
	return policy_hint(p, err,
			   "add 'netmask' and the mask of the network, or "
			   "255.255.255.255 for the one address");
}

/* An address of either end. IPv6 has a form of its own, and hints at it. */
static int parse_static_address(struct policy_parser *p, const char *what, uint32_t *out)
{
	const struct policy_token *token = policy_peek(p);
	int err = policy_parse_address(p, what, out);

	if (err == -EINVAL && policy_is_ip6_like(token))
		return policy_hint(p, err,
				   "translate IPv6 with 'object network NAME', below it "
				   "'host REAL' and 'nat (REAL_IF,MAPPED_IF) static "
				   "MAPPED'");
	return err;
}

static int parse_addresses(struct policy_parser *p, struct policy_static *out,
			   const struct policy_token *mapped_at)
{
	const struct policy_token *real_at;
	uint32_t mapped, real, mask = UINT32_MAX;
	int err = parse_static_address(p, "the mapped address", &mapped);

	if (!err)
		err = refuse_other_forms(p);
	if (err)
		return err;
	real_at = policy_peek(p);
	err = parse_static_address(p, "the real address", &real);
	if (err)
		return err;
	out->mapped = policy_ip_from_v4(mapped);
	out->real = policy_ip_from_v4(real);
	out->mask = POLICY_IP_ONES;
	if (!policy_accept(p, "netmask")) {
		err = parse_limits(p);
		return err ? err : warn_lone_network(p, real_at, mapped, real);
	}
	err = policy_parse_netmask(p, &mask);
	if (err)
		return err;
	out->mask = policy_mask_from_v4(mask);
	err = policy_check_host_bits(p, mapped_at, out->mapped, out->mask);
	if (!err)
		err = policy_check_host_bits(p, real_at, out->real, out->mask);
	return err ? err : parse_limits(p);
}

/* Nobody has a multicast or loopback address, and nobody should answer ARP
 * for one. The identity of everything, netmask 0.0.0.0, names no address. */
static int check_host_addresses(struct policy_parser *p, const struct policy_static *s,
				const struct policy_token *mapped)
{
	bool mapped_fits = policy_is_host_address(s->mapped);
	int err;

	if (s->mask == policy_mask_from_v4(0) ||
	    (mapped_fits && policy_is_host_address(s->real)))
		return 0;
	err = policy_fail(p, mapped_fits ? mapped + 1 : mapped, E_STATIC_ADDRESS,
			  "%s is not an address that a host can have",
			  policy_ip_text(mapped_fits ? s->real : s->mapped).text);
	return policy_hint(p, err, "write addresses from 1.0.0.0 to 223.255.255.255");
}

int policy_stmt_static(struct policy_parser *p)
{
	struct policy_static_stmt stmt = {
		.parsed = {.object = POLICY_NO_OBJECT, .mapped_object = POLICY_NO_OBJECT},
	};
	struct policy_static_stmt *kept;
	const struct policy_token *mapped;
	int err = policy_parse_iface_pair(
		p, "static (REAL_IF,MAPPED_IF) MAPPED REAL netmask MASK", &stmt);

	if (!err)
		err = refuse_other_forms(p);
	if (err)
		return err;
	mapped = policy_peek(p);
	stmt.mapped_where = policy_where(p, mapped);
	stmt.parsed.where = policy_where(p, &p->line.tokens[0]);
	err = parse_addresses(p, &stmt.parsed, mapped);
	if (!err)
		err = check_host_addresses(p, &stmt.parsed, mapped);
	if (err)
		return err;
	kept = vec_push(&p->statics);
	if (!kept)
		return -ENOMEM;
	*kept = stmt;
	return 0;
}
