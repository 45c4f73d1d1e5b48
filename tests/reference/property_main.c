// SPDX-License-Identifier: GPL-2.0
/*
 * property_main.c - compiled policies agree with the reference, packet by packet.
 *
 * Usage: property [-n PACKETS] [-s FIRST_SEED] [-c COUNT] [-p] FILE...
 * The files are asked about PACKETS packets for each list; then COUNT made-up policies
 * of each dialect, a fortieth of that each. -p prints the made-up policy of FIRST_SEED
 * instead, one for each dialect. Exit status 1: something is refused or misunderstood.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/reference/whole.h"
#include "util/cleanup.h"

#define N_LINES 12 /* of a made-up list, on average */

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void tell_error(const char *name, const struct policy_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		char *shown cleanup_free_ = NULL;

		if (diags->items[i].severity == POLICY_ERROR &&
		    !policy_diag_format(&diags->items[i], name, &shown))
			fputs(shown, stdout);
	}
}

/* Return: whether it is understood. */
static bool ask_file(const char *path, size_t n_packets, struct ref_tally *tally)
{
	FILE *file cleanup_(close_file) = fopen(path, "rb");
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char text[65536], why[512] = "";
	size_t len = file ? fread(text, 1, sizeof(text), file) : 0;
	enum ref_outcome outcome;

	if (!len || len == sizeof(text)) {
		printf("%s: cannot be read\n", path);
		return false;
	}
	outcome = ref_whole(text, len, n_packets, 1, &diags, tally, why);
	if (outcome != REF_LOADS) {
		printf("%s: %s\n", path, *why ? why : "is refused");
		tell_error(path, &diags);
	}
	return outcome == REF_LOADS;
}

static bool ask_made(unsigned int dialect, uint64_t seed, size_t n_packets,
		     struct ref_tally *tally)
{
	char why[512] = "";

	if (ref_whole_made(dialect, N_LINES, n_packets, seed, tally, why) == REF_LOADS)
		return true;
	printf("seed %llu, dialect %u: %s\n", (unsigned long long)seed, dialect, why);
	return false;
}

static void print_made(uint64_t seed)
{
	for (unsigned int dialect = 0; dialect < GEN_N_DIALECTS; dialect++) {
		struct gen_policy made;

		gen_policy_make(&made, dialect, N_LINES, seed);
		fwrite(made.text.data, 1, made.text.len, stdout);
		gen_policy_free(&made);
	}
}

int main(int argc, char **argv)
{
	size_t n_packets = 400000, count = 30, n_wrong = 0;
	struct ref_tally tally = {0};
	uint64_t seed = 1;
	bool print = false;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:c:p")) != -1) {
		if (opt == 'n')
			n_packets = strtoul(optarg, NULL, 10);
		else if (opt == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (opt == 'c')
			count = strtoul(optarg, NULL, 10);
		else if (opt == 'p')
			print = true;
		else
			return 2;
	}
	if (print) {
		print_made(seed);
		return 0;
	}
	for (int i = optind; i < argc; i++)
		n_wrong += !ask_file(argv[i], n_packets, &tally);
	for (size_t i = 0; i < count * GEN_N_DIALECTS; i++)
		n_wrong += !ask_made(i % GEN_N_DIALECTS, seed + i / GEN_N_DIALECTS,
				     n_packets / 40, &tally);
	printf("reference: %d files and %zu made-up policies, %llu answers, %llu of a "
	       "line, "
	       "%llu wrong; %zu policies refused or wrong\n",
	       argc - optind, count * GEN_N_DIALECTS, (unsigned long long)tally.n_asked,
	       (unsigned long long)tally.n_matched, (unsigned long long)tally.n_wrong,
	       n_wrong);
	return n_wrong != 0;
}
