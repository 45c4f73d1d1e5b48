// SPDX-License-Identifier: GPL-2.0
/*
 * nat_rules.c - see nat_rules.h.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tests/datapath/nat_rules.h"
#include "tests/datapath/tap.h"

#define MAX_RULES 32
#define MAX_LISTS 16

/* What the lists of one image are made of. */
struct workshop {
	struct policy_image *image;
	const struct nat_rule_text *rules;
	size_t n;
	struct acl_list lists[MAX_LISTS];
	struct acl_line lines[MAX_LISTS][2 * MAX_RULES];
	struct acl_prefix prefixes[MAX_LISTS][2 * MAX_RULES][2];
	struct acl_service services[MAX_LISTS][2 * MAX_RULES];
};

static struct ph_addr address(const char *text)
{
	struct ph_addr addr = {{0}};

	if (inet_pton(AF_INET6, text, addr.word) == 1)
		return addr;
	addr.word[2] = htonl(0xffff);
	if (inet_pton(AF_INET, text, &addr.word[3]) != 1)
		TAP_BAIL("address '%s'", text);
	return addr;
}

static bool is_v6(const char *text)
{
	return strchr(text, ':');
}

static uint64_t half(const struct ph_addr *addr, size_t i)
{
	return (uint64_t)ntohl(addr->word[i]) << 32 | ntohl(addr->word[i + 1]);
}

/* @text: NULL: all of the family */
static struct acl_prefix prefix(const char *text, __u8 len, bool v6)
{
	struct acl_prefix p = {.family = v6 ? ACL_IPV6 : ACL_IPV4};
	struct ph_addr addr;

	if (!text)
		return p;
	addr = address(text);
	p.len = len ? len : v6 ? 128 : 32;
	p.high = v6 ? half(&addr, 0) : 0;
	p.low = v6 ? half(&addr, 2) : ntohl(addr.word[3]);
	return p;
}

static struct ph_addr mask(__u8 len, bool v6)
{
	struct ph_addr out;
	unsigned int bits = !len ? 128u : v6 ? len : 96u + len;

	for (unsigned int i = 0; i < 4; i++) {
		unsigned int set = bits > 32 * i ? bits - 32 * i : 0;

		out.word[i] = set >= 32 ? 0xffffffff
			      : set	? htonl(0xffffffffu << (32 - set))
					: 0;
	}
	return out;
}

static struct nat_rule rule_of(const struct nat_rule_text *text)
{
	struct nat_rule rule = {.real_if = text->real_if,
				.mapped_if = text->mapped_if,
				.mask = mask(text->prefix_len, is_v6(text->real)),
				.real_port = text->real_port,
				.mapped_port = text->mapped_port,
				.n_ports = text->n_ports,
				.flags = (text->one_way ? NAT_RULE_F_ONE_WAY : 0) |
					 (text->one_port ? NAT_RULE_F_ONE_PORT : 0),
				.embryonic = text->embryonic};

	rule.real = address(text->real);
	rule.mapped = address(text->mapped ? text->mapped : text->real);
	for (int i = 0; i < 4; i++) {
		rule.real.word[i] &= rule.mask.word[i];
		rule.mapped.word[i] &= rule.mask.word[i];
	}
	return rule;
}

/* Add the line of rule i to list l. */
static void add_line(struct workshop *shop, size_t l, size_t i, bool inbound)
{
	const struct nat_rule_text *rule = &shop->rules[i];
	const char *end = inbound && rule->mapped ? rule->mapped : rule->real;
	__u16 low = inbound ? rule->mapped_port : rule->real_port;
	__u16 high = low + (rule->n_ports ? rule->n_ports - 1 : 0);
	size_t at = shop->lists[l].n_lines++;
	struct acl_prefix *prefixes = shop->prefixes[l][at];
	struct acl_service *service = &shop->services[l][at];
	bool v6 = is_v6(rule->real);

	prefixes[inbound] = prefix(end, rule->prefix_len, v6);
	prefixes[!inbound] = prefix(rule->peer, 0, v6);
	*service = (struct acl_service){.src_port_high = 0xffff,
					.dst_port_high = 0xffff,
					.proto = rule->proto,
					.any_proto = !rule->proto};
	if (rule->n_ports && inbound) {
		service->dst_port_low = low;
		service->dst_port_high = high;
	} else if (rule->n_ports) {
		service->src_port_low = low;
		service->src_port_high = high;
	}
	/* One-way rules have a number of their own behind all others. */
	shop->lines[l][at] = (struct acl_line){
		.src = &prefixes[0],
		.dst = &prefixes[1],
		.services = service,
		.n_src = 1,
		.n_dst = 1,
		.n_services = 1,
		.number = (uint32_t)(shop->image->n_acl_lines + i +
				     (inbound && rule->one_way ? shop->n : 0)),
		.permit = rule->mapped,
	};
	shop->lists[l].lines = shop->lines[l];
}

/* @real_if: 0: the list of mapped_if for the way in */
static void add_list(struct workshop *shop, __u32 real_if, __u32 mapped_if)
{
	struct policy_image *image = shop->image;
	size_t l = image->n_acl_lists + image->n_nat_lists;

	if (l == MAX_LISTS)
		TAP_BAIL("too many lists");
	for (int one_way = 0; one_way < 2; one_way++) {
		for (size_t i = 0; i < shop->n; i++) {
			const struct nat_rule_text *rule = &shop->rules[i];

			if (rule->mapped_if == mapped_if &&
			    (!real_if || rule->real_if == real_if) &&
			    (real_if ? !one_way : rule->one_way == one_way))
				add_line(shop, l, i, !real_if);
		}
	}
	if (!shop->lists[l].n_lines)
		return;
	image->nat_lists[image->n_nat_lists++] = (struct policy_image_nat_list){
		.real_if = real_if, .mapped_if = mapped_if};
}

/* A root of the image before, in the image now. */
static void move_root(const struct acl_image *before, const struct acl_image *now,
		      struct acl_root *root)
{
	for (size_t i = 0; i < before->n_lists; i++) {
		if (before->roots[i].v4 != root->v4 || before->roots[i].v6 != root->v6)
			continue;
		*root = now->roots[i];
		return;
	}
}

static void bind_roots(struct policy_image *image, const struct acl_image *before)
{
	for (size_t i = 0; i < image->n_ifaces; i++) {
		struct iface_config *config = &image->ifaces[i].config;

		move_root(before, &image->acl, &config->acl_in);
		move_root(before, &image->acl, &config->acl_out);
		move_root(before, &image->acl, &config->acl_box);
	}
	move_root(before, &image->acl, &image->config.acl_global);
	for (size_t i = 0; i < image->n_nat_lists; i++) {
		struct policy_image_nat_list *list = &image->nat_lists[i];
		struct iface_config *config = &image->ifaces[list->mapped_if - 1].config;

		list->root = image->acl.roots[image->n_acl_lists + i];
		config->flags = (config->flags & ~IFACE_F_NAT_NONE) | IFACE_F_NAT_RULES;
		if (!list->real_if)
			config->nat_in = list->root;
	}
}

void nat_rules_put(struct policy_image *image, const struct nat_rule_text *rules,
		   size_t n)
{
	static struct workshop shop;
	struct acl_image before = image->acl;
	struct acl_refusal why;

	if (n > MAX_RULES || image->n_acl_lists >= MAX_LISTS || image->n_nat_lists)
		TAP_BAIL("%zu rules", n);
	memset(&shop, 0, sizeof(shop));
	shop.image = image;
	shop.rules = rules;
	shop.n = n;
	for (size_t i = 0; i < image->n_acl_lists; i++)
		shop.lists[i] = image->acl_lists[i];
	image->nat_rules = calloc(2 * n, sizeof(*image->nat_rules));
	image->nat_lists = calloc(MAX_LISTS, sizeof(*image->nat_lists));
	if (!image->nat_rules || !image->nat_lists)
		TAP_BAIL("no memory");
	image->n_nat_rules = 2 * n;
	for (size_t i = 0; i < 2 * n; i++)
		image->nat_rules[i] = (struct policy_image_nat_rule){
			.rule = rule_of(&rules[i % n]), .translation = (uint32_t)(i % n)};
	for (__u32 mapped_if = IF_OUTSIDE; mapped_if <= IF_DMZ; mapped_if++)
		for (__u32 real_if = 0; real_if <= IF_DMZ; real_if++)
			add_list(&shop, real_if, mapped_if);
	if (acl_image_build(shop.lists, image->n_acl_lists + image->n_nat_lists, NULL,
			    &image->acl, &why))
		TAP_BAIL("the rules' lists: %s", why.what);
	bind_roots(image, &before);
	acl_image_free(&before);
}
