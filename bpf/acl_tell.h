/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_tell.h - tells user space what access lists decide: flows of lines with `log`, and
 * whatever is denied unless its line says `log disable`.
 *
 * Bounds, since senders choose what is denied: of a line a CPU tells of
 * PH_ACL_RECORDS_PER_LINE decisions a second, of all lines of PH_ACL_RECORDS_PER_SEC, but
 * of each of PH_ACL_RECORDS_ALWAYS in any case; and of none while the ring is half full,
 * so that the ends of connections and what inspection finds have the other half to
 * themselves. So a flood at one line leaves room for others. What is not told is counted,
 * and the next record of the line says how many there were. Where no line matches, the
 * place where the list is asked stands for it.
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_ACL_TELL_H
#define PINHOLE_BPF_ACL_TELL_H

#include "acl.h"

#include "record.h"

/* No counter has such a number. */
#define ACL_TELL_PLACE (1u << 31)

/* Whose decision in acl of the work area it is, as a number that is not 0. */
static __always_inline __u32 acl_tell_owner(const struct work *w, __u32 in_ifindex)
{
	if (w->acl.counter == PH_NO_COUNTER)
		return ACL_TELL_PLACE | in_ifindex << 2 | (w->acl.place & 3);
	return w->acl.counter + 1;
}

static __always_inline void acl_fill_record(struct acl_record *record,
					    const struct work *w, __u32 in_ifindex)
{
	record->kind = PH_RECORD_ACL;
	record->line_id = w->acl.line_id;
	__builtin_memcpy(&record->key, &w->acl_key, sizeof(record->key));
	record->ifindex[0] = in_ifindex;
	record->ifindex[1] = w->acl.place == ACL_AT_BOX ? 0 : w->egress_ifindex;
	record->place = w->acl.place;
	record->permit = w->acl.verdict == ACL_PERMIT;
	record->flags = (__u8)w->acl.flags;
	__builtin_memset(record->pad, 0, sizeof(record->pad));
}

/*
 * Tell of the decision in acl of the work area, about the packet in its acl_key.
 * @in_ifindex: iface_config.l3_ifindex of the way in
 */
WORK_GLOBAL int acl_tell(__u32 in_ifindex)
{
	struct work *w = work_get();
	struct acl_record *record = NULL;
	struct tell_bucket *bucket;
	struct acl_told *told;
	__u32 index = 0;
	__u64 now_ns;

	told = bpf_map_lookup_elem(&acl_told, &index);
	if (!w || !told)
		return 0;
	if (w->acl.verdict == ACL_PERMIT ? !(w->acl.flags & ACL_LINE_F_LOG)
					 : w->acl.flags & ACL_LINE_F_QUIET)
		return 0;
	now_ns = bpf_ktime_get_ns();
	bucket = tell_line(told, acl_tell_owner(w, in_ifindex), now_ns);
	if (tell_may_line(told, bucket, now_ns) && record_half_is_free())
		record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		bucket->lost++;
		event_count(PH_EV_ACL_RECORD_LOST);
		return 0;
	}
	acl_fill_record(record, w, in_ifindex);
	record->time_ns = now_ns;
	record->lost = tell_count(bucket);
	told->all.count++;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* One that a line permitted earlier, in the judging: its key is to be made again.
 * @counter: the line's */
static __always_inline void acl_tell_permitted(struct work *w, __u64 line_id,
					       __u32 counter, __u8 place,
					       __u32 in_ifindex)
{
	w->acl.line_id = line_id;
	w->acl.counter = counter;
	w->acl.flags = ACL_LINE_F_LOG;
	w->acl.verdict = ACL_PERMIT;
	w->acl.place = place;
	acl_tell(in_ifindex);
}

/* Whether a drop is a list's. */
static __always_inline bool acl_denied(enum ph_reason reason)
{
	return reason == PH_DROP_ACL_DENY || reason == PH_DROP_ACL_IMPLICIT;
}

#endif /* PINHOLE_BPF_ACL_TELL_H */
