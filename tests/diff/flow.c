// SPDX-License-Identifier: GPL-2.0
/*
 * flow.c - who talks to whom, and under which addresses. See gen.h.
 *
 * What policy.pix and gateway.nft translate and permit is known here, so that
 * most flows are permitted and some are not.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/diff/gen.h"

/* %u: the number of a host */
struct path {
	const char *name;
	enum side from;
	enum side to;
	const char *client;  /* its own address */
	const char *dialled; /* the server's, as the client sees it */
	const char *server;  /* as the server knows itself */
	const char *seen;    /* the client's, as the server sees it */
	unsigned int hosts;  /* %u is below this */
	unsigned int first;
	bool permitted; /* the other service is asked for if not */
};

static const struct path paths4[] = {
	{"out-in-host", SIDE_OUTSIDE, SIDE_INSIDE, "198.51.100.7", "203.0.113.10",
	 "10.0.0.10", "198.51.100.7", 1, 0, true},
	{"out-in-net", SIDE_OUTSIDE, SIDE_INSIDE, "198.51.100.5", "203.0.113.%u",
	 "10.0.0.%u", "198.51.100.5", 64, 128, true},
	{"out-in-plain", SIDE_OUTSIDE, SIDE_INSIDE, "203.0.113.50", "10.0.0.20",
	 "10.0.0.20", "203.0.113.50", 1, 0, true},
	{"out-in-routed", SIDE_OUTSIDE, SIDE_INSIDE, "198.51.100.%u", "10.1.0.%u",
	 "10.1.0.%u", "198.51.100.%u", 40, 10, true},
	{"out-in-refused", SIDE_OUTSIDE, SIDE_INSIDE, "198.51.100.7", "203.0.113.10",
	 "10.0.0.10", "198.51.100.7", 1, 0, false},
	{"out-in-denied", SIDE_OUTSIDE, SIDE_INSIDE, "198.51.100.66", "203.0.113.10",
	 "10.0.0.10", "198.51.100.66", 1, 0, true},
	{"out-in-real", SIDE_OUTSIDE, SIDE_INSIDE, "198.51.100.7", "10.0.0.10",
	 "10.0.0.10", "198.51.100.7", 1, 0, true},
	{"out-dmz", SIDE_OUTSIDE, SIDE_DMZ, "198.51.100.%u", "192.0.2.10", "192.0.2.10",
	 "198.51.100.%u", 40, 10, true},
	{"in-out-host", SIDE_INSIDE, SIDE_OUTSIDE, "10.0.0.10", "198.51.100.%u",
	 "198.51.100.%u", "203.0.113.10", 40, 10, false},
	{"in-out-net", SIDE_INSIDE, SIDE_OUTSIDE, "10.0.0.%u", "198.51.100.9",
	 "198.51.100.9", "203.0.113.%u", 64, 128, false},
	{"in-out-plain", SIDE_INSIDE, SIDE_OUTSIDE, "10.0.0.20", "203.0.113.51",
	 "203.0.113.51", "10.0.0.20", 1, 0, false},
	{"in-out-routed", SIDE_INSIDE, SIDE_OUTSIDE, "10.1.2.%u", "198.51.100.%u",
	 "198.51.100.%u", "10.1.2.%u", 40, 10, false},
	{"in-out-narrow", SIDE_INSIDE, SIDE_OUTSIDE, "10.0.0.10", "198.51.100.%u",
	 "198.51.100.%u", "203.0.113.10", 40, 150, false},
	{"in-dmz-host", SIDE_INSIDE, SIDE_DMZ, "10.0.0.40", "192.0.2.10", "192.0.2.10",
	 "192.0.2.40", 1, 0, false},
	{"in-dmz-other", SIDE_INSIDE, SIDE_DMZ, "10.0.0.10", "192.0.2.10", "192.0.2.10",
	 "10.0.0.10", 1, 0, false},
	{"dmz-out", SIDE_DMZ, SIDE_OUTSIDE, "192.0.2.10", "198.51.100.%u",
	 "198.51.100.%u", "192.0.2.10", 40, 10, false},
	{"dmz-in-mapped", SIDE_DMZ, SIDE_INSIDE, "192.0.2.10", "192.0.2.40", "10.0.0.40",
	 "192.0.2.10", 1, 0, true},
};

static const struct path paths6[] = {
	{"6-in-out", SIDE_INSIDE, SIDE_OUTSIDE, "2001:db8:1::20", "2001:db8:f::%u",
	 "2001:db8:f::%u", "2001:db8:1::20", 40, 10, false},
	{"6-out-in", SIDE_OUTSIDE, SIDE_INSIDE, "2001:db8::50", "2001:db8:1::20",
	 "2001:db8:1::20", "2001:db8::50", 1, 0, true},
	{"6-in-out-host", SIDE_INSIDE, SIDE_OUTSIDE, "2001:db8:1::10", "2001:db8:f::%u",
	 "2001:db8:f::%u", "2001:db8::10", 40, 10, false},
	{"6-out-in-host", SIDE_OUTSIDE, SIDE_INSIDE, "2001:db8:f::%u", "2001:db8::10",
	 "2001:db8:1::10", "2001:db8:f::%u", 40, 10, true},
	{"6-in-out-narrow", SIDE_INSIDE, SIDE_OUTSIDE, "2001:db8:1::10",
	 "2001:db8:f1::%u", "2001:db8:f1::%u", "2001:db8::10", 40, 10, false},
	{"6-in-dmz", SIDE_INSIDE, SIDE_DMZ, "2001:db8:1f::%u", "2001:db8:2::10",
	 "2001:db8:2::10", "2001:db8:1f::%u", 40, 10, false},
	{"6-out-in-refused", SIDE_OUTSIDE, SIDE_INSIDE, "2001:db8::51", "2001:db8:1::20",
	 "2001:db8:1::20", "2001:db8::51", 1, 0, false},
};

static struct addr numbered(const char *pattern, unsigned int host)
{
	char text[64];

	snprintf(text, sizeof(text), pattern, host); /* NOLINT: ours, with %u or not */
	return addr_of(text);
}

/* The services that the lists permit; any other where not. */
static uint16_t service(struct gen *gen, uint8_t proto, bool permitted)
{
	if (!permitted)
		return (uint16_t)(9000 + gen_below(gen, 1000));
	if (proto == IPPROTO_UDP)
		return 53;
	return gen_chance(gen, 50) ? 80 : (uint16_t)(8000 + gen_below(gen, 101));
}

static uint8_t choose_proto(struct gen *gen)
{
	static const uint8_t others[] = {IPPROTO_ESP, 253, IPPROTO_GRE, 254};
	uint32_t dice = gen_below(gen, 100);

	if (dice < 62)
		return IPPROTO_TCP;
	if (dice < 80)
		return IPPROTO_UDP;
	if (dice < 94)
		return IPPROTO_ICMP;
	return others[gen_below(gen, sizeof(others))];
}

static void end_open(struct gen *gen, struct end *end)
{
	end->next = gen_chance(gen, 10) ? 0xffffff00u + gen_below(gen, 0x100)
					: gen_random(gen);
	end->window = (uint16_t)(gen_chance(gen, 10) ? 500 + gen_below(gen, 1000)
						     : 5000 + gen_below(gen, 60000));
	end->scaling = gen_chance(gen, 60);
	end->scale = (uint8_t)gen_below(gen, 9);
}

void flow_open(struct gen *gen, struct flow *flow)
{
	bool v6 = (gen->features & GEN_F_IPV6) && gen_chance(gen, 35);
	const struct path *path;
	unsigned int host;

	memset(flow, 0, sizeof(*flow));
	path = v6 ? &paths6[gen_below(gen, sizeof(paths6) / sizeof(paths6[0]))]
		  : &paths4[gen_below(gen, sizeof(paths4) / sizeof(paths4[0]))];
	host = path->first + gen_below(gen, path->hosts);
	flow->live = true;
	flow->v6 = v6;
	flow->path = path->name;
	flow->proto = choose_proto(gen);
	flow->id = gen->next_port;
	flow->end[0].side = path->from;
	flow->end[0].self = numbered(path->client, host);
	flow->end[0].peer = numbered(path->dialled, host);
	flow->end[0].port = gen->next_port;
	flow->end[1].side = path->to;
	flow->end[1].self = numbered(path->server, host);
	flow->end[1].peer = numbered(path->seen, host);
	if (gen_is_burnt(gen, flow))
		flow->proto = IPPROTO_TCP;
	flow->end[1].port = service(gen, flow->proto, path->permitted);
	end_open(gen, &flow->end[0]);
	end_open(gen, &flow->end[1]);
	gen->next_port = gen->next_port == 60000 ? 20000 : gen->next_port + 1;
}
