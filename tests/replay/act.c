// SPDX-License-Identifier: GPL-2.0
/*
 * act.c - what the parties of a dialogue do: see script.h and the README.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <pinhole/firewall.h>

#include "tests/replay/script.h"

/* ---- to speak --------------------------------------------------------------- */

static void send_piece(struct script *s, int who, size_t at, size_t len)
{
	if (s->n_segments < SCRIPT_MAX_SEGMENTS)
		s->segment[s->n_segments++] = (struct sent_segment){s->now, who, at, len};
	s->r->packet++;
	talk_repeat(s->r, s->now, who, at, len);
	s->r->repeated--;
}

/* Where the segment that begins at `at` ends. */
static size_t piece_end(const struct script *s, const struct words *w, size_t at,
			size_t star)
{
	size_t end = at + s->mss < w->len ? at + s->mss : w->len;

	for (size_t i = 0; i < w->n_cuts; i++)
		if (w->cut[i] > at && w->cut[i] < end)
			end = w->cut[i];
	if (s->split && at + s->split < end)
		end = at + s->split;
	return star > at && star < end ? star : end;
}

static void say(struct script *s, int who, const struct words *w, size_t star)
{
	struct end *e = &s->now->end[who];
	size_t base = e->next - (e->isn + 1), from[WORDS_MAX_BYTES / 8], n = 0;

	stream_put(&e->sent, base, w->bytes, w->len);
	for (size_t at = 0; at < w->len; at = piece_end(s, w, at, star)) {
		if (n == sizeof(from) / sizeof(from[0]))
			break;
		from[n++] = at;
	}
	for (size_t i = 0; i < n; i++) {
		size_t at = from[s->reorder ? n - 1 - i : i];

		send_piece(s, who, base + at, piece_end(s, w, at, star) - at);
	}
	s->reorder = false;
	s->heard = !who;
	if (!s->unsettled)
		talk_settle(s->r, s->now, who);
}

/* Other bytes where some were sent before: "at -N text". */
static bool say_at(struct script *s, int who, const char *text)
{
	struct end *e = &s->now->end[who];
	struct words *w = calloc(1, sizeof(*w));
	unsigned int back = 0;
	int skip = 0;
	bool ok = w && sscanf(text, "-%u %n", &back, &skip) == 1 && skip &&
		  words_read(text + skip, s->round, w) && back <= e->next - (e->isn + 1);

	if (ok) {
		struct segment segment = {.seq = e->next - back,
					  .ack = e->peer_isn + 1 + (__u32)e->got.whole,
					  .flags = TCP_ACK | TCP_PSH,
					  .window = 65535,
					  .data = w->bytes,
					  .len = w->len};

		s->now->forged = true;
		stream_put(&e->sent, segment.seq - (e->isn + 1), w->bytes, w->len);
		s->r->packet++;
		talk_send(s->r, s->now, who, &segment);
		if (!s->unsettled)
			talk_settle(s->r, s->now, who);
	}
	free(w);
	return ok ? true : script_wrong(s, "at -BYTES TEXT");
}

/* "C> text", and what may stand behind the sign: > raw, * cut everywhere. */
bool act_say(struct script *s, const char *line)
{
	int who = *line == 'C' ? CLIENT_END : SERVER_END;
	struct words *w = calloc(1, sizeof(*w));
	bool raw = false, star = false, ok;
	const char *text;

	if (!s->now || !w) {
		free(w);
		return script_wrong(s, "nobody is connected");
	}
	for (text = line + 2; *text == '>' || *text == '*'; text++) {
		raw = raw || *text == '>';
		star = star || *text == '*';
	}
	if (!strncmp(text, "tls ", 4)) {
		ok = words_read_tls(text + 4, w);
	} else if (!strncmp(text, "at ", 3)) {
		free(w);
		return say_at(s, who, text + 3);
	} else {
		ok = words_read(*text == ' ' ? text + 1 : text, s->round, w);
		if (ok && !raw && w->len + 2 <= WORDS_MAX_BYTES) {
			w->bytes[w->len++] = '\r';
			w->bytes[w->len++] = '\n';
		}
	}
	if (ok) {
		if (star && w->len > 1 && s->passes < w->len - 1)
			s->passes = w->len - 1;
		say(s, who, w, star ? s->pass + 1 : 0);
	}
	free(w);
	return ok ? true : script_wrong(s, "a text that cannot be read");
}

/* ---- to connect ------------------------------------------------------------- */

static void number(struct script *s, struct talk *t)
{
	for (int who = 0; who < 2; who++)
		if (s->isn_given[who])
			t->end[who].isn = t->end[who].next = t->end[who].una =
				s->isn[who];
}

/* connect [CLIENT[:PORT] [SERVER[:PORT]]] */
static bool act_connect(struct script *s, const char *rest)
{
	char from[64] = "client", to[64] = "server";
	struct ph_addr client, server;
	__u16 client_port, port;

	sscanf(rest, "%63s %63s", from, to);
	if (!script_begin(s) || !script_place(s, from, &client, &client_port) ||
	    !script_place(s, to, &server, &port))
		return false;
	if (s->n_talks == SCRIPT_MAX_TALKS)
		return script_wrong(s, "too many connections");
	if (!port && s->r->g.setup.n_ports)
		port = s->r->g.setup.port[0];
	s->now = replay_talk(s->r, &client, client_port ? client_port : s->next_port++,
			     &server, port ? port : 21);
	s->talk[s->n_talks++] = s->now;
	number(s, s->now);
	s->r->packet++;
	return script_check(s, talk_handshake(s->r, s->now),
			    "the control connection is not admitted");
}

/* dial FROM[:PORT] TO:PORT -> admitted|dropped */
static bool act_dial(struct script *s, const char *rest)
{
	char from[64], to[64], result[16];
	struct ph_addr dialer, taker;
	__u16 from_port, port;
	struct talk *t;
	bool admitted;

	if (sscanf(rest, "%63s %63s -> %15s", from, to, result) != 3)
		return script_wrong(s, "dial FROM[:PORT] TO:PORT -> admitted|dropped");
	if (!script_begin(s) || !script_place(s, from, &dialer, &from_port) ||
	    !script_place(s, to, &taker, &port))
		return false;
	t = replay_talk(s->r, &dialer, from_port ? from_port : s->next_port++, &taker,
			port);
	s->r->packet++;
	admitted = talk_handshake(s->r, t);
	if (admitted && s->n_data < SCRIPT_MAX_DATA)
		s->data[s->n_data++] = t;
	return script_check(s, admitted == !strcmp(result, "admitted"),
			    "dialling %s from %s: %s", to, from,
			    admitted ? "admitted"
			    : s->r->last_drop
				    ? fw_drop_name((unsigned int)s->r->last_drop - 1)
				    : "no answer");
}

/* data passes|dropped|reset: the data connection dialled last */
static bool act_data(struct script *s, const char *rest)
{
	struct talk *t;
	bool passes;

	if (!s->n_data)
		return script_wrong(s, "there is no data connection");
	t = s->data[s->n_data - 1];
	s->r->packet++;
	if (!strcmp(rest, "reset")) {
		talk_say(s->r, t, CLIENT_END, TCP_RST, NULL, 0);
		s->n_data--;
		return true;
	}
	passes = talk_say(s->r, t, CLIENT_END, TCP_PSH, "data", 4);
	return script_check(s, passes == !strcmp(rest, "passes"),
			    "the data connection %s", passes ? "passes" : "is dropped");
}

static bool act_flag(struct script *s, const char *rest, __u8 flag)
{
	int who = *rest == 'S' ? SERVER_END : CLIENT_END;

	if (!s->now || (*rest != 'C' && *rest != 'S'))
		return script_wrong(s, "fin|rst C|S, of a connection");
	s->r->packet++;
	talk_say(s->r, s->now, who, flag, NULL, 0);
	if (flag == TCP_FIN && !s->unsettled)
		talk_ack(s->r, s->now, !who);
	return true;
}

static bool act_retransmit(struct script *s, const char *rest)
{
	size_t n = strtoul(rest, NULL, 10);

	if (!n || n > s->n_segments)
		return script_wrong(s, "retransmit 1..%zu", s->n_segments);
	for (size_t i = s->n_segments - n; i < s->n_segments; i++) {
		const struct sent_segment *g = &s->segment[i];

		talk_repeat(s->r, g->talk, g->who, g->at, g->len);
	}
	return true;
}

static bool act_lose(struct script *s, const char *rest)
{
	if (sscanf(rest, "before %u", &s->r->road.lose_before) == 1 ||
	    sscanf(rest, "behind %u", &s->r->road.lose_behind) == 1)
		return true;
	return script_wrong(s, "lose before|behind N");
}

static bool act_settle(struct script *s, const char *rest)
{
	s->unsettled = !strcmp(rest, "off");
	for (int who = 0; who < 2 && s->now && !s->unsettled; who++)
		talk_settle(s->r, s->now, who);
	return true;
}

/* Both ends say goodbye to TLS and go on in clear. */
static bool act_ccc(struct script *s)
{
	return act_say(s, "C>tls alert") && act_say(s, "S>tls alert");
}

static bool act_handshake(struct script *s, const char *rest)
{
	char hello[128];

	snprintf(hello, sizeof(hello), "C>tls client-hello%s%s", *rest ? " " : "", rest);
	return act_say(s, hello) && act_say(s, "S>tls server-hello") &&
	       act_say(s, "S>tls ccs") && act_say(s, "C>tls ccs") &&
	       act_say(s, "C>tls data 60") && act_say(s, "S>tls data 70");
}

static bool act_use(struct script *s, const char *rest)
{
	size_t n = strtoul(rest, NULL, 10);

	if (!n || n > s->n_talks)
		return script_wrong(s, "use 1..%zu", s->n_talks);
	s->now = s->talk[n - 1];
	return true;
}

static bool act_wait(const char *rest)
{
	double seconds = strtod(rest, NULL);
	struct timespec time = {.tv_sec = (time_t)seconds};

	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
	return true;
}

bool act_do(struct script *s, const char *word, const char *rest, bool *known)
{
	*known = true;
	if (!strcmp(word, "connect"))
		return act_connect(s, rest);
	if (!strcmp(word, "dial"))
		return act_dial(s, rest);
	if (!strcmp(word, "data"))
		return act_data(s, rest);
	if (!strcmp(word, "fin"))
		return act_flag(s, rest, TCP_FIN);
	if (!strcmp(word, "rst"))
		return act_flag(s, rest, TCP_RST);
	if (!strcmp(word, "retransmit"))
		return act_retransmit(s, rest);
	if (!strcmp(word, "lose"))
		return act_lose(s, rest);
	if (!strcmp(word, "settle"))
		return act_settle(s, rest);
	if (!strcmp(word, "ccc"))
		return act_ccc(s);
	if (!strcmp(word, "handshake"))
		return act_handshake(s, rest);
	if (!strcmp(word, "use"))
		return act_use(s, rest);
	if (!strcmp(word, "wait"))
		return act_wait(rest);
	*known = false;
	return true;
}
