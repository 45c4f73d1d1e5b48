// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_acl_log.c - what access lists tell: flows of lines with `log`, and what is
 * denied; and how much of it at most. And that a service-policy of an interface is
 * about its connections alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/tell.h"
#include "pinhole.skel.h"
#include "tests/datapath/acl_talk.h"
#include "tests/datapath/network.h"
#include "tests/datapath/now.h"

#define MAX_TOLD   8
#define NS_PER_SEC 1000000000ull

#define LOGGED                                                     \
	"access-list enter permit udp any4 any4 eq domain log\n"   \
	"access-list enter permit udp any6 any6 eq domain log\n"   \
	"access-list enter permit udp any4 any4 eq 99\n"           \
	"access-list enter permit udp any6 any6 eq 99\n"           \
	"access-list enter deny udp any4 any4 eq 77\n"             \
	"access-list enter deny udp any6 any6 eq 77\n"             \
	"access-list enter deny udp any4 any4 eq 78 log\n"         \
	"access-list enter deny udp any6 any6 eq 78 log\n"         \
	"access-list enter deny udp any4 any4 eq 79 log disable\n" \
	"access-list enter deny udp any6 any6 eq 79 log disable\n" \
	"access-list leave permit udp any4 any4 eq domain log\n"   \
	"access-list leave permit udp any6 any6 eq domain log\n"   \
	"access-list box permit udp any4 any4 eq 99 log\n"         \
	"access-list box permit udp any6 any6 eq 99 log\n"         \
	"access-list box deny udp any4 any4 eq 77\n"               \
	"access-list box deny udp any6 any6 eq 77\n"

static const char policy_logged[] = INTERFACES LOGGED
	"access-group enter in interface outside\n"
	"access-group leave out interface inside\n"
	"access-group box in interface outside control-plane\n";

enum logged_line {
	IN_DOMAIN = 1,
	IN_99 = 3,
	IN_NOT_77 = 5,
	IN_NOT_78 = 7,
	IN_NOT_79 = 9,
	OUT_DOMAIN = 11,
	BOX_99 = 13,
	BOX_NOT_77 = 15,
};

struct told {
	struct acl_record at[MAX_TOLD];
	unsigned int n; /* may exceed MAX_TOLD */
};

static int note(void *ctx, void *data, size_t len)
{
	const struct acl_record *record = data;
	struct told *told = ctx;

	if (len != sizeof(*record) || record->kind != PH_RECORD_ACL)
		return 0;
	if (told->n < MAX_TOLD)
		told->at[told->n] = *record;
	told->n++;
	return 0;
}

/* What was told since the last time. */
static struct told take_told(const struct scenario *s)
{
	struct told told = {.n = 0};
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(s->w->skel->maps.records),
						    note, &told, NULL);

	if (!ring)
		TAP_BAIL("the ring of records: %s", strerror(errno));
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return told;
}

/* In the second that began then, on every CPU, lines that have told of something have
 * told of so many; and all together of as many as they may, if these have. */
static void set_told(const struct scenario *s, __u64 since_ns, __u32 count)
{
	struct acl_told *values =
		calloc((size_t)libbpf_num_possible_cpus(), sizeof(*values));
	int fd = bpf_map__fd(s->w->skel->maps.acl_told);
	__u32 index = 0;

	if (!values || bpf_map_lookup_elem(fd, &index, values))
		TAP_BAIL("acl_told: %s", strerror(errno));
	for (int i = 0; i < libbpf_num_possible_cpus(); i++) {
		values[i].all.since_ns = since_ns;
		values[i].all.count = count ? PH_ACL_RECORDS_PER_SEC : 0;
		for (__u32 j = 0; j < TELL_LINES; j++) {
			values[i].line[j].since_ns = since_ns;
			values[i].line[j].count = count;
		}
	}
	if (bpf_map_update_elem(fd, &index, values, BPF_ANY))
		TAP_BAIL("acl_told: %s", strerror(errno));
	free(values);
}

static void begin(const struct scenario *s)
{
	set_told(s, 0, 0);
	take_told(s);
}

/* ---- what is told ---- */

static void a_flow_is_told_where_lines_say_so(struct scenario *s)
{
	struct told told;

	begin(s);
	ACL_SAY(s, .opens = true, .line = IN_DOMAIN, .line_also = OUT_DOMAIN);
	told = take_told(s);
	CHECK(s, told.n == 2);
	if (told.n == 2) {
		CHECK(s, told.at[0].place == ACL_AT_IN && told.at[0].permit);
		CHECK(s, told.at[1].place == ACL_AT_OUT && told.at[1].permit);
		CHECK(s, told.at[0].line_id && told.at[1].line_id);
		CHECK(s, told.at[0].line_id != told.at[1].line_id);
		CHECK(s, told.at[0].flags == ACL_LINE_F_LOG && !told.at[0].lost);
		CHECK(s,
		      told.at[0].key.src_port == 7000 && told.at[0].key.dst_port == 53);
		CHECK(s, told.at[0].key.proto == IPPROTO_UDP);
		CHECK(s, told.at[0].ifindex[0] && told.at[0].ifindex[1]);
		CHECK(s, told.at[0].ifindex[0] != told.at[0].ifindex[1]);
	}
	/* Once for the flow, whoever speaks. */
	ACL_SAY(s, .fill = 8);
	ACL_SAY(s, .from = ACL_WORKSTATION, .sport = 53, .dport = 7000,
		.events = EVENT(CONN_CREATED));
	CHECK(s, take_told(s).n == 0);
}

static void what_is_denied_is_told_packet_by_packet(struct scenario *s)
{
	struct told told;

	begin(s);
	for (int i = 0; i < 2; i++)
		ACL_SAY(s, .dport = 77, .line = IN_NOT_77, .result = PH_DROP_ACL_DENY);
	told = take_told(s);
	CHECK(s, told.n == 2 && !told.at[0].permit && !told.at[0].flags);
	CHECK(s, told.at[0].key.dst_port == 77 && told.at[0].place == ACL_AT_IN);
	ACL_SAY(s, .dport = 78, .line = IN_NOT_78, .result = PH_DROP_ACL_DENY);
	told = take_told(s);
	CHECK(s, told.n == 1 && told.at[0].flags == ACL_LINE_F_LOG);
}

static void log_disable_is_silent(struct scenario *s)
{
	begin(s);
	ACL_SAY(s, .dport = 79, .line = IN_NOT_79, .result = PH_DROP_ACL_DENY);
	CHECK(s, take_told(s).n == 0);
}

static void the_end_of_a_list_is_told_without_a_line(struct scenario *s)
{
	struct told told;

	begin(s);
	ACL_SAY(s, .dport = 80, .result = PH_DROP_ACL_IMPLICIT);
	told = take_told(s);
	CHECK(s, told.n == 1 && !told.at[0].line_id && !told.at[0].permit);
	CHECK(s, told.at[0].place == ACL_AT_IN);
	/* The list on the way out denies what the one on the way in permits, and that
	 * begins no flow to tell of. */
	ACL_SAY(s, .dport = 99, .line = IN_99, .result = PH_DROP_ACL_IMPLICIT);
	told = take_told(s);
	CHECK(s, told.n == 1 && !told.at[0].line_id && told.at[0].place == ACL_AT_OUT);
}

static void so_is_what_is_for_this_machine(struct scenario *s)
{
	struct told told;

	begin(s);
	ACL_SAY(s, .to = ACL_BOX, .dport = 77, .line = BOX_NOT_77,
		.result = PH_DROP_ACL_DENY);
	told = take_told(s);
	CHECK(s, told.n == 1 && told.at[0].place == ACL_AT_BOX && !told.at[0].permit);
	CHECK(s, told.at[0].ifindex[0] && !told.at[0].ifindex[1]);
	ACL_SAY(s, .to = ACL_BOX, .dport = 99, .line = BOX_99, .result = PH_TO_BOX);
	told = take_told(s);
	CHECK(s, told.n == (s->hook == HOOK_TC));
}

/* ---- how much ---- */

static void no_more_is_told_than_may_be(struct scenario *s)
{
	struct told told;

	begin(s);
	ACL_SAY(s, .dport = 77, .line = IN_NOT_77, .result = PH_DROP_ACL_DENY);
	take_told(s);
	set_told(s, now_ns(), PH_ACL_RECORDS_PER_LINE);
	for (int i = 0; i < 3; i++)
		ACL_SAY(s, .dport = 77, .line = IN_NOT_77, .result = PH_DROP_ACL_DENY);
	CHECK(s, take_told(s).n == 0);
	/* In the next second all is well, and what was not told is. */
	set_told(s, now_ns() - 2 * NS_PER_SEC, PH_ACL_RECORDS_PER_LINE);
	ACL_SAY(s, .dport = 77, .line = IN_NOT_77, .result = PH_DROP_ACL_DENY);
	ACL_SAY(s, .dport = 77, .line = IN_NOT_77, .result = PH_DROP_ACL_DENY);
	told = take_told(s);
	CHECK(s, told.n == 2 && told.at[0].lost == 3 && told.at[1].lost == 0);
}

/* ---- inspections of interfaces ---- */

#define INSPECTED(interface)                                                        \
	INTERFACES DUAL_LIST "access-group out in interface outside\n" DUAL_STATICS \
			     "class-map c\n match port tcp eq 990\n"                \
			     "policy-map m\n class c\n  inspect ftp\n"              \
			     "service-policy m " interface "\n"

static bool is_inspected(struct scenario *s)
{
	struct conversation c;
	struct conn conn = {0};

	conversation_begin(&c, s, 40000);
	SAY(&c, CLIENT_(.flags = SYN, .opens = true));
	CHECK(s, conversation_find(&c, TABLE_HALF_OPEN, &conn));
	return conn.flags & CONN_F_FTP;
}

static void it_is_inspected(struct scenario *s)
{
	CHECK(s, is_inspected(s));
}

static void it_is_not_inspected(struct scenario *s)
{
	CHECK(s, !is_inspected(s));
}

#define LOG(run, promise) SCENARIO(run, promise, .policy = policy_logged, .both = true)

static const struct scenario_entry entries[] = {
	LOG(a_flow_is_told_where_lines_say_so, "lines with log tell of flows, once"),
	LOG(what_is_denied_is_told_packet_by_packet, "what is denied is told"),
	LOG(log_disable_is_silent, "but for log disable"),
	LOG(the_end_of_a_list_is_told_without_a_line, "the end of a list denies, too"),
	LOG(so_is_what_is_for_this_machine, "control-plane lists tell likewise"),
	LOG(no_more_is_told_than_may_be, "a flood is told of so much, and counted"),
	SCENARIO(it_is_inspected, "service-policy global: everywhere",
		 .policy = INSPECTED("global"), .both = true, .tc_only = true),
	SCENARIO(it_is_inspected, "service-policy of the way in",
		 .policy = INSPECTED("interface outside"), .both = true, .tc_only = true),
	SCENARIO(it_is_inspected, "service-policy of the way out",
		 .policy = INSPECTED("interface inside"), .both = true, .tc_only = true),
	SCENARIO(it_is_not_inspected, "service-policy of another interface",
		 .policy = INSPECTED("interface dmz"), .both = true),
};

void scenarios_acl_log(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
