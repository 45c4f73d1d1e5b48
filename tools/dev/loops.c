// SPDX-License-Identifier: GPL-2.0
/*
 * loops.c - loops that older kernels refuse. See loops.h.
 *
 * The walk is that of the kernel, in its order: which edge of a loop is the way back
 * depends on where the walk comes from.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "loops.h"

#define MAX_EDGES 2 /* that leave an instruction */

struct edge {
	int64_t to; /* -1: there is none */
	bool is_jump;
};

enum mark { UNSEEN = 0, BEING_WALKED, WALKED };

struct walk {
	const struct bpf_insn *insns;
	size_t n;
	uint8_t *mark;	/* enum mark */
	uint8_t *taken; /* edges gone along already */
	size_t *path;
	size_t depth;
};

static bool is_jump_class(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP || BPF_CLASS(insn->code) == BPF_JMP32;
}

/* The function that the instruction calls or gives away, in `imm`. */
static bool leads_to_function(const struct bpf_insn *insn)
{
	if (insn->code == (BPF_JMP | BPF_CALL))
		return insn->src_reg == BPF_PSEUDO_CALL;
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       insn->src_reg == BPF_PSEUDO_FUNC;
}

/* In the order in which the kernel goes along them. */
static void edges_of(const struct walk *walk, size_t at, struct edge out[MAX_EDGES])
{
	const struct bpf_insn *insn = &walk->insns[at];
	int64_t next = (int64_t)at + 1;
	bool jumps = is_jump_class(insn);

	out[0] = (struct edge){.to = next};
	out[1] = (struct edge){.to = -1};
	if (leads_to_function(insn)) {
		out[1] = (struct edge){.to = next + insn->imm, .is_jump = true};
	} else if (jumps && BPF_OP(insn->code) == BPF_EXIT) {
		out[0].to = -1;
	} else if (jumps && BPF_OP(insn->code) == BPF_JA) {
		out[0] = (struct edge){.to = next + insn->off, .is_jump = true};
	} else if (jumps && BPF_OP(insn->code) != BPF_CALL) {
		out[0].is_jump = true;
		out[1] = (struct edge){.to = next + insn->off, .is_jump = true};
	}
}

static void enter(struct walk *walk, size_t at)
{
	walk->mark[at] = BEING_WALKED;
	walk->path[walk->depth++] = at;
}

/* Go on from the end of the path. Return: as loops_find(). */
static int step(struct walk *walk, size_t *from, size_t *to)
{
	size_t at = walk->path[walk->depth - 1];
	struct edge edges[MAX_EDGES];

	edges_of(walk, at, edges);
	while (walk->taken[at] < MAX_EDGES) {
		const struct edge *edge = &edges[walk->taken[at]++];

		if (edge->to == -1)
			continue;
		if (edge->to < 0 || (uint64_t)edge->to >= walk->n)
			return -EINVAL;
		if (walk->mark[edge->to] == UNSEEN) {
			enter(walk, (size_t)edge->to);
			return 0;
		}
		if (walk->mark[edge->to] == BEING_WALKED && !edge->is_jump) {
			*from = at;
			*to = (size_t)edge->to;
			return 1;
		}
	}
	walk->mark[at] = WALKED;
	walk->depth--;
	return 0;
}

int loops_find(const struct bpf_insn *insns, size_t n, size_t *from, size_t *to)
{
	struct walk walk = {.insns = insns, .n = n};
	int found = 0;

	if (!n)
		return 0;
	walk.mark = calloc(n, 2 * sizeof(*walk.mark));
	walk.path = calloc(n, sizeof(*walk.path));
	if (walk.mark && walk.path) {
		walk.taken = walk.mark + n;
		enter(&walk, 0);
		while (!found && walk.depth)
			found = step(&walk, from, to);
	} else {
		found = -ENOMEM;
	}
	free(walk.mark);
	free(walk.path);
	return found;
}
