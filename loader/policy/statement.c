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
#include "policy/statement.h"

static int stmt_ignored(struct policy_parser *p)
{
	(void)p; /* names the machine or ends the text: decides nothing */
	return 0;
}

/* To add a statement, add a row: the rows of both tables are sorted by their words. */
static const struct policy_statement statements[] = {
	{"access-group", policy_stmt_access_group, IN_TOP},
	{"access-list", policy_stmt_access_list, IN_TOP},
	{"asa", policy_stmt_version, IN_TOP},
	{"class", policy_stmt_class, IN_MAP},
	{"class-map", policy_stmt_class_map, IN_TOP},
	{"control-plane", policy_stmt_control_plane, IN_TOP},
	{"data-ports", policy_stmt_parameter, IN_MAP},
	{"drop-connection", policy_stmt_drop_connection, IN_MAP},
	{"end", stmt_ignored, IN_TOP},
	{"exit", stmt_ignored, IN_TOP},
	{"fixup", policy_stmt_fixup, IN_TOP},
	{"fqdn", policy_stmt_no_value, IN_OBJECT},
	{"host", policy_stmt_host, IN_OBJECT},
	{"hostname", stmt_ignored, IN_TOP},
	{"http", policy_stmt_http, IN_TOP},
	{"icmp", policy_stmt_icmp, IN_TOP},
	{"inspect", policy_stmt_inspect, IN_MAP},
	{"interface", policy_stmt_interface, IN_TOP},
	{"ip", policy_stmt_ip, IN_TOP | IN_INTERFACE},
	{"ipv6", policy_stmt_ipv6, IN_TOP | IN_INTERFACE},
	{"log", policy_stmt_log, IN_MAP},
	{"management-only", policy_stmt_management_only, IN_INTERFACE},
	{"mask-banner", policy_stmt_parameter, IN_MAP},
	{"mask-syst-reply", policy_stmt_parameter, IN_MAP},
	{"match", policy_stmt_match, IN_CLASS | IN_MAP},
	{"mtu", policy_stmt_mtu, IN_TOP},
	{"name", policy_stmt_name, IN_TOP},
	{"nameif", policy_stmt_nameif, IN_TOP | IN_INTERFACE},
	{"names", policy_stmt_names, IN_TOP},
	{"nat", policy_stmt_nat, IN_TOP | IN_OBJECT},
	{"object", policy_stmt_object, IN_TOP},
	{"parameters", policy_stmt_parameters, IN_MAP},
	{"pix", policy_stmt_version, IN_TOP},
	{"policy-map", policy_stmt_policy_map, IN_TOP},
	{"range", policy_stmt_no_value, IN_OBJECT},
	{"regex", policy_stmt_regex, IN_TOP},
	{"reset", policy_stmt_reset, IN_MAP},
	{"route", policy_stmt_route, IN_TOP},
	{"same-security-traffic", policy_stmt_same_security, IN_TOP},
	{"security-level", policy_stmt_security_level, IN_INTERFACE},
	{"service-policy", policy_stmt_service_policy, IN_TOP},
	{"shutdown", policy_stmt_shutdown, IN_INTERFACE},
	{"source-port", policy_stmt_parameter, IN_MAP},
	{"ssh", policy_stmt_ssh, IN_TOP},
	{"static", policy_stmt_static, IN_TOP},
	{"subnet", policy_stmt_subnet, IN_OBJECT},
	{"sysopt", policy_stmt_sysopt, IN_TOP},
	{"telnet", policy_stmt_telnet, IN_TOP},
	{"timeout", policy_stmt_timeout, IN_TOP},
	{"tls", policy_stmt_parameter, IN_MAP},
	{"vlan", policy_stmt_vlan, IN_INTERFACE},
};

/* Behind `no`. */
static const struct policy_statement no_statements[] = {
	{"control-plane", policy_stmt_control_plane, IN_TOP},
	{"fixup", policy_stmt_no_fixup, IN_TOP},
	{"http", policy_stmt_no_service, IN_TOP},
	{"inspect", policy_stmt_no_inspect, IN_MAP},
	{"ip", policy_stmt_no_in_block, IN_INTERFACE},
	{"ipv6", policy_stmt_no_in_block, IN_INTERFACE},
	{"management-only", policy_stmt_management_only, IN_INTERFACE},
	{"mask-banner", policy_stmt_no_parameter, IN_MAP},
	{"mask-syst-reply", policy_stmt_no_parameter, IN_MAP},
	{"nameif", policy_stmt_no_in_block, IN_INTERFACE},
	{"names", policy_stmt_names, IN_TOP},
	{"same-security-traffic", policy_stmt_same_security, IN_TOP},
	{"security-level", policy_stmt_no_in_block, IN_INTERFACE},
	{"shutdown", policy_stmt_no_shutdown, IN_INTERFACE},
	{"ssh", policy_stmt_no_service, IN_TOP},
	{"sysopt", policy_stmt_no_sysopt, IN_TOP},
	{"telnet", policy_stmt_no_service, IN_TOP},
	{"vlan", policy_stmt_no_in_block, IN_INTERFACE},
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

/* The block that is open, as a place. */
static unsigned int place_of(const struct policy_parser *p)
{
	switch (p->block) {
	case POLICY_BLOCK_INTERFACE:
	case POLICY_BLOCK_REFUSED_INTERFACE:
		return IN_INTERFACE;
	case POLICY_BLOCK_OBJECT:
	case POLICY_BLOCK_REFUSED_OBJECT:
		return IN_OBJECT;
	case POLICY_BLOCK_GROUP:
	case POLICY_BLOCK_REFUSED_GROUP:
		return IN_GROUP;
	case POLICY_BLOCK_CLASS:
		return IN_CLASS;
	case POLICY_BLOCK_MAP:
		return IN_MAP;
	case POLICY_BLOCK_REFUSED_INSPECTION:
		return IN_CLASS | IN_MAP;
	case POLICY_BLOCK_NONE:
	case POLICY_BLOCK_UNSUPPORTED:
		break;
	}
	return IN_TOP;
}

/* Compare a word with the first of a row. */
static int compare_first(const struct policy_token *token, const char *words)
{
	size_t len = strcspn(words, " ");
	int order = strncasecmp(token->text, words, token->len < len ? token->len : len);

	return order ? order : (token->len > len) - (token->len < len);
}

/* How well a row fits the line, from its keyword on; 0: not at all. */
static unsigned int fit(const struct policy_parser *p, const struct policy_statement *row,
			const struct policy_token *token)
{
	const char *second = strchr(row->words, ' ');
	unsigned int place = place_of(p);

	if (second && !policy_token_is(&token[1], second + 1))
		return 0;
	return (second ? 4 : 0) + (row->in & place ? 3 : row->in & IN_TOP ? 2 : 1);
}

static const struct policy_statement *find_statement(const struct policy_parser *p,
						     const struct policy_statement *table,
						     size_t count,
						     const struct policy_token *token)
{
	const struct policy_statement *best = NULL;
	unsigned int best_fit = 0;
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_first(token, table[middle].words) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && !compare_first(token, table[low].words); low++) {
		unsigned int this_fit = fit(p, &table[low], token);

		if (this_fit > best_fit) {
			best_fit = this_fit;
			best = &table[low];
		}
	}
	return best;
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

static const char *nearest_statement(const struct policy_statement *table, size_t count,
				     const struct policy_token *token)
{
	const char *words[COUNT(statements) + 1];
	size_t n = 0;

	while (n < count && n < COUNT(statements)) {
		words[n] = table[n].words;
		n++;
	}
	words[n] = NULL;
	return policy_nearest(token->text, token->len, words);
}

static int fail_unknown(struct policy_parser *p, const struct policy_token *token,
			const struct policy_statement *table, size_t count)
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

/* Its words have been consumed. */
static int parse_statement(struct policy_parser *p,
			   const struct policy_statement *statement)
{
	if (!(statement->in & place_of(p)) && (statement->in & IN_TOP))
		p->block = POLICY_BLOCK_NONE;
	return statement->parse(p);
}

/* The keyword is the next word. */
static int dispatch(struct policy_parser *p, const struct policy_statement *table,
		    size_t count)
{
	const struct policy_token *keyword = policy_next(p);
	const struct policy_statement *statement =
		find_statement(p, table, count, keyword);
	const struct unsupported *known;

	if (statement) {
		if (strchr(statement->words, ' '))
			policy_next(p);
		return parse_statement(p, statement);
	}
	known = find_unsupported(keyword);
	if (known)
		return fail_unsupported(p, keyword, known);
	return fail_unknown(p, keyword, table, count);
}

static int stmt_no(struct policy_parser *p)
{
	const struct policy_token *keyword = policy_peek(p);
	int err;

	if (!keyword->len)
		return policy_fail(p, keyword, E_MISSING,
				   "the line ends where the statement to undo belongs");
	if (find_statement(p, statements, COUNT(statements), keyword) &&
	    !find_statement(p, no_statements, COUNT(no_statements), keyword)) {
		err = policy_fail(p, keyword, E_UNSUPPORTED, "'no %.*s' is not supported",
				  POLICY_WORD(keyword));
		return policy_hint(p, err,
				   "applying replaces the whole policy: remove the "
				   "statement instead of undoing it");
	}
	return dispatch(p, no_statements, COUNT(no_statements));
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
	if (policy_accept(p, "no"))
		return stmt_no(p);
	return dispatch(p, statements, COUNT(statements));
}
