// SPDX-License-Identifier: GPL-2.0
/*
 * packets.c - spoilt packets through the real programs, by the million.
 *
 *     packets [--seed N] [--count N] [--seconds N] [--each]
 *
 * Frames of the packet table, and of FTP control connections that it leads, are spoilt
 * (mutate.h) and run through XDP, TC ingress and TC egress by BPF_PROG_TEST_RUN. For
 * each of them:
 *
 *   - the verdict is one that there is; a packet that is left to the next stage by XDP
 *     is untouched;
 *   - what is let through is a sound packet, with right checksums if it came with such,
 *     and not TCP or UDP for the host that no line permits;
 *
 * and every few thousand of them:
 *
 *   - each drop has been counted, once, under one reason, and none as `internal`;
 *   - honest connections that began before all this still pass, both ways;
 *   - the tables hold no more than they are made for.
 *
 * The seed is printed; the same one makes the same packets. --each looks at the counters
 * after each of them: slow, but it tells which one it was.
 */
#include <errno.h>
#include <getopt.h>
#include <time.h>

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include "tests/datapath/network.h"
#include "tests/datapath/packets_ipv6.h"
#include "tests/datapath/packets_judged.h"
#include "tests/datapath/packets_malformed.h"
#include "tests/datapath/packets_routed.h"
#include "tests/datapath/tap.h"
#include "tests/datapath/world.h"
#include "tests/faults/mutate.h"
#include "tests/faults/sessions.h"

#define ROUND_PACKETS  8192   /* between two looks at what has been counted */
#define POLICY_PACKETS 262144 /* between two policies */
#define MAX_BASES      1024
#define VICTIM	       "10.0.0.30" /* nothing leads there */

static const char *const reason_names[] = {
#define X(NAME, TEXT, HELP) TEXT,
	PH_DROP_REASONS(X)
#undef X
};

struct base {
	struct mutant frame;
	enum dev in;
};

struct trial {
	struct world w;
	struct chance chance;
	struct base bases[MAX_BASES];
	uint32_t n_bases;
	struct honest honest;
	struct ftp_talk talk;
	bool talking; /* the policy inspects FTP */
	bool each; /* look at the counters after each packet: slow, to find out which */
	struct mutant last;
	uint64_t seed;
	uint64_t packets;
	uint64_t forwarded;
	uint64_t dropped;
	uint64_t answered; /* of forwarded: refusals made of what was dropped */
	uint64_t left;	   /* by XDP to TC, by TC to this machine */
	uint64_t refused;  /* by the kernel: no such frame can be */
	uint64_t dropped_before;
	struct counters before;
};

/* What was the matter, with what is needed to see it again. */
#define WRONG(t, m, ...)                                                                \
	do {                                                                            \
		tap_note(__VA_ARGS__);                                                  \
		tap_note("packet %llu of seed %llu:", (unsigned long long)(t)->packets, \
			 (unsigned long long)(t)->seed);                                \
		dump(m);                                                                \
		tap_result(false, "packets: seed %llu", (unsigned long long)(t)->seed); \
		exit(EXIT_FAILURE);                                                     \
	} while (0)

static void dump(const struct mutant *m)
{
	printf("#");
	for (size_t i = 0; m && i < m->len && i < 256; i++)
		printf("%s%02x", i % 32 ? "" : "\n# ", m->bytes[i]);
	printf("\n");
}

/* ---- what may come out ---------------------------------------------------- */

static size_t l3_of(const __u8 *bytes, size_t len, __u16 *type)
{
	size_t at = 12;

	while (at + 4 <= len && (frame_get16(bytes + at) == ETH_P_8021Q ||
				 frame_get16(bytes + at) == ETH_P_8021AD))
		at += 4;
	*type = at + 2 <= len ? frame_get16(bytes + at) : 0;
	return at + 2;
}

static const char *ipv4_fault(const __u8 *ip, size_t len)
{
	static const __u8 all[] = {255, 255, 255, 255};
	size_t header = (size_t)(ip[0] & 15) * 4;

	if (len < 20 || ip[0] >> 4 != 4 || header < 20 || header > len)
		return "no IPv4 header";
	if (frame_get16(ip + 2) < header || frame_get16(ip + 2) > len)
		return "an IPv4 length that cannot be";
	if (frame_sum(ip, header, 0) != 0xffff)
		return "a wrong header checksum";
	if (!ip[8])
		return "no time to live";
	if (ip[12] == 127 || ip[16] == 127 || ip[12] >> 4 == 14 ||
	    !memcmp(ip + 12, all, 4))
		return "an impossible address";
	return NULL;
}

static const char *ipv6_fault(const __u8 *ip, size_t len)
{
	if (len < 40 || ip[0] >> 4 != 6)
		return "no IPv6 header";
	if (40 + (size_t)frame_get16(ip + 4) > len)
		return "an IPv6 length that cannot be";
	if (!ip[7])
		return "no hop limit";
	if (ip[8] == 0xff)
		return "an impossible address";
	return NULL;
}

/* Of TCP and UDP it can be told; an ICMP error may quote what is not whole. */
static bool has_right_check(const struct mutant *m)
{
	const __u8 *ip = m->bytes + FRAME_IP_OFF;
	size_t header = (size_t)(ip[0] & 15) * 4;

	if (!is_ipv4(m) || !has_check(m) ||
	    (ip[9] != IPPROTO_TCP && ip[9] != IPPROTO_UDP))
		return false;
	if (ip[9] == IPPROTO_UDP &&
	    frame_get16(ip + header + 4) != frame_get16(ip + 2) - header)
		return false;
	return frame_l4_check_ok(m->bytes);
}

static bool is_for_victim(const struct mutant *m)
{
	const __u8 *ip = m->bytes + FRAME_IP_OFF;
	__u8 victim[4];

	frame_put_addr(victim, VICTIM);
	return is_ipv4(m) && (ip[9] == IPPROTO_TCP || ip[9] == IPPROTO_UDP) &&
	       !memcmp(ip + 16, victim, 4);
}

/* What only a firewall or a router says: a reset, or an ICMP error. */
static bool is_refusal(const struct mutant *m)
{
	__u16 type;
	size_t at = l3_of(m->bytes, m->len, &type);
	const __u8 *ip = m->bytes + at;
	size_t l4 = at + (type == ETH_P_IP ? (size_t)(ip[0] & 15) * 4 : 40);
	__u8 proto = type == ETH_P_IP ? ip[9] : ip[6];

	if ((type != ETH_P_IP && type != ETH_P_IPV6) || l4 + 14 > m->len)
		return false;
	if (proto == IPPROTO_TCP)
		return m->bytes[l4 + 13] & TCP_RST;
	if (type == ETH_P_IP)
		return proto == IPPROTO_ICMP &&
		       (m->bytes[l4] == 3 || m->bytes[l4] == 11 || m->bytes[l4] == 12);
	return proto == FRAME_PROTO_ICMP6 && m->bytes[l4] < 128;
}

static void check_forwarded(struct trial *t, const struct mutant *in, enum dev from,
			    const struct mutant *out)
{
	__u16 type;
	size_t at = l3_of(out->bytes, out->len, &type);
	const char *fault = NULL;

	if (type == ETH_P_IP)
		fault = ipv4_fault(out->bytes + at, out->len - at);
	else if (type == ETH_P_IPV6)
		fault = ipv6_fault(out->bytes + at, out->len - at);
	else if (type != ETH_P_ARP)
		fault = "neither IP nor ARP";
	if (!fault && at == FRAME_IP_OFF && has_right_check(in) && is_ipv4(out) &&
	    has_check(out) && !frame_l4_check_ok(out->bytes))
		fault = "a spoilt transport checksum";
	if (!fault && from == DEV_OUTSIDE && is_for_victim(out))
		fault = "what nothing permits";
	if (!fault)
		return;
	tap_note("came out:");
	dump(out);
	WRONG(t, in, "let through: %s", fault);
}

/* ---- one packet ------------------------------------------------------------- */

static void count_verdict(struct trial *t, bool forward, bool drop, bool leave,
			  const struct mutant *in, int action)
{
	t->forwarded += forward;
	t->dropped += drop;
	t->left += leave;
	if (!forward && !drop && !leave)
		WRONG(t, in, "verdict %d", action);
}

/* Return: whether it was let through. */
static bool run_ingress(struct trial *t, enum hook hook, enum dev in,
			const struct mutant *m, struct world_run *got)
{
	int err = world_ingress(&t->w, hook, in, m->bytes, m->len, got);
	bool forward, drop, leave;

	t->packets++;
	t->last = *m;
	if (t->each)
		tap_note("packet %llu: hook %d of device %d: verdict %d, error %d",
			 (unsigned long long)t->packets, hook, in, got->action, err);
	if (err) {
		t->refused++;
		if (hook == HOOK_XDP || err != -EINVAL)
			WRONG(t, m, "the kernel refuses it: %s", strerror(-err));
		return false;
	}
	forward = got->action == (hook == HOOK_XDP ? XDP_REDIRECT : TC_ACT_REDIRECT) ||
		  (hook == HOOK_XDP && got->action == XDP_TX);
	drop = got->action == (hook == HOOK_XDP ? XDP_DROP : TC_ACT_SHOT);
	leave = got->action == (hook == HOOK_XDP ? XDP_PASS : TC_ACT_OK);
	count_verdict(t, forward, drop, leave, m, got->action);
	if (forward) {
		struct mutant out = {.len = got->len};

		memcpy(out.bytes, got->bytes, got->len);
		check_forwarded(t, m, in, &out);
		/* Dropped, and answered in the same frame. */
		t->answered += is_refusal(&out) && !is_refusal(m);
	} else if (hook == HOOK_XDP && leave &&
		   (got->len != m->len || memcmp(got->bytes, m->bytes, m->len) != 0)) {
		WRONG(t, m, "left to TC, but not as it was");
	}
	return forward;
}

static void run_egress(struct trial *t, enum dev out, const struct mutant *m)
{
	static struct world_run got;
	int err = world_egress(&t->w, out,
			       chance_of(&t->chance, 2) ? DEV_COUNT : DEV_STRAY, m->bytes,
			       m->len, &got);

	t->packets++;
	if (err) {
		t->refused++;
		return;
	}
	count_verdict(t, false, got.action == TC_ACT_SHOT,
		      got.action == TC_ACT_OK || got.action == TC_ACT_UNSPEC, m,
		      got.action);
}

static void make_mutant(struct trial *t, struct mutant *m, enum dev *in)
{
	const struct base *base = &t->bases[chance_of(&t->chance, t->n_bases)];
	uint32_t times = chance_of(&t->chance, 4);

	*m = base->frame;
	*in = chance_of(&t->chance, 8) ? base->in : chance_of(&t->chance, DEV_CARRIERS);
	if (!chance_of(&t->chance, 16) && is_ipv4(m))
		frame_put_addr(m->bytes + FRAME_IP_OFF + 16, VICTIM);
	for (uint32_t i = 0; i < times; i++)
		mutate_once(&t->chance, m,
			    &t->bases[chance_of(&t->chance, t->n_bases)].frame);
	if (chance_of(&t->chance, 4))
		mutate_heal(m);
}

/* A line of a control connection, or what takes its place. */
static void run_talk(struct trial *t)
{
	static struct world_run got;
	struct mutant m;
	enum dev in = ftp_talk_next(&t->talk, &t->chance, &m);
	bool passed = run_ingress(t, HOOK_TC, in, &m, &got);

	ftp_talk_was(&t->talk, passed);
}

static void run_one(struct trial *t)
{
	static struct world_run got;
	struct mutant m;
	enum dev in;

	if (t->talking && !chance_of(&t->chance, 4)) {
		run_talk(t);
		return;
	}
	make_mutant(t, &m, &in);
	switch (chance_of(&t->chance, 5)) {
	case 0:
		run_egress(t, in, &m);
		break;
	case 1:
	case 2:
		run_ingress(t, HOOK_TC, in, &m, &got);
		break;
	default:
		run_ingress(t, HOOK_XDP, in, &m, &got);
	}
}

/* ---- and what is behind them -------------------------------------------------- */

static void check_honest(struct trial *t)
{
	static struct world_run got;
	struct mutant m;

	for (unsigned int i = 0; i < HONEST_SEGMENTS; i++) {
		enum dev in = honest_next(&t->honest, i, &m);

		if (!run_ingress(t, i & 1 ? HOOK_TC : HOOK_XDP, in, &m, &got))
			WRONG(t, &m, "an honest connection is no longer let through");
	}
}

static void check_counted(struct trial *t)
{
	uint64_t dropped = t->dropped + t->answered - t->dropped_before;
	struct counters now;
	uint64_t sum = 0;

	world_counters(&t->w, &now);
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		uint64_t n = now.drops[i].packets - t->before.drops[i].packets;

		sum += n;
		if (t->each && n)
			tap_note("counted: %llu as %s", (unsigned long long)n,
				 reason_names[i]);
		if (n && (i + PH_DROP_FIRST == PH_DROP_INTERNAL ||
			  i + PH_DROP_FIRST == PH_DROP_ACL_BOUND))
			WRONG(t, &t->last, "%llu packets dropped as %s",
			      (unsigned long long)n, reason_names[i]);
	}
	if (sum != dropped)
		WRONG(t, &t->last, "%llu packets were dropped, and %llu drops counted",
		      (unsigned long long)dropped, (unsigned long long)sum);
	t->before = now;
	t->dropped_before = t->dropped + t->answered;
}

static void check_tables(struct trial *t)
{
	for (enum table table = TABLE_CONNS; table <= TABLE_EMBRYONIC; table++) {
		struct bpf_map_info info = {0};
		__u32 len = sizeof(info);
		unsigned int n = world_count(&t->w, table);

		if (bpf_obj_get_info_by_fd(world_table_fd(&t->w, table), &info, &len))
			TAP_BAIL("table %d: %s", table, strerror(errno));
		if (n > info.max_entries)
			WRONG(t, &t->last, "table %d has %u entries of %u", table, n,
			      info.max_entries);
		tap_note("%s: %u entries of %u", info.name, n, info.max_entries);
	}
}

static void run_round(struct trial *t)
{
	for (unsigned int i = 0; i < ROUND_PACKETS; i++) {
		run_one(t);
		if (t->each)
			check_counted(t);
	}
	check_honest(t);
	check_counted(t);
}

/* ---- the whole --------------------------------------------------------------- */

static void take_bases(struct trial *t, const struct packet_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct packet_row *row = &rows[i];
		struct base *base = &t->bases[t->n_bases];
		__u8 mac = NETWORK_MAC(row->in);

		if (row->native_only)
			continue;
		if (t->n_bases == MAX_BASES)
			TAP_BAIL("too many frames");
		base->in = network_link(row->in).carrier;
		base->frame.len = row->len;
		if (row->bytes)
			memcpy(base->frame.bytes, row->bytes, row->len);
		else if (row->v6)
			base->frame.len = frame_v6_build(row->v6, mac, base->frame.bytes);
		else
			base->frame.len =
				frame_build(&row->frame, mac, base->frame.bytes);
		if (base->frame.len >= ETH_HLEN)
			t->n_bases++;
	}
}

#define ROWS(t) t, sizeof(t) / sizeof((t)[0])

static void use_policy(struct trial *t, bool table)
{
	static struct world_run got;
	struct mutant m;

	world_apply(&t->w, table ? policy_table : policy_dual, NULL);
	t->talking = table;
	if (!t->honest.port) {
		honest_begin(&t->honest);
		for (unsigned int i = 0; i < HONEST_HANDSHAKE; i++)
			run_ingress(t, HOOK_XDP, honest_handshake(&t->honest, i, &m), &m,
				    &got);
	}
}

static void report(const struct trial *t, double seconds)
{
	unsigned int reasons = 0;

	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		reasons += t->before.drops[i].packets != 0;
		if (t->before.drops[i].packets)
			tap_note("%s: %llu", reason_names[i],
				 (unsigned long long)t->before.drops[i].packets);
	}
	tap_note("outcome\t%llu\tseed %llu: %llu let through, %llu dropped for %u "
		 "reasons, %llu of these with an answer, %llu left to the next stage, "
		 "%llu "
		 "refused by the kernel, in %.0f s",
		 (unsigned long long)t->packets, (unsigned long long)t->seed,
		 (unsigned long long)(t->forwarded - t->answered),
		 (unsigned long long)(t->dropped + t->answered), reasons,
		 (unsigned long long)t->answered, (unsigned long long)t->left,
		 (unsigned long long)t->refused, seconds);
	/* Else they were spoilt so much that nothing was tested. */
	tap_result(t->forwarded * 50 > t->packets && t->dropped * 10 > t->packets &&
			   reasons > 20,
		   "packets of all kinds were made");
	tap_result(true, "%llu spoilt packets, none of which did harm",
		   (unsigned long long)t->packets);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"seed", 1, NULL, 's'},
						{"count", 1, NULL, 'c'},
						{"seconds", 1, NULL, 't'},
						{"each", 0, NULL, 'e'},
						{0}};
	static struct trial t;
	uint64_t count = 1000000;
	time_t began = time(NULL);
	long seconds = 3600;
	int option;

	t.seed = (uint64_t)time(NULL);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			t.seed = strtoull(optarg, NULL, 10);
		else if (option == 'c')
			count = strtoull(optarg, NULL, 10);
		else if (option == 't')
			seconds = strtol(optarg, NULL, 10);
		else if (option == 'e')
			t.each = true;
		else
			return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	tap_note("seed %llu", (unsigned long long)t.seed);
	t.chance.state = t.seed * 0x9e3779b97f4a7c15ull + 1;
	network_enter();
	world_open(&t.w, &(struct world_options){.max_conns = 65536});
	take_bases(&t, ROWS(packets_malformed));
	take_bases(&t, ROWS(packets_judged));
	take_bases(&t, ROWS(packets_routed));
	take_bases(&t, ROWS(packets_ipv6));
	ftp_talk_begin(&t.talk);
	for (uint64_t next = 0; t.packets < count && time(NULL) - began < seconds;) {
		if (t.packets >= next) {
			use_policy(&t, next / POLICY_PACKETS % 2 == 0);
			world_counters(&t.w, &t.before);
			t.dropped_before = t.dropped + t.answered;
			next += POLICY_PACKETS;
		}
		run_round(&t);
	}
	check_tables(&t);
	report(&t, difftime(time(NULL), began));
	world_close(&t.w);
	return tap_done();
}
