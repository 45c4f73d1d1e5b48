// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_log.c - what the ring tells of connections that begin and of packets that are
 * dropped; and that one line or reason that floods leaves room for others.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/tell.h"
#include "pinhole.skel.h"
#include "tests/datapath/acl_talk.h"
#include "tests/datapath/network.h"
#include "tests/datapath/now.h"

#define MAX_TOLD   8
#define NS_PER_SEC 1000000000ull
#define PORT	   40000

struct told {
	__u32 kind; /* that is looked for */
	union ph_any_record at[MAX_TOLD];
	unsigned int n; /* may exceed MAX_TOLD */
};

static int note(void *ctx, void *data, size_t len)
{
	const union ph_any_record *record = data;
	struct told *told = ctx;

	if (record->kind != told->kind)
		return 0;
	if (told->n < MAX_TOLD)
		memcpy(&told->at[told->n], data, len);
	told->n++;
	return 0;
}

/* What was told since the last time. */
static const struct told *take_told(const struct scenario *s, __u32 kind)
{
	static struct told told;
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(s->w->skel->maps.records),
						    note, &told, NULL);

	memset(&told, 0, sizeof(told));
	told.kind = kind;
	if (!ring)
		TAP_BAIL("the ring of records: %s", strerror(errno));
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return &told;
}

/* An element of a map per CPU, as it is on all of them; caller frees. */
static void *read_percpu(int fd, __u32 index, size_t size)
{
	void *values = calloc((size_t)libbpf_num_possible_cpus(), (size + 7) / 8 * 8);

	if (!values || bpf_map_lookup_elem(fd, &index, values))
		TAP_BAIL("a map per CPU: %s", strerror(errno));
	return values;
}

static void write_percpu(int fd, __u32 index, void *values)
{
	if (bpf_map_update_elem(fd, &index, values, BPF_ANY))
		TAP_BAIL("a map per CPU: %s", strerror(errno));
	free(values);
}

/* ---- beginnings ---- */

static void a_connection_is_told_when_it_is_complete(struct scenario *s)
{
	const struct stations *at = stations_of(s);
	const struct built_record *built;
	const struct told *told;
	struct conversation c;
	struct conn conn = {0};

	take_told(s, 0);
	conversation_begin(&c, s, PORT);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	SAY(&c, SERVER_(.flags = SYN_ACK));
	CHECK(s, take_told(s, PH_RECORD_BUILT)->n == 0);
	SAY(&c, CLIENT_(.events = EVENT(CONN_CREATED)));
	SAY(&c, CLIENT_(.fill = 10));
	told = take_told(s, PH_RECORD_BUILT);
	CHECK(s, told->n == 1 && conversation_find(&c, TABLE_CONNS, &conn));
	built = &told->at[0].built;
	CHECK(s, built->id == conn.id && built->time_ns >= conn.created_ns);
	CHECK(s, built->key.proto == IPPROTO_TCP &&
			 built->key.port[!!(conn.flags & CONN_F_INITIATOR_1)] ==
				 htons(PORT));
	CHECK(s, !memcmp(built->mapped, conn.mapped, sizeof(built->mapped)));
	CHECK(s, !memcmp(built->ifindex, conn.ifindex, sizeof(built->ifindex)));
	CHECK(s, built->mapped_port[0] == conn.mapped_port[0] &&
			 built->mapped_port[1] == htons(990));
	CHECK(s, built->generation == s->w->generation);
	CHECK(s, !!(built->flags & CONN_F_INITIATOR_1) ==
			 !!(conn.flags & CONN_F_INITIATOR_1));
	CHECK(s, strcmp(at->mapped, at->server) != 0);
}

static void so_is_what_has_no_handshake(struct scenario *s)
{
	take_told(s, 0);
	TELL(s, .end = END_CLIENT, .proto = IPPROTO_UDP, .opens = true);
	CHECK(s, take_told(s, PH_RECORD_BUILT)->n == 0);
	TELL(s, .end = END_SERVER, .proto = IPPROTO_UDP, .events = EVENT(CONN_CREATED));
	CHECK(s, take_told(s, PH_RECORD_BUILT)->n == 1);
	TELL(s, .end = END_CLIENT, .proto = IPPROTO_ICMP, .opens = true);
	TELL(s, .end = END_SERVER, .proto = IPPROTO_ICMP, .events = EVENT(CONN_CREATED));
	CHECK(s, take_told(s, PH_RECORD_BUILT)->n == 1);
}

/* Ends and findings have the other half. */
static void beginnings_take_half_of_the_ring(struct scenario *s)
{
	const unsigned int room = PH_RECORD_BYTES / 2 / (sizeof(struct built_record) + 8);
	static struct counters before, after;
	static struct world_run got;
	const struct stations *at = stations_of(s);
	const unsigned int n = room + 200;
	unsigned int told;

	take_told(s, 0);
	world_counters(s->w, &before);
	for (__u16 port = 1; port <= n; port++) {
		for (int back = 0; back < 2; back++) {
			const struct frame f = {.src = back ? at->server : at->client,
						.dst = back ? at->client : at->mapped,
						.proto = IPPROTO_UDP,
						.sport = back ? 53 : port,
						.dport = back ? port : 53};
			enum dev in = back ? DEV_INSIDE : DEV_OUTSIDE;
			__u8 bytes[FRAME_MAX_BYTES];
			size_t len = frame_build(&f, NETWORK_MAC(in), bytes);

			CHECK(s, !world_ingress(s->w, s->hook, in, bytes, len, &got));
		}
	}
	world_counters(s->w, &after);
	told = take_told(s, PH_RECORD_BUILT)->n;
	CHECK(s, told >= room - 1 && told <= room + 1);
	CHECK(s, after.events[PH_EV_BUILT_RECORD_LOST] -
				 before.events[PH_EV_BUILT_RECORD_LOST] ==
			 n - told);
	CHECK(s, after.events[PH_EV_RECORD_LOST] == before.events[PH_EV_RECORD_LOST]);
}

/* ---- drops ---- */

static void begin_drops(const struct scenario *s, enum ph_reason reason, __u32 count)
{
	int fd = bpf_map__fd(s->w->skel->maps.reason_said);
	__u32 index = reason - PH_DROP_FIRST;
	struct tell_bucket *values = read_percpu(fd, index, sizeof(*values));

	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		values[i] = (struct tell_bucket){.since_ns = now_ns(), .count = count};
	write_percpu(fd, index, values);
	take_told(s, 0);
}

static void stray(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, PORT);
	SAY(&c, CLIENT_(.result = PH_DROP_TCP_NOT_SYN));
}

static void a_drop_is_told_with_its_packet(struct scenario *s)
{
	const struct drop_record *drop;
	const struct told *told;

	begin_drops(s, PH_DROP_TCP_NOT_SYN, 0);
	stray(s);
	told = take_told(s, PH_RECORD_DROP);
	CHECK(s, told->n == 1);
	drop = &told->at[0].drop;
	CHECK(s, drop->reason == PH_DROP_TCP_NOT_SYN && !drop->lost);
	CHECK(s, drop->proto == IPPROTO_TCP && drop->tcp_flags == ACK);
	CHECK(s, drop->sport == htons(PORT) && drop->dport == htons(990));
	CHECK(s, drop->ifindex[0] && drop->ifindex[1] &&
			 drop->ifindex[0] != drop->ifindex[1]);
	CHECK(s, drop->src.word[3] && drop->dst.word[3] && !drop->flags);
}

static void a_flood_of_a_reason_is_counted(struct scenario *s)
{
	static struct counters before, after;
	const struct told *told;

	begin_drops(s, PH_DROP_TCP_NOT_SYN, PH_DROP_RECORDS_PER_SEC - 1);
	begin_drops(s, PH_DROP_SECURITY_LEVEL, 0);
	world_counters(s->w, &before);
	for (int i = 0; i < 4; i++)
		stray(s);
	world_counters(s->w, &after);
	CHECK(s, take_told(s, PH_RECORD_DROP)->n == 1);
	CHECK(s, after.events[PH_EV_DROP_RECORD_LOST] -
				 before.events[PH_EV_DROP_RECORD_LOST] ==
			 3);
	/* Another reason has its own. */
	ACL_SAY(s, .dport = 4242, .proto = IPPROTO_TCP, .flags = SYN,
		.result = PH_DROP_SECURITY_LEVEL);
	told = take_told(s, PH_RECORD_DROP);
	CHECK(s, told->n == 1 && told->at[0].drop.reason == PH_DROP_SECURITY_LEVEL);
}

/* The next one says how many there were. */
static void what_was_suppressed_is_said(struct scenario *s)
{
	int fd = bpf_map__fd(s->w->skel->maps.reason_said);
	__u32 index = PH_DROP_TCP_NOT_SYN - PH_DROP_FIRST;
	struct tell_bucket *values;
	const struct told *told;

	begin_drops(s, PH_DROP_TCP_NOT_SYN, PH_DROP_RECORDS_PER_SEC);
	for (int i = 0; i < 3; i++)
		stray(s);
	CHECK(s, take_told(s, PH_RECORD_DROP)->n == 0);
	values = read_percpu(fd, index, sizeof(*values));
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		values[i].since_ns -= 2 * NS_PER_SEC;
	write_percpu(fd, index, values);
	stray(s);
	stray(s);
	told = take_told(s, PH_RECORD_DROP);
	CHECK(s, told->n == 2 && told->at[0].drop.lost == 3 && !told->at[1].drop.lost);
}

static void what_lists_deny_is_no_drop(struct scenario *s)
{
	take_told(s, 0);
	ACL_SAY(s, .dport = 9, .line = DUAL_LOW, .result = PH_DROP_ACL_DENY);
	CHECK(s, take_told(s, PH_RECORD_DROP)->n == 0);
}

static void limit(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_nats; i++)
		image->nats[i].in_value.embryonic = 1;
}

static void a_limit_is_told_with_the_real_host(struct scenario *s)
{
	const struct drop_record *drop;
	const struct told *told;
	struct conversation c;

	begin_drops(s, PH_DROP_EMBRYONIC_LIMIT, 0);
	conversation_begin(&c, s, PORT);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	conversation_begin(&c, s, PORT + 1);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true, .result = PH_DROP_EMBRYONIC_LIMIT));
	told = take_told(s, PH_RECORD_DROP);
	CHECK(s, told->n == 1);
	drop = &told->at[0].drop;
	CHECK(s, drop->reason == PH_DROP_EMBRYONIC_LIMIT && drop->limit == 1);
	CHECK(s, drop->quoted_dport == htons(990) && drop->quoted_dst.word[3]);
	CHECK(s, memcmp(&drop->quoted_dst, &drop->dst, sizeof(drop->dst)) != 0);
}

/* ---- lines ---- */

#define DENIES                                         \
	"access-list enter deny udp any4 any4 eq 77\n" \
	"access-list enter deny udp any6 any6 eq 77\n" \
	"access-list enter deny udp any4 any4 eq 78\n" \
	"access-list enter deny udp any6 any6 eq 78\n"

static const char policy_denies[] = INTERFACES DENIES
	"access-group enter in interface outside\n";

enum { NOT_77 = 1, NOT_78 = 3 };

/* All lines that were told of have told of this many in this second. */
static void set_lines(const struct scenario *s, __u32 each, __u32 all)
{
	int fd = bpf_map__fd(s->w->skel->maps.acl_told);
	struct acl_told *values = read_percpu(fd, 0, sizeof(*values));

	for (int i = 0; i < libbpf_num_possible_cpus(); i++) {
		values[i].all = (struct tell_bucket){.since_ns = now_ns(), .count = all};
		for (__u32 j = 0; j < TELL_LINES; j++) {
			struct tell_bucket *bucket = &values[i].line[j];

			bucket->since_ns = bucket->owner ? now_ns() : 0;
			bucket->count = each;
		}
	}
	write_percpu(fd, 0, values);
}

/* As before anything was told. */
static void forget_lines(const struct scenario *s)
{
	int fd = bpf_map__fd(s->w->skel->maps.acl_told);
	struct acl_told *values = read_percpu(fd, 0, sizeof(*values));

	memset(values, 0, sizeof(*values) * (size_t)libbpf_num_possible_cpus());
	write_percpu(fd, 0, values);
	take_told(s, 0);
}

static unsigned int denied(struct scenario *s, __u16 port, unsigned int line,
			   unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		ACL_SAY(s, .dport = port, .line = line, .result = PH_DROP_ACL_DENY);
	return take_told(s, PH_RECORD_ACL)->n;
}

static void a_line_that_floods_leaves_room_for_others(struct scenario *s)
{
	forget_lines(s);
	CHECK(s, denied(s, 77, NOT_77, 1) == 1);
	set_lines(s, PH_ACL_RECORDS_PER_LINE, 0);
	CHECK(s, denied(s, 77, NOT_77, 2) == 0);
	CHECK(s, denied(s, 78, NOT_78, 2) == 2);
}

static void many_lines_that_flood_leave_each_a_few(struct scenario *s)
{
	forget_lines(s);
	CHECK(s, denied(s, 77, NOT_77, 1) == 1);
	set_lines(s, PH_ACL_RECORDS_PER_LINE, PH_ACL_RECORDS_PER_SEC);
	CHECK(s, denied(s, 77, NOT_77, 2) == 0);
	CHECK(s,
	      denied(s, 78, NOT_78, PH_ACL_RECORDS_ALWAYS + 2) == PH_ACL_RECORDS_ALWAYS);
}

#define LOG(run, promise, ...) \
	SCENARIO(run, promise, .policy = policy_dual, .both = true, ##__VA_ARGS__)

static const struct scenario_entry entries[] = {
	LOG(a_connection_is_told_when_it_is_complete,
	    "a connection is told of when it is complete, once"),
	LOG(so_is_what_has_no_handshake, "UDP and ping when they are answered"),
	SCENARIO(beginnings_take_half_of_the_ring,
		 "beginnings take half of the ring at most", .policy = policy_dual),
	LOG(a_drop_is_told_with_its_packet, "a dropped packet is told of by its reason"),
	SCENARIO(a_flood_of_a_reason_is_counted,
		 "a reason that floods is counted, and leaves room for others",
		 .policy = INTERFACES),
	LOG(what_was_suppressed_is_said, "what was not told is said by the next one"),
	LOG(what_lists_deny_is_no_drop, "what lists deny is not told of twice"),
	LOG(a_limit_is_told_with_the_real_host,
	    "a limit of half-open connections is told of with the real host",
	    .tweak = limit),
	SCENARIO(a_line_that_floods_leaves_room_for_others,
		 "a line that floods leaves room for others", .policy = policy_denies,
		 .both = true),
	SCENARIO(many_lines_that_flood_leave_each_a_few,
		 "many lines that flood leave each a few", .policy = policy_denies,
		 .both = true),
};

void scenarios_log(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
