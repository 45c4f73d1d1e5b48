// SPDX-License-Identifier: GPL-2.0
/*
 * route.c - where a network is reached, and how large packets may be there.
 *
 *   route IF NETWORK MASK GATEWAY [METRIC] [track N] [tunneled]
 *   route Null0 NETWORK MASK [METRIC]
 *   ipv6 route IF NETWORK/LEN GATEWAY [METRIC] [tunneled]
 *   mtu IF BYTES
 *
 * All of it is the kernel's. Packets go where the kernel's routes lead; that they lead
 * where the policy was written for is checked when it is applied.
 */
#include <errno.h>

#include "policy/parser.h"

#define MAX_METRIC 255
#define MIN_MTU	   64
#define MAX_MTU	   65535

/* PIX's short form of 0.0.0.0. */
static bool accept_zero(struct policy_parser *p)
{
	return policy_accept(p, "0");
}

static int parse_net4(struct policy_parser *p, const char *what, policy_ip *addr,
		      policy_ip *mask)
{
	const struct policy_token *token = policy_peek(p);
	uint32_t quad = 0, ones = 0;
	int err = 0;

	if (!accept_zero(p))
		err = policy_parse_address(p, what, &quad);
	if (!err && !accept_zero(p))
		err = policy_parse_netmask(p, &ones);
	if (err)
		return err;
	*addr = policy_ip_from_v4(quad);
	*mask = policy_mask_from_v4(ones);
	return policy_check_host_bits(p, token, *addr, *mask);
}

static int parse_net6(struct policy_parser *p, const char *what, policy_ip *addr,
		      policy_ip *mask)
{
	const struct policy_token *token = policy_peek(p);
	unsigned int len = 0;
	int err = policy_parse_prefix6(p, what, addr, &len);

	if (err)
		return err;
	*mask = policy_mask_from_len(len);
	return policy_check_host_bits(p, token, *addr, *mask);
}

int policy_parse_net(struct policy_parser *p, const char *what, policy_ip *addr,
		     policy_ip *mask)
{
	return policy_is_ip6_like(policy_peek(p)) ? parse_net6(p, what, addr, mask)
						  : parse_net4(p, what, addr, mask);
}

static int parse_gateway(struct policy_parser *p, struct policy_route *route)
{
	const struct policy_token *token = policy_peek(p);
	bool v4 = policy_ip_is_v4(route->addr);
	bool link_local;
	int err = policy_parse_ip(p, "the gateway", &route->gateway);

	if (err)
		return err;
	link_local = route->gateway >> 118 == 0xfe80 >> 6;
	if (policy_ip_is_v4(route->gateway) != v4) {
		err = policy_fail(p, token, E_ROUTE, "'%.*s' is not an IPv%c address",
				  POLICY_WORD(token), v4 ? '4' : '6');
		return policy_hint(p, err, "a gateway is of the family of its network");
	}
	if (link_local || policy_is_host_address(route->gateway))
		return 0;
	err = policy_fail(p, token, E_ROUTE, "'%.*s' cannot be a gateway",
			  POLICY_WORD(token));
	return policy_hint(p, err, "write the address of the next router");
}

static bool is_number(const struct policy_token *token)
{
	return token->len && token->text[0] >= '0' && token->text[0] <= '9';
}

static int parse_metric(struct policy_parser *p, struct policy_route *route)
{
	const struct policy_token *token = policy_peek(p);
	unsigned long metric = 1;
	int err;

	if (is_number(token)) {
		err = policy_parse_number(p, MAX_METRIC, "a metric", &metric);
		if (err)
			return err;
		if (!metric) {
			err = policy_fail(p, token, E_ROUTE, "a metric of 0 is none");
			return policy_hint(p, err, "write 1 to 255, or nothing for 1");
		}
	}
	route->metric = (unsigned int)metric;
	return 0;
}

/* [METRIC] [track N] [tunneled] */
static int parse_options(struct policy_parser *p, struct policy_route *route)
{
	static const char *const words[] = {"track", "tunneled", NULL};
	int err = parse_metric(p, route);

	while (!err && policy_peek(p)->len) {
		const struct policy_token *word = policy_peek(p);
		unsigned long track;

		if (policy_accept(p, "tunneled")) {
			route->tunneled = true;
			err = policy_ignore(p, word);
		} else if (policy_accept(p, "track")) {
			err = policy_parse_number(p, 500, "a track", &track);
			if (!err)
				err = policy_ignore(p, word);
		} else {
			err = policy_fail_expected(
				p, "an option of a route",
				"write a metric, 'track N' or 'tunneled'", words);
		}
	}
	return err;
}

static int keep_route(struct policy_parser *p, const struct policy_route_stmt *stmt)
{
	struct policy_route_stmt *kept = vec_push(&p->routes);

	if (!kept)
		return -ENOMEM;
	*kept = *stmt;
	return 0;
}

static int parse_route(struct policy_parser *p, bool ipv6)
{
	struct policy_route_stmt stmt = {.parsed.where =
						 policy_where(p, &p->line.tokens[0])};
	int err;

	stmt.discards = policy_token_is(policy_peek(p), "null0");
	err = policy_parse_iface_ref(p, &stmt.iface);
	if (!err)
		err = ipv6 ? parse_net6(p, "the network", &stmt.parsed.addr,
					&stmt.parsed.mask)
			   : parse_net4(p, "the network", &stmt.parsed.addr,
					&stmt.parsed.mask);
	if (!err && !stmt.discards)
		err = parse_gateway(p, &stmt.parsed);
	if (!err)
		err = parse_options(p, &stmt.parsed);
	return err ? err : keep_route(p, &stmt);
}

int policy_stmt_route(struct policy_parser *p)
{
	return parse_route(p, false);
}

int policy_stmt_route6(struct policy_parser *p)
{
	return parse_route(p, true);
}

int policy_stmt_mtu(struct policy_parser *p)
{
	struct policy_mtu_stmt stmt;
	struct policy_mtu_stmt *kept;
	const struct policy_token *token;
	unsigned long mtu = 0;
	int err = policy_parse_iface_ref(p, &stmt.iface);

	if (err)
		return err;
	token = policy_peek(p);
	err = policy_parse_number(p, MAX_MTU, "a number of bytes", &mtu);
	if (!err && mtu < MIN_MTU) {
		err = policy_fail(p, token, E_MTU, "no packet fits into %lu bytes", mtu);
		return policy_hint(p, err, "write %d to %d", MIN_MTU, MAX_MTU);
	}
	if (!err)
		err = policy_expect_end(p);
	if (err)
		return err;
	kept = vec_push(&p->mtus);
	if (!kept)
		return -ENOMEM;
	stmt.mtu = (unsigned int)mtu;
	*kept = stmt;
	return 0;
}
