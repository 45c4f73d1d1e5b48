/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_built.h - connections that begin, as an ASA logs them. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_BUILT_H
#define FWCTL_FORMAT_BUILT_H

#include <pinhole/abi_log.h>

#include "format_log.h"

/*
 * "%ASA-6-302013: Built inbound TCP connection ...", without time and newline; 302015,
 * 302017 and 302020 for UDP, GRE and ICMP.
 * @ends: of the connection's initiator and responder
 * Returns @out.
 */
char *format_built(char out[FORMAT_LOG_BYTES], const struct built_record *record,
		   const struct format_log_end ends[2]);

/* "inbound" (from the lower security level to the higher) or "outbound" */
const char *format_built_direction(const struct format_log_end ends[2]);

/* What let it in: "policy", "pinhole", "data-ports", or "local": this machine began it.
 */
const char *format_built_admitted_by(const struct built_record *record);

#endif /* FWCTL_FORMAT_BUILT_H */
