// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_known.c - the short way of packets whose connection is known (bpf/known.h):
 * where it must not be taken, and how long what it remembers may be wrong.
 *
 * That it comes to the same as the pipeline is what all other scenarios say, whose
 * conversations have more than one packet.
 */
#include <string.h>
#include <time.h>

#include <linux/pkt_cls.h>

#include "tests/datapath/converse.h"
#include "tests/datapath/cpu.h"
#include "tests/datapath/network.h"
#include "tests/datapath/now.h"

#define OLD_NEIGHBOUR 0x0a /* last octet of its MAC address */
#define NEW_NEIGHBOUR 0x77
#define TRIES	      20 /* the machine may be slow, and the memory is short */
#define MEMORY_NS     100000000

/* Longer than a connection remembers, and a tick. */
static void wait_until_forgotten(void)
{
	const struct timespec delay = {.tv_nsec = 150000000};

	nanosleep(&delay, NULL);
}

/* One more acknowledgement of the client, changed by @spoil, if that is given. */
static struct world_run *pass(const struct conversation *c, void (*spoil)(__u8 *frame))
{
	static const struct says ack = {.end = END_CLIENT};
	static __u8 bytes[FRAME_MAX_BYTES];
	static struct world_run run;
	struct scenario *s = c->s;
	size_t len = conversation_build(c, &ack, bytes);

	if (spoil)
		spoil(bytes);
	memset(&run, 0, sizeof(run));
	CHECK(s, !world_ingress(s->w, s->hook, DEV_OUTSIDE, bytes, len, &run));
	return &run;
}

static bool is_redirected(const struct scenario *s, const struct world_run *run)
{
	return run->action == (s->hook == HOOK_XDP ? XDP_REDIRECT : TC_ACT_REDIRECT);
}

/* Whether the frame is on its way to the server, and not back to its sender. */
static bool is_forwarded(const struct world_run *run)
{
	return run->action == TC_ACT_REDIRECT && run->bytes[5] == OLD_NEIGHBOUR;
}

static void begin(struct conversation *c, struct scenario *s)
{
	conversation_begin(c, s, 40000);
	conversation_open(c);
	SAY(c, CLIENT_()); /* and the way is known */
}

static void set_neighbour(const struct scenario *s, unsigned int last)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "neigh replace %s lladdr 02:00:5e:00:02:%02x nud permanent dev in0\n",
		 stations_of(s)->server, last);
	network_ip(command);
}

static void neighbour_changes(struct scenario *s)
{
	bool remembered = false, in_time = false;
	struct conversation c;

	begin(&c, s);
	for (int i = 0; i < TRIES && !remembered; i++) {
		__u64 began_ns = now_ns();

		pass(&c, NULL);
		set_neighbour(s, NEW_NEIGHBOUR);
		remembered = pass(&c, NULL)->bytes[5] == OLD_NEIGHBOUR;
		in_time |= now_ns() - began_ns < MEMORY_NS;
		wait_until_forgotten();
		CHECK(s, pass(&c, NULL)->bytes[5] == NEW_NEIGHBOUR);
		set_neighbour(s, OLD_NEIGHBOUR);
		wait_until_forgotten();
	}
	/* Or nothing here goes the short way; emulated machines are too slow to tell. */
	CHECK(s, remembered || !in_time);
}

/* A route to the server alone. */
static void route(const struct scenario *s, const char *what, const char *how)
{
	char command[128];

	snprintf(command, sizeof(command), "route %s %s/%d %s\n", what,
		 stations_of(s)->server, s->v6 ? 128 : 32, how);
	network_ip(command);
}

static void route_leads_elsewhere(struct scenario *s)
{
	struct conversation c;

	begin(&c, s);
	route(s, "add", "dev dmz0");
	wait_until_forgotten();
	SAY(&c, CLIENT_(.result = PH_DROP_CONN_WRONG_INTERFACE));
	route(s, "del", "dev dmz0");
	wait_until_forgotten();
	SAY(&c, CLIENT_());
}

static void route_ends(struct scenario *s)
{
	struct conversation c;

	begin(&c, s);
	network_ip(s->v6 ? "route add unreachable 2001:db8:1::10/128\n"
			 : "route add unreachable 10.0.0.10/32\n");
	wait_until_forgotten();
	SAY(&c, CLIENT_(.result = PH_DROP_NO_ROUTE));
	network_ip(s->v6 ? "route del unreachable 2001:db8:1::10/128\n"
			 : "route del unreachable 10.0.0.10/32\n");
	wait_until_forgotten();
	SAY(&c, CLIENT_());
}

static void route_has_a_limit(struct scenario *s)
{
	static const struct says longer = {.end = END_CLIENT, .fill = 1400};
	static __u8 bytes[FRAME_MAX_BYTES];
	static struct world_run run;
	struct conversation c;
	size_t len;

	begin(&c, s);
	route(s, "add", "dev in0 mtu lock 1300");
	wait_until_forgotten();
	CHECK(s, is_redirected(s, pass(&c, NULL)));
	len = conversation_build(&c, &longer, bytes);
	CHECK(s, !world_ingress(s->w, s->hook, DEV_OUTSIDE, bytes, len, &run));
	/* To TC; there its sender may be told, or the kernel fragments it. */
	CHECK(s, s->hook == HOOK_XDP ? run.action == XDP_PASS
				     : !is_redirected(s, &run) || run.len < len);
	route(s, "del", "dev in0 mtu lock 1300");
	wait_until_forgotten();
	SAY(&c, CLIENT_(.fill = 1400));
}

static void address_to_another(__u8 *frame)
{
	frame[5] ^= 0x55;
}

static void spend_all_hops(__u8 *frame)
{
	__u8 *ip = frame + ETH_HLEN;
	bool v6 = ip[0] >> 4 == 6;

	ip[v6 ? 7 : 8] = 1;
	if (v6)
		return;
	frame_put16(ip + 10, 0);
	frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
}

static void spoil_the_header(__u8 *frame)
{
	__u8 *ip = frame + ETH_HLEN;

	ip[ip[0] >> 4 == 6 ? 0 : 10] ^= 0xff; /* version, or checksum */
}

static void not_its_packets(struct scenario *s)
{
	struct conversation c;
	struct world_run *run;

	begin(&c, s);
	CHECK(s, is_redirected(s, pass(&c, NULL)));
	run = pass(&c, address_to_another);
	CHECK(s, run->action == (s->hook == HOOK_XDP ? XDP_PASS : TC_ACT_OK));
	run = pass(&c, spoil_the_header);
	CHECK(s, run->action == (s->hook == HOOK_XDP ? XDP_DROP : TC_ACT_SHOT));
	run = pass(&c,
		   spend_all_hops); /* whose sender TC tells, out of the same device */
	CHECK(s, s->hook == HOOK_XDP ? run->action == XDP_PASS : !is_forwarded(run));
	CHECK(s, is_redirected(s, pass(&c, NULL)));
}

/* The clock of the short way is coarse, and behind that of the pipeline. */
static void time_goes_on(struct scenario *s)
{
	struct conn fin, acked;
	struct conversation c;

	for (__u16 i = 0; i < TRIES; i++) {
		conversation_begin(&c, s, 40000 + i);
		conversation_open(&c);
		SAY(&c, SERVER_());
		SAY(&c, CLIENT_(.flags = FIN_ACK));
		CHECK(s, conversation_find(&c, TABLE_CONNS, &fin));
		SAY(&c, SERVER_());
		CHECK(s, conversation_find(&c, TABLE_CONNS, &acked));
		CHECK(s, acked.packets[1] == fin.packets[1] + 1);
		CHECK(s, acked.seen_ns >= fin.seen_ns);
	}
}

static const struct scenario_entry entries[] = {
	SCENARIO(time_goes_on, "known: a connection's time does not step back",
		 .policy = policy_dual, .both = true),
	SCENARIO(neighbour_changes,
		 "known: another MAC address is followed in a tenth of a second",
		 .policy = policy_dual, .both = true),
	SCENARIO(route_leads_elsewhere,
		 "known: a route to another interface is noticed in a tenth of a second",
		 .policy = policy_dual, .both = true),
	SCENARIO(route_ends,
		 "known: the end of a route is noticed in a tenth of a second",
		 .policy = policy_dual, .both = true),
	SCENARIO(route_has_a_limit, "known: what is too long for its route is found out",
		 .policy = policy_dual, .both = true),
	SCENARIO(not_its_packets,
		 "known: what is spoilt, or another's, is not taken for the connection's",
		 .policy = policy_dual, .both = true),
};

void scenarios_known(struct world *w)
{
	cpu_set_t before;

	cpu_stay(&before);
	CHECK_SCENARIOS(w, entries);
	cpu_leave(&before);
}
