/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sessions.h - the connections between which spoilt packets are sent: an honest one,
 * and FTP control connections whose lines are spoilt.
 *
 * Why it exists: what inspection does with a line shows only where the numbers of the
 * segment around it are right.
 *
 * Who may include it: tests/faults/packets.c.
 */
#ifndef PINHOLE_FAULTS_SESSIONS_H
#define PINHOLE_FAULTS_SESSIONS_H

#include "tests/datapath/network.h"
#include "tests/datapath/policies.h"
#include "tests/faults/mutate.h"

/* Both ends of a TCP connection from outside to the mapped address. */
struct tcp_pair {
	const char *client;
	__u16 port;
	__u16 dport;
	__u32 next[2]; /* sequence number of client and server */
};

/* The next segment of an end, which may be empty. Return: where it comes in. */
static inline enum dev tcp_pair_say(const struct tcp_pair *p, bool server, __u8 flags,
				    const char *text, __u16 len, struct mutant *m)
{
	const struct frame frame = {
		.src = server ? SERVER : p->client,
		.dst = server ? p->client : MAPPED,
		.proto = IPPROTO_TCP,
		.sport = server ? p->dport : p->port,
		.dport = server ? p->port : p->dport,
		.flags = flags,
		.seq = p->next[server],
		.ack = flags & TCP_ACK ? p->next[!server] : 0,
		.payload = len ? text : NULL,
		.payload_len = len,
	};
	enum dev in = server ? DEV_INSIDE : DEV_OUTSIDE;

	m->len = frame_build(&frame, NETWORK_MAC(in), m->bytes);
	return in;
}

static inline enum dev tcp_pair_handshake(struct tcp_pair *p, unsigned int step,
					  struct mutant *m)
{
	enum dev in = tcp_pair_say(p, step == 1,
				   step == 0   ? TCP_SYN
				   : step == 1 ? TCP_SYN | TCP_ACK
					       : TCP_ACK,
				   NULL, 0, m);

	if (step < 2)
		p->next[step]++;
	return in;
}

/* ---- the honest one: of a host that no spoilt packet knows of ---- */

#define HONEST_SEGMENTS	 4
#define HONEST_HANDSHAKE 3

struct honest {
	struct tcp_pair pair;
	__u16 port;
};

static inline void honest_begin(struct honest *h)
{
	h->port = 51234;
	h->pair = (struct tcp_pair){.client = "198.51.100.77",
				    .port = h->port,
				    .dport = 990,
				    .next = {0x5eed0001, 0x0badcafe}};
}

static inline enum dev honest_handshake(struct honest *h, unsigned int step,
					struct mutant *m)
{
	return tcp_pair_handshake(&h->pair, step, m);
}

/* Its ends speak in turn. */
static inline enum dev honest_next(struct honest *h, unsigned int step, struct mutant *m)
{
	bool server = step & 1;
	enum dev in =
		tcp_pair_say(&h->pair, server, TCP_ACK | TCP_PSH, "still here", 10, m);

	h->pair.next[server] += 10;
	return in;
}

/* ---- FTP control connections ---- */

#define FTP_TALK_PATIENCE 6 /* segments in a row that do not pass */
#define FTP_TALK_STEPS	  200
#define FTP_LINE_BYTES	  700

struct ftp_talk {
	struct tcp_pair pair;
	unsigned int steps;
	unsigned int in_vain;
	bool server; /* of the segment that was made last */
	__u16 len;
	unsigned int born;
};

static inline void ftp_talk_begin(struct ftp_talk *t)
{
	unsigned int born = t->born + 1;

	*t = (struct ftp_talk){.born = born,
			       .pair = {.client = CLIENT,
					.port = (__u16)(20000 + born % 40000),
					.dport = 21,
					.next = {born * 7919, 0xfffffff0u - born}}};
}

static inline __u16 ftp_talk_line(struct chance *c, bool server, char *line)
{
	static const char *const commands[] = {
		"USER anonymous\r\n",
		"PASS x@y\r\n",
		"PORT 203,0,113,50,200,%u\r\n",
		"PORT 10,0,0,10,%u,80\r\n",
		"EPRT |1|203.0.113.50|51%u|\r\n",
		"EPRT |2|2001:db8::50|51%u|\r\n",
		"PASV\r\n",
		"EPSV\r\n",
		"EPSV ALL\r\n",
		"RETR x%u\r\n",
		"STOR y\r\n",
		"AUTH TLS\r\n",
		"CCC\r\n",
		"PBSZ 0\r\n",
		"QUIT\r\n",
		"NOOP\r\n",
		"MKD \"a\"\"b\"\r\n",
		"ABOR\r\n",
		"\xff\xf4\xff\xf2"
		"ABOR\r\n",
		"SITE PORT 1,2,3,4,5,6\r\n",
	};
	static const char *const replies[] = {
		"220 ready\r\n",
		"220-hello\r\n220 ready\r\n",
		"331 who\r\n",
		"230 in\r\n",
		"200 done\r\n",
		"227 Entering Passive Mode (10,0,0,10,195,%u)\r\n",
		"227 =10,0,0,10,195,%u\r\n",
		"227 (10,0,0,300,195,%u)\r\n",
		"229 Extended (|||500%u|)\r\n",
		"229 (!!!50%u!)\r\n",
		"234 go ahead\r\n",
		"150 here\r\n",
		"226 sent\r\n",
		"421 bye\r\n",
		"425 no\r\n",
		"500 what\r\n",
		"227-\r\n227 (10,0,0,10,195,%u)\r\n",
		"257 \"/\"\r\n",
	};
	const char *format =
		server ? replies[chance_of(c, sizeof(replies) / sizeof(*replies))]
		       : commands[chance_of(c, sizeof(commands) / sizeof(*commands))];
	int len;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	len = snprintf(line, FTP_LINE_BYTES, format, chance_of(c, 256));
#pragma GCC diagnostic pop
	return (__u16)len;
}

/* Bytes go, come, or change; the end may be missing. */
static inline __u16 ftp_talk_spoil(struct chance *c, char *line, __u16 len)
{
	__u16 at = (__u16)chance_of(c, len);

	switch (chance_of(c, 6)) {
	case 0:
		line[at] = (char)chance_draw(c);
		return len;
	case 1:
		return at ? at : len;
	case 2:
		memmove(line + at + 1, line + at, len - at);
		line[at] = "0,|()\r\n 9\xff"[chance_of(c, 10)];
		return len + 1;
	case 3: /* a long one */
		memset(line + len, 'a', 512);
		return len + 512;
	default:
		return len;
	}
}

/* The next segment of a control connection. Return: where it comes in. */
static inline enum dev ftp_talk_next(struct ftp_talk *t, struct chance *c,
				     struct mutant *m)
{
	char line[FTP_LINE_BYTES + 600];
	__u8 flags = TCP_ACK | TCP_PSH;

	if (t->steps > FTP_TALK_STEPS || t->in_vain > FTP_TALK_PATIENCE)
		ftp_talk_begin(t);
	t->steps++;
	if (t->steps <= 3) {
		t->len = 0;
		return tcp_pair_handshake(&t->pair, t->steps - 1, m);
	}
	t->server = chance_of(c, 2);
	t->len = ftp_talk_line(c, t->server, line);
	for (uint32_t times = chance_of(c, 3); times; times--)
		t->len = ftp_talk_spoil(c, line, t->len);
	if (!chance_of(c, 300))
		flags |= TCP_FIN;
	return tcp_pair_say(&t->pair, t->server, flags, line, t->len, m);
}

/* What became of it. Ends that repeat themselves now and then are welcome. */
static inline void ftp_talk_was(struct ftp_talk *t, bool passed)
{
	t->in_vain = passed ? 0 : t->in_vain + 1;
	if (passed && t->steps > 3)
		t->pair.next[t->server] += t->len;
}

#endif /* PINHOLE_FAULTS_SESSIONS_H */
