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
	step_odd(step, "%s", odd->name);
	return true;
}
