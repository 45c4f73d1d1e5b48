/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_hits.h - how often each flow has met its access-list line. Pure.
 *
 * Why it exists: message 106100 comes at a flow's first hit, and then once an interval
 * with the hits since. The kernel tells of every hit; the sums are made here.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_HITS_H
#define FWCTL_FORMAT_HITS_H

#include "format_acl.h"

/* Flows that are remembered. Of more, each hit is a first one. */
#define FORMAT_HITS_FLOWS 4096

struct format_hits;

struct format_hits *format_hits_new(void); /* NULL: no memory */
void format_hits_free(struct format_hits *hits);

/*
 * A hit. Flows are the same if line, addresses, protocol, ports and interfaces are.
 * @interval_sec: of the line
 * @out: what is to be said
 * Return: whether anything is to be said now.
 */
bool format_hits_meet(struct format_hits *hits, const struct acl_record *record,
		      unsigned int interval_sec, struct format_acl_hits *out);

/*
 * Say what is left to say: of flows whose interval is over, or of all. A flow without
 * hits in its interval is forgotten.
 * @now_ns: CLOCK_MONOTONIC; UINT64_MAX: of all, and forget them
 * Return: 0, or what fn returned to end it.
 */
int format_hits_flush(struct format_hits *hits, uint64_t now_ns,
		      int (*fn)(const struct acl_record *, const struct format_acl_hits *,
				void *),
		      void *arg);

#endif /* FWCTL_FORMAT_HITS_H */
