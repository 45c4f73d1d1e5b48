/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web_listen.h - the sockets of --web.listen-address.
 *
 * Why it exists: they are opened before privileges are dropped, so that a port below
 * 1024 can be served; libmicrohttpd is handed them ready.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_WEB_LISTEN_H
#define EXPORTER_WEB_LISTEN_H

#include <stddef.h>

/*
 * Listen on HOST:PORT, [IPV6]:PORT or :PORT (every address, of both families where the
 * machine has both). On failure @said has the reason in words.
 * Return: the socket, not blocking, or -errno (-EINVAL: @address is none)
 */
int web_listen(const char *address, char *said, size_t said_bytes);

#endif /* EXPORTER_WEB_LISTEN_H */
