/* SPDX-License-Identifier: GPL-2.0 */
/*
 * output.h - one walk, two outputs: text for people, JSON for programs.
 *
 * Why it exists: each `show` builds its records once; this renders them by a
 * template or dumps them. Records are written as they come, so a table of a
 * hundred thousand connections is never held in memory.
 *
 * Who may include it: tools/fwctl only.
 *
 * JSON: {"schema": "pinhole.show.NAME/1", "LIST": [{...}, ...], ...}. Keys are
 * never renamed or removed within a schema number; new ones may appear.
 */
#ifndef FWCTL_OUTPUT_H
#define FWCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct output {
	const char *name; /* of the show command */
	unsigned int generation;
	bool json;
	bool begun;
	bool failed; /* memory ran out, or a template is wrong */
	bool first_record;
	bool headed; /* the list has a heading */
};

/* Nothing is written before the first list: an error until then leaves no stump. */
void output_begin(struct output *out, bool json, const char *name,
		  unsigned int generation);

/* A list of records; @heading is shown in text only and may be NULL. An
 * empty list is "none" in text. */
void output_list(struct output *out, const char *key, const char *heading);
void output_list_end(struct output *out);

/* One record: takes @record (NULL: memory ran out); see format.h for templates. */
void output_record(struct output *out, const char *template, json_t *record);

/*
 * The same for lists so long that a json_t for each would be felt: the caller looks
 * at out->json and calls one of the two.
 */
void output_text(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

enum output_kind { OUTPUT_TEXT, OUTPUT_NUMBER, OUTPUT_BOOL, OUTPUT_JSON };

struct output_member {
	const char *key; /* needs no escape */
	enum output_kind kind;
	/* Any bytes; those beyond ASCII are taken for Latin-1. OUTPUT_JSON: as it is. */
	const char *text;
	uint64_t number; /* of a bool: 0 or 1 */
};

/* An object that is JSON already. */
void output_json(struct output *out, const char *object);
/* A string, as a record of its own. JSON only. */
void output_string(struct output *out, const char *text);
void output_object(struct output *out, const struct output_member *members, size_t n);

/*
 * What is said once, before the lists: a member of the JSON object, or in text a line.
 * @template: NULL: text has no such line. Takes @fact.
 */
void output_fact(struct output *out, const char *key, const char *template, json_t *fact);

/* A line below the record before it, text only: what JSON has in that record.
 * Takes @part. */
void output_detail(struct output *out, const char *template, json_t *part);

/* Return: 0, or -EIO if not everything was written. */
int output_end(struct output *out);

#endif /* FWCTL_OUTPUT_H */
