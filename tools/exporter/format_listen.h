/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_listen.h - where to listen, as it is written. Pure.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_FORMAT_LISTEN_H
#define EXPORTER_FORMAT_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

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

#endif /* EXPORTER_FORMAT_LISTEN_H */
