// SPDX-License-Identifier: GPL-2.0
/*
 * check_inspect.c - the four storeys of inspection: that every name is there and
 * of the right kind, and that everything can happen. What comes of it is
 * check_service.c's.
 */
#include <errno.h>
#include <strings.h>

#include "policy/parser.h"

/* ---- names ------------------------------------------------------------- */

/* Return: 0 if there may be no such thing because a line was refused. */
static int fail_unknown_name(struct policy_parser *p, const struct policy_where *where,
			     const char *what, const char *name, const char *usage)
{
	int err;

	if (p->inspections_uncertain)
		return 0;
	err = policy_fail_at(p, where, E_INSPECT_UNKNOWN, "no %s is named '%s'", what,
			     name);
	return policy_hint(p, err, "define it with '%s %s'", usage, name);
}

static int fail_other_kind(struct policy_parser *p, const struct policy_where *where,
			   const char *name, unsigned int line, const char *usage)
{
	int err = policy_fail_at(p, where, E_INSPECT_KIND,
				 "'%s' is of another kind, as line %u says", name, line);

	return policy_hint(p, err, "name one that '%s' defines", usage);
}

static int check_regex_name(struct policy_parser *p, size_t index,
			    const struct policy_where *where)
{
	const struct policy_regex *regex = &p->policy->regexes.items[index];

	return regex->pattern
		       ? 0
		       : fail_unknown_name(p, where, "regex", regex->name, "regex");
}

static const char *const class_usage[] = {
	[POLICY_CLASS_REGEX] = "class-map type regex match-any",
	[POLICY_CLASS_FTP] = "class-map type inspect ftp",
	[POLICY_CLASS_TRAFFIC] = "class-map",
	[POLICY_CLASS_FOREIGN] = "class-map",
};

static int check_class_name(struct policy_parser *p, size_t index,
			    enum policy_class_kind kind, const struct policy_where *where)
{
	const struct policy_class *class = &p->policy->classes.items[index];

	if (class->kind == POLICY_CLASS_UNKNOWN)
		return fail_unknown_name(p, where, "class-map", class->name,
					 class_usage[kind]);
	return class->kind == kind
		       ? 0
		       : fail_other_kind(p, where, class->name, class->where.line,
					 class_usage[kind]);
}

static int check_map_name(struct policy_parser *p, size_t index,
			  enum policy_map_kind kind, const struct policy_where *where)
{
	const struct policy_map *map = &p->policy->maps.items[index];
	const char *usage = kind == POLICY_MAP_FTP ? "policy-map type inspect ftp"
						   : "policy-map";

	if (map->kind == POLICY_MAP_UNKNOWN)
		return fail_unknown_name(p, where, "policy-map", map->name, usage);
	return map->kind == kind
		       ? 0
		       : fail_other_kind(p, where, map->name, map->where.line, usage);
}

/* ---- classes ----------------------------------------------------------- */

/* What is in use must match something; ASA takes an empty class for none. */
static int check_not_empty(struct policy_parser *p, size_t index)
{
	const struct policy_class *class = &p->policy->classes.items[index];
	int err;

	if (class->matches.count || p->inspections_uncertain)
		return 0;
	err = policy_fail_at(p, &class->where, E_INSPECT_EMPTY,
			     "class-map '%s' has no match", class->name);
	return policy_hint(p, err, "add a 'match' line");
}

static int check_match(struct policy_parser *p, const struct policy_match *match)
{
	int err;

	if (match->kind >= POLICY_MATCH_COMMAND && match->kind != POLICY_MATCH_REGEX)
		return 0;
	if (!match->is_class)
		return check_regex_name(p, match->ref, &match->where);
	err = check_class_name(p, match->ref, POLICY_CLASS_REGEX, &match->where);
	return err ? err : check_not_empty(p, match->ref);
}

/* Matches that exclude one another. */
static int check_possible(struct policy_parser *p, const struct policy_where *where,
			  const struct policy_match *matches, size_t n_matches)
{
	struct policy_atoms atoms = {.count = 0};
	struct ftp_rule rule;
	int err;

	if (policy_rule_build(&atoms, matches, n_matches, &rule) != -EDOM)
		return 0;
	err = policy_fail_at(p, where, E_NEVER, "all of this can never be at once");
	return policy_hint(p, err,
			   "a line has one command, and file names and types are those "
			   "of get, put, appe and stou; write 'match-any' if one match "
			   "is enough");
}

static int check_class(struct policy_parser *p, const struct policy_class *class)
{
	int err = 0;

	if (class->kind == POLICY_CLASS_UNKNOWN)
		return 0;
	for (size_t i = 0; err != -ENOMEM && i < class->matches.count; i++)
		err = check_match(p, &class->matches.items[i]);
	if (err == -ENOMEM || p->inspections_uncertain)
		return err;
	if (class->kind == POLICY_CLASS_FTP && !class->match_any)
		return check_possible(p, &class->where, class->matches.items,
				      class->matches.count);
	return 0;
}

/* ---- policies of type inspect ftp -------------------------------------- */

static int check_ftp_clause(struct policy_parser *p, const struct policy_clause *clause)
{
	int err = clause->is_class ? check_class_name(p, clause->class, POLICY_CLASS_FTP,
						      &clause->where)
				   : check_match(p, &clause->match);

	if (!err && clause->is_class)
		err = check_not_empty(p, clause->class);
	if (err || p->inspections_uncertain)
		return err;
	if (!clause->is_class)
		err = check_possible(p, &clause->where, &clause->match, 1);
	if (err || clause->action)
		return err;
	err = policy_fail_at(p, &clause->where, E_CLAUSE_ACTION,
			     "nothing is done if this matches");
	return policy_hint(p, err, "write 'reset', 'drop-connection' or 'log' below it");
}

static int declare_default_inspection(struct policy_class *class)
{
	struct policy_match *match = vec_push(&class->matches);

	if (!match)
		return -ENOMEM;
	match->kind = POLICY_MATCH_DEFAULT;
	match->where = class->where;
	class->kind = POLICY_CLASS_TRAFFIC;
	class->built_in = true;
	return 0;
}

/* One of traffic to the machine may be named: nothing is done with it. */
static int check_traffic_class(struct policy_parser *p,
			       const struct policy_clause *clause)
{
	struct policy_class *class = &p->policy->classes.items[clause->class];

	if (class->kind == POLICY_CLASS_FOREIGN)
		return 0;
	if (class->kind == POLICY_CLASS_UNKNOWN && !p->inspections_uncertain &&
	    !strcasecmp(class->name, POLICY_CLASS_DEFAULT_INSPECTION))
		return declare_default_inspection(class);
	return check_class_name(p, clause->class, POLICY_CLASS_TRAFFIC, &clause->where);
}

static int check_map(struct policy_parser *p, const struct policy_map *map)
{
	int err = policy_check_ftp_options(p, &map->options);

	for (size_t i = 0; err != -ENOMEM && i < map->clauses.count; i++) {
		const struct policy_clause *clause = &map->clauses.items[i];

		if (map->kind == POLICY_MAP_FTP)
			err = check_ftp_clause(p, clause);
		else if (!clause->fixup_kind)
			err = check_traffic_class(p, clause);
		else if (clause->map != POLICY_NO_MAP)
			err = check_map_name(p, clause->map, POLICY_MAP_FTP,
					     &clause->where);
	}
	return err;
}

int policy_check_inspections(struct policy_parser *p)
{
	size_t errors = p->diags->n_errors;
	int err = 0;

	for (size_t i = 0; err != -ENOMEM && i < p->policy->classes.count; i++) {
		policy_own(p, POLICY_OWNER_CLASS, i);
		err = check_class(p, &p->policy->classes.items[i]);
	}
	for (size_t i = 0; err != -ENOMEM && i < p->policy->maps.count; i++) {
		policy_own(p, POLICY_OWNER_MAP, i);
		err = check_map(p, &p->policy->maps.items[i]);
	}
	policy_own(p, POLICY_OWNER_NONE, 0);
	for (size_t i = 0; err != -ENOMEM && i < p->policy->services.count; i++)
		err = check_map_name(p, p->policy->services.items[i].map,
				     POLICY_MAP_SERVICE,
				     &p->policy->services.items[i].where);
	if (err != -ENOMEM && p->diags->n_errors == errors && !p->inspections_uncertain)
		err = policy_check_services(p);
	return err == -ENOMEM ? err : 0;
}

static int note_unused(struct policy_parser *p, const struct policy_map *map)
{
	int err = policy_note_at(p, &map->where, N_MAP_UNUSED,
				 "policy-map '%s' is not in force", map->name);

	if (map->kind == POLICY_MAP_SERVICE)
		return policy_hint(p, err, "write 'service-policy %s global'", map->name);
	return policy_hint(p, err,
			   "write 'inspect ftp strict %s' in the class of a policy-map "
			   "that a service-policy names",
			   map->name);
}

/* Of an ASA's text every inspection is in it; PIX 6 has some of its own accord. */
static int warn_by_default(struct policy_parser *p)
{
	int err;

	if (!p->version.where.line || !p->version.pix || p->version.major > 6 ||
	    p->ftp_fixup_said || p->policy->fixups.count)
		return 0;
	err = policy_warn_at(p, &p->version.where, W_FTP_BY_DEFAULT,
			     "a PIX of this version inspects FTP unless told otherwise; "
			     "here nothing is inspected unless it is said");
	return policy_hint(p, err,
			   "write 'fixup protocol ftp 21', or 'no fixup protocol ftp 21' "
			   "if that is meant");
}

int policy_warn_inspections(struct policy_parser *p)
{
	int err = warn_by_default(p);

	for (size_t i = 0; !err && i < p->policy->maps.count; i++) {
		const struct policy_map *map = &p->policy->maps.items[i];

		if (!map->used)
			err = note_unused(p, map);
	}
	return err;
}
