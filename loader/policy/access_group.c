// SPDX-License-Identifier: GPL-2.0
/*
 * access_group.c - access-group: what traffic a list decides on.
 *
 *   access-group LIST in|out interface IF [per-user-override]
 *   access-group LIST in interface IF control-plane	(to this machine)
 *   access-group LIST global				(in, all interfaces)
 */
#include <errno.h>

#include "policy/parser.h"

#define HINT_GROUP "write 'in interface NAME', 'out interface NAME' or 'global'"

/* in|out interface NAME [control-plane] */
static int parse_binding(struct policy_parser *p, struct policy_group_stmt *stmt)
{
	static const char *const directions[] = {"in", "out", "global", NULL};
	static const char *const interface[] = {"interface", NULL};
	const struct policy_token *iface, *plane;
	bool out = policy_accept(p, "out");
	int err;

	if (!out && !policy_accept(p, "in"))
		return policy_fail_expected(p, "a direction", HINT_GROUP, directions);
	if (!policy_accept(p, "interface"))
		return policy_fail_expected(p, "the word 'interface'",
					    out ? "write 'out interface NAME'"
						: "write 'in interface NAME'",
					    interface);
	err = policy_parse_name(p, POLICY_IFACE_NAME_SIZE, "an interface name", &iface);
	if (err)
		return err;
	stmt->binding = out ? POLICY_BIND_OUT : POLICY_BIND_IN;
	stmt->iface_where = policy_where(p, iface);
	stmt->iface_name = iface->text;
	stmt->iface_name_len = iface->len;
	plane = policy_peek(p);
	if (policy_accept(p, "per-user-override"))
		return policy_ignore(p, plane); /* lists of VPN users: there are none */
	if (!policy_accept(p, "control-plane"))
		return 0;
	stmt->binding = POLICY_BIND_BOX;
	if (!out)
		return 0;
	err = policy_fail(p, plane, E_UNSUPPORTED,
			  "'control-plane' is traffic to this machine, not from it");
	return policy_hint(p, err, "write 'in interface NAME control-plane'");
}

int policy_stmt_access_group(struct policy_parser *p)
{
	struct policy_group_stmt stmt = {0};
	struct policy_group_stmt *kept;
	const struct policy_token *list;
	int err = policy_parse_name(p, POLICY_LIST_NAME_SIZE,
				    "the name of an access list", &list);

	if (err)
		return err;
	stmt.list_where = policy_where(p, list);
	stmt.list_name = list->text;
	stmt.list_name_len = list->len;
	stmt.iface_where = policy_where(p, policy_peek(p));
	stmt.global = policy_accept(p, "global");
	err = stmt.global ? 0 : parse_binding(p, &stmt);
	if (!err)
		err = policy_expect_end(p);
	if (err)
		return err;
	kept = vec_push(&p->groups);
	if (!kept)
		return -ENOMEM;
	*kept = stmt;
	return 0;
}
