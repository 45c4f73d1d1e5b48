// SPDX-License-Identifier: GPL-2.0
/*
 * nat_pix.c - `nat` and `global` of PIX and ASA before 8.3.
 *
 *   nat (IF) 0 access-list LIST [outside]	stays as it is, towards the list's peers
 *   nat (IF) 0 REAL [MASK] ...			stays as it is
 *   nat (IF) ID access-list LIST ...		dynamic, to the globals of ID
 *   nat (IF) ID REAL [MASK] ...		likewise
 *   global (IF) ID FIRST[-LAST] [netmask MASK] | interface
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

#define MAX_ID	     65535ul /* 2147483647 on the last versions; nobody counts so far */
#define USAGE_NAT    "nat (IF) ID REAL MASK"
#define USAGE_GLOBAL "global (IF) ID FIRST-LAST netmask MASK"

/* (IF) ID */
static int parse_pool_id(struct policy_parser *p, const char *usage,
			 struct policy_nat_word *iface, unsigned int *id)
{
	unsigned long number;
	int err;

	if (!policy_accept(p, "(")) {
		err = policy_fail_expected(p, "'('", "", NULL);
		return policy_hint(p, err, "write '%s'", usage);
	}
	err = policy_parse_iface_word(p, "an interface", iface);
	if (err)
		return err;
	if (!policy_accept(p, ")")) {
		err = policy_fail_expected(p, "')'", "", NULL);
		return policy_hint(p, err, "write '%s'", usage);
	}
	err = policy_parse_number(p, MAX_ID, "a number that nat and global share",
				  &number);
	if (!err)
		*id = (unsigned int)number;
	return err;
}

static bool is_quad(const struct policy_token *token)
{
	return token->len && memchr(token->text, '.', token->len);
}

/* An address, and its mask if there is one: 0 is short for 0.0.0.0. */
static int parse_network(struct policy_parser *p, struct policy_nat_operand *out)
{
	const struct policy_token *token = policy_peek(p);
	uint32_t addr = 0, mask = UINT32_MAX;
	int err = policy_accept(p, "0")
			  ? 0
			  : policy_parse_address(p, "the real address", &addr);

	if (err)
		return err;
	if (policy_accept(p, "0") || (!addr && !is_quad(policy_peek(p))))
		mask = 0;
	else if (is_quad(policy_peek(p)))
		err = policy_parse_netmask(p, &mask);
	*out = (struct policy_nat_operand){
		.given = true,
		.len = -1,
		.word.where = policy_where(p, token),
		.addr = {.kind = POLICY_ADDR_NET,
			 .ref = POLICY_NO_OBJECT,
			 .addr = policy_ip_from_v4(addr),
			 .mask = policy_mask_from_v4(mask)},
	};
	return err ? err
		   : policy_check_host_bits(p, token, out->addr.addr, out->addr.mask);
}

/* [dns] [outside] and the limits, in any order */
static int parse_options(struct policy_parser *p, struct policy_nat *nat)
{
	while (policy_peek(p)->len) {
		int err;

		if (policy_accept(p, "outside")) {
			nat->flags |= POLICY_NAT_F_OUTSIDE;
			continue;
		}
		if (policy_token_is(policy_peek(p), "dns")) {
			err = policy_nat_dns(p, nat);
			if (err)
				return err;
			continue;
		}
		return policy_parse_limits(p, nat);
	}
	return 0;
}

int policy_parse_nat_pix(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_nat *nat = &stmt->parsed;
	int err = parse_pool_id(p, USAGE_NAT, &stmt->real_if, &nat->pool_id);

	if (err)
		return err;
	stmt->one_name = true;
	nat->dynamic = nat->pool_id != 0;
	if (policy_accept(p, "access-list")) {
		nat->section = nat->dynamic ? POLICY_NAT_POLICY : POLICY_NAT_EXEMPT;
		err = policy_parse_nat_word(p, "the name of an access list", &stmt->list);
	} else {
		nat->section = POLICY_NAT_REGULAR;
		err = parse_network(p, &stmt->ends[POLICY_NAT_REAL]);
	}
	if (!err)
		err = parse_options(p, nat);
	return err ? err : policy_nat_keep(p, stmt, POLICY_NO_INDEX);
}

/* ---- global ------------------------------------------------------------- */

/* FIRST-LAST is one word: each half is read as if it were one. */
static int parse_range(struct policy_parser *p, uint32_t *first, uint32_t *last)
{
	struct policy_token *token = &p->line.tokens[p->at];
	const struct policy_token whole = *token;
	const char *dash = whole.len ? memchr(whole.text, '-', whole.len) : NULL;
	policy_ip named;
	int err;

	if (!dash || policy_name_find(p, &whole, &named)) {
		err = policy_parse_address(p, "an address", first);
		*last = *first;
		return err;
	}
	token->len = (size_t)(dash - whole.text);
	err = policy_parse_address(p, "an address", first);
	if (!err) {
		p->at--;
		token->text = dash + 1;
		token->len = whole.len - (size_t)(dash + 1 - whole.text);
		token->column = policy_line_column(&p->line,
						   (size_t)(token->text - p->line.text));
		err = policy_parse_address(p, "an address", last);
	}
	*token = whole;
	if (err || *first <= *last)
		return err;
	err = policy_fail(p, token, E_ADDRESS, "'%.*s' ends before it begins",
			  POLICY_WORD(token));
	return policy_hint(p, err, "write the lower address first");
}

static int parse_global(struct policy_parser *p, struct policy_global *global)
{
	uint32_t first, last, mask = 0;
	int err;

	if (policy_accept(p, "interface")) {
		global->interface = true;
		return policy_expect_end(p);
	}
	err = parse_range(p, &first, &last);
	if (err)
		return err;
	global->first = policy_ip_from_v4(first);
	global->last = policy_ip_from_v4(last);
	if (policy_accept(p, "netmask")) {
		err = policy_parse_netmask(p, &mask);
		global->mask = policy_mask_from_v4(mask);
	}
	return err ? err : policy_expect_end(p);
}

int policy_stmt_global(struct policy_parser *p)
{
	struct policy_global_stmt stmt = {.parsed.where =
						  policy_where(p, &p->line.tokens[0])};
	struct policy_global_stmt *kept;
	int err = parse_pool_id(p, USAGE_GLOBAL, &stmt.iface, &stmt.parsed.id);

	if (!err)
		err = parse_global(p, &stmt.parsed);
	if (err)
		return err;
	kept = vec_push(&p->globals);
	if (!kept)
		return -ENOMEM;
	*kept = stmt;
	return 0;
}

/* ---- what is said of translations as such ------------------------------- */

/* With it nothing passes to a lower level untranslated: to leave it out would permit
 * more than was meant. */
int policy_stmt_nat_control(struct policy_parser *p)
{
	return policy_fail_unsupported(
		p, &p->line.tokens[0],
		"hosts without a translation keep their addresses here: remove the line, "
		"and deny by an access list what must not pass untranslated");
}

/* xlate per-session, no nat-control: as it is anyway. */
int policy_stmt_xlate(struct policy_parser *p)
{
	return policy_ignore(p, &p->line.tokens[p->at - 1]);
}
