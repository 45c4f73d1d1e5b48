// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_policy.c - one policy gives way to the next; and what happens
 * where tables are missing: nothing is admitted.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/talk.h"

#define GROUP "access-group out in interface outside\n"

/* The same permission by another line. */
static const char policy_rewritten[] = INTERFACES
	"access-list out permit udp any host " MAPPED " eq domain\n"
	"access-list out permit icmp any host " MAPPED "\n"
	"access-list out permit tcp any host " MAPPED " gt 900\n" GROUP STATIC_SERVER;

static const char policy_denying[] = INTERFACES
	"access-list out deny tcp any any eq 990\n"
	"access-list out deny icmp any any\n"
	"access-list out permit ip any any\n" GROUP STATIC_SERVER;

static const char policy_renumbered[] = INTERFACES
	"access-list out permit ip any any\n" GROUP
	"static (inside,outside) 203.0.113.11 " SERVER " netmask 255.255.255.255\n";

static const char policy_untranslated[] = INTERFACES
	"access-list out permit ip any any\n" GROUP;

static const char policy_levels_only[] = INTERFACES STATIC_SERVER;

static const char policy_turned_round[] =
	"interface out0\n nameif outside\n security-level 100\n"
	"interface in0\n nameif inside\n security-level 0\n";

static const char policy_without_inside[] =
	"interface out0\n nameif outside\n security-level 0\n"
	"access-list out permit ip any any\n" GROUP;

static void before_the_first_policy_nothing_is_touched(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), .result = PH_TO_BOX);
	STEP(s, SERVER_SENDS(SYN), .in = DEV_INSIDE, .result = PH_TO_BOX);
	STEP(s, .frame = {.src = CLIENT, .dst = MAPPED, .ethertype = ETH_P_ARP},
	     .result = PH_TO_BOX);
	STEP(s, .frame = {.src = CLIENT, .dst = OUR_OUTSIDE, .proto = IPPROTO_TCP},
	     .result = PH_TO_BOX);
	CHECK_TABLES(s, 0, 0);
}

static void still_permitted_goes_on(struct scenario *s)
{
	struct conn before, after;

	HANDSHAKE(s);
	CHECK(s, world_find(s->w, TABLE_CONNS, &talk_flow, &before));
	world_apply(s->w, policy_rewritten, NULL);
	CLIENT_SAYS(s, ACK);
	CHECK(s, world_find(s->w, TABLE_CONNS, &talk_flow, &after));
	CHECK(s, after.id == before.id && after.generation == before.generation + 1);
	SERVER_SAYS(s, ACK);
	CHECK_TABLES(s, 0, 1);
}

static void the_answer_is_judged_as_the_question(struct scenario *s)
{
	HANDSHAKE(s);
	world_apply(s->w, policy_rewritten, NULL);
	SERVER_SAYS(s, ACK); /* by the outside list, not by the inside's levels */
	world_apply(s->w, policy_denying, NULL);
	STEP(s, SERVER_SENDS(ACK), .in = DEV_INSIDE, .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

static void now_denied_is_removed(struct scenario *s)
{
	HANDSHAKE(s);
	world_apply(s->w, policy_denying, NULL);
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_TCP_NOT_SYN);
	STEP(s, CLIENT_SENDS(SYN), .result = PH_DROP_ACL_DENY, .line = 1);
}

static void two_policies_later_is_judged_by_the_last(struct scenario *s)
{
	HANDSHAKE(s);
	world_apply(s->w, policy_rewritten, NULL);
	world_apply(s->w, policy_denying, NULL); /* the first one's slot again */
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

static void half_open_is_judged_again(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .line = LINE_FTPS);
	world_apply(s->w, policy_denying, NULL);
	STEP(s, SERVER_SENDS(SYN_ACK), .in = DEV_INSIDE,
	     .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

static void echo_is_judged_again(struct scenario *s)
{
	const struct frame ask = {.src = CLIENT,
				  .dst = MAPPED,
				  .proto = IPPROTO_ICMP,
				  .icmp_type = 8,
				  .icmp_id = 3};
	const struct frame answer = {
		.src = SERVER, .dst = CLIENT, .proto = IPPROTO_ICMP, .icmp_id = 3};

	STEP(s, .frame = ask, TO_SERVER, .line = LINE_ECHO);
	world_apply(s->w, policy_rewritten, NULL);
	STEP(s, .frame = answer, TO_CLIENT, .known = true, .events = EVENT(CONN_CREATED));
	world_apply(s->w, policy_denying, NULL);
	STEP(s, .frame = answer, .in = DEV_INSIDE, .result = PH_DROP_POLICY_CHANGED);
}

static void translated_otherwise_is_removed(struct scenario *s)
{
	HANDSHAKE(s);
	world_apply(s->w, policy_renumbered, NULL);
	STEP(s, SERVER_SENDS(ACK), .in = DEV_INSIDE, .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

static void caller_translated_otherwise_is_removed(struct scenario *s)
{
	STEP(s, SERVER_SENDS(SYN), TO_CLIENT);
	world_apply(s->w, policy_renumbered, NULL);
	STEP(s, SERVER_SENDS(SYN), .in = DEV_INSIDE, .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

static void translated_no_more_is_removed(struct scenario *s)
{
	HANDSHAKE(s);
	world_apply(s->w, policy_untranslated, NULL);
	STEP(s, SERVER_SENDS(ACK), .in = DEV_INSIDE, .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

static void calls_out_are_judged_by_levels_again(struct scenario *s)
{
	const struct frame syn = {.src = WORKSTATION,
				  .dst = CLIENT,
				  .proto = IPPROTO_TCP,
				  .sport = 999,
				  .dport = 80};
	const struct frame syn_ack = {.src = CLIENT,
				      .dst = WORKSTATION,
				      .proto = IPPROTO_TCP,
				      .sport = 80,
				      .dport = 999,
				      .flags = SYN_ACK};

	STEP(s, .frame = syn, .in = DEV_INSIDE, .result = PH_FORWARD, .out = DEV_OUTSIDE,
	     .next_hop = 50);
	world_apply(s->w, policy_turned_round, NULL);
	STEP(s, .frame = syn_ack, .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

static void interface_gone_stops_its_connections(struct scenario *s)
{
	HANDSHAKE(s);
	world_apply(s->w, policy_without_inside, NULL);
	STEP(s, SERVER_SENDS(ACK), .in = DEV_INSIDE, .result = PH_TO_BOX);
	STEP(s,
	     .frame = {.src = CLIENT,
		       .dst = SERVER,
		       .proto = IPPROTO_TCP,
		       .sport = 40000,
		       .dport = 990,
		       .flags = ACK},
	     .result = PH_DROP_EGRESS_NO_INTERFACE);
}

/* ---- failing closed ----------------------------------------------------- */

static void remove_inner(struct world *w, const struct bpf_map *outer)
{
	__u32 slot = w->generation & 1;

	w->text = NULL;
	if (bpf_map_delete_elem(bpf_map__fd(outer), &slot))
		TAP_BAIL("%s has no table in slot %u", bpf_map__name(outer), slot);
}

static void without_interfaces_nothing_passes(struct scenario *s)
{
	remove_inner(s->w, s->w->skel->maps.ifaces);
	memset(s->w->stat_slot, 0, sizeof(s->w->stat_slot));
	STEP(s, CLIENT_SENDS(SYN), .result = PH_DROP_INTERNAL);
}

static void no_image(struct policy_image *image)
{
	image->acl.n_words = 0;
}

static void without_an_image_nothing_passes(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), .result = PH_DROP_ACL_BOUND);
	CHECK_TABLES(s, 0, 0);
}

static void without_statics_nothing_passes(struct scenario *s)
{
	remove_inner(s->w, s->w->skel->maps.nat_in);
	remove_inner(s->w, s->w->skel->maps.nat_out);
	STEP(s, CLIENT_SENDS(SYN), .result = PH_DROP_SAME_SECURITY);
	CHECK_TABLES(s, 0, 0);
}

/* A list of no family, as of `access-group` with an empty list. */
static void list_without_a_line(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++)
		if (image->ifaces[i].config.flags & IFACE_F_ACL_IN)
			image->ifaces[i].config.acl_in = (struct acl_root){0, 0};
}

static void without_a_line_nothing_matches(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), .result = PH_DROP_ACL_IMPLICIT);
	CHECK_TABLES(s, 0, 0);
}

static void without_xdp(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++)
		image->ifaces[i].config.flags &= ~IFACE_F_XDP;
}

static void device_without_xdp_is_left_to_tc(struct scenario *s)
{
	STEP(s, CLIENT_SENDS(SYN), TO_SERVER, .xdp = PH_PASS_UP, .line = LINE_FTPS);
	CHECK_TABLES(s, s->hook == HOOK_TC, 0);
	STEP(s, CLIENT_SENDS(ACK),
	     .result = s->hook == HOOK_TC ? PH_DROP_TCP_HANDSHAKE : PH_DROP_TCP_NOT_SYN);
}

static void device_missing_from_the_devmap(struct scenario *s)
{
	int fd = bpf_map__fd(s->w->skel->maps.tx_devs);
	__u32 ifindex = s->w->ifindex[DEV_INSIDE];
	const struct packet_row row = {CLIENT_SENDS(SYN)};
	struct counters before, after;
	__u8 bytes[FRAME_MAX_BYTES];
	struct world_run got;
	size_t len;

	CHECK(s, !bpf_map_delete_elem(fd, &ifindex));
	len = frame_build(&row.frame, 1, bytes);
	world_counters(s->w, &before);
	CHECK(s, !world_ingress(s->w, HOOK_XDP, DEV_OUTSIDE, bytes, len, &got));
	world_counters(s->w, &after);
	CHECK(s, got.action == XDP_DROP);
	CHECK(s, after.drops[PH_DROP_INTERNAL - PH_DROP_FIRST].packets ==
			 before.drops[PH_DROP_INTERNAL - PH_DROP_FIRST].packets + 1);
	CHECK(s, !bpf_map_update_elem(fd, &ifindex, &ifindex, BPF_ANY));
}

static const struct scenario_entry before_any[] = {
	SCENARIO(before_the_first_policy_nothing_is_touched,
		 "before the first policy nothing is touched"),
};

static const struct scenario_entry entries[] = {
	SCENARIO(still_permitted_goes_on,
		 "a connection that the next policy permits goes on uncounted",
		 .policy = policy_table),
	SCENARIO(the_answer_is_judged_as_the_question,
		 "a connection's answers are judged again as its first packet was",
		 .policy = policy_table),
	SCENARIO(now_denied_is_removed,
		 "a connection that the next policy denies is removed",
		 .policy = policy_table),
	SCENARIO(two_policies_later_is_judged_by_the_last,
		 "a connection that slept through a policy is judged by the one in force",
		 .policy = policy_table),
	SCENARIO(half_open_is_judged_again,
		 "a half-open entry that the next policy denies is removed",
		 .policy = policy_table),
	SCENARIO(echo_is_judged_again, "an echo flow is judged again as a request",
		 .policy = policy_table),
	SCENARIO(translated_otherwise_is_removed,
		 "a connection whose host has another mapped address is removed",
		 .policy = policy_table),
	SCENARIO(caller_translated_otherwise_is_removed,
		 "a connection whose caller has another mapped address is removed",
		 .policy = policy_table),
	SCENARIO(translated_no_more_is_removed,
		 "a connection whose host is translated no more is removed",
		 .policy = policy_table),
	SCENARIO(calls_out_are_judged_by_levels_again,
		 "a connection that levels admitted is judged by the new levels",
		 .policy = policy_table),
	SCENARIO(interface_gone_stops_its_connections,
		 "connections stop with their interface", .policy = policy_table),
	SCENARIO(without_interfaces_nothing_passes,
		 "fails closed: no table of interfaces", .policy = policy_table),
	SCENARIO(without_an_image_nothing_passes,
		 "fails closed: no image of the access lists", .policy = policy_table,
		 .tweak = no_image),
	SCENARIO(without_statics_nothing_passes,
		 "fails closed: no table of statics, no list, back out of the same side",
		 .policy = policy_levels_only),
	SCENARIO(without_a_line_nothing_matches,
		 "fails closed: a list without a line denies", .policy = policy_table,
		 .tweak = list_without_a_line),
	SCENARIO(device_without_xdp_is_left_to_tc,
		 "what leaves by a device without XDP is left to TC, without a trace",
		 .policy = policy_table, .tweak = without_xdp),
	SCENARIO(device_missing_from_the_devmap,
		 "fails closed: a device missing from the device map",
		 .policy = policy_table, .xdp_only = true),
};

void scenarios_policy(struct world *w)
{
	CHECK_SCENARIOS(w, before_any);
	CHECK_SCENARIOS(w, entries);
}
