// SPDX-License-Identifier: GPL-2.0
/*
 * plan.c - frames before they vary, and after the gateway. See plan.h.
 *
 * Checksums: RFC 1071. What varies is added by the generator, so what is summed
 * here has zeros in its place.
 */
#include <netinet/in.h>
#include <string.h>

#include "plan.h"

#define DO_NOT_FRAGMENT 0x4000

static const uint32_t mapped6_net[] = {BENCH_MAPPED6_NET};
static const uint32_t inside6_net[] = {BENCH_INSIDE6_NET};
static const uint32_t outside6_net[] = {BENCH_OUTSIDE6_NET};

static uint64_t sum_halves(const void *at, size_t bytes)
{
	const uint8_t *byte = at;
	uint64_t sum = 0;

	for (size_t i = 0; i < bytes; i += 2) {
		uint16_t half;

		memcpy(&half, byte + i, sizeof(half));
		sum += half;
	}
	return sum;
}

/* The end that does not vary, as the outside or the inside sees it. */
static uint32_t fixed_addr(const struct bench_case *c, bool outside_view)
{
	if (c->family == AF_INET6)
		return c->nat ? BENCH_HOST6_NAT : BENCH_HOST6_PLAIN;
	if (!c->nat)
		return BENCH_PLAIN_ADDR;
	return outside_view ? BENCH_MAPPED_ADDR : BENCH_REAL_ADDR;
}

static const uint32_t *fixed_net(const struct bench_case *c, bool outside_view)
{
	return c->nat && outside_view ? mapped6_net : inside6_net;
}

static void put_net(__be32 *out, const uint32_t *net)
{
	for (int i = 0; i < 3; i++)
		out[i] = htonl(net[i]);
}

uint32_t plan_frame_bytes(const struct bench_case *c)
{
	return c->family == AF_INET6 ? BENCH_FRAME6_BYTES : BENCH_FRAME4_BYTES;
}

static void put_macs(struct ethhdr *eth, const uint8_t *src_mac, const uint8_t *dst_mac)
{
	memcpy(eth->h_dest, dst_mac, ETH_ALEN);
	memcpy(eth->h_source, src_mac, ETH_ALEN);
}

static void frame4_make(struct bench_frame4 *frame, const struct bench_case *c,
			bool reply)
{
	frame->eth.h_proto = htons(ETH_P_IP);
	frame->ip = (struct iphdr){.version = 4,
				   .ihl = 5,
				   .tot_len = htons(BENCH_FRAME4_BYTES - ETH_HLEN),
				   .frag_off = htons(DO_NOT_FRAGMENT),
				   .ttl = BENCH_TTL,
				   .protocol = IPPROTO_UDP};
	frame->udp.len = htons(sizeof(struct udphdr) + BENCH_PAYLOAD4_BYTES);
	memset(frame->payload, 0x42, sizeof(frame->payload));
	if (c->state == BENCH_FIRST)
		return;
	if (reply) {
		frame->ip.saddr = htonl(fixed_addr(c, false));
		frame->udp.source = htons(BENCH_SERVICE_PORT);
	} else {
		frame->ip.daddr = htonl(fixed_addr(c, true));
		frame->udp.dest = htons(BENCH_SERVICE_PORT);
	}
}

static void frame6_make(struct bench_frame6 *frame, const struct bench_case *c,
			bool reply)
{
	struct in6_addr fixed = {0}, varying = {0};

	put_net(varying.s6_addr32, outside6_net);
	put_net(fixed.s6_addr32, fixed_net(c, !reply));
	fixed.s6_addr32[3] = htonl(fixed_addr(c, !reply));
	frame->eth.h_proto = htons(ETH_P_IPV6);
	frame->ip.version = 6;
	frame->ip.payload_len = htons(sizeof(struct udphdr) + BENCH_PAYLOAD6_BYTES);
	frame->ip.nexthdr = IPPROTO_UDP;
	frame->ip.hop_limit = BENCH_TTL;
	frame->ip.saddr = reply ? fixed : varying;
	frame->ip.daddr = reply ? varying : fixed;
	frame->udp.len = frame->ip.payload_len;
	if (reply)
		frame->udp.source = htons(BENCH_SERVICE_PORT);
	else
		frame->udp.dest = htons(BENCH_SERVICE_PORT);
	memset(frame->payload, 0x42, sizeof(frame->payload));
}

void plan_make(struct bench_plan *plan, const struct bench_case *c, bool reply,
	       const uint8_t *src_mac, const uint8_t *dst_mac, uint32_t ifindex)
{
	union {
		struct ethhdr eth;
		struct bench_frame4 v4;
		struct bench_frame6 v6;
	} frame = {0};
	uint64_t udp_sum = htons(IPPROTO_UDP);

	put_macs(&frame.eth, src_mac, dst_mac);
	if (c->family == AF_INET6) {
		frame6_make(&frame.v6, c, reply);
		udp_sum += (uint64_t)frame.v6.udp.len +
			   sum_halves(&frame.v6.ip.saddr, 32) +
			   sum_halves(&frame.v6.udp,
				      sizeof(frame.v6.udp) + sizeof(frame.v6.payload));
	} else {
		frame4_make(&frame.v4, c, reply);
		udp_sum += (uint64_t)frame.v4.udp.len +
			   sum_halves(&frame.v4.ip.saddr, 8) +
			   sum_halves(&frame.v4.udp,
				      sizeof(frame.v4.udp) + sizeof(frame.v4.payload));
		plan->ip_sum = (uint32_t)sum_halves(&frame.v4.ip, sizeof(frame.v4.ip));
	}
	memcpy(plan->words, &frame, plan_frame_bytes(c));
	plan->udp_sum = (uint32_t)udp_sum;
	plan->first_addr = bench_first_addr(c);
	plan->n_flows = c->n_flows;
	plan->n_lines = c->n_lines;
	plan->train = c->train;
	plan->ifindex = ifindex;
	plan->is_reply = reply;
}

void expectation_make(struct bench_expectation *e, const struct bench_case *c, bool reply,
		      const uint8_t *src_mac, const uint8_t *dst_mac)
{
	memcpy(e->dst_mac, dst_mac, ETH_ALEN);
	memcpy(e->src_mac, src_mac, ETH_ALEN);
	e->is_reply = reply;
	e->ttl = c->path == BENCH_WIRE ? BENCH_TTL : BENCH_TTL - 1;
	e->checksum_every = 1;
	if (c->state == BENCH_FIRST) {
		e->any_port = 1;
		e->first_fixed = BENCH_LINE_HOST;
		e->n_fixed = BENCH_LINE_HOSTS;
		e->first_addr = BENCH_LINE_NETS;
		e->n_addrs = 1u << (BENCH_LINE_BITS + 8);
		return;
	}
	/* What was sent to the mapped address arrives at the real one, and
	 * what the real one sent arrives from the mapped one. Without a gateway
	 * there is nobody to translate. */
	e->first_fixed = fixed_addr(c, reply);
	e->n_fixed = 1;
	put_net(e->fixed_net, fixed_net(c, reply));
	put_net(e->varying_net, outside6_net);
	e->first_addr = bench_first_addr(c);
	e->n_addrs = bench_n_addrs(c);
}
