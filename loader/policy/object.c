// SPDX-License-Identifier: GPL-2.0
/*
 * object.c - network objects: an address with a name, and its translation.
 *
 *   object network NAME
 *    host ADDRESS | subnet ADDRESS NETMASK | subnet ADDRESS6/LEN
 *    nat (REAL_IF,MAPPED_IF) static MAPPED|OBJECT [no-proxy-arp]
 *
 * ASA saves the translations apart from the addresses, in blocks opened again.
 * An object may be used before it is declared.
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

#define NAT_USAGE "nat (REAL_IF,MAPPED_IF) static MAPPED"

int policy_object_get(struct policy_parser *p, const struct policy_token *token,
		      size_t *out)
{
	const size_t *found = strmap_find(&p->object_by_name, token->text, token->len);
	struct policy_object *object;

	if (found) {
		*out = *found;
		return 0;
	}
	if (strmap_put(&p->object_by_name, token->text, token->len, p->objects.count) ||
	    !vec_push(&p->objects))
		return -ENOMEM;
	object = vec_push(&p->policy->objects);
	if (!object)
		return -ENOMEM;
	memcpy(object->name, token->text, token->len);
	object->where = policy_where(p, token);
	*out = p->objects.count - 1;
	return 0;
}

int policy_stmt_object(struct policy_parser *p)
{
	const struct policy_token *kind = policy_peek(p);
	const struct policy_token *name;
	size_t index;
	int err;

	p->block = POLICY_BLOCK_UNSUPPORTED;
	if (policy_token_is(kind, "service"))
		return policy_fail_unsupported(
			p, kind, "write the protocol and the port wherever it is used");
	p->block = POLICY_BLOCK_REFUSED_OBJECT;
	if (!policy_accept(p, "network"))
		return policy_fail_expected(p, "a kind of object",
					    "write 'object network NAME'", NULL);
	err = policy_parse_name(p, POLICY_OBJECT_SIZE, "the name of an object", &name);
	if (!err)
		err = policy_object_get(p, name, &index);
	if (err)
		return err;
	p->objects.items[index].declared = true;
	err = policy_expect_end(p);
	if (err) {
		p->objects.items[index].refused = true;
		return err;
	}
	p->block = POLICY_BLOCK_OBJECT;
	p->block_object = index;
	return 0;
}

/* ---- its address ------------------------------------------------------- */

static bool in_object(const struct policy_parser *p)
{
	return p->block == POLICY_BLOCK_OBJECT || p->block == POLICY_BLOCK_REFUSED_OBJECT;
}

static int fail_outside_object(struct policy_parser *p)
{
	const struct policy_token *first = &p->line.tokens[0];
	int err = policy_fail(p, first, E_OUTSIDE_BLOCK,
			      "'%.*s' stands outside of an object block",
			      POLICY_WORD(first));

	return policy_hint(p, err, "put it below 'object network NAME'");
}

/* What it lacks has been reported: its uses are not. */
static int refuse_object(struct policy_parser *p, int err)
{
	if (p->block == POLICY_BLOCK_OBJECT)
		p->objects.items[p->block_object].refused = true;
	return err;
}

static int set_value(struct policy_parser *p, policy_ip addr, policy_ip mask)
{
	struct policy_object *object;
	int err = policy_expect_end(p);

	if (err)
		return refuse_object(p, err);
	if (p->block == POLICY_BLOCK_REFUSED_OBJECT)
		return 0;
	object = &p->policy->objects.items[p->block_object];
	if (object->value && (object->addr != addr || object->mask != mask)) {
		err = policy_fail(p, &p->line.tokens[0], E_OBJECT_TWICE,
				  "object '%s' already is %s, from line %u", object->name,
				  policy_net_text(object->addr, object->mask).text,
				  p->objects.items[p->block_object].value_at.line);
		return policy_hint(p, err,
				   "an object has one address; remove one of the lines, "
				   "or write two objects");
	}
	if (!object->value)
		p->objects.items[p->block_object].value_at =
			policy_where(p, &p->line.tokens[0]);
	object->value = POLICY_VALUE_NET;
	object->addr = addr;
	object->mask = mask;
	return 0;
}

int policy_stmt_host(struct policy_parser *p)
{
	policy_ip addr;
	int err;

	if (!in_object(p))
		return fail_outside_object(p);
	err = policy_parse_ip(p, "an address", &addr);
	return err ? refuse_object(p, err) : set_value(p, addr, POLICY_IP_ONES);
}

int policy_stmt_subnet(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	policy_ip addr = 0, mask = 0;
	unsigned int len;
	uint32_t v4, v4_mask;
	int err;

	if (!in_object(p))
		return fail_outside_object(p);
	if (token->len && memchr(token->text, ':', token->len)) {
		err = policy_parse_prefix6(p, "an address", &addr, &len);
		mask = err ? 0 : policy_mask_from_len(len);
	} else {
		err = policy_parse_address(p, "an address", &v4);
		if (!err)
			err = policy_parse_netmask(p, &v4_mask);
		if (!err) {
			addr = policy_ip_from_v4(v4);
			mask = policy_mask_from_v4(v4_mask);
		}
	}
	if (!err)
		err = policy_check_host_bits(p, token, addr, mask);
	return err ? refuse_object(p, err) : set_value(p, addr, mask);
}

/* range, fqdn: values that an object cannot have here. */
int policy_stmt_no_value(struct policy_parser *p)
{
	int err;

	if (!in_object(p))
		return fail_outside_object(p);
	err = policy_fail_unsupported(p, &p->line.tokens[0],
				      "write 'host ADDRESS' or 'subnet ADDRESS NETMASK'; "
				      "other ranges take several objects");
	return refuse_object(p, err);
}

/* ---- its translation --------------------------------------------------- */

/* Forms of nat that translate something else than address to address. */
static int refuse_other_nat(struct policy_parser *p)
{
	static const struct {
		const char *word;
		const char *hint;
	} forms[] = {
		{"source", "write '" NAT_USAGE "' below the object that is translated"},
		{"after-auto",
		 "write '" NAT_USAGE "' below the object that is translated"},
		{"dynamic", "only static translations are supported"},
		{"interface", "write the mapped address itself"},
		{"service", "ports are not translated; translate the whole address"},
		{"dns", "remove the word; DNS replies are not changed"},
		{"route-lookup", "remove the word; routes are always looked up"},
		{"net-to-net", "remove the word; networks of one size are always so"},
	};
	const struct policy_token *token = policy_peek(p);
	int err;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (policy_token_is(token, forms[i].word)) {
			err = policy_fail(p, token, E_UNSUPPORTED,
					  "'%.*s' is not supported in nat",
					  POLICY_WORD(token));
			return policy_hint(p, err, "%s", forms[i].hint);
		}
	return 0;
}

/* An address, of IPv6 with or without a prefix length; or an object's name. */
static int parse_mapped(struct policy_parser *p, struct policy_static_stmt *stmt)
{
	const struct policy_token *token = policy_peek(p);
	const struct policy_token *name;
	unsigned int len;
	int err;

	stmt->mapped_len = -1;
	stmt->mapped_where = policy_where(p, token);
	if (policy_is_ip6_like(token) && memchr(token->text, '/', token->len)) {
		err = policy_parse_prefix6(p, "the mapped address", &stmt->parsed.mapped,
					   &len);
		stmt->mapped_len = err ? -1 : (int)len;
		return err;
	}
	if (policy_is_ip6_like(token) || policy_is_made_of(token, "0123456789./"))
		return policy_parse_ip(p, "the mapped address", &stmt->parsed.mapped);
	err = policy_parse_name(p, POLICY_OBJECT_SIZE, "the name of an object", &name);
	if (!err)
		err = policy_object_get(p, name, &stmt->parsed.mapped_object);
	return err;
}

static int parse_nat(struct policy_parser *p, struct policy_static_stmt *stmt)
{
	static const char *const words[] = {"static", "no-proxy-arp", NULL};
	int err = policy_parse_iface_pair(p, NAT_USAGE, stmt);

	if (!err)
		err = refuse_other_nat(p);
	if (err)
		return err;
	if (!policy_accept(p, words[0]))
		return policy_fail_expected(p, "the word 'static'",
					    "write '" NAT_USAGE "'", words);
	err = refuse_other_nat(p);
	if (!err)
		err = parse_mapped(p, stmt);
	if (!err)
		err = refuse_other_nat(p);
	if (err)
		return err;
	stmt->parsed.no_proxy_arp = policy_accept(p, words[1]);
	return policy_expect_end(p);
}

int policy_stmt_nat(struct policy_parser *p)
{
	struct policy_static_stmt stmt = {
		.parsed = {.object = p->block_object, .mapped_object = POLICY_NO_OBJECT},
	};
	struct policy_object_state *state;
	struct policy_static_stmt *kept;
	int err;

	if (!in_object(p))
		return policy_fail_unsupported(p, &p->line.tokens[0],
					       "only static translations are: 'object "
					       "network NAME', below it 'host REAL' and "
					       "'" NAT_USAGE "'");
	stmt.parsed.where = policy_where(p, &p->line.tokens[0]);
	err = parse_nat(p, &stmt);
	if (err || p->block == POLICY_BLOCK_REFUSED_OBJECT)
		return err;
	state = &p->objects.items[p->block_object];
	if (state->nat_at.line) {
		err = policy_fail(p, &p->line.tokens[0], E_STATIC_TWICE,
				  "object '%s' already has a translation, from line %u",
				  p->policy->objects.items[p->block_object].name,
				  state->nat_at.line);
		return policy_hint(p, err,
				   "write an object of its own for each translation");
	}
	state->nat_at = stmt.parsed.where;
	kept = vec_push(&p->statics);
	if (!kept)
		return -ENOMEM;
	*kept = stmt;
	return 0;
}
