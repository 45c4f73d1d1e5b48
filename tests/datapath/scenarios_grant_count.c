// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_grant_count.c - data ports that follow TLS sessions: how many data
 * connections a session has, and what a change of policy does to them.
 */
#include "tests/datapath/grant_talk.h"

/* policy_grant, but that the control connection is not permitted any more. */
static const char policy_no_control[] = INTERFACES
	"access-list out permit udp any4 host " SERVER " eq domain\n"
	"access-group out in interface outside\n"
	"access-list in permit tcp any4 any4 eq 990\n"
	"access-group in in interface inside\n" DUAL_STATICS GRANT_STATIC
	"fixup protocol ftp 990\n";
/* policy_grant, and that some of the range is open to all. */
static const char policy_listed[] = INTERFACES GRANT_LISTS
	"access-list out permit tcp any4 host " SERVER " eq 50000\n"
	"access-list out permit tcp any6 host " SERVER6
	" eq 50000\n" DUAL_STATICS GRANT_STATIC "fixup protocol ftp 990\n";

/* ---- how many ---- */

static void limit_is_kept_at_the_first_packet(struct scenario *s)
{
	const struct data one = passive(41000, LOW), two = passive(41001, LOW),
			  three = passive(41002, LOW);
	struct control c;
	__u64 before;

	control_open(&c, s);
	before = found_limits(s);
	establish(s, &one);
	establish(s, &two);
	SEND(s, &three, .flags = SYN, .result = PH_DROP_FTP_DATA_LIMIT);
	CHECK(s, found_limits(s) == before + 1);
	CHECK(s, data_open(&c) == 2 && c.session.found[FTP_FOUND_DATA_LIMIT] == 1);
	expire(s, &one);
	establish(s, &three);
	CHECK(s, data_open(&c) == 2 && c.session.data_total == 3);
}

/* The entry of a closed connection stays a while for the last segments. */
static void closed_one_makes_room(struct scenario *s)
{
	const struct data one = passive(41000, LOW), two = passive(41001, LOW),
			  three = passive(41002, LOW);
	const struct world_flow flow = data_flow(s, &one);
	struct control c;

	control_open(&c, s);
	establish(s, &one);
	establish(s, &two);
	SEND(s, &one, .flags = TCP_RST | TCP_ACK);
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, NULL));
	CHECK(s, data_open(&c) == 1);
	SEND(s, &one, .flags = TCP_RST | TCP_ACK); /* once */
	CHECK(s, data_open(&c) == 1);
	establish(s, &three);
	CHECK(s, data_open(&c) == 2 && c.session.data_total == 3);
}

static void limit_is_kept_at_promotion(struct scenario *s)
{
	const struct data d[] = {passive(41000, LOW), passive(41001, LOW),
				 passive(41002, LOW)};
	struct control c;

	control_open(&c, s);
	for (int i = 0; i < 3; i++) {
		ADMITTED(s, &d[i]);
		SEND(s, &d[i], .answer = true, .flags = SYN_ACK);
	}
	for (int i = 0; i < 2; i++)
		SEND(s, &d[i], .flags = ACK,
		     .events = EVENT(CONN_CREATED) | EVENT(RANGE_ADMITTED));
	SEND(s, &d[2], .flags = ACK, .result = PH_DROP_FTP_DATA_LIMIT);
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) == 0);
	CHECK(s, data_open(&c) == 2 && c.session.found[FTP_FOUND_DATA_LIMIT] == 1);
	SEND(s, &d[2], .flags = ACK, .result = PH_DROP_TCP_NOT_SYN);
}

static void what_a_line_permits_needs_no_room(struct scenario *s)
{
	const struct data one = passive(41000, LOW), two = passive(41001, LOW),
			  listed = passive(41002, LOW), not_listed = passive(41002, HIGH);
	const struct world_flow flow = data_flow(s, &listed);
	struct control c;
	struct conn conn = {.flags = 0};

	control_open(&c, s);
	establish(s, &one);
	establish(s, &two);
	SEND(s, &listed, .flags = SYN, .opens = true, .hits = 11 + s->v6);
	CHECK(s, world_find(s->w, TABLE_HALF_OPEN, &flow, &conn));
	CHECK(s, !(conn.flags & CONN_F_CHILD));
	SEND(s, &not_listed, .flags = SYN, .result = PH_DROP_FTP_DATA_LIMIT);
}

static void another_session_has_room(struct scenario *s)
{
	struct control c, other;

	control_open(&c, s);
	control_open_from(&other, s, 40001, PH_MAX_GRANT_HOLDERS - 1);
	for (__u16 i = 0; i < 2 * LIMIT; i++) {
		const struct data d = passive(41000 + i, LOW);

		establish(s, &d);
	}
	CHECK(s, data_open(&c) == LIMIT && data_open(&other) == LIMIT);
}

/* Those of a session of before, which had the same control connection. */
static void session_counts_its_own_only(struct scenario *s)
{
	const struct data d = passive(41000, LOW), fresh = passive(41001, LOW);
	struct control c;

	control_open(&c, s);
	establish(s, &d);
	read_session(&c);
	c.session.data_open = 0;
	c.session.opened_ns = 0;
	put_session(&c);
	establish(s, &fresh);
	{
		const struct world_flow flow = data_flow(s, &d);
		struct conn conn;

		CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &conn));
		c.session.opened_ns = conn.created_ns + 1;
		c.session.data_open = 1;
		put_session(&c);
	}
	expire(s, &d);
	CHECK(s, data_open(&c) == 1);
	expire(s, &fresh);
	CHECK(s, data_open(&c) == 0);
}

static void clock_counts_down(struct scenario *s)
{
	const struct timespec a_while = {.tv_nsec = 20 * MS_NS};
	const struct data d = passive(41000, LOW);
	const struct world_flow flow = data_flow(s, &d);
	struct control c;
	struct conn conn;

	control_open(&c, s);
	establish(s, &d);
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &conn));
	conn.seen_ns = long_ago_ns();
	world_change(s->w, TABLE_CONNS, &flow, &conn);
	for (unsigned int waited = 0; data_open(&c) && waited < PATIENCE_MS; waited += 20)
		nanosleep(&a_while, NULL);
	CHECK(s, data_open(&c) == 0);
}

/* ---- holes ---- */

/* From the server to port 41000 of the client. */
static void put_hole(const struct control *c)
{
	const struct hole hole = {.expires_ns = ~0ull,
				  .parent = c->key,
				  .parent_id = c->conn.id,
				  .data_port_only = 1};
	const struct hole_key key = {
		.src = c->ends.server, .dst = c->ends.client, .dst_port = htons(41000)};

	if (bpf_map_update_elem(MAP(c->s, holes), &key, &hole, BPF_ANY))
		TAP_BAIL("a hole: %s", strerror(errno));
}

static void hole_wants_the_data_port(struct scenario *s)
{
	struct control c;
	struct data d = active(40000, 41000);

	control_open(&c, s);
	forget_grants(s);
	put_hole(&c);
	REFUSED(s, &d);
	d.sport = 988;
	REFUSED(s, &d);
	d.sport = 989;
	ADMITTED(s, &d);
	SEND(s, &d, .answer = true, .flags = SYN_ACK);
	SEND(s, &d, .flags = ACK, .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	CHECK(s, data_open(&c) == 1 && c.session.data_total == 1);
	expire(s, &d);
	CHECK(s, data_open(&c) == 0);
}

/* ---- a change of policy ---- */

static void policy_takes_the_ports_away(struct scenario *s)
{
	const struct data d = passive(41000, LOW), more = passive(41001, LOW);
	struct control c;

	control_open(&c, s);
	establish(s, &d);
	world_apply(s->w, policy_grant, without_data_ports);
	REFUSED(s, &more);
	SEND(s, &d, .flags = ACK, .result = PH_DROP_POLICY_CHANGED);
	CHECK(s, data_open(&c) == 0);
}

static void policy_narrows_the_range(struct scenario *s)
{
	const struct data out = passive(41000, LOW), in = passive(41000, LOW + 1);
	struct control c;

	control_open(&c, s);
	establish(s, &out);
	establish(s, &in);
	world_apply(s->w, policy_grant, with_fewer_ports);
	SEND(s, &out, .answer = true, .flags = ACK, .result = PH_DROP_POLICY_CHANGED);
	SEND(s, &in, .answer = true, .flags = ACK);
	CHECK(s, data_open(&c) == 1);
}

static void active_survives_a_narrower_range(struct scenario *s)
{
	const struct data d = active(989, 41000);
	struct control c;

	control_open(&c, s);
	establish(s, &d);
	world_apply(s->w, policy_grant, with_fewer_ports);
	SEND(s, &d, .answer = true, .flags = ACK);
	world_apply(s->w, policy_grant, without_data_ports);
	SEND(s, &d, .flags = ACK, .result = PH_DROP_POLICY_CHANGED);
}

/* The session has not been judged yet when its data connection comes. */
static void stale_session_opens_nothing_for_long(struct scenario *s)
{
	const struct data d = passive(41000, LOW);
	struct control c;

	control_open(&c, s);
	world_apply(s->w, policy_no_control, with_data_ports);
	ADMITTED(s, &d);
	SEND(s, &d, .answer = true, .flags = SYN_ACK, .result = PH_DROP_POLICY_CHANGED);
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) == 0);
}

static void stale_session_opens_no_hole_for_long(struct scenario *s)
{
	const struct data d = active(989, 41000);
	struct control c;

	control_open(&c, s);
	forget_grants(s);
	put_hole(&c);
	world_apply(s->w, policy_no_control, with_data_ports);
	ADMITTED(s, &d);
	SEND(s, &d, .answer = true, .flags = SYN_ACK, .result = PH_DROP_POLICY_CHANGED);
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) == 0);
}

void scenarios_grant_count(struct world *w)
{
	static const struct scenario_entry entries[] = {
		GRANT(limit_is_kept_at_the_first_packet,
		      "data ports: one more than the limit is refused", .both = true),
		GRANT(closed_one_makes_room,
		      "data ports: a closed connection makes room at once", .both = true),
		GRANT(limit_is_kept_at_promotion,
		      "data ports: many at once do not exceed the limit"),
		SCENARIO(what_a_line_permits_needs_no_room,
			 "data ports: what a line permits needs no room",
			 .policy = policy_listed, .tweak = with_data_ports),
		GRANT(another_session_has_room,
		      "data ports: two sessions, twice the limit", .both = true),
		GRANT(session_counts_its_own_only,
		      "data ports: a session counts what came under it only"),
		GRANT(hole_wants_the_data_port,
		      "a hole may demand the data port; its connection is counted",
		      .both = true),
		GRANT(policy_takes_the_ports_away,
		      "data ports: gone with the policy, and what used them",
		      .both = true),
		GRANT(policy_narrows_the_range,
		      "data ports: a narrower range ends what is outside of it"),
		GRANT(active_survives_a_narrower_range,
		      "data ports: active mode is judged by its own rule"),
		GRANT(stale_session_opens_nothing_for_long,
		      "data ports: a session not judged yet is judged with its child"),
		GRANT(stale_session_opens_no_hole_for_long,
		      "a hole of a session not judged yet is judged with its child"),
	};

	CHECK_SCENARIOS(w, entries);
}

void scenarios_grant_clock(struct world *w)
{
	static const struct scenario_entry entries[] = {
		GRANT(clock_counts_down, "data ports: the clock counts down as well",
		      .xdp_only = true),
	};

	CHECK_SCENARIOS(w, entries);
}
