// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_tcp.c - TCP's numbers in the kernel: what the window of a connection
 * lets through, and what each state of it takes.
 *
 * The state machine and the windows are tested natively in tests/unit, in all
 * their corners; here it is that the programs ask them the right questions.
 */
#include "tests/datapath/converse.h"

#define WINDOW	 8192
#define SCALE	 7
#define SEC_NS	 1000000000ull
#define MSS	 1400
#define FAR	 0x20000000
#define STALE_BY 70000

static void numbers_wrap(struct scenario *s)
{
	struct conversation c;
	struct conn conn = {.state = 0};

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	for (int i = 0; i < 4; i++) {
		SAY(&c, CLIENT_(.fill = MSS));
		SAY(&c, SERVER_(.fill = 333));
	}
	CHECK(s, conversation_find(&c, TABLE_CONNS, &conn));
	CHECK(s, conn.state == CONN_ESTABLISHED);
	CHECK(s, conn.tcp[0].end == c.next[END_CLIENT]);
	CHECK(s, conn.tcp[1].end == c.next[END_SERVER]);
	CHECK(s, conn.packets[0] == 6 && conn.packets[1] == 5);
}

static void window_is_the_limit(struct scenario *s)
{
	struct conversation c;
	struct conn before, after;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	CHECK(s, conversation_find(&c, TABLE_CONNS, &before));
	SAY(&c, CLIENT_(.seq = WINDOW, .fill = 1, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, CLIENT_(.seq = FAR, .fill = 1, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, CLIENT_(.seq = -FAR, .fill = 1, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, SERVER_(.seq = WINDOW, .fill = 1, .result = PH_DROP_TCP_WINDOW));
	/* What is refused leaves no trace. */
	CHECK(s, conversation_find(&c, TABLE_CONNS, &after));
	CHECK(s, !memcmp(&before, &after, sizeof(before)));
	SAY(&c, CLIENT_(.seq = WINDOW - 1, .fill = 1)); /* the last byte of it */
	SAY(&c, CLIENT_(.seq = -1, .fill = 1));		/* again */
}

static void window_grows_with_acknowledgements(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	for (int i = 0; i < 2 * WINDOW / 1024; i++) {
		SAY(&c, CLIENT_(.fill = 1024));
		SAY(&c, SERVER_());
	}
	for (int i = 0; i < WINDOW / 1024; i++)
		SAY(&c, CLIENT_(.fill = 1024));
	SAY(&c, CLIENT_(.fill = 1, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, SERVER_(.window = 1));
	SAY(&c, CLIENT_(.fill = 1));
	SAY(&c, CLIENT_(.fill = 1, .result = PH_DROP_TCP_WINDOW));
}

static void acknowledgement_must_fit(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, SERVER_(.fill = 100));
	SAY(&c, CLIENT_(.ack = 1, .result = PH_DROP_TCP_WINDOW)); /* not sent yet */
	SAY(&c, CLIENT_(.ack = -STALE_BY, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, CLIENT_(.ack = FAR, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, CLIENT_(.no_ack = true, .flags = TCP_PSH, .fill = 1,
			.result = PH_DROP_TCP_WINDOW));
	SAY(&c, CLIENT_(.ack = -100));
	SAY(&c, CLIENT_());
}

static void probes_pass(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, CLIENT_(.fill = 500));
	SAY(&c, CLIENT_(.seq = -500, .fill = 500)); /* repeated */
	SAY(&c, CLIENT_(.seq = -1));		    /* keepalive */
	SAY(&c, SERVER_(.seq = -1));
	SAY(&c, SERVER_());
	SAY(&c, SERVER_(.fill = 8));
	SAY(&c, CLIENT_());
}

static void scale_counts_if_both_offer_it(struct scenario *s)
{
	for (int both = 0; both <= 1; both++) {
		struct conversation c;
		int edge = both ? 1000 << SCALE : WINDOW;

		conversation_begin(&c, s, 40000 + both);
		SAY(&c, CLIENT_(.flags = SYN, .wscale = 1 + SCALE, .opens = true));
		SAY(&c, SERVER_(.flags = SYN_ACK, .wscale = both ? 1 + SCALE : 0));
		SAY(&c, CLIENT_(.window = 1000, .events = EVENT(CONN_CREATED)));
		SAY(&c, SERVER_(.window = 1000));
		SAY(&c, SERVER_(.seq = edge, .fill = 1, .result = PH_DROP_TCP_WINDOW));
		SAY(&c, SERVER_(.seq = edge - 1, .fill = 1));
	}
}

static void handshake_must_fit(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	SAY(&c, SERVER_(.flags = SYN_ACK, .ack = 1, .result = PH_DROP_TCP_HANDSHAKE));
	SAY(&c, SERVER_(.flags = SYN_ACK, .ack = -1, .result = PH_DROP_TCP_HANDSHAKE));
	SAY(&c,
	    SERVER_(.flags = RST | TCP_ACK, .ack = 7, .result = PH_DROP_TCP_HANDSHAKE));
	CHECK(s, conversation_state(&c) == CONN_SYN_SENT);
	SAY(&c, SERVER_(.flags = SYN_ACK));
	CHECK(s, conversation_state(&c) == CONN_SYN_ACKED);
	SAY(&c, CLIENT_(.ack = 1, .result = PH_DROP_TCP_HANDSHAKE));
	SAY(&c, CLIENT_(.ack = -1, .result = PH_DROP_TCP_HANDSHAKE));
	SAY(&c, CLIENT_(.ack = FAR, .fill = 9, .result = PH_DROP_TCP_HANDSHAKE));
	SAY(&c, SERVER_(.seq = -1, .flags = SYN_ACK)); /* repeated */
	CHECK_TABLES(s, 1, 0);
	SAY(&c, CLIENT_(.fill = 9, .events = EVENT(CONN_CREATED)));
	CHECK_TABLES(s, 0, 1);
}

static void attempt_may_begin_anew(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	c.next[END_CLIENT] = c.isn[END_CLIENT] = 12345;
	SAY(&c, CLIENT_(.flags = SYN));
	SAY(&c, SERVER_(.flags = SYN_ACK));
	SAY(&c, CLIENT_(.events = EVENT(CONN_CREATED)));
	CHECK_TABLES(s, 0, 1);
}

static void refusal_needs_the_number(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	SAY(&c, SERVER_(.flags = RST | TCP_ACK));
	CHECK_TABLES(s, 0, 0);
	SAY(&c, SERVER_(.flags = SYN_ACK, .result = PH_DROP_TCP_NOT_SYN));
}

static void both_may_open_at_once(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	SAY(&c, SERVER_(.flags = SYN));
	CHECK(s, conversation_state(&c) == CONN_SYN_BOTH);
	SAY(&c, CLIENT_(.seq = -1, .flags = SYN_ACK));
	CHECK_TABLES(s, 1, 0);
	SAY(&c, SERVER_(.seq = -1, .ack = 1, .flags = SYN_ACK,
			.result = PH_DROP_TCP_HANDSHAKE));
	SAY(&c, SERVER_(.seq = -1, .flags = SYN_ACK, .events = EVENT(CONN_CREATED)));
	CHECK_TABLES(s, 0, 1);
	SAY(&c, CLIENT_(.fill = 10));
	SAY(&c, SERVER_(.fill = 10));
}

static void data_may_come_with_the_syn(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = SYN, .fill = 100, .opens = true));
	SAY(&c, SERVER_(.flags = SYN_ACK, .ack = -100)); /* takes the SYN alone */
	SAY(&c, CLIENT_(.seq = -100, .fill = 100, .events = EVENT(CONN_CREATED)));
	SAY(&c, SERVER_());
}

static void syn_changes_nothing_established(struct scenario *s)
{
	struct conversation c;
	struct conn before, after;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	CHECK(s, conversation_find(&c, TABLE_CONNS, &before));
	SAY(&c, CLIENT_(.flags = SYN, .seq = FAR));
	c.next[END_CLIENT] = c.isn[END_CLIENT] + 1;
	SAY(&c, SERVER_(.flags = SYN, .seq = FAR, .result = PH_DROP_TCP_WINDOW));
	CHECK(s, conversation_find(&c, TABLE_CONNS, &after));
	CHECK(s, after.id == before.id && after.state == before.state);
	CHECK(s, after.seen_ns == before.seen_ns);
	CHECK(s, !memcmp(after.tcp, before.tcp, sizeof(after.tcp)));
	SAY(&c, SERVER_()); /* the challenge */
	SAY(&c, CLIENT_(.fill = 1));
}

/* Both ends have forgotten the connection, which nobody closed. */
static void accepted_syn_begins_anew(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, CLIENT_(.flags = FIN_ACK));
	c.next[END_CLIENT] += FAR;
	c.next[END_SERVER] += 3 * (FAR / 2);
	SAY(&c, SERVER_(.flags = SYN_ACK, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, CLIENT_(.flags = SYN));
	SAY(&c, SERVER_(.flags = SYN_ACK, .ack = 1, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, SERVER_(.flags = SYN_ACK));
	CHECK(s, conversation_state(&c) == CONN_ESTABLISHED);
	SAY(&c, CLIENT_());
	SAY(&c, CLIENT_(.fill = 100));
	SAY(&c, SERVER_(.fill = 100));
	SAY(&c, CLIENT_(.seq = -FAR, .fill = 1, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, SERVER_(.seq = -FAR, .fill = 1, .result = PH_DROP_TCP_WINDOW));
	CHECK_TABLES(s, 0, 1);
}

static void refused_syn_ends_it(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	c.next[END_CLIENT] += FAR;
	SAY(&c, CLIENT_(.flags = SYN));
	SAY(&c, SERVER_(.flags = RST | TCP_ACK, .seq = FAR, .ack = 1,
			.result = PH_DROP_TCP_WINDOW));
	CHECK(s, conversation_state(&c) == CONN_ESTABLISHED);
	SAY(&c, SERVER_(.flags = RST | TCP_ACK, .seq = FAR));
	CHECK(s, conversation_state(&c) == CONN_CLOSING);
}

static void reset_must_be_exact(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, SERVER_(.flags = RST, .seq = WINDOW + 1, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, SERVER_(.flags = RST, .seq = FAR, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, SERVER_(.flags = RST, .seq = -FAR, .result = PH_DROP_TCP_WINDOW));
	SAY(&c,
	    SERVER_(.flags = RST | TCP_ACK, .ack = FAR, .result = PH_DROP_TCP_WINDOW));
	CHECK(s, conversation_state(&c) == CONN_ESTABLISHED);
	SAY(&c, SERVER_(.flags = RST, .seq = 100)); /* in it: the end asks back */
	CHECK(s, conversation_state(&c) == CONN_ESTABLISHED);
	c.next[END_SERVER] = c.isn[END_SERVER] + 1;
	SAY(&c, CLIENT_()); /* and does */
	SAY(&c, SERVER_(.flags = RST));
	CHECK(s, conversation_state(&c) == CONN_CLOSING);
}

static void fin_must_fit(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c,
	    CLIENT_(.flags = FIN_ACK, .seq = WINDOW + 1, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, CLIENT_(.flags = FIN_ACK, .ack = 5, .result = PH_DROP_TCP_WINDOW));
	SAY(&c, CLIENT_(.flags = FIN_ACK, .seq = -FAR, .result = PH_DROP_TCP_WINDOW));
	CHECK(s, conversation_state(&c) == CONN_ESTABLISHED);
	SAY(&c, CLIENT_(.flags = FIN_ACK));
	CHECK(s, conversation_state(&c) == CONN_HALF_CLOSED);
	SAY(&c, SERVER_(.flags = FIN_ACK, .seq = FAR, .result = PH_DROP_TCP_WINDOW));
	CHECK(s, conversation_state(&c) == CONN_HALF_CLOSED);
}

static void half_closed_still_carries(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, CLIENT_(.flags = FIN_ACK));
	for (int i = 0; i < 3; i++) {
		SAY(&c, SERVER_(.fill = 1000));
		SAY(&c, CLIENT_());
	}
	CHECK(s, conversation_state(&c) == CONN_HALF_CLOSED);
	SAY(&c, SERVER_(.flags = FIN_ACK, .fill = 3));
	CHECK(s, conversation_state(&c) == CONN_CLOSING);
	SAY(&c, CLIENT_());
	SAY(&c, SERVER_(.seq = -1, .flags = FIN_ACK)); /* the ACK was lost */
	SAY(&c, CLIENT_());
}

static void closed_makes_way(struct scenario *s)
{
	struct conversation c;
	struct conn old, fresh;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	CHECK(s, conversation_find(&c, TABLE_CONNS, &old));
	SAY(&c, CLIENT_(.flags = FIN_ACK));
	SAY(&c, SERVER_(.flags = FIN_ACK));
	SAY(&c, CLIENT_());
	c.next[END_CLIENT] += 100000;
	c.next[END_SERVER] = 77;
	conversation_open(&c);
	CHECK(s, conversation_find(&c, TABLE_CONNS, &fresh));
	CHECK(s, fresh.id != old.id && fresh.packets[0] == 2);
	CHECK_TABLES(s, 0, 1);
}

/* The responder of the old one begins the new one: judged as its own. */
static void closed_makes_way_for_the_other_end(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, SERVER_(.flags = RST));
	CHECK(s, conversation_state(&c) == CONN_CLOSING);
	SAY(&c, SERVER_(.flags = SYN, .seq = 500, .opens = true));
	CHECK_TABLES(s, 1, 0);
	SAY(&c, CLIENT_(.flags = SYN_ACK));
	SAY(&c, SERVER_(.events = EVENT(CONN_CREATED)));
}

/* A responder that restarted and still has the old connection: RFC 9293, 3.5.1. */
static void forgotten_end_may_say_so(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	SAY(&c, SERVER_(.seq = 4000, .ack = -30000)); /* where it stands */
	CHECK(s, conversation_state(&c) == CONN_SYN_SENT);
	/* The client resets that with the number it was told, and comes again. */
	SAY(&c, CLIENT_(.no_ack = true, .flags = RST, .seq = -30000));
	SAY(&c, CLIENT_(.seq = -1, .flags = SYN));
	CHECK_TABLES(s, 1, 0);
}

/* ---- picking up in midstream -------------------------------------------- */

static __u64 pick_up_until_ns;

static void may_pick_up(struct policy_image *image)
{
	image->config.pick_up_until_ns = pick_up_until_ns;
}

static void apply_pick_up(struct scenario *s, __u64 until_ns)
{
	pick_up_until_ns = until_ns;
	world_apply(s->w, policy_dual, may_pick_up);
}

static void picks_up_where_allowed(struct scenario *s)
{
	struct conversation c;

	apply_pick_up(s, ~0ull);
	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = RST, .result = PH_DROP_TCP_NOT_SYN));
	SAY(&c, CLIENT_(.flags = SYN_ACK, .result = PH_DROP_TCP_NOT_SYN));
	SAY(&c, CLIENT_(.fill = 100, .opens = true, .events = EVENT(CONN_PICKED_UP)));
	CHECK(s, conversation_state(&c) == CONN_PICKED_UP);
	CHECK_TABLES(s, 1, 0);
	SAY(&c, SERVER_(.fill = 10, .events = EVENT(CONN_CREATED)));
	CHECK(s, conversation_state(&c) == CONN_ESTABLISHED);
	SAY(&c, CLIENT_(.fill = 5));
	SAY(&c, CLIENT_(.seq = FAR, .fill = 5, .result = PH_DROP_TCP_WINDOW));
}

static void picks_up_nothing_denied(struct scenario *s)
{
	struct frame frame = {.src = CLIENT,
			      .dst = MAPPED,
			      .proto = IPPROTO_TCP,
			      .sport = 40000,
			      .dport = 991,
			      .flags = ACK};
	const struct frame_v6 frame6 = {.src = CLIENT6,
					.dst = MAPPED6,
					.proto = IPPROTO_TCP,
					.sport = 40000,
					.dport = 991,
					.flags = ACK};

	apply_pick_up(s, ~0ull);
	STEP(s, .frame = frame, .v6 = s->v6 ? &frame6 : NULL,
	     .result = PH_DROP_ACL_IMPLICIT);
}

static void picks_up_nothing_else(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	apply_pick_up(s, 0);
	SAY(&c, CLIENT_(.fill = 100, .result = PH_DROP_TCP_NOT_SYN));
	apply_pick_up(s, 1); /* over long ago */
	SAY(&c, CLIENT_(.fill = 100, .result = PH_DROP_TCP_NOT_SYN));
	CHECK_TABLES(s, 0, 0);
}

#define TCP(run, promise) SCENARIO(run, promise, .policy = policy_dual, .both = true)

static const struct scenario_entry entries[] = {
	TCP(numbers_wrap, "numbers wrap, and the connection goes on"),
	TCP(window_is_the_limit, "data outside the window is refused, without a trace"),
	TCP(window_grows_with_acknowledgements,
	    "the window moves with what is acknowledged"),
	TCP(acknowledgement_must_fit,
	    "a segment without an acknowledgement that fits is refused"),
	TCP(probes_pass, "repetitions and keepalives pass"),
	TCP(scale_counts_if_both_offer_it,
	    "windows are scaled if both SYNs offered it, and else not"),
	TCP(handshake_must_fit, "a handshake needs both ends' numbers"),
	TCP(attempt_may_begin_anew, "an attempt may begin anew with another number"),
	TCP(refusal_needs_the_number, "a refusal with the right number ends the attempt"),
	TCP(both_may_open_at_once, "a simultaneous open makes one connection"),
	TCP(data_may_come_with_the_syn, "data may come with the SYN"),
	TCP(syn_changes_nothing_established,
	    "a SYN on an established connection passes and changes nothing"),
	TCP(accepted_syn_begins_anew,
	    "a SYN that the responder accepts makes an established connection anew"),
	TCP(refused_syn_ends_it, "and one that it refuses ends the connection"),
	TCP(reset_must_be_exact,
	    "a RST closes where it is exact, passes inside the window, else is refused"),
	TCP(fin_must_fit, "a FIN outside the window is refused and closes nothing"),
	TCP(half_closed_still_carries, "a half-closed connection still carries data"),
	TCP(closed_makes_way, "a closed connection makes way for a new one"),
	TCP(closed_makes_way_for_the_other_end,
	    "a closed connection makes way for one that its responder begins"),
	TCP(forgotten_end_may_say_so,
	    "an end that still has the old connection may say so, and is reset"),
	TCP(picks_up_where_allowed, "a connection is picked up where the policy allows"),
	TCP(picks_up_nothing_denied, "nothing is picked up that the list denies"),
	TCP(picks_up_nothing_else, "and nowhere else, nor when the time is over"),
};

void scenarios_tcp(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
