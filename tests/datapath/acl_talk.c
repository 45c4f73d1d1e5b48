// SPDX-License-Identifier: GPL-2.0
/*
 * acl_talk.c - see acl_talk.h.
 */
#include "tests/datapath/acl_talk.h"
#include "tests/datapath/network.h"

#define FRAGMENT_ID 0x77

static const char *address_of(const struct scenario *s, enum acl_party party)
{
	const struct stations *at = stations_of(s);

	switch (party) {
	case ACL_CLIENT:
		return at->client;
	case ACL_WORKSTATION:
		return at->workstation;
	default:
		return at->our_outside;
	}
}

static size_t build(const struct scenario *s, const struct acl_says *says,
		    enum acl_party to, enum dev in, __u8 *bytes)
{
	const __u8 proto = says->proto ? says->proto : IPPROTO_UDP;
	const struct frame_v6 f = {
		.src = address_of(s, says->from),
		.dst = address_of(s, to),
		.proto = s->v6 && proto == IPPROTO_ICMP ? IPPROTO_ICMPV6 : proto,
		.sport = says->sport ? says->sport : 7000,
		.dport = says->dport ? says->dport : 53,
		.flags = says->flags,
		.seq = says->seq,
		.ack = says->ack,
		.icmp_type = s->v6 ? 128 : 8,
		.icmp_rest = 7 << 16 | 1,
		.fill = says->fill,
	};
	const struct frame f4 = {.src = f.src,
				 .dst = f.dst,
				 .proto = f.proto,
				 .sport = f.sport,
				 .dport = f.dport,
				 .flags = f.flags,
				 .seq = f.seq,
				 .ack = f.ack,
				 .icmp_type = f.icmp_type,
				 .icmp_id = 7,
				 .fill = f.fill};
	__u8 mac = NETWORK_MAC(in), whole[FRAME_MAX_BYTES];
	size_t len;

	if (!says->piece)
		return s->v6 ? frame_v6_build(&f, mac, bytes)
			     : frame_build(&f4, mac, bytes);
	len = s->v6 ? frame_v6_build(&f, mac, whole) : frame_build(&f4, mac, whole);
	if (len > sizeof(whole))
		TAP_BAIL("a frame of %zu bytes", len);
	return frame_fragment(whole, says->off, says->piece, true, FRAGMENT_ID, bytes);
}

__u16 acl_say(struct scenario *s, const struct acl_says *says, int at)
{
	bool out = says->from == ACL_WORKSTATION;
	enum acl_party to = says->to ? says->to : out ? ACL_CLIENT : ACL_WORKSTATION;
	__u8 bytes[FRAME_MAX_BYTES];
	struct packet_row row = {
		.bytes = bytes,
		.in = out ? DEV_INSIDE : DEV_OUTSIDE,
		.result = says->result,
		.known = !says->opens,
		.line = says->line ? DUAL_LINE(says->line, s->v6) : 0,
		.line_also = says->line_also ? DUAL_LINE(says->line_also, s->v6) : 0,
		.events = says->events,
	};

	row.len = build(s, says, to, row.in, bytes);
	if (!row.result) {
		row.result = to == ACL_BOX ? PH_TO_BOX : PH_FORWARD;
		row.out = out ? DEV_OUTSIDE : DEV_INSIDE;
		row.next_hop = out ? 50 : 20;
	}
	if (row.result == PH_FORWARD && says->piece)
		row.events |= says->off ? EVENT(FRAGMENT_LATER) : EVENT(FRAGMENT_FIRST);
	if (!check_row(s->w, s->hook, &row)) {
		tap_note("  in what is said in line %d", at);
		s->ok = false;
	}
	return (__u16)(row.len - ETH_HLEN);
}

/* ---- what lines count ---- */

static struct counters since;

void acl_tally_begin(struct scenario *s)
{
	world_counters(s->w, &since);
}

bool acl_tally(struct scenario *s, unsigned int line, __u64 hits, __u64 packets,
	       __u64 bytes)
{
	unsigned int i = DUAL_LINE(line, s->v6) - 1, slot = s->w->generation & 1;
	const struct acl_counters *before = &since.lines[slot][i];
	static struct counters now;
	struct acl_counters *after = &now.lines[slot][i];

	world_counters(s->w, &now);
	after->hits -= before->hits;
	after->packets -= before->packets;
	after->bytes -= before->bytes;
	if (after->hits == hits && after->packets == packets && after->bytes == bytes)
		return true;
	tap_note("line %u: %llu hits, %llu packets, %llu bytes", i + 1, after->hits,
		 after->packets, after->bytes);
	return false;
}

bool acl_tally_none(struct scenario *s)
{
	static struct counters now;

	world_counters(s->w, &now);
	return !memcmp(now.lines, since.lines, sizeof(now.lines));
}
