// SPDX-License-Identifier: GPL-2.0
/*
 * check_host.c - routes and to-the-box lines, once all interfaces are known.
 */
#include <errno.h>

#include "policy/parser.h"

/* PIX names its own address as the gateway of what is on the link. */
static bool is_own_address(const struct policy_iface *iface, policy_ip gateway)
{
	return iface->has_address && gateway == policy_ip_from_v4(iface->address);
}

static int check_route(struct policy_parser *p, const struct policy_route_stmt *stmt)
{
	struct policy_route *kept;
	size_t index = POLICY_NO_OBJECT;
	int err = 0;

	if (!stmt->discards)
		err = policy_resolve_ref(p, &stmt->iface, &index);
	if (err)
		return err;
	kept = vec_push(&p->policy->routes);
	if (!kept)
		return -ENOMEM;
	*kept = stmt->parsed;
	kept->iface = index;
	kept->on_link = !stmt->discards &&
			is_own_address(&p->policy->ifaces.items[index], kept->gateway);
	return 0;
}

static int check_box_line(struct policy_parser *p, const struct policy_box_stmt *stmt)
{
	struct policy_box_line *kept;
	size_t index = 0;
	int err = policy_resolve_ref(p, &stmt->iface, &index);

	if (err)
		return err;
	kept = vec_push(&p->policy->box_lines);
	if (!kept)
		return -ENOMEM;
	*kept = stmt->parsed;
	kept->iface = index;
	return 0;
}

int policy_check_host(struct policy_parser *p)
{
	for (size_t i = 0; i < p->routes.count; i++)
		if (check_route(p, &p->routes.items[i]) == -ENOMEM)
			return -ENOMEM;
	for (size_t i = 0; i < p->boxes.count; i++)
		if (check_box_line(p, &p->boxes.items[i]) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

/* ---- warnings ------------------------------------------------------------ */

/* One for each word. */
static int warn_not_enforced(struct policy_parser *p)
{
	static const char *const words[POLICY_N_BOX_KINDS] = {
		[POLICY_BOX_SSH] = "ssh",	  [POLICY_BOX_TELNET] = "telnet",
		[POLICY_BOX_HTTP] = "http",	  [POLICY_BOX_ICMP] = "icmp",
		[POLICY_BOX_ICMP6] = "ipv6 icmp",
	};
	bool warned[POLICY_N_BOX_KINDS] = {false};

	for (size_t i = 0; i < p->policy->box_lines.count; i++) {
		const struct policy_box_line *line = &p->policy->box_lines.items[i];
		int err;

		if (warned[line->kind])
			continue;
		warned[line->kind] = true;
		err = policy_uncovered_at(p, &line->where,
					  "'%s' lines are not enforced: who may speak to "
					  "this machine is not decided here",
					  words[line->kind]);
		err = policy_hint(p, err,
				  "write 'control-plane enforce': then what they permit "
				  "reaches this machine, and nothing else does");
		if (err == -ENOMEM)
			return err;
	}
	return 0;
}

bool policy_is_least_trusted(const struct policy *policy, size_t iface)
{
	for (size_t i = 0; i < policy->ifaces.count; i++)
		if (policy->ifaces.items[i].security_level <
		    policy->ifaces.items[iface].security_level)
			return false;
	return policy->ifaces.count > 1;
}

static int warn_telnet(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->box_lines.count; i++) {
		const struct policy_box_line *line = &p->policy->box_lines.items[i];
		int err;

		if (line->kind != POLICY_BOX_TELNET ||
		    !policy_is_least_trusted(p->policy, line->iface))
			continue;
		err = policy_warn_at(p, &line->where, W_TELNET_OUTSIDE,
				     "this line permits nothing: PIX and ASA take telnet "
				     "on the least trusted interface from a VPN alone");
		err = policy_hint(p, err, "write 'ssh' instead");
		if (err)
			return err;
	}
	return 0;
}

/* Whoever applies this from afar may have to walk. */
static int warn_nobody(struct policy_parser *p)
{
	int err;

	for (size_t i = 0; i < p->policy->box_lines.count; i++)
		if (p->policy->box_lines.items[i].kind == POLICY_BOX_SSH)
			return 0;
	for (size_t i = 0; i < p->policy->ifaces.count; i++)
		if (p->policy->ifaces.items[i].has_acl[POLICY_BIND_BOX])
			return 0;
	err = policy_warn_at(p, NULL, W_BOX_NOBODY,
			     "with 'control-plane enforce' and no 'ssh' line nobody "
			     "reaches this machine's ssh");
	return policy_hint(p, err, "write 'ssh NETWORK MASK IF'");
}

static int warn_replaced(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->ifaces.count; i++) {
		const struct policy_iface *iface = &p->policy->ifaces.items[i];
		int bound = iface->has_acl[POLICY_BIND_IN] ? POLICY_BIND_IN
							   : POLICY_BIND_OUT;
		int err;

		if (!iface->management_only || !iface->has_acl[bound])
			continue;
		err = policy_warn_at(
			p, &p->policy->lists.items[iface->acl[bound]].where,
			W_LIST_REPLACED,
			"access list '%s' is not asked on interface '%s', which is "
			"management-only",
			p->policy->lists.items[iface->acl[bound]].name, iface->name);
		err = policy_hint(p, err,
				  "nothing passes through it anyway; remove the "
				  "access-group");
		if (err)
			return err;
	}
	return 0;
}

/* What the text calls `dhcp`. */
static int note_dhcp(struct policy_parser *p)
{
	for (size_t i = 0; i < p->addresses.count; i++) {
		const struct policy_address_stmt *stmt = &p->addresses.items[i];
		int err;

		if (!stmt->dhcp ||
		    (!stmt->iface_name && !p->hardware.items[stmt->hardware].named))
			continue;
		err = policy_note_at(p, &stmt->where, N_DHCP,
				     "the address is the one that the kernel has when "
				     "the policy is applied");
		if (err)
			return err;
	}
	return 0;
}

/* A line by the address of an interface that the text gives none. */
static int ask_kernel(struct policy_parser *p, const struct policy_addr *addr,
		      const struct policy_where *where)
{
	struct policy_iface *iface;

	if (addr->kind != POLICY_ADDR_IFACE)
		return 0;
	iface = &p->policy->ifaces.items[addr->ref];
	if (iface->has_address || iface->dhcp)
		return 0;
	iface->dhcp = true;
	return policy_note_at(p, where, N_DHCP,
			      "interface '%s' has no address in the text: it is the one "
			      "that the kernel has when the policy is applied",
			      iface->name);
}

static int ask_kernel_for_lists(struct policy_parser *p)
{
	for (size_t i = 0; i < p->policy->lists.count; i++) {
		const struct policy_list *list = &p->policy->lists.items[i];

		for (size_t j = 0; j < list->rules.count; j++) {
			const struct policy_rule *rule = &list->rules.items[j];

			if (ask_kernel(p, &rule->src, &rule->src_where) ||
			    ask_kernel(p, &rule->dst, &rule->dst_where))
				return -ENOMEM;
		}
	}
	return 0;
}

int policy_warn_host(struct policy_parser *p)
{
	int err;

	if (p->policy->box_enforced) {
		err = warn_telnet(p);
		if (!err)
			err = warn_nobody(p);
	} else {
		err = warn_not_enforced(p);
	}
	if (!err)
		err = warn_replaced(p);
	if (!err)
		err = note_dhcp(p);
	return err ? err : ask_kernel_for_lists(p);
}
