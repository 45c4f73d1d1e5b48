// SPDX-License-Identifier: GPL-2.0
/*
 * show_acl.c - `show access-list`: the lines of the policy in force, with what the
 * datapath counted.
 *
 * As an ASA does it, but for one thing: what object groups stand for is listed below
 * their line without counters of its own. Lines count, whatever of them has matched.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "format_element.h"
#include "show.h"

/* A line may stand for a million; nobody reads them. */
#define MOST_ELEMENTS 1000

/* ---- what was counted ---------------------------------------------------------------
 */

struct line_counts {
	uint64_t line_id;
	struct acl_counters counters;
};

/* By line number; and by id, which is made when somebody asks for it. */
struct count_table {
	struct line_counts *items;
	struct line_counts *by_id;
	size_t n;
	size_t capacity;
};

static void free_counts(struct count_table *table)
{
	free(table->items);
	free(table->by_id);
}

static int add_counts(uint64_t line_id, const struct acl_counters *counters, void *arg)
{
	struct count_table *table = arg;

	if (table->n == table->capacity) {
		size_t capacity = table->capacity ? table->capacity * 2 : 1024;
		struct line_counts *grown =
			realloc(table->items, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		table->items = grown;
		table->capacity = capacity;
	}
	table->items[table->n++] = (struct line_counts){line_id, *counters};
	return 0;
}

static int by_line_id(const void *a, const void *b)
{
	const struct line_counts *x = a;
	const struct line_counts *y = b;

	return (x->line_id > y->line_id) - (x->line_id < y->line_id);
}

/* An apply came between the reading of the policy and of the counters. */
static const struct line_counts *find_moved(struct count_table *table, uint64_t line_id)
{
	const struct line_counts key = {.line_id = line_id};

	if (!table->by_id) {
		table->by_id = calloc(table->n + 1, sizeof(*table->by_id));
		if (!table->by_id)
			return NULL;
		memcpy(table->by_id, table->items, table->n * sizeof(*table->by_id));
		qsort(table->by_id, table->n, sizeof(*table->by_id), by_line_id);
	}
	return bsearch(&key, table->by_id, table->n, sizeof(key), by_line_id);
}

/* Lines that are not bound, or inactive, count nothing. */
static struct acl_counters counts_of(struct count_table *table,
				     const struct policy_image_line *line)
{
	const struct line_counts *found = NULL;

	if (line->acl_line < table->n &&
	    table->items[line->acl_line].line_id == line->line_id)
		found = &table->items[line->acl_line];
	else if (line->acl_line != ACL_NO_LINE && table->n)
		found = find_moved(table, line->line_id);
	return found ? found->counters : (struct acl_counters){0};
}

/* The statement without its first two words, which the record has already. */
static const char *rule_of(const struct policy_image_line *line)
{
	static const char word[] = "access-list ";
	size_t name_len = strlen(line->acl);
	const char *text = line->text;

	if (strncmp(text, word, sizeof(word) - 1) != 0 ||
	    strncmp(text + sizeof(word) - 1, line->acl, name_len) != 0 ||
	    text[sizeof(word) - 1 + name_len] != ' ')
		return text;
	return text + sizeof(word) + name_len;
}

/* ---- elements -----------------------------------------------------------------------
 */

struct line_slot {
	const struct acl_line *line;
};

/* Lines of the image by their number, which is what they are counted by. */
struct element_table {
	struct line_slot *slots; /* by policy_image_line.acl_line */
	size_t n;
};

static void free_elements(struct element_table *table)
{
	free(table->slots);
}

static int read_elements(const struct policy_image *image, struct element_table *out)
{
	out->slots = calloc(image->n_acl_lines + 1, sizeof(*out->slots));
	if (!out->slots)
		return -ENOMEM;
	out->n = image->n_acl_lines;
	for (size_t i = 0; i < image->n_acl_lists; i++) {
		const struct acl_list *list = &image->acl_lists[i];

		for (size_t at = 0; at < list->n_lines; at++)
			if (list->lines[at].number < out->n)
				out->slots[list->lines[at].number].line =
					&list->lines[at];
	}
	return 0;
}

/* What an ASA would expand. NULL: nothing, or its list is bound nowhere. */
static const struct acl_line *elements_of(const struct element_table *table,
					  const struct policy_image_line *line)
{
	return line->acl_line < table->n && format_element_is_named(line->text)
		       ? table->slots[line->acl_line].line
		       : NULL;
}

struct element_walk {
	struct show_request *request;
	const struct policy_image_line *line;
	json_t *array; /* JSON */
};

static int put_element(const char *text, void *arg)
{
	struct element_walk *walk = arg;
	uint32_t hash = format_element_hash(walk->line->acl, text);
	char hex[16];

	snprintf(hex, sizeof(hex), "0x%08" PRIx32, hash);
	if (walk->request->json)
		return json_array_append_new(walk->array, json_pack("{s:s, s:s}", "rule",
								    text, "hash", hex))
			       ? -ENOMEM
			       : 0;
	output_text(&walk->request->out, "  access-list %s line %u %s %s",
		    walk->line->acl, walk->line->number, text, hex);
	return 0;
}

/* ---- lines --------------------------------------------------------------------------
 */

static const char *note_of(const struct policy_image_line *line)
{
	if (!line->bound)
		return " (not bound)";
	return line->acl_line == ACL_NO_LINE ? " (inactive)" : "";
}

static void put_line_json(struct show_request *request,
			  const struct policy_image_line *line,
			  const struct acl_counters *counters, const char *id,
			  const char *hash, const struct acl_line *elements)
{
	const struct output_member members[] = {
		{"access_list", OUTPUT_TEXT, .text = line->acl},
		{"line", OUTPUT_NUMBER, .number = line->number},
		{"rule", OUTPUT_TEXT, .text = rule_of(line)},
		{"hits", OUTPUT_NUMBER, .number = counters->hits},
		{"packets", OUTPUT_NUMBER, .number = counters->packets},
		{"bytes", OUTPUT_NUMBER, .number = counters->bytes},
		{"id", OUTPUT_TEXT, .text = id},
		{"hash", OUTPUT_TEXT, .text = hash},
		{"bound", OUTPUT_BOOL, .number = line->bound},
		{"note", OUTPUT_TEXT, .text = note_of(line)},
		{"elements_total", OUTPUT_NUMBER,
		 .number = elements ? format_element_count(elements) : 0},
		{"elements", OUTPUT_JSON, .text = "[]"},
	};
	size_t n = sizeof(members) / sizeof(members[0]);
	struct output_member with[sizeof(members) / sizeof(members[0])];
	struct element_walk walk = {request, line, NULL};
	char *text cleanup_free_ = NULL;

	if (!elements) {
		output_object(&request->out, members, n - 2);
		return;
	}
	walk.array = json_array();
	if (walk.array &&
	    !format_element_each(elements, MOST_ELEMENTS, put_element, &walk))
		text = json_dumps(walk.array, 0);
	json_decref(walk.array);
	if (!text)
		request->out.failed = true;
	memcpy(with, members, sizeof(members));
	if (text)
		with[n - 1].text = text;
	output_object(&request->out, with, n);
}

static void put_line_text(struct show_request *request,
			  const struct policy_image_line *line,
			  const struct acl_counters *counters, const char *hash,
			  const struct acl_line *elements)
{
	struct element_walk walk = {request, line, NULL};

	output_text(&request->out, "access-list %s line %u %s (hitcnt=%" PRIu64 ")%s %s",
		    line->acl, line->number, rule_of(line), (uint64_t)counters->hits,
		    note_of(line), hash);
	if (!elements)
		return;
	format_element_each(elements, MOST_ELEMENTS, put_element, &walk);
	if (format_element_count(elements) > MOST_ELEMENTS)
		output_text(&request->out, "  ... and %" PRIu64 " more",
			    format_element_count(elements) - MOST_ELEMENTS);
}

static void put_line(struct show_request *request, const struct policy_image_line *line,
		     const struct acl_counters *counters, const struct acl_line *elements)
{
	char id[32], hash[16];

	snprintf(id, sizeof(id), "0x%016" PRIx64, line->line_id);
	/* As messages 106023 and 106100 have it. */
	snprintf(hash, sizeof(hash), "0x%08" PRIx32, (uint32_t)line->line_id);
	if (request->json)
		put_line_json(request, line, counters, id, hash, elements);
	else
		put_line_text(request, line, counters, hash, elements);
}

static bool is_first_line(const struct policy_image *image, size_t at)
{
	/* Lines of one list mostly stand together. */
	if (at && !strcmp(image->lines[at - 1].acl, image->lines[at].acl))
		return false;
	for (size_t i = 0; i < at; i++) {
		if (!strcmp(image->lines[i].acl, image->lines[at].acl))
			return false;
	}
	return true;
}

/* "it has outside_in, inside_in" */
static void list_access_lists(const struct policy_image *image, char *out, size_t size)
{
	size_t len = (size_t)snprintf(out, size, "it has ");

	if (!image->n_lines)
		snprintf(out + len, size - len, "none");
	for (size_t i = 0; i < image->n_lines && len < size; i++) {
		if (is_first_line(image, i))
			len += (size_t)snprintf(out + len, size - len, "%s%s",
						i ? ", " : "", image->lines[i].acl);
	}
}

static bool is_there(const struct policy_image *image, const char *name)
{
	for (size_t i = 0; i < image->n_lines; i++)
		if (!strcmp(image->lines[i].acl, name))
			return true;
	return false;
}

int show_find_list(struct show_request *request, const char *name)
{
	if (is_there(request->image, name))
		return 0;
	snprintf(request->error.what, sizeof(request->error.what),
		 "the policy has no access list %.64s", name);
	list_access_lists(request->image, request->error.hint,
			  sizeof(request->error.hint));
	return -ENOENT;
}

/* The heading of each list that an ASA prints. */
static void put_heading(struct show_request *request, size_t at)
{
	const struct policy_image *image = request->image;
	const char *name = image->lines[at].acl;
	size_t n = 0;

	if (request->json || !is_first_line(image, at))
		return;
	for (size_t i = at; i < image->n_lines; i++)
		n += !strcmp(image->lines[i].acl, name);
	output_text(&request->out, "access-list %s; %zu line%s; name hash: 0x%08" PRIx32,
		    name, n, n == 1 ? "" : "s", format_element_hash(name, ""));
}

int show_access_list(struct show_request *request)
{
	const struct policy_image *image = request->image;
	const char *name = request->n_words ? request->words[0] : NULL;
	struct count_table table cleanup_(free_counts) = {0};
	struct element_table elements cleanup_(free_elements) = {0};
	int err = name ? show_find_list(request, name) : 0;

	if (!err)
		err = fw_each_acl_hits_shown(request->fw, add_counts, &table,
					     &request->error);
	if (!err)
		err = read_elements(image, &elements);
	if (err)
		return err;
	output_list(&request->out, "lines", NULL);
	for (size_t i = 0; i < image->n_lines; i++) {
		const struct policy_image_line *line = &image->lines[i];
		struct acl_counters counters;

		if (name && strcmp(line->acl, name) != 0)
			continue;
		put_heading(request, i);
		counters = counts_of(&table, line);
		put_line(request, line, &counters, elements_of(&elements, line));
	}
	output_list_end(&request->out);
	return 0;
}
