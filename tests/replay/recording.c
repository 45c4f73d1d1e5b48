// SPDX-License-Identifier: GPL-2.0
/*
 * recording.c - a pcap file through the gateway: see replay.h.
 *
 * What was recorded is what each end said; what it heard is another matter, for
 * there was another gateway on the way, or none. So each end's bytes and numbers
 * are fed as they are, and its acknowledgements and SACK blocks (RFC 2018) are
 * renumbered by what this gateway has changed in the other end's bytes. Where the
 * gateway has not let all of a segment through, its sender repeats the rest, as
 * it would have; the repetitions in the recording come besides.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/datapath/tap.h"
#include "tests/replay/pcap_file.h"
#include "tests/replay/replay.h"

#define CANNOT_READ 2

struct recording {
	struct replay *r;
	struct pcap_file *file;
	bool inside_given;
	struct ph_addr inside;
	unsigned int inside_bits;
};

static bool in_network(const struct ph_addr *addr, const struct ph_addr *net,
		       unsigned int bits)
{
	const __u8 *a = (const __u8 *)addr, *b = (const __u8 *)net;

	for (unsigned int i = 0; i < bits; i++)
		if ((a[i / 8] ^ b[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

static bool parse_network(struct recording *rec, const char *text)
{
	char addr[ADDR_TEXT_BYTES];
	const char *slash = strchr(text, '/');
	unsigned int bits;

	snprintf(addr, sizeof(addr), "%.*s", (int)strcspn(text, "/"), text);
	if (!addr_parse(addr, &rec->inside))
		return false;
	bits = slash ? (unsigned int)strtoul(slash + 1, NULL, 10) : 128;
	if (slash && addr_is_v4(&rec->inside))
		bits += 96;
	rec->inside_bits = bits > 128 ? 128 : bits;
	rec->inside_given = true;
	return true;
}

/* ---- who is who ------------------------------------------------------------- */

/* Addresses as the hosts have them, whichever way they were recorded. */
static void make_real(const struct replay *r, struct segment *s)
{
	s->src = gateway_real(&r->g, &s->src);
	s->dst = gateway_real(&r->g, &s->dst);
}

/* Is the sender the client? Without its SYN the port decides. */
static bool is_from_client(const struct replay *r, const struct segment *s)
{
	if (s->flags & TCP_SYN)
		return !(s->flags & TCP_ACK);
	if (gateway_is_control_port(&r->g, s->sport))
		return false;
	return gateway_is_control_port(&r->g, s->dport) || s->sport >= s->dport;
}

static void place(struct recording *rec, const struct segment *s)
{
	struct gateway *g = &rec->r->g;
	bool from_client = is_from_client(rec->r, s);
	const struct ph_addr *client = from_client ? &s->src : &s->dst;
	const struct ph_addr *server = from_client ? &s->dst : &s->src;
	const struct host *known = gateway_host(g, client);

	if (rec->inside_given) {
		gateway_place(g, client,
			      in_network(client, &rec->inside, rec->inside_bits));
		gateway_place(g, server,
			      in_network(server, &rec->inside, rec->inside_bits));
		return;
	}
	if (!gateway_host(g, server))
		gateway_place(g, server, known ? !known->inside : true);
	if (!known)
		gateway_place(g, client, !gateway_host(g, server)->inside);
}

/* The first time through the file: where everybody is. Control connections
 * decide before all others. */
static bool place_all(struct recording *rec, const char *path)
{
	struct replay *r = rec->r;
	struct segment s;

	for (int control = 1; control >= 0; control--) {
		rec->file = pcap_file_open(path);
		if (!rec->file)
			return false;
		while (pcap_file_next(rec->file, &s)) {
			make_real(r, &s);
			if (control == (gateway_is_control_port(&r->g, s.sport) ||
					gateway_is_control_port(&r->g, s.dport)))
				place(rec, &s);
		}
		pcap_file_close(rec->file);
	}
	for (size_t i = 0; i < r->g.setup.n_nats; i++) {
		struct nat *nat = &r->g.setup.nat[i];
		const struct host *host = gateway_host(&r->g, &nat->real);

		nat->outside = host && !host->inside;
	}
	return true;
}

/* ---- connections ------------------------------------------------------------ */

static bool is_end(const struct end *e, const struct ph_addr *addr, __u16 port)
{
	return e->port == port && addr_equal(&e->addr, addr);
}

static struct talk *find_talk(const struct replay *r, const struct segment *s, int *from)
{
	for (size_t i = r->n_talks; i-- > 0;) {
		struct talk *t = r->talk[i];

		for (int who = 0; who < 2; who++) {
			if (!is_end(&t->end[who], &s->src, s->sport) ||
			    !is_end(&t->end[!who], &s->dst, s->dport))
				continue;
			*from = who;
			return t;
		}
	}
	return NULL;
}

static void begin_at(struct end *e, __u32 isn)
{
	e->isn = e->next = e->una = isn;
}

/* Of one whose beginning was not recorded both ends know the numbers. */
static struct talk *new_talk(struct replay *r, const struct segment *s, int *from)
{
	struct talk *t;

	*from = is_from_client(r, s) ? CLIENT_END : SERVER_END;
	if (*from == CLIENT_END)
		t = replay_talk(r, &s->src, s->sport, &s->dst, s->dport);
	else
		t = replay_talk(r, &s->dst, s->dport, &s->src, s->sport);
	if (s->flags & TCP_SYN)
		return t;
	for (int who = 0; who < 2; who++) {
		begin_at(&t->end[who], (who == *from ? s->seq : s->ack) - 1);
		t->end[who].next++;
		t->end[who].syn_seen = true;
	}
	t->end[0].peer_isn = t->end[1].isn;
	t->end[1].peer_isn = t->end[0].isn;
	return t;
}

static struct talk *talk_of(struct replay *r, const struct segment *s, int *from)
{
	struct talk *t = find_talk(r, s, from);

	/* The same ports again. */
	if (t && s->flags & TCP_SYN && !(s->flags & TCP_ACK) &&
	    t->end[*from].next != t->end[*from].isn && t->end[*from].isn != s->seq)
		t = NULL;
	return t ? t : new_talk(r, s, from);
}

/* ---- numbers ---------------------------------------------------------------- */

/* As whom the other end knows a number of this one. */
static __u32 renumber(const struct end *e, __u32 number)
{
	for (size_t i = e->n_shifts; i-- > 0;)
		if ((__s32)(number - e->shift[i].from) >= 0)
			return number + e->shift[i].by;
	return number;
}

static void renumber_sack(const struct end *other, struct segment *s)
{
	for (size_t at = 0; at + 1 < s->options_len;) {
		__u8 *option = s->options + at;

		if (*option <= 1) { /* end, no-operation */
			at++;
			continue;
		}
		if (option[1] < 2 || at + option[1] > s->options_len)
			return;
		for (size_t i = 2; *option == 5 && i + 4 <= option[1]; i += 4) {
			__u32 edge = (__u32)frame_get16(option + i) << 16 |
				     frame_get16(option + i + 2);

			frame_put32(option + i, renumber(other, edge));
		}
		at += option[1];
	}
}

static void note_shift(struct replay *r, struct end *e, const struct end *other)
{
	__u32 by = other->peer_isn + 1 + (__u32)other->got.whole - e->una;

	if (e->n_shifts && e->shift[e->n_shifts - 1].by == by)
		return;
	if (e->n_shifts == REPLAY_SHIFTS)
		replay_violation(r, "more than %d rewrites are not followed",
				 REPLAY_SHIFTS);
	else
		e->shift[e->n_shifts++] = (struct shift){e->una, by};
}

/* ---- packets ---------------------------------------------------------------- */

/* Did all that was said get there, and as it was? If not, what became of it? */
static void follow(struct replay *r, struct talk *t, int from)
{
	struct end *e = &t->end[from], *other = &t->end[!from];
	__u32 said = e->isn + 1 + (__u32)e->sent.whole;

	if (other->peer_isn + 1 + (__u32)other->got.whole == renumber(e, said))
		return;
	talk_settle(r, t, from);
	if (!talk_is_over(t))
		note_shift(r, e, other);
}

static void feed(struct replay *r, struct segment *s)
{
	int from;
	struct talk *t = talk_of(r, s, &from);
	struct end *e = &t->end[from], *other = &t->end[!from];
	const __u8 *data = s->data;
	size_t left = s->len, n;
	__u8 flags = s->flags;

	if (e->inside == other->inside)
		return;
	if (flags & TCP_SYN)
		begin_at(e, s->seq);
	if (flags & TCP_ACK && (__s32)(s->ack - other->next) > 0)
		other->next = s->ack; /* of what was not recorded */
	s->ack = renumber(other, s->ack);
	renumber_sack(other, s);
	if (left && t->control)
		stream_put(&e->sent, s->seq - (e->isn + 1), s->data, s->len);
	do { /* as a device cuts it */
		n = left < SEGMENT_MAX_DATA ? left : SEGMENT_MAX_DATA;
		left -= n;
		s->data = data;
		s->len = n;
		s->flags = left ? flags & (__u8)~TCP_FIN : flags;
		talk_send(r, t, from, s);
		s->seq += (__u32)n;
		data += n;
	} while (left);
	if (data != s->data && t->control && !talk_is_over(t))
		follow(r, t, from);
}

int recording_run(struct replay *r, const char *path,
		  const struct recording_options *options, json_t **report)
{
	struct recording rec = {.r = r};
	struct segment s;

	if (options->inside && !parse_network(&rec, options->inside)) {
		fprintf(stderr, "--inside %s: no network\n", options->inside);
		return CANNOT_READ;
	}
	if (!place_all(&rec, path))
		return CANNOT_READ;
	if (!replay_begin(r))
		return CANNOT_READ;
	rec.file = pcap_file_open(path);
	if (!rec.file)
		return CANNOT_READ;
	while (pcap_file_next(rec.file, &s)) {
		make_real(r, &s);
		r->packet = pcap_file_number(rec.file);
		r->time = pcap_file_time(rec.file);
		feed(r, &s);
	}
	*report = report_make(r);
	json_object_set_new(*report, "file", json_string(path));
	json_object_set_new(*report, "skipped",
			    json_integer((json_int_t)pcap_file_skipped(rec.file)));
	pcap_file_close(rec.file);
	return 0;
}
