// SPDX-License-Identifier: GPL-2.0
/*
 * check_object_group.c - groups within groups, once all is known.
 *
 * A group that contains itself is refused, with the way from it to itself; so are
 * groups nested deeper than everybody who follows them cares to go. What a group holds
 * (families, protocols without ports) is found on the way.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/lists.h"
#include "policy/sets.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define PATH_BYTES 200 /* of a message; what is longer is cut in the middle */

/* While groups are followed. */
enum mark { UNSEEN, OPEN, DONE };

/* The groups that were followed from the first one to where we are. */
struct path {
	size_t groups[POLICY_MAX_DEPTH + 1];
	size_t len;
	bool too_deep; /* it has been said: groups around these are so, too */
};

static const char *name_of(const struct policy_parser *p, size_t group)
{
	return p->policy->groups.items[group].name;
}

/* @first: where on the path the circle begins */
static int fail_circle(struct policy_parser *p, const struct policy_member *member,
		       const struct path *path, size_t first)
{
	char *text cleanup_free_ = NULL;
	struct strbuf buf = {0};
	int err;

	for (size_t i = first; i < path->len; i++) {
		if (buf.len > PATH_BYTES && i + 1 < path->len) {
			strbuf_puts(&buf, "... -> ");
			i = path->len - 1;
		}
		strbuf_printf(&buf, "%s -> ", name_of(p, path->groups[i]));
	}
	strbuf_puts(&buf, name_of(p, member->ref));
	if (strbuf_steal(&buf, &text, NULL))
		return -ENOMEM;
	err = policy_fail_at(p, &member->where, E_GROUP_CIRCLE,
			     "object-group '%s' contains itself: %s",
			     name_of(p, member->ref), text);
	return policy_hint(p, err, "remove one of the group-object lines on the way");
}

static int fail_depth(struct policy_parser *p, const struct policy_member *member,
		      struct path *path)
{
	int err;

	if (path->too_deep)
		return -EINVAL;
	path->too_deep = true;
	err = policy_fail_at(p, &member->where, E_GROUP_DEPTH,
			     "object-groups are nested more than %d deep",
			     POLICY_MAX_DEPTH);

	return policy_hint(p, err, "put the members of the inner groups together");
}

static int follow(struct policy_parser *p, size_t index, struct path *path);

/* A group within the last one of the path. */
static int follow_inner(struct policy_parser *p, const struct policy_member *member,
			struct path *path)
{
	struct policy_group_state *inner = &p->group_states.items[member->ref];
	struct policy_group_state *outer;
	size_t first = 0;
	int err = 0;

	if (inner->mark == OPEN) {
		while (path->groups[first] != member->ref)
			first++;
		return fail_circle(p, member, path, first);
	}
	if (inner->mark == UNSEEN)
		err = path->len >= POLICY_MAX_DEPTH ? fail_depth(p, member, path)
						    : follow(p, member->ref, path);
	if (err)
		return err;
	outer = &p->group_states.items[path->groups[path->len - 1]];
	if (inner->depth >= POLICY_MAX_DEPTH - 1)
		return fail_depth(p, member, path);
	outer->has_v4 |= inner->has_v4;
	outer->has_v6 |= inner->has_v6;
	outer->has_members |= inner->has_members;
	outer->lacks_ports |= inner->lacks_ports;
	if (outer->depth <= inner->depth)
		outer->depth = inner->depth + 1;
	return 0;
}

static int follow_addr(struct policy_parser *p, const struct policy_member *member,
		       struct policy_group_state *state)
{
	const struct policy_addr *addr = &member->addr;
	policy_ip ip = addr->addr;
	int err = 0;

	if (addr->kind == POLICY_ADDR_OBJECT) {
		err = policy_check_object_use(p, addr->ref, POLICY_OBJECT_NETWORK,
					      &member->where);
		ip = p->policy->objects.items[addr->ref].addr;
	}
	if (err)
		return err;
	state->has_members = true;
	state->has_v4 |= policy_ip_is_v4(ip);
	state->has_v6 |= !policy_ip_is_v4(ip);
	return 0;
}

static int follow_member(struct policy_parser *p, const struct policy_member *member,
			 struct path *path)
{
	struct policy_group_state *state =
		&p->group_states.items[path->groups[path->len - 1]];
	const struct policy_service_term *term = &member->service;

	switch (member->kind) {
	case POLICY_MEMBER_GROUP:
		return follow_inner(p, member, path);
	case POLICY_MEMBER_ADDR:
		return follow_addr(p, member, state);
	case POLICY_MEMBER_OBJECT:
		state->has_members = true;
		return policy_check_object_use(p, member->ref, POLICY_OBJECT_SERVICE,
					       &member->where);
	case POLICY_MEMBER_SERVICE:
		state->has_members = true;
		state->lacks_ports |= term->any_proto || (term->proto != IPPROTO_TCP &&
							  term->proto != IPPROTO_UDP);
		break;
	case POLICY_MEMBER_REMARK:
		break;
	}
	return 0;
}

/* Recursive, no deeper than a path is long. Refused members leave the group refused. */
static int follow(struct policy_parser *p, size_t index, struct path *path)
{
	const struct policy_group *group = &p->policy->groups.items[index];
	struct policy_group_state *state = &p->group_states.items[index];

	state->mark = OPEN;
	path->groups[path->len++] = index;
	for (size_t i = 0; i < group->members.count; i++) {
		int err;

		policy_own(p, POLICY_OWNER_GROUP, index);
		err = follow_member(p, &group->members.items[i], path);
		if (err == -ENOMEM)
			return err;
		if (err)
			state->refused = true;
	}
	path->len--;
	state->mark = DONE;
	return 0;
}

int policy_check_object_groups(struct policy_parser *p)
{
	struct path path = {.len = 0};
	int err = 0;

	for (size_t i = 0; !err && i < p->policy->groups.count; i++)
		if (p->group_states.items[i].mark == UNSEEN)
			err = follow(p, i, &path);
	policy_own(p, POLICY_OWNER_NONE, 0);
	return err;
}
