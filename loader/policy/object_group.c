// SPDX-License-Identifier: GPL-2.0
/*
 * object_group.c - groups: many addresses, ports, protocols or services with a name.
 *
 *   object-group network NAME
 *   object-group service NAME tcp|udp|tcp-udp	(ports)
 *   object-group service NAME			(protocols with their ports)
 *   object-group protocol NAME
 *   object-group icmp-type NAME
 *
 * Their members are object_member.c's. What kind a group has decides how the line that
 * names it is read; so once a line names one that is not known, the rest of the text is
 * looked through for all that it declares.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lists.h"
#include "util/cleanup.h"

#define HINT_KINDS                                                            \
	"write 'object-group network', 'service', 'protocol' or 'icmp-type' " \
	"and a name"

/* What is written between object-group and the name. */
static const struct {
	const char *word;
	enum policy_group_kind kind;
} kinds[] = {
	{"network", POLICY_GROUP_NETWORK},
	{"service", POLICY_GROUP_SERVICE},
	{"protocol", POLICY_GROUP_PROTOCOL},
	{"icmp-type", POLICY_GROUP_ICMP_TYPE},
	{"user", POLICY_GROUP_OTHER},
	{"security", POLICY_GROUP_OTHER},
	{"network-service", POLICY_GROUP_OTHER},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* As people see them. */
static const char *const kind_names[] = {
	[POLICY_GROUP_NETWORK] = "addresses",
	[POLICY_GROUP_PORTS] = "ports",
	[POLICY_GROUP_SERVICE] = "services",
	[POLICY_GROUP_PROTOCOL] = "protocols",
	[POLICY_GROUP_ICMP_TYPE] = "ICMP types",
	[POLICY_GROUP_OTHER] = "what is not supported by this version",
};

void policy_free_terms(struct policy *policy)
{
	for (size_t i = 0; i < policy->objects.count; i++) {
		free(policy->objects.items[i].description);
		free(policy->objects.items[i].fqdn);
	}
	for (size_t i = 0; i < policy->groups.count; i++) {
		struct policy_group *group = &policy->groups.items[i];

		for (size_t j = 0; j < group->members.count; j++)
			free(group->members.items[j].remark);
		vec_free(&group->members);
	}
	vec_free(&policy->objects);
	vec_free(&policy->groups);
}

/* ---- by name -------------------------------------------------------------- */

bool policy_group_find(const struct policy_parser *p, const char *text, size_t len,
		       size_t *out)
{
	const size_t *found = strmap_find(&p->group_by_name, text, len);

	if (found)
		*out = *found;
	return found;
}

static int add_group(struct policy_parser *p, const struct policy_token *name,
		     const struct policy_where *where, size_t *out)
{
	struct policy_group *group;

	if (strmap_put(&p->group_by_name, name->text, name->len,
		       p->policy->groups.count) ||
	    !vec_push(&p->group_states))
		return -ENOMEM;
	group = vec_push(&p->policy->groups);
	if (!group)
		return -ENOMEM;
	memcpy(group->name, name->text, name->len);
	group->where = *where;
	group->kind = POLICY_GROUP_OTHER;
	*out = p->policy->groups.count - 1;
	return 0;
}

static bool find_kind(const struct policy_token *word, enum policy_group_kind *out)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (policy_token_is(word, kinds[i].word)) {
			*out = kinds[i].kind;
			return true;
		}
	return false;
}

/* Which kind the words behind object-group say. Return: how many words that is, the
 * name included; 0: they are wrong. */
static size_t kind_from(const struct policy_token *words, struct policy_group *out)
{
	const struct policy_token *protos;

	if (!words[0].len || !words[1].len || !find_kind(words, &out->kind))
		return 0;
	protos = &words[2];
	if (out->kind != POLICY_GROUP_SERVICE || !protos->len)
		return 2;
	out->tcp = policy_token_is(protos, "tcp") || policy_token_is(protos, "tcp-udp");
	out->udp = policy_token_is(protos, "udp") || policy_token_is(protos, "tcp-udp");
	if (!out->tcp && !out->udp)
		return 2;
	out->kind = POLICY_GROUP_PORTS;
	return 3;
}

/* A line further down, of which only the first words are looked at. */
static int look_at_line(struct policy_parser *p, const struct policy_line *line)
{
	const struct policy_token *name = &line->tokens[2];
	struct policy_group said = {0};
	struct policy_where where;
	size_t index;

	if (line->too_long || line->n_tokens < 3 ||
	    !policy_token_is(line->tokens, "object-group") ||
	    !kind_from(&line->tokens[1], &said) || name->len >= POLICY_OBJECT_SIZE ||
	    policy_group_find(p, name->text, name->len, &index))
		return 0;
	where = (struct policy_where){
		.line_start = line->start,
		.line = line->number,
		.column = name->column,
		.width = (unsigned int)name->len,
	};
	if (add_group(p, name, &where, &index))
		return -ENOMEM;
	p->group_states.items[index].declared = true;
	p->policy->groups.items[index].kind = said.kind;
	p->policy->groups.items[index].tcp = said.tcp;
	p->policy->groups.items[index].udp = said.udp;
	return 0;
}

/* Once for each text. */
static int look_ahead(struct policy_parser *p)
{
	struct policy_line *line cleanup_free_ = malloc(sizeof(*line));
	struct policy_lexer lexer = {
		.text = p->text,
		.len = p->len,
		.at = p->line.start,
		.line_number = p->line.number - 1,
	};

	if (!line)
		return -ENOMEM;
	p->groups_are_known = true;
	while (policy_lex_line(&lexer, line))
		if (look_at_line(p, line))
			return -ENOMEM;
	return 0;
}

/* Find a group, or begin one that nobody declares. */
static int get_group(struct policy_parser *p, const struct policy_token *name,
		     size_t *out)
{
	struct policy_where where = policy_where(p, name);

	if (policy_group_find(p, name->text, name->len, out))
		return 0;
	if (!p->groups_are_known && look_ahead(p))
		return -ENOMEM;
	if (policy_group_find(p, name->text, name->len, out))
		return 0;
	return add_group(p, name, &where, out);
}

bool policy_peek_group(struct policy_parser *p, size_t *out)
{
	const struct policy_token *name = policy_peek(p) + 1;

	if (!policy_token_is(policy_peek(p), "object-group") || !name->len ||
	    name->len >= POLICY_OBJECT_SIZE)
		return false;
	return !get_group(p, name, out) &&
	       p->policy->groups.items[*out].kind != POLICY_GROUP_OTHER;
}

/* ---- references ------------------------------------------------------------- */

/* A group that no line declares, or whose line is refused: said once for each name. */
static int fail_unknown(struct policy_parser *p, const struct policy_token *name,
			size_t index)
{
	struct policy_group_state *state = &p->group_states.items[index];
	int err;

	if (state->reported || state->refused)
		return -EINVAL;
	state->reported = true;
	err = policy_fail(p, name, E_GROUP_UNKNOWN, "no object-group is named '%s'",
			  p->policy->groups.items[index].name);
	return policy_hint(p, err, "declare it with 'object-group KIND %s'",
			   p->policy->groups.items[index].name);
}

static int fail_kind(struct policy_parser *p, const struct policy_token *name,
		     const struct policy_group *group, const char *what)
{
	int err;

	if (group->kind == POLICY_GROUP_OTHER)
		return policy_fail_unsupported(p, name,
					       "users and tags are not known here: write "
					       "addresses and ports instead");
	err = policy_fail(p, name, E_GROUP_KIND,
			  "object-group '%s' is of %s; %s belong here", group->name,
			  kind_names[group->kind], what);
	if (group->kind == POLICY_GROUP_SERVICE)
		return policy_hint(
			p, err,
			"write it in place of the protocol, or declare it with "
			"tcp, udp or tcp-udp behind its name");
	if (group->kind == POLICY_GROUP_PORTS)
		return policy_hint(p, err, "ports follow the address that they are of");
	return policy_hint(p, err, "name a group of %s", what);
}

int policy_parse_group_name(struct policy_parser *p, unsigned int wanted,
			    const char *what, size_t *out)
{
	const struct policy_token *name;
	const struct policy_group *group;
	size_t index;
	int err = policy_parse_name(p, POLICY_OBJECT_SIZE, "the name of an object-group",
				    &name);

	if (err)
		return err;
	if (get_group(p, name, &index))
		return -ENOMEM;
	group = &p->policy->groups.items[index];
	if (!p->group_states.items[index].declared)
		return fail_unknown(p, name, index);
	if (!(POLICY_KIND(group->kind) & wanted))
		return fail_kind(p, name, group, what);
	*out = index;
	return 0;
}

int policy_parse_group_ref(struct policy_parser *p, unsigned int wanted, const char *what,
			   size_t *out)
{
	policy_next(p);
	return policy_parse_group_name(p, wanted, what, out);
}

/* ---- the statement ------------------------------------------------------------ */

static int fail_other_kind(struct policy_parser *p, const struct policy_token *name,
			   const struct policy_group *group)
{
	int err = policy_fail(p, name, E_GROUP_KIND,
			      "object-group '%s' already is of %s, from line %u",
			      group->name, kind_names[group->kind], group->where.line);

	return policy_hint(p, err, "give it another name");
}

/* Its first line is right. */
static int open_group(struct policy_parser *p, const struct policy_token *name,
		      const struct policy_group *said)
{
	struct policy_where where = policy_where(p, name);
	struct policy_group *group;
	size_t index;

	if (!policy_group_find(p, name->text, name->len, &index)) {
		if (add_group(p, name, &where, &index))
			return -ENOMEM;
		p->policy->groups.items[index].kind = said->kind;
		p->policy->groups.items[index].tcp = said->tcp;
		p->policy->groups.items[index].udp = said->udp;
	}
	group = &p->policy->groups.items[index];
	policy_own(p, POLICY_OWNER_GROUP, index);
	if (group->kind != said->kind || group->tcp != said->tcp ||
	    group->udp != said->udp)
		return fail_other_kind(p, name, group);
	p->group_states.items[index].declared = true;
	p->block = POLICY_BLOCK_GROUP;
	p->block_group = index;
	return 0;
}

/* The line is refused, and declares the name all the same: its uses are not wrong. */
static int refuse_group(struct policy_parser *p, const struct policy_token *name, int err)
{
	struct policy_where where = policy_where(p, name);
	size_t index;

	if (err == -ENOMEM || !name->len || name->len >= POLICY_OBJECT_SIZE)
		return err;
	if (!policy_group_find(p, name->text, name->len, &index) &&
	    add_group(p, name, &where, &index))
		return -ENOMEM;
	p->group_states.items[index].refused = true;
	return err;
}

int policy_stmt_object_group(struct policy_parser *p)
{
	static const char *const words[] = {"network", "service", "protocol", "icmp-type",
					    NULL};
	static const char *const protos[] = {"tcp", "udp", "tcp-udp", NULL};
	const struct policy_token *kind = policy_peek(p);
	const struct policy_token *name = kind->len ? kind + 1 : kind;
	struct policy_group said = {0};
	size_t n_words = kind_from(kind, &said);
	int err;

	p->block = POLICY_BLOCK_REFUSED_GROUP;
	if (!n_words && (!find_kind(kind, &said.kind) || !kind->len))
		return refuse_group(
			p, name,
			policy_fail_expected(p, "a kind of group", HINT_KINDS, words));
	policy_next(p);
	err = policy_parse_name(p, POLICY_OBJECT_SIZE, "the name of an object-group",
				&name);
	if (err)
		return err;
	if (n_words == 3)
		policy_next(p);
	else if (said.kind == POLICY_GROUP_SERVICE && policy_peek(p)->len)
		return refuse_group(p, name,
				    policy_fail_expected(p, "a protocol of ports",
							 "write 'tcp', 'udp' or "
							 "'tcp-udp', or nothing",
							 protos));
	err = policy_expect_end(p);
	return err ? refuse_group(p, name, err) : open_group(p, name, &said);
}
