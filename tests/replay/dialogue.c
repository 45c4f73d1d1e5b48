// SPDX-License-Identifier: GPL-2.0
/*
 * dialogue.c - reads a dialogue and has it spoken line by line: see script.h and
 * the README for its words.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/datapath/tap.h"
#include "tests/replay/script.h"

#define MAX_LINES     2000
#define CLIENT_PORT   40001
#define EXIT_FAILED   1
#define EXIT_NO_INPUT 2

struct text {
	char *line[MAX_LINES];
	unsigned int n;
};

bool script_wrong(struct script *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->wrong, sizeof(s->wrong), format, args);
	va_end(args);
	return false;
}

bool script_check(struct script *s, bool ok, const char *format, ...)
{
	char what[512];
	va_list args;

	s->checked++;
	if (ok)
		return true;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	json_array_append_new(s->failed, json_pack("{s:i, s:i, s:s}", "line", s->line,
						   "pass", (int)s->pass, "what", what));
	return true;
}

/* ---- who is there ----------------------------------------------------------- */

bool script_host(struct script *s, const char *name, struct ph_addr *out)
{
	if (!strcmp(name, "client"))
		*out = s->client;
	else if (!strcmp(name, "server"))
		*out = s->server;
	else if (!strcmp(name, "third"))
		*out = s->third;
	else if (!addr_parse(name, out))
		return script_wrong(s, "'%s' is no host", name);
	if (!gateway_host(&s->r->g, out))
		gateway_place(&s->r->g, out, s->client_inside);
	return true;
}

bool script_place(struct script *s, const char *text, struct ph_addr *addr, __u16 *port)
{
	char host[64];
	const char *colon = strrchr(text, ':');

	*port = 0;
	if (!colon || (strchr(text, ':') != colon && *text != '[') ||
	    strchr(colon, ']')) {
		snprintf(host, sizeof(host), "%s", text);
	} else {
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
		*port = (__u16)strtoul(colon + 1, NULL, 10);
	}
	if (*host == '[') {
		memmove(host, host + 1, strlen(host));
		host[strcspn(host, "]")] = '\0';
	}
	return script_host(s, host, addr);
}

/* All are placed anew: an earlier dialogue may have had them elsewhere. */
bool script_begin(struct script *s)
{
	if (s->begun)
		return true;
	gateway_place(&s->r->g, &s->client, s->client_inside);
	gateway_place(&s->r->g, &s->third, s->client_inside);
	gateway_place(&s->r->g, &s->server, !s->client_inside);
	for (size_t i = 0; i < s->r->g.setup.n_nats; i++) {
		struct nat *nat = &s->r->g.setup.nat[i];
		const struct host *host = gateway_host(&s->r->g, &nat->real);

		nat->outside = host && !host->inside;
	}
	s->begun = replay_begin(s->r);
	return s->begun ? true : script_wrong(s, "the policy is wrong");
}

/* ---- the scene: before the first connection --------------------------------- */

static bool set_nat(struct script *s, const char *rest)
{
	struct setup *setup = &s->r->g.setup;
	char real[64], mapped[64];
	struct nat *nat = &setup->nat[setup->n_nats];

	if (setup->n_nats == GATEWAY_MAX_NATS ||
	    sscanf(rest, "%63[^=]=%63s", real, mapped) != 2 ||
	    !addr_parse(real, &nat->real) || !addr_parse(mapped, &nat->mapped))
		return script_wrong(s, "nat REAL=MAPPED");
	setup->n_nats++;
	return true;
}

static bool set_ports(struct script *s, const char *rest)
{
	struct setup *setup = &s->r->g.setup;
	char *end;

	for (setup->n_ports = 0; *rest && setup->n_ports < GATEWAY_MAX_PORTS;
	     rest = end) {
		unsigned long port = strtoul(rest, &end, 10);

		if (!port || port > 65535)
			return script_wrong(s, "ports N[,N...]");
		setup->port[setup->n_ports++] = (__u16)port;
		end += *end == ',';
	}
	return true;
}

static bool set_policy(struct script *s, const char *rest)
{
	struct setup *setup = &s->r->g.setup;
	size_t len = strlen(setup->lines);

	if (len + strlen(rest) + 2 > sizeof(setup->lines))
		return script_wrong(s, "the policy is too long");
	sprintf(setup->lines + len, "%s\n", rest);
	if (strstr(rest, "fixup protocol") || strstr(rest, "inspect ftp"))
		setup->own_fixups = true;
	return true;
}

static bool set_isn(struct script *s, const char *rest)
{
	char who[16];
	unsigned int isn;

	if (sscanf(rest, "%15s %i", who, (int *)&isn) != 2)
		return script_wrong(s, "isn client|server NUMBER");
	s->isn_given[*who == 's'] = true;
	s->isn[*who == 's'] = isn;
	return true;
}

static bool set_scene(struct script *s, const char *word, const char *rest, bool *known)
{
	struct ph_addr *who = NULL;

	*known = true;
	if (!strcmp(word, "client"))
		who = &s->client;
	if (!strcmp(word, "server"))
		who = &s->server;
	if (!strcmp(word, "third"))
		who = &s->third;
	if (who)
		return addr_parse(rest, who) ? true : script_wrong(s, "no address");
	if (!strcmp(word, "inside")) {
		s->client_inside = !strcmp(rest, "client");
		return true;
	}
	if (!strcmp(word, "nat"))
		return set_nat(s, rest);
	if (!strcmp(word, "ports"))
		return set_ports(s, rest);
	if (!strcmp(word, "policy"))
		return set_policy(s, rest);
	if (!strcmp(word, "isn"))
		return set_isn(s, rest);
	if (!strcmp(word, "ftps"))
		s->r->g.setup.ftps = (__u16)strtoul(rest, NULL, 10);
	else if (!strcmp(word, "strict"))
		s->r->g.setup.strict = true;
	else if (!strcmp(word, "split"))
		s->split = strtoul(rest, NULL, 10);
	else if (!strcmp(word, "mss"))
		s->mss = strtoul(rest, NULL, 10);
	else if (!strcmp(word, "reorder"))
		s->reorder = true;
	else
		*known = false;
	return true;
}

/* ---- line by line ----------------------------------------------------------- */

static bool speak(struct script *s, const char *line)
{
	char word[32] = "";
	const char *rest;
	int skip = 0;
	bool known, ok;

	if (!*line || *line == '#')
		return true;
	if ((*line == 'C' || *line == 'S') && (line[1] == '>' || line[1] == '<'))
		return line[1] == '>' ? act_say(s, line) : expect_heard(s, line);
	sscanf(line, "%31s %n", word, &skip);
	rest = skip ? line + skip : line + strlen(line);
	if (!strcmp(word, "expect"))
		return expect_that(s, rest);
	ok = set_scene(s, word, rest, &known);
	if (!known)
		ok = act_do(s, word, rest, &known);
	return known ? ok : script_wrong(s, "what is '%s'?", word);
}

/* With `repeat N` ... `end`, which do not nest. */
static bool speak_all(struct script *s, const struct text *text)
{
	unsigned int begin = 0, rounds = 0;

	for (unsigned int i = 0; i < text->n; i++) {
		s->line = i + 1;
		if (sscanf(text->line[i], "repeat %u", &rounds) == 1) {
			begin = i;
			s->round = 0;
		} else if (!strcmp(text->line[i], "end")) {
			if (++s->round < rounds)
				i = begin;
		} else if (!speak(s, text->line[i])) {
			return false;
		}
	}
	return true;
}

static void set_the_stage(struct script *s)
{
	s->begun = s->client_inside = s->reorder = s->unsettled = false;
	s->isn_given[0] = s->isn_given[1] = false;
	s->n_talks = s->n_data = s->n_segments = s->split = 0;
	s->mss = SEGMENT_MAX_DATA;
	s->now = NULL;
	s->next_port = CLIENT_PORT;
	s->round = 0;
	addr_parse("203.0.113.50", &s->client);
	addr_parse("10.0.0.10", &s->server);
	addr_parse("203.0.113.77", &s->third);
}

static int read_lines(const char *path, struct text *text)
{
	FILE *in = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	bool is_text = true;
	ssize_t len;

	if (!in)
		return -errno;
	while ((len = getline(&line, &room, in)) >= 0 && text->n < MAX_LINES) {
		is_text = is_text && strlen(line) == (size_t)len;
		if (len && line[len - 1] == '\n')
			line[len - 1] = '\0';
		text->line[text->n++] = strdup(line);
	}
	free(line);
	fclose(in);
	return is_text ? 0 : -EINVAL;
}

static json_t *result_of(const struct script *s)
{
	json_t *out = s->begun ? report_make(s->r) : json_object();

	json_object_set_new(out, "file", json_string(s->path));
	json_object_set_new(out, "passes", json_integer((json_int_t)s->passes));
	json_object_set_new(
		out, "expectations",
		json_pack("{s:i, s:O}", "checked", s->checked, "failed", s->failed));
	return out;
}

/* Violations are failures of the line where they came up. */
static bool one_pass(struct script *s, const struct text *text, const struct setup *setup)
{
	bool ok;

	s->r->g.setup = *setup;
	set_the_stage(s);
	ok = speak_all(s, text);
	if (s->begun && s->r->n_violations) {
		json_t *first = json_array_get(s->r->violations, 0);

		script_check(s, false, "violation: %s",
			     json_string_value(json_object_get(first, "what")));
	}
	return ok;
}

int dialogue_run(struct replay *r, const char *path, json_t **report)
{
	struct script *s = calloc(1, sizeof(*s));
	struct text *text = calloc(1, sizeof(*text));
	struct setup setup = r->g.setup;
	bool understood = true;
	int status;

	if (!s || !text)
		TAP_BAIL("out of memory");
	*s = (struct script){.r = r, .path = path, .passes = 1};
	s->failed = json_array();
	status = read_lines(path, text);
	if (status)
		script_wrong(s, "%s",
			     status == -EINVAL ? "neither a dialogue nor a recording"
					       : strerror(-status));
	status = status ? EXIT_NO_INPUT : 0;
	for (; !status && understood && s->pass < s->passes; s->pass++)
		understood = one_pass(s, text, &setup);
	if (status || !understood) {
		fprintf(stderr, "%s:%u: %s\n", path, s->line, s->wrong);
		status = EXIT_NO_INPUT;
	} else if (json_array_size(s->failed)) {
		status = EXIT_FAILED;
	}
	*report = result_of(s);
	r->g.setup = setup;
	for (unsigned int i = 0; i < text->n; i++)
		free(text->line[i]);
	json_decref(s->failed);
	free(text);
	free(s);
	return status;
}
