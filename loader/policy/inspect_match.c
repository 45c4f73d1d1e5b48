// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_match.c - what is looked for in a control connection.
 *
 *   match [not] request-command WORD...
 *   match [not] filename|filetype|username|server regex [class] NAME
 *
 * Words of ASA stand for commands of RFC 959, and those of RFC 775, which are
 * the same by another name, go with them: who denies mkd does not want XMKD.
 */
#include <errno.h>
#include <strings.h>

#include "policy/names.h"
#include "policy/parser.h"

/* One more than there are kinds; the last is NULL. */
static const char *const match_words[] = {
	[FTP_SUBJECT_FILENAME] = "filename",	    [FTP_SUBJECT_FILETYPE] = "filetype",
	[FTP_SUBJECT_USERNAME] = "username",	    [FTP_SUBJECT_SERVER] = "server",
	[POLICY_MATCH_COMMAND] = "request-command", NULL,
};

const char *const policy_ftp_verb_words[FTP_VERB_END] = {
#define X(NAME) [FTP_VERB_##NAME] = #NAME,
	FTP_VERBS(X)
#undef X
};

#define VERB(NAME) (1ull << FTP_VERB_##NAME)

static const struct {
	const char *word;
	uint64_t verbs;
} command_words[] = {
	{"get", VERB(RETR)},
	{"put", VERB(STOR)},
	{"rename", VERB(RNFR) | VERB(RNTO)},
};

/* Each is in its row because the other is. */
static const uint64_t same_commands[] = {
	VERB(CDUP) | VERB(XCUP), VERB(CWD) | VERB(XCWD), VERB(MKD) | VERB(XMKD),
	VERB(PWD) | VERB(XPWD),	 VERB(RMD) | VERB(XRMD),
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t verbs_of(const struct policy_token *token)
{
	uint64_t verbs = 0;

	for (size_t i = 0; i < N(command_words); i++)
		if (policy_token_is(token, command_words[i].word))
			verbs = command_words[i].verbs;
	for (unsigned int i = 0; i < FTP_VERB_END; i++)
		if (policy_ftp_verb_words[i] &&
		    policy_token_is(token, policy_ftp_verb_words[i]))
			verbs = 1ull << i;
	for (size_t i = 0; i < N(same_commands); i++)
		if (verbs & same_commands[i])
			verbs |= same_commands[i];
	return verbs;
}

static int fail_command(struct policy_parser *p, const struct policy_token *token)
{
	const char *words[FTP_VERB_END + N(command_words) + 1];
	const char *nearest;
	size_t n = 0;
	int err = policy_fail(p, token, E_COMMAND, "'%.*s' is not an FTP command",
			      POLICY_WORD(token));

	for (size_t i = 0; i < N(command_words); i++)
		words[n++] = command_words[i].word;
	for (unsigned int i = 0; i < FTP_VERB_END; i++)
		if (policy_ftp_verb_words[i])
			words[n++] = policy_ftp_verb_words[i];
	words[n] = NULL;
	nearest = policy_nearest(token->text, token->len, words);
	if (nearest)
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	return policy_hint(p, err,
			   "write commands as FTP has them, or get, put and rename; what "
			   "is no command at all is refused by 'strict'");
}

static int parse_commands(struct policy_parser *p, uint64_t *out)
{
	if (!policy_peek(p)->len)
		return policy_fail_missing(p, "an FTP command");
	while (policy_peek(p)->len) {
		uint64_t verbs = verbs_of(policy_peek(p));

		if (!verbs)
			return fail_command(p, policy_peek(p));
		*out |= verbs;
		policy_next(p);
	}
	return 0;
}

static int parse_expression(struct policy_parser *p, struct policy_match *out)
{
	static const char *const regex[] = {"regex", NULL};
	int err;

	if (!policy_accept(p, regex[0]))
		return policy_fail_expected(p, "the word 'regex'",
					    "write 'regex NAME' or 'regex class NAME'",
					    regex);
	/* An expression may be named `class`. */
	out->is_class = p->line.n_tokens - p->at > 1 && policy_accept(p, "class");
	out->where = policy_where(p, policy_peek(p));
	err = out->is_class ? policy_class_get(p, &out->ref)
			    : policy_regex_get(p, &out->ref);
	return err ? err : policy_expect_end(p);
}

int policy_parse_ftp_commands(struct policy_parser *p, struct policy_match *out)
{
	out->kind = POLICY_MATCH_COMMAND;
	out->where = policy_where(p, policy_peek(p));
	return parse_commands(p, &out->verbs);
}

int policy_parse_ftp_match(struct policy_parser *p, struct policy_match *out)
{
	const struct policy_token *word;

	out->negated = policy_accept(p, "not");
	word = policy_peek(p);
	out->where = policy_where(p, word);
	for (out->kind = 0; match_words[out->kind]; out->kind++)
		if (policy_accept(p, match_words[out->kind]))
			return out->kind == POLICY_MATCH_COMMAND
				       ? parse_commands(p, &out->verbs)
				       : parse_expression(p, out);
	return policy_fail_expected(p, "what an FTP inspection matches",
				    "write request-command, filename, filetype, username "
				    "or server",
				    match_words);
}
