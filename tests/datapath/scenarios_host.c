// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_host.c - host mode in the datapath: control connections to this machine are
 * kept track of, and holes let their data connections in, and nobody else.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/host_talk.h"

/* ---- control connections ---------------------------------------------------------- */

static void control_connection_is_tracked(struct scenario *s)
{
	struct link l = link_of(s, 40000, 21);
	unsigned int line = DUAL_LINE(HOST_FTP_LINE, s->v6);
	struct conn conn = {.flags = 0};

	HEAR(&l, .flags = SYN, .line = line, .events = EVENT(HALF_OPEN_CREATED));
	CHECK_TABLES(s, 1, 0);
	CHECK(s, link_find(&l, TABLE_HALF_OPEN, &conn));
	CHECK(s, (conn.flags & ~CONN_F_INITIATOR_1) == (CONN_F_FTP | CONN_F_HOST));
	CHECK(s, conn.ifindex[0] == (__u32)s->w->ifindex[DEV_OUTSIDE]);
	CHECK(s, conn.ifindex[1] == 0);
	CHECK(s, conn.mapped_port[0] == htons(40000) && conn.mapped_port[1] == htons(21));
	CHECK(s, conn.packets[0] == 1 && conn.packets[1] == 0);
	HEAR(&l, .flags = SYN, .seq = -1, .line = line); /* again */
	OUR(&l, .flags = SYN_ACK);
	CHECK_TABLES(s, 1, 0);
	HEAR(&l, .line = line, .events = EVENT(CONN_CREATED));
	CHECK_TABLES(s, 0, 1);
	OUR(&l, .fill = 20);
	HEAR(&l, .fill = 10, .line = line);
	CHECK(s, link_find(&l, TABLE_CONNS, &conn));
	CHECK(s, conn.packets[0] == 4 && conn.packets[1] == 2);
	OUR(&l, .flags = FIN_ACK);
	CHECK(s, link_state(&l) == CONN_HALF_CLOSED);
	HEAR(&l, .flags = FIN_ACK, .line = line);
	CHECK(s, link_state(&l) == CONN_CLOSING);
}

static void refused_control_connection_is_forgotten(struct scenario *s)
{
	struct link l = link_of(s, 40000, 21);

	HEAR(&l, .flags = SYN, .line = DUAL_LINE(HOST_FTP_LINE, s->v6),
	     .events = EVENT(HALF_OPEN_CREATED));
	OUR(&l, .flags = TCP_RST | TCP_ACK);
	CHECK_TABLES(s, 0, 0);
}

/* Not from where it is permitted, not to ports without inspection, not in midstream. */
static void others_make_no_entry(struct scenario *s)
{
	struct link denied = link_of(s, 40000, 80), ssh = link_of(s, 40000, 22),
		    range = link_of(s, 40000, OPEN_PORT), late = link_of(s, 40000, 21);

	HEAR(&denied, .flags = SYN, DENIED);
	HEAR(&ssh, .flags = SYN, .line = DUAL_LINE(HOST_SSH_LINE, s->v6));
	HEAR(&range, .flags = SYN, .line = DUAL_LINE(HOST_RANGE_LINE, s->v6));
	HEAR(&late, .line = DUAL_LINE(HOST_FTP_LINE, s->v6));
	HEAR(&late, .flags = SYN_ACK, .line = DUAL_LINE(HOST_FTP_LINE, s->v6));
	OUR(&late, .flags = SYN_ACK);
	CHECK_TABLES(s, 0, 0);
}

static void without_host_mode(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++)
		image->ifaces[i].config.flags &= ~IFACE_F_HOST_FTP;
}

static void without_host_mode_nothing_is_tracked(struct scenario *s)
{
	struct link l = link_of(s, 40000, 21), own = link_of(s, 21, 45000);
	struct conn conn = {.flags = 0};

	world_apply(s->w, policy_host, without_host_mode);
	HEAR(&l, .flags = SYN, .line = DUAL_LINE(HOST_FTP_LINE, s->v6));
	OUR(&l, .flags = SYN_ACK);
	HEAR(&l, .line = DUAL_LINE(HOST_FTP_LINE, s->v6));
	CHECK_TABLES(s, 0, 0);
	OUR(&own, .flags = SYN, .events = EVENT(HALF_OPEN_CREATED));
	CHECK(s, link_find(&own, TABLE_HALF_OPEN, &conn));
	CHECK(s, (conn.flags & ~CONN_F_INITIATOR_1) == CONN_F_LOCAL);
}

/* ---- holes --------------------------------------------------------------------------
 */

static void hole_lets_its_dialer_in(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT), second;
	struct host_control c;
	struct conn conn = {.flags = 0};

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	HEAR(&l, .flags = SYN, .events = EVENT(HALF_OPEN_CREATED));
	CHECK_TABLES(s, 1, 1);
	HEAR(&l, .flags = SYN, .seq = -1);
	second = link_of(s, 41001, DATA_PORT);
	HEAR(&second, .flags = SYN, DENIED);
	OUR(&l, .flags = SYN_ACK);
	HEAR(&l, .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	CHECK_TABLES(s, 0, 2);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	CHECK(s, link_find(&l, TABLE_CONNS, &conn));
	CHECK(s, (conn.flags & ~CONN_F_INITIATOR_1) == (CONN_F_CHILD | CONN_F_HOST));
	CHECK(s, conn.parent_id == c.session.conn.id);
	CHECK(s, !memcmp(&conn.parent, &c.session.key, sizeof(conn.parent)));
	CHECK(s, conn.acl_counter == PH_NO_COUNTER && conn.ifindex[1] == 0);
	CHECK(s, data_open(&c.session) == 1);
	OUR(&l, .fill = 1000);
	HEAR(&l);
	HEAR(&l, .fill = 500);
	HEAR(&second, .flags = SYN, DENIED);
	HEAR(&l, .flags = FIN_ACK);
	OUR(&l, .flags = FIN_ACK);
	HEAR(&l);
	CHECK(s, link_state(&l) == CONN_CLOSING);
	CHECK(s, data_open(&c.session) == 0);
	CHECK(s, link_find(&l, TABLE_CONNS, &conn));
	CHECK(s, conn.packets[0] == 7 && conn.packets[1] == 3);
}

static void hole_lets_nobody_else_in(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT);
	struct host_control c;

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	link_move(&l, s->v6 ? REMOTE6 : REMOTE, l.us);
	HEAR(&l, .flags = SYN, DENIED);
	link_move(&l, c.link.peer, s->v6 ? OUR_INSIDE6 : OUR_INSIDE);
	HEAR(&l, .flags = SYN, DENIED);
	l = link_of(s, 41000, DATA_PORT + 1);
	HEAR(&l, .flags = SYN, DENIED);
	l = link_of(s, 41000, DATA_PORT);
	HEAR(&l, DENIED);
	HEAR(&l, .flags = SYN_ACK, DENIED);
	HEAR(&l, .flags = RST, DENIED);
	CHECK_TABLES(s, 0, 1);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 1);
	host_data(&l); /* it has not been taken */
}

#define BOTH_BOUND HOST_BOUND "access-group box in interface inside control-plane\n"
static const char policy_both[] = INTERFACES HOST_LIST BOTH_BOUND
	"fixup protocol ftp 21\n";

/* What comes in elsewhere under the dialer's address takes no hole and keeps no
 * connection, whatever it is. */
static void session_is_of_one_interface(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT), early = link_of(s, 40001, 21);
	struct host_control c;
	struct conn before, after;

	host_open(&c, s, 40000);
	HEAR(&early, .flags = SYN, .line = c.line, .events = EVENT(HALF_OPEN_CREATED));
	CHECK(s, link_find(&early, TABLE_HALF_OPEN, &before));
	HEAR(&early, .flags = SYN, .seq = 1000, .in_also = 1 + DEV_INSIDE,
	     .line = c.line);
	CHECK(s, link_find(&early, TABLE_HALF_OPEN, &after));
	CHECK(s, !memcmp(&before, &after, sizeof(after)));
	host_hole(&c, DATA_PORT, false);
	HEAR(&l, .flags = SYN, .in_also = 1 + DEV_INSIDE, DENIED);
	host_data(&l);
	HEAR(&l, .flags = RST, .in_also = 1 + DEV_INSIDE, DENIED);
	HEAR(&l, .in_also = 1 + DEV_INSIDE, DENIED);
	CHECK(s, link_find(&c.link, TABLE_CONNS, &before));
	HEAR(&c.link, .flags = RST, .in_also = 1 + DEV_INSIDE, .line = c.line);
	HEAR(&c.link, .flags = SYN, .seq = 1000, .in_also = 1 + DEV_INSIDE,
	     .line = c.line);
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) == 1); /* the early one's */
	CHECK(s, link_find(&c.link, TABLE_CONNS, &after));
	CHECK(s, !memcmp(&before, &after, sizeof(after)));
	CHECK(s, link_state(&l) == CONN_ESTABLISHED);
	HEAR(&l, .fill = 8);
}

static void holes_end_with_the_servers_fin(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT);
	struct host_control c;

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	host_hole(&c, DATA_PORT + 1, false);
	host_data(&l);
	OUR(&c.link, .flags = FIN_ACK, .events = EVENT(HOLE_SESSION_END));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	HEAR(&l, .fill = 100); /* the transfer goes on */
	l = link_of(s, 41001, DATA_PORT + 1);
	HEAR(&l, .flags = SYN, DENIED);
}

static void holes_end_with_a_reset(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT);
	struct host_control c;

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	HEAR(&c.link, .flags = RST, .line = c.line, .events = EVENT(HOLE_SESSION_END));
	HEAR(&l, .flags = SYN, DENIED);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	CHECK(s, link_state(&c.link) == CONN_CLOSING);
}

static void holes_end_with_time(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT);
	struct host_control c;

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	c.session.conn.seen_ns = long_ago_ns();
	world_change(s->w, TABLE_CONNS, &c.link.flow, &c.session.conn);
	OUR(&c.link, .events = EVENT(CONN_EXPIRED) | EVENT(FTP_SESSION_CLOSED) |
			       EVENT(HOLE_SESSION_END));
	CHECK_TABLES(s, 0, 0);
	HEAR(&l, .flags = SYN, DENIED);
}

/* Its numbers are the stack's to judge: it gets there, and ends nothing here. */
static void blind_segments_leave_no_trace(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT);
	struct host_control c;
	struct conn before, after;

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	host_data(&l);
	CHECK(s, link_find(&l, TABLE_CONNS, &before));
	HEAR(&l, .flags = RST, .seq = -70000);
	HEAR(&l, .flags = FIN_ACK, .seq = 1 << 30);
	HEAR(&l, .fill = 10, .seq = 1 << 30);
	CHECK(s, link_find(&l, TABLE_CONNS, &after));
	CHECK(s, !memcmp(&before, &after, sizeof(after)));
	CHECK(s, link_find(&c.link, TABLE_CONNS, &before));
	HEAR(&c.link, .flags = RST, .seq = -70000, .line = c.line);
	CHECK(s, link_find(&c.link, TABLE_CONNS, &after));
	CHECK(s, !memcmp(&before, &after, sizeof(after)));
}

/* ---- what the list permits anyway ----------------------------------------------------
 */

static void permitted_port_is_the_lists(struct scenario *s)
{
	struct link l = link_of(s, 41000, OPEN_PORT);
	unsigned int line = DUAL_LINE(HOST_RANGE_LINE, s->v6);
	struct host_control c;

	host_open(&c, s, 40000);
	HEAR(&l, .flags = SYN, .line = line);
	OUR(&l, .flags = SYN_ACK);
	HEAR(&l, .line = line);
	CHECK_TABLES(s, 0, 1);
	/* A hole goes first; who does not get it still has the list. */
	host_hole(&c, OPEN_PORT, false);
	l = link_of(s, 41001, OPEN_PORT);
	host_data(&l);
	l = link_of(s, 41002, OPEN_PORT);
	HEAR(&l, .flags = SYN, .line = line);
	CHECK_TABLES(s, 0, 2);
}

/* ---- between the same ends again ------------------------------------------------------
 */

static void closed_connection_makes_room(struct scenario *s)
{
	struct host_control c;
	struct conn conn = {.id = 0};

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	OUR(&c.link, .flags = FIN_ACK, .events = EVENT(HOLE_SESSION_END));
	HEAR(&c.link, .flags = FIN_ACK, .line = c.line);
	HEAR(&c.link, .flags = SYN, .seq = 100000, .line = c.line,
	     .events = EVENT(HALF_OPEN_CREATED) | EVENT(FTP_SESSION_CLOSED));
	CHECK_TABLES(s, 1, 0);
	CHECK(s, link_find(&c.link, TABLE_HALF_OPEN, &conn));
	CHECK(s, conn.id != c.session.conn.id);
	CHECK(s, (conn.flags & ~CONN_F_INITIATOR_1) == (CONN_F_FTP | CONN_F_HOST));
}

static void closed_data_connection_lets_no_new_one_in(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT);
	struct host_control c;
	struct conn before = {.id = 0}, after = {.id = 0};

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	host_data(&l);
	OUR(&l, .flags = FIN_ACK);
	HEAR(&l, .flags = FIN_ACK);
	CHECK(s, link_find(&l, TABLE_CONNS, &before));
	HEAR(&l, .flags = SYN, .seq = 100000, DENIED);
	CHECK(s, link_find(&l, TABLE_CONNS, &after));
	CHECK(s, before.id == after.id && after.state == CONN_CLOSING);
	host_hole(&c, DATA_PORT, false);
	HEAR(&l, .flags = SYN, .seq = 100000, .events = EVENT(HALF_OPEN_CREATED));
	CHECK_TABLES(s, 1, 1);
}

/* ---- this machine dials
 * ---------------------------------------------------------------- */

static void server_dials_back(struct scenario *s)
{
	struct link l = link_of(s, 20, DATA_PORT), wrong = link_of(s, 1234, DATA_PORT);
	struct host_control c;
	struct conn conn = {.flags = 0};

	host_dial(&c, s, 45000);
	CHECK(s, (c.session.conn.flags & ~CONN_F_INITIATOR_1) ==
			 (CONN_F_FTP | CONN_F_LOCAL));
	HEAR(&l, .flags = SYN, DENIED);
	host_hole(&c, DATA_PORT, true);
	HEAR(&wrong, .flags = SYN, DENIED);
	HEAR(&l, .flags = SYN, .in_also = 1 + DEV_INSIDE, DENIED);
	host_data(&l);
	CHECK(s, link_find(&l, TABLE_CONNS, &conn));
	CHECK(s, conn.parent_id == c.session.conn.id);
	HEAR(&l, .fill = 1000);
	OUR(&l);
	HEAR(&c.link, .fill = 20);
	host_hole(&c, DATA_PORT + 1, true);
	OUR(&c.link, .flags = FIN_ACK, .events = EVENT(HOLE_SESSION_END));
	l = link_of(s, 20, DATA_PORT + 1);
	HEAR(&l, .flags = SYN, DENIED);
}

/* ---- what is no segment
 * ---------------------------------------------------------------- */

static void errors_get_in(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT);
	const struct segment seg = {.fill = 40};
	__u8 packet[FRAME_MAX_BYTES], bytes[FRAME_MAX_BYTES];
	struct frame_error e = {.src = stations_of(s)->client,
				.dst = stations_of(s)->our_outside,
				.type = s->v6 ? 1 : 3,
				.packet = packet + ETH_HLEN};
	struct packet_row row = {.bytes = bytes, .result = PH_TO_BOX};
	struct host_control c;

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	host_data(&l);
	e.quote_len = link_build(&l, US, &seg, packet) - ETH_HLEN;
	row.len = frame_error_build(&e, NETWORK_MAC(DEV_OUTSIDE), bytes);
	link_takes(s, &row, __LINE__);
	e.quote_len = link_build(&c.link, US, &seg, packet) - ETH_HLEN;
	row.len = frame_error_build(&e, NETWORK_MAC(DEV_OUTSIDE), bytes);
	link_takes(s, &row, __LINE__);
	CHECK(s, link_state(&l) == CONN_ESTABLISHED);
	/* About another one they do not. */
	l.our_port++;
	e.quote_len = link_build(&l, US, &seg, packet) - ETH_HLEN;
	row.len = frame_error_build(&e, NETWORK_MAC(DEV_OUTSIDE), bytes);
	row.result = PH_DROP_ACL_IMPLICIT;
	row.xdp = PH_PASS_UP;
	link_takes(s, &row, __LINE__);
}

static void fragments_of_data_get_in(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT),
		    other = link_of(s, 41001, DATA_PORT);
	const struct segment seg = {.fill = 60};
	__u8 whole[FRAME_MAX_BYTES], first[FRAME_MAX_BYTES], rest[FRAME_MAX_BYTES];
	struct packet_row row = {.bytes = first, .result = PH_TO_BOX};
	struct host_control c;

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	host_data(&l);
	link_build(&l, PEER, &seg, whole);
	row.len = frame_fragment(whole, 0, 40, true, 5, first);
	row.events = EVENT(FRAGMENT_FIRST);
	link_takes(s, &row, __LINE__);
	row.bytes = rest;
	row.len = frame_fragment(whole, 40, 40, false, 5, rest);
	row.events = EVENT(FRAGMENT_LATER);
	link_takes(s, &row, __LINE__);
	link_build(&other, PEER, &seg, whole);
	row = (struct packet_row){.bytes = first, .result = PH_DROP_ACL_IMPLICIT};
	row.len = frame_fragment(whole, 0, 40, true, 6, first);
	link_takes(s, &row, __LINE__);
}

/* From inside, under this machine's address: what is routed is none of its packets. */
static void forgery_ends_no_session(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT);
	const struct segment reset = {.flags = RST};
	__u8 bytes[FRAME_MAX_BYTES];
	struct packet_row row = {
		.bytes = bytes, .in = DEV_INSIDE, .result = PH_DROP_CONN_WRONG_INTERFACE};
	struct host_control c;

	host_open(&c, s, 40000);
	host_hole(&c, DATA_PORT, false);
	host_data(&l);
	for (int applied = 0; applied < 2; applied++) {
		l.dev = DEV_INSIDE;
		row.len = link_build(&l, US, &reset, bytes);
		l.dev = DEV_OUTSIDE;
		link_takes(s, &row, __LINE__);
		CHECK(s, link_state(&l) == CONN_ESTABLISHED);
		world_apply(s->w, policy_host, NULL);
	}
	HEAR(&l, .fill = 10);
}

/* ---- tagged frames
 * --------------------------------------------------------------------- */

static const char policy_tagged[] = INTERFACES
	"interface trunk0.10\n vlan 10\n nameif v10\n security-level 60\n" HOST_LIST
	"access-group box in interface v10 control-plane\n"
	"fixup protocol ftp 21\n";

static void link_tag(struct link *l)
{
	l->dev = DEV_V10;
	link_move(l, l->s->v6 ? "2001:db8:a::10" : "10.10.0.10",
		  l->s->v6 ? "2001:db8:a::1" : "10.10.0.1");
}

static void tagged_frames_are_no_different(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT), control = link_of(s, 40000, 21);
	struct host_control c = {.line = DUAL_LINE(HOST_FTP_LINE, s->v6)};
	struct conn conn = {.flags = 0};

	link_tag(&control);
	HEAR(&control, .flags = SYN, .line = c.line, .events = EVENT(HALF_OPEN_CREATED));
	OUR(&control, .flags = SYN_ACK);
	HEAR(&control, .line = c.line, .events = EVENT(CONN_CREATED));
	CHECK(s, link_find(&control, TABLE_CONNS, &conn));
	CHECK(s, conn.ifindex[0] == (__u32)s->w->ifindex[DEV_V10]);
	c.link = control;
	host_read(&c);
	c.session.session.conn_id = c.session.conn.id;
	put_session(&c.session);
	host_hole(&c, DATA_PORT, false);
	HEAR(&l, .flags = SYN, .result = PH_TO_BOX); /* outside there is no list */
	link_tag(&l);
	host_data(&l);
	HEAR(&l, .fill = 100);
}

/* ---- many
 * ------------------------------------------------------------------------------ */

#define FLOOD_HOSTS 120

/* SYNs to the control port from senders that do not exist, more than the half-open table
 * holds: a session of before stands, and one that comes in between gets its entry. */
static void flood_costs_no_session(struct scenario *s)
{
	const struct segment seg = {.flags = SYN};
	struct link flood = link_of(s, 1, 21), data = link_of(s, 41000, DATA_PORT);
	__u8 bytes[FRAME_MAX_BYTES], *ip = bytes + ETH_HLEN;
	struct host_control before, between;
	unsigned int passed = 0, n = PH_MAX_HALF_OPEN + 5000;
	struct world_run got;
	size_t len;

	host_open(&before, s, 40000);
	host_hole(&before, DATA_PORT, false);
	link_move(&flood, REMOTE, flood.us);
	len = link_build(&flood, PEER, &seg, bytes);
	for (unsigned int i = 0; i < n; i++) {
		ip[15] = 1 + i % FLOOD_HOSTS;
		frame_put16(ip + 10, 0);
		frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
		frame_put16(ip + 20, 1 + i / FLOOD_HOSTS);
		passed += !world_ingress(s->w, HOOK_TC, DEV_OUTSIDE, bytes, len, &got) &&
			  got.action == TC_ACT_OK;
	}
	CHECK(s, passed == n);
	CHECK(s, world_count(s->w, TABLE_HALF_OPEN) > PH_MAX_HALF_OPEN / 2);
	host_data(&data);
	host_open(&between, s, 40001);
	HEAR(&before.link, .fill = 10, .line = before.line);
	CHECK(s, world_count(s->w, TABLE_CONNS) == 3);
}

/* A data connection needs its entry; a control connection goes on without, unwatched. */
static void full_table_lets_no_data_in(struct scenario *s)
{
	struct link l = link_of(s, 41000, DATA_PORT), control = link_of(s, 42000, 21);
	struct host_control first, c;

	host_open(&first, s, 40000);
	host_hole(&first, DATA_PORT, false);
	while (world_count(s->w, TABLE_CONNS) < CRAMPED_CONNS)
		host_open(&c, s, 40000 + world_count(s->w, TABLE_CONNS));
	HEAR(&l, .flags = SYN, .events = EVENT(HALF_OPEN_CREATED));
	OUR(&l, .flags = SYN_ACK);
	HEAR(&l, .result = PH_DROP_CONN_TABLE_FULL);
	CHECK(s, data_open(&first.session) == 0);
	HEAR(&control, .flags = SYN, .line = first.line,
	     .events = EVENT(HALF_OPEN_CREATED));
	OUR(&control, .flags = SYN_ACK);
	HEAR(&control, .line = first.line);
	HEAR(&control, .fill = 10, .line = first.line);
	CHECK(s, world_count(s->w, TABLE_CONNS) == CRAMPED_CONNS);
	/* Room again. */
	bpf_map_delete_elem(MAP(s, conns), &c.session.key);
	s->w->altered = true;
	HEAR(&l, .events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
}

#define HOST(run_, promise_, ...) \
	SCENARIO(run_, promise_, .policy = policy_host, .both = true, ##__VA_ARGS__)

static const struct scenario_entry entries[] = {
	HOST(control_connection_is_tracked,
	     "a control connection to this machine is tracked in both directions"),
	HOST(refused_control_connection_is_forgotten,
	     "a control connection that this machine refuses is forgotten"),
	HOST(others_make_no_entry,
	     "what is for this machine otherwise makes no entry under host mode"),
	HOST(without_host_mode_nothing_is_tracked,
	     "without host mode the control-plane list is all there is"),
	HOST(hole_lets_its_dialer_in,
	     "a hole to this machine lets one port of its dialer in, once"),
	HOST(hole_lets_nobody_else_in,
	     "a hole to this machine is for one dialer, one address and one port"),
	SCENARIO(session_is_of_one_interface,
		 "a session of this machine is of one interface", .policy = policy_both,
		 .both = true),
	HOST(holes_end_with_the_servers_fin,
	     "holes to this machine end with its FIN, transfers do not"),
	HOST(holes_end_with_a_reset, "holes to this machine end with the client's RST"),
	HOST(holes_end_with_time,
	     "holes to this machine end when their session idles out"),
	HOST(blind_segments_leave_no_trace,
	     "blind segments to this machine leave no trace in its sessions"),
	HOST(permitted_port_is_the_lists,
	     "what the control-plane list permits needs no hole"),
	HOST(closed_connection_makes_room,
	     "a closed control connection makes room for the next of the same ends"),
	HOST(closed_data_connection_lets_no_new_one_in,
	     "a closed data connection lets no new one of the same ends in"),
	SCENARIO(server_dials_back,
		 "a server dials back to a client on this machine, from its data port",
		 .policy = policy_both, .both = true),
	HOST(errors_get_in, "ICMP errors about sessions of this machine get in"),
	HOST(fragments_of_data_get_in,
	     "fragments of a data connection to this machine get in"),
	HOST(forgery_ends_no_session,
	     "nobody ends a session of this machine by forging its address"),
	SCENARIO(tagged_frames_are_no_different,
		 "sessions of this machine are the same on a VLAN",
		 .policy = policy_tagged, .both = true),
	SCENARIO(flood_costs_no_session,
		 "a flood of SYNs to the control port costs no session of this machine",
		 .policy = policy_host, .tc_only = true),
};

static const struct scenario_entry cramped[] = {
	HOST(full_table_lets_no_data_in,
	     "a full connection table lets no data in to this machine, and no session "
	     "end",
	     .tc_only = true),
};

/* Where the table of connections holds CRAMPED_CONNS. */
void scenarios_host_cramped(struct world *w)
{
	CHECK_SCENARIOS(w, cramped);
}

void scenarios_host(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
	scenarios_host_policy(w);
}
