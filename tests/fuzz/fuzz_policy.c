// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_policy.c - no text makes libpolicy crash, hang or lose its meaning.
 *
 * What must hold for every input: parsing ends; a refusal has an error with a
 * place in the text; an accepted policy compiles or exceeds a limit, and its
 * canonical text parses back to the same text, the same identities of lines, the
 * same sets and the same image. The image, and the canonical text, mean what the
 * reference reads in the policy. Any dialect, and `strict`, may be asked for.
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/policy.h>

#include "tests/reference/judge.h"

#define N_PACKETS 24 /* about each list: the texts are many */

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

static void check_prefixes(const struct acl_prefix *prefixes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct acl_prefix *prefix = &prefixes[i];
		unsigned __int128 addr = (unsigned __int128)prefix->high << 64 |
					 prefix->low;
		unsigned int bits = prefix->family == ACL_IPV4 ? 32 : 128;

		MUST(prefix->family < ACL_N_FAMILIES && prefix->len <= bits);
		/* Nothing stands behind the prefix, or above an IPv4 address. */
		MUST(bits == 128 || !(addr >> 32));
		MUST(prefix->len == 128 || !(addr << prefix->len << (128 - bits)));
	}
}

static void check_service(const struct acl_service *service)
{
	unsigned int set = ACL_COND_SET(service->cond);
	unsigned int clear = ACL_COND_CLEAR(service->cond);
	bool has_ports = service->src_port_low || service->src_port_high != UINT16_MAX ||
			 service->dst_port_low || service->dst_port_high != UINT16_MAX;

	MUST(service->src_port_low <= service->src_port_high);
	MUST(service->dst_port_low <= service->dst_port_high);
	MUST(!(set & clear) && !(service->cond & ACL_COND_PORTS));
	MUST(!(set | clear) || (!service->any_proto && service->proto == IPPROTO_TCP));
	MUST(set || clear || !(service->cond & ACL_COND_ANY));
	MUST(!(service->cond & ACL_COND_FRAGMENTS) || (!set && !clear && !has_ports));
	MUST(!service->any_proto || !has_ports);
}

static void check_acl_line(const struct acl_line *line)
{
	check_prefixes(line->src, line->n_src);
	check_prefixes(line->dst, line->n_dst);
	for (uint32_t i = 0; i < line->n_services; i++)
		check_service(&line->services[i]);
}

static void check_root(const struct policy_image *image, struct acl_root root)
{
	MUST(root.v4 < image->acl.n_words && root.v6 < image->acl.n_words);
}

/* Numbers count up through all lists, and lead to the lines that are shown. */
static void check_lists(const struct policy_image *image)
{
	uint32_t number = 0, shown = 0;

	MUST(image->acl.n_lists == image->n_acl_lists + image->n_nat_lists);
	for (size_t i = 0; i < image->n_acl_lists; i++) {
		check_root(image, image->acl.roots[i]);
		for (size_t j = 0; j < image->acl_lists[i].n_lines; j++) {
			MUST(image->acl_lists[i].lines[j].number == number++);
			check_acl_line(&image->acl_lists[i].lines[j]);
		}
	}
	for (size_t i = 0; i < image->n_lines; i++) {
		const struct policy_image_line *line = &image->lines[i];

		if (line->acl_line == ACL_NO_LINE)
			MUST(!line->bound || strstr(line->text, " inactive"));
		else
			MUST(line->bound && line->acl_line == shown++);
	}
	MUST(number == shown && number == image->n_acl_lines);
	MUST(number == image->config.n_acl_lines);
	for (size_t i = 0; i < image->n_ifaces; i++) {
		check_root(image, image->ifaces[i].config.acl_in);
		check_root(image, image->ifaces[i].config.acl_out);
		check_root(image, image->ifaces[i].config.acl_box);
	}
	check_root(image, image->config.acl_global);
}

#define SAME_BYTES(a, b, n) (!(n) || !memcmp(a, b, (n) * sizeof(*(a))))

static void check_same_lists(const struct policy_image *a, const struct policy_image *b)
{
	check_lists(a);
	MUST(a->n_acl_lines == b->n_acl_lines && a->n_acl_lists == b->n_acl_lists);
	MUST(a->acl.n_words == b->acl.n_words);
	MUST(a->acl.n_rules4 == b->acl.n_rules4 && a->acl.n_rules6 == b->acl.n_rules6);
	MUST(SAME_BYTES(a->acl.words, b->acl.words, a->acl.n_words));
	MUST(SAME_BYTES(a->acl.rules4, b->acl.rules4, a->acl.n_rules4));
	MUST(SAME_BYTES(a->acl.rules6, b->acl.rules6, a->acl.n_rules6));
	MUST(SAME_BYTES(a->acl.roots, b->acl.roots, a->acl.n_lists));
	for (size_t i = 0; i < a->n_lines; i++) {
		MUST(a->lines[i].line_id == b->lines[i].line_id);
		MUST(a->lines[i].acl_line == b->lines[i].acl_line);
		MUST(!strcmp(a->lines[i].text, b->lines[i].text));
	}
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
	MUST(SAME_BYTES(a->ftp_rules, b->ftp_rules, a->n_ftp_rules));
	MUST(SAME_BYTES(a->ftp_states, b->ftp_states, a->n_ftp_states));
	for (size_t i = 0; i < a->n_ftp_rules; i++) {
		MUST(!strcmp(a->ftp_matches[i].text, b->ftp_matches[i].text));
		MUST(!strcmp(a->ftp_matches[i].map, b->ftp_matches[i].map));
	}
}

/* Who shows a policy reads it back: the identities must be those that were counted by. */
static void check_same_translations(const struct policy_image *a,
				    const struct policy_image *b)
{
	MUST(a->n_translations == b->n_translations);
	for (size_t i = 0; i < a->n_translations; i++) {
		const struct policy_image_translation *x = &a->translations[i];
		const struct policy_image_translation *y = &b->translations[i];

		MUST(x->id && x->id == y->id && x->number == y->number);
		MUST(x->section == y->section && x->in_force == y->in_force);
		MUST(!strcmp(x->text, y->text));
	}
	for (size_t i = 0; i < a->n_nat_rules; i++)
		MUST(a->nat_rules[i].translation < a->n_translations &&
		     a->nat_rules[i].translation == b->nat_rules[i].translation);
}

static void check_same_image(const struct policy_image *a, const struct policy_image *b)
{
	MUST(!a == !b);
	if (!a)
		return;
	MUST(!memcmp(&a->config, &b->config, sizeof(a->config)));
	MUST(!strcmp(a->acl_global, b->acl_global));
	MUST(a->n_ifaces == b->n_ifaces);
	MUST(a->n_lines == b->n_lines && a->n_nats == b->n_nats);
	MUST(a->n_fixups == b->n_fixups);
	MUST(a->n_nat_rules == b->n_nat_rules && a->n_nat_lists == b->n_nat_lists);
	MUST(SAME_BYTES(a->ifaces, b->ifaces, a->n_ifaces));
	MUST(SAME_BYTES(a->nats, b->nats, a->n_nats));
	MUST(SAME_BYTES(a->fixups, b->fixups, a->n_fixups));
	MUST(SAME_BYTES(a->nat_lists, b->nat_lists, a->n_nat_lists));
	for (size_t i = 0; i < a->n_nat_rules; i++) /* their source lines differ */
		MUST(!memcmp(&a->nat_rules[i].rule, &b->nat_rules[i].rule,
			     sizeof(a->nat_rules[i].rule)));
	check_same_translations(a, b);
	check_same_inspections(a, b);
	check_same_lists(a, b);
}

static void check_meaning(const struct policy *policy, const struct policy *again,
			  const struct policy_image *image)
{
	struct ref_tally tally = {0};

	if (image)
		ref_judge(policy, image, N_PACKETS, 1, &tally);
	ref_judge_equal(policy, again, N_PACKETS / 2, 2, &tally);
	MUST(!tally.n_wrong);
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
	check_meaning(policy, again, image);
	policy_image_free(image);
	policy_image_free(image_again);
	policy_free(again);
	policy_diags_free(&diags);
	free(text);
	free(text_again);
}

static void check_text(const char *text, size_t size,
		       const struct policy_parse_options *options)
{
	struct policy_diags diags = {0};
	struct policy *policy = NULL;
	int err = policy_parse_as(text, size, options, &policy, &diags);

	MUST(!err == !!policy);
	MUST(!err == !diags.n_errors);
	check_diags(&diags);
	if (policy)
		check_round_trip(policy);
	policy_free(policy);
	policy_diags_free(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_parse_options options = {
		.dialect = (enum policy_dialect)(size % (POLICY_DIALECT_ASA9 + 1)),
		.strict = size & 4,
		.ignore_ipsec = size & 8,
	};

	check_text((const char *)data, size, NULL);
	check_text((const char *)data, size, &options);
	return 0;
}
