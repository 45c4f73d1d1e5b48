// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_policy.c - no text makes libpolicy crash, hang or lose its meaning.
 *
 * What must hold for every input: parsing ends; a refusal has an error with a
 * place in the text; an accepted policy compiles or exceeds a limit, and its
 * canonical text parses back to the same text, the same identities of lines
 * and the same records.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/policy.h>

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* Every remark can be shown, is one line of text, and points into its line. */
static void check_diags(const struct policy_diags *diags)
{
	size_t n_errors = 0;

	for (size_t i = 0; i < diags->count; i++) {
		const struct policy_diag *diag = &diags->items[i];
		char *text = NULL;

		n_errors += diag->severity == POLICY_ERROR;
		MUST(diag->code && diag->message && !strchr(diag->message, '\n'));
		if (diag->line) {
			MUST(diag->source_line && diag->column && diag->width);
			MUST(diag->column <= strlen(diag->source_line) + 1);
			MUST(!strpbrk(diag->source_line, "\n\033"));
		}
		MUST(!policy_diag_format(diag, "fuzz", &text));
		free(text);
	}
	MUST(n_errors == diags->n_errors);
}

static struct policy_image *compile(const struct policy *policy)
{
	struct policy_diags diags = {0};
	struct policy_image *image = NULL;
	int err = policy_compile(policy, &image, &diags);

	MUST(!err == !!image);
	MUST(!err == !diags.n_errors);
	check_diags(&diags);
	policy_diags_free(&diags);
	return image;
}

/* A record matches one family, or is of both on purpose: zero masks alone. */
static void check_record(const struct acl_record *record, size_t n_lines)
{
	static const struct ph_addr zero;

	MUST(record->counter < n_lines);
	MUST(record->src_port_low <= record->src_port_high);
	MUST(record->dst_port_low <= record->dst_port_high);
	for (int i = 0; i < 4; i++) {
		MUST(!(record->src.word[i] & ~record->src_mask.word[i]));
		MUST(!(record->dst.word[i] & ~record->dst_mask.word[i]));
	}
	if (!(record->flags & ACL_F_IPV6) && memcmp(&record->src_mask, &zero, 16) != 0)
		MUST(record->src.word[2] == htonl(0xffff));
	if (!(record->flags & ACL_F_IPV6) && memcmp(&record->dst_mask, &zero, 16) != 0)
		MUST(record->dst.word[2] == htonl(0xffff));
}

/* Numbers lead where there is something, and the dead state nowhere. */
static void check_inspections(const struct policy_image *image)
{
	MUST(image->n_ftp_states >= 1 && image->n_ftp_states <= PH_MAX_FTP_STATES);
	for (size_t i = 0; i < image->n_ftp_states; i++)
		for (int byte = 0; byte < 256; byte++)
			MUST(image->ftp_states[i].next[byte] <
			     (i ? image->n_ftp_states : 1));
	MUST(!image->ftp_states[0].accept);
	for (size_t i = 0; i < image->n_fixups; i++) {
		const struct fixup_value *value = &image->fixups[i].value;

		MUST(value->n_rules <= PH_MAX_FTP_RULES);
		MUST(value->first_rule + value->n_rules <= image->n_ftp_rules);
		MUST(!value->n_rules || *image->fixups[i].map);
		for (int j = 0; j < FTP_N_SUBJECTS; j++)
			MUST(value->start[j] < image->n_ftp_states);
	}
	for (size_t i = 0; i < image->n_ftp_rules; i++) {
		const struct ftp_rule *rule = &image->ftp_rules[i];

		MUST(rule->on && rule->action && !(rule->all_of & rule->none_of));
		MUST(!(rule->verbs & 1) && !(rule->verbs >> (FTP_VERB_END - 1) >> 1));
	}
}

static void check_same_inspections(const struct policy_image *a,
				   const struct policy_image *b)
{
	check_inspections(a);
	MUST(a->n_ftp_rules == b->n_ftp_rules && a->n_ftp_states == b->n_ftp_states);
	MUST(!memcmp(a->ftp_rules, b->ftp_rules, a->n_ftp_rules * sizeof(*a->ftp_rules)));
	MUST(!memcmp(a->ftp_states, b->ftp_states,
		     a->n_ftp_states * sizeof(*a->ftp_states)));
	for (size_t i = 0; i < a->n_ftp_rules; i++) {
		MUST(!strcmp(a->ftp_matches[i].text, b->ftp_matches[i].text));
		MUST(!strcmp(a->ftp_matches[i].map, b->ftp_matches[i].map));
	}
}

static void check_same_image(const struct policy_image *a, const struct policy_image *b)
{
	MUST(!a == !b);
	if (!a)
		return;
	MUST(!memcmp(&a->config, &b->config, sizeof(a->config)));
	MUST(!strcmp(a->acl_global, b->acl_global));
	MUST(a->n_ifaces == b->n_ifaces && a->n_records == b->n_records);
	MUST(a->n_lines == b->n_lines && a->n_nats == b->n_nats);
	MUST(a->n_fixups == b->n_fixups);
	MUST(!memcmp(a->ifaces, b->ifaces, a->n_ifaces * sizeof(*a->ifaces)));
	MUST(!memcmp(a->records, b->records, a->n_records * sizeof(*a->records)));
	MUST(!memcmp(a->nats, b->nats, a->n_nats * sizeof(*a->nats)));
	MUST(!memcmp(a->fixups, b->fixups, a->n_fixups * sizeof(*a->fixups)));
	check_same_inspections(a, b);
	for (size_t i = 0; i < a->n_records; i++)
		check_record(&a->records[i], a->n_lines);
	for (size_t i = 0; i < a->n_lines; i++) {
		MUST(a->lines[i].line_id == b->lines[i].line_id);
		MUST(!strcmp(a->lines[i].text, b->lines[i].text));
	}
}

static void check_round_trip(const struct policy *policy)
{
	struct policy_diags diags = {0};
	struct policy *again = NULL;
	struct policy_image *image, *image_again;
	char *text = NULL, *text_again = NULL;
	size_t len, len_again;

	MUST(!policy_print(policy, &text, &len));
	MUST(!policy_parse(text, len, &again, &diags));
	MUST(!policy_print(again, &text_again, &len_again));
	MUST(len == len_again && !memcmp(text, text_again, len));
	image = compile(policy);
	image_again = compile(again);
	check_same_image(image, image_again);
	policy_image_free(image);
	policy_image_free(image_again);
	policy_free(again);
	policy_diags_free(&diags);
	free(text);
	free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_diags diags = {0};
	struct policy *policy = NULL;
	int err = policy_parse((const char *)data, size, &policy, &diags);

	MUST(!err == !!policy);
	MUST(!err == !diags.n_errors);
	check_diags(&diags);
	if (policy)
		check_round_trip(policy);
	policy_free(policy);
	policy_diags_free(&diags);
	return 0;
}
