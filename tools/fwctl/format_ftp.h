/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_ftp.h - what FTP inspection tells, as log lines; and how a policy
 * inspects, in a line. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_FTP_H
#define FWCTL_FORMAT_FTP_H

#include <pinhole/policy.h>

#include "format.h"

#define FORMAT_FTP_LINE_BYTES 2048
/* Each byte may become "\xNN". */
#define FORMAT_FTP_TEXT_BYTES (4 * FTP_RECORD_TEXT_BYTES + 8)

/* What a record does not know itself. */
struct format_ftp_names {
	const char *client_interface;
	const char *server_interface;
	const char *finding; /* PH_RECORD_FTP: its name */
	const char *match;   /* FTP_FOUND_MATCH: the line matched and its policy-map */
	const char *map;
};

/*
 * Up to two lines, without time and newline; "": there is none. An ASA's line is in
 * its words and no others, so a second one of ours tells the rest: why, and the
 * bytes.
 */
struct format_ftp_lines {
	char asa[FORMAT_FTP_LINE_BYTES];
	char own[FORMAT_FTP_LINE_BYTES];
};

/* @record: of PH_RECORD_FTP, PH_RECORD_FTP_FILE or PH_RECORD_FTP_TLS */
void format_ftp_log(struct format_ftp_lines *out, const struct ftp_record *record,
		    const struct format_ftp_names *names);

/*
 * The record's text, safe to show: no control characters, quotes or backslashes
 * bare, "..." at the end if it was cut; of a command that carries a password, the
 * command only. Returns @out.
 */
char *format_ftp_text(char out[FORMAT_FTP_TEXT_BYTES], const struct ftp_record *record);

/* User name: the same for one that is NUL-terminated. Returns @out. */
char *format_ftp_name(char out[FORMAT_FTP_TEXT_BYTES], const char *name, size_t size);

/* "USER"; "" for none and for unknown ones. */
const char *format_ftp_verb(unsigned int verb);

/* Nothing was opened because of it. The other findings are about a line whatever it
 * says. */
bool format_ftp_is_refusal(unsigned int finding);

/* What was done about it: "reset", "drop", "log", "hole-refused"; "noted": nothing. */
const char *format_ftp_action(const struct ftp_record *record);

/* The index in the key's arrays of the client's end. */
int format_ftp_client_end(const struct ftp_record *record);

/* The record tells an announced address. */
bool format_ftp_has_address(const struct ftp_record *record);

/* "ftp on port 21: strict, tls require, policy-map NAME". Returns @out. */
char *format_ftp_inspection(char *out, size_t size,
			    const struct policy_image_fixup *fixup);

#endif /* FWCTL_FORMAT_FTP_H */
