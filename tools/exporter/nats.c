// SPDX-License-Identifier: GPL-2.0
/*
 * nats.c - translations as metrics. See nats.h.
 *
 * Why it exists: as of lines, the labels change with the policy only.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nats.h"

#define METRIC "pinhole_nat_translations_total"

enum direction { TRANSLATE = 0, UNTRANSLATE, N_DIRECTIONS };

struct nat_label {
	uint64_t id;
	size_t at[N_DIRECTIONS]; /* in nats.text */
	size_t len[N_DIRECTIONS];
};

static const char *const section_names[] = {
	[POLICY_TRANSLATION_EXEMPT] = "exempt",
	[POLICY_TRANSLATION_STATIC] = "static",
	[POLICY_TRANSLATION_REGULAR] = "regular",
	[POLICY_TRANSLATION_MANUAL] = "manual",
	[POLICY_TRANSLATION_AUTO] = "auto",
	[POLICY_TRANSLATION_AFTER] = "after-auto",
};

/* ---- labels ---------------------------------------------------------------------- */

void nats_free(struct nats *nats)
{
	free(nats->labels);
	strbuf_free(&nats->text);
	*nats = (struct nats){0};
}

static const char *interface_of(const struct policy_image *image, uint32_t id)
{
	return id ? image->ifaces[id - 1].name : "any";
}

static void put_label(struct nats *nats, const struct policy_image *image,
		      const struct policy_image_translation *translation)
{
	static const char *const directions[] = {
		[TRANSLATE] = "translate", [UNTRANSLATE] = "untranslate"};
	struct nat_label *label = &nats->labels[nats->n++];
	char number[16];
	char id[32];

	snprintf(number, sizeof(number), "%u", translation->number);
	snprintf(id, sizeof(id), "0x%016" PRIx64, translation->id);
	label->id = translation->id;
	for (int i = 0; i < N_DIRECTIONS; i++) {
		label->at[i] = nats->text.len;
		metric_labels(&nats->text,
			      (const struct metric_label[]){
				      {"section", section_names[translation->section]},
				      {"number", number},
				      {"real_interface",
				       interface_of(image, translation->real_if)},
				      {"mapped_interface",
				       interface_of(image, translation->mapped_if)},
				      {"id", id},
				      {"direction", directions[i]},
				      METRIC_END_OF_LABELS,
			      });
		label->len[i] = nats->text.len - label->at[i];
	}
}

static int by_id(const void *a, const void *b)
{
	const struct nat_label *x = a;
	const struct nat_label *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

int nats_make(struct nats *nats, const struct policy_image *image)
{
	nats->labels = calloc(image->n_translations + 1, sizeof(*nats->labels));
	if (!nats->labels)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_translations; i++)
		if (image->translations[i].in_force)
			put_label(nats, image, &image->translations[i]);
	qsort(nats->labels, nats->n, sizeof(*nats->labels), by_id);
	return nats->text.failed ? -ENOMEM : 0;
}

/* ---- samples --------------------------------------------------------------------- */

struct nat_page {
	const struct nats *nats;
	struct strbuf *out;
};

static void put_sample(const struct nat_page *page, const struct nat_label *label,
		       enum direction direction, uint64_t value)
{
	strbuf_puts(page->out, METRIC);
	strbuf_add(page->out, page->nats->text.data + label->at[direction],
		   label->len[direction]);
	metric_value(page->out, value);
}

static int add_hits(uint64_t id, const struct nat_hits *hits, void *arg)
{
	const struct nat_page *page = arg;
	const struct nat_label key = {.id = id};
	const struct nat_label *label = page->nats->n ? bsearch(&key, page->nats->labels,
								page->nats->n,
								sizeof(key), by_id)
						      : NULL;

	if (!label) /* an apply came between; the next scrape has it */
		return 0;
	put_sample(page, label, TRANSLATE, hits->translated);
	put_sample(page, label, UNTRANSLATE, hits->untranslated);
	return 0;
}

int nats_put(const struct nats *nats, const struct page *page)
{
	struct nat_page nat_page = {.nats = nats, .out = page->metrics.out};

	metric_family(&page->metrics, METRIC, METRIC_COUNTER,
		      "Connections of which a statement translates the initiator, or the "
		      "responder (untranslate); id stays when statements move.");
	return fw_each_nat_hits(page->fw, add_hits, &nat_page, page->error);
}
