/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format.h - the Prometheus text format, version 0.0.4, and the --listen
 * argument. Pure.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_FORMAT_H
#define EXPORTER_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <util/strbuf.h>

struct metric_label {
	const char *name;
	const char *value; /* any bytes; escaped on the way out */
};

/* "# HELP" and "# TYPE" of a metric; its samples follow. @type: "counter"... */
void metric_family(struct strbuf *out, const char *name, const char *type,
		   const char *help);

/* @text as a sentence: a capital and a full stop. Cut to @size bytes. Returns @out. */
char *metric_sentence(char *out, size_t size, const char *text);

/* One sample; @labels ends with {NULL, NULL}, or is NULL. */
void metric_sample(struct strbuf *out, const char *name,
		   const struct metric_label *labels, uint64_t value);

/* The parts of a sample, for those who keep its labels: {a="x",b="y"}, and a space,
 * the value and the end of the line. */
void metric_labels(struct strbuf *out, const struct metric_label *labels);
void metric_value(struct strbuf *out, uint64_t value);

/*
 * Split HOST:PORT, [IPV6]:PORT or :PORT (every address).
 * @host: 256 bytes; "" for every address. @port: 6 bytes
 * Return: 0 or -EINVAL
 */
int listen_split(const char *text, char host[256], char port[6]);

/*
 * What somebody meant whose HOST:PORT is wrong: a port or a host alone.
 * @default_port: for a host without one
 * Return: false if that cannot be told
 */
bool listen_guess(const char *text, const char *default_port, char *out, size_t size);

#endif /* EXPORTER_FORMAT_H */
