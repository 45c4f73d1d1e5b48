// SPDX-License-Identifier: GPL-2.0
/*
 * web_yaml.c - mappings of a YAML document, read by a table. See web_yaml.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web_yaml.h"

int web_wrong(struct web_reader *reader, const yaml_node_t *where, const char *format,
	      ...)
{
	struct web_config_error *error = reader->error;
	va_list args;

	if (where) {
		error->line = (unsigned int)where->start_mark.line + 1;
		error->column = (unsigned int)where->start_mark.column + 1;
	}
	va_start(args, format);
	vsnprintf(error->what, sizeof(error->what), format, args);
	va_end(args);
	return -EINVAL;
}

const char *web_scalar(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

bool web_is_null(const yaml_node_t *node)
{
	const char *text = web_scalar(node);

	return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || !strcmp(text, "~") || !strcasecmp(text, "null"));
}

/* ---- mappings and sequences -------------------------------------------------------- */

static const struct web_key *find_key(const struct web_key *keys, const char *name)
{
	for (; keys->name; keys++) {
		if (!strcmp(keys->name, name))
			return keys;
	}
	return NULL;
}

static int unknown_key(struct web_reader *reader, const yaml_node_t *where,
		       const char *mapping, const struct web_key *keys)
{
	char known[192] = "";
	size_t len = 0;

	for (; keys->name && len < sizeof(known); keys++)
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s",
					len ? ", " : "", keys->name);
	return web_wrong(reader, where, "unknown key '%.40s' in %s; it has %s",
			 web_scalar(where) ? web_scalar(where) : "", mapping, known);
}

/* A second value for a key: which of them would count? */
static bool is_second(const struct web_reader *reader, const yaml_node_t *mapping,
		      const yaml_node_pair_t *pair)
{
	const char *name =
		web_scalar(yaml_document_get_node(reader->document, pair->key));

	for (const yaml_node_pair_t *at = mapping->data.mapping.pairs.start; at < pair;
	     at++) {
		const char *other =
			web_scalar(yaml_document_get_node(reader->document, at->key));

		if (name && other && !strcmp(name, other))
			return true;
	}
	return false;
}

int web_each_pair(struct web_reader *reader, const yaml_node_t *node,
		  int (*fn)(struct web_reader *, const yaml_node_t *,
			    const yaml_node_t *))
{
	if (web_is_null(node))
		return 0;
	if (node->type != YAML_MAPPING_NODE)
		return web_wrong(reader, node, "expected a mapping, as in 'key: value'");
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key =
			yaml_document_get_node(reader->document, pair->key);
		int err;

		if (!web_scalar(key))
			return web_wrong(reader, key, "expected a word as the key");
		if (is_second(reader, node, pair))
			return web_wrong(reader, key, "'%.64s' is there twice",
					 web_scalar(key));
		err = fn(reader, key,
			 yaml_document_get_node(reader->document, pair->value));
		if (err)
			return err;
	}
	return 0;
}

int web_read_mapping(struct web_reader *reader, const yaml_node_t *node, const char *name,
		     const struct web_key *keys, void *into)
{
	if (web_is_null(node))
		return 0;
	if (node->type != YAML_MAPPING_NODE)
		return web_wrong(reader, node, "expected a mapping, as in 'key: value'");
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key =
			yaml_document_get_node(reader->document, pair->key);
		const yaml_node_t *value =
			yaml_document_get_node(reader->document, pair->value);
		const struct web_key *known;
		int err;

		known = web_scalar(key) ? find_key(keys, web_scalar(key)) : NULL;
		if (!known)
			return unknown_key(reader, key, name, keys);
		if (is_second(reader, node, pair))
			return web_wrong(reader, key, "'%s' is there twice", known->name);
		err = known->read(reader, value, (char *)into + known->offset);
		if (err)
			return err;
	}
	return 0;
}

int web_each_item(struct web_reader *reader, const yaml_node_t *node,
		  int (*fn)(struct web_reader *, const yaml_node_t *, void *), void *arg)
{
	if (web_is_null(node))
		return 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return web_wrong(reader, node, "expected a list, as in '- item'");
	for (const yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		int err =
			fn(reader, yaml_document_get_node(reader->document, *item), arg);

		if (err)
			return err;
	}
	return 0;
}

/* ---- values ------------------------------------------------------------------------ */

int web_read_text(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	const char *text = web_scalar(value);
	char *copy;

	if (!text)
		return web_wrong(reader, value, "expected a text");
	if (web_is_null(value))
		return 0;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	*(char **)out = copy;
	return 0;
}

int web_read_path(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	const char *text = web_scalar(value);
	char *path;

	if (!text)
		return web_wrong(reader, value, "expected the name of a file");
	if (!*text || web_is_null(value))
		return 0;
	if (*text == '/')
		path = strdup(text);
	else if (asprintf(&path, "%s/%s", reader->dir, text) < 0)
		path = NULL;
	if (!path)
		return -ENOMEM;
	*(char **)out = path;
	return 0;
}

/* The words of YAML 1.1, which Go's reader takes where a bool is wanted. */
int web_read_bool(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
	const char *text = web_scalar(value);

	for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcasecmp(text, words[i])) {
			*(bool *)out = i & 1;
			return 0;
		}
	}
	return web_wrong(reader, value, "expected true or false");
}
