// SPDX-License-Identifier: GPL-2.0
/*
 * ignored.c - one note for all statements that decide nothing here.
 *
 * A real configuration has hundreds of them. That they were read and left out must be
 * said, but not a line each.
 */
#include <errno.h>
#include <stdlib.h>

#include "policy/parser.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

int policy_ignore(struct policy_parser *p, const struct policy_token *token)
{
	const size_t *found = strmap_find(&p->ignored_by_word, token->text, token->len);
	struct policy_ignored *kept;

	p->policy->report.n_ignored++;
	if (found) {
		p->ignored.items[*found].count++;
		return 0;
	}
	if (strmap_put(&p->ignored_by_word, token->text, token->len, p->ignored.count))
		return -ENOMEM;
	kept = vec_push(&p->ignored);
	if (!kept)
		return -ENOMEM;
	*kept = (struct policy_ignored){token->text, token->len, 1};
	return 0;
}

int policy_note_ignored(struct policy_parser *p)
{
	size_t total = p->policy->report.n_ignored;
	char *words cleanup_free_ = NULL;
	struct strbuf buf = {0};
	int err;

	if (!total)
		return 0;
	for (size_t i = 0; i < p->ignored.count; i++) {
		const struct policy_ignored *item = &p->ignored.items[i];
		const struct policy_token word = {.text = item->word, .len = item->len};

		strbuf_printf(&buf, "%s%.*s", i ? ", " : "", POLICY_WORD(&word));
		if (item->count > 1)
			strbuf_printf(&buf, " (%zu)", item->count);
	}
	err = strbuf_steal(&buf, &words, NULL);
	if (err)
		return err;
	return policy_note_at(p, NULL, N_IGNORED,
			      "%zu statement%s that decide%s nothing here: %s", total,
			      total == 1 ? "" : "s", total == 1 ? "s" : "", words);
}
