// SPDX-License-Identifier: GPL-2.0
/*
 * check_nat_host.c - this machine's own address, translated somewhere upstream.
 *
 *   static (inside,outside) PUBLIC PRIVATE
 *   object network NAME / host PRIVATE / nat (any,outside) static PUBLIC
 *
 * where PRIVATE is the address of `outside` itself, as on a cloud machine. Packets arrive
 * translated: it is no translation here, and stands in policy->host_nats, which nothing
 * asks but what says PRIVATE in clear. There need not be an interface behind this
 * machine, so the first of the two may be one that the text does not declare.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"

/* What stands before the comma: where the real address is said to be. */
enum side {
	SIDE_ELSEWHERE,	 /* behind another interface */
	SIDE_ANY,	 /* `any`, or nothing is written */
	SIDE_SAME,	 /* the mapped interface itself */
	SIDE_UNDECLARED, /* a name that no interface has */
};

#define NOT_FOUND (SIZE_MAX - 1) /* an index is less, and POLICY_ANY_IFACE is more */

static bool is_any(const struct policy_nat_word *word)
{
	const struct policy_token token = {.text = word->text, .len = word->len};

	return !word->len || policy_token_is(&token, "any");
}

/* Return: POLICY_ANY_IFACE, an index, or NOT_FOUND; no remark is made. */
static size_t find_iface(const struct policy_parser *p,
			 const struct policy_nat_word *word, bool *uncertain)
{
	const size_t *found;

	*uncertain = false;
	if (is_any(word))
		return POLICY_ANY_IFACE;
	found = strmap_find(&p->iface_by_name, word->text, word->len);
	*uncertain = found ? *found == POLICY_REFUSED_NAME : p->iface_names_uncertain;
	return !found || *uncertain ? NOT_FOUND : p->hardware.items[*found].index;
}

static enum side side_of(const struct policy_parser *p,
			 const struct policy_nat_stmt *stmt, size_t own)
{
	bool uncertain;
	size_t real = find_iface(p, &stmt->real_if, &uncertain);

	if (real == POLICY_ANY_IFACE)
		return SIDE_ANY;
	if (real == own)
		return SIDE_SAME;
	return real == NOT_FOUND && !uncertain ? SIDE_UNDECLARED : SIDE_ELSEWHERE;
}

/* An object that is one network. */
static const struct policy_object *find_network(const struct policy_parser *p,
						const struct policy_nat_operand *operand)
{
	const struct policy_object *object;
	const size_t *found =
		strmap_find(&p->object_by_name, operand->word.text, operand->word.len);

	if (!found)
		return NULL;
	object = &p->policy->objects.items[*found];
	return object->value == POLICY_VALUE_NET ? object : NULL;
}

/* The real end, if it is one network. */
static bool real_network(const struct policy_parser *p,
			 const struct policy_nat_stmt *stmt, struct policy_addr *out)
{
	const struct policy_nat_operand *operand = &stmt->ends[POLICY_NAT_REAL];
	const struct policy_object *object = NULL;

	*out = operand->addr;
	if (operand->given && !operand->named)
		return operand->addr.kind == POLICY_ADDR_NET;
	if (stmt->parsed.object != POLICY_NO_OBJECT)
		object = &p->policy->objects.items[stmt->parsed.object];
	else if (operand->named)
		object = find_network(p, operand);
	if (!object || object->value != POLICY_VALUE_NET)
		return false;
	out->addr = object->addr;
	out->mask = object->mask;
	return true;
}

/* Both ends are written alike: nothing is translated, wherever it would be. */
static bool is_identity(const struct policy_nat_stmt *stmt,
			const struct policy_addr *real)
{
	const struct policy_nat_operand *mapped = &stmt->ends[POLICY_NAT_MAPPED];
	const struct policy_nat_operand *end = &stmt->ends[POLICY_NAT_REAL];

	if (!mapped->named)
		return mapped->addr.kind != POLICY_ADDR_NET ||
		       mapped->addr.addr == real->addr;
	return end->named && mapped->word.len == end->word.len &&
	       !memcmp(mapped->word.text, end->word.text, end->word.len);
}

static int fail_form(struct policy_parser *p, const struct policy_where *where,
		     const char *what)
{
	int err = policy_fail_at(p, where, E_HOST_NAT_FORM,
				 "this machine's own address is translated upstream, and "
				 "%s cannot be part of that",
				 what);

	return policy_hint(p, err,
			   "write one public address and the private one, nothing else");
}

/* Of the only interface there is; its own address must be meant. */
static int fail_address(struct policy_parser *p, const struct policy_nat_stmt *stmt,
			const struct policy_iface *iface, policy_ip real)
{
	const struct policy_nat_operand *end = &stmt->ends[POLICY_NAT_REAL];
	int err = policy_fail_at(p, end->given ? &end->word.where : &stmt->parsed.where,
				 E_HOST_NAT_ADDRESS,
				 "%s is not the address of '%s', the only interface",
				 policy_ip_text(real).text, iface->name);

	return policy_hint(p, err, "write %s, which is",
			   policy_quad(iface->address).text);
}

/* A line of the list is about this machine itself. */
static bool list_names(const struct policy_parser *p, const struct policy_nat_stmt *stmt,
		       policy_ip own)
{
	const size_t *found =
		strmap_find(&p->list_by_name, stmt->list.text, stmt->list.len);
	const struct policy_list *list = found ? &p->policy->lists.items[*found] : NULL;

	for (size_t i = 0; list && i < list->rules.count; i++)
		if (policy_rule_is_active(&list->rules.items[i]) &&
		    list->rules.items[i].src.mask == POLICY_IP_ONES &&
		    list->rules.items[i].src.addr == own)
			return true;
	return false;
}

/* Nothing else can be meant, whatever the real address is. */
static bool must_be_own(const struct policy_parser *p, enum side side)
{
	return p->policy->ifaces.count == 1 &&
	       (side == SIDE_SAME || side == SIDE_UNDECLARED);
}

/* Of an address that is not in the text: it is taken for what is written. */
static bool may_be_own(const struct policy_parser *p, const struct policy_iface *iface,
		       enum side side)
{
	return must_be_own(p, side) ||
	       (p->policy->ifaces.count == 1 && side == SIDE_ANY) ||
	       (iface->dhcp && side == SIDE_SAME);
}

static int take(struct policy_nat_stmt *stmt, size_t own)
{
	const struct policy_nat_word *word = &stmt->real_if;
	char *name = word->len ? strndup(word->text, word->len) : strdup("any");

	if (!name)
		return -ENOMEM;
	stmt->host = true;
	stmt->parsed.real_name = name;
	stmt->parsed.real_if = own;
	stmt->parsed.mapped_if = is_any(&stmt->mapped_if) ? POLICY_ANY_IFACE : own;
	return 0;
}

/* A network, of which the machine's address is one. */
static int check_network(struct policy_parser *p, const struct policy_nat_stmt *stmt,
			 const struct policy_iface *iface, enum side side,
			 const struct policy_addr *real)
{
	policy_ip own = policy_ip_from_v4(iface->address);
	const struct policy_nat_operand *end = &stmt->ends[POLICY_NAT_REAL];

	if (side == SIDE_ELSEWHERE || (side == SIDE_ANY && p->policy->ifaces.count > 1) ||
	    !iface->has_address || (own & real->mask) != real->addr)
		return 0;
	return fail_form(p, end->given ? &end->word.where : &stmt->parsed.where,
			 "a network");
}

static int judge(struct policy_parser *p, struct policy_nat_stmt *stmt, size_t own)
{
	const struct policy_iface *iface = &p->policy->ifaces.items[own];
	policy_ip address = policy_ip_from_v4(iface->address);
	enum side side = side_of(p, stmt, own);
	struct policy_addr real;

	if (stmt->list.len) {
		if (must_be_own(p, side) ||
		    (iface->has_address && list_names(p, stmt, address)))
			return fail_form(p, &stmt->list.where, "an access list");
		return 0;
	}
	if (!real_network(p, stmt, &real) || !policy_ip_is_v4(real.addr) ||
	    is_identity(stmt, &real))
		return 0;
	if (real.mask != POLICY_IP_ONES)
		return check_network(p, stmt, iface, side, &real);
	if (iface->has_address ? real.addr == address : may_be_own(p, iface, side))
		return take(stmt, own);
	if (iface->has_address && must_be_own(p, side))
		return fail_address(p, stmt, iface, real.addr);
	return 0;
}

int policy_find_host_nat(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	bool uncertain;
	size_t own = find_iface(p, &stmt->mapped_if, &uncertain);

	if (stmt->parsed.dynamic || stmt->one_name)
		return 0;
	if (own == POLICY_ANY_IFACE && p->policy->ifaces.count == 1)
		own = 0;
	return own < p->policy->ifaces.count ? judge(p, stmt, own) : 0;
}

/* ---- once names have a meaning --------------------------------------------------- */

static int check_form(struct policy_parser *p, const struct policy_nat *nat)
{
	if (nat->proto)
		return fail_form(p, &nat->where, "a port");
	if (nat->has_destination)
		return fail_form(p, &nat->dst_mapped_where, "a destination");
	if (nat->service_real != POLICY_NO_OBJECT)
		return fail_form(p, &nat->service_where, "a service");
	if (nat->flags & POLICY_NAT_F_UNIDIRECTIONAL)
		return fail_form(p, &nat->where, "'unidirectional'");
	if (nat->mapped.mask != POLICY_IP_ONES || !policy_ip_is_v4(nat->mapped.addr))
		return fail_form(p, &nat->mapped_where,
				 "anything but one address of IPv4");
	return 0;
}

static int check_address(struct policy_parser *p, const struct policy_nat *nat)
{
	int err;

	if (policy_is_host_address(nat->mapped.addr))
		return 0;
	err = policy_fail_at(p, &nat->mapped_where, E_STATIC_ADDRESS,
			     "%s is not an address that a host can have",
			     policy_ip_text(nat->mapped.addr).text);
	return policy_hint(p, err, "write the address that clients connect to");
}

static int check_once(struct policy_parser *p, const struct policy_nat *nat)
{
	for (size_t i = 0; i < p->policy->host_nats.count; i++) {
		const struct policy_nat *other = &p->policy->host_nats.items[i];
		int err;

		if (((other->flags | nat->flags) & POLICY_NAT_F_INACTIVE) ||
		    other->real_if != nat->real_if)
			continue;
		err = policy_fail_at(p, &nat->where, E_HOST_NAT_TWICE,
				     "the address of interface '%s' is translated "
				     "already, in line %u",
				     p->policy->ifaces.items[nat->real_if].name,
				     other->where.line);
		return policy_hint(p, err,
				   "this machine announces one public address; "
				   "remove one of the lines");
	}
	return 0;
}

/* `ip address dhcp` is what an interface has whose address is not in the text. */
static int ask_kernel(struct policy_parser *p, const struct policy_nat *nat)
{
	struct policy_iface *iface = &p->policy->ifaces.items[nat->real_if];

	if (iface->has_address || iface->dhcp)
		return 0;
	iface->dhcp = true;
	return policy_note_at(p, &nat->real_where, N_NAT_NO_ADDRESS,
			      "interface '%s' has no address in the text: it is asked of "
			      "the kernel, as with 'ip address dhcp'",
			      iface->name);
}

static int warn_limits(struct policy_parser *p, const struct policy_nat *nat)
{
	int err;

	if (!nat->limits.embryonic)
		return 0;
	err = policy_uncovered_at(p, &nat->where,
				  "half-open connections to this machine itself are not "
				  "limited");
	return policy_hint(p, err, "let its kernel do so: net.ipv4.tcp_syncookies");
}

int policy_keep_host_nat(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_nat *nat = &stmt->parsed;
	struct policy_nat *kept;
	int err = check_form(p, nat);

	if (!err)
		err = check_address(p, nat);
	if (!err)
		err = check_once(p, nat);
	if (!err)
		err = ask_kernel(p, nat);
	if (!err)
		err = warn_limits(p, nat);
	if (err)
		return err;
	kept = vec_push(&p->policy->host_nats);
	if (!kept)
		return -ENOMEM;
	*kept = *nat;
	nat->description = NULL; /* the policy's from here on */
	nat->real_name = NULL;
	return 0;
}
