// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat.c - translations once all is known: what their names mean, and in which
 * order they are asked.
 *
 * ASA asks translations with a line of their own first, in order, then those of objects,
 * static ones before dynamic ones, the one of the fewest addresses first, then the
 * lowest address, then the name; then those that come `after-auto`. PIX asks
 * exemptions, then `static` in order, then `nat` with a list, then the rest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"

/* ---- names --------------------------------------------------------------- */

static int resolve_iface(struct policy_parser *p, const struct policy_nat_word *word,
			 size_t *out)
{
	const struct policy_token token = {.text = word->text, .len = word->len};

	*out = POLICY_ANY_IFACE;
	if (!word->len || policy_token_is(&token, "any"))
		return 0;
	return policy_resolve_iface(p, word->text, word->len, &word->where, out);
}

static int fail_same_iface(struct policy_parser *p, const struct policy_nat_stmt *stmt)
{
	int err = policy_fail_at(p, &stmt->mapped_if.where, E_STATIC_SAME_IFACE,
				 "the real and the mapped interface are the same");

	return policy_hint(p, err,
			   "write the interface of the server first, then the one it is "
			   "seen from");
}

static int resolve_ifaces(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_nat *nat = &stmt->parsed;
	int err = resolve_iface(p, &stmt->real_if, &nat->real_if);

	if (!err)
		err = resolve_iface(p, &stmt->mapped_if, &nat->mapped_if);
	if (!err && !nat->dynamic && nat->real_if == nat->mapped_if &&
	    nat->real_if != POLICY_ANY_IFACE)
		err = fail_same_iface(p, stmt);
	return err;
}

static int resolve_list(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	const struct policy_nat_word *word = &stmt->list;
	const size_t *found;
	int err;

	if (!word->len)
		return 0;
	found = strmap_find(&p->list_by_name, word->text, word->len);
	if (found) {
		stmt->parsed.list = *found;
		return 0;
	}
	err = policy_fail_at(p, &word->where, E_LIST_UNKNOWN,
			     "no access list is named '%.*s'",
			     (int)text_cut(word->text, word->len, 40), word->text);
	return policy_hint(p, err, "write it with 'access-list'");
}

static bool find_group(const struct policy_parser *p, const struct policy_nat_word *word,
		       size_t *out)
{
	const size_t *found = strmap_find(&p->group_by_name, word->text, word->len);

	if (found)
		*out = *found;
	return found != NULL;
}

static int fail_no_object(struct policy_parser *p, const struct policy_nat_word *word)
{
	int err = policy_fail_at(p, &word->where, E_OBJECT_UNKNOWN,
				 "no object or group is named '%.*s'",
				 (int)text_cut(word->text, word->len, 40), word->text);

	return policy_hint(p, err, "write it with 'object network %.*s'",
			   (int)text_cut(word->text, word->len, 40), word->text);
}

static int fail_kind(struct policy_parser *p, const struct policy_nat_word *word,
		     const char *wanted)
{
	int err = policy_fail_at(p, &word->where, E_NAT_KIND, "'%.*s' is not %s",
				 (int)text_cut(word->text, word->len, 40), word->text,
				 wanted);

	return policy_hint(p, err, "write the name of one");
}

/* An object that has been declared, whatever it is. */
static bool find_object(const struct policy_parser *p, const struct policy_nat_word *word,
			size_t *out)
{
	const size_t *found = strmap_find(&p->object_by_name, word->text, word->len);

	if (!found || !p->objects.items[*found].declared)
		return false;
	*out = *found;
	return true;
}

/* One that has a value. */
static int check_object(struct policy_parser *p, const struct policy_nat_word *word,
			size_t index)
{
	const struct policy_object *object = &p->policy->objects.items[index];
	int err;

	if (p->objects.items[index].refused)
		return -EINVAL; /* what it lacks has been reported */
	if (object->value == POLICY_VALUE_FQDN) {
		err = policy_fail_at(p, &word->where, E_UNSUPPORTED,
				     "object '%s' is a domain name; translations take "
				     "addresses",
				     object->name);
		return policy_hint(p, err, "write 'host ADDRESS' below the object");
	}
	if (object->value != POLICY_VALUE_NONE)
		return 0;
	err = policy_fail_at(
		p, &word->where, E_OBJECT_EMPTY, "object '%s' has no %s", object->name,
		object->kind == POLICY_OBJECT_SERVICE ? "service" : "address");
	return policy_hint(p, err, "write it below 'object %s %s'",
			   object->kind == POLICY_OBJECT_SERVICE ? "service" : "network",
			   object->name);
}

static int resolve_network(struct policy_parser *p, const struct policy_nat_word *word,
			   struct policy_addr *out)
{
	const struct policy_object *object;
	size_t index;
	int err;

	if (find_object(p, word, &index)) {
		object = &p->policy->objects.items[index];
		if (object->kind != POLICY_OBJECT_NETWORK)
			return fail_kind(p, word, "an object of addresses");
		err = check_object(p, word, index);
		*out = (struct policy_addr){.kind = POLICY_ADDR_OBJECT, .ref = index};
		if (object->value == POLICY_VALUE_NET) {
			out->addr = object->addr;
			out->mask = object->mask;
		}
		return err;
	}
	if (!find_group(p, word, &index))
		return fail_no_object(p, word);
	if (p->policy->groups.items[index].kind != POLICY_GROUP_NETWORK)
		return fail_kind(p, word, "a group of addresses");
	*out = (struct policy_addr){.kind = POLICY_ADDR_GROUP, .ref = index};
	return 0;
}

static int resolve_service(struct policy_parser *p, const struct policy_nat_word *word,
			   size_t *out)
{
	if (!word->len)
		return 0;
	if (!find_object(p, word, out))
		return fail_no_object(p, word);
	if (p->policy->objects.items[*out].kind != POLICY_OBJECT_SERVICE)
		return fail_kind(p, word, "a service object");
	return check_object(p, word, *out);
}

/* `interface`: of which one is written in front. */
static int resolve_own(struct policy_parser *p, const struct policy_nat_operand *operand,
		       size_t iface, struct policy_addr *out)
{
	int err;

	if (iface == POLICY_ANY_IFACE) {
		err = policy_fail_at(p, &operand->word.where, E_NAT_NO_ADDRESS,
				     "'interface' needs one interface, not 'any'");
		return policy_hint(p, err, "write its name in the parentheses");
	}
	if (!p->policy->ifaces.items[iface].has_address &&
	    !p->policy->ifaces.items[iface].dhcp) {
		p->policy->ifaces.items[iface].dhcp = true;
		err = policy_note_at(p, &operand->word.where, N_NAT_NO_ADDRESS,
				     "interface '%s' has no address in the text: it is "
				     "asked of the kernel, as with 'ip address dhcp'",
				     p->policy->ifaces.items[iface].name);
		if (err)
			return err;
	}
	*out = (struct policy_addr){.kind = POLICY_ADDR_IFACE, .ref = iface};
	return 0;
}

static int resolve_end(struct policy_parser *p, struct policy_nat_stmt *stmt,
		       enum policy_nat_end end)
{
	struct policy_nat *nat = &stmt->parsed;
	struct {
		struct policy_addr *addr;
		struct policy_where *where;
		size_t iface; /* whose address `interface` is */
	} to[POLICY_NAT_N_ENDS] = {
		{&nat->real, &nat->real_where, POLICY_ANY_IFACE},
		{&nat->mapped, &nat->mapped_where, nat->mapped_if},
		{&nat->dst_mapped, &nat->dst_mapped_where, nat->real_if},
		{&nat->dst_real, &nat->dst_real_where, POLICY_ANY_IFACE},
	};
	const struct policy_nat_operand *operand = &stmt->ends[end];

	*to[end].where = operand->given ? operand->word.where : nat->where;
	if (!operand->given)
		return 0;
	if (operand->interface)
		return resolve_own(p, operand, to[end].iface, to[end].addr);
	if (operand->named)
		return resolve_network(p, &operand->word, to[end].addr);
	*to[end].addr = operand->addr;
	return 0;
}

/* Below an object: the object itself is real; a mapped address that is written without
 * a mask is of a network of the same size. */
static int resolve_object_nat(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_nat *nat = &stmt->parsed;
	const struct policy_nat_operand *mapped = &stmt->ends[POLICY_NAT_MAPPED];
	const struct policy_object *object = &p->policy->objects.items[nat->object];
	const struct policy_nat_word word = {.where = nat->where};
	int err = check_object(p, &word, nat->object);

	if (err)
		return err;
	nat->real = (struct policy_addr){.kind = POLICY_ADDR_OBJECT, .ref = nat->object};
	nat->real_where = nat->where;
	if (object->value != POLICY_VALUE_NET)
		return 0;
	nat->real.addr = object->addr;
	nat->real.mask = object->mask;
	if (nat->dynamic || nat->mapped.kind != POLICY_ADDR_NET || !mapped->given)
		return 0;
	nat->mapped.mask = mapped->len < 0
				   ? object->mask
				   : policy_mask_from_len((unsigned int)mapped->len);
	if (!(nat->mapped.addr & ~nat->mapped.mask))
		return 0;
	err = policy_fail_at(p, &mapped->word.where, E_HOST_BITS,
			     "%s has bits outside of the mask of the real network",
			     policy_ip_text(nat->mapped.addr).text);
	return policy_hint(p, err, "write %s",
			   policy_ip_text(nat->mapped.addr & nat->mapped.mask).text);
}

static int resolve(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_nat *nat = &stmt->parsed;
	struct policy_nat *kept;
	int err = policy_find_host_nat(p, stmt);

	if (!err && !stmt->host)
		err = resolve_ifaces(p, stmt);
	if (!err)
		err = resolve_list(p, stmt);
	for (int end = 0; !err && end < POLICY_NAT_N_ENDS; end++)
		err = resolve_end(p, stmt, end);
	if (!err && nat->object != POLICY_NO_OBJECT)
		err = resolve_object_nat(p, stmt);
	if (!err)
		err = resolve_service(p, &stmt->services[0], &nat->service_real);
	if (!err)
		err = resolve_service(p, &stmt->services[1], &nat->service_mapped);
	if (err)
		return err;
	if (stmt->host)
		return policy_keep_host_nat(p, stmt);
	kept = vec_push(&p->policy->nats);
	if (!kept)
		return -ENOMEM;
	*kept = *nat;
	nat->description = NULL; /* the policy's from here on */
	return 0;
}

static int resolve_globals(struct policy_parser *p)
{
	for (size_t i = 0; i < p->globals.count; i++) {
		struct policy_global_stmt *stmt = &p->globals.items[i];
		struct policy_global *kept;
		int err = resolve_iface(p, &stmt->iface, &stmt->parsed.iface);

		if (err == -ENOMEM)
			return err;
		if (err)
			continue;
		kept = vec_push(&p->policy->globals);
		if (!kept)
			return -ENOMEM;
		*kept = stmt->parsed;
	}
	return 0;
}

int policy_resolve_nats(struct policy_parser *p)
{
	for (size_t i = 0; i < p->nats.count; i++)
		if (resolve(p, &p->nats.items[i]) == -ENOMEM)
			return -ENOMEM;
	return resolve_globals(p);
}

/* ---- order -------------------------------------------------------------- */

/* Addresses of a translation's object, less one, and the first of them. */
static policy_ip object_size(const struct policy_object *object)
{
	return object->value == POLICY_VALUE_RANGE ? object->last - object->addr
						   : ~object->mask;
}

static int compare_objects(const struct policy *policy, const struct policy_nat *x,
			   const struct policy_nat *y)
{
	const struct policy_object *a = &policy->objects.items[x->object];
	const struct policy_object *b = &policy->objects.items[y->object];

	if (x->dynamic != y->dynamic)
		return x->dynamic ? 1 : -1;
	if (object_size(a) != object_size(b))
		return object_size(a) < object_size(b) ? -1 : 1;
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return strcmp(a->name, b->name);
}

struct place {
	const struct policy *policy;
	size_t index; /* as it was */
};

static int compare_places(const void *a, const void *b)
{
	const struct place *i = a, *j = b;
	const struct policy_nat *x = &i->policy->nats.items[i->index];
	const struct policy_nat *y = &j->policy->nats.items[j->index];
	int order = (int)x->section - (int)y->section;

	if (!order && x->section == POLICY_NAT_OBJECT)
		order = compare_objects(i->policy, x, y);
	return order ? order : (i->index > j->index) - (i->index < j->index);
}

static int order_nats(struct policy_parser *p)
{
	struct policy *policy = p->policy;
	size_t count = policy->nats.count;
	struct place *places;
	struct policy_nat *sorted;

	if (count < 2)
		return 0;
	places = calloc(count, sizeof(*places));
	sorted = calloc(count, sizeof(*sorted));
	if (places && sorted) {
		for (size_t i = 0; i < count; i++)
			places[i] = (struct place){policy, i};
		qsort(places, count, sizeof(*places), compare_places);
		for (size_t i = 0; i < count; i++)
			sorted[i] = policy->nats.items[places[i].index];
		memcpy(policy->nats.items, sorted, count * sizeof(*sorted));
	}
	free(places);
	free(sorted);
	return places && sorted ? 0 : -ENOMEM;
}

int policy_check_nats(struct policy_parser *p)
{
	int err = policy_resolve_nats(p);

	if (!err)
		err = order_nats(p);
	if (!err)
		err = policy_check_nat_dialect(p);
	if (!err)
		err = policy_refuse_dynamic(p);
	if (!err)
		err = policy_check_nat_maps(p);
	/* Too many to be compared with one another. */
	if (err == -EINVAL)
		return policy_check_conduits(p);
	if (!err)
		err = policy_check_nat_overlaps(p);
	if (!err)
		err = policy_check_nat_ports(p);
	return err ? err : policy_check_conduits(p);
}
