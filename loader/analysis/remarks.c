// SPDX-License-Identifier: GPL-2.0
/*
 * remarks.c - lines that can never match, as remarks about the text. See analysis.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/analysis.h>

#include "policy/diag_codes.h"
#include "util/cleanup.h"
#include "util/strbuf.h"
#include "util/text.h"
#include "util/vec.h"

#define SHOWN 4 /* of the lines that cover one */

/* Where the lines of a text begin; the last ends at len. */
struct text_lines {
	const char *text;
	size_t len;
	VEC(size_t) starts;
};

static void text_lines_free(struct text_lines *lines)
{
	vec_free(&lines->starts);
}

static int find_lines(struct text_lines *lines)
{
	for (size_t at = 0; at < lines->len;) {
		const char *end = memchr(lines->text + at, '\n', lines->len - at);
		size_t *start = vec_push(&lines->starts);

		if (!start)
			return -ENOMEM;
		*start = at;
		at = end ? (size_t)(end - lines->text) + 1 : lines->len;
	}
	return 0;
}

/* Quote a line, and underline its words. */
static int quote(const struct text_lines *lines, unsigned int number,
		 struct policy_diag *diag)
{
	size_t start, len, indent = 0;
	char *copy;

	if (!number || number > lines->starts.count)
		return 0;
	start = lines->starts.items[number - 1];
	len = (number < lines->starts.count ? lines->starts.items[number] : lines->len) -
	      start;
	while (len && strchr(" \t\r\n", lines->text[start + len - 1]) &&
	       lines->text[start + len - 1])
		len--;
	while (indent + 1 < len && (lines->text[start + indent] == ' ' ||
				    lines->text[start + indent] == '\t'))
		indent++;
	copy = calloc(1, len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, lines->text + start, len);
	text_sanitize(copy, len);
	diag->source_line = copy;
	diag->line = number;
	diag->column = (unsigned int)indent + 1;
	diag->width = len > indent ? (unsigned int)(len - indent) : 1;
	return 0;
}

/* "line 3", "lines 3 and 5", "lines 3, 5, 7, 9 and 12 others" */
static void put_covers(struct strbuf *out, const struct analysis_unreachable *it)
{
	size_t shown = it->n_by > SHOWN + 1 ? SHOWN : it->n_by;

	strbuf_puts(out, it->n_by == 1 ? "line " : "lines ");
	for (size_t i = 0; i < shown; i++) {
		bool is_last = i + 1 == it->n_by;

		strbuf_puts(out, !i ? "" : is_last ? " and " : ", ");
		strbuf_putu(out, it->by[i]->source_line);
	}
	if (shown < it->n_by)
		strbuf_printf(out, " and %zu others", it->n_by - shown);
}

static void put_message(struct strbuf *out, const struct analysis_unreachable *it)
{
	strbuf_printf(out, "line %u can never match, covered by ", it->line->source_line);
	put_covers(out, it);
	if (it->n_by > 1)
		strbuf_puts(out, " together");
	if (it->effect == ANALYSIS_OPPOSITE)
		strbuf_printf(out, ", which %s%s what it %s",
			      it->permit ? "den" : "permit",
			      it->permit      ? (it->n_by == 1 ? "ies" : "y")
			      : it->n_by == 1 ? "s"
					      : "",
			      it->permit ? "permits" : "denies");
	else if (it->effect == ANALYSIS_MIXED)
		strbuf_puts(out, ", some of which do the opposite");
}

static void put_hint(struct strbuf *out, const struct analysis_unreachable *it)
{
	if (it->effect == ANALYSIS_SAME)
		strbuf_printf(out, "line %u can be removed: nothing changes without it",
			      it->line->source_line);
	else
		strbuf_printf(out, "move it before line %u if it is meant to %s",
			      it->by[0]->source_line, it->permit ? "permit" : "deny");
}

static const char *code_of(enum analysis_effect effect)
{
	static const char *const codes[] = {
		[ANALYSIS_SAME] = W_UNREACHABLE,
		[ANALYSIS_OPPOSITE] = W_UNREACHABLE_OPPOSITE,
		[ANALYSIS_MIXED] = W_UNREACHABLE_MIXED,
	};

	return codes[effect];
}

/* Takes over what the remark owns. */
static int push(struct policy_diags *diags, const struct policy_diag *diag)
{
	struct policy_diag *it = vec_push(diags);

	if (it)
		*it = *diag;
	return it ? 0 : -ENOMEM;
}

static int remark(const struct text_lines *lines, const struct analysis_unreachable *it,
		  struct policy_diags *diags)
{
	struct strbuf message = {0}, hint = {0};
	struct policy_diag diag = {.severity = POLICY_WARNING,
				   .code = code_of(it->effect)};
	int err;

	put_message(&message, it);
	put_hint(&hint, it);
	err = strbuf_steal(&message, &diag.message, NULL);
	if (strbuf_steal(&hint, &diag.hint, NULL) || err)
		err = -ENOMEM;
	if (!err)
		err = quote(lines, it->line->source_line, &diag);
	if (!err)
		err = push(diags, &diag);
	if (!err)
		return 0;
	free(diag.message);
	free(diag.hint);
	free(diag.source_line);
	return err;
}

static int remark_unknown(size_t n_unknown, struct policy_diags *diags)
{
	struct strbuf message = {0};
	struct policy_diag diag = {.severity = POLICY_NOTE, .code = N_UNEXAMINED};

	if (!n_unknown)
		return 0;
	strbuf_printf(&message,
		      "%zu access-list lines overlap so many others that it is not known "
		      "whether they can match",
		      n_unknown);
	if (strbuf_steal(&message, &diag.message, NULL))
		return -ENOMEM;
	if (!push(diags, &diag))
		return 0;
	free(diag.message);
	return -ENOMEM;
}

/* A mark for each line of the text that is called a repetition. NULL: no memory. */
static bool *find_repeated(const struct policy_diags *diags, size_t n_lines)
{
	bool *repeated = calloc(n_lines + 1, sizeof(*repeated));

	for (size_t i = 0; repeated && i < diags->count; i++)
		if (diags->items[i].line <= n_lines &&
		    !strcmp(diags->items[i].code, W_LINE_REPEATED))
			repeated[diags->items[i].line] = true;
	return repeated;
}

int analysis_lines_remark(const struct analysis_lines *lines, const char *text,
			  size_t len, struct policy_diags *diags)
{
	struct text_lines places cleanup_(text_lines_free) = {.text = text, .len = len};
	bool *repeated cleanup_free_ = NULL;
	int err = find_lines(&places);

	if (err)
		return err;
	repeated = find_repeated(diags, places.starts.count);
	if (!repeated)
		return -ENOMEM;
	for (size_t i = 0; !err && i < lines->count; i++) {
		unsigned int line = lines->items[i].line->source_line;

		if (line > places.starts.count || !repeated[line])
			err = remark(&places, &lines->items[i], diags);
	}
	return err ? err : remark_unknown(lines->n_unknown, diags);
}
