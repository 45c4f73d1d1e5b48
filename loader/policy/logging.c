// SPDX-License-Identifier: GPL-2.0
/*
 * logging.c - which messages the policy wants to see.
 *
 *   logging enable|on
 *   logging console|monitor|buffered|trap|history|asdm|mail LEVEL
 *   [no] logging message NUMBER [level LEVEL]
 *
 * These decide what `fwctl log` shows unless it is told otherwise. Where messages
 * go, how they are stamped and how many may wait is the affair of whoever reads
 * them: hosts, queues, facilities and the like are ignored.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

#define MAX_LEVEL   7
#define MAX_MESSAGE 999999
#define NO_LEVEL    POLICY_LOG_LEVEL_OWN

#define USAGE_LEVEL "write a number from 0 to 7, or a word such as 'informational'"

const char *const policy_log_destination_words[] = {
	[POLICY_LOG_CONSOLE] = "console",   [POLICY_LOG_MONITOR] = "monitor",
	[POLICY_LOG_BUFFERED] = "buffered", [POLICY_LOG_TRAP] = "trap",
	[POLICY_LOG_HISTORY] = "history",   [POLICY_LOG_ASDM] = "asdm",
	[POLICY_LOG_MAIL] = "mail",	    [POLICY_N_LOG_DESTINATIONS] = NULL,
};

const char *const policy_log_level_words[] = {
	"emergencies",	 "alerts",	  "critical",  "errors", "warnings",
	"notifications", "informational", "debugging", NULL,
};

/* What else follows `logging`, and decides nothing here. */
static const char *const other_words[] = {
	"asdm-buffer-size",
	"buffer-size",
	"class",
	"debug-trace",
	"device-id",
	"emblem",
	"facility",
	"flash-bufferwrap",
	"flash-maximum-allocation",
	"flash-minimum-free",
	"flow-export-syslogs",
	"from-address",
	"ftp-bufferwrap",
	"ftp-server",
	"hide",
	"host",
	"list",
	"pdm",
	"permit-hostdown",
	"queue",
	"rate-limit",
	"recipient-address",
	"savelog",
	"standby",
	"timestamp",
	NULL,
};

bool policy_log_level_from(const struct policy_token *token, uint8_t *out)
{
	unsigned long number;

	for (uint8_t i = 0; policy_log_level_words[i]; i++)
		if (policy_token_is(token, policy_log_level_words[i])) {
			*out = i;
			return true;
		}
	if (!policy_number_from(token->text, token->len, MAX_LEVEL, &number))
		return false;
	*out = (uint8_t)number;
	return true;
}

static int find_word(const struct policy_token *token, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (policy_token_is(token, words[i]))
			return i;
	return -1;
}

static int parse_level(struct policy_parser *p, uint8_t *out)
{
	if (policy_log_level_from(policy_peek(p), out)) {
		policy_next(p);
		return 0;
	}
	return policy_fail_expected(p, "a level", USAGE_LEVEL, policy_log_level_words);
}

static bool is_level_like(const struct policy_token *token)
{
	uint8_t level;

	return !token->len || policy_is_made_of(token, "0123456789") ||
	       policy_log_level_from(token, &level) ||
	       policy_nearest(token->text, token->len, policy_log_level_words);
}

/*
 * A level, or the name of a `logging list`. What such a list selects is not known
 * here, and a filter must not hide what it might: it counts as all of them.
 */
static int parse_destination(struct policy_parser *p, int destination)
{
	struct policy_logging *logging = &p->policy->logging;
	const struct policy_token *token = policy_peek(p);
	uint8_t level = MAX_LEVEL;
	int err = 0;

	if (is_level_like(token))
		err = parse_level(p, &level);
	else
		policy_next(p);
	if (!err)
		err = policy_expect_end(p);
	if (err)
		return err;
	logging->has_level[destination] = true;
	logging->level[destination] = level;
	return 0;
}

/* ---- messages ---------------------------------------------------------- */

/* There are as many as there are messages of an ASA at most, and usually none. */
static struct policy_log_message *message_get(struct policy_parser *p, uint32_t number)
{
	struct policy_logging *logging = &p->policy->logging;
	struct policy_log_message *message;

	for (size_t i = 0; i < logging->messages.count; i++)
		if (logging->messages.items[i].number == number)
			return &logging->messages.items[i];
	message = vec_push(&logging->messages);
	if (message)
		*message = (struct policy_log_message){number, NO_LEVEL, false};
	return message;
}

/* The word message has been consumed. @off: by `no` */
static int parse_message(struct policy_parser *p, bool off)
{
	static const char *const words[] = {"level", "standby", NULL};
	struct policy_log_message *message;
	unsigned long number = 0;
	uint8_t level = NO_LEVEL;
	bool has_level, ignored;
	int err = policy_parse_number(p, 99999999, "the number of a message", &number);

	if (err)
		return err;
	has_level = policy_accept(p, words[0]);
	if (has_level)
		err = parse_level(p, &level);
	ignored = !err && policy_accept(p, words[1]);
	if (!err)
		err = policy_expect_end(p);
	if (err || ignored || number > MAX_MESSAGE)
		return err;
	message = message_get(p, (uint32_t)number);
	if (!message)
		return -ENOMEM;
	if (has_level) /* `no` with a level takes back the level alone */
		message->level = off ? NO_LEVEL : level;
	else
		message->off = off;
	return 0;
}

/* ---- statements -------------------------------------------------------- */

static int fail_logging(struct policy_parser *p)
{
	const char *words[sizeof(other_words) / sizeof(other_words[0]) +
			  POLICY_N_LOG_DESTINATIONS + 4];
	size_t n = 0;

	for (size_t i = 0; policy_log_destination_words[i]; i++)
		words[n++] = policy_log_destination_words[i];
	for (size_t i = 0; other_words[i]; i++)
		words[n++] = other_words[i];
	words[n++] = "enable";
	words[n++] = "message";
	words[n] = NULL;
	return policy_fail_expected(p, "what to log",
				    "write 'logging enable', 'logging buffered LEVEL' or "
				    "'logging message NUMBER level LEVEL'",
				    words);
}

static int ignore_rest(struct policy_parser *p)
{
	if (find_word(policy_peek(p), other_words) < 0)
		return fail_logging(p);
	return policy_ignore(p, &p->line.tokens[p->at - 1]);
}

int policy_stmt_logging(struct policy_parser *p)
{
	int destination = find_word(policy_peek(p), policy_log_destination_words);

	if (destination >= 0) {
		policy_next(p);
		return parse_destination(p, destination);
	}
	if (policy_accept(p, "on") || policy_accept(p, "enable")) {
		p->policy->logging.enabled = true;
		return policy_expect_end(p);
	}
	if (policy_accept(p, "message"))
		return parse_message(p, false);
	return ignore_rest(p);
}

int policy_stmt_no_logging(struct policy_parser *p)
{
	int destination = find_word(policy_peek(p), policy_log_destination_words);

	if (destination >= 0) {
		p->policy->logging.has_level[destination] = false;
		return 0;
	}
	if (policy_accept(p, "on") || policy_accept(p, "enable")) {
		p->policy->logging.enabled = false;
		return policy_expect_end(p);
	}
	if (policy_accept(p, "message"))
		return parse_message(p, true);
	return ignore_rest(p);
}

/* ---- what comes of it -------------------------------------------------- */

void policy_get_log_filter(const struct policy *policy, struct policy_log_filter *out)
{
	const struct policy_logging *logging = &policy->logging;

	*out = (struct policy_log_filter){
		.messages = logging->messages.items,
		.n_messages = logging->messages.count,
	};
	if (!logging->enabled)
		return;
	for (int i = 0; i < POLICY_N_LOG_DESTINATIONS; i++) {
		if (!logging->has_level[i])
			continue;
		if (!out->by_level || logging->level[i] > out->level)
			out->level = logging->level[i];
		out->by_level = true;
	}
}
