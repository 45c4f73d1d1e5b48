// SPDX-License-Identifier: GPL-2.0
/*
 * fixup.c - which ports are inspected, and how, in the words of PIX 6.
 *
 *   fixup protocol ftp [strict] [PORT] [tls pass|deny|require]
 *		    [[tls] data-ports LOW HIGH [limit N]] [source-port]
 *   fixup protocol ftps [strict] [PORT] [data-ports LOW HIGH [limit N]] [source-port]
 *
 * PORT may be FIRST-LAST, as other fixups have it. What follows the port, and ftps, is
 *Pinhole's own. Statements count in their order, as on PIX: a later one replaces an
 *earlier one of its port, a later `no` undoes. Nothing is inspected unless the policy
 *says so.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "policy/names.h"
#include "policy/parser.h"

#define FTP_PORT  21
#define FTPS_PORT 990

static const char *const fixup_words[] = {
	[FIXUP_FTP] = "ftp",
	[FIXUP_FTPS] = "ftps",
};

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

/* `ftp` or `ftps`. @out: enum fixup_kind */
static int parse_kind(struct policy_parser *p, uint32_t *out)
{
	for (uint32_t kind = FIXUP_FTP; kind <= FIXUP_FTPS; kind++)
		if (policy_accept(p, fixup_words[kind])) {
			*out = kind;
			return 0;
		}
	return policy_fail_protocol(p, policy_peek(p));
}

/* A misspelt option stands where a port may. */
static const char *meant_option(const struct policy_token *token)
{
	if (!token->len || policy_is_made_of(token, "0123456789-") ||
	    policy_port_by_name(token->text, token->len, IPPROTO_TCP) >= 0)
		return NULL;
	return policy_nearest(token->text, token->len, policy_ftp_option_words);
}

/* A port, or FIRST-LAST. */
static int parse_fixup_ports(struct policy_parser *p, uint16_t *low, uint16_t *high)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long first, last;
	int err = 0;

	if (policy_port_span_from(token, &first, &last)) {
		if (last - first >= POLICY_MAX_PORTS) {
			err = policy_fail(p, token, E_PORT_RANGE,
					  "the range has %lu ports; %d can be inspected "
					  "by one line",
					  last - first + 1, POLICY_MAX_PORTS);
			return policy_hint(p, err,
					   "name the ports that servers listen on");
		}
		*low = (uint16_t)first;
		*high = (uint16_t)last;
		policy_next(p);
	} else {
		err = policy_parse_port(p, IPPROTO_TCP, low);
		*high = *low;
	}
	if (!err && !*low)
		err = policy_fail(p, token, E_PORT, "no server listens on port 0");
	return err;
}

/* What follows the options that were understood. */
static int expect_fixup_end(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	const char *meant = meant_option(token);
	int err;

	if (policy_token_is(token, "strict")) {
		err = policy_fail(p, token, E_EXPECTED,
				  "'strict' stands before the port");
		return policy_hint(p, err, "write 'fixup protocol ftp strict 21'");
	}
	if (!meant)
		return policy_expect_end(p);
	err = policy_fail(p, token, E_EXPECTED, "'%.*s' is not an option of inspection",
			  POLICY_WORD(token));
	return policy_hint(p, err, "did you mean '%s'?", meant);
}

static int parse_options(struct policy_parser *p, uint32_t kind,
			 struct policy_ftp_options *options)
{
	while (policy_is_ftp_option(policy_peek(p))) {
		int err = policy_parse_ftp_option(p, kind, options);

		if (err)
			return err;
	}
	return policy_check_ftp_options(p, options);
}

static struct policy_fixup_stmt *fixup_of(struct policy_parser *p, uint16_t port)
{
	struct policy_fixup_stmt *stmt;

	if (!p->fixup_at || !p->fixup_at[port])
		return NULL;
	stmt = &p->fixups.items[p->fixup_at[port] - 1];
	return stmt->era == p->fixup_era[stmt->parsed.kind] ? stmt : NULL;
}

/* A port has one inspection: the last one written. */
static int set_fixup(struct policy_parser *p, const struct policy_fixup *fixup)
{
	struct policy_fixup_stmt *stmt = fixup_of(p, fixup->port);
	int err = 0;

	if (stmt && stmt->parsed.kind != fixup->kind) {
		err = policy_warn_at(
			p, &fixup->where, W_FIXUP_REPLACED,
			"port %u is inspected as %s now, no more as %s as line %u says",
			fixup->port, fixup_words[fixup->kind],
			fixup_words[stmt->parsed.kind], stmt->parsed.where.line);
		err = policy_hint(p, err, "remove one of the lines");
	}
	if (!p->fixup_at)
		p->fixup_at = calloc(UINT16_MAX + 1, sizeof(*p->fixup_at));
	if (!p->fixup_at)
		return -ENOMEM;
	if (!stmt) {
		stmt = vec_push(&p->fixups);
		if (!stmt)
			return -ENOMEM;
		p->fixup_at[fixup->port] = (uint32_t)p->fixups.count;
	}
	stmt->parsed = *fixup;
	stmt->era = p->fixup_era[fixup->kind];
	return err;
}

static bool is_same_inspection(const struct policy_fixup *a, const struct policy_fixup *b)
{
	return a->kind == b->kind && a->map == b->map &&
	       a->options.flags == b->options.flags &&
	       a->options.data_low == b->options.data_low &&
	       a->options.data_high == b->options.data_high &&
	       a->options.data_limit == b->options.data_limit;
}

int policy_add_inspection(struct policy_parser *p, const struct policy_fixup *fixup)
{
	struct policy_fixup_stmt *stmt = fixup_of(p, fixup->port);
	int err;

	if (!stmt)
		return set_fixup(p, fixup);
	if (is_same_inspection(&stmt->parsed, fixup)) {
		/* Of all interfaces, if one of them is. */
		stmt->parsed.ifaces = stmt->parsed.ifaces && fixup->ifaces
					      ? stmt->parsed.ifaces | fixup->ifaces
					      : 0;
		return 0;
	}
	err = policy_fail_at(p, &fixup->where, E_INSPECTED_TWICE,
			     "port %u is inspected already, and otherwise, as line %u "
			     "says",
			     fixup->port, stmt->parsed.where.line);
	return policy_hint(p, err, "a port has one inspection; remove one of the lines");
}

/* Each port of a range has a statement of its own. */
static int set_fixups(struct policy_parser *p, struct policy_fixup *fixup, uint16_t last)
{
	for (unsigned int port = fixup->port; port <= last; port++) {
		int err;

		fixup->port = (uint16_t)port;
		err = set_fixup(p, fixup);
		if (err)
			return err;
	}
	return 0;
}

int policy_stmt_fixup(struct policy_parser *p)
{
	struct policy_fixup fixup = {.map = POLICY_NO_MAP};
	struct policy_ftp_options options = {0};
	const struct policy_token *token;
	uint16_t last;
	int err = expect_protocol(p);

	if (!err && policy_is_other_protocol(policy_peek(p)))
		return policy_ignore_protocol(p);
	if (!err)
		err = parse_kind(p, &fixup.kind);
	if (err)
		return err;
	if (fixup.kind == FIXUP_FTP)
		p->ftp_fixup_said = true;
	if (policy_accept(p, "strict"))
		options.flags |= FIXUP_F_STRICT;
	token = policy_peek(p);
	fixup.port = fixup.kind == FIXUP_FTPS ? FTPS_PORT : FTP_PORT;
	last = fixup.port;
	if (token->len && !policy_is_ftp_option(token) && !meant_option(token))
		err = parse_fixup_ports(p, &fixup.port, &last);
	if (!err)
		err = parse_options(p, fixup.kind, &options);
	if (!err)
		err = expect_fixup_end(p);
	if (err)
		return err;
	fixup.where = policy_where(p, &p->line.tokens[0]);
	fixup.options = options;
	return set_fixups(p, &fixup, last);
}

static void undo_fixups(struct policy_parser *p, uint32_t kind, uint16_t first,
			uint16_t last)
{
	for (unsigned int port = first; port <= last; port++) {
		const struct policy_fixup_stmt *stmt = fixup_of(p, (uint16_t)port);

		if (stmt && stmt->parsed.kind == kind)
			p->fixup_at[port] = 0;
	}
}

int policy_stmt_no_fixup(struct policy_parser *p)
{
	uint32_t kind = FIXUP_FTP;
	uint16_t first = 0, last = 0;
	int err = expect_protocol(p);

	if (err)
		return err;
	if (policy_is_other_protocol(policy_peek(p)))
		return 0;
	err = parse_kind(p, &kind);
	if (err)
		return err;
	if (kind == FIXUP_FTP)
		p->ftp_fixup_said = true;
	policy_accept(p, "strict");
	if (!policy_peek(p)->len) {
		p->fixup_era[kind]++; /* all that there were */
		return 0;
	}
	err = parse_fixup_ports(p, &first, &last);
	if (!err)
		err = policy_expect_end(p);
	if (!err)
		undo_fixups(p, kind, first, last);
	return err;
}

static int compare_ports(const void *a, const void *b)
{
	const struct policy_fixup *x = a, *y = b;

	return (x->port > y->port) - (x->port < y->port);
}

/* Those that nothing undid, by port. */
int policy_check_fixups(struct policy_parser *p)
{
	struct policy_fixup *kept;

	for (size_t i = 0; i < p->fixups.count; i++) {
		const struct policy_fixup_stmt *stmt = &p->fixups.items[i];

		if (fixup_of(p, stmt->parsed.port) != stmt)
			continue;
		kept = vec_push(&p->policy->fixups);
		if (!kept)
			return -ENOMEM;
		*kept = stmt->parsed;
	}
	if (p->policy->fixups.count)
		qsort(p->policy->fixups.items, p->policy->fixups.count, sizeof(*kept),
		      compare_ports);
	return 0;
}
