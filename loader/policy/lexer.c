// SPDX-License-Identifier: GPL-2.0
/* lexer.c - see lexer.h. */
#include <string.h>

#include "policy/lexer.h"

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

static void cut_words(struct policy_line *line)
{
	const char *const text = line->text;
	const char *const end = text + line->len;
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
			.column = (unsigned int)(start - text) + 1,
		};
	}
	line->n_tokens = (size_t)(token - line->tokens);
	*token = (struct policy_token){
		.text = end,
		.column = (unsigned int)line->len + 1,
	};
}

bool policy_lex_line(struct policy_lexer *lexer, struct policy_line *line)
{
	const char *text = lexer->text + lexer->at;
	const char *newline;
	size_t len;

	if (lexer->at >= lexer->len)
		return false;
	newline = memchr(text, '\n', lexer->len - lexer->at);
	len = newline ? (size_t)(newline - text) : lexer->len - lexer->at;
	line->start = lexer->at;
	line->number = ++lexer->line_number;
	lexer->at += len + (newline ? 1 : 0);

	/* Trailing blanks carry no meaning, and carets stay near the words. */
	while (len && (is_blank(text[len - 1]) || text[len - 1] == '\r'))
		len--;
	line->text = text;
	line->len = len;
	line->indented = len && is_blank(text[0]);
	line->n_tokens = 0;
	line->too_long = len > POLICY_LINE_BYTES;
	if (!line->too_long)
		cut_words(line);
	return true;
}
