// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_map.c - policy-map type inspect ftp NAME: how, and what is done when.
 *
 *   parameters		mask-banner | [no] mask-syst-reply | tls ... | source-port
 *   match ... | class NAME
 *			reset [log] | drop-connection [log] | log
 *
 * and what it was called before ASA 7.2:
 *
 *   ftp-map NAME	deny-request-cmd WORD... | [no] mask-syst-reply
 */
#include <errno.h>

#include "policy/parser.h"

#define FTP_MAP_USAGE "'policy-map type inspect ftp NAME'"

static int parse_map_type(struct policy_parser *p, enum policy_map_kind *kind)
{
	static const char *const inspect[] = {"inspect", NULL};

	*kind = POLICY_MAP_SERVICE;
	if (!policy_accept(p, "type"))
		return 0;
	if (!policy_accept(p, inspect[0]))
		return policy_fail_expected(p, "a type of policy-map",
					    "write 'policy-map type inspect ftp NAME'",
					    inspect);
	if (!policy_accept(p, "ftp")) {
		*kind = POLICY_MAP_UNKNOWN;
		return policy_ignore_inspection_block(p);
	}
	*kind = POLICY_MAP_FTP;
	return 0;
}

static int set_map_kind(struct policy_parser *p, size_t index, enum policy_map_kind kind)
{
	struct policy_map *map = &p->policy->maps.items[index];
	const struct policy_token *name = &p->line.tokens[p->at - 1];
	int err;

	if (map->kind == POLICY_MAP_UNKNOWN) {
		map->kind = kind;
		map->where = policy_where(p, name);
	}
	if (map->kind == kind)
		return 0;
	err = policy_fail(p, name, E_INSPECT_KIND,
			  "policy-map '%s' is of another kind in line %u", map->name,
			  map->where.line);
	return policy_hint(p, err, "choose another name");
}

/* Open the block of the map that the next word names. */
static int open_map(struct policy_parser *p, enum policy_map_kind kind)
{
	size_t index = 0;
	int err = policy_map_get(p, &index);

	if (!err)
		err = policy_expect_end(p);
	if (!err)
		err = set_map_kind(p, index, kind);
	if (err)
		return policy_refuse_inspection(p, err);
	policy_own(p, POLICY_OWNER_MAP, index);
	p->block = POLICY_BLOCK_MAP;
	p->block_map = index;
	return 0;
}

int policy_stmt_policy_map(struct policy_parser *p)
{
	enum policy_map_kind kind = POLICY_MAP_UNKNOWN;
	int err;

	p->block = POLICY_BLOCK_REFUSED_INSPECTION;
	p->block_is_foreign = false;
	p->map_part = POLICY_PART_NONE;
	err = parse_map_type(p, &kind);
	if (err)
		return policy_refuse_inspection(p, err);
	return kind == POLICY_MAP_UNKNOWN ? 0 : open_map(p, kind);
}

int policy_stmt_ftp_map(struct policy_parser *p)
{
	p->block = POLICY_BLOCK_REFUSED_INSPECTION;
	p->block_is_foreign = false;
	p->map_part = POLICY_PART_PARAMETERS;
	return open_map(p, POLICY_MAP_FTP);
}

static bool in_map_of(const struct policy_parser *p, enum policy_map_kind kind)
{
	return p->block == POLICY_BLOCK_MAP &&
	       p->policy->maps.items[p->block_map].kind == kind;
}

/* ---- parameters -------------------------------------------------------- */

int policy_stmt_parameters(struct policy_parser *p)
{
	if (p->block == POLICY_BLOCK_REFUSED_INSPECTION)
		return 0;
	if (!in_map_of(p, POLICY_MAP_FTP))
		return policy_fail_outside_inspection(p, FTP_MAP_USAGE);
	p->map_part = POLICY_PART_PARAMETERS;
	return policy_expect_end(p);
}

/* Return: 1 if the line is to be read; 0 if it is part of a refused block. */
static int expect_parameters(struct policy_parser *p)
{
	if (p->block == POLICY_BLOCK_REFUSED_INSPECTION)
		return 0;
	if (in_map_of(p, POLICY_MAP_FTP) && p->map_part == POLICY_PART_PARAMETERS)
		return 1;
	return policy_fail_outside_inspection(
		p, "'parameters' of 'policy-map type inspect ftp NAME'");
}

/* Step back to the option's word, which dispatch consumed. */
static int parse_option(struct policy_parser *p, struct policy_map *map)
{
	struct policy_ftp_options options = map->options;
	int err;

	p->at = 0;
	err = policy_parse_ftp_option(p, 0, &options);
	if (!err)
		err = policy_expect_end(p);
	if (!err)
		map->options = options;
	return err;
}

int policy_stmt_parameter(struct policy_parser *p)
{
	const struct policy_token *word = &p->line.tokens[0];
	int err = expect_parameters(p);
	struct policy_map *map;

	if (err <= 0)
		return policy_refuse_inspection(p, err);
	map = &p->policy->maps.items[p->block_map];
	if (policy_is_ftp_option(word))
		return policy_refuse_inspection(p, parse_option(p, map));
	err = policy_expect_end(p);
	if (err)
		return err;
	if (policy_token_is(word, "mask-banner"))
		map->options.flags |= FIXUP_F_MASK_BANNER;
	else
		map->mask_syst = POLICY_MASK_ALWAYS;
	return 0;
}

int policy_stmt_no_parameter(struct policy_parser *p)
{
	int err = expect_parameters(p);
	struct policy_map *map;

	if (err <= 0)
		return policy_refuse_inspection(p, err);
	err = policy_expect_end(p);
	if (err)
		return err;
	map = &p->policy->maps.items[p->block_map];
	if (policy_token_is(&p->line.tokens[1], "mask-banner"))
		map->options.flags &= ~FIXUP_F_MASK_BANNER;
	else
		map->mask_syst = POLICY_MASK_NEVER;
	return 0;
}

/* ---- actions ----------------------------------------------------------- */

static int set_clause_action(struct policy_parser *p, uint8_t action)
{
	struct policy_map *map = &p->policy->maps.items[p->block_map];
	struct policy_clause *clause;
	int err;

	if (p->map_part == POLICY_PART_REFUSED_CLAUSE)
		return 0;
	if (p->map_part != POLICY_PART_CLAUSE) {
		err = policy_fail(p, &p->line.tokens[0], E_OUTSIDE_BLOCK,
				  "no match precedes this action");
		return policy_hint(p, err, "put it below 'match ...' or 'class NAME'");
	}
	clause = &map->clauses.items[map->clauses.count - 1];
	if (clause->action) {
		err = policy_fail(p, &p->line.tokens[0], E_CLAUSE_ACTION,
				  "the match in line %u already has an action",
				  clause->where.line);
		return policy_hint(p, err,
				   "remove one of them; to reset and log, write 'reset "
				   "log'");
	}
	clause->action = action;
	return 0;
}

/* @action: FTP_ACTION_RESET or FTP_ACTION_DROP; 0: only log */
static int parse_ftp_action(struct policy_parser *p, uint8_t action)
{
	static const char *const log[] = {"log", NULL};
	int err = 0;

	if (p->block == POLICY_BLOCK_REFUSED_INSPECTION)
		return 0;
	if (!in_map_of(p, POLICY_MAP_FTP))
		return policy_fail_outside_inspection(p, "a match of " FTP_MAP_USAGE);
	if (!action || policy_accept(p, log[0]))
		action |= FTP_ACTION_LOG;
	err = policy_expect_end(p);
	if (!err)
		err = set_clause_action(p, action);
	return policy_refuse_inspection(p, err);
}

int policy_stmt_reset(struct policy_parser *p)
{
	return parse_ftp_action(p, FTP_ACTION_RESET);
}

int policy_stmt_drop_connection(struct policy_parser *p)
{
	return parse_ftp_action(p, FTP_ACTION_DROP);
}

int policy_stmt_log(struct policy_parser *p)
{
	return parse_ftp_action(p, 0);
}

int policy_stmt_deny_command(struct policy_parser *p)
{
	struct policy_clause clause = {
		.where = policy_where(p, &p->line.tokens[0]),
		.map = POLICY_NO_MAP,
		.action = FTP_ACTION_RESET,
	};
	struct policy_clause *kept;
	int err = expect_parameters(p);

	if (err <= 0)
		return policy_refuse_inspection(p, err);
	policy_own(p, POLICY_OWNER_MAP, p->block_map);
	err = policy_parse_ftp_commands(p, &clause.match);
	if (err)
		return policy_refuse_inspection(p, err);
	kept = vec_push(&p->policy->maps.items[p->block_map].clauses);
	if (!kept)
		return -ENOMEM;
	*kept = clause;
	return 0;
}
