// SPDX-License-Identifier: GPL-2.0
/*
 * check_list.c - access lists that are right by the letter and probably not
 * what was meant. Linear in the lines, but for a logarithm: policies are large.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"
#include "util/cleanup.h"

/* Bound to nothing that reads it, and nothing else has been said of it. */
static bool is_idle(const struct policy_list *list)
{
	return !list->bound && !list->inspected && !list->translates && !list->refused &&
	       list->kind == POLICY_LIST_EXTENDED;
}

/* Lists that decide nothing, or everything, without looking like it. */
static int warn_idle_lists(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->lists.count; i++) {
		const struct policy_list *list = &p->policy->lists.items[i];
		int err = 0;

		if (is_idle(list)) {
			err = policy_warn_at(p, &list->where, W_LIST_UNBOUND,
					     "access list '%s' is bound to no interface",
					     list->name);
			err = policy_hint(p, err,
					  "bind it with 'access-group %s in interface "
					  "NAME'",
					  list->name);
		} else if (list->bound && !list->n_active) {
			err = policy_warn_at(p, &list->where, W_LIST_EMPTY,
					     "access list '%s' permits nothing at all",
					     list->name);
			err = policy_hint(p, err,
					  "add a 'permit' line; what no line permits "
					  "is denied");
		}
		if (err)
			return err;
	}
	return 0;
}

/* ---- lines that an equal one precedes --------------------------------- */

/* All that decides what a line matches; no padding, so bytes compare. */
struct rule_key {
	policy_ip addresses[4];
	uint32_t refs[6]; /* of what is named */
	uint16_t ports[4];
	uint8_t bytes[16];
};

/* An object that is one network is known by its address. */
static uint32_t ref_of(const struct policy_addr *addr)
{
	return addr->mask || addr->ref == POLICY_NO_OBJECT ? 0 : (uint32_t)addr->ref + 1;
}

static struct rule_key rule_key(const struct policy_rule *rule)
{
	return (struct rule_key){
		{rule->src.addr, rule->src.mask, rule->dst.addr, rule->dst.mask},
		{(uint32_t)rule->proto_ref, ref_of(&rule->src), ref_of(&rule->dst),
		 (uint32_t)rule->src_ports.group, (uint32_t)rule->dst_ports.group,
		 (uint32_t)rule->icmp_group},
		{rule->src_ports.low, rule->src_ports.high, rule->dst_ports.low,
		 rule->dst_ports.high},
		{rule->permit, (uint8_t)(rule->proto_kind << 1 | rule->any_proto),
		 rule->proto, (uint8_t)rule->src.kind, (uint8_t)rule->dst.kind,
		 (uint8_t)rule->src_ports.op, (uint8_t)rule->dst_ports.op,
		 (uint8_t)rule->icmp, rule->icmp_type, rule->icmp_code,
		 rule->tcp_flags.set, rule->tcp_flags.clear, rule->tcp_flags.any,
		 rule->fragments},
	};
}

_Static_assert(sizeof(struct rule_key) == 4 * sizeof(policy_ip) + 24 + 8 + 16,
	       "rule_key has padding");

/* A table of a large list is not in any cache: it is kept small, and asked for so
 * many lines ahead. */
#define LINES_AHEAD 16

struct rule_slot {
	uint32_t rule; /* 1 + its index; 0: free */
	uint32_t hash; /* spares a look at most other rules */
};

/* The lines of one list, and those that came first of equal ones. */
struct rule_table {
	const struct policy_rule *rules;
	uint64_t *hashes; /* by rule */
	struct rule_slot *slots;
	size_t capacity; /* of slots, a power of two */
};

_Static_assert(sizeof(struct rule_key) % sizeof(uint64_t) == 0, "hashed by words");

/* By words: keys are long, and identities are not made of this. Multiplication by
 * the golden ratio; the upper half is folded in, for it depends on all bits. */
static uint64_t hash_key(const struct rule_key *key)
{
	uint64_t words[sizeof(*key) / sizeof(uint64_t)];
	uint64_t hash = 0;

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

static struct rule_slot *first_slot(const struct rule_table *table, size_t index)
{
	return &table->slots[table->hashes[index] & (table->capacity - 1)];
}

static bool equal_rules(const struct policy_rule *a, const struct policy_rule *b)
{
	struct rule_key x = rule_key(a), y = rule_key(b);

	return !memcmp(&x, &y, sizeof(x));
}

/* The first rule equal to that of @index; itself, which is entered, if none is. */
static const struct policy_rule *first_equal(const struct rule_table *table, size_t index)
{
	const struct policy_rule *rule = &table->rules[index];
	struct rule_slot *slot = first_slot(table, index);
	uint32_t hash = (uint32_t)(table->hashes[index] >> 32);

	while (slot->rule) {
		const struct policy_rule *other = &table->rules[slot->rule - 1];

		if (slot->hash == hash && equal_rules(rule, other))
			return other;
		if (++slot == table->slots + table->capacity)
			slot = table->slots;
	}
	*slot = (struct rule_slot){(uint32_t)index + 1, hash};
	return rule;
}

static int warn_repeated(struct policy_parser *p, const struct policy_rule *rule,
			 const struct policy_rule *first)
{
	int err = policy_warn_at(p, &rule->where, W_LINE_REPEATED,
				 "line %u repeats line %u and never matches",
				 rule->where.line, first->where.line);

	return policy_hint(p, err, "remove line %u", rule->where.line);
}

static int warn_repeated_in(struct policy_parser *p, const struct rule_table *table,
			    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct rule_key key = rule_key(&table->rules[i]);

		table->hashes[i] = hash_key(&key);
	}
	for (size_t i = 0; i < n; i++) {
		const struct policy_rule *rule = &table->rules[i], *first;
		int err;

		if (i + LINES_AHEAD < n)
			__builtin_prefetch(first_slot(table, i + LINES_AHEAD));
		if (!policy_rule_is_active(rule))
			continue;
		first = first_equal(table, i);
		err = first == rule ? 0 : warn_repeated(p, rule, first);
		if (err)
			return err;
	}
	return 0;
}

static int warn_repeated_lines(struct policy_parser *p, const struct policy_list *list)
{
	uint64_t *hashes cleanup_free_ = NULL;
	struct rule_slot *slots cleanup_free_ = NULL;
	struct rule_table table = {.rules = list->rules.items, .capacity = 4};

	/* More than can be compiled; slots have no numbers for so many. */
	if (list->n_active < 2 || list->rules.count >= UINT32_MAX)
		return 0;
	while (table.capacity < list->n_active * 2)
		table.capacity *= 2;
	hashes = malloc(list->rules.count * sizeof(*hashes));
	slots = calloc(table.capacity, sizeof(*slots));
	if (!hashes || !slots)
		return -ENOMEM;
	table.hashes = hashes;
	table.slots = slots;
	return warn_repeated_in(p, &table, list->rules.count);
}

/* ---- groups without members ---------------------------------------------- */

/* Once for each group; the line is the first that names it. */
static int warn_empty_group(struct policy_parser *p, const struct policy_rule *rule,
			    size_t group)
{
	struct policy_group_state *state = &p->group_states.items[group];
	int err;

	if (state->has_members || state->reported)
		return 0;
	state->reported = true;
	err = policy_warn_at(p, &rule->where, W_GROUP_EMPTY,
			     "object-group '%s' has no members: lines with it match "
			     "nothing",
			     p->policy->groups.items[group].name);
	return policy_hint(p, err, "write its members, or remove the lines");
}

static int warn_empty_groups_of(struct policy_parser *p, const struct policy_rule *rule)
{
	int err = 0;

	if (rule->proto_kind == POLICY_PROTO_GROUP)
		err = warn_empty_group(p, rule, rule->proto_ref);
	if (!err && rule->src.kind == POLICY_ADDR_GROUP)
		err = warn_empty_group(p, rule, rule->src.ref);
	if (!err && rule->src_ports.op == POLICY_PORT_GROUP)
		err = warn_empty_group(p, rule, rule->src_ports.group);
	if (!err && rule->dst.kind == POLICY_ADDR_GROUP)
		err = warn_empty_group(p, rule, rule->dst.ref);
	if (!err && rule->dst_ports.op == POLICY_PORT_GROUP)
		err = warn_empty_group(p, rule, rule->dst_ports.group);
	if (!err && rule->icmp == POLICY_ICMP_GROUP)
		err = warn_empty_group(p, rule, rule->icmp_group);
	return err;
}

static int warn_empty_groups(struct policy_parser *p, const struct policy_list *list)
{
	int err = 0;

	for (size_t i = 0; !err && p->policy->groups.count && i < list->rules.count; i++)
		if (policy_rule_is_active(&list->rules.items[i]))
			err = warn_empty_groups_of(p, &list->rules.items[i]);
	return err;
}

int policy_warn_lists(struct policy_parser *p)
{
	int err = warn_idle_lists(p);

	for (size_t i = 0; !err && i < p->policy->lists.count; i++) {
		err = warn_repeated_lines(p, &p->policy->lists.items[i]);
		if (!err)
			err = warn_empty_groups(p, &p->policy->lists.items[i]);
	}
	return err;
}
