// SPDX-License-Identifier: GPL-2.0
/*
 * sets_service.c - see sets.h: protocols, ports and ICMP types.
 *
 * All of them are written as services: ports and ICMP types (type << 8 | code) are a
 * range of destination ports, protocols have every port. A line is then a product of
 * protocols, source ports and destination ports, or the set of a service group.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sets_internal.h"

#define MAX_RANGES 2 /* `neq` */
#define ICMP_CODES 256u

/* Bits of a line's condition for flags that must be clear (abi_acl.h). */
#define CLEAR_SHIFT 6

typedef VEC(struct acl_service) service_vec;

/* What a line with groups says, and nothing else: bytes compare. */
struct rule_services_key {
	uint64_t refs[4]; /* protocol, source ports, destination ports, ICMP types */
	uint16_t ports[4];
	uint16_t cond;
	uint8_t kinds[6];
};

_Static_assert(sizeof(struct rule_services_key) == 4 * 8 + 4 * 2 + 2 + 6,
	       "rule_services_key has padding");

static const struct acl_service every_service = {
	.src_port_high = UINT16_MAX,
	.dst_port_high = UINT16_MAX,
};

static struct acl_service port_range(unsigned int low, unsigned int high)
{
	struct acl_service range = every_service;

	range.dst_port_low = (uint16_t)low;
	range.dst_port_high = (uint16_t)high;
	return range;
}

/* ---- terms ---------------------------------------------------------------- */

/* Inclusive ranges of an operator. Return: how many, 0 if nothing matches. */
static uint32_t op_ranges(const struct policy_ports *ports, struct acl_service *out)
{
	uint32_t n = 0;

	switch (ports->op) {
	case POLICY_PORT_GROUP:
	case POLICY_PORT_ANY:
		out[n++] = every_service;
		break;
	case POLICY_PORT_EQ:
		out[n++] = port_range(ports->low, ports->low);
		break;
	case POLICY_PORT_RANGE:
		out[n++] = port_range(ports->low, ports->high);
		break;
	case POLICY_PORT_LT:
	case POLICY_PORT_GT:
	case POLICY_PORT_NEQ:
		if (ports->op != POLICY_PORT_GT && ports->low > 0)
			out[n++] = port_range(0, ports->low - 1u);
		if (ports->op != POLICY_PORT_LT && ports->low < UINT16_MAX)
			out[n++] = port_range(ports->low + 1u, UINT16_MAX);
		break;
	}
	return n;
}

/* Type and code stand where a destination port would. */
static struct acl_service icmp_range(enum policy_icmp_match match, uint8_t type,
				     uint8_t code)
{
	unsigned int first = type * ICMP_CODES;

	if (match == POLICY_ICMP_TYPE)
		return port_range(first, first + ICMP_CODES - 1);
	if (match == POLICY_ICMP_TYPE_CODE)
		return port_range(first + code, first + code);
	return every_service;
}

/* Protocols, source ports and destination ports, as services. */
struct product {
	struct known_services protos;
	struct known_services src;
	struct known_services dst;
};

static void multiply(const struct product *product, uint16_t cond,
		     struct acl_service *out)
{
	for (uint32_t p = 0; p < product->protos.count; p++)
		for (uint32_t s = 0; s < product->src.count; s++)
			for (uint32_t d = 0; d < product->dst.count; d++) {
				*out = product->protos.items[p];
				out->src_port_low = product->src.items[s].dst_port_low;
				out->src_port_high = product->src.items[s].dst_port_high;
				out->dst_port_low = product->dst.items[d].dst_port_low;
				out->dst_port_high = product->dst.items[d].dst_port_high;
				out++->cond = cond;
			}
}

static int keep_product(struct policy_sets *sets, const struct product *product,
			uint16_t cond, struct known_services *out)
{
	uint64_t count = (uint64_t)product->protos.count * product->src.count;
	struct acl_service *items;

	/* Three factors of 20 bits each. */
	count *= product->dst.count;
	if (count > POLICY_MAX_SET)
		return -E2BIG;
	items = policy_sets_alloc(sets, count * sizeof(*items));
	if (!items)
		return -ENOMEM;
	multiply(product, cond, items);
	*out = (struct known_services){items, (uint32_t)count};
	return 0;
}

static int expand_term(struct policy_sets *sets, const struct policy_service_term *term,
		       struct known_services *out)
{
	struct acl_service protos[2] = {every_service, every_service};
	struct acl_service src[MAX_RANGES], dst[MAX_RANGES];
	struct product product = {
		.protos = {protos, term->tcp_udp ? 2 : 1},
		.src = {src, op_ranges(&term->src_ports, src)},
		.dst = {dst, op_ranges(&term->dst_ports, dst)},
	};

	protos[0].any_proto = term->any_proto;
	protos[0].proto = term->proto;
	protos[1].proto = IPPROTO_UDP;
	if (term->icmp != POLICY_ICMP_ANY)
		dst[0] = icmp_range(term->icmp, term->icmp_type, term->icmp_code);
	return keep_product(sets, &product, 0, out);
}

int policy_term_services(struct policy_sets *sets, const struct policy_service_term *term,
			 struct policy_service_set *out)
{
	struct known_services services = {0};
	int err = expand_term(sets, term, &services);

	if (!err)
		*out = (struct policy_service_set){services.items, services.count};
	return err;
}

/* ---- objects and groups --------------------------------------------------- */

static int expand_object(struct policy_sets *sets, size_t index,
			 struct known_services *out)
{
	struct known_services *known = &sets->object_services[index];
	int err = 0;

	if (!known->items)
		err = expand_term(sets, &sets->policy->objects.items[index].service,
				  known);
	if (!err)
		*out = *known;
	return err;
}

/* Bytes are compared: acl_service has no padding. */
static int compare_services(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct acl_service));
}

_Static_assert(sizeof(struct acl_service) == 12, "acl_service has padding");

static void settle(service_vec *services)
{
	size_t kept = 0;

	if (!services->count)
		return;
	qsort(services->items, services->count, sizeof(*services->items),
	      compare_services);
	for (size_t i = 1; i < services->count; i++)
		if (compare_services(&services->items[kept], &services->items[i]) != 0)
			services->items[++kept] = services->items[i];
	services->count = kept + 1;
}

static int keep(struct policy_sets *sets, const service_vec *services,
		struct known_services *out)
{
	struct acl_service *items;
	int err = policy_sets_reserve(sets, services->count);

	if (err)
		return err;
	items = policy_sets_alloc(sets, services->count * sizeof(*items));
	if (!items)
		return -ENOMEM;
	if (services->count)
		memcpy(items, services->items, services->count * sizeof(*items));
	*out = (struct known_services){items, (uint32_t)services->count};
	return 0;
}

static int expand_group(struct policy_sets *sets, size_t index,
			struct known_services *out);

static int add_member(struct policy_sets *sets, const struct policy_member *member,
		      service_vec *out)
{
	struct known_services of_member = {0};
	int err = 0;

	if (member->kind == POLICY_MEMBER_GROUP)
		err = expand_group(sets, member->ref, &of_member);
	else if (member->kind == POLICY_MEMBER_OBJECT)
		err = expand_object(sets, member->ref, &of_member);
	else if (member->kind == POLICY_MEMBER_SERVICE)
		err = expand_term(sets, &member->service, &of_member);
	for (uint32_t i = 0; !err && i < of_member.count; i++) {
		struct acl_service *service = vec_push(out);

		if (!service)
			return -ENOMEM;
		*service = of_member.items[i];
	}
	if (!err && out->count > 2 * (size_t)POLICY_MAX_SET)
		return -E2BIG;
	return err;
}

/* Recursive; groups nest no deeper than POLICY_MAX_DEPTH. */
static int expand_group(struct policy_sets *sets, size_t index,
			struct known_services *out)
{
	const struct policy_group *group = &sets->policy->groups.items[index];
	struct known_services *known = &sets->group_services[index];
	service_vec services = {0};
	int err = 0;

	if (!known->items) {
		for (size_t i = 0; !err && i < group->members.count; i++)
			err = add_member(sets, &group->members.items[i], &services);
		settle(&services);
		if (!err)
			err = keep(sets, &services, known);
		vec_free(&services);
	}
	if (!err)
		*out = *known;
	return err;
}

/* ---- lines ---------------------------------------------------------------- */

static uint16_t rule_condition(const struct policy_rule *rule)
{
	const struct policy_tcp_flags *flags = &rule->tcp_flags;

	return (uint16_t)(flags->set | flags->clear << CLEAR_SHIFT |
			  (flags->any ? ACL_COND_ANY : 0) |
			  (rule->fragments ? ACL_COND_FRAGMENTS : 0));
}

static bool has_groups(const struct policy_rule *rule)
{
	return rule->proto_kind != POLICY_PROTO_ONE ||
	       rule->src_ports.op == POLICY_PORT_GROUP ||
	       rule->dst_ports.op == POLICY_PORT_GROUP || rule->icmp == POLICY_ICMP_GROUP;
}

/* The whole set of services, where a line names one. */
static bool names_services(const struct policy_sets *sets, const struct policy_rule *rule)
{
	return rule->proto_kind == POLICY_PROTO_OBJECT ||
	       (rule->proto_kind == POLICY_PROTO_GROUP &&
		sets->policy->groups.items[rule->proto_ref].kind == POLICY_GROUP_SERVICE);
}

static int named_services(struct policy_sets *sets, const struct policy_rule *rule,
			  uint16_t cond, struct known_services *out)
{
	struct known_services named = {0};
	struct acl_service *items;
	int err = rule->proto_kind == POLICY_PROTO_OBJECT
			  ? expand_object(sets, rule->proto_ref, &named)
			  : expand_group(sets, rule->proto_ref, &named);

	if (err)
		return err;
	if (cond) {
		items = policy_sets_alloc(sets, named.count * sizeof(*items));
		if (!items)
			return -ENOMEM;
		for (uint32_t i = 0; i < named.count; i++) {
			items[i] = named.items[i];
			items[i].cond = cond;
		}
		named.items = items;
	}
	*out = named;
	return 0;
}

static int port_set(struct policy_sets *sets, const struct policy_ports *ports,
		    struct acl_service *room, struct known_services *out)
{
	if (ports->op == POLICY_PORT_GROUP)
		return expand_group(sets, ports->group, out);
	*out = (struct known_services){room, op_ranges(ports, room)};
	return 0;
}

static int expand_rule(struct policy_sets *sets, const struct policy_rule *rule,
		       uint16_t cond, struct known_services *out)
{
	struct acl_service proto = every_service, src[MAX_RANGES], dst[MAX_RANGES];
	struct product product = {.protos = {&proto, 1}};
	int err = 0;

	proto.any_proto = rule->any_proto;
	proto.proto = rule->proto;
	if (rule->proto_kind == POLICY_PROTO_GROUP)
		err = expand_group(sets, rule->proto_ref, &product.protos);
	if (!err)
		err = port_set(sets, &rule->src_ports, src, &product.src);
	if (!err && rule->icmp == POLICY_ICMP_GROUP)
		err = expand_group(sets, rule->icmp_group, &product.dst);
	else if (!err)
		err = port_set(sets, &rule->dst_ports, dst, &product.dst);
	if (err)
		return err;
	if (rule->icmp == POLICY_ICMP_TYPE || rule->icmp == POLICY_ICMP_TYPE_CODE)
		dst[0] = icmp_range(rule->icmp, rule->icmp_type, rule->icmp_code);
	return keep_product(sets, &product, cond, out);
}

static struct rule_services_key key_of(const struct policy_rule *rule, uint16_t cond)
{
	return (struct rule_services_key){
		.refs = {rule->proto_ref, rule->src_ports.group, rule->dst_ports.group,
			 rule->icmp_group},
		.ports = {rule->src_ports.low, rule->src_ports.high, rule->dst_ports.low,
			  rule->dst_ports.high},
		.cond = cond,
		.kinds = {(uint8_t)(rule->proto_kind << 1 | rule->any_proto), rule->proto,
			  (uint8_t)(rule->src_ports.op << 4 | rule->dst_ports.op),
			  (uint8_t)rule->icmp, rule->icmp_type, rule->icmp_code},
	};
}

/* Lines that name the same groups in the same way share one product. */
static int shared_services(struct policy_sets *sets, const struct policy_rule *rule,
			   uint16_t cond, struct known_services *out)
{
	struct rule_services_key key = key_of(rule, cond), *kept;
	const size_t *found = strmap_find(&sets->rules, (const char *)&key, sizeof(key));
	struct known_services *entry;
	int err;

	if (found) {
		*out = sets->of_rules.items[*found];
		return 0;
	}
	err = names_services(sets, rule) ? named_services(sets, rule, cond, out)
					 : expand_rule(sets, rule, cond, out);
	if (!err)
		err = policy_sets_reserve(sets, out->count);
	if (err)
		return err;
	kept = policy_sets_alloc(sets, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = key;
	if (strmap_put(&sets->rules, (const char *)kept, sizeof(*kept),
		       sets->of_rules.count))
		return -ENOMEM;
	entry = vec_push(&sets->of_rules);
	if (!entry)
		return -ENOMEM;
	*entry = *out;
	return 0;
}

int policy_rule_services(struct policy_sets *sets, const struct policy_rule *rule,
			 struct policy_service_set *out)
{
	struct known_services services = {0};
	uint16_t cond = rule_condition(rule);
	int err = has_groups(rule) ? shared_services(sets, rule, cond, &services)
				   : expand_rule(sets, rule, cond, &services);

	if (!err)
		*out = (struct policy_service_set){services.items, services.count};
	return err;
}
