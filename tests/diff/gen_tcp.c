// SPDX-License-Identifier: GPL-2.0
/*
 * gen_tcp.c - what two TCP peers say to each other, and what they would not.
 * See gen.h.
 *
 * Three packets of four are what a peer would send now (RFC 9293 3.3.2); the
 * others are wrong in one respect, which the class names. The peers make
 * nothing of those, so the flow stays where it is.
 */
#include <netinet/in.h>
#include <string.h>

#include "tests/diff/gen.h"

/* A segment under construction. */
struct segment {
	unsigned int sender;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	size_t len;
	bool zero_window;
};

enum phase {
	PHASE_NEW,
	PHASE_SYN,    /* one SYN */
	PHASE_SYNACK, /* answered, the initiator's ACK is missing */
	PHASE_BOTH,   /* simultaneous open */
	PHASE_TALK,
	PHASE_FIN, /* one FIN */
	PHASE_CLOSED,
	PHASE_RESET,
};

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

/* What the sender would fill in now. */
static struct segment segment_of(const struct flow *f, unsigned int sender, uint8_t flags)
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

static void acknowledge(struct end *end)
{
	end->acked = end->expect;
	end->acked_syn = true;
}

static struct segment plan_syn(struct step *step, unsigned int sender)
{
	struct flow *f = &step->after;
	struct segment seg = segment_of(f, sender, TCP_SYN);

	step_class(step, "first");
	f->end[sender].syn = true;
	advance(f, sender, 1);
	return seg;
}

static struct segment plan_synack(struct step *step, unsigned int sender)
{
	struct flow *f = &step->after;
	struct segment seg = segment_of(f, sender, TCP_SYN | TCP_ACK);

	step_class(step, "second");
	f->end[sender].syn = true;
	acknowledge(&f->end[sender]);
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
	acknowledge(&f->end[0]);
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
	acknowledge(&f->end[sender]);
	return seg;
}

/* How much the sender may still send before the other acknowledges. */
static uint32_t room(const struct flow *f, unsigned int sender)
{
	const struct end *end = &f->end[sender], *other = &f->end[!sender];
	uint32_t window = other->window, under_way = end->next - other->acked;

	if (end->scaling && other->scaling)
		window <<= other->scale;
	return window > under_way ? window - under_way : 0;
}

static struct segment plan_talk(struct gen *gen, struct step *step)
{
	struct flow *f = &step->after;
	unsigned int sender = gen_below(gen, 2);
	struct end *end = &f->end[sender];
	struct segment seg = segment_of(f, sender, TCP_ACK);
	uint32_t dice = gen_below(gen, 100), most = room(f, sender);

	acknowledge(end);
	if (dice < 45 && !end->fin && most) {
		seg.len = 1 + gen_below(gen, most < 1000 ? most : 1000);
		seg.flags |= TCP_PSH;
		step_class(step, "data");
		advance(f, sender, (uint32_t)seg.len);
	} else if (dice < 60 && !end->fin && most) {
		seg.flags |= TCP_FIN;
		step_class(step, "fin");
		end->fin = true;
		advance(f, sender, 1);
	} else if (dice < 66) {
		seg.flags |= TCP_RST;
		step_class(step, "rst");
		f->reset = true;
	} else {
		step_class(step, "ack");
	}
	return seg;
}

/* The same two ports once more, after the end. */
static struct segment plan_again(struct gen *gen, struct step *step)
{
	struct flow *f = &step->after;
	uint32_t last = f->end[0].next;

	for (int i = 0; i < 2; i++) {
		struct end *end = &f->end[i];

		end->syn = end->acked_syn = end->fin = false;
		end->next += 100000 + gen_below(gen, 1 << 24);
	}
	f->reset = f->both_syn = false;
	if (gen_chance(gen, 25)) { /* older than what was: a random number */
		f->end[0].next = last - 1000000 - gen_below(gen, 1 << 24);
		step_class(step, "again-older");
	} else {
		step_class(step, "again");
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
			return plan_again(gen, step);
		return plan_talk(gen, step);
	default:
		return plan_talk(gen, step);
	}
}

/* ---- what it would not ------------------------------------------------------------- */

enum tweak {
	AS_IS,
	SEQ_MINUS_ONE, /* before what was sent last */
	SEQ_GAP,       /* behind a hole, in the window */
	SEQ_AT_EDGE,   /* the last byte that the window takes */
	SEQ_BEYOND,    /* behind the window */
	SEQ_FAR,       /* half a world away */
	SEQ_OLD,       /* before the window */
	SEQ_VERY_OLD,
	ACK_UNSENT, /* of what was not sent, by a little */
	ACK_FAR,    /* by a lot */
	ACK_OLD,    /* again what was acknowledged long ago */
	ACK_VERY_OLD,
	ACK_NONE, /* a zero where a number is due */
	NO_WINDOW,
	REPEAT,	   /* the SYN or SYN-ACK once more */
	OTHER_ISN, /* once more, but not the same */
};

/* Phases in which it is of interest. */
#define IN(phase)  (1u << PHASE_##phase)
#define IN_OPENING (IN(SYN) | IN(SYNACK) | IN(BOTH))
#define IN_OPEN	   (IN(TALK) | IN(FIN))
#define IN_CLOSING (IN(CLOSED) | IN(RESET))
#define IN_ALL	   (IN(NEW) | IN_OPENING | IN_OPEN | IN_CLOSING)

/* Who sends it. */
enum who { CLIENT, SERVER, EITHER };

static const struct oddity {
	const char *name;
	unsigned int phases; /* IN(...) */
	enum who who;
	enum tweak tweak;
	uint16_t len;
	uint8_t flags;
} oddities[] = {
	{"midstream-ack", IN(NEW), CLIENT, AS_IS, 0, TCP_ACK},
	{"midstream-data", IN(NEW), CLIENT, AS_IS, 200, TCP_ACK | TCP_PSH},
	{"midstream-synack", IN(NEW), CLIENT, AS_IS, 0, TCP_SYN | TCP_ACK},
	{"midstream-reply", IN(NEW), SERVER, AS_IS, 100, TCP_ACK},
	{"midstream-rst", IN(NEW), CLIENT, AS_IS, 0, TCP_RST},
	{"midstream-fin", IN(NEW), CLIENT, AS_IS, 0, TCP_FIN | TCP_ACK},
	{"null", IN_ALL, EITHER, AS_IS, 0, 0},
	{"xmas", IN_ALL, EITHER, AS_IS, 0, TCP_FIN | TCP_URG | TCP_PSH},
	{"syn-fin", IN_ALL, CLIENT, AS_IS, 0, TCP_SYN | TCP_FIN},
	{"syn-rst", IN_ALL, CLIENT, AS_IS, 0, TCP_SYN | TCP_RST},
	{"fin-rst", IN_ALL, EITHER, AS_IS, 0, TCP_FIN | TCP_RST | TCP_ACK},
	{"bare-fin", IN_ALL, EITHER, AS_IS, 0, TCP_FIN},
	{"no-ack-data", IN_OPEN, EITHER, AS_IS, 100, TCP_PSH},
	{"syn-ece", IN(NEW), CLIENT, AS_IS, 0, TCP_SYN | TCP_ECE | TCP_CWR},
	{"syn-data", IN(NEW), CLIENT, AS_IS, 100, TCP_SYN},
	{"syn-push", IN(NEW), CLIENT, AS_IS, 0, TCP_SYN | TCP_PSH},
	{"syn-urg", IN(NEW), CLIENT, AS_IS, 0, TCP_SYN | TCP_URG},

	{"syn-again", IN(SYN) | IN(SYNACK), CLIENT, REPEAT, 0, TCP_SYN},
	{"syn-other", IN_OPENING, CLIENT, OTHER_ISN, 0, TCP_SYN},
	{"synack-again", IN(SYNACK), SERVER, REPEAT, 0, TCP_SYN | TCP_ACK},
	{"synack-other", IN(SYNACK), SERVER, OTHER_ISN, 0, TCP_SYN | TCP_ACK},
	{"synack-wrong-ack", IN(SYN), SERVER, ACK_UNSENT, 0, TCP_SYN | TCP_ACK},
	{"synack-far-ack", IN(SYN), SERVER, ACK_FAR, 0, TCP_SYN | TCP_ACK},
	{"synack-old-ack", IN(SYN), SERVER, ACK_VERY_OLD, 0, TCP_SYN | TCP_ACK},
	{"server-ack", IN(SYN), SERVER, AS_IS, 0, TCP_ACK},
	{"server-data", IN(SYN) | IN(SYNACK), SERVER, AS_IS, 100, TCP_ACK},
	{"server-fin", IN(SYN) | IN(SYNACK), SERVER, AS_IS, 0, TCP_ACK | TCP_FIN},
	{"server-rst", IN(SYN), SERVER, AS_IS, 0, TCP_RST | TCP_ACK},
	{"server-rst-seq0", IN(SYN), SERVER, SEQ_FAR, 0, TCP_RST | TCP_ACK},
	{"server-rst-wrong-ack", IN(SYN), SERVER, ACK_UNSENT, 0, TCP_RST | TCP_ACK},
	{"server-rst-far-ack", IN(SYN), SERVER, ACK_FAR, 0, TCP_RST | TCP_ACK},
	{"server-rst-no-ack", IN(SYN), SERVER, ACK_NONE, 0, TCP_RST},
	{"client-ack", IN(SYN), CLIENT, AS_IS, 0, TCP_ACK},
	{"client-data", IN(SYN), CLIENT, AS_IS, 100, TCP_ACK},
	{"client-rst", IN(SYN), CLIENT, AS_IS, 0, TCP_RST},
	{"client-rst-far", IN(SYN) | IN(SYNACK), CLIENT, SEQ_FAR, 0, TCP_RST},
	{"client-synack", IN(SYN), CLIENT, REPEAT, 0, TCP_SYN | TCP_ACK},
	{"server-rst", IN(SYNACK), SERVER, AS_IS, 0, TCP_RST | TCP_ACK},
	{"client-rst", IN(SYNACK), CLIENT, AS_IS, 0, TCP_RST},
	{"client-fin", IN(SYNACK), CLIENT, AS_IS, 0, TCP_FIN | TCP_ACK},
	{"third-unsent-ack", IN(SYNACK), CLIENT, ACK_UNSENT, 0, TCP_ACK},
	{"third-far-ack", IN(SYNACK), CLIENT, ACK_FAR, 0, TCP_ACK},
	{"third-old-ack", IN(SYNACK), CLIENT, ACK_VERY_OLD, 0, TCP_ACK},
	{"third-gap", IN(SYNACK), CLIENT, SEQ_GAP, 50, TCP_ACK},
	{"third-beyond", IN(SYNACK), CLIENT, SEQ_FAR, 50, TCP_ACK},

	{"syn-same", IN_OPEN, CLIENT, AS_IS, 0, TCP_SYN},
	{"syn-gap", IN_OPEN, CLIENT, SEQ_GAP, 0, TCP_SYN},
	{"syn-far", IN_OPEN, CLIENT, SEQ_FAR, 0, TCP_SYN},
	{"syn-from-server", IN_OPEN | IN_CLOSING, SERVER, SEQ_FAR, 0, TCP_SYN},
	{"synack-in-talk", IN_OPEN, SERVER, AS_IS, 0, TCP_SYN | TCP_ACK},
	{"synack-far", IN_OPEN, SERVER, SEQ_FAR, 0, TCP_SYN | TCP_ACK},
	{"synack-from-client", IN_OPEN, CLIENT, AS_IS, 0, TCP_SYN | TCP_ACK},
	{"rst-gap", IN_OPEN, EITHER, SEQ_GAP, 0, TCP_RST | TCP_ACK},
	{"rst-no-ack", IN_OPEN, EITHER, ACK_NONE, 0, TCP_RST},
	{"rst-gap-no-ack", IN_OPEN, EITHER, SEQ_GAP, 0, TCP_RST},
	{"rst-beyond", IN_OPEN, EITHER, SEQ_BEYOND, 0, TCP_RST | TCP_ACK},
	{"rst-far", IN_OPEN, EITHER, SEQ_FAR, 0, TCP_RST | TCP_ACK},
	{"rst-far-no-ack", IN_OPEN, EITHER, SEQ_FAR, 0, TCP_RST},
	{"rst-old", IN_OPEN, EITHER, SEQ_VERY_OLD, 0, TCP_RST | TCP_ACK},
	{"fin-gap", IN_OPEN, EITHER, SEQ_GAP, 0, TCP_FIN | TCP_ACK},
	{"fin-beyond", IN_OPEN, EITHER, SEQ_BEYOND, 0, TCP_FIN | TCP_ACK},
	{"fin-far", IN_OPEN, EITHER, SEQ_FAR, 0, TCP_FIN | TCP_ACK},
	{"data-gap", IN_OPEN, EITHER, SEQ_GAP, 50, TCP_ACK},
	{"data-at-edge", IN_OPEN, EITHER, SEQ_AT_EDGE, 1, TCP_ACK},
	{"data-beyond", IN_OPEN, EITHER, SEQ_BEYOND, 50, TCP_ACK},
	{"data-far", IN_OPEN, EITHER, SEQ_FAR, 50, TCP_ACK},
	{"data-old", IN_OPEN, EITHER, SEQ_OLD, 50, TCP_ACK},
	{"data-very-old", IN_OPEN, EITHER, SEQ_VERY_OLD, 50, TCP_ACK},
	{"keepalive", IN_OPEN, EITHER, SEQ_MINUS_ONE, 0, TCP_ACK},
	{"keepalive-byte", IN_OPEN, EITHER, SEQ_MINUS_ONE, 1, TCP_ACK},
	{"ack-unsent", IN_OPEN, EITHER, ACK_UNSENT, 0, TCP_ACK},
	{"ack-far", IN_OPEN, EITHER, ACK_FAR, 0, TCP_ACK},
	{"ack-old", IN_OPEN, EITHER, ACK_OLD, 0, TCP_ACK},
	{"ack-very-old", IN_OPEN, EITHER, ACK_VERY_OLD, 0, TCP_ACK},
	{"urgent", IN_OPEN, EITHER, AS_IS, 0, TCP_ACK | TCP_URG},
	{"zero-window", IN_OPEN, EITHER, NO_WINDOW, 0, TCP_ACK},
	{"data", IN_CLOSING, EITHER, AS_IS, 80, TCP_ACK},
	{"rst", IN_CLOSING, EITHER, AS_IS, 0, TCP_RST | TCP_ACK},
	{"rst-far", IN_CLOSING, EITHER, SEQ_FAR, 0, TCP_RST | TCP_ACK},
	{"fin-repeated", IN_CLOSING, EITHER, SEQ_MINUS_ONE, 0, TCP_FIN | TCP_ACK},
};

static uint32_t full_window(const struct flow *f, unsigned int receiver)
{
	const struct end *end = &f->end[receiver];

	return f->end[0].scaling && f->end[1].scaling
		       ? (uint32_t)end->window << end->scale
		       : end->window;
}

static void apply_tweak(struct gen *gen, const struct flow *f, enum tweak tweak,
			struct segment *seg)
{
	uint32_t left = room(f, seg->sender);

	switch (tweak) {
	case SEQ_MINUS_ONE:
	case REPEAT:
		seg->seq--;
		break;
	case SEQ_GAP:
		seg->seq += left > 200 ? 100 : left / 2;
		break;
	case SEQ_AT_EDGE:
		seg->seq += left ? left - 1 : 0;
		break;
	case SEQ_BEYOND:
		seg->seq += left + 70000 + gen_below(gen, 1000);
		break;
	case SEQ_FAR:
		seg->seq += 0x40000000u;
		break;
	case SEQ_OLD:
		seg->seq -= 50;
		break;
	case SEQ_VERY_OLD:
		seg->seq -= full_window(f, !seg->sender) + 200000;
		break;
	case ACK_UNSENT:
		seg->ack += 1000;
		break;
	case ACK_FAR:
		seg->ack += 0x10000000u;
		break;
	case ACK_OLD:
		seg->ack -= 60;
		break;
	case ACK_VERY_OLD:
		seg->ack -= full_window(f, seg->sender) + 200000;
		break;
	case ACK_NONE:
		seg->ack = 0;
		break;
	case NO_WINDOW:
		seg->zero_window = true;
		break;
	case OTHER_ISN:
		seg->seq += 5000000;
		break;
	case AS_IS:
		break;
	}
}

static bool choose_oddity(struct gen *gen, enum phase phase, const struct oddity **out)
{
	for (int tries = 0; tries < 60; tries++) {
		const size_t n = sizeof(oddities) / sizeof(oddities[0]);

		*out = &oddities[gen_below(gen, (uint32_t)n)];
		if ((*out)->phases & 1u << phase)
			return true;
	}
	return false;
}

static struct segment odd_segment(struct gen *gen, struct step *step,
				  const struct oddity *odd)
{
	unsigned int sender = odd->who == EITHER ? gen_below(gen, 2) : odd->who;
	struct segment seg = segment_of(&step->after, sender, odd->flags);

	seg.len = odd->len;
	apply_tweak(gen, &step->after, odd->tweak, &seg);
	step_odd(step, "%s", odd->name);
	return seg;
}

void gen_tcp(struct gen *gen, struct step *step, struct draft *d)
{
	enum phase phase = phase_of(&step->after);
	const struct oddity *odd;
	struct segment seg;

	step_class(step, "tcp%c.%s", step->after.v6 ? '6' : '4', phase_names[phase]);
	if (gen_chance(gen, phase <= PHASE_BOTH ? 20 : 30) &&
	    choose_oddity(gen, phase, &odd))
		seg = odd_segment(gen, step, odd);
	else
		seg = plan(gen, step, phase);
	put_segment(gen, step, d, &seg);
}
