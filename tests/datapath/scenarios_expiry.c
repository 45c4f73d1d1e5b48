// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_expiry.c - idle entries go by themselves, busy ones stay.
 *
 * The machine may be slow: what must happen is awaited for seconds, and what
 * must not happen has several times its interval to spare.
 */
#include <time.h>

#include "tests/datapath/converse.h"

#define MS_NS	    1000000ull
#define SHORT_MS    60
#define LONG_MS	    600
#define INTERVAL_MS 100
#define PATIENCE_MS 5000

static void sleep_ms(unsigned int ms)
{
	const struct timespec delay = {.tv_sec = ms / 1000,
				       .tv_nsec = (long)(ms % 1000 * MS_NS)};

	nanosleep(&delay, NULL);
}

/* Wait until the table has n entries. */
static bool await(const struct scenario *s, enum table table, unsigned int n)
{
	for (unsigned int waited = 0; waited < PATIENCE_MS; waited += 10) {
		if (world_count(s->w, table) == n)
			return true;
		sleep_ms(10);
	}
	return false;
}

static __u64 event_count(const struct scenario *s, enum ph_event event)
{
	static struct counters counters;

	world_counters(s->w, &counters);
	return counters.events[event];
}

static void all_short(struct policy_image *image)
{
	world_all_timeouts(image, SHORT_MS * MS_NS);
}

static void established_long(struct policy_image *image)
{
	image->config.timeout_tcp_ns = LONG_MS * MS_NS;
	image->config.timeout_closing_ns = SHORT_MS * MS_NS;
}

static void closing_only_short(struct policy_image *image)
{
	image->config.timeout_closing_ns = SHORT_MS * MS_NS;
}

static void idle_connection_expires(struct scenario *s)
{
	__u64 expired = event_count(s, PH_EV_CONN_EXPIRED);

	HANDSHAKE(s);
	CHECK(s, await(s, TABLE_CONNS, 0));
	CHECK(s, event_count(s, PH_EV_CONN_EXPIRED) == expired + 1);
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_TCP_NOT_SYN);
}

static void busy_connection_stays(struct scenario *s)
{
	__u64 expired = event_count(s, PH_EV_CONN_EXPIRED);

	HANDSHAKE(s);
	for (unsigned int ms = 0; ms < 2 * LONG_MS; ms += INTERVAL_MS) {
		sleep_ms(INTERVAL_MS);
		CLIENT_SAYS(s, ACK);
	}
	CHECK_TABLES(s, 0, 1);
	CHECK(s, await(s, TABLE_CONNS, 0));
	CHECK(s, event_count(s, PH_EV_CONN_EXPIRED) == expired + 1);
}

static void closed_connection_goes_soon(struct scenario *s)
{
	__u64 closed = event_count(s, PH_EV_CONN_CLOSED);

	HANDSHAKE(s); /* which alone would stay for an hour */
	CLIENT_SAYS(s, FIN_ACK);
	SERVER_SAYS(s, FIN_ACK);
	CHECK(s, await(s, TABLE_CONNS, 0));
	CHECK(s, event_count(s, PH_EV_CONN_CLOSED) == closed + 1);
}

static void late_answer_finds_nothing(struct scenario *s)
{
	const struct frame ask = {.src = WORKSTATION,
				  .dst = CLIENT,
				  .proto = IPPROTO_UDP,
				  .sport = 6000,
				  .dport = 6001};
	const struct frame late = {.src = CLIENT,
				   .dst = WORKSTATION,
				   .proto = IPPROTO_UDP,
				   .sport = 6001,
				   .dport = 6000};

	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	STEP(s, .frame = ask, .in = DEV_INSIDE, .result = PH_FORWARD, .out = DEV_OUTSIDE,
	     .next_hop = 50);
	sleep_ms(2 * SHORT_MS);
	STEP(s, SERVER_SENDS(SYN_ACK), .in = DEV_INSIDE, .result = PH_DROP_TCP_NOT_SYN);
	STEP(s, .frame = late, .result = PH_DROP_ACL_IMPLICIT);
	CHECK(s, world_count(s->w, TABLE_CONNS) == 0);
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS); /* judged anew */
}

/* The timer reads the policy in force when it fires. */
static void next_policy_shortens_the_wait(struct scenario *s)
{
	HANDSHAKE(s);
	sleep_ms(INTERVAL_MS);
	world_apply(s->w, policy_table, all_short);
	CHECK(s, await(s, TABLE_CONNS, 0));
}

/* ---- each by its own time --------------------------------------------------- */

enum timeout { T_TCP, T_HALF_CLOSED, T_CLOSING, T_UDP, T_ICMP, T_OTHER, T_COUNT };

static enum timeout short_one;

static void one_short(struct policy_image *image)
{
	__u64 *times[] = {
		&image->config.timeout_tcp_ns,	   &image->config.timeout_half_closed_ns,
		&image->config.timeout_closing_ns, &image->config.timeout_udp_ns,
		&image->config.timeout_icmp_ns,	   &image->config.timeout_other_ns};

	for (enum timeout i = 0; i < T_COUNT; i++)
		*times[i] = (i == short_one ? SHORT_MS : 3600000) * MS_NS;
	image->config.timeout_half_open_ns = 3600000 * MS_NS;
}

static void exchange(struct scenario *s, __u8 proto)
{
	TELL(s, CLIENT_(.proto = proto, .fill = 4, .opens = true));
	TELL(s, SERVER_(.proto = proto, .fill = 4, .events = EVENT(CONN_CREATED)));
}

static void each_has_its_own_timeout(struct scenario *s)
{
	for (short_one = 0; short_one < T_COUNT; short_one++) {
		static const __u8 protos[] = {[T_UDP] = IPPROTO_UDP,
					      [T_ICMP] = IPPROTO_ICMP,
					      [T_OTHER] = IPPROTO_GRE};
		struct conversation c[T_CLOSING + 1];

		world_apply(s->w, policy_dual, NULL);
		world_forget(s->w);
		for (enum timeout i = 0; i <= T_CLOSING; i++) {
			conversation_begin(&c[i], s, 40000 + i);
			conversation_open(&c[i]);
			if (i >= T_HALF_CLOSED)
				SAY(&c[i], CLIENT_(.flags = FIN_ACK));
			if (i == T_CLOSING)
				SAY(&c[i], SERVER_(.flags = FIN_ACK));
		}
		for (enum timeout i = T_UDP; i < T_COUNT; i++)
			exchange(s, protos[i]);
		CHECK_TABLES(s, 0, T_COUNT);
		world_apply(s->w, policy_dual, one_short);
		CHECK(s, await(s, TABLE_CONNS, T_COUNT - 1));
		sleep_ms(INTERVAL_MS);
		CHECK_TABLES(s, 0, T_COUNT - 1);
		for (enum timeout i = 0; i < T_COUNT; i++) {
			const struct world_flow flow =
				i <= T_CLOSING ? c[i].flow : flow_of(s, protos[i]);

			CHECK(s, world_find(s->w, TABLE_CONNS, &flow, NULL) ==
					 (i != short_one));
		}
	}
}

static const struct scenario_entry entries[] = {
	SCENARIO(idle_connection_expires, "an idle connection goes by itself",
		 .policy = policy_table, .tweak = all_short),
	SCENARIO(busy_connection_stays,
		 "a connection stays as long as packets come, and goes when none do",
		 .policy = policy_table, .tweak = established_long),
	SCENARIO(closed_connection_goes_soon,
		 "a closed connection goes by the closing timeout and counts as closed",
		 .policy = policy_table, .tweak = closing_only_short),
	SCENARIO(late_answer_finds_nothing,
		 "an answer after the half-open time finds nothing",
		 .policy = policy_table, .tweak = all_short),
	SCENARIO(each_has_its_own_timeout,
		 "each state and protocol has the timeout of its own",
		 .policy = policy_dual, .both = true),
	SCENARIO(next_policy_shortens_the_wait,
		 "a shorter timeout of the next policy holds by the time the timer fires",
		 .policy = policy_table, .tweak = established_long),
};

void scenarios_expiry(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
