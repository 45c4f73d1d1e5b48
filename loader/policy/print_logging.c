// SPDX-License-Identifier: GPL-2.0
/* print_logging.c - the canonical text of what is logged. */
#include "policy/logging.h"
#include "util/strbuf.h"

static void print_message(struct strbuf *out, const struct policy_log_message *message)
{
	if (message->off)
		strbuf_printf(out, "no logging message %u\n", message->number);
	if (message->level != POLICY_LOG_LEVEL_OWN)
		strbuf_printf(out, "logging message %u level %s\n", message->number,
			      policy_log_level_words[message->level]);
}

void policy_print_logging(struct strbuf *out, const struct policy_logging *logging)
{
	if (logging->enabled)
		strbuf_puts(out, "logging enable\n");
	for (int i = 0; i < POLICY_N_LOG_DESTINATIONS; i++)
		if (logging->has_level[i])
			strbuf_printf(out, "logging %s %s\n",
				      policy_log_destination_words[i],
				      policy_log_level_words[logging->level[i]]);
	for (size_t i = 0; i < logging->messages.count; i++)
		print_message(out, &logging->messages.items[i]);
}
