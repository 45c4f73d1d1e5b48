// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_reset.c - connections that inspection has ended: what of theirs still
 * comes is dropped, and answered by a RST that its sender must believe.
 *
 * The mark is put on the connection from here; how inspection ends one is in
 * scenarios_reset_both.c.
 *
 * RFC 9293 3.10.7, 5961 3.2.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/network.h"
#include "tests/datapath/reset_test.h"

#define MS_NS	 1000000ull
#define SHORT_MS 60

static const char policy_reset[] = INTERFACES DUAL_LIST
	"access-group out in interface outside\n" DUAL_STATICS "fixup protocol ftp 990\n";

/* ---- an ended connection ---- */

static void mark(const struct conversation *c, __u32 flags)
{
	struct conn conn;

	if (!conversation_find(c, TABLE_CONNS, &conn))
		TAP_BAIL("no connection to end");
	conn.flags |= flags;
	conn.state = CONN_CLOSING;
	world_change(c->s->w, TABLE_CONNS, &c->flow, &conn);
}

static void open_and_end(struct conversation *c, struct scenario *s, __u32 flags)
{
	reset_open(c, s);
	mark(c, flags);
}

/* ---- what comes of a frame ---- */

static void expect_silence(struct scenario *s, enum dev in, const __u8 *bytes, size_t len,
			   enum ph_reason reason)
{
	static struct answer_run run;

	answer_run(s, in, bytes, len, &run);
	CHECK(s, run.out.action == TC_ACT_SHOT);
	CHECK(s, reset_is(&run.out, bytes, len));
	CHECK(s, reset_drop_is(&run, reason));
}

static void says_in_vain(struct conversation *c, const struct says *says)
{
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = conversation_build(c, says, bytes);

	expect_silence(c->s, reset_dev(says->end), bytes, len, PH_DROP_FTP_ENDED);
}

/* ---- promises ---- */

static void both_ends_are_answered(struct scenario *s)
{
	struct conversation c;

	open_and_end(&c, s, CONN_F_KILLED);
	for (enum end end = END_CLIENT; end <= END_SERVER; end++) {
		const struct frame_rst rst = reset_due(&c, end);

		reset_gets(&c, &(struct says){.end = end}, &rst);
		reset_gets(&c, &(struct says){.end = end, .fill = 7}, &rst);
		reset_gets(&c, &(struct says){.end = end, .fill = 1400}, &rst);
		reset_gets(&c, &(struct says){.end = end, .flags = FIN_ACK}, &rst);
		reset_gets(&c, &(struct says){.end = end, .flags = SYN_ACK}, &rst);
		reset_gets(&c, &(struct says){.end = end, .wscale = 8}, &rst);
		/* Again and again. */
		reset_gets(&c, &(struct says){.end = end}, &rst);
	}
}

/* Its sender believes what has the number that it acknowledges, whether or not
 * that fits what is known here. */
static void numbers_are_the_senders(struct scenario *s)
{
	static const __s32 off[] = {1, -1, 100000, -100000, 0x40000000};
	struct conversation c;

	open_and_end(&c, s, CONN_F_KILLED);
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		struct frame_rst rst = reset_due(&c, END_CLIENT);

		rst.seq += off[i];
		reset_gets(
			&c,
			&(struct says){.end = END_CLIENT, .ack = off[i], .seq = -off[i]},
			&rst);
	}
}

/* Without ACK: the RST has number 0 and acknowledges the segment. */
static void segment_without_acknowledgement(struct scenario *s)
{
	struct conversation c;
	struct frame_rst rst;

	open_and_end(&c, s, CONN_F_KILLED);
	rst = reset_due(&c, END_CLIENT);
	rst.seq = 0;
	rst.ack = c.next[END_CLIENT] + 50;
	rst.flags = TCP_RST | TCP_ACK;
	reset_gets(
		&c,
		&(struct says){
			.end = END_CLIENT, .flags = TCP_PSH, .no_ack = true, .fill = 50},
		&rst);
}

/* IP options or extension headers, TCP options, padding. */
static void long_headers(struct scenario *s)
{
	const struct stations *at = stations_of(s);
	__u8 bytes[FRAME_MAX_BYTES];
	struct conversation c;
	struct frame_rst rst;
	struct frame_v6 v6;
	struct frame v4;
	size_t len;

	open_and_end(&c, s, CONN_F_KILLED);
	rst = reset_due(&c, END_CLIENT);
	v6 = (struct frame_v6){.src = at->client,
			       .dst = at->mapped,
			       .proto = IPPROTO_TCP,
			       .sport = rst.dport,
			       .dport = rst.sport,
			       .seq = c.next[END_CLIENT],
			       .ack = c.next[END_SERVER],
			       .flags = ACK,
			       .tcp_options = 40,
			       .pad = 6,
			       .n_ext = 2,
			       .ext = {FRAME_HOP_BY_HOP(1), FRAME_DSTOPTS(4)}};
	v4 = (struct frame){.src = v6.src,
			    .dst = v6.dst,
			    .proto = v6.proto,
			    .sport = v6.sport,
			    .dport = v6.dport,
			    .seq = v6.seq,
			    .ack = v6.ack,
			    .flags = v6.flags,
			    .tcp_options = 40,
			    .pad = 6,
			    .options = 40};
	for (unsigned int fill = 0; fill < 200; fill += 33) {
		v4.fill = v6.fill = fill;
		len = s->v6 ? frame_v6_build(&v6, NETWORK_MAC(DEV_OUTSIDE), bytes)
			    : frame_build(&v4, NETWORK_MAC(DEV_OUTSIDE), bytes);
		reset_expect(s, DEV_OUTSIDE, bytes, len, &rst);
	}
}

static void fragments(struct scenario *s)
{
	__u8 whole[FRAME_MAX_BYTES], bytes[FRAME_MAX_BYTES];
	struct conversation c;
	struct frame_rst rst;
	size_t len;

	open_and_end(&c, s, CONN_F_KILLED);
	rst = reset_due(&c, END_CLIENT);
	conversation_build(&c, &(struct says){.end = END_CLIENT, .fill = 400}, whole);
	len = frame_fragment(whole, 0, 200, true, 7, bytes);
	reset_expect(s, DEV_OUTSIDE, bytes, len, &rst);
	len = frame_fragment(whole, 200, 220, false, 7, bytes);
	expect_silence(s, DEV_OUTSIDE, bytes, len, PH_DROP_FRAGMENT_NO_FIRST);
}

static void resets_are_not_answered(struct scenario *s)
{
	struct conversation c;

	open_and_end(&c, s, CONN_F_KILLED);
	for (enum end end = END_CLIENT; end <= END_SERVER; end++) {
		says_in_vain(&c, &(struct says){.end = end, .flags = RST});
		says_in_vain(&c, &(struct says){.end = end, .flags = RST | ACK});
	}
}

static void silent_end_is_silent(struct scenario *s)
{
	struct conversation c;

	open_and_end(&c, s, CONN_F_KILLED | CONN_F_SILENT);
	for (enum end end = END_CLIENT; end <= END_SERVER; end++) {
		says_in_vain(&c, &(struct says){.end = end});
		says_in_vain(&c, &(struct says){.end = end, .fill = 1000});
		says_in_vain(&c, &(struct says){.end = end, .flags = RST});
	}
}

static void whoever_is_elsewhere_is_not_answered(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	struct conversation c;
	size_t len;

	open_and_end(&c, s, CONN_F_KILLED);
	len = conversation_build(&c, &(struct says){.end = END_CLIENT}, bytes);
	bytes[ETH_ALEN] |= 1; /* a group sends nothing */
	expect_silence(s, DEV_OUTSIDE, bytes, len, PH_DROP_FTP_ENDED);
	/* The server's words from where the client lives. */
	len = conversation_build(&c, &(struct says){.end = END_SERVER}, bytes);
	bytes[ETH_ALEN - 1] = NETWORK_MAC(DEV_DMZ);
	expect_silence(s, DEV_DMZ, bytes, len, PH_DROP_CONN_WRONG_INTERFACE);
}

static void xdp_leaves_it_to_tc(struct scenario *s)
{
	__u8 bytes[FRAME_MAX_BYTES];
	static struct world_run out;
	struct conversation c;
	size_t len;

	open_and_end(&c, s, CONN_F_KILLED);
	len = conversation_build(&c, &(struct says){.end = END_CLIENT}, bytes);
	CHECK(s, !world_ingress(s->w, HOOK_XDP, DEV_OUTSIDE, bytes, len, &out));
	CHECK(s, out.action == XDP_PASS);
	CHECK(s, reset_is(&out, bytes, len));
}

static void syn_begins_anew(struct scenario *s)
{
	struct conversation c;
	struct conn before, after;

	open_and_end(&c, s, CONN_F_KILLED | CONN_F_SILENT);
	CHECK(s, conversation_find(&c, TABLE_CONNS, &before));
	c.next[END_CLIENT] += 1000000;
	SAY(&c,
	    CLIENT_(.flags = SYN, .opens = true, .events = EVENT(FTP_SESSION_CLOSED)));
	CHECK(s, conversation_state(&c) == CONN_SYN_SENT);
	SAY(&c, SERVER_(.flags = SYN_ACK));
	SAY(&c, CLIENT_(.events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED)));
	CHECK(s, conversation_find(&c, TABLE_CONNS, &after));
	CHECK(s, after.id != before.id && after.state == CONN_ESTABLISHED);
	CHECK(s, !(after.flags & (CONN_F_KILLED | CONN_F_SILENT)));
	SAY(&c, SERVER_());
}

/* ---- its end is told ---- */

static void closing_short(struct policy_image *image)
{
	image->config.timeout_closing_ns = SHORT_MS * MS_NS;
}

static void end_is_told(struct scenario *s)
{
	struct conversation c;
	struct ended ended;

	reset_ended_begin(&ended, s);
	open_and_end(&c, s, CONN_F_KILLED);
	CHECK(s, reset_ended(&ended)); /* by the clock */
	CHECK_TABLES(s, 0, 0);
}

static void end_by_a_new_one_is_told(struct scenario *s)
{
	struct conversation c;
	struct ended ended;

	reset_ended_begin(&ended, s);
	open_and_end(&c, s, CONN_F_KILLED);
	SAY(&c,
	    CLIENT_(.flags = SYN, .opens = true, .events = EVENT(FTP_SESSION_CLOSED)));
	CHECK(s, reset_ended(&ended));
}

#define RESET(run_, promise_, ...)                                                      \
	SCENARIO(run_, promise_, .policy = policy_reset, .tc_only = true, .both = true, \
		 ##__VA_ARGS__)

static const struct scenario_entry scenarios[] = {
	RESET(both_ends_are_answered, "who goes on with an ended connection gets a RST"),
	RESET(numbers_are_the_senders, "a RST has the number that its receiver expects"),
	RESET(segment_without_acknowledgement,
	      "a segment that acknowledges nothing is acknowledged by the RST"),
	RESET(long_headers, "a RST has no options, whatever the packet had"),
	RESET(fragments, "of a fragmented segment the first part is answered"),
	RESET(resets_are_not_answered, "a RST is not answered by a RST"),
	RESET(silent_end_is_silent, "what is to be dropped in silence is"),
	RESET(whoever_is_elsewhere_is_not_answered,
	      "no RST to a group, or to where the connection does not go"),
	RESET(xdp_leaves_it_to_tc, "XDP leaves an ended connection to TC"),
	RESET(syn_begins_anew, "a SYN on an ended connection begins another"),
	RESET(end_is_told, "an ended connection is told as such when it goes",
	      .tweak = closing_short),
	RESET(end_by_a_new_one_is_told, "also where another one takes its place"),
};

void scenarios_reset(struct world *w)
{
	CHECK_SCENARIOS(w, scenarios);
	scenarios_reset_both(w);
}
