// SPDX-License-Identifier: GPL-2.0
/*
 * compile_inspect.c - policy-maps of type inspect ftp as rules and automata.
 *
 * Every policy-map in use is compiled once, however many ports it inspects. An
 * expression, or a class of them, about one subject is an atom: a bit that its
 * automaton finds; rules ask for bits. A class-map match-any makes a rule of
 * each of its matches, any other one rule.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/automaton.h"
#include "policy/diag_codes.h"
#include "policy/model.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

static const char *const subject_words[FTP_N_SUBJECTS] = {
	[FTP_SUBJECT_FILENAME] = "file names",
	[FTP_SUBJECT_FILETYPE] = "file types",
	[FTP_SUBJECT_USERNAME] = "user names",
	[FTP_SUBJECT_SERVER] = "greetings of servers",
};

/* A policy-map as compiled. */
struct map_tables {
	bool done;
	__u32 first_rule;
	__u16 n_rules;
	__u16 start[FTP_N_SUBJECTS];
};

struct inspect_compiler {
	const struct policy *policy;
	struct policy_image *image;
	struct policy_diags *diags;
	const struct policy_map *map; /* in hand */
	struct policy_atoms atoms;    /* of it */
	size_t first_rule;

	/* Of the automaton in hand: its expressions, each once. */
	struct automaton_part parts[POLICY_NFA_NODES];
	size_t part_regex[POLICY_NFA_NODES]; /* index into regexes */
	size_t n_parts;
	uint16_t *part_of; /* by regex: 1 + its part, or 0 */
};

static void inspect_compiler_free(struct inspect_compiler **pointer)
{
	if (*pointer)
		free((*pointer)->part_of);
	free(*pointer);
}

/* ---- rules ------------------------------------------------------------- */

static size_t clause_rules(const struct policy *policy,
			   const struct policy_clause *clause)
{
	const struct policy_class *class;

	if (!clause->is_class)
		return 1;
	class = &policy->classes.items[clause->class];
	return class->match_any ? class->matches.count : 1;
}

static size_t map_rules(const struct policy *policy, const struct policy_map *map)
{
	size_t n = 0;

	for (size_t i = 0; i < map->clauses.count; i++)
		n += clause_rules(policy, &map->clauses.items[i]);
	return n;
}

static int add_rule(struct inspect_compiler *c, const struct policy_clause *clause,
		    const struct policy_match *matches, size_t n_matches)
{
	struct ftp_rule *rule = &c->image->ftp_rules[c->image->n_ftp_rules];
	struct policy_image_match *match = &c->image->ftp_matches[c->image->n_ftp_rules];
	struct strbuf text = {0};
	int err = policy_rule_build(&c->atoms, matches, n_matches, rule);

	if (err)
		return policy_fail_limit(
			c->diags, E_TOO_MANY_ATOMS,
			"join expressions about the same thing in a "
			"class-map type regex",
			"policy-map '%s' looks for more than %d expressions "
			"or classes of them",
			c->map->name, PH_MAX_FTP_ATOMS);
	policy_print_clause(&text, c->policy, clause);
	err = strbuf_steal(&text, &match->text, NULL);
	if (err)
		return err;
	rule->action = clause->action;
	memcpy(match->map, c->map->name, sizeof(match->map));
	match->source_line = clause->where.line;
	c->image->n_ftp_rules++;
	return 0;
}

static int add_clause(struct inspect_compiler *c, const struct policy_clause *clause)
{
	const struct policy_class *class;
	int err = 0;

	if (!clause->is_class)
		return add_rule(c, clause, &clause->match, 1);
	class = &c->policy->classes.items[clause->class];
	if (!class->match_any)
		return add_rule(c, clause, class->matches.items, class->matches.count);
	for (size_t i = 0; !err && i < class->matches.count; i++)
		err = add_rule(c, clause, &class->matches.items[i], 1);
	return err;
}

/* ---- automata ---------------------------------------------------------- */

/* Return: false if there is no room for it. */
static bool add_expression(struct inspect_compiler *c, size_t regex, size_t atom)
{
	const char *pattern = c->policy->regexes.items[regex].pattern;

	if (!c->part_of[regex]) {
		if (c->n_parts == POLICY_NFA_NODES)
			return false;
		c->part_regex[c->n_parts] = regex;
		c->parts[c->n_parts++] = (struct automaton_part){
			.pattern = pattern,
			.len = strlen(pattern),
		};
		c->part_of[regex] = (uint16_t)c->n_parts;
	}
	c->parts[c->part_of[regex] - 1].atoms |= 1u << atom;
	return true;
}

/* The expressions about a subject. Return: false if there is no room for them. */
static bool collect_expressions(struct inspect_compiler *c, unsigned int subject)
{
	bool fits = true;

	for (size_t i = 0; i < c->n_parts; i++)
		c->part_of[c->part_regex[i]] = 0;
	c->n_parts = 0;
	for (size_t i = 0; fits && i < c->atoms.count; i++) {
		const struct policy_class *class;

		if (c->atoms.items[i].subject != subject)
			continue;
		if (!c->atoms.items[i].is_class) {
			fits = add_expression(c, c->atoms.items[i].ref, i);
			continue;
		}
		class = &c->policy->classes.items[c->atoms.items[i].ref];
		for (size_t j = 0; fits && j < class->matches.count; j++)
			fits = add_expression(c, class->matches.items[j].ref, i);
	}
	return fits;
}

/* Whether the first @n expressions are too much. Return: 0, 1, or -ENOMEM. */
static int is_too_much(const struct inspect_compiler *c, size_t n,
		       const uint32_t *covered)
{
	struct automaton automaton = {0};
	int err = policy_automaton_build(c->parts, n, covered, &automaton);

	policy_automaton_free(&automaton);
	return err == -E2BIG ? 1 : err;
}

/* Name the expression with which it becomes too much. */
static int fail_states(struct inspect_compiler *c, unsigned int subject,
		       const uint32_t *covered)
{
	size_t fits = 0, fails = c->n_parts;
	const struct policy_regex *regex;

	while (fails - fits > 1) {
		size_t middle = fits + (fails - fits) / 2;
		int much = is_too_much(c, middle, covered);

		if (much < 0)
			return much;
		*(much ? &fails : &fits) = middle;
	}
	regex = &c->policy->regexes.items[c->part_regex[fails - 1]];
	return policy_fail_limit(
		c->diags, E_TOO_MANY_STATES,
		"begin expressions with ^ or end them with $, repeat less, or join them "
		"in a class-map type regex",
		"with regex '%s' of line %u, what policy-map '%s' looks for in %s needs "
		"more than %d states",
		regex->name, regex->where.line, c->map->name, subject_words[subject],
		POLICY_AUTOMATON_STATES - 1);
}

/* Behind the states of the others; local state n becomes first + n. */
static int append_states(struct inspect_compiler *c, const struct automaton *automaton,
			 __u16 *start)
{
	size_t first = c->image->n_ftp_states - 1;
	size_t count = first + automaton->states.count;
	struct ftp_state *grown;

	if (count > PH_MAX_FTP_STATES)
		return policy_fail_limit(
			c->diags, E_TOO_MANY_STATES,
			"use one policy-map for several ports, or simpler expressions",
			"with policy-map '%s', regular expressions need %zu states; this "
			"version holds %d",
			c->map->name, count, PH_MAX_FTP_STATES);
	grown = realloc(c->image->ftp_states, count * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->image->ftp_states = grown;
	for (size_t i = 1; i < automaton->states.count; i++) {
		struct ftp_state *state = &grown[first + i];

		*state = automaton->states.items[i];
		for (int byte = 0; byte < 256; byte++)
			if (state->next[byte])
				state->next[byte] = (__u16)(first + state->next[byte]);
	}
	c->image->n_ftp_states = count;
	*start = automaton->start ? (__u16)(first + automaton->start) : 0;
	return 0;
}

static int compile_subject(struct inspect_compiler *c, unsigned int subject,
			   const uint32_t *covered, __u16 *start)
{
	struct automaton automaton = {0};
	int err;

	if (!collect_expressions(c, subject))
		return fail_states(c, subject, covered);
	if (!c->n_parts)
		return 0;
	err = policy_automaton_build(c->parts, c->n_parts, covered, &automaton);
	if (!err)
		err = policy_automaton_minimize(&automaton);
	if (!err)
		err = append_states(c, &automaton, start);
	else if (err == -E2BIG)
		err = fail_states(c, subject, covered);
	policy_automaton_free(&automaton);
	return err;
}

/* ---- policy-maps ------------------------------------------------------- */

static int compile_map(struct inspect_compiler *c, const struct policy_map *map,
		       struct map_tables *tables)
{
	uint32_t covered[PH_MAX_FTP_ATOMS];
	int err = 0;

	c->map = map;
	c->atoms.count = 0;
	c->first_rule = c->image->n_ftp_rules;
	for (size_t i = 0; !err && i < map->clauses.count; i++)
		err = add_clause(c, &map->clauses.items[i]);
	if (err)
		return err;
	policy_rules_cover(&c->atoms, &c->image->ftp_rules[c->first_rule],
			   c->image->n_ftp_rules - c->first_rule, covered);
	for (unsigned int s = 0; !err && s < FTP_N_SUBJECTS; s++)
		err = compile_subject(c, s, covered, &tables->start[s]);
	tables->done = true;
	tables->first_rule = (__u32)c->first_rule;
	tables->n_rules = (__u16)(c->image->n_ftp_rules - c->first_rule);
	return err;
}

/* One more of each: none is not a failed allocation. */
static int image_rules_new(struct policy_image *image, size_t count)
{
	image->ftp_rules = calloc(count + 1, sizeof(*image->ftp_rules));
	image->ftp_matches = calloc(count + 1, sizeof(*image->ftp_matches));
	return image->ftp_rules && image->ftp_matches ? 0 : -ENOMEM;
}

/* Make room for the rules of all policy-maps in use. */
static int count_rules(struct inspect_compiler *c, struct map_tables *tables)
{
	size_t total = 0;

	for (size_t i = 0; i < c->policy->fixups.count; i++) {
		size_t index = c->policy->fixups.items[i].map;
		const struct policy_map *map;
		size_t n;

		if (index == POLICY_NO_MAP || tables[index].done)
			continue;
		map = &c->policy->maps.items[index];
		n = map_rules(c->policy, map);
		if (n > PH_MAX_FTP_RULES)
			return policy_fail_limit(
				c->diags, E_TOO_MANY_RULES,
				"name several commands in one match, and join "
				"expressions "
				"in a class-map type regex",
				"policy-map '%s' has %zu rules; this version holds %d",
				map->name, n, PH_MAX_FTP_RULES);
		tables[index].done = true;
		total += n;
	}
	for (size_t i = 0; i < c->policy->maps.count; i++)
		tables[i].done = false;
	return image_rules_new(c->image, total);
}

int policy_compile_inspections(const struct policy *policy, struct policy_image *image,
			       struct policy_diags *diags)
{
	struct inspect_compiler *c cleanup_(inspect_compiler_free) = NULL;
	struct map_tables *tables cleanup_free_ = NULL;
	int err;

	if (!policy->maps.count)
		return image_rules_new(image, 0);
	c = calloc(1, sizeof(*c));
	tables = calloc(policy->maps.count, sizeof(*tables));
	if (!c || !tables)
		return -ENOMEM;
	c->policy = policy;
	c->image = image;
	c->diags = diags;
	c->part_of = calloc(policy->regexes.count + 1, sizeof(*c->part_of));
	if (!c->part_of)
		return -ENOMEM;
	err = count_rules(c, tables);
	for (size_t i = 0; !err && i < policy->fixups.count; i++) {
		size_t index = policy->fixups.items[i].map;
		struct policy_image_fixup *fixup = &image->fixups[i];

		if (index == POLICY_NO_MAP)
			continue;
		if (!tables[index].done)
			err = compile_map(c, &policy->maps.items[index], &tables[index]);
		memcpy(fixup->map, policy->maps.items[index].name, sizeof(fixup->map));
		fixup->value.first_rule = tables[index].first_rule;
		fixup->value.n_rules = tables[index].n_rules;
		memcpy(fixup->value.start, tables[index].start,
		       sizeof(fixup->value.start));
	}
	return err;
}
