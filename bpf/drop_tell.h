/* SPDX-License-Identifier: GPL-2.0 */
/*
 * drop_tell.h - tells user space of dropped packets, by reason.
 *
 * Bounds, since senders choose what is dropped: of a reason a CPU tells of
 * PH_DROP_RECORDS_PER_SEC packets a second, and of none while the ring is half full.
 * What is not told is counted, and the next record of the reason says how many there
 * were. What lists deny is told by acl_tell.h, and what inspection drops by what it has
 * found; full tables are told once a second, without a packet.
 *
 * Who may include it: verdict.h.
 */
#ifndef PINHOLE_BPF_DROP_TELL_H
#define PINHOLE_BPF_DROP_TELL_H

#include "maps.h"
#include "record.h"

#define DROP_BIT(NAME) (1ull << (PH_DROP_##NAME - PH_DROP_FIRST))

_Static_assert(PH_N_DROP_REASONS <= 64, "sets of reasons are one word");

/* What an operator must hear of, besides its counter. */
#define DROP_TROUBLE                                            \
	(DROP_BIT(CONN_TABLE_FULL) | DROP_BIT(HALF_OPEN_FULL) | \
	 DROP_BIT(FTP_TABLE_FULL) | DROP_BIT(ACL_BOUND))

/* Told elsewhere. */
#define DROP_TOLD                                                              \
	(DROP_BIT(ACL_DENY) | DROP_BIT(ACL_IMPLICIT) | DROP_BIT(FTP_REWRITE) | \
	 DROP_BIT(FTP_SEGMENT) | DROP_BIT(FTP_STRICT) | DROP_BIT(FTP_TLS) |    \
	 DROP_BIT(FTP_MATCH) | DROP_BIT(FTP_ENDED) | DROP_BIT(FTP_DATA_LIMIT))

static __always_inline void drop_fill_quoted(struct drop_record *record,
					     const struct pkt *quoted)
{
	record->flags |= DROP_RECORD_F_QUOTED;
	record->quoted_src = quoted->src;
	record->quoted_dst = quoted->dst;
	record->quoted_sport = quoted->sport;
	record->quoted_dport = quoted->dport;
	record->quoted_proto = quoted->proto;
}

/* As far as the packet could be read. */
static __always_inline void drop_fill(struct drop_record *record, const struct work *w)
{
	record->src = w->pkt.src;
	record->dst = w->pkt.dst;
	record->sport = w->pkt.sport;
	record->dport = w->pkt.dport;
	record->proto = w->pkt.proto;
	record->tcp_flags = w->pkt.tcp_flags;
	record->icmp_type = w->pkt.icmp_type;
	record->icmp_code = w->pkt.icmp_code;
	record->fragment_off = w->pkt.fragment_off;
	record->fragment_len = w->pkt.fragment_len;
	if (w->pkt.fragment == PKT_FRAGMENT_LATER)
		record->flags |= DROP_RECORD_F_LATER;
	if (w->pkt.icmp_error && w->quoted_valid)
		drop_fill_quoted(record, &w->quoted);
}

/*
 * Tell of the packet in the work area, which is dropped.
 * @reason: enum ph_reason
 * @in, @out: iface_config.l3_ifindex of its interfaces; 0: none, or not known
 */
WORK_GLOBAL int drop_tell(__u32 reason, __u32 in, __u32 out, __u64 now_ns)
{
	__u32 index = reason - PH_DROP_FIRST;
	struct drop_record *record = NULL;
	struct work *w = work_get();
	struct tell_bucket *said;

	if (index >= PH_N_DROP_REASONS || !w || (1ull << index & DROP_TOLD))
		return 0;
	said = bpf_map_lookup_elem(&reason_said, &index);
	if (!said)
		return 0;
	if (1ull << index & DROP_TROUBLE) {
		record_trouble(said, reason, now_ns);
		return 0;
	}
	tell_turn(said, now_ns);
	if (said->count < PH_DROP_RECORDS_PER_SEC && record_half_is_free())
		record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		said->lost++;
		event_count(PH_EV_DROP_RECORD_LOST);
		return 0;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->time_ns = now_ns;
	record->kind = PH_RECORD_DROP;
	record->reason = reason;
	record->lost = tell_count(said);
	record->ifindex[0] = in;
	record->ifindex[1] = out;
	if (reason != PH_DROP_INTERNAL) /* there may be none */
		drop_fill(record, w);
	if (reason == PH_DROP_EMBRYONIC_LIMIT) {
		record->quoted_dst = w->real_dst;
		record->quoted_dport = w->real_dport;
		record->limit = w->embryonic_limit;
	}
	bpf_ringbuf_submit(record, 0);
	return 0;
}

#endif /* PINHOLE_BPF_DROP_TELL_H */
