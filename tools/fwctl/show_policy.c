// SPDX-License-Identifier: GPL-2.0
/*
 * show_policy.c - `show access-list` and `show xlate`: the policy in force,
 * line by line, with what the datapath counted.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "show.h"

/* ---- access-list ------------------------------------------------------------------ */

struct line_counts {
	uint64_t line_id;
	struct acl_counters counters;
};

/* By line number; and by id, which is made when somebody asks for it. */
struct count_table {
	struct line_counts *items;
	struct line_counts *by_id;
	size_t n;
	size_t capacity;
};

static void free_counts(struct count_table *table)
{
	free(table->items);
	free(table->by_id);
}

static int add_counts(uint64_t line_id, const struct acl_counters *counters, void *arg)
{
	struct count_table *table = arg;

	if (table->n == table->capacity) {
		size_t capacity = table->capacity ? table->capacity * 2 : 1024;
		struct line_counts *grown =
			realloc(table->items, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		table->items = grown;
		table->capacity = capacity;
	}
	table->items[table->n++] = (struct line_counts){line_id, *counters};
	return 0;
}

static int by_line_id(const void *a, const void *b)
{
	const struct line_counts *x = a;
	const struct line_counts *y = b;

	return (x->line_id > y->line_id) - (x->line_id < y->line_id);
}

/* An apply came between the reading of the policy and of the counters. */
static const struct line_counts *find_moved(struct count_table *table, uint64_t line_id)
{
	const struct line_counts key = {.line_id = line_id};

	if (!table->by_id) {
		table->by_id = calloc(table->n + 1, sizeof(*table->by_id));
		if (!table->by_id)
			return NULL;
		memcpy(table->by_id, table->items, table->n * sizeof(*table->by_id));
		qsort(table->by_id, table->n, sizeof(*table->by_id), by_line_id);
	}
	return bsearch(&key, table->by_id, table->n, sizeof(key), by_line_id);
}

/* Lines that are not bound, or inactive, count nothing. */
static struct acl_counters counts_of(struct count_table *table,
				     const struct policy_image_line *line)
{
	const struct line_counts *found = NULL;

	if (line->acl_line < table->n &&
	    table->items[line->acl_line].line_id == line->line_id)
		found = &table->items[line->acl_line];
	else if (line->acl_line != ACL_NO_LINE && table->n)
		found = find_moved(table, line->line_id);
	return found ? found->counters : (struct acl_counters){0};
}

/* The statement without its first two words, which the record has already. */
static const char *rule_of(const struct policy_image_line *line)
{
	static const char word[] = "access-list ";
	size_t name_len = strlen(line->acl);
	const char *text = line->text;

	if (strncmp(text, word, sizeof(word) - 1) != 0 ||
	    strncmp(text + sizeof(word) - 1, line->acl, name_len) != 0 ||
	    text[sizeof(word) - 1 + name_len] != ' ')
		return text;
	return text + sizeof(word) + name_len;
}

static void put_line(struct show_request *request, const struct policy_image_line *line,
		     const struct acl_counters *counters)
{
	const char *note = line->bound ? "" : " (not bound)";
	char id[32];

	snprintf(id, sizeof(id), "0x%016" PRIx64, line->line_id);
	if (request->json) {
		const struct output_member members[] = {
			{"access_list", OUTPUT_TEXT, .text = line->acl},
			{"line", OUTPUT_NUMBER, .number = line->number},
			{"rule", OUTPUT_TEXT, .text = rule_of(line)},
			{"hits", OUTPUT_NUMBER, .number = counters->hits},
			{"packets", OUTPUT_NUMBER, .number = counters->packets},
			{"bytes", OUTPUT_NUMBER, .number = counters->bytes},
			{"id", OUTPUT_TEXT, .text = id},
			{"bound", OUTPUT_BOOL, .number = line->bound},
			{"note", OUTPUT_TEXT, .text = note},
		};

		output_object(&request->out, members,
			      sizeof(members) / sizeof(members[0]));
		return;
	}
	output_text(&request->out,
		    "access-list %s line %u %s (hitcnt=%" PRIu64 ") %s (packets=%" PRIu64
		    ", bytes=%" PRIu64 ")%s",
		    line->acl, line->number, rule_of(line), (uint64_t)counters->hits, id,
		    (uint64_t)counters->packets, (uint64_t)counters->bytes, note);
}

static bool is_first_line(const struct policy_image *image, size_t at)
{
	/* Lines of one list mostly stand together. */
	if (at && !strcmp(image->lines[at - 1].acl, image->lines[at].acl))
		return false;
	for (size_t i = 0; i < at; i++) {
		if (!strcmp(image->lines[i].acl, image->lines[at].acl))
			return false;
	}
	return true;
}

/* "it has outside_in, inside_in" */
static void list_access_lists(const struct policy_image *image, char *out, size_t size)
{
	size_t len = (size_t)snprintf(out, size, "it has ");

	if (!image->n_lines)
		snprintf(out + len, size - len, "none");
	for (size_t i = 0; i < image->n_lines && len < size; i++) {
		if (is_first_line(image, i))
			len += (size_t)snprintf(out + len, size - len, "%s%s",
						i ? ", " : "", image->lines[i].acl);
	}
}

int show_access_list(struct show_request *request)
{
	const struct policy_image *image = request->image;
	struct count_table table cleanup_(free_counts) = {0};
	bool found = !request->name;
	int err = fw_each_acl_hits(request->fw, add_counts, &table, &request->error);

	if (err)
		return err;
	for (size_t i = 0; i < image->n_lines && !found; i++)
		found = !strcmp(image->lines[i].acl, request->name);
	if (!found) {
		snprintf(request->error.what, sizeof(request->error.what),
			 "the policy has no access list %.64s", request->name);
		list_access_lists(image, request->error.hint,
				  sizeof(request->error.hint));
		return -ENOENT;
	}
	output_list(&request->out, "lines", NULL);
	for (size_t i = 0; i < image->n_lines; i++) {
		const struct policy_image_line *line = &image->lines[i];

		struct acl_counters counters;

		if (request->name && strcmp(line->acl, request->name) != 0)
			continue;
		counters = counts_of(&table, line);
		put_line(request, line, &counters);
	}
	output_list_end(&request->out);
	return 0;
}

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
