/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_drop.h - dropped packets, as an ASA logs them where it has a message. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_DROP_H
#define FWCTL_FORMAT_DROP_H

#include <pinhole/abi_log.h>

#include "format_log.h"

#define FORMAT_FLAGS_BYTES 32

/* What a record does not know. */
struct format_drop_names {
	const char *way_in; /* interfaces; "?": not known */
	const char *way_out;
	const char *reason; /* in one word; "?": a newer one */
};

/*
 * "%ASA-6-106015: Deny TCP (no connection) from ...", without time and newline;
 * %PINHOLE-6-DROP where an ASA has no message of its own. Returns @out.
 */
char *format_drop(char out[FORMAT_LOG_BYTES], const struct drop_record *record,
		  const struct format_drop_names *names);

/* How many more there were of a reason. Returns @out. */
char *format_drop_lost(char out[FORMAT_LOG_BYTES], const struct drop_record *record,
		       const struct format_drop_names *names);

/* "SYN ACK"; "": none. Returns @out. */
char *format_tcp_flags(char out[FORMAT_FLAGS_BYTES], unsigned int flags);

/* Whether the packet's addresses could be read. */
bool format_drop_is_read(const struct drop_record *record);

#endif /* FWCTL_FORMAT_DROP_H */
