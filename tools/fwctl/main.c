// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - fwctl: the command table.
 */
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd.h"
#include "format.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *help;
} commands[] = {
	{"check", cmd_check, "FILE", "say what is wrong with a policy, touching nothing"},
	{"print", cmd_print, "FILE", "write the canonical form of a policy"},
	{"diff", cmd_diff, "[OLD] NEW", "compare what two policies permit"},
	{"apply", cmd_apply, "FILE", "put a policy in force, all or nothing"},
	{"confirm", cmd_confirm, "", "keep the policy that is on trial"},
	{"rollback", cmd_rollback, "", "go back to the policy before"},
	{"unload", cmd_unload, "", "take the firewall out of the kernel"},
	{"show", cmd_show, "WHAT", "show what is in force and what it has seen"},
	{"clear", cmd_clear, "WHAT", "end connections, or begin to count anew"},
	{"log", cmd_log, "[-f]", "print what begins, ends, is denied and dropped"},
	{"packet-tracer", cmd_packet_tracer, "input IF ...",
	 "say what would become of a packet, and why"},
	{"capture", cmd_capture, "IF|all",
	 "show packets, and what was decided about them"},
	{"top", cmd_top, "[--once]", "show what the firewall is doing, live"},
	{"version", cmd_version, "", "show the version"},
	{"help", cmd_help, "[COMMAND]", "show this text, or a command's"},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static int unknown_command(const char *word)
{
	const char *names[N_COMMANDS];
	const char *nearest;

	for (size_t i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i].name;
	nearest = format_nearest(word, names, N_COMMANDS);
	if (nearest)
		return cmd_usage_error("", "unknown command '%s'; did you mean %s?", word,
				       nearest);
	return cmd_usage_error("", "unknown command '%s'", word);
}

static void print_help(FILE *out)
{
	fputs("Usage: fwctl COMMAND [OPTIONS]\n"
	      "Operate the Pinhole firewall.\n\n",
	      out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-14s%-13s %s\n", commands[i].name, commands[i].arguments,
			commands[i].help);
	fputs("\n"
	      "  -h, --help     show this text; fwctl COMMAND --help shows a command's\n"
	      "  -V, --version  show the version\n"
	      "\n"
	      "Exit status: 0 done, 1 the policy is wrong, 2 usage, 3 refused by the\n"
	      "kernel or the firewall. Of diff: 0 nothing differs, 1 something does, 2 "
	      "trouble.\n",
	      out);
}

static bool is_help(int argc, char **argv)
{
	return argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
}

int cmd_version(int argc, char **argv)
{
	if (is_help(argc, argv)) {
		puts("Usage: fwctl version\nShow the version.\n\nExit status: 0 shown, 2 "
		     "usage.");
		return CMD_OK;
	}
	if (argc > 1)
		return cmd_usage_error("version", "takes no arguments");
	puts("fwctl " PINHOLE_VERSION);
	return CMD_OK;
}

int cmd_help(int argc, char **argv)
{
	static char help[] = "--help";
	const struct command *command;

	if (is_help(argc, argv)) {
		puts("Usage: fwctl help [COMMAND]\nShow the commands, or the summary of "
		     "one."
		     "\n\nExit status: 0 shown, 2 there is no such command.");
		return CMD_OK;
	}
	if (argc > 2)
		return cmd_usage_error("help", "'%s' is one argument too many", argv[2]);
	if (argc < 2) {
		print_help(stdout);
		return CMD_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return command->run(2, (char *[]){argv[1], help, NULL});
}

#define HEAP_BYTES ((size_t)128 << 20)

/*
 * Policies may have a hundred thousand lines, and an edit of one is to take effect at
 * once. So memory is taken as one piece, of which only what is used exists, by large
 * pages where there are any, and is not given back between two stages of the work:
 * each page that is touched anew costs more than what is then done in it.
 */
static void prepare_memory(void)
{
#ifdef __GLIBC__
	void *first;
	char *end;

	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_TOP_PAD, (int)HEAP_BYTES);
	first = malloc(1 << 20); /* more than there is yet */
	end = sbrk(0);
	if (first && end != (char *)-1)
		madvise(end - HEAP_BYTES, HEAP_BYTES, MADV_HUGEPAGE);
	free(first);
#endif
}

int main(int argc, char **argv)
{
	const struct command *command;

	prepare_memory();
	if (argc < 2) {
		print_help(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return CMD_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		return cmd_version(1, argv + 1);
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return command->run(argc - 1, argv + 1);
}
