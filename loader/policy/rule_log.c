// SPDX-License-Identifier: GPL-2.0
/*
 * rule_log.c - log, of an access-list line:
 *
 *   log [LEVEL] [interval SECONDS] | log disable | log default
 *
 * LEVEL: 0 to 7, or its name. `default` is as if nothing were written: packets that
 * are denied are logged by message 106023.
 */
#include <errno.h>

#include "policy/lists.h"

#define DEFAULT_INTERVAL_SEC 300
#define MAX_INTERVAL_SEC     600
#define DEFAULT_LEVEL	     6

static int parse_interval(struct policy_parser *p, unsigned int *sec)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long number = 0;
	int err = policy_parse_number(p, MAX_INTERVAL_SEC, "an interval in seconds",
				      &number);

	if (!err && !number) {
		err = policy_fail(p, token, E_NUMBER,
				  "'%.*s' is not an interval in seconds",
				  POLICY_WORD(token));
		return policy_hint(p, err, "write a number from 1 to %d",
				   MAX_INTERVAL_SEC);
	}
	*sec = (unsigned int)number;
	return err;
}

/* What may follow `log` itself. */
static bool ends_log(const struct policy_token *token)
{
	return !token->len || token->text[0] == '(' || token->text[0] == '!' ||
	       policy_token_is(token, "interval") ||
	       policy_token_is(token, "time-range") || policy_token_is(token, "inactive");
}

int policy_parse_rule_log(struct policy_parser *p, struct policy_rule *rule)
{
	policy_next(p);
	rule->log = POLICY_LOG_DEFAULT;
	if (policy_accept(p, "default"))
		return 0;
	rule->log = POLICY_LOG_OFF;
	if (policy_accept(p, "disable"))
		return 0;
	rule->log = POLICY_LOG_ON;
	rule->log_level = DEFAULT_LEVEL;
	rule->log_interval_sec = DEFAULT_INTERVAL_SEC;
	if (policy_log_level_from(policy_peek(p), &rule->log_level))
		policy_next(p);
	else if (!ends_log(policy_peek(p)))
		return policy_fail_expected(p, "a level",
					    "write a level from 0 to 7, 'interval' and "
					    "seconds, 'disable' or 'default'",
					    policy_log_level_words);
	return policy_accept(p, "interval") ? parse_interval(p, &rule->log_interval_sec)
					    : 0;
}
