// SPDX-License-Identifier: GPL-2.0
/*
 * diff_list.c - what two lists decide differently. See diff_list.h.
 *
 * Let C be lines that both lists have, in the same order (twins). Of a packet that
 * the lists decide differently, the first line in the old list or the first in the new
 * one is not in C.
 *
 *   Proof. Let both be in C: a decides in the old list, and has the twin a' in the new
 *   one; b' decides there, and has the twin b in the old one. a' has the packet, for it
 *   is equal to a, so b' is not behind a'. Likewise a is not behind b. C has one order
 *   in both lists, so b' is not before a' either. Then b' is a', and they decide alike.
 *   What is behind all lines, and denies, is common to both lists, too.
 *
 * So only lines without a twin are looked at. Let a be one of the old list (those of the
 * new list likewise). Of the packets that a decides, no line before a has any; so none
 * that is a twin of such a line. What decides them in the new list is among its lines
 * without a twin, those whose twin is behind a, and the end of the list. a is cut into
 * what each of these decides, in their order. In a part that is decided otherwise by
 * that, a packet is sought that no line before a has: by drawing one, and if an earlier
 * line has it, taking that line away and drawing again.
 */
#include <errno.h>
#include <stdlib.h>

#include "analysis/diff_list.h"
#include "util/cleanup.h"

/* Lines tried and parts cut, of all lists together; some seconds. */
#define MAX_WORK	400000000ull
/* Of one changed line: parts that it is cut into, differences that are told, and
 * packets that are drawn for one of them. */
#define MAX_PARTS	512u
#define MAX_TOLD	16u
#define MAX_DRAWS	1024u
#define MAX_HELD	4096u /* parts that wait while packets are drawn */
#define MAX_BYTES	((size_t)256 << 20)
/* Of a list. */
#define MAX_DIFFERENCES 1000u

/* A line without a twin. */
struct changed_line {
	size_t line;
	/* The line of the other list behind the last twin of a line before this one: all
	 * from there on may decide, of those before only the changed ones. */
	size_t from;
};

/* One of both lists. */
struct side {
	const struct acl_list *list;
	struct both_families lines;
	struct space_index *index[ACL_N_FAMILIES];
	size_t *twin;
	struct changed_line *changed; /* ascending */
	size_t n_changed;
};

/* Parts of the line in hand, and of one of them while packets are drawn. */
struct parts {
	struct product items[MAX_PARTS];
	size_t n;
	struct product held[MAX_HELD];
};

struct differ {
	struct side sides[2];	/* old, new */
	struct scratch memory;	/* of both lists */
	struct scratch scratch; /* of the line in hand */
	struct parts *parts;
	const struct point_taste *taste;
	struct list_diff *out;
	uint64_t *work;
};

/* What is looked at: a changed line, and one family of it. */
struct change {
	struct differ *d;
	int side; /* that has the line */
	size_t line;
	size_t from; /* see changed_line */
	enum acl_family family;
	const struct space_list *own; /* of the side that has the line */
	const struct space_list *other;
	size_t n_told;
	bool unexamined; /* something of it */
	bool ended;	 /* all the rest of it is */
	int err;
};

/* ---- what is told ---- */

static bool is_told(const struct list_diff *out, size_t old, size_t new)
{
	for (size_t i = 0; i < out->items.count; i++)
		if (out->items.items[i].old == old && out->items.items[i].new == new)
			return true;
	return false;
}

size_t space_first_line(const struct space_list *list, const struct point *point)
{
	for (size_t i = 0; i < list->n; i++)
		if (product_has(&list->lines[i].set, point))
			return i;
	return SPACE_NO_LINE;
}

/* Both lists are asked, line by line: nothing is told that is not so. */
static void tell(struct change *c, size_t by, const struct point *example)
{
	size_t old = c->side ? by : c->line, new = c->side ? c->line : by;
	struct list_difference *it;

	*c->d->work += c->own->n + c->other->n;
	if (space_first_line(c->own, example) != c->line ||
	    space_first_line(c->other, example) != by) {
		c->unexamined = true;
		return;
	}
	it = vec_push(&c->d->out->items);
	if (!it) {
		c->err = -ENOMEM;
		return;
	}
	*it = (struct list_difference){old, new, c->family, *example};
	c->n_told++;
}

/* ---- a packet that the line decides ---- */

static bool is_exhausted(const struct change *c)
{
	return *c->d->work > MAX_WORK || c->d->scratch.bytes > MAX_BYTES;
}

/* Whether no line before the changed one has it. */
static size_t line_before(struct change *c, const struct point *point)
{
	return space_index_first(c->d->sides[c->side].index[c->family], point, c->line,
				 c->d->work);
}

/* Tell of a packet of the part, if the line decides one. @by: what decides the part in
 * the other list */
static void seek(struct change *c, const struct product *part, size_t by)
{
	struct scratch *scratch = &c->d->scratch;
	struct product *held = c->d->parts->held;
	size_t n = 0;

	held[n++] = *part;
	for (unsigned int draws = 0; n; draws++) {
		struct product at = held[--n];
		struct point nice = product_example(&at, &c->d->taste[c->family]);
		struct point point = draws ? product_some(&at, draws) : nice;
		size_t before = line_before(c, &point);

		if (before == SPACE_NO_LINE) {
			bool is_nice = line_before(c, &nice) == SPACE_NO_LINE;

			tell(c, by, is_nice ? &nice : &point);
			return;
		}
		if (draws == MAX_DRAWS || n + 3 > MAX_HELD || is_exhausted(c)) {
			c->unexamined = true;
			return;
		}
		n += product_minus(scratch, &at, &c->own->lines[before].set, held + n);
		if (scratch->failed)
			return;
	}
}

/* ---- cutting the line ---- */

static bool is_over(const struct change *c)
{
	return c->ended || c->err || c->d->scratch.failed;
}

/* Take what a line of the other list decides out of the parts. */
static void cut_parts(struct change *c, size_t by)
{
	struct parts *parts = c->d->parts;
	const struct space_line *line = &c->other->lines[by];
	bool differs = line->permit != c->own->lines[c->line].permit;
	size_t old = c->side ? by : c->line, new = c->side ? c->line : by;
	size_t n = parts->n, kept = 0;

	*c->d->work += n;
	for (size_t i = 0; i < n; i++) {
		struct product at = parts->items[i], rest[3], met;
		size_t n_rest;

		if (!product_meets(&at, &line->set)) {
			parts->items[kept++] = at;
			continue;
		}
		met = product_and(&c->d->scratch, &at, &line->set);
		if (differs && !is_told(c->d->out, old, new))
			seek(c, &met, by);
		n_rest = product_minus(&c->d->scratch, &at, &line->set, rest);
		if (c->d->scratch.failed || parts->n + n_rest > MAX_PARTS) {
			c->unexamined = c->ended = true;
			return;
		}
		/* The first takes the place of the part; others go to the end. */
		for (size_t j = 0; j < n_rest; j++)
			parts->items[j ? parts->n++ : kept++] = rest[j];
	}
	/* Close the gap between those that stayed and those that were added. */
	for (size_t i = n; i < parts->n; i++)
		parts->items[kept++] = parts->items[i];
	parts->n = kept;
}

static void try_line(struct change *c, const struct product *whole, size_t by)
{
	++*c->d->work;
	if (product_meets(whole, &c->other->lines[by].set))
		cut_parts(c, by);
}

static void cut(struct change *c)
{
	struct parts *parts = c->d->parts;
	const struct side *other = &c->d->sides[!c->side];
	const struct product *whole = &c->own->lines[c->line].set;

	parts->items[0] = *whole;
	parts->n = 1;
	for (size_t i = 0; i < other->n_changed && other->changed[i].line < c->from;
	     i++) {
		if (!parts->n || is_over(c))
			return;
		try_line(c, whole, other->changed[i].line);
	}
	for (size_t i = c->from; i < c->other->n && parts->n && !is_over(c); i++) {
		try_line(c, whole, i);
		if (c->n_told >= MAX_TOLD || is_exhausted(c))
			c->unexamined = c->ended = true;
	}
	for (size_t i = 0; i < parts->n && c->own->lines[c->line].permit; i++) {
		size_t old = c->side ? SPACE_NO_LINE : c->line;
		size_t new = c->side ? c->line : SPACE_NO_LINE;

		if (is_over(c) || is_told(c->d->out, old, new))
			return;
		seek(c, &parts->items[i], SPACE_NO_LINE);
	}
}

static int examine(struct differ *d, int side, const struct changed_line *changed)
{
	bool unexamined = false;

	for (int i = 0; i < ACL_N_FAMILIES; i++) {
		struct change c = {.d = d,
				   .side = side,
				   .line = changed->line,
				   .from = changed->from,
				   .family = (enum acl_family)i,
				   .own = &d->sides[side].lines.of[i],
				   .other = &d->sides[!side].lines.of[i]};

		if (!c.own->n || product_is_empty(&c.own->lines[changed->line].set))
			continue;
		if (*d->work > MAX_WORK || d->out->items.count >= MAX_DIFFERENCES) {
			unexamined = true;
			break;
		}
		scratch_reset(&d->scratch);
		cut(&c);
		if (c.err || d->scratch.failed)
			return -ENOMEM;
		unexamined |= c.unexamined;
	}
	d->out->n_unexamined += unexamined;
	return 0;
}

/* ---- both lists ---- */

static bool has_family(const struct acl_list *list, enum acl_family family)
{
	for (size_t i = 0; i < list->n_lines; i++)
		for (uint32_t j = 0; j < list->lines[i].n_src; j++)
			if (list->lines[i].src[j].family == family)
				return true;
	return false;
}

static int make_lines(struct differ *d, enum acl_family family)
{
	int err = 0;

	if (!has_family(d->sides[0].list, family) &&
	    !has_family(d->sides[1].list, family))
		return 0;
	for (int i = 0; !err && i < 2; i++)
		err = space_list_make(&d->memory, family, d->sides[i].list,
				      &d->sides[i].lines.of[family]);
	return err;
}

static int find_changed(struct side *side)
{
	size_t n = side->list->n_lines, from = 0;

	side->changed = calloc(n + 1, sizeof(*side->changed));
	if (!side->changed)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (side->twin[i] == SPACE_NO_LINE)
			side->changed[side->n_changed++] = (struct changed_line){i, from};
		else
			from = side->twin[i] + 1;
	}
	return 0;
}

/* Only those that are asked: where nothing changed, nobody asks. */
static int make_indexes(struct side *side)
{
	for (int i = 0; side->n_changed && i < ACL_N_FAMILIES; i++) {
		if (!side->lines.of[i].n)
			continue;
		side->index[i] = space_index_new((enum acl_family)i, side->list,
						 &side->lines.of[i]);
		if (!side->index[i])
			return -ENOMEM;
		for (size_t line = 0; line < side->list->n_lines; line++)
			if (space_index_add(side->index[i], line))
				return -ENOMEM;
	}
	return 0;
}

static int prepare(struct differ *d)
{
	struct side *old = &d->sides[0], *new = &d->sides[1];
	int err = make_lines(d, ACL_IPV4);

	if (!err)
		err = make_lines(d, ACL_IPV6);
	old->twin = calloc(old->list->n_lines + 1, sizeof(*old->twin));
	new->twin = calloc(new->list->n_lines + 1, sizeof(*new->twin));
	if (err || !old->twin || !new->twin)
		return -ENOMEM;
	err = space_common_lines(&old->lines, old->list->n_lines, &new->lines,
				 new->list->n_lines, old->twin, new->twin);
	for (int i = 0; !err && i < 2; i++)
		err = find_changed(&d->sides[i]);
	for (int i = 0; !err && i < 2; i++)
		err = make_indexes(&d->sides[i]);
	return err;
}

static void differ_free(struct differ *d)
{
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < ACL_N_FAMILIES; j++)
			space_index_free(d->sides[i].index[j]);
		free(d->sides[i].twin);
		free(d->sides[i].changed);
	}
	scratch_free(&d->memory);
	scratch_free(&d->scratch);
}

int space_diff_lists(const struct acl_list *old, const struct acl_list *new,
		     const struct point_taste taste[ACL_N_FAMILIES], uint64_t *work,
		     struct list_diff *out)
{
	struct differ d cleanup_(differ_free) = {
		.sides = {{.list = old}, {.list = new}},
		.taste = taste,
		.out = out,
		.work = work,
	};
	struct parts *parts cleanup_free_ = d.parts = malloc(sizeof(*parts));
	int err = parts ? prepare(&d) : -ENOMEM;

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; !err && i < d.sides[side].n_changed; i++)
			err = examine(&d, side, &d.sides[side].changed[i]);
	return err;
}
