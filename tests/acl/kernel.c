// SPDX-License-Identifier: GPL-2.0
/*
 * kernel.c - an image asked in the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/acl/ask.h"
#include "tests/acl/kernel.h"
#include "tests/acl/kernel_abi.h"

#include "acl_proof.skel.h"

/* A map's values in memory. */
struct area {
	void *at;
	size_t bytes;
};

struct kernel {
	struct acl_proof *skel;
	struct acl_limits room;
	struct area words, rules4, rules6, keys, answers, run;
	struct acl_halves halves; /* of the image that was brought last */
};

/* A machine has other things to do: so many tries to be as quick as is asked. */
#define MIN_LOADS 5
#define MAX_LOADS 40

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Return: what was loaded, with maps of this room, or NULL with errno set. */
static struct acl_proof *load(const struct acl_limits *room, double *ms)
{
	struct acl_proof *skel = acl_proof__open();
	double before;
	int err;

	if (!skel)
		return NULL;
	bpf_map__set_max_entries(skel->maps.acl_words, (uint32_t)(2 * room->words));
	bpf_map__set_max_entries(skel->maps.acl_rules4, (uint32_t)(2 * room->rules4));
	bpf_map__set_max_entries(skel->maps.acl_rules6, (uint32_t)(2 * room->rules6));
	before = now_ms();
	err = acl_proof__load(skel);
	*ms = now_ms() - before;
	if (!err)
		return skel;
	acl_proof__destroy(skel);
	errno = -err;
	return NULL;
}

static int measure(double limit_ms, struct kernel_cost *cost)
{
	static const struct acl_limits tiny = {64, 64, 64};

	cost->load_ms = 1e9;
	for (int i = 0; i < MIN_LOADS || (i < MAX_LOADS && cost->load_ms > limit_ms);
	     i++) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		double ms;
		struct acl_proof *skel = load(&tiny, &ms);
		int err;

		if (!skel)
			return -errno;
		err = bpf_obj_get_info_by_fd(bpf_program__fd(skel->progs.ask_all), &info,
					     &size);
		acl_proof__destroy(skel);
		if (err)
			return -errno;
		cost->instructions = info.verified_insns;
		cost->load_ms = ms < cost->load_ms ? ms : cost->load_ms;
	}
	return 0;
}

static int area_map(struct bpf_map *map, struct area *area)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t value = ((size_t)bpf_map__value_size(map) + 7) / 8 * 8;

	area->bytes = (value * bpf_map__max_entries(map) + page - 1) / page * page;
	area->at = mmap(NULL, area->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(map), 0);
	if (area->at != MAP_FAILED)
		return 0;
	area->at = NULL;
	return -errno;
}

static void area_unmap(const struct area *area)
{
	if (area->at)
		munmap(area->at, area->bytes);
}

static int map_all(struct kernel *kernel)
{
	struct acl_proof *skel = kernel->skel;
	int err = area_map(skel->maps.acl_words, &kernel->words);

	if (!err)
		err = area_map(skel->maps.acl_rules4, &kernel->rules4);
	if (!err)
		err = area_map(skel->maps.acl_rules6, &kernel->rules6);
	if (!err)
		err = area_map(skel->maps.keys, &kernel->keys);
	if (!err)
		err = area_map(skel->maps.answers, &kernel->answers);
	if (!err)
		err = area_map(skel->maps.run, &kernel->run);
	return err;
}

int kernel_open(const struct acl_limits *room, double limit_ms, struct kernel **out,
		struct kernel_cost *cost)
{
	struct kernel *kernel;
	double ms;
	int err = measure(limit_ms, cost);

	if (err)
		return err;
	kernel = calloc(1, sizeof(*kernel));
	if (!kernel)
		return -ENOMEM;
	kernel->room = *room;
	kernel->skel = load(room, &ms);
	err = kernel->skel ? map_all(kernel) : -errno;
	if (err) {
		kernel_close(kernel);
		return err;
	}
	*out = kernel;
	return 0;
}

void kernel_close(struct kernel *kernel)
{
	if (!kernel)
		return;
	area_unmap(&kernel->words);
	area_unmap(&kernel->rules4);
	area_unmap(&kernel->rules6);
	area_unmap(&kernel->keys);
	area_unmap(&kernel->answers);
	area_unmap(&kernel->run);
	acl_proof__destroy(kernel->skel);
	free(kernel);
}

static struct acl_extent bring(const struct area *area, const void *items, size_t n,
			       size_t size, size_t room, unsigned int slot)
{
	struct acl_extent extent = {.first = (uint32_t)(slot * room),
				    .count = (uint32_t)n};

	if (n)
		memcpy((char *)area->at + extent.first * size, items, n * size);
	return extent;
}

int kernel_load_image(struct kernel *kernel, const struct acl_image *image,
		      unsigned int slot)
{
	const struct acl_limits *room = &kernel->room;

	if (image->n_words > room->words || image->n_rules4 > room->rules4 ||
	    image->n_rules6 > room->rules6)
		return -ENOSPC;
	kernel->halves = (struct acl_halves){
		.words = bring(&kernel->words, image->words, image->n_words,
			       sizeof(*image->words), room->words, slot),
		.rules4 = bring(&kernel->rules4, image->rules4, image->n_rules4,
				sizeof(*image->rules4), room->rules4, slot),
		.rules6 = bring(&kernel->rules6, image->rules6, image->n_rules6,
				sizeof(*image->rules6), room->rules6, slot),
	};
	return 0;
}

static void put_keys(struct kernel_key *keys, const struct packet *packets, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		keys[i] = (struct kernel_key){
			.src_high = packets[i].src_high,
			.src_low = packets[i].src_low,
			.dst_high = packets[i].dst_high,
			.dst_low = packets[i].dst_low,
			.src_port = packets[i].src_port,
			.dst_port = packets[i].dst_port,
			.proto = packets[i].proto,
			.tcp_flags = packets[i].tcp_flags,
			.later_fragment = packets[i].later_fragment,
		};
}

/* Up to KERNEL_MAX_KEYS. */
static int ask_some(struct kernel *kernel, struct acl_root root, enum acl_family family,
		    const struct packet *packets, uint32_t n, uint32_t *answers)
{
	volatile struct kernel_run *run = kernel->run.at;
	const uint64_t *answer = kernel->answers.at; /* values stand 8 bytes apart */
	char frame[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = 1);
	int err;

	put_keys(kernel->keys.at, packets, n);
	memset(kernel->answers.at, 0, kernel->answers.bytes);
	*(struct kernel_run *)kernel->run.at = (struct kernel_run){
		.at = kernel->halves,
		.root = root,
		.ipv6 = family == ACL_IPV6,
		.n = n,
	};
	err = bpf_prog_test_run_opts(bpf_program__fd(kernel->skel->progs.ask_all), &opts);
	if (err)
		return err;
	if (run->done != n)
		return -EIO;
	for (uint32_t i = 0; i < n; i++)
		answers[i] = answer_from_walk((uint32_t)answer[i]);
	return 0;
}

int kernel_ask(struct kernel *kernel, struct acl_root root, enum acl_family family,
	       const struct packet *packets, size_t n, uint32_t *answers)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i += KERNEL_MAX_KEYS) {
		size_t some = n - i < KERNEL_MAX_KEYS ? n - i : KERNEL_MAX_KEYS;

		err = ask_some(kernel, root, family, packets + i, (uint32_t)some,
			       answers + i);
	}
	return err;
}
