/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conn_count.h - connections counted as they come, change and go, so that nobody need
 * walk their tables to know how many there are; and what FTP data connections carry.
 *
 * Who may include it: the stages that use maps.
 *
 * What is told of a connection follows from its flags alone (conn_told()). They change by
 * compare-and-swap or fetch-and-or, and whoever has changed them counts the change; an
 * entry is taken out by whoever has set CONN_F_GONE, which is counted too, and nothing
 * that happens to it later is. So no two CPUs count one change, and none is left out.
 *
 * Races: a reader adds up the CPUs one after the other, and may see a connection come and
 * not go, or the other way round: off by what changes meanwhile. An entry whose memory
 * becomes another connection's under a CPU that still holds it (conn.h) may be changed by
 * it between the count of its beginning and its being entered: at worst one connection is
 * told in a wrong state until it ends, and one too many or too few in that state after
 * it.
 */
#ifndef PINHOLE_BPF_CONN_COUNT_H
#define PINHOLE_BPF_CONN_COUNT_H

#include "half_open_count.h"
#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CONN_N_CLASSES);
	__type(key, __u32);
	__type(value, struct conn_counters);
} conn_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ftp_traffic);
} ftp_traffic SEC(".maps");

_Static_assert(!(CONN_N_TOLD & (CONN_N_TOLD - 1)) &&
		       !(CONN_N_CLASSES & (CONN_N_CLASSES - 1)) &&
		       !(CONN_END_SLOTS & (CONN_END_SLOTS - 1)),
	       "the numbers are masks");
_Static_assert((int)PH_N_CONN_ENDS <= (int)CONN_END_SLOTS, "each end has its slot");

/* A number that older verifiers can bound by a mask, whatever the compiler knows of it.
 */
static __always_inline __u32 conn_count_bound(__u32 n, __u32 mask)
{
	asm volatile("" : "+r"(n));
	return n & mask;
}

/*
 * A connection in conns has come, changed or gone.
 * @was: what was told of it before, enum conn_told
 * @is:  what is told of it now
 * @why: enum ph_conn_end, where it has gone
 */
WORK_GLOBAL int conn_count(__u32 proto, __u32 was, __u32 is, __u32 why)
{
	__u32 kind = conn_class_of(proto);
	struct conn_counters *counters = bpf_map_lookup_elem(&conn_stats, &kind);

	if (!counters)
		return 0;
	counters->told[conn_count_bound(was, CONN_N_TOLD - 1)]--;
	counters->told[conn_count_bound(is, CONN_N_TOLD - 1)]++;
	if (was == CONN_TOLD_NONE)
		counters->created++;
	if (is == CONN_TOLD_NONE)
		counters->closed[conn_count_bound(why, CONN_END_SLOTS - 1)]++;
	return 0;
}

/*
 * A half-open connection has come, was seen again, or has gone.
 * @from_ns: when it was seen last; 0: it is new
 * @to_ns:   when it is seen now; 0: it is half-open no more
 */
WORK_GLOBAL int half_open_count(const struct policy_config *config, __u32 proto,
				__u64 from_ns, __u64 to_ns)
{
	__u32 kind = conn_class_of(proto);
	struct conn_counters *counters = bpf_map_lookup_elem(&conn_stats, &kind);
	__u32 shift, from, to;

	if (!config || !counters)
		return 0;
	shift = config->half_open_shift[conn_count_bound(kind, CONN_N_CLASSES - 1)];
	from = half_open_step(from_ns, shift);
	to = half_open_step(to_ns, shift);
	if (from_ns && to_ns && from == to)
		return 0;
	if (to_ns)
		half_open_add(&counters->half_open, to, 1);
	if (from_ns)
		half_open_add(&counters->half_open, from, -1);
	return 0;
}

/*
 * A packet of a data connection is let through.
 * @dir:   who sends it: PH_INITIATOR or PH_RESPONDER of the data connection
 * @flags: the connection's
 * @bytes: of TCP payload
 */
WORK_GLOBAL int conn_count_data(__u32 dir, __u32 flags, __u32 bytes)
{
	__u32 zero = 0;
	struct ftp_traffic *traffic = bpf_map_lookup_elem(&ftp_traffic, &zero);

	if (!traffic)
		return 0;
	if ((dir == PH_INITIATOR) == !!(flags & CONN_F_SERVER_DIALS))
		traffic->bytes_to_client += bytes;
	else
		traffic->bytes_to_server += bytes;
	return 0;
}

static __always_inline void conn_count_data_begins(void)
{
	__u32 zero = 0;
	struct ftp_traffic *traffic = bpf_map_lookup_elem(&ftp_traffic, &zero);

	if (traffic)
		traffic->connections++;
}

#endif /* PINHOLE_BPF_CONN_COUNT_H */
