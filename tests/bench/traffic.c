// SPDX-License-Identifier: GPL-2.0
/*
 * traffic.c - the user-space half of generator and sink. See traffic.h.
 *
 * The generator: BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES (Linux
 * 5.18) runs the program on frames that are then really redirected to a
 * device, 64 at a time. What follows (the gateway and the sink) runs in
 * softirq on the same CPU when each batch is flushed.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "traffic.h" /* has the types of the skeletons' variables */

#include "bench_generate.skel.h"
#include "bench_sink.skel.h"

#define BATCH_FRAMES 64

/* The address that does not vary, as the requests' sender or receiver sees it. */
static uint32_t fixed_addr(const struct bench_case *c, bool outside_view)
{
	if (!c->nat)
		return BENCH_PLAIN_ADDR;
	return outside_view ? BENCH_MAPPED_ADDR : BENCH_REAL_ADDR;
}

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

static void plan_make(struct bench_plan *plan, const struct bench_case *c, bool reply,
		      const uint8_t *src_mac, const uint8_t *dst_mac, uint32_t ifindex)
{
	struct bench_frame frame = {
		.eth.h_proto = htons(ETH_P_IP),
		.ip = {.version = 4,
		       .ihl = 5,
		       .tot_len = htons(BENCH_FRAME_BYTES - ETH_HLEN),
		       .frag_off = htons(0x4000), /* do not fragment */
		       .ttl = BENCH_TTL,
		       .protocol = IPPROTO_UDP},
		.udp.len = htons(sizeof(struct udphdr) + BENCH_PAYLOAD_BYTES),
	};
	uint64_t udp_sum;

	memcpy(frame.eth.h_dest, dst_mac, ETH_ALEN);
	memcpy(frame.eth.h_source, src_mac, ETH_ALEN);
	memset(frame.payload, 0x42, sizeof(frame.payload));
	if (reply) {
		frame.ip.saddr = htonl(fixed_addr(c, false));
		frame.udp.source = htons(BENCH_SERVICE_PORT);
	} else {
		frame.ip.daddr = htonl(fixed_addr(c, true));
		frame.udp.dest = htons(BENCH_SERVICE_PORT);
	}
	udp_sum = htons(IPPROTO_UDP) + (uint64_t)frame.udp.len +
		  sum_halves(&frame.ip.saddr, 8) +
		  sum_halves(&frame.udp, sizeof(frame.udp) + sizeof(frame.payload));
	memcpy(plan->words, &frame, sizeof(frame));
	plan->ip_sum = (uint32_t)sum_halves(&frame.ip, sizeof(frame.ip));
	plan->udp_sum = (uint32_t)udp_sum;
	plan->first_addr = bench_first_addr(c);
	plan->n_flows = c->n_flows;
	plan->ifindex = ifindex;
	plan->is_reply = reply;
}

static void expectation_make(struct bench_expectation *e, const struct bench_case *c,
			     bool reply, const uint8_t *src_mac, const uint8_t *dst_mac)
{
	memcpy(e->dst_mac, dst_mac, ETH_ALEN);
	memcpy(e->src_mac, src_mac, ETH_ALEN);
	/* What was sent to the mapped address arrives at the real one, and
	 * what the real one sent arrives from the mapped one. */
	e->fixed_addr = htonl(fixed_addr(c, reply));
	e->first_addr = bench_first_addr(c);
	e->n_addrs = bench_n_addrs(c);
	e->is_reply = reply;
	e->ttl = c->path == BENCH_WIRE ? BENCH_TTL : BENCH_TTL - 1;
	e->checksum_every = 1;
}

static int sink_attach(struct traffic *t)
{
	int err;

	if (place_enter(t->c, t->to->side))
		return -1;
	err = bpf_xdp_attach((int)t->to->ifindex, bpf_program__fd(t->sink->progs.sink),
			     XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	return err ? bench_fail(t->c, "cannot attach the sink to %s of %s: %s",
				t->to->device, t->to->side, strerror(-err))
		   : 0;
}

int traffic_open(struct traffic *t, const struct bench_case *c, const struct places *p,
		 bool reply)
{
	const struct place *entry = reply ? &p->fw_inside : &p->fw_outside;
	const struct place *exit = reply ? &p->fw_outside : &p->fw_inside;

	memset(t, 0, sizeof(*t));
	t->c = c;
	t->from = reply ? &p->inside : &p->outside;
	t->to = reply ? &p->outside : &p->inside;
	if (c->path == BENCH_WIRE) {
		entry = t->to;
		exit = t->from;
	}
	t->generator = bench_generate__open_and_load();
	if (!t->generator)
		return bench_fail(c, "the kernel refused the generator: %s",
				  strerror(errno));
	plan_make(&t->generator->bss->plan, c, reply, t->from->mac, entry->mac,
		  t->from->ifindex);
	t->sink = bench_sink__open_and_load();
	if (!t->sink) {
		bench_fail(c, "the kernel refused the sink: %s", strerror(errno));
		traffic_close(t);
		return -1;
	}
	expectation_make(&t->sink->bss->expected, c, reply, exit->mac, t->to->mac);
	if (sink_attach(t)) {
		bench_sink__destroy(t->sink);
		t->sink = NULL;
		traffic_close(t);
		return -1;
	}
	return 0;
}

void traffic_close(struct traffic *t)
{
	if (t->sink && !place_enter(t->c, t->to->side))
		bpf_xdp_detach((int)t->to->ifindex, XDP_FLAGS_DRV_MODE, NULL);
	bench_sink__destroy(t->sink);
	bench_generate__destroy(t->generator);
	t->sink = NULL;
	t->generator = NULL;
}

void traffic_rewind(struct traffic *t, uint32_t checksum_every)
{
	t->generator->bss->flow = 0;
	t->generator->bss->addr_index = 0;
	t->generator->bss->port_index = 0;
	t->sink->bss->expected.checksum_every = checksum_every;
}

int traffic_send(struct traffic *t, uint32_t n)
{
	uint8_t frame[BENCH_FRAME_BYTES] = {0};
	struct bpf_test_run_opts opts = {.sz = sizeof(opts),
					 .data_in = frame,
					 .data_size_in = sizeof(frame),
					 .repeat = (int)n,
					 .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
					 .batch_size = BATCH_FRAMES};
	int err;

	if (place_enter(t->c, t->from->side))
		return -1;
	err = bpf_prog_test_run_opts(bpf_program__fd(t->generator->progs.generate),
				     &opts);
	return err ? bench_fail(t->c, "BPF_PROG_TEST_RUN with live frames: %s",
				strerror(errno))
		   : 0;
}

uint64_t traffic_sent(const struct traffic *t)
{
	return *(volatile __u64 *)&t->generator->bss->sent;
}

int traffic_seen(const struct traffic *t, struct bench_seen *out)
{
	int n_cpus = libbpf_num_possible_cpus();
	struct bench_seen *per_cpu;
	uint32_t zero = 0;

	if (n_cpus <= 0)
		return bench_fail(t->c, "cannot count CPUs");
	per_cpu = calloc((size_t)n_cpus, sizeof(*per_cpu));
	if (!per_cpu)
		return bench_fail(t->c, "out of memory");
	if (bpf_map_lookup_elem(bpf_map__fd(t->sink->maps.seen), &zero, per_cpu)) {
		free(per_cpu);
		return bench_fail(t->c, "reading the sink: %s", strerror(errno));
	}
	memset(out, 0, sizeof(*out));
	for (int i = 0; i < n_cpus; i++) {
		out->good += per_cpu[i].good;
		out->wrong_length += per_cpu[i].wrong_length;
		out->wrong_mac += per_cpu[i].wrong_mac;
		out->wrong_ttl += per_cpu[i].wrong_ttl;
		out->wrong_addr += per_cpu[i].wrong_addr;
		out->wrong_checksum += per_cpu[i].wrong_checksum;
		out->foreign += per_cpu[i].foreign;
	}
	free(per_cpu);
	return 0;
}

int traffic_check(const struct traffic *t, const struct bench_seen *seen)
{
	if (!(seen->wrong_length | seen->wrong_mac | seen->wrong_ttl | seen->wrong_addr |
	      seen->wrong_checksum))
		return 0;
	return bench_fail(t->c,
			  "%s saw wrong frames: length %llu, MAC %llu, TTL %llu, "
			  "address %llu, checksum %llu; right ones: %llu",
			  t->to->side, seen->wrong_length, seen->wrong_mac,
			  seen->wrong_ttl, seen->wrong_addr, seen->wrong_checksum,
			  seen->good);
}
