// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_grant.c - data ports that follow TLS sessions: whom a session lets in,
 * and whom it does not.
 */
#include "tests/datapath/grant_talk.h"

static void nobody_without_session(struct scenario *s)
{
	const struct data d = passive(41000, LOW), a = active(989, 41000);

	forget_grants(s);
	REFUSED(s, &d);
	REFUSED(s, &a);
}

static void session_admits_and_counts(struct scenario *s)
{
	const struct data d = passive(41000, LOW + 7);
	const struct world_flow flow = data_flow(s, &d);
	struct control c;
	struct conn conn = {.flags = 0};

	control_open(&c, s);
	establish(s, &d);
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &conn));
	CHECK(s, conn.flags & CONN_F_CHILD);
	CHECK(s, conn.flags & CONN_F_RANGE);
	CHECK(s, conn.parent_id == c.conn.id);
	CHECK(s, !memcmp(&conn.parent, &c.key, sizeof(c.key)));
	CHECK(s, conn.acl_counter == PH_NO_COUNTER);
	CHECK(s, data_open(&c) == 1 && c.session.data_total == 1);
	expire(s, &d);
	CHECK(s, data_open(&c) == 0 && c.session.data_total == 1);
}

static void repeated_syn_counts_once(struct scenario *s)
{
	const struct data d = passive(41000, LOW);
	struct control c;

	control_open(&c, s);
	ADMITTED(s, &d);
	SEND(s, &d, .flags = SYN);
	SEND(s, &d, .flags = SYN);
	SEND(s, &d, .answer = true, .flags = SYN_ACK);
	CHECK(s, data_open(&c) == 0);
	SEND(s, &d, .flags = ACK, .events = EVENT(CONN_CREATED) | EVENT(RANGE_ADMITTED));
	SEND(s, &d, .flags = ACK);
	CHECK(s, data_open(&c) == 1);
}

static void range_is_inclusive_and_no_wider(struct scenario *s)
{
	const struct data low = passive(41000, LOW), high = passive(41000, HIGH);
	const struct data below = passive(41000, LOW - 1),
			  above = passive(41000, HIGH + 1);
	struct control c;

	control_open(&c, s);
	ADMITTED(s, &low);
	ADMITTED(s, &high);
	REFUSED(s, &below);
	REFUSED(s, &above);
}

static void only_a_syn_begins(struct scenario *s)
{
	const struct data d = passive(41000, LOW);
	struct control c;

	control_open(&c, s);
	SEND(s, &d, .flags = ACK, .result = PH_DROP_TCP_NOT_SYN);
	SEND(s, &d, .flags = SYN_ACK, .result = PH_DROP_TCP_NOT_SYN);
}

static void other_ends_are_not_let_in(struct scenario *s)
{
	struct data client = passive(41000, LOW), server = passive(41000, LOW),
		    inside = active(989, 41000);
	struct control c;

	control_open(&c, s);
	client.src = s->v6 ? REMOTE6 : REMOTE;
	REFUSED(s, &client);
	inside.src = s->v6 ? WORKSTATION6 : WORKSTATION;
	REFUSED(s, &inside);
	if (s->v6)
		return;
	server.dst = NET_MAPPED;
	REFUSED(s, &server);
}

/* A grant that names a session between others proves nothing. */
static void grant_of_another_session_is_none(struct scenario *s)
{
	struct data d = passive(41000, LOW);
	struct control c;
	struct grant_key ends;

	control_open(&c, s);
	forget_grants(s);
	ends = c.ends;
	d.src = s->v6 ? REMOTE6 : REMOTE;
	if (s->v6)
		frame_put_addr6((__u8 *)&ends.client, d.src);
	else
		frame_put_addr((__u8 *)&ends.client.word[3], d.src);
	put_holder(&c, &ends, 0);
	REFUSED(s, &d);
}

static void session_must_stand(struct scenario *s)
{
	for (enum flaw flaw = 0; flaw < FLAW_COUNT; flaw++) {
		const struct data d = passive(41000, LOW), a = active(989, 41000);
		struct control c;

		world_forget(s->w);
		control_open(&c, s);
		spoil(&c, flaw);
		REFUSED(s, &d);
		REFUSED(s, &a);
		if (!s->ok)
			tap_note("  with flaw %d, or one before it", flaw);
	}
}

/* It ends between the first packet and the handshake's last. */
static void session_must_stand_till_promotion(struct scenario *s)
{
	const enum flaw flaws[] = {FLAW_NO_SESSION, FLAW_NO_CONN, FLAW_OTHER_SESSION,
				   FLAW_OTHER_CONN};

	for (size_t i = 0; i < sizeof(flaws) / sizeof(*flaws); i++) {
		const struct data d = passive(41000, LOW);
		struct control c;

		world_forget(s->w);
		control_open(&c, s);
		ADMITTED(s, &d);
		SEND(s, &d, .answer = true, .flags = SYN_ACK);
		spoil(&c, flaws[i]);
		SEND(s, &d, .flags = ACK, .result = PH_DROP_ACL_IMPLICIT);
		CHECK(s, world_count(s->w, TABLE_HALF_OPEN) == 0);
	}
}

static void range_closes_with_the_session(struct scenario *s)
{
	const struct data d = passive(41000, LOW);
	struct control c;

	control_open(&c, s);
	SAY(&c.talk, CLIENT_(.flags = RST, .no_ack = true));
	REFUSED(s, &d);
}

static void session_leaves_its_grant(struct scenario *s)
{
	struct control c, other;
	struct grant grant;
	struct data d = passive(41000, LOW);

	control_open(&c, s);
	control_open_from(&other, s, 40001, 5);
	for (int i = 0; i < 2; i++) {
		struct control *ends = i ? &other : &c;

		ends->conn.flags |= CONN_F_FTP;
		ends->conn.seen_ns = long_ago_ns();
		world_change(s->w, TABLE_CONNS, &ends->flow, &ends->conn);
		d.sport = ends->flow.a_port;
		d.dport = CONTROL_PORT;
		SEND(s, &d, .flags = ACK, .result = PH_DROP_TCP_NOT_SYN,
		     .events = EVENT(CONN_EXPIRED) | EVENT(FTP_SESSION_CLOSED));
		if (!i) {
			CHECK(s, !bpf_map_lookup_elem(MAP(s, grants), &c.ends, &grant));
			CHECK(s, grant.holder[0].conn_id == 0);
			CHECK(s, grant.holder[5].conn_id == other.conn.id);
		}
	}
	CHECK(s, bpf_map_lookup_elem(MAP(s, grants), &c.ends, &grant));
}

/* ---- active mode ---- */

static void active_from_the_data_port(struct scenario *s)
{
	static const __u16 from[] = {989, 20, 19, 2}; /* the last two: Pure-FTPd */
	static const __u16 not_from[] = {21, 988, 990, 991, 1024, 40000};
	struct control c;
	struct data d;

	control_open(&c, s);
	for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++) {
		d = active(from[i], 1024);
		ADMITTED(s, &d);
	}
	for (size_t i = 0; i < sizeof(not_from) / sizeof(*not_from); i++) {
		d = active(not_from[i], 41000);
		REFUSED(s, &d);
	}
	d = active(989, 1023);
	REFUSED(s, &d);
	d = active(20, 41000);
	establish(s, &d);
	CHECK(s, data_open(&c) == 1);
}

/* The client is the translated one: its real address is what counts. */
static void client_behind_nat(struct scenario *s)
{
	const struct data control = active(40000, CONTROL_PORT);
	struct data d = passive(989, 41000);
	struct control c = {.s = s};

	forget_grants(s);
	SEND(s, &control, .flags = SYN, .opens = true, .hits = 11 + s->v6);
	SEND(s, &control, .answer = true, .flags = SYN_ACK);
	SEND(s, &control, .flags = ACK, .events = EVENT(CONN_CREATED));
	c.flow = data_flow(s, &control);
	control_verify(&c, 0);
	establish(s, &d); /* the server dials, from outside */
	CHECK(s, data_open(&c) == 1);
	d.sport = 988;
	REFUSED(s, &d);
	d = active(42000, LOW); /* and the client, from inside */
	establish(s, &d);
	CHECK(s, data_open(&c) == 2);
	d.dport = HIGH + 1;
	REFUSED(s, &d);
}

/* ---- how a session comes to hold a grant ---- */

/* Inspected, and opaque to inspection. */
static struct data control_open_inspected(struct control *c, struct scenario *s,
					  __u16 port, __u32 flags)
{
	const struct data d = passive(port, CONTROL_PORT);

	*c = (struct control){.s = s};
	SEND(s, &d, .flags = SYN, .opens = true, .hits = DUAL_LINE(DUAL_TCP, s->v6));
	SEND(s, &d, .answer = true, .flags = SYN_ACK);
	SEND(s, &d, .flags = ACK,
	     .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
	c->flow = data_flow(s, &d);
	control_find(c);
	read_session(c);
	c->session.flags |= flags;
	c->session.dir[0].mode = FTP_MODE_OPAQUE;
	c->session.dir[1].mode = FTP_MODE_OPAQUE;
	put_session(c);
	return d;
}

/* Which slot of the grant it holds; none: PH_MAX_GRANT_HOLDERS. */
static __u32 slot_of(const struct control *c)
{
	struct grant grant;
	__u32 slot;

	if (bpf_map_lookup_elem(MAP(c->s, grants), &c->ends, &grant))
		return PH_MAX_GRANT_HOLDERS;
	for (slot = 0; slot < PH_MAX_GRANT_HOLDERS; slot++)
		if (grant.holder[slot].conn_id == c->conn.id &&
		    !memcmp(&grant.holder[slot].session, &c->key, sizeof(c->key)))
			break;
	return slot;
}

static void verified_session_enters(struct scenario *s)
{
	const struct data d = passive(41000, LOW);
	struct control plain, c;
	struct data control;

	forget_grants(s);
	control = control_open_inspected(&plain, s, 40000, FTP_S_TLS);
	SEND(s, &control, .flags = ACK);
	CHECK(s, slot_of(&plain) == PH_MAX_GRANT_HOLDERS);
	control = control_open_inspected(&c, s, 40001, FTP_S_TLS | FTP_S_VERIFIED);
	REFUSED(s, &d);
	SEND(s, &control, .answer = true, .flags = ACK);
	CHECK(s, slot_of(&c) == 0);
	ADMITTED(s, &d);
	forget_grants(s); /* as a race may: it heals */
	SEND(s, &control, .flags = ACK);
	CHECK(s, slot_of(&c) == 0);
}

static void newest_session_displaces_the_oldest(struct scenario *s)
{
	static struct control c[PH_MAX_GRANT_HOLDERS + 1];
	struct data control, first = passive(0, 0);

	forget_grants(s);
	for (__u16 i = 0; i <= PH_MAX_GRANT_HOLDERS; i++) {
		control = control_open_inspected(&c[i], s, 40000 + i,
						 FTP_S_TLS | FTP_S_VERIFIED);
		SEND(s, &control, .flags = ACK);
		SEND(s, &control, .flags = ACK);
		CHECK(s, slot_of(&c[i]) == i % PH_MAX_GRANT_HOLDERS);
		if (!i)
			first = control;
	}
	CHECK(s, slot_of(&c[0]) == PH_MAX_GRANT_HOLDERS);
	SEND(s, &first, .flags = ACK);
	CHECK(s, slot_of(&c[0]) == 1);
	CHECK(s, slot_of(&c[PH_MAX_GRANT_HOLDERS]) == 0);
}

static void scenarios(struct world *w)
{
	static const struct scenario_entry entries[] = {
		GRANT(nobody_without_session, "data ports: nobody without a session",
		      .both = true),
		GRANT(session_admits_and_counts,
		      "data ports: a verified session admits its client, and counts",
		      .both = true),
		GRANT(repeated_syn_counts_once, "data ports: a repeated SYN counts once"),
		GRANT(range_is_inclusive_and_no_wider,
		      "data ports: the range, and no port beside it", .both = true),
		GRANT(only_a_syn_begins, "data ports: only a SYN begins"),
		GRANT(other_ends_are_not_let_in,
		      "data ports: no other client, no other server", .both = true),
		GRANT(grant_of_another_session_is_none,
		      "data ports: a session stands for its own ends only", .both = true),
		GRANT(session_must_stand,
		      "data ports: no session that is not verified, alive and open"),
		GRANT(session_must_stand_till_promotion,
		      "data ports: the session must stand until the handshake is over"),
		GRANT(range_closes_with_the_session,
		      "data ports: closed when the session ends", .both = true),
		GRANT(session_leaves_its_grant, "data ports: a session that ends leaves",
		      .both = true),
		GRANT(active_from_the_data_port,
		      "data ports: active mode from the data port, to no service",
		      .both = true),
		GRANT(client_behind_nat, "data ports: a translated client", .both = true),
		SCENARIO(verified_session_enters,
			 "data ports: a verified session enters with its next packet",
			 .policy = policy_grant, .tweak = with_inspection, .both = true,
			 .tc_only = true),
		SCENARIO(newest_session_displaces_the_oldest,
			 "data ports: of many sessions the newest displaces the oldest",
			 .policy = policy_grant, .tweak = with_inspection,
			 .tc_only = true),
	};

	CHECK_SCENARIOS(w, entries);
	scenarios_grant_count(w);
}

/* Without the clock: it must not come before the packet that is to find a
 * connection idled out. */
void scenarios_grant(void)
{
	const struct world_options options = {.clock_stopped = true};
	struct world w;

	world_open(&w, &options);
	scenarios(&w);
	world_close(&w);
}
