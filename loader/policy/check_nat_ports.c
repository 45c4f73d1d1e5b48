// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat_ports.c - a port has one translation: no two of `static ... tcp` or of
 * `service` below objects map one port of one address, in either direction.
 */
#include <errno.h>
#include <stdlib.h>

#include "policy/nat_map.h"
#include "policy/parser.h"
#include "util/cleanup.h"

/* One end of a translation of a port. */
struct port_end {
	size_t scope[2]; /* mapped_if, and of real ends real_if */
	policy_ip addr;
	uint8_t proto;
	uint16_t port;
	size_t nat; /* index into policy->nats */
};

typedef VEC(struct port_end) port_vec;

static void ports_free(port_vec *ports)
{
	vec_free(ports);
}

static void pieces_free(struct policy_nat_pieces *pieces)
{
	vec_free(&pieces->items);
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_keys(const struct port_end *x, const struct port_end *y)
{
	int order = COMPARE(x->scope[0], y->scope[0]);

	if (!order)
		order = COMPARE(x->scope[1], y->scope[1]);
	if (!order)
		order = COMPARE(x->addr, y->addr);
	if (!order)
		order = COMPARE(x->proto, y->proto);
	return order ? order : COMPARE(x->port, y->port);
}

static int compare_ports(const void *a, const void *b)
{
	const struct port_end *x = a, *y = b;
	int order = compare_keys(x, y);

	return order ? order : COMPARE(x->nat, y->nat);
}

static bool has_one_port(const struct policy_nat *nat)
{
	return nat->proto && nat->list == POLICY_NO_LIST && !nat->dynamic &&
	       !(nat->flags & POLICY_NAT_F_REFUSED);
}

static int add_ends(const struct policy *policy, size_t index, bool of_real,
		    port_vec *out)
{
	const struct policy_nat *nat = &policy->nats.items[index];
	struct policy_nat_pieces pieces cleanup_(pieces_free) = {.identity = true};
	int err = policy_nat_pair(policy, &nat->real, &nat->mapped, &pieces);

	if (err)
		return err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < pieces.items.count; i++) {
		const struct policy_nat_piece *piece = &pieces.items.items[i];
		struct port_end *end = vec_push(out);

		if (!end)
			return -ENOMEM;
		*end = (struct port_end){
			.scope = {nat->mapped_if, of_real ? nat->real_if : 0},
			.addr = of_real ? piece->real : piece->mapped,
			.proto = nat->proto,
			.port = of_real ? nat->real_port : nat->mapped_port,
			.nat = index,
		};
	}
	return 0;
}

static int fail_taken(struct policy_parser *p, const struct port_end *first,
		      const struct port_end *second, bool of_real)
{
	const struct policy_nat *x = &p->policy->nats.items[first->nat];
	const struct policy_nat *y = &p->policy->nats.items[second->nat];
	const struct policy_nat *later = x->where.line > y->where.line ? x : y;
	const struct policy_nat *earlier = later == x ? y : x;
	int err = policy_fail_at(
		p, &later->where, E_STATIC_OVERLAP,
		"the %s port overlaps with that of the translation in line %u",
		of_real ? "real" : "mapped", earlier->where.line);

	err = policy_hint(p, err,
			  "each port has one translation; change or remove one of the "
			  "lines");
	return err == -ENOMEM ? err : 0;
}

static int check_ends(struct policy_parser *p, bool of_real, bool *reported)
{
	port_vec ports cleanup_(ports_free) = {.count = 0};
	int err = 0;

	for (size_t i = 0; !err && i < p->policy->nats.count; i++)
		if (has_one_port(&p->policy->nats.items[i]))
			err = add_ends(p->policy, i, of_real, &ports);
	if (err || ports.count < 2)
		return err;
	qsort(ports.items, ports.count, sizeof(*ports.items), compare_ports);
	for (size_t i = 1; !err && i < ports.count; i++) {
		const struct port_end *end = &ports.items[i];

		if (compare_keys(end - 1, end) != 0 || reported[end->nat])
			continue;
		reported[end->nat] = true;
		err = fail_taken(p, end - 1, end, of_real);
	}
	return err;
}

int policy_check_nat_ports(struct policy_parser *p)
{
	bool *reported cleanup_free_ =
		calloc(p->policy->nats.count + 1, sizeof(*reported));
	int err = reported ? check_ends(p, false, reported) : -ENOMEM;

	return err ? err : check_ends(p, true, reported);
}
