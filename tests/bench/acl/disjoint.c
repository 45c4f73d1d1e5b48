// SPDX-License-Identifier: GPL-2.0
/*
 * disjoint.c - lists of which no packet is in two lines.
 *
 * Why they exist: peers that know sets, not order, can hold these lists and no
 * others, so this is where they are compared.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "sets.h"

#define CLIENTS	     0x0a000000u /* 10.0.0.0/8 */
#define SERVERS	     0xac100000u /* 172.16.0.0/12, of which 4096 hosts are used */
#define SERVER_BITS  12
#define CLIENT_BITS  24
#define BLOCK_BITS   12 /* nets: each line has a /20 of its own */
#define MAX_SPAN     2000
#define ODD_MULTIPLE 0x9e3779b1u /* mixes i; odd, so that no two meet */

/* xorshift64*: Vigna 2014 */
static uint32_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)(*state * 0x2545f4914f6cdd1dull >> 32);
}

static struct acl_prefix prefix4(uint32_t address, uint32_t len)
{
	uint32_t mask = len ? ~0u << (32 - len) : 0;

	return (struct acl_prefix){
		.low = address & mask, .len = (uint8_t)len, .family = ACL_IPV4};
}

static void pair_fill(uint32_t i, uint64_t *state, struct acl_prefix *src,
		      struct acl_prefix *dst, struct acl_service *service)
{
	uint32_t client = i * ODD_MULTIPLE & ((1u << CLIENT_BITS) - 1);
	uint32_t server = next_random(state) & ((1u << SERVER_BITS) - 1);

	*src = prefix4(CLIENTS | client, 32);
	*dst = prefix4(SERVERS | server, 32);
	service->dst_port_low = service->dst_port_high =
		(uint16_t)(1 + next_random(state) % 1023);
}

static void net_fill(uint32_t i, uint64_t *state, struct acl_prefix *src,
		     struct acl_prefix *dst, struct acl_service *service)
{
	uint32_t block = i * ODD_MULTIPLE << BLOCK_BITS;
	uint32_t host = next_random(state) & ((1u << BLOCK_BITS) - 1);
	uint32_t low = 1 + next_random(state) % 60000;

	*src = prefix4(block | host, 20 + next_random(state) % 13);
	*dst = prefix4(next_random(state), 12 + next_random(state) % 21);
	service->dst_port_low = (uint16_t)low;
	service->dst_port_high = (uint16_t)(low + next_random(state) % MAX_SPAN);
}

int disjoint_make(int kind, size_t n_lines, struct gen_set *out)
{
	struct gen_set set = {.n_lines = n_lines, .family = ACL_IPV4};
	uint64_t state = 88172645463325252ull;

	set.lines = calloc(n_lines, sizeof(*set.lines));
	set.prefixes = calloc(2 * n_lines, sizeof(*set.prefixes));
	set.services = calloc(n_lines, sizeof(*set.services));
	if (!set.lines || !set.prefixes || !set.services) {
		gen_set_free(&set);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n_lines; i++) {
		struct acl_prefix *src = &set.prefixes[2 * (size_t)i];

		set.services[i] = (struct acl_service){.src_port_high = UINT16_MAX,
						       .proto = IPPROTO_TCP};
		(kind == BENCH_PAIRS ? pair_fill : net_fill)(i, &state, src, src + 1,
							     &set.services[i]);
		set.lines[i] = (struct acl_line){.src = src,
						 .dst = src + 1,
						 .services = &set.services[i],
						 .n_src = 1,
						 .n_dst = 1,
						 .n_services = 1,
						 .number = i,
						 .permit = true};
	}
	*out = set;
	return 0;
}
