/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sockets.h - what real sockets on both sides of a gateway see.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_SOCKETS_H
#define PINHOLE_BENCH_SOCKETS_H

#include "bench.h"

/* A socket of LAB-SIDE; the process is back in LAB-outside afterwards.
 * Return: the socket or -1, reported. */
int socket_on(const struct bench_case *c, const char *side, int type);

/* Bound to an address and port (host order), and listening if it is TCP.
 * Return: the socket or -1, reported. */
int socket_serve(const struct bench_case *c, const char *side, int type, uint32_t addr,
		 uint16_t port);

/* TCP to an address and port (host order) from LAB-outside, or by a socket that there
 * is. Return: the socket or -1, reported. */
int socket_dial(const struct bench_case *c, int fd, uint32_t addr, uint16_t port);

/* End the connection at once, so that nobody waits for late segments. */
void socket_abort(int fd);

/* One UDP datagram there and back at a time; print percentiles of the round trip as
 * JSON. Return: 0 or -1, reported. */
int sockets_ping_pong(const struct bench_case *c);

/* TCP connections one after the other; print how many a second as JSON.
 * Return: 0 or -1, reported. */
int sockets_connect(const struct bench_case *c);

#endif /* PINHOLE_BENCH_SOCKETS_H */
