// SPDX-License-Identifier: GPL-2.0
/*
 * object.c - objects: an address or a service with a name.
 *
 *   object network NAME
 *    host ADDRESS | subnet ADDRESS NETMASK | subnet ADDRESS6/LEN
 *    | range ADDRESS ADDRESS | fqdn [v4|v6] DOMAIN
 *    description TEXT
 *   object service NAME
 *    service PROTO [source OP PORT] [destination OP PORT] | icmp [TYPE [CODE]]
 *    description TEXT
 *
 * ASA saves the translations apart from the addresses, in blocks opened again.
 * An object may be used before it is declared.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lists.h"

static const char *const kind_words[] = {
	[POLICY_OBJECT_NETWORK] = "network",
	[POLICY_OBJECT_SERVICE] = "service",
	NULL,
};

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

int policy_parse_object_ref(struct policy_parser *p, size_t *out)
{
	const struct policy_token *name;
	int err =
		policy_parse_name(p, POLICY_OBJECT_SIZE, "the name of an object", &name);

	return err ? err : policy_object_get(p, name, out);
}

static int fail_other_kind(struct policy_parser *p, const struct policy_token *name,
			   const struct policy_object *object)
{
	int err = policy_fail(p, name, E_OBJECT_KIND,
			      "'%s' already is an object of kind %s, from line %u",
			      object->name, kind_words[object->kind], object->where.line);

	return policy_hint(p, err, "give it another name");
}

/* The kind and the name have been consumed. */
static int open_object(struct policy_parser *p, enum policy_object_kind kind,
		       const struct policy_token *name)
{
	struct policy_object_state *state;
	struct policy_object *object;
	size_t index;
	int err;

	if (policy_object_get(p, name, &index))
		return -ENOMEM;
	policy_own(p, POLICY_OWNER_OBJECT, index);
	object = &p->policy->objects.items[index];
	state = &p->objects.items[index];
	if (state->declared && object->kind != kind)
		return fail_other_kind(p, name, object);
	state->declared = true;
	object->kind = kind;
	err = policy_expect_end(p);
	if (err) {
		state->refused = true;
		return err;
	}
	p->block = POLICY_BLOCK_OBJECT;
	p->block_object = index;
	return 0;
}

int policy_stmt_object(struct policy_parser *p)
{
	const struct policy_token *name;
	enum policy_object_kind kind;
	int err;

	p->block = POLICY_BLOCK_REFUSED_OBJECT;
	if (policy_accept(p, kind_words[POLICY_OBJECT_NETWORK]))
		kind = POLICY_OBJECT_NETWORK;
	else if (policy_accept(p, kind_words[POLICY_OBJECT_SERVICE]))
		kind = POLICY_OBJECT_SERVICE;
	else
		return policy_fail_expected(p, "a kind of object",
					    "write 'object network NAME' or 'object "
					    "service NAME'",
					    kind_words);
	err = policy_parse_name(p, POLICY_OBJECT_SIZE, "the name of an object", &name);
	return err ? err : open_object(p, kind, name);
}

/* ---- its value ---------------------------------------------------------- */

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

	return policy_hint(
		p, err, "put it below 'object %s NAME'",
		kind_words[policy_token_is(first, "service") ? POLICY_OBJECT_SERVICE
							     : POLICY_OBJECT_NETWORK]);
}

/* What it lacks has been reported: its uses are not. */
static int refuse_object(struct policy_parser *p, int err)
{
	if (p->block == POLICY_BLOCK_OBJECT)
		p->objects.items[p->block_object].refused = true;
	return err;
}

/* The line is about the object whose block is open. Return: 0; 1 if that is refused and
 * its lines with it; -EINVAL; -ENOMEM. */
static int enter_object(struct policy_parser *p, enum policy_object_kind kind)
{
	const struct policy_object *object;
	int err;

	if (!in_object(p))
		return fail_outside_object(p);
	if (p->block == POLICY_BLOCK_REFUSED_OBJECT)
		return 1;
	policy_own(p, POLICY_OWNER_OBJECT, p->block_object);
	object = &p->policy->objects.items[p->block_object];
	if (object->kind == kind)
		return 0;
	err = policy_fail(p, &p->line.tokens[0], E_OBJECT_KIND,
			  "'%s' is an object of kind %s, which has no '%.*s'",
			  object->name, kind_words[object->kind],
			  POLICY_WORD(&p->line.tokens[0]));
	return refuse_object(p, policy_hint(p, err, "write 'object %s NAME' before it",
					    kind_words[kind]));
}

static bool same_ports(const struct policy_ports *a, const struct policy_ports *b)
{
	return a->op == b->op && a->low == b->low && a->high == b->high;
}

static bool same_service(const struct policy_service_term *a,
			 const struct policy_service_term *b)
{
	return a->any_proto == b->any_proto && a->tcp_udp == b->tcp_udp &&
	       a->proto == b->proto && same_ports(&a->src_ports, &b->src_ports) &&
	       same_ports(&a->dst_ports, &b->dst_ports) && a->icmp == b->icmp &&
	       a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code;
}

static bool same_value(const struct policy_object *a, const struct policy_object *b)
{
	return a->value == b->value && a->addr == b->addr && a->mask == b->mask &&
	       a->last == b->last && a->fqdn_family == b->fqdn_family &&
	       (!a->fqdn || !b->fqdn || !strcasecmp(a->fqdn, b->fqdn)) &&
	       same_service(&a->service, &b->service);
}

static int fail_twice(struct policy_parser *p, const struct policy_object *object)
{
	unsigned int line = p->objects.items[p->block_object].value_at.line;
	int err = policy_fail(p, &p->line.tokens[0], E_OBJECT_TWICE,
			      "object '%s' already has a value, from line %u",
			      object->name, line);

	if (object->kind == POLICY_OBJECT_NETWORK)
		return policy_hint(p, err,
				   "an object has one address; remove one of the lines, "
				   "or write two objects and an object-group");
	return policy_hint(p, err,
			   "an object has one service; remove one of the lines, or write "
			   "two objects and an object-group");
}

/* @value: what the line says; its fqdn is taken over. */
static int set_value(struct policy_parser *p, struct policy_object *value)
{
	struct policy_object *object;
	int err = policy_expect_end(p);

	object = &p->policy->objects.items[p->block_object];
	if (!err && object->value && !same_value(object, value))
		err = fail_twice(p, object);
	if (err || object->value) {
		free(value->fqdn);
		return err ? refuse_object(p, err) : 0;
	}
	p->objects.items[p->block_object].value_at = policy_where(p, &p->line.tokens[0]);
	object->value = value->value;
	object->addr = value->addr;
	object->mask = value->mask;
	object->last = value->last;
	object->service = value->service;
	object->fqdn = value->fqdn;
	object->fqdn_family = value->fqdn_family;
	return 0;
}

int policy_stmt_host(struct policy_parser *p)
{
	struct policy_object value = {.value = POLICY_VALUE_NET, .mask = POLICY_IP_ONES};
	int err = enter_object(p, POLICY_OBJECT_NETWORK);

	if (err)
		return err > 0 ? 0 : err;
	err = policy_parse_ip(p, "an address", &value.addr);
	return err ? refuse_object(p, err) : set_value(p, &value);
}

int policy_stmt_subnet(struct policy_parser *p)
{
	struct policy_object value = {.value = POLICY_VALUE_NET};
	const struct policy_token *token = policy_peek(p);
	unsigned int len;
	uint32_t v4, v4_mask;
	int err = enter_object(p, POLICY_OBJECT_NETWORK);

	if (err)
		return err > 0 ? 0 : err;
	if (token->len && memchr(token->text, ':', token->len)) {
		err = policy_parse_prefix6(p, "an address", &value.addr, &len);
		value.mask = err ? 0 : policy_mask_from_len(len);
	} else {
		err = policy_parse_address(p, "an address", &v4);
		if (!err)
			err = policy_parse_netmask(p, &v4_mask);
		if (!err) {
			value.addr = policy_ip_from_v4(v4);
			value.mask = policy_mask_from_v4(v4_mask);
		}
	}
	if (!err)
		err = policy_check_host_bits(p, token, value.addr, value.mask);
	return err ? refuse_object(p, err) : set_value(p, &value);
}

static int fail_range(struct policy_parser *p, const struct policy_token *token,
		      const struct policy_object *value)
{
	int err;

	if (policy_ip_is_v4(value->addr) != policy_ip_is_v4(value->last)) {
		err = policy_fail(p, token, E_FAMILY,
				  "the range begins with IPv%d and ends with IPv%d",
				  policy_ip_is_v4(value->addr) ? 4 : 6,
				  policy_ip_is_v4(value->last) ? 4 : 6);
		return policy_hint(p, err, "write one object for each family");
	}
	err = policy_fail(p, token, E_ADDRESS, "the range begins above its end");
	return policy_hint(p, err, "write range %s %s", policy_ip_text(value->last).text,
			   policy_ip_text(value->addr).text);
}

/* As numbers, all IPv4 addresses are within some ranges of IPv6, and not meant. */
int policy_stmt_range(struct policy_parser *p)
{
	struct policy_object value = {.value = POLICY_VALUE_RANGE};
	const struct policy_token *token = policy_peek(p);
	int err = enter_object(p, POLICY_OBJECT_NETWORK);

	if (err)
		return err > 0 ? 0 : err;
	err = policy_parse_ip(p, "the first address of the range", &value.addr);
	if (!err)
		err = policy_parse_ip(p, "the last address of the range", &value.last);
	if (!err && (policy_ip_is_v4(value.addr) != policy_ip_is_v4(value.last) ||
		     value.addr > value.last))
		err = fail_range(p, token, &value);
	return err ? refuse_object(p, err) : set_value(p, &value);
}

/* Which addresses a name of the DNS has is not known here: refused if it is in use. The
 * object keeps it all the same, to be printed. */
int policy_stmt_fqdn(struct policy_parser *p)
{
	struct policy_object value = {.value = POLICY_VALUE_FQDN};
	const struct policy_token *name;
	int err = enter_object(p, POLICY_OBJECT_NETWORK);

	if (err)
		return err > 0 ? 0 : err;
	if (policy_accept(p, "v4"))
		value.fqdn_family = POLICY_FAMILY_V4;
	else if (policy_accept(p, "v6"))
		value.fqdn_family = POLICY_FAMILY_V6;
	err = policy_parse_name(p, POLICY_LINE_BYTES, "the name of a host", &name);
	if (err)
		return refuse_object(p, err);
	value.fqdn = strndup(name->text, name->len);
	if (!value.fqdn)
		return -ENOMEM;
	err = set_value(p, &value);
	if (err)
		return err;
	err = policy_fail_unsupported(p, &p->line.tokens[0],
				      "names of the DNS are not looked up: write 'host' "
				      "and the address");
	return refuse_object(p, err);
}

int policy_stmt_service(struct policy_parser *p)
{
	struct policy_object value = {.value = POLICY_VALUE_SERVICE};
	int err = enter_object(p, POLICY_OBJECT_SERVICE);

	if (err)
		return err > 0 ? 0 : err;
	err = policy_parse_service_term(p, &value.service);
	return err ? refuse_object(p, err) : set_value(p, &value);
}

/* `no host ...` and its like: the object has no value again. */
int policy_stmt_no_value(struct policy_parser *p)
{
	struct policy_object *object;

	if (!in_object(p))
		return fail_outside_object(p);
	if (p->block == POLICY_BLOCK_REFUSED_OBJECT)
		return 0;
	object = &p->policy->objects.items[p->block_object];
	free(object->fqdn);
	object->fqdn = NULL;
	object->value = POLICY_VALUE_NONE;
	return 0;
}

int policy_describe_object(struct policy_parser *p)
{
	struct policy_object *object = &p->policy->objects.items[p->block_object];

	free(object->description);
	object->description = policy_rest_of_line(p);
	return object->description ? 0 : -ENOMEM;
}
