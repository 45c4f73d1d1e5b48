// SPDX-License-Identifier: GPL-2.0
/*
 * oracle_many.c - the oracle for many packets: for each line, which packets?
 *
 * The packets are sorted three times: by source, by destination, and by protocol and
 * destination port. What a prefix or a range of ports matches stands side by side in
 * its order, found by bisection. Of a line's three stretches the shortest is taken,
 * and each packet in it is compared with the line in full, unless an earlier line has
 * it. A packet that matches is in all three stretches, so none is missed.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/acl/oracle_match.h"

enum order { BY_SRC, BY_DST, BY_PORT, N_ORDERS };

struct entry {
	oracle_address value;
	uint32_t packet;
};

struct sorted {
	struct entry *entries[N_ORDERS];
	size_t n;
};

static oracle_address port_number(uint8_t proto, uint16_t port)
{
	return (oracle_address)proto << 16 | port;
}

static oracle_address value_of(const struct packet *packet, enum order order)
{
	switch (order) {
	case BY_SRC:
		return oracle_src(packet);
	case BY_DST:
		return oracle_dst(packet);
	default:
		return port_number(packet->proto, packet->dst_port);
	}
}

static int entry_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

static int sorted_make(struct sorted *sorted, const struct packet *packets, size_t n)
{
	sorted->n = n;
	for (enum order order = 0; order < N_ORDERS; order++) {
		struct entry *entries = calloc(n, sizeof(*entries));

		sorted->entries[order] = entries;
		if (!entries)
			return -ENOMEM;
		for (size_t i = 0; i < n; i++) {
			entries[i].value = value_of(&packets[i], order);
			entries[i].packet = (uint32_t)i;
		}
		qsort(entries, n, sizeof(*entries), entry_compare);
	}
	return 0;
}

static void sorted_free(struct sorted *sorted)
{
	for (int order = 0; order < N_ORDERS; order++)
		free(sorted->entries[order]);
}

/* The first entry whose value is at least this one. */
static size_t bisect(const struct entry *entries, size_t n, oracle_address value)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries[middle].value < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct stretch {
	size_t from;
	size_t to; /* exclusive */
};

static struct stretch stretch_of(const struct sorted *sorted, enum order order,
				 struct oracle_span span)
{
	const struct entry *entries = sorted->entries[order];
	struct stretch stretch = {.from = bisect(entries, sorted->n, span.first)};

	stretch.to = span.last == ~(oracle_address)0
			     ? sorted->n
			     : bisect(entries, sorted->n, span.last + 1);
	return stretch;
}

static struct oracle_span service_span(const struct acl_service *service)
{
	if (service->any_proto)
		return (struct oracle_span){0, ~(oracle_address)0};
	/* What a service matches of later fragments, it matches whatever the port:
	 * then its ports are all there are. */
	return (struct oracle_span){
		port_number(service->proto, service->dst_port_low),
		port_number(service->proto, service->dst_port_high),
	};
}

/* Members of a line's set, in the order that sorts what they are about. */
static uint32_t members(const struct acl_line *line, enum order order)
{
	return order == BY_SRC	 ? line->n_src
	       : order == BY_DST ? line->n_dst
				 : line->n_services;
}

static struct oracle_span member_span(const struct acl_line *line, enum order order,
				      uint32_t i)
{
	return order == BY_SRC	 ? oracle_span(&line->src[i])
	       : order == BY_DST ? oracle_span(&line->dst[i])
				 : service_span(&line->services[i]);
}

static size_t order_cost(const struct sorted *sorted, const struct acl_line *line,
			 enum order order)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < members(line, order); i++) {
		struct stretch stretch =
			stretch_of(sorted, order, member_span(line, order, i));

		sum += stretch.to - stretch.from;
	}
	return sum;
}

/* Which order has the least packets to compare with the line. */
static enum order best_order(const struct sorted *sorted, const struct acl_line *line)
{
	enum order best = BY_SRC;
	size_t least = SIZE_MAX;

	for (enum order order = 0; order < N_ORDERS; order++) {
		size_t cost = order_cost(sorted, line, order);

		if (cost < least) {
			least = cost;
			best = order;
		}
	}
	return best;
}

int oracle_answer(const struct acl_line *lines, size_t n_lines, enum acl_family family,
		  const struct packet *packets, size_t n_packets, uint32_t *first)
{
	struct sorted sorted = {0};
	int err = sorted_make(&sorted, packets, n_packets);

	for (size_t i = 0; i < n_packets; i++)
		first[i] = ORACLE_NONE;
	for (size_t i = 0; !err && i < n_lines; i++) {
		enum order order = best_order(&sorted, &lines[i]);

		for (uint32_t m = 0; m < members(&lines[i], order); m++) {
			struct stretch stretch = stretch_of(
				&sorted, order, member_span(&lines[i], order, m));

			for (size_t e = stretch.from; e < stretch.to; e++) {
				uint32_t p = sorted.entries[order][e].packet;

				if (first[p] == ORACLE_NONE &&
				    oracle_matches(&lines[i], family, &packets[p]))
					first[p] = (uint32_t)i;
			}
		}
	}
	sorted_free(&sorted);
	return err;
}
