// SPDX-License-Identifier: GPL-2.0
/*
 * replay.c - a fuzz target on the inputs of the directories given, and no others.
 *
 * Why it exists: that the committed seeds pass must be known at each check. With
 * this as its main program a target needs no fuzzer, and is linked with the
 * sanitized library that the unit tests have built already. `make fuzz` is where the
 * fuzzer itself is built.
 *
 * Who may include it: nobody; it is linked with one tests/fuzz/fuzz_*.c.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What tests/fuzz/run.sh has the fuzzer cut its inputs to. */
#define MAX_BYTES 4096

/*
 * In a block of exactly its size, so that the sanitizer sees a read beyond. Named
 * before it is run: a target that fails does not return.
 */
static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t whole[MAX_BYTES], *data;
	size_t size;

	if (!file) {
		perror(path);
		return -1;
	}
	size = fread(whole, 1, sizeof(whole), file);
	fclose(file);
	data = malloc(size);
	if (!data && size)
		return -1;
	if (size)
		memcpy(data, whole, size);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

/* Returns how many files there were, or -1. */
static int replay_directory(const char *path)
{
	char name[4096];
	struct dirent *entry;
	struct stat st;
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir) {
		perror(path);
		return -1;
	}
	while ((entry = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (stat(name, &st) || !S_ISREG(st.st_mode))
			continue;
		if (replay_file(name)) {
			closedir(dir);
			return -1;
		}
		count++;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int count, total = 0;

	for (int i = 1; i < argc; i++) {
		count = replay_directory(argv[i]);
		if (count < 0)
			return EXIT_FAILURE;
		total += count;
	}
	printf("%d inputs\n", total);
	return total ? EXIT_SUCCESS : EXIT_FAILURE;
}
