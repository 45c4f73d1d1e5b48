// SPDX-License-Identifier: GPL-2.0
/*
 * inspect_foreign.c - inspections that are not Pinhole's: what is lost without them,
 * and the blocks that say how they are done.
 *
 * Every ASA has them. What they lose is said once for each line that asks for one; a
 * block is passed over as a whole. Its lines are told by their words, for a statement
 * that follows must be read, whatever stands before it.
 */
#include <string.h>

#include "policy/names.h"
#include "policy/parser.h"

#define LOST_DATA     "its data connections need access-list lines of their own"
#define LOST_CONTENT  "what it carries is not looked at"
#define LOST_COMMANDS "commands are not filtered"

static const struct {
	const char *word;
	const char *lost; /* NULL: nothing */
} protocols[] = {
	{"ctiqbe", LOST_DATA},
	{"dcerpc", LOST_DATA},
	{"diameter", LOST_CONTENT},
	{"dns", "messages are neither checked nor rewritten"},
	{"esmtp", LOST_COMMANDS},
	{"esp-ike", "ESP needs an access-list line of its own"},
	{"gtp", LOST_CONTENT},
	{"h323", LOST_DATA},
	{"http", "requests are not filtered"},
	{"icmp", NULL}, /* replies and errors belong to connections here, always */
	{"ils", "addresses in it are not rewritten"},
	{"im", LOST_CONTENT},
	{"ip-options", "packets with options are treated as others"},
	{"ipsec-pass-thru", "ESP and AH need access-list lines of their own"},
	{"ipv6", "extension headers are not filtered"},
	{"lisp", LOST_CONTENT},
	{"m3ua", LOST_CONTENT},
	{"mgcp", LOST_DATA},
	{"mmp", LOST_CONTENT},
	{"netbios", "addresses in it are not rewritten"},
	{"pptp", "GRE needs an access-list line of its own"},
	{"radius-accounting", LOST_CONTENT},
	{"rsh", "its connection for errors needs an access-list line of its own"},
	{"rtsp", LOST_DATA},
	{"scansafe", "requests are not filtered"},
	{"sctp", LOST_CONTENT},
	{"sip", LOST_DATA},
	{"skinny", LOST_DATA},
	{"smtp", LOST_COMMANDS},
	{"snmp", "versions are not filtered"},
	{"sqlnet", "redirected connections need access-list lines of their own"},
	{"stun", LOST_DATA},
	{"sunrpc", LOST_DATA},
	{"tftp", "answers come from other ports and need access-list lines of their own"},
	{"waas", LOST_CONTENT},
	{"xdmcp", LOST_DATA},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

bool policy_is_other_protocol(const struct policy_token *token)
{
	for (size_t i = 0; i < N(protocols); i++)
		if (policy_token_is(token, protocols[i].word))
			return true;
	return false;
}

int policy_ignore_protocol(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);

	for (size_t i = 0; i < N(protocols); i++)
		if (policy_token_is(token, protocols[i].word))
			return protocols[i].lost ? policy_ignore_with_warning(
							   p, token, protocols[i].lost)
						 : 0;
	return policy_fail_protocol(p, token);
}

int policy_fail_protocol(struct policy_parser *p, const struct policy_token *token)
{
	const char *words[N(protocols) + 3] = {"ftp", "ftps"};
	const char *nearest;
	int err;

	if (!token->len)
		return policy_fail(p, token, E_MISSING,
				   "the line ends where the protocol to inspect belongs");
	for (size_t i = 0; i < N(protocols); i++)
		words[i + 2] = protocols[i].word;
	words[N(protocols) + 2] = NULL;
	err = policy_fail(p, token, E_FIXUP_PROTOCOL, "'%.*s' is not inspected",
			  POLICY_WORD(token));
	nearest = policy_nearest(token->text, token->len, words);
	if (nearest)
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	return policy_hint(p, err, "only ftp and ftps are inspected");
}

/* ---- blocks ------------------------------------------------------------ */

static void begin_foreign_block(struct policy_parser *p)
{
	p->block = POLICY_BLOCK_REFUSED_INSPECTION;
	p->block_is_foreign = true;
}

int policy_ignore_block(struct policy_parser *p, const char *lost)
{
	int err = policy_ignore_with_warning(p, policy_peek(p), lost);

	begin_foreign_block(p);
	return err;
}

int policy_ignore_inspection_block(struct policy_parser *p)
{
	int err = policy_is_other_protocol(policy_peek(p))
			  ? policy_ignore_with_warning(
				    p, policy_peek(p),
				    "what the block asks of this protocol is not done")
			  : policy_fail_protocol(p, policy_peek(p));

	begin_foreign_block(p);
	return err;
}

int policy_stmt_foreign_map(struct policy_parser *p)
{
	const struct policy_token *keyword = &p->line.tokens[p->at - 1];
	int err = policy_ignore_with_warning(p, keyword,
					     "what the block asks for is not done");

	begin_foreign_block(p);
	return err;
}

/* What occurs in them. Sorted. */
static const char *const block_words[] = {
	"ah",
	"allow",
	"allow-tls",
	"basic-security",
	"body-match-maximum",
	"call-agent",
	"call-duration-limit",
	"call-party-number",
	"check-retransmission",
	"checksum-verification",
	"class",
	"clear",
	"command-queue",
	"commercial-security",
	"content-length",
	"content-type-verification",
	"default",
	"deny",
	"description",
	"dns-guard",
	"dnscrypt",
	"drop",
	"drop-connection",
	"early-message",
	"endpoint-mapper",
	"enforce-registration",
	"eool",
	"esp",
	"exceed-mss",
	"exp-flow-control",
	"exp-measure",
	"extended-security",
	"gateway",
	"gsn",
	"h245-tunnel-block",
	"hsi-group",
	"id-mismatch",
	"id-randomization",
	"im",
	"imi-traffic-descriptor",
	"invalid-ack",
	"ip-address-privacy",
	"log",
	"mail-relay",
	"mask",
	"mask-banner",
	"match",
	"max-forwards-validation",
	"max-header-length",
	"max-uri-length",
	"mcc",
	"message-id",
	"message-length",
	"nat-rewrite",
	"no-validation",
	"nop",
	"parameters",
	"permit",
	"port-misuse",
	"protocol-enforcement",
	"protocol-violation",
	"queue-limit",
	"quick-start",
	"ras-rcf-pinholes",
	"rate-limit",
	"record-route",
	"request-method",
	"request-queue",
	"reserve-port-protect",
	"reserved-bits",
	"reset",
	"router-alert",
	"rtp-conformance",
	"sccp-prefix-len",
	"send",
	"send-protocol-error",
	"seq-past-window",
	"software-version",
	"special-character",
	"spoof-server",
	"state-checking",
	"strict-header-validation",
	"strict-http",
	"syn-data",
	"synack-data",
	"tcp-inspection",
	"tcp-options",
	"timestamp",
	"traffic-non-sip",
	"transfer-encoding",
	"trust-verification-server",
	"tsig",
	"ttl-evasion-protection",
	"tunnel-limit",
	"urgent-flag",
	"uri-non-sip",
	"url-length-limit",
	"validate-attribute",
	"verify-header",
	"window-variation",
};

/* `timeout` is a statement, too: these follow it in blocks alone. */
static const char *const block_timeouts[] = {
	"endpoint", "gsn",	 "media",	"pdp-context", "pinhole",
	"request",  "signaling", "t3-response", "tunnel",      "users",
};

static bool is_one_of(const struct policy_token *token, const char *const *words,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (policy_token_is(token, words[i]))
			return true;
	return false;
}

bool policy_is_foreign_inspection_line(const struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);

	if (policy_token_is(token, "no"))
		token++;
	if (policy_token_is(token, "timeout"))
		return is_one_of(&token[1], block_timeouts, N(block_timeouts));
	return is_one_of(token, block_words, N(block_words));
}
