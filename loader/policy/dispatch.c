// SPDX-License-Identifier: GPL-2.0
/*
 * dispatch.c - which statement a line is, and in which block it stands.
 *
 * Blocks are told by keyword, never by indentation: saved configurations are pasted,
 * mailed and generated, and their blanks do not survive. What a word means in the block
 * that is open is asked first, then what it means at the top, which ends the block.
 */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "policy/names.h"
#include "policy/statement.h"

/* The shortest word that is taken for the beginning of another. */
#define MIN_ABBREVIATION 3

struct found {
	const struct policy_statement *row;
	enum policy_tier tier;
	unsigned int fit;
};

unsigned int policy_place_of(const struct policy_parser *p)
{
	switch (p->block) {
	case POLICY_BLOCK_INTERFACE:
	case POLICY_BLOCK_REFUSED_INTERFACE:
		return IN_INTERFACE;
	case POLICY_BLOCK_OBJECT:
	case POLICY_BLOCK_REFUSED_OBJECT:
		return IN_OBJECT;
	case POLICY_BLOCK_GROUP:
	case POLICY_BLOCK_REFUSED_GROUP:
		return IN_GROUP;
	case POLICY_BLOCK_CLASS:
		return IN_CLASS;
	case POLICY_BLOCK_MAP:
		return IN_MAP;
	case POLICY_BLOCK_REFUSED_INSPECTION:
		return IN_CLASS | IN_MAP;
	case POLICY_BLOCK_NONE:
	case POLICY_BLOCK_UNSUPPORTED:
		break;
	}
	return IN_TOP;
}

/* Compare a word with the first of a row. */
static int compare_first(const struct policy_token *token, const char *words)
{
	size_t len = strcspn(words, " ");
	int order = strncasecmp(token->text, words, token->len < len ? token->len : len);

	return order ? order : (token->len > len) - (token->len < len);
}

size_t policy_rows_find(const struct policy_table *table,
			const struct policy_token *token, size_t *first)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_first(token, table->rows[middle].words) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	while (low < table->count && !compare_first(token, table->rows[low].words))
		low++;
	return low - *first;
}

/* How well a row fits the line, from its keyword on; 0: not at all. */
static unsigned int fit(const struct policy_statement *row,
			const struct policy_token *token, unsigned int place)
{
	const char *second = strchr(row->words, ' ');

	if (second && !policy_token_is(&token[1], second + 1))
		return 0;
	return (second ? 4 : 0) + (row->in & place ? 3 : row->in & IN_TOP ? 2 : 1);
}

static void find_in(const struct policy_table *table, enum policy_tier tier, size_t first,
		    size_t count, const struct policy_token *token, unsigned int place,
		    struct found *best)
{
	for (size_t i = first; i < first + count; i++) {
		unsigned int this_fit = fit(&table->rows[i], token, place);

		if (this_fit > best->fit)
			*best = (struct found){&table->rows[i], tier, this_fit};
	}
}

/* Rows of a word in all tables: those of policy_table_no are behind the tiers. Long
 * lists of lines begin with one word, which is looked up once. */
static const struct policy_row_cache *look_up(struct policy_parser *p,
					      const struct policy_token *token)
{
	struct policy_row_cache *rows = &p->rows;

	if (rows->word && rows->len == token->len &&
	    !memcmp(rows->word, token->text, token->len))
		return rows;
	for (int tier = POLICY_TIER_ENFORCED; tier < POLICY_N_TIERS; tier++)
		rows->count[tier] =
			policy_rows_find(policy_tables[tier], token, &rows->first[tier]);
	rows->count[POLICY_N_TIERS] =
		policy_rows_find(&policy_table_no, token, &rows->first[POLICY_N_TIERS]);
	/* Words of a line that was cleaned do not outlive it. */
	rows->word = token->text >= p->text && token->text < p->text + p->len
			     ? token->text
			     : NULL;
	rows->len = token->len;
	return rows;
}

/* @no: behind `no`. Return: false if no row begins with the word. */
static bool find(struct policy_parser *p, const struct policy_token *token, bool no,
		 struct found *out)
{
	unsigned int place = policy_place_of(p);
	struct found best = {0};
	const struct policy_row_cache *rows;

	if (!token->len)
		return false;
	rows = look_up(p, token);
	if (no)
		find_in(&policy_table_no, POLICY_TIER_ENFORCED,
			rows->first[POLICY_N_TIERS], rows->count[POLICY_N_TIERS], token,
			place, &best);
	for (int tier = no ? POLICY_TIER_IGNORED : POLICY_TIER_ENFORCED;
	     tier < POLICY_N_TIERS; tier++)
		find_in(policy_tables[tier], (enum policy_tier)tier, rows->first[tier],
			rows->count[tier], token, place, &best);
	*out = best;
	return best.row != NULL;
}

static bool is_comment(const struct policy_token *token)
{
	return !token->len || token->text[0] == '!' || token->text[0] == ':' ||
	       token->text[0] == '#';
}

/* The checksum line that ends every saved configuration. */
static bool is_checksum(const struct policy_token *token)
{
	static const char word[] = "Cryptochecksum:";

	return token->len >= sizeof(word) - 1 &&
	       !strncasecmp(token->text, word, sizeof(word) - 1);
}

/* ---- words that nothing begins with --------------------------------------- */

static bool is_part_of_inspections(const char *keyword)
{
	static const char *const words[] = {
		"regex",      "class-map", "policy-map",      "match", "class",
		"parameters", "inspect",   "drop-connection", "reset", "log",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(keyword, words[i]))
			return true;
	return false;
}

/* A line that was probably meant to declare something must not make every
 * use of it an error too. */
static int declare_what_was_meant(struct policy_parser *p, const char *keyword, int err)
{
	if (!strcasecmp(keyword, "nameif") || !strcasecmp(keyword, "interface"))
		p->iface_names_uncertain = true;
	if (is_part_of_inspections(keyword))
		p->inspections_uncertain = true;
	if (!strcasecmp(keyword, "access-list") && policy_peek(p)->len &&
	    policy_refuse_list_name(p, policy_peek(p)))
		return -ENOMEM;
	return err;
}

/* Of what is enforced: a word that is near to another one's is a chance. */
static const char *nearest_statement(const struct policy_table *table,
				     const struct policy_token *token)
{
	const char *words[POLICY_MAX_STATEMENTS + 1];
	size_t n = 0;

	while (n < table->count && n < POLICY_MAX_STATEMENTS) {
		words[n] = table->rows[n].words;
		n++;
	}
	words[n] = NULL;
	return policy_nearest(token->text, token->len, words);
}

/* The word has been consumed. */
static int fail_unknown(struct policy_parser *p, const struct policy_token *token,
			bool no)
{
	const struct policy_table *table = no ? &policy_table_no
					      : policy_tables[POLICY_TIER_ENFORCED];
	const char *nearest = nearest_statement(table, token);
	int err;

	p->n_unknown++;
	err = policy_fail(p, token, E_UNKNOWN_STATEMENT, "unknown statement '%.*s'",
			  POLICY_WORD(token));

	if (!nearest)
		return policy_hint(p, err,
				   "remove the line, or make it a comment with '!'");
	err = policy_hint(p, err, "did you mean '%s'?", nearest);
	return declare_what_was_meant(p, nearest, err);
}

/* Words of which a cut leaves less than this tell nothing. */
#define MIN_MISSPELT 5

static bool begins_statement(const struct policy_token *word)
{
	size_t first;

	for (int tier = POLICY_TIER_ENFORCED; tier < POLICY_N_TIERS; tier++)
		if (policy_rows_find(policy_tables[tier], word, &first))
			return true;
	return policy_token_is(word, "no");
}

bool policy_is_rest(const struct policy_parser *p, const struct policy_token *word)
{
	if (is_comment(&p->line.tokens[0]) || is_comment(word) || is_checksum(word) ||
	    begins_statement(word))
		return false;
	return word->len < MIN_MISSPELT ||
	       !nearest_statement(policy_tables[POLICY_TIER_ENFORCED], word);
}

/* Words that begin with the token, of rows that may stand here: if all are one, it is
 * returned. @word: what was found before */
static bool abbreviates_one(const struct policy_table *table,
			    const struct policy_token *token, unsigned int places,
			    const char **word)
{
	for (size_t i = 0; i < table->count; i++) {
		const char *words = table->rows[i].words;
		size_t len = strcspn(words, " ");

		if (!(table->rows[i].in & places) || len <= token->len ||
		    strncasecmp(words, token->text, token->len) != 0)
			continue;
		if (*word &&
		    (strcspn(*word, " ") != len || strncmp(*word, words, len) != 0))
			return false;
		*word = words;
	}
	return true;
}

/* The command line of PIX and ASA takes unambiguous beginnings, and so do scripts. */
static int expand_abbreviation(struct policy_parser *p, struct policy_token *token,
			       bool no)
{
	struct policy_where where = policy_where(p, token);
	unsigned int places = policy_place_of(p) | IN_TOP;
	const char *word = NULL;
	bool one = token->len >= MIN_ABBREVIATION;

	one = one && abbreviates_one(no ? &policy_table_no : policy_tables[0], token,
				     places, &word);
	for (int tier = POLICY_TIER_IGNORED; one && tier < POLICY_N_TIERS; tier++)
		one = abbreviates_one(policy_tables[tier], token, places, &word);
	if (!one || !word || !policy_can_replace(p, token, strcspn(word, " ")))
		return 0;
	if (policy_note_at(p, &where, N_ABBREVIATION, "'%.*s' is read as '%.*s'",
			   POLICY_WORD(token), (int)strcspn(word, " "), word))
		return -ENOMEM;
	return policy_replace_word(p, token, word, strcspn(word, " "));
}

/* ---- blocks ---------------------------------------------------------------- */

static bool leaves_block(const struct policy_token *token)
{
	return policy_token_is(token, "exit") || policy_token_is(token, "quit");
}

/* exit, quit: one level up */
int policy_stmt_exit(struct policy_parser *p)
{
	if (p->block == POLICY_BLOCK_MAP && p->map_part != POLICY_PART_NONE)
		p->map_part = POLICY_PART_NONE;
	else
		p->block = POLICY_BLOCK_NONE;
	return 0;
}

/*
 * Whether the line is part of the block that is open, of which nothing is enforced. Its
 * blocks within blocks are not told apart: leaving one leaves the rest open.
 * Return: 1; 0; or an error: the word is unknown, and near to one that is not.
 */
static int take_foreign_line(struct policy_parser *p, struct policy_token *token, bool no)
{
	struct found found;
	bool known = find(p, token, no, &found) && (found.row->in & IN_TOP);
	bool enforced = known && (found.tier == POLICY_TIER_ENFORCED ||
				  found.tier == POLICY_TIER_REFUSED);

	if (leaves_block(token)) {
		p->foreign_left = true;
		return 1;
	}
	if (!known && no) /* what cannot be undone begins a statement all the same */
		known = enforced = find(p, token, false, &found) &&
				   (found.row->in & IN_TOP);
	if (!policy_is_foreign_line(p, token, enforced, known))
		return 0;
	if (!known && !policy_is_foreign_member(p, token) &&
	    p->line.tokens[0].column <= p->foreign_column &&
	    (p->foreign_left ||
	     nearest_statement(policy_tables[POLICY_TIER_ENFORCED], token))) {
		policy_next(p);
		return fail_unknown(p, token, false);
	}
	return 1;
}

/* ---- lines ------------------------------------------------------------------ */

static void note_seen(struct policy_parser *p, const struct policy_statement *row)
{
	size_t index = (size_t)(row - policy_table_statements.rows);

	if (row->parse == policy_stmt_exit || row->parse == policy_stmt_version ||
	    row->parse == policy_stmt_clear || row->parse == policy_stmt_names)
		return;
	p->seen[index / 64] |= 1ULL << (index % 64);
	p->policy->report.n_enforced++;
}

/* The keyword is the next word. */
static int parse_row(struct policy_parser *p, const struct found *found, bool no)
{
	const struct policy_statement *row = found->row;
	size_t ignored_before = p->policy->report.n_ignored;
	int err;

	p->statement = row;
	p->keyword_at = p->at;
	policy_next(p);
	if (strchr(row->words, ' '))
		policy_next(p);
	if (!(row->in & policy_place_of(p)) && (row->in & IN_TOP))
		p->block = POLICY_BLOCK_NONE;
	if (no && found->tier != POLICY_TIER_ENFORCED)
		err = policy_ignore(p, &p->line.tokens[p->keyword_at]);
	else
		err = row->parse(p);
	if (err)
		return err;
	p->n_understood++;
	if (!no && found->tier == POLICY_TIER_ENFORCED &&
	    p->policy->report.n_ignored == ignored_before)
		note_seen(p, row);
	return 0;
}

/* `no` of something that cannot be undone, which is no matter if it was not done. */
static int undo(struct policy_parser *p, const struct policy_token *no,
		const struct policy_token *keyword)
{
	if (policy_undoes_something(p, keyword))
		return policy_fail_undo(p, no, keyword);
	p->n_understood++;
	return policy_ignore(p, keyword);
}

static int parse_statement(struct policy_parser *p)
{
	const struct policy_token *first = policy_peek(p);
	bool no = policy_accept(p, "no");
	struct policy_token *keyword = &p->line.tokens[p->at];
	struct found found;
	int err;

	if (!keyword->len)
		return policy_fail(p, keyword, E_MISSING,
				   "the line ends where the statement to undo belongs");
	if (p->block == POLICY_BLOCK_UNSUPPORTED) {
		err = take_foreign_line(p, keyword, no);
		if (err)
			return err < 0 ? err : 0;
		p->block = POLICY_BLOCK_NONE;
	}
	if (!find(p, keyword, no, &found) && !(no && find(p, keyword, false, &found))) {
		err = expand_abbreviation(p, keyword, no);
		if (err)
			return err;
	}
	if (find(p, keyword, no, &found)) {
		if (p->line.too_long && found.tier == POLICY_TIER_ENFORCED)
			return policy_fail_too_long(p);
		return parse_row(p, &found, no);
	}
	if (no && find(p, keyword, false, &found))
		return undo(p, first, keyword);
	policy_next(p);
	return p->line.too_long ? policy_fail_too_long(p) : fail_unknown(p, keyword, no);
}

int policy_fail_too_long(struct policy_parser *p)
{
	const struct policy_token start = {.text = p->line.text, .len = 1, .column = 1};
	int err = policy_fail(p, &start, E_LINE_TOO_LONG,
			      "the line is %zu bytes long; %d is the limit", p->line.len,
			      POLICY_LINE_BYTES);

	return policy_hint(p, err, "split it into several statements");
}

int policy_parse_line(struct policy_parser *p)
{
	if (is_comment(policy_peek(p)) || is_checksum(policy_peek(p)))
		return 0;
	if (p->block == POLICY_BLOCK_REFUSED_INSPECTION && p->block_is_foreign &&
	    policy_is_foreign_inspection_line(p))
		return 0;
	return parse_statement(p);
}
