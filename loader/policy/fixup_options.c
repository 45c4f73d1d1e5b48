// SPDX-License-Identifier: GPL-2.0
/*
 * fixup_options.c - how an inspection treats TLS and data connections, which is
 * written alike behind a fixup and below the parameters of a policy-map.
 *
 *   tls pass|deny|require
 *   [tls] data-ports LOW HIGH [limit N]
 *   source-port
 */
#include <errno.h>

#include "policy/parser.h"

#define FIRST_DATA_PORT 1024 /* below are the ports of services */

#define DATA_PORTS_USAGE "write 'data-ports LOW HIGH', as in: data-ports 50000 50100"

const char *const policy_ftp_option_words[] = {"tls", "data-ports", "source-port", NULL};

bool policy_is_ftp_option(const struct policy_token *token)
{
	for (size_t i = 0; policy_ftp_option_words[i]; i++)
		if (policy_token_is(token, policy_ftp_option_words[i]))
			return true;
	return false;
}

/* Once each: two that differ would leave it open which is meant. */
static int give_option(struct policy_parser *p, const struct policy_token *token,
		       struct policy_where *given_at)
{
	int err;

	if (given_at->line) {
		err = policy_fail(p, token, E_OPTION_TWICE, "'%.*s' is already given",
				  POLICY_WORD(token));
		if (given_at->line != p->line.number)
			return policy_hint(p, err, "remove it here or in line %u",
					   given_at->line);
		return policy_hint(p, err, "remove one of them");
	}
	*given_at = policy_where(p, token);
	return 0;
}

static int parse_data_port(struct policy_parser *p, uint16_t *out)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long number;
	int err;

	if (!token->len) {
		err = policy_fail_missing(p, "a port");
		return policy_hint(p, err, DATA_PORTS_USAGE);
	}
	if (!policy_number_from(token->text, token->len, UINT16_MAX, &number) ||
	    number < FIRST_DATA_PORT) {
		err = policy_fail(p, token, E_DATA_PORTS,
				  "'%.*s' is not a port for data connections",
				  POLICY_WORD(token));
		return policy_hint(p, err,
				   "write two numbers from %d to 65535, as in: "
				   "data-ports 50000 50100",
				   FIRST_DATA_PORT);
	}
	*out = (uint16_t)number;
	policy_next(p);
	return 0;
}

static int parse_limit(struct policy_parser *p, uint16_t *out)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long number;
	int err;

	if (!token->len)
		return policy_fail_missing(p, "a number of data connections");
	if (!policy_number_from(token->text, token->len, UINT16_MAX, &number) ||
	    !number) {
		err = policy_fail(p, token, E_NUMBER,
				  "'%.*s' is not a number of data connections",
				  POLICY_WORD(token));
		return policy_hint(p, err,
				   "write a number from 1 to 65535, or leave 'limit' out "
				   "for no limit");
	}
	*out = (uint16_t)number;
	policy_next(p);
	return 0;
}

/* The word data-ports has been consumed. */
static int parse_data_ports(struct policy_parser *p, struct policy_ftp_options *options)
{
	const struct policy_token *word = &p->line.tokens[p->at - 1];
	const struct policy_token *low_at = policy_peek(p);
	uint16_t low = 0, high = 0, limit = 0;
	int err = give_option(p, word, &options->data_at);

	if (!err)
		err = parse_data_port(p, &low);
	if (!err)
		err = parse_data_port(p, &high);
	if (!err && low > high) {
		err = policy_fail(p, low_at, E_DATA_PORTS,
				  "the first port, %u, is above the last, %u", low, high);
		err = policy_hint(p, err, "write 'data-ports %u %u'", high, low);
	}
	if (!err && policy_accept(p, "limit"))
		err = parse_limit(p, &limit);
	if (err)
		return err;
	options->flags |= FIXUP_F_DATA_PORTS;
	options->data_low = low;
	options->data_high = high;
	options->data_limit = limit;
	return 0;
}

/* The word tls has been consumed. */
static int parse_tls(struct policy_parser *p, uint32_t kind,
		     struct policy_ftp_options *options)
{
	static const char *const words[] = {"pass", "deny", "require", "data-ports",
					    NULL};
	static const uint32_t flags[] = {0, FIXUP_F_TLS_DENY, FIXUP_F_TLS_REQUIRE};
	const struct policy_token *tls = &p->line.tokens[p->at - 1];
	int err;

	if (policy_accept(p, words[3]))
		return parse_data_ports(p, options);
	for (int i = 0; i < 3; i++) {
		if (!policy_accept(p, words[i]))
			continue;
		if (kind == FIXUP_FTPS) {
			err = policy_fail(
				p, tls, E_UNSUPPORTED,
				"ftps is TLS from its first byte on: nothing is "
				"left to pass, deny or require");
			return policy_hint(p, err, "remove 'tls %s'", words[i]);
		}
		options->flags |= flags[i];
		return give_option(p, tls, &options->tls_at);
	}
	return policy_fail_expected(p, "what to do about TLS",
				    "write 'tls pass', 'tls deny' or 'tls require'",
				    words);
}

int policy_parse_ftp_option(struct policy_parser *p, uint32_t kind,
			    struct policy_ftp_options *options)
{
	const struct policy_token *token = policy_next(p);

	if (policy_token_is(token, policy_ftp_option_words[0]))
		return parse_tls(p, kind, options);
	if (policy_token_is(token, policy_ftp_option_words[1]))
		return parse_data_ports(p, options);
	options->flags |= FIXUP_F_SOURCE_PORT;
	return give_option(p, token, &options->source_at);
}

int policy_check_ftp_options(struct policy_parser *p,
			     const struct policy_ftp_options *options)
{
	int err;

	if (!(options->flags & FIXUP_F_TLS_DENY) ||
	    !(options->flags & FIXUP_F_DATA_PORTS))
		return 0;
	err = policy_fail_at(
		p, &options->data_at, E_TLS_DENIED,
		"data-ports follow TLS sessions, and 'tls deny' leaves none");
	return policy_hint(p, err,
			   "remove 'data-ports', or write 'tls pass' or 'tls "
			   "require'");
}
