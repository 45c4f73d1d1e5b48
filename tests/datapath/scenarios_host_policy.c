// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_host_policy.c - what a change of policy means to FTP sessions of this
 * machine.
 */
#include "tests/datapath/host_talk.h"

#define INSPECTED "fixup protocol ftp 21\n"

static const char policy_no_ftp[] = INTERFACES
	"access-list box deny tcp any4 any4 eq ftp\n"
	"access-list box deny tcp any6 any6 eq ftp\n"
	"access-list box permit tcp any4 any4 eq ssh\n"
	"access-list box permit tcp any6 any6 eq ssh\n" HOST_BOUND INSPECTED;
static const char policy_unbound[] = INTERFACES HOST_LIST INSPECTED;

static void without_host_mode(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++)
		image->ifaces[i].config.flags &= ~IFACE_F_HOST_FTP;
}

#define SESSION_ENDS (EVENT(FTP_SESSION_CLOSED) | EVENT(HOLE_SESSION_END))

/* A session with a data connection, and a hole that nobody has used. */
struct busy {
	struct host_control c;
	struct link data;
	struct link next;
};

static void busy_open(struct busy *b, struct scenario *s)
{
	host_open(&b->c, s, 40000);
	host_hole(&b->c, DATA_PORT, false);
	b->data = link_of(s, 41000, DATA_PORT);
	host_data(&b->data);
	host_hole(&b->c, DATA_PORT + 1, false);
	b->next = link_of(s, 41001, DATA_PORT + 1);
}

static void permitted_session_stands(struct scenario *s)
{
	struct conn conn = {.generation = 0};
	struct busy b;

	busy_open(&b, s);
	world_apply(s->w, policy_host, NULL);
	HEAR(&b.data, .fill = 10);
	CHECK(s, link_find(&b.data, TABLE_CONNS, &conn));
	CHECK(s, conn.generation == s->w->generation);
	HEAR(&b.c.link, .fill = 10, .line = b.c.line);
	CHECK(s, link_find(&b.c.link, TABLE_CONNS, &conn));
	CHECK(s, conn.generation == s->w->generation);
	host_data(&b.next);
}

/* A hole of before admits its dialer; whether that may be is asked at once after. */
static void new_data_connection_is_judged(struct scenario *s)
{
	struct busy b;

	busy_open(&b, s);
	world_apply(s->w, policy_no_ftp, NULL);
	HEAR(&b.next, .flags = SYN, .events = EVENT(HALF_OPEN_CREATED));
	OUR(&b.next, .flags = SYN_ACK);
	HEAR(&b.next, DENIED);
	CHECK(s, link_state(&b.next) == 0xff);
	CHECK(s, link_state(&b.c.link) == CONN_ESTABLISHED);
}

static void denied_session_ends(struct scenario *s)
{
	struct busy b;

	busy_open(&b, s);
	world_apply(s->w, policy_no_ftp, NULL);
	HEAR(&b.data, .fill = 10, DENIED);
	CHECK(s, link_state(&b.data) == 0xff);
	HEAR(&b.c.link, .fill = 10, .result = PH_DROP_ACL_DENY, .line = b.c.line,
	     .events = SESSION_ENDS);
	CHECK_TABLES(s, 0, 0);
	CHECK(s, world_count(s->w, TABLE_FTP) == 0);
	HEAR(&b.next, .flags = SYN, DENIED);
}

static void session_ends_without_host_mode(struct scenario *s)
{
	struct busy b;

	busy_open(&b, s);
	world_apply(s->w, policy_host, without_host_mode);
	HEAR(&b.data, .fill = 10, DENIED);
	HEAR(&b.next, .flags = SYN, DENIED);
	/* The list still has the control connection's packets. */
	HEAR(&b.c.link, .fill = 10, .line = b.c.line, .events = SESSION_ENDS);
	CHECK_TABLES(s, 0, 0);
}

static void session_ends_without_list(struct scenario *s)
{
	struct busy b;

	busy_open(&b, s);
	world_apply(s->w, policy_unbound, NULL);
	HEAR(&b.data, .fill = 10);
	HEAR(&b.next, .flags = SYN);
	HEAR(&b.c.link, .fill = 10, .events = SESSION_ENDS);
	CHECK_TABLES(s, 0, 0);
}

static __u32 keep_from;

static void keeping(struct policy_image *image)
{
	image->config.flags |= CONFIG_F_KEEP;
	image->config.keep_from = keep_from;
}

static void kept_session_stands(struct scenario *s)
{
	struct busy b;

	busy_open(&b, s);
	keep_from = s->w->generation;
	world_apply(s->w, policy_no_ftp, keeping);
	HEAR(&b.data, .fill = 10);
	/* Packet by packet, as ever. */
	HEAR(&b.c.link, .fill = 10, .result = PH_DROP_ACL_DENY, .line = b.c.line);
	CHECK_TABLES(s, 0, 2);
	world_apply(s->w, policy_no_ftp, NULL);
	HEAR(&b.data, .fill = 10, DENIED);
}

static void orphan_ends(struct scenario *s)
{
	struct busy b;

	busy_open(&b, s);
	b.c.session.conn.id++; /* it is another one */
	world_change(s->w, TABLE_CONNS, &b.c.link.flow, &b.c.session.conn);
	HEAR(&b.data, .fill = 10);
	world_apply(s->w, policy_host, NULL);
	HEAR(&b.data, .fill = 10, DENIED);
	CHECK(s, link_state(&b.data) == 0xff);
}

static void half_open_control_is_judged(struct scenario *s)
{
	struct link l = link_of(s, 40000, 21);
	unsigned int line = DUAL_LINE(HOST_FTP_LINE, s->v6);

	HEAR(&l, .flags = SYN, .line = line, .events = EVENT(HALF_OPEN_CREATED));
	OUR(&l, .flags = SYN_ACK);
	world_apply(s->w, policy_no_ftp, NULL);
	HEAR(&l, .result = PH_DROP_ACL_DENY, .line = line);
	CHECK_TABLES(s, 0, 0);
}

/* No list stands behind what this machine dials; host mode must. */
static void clients_data_needs_host_mode_only(struct scenario *s)
{
	struct link l = link_of(s, 20, DATA_PORT);
	struct host_control c;

	host_dial(&c, s, 45000);
	host_hole(&c, DATA_PORT, true);
	host_data(&l);
	world_apply(s->w, policy_no_ftp, NULL);
	HEAR(&l, .fill = 10);
	HEAR(&c.link, .fill = 10);
	world_apply(s->w, policy_host, without_host_mode);
	HEAR(&l, .fill = 10, DENIED);
	HEAR(&c.link, .fill = 10);
}

#define CHANGE(run_, promise_, ...) \
	SCENARIO(run_, promise_, .policy = policy_host, .both = true, ##__VA_ARGS__)

static const struct scenario_entry entries[] = {
	CHANGE(permitted_session_stands,
	       "a session of this machine stands that the new policy permits"),
	CHANGE(new_data_connection_is_judged,
	       "a hole of before lets no data through that the new policy denies"),
	CHANGE(denied_session_ends,
	       "a session of this machine ends that the new policy denies",
	       .tc_only = true),
	CHANGE(session_ends_without_host_mode,
	       "sessions of this machine end with host mode", .tc_only = true),
	CHANGE(session_ends_without_list,
	       "sessions of this machine end with the control-plane list",
	       .tc_only = true),
	CHANGE(kept_session_stands,
	       "data connections to this machine stay under apply --keep"),
	CHANGE(orphan_ends,
	       "a data connection to this machine stands or falls with its session"),
	CHANGE(half_open_control_is_judged,
	       "a handshake with this machine is judged by the new policy"),
	CHANGE(clients_data_needs_host_mode_only,
	       "data for a client on this machine needs no list's leave, but host mode"),
};

void scenarios_host_policy(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
