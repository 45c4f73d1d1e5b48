/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_log.h - records of the datapath as an ASA logs them. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_LOG_H
#define FWCTL_FORMAT_LOG_H

#include "format.h"

#define FORMAT_LOG_BYTES 512

/* What a record does not know of an end of its connection. */
struct format_log_end {
	const char *interface;
	unsigned int security;
};

/*
 * "%ASA-6-302014: Teardown TCP connection ...", without time and newline.
 * Message numbers are the ASA's where it has one for the protocol.
 * @ends: of the connection's initiator and responder; PH_RECORD_CONN_END only
 * @table: what is full, or which bound was met, in words; PH_RECORD_TABLE_FULL only
 * Returns @out.
 */
char *format_log(char out[FORMAT_LOG_BYTES], const struct ph_record *record,
		 const struct format_log_end ends[2], const char *table);

/* Why the connection ended, in the ASA's words where it has them. */
const char *format_log_reason(const struct ph_record *record);

/* What that may be, one by one; NULL behind the last. */
const char *format_log_end_word(unsigned int index);

/* How long the connection lived, in nanoseconds. */
uint64_t format_log_lasted_ns(const struct ph_record *record);

/* "Nov 22 2026 21:31:00", in the local time zone. Returns @out. */
char *format_log_time(char out[FORMAT_TIME_BYTES], uint64_t realtime_ns);

#endif /* FWCTL_FORMAT_LOG_H */
