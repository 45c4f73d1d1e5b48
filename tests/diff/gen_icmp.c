// SPDX-License-Identifier: GPL-2.0
/*
 * gen_icmp.c - ICMP errors about packets of a flow, true and made up. See
 * gen.h.
 *
 * The reporter stands on the side of the end that did not get the packet, and
 * quotes it as it looked there: translated.
 *
 * RFC 792, 1191, 4443 3; 5927 (what attackers make up).
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/diff/gen.h"

struct kind {
	const char *name;
	uint8_t type;
	uint8_t code;
	uint32_t rest;
};

static const struct kind kinds4[] = {
	{"host-unreachable", 3, 1, 0},
	{"port-unreachable", 3, 3, 0},
	{"too-big", 3, 4, 1300},
	{"prohibited", 3, 13, 0},
	{"ttl", 11, 0, 0},
	{"reassembly", 11, 1, 0},
	{"parameter", 12, 0, 0},
	{"quench", 4, 0, 0},
	{"redirect", 5, 1, 0x0a000063},
};

static const struct kind kinds6[] = {
	{"no-route", 1, 0, 0},	 {"prohibited", 1, 1, 0}, {"port-unreachable", 1, 4, 0},
	{"too-big", 2, 0, 1300}, {"ttl", 3, 0, 0},	  {"reassembly", 3, 1, 0},
	{"parameter", 4, 0, 0},
};

static const char *const routers4[N_SIDES] = {"10.1.0.77", "198.51.100.77", "192.0.2.10"};
static const char *const routers6[N_SIDES] = {"2001:db8:1f::77", "2001:db8:f::77",
					      "2001:db8:2::10"};

enum lie {
	TRUE_QUOTE,
	LONG_QUOTE,
	SHORT_QUOTE, /* not even the ports */
	NO_QUOTE,
	OTHER_PORT,
	OTHER_ADDRESS,
	OTHER_PROTO,
	REVERSED,	/* as if the reporter's side had sent it */
	FAR_SEQ,	/* TCP: a number that was never in the window */
	QUOTE_FRAGMENT, /* of a later fragment: no ports */
	QUOTE_CHECKSUM, /* the quoted IP checksum is wrong */
	QUOTE_IHL,
	BAD_CHECKSUM, /* of the error itself */
	ABOUT_ERROR,  /* about an ICMP error */
	ELSEWHERE,    /* sent to another address than the quoted source */
	WRONG_SIDE,   /* comes from a third interface */
	N_LIES,
};

static const char *const lie_names[N_LIES] = {
	[TRUE_QUOTE] = "true",
	[LONG_QUOTE] = "long",
	[SHORT_QUOTE] = "short",
	[NO_QUOTE] = "empty",
	[OTHER_PORT] = "other-port",
	[OTHER_ADDRESS] = "other-address",
	[OTHER_PROTO] = "other-proto",
	[REVERSED] = "reversed",
	[FAR_SEQ] = "far-seq",
	[QUOTE_FRAGMENT] = "quoted-fragment",
	[QUOTE_CHECKSUM] = "quoted-checksum",
	[QUOTE_IHL] = "quoted-ihl",
	[BAD_CHECKSUM] = "bad-checksum",
	[ABOUT_ERROR] = "about-error",
	[ELSEWHERE] = "elsewhere",
	[WRONG_SIDE] = "wrong-side",
};

/* The packet that end `sender` sent, as it arrived at the other. */
static void quote_transport(const struct flow *f, unsigned int sender, enum lie lie,
			    struct draft *q)
{
	const struct end *end = &f->end[sender];
	uint16_t sport = end->port, dport = f->end[!sender].port;
	struct tcp_header tcp = {.flags = TCP_ACK, .window = end->window};

	if (lie == OTHER_PORT)
		sport ^= 0x4000;
	switch (f->proto) {
	case IPPROTO_TCP:
		tcp.sport = sport;
		tcp.dport = dport;
		tcp.seq = end->next - (lie == FAR_SEQ ? 0x40000000u : 0);
		tcp.ack = end->expect;
		draft_tcp(q, &tcp, 40);
		break;
	case IPPROTO_UDP:
		draft_udp(q, sport, dport, 40);
		break;
	case IPPROTO_ICMP:
		if (lie == ABOUT_ERROR)
			draft_icmp(q, q->v6 ? 1 : 3, 1, 0, NULL, 28);
		else
			draft_icmp(q, q->v6 ? 128 + sender : (sender ? 0 : 8), 0,
				   (uint32_t)(lie == OTHER_PORT ? f->id ^ 0x4000 : f->id)
					   << 16,
				   NULL, 40);
		break;
	default:
		draft_raw(q, f->proto, 48);
	}
	if (lie == OTHER_PROTO)
		q->proto = 200;
}

static void swap_ends(struct draft *q)
{
	struct addr src = q->src;

	q->src = q->dst;
	q->dst = src;
	if (q->proto == IPPROTO_TCP || q->proto == IPPROTO_UDP) {
		uint16_t sport = get16(q->l4);

		memcpy(q->l4, q->l4 + 2, 2);
		put16(q->l4 + 2, sport);
	}
}

static size_t build_quote(struct gen *gen, const struct flow *f, unsigned int sender,
			  enum lie lie, struct frame *out)
{
	const struct end *there = &f->end[!sender];
	struct draft q;
	uint8_t *ip = out->bytes + FRAME_L3_OFF;
	size_t len;

	flow_draft(gen, f, sender, &q);
	q.src = there->peer;
	q.dst = there->self;
	q.ttl = 1;
	if (lie == OTHER_ADDRESS)
		q.dst.byte[q.v6 ? 15 : 3] ^= 1;
	quote_transport(f, sender, lie, &q);
	if (lie == REVERSED)
		swap_ends(&q);
	if (lie == QUOTE_FRAGMENT && !q.v6)
		q.frag = 100;
	draft_seal(&q);
	draft_frame(&q, out);
	if (lie == QUOTE_CHECKSUM && !q.v6)
		ip[10] ^= 1;
	if (lie == QUOTE_IHL)
		ip[0] = q.v6 ? 0x50 : 0x4f;
	len = out->len - FRAME_L3_OFF;
	if (lie == NO_QUOTE)
		return 0;
	if (lie == SHORT_QUOTE)
		return draft_header_len(&q) + 3;
	return lie == LONG_QUOTE || q.v6 || len < draft_header_len(&q) + 8
		       ? len
		       : draft_header_len(&q) + 8;
}

static enum lie choose_lie(struct gen *gen, const struct flow *f)
{
	enum lie lie = gen_chance(gen, 50) ? (enum lie)gen_below(gen, 2)
					   : (enum lie)gen_below(gen, N_LIES);

	if (lie == FAR_SEQ && f->proto != IPPROTO_TCP)
		return TRUE_QUOTE;
	if (lie == OTHER_PORT && f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP &&
	    f->proto != IPPROTO_ICMP)
		return TRUE_QUOTE;
	if (lie == ABOUT_ERROR && f->proto != IPPROTO_ICMP)
		return TRUE_QUOTE;
	if (f->v6 && (lie == QUOTE_FRAGMENT || lie == QUOTE_CHECKSUM))
		return TRUE_QUOTE;
	return lie;
}

void gen_icmp_error(struct gen *gen, struct step *step)
{
	const struct flow *f = step->flow;
	unsigned int quoted = f->answered ? gen_below(gen, 2) : 0;
	const struct end *here = &f->end[!quoted];
	const struct kind *kind;
	enum lie lie = choose_lie(gen, f);
	struct frame quote = {0};
	struct draft d;
	size_t len = build_quote(gen, f, quoted, lie, &quote);

	kind = f->v6 ? &kinds6[gen_below(gen, sizeof(kinds6) / sizeof(*kind))]
		     : &kinds4[gen_below(gen, sizeof(kinds4) / sizeof(*kind))];
	step->sender = !quoted;
	flow_draft(gen, f, !quoted, &d);
	step_class(step, "error%c.%s%u.%s", f->v6 ? '6' : '4',
		   f->reset ? "after-reset-" : "about-", f->proto, kind->name);
	if (gen_chance(gen, 60)) {
		d.src = addr_of((f->v6 ? routers6 : routers4)[here->side]);
		step_class(step, "by-router");
	} else {
		step_class(step, "by-end");
	}
	step_odd(step, "%s", lie_names[lie]);
	if (lie == ELSEWHERE)
		d.dst.byte[f->v6 ? 15 : 3] ^= 2;
	if (lie == WRONG_SIDE)
		d.from = (d.from + 1 + gen_below(gen, 2)) % N_SIDES;
	step->from = d.from;
	draft_icmp(&d, kind->type, kind->code, kind->rest, quote.bytes + FRAME_L3_OFF,
		   len);
	draft_seal(&d);
	if (lie == BAD_CHECKSUM)
		d.l4[2] ^= 0x10;
	draft_frame(&d, &step->frame[step->n++]);
	step->oddity[0] = '\0'; /* the flow is none the worse for it */
}
