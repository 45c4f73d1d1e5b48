/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp.h - FTP sessions whose two ends are this process.
 *
 * Who may include it: the C files of tests/bench.
 */
#ifndef PINHOLE_BENCH_FTP_H
#define PINHOLE_BENCH_FTP_H

#include "bench.h"

/* Sessions one after the other for c->seconds, each with one small file, fetched
 * by PASV or PORT (c->active); print one line of JSON. Return: 0 or -1, reported. */
int ftp_sessions(const struct bench_case *c);

#endif /* PINHOLE_BENCH_FTP_H */
