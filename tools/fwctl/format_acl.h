/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_acl.h - what access lists decide, as an ASA logs it. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_ACL_H
#define FWCTL_FORMAT_ACL_H

#include "format_log.h"

/* What a record does not know. */
struct format_acl_names {
	const char *list;   /* "?" if nobody knows any more */
	const char *way_in; /* interfaces */
	const char *way_out;
	unsigned int level; /* 0..7: of message 106100, as the line says */
};

/* How often a flow has met its line. */
struct format_acl_hits {
	uint64_t count;
	unsigned int interval_sec; /* 0: the first hit */
};

/*
 * Message 106100, of lines with `log`: "%ASA-6-106100: access-list L permitted tcp
 * ... hit-cnt 1 first hit [0x..., 0x0]", without time and newline. Returns @out.
 */
char *format_acl_flow(char out[FORMAT_LOG_BYTES], const struct acl_record *record,
		      const struct format_acl_names *names,
		      const struct format_acl_hits *hits);

/* What was denied, of lines without `log` and of none: message 106023; of what was for
 * the machine itself 710003 (TCP, UDP) and 313001 (ICMP). Returns @out. */
char *format_acl_denied(char out[FORMAT_LOG_BYTES], const struct acl_record *record,
			const struct format_acl_names *names);

/* Message 106101: how many of the same line, before this record, were too many to be
 * told. @line: its number; 0: the end of the list, or not known. Returns @out. */
char *format_acl_lost(char out[FORMAT_LOG_BYTES], const struct acl_record *record,
		      const struct format_acl_names *names, unsigned int line);

/* "in", "out" or "control-plane" */
const char *format_acl_place(const struct acl_record *record);

#endif /* FWCTL_FORMAT_ACL_H */
