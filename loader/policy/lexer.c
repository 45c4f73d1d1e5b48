// SPDX-License-Identifier: GPL-2.0
/* lexer.c - see lexer.h. */
#include <string.h>
#include <strings.h>

#include "policy/lexer.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool stands_for_itself(char c)
{
	return c == '(' || c == ')' || c == ',';
}

static void cut_words(struct policy_line *line)
{
	size_t at = 0;

	line->n_tokens = 0;
	while (at < line->len) {
		size_t start = at;

		if (is_blank(line->text[at])) {
			at++;
			continue;
		}
		if (stands_for_itself(line->text[at]))
			at++;
		else
			while (at < line->len && !is_blank(line->text[at]) &&
			       !stands_for_itself(line->text[at]))
				at++;
		line->tokens[line->n_tokens++] = (struct policy_token){
			.text = line->text + start,
			.len = at - start,
			.column = (unsigned int)start + 1,
		};
	}
	line->tokens[line->n_tokens] = (struct policy_token){
		.text = line->text + line->len,
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

bool policy_token_is(const struct policy_token *token, const char *word)
{
	return strlen(word) == token->len && !strncasecmp(token->text, word, token->len);
}
