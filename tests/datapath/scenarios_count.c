// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_count.c - what is counted of connections as they come, change and go.
 *
 * After every scenario of every file check.c holds what is counted against a walk of the
 * tables. Here are those that could tell them apart: ends of all causes, what idles out,
 * segments in no order, and two CPUs that change the same connections at once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/datapath/converse.h"
#include "tests/datapath/cpu.h"
#include "tests/datapath/now.h"

#define MS_NS	    1000000ull
#define SHORT_MS    200
#define PATIENCE_MS 8000

static void sleep_ms(unsigned int ms)
{
	const struct timespec delay = {.tv_sec = ms / 1000,
				       .tv_nsec = (long)(ms % 1000 * MS_NS)};

	nanosleep(&delay, NULL);
}

static struct conn_counts counts_now(const struct scenario *s)
{
	struct conn_counts counts;

	world_conns_counted(s->w, &counts);
	return counts;
}

/* Since the scenario began: how many there are of a class, by what is told of them. */
static bool told(const struct scenario *s, enum conn_class kind, __u64 established,
		 __u64 half_closed, __u64 closing)
{
	const struct conn_counts now = counts_now(s);
	const __u64 *are = now.told[kind];

	if (are[CONN_TOLD_ESTABLISHED] == established &&
	    are[CONN_TOLD_HALF_CLOSED] == half_closed &&
	    are[CONN_TOLD_CLOSING] == closing)
		return true;
	tap_note("class %u: %llu established, %llu half-closed, %llu closing",
		 (unsigned int)kind, are[CONN_TOLD_ESTABLISHED],
		 are[CONN_TOLD_HALF_CLOSED], are[CONN_TOLD_CLOSING]);
	return false;
}

static __u64 closed_by(const struct scenario *s, enum conn_class kind,
		       enum ph_conn_end why)
{
	return counts_now(s).closed[kind][why];
}

/* Wait until no connection is left. */
static bool await_none(const struct scenario *s)
{
	for (unsigned int waited = 0; waited < PATIENCE_MS; waited += 10) {
		if (!world_count(s->w, TABLE_CONNS))
			return true;
		sleep_ms(10);
	}
	return false;
}

static void closing_short(struct policy_image *image)
{
	image->config.timeout_closing_ns = SHORT_MS * MS_NS;
}

static void all_short(struct policy_image *image)
{
	world_all_timeouts(image, SHORT_MS * MS_NS);
}

static void a_life_is_counted(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	CHECK(s, counts_now(s).half_open[CONN_CLASS_TCP] == 1);
	CHECK(s, counts_now(s).created[CONN_CLASS_TCP] == 0);
	SAY(&c, SERVER_(.flags = SYN_ACK));
	SAY(&c, CLIENT_(.events = EVENT(CONN_CREATED)));
	CHECK(s, counts_now(s).half_open[CONN_CLASS_TCP] == 0);
	CHECK(s, counts_now(s).created[CONN_CLASS_TCP] == 1);
	CHECK(s, told(s, CONN_CLASS_TCP, 1, 0, 0));
	SAY(&c, CLIENT_(.flags = FIN_ACK));
	CHECK(s, told(s, CONN_CLASS_TCP, 0, 1, 0));
	SAY(&c, CLIENT_(.flags = FIN_ACK, .seq = -1)); /* again */
	CHECK(s, told(s, CONN_CLASS_TCP, 0, 1, 0));
	SAY(&c, SERVER_(.flags = FIN_ACK));
	CHECK(s, told(s, CONN_CLASS_TCP, 0, 0, 1));
	CHECK(s, await_none(s));
	CHECK(s, told(s, CONN_CLASS_TCP, 0, 0, 0));
	CHECK(s, closed_by(s, CONN_CLASS_TCP, PH_END_FIN) == 1);
}

static void a_reset_is_counted(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, SERVER_(.flags = RST));
	CHECK(s, told(s, CONN_CLASS_TCP, 0, 0, 1));
	CHECK(s, await_none(s));
	CHECK(s, closed_by(s, CONN_CLASS_TCP, PH_END_RESET) == 1);
	CHECK(s, closed_by(s, CONN_CLASS_TCP, PH_END_FIN) == 0);
}

static void what_replaces_is_counted(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, SERVER_(.flags = RST));
	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	CHECK(s, told(s, CONN_CLASS_TCP, 1, 0, 0));
	CHECK(s, counts_now(s).created[CONN_CLASS_TCP] == 2);
	CHECK(s, closed_by(s, CONN_CLASS_TCP, PH_END_REPLACED) == 1);
}

/* An end that was reset, and whose peer accepts its next SYN, has begun anew. */
static void a_renewal_is_counted(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, CLIENT_(.flags = FIN_ACK));
	CHECK(s, told(s, CONN_CLASS_TCP, 0, 1, 0));
	c.next[END_CLIENT] += 1000000;
	SAY(&c, CLIENT_(.flags = SYN));
	c.next[END_SERVER] += 1000000;
	SAY(&c, SERVER_(.flags = SYN_ACK));
	CHECK(s, told(s, CONN_CLASS_TCP, 1, 0, 0));
}

static void exchange(struct scenario *s, __u8 proto)
{
	TELL(s, CLIENT_(.proto = proto, .fill = 4, .opens = true));
	TELL(s, SERVER_(.proto = proto, .fill = 4, .events = EVENT(CONN_CREATED)));
}

static void each_protocol_has_its_own(struct scenario *s)
{
	exchange(s, IPPROTO_UDP);
	exchange(s, IPPROTO_ICMP);
	exchange(s, IPPROTO_GRE);
	for (enum conn_class kind = CONN_CLASS_UDP; kind < CONN_N_CLASSES; kind++) {
		CHECK(s, told(s, kind, 1, 0, 0));
		CHECK(s, counts_now(s).created[kind] == 1);
	}
	CHECK(s, await_none(s));
	for (enum conn_class kind = CONN_CLASS_UDP; kind < CONN_N_CLASSES; kind++) {
		CHECK(s, told(s, kind, 0, 0, 0));
		CHECK(s, closed_by(s, kind, PH_END_TIMEOUT) == 1);
	}
}

/* Nobody says that they have gone. */
static void unanswered_ones_are_forgotten(struct scenario *s)
{
	for (__u16 port = 40000; port < 40020; port++) {
		struct conversation c;

		conversation_begin(&c, s, port);
		SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	}
	TELL(s, CLIENT_(.proto = IPPROTO_UDP, .fill = 4, .opens = true));
	CHECK(s, counts_now(s).half_open[CONN_CLASS_TCP] == 20);
	CHECK(s, counts_now(s).half_open[CONN_CLASS_UDP] == 1);
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) == 21);
	sleep_ms(2 * SHORT_MS);
	CHECK(s, counts_now(s).half_open[CONN_CLASS_TCP] == 0);
	CHECK(s, counts_now(s).half_open[CONN_CLASS_UDP] == 0);
}

static void a_new_policy_ends_some(struct scenario *s)
{
	static const char denying[] = INTERFACES
		"access-list out deny ip any any\n"
		"access-group out in interface outside\n" STATIC_SERVER;

	HANDSHAKE(s);
	world_apply(s->w, denying, NULL);
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_POLICY_CHANGED);
	CHECK(s, told(s, CONN_CLASS_TCP, 0, 0, 0));
	CHECK(s, closed_by(s, CONN_CLASS_TCP, PH_END_POLICY) == 1);
}

/* ---- in no order --------------------------------------------------------------- */

#define N_TALKS	 24
#define N_ROUNDS 4000

struct noise {
	struct scenario *s;
	__u32 seed;
	struct conversation talks[N_TALKS];
};

static __u32 noise_below(struct noise *noise, __u32 n)
{
	noise->seed ^= noise->seed << 13;
	noise->seed ^= noise->seed >> 17;
	noise->seed ^= noise->seed << 5;
	return noise->seed % n;
}

/* Whatever becomes of it. */
static void utter(const struct scenario *s, const struct conversation *c,
		  const struct says *says)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = conversation_build(c, says, bytes);
	enum dev in = says->end == END_CLIENT ? DEV_OUTSIDE : DEV_INSIDE;
	struct world_run got;

	if (world_ingress(s->w, s->hook, in, bytes, len, &got))
		tap_note("the kernel refused to run a frame");
}

static void utter_next(struct scenario *s, struct conversation *c,
		       const struct says *says)
{
	utter(s, c, says);
	if (says->flags & (TCP_SYN | TCP_FIN))
		c->next[says->end]++;
}

static void utter_any(struct noise *noise)
{
	static const __u8 flags[] = {SYN, SYN_ACK, ACK,	    ACK,     ACK, ACK,
				     ACK, ACK,	   FIN_ACK, FIN_ACK, RST};
	struct conversation *c = &noise->talks[noise_below(noise, N_TALKS)];
	const struct says says = {
		.end = noise_below(noise, 2),
		.flags = flags[noise_below(noise, sizeof(flags))],
		.seq = noise_below(noise, 4) ? 0 : -1,
	};

	if (!noise_below(noise, 8)) { /* a handshake, or else few would be complete */
		conversation_begin(c, noise->s, c->port);
		utter_next(noise->s, c, &(const struct says){CLIENT_(.flags = SYN)});
		utter_next(noise->s, c, &(const struct says){SERVER_(.flags = SYN_ACK)});
		utter_next(noise->s, c, &(const struct says){CLIENT_(.flags = ACK)});
	}
	utter_next(noise->s, c, &says);
}

static void noise_begin(struct noise *noise, struct scenario *s, __u32 seed)
{
	*noise = (struct noise){.s = s, .seed = seed};
	for (__u16 i = 0; i < N_TALKS; i++)
		conversation_begin(&noise->talks[i], s, 40000 + i);
}

static __u64 all_closed(const struct conn_counts *counts, enum conn_class kind)
{
	__u64 n = 0;

	for (unsigned int why = 0; why < PH_N_CONN_ENDS; why++)
		n += counts->closed[kind][why];
	return n;
}

/* What there is is what was made, less what was ended. */
static void check_books(struct scenario *s)
{
	const struct conn_counts now = counts_now(s);
	__u64 there = 0;

	for (unsigned int i = CONN_TOLD_ESTABLISHED; i < CONN_N_TOLD; i++)
		there += now.told[CONN_CLASS_TCP][i];
	CHECK(s, there == now.created[CONN_CLASS_TCP] - all_closed(&now, CONN_CLASS_TCP));
	CHECK(s, there == world_count(s->w, TABLE_CONNS));
}

static void any_segments_are_counted(struct scenario *s)
{
	static struct noise noise;

	noise_begin(&noise, s, 2463534242u);
	for (unsigned int i = 0; i < N_ROUNDS; i++) {
		utter_any(&noise);
		if (i % 1000 == 999)
			sleep_ms(SHORT_MS + 50);
	}
	CHECK(s, counts_now(s).created[CONN_CLASS_TCP] > 50);
	CHECK(s, await_none(s));
	check_books(s);
	CHECK(s, told(s, CONN_CLASS_TCP, 0, 0, 0));
}

/* ---- by two CPUs at once --------------------------------------------------------- */

#define RACE_ROUNDS 4000
#define RACE_MS	    4000

/* One connection, and two processors that each do their part at the same moment. */
struct race {
	struct scenario *s;
	struct conversation c;
	atomic_uint arrived;
	bool over;
};

struct racer {
	struct race *race;
	int cpu;
	unsigned int met;
};

/* Wait for the other one, as shortly as can be. */
static void meet(struct racer *racer)
{
	racer->met += 2;
	atomic_fetch_add(&racer->race->arrived, 1);
	for (unsigned int i = 1; atomic_load(&racer->race->arrived) < racer->met; i++)
		if (i % 65536 == 0)
			sched_yield();
}

/* Say it at the same moment as the other one says its own. */
static void say_at_once(struct racer *racer, const struct says *says)
{
	struct race *race = racer->race;
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = conversation_build(&race->c, says, bytes);
	enum dev in = says->end == END_CLIENT ? DEV_OUTSIDE : DEV_INSIDE;
	struct world_run got;

	meet(racer);
	world_ingress(race->s->w, race->s->hook, in, bytes, len, &got);
	meet(racer);
}

static const struct says fins[] = {{CLIENT_(.flags = FIN_ACK)},
				   {SERVER_(.flags = FIN_ACK)}};
/* A connection of the same ends, which replaces the one that is closed. */
static const struct says anew = {CLIENT_(.flags = SYN, .seq = 100000)};

static void race_once(struct racer *racer, bool leads)
{
	struct race *race = racer->race;

	say_at_once(racer, &fins[leads]);
	if (leads) { /* of two that come at once, one may be lost */
		utter(race->s, &race->c, &fins[0]);
		utter(race->s, &race->c, &fins[1]);
	}
	say_at_once(racer, &anew);
}

static void *follow(void *arg)
{
	struct racer *racer = arg;

	cpu_pin(racer->cpu);
	for (;;) {
		meet(racer);
		if (racer->race->over)
			return NULL;
		race_once(racer, false);
	}
}

static void lead(struct racer *racer)
{
	struct race *race = racer->race;
	const __u64 begun_ms = now_ns() / 1000000;

	for (unsigned int i = 0; i < RACE_ROUNDS; i++) {
		conversation_begin(&race->c, race->s, 40000);
		utter(race->s, &race->c, &(const struct says){CLIENT_(.flags = SYN)});
		race->c.next[END_CLIENT]++;
		utter(race->s, &race->c, &(const struct says){SERVER_(.flags = SYN_ACK)});
		race->c.next[END_SERVER]++;
		utter(race->s, &race->c, &(const struct says){CLIENT_(.flags = ACK)});
		race->over = now_ns() / 1000000 - begun_ms > RACE_MS;
		meet(racer);
		if (race->over)
			return;
		race_once(racer, true);
	}
	race->over = true;
	meet(racer);
}

/* Where there is one processor only, this shows nothing. */
static void two_cpus_count_once(struct scenario *s)
{
	static struct race race;
	struct racer leader = {.race = &race, .cpu = 0};
	struct racer follower = {.race = &race, .cpu = 1};
	cpu_set_t before;
	pthread_t thread;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;
	race = (struct race){.s = s};
	s->races = true;
	cpu_stay(&before);
	CHECK(s, !pthread_create(&thread, NULL, follow, &follower));
	cpu_pin(leader.cpu);
	lead(&leader);
	pthread_join(thread, NULL);
	cpu_leave(&before);
	CHECK(s, counts_now(s).created[CONN_CLASS_TCP] > 20);
	check_books(s);
}

static const struct scenario_entry entries[] = {
	SCENARIO(a_life_is_counted, "a connection is counted in each state of its life",
		 .policy = policy_dual, .tweak = closing_short, .both = true),
	SCENARIO(a_reset_is_counted, "a connection that is reset is counted as such",
		 .policy = policy_dual, .tweak = closing_short),
	SCENARIO(what_replaces_is_counted,
		 "a connection that another replaces is counted as such",
		 .policy = policy_dual),
	SCENARIO(a_renewal_is_counted,
		 "a connection that begins anew is counted as established again",
		 .policy = policy_dual, .both = true),
	SCENARIO(each_protocol_has_its_own,
		 "each class of protocols is counted by itself", .policy = policy_dual,
		 .tweak = all_short, .both = true),
	SCENARIO(unanswered_ones_are_forgotten,
		 "what nobody answers is counted as half-open until it expires",
		 .policy = policy_dual, .tweak = all_short),
	SCENARIO(a_new_policy_ends_some,
		 "a connection that a new policy ends is counted as such",
		 .policy = policy_table),
	SCENARIO(any_segments_are_counted,
		 "whatever segments come, what is counted is what there is",
		 .policy = policy_dual, .tweak = all_short, .both = true),
	SCENARIO(two_cpus_count_once,
		 "two processors that change the same connections count each change once",
		 .policy = policy_dual),
};

void scenarios_count(struct world *w)
{
	world_empty_ring(w); /* floods went before */
	CHECK_SCENARIOS(w, entries);
	world_empty_ring(w);
}
