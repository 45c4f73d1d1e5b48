// SPDX-License-Identifier: GPL-2.0
/*
 * check_object.c - what is said about network objects, once all is known.
 */
#include <errno.h>

#include "policy/parser.h"

int policy_resolve_object(struct policy_parser *p, size_t index,
			  const struct policy_where *where, policy_ip *addr,
			  policy_ip *mask)
{
	const struct policy_object *object = &p->policy->objects.items[index];
	const struct policy_object_state *state = &p->objects.items[index];
	int err;

	if (object->value == POLICY_VALUE_NET) {
		*addr = object->addr;
		*mask = object->mask;
		return 0;
	}
	if (state->refused)
		return -EINVAL;
	if (!state->declared) {
		err = policy_fail_at(p, where, E_OBJECT_UNKNOWN,
				     "no network object is named '%s'", object->name);
		return policy_hint(p, err, "write it with 'object network %s'",
				   object->name);
	}
	err = policy_fail_at(p, where, E_OBJECT_EMPTY, "object '%s' has no address",
			     object->name);
	return policy_hint(p, err,
			   "write 'host ADDRESS' or 'subnet ADDRESS NETMASK' below "
			   "'object network %s'",
			   object->name);
}

/* A network that hosts can be in, and that no address of the other family is
 * within: as numbers, all IPv4 addresses are within some of IPv6. */
static bool is_translatable(policy_ip addr, policy_ip mask)
{
	return policy_is_host_address(addr) &&
	       (policy_ip_is_v4(addr) || (policy_ip_from_v4(0) & mask) != addr);
}

static int fail_address_of(struct policy_parser *p, const struct policy_where *where,
			   policy_ip addr)
{
	int err = policy_fail_at(p, where, E_STATIC_ADDRESS,
				 "%s is not an address that a host can have",
				 policy_ip_text(addr).text);

	return policy_hint(p, err, "write unicast addresses, of IPv6 no link-local ones");
}

static int fail_sizes(struct policy_parser *p, const struct policy_where *where,
		      const struct policy_static *s, policy_ip mapped_mask)
{
	int err =
		policy_fail_at(p, where, E_STATIC_SIZES,
			       "the mapped network has %u leading bits, the real one %u",
			       policy_mask_len(mapped_mask) -
				       (policy_ip_is_v4(s->mapped) ? POLICY_V4_BITS : 0),
			       policy_mask_len(s->mask) -
				       (policy_ip_is_v4(s->real) ? POLICY_V4_BITS : 0));

	return policy_hint(p, err,
			   "each real address has one mapped address: write "
			   "networks of the same size");
}

static int fail_mapped_bits(struct policy_parser *p, const struct policy_where *where,
			    const struct policy_static *s)
{
	int err = policy_fail_at(p, where, E_HOST_BITS,
				 "%s has bits outside of the mask of the real network",
				 policy_ip_text(s->mapped).text);

	return policy_hint(p, err, "write %s", policy_ip_text(s->mapped & s->mask).text);
}

/* The mapped end; the real one is known. */
static int resolve_mapped(struct policy_parser *p, struct policy_static_stmt *stmt)
{
	struct policy_static *s = &stmt->parsed;
	policy_ip mask = s->mask;
	int err = 0;

	if (s->mapped_object != POLICY_NO_OBJECT)
		err = policy_resolve_object(p, s->mapped_object, &stmt->mapped_where,
					    &s->mapped, &mask);
	else if (stmt->mapped_len >= 0)
		mask = policy_mask_from_len((unsigned int)stmt->mapped_len);
	if (err)
		return err;
	if (policy_ip_is_v4(s->mapped) != policy_ip_is_v4(s->real)) {
		err = policy_fail_at(p, &stmt->mapped_where, E_FAMILY,
				     "the mapped address is of IPv%d, the real one of "
				     "IPv%d",
				     policy_ip_is_v4(s->mapped) ? 4 : 6,
				     policy_ip_is_v4(s->real) ? 4 : 6);
		return policy_hint(p, err, "addresses are translated within a family");
	}
	if (mask != s->mask)
		return fail_sizes(p, &stmt->mapped_where, s, mask);
	if (s->mapped & ~mask)
		return fail_mapped_bits(p, &stmt->mapped_where, s);
	if (!is_translatable(s->mapped, mask))
		return fail_address_of(p, &stmt->mapped_where, s->mapped);
	return 0;
}

int policy_resolve_nat(struct policy_parser *p, struct policy_static_stmt *stmt)
{
	struct policy_static *s = &stmt->parsed;
	int err = policy_resolve_object(p, s->object, &s->where, &s->real, &s->mask);

	if (err)
		return err;
	if (!is_translatable(s->real, s->mask))
		return fail_address_of(p, &s->where, s->real);
	return resolve_mapped(p, stmt);
}
