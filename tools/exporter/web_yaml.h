/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web_yaml.h - mappings of a YAML document, read by a table of their keys.
 *
 * Why it exists: a mistyped key must not leave a server without a password, so what is
 * not in the table is an error that names its line and column.
 *
 * Who may include it: web_config*.c only.
 */
#ifndef EXPORTER_WEB_YAML_H
#define EXPORTER_WEB_YAML_H

#include <yaml.h>

#include "web_config.h"

struct web_reader {
	yaml_document_t *document;
	struct web_config_error *error;
	const char *dir;
	struct web_config *config;
};

struct web_key {
	const char *name;
	int (*read)(struct web_reader *, const yaml_node_t *value, void *out);
	size_t offset; /* of what it is read into */
};

/* -EINVAL, after leaving the words in reader->error. */
int web_wrong(struct web_reader *reader, const yaml_node_t *where, const char *format,
	      ...) __attribute__((format(printf, 3, 4)));

bool web_is_null(const yaml_node_t *node);
/* The text of a scalar, or NULL (it is none, or it has a NUL inside). */
const char *web_scalar(const yaml_node_t *node);

/* @keys: ends with {NULL}. @into: keys are read into its offsets. */
int web_read_mapping(struct web_reader *reader, const yaml_node_t *node, const char *name,
		     const struct web_key *keys, void *into);
/* For each item of a sequence, or each pair of a mapping. */
int web_each_item(struct web_reader *reader, const yaml_node_t *node,
		  int (*fn)(struct web_reader *, const yaml_node_t *, void *), void *arg);
int web_each_pair(struct web_reader *reader, const yaml_node_t *node,
		  int (*fn)(struct web_reader *, const yaml_node_t *key,
			    const yaml_node_t *value));

/* struct web_key.read: text, a file's name from reader->dir (char *), a bool. */
int web_read_text(struct web_reader *reader, const yaml_node_t *value, void *out);
int web_read_path(struct web_reader *reader, const yaml_node_t *value, void *out);
int web_read_bool(struct web_reader *reader, const yaml_node_t *value, void *out);

#endif /* EXPORTER_WEB_YAML_H */
