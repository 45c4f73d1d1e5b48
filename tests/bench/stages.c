// SPDX-License-Identifier: GPL-2.0
/*
 * stages.c - packets through the programs in force, one at a time. See stages.h.
 *
 * BPF_PROG_TEST_RUN on the lab's own programs and tables, repeat 1: with more, the
 * kernel would feed the packet as it came out. A figure is what the kernel measured
 * around one run of the program; what an empty program takes is a row of its own.
 * Kinds of packets differ in the stages they pass, so that differences of rows are
 * the stages' own.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pinhole/abi.h>

#include "place.h"
#include "plan.h"
#include "stages.h"
#include "tests/datapath/frame.h"

#define SAMPLES	    2000
#define WARM_UP	    200
#define TC_HANDLE   0x5048 /* of loader/firewall/tc.c */
#define TC_PRIORITY 0x50
#define STRANGE	    0x88b5 /* an ethertype for experiments (IEEE 802) */
#define NOBODYS	    7	   /* a port that no line permits */
#define FTP_PORTS   40000  /* from BENCH_FIRST_PORT on */

#define MAPPED "203.0.113.10"
#define REAL   "10.0.0.10"
#define PLAIN  "10.0.0.20"
#define SOURCE "198.18.0.1"

enum stage_hook { STAGE_XDP, STAGE_TC, STAGE_HOOKS };

struct stages {
	const struct bench_case *c;
	struct places places;
	int empty; /* program */
	int progs[STAGE_HOOKS];
	uint16_t ftp_port;  /* of the FTP session's client */
	char first_src[16]; /* whose flows nobody has used */
	uint16_t first_port;
	uint32_t client_seq; /* of the FTP session */
	uint32_t server_seq;
};

struct stage_frame {
	uint8_t bytes[FRAME_MAX_BYTES];
	uint32_t len;
	bool from_inside;
};

/* ---- running ------------------------------------------------------------- */

static const struct place *came_in(const struct stages *s, const struct stage_frame *f)
{
	return f->from_inside ? &s->places.fw_inside : &s->places.fw_outside;
}

/* Return: its action, or -1, reported; what it took in *ns. */
static int run_once(const struct stages *s, int prog, enum stage_hook hook,
		    const struct stage_frame *f, uint32_t *ns)
{
	uint32_t ifindex = came_in(s, f)->ifindex;
	struct xdp_md xdp = {.data_end = f->len, .ingress_ifindex = ifindex};
	struct __sk_buff skb = {.ifindex = ifindex, .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = f->bytes, .data_size_in = f->len,
		    .repeat = 1);

	if (hook == STAGE_XDP) {
		run.ctx_in = &xdp;
		run.ctx_size_in = sizeof(xdp);
	} else {
		run.ctx_in = &skb;
		run.ctx_size_in = sizeof(skb);
	}
	if (bpf_prog_test_run_opts(prog, &run))
		return bench_fail(s->c, "BPF_PROG_TEST_RUN: %s", strerror(errno));
	if (ns)
		*ns = run.duration;
	return (int)run.retval;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void report(const char *stage, enum stage_hook hook, uint32_t *samples, int action)
{
	qsort(samples, SAMPLES, sizeof(*samples), compare);
	printf("{\"stage\":\"%s\",\"hook\":\"%s\",\"action\":%d,\"median_ns\":%u,"
	       "\"p10_ns\":%u}\n",
	       stage, hook == STAGE_XDP ? "xdp" : "tc", action, samples[SAMPLES / 2],
	       samples[SAMPLES / 10]);
}

/* ---- packets --------------------------------------------------------------- */

static void finish(const struct stages *s, struct stage_frame *out)
{
	const struct place *from = out->from_inside ? &s->places.inside
						    : &s->places.outside;

	memcpy(out->bytes, came_in(s, out)->mac, ETH_ALEN);
	memcpy(out->bytes + ETH_ALEN, from->mac, ETH_ALEN);
}

static void build(const struct stages *s, const struct frame *f, bool from_inside,
		  struct stage_frame *out)
{
	out->len = (uint32_t)frame_build(f, 0, out->bytes);
	out->from_inside = from_inside;
	finish(s, out);
}

#define BUILD(s, out, inside, ...) \
	build(s, &(const struct frame){__VA_ARGS__}, inside, out)

static int make_strange(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, false, .src = SOURCE, .dst = PLAIN, .proto = IPPROTO_UDP,
	      .fill = 18);
	frame_put16(out->bytes + 12, STRANGE);
	return 0;
}

static int make_bad_header(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, false, .src = SOURCE, .dst = PLAIN, .proto = IPPROTO_UDP,
	      .fill = 18, .fault = FAULT_IP_CHECKSUM);
	return 0;
}

static int make_denied(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, false, .src = SOURCE, .dst = PLAIN, .proto = IPPROTO_UDP,
	      .sport = BENCH_FIRST_PORT, .dport = NOBODYS, .fill = 18);
	return 0;
}

static int make_first(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, false, .src = s->first_src, .dst = PLAIN, .proto = IPPROTO_UDP,
	      .sport = (__u16)(BENCH_FIRST_PORT + s->first_port++),
	      .dport = BENCH_SERVICE_PORT, .fill = 18);
	return 0;
}

static int make_established(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, false, .src = SOURCE, .dst = PLAIN, .proto = IPPROTO_UDP,
	      .sport = BENCH_FIRST_PORT, .dport = BENCH_SERVICE_PORT, .fill = 18);
	return 0;
}

static int make_translated(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, false, .src = SOURCE, .dst = MAPPED, .proto = IPPROTO_UDP,
	      .sport = BENCH_FIRST_PORT, .dport = BENCH_SERVICE_PORT, .fill = 18);
	return 0;
}

static int make_translated_reply(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, true, .src = REAL, .dst = SOURCE, .proto = IPPROTO_UDP,
	      .sport = BENCH_SERVICE_PORT, .dport = BENCH_FIRST_PORT, .fill = 18);
	return 0;
}

/* The first flow of the generator. */
static int make6(struct stages *s, struct stage_frame *out, bool nat)
{
	struct bench_case c = *s->c;
	struct bench_plan plan = {0};
	struct bench_frame6 frame;
	__u64 sum;

	c.family = AF_INET6;
	c.nat = nat;
	c.state = BENCH_ANSWERED;
	plan_make(&plan, &c, false, s->places.outside.mac, s->places.fw_outside.mac, 0);
	memcpy(&frame, plan.words, sizeof(frame));
	frame.ip.saddr.s6_addr32[3] = htonl(plan.first_addr);
	frame.udp.source = htons(BENCH_FIRST_PORT);
	sum = (__u64)plan.udp_sum + frame.ip.saddr.s6_addr32[3] + frame.udp.source;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	frame.udp.check = (__u16)~sum;
	memcpy(out->bytes, &frame, sizeof(frame));
	out->len = sizeof(frame);
	out->from_inside = false;
	return 0;
}

static int make_established6(struct stages *s, struct stage_frame *out)
{
	return make6(s, out, false);
}

static int make_translated6(struct stages *s, struct stage_frame *out)
{
	return make6(s, out, true);
}

static int make_to_gateway(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, false, .src = SOURCE, .dst = "203.0.113.1", .proto = IPPROTO_UDP,
	      .sport = BENCH_FIRST_PORT, .dport = BENCH_SERVICE_PORT, .fill = 18);
	return 0;
}

static int make_arp(struct stages *s, struct stage_frame *out)
{
	BUILD(s, out, false, .src = "203.0.113.50", .dst = MAPPED, .ethertype = ETH_P_ARP,
	      .to = STATION_BROADCAST);
	return 0;
}

/* ---- an FTP session ---------------------------------------------------------- */

static void ftp_build(struct stages *s, bool server, const char *line, uint8_t flags,
		      struct stage_frame *out)
{
	struct frame f = {.src = server ? REAL : "203.0.113.50",
			  .dst = server ? "203.0.113.50" : MAPPED,
			  .proto = IPPROTO_TCP,
			  .sport = server ? 21 : s->ftp_port,
			  .dport = server ? s->ftp_port : 21,
			  .flags = flags,
			  .seq = server ? s->server_seq : s->client_seq,
			  .ack = server ? s->client_seq : s->server_seq,
			  .window = 65535,
			  .payload = line};

	build(s, &f, server, out);
}

/* Said by one end, through TC, and got by the other. */
static int ftp_say(struct stages *s, bool server, const char *line, uint8_t flags)
{
	struct stage_frame frame;
	uint32_t len = line ? (uint32_t)strlen(line) : 0;
	int action;

	ftp_build(s, server, line, flags, &frame);
	action = run_once(s, s->progs[STAGE_TC], STAGE_TC, &frame, NULL);
	if (action < 0)
		return -1;
	if (flags & TCP_SYN)
		len++;
	*(server ? &s->server_seq : &s->client_seq) += len;
	return 0;
}

static int ftp_begin(struct stages *s)
{
	s->client_seq = 1000;
	s->server_seq = 9000;
	return ftp_say(s, false, NULL, TCP_SYN) ||
	       ftp_say(s, true, NULL, TCP_SYN | TCP_ACK) ||
	       ftp_say(s, false, NULL, TCP_ACK) ||
	       ftp_say(s, true, "220 bench\r\n", TCP_ACK | TCP_PSH) ||
	       ftp_say(s, false, "USER anonymous\r\n", TCP_ACK | TCP_PSH) ||
	       ftp_say(s, true, "230 in\r\n", TCP_ACK | TCP_PSH);
}

/* What was measured before is answered, so that the windows move on. */
static int make_ftp_command(struct stages *s, struct stage_frame *out)
{
	static const char noop[] = "NOOP\r\n";

	if (ftp_say(s, true, "200 bench\r\n", TCP_ACK | TCP_PSH))
		return -1;
	ftp_build(s, false, noop, TCP_ACK | TCP_PSH, out);
	s->client_seq += sizeof(noop) - 1;
	return 0;
}

static int make_ftp_ack(struct stages *s, struct stage_frame *out)
{
	ftp_build(s, false, NULL, TCP_ACK, out);
	return 0;
}

/* ---- all of them --------------------------------------------------------------- */

/* What became of it: XDP's action and TC's. ARP is for TC to answer. */
#define DROPPED                       \
	{                             \
		XDP_DROP, TC_ACT_SHOT \
	}
#define PASSED                      \
	{                           \
		XDP_PASS, TC_ACT_OK \
	}
#define ANSWERED                          \
	{                                 \
		XDP_PASS, TC_ACT_REDIRECT \
	}
#define FORWARDED                             \
	{                                     \
		XDP_REDIRECT, TC_ACT_REDIRECT \
	}

/* Flags. */
#define TC_ONLY	     (1 << 0)
#define EACH_ITS_OWN (1 << 1) /* a packet of its own each time */

static const struct stage {
	const char *name;
	int (*make)(struct stages *s, struct stage_frame *out);
	unsigned int flags;
	int actions[STAGE_HOOKS]; /* proof that it went the way its name says */
} stages[] = {
	{"unknown ethertype, dropped", make_strange, 0, DROPPED},
	{"wrong header checksum, dropped", make_bad_header, 0, DROPPED},
	{"ARP request for a mapped address", make_arp, 0, ANSWERED},
	{"first packet, denied", make_denied, 0, DROPPED},
	{"first packet, permitted", make_first, EACH_ITS_OWN, FORWARDED},
	{"established", make_established, 0, FORWARDED},
	{"established, translated", make_translated, 0, FORWARDED},
	{"its reply, translated", make_translated_reply, 0, FORWARDED},
	{"established, IPv6", make_established6, 0, FORWARDED},
	{"established, translated, IPv6", make_translated6, 0, FORWARDED},
	{"to this machine", make_to_gateway, 0, PASSED},
	{"FTP control, acknowledgement", make_ftp_ack, TC_ONLY, FORWARDED},
	{"FTP control, a command", make_ftp_command, TC_ONLY | EACH_ITS_OWN, FORWARDED},
};

static int measure_stage(struct stages *s, const struct stage *stage,
			 enum stage_hook hook)
{
	static uint32_t samples[SAMPLES];
	struct stage_frame frame = {0};
	int action = -1;

	for (int i = -WARM_UP; i < SAMPLES; i++) {
		if (((stage->flags & EACH_ITS_OWN) || i == -WARM_UP) &&
		    stage->make(s, &frame))
			return -1;
		action = run_once(s, s->progs[hook], hook, &frame,
				  &samples[i < 0 ? 0 : i]);
		if (action < 0)
			return -1;
		if (action != stage->actions[hook])
			return bench_fail(s->c, "%s, %s: action %d, not %d", stage->name,
					  hook == STAGE_XDP ? "XDP" : "TC", action,
					  stage->actions[hook]);
	}
	report(stage->name, hook, samples, action);
	return 0;
}

static int measure_empty(struct stages *s)
{
	static uint32_t samples[SAMPLES];
	struct stage_frame frame = {0};

	make_established(s, &frame);
	for (int i = -WARM_UP; i < SAMPLES; i++)
		if (run_once(s, s->empty, STAGE_XDP, &frame, &samples[i < 0 ? 0 : i]) < 0)
			return -1;
	report("an empty program", STAGE_XDP, samples, XDP_PASS);
	return 0;
}

static int find_programs(struct stages *s)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_xdp_query_opts, xdp);
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)s->places.fw_outside.ifindex,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, tc, .handle = TC_HANDLE, .priority = TC_PRIORITY);

	s->empty = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);
	if (s->empty < 0 || bpf_xdp_query((int)s->places.fw_outside.ifindex, 0, &xdp) ||
	    bpf_tc_query(&hook, &tc))
		return bench_fail(s->c, "finding the programs: %s", strerror(errno));
	s->progs[STAGE_XDP] = bpf_prog_get_fd_by_id(xdp.drv_prog_id);
	s->progs[STAGE_TC] = bpf_prog_get_fd_by_id(tc.prog_id);
	return s->progs[STAGE_XDP] < 0 || s->progs[STAGE_TC] < 0
		       ? bench_fail(s->c, "opening the programs: %s", strerror(errno))
		       : 0;
}

/* So that another run on the same tables does not meet this one's flows. */
static void choose_ends(struct stages *s)
{
	uint32_t now = (uint32_t)time(NULL);

	s->ftp_port = (uint16_t)(BENCH_FIRST_PORT + now % FTP_PORTS);
	snprintf(s->first_src, sizeof(s->first_src), "198.19.%u.%u",
		 100 + now / 200 % 100, 1 + now % 200);
}

int stages_measure(const struct bench_case *c)
{
	struct stages s = {.c = c};

	choose_ends(&s);
	if (places_find(c, &s.places) || place_enter(c, "fw") || find_programs(&s) ||
	    measure_empty(&s) || ftp_begin(&s))
		return -1;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		for (int hook = (stages[i].flags & TC_ONLY) ? STAGE_TC : STAGE_XDP;
		     hook < STAGE_HOOKS; hook++)
			if (measure_stage(&s, &stages[i], hook))
				return -1;
	return 0;
}
