// SPDX-License-Identifier: GPL-2.0
/*
 * gen_tcp.c - what two TCP peers say to each other. See gen.h.
 *
 * Three packets of four are what a peer would send now (RFC 9293 3.3.2); the
 * others come from gen_tcp_odd.c.
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/diff/gen_tcp.h"

static const char *const phase_names[] = {
	[PHASE_NEW] = "new",	   [PHASE_SYN] = "syn",	    [PHASE_SYNACK] = "synack",
	[PHASE_BOTH] = "both-syn", [PHASE_TALK] = "talk",   [PHASE_FIN] = "fin",
	[PHASE_CLOSED] = "closed", [PHASE_RESET] = "reset",
};

static enum phase phase_of(const struct flow *f)
{
	const struct end *c = &f->end[0], *s = &f->end[1];

	if (f->reset)
		return PHASE_RESET;
	if (c->fin && s->fin)
		return PHASE_CLOSED;
	if (c->fin || s->fin)
		return PHASE_FIN;
	if (c->acked_syn && s->acked_syn)
		return PHASE_TALK;
	if (f->both_syn)
		return PHASE_BOTH;
	if (s->syn)
		return PHASE_SYNACK;
	return c->syn ? PHASE_SYN : PHASE_NEW;
}

static void put_segment(struct gen *gen, struct step *step, struct draft *d,
			const struct segment *seg)
{
	const struct end *end = &step->after.end[seg->sender];
	bool syn = seg->flags & TCP_SYN;
	struct tcp_header tcp = {
		.sport = end->port,
		.dport = step->after.end[!seg->sender].port,
		.seq = seg->seq,
		.ack = seg->ack,
		.flags = seg->flags,
		.window = seg->zero_window ? 0 : end->window,
		.mss = syn,
		.scaling = syn && end->scaling,
		.scale = end->scale,
	};

	step->sender = seg->sender;
	flow_draft(gen, &step->after, seg->sender, d);
	step->from = d->from;
	draft_tcp(d, &tcp, seg->len);
	draft_seal(d);
}

struct segment segment_of(const struct flow *f, unsigned int sender, uint8_t flags)
{
	const struct end *end = &f->end[sender];

	return (struct segment){.sender = sender,
				.flags = flags,
				.seq = end->next,
				.ack = flags & TCP_ACK ? end->expect : 0};
}

/* ---- what a peer would send ------------------------------------------------------ */

/* The end has sent this much more; the other has received it. */
static void advance(struct flow *f, unsigned int sender, uint32_t count)
{
	f->end[sender].next += count;
	f->end[!sender].expect = f->end[sender].next;
}

/* What it has received, and how much more it takes. A SYN's window is not
 * scaled (RFC 7323 2.2). */
static void acknowledge(struct flow *f, unsigned int sender, bool syn)
{
	struct end *end = &f->end[sender];
	bool scaled = !syn && end->scaling && f->end[!sender].scaling;

	end->edge = end->expect + ((uint32_t)end->window << (scaled ? end->scale : 0));
	end->acked_syn = true;
}

void segment_is_syn(struct flow *f, unsigned int sender)
{
	f->end[sender].syn = true;
	advance(f, sender, 1);
}

void segment_is_fin(struct flow *f, unsigned int sender)
{
	acknowledge(f, sender, false);
	f->end[sender].fin = true;
	advance(f, sender, 1);
}

static struct segment plan_syn(struct step *step, unsigned int sender)
{
	struct segment seg = segment_of(&step->after, sender, TCP_SYN);

	step_class(step, "first");
	segment_is_syn(&step->after, sender);
	return seg;
}

static struct segment plan_synack(struct step *step, unsigned int sender)
{
	struct flow *f = &step->after;
	struct segment seg = segment_of(f, sender, TCP_SYN | TCP_ACK);

	step_class(step, "second");
	f->end[sender].syn = true;
	acknowledge(f, sender, true);
	advance(f, sender, 1);
	return seg;
}

static struct segment plan_ack(struct gen *gen, struct step *step)
{
	struct flow *f = &step->after;
	struct segment seg = segment_of(f, 0, TCP_ACK);

	if (gen_chance(gen, 20))
		seg.len = 1 + gen_below(gen, 400);
	step_class(step, seg.len ? "third-with-data" : "third");
	acknowledge(f, 0, false);
	advance(f, 0, (uint32_t)seg.len);
	return seg;
}

/* Both have sent SYN: each acknowledges the other's with its own again. */
static struct segment plan_both(struct step *step)
{
	struct flow *f = &step->after;
	unsigned int sender = f->end[1].acked_syn ? 0 : 1;
	struct segment seg = segment_of(f, sender, TCP_SYN | TCP_ACK);

	step_class(step, "second");
	seg.seq--;
	acknowledge(f, sender, true);
	return seg;
}

uint32_t segment_room(const struct flow *f, unsigned int sender)
{
	int32_t room = (int32_t)(f->end[!sender].edge - f->end[sender].next);

	return room > 0 ? (uint32_t)room : 0;
}

static struct segment plan_talk(struct gen *gen, struct step *step)
{
	struct flow *f = &step->after;
	unsigned int sender = gen_below(gen, 2);
	struct end *end = &f->end[sender];
	struct segment seg = segment_of(f, sender, TCP_ACK);
	uint32_t dice = gen_below(gen, 100), most = segment_room(f, sender);

	if (dice < 60 || dice >= 66) /* what a RST says of the window does not count */
		acknowledge(f, sender, false);
	if (dice < 45 && !end->fin && most) {
		seg.len = 1 + gen_below(gen, most < 1000 ? most : 1000);
		seg.flags |= TCP_PSH;
		step_class(step, "data");
		advance(f, sender, (uint32_t)seg.len);
	} else if (dice < 60 && !end->fin && most) {
		seg.flags |= TCP_FIN;
		step_class(step, "fin");
		segment_is_fin(f, sender);
	} else if (dice >= 60 && dice < 66) {
		seg.flags |= TCP_RST;
		step_class(step, "rst");
		f->reset = true;
	} else {
		step_class(step, "ack");
	}
	return seg;
}

/* The same two ports once more: after the end, or because both ends forgot. */
static struct segment plan_again(struct gen *gen, struct step *step, const char *why)
{
	struct flow *f = &step->after;
	uint32_t last = f->end[0].next;

	for (int i = 0; i < 2; i++) {
		struct end *end = &f->end[i];

		end->syn = end->acked_syn = end->fin = false;
		end->next += 100000 + gen_below(gen, 1 << 24);
	}
	f->reset = f->both_syn = false;
	flow_add_odd(f, why);
	if (gen_chance(gen, 25)) { /* older than what was: a random number */
		f->end[0].next = last - 1000000 - gen_below(gen, 1 << 24);
		step_class(step, "%s-older", why);
	} else {
		step_class(step, "%s", why);
	}
	return plan_syn(step, 0);
}

static struct segment plan(struct gen *gen, struct step *step, enum phase phase)
{
	switch (phase) {
	case PHASE_NEW:
		return plan_syn(step, 0);
	case PHASE_SYN:
		if (gen_chance(gen, 4)) {
			struct segment seg = plan_syn(step, 1);

			step_class(step, "simultaneous");
			step->after.both_syn = true;
			return seg;
		}
		return plan_synack(step, 1);
	case PHASE_SYNACK:
		return plan_ack(gen, step);
	case PHASE_BOTH:
		return plan_both(step);
	case PHASE_CLOSED:
	case PHASE_RESET:
		if (gen_chance(gen, 50))
			return plan_again(gen, step, "again");
		return plan_talk(gen, step);
	case PHASE_TALK:
		if (gen_chance(gen, 2))
			return plan_again(gen, step, "forgotten");
		return plan_talk(gen, step);
	default:
		return plan_talk(gen, step);
	}
}

void gen_tcp(struct gen *gen, struct step *step, struct draft *d)
{
	enum phase phase = phase_of(&step->after);
	struct segment seg;

	step_class(step, "tcp%c.%s", step->after.v6 ? '6' : '4', phase_names[phase]);
	if (!gen_chance(gen, phase <= PHASE_BOTH ? 20 : 30) ||
	    !gen_tcp_odd(gen, step, phase, &seg))
		seg = plan(gen, step, phase);
	put_segment(gen, step, d, &seg);
}
