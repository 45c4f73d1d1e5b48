// SPDX-License-Identifier: GPL-2.0
/*
 * verifier.c - what the kernel's verifier makes of the datapath.
 *
 * Why it exists: a program that the verifier barely accepts on the developer's
 * kernel is refused on the user's. The build prints how many instructions it
 * walked for each program, and how much stack each takes; more than the limit
 * given is an error. So is a chain of calls that stacks more than older kernels
 * grant: they round each frame up to 32 bytes. So is a loop that they refuse (loops.h).
 *
 *	verifier OBJECT MAX_INSTRUCTIONS
 *
 * Exit: 0, 1 if a program is refused or beyond the limit, 2 on wrong usage, 77
 * if this user may not load programs.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loops.h"

#define MAX_FUNCTIONS 128
#define MAX_STACK     512 /* bytes, of a chain of calls */
#define FRAME_ROUND   32

#define LOG_BYTES  (1u << 20)
#define LOG_STATS  4 /* the kernel's BPF_LOG_STATS */
#define MAX_PROGS  16
#define EXIT_SKIP  77
#define EXIT_USAGE 2

struct figures {
	unsigned long instructions;
	unsigned long frame[MAX_FUNCTIONS]; /* bytes; 0 is the program itself */
	unsigned int functions;
	unsigned long chain; /* the longest, as older kernels count */
};

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* "stack depth A+B+C" and "processed N insns", as the kernel writes them. */
static struct figures read_figures(const char *log)
{
	const char *stack = strstr(log, "stack depth ");
	const char *processed = strstr(log, "processed ");
	struct figures out = {0};
	char *end;

	if (processed)
		out.instructions = strtoul(processed + strlen("processed "), NULL, 10);
	if (!stack)
		return out;
	end = (char *)stack + strlen("stack depth ") - 1;
	do {
		unsigned long bytes = strtoul(end + 1, &end, 10);

		out.frame[out.functions++] = bytes;
	} while (*end == '+' && out.functions < MAX_FUNCTIONS);
	return out;
}

/* ---- chains of calls -------------------------------------------------------------- */

struct graph {
	const struct figures *figures;
	const struct bpf_insn *insns;
	unsigned int n_insns;
	unsigned int start[MAX_FUNCTIONS + 1]; /* first instruction of each function */
};

/* The function that the instruction calls, or gives away to be called. */
static unsigned int called_by(const struct graph *graph, unsigned int i)
{
	const struct bpf_insn *insn = &graph->insns[i];

	if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL)
		return (unsigned int)insn->imm;
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	    insn->src_reg == BPF_PSEUDO_FUNC && i + 1 < graph->n_insns)
		return (unsigned int)insn[1].imm;
	return MAX_FUNCTIONS;
}

/* The verifier has seen that nothing calls itself. */
static unsigned long longest_chain(const struct graph *graph, unsigned int function)
{
	unsigned long frame = graph->figures->frame[function], longest = 0;

	for (unsigned int i = graph->start[function]; i < graph->start[function + 1];
	     i++) {
		unsigned int callee = called_by(graph, i);
		unsigned long chain;

		if (callee >= graph->figures->functions)
			continue;
		chain = longest_chain(graph, callee);
		if (chain > longest)
			longest = chain;
	}
	frame = frame ? frame : 1;
	return (frame + FRAME_ROUND - 1) / FRAME_ROUND * FRAME_ROUND + longest;
}

/* Return: the bytes of the longest chain; 0: the kernel does not tell. */
static unsigned long read_chain(int fd, const struct figures *figures)
{
	struct graph graph = {.figures = figures};
	struct bpf_func_info *functions = NULL;
	struct bpf_prog_info info = {0};
	struct bpf_insn *insns = NULL;
	__u32 len = sizeof(info), n_functions, n_bytes;
	unsigned long chain = 0;

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || !info.nr_func_info ||
	    info.nr_func_info != figures->functions)
		return 0;
	n_functions = info.nr_func_info;
	n_bytes = info.xlated_prog_len;
	functions = calloc(n_functions, sizeof(*functions));
	insns = malloc(n_bytes);
	memset(&info, 0, sizeof(info));
	info.nr_func_info = n_functions;
	info.func_info_rec_size = sizeof(*functions);
	info.func_info = (__u64)(uintptr_t)functions;
	info.xlated_prog_len = n_bytes;
	info.xlated_prog_insns = (__u64)(uintptr_t)insns;
	if (functions && insns && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	    info.xlated_prog_insns) {
		graph.insns = insns;
		graph.n_insns = n_bytes / sizeof(*insns);
		for (unsigned int i = 0; i < n_functions; i++)
			graph.start[i] = functions[i].insn_off;
		graph.start[n_functions] = graph.n_insns;
		chain = longest_chain(&graph, 0);
	}
	free(functions);
	free(insns);
	return chain;
}

/* ---- loops --------------------------------------------------------------------------
 */

static int report_loop(const struct bpf_program *program)
{
	size_t from = 0, to = 0;
	int found = loops_find(bpf_program__insns(program),
			       bpf_program__insn_cnt(program), &from, &to);

	if (!found)
		return 0;
	if (found < 0)
		fprintf(stderr, "error: cannot walk %s: %s\n", bpf_program__name(program),
			strerror(-found));
	else
		fprintf(stderr,
			"error: a loop in %s ends at instruction %zu and falls into its "
			"beginning at %zu; Linux 6.1 refuses that\n",
			bpf_program__name(program), from, to);
	return 1;
}

static int report(const char *name, const struct figures *figures, unsigned long limit)
{
	printf("  VERIFIED %-12s %7lu instructions (%lu %% of the limit), %u functions, "
	       "stack of up to %lu bytes\n",
	       name, figures->instructions, figures->instructions / 10000,
	       figures->functions, figures->chain);
	if (figures->chain > MAX_STACK) {
		fprintf(stderr,
			"error: a chain of calls in %s stacks %lu bytes; older kernels "
			"grant %d\n",
			name, figures->chain, MAX_STACK);
		return 1;
	}
	if (figures->instructions <= limit)
		return 0;
	fprintf(stderr,
		"error: %s takes the verifier %lu instructions; more than %lu is too "
		"close to what kernels allow\n",
		name, figures->instructions, limit);
	return 1;
}

int main(int argc, char **argv)
{
	static char logs[MAX_PROGS][LOG_BYTES];
	struct bpf_program *program;
	struct bpf_object *object;
	unsigned int n = 0;
	int err, status = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: verifier OBJECT MAX_INSTRUCTIONS\n");
		return EXIT_USAGE;
	}
	libbpf_set_print(print_nothing);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object) {
		fprintf(stderr, "error: cannot open %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	bpf_object__for_each_program(program, object)
	{
		if (n == MAX_PROGS)
			break;
		bpf_program__set_log_level(program, LOG_STATS);
		bpf_program__set_log_buf(program, logs[n++], LOG_BYTES);
	}
	err = bpf_object__load(object);
	if (err == -EPERM) {
		printf("  VERIFIED nothing: loading programs takes root\n");
		return EXIT_SKIP;
	}
	n = 0;
	bpf_object__for_each_program(program, object)
	{
		struct figures figures;

		if (n == MAX_PROGS)
			break;
		figures = read_figures(logs[n]);
		figures.chain = read_chain(bpf_program__fd(program), &figures);
		if (err && bpf_program__fd(program) < 0)
			fprintf(stderr, "error: %s is refused: %s\n%s\n",
				bpf_program__name(program), strerror(-err), logs[n]);
		else
			status |= report(bpf_program__name(program), &figures,
					 strtoul(argv[2], NULL, 10)) |
				  report_loop(program);
		n++;
	}
	bpf_object__close(object);
	return err ? 1 : status;
}
