// SPDX-License-Identifier: GPL-2.0
/*
 * check_host_mode.c - FTP of this machine itself: what host mode cannot do, does not
 * ask, or makes unnecessary.
 *
 * It is on where a control-plane list is bound and an inspection of FTP covers the
 * interface (compile_host.c says the same of the compiled form). Lists that
 * `control-plane enforce` makes permit no FTP; of them the lines count that were written.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"
#include "policy/sets.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define FEW_PORTS   16 /* a line of no more is not about passive ranges */
#define N_PORTS	    65536
#define FIRST_FREE  1024 /* servers announce no lower port */
#define MASK_FLAGS  (FIXUP_F_MASK_BANNER | FIXUP_F_MASK_SYST)
#define ASKED_FLAGS (FIXUP_F_STRICT | FIXUP_F_TLS_DENY | FIXUP_F_TLS_REQUIRE | MASK_FLAGS)

struct host_check {
	struct policy_parser *p;
	struct policy_sets *sets;
	bool *list_told; /* by list */
	bool *line_told; /* by line of an inspection */
	struct policy_data_ports data_ports;
	int *delta; /* of an interface: TCP ports permitted, as differences */
};

static void sets_cleanup(struct policy_sets **sets)
{
	policy_sets_free(*sets);
}

/* ---- where it is on ------------------------------------------------------------ */

static bool covers(const struct policy_fixup *fixup, size_t iface)
{
	return !fixup->ifaces || (fixup->ifaces >> (iface + 1) & 1);
}

static bool is_inspected(const struct policy *policy, size_t iface)
{
	for (size_t i = 0; i < policy->fixups.count; i++)
		if (covers(&policy->fixups.items[i], iface))
			return true;
	return false;
}

static bool is_on(const struct policy *policy, size_t iface)
{
	const struct policy_iface *it = &policy->ifaces.items[iface];

	return !it->shut &&
	       (it->has_acl[POLICY_BIND_BOX] || it->has_enforced[POLICY_BIND_BOX]) &&
	       is_inspected(policy, iface);
}

/* ---- the address that clients know --------------------------------------------- */

static int warn_idle(struct policy_parser *p, const struct policy_nat *nat)
{
	const char *iface = p->policy->ifaces.items[nat->real_if].name;
	int err =
		policy_warn_at(p, &nat->where, W_HOST_NAT_IDLE,
			       "this changes nothing: FTP of this machine itself is not "
			       "inspected on interface '%s'",
			       iface);

	if (is_inspected(p->policy, nat->real_if))
		return policy_hint(p, err,
				   "bind a list with 'access-group LIST in interface %s "
				   "control-plane'",
				   iface);
	return policy_hint(p, err,
			   "write 'fixup protocol ftp 21', or inspect ftp in a "
			   "service-policy");
}

/* ftps, which cannot be denied TLS, does. */
static bool allows_tls(const struct policy *policy, size_t iface)
{
	for (size_t i = 0; i < policy->fixups.count; i++)
		if (covers(&policy->fixups.items[i], iface) &&
		    !(policy->fixups.items[i].options.flags & FIXUP_F_TLS_DENY))
			return true;
	return false;
}

static int warn_tls(struct policy_parser *p, const struct policy_nat *nat)
{
	int err = policy_warn_at(
		p, &nat->where, W_HOST_TLS,
		"under TLS nobody can rewrite what the server announces: clients would "
		"be told %s",
		policy_ip_text(nat->real.addr).text);

	return policy_hint(p, err,
			   "let the server announce %s itself: pasv_address of vsftpd, "
			   "MasqueradeAddress of ProFTPD, ForcePassiveIP of Pure-FTPd",
			   policy_ip_text(nat->mapped.addr).text);
}

static int warn_host_nats(struct policy_parser *p)
{
	int err = 0;

	for (size_t i = 0; !err && i < p->policy->host_nats.count; i++) {
		const struct policy_nat *nat = &p->policy->host_nats.items[i];

		if ((nat->flags & POLICY_NAT_F_INACTIVE) ||
		    p->policy->ifaces.items[nat->real_if].shut)
			continue;
		if (!is_on(p->policy, nat->real_if))
			err = warn_idle(p, nat);
		else if (allows_tls(p->policy, nat->real_if))
			err = warn_tls(p, nat);
	}
	return err;
}

/* The address that clients connect to; packets do not have it when they arrive. */
static int warn_public(struct policy_parser *p, size_t iface,
		       const struct policy_rule *rule)
{
	for (size_t i = 0; i < p->policy->host_nats.count; i++) {
		const struct policy_nat *nat = &p->policy->host_nats.items[i];
		int err;

		if ((nat->flags & POLICY_NAT_F_INACTIVE) || nat->real_if != iface ||
		    rule->dst.mask != POLICY_IP_ONES ||
		    rule->dst.addr != nat->mapped.addr)
			continue;
		err = policy_warn_at(p, &rule->dst_where, W_MAPPED_DESTINATION,
				     "packets to %s arrive here with %s, as line %u says",
				     policy_ip_text(nat->mapped.addr).text,
				     policy_ip_text(nat->real.addr).text,
				     nat->where.line);
		return policy_hint(p, err, "write %s",
				   policy_ip_text(nat->real.addr).text);
	}
	return 0;
}

/* ---- lines ---------------------------------------------------------------------- */

static bool is_wide(const struct policy_addr_set *set)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (set->items[i].len < (set->items[i].family == ACL_IPV4 ? 32 : 128))
			return true;
	return false;
}

/* A passive range, or a part of one; not what permits all ports. */
static bool is_passive_range(const struct acl_service *service)
{
	return !service->any_proto && service->proto == IPPROTO_TCP &&
	       service->dst_port_low >= FIRST_FREE &&
	       service->dst_port_high - service->dst_port_low >= FEW_PORTS;
}

/* Of IPv4, an address that the machine has not on this interface. */
static bool is_elsewhere(const struct policy_iface *iface, const struct policy_addr *dst)
{
	return iface->has_address && dst->mask && policy_ip_is_v4(dst->addr) &&
	       (policy_ip_from_v4(iface->address) & dst->mask) != dst->addr;
}

static int warn_open(struct host_check *check, const struct policy_rule *rule,
		     const struct acl_service *service)
{
	int err =
		policy_warn_at(check->p, &rule->where, W_HOST_OPEN,
			       "this line opens ports %u to %u of this machine, with or "
			       "without an FTP session",
			       service->dst_port_low, service->dst_port_high);

	return policy_hint(check->p, err,
			   "remove it if it is for data connections: inspection opens "
			   "the port of each to the one client that has the session");
}

static void permit_ports(struct host_check *check, const struct acl_service *service)
{
	if (!service->any_proto && service->proto != IPPROTO_TCP)
		return;
	check->delta[service->any_proto ? 0 : service->dst_port_low]++;
	check->delta[service->any_proto ? N_PORTS : service->dst_port_high + 1]--;
}

/* Return: 0; -E2BIG: it stands for more than can be compiled; -ENOMEM. */
static int check_rule(struct host_check *check, size_t index,
		      const struct policy_rule *rule, bool tell)
{
	const struct policy_iface *iface = &check->p->policy->ifaces.items[index];
	struct policy_service_set services;
	const struct acl_service *range = NULL;
	struct policy_addr_set src;
	int err = policy_rule_services(check->sets, rule, &services);

	if (err)
		return err;
	for (uint32_t i = 0; i < services.count; i++) {
		permit_ports(check, &services.items[i]);
		if (!range && is_passive_range(&services.items[i]))
			range = &services.items[i];
	}
	if (!tell)
		return 0;
	err = warn_public(check->p, index, rule);
	if (err || !range || is_elsewhere(iface, &rule->dst) ||
	    policy_opened_data_ports(&check->data_ports, rule))
		return err;
	err = policy_addr_set(check->sets, &rule->src, rule->family, &src);
	return err || !is_wide(&src) ? err : warn_open(check, rule, range);
}

/* What a list of these lets in is new, and begins. */
static bool permits_beginnings(const struct policy_rule *rule)
{
	return policy_rule_is_active(rule) && rule->permit && !rule->fragments &&
	       !policy_has_tcp_flags(&rule->tcp_flags);
}

static int check_list(struct host_check *check, size_t iface)
{
	const struct policy_iface *it = &check->p->policy->ifaces.items[iface];
	const struct policy_list *list;
	bool tell;
	int err = 0;

	if (!it->has_acl[POLICY_BIND_BOX])
		return 0;
	list = &check->p->policy->lists.items[it->acl[POLICY_BIND_BOX]];
	tell = !check->list_told[it->acl[POLICY_BIND_BOX]];
	check->list_told[it->acl[POLICY_BIND_BOX]] = true;
	for (size_t i = 0; !err && i < list->rules.count; i++)
		if (permits_beginnings(&list->rules.items[i]))
			err = check_rule(check, iface, &list->rules.items[i], tell);
	return err;
}

/* ---- what is not asked ----------------------------------------------------------- */

static void put(struct strbuf *out, const char *word)
{
	strbuf_printf(out, "%s%s", out->len ? ", " : "", word);
}

static void put_rules(struct strbuf *out, const struct policy_map *map)
{
	if (!map->clauses.count)
		return;
	put(out, "what policy-map '");
	strbuf_printf(out, "%s' matches", map->name);
}

static int warn_not_asked(struct host_check *check, const struct policy_fixup *fixup)
{
	const struct policy *policy = check->p->policy;
	struct strbuf words cleanup_(strbuf_free) = {0};
	uint32_t flags = fixup->options.flags;
	int err;

	if (flags & FIXUP_F_STRICT)
		put(&words, "'strict'");
	if (flags & FIXUP_F_TLS_DENY)
		put(&words, "'tls deny'");
	if (flags & FIXUP_F_TLS_REQUIRE)
		put(&words, "'tls require'");
	if (flags & MASK_FLAGS)
		put(&words, "masked replies");
	if (fixup->map != POLICY_NO_MAP)
		put_rules(&words, &policy->maps.items[fixup->map]);
	if (words.failed)
		return -ENOMEM;
	if (!words.len)
		return 0;
	err = policy_warn_at(check->p, &fixup->where, W_HOST_NOT_ASKED,
			     "not asked of sessions with this machine itself: %s",
			     words.data);
	return policy_hint(check->p, err,
			   "it holds for sessions that are forwarded; let the server "
			   "here ask for it itself");
}

/* Of an inspection once, and only if somebody may speak to a server on its port. */
static int check_inspections(struct host_check *check, size_t iface)
{
	const struct policy *policy = check->p->policy;
	size_t port = 0;
	int permits = 0;

	for (size_t i = 0; i < policy->fixups.count; i++) { /* by port */
		const struct policy_fixup *fixup = &policy->fixups.items[i];
		int err;

		while (port <= fixup->port)
			permits += check->delta[port++];
		if (!permits || !covers(fixup, iface) ||
		    check->line_told[fixup->where.line])
			continue;
		check->line_told[fixup->where.line] = true;
		err = warn_not_asked(check, fixup);
		if (err)
			return err;
	}
	return 0;
}

/* ---- all of it ------------------------------------------------------------------- */

static size_t last_line(const struct policy *policy)
{
	size_t last = 0;

	for (size_t i = 0; i < policy->fixups.count; i++)
		if (policy->fixups.items[i].where.line > last)
			last = policy->fixups.items[i].where.line;
	return last;
}

static int check_iface(struct host_check *check, size_t iface)
{
	int err;

	memset(check->delta, 0, (N_PORTS + 1) * sizeof(*check->delta));
	err = check_list(check, iface);
	return err ? err : check_inspections(check, iface);
}

int policy_warn_host_mode(struct policy_parser *p)
{
	struct policy_sets *sets cleanup_(sets_cleanup) = NULL;
	bool *list_told cleanup_free_ = NULL;
	bool *line_told cleanup_free_ = NULL;
	int *delta cleanup_free_ = NULL;
	struct host_check check = {.p = p};
	int err = warn_host_nats(p);

	/* No more interfaces than can be compiled. */
	for (size_t i = 0; !err && i < p->policy->ifaces.count && i < PH_MAX_INTERFACES;
	     i++) {
		if (!is_on(p->policy, i))
			continue;
		if (!sets) {
			check.sets = sets = policy_sets_new(p->policy);
			check.list_told = list_told =
				calloc(p->policy->lists.count + 1, sizeof(bool));
			check.line_told = line_told =
				calloc(last_line(p->policy) + 1, sizeof(bool));
			check.delta = delta = calloc(N_PORTS + 1, sizeof(int));
			check.data_ports = policy_find_data_ports(p->policy);
		}
		if (!sets || !list_told || !line_told || !delta)
			return -ENOMEM;
		err = check_iface(&check, i);
	}
	return err == -ENOMEM ? err : 0; /* what is too much, the compiler refuses */
}
