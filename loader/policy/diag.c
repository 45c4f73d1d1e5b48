// SPDX-License-Identifier: GPL-2.0
/*
 * diag.c - making and rendering remarks.
 *
 * Everything quoted from the text is sanitised when the remark is made, byte
 * for byte, so that columns stay true and every consumer is safe.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

/* What is shown of a line that is refused for its length. */
#define SHOWN_OF_TOO_LONG 80

static int format_text(char **out, const char *format, va_list args)
{
	struct strbuf buf = {0};

	strbuf_vprintf(&buf, format, args);
	if (buf.data)
		text_sanitize(buf.data, buf.len);
	return strbuf_steal(&buf, out, NULL);
}

/* The line that starts at an offset, as it may be shown. NULL: no memory. */
static char *copy_line(const struct policy_parser *p, size_t start)
{
	const char *text = p->text + start;
	const char *newline = memchr(text, '\n', p->len - start);
	size_t len = newline ? (size_t)(newline - text) : p->len - start;
	char *copy;

	while (len && strchr(" \t\r", text[len - 1]) && text[len - 1])
		len--;
	if (len > POLICY_LINE_BYTES)
		len = text_cut(text, len, SHOWN_OF_TOO_LONG);
	copy = malloc(len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	text_sanitize(copy, len);
	return copy;
}

static int diags_push(struct policy_diags *diags, const struct policy_diag *diag)
{
	void *grown =
		vec_grow(diags->items, diags->count, &diags->capacity, sizeof(*diag));

	if (!grown)
		return -ENOMEM;
	diags->items = grown;
	diags->items[diags->count++] = *diag;
	if (diag->severity == POLICY_ERROR)
		diags->n_errors++;
	return 0;
}

/* Whether it matters depends on whether its owner is in use (reach.c). */
static int keep_owner(struct policy_parser *p, const struct policy_diag *diag)
{
	struct policy_owned_diag *kept;

	if (p->owner.kind == POLICY_OWNER_NONE || diag->severity != POLICY_ERROR ||
	    strcmp(diag->code, E_UNSUPPORTED) != 0)
		return 0;
	kept = vec_push(&p->owned_diags);
	if (!kept)
		return -ENOMEM;
	*kept = (struct policy_owned_diag){p->diags->count - 1, p->owner};
	return 0;
}

static int add_remark(struct policy_parser *p, const struct policy_where *where,
		      enum policy_severity severity, const char *code, const char *format,
		      va_list args)
{
	char *message cleanup_free_ = NULL;
	char *line cleanup_free_ = NULL;
	struct policy_diag diag = {.severity = severity, .code = code};
	int err;

	err = format_text(&message, format, args);
	if (err)
		return err;
	if (where) {
		line = copy_line(p, where->line_start);
		if (!line)
			return -ENOMEM;
		diag.line = where->line;
		diag.column = where->column;
		diag.width = where->width;
	}
	diag.source_line = line;
	diag.message = message;
	err = diags_push(p->diags, &diag);
	if (err)
		return err;
	(void)take(line);
	(void)take(message);
	return keep_owner(p, &diag);
}

int policy_fail(struct policy_parser *p, const struct policy_token *token,
		const char *code, const char *format, ...)
{
	struct policy_where where = policy_where(p, token);
	va_list args;
	int err;

	va_start(args, format);
	err = add_remark(p, &where, POLICY_ERROR, code, format, args);
	va_end(args);
	return err ? err : -EINVAL;
}

int policy_fail_at(struct policy_parser *p, const struct policy_where *where,
		   const char *code, const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = add_remark(p, where, POLICY_ERROR, code, format, args);
	va_end(args);
	return err ? err : -EINVAL;
}

int policy_warn_at(struct policy_parser *p, const struct policy_where *where,
		   const char *code, const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = add_remark(p, where, POLICY_WARNING, code, format, args);
	va_end(args);
	return err;
}

int policy_note_at(struct policy_parser *p, const struct policy_where *where,
		   const char *code, const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = add_remark(p, where, POLICY_NOTE, code, format, args);
	va_end(args);
	return err;
}

#define HINT_STRICT "remove the line, or check without --strict"

int policy_ignore_with_warning(struct policy_parser *p, const struct policy_token *token,
			       const char *lost)
{
	struct policy_where where = policy_where(p, token);

	return policy_uncovered_at(p, &where, "'%.*s' is ignored: %s", POLICY_WORD(token),
				   lost);
}

int policy_uncovered_at(struct policy_parser *p, const struct policy_where *where,
			const char *format, ...)
{
	va_list args;
	int err;

	p->policy->report.n_uncovered++;
	va_start(args, format);
	if (p->options.strict)
		err = add_remark(p, where, POLICY_ERROR, E_UNCOVERED, format, args);
	else
		err = add_remark(p, where, POLICY_WARNING, W_UNCOVERED, format, args);
	va_end(args);
	if (err || !p->options.strict)
		return err;
	return policy_hint(p, -EINVAL, HINT_STRICT);
}

int policy_hint(struct policy_parser *p, int err, const char *format, ...)
{
	char *hint = NULL;
	va_list args;
	int failed;

	if (err == -ENOMEM)
		return err;
	va_start(args, format);
	failed = format_text(&hint, format, args);
	va_end(args);
	if (failed)
		return failed;
	free(p->diags->items[p->diags->count - 1].hint);
	p->diags->items[p->diags->count - 1].hint = hint;
	return err;
}

int policy_fail_unsupported(struct policy_parser *p, const struct policy_token *token,
			    const char *hint)
{
	int err = policy_fail(p, token, E_UNSUPPORTED,
			      "'%.*s' is not supported by this version",
			      POLICY_WORD(token));

	return policy_hint(p, err, "%s", hint);
}

int policy_diags_add_whole(struct policy_diags *diags, enum policy_severity severity,
			   const char *code, char *message, char *hint)
{
	char *owned_message cleanup_free_ = message;
	char *owned_hint cleanup_free_ = hint;
	struct policy_diag diag = {
		.severity = severity,
		.code = code,
		.message = message,
		.hint = hint,
	};
	int err = message ? diags_push(diags, &diag) : -ENOMEM;

	if (err)
		return err;
	(void)take(owned_message);
	(void)take(owned_hint);
	return 0;
}

void policy_diag_drop(struct policy_diags *diags, size_t index)
{
	struct policy_diag *diag = &diags->items[index];

	if (diag->severity == POLICY_ERROR)
		diags->n_errors--;
	free(diag->source_line);
	free(diag->message);
	free(diag->hint);
	*diag = (struct policy_diag){0};
}

/* Without the places of those that were dropped. */
void policy_diags_close(struct policy_diags *diags)
{
	size_t kept = 0;

	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].message)
			diags->items[kept++] = diags->items[i];
	diags->count = kept;
}

void policy_diags_free(struct policy_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		free(diags->items[i].source_line);
		free(diags->items[i].message);
		free(diags->items[i].hint);
	}
	free(diags->items);
	*diags = (struct policy_diags){0};
}

/* Blanks up to the caret, in the shape of the line above: tabs stay tabs, and
 * a character of several bytes takes one place. */
static void add_caret_line(struct strbuf *out, const struct policy_diag *diag)
{
	const char *line = diag->source_line;
	size_t len = strlen(line);
	size_t end = (size_t)diag->column - 1 + diag->width;

	for (size_t i = 0; i + 1 < diag->column; i++) {
		if (i < len && ((unsigned char)line[i] & 0xc0) == 0x80)
			continue;
		strbuf_putc(out, i < len && line[i] == '\t' ? '\t' : ' ');
	}
	strbuf_putc(out, '^');
	for (size_t i = diag->column; i < end && i < len; i++)
		if (((unsigned char)line[i] & 0xc0) != 0x80)
			strbuf_putc(out, '~');
	strbuf_putc(out, '\n');
}

const char *policy_severity_word(enum policy_severity severity)
{
	switch (severity) {
	case POLICY_ERROR:
		return "error";
	case POLICY_WARNING:
		return "warning";
	case POLICY_NOTE:
		break;
	}
	return "note";
}

static const char *severity_style(enum policy_severity severity,
				  const struct policy_diag_style *style)
{
	switch (severity) {
	case POLICY_ERROR:
		return style->error;
	case POLICY_WARNING:
		return style->warning;
	case POLICY_NOTE:
		break;
	}
	return style->hint;
}

int policy_diag_format_style(const struct policy_diag *diag, const char *file,
			     const struct policy_diag_style *style, char **out)
{
	struct strbuf buf = {0};

	strbuf_puts(&buf, style->place);
	strbuf_printf(&buf, "%s:", file);
	if (diag->line)
		strbuf_printf(&buf, "%u:%u:", diag->line, diag->column);
	strbuf_printf(&buf, "%s %s%s:%s %s [%s]\n", style->reset,
		      severity_style(diag->severity, style),
		      policy_severity_word(diag->severity), style->reset, diag->message,
		      diag->code);
	if (diag->line && diag->source_line) {
		strbuf_printf(&buf, "%s\n%s", diag->source_line, style->caret);
		add_caret_line(&buf, diag);
		strbuf_puts(&buf, style->reset);
	}
	if (diag->hint)
		strbuf_printf(&buf, "%shint:%s %s\n", style->hint, style->reset,
			      diag->hint);
	return strbuf_steal(&buf, out, NULL);
}

int policy_diag_format(const struct policy_diag *diag, const char *file, char **out)
{
	static const struct policy_diag_style plain = {"", "", "", "", "", ""};

	return policy_diag_format_style(diag, file, &plain, out);
}
