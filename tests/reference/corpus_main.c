// SPDX-License-Identifier: GPL-2.0
/*
 * corpus_main.c - every configuration of a directory: does it load, and if it does, is
 * it understood?
 *
 * Usage: corpus [-v] [-n PACKETS] DIRECTORY|FILE...
 * Each file is parsed, compiled, printed and parsed again; what is printed must print
 * as itself and mean the same; compiled lists must agree with the reference. One line
 * for each file: its outcome, and remarks by code. Exit status 1: something that was
 * accepted is not understood. -v: what is said of the files.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/reference/judge.h"
#include "util/cleanup.h"

static size_t n_packets = 20000;
static int verbose;

struct outcome {
	const char *what;
	const char *why; /* "" or what is wrong with libpolicy */
	char why_buffer[512];
};

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static void policy_cleanup(struct policy **policy)
{
	policy_free(*policy);
}

static void image_cleanup(struct policy_image **image)
{
	policy_image_free(*image);
}

/* Return: NULL on failure. */
static char *read_file(const char *path, size_t *len)
{
	FILE *file cleanup_(close_file) = fopen(path, "rb");
	char *text cleanup_free_ = NULL;
	long size;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
		return NULL;
	rewind(file);
	text = malloc((size_t)size + 1);
	if (!text || fread(text, 1, (size_t)size, file) != (size_t)size)
		return NULL;
	*len = (size_t)size;
	return take(text);
}

static void fail(struct outcome *outcome, const char *what, const char *why)
{
	outcome->what = what;
	snprintf(outcome->why_buffer, sizeof(outcome->why_buffer), "%s", why);
	outcome->why = outcome->why_buffer;
}

/* What is printed parses, prints as itself, and means the same. */
static void round_trip(const struct policy *policy, struct outcome *outcome)
{
	struct policy *again cleanup_(policy_cleanup) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *printed cleanup_free_ = NULL;
	char *printed_again cleanup_free_ = NULL;
	struct ref_tally tally = {0};
	size_t len, len_again;

	if (policy_print(policy, &printed, &len)) {
		fail(outcome, "CANNOT PRINT", "no memory");
		return;
	}
	if (policy_parse(printed, len, &again, &diags)) {
		char *shown cleanup_free_ = NULL;

		for (size_t i = 0; i < diags.count && !shown; i++)
			if (diags.items[i].severity == POLICY_ERROR)
				policy_diag_format(&diags.items[i], "printed", &shown);
		fail(outcome, "PRINTS WHAT IS REFUSED", shown ? shown : "");
		return;
	}
	if (policy_print(again, &printed_again, &len_again)) {
		fail(outcome, "CANNOT PRINT", "no memory");
		return;
	}
	if (len != len_again || memcmp(printed, printed_again, len) != 0) {
		size_t at = 0;

		while (at < len && at < len_again && printed[at] == printed_again[at])
			at++;
		while (at && printed[at - 1] != '\n')
			at--;
		printed[at + strcspn(printed + at, "\n")] = '\0';
		fail(outcome, "NOT CANONICAL", printed + at);
		return;
	}
	ref_judge_equal(policy, again, n_packets / 4, 2, &tally);
	if (tally.n_wrong)
		fail(outcome, "PRINTED DIFFERS", tally.first_wrong);
}

static void judge(const struct policy *policy, struct policy_diags *diags,
		  struct outcome *outcome)
{
	struct policy_image *image cleanup_(image_cleanup) = NULL;
	struct ref_tally tally = {0};
	int err = policy_compile(policy, &image, diags);

	if (err) {
		outcome->what = err == -E2BIG ? "too large" : "CANNOT COMPILE";
		return;
	}
	ref_judge(policy, image, n_packets, 1, &tally);
	if (tally.n_wrong)
		fail(outcome, "COMPILED DIFFERS", tally.first_wrong);
}

/* ---- what is said ---- */

struct code_count {
	const char *code;
	size_t count;
	size_t n_files;
};

#define MAX_CODES 256
static struct code_count codes[MAX_CODES];
static size_t n_codes;

static struct code_count *code_of(struct code_count *in, size_t *n, const char *code)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(in[i].code, code))
			return &in[i];
	if (*n == MAX_CODES)
		abort();
	in[*n] = (struct code_count){.code = code};
	return &in[(*n)++];
}

static void tell(const char *name, const struct policy_diags *diags,
		 const struct outcome *outcome)
{
	struct code_count own[MAX_CODES];
	size_t n_own = 0;

	for (size_t i = 0; i < diags->count; i++) {
		code_of(own, &n_own, diags->items[i].code)->count++;
		code_of(codes, &n_codes, diags->items[i].code)->count++;
	}
	printf("%-60.60s %-12s", name, outcome->what);
	for (size_t i = 0; i < n_own; i++) {
		printf(" %s*%zu", own[i].code, own[i].count);
		code_of(codes, &n_codes, own[i].code)->n_files++;
	}
	printf("\n");
	if (*outcome->why)
		printf("\t%s\n", outcome->why);
	for (size_t i = 0; verbose && i < diags->count; i++) {
		char *shown cleanup_free_ = NULL;

		if (verbose < 2 && diags->items[i].severity != POLICY_ERROR)
			continue;
		if (!policy_diag_format(&diags->items[i], name, &shown))
			fputs(shown, stdout);
	}
}

/* ---- files ---- */

static size_t n_files, n_loaded, n_not_understood;

static int one(const char *path)
{
	struct policy *policy cleanup_(policy_cleanup) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	struct outcome outcome = {.what = "loads", .why = ""};
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t len;
	char *text cleanup_free_ = read_file(path, &len);

	if (!text) {
		perror(path);
		return -EIO;
	}
	if (policy_parse(text, len, &policy, &diags))
		outcome.what = "refused";
	else
		judge(policy, &diags, &outcome);
	if (policy && !*outcome.why)
		round_trip(policy, &outcome);
	tell(name, &diags, &outcome);
	n_files++;
	n_loaded += !strcmp(outcome.what, "loads");
	n_not_understood += *outcome.why != '\0';
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All files of a directory, in the order of their names. */
static int all(const char *path)
{
	DIR *dir cleanup_(close_dir) = opendir(path);
	char *names[4096];
	size_t n = 0;
	int err = 0;

	if (!dir)
		return one(path);
	for (struct dirent *entry; n < 4096 && (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&names[n], "%s/%s", path, entry->d_name) < 0)
			abort();
		n++;
	}
	qsort((void *)names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		if (one(names[i]))
			err = -EIO;
		free(names[i]);
	}
	return err;
}

int main(int argc, char **argv)
{
	int opt, err = 0;

	while ((opt = getopt(argc, argv, "vn:")) != -1) {
		if (opt == 'v')
			verbose++;
		else if (opt == 'n')
			n_packets = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind == argc) {
		fprintf(stderr, "usage: corpus [-v] [-n PACKETS] DIRECTORY|FILE...\n");
		return 2;
	}
	for (int i = optind; i < argc; i++)
		if (all(argv[i]))
			err = 2;
	printf("%zu files, %zu load, %zu accepted but not understood\n", n_files,
	       n_loaded, n_not_understood);
	for (size_t i = 0; i < n_codes; i++)
		printf("  %s %5zu in %zu files\n", codes[i].code, codes[i].count,
		       codes[i].n_files);
	return n_not_understood ? 1 : err;
}
