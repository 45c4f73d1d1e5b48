// SPDX-License-Identifier: GPL-2.0
/*
 * name.c - names of addresses.
 *
 *   names
 *   name ADDRESS NAME [description TEXT]
 *
 * A name stands for its address wherever an address can stand, from its line on. PIX 6
 * names networks and masks, too: an address is all that it keeps.
 */
#include <errno.h>

#include "policy/parser.h"

#define NAME_SIZE 64

bool policy_name_find(const struct policy_parser *p, const struct policy_token *token,
		      policy_ip *out)
{
	const size_t *found;

	if (!p->names.count || !token->len)
		return false;
	found = strmap_find(&p->name_by_word, token->text, token->len);
	if (!found)
		return false;
	*out = p->names.items[*found].addr;
	return true;
}

/* Saved again with another address, the last one counts: but what stands between
 * has been read with the first. */
static int fail_twice(struct policy_parser *p, const struct policy_token *token,
		      policy_ip addr)
{
	int err = policy_fail(p, token, E_NAME_TWICE, "'%.*s' already is the name of %s",
			      POLICY_WORD(token), policy_ip_text(addr).text);

	return policy_hint(p, err, "choose another name for one of the addresses");
}

int policy_stmt_name(struct policy_parser *p)
{
	const struct policy_token *word;
	struct policy_name *kept;
	policy_ip addr, before;
	int err = policy_parse_ip(p, "an address", &addr);

	if (!err)
		err = policy_parse_name(p, NAME_SIZE, "the name of an address", &word);
	if (err)
		return err;
	if (!policy_accept(p, "description")) {
		err = policy_expect_end(p);
		if (err)
			return err;
	}
	if (policy_name_find(p, word, &before))
		return before == addr ? 0 : fail_twice(p, word, before);
	if (strmap_put(&p->name_by_word, word->text, word->len, p->names.count))
		return -ENOMEM;
	kept = vec_push(&p->names);
	if (!kept)
		return -ENOMEM;
	kept->addr = addr;
	return 0;
}

/* `names` makes the device show them; they are defined all the same. */
int policy_stmt_names(struct policy_parser *p)
{
	return policy_expect_end(p);
}
