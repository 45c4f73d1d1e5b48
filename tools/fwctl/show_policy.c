// SPDX-License-Identifier: GPL-2.0
/*
 * show_policy.c - `show xlate`: the translations of the policy in force.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "show.h"

/* ---- xlate --------------------------------------------------------------------------
 */

/* Bits of an LPM key before the address: the interface ids. */
#define IN_KEY_ID_BITS	32
#define OUT_KEY_ID_BITS 64

/* The line of translation i in the first list that has it; NULL: none has. */
static const struct acl_line *line_of_rule(const struct policy_image *image, size_t i)
{
	for (size_t l = 0; l < image->n_nat_lists; l++) {
		const struct acl_list *list = &image->acl_lists[image->n_acl_lists + l];

		for (size_t at = 0; at < list->n_lines; at++)
			if (list->lines[at].number == image->n_acl_lines + i)
				return &list->lines[at];
	}
	return NULL;
}

/* Whether it is there once more, for the lists of the way in. */
static bool is_second_copy(const struct policy_image *image, size_t i)
{
	const struct nat_rule *rule = &image->nat_rules[i].rule;

	for (size_t at = 0; (rule->flags & NAT_RULE_F_ONE_WAY) && at < i; at++)
		if (!memcmp(&image->nat_rules[at].rule, rule, sizeof(*rule)))
			return true;
	return false;
}

static uint32_t bits_of(const struct ph_addr *mask)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++)
		bits += (uint32_t)__builtin_popcount(mask->word[i]);
	return bits;
}

static const char *interface_of(const struct show_request *request, uint32_t id)
{
	return id ? show_name_by_id(request, id) : "any";
}

static void put_rule(struct show_request *request, const struct nat_rule *rule,
		     const struct acl_line *line)
{
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];
	char number[4];
	char flags[5] = "s";
	size_t n_flags = 1;
	const char *protocol = rule->n_ports && line->n_services
				       ? format_protocol(line->services[0].proto, number)
				       : "ip";

	if (rule->n_ports)
		flags[n_flags++] = 'r';
	if (!line->permit)
		flags[n_flags++] = 'I';
	if (rule->flags & NAT_RULE_F_ONE_WAY)
		flags[n_flags++] = 'u';
	flags[n_flags] = '\0';
	output_record(
		&request->out,
		rule->n_ports
			? "{protocol} PAT from {real_interface}:{real} "
			  "{real_port}-{real_port_last} to {mapped_interface}:{mapped} "
			  "{mapped_port}-{mapped_port_last} flags {flags}"
			: "NAT from {real_interface}:{real} to "
			  "{mapped_interface}:{mapped} flags {flags}",
		json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:s}", "protocol",
			protocol, "real_interface", interface_of(request, rule->real_if),
			"real", format_network(real, &rule->real, bits_of(&rule->mask)),
			"mapped_interface", interface_of(request, rule->mapped_if),
			"mapped",
			format_network(mapped, line->permit ? &rule->mapped : &rule->real,
				       bits_of(&rule->mask)),
			"real_port", (int)rule->real_port, "real_port_last",
			(int)(rule->real_port + rule->n_ports - !!rule->n_ports),
			"mapped_port", (int)rule->mapped_port, "mapped_port_last",
			(int)(rule->mapped_port + rule->n_ports - !!rule->n_ports),
			"flags", flags));
}

/* Those with an order, in that order. */
static void put_rules(struct show_request *request)
{
	const struct policy_image *image = request->image;

	for (size_t i = 0; i < image->n_nat_rules; i++) {
		const struct acl_line *line = line_of_rule(image, i);

		if (line && !is_second_copy(image, i))
			put_rule(request, &image->nat_rules[i].rule, line);
	}
}

int show_xlate(struct show_request *request)
{
	const struct policy_image *image = request->image;
	const char *legend = NULL;

	if (image->n_nat_rules)
		legend = "Flags: s static, r of ports, I stays as it is, u one way";
	else if (image->n_nats)
		legend = "Flags: s static";
	output_list(&request->out, "translations", legend);
	put_rules(request);
	for (size_t i = 0; i < image->n_nats; i++) {
		const struct policy_image_nat *nat = &image->nats[i];
		char real[FORMAT_ADDRESS_BYTES];
		char mapped[FORMAT_ADDRESS_BYTES];

		if (!nat->out_key.real_if) /* only answered for: see the rules */
			continue;
		format_network(real, &nat->out_key.addr,
			       nat->out_key.prefixlen - OUT_KEY_ID_BITS);
		format_network(mapped, &nat->in_key.addr,
			       nat->in_key.prefixlen - IN_KEY_ID_BITS);
		output_record(
			&request->out,
			"NAT from {real_interface}:{real} to {mapped_interface}:{mapped} "
			"flags {flags}",
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "real_interface",
				  show_name_by_id(request, nat->out_key.real_if), "real",
				  real, "mapped_interface",
				  show_name_by_id(request, nat->out_key.mapped_if),
				  "mapped", mapped, "flags", "s", "proxy_arp",
				  nat->in_value.proxy_arp != 0));
	}
	output_list_end(&request->out);
	return 0;
}
