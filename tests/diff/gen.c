// SPDX-License-Identifier: GPL-2.0
/*
 * gen.c - the pool of flows, and which of them has its turn. See gen.h.
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/diff/gen.h"

#define DONT_FRAGMENT 0x4000

/* ---- random numbers ------------------------------------------------------------ */

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint32_t gen_random(struct gen *gen)
{
	uint64_t z = gen->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ z >> 31) >> 16);
}

uint32_t gen_below(struct gen *gen, uint32_t n)
{
	return gen_random(gen) % n;
}

bool gen_chance(struct gen *gen, unsigned int percent)
{
	return gen_below(gen, 100) < percent;
}

/* ---- classes --------------------------------------------------------------------- */

static void class_append(struct step *step, const char *format, va_list args)
{
	size_t used = strlen(step->class);

	if (used && used + 1 < sizeof(step->class))
		step->class[used++] = '.';
	vsnprintf(step->class + used, sizeof(step->class) - used, format, args);
}

void step_class(struct step *step, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	class_append(step, format, args);
	va_end(args);
}

void step_odd(struct step *step, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	class_append(step, format, args);
	va_end(args);
	va_start(args, format);
	vsnprintf(step->oddity, sizeof(step->oddity), format, args);
	va_end(args);
	step->odd = true;
}

/* ---- the turn of a flow ------------------------------------------------------------ */

void flow_draft(struct gen *gen, const struct flow *flow, unsigned int sender,
		struct draft *d)
{
	const struct end *end = &flow->end[sender];

	memset(d, 0, offsetof(struct draft, l4));
	d->from = end->side;
	d->v6 = flow->v6;
	d->src = end->self;
	d->dst = end->peer;
	d->ttl = (uint8_t)(32 + gen_below(gen, 200));
	d->id = (uint16_t)gen_random(gen);
	/* TCP finds out the path MTU nearly always, others sometimes. */
	if (!flow->v6 && gen_chance(gen, flow->proto == IPPROTO_TCP ? 90 : 25))
		d->frag = DONT_FRAGMENT;
	d->l4_len = 0;
}

void gen_transport(struct gen *gen, struct step *step, struct draft *d)
{
	switch (step->flow->proto) {
	case IPPROTO_TCP:
		gen_tcp(gen, step, d);
		break;
	case IPPROTO_UDP:
		gen_udp(gen, step, d);
		break;
	case IPPROTO_ICMP:
		gen_echo(gen, step, d);
		break;
	default:
		gen_other(gen, step, d);
	}
}

/* The route of one path carries 600 bytes only (IPv6: 1280). */
static void tell_size(struct step *step, const struct draft *d)
{
	if (draft_header_len(d) + d->l4_len <= (d->v6 ? 1280 : 600) || step->sender ||
	    !strstr(step->flow->path, "narrow"))
		return;
	step_class(step, d->frag || d->v6 ? "too-big" : "to-be-cut");
	step->fragments = true;
}

static void gen_plain(struct gen *gen, struct step *step)
{
	struct draft d;

	gen_transport(gen, step, &d);
	tell_size(step, &d);
	draft_frame(&d, &step->frame[step->n++]);
}

/* The weights are shares of 100 and leave the rest to the flow itself. */
static const struct {
	void (*make)(struct gen *gen, struct step *step);
	unsigned int share;
	unsigned int needs; /* GEN_F_* */
	bool spoken;	    /* only for flows that got through */
} kinds[] = {
	{gen_icmp_error, 9, GEN_F_ICMP_ERROR, true},
	{gen_fragments, 6, GEN_F_FRAGMENTS, false},
	{gen_malformed, 6, 0, false},
	{gen_headers, 4, 0, false},
	{gen_spoofed, 3, 0, false},
	{gen_hops, 3, 0, false},
	{gen_to_gateway, 2, 0, false},
};

static struct flow *choose_flow(struct gen *gen)
{
	struct flow *flow = &gen->pool[gen_below(gen, GEN_MAX_FLOWS)];

	if (!flow->live) {
		flow_open(gen, flow);
		flow->number = ++gen->n_flows;
	}
	return flow;
}

void gen_next(struct gen *gen, struct step *step)
{
	struct flow *flow = choose_flow(gen);
	uint32_t dice = gen_below(gen, 100);

	step->class[0] = '\0';
	step->n = 0;
	step->odd = false;
	step->oddity[0] = '\0';
	step->fragments = false;
	step->spoiled = step->last = false;
	step->flow = flow;
	step->after = *flow;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (dice >= kinds[i].share) {
			dice -= kinds[i].share;
			continue;
		}
		if ((kinds[i].needs & ~gen->features) ||
		    (kinds[i].spoken && !flow->spoken))
			break;
		kinds[i].make(gen, step);
		return;
	}
	gen_plain(gen, step);
}

void gen_open(struct gen *gen, uint64_t seed, unsigned int features)
{
	memset(gen, 0, sizeof(*gen));
	gen->state = seed;
	gen->next_port = 20000;
	gen->features = features;
}

/* ---- what became of it --------------------------------------------------------------
 */

static void remember(struct flow *flow, const struct step *step, const char *verdicts)
{
	char *line = flow->history[flow->steps % GEN_HISTORY];

	snprintf(line, GEN_HISTORY_LINE, "%s %s: %s", step->sender ? "<-" : "->",
		 step->class, verdicts);
}

static bool has_ports(const struct flow *flow)
{
	return flow->proto == IPPROTO_TCP || flow->proto == IPPROTO_UDP ||
	       flow->proto == IPPROTO_ICMP;
}

/* The same from either end; FNV-1a of both, added. */
static uint64_t hosts_of(const struct flow *flow)
{
	uint64_t sum = flow->proto;

	for (int i = 0; i < 2; i++) {
		uint64_t hash = 14695981039346656037u;

		for (size_t j = 0; j < sizeof(flow->end[i].self.byte); j++)
			hash = (hash ^ flow->end[i].self.byte[j]) * 1099511628211u;
		sum += hash;
	}
	return sum;
}

bool gen_is_burnt(const struct gen *gen, const struct flow *flow)
{
	if (has_ports(flow))
		return false;
	for (size_t i = 0; i < gen->n_burnt; i++)
		if (gen->burnt[i] == hosts_of(flow))
			return true;
	return gen->n_burnt == GEN_MAX_BURNT;
}

static bool is_over(const struct flow *flow)
{
	return flow->lost >= 4 || flow->steps >= 60 ||
	       (flow->steps >= 12 &&
		(flow->reset || (flow->end[0].fin && flow->end[1].fin)));
}

void flow_add_odd(struct flow *flow, const char *name)
{
	char *odd = flow->odd;

	if (strstr(odd, name))
		return;
	while (strlen(odd) + strlen(name) + 2 > sizeof(flow->odd)) {
		char *rest = strchr(odd, '+');

		if (!rest) {
			odd[0] = '\0';
			break;
		}
		memmove(odd, rest + 1, strlen(rest));
	}
	snprintf(odd + strlen(odd), sizeof(flow->odd) - strlen(odd), "%s%s",
		 odd[0] ? "+" : "", name);
}

void gen_settle(struct gen *gen, struct step *step, enum step_result result,
		const char *verdicts)
{
	struct flow *flow = step->flow;

	remember(flow, step, verdicts);
	memcpy(step->after.history, flow->history, sizeof(flow->history));
	if (result == STEP_THROUGH) {
		*flow = step->after;
		flow->answered |= flow->spoken && step->sender == 1;
		flow->spoken |= !step->odd || flow->proto != IPPROTO_TCP;
		flow->lost = 0;
	} else if (result == STEP_NOWHERE && !step->odd) {
		flow->lost++;
	}
	if (result == STEP_THROUGH && step->oddity[0])
		flow_add_odd(flow, step->oddity);
	else if (result == STEP_NOWHERE && (step->spoiled || step->fragments))
		flow_add_odd(flow, step->fragments ? "incomplete" : "not-forwarded");
	flow->steps++;
	if ((result == STEP_DIFFERED || step->last) && !has_ports(flow) &&
	    gen->n_burnt < GEN_MAX_BURNT)
		gen->burnt[gen->n_burnt++] = hosts_of(flow);
	if (result == STEP_DIFFERED || step->last || is_over(flow))
		flow->live = false;
}
