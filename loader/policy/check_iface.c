// SPDX-License-Identifier: GPL-2.0
/*
 * check_iface.c - the interfaces of a policy, once all lines are known.
 *
 * The order of statements is free: PIX 6 gives an interface its address in another line
 * than its name. One that is shut stays an interface, so that what refers to it need not
 * be taken out of the text; no device is attached to it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"
#include "util/cleanup.h"

/* Whether the frames of a device come by another that is shut: GigabitEthernet0/1 of
 * GigabitEthernet0/1.100. */
static bool carrier_is_shut(const struct policy_parser *p,
			    const struct policy_hardware *hardware)
{
	const char *name = hardware->iface.hardware;

	for (size_t len = strlen(name); len--;) {
		const size_t *found =
			name[len] == '.' ? strmap_find(&p->hardware_by_name, name, len)
					 : NULL;

		if (found && p->hardware.items[*found].iface.shut)
			return true;
	}
	return false;
}

/* Named devices become the policy's interfaces, in the order of the text. */
static int collect_ifaces(struct policy_parser *p)
{
	for (size_t i = 0; i < p->hardware.count; i++) {
		struct policy_hardware *hardware = &p->hardware.items[i];
		struct policy_iface *iface;

		hardware->index = POLICY_NO_INDEX;
		if (!hardware->named)
			continue;
		if (carrier_is_shut(p, hardware))
			hardware->iface.shut = true;
		if (!hardware->level_given)
			hardware->iface.security_level =
				strcmp(hardware->iface.name, "inside") == 0 ? 100 : 0;
		hardware->index = p->policy->ifaces.count;
		iface = vec_push(&p->policy->ifaces);
		if (!iface)
			return -ENOMEM;
		*iface = hardware->iface;
	}
	return 0;
}

static int check_address(struct policy_parser *p, const struct policy_address_stmt *stmt,
			 unsigned int *given_in_line)
{
	struct policy_iface *iface;
	size_t index = 0;
	int err = 0;

	if (stmt->iface_name)
		err = policy_resolve_iface(p, stmt->iface_name, stmt->iface_name_len,
					   &stmt->iface_where, &index);
	else
		index = p->hardware.items[stmt->hardware].index;
	if (err || index == POLICY_NO_INDEX)
		return err; /* a device without a name is not part of the policy */
	iface = &p->policy->ifaces.items[index];
	if (iface->has_address || iface->dhcp) {
		err = policy_fail_at(
			p, &stmt->where, E_IFACE_ADDRESS_TWICE,
			"interface '%s' already has an address, from line %u",
			iface->name, given_in_line[index]);
		return policy_hint(p, err,
				   "an interface has one address; remove one of the "
				   "lines");
	}
	iface->has_address = !stmt->dhcp;
	iface->dhcp = stmt->dhcp;
	iface->pppoe = stmt->pppoe;
	iface->setroute = stmt->setroute;
	iface->address = stmt->address;
	iface->netmask = stmt->netmask;
	given_in_line[index] = stmt->where.line;
	return 0;
}

static int check_addresses(struct policy_parser *p, unsigned int *given_in_line)
{
	for (size_t i = 0; i < p->addresses.count; i++)
		if (check_address(p, &p->addresses.items[i], given_in_line) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

static int compare_address6(const void *a, const void *b)
{
	const struct policy_address6 *x = a, *y = b;

	if (x->iface != y->iface)
		return x->iface < y->iface ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* Addresses of IPv6 by interface; an interface may have many. */
static int check_addresses6(struct policy_parser *p)
{
	struct policy_address6 *kept;

	for (size_t i = 0; i < p->addresses6.count; i++) {
		const struct policy_address6_stmt *stmt = &p->addresses6.items[i];
		size_t index = p->hardware.items[stmt->hardware].index;

		if (index == POLICY_NO_INDEX)
			continue;
		kept = vec_push(&p->policy->addresses6);
		if (!kept)
			return -ENOMEM;
		*kept = (struct policy_address6){index, i, stmt->addr, stmt->prefix_len};
	}
	if (!p->policy->addresses6.count)
		return 0;
	qsort(p->policy->addresses6.items, p->policy->addresses6.count, sizeof(*kept),
	      compare_address6);
	for (size_t i = 0; i < p->policy->addresses6.count; i++) {
		size_t index = p->policy->addresses6.items[i].iface;
		struct policy_iface *iface = &p->policy->ifaces.items[index];

		if (!iface->n_addresses6++)
			iface->first_address6 = i;
	}
	return 0;
}

static int check_verifies(struct policy_parser *p)
{
	for (size_t i = 0; i < p->verifies.count; i++) {
		size_t index = 0;
		int err = policy_resolve_ref(p, &p->verifies.items[i], &index);

		if (err == -ENOMEM)
			return err;
		if (!err)
			p->policy->ifaces.items[index].reverse_path = true;
	}
	return 0;
}

static int check_no_proxy_arps(struct policy_parser *p)
{
	for (size_t i = 0; i < p->noproxyarps.count; i++) {
		size_t index = 0;
		int err = policy_resolve_ref(p, &p->noproxyarps.items[i], &index);

		if (err == -ENOMEM)
			return err;
		if (!err)
			p->policy->ifaces.items[index].no_proxy_arp = true;
	}
	return 0;
}

/* The last one counts. */
static int check_mtus(struct policy_parser *p)
{
	for (size_t i = 0; i < p->mtus.count; i++) {
		size_t index = 0;
		int err = policy_resolve_ref(p, &p->mtus.items[i].iface, &index);

		if (err == -ENOMEM)
			return err;
		if (!err)
			p->policy->ifaces.items[index].mtu = p->mtus.items[i].mtu;
	}
	return 0;
}

/* ---- VLANs ------------------------------------------------------------- */

/* Where the frames of a VLAN interface come and go: eth0 of eth0.100, and of
 * eth0.100.7, if it has two tags. A device without a dot tells nothing; what
 * carries it is for the loader to find. */
static size_t parent_len(const struct policy_iface *iface)
{
	size_t len = strlen(iface->hardware);

	for (int tags = iface->inner_vlan ? 2 : 1; tags; tags--) {
		const char *dot = memrchr(iface->hardware, '.', len);

		if (dot)
			len = (size_t)(dot - iface->hardware);
	}
	return len;
}

static int compare_tags(const void *a, const void *b)
{
	const struct policy_hardware *x = *(const struct policy_hardware *const *)a;
	const struct policy_hardware *y = *(const struct policy_hardware *const *)b;
	size_t x_len = parent_len(&x->iface);
	size_t y_len = parent_len(&y->iface);
	int order = memcmp(x->iface.hardware, y->iface.hardware,
			   x_len < y_len ? x_len : y_len);

	if (!order)
		order = (x_len > y_len) - (x_len < y_len);
	if (!order)
		order = x->iface.vlan - y->iface.vlan;
	if (!order)
		order = x->iface.inner_vlan - y->iface.inner_vlan;
	return order;
}

static int compare_tags_then_lines(const void *a, const void *b)
{
	const struct policy_hardware *x = *(const struct policy_hardware *const *)a;
	const struct policy_hardware *y = *(const struct policy_hardware *const *)b;
	int order = compare_tags(a, b);

	return order ? order
		     : (x->vlan_at.line > y->vlan_at.line) -
			       (x->vlan_at.line < y->vlan_at.line);
}

/* A frame belongs to one interface: no two have one parent and the same tags. */
static int check_vlans(struct policy_parser *p)
{
	const struct policy_hardware **tagged cleanup_free_ =
		calloc(p->hardware.count + 1, sizeof(struct policy_hardware *));
	size_t n = 0;

	if (!tagged)
		return -ENOMEM;
	for (size_t i = 0; i < p->hardware.count; i++)
		if (p->hardware.items[i].named && p->hardware.items[i].iface.vlan)
			tagged[n++] = &p->hardware.items[i];
	qsort(tagged, n, sizeof(struct policy_hardware *), compare_tags_then_lines);
	for (size_t i = 1; i < n; i++) {
		int err;

		if (compare_tags(&tagged[i - 1], &tagged[i]) != 0)
			continue;
		err = policy_fail_at(
			p, &tagged[i]->vlan_at, E_VLAN_TWICE,
			"interface '%s' already has this VLAN of %.*s, in line %u",
			tagged[i - 1]->iface.name, (int)parent_len(&tagged[i]->iface),
			tagged[i]->iface.hardware, tagged[i - 1]->vlan_at.line);
		err = policy_hint(p, err, "give each interface a VLAN of its own");
		if (err == -ENOMEM)
			return err;
	}
	return 0;
}

int policy_check_ifaces(struct policy_parser *p)
{
	unsigned int *lines cleanup_free_ = NULL;
	int err = collect_ifaces(p);

	if (err)
		return err;
	lines = calloc(p->policy->ifaces.count + 1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	err = check_addresses(p, lines);
	if (!err)
		err = check_addresses6(p);
	if (!err)
		err = check_vlans(p);
	if (!err)
		err = check_verifies(p);
	if (!err)
		err = check_no_proxy_arps(p);
	return err ? err : check_mtus(p);
}

int policy_note_shut(struct policy_parser *p)
{
	for (size_t i = 0; i < p->hardware.count; i++) {
		const struct policy_hardware *hardware = &p->hardware.items[i];
		int err = 0;

		if (hardware->named && hardware->iface.shut)
			err = policy_note_at(p, &hardware->named_at, N_IFACE_SHUT,
					     "interface '%s' is shut down: no device is "
					     "attached, and nothing is filtered there",
					     hardware->iface.name);
		if (err)
			return err;
	}
	return 0;
}
