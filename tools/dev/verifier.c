// SPDX-License-Identifier: GPL-2.0
/*
 * verifier.c - what the kernel's verifier makes of the datapath.
 *
 * Why it exists: a program that the verifier barely accepts on the developer's
 * kernel is refused on the user's. The build prints how many instructions it
 * walked for each program, and how much stack each takes; more than the limit
 * given is an error.
 *
 *	verifier OBJECT MAX_INSTRUCTIONS
 *
 * Exit: 0, 1 if a program is refused or beyond the limit, 2 on wrong usage, 77
 * if this user may not load programs.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#define LOG_BYTES  (1u << 20)
#define LOG_STATS  4 /* the kernel's BPF_LOG_STATS */
#define MAX_PROGS  16
#define EXIT_SKIP  77
#define EXIT_USAGE 2

struct figures {
	unsigned long instructions;
	unsigned long own_stack;     /* bytes, of the program itself */
	unsigned long largest_stack; /* of any function that it calls */
	unsigned int functions;
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

		if (!out.functions++)
			out.own_stack = bytes;
		else if (bytes > out.largest_stack)
			out.largest_stack = bytes;
	} while (*end == '+');
	return out;
}

static int report(const char *name, const struct figures *figures, unsigned long limit)
{
	printf("  VERIFIED %-12s %7lu instructions (%lu %% of the limit), stack %lu "
	       "bytes, "
	       "%u functions of up to %lu\n",
	       name, figures->instructions, figures->instructions / 10000,
	       figures->own_stack, figures->functions - 1, figures->largest_stack);
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
		if (err && bpf_program__fd(program) < 0)
			fprintf(stderr, "error: %s is refused: %s\n%s\n",
				bpf_program__name(program), strerror(-err), logs[n]);
		else
			status |= report(bpf_program__name(program), &figures,
					 strtoul(argv[2], NULL, 10));
		n++;
	}
	bpf_object__close(object);
	return err ? 1 : status;
}
