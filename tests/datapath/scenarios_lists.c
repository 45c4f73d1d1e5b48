// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_lists.c - which lists a packet meets on its way, and what decides
 * where there is none: lists in, out, global and of this machine, security
 * levels, the reverse path, and the switches.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/converse.h"
#include "tests/datapath/network.h"

#define DMZ_HOST6 "2001:db8:2::10"

/* Who there is, by family. */
struct place {
	const char *addr[2];
	enum dev dev;
	__u8 mac;
};

static const struct place client = {{CLIENT, CLIENT6}, DEV_OUTSIDE, 50};
static const struct place remote = {{REMOTE, REMOTE6}, DEV_OUTSIDE, 254};
static const struct place server = {{SERVER, SERVER6}, DEV_INSIDE, 10};
static const struct place mapped = {{MAPPED, MAPPED6}, DEV_OUTSIDE, 0};
static const struct place workstation = {{WORKSTATION, WORKSTATION6}, DEV_INSIDE, 20};
static const struct place our_outside = {{OUR_OUTSIDE, OUR_OUTSIDE6}, DEV_OUTSIDE, 0};

/* A packet, and what is expected of it besides that it is forwarded. */
struct sends {
	const struct place *from;
	const struct place *to;
	enum dev in; /* not where the sender lives, if it is forged */
	bool forged;
	__u8 proto; /* 0: UDP */
	__u8 flags;
	__u8 icmp_type;
	__u16 sport;	       /* 0: 7000 */
	__u16 dport;	       /* 0: 53 */
	enum ph_reason result; /* 0: forwarded */
	enum ph_reason xdp;
	unsigned int line; /* of IPv4; IPv6's is the next */
	unsigned int line_also;
	bool known;
	__u64 events;
};

static struct frame_v6 frame_of(const struct scenario *s, const struct sends *p)
{
	__u8 proto = p->proto ? p->proto : IPPROTO_UDP;

	if (s->v6 && proto == IPPROTO_ICMP)
		proto = IPPROTO_ICMPV6;
	return (struct frame_v6){.src = p->from->addr[s->v6],
				 .dst = p->to->addr[s->v6],
				 .proto = proto,
				 .sport = p->sport ? p->sport : 7000,
				 .dport = p->dport ? p->dport : 53,
				 .flags = p->flags,
				 .icmp_type = p->icmp_type,
				 .icmp_rest = 7 << 16 | 1,
				 .fill = 21};
}

static struct frame frame4_of(const struct frame_v6 *f)
{
	return (struct frame){.src = f->src,
			      .dst = f->dst,
			      .proto = f->proto,
			      .sport = f->sport,
			      .dport = f->dport,
			      .flags = f->flags,
			      .icmp_type = f->icmp_type,
			      .icmp_id = f->icmp_rest >> 16,
			      .fill = f->fill};
}

static void check_send(struct scenario *s, const struct sends *p, int at)
{
	const struct frame_v6 f = frame_of(s, p);
	const struct place *to = p->to == &mapped ? &server : p->to;
	struct packet_row row = {.frame = frame4_of(&f),
				 .v6 = s->v6 ? &f : NULL,
				 .in = p->forged ? p->in : p->from->dev,
				 .result = p->result,
				 .xdp = p->xdp,
				 .known = p->known,
				 .events = p->events};

	row.line = p->line ? DUAL_LINE(p->line, s->v6) : 0;
	row.line_also = p->line_also ? DUAL_LINE(p->line_also, s->v6) : 0;
	if (!p->result) {
		row.result = PH_FORWARD;
		row.out = to->dev;
		row.next_hop = to->mac;
		if (p->to == &mapped)
			row.new_dst = server.addr[s->v6];
		if (p->from == &server && to->dev == DEV_OUTSIDE)
			row.new_src = mapped.addr[s->v6];
	}
	/* For this machine: XDP passes it up, and counts nothing. */
	if (check_row(s->w, s->hook, &row))
		return;
	tap_note("  in the packet of line %d", at);
	s->ok = false;
}

#define SENDS(s, from_, to_, ...)                                                        \
	check_send((s),                                                                  \
		   &(const struct sends){.from = &(from_), .to = &(to_), ##__VA_ARGS__}, \
		   __LINE__)

/* ---- out ------------------------------------------------------------------ */

/* Lines 1 and 2: in; 3 to 6: out of outside; 7 and 8: out of inside. */
static const char policy_out[] = INTERFACES
	"access-list enter permit udp any4 any4\n"
	"access-list enter permit udp any6 any6\n"
	"access-list leave deny udp any4 any4 eq 99\n"
	"access-list leave deny udp any6 any6 eq 99\n"
	"access-list leave permit udp host " SERVER " any4 eq domain\n"
	"access-list leave permit udp host " SERVER6 " any6 eq domain\n"
	"access-list reach permit udp any4 host " SERVER " eq domain\n"
	"access-list reach permit udp any6 host " SERVER6 " eq domain\n"
	"access-group enter in interface outside\n"
	"access-group leave out interface outside\n"
	"access-group reach out interface inside\n" DUAL_STATICS;

static void list_out_decides_too(struct scenario *s)
{
	SENDS(s, server, remote, .line = 5);
	SENDS(s, server, remote, .dport = 54, .result = PH_DROP_ACL_IMPLICIT);
	SENDS(s, server, remote, .dport = 99, .result = PH_DROP_ACL_DENY, .line = 3);
	SENDS(s, workstation, remote, .result = PH_DROP_ACL_IMPLICIT);
}

static void both_lists_must_permit(struct scenario *s)
{
	SENDS(s, client, mapped, .line = 1, .line_also = 7);
	SENDS(s, client, mapped, .dport = 54, .result = PH_DROP_ACL_IMPLICIT, .line = 1);
	SENDS(s, client, workstation, .result = PH_DROP_ACL_IMPLICIT, .line = 1);
	/* Replies ask neither. */
	SENDS(s, server, client, .sport = 53, .dport = 7000, .known = true,
	      .events = EVENT(CONN_CREATED));
}

/* The dialect of PIX: the list sees what is on the wire. */
static const char policy_out_mapped[] = INTERFACES
	"access-list leave permit udp host " MAPPED " any eq domain\n"
	"access-list leave deny udp host " SERVER " any\n"
	"access-group leave out interface outside\n" STATIC_SERVER;

static void list_out_sees_mapped_addresses(struct scenario *s)
{
	SENDS(s, server, remote, .line = 1);
	SENDS(s, workstation, remote, .result = PH_DROP_ACL_IMPLICIT);
}

/* ---- global ----------------------------------------------------------------- */

static const char policy_global[] = INTERFACES
	"access-list own deny udp any4 any4 eq 99\n"
	"access-list own deny udp any6 any6 eq 99\n"
	"access-list own permit udp any4 any4 eq 98\n"
	"access-list own permit udp any6 any6 eq 98\n"
	"access-list all permit udp any4 any4 eq 99\n"
	"access-list all permit udp any6 any6 eq 99\n"
	"access-list all permit udp any4 any4 eq 97\n"
	"access-list all permit udp any6 any6 eq 97\n"
	"access-list all deny udp any4 any4 eq 98\n"
	"access-list all deny udp any6 any6 eq 98\n"
	"access-group own in interface outside\n"
	"access-group all global\n" DUAL_STATICS;

static void global_list_is_the_last(struct scenario *s)
{
	SENDS(s, client, mapped, .dport = 99, .result = PH_DROP_ACL_DENY, .line = 1);
	SENDS(s, client, mapped, .dport = 98, .line = 3);
	SENDS(s, client, mapped, .dport = 97, .line = 7);
	SENDS(s, client, mapped, .dport = 96, .result = PH_DROP_ACL_IMPLICIT);
	/* Where no other is bound it decides alone, and levels do not. */
	SENDS(s, workstation, client, .dport = 99, .line = 5);
	SENDS(s, workstation, client, .dport = 98, .result = PH_DROP_ACL_DENY, .line = 9);
	SENDS(s, workstation, client, .dport = 96, .result = PH_DROP_ACL_IMPLICIT);
}

/* ---- for this machine -------------------------------------------------------- */

static const char policy_box[] = INTERFACES
	"access-list box deny tcp any4 any4 eq 23\n"
	"access-list box deny tcp any6 any6 eq 23\n"
	"access-list box permit tcp host " CLIENT " any4 eq 22\n"
	"access-list box permit tcp host " CLIENT6 " any6 eq 22\n"
	"access-list enter permit ip any4 any4\n"
	"access-list enter permit ip any6 any6\n"
	"access-group enter in interface outside\n"
	"access-group box in interface outside control-plane\n" DUAL_STATICS;

#define FOR_TCP(port) .proto = IPPROTO_TCP, .dport = (port), .flags = SYN

static void this_machine_has_its_list(struct scenario *s)
{
	bool tc = s->hook == HOOK_TC; /* where what it lets pass ends */

	SENDS(s, client, our_outside, FOR_TCP(22), .result = PH_TO_BOX,
	      .line = tc ? 3 : 0);
	SENDS(s, client, our_outside, FOR_TCP(23), .result = PH_DROP_ACL_DENY, .line = 1);
	SENDS(s, remote, our_outside, FOR_TCP(22), .result = PH_DROP_ACL_IMPLICIT);
	SENDS(s, client, our_outside, .result = PH_DROP_ACL_IMPLICIT);
	SENDS(s, client, our_outside, .proto = IPPROTO_ICMP, .icmp_type = s->v6 ? 128 : 8,
	      .result = PH_DROP_ACL_IMPLICIT);
	/* Not bound there. */
	SENDS(s, workstation, our_outside, .result = PH_TO_BOX);
	/* And what passes by is another matter. */
	SENDS(s, client, mapped, FOR_TCP(23), .line = 5);
}

static void neighbours_always_work(struct scenario *s)
{
	static const __u8 types[] = {133, 134, 135, 136, 130, 131, 132, 143};

	STEP(s, .frame = {.src = CLIENT, .dst = OUR_OUTSIDE, .ethertype = ETH_P_ARP},
	     .result = PH_TO_BOX);
	for (size_t i = 0; i < sizeof(types); i++) {
		const struct frame_v6 solicited = {.src = "fe80::99",
						   .dst = "ff02::1",
						   .proto = FRAME_PROTO_ICMP6,
						   .icmp_type = types[i],
						   .hop_limit = 255,
						   .fill = 16};
		const struct frame_v6 unicast = {.src = CLIENT6,
						 .dst = OUR_OUTSIDE6,
						 .proto = FRAME_PROTO_ICMP6,
						 .icmp_type = types[i],
						 .hop_limit = 255,
						 .fill = 16};

		STEP(s, .v6 = &solicited, .result = PH_TO_BOX);
		STEP(s, .v6 = &unicast, .result = PH_TO_BOX);
	}
}

/* Through TC egress: this machine's own. */
static void send_own(struct scenario *s, const struct frame_v6 *f)
{
	__u8 bytes[FRAME_MAX_BYTES];
	const struct frame f4 = frame4_of(f);
	size_t len = s->v6 ? frame_v6_build(f, 50, bytes) : frame_build(&f4, 50, bytes);
	struct world_run got;

	CHECK(s, !world_egress(s->w, DEV_OUTSIDE, DEV_COUNT, bytes, len, &got));
	CHECK(s, got.action == TC_ACT_OK);
}

static void own_connections_are_answered(struct scenario *s)
{
	const struct sends own = {.from = &our_outside, .to = &remote, .sport = 5000};
	const struct frame_v6 f = frame_of(s, &own);
	__u8 packet[FRAME_MAX_BYTES], bytes[FRAME_MAX_BYTES];
	const struct frame f4 = frame4_of(&f);
	struct frame_error e = {.src = client.addr[s->v6],
				.dst = our_outside.addr[s->v6],
				.type = s->v6 ? 1 : 3,
				.packet = packet + ETH_HLEN};
	struct packet_row row = {.bytes = bytes, .result = PH_TO_BOX};

	SENDS(s, remote, our_outside, .sport = 53, .dport = 5000,
	      .result = PH_DROP_ACL_IMPLICIT);
	send_own(s, &f);
	/* Errors about it reach the stack. */
	e.quote_len =
		(s->v6 ? frame_v6_build(&f, 1, packet) : frame_build(&f4, 1, packet)) -
		ETH_HLEN;
	row.len = frame_error_build(&e, NETWORK_MAC(DEV_OUTSIDE), bytes);
	CHECK(s, check_row(s->w, s->hook, &row));
	SENDS(s, remote, our_outside, .sport = 53, .dport = 5000, .result = PH_TO_BOX,
	      .events = s->hook == HOOK_TC ? EVENT(CONN_CREATED) : 0);
	SENDS(s, remote, our_outside, .sport = 53, .dport = 5001,
	      .result = PH_DROP_ACL_IMPLICIT);
	/* About another one they do not, nor about one that is not its own. */
	frame_put16(bytes + row.len - e.quote_len + (s->v6 ? 40 : 20), 5001);
	row.result = PH_DROP_ACL_IMPLICIT;
	row.xdp = PH_PASS_UP;
	CHECK(s, check_row(s->w, s->hook, &row));
	row.len = frame_error_build(&e, NETWORK_MAC(DEV_OUTSIDE), bytes);
	bytes[row.len - e.quote_len + (s->v6 ? 23 : 15)] ^= 1;
	CHECK(s, check_row(s->w, s->hook, &row));
}

/* ---- the reverse path ---------------------------------------------------------- */

static const char policy_rpf[] = INTERFACES DUAL_LIST
	"access-group out in interface outside\n"
	"ip verify reverse-path interface outside\n" DUAL_STATICS;

#define FORGED_ON(dev_) .forged = true, .in = (dev_)

static void forged_senders_are_refused(struct scenario *s)
{
	static const struct place nowhere = {
		{"100.99.0.1", "2001:db9::1"}, DEV_OUTSIDE, 0};
	static const struct place blackhole = {
		{"100.64.0.1", "2001:db8:dead::1"}, DEV_OUTSIDE, 0};

	SENDS(s, client, mapped, .line = DUAL_UDP);
	SENDS(s, remote, mapped, .line = DUAL_UDP);
	SENDS(s, workstation, mapped, FORGED_ON(DEV_OUTSIDE), .result = PH_DROP_RPF);
	SENDS(s, nowhere, mapped, .result = PH_DROP_RPF);
	SENDS(s, blackhole, mapped, .result = PH_DROP_RPF);
	SENDS(s, workstation, our_outside, FORGED_ON(DEV_OUTSIDE), .result = PH_DROP_RPF);
	SENDS(s, client, our_outside, .result = PH_TO_BOX);
	/* Elsewhere it is not asked. */
	SENDS(s, client, remote, FORGED_ON(DEV_INSIDE));
}

static void unrouted_senders_reach_this_machine(struct scenario *s)
{
	const struct frame_v6 hello = {
		.src = "fe80::99", .dst = "ff02::5", .proto = 89, .fill = 8};

	STEP(s,
	     .frame = {.src = "0.0.0.0",
		       .dst = "255.255.255.255",
		       .proto = IPPROTO_UDP,
		       .sport = 68,
		       .dport = 67,
		       .to = STATION_BROADCAST},
	     .result = PH_TO_BOX);
	STEP(s, .v6 = &hello, .result = PH_TO_BOX);
}

/* ---- levels and switches -------------------------------------------------------- */

#define EQUAL_LEVELS                        \
	"interface out0\n nameif outside\n" \
	" security-level 50\n"              \
	"interface in0\n nameif inside\n"   \
	" security-level 50\n"

static const char policy_equal[] = EQUAL_LEVELS;
static const char policy_equal_listed[] = EQUAL_LEVELS
	"access-list all permit ip any4 any4\n"
	"access-list all permit ip any6 any6\n"
	"access-group all in interface inside\n";
static const char policy_inter[] = EQUAL_LEVELS
	"same-security-traffic permit inter-interface\n";
static const char policy_intra[] = EQUAL_LEVELS
	"same-security-traffic permit intra-interface\n";

static void equal_levels_are_apart(struct scenario *s)
{
	SENDS(s, workstation, client, .result = PH_DROP_SAME_SECURITY);
	SENDS(s, client, workstation, .result = PH_DROP_SAME_SECURITY);
	world_apply(s->w, policy_equal_listed, NULL);
	SENDS(s, workstation, client, .result = PH_DROP_SAME_SECURITY);
	world_apply(s->w, policy_intra, NULL);
	SENDS(s, workstation, client, .result = PH_DROP_SAME_SECURITY);
	world_apply(s->w, policy_inter, NULL);
	SENDS(s, workstation, client);
	SENDS(s, client, workstation, .sport = 1);
	SENDS(s, client, remote, .result = PH_DROP_SAME_SECURITY);
	world_apply(s->w, policy_intra, NULL);
	SENDS(s, client, remote);
}

static const char policy_non_ip[] = INTERFACES "sysopt connection permit-non-ip\n";

static void other_ethertypes_have_a_switch(struct scenario *s)
{
	static const __u16 types[] = {0x88cc, 0x88b5, 0x0026, 0x8847, 0x8863};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		world_apply(s->w, policy_dual, NULL);
		STEP(s,
		     .frame = {.src = CLIENT,
			       .dst = MAPPED,
			       .proto = IPPROTO_UDP,
			       .ethertype = types[i]},
		     .result = PH_DROP_L2_UNSUPPORTED);
		world_apply(s->w, policy_non_ip, NULL);
		STEP(s,
		     .frame = {.src = CLIENT,
			       .dst = MAPPED,
			       .proto = IPPROTO_UDP,
			       .ethertype = types[i]},
		     .result = PH_TO_BOX);
	}
}

/* ---- keeping connections ---------------------------------------------------------- */

static const char policy_closed[] = INTERFACES
	"access-list out deny ip any4 any4\n"
	"access-list out deny ip any6 any6\n"
	"access-group out in interface outside\n" DUAL_STATICS;

static __u32 keep_from;

static void keeping(struct policy_image *image)
{
	image->config.flags |= CONFIG_F_KEEP;
	image->config.keep_from = keep_from;
}

static void kept_connections_are_not_judged(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	keep_from = s->w->generation;
	world_apply(s->w, policy_closed, keeping);
	SAY(&c, CLIENT_(.fill = 5));
	SAY(&c, SERVER_(.fill = 5));
	/* The next apply without it judges all. */
	world_apply(s->w, policy_closed, NULL);
	SAY(&c, CLIENT_(.fill = 5, .result = PH_DROP_POLICY_CHANGED));
}

static void older_ones_are_judged(struct scenario *s)
{
	struct conversation c;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	world_apply(s->w, policy_dual, NULL); /* it sleeps through this one */
	keep_from = s->w->generation;
	world_apply(s->w, policy_closed, keeping);
	SAY(&c, CLIENT_(.fill = 5, .result = PH_DROP_POLICY_CHANGED));
}

/* A SYN on a closed connection that may not begin a new one. */
static void denied_syn_leaves_the_closed_one(struct scenario *s)
{
	struct conversation c;
	struct conn before, after;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	SAY(&c, CLIENT_(.flags = FIN_ACK));
	SAY(&c, SERVER_(.flags = FIN_ACK));
	keep_from = s->w->generation;
	world_apply(s->w, policy_closed, keeping);
	SAY(&c, CLIENT_());
	CHECK(s, conversation_find(&c, TABLE_CONNS, &before));
	{
		const struct sends syn = {
			.from = &client, .to = &mapped, .proto = IPPROTO_TCP};
		struct frame_v6 f = frame_of(s, &syn);

		f.sport = 40000;
		f.dport = 990;
		f.flags = SYN;
		f.fill = 0;
		STEP(s, .frame = frame4_of(&f), .v6 = s->v6 ? &f : NULL,
		     .result = PH_DROP_ACL_DENY, .line = DUAL_LINE(1, s->v6));
	}
	CHECK(s, conversation_find(&c, TABLE_CONNS, &after));
	CHECK(s, after.id == before.id);
	SAY(&c, SERVER_(.seq = -1, .flags = FIN_ACK));
}

/* ---- this machine's own addresses ------------------------------------------------- */

static void with_own_addresses(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++) {
		struct iface_config *config = &image->ifaces[i].config;
		bool outside = !strcmp(image->ifaces[i].name, "outside");

		config->own4.word[2] = htonl(0xffff);
		frame_put_addr((__u8 *)&config->own4.word[3],
			       outside ? OUR_OUTSIDE : OUR_INSIDE);
		frame_put_addr6((__u8 *)&config->own6,
				outside ? OUR_OUTSIDE6 : OUR_INSIDE6);
	}
}

static void own_addresses_send_nothing_here(struct scenario *s)
{
	static const struct place our_inside = {{OUR_INSIDE, OUR_INSIDE6}, DEV_INSIDE, 0};

	SENDS(s, our_outside, mapped, .result = PH_DROP_BAD_ADDRESS);
	SENDS(s, our_inside, mapped, FORGED_ON(DEV_OUTSIDE),
	      .result = PH_DROP_BAD_ADDRESS);
	SENDS(s, our_inside, remote, FORGED_ON(DEV_INSIDE),
	      .result = PH_DROP_BAD_ADDRESS);
	SENDS(s, client, mapped, .line = DUAL_UDP);
}

#define LISTS(run, promise, policy_) \
	SCENARIO(run, promise, .policy = (policy_), .both = true)

static const struct scenario_entry entries[] = {
	LISTS(list_out_decides_too, "a list bound out decides where levels permit",
	      policy_out),
	LISTS(both_lists_must_permit, "where two lists are on the way both must permit",
	      policy_out),
	SCENARIO(list_out_sees_mapped_addresses,
		 "in the dialect of PIX a list bound out sees mapped addresses",
		 .policy = policy_out_mapped),
	LISTS(global_list_is_the_last, "the global list decides what no other does",
	      policy_global),
	LISTS(this_machine_has_its_list, "the control-plane list is this machine's own",
	      policy_box),
	SCENARIO(neighbours_always_work,
		 "under a control-plane list ARP, neighbour discovery and MLD work",
		 .policy = policy_box),
	LISTS(own_connections_are_answered,
	      "under a control-plane list this machine's own connections work",
	      policy_box),
	LISTS(forged_senders_are_refused,
	      "a sender whose route leads elsewhere is refused (uRPF)", policy_rpf),
	SCENARIO(unrouted_senders_reach_this_machine,
		 "uRPF lets through what has no route by nature", .policy = policy_rpf),
	LISTS(equal_levels_are_apart,
	      "equal levels are apart but for same-security-traffic, lists or not",
	      policy_equal),
	SCENARIO(other_ethertypes_have_a_switch,
		 "what is neither IP nor ARP is refused, or left to the kernel"),
	LISTS(kept_connections_are_not_judged,
	      "connections that are kept are not judged again, once", policy_dual),
	LISTS(denied_syn_leaves_the_closed_one,
	      "a SYN that is denied leaves the closed connection as it is", policy_dual),
	SCENARIO(own_addresses_send_nothing_here,
		 "nobody else sends under this machine's addresses",
		 .policy = policy_dual, .tweak = with_own_addresses, .both = true),
	LISTS(older_ones_are_judged, "those of before the kept ones are", policy_dual),
};

void scenarios_lists(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
