// SPDX-License-Identifier: GPL-2.0
/*
 * nat_asa.c - `nat` of ASA from 8.3 on: below an object, and with a line of its own.
 *
 *   nat [(REAL_IF,MAPPED_IF)] static MAPPED|interface [OPTIONS]
 *	 [service tcp|udp PORT PORT]
 *   nat [(REAL_IF,MAPPED_IF)] dynamic POOL [OPTIONS]
 *   nat [(REAL_IF,MAPPED_IF)] [LINE | after-auto [LINE]] source static REAL MAPPED
 *	 [destination static MAPPED REAL] [service REAL MAPPED] [OPTIONS]
 *   nat ... source dynamic REAL POOL ...
 *
 * Which one a line is, its words say: blocks end where they are not.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parser.h"

#define USAGE_OBJECT "nat (REAL_IF,MAPPED_IF) static MAPPED"
#define USAGE_TWICE  "nat (REAL_IF,MAPPED_IF) source static REAL MAPPED"

#define OPERAND (POLICY_OPERAND_NAME | POLICY_OPERAND_ANY)

/* ---- options ------------------------------------------------------------ */

/* Words that stand alone. Return: 1 one was taken; 0 none; or an error. */
static int accept_option(struct policy_parser *p, struct policy_nat *nat, bool twice)
{
	static const struct {
		const char *word;
		uint32_t flag;
		bool twice; /* only there */
	} options[] = {
		{"no-proxy-arp", POLICY_NAT_F_NO_PROXY_ARP, false},
		{"route-lookup", POLICY_NAT_F_ROUTE_LOOKUP, false},
		{"net-to-net", POLICY_NAT_F_NET_TO_NET, false},
		{"unidirectional", POLICY_NAT_F_UNIDIRECTIONAL, true},
		{"inactive", POLICY_NAT_F_INACTIVE, true},
	};
	int err;

	if (policy_token_is(policy_peek(p), "dns")) {
		err = policy_nat_dns(p, nat);
		return err ? err : 1;
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if ((twice || !options[i].twice) && policy_accept(p, options[i].word)) {
			nat->flags |= options[i].flag;
			return 1;
		}
	return 0;
}

/* service tcp|udp REAL MAPPED, below an object */
static int parse_service(struct policy_parser *p, struct policy_nat *nat)
{
	static const char *const words[] = {"tcp", "udp", NULL};
	int err;

	if (policy_accept(p, "tcp"))
		nat->proto = IPPROTO_TCP;
	else if (policy_accept(p, "udp"))
		nat->proto = IPPROTO_UDP;
	else
		return policy_fail_expected(p, "a protocol with ports",
					    "write 'service tcp REAL_PORT MAPPED_PORT'",
					    words);
	err = policy_parse_port(p, nat->proto, &nat->real_port);
	return err ? err : policy_parse_port(p, nat->proto, &nat->mapped_port);
}

/* ---- below an object ---------------------------------------------------- */

int policy_parse_nat_object(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	static const char *const words[] = {"static", "dynamic", "source", NULL};
	static const char what[] = "the mapped address";
	static const char hint[] = "write an address, an object or 'interface'";
	struct policy_nat *nat = &stmt->parsed;
	int err;

	nat->section = POLICY_NAT_OBJECT;
	if (policy_accept(p, "dynamic"))
		err = policy_parse_pool(p, POLICY_OPERAND_ADDRESS | POLICY_OPERAND_NAME,
					stmt);
	else if (policy_accept(p, "static"))
		err = policy_parse_operand(p, what,
					   POLICY_OPERAND_ADDRESS | POLICY_OPERAND_NAME |
						   POLICY_OPERAND_INTERFACE,
					   hint, &stmt->ends[POLICY_NAT_MAPPED]);
	else
		return policy_fail_expected(p, "a kind of translation",
					    "write '" USAGE_OBJECT "'", words);
	while (!err && policy_peek(p)->len) {
		if (!nat->dynamic && !nat->proto && policy_accept(p, "service")) {
			err = parse_service(p, nat);
			continue;
		}
		err = accept_option(p, nat, false);
		if (!err)
			return policy_expect_end(p);
		err = err > 0 ? 0 : err;
	}
	return err;
}

/* ---- with a line of its own --------------------------------------------- */

/* destination static MAPPED|interface REAL */
static int parse_destination(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	static const char hint[] =
		"write 'destination static MAPPED REAL', with an object or a group each";
	int err;

	if (!policy_accept(p, "static"))
		return policy_fail_expected(p, "the word 'static'", hint, NULL);
	stmt->parsed.has_destination = true;
	err = policy_parse_operand(p, "the address that the source asks for",
				   OPERAND | POLICY_OPERAND_INTERFACE, hint,
				   &stmt->ends[POLICY_NAT_DST_MAPPED]);
	if (!err)
		err = policy_parse_operand(p, "the real address of the destination",
					   OPERAND, hint,
					   &stmt->ends[POLICY_NAT_DST_REAL]);
	return err;
}

static int parse_services(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	for (int i = 0; i < 2; i++) {
		int err = policy_parse_nat_word(p, "the name of a service object",
						&stmt->services[i]);

		if (err)
			return err;
	}
	stmt->parsed.service_where = stmt->services[0].where;
	return 0;
}

/* The rest of the line is for people. */
static int parse_description(struct policy_parser *p, struct policy_nat *nat)
{
	const struct policy_token *first = policy_peek(p);
	size_t len;

	if (!first->len)
		return policy_fail_missing(p, "a description");
	len = p->line.len - (size_t)(first->text - p->line.text);
	while (len && (first->text[len - 1] == ' ' || first->text[len - 1] == '\t'))
		len--;
	nat->description = malloc(len + 1);
	if (!nat->description)
		return -ENOMEM;
	memcpy(nat->description, first->text, len);
	nat->description[len] = '\0';
	text_sanitize(nat->description, len);
	return 0;
}

static int parse_twice_options(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_nat *nat = &stmt->parsed;
	int err = 0;

	while (!err && policy_peek(p)->len) {
		if (!nat->has_destination && policy_accept(p, "destination")) {
			err = parse_destination(p, stmt);
		} else if (!stmt->services[0].len && policy_accept(p, "service")) {
			err = parse_services(p, stmt);
		} else if (policy_accept(p, "description")) {
			return parse_description(p, nat);
		} else {
			err = accept_option(p, nat, true);
			if (!err)
				return policy_expect_end(p);
			err = err > 0 ? 0 : err;
		}
	}
	return err;
}

/* `source` is next. */
static int parse_source(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	static const char *const kinds[] = {"static", "dynamic", NULL};
	static const char hint[] = "write an object or a group, or 'any'";
	static const char what[] = "who is translated";
	bool dynamic;
	int err;

	if (!policy_accept(p, "source"))
		return policy_fail_expected(p, "the word 'source'",
					    "write '" USAGE_TWICE "'", NULL);
	dynamic = policy_token_is(policy_peek(p), "dynamic");
	if (!policy_accept(p, "static") && !policy_accept(p, "dynamic"))
		return policy_fail_expected(p, "a kind of translation",
					    "write '" USAGE_TWICE "'", kinds);
	err = policy_parse_operand(p, what, OPERAND, hint, &stmt->ends[POLICY_NAT_REAL]);
	if (err)
		return err;
	if (dynamic)
		err = policy_parse_pool(p, POLICY_OPERAND_NAME, stmt);
	else
		err = policy_parse_operand(p, "what it is translated to",
					   OPERAND | POLICY_OPERAND_INTERFACE, hint,
					   &stmt->ends[POLICY_NAT_MAPPED]);
	return err ? err : parse_twice_options(p, stmt);
}

/* Behind the translations of its section that are before @line, from 1. */
static size_t place_of_line(const struct policy_parser *p,
			    enum policy_nat_section section, unsigned long line)
{
	unsigned long seen = 0;

	for (size_t i = 0; line && i < p->nats.count; i++)
		if (p->nats.items[i].parsed.section == section && ++seen == line)
			return i;
	return p->nats.count;
}

int policy_parse_nat_twice(struct policy_parser *p, struct policy_nat_stmt *stmt)
{
	struct policy_nat *nat = &stmt->parsed;
	unsigned long line = 0;
	int err = 0;

	nat->section = policy_accept(p, "after-auto") ? POLICY_NAT_AFTER_AUTO
						      : POLICY_NAT_MANUAL;
	if (policy_peek(p)->len && policy_peek(p)->text[0] >= '0' &&
	    policy_peek(p)->text[0] <= '9')
		err = policy_parse_number(p, UINT16_MAX, "a line number", &line);
	if (!err)
		err = parse_source(p, stmt);
	if (err) {
		free(nat->description);
		return err;
	}
	return policy_nat_keep(p, stmt, place_of_line(p, nat->section, line));
}
