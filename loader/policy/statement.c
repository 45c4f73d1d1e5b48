// SPDX-License-Identifier: GPL-2.0
/*
 * statement.c - which statement a line is.
 *
 * Blocks of interfaces and objects are told by keyword, never by indentation: saved
 * configurations are pasted, mailed and generated, and their blanks do not survive.
 * Indentation only silences the lines below a block that is refused as a whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "policy/names.h"
#include "policy/parser.h"

static int stmt_ignored(struct policy_parser *p)
{
	(void)p; /* names the machine or ends the text: decides nothing */
	return 0;
}

static int stmt_no(struct policy_parser *p);

/* keeps_block: belongs into an interface block if one is open. */
struct statement {
	const char *keyword;
	policy_stmt_fn *parse;
	bool keeps_block;
};

static const struct statement statements[] = {
	{"access-group", policy_stmt_access_group, false},
	{"access-list", policy_stmt_access_list, false},
	{"asa", policy_stmt_version, false},
	{"class", policy_stmt_class, true},
	{"class-map", policy_stmt_class_map, false},
	{"data-ports", policy_stmt_parameter, true},
	{"drop-connection", policy_stmt_drop_connection, true},
	{"end", stmt_ignored, false},
	{"exit", stmt_ignored, false},
	{"fixup", policy_stmt_fixup, false},
	{"fqdn", policy_stmt_no_value, true},
	{"host", policy_stmt_host, true},
	{"hostname", stmt_ignored, false},
	{"inspect", policy_stmt_inspect, true},
	{"interface", policy_stmt_interface, false},
	{"ip", policy_stmt_ip, true},
	{"ipv6", policy_stmt_ipv6, true},
	{"log", policy_stmt_log, true},
	{"mask-banner", policy_stmt_parameter, true},
	{"mask-syst-reply", policy_stmt_parameter, true},
	{"match", policy_stmt_match, true},
	{"nameif", policy_stmt_nameif, true},
	{"nat", policy_stmt_nat, true},
	{"no", stmt_no, true},
	{"object", policy_stmt_object, false},
	{"parameters", policy_stmt_parameters, true},
	{"pix", policy_stmt_version, false},
	{"policy-map", policy_stmt_policy_map, false},
	{"range", policy_stmt_no_value, true},
	{"regex", policy_stmt_regex, false},
	{"reset", policy_stmt_reset, true},
	{"same-security-traffic", policy_stmt_same_security, false},
	{"security-level", policy_stmt_security_level, true},
	{"service-policy", policy_stmt_service_policy, false},
	{"shutdown", policy_stmt_shutdown, true},
	{"source-port", policy_stmt_parameter, true},
	{"static", policy_stmt_static, false},
	{"subnet", policy_stmt_subnet, true},
	{"sysopt", policy_stmt_sysopt, false},
	{"timeout", policy_stmt_timeout, false},
	{"tls", policy_stmt_parameter, true},
	{"vlan", policy_stmt_vlan, true},
};

static const struct statement no_statements[] = {
	{"fixup", policy_stmt_no_fixup, false},
	{"inspect", policy_stmt_no_inspect, true},
	{"ip", policy_stmt_no_in_block, true},
	{"ipv6", policy_stmt_no_in_block, true},
	{"mask-banner", policy_stmt_no_parameter, true},
	{"mask-syst-reply", policy_stmt_no_parameter, true},
	{"nameif", policy_stmt_no_in_block, true},
	{"security-level", policy_stmt_no_in_block, true},
	{"shutdown", policy_stmt_no_shutdown, true},
	{"vlan", policy_stmt_no_in_block, true},
};

/* What PIX and ASA know and this version does not: refused by name, so that
 * nobody looks for a typing error. Sorted. */
struct unsupported {
	const char *keyword;
	const char *hint; /* NULL: the general one */
	bool opens_block;
};

#define HINT_MANAGED "this machine's own tools manage that; remove the line"

static const struct unsupported unsupported[] = {
	{"aaa", HINT_MANAGED, false},
	{"aaa-server", HINT_MANAGED, true},
	{"alias", "write a static", false},
	{"arp", HINT_MANAGED, false},
	{"asdm", HINT_MANAGED, false},
	{"banner", HINT_MANAGED, false},
	{"boot", HINT_MANAGED, false},
	{"call-home", NULL, true},
	{"clear", "write the wanted state only; applying replaces the whole policy",
	 false},
	{"clock", HINT_MANAGED, false},
	{"conduit", "write an access-list and bind it with access-group", false},
	{"console", NULL, false},
	{"crypto", HINT_MANAGED, true},
	{"description", "write a comment, beginning with '!'", false},
	{"dhcpd", HINT_MANAGED, false},
	{"dns", HINT_MANAGED, true},
	{"dns-guard", NULL, false},
	{"domain-name", HINT_MANAGED, false},
	{"duplex", HINT_MANAGED, false},
	{"enable", HINT_MANAGED, false},
	{"established", "connections are tracked; remove the line", false},
	{"failover", NULL, false},
	{"filter", NULL, false},
	{"floodguard", NULL, false},
	{"fragment", NULL, false},
	{"ftp", "write 'fixup protocol ftp' to inspect FTP; otherwise remove the line",
	 false},
	{"global", "only static translations are supported", false},
	{"group-policy", NULL, true},
	{"http", HINT_MANAGED, false},
	{"icmp", NULL, false},
	{"isakmp", HINT_MANAGED, false},
	{"logging", NULL, false},
	{"management-only", NULL, false},
	{"monitor-interface", NULL, false},
	{"mtu", HINT_MANAGED, false},
	{"name", "write the address wherever the name is used", false},
	{"names", "write addresses instead of names; remove the line", false},
	{"network-object", "write one access-list line for each member", false},
	{"ntp", HINT_MANAGED, false},
	{"object-group", "write one access-list line for each member", true},
	{"outbound", "write an access-list and bind it with access-group", false},
	{"pager", "remove the line", false},
	{"passwd", HINT_MANAGED, false},
	{"pdm", HINT_MANAGED, false},
	{"police", NULL, false},
	{"port-object", "write one access-list line for each member", false},
	{"prefix-list", NULL, false},
	{"priority", NULL, false},
	{"prompt", NULL, false},
	{"route", HINT_MANAGED, false},
	{"route-map", NULL, true},
	{"router", HINT_MANAGED, true},
	{"service", NULL, false},
	{"set", NULL, false},
	{"snmp-server", HINT_MANAGED, false},
	{"speed", HINT_MANAGED, false},
	{"ssh", HINT_MANAGED, false},
	{"standby", NULL, false},
	{"telnet", HINT_MANAGED, false},
	{"terminal", NULL, false},
	{"tftp-server", HINT_MANAGED, false},
	{"threat-detection", NULL, false},
	{"time-range", NULL, true},
	{"tunnel-group", NULL, true},
	{"url-server", NULL, false},
	{"username", HINT_MANAGED, false},
	{"virtual", NULL, false},
	{"vpdn", NULL, false},
	{"webvpn", NULL, true},
	{"xlate", NULL, false},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct statement *find_statement(const struct statement *table, size_t count,
					      const struct policy_token *token)
{
	for (size_t i = 0; i < count; i++)
		if (policy_token_is(token, table[i].keyword))
			return &table[i];
	return NULL;
}

static const struct unsupported *find_unsupported(const struct policy_token *token)
{
	for (size_t i = 0; i < COUNT(unsupported); i++)
		if (policy_token_is(token, unsupported[i].keyword))
			return &unsupported[i];
	return NULL;
}

static int fail_unsupported(struct policy_parser *p, const struct policy_token *token,
			    const struct unsupported *known)
{
	int err = policy_fail(p, token, E_UNSUPPORTED,
			      "'%.*s' is not supported by this version",
			      POLICY_WORD(token));

	if (known->opens_block)
		p->block = POLICY_BLOCK_UNSUPPORTED;
	return policy_hint(p, err, "%s", known->hint ? known->hint : "remove the line");
}

static bool is_part_of_inspections(const char *keyword)
{
	static const char *const words[] = {
		"regex",      "class-map", "policy-map",      "match", "class",
		"parameters", "inspect",   "drop-connection", "reset", "log",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(keyword, words[i]))
			return true;
	return false;
}

/* A line that was probably meant to declare something must not make every
 * use of it an error too. */
static int declare_what_was_meant(struct policy_parser *p, const char *keyword, int err)
{
	if (!strcasecmp(keyword, "nameif") || !strcasecmp(keyword, "interface"))
		p->iface_names_uncertain = true;
	if (is_part_of_inspections(keyword))
		p->inspections_uncertain = true;
	if (!strcasecmp(keyword, "access-list") && policy_peek(p)->len &&
	    policy_refuse_list_name(p, policy_peek(p)))
		return -ENOMEM;
	return err;
}

static const char *nearest_statement(const struct statement *table, size_t count,
				     const struct policy_token *token)
{
	const char *words[COUNT(statements) + 1];
	size_t n = 0;

	while (n < count && n < COUNT(statements)) {
		words[n] = table[n].keyword;
		n++;
	}
	words[n] = NULL;
	return policy_nearest(token->text, token->len, words);
}

static int fail_unknown(struct policy_parser *p, const struct policy_token *token,
			const struct statement *table, size_t count)
{
	const char *nearest = nearest_statement(table, count, token);
	int err = policy_fail(p, token, E_UNKNOWN_STATEMENT, "unknown statement '%.*s'",
			      POLICY_WORD(token));

	if (!nearest)
		return policy_hint(p, err,
				   "remove the line, or make it a comment with '!'");
	err = policy_hint(p, err, "did you mean '%s'?", nearest);
	return declare_what_was_meant(p, nearest, err);
}

/* The keyword has been consumed. */
static int dispatch(struct policy_parser *p, const struct policy_token *keyword,
		    const struct statement *table, size_t count)
{
	const struct statement *statement = find_statement(table, count, keyword);
	const struct unsupported *known;

	if (statement) {
		if (!statement->keeps_block)
			p->block = POLICY_BLOCK_NONE;
		return statement->parse(p);
	}
	known = find_unsupported(keyword);
	if (known)
		return fail_unsupported(p, keyword, known);
	return fail_unknown(p, keyword, table, count);
}

static int stmt_no(struct policy_parser *p)
{
	const struct policy_token *keyword = policy_next(p);
	int err;

	if (!keyword->len)
		return policy_fail(p, keyword, E_MISSING,
				   "the line ends where the statement to undo belongs");
	if (find_statement(statements, COUNT(statements), keyword) &&
	    !find_statement(no_statements, COUNT(no_statements), keyword)) {
		err = policy_fail(p, keyword, E_UNSUPPORTED, "'no %.*s' is not supported",
				  POLICY_WORD(keyword));
		return policy_hint(p, err,
				   "applying replaces the whole policy: remove the "
				   "statement instead of undoing it");
	}
	return dispatch(p, keyword, no_statements, COUNT(no_statements));
}

static bool is_comment(const struct policy_token *token)
{
	return !token->len || token->text[0] == '!' || token->text[0] == ':';
}

/* The checksum line that ends every saved configuration. */
static bool is_checksum(const struct policy_token *token)
{
	static const char word[] = "Cryptochecksum:";

	return token->len >= sizeof(word) - 1 &&
	       !strncasecmp(token->text, word, sizeof(word) - 1);
}

static int fail_too_long(struct policy_parser *p)
{
	const struct policy_token start = {.text = p->line.text, .len = 1, .column = 1};
	int err = policy_fail(p, &start, E_LINE_TOO_LONG,
			      "the line is %zu bytes long; %d is the limit", p->line.len,
			      POLICY_LINE_BYTES);

	return policy_hint(p, err, "split it into several statements");
}

/* Blanks before the first byte do not make a comment longer than it is. */
static bool is_long_comment(const struct policy_line *line)
{
	size_t at = 0;

	while (at < line->len && (line->text[at] == ' ' || line->text[at] == '\t'))
		at++;
	return at < line->len && (line->text[at] == '!' || line->text[at] == ':');
}

int policy_parse_line(struct policy_parser *p)
{
	const struct policy_token *keyword;

	if (p->line.too_long)
		return is_long_comment(&p->line) ? 0 : fail_too_long(p);
	if (is_comment(policy_peek(p)) || is_checksum(policy_peek(p)))
		return 0;
	if (p->block == POLICY_BLOCK_UNSUPPORTED) {
		if (p->line.indented)
			return 0;
		p->block = POLICY_BLOCK_NONE;
	}
	if (p->block == POLICY_BLOCK_REFUSED_INSPECTION && p->block_is_foreign &&
	    p->line.indented)
		return 0;
	keyword = policy_next(p);
	return dispatch(p, keyword, statements, COUNT(statements));
}
