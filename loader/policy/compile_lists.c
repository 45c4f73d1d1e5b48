// SPDX-License-Identifier: GPL-2.0
/*
 * compile_lists.c - access lists: from lines to sets, and by acl.h to an image.
 *
 * What an address, an object or a group stands for is known to sets.h. Lists are large
 * and compiled whenever one line changes: the lines of all lists are one piece of
 * memory, and so are their texts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diag_codes.h"
#include "policy/line_id.h"
#include "policy/model.h"
#include "policy/sets.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define HINT_JOIN "join lines by wider prefixes and port ranges"

void policy_free_lists(struct policy_image *image)
{
	acl_image_free(&image->acl);
	if (image->n_lines)
		free(image->lines[0].text); /* all texts: see place_texts() */
	free(image->lines);
	free(image->acl_lists);
	policy_sets_free(image->sets); /* and all that the lists point to */
}

/* ---- sets of all lists ------------------------------------------------- */

/* What is under way, and where it goes. */
struct list_compiler {
	const struct policy *policy;
	struct policy_image *image;
	struct policy_diags *diags;
	struct strbuf texts; /* of all lines, each with its NUL */
	/* Of the list in hand: what all its texts begin with, and its hash. */
	size_t start_len;
	uint64_t start_hash;
	struct acl_line *lines; /* the next of all lists */
};

static int fail_set(struct list_compiler *c, const struct policy_list *list,
		    const struct policy_rule *rule)
{
	return policy_fail_limit(
		c->diags, E_SET_TOO_LARGE, "use smaller groups, or wider prefixes",
		"line %u of the text, in access list '%s', stands for too much: a group "
		"may have %u addresses or services, all that are in use %u",
		rule->where.line, list->name, POLICY_MAX_SET, POLICY_MAX_ALL_SETS);
}

static int add_line(struct list_compiler *c, struct acl_list *to,
		    const struct policy_list *list, const struct policy_rule *rule)
{
	struct acl_line *line = c->lines;
	struct policy_addr_set src, dst;
	struct policy_service_set services;
	int err = policy_addr_set(c->image->sets, &rule->src, rule->family, &src);

	if (!err)
		err = policy_addr_set(c->image->sets, &rule->dst, rule->family, &dst);
	if (!err)
		err = policy_rule_services(c->image->sets, rule, &services);
	if (err)
		return err == -E2BIG ? fail_set(c, list, rule) : err;
	*line = (struct acl_line){
		.src = src.items,
		.dst = dst.items,
		.services = services.items,
		.n_src = src.count,
		.n_dst = dst.count,
		.n_services = services.count,
		.number = (uint32_t)c->image->n_acl_lines++,
		.permit = rule->permit,
	};
	if (rule->fragments)
		c->image->config.flags |= CONFIG_F_FRAGMENT_LINES;
	c->lines++;
	to->n_lines++;
	return 0;
}

/* How much there will be of everything. */
struct list_counts {
	size_t lines;	    /* of all lists */
	size_t bound_lists; /* what follows is of these */
	size_t acl_lines;
};

static struct list_counts count_lists(const struct policy *policy)
{
	struct list_counts n = {0};

	for (size_t i = 0; i < policy->lists.count; i++) {
		const struct policy_list *list = &policy->lists.items[i];

		n.lines += list->n_deciding;
		if (!list->bound)
			continue;
		n.bound_lists++;
		n.acl_lines += list->n_active;
	}
	return n;
}

/* ---- lines as they are shown -------------------------------------------- */

/* What is logged when the line decides. */
static void tell_of_line(const struct policy_rule *rule, struct policy_image_line *line)
{
	if (rule->log == POLICY_LOG_ON)
		line->flags = ACL_LINE_F_LOG;
	else if (rule->log == POLICY_LOG_OFF)
		line->flags = ACL_LINE_F_QUIET;
	line->log_level = rule->log_level;
	line->log_interval_sec = rule->log_interval_sec;
}

static int show_line(struct list_compiler *c, const struct policy_list *list,
		     size_t position)
{
	const struct policy_rule *rule = &list->rules.items[position];
	struct policy_image_line *line = &c->image->lines[c->image->n_lines];
	size_t start = c->texts.len + c->start_len;

	policy_print_rule(&c->texts, c->policy, list, rule);
	if (c->texts.failed)
		return -ENOMEM;
	memcpy(line->acl, list->name, sizeof(line->acl));
	line->number = (unsigned int)position + 1;
	line->source_line = rule->where.line;
	line->bound = list->bound;
	line->line_id = policy_line_hash(c->start_hash, c->texts.data + start,
					 c->texts.len - start);
	line->acl_line = list->bound && !rule->inactive ? (uint32_t)c->image->n_acl_lines
							: ACL_NO_LINE;
	tell_of_line(rule, line);
	strbuf_putc(&c->texts, '\0');
	c->image->n_lines++;
	return 0;
}

/* They do not move any more: the first line's text is the memory of all. */
static int place_texts(struct list_compiler *c)
{
	char *text;
	int err = strbuf_steal(&c->texts, &text, NULL);

	if (err)
		return err;
	if (!c->image->n_lines)
		free(text);
	for (size_t i = 0; i < c->image->n_lines; i++) {
		c->image->lines[i].text = text;
		text += strlen(text) + 1;
	}
	return 0;
}

/* ---- lists -------------------------------------------------------------- */

static int compile_list(struct list_compiler *c, const struct policy_list *list)
{
	struct acl_list *to = &c->image->acl_lists[c->image->n_acl_lists];
	struct strbuf start cleanup_(strbuf_free) = {0};

	policy_print_rule_start(&start, list);
	if (start.failed)
		return -ENOMEM;
	c->start_len = start.len;
	c->start_hash = policy_line_ids_start(list->name, start.data, start.len);
	to->lines = c->lines;
	for (size_t i = 0; i < list->rules.count; i++) {
		const struct policy_rule *rule = &list->rules.items[i];
		int err = rule->remark ? 0 : show_line(c, list, i);

		if (!err && list->bound && policy_rule_is_active(rule))
			err = add_line(c, to, list, rule);
		if (err)
			return err;
	}
	c->image->n_acl_lists += list->bound;
	return 0;
}

/* Lead to a list wherever it is bound. */
static void bind_list(const struct policy *policy, struct policy_image *image,
		      size_t index, struct acl_root root)
{
	const char *name = policy->lists.items[index].name;

	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *from = &policy->ifaces.items[i];
		struct policy_image_iface *to = &image->ifaces[i];
		const struct {
			__u32 flag;
			struct acl_root *root;
			char *name;
		} places[] = {
			[POLICY_BIND_IN] = {IFACE_F_ACL_IN, &to->config.acl_in,
					    to->acl_in},
			[POLICY_BIND_OUT] = {IFACE_F_ACL_OUT, &to->config.acl_out,
					     to->acl_out},
			[POLICY_BIND_BOX] = {IFACE_F_ACL_BOX, &to->config.acl_box,
					     to->acl_box},
		};

		for (int j = 0; j < POLICY_N_BINDINGS; j++) {
			if (!policy_iface_asks(from, j, index))
				continue;
			to->config.flags |= places[j].flag;
			*places[j].root = root;
			memcpy(places[j].name, name, POLICY_LIST_NAME_SIZE);
		}
	}
	if (policy->has_conduit && policy->conduit == index) {
		image->config.flags |= CONFIG_F_CONDUIT;
		image->config.acl_conduit = root;
	}
	if (policy->has_acl_global && policy->acl_global == index) {
		image->config.flags |= CONFIG_F_ACL_GLOBAL;
		image->config.acl_global = root;
		memcpy(image->acl_global, name, POLICY_LIST_NAME_SIZE);
	}
}

/* Every bound list once; the places that it is bound to share it. */
static void bind_lists(const struct policy *policy, struct policy_image *image)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->lists.count; i++)
		if (policy->lists.items[i].bound)
			bind_list(policy, image, i,
				  image->acl.roots ? image->acl.roots[n++]
						   : (struct acl_root){0});
}

/* The list that is number @n of those bound. */
static const char *bound_list_name(const struct policy *policy, size_t n)
{
	size_t i = 0;

	while (n || !policy->lists.items[i].bound)
		n -= policy->lists.items[i++].bound;
	return policy->lists.items[i].name;
}

static int build_image(const struct policy *policy, struct policy_image *image,
		       struct policy_diags *diags)
{
	struct acl_refusal why = {0};
	int err = acl_image_build(image->acl_lists,
				  image->n_acl_lists + image->n_nat_lists, NULL,
				  &image->acl, &why);

	if (err != -E2BIG)
		return err;
	if (why.list >= image->n_acl_lists)
		return policy_fail_limit(
			diags, E_LIST_TOO_LARGE, "write fewer or wider translations",
			"the translations need %llu %s; this version holds %llu",
			(unsigned long long)why.needed, why.what,
			(unsigned long long)why.limit);
	return policy_fail_limit(
		diags, E_LIST_TOO_LARGE, HINT_JOIN ", or bind a list with fewer lines",
		"access list '%s' needs %llu %s; this version holds %llu",
		bound_list_name(policy, why.list), (unsigned long long)why.needed,
		why.what, (unsigned long long)why.limit);
}

static int compile_lists(struct list_compiler *c, const struct list_counts *n)
{
	struct policy_image *image = c->image;
	int err = 0;

	image->sets = policy_sets_new(c->policy);
	/* One more of each: nothing at all is not a failed allocation. */
	image->acl_lists = calloc(n->bound_lists + 1, sizeof(*image->acl_lists));
	image->lines = calloc(n->lines + 1, sizeof(*image->lines));
	if (!image->sets || !image->acl_lists || !image->lines)
		return -ENOMEM;
	c->lines = policy_sets_alloc(image->sets, n->acl_lines * sizeof(*c->lines));
	if (!c->lines)
		return -ENOMEM;
	for (size_t i = 0; !err && i < c->policy->lists.count; i++)
		err = compile_list(c, &c->policy->lists.items[i]);
	/* Lines own their texts from here on; until then they have none. */
	if (!err)
		err = place_texts(c);
	if (!err)
		err = policy_line_ids_settle(image->lines, image->n_lines);
	image->config.n_acl_lines = (__u32)image->n_acl_lines;
	return err;
}

int policy_compile_lists(const struct policy *policy, struct policy_image *image,
			 struct policy_diags *diags)
{
	struct list_compiler c = {.policy = policy, .image = image, .diags = diags};
	struct list_counts n = count_lists(policy);
	int err;

	if (n.acl_lines > ACL_MAX_LINES)
		return policy_fail_limit(
			diags, E_TOO_MANY_LINES, HINT_JOIN,
			"the policy needs %zu access-list lines; this version holds %u",
			n.acl_lines, ACL_MAX_LINES);
	err = compile_lists(&c, &n);
	strbuf_free(&c.texts);
	return err;
}

int policy_build_lists(const struct policy *policy, struct policy_image *image,
		       bool build, struct policy_diags *diags)
{
	int err = build ? build_image(policy, image, diags) : 0;

	if (!err)
		bind_lists(policy, image);
	return err;
}
