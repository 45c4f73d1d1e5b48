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
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "plan.h"
#include "traffic.h" /* has the types of the skeletons' variables */

#include "bench_generate.skel.h"
#include "bench_sink.skel.h"

#define SETTLE_USEC  4000
#define SETTLE_TRIES 5

/* Each stands for BENCH_LINE_SOURCES flows a line. A list of 10 lines lasts for
 * half a million packets a second. */
#define FIRST_PORTS_A_SEC 200

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

/* Where a run may go on that began no flow twice in the last two minutes. */
static void scatter_first(struct traffic *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	t->generator->bss->source_port =
		(uint32_t)((now.tv_sec * FIRST_PORTS_A_SEC) % BENCH_PORTS);
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
	scatter_first(t);
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

void traffic_rewind(struct traffic *t, uint32_t flow, uint32_t checksum_every)
{
	t->generator->bss->flow = flow;
	t->generator->bss->train = 0;
	t->generator->bss->addr_index = flow / BENCH_PORTS;
	t->generator->bss->port_index = flow % BENCH_PORTS;
	t->sink->bss->expected.checksum_every = checksum_every;
}

static int generator_fd(const struct traffic *t)
{
	if (t->c->state == BENCH_FIRST)
		return bpf_program__fd(t->generator->progs.generate_first);
	return bpf_program__fd(t->c->family == AF_INET6 ? t->generator->progs.generate6
							: t->generator->progs.generate4);
}

int traffic_send(struct traffic *t, uint32_t n)
{
	uint8_t frame[BENCH_FRAME6_BYTES] = {0};
	struct bpf_test_run_opts opts = {.sz = sizeof(opts),
					 .data_in = frame,
					 .data_size_in = plan_frame_bytes(t->c),
					 .repeat = (int)n,
					 .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
					 .batch_size = BENCH_BATCH_FRAMES};
	int err;

	if (place_enter(t->c, t->from->side))
		return -1;
	memset(&t->generator->bss->clock, 0, sizeof(t->generator->bss->clock));
	err = bpf_prog_test_run_opts(generator_fd(t), &opts);
	return err ? bench_fail(t->c, "BPF_PROG_TEST_RUN with live frames: %s",
				strerror(errno))
		   : 0;
}

uint64_t traffic_timed(const struct traffic *t, uint64_t *ns)
{
	const volatile struct bench_clock *clock = &t->generator->bss->clock;

	*ns = clock->last_ns - clock->first_ns;
	return clock->last_sent - clock->first_sent;
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

/* Frames may still be in a ring when the last system call returns. */
int traffic_settle(const struct traffic *t, uint64_t good, struct bench_seen *out)
{
	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (traffic_seen(t, out))
			return -1;
		if (out->good >= good)
			return 0;
		usleep(SETTLE_USEC);
	}
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
