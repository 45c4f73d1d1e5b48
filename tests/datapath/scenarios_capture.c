// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_capture.c - what a capture is told: every form of a packet once, where it is
 * finished, with its verdict; and nothing while it is off.
 */
#include <errno.h>
#include <time.h>

#include <linux/pkt_cls.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <pinhole/abi_capture.h>

#include "pinhole.skel.h"
#include "tests/datapath/network.h"
#include "tests/datapath/policies.h"
#include "tests/datapath/reset_test.h"
#include "tests/datapath/talk.h"
#include "tests/datapath/now.h"

#define NS_PER_SEC 1000000000ull
#define RING_PAGES 64
#define MAX_TOLD   8
#define SESSION	   77

struct told {
	struct perf_buffer *rings;
	struct capture_record record[MAX_TOLD];
	__u8 bytes[MAX_TOLD][FRAME_MAX_BYTES];
	unsigned int n; /* may exceed MAX_TOLD */
};

static void take(void *ctx, int cpu, void *data, __u32 size)
{
	struct told *told = ctx;
	struct capture_record *record = &told->record[told->n];

	(void)cpu;
	if (told->n++ >= MAX_TOLD)
		return;
	memcpy(record, data, sizeof(*record));
	if (record->kept_bytes > size - sizeof(*record) ||
	    record->kept_bytes > FRAME_MAX_BYTES)
		TAP_BAIL("a record of %u bytes says that it has %u", size,
			 record->kept_bytes);
	memcpy(told->bytes[told->n - 1], (const __u8 *)data + sizeof(*record),
	       record->kept_bytes);
}

static void set_switch(const struct scenario *s, const struct capture_switch *value)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(s->w->skel->maps.capture), &zero, value,
				BPF_ANY))
		TAP_BAIL("the switch of captures: %s", strerror(errno));
}

static struct capture_switch get_switch(const struct scenario *s)
{
	struct capture_switch value;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(s->w->skel->maps.capture), &zero, &value))
		TAP_BAIL("the switch of captures: %s", strerror(errno));
	return value;
}

/* On for a while, as @how says. */
static void told_begin(struct told *told, const struct scenario *s,
		       struct capture_switch how)
{
	memset(told, 0, sizeof(*told));
	told->rings = perf_buffer__new(bpf_map__fd(s->w->skel->maps.captured), RING_PAGES,
				       take, NULL, told, NULL);
	if (!told->rings)
		TAP_BAIL("rings: %s", strerror(errno));
	how.session = SESSION;
	how.snap_bytes = how.snap_bytes ? how.snap_bytes : PH_CAPTURE_MAX_BYTES;
	how.until_ns = how.until_ns ? how.until_ns : now_ns() + 20 * NS_PER_SEC;
	set_switch(s, &how);
}

/* How many records have been told since the last time. */
static unsigned int told_take(struct told *told)
{
	told->n = 0;
	if (perf_buffer__consume(told->rings) < 0)
		TAP_BAIL("taking records: %s", strerror(errno));
	return told->n;
}

static void told_end(struct told *told, const struct scenario *s)
{
	set_switch(s, &(const struct capture_switch){0});
	perf_buffer__free(told->rings);
}

static bool is(const struct told *told, unsigned int i, enum capture_form form,
	       enum ph_reason reason)
{
	const struct capture_record *record = &told->record[i];

	if (i < told->n && record->form == form && record->reason == reason &&
	    record->session == SESSION)
		return true;
	tap_note("record %u of %u has form %u and reason %u", i, told->n, record->form,
		 record->reason);
	return false;
}

static __u32 device(const struct scenario *s, enum dev dev)
{
	return (__u32)s->w->ifindex[dev];
}

/* Where the destination address is, for IPv4 behind plain Ethernet. */
static bool is_to(const struct told *told, unsigned int i, const char *address)
{
	__u8 want[4];

	frame_put_addr(want, address);
	return !memcmp(told->bytes[i] + FRAME_IP_OFF + 16, want, sizeof(want));
}

static const struct capture_switch everything;

/* ---- what passes ------------------------------------------------------------------- */

static void both_forms_are_told(struct scenario *s)
{
	const __u32 line = (s->w->generation & 1) * WORLD_MAX_LINES + LINE_FTPS - 1;
	const __u8 next_hop[] = FRAME_MAC(2, 10);
	struct told told;

	told_begin(&told, s, everything);
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CHECK(s, told_take(&told) == 2);
	CHECK(s, is(&told, 0, CAPTURE_BEFORE, PH_NEXT) && is_to(&told, 0, MAPPED));
	CHECK(s, is(&told, 1, CAPTURE_AFTER, PH_FORWARD) && is_to(&told, 1, SERVER));
	CHECK(s, told.record[0].flags & CAPTURE_R_MORE);
	CHECK(s, !(told.record[1].flags & CAPTURE_R_MORE));
	CHECK(s, told.record[0].packet == told.record[1].packet);
	CHECK(s, told.record[0].time_ns <= told.record[1].time_ns);
	for (int i = 0; i < 2; i++) {
		CHECK(s, told.record[i].ifindex[0] == device(s, DEV_OUTSIDE));
		CHECK(s, told.record[i].ifindex[1] == device(s, DEV_INSIDE));
		CHECK(s, !(told.record[i].flags & CAPTURE_R_XDP) == (s->hook == HOOK_TC));
	}
	CHECK(s, told.record[1].generation == s->w->generation);
	CHECK(s, told.record[1].acl_counter == line);
	CHECK(s, told.record[1].acl_counter_out == PH_NO_COUNTER);
	CHECK(s, told.record[1].frame_bytes == 54 && told.record[1].kept_bytes == 54);
	if (s->hook == HOOK_TC) {
		CHECK(s, told.record[1].flags & CAPTURE_R_LINK);
		CHECK(s, !memcmp(told.record[1].mac[0], next_hop, ETH_ALEN));
	} else {
		CHECK(s, !memcmp(told.bytes[1], next_hop, ETH_ALEN));
	}
	told_end(&told, s);
}

static void numbers_go_on(struct scenario *s)
{
	struct told told;
	__u64 first;

	told_begin(&told, s, everything);
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CHECK(s, told_take(&told) == 2);
	first = told.record[0].packet;
	SERVER_SAYS(s, SYN_ACK);
	CHECK(s, told_take(&told) == 2 && told.record[0].packet == first + 1);
	CHECK(s, told.record[0].ifindex[0] == device(s, DEV_INSIDE));
	told_end(&told, s);
}

static void what_xdp_passes_up_is_told_by_tc(struct scenario *s)
{
	struct told told;

	told_begin(&told, s, everything);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = MAPPED,
		       .proto = IPPROTO_TCP,
		       .sport = 40000,
		       .dport = 21,
		       .flags = SYN},
	     TO_SERVER, .xdp = PH_PASS_UP, .line = LINE_FTP);
	CHECK(s, told_take(&told) == (s->hook == HOOK_TC ? 2 : 0));
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = OUR_OUTSIDE,
		       .proto = IPPROTO_TCP,
		       .sport = 40000,
		       .dport = 22,
		       .flags = SYN},
	     .result = PH_TO_BOX);
	CHECK(s, told_take(&told) == (s->hook == HOOK_TC ? 1 : 0));
	if (s->hook == HOOK_TC)
		CHECK(s, is(&told, 0, CAPTURE_BEFORE, PH_TO_BOX));
	told_end(&told, s);
}

/* ---- what does not ----------------------------------------------------------------- */

#define DENIED(port)                    \
	.frame = {.src = CLIENT,        \
		  .dst = MAPPED,        \
		  .proto = IPPROTO_TCP, \
		  .sport = 40000,       \
		  .dport = (port),      \
		  .flags = SYN},        \
	.result = PH_DROP_ACL_DENY, .line = LINE_NOT_WEB

static void a_drop_is_told_once(struct scenario *s)
{
	struct told told;

	told_begin(&told, s, everything);
	STEP(s, DENIED(81));
	CHECK(s, told_take(&told) == 1 && is(&told, 0, CAPTURE_BEFORE, PH_DROP_ACL_DENY));
	CHECK(s, !(told.record[0].flags & CAPTURE_R_MORE));
	CHECK(s, is_to(&told, 0, MAPPED));
	CHECK(s, told.record[0].acl_counter ==
			 (s->w->generation & 1) * WORLD_MAX_LINES + LINE_NOT_WEB - 1);
	/* Before its interface is known, there is nothing to tell it by. */
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = MAPPED,
		       .proto = IPPROTO_TCP,
		       .fault = FAULT_IP_CHECKSUM},
	     .parsed = PH_DROP_BAD_IP_CHECKSUM);
	CHECK(s, told_take(&told) == 1 &&
			 is(&told, 0, CAPTURE_BEFORE, PH_DROP_BAD_IP_CHECKSUM));
	told_end(&told, s);
}

static void answers_follow_their_questions(struct scenario *s)
{
	struct told told;

	told_begin(&told, s, everything);
	STEP(s,
	     .frame = {.ethertype = ETH_P_ARP,
		       .src = CLIENT,
		       .dst = MAPPED,
		       .to = STATION_BROADCAST},
	     .result = PH_REPLY);
	CHECK(s, told_take(&told) == 2 && is(&told, 0, CAPTURE_BEFORE, PH_NEXT) &&
			 is(&told, 1, CAPTURE_AFTER, PH_REPLY));
	CHECK(s, told.bytes[0][FRAME_IP_OFF + 7] == 1); /* a request */
	CHECK(s, told.bytes[1][FRAME_IP_OFF + 7] == 2); /* a reply */
	STEP(s,
	     .frame = {.ethertype = ETH_P_ARP,
		       .src = CLIENT,
		       .dst = OUR_OUTSIDE,
		       .to = STATION_BROADCAST},
	     .result = PH_TO_BOX);
	CHECK(s, told_take(&told) == 2 && is(&told, 0, CAPTURE_BEFORE, PH_NEXT) &&
			 is(&told, 1, CAPTURE_END, PH_TO_BOX));
	CHECK(s, !told.record[1].kept_bytes);
	CHECK(s, told.record[0].packet == told.record[1].packet);
	told_end(&told, s);
}

/* ---- what is asked for ------------------------------------------------------------- */

static void drops_alone(struct scenario *s)
{
	struct told told;

	told_begin(&told, s, (struct capture_switch){.flags = CAPTURE_F_DROPS});
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CHECK(s, told_take(&told) == 0);
	STEP(s, DENIED(81));
	CHECK(s, told_take(&told) == 1 && is(&told, 0, CAPTURE_BEFORE, PH_DROP_ACL_DENY));
	told_end(&told, s);
	told_begin(&told, s,
		   (struct capture_switch){.flags = CAPTURE_F_DROPS,
					   .reason = PH_DROP_ACL_IMPLICIT});
	STEP(s, DENIED(81));
	CHECK(s, told_take(&told) == 0);
	told_end(&told, s);
}

static void one_interface(struct scenario *s)
{
	static const enum dev ways[] = {DEV_OUTSIDE, DEV_INSIDE, DEV_DMZ};
	struct told told;

	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		told_begin(&told, s,
			   (struct capture_switch){.ifindex = device(s, ways[i])});
		CLIENT_SAYS(s, SYN);
		CHECK(s, told_take(&told) == (ways[i] == DEV_DMZ ? 0 : 2));
		told_end(&told, s);
	}
}

static void frames_are_cut(struct scenario *s)
{
	struct told told;

	told_begin(&told, s, (struct capture_switch){.snap_bytes = 35});
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CHECK(s, told_take(&told) == 2);
	for (int i = 0; i < 2; i++)
		CHECK(s, told.record[i].kept_bytes == 35 &&
				 told.record[i].frame_bytes == 54);
	CHECK(s, is_to(&told, 1, SERVER));
	told_end(&told, s);
}

/* ---- when it is on ----------------------------------------------------------------- */

static void nothing_is_told_while_it_is_off(struct scenario *s)
{
	struct told told;

	told_begin(&told, s, everything);
	set_switch(s, &everything);
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	STEP(s, DENIED(81));
	CHECK(s, told_take(&told) == 0);
	told_end(&told, s);
}

static void a_lease_that_runs_out_turns_it_off(struct scenario *s)
{
	struct told told;

	told_begin(&told, s, (struct capture_switch){.until_ns = 1});
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	CHECK(s, told_take(&told) == 0);
	CHECK(s, get_switch(s).until_ns == 0);
	CHECK(s, get_switch(s).session == SESSION);
	told_end(&told, s);
}

/* ---- what inspection ends -----------------------------------------------------------
 */

static const char policy_strict[] = INTERFACES
	"access-list out permit ip any4 any4\n"
	"access-list out permit ip any6 any6\n"
	"access-group out in interface outside\n" STATIC_SERVER
	"static (inside,outside) 203.0.113.77 10.0.0.77 netmask 255.255.255.255\n"
	"fixup protocol ftp strict 990\n";

static void client_says(struct conversation *c, const char *text)
{
	const struct frame_rst back = reset_due(c, END_CLIENT);
	const struct frame frame = {.src = back.dst,
				    .dst = back.src,
				    .proto = IPPROTO_TCP,
				    .sport = back.dport,
				    .dport = back.sport,
				    .flags = ACK | TCP_PSH,
				    .seq = c->next[END_CLIENT],
				    .ack = c->next[END_SERVER],
				    .payload = text};
	static struct answer_run run;
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&frame, NETWORK_MAC(DEV_OUTSIDE), bytes);

	answer_run(c->s, DEV_OUTSIDE, bytes, len, &run);
	CHECK(c->s, run.out.action == TC_ACT_REDIRECT);
}

/* The packet as it came, and the RST that its frame has become. */
static void is_shown_with_its_reset(struct scenario *s, const struct told *told,
				    enum ph_reason before, enum ph_reason reason)
{
	CHECK(s, told->n == 2 && is(told, 0, CAPTURE_BEFORE, before) &&
			 is(told, 1, CAPTURE_AFTER, reason));
	CHECK(s, told->record[0].frame_bytes > 54);
	CHECK(s, told->record[1].frame_bytes == 54);
	CHECK(s, told->bytes[1][FRAME_IP_OFF + 20 + 13] & TCP_RST);
	CHECK(s, told->record[1].flags & CAPTURE_R_RESET);
}

static void what_inspection_ends(struct scenario *s, __u32 flags)
{
	const enum ph_reason begun = flags ? PH_DROP_FTP_STRICT : PH_NEXT;
	struct conversation c;
	struct told told;

	reset_open(&c, s);
	told_begin(&told, s, (struct capture_switch){.flags = flags});
	client_says(&c, "EVIL x\r\n");
	told_take(&told);
	is_shown_with_its_reset(s, &told, begun, PH_DROP_FTP_STRICT);
	client_says(&c, "EVIL x\r\n");
	told_take(&told);
	is_shown_with_its_reset(s, &told, PH_DROP_FTP_ENDED, PH_DROP_FTP_ENDED);
	told_end(&told, s);
}

static void ended_by_inspection(struct scenario *s)
{
	what_inspection_ends(s, 0);
}

static void ended_by_inspection_among_drops(struct scenario *s)
{
	what_inspection_ends(s, CAPTURE_F_DROPS);
}

/* ---- TC egress --------------------------------------------------------------------- */

static void what_this_machine_sends_is_told(struct scenario *s)
{
	const struct frame own = {.src = OUR_OUTSIDE,
				  .dst = REMOTE,
				  .proto = IPPROTO_UDP,
				  .sport = 5000,
				  .dport = 53,
				  .fill = 30};
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len = frame_build(&own, NETWORK_MAC(DEV_OUTSIDE), bytes);
	struct world_run got;
	struct told told;

	told_begin(&told, s, everything);
	CHECK(s, !world_egress(s->w, DEV_OUTSIDE, DEV_COUNT, bytes, len, &got));
	CHECK(s, told_take(&told) == 1 && is(&told, 0, CAPTURE_AFTER, PH_NEXT));
	CHECK(s, told.record[0].flags == CAPTURE_R_OWN);
	CHECK(s, !told.record[0].ifindex[0]);
	CHECK(s, told.record[0].ifindex[1] == device(s, DEV_OUTSIDE));
	CHECK(s, !memcmp(told.bytes[0], bytes, len));
	CHECK(s, !world_egress(s->w, DEV_OUTSIDE, DEV_STRAY, bytes, len, &got));
	CHECK(s, told_take(&told) == 1 && is(&told, 0, CAPTURE_AFTER, PH_DROP_UNJUDGED));
	told_end(&told, s);
}

void scenarios_capture(struct world *w)
{
	static const struct scenario_entry entries[] = {
		SCENARIO(both_forms_are_told,
			 "a packet is shown as it came and as it leaves",
			 .policy = policy_table),
		SCENARIO(numbers_go_on, "each packet has a number",
			 .policy = policy_table),
		SCENARIO(what_xdp_passes_up_is_told_by_tc,
			 "what XDP passes up is shown once, by TC",
			 .policy = policy_table),
		SCENARIO(a_drop_is_told_once, "a drop is shown once, with its reason",
			 .policy = policy_table),
		SCENARIO(answers_follow_their_questions,
			 "an answer is shown behind its question", .policy = policy_table,
			 .tc_only = true),
		SCENARIO(drops_alone, "drops alone, and those of one reason alone",
			 .policy = policy_table),
		SCENARIO(one_interface, "what comes in or leaves by one interface",
			 .policy = policy_table),
		SCENARIO(frames_are_cut, "frames are cut to the length that is asked for",
			 .policy = policy_table),
		SCENARIO(ended_by_inspection,
			 "what inspection ends is shown as it came, and its RST",
			 .policy = policy_strict, .tc_only = true),
		SCENARIO(ended_by_inspection_among_drops,
			 "so it is where drops alone are asked for",
			 .policy = policy_strict, .tc_only = true),
		SCENARIO(nothing_is_told_while_it_is_off,
			 "nothing is shown while nobody captures",
			 .policy = policy_table),
		SCENARIO(a_lease_that_runs_out_turns_it_off,
			 "the packet that finds the lease run out ends the capture",
			 .policy = policy_table),
		SCENARIO(what_this_machine_sends_is_told,
			 "what this machine itself sends is shown",
			 .policy = policy_table, .tc_only = true),
	};

	CHECK_SCENARIOS(w, entries);
}
