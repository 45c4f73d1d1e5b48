// SPDX-License-Identifier: GPL-2.0
/*
 * unreachable.c - lines that can never match. See analysis.h.
 *
 * A packet of the line is drawn. If no earlier line has it, the line is reachable, and
 * that is proven; so it goes for nearly all lines of real lists. Whatever covers the
 * line has this packet: if it is one line, it is among those that have it. If it is
 * none of them alone, the first that has the packet is taken away from the line, and
 * the next packet is drawn out of what is left, until one is found that no earlier
 * line has, or nothing is left: then the lines taken away cover it together.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/analysis.h>

#include "analysis/lines.h"
#include "util/cleanup.h"
#include "util/vec.h"

/* Lines tried, of all lists together; some seconds. */
#define MAX_WORK    200000000ull
/* Packets drawn out of one line. */
#define MAX_DRAWS   4096u
/* Parts of one line that wait. */
#define MAX_PARTS   4096u
/* What is left of one line, in memory. */
#define MAX_BYTES   ((size_t)256 << 20)
/* Packets drawn before anything is subtracted. */
#define FIRST_DRAWS 4u

/* One family of the list in hand. */
struct family {
	struct space_list lines;
	struct space_index *index;
};

struct finder {
	const struct policy_image *image;
	const struct policy_image_line **by_number; /* by acl_line */
	struct scratch lists;			    /* of the list in hand */
	struct scratch scratch;			    /* of the line in hand */
	struct family families[ACL_N_FAMILIES];
	VEC(uint32_t) by; /* indexes of lines that cover the one in hand */
	uint64_t work;
	VEC(struct analysis_unreachable) found;
	size_t n_examined;
	size_t n_unknown;
};

enum answer { REACHABLE, COVERED, UNKNOWN, NO_MEMORY };

/* ---- by one line ---- */

struct single {
	struct finder *f;
	size_t line;
	size_t first; /* that covers it; SPACE_NO_LINE: none yet */
	bool any;     /* has the packet */
};

/* In both families, where it has packets. */
static bool covers(struct finder *f, size_t cover, size_t line)
{
	for (int i = 0; i < ACL_N_FAMILIES; i++) {
		const struct space_list *lines = &f->families[i].lines;

		if (lines->n && !product_within(&f->scratch, &lines->lines[line].set,
						&lines->lines[cover].set))
			return false;
	}
	return true;
}

static bool visit_single(void *arg, size_t line)
{
	struct single *s = arg;

	s->any = true;
	if (line < s->first && covers(s->f, line, s->line))
		s->first = line;
	return true;
}

/* ---- by several ---- */

static int add_cover(struct finder *f, size_t line)
{
	uint32_t *added;

	for (size_t i = 0; i < f->by.count; i++)
		if (f->by.items[i] == line)
			return 0;
	added = vec_push(&f->by);
	if (!added)
		return -ENOMEM;
	*added = (uint32_t)line;
	return 0;
}

/* A few packets at random, before anything is subtracted. */
static bool is_reached(struct finder *f, const struct family *family, size_t line)
{
	for (uint64_t seed = 1; seed < FIRST_DRAWS; seed++) {
		struct point point =
			product_some(&family->lines.lines[line].set, line * 64 + seed);

		if (space_index_first(family->index, &point, line, &f->work) ==
		    SPACE_NO_LINE)
			return true;
	}
	return false;
}

/* Take away from the line what is before it. */
static enum answer exhaust(struct finder *f, const struct family *family, size_t line)
{
	struct product *parts = scratch_alloc(&f->scratch, MAX_PARTS * sizeof(*parts));
	size_t n = 0;

	if (!parts)
		return NO_MEMORY;
	parts[n++] = family->lines.lines[line].set;
	for (unsigned int draws = 0; n; draws++) {
		struct product part = parts[--n];
		struct point point = product_some(&part, line + draws);
		size_t first = space_index_first(family->index, &point, line, &f->work);

		if (first == SPACE_NO_LINE)
			return REACHABLE;
		if (draws == MAX_DRAWS || n + 3 > MAX_PARTS || f->work > MAX_WORK ||
		    f->scratch.bytes > MAX_BYTES)
			return UNKNOWN;
		if (add_cover(f, first))
			return NO_MEMORY;
		n += product_minus(&f->scratch, &part, &family->lines.lines[first].set,
				   parts + n);
		if (f->scratch.failed)
			return NO_MEMORY;
	}
	return COVERED;
}

/* ---- one line ---- */

/* f->by is what covers it, if anything does. */
static enum answer examine(struct finder *f, size_t line)
{
	struct single single = {.f = f, .line = line, .first = SPACE_NO_LINE};
	const struct family *family = NULL;
	enum answer answer = COVERED;
	struct point point;

	for (int i = 0; i < ACL_N_FAMILIES; i++)
		if (f->families[i].lines.n &&
		    !product_is_empty(&f->families[i].lines.lines[line].set))
			family = &f->families[i];
	if (!family || !line)
		return REACHABLE; /* or it matches nothing, which is another story */
	if (f->work > MAX_WORK)
		return UNKNOWN;
	point = product_some(&family->lines.lines[line].set, line * 64);
	space_index_visit(family->index, &point, line, &f->work, visit_single, &single);
	if (f->scratch.failed)
		return NO_MEMORY;
	if (!single.any)
		return REACHABLE;
	if (single.first != SPACE_NO_LINE)
		return add_cover(f, single.first) ? NO_MEMORY : COVERED;
	for (int i = 0; answer == COVERED && i < ACL_N_FAMILIES; i++) {
		family = &f->families[i];
		if (!family->lines.n || product_is_empty(&family->lines.lines[line].set))
			continue;
		if (is_reached(f, family, line))
			return REACHABLE;
		answer = exhaust(f, family, line);
	}
	return answer;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static enum analysis_effect effect_of(const struct finder *f, const struct acl_list *list,
				      size_t line)
{
	size_t n_same = 0;

	for (size_t i = 0; i < f->by.count; i++)
		n_same += list->lines[f->by.items[i]].permit == list->lines[line].permit;
	if (!n_same)
		return ANALYSIS_OPPOSITE;
	return n_same == f->by.count ? ANALYSIS_SAME : ANALYSIS_MIXED;
}

static int tell(struct finder *f, const struct acl_list *list, size_t line)
{
	struct analysis_unreachable *it = vec_push(&f->found);

	if (!it)
		return -ENOMEM;
	it->by = calloc(f->by.count, sizeof(struct policy_image_line *));
	if (!it->by)
		return -ENOMEM;
	qsort(f->by.items, f->by.count, sizeof(*f->by.items), compare_numbers);
	for (size_t i = 0; i < f->by.count; i++)
		it->by[it->n_by++] = f->by_number[list->lines[f->by.items[i]].number];
	it->line = f->by_number[list->lines[line].number];
	it->permit = list->lines[line].permit;
	it->effect = effect_of(f, list, line);
	return 0;
}

/*
 * What one line covers is neither first for any packet nor needed to cover others: that
 * line does it, too. So it need not be found again.
 */
static int add_to_indexes(struct finder *f, size_t line)
{
	int err = 0;

	for (int i = 0; !err && i < ACL_N_FAMILIES; i++)
		if (f->families[i].index)
			err = space_index_add(f->families[i].index, line);
	return err;
}

static int examine_line(struct finder *f, const struct acl_list *list, size_t line)
{
	enum answer answer;

	f->by.count = 0;
	scratch_reset(&f->scratch);
	answer = examine(f, line);
	if (answer == NO_MEMORY)
		return -ENOMEM;
	f->n_examined++;
	f->n_unknown += answer == UNKNOWN;
	if (answer == COVERED && tell(f, list, line))
		return -ENOMEM;
	return answer == COVERED && f->by.count == 1 ? 0 : add_to_indexes(f, line);
}

/* ---- lists ---- */

static bool has_family(const struct acl_list *list, enum acl_family family)
{
	for (size_t i = 0; i < list->n_lines; i++)
		for (uint32_t j = 0; j < list->lines[i].n_src; j++)
			if (list->lines[i].src[j].family == family)
				return true;
	return false;
}

static int examine_list(struct finder *f, const struct acl_list *list)
{
	int err = 0;

	scratch_reset(&f->lists);
	for (int i = 0; !err && i < ACL_N_FAMILIES; i++) {
		struct family *family = &f->families[i];

		family->lines = (struct space_list){0};
		if (!has_family(list, (enum acl_family)i))
			continue;
		err = space_list_make(&f->lists, (enum acl_family)i, list,
				      &family->lines);
		if (err)
			break;
		family->index = space_index_new((enum acl_family)i, list, &family->lines);
		err = family->index ? 0 : -ENOMEM;
	}
	for (size_t i = 0; !err && i < list->n_lines; i++)
		err = examine_line(f, list, i);
	for (int i = 0; i < ACL_N_FAMILIES; i++) {
		space_index_free(f->families[i].index);
		f->families[i].index = NULL;
	}
	return err;
}

static int number_lines(struct finder *f)
{
	f->by_number =
		calloc(f->image->n_acl_lines + 1, sizeof(struct policy_image_line *));
	if (!f->by_number)
		return -ENOMEM;
	for (size_t i = 0; i < f->image->n_lines; i++)
		if (f->image->lines[i].acl_line != ACL_NO_LINE)
			f->by_number[f->image->lines[i].acl_line] = &f->image->lines[i];
	return 0;
}

static void free_found(struct analysis_unreachable *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(items[i].by);
	free(items);
}

void analysis_lines_free(struct analysis_lines *lines)
{
	if (!lines)
		return;
	free_found(lines->items, lines->count);
	free(lines);
}

static void finder_free(struct finder *f)
{
	free(f->by_number);
	scratch_free(&f->lists);
	scratch_free(&f->scratch);
	vec_free(&f->by);
	free_found(f->found.items, f->found.count);
}

int policy_analyse_lines(const struct policy_image *image, struct analysis_lines **out)
{
	struct finder f cleanup_(finder_free) = {.image = image};
	struct analysis_lines *lines cleanup_free_ = calloc(1, sizeof(*lines));
	int err = lines ? number_lines(&f) : -ENOMEM;

	for (size_t i = 0; !err && i < image->n_acl_lists; i++)
		err = examine_list(&f, &image->acl_lists[i]);
	if (err)
		return err;
	lines->count = f.found.count;
	lines->items = take(f.found.items);
	f.found.count = 0;
	lines->n_examined = f.n_examined;
	lines->n_unknown = f.n_unknown;
	*out = take(lines);
	return 0;
}
