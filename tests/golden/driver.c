// SPDX-License-Identifier: GPL-2.0
/*
 * driver.c - one policy through libpolicy, for the golden tests.
 *
 * Usage: golden-driver FILE
 * Prints the canonical text (exit 0) or what is wrong (exit 1); warnings
 * precede the text as comments. A policy that is accepted must also compile,
 * and its canonical text must be canonical.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/policy.h>

#include "util/cleanup.h"

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* The whole file. Return: NULL on failure. */
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

static void print_diags(const struct policy_diags *diags, const char *file,
			const char *prefix)
{
	for (size_t i = 0; i < diags->count; i++) {
		char *text cleanup_free_ = NULL;

		if (policy_diag_format(&diags->items[i], file, &text))
			abort();
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			printf("%s%s\n", prefix, line);
	}
}

static void policy_cleanup(struct policy **policy)
{
	policy_free(*policy);
}

static void image_cleanup(struct policy_image **image)
{
	policy_image_free(*image);
}

static int check_canonical(const char *text, size_t len)
{
	struct policy *policy cleanup_(policy_cleanup) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *again cleanup_free_ = NULL;
	size_t again_len;

	if (policy_parse(text, len, &policy, &diags)) {
		print_diags(&diags, "canonical", "");
		return 1;
	}
	if (policy_print(policy, &again, &again_len))
		return 1;
	if (again_len != len || memcmp(again, text, len) != 0) {
		printf("not canonical:\n%s", again);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct policy *policy cleanup_(policy_cleanup) = NULL;
	struct policy_image *image cleanup_(image_cleanup) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	char *text cleanup_free_ = NULL;
	char *canonical cleanup_free_ = NULL;
	const char *name;
	size_t len;
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE\n", argv[0]);
		return 2;
	}
	name = strrchr(argv[1], '/') ? strrchr(argv[1], '/') + 1 : argv[1];
	text = read_file(argv[1], &len);
	if (!text) {
		perror(argv[1]);
		return 2;
	}
	err = policy_parse(text, len, &policy, &diags);
	if (!err)
		err = policy_compile(policy, &image, &diags);
	if (err) {
		print_diags(&diags, name, "");
		return 1;
	}
	print_diags(&diags, name, "! ");
	if (policy_print(policy, &canonical, &len))
		return 2;
	fputs(canonical, stdout);
	return check_canonical(canonical, len) ? 2 : 0;
}
