// SPDX-License-Identifier: GPL-2.0
/* lexer.c - see lexer.h. */
#include <string.h>

#include "policy/lexer.h"
#include "policy/terminal.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool stands_for_itself(char c)
{
	return c == '(' || c == ')' || c == ',';
}

/* One comparison for nearly all bytes of a text: what ends words is below. */
static bool ends_word(char c)
{
	return (unsigned char)c <= ',' && (is_blank(c) || stands_for_itself(c));
}

/* Cut what stands from @text to @end. Columns are counted from @origin. */
static void cut_words(struct policy_line *line, const char *origin, const char *text,
		      const char *end)
{
	const char *at = text;
	struct policy_token *token = line->tokens;

	while (at < end) {
		const char *start = at++;

		if (is_blank(*start))
			continue;
		if (!stands_for_itself(*start))
			while (at < end && !ends_word(*at))
				at++;
		*token++ = (struct policy_token){
			.text = start,
			.len = (size_t)(at - start),
			.column = (unsigned int)(start - origin) + 1,
		};
	}
	line->n_tokens = (size_t)(token - line->tokens);
	*token = (struct policy_token){
		.text = end,
		.column = (unsigned int)(end - origin) + 1,
	};
}

/* Columns of a line that was cleaned, as they are in the text. */
static void place_words(struct policy_line *line)
{
	for (size_t i = 0; i <= line->n_tokens; i++)
		line->tokens[i].column = line->columns[line->tokens[i].column - 1];
}

/* What a terminal left on the line is copied away, if it left something. */
static void cut_line(struct policy_line *line)
{
	size_t len = line->len < POLICY_LINE_BYTES ? line->len : POLICY_LINE_BYTES;
	const char *text = line->text;
	size_t prompt;

	line->is_clean = false;
	if (policy_terminal_traces(text, len)) {
		len = policy_terminal_clean(text, len, line->clean, line->columns);
		line->is_clean = true;
		text = line->clean;
	}
	prompt = policy_terminal_prompt(text, len);
	line->indented = len && !prompt && is_blank(text[0]);
	cut_words(line, text, text + prompt, text + len);
	if (line->is_clean)
		place_words(line);
}

void policy_lex_start(struct policy_lexer *lexer, const char *text, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of byte order, in UTF-8 */

	*lexer = (struct policy_lexer){.text = text, .len = len};
	if (len >= sizeof(mark) - 1 && !memcmp(text, mark, sizeof(mark) - 1))
		lexer->at = sizeof(mark) - 1;
	lexer->margin = policy_terminal_margin(text, len);
}

/* The line at an offset, without its end. */
static size_t line_len(const struct policy_lexer *lexer, size_t start, size_t *next)
{
	const char *text = lexer->text + start;
	const char *newline = memchr(text, '\n', lexer->len - start);
	size_t len = newline ? (size_t)(newline - text) : lexer->len - start;

	*next = start + len + (newline ? 1 : 0);
	/* Trailing blanks carry no meaning, and carets stay near the words. */
	while (len && (is_blank(text[len - 1]) || text[len - 1] == '\r'))
		len--;
	return len;
}

bool policy_lex_line(struct policy_lexer *lexer, struct policy_line *line)
{
	if (lexer->at >= lexer->len)
		return false;
	lexer->last = line->start = lexer->at;
	line->text = lexer->text + lexer->at;
	line->number = ++lexer->line_number;
	line->len = line_len(lexer, lexer->at, &lexer->at);
	line->too_long = line->len > POLICY_LINE_BYTES;
	line->is_joined = false;
	cut_line(line);
	return true;
}

bool policy_lex_peek(const struct policy_lexer *lexer, const struct policy_line *line,
		     struct policy_token *word)
{
	const char *text = lexer->text + lexer->at;
	size_t next, len;

	if (!lexer->margin || lexer->at >= lexer->len ||
	    lexer->at - lexer->last < lexer->margin ||
	    lexer->at - lexer->last > lexer->margin + 2 || line->too_long)
		return false; /* not of the length of the margin, and CR LF */
	len = line_len(lexer, lexer->at, &next);
	*word = (struct policy_token){.text = text};
	while (word->len < len && !ends_word(text[word->len]))
		word->len++;
	return word->len > 0;
}

bool policy_lex_join(struct policy_lexer *lexer, struct policy_line *line)
{
	const char *text = lexer->text + lexer->at;
	size_t next, len = line_len(lexer, lexer->at, &next);
	size_t before = line->is_joined ? line->len : lexer->margin;

	if (before + len > POLICY_LINE_BYTES || (line->is_clean && !line->is_joined))
		return false;
	if (!line->is_joined)
		memcpy(line->clean, line->text, before);
	memcpy(line->clean + before, text, len);
	/* A place in what follows is shown at the end of the first line. */
	for (size_t i = line->is_joined ? before : 0; i <= before + len; i++)
		line->columns[i] =
			(uint16_t)((i < lexer->margin ? i : lexer->margin - 1) + 1);
	line->is_joined = line->is_clean = true;
	line->text = line->clean;
	line->len = before + len;
	line->clean[line->len] = '\0';
	lexer->last = lexer->at;
	lexer->at = next;
	lexer->line_number++;
	cut_words(line, line->clean, line->clean, line->clean + line->len);
	place_words(line);
	return true;
}
