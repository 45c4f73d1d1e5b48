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

#include "tests/reference/whole.h"
#include "util/cleanup.h"

static size_t n_packets = 20000;
static int verbose;

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

static const char *const outcomes[] = {
	[REF_LOADS] = "loads",
	[REF_REFUSED] = "refused",
	[REF_TOO_LARGE] = "too large",
	[REF_WRONG] = "WRONG",
};

static void tell(const char *name, const struct policy_diags *diags,
		 enum ref_outcome outcome, const char *why)
{
	struct code_count own[MAX_CODES];
	size_t n_own = 0;

	for (size_t i = 0; i < diags->count; i++) {
		code_of(own, &n_own, diags->items[i].code)->count++;
		code_of(codes, &n_codes, diags->items[i].code)->count++;
	}
	printf("%-60.60s %-12s", name, outcomes[outcome]);
	for (size_t i = 0; i < n_own; i++) {
		printf(" %s*%zu", own[i].code, own[i].count);
		code_of(codes, &n_codes, own[i].code)->n_files++;
	}
	printf("\n");
	if (outcome == REF_WRONG)
		printf("\t%s\n", why);
	for (size_t i = 0; verbose && i < diags->count; i++) {
		char *shown cleanup_free_ = NULL;

		if (verbose < 2 && diags->items[i].severity != POLICY_ERROR)
			continue;
		if (!policy_diag_format(&diags->items[i], name, &shown))
			fputs(shown, stdout);
	}
}

/* ---- files ---- */

static size_t n_files, n_loaded, n_wrong;

static int one(const char *path)
{
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct ref_tally tally = {0};
	enum ref_outcome outcome;
	char why[512] = "";
	size_t len;
	char *text cleanup_free_ = read_file(path, &len);

	if (!text) {
		perror(path);
		return -EIO;
	}
	outcome = ref_whole(text, len, n_packets, 1, &diags, &tally, why);
	tell(name, &diags, outcome, why);
	n_files++;
	n_loaded += outcome == REF_LOADS;
	n_wrong += outcome == REF_WRONG;
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
	       n_loaded, n_wrong);
	for (size_t i = 0; i < n_codes; i++)
		printf("  %s %5zu in %zu files\n", codes[i].code, codes[i].count,
		       codes[i].n_files);
	return n_wrong ? 1 : err;
}
