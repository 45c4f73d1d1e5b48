// SPDX-License-Identifier: GPL-2.0
/*
 * gen_tcp_odd.c - what no TCP peer would send now. See gen.h.
 *
 * Each segment is wrong in one respect, which its class names. The peers make
 * nothing of it, so the flow stays where it is.
 *
 * RFC 5961 (blind attacks), 9293 3.10.
 */
#include "tests/diff/gen_tcp.h"

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

/* What the peers make of it after all. */
enum effect { NONE, OPENS, CLOSES, RESETS };

/* Who sends it. */
enum who { CLIENT, SERVER, EITHER };

static const struct oddity {
	const char *name;
	unsigned int phases; /* IN(...) */
	enum who who;
	enum tweak tweak;
	uint16_t len;
	uint8_t flags;
	enum effect effect;
} oddities[] = {
	{"midstream-ack", IN(NEW), CLIENT, AS_IS, 0, TCP_ACK, NONE},
	{"midstream-data", IN(NEW), CLIENT, AS_IS, 200, TCP_ACK | TCP_PSH, NONE},
	{"midstream-synack", IN(NEW), CLIENT, AS_IS, 0, TCP_SYN | TCP_ACK, NONE},
	{"midstream-reply", IN(NEW), SERVER, AS_IS, 100, TCP_ACK, NONE},
	{"midstream-rst", IN(NEW), CLIENT, AS_IS, 0, TCP_RST, NONE},
	{"midstream-fin", IN(NEW), CLIENT, AS_IS, 0, TCP_FIN | TCP_ACK, NONE},
	{"null", IN_ALL, EITHER, AS_IS, 0, 0, NONE},
	{"xmas", IN_ALL, EITHER, AS_IS, 0, TCP_FIN | TCP_URG | TCP_PSH, NONE},
	{"syn-fin", IN_ALL, CLIENT, AS_IS, 0, TCP_SYN | TCP_FIN, NONE},
	{"syn-rst", IN_ALL, CLIENT, AS_IS, 0, TCP_SYN | TCP_RST, NONE},
	{"fin-rst", IN_ALL, EITHER, AS_IS, 0, TCP_FIN | TCP_RST | TCP_ACK, RESETS},
	{"bare-fin", IN_ALL, EITHER, AS_IS, 0, TCP_FIN, NONE},
	{"no-ack-data", IN_OPEN, EITHER, AS_IS, 100, TCP_PSH, NONE},
	{"syn-ece", IN(NEW), CLIENT, AS_IS, 0, TCP_SYN | TCP_ECE | TCP_CWR, OPENS},
	{"syn-data", IN(NEW), CLIENT, AS_IS, 100, TCP_SYN, NONE},
	{"syn-push", IN(NEW), CLIENT, AS_IS, 0, TCP_SYN | TCP_PSH, OPENS},
	{"syn-urg", IN(NEW), CLIENT, AS_IS, 0, TCP_SYN | TCP_URG, OPENS},

	{"syn-again", IN(SYN) | IN(SYNACK), CLIENT, REPEAT, 0, TCP_SYN, NONE},
	{"syn-other", IN_OPENING, CLIENT, OTHER_ISN, 0, TCP_SYN, NONE},
	{"synack-again", IN(SYNACK), SERVER, REPEAT, 0, TCP_SYN | TCP_ACK, NONE},
	{"synack-other", IN(SYNACK), SERVER, OTHER_ISN, 0, TCP_SYN | TCP_ACK, NONE},
	{"synack-wrong-ack", IN(SYN), SERVER, ACK_UNSENT, 0, TCP_SYN | TCP_ACK, NONE},
	{"synack-far-ack", IN(SYN), SERVER, ACK_FAR, 0, TCP_SYN | TCP_ACK, NONE},
	{"synack-old-ack", IN(SYN), SERVER, ACK_VERY_OLD, 0, TCP_SYN | TCP_ACK, NONE},
	{"server-ack", IN(SYN), SERVER, AS_IS, 0, TCP_ACK, NONE},
	{"server-data", IN(SYN) | IN(SYNACK), SERVER, AS_IS, 100, TCP_ACK, NONE},
	{"server-fin", IN(SYN) | IN(SYNACK), SERVER, AS_IS, 0, TCP_ACK | TCP_FIN, NONE},
	{"server-rst", IN(SYN), SERVER, AS_IS, 0, TCP_RST | TCP_ACK, RESETS},
	{"server-rst-seq0", IN(SYN), SERVER, SEQ_FAR, 0, TCP_RST | TCP_ACK, NONE},
	{"server-rst-wrong-ack", IN(SYN), SERVER, ACK_UNSENT, 0, TCP_RST | TCP_ACK, NONE},
	{"server-rst-far-ack", IN(SYN), SERVER, ACK_FAR, 0, TCP_RST | TCP_ACK, NONE},
	{"server-rst-no-ack", IN(SYN), SERVER, ACK_NONE, 0, TCP_RST, NONE},
	{"client-ack", IN(SYN), CLIENT, AS_IS, 0, TCP_ACK, NONE},
	{"client-data", IN(SYN), CLIENT, AS_IS, 100, TCP_ACK, NONE},
	{"client-rst", IN(SYN), CLIENT, AS_IS, 0, TCP_RST, RESETS},
	{"client-rst-far", IN(SYN) | IN(SYNACK), CLIENT, SEQ_FAR, 0, TCP_RST, NONE},
	{"client-synack", IN(SYN), CLIENT, REPEAT, 0, TCP_SYN | TCP_ACK, NONE},
	{"server-rst", IN(SYNACK), SERVER, AS_IS, 0, TCP_RST | TCP_ACK, RESETS},
	{"client-rst", IN(SYNACK), CLIENT, AS_IS, 0, TCP_RST, RESETS},
	{"client-fin", IN(SYNACK), CLIENT, AS_IS, 0, TCP_FIN | TCP_ACK, CLOSES},
	{"third-unsent-ack", IN(SYNACK), CLIENT, ACK_UNSENT, 0, TCP_ACK, NONE},
	{"third-far-ack", IN(SYNACK), CLIENT, ACK_FAR, 0, TCP_ACK, NONE},
	{"third-old-ack", IN(SYNACK), CLIENT, ACK_VERY_OLD, 0, TCP_ACK, NONE},
	{"third-gap", IN(SYNACK), CLIENT, SEQ_GAP, 50, TCP_ACK, NONE},
	{"third-beyond", IN(SYNACK), CLIENT, SEQ_FAR, 50, TCP_ACK, NONE},

	{"syn-same", IN_OPEN, CLIENT, AS_IS, 0, TCP_SYN, NONE},
	{"syn-gap", IN_OPEN, CLIENT, SEQ_GAP, 0, TCP_SYN, NONE},
	{"syn-far", IN_OPEN, CLIENT, SEQ_FAR, 0, TCP_SYN, NONE},
	{"syn-from-server", IN_OPEN | IN_CLOSING, SERVER, SEQ_FAR, 0, TCP_SYN, NONE},
	{"synack-in-talk", IN_OPEN, SERVER, AS_IS, 0, TCP_SYN | TCP_ACK, NONE},
	{"synack-far", IN_OPEN, SERVER, SEQ_FAR, 0, TCP_SYN | TCP_ACK, NONE},
	{"synack-from-client", IN_OPEN, CLIENT, AS_IS, 0, TCP_SYN | TCP_ACK, NONE},
	{"rst-gap", IN_OPEN, EITHER, SEQ_GAP, 0, TCP_RST | TCP_ACK, NONE},
	{"rst-no-ack", IN_OPEN, EITHER, ACK_NONE, 0, TCP_RST, RESETS},
	{"rst-gap-no-ack", IN_OPEN, EITHER, SEQ_GAP, 0, TCP_RST, NONE},
	{"rst-beyond", IN_OPEN, EITHER, SEQ_BEYOND, 0, TCP_RST | TCP_ACK, NONE},
	{"rst-far", IN_OPEN, EITHER, SEQ_FAR, 0, TCP_RST | TCP_ACK, NONE},
	{"rst-far-no-ack", IN_OPEN, EITHER, SEQ_FAR, 0, TCP_RST, NONE},
	{"rst-old", IN_OPEN, EITHER, SEQ_VERY_OLD, 0, TCP_RST | TCP_ACK, NONE},
	{"fin-gap", IN_OPEN, EITHER, SEQ_GAP, 0, TCP_FIN | TCP_ACK, NONE},
	{"fin-beyond", IN_OPEN, EITHER, SEQ_BEYOND, 0, TCP_FIN | TCP_ACK, NONE},
	{"fin-far", IN_OPEN, EITHER, SEQ_FAR, 0, TCP_FIN | TCP_ACK, NONE},
	{"data-gap", IN_OPEN, EITHER, SEQ_GAP, 50, TCP_ACK, NONE},
	{"data-at-edge", IN_OPEN, EITHER, SEQ_AT_EDGE, 1, TCP_ACK, NONE},
	{"data-beyond", IN_OPEN, EITHER, SEQ_BEYOND, 50, TCP_ACK, NONE},
	{"data-far", IN_OPEN, EITHER, SEQ_FAR, 50, TCP_ACK, NONE},
	{"data-old", IN_OPEN, EITHER, SEQ_OLD, 50, TCP_ACK, NONE},
	{"data-very-old", IN_OPEN, EITHER, SEQ_VERY_OLD, 50, TCP_ACK, NONE},
	{"keepalive", IN_OPEN, EITHER, SEQ_MINUS_ONE, 0, TCP_ACK, NONE},
	{"keepalive-byte", IN_OPEN, EITHER, SEQ_MINUS_ONE, 1, TCP_ACK, NONE},
	{"ack-unsent", IN_OPEN, EITHER, ACK_UNSENT, 0, TCP_ACK, NONE},
	{"ack-far", IN_OPEN, EITHER, ACK_FAR, 0, TCP_ACK, NONE},
	{"ack-old", IN_OPEN, EITHER, ACK_OLD, 0, TCP_ACK, NONE},
	{"ack-very-old", IN_OPEN, EITHER, ACK_VERY_OLD, 0, TCP_ACK, NONE},
	{"urgent", IN_OPEN, EITHER, AS_IS, 0, TCP_ACK | TCP_URG, NONE},
	{"zero-window", IN_OPEN, EITHER, NO_WINDOW, 0, TCP_ACK, NONE},
	{"data", IN_CLOSING, EITHER, AS_IS, 80, TCP_ACK, NONE},
	{"rst", IN_CLOSING, EITHER, AS_IS, 0, TCP_RST | TCP_ACK, NONE},
	{"rst-far", IN_CLOSING, EITHER, SEQ_FAR, 0, TCP_RST | TCP_ACK, NONE},
	{"fin-repeated", IN_CLOSING, EITHER, SEQ_MINUS_ONE, 0, TCP_FIN | TCP_ACK, NONE},
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
	uint32_t left = segment_room(f, seg->sender);

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

static const struct oddity *choose_oddity(struct gen *gen, enum phase phase)
{
	const uint32_t n = sizeof(oddities) / sizeof(oddities[0]);

	for (int tries = 0; tries < 60; tries++) {
		const struct oddity *odd = &oddities[gen_below(gen, n)];

		if (odd->phases & 1u << phase)
			return odd;
	}
	return NULL;
}

bool gen_tcp_odd(struct gen *gen, struct step *step, enum phase phase,
		 struct segment *out)
{
	const struct oddity *odd = choose_oddity(gen, phase);
	unsigned int sender;

	if (!odd)
		return false;
	sender = odd->who == EITHER ? gen_below(gen, 2) : odd->who;
	*out = segment_of(&step->after, sender, odd->flags);
	out->len = odd->len;
	apply_tweak(gen, &step->after, odd->tweak, out);
	if (odd->effect == NONE)
		step_odd(step, "%s", odd->name);
	else
		step_class(step, "%s", odd->name);
	if (odd->effect == OPENS)
		segment_is_syn(&step->after, sender);
	else if (odd->effect == CLOSES)
		segment_is_fin(&step->after, sender);
	else if (odd->effect == RESETS)
		step->after.reset = true;
	return true;
}
