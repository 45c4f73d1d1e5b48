// SPDX-License-Identifier: GPL-2.0
/*
 * sets.c - see sets.h: addresses; services are in sets_service.c.
 *
 * A group's set is sorted and has nothing twice, so what groups within groups repeat
 * does not add up. IPv4 comes first: the set of one family is a part of that of both.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/sets_internal.h"

typedef VEC(struct acl_prefix) prefix_vec;

static const struct acl_prefix everything[ACL_N_FAMILIES] = {
	[ACL_IPV4] = {.family = ACL_IPV4},
	[ACL_IPV6] = {.family = ACL_IPV6},
};

struct policy_sets *policy_sets_new(const struct policy *policy)
{
	struct policy_sets *sets = calloc(1, sizeof(*sets));
	size_t n_objects = policy->objects.count, n_groups = policy->groups.count;

	if (!sets)
		return NULL;
	sets->policy = policy;
	sets->objects = policy_sets_alloc(sets, n_objects * sizeof(*sets->objects));
	sets->groups = policy_sets_alloc(sets, n_groups * sizeof(*sets->groups));
	sets->object_services =
		policy_sets_alloc(sets, n_objects * sizeof(*sets->object_services));
	sets->group_services =
		policy_sets_alloc(sets, n_groups * sizeof(*sets->group_services));
	if (sets->objects && sets->groups && sets->object_services &&
	    sets->group_services)
		return sets;
	policy_sets_free(sets);
	return NULL;
}

void policy_sets_free(struct policy_sets *sets)
{
	if (!sets)
		return;
	strmap_free(&sets->rules);
	vec_free(&sets->of_rules);
	arena_free(&sets->arena);
	free(sets);
}

void *policy_sets_alloc(struct policy_sets *sets, size_t bytes)
{
	return arena_alloc(&sets->arena, bytes);
}

int policy_sets_reserve(struct policy_sets *sets, uint64_t count)
{
	if (count > POLICY_MAX_SET || count > POLICY_MAX_ALL_SETS - sets->n_all)
		return -E2BIG;
	sets->n_all += (uint32_t)count;
	return 0;
}

/* ---- prefixes ----------------------------------------------------------- */

/* @len: of the mask, 0..128; of IPv4 at least POLICY_V4_BITS */
static struct acl_prefix prefix_of(policy_ip addr, unsigned int len, bool v4)
{
	if (v4)
		return (struct acl_prefix){
			.low = (uint32_t)addr,
			.len = (uint8_t)(len - POLICY_V4_BITS),
			.family = ACL_IPV4,
		};
	return (struct acl_prefix){
		.high = (uint64_t)(addr >> 64),
		.low = (uint64_t)addr,
		.len = (uint8_t)len,
		.family = ACL_IPV6,
	};
}

static int add_prefix(prefix_vec *out, policy_ip addr, unsigned int len, bool v4)
{
	struct acl_prefix *prefix = vec_push(out);

	if (!prefix)
		return -ENOMEM;
	*prefix = prefix_of(addr, len, v4);
	return 0;
}

/* The bits of @number where @mask has zeros, from its last one on upwards. */
static policy_ip spread(unsigned int number, policy_ip mask)
{
	policy_ip out = 0, bit = 1;

	while (!(mask & bit))
		bit <<= 1;
	for (; number; bit <<= 1) {
		if (mask & bit)
			continue;
		if (number & 1)
			out |= bit;
		number >>= 1;
	}
	return out;
}

/* One prefix, or as many as the zeros among the ones of a mask have values. */
static int add_net(prefix_vec *out, policy_ip addr, policy_ip mask)
{
	unsigned int holes = policy_mask_holes(mask);
	unsigned int len = policy_mask_len(mask) + holes;
	bool v4 = policy_ip_is_v4(addr);
	int err = holes ? 0 : add_prefix(out, addr, len, v4);

	for (unsigned int i = 0; holes && !err && i < 1u << holes; i++)
		err = add_prefix(out, addr | spread(i, mask), len, v4);
	return err;
}

/* The largest network that begins with @first and does not go beyond @last. */
static unsigned int widest_len(policy_ip first, policy_ip last, unsigned int least)
{
	unsigned int len = POLICY_IP_BITS;

	while (len > least && !(first & ~policy_mask_from_len(len - 1)) &&
	       (first | ~policy_mask_from_len(len - 1)) <= last)
		len--;
	return len;
}

/* Two for each bit of an address at most. As numbers, all IPv4 addresses are within
 * some ranges of IPv6: the family is that of the range. */
static int add_range(prefix_vec *out, policy_ip first, policy_ip last)
{
	bool v4 = policy_ip_is_v4(first);

	for (;;) {
		unsigned int len = widest_len(first, last, v4 ? POLICY_V4_BITS : 0);
		policy_ip end = first | ~policy_mask_from_len(len);

		if (add_prefix(out, first, len, v4))
			return -ENOMEM;
		if (end >= last)
			return 0;
		first = end + 1;
	}
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct acl_prefix *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (int)x->len - (int)y->len;
}

/* @outer sorts before @inner. */
static bool covers(const struct acl_prefix *outer, const struct acl_prefix *inner)
{
	unsigned int len = outer->len + (outer->family == ACL_IPV4 ? POLICY_V4_BITS : 0);
	policy_ip mask = policy_mask_from_len(len);
	policy_ip differs = (policy_ip)(outer->high ^ inner->high) << 64 |
			    (outer->low ^ inner->low);

	return outer->family == inner->family && !(differs & mask);
}

/* Sort, and drop what another one covers. */
static void settle(prefix_vec *prefixes)
{
	size_t kept = 0;

	if (!prefixes->count)
		return;
	qsort(prefixes->items, prefixes->count, sizeof(*prefixes->items),
	      compare_prefixes);
	for (size_t i = 1; i < prefixes->count; i++)
		if (!covers(&prefixes->items[kept], &prefixes->items[i]))
			prefixes->items[++kept] = prefixes->items[i];
	prefixes->count = kept + 1;
}

/* ---- objects and groups ------------------------------------------------- */

/* Keep what was collected. */
static int keep(struct policy_sets *sets, const prefix_vec *prefixes,
		struct known_addrs *out)
{
	struct acl_prefix *items;
	int err = policy_sets_reserve(sets, prefixes->count);

	if (err)
		return err;
	items = policy_sets_alloc(sets, prefixes->count * sizeof(*items));
	if (!items)
		return -ENOMEM;
	if (prefixes->count)
		memcpy(items, prefixes->items, prefixes->count * sizeof(*items));
	for (size_t i = 0; i < prefixes->count; i++) {
		out->n_v4 += items[i].family == ACL_IPV4;
		out->n_v6 += items[i].family == ACL_IPV6;
	}
	out->items = items;
	return 0;
}

static int expand_object(struct policy_sets *sets, size_t index)
{
	const struct policy_object *object = &sets->policy->objects.items[index];
	prefix_vec prefixes = {0};
	int err = 0;

	if (sets->objects[index].items)
		return 0;
	if (object->value == POLICY_VALUE_NET)
		err = add_net(&prefixes, object->addr, object->mask);
	else if (object->value == POLICY_VALUE_RANGE)
		err = add_range(&prefixes, object->addr, object->last);
	if (!err)
		err = keep(sets, &prefixes, &sets->objects[index]);
	vec_free(&prefixes);
	return err;
}

static int expand_group(struct policy_sets *sets, size_t index);

/* What a member of a group is. @known: its set, if it has a name */
static int add_member(struct policy_sets *sets, const struct policy_member *member,
		      prefix_vec *out, const struct known_addrs **known)
{
	int err = 0;

	*known = NULL;
	if (member->kind == POLICY_MEMBER_GROUP) {
		err = expand_group(sets, member->ref);
		*known = &sets->groups[member->ref];
	} else if (member->kind == POLICY_MEMBER_ADDR &&
		   member->addr.kind == POLICY_ADDR_OBJECT) {
		err = expand_object(sets, member->addr.ref);
		*known = &sets->objects[member->addr.ref];
	} else if (member->kind == POLICY_MEMBER_ADDR) {
		err = add_net(out, member->addr.addr, member->addr.mask);
	}
	if (err || !*known)
		return err;
	for (uint32_t i = 0; i < (*known)->n_v4 + (*known)->n_v6; i++) {
		struct acl_prefix *prefix = vec_push(out);

		if (!prefix)
			return -ENOMEM;
		*prefix = (*known)->items[i];
	}
	/* Sets that overlap shrink when they are settled, but not without bound. */
	return out->count > 2 * (size_t)POLICY_MAX_SET ? -E2BIG : 0;
}

/* Recursive; groups nest no deeper than POLICY_MAX_DEPTH. */
static int expand_group(struct policy_sets *sets, size_t index)
{
	const struct policy_group *group = &sets->policy->groups.items[index];
	const struct known_addrs *known = NULL;
	prefix_vec prefixes = {0};
	size_t n_members = 0;
	int err = 0;

	if (sets->groups[index].items)
		return 0;
	for (size_t i = 0; !err && i < group->members.count; i++) {
		const struct policy_member *member = &group->members.items[i];

		if (member->kind == POLICY_MEMBER_REMARK)
			continue;
		n_members++;
		err = add_member(sets, member, &prefixes, &known);
	}
	if (!err && n_members == 1 && known) {
		sets->groups[index] = *known; /* another name for the same */
	} else if (!err) {
		settle(&prefixes);
		err = keep(sets, &prefixes, &sets->groups[index]);
	}
	vec_free(&prefixes);
	return err;
}

/* ---- ends of lines ------------------------------------------------------ */

static struct policy_addr_set part_of(const struct known_addrs *known,
				      enum policy_family family)
{
	if (family == POLICY_FAMILY_V4)
		return (struct policy_addr_set){known->items, known->n_v4};
	if (family == POLICY_FAMILY_V6)
		return (struct policy_addr_set){known->items + known->n_v4, known->n_v6};
	return (struct policy_addr_set){known->items, known->n_v4 + known->n_v6};
}

static struct policy_addr_set every_address(enum policy_family family)
{
	return (struct policy_addr_set){
		&everything[family == POLICY_FAMILY_V6 ? ACL_IPV6 : ACL_IPV4],
		family == POLICY_FAMILY_BOTH ? ACL_N_FAMILIES : 1,
	};
}

/* A mask with zeros among its ones. */
static int many_networks(struct policy_sets *sets, policy_ip addr, policy_ip mask,
			 struct policy_addr_set *out)
{
	struct known_addrs known = {0};
	prefix_vec prefixes = {0};
	int err = add_net(&prefixes, addr, mask);

	if (!err)
		err = keep(sets, &prefixes, &known);
	if (!err)
		*out = (struct policy_addr_set){known.items, known.n_v4 + known.n_v6};
	vec_free(&prefixes);
	return err;
}

/* One network, unless it is of another family than @family. */
static int one_network(struct policy_sets *sets, policy_ip addr, policy_ip mask,
		       enum policy_family family, struct policy_addr_set *out)
{
	bool v4 = policy_ip_is_v4(addr);
	struct acl_prefix *prefix;

	if (family == (v4 ? POLICY_FAMILY_V6 : POLICY_FAMILY_V4)) {
		*out = (struct policy_addr_set){everything, 0};
		return 0;
	}
	if (policy_mask_holes(mask))
		return many_networks(sets, addr, mask, out);
	prefix = policy_sets_alloc(sets, sizeof(*prefix));
	if (!prefix)
		return -ENOMEM;
	*prefix = prefix_of(addr, policy_mask_len(mask), v4);
	*out = (struct policy_addr_set){prefix, 1};
	return 0;
}

/* `any4` and `any6` of a line that is of the other family are nothing. */
static struct policy_addr_set every_address_of(enum policy_family of,
					       enum policy_family family)
{
	if (family != POLICY_FAMILY_BOTH && family != of)
		return (struct policy_addr_set){everything, 0};
	return every_address(of);
}

int policy_addr_set(struct policy_sets *sets, const struct policy_addr *addr,
		    enum policy_family family, struct policy_addr_set *out)
{
	const struct policy_iface *iface;
	int err = 0;

	switch (addr->kind) {
	case POLICY_ADDR_ANY:
		*out = every_address(family);
		break;
	case POLICY_ADDR_ANY4:
		*out = every_address_of(POLICY_FAMILY_V4, family);
		break;
	case POLICY_ADDR_ANY6:
		*out = every_address_of(POLICY_FAMILY_V6, family);
		break;
	case POLICY_ADDR_NET:
		return one_network(sets, addr->addr, addr->mask, family, out);
	case POLICY_ADDR_OBJECT:
		err = expand_object(sets, addr->ref);
		if (!err)
			*out = part_of(&sets->objects[addr->ref], family);
		break;
	case POLICY_ADDR_GROUP:
		err = expand_group(sets, addr->ref);
		if (!err)
			*out = part_of(&sets->groups[addr->ref], family);
		break;
	case POLICY_ADDR_IFACE:
		iface = &sets->policy->ifaces.items[addr->ref];
		*out = (struct policy_addr_set){everything, 0};
		if (iface->has_address)
			err = one_network(sets, policy_ip_from_v4(iface->address),
					  POLICY_IP_ONES, family, out);
		break;
	}
	return err;
}
