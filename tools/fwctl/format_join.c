// SPDX-License-Identifier: GPL-2.0
/*
 * format_join.c - packets out of what a capture is told. See format_join.h.
 *
 * IEEE 802.1Q for tags.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include "format_join.h"

#define TAG_BYTES 4u
#define MAX_CPU	  PH_CAPTURE_MAX_CPUS

struct open_packet {
	struct join_packet packet;
	bool is_open;
};

struct join {
	struct join_packet *done;
	size_t n_done, capacity;
	struct open_packet *open; /* by CPU */
	size_t n_open;
};

/* ---- the frame on the wire --------------------------------------------------------- */

static uint16_t get16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(unsigned char *at, uint16_t value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static bool is_tag(uint16_t type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

static unsigned char *put_tag(unsigned char *at, uint16_t proto, uint16_t tci)
{
	put16(at, proto);
	put16(at + 2, tci);
	return at + TAG_BYTES;
}

/* Ethernet and tags of the way out, up to the type of what they carry. */
static unsigned char *put_link(const struct capture_record *record, unsigned char *out)
{
	memcpy(out, record->mac, sizeof(record->mac));
	out += sizeof(record->mac);
	if (record->vlan[1])
		out = put_tag(out, ETH_P_8021AD, record->vlan[0]);
	else if (record->vlan[0])
		out = put_tag(out, ETH_P_8021Q, record->vlan[0]);
	if (record->vlan[1])
		out = put_tag(out, ETH_P_8021Q, record->vlan[1]);
	return out;
}

uint32_t join_wire(const struct capture_record *record, const unsigned char *bytes,
		   unsigned char *out)
{
	uint32_t kept = record->kept_bytes, at = 2 * ETH_ALEN;
	unsigned char *end = out;

	if (kept < ETH_HLEN) {
		memcpy(out, bytes, kept);
		return kept;
	}
	if (record->flags & CAPTURE_R_LINK) {
		end = put_link(record, out);
		while (at + TAG_BYTES + 2 <= kept && is_tag(get16(bytes + at)))
			at += TAG_BYTES;
	} else {
		memcpy(out, bytes, at);
		end += at;
		if (record->tag_proto)
			end = put_tag(end, ntohs(record->tag_proto), record->tag_tci);
	}
	memcpy(end, bytes + at, kept - at);
	return (uint32_t)(end - out) + kept - at;
}

/* ---- joining ----------------------------------------------------------------------- */

static void free_packet(struct join_packet *packet)
{
	for (int form = 0; form < JOIN_N_FORMS; form++)
		free(packet->frame[form].bytes);
	memset(packet, 0, sizeof(*packet));
}

static int set_frame(struct join_frame *frame, const struct capture_record *record,
		     const unsigned char *bytes)
{
	unsigned char *wire = malloc((size_t)record->kept_bytes + JOIN_MORE_BYTES);

	if (!wire)
		return -ENOMEM;
	free(frame->bytes);
	frame->bytes = wire;
	frame->kept_bytes = join_wire(record, bytes, wire);
	frame->wire_bytes = record->frame_bytes + frame->kept_bytes - record->kept_bytes;
	frame->time_ns = record->time_ns;
	return 0;
}

uint64_t join_time_ns(const struct join_packet *packet)
{
	const struct join_frame *before = &packet->frame[JOIN_BEFORE];

	return before->bytes ? before->time_ns : packet->record.time_ns;
}

static int finish(struct join *join, struct open_packet *open)
{
	if (join->n_done == join->capacity) {
		size_t capacity = join->capacity ? 2 * join->capacity : 256;
		struct join_packet *grown =
			realloc(join->done, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		join->done = grown;
		join->capacity = capacity;
	}
	join->done[join->n_done++] = open->packet;
	memset(open, 0, sizeof(*open));
	return 0;
}

/* The end of the packet before was lost. */
static int give_up(struct join *join, struct open_packet *open)
{
	open->packet.undecided = true;
	return finish(join, open);
}

static struct open_packet *open_of(struct join *join, int cpu)
{
	size_t wanted = (size_t)cpu + 1;
	struct open_packet *grown;

	if (cpu < 0 || wanted > MAX_CPU)
		return NULL;
	if (wanted > join->n_open) {
		grown = realloc(join->open, wanted * sizeof(*grown));
		if (!grown)
			return NULL;
		memset(grown + join->n_open, 0, (wanted - join->n_open) * sizeof(*grown));
		join->open = grown;
		join->n_open = wanted;
	}
	return &join->open[cpu];
}

int join_add(struct join *join, int cpu, const struct capture_record *record,
	     const unsigned char *bytes)
{
	struct open_packet *open = open_of(join, cpu);
	int err = open ? 0 : -ENOMEM;

	if (!err && open->is_open && open->packet.record.packet != record->packet)
		err = give_up(join, open);
	if (err)
		return err;
	if (!open->is_open && record->form == CAPTURE_END)
		return 0; /* its beginning was lost: there is nothing to show */
	if (open->is_open && open->packet.record.reason >= PH_DROP_FIRST)
		open->packet.cause = open->packet.record.reason;
	open->packet.record = *record;
	open->is_open = true;
	if (record->form == CAPTURE_BEFORE)
		err = set_frame(&open->packet.frame[JOIN_BEFORE], record, bytes);
	else if (record->form == CAPTURE_AFTER)
		err = set_frame(&open->packet.frame[JOIN_AFTER], record, bytes);
	if (err || (record->flags & CAPTURE_R_MORE))
		return err;
	return finish(join, open);
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = join_time_ns(a), y = join_time_ns(b);

	return (x > y) - (x < y);
}

int join_take(struct join *join, uint64_t until_ns,
	      int (*fn)(const struct join_packet *, void *), void *arg)
{
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; until_ns == UINT64_MAX && i < join->n_open; i++)
		if (join->open[i].is_open && give_up(join, &join->open[i]))
			return -ENOMEM;
	if (join->n_done)
		qsort(join->done, join->n_done, sizeof(*join->done), by_time);
	while (!err && n < join->n_done && join_time_ns(&join->done[n]) < until_ns) {
		err = fn(&join->done[n], arg);
		free_packet(&join->done[n++]);
	}
	if (n)
		memmove(join->done, join->done + n,
			(join->n_done - n) * sizeof(*join->done));
	join->n_done -= n;
	return err;
}

struct join *join_new(void)
{
	return calloc(1, sizeof(struct join));
}

void join_free(struct join *join)
{
	if (!join)
		return;
	for (size_t i = 0; i < join->n_done; i++)
		free_packet(&join->done[i]);
	for (size_t i = 0; i < join->n_open; i++)
		free_packet(&join->open[i].packet);
	free(join->done);
	free(join->open);
	free(join);
}
