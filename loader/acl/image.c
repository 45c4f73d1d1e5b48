// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - all lists into one image.
 *
 * Why it exists: the door of the compiler (acl.h). It decides for each list what is
 * expanded into terms and what goes by classes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/part.h"
#include "acl/terms.h"
#include "util/cleanup.h"

/*
 * Products up to the first are expanded. If the image becomes too large, more lines
 * go by classes; if those are what is too large, fewer: sets that overlap in many
 * ways may have more classes than their products have terms.
 */
static const uint64_t thresholds[] = {64, 16, 4, 1, 1024, UINT64_MAX};

/* Terms of a list, beyond which it is not tried: each is a rule at least. */
#define MAX_TERMS (4u << 20)

/* Headers come first, in the order of lists, whether they are used or not: that they
 * stay where they are spares the loader the interfaces when it edits a line. Word 0
 * means "none", and headers are a cache line each. */
static uint32_t header_of(size_t list, enum acl_family family)
{
	return (uint32_t)(ACL_H_WORDS * (1 + list * ACL_N_FAMILIES + family));
}

static void writer_free(struct acl_writer *writer)
{
	free(writer->words);
	free(writer->rules4);
	free(writer->rules6);
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct acl_limits effective_limits(const struct acl_limits *limits)
{
	struct acl_limits all = {ACL_MAX_WORDS, ACL_MAX_RULES, ACL_MAX_RULES};

	if (limits) {
		all.words = min_size(all.words, limits->words);
		all.rules4 = min_size(all.rules4, limits->rules4);
		all.rules6 = min_size(all.rules6, limits->rules6);
	}
	return all;
}

static int build_expansion(struct acl_writer *writer, enum acl_family family,
			   const struct acl_expansion *expansion, uint32_t header,
			   struct acl_figures *figures)
{
	int err = 0;

	memset(writer->words + header, 0, ACL_H_WORDS * sizeof(*writer->words));
	*figures = (struct acl_figures){0};
	if (expansion->n_terms)
		err = acl_part_build(writer, family, expansion->terms, expansion->n_terms,
				     header, figures);
	if (!err && expansion->n_large)
		err = acl_classes_build(writer, family, expansion->large,
					expansion->n_large, header, figures);
	return err;
}

static int build_threshold(struct acl_writer *writer, enum acl_family family,
			   const struct acl_family_lines *lines, uint64_t threshold,
			   uint32_t header, struct acl_figures *figures)
{
	struct acl_expansion expansion cleanup_(acl_expansion_free) = {0};
	int err = acl_expand(lines, threshold, &expansion);

	return err ? err : build_expansion(writer, family, &expansion, header, figures);
}

/* One list, one family, at the first threshold that succeeds. */
static int build_lines(struct acl_writer *writer, enum acl_family family,
		       const struct acl_family_lines *lines, uint32_t header,
		       struct acl_figures *figures)
{
	const struct acl_mark mark = acl_writer_mark(writer);
	const size_t max_terms = min_size(MAX_TERMS, family == ACL_IPV4
							     ? writer->limits.rules4
							     : writer->limits.rules6);
	size_t tried = SIZE_MAX;
	int err = -E2BIG;

	for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
		size_t n_large;
		uint64_t terms = acl_count_terms(lines, thresholds[i], &n_large);

		/* Fewer large ones than were tried, or all of them: something new. */
		if (n_large == tried)
			continue;
		if (terms > max_terms) {
			if (tried == SIZE_MAX)
				acl_refuse(writer, "rules", terms, max_terms);
			continue;
		}
		tried = n_large;
		acl_writer_rewind(writer, mark);
		err = build_threshold(writer, family, lines, thresholds[i], header,
				      figures);
		if (err != -E2BIG)
			return err;
	}
	return err;
}

static int build_list(struct acl_writer *writer, const struct acl_list *lists, size_t i,
		      struct acl_image *image)
{
	for (enum acl_family family = 0; family < ACL_N_FAMILIES; family++) {
		struct acl_family_lines lines cleanup_(acl_family_lines_free) = {0};
		uint32_t header = header_of(i, family);
		int err = acl_family_lines_make(&lists[i], family, &lines);

		if (!err && lines.n)
			err = build_lines(writer, family, &lines, header,
					  &image->figures[i][family]);
		if (err)
			return err;
		if (lines.n)
			*(family == ACL_IPV4 ? &image->roots[i].v4
					     : &image->roots[i].v6) = header;
	}
	return 0;
}

static int build_lists(struct acl_writer *writer, const struct acl_list *lists,
		       struct acl_image *image)
{
	int64_t first = acl_writer_words(writer, header_of(image->n_lists, ACL_IPV4),
					 ACL_H_WORDS);

	if (first < 0)
		return (int)first;
	for (size_t i = 0; i < image->n_lists; i++) {
		int err;

		writer->why->list = i;
		err = build_list(writer, lists, i, image);
		if (err)
			return err;
	}
	return 0;
}

/* Give back what arrays that double have too much. */
static void *trimmed(void *array, size_t n, size_t size)
{
	void *moved = realloc(array, n ? n * size : 1);

	if (!moved)
		return array;
	return moved;
}

static void hand_over(struct acl_writer *writer, struct acl_image *image)
{
	image->words = trimmed(take(writer->words), writer->n_words, sizeof(uint64_t));
	image->n_words = writer->n_words;
	image->rules4 =
		trimmed(take(writer->rules4), writer->n_rules4, sizeof(struct acl_rule4));
	image->n_rules4 = writer->n_rules4;
	image->rules6 =
		trimmed(take(writer->rules6), writer->n_rules6, sizeof(struct acl_rule6));
	image->n_rules6 = writer->n_rules6;
}

static int make_room(struct acl_image *image)
{
	image->roots = calloc(image->n_lists + 1, sizeof(*image->roots));
	image->figures = calloc(image->n_lists + 1, sizeof(*image->figures));
	return image->roots && image->figures ? 0 : -ENOMEM;
}

int acl_image_build(const struct acl_list *lists, size_t n_lists,
		    const struct acl_limits *limits, struct acl_image *out,
		    struct acl_refusal *why)
{
	struct acl_refusal refusal = {0};
	struct acl_writer writer cleanup_(writer_free) = {
		.limits = effective_limits(limits),
		.why = &refusal,
	};
	struct acl_image image cleanup_(acl_image_free) = {.n_lists = n_lists};
	int err;

	for (size_t i = 0; i < n_lists; i++)
		if (!acl_list_valid(&lists[i]))
			return -EINVAL;
	/* Their headers alone would be more than an index can say. */
	if (n_lists > ACL_MAX_WORDS / ACL_H_WORDS / 4)
		return -EINVAL;
	err = make_room(&image);
	if (!err)
		err = build_lists(&writer, lists, &image);
	if (err == -E2BIG && why)
		*why = refusal;
	if (err)
		return err;
	hand_over(&writer, &image);
	*out = image;
	image = (struct acl_image){0};
	return 0;
}

void acl_image_free(struct acl_image *image)
{
	free(image->words);
	free(image->rules4);
	free(image->rules6);
	free(image->roots);
	free(image->figures);
	*image = (struct acl_image){0};
}

size_t acl_image_bytes(const struct acl_image *image)
{
	return image->n_words * sizeof(*image->words) +
	       image->n_rules4 * sizeof(*image->rules4) +
	       image->n_rules6 * sizeof(*image->rules6);
}
