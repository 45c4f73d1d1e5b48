// SPDX-License-Identifier: GPL-2.0
/*
 * compile_nat.c - translations become one-way maps, and maps become rules.
 *
 * A map says: what is behind real_if is seen from mapped_if as something else, if the
 * peer is one of some. A translation with a destination is two: its destination is
 * behind mapped_if, and seen from real_if. Peers are real addresses throughout.
 *
 * An interface that sees nothing but addresses translated one to one, whoever asks, has
 * them in the tables of longest prefixes. As soon as one translation has conditions or
 * ports, or two overlap, so that their order counts, all that it sees are rules.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile_nat.h"
#include "policy/diag_codes.h"
#include "util/cleanup.h"

static void pieces_free(struct policy_nat_pieces *pieces)
{
	vec_free(&pieces->items);
}

/* ---- interfaces ---------------------------------------------------------- */

static uint64_t all_ifaces(const struct policy *policy)
{
	return ((uint64_t)1 << policy->ifaces.count) - 1; /* fewer than 64 */
}

static uint64_t iface_bits(const struct policy *policy, size_t index)
{
	return index == POLICY_ANY_IFACE ? all_ifaces(policy) : (uint64_t)1 << index;
}

/* An exemption is about those of no higher level; with `outside`, of no lower one. */
static uint64_t exempt_ifaces(const struct policy *policy, const struct policy_nat *nat)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < policy->ifaces.count; i++) {
		unsigned int own, other = policy->ifaces.items[i].security_level;

		if (nat->real_if == POLICY_ANY_IFACE)
			return all_ifaces(policy);
		own = policy->ifaces.items[nat->real_if].security_level;
		if (i != nat->real_if &&
		    (nat->flags & POLICY_NAT_F_OUTSIDE ? other >= own : other <= own))
			bits |= (uint64_t)1 << i;
	}
	return bits;
}

static uint64_t seen_from(const struct policy *policy, const struct policy_nat *nat)
{
	return nat->section == POLICY_NAT_EXEMPT ? exempt_ifaces(policy, nat)
						 : iface_bits(policy, nat->mapped_if);
}

bool policy_nat_is_in_force(const struct policy_nat *nat)
{
	return !nat->dynamic && !(nat->flags & POLICY_NAT_F_INACTIVE) &&
	       nat->section != POLICY_NAT_REGULAR;
}

static bool translates_peer(const struct policy *policy, const struct policy_nat *nat,
			    struct policy_nat_ports *ports)
{
	bool known = !policy_nat_services(policy, nat, true, ports);

	return nat->has_destination || (known && ports->translated);
}

static int mark_ordered(void *context, const struct policy_nat_span *outer,
			const struct policy_nat_span *inner)
{
	struct policy_nat_compiler *c = context;

	(void)inner;
	c->ordered |= (uint64_t)1 << outer->scope[0];
	return 0;
}

static int find_ordered(struct policy_nat_compiler *c)
{
	struct policy_nat_ports unused;
	int err;

	for (size_t i = 0; i < c->policy->nats.count; i++) {
		const struct policy_nat *nat = &c->policy->nats.items[i];

		if (!policy_nat_is_in_force(nat) || policy_nat_is_simple(nat))
			continue;
		c->ordered |= seen_from(c->policy, nat);
		if (translates_peer(c->policy, nat, &unused))
			c->ordered |= iface_bits(c->policy, nat->real_if);
	}
	err = policy_nat_each_overlap(c->policy, false, mark_ordered, c);
	return err ? err : policy_nat_each_overlap(c->policy, true, mark_ordered, c);
}

/* ---- rules --------------------------------------------------------------- */

/* One-way, before it is cut into rules. */
struct map {
	const struct policy_nat *nat;
	struct policy_nat_pieces pieces;
	const struct policy_addr *peer;
	bool own_address; /* mapped to that of an interface, which answers itself */
	struct policy_nat_ports ports;
	size_t real_if;
	size_t mapped_if;
	bool one_way;
};

static struct acl_prefix prefix_of(policy_ip addr, policy_ip mask)
{
	unsigned int len = policy_mask_len(mask);

	if (policy_ip_is_v4(addr))
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

/* @addrs: of pieces [first, first + count), their real or their mapped end */
static struct acl_prefix *make_prefixes(struct policy_nat_compiler *c,
					const struct policy_nat_piece *first,
					size_t count, bool mapped)
{
	struct acl_prefix *out = policy_sets_alloc(c->image->sets, count * sizeof(*out));

	for (size_t i = 0; out && i < count; i++)
		out[i] = prefix_of(mapped ? first[i].mapped : first[i].real,
				   first[i].mask);
	return out;
}

/* Services with the ports of the own end in front. @own_is_src: they are the source's */
static int make_services(struct policy_nat_compiler *c,
			 const struct policy_nat_ports *ports,
			 const struct policy_ports *own, bool own_is_src,
			 struct policy_service_set *out)
{
	struct policy_service_term term = {
		.any_proto = ports->any_proto,
		.proto = ports->proto,
		.src_ports = own_is_src ? *own : ports->peer,
		.dst_ports = own_is_src ? ports->peer : *own,
	};

	return policy_term_services(c->image->sets, &term, out);
}

static struct acl_line make_line(const struct acl_prefix *src, size_t n_src,
				 const struct acl_prefix *dst, size_t n_dst,
				 const struct policy_service_set *services, bool permit)
{
	return (struct acl_line){
		.src = src,
		.dst = dst,
		.services = services->items,
		.n_src = (uint32_t)n_src,
		.n_dst = (uint32_t)n_dst,
		.n_services = services->count,
		.permit = permit,
	};
}

/* A static of one port limits what is begun to that port. */
static __u8 rule_flags(const struct map *map)
{
	return (map->one_way ? NAT_RULE_F_ONE_WAY : 0) |
	       (map->nat->proto ? NAT_RULE_F_ONE_PORT : 0);
}

/* One rule for pieces [first, first + count): more than one only if they stay. */
static int add_rule(struct policy_nat_compiler *c, const struct map *map,
		    const struct policy_nat_piece *first, size_t count, bool permit)
{
	enum policy_family family = policy_ip_is_v4(first->real) ? POLICY_FAMILY_V4
								 : POLICY_FAMILY_V6;
	struct policy_service_set in, out;
	struct policy_addr_set peers;
	struct policy_nat_built *to;
	struct acl_prefix *real = make_prefixes(c, first, count, false);
	struct acl_prefix *mapped = make_prefixes(c, first, count, true);
	int err;

	if (!real || !mapped)
		return -ENOMEM;
	err = policy_addr_set(c->image->sets, map->peer,
			      count > 1 ? POLICY_FAMILY_BOTH : family, &peers);
	if (!err)
		err = make_services(c, &map->ports, &map->ports.mapped, false, &in);
	if (!err)
		err = make_services(c, &map->ports, &map->ports.real, true, &out);
	if (err)
		return err;
	to = vec_push(&c->built);
	if (!to)
		return -ENOMEM;
	*to = (struct policy_nat_built){
		.rule = {.real = policy_wire_addr(first->real),
			 .mapped = policy_wire_addr(first->mapped),
			 .mask = policy_wire_addr(first->mask),
			 .real_if = policy_iface_id(map->real_if),
			 .mapped_if = policy_iface_id(map->mapped_if),
			 .flags = rule_flags(map),
			 .embryonic = policy_nat_embryonic(map->nat),
			 .counter = PH_NO_COUNTER},
		.source_line = map->nat->where.line,
		.translation = policy_nat_index(c->policy, map->nat),
		.real_ifs = iface_bits(c->policy, map->real_if),
		.mapped_ifs = map->nat->section == POLICY_NAT_EXEMPT
				      ? exempt_ifaces(c->policy, map->nat)
				      : iface_bits(c->policy, map->mapped_if),
		.permit = permit,
		.in = make_line(peers.items, peers.count, mapped, count, &in, permit),
		.out = make_line(real, count, peers.items, peers.count, &out, permit),
	};
	if (map->ports.translated) {
		to->rule.n_ports =
			(__u16)policy_port_range(&map->ports.real, &to->rule.real_port);
		(void)policy_port_range(&map->ports.mapped, &to->rule.mapped_port);
	}
	return 0;
}

/* From where mapped addresses are asked for: `any` is every interface but the one that
 * it is seen from, and of one interface there is no other. */
static uint64_t asked_from(const struct policy *policy, const struct map *map)
{
	if (policy->ifaces.count == 1 && map->real_if == POLICY_ANY_IFACE)
		return 0;
	return iface_bits(policy, map->mapped_if);
}

/* What stays as it is is one rule, however many pieces it has. */
static int add_map(struct policy_nat_compiler *c, const struct map *map,
		   struct policy_image_nats *answered)
{
	const struct policy_nat_pieces *pieces = &map->pieces;
	bool permit = !pieces->identity || map->ports.translated;

	if (!(c->ordered & iface_bits(c->policy, map->mapped_if)) &&
	    map->nat->section != POLICY_NAT_EXEMPT)
		return 0;
	if (!permit)
		return pieces->items.count ? add_rule(c, map, pieces->items.items,
						      pieces->items.count, false)
					   : 0;
	for (size_t i = 0; i < pieces->items.count; i++) {
		const struct policy_nat_piece *piece = &pieces->items.items[i];
		int err = add_rule(c, map, piece, 1, true);

		if (!err && piece->mapped != piece->real && !map->own_address)
			err = policy_nat_add_answered(
				c, map->nat, piece, asked_from(c->policy, map), answered);
		if (err)
			return err;
	}
	return 0;
}

/* ---- translations -------------------------------------------------------- */

static const struct policy_addr anybody = {.ref = POLICY_NO_OBJECT,
					   .kind = POLICY_ADDR_ANY};

/* `static ... tcp` and `service` below an object: one port. */
static struct policy_nat_ports one_port(uint8_t proto, uint16_t real, uint16_t mapped)
{
	return (struct policy_nat_ports){
		.proto = proto,
		.translated = real != mapped,
		.real = {.op = POLICY_PORT_EQ, .low = real},
		.mapped = {.op = POLICY_PORT_EQ, .low = mapped},
	};
}

/* Ends of which nothing is known yet (an address by DHCP) are not there. */
static int pair_ends(const struct policy *policy, const struct policy_addr *real,
		     const struct policy_addr *mapped, struct policy_nat_pieces *out)
{
	int err;

	out->identity = true;
	err = policy_nat_pair(policy, real, mapped, out);
	if (err != -EADDRNOTAVAIL)
		return err;
	out->items.count = 0;
	return 0;
}

static int add_source(struct policy_nat_compiler *c, const struct policy_nat *nat,
		      struct policy_image_nats *answered)
{
	struct policy_nat_pieces pieces cleanup_(pieces_free) = {.identity = true};
	struct map map = {
		.nat = nat,
		.peer = nat->has_destination ? &nat->dst_real : &anybody,
		.own_address = nat->mapped.kind == POLICY_ADDR_IFACE,
		.real_if = nat->real_if,
		.mapped_if = nat->mapped_if,
		.one_way = nat->flags & POLICY_NAT_F_UNIDIRECTIONAL,
	};
	int err = pair_ends(c->policy, &nat->real, &nat->mapped, &pieces);

	if (!err && nat->proto)
		map.ports = one_port(nat->proto, nat->real_port, nat->mapped_port);
	else if (!err)
		err = policy_nat_services(c->policy, nat, false, &map.ports);
	if (err)
		return err;
	map.pieces = pieces;
	return add_map(c, &map, answered);
}

/* The destination is behind mapped_if, and the source is its peer. */
static int add_destination(struct policy_nat_compiler *c, const struct policy_nat *nat,
			   struct policy_image_nats *answered)
{
	struct policy_nat_pieces pieces cleanup_(pieces_free) = {.identity = true};
	struct map map = {
		.nat = nat,
		.peer = &nat->real,
		.own_address = nat->dst_mapped.kind == POLICY_ADDR_IFACE,
		.real_if = nat->mapped_if,
		.mapped_if = nat->real_if,
	};
	int err;

	if (!translates_peer(c->policy, nat, &map.ports))
		return 0;
	if (nat->has_destination)
		err = pair_ends(c->policy, &nat->dst_real, &nat->dst_mapped, &pieces);
	else
		err = pair_ends(c->policy, &anybody, &anybody, &pieces);
	if (err)
		return err;
	map.pieces = pieces;
	return add_map(c, &map, answered);
}

/* ICMP has no ports, and its answers are of other types: all of it, or nothing. */
static bool is_icmp(const struct policy_rule *rule)
{
	return rule->proto_kind == POLICY_PROTO_ONE && !rule->any_proto &&
	       (rule->proto == IPPROTO_ICMP || rule->proto == IPPROTO_ICMPV6);
}

/* static ... access-list: a map for each line of the list */
static int add_static_line(struct policy_nat_compiler *c, const struct policy_nat *nat,
			   const struct policy_rule *rule,
			   struct policy_image_nats *answered)
{
	struct policy_nat_pieces pieces cleanup_(pieces_free) = {.identity = true};
	struct policy_addr mapped;
	struct map map = {
		.nat = nat,
		.peer = &rule->dst,
		.own_address = nat->mapped.kind == POLICY_ADDR_IFACE,
		.ports = {.any_proto = rule->any_proto,
			  .proto = rule->proto,
			  .real = rule->src_ports,
			  .mapped = rule->src_ports,
			  .peer = rule->dst_ports},
		.real_if = nat->real_if,
		.mapped_if = nat->mapped_if,
	};
	int err = policy_nat_settle(c->policy, &nat->mapped, &mapped);

	if (err)
		return 0; /* an address by DHCP, not known yet */
	mapped.mask = rule->src.mask;
	err = pair_ends(c->policy, &rule->src, &mapped, &pieces);
	if (err)
		return err;
	if (nat->proto) {
		map.ports = one_port(nat->proto, rule->src_ports.low, nat->mapped_port);
		map.ports.peer = rule->dst_ports;
	} else if (is_icmp(rule)) {
		map.ports.real = map.ports.mapped = map.ports.peer =
			(struct policy_ports){.op = POLICY_PORT_ANY};
	}
	map.pieces = pieces;
	return add_map(c, &map, answered);
}

/* nat (IF) 0 access-list: what the line is about stays as it is. */
static int add_exemption(struct policy_nat_compiler *c, const struct policy_nat *nat,
			 const struct policy_rule *rule)
{
	static const struct policy_ports every = {.op = POLICY_PORT_ANY};
	const struct policy_nat_ports ports = {.any_proto = true};
	struct policy_service_set services;
	struct policy_addr_set own, peers;
	struct policy_nat_built *to;
	int err = policy_addr_set(c->image->sets, &rule->src, rule->family, &own);

	if (!err)
		err = policy_addr_set(c->image->sets, &rule->dst, rule->family, &peers);
	if (!err)
		err = make_services(c, &ports, &every, true, &services);
	if (err)
		return err;
	to = vec_push(&c->built);
	if (!to)
		return -ENOMEM;
	*to = (struct policy_nat_built){
		.rule = {.real_if = policy_iface_id(nat->real_if),
			 .embryonic = policy_nat_embryonic(nat),
			 .counter = PH_NO_COUNTER},
		.source_line = nat->where.line,
		.translation = policy_nat_index(c->policy, nat),
		.real_ifs = iface_bits(c->policy, nat->real_if),
		.mapped_ifs = exempt_ifaces(c->policy, nat),
		.in = make_line(peers.items, peers.count, own.items, own.count, &services,
				false),
		.out = make_line(own.items, own.count, peers.items, peers.count,
				 &services, false),
	};
	return 0;
}

static int add_list(struct policy_nat_compiler *c, const struct policy_nat *nat,
		    struct policy_image_nats *answered)
{
	const struct policy_list *list = &c->policy->lists.items[nat->list];

	for (size_t i = 0; i < list->rules.count; i++) {
		const struct policy_rule *rule = &list->rules.items[i];
		int err;

		if (!policy_rule_is_active(rule))
			continue;
		err = nat->section == POLICY_NAT_EXEMPT
			      ? add_exemption(c, nat, rule)
			      : add_static_line(c, nat, rule, answered);
		if (err)
			return err;
	}
	return 0;
}

static int add_simple(struct policy_nat_compiler *c, const struct policy_nat *nat,
		      struct policy_image_nats *plain)
{
	struct policy_nat_pieces pieces cleanup_(pieces_free) = {.identity = true};
	int err = pair_ends(c->policy, &nat->real, &nat->mapped, &pieces);

	for (size_t i = 0; !err && i < pieces.items.count; i++)
		err = policy_nat_add_plain(c->policy, nat, &pieces.items.items[i], plain);
	return err;
}

static int add_nat(struct policy_nat_compiler *c, const struct policy_nat *nat,
		   struct policy_image_nats *plain, struct policy_image_nats *answered)
{
	int err;

	if (!policy_nat_is_in_force(nat))
		return 0;
	if (policy_nat_is_simple(nat) &&
	    !(c->ordered & iface_bits(c->policy, nat->mapped_if)))
		return add_simple(c, nat, plain);
	if (nat->list != POLICY_NO_LIST)
		return add_list(c, nat, answered);
	err = add_source(c, nat, answered);
	return err ? err : add_destination(c, nat, answered);
}

static int add_nats(struct policy_nat_compiler *c, struct policy_image_nats *plain,
		    struct policy_image_nats *answered)
{
	int err = 0;

	for (size_t i = 0; !err && i < c->policy->nats.count; i++)
		err = add_nat(c, &c->policy->nats.items[i], plain, answered);
	if (err == -E2BIG)
		return policy_fail_limit(c->diags, E_SET_TOO_LARGE,
					 "use smaller groups, or wider prefixes",
					 "the translations name more than %u addresses",
					 POLICY_MAX_ALL_SETS);
	return err;
}

static int join(struct policy_image_nats *plain, struct policy_image_nats *answered)
{
	size_t n = policy_nat_drop_repeated(answered->items.items, answered->items.count);

	for (size_t i = 0; answered->items.items && i < n; i++) {
		struct policy_image_nat *to = vec_push(&plain->items);

		if (!to)
			return -ENOMEM;
		*to = answered->items.items[i];
	}
	return 0;
}

/* Tell the datapath which interfaces it need not ask about. */
static void mark_untranslated(struct policy_image *image)
{
	uint64_t translated = 0;

	for (size_t i = 0; i < image->n_nats; i++) {
		__u32 mapped_if = image->nats[i].in_key.mapped_if;

		translated |= mapped_if ? (uint64_t)1 << (mapped_if - 1) : UINT64_MAX;
	}
	for (size_t i = 0; i < image->n_ifaces; i++) {
		struct iface_config *config = &image->ifaces[i].config;

		if (!(translated >> i & 1) && !(config->flags & IFACE_F_NAT_RULES))
			config->flags |= IFACE_F_NAT_NONE;
	}
}

int policy_compile_nats(const struct policy *policy, struct policy_image *image,
			struct policy_diags *diags)
{
	struct policy_nat_compiler c = {.policy = policy, .image = image, .diags = diags};
	struct policy_image_nats plain = {0}, answered = {0};
	int err = find_ordered(&c);

	if (!err)
		err = add_nats(&c, &plain, &answered);
	if (!err)
		err = join(&plain, &answered);
	vec_free(&answered.items);
	image->nats = plain.items.items;
	image->n_nats = plain.items.count;
	if (!err)
		err = policy_nat_make_lists(&c);
	if (!err)
		mark_untranslated(image);
	if (!err)
		err = policy_nat_describe(policy, image);
	vec_free(&c.built);
	return err;
}
