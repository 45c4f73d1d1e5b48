// SPDX-License-Identifier: GPL-2.0
/*
 * output.c - text for people, JSON for programs. See output.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "output.h"

void output_begin(struct output *out, bool json, const char *name,
		  unsigned int generation)
{
	*out = (struct output){.json = json, .name = name, .generation = generation};
}

static void begin(struct output *out)
{
	if (out->json && !out->begun)
		printf("{\"schema\": \"pinhole.show.%s/1\", \"generation\": %u",
		       out->name, out->generation);
	out->begun = true;
}

void output_list(struct output *out, const char *key, const char *heading)
{
	begin(out);
	out->first_record = true;
	out->headed = heading != NULL;
	if (out->json)
		printf(", \"%s\": [", key);
	else if (heading)
		printf("%s\n", heading);
}

void output_list_end(struct output *out)
{
	if (out->json)
		fputs("]", stdout);
	else if (out->first_record)
		puts(out->headed ? "  none" : "none");
}

/* A key may reach into a member: "member.key". */
static bool lookup(void *arg, const char *key, const char **text, int64_t *number)
{
	const char *dot = strchr(key, '.');
	const json_t *value;
	char member[64];

	if (dot && (size_t)(dot - key) < sizeof(member)) {
		memcpy(member, key, (size_t)(dot - key));
		member[dot - key] = '\0';
		value = json_object_get(json_object_get(arg, member), dot + 1);
	} else {
		value = json_object_get(arg, key);
	}
	if (json_is_string(value))
		*text = json_string_value(value);
	else if (json_is_integer(value))
		*number = json_integer_value(value);
	else
		return false;
	return true;
}

static void put(void *arg, const char *text, size_t len)
{
	(void)arg;
	fwrite(text, 1, len, stdout);
}

void output_record(struct output *out, const char *template, json_t *record)
{
	const struct format_template with = {.lookup = lookup, .put = put, .arg = record};

	if (!record) {
		out->failed = true;
		return;
	}
	if (out->json) {
		fputs(out->first_record ? "\n  " : ",\n  ", stdout);
		if (json_dumpf(record, stdout, 0))
			out->failed = true;
	} else {
		if (format_render(&with, template))
			out->failed = true;
		putchar('\n');
	}
	out->first_record = false;
	json_decref(record);
}

void output_fact(struct output *out, const char *key, const char *template, json_t *fact)
{
	const struct format_template with = {.lookup = lookup, .put = put, .arg = fact};

	begin(out);
	if (!fact) {
		out->failed = true;
	} else if (out->json) {
		printf(", \"%s\": ", key);
		if (json_dumpf(fact, stdout, JSON_ENCODE_ANY))
			out->failed = true;
	} else if (template) {
		if (format_render(&with, template))
			out->failed = true;
		putchar('\n');
	}
	json_decref(fact);
}

void output_text(struct output *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	out->first_record = false;
}

void output_json(struct output *out, const char *object)
{
	fputs(out->first_record ? "\n  " : ",\n  ", stdout);
	fputs(object, stdout);
	out->first_record = false;
}

/* RFC 8259, 7. */
static void put_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			printf("\\%c", byte);
		else if (byte < ' ' || byte > '~')
			printf("\\u%04x", byte);
		else
			putchar(byte);
	}
	putchar('"');
}

void output_string(struct output *out, const char *text)
{
	fputs(out->first_record ? "\n  " : ",\n  ", stdout);
	put_string(text);
	out->first_record = false;
}

void output_object(struct output *out, const struct output_member *members, size_t n)
{
	fputs(out->first_record ? "\n  {" : ",\n  {", stdout);
	for (size_t i = 0; i < n; i++) {
		printf("%s\"%s\": ", i ? ", " : "", members[i].key);
		switch (members[i].kind) {
		case OUTPUT_TEXT:
			put_string(members[i].text);
			break;
		case OUTPUT_NUMBER:
			printf("%" PRIu64, members[i].number);
			break;
		case OUTPUT_JSON:
			fputs(members[i].text, stdout);
			break;
		case OUTPUT_BOOL:
			fputs(members[i].number ? "true" : "false", stdout);
			break;
		}
	}
	putchar('}');
	out->first_record = false;
}

void output_detail(struct output *out, const char *template, json_t *part)
{
	const struct format_template with = {.lookup = lookup, .put = put, .arg = part};

	if (!part || (!out->json && format_render(&with, template)))
		out->failed = true;
	if (!out->json)
		putchar('\n');
	json_decref(part);
}

int output_end(struct output *out)
{
	if (out->json)
		fputs("}\n", stdout);
	if (fflush(stdout) || ferror(stdout))
		out->failed = true;
	return out->failed ? -EIO : 0;
}
