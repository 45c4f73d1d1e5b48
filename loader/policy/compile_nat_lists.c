// SPDX-License-Identifier: GPL-2.0
/*
 * compile_nat_lists.c - rules of translations become lists, as abi.h has them at struct
 * nat_rule: of each interface one that is asked on the way in, of each pair of
 * interfaces one that is asked on the way out.
 *
 * A rule stands in all lists that it is about, under one number. One that is one-way has
 * a second number, behind all others, for the lists that are asked on the way in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile_nat.h"
#include "policy/diag_codes.h"

#define MAX_LIST_LINES (1u << 20) /* of all lists together */

static bool is_one_way(const struct policy_nat_built *built)
{
	return built->rule.flags & NAT_RULE_F_ONE_WAY;
}

static bool is_about(const struct policy_nat_built *built, size_t real_if,
		     size_t mapped_if)
{
	return built->real_ifs >> real_if & 1 && built->mapped_ifs >> mapped_if & 1;
}

/* Whoever stays as it is when it begins a connection has not been renamed when it is
 * answered: there is nothing to keep from being translated on the way in. And `any` is
 * every interface but the one it is seen from. */
static bool is_asked_in(const struct policy_nat_built *built, size_t mapped_if)
{
	return built->mapped_ifs >> mapped_if & 1 &&
	       (built->real_ifs & ~((uint64_t)1 << mapped_if)) != 0 &&
	       !(is_one_way(built) && !built->permit);
}

/* ---- lists --------------------------------------------------------------- */

/* What lists will need. */
struct sizes {
	size_t rules;
	size_t lists;
	size_t lines;
};

static size_t count_in(const struct policy_nat_compiler *c, size_t mapped_if)
{
	size_t n = 0;

	for (size_t i = 0; i < c->built.count; i++)
		n += is_asked_in(&c->built.items[i], mapped_if);
	return n;
}

static size_t count_out(const struct policy_nat_compiler *c, size_t real_if,
			size_t mapped_if)
{
	size_t n = 0;

	if (real_if == mapped_if)
		return 0;
	for (size_t i = 0; i < c->built.count; i++)
		n += is_about(&c->built.items[i], real_if, mapped_if);
	return n;
}

static struct sizes count_all(const struct policy_nat_compiler *c)
{
	struct sizes n = {.rules = c->built.count};

	for (size_t i = 0; i < c->built.count; i++)
		n.rules += is_one_way(&c->built.items[i]) && c->built.items[i].permit;
	for (size_t m = 0; m < c->policy->ifaces.count; m++) {
		size_t lines = c->ordered >> m & 1 ? count_in(c, m) : 0;

		n.lines += lines;
		n.lists += lines != 0;
		for (size_t r = 0; c->ordered >> m & 1 && r < c->policy->ifaces.count;
		     r++) {
			lines = count_out(c, r, m);
			n.lines += lines;
			n.lists += lines != 0;
		}
	}
	return n;
}

static struct acl_line *begin_list(struct policy_nat_compiler *c, size_t real_if,
				   size_t mapped_if, size_t n_lines)
{
	struct policy_image *image = c->image;
	struct acl_line *lines = policy_sets_alloc(image->sets, n_lines * sizeof(*lines));
	size_t at = image->n_nat_lists++;

	image->nat_lists[at] = (struct policy_image_nat_list){
		.real_if = (__u32)real_if,
		.mapped_if = (__u32)mapped_if + 1,
	};
	image->acl_lists[image->n_acl_lists + at] =
		(struct acl_list){.lines = lines, .n_lines = n_lines};
	return lines;
}

/* Two-way ones in order, then those that only connections which exist go by. */
static int make_in_list(struct policy_nat_compiler *c, size_t mapped_if)
{
	size_t n_lines = count_in(c, mapped_if), second = c->built.count;
	struct acl_line *line, *last;

	if (!n_lines)
		return 0;
	line = begin_list(c, 0, mapped_if, n_lines);
	if (!line)
		return -ENOMEM;
	last = line + n_lines;
	for (size_t i = 0; i < c->built.count; i++)
		if (is_asked_in(&c->built.items[i], mapped_if) &&
		    !is_one_way(&c->built.items[i])) {
			*line = c->built.items[i].in;
			line++->number = (uint32_t)(c->image->n_acl_lines + i);
		}
	for (size_t i = 0; i < c->built.count && line < last; i++) {
		if (!is_one_way(&c->built.items[i]) || !c->built.items[i].permit)
			continue;
		if (is_asked_in(&c->built.items[i], mapped_if)) {
			*line = c->built.items[i].in;
			line++->number = (uint32_t)(c->image->n_acl_lines + second);
		}
		second++;
	}
	return 0;
}

static int make_out_list(struct policy_nat_compiler *c, size_t real_if, size_t mapped_if)
{
	size_t n_lines = count_out(c, real_if, mapped_if);
	struct acl_line *line;

	if (!n_lines)
		return 0;
	line = begin_list(c, real_if + 1, mapped_if, n_lines);
	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < c->built.count; i++)
		if (is_about(&c->built.items[i], real_if, mapped_if)) {
			*line = c->built.items[i].out;
			line++->number = (uint32_t)(c->image->n_acl_lines + i);
		}
	return 0;
}

/* ---- rules --------------------------------------------------------------- */

static void place_rules(struct policy_nat_compiler *c)
{
	struct policy_image *image = c->image;

	for (size_t i = 0; i < c->built.count; i++)
		image->nat_rules[image->n_nat_rules++] = (struct policy_image_nat_rule){
			c->built.items[i].rule, c->built.items[i].source_line,
			c->built.items[i].translation};
	for (size_t i = 0; i < c->built.count; i++)
		if (is_one_way(&c->built.items[i]) && c->built.items[i].permit)
			image->nat_rules[image->n_nat_rules++] = image->nat_rules[i];
}

static int allocate(struct policy_image *image, const struct sizes *n)
{
	struct acl_list *lists = reallocarray(
		image->acl_lists, image->n_acl_lists + n->lists + 1, sizeof(*lists));

	if (!lists)
		return -ENOMEM;
	image->acl_lists = lists;
	/* One more of each: nothing at all is not a failed allocation. */
	image->nat_rules = calloc(n->rules + 1, sizeof(*image->nat_rules));
	image->nat_lists = calloc(n->lists + 1, sizeof(*image->nat_lists));
	return image->nat_rules && image->nat_lists ? 0 : -ENOMEM;
}

static int check_sizes(struct policy_nat_compiler *c, const struct sizes *n)
{
	if (n->rules > ACL_MAX_LINES - c->image->n_acl_lines)
		return policy_fail_limit(
			c->diags, E_TOO_MANY_NATS, "translate wider networks",
			"access lists and translations need %zu lines; this version "
			"holds %u",
			c->image->n_acl_lines + n->rules, ACL_MAX_LINES);
	if (n->lines > MAX_LIST_LINES)
		return policy_fail_limit(
			c->diags, E_TOO_MANY_NATS, "name the interfaces instead of 'any'",
			"the translations of all pairs of interfaces need %zu lines; "
			"this version holds %u",
			n->lines, MAX_LIST_LINES);
	return 0;
}

int policy_nat_make_lists(struct policy_nat_compiler *c)
{
	struct sizes n = count_all(c);
	int err = check_sizes(c, &n);

	if (!err)
		err = allocate(c->image, &n);
	if (err)
		return err;
	place_rules(c);
	for (size_t m = 0; !err && m < c->policy->ifaces.count; m++) {
		if (!(c->ordered >> m & 1))
			continue;
		c->image->ifaces[m].config.flags |= IFACE_F_NAT_RULES;
		err = make_in_list(c, m);
		for (size_t r = 0; !err && r < c->policy->ifaces.count; r++)
			err = make_out_list(c, r, m);
	}
	return err;
}

void policy_bind_nats(struct policy_image *image)
{
	for (size_t i = 0; image->acl.roots && i < image->n_nat_lists; i++) {
		struct policy_image_nat_list *list = &image->nat_lists[i];

		list->root = image->acl.roots[image->n_acl_lists + i];
		if (!list->real_if)
			image->ifaces[list->mapped_if - 1].config.nat_in = list->root;
	}
}
