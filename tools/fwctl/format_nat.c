// SPDX-License-Identifier: GPL-2.0
/* format_nat.c - statements that translate. See format_nat.h. */
#include <inttypes.h>

#include "format_nat.h"

static const struct {
	const char *heading;
	const char *name;
} sections[] = {
	[POLICY_TRANSLATION_EXEMPT] = {"NAT Exemptions", "exempt"},
	[POLICY_TRANSLATION_STATIC] = {"Static NAT Policies", "static"},
	[POLICY_TRANSLATION_REGULAR] = {"Regular NAT Policies", "regular"},
	[POLICY_TRANSLATION_MANUAL] = {"Manual NAT Policies (Section 1)", "manual"},
	[POLICY_TRANSLATION_AUTO] = {"Auto NAT Policies (Section 2)", "auto"},
	[POLICY_TRANSLATION_AFTER] = {"Manual NAT Policies (Section 3)", "after-auto"},
};

const char *format_nat_heading(enum policy_translation_section section)
{
	return sections[section].heading;
}

const char *format_nat_section(enum policy_translation_section section)
{
	return sections[section].name;
}

/* What an end is, and what it is translated to; NULL: nothing is said of it. */
static void put_end(struct strbuf *out, const char *end, const char *origin,
		    const char *translated)
{
	if (!origin && !translated)
		return;
	strbuf_printf(out, "\n    %s - Origin: %s, Translated: %s", end,
		      origin ? origin : "as the list says",
		      translated ? translated : "stays as it is");
}

void format_nat_put(struct strbuf *out, const struct format_nat *nat, bool detail)
{
	const struct policy_image_translation *is = nat->is;

	strbuf_printf(out, "%u %s\n    ", is->number, is->text);
	if (nat->counted)
		strbuf_printf(
			out, "translate_hits = %" PRIu64 ", untranslate_hits = %" PRIu64,
			(uint64_t)nat->hits.translated, (uint64_t)nat->hits.untranslated);
	else
		strbuf_puts(out, is->in_force ? "not counted: too many translations"
					      : "not counted: it translates nothing");
	if (!detail)
		return;
	put_end(out, "Source", is->source_real, is->source_mapped);
	/* From where it begins: as the source addresses it, and as it is. */
	put_end(out, "Destination", is->destination_mapped, is->destination_real);
	put_end(out, "Service", is->service_real, is->service_mapped);
}
