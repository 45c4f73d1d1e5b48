// SPDX-License-Identifier: GPL-2.0
/*
 * fixup.c - which ports are inspected, and the version line.
 *
 * Statements count in their order, as on PIX: a later `no` undoes. Nothing is
 * inspected unless the policy says so.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

/* Inspections of PIX 6 beside ftp. Not having them is what `no` asks for. */
static const char *const other_fixups[] = {
	"ctiqbe", "dns",  "esp-ike", "h323",   "http", "icmp", "ils",	 "mgcp", "pptp",
	"rsh",	  "rtsp", "sip",     "skinny", "smtp", "snmp", "sqlnet", "tftp", NULL,
};

static bool is_other_fixup(const struct policy_token *token)
{
	for (size_t i = 0; other_fixups[i]; i++)
		if (policy_token_is(token, other_fixups[i]))
			return true;
	return false;
}

static int expect_protocol(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if (policy_accept(p, "protocol"))
		return 0;
	err = policy_fail(p, token, token->len ? E_EXPECTED : E_MISSING,
			  "'protocol' belongs after 'fixup'");
	return policy_hint(p, err, "write 'fixup protocol ftp 21'");
}

static int fail_protocol(struct policy_parser *p, const struct policy_token *token)
{
	static const char *const known[] = {"ftp", NULL};
	int err;

	if (!token->len)
		return policy_fail(p, token, E_MISSING,
				   "the line ends where the protocol to inspect belongs");
	err = policy_fail(p, token, E_FIXUP_PROTOCOL, "'%.*s' is not inspected",
			  POLICY_WORD(token));
	if (is_other_fixup(token))
		return policy_hint(p, err, "remove the line; only ftp is inspected");
	if (policy_nearest(token->text, token->len, known))
		return policy_hint(p, err, "did you mean 'ftp'?");
	return policy_hint(p, err, "only ftp is inspected");
}

/* An optional port; @given false if there is none. */
static int parse_fixup_port(struct policy_parser *p, uint16_t *port, bool *given)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	*given = token->len;
	if (!token->len)
		return 0;
	if (policy_token_is(token, "strict")) {
		err = policy_fail(p, token, E_UNSUPPORTED,
				  "'strict' is not supported by this version");
		return policy_hint(p, err, "remove the word");
	}
	err = policy_parse_port(p, IPPROTO_TCP, port);
	if (err)
		return err;
	if (!*port)
		return policy_fail(p, token, E_PORT, "no server listens on port 0");
	return policy_expect_end(p);
}

static void set_port(struct policy *policy, uint16_t port, bool on)
{
	uint8_t bit = (uint8_t)(1u << (port % 8));

	if (on)
		policy->ftp_ports[port / 8] |= bit;
	else
		policy->ftp_ports[port / 8] &= (uint8_t)~bit;
}

int policy_stmt_fixup(struct policy_parser *p)
{
	uint16_t port = 0;
	bool given;
	int err = expect_protocol(p);

	if (err)
		return err;
	if (!policy_accept(p, "ftp"))
		return fail_protocol(p, policy_peek(p));
	err = parse_fixup_port(p, &port, &given);
	if (err)
		return err;
	set_port(p->policy, given ? port : POLICY_FTP_PORT, true);
	return 0;
}

int policy_stmt_no_fixup(struct policy_parser *p)
{
	uint16_t port = 0;
	bool given;
	int err = expect_protocol(p);

	if (err)
		return err;
	if (is_other_fixup(policy_peek(p)))
		return 0;
	if (!policy_accept(p, "ftp"))
		return fail_protocol(p, policy_peek(p));
	err = parse_fixup_port(p, &port, &given);
	if (err)
		return err;
	if (given)
		set_port(p->policy, port, false);
	else
		memset(p->policy->ftp_ports, 0, sizeof(p->policy->ftp_ports));
	return 0;
}

/*
 * `PIX Version 6.3(5)`, `ASA Version 9.1(2)`. From ASA 8.3 on, access lists
 * match real addresses; from 9.0 on, `any` is of both families.
 */
int policy_stmt_version(struct policy_parser *p)
{
	const struct policy_token *token;
	const char *dot;
	unsigned long major, minor;
	int err;

	if (!policy_accept(p, "version")) {
		token = &p->line.tokens[0];
		err = policy_fail(p, token, E_UNKNOWN_STATEMENT,
				  "unknown statement '%.*s'", POLICY_WORD(token));
		return policy_hint(p, err, "did you mean '%.*s Version'?",
				   POLICY_WORD(token));
	}
	token = policy_peek(p);
	dot = memchr(token->text, '.', token->len);
	if (!dot ||
	    !policy_number_from(token->text, (size_t)(dot - token->text), 999, &major) ||
	    !policy_number_from(dot + 1, token->len - (size_t)(dot + 1 - token->text),
				999, &minor)) {
		err = policy_fail(p, token, token->len ? E_NUMBER : E_MISSING,
				  "a version number belongs here");
		return policy_hint(p, err, "write it as in 6.3, or remove the line");
	}
	if (major > 8 || (major == 8 && minor >= 3)) {
		p->version_where = policy_where(p, token);
		p->policy->flags |= CONFIG_F_REAL_LISTS;
	}
	if (major > 8)
		p->policy->any_is_both = true;
	return 0;
}
