/* SPDX-License-Identifier: GPL-2.0 */
/*
 * terminal.h - what terminals leave in a text that was copied from them.
 *
 * Why it exists: configurations are captured from consoles: with the prompt before each
 * line, the pager's `<--- More --->` and what wiped it out, and lines cut at the margin.
 *
 * Who may include it: the lexer.
 */
#ifndef PINHOLE_POLICY_TERMINAL_H
#define PINHOLE_POLICY_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The line has bytes that were overwritten on the screen. */
bool policy_terminal_traces(const char *text, size_t len);
/* Copy the line without them. @columns: of each byte of @out and of its end, from 1.
 * Both have room for @len and one more. Return: its length */
size_t policy_terminal_clean(const char *text, size_t len, char *out, uint16_t *columns);
/* Bytes of a prompt before the statement; 0: there is none. */
size_t policy_terminal_prompt(const char *text, size_t len);
/* Where lines were cut, in bytes; 0: the text does not look so. */
size_t policy_terminal_margin(const char *text, size_t len);

#endif /* PINHOLE_POLICY_TERMINAL_H */
