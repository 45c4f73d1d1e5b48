// SPDX-License-Identifier: GPL-2.0
/*
 * measure.c - priming flows and measuring their rate. See measure.h.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench_fib.skel.h"
#include "evidence.h"
#include "measure.h"
#include "traffic.h"

#define NSEC_PER_SEC 1000000000.0

/* Frames of one system call, and how long it should take. */
#define MIN_CHUNK_FRAMES (1u << 9)
#define MAX_CHUNK_FRAMES (1u << 20)
#define CHUNK_NS	 100000000u

/* First frames may be lost while a device wakes up. */
#define PRIME_TRIES 5

#define PRIME_SLICE 32768u

/* Verifying a checksum costs the sink as much as all its other checks. */
#define CHECKSUM_EVERY 256

/* Below this something other than the gateway is measured. */
#define MIN_DELIVERED_SHARE 0.9

/* Each flow of a slice once, until all of one pass have arrived. */
static int send_slice(struct traffic *t, uint32_t first, uint32_t n)
{
	struct bench_seen before, after;

	for (int i = 0; i < PRIME_TRIES; i++) {
		traffic_rewind(t, first, 1);
		if (traffic_seen(t, &before) || traffic_send(t, n))
			return -1;
		if (traffic_settle(t, before.good + n, &after) ||
		    traffic_check(t, &after))
			return -1;
		if (after.good - before.good == n)
			return 0;
	}
	return bench_fail(t->c, "%llu of %u frames arrived at %s %s",
			  after.good - before.good, n, t->to->side, t->to->device);
}

/* Slice by slice, so that the table of what waits for an answer need not hold all. */
static int prime_flows(const struct bench_case *c, const struct places *p)
{
	struct traffic request __attribute__((cleanup(traffic_close))) = {0};
	struct traffic reply __attribute__((cleanup(traffic_close))) = {0};
	bool answered = c->state == BENCH_ANSWERED;

	if (traffic_open(&request, c, p, false) ||
	    (answered && traffic_open(&reply, c, p, true)))
		return -1;
	for (uint32_t first = 0, n; first < c->n_flows; first += n) {
		n = c->n_flows - first < PRIME_SLICE ? c->n_flows - first : PRIME_SLICE;
		if (send_slice(&request, first, n) ||
		    (answered && send_slice(&reply, first, n)))
			return -1;
	}
	return 0;
}

int measure_prime(const struct bench_case *c)
{
	struct places p = {0};

	return places_find(c, &p) || prime_flows(c, &p) || evidence_check_flows(c) ? -1
										   : 0;
}

struct rate {
	uint64_t sent;
	uint64_t delivered;
	uint64_t timed; /* of the sent ones: those that ns is of */
	uint64_t ns;
};

/* Longer calls as long as they are too short to be typical of anything. Return: how
 * many frames to send at once; 0: reported. */
static uint32_t warm_up(struct traffic *t)
{
	uint32_t chunk = MIN_CHUNK_FRAMES;
	uint64_t ns;

	for (;;) {
		if (traffic_send(t, chunk))
			return 0;
		traffic_timed(t, &ns);
		if (ns >= CHUNK_NS || chunk >= MAX_CHUNK_FRAMES)
			return chunk;
		chunk *= 2;
	}
}

static int run_for(struct traffic *t, double seconds, struct rate *out)
{
	struct bench_seen before, after;
	uint32_t chunk;
	uint64_t sent;

	traffic_rewind(t, 0, CHECKSUM_EVERY);
	chunk = warm_up(t);
	if (!chunk || traffic_settle(t, UINT64_MAX, &before))
		return -1;
	sent = traffic_sent(t);
	do {
		uint64_t ns;

		if (traffic_send(t, chunk))
			return -1;
		out->timed += traffic_timed(t, &ns);
		out->ns += ns;
	} while ((double)out->ns < seconds * NSEC_PER_SEC);
	if (traffic_settle(t, UINT64_MAX, &after) || traffic_check(t, &after))
		return -1;
	out->sent = traffic_sent(t) - sent;
	out->delivered = after.good - before.good;
	return 0;
}

/* Of those that arrived. */
static double packets_per_second(const struct rate *rate)
{
	return (double)rate->timed * NSEC_PER_SEC / (double)rate->ns *
	       (double)rate->delivered / (double)rate->sent;
}

static int check_rate(const struct bench_case *c, const struct rate *rate)
{
	if ((double)rate->delivered >= MIN_DELIVERED_SHARE * (double)rate->sent &&
	    rate->delivered <= rate->sent)
		return 0;
	return bench_fail(c, "%llu of %llu frames were delivered",
			  (unsigned long long)rate->delivered,
			  (unsigned long long)rate->sent);
}

int measure_rate(const struct bench_case *c)
{
	struct traffic t __attribute__((cleanup(traffic_close))) = {0};
	struct evidence before, after;
	struct places p = {0};
	struct rate rate = {0};

	if (places_find(c, &p) || evidence_read(c, &p, &before) ||
	    traffic_open(&t, c, &p, false) || run_for(&t, c->seconds, &rate) ||
	    evidence_read(c, &p, &after) || check_rate(c, &rate) ||
	    evidence_check(c, &before, &after, rate.delivered))
		return -1;
	printf("{\"path\":\"%s\",\"family\":%d,\"flows\":%u,\"lines\":%u,\"nat\":%s,"
	       "\"state\":\"%s\",\"sent\":%llu,\"delivered\":%llu,"
	       "\"seconds\":%.6f,\"pps\":%.0f}\n",
	       bench_path_name(c->path), c->family == AF_INET6 ? 6 : 4, c->n_flows,
	       c->n_lines, c->nat ? "true" : "false", bench_state_name(c->state),
	       (unsigned long long)rate.sent, (unsigned long long)rate.delivered,
	       (double)rate.ns / NSEC_PER_SEC, packets_per_second(&rate));
	return 0;
}

static int attach_fib(const struct bench_case *c, struct bench_fib *fib,
		      const struct place *device)
{
	int err = bpf_map_update_elem(bpf_map__fd(fib->maps.devices), &device->ifindex,
				      &device->ifindex, BPF_ANY);

	if (!err)
		err = bpf_xdp_attach(
			(int)device->ifindex, bpf_program__fd(fib->progs.fib_forward),
			XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	return err ? bench_fail(c, "%s: %s", device->device, strerror(-err)) : 0;
}

int measure_attach_fib(const struct bench_case *c)
{
	struct places p = {0};
	struct bench_fib *fib;
	int err;

	if (places_find(c, &p) || place_enter(c, "fw"))
		return -1;
	fib = bench_fib__open_and_load();
	if (!fib)
		return bench_fail(c, "the kernel refused the program: %s",
				  strerror(errno));
	err = attach_fib(c, fib, &p.fw_outside) || attach_fib(c, fib, &p.fw_inside);
	bench_fib__destroy(fib);
	return err ? -1 : 0;
}
