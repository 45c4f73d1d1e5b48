// SPDX-License-Identifier: GPL-2.0
/*
 * host_access.c - who may speak to the machine itself.
 *
 *   ssh|telnet NETWORK [MASK] IF, NETWORK/LEN of IPv6
 *   http server enable [PORT]
 *   http NETWORK MASK IF
 *   icmp permit|deny any|host ADDRESS|NETWORK MASK [TYPE [CODE]] IF
 *   ipv6 icmp permit|deny any|host ADDRESS|NETWORK/LEN [TYPE [CODE]] IF
 *   control-plane enforce	(Pinhole's own: the lines above decide)
 *
 * What else begins with these words is about the services themselves, which are not
 * Pinhole's. control_plane.c makes lists of it.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/names.h"
#include "policy/parser.h"

#define HTTPS_PORT 443

static int keep_line(struct policy_parser *p, const struct policy_box_stmt *stmt)
{
	struct policy_box_stmt *kept = vec_push(&p->boxes);

	if (!kept)
		return -ENOMEM;
	*kept = *stmt;
	return 0;
}

static struct policy_box_stmt new_line(const struct policy_parser *p,
				       enum policy_box_kind kind)
{
	return (struct policy_box_stmt){
		.parsed =
			{
				.where = policy_where(p, &p->line.tokens[0]),
				.kind = kind,
				.permit = true,
				.src = {.kind = POLICY_ADDR_NET, .ref = POLICY_NO_OBJECT},
			},
	};
}

/* ---- ssh, telnet, http ---------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* PIX 6 takes one host if there is no mask. */
static int parse_client(struct policy_parser *p, struct policy_addr *src)
{
	const struct policy_token *token = policy_peek(p);
	bool alone = p->at + 2 == p->line.n_tokens && !is_digit(*token[1].text);

	if (!alone || policy_is_ip6_like(token))
		return policy_parse_net(p, "the clients' network", &src->addr,
					&src->mask);
	src->mask = POLICY_IP_ONES;
	return policy_parse_ip(p, "the client's address", &src->addr);
}

/* NETWORK MASK IF */
static int parse_service(struct policy_parser *p, enum policy_box_kind kind)
{
	struct policy_box_stmt stmt = new_line(p, kind);
	int err = parse_client(p, &stmt.parsed.src);

	if (!err)
		err = policy_parse_iface_ref(p, &stmt.iface);
	if (!err)
		err = policy_expect_end(p);
	return err ? err : keep_line(p, &stmt);
}

/* An address, or the name of one: not a word about the service. */
static bool is_client(const struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);
	policy_ip named;

	return !token->len || is_digit(*token->text) || policy_is_ip6_like(token) ||
	       policy_name_find(p, token, &named);
}

/* About the service itself. */
static int ignore_rest(struct policy_parser *p)
{
	struct policy_token words = policy_first_words(p, 2);

	return policy_ignore(p, &words);
}

int policy_stmt_ssh(struct policy_parser *p)
{
	return is_client(p) ? parse_service(p, POLICY_BOX_SSH) : ignore_rest(p);
}

int policy_stmt_telnet(struct policy_parser *p)
{
	return is_client(p) ? parse_service(p, POLICY_BOX_TELNET) : ignore_rest(p);
}

/* http server enable [PORT]; `server` has been consumed. */
static int parse_http_server(struct policy_parser *p)
{
	uint16_t port = HTTPS_PORT;
	int err = 0;

	if (!policy_accept(p, "enable"))
		return ignore_rest(p);
	if (policy_peek(p)->len)
		err = policy_parse_port(p, IPPROTO_TCP, &port);
	if (!err)
		err = policy_expect_end(p);
	if (!err)
		p->policy->https_port = port;
	return err;
}

int policy_stmt_http(struct policy_parser *p)
{
	if (policy_accept(p, "server"))
		return parse_http_server(p);
	return is_client(p) ? parse_service(p, POLICY_BOX_HTTP) : ignore_rest(p);
}

/* no ssh ..., no telnet ..., no http ...: saved where nothing was set. */
int policy_stmt_no_service(struct policy_parser *p)
{
	const struct policy_token *words = p->line.tokens;
	bool server = policy_token_is(&words[1], "http") && policy_accept(p, "server") &&
		      policy_accept(p, "enable");
	int err;

	if (server ? !p->policy->https_port : !is_client(p))
		return ignore_rest(p);
	err = policy_fail(p, &words[0], E_UNSUPPORTED,
			  "this would undo what a line above says");
	return policy_hint(p, err, "remove the statement instead of undoing it");
}

/* ---- icmp ------------------------------------------------------------------- */

static int parse_icmp_source(struct policy_parser *p, bool ipv6, struct policy_addr *src)
{
	if (policy_accept(p, "any") || policy_accept(p, ipv6 ? "any6" : "any4")) {
		src->kind = ipv6 ? POLICY_ADDR_ANY6 : POLICY_ADDR_ANY4;
		return 0;
	}
	if (!policy_accept(p, "host"))
		return policy_parse_net(p, "a network", &src->addr, &src->mask);
	src->mask = POLICY_IP_ONES;
	return policy_parse_ip(p, "a host's address", &src->addr);
}

static int fail_icmp_type(struct policy_parser *p, const struct policy_token *token,
			  uint8_t proto)
{
	const char *nearest = policy_nearest_icmp(token->text, token->len, proto);
	int err = policy_fail(p, token, E_ICMP_TYPE, "'%.*s' is not an ICMP type",
			      POLICY_WORD(token));

	if (nearest)
		return policy_hint(p, err, "did you mean '%s'?", nearest);
	return policy_hint(p, err, "write a number from 0 to 255, or a name of PIX");
}

/* [TYPE [CODE]] before the interface, the last word. */
static int parse_icmp_type(struct policy_parser *p, struct policy_box_line *line)
{
	uint8_t proto = line->kind == POLICY_BOX_ICMP ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	const struct policy_token *token = policy_peek(p);
	int code = -1;
	unsigned long number;
	int named, err;

	if (p->at + 1 >= p->line.n_tokens)
		return 0;
	policy_next(p);
	named = policy_icmp_by_name(token->text, token->len, proto, &code);
	if (named < 0) {
		if (!policy_number_from(token->text, token->len, 255, &number))
			return fail_icmp_type(p, token, proto);
		named = (int)number;
		code = -1;
	}
	line->icmp_type = (uint8_t)named;
	line->icmp = code < 0 ? POLICY_ICMP_TYPE : POLICY_ICMP_TYPE_CODE;
	line->icmp_code = code < 0 ? 0 : (uint8_t)code;
	if (p->at + 1 >= p->line.n_tokens)
		return 0;
	err = policy_parse_number(p, 255, "an ICMP code", &number);
	if (err)
		return err;
	line->icmp = POLICY_ICMP_TYPE_CODE;
	line->icmp_code = (uint8_t)number;
	return 0;
}

static int parse_icmp(struct policy_parser *p, enum policy_box_kind kind)
{
	static const char *const actions[] = {"permit", "deny", NULL};
	struct policy_box_stmt stmt = new_line(p, kind);
	const struct policy_token *token;
	int err;

	if (policy_token_is(policy_peek(p), "unreachable")) /* how often: the kernel's */
		return ignore_rest(p);
	stmt.parsed.permit = policy_accept(p, actions[0]);
	if (!stmt.parsed.permit && !policy_accept(p, actions[1]))
		return policy_fail_expected(p, "an action", "write 'permit' or 'deny'",
					    actions);
	token = policy_peek(p);
	err = parse_icmp_source(p, kind == POLICY_BOX_ICMP6, &stmt.parsed.src);
	if (!err && stmt.parsed.src.kind == POLICY_ADDR_NET &&
	    policy_ip_is_v4(stmt.parsed.src.addr) != (kind == POLICY_BOX_ICMP)) {
		err = policy_fail(p, token, E_FAMILY, "this is the other family's ICMP");
		return policy_hint(p, err, "write '%s'",
				   kind == POLICY_BOX_ICMP ? "ipv6 icmp" : "icmp");
	}
	if (!err)
		err = parse_icmp_type(p, &stmt.parsed);
	if (!err)
		err = policy_parse_iface_ref(p, &stmt.iface);
	if (!err)
		err = policy_expect_end(p);
	return err ? err : keep_line(p, &stmt);
}

int policy_stmt_icmp(struct policy_parser *p)
{
	return parse_icmp(p, POLICY_BOX_ICMP);
}

int policy_stmt_icmp6(struct policy_parser *p)
{
	return parse_icmp(p, POLICY_BOX_ICMP6);
}

/* ---- control-plane ------------------------------------------------------------ */

int policy_stmt_control_plane(struct policy_parser *p)
{
	static const char *const words[] = {"enforce", NULL};
	bool on = !policy_token_is(&p->line.tokens[0], "no");
	int err;

	if (!policy_accept(p, words[0]))
		return policy_fail_expected(p, "the word 'enforce'",
					    "write 'control-plane enforce'", words);
	err = policy_expect_end(p);
	if (!err)
		p->policy->box_enforced = on;
	return err;
}
