// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - see check.h.
 */
#include <linux/pkt_cls.h>

#include "tests/datapath/check.h"
#include "tests/datapath/network.h"

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
	if (t->want == PH_FORWARD) {
		if (!row->known)
			events |= EVENT(HALF_OPEN_CREATED);
		if (row->new_src)
			events |= EVENT(NAT_TRANSLATED);
		if (row->new_dst)
			events |= EVENT(NAT_UNTRANSLATED);
	}
	return events;
}

static void check_events(struct trial *t)
{
	__u64 want = wanted_events(t);

	for (unsigned int i = 0; i < PH_EV_END; i++) {
		__u64 got = t->after.events[i] - t->before.events[i];

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
		rx->xdp_packets += t->hook == HOOK_XDP;
	}
	if (t->want == PH_FORWARD) {
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

static void check_hits(struct trial *t)
{
	for (unsigned int slot = 0; slot < 2; slot++) {
		for (unsigned int i = 0; i < WORLD_MAX_LINES; i++) {
			__u64 got = t->after.hits[slot][i] - t->before.hits[slot][i];
			bool mine = t->finished && slot == (t->w->generation & 1) &&
				    i + 1 == t->row->line;

			if (got != mine)
				WRONG(t, "access-list line %u of slot %u: %llu hits",
				      i + 1, slot, got);
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

/* The frame again with what forwarding changes; checksums are blanked in both
 * and judged by themselves. */
static void check_forwarded(struct trial *t)
{
	const struct packet_row *row = t->row;
	const __u8 us[] = FRAME_MAC(1, NETWORK_MAC(row->out));
	const __u8 next_hop[] = FRAME_MAC(2, row->next_hop);
	__u8 want[FRAME_MAX_BYTES], *ip = want + FRAME_IP_OFF;
	struct frame frame = row->frame;
	size_t len, header_len, check_off;
	bool had_udp_check;

	if (row->new_payload)
		frame.payload = row->new_payload;
	frame.seq += row->seq_shift;
	frame.ack += row->ack_shift;
	len = frame_build(&frame, NETWORK_MAC(row->in), want);
	header_len = (size_t)(ip[0] & 0x0f) * 4;
	check_off = frame_check_offset(ip[9]);
	if (t->hook == HOOK_XDP) { /* at TC the kernel addresses the frame later */
		memcpy(want, next_hop, ETH_ALEN);
		memcpy(want + ETH_ALEN, us, ETH_ALEN);
	}
	if (row->new_src)
		frame_put_addr(ip + 12, row->new_src);
	if (row->new_dst)
		frame_put_addr(ip + 16, row->new_dst);
	ip[8]--;

	if (!frame_ip_check_ok(t->got.bytes))
		WRONG(t, "the IPv4 header checksum is wrong");
	if (frame_l4_check_ok(t->got.bytes) != frame_l4_check_ok(t->sent))
		WRONG(t, "the transport checksum is %s",
		      frame_l4_check_ok(t->sent) ? "wrong" : "repaired");
	memcpy(ip + 10, t->got.bytes + FRAME_IP_OFF + 10, 2);
	if (check_off) {
		size_t off = FRAME_IP_OFF + header_len + check_off;

		had_udp_check = frame_get16(t->sent + off);
		if (ip[9] == IPPROTO_UDP &&
		    had_udp_check != !!frame_get16(t->got.bytes + off))
			WRONG(t, "the UDP checksum %s",
			      had_udp_check ? "vanished" : "was added");
		memcpy(want + off, t->got.bytes + off, 2);
	}
	note_difference(t, "forwarded", want, len);
}

static void check_bytes(struct trial *t)
{
	if (t->want == PH_FORWARD)
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
	t.finished = hook == HOOK_TC || t.want >= PH_DROP_FIRST || t.want == PH_FORWARD;
	t.len = frame_build(&row->frame, NETWORK_MAC(row->in), t.sent);
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
	check_hits(&t);
	if (t.got.action == action)
		check_bytes(&t);
	return t.ok;
}

void check_scenario(struct world *w, const struct scenario_entry *entry, enum hook hook)
{
	struct scenario s = {.w = w, .hook = hook, .ok = true};

	entry->run(&s);
	tap_result(s.ok, "%s: %s", hook_names[hook], entry->promise);
}

void check_scenarios(struct world *w, const struct scenario_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (enum hook hook = HOOK_XDP; hook <= HOOK_TC; hook++) {
			if (hook == HOOK_TC ? entries[i].xdp_only : entries[i].tc_only)
				continue;
			world_forget(w);
			if (entries[i].policy)
				world_apply(w, entries[i].policy, entries[i].tweak);
			check_scenario(w, &entries[i], hook);
		}
	}
}
