// SPDX-License-Identifier: GPL-2.0
/*
 * check_service.c - service-policies become inspections of ports, of all interfaces or
 * of some.
 *
 * As on ASA a service-policy of an interface is about the connections that begin or end
 * there. Two inspections of one port that differ are refused, whatever their interfaces:
 * a port has one here.
 */
#include <errno.h>

#include "policy/parser.h"

static int options_of(struct policy_parser *p, const struct policy_clause *clause,
		      struct policy_ftp_options *out)
{
	enum policy_mask_syst mask_syst = POLICY_MASK_IF_STRICT;
	int err;

	*out = (struct policy_ftp_options){0};
	if (clause->map != POLICY_NO_MAP) {
		struct policy_map *map = &p->policy->maps.items[clause->map];

		*out = map->options;
		mask_syst = map->mask_syst;
		map->used = true;
	}
	if (clause->strict)
		out->flags |= FIXUP_F_STRICT;
	if (mask_syst == POLICY_MASK_ALWAYS ||
	    (mask_syst == POLICY_MASK_IF_STRICT && clause->strict))
		out->flags |= FIXUP_F_MASK_SYST;
	if (clause->fixup_kind != FIXUP_FTPS || !(out->flags & FIXUP_F_TLS_DENY))
		return 0;
	err = policy_fail_at(p, &clause->where, E_TLS_DENIED,
			     "policy-map '%s' denies TLS, and ftps is nothing else",
			     p->policy->maps.items[clause->map].name);
	return policy_hint(p, err, "name another policy-map, or remove the line");
}

/* @service: whose interfaces count */
static int inspect_ports(struct policy_parser *p, const struct policy_service *service,
			 const struct policy_clause *clause,
			 const struct policy_port_list *ports)
{
	struct policy_fixup fixup = {
		.where = clause->where,
		.kind = clause->fixup_kind,
		.by_service = true,
		.ifaces = service->global ? 0 : 1ull << (service->iface + 1),
		.map = clause->map,
	};
	int err = options_of(p, clause, &fixup.options);

	for (size_t i = 0; !err && i < ports->count; i++) {
		fixup.port = ports->port[i];
		err = policy_add_inspection(p, &fixup);
	}
	return err;
}

static int inspect_clause(struct policy_parser *p, const struct policy_service *service,
			  const struct policy_clause *clause)
{
	struct policy_port_list ports = {.count = 0};
	int err = policy_inspected_ports(p, clause, &ports);

	return err ? err : inspect_ports(p, service, clause, &ports);
}

/* All other names are known to be there. */
static int inspect_service(struct policy_parser *p, struct policy_service *service,
			   const struct policy_iface_ref *iface)
{
	struct policy_map *map = &p->policy->maps.items[service->map];
	int err = 0;

	map->used = true;
	if (!service->global)
		err = policy_resolve_ref(p, iface, &service->iface);
	if (err || service->iface >= PH_MAX_INTERFACES - 1) /* too many: refused later */
		return err;
	for (size_t i = 0; err != -ENOMEM && i < map->clauses.count; i++)
		if (map->clauses.items[i].fixup_kind)
			err = inspect_clause(p, service, &map->clauses.items[i]);
	return err;
}

int policy_check_services(struct policy_parser *p)
{
	int err = 0;

	for (size_t i = 0; err != -ENOMEM && i < p->policy->services.count; i++)
		err = inspect_service(p, &p->policy->services.items[i],
				      &p->service_ifaces.items[i]);
	return err;
}
