// SPDX-License-Identifier: GPL-2.0
/*
 * parse.c - policy_parse(): the text line by line, then the whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/statement.h"
#include "util/cleanup.h"

#define MAX_ERRORS 1000

/* Lines that no statement begins with: of fewer each is told what is wrong. */
#define MIN_UNKNOWN 3

int policy_expect_end(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if (!token->len)
		return 0;
	err = policy_fail(p, token, E_TRAILING, "'%.*s' follows a complete statement",
			  POLICY_WORD(token));
	return policy_hint(p, err, "%s",
			   token->text[0] == '!' ? POLICY_HINT_COMMENT
						 : "remove the rest of the line");
}

struct policy_where policy_where(const struct policy_parser *p,
				 const struct policy_token *token)
{
	return (struct policy_where){
		.line_start = p->line.start,
		.line = p->line.number,
		.column = token->column,
		.width = token->len ? (unsigned int)token->len : 1,
	};
}

static void parser_free(struct policy_parser **pointer)
{
	struct policy_parser *p = *pointer;

	if (!p)
		return;
	vec_free(&p->hardware);
	vec_free(&p->objects);
	vec_free(&p->addresses);
	vec_free(&p->addresses6);
	vec_free(&p->groups);
	vec_free(&p->verifies);
	vec_free(&p->noproxyarps);
	vec_free(&p->mtus);
	vec_free(&p->routes);
	vec_free(&p->boxes);
	for (size_t i = 0; i < p->nats.count; i++) {
		free(p->nats.items[i].parsed.description);
		free(p->nats.items[i].parsed.real_name);
	}
	vec_free(&p->nats);
	vec_free(&p->globals);
	vec_free(&p->fixups);
	vec_free(&p->owned_diags);
	vec_free(&p->names);
	vec_free(&p->ignored);
	vec_free(&p->uncovered);
	vec_free(&p->refused_hints);
	for (size_t i = 0; i < p->clean_lines.count; i++)
		free(p->clean_lines.items[i]);
	vec_free(&p->clean_lines);
	strmap_free(&p->ignored_by_word);
	for (int i = 0; i < POLICY_N_OWNERS; i++)
		free(p->reached[i]);
	free(p->group_stack);
	strmap_free(&p->name_by_word);
	free(p->fixup_at);
	strmap_free(&p->hardware_by_name);
	strmap_free(&p->iface_by_name);
	strmap_free(&p->list_by_name);
	strmap_free(&p->object_by_name);
	strmap_free(&p->group_by_name);
	vec_free(&p->group_states);
	vec_free(&p->rule_ifaces);
	vec_free(&p->service_ifaces);
	vec_free(&p->insertions);
	strmap_free(&p->regex_by_name);
	strmap_free(&p->class_by_name);
	strmap_free(&p->map_by_name);
	policy_free(p->policy);
	free(p);
}

static void free_rule(struct policy_rule *rule)
{
	free(rule->remark);
	free(rule->text);
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->lists.count; i++) {
		struct policy_list *list = &policy->lists.items[i];

		for (size_t j = 0; j < list->rules.count; j++)
			free_rule(&list->rules.items[j]);
		vec_free(&list->rules);
	}
	vec_free(&policy->ifaces);
	vec_free(&policy->addresses6);
	policy_free_terms(policy);
	vec_free(&policy->lists);
	for (size_t i = 0; i < policy->nats.count; i++)
		free(policy->nats.items[i].description);
	vec_free(&policy->nats);
	for (size_t i = 0; i < policy->host_nats.count; i++) {
		free(policy->host_nats.items[i].description);
		free(policy->host_nats.items[i].real_name);
	}
	vec_free(&policy->host_nats);
	vec_free(&policy->globals);
	vec_free(&policy->routes);
	vec_free(&policy->box_lines);
	vec_free(&policy->fixups);
	policy_free_inspections(policy);
	free(policy);
}

struct diag_order {
	unsigned int line;
	size_t index;
};

static int compare_order(const void *a, const void *b)
{
	const struct diag_order *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Remarks about the whole are made last; show all in the order of the text,
 * and those without a line at the end. */
static int sort_diags(struct policy_diags *diags, size_t first)
{
	size_t count = diags->count - first;
	struct diag_order *order cleanup_free_ = NULL;
	struct policy_diag *sorted cleanup_free_ = NULL;

	if (count < 2)
		return 0;
	order = calloc(count, sizeof(*order));
	sorted = calloc(count, sizeof(*sorted));
	if (!order || !sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		order[i] =
			(struct diag_order){diags->items[first + i].line - 1, first + i};
	qsort(order, count, sizeof(*order), compare_order);
	for (size_t i = 0; i < count; i++)
		sorted[i] = diags->items[order[i].index];
	memcpy(&diags->items[first], sorted, count * sizeof(*sorted));
	return 0;
}

/* Not a policy at all, most likely: stop before the remarks outgrow memory. */
static int give_up(struct policy_parser *p)
{
	const struct policy_token start = {.text = p->line.text, .len = 1, .column = 1};
	struct policy_where where = policy_where(p, &start);

	return policy_fail_at(p, &where, E_TOO_MANY_ERRORS,
			      "%d errors: the text is not read beyond this line",
			      MAX_ERRORS);
}

/* Words are kept until the last line has been read: those of a line that does not
 * stand so in the text need a place of their own. */
static int keep_clean_line(struct policy_parser *p)
{
	struct policy_line *line = &p->line;
	char **kept;

	if (!line->is_clean)
		return 0;
	kept = vec_push(&p->clean_lines);
	if (!kept)
		return -ENOMEM;
	*kept = malloc(sizeof(line->clean));
	if (!*kept)
		return -ENOMEM;
	memcpy(*kept, line->clean, sizeof(line->clean));
	line->len = (size_t)(line->tokens[line->n_tokens].text - line->clean);
	line->text = *kept;
	for (size_t i = 0; i <= line->n_tokens; i++)
		line->tokens[i].text = *kept + (line->tokens[i].text - line->clean);
	return 0;
}

bool policy_can_replace(const struct policy_parser *p, const struct policy_token *token,
			size_t len)
{
	return !p->line.too_long && p->line.len - token->len + len <= POLICY_LINE_BYTES;
}

int policy_replace_word(struct policy_parser *p, struct policy_token *token,
			const char *word, size_t len)
{
	struct policy_line *line = &p->line;
	size_t at = (size_t)(token->text - line->text);
	size_t behind = at + token->len;
	size_t total = line->len - token->len + len;

	for (size_t i = 0; i <= line->n_tokens; i++) {
		size_t old = (size_t)(line->tokens[i].text - line->text);

		line->tokens[i].text =
			line->clean + (old < behind ? old : old - behind + at + len);
	}
	memcpy(line->clean, line->text, at);
	memcpy(line->clean + at, word, len);
	memcpy(line->clean + at + len, line->text + behind, line->len - behind);
	/* From the end, for a column moves towards it. */
	for (size_t i = total + 1; i-- > at + len;)
		line->columns[i] =
			(uint16_t)policy_line_column(line, i - at - len + behind);
	for (size_t i = 0; i < at; i++)
		line->columns[i] = (uint16_t)policy_line_column(line, i);
	for (size_t i = 0; i < len; i++)
		line->columns[at + i] = (uint16_t)token->column;
	token->len = len;
	line->is_clean = true;
	return keep_clean_line(p);
}

/*
 * A line as long as the text is wide, before one that no statement begins with: the
 * second is what was left of the first. If that is wrong, the whole will not parse.
 */
static void join_lines(struct policy_parser *p, struct policy_lexer *lexer)
{
	struct policy_token word;

	while (policy_lex_peek(lexer, &p->line, &word) && policy_is_rest(p, &word) &&
	       policy_lex_join(lexer, &p->line))
		p->n_joined++;
}

static int note_joined(struct policy_parser *p, const struct policy_lexer *lexer)
{
	if (!p->n_joined)
		return 0;
	return policy_note_at(p, NULL, N_JOINED,
			      "%zu line%s cut at column %zu, and read as %s", p->n_joined,
			      p->n_joined == 1 ? " was" : "s were", lexer->margin,
			      p->n_joined == 1 ? "the rest of the one before"
					       : "the rest of those before");
}

/* Not one line is a statement: nobody wants to be told why of each. */
static int fail_no_policy(struct policy_parser *p, size_t first_diag)
{
	int err;

	for (size_t i = first_diag; i < p->diags->count; i++)
		policy_diag_drop(p->diags, i);
	policy_diags_close(p->diags);
	p->owned_diags.count = 0;
	err = policy_fail_at(p, NULL, E_NO_POLICY,
			     "this is no configuration of PIX or "
			     "ASA: no line is a statement");
	return policy_hint(p, err, "give the text that 'show running-config' shows");
}

/* Return: 0 if all lines were read, whatever was remarked; -EINVAL if not. */
static int parse_lines(struct policy_parser *p, size_t first_diag)
{
	struct policy_lexer lexer;

	policy_lex_start(&lexer, p->text, p->len);
	while (policy_lex_line(&lexer, &p->line)) {
		p->at = 0;
		p->ipv6_form = false;
		policy_own(p, POLICY_OWNER_NONE, 0);
		if (lexer.margin)
			join_lines(p, &lexer);
		if (keep_clean_line(p))
			return -ENOMEM;
		if (policy_parse_line(p) == -ENOMEM)
			return -ENOMEM;
		if (p->diags->n_errors - p->errors_before >= MAX_ERRORS)
			return p->n_understood ? give_up(p)
					       : fail_no_policy(p, first_diag);
	}
	if (!p->n_understood && p->n_unknown >= MIN_UNKNOWN)
		return fail_no_policy(p, first_diag);
	return note_joined(p, &lexer);
}

int policy_parse_as(const char *text, size_t len,
		    const struct policy_parse_options *options, struct policy **out,
		    struct policy_diags *diags)
{
	struct policy_parser *p cleanup_(parser_free) = calloc(1, sizeof(*p));
	size_t first_diag = diags->count;
	int err;

	if (!p)
		return -ENOMEM;
	p->text = len ? text : "";
	p->len = len;
	p->diags = diags;
	if (options)
		p->options = *options;
	p->errors_before = diags->n_errors;
	p->policy = calloc(1, sizeof(*p->policy));
	if (!p->policy)
		return -ENOMEM;
	for (int i = 0; i < POLICY_N_TIMEOUTS; i++)
		p->policy->timeout_sec[i] = policy_timeout_kinds[i].default_sec;
	err = parse_lines(p, first_diag);
	if (!err)
		err = policy_warn_uncovered(p);
	if (!err)
		err = policy_settle_dialect(p);
	if (!err)
		err = policy_check(p);
	if (!err)
		err = policy_note_ignored(p);
	if (!err)
		err = sort_diags(diags, first_diag);
	if (err)
		return err;
	if (diags->n_errors > p->errors_before)
		return -EINVAL;
	*out = take(p->policy);
	return 0;
}

int policy_parse(const char *text, size_t len, struct policy **out,
		 struct policy_diags *diags)
{
	return policy_parse_as(text, len, NULL, out, diags);
}

void policy_get_report(const struct policy *policy, struct policy_report *out)
{
	*out = policy->report;
}
