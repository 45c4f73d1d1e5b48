/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lexer.h - a line of policy text cut into words.
 *
 * Why it exists: PIX text is line-oriented and has no quoting: a word is
 * whatever stands between blanks, and `(`, `)` and `,` stand for themselves.
 * Whether a line starts with blanks means nothing.
 *
 * Who may include it: libpolicy only. Words borrow the text.
 */
#ifndef PINHOLE_POLICY_LEXER_H
#define PINHOLE_POLICY_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define POLICY_LINE_BYTES 1024 /* PIX itself stops near 500 */

struct policy_token {
	const char *text;
	size_t len;	     /* 0: the end of the line */
	unsigned int column; /* from 1, in bytes */
};

struct policy_line {
	const char *text; /* without CR and LF */
	size_t len;
	size_t start;	     /* offset in the whole text */
	unsigned int number; /* from 1 */
	bool indented;
	bool too_long;					   /* not cut into words */
	struct policy_token tokens[POLICY_LINE_BYTES + 1]; /* the last is the end */
	size_t n_tokens;				   /* without the end */
};

struct policy_lexer {
	const char *text;
	size_t len;
	size_t at;
	unsigned int line_number;
};

/* Read the next line. Return: false at the end of the text. */
bool policy_lex_line(struct policy_lexer *lexer, struct policy_line *line);

/* The word equals @word, letters compared without case. Inline, for a line asks
 * dozens of times and nearly always the length or the first letter differs. */
static inline bool policy_token_is(const struct policy_token *token, const char *word)
{
	const int letter_case = 0x20;

	return strlen(word) == token->len &&
	       (!token->len || (((token->text[0] ^ word[0]) & ~letter_case) == 0 &&
				!strncasecmp(token->text, word, token->len)));
}

#endif /* PINHOLE_POLICY_LEXER_H */
