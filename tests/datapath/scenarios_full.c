// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_full.c - floods and full tables: half-open entries never displace
 * connections, and many that idle out all go.
 */
#include <time.h>

#include "tests/datapath/talk.h"

#define N_VICTIMS 500
#define N_FLOOD	  100000
#define SMALL	  16
#define N_IDLE	  3000
#define MS_NS	  1000000L

static __u32 noise = 2463534242u;

static __u32 random_u32(void)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	noise ^= noise << 5;
	return noise;
}

/* Run one frame without looking at every counter. */
static int quick(struct scenario *s, enum dev in, const struct frame *frame)
{
	static struct world_run got;
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(frame, in + 1, bytes);

	CHECK(s, !world_ingress(s->w, s->hook, in, bytes, len, &got));
	return got.action;
}

static int redirected(const struct scenario *s)
{
	return s->hook == HOOK_XDP ? XDP_REDIRECT : 7; /* TC_ACT_REDIRECT */
}

static bool victim(struct scenario *s, __u16 port, enum dev from, __u8 flags)
{
	const struct frame there = {.src = CLIENT,
				    .dst = MAPPED,
				    .proto = IPPROTO_TCP,
				    .sport = port,
				    .dport = 990,
				    .seq = TALK_SEQ(TALK_CLIENT_ISN, flags),
				    .ack = TALK_ACK(TALK_SERVER_ISN, flags),
				    .flags = flags};
	const struct frame back = {.src = SERVER,
				   .dst = CLIENT,
				   .proto = IPPROTO_TCP,
				   .sport = 990,
				   .dport = port,
				   .seq = TALK_SEQ(TALK_SERVER_ISN, flags),
				   .ack = TALK_ACK(TALK_CLIENT_ISN, flags),
				   .flags = flags};

	return quick(s, from, from == DEV_OUTSIDE ? &there : &back) == redirected(s);
}

static bool shakes_hands(struct scenario *s, __u16 port)
{
	return victim(s, port, DEV_OUTSIDE, SYN) &&
	       victim(s, port, DEV_INSIDE, SYN_ACK) && victim(s, port, DEV_OUTSIDE, ACK);
}

/* SYNs from addresses that nobody has, with the addresses poked into the
 * frame: building each from text would take most of the time. */
static unsigned int flood(struct scenario *s, unsigned int n)
{
	const struct frame syn = {.src = "192.0.2.99",
				  .dst = MAPPED,
				  .proto = IPPROTO_TCP,
				  .sport = 1,
				  .dport = 990};
	static struct world_run got;
	__u8 bytes[FRAME_MAX_BYTES], *ip = bytes + FRAME_IP_OFF;
	size_t len = frame_build(&syn, 1, bytes);
	unsigned int passed = 0;

	for (unsigned int i = 0; i < n; i++) {
		frame_put32(ip + 12, 0x64800000 | (random_u32() & 0x003fffff));
		frame_put16(ip + 20, random_u32());
		frame_put16(ip + 10, 0);
		frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
		if (world_ingress(s->w, s->hook, DEV_OUTSIDE, bytes, len, &got))
			break;
		passed += got.action == redirected(s);
	}
	return passed;
}

static void connections_survive_a_flood(struct scenario *s)
{
	unsigned int opened = 0, alive = 0, refused = 0;
	struct counters before, after;

	for (__u16 port = 1; port <= N_VICTIMS; port++)
		opened += shakes_hands(s, port);
	CHECK(s, opened == N_VICTIMS);
	CHECK_TABLES(s, 0, N_VICTIMS);

	world_counters(s->w, &before);
	CHECK(s, flood(s, N_FLOOD) == N_FLOOD);
	world_counters(s->w, &after);
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++)
		refused += after.drops[i].packets - before.drops[i].packets;
	CHECK(s, refused == 0);
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) <= PH_MAX_HALF_OPEN);
	CHECK(s, world_count(s->w, TABLE_CONNS) == N_VICTIMS);

	for (__u16 port = 1; port <= N_VICTIMS; port++)
		alive += victim(s, port, DEV_OUTSIDE, ACK) &&
			 victim(s, port, DEV_INSIDE, ACK);
	CHECK(s, alive == N_VICTIMS);
	/* And a newcomer still gets in. */
	CHECK(s, shakes_hands(s, N_VICTIMS + 1));
	CHECK(s, world_count(s->w, TABLE_CONNS) == N_VICTIMS + 1);
}

static void full_table_refuses_the_newcomer(struct scenario *s)
{
	for (__u16 port = 1; port <= SMALL; port++)
		CHECK(s, shakes_hands(s, port));
	CHECK_TABLES(s, 0, SMALL);
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	SERVER_SAYS(s, SYN_ACK);
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_CONN_TABLE_FULL);
	CHECK_TABLES(s, 1, SMALL);
	for (__u16 port = 1; port <= SMALL; port++)
		CHECK(s, victim(s, port, DEV_OUTSIDE, ACK));
}

/* More than one round of the clock's visits. */
static void many_idle_connections_go(struct scenario *s)
{
	const struct timespec a_while = {.tv_nsec = 50 * MS_NS};
	struct counters before, after;

	world_counters(s->w, &before);
	for (__u16 port = 1; port <= N_IDLE; port++)
		CHECK(s, shakes_hands(s, port));
	for (int i = 0; i < 200 && world_count(s->w, TABLE_CONNS); i++)
		nanosleep(&a_while, NULL);
	CHECK_TABLES(s, 0, 0);
	world_counters(s->w, &after);
	CHECK(s, after.events[PH_EV_CONN_CREATED] - before.events[PH_EV_CONN_CREATED] ==
			 N_IDLE);
	CHECK(s, after.events[PH_EV_CONN_EXPIRED] - before.events[PH_EV_CONN_EXPIRED] ==
			 N_IDLE);
}

/* Nothing tidies up here: the time stamps alone must tell. */
static void past_its_time_is_not_found(struct scenario *s)
{
	const struct timespec a_while = {.tv_nsec = 200 * MS_NS};

	HANDSHAKE(s);
	nanosleep(&a_while, NULL);
	CHECK_TABLES(s, 0, 1);
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_TCP_NOT_SYN,
	     .events = EVENT(CONN_EXPIRED));
	CHECK_TABLES(s, 0, 0);
}

static void soon(struct policy_image *image)
{
	image->config.timeout_tcp_ns = 100 * MS_NS;
}

static const struct scenario_entry flooded[] = {
	SCENARIO(connections_survive_a_flood,
		 "500 connections survive 100,000 SYNs that nobody answers",
		 .policy = policy_table),
	SCENARIO(many_idle_connections_go,
		 "3000 idle connections go by themselves, each once",
		 .policy = policy_table, .tweak = soon),
};

static const struct scenario_entry cramped[] = {
	SCENARIO(full_table_refuses_the_newcomer,
		 "a full connection table refuses the newcomer and keeps the others",
		 .policy = policy_table),
	SCENARIO(past_its_time_is_not_found,
		 "no packet finds a connection past its time, tidied up or not",
		 .policy = policy_table, .tweak = soon),
};

void scenarios_full(struct world *w)
{
	CHECK_SCENARIOS(w, flooded);
}

/* Where the tables are small and nothing tidies up. */
void scenarios_cramped(void)
{
	const struct world_options options = {.max_conns = SMALL, .clock_stopped = true};
	struct world w;

	world_open(&w, &options);
	CHECK_SCENARIOS(&w, cramped);
	world_close(&w);
}
