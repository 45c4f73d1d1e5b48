// SPDX-License-Identifier: GPL-2.0
/*
 * table.c - see table.h.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/diff/table.h"

static void *grow(void *items, size_t n, size_t size)
{
	/* One more, in steps of powers of two. */
	if (n && (n & (n - 1)))
		return items;
	items = reallocarray(items, n ? n * 2 : 1, size);
	if (!items)
		world_bail("out of memory");
	return items;
}

/* Cut the next column off *rest, or NULL. */
static char *column(char **rest, const char *path, unsigned int line)
{
	char *text = strsep(rest, "\t");

	if (!text || !*text)
		world_bail("%s:%u: not five columns separated by single tabs: mode, "
			   "class, verdict of Pinhole, verdict of nftables, why",
			   path, line);
	text = strdup(text);
	if (!text)
		world_bail("out of memory");
	return text;
}

void explanations_read(const char *path, struct explanations *out)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	memset(out, 0, sizeof(*out));
	if (!file)
		world_bail("%s: %s", path, strerror(errno));
	for (unsigned int line = 1; getline(&text, &size, file) > 0; line++) {
		struct explanation *e;
		char *rest = text;

		text[strcspn(text, "\n")] = '\0';
		if (!*text || *text == '#')
			continue;
		out->items = grow(out->items, out->n, sizeof(*e));
		e = &out->items[out->n++];
		e->mode = column(&rest, path, line);
		e->class = column(&rest, path, line);
		e->verdict[GATEWAY_A] = column(&rest, path, line);
		e->verdict[GATEWAY_B] = column(&rest, path, line);
		e->why = column(&rest, path, line);
		e->line = line;
		e->used = 0;
	}
	free(text);
	fclose(file);
}

void explanations_free(struct explanations *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->items[i].mode);
		free(e->items[i].class);
		free(e->items[i].verdict[GATEWAY_A]);
		free(e->items[i].verdict[GATEWAY_B]);
		free(e->items[i].why);
	}
	free(e->items);
}

const struct explanation *explanations_find(struct explanations *e, const char *mode,
					    const char *class, const char *a,
					    const char *b)
{
	for (size_t i = 0; i < e->n; i++) {
		struct explanation *one = &e->items[i];

		if (fnmatch(one->mode, mode, 0) || fnmatch(one->class, class, 0) ||
		    fnmatch(one->verdict[GATEWAY_A], a, 0) ||
		    fnmatch(one->verdict[GATEWAY_B], b, 0))
			continue;
		one->used++;
		return one;
	}
	return NULL;
}

struct tally_row *tally_add(struct tally *tally, const char *class, const char *a,
			    const char *b)
{
	struct tally_row *row = tally->rows;

	for (; row != tally->rows + tally->n; row++) {
		if (!strcmp(row->name[0], class) && !strcmp(row->name[1], a) &&
		    !strcmp(row->name[2], b)) {
			row->count++;
			return row;
		}
	}
	tally->rows = grow(tally->rows, tally->n, sizeof(*row));
	row = &tally->rows[tally->n++];
	snprintf(row->name[0], sizeof(row->name[0]), "%s", class);
	snprintf(row->name[1], sizeof(row->name[1]), "%s", a);
	snprintf(row->name[2], sizeof(row->name[2]), "%s", b);
	row->count = 1;
	row->line = 0;
	return row;
}

void tally_free(struct tally *tally)
{
	free(tally->rows);
	memset(tally, 0, sizeof(*tally));
}
