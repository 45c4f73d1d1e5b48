// SPDX-License-Identifier: GPL-2.0
/*
 * trace.c - a packet through the second instance. See firewall_trace.h.
 *
 * Why it exists: what was decided is not told by programs, but read out of what they
 * leave behind: their verdict, the counters, the tables and the working memory of the
 * instance, all of which are its own.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>

#include "acl_maps.h"
#include "bpf/pkt_types.h"
#include "nat_counters.h"
#include "state.h"
#include "tables.h"
#include "trace.h"

#define TAG_BYTES	 4u
#define HEADER_BYTES	 (ETH_HLEN + 2 * TAG_BYTES)
#define MOST_FRAME_BYTES 3400u /* of a page, what the kernel leaves a test run */
#define FIB_IPV4	 2

struct trace_counts {
	struct packet_counters drops[PH_N_DROP_REASONS];
	uint64_t events[PH_EV_END];
	uint64_t findings[FTP_N_FINDINGS];
	struct if_counters ifs[PH_MAX_INTERFACES];
};

struct fw_trace {
	struct fw *fw;	/* what is in force */
	struct fw copy; /* the instance's maps, those that are read here */
	struct bpf_object *object;
	int xdp; /* of the object */
	int tc;
	int work_fd;
	struct trace_work at;
	unsigned char *work; /* of each CPU, as the kernel gives it */
	size_t work_stride;
	uint32_t generation;
	struct fw_interface *interfaces;
	size_t n_interfaces;
	struct acl_line_slot *lines;
	size_t n_lines;
	struct trace_counts counts; /* as they were last */
};

/* ---- opening -------------------------------------------------------------- */

void fw_trace_close(struct fw_trace *trace)
{
	if (!trace)
		return;
	if (trace->object)
		bpf_object__close(trace->object);
	free(trace->work);
	free(trace->interfaces);
	free(trace->lines);
	fw_close(trace->fw);
	free(trace);
}

static void close_trace(struct fw_trace **trace)
{
	fw_trace_close(*trace);
}

static int add_interface(const struct fw_interface *interface, void *arg)
{
	struct fw_trace *trace = arg;

	if (trace->n_interfaces < PH_MAX_INTERFACES)
		trace->interfaces[trace->n_interfaces++] = *interface;
	return 0;
}

/* What of the policy in force is needed besides the maps. */
static int read_policy(struct fw_trace *trace, struct fw_error *error)
{
	int err = fw_read_active(trace->fw, &trace->generation, error);

	trace->interfaces = calloc(PH_MAX_INTERFACES, sizeof(*trace->interfaces));
	if (!err && !trace->interfaces)
		err = fw_fail(error, -ENOMEM, "cannot read the interfaces:");
	if (!err)
		err = fw_each_interface(trace->fw, add_interface, trace, error);
	if (err)
		return err;
	err = acl_maps_lines(trace->fw, trace->generation, &trace->lines,
			     &trace->n_lines);
	return err ? fw_fail(error, err, "cannot read the access lists:") : 0;
}

static int read_counts(const struct fw_trace *trace, struct trace_counts *out)
{
	const struct fw *copy = &trace->copy;
	int err = table_sum_range(copy, FW_MAP_DROPS, 0, PH_N_DROP_REASONS,
				  (uint64_t *)out->drops,
				  sizeof(out->drops[0]) / sizeof(uint64_t));

	if (!err)
		err = table_sum_range(copy, FW_MAP_EVENTS, 0, PH_EV_END, out->events, 1);
	if (!err)
		err = table_sum_range(copy, FW_MAP_FTP_FINDINGS, 0, FTP_N_FINDINGS,
				      out->findings, 1);
	if (!err)
		err = table_sum_range(copy, FW_MAP_IF_STATS, 0, PH_MAX_INTERFACES,
				      (uint64_t *)out->ifs,
				      sizeof(out->ifs[0]) / sizeof(uint64_t));
	return err;
}

static int find_parts(struct fw_trace *trace, struct fw_error *error)
{
	static const enum fw_map maps[] = {
		FW_MAP_DROPS, FW_MAP_EVENTS,	FW_MAP_IF_STATS,  FW_MAP_FTP_FINDINGS,
		FW_MAP_CONNS, FW_MAP_HALF_OPEN, FW_MAP_HALF_SETS, FW_MAP_HALF_HEAD};
	const struct bpf_object *object = trace->object;
	int err;

	memset(trace->copy.map, 0xff, sizeof(trace->copy.map)); /* all -1 */
	trace->copy.n_cpus = trace->fw->n_cpus;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		trace->copy.map[maps[i]] =
			bpf_object__find_map_fd_by_name(object, fw_map_names[maps[i]]);
	trace->xdp =
		bpf_program__fd(bpf_object__find_program_by_name(object, FW_PROG_XDP));
	trace->tc =
		bpf_program__fd(bpf_object__find_program_by_name(object, FW_PROG_TC_IN));
	trace->work_fd = bpf_object__find_map_fd_by_name(object, "work_area");
	err = trace_work_find(object, &trace->at);
	if (err)
		return fw_fail(error, err, "cannot find the datapath's working memory:");
	trace->work_stride = ((size_t)trace->at.bytes + 7) / 8 * 8;
	trace->work = calloc(trace->copy.n_cpus, trace->work_stride);
	if (!trace->work)
		return fw_fail(error, -ENOMEM, "cannot read the working memory:");
	err = read_counts(trace, &trace->counts);
	return err ? fw_fail(error, err, "cannot read the instance's counters:") : 0;
}

static bool has_xdp(const struct fw_trace *trace)
{
	for (size_t i = 0; i < trace->n_interfaces; i++)
		if (trace->interfaces[i].mode != FW_MODE_TC)
			return true;
	return false;
}

static void free_seed(struct trace_seed *seed)
{
	trace_seed_free(seed);
}

int fw_trace_open(const char *pin_dir, const struct fw_trace_ends *ends, size_t n_ends,
		  struct fw_trace **out, struct fw_error *error)
{
	struct fw_trace *trace cleanup_(close_trace) = calloc(1, sizeof(*trace));
	struct trace_seed seed cleanup_(free_seed) = {0};
	int err;

	if (!trace)
		return fw_fail(error, -ENOMEM, "cannot trace:");
	err = fw_open(pin_dir, &trace->fw, error);
	if (!err)
		err = state_check_namespace(trace->fw, NULL, error);
	if (!err)
		err = read_policy(trace, error);
	if (!err)
		err = trace_seed_read(trace->fw, ends, n_ends, &seed, error);
	if (!err)
		err = trace_load(trace->fw, &seed, has_xdp(trace), &trace->object, error);
	if (!err)
		err = find_parts(trace, error);
	if (!err)
		*out = take(trace);
	return err;
}

/* ---- the frame ------------------------------------------------------------ */

static const struct fw_interface *find_interface(const struct fw_trace *trace,
						 const char *name)
{
	for (size_t i = 0; i < trace->n_interfaces; i++)
		if (!strcmp(trace->interfaces[i].config.name, name))
			return &trace->interfaces[i];
	return NULL;
}

static int no_interface(const struct fw_trace *trace, const char *name,
			struct fw_error *error)
{
	size_t len;

	fw_fail(error, -ENODEV, "the policy in force has no interface %.48s", name);
	fw_fail_hint(error, "it has");
	for (size_t i = 0; error && i < trace->n_interfaces; i++) {
		len = strlen(error->hint);
		snprintf(error->hint + len, sizeof(error->hint) - len, "%s %s",
			 i ? "," : "", trace->interfaces[i].config.name);
	}
	return -ENODEV;
}

/* The station of an IP destination (RFC 1112 6.4, 2464 7). */
static void choose_station(uint8_t out[ETH_ALEN], const struct fw_trace_packet *packet,
			   const struct fw_interface *in)
{
	memcpy(out, in->config.mac, ETH_ALEN);
	if (packet->station) {
		memcpy(out, packet->station, ETH_ALEN);
	} else if (packet->ethertype == ETH_P_IP && packet->len >= 20) {
		const uint8_t *dst = packet->bytes + 16;

		if (dst[0] == 0xff && dst[1] == 0xff && dst[2] == 0xff && dst[3] == 0xff)
			memset(out, 0xff, ETH_ALEN);
		else if ((dst[0] & 0xf0) == 0xe0)
			memcpy(out,
			       (uint8_t[]){1, 0, 0x5e, dst[1] & 0x7f, dst[2], dst[3]},
			       ETH_ALEN);
	} else if (packet->ethertype == ETH_P_IPV6 && packet->len >= 40 &&
		   packet->bytes[24] == 0xff) {
		out[0] = 0x33;
		out[1] = 0x33;
		memcpy(out + 2, packet->bytes + 36, 4);
	} else if (packet->ethertype == ETH_P_ARP) {
		memset(out, 0xff, ETH_ALEN);
	}
}

static uint8_t *put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

/* As the interface's frames are, tags and all. @out: HEADER_BYTES more than the
 * packet. Return: bytes of the frame. */
static size_t make_frame(uint8_t *out, const struct fw_trace_packet *packet,
			 const struct fw_interface *in)
{
	static const uint8_t sender[ETH_ALEN] = {2, 0, 0, 0, 0, 1};
	uint8_t *at = out + (size_t)2 * ETH_ALEN;

	choose_station(out, packet, in);
	memcpy(out + ETH_ALEN, sender, ETH_ALEN);
	if (in->config.vlan) {
		at = put16(at, in->config.inner_vlan ? ETH_P_8021AD : ETH_P_8021Q);
		at = put16(at, in->config.vlan);
	}
	if (in->config.inner_vlan) {
		at = put16(at, ETH_P_8021Q);
		at = put16(at, in->config.inner_vlan);
	}
	at = put16(at, packet->ethertype);
	memcpy(at, packet->bytes, packet->len);
	return (size_t)(at - out) + packet->len;
}

/* ---- the run -------------------------------------------------------------- */

static int clear_work(const struct fw_trace *trace)
{
	unsigned char *zeros cleanup_free_ =
		calloc(trace->copy.n_cpus, trace->work_stride);
	__u32 index = 0;

	if (!zeros)
		return -ENOMEM;
	return bpf_map_update_elem(trace->work_fd, &index, zeros, BPF_ANY) ? -errno : 0;
}

static int run_program(int prog, const uint8_t *frame, size_t len, const void *ctx,
		       size_t ctx_len, int *verdict, struct fw_trace_result *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = (__u32)len,
		    .data_out = out->frame, .data_size_out = sizeof(out->frame),
		    .ctx_in = ctx, .ctx_size_in = (__u32)ctx_len, .repeat = 1);

	if (bpf_prog_test_run_opts(prog, &run))
		return -errno;
	*verdict = (int)run.retval;
	out->frame_len = run.data_size_out;
	return 0;
}

/* XDP first where it stands first; what it passes up, and what it cannot be asked, TC
 * decides. */
static int run_both(struct fw_trace *trace, const struct fw_interface *in,
		    const uint8_t *frame, size_t len, int *verdict,
		    struct fw_trace_result *out)
{
	const __u32 ifindex = in->config.tx_ifindex;
	struct xdp_md xdp = {.data_end = (__u32)len, .ingress_ifindex = ifindex};
	struct __sk_buff skb = {.ifindex = ifindex, .ingress_ifindex = ifindex};
	int err = clear_work(trace);

	if (!err && in->mode != FW_MODE_TC) {
		out->xdp_skipped = run_program(trace->xdp, frame, len, &xdp, sizeof(xdp),
					       verdict, out) != 0;
		out->xdp = !out->xdp_skipped && *verdict != XDP_PASS;
		if (!out->xdp)
			err = clear_work(trace);
	}
	if (err || out->xdp)
		return err;
	return run_program(trace->tc, frame, len, &skb, sizeof(skb), verdict, out);
}

/* ---- what came of it ------------------------------------------------------ */

/* Of the CPU that it ran on: the others' are zero. NULL: it left nothing there. */
static const unsigned char *find_work(struct fw_trace *trace)
{
	__u32 index = 0;

	if (bpf_map_lookup_elem(trace->work_fd, &index, trace->work))
		return NULL;
	for (size_t cpu = 0; cpu < trace->copy.n_cpus; cpu++) {
		const unsigned char *work = trace->work + cpu * trace->work_stride;

		for (size_t i = 0; i < trace->at.bytes; i++)
			if (work[i])
				return work;
	}
	return NULL;
}

static bool is_unset(const struct ph_addr *addr)
{
	static const struct ph_addr unset;

	return !memcmp(addr, &unset, sizeof(unset));
}

static struct fw_trace_end end_at(const unsigned char *work, uint32_t addr, uint32_t port)
{
	struct fw_trace_end end = {0};
	__be16 wire;

	memcpy(&end.addr, work + addr, sizeof(end.addr));
	memcpy(&wire, work + port, sizeof(wire));
	end.port = ntohs(wire);
	return end;
}

static uint32_t word_at(const unsigned char *work, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, work + offset, sizeof(word));
	return word;
}

static void read_ends(const struct fw_trace *trace, const unsigned char *work,
		      struct fw_trace_result *out)
{
	const struct trace_work *at = &trace->at;
	struct pkt pkt;

	memcpy(&pkt, work + at->pkt, sizeof(pkt));
	out->parsed = pkt.l3_off != 0;
	out->addressed = (pkt.kind == PKT_IPV4 || pkt.kind == PKT_IPV6) && pkt.l4_off;
	out->proto = pkt.proto;
	out->src = (struct fw_trace_end){pkt.src, ntohs(pkt.sport)};
	out->dst = (struct fw_trace_end){pkt.dst, ntohs(pkt.dport)};
	out->real_dst = end_at(work, at->real_dst, at->real_dport);
	if (is_unset(&out->real_dst.addr))
		out->real_dst = out->dst;
	out->new_src = end_at(work, at->new_src, at->new_sport);
	out->new_dst = end_at(work, at->new_dst, at->new_dport);
}

static void read_route(const struct fw_trace *trace, const unsigned char *work,
		       struct fw_trace_result *out)
{
	struct bpf_fib_lookup fib;

	memcpy(&fib, work + trace->at.fib, sizeof(fib));
	out->routed = fib.family != 0;
	if (!out->routed)
		return;
	out->egress_ifindex = word_at(work, trace->at.egress_ifindex);
	out->path_mtu = word_at(work, trace->at.path_mtu);
	if (fib.family == FIB_IPV4)
		pkt_addr_v4(&out->next_hop, fib.ipv4_dst);
	else
		memcpy(&out->next_hop, fib.ipv6_dst, sizeof(out->next_hop));
	memcpy(out->next_hop_mac, fib.dmac, sizeof(out->next_hop_mac));
}

static uint64_t line_of(const struct fw_trace *trace, uint32_t counter)
{
	for (size_t i = 0; counter != PH_NO_COUNTER && i < trace->n_lines; i++)
		if (trace->lines[i].counter == counter)
			return trace->lines[i].line_id;
	return 0;
}

static void read_lines(const struct fw_trace *trace, const unsigned char *work,
		       struct fw_trace_result *out)
{
	const struct trace_work *at = &trace->at;

	out->line = line_of(trace, word_at(work, at->acl_counter));
	out->line_out = line_of(trace, word_at(work, at->acl_counter_out));
	out->place = (enum acl_place)work[at->acl_place];
	out->judged = work[at->judge_proto] || work[at->acl_place];
}

static uint64_t statement_at(const struct fw_trace *trace, const unsigned char *work,
			     uint32_t offset)
{
	uint32_t counter = word_at(work, offset);

	return counter == PH_NO_COUNTER
		       ? 0
		       : nat_counters_statement(trace->fw, trace->generation, counter);
}

static void read_statements(const struct fw_trace *trace, const unsigned char *work,
			    struct fw_trace_result *out)
{
	if (!work[trace->at.judge_proto] || out->place == ACL_AT_BOX)
		return; /* it was not asked for any */
	out->nat_src = statement_at(trace, work, trace->at.nat_counter_src);
	out->nat_dst = statement_at(trace, work, trace->at.nat_counter_dst);
}

static void read_flow(const struct fw_trace *trace, const unsigned char *work,
		      uint64_t began_ns, struct fw_trace_result *out)
{
	struct half_table half scoped_half_table_ = {0};
	const void *key = work + trace->at.key;

	memcpy(&out->key, key, sizeof(out->key));
	out->established =
		!bpf_map_lookup_elem(trace->copy.map[FW_MAP_CONNS], key, &out->conn);
	if (!out->established && (table_half_open(&trace->copy, MAP_VIEW_READ, &half) ||
				  !half_table_get(&half, &out->key, &out->conn)))
		return;
	out->flow = out->conn.created_ns >= began_ns ? FW_TRACE_FLOW_NEW
						     : FW_TRACE_FLOW_FOUND;
}

static bool has_left(const struct trace_counts *before, const struct trace_counts *after)
{
	for (size_t i = 0; i < PH_MAX_INTERFACES; i++)
		if (after->ifs[i].tx_packets != before->ifs[i].tx_packets)
			return true;
	return false;
}

/* An ICMP error tells the sender why the packet goes no further. */
static void read_answer(struct fw_trace_result *out)
{
	out->action = FW_TRACE_ANSWER;
	if (out->events[PH_EV_ICMP_ERROR_SENT])
		out->drop = (out->path_mtu ? PH_DROP_MTU_EXCEEDED : PH_DROP_TTL_EXPIRED) -
			    PH_DROP_FIRST;
}

static void read_verdict(const struct trace_counts *before,
			 const struct trace_counts *after, int verdict,
			 struct fw_trace_result *out)
{
	out->drop = FW_TRACE_NO_DROP;
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++)
		if (after->drops[i].packets != before->drops[i].packets)
			out->drop = i;
	for (size_t i = 0; i < PH_EV_END; i++)
		out->events[i] = after->events[i] - before->events[i];
	for (size_t i = 0; i < FTP_N_FINDINGS; i++)
		out->findings[i] = after->findings[i] - before->findings[i];
	if (out->drop != FW_TRACE_NO_DROP)
		out->action = !out->xdp && verdict == TC_ACT_REDIRECT ? FW_TRACE_RESET
								      : FW_TRACE_DROP;
	else if (has_left(before, after))
		out->action = FW_TRACE_FORWARD;
	else if (!out->xdp && verdict == TC_ACT_REDIRECT)
		read_answer(out);
	else if (!out->xdp && verdict == TC_ACT_OK)
		out->action = FW_TRACE_TO_BOX;
	else
		out->action = FW_TRACE_DROP;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static int check_generation(const struct fw_trace *trace, struct fw_error *error)
{
	uint32_t generation = 0;
	int err = fw_read_active(trace->fw, &generation, error);

	if (err || generation == trace->generation)
		return err;
	fw_fail(error, -EAGAIN, "another policy came into force meanwhile");
	fw_fail_hint(error, "trace again");
	return -EAGAIN;
}

static int trace_frame(struct fw_trace *trace, const struct fw_interface *in,
		       const uint8_t *frame, size_t len, struct fw_trace_result *result,
		       struct fw_error *error)
{
	struct trace_counts *after cleanup_free_ = calloc(1, sizeof(*after));
	uint64_t began_ns = now_ns();
	const unsigned char *work;
	int verdict = 0;
	int err = after ? run_both(trace, in, frame, len, &verdict, result) : -ENOMEM;

	if (!err)
		err = read_counts(trace, after);
	if (err)
		return fw_fail(error, err, "cannot run the packet:");
	work = find_work(trace);
	if (work) {
		read_ends(trace, work, result);
		read_route(trace, work, result);
		read_lines(trace, work, result);
		read_statements(trace, work, result);
		read_flow(trace, work, began_ns, result);
	}
	read_verdict(&trace->counts, after, verdict, result);
	trace->counts = *after;
	result->generation = trace->generation;
	return check_generation(trace, error);
}

int fw_trace_run(struct fw_trace *trace, const struct fw_trace_packet *packet,
		 struct fw_trace_result *out, struct fw_error *error)
{
	struct fw_trace_result *result cleanup_free_ = calloc(1, sizeof(*result));
	const struct fw_interface *in = find_interface(trace, packet->interface);
	uint8_t frame[MOST_FRAME_BYTES + HEADER_BYTES];
	size_t len;
	int err;

	if (!result)
		return fw_fail(error, -ENOMEM, "cannot trace:");
	if (!in)
		return no_interface(trace, packet->interface, error);
	if (packet->len > MOST_FRAME_BYTES)
		return fw_fail(error, -EMSGSIZE,
			       "the packet has %zu bytes; the kernel tries out no more "
			       "than %u",
			       packet->len, MOST_FRAME_BYTES);
	err = check_generation(trace, error);
	if (err)
		return err;
	len = make_frame(frame, packet, in);
	err = trace_frame(trace, in, frame, len, result, error);
	if (!err)
		*out = *result;
	return err;
}
