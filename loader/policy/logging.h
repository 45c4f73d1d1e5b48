/* SPDX-License-Identifier: GPL-2.0 */
/*
 * logging.h - the part of the model that says what of the log is wanted.
 *
 * Why it exists: Pinhole logs to whoever runs `fwctl log`, and sends nothing
 * anywhere. What the policy says of destinations is kept as their levels: the
 * highest is what is shown.
 *
 * Who may include it: model.h.
 */
#ifndef PINHOLE_POLICY_LOGGING_H
#define PINHOLE_POLICY_LOGGING_H

#include <stdbool.h>
#include <stdint.h>

#include <pinhole/policy.h>

#include "util/vec.h"

/* What `logging DESTINATION LEVEL` names. */
enum policy_log_destination {
	POLICY_LOG_CONSOLE,
	POLICY_LOG_MONITOR,
	POLICY_LOG_BUFFERED,
	POLICY_LOG_TRAP,
	POLICY_LOG_HISTORY,
	POLICY_LOG_ASDM,
	POLICY_LOG_MAIL,
	POLICY_N_LOG_DESTINATIONS,
};

struct policy_logging {
	bool enabled; /* logging on, logging enable */
	bool has_level[POLICY_N_LOG_DESTINATIONS];
	uint8_t level[POLICY_N_LOG_DESTINATIONS]; /* 0..7 */
	/* What was said of messages last, in order of first appearance. */
	VEC(struct policy_log_message) messages;
};

struct strbuf;

/* By enum policy_log_destination (logging.c); they end in NULL. */
extern const char *const policy_log_destination_words[];

/* `logging ...` (print_logging.c). */
void policy_print_logging(struct strbuf *out, const struct policy_logging *logging);

#endif /* PINHOLE_POLICY_LOGGING_H */
