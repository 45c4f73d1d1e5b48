// SPDX-License-Identifier: GPL-2.0
/*
 * lookup.c - the user-space half of lookup.bpf.c. See lookup.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lookup.h"

#include "bench_acl_lookup.skel.h"

#define NSEC_PER_MSEC 1e6
#define LOAD_TRIES    10

/* How much of each map all sets need. */
struct room {
	uint32_t words, rules4, rules6, packets, records;
};

/* ---- records of the linear scan ---- */

static void address_to_record(const struct acl_prefix *prefix, struct bench_addr *net,
			      struct bench_addr *mask)
{
	uint32_t bits = prefix->family == ACL_IPV4 ? 96 + prefix->len : prefix->len;
	uint32_t words[4] = {(uint32_t)(prefix->high >> 32), (uint32_t)prefix->high,
			     (uint32_t)(prefix->low >> 32), (uint32_t)prefix->low};

	if (prefix->family == ACL_IPV4)
		words[2] = 0xffff;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t here = bits > 32 * i ? bits - 32 * i : 0;

		net->word[i] = htonl(words[i]);
		mask->word[i] = htonl(here >= 32 ? ~0u : here ? ~0u << (32 - here) : 0);
	}
}

static void record_make(struct linear_record *record, const struct acl_line *line,
			const struct acl_prefix *src, const struct acl_prefix *dst,
			const struct acl_service *service)
{
	memset(record, 0, sizeof(*record));
	address_to_record(src, &record->src, &record->src_mask);
	address_to_record(dst, &record->dst, &record->dst_mask);
	record->src_port_low = service->src_port_low;
	record->src_port_high = service->src_port_high;
	record->dst_port_low = service->dst_port_low;
	record->dst_port_high = service->dst_port_high;
	record->proto = service->proto;
	record->any_proto = service->any_proto;
	record->answer = line->number << 1 | line->permit;
}

/* Products are written out. @out: NULL: only count. */
static uint32_t records_make(const struct bench_set *set, struct linear_record *out)
{
	uint32_t n = 0;

	for (size_t i = 0; i < set->lines.n_lines; i++) {
		const struct acl_line *l = &set->lines.lines[i];

		for (uint32_t s = 0; s < l->n_src; s++)
			for (uint32_t d = 0; d < l->n_dst; d++)
				for (uint32_t v = 0; v < l->n_services; v++, n++)
					if (out)
						record_make(&out[n], l, &l->src[s],
							    &l->dst[d], &l->services[v]);
	}
	return n;
}

/* ---- loading ---- */

static struct room places_assign(struct bench_set *sets, uint32_t n_sets)
{
	struct room room = {0};

	for (struct bench_set *set = sets; set < sets + n_sets; set++) {
		set->words_at = room.words;
		set->rules4_at = room.rules4;
		set->rules6_at = room.rules6;
		room.words += (uint32_t)set->image.n_words;
		room.rules4 += (uint32_t)set->image.n_rules4;
		room.rules6 += (uint32_t)set->image.n_rules6;
		for (int t = 0; t < N_TRACES; t++) {
			set->traces[t].first = room.packets;
			room.packets += set->traces[t].n;
		}
		set->linear_at = room.records;
		if (set->with_linear)
			set->n_linear = records_make(set, NULL);
		room.records += set->n_linear;
	}
	return room;
}

static void *map_memory(const struct bpf_map *map)
{
	size_t bytes = (size_t)bpf_map__max_entries(map) * bpf_map__value_size(map);
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map),
			0);

	return at == MAP_FAILED ? NULL : at;
}

static void unmap(const struct bpf_map *map, void *at)
{
	if (at)
		munmap(at, (size_t)bpf_map__max_entries(map) * bpf_map__value_size(map));
}

static int images_load(struct bench_lookup *program, const struct bench_set *sets,
		       uint32_t n_sets)
{
	__u64 *words = map_memory(program->maps.acl_words);
	struct acl_rule4 *rules4 = map_memory(program->maps.acl_rules4);
	struct acl_rule6 *rules6 = map_memory(program->maps.acl_rules6);
	struct bench_key *packets = map_memory(program->maps.packets);
	struct linear_record *records = map_memory(program->maps.records);
	int err = words && rules4 && rules6 && packets && records ? 0 : -1;

	for (const struct bench_set *set = sets; !err && set < sets + n_sets; set++) {
		const struct acl_image *image = &set->image;

		memcpy(words + set->words_at, image->words, image->n_words * 8);
		memcpy(rules4 + set->rules4_at, image->rules4,
		       image->n_rules4 * sizeof(*rules4));
		memcpy(rules6 + set->rules6_at, image->rules6,
		       image->n_rules6 * sizeof(*rules6));
		for (int t = 0; t < N_TRACES; t++)
			memcpy(packets + set->traces[t].first, set->traces[t].keys,
			       set->traces[t].n * sizeof(*packets));
		if (set->n_linear)
			records_make(set, records + set->linear_at);
	}
	unmap(program->maps.acl_words, words);
	unmap(program->maps.acl_rules4, rules4);
	unmap(program->maps.acl_rules6, rules6);
	unmap(program->maps.packets, packets);
	unmap(program->maps.records, records);
	return err ? bench_fail("mapping the maps: %s", strerror(errno)) : 0;
}

/* Room as all sets need it, and never none. */
static int sizes_set(struct bench_lookup *program, const struct room *room)
{
	return bpf_map__set_max_entries(program->maps.acl_words, room->words + 1) ||
	       bpf_map__set_max_entries(program->maps.acl_rules4, room->rules4 + 1) ||
	       bpf_map__set_max_entries(program->maps.acl_rules6, room->rules6 + 1) ||
	       bpf_map__set_max_entries(program->maps.packets, room->packets + 1) ||
	       bpf_map__set_max_entries(program->maps.records, room->records + 1);
}

/* The walk alone, in maps without content: what the verifier takes for it. */
static int load_time(struct lookup *lookup)
{
	for (int i = 0; i < LOAD_TRIES; i++) {
		struct bpf_prog_info info = {0};
		__u32 len = sizeof(info);
		struct bench_lookup *alone = bench_lookup__open();
		struct room room = {0};
		double start, ms;
		int err;

		if (!alone)
			return bench_fail("opening the lookup: %s", strerror(errno));
		bpf_program__set_autoload(alone->progs.empty, false);
		bpf_program__set_autoload(alone->progs.linear, false);
		bpf_program__set_autoload(alone->progs.tc_empty, false);
		bpf_program__set_autoload(alone->progs.tc_walk, false);
		bpf_program__set_autoload(alone->progs.tc_linear, false);
		start = bench_now_ns();
		err = sizes_set(alone, &room) || bench_lookup__load(alone);
		ms = (bench_now_ns() - start) / NSEC_PER_MSEC;
		if (!err)
			err = bpf_obj_get_info_by_fd(bpf_program__fd(alone->progs.walk),
						     &info, &len);
		bench_lookup__destroy(alone);
		if (err)
			return bench_fail("loading the walk: %s", strerror(errno));
		if (!i || ms < lookup->load_ms)
			lookup->load_ms = ms;
		lookup->verified_insns = info.verified_insns;
		lookup->jited_bytes = info.jited_prog_len;
	}
	return 0;
}

int lookup_open(struct lookup *lookup, struct bench_set *sets, uint32_t n_sets)
{
	struct room room = places_assign(sets, n_sets);

	memset(lookup, 0, sizeof(*lookup));
	if (load_time(lookup))
		return -1;
	lookup->program = bench_lookup__open();
	if (!lookup->program || sizes_set(lookup->program, &room) ||
	    bench_lookup__load(lookup->program))
		return bench_fail("loading the lookups: %s", strerror(errno));
	return images_load(lookup->program, sets, n_sets);
}

void lookup_close(struct lookup *lookup)
{
	bench_lookup__destroy(lookup->program);
	lookup->program = NULL;
}

/* ---- measuring ---- */

void lookup_select(struct lookup *lookup, const struct bench_set *set,
		   enum bench_trace_kind trace, uint32_t start)
{
	const struct acl_root *root = set->image.roots;

	lookup->program->bss->plan = (struct lookup_plan){
		.at = {.words = {set->words_at, (uint32_t)set->image.n_words},
		       .rules4 = {set->rules4_at, (uint32_t)set->image.n_rules4},
		       .rules6 = {set->rules6_at, (uint32_t)set->image.n_rules6}},
		.header = set->family == ACL_IPV4 ? root->v4 : root->v6,
		.ipv6 = set->family == ACL_IPV6,
		.first = set->traces[trace].first,
		.n = set->traces[trace].n,
		.linear_at = set->linear_at,
		.n_linear = set->n_linear,
	};
	lookup->program->bss->at = start % set->traces[trace].n;
}

int lookup_run(struct lookup *lookup, enum lookup_kind kind, uint32_t n, double *ns)
{
	const struct bpf_program *const programs[] = {
		[LOOKUP_EMPTY] = lookup->program->progs.empty,
		[LOOKUP_WALK] = lookup->program->progs.walk,
		[LOOKUP_LINEAR] = lookup->program->progs.linear,
	};
	uint8_t frame[64] = {0};
	struct bpf_test_run_opts opts = {.sz = sizeof(opts),
					 .data_in = frame,
					 .data_size_in = sizeof(frame),
					 .repeat = (int)n};
	double start = bench_now_ns();

	if (bpf_prog_test_run_opts(bpf_program__fd(programs[kind]), &opts))
		return bench_fail("BPF_PROG_TEST_RUN: %s", strerror(errno));
	if (ns)
		*ns = (bench_now_ns() - start) / n;
	return 0;
}

void lookup_answers(struct lookup *lookup, uint64_t *asked, uint64_t *sum)
{
	volatile __u64 *counted = &lookup->program->bss->asked;
	volatile __u64 *summed = &lookup->program->bss->answers;

	*asked = *counted;
	*sum = *summed;
	*counted = *summed = 0;
}

int lookup_check(struct lookup *lookup, enum lookup_kind kind,
		 const struct bench_set *set, enum bench_trace_kind trace)
{
	uint64_t asked, sum;

	lookup_select(lookup, set, trace, 0);
	lookup_answers(lookup, &asked, &sum);
	if (lookup_run(lookup, kind, set->traces[trace].n, NULL))
		return -1;
	lookup_answers(lookup, &asked, &sum);
	if (asked == set->traces[trace].n && sum == set->traces[trace].answers)
		return 0;
	return bench_fail("%s, %u lines: the answers add up to %llu, not to %llu",
			  kind == LOOKUP_WALK ? "walk" : "linear scan", set->n_lines,
			  (unsigned long long)sum,
			  (unsigned long long)set->traces[trace].answers);
}

int lookup_attach(struct lookup *lookup, enum lookup_kind kind, uint32_t ifindex)
{
	const struct bpf_program *const programs[] = {
		[LOOKUP_EMPTY] = lookup->program->progs.tc_empty,
		[LOOKUP_WALK] = lookup->program->progs.tc_walk,
		[LOOKUP_LINEAR] = lookup->program->progs.tc_linear,
	};
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(programs[kind]));
	int err = bpf_tc_hook_create(&hook);

	if (!err)
		err = bpf_tc_attach(&hook, &opts);
	return err ? bench_fail("TC: %s", strerror(-err)) : 0;
}
