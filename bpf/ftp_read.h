/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_read.h - read a segment of a control stream: lines, or TLS records.
 *
 * Who may include it: ftp.h.
 *
 * RFC 959 (lines), RFC 8446 (records); the parts say more.
 */
#ifndef PINHOLE_BPF_FTP_READ_H
#define PINHOLE_BPF_FTP_READ_H

#include "ftp_area.h"
#include "ftp_command_line.h"
#include "ftp_hole.h"
#include "ftp_reply_line.h"
#include "ftp_tls.h"

/* ---- the last bytes of a direction ---- */

/*
 * Remember the byte. Written straight into the session, which is safe while this
 * CPU holds the direction. If the packet does not go on, the bytes behind
 * next_seq mean nothing and are written again.
 */
static __always_inline void ftp_remember(struct ftp_direction *dir, __u32 seq, __u8 c)
{
	dir->history[seq & (FTP_HISTORY_BYTES - 1)] = c;
	if (ftp_seq_diff(seq, dir->history_end) < 0)
		return;
	if (seq == dir->history_end && dir->history_len < FTP_HISTORY_BYTES)
		dir->history_len++;
	else if (seq != dir->history_end)
		dir->history_len = 1;
	dir->history_end = seq + 1;
}

/* Whether the byte at seq, of a segment that is repeated, differs from the one
 * that was read. Of older ones nobody knows. */
static __always_inline bool ftp_differs(const struct ftp_direction *dir, __u32 seq,
					__u8 c)
{
	__u32 age = dir->history_end - seq;

	return age >= 1 && age <= dir->history_len &&
	       dir->history[seq & (FTP_HISTORY_BYTES - 1)] != c;
}

/* ---- step by step ---- */

/* Read on by the byte c, in a direction that consists of lines. */
static __always_inline void ftp_line_step(struct ftp_scan *scan, __u8 c)
{
	struct ftp_area *a = scan->a;
	__u32 at = a->at, seq = a->seq + at;
	bool ended, hides;

	if (!a->line.length)
		a->line_at = at;
	hides = a->server && ftp_hides(scan);
	if (hides && !ftp_mask_fits(scan, at))
		return;
	ftp_remember(ftp_direction(scan->s, a->dir), seq, c);
	a->at = at + 1;
	ended = ftp_line_feed(&a->line, c, seq, a->server);
	if (a->fixup.n_rules && !(a->server && (a->session_flags & FTP_S_GREETED)))
		ftp_automata_feed(c);
	if (hides && ftp_is_text(&a->line, c))
		ftp_mask(scan, at);
	if (a->line.committed == FTP_COMMIT_OPEN)
		ftp_absorb(scan, seq);
	if (!a->server) {
		ftp_command_word(scan);
		/* A lax server takes it for the end: what is forbidden must not pass. */
		if (!ended && ftp_line_broke(&a->line))
			ftp_command_rules(scan);
	}
	if (!ended || !ftp_line_fits(scan))
		return;
	if (a->server)
		ftp_reply_line(scan);
	else
		ftp_command_line(scan);
	if (a->mode == FTP_MODE_LINES)
		ftp_line_reset(&a->line);
}

/*
 * Most bytes are text of which nothing more is asked: the rest of a line whose verb or
 * code said all, in no subject of a rule, to be masked or absorbed by nothing. Return:
 * whether c, at a->at, is one; then it is read.
 */
static __always_inline bool ftp_skip_step(struct ftp_scan *scan, __u8 c)
{
	struct ftp_area *a = scan->a;
	struct ftp_line *l = &a->line;

	if (l->state != FTP_ST_SKIP || c <= '\r' || l->carriage || !l->length ||
	    l->length >= FTP_LINE_MAX || l->committed == FTP_COMMIT_OPEN ||
	    a->fixup.n_rules || (a->server && ftp_hides(scan)))
		return false;
	ftp_remember(ftp_direction(scan->s, a->dir), a->seq + a->at, c);
	l->length++;
	a->at++;
	return true;
}

static long ftp_read_step(__u32 i, struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	__u8 c;

	(void)i;
	if (a->stop || a->at >= a->len || a->mode == FTP_MODE_OPAQUE ||
	    !ftp_load(scan, a->at))
		return 1;
	c = ftp_byte(a, a->at);
	if (a->mode != FTP_MODE_LINES)
		ftp_tls_step(scan, c);
	else if (!ftp_skip_step(scan, c))
		ftp_line_step(scan, c);
	return 0;
}

/* Read what is new in the segment: from a->at on. */
static __always_inline void ftp_read(struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;

	bpf_loop(2 * FTP_MAX_PAYLOAD, ftp_read_step, scan, 0);
	/* A line that never ends must not get by unjudged. */
	if (!a->end && !a->server && ftp_is_strict(a) && a->mode == FTP_MODE_LINES &&
	    (a->line.length || a->line.faults)) {
		enum ftp_finding finding = ftp_strict_part(&a->line);

		if (finding != FTP_FOUND_NOTHING)
			ftp_object(scan, finding);
	}
	if (!scan->a->end && !scan->a->stop)
		ftp_commit_partial(scan);
}

/* ---- what was read before ---- */

struct ftp_comparing {
	struct ftp_scan *scan;
	__u32 at;
	__u32 to;
	__u32 differs;
};

static long ftp_compare_step(__u32 i, struct ftp_comparing *comparing)
{
	struct ftp_scan *scan = comparing->scan;
	struct ftp_area *a = scan->a;
	__u32 at = comparing->at + i;

	if (at >= comparing->to || !ftp_load(scan, at))
		return 1;
	if (!ftp_differs(ftp_direction(scan->s, a->dir), a->seq + at, ftp_byte(a, at)))
		return 0;
	comparing->differs = 1;
	return 1;
}

/*
 * Whether the part of the segment that is repeated, [0, to), is what it was the
 * first time. Only the last FTP_HISTORY_BYTES of the direction are known.
 */
static __noinline bool ftp_is_edited(struct ftp_scan *scan, __u32 to)
{
	struct ftp_comparing comparing = {.scan = scan, .to = to};

	comparing.at = to > FTP_HISTORY_BYTES ? to - FTP_HISTORY_BYTES : 0;
	bpf_loop(FTP_HISTORY_BYTES, ftp_compare_step, &comparing, 0);
	return comparing.differs;
}

#endif /* PINHOLE_BPF_FTP_READ_H */
