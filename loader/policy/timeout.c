// SPDX-License-Identifier: GPL-2.0
/*
 * timeout.c - after what silence a connection is forgotten.
 *
 *   timeout KIND H:MM:SS [KIND H:MM:SS]...
 *
 * A later statement replaces an earlier one, as on PIX. Kinds of what is not
 * kept here are known and have no effect: nothing passes longer by that.
 */
#include <errno.h>

#include "policy/parser.h"

/* PIX's and ASA's; embryonic, which is Pinhole's word, is shorter than PIX's
 * two minutes, because the table that it protects is bounded. */
const struct policy_timeout_kind policy_timeout_kinds[POLICY_N_TIMEOUTS] = {
	[POLICY_TIMEOUT_CONN] = {"conn", 3600, 300, true},
	[POLICY_TIMEOUT_HALF_CLOSED] = {"half-closed", 600, 30, true},
	[POLICY_TIMEOUT_UDP] = {"udp", 120, 60, true},
	[POLICY_TIMEOUT_ICMP] = {"icmp", 2, 2, false},
	[POLICY_TIMEOUT_EMBRYONIC] = {"embryonic", 30, 5, false},
};

/* Of translations that are made when they are needed, of inspections that are not there
 * and of users who log in. */
static const char *const without_effect[] = {
	"xlate",	  "pat-xlate",
	"sctp",		  "rpc",
	"sunrpc",	  "h225",
	"h323",		  "mgcp",
	"mgcp-pat",	  "sip",
	"sip_media",	  "sip-invite",
	"sip-disconnect", "sip-provisional-media",
	"uauth",	  "tcp-proxy-reassembly",
	"floating-conn",  "conn-holddown",
	"icmp-error",	  "igp",
};

#define N_WITHOUT_EFFECT (sizeof(without_effect) / sizeof(without_effect[0]))

static int fail_kind(struct policy_parser *p)
{
	const char *words[POLICY_N_TIMEOUTS + 1] = {NULL};

	for (size_t i = 0; i < POLICY_N_TIMEOUTS; i++)
		words[i] = policy_timeout_kinds[i].word;
	return policy_fail_expected(p, "a kind of timeout",
				    "write conn, half-closed, udp, icmp or embryonic",
				    words);
}

static int fail_too_short(struct policy_parser *p, const struct policy_token *token,
			  const struct policy_timeout_kind *kind)
{
	int err = policy_fail(p, token, E_TIMEOUT,
			      "%.*s is less than timeout %s may have", POLICY_WORD(token),
			      kind->word);

	return policy_hint(p, err, "write 0:%02u:%02u or more%s", kind->min_sec / 60,
			   kind->min_sec % 60,
			   kind->may_be_never ? ", or 0:00:00 for never" : "");
}

static int parse_kept(struct policy_parser *p, enum policy_timeout which)
{
	const struct policy_timeout_kind *kind = &policy_timeout_kinds[which];
	const struct policy_token *token = policy_peek(p);
	unsigned int sec;
	int err = policy_parse_time(p, "a time", &sec);

	if (err)
		return err;
	if (sec < kind->min_sec && (sec || !kind->may_be_never))
		return fail_too_short(p, token, kind);
	p->policy->timeout_sec[which] = sec;
	return 0;
}

/* The keyword has been consumed. */
static int parse_ignored(struct policy_parser *p, const struct policy_token *keyword)
{
	unsigned int sec;
	int err;

	if (policy_token_is(keyword, "igp"))
		(void)policy_accept(p, "stale-route");
	err = policy_parse_time(p, "a time", &sec);
	if (err)
		return err;
	if (policy_token_is(keyword, "uauth") && !policy_accept(p, "absolute"))
		(void)policy_accept(p, "inactivity");
	return policy_ignore(p, keyword);
}

/* KIND H:MM:SS */
static int parse_timeout(struct policy_parser *p)
{
	const struct policy_token *keyword = policy_peek(p);

	for (int i = 0; i < POLICY_N_TIMEOUTS; i++)
		if (policy_accept(p, policy_timeout_kinds[i].word))
			return parse_kept(p, (enum policy_timeout)i);
	for (size_t i = 0; i < N_WITHOUT_EFFECT; i++)
		if (policy_accept(p, without_effect[i]))
			return parse_ignored(p, keyword);
	return fail_kind(p);
}

int policy_stmt_timeout(struct policy_parser *p)
{
	int err;

	do
		err = parse_timeout(p);
	while (!err && policy_peek(p)->len);
	return err;
}
