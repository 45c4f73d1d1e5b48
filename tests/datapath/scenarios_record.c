// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_record.c - what the ring of records tells: which connection ended,
 * why, how long it had lived and what it had carried.
 */
#include <errno.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/converse.h"
#include "tests/datapath/network.h"

#define MS_NS	    1000000ull
#define SHORT_MS    60
#define PATIENCE_MS 8000
#define MAX_RECORDS 8
#define N_MANY	    4000 /* more than the ring holds */

struct records {
	struct ring_buffer *ring;
	struct ph_record at[MAX_RECORDS];
	unsigned int n; /* may exceed MAX_RECORDS */
};

static int take(void *ctx, void *data, size_t len)
{
	struct records *r = ctx;

	if (len != sizeof(r->at[0]))
		return 0; /* of FTP, from scenarios before */
	if (r->n < MAX_RECORDS)
		memcpy(&r->at[r->n], data, len);
	r->n++;
	return 0;
}

/* From now on. */
static void records_begin(struct records *r, const struct scenario *s)
{
	memset(r, 0, sizeof(*r));
	r->ring = ring_buffer__new(bpf_map__fd(s->w->skel->maps.records), take, r, NULL);
	if (!r->ring)
		TAP_BAIL("the ring of records: %s", strerror(errno));
	ring_buffer__consume(r->ring);
	r->n = 0;
}

static void records_end(struct records *r)
{
	ring_buffer__free(r->ring);
}

static bool records_await(struct records *r, unsigned int n)
{
	const struct timespec a_while = {.tv_nsec = 10 * MS_NS};

	for (unsigned int waited = 0; waited < PATIENCE_MS; waited += 10) {
		ring_buffer__consume(r->ring);
		if (r->n >= n)
			return r->n == n;
		nanosleep(&a_while, NULL);
	}
	return false;
}

static bool is_key_of(const struct conversation *c, const struct ph_record *record)
{
	__be16 port = record->key.port[record->conn.flags & CONN_F_INITIATOR_1 ? 1 : 0];

	return record->key.proto == IPPROTO_TCP && ntohs(port) == c->port;
}

static void closing_short(struct policy_image *image)
{
	image->config.timeout_closing_ns = SHORT_MS * MS_NS;
}

static void idle_short(struct policy_image *image)
{
	image->config.timeout_tcp_ns = SHORT_MS * MS_NS;
	image->config.timeout_half_open_ns = SHORT_MS * MS_NS;
}

static void closed_connection_tells(struct scenario *s)
{
	const struct timespec a_while = {.tv_nsec = 100 * MS_NS};
	__u64 header = s->v6 ? 60 : 40;
	struct conversation c;
	struct records r;

	records_begin(&r, s);
	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, CLIENT_(.fill = 1000));
	nanosleep(&a_while, NULL);
	SAY(&c, SERVER_(.fill = 500));
	SAY(&c, CLIENT_(.flags = FIN_ACK));
	SAY(&c, SERVER_(.flags = FIN_ACK));
	SAY(&c, CLIENT_());
	CHECK(s, records_await(&r, 1));
	CHECK(s, r.at[0].kind == PH_RECORD_CONN_END && r.at[0].reason == PH_END_FIN);
	CHECK(s, is_key_of(&c, &r.at[0]));
	CHECK(s, r.at[0].conn.packets[0] == 5 && r.at[0].conn.packets[1] == 3);
	CHECK(s, r.at[0].conn.bytes[0] == 5 * header + 1000);
	CHECK(s, r.at[0].conn.bytes[1] == 3 * header + 500);
	CHECK(s, r.at[0].conn.state == CONN_CLOSING);
	/* The coarse clock is as much as a tick behind. */
	CHECK(s, r.at[0].conn.seen_ns >= r.at[0].conn.created_ns + 90 * MS_NS);
	CHECK(s, r.at[0].time_ns >= r.at[0].conn.seen_ns + SHORT_MS * MS_NS);
	records_end(&r);
}

static void reset_connection_tells(struct scenario *s)
{
	struct conversation c;
	struct records r;

	records_begin(&r, s);
	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, SERVER_(.flags = RST));
	CHECK(s, records_await(&r, 1));
	CHECK(s, r.at[0].reason == PH_END_RESET && is_key_of(&c, &r.at[0]));
	records_end(&r);
}

static void idle_connection_tells(struct scenario *s)
{
	struct conversation c, half;
	struct records r;

	records_begin(&r, s);
	conversation_begin(&half, s, 40001);
	SAY(&half, CLIENT_(.flags = SYN, .opens = true)); /* never one */
	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	CHECK(s, records_await(&r, 1));
	CHECK(s, r.at[0].reason == PH_END_TIMEOUT && is_key_of(&c, &r.at[0]));
	records_end(&r);
}

static void replaced_connection_tells(struct scenario *s)
{
	struct conversation c;
	struct records r;

	records_begin(&r, s);
	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, SERVER_(.flags = RST));
	SAY(&c, CLIENT_(.flags = SYN, .seq = 1000, .opens = true));
	CHECK(s, records_await(&r, 1));
	CHECK(s, r.at[0].reason == PH_END_REPLACED && is_key_of(&c, &r.at[0]));
	records_end(&r);
}

static const char policy_closed[] = INTERFACES
	"access-list out deny ip any4 any4\n"
	"access-list out deny ip any6 any6\n"
	"access-group out in interface outside\n" DUAL_STATICS;

static void denied_connection_tells(struct scenario *s)
{
	struct conversation c;
	struct records r;

	records_begin(&r, s);
	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	world_apply(s->w, policy_closed, NULL);
	SAY(&c, CLIENT_(.result = PH_DROP_POLICY_CHANGED));
	CHECK(s, records_await(&r, 1));
	CHECK(s, r.at[0].reason == PH_END_POLICY && is_key_of(&c, &r.at[0]));
	records_end(&r);
}

/* ---- more than anybody reads ------------------------------------------------- */

static void datagram(struct scenario *s, __u16 port, enum end from)
{
	static struct world_run got;
	const struct stations *at = stations_of(s);
	bool client = from == END_CLIENT;
	enum dev in = client ? DEV_OUTSIDE : DEV_INSIDE;
	const struct frame f = {.src = client ? at->client : at->server,
				.dst = client ? at->mapped : at->client,
				.proto = IPPROTO_UDP,
				.sport = client ? port : 53,
				.dport = client ? 53 : port};
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&f, NETWORK_MAC(in), bytes);

	CHECK(s, !world_ingress(s->w, s->hook, in, bytes, len, &got));
}

static void unread_records_are_counted(struct scenario *s)
{
	static struct counters before, after;
	struct records r;

	records_begin(&r, s);
	for (__u16 port = 1; port <= N_MANY; port++) {
		datagram(s, port, END_CLIENT);
		datagram(s, port, END_SERVER);
	}
	CHECK_TABLES(s, 0, N_MANY);
	world_apply(s->w, policy_closed, NULL);
	world_counters(s->w, &before);
	for (__u16 port = 1; port <= N_MANY; port++)
		datagram(s, port, END_CLIENT);
	world_counters(s->w, &after);
	CHECK_TABLES(s, 0, 0); /* they go all the same */
	ring_buffer__consume(r.ring);
	CHECK(s, r.n > 0 && r.n < N_MANY);
	CHECK(s, after.events[PH_EV_RECORD_LOST] - before.events[PH_EV_RECORD_LOST] ==
			 N_MANY - r.n);
	records_end(&r);
}

#define RECORD(run, promise, ...) \
	SCENARIO(run, promise, .policy = policy_dual, .both = true, ##__VA_ARGS__)

static const struct scenario_entry entries[] = {
	RECORD(closed_connection_tells,
	       "a closed connection leaves a record of its life and load",
	       .tweak = closing_short),
	RECORD(reset_connection_tells, "so does one that was reset",
	       .tweak = closing_short),
	RECORD(idle_connection_tells, "one that idled out; but no half-open entry",
	       .tweak = idle_short),
	RECORD(replaced_connection_tells, "one that made way for another"),
	RECORD(denied_connection_tells, "and one that is permitted no more"),
	SCENARIO(unread_records_are_counted,
		 "records that nobody reads in time are counted, and hold up nothing",
		 .policy = policy_dual),
};

void scenarios_record(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
