// SPDX-License-Identifier: GPL-2.0
/*
 * expect.c - what a dialogue expects: see script.h and the README.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/replay/script.h"

/* Printable, for a message. */
static const char *shown(const __u8 *bytes, size_t len, char *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 5 < room; i++) {
		if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
			out[n++] = (char)bytes[i];
		else if (bytes[i] == '\r' || bytes[i] == '\n')
			n += (size_t)sprintf(out + n, "\\%c",
					     bytes[i] == '\r' ? 'r' : 'n');
		else
			n += (size_t)sprintf(out + n, "\\x%02x", bytes[i]);
	}
	out[n] = '\0';
	return out;
}

/* What an end has received and the script has not seen yet. */
static size_t unseen(const struct end *e, const __u8 **bytes)
{
	*bytes = e->got.bytes + e->read;
	return e->got.whole - e->read;
}

bool expect_heard(struct script *s, const char *line)
{
	struct words *w = calloc(1, sizeof(*w));
	int who = *line == 'C' ? CLIENT_END : SERVER_END;
	bool raw = line[2] == '<', same;
	const char *text = line + 2 + raw;
	char want[200], got[200];
	const __u8 *bytes;
	size_t len;

	if (!s->now || !w || !words_read(*text == ' ' ? text + 1 : text, s->round, w)) {
		free(w);
		return script_wrong(s, "a text that cannot be read, or nobody listens");
	}
	if (!raw && w->len + 2 <= WORDS_MAX_BYTES) {
		w->bytes[w->len++] = '\r';
		w->bytes[w->len++] = '\n';
	}
	len = unseen(&s->now->end[who], &bytes);
	same = len >= w->len && !memcmp(bytes, w->bytes, w->len);
	script_check(s, same, "%s got '%s' instead of '%s'",
		     who == CLIENT_END ? "the client" : "the server",
		     shown(bytes, len < 120 ? len : 120, got, sizeof(got)),
		     shown(w->bytes, w->len, want, sizeof(want)));
	s->now->end[who].read += same ? w->len : len;
	free(w);
	return true;
}

/* text "...": the listener of the last line has got that somewhere */
static bool text(struct script *s, const char *rest)
{
	struct words *w = calloc(1, sizeof(*w));
	const char *end = strrchr(rest, '"');
	char quoted[512], got[200];
	const __u8 *bytes;
	size_t len;
	bool found;

	if (!w || !s->now || *rest != '"' || end == rest ||
	    (size_t)(end - rest) > sizeof(quoted)) {
		free(w);
		return script_wrong(s, "expect text \"...\"");
	}
	snprintf(quoted, sizeof(quoted), "%.*s", (int)(end - rest - 1), rest + 1);
	len = unseen(&s->now->end[s->heard], &bytes);
	found = words_read(quoted, s->round, w) &&
		(!w->len || (len && memmem(bytes, len, w->bytes, w->len)));
	script_check(s, found, "'%s' does not contain '%s'",
		     shown(bytes, len < 120 ? len : 120, got, sizeof(got)), quoted);
	free(w);
	return true;
}

static bool hole(struct script *s, const char *rest)
{
	char from[64], to[64];
	struct ph_addr src, dst;
	__u16 port;

	if (sscanf(rest, "%63s %63s", from, to) != 2)
		return script_wrong(s, "expect hole FROM TO:PORT");
	if (!script_host(s, from, &src) || !script_place(s, to, &dst, &port))
		return false;
	return script_check(s, watch_has_hole(s->r, &src, &dst, port),
			    "no hole from %s to %s", from, to);
}

/* closed WHY [N]: holes that were closed for that reason */
static bool closed(struct script *s, const char *rest)
{
	json_t *holes = watch_holes(s->r), *hole;
	size_t index, n = 0, want = 1;
	char why[32] = "";

	sscanf(rest, "%31[a-z -] %zu", why, &want);
	while (*why && why[strlen(why) - 1] == ' ')
		why[strlen(why) - 1] = '\0';
	json_array_foreach(json_object_get(holes, "closed"), index, hole)
		n += !strcmp(json_string_value(json_object_get(hole, "why")), why);
	json_decref(holes);
	return script_check(s, n == want, "%zu holes were closed: %s", n, why);
}

/* The session of the connection in hand, as it was last seen. */
static const char *session_says(const struct script *s, const char *field, char *out,
				size_t room)
{
	json_t *sessions = watch_sessions(s->r), *session;
	size_t index;

	snprintf(out, room, "(none)");
	json_array_foreach(sessions, index, session)
	{
		json_t *port = json_object_get(session, "client_port");
		const json_t *value = json_object_get(session, field);

		if (!s->now || json_integer_value(port) != s->now->end[0].port)
			continue;
		if (json_is_string(value))
			snprintf(out, room, "%s", json_string_value(value));
		else if (json_is_integer(value))
			snprintf(out, room, "%" JSON_INTEGER_FORMAT,
				 json_integer_value(value));
	}
	json_decref(sessions);
	return out;
}

static bool session(struct script *s, const char *field, const char *want)
{
	char got[160];

	session_says(s, field, got, sizeof(got));
	return script_check(s, !strcmp(got, want), "%s is '%s'", field, got);
}

/* NAME [N]; without N at least one. */
static bool count(struct script *s, const char *rest, int (*of)(const char *name),
		  __u64 (*read)(const struct script *s, int index))
{
	unsigned long long want = 0;
	char name[64] = "";
	int n = sscanf(rest, "%63s %llu", name, &want), index = of(name);
	__u64 got;

	if (n < 1 || index < 0)
		return script_wrong(s, "there is no such thing as '%s'", name);
	got = read(s, index);
	return script_check(s, n == 2 ? got == want : got > 0, "%s: %llu times", name,
			    (unsigned long long)got);
}

static __u64 read_finding(const struct script *s, int index)
{
	__u64 counts[FTP_N_FINDINGS];

	gateway_findings(&s->r->g, counts);
	return counts[index];
}

static __u64 read_drop(const struct script *s, int index)
{
	return gateway_drops(&s->r->g, index);
}

static __u64 read_event(const struct script *s, int index)
{
	return gateway_events(&s->r->g, (enum ph_event)index);
}

static bool no_finding(struct script *s)
{
	__u64 counts[FTP_N_FINDINGS];

	gateway_findings(&s->r->g, counts);
	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++)
		if (counts[i])
			return script_check(s, false, "found: %s",
					    gateway_finding_name(i));
	return script_check(s, true, "-");
}

static bool resets(struct script *s, bool wanted)
{
	const struct talk *t = s->now;

	if (!t)
		return script_wrong(s, "nobody is connected");
	if (wanted)
		return script_check(s, t->end[0].reset && t->end[1].reset,
				    "a RST reached %s",
				    t->end[0].reset   ? "the client only"
				    : t->end[1].reset ? "the server only"
						      : "nobody");
	return script_check(s, !t->end[0].reset && !t->end[1].reset, "there was a RST");
}

bool expect_that(struct script *s, const char *line)
{
	char word[32] = "";
	int skip = 0;
	const char *rest;

	sscanf(line, "%31s %n", word, &skip);
	rest = line + (skip ? skip : (int)strlen(line));
	if (!strcmp(word, "hole"))
		return hole(s, rest);
	if (!strcmp(word, "no-hole"))
		return script_check(s, !watch_n_holes(s->r), "%zu holes are open",
				    watch_n_holes(s->r));
	if (!strcmp(word, "holes"))
		return script_check(s, watch_n_holes(s->r) == strtoul(rest, NULL, 10),
				    "%zu holes are open", watch_n_holes(s->r));
	if (!strcmp(word, "closed"))
		return closed(s, rest);
	if (!strcmp(word, "reset") || !strcmp(word, "no-reset"))
		return resets(s, !strcmp(word, "reset"));
	if (!strcmp(word, "text"))
		return text(s, rest);
	if (!strcmp(word, "finding"))
		return count(s, rest, gateway_finding_of, read_finding);
	if (!strcmp(word, "no-finding"))
		return no_finding(s);
	if (!strcmp(word, "drop"))
		return count(s, rest, gateway_drop_of, read_drop);
	if (!strcmp(word, "event"))
		return count(s, rest, gateway_event_of, read_event);
	if (!strcmp(word, "state") || !strcmp(word, "user") ||
	    !strcmp(word, "server_name") || !strcmp(word, "data_open"))
		return session(s, word, rest);
	return script_wrong(s, "expect what: '%s'?", word);
}
