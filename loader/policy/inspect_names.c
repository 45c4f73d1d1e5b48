// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_names.c - the names of expressions, class-maps and policy-maps.
 *
 * As on ASA, all class-maps share their names whatever their type, and so do
 * all policy-maps. Each may be used before it is declared.
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

/* Return: 1 if @out is set, 0 if the name in @name is new, or an error. */
static int find_name(struct policy_parser *p, const char *what, struct strmap *map,
		     size_t next, const struct policy_token **name, size_t *out)
{
	const size_t *found;
	int err = policy_parse_name(p, POLICY_INSPECT_NAME_SIZE, what, name);

	if (err)
		return err;
	found = strmap_find(map, (*name)->text, (*name)->len);
	*out = found ? *found : next;
	if (found)
		return 1;
	return strmap_put(map, (*name)->text, (*name)->len, next);
}

int policy_regex_get(struct policy_parser *p, size_t *out)
{
	const struct policy_token *name;
	struct policy_regex *regex;
	int found = find_name(p, "the name of a regex", &p->regex_by_name,
			      p->policy->regexes.count, &name, out);

	if (found)
		return found < 0 ? found : 0;
	regex = vec_push(&p->policy->regexes);
	if (!regex)
		return -ENOMEM;
	memcpy(regex->name, name->text, name->len);
	regex->where = policy_where(p, name);
	return 0;
}

int policy_class_get(struct policy_parser *p, size_t *out)
{
	const struct policy_token *name;
	struct policy_class *class;
	int found = find_name(p, "the name of a class-map", &p->class_by_name,
			      p->policy->classes.count, &name, out);

	if (found)
		return found < 0 ? found : 0;
	class = vec_push(&p->policy->classes);
	if (!class)
		return -ENOMEM;
	memcpy(class->name, name->text, name->len);
	class->where = policy_where(p, name);
	return 0;
}

int policy_map_get(struct policy_parser *p, size_t *out)
{
	const struct policy_token *name;
	struct policy_map *map;
	int found = find_name(p, "the name of a policy-map", &p->map_by_name,
			      p->policy->maps.count, &name, out);

	if (found)
		return found < 0 ? found : 0;
	map = vec_push(&p->policy->maps);
	if (!map)
		return -ENOMEM;
	memcpy(map->name, name->text, name->len);
	map->where = policy_where(p, name);
	return 0;
}

int policy_refuse_inspection(struct policy_parser *p, int err)
{
	if (err)
		p->inspections_uncertain = true;
	return err;
}

int policy_fail_outside_inspection(struct policy_parser *p, const char *block)
{
	const struct policy_token *first = &p->line.tokens[0];
	int err = policy_fail(p, first, E_OUTSIDE_BLOCK,
			      "'%.*s' stands outside of the block it belongs to",
			      POLICY_WORD(first));

	return policy_hint(p, err, "put it below %s", block);
}

void policy_free_inspections(struct policy *policy)
{
	for (size_t i = 0; i < policy->regexes.count; i++)
		free(policy->regexes.items[i].pattern);
	for (size_t i = 0; i < policy->classes.count; i++)
		vec_free(&policy->classes.items[i].matches);
	for (size_t i = 0; i < policy->maps.count; i++)
		vec_free(&policy->maps.items[i].clauses);
	vec_free(&policy->regexes);
	vec_free(&policy->classes);
	vec_free(&policy->maps);
	vec_free(&policy->services);
	vec_free(&policy->logging.messages);
}
