// SPDX-License-Identifier: GPL-2.0
/*
 * digest_main.c - digest: a number for each of some fixed lists' images. Compiled by
 * different compilers it must print the same, and an image must not depend on what
 * was compiled before it: reproducible.sh compares.
 */
#include <string.h>

#include "tests/acl/generate.h"

static uint64_t fold(uint64_t digest, const void *bytes, size_t n)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < n; i++)
		digest = (digest ^ byte[i]) * 0x100000001b3;
	return digest;
}

static uint64_t digest_of(const struct acl_image *image)
{
	uint64_t digest = 0xcbf29ce484222325;

	digest = fold(digest, image->words, image->n_words * sizeof(*image->words));
	digest = fold(digest, image->rules4, image->n_rules4 * sizeof(*image->rules4));
	digest = fold(digest, image->rules6, image->n_rules6 * sizeof(*image->rules6));
	digest = fold(digest, image->roots, image->n_lists * sizeof(*image->roots));
	return fold(digest, image->figures, image->n_lists * sizeof(*image->figures));
}

/* The image of one list, alone. Return: its digest, or 0 if there is none */
static uint64_t compile(const struct gen_set *set)
{
	struct acl_list list = {set->lines, set->n_lines};
	struct acl_image image;
	struct acl_refusal why;
	uint64_t digest;

	if (acl_image_build(&list, 1, NULL, &image, &why))
		return 0;
	digest = digest_of(&image);
	acl_image_free(&image);
	return digest;
}

static bool print_kind(enum gen_kind kind, enum acl_family family, size_t n_lines)
{
	static uint64_t before;
	struct gen_set set, again;
	uint64_t digest, second;

	if (gen_set_make(kind, family, n_lines, n_lines, &set))
		return false;
	digest = compile(&set);
	gen_set_free(&set);
	/* The same from other memory, after another one. */
	if (gen_set_make(kind, family, n_lines, n_lines, &again))
		return false;
	second = compile(&again);
	gen_set_free(&again);
	printf("%s %d %zu %016llx\n", gen_kind_name(kind), family == ACL_IPV4 ? 4 : 6,
	       n_lines, (unsigned long long)digest);
	if (!digest || digest == before || digest != second) {
		fprintf(stderr, "digest: no image, that of another list, or two\n");
		return false;
	}
	before = digest;
	return true;
}

int main(void)
{
	static const size_t sizes[] = {1, 9, 100, 1000, 2000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int kind = 0; kind < GEN_N_KINDS; kind++)
			for (int family = 0; family < ACL_N_FAMILIES; family++)
				if (!print_kind(kind, family, sizes[i]))
					return 1;
	return 0;
}
