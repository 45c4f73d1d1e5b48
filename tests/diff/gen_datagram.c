// SPDX-License-Identifier: GPL-2.0
/*
 * gen_datagram.c - UDP, ICMP echo, and protocols without ports. See gen.h.
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/diff/gen.h"

/* The first packet is the initiator's; now and then the other end speaks
 * without having been asked. */
static unsigned int choose_sender(struct gen *gen, struct step *step)
{
	if (!step->flow->spoken && !gen_chance(gen, 5)) {
		step_class(step, "first");
		return 0;
	}
	step->sender = gen_below(gen, 2);
	if (!step->flow->spoken)
		step_class(step, step->sender ? "unasked" : "first");
	else
		step_class(step, step->sender ? "answer" : "more");
	return step->sender;
}

static void begin(struct gen *gen, struct step *step, struct draft *d)
{
	step->sender = choose_sender(gen, step);
	flow_draft(gen, &step->after, step->sender, d);
	step->from = d->from;
}

void gen_udp(struct gen *gen, struct step *step, struct draft *d)
{
	const struct flow *f = &step->after;
	uint16_t dport;

	step_class(step, "udp%c", f->v6 ? '6' : '4');
	begin(gen, step, d);
	dport = f->end[!step->sender].port;
	if (gen_chance(gen, 3)) {
		step_odd(step, "port-zero");
		dport = 0;
	}
	draft_udp(d, f->end[step->sender].port, dport, gen_below(gen, 1200));
	draft_seal(d);
	if (!f->v6 && gen_chance(gen, 8)) {
		step_class(step, "no-checksum");
		put16(d->l4 + 6, 0);
	}
}

void gen_echo(struct gen *gen, struct step *step, struct draft *d)
{
	const struct flow *f = &step->after;
	uint8_t request = f->v6 ? 128 : 8, reply = f->v6 ? 129 : 0, type;
	uint32_t rest = (uint32_t)f->id << 16 | gen_below(gen, 100);
	uint8_t code = 0;

	step_class(step, "echo%c", f->v6 ? '6' : '4');
	begin(gen, step, d);
	type = step->sender ? reply : request;
	if (gen_chance(gen, 8)) {
		/* The answering end asks with the same identifier, or the asking
		 * one answers what nobody asked. */
		step_odd(step, "crossed");
		type = step->sender ? request : reply;
	} else if (gen_chance(gen, 4)) {
		step_odd(step, "wrong-id");
		rest ^= 0x40000000u;
	} else if (gen_chance(gen, 3)) {
		step_odd(step, "code");
		code = 1;
	} else if (!f->v6 && gen_chance(gen, 4)) {
		static const uint8_t types[] = {13, 14, 15, 17, 18, 9, 10, 40};

		type = types[gen_below(gen, sizeof(types))];
		step_odd(step, "type-%u", type);
	}
	draft_icmp(d, type, code, rest, NULL, gen_below(gen, 600));
	draft_seal(d);
}

void gen_other(struct gen *gen, struct step *step, struct draft *d)
{
	const struct flow *f = &step->after;

	step_class(step, "proto%c-%u", f->v6 ? '6' : '4', f->proto);
	begin(gen, step, d);
	draft_raw(d, f->proto, 16 + gen_below(gen, 500));
	if (f->proto == IPPROTO_GRE)
		put32(d->l4, 0x00000800); /* version 0, carries IPv4 */
}
