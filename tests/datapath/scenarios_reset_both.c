// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_reset_both.c - strict inspection ends a connection: both ends learn of
 * it at once, each in its own numbers and addresses.
 *
 * The RST to the sender is really sent, and taken at the far end of the device.
 */
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/datapath/network.h"
#include "tests/datapath/offload.h"
#include "tests/datapath/reset_test.h"

#define MS_NS	 1000000ull
#define SHORT_MS 1500 /* longer than what is said in a test takes */

static const char policy_strict[] = INTERFACES DUAL_LIST
	"access-group out in interface outside\n" DUAL_STATICS
	"fixup protocol ftp strict 990\n";

static bool is_tcp(const struct arrival *got)
{
	const __u8 *ip = got->bytes + ETH_HLEN;

	if (got->len < ETH_HLEN + 40)
		return false;
	if (frame_get16(ip - 2) == ETH_P_IP)
		return ip[9] == IPPROTO_TCP;
	return frame_get16(ip - 2) == ETH_P_IPV6 && ip[6] == IPPROTO_TCP;
}

static int far_end(enum end end)
{
	char name[IF_NAMESIZE];

	snprintf(name, sizeof(name), "%sp", network_device_name(reset_dev(end)));
	return offload_open(name);
}

/* What an end says: addresses and ports as of the RST that would answer it.
 * @ack: how far beyond what the other one has sent */
static size_t build_text(const struct conversation *c, enum end end, const char *text,
			 __s32 ack, __u8 *bytes)
{
	const struct frame_rst back = reset_due(c, end);
	const struct frame_v6 v6 = {.src = back.dst,
				    .dst = back.src,
				    .proto = IPPROTO_TCP,
				    .sport = back.dport,
				    .dport = back.sport,
				    .flags = ACK | TCP_PSH,
				    .seq = c->next[end],
				    .ack = c->next[!end] + ack,
				    .payload = text};
	const struct frame v4 = {.src = v6.src,
				 .dst = v6.dst,
				 .proto = v6.proto,
				 .sport = v6.sport,
				 .dport = v6.dport,
				 .flags = v6.flags,
				 .seq = v6.seq,
				 .ack = v6.ack,
				 .payload = text};
	__u8 mac = NETWORK_MAC(reset_dev(end));

	return c->s->v6 ? frame_v6_build(&v6, mac, bytes) : frame_build(&v4, mac, bytes);
}

static void say_text(struct conversation *c, enum end end, const char *text, __s32 ack)
{
	static struct answer_run run;
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = build_text(c, end, text, ack, bytes);

	answer_run(c->s, reset_dev(end), bytes, len, &run);
	if (run.out.action != TC_ACT_REDIRECT) {
		tap_note("verdict %d: %s", run.out.action, text);
		c->s->ok = false;
	}
	c->next[end] += strlen(text);
}

/* By which the receiver's numbers of an end's bytes exceed the sender's. */
struct shifts {
	__s32 of[2]; /* by enum end */
};

/* What must go on from an end that was ended: the other one's RST. Ethernet is not
 * written yet. */
static void check_rst_on(struct scenario *s, const struct world_run *out,
			 const struct frame_rst *rst)
{
	struct world_run ip = {.len = out->len - ETH_HLEN};
	__u8 want[FRAME_MAX_BYTES];
	size_t len = frame_rst_build(rst, 1, want);

	memcpy(ip.bytes, out->bytes + ETH_HLEN, ip.len);
	CHECK(s, reset_is(&ip, want + ETH_HLEN, len - ETH_HLEN));
}

static void check_rst_back(struct scenario *s, int fd, enum dev dev,
			   const struct frame_rst *rst)
{
	static struct arrival got;
	static struct world_run frame;
	__u8 want[FRAME_MAX_BYTES];
	size_t len = frame_rst_build(rst, NETWORK_MAC(dev), want);

	answer_turn(want);
	CHECK(s, offload_await(fd, RESET_PATIENCE_MS, is_tcp, &got));
	frame.len = got.len;
	memcpy(frame.bytes, got.bytes, got.len);
	CHECK(s, reset_is(&frame, want, len));
	CHECK(s, !offload_await(fd, 0, is_tcp, &got)); /* one is enough */
}

/* An end says what strict inspection does not bear. */
static void offend(struct conversation *c, enum end end, const struct shifts *shifts)
{
	struct frame_rst back = reset_due(c, end), on = reset_due(c, !end);
	static struct answer_run run;
	__u8 bytes[FRAME_MAX_BYTES];
	struct scenario *s = c->s;
	const char *text = end == END_CLIENT ? "EVIL x\r\n" : "PORT 10,0,0,10,4,4\r\n";
	size_t len = build_text(c, end, text, shifts->of[!end], bytes);
	struct conn conn;
	int fd = far_end(end);

	back.seq += shifts->of[!end];
	on.seq += shifts->of[end];
	on.ack = c->next[!end];
	on.flags = TCP_RST | TCP_ACK;
	answer_run(s, reset_dev(end), bytes, len, &run);
	CHECK(s, run.out.action == TC_ACT_REDIRECT);
	CHECK(s, reset_drop_is(&run, PH_DROP_FTP_STRICT));
	CHECK(s, answer_events(&run, PH_EV_FTP_SESSION_RESET) == 1);
	check_rst_on(s, &run.out, &on);
	check_rst_back(s, fd, reset_dev(end), &back);
	close(fd);
	CHECK(s, conversation_find(c, TABLE_CONNS, &conn));
	CHECK(s, conn.state == CONN_CLOSING);
	CHECK(s, (conn.flags & (CONN_F_KILLED | CONN_F_SILENT)) == CONN_F_KILLED);
}

static void both_ends_learn_of_it(struct scenario *s, enum end end)
{
	struct conversation c;
	struct frame_rst rst;
	struct ended ended;

	reset_ended_begin(&ended, s);
	reset_open(&c, s);
	say_text(&c, END_SERVER, "220 ready\r\n", 0);
	say_text(&c, END_CLIENT, "NOOP\r\n", 0);
	say_text(&c, END_SERVER, "200 ok\r\n", 0);
	offend(&c, end, &(struct shifts){{0}});
	/* And whoever has not heard it is told again. */
	rst = reset_due(&c, END_SERVER);
	reset_gets(&c, &(struct says){.end = END_SERVER}, &rst);
	CHECK(s, reset_ended(&ended));
}

static void closing_short(struct policy_image *image)
{
	image->config.timeout_closing_ns = SHORT_MS * MS_NS;
}

static void client_offends(struct scenario *s)
{
	both_ends_learn_of_it(s, END_CLIENT);
}

static void server_offends(struct scenario *s)
{
	both_ends_learn_of_it(s, END_SERVER);
}

/* The server's address has grown by three bytes on its way. */
static void rewritten(struct scenario *s, enum end end)
{
	const struct shifts shifts = {.of = {[END_SERVER] = 3}};
	struct conversation c;

	reset_open(&c, s);
	say_text(&c, END_SERVER, "220 ready\r\n", 0);
	say_text(&c, END_CLIENT, "PASV\r\n", 0);
	say_text(&c, END_SERVER, "227 Entering Passive Mode (10,0,0,10,200,10).\r\n", 0);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 1);
	offend(&c, end, &shifts);
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
}

static void client_offends_behind_a_rewrite(struct scenario *s)
{
	rewritten(s, END_CLIENT);
}

static void server_offends_behind_a_rewrite(struct scenario *s)
{
	rewritten(s, END_SERVER);
}

#define STRICT(run_, promise_, ...) \
	SCENARIO(run_, promise_, .policy = policy_strict, .tc_only = true, ##__VA_ARGS__)

static const struct scenario_entry scenarios[] = {
	STRICT(client_offends, "what the client may not say ends both ends at once",
	       .both = true, .tweak = closing_short),
	STRICT(server_offends, "and what the server may not say", .both = true,
	       .tweak = closing_short),
	STRICT(client_offends_behind_a_rewrite,
	       "behind a rewrite each end gets the number that it expects"),
	STRICT(server_offends_behind_a_rewrite, "whoever was the one to offend"),
};

void scenarios_reset_both(struct world *w)
{
	CHECK_SCENARIOS(w, scenarios);
}
