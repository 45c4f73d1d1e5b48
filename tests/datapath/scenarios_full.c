// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_full.c - floods and full tables: half-open entries never displace
 * connections, and many that idle out all go.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "bpf/half_set.h"
#include "loader/firewall/half_table.h"
#include "pinhole.skel.h"
#include "tests/datapath/converse.h"
#include "tests/datapath/dialogue.h"
#include "tests/datapath/network.h"

#define N_VICTIMS	     500
/* More than all tables hold. */
#define N_FLOOD		     (PH_MAX_CONNECTIONS + PH_MAX_HALF_OPEN + 10000)
#define FLOOD_HOSTS	     120
#define NEWCOMER_EVERY	     1000
#define NEWCOMER_PORT	     20000
#define N_NEWCOMERS	     150u
#define HALF_TRIP	     15000
#define N_HALF_OPEN	     (PH_MAX_HALF_OPEN / 2)
/* Both sets of a key may be full: 19 times are to be expected. */
#define MAX_DISPLACED	     60
/* A newcomer may have to share its set with more than its share of the flood. */
#define MIN_ADMITTED_PERCENT 96
#define MAX_CLUMP	     64
#define N_IDLE		     3000
#define CRAMPED_FTP	     8 /* sessions, in a world of their own */
#define MS_NS		     1000000L

static __u32 noise = 2463534242u;

static __u32 random_u32(void)
{
	noise ^= noise << 13;
	noise ^= noise >> 17;
	noise ^= noise << 5;
	return noise;
}

/* Run a frame without looking at every counter. Return: whether it went on. */
static bool passes(struct scenario *s, enum dev in, const __u8 *bytes, size_t len)
{
	static struct world_run got;

	CHECK(s, !world_ingress(s->w, s->hook, in, bytes, len, &got));
	return got.action == (s->hook == HOOK_XDP ? XDP_REDIRECT : TC_ACT_REDIRECT);
}

/* A segment between the client, from this port, and the server. */
static bool victim(struct scenario *s, __u16 port, enum dev from, __u8 flags)
{
	const struct stations *at = stations_of(s);
	bool client = from == DEV_OUTSIDE;
	const struct frame_v6 f = {
		.src = client ? at->client : at->server,
		.dst = client ? at->mapped : at->client,
		.proto = IPPROTO_TCP,
		.sport = client ? port : 990,
		.dport = client ? 990 : port,
		.seq = TALK_SEQ(client ? TALK_CLIENT_ISN : TALK_SERVER_ISN, flags),
		.ack = TALK_ACK(client ? TALK_SERVER_ISN : TALK_CLIENT_ISN, flags),
		.flags = flags,
	};
	const struct frame f4 = {.src = f.src,
				 .dst = f.dst,
				 .proto = f.proto,
				 .sport = f.sport,
				 .dport = f.dport,
				 .seq = f.seq,
				 .ack = f.ack,
				 .flags = f.flags};
	__u8 bytes[FRAME_MAX_BYTES];

	return passes(s, from, bytes,
		      s->v6 ? frame_v6_build(&f, NETWORK_MAC(from), bytes)
			    : frame_build(&f4, NETWORK_MAC(from), bytes));
}

static bool shakes_hands(struct scenario *s, __u16 port)
{
	return victim(s, port, DEV_OUTSIDE, SYN) &&
	       victim(s, port, DEV_INSIDE, SYN_ACK) && victim(s, port, DEV_OUTSIDE, ACK);
}

/* ---- guests of other sets ------------------------------------------------------ */

/* Whether each set knows how many of its own are guests elsewhere.
 * @guests: out: how many there are in all */
static bool sets_know_who_is_away(const struct scenario *s, unsigned int *guests)
{
	const struct half_table *table = s->w->half_open;
	const struct half_set *sets = table->sets.data;
	__u64 *away = calloc(table->head.n_sets, sizeof(*away));
	struct half_entry entry;
	bool right = away;

	*guests = 0;
	for (__u32 i = 0; away && i < table->head.n_sets * HALF_WAYS; i++)
		if (half_is_guest(sets[i / HALF_WAYS].way[i % HALF_WAYS]) &&
		    half_table_read(table, i, &entry)) {
			away[half_place(&table->head, &entry.key).set]++;
			++*guests;
		}
	for (__u32 i = 0; right && i < table->head.n_sets; i++)
		right = sets[i].away == away[i];
	free(away);
	return right;
}

/* The ports of the client that belong to one set, which has most of them.
 * Return: how many there are, at most MAX_CLUMP */
static unsigned int find_clump(struct scenario *s, __u16 *ports)
{
	__u32 n_sets = s->w->half_open->head.n_sets, best = 0;
	__u8 *n = calloc(n_sets, 1);
	struct conversation c;
	unsigned int found = 0;

	for (unsigned int pass = 0; n && pass < 2; pass++)
		for (unsigned int port = 1; port < 65536 && found < MAX_CLUMP; port++) {
			__u32 home;

			conversation_begin(&c, s, (__u16)port);
			home = world_home(s->w, &c.flow);
			if (pass && home == best)
				ports[found++] = (__u16)port;
			else if (!pass && ++n[home] > n[best])
				best = home;
		}
	free(n);
	return found;
}

/* All begin, and only then does anybody go on. */
static void clump_finds_room(struct scenario *s)
{
	unsigned int n, guests, opened = 0;
	__u16 ports[MAX_CLUMP];

	n = find_clump(s, ports);
	CHECK(s, n > HALF_WAYS);
	for (unsigned int i = 0; i < n; i++)
		victim(s, ports[i], DEV_OUTSIDE, SYN);
	CHECK_TABLES(s, n, 0);
	CHECK(s, sets_know_who_is_away(s, &guests) && guests == n - HALF_WAYS);
	for (unsigned int i = 0; i < n; i++)
		victim(s, ports[i], DEV_INSIDE, SYN_ACK);
	CHECK_TABLES(s, n, 0);
	for (unsigned int i = 0; i < n; i++)
		opened += victim(s, ports[i], DEV_OUTSIDE, ACK);
	CHECK(s, opened == n);
	CHECK_TABLES(s, 0, n);
	CHECK(s, sets_know_who_is_away(s, &guests) && !guests);
}

/* ---- a flood ----------------------------------------------------------------- */

/*
 * SYNs from senders that do not exist; the numbers that change are poked into
 * two frames, for building each from text would take most of the time.
 */
struct flood {
	struct scenario *s;
	__u8 syn[FRAME_MAX_BYTES];
	__u8 syn_ack[FRAME_MAX_BYTES];
	size_t len;
	size_t l4; /* of either, in the frame */
	unsigned int sent;
	unsigned int passed;
	unsigned int answered;
};

static void flood_begin(struct flood *f, struct scenario *s)
{
	const struct stations *at = stations_of(s);
	const struct frame syn = {
		.src = REMOTE, .dst = MAPPED, .proto = IPPROTO_TCP, .dport = 990};
	const struct frame_v6 syn6 = {
		.src = REMOTE6, .dst = MAPPED6, .proto = IPPROTO_TCP, .dport = 990};
	const struct frame back = {.src = at->server,
				   .dst = REMOTE,
				   .proto = IPPROTO_TCP,
				   .sport = 990,
				   .seq = 7,
				   .flags = SYN_ACK};
	const struct frame_v6 back6 = {.src = at->server,
				       .dst = REMOTE6,
				       .proto = IPPROTO_TCP,
				       .sport = 990,
				       .seq = 7,
				       .flags = SYN_ACK};

	memset(f, 0, sizeof(*f));
	f->s = s;
	f->l4 = ETH_HLEN + (s->v6 ? 40 : 20);
	if (s->v6) {
		f->len = frame_v6_build(&syn6, NETWORK_MAC(DEV_OUTSIDE), f->syn);
		frame_v6_build(&back6, NETWORK_MAC(DEV_INSIDE), f->syn_ack);
	} else {
		f->len = frame_build(&syn, NETWORK_MAC(DEV_OUTSIDE), f->syn);
		frame_build(&back, NETWORK_MAC(DEV_INSIDE), f->syn_ack);
	}
}

/* One more; the server answers one in four before its backlog is full again. */
static void flood_one(struct flood *f)
{
	__u8 *ip = f->syn + ETH_HLEN, *back = f->syn_ack + ETH_HLEN;
	/* No pair of address and port twice. */
	__u32 n = (f->sent * 48271ull) % (FLOOD_HOSTS * 65536ull), number = random_u32();

	if (f->s->v6) {
		frame_put32(ip + 20, n % FLOOD_HOSTS);
		frame_put32(back + 36, n % FLOOD_HOSTS);
	} else { /* the host part of the /25 behind the router */
		ip[15] = 1 + n % FLOOD_HOSTS;
		back[19] = ip[15];
		frame_put16(ip + 10, 0);
		frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
		frame_put16(back + 10, 0);
		frame_put16(back + 10, ~frame_sum(back, 20, 0));
	}
	frame_put16(f->syn + f->l4, n / FLOOD_HOSTS);
	frame_put32(f->syn + f->l4 + 4, number);
	f->sent++;
	f->passed += passes(f->s, DEV_OUTSIDE, f->syn, f->len);
	if (f->sent % 4)
		return;
	frame_put16(f->syn_ack + f->l4 + 2, n / FLOOD_HOSTS);
	frame_put32(f->syn_ack + f->l4 + 8, number + 1);
	f->answered += passes(f->s, DEV_INSIDE, f->syn_ack, f->len);
}

/*
 * The newcomers of the flood: one every NEWCOMER_EVERY SYNs; its SYN-ACK comes
 * HALF_TRIP SYNs behind its SYN, and its ACK as many behind that. At a million
 * SYNs per second that is a round trip of 30 ms.
 */
static unsigned int flood_with_newcomers(struct flood *f)
{
	unsigned int admitted = 0;

	for (unsigned int i = 0; i < N_FLOOD; i++) {
		unsigned int who = i / NEWCOMER_EVERY;
		unsigned int half = HALF_TRIP / NEWCOMER_EVERY;

		flood_one(f);
		if (i % NEWCOMER_EVERY)
			continue;
		if (who < N_NEWCOMERS)
			victim(f->s, NEWCOMER_PORT + who, DEV_OUTSIDE, SYN);
		if (who >= half && who - half < N_NEWCOMERS)
			victim(f->s, NEWCOMER_PORT + who - half, DEV_INSIDE, SYN_ACK);
		if (who >= 2 * half && who - 2 * half < N_NEWCOMERS)
			admitted += victim(f->s, NEWCOMER_PORT + who - 2 * half,
					   DEV_OUTSIDE, ACK);
	}
	return admitted;
}

static void connections_survive_a_flood(struct scenario *s)
{
	static struct counters before, after;
	unsigned int opened = 0, alive = 0, refused = 0, admitted, guests;
	static struct flood flood;

	for (__u16 port = 1; port <= N_VICTIMS; port++)
		opened += shakes_hands(s, port);
	CHECK(s, opened == N_VICTIMS);
	CHECK_TABLES(s, 0, N_VICTIMS);

	flood_begin(&flood, s);
	world_counters(s->w, &before);
	admitted = flood_with_newcomers(&flood);
	world_counters(s->w, &after);
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++)
		refused += after.drops[i].packets - before.drops[i].packets;
	CHECK(s, flood.passed == N_FLOOD);
	CHECK(s, flood.answered == N_FLOOD / 4);
	/* Of one that is not admitted, the ACK, and perhaps the SYN-ACK before it. */
	CHECK(s, refused >= N_NEWCOMERS - admitted);
	CHECK(s, refused <= 2 * (N_NEWCOMERS - admitted));
	tap_note("%u of %u newcomers were admitted", admitted, N_NEWCOMERS);
	CHECK(s, admitted * 100 >= N_NEWCOMERS * MIN_ADMITTED_PERCENT);
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) <= PH_MAX_HALF_OPEN);
	CHECK(s, world_count(s->w, TABLE_CONNS) == N_VICTIMS + admitted);
	CHECK(s, sets_know_who_is_away(s, &guests));
	tap_note("%u guests", guests);

	for (__u16 port = 1; port <= N_VICTIMS; port++)
		alive += victim(s, port, DEV_OUTSIDE, ACK) &&
			 victim(s, port, DEV_INSIDE, ACK);
	CHECK(s, alive == N_VICTIMS);
}

/* They belong to sets, of which some are full long before the table is. */
static void half_open_ones_find_room(struct scenario *s)
{
	const struct timespec a_while = {.tv_sec = 1, .tv_nsec = 200 * MS_NS};
	static struct flood flood;
	unsigned int kept, guests;

	flood_begin(&flood, s);
	while (flood.sent < N_HALF_OPEN) {
		flood_one(&flood);
		if (flood.sent == N_HALF_OPEN / 8 * 7) /* room is better than any age */
			nanosleep(&a_while, NULL);
	}
	kept = world_count(s->w, TABLE_HALF_OPEN);
	tap_note("%u of %d were kept", kept, N_HALF_OPEN);
	CHECK(s, flood.passed == N_HALF_OPEN);
	CHECK(s, flood.answered == N_HALF_OPEN / 4);
	CHECK(s, kept <= N_HALF_OPEN && kept >= N_HALF_OPEN - MAX_DISPLACED);
	CHECK(s, sets_know_who_is_away(s, &guests) && guests > MAX_DISPLACED);
}

/* ---- full tables -------------------------------------------------------------- */

static int note_full(void *ctx, void *data, size_t len)
{
	const struct ph_record *record = data;
	unsigned int *n = ctx;

	(void)len;
	*n += record->kind == PH_RECORD_TABLE_FULL &&
	      record->reason == PH_DROP_CONN_TABLE_FULL;
	return 0;
}

/* How many records say that the connection table is full. */
static unsigned int take_full_records(const struct scenario *s)
{
	unsigned int n = 0;
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(s->w->skel->maps.records),
						    note_full, &n, NULL);

	if (!ring)
		TAP_BAIL("the ring of records: %s", strerror(errno));
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return n;
}

static void full_table_refuses_the_newcomer(struct scenario *s)
{
	const struct timespec a_second = {.tv_sec = 1, .tv_nsec = 10 * MS_NS};

	nanosleep(&a_second, NULL); /* since the other hook's table was full */
	take_full_records(s);
	for (__u16 port = 1; port <= CRAMPED_CONNS; port++)
		CHECK(s, shakes_hands(s, port));
	CHECK_TABLES(s, 0, CRAMPED_CONNS);
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	SERVER_SAYS(s, SYN_ACK);
	for (int i = 0; i < 3; i++)
		STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_CONN_TABLE_FULL);
	CHECK(s, take_full_records(s) == 1); /* in a second */
	CHECK_TABLES(s, 1, CRAMPED_CONNS);
	for (__u16 port = 1; port <= CRAMPED_CONNS; port++)
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

/* The sessions but d[but] are there, of their connections. */
static bool sessions_stand(const struct dialogue *d, unsigned int n, unsigned int but)
{
	for (unsigned int i = 0; i < n; i++)
		if (!dialogue_session(&d[i]).conn_id != (i == but))
			return false;
	return true;
}

static void closed_session_gives_way(struct scenario *s)
{
	struct dialogue d[CRAMPED_FTP + 1];
	const unsigned int closed = CRAMPED_FTP / 2;

	for (unsigned int i = 0; i < CRAMPED_FTP; i++)
		dialogue_open(&d[i], s, 21);
	CHECK(s, dialogue_dial(&d[CRAMPED_FTP], s, 21).reason == PH_DROP_FTP_TABLE_FULL);

	CHECK(s, dialogue_reset(&d[closed], END_CLIENT).reset);
	CHECK(s, sessions_stand(d, CRAMPED_FTP, CRAMPED_FTP)); /* for its last segments */
	PASSES(&d[CRAMPED_FTP], CLIENT_TEXT(&d[CRAMPED_FTP], "NOOP\r\n"));
	CHECK(s, sessions_stand(d, CRAMPED_FTP + 1, closed));
	CHECK(s, world_count(s->w, TABLE_FTP) == CRAMPED_FTP);

	/* What is late comes to no session, and begins none. */
	CHECK(s, CLIENT_TEXT(&d[closed], "NOOP\r\n").reason == PH_DROP_FTP_SEGMENT);
	CHECK(s, dialogue_say_at(&d[closed], END_SERVER, 0, NULL, 0).forwarded);
	CHECK(s, sessions_stand(d, CRAMPED_FTP + 1, closed));
}

static void soon(struct policy_image *image)
{
	image->config.timeout_tcp_ns = 100 * MS_NS;
}

static const struct scenario_entry flooded[] = {
	SCENARIO(
		clump_finds_room,
		"half-open connections of one set find room in others, and go from there",
		.policy = policy_dual, .both = true),
	SCENARIO(connections_survive_a_flood,
		 "500 connections survive more SYNs than all tables hold, and "
		 "newcomers get in",
		 .policy = policy_dual, .both = true),
	SCENARIO(half_open_ones_find_room,
		 "a half full table of half-open connections keeps all but one in 500",
		 .policy = policy_dual, .both = true),
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

static const struct scenario_entry cramped_ftp[] = {
	SCENARIO(closed_session_gives_way,
		 "where the table of FTP sessions is full, one that was closed gives way "
		 "to "
		 "a new one, and no other",
		 .policy = policy_table, .tc_only = true),
};

void scenarios_full(struct world *w)
{
	CHECK_SCENARIOS(w, flooded);
}

/* Where the tables are small and nothing tidies up. */
void scenarios_cramped(void)
{
	const struct world_options options = {.max_conns = CRAMPED_CONNS,
					      .clock_stopped = true};
	const struct world_options few_sessions = {.max_ftp = CRAMPED_FTP,
						   .clock_stopped = true};
	struct world w;

	world_open(&w, &options);
	CHECK_SCENARIOS(&w, cramped);
	scenarios_host_cramped(&w);
	world_close(&w);
	world_open(&w, &few_sessions);
	CHECK_SCENARIOS(&w, cramped_ftp);
	world_close(&w);
}
