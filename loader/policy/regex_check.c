// SPDX-License-Identifier: GPL-2.0
/*
 * regex_check.c - whether a regular expression may be used.
 *
 * pcre2 judges first: it has been asked for every way of getting one wrong.
 * What it accepts and an automaton cannot decide, or ASA reads otherwise, the
 * parser refuses after it.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include "policy/regex.h"

static int judge(const char *pattern, size_t len, struct policy_regex_fault *fault)
{
	const uint32_t options = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF |
				 PCRE2_NEVER_UCP | PCRE2_NO_AUTO_POSSESS |
				 PCRE2_NO_START_OPTIMIZE;
	PCRE2_SIZE at = 0;
	int code = 0;
	pcre2_code *compiled =
		pcre2_compile((PCRE2_SPTR)pattern, len, options, &code, &at, NULL);

	pcre2_code_free(compiled);
	if (compiled)
		return 0;
	if (code == PCRE2_ERROR_HEAP_FAILED)
		return -ENOMEM;
	*fault = (struct policy_regex_fault){.at = at < len ? at : len, .width = 1};
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)fault->message,
				    sizeof(fault->message)) < 0)
		snprintf(fault->message, sizeof(fault->message), "pcre2 error %d", code);
	return -EINVAL;
}

/* Nothing need be there for it but one end of the text. The length of a pattern
 * bounds the depth. */
static bool is_found_at(const struct policy_regex_tree *tree, uint16_t index,
			enum regex_kind end)
{
	const struct regex_node *node = &tree->nodes.items[index];

	switch (node->kind) {
	case REGEX_EMPTY:
		return true;
	case REGEX_BYTES:
		break;
	case REGEX_START:
	case REGEX_END:
		return node->kind == end;
	case REGEX_THEN:
		return is_found_at(tree, node->left, end) &&
		       is_found_at(tree, node->right, end);
	case REGEX_OR:
		return is_found_at(tree, node->left, end) ||
		       is_found_at(tree, node->right, end);
	case REGEX_REPEAT:
		return !node->min || is_found_at(tree, node->left, end);
	}
	return false;
}

int policy_regex_check(const char *pattern, size_t len, bool *always,
		       struct policy_regex_fault *fault)
{
	struct policy_regex_tree tree = {0};
	int err = judge(pattern, len, fault);

	if (!err)
		err = policy_regex_parse(pattern, len, &tree, fault);
	if (!err)
		*always = is_found_at(&tree, tree.root, REGEX_START) ||
			  is_found_at(&tree, tree.root, REGEX_END);
	policy_regex_free(&tree);
	return err;
}
