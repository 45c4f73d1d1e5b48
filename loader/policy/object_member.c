// SPDX-License-Identifier: GPL-2.0
/*
 * object_member.c - what stands below object-group:
 *
 *   network-object host ADDRESS | ADDRESS NETMASK | ADDRESS6/LEN | object NAME
 *   port-object eq PORT | range LOW HIGH
 *   service-object PROTO ... | object NAME
 *   protocol-object PROTO
 *   icmp-object TYPE
 *   group-object NAME
 *   description TEXT
 *
 * Behind `no` the same words take a member away again.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lists.h"

static const char *const block_hints[] = {
	[POLICY_GROUP_NETWORK] = "object-group network NAME",
	[POLICY_GROUP_PORTS] = "object-group service NAME tcp",
	[POLICY_GROUP_SERVICE] = "object-group service NAME",
	[POLICY_GROUP_PROTOCOL] = "object-group protocol NAME",
	[POLICY_GROUP_ICMP_TYPE] = "object-group icmp-type NAME",
	[POLICY_GROUP_OTHER] = "object-group user NAME",
};

/* The statement's own word: behind `no` it is the second. */
static const struct policy_token *own_word(const struct policy_parser *p)
{
	return &p->line.tokens[p->at - 1];
}

static int refuse_member(struct policy_parser *p, int err)
{
	if (p->block == POLICY_BLOCK_GROUP)
		p->group_states.items[p->block_group].refused = true;
	return err;
}

static int fail_outside(struct policy_parser *p, enum policy_group_kind kind)
{
	int err = policy_fail(p, own_word(p), E_OUTSIDE_BLOCK,
			      "'%.*s' stands outside of an object-group block",
			      POLICY_WORD(own_word(p)));

	return policy_hint(p, err, "put it below '%s'", block_hints[kind]);
}

static struct policy_group *open_group(const struct policy_parser *p)
{
	return &p->policy->groups.items[p->block_group];
}

/*
 * The line is about the group whose block is open.
 * @kinds: that have such members; @usual: that is written in the hint
 * Return: 0; 1: it is refused, and its members with it; -EINVAL; -ENOMEM
 */
static int enter_group(struct policy_parser *p, unsigned int kinds,
		       enum policy_group_kind usual)
{
	const struct policy_group *group;
	int err;

	if (p->block == POLICY_BLOCK_REFUSED_GROUP)
		return 1;
	if (p->block != POLICY_BLOCK_GROUP)
		return fail_outside(p, usual);
	policy_own(p, POLICY_OWNER_GROUP, p->block_group);
	group = open_group(p);
	if (kinds & POLICY_KIND(group->kind))
		return 0;
	err = policy_fail(p, own_word(p), E_GROUP_KIND,
			  "object-group '%s' has no member of kind '%.*s'", group->name,
			  POLICY_WORD(own_word(p)));
	err = policy_hint(p, err, "that belongs below '%s'", block_hints[usual]);
	return refuse_member(p, err);
}

/* ---- equal members --------------------------------------------------------- */

static bool same_addr(const struct policy_addr *a, const struct policy_addr *b)
{
	return a->kind == b->kind && a->ref == b->ref && a->addr == b->addr &&
	       a->mask == b->mask;
}

static bool same_ports(const struct policy_ports *a, const struct policy_ports *b)
{
	return a->op == b->op && a->low == b->low && a->high == b->high;
}

static bool same_term(const struct policy_service_term *a,
		      const struct policy_service_term *b)
{
	return a->any_proto == b->any_proto && a->tcp_udp == b->tcp_udp &&
	       a->proto == b->proto && same_ports(&a->src_ports, &b->src_ports) &&
	       same_ports(&a->dst_ports, &b->dst_ports) && a->icmp == b->icmp &&
	       a->icmp_type == b->icmp_type && a->icmp_code == b->icmp_code;
}

static bool same_member(const struct policy_member *a, const struct policy_member *b)
{
	return a->kind == b->kind && a->ref == b->ref && same_addr(&a->addr, &b->addr) &&
	       same_term(&a->service, &b->service);
}

/* ---- keeping and undoing ------------------------------------------------------ */

static int undo_member(struct policy_parser *p, struct policy_group *group,
		       const struct policy_member *member)
{
	for (size_t i = 0; i < group->members.count; i++) {
		struct policy_member *at = &group->members.items[i];

		if (!same_member(at, member))
			continue;
		free(at->remark);
		group->members.count--;
		memmove(at, at + 1, (group->members.count - i) * sizeof(*at));
		return 0;
	}
	return policy_ignore(p, &p->line.tokens[0]); /* there is no such member */
}

/* The line has been read. */
static int end_member(struct policy_parser *p, struct policy_member *member)
{
	struct policy_group *group = &p->policy->groups.items[p->block_group];
	const struct policy_token *last = &p->line.tokens[p->line.n_tokens - 1];
	struct policy_member *kept;
	int err = policy_expect_end(p);

	if (err)
		return refuse_member(p, err);
	if (policy_token_is(&p->line.tokens[0], "no"))
		return undo_member(p, group, member);
	kept = vec_push(&group->members);
	if (!kept)
		return -ENOMEM;
	*kept = *member;
	kept->where = policy_where(p, &p->line.tokens[0]);
	kept->where.width = last->column + (unsigned int)last->len - kept->where.column;
	return 0;
}

/* ---- members ---------------------------------------------------------------- */

int policy_stmt_network_object(struct policy_parser *p)
{
	struct policy_member member = {.kind = POLICY_MEMBER_ADDR};
	int err = enter_group(p, POLICY_KIND(POLICY_GROUP_NETWORK), POLICY_GROUP_NETWORK);

	if (err)
		return err > 0 ? 0 : err;
	member.addr =
		(struct policy_addr){.ref = POLICY_NO_OBJECT, .kind = POLICY_ADDR_OBJECT};
	if (policy_accept(p, "object"))
		err = policy_parse_object_ref(p, &member.addr.ref);
	else
		err = policy_parse_net_operand(p, "an address", &member.addr);
	return err ? refuse_member(p, err) : end_member(p, &member);
}

int policy_stmt_port_object(struct policy_parser *p)
{
	static const char *const ops[] = {"eq", "range", NULL};
	struct policy_member member = {.kind = POLICY_MEMBER_SERVICE};
	const struct policy_group *group;
	int err = enter_group(p, POLICY_KIND(POLICY_GROUP_PORTS), POLICY_GROUP_PORTS);

	if (err)
		return err > 0 ? 0 : err;
	group = open_group(p);
	member.service.proto = group->tcp ? IPPROTO_TCP : IPPROTO_UDP;
	member.service.tcp_udp = group->tcp && group->udp;
	if (!policy_is_port_operator(policy_peek(p)))
		err = policy_fail_expected(p, "an operator",
					   "write 'eq PORT' or 'range LOW HIGH'", ops);
	else
		err = policy_parse_port_op(
			p, (struct policy_port_protos){group->tcp, group->udp},
			"the member", &member.service.dst_ports);
	return err ? refuse_member(p, err) : end_member(p, &member);
}

int policy_stmt_service_object(struct policy_parser *p)
{
	struct policy_member member = {.kind = POLICY_MEMBER_SERVICE};
	int err = enter_group(p, POLICY_KIND(POLICY_GROUP_SERVICE), POLICY_GROUP_SERVICE);

	if (err)
		return err > 0 ? 0 : err;
	if (policy_accept(p, "object")) {
		member.kind = POLICY_MEMBER_OBJECT;
		err = policy_parse_object_ref(p, &member.ref);
	} else {
		err = policy_parse_service_term(p, &member.service);
	}
	return err ? refuse_member(p, err) : end_member(p, &member);
}

int policy_stmt_protocol_object(struct policy_parser *p)
{
	struct policy_member member = {.kind = POLICY_MEMBER_SERVICE};
	int err =
		enter_group(p, POLICY_KIND(POLICY_GROUP_PROTOCOL), POLICY_GROUP_PROTOCOL);

	if (err)
		return err > 0 ? 0 : err;
	err = policy_parse_protocol(p, &member.service.proto, &member.service.any_proto);
	return err ? refuse_member(p, err) : end_member(p, &member);
}

int policy_stmt_icmp_object(struct policy_parser *p)
{
	struct policy_member member = {.kind = POLICY_MEMBER_SERVICE};
	int type = 0, code = -1;
	int err = enter_group(p, POLICY_KIND(POLICY_GROUP_ICMP_TYPE),
			      POLICY_GROUP_ICMP_TYPE);

	if (err)
		return err > 0 ? 0 : err;
	err = policy_parse_icmp_type(p, IPPROTO_ICMP, &type, &code);
	if (err)
		return refuse_member(p, err);
	member.service.proto = IPPROTO_ICMP;
	member.service.icmp = code < 0 ? POLICY_ICMP_TYPE : POLICY_ICMP_TYPE_CODE;
	member.service.icmp_type = (uint8_t)type;
	member.service.icmp_code = code < 0 ? 0 : (uint8_t)code;
	return end_member(p, &member);
}

/* Groups of ports that are within one another are of the same protocols, or of more. */
static int check_protos(struct policy_parser *p, const struct policy_token *name,
			const struct policy_group *outer,
			const struct policy_group *inner)
{
	int err;

	if (outer->kind != POLICY_GROUP_PORTS ||
	    (inner->tcp >= outer->tcp && inner->udp >= outer->udp))
		return 0;
	err = policy_fail(p, name, E_GROUP_KIND,
			  "object-group '%s' is of %s ports, '%s' of %s", inner->name,
			  inner->tcp ? "tcp" : "udp", outer->name,
			  outer->tcp && outer->udp ? "tcp and udp"
			  : outer->tcp		   ? "tcp"
						   : "udp");
	return policy_hint(p, err, "declare both with the same protocol");
}

int policy_stmt_group_object(struct policy_parser *p)
{
	static const char *const what[] = {
		[POLICY_GROUP_NETWORK] = "addresses",
		[POLICY_GROUP_PORTS] = "ports",
		[POLICY_GROUP_SERVICE] = "services",
		[POLICY_GROUP_PROTOCOL] = "protocols",
		[POLICY_GROUP_ICMP_TYPE] = "ICMP types",
	};
	struct policy_member member = {.kind = POLICY_MEMBER_GROUP};
	const struct policy_token *name = policy_peek(p);
	const struct policy_group *group;
	int err = enter_group(p, ~0u, POLICY_GROUP_NETWORK);

	if (err)
		return err > 0 ? 0 : err;
	group = open_group(p);
	if (group->kind == POLICY_GROUP_OTHER)
		return 0;
	err = policy_parse_group_name(p, POLICY_KIND(group->kind), what[group->kind],
				      &member.ref);
	if (!err)
		err = check_protos(p, name, &p->policy->groups.items[p->block_group],
				   &p->policy->groups.items[member.ref]);
	return err ? refuse_member(p, err) : end_member(p, &member);
}

/* Members of groups of users and tags: nothing of them is kept. */
int policy_stmt_identity_member(struct policy_parser *p)
{
	int err = enter_group(p, POLICY_KIND(POLICY_GROUP_OTHER), POLICY_GROUP_OTHER);

	return err > 0 ? 0 : err;
}

/* ---- description -------------------------------------------------------------- */

static int describe_group(struct policy_parser *p)
{
	struct policy_group *group = &p->policy->groups.items[p->block_group];
	struct policy_member *member;
	char *text;

	/* A group has one; a later one takes its place. */
	for (size_t i = 0; i < group->members.count; i++) {
		member = &group->members.items[i];
		if (member->kind == POLICY_MEMBER_REMARK) {
			text = policy_rest_of_line(p);
			if (!text)
				return -ENOMEM;
			free(member->remark);
			member->remark = text;
			return 0;
		}
	}
	member = vec_push(&group->members);
	if (!member)
		return -ENOMEM;
	member->kind = POLICY_MEMBER_REMARK;
	member->where = policy_where(p, &p->line.tokens[0]);
	member->remark = policy_rest_of_line(p);
	return member->remark ? 0 : -ENOMEM;
}

int policy_stmt_description(struct policy_parser *p)
{
	int err;

	switch (p->block) {
	case POLICY_BLOCK_OBJECT:
		return policy_describe_object(p);
	case POLICY_BLOCK_GROUP:
		return describe_group(p);
	case POLICY_BLOCK_REFUSED_OBJECT:
	case POLICY_BLOCK_REFUSED_GROUP:
		return 0;
	default:
		break;
	}
	err = policy_fail(p, &p->line.tokens[0], E_OUTSIDE_BLOCK,
			  "'%.*s' stands outside of a block",
			  POLICY_WORD(&p->line.tokens[0]));
	return policy_hint(p, err, "write a comment, beginning with '!'");
}

/* `no description` */
int policy_stmt_no_description(struct policy_parser *p)
{
	struct policy_group *group;

	if (p->block == POLICY_BLOCK_OBJECT) {
		struct policy_object *object = &p->policy->objects.items[p->block_object];

		free(object->description);
		object->description = NULL;
	}
	if (p->block != POLICY_BLOCK_GROUP)
		return 0;
	group = &p->policy->groups.items[p->block_group];
	for (size_t i = group->members.count; i--;) {
		struct policy_member *at = &group->members.items[i];

		if (at->kind != POLICY_MEMBER_REMARK)
			continue;
		free(at->remark);
		group->members.count--;
		memmove(at, at + 1, (group->members.count - i) * sizeof(*at));
	}
	return 0;
}
