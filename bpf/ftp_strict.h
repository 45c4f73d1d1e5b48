/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_strict.h - what strict inspection does not bear.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 */
#ifndef PINHOLE_BPF_FTP_STRICT_H
#define PINHOLE_BPF_FTP_STRICT_H

#include "ftp_queue.h"

/* The client's line. @more: bytes follow it in the segment */
static __always_inline enum ftp_finding
ftp_strict_command(const struct ftp_line *l, const struct ftp_session *s, bool more)
{
	if (more || s->command_count)
		return FTP_FOUND_PIPELINED;
	return l->trailing > 8 ? FTP_FOUND_TRAILING : FTP_FOUND_NOTHING;
}

static __always_inline enum ftp_finding ftp_strict_reply(const struct ftp_line *l)
{
	return l->trailing > 8 ? FTP_FOUND_TRAILING : FTP_FOUND_NOTHING;
}

#endif /* PINHOLE_BPF_FTP_STRICT_H */
