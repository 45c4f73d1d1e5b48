// SPDX-License-Identifier: GPL-2.0
/*
 * web_config.c - the file of --web.config.file. See web_config.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <crypt.h>

#include <util/cleanup.h>

#include "web_config_tls.h"
#include "web_yaml.h"

/* ---- http_server_config ------------------------------------------------------------ */

/* Those that the exporter-toolkit permits, and what it permits in them. */
static const struct {
	const char *name;
	const char *values[3]; /* none: any */
} known_headers[] = {
	{"Strict-Transport-Security", {NULL}},
	{"X-Content-Type-Options", {"nosniff"}},
	{"X-Frame-Options", {"deny", "sameorigin"}},
	{"X-XSS-Protection", {NULL}},
	{"Content-Security-Policy", {NULL}},
};

#define N_KNOWN_HEADERS (sizeof(known_headers) / sizeof(known_headers[0]))

static bool may_have(size_t header, const char *value)
{
	const char *const *known = known_headers[header].values;

	for (const char *at = value; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false; /* a line of its own, say */
	}
	if (!known[0])
		return true;
	while (*known && strcasecmp(*known, value) != 0)
		known++;
	return *known;
}

static int add_header(struct web_config *config, const char *name, const char *value)
{
	struct web_header *grown;

	grown = reallocarray(config->headers, config->n_headers + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	config->headers = grown;
	grown[config->n_headers] = (struct web_header){name, strdup(value)};
	if (!grown[config->n_headers].value)
		return -ENOMEM;
	config->n_headers++;
	return 0;
}

static int read_header(struct web_reader *reader, const yaml_node_t *key,
		       const yaml_node_t *value)
{
	const char *text = web_scalar(value);
	size_t i = 0;

	while (i < N_KNOWN_HEADERS &&
	       strcasecmp(known_headers[i].name, web_scalar(key)) != 0)
		i++;
	if (i == N_KNOWN_HEADERS)
		return web_wrong(
			reader, key,
			"header '%.40s' cannot be set: Strict-Transport-Security, "
			"X-Content-Type-Options, X-Frame-Options, "
			"X-XSS-Protection, Content-Security-Policy can",
			web_scalar(key));
	if (!text || !may_have(i, text))
		return web_wrong(reader, value, "%s cannot have this value",
				 known_headers[i].name);
	return *text ? add_header(reader->config, known_headers[i].name, text) : 0;
}

static int read_headers(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	(void)out;
	return web_each_pair(reader, value, read_header);
}

static int read_http(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	static const struct web_key keys[] = {
		{"http2", web_read_bool, offsetof(struct web_config, http2_ignored)},
		{"headers", read_headers, 0},
		{NULL, NULL, 0},
	};

	return web_read_mapping(reader, value, "http_server_config", keys, out);
}

/* ---- basic_auth_users -------------------------------------------------------------- */

/* $2b$10$ and 53 characters. */
static const char *why_no_hash(const char *hash)
{
	static const char digits[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned int cost;

	if (strlen(hash) != 60 || strncmp(hash, "$2", 2) != 0 ||
	    !strchr("aby", hash[2]) || hash[3] != '$' || hash[6] != '$' ||
	    strspn(hash + 7, digits) != 53 || crypt_checksalt(hash) == CRYPT_SALT_INVALID)
		return "is no bcrypt hash: make one with htpasswd -nBC 10 \"\"";
	cost = (unsigned int)(hash[4] - '0') * 10 + (unsigned int)(hash[5] - '0');
	if (cost > WEB_MAX_BCRYPT_COST)
		return "costs too much: no more than 16, 10 is usual";
	return NULL;
}

static int add_user(struct web_config *config, const char *name, const char *hash)
{
	struct web_user *grown;
	struct web_user user = {strdup(name), strdup(hash)};

	grown = reallocarray(config->users, config->n_users + 1, sizeof(*grown));
	if (grown)
		config->users = grown;
	if (!grown || !user.name || !user.hash) {
		free(user.name);
		free(user.hash);
		return -ENOMEM;
	}
	grown[config->n_users++] = user;
	return 0;
}

static int read_user(struct web_reader *reader, const yaml_node_t *key,
		     const yaml_node_t *value)
{
	const char *name = web_scalar(key);
	const char *hash = web_scalar(value);
	const char *why = hash ? why_no_hash(hash) : "is no text";

	if (!*name || strchr(name, ':'))
		return web_wrong(reader, key, "a user needs a name, and one without ':'");
	if (why)
		return web_wrong(reader, value, "the password of '%.64s' %s", name, why);
	return add_user(reader->config, name, hash);
}

static int read_users(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	(void)out;
	return web_each_pair(reader, value, read_user);
}

/* ---- the document ------------------------------------------------------------------ */

static int read_tls(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	if (web_is_null(value))
		return 0;
	reader->config->has_tls = true;
	return web_tls_read(reader, value, out);
}

static int read_root(struct web_reader *reader, const yaml_node_t *root)
{
	static const struct web_key keys[] = {
		{"tls_server_config", read_tls, offsetof(struct web_config, tls)},
		{"http_server_config", read_http, 0},
		{"basic_auth_users", read_users, 0},
		{NULL, NULL, 0},
	};

	return web_read_mapping(reader, root, "the file", keys, reader->config);
}

static int not_yaml(const yaml_parser_t *parser, struct web_config_error *error)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	error->line = (unsigned int)parser->problem_mark.line + 1;
	error->column = (unsigned int)parser->problem_mark.column + 1;
	snprintf(error->what, sizeof(error->what), "%s",
		 parser->problem ? parser->problem : "this is not YAML");
	return -EINVAL;
}

/* Of several documents the second is refused: it would be thought to count. */
static int has_another(yaml_parser_t *parser, struct web_config_error *error)
{
	yaml_document_t document;
	const yaml_node_t *root;
	int err = 0;

	if (!yaml_parser_load(parser, &document))
		return not_yaml(parser, error);
	root = yaml_document_get_root_node(&document);
	if (root) {
		error->line = (unsigned int)root->start_mark.line + 1;
		error->column = (unsigned int)root->start_mark.column + 1;
		snprintf(error->what, sizeof(error->what), "a second document begins");
		err = -EINVAL;
	}
	yaml_document_delete(&document);
	return err;
}

static int read_document(yaml_parser_t *parser, struct web_reader *reader)
{
	const yaml_node_t *root;
	int err;

	if (!yaml_parser_load(parser, reader->document))
		return not_yaml(parser, reader->error);
	root = yaml_document_get_root_node(reader->document);
	err = root ? read_root(reader, root) : 0;
	if (!err && root)
		err = has_another(parser, reader->error);
	yaml_document_delete(reader->document);
	return err;
}

static void free_config(struct web_config **config)
{
	web_config_free(*config);
}

int web_config_parse(const char *text, size_t len, const char *dir,
		     struct web_config **out, struct web_config_error *error)
{
	struct web_config *config cleanup_(free_config) = calloc(1, sizeof(*config));
	yaml_document_t document;
	struct web_reader reader = {
		.document = &document, .error = error, .dir = dir, .config = config};
	yaml_parser_t parser;
	int err;

	*error = (struct web_config_error){0};
	if (!config || !yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	err = read_document(&parser, &reader);
	yaml_parser_delete(&parser);
	if (!err)
		*out = take(config);
	return err;
}

void web_config_free(struct web_config *config)
{
	if (!config)
		return;
	web_tls_free(&config->tls);
	for (size_t i = 0; i < config->n_headers; i++)
		free(config->headers[i].value);
	free(config->headers);
	for (size_t i = 0; i < config->n_users; i++) {
		free(config->users[i].name);
		free(config->users[i].hash);
	}
	free(config->users);
	free(config);
}
