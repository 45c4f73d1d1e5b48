// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_acl.c - what access-list lines count, and whom; what they say of TCP
 * flags and of fragments; that each generation asks its own image.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/acl_talk.h"
#include "tests/datapath/network.h"

/* ---- counting ---- */

/* The lines of a list are numbered together. */
#define COUNTED                                              \
	"access-list enter permit udp any4 any4 eq domain\n" \
	"access-list enter permit udp any6 any6 eq domain\n" \
	"access-list enter permit udp any4 any4 eq 99\n"     \
	"access-list enter permit udp any6 any6 eq 99\n"     \
	"access-list enter deny udp any4 any4 eq 77\n"       \
	"access-list enter deny udp any6 any6 eq 77\n"       \
	"access-list enter permit tcp any4 any4\n"           \
	"access-list enter permit tcp any6 any6\n"           \
	"access-list leave deny udp any4 any4 eq 99\n"       \
	"access-list leave deny udp any6 any6 eq 99\n"       \
	"access-list leave permit ip any4 any4\n"            \
	"access-list leave permit ip any6 any6\n"

enum counted_line {
	IN_DOMAIN = 1,
	IN_99 = 3,
	IN_NOT_77 = 5,
	IN_TCP = 7,
	OUT_NOT_99 = 9,
	OUT_ALL = 11,
};

static const char policy_counted[] = INTERFACES COUNTED
	"access-group enter in interface outside\n"
	"access-group leave out interface inside\n";

static void both_ways_count_for_both_lists(struct scenario *s)
{
	__u64 bytes;

	acl_tally_begin(s);
	bytes = ACL_SAY(s, .fill = 21, .opens = true, .line = IN_DOMAIN,
			.line_also = OUT_ALL);
	CHECK(s, acl_tally(s, IN_DOMAIN, 1, 1, bytes));
	bytes += ACL_SAY(s, .from = ACL_WORKSTATION, .sport = 53, .dport = 7000,
			 .fill = 300, .events = EVENT(CONN_CREATED));
	bytes += ACL_SAY(s, .fill = 8);
	CHECK(s, acl_tally(s, IN_DOMAIN, 1, 3, bytes));
	CHECK(s, acl_tally(s, OUT_ALL, 1, 3, bytes));
	CHECK(s, acl_tally(s, IN_99, 0, 0, 0));
	/* Another flow. */
	bytes += ACL_SAY(s, .sport = 7001, .opens = true, .line = IN_DOMAIN,
			 .line_also = OUT_ALL);
	CHECK(s, acl_tally(s, IN_DOMAIN, 2, 4, bytes));
}

static void what_is_denied_counts(struct scenario *s)
{
	__u64 bytes = 0;

	acl_tally_begin(s);
	for (int i = 0; i < 2; i++)
		bytes += ACL_SAY(s, .dport = 77, .fill = 10, .line = IN_NOT_77,
				 .result = PH_DROP_ACL_DENY);
	CHECK(s, acl_tally(s, IN_NOT_77, 2, 2, bytes));
	bytes = ACL_SAY(s, .dport = 99, .line = IN_99, .line_also = OUT_NOT_99,
			.result = PH_DROP_ACL_DENY);
	CHECK(s, acl_tally(s, IN_99, 1, 1, bytes));
	CHECK(s, acl_tally(s, OUT_NOT_99, 1, 1, bytes));
	CHECK(s, acl_tally(s, OUT_ALL, 0, 0, 0));
	CHECK_TABLES(s, 0, 0);
}

static void tcp_counts_to_its_end(struct scenario *s)
{
	__u64 bytes;

#define CLIENT_TCP(seq_, ack_, flags_)                                               \
	.proto = IPPROTO_TCP, .dport = 80, .seq = 100 + (seq_), .ack = 500 + (ack_), \
	.flags = (flags_)
#define SERVER_TCP(seq_, ack_, flags_)                                             \
	.from = ACL_WORKSTATION, .proto = IPPROTO_TCP, .sport = 80, .dport = 7000, \
	.seq = 500 + (seq_), .ack = 100 + (ack_), .flags = (flags_)
	acl_tally_begin(s);
	bytes = ACL_SAY(s, CLIENT_TCP(0, -500, SYN), .opens = true, .line = IN_TCP,
			.line_also = OUT_ALL);
	bytes += ACL_SAY(s, SERVER_TCP(0, 1, SYN_ACK));
	bytes += ACL_SAY(s, CLIENT_TCP(1, 1, ACK), .events = EVENT(CONN_CREATED));
	bytes += ACL_SAY(s, SERVER_TCP(1, 1, ACK), .fill = 500);
	CHECK(s, acl_tally(s, IN_TCP, 1, 4, bytes));
	/* What the state machine refuses is no packet of the flow's. */
	ACL_SAY(s, SERVER_TCP(90000000, 1, ACK), .fill = 500,
		.result = PH_DROP_TCP_WINDOW);
	bytes += ACL_SAY(s, CLIENT_TCP(1, 501, RST | ACK));
	CHECK(s, acl_tally(s, IN_TCP, 1, 5, bytes));
	CHECK(s, acl_tally(s, OUT_ALL, 1, 5, bytes));
}

static void refused_flow_counts_whole(struct scenario *s)
{
	__u64 bytes;

	acl_tally_begin(s);
	bytes = ACL_SAY(s, CLIENT_TCP(0, -500, SYN), .opens = true, .line = IN_TCP,
			.line_also = OUT_ALL);
	bytes += ACL_SAY(s, SERVER_TCP(0, 1, RST | ACK));
	CHECK(s, acl_tally(s, IN_TCP, 1, 2, bytes));
}

static void fragments_count_for_the_line_of_their_first(struct scenario *s)
{
	__u64 bytes;

	acl_tally_begin(s);
	bytes = ACL_SAY(s, .fill = 1000, .piece = 400, .opens = true, .line = IN_DOMAIN,
			.line_also = OUT_ALL);
	bytes += ACL_SAY(s, .fill = 1000, .off = 400, .piece = 400);
	CHECK(s, acl_tally(s, IN_DOMAIN, 1, 2, bytes));
	CHECK(s, acl_tally(s, OUT_ALL, 1, 2, bytes));
}

static const char policy_counted_all[] = INTERFACES COUNTED
	"access-group enter global\n"
	"access-group leave out interface inside\n";

static const char policy_counted_box[] = INTERFACES COUNTED
	"access-group enter in interface outside control-plane\n";

static void box_counts_packet_by_packet(struct scenario *s)
{
	__u64 bytes = 0;

	acl_tally_begin(s);
	for (int i = 0; i < 3; i++)
		bytes += ACL_SAY(s, .to = ACL_BOX, .fill = 30, .line = IN_DOMAIN);
	CHECK(s, acl_tally(s, IN_DOMAIN, 3, 3, bytes));
	bytes = ACL_SAY(s, .to = ACL_BOX, .dport = 77, .line = IN_NOT_77,
			.result = PH_DROP_ACL_DENY);
	CHECK(s, acl_tally(s, IN_NOT_77, 1, 1, bytes));
}

/* ---- keeping connections ---- */

static const char policy_first[] = INTERFACES
	"access-list enter permit udp any4 any4 eq domain\n"
	"access-list enter permit udp any6 any6 eq domain\n"
	"access-group enter in interface outside\n";

static const char policy_third[] = INTERFACES
	"access-list enter permit tcp any4 any4 eq domain\n"
	"access-list enter permit tcp any6 any6 eq domain\n"
	"access-list enter permit udp any4 any4\n"
	"access-list enter permit udp any6 any6\n"
	"access-list leave permit udp any4 any4\n"
	"access-list leave permit udp any6 any6\n"
	"access-group leave out interface inside\n"
	"access-group enter in interface outside\n";

static const char policy_shut[] = INTERFACES "access-list enter deny ip any4 any4\n"
					     "access-list enter deny ip any6 any6\n"
					     "access-group enter in interface outside\n";

static __u32 keep_from;

static void keeping(struct policy_image *image)
{
	image->config.flags |= CONFIG_F_KEEP;
	image->config.keep_from = keep_from;
}

static void kept_flow_counts_for_its_line_of_now(struct scenario *s)
{
	__u64 bytes;

	ACL_SAY(s, .opens = true, .line = 1);
	ACL_SAY(s, .from = ACL_WORKSTATION, .sport = 53, .dport = 7000,
		.events = EVENT(CONN_CREATED));
	keep_from = s->w->generation;
	world_apply(s->w, policy_third, keeping);
	acl_tally_begin(s);
	bytes = ACL_SAY(s, .fill = 40);
	bytes += ACL_SAY(s, .from = ACL_WORKSTATION, .sport = 53, .dport = 7000);
	CHECK(s, acl_tally(s, 3, 0, 2, bytes));
	CHECK(s, acl_tally(s, 5, 0, 2, bytes));
	CHECK(s, acl_tally(s, 1, 0, 0, 0));
	/* Denied, it stays all the same; nobody counts it. */
	world_apply(s->w, policy_shut, keeping);
	acl_tally_begin(s);
	ACL_SAY(s, .fill = 40);
	ACL_SAY(s, .from = ACL_WORKSTATION, .sport = 53, .dport = 7000);
	CHECK(s, acl_tally_none(s));
	world_apply(s->w, policy_first, keeping);
	acl_tally_begin(s);
	bytes = ACL_SAY(s, .fill = 40);
	CHECK(s, acl_tally(s, 1, 0, 1, bytes));
}

static void judged_flow_counts_for_its_line_of_now(struct scenario *s)
{
	__u64 bytes;

	ACL_SAY(s, .opens = true, .line = 1);
	ACL_SAY(s, .from = ACL_WORKSTATION, .sport = 53, .dport = 7000,
		.events = EVENT(CONN_CREATED));
	world_apply(s->w, policy_third, NULL);
	acl_tally_begin(s);
	bytes = ACL_SAY(s, .from = ACL_WORKSTATION, .sport = 53, .dport = 7000);
	CHECK(s, acl_tally(s, 3, 0, 1, bytes));
	CHECK(s, acl_tally(s, 5, 0, 1, bytes));
}

/* ---- TCP flags ---- */

static const char policy_flags[] = INTERFACES
	"access-list enter deny tcp any4 any4 match-all +psh +urg\n"
	"access-list enter deny tcp any6 any6 match-all +psh +urg\n"
	"access-list enter permit tcp any4 any4 established\n"
	"access-list enter permit tcp any6 any6 established\n"
	"access-list enter permit tcp any4 any4 match-all +syn -psh\n"
	"access-list enter permit tcp any6 any6 match-all +syn -psh\n"
	"access-group enter in interface outside\n";

#define URG 0x20
#define PSH TCP_PSH

static void picking_up(struct policy_image *image)
{
	image->config.pick_up_until_ns = ~0ull;
}

static void flags_decide(struct scenario *s)
{
	ACL_SAY(s, CLIENT_TCP(0, -500, SYN | PSH | URG), .line = 1,
		.result = PH_DROP_ACL_DENY);
	ACL_SAY(s, CLIENT_TCP(0, -500, SYN | PSH), .result = PH_DROP_ACL_IMPLICIT);
	ACL_SAY(s, CLIENT_TCP(0, -500, SYN | URG), .opens = true, .line = 5);
	ACL_SAY(s, CLIENT_TCP(9, 9, ACK | PSH), .sport = 7001, .opens = true, .line = 3,
		.events = EVENT(CONN_PICKED_UP));
	CHECK_TABLES(s, 2, 0);
}

/* Judged again, both are as their first packets were. */
static void flags_of_the_first_packet_decide_again(struct scenario *s)
{
	static const char established[] = INTERFACES
		"access-list enter permit tcp any4 any4 established\n"
		"access-list enter permit tcp any6 any6 established\n"
		"access-group enter in interface outside\n";

	ACL_SAY(s, CLIENT_TCP(0, -500, SYN), .opens = true, .line = 5);
	ACL_SAY(s, CLIENT_TCP(9, 9, ACK), .sport = 7001, .opens = true, .line = 3,
		.events = EVENT(CONN_PICKED_UP));
	world_apply(s->w, established, picking_up);
	ACL_SAY(s, CLIENT_TCP(9, 9, ACK), .sport = 7001);
	ACL_SAY(s, SERVER_TCP(0, 1, SYN_ACK), .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 1, 0);
}

/* ---- fragments ---- */

#define LATER .fill = 1000, .off = 400, .piece = 400
#define FIRST .fill = 1000, .piece = 400

static const char policy_no_fragments[] = INTERFACES
	"access-list enter deny udp any4 any4 fragments\n"
	"access-list enter deny udp any6 any6 fragments\n"
	"access-list enter permit udp any4 any4\n"
	"access-list enter permit udp any6 any6\n"
	"access-group enter in interface outside\n";

static const char policy_no_fragments_at_all[] = INTERFACES
	"access-list enter deny udp any4 any4 fragments\n"
	"access-list enter deny udp any6 any6 fragments\n"
	"access-list enter permit udp any4 any4\n"
	"access-list enter permit udp any6 any6\n"
	"access-group enter global\n";

static const char policy_no_fragments_here[] = INTERFACES
	"access-list enter deny udp any4 any4 fragments\n"
	"access-list enter deny udp any6 any6 fragments\n"
	"access-list enter permit udp any4 any4\n"
	"access-list enter permit udp any6 any6\n"
	"access-group enter in interface outside control-plane\n";

static void fragments_line_denies_later_ones(struct scenario *s)
{
	__u64 bytes;

	ACL_SAY(s, FIRST, .opens = true, .line = 3);
	acl_tally_begin(s);
	bytes = ACL_SAY(s, LATER, .line = 1, .result = PH_DROP_ACL_DENY);
	CHECK(s, acl_tally(s, 1, 1, 1, bytes));
	CHECK(s, acl_tally(s, 3, 0, 0, 0));
	/* Without its first it is refused for that. */
	ACL_SAY(s, LATER, .sport = 1, .from = ACL_WORKSTATION,
		.result = PH_DROP_FRAGMENT_NO_FIRST, .opens = true);
}

static void fragments_line_binds_this_machine(struct scenario *s)
{
	ACL_SAY(s, FIRST, .to = ACL_BOX, .line = 3, .events = EVENT(FRAGMENT_FIRST));
	ACL_SAY(s, LATER, .to = ACL_BOX, .line = 1, .result = PH_DROP_ACL_DENY);
}

/* The first line that matches it decides: ports match none, all else does. */
static const char policy_ports_first[] = INTERFACES
	"access-list enter permit udp any4 any4 eq domain\n"
	"access-list enter permit udp any6 any6 eq domain\n"
	"access-list enter deny ip any4 any4\n"
	"access-list enter deny ip any6 any6\n"
	"access-list enter deny ip any4 any4 fragments\n"
	"access-list enter deny ip any6 any6 fragments\n"
	"access-group enter in interface outside\n";

static const char policy_permitted_first[] = INTERFACES
	"access-list enter permit udp any4 any4\n"
	"access-list enter permit udp any6 any6\n"
	"access-list enter deny ip any4 any4 fragments\n"
	"access-list enter deny ip any6 any6 fragments\n"
	"access-group enter in interface outside\n";

static void later_one_follows_its_first(struct scenario *s)
{
	__u64 bytes;

	acl_tally_begin(s);
	bytes = ACL_SAY(s, FIRST, .opens = true, .line = 1);
	bytes += ACL_SAY(s, LATER);
	CHECK(s, acl_tally(s, 1, 1, 2, bytes));
}

/* ---- generations ---- */

static void each_generation_asks_its_own_image(struct scenario *s)
{
	__u16 port = 8000;

	for (int i = 0; i < 2; i++) {
		world_apply(s->w, policy_shut, NULL);
		ACL_SAY(s, .sport = port++, .line = 1, .result = PH_DROP_ACL_DENY);
		world_apply(s->w, policy_first, NULL);
		ACL_SAY(s, .sport = port++, .opens = true, .line = 1);
		ACL_SAY(s, .sport = port++, .dport = 54, .result = PH_DROP_ACL_IMPLICIT);
	}
}

/* As the loader writes the next one beside it. */
static void the_other_half_is_never_read(struct scenario *s)
{
	struct bpf_map *const maps[] = {
		s->w->skel->maps.acl_words,
		s->w->skel->maps.acl_rules4,
		s->w->skel->maps.acl_rules6,
		s->w->skel->maps.acl_lines,
	};

	world_apply(s->w, policy_first, NULL);
	for (unsigned int i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		__u32 half = bpf_map__max_entries(maps[i]) / 2;
		__u32 first = (s->w->generation & 1) ? 0 : half;
		__u8 garbage[64];

		memset(garbage, 0xff, sizeof(garbage));
		for (__u32 n = 0; n < 128; n++) {
			__u32 index = first + n;

			if (bpf_map_update_elem(bpf_map__fd(maps[i]), &index, garbage, 0))
				TAP_BAIL("the other half");
		}
	}
	ACL_SAY(s, .opens = true, .line = 1);
	ACL_SAY(s, .dport = 54, .result = PH_DROP_ACL_IMPLICIT);
	world_apply(s->w, policy_shut, NULL);
	ACL_SAY(s, .dport = 54, .line = 1, .result = PH_DROP_ACL_DENY);
}

#define ACL(run, promise, policy_, ...) \
	SCENARIO(run, promise, .policy = (policy_), .both = true, ##__VA_ARGS__)

static const struct scenario_entry entries[] = {
	ACL(both_ways_count_for_both_lists,
	    "packets of both directions count for the lines in and out", policy_counted),
	ACL(both_ways_count_for_both_lists,
	    "packets of both directions count for the global list's line",
	    policy_counted_all),
	ACL(what_is_denied_counts, "what a line denies counts, packet by packet",
	    policy_counted),
	ACL(what_is_denied_counts, "what the global list denies counts",
	    policy_counted_all),
	ACL(tcp_counts_to_its_end, "of TCP all counts, and nothing that is refused",
	    policy_counted),
	ACL(refused_flow_counts_whole, "the RST of a refused flow counts",
	    policy_counted),
	ACL(fragments_count_for_the_line_of_their_first,
	    "fragments count for the lines of their first", policy_counted),
	ACL(box_counts_packet_by_packet, "the control-plane list's lines count packets",
	    policy_counted_box, .tc_only = true),
	ACL(kept_flow_counts_for_its_line_of_now,
	    "a flow that is kept counts for the line that it would meet now",
	    policy_first),
	ACL(judged_flow_counts_for_its_line_of_now,
	    "a flow that is judged again counts for the lines that admit it now",
	    policy_first),
	ACL(flags_decide, "lines tell TCP flags", policy_flags, .tweak = picking_up),
	ACL(flags_of_the_first_packet_decide_again,
	    "who is judged again is judged by the flags of its first packet",
	    policy_flags, .tweak = picking_up),
	ACL(fragments_line_denies_later_ones,
	    "a line with `fragments` denies later ones, and them only",
	    policy_no_fragments),
	ACL(fragments_line_denies_later_ones,
	    "a line with `fragments` of the global list does",
	    policy_no_fragments_at_all),
	ACL(fragments_line_binds_this_machine,
	    "a line with `fragments` of the control-plane list does",
	    policy_no_fragments_here, .tc_only = true),
	ACL(later_one_follows_its_first,
	    "a later fragment follows its first past lines with ports",
	    policy_ports_first),
	ACL(later_one_follows_its_first, "a line before the one with `fragments` decides",
	    policy_permitted_first),
	ACL(each_generation_asks_its_own_image, "each generation asks its own image",
	    policy_first),
	ACL(the_other_half_is_never_read,
	    "what is written beside the image in force changes nothing", policy_first),
};

void scenarios_acl(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
