// SPDX-License-Identifier: GPL-2.0
/*
 * rule_options.c - what may end an access-list line:
 *
 *   [established | FLAG... | match-any +FLAG|-FLAG... | match-all ... | fragments]
 *   [log ...] [inactive]
 *
 * FLAG: ack, fin, psh, rst, syn, urg (RFC 9293, 3.1). `inactive` is ASA's. The
 * others are IOS's, which ASA lacks: flags without a sign are alternatives, and
 * `established` is ACK or RST. Meanings that are equal become equal here.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/names.h"
#include "policy/lists.h"

#define FLAG_FIN 1
#define FLAG_SYN 2
#define FLAG_RST 4
#define FLAG_PSH 8
#define FLAG_ACK 16
#define FLAG_URG 32

const struct policy_tcp_flag policy_tcp_flag_words[POLICY_N_TCP_FLAGS] = {
	{"ack", FLAG_ACK}, {"fin", FLAG_FIN}, {"psh", FLAG_PSH},
	{"rst", FLAG_RST}, {"syn", FLAG_SYN}, {"urg", FLAG_URG},
};

bool policy_is_established(const struct policy_tcp_flags *flags)
{
	return flags->any && flags->set == (FLAG_ACK | FLAG_RST) && !flags->clear;
}

/* The flag that a word names. Return: 0 if it names none. */
static uint8_t flag_bit(const char *text, size_t len)
{
	const struct policy_token word = {.text = text, .len = len};

	for (int i = 0; i < POLICY_N_TCP_FLAGS; i++)
		if (policy_token_is(&word, policy_tcp_flag_words[i].word))
			return policy_tcp_flag_words[i].bit;
	return 0;
}

static bool is_signed(const struct policy_token *token)
{
	return token->len && (token->text[0] == '+' || token->text[0] == '-');
}

/* Words that say something about flags, a flag with its sign among them. */
static bool is_flags_word(const struct policy_token *token)
{
	if (is_signed(token))
		return flag_bit(token->text + 1, token->len - 1);
	return policy_token_is(token, "established") ||
	       policy_token_is(token, "match-any") ||
	       policy_token_is(token, "match-all") || flag_bit(token->text, token->len);
}

bool policy_is_rule_option(const struct policy_token *token)
{
	return token->len &&
	       (policy_token_is(token, "inactive") ||
		policy_token_is(token, "fragments") || is_flags_word(token));
}

/* ---- TCP flags --------------------------------------------------------- */

static int fail_flags_protocol(struct policy_parser *p, const struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	const char *name = rule->any_proto ? "ip" : policy_protocol_name(rule->proto);
	int err = policy_fail(p, token, E_FLAGS_PROTOCOL, "only tcp has flags, not %s",
			      name ? name : "this protocol");

	return policy_hint(p, err, "write tcp as the protocol");
}

static int add_flag(struct policy_parser *p, struct policy_tcp_flags *flags, uint8_t bit,
		    bool must_be_set)
{
	const struct policy_token *token = policy_peek(p);
	int err;

	if ((flags->set | flags->clear) & bit) {
		err = policy_fail(p, token, E_FLAG_TWICE,
				  "'%.*s' is about a flag that the line already has",
				  POLICY_WORD(token));
		return policy_hint(p, err, "name each flag once");
	}
	if (must_be_set)
		flags->set |= bit;
	else
		flags->clear |= bit;
	policy_next(p);
	return 0;
}

/* ack fin ... */
static int parse_bare_flags(struct policy_parser *p, struct policy_tcp_flags *flags)
{
	const struct policy_token *token = policy_peek(p);
	uint8_t bit;
	int err = 0;

	for (; !err && (bit = flag_bit(token->text, token->len)); token = policy_peek(p))
		err = add_flag(p, flags, bit, true);
	flags->any = true;
	if (err || !is_signed(token) || !is_flags_word(token))
		return err;
	err = policy_fail(p, token, E_EXPECTED,
			  "'%.*s' has a sign, and no word before it", POLICY_WORD(token));
	return policy_hint(p, err, "write 'match-any' or 'match-all' before the flags");
}

static int fail_flag(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	const struct policy_token *before = &p->line.tokens[p->at - 1];
	int err;

	if (!flag_bit(token->text, token->len))
		return policy_fail_expected(p, "a flag with its sign",
					    "write flags as in +syn -ack; there are ack, "
					    "fin, psh, rst, syn and urg",
					    NULL);
	err = policy_fail(p, token, E_EXPECTED, "'%.*s' lacks its sign",
			  POLICY_WORD(token));
	return policy_hint(p, err, "write it as in %.*s +%.*s, or with '-'",
			   POLICY_WORD(before), POLICY_WORD(token));
}

/* match-any|match-all +FLAG|-FLAG ...; the word has been consumed. */
static int parse_signed_flags(struct policy_parser *p, struct policy_tcp_flags *flags)
{
	const struct policy_token *token = policy_peek(p);
	int err = 0;

	if (!is_signed(token))
		return fail_flag(p);
	for (; !err && is_signed(token); token = policy_peek(p)) {
		uint8_t bit = flag_bit(token->text + 1, token->len - 1);

		if (!bit)
			return fail_flag(p);
		err = add_flag(p, flags, bit, token->text[0] == '+');
	}
	if (!err && flag_bit(token->text, token->len))
		return fail_flag(p);
	/* Of one flag, any is all. */
	if (!((flags->set | flags->clear) & ((flags->set | flags->clear) - 1)))
		flags->any = flags->set;
	return err;
}

static int parse_flags(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	struct policy_tcp_flags *flags = &rule->tcp_flags;

	if (rule->any_proto || rule->proto != IPPROTO_TCP)
		return fail_flags_protocol(p, rule);
	if (policy_accept(p, "established")) {
		*flags = (struct policy_tcp_flags){FLAG_ACK | FLAG_RST, 0, true};
		return 0;
	}
	flags->any = policy_token_is(token, "match-any");
	if (policy_accept(p, "match-any") || policy_accept(p, "match-all"))
		return parse_signed_flags(p, flags);
	return parse_bare_flags(p, flags);
}

/* ---- fragments --------------------------------------------------------- */

/* What a line says that later fragments do not have. NULL: nothing. */
static const char *first_fragment_part(const struct policy_rule *rule)
{
	if (rule->src_ports.op != POLICY_PORT_ANY ||
	    rule->dst_ports.op != POLICY_PORT_ANY ||
	    rule->proto_kind == POLICY_PROTO_OBJECT)
		return "ports";
	if (rule->icmp != POLICY_ICMP_ANY)
		return "an ICMP type";
	return policy_has_tcp_flags(&rule->tcp_flags) ? "TCP flags" : NULL;
}

static int parse_fragments(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	const char *part = first_fragment_part(rule);
	int err;

	if (part) {
		err = policy_fail(p, token, E_FRAGMENTS,
				  "'%.*s' is about later fragments, and only the first "
				  "one has %s",
				  POLICY_WORD(token), part);
		return policy_hint(
			p, err,
			"later fragments follow their first one; to match them "
			"all the same, write a line of its own for them");
	}
	policy_next(p);
	rule->fragments = true;
	return 0;
}

int policy_parse_rule_options(struct policy_parser *p, struct policy_rule *rule)
{
	const struct policy_token *token = policy_peek(p);
	int err = 0;

	if (!token->len)
		return 0;
	if (is_flags_word(token))
		err = parse_flags(p, rule);
	if (!err && policy_token_is(policy_peek(p), "fragments"))
		err = parse_fragments(p, rule);
	if (!err && policy_token_is(policy_peek(p), "log"))
		err = policy_parse_rule_log(p, rule);
	if (!err && policy_token_is(policy_peek(p), "time-range"))
		err = policy_fail_unsupported(
			p, policy_peek(p),
			"write the line without it if it may always "
			"match, or 'inactive' in its place");
	if (!err)
		rule->inactive = policy_accept(p, "inactive");
	return err;
}
