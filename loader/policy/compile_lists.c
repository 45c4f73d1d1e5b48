// SPDX-License-Identifier: GPL-2.0
/*
 * compile_lists.c - access lists: from lines to sets, and by acl.h to an image.
 *
 * Operators become inclusive ranges, addresses become prefixes of their family,
 * what matches both families becomes two. Lists are large and compiled whenever
 * one line changes: the sets of all lists are one piece of memory, and so are the
 * texts of all lines.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diag_codes.h"
#include "policy/line_id.h"
#include "policy/model.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define MAX_RANGES 2 /* `neq` */
#define ICMP_CODES 256u
#define N_ENDS	   2 /* of a line */

/* Bits of a line's condition for flags that must be clear (abi_acl.h). */
#define CLEAR_SHIFT 6

#define HINT_JOIN "join lines by wider prefixes and port ranges"

static const struct acl_prefix everything[ACL_N_FAMILIES] = {
	[ACL_IPV4] = {.family = ACL_IPV4},
	[ACL_IPV6] = {.family = ACL_IPV6},
};

void policy_free_lists(struct policy_image *image)
{
	acl_image_free(&image->acl);
	if (image->n_lines)
		free(image->lines[0].text); /* all texts: see place_texts() */
	free(image->lines);
	free(image->acl_lists); /* and all that they point to: see sets_new() */
}

/* ---- sets of one line -------------------------------------------------- */

struct port_range {
	uint16_t low; /* inclusive */
	uint16_t high;
};

/* Inclusive ranges of an operator. Return: how many, 0 if nothing matches. */
static size_t port_ranges(const struct policy_ports *ports, struct port_range *out)
{
	size_t n = 0;

	switch (ports->op) {
	case POLICY_PORT_GROUP:
	case POLICY_PORT_ANY:
		out[n++] = (struct port_range){0, UINT16_MAX};
		break;
	case POLICY_PORT_EQ:
		out[n++] = (struct port_range){ports->low, ports->low};
		break;
	case POLICY_PORT_RANGE:
		out[n++] = (struct port_range){ports->low, ports->high};
		break;
	case POLICY_PORT_LT:
	case POLICY_PORT_GT:
	case POLICY_PORT_NEQ:
		if (ports->op != POLICY_PORT_GT && ports->low > 0)
			out[n++] = (struct port_range){0, ports->low - 1};
		if (ports->op != POLICY_PORT_LT && ports->low < UINT16_MAX)
			out[n++] = (struct port_range){ports->low + 1, UINT16_MAX};
		break;
	}
	return n;
}

/* Type and code stand where a destination port would: type << 8 | code. */
static struct port_range icmp_range(const struct policy_rule *rule)
{
	uint16_t first = (uint16_t)(rule->icmp_type * ICMP_CODES);

	if (rule->icmp == POLICY_ICMP_ANY)
		return (struct port_range){0, UINT16_MAX};
	if (rule->icmp == POLICY_ICMP_TYPE)
		return (struct port_range){first, first + ICMP_CODES - 1};
	return (struct port_range){first + rule->icmp_code, first + rule->icmp_code};
}

static uint16_t rule_condition(const struct policy_rule *rule)
{
	const struct policy_tcp_flags *flags = &rule->tcp_flags;

	return (uint16_t)(flags->set | flags->clear << CLEAR_SHIFT |
			  (flags->any ? ACL_COND_ANY : 0) |
			  (rule->fragments ? ACL_COND_FRAGMENTS : 0));
}

/* Write the services of a line. Return: how many, 0 if no packet is any of them. */
static uint32_t rule_services(const struct policy_rule *rule, struct acl_service *out)
{
	struct port_range src[MAX_RANGES], dst[MAX_RANGES];
	size_t n_src = port_ranges(&rule->src_ports, src);
	size_t n_dst = port_ranges(&rule->dst_ports, dst);
	uint16_t cond = rule_condition(rule);
	uint32_t n = 0;

	if (!rule->any_proto &&
	    (rule->proto == IPPROTO_ICMP || rule->proto == IPPROTO_ICMPV6))
		dst[0] = icmp_range(rule);
	for (size_t s = 0; s < n_src; s++)
		for (size_t d = 0; d < n_dst; d++)
			out[n++] = (struct acl_service){
				.src_port_low = src[s].low,
				.src_port_high = src[s].high,
				.dst_port_low = dst[d].low,
				.dst_port_high = dst[d].high,
				.proto = rule->proto,
				.any_proto = rule->any_proto,
				.cond = cond,
			};
	return n;
}

static struct acl_prefix prefix_of(policy_ip addr, policy_ip mask)
{
	unsigned int len = policy_mask_len(mask);

	if (policy_ip_is_v4(addr))
		return (struct acl_prefix){
			.low = (uint32_t)addr,
			.len = (uint8_t)(len - POLICY_V4_BITS),
			.family = ACL_IPV4,
		};
	return (struct acl_prefix){
		.high = (uint64_t)(addr >> 64),
		.low = (uint64_t)addr,
		.len = (uint8_t)len,
		.family = ACL_IPV6,
	};
}

/* ---- sets of all lists ------------------------------------------------- */

/* What is under way, and where it goes. */
struct list_compiler {
	const struct policy *policy;
	struct policy_image *image;
	struct strbuf texts; /* of all lines, each with its NUL */
	/* Of the list in hand: what all its texts begin with, and its hash. */
	size_t start_len;
	uint64_t start_hash;
	struct acl_line *lines;
	struct acl_prefix *prefixes;
	struct acl_service *services;
};

/* What an end of a line matches, given the family of the line. */
static uint32_t end_prefixes(struct list_compiler *c, const struct policy_addr *addr,
			     enum policy_family family, const struct acl_prefix **out)
{
	if (addr->kind == POLICY_ADDR_NET || addr->kind == POLICY_ADDR_OBJECT) {
		*c->prefixes = prefix_of(addr->addr, addr->mask);
		*out = c->prefixes++;
		return 1;
	}
	*out = &everything[family == POLICY_FAMILY_V6 ? ACL_IPV6 : ACL_IPV4];
	return family == POLICY_FAMILY_BOTH ? ACL_N_FAMILIES : 1;
}

static void add_line(struct list_compiler *c, struct acl_list *list,
		     const struct policy_rule *rule)
{
	struct acl_line *line = c->lines++;

	line->number = (uint32_t)c->image->n_acl_lines++;
	line->permit = rule->permit;
	line->n_src = end_prefixes(c, &rule->src, rule->family, &line->src);
	line->n_dst = end_prefixes(c, &rule->dst, rule->family, &line->dst);
	line->services = c->services;
	line->n_services = rule_services(rule, c->services);
	c->services += line->n_services;
	if (rule->fragments)
		c->image->config.flags |= CONFIG_F_FRAGMENT_LINES;
	list->n_lines++;
}

/* How much there will be of everything. */
struct list_counts {
	size_t lines;	    /* of all lists */
	size_t bound_lists; /* what follows is of these */
	size_t acl_lines;
	size_t services;
};

static struct list_counts count_lists(const struct policy *policy)
{
	struct port_range unused[MAX_RANGES];
	struct list_counts n = {0};

	for (size_t i = 0; i < policy->lists.count; i++) {
		const struct policy_list *list = &policy->lists.items[i];

		n.lines += list->n_deciding;
		if (!list->bound)
			continue;
		n.bound_lists++;
		n.acl_lines += list->n_active;
		for (size_t j = 0; j < list->rules.count; j++) {
			const struct policy_rule *rule = &list->rules.items[j];

			if (policy_rule_is_active(rule))
				n.services += port_ranges(&rule->src_ports, unused) *
					      port_ranges(&rule->dst_ports, unused);
		}
	}
	return n;
}

/* One piece of memory, zeroed: lists, lines, prefixes, services. It begins with the
 * strictest alignment and ends with the laxest. */
static int sets_new(struct list_compiler *c, const struct list_counts *n)
{
	size_t max_prefixes = N_ENDS * n->acl_lines;
	/* One more list: nothing at all is not a failed allocation. */
	size_t bytes = (n->bound_lists + 1) * sizeof(struct acl_list) +
		       n->acl_lines * sizeof(struct acl_line) +
		       max_prefixes * sizeof(struct acl_prefix) +
		       n->services * sizeof(struct acl_service);

	c->image->acl_lists = calloc(1, bytes);
	if (!c->image->acl_lists)
		return -ENOMEM;
	c->lines = (struct acl_line *)(c->image->acl_lists + n->bound_lists + 1);
	c->prefixes = (struct acl_prefix *)(c->lines + n->acl_lines);
	c->services = (struct acl_service *)(c->prefixes + max_prefixes);
	return 0;
}

_Static_assert(_Alignof(struct acl_list) >= _Alignof(struct acl_line) &&
		       _Alignof(struct acl_line) >= _Alignof(struct acl_prefix) &&
		       _Alignof(struct acl_prefix) >= _Alignof(struct acl_service),
	       "sets_new() places them in this order");

/* ---- lines as they are shown -------------------------------------------- */

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

		if (err)
			return err;
		if (list->bound && policy_rule_is_active(rule))
			add_line(c, to, rule);
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

static int build_image(struct list_compiler *c, struct policy_diags *diags)
{
	struct acl_refusal why = {0};
	int err = acl_image_build(c->image->acl_lists, c->image->n_acl_lists, NULL,
				  &c->image->acl, &why);

	if (err != -E2BIG)
		return err;
	return policy_fail_limit(
		diags, E_LIST_TOO_LARGE, HINT_JOIN ", or bind a list with fewer lines",
		"access list '%s' needs %llu %s; this version holds %llu",
		bound_list_name(c->policy, why.list), (unsigned long long)why.needed,
		why.what, (unsigned long long)why.limit);
}

static int compile_lists(struct list_compiler *c, const struct list_counts *n)
{
	int err = sets_new(c, n);

	if (err)
		return err;
	c->image->lines = calloc(n->lines + 1, sizeof(*c->image->lines));
	if (!c->image->lines)
		return -ENOMEM;
	for (size_t i = 0; !err && i < c->policy->lists.count; i++)
		err = compile_list(c, &c->policy->lists.items[i]);
	/* Lines own their texts from here on; until then they have none. */
	if (!err)
		err = place_texts(c);
	if (!err)
		err = policy_line_ids_settle(c->image->lines, c->image->n_lines);
	c->image->config.n_acl_lines = (__u32)c->image->n_acl_lines;
	return err;
}

int policy_compile_lists(const struct policy *policy, struct policy_image *image,
			 bool build, struct policy_diags *diags)
{
	struct list_compiler c = {.policy = policy, .image = image};
	struct list_counts n = count_lists(policy);
	int err;

	if (n.acl_lines > ACL_MAX_LINES)
		return policy_fail_limit(
			diags, E_TOO_MANY_LINES, HINT_JOIN,
			"the policy needs %zu access-list lines; this version holds %u",
			n.acl_lines, ACL_MAX_LINES);
	err = compile_lists(&c, &n);
	if (!err && build)
		err = build_image(&c, diags);
	strbuf_free(&c.texts);
	if (!err)
		bind_lists(policy, image);
	return err;
}
