// SPDX-License-Identifier: GPL-2.0
/*
 * settings_nat.c - translations. See settings.h.
 *
 * Where an interface's translations are plain, each stands for itself. Otherwise they
 * are lines of lists, and have conditions and an order.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/settings.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/strbuf.h"

#define SHOWN 3 /* members of a set */

/* ---- plain ones ---- */

/* Of an ordered interface they only say what is answered for: see policy.h. */
static bool is_plain(const struct policy_image *image, const struct policy_image_nat *nat)
{
	__u32 id = nat->in_key.mapped_if;

	return !id || id > image->n_ifaces ||
	       !(image->ifaces[id - 1].config.flags & IFACE_F_NAT_RULES);
}

static int collect_plain(const struct policy_image *image,
			 const struct policy_image_nat *nat, setting_vec *out)
{
	char key[192], limit[32] = "";

	snprintf(key, sizeof(key), "(%s,%s) %s",
		 settings_iface(image, nat->in_value.real_if),
		 settings_iface(image, nat->in_value.mapped_if),
		 settings_net(&nat->in_key.addr, &nat->in_value.mask).text);
	if (nat->in_value.embryonic)
		snprintf(limit, sizeof(limit), " (embryonic %u)",
			 nat->in_value.embryonic);
	return settings_add(out, "translation", 0, key, "is %s%s%s",
			    settings_net(&nat->in_value.net, &nat->in_value.mask).text,
			    limit, nat->in_value.proxy_arp ? "" : " (not answered for)");
}

/* ---- ordered ones ---- */

static void put_prefixes(struct strbuf *out, const struct acl_prefix *set, uint32_t n)
{
	for (uint32_t i = 0; i < n && i < SHOWN; i++) {
		struct ph_addr addr, mask = {{0}};
		unsigned int len = set[i].len + (set[i].family == ACL_IPV4 ? 96 : 0);
		uint64_t low = set[i].family == ACL_IPV4 ? 0xffffull << 32 | set[i].low
							 : set[i].low;
		const uint64_t halves[] = {set[i].high, low};

		for (unsigned int bit = 0; bit < len; bit++)
			mask.word[bit / 32] |= htonl(0x80000000u >> bit % 32);
		for (int w = 0; w < 4; w++)
			addr.word[w] =
				htonl((uint32_t)(halves[w / 2] >> (w % 2 ? 0 : 32)));
		strbuf_printf(out, "%s%s", i ? "," : "", settings_net(&addr, &mask).text);
	}
	if (n > SHOWN)
		strbuf_printf(out, ",... (%u)", n);
}

static uint64_t hash_line(const struct acl_line *line)
{
	uint64_t hash = hash_bytes(HASH_START, &line->permit, sizeof(line->permit));

	hash = hash_bytes(hash, line->src, line->n_src * sizeof(*line->src));
	hash = hash_bytes(hash, line->dst, line->n_dst * sizeof(*line->dst));
	return hash_bytes(hash, line->services,
			  line->n_services * sizeof(*line->services));
}

static void put_ports(struct strbuf *out, const struct nat_rule *rule)
{
	if (rule->n_ports)
		strbuf_printf(out, " port %u is %u", rule->mapped_port, rule->real_port);
	if (rule->n_ports > 1)
		strbuf_printf(out, " (%u ports)", rule->n_ports);
	if (rule->flags & NAT_RULE_F_ONE_WAY)
		strbuf_puts(out, " unidirectional");
	if (rule->embryonic)
		strbuf_printf(out, " (embryonic %u)", rule->embryonic);
}

static int collect_rule(const struct policy_image *image, const struct acl_line *line,
			const struct nat_rule *rule, setting_vec *out)
{
	struct strbuf text cleanup_(strbuf_free) = {0};
	bool stays = line && !line->permit;
	char key[192];

	snprintf(key, sizeof(key), "(%s,%s) %s", settings_iface(image, rule->real_if),
		 settings_iface(image, rule->mapped_if),
		 settings_net(&rule->mapped, &rule->mask).text);
	strbuf_puts(&text, "is ");
	strbuf_puts(&text,
		    stays ? "itself" : settings_net(&rule->real, &rule->mask).text);
	put_ports(&text, rule);
	if (line) {
		strbuf_puts(&text, " for peers ");
		put_prefixes(&text, line->dst, line->n_dst);
	}
	if (text.failed)
		return -ENOMEM;
	return settings_add(out, "translation", line ? hash_line(line) : 0, key, "%s",
			    text.data);
}

/* By rule, its line in a list that is asked on the way out: source = the real end. */
static void find_lines(const struct policy_image *image, const struct acl_line **lines)
{
	for (size_t i = 0; i < image->n_nat_lists; i++) {
		const struct acl_list *list = &image->acl_lists[image->n_acl_lists + i];

		if (!image->nat_lists[i].real_if)
			continue;
		for (size_t j = 0; j < list->n_lines; j++) {
			size_t rule = list->lines[j].number - image->n_acl_lines;

			if (rule < image->n_nat_rules)
				lines[rule] = &list->lines[j];
		}
	}
}

/* The order as such: told where nothing else about translations differs. */
static int collect_order(const struct policy_image *image, uint64_t order,
			 setting_vec *out)
{
	if (image->n_nat_rules < 2)
		return 0;
	return settings_add(out, "translation", 0, SETTINGS_ORDER, "fingerprint %016llx",
			    (unsigned long long)order);
}

static int collect_rules(const struct policy_image *image, setting_vec *out)
{
	const struct acl_line **lines cleanup_free_ =
		calloc(image->n_nat_rules + 1, sizeof(struct acl_line *));
	uint64_t order = HASH_START;
	int err = lines ? 0 : -ENOMEM;

	if (!err)
		find_lines(image, lines);
	for (size_t i = 0; !err && i < image->n_nat_rules; i++) {
		const struct setting *made;

		err = collect_rule(image, lines[i], &image->nat_rules[i].rule, out);
		if (err)
			break;
		made = &out->items[out->count - 1];
		order = hash_bytes(order, made->text, strlen(made->text));
		order = hash_bytes(order, &made->hash, sizeof(made->hash));
	}
	return err ? err : collect_order(image, order, out);
}

int settings_collect_nat(const struct policy_image *image, setting_vec *out)
{
	int err = 0;

	for (size_t i = 0; !err && i < image->n_nats; i++)
		if (is_plain(image, &image->nats[i]))
			err = collect_plain(image, &image->nats[i], out);
	return err ? err : collect_rules(image, out);
}
