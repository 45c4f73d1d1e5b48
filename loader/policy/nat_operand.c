// SPDX-License-Identifier: GPL-2.0
/*
 * nat_operand.c - the parts that translations of both dialects are made of.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"

#define MAX_CONNECTIONS 65535ul /* as PIX and ASA have it at most */

struct policy_nat_stmt policy_nat_stmt_new(struct policy_parser *p,
					   enum policy_nat_section section)
{
	const struct policy_addr none = {.ref = POLICY_NO_OBJECT};

	return (struct policy_nat_stmt){
		.parsed = {.where = policy_where(p, &p->line.tokens[0]),
			   .section = section,
			   .real_if = POLICY_ANY_IFACE,
			   .mapped_if = POLICY_ANY_IFACE,
			   .real = none,
			   .mapped = none,
			   .dst_mapped = none,
			   .dst_real = none,
			   .list = POLICY_NO_LIST,
			   .object = POLICY_NO_OBJECT,
			   .service_real = POLICY_NO_OBJECT,
			   .service_mapped = POLICY_NO_OBJECT},
	};
}

int policy_nat_keep(struct policy_parser *p, const struct policy_nat_stmt *stmt,
		    size_t at)
{
	struct policy_nat_stmt *kept = vec_push(&p->nats);

	if (!kept) {
		free(stmt->parsed.description);
		return -ENOMEM;
	}
	if (at < p->nats.count - 1) {
		memmove(&p->nats.items[at + 1], &p->nats.items[at],
			(p->nats.count - 1 - at) * sizeof(*stmt));
		kept = &p->nats.items[at];
	}
	*kept = *stmt;
	return 0;
}

/* ---- interfaces --------------------------------------------------------- */

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

int policy_parse_iface_word(struct policy_parser *p, const char *what,
			    struct policy_nat_word *out)
{
	const struct policy_token *token;
	int err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, what, &token);

	if (!err)
		*out = (struct policy_nat_word){token->text, token->len,
						policy_where(p, token)};
	return err;
}

int policy_parse_iface_pair(struct policy_parser *p, const char *usage,
			    struct policy_nat_stmt *stmt)
{
	int err;

	if (!policy_accept(p, "("))
		return fail_pair_word(p, "'('", usage);
	err = policy_parse_iface_word(p, "the real interface", &stmt->real_if);
	if (err)
		return err;
	if (!policy_accept(p, ","))
		return fail_pair_word(p, "','", usage);
	err = policy_parse_iface_word(p, "the mapped interface", &stmt->mapped_if);
	if (err)
		return err;
	return policy_accept(p, ")") ? 0 : fail_pair_word(p, "')'", usage);
}

int policy_parse_nat_word(struct policy_parser *p, const char *what,
			  struct policy_nat_word *out)
{
	const struct policy_token *token;
	int err = policy_parse_name(p, POLICY_OBJECT_SIZE, what, &token);

	if (!err)
		*out = (struct policy_nat_word){token->text, token->len,
						policy_where(p, token)};
	return err;
}

/* ---- operands ----------------------------------------------------------- */

static bool is_address_like(const struct policy_token *token)
{
	return token->len &&
	       (policy_is_ip6_like(token) || policy_is_made_of(token, "0123456789./"));
}

/* An address alone, or of IPv6 one with a prefix length. */
static int parse_address(struct policy_parser *p, const char *what,
			 struct policy_nat_operand *out)
{
	const struct policy_token *token = policy_peek(p);
	unsigned int len = 0;
	int err;

	out->addr = (struct policy_addr){
		.kind = POLICY_ADDR_NET, .ref = POLICY_NO_OBJECT, .mask = POLICY_IP_ONES};
	if (!policy_is_ip6_like(token) || !memchr(token->text, '/', token->len))
		return policy_parse_ip(p, what, &out->addr.addr);
	err = policy_parse_prefix6(p, what, &out->addr.addr, &len);
	out->len = err ? -1 : (int)len;
	return err;
}

int policy_parse_operand(struct policy_parser *p, const char *what, unsigned int may_be,
			 const char *hint, struct policy_nat_operand *out)
{
	const struct policy_token *token = policy_peek(p);
	policy_ip named;

	*out = (struct policy_nat_operand){.given = true, .len = -1};
	out->addr.ref = POLICY_NO_OBJECT;
	out->word.where = policy_where(p, token);
	if (!token->len)
		return policy_fail_expected(p, what, hint, NULL);
	if ((may_be & POLICY_OPERAND_INTERFACE) && policy_accept(p, "interface")) {
		out->interface = true;
		out->addr.kind = POLICY_ADDR_IFACE;
		if (!policy_token_is(policy_peek(p), "ipv6"))
			return 0;
		return policy_fail_unsupported(
			p, policy_peek(p),
			"write the IPv6 address of the interface as an object");
	}
	if ((may_be & POLICY_OPERAND_ANY) && policy_accept(p, "any")) {
		out->addr.kind = POLICY_ADDR_ANY;
		return 0;
	}
	if ((may_be & POLICY_OPERAND_ADDRESS) &&
	    (!(may_be & POLICY_OPERAND_NAME) || is_address_like(token) ||
	     policy_name_find(p, token, &named)))
		return parse_address(p, what, out);
	if (!(may_be & POLICY_OPERAND_NAME))
		return policy_fail_expected(p, what, hint, NULL);
	out->named = true;
	return policy_parse_nat_word(p, "the name of an object", &out->word);
}

/* ---- what is dynamic ---------------------------------------------------- */

static uint32_t accept_pool_option(struct policy_parser *p)
{
	static const struct {
		const char *word;
		uint32_t flag;
	} options[] = {
		{"round-robin", POLICY_NAT_F_ROUND_ROBIN},
		{"extended", POLICY_NAT_F_EXTENDED},
		{"flat", POLICY_NAT_F_FLAT},
		{"include-reserve", POLICY_NAT_F_RESERVE},
		{"block-allocation", POLICY_NAT_F_BLOCKS},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (policy_accept(p, options[i].word))
			return options[i].flag;
	return 0;
}

/* `interface [ipv6]` */
static bool accept_fallback(struct policy_parser *p, struct policy_nat *nat)
{
	if (!policy_accept(p, "interface"))
		return false;
	nat->flags |= policy_accept(p, "ipv6") ? POLICY_NAT_F_FALLBACK6
					       : POLICY_NAT_F_FALLBACK;
	return true;
}

int policy_parse_pool(struct policy_parser *p, unsigned int may_be,
		      struct policy_nat_stmt *stmt)
{
	static const char what[] = "what the source is translated to";
	static const char hint[] = "write an object, 'pat-pool' and one, or 'interface'";
	struct policy_nat *nat = &stmt->parsed;
	uint32_t option;
	int err;

	nat->dynamic = true;
	if (accept_fallback(p, nat))
		return 0;
	if (!policy_token_is(policy_peek(p), "pat-pool")) {
		err = policy_parse_operand(p, what, may_be, hint,
					   &stmt->ends[POLICY_NAT_MAPPED]);
		if (err)
			return err;
		if (accept_fallback(p, nat) ||
		    !policy_token_is(policy_peek(p), "pat-pool"))
			return 0;
		return policy_fail_unsupported(
			p, policy_peek(p),
			"write either addresses or a pool for ports, in an object each");
	}
	policy_next(p);
	nat->flags |= POLICY_NAT_F_PAT_POOL;
	err = policy_parse_operand(p, "a pool", may_be, hint,
				   &stmt->ends[POLICY_NAT_MAPPED]);
	while (!err && (option = accept_pool_option(p)) != 0)
		nat->flags |= option;
	if (!err)
		(void)accept_fallback(p, nat);
	return err;
}

/* ---- options ------------------------------------------------------------ */

int policy_nat_dns(struct policy_parser *p, struct policy_nat *nat)
{
	const struct policy_token *token = policy_next(p);

	nat->flags |= POLICY_NAT_F_DNS;
	return policy_ignore_with_warning(p, token,
					  "addresses in DNS replies stay as they are");
}

/* Whether what is begun to the host passes by this translation, and can be counted. */
static bool limits_embryonic(const struct policy_nat *nat)
{
	return nat->section == POLICY_NAT_STATIC || nat->section == POLICY_NAT_EXEMPT;
}

/* Up to @max numbers, of which @kept are kept: of a line's others one that is not 0 is
 * warned of. */
static int parse_numbers(struct policy_parser *p, unsigned int **numbers, size_t max,
			 const unsigned int *kept, bool *warned)
{
	for (size_t i = 0; i < max; i++) {
		const struct policy_token *token = policy_peek(p);
		unsigned long value;
		int err;

		if (!token->len || token->text[0] < '0' || token->text[0] > '9')
			return 0;
		err = policy_parse_number(p, MAX_CONNECTIONS, "a number of connections",
					  &value);
		if (!err && value && !*warned && numbers[i] != kept) {
			*warned = true;
			err = policy_ignore_with_warning(
				p, token, "connections of a translation are not limited");
		}
		if (err)
			return err;
		*numbers[i] = (unsigned int)value;
	}
	return 0;
}

int policy_parse_limits(struct policy_parser *p, struct policy_nat *nat)
{
	unsigned int *tcp[] = {&nat->limits.tcp, &nat->limits.embryonic};
	unsigned int *udp[] = {&nat->limits.udp};
	const unsigned int *kept = limits_embryonic(nat) ? &nat->limits.embryonic : NULL;
	bool tcp_given = false, warned = false;

	while (policy_peek(p)->len) {
		const struct policy_token *token = policy_peek(p);
		int err = 0;

		if (policy_token_is(token, "dns"))
			err = policy_nat_dns(p, nat);
		else if (policy_accept(p, "norandomseq"))
			continue; /* sequence numbers stay as they are in any case */
		else if (policy_accept(p, "udp"))
			err = parse_numbers(p, udp, 1, kept, &warned);
		else if (!tcp_given &&
			 (policy_accept(p, "tcp") ||
			  (token->text[0] >= '0' && token->text[0] <= '9'))) {
			tcp_given = true;
			err = parse_numbers(p, tcp, 2, kept, &warned);
		} else {
			return policy_expect_end(p);
		}
		if (err)
			return err;
	}
	return 0;
}
