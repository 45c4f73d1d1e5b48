// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_nat_hits.c - what translations count: once for each connection, at the end
 * that they translate, and nothing else.
 */
#include "tests/datapath/nat_talk.h"

#define PERMIT_ALL                            \
	"access-list out permit ip any any\n" \
	"access-group out in interface outside\n"

/* By their indexes. */
enum { PLAIN_SERVER = 0, PLAIN_NETWORK, PLAIN_ITSELF };

static const char policy_plain[] = INTERFACES
	"access-list out deny tcp any any eq 81\n" PERMIT_ALL STATIC_SERVER
	"static (inside,outside) 203.0.113.128 10.0.0.128 netmask 255.255.255.192\n"
	"static (inside,outside) " WORKSTATION " " WORKSTATION "\n"
	"fixup protocol ftp 21\n";

/* What has been counted, and should have been. */
static struct nat_hits expected[WORLD_MAX_NATS];

static void begin(const struct scenario *s)
{
	world_nat_hits(s->w, expected);
}

/* Translation @index has counted these since the last check, and no other anything. */
static bool has_counted(const struct scenario *s, unsigned int index,
			unsigned int translated, unsigned int untranslated)
{
	struct nat_hits now[WORLD_MAX_NATS];
	bool ok = true;

	expected[index].translated += translated;
	expected[index].untranslated += untranslated;
	world_nat_hits(s->w, now);
	for (unsigned int i = 0; i < WORLD_MAX_NATS; i++) {
		if (!memcmp(&now[i], &expected[i], sizeof(now[i])))
			continue;
		tap_note("translation %u: %llu translated, %llu untranslated; expected "
			 "%llu and %llu",
			 i, now[i].translated, now[i].untranslated,
			 expected[i].translated, expected[i].untranslated);
		ok = false;
	}
	memcpy(expected, now, sizeof(expected));
	return ok;
}

#define COUNTED_NOTHING(s) CHECK(s, has_counted(s, 0, 0, 0))

/* ---- plain statics ---- */

static void a_connection_counts_once(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 22, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 2);
	CHECK(s, has_counted(s, PLAIN_SERVER, 0, 1));
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 22, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .known = true);
	STEP(s, SEGMENT(SERVER, 22, CLIENT, 40000, SYN_ACK), GOES_OUT, .known = true,
	     .new_src = MAPPED);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 22, ACK), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .known = true, .events = EVENT(CONN_CREATED));
	COUNTED_NOTHING(s);
	STEP(s, SEGMENT(CLIENT, 40001, MAPPED, 22, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 2);
	CHECK(s, has_counted(s, PLAIN_SERVER, 0, 1));
}

static void who_begins_is_translated(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(SERVER, 4000, CLIENT, 80, SYN), GOES_OUT, .new_src = MAPPED);
	CHECK(s, has_counted(s, PLAIN_SERVER, 1, 0));
	STEP(s, SEGMENT(CLIENT, 80, MAPPED, 4000, SYN_ACK), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .known = true);
	COUNTED_NOTHING(s);
	STEP(s, PACKET(IPPROTO_UDP, NET_REAL, 4000, CLIENT, 53), GOES_OUT,
	     .new_src = NET_MAPPED);
	CHECK(s, has_counted(s, PLAIN_NETWORK, 1, 0));
}

static void identity_counts_too(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(WORKSTATION, 4000, CLIENT, 80, SYN), GOES_OUT);
	CHECK(s, has_counted(s, PLAIN_ITSELF, 1, 0));
	STEP(s, SEGMENT(CLIENT, 40000, WORKSTATION, 80, SYN), GOES_IN, .next_hop = 20,
	     .line = 2, .events = EVENT(NAT_UNTRANSLATED));
	CHECK(s, has_counted(s, PLAIN_ITSELF, 0, 1));
}

static void what_is_dropped_counts_nothing(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 81, SYN), .result = PH_DROP_ACL_DENY,
	     .line = 1);
	STEP(s, SEGMENT(CLIENT, 40000, SERVER, 22, SYN), .result = PH_DROP_NAT_REVERSE);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 22, ACK), .result = PH_DROP_TCP_NOT_SYN);
	COUNTED_NOTHING(s);
}

static void what_nothing_translates_counts_nothing(struct scenario *s)
{
	begin(s);
	STEP(s, PACKET(IPPROTO_UDP, CLIENT, 4000, DMZ_HOST, 53), .result = PH_FORWARD,
	     .out = DEV_DMZ, .next_hop = 10, .line = 2);
	COUNTED_NOTHING(s);
}

/* XDP leaves it to TC, which counts it. */
static void inspected_ones_count_once(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(CLIENT, 40000, MAPPED, 21, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .line = 2, .xdp = PH_PASS_UP);
	CHECK(s, has_counted(s, PLAIN_SERVER, 0, s->hook == HOOK_TC));
}

static void echoes_count_once(struct scenario *s)
{
	begin(s);
	for (int i = 0; i < 2; i++)
		STEP(s,
		     .frame = {.proto = IPPROTO_ICMP,
			       .icmp_type = 8,
			       .icmp_id = 7,
			       .src = CLIENT,
			       .dst = MAPPED},
		     GOES_IN, .next_hop = 10, .new_dst = SERVER, .line = i ? 0 : 2,
		     .known = i);
	CHECK(s, has_counted(s, PLAIN_SERVER, 0, 1));
}

/* ---- rules ---- */

enum {
	RULE_EXEMPT = 0,
	RULE_PORT,
	RULE_RANGE,
	RULE_PORT_AGAIN,
	RULE_UDP,
	RULE_SERVER,
	RULE_ONE_WAY
};

static void the_rule_that_holds_counts(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .line = 1);
	CHECK(s, has_counted(s, RULE_PORT, 0, 1));
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 40000, SYN_ACK), GOES_OUT, .known = true,
	     .new_src = OUR_OUTSIDE, .new_sport = 8080);
	COUNTED_NOTHING(s);
	STEP(s, SEGMENT(SERVER, 80, CLIENT, 9999, SYN), GOES_OUT, .new_src = OUR_OUTSIDE,
	     .new_sport = 8080);
	CHECK(s, has_counted(s, RULE_PORT, 1, 0));
	STEP(s, SEGMENT(SERVER, 81, CLIENT, 9999, SYN), GOES_OUT, .new_src = MAPPED);
	CHECK(s, has_counted(s, RULE_SERVER, 1, 0));
	STEP(s, PACKET(IPPROTO_UDP, CLIENT, 40000, MAPPED, 53), GOES_IN, .next_hop = 20,
	     .new_dst = WORKSTATION, .new_dport = 5353, .line = 1);
	CHECK(s, has_counted(s, RULE_UDP, 0, 1));
}

static void exemptions_count_too(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(REMOTE, 40000, SERVER, 80, SYN), GOES_IN, .next_hop = 10,
	     .line = 1);
	CHECK(s, has_counted(s, RULE_EXEMPT, 0, 1));
	STEP(s, SEGMENT(SERVER, 81, REMOTE, 9999, SYN), .in = DEV_INSIDE,
	     .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 0xfe);
	CHECK(s, has_counted(s, RULE_EXEMPT, 1, 0));
}

static void one_way_counts_one_way(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(CLIENT, 80, ONE_WAY, 4000, SYN), .result = PH_DROP_SAME_SECURITY);
	COUNTED_NOTHING(s);
	STEP(s, SEGMENT(WORKSTATION, 4000, CLIENT, 80, SYN), GOES_OUT,
	     .new_src = ONE_WAY);
	CHECK(s, has_counted(s, RULE_ONE_WAY, 1, 0));
	STEP(s, SEGMENT(CLIENT, 80, ONE_WAY, 4000, SYN_ACK), GOES_IN, .next_hop = 20,
	     .new_dst = WORKSTATION, .known = true);
	COUNTED_NOTHING(s);
}

/* Both see to it: here they are rules 1 and 3. */
static void both_ends_are_counted(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(WORKSTATION, 4000, SEEN_INSIDE, 80, SYN), GOES_OUT,
	     .new_src = HIDDEN, .new_dst = CLIENT);
	expected[1].translated++;
	CHECK(s, has_counted(s, 3, 0, 1));
	STEP(s, SEGMENT(CLIENT, 40000, HIDDEN, 23, SYN), GOES_IN, .next_hop = 20,
	     .new_src = SEEN_INSIDE, .new_dst = WORKSTATION, .line = 1);
	expected[3].translated++;
	CHECK(s, has_counted(s, 1, 0, 1));
	/* To another peer it is itself. */
	STEP(s, SEGMENT(WORKSTATION, 4000, REMOTE, 80, SYN), .in = DEV_INSIDE,
	     .result = PH_FORWARD, .out = DEV_OUTSIDE, .next_hop = 0xfe);
	COUNTED_NOTHING(s);
}

/* Seen as the host in the DMZ, which keeps its own address. */
static void put_one_way_twin(struct policy_image *image)
{
	static const struct nat_rule_text rules[] = {
		{.real_if = IF_INSIDE,
		 .mapped_if = IF_OUTSIDE,
		 .real = WORKSTATION,
		 .mapped = DMZ_HOST,
		 .one_way = true},
	};

	nat_rules_put(image, rules, 1);
}

static void one_way_counts_no_twin(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(CLIENT, 40000, DMZ_HOST, 80, SYN), .result = PH_FORWARD,
	     .out = DEV_DMZ, .next_hop = 10, .line = 1);
	COUNTED_NOTHING(s);
}

/* Of rules that nobody counts, too. */
static void put_uncounted(struct policy_image *image)
{
	nat_put_ports(image);
	for (size_t i = 0; i < image->n_nat_rules; i++)
		image->nat_rules[i].translation = POLICY_NO_TRANSLATION;
}

static void what_has_no_counter_passes(struct scenario *s)
{
	begin(s);
	STEP(s, SEGMENT(CLIENT, 40000, OUR_OUTSIDE, 8080, SYN), GOES_IN, .next_hop = 10,
	     .new_dst = SERVER, .new_dport = 80, .line = 1);
	STEP(s, SEGMENT(SERVER, 81, CLIENT, 9999, SYN), GOES_OUT, .new_src = MAPPED);
	COUNTED_NOTHING(s);
}

#define PLAIN(run, promise) \
	SCENARIO(run, "translations count: " promise, .policy = policy_plain)
#define RULES(run, promise, tweak_)                                               \
	SCENARIO(run, "translations count: " promise, .policy = nat_policy_ports, \
		 .tweak = (tweak_))

static const struct scenario_entry entries[] = {
	PLAIN(a_connection_counts_once, "a connection once"),
	PLAIN(who_begins_is_translated, "who begins, as translated"),
	PLAIN(identity_counts_too, "who stays as he is"),
	PLAIN(what_is_dropped_counts_nothing, "nothing that is dropped"),
	PLAIN(what_nothing_translates_counts_nothing, "nothing of others"),
	PLAIN(inspected_ones_count_once, "inspected ones once, at TC"),
	PLAIN(echoes_count_once, "echoes once"),
	RULES(the_rule_that_holds_counts, "the rule that holds", nat_put_ports),
	RULES(exemptions_count_too, "exemptions", nat_put_ports),
	RULES(one_way_counts_one_way, "one way, what the host began", nat_put_ports),
	RULES(one_way_counts_no_twin, "one way, nobody who has the address",
	      put_one_way_twin),
	RULES(both_ends_are_counted, "both ends", nat_put_twice),
	RULES(what_has_no_counter_passes, "no one, where no counter is left",
	      put_uncounted),
};

void scenarios_nat_hits(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
