// SPDX-License-Identifier: GPL-2.0
/*
 * show_nat.c - `show nat`: the statements that translate, in the order in which they are
 * asked, and what each has counted.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/firewall_nat.h>
#include <util/cleanup.h>

#include "format_nat.h"
#include "show.h"

struct counted {
	uint64_t id;
	struct nat_hits hits;
};

struct counted_list {
	struct counted items[PH_MAX_NAT_COUNTED];
	size_t n;
};

static int add_counted(uint64_t id, const struct nat_hits *hits, void *arg)
{
	struct counted_list *list = arg;

	if (list->n == PH_MAX_NAT_COUNTED)
		return -E2BIG;
	list->items[list->n++] = (struct counted){id, *hits};
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct counted *x = a;
	const struct counted *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* An apply may come between the reading of the policy and of the counters. */
static struct format_nat with_hits(const struct policy_image_translation *translation,
				   const struct counted_list *list)
{
	const struct counted key = {.id = translation->id};
	const struct counted *found =
		translation->in_force
			? bsearch(&key, list->items, list->n, sizeof(key), by_id)
			: NULL;

	return (struct format_nat){
		.is = translation,
		.hits = found ? found->hits : (struct nat_hits){0},
		.counted = found != NULL,
	};
}

static const char *interface_of(const struct show_request *request, uint32_t id)
{
	return id ? show_name_by_id(request, id) : "any";
}

static void put_json(struct show_request *request, const struct format_nat *nat)
{
	const struct policy_image_translation *is = nat->is;
	char id[32];

	snprintf(id, sizeof(id), "0x%016" PRIx64, is->id);
	output_record(
		&request->out, NULL,
		json_pack(
			"{s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:b, s:s, s:s?, s:s?, s:s?, "
			"s:s?, s:s?, s:s?}",
			"section", format_nat_section(is->section), "number",
			(json_int_t)is->number, "rule", is->text, "real_interface",
			interface_of(request, is->real_if), "mapped_interface",
			interface_of(request, is->mapped_if), "translate_hits",
			(json_int_t)nat->hits.translated, "untranslate_hits",
			(json_int_t)nat->hits.untranslated, "counted", nat->counted, "id",
			id, "source_origin", is->source_real, "source_translated",
			is->source_mapped, "destination_origin", is->destination_mapped,
			"destination_translated", is->destination_real, "service_origin",
			is->service_real, "service_translated", is->service_mapped));
}

/* @first: of its section */
static int put_text(struct show_request *request, const struct format_nat *nat,
		    bool first)
{
	struct strbuf text = {0};
	char *owned cleanup_free_ = NULL;
	int err;

	format_nat_put(&text, nat, request->detail);
	err = strbuf_steal(&text, &owned, NULL);
	if (err)
		return err;
	if (first)
		output_text(&request->out, "%s%s", request->out.first_record ? "" : "\n",
			    format_nat_heading(nat->is->section));
	output_text(&request->out, "%s", owned);
	return 0;
}

int show_nat_words(struct show_request *request)
{
	request->detail = request->n_words > 0;
	if (request->detail && strcmp(request->words[0], "detail") != 0)
		return cmd_usage_error("show", "'%s' says nothing about nat, but: detail",
				       request->words[0]);
	return CMD_OK;
}

int show_nat(struct show_request *request)
{
	struct counted_list *list cleanup_free_ = calloc(1, sizeof(*list));
	const struct policy_image *image = request->image;
	int err = list ? fw_each_nat_hits_shown(request->fw, add_counted, list,
						&request->error)
		       : -ENOMEM;

	if (err)
		return err;
	qsort(list->items, list->n, sizeof(list->items[0]), by_id);
	output_list(&request->out, "nat", NULL);
	for (size_t i = 0; !err && i < image->n_translations; i++) {
		struct format_nat nat = with_hits(&image->translations[i], list);

		if (request->json)
			put_json(request, &nat);
		else
			err = put_text(request, &nat, nat.is->number == 1);
	}
	output_list_end(&request->out);
	return err;
}
