// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_rule.c - matches that must hold together, as the datapath asks them.
 *
 * A rule is asked at the last line that it needs: a user name is known when the
 * file is. File names stand in four commands only, so a rule about one and any
 * other command can never hold.
 */
#include <errno.h>

#include "policy/model.h"

#define VERB_BIT(NAME) (1ull << FTP_VERB_##NAME)
#define FILE_VERBS     (VERB_BIT(RETR) | VERB_BIT(STOR) | VERB_BIT(STOU) | VERB_BIT(APPE))
/* All but FTP_VERB_NONE, which is no command. */
#define ALL_VERBS      ((1ull << (FTP_VERB_END - 1)) * 2 - 2)

/* The bit of what a match looks for; 0 if there are too many. */
static uint32_t atom_bit(struct policy_atoms *atoms, const struct policy_match *match)
{
	size_t i = 0;

	while (i < atoms->count && (atoms->items[i].subject != match->kind ||
				    atoms->items[i].is_class != match->is_class ||
				    atoms->items[i].ref != match->ref))
		i++;
	if (i == PH_MAX_FTP_ATOMS)
		return 0;
	if (i == atoms->count) {
		atoms->items[i].subject = match->kind;
		atoms->items[i].is_class = match->is_class;
		atoms->items[i].ref = match->ref;
		atoms->count++;
	}
	return 1u << i;
}

/* By kind of match: when it can be asked. Later ones are greater. */
static const struct {
	unsigned int order;
	uint16_t on;
} asked_at[] = {
	[FTP_SUBJECT_SERVER] = {1, FTP_ON_GREETING},
	[FTP_SUBJECT_USERNAME] = {2, FTP_ON_USER},
	[POLICY_MATCH_COMMAND] = {3, FTP_ON_COMMAND},
	[FTP_SUBJECT_FILENAME] = {4, FTP_ON_FILE},
	[FTP_SUBJECT_FILETYPE] = {4, FTP_ON_FILE},
};

int policy_rule_build(struct policy_atoms *atoms, const struct policy_match *matches,
		      size_t n_matches, struct ftp_rule *out)
{
	struct ftp_rule rule = {0};
	uint64_t verbs = ALL_VERBS;
	unsigned int order = 0;

	for (size_t i = 0; i < n_matches; i++) {
		const struct policy_match *match = &matches[i];
		uint32_t bit = 0;

		if (asked_at[match->kind].order > order) {
			order = asked_at[match->kind].order;
			rule.on = asked_at[match->kind].on;
		}
		if (match->kind == POLICY_MATCH_COMMAND) {
			verbs &= match->negated ? ~match->verbs : match->verbs;
			continue;
		}
		bit = atom_bit(atoms, match);
		if (!bit)
			return -E2BIG;
		if (match->negated)
			rule.none_of |= bit;
		else
			rule.all_of |= bit;
	}
	if (verbs != ALL_VERBS)
		rule.verbs = rule.on == FTP_ON_FILE ? verbs & FILE_VERBS : verbs;
	if ((verbs != ALL_VERBS && !rule.verbs) || (rule.all_of & rule.none_of))
		return -EDOM;
	*out = rule;
	return 0;
}

/* What the rule asks for is one atom and nothing else, and it ends the connection. */
static bool decides_alone(const struct ftp_rule *rule)
{
	return !rule->verbs && !rule->none_of && !(rule->all_of & (rule->all_of - 1)) &&
	       rule->action & (FTP_ACTION_RESET | FTP_ACTION_DROP);
}

void policy_rules_cover(const struct policy_atoms *atoms, const struct ftp_rule *rules,
			size_t n_rules, uint32_t covered[PH_MAX_FTP_ATOMS])
{
	size_t first[PH_MAX_FTP_ATOMS], decided[PH_MAX_FTP_ATOMS];

	for (size_t i = 0; i < PH_MAX_FTP_ATOMS; i++)
		first[i] = decided[i] = SIZE_MAX;
	for (size_t r = n_rules; r-- > 0;)
		for (size_t i = 0; i < atoms->count; i++) {
			if ((rules[r].all_of | rules[r].none_of) >> i & 1)
				first[i] = r;
			if (decides_alone(&rules[r]) && rules[r].all_of >> i & 1)
				decided[i] = r;
		}
	for (size_t i = 0; i < PH_MAX_FTP_ATOMS; i++) {
		covered[i] = 0;
		for (size_t j = 0; i < atoms->count && j < atoms->count; j++)
			if (atoms->items[i].subject == atoms->items[j].subject &&
			    first[j] > decided[i])
				covered[i] |= 1u << j;
	}
}
