// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_ftp_v6.c - FTP control connections over IPv6 in the kernel: EPRT
 * rewritten on the wire, EPSV, the holes, and the other family.
 *
 * Only FTP's own counters are looked at here; those of forwarding have their
 * tests elsewhere, and so has Ethernet. The packets are compared whole, with
 * one built from scratch as it should leave.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/frame_v6.h"
#include "tests/datapath/ftp_talk.h"
#include "tests/datapath/network.h"

#define INSIDE_V6  "2001:db8:1::10"
#define VLAN_V6	   "2001:db8:a::10" /* in VLAN 10 */
#define OUTSIDE_V6 "2001:db8::50"
#define THIRD_V6   "2001:db8::66"
/* As which the inside host is seen outside: texts as long and as short as can
 * be. */
#define LONG_V6	   "2001:1db8:eeee:1111:2222:3333:4444:5555"
#define SHORT_V6   "2001:db8::a"

/* What else is counted has its tests elsewhere. */
#define FTP_EVENTS                                                                    \
	(EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED) | EVENT(HOLE_OPENED) |       \
	 EVENT(HOLE_USED) | EVENT(HOLE_REFUSED) | EVENT(HOLE_REPLACED) |              \
	 EVENT(HOLE_SESSION_END) | EVENT(HOLE_DENY_ADDRESS) | EVENT(HOLE_DENY_PORT) | \
	 EVENT(HOLE_DENY_MALFORMED) | EVENT(HOLE_DENY_UNSOLICITED) |                  \
	 EVENT(HOLE_DENY_FULL) | EVENT(HOLE_DENY_REWRITE) | EVENT(FTP_REWRITTEN))

struct step {
	struct frame_v6 frame;
	enum dev in;
	enum ph_reason dropped; /* 0: forwarded */
	const char *new_src;	/* as it leaves; NULL: as it came */
	const char *new_dst;
	const char *new_payload;
	int seq_shift;
	int ack_shift;
	__u64 events; /* of FTP_EVENTS */
};

static bool counters_right(const struct step *step, const struct counters *before,
			   const struct counters *after)
{
	bool ok = true;

	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		__u64 n = after->drops[i].packets - before->drops[i].packets;

		if (n == (i + PH_DROP_FIRST == step->dropped))
			continue;
		tap_note("drop reason %u: %llu packets", i + PH_DROP_FIRST, n);
		ok = false;
	}
	for (unsigned int i = 0; i < PH_EV_END; i++) {
		__u64 n = after->events[i] - before->events[i];

		if (!(FTP_EVENTS >> i & 1) || n == (step->events >> i & 1))
			continue;
		tap_note("event %u: %llu", i, n);
		ok = false;
	}
	return ok;
}

/* As it comes, with the tags of its interface. */
static size_t build(const struct frame_v6 *frame, enum dev in, __u8 *bytes)
{
	size_t len = frame_v6_build(frame, NETWORK_MAC(in), bytes);
	struct network_link link = network_link(in);

	return link.vlan ? frame_put_tag(bytes, len, ETH_P_8021Q, link.vlan) : len;
}

/* The packet as it should leave, against that which did. */
static bool bytes_right(const struct step *step, const struct world_run *got)
{
	size_t want_len, l3 = frame_l3_off(got->bytes);
	struct frame_v6 frame = step->frame;
	__u8 want[FRAME_MAX_BYTES];

	if (step->new_src)
		frame.src = step->new_src;
	if (step->new_dst)
		frame.dst = step->new_dst;
	if (step->new_payload)
		frame.payload = step->new_payload;
	frame.seq += step->seq_shift;
	frame.ack += step->ack_shift;
	frame.hop_limit = 63;
	want_len = frame_v6_build(&frame, NETWORK_MAC(step->in), want) - ETH_HLEN;
	if (got->len - l3 != want_len) {
		tap_note("%zu bytes came out, not %zu", got->len - l3, want_len);
		return false;
	}
	for (size_t i = 0; i < want_len; i++) {
		if (got->bytes[l3 + i] == want[ETH_HLEN + i])
			continue;
		tap_note("byte %zu is %02x, not %02x", i, got->bytes[l3 + i],
			 want[ETH_HLEN + i]);
		return false;
	}
	return true;
}

static bool run_step(const struct world *w, const struct step *step)
{
	static struct counters before, after;
	static struct world_run got;
	__u8 sent[FRAME_MAX_BYTES];
	size_t len = build(&step->frame, step->in, sent);
	int action = step->dropped ? TC_ACT_SHOT : TC_ACT_REDIRECT;
	bool ok;

	world_counters(w, &before);
	if (world_ingress(w, HOOK_TC, step->in, sent, len, &got)) {
		tap_note("the kernel refused to run it");
		return false;
	}
	world_counters(w, &after);
	ok = counters_right(step, &before, &after);
	if (got.action != action) {
		tap_note("verdict %d, not %d", got.action, action);
		return false;
	}
	return (step->dropped || bytes_right(step, &got)) && ok;
}

#define STEP_V6(s, ...)                                                     \
	do {                                                                \
		if (!run_step((s)->w, &(const struct step){__VA_ARGS__})) { \
			tap_note("  in step %s:%d", __FILE__, __LINE__);    \
			(s)->ok = false;                                    \
		}                                                           \
	} while (0)

#define HOLES(s, n) CHECK(s, world_count((s)->w, TABLE_HOLES) == (n))

/* ---- who talks to whom ---- */

/* A control connection: who opens it, and as whom the inside host is seen. */
struct talk {
	const char *client;
	const char *client_seen; /* by the server */
	const char *server;
	const char *server_seen; /* by the client */
	enum dev client_dev;
	enum dev server_dev;
	struct frame_ext ext; /* in front of what the client sends */
	__u8 n_ext;
};

/* An inside client of an outside server, and the other way round. */
#define OUTBOUND(seen_)                                 \
	((const struct talk){.client = INSIDE_V6,       \
			     .client_seen = (seen_),    \
			     .server = OUTSIDE_V6,      \
			     .server_seen = OUTSIDE_V6, \
			     .client_dev = DEV_INSIDE,  \
			     .server_dev = DEV_OUTSIDE})
#define INBOUND(seen_)                                  \
	((const struct talk){.client = OUTSIDE_V6,      \
			     .client_seen = OUTSIDE_V6, \
			     .server = INSIDE_V6,       \
			     .server_seen = (seen_),    \
			     .client_dev = DEV_OUTSIDE, \
			     .server_dev = DEV_INSIDE})

/* From the client to the server, and back, on any ports. */
#define TO_SERVER_V6(t, ...)               \
	.frame = {.src = (t)->client,      \
		  .dst = (t)->server_seen, \
		  .proto = IPPROTO_TCP,    \
		  .ext = {(t)->ext},       \
		  .n_ext = (t)->n_ext,     \
		  __VA_ARGS__},            \
	.in = (t)->client_dev, .new_src = (t)->client_seen, .new_dst = (t)->server
#define TO_CLIENT_V6(t, ...)               \
	.frame = {.src = (t)->server,      \
		  .dst = (t)->client_seen, \
		  .proto = IPPROTO_TCP,    \
		  __VA_ARGS__},            \
	.in = (t)->server_dev, .new_src = (t)->server_seen, .new_dst = (t)->client

#define CLIENT_TELLS_V6(t, text, seq_, ack_)                                 \
	TO_SERVER_V6(t, .sport = 40001, .dport = 21, .flags = ACK | TCP_PSH, \
		     .payload = (text), .seq = CLIENT_ISN + (__u32)(seq_),   \
		     .ack = SERVER_ISN + (__u32)(ack_))
#define SERVER_TELLS_V6(t, text, seq_, ack_)                                 \
	TO_CLIENT_V6(t, .sport = 21, .dport = 40001, .flags = ACK | TCP_PSH, \
		     .payload = (text), .seq = SERVER_ISN + (__u32)(seq_),   \
		     .ack = CLIENT_ISN + (__u32)(ack_))

static void open_control(struct scenario *s, const struct talk *t)
{
	STEP_V6(s, TO_SERVER_V6(t, .sport = 40001, .dport = 21, .seq = CLIENT_ISN));
	STEP_V6(s, TO_CLIENT_V6(t, .sport = 21, .dport = 40001, .flags = SYN_ACK,
				.seq = SERVER_ISN, .ack = CLIENT_ISN + 1));
	STEP_V6(s, CLIENT_TELLS_V6(t, "", 1, 1),
		.events = EVENT(CONN_CREATED) | EVENT(FTP_SESSION_OPENED));
}

/* The server dials the client's data port, and is the only one let in. */
static void server_gets_through(struct scenario *s, const struct talk *t)
{
	HOLES(s, 1);
	STEP_V6(s, TO_CLIENT_V6(t, .sport = 20, .dport = DATA_PORT,
				DATA_NUMBERS(SYN, DIALER_ISN, TAKER_ISN)));
	STEP_V6(s, TO_SERVER_V6(t, .sport = DATA_PORT, .dport = 20,
				DATA_NUMBERS(SYN_ACK, TAKER_ISN, DIALER_ISN)));
	STEP_V6(s,
		TO_CLIENT_V6(t, .sport = 20, .dport = DATA_PORT,
			     DATA_NUMBERS(ACK, DIALER_ISN, TAKER_ISN)),
		.events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	HOLES(s, 0);
}

/* The client dials the server's data port. */
static void client_gets_through(struct scenario *s, const struct talk *t)
{
	HOLES(s, 1);
	STEP_V6(s, TO_SERVER_V6(t, .sport = 41000, .dport = DATA_PORT,
				DATA_NUMBERS(SYN, DIALER_ISN, TAKER_ISN)));
	STEP_V6(s, TO_CLIENT_V6(t, .sport = DATA_PORT, .dport = 41000,
				DATA_NUMBERS(SYN_ACK, TAKER_ISN, DIALER_ISN)));
	STEP_V6(s,
		TO_SERVER_V6(t, .sport = 41000, .dport = DATA_PORT,
			     DATA_NUMBERS(ACK, DIALER_ISN, TAKER_ISN)),
		.events = EVENT(CONN_CREATED) | EVENT(HOLE_USED));
	HOLES(s, 0);
}

/* ---- the texts ---- */

#define TEXT_LEN(text) ((int)sizeof(text) - 1)

#define EPRT_OF(address) "EPRT |2|" address "|51210|\r\n"
#define EPRT_REAL	 EPRT_OF(INSIDE_V6)
#define EPRT_WORDY	 EPRT_OF("2001:0DB8:0001:0000:0000:0000:0000:0010")
#define EPSV		 "EPSV\r\n"
#define EPSV_REPLY	 "229 Entering Extended Passive Mode (|||51210|)\r\n"
#define NOOP		 "NOOP\r\n"

#define MTU	1500
#define HEADERS (40 + 20)
#define GROWTH	(TEXT_LEN(LONG_V6) - TEXT_LEN(INSIDE_V6))

/* ---- the scenarios ---- */

static void epsv_opens_a_hole(struct scenario *s, const struct talk *t)
{
	open_control(s, t);
	STEP_V6(s, CLIENT_TELLS_V6(t, EPSV, 1, 1));
	STEP_V6(s, SERVER_TELLS_V6(t, EPSV_REPLY, 1, 1 + TEXT_LEN(EPSV)),
		.events = EVENT(HOLE_OPENED));
	STEP_V6(s,
		.frame = {.src = THIRD_V6,
			  .dst = t->server_seen,
			  .proto = IPPROTO_TCP,
			  .sport = 41000,
			  .dport = DATA_PORT},
		.in = t->client_dev, .dropped = PH_DROP_ACL_IMPLICIT);
	client_gets_through(s, t);
}

static void epsv_behind_nat(struct scenario *s)
{
	epsv_opens_a_hole(s, &INBOUND(LONG_V6));
}

static void epsv_untranslated(struct scenario *s)
{
	epsv_opens_a_hole(s, &INBOUND(INSIDE_V6));
}

static void eprt_untranslated(struct scenario *s)
{
	const struct talk t = OUTBOUND(INSIDE_V6);

	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, EPRT_WORDY, 1, 1), .events = EVENT(HOLE_OPENED));
	server_gets_through(s, &t);
}

/* The client is told what the server counts, and the server what it sees. */
static void talk_on(struct scenario *s, const struct talk *t, int eprt_len, int growth)
{
	STEP_V6(s, SERVER_TELLS_V6(t, "200 Zzz.\r\n", 1, 1 + eprt_len + growth),
		.ack_shift = -growth);
	STEP_V6(s, CLIENT_TELLS_V6(t, NOOP, 1 + eprt_len, 11), .seq_shift = growth);
}

static void eprt_grows(struct scenario *s)
{
	const struct talk t = OUTBOUND(LONG_V6);

	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, EPRT_REAL, 1, 1), .new_payload = EPRT_OF(LONG_V6),
		.events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	STEP_V6(s, CLIENT_TELLS_V6(&t, EPRT_REAL, 1, 1), .new_payload = EPRT_OF(LONG_V6));
	talk_on(s, &t, TEXT_LEN(EPRT_REAL), GROWTH);
	server_gets_through(s, &t);
}

static void eprt_shrinks(struct scenario *s)
{
	const struct talk t = OUTBOUND(SHORT_V6);

	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, EPRT_WORDY, 1, 1),
		.new_payload = EPRT_OF(SHORT_V6),
		.events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	STEP_V6(s, CLIENT_TELLS_V6(&t, EPRT_WORDY, 1, 1),
		.new_payload = EPRT_OF(SHORT_V6));
	talk_on(s, &t, TEXT_LEN(EPRT_WORDY),
		TEXT_LEN(EPRT_OF(SHORT_V6)) - TEXT_LEN(EPRT_WORDY));
	server_gets_through(s, &t);
}

static void eprt_behind_extension_headers(struct scenario *s)
{
	struct talk t = OUTBOUND(LONG_V6);

	t.ext = (struct frame_ext)FRAME_DSTOPTS(2);
	t.n_ext = 1;
	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, EPRT_REAL, 1, 1), .new_payload = EPRT_OF(LONG_V6),
		.events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	talk_on(s, &t, TEXT_LEN(EPRT_REAL), GROWTH);
	server_gets_through(s, &t);
}

/* The tag stands in the frame, as inner tags do. */
static void eprt_in_a_vlan(struct scenario *s)
{
	struct talk t = OUTBOUND(LONG_V6);

	t.client = VLAN_V6;
	t.client_dev = DEV_V10;
	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, EPRT_OF(VLAN_V6), 1, 1),
		.new_payload = EPRT_OF(LONG_V6),
		.events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	talk_on(s, &t, TEXT_LEN(EPRT_OF(VLAN_V6)), TEXT_LEN(LONG_V6) - TEXT_LEN(VLAN_V6));
	server_gets_through(s, &t);
}

/* A line in two segments; scenarios_ftp_split.c has it in every way. */
static void eprt_in_two_segments(struct scenario *s)
{
	static const char head[] = "EPRT |2|2001:db8:1:", tail[] = ":10|51210|\r\n";
	const struct talk t = OUTBOUND(INSIDE_V6);

	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, head, 1, 1));
	STEP_V6(s, CLIENT_TELLS_V6(&t, tail, 1 + TEXT_LEN(head), 1),
		.events = EVENT(HOLE_OPENED));
	server_gets_through(s, &t);
}

static void eprt_in_two_segments_behind_nat(struct scenario *s)
{
	static const char head[] = "EPRT |2|2001:db8:1:", tail[] = ":10|51210|\r\n";
	const struct talk t = OUTBOUND(LONG_V6);

	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, head, 1, 1), .new_payload = "EPRT |2|" LONG_V6,
		.events = EVENT(FTP_REWRITTEN));
	STEP_V6(s, CLIENT_TELLS_V6(&t, tail, 1 + TEXT_LEN(head), 1),
		.new_payload = tail + 3,
		.seq_shift = TEXT_LEN("EPRT |2|" LONG_V6) - TEXT_LEN(head),
		.events = EVENT(HOLE_OPENED));
	server_gets_through(s, &t);
}

/* A segment of EPRT and more that is to leave as an IP packet of l3_len bytes:
 * its text as it comes, and as it leaves. */
static void fill_packet(char text[MTU], char changed[MTU], int l3_len)
{
	memset(changed, 'x', MTU);
	memcpy(changed, EPRT_OF(LONG_V6), TEXT_LEN(EPRT_OF(LONG_V6)));
	changed[l3_len - HEADERS] = '\0';
	snprintf(text, MTU, "%s%s", EPRT_REAL, changed + TEXT_LEN(EPRT_OF(LONG_V6)));
}

static void growth_up_to_the_mtu(struct scenario *s)
{
	const struct talk t = OUTBOUND(LONG_V6);
	char text[MTU], changed[MTU];

	fill_packet(text, changed, MTU);
	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, text, 1, 1), .new_payload = changed,
		.events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	server_gets_through(s, &t);
}

/* What is too much is left to be repeated. */
static void growth_past_the_mtu(struct scenario *s)
{
	const struct talk t = OUTBOUND(LONG_V6);
	char text[MTU], changed[MTU];

	fill_packet(text, changed, MTU + 1);
	changed[MTU - HEADERS] = '\0';
	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, text, 1, 1), .new_payload = changed,
		.events = EVENT(HOLE_OPENED) | EVENT(FTP_REWRITTEN));
	STEP_V6(s, CLIENT_TELLS_V6(&t, NOOP, 1 + MTU - HEADERS - GROWTH, 1),
		.seq_shift = GROWTH);
	server_gets_through(s, &t);
}

static void foreign_addresses_open_nothing(struct scenario *s)
{
	static const struct {
		const char *text;
		__u64 event;
	} lines[] = {
		{EPRT_OF(THIRD_V6), EVENT(HOLE_DENY_ADDRESS)},
		{EPRT_OF(OUTSIDE_V6), EVENT(HOLE_DENY_ADDRESS)},
		{"EPRT |2|" INSIDE_V6 "|1023|\r\n", EVENT(HOLE_DENY_PORT)},
		{"EPRT |2|" INSIDE_V6 "%1|51210|\r\n", EVENT(HOLE_DENY_MALFORMED)},
		/* of the other family */
		{"PORT 203,0,113,50,200,10\r\n", EVENT(HOLE_DENY_ADDRESS)},
		{"EPRT |1|203.0.113.50|51210|\r\n", EVENT(HOLE_DENY_ADDRESS)},
		{"EPRT |2|::ffff:203.0.113.50|51210|\r\n", EVENT(HOLE_DENY_MALFORMED)},
		{"EPRT |3|x|51210|\r\n", 0},
	};
	const struct talk t = OUTBOUND(LONG_V6);
	size_t at = 1;

	open_control(s, &t);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		STEP_V6(s, CLIENT_TELLS_V6(&t, lines[i].text, at, 1),
			.events = lines[i].event);
		at += strlen(lines[i].text);
	}
	HOLES(s, 0);
}

static void passive_reply_of_ipv4_opens_nothing(struct scenario *s)
{
	static const char pasv[] = "PASV\r\n";
	static const char reply[] = "227 Entering Passive Mode (10,0,0,10,200,10).\r\n";
	const struct talk t = INBOUND(LONG_V6);

	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, pasv, 1, 1));
	STEP_V6(s, SERVER_TELLS_V6(&t, reply, 1, 1 + TEXT_LEN(pasv)),
		.events = EVENT(HOLE_DENY_ADDRESS));
	HOLES(s, 0);
}

/* The address by which the other end knows the announcer may be announced too,
 * and stays. */
static void eprt_of_the_mapped_address(struct scenario *s)
{
	const struct talk t = OUTBOUND(LONG_V6);

	open_control(s, &t);
	STEP_V6(s, CLIENT_TELLS_V6(&t, EPRT_OF(LONG_V6), 1, 1),
		.events = EVENT(HOLE_OPENED));
	server_gets_through(s, &t);
}

#define POLICY(interfaces, host, nat)                                     \
	interfaces "object network host\n"                                \
		   " host " host "\n" nat                                 \
		   "access-list out permit tcp any6 object host eq ftp\n" \
		   "access-group out in interface outside\n"              \
		   "fixup protocol ftp 21\n"
#define STATIC(seen) " nat (inside,outside) static " seen "\n"

static const char long_nat[] = POLICY(INTERFACES, INSIDE_V6, STATIC(LONG_V6));
static const char short_nat[] = POLICY(INTERFACES, INSIDE_V6, STATIC(SHORT_V6));
static const char no_nat[] = POLICY(INTERFACES, INSIDE_V6, "");
static const char vlan_nat[] = POLICY("interface out0\n"
				      " nameif outside\n"
				      " security-level 0\n"
				      "interface trunk0.10\n"
				      " vlan 10\n"
				      " nameif inside\n"
				      " security-level 100\n",
				      VLAN_V6, STATIC(LONG_V6));

static const struct scenario_entry entries[] = {
	SCENARIO(epsv_behind_nat, "IPv6: a 229 opens a hole to the server's real address",
		 .tc_only = true, .policy = long_nat),
	SCENARIO(epsv_untranslated, "IPv6: a 229 opens a hole without translation",
		 .tc_only = true, .policy = no_nat),
	SCENARIO(eprt_untranslated,
		 "IPv6: EPRT opens the way back, however it is written", .tc_only = true,
		 .policy = no_nat),
	SCENARIO(eprt_grows,
		 "IPv6: EPRT leaves with a longer mapped address, and again alike",
		 .tc_only = true, .policy = long_nat),
	SCENARIO(eprt_shrinks,
		 "IPv6: EPRT leaves with a shorter mapped address, and again alike",
		 .tc_only = true, .policy = short_nat),
	SCENARIO(eprt_behind_extension_headers,
		 "IPv6: EPRT behind extension headers is rewritten rightly",
		 .tc_only = true, .policy = long_nat),
	SCENARIO(eprt_in_a_vlan, "IPv6: EPRT in a tagged frame is rewritten rightly",
		 .tc_only = true, .policy = vlan_nat),
	SCENARIO(eprt_in_two_segments, "IPv6: EPRT in two segments opens the way back",
		 .tc_only = true, .policy = no_nat),
	SCENARIO(eprt_in_two_segments_behind_nat,
		 "IPv6: an address in two segments is rewritten in the first",
		 .tc_only = true, .policy = long_nat),
	SCENARIO(growth_up_to_the_mtu,
		 "IPv6: a packet that grows up to the MTU leaves whole", .tc_only = true,
		 .policy = long_nat),
	SCENARIO(growth_past_the_mtu,
		 "IPv6: a packet that would outgrow the MTU is cut at it",
		 .tc_only = true, .policy = long_nat),
	SCENARIO(foreign_addresses_open_nothing,
		 "IPv6: foreign addresses, also of the other family, open nothing",
		 .tc_only = true, .policy = long_nat),
	SCENARIO(passive_reply_of_ipv4_opens_nothing, "IPv6: a 227 opens nothing",
		 .tc_only = true, .policy = long_nat),
	SCENARIO(eprt_of_the_mapped_address,
		 "IPv6: EPRT of the mapped address opens the way back and stays",
		 .tc_only = true, .policy = long_nat),
};

void scenarios_ftp_v6(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
