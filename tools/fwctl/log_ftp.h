/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log_ftp.h - JSON about records of FTP inspection.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_LOG_FTP_H
#define FWCTL_LOG_FTP_H

#include <jansson.h>

#include "format_ftp.h"

/* The members that FTP records have besides time and text; NULL: memory ran out. */
json_t *log_ftp_json(const struct ftp_record *record,
		     const struct format_ftp_names *names, const char *help);

#endif /* FWCTL_LOG_FTP_H */
