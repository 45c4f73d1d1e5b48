// SPDX-License-Identifier: GPL-2.0
/*
 * dialogue.c - see dialogue.h.
 */
#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include "tests/datapath/dialogue.h"
#include "tests/datapath/network.h"

#define CLIENT_ISN 0xffffff00u /* wraps on the way */
#define SERVER_ISN 5000u
#define ETH_BYTES  14
#define IP_BYTES   20

static enum ph_reason dropped_for(const struct counters *before,
				  const struct counters *after)
{
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++)
		if (after->drops[i].packets != before->drops[i].packets)
			return PH_DROP_FIRST + i;
	return PH_NEXT;
}

static size_t build(const struct dialogue *d, enum end end, __u8 flags, __s32 offset,
		    const void *bytes, size_t len, __u8 *out)
{
	bool client = end == END_CLIENT;
	const struct frame f = {
		.src = client ? CLIENT : SERVER,
		.dst = client ? MAPPED : CLIENT,
		.proto = IPPROTO_TCP,
		.sport = client ? d->client_port : d->server_port,
		.dport = client ? d->server_port : d->client_port,
		.flags = flags,
		.seq = d->next[end] + (__u32)offset,
		.ack = flags & TCP_ACK ? d->next[!end] : 0,
		.payload = len ? bytes : NULL,
		.payload_len = (__u16)len,
	};

	return frame_build(&f, NETWORK_MAC(client ? DEV_OUTSIDE : DEV_INSIDE), out);
}

static __u8 tcp_flags(const struct world_run *out)
{
	return out->bytes[ETH_BYTES + IP_BYTES + 13];
}

static struct heard transmit(struct dialogue *d, enum end end, __u8 flags, __s32 offset,
			     const void *bytes, size_t len)
{
	struct counters before, after;
	__u8 frame[FRAME_MAX_BYTES];
	struct heard heard = {0};
	size_t headers, n = build(d, end, flags, offset, bytes, len, frame);

	world_counters(d->s->w, &before);
	if (world_ingress(d->s->w, HOOK_TC, end == END_CLIENT ? DEV_OUTSIDE : DEV_INSIDE,
			  frame, n, &d->out))
		TAP_BAIL("the kernel refuses a frame of %zu bytes", n);
	world_counters(d->s->w, &after);
	heard.reason = dropped_for(&before, &after);
	if (d->out.action != TC_ACT_REDIRECT)
		return heard;
	if (tcp_flags(&d->out) & TCP_RST) {
		/* Back to its sender, or on to its receiver: by its destination port. */
		__be16 port;

		memcpy(&port, &d->out.bytes[ETH_BYTES + IP_BYTES + 2], sizeof(port));
		heard.answered = ntohs(port) ==
				 (end == END_CLIENT ? d->client_port : d->server_port);
		heard.reset = !heard.answered;
		return heard;
	}
	headers =
		ETH_BYTES + IP_BYTES + 4 * (d->out.bytes[ETH_BYTES + IP_BYTES + 12] >> 4);
	heard.forwarded = true;
	heard.len = d->out.len - (__u32)headers;
	heard.text = (const char *)&d->out.bytes[headers];
	return heard;
}

struct heard dialogue_dial(struct dialogue *d, struct scenario *s, __u16 server_port)
{
	static __u16 client_port = 45000;

	client_port++;
	*d = (struct dialogue){.s = s,
			       .client_port = client_port,
			       .server_port = server_port,
			       .next = {CLIENT_ISN, SERVER_ISN}};
	CHECK(s, transmit(d, END_CLIENT, SYN, 0, NULL, 0).forwarded);
	d->next[END_CLIENT]++;
	CHECK(s, transmit(d, END_SERVER, SYN_ACK, 0, NULL, 0).forwarded);
	d->next[END_SERVER]++;
	return transmit(d, END_CLIENT, ACK, 0, NULL, 0);
}

void dialogue_open(struct dialogue *d, struct scenario *s, __u16 server_port)
{
	CHECK(s, dialogue_dial(d, s, server_port).forwarded);
}

struct heard dialogue_reset(struct dialogue *d, enum end end)
{
	return transmit(d, end, TCP_RST, 0, NULL, 0);
}

struct heard dialogue_say_at(struct dialogue *d, enum end end, __s32 offset,
			     const void *bytes, size_t len)
{
	return transmit(d, end, ACK | TCP_PSH, offset, bytes, len);
}

struct heard dialogue_say(struct dialogue *d, enum end end, const void *bytes, size_t len)
{
	struct heard heard = dialogue_say_at(d, end, 0, bytes, len);

	d->next[end] += (__u32)len;
	return heard;
}

struct ftp_session dialogue_session(const struct dialogue *d)
{
	const struct world_flow flow = {.a = CLIENT,
					.b = SERVER,
					.proto = IPPROTO_TCP,
					.a_port = d->client_port,
					.b_port = d->server_port};
	struct ftp_session session = {.flags = 0};
	struct flow_key key, next;
	struct conn conn;
	void *last = NULL;
	int fd = world_table_fd(d->s->w, TABLE_FTP);

	CHECK(d->s, world_find(d->s->w, TABLE_CONNS, &flow, &conn));
	while (!bpf_map_get_next_key(fd, last, &next)) {
		struct ftp_session found;

		key = next;
		last = &key;
		if (!bpf_map_lookup_elem(fd, &key, &found) && found.conn_id == conn.id)
			session = found;
	}
	return session;
}

bool dialogue_dials(const struct dialogue *d, enum end from, __u16 sport, __u16 dport)
{
	const struct frame f = {
		.src = from == END_CLIENT ? CLIENT : SERVER,
		.dst = from == END_CLIENT ? MAPPED : CLIENT,
		.proto = IPPROTO_TCP,
		.sport = sport,
		.dport = dport,
		.flags = SYN,
		.seq = 1000,
	};
	enum dev in = from == END_CLIENT ? DEV_OUTSIDE : DEV_INSIDE;
	__u8 frame[FRAME_MAX_BYTES];
	struct world_run out;
	size_t n = frame_build(&f, NETWORK_MAC(in), frame);

	if (world_ingress(d->s->w, HOOK_TC, in, frame, n, &out))
		TAP_BAIL("the kernel refuses a SYN");
	return out.action == TC_ACT_REDIRECT;
}

void dialogue_passes(struct dialogue *d, struct heard heard, int line)
{
	if (heard.forwarded)
		return;
	tap_note("  what is said in line %d does not pass: %s", line,
		 heard.reason ? "dropped" : "no reason");
	if (heard.reason)
		tap_note("  drop reason %u", (unsigned int)heard.reason);
	d->s->ok = false;
}
