// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_known_ftp.c - an inspected control connection on the short way
 * (bpf/known_ftp.h): which of its acknowledgements never meet TC, with which numbers,
 * and what they leave behind.
 *
 * That texts on the short way are read as any others is what the scenarios of FTP say.
 */
#include <string.h>

#include <bpf/bpf.h>

#include "tests/datapath/cpu.h"
#include "tests/datapath/ftp_talk.h"
#include "tests/datapath/network.h"

#define CLIENT_SEGMENT(text, seq_, ack_)                                              \
	{                                                                             \
		.src = CLIENT, .dst = MAPPED, .proto = IPPROTO_TCP, .sport = 40001,   \
		.dport = 21, .flags = ACK | TCP_PSH, .payload = (text),               \
		.seq = CLIENT_ISN + (__u32)(seq_), .ack = SERVER_ISN + (__u32)(ack_), \
	}
#define SERVER_SEGMENT(text, seq_, ack_)                                              \
	{                                                                             \
		.src = SERVER, .dst = CLIENT, .proto = IPPROTO_TCP, .sport = 21,      \
		.dport = 40001, .flags = ACK | TCP_PSH, .payload = (text),            \
		.seq = SERVER_ISN + (__u32)(seq_), .ack = CLIENT_ISN + (__u32)(ack_), \
	}
#define CLIENT_SAID(text, seq_, ack_) \
	.frame = CLIENT_SEGMENT(text, seq_, ack_), TO_SERVER, .known = true
#define SERVER_SAID(text, seq_, ack_) \
	.frame = SERVER_SEGMENT(text, seq_, ack_), TO_CLIENT, .known = true
#define NONE "" /* bare */

#define PASV	     "PASV\r\n"
#define PASV_LEN     6
#define REPLY_REAL   "227 Entering Passive Mode (10,0,0,10,200,10).\r\n"
#define REPLY_MAPPED "227 Entering Passive Mode (203,0,113,10,200,10).\r\n"
#define REPLY_LEN    ((int)sizeof(REPLY_REAL) - 1)
#define REPLY_TEXT   27 /* where its address begins */
#define GROWTH	     ((int)sizeof(REPLY_MAPPED) - (int)sizeof(REPLY_REAL))

/* Where both ends stand after open_rewritten(), as each counts what it has sent. */
#define CLIENT_AT (1 + PASV_LEN)
#define SERVER_AT (1 + REPLY_LEN)

/* At XDP: passed up without a trace, and at TC what @... says. */
#define UP_THEN(s, frame_, ...)                                       \
	do {                                                          \
		(s)->hook = HOOK_XDP;                                 \
		STEP(s, .frame = frame_, .result = PH_PASS_UP);       \
		(s)->hook = HOOK_TC;                                  \
		STEP(s, .frame = frame_, __VA_ARGS__, .known = true); \
	} while (0)

static void open_control(struct scenario *s)
{
	struct frame syn = CLIENT_SEGMENT(NONE, 0, 0);
	struct frame syn_ack = SERVER_SEGMENT(NONE, 0, 1);

	syn.flags = SYN;
	syn.ack = 0;
	syn_ack.flags = SYN_ACK;
	s->hook = HOOK_TC;
	STEP(s, .frame = syn, TO_SERVER, .line = LINE_FTP);
	STEP(s, .frame = syn_ack, TO_CLIENT, .known = true);
	STEP(s, CLIENT_SAID(NONE, 1, 1),
	     .events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
}

/* Both ways known, and a reply that has grown on its way. */
static void open_rewritten(struct scenario *s)
{
	open_control(s);
	STEP(s, CLIENT_SAID(PASV, 1, 1));
	STEP(s, SERVER_SAID(REPLY_REAL, 1, 1 + PASV_LEN), .new_payload = REPLY_MAPPED,
	     .events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
}

/* The one session there is. */
static bool get_session(const struct scenario *s, struct flow_key *key,
			struct ftp_session *session)
{
	int fd = world_table_fd(s->w, TABLE_FTP);

	memset(session, 0, sizeof(*session));
	return !bpf_map_get_next_key(fd, NULL, key) &&
	       !bpf_map_lookup_elem(fd, key, session);
}

static void bare_acks_pass_xdp(struct scenario *s)
{
	const struct frame text = CLIENT_SEGMENT(PASV, 1, 12);

	open_control(s);
	STEP(s, SERVER_SAID("220 hello\r\n", 1, 1));
	s->hook = HOOK_XDP;
	STEP(s, CLIENT_SAID(NONE, 1, 12));
	STEP(s, SERVER_SAID(NONE, 12, 1));
	UP_THEN(s, text, TO_SERVER);
}

static void numbers_are_the_other_ends(struct scenario *s)
{
	open_rewritten(s);
	for (enum hook hook = HOOK_XDP; hook <= HOOK_TC; hook++) {
		s->hook = hook;
		STEP(s, CLIENT_SAID(NONE, CLIENT_AT, SERVER_AT + GROWTH),
		     .ack_shift = -GROWTH);
		STEP(s, SERVER_SAID(NONE, SERVER_AT, CLIENT_AT), .seq_shift = GROWTH);
	}
	STEP(s, CLIENT_SAID("NOOP\r\n", CLIENT_AT, SERVER_AT + GROWTH),
	     .ack_shift = -GROWTH);
	STEP(s, SERVER_SAID("200 Zzz.\r\n", SERVER_AT, CLIENT_AT + 6),
	     .seq_shift = GROWTH);
}

static void acks_are_noted(struct scenario *s)
{
	struct ftp_session session;
	struct flow_key key;

	open_rewritten(s);
	for (enum hook hook = HOOK_XDP; hook <= HOOK_TC; hook++) {
		const char *text = "150 more\r\n";
		int more = hook == HOOK_TC ? (int)strlen(text) : 0;

		if (more)
			STEP(s, SERVER_SAID(text, SERVER_AT, CLIENT_AT),
			     .seq_shift = GROWTH);
		s->hook = hook;
		STEP(s, CLIENT_SAID(NONE, CLIENT_AT, SERVER_AT + GROWTH + more),
		     .ack_shift = -GROWTH);
		CHECK(s, get_session(s, &key, &session));
		CHECK(s, session.dir[1].stream.acked ==
				 SERVER_ISN + (__u32)(SERVER_AT + more));
		s->hook = HOOK_TC;
	}
}

/* Inside the text that was put in, an acknowledgement stands for its beginning. */
static void acks_inside_a_text_go_up(struct scenario *s)
{
	const struct frame inside =
		CLIENT_SEGMENT(NONE, CLIENT_AT, 1 + REPLY_TEXT + GROWTH + 1);
	const struct frame before = CLIENT_SEGMENT(NONE, CLIENT_AT, 1 + REPLY_TEXT);

	open_rewritten(s);
	UP_THEN(s, before, TO_SERVER);
	UP_THEN(s, inside, TO_SERVER, .ack_shift = -GROWTH - 1);
}

/* What keeps a connection alive repeats a number that was sent. */
static void probes_inside_a_text_go_up(struct scenario *s)
{
	const struct frame probe = SERVER_SEGMENT(NONE, 1 + REPLY_TEXT, CLIENT_AT);

	open_rewritten(s);
	UP_THEN(s, probe, TO_CLIENT);
}

/* After the greeting, as somebody else would have left the session. */
static void change_session(struct scenario *s,
			   void (*change)(struct ftp_session *session))
{
	struct ftp_session session;
	struct flow_key key;

	open_control(s);
	STEP(s, SERVER_SAID("220 hello\r\n", 1, 1));
	CHECK(s, get_session(s, &key, &session));
	change(&session);
	CHECK(s, !bpf_map_update_elem(world_table_fd(s->w, TABLE_FTP), &key, &session,
				      BPF_EXIST));
}

static const struct frame greeting_acked = CLIENT_SEGMENT(NONE, 1, 12);

static void miss_the_greeting(struct ftp_session *session)
{
	session->dir[1].next_seq = SERVER_ISN + 1;
}

static void acks_of_the_unseen_go_up(struct scenario *s)
{
	struct ftp_session session;
	struct flow_key key;

	change_session(s, miss_the_greeting);
	UP_THEN(s, greeting_acked, TO_SERVER);
	CHECK(s, get_session(s, &key, &session));
	CHECK(s, session.dir[1].flags & FTP_DIR_LOST);
}

static void verify(struct ftp_session *session)
{
	session->flags |= FTP_S_VERIFIED;
}

static void sessions_that_hold_grants_go_up(struct scenario *s)
{
	change_session(s, verify);
	UP_THEN(s, greeting_acked, TO_SERVER);
}

static void leave_as_it_is(struct ftp_session *session)
{
	(void)session;
}

static void without_a_session_they_go_up(struct scenario *s)
{
	struct ftp_session session;
	struct flow_key key;

	change_session(s, leave_as_it_is);
	CHECK(s, get_session(s, &key, &session));
	CHECK(s, !bpf_map_delete_elem(world_table_fd(s->w, TABLE_FTP), &key));
	UP_THEN(s, greeting_acked, TO_SERVER, .events = EVENT(FTP_SESSION_OPENED));
}

/* A bare acknowledgement of the client with these 12 bytes of options. Return: what
 * XDP makes of it. */
static unsigned int xdp_with_options(struct scenario *s, const __u8 options[12])
{
	struct frame ack = CLIENT_SEGMENT(NONE, CLIENT_AT, SERVER_AT + GROWTH);
	static __u8 bytes[FRAME_MAX_BYTES];
	static struct world_run run;
	__u8 *ip = bytes + FRAME_IP_OFF, *tcp = ip + 20;
	size_t len;

	ack.tcp_options = 12;
	len = frame_build(&ack, (__u8)NETWORK_MAC(DEV_OUTSIDE), bytes);
	memcpy(tcp + 20, options, 12);
	frame_put16(tcp + 16, 0);
	frame_put16(tcp + 16, ~frame_l4_sum(ip, tcp, frame_get16(ip + 2) - 20u));
	CHECK(s, !world_ingress(s->w, HOOK_XDP, DEV_OUTSIDE, bytes, len, &run));
	CHECK(s, run.action != XDP_REDIRECT || frame_l4_check_ok(run.bytes));
	return run.action;
}

static void options_with_numbers_go_up(struct scenario *s)
{
	static const __u8 stamp[12] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
	static const __u8 sack[12] = {1, 1, 5, 10, 0, 0, 0x13, 0x90, 0, 0, 0x13, 0x99};

	open_rewritten(s);
	CHECK(s, xdp_with_options(s, stamp) == XDP_REDIRECT);
	CHECK(s, xdp_with_options(s, sack) == XDP_PASS);
}

static const struct scenario_entry entries[] = {
	SCENARIO(bare_acks_pass_xdp,
		 "FTP known: XDP forwards acknowledgements, and leaves texts to TC",
		 .tc_only = true),
	SCENARIO(numbers_are_the_other_ends,
		 "FTP known: acknowledgements count as the end that they are for",
		 .tc_only = true),
	SCENARIO(acks_are_noted, "FTP known: what is acknowledged is noted",
		 .tc_only = true),
	SCENARIO(acks_inside_a_text_go_up,
		 "FTP known: acknowledgements before and inside a text are inspection's",
		 .tc_only = true),
	SCENARIO(probes_inside_a_text_go_up,
		 "FTP known: probes from inside a text are inspection's",
		 .tc_only = true),
	SCENARIO(acks_of_the_unseen_go_up,
		 "FTP known: an acknowledgement of what was not seen is inspection's",
		 .tc_only = true),
	SCENARIO(sessions_that_hold_grants_go_up,
		 "FTP known: a session that keeps a grant alive is inspection's",
		 .tc_only = true),
	SCENARIO(without_a_session_they_go_up,
		 "FTP known: without a session they are inspection's", .tc_only = true),
	SCENARIO(options_with_numbers_go_up,
		 "FTP known: selective acknowledgements are inspection's",
		 .tc_only = true),
};

void scenarios_known_ftp(struct world *w)
{
	cpu_set_t before;

	cpu_stay(&before);
	world_apply(w, policy_table, NULL);
	CHECK_SCENARIOS(w, entries);
	cpu_leave(&before);
}
