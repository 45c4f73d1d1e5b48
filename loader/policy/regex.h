/* SPDX-License-Identifier: GPL-2.0 */
/*
 * regex.h - regular expressions of ASA, as far as an automaton can decide them.
 *
 * Why it exists: the datapath reads a name byte by byte and keeps a number, no
 * text. What it can match is what is regular: no back references, no looking
 * around. pcre2 judges what is written; the rest is read here into a tree.
 *
 * Who may include it: libpolicy and its tests.
 */
#ifndef PINHOLE_POLICY_REGEX_H
#define PINHOLE_POLICY_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/vec.h"

#define POLICY_REGEX_SIZE   256 /* of a pattern, with the NUL */
#define POLICY_REGEX_REPEAT 255 /* greatest number in braces */
#define POLICY_REGEX_NO_MAX UINT16_MAX

/* A set of bytes. */
struct regex_bytes {
	uint64_t word[4];
};

static inline void regex_bytes_add(struct regex_bytes *set, unsigned int byte)
{
	set->word[byte / 64] |= 1ull << (byte % 64);
}

static inline bool regex_bytes_has(const struct regex_bytes *set, unsigned int byte)
{
	return set->word[byte / 64] >> (byte % 64) & 1;
}

enum regex_kind {
	REGEX_EMPTY,  /* nothing at all */
	REGEX_BYTES,  /* one byte of a set */
	REGEX_START,  /* ^ */
	REGEX_END,    /* $ */
	REGEX_THEN,   /* left, then right */
	REGEX_OR,     /* left or right */
	REGEX_REPEAT, /* left, min to max times */
};

struct regex_node {
	enum regex_kind kind;
	uint16_t left; /* indexes into nodes */
	uint16_t right;
	uint16_t min;
	uint16_t max; /* POLICY_REGEX_NO_MAX: any number */
	struct regex_bytes bytes;
};

struct policy_regex_tree {
	VEC(struct regex_node) nodes;
	uint16_t root;
};

/* Why a pattern is refused. */
struct policy_regex_fault {
	size_t at; /* offset of the byte at fault; the length: the end */
	size_t width;
	char message[160];
	const char *hint; /* NULL: none */
};

/*
 * Read a pattern. @out: freed with policy_regex_free(), also on failure.
 * Return: 0; -EINVAL (see @fault); -ENOMEM.
 */
int policy_regex_parse(const char *pattern, size_t len, struct policy_regex_tree *out,
		       struct policy_regex_fault *fault);
void policy_regex_free(struct policy_regex_tree *tree);

/* Whether a pattern may be used: pcre2's judgement, then policy_regex_parse()'s
 * (regex_check.c). @always: set if every text has it. Return: as above. */
int policy_regex_check(const char *pattern, size_t len, bool *always,
		       struct policy_regex_fault *fault);

#endif /* PINHOLE_POLICY_REGEX_H */
