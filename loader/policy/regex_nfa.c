// SPDX-License-Identifier: GPL-2.0
/*
 * regex_nfa.c - from the tree of an expression to nodes that lead to one another.
 *
 * Built from the end backwards: what an expression leads to is known before it
 * is. A counted repetition is written out, so numbers in braces multiply; the
 * bound on nodes is checked at every one of them.
 */
#include <errno.h>

#include "policy/automaton.h"

struct nfa_builder {
	struct nfa *nfa;
	const struct policy_regex_tree *tree;
	uint16_t part;
};

static int nfa_push(struct nfa_builder *b, const struct nfa_node *node, uint16_t *out)
{
	struct nfa_node *kept;

	if (b->nfa->nodes.count >= POLICY_NFA_NODES)
		return -E2BIG;
	kept = vec_push(&b->nfa->nodes);
	if (!kept)
		return -ENOMEM;
	*kept = *node;
	kept->part = b->part;
	*out = (uint16_t)(b->nfa->nodes.count - 1);
	return 0;
}

static int nfa_build(struct nfa_builder *b, uint16_t index, uint16_t next, uint16_t *out);

static int nfa_split(struct nfa_builder *b, uint16_t first, uint16_t second,
		     uint16_t *out)
{
	return nfa_push(b, &(struct nfa_node){NFA_SPLIT, 0, first, second, {{0}}}, out);
}

/* Any number of times, zero included: a node that the end leads back to. */
static int nfa_loop(struct nfa_builder *b, uint16_t body, uint16_t next, uint16_t *out)
{
	uint16_t entry = 0;
	int err = nfa_split(b, next, next, out);

	if (!err)
		err = nfa_build(b, body, *out, &entry);
	if (!err)
		b->nfa->nodes.items[*out].a = entry;
	return err;
}

static int nfa_repeat(struct nfa_builder *b, const struct regex_node *node, uint16_t next,
		      uint16_t *out)
{
	unsigned int optional = node->max == POLICY_REGEX_NO_MAX ? 0
								 : node->max - node->min;
	uint16_t entry = next, body = 0;
	int err = 0;

	if (node->max == POLICY_REGEX_NO_MAX)
		err = nfa_loop(b, node->left, next, &entry);
	for (unsigned int i = 0; !err && i < optional; i++) {
		err = nfa_build(b, node->left, entry, &body);
		if (!err)
			err = nfa_split(b, body, next, &entry);
	}
	for (unsigned int i = 0; !err && i < node->min; i++)
		err = nfa_build(b, node->left, entry, &entry);
	*out = entry;
	return err;
}

/* What leads to @next by the tree's node @index. The length of a pattern bounds
 * the depth. */
static int nfa_build(struct nfa_builder *b, uint16_t index, uint16_t next, uint16_t *out)
{
	const struct regex_node *node = &b->tree->nodes.items[index];
	uint16_t left = 0, right = 0;
	int err;

	switch (node->kind) {
	case REGEX_BYTES:
		return nfa_push(b, &(struct nfa_node){NFA_BYTES, 0, next, 0, node->bytes},
				out);
	case REGEX_START:
		return nfa_push(b, &(struct nfa_node){NFA_START, 0, next, 0, {{0}}}, out);
	case REGEX_END:
		return nfa_push(b, &(struct nfa_node){NFA_END, 0, next, 0, {{0}}}, out);
	case REGEX_THEN:
		err = nfa_build(b, node->right, next, &right);
		return err ? err : nfa_build(b, node->left, right, out);
	case REGEX_OR:
		err = nfa_build(b, node->left, next, &left);
		if (!err)
			err = nfa_build(b, node->right, next, &right);
		return err ? err : nfa_split(b, left, right, out);
	case REGEX_REPEAT:
		return nfa_repeat(b, node, next, out);
	case REGEX_EMPTY:
		break;
	}
	*out = next;
	return 0;
}

int policy_nfa_add(struct nfa *nfa, const struct policy_regex_tree *tree, uint16_t part,
		   uint16_t *entry)
{
	struct nfa_builder b = {nfa, tree, part};
	uint16_t found = 0;
	int err = nfa_push(&b, &(struct nfa_node){.kind = NFA_FOUND}, &found);

	return err ? err : nfa_build(&b, tree->root, found, entry);
}
