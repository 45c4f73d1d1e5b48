// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_fragment.c - later fragments follow their first, or go nowhere.
 *
 * Each fragment that is let through is compared with one cut out of the datagram
 * as it would have been built with the translated addresses: so the receiver
 * reassembles what a whole datagram would have been, checksums included.
 *
 * Which stretches may join which is tested natively in tests/unit/test_frag.c.
 */
#include <time.h>

#include "tests/datapath/converse.h"
#include "tests/datapath/network.h"

#define PIECE	    400	 /* bytes of a fragment */
#define BODY	    1160 /* of UDP payload: not a whole number of pieces */
#define N_FLOOD	    (PH_MAX_FRAGMENTS + 4000)
#define MS_NS	    1000000ull
#define SHORT_MS    60
#define CLIENT_PORT 5353

/* A datagram under way, before and after the translation. */
struct datagram {
	struct scenario *s;
	struct packet_row row; /* how a fragment of it fares */
	unsigned int line;     /* that admits its first */
	bool known;	       /* its connection exists */
	__u16 len;	       /* IP payload */
	__u32 id;
	__u8 sent[FRAME_MAX_BYTES];
	__u8 want[FRAME_MAX_BYTES];
};

struct body {
	__u8 proto; /* 0: UDP */
	__u16 dport;
	__u8 n_ext; /* IPv6 */
};

static size_t build_whole(const struct datagram *d, const struct body *b, enum end from,
			  const char *src, const char *dst, __u8 *bytes)
{
	__u16 port = b->dport ? b->dport : 53;
	__u8 proto = b->proto ? b->proto : IPPROTO_UDP;
	__u16 sport = from == END_CLIENT ? CLIENT_PORT : port;
	__u16 dport = from == END_CLIENT ? port : CLIENT_PORT;
	__u8 mac = NETWORK_MAC(d->row.in);

	if (d->s->v6) {
		struct frame_v6 f = {.src = src,
				     .dst = dst,
				     .proto = proto == IPPROTO_ICMP ? IPPROTO_ICMPV6
								    : proto,
				     .sport = sport,
				     .dport = dport,
				     .icmp_type = from == END_CLIENT ? 128 : 129,
				     .icmp_rest = 9 << 16,
				     .fill = BODY,
				     .n_ext = b->n_ext};

		for (int i = 0; i < b->n_ext; i++)
			f.ext[i] = (struct frame_ext)FRAME_DSTOPTS(0);
		return frame_v6_build(&f, mac, bytes);
	}
	return frame_build(&(struct frame){.src = src,
					   .dst = dst,
					   .proto = proto,
					   .sport = sport,
					   .dport = dport,
					   .icmp_type = from == END_CLIENT ? 8 : 0,
					   .icmp_id = 9,
					   .fill = BODY},
			   mac, bytes);
}

static void datagram_begin(struct datagram *d, struct scenario *s, enum end from,
			   const struct body *b)
{
	const struct stations *at = stations_of(s);
	size_t header = s->v6 ? FRAME_V6_HEADER : 20, len;
	bool client = from == END_CLIENT;

	memset(d, 0, sizeof(*d));
	d->s = s;
	d->row = row_between(s, from);
	d->line = client ? DUAL_LINE(b->proto ? DUAL_PING : DUAL_UDP, s->v6) : 0;
	d->id = 0x4321;
	len = build_whole(d, b, from, client ? at->client : at->server,
			  client ? at->mapped : at->client, d->sent);
	build_whole(d, b, from, client ? at->client : at->mapped,
		    client ? at->server : at->client, d->want);
	d->len = len - ETH_HLEN - header;
}

/* A stretch of it. Zero means the usual: let through. */
struct piece {
	__u16 off;
	__u16 len; /* 0: PIECE, or what is left */
	bool last; /* though more is left */
	bool more; /* though nothing is */
	__u8 ttl;
	enum ph_reason result;
	enum ph_reason xdp;
};

static void send_piece(struct datagram *d, const struct piece *p, int line)
{
	static __u8 sent[FRAME_MAX_BYTES], want[FRAME_MAX_BYTES];
	struct packet_row row = d->row;
	__u16 left = d->len > p->off ? d->len - p->off : 0;
	__u16 len = p->len ? p->len : left < PIECE ? left : PIECE;
	bool more = p->more || (!p->last && len < left);

	row.bytes = sent;
	row.len = frame_fragment(d->sent, p->off, len, more, d->id, sent);
	row.want = want;
	row.want_len = frame_fragment(d->want, p->off, len, more, d->id, want);
	row.events = p->off ? EVENT(FRAGMENT_LATER) : EVENT(FRAGMENT_FIRST);
	if (p->ttl) {
		__u8 *ip = sent + ETH_HLEN;

		ip[d->s->v6 ? 7 : 8] = p->ttl;
		if (!d->s->v6) {
			frame_put16(ip + 10, 0);
			frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
		}
	}
	if (!p->off && !d->known) {
		row.line = d->line;
		row.known = false;
	}
	if (p->result) {
		row.result = p->result;
		row.events = 0;
		row.line = 0;
	}
	row.xdp = p->xdp;
	if (!check_row(d->s->w, d->s->hook, &row)) {
		tap_note("  in the fragment of line %d: %u bytes at %u", line, len,
			 p->off);
		d->s->ok = false;
	} else if (!p->off && !p->result) {
		d->known = true;
	}
}

#define PIECE_(d, ...) send_piece((d), &(const struct piece){__VA_ARGS__}, __LINE__)

static const struct body udp = {.proto = 0};
static const struct body echo = {.proto = IPPROTO_ICMP};
static const struct body behind_options = {.n_ext = 2};

static void in_any_order_after_the_first(struct scenario *s)
{
	static const struct body *const bodies[] = {&udp, &echo, &behind_options};

	for (enum end from = END_CLIENT; from <= END_SERVER; from++) {
		for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
			struct datagram d;

			world_forget(s->w);
			datagram_begin(&d, s, from, bodies[i]);
			if (from == END_SERVER && bodies[i] == &echo) {
				/* A reply that nobody asked for. */
				d.known = true;
			}
			PIECE_(&d, .off = 0);
			PIECE_(&d, .off = PIECE);
			PIECE_(&d, .off = 2 * PIECE);
			d.id++;
			PIECE_(&d, .off = 0);
			PIECE_(&d, .off = 2 * PIECE);
			PIECE_(&d, .off = PIECE);
		}
	}
}

static void none_before_the_first(struct scenario *s)
{
	struct datagram d;

	datagram_begin(&d, s, END_CLIENT, &udp);
	PIECE_(&d, .off = PIECE, .result = PH_DROP_FRAGMENT_NO_FIRST);
	PIECE_(&d, .off = 2 * PIECE, .result = PH_DROP_FRAGMENT_NO_FIRST);
	PIECE_(&d, .off = 0);
	d.id++;
	PIECE_(&d, .off = PIECE, .result = PH_DROP_FRAGMENT_NO_FIRST);
	d.id--;
	PIECE_(&d, .off = PIECE);
}

static void none_of_another_sender(struct scenario *s)
{
	struct datagram d, other;

	datagram_begin(&d, s, END_CLIENT, &udp);
	datagram_begin(&other, s, END_CLIENT, &udp);
	PIECE_(&d, .off = 0);
	if (s->v6) {
		other.sent[ETH_HLEN + 23]++; /* the source's last octet */
	} else {
		other.sent[ETH_HLEN + 15]++;
	}
	PIECE_(&other, .off = PIECE, .result = PH_DROP_FRAGMENT_NO_FIRST);
	PIECE_(&d, .off = PIECE);
	world_forget(s->w);
	datagram_begin(&d, s, END_SERVER, &udp);
	PIECE_(&d, .off = 0);
	other = d;
	other.row.in = DEV_DMZ;
	other.sent[ETH_ALEN - 1] = NETWORK_MAC(DEV_DMZ);
	PIECE_(&other, .off = PIECE, .result = PH_DROP_FRAGMENT_NO_FIRST);
	PIECE_(&d, .off = PIECE);
}

static void none_of_a_denied_one(struct scenario *s)
{
	const struct body denied = {.dport = 99};
	struct datagram d;

	datagram_begin(&d, s, END_CLIENT, &denied);
	d.row.line = DUAL_LINE(DUAL_LOW, s->v6);
	d.known = true;
	{
		struct packet_row row = d.row;
		__u8 sent[FRAME_MAX_BYTES];

		row.bytes = sent;
		row.len = frame_fragment(d.sent, 0, PIECE, true, d.id, sent);
		row.result = PH_DROP_ACL_DENY;
		CHECK(s, check_row(s->w, s->hook, &row));
	}
	d.row.line = 0;
	PIECE_(&d, .off = PIECE, .result = PH_DROP_FRAGMENT_NO_FIRST);
}

static void none_that_overlaps(struct scenario *s)
{
	struct datagram d;

	datagram_begin(&d, s, END_CLIENT, &udp);
	PIECE_(&d, .off = 0);
	PIECE_(&d, .off = 0, .result = PH_DROP_FRAGMENT_OVERLAP);
	PIECE_(&d, .off = PIECE - 8, .len = 8, .result = PH_DROP_FRAGMENT_OVERLAP);
	PIECE_(&d, .off = PIECE - 8, .result = PH_DROP_FRAGMENT_OVERLAP);
	PIECE_(&d, .off = 8, .len = 16, .result = PH_DROP_FRAGMENT_OVERLAP);
	PIECE_(&d, .off = 2 * PIECE);
	PIECE_(&d, .off = 2 * PIECE, .result = PH_DROP_FRAGMENT_OVERLAP);
	PIECE_(&d, .off = PIECE, .len = PIECE + 8, .result = PH_DROP_FRAGMENT_OVERLAP);
	PIECE_(&d, .off = PIECE, .last = true, .result = PH_DROP_FRAGMENT_OVERLAP);
	PIECE_(&d, .off = PIECE);
	PIECE_(&d, .off = PIECE, .result = PH_DROP_FRAGMENT_OVERLAP);
}

/* The identification comes round again. */
static void complete_one_makes_way(struct scenario *s)
{
	struct datagram d;

	datagram_begin(&d, s, END_CLIENT, &udp);
	for (int i = 0; i < 3; i++) {
		PIECE_(&d, .off = 0);
		PIECE_(&d, .off = PIECE);
		PIECE_(&d, .off = 2 * PIECE);
	}
	CHECK(s, world_count(s->w, TABLE_FRAGS) == 1);
}

static void too_many_gaps_are_refused(struct scenario *s)
{
	struct datagram d;

	datagram_begin(&d, s, END_CLIENT, &udp);
	PIECE_(&d, .off = 0, .len = 16);
	for (int i = 1; i < FRAG_MAX_RANGES; i++)
		PIECE_(&d, .off = 32 * i, .len = 16);
	PIECE_(&d, .off = 32 * FRAG_MAX_RANGES, .len = 16,
	       .result = PH_DROP_FRAGMENT_OVERLAP);
	PIECE_(&d, .off = 16, .len = 16); /* a gap less */
	PIECE_(&d, .off = 32 * FRAG_MAX_RANGES, .len = 16);
}

static void next_policy_wants_a_first(struct scenario *s)
{
	struct datagram d;

	datagram_begin(&d, s, END_CLIENT, &udp);
	PIECE_(&d, .off = 0);
	world_apply(s->w, policy_dual, NULL);
	PIECE_(&d, .off = PIECE, .result = PH_DROP_FRAGMENT_NO_FIRST);
	PIECE_(&d, .off = 0);
	PIECE_(&d, .off = PIECE);
}

static void short_lived(struct policy_image *image)
{
	image->config.timeout_fragment_ns = SHORT_MS * MS_NS;
}

static void late_ones_find_nothing(struct scenario *s)
{
	const struct timespec a_while = {.tv_nsec = MS_NS * SHORT_MS * 2};
	struct datagram d;

	datagram_begin(&d, s, END_CLIENT, &udp);
	world_apply(s->w, policy_dual, short_lived);
	PIECE_(&d, .off = 0);
	nanosleep(&a_while, NULL);
	PIECE_(&d, .off = PIECE, .result = PH_DROP_FRAGMENT_NO_FIRST);
	PIECE_(&d, .off = 0);
}

static void thirty_seconds_it_is(struct policy_image *image)
{
	if (image->config.timeout_fragment_ns != 30000 * MS_NS)
		TAP_BAIL("fragments are kept for %llu ns",
			 (unsigned long long)image->config.timeout_fragment_ns);
}

static void default_time_is_thirty_seconds(struct scenario *s)
{
	struct datagram d;

	world_apply(s->w, policy_dual, thirty_seconds_it_is);
	datagram_begin(&d, s, END_CLIENT, &udp);
	PIECE_(&d, .off = 0);
	PIECE_(&d, .off = PIECE);
}

/* A later fragment that ends here leaves no trace. */
static void hops_bind_fragments_too(struct scenario *s)
{
	struct datagram d;

	datagram_begin(&d, s, END_CLIENT, &udp);
	PIECE_(&d, .off = 0);
	PIECE_(&d, .off = PIECE, .ttl = 1, .result = PH_DROP_TTL_EXPIRED,
	       .xdp = PH_PASS_UP);
	PIECE_(&d, .off = PIECE);
}

static void fragments_count_for_their_connection(struct scenario *s)
{
	const struct stations *at = stations_of(s);
	const struct world_flow flow = {.a = at->client,
					.b = at->server,
					.proto = IPPROTO_UDP,
					.a_port = CLIENT_PORT,
					.b_port = 53};
	__u32 headers = s->v6 ? 48 : 20;
	struct datagram d, answer;
	struct conn conn = {.id = 0};

	datagram_begin(&d, s, END_CLIENT, &udp);
	PIECE_(&d, .off = 0);
	datagram_begin(&answer, s, END_SERVER, &udp);
	answer.known = true;
	answer.row.events = EVENT(CONN_CREATED);
	{
		struct packet_row row = answer.row;

		row.bytes = answer.sent;
		row.len = ETH_HLEN + answer.len + (s->v6 ? 40 : 20);
		CHECK(s, check_row(s->w, s->hook, &row));
	}
	d.id++;
	PIECE_(&d, .off = 0);
	PIECE_(&d, .off = PIECE);
	PIECE_(&d, .off = 2 * PIECE);
	CHECK(s, world_find(s->w, TABLE_CONNS, &flow, &conn));
	CHECK(s, conn.packets[0] == 4 && conn.packets[1] == 1);
	CHECK(s, conn.bytes[0] == PIECE + headers + d.len + 3 * headers);
}

/* Its end is not known before the other end acknowledges it. */
static void segment_in_fragments_counts_whole(struct scenario *s)
{
	const struct says says = {.end = END_CLIENT, .fill = BODY};
	size_t header = ETH_HLEN + (s->v6 ? FRAME_V6_HEADER : 20);
	__u8 whole[FRAME_MAX_BYTES], piece[FRAME_MAX_BYTES];
	struct packet_row row = row_between(s, END_CLIENT);
	struct conversation c;
	__u16 len;

	conversation_begin(&c, s, 40000);
	conversation_open(&c);
	len = conversation_build(&c, &says, whole) - header;
	row.bytes = piece;
	for (__u16 off = 0; off < len; off += PIECE) {
		bool more = len - off > PIECE;

		row.len = frame_fragment(whole, off, more ? PIECE : len - off, more, 5,
					 piece);
		row.events = off ? EVENT(FRAGMENT_LATER) : EVENT(FRAGMENT_FIRST);
		CHECK(s, check_row(s->w, s->hook, &row));
	}
	c.next[END_CLIENT] += BODY;
	SAY(&c, SERVER_());
	SAY(&c, CLIENT_(.fill = 100));
	SAY(&c, SERVER_(.fill = 100));
	SAY(&c, CLIENT_());
}

/* ---- to this machine ------------------------------------------------------ */

static void to_this_machine(struct datagram *d, struct scenario *s, __u16 dport)
{
	const struct stations *at = stations_of(s);
	const struct body b = {.dport = dport};

	datagram_begin(d, s, END_CLIENT, &b);
	build_whole(d, &b, END_CLIENT, at->client, at->our_outside, d->sent);
	d->row = (struct packet_row){.in = DEV_OUTSIDE};
	d->known = true;
}

static void box(struct datagram *d, __u16 off, enum ph_reason result, unsigned int line)
{
	static __u8 sent[FRAME_MAX_BYTES];
	struct packet_row row = d->row;

	row.bytes = sent;
	row.len = frame_fragment(d->sent, off, PIECE, true, d->id, sent);
	row.result = result;
	row.line = line;
	if (result == PH_TO_BOX && !off && d->s->hook == HOOK_TC)
		row.events = EVENT(FRAGMENT_FIRST);
	if (result == PH_TO_BOX && off && d->row.events && d->s->hook == HOOK_TC)
		row.events = EVENT(FRAGMENT_LATER);
	else if (off)
		row.events = 0;
	if (!check_row(d->s->w, d->s->hook, &row)) {
		tap_note("  in the fragment at %u", off);
		d->s->ok = false;
	}
}

static void this_machine_takes_all(struct scenario *s)
{
	struct datagram d;

	to_this_machine(&d, s, 53);
	box(&d, PIECE, PH_TO_BOX, 0); /* its kernel reassembles in any order */
	box(&d, 0, PH_TO_BOX, 0);
}

static const char policy_box[] = INTERFACES DUAL_LIST
	"access-list box permit udp any4 any4 eq domain\n"
	"access-list box permit udp any6 any6 eq domain\n"
	"access-group out in interface outside\n"
	"access-group box in interface outside control-plane\n" DUAL_STATICS;

/* First fragments are remembered by TC, where packets for this machine end. */
static void this_machine_takes_what_its_list_permits(struct scenario *s)
{
	struct datagram d;

	to_this_machine(&d, s, 54);
	box(&d, 0, PH_DROP_ACL_IMPLICIT, 0);
	box(&d, PIECE, PH_DROP_FRAGMENT_NO_FIRST, 0);
	to_this_machine(&d, s, 53);
	d.id = 77;
	box(&d, PIECE, PH_DROP_FRAGMENT_NO_FIRST, 0);
	box(&d, 0, PH_TO_BOX, DUAL_LINE(DUAL_LOW + 2, s->v6));
	d.row.events = 1;
	box(&d, PIECE, PH_TO_BOX, 0);
	box(&d, 8, PH_DROP_FRAGMENT_OVERLAP, 0);
}

/* ---- a full table ----------------------------------------------------------- */

static void newer_ones_displace_older(struct scenario *s)
{
	static __u8 sent[FRAME_MAX_BYTES];
	static struct world_run got;
	struct datagram d;
	unsigned int passed = 0;
	size_t len;

	datagram_begin(&d, s, END_CLIENT, &udp);
	PIECE_(&d, .off = 0);
	len = frame_fragment(d.sent, 0, 16, true, 0, sent);
	for (unsigned int i = 1; i <= N_FLOOD; i++) {
		__u8 *ip = sent + ETH_HLEN;

		if (s->v6) {
			frame_put32(ip + 44, i);
		} else {
			frame_put16(ip + 4, i);
			frame_put16(ip + 10, 0);
			frame_put16(ip + 10, ~frame_sum(ip, 20, 0));
		}
		if (i == d.id)
			continue;
		if (world_ingress(s->w, s->hook, DEV_OUTSIDE, sent, len, &got))
			break;
		passed += got.action == (s->hook == HOOK_XDP ? 4 : 7);
	}
	CHECK(s, passed >= N_FLOOD - 1);
	CHECK(s, world_count(s->w, TABLE_FRAGS) <= PH_MAX_FRAGMENTS);
	d.id = 0xfff0;
	PIECE_(&d, .off = 0);
	PIECE_(&d, .off = PIECE);
	PIECE_(&d, .off = 2 * PIECE);
}

#define FRAGMENT(run, promise, ...) \
	SCENARIO(run, promise, .policy = policy_dual, .both = true, ##__VA_ARGS__)

static const struct scenario_entry entries[] = {
	FRAGMENT(in_any_order_after_the_first,
		 "fragments follow their first in any order, rightly translated"),
	FRAGMENT(none_before_the_first, "a fragment before its first is refused"),
	FRAGMENT(none_of_another_sender,
		 "a fragment of another sender or interface follows nothing"),
	FRAGMENT(none_of_a_denied_one, "the fragments of what is denied are refused"),
	FRAGMENT(none_that_overlaps, "fragments that overlap are refused, each way"),
	FRAGMENT(complete_one_makes_way,
		 "a complete datagram makes way for the next of its number"),
	FRAGMENT(too_many_gaps_are_refused,
		 "a fragment that makes a gap too many is refused"),
	FRAGMENT(next_policy_wants_a_first,
		 "under the next policy fragments need their first again"),
	FRAGMENT(late_ones_find_nothing, "a fragment after its time is refused"),
	FRAGMENT(default_time_is_thirty_seconds, "fragments have 30 seconds"),
	FRAGMENT(hops_bind_fragments_too, "time to live binds fragments too"),
	FRAGMENT(fragments_count_for_their_connection,
		 "fragments count for the connection of their first"),
	FRAGMENT(segment_in_fragments_counts_whole,
		 "a TCP segment in fragments counts whole"),
	FRAGMENT(this_machine_takes_all, "this machine takes fragments in any order"),
	SCENARIO(this_machine_takes_what_its_list_permits,
		 "under a list this machine takes fragments after a permitted first",
		 .policy = policy_box, .both = true, .tc_only = true),
	FRAGMENT(newer_ones_displace_older,
		 "a flood of first fragments keeps no other datagram out"),
};

void scenarios_fragment(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
