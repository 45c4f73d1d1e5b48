// SPDX-License-Identifier: GPL-2.0
/*
 * settings_inspect.c - what is inspected, and how. See settings.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "analysis/settings.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/strbuf.h"

static void put_flags(struct strbuf *out, const struct fixup_value *value)
{
	static const struct {
		uint32_t flag;
		const char *text;
	} flags[] = {
		{FIXUP_F_STRICT, " strict"},
		{FIXUP_F_TLS_DENY, " tls deny"},
		{FIXUP_F_TLS_REQUIRE, " tls require"},
		{FIXUP_F_SOURCE_PORT, " source-port"},
		{FIXUP_F_MASK_BANNER, " mask-banner"},
		{FIXUP_F_MASK_SYST, " mask-syst-reply"},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (value->flags & flags[i].flag)
			strbuf_puts(out, flags[i].text);
	if (value->flags & FIXUP_F_DATA_PORTS)
		strbuf_printf(out, " data-ports %u %u", value->data_low,
			      value->data_high);
	if (value->data_limit)
		strbuf_printf(out, " limit %u", value->data_limit);
}

/* Between which interfaces; nothing is said of all. */
static void put_ifaces(struct strbuf *out, const struct policy_image *image,
		       uint64_t ifaces)
{
	const char *before = " interfaces ";

	for (size_t i = 0; ifaces && i < image->n_ifaces; i++) {
		uint32_t id = image->ifaces[i].config.id;

		if (id >= 64 || !(ifaces >> id & 1))
			continue;
		strbuf_puts(out, before);
		strbuf_puts(out, image->ifaces[i].name);
		before = ",";
	}
}

static int collect_fixup(const struct policy_image *image,
			 const struct policy_image_fixup *fixup, setting_vec *out)
{
	struct strbuf text cleanup_(strbuf_free) = {0};
	char key[32];

	snprintf(key, sizeof(key), "%s port %u",
		 fixup->value.kind == FIXUP_FTPS ? "ftps" : "ftp",
		 ntohs(fixup->key.port));
	put_flags(&text, &fixup->value);
	if (fixup->map[0])
		strbuf_printf(&text, " policy-map %s", fixup->map);
	put_ifaces(&text, image, fixup->value.ifaces);
	if (text.failed)
		return -ENOMEM;
	return settings_add(out, "inspection", 0, key, "%s",
			    text.data ? text.data + 1 : "");
}

/* A match and its action. Its place in the map counts: the first that ends a session
 * decides. */
static int collect_rule(const struct policy_image *image, size_t index, size_t place,
			setting_vec *out)
{
	const struct policy_image_match *match = &image->ftp_matches[index];
	const struct ftp_rule *rule = &image->ftp_rules[index];
	char key[128];

	snprintf(key, sizeof(key), "policy-map %s match %zu", match->map, place);
	return settings_add(out, "inspection",
			    hash_bytes(HASH_START, rule, sizeof(*rule)), key, "%s%s%s%s",
			    match->text, rule->action & FTP_ACTION_RESET ? " reset" : "",
			    rule->action & FTP_ACTION_DROP ? " drop-connection" : "",
			    rule->action & FTP_ACTION_LOG ? " log" : "");
}

/* Names of expressions say nothing of what they match: their automata do. */
static int collect_automata(const struct policy_image *image, setting_vec *out)
{
	uint64_t hash = hash_bytes(HASH_START, image->ftp_states,
				   image->n_ftp_states * sizeof(*image->ftp_states));

	if (image->n_ftp_states < 2)
		return 0;
	return settings_add(out, "inspection", 0, "regular expressions",
			    "%zu states, fingerprint %016llx", image->n_ftp_states - 1,
			    (unsigned long long)hash);
}

int settings_collect_inspections(const struct policy_image *image, setting_vec *out)
{
	size_t place = 0;
	int err = 0;

	for (size_t i = 0; !err && i < image->n_fixups; i++)
		err = collect_fixup(image, &image->fixups[i], out);
	for (size_t i = 0; !err && i < image->n_ftp_rules; i++) {
		const struct policy_image_match *match = &image->ftp_matches[i];

		place = i && !strcmp(match->map, match[-1].map) ? place + 1 : 1;
		err = collect_rule(image, i, place, out);
	}
	return err ? err : collect_automata(image, out);
}
