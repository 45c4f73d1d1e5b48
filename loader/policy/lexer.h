/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lexer.h - a line of policy text cut into words.
 *
 * Why it exists: PIX text is line-oriented and has no quoting: a word is
 * whatever stands between blanks, and `(`, `)` and `,` stand for themselves.
 * Whether a line starts with blanks means little. Texts come from terminals: prompts,
 * pagers and the margin leave traces, which are no part of what was said.
 *
 * Who may include it: libpolicy only. Words borrow the text, or the line
 * itself: is_clean.
 */
#ifndef PINHOLE_POLICY_LEXER_H
#define PINHOLE_POLICY_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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
	bool too_long;	/* only its first bytes are cut into words */
	bool is_joined; /* of several that a margin cut */
	bool is_clean;	/* words are in `clean`, not in the text */
	/* What was said, where that is not what stands in the text; the column of each
	 * byte, from 1, there. */
	char clean[POLICY_LINE_BYTES + 1];
	uint16_t columns[POLICY_LINE_BYTES + 1];
	struct policy_token tokens[POLICY_LINE_BYTES + 1]; /* the last is the end */
	size_t n_tokens;				   /* without the end */
};

struct policy_lexer {
	const char *text;
	size_t len;
	size_t at;
	unsigned int line_number;
	size_t last;   /* where the line before `at` begins */
	size_t margin; /* bytes at which a terminal cut lines; 0: nowhere */
};

/* Begin: what surrounds the text is skipped, and its margin found. */
void policy_lex_start(struct policy_lexer *lexer, const char *text, size_t len);
/* Read the next line. Return: false at the end of the text. */
bool policy_lex_line(struct policy_lexer *lexer, struct policy_line *line);
/* The line ends at the margin and another follows: its first word. */
bool policy_lex_peek(const struct policy_lexer *lexer, const struct policy_line *line,
		     struct policy_token *word);
/* Put the next line behind this one. Return: false if both are too long. */
bool policy_lex_join(struct policy_lexer *lexer, struct policy_line *line);

/* The column of the byte of the line at @at, or of its end. */
static inline unsigned int policy_line_column(const struct policy_line *line, size_t at)
{
	return line->is_clean ? line->columns[at] : (unsigned int)at + 1;
}

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
