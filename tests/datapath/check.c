// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - see check.h.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/check.h"
#include "tests/datapath/network.h"

#define TYPE_AT 12ul /* behind both Ethernet addresses */

static const char *const hook_names[] = {[HOOK_XDP] = "xdp", [HOOK_TC] = "tc"};

static const char *const drop_names[] = {
#define X(NAME, TEXT, HELP) TEXT,
	PH_DROP_REASONS(X)
#undef X
};

static const char *const event_names[] = {
#define X(NAME, TEXT, HELP) TEXT,
	PH_EVENTS(X)
#undef X
};

/* One row at one hook. */
struct trial {
	const struct world *w;
	const struct packet_row *row;
	enum hook hook;
	enum ph_reason want;
	bool finished; /* the packet is judged here, not passed up by XDP */
	__u8 sent[FRAME_MAX_BYTES];
	size_t len;
	struct world_run got;
	struct counters before;
	struct counters after;
	bool ok;
};

#define WRONG(t, ...)                  \
	do {                           \
		tap_note(__VA_ARGS__); \
		(t)->ok = false;       \
	} while (0)

static enum ph_reason wanted(const struct packet_row *row, enum hook hook)
{
	enum ph_reason want = row->result ? row->result : row->parsed;

	if (hook == HOOK_TC)
		return want;
	if (row->xdp)
		return row->xdp;
	/* Its first may be on its way to TC. */
	if (want == PH_DROP_FRAGMENT_NO_FIRST)
		return PH_PASS_UP;
	return want == PH_REPLY ? PH_TO_BOX : want;
}

static int wanted_action(enum hook hook, enum ph_reason want)
{
	if (want >= PH_DROP_FIRST)
		return hook == HOOK_XDP ? XDP_DROP : TC_ACT_SHOT;
	if (want == PH_FORWARD || want == PH_REPLY)
		return hook == HOOK_XDP ? XDP_REDIRECT : TC_ACT_REDIRECT;
	return hook == HOOK_XDP ? XDP_PASS : TC_ACT_OK;
}

/* Out of another interface, by whichever means. */
static bool is_forwarded(enum ph_reason want)
{
	return want == PH_FORWARD || want == PH_BY_STACK;
}

static void check_drops(struct trial *t)
{
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		const struct packet_counters *before = &t->before.drops[i];
		const struct packet_counters *after = &t->after.drops[i];
		bool mine = i + PH_DROP_FIRST == t->want;

		if (after->packets - before->packets != mine ||
		    after->bytes - before->bytes != (mine ? t->len : 0))
			WRONG(t, "drops as %s: %llu packets, %llu bytes", drop_names[i],
			      after->packets - before->packets,
			      after->bytes - before->bytes);
	}
}

static __u64 wanted_events(const struct trial *t)
{
	const struct packet_row *row = t->row;
	__u64 events = row->events;

	if (!t->finished)
		return EVENT(XDP_PASSED_UP);
	if (t->want == PH_REPLY)
		events |= EVENT(ARP_ANSWERED);
	if (is_forwarded(t->want)) {
		if (!row->known)
			events |= EVENT(HALF_OPEN_CREATED);
		if (row->new_src || row->new_sport)
			events |= EVENT(NAT_TRANSLATED);
		if (row->new_dst || row->new_dport)
			events |= EVENT(NAT_UNTRANSLATED);
	}
	return events;
}

static void check_events(struct trial *t)
{
	__u64 want = wanted_events(t);

	for (unsigned int i = 0; i < PH_EV_END; i++) {
		__u64 got = t->after.events[i] - t->before.events[i];

		/* Nobody empties the ring but scenarios about it. */
		if (i == PH_EV_ACL_RECORD_LOST || i == PH_EV_BUILT_RECORD_LOST ||
		    i == PH_EV_DROP_RECORD_LOST)
			continue;
		if (got != (want >> i & 1))
			WRONG(t, "event %s: %llu", event_names[i], got);
	}
}

static void check_interfaces(struct trial *t)
{
	const struct packet_row *row = t->row;
	struct if_counters want[WORLD_SLOTS] = {0};
	struct if_counters *rx = &want[t->w->stat_slot[row->in]];
	struct if_counters *tx = &want[t->w->stat_slot[row->out]];
	bool drop = t->want >= PH_DROP_FIRST;

	if (t->finished && t->w->stat_slot[row->in] && t->w->generation) {
		rx->rx_packets++;
		rx->rx_bytes += t->len;
		rx->drop_packets += drop;
		rx->drop_bytes += drop ? t->len : 0;
		rx->to_box_packets += t->want == PH_TO_BOX;
		rx->to_box_bytes += t->want == PH_TO_BOX ? t->len : 0;
		rx->reply_packets += t->want == PH_REPLY;
		rx->reply_bytes += t->want == PH_REPLY ? t->len : 0;
		rx->forward_packets += is_forwarded(t->want);
		rx->forward_bytes += is_forwarded(t->want) ? t->len : 0;
		rx->xdp_packets += t->hook == HOOK_XDP;
	}
	if (is_forwarded(t->want)) {
		tx->tx_packets++;
		tx->tx_bytes += t->len;
	}
	for (unsigned int i = 0; i < WORLD_SLOTS; i++) {
		const __u64 *before = (const __u64 *)&t->before.ifs[i];
		const __u64 *after = (const __u64 *)&t->after.ifs[i];
		const __u64 *due = (const __u64 *)&want[i];

		for (size_t j = 0; j < sizeof(want[i]) / sizeof(*due); j++)
			if (after[j] - before[j] != due[j])
				WRONG(t, "interface %u, counter %zu: %llu, not %llu", i,
				      j, after[j] - before[j], due[j]);
	}
}

/* Whether a line may count the packet because it belongs to a flow: it passes, or
 * passed until inspection read it. */
static bool passes(enum ph_reason want)
{
	return want < PH_DROP_FIRST || want == PH_DROP_FTP_SEGMENT;
}

/* A line counts a packet that it judges, and those that belong to a flow and pass. */
static void check_lines(struct trial *t)
{
	for (unsigned int slot = 0; slot < 2; slot++) {
		for (unsigned int i = 0; i < WORLD_MAX_LINES; i++) {
			const struct acl_counters *before = &t->before.lines[slot][i];
			const struct acl_counters *after = &t->after.lines[slot][i];
			__u64 hits = after->hits - before->hits;
			__u64 packets = after->packets - before->packets;
			__u64 bytes = after->bytes - before->bytes;
			bool mine = t->finished && slot == (t->w->generation & 1) &&
				    (i + 1 == t->row->line || i + 1 == t->row->line_also);
			bool may = t->finished && passes(t->want);

			if (hits != mine || packets > 1 || (mine && !packets) ||
			    (packets && !mine && !may) || !packets != !bytes ||
			    bytes > FRAME_MAX_BYTES)
				WRONG(t,
				      "access-list line %u of slot %u: %llu hits, "
				      "%llu packets, %llu bytes",
				      i + 1, slot, hits, packets, bytes);
		}
	}
}

static void note_difference(struct trial *t, const char *what, const __u8 *want,
			    size_t len)
{
	if (t->got.len != len) {
		WRONG(t, "%s: %u bytes came out, not %zu", what, t->got.len, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (t->got.bytes[i] == want[i])
			continue;
		WRONG(t, "%s: byte %zu is %02x, not %02x", what, i, t->got.bytes[i],
		      want[i]);
		return;
	}
}

/* RFC 826: the asker's question turned round, from the mapped address. */
static void check_arp_reply(struct trial *t)
{
	const __u8 us[] = FRAME_MAC(1, NETWORK_MAC(t->row->in));
	const __u8 asker[] = FRAME_MAC(2, 0x99);
	__u8 want[FRAME_MAX_BYTES];
	__u8 *arp = want + FRAME_IP_OFF;

	memcpy(want, t->sent, t->len);
	memcpy(want, asker, ETH_ALEN);
	memcpy(want + ETH_ALEN, us, ETH_ALEN);
	frame_put16(arp + 6, 2);
	memcpy(arp + 8, us, ETH_ALEN);
	frame_put_addr(arp + 14, t->row->frame.dst);
	memcpy(arp + 18, asker, ETH_ALEN);
	frame_put_addr(arp + 24, t->row->frame.src);
	note_difference(t, "ARP reply", want, t->len);
}

/* ---- what is forwarded ---- */

/* The frame of the row as it is sent. */
static size_t build(const struct packet_row *row, __u8 *bytes)
{
	struct network_link link = network_link(row->in);
	__u8 mac = NETWORK_MAC(row->in);
	size_t len = row->len;

	if (row->bytes) {
		memset(bytes, 0, FRAME_MAX_BYTES);
		memcpy(bytes, row->bytes, len);
	} else {
		len = row->v6 ? frame_v6_build(row->v6, mac, bytes)
			      : frame_build(&row->frame, mac, bytes);
	}
	if (row->as_is || !link.vlan)
		return len;
	if (link.inner_vlan)
		len = frame_put_tag(bytes, len, ETH_P_8021Q, link.inner_vlan);
	return frame_put_tag(bytes, len, link.inner_vlan ? ETH_P_8021AD : ETH_P_8021Q,
			     link.vlan);
}

/* Without its tags. Return: its length. */
static size_t untag(const __u8 *bytes, size_t len, __u8 *out)
{
	size_t l3 = frame_l3_off(bytes);

	memset(out, 0, FRAME_MAX_BYTES);
	memcpy(out, bytes, TYPE_AT);
	memcpy(out + TYPE_AT, bytes + l3 - 2, len - l3 + 2);
	return len - (l3 - ETH_HLEN);
}

static bool is_v6(const __u8 *bytes)
{
	return frame_get16(bytes + TYPE_AT) == ETH_P_IPV6;
}

/* Where the transport checksum of an untagged frame is; 0: it has none, or
 * another fragment has it. */
static size_t check_at(const __u8 *bytes, __u8 *proto)
{
	const __u8 *ip = bytes + ETH_HLEN;
	size_t l4, off;

	if (is_v6(bytes)) {
		if (ip[6] == 44 && frame_get16(ip + FRAME_V6_HEADER + 2) & 0xfff8)
			return 0;
		l4 = frame_v6_l4_off(bytes, proto);
		off = frame_v6_check_offset(*proto);
	} else {
		if (frame_get16(ip + 6) & 0x1fff)
			return 0;
		*proto = ip[9];
		l4 = ETH_HLEN + (size_t)(ip[0] & 0x0f) * 4;
		off = frame_check_offset(*proto);
	}
	return off ? l4 + off : 0;
}

/* Where the ports of an untagged frame are that a translation may move; 0: none. */
static size_t ports_at(const __u8 *bytes)
{
	__u8 proto = 0;
	size_t at = check_at(bytes, &proto);

	if (!at || (proto != IPPROTO_TCP && proto != IPPROTO_UDP))
		return 0;
	return is_v6(bytes) ? frame_v6_l4_off(bytes, &proto)
			    : ETH_HLEN + (size_t)(bytes[ETH_HLEN] & 0x0f) * 4;
}

/* Of all that a translation changes. */
static __u32 address_sum(const __u8 *bytes)
{
	const __u8 *ip = bytes + ETH_HLEN;
	__u32 sum = is_v6(bytes) ? frame_sum(ip + 8, 32, 0) : frame_sum(ip + 12, 8, 0);
	size_t ports = ports_at(bytes);

	return ports ? frame_sum(bytes + ports, 4, sum) : sum;
}

/* Whether what the checksum leaves unexplained, be it nothing (a whole packet)
 * or the rest of a datagram, is the same as before. */
static bool check_follows(const __u8 *sent, const __u8 *got, size_t at)
{
	__u32 was = (__u16)~frame_get16(sent + at) + address_sum(got);
	__u32 is = (__u16)~frame_get16(got + at) + address_sum(sent);

	return was % 0xffff == is % 0xffff;
}

static bool is_fragment(const __u8 *bytes)
{
	const __u8 *ip = bytes + ETH_HLEN;

	return is_v6(bytes) ? ip[6] == 44 : frame_get16(ip + 6) & 0x3fff;
}

static bool l4_check_ok(const __u8 *bytes)
{
	return is_v6(bytes) ? frame_v6_l4_check_ok(bytes) : frame_l4_check_ok(bytes);
}

/* Judge the checksums of what came out; both frames untagged. */
static void check_sums(struct trial *t, const __u8 *sent, const __u8 *got)
{
	__u8 proto = 0;
	size_t at = check_at(sent, &proto);

	if (!is_v6(got) && !frame_ip_check_ok(got))
		WRONG(t, "the IPv4 header checksum is wrong");
	if (!at)
		return;
	if (!is_fragment(sent) && l4_check_ok(got) != l4_check_ok(sent))
		WRONG(t, "the transport checksum is %s",
		      l4_check_ok(sent) ? "wrong" : "repaired");
	if (proto == IPPROTO_UDP && !frame_get16(sent + at) != !frame_get16(got + at))
		WRONG(t, "the UDP checksum %s",
		      frame_get16(sent + at) ? "vanished" : "was added");
	if (proto != IPPROTO_ICMP && !t->row->new_payload && !t->row->seq_shift &&
	    !t->row->ack_shift && frame_get16(sent + at) && !check_follows(sent, got, at))
		WRONG(t, "the transport checksum is not what the addresses make of it");
}

/* One hop less, and new addresses; checksums as in `got`. */
static void change_packet(const struct trial *t, __u8 *want, const __u8 *got)
{
	const struct packet_row *row = t->row;
	/* The kernel takes a hop itself, where it is to fragment the packet. */
	int hop = t->want == PH_FORWARD;
	__u8 *ip = want + ETH_HLEN, proto = 0;
	size_t at = check_at(want, &proto);

	if (is_v6(want)) {
		ip[7] -= hop;
		if (row->new_src)
			frame_put_addr6(ip + 8, row->new_src);
		if (row->new_dst)
			frame_put_addr6(ip + 24, row->new_dst);
	} else {
		ip[8] -= hop;
		if (row->new_src)
			frame_put_addr(ip + 12, row->new_src);
		if (row->new_dst)
			frame_put_addr(ip + 16, row->new_dst);
		memcpy(ip + 10, got + ETH_HLEN + 10, 2);
	}
	if (at)
		memcpy(want + at, got + at, 2);
	if (row->new_sport)
		frame_put16(want + ports_at(want), row->new_sport);
	if (row->new_dport)
		frame_put16(want + ports_at(want) + 2, row->new_dport);
}

/* One hop less of a packet that is given in full. */
static void take_a_hop(__u8 *want)
{
	__u8 *ip = want + ETH_HLEN;
	size_t header_len = (size_t)(ip[0] & 0x0f) * 4;

	if (is_v6(want)) {
		ip[7]--;
		return;
	}
	ip[8]--;
	frame_put16(ip + 10, 0);
	frame_put16(ip + 10, ~frame_sum(ip, header_len, 0));
}

/* Whether TC has left it to the kernel to address the frame. */
static bool is_addressed_later(const struct trial *t)
{
	return t->hook == HOOK_TC && !network_link(t->row->out).vlan &&
	       !memcmp(t->got.bytes, t->sent, (size_t)2 * ETH_ALEN);
}

/* Ethernet and tags as they leave. At TC the kernel addresses the frame later, but for a
 * VLAN's, whose outermost tag is kept beside it, and for that of a connection which
 * remembers where its packets go. Return: the length. */
static size_t wrap(const struct trial *t, __u8 *want, size_t len)
{
	const struct packet_row *row = t->row;
	struct network_link link = network_link(row->out);
	const __u8 us[] = FRAME_MAC(1, NETWORK_MAC(row->out));
	const __u8 next_hop[] = FRAME_MAC(2, row->next_hop);

	if (!row->next_hop || is_addressed_later(t))
		return len;
	memcpy(want, next_hop, ETH_ALEN);
	memcpy(want + ETH_ALEN, us, ETH_ALEN);
	if (link.inner_vlan)
		len = frame_put_tag(want, len, ETH_P_8021Q, link.inner_vlan);
	if (link.vlan && t->hook == HOOK_XDP)
		len = frame_put_tag(want, len,
				    link.inner_vlan ? ETH_P_8021AD : ETH_P_8021Q,
				    link.vlan);
	return len;
}

/* The frame again with what forwarding changes; checksums are blanked in both
 * and judged by themselves. */
static void check_forwarded(struct trial *t)
{
	static __u8 sent[FRAME_MAX_BYTES], got[FRAME_MAX_BYTES], want[FRAME_MAX_BYTES];
	const struct packet_row *row = t->row;
	struct packet_row changed = *row;
	size_t len;

	if (t->got.len < ETH_HLEN + 20) {
		WRONG(t, "%u bytes came out", t->got.len);
		return;
	}
	untag(t->sent, t->len, sent);
	untag(t->got.bytes, t->got.len, got);
	if (row->want) {
		len = row->want_len;
		memset(want, 0, sizeof(want));
		memcpy(want, row->want, len);
		memcpy(want, sent, TYPE_AT);
		take_a_hop(want);
	} else {
		if (row->new_payload)
			changed.frame.payload = row->new_payload;
		changed.frame.seq += row->seq_shift;
		changed.frame.ack += row->ack_shift;
		changed.as_is = true;
		len = row->bytes ? untag(t->sent, t->len, want) : build(&changed, want);
		check_sums(t, sent, got);
		change_packet(t, want, got);
	}
	note_difference(t, "forwarded", want, wrap(t, want, len));
}

static void check_bytes(struct trial *t)
{
	if (is_forwarded(t->want))
		check_forwarded(t);
	else if (t->want == PH_REPLY)
		check_arp_reply(t);
	else
		note_difference(t, "unmodified", t->sent, t->len);
}

bool check_row(const struct world *w, enum hook hook, const struct packet_row *row)
{
	static struct trial t;
	int action, err;

	t = (struct trial){.w = w, .row = row, .hook = hook, .ok = true};
	t.want = wanted(row, hook);
	t.finished = hook == HOOK_TC || t.want >= PH_DROP_FIRST || is_forwarded(t.want);
	t.len = build(row, t.sent);
	world_counters(w, &t.before);
	err = world_ingress(w, hook, row->in, t.sent, t.len, &t.got);
	world_counters(w, &t.after);
	if (err) {
		tap_note("the kernel refused to run it: %s", strerror(-err));
		return false;
	}
	action = wanted_action(hook, t.want);
	if (t.got.action != action)
		WRONG(&t, "%s: verdict %d, not %d", hook_names[hook], t.got.action,
		      action);
	check_drops(&t);
	check_events(&t);
	check_interfaces(&t);
	check_lines(&t);
	if (t.got.action == action)
		check_bytes(&t);
	return t.ok;
}

/* What is counted of connections is what is in their tables. */
static void check_gauges(struct scenario *s)
{
	struct conn_counts there, counted;

	if (s->w->altered)
		return;
	/* In this order: what is there was there when it was counted. */
	world_conns_counted(s->w, &counted);
	world_conns_walked(s->w, &there);
	for (unsigned int kind = 0; kind < CONN_N_CLASSES; kind++) {
		for (unsigned int i = CONN_TOLD_ESTABLISHED; i < CONN_N_TOLD; i++) {
			if (there.told[kind][i] == counted.told[kind][i])
				continue;
			tap_note("class %u, state %u: %llu connections, counted %llu",
				 kind, i, there.told[kind][i], counted.told[kind][i]);
			s->ok = false;
		}
		if (counted.half_open[kind] >= there.half_open[kind] &&
		    (counted.half_open[kind] <=
			     there.half_open[kind] + there.half_open_lately[kind] ||
		     s->races))
			continue;
		tap_note("class %u: %llu half-open connections and %llu that expired "
			 "lately, counted %llu",
			 kind, there.half_open[kind], there.half_open_lately[kind],
			 counted.half_open[kind]);
		s->ok = false;
	}
}

void check_scenario(struct world *w, const struct scenario_entry *entry, enum hook hook)
{
	const int n_families = entry->both ? 2 : 1;

	for (int v6 = 0; v6 < n_families; v6++) {
		struct scenario s = {.w = w, .hook = hook, .v6 = v6, .ok = true};

		if (v6)
			world_forget(w);
		if (v6 && entry->policy)
			world_ensure(w, entry->policy, entry->tweak);
		entry->run(&s);
		check_gauges(&s);
		tap_result(s.ok, "%s%s: %s", hook_names[hook],
			   entry->both ? v6 ? ", IPv6" : ", IPv4" : "", entry->promise);
	}
}

void check_scenarios(struct world *w, const struct scenario_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (enum hook hook = HOOK_XDP; hook <= HOOK_TC; hook++) {
			if (hook == HOOK_TC ? entries[i].xdp_only : entries[i].tc_only)
				continue;
			world_forget(w);
			if (entries[i].policy)
				world_ensure(w, entries[i].policy, entries[i].tweak);
			check_scenario(w, &entries[i], hook);
		}
	}
}
