// SPDX-License-Identifier: GPL-2.0
/*
 * switches.c - statements that switch something on for the whole policy.
 *
 *   same-security-traffic permit inter-interface|intra-interface
 *   sysopt connection permit-non-ip	     (Pinhole's own)
 *   sysopt connection tcp-pick-up H:MM:SS   (Pinhole's own)
 */
#include <errno.h>

#include "policy/parser.h"

int policy_stmt_same_security(struct policy_parser *p)
{
	static const char hint[] = "write 'same-security-traffic permit inter-interface' "
				   "or 'intra-interface'";
	static const char *const permit[] = {"permit", NULL};
	static const char *const kinds[] = {"inter-interface", "intra-interface", NULL};
	uint32_t flag;
	int err;

	if (!policy_accept(p, "permit"))
		return policy_fail_expected(p, "the word 'permit'", hint, permit);
	if (policy_accept(p, kinds[0]))
		flag = CONFIG_F_SAME_INTER;
	else if (policy_accept(p, kinds[1]))
		flag = CONFIG_F_SAME_INTRA;
	else
		return policy_fail_expected(p, "a kind of traffic", hint, kinds);
	err = policy_expect_end(p);
	if (!err)
		p->policy->flags |= flag;
	return err;
}

/* PIX's and ASA's own: what they switch on is not there to be switched. */
static int fail_sysopt(struct policy_parser *p)
{
	return policy_fail_unsupported(p, &p->line.tokens[0], "remove the line");
}

int policy_stmt_sysopt(struct policy_parser *p)
{
	unsigned int sec;
	int err;

	if (!policy_accept(p, "connection"))
		return fail_sysopt(p);
	if (policy_accept(p, "permit-non-ip")) {
		err = policy_expect_end(p);
		if (!err)
			p->policy->flags |= CONFIG_F_PASS_NON_IP;
		return err;
	}
	if (!policy_accept(p, "tcp-pick-up"))
		return fail_sysopt(p);
	err = policy_parse_time(p, "a time", &sec);
	if (!err)
		err = policy_expect_end(p);
	if (!err)
		p->policy->pick_up_sec = sec;
	return err;
}
