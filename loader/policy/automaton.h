/* SPDX-License-Identifier: GPL-2.0 */
/*
 * automaton.h - regular expressions as one deterministic automaton.
 *
 * Why it exists: in the kernel a name is read once, a table look-up per byte,
 * whatever is looked for. So all expressions about one subject become one
 * automaton. Expressions can need many states: the number is bounded while it
 * is being built, and so is the work.
 *
 * Who may include it: libpolicy and its tests.
 */
#ifndef PINHOLE_POLICY_AUTOMATON_H
#define PINHOLE_POLICY_AUTOMATON_H

#include <pinhole/abi_ftp.h>

#include "policy/regex.h"

#define POLICY_AUTOMATON_STATES 1024	/* of one automaton, the dead one included */
#define POLICY_NFA_NODES	4096	/* of all its expressions */
#define POLICY_AUTOMATON_WORK	8000000 /* nodes looked at */

/* ---- what may come next, not yet deterministic (regex_nfa.c) ----------- */

enum nfa_kind {
	NFA_BYTES, /* one byte of the set, then a */
	NFA_SPLIT, /* a or b */
	NFA_START, /* a, if nothing was read yet */
	NFA_END,   /* a, if nothing follows */
	NFA_FOUND, /* the expression was found */
};

struct nfa_node {
	enum nfa_kind kind;
	uint16_t part; /* whose it is */
	uint16_t a;
	uint16_t b;
	struct regex_bytes bytes;
};

struct nfa {
	VEC(struct nfa_node) nodes;
};

/*
 * Add an expression. @part: what its nodes are marked with
 * @entry: set to where it begins
 * Return: 0; -E2BIG beyond POLICY_NFA_NODES; -ENOMEM.
 */
int policy_nfa_add(struct nfa *nfa, const struct policy_regex_tree *tree, uint16_t part,
		   uint16_t *entry);

/* ---- the automaton (regex_dfa.c) --------------------------------------- */

/* An expression to look for. */
struct automaton_part {
	const char *pattern;
	size_t len;
	uint32_t atoms; /* what is found when it is */
};

/* States are numbered from 0, which is dead: next[] leads nowhere else, and
 * nothing is accepted. */
struct automaton {
	VEC(struct ftp_state) states;
	uint16_t start; /* 0: nothing can be found */
};

/*
 * Build an automaton that finds @parts wherever they begin. What was found
 * stays found.
 * @covered: by atom, the atoms that do not matter any more once it is found;
 *           must be transitive. NULL: none
 * @out:     {0}; freed with policy_automaton_free(), also on failure
 * Return: 0; -E2BIG beyond the limits above; -ENOMEM.
 */
int policy_automaton_build(const struct automaton_part *parts, size_t n_parts,
			   const uint32_t *covered, struct automaton *out);

/* Make states one that cannot be told apart (regex_min.c). Return: 0 or -ENOMEM. */
int policy_automaton_minimize(struct automaton *automaton);

void policy_automaton_free(struct automaton *automaton);

#endif /* PINHOLE_POLICY_AUTOMATON_H */
