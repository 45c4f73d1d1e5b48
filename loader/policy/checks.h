/* SPDX-License-Identifier: GPL-2.0 */
/*
 * checks.h - what is done behind the last line of a text.
 *
 * Why it exists: references are resolved and the whole is checked once all lines are
 * known, theme by theme; check.c calls the files of the themes in their order.
 *
 * Who may include it: parser.h, for libpolicy's parsing files.
 *
 * Errors: as parser.h says.
 */
#ifndef PINHOLE_POLICY_CHECKS_H
#define PINHOLE_POLICY_CHECKS_H

#include <stddef.h>

#include "policy/ip.h"
#include "policy/model.h"

struct policy_parser;

/*
 * What is in use (reach.c). Roots mark what they refer to, at the end, when all names are
 * resolved: lists bound by access-group are marked already, and what marked lists, groups
 * and objects refer to is marked for them. Each may be called for anything, repeatedly.
 */
void policy_reach_list(struct policy_parser *p, size_t index);
void policy_reach_object(struct policy_parser *p, size_t index);
void policy_reach_group(struct policy_parser *p, size_t index);
void policy_reach_class(struct policy_parser *p, size_t index);
void policy_reach_map(struct policy_parser *p, size_t index);
/* An end of a translation or of a line. */
void policy_reach_addr(struct policy_parser *p, const struct policy_addr *addr);
/* Take back what was said of things that are not in use. Return: 0 or -ENOMEM. */
int policy_settle_reach(struct policy_parser *p);

/* Which dialect it is, before anything is checked; and, when all is resolved, that it
 * was told if it matters (dialect.c). Return: 0 or -ENOMEM. */
int policy_settle_dialect(struct policy_parser *p);
int policy_check_dialect(struct policy_parser *p);

/* After the last line: resolve references, check the whole (check.c). */
int policy_check(struct policy_parser *p);
int policy_check_ifaces(struct policy_parser *p); /* check_iface.c */
int policy_note_shut(struct policy_parser *p);
int policy_check_host(struct policy_parser *p); /* check_host.c */
int policy_warn_host(struct policy_parser *p);
int policy_enforce(struct policy_parser *p);	       /* control_plane.c */
int policy_check_groups(struct policy_parser *p);      /* check_group.c */
int policy_check_rules(struct policy_parser *p);       /* check_rule.c */
int policy_check_nats(struct policy_parser *p);	       /* check_nat.c */
int policy_check_conduits(struct policy_parser *p);    /* conduit.c */
int policy_warn_destinations(struct policy_parser *p); /* check_nat_destination.c */
int policy_check_inspections(struct policy_parser *p); /* check_inspect.c */
int policy_check_services(struct policy_parser *p);    /* check_service.c */
int policy_warn_inspections(struct policy_parser *p);
int policy_check_fixups(struct policy_parser *p);    /* fixup.c */
int policy_warn_lists(struct policy_parser *p);	     /* check_list.c */
int policy_warn_options(struct policy_parser *p);    /* check_options.c */
int policy_warn_data_ports(struct policy_parser *p); /* check_data_ports.c */
/* The data-ports of inspections, not all if they are many: the work would be a product.
 * Those of them that a line opens, so that it is warned of if its list is bound. */
#define POLICY_MAX_DATA_PORTS 16
struct policy_data_ports {
	const struct policy_ftp_options *items[POLICY_MAX_DATA_PORTS];
	size_t count;
};
struct policy_data_ports policy_find_data_ports(const struct policy *policy);
const struct policy_ftp_options *
policy_opened_data_ports(const struct policy_data_ports *ports,
			 const struct policy_rule *rule); /* NULL: none */
int policy_warn_host_mode(struct policy_parser *p);	  /* check_host_mode.c */

/*
 * The address of an object that is used at @where (check_object.c).
 * Return: 0; -EINVAL if there is none (a remark is made unless its own lines
 * are the cause); -ENOMEM.
 */
int policy_resolve_object(struct policy_parser *p, size_t index,
			  const struct policy_where *where, policy_ip *addr,
			  policy_ip *mask);

/*
 * The named interface's index in policy->ifaces.
 * Return: 0; -EINVAL if it is unknown (a remark is made unless a refused line
 * may be the cause); -ENOMEM.
 */
int policy_resolve_iface(struct policy_parser *p, const char *name, size_t len,
			 const struct policy_where *where, size_t *out);

#endif /* PINHOLE_POLICY_CHECKS_H */
