// SPDX-License-Identifier: GPL-2.0
/*
 * gen_gateway.c - packets for the gateways themselves, which nothing filters.
 * See gen.h.
 *
 * Both have a kernel behind them that answers: with echo replies, resets and
 * unreachable ports.
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/diff/gen.h"

static const char *const gateways4[N_SIDES] = {"10.0.0.1", "203.0.113.1", "192.0.2.1"};
static const char *const gateways6[N_SIDES] = {"2001:db8:1::1", "2001:db8::1",
					       "2001:db8:2::1"};

static void put_tcp(struct gen *gen, struct step *step, struct draft *d, uint16_t sport)
{
	struct tcp_header tcp = {.sport = sport,
				 .dport = 9,
				 .seq = gen_random(gen),
				 .ack = gen_random(gen),
				 .window = 1000,
				 .flags = TCP_SYN};

	if (gen_chance(gen, 30))
		tcp.flags = gen_chance(gen, 50) ? TCP_ACK : TCP_SYN | TCP_ACK;
	step_odd(step, "tcp-%02x", tcp.flags);
	draft_tcp(d, &tcp, 0);
}

void gen_to_gateway(struct gen *gen, struct step *step)
{
	const struct flow *f = step->flow;
	unsigned int sender = gen_below(gen, 2);
	enum side at = gen_chance(gen, 70) ? f->end[sender].side
					   : gen_below(gen, N_SIDES);
	struct draft d;

	step->sender = sender;
	step_class(step, "to-gateway%c.%s", f->v6 ? '6' : '4',
		   at == f->end[sender].side ? "near" : "far");
	flow_draft(gen, f, sender, &d);
	step->from = d.from;
	d.dst = addr_of((f->v6 ? gateways6 : gateways4)[at]);
	switch (gen_below(gen, 3)) {
	case 0:
		step_odd(step, "echo");
		draft_icmp(&d, f->v6 ? 128 : 8, 0, gen_random(gen), NULL, 60);
		break;
	case 1:
		step_odd(step, "udp");
		draft_udp(&d, f->end[sender].port, 9, 60);
		break;
	default:
		put_tcp(gen, step, &d, f->end[sender].port);
	}
	step->oddity[0] = '\0';
	draft_seal(&d);
	draft_frame(&d, &step->frame[step->n++]);
}
