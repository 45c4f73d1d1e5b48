// SPDX-License-Identifier: GPL-2.0
/*
 * print_inspect.c - the canonical text of expressions, classes and policies:
 * each after all that it names.
 */
#include <ctype.h>

#include "policy/model.h"
#include "util/strbuf.h"

static void print_commands(struct strbuf *out, uint64_t verbs)
{
	static const struct {
		unsigned int verb;
		unsigned int same; /* what goes with it */
	} pairs[] = {
		{FTP_VERB_CDUP, FTP_VERB_XCUP}, {FTP_VERB_CWD, FTP_VERB_XCWD},
		{FTP_VERB_MKD, FTP_VERB_XMKD},	{FTP_VERB_PWD, FTP_VERB_XPWD},
		{FTP_VERB_RMD, FTP_VERB_XRMD},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (verbs >> pairs[i].verb & 1)
			verbs &= ~(1ull << pairs[i].same);
	for (unsigned int i = 0; i < FTP_VERB_END; i++) {
		if (!(verbs >> i & 1))
			continue;
		strbuf_putc(out, ' ');
		if (i == FTP_VERB_RETR || i == FTP_VERB_STOR) {
			strbuf_puts(out, i == FTP_VERB_RETR ? "get" : "put");
			continue;
		}
		for (const char *c = policy_ftp_verb_words[i]; c && *c; c++)
			strbuf_putc(out, (char)tolower((unsigned char)*c));
	}
}

static void print_match(struct strbuf *out, const struct policy *policy,
			const struct policy_match *match)
{
	static const char *const words[] = {
		[FTP_SUBJECT_FILENAME] = "filename",
		[FTP_SUBJECT_FILETYPE] = "filetype",
		[FTP_SUBJECT_USERNAME] = "username",
		[FTP_SUBJECT_SERVER] = "server",
		[POLICY_MATCH_COMMAND] = "request-command",
		[POLICY_MATCH_REGEX] = "",
		[POLICY_MATCH_DEFAULT] = "default-inspection-traffic",
		[POLICY_MATCH_PORTS] = "port ",
		[POLICY_MATCH_ANY] = "any",
		[POLICY_MATCH_LIST] = "access-list ",
		[POLICY_MATCH_OTHER] = "",
	};

	strbuf_printf(out, "match %s%s", match->negated ? "not " : "",
		      words[match->kind]);
	switch (match->kind) {
	case POLICY_MATCH_COMMAND:
		print_commands(out, match->verbs);
		break;
	case POLICY_MATCH_DEFAULT:
	case POLICY_MATCH_ANY:
		break;
	case POLICY_MATCH_LIST:
	case POLICY_MATCH_OTHER:
		strbuf_puts(out, match->text);
		break;
	case POLICY_MATCH_PORTS:
		strbuf_puts(out, match->udp ? "udp" : "tcp");
		if (match->low == match->high)
			strbuf_printf(out, " eq %u", match->low);
		else
			strbuf_printf(out, " range %u %u", match->low, match->high);
		break;
	case POLICY_MATCH_REGEX:
		strbuf_printf(out, "regex %s", policy->regexes.items[match->ref].name);
		break;
	default:
		if (match->is_class)
			strbuf_printf(out, " regex class %s",
				      policy->classes.items[match->ref].name);
		else
			strbuf_printf(out, " regex %s",
				      policy->regexes.items[match->ref].name);
	}
}

void policy_print_clause(struct strbuf *out, const struct policy *policy,
			 const struct policy_clause *clause)
{
	if (clause->is_class)
		strbuf_printf(out, "class %s", policy->classes.items[clause->class].name);
	else
		print_match(out, policy, &clause->match);
}

/* ---- classes ----------------------------------------------------------- */

static void print_classes(struct strbuf *out, const struct policy *policy,
			  enum policy_class_kind kind)
{
	for (size_t i = 0; i < policy->classes.count; i++) {
		const struct policy_class *class = &policy->classes.items[i];

		if (class->kind != kind || class->built_in)
			continue;
		strbuf_puts(out, "class-map ");
		if (kind == POLICY_CLASS_REGEX)
			strbuf_puts(out, "type regex match-any ");
		else if (kind == POLICY_CLASS_FTP)
			strbuf_printf(out, "type inspect ftp %s ",
				      class->match_any ? "match-any" : "match-all");
		else if (class->match_any)
			strbuf_puts(out, "match-any ");
		strbuf_printf(out, "%s\n", class->name);
		for (size_t j = 0; j < class->matches.count; j++) {
			strbuf_putc(out, ' ');
			print_match(out, policy, &class->matches.items[j]);
			strbuf_putc(out, '\n');
		}
	}
}

/* ---- policies ---------------------------------------------------------- */

static void print_parameters(struct strbuf *out, const struct policy_map *map)
{
	const struct policy_ftp_options *options = &map->options;

	if (!options->flags && map->mask_syst == POLICY_MASK_IF_STRICT)
		return;
	strbuf_puts(out, " parameters\n");
	if (options->flags & FIXUP_F_MASK_BANNER)
		strbuf_puts(out, "  mask-banner\n");
	if (map->mask_syst != POLICY_MASK_IF_STRICT)
		strbuf_printf(out, "  %smask-syst-reply\n",
			      map->mask_syst == POLICY_MASK_NEVER ? "no " : "");
	if (options->flags & FIXUP_F_TLS_DENY)
		strbuf_puts(out, "  tls deny\n");
	if (options->flags & FIXUP_F_TLS_REQUIRE)
		strbuf_puts(out, "  tls require\n");
	if (options->flags & FIXUP_F_DATA_PORTS) {
		strbuf_puts(out, "  tls ");
		policy_print_data_ports(out, options);
		strbuf_putc(out, '\n');
	}
	if (options->flags & FIXUP_F_SOURCE_PORT)
		strbuf_puts(out, "  source-port\n");
}

static void print_action(struct strbuf *out, uint8_t action)
{
	if (action & FTP_ACTION_RESET)
		strbuf_puts(out, "  reset");
	else if (action & FTP_ACTION_DROP)
		strbuf_puts(out, "  drop-connection");
	else
		strbuf_putc(out, ' ');
	strbuf_puts(out, action & FTP_ACTION_LOG ? " log\n" : "\n");
}

static void print_inspect(struct strbuf *out, const struct policy *policy,
			  const struct policy_clause *clause)
{
	strbuf_printf(out, "  inspect %s%s",
		      clause->fixup_kind == FIXUP_FTPS ? "ftps" : "ftp",
		      clause->strict ? " strict" : "");
	if (clause->map != POLICY_NO_MAP)
		strbuf_printf(out, " %s", policy->maps.items[clause->map].name);
	strbuf_putc(out, '\n');
}

/* Classes of traffic to the machine decide nothing, nor does what is done with them. */
static bool is_foreign(const struct policy *policy, const struct policy_map *map,
		       const struct policy_clause *clause)
{
	return map->kind == POLICY_MAP_SERVICE &&
	       policy->classes.items[clause->class].kind == POLICY_CLASS_FOREIGN;
}

static void print_map_clause(struct strbuf *out, const struct policy *policy,
			     const struct policy_map *map,
			     const struct policy_clause *clause)
{
	if (clause->fixup_kind) {
		print_inspect(out, policy, clause);
		return;
	}
	strbuf_putc(out, ' ');
	policy_print_clause(out, policy, clause);
	strbuf_putc(out, '\n');
	if (map->kind == POLICY_MAP_FTP)
		print_action(out, clause->action);
}

static void print_maps(struct strbuf *out, const struct policy *policy,
		       enum policy_map_kind kind)
{
	for (size_t i = 0; i < policy->maps.count; i++) {
		const struct policy_map *map = &policy->maps.items[i];

		if (map->kind != kind)
			continue;
		strbuf_printf(out, "policy-map %s%s\n",
			      kind == POLICY_MAP_FTP ? "type inspect ftp " : "",
			      map->name);
		print_parameters(out, map);
		for (size_t j = 0; j < map->clauses.count; j++)
			if (!is_foreign(policy, map, &map->clauses.items[j]))
				print_map_clause(out, policy, map,
						 &map->clauses.items[j]);
	}
}

static void print_service(struct strbuf *out, const struct policy *policy,
			  const struct policy_service *service)
{
	strbuf_printf(out, "service-policy %s ", policy->maps.items[service->map].name);
	if (service->global)
		strbuf_puts(out, "global\n");
	else
		strbuf_printf(out, "interface %s\n",
			      policy->ifaces.items[service->iface].name);
}

void policy_print_inspections(struct strbuf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->regexes.count; i++)
		strbuf_printf(out, "regex %s \"%s\"\n", policy->regexes.items[i].name,
			      policy->regexes.items[i].pattern);
	print_classes(out, policy, POLICY_CLASS_REGEX);
	print_classes(out, policy, POLICY_CLASS_FTP);
	print_classes(out, policy, POLICY_CLASS_TRAFFIC);
	print_maps(out, policy, POLICY_MAP_FTP);
	print_maps(out, policy, POLICY_MAP_SERVICE);
	for (size_t i = 0; i < policy->services.count; i++)
		print_service(out, policy, &policy->services.items[i]);
}
