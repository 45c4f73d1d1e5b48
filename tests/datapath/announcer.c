// SPDX-License-Identifier: GPL-2.0
/*
 * announcer.c - see announcer.h.
 */
#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include "tests/datapath/announcer.h"
#include "tests/datapath/network.h"

#define ISN	 0xffffffe0u /* of the announcer; it wraps on the way */
#define PEER_ISN 7000u
#define PORT	 40001
#define CONTROL	 21

struct sent {
	bool announcer; /* it is the announcer's; else the other end's */
	__u8 flags;
	__u32 seq;
	__u32 ack;
	const char *bytes;
	__u32 len;
	const __u8 *options;
	__u8 options_len;
};

static const char *real_of(const struct announcer *a)
{
	return a->v6 ? SERVER6 : SERVER;
}

/* TCP options are put in behind the builders, which know none but scales. */
static void put_options(__u8 *frame, const struct sent *sent)
{
	__u8 *ip = frame + FRAME_IP_OFF, *tcp = ip + 20;

	memcpy(tcp + 20, sent->options, sent->options_len);
	frame_put16(tcp + 16, 0);
	frame_put16(tcp + 16, ~frame_l4_sum(ip, tcp, frame_get16(ip + 2) - 20u));
}

static size_t build(const struct announcer *a, const struct sent *sent, __u8 *frame)
{
	const char *peer = a->v6 ? CLIENT6 : CLIENT;
	const struct frame f = {
		.src = sent->announcer ? real_of(a) : peer,
		.dst = sent->announcer ? peer : a->seen,
		.proto = IPPROTO_TCP,
		.sport = sent->announcer == a->server ? CONTROL : PORT,
		.dport = sent->announcer == a->server ? PORT : CONTROL,
		.flags = sent->flags,
		.seq = sent->seq,
		.ack = sent->ack,
		.payload = sent->len ? sent->bytes : NULL,
		.payload_len = sent->len,
		.tcp_options = sent->options_len,
	};
	const struct frame_v6 f6 = {
		.src = f.src,
		.dst = f.dst,
		.proto = f.proto,
		.sport = f.sport,
		.dport = f.dport,
		.flags = f.flags,
		.seq = f.seq,
		.ack = f.ack,
		.body = sent->len ? (const __u8 *)sent->bytes : NULL,
		.body_len = sent->len,
	};
	__u8 mac = NETWORK_MAC(sent->announcer ? DEV_INSIDE : DEV_OUTSIDE);
	size_t len = a->v6 ? frame_v6_build(&f6, mac, frame)
			   : frame_build(&f, mac, frame);

	if (sent->options_len)
		put_options(frame, sent);
	return len;
}

static void expect(struct announcer *a, bool ok, const char *what)
{
	if (ok)
		return;
	tap_note("%s", what);
	a->s->ok = false;
}

/* The TCP header of what came out; *payload_len. */
static const __u8 *header_out(struct announcer *a, __u32 *payload_len)
{
	const __u8 *ip = a->run.bytes + FRAME_IP_OFF;
	const __u8 *tcp = ip + (a->v6 ? 40 : 20);
	__u32 l4_len = a->v6 ? frame_get16(ip + 4) : frame_get16(ip + 2) - 20u;

	*payload_len = l4_len - (tcp[12] >> 4) * 4u;
	expect(a, a->run.len == (size_t)(tcp - a->run.bytes) + l4_len,
	       "the frame is not as long as its packet");
	expect(a, a->run.len <= FRAME_IP_OFF + ANNOUNCER_MTU, "longer than the MTU");
	expect(a,
	       a->v6 ? frame_v6_l4_check_ok(a->run.bytes)
		     : frame_ip_check_ok(a->run.bytes) && frame_l4_check_ok(a->run.bytes),
	       "a checksum is wrong");
	return tcp;
}

/* Return: whether it came out. */
static bool transmit(struct announcer *a, const struct sent *sent)
{
	__u8 frame[FRAME_MAX_BYTES];
	size_t len = build(a, sent, frame);
	bool refused;

	/* What is longer than the MTU has come as a super-segment. */
	a->s->w->gso_size = len > FRAME_IP_OFF + ANNOUNCER_MTU ? ANNOUNCER_MTU - 60 : 0;
	refused = world_ingress(a->s->w, HOOK_TC,
				sent->announcer ? DEV_INSIDE : DEV_OUTSIDE, frame, len,
				&a->run);
	a->s->w->gso_size = 0;
	if (refused)
		TAP_BAIL("the kernel refused to run it");
	return a->run.action == TC_ACT_REDIRECT;
}

static __u32 get32(const __u8 *at)
{
	return (__u32)frame_get16(at) << 16 | frame_get16(at + 2);
}

void announcer_open(struct announcer *a, struct scenario *s, const char *seen,
		    bool server, const char *text)
{
	const struct sent syn = {
		.announcer = !server, .flags = SYN, .seq = server ? PEER_ISN : ISN};
	const struct sent syn_ack = {.announcer = server,
				     .flags = SYN_ACK,
				     .seq = server ? ISN : PEER_ISN,
				     .ack = syn.seq + 1};
	const struct sent ack = {.announcer = !server,
				 .flags = ACK,
				 .seq = syn.seq + 1,
				 .ack = syn_ack.seq + 1};

	world_forget(s->w);
	memset(a, 0, sizeof(*a));
	a->s = s;
	a->v6 = seen;
	a->server = server;
	a->seen = seen ? seen : MAPPED;
	a->text = text;
	a->len = strlen(text);
	expect(a, transmit(a, &syn) && transmit(a, &syn_ack) && transmit(a, &ack),
	       "no connection");
}

/* What came out reaches the other end. */
static void arrive(struct announcer *a)
{
	const __u8 *tcp = header_out(a, &a->out_len);
	const __u8 *payload = tcp + (size_t)(tcp[12] >> 4) * 4;

	a->out_at = get32(tcp + 4) - (ISN + 1);
	a->out_flags = tcp[13];
	expect(a, get32(tcp + 8) == PEER_ISN + 1 + a->peer_sent,
	       "its acknowledgement has changed");
	for (__u32 i = 0; i < a->out_len; i++) {
		__u32 at = a->out_at + i;

		if (at >= ANNOUNCER_TEXT_MAX ||
		    (a->known[at] && a->byte[at] != payload[i])) {
			a->differs = true;
			expect(a, false, "a byte was another before");
			return;
		}
		a->byte[at] = payload[i];
		a->known[at] = true;
	}
	while (a->next < ANNOUNCER_TEXT_MAX && a->known[a->next])
		a->next++;
}

bool announcer_sends(struct announcer *a, __u32 at, __u32 len, __u8 flags)
{
	const struct sent sent = {.announcer = true,
				  .flags = flags ? flags : ACK,
				  .seq = ISN + 1 + at,
				  .ack = PEER_ISN + 1 + a->peer_sent,
				  .bytes = a->text + at,
				  .len = len};

	a->out = transmit(a, &sent);
	if (a->out)
		arrive(a);
	return a->out;
}

__u32 announcer_hears(struct announcer *a)
{
	const struct sent sent = {.flags = ACK,
				  .seq = PEER_ISN + 1 + a->peer_sent,
				  .ack = ISN + 1 + a->next};
	__u32 none;

	if (!transmit(a, &sent))
		return a->acked;
	a->acked = get32(header_out(a, &none) + 8) - (ISN + 1);
	return a->acked;
}

void announcer_is_told(struct announcer *a, const char *text)
{
	const struct sent sent = {.flags = ACK,
				  .seq = PEER_ISN + 1 + a->peer_sent,
				  .ack = ISN + 1 + a->next,
				  .bytes = text,
				  .len = strlen(text)};

	expect(a, transmit(a, &sent), "the other end cannot send");
	a->peer_sent += sent.len;
}

bool announcer_arrived(const struct announcer *a, const char *want)
{
	if (a->next == strlen(want) && !memcmp(a->byte, want, a->next))
		return true;
	tap_note("arrived: %.*s", (int)(a->next < 100 ? a->next : 100),
		 (const char *)a->byte);
	return false;
}

bool announcer_waits(const struct announcer *a, __u16 port)
{
	int fd = world_table_fd(a->s->w, TABLE_HOLES);
	struct hole_key key;
	__u8 real[16] = {[10] = 0xff, [11] = 0xff};

	if (world_count(a->s->w, TABLE_HOLES) != 1 ||
	    bpf_map_get_next_key(fd, NULL, &key))
		return false;
	if (a->v6)
		frame_put_addr6(real, real_of(a));
	else
		frame_put_addr(real + 12, real_of(a));
	return key.dst_port == htons(port) && !memcmp(&key.dst, real, sizeof(real));
}

bool announcer_hears_options(struct announcer *a, __u32 ack, const __u8 *options,
			     __u8 len)
{
	const struct sent sent = {.flags = ACK,
				  .seq = PEER_ISN + 1 + a->peer_sent,
				  .ack = ISN + 1 + ack,
				  .options = options,
				  .options_len = len};
	__u32 none;

	if (!transmit(a, &sent))
		return false;
	header_out(a, &none);
	return true;
}
