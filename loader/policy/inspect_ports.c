// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_ports.c - which TCP ports the traffic of a class has.
 *
 * Inspection goes by the server's port alone, whoever the ends are. So a class of an
 * access list can be honoured if its lines tell connections apart by their destination
 * ports and by nothing else; one that names hosts is refused, for inspection opens
 * ports, and more of it than was asked for would open more.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/parser.h"
#include "policy/sets.h"

#define DEFAULT_FTP_PORT  21
#define DEFAULT_FTPS_PORT 990

#define PORTS	   65536
#define PORT_WORDS (PORTS / 64)

struct port_set {
	uint64_t word[PORT_WORDS];
};

static bool port_has(const struct port_set *set, unsigned int port)
{
	return set->word[port / 64] >> (port % 64) & 1;
}

static void port_add(struct port_set *set, unsigned int port)
{
	set->word[port / 64] |= 1ull << (port % 64);
}

static void port_add_range(struct port_set *set, unsigned int low, unsigned int high)
{
	for (unsigned int port = low; port <= high; port++)
		port_add(set, port);
}

static size_t port_count(const struct port_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < PORT_WORDS; i++)
		n += (size_t)__builtin_popcountll(set->word[i]);
	return n;
}

/* ---- access lists ------------------------------------------------------ */

struct list_reader {
	struct policy_parser *p;
	const struct policy_clause *clause;
	const struct policy_list *list;
	struct policy_sets *sets;
	struct port_set decided; /* by the lines before */
	struct port_set *permitted;
};

static bool is_any_addr(const struct policy_addr *addr)
{
	switch (addr->kind) {
	case POLICY_ADDR_ANY:
	case POLICY_ADDR_ANY4:
	case POLICY_ADDR_ANY6:
		return true;
	case POLICY_ADDR_NET:
		return !addr->addr && !addr->mask;
	default:
		return false;
	}
}

static bool is_about_tcp(const struct acl_service *service)
{
	return service->any_proto || service->proto == IPPROTO_TCP;
}

static bool is_by_port_alone(const struct policy_rule *rule,
			     const struct acl_service *service)
{
	return is_any_addr(&rule->src) && is_any_addr(&rule->dst) && !service->cond &&
	       !service->src_port_low && service->src_port_high == UINT16_MAX;
}

static int fail_line(const struct list_reader *r, const struct policy_rule *rule)
{
	int err = policy_fail_at(
		r->p, &r->clause->where, E_INSPECT_LIST,
		"access list '%s' tells connections apart by more than their "
		"destination ports, in line %u, and FTP is inspected by port",
		r->list->name, rule->where.line);

	return policy_hint(
		r->p, err,
		"write a class-map with 'match port tcp eq PORT', or 'any' for "
		"both addresses in the list: what is permitted is said by "
		"other lists");
}

/* A line decides about those of its ports that none before has decided about. */
static int read_service(struct list_reader *r, const struct policy_rule *rule,
			const struct acl_service *service)
{
	unsigned int low = service->any_proto ? 0 : service->dst_port_low;
	unsigned int high = service->any_proto ? UINT16_MAX : service->dst_port_high;

	if (!is_about_tcp(service))
		return 0;
	for (unsigned int port = low; port <= high; port++) {
		if (port_has(&r->decided, port))
			continue;
		if (!is_by_port_alone(rule, service))
			return fail_line(r, rule);
		port_add(&r->decided, port);
		if (rule->permit)
			port_add(r->permitted, port);
	}
	return 0;
}

static int read_line(struct list_reader *r, const struct policy_rule *rule)
{
	struct policy_service_set services;
	int err;

	if (!policy_rule_is_active(rule))
		return 0;
	err = policy_rule_services(r->sets, rule, &services);
	for (uint32_t i = 0; !err && i < services.count; i++)
		err = read_service(r, rule, &services.items[i]);
	return err;
}

static int fail_no_list(struct policy_parser *p, const struct policy_match *match)
{
	int err = policy_fail_at(p, &match->where, E_LIST_UNKNOWN,
				 "no access list is named '%s'", match->text);

	return policy_hint(p, err, "define it with 'access-list %s ...'", match->text);
}

static struct policy_list *find_list(const struct policy_parser *p,
				     const struct policy_match *match)
{
	const size_t *found =
		strmap_find(&p->list_by_name, match->text, strlen(match->text));

	return found && *found < p->policy->lists.count ? &p->policy->lists.items[*found]
							: NULL;
}

static int list_ports(struct policy_parser *p, const struct policy_clause *clause,
		      const struct policy_match *match, struct port_set *out)
{
	struct list_reader r = {.p = p, .clause = clause, .permitted = out};
	struct policy_list *list = find_list(p, match);
	int err = 0;

	if (!list)
		return fail_no_list(p, match);
	list->inspected = true;
	r.list = list;
	r.sets = policy_sets_new(p->policy);
	if (!r.sets)
		return -ENOMEM;
	for (size_t i = 0; !err && i < r.list->rules.count; i++)
		err = read_line(&r, &r.list->rules.items[i]);
	policy_sets_free(r.sets);
	return err == -E2BIG ? 0 : err; /* refused where it is compiled */
}

/* ---- classes ----------------------------------------------------------- */

static unsigned int default_port(const struct policy_clause *clause)
{
	return clause->fixup_kind == FIXUP_FTPS ? DEFAULT_FTPS_PORT : DEFAULT_FTP_PORT;
}

static int match_ports(struct policy_parser *p, const struct policy_clause *clause,
		       const struct policy_match *match, struct port_set *out)
{
	switch (match->kind) {
	case POLICY_MATCH_DEFAULT:
		port_add(out, default_port(clause));
		return 0;
	case POLICY_MATCH_PORTS:
		if (!match->udp)
			port_add_range(out, match->low, match->high);
		return 0;
	case POLICY_MATCH_ANY:
		port_add_range(out, 0, PORTS - 1);
		return 0;
	case POLICY_MATCH_LIST:
		return list_ports(p, clause, match, out);
	default:
		return 0;
	}
}

static int class_ports(struct policy_parser *p, const struct policy_clause *clause,
		       const struct policy_class *class, struct port_set *out)
{
	int err = 0;

	for (size_t i = 0; !err && i < class->matches.count; i++) {
		struct port_set set = {.word = {0}};

		err = match_ports(p, clause, &class->matches.items[i], &set);
		for (size_t j = 0; j < PORT_WORDS; j++)
			out->word[j] = i && !class->match_any
					       ? out->word[j] & set.word[j]
					       : out->word[j] | set.word[j];
	}
	return err;
}

static int fail_empty(struct policy_parser *p, const struct policy_class *class)
{
	int err = policy_fail_at(p, &class->where, E_INSPECT_EMPTY,
				 "class-map '%s' has no match", class->name);

	return policy_hint(p, err, "add a 'match' line");
}

static int warn_nothing(struct policy_parser *p, const struct policy_clause *clause,
			const struct policy_class *class)
{
	return policy_warn_at(p, &clause->where, W_INSPECT_NOTHING,
			      "class '%s' has no TCP port: nothing of it is inspected",
			      class->name);
}

/* Of all traffic FTP is looked for where it is by custom. */
static int warn_default_only(struct policy_parser *p, const struct policy_clause *clause,
			     const struct policy_class *class)
{
	int err =
		policy_warn_at(p, &clause->where, W_INSPECT_DEFAULT,
			       "class '%s' is of more than %d TCP ports: of them only %u "
			       "is inspected",
			       class->name, POLICY_MAX_PORTS, default_port(clause));

	return policy_hint(p, err,
			   "name other ports of servers in a class-map: 'match port tcp "
			   "eq PORT'");
}

static void copy_ports(const struct port_set *set, struct policy_port_list *out)
{
	for (unsigned int port = 1; port < PORTS && out->count < POLICY_MAX_PORTS;
	     port++) {
		if (port % 64 == 0 && !set->word[port / 64])
			port += 63; /* a word without any, as nearly all are */
		else if (port_has(set, port))
			out->port[out->count++] = (uint16_t)port;
	}
}

int policy_inspected_ports(struct policy_parser *p, const struct policy_clause *clause,
			   struct policy_port_list *out)
{
	const struct policy_class *class = &p->policy->classes.items[clause->class];
	struct port_set set = {.word = {0}};
	size_t count;
	int err;

	if (class->kind == POLICY_CLASS_FOREIGN)
		return warn_nothing(p, clause, class);
	if (class->built_in && !class->matches.count)
		port_add_range(&set, 0, PORTS - 1);
	else if (!class->matches.count)
		return fail_empty(p, class);
	err = class_ports(p, clause, class, &set);
	if (err)
		return err;
	count = port_count(&set);
	if (!count)
		return warn_nothing(p, clause, class);
	if (count <= POLICY_MAX_PORTS) {
		copy_ports(&set, out);
		return 0;
	}
	if (!port_has(&set, default_port(clause)))
		return warn_nothing(p, clause, class);
	out->port[out->count++] = (uint16_t)default_port(clause);
	return warn_default_only(p, clause, class);
}
