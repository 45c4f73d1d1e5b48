// SPDX-License-Identifier: GPL-2.0
/*
 * version.c - the version line, which decides what other lines mean.
 */
#include <errno.h>
#include <string.h>

#include "policy/parser.h"

/*
 * `PIX Version 6.3(5)`, `ASA Version 9.1(2)`. From ASA 8.3 on, access lists
 * match real addresses; from 9.0 on, `any` is of both families.
 */
int policy_stmt_version(struct policy_parser *p)
{
	const struct policy_token *token;
	bool asa = policy_token_is(&p->line.tokens[0], "asa") ||
		   policy_token_is(&p->line.tokens[0], "ngfw");
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
	p->version = (struct policy_version){
		.where = policy_where(p, token),
		.pix = !asa,
		.major = (unsigned int)major,
		.minor = (unsigned int)minor,
	};
	if (!asa)
		return 0; /* whose own versions say nothing of ASA's */
	if (major > 8 || (major == 8 && minor >= 3)) {
		p->version_where = p->version.where;
		p->policy->flags |= CONFIG_F_REAL_LISTS;
	}
	if (major > 8)
		p->policy->any_is_both = true;
	return 0;
}
