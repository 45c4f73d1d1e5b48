// SPDX-License-Identifier: GPL-2.0
/*
 * switches.c - statements that switch something on for the whole policy.
 *
 *   same-security-traffic permit inter-interface|intra-interface
 *   sysopt connection permit-non-ip	     (Pinhole's own)
 *   sysopt connection tcp-pick-up H:MM:SS   (Pinhole's own)
 *   sysopt noproxyarp IF
 */
#include <errno.h>

#include "policy/parser.h"

/* [no] same-security-traffic permit ... */
int policy_stmt_same_security(struct policy_parser *p)
{
	static const char hint[] = "write 'same-security-traffic permit inter-interface' "
				   "or 'intra-interface'";
	static const char *const permit[] = {"permit", NULL};
	static const char *const kinds[] = {"inter-interface", "intra-interface", NULL};
	bool on = !policy_token_is(&p->line.tokens[0], "no");
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
	if (!err && on)
		p->policy->flags |= flag;
	else if (!err)
		p->policy->flags &= ~flag;
	return err;
}

/* ---- sysopt ---------------------------------------------------------------- */

static int parse_pick_up(struct policy_parser *p)
{
	unsigned int sec;
	int err = policy_parse_time(p, "a time", &sec);

	if (!err)
		err = policy_expect_end(p);
	if (!err)
		p->policy->pick_up_sec = sec;
	return err;
}

static int parse_no_proxy_arp(struct policy_parser *p)
{
	struct policy_iface_ref ref;
	struct policy_iface_ref *kept;
	int err = policy_parse_iface_ref(p, &ref);

	if (!err)
		err = policy_expect_end(p);
	if (err)
		return err;
	kept = vec_push(&p->noproxyarps);
	if (!kept)
		return -ENOMEM;
	*kept = ref;
	return 0;
}

/* What PIX and ASA know beside. Without a VPN, and without `alias`, most of it says
 * nothing; that fragments need their first is always so here. */
static const char *const ignored_sysopts[] = {
	"ipsec", "nodnsalias", "np", "radius", "route", "security", "traffic", "uauth",
};

static const char *const ignored_connections[] = {
	"permit-ipsec",	      "permit-l2tp",	"permit-pptp", "permit-vpn",
	"preserve-vpn-flows", "reclassify-vpn", "timewait",
};

static bool is_one_of(const struct policy_token *token, const char *const *words,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (policy_token_is(token, words[i]))
			return true;
	return false;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int fail_sysopt(struct policy_parser *p)
{
	static const char *const words[] = {
		"connection", "noproxyarp", "permit-non-ip", "tcp-pick-up", "tcpmss",
		"nodnsalias", "permit-vpn", "permit-ipsec",  NULL,
	};

	return policy_fail_expected(
		p, "a system option",
		"write 'sysopt noproxyarp IF', 'sysopt connection permit-non-ip' or "
		"'sysopt connection tcp-pick-up H:MM:SS'",
		words);
}

static int ignore_sysopt(struct policy_parser *p)
{
	struct policy_token words = policy_first_words(p, p->line.n_tokens);

	return policy_ignore(p, &words);
}

static int parse_connection(struct policy_parser *p)
{
	const struct policy_token *word = policy_peek(p);
	int err;

	if (policy_accept(p, "permit-non-ip")) {
		err = policy_expect_end(p);
		if (!err)
			p->policy->flags |= CONFIG_F_PASS_NON_IP;
		return err;
	}
	if (policy_accept(p, "tcp-pick-up"))
		return parse_pick_up(p);
	if (policy_token_is(word, "tcpmss"))
		return policy_ignore_with_warning(
			p, word,
			"segment sizes are left as the ends announce them; nftables can "
			"clamp what this machine forwards to its link");
	if (is_one_of(word, ignored_connections, COUNT(ignored_connections)))
		return ignore_sysopt(p);
	return fail_sysopt(p);
}

int policy_stmt_sysopt(struct policy_parser *p)
{
	if (policy_accept(p, "connection"))
		return parse_connection(p);
	if (policy_accept(p, "noproxyarp"))
		return parse_no_proxy_arp(p);
	if (is_one_of(policy_peek(p), ignored_sysopts, COUNT(ignored_sysopts)))
		return ignore_sysopt(p);
	return fail_sysopt(p);
}

/* no sysopt ...: what is not switched on, or what is the default of the box. */
int policy_stmt_no_sysopt(struct policy_parser *p)
{
	struct policy_iface_ref ref;
	int err;

	if (policy_accept(p, "noproxyarp")) {
		err = policy_parse_iface_ref(p, &ref);
		return err ? err : policy_expect_end(p);
	}
	if (policy_accept(p, "connection")) {
		if (policy_accept(p, "permit-non-ip"))
			p->policy->flags &= ~CONFIG_F_PASS_NON_IP;
		else if (policy_accept(p, "tcp-pick-up"))
			p->policy->pick_up_sec = 0;
	}
	return ignore_sysopt(p);
}
