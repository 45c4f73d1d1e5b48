// SPDX-License-Identifier: GPL-2.0
/*
 * format_conn.c - connections as an ASA shows them. See format_conn.h.
 *
 * Why by hand: a hundred thousand connections are to be listed in less than a second,
 * so none becomes a JSON object in memory first.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format_conn.h"

#define NS_PER_SEC 1000000000ull

#define INITIATOR 0
#define RESPONDER 1

const char format_conn_legend[] =
	"Flags: U answered, h half-open (ha SYN answered, hb SYN of both ends, hm "
	"picked up in midstream),\n"
	"       B begun from the lower security level, C inspected FTP control "
	"connection,\n"
	"       P admitted by a pinhole or by data-ports, L begun by this machine,\n"
	"       H to this machine and known to host mode, F/f its initiator/responder "
	"has sent FIN\n";

/* ---- parts ------------------------------------------------------------------------ */

struct text {
	char *out;
	size_t len;
};

/* What does not fit is left out: FORMAT_CONN_BYTES is more than the longest. */
static void add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add(struct text *text, const char *format, ...)
{
	size_t room = FORMAT_CONN_BYTES - text->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text->out + text->len, room, format, args);
	va_end(args);
	if (len > 0)
		text->len += (size_t)len < room ? (size_t)len : room - 1;
}

const char *format_conn_state(const struct flow_key *key, const struct conn *conn,
			      bool established)
{
	if (!established && key->proto != IPPROTO_TCP)
		return "half-open";
	switch (conn->state) {
	case CONN_SYN_SENT:
		return "syn-sent";
	case CONN_SYN_ACKED:
		return "syn-acked";
	case CONN_SYN_BOTH:
		return "syn-both";
	case CONN_PICKED_UP:
		return "picked-up";
	case CONN_ESTABLISHED:
		return "established";
	case CONN_HALF_CLOSED:
		return "half-closed";
	case CONN_CLOSING:
		return "closing";
	default:
		return "unknown";
	}
}

/* How far a half-open TCP connection has come; 0: it has not been answered. */
static char progress_flag(unsigned int state)
{
	switch (state) {
	case CONN_SYN_ACKED:
		return 'a';
	case CONN_SYN_BOTH:
		return 'b';
	case CONN_PICKED_UP:
		return 'm';
	default:
		return 0;
	}
}

static void conn_flags(char out[16], const struct format_conn *c)
{
	static const struct {
		uint32_t flag;
		char letter;
	} letters[] = {
		{CONN_F_FTP, 'C'},  {CONN_F_CHILD, 'P'}, {CONN_F_LOCAL, 'L'},
		{CONN_F_HOST, 'H'}, {CONN_F_FIN_0, 'F'}, {CONN_F_FIN_1, 'f'},
	};
	char *at = out;

	*at++ = c->established ? 'U' : 'h';
	if (!c->established && progress_flag(c->conn->state))
		*at++ = progress_flag(c->conn->state);
	if (c->security[INITIATOR] < c->security[RESPONDER])
		*at++ = 'B';
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (c->conn->flags & letters[i].flag)
			*at++ = letters[i].letter;
	*at = '\0';
}

static uint64_t seconds_since(const struct format_conn *c, uint64_t then_ns)
{
	return c->now_ns > then_ns ? (c->now_ns - then_ns) / NS_PER_SEC : 0;
}

char *format_age(char out[FORMAT_AGE_BYTES], uint64_t sec)
{
	if (sec < 60)
		snprintf(out, FORMAT_AGE_BYTES, "%" PRIu64 "s", sec);
	else if (sec < 3600)
		snprintf(out, FORMAT_AGE_BYTES, "%" PRIu64 "m%" PRIu64 "s", sec / 60,
			 sec % 60);
	else if (sec < 86400)
		snprintf(out, FORMAT_AGE_BYTES, "%" PRIu64 "h%" PRIu64 "m", sec / 3600,
			 sec / 60 % 60);
	else
		snprintf(out, FORMAT_AGE_BYTES, "%" PRIu64 "D%" PRIu64 "h", sec / 86400,
			 sec / 3600 % 24);
	return out;
}

/* An end, ready to be written. */
struct end {
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];
	char endpoint[FORMAT_ENDPOINT_BYTES];
	unsigned int port;
	unsigned int mapped_port;
};

static void read_end(const struct format_conn *c, int which, struct end *out)
{
	int at = (c->conn->flags & CONN_F_INITIATOR_1) ? !which : which;
	const struct ph_addr *real = &c->key->addr[at];
	char port[8];

	out->port = ntohs(c->key->port[at]);
	out->mapped_port = ntohs(c->conn->mapped_port[which]);
	format_address(out->real, real);
	/* Most are not translated, and to write an address takes most of the time. */
	if (memcmp(real, &c->conn->mapped[which], sizeof(*real)) != 0)
		format_address(out->mapped, &c->conn->mapped[which]);
	else
		memcpy(out->mapped, out->real, sizeof(out->mapped));
	snprintf(port, sizeof(port), "%u", out->port);
	if (strchr(out->real, ':'))
		format_endpoint(out->endpoint, real, port);
	else
		snprintf(out->endpoint, sizeof(out->endpoint), "%s:%s", out->real, port);
}

/* The end behind the lower security level. */
static int first_of(const struct format_conn *c)
{
	return c->security[RESPONDER] < c->security[INITIATOR] ? RESPONDER : INITIATOR;
}

/* ---- the forms -------------------------------------------------------------------- */

size_t format_conn_line(char out[FORMAT_CONN_BYTES], const struct format_conn *c)
{
	struct text text = {.out = out};
	int first = first_of(c);
	struct end ends[2];
	char proto[4], flags[16], idle[FORMAT_TIME_BYTES];

	read_end(c, first, &ends[0]);
	read_end(c, !first, &ends[1]);
	conn_flags(flags, c);
	add(&text, "%s %s %s %s %s, idle %s, bytes %" PRIu64 ", flags %s",
	    format_protocol(c->key->proto, proto), c->interface[first], ends[0].endpoint,
	    c->interface[!first], ends[1].endpoint,
	    format_time(idle, seconds_since(c, c->conn->seen_ns)),
	    (uint64_t)(c->conn->bytes[0] + c->conn->bytes[1]), flags);
	return text.len;
}

/* "outside:198.51.100.7/40000 (198.51.100.7/40000)" */
static void add_end(struct text *text, const struct format_conn *c, int which)
{
	struct end end;

	read_end(c, which, &end);
	add(text, "%s: %s/%u (%s/%u)", c->interface[which], end.real, end.port,
	    end.mapped, end.mapped_port);
}

static void add_ends(struct text *text, const struct format_conn *c)
{
	int first = first_of(c);
	char proto[4];

	add(text, "%s ", format_protocol(c->key->proto, proto));
	add_end(text, c, first);
	add(text, " ");
	add_end(text, c, !first);
}

static void add_times(struct text *text, const struct format_conn *c)
{
	char flags[16], idle[FORMAT_AGE_BYTES], age[FORMAT_AGE_BYTES],
		timeout[FORMAT_AGE_BYTES];

	conn_flags(flags, c);
	add(text, "flags %s, idle %s, uptime %s, timeout %s, bytes %" PRIu64, flags,
	    format_age(idle, seconds_since(c, c->conn->seen_ns)),
	    format_age(age, seconds_since(c, c->conn->created_ns)),
	    format_age(timeout, c->timeout_ns / NS_PER_SEC),
	    (uint64_t)(c->conn->bytes[0] + c->conn->bytes[1]));
}

size_t format_conn_long(char out[FORMAT_CONN_BYTES], const struct format_conn *c)
{
	struct text text = {.out = out};

	add_ends(&text, c);
	add(&text, ", ");
	add_times(&text, c);
	return text.len;
}

size_t format_conn_detail(char out[FORMAT_CONN_BYTES], const struct format_conn *c)
{
	const struct conn *conn = c->conn;
	struct text text = {.out = out};

	add_ends(&text, c);
	add(&text, ",\n    ");
	add_times(&text, c);
	add(&text,
	    "\n    state %s, initiator %s: %" PRIu64 " packets, %" PRIu64
	    " bytes; responder %s: %" PRIu64 " packets, %" PRIu64
	    " bytes\n    policy %u, id %" PRIu64,
	    format_conn_state(c->key, conn, c->established), c->interface[INITIATOR],
	    (uint64_t)conn->packets[INITIATOR], (uint64_t)conn->bytes[INITIATOR],
	    c->interface[RESPONDER], (uint64_t)conn->packets[RESPONDER],
	    (uint64_t)conn->bytes[RESPONDER], conn->generation, (uint64_t)conn->id);
	return text.len;
}

/* RFC 8259, 7: names are a policy's, and may have any bytes but blanks. */
static void add_json_string(struct text *text, const char *string)
{
	add(text, "\"");
	while (*string) {
		size_t plain = 0;
		unsigned char byte;

		while (string[plain] >= ' ' && string[plain] <= '~' &&
		       string[plain] != '"' && string[plain] != '\\')
			plain++;
		add(text, "%.*s", (int)plain, string);
		string += plain;
		byte = (unsigned char)*string;
		if (!byte)
			break;
		add(text, byte == '"' || byte == '\\' ? "\\%c" : "\\u%04x", byte);
		string++;
	}
	add(text, "\"");
}

static void add_json_end(struct text *text, const struct format_conn *c, const char *key,
			 int which)
{
	struct end end;

	read_end(c, which, &end);
	add(text, "\"%s\": {\"interface\": ", key);
	add_json_string(text, c->interface[which]);
	add(text,
	    ", \"address\": \"%s\", \"port\": %u, \"mapped_address\": \"%s\", "
	    "\"mapped_port\": %u, \"endpoint\": \"%s\"}, ",
	    end.real, end.port, end.mapped, end.mapped_port, end.endpoint);
}

size_t format_conn_json(char out[FORMAT_CONN_BYTES], const struct format_conn *c)
{
	const struct conn *conn = c->conn;
	struct text text = {.out = out};
	char proto[4], flags[16];

	conn_flags(flags, c);
	add(&text, "{\"protocol\": \"%s\", \"state\": \"%s\", \"flags\": \"%s\", ",
	    format_protocol(c->key->proto, proto),
	    format_conn_state(c->key, conn, c->established), flags);
	add_json_end(&text, c, "initiator", INITIATOR);
	add_json_end(&text, c, "responder", RESPONDER);
	add(&text,
	    "\"idle_sec\": %" PRIu64 ", \"age_sec\": %" PRIu64
	    ", \"timeout_sec\": %" PRIu64 ", \"bytes\": %" PRIu64
	    ", \"initiator_packets\": %" PRIu64 ", \"initiator_bytes\": %" PRIu64
	    ", \"responder_packets\": %" PRIu64 ", \"responder_bytes\": %" PRIu64
	    ", \"generation\": %u, \"id\": %" PRIu64 "}",
	    seconds_since(c, conn->seen_ns), seconds_since(c, conn->created_ns),
	    (uint64_t)(c->timeout_ns / NS_PER_SEC),
	    (uint64_t)(conn->bytes[0] + conn->bytes[1]),
	    (uint64_t)conn->packets[INITIATOR], (uint64_t)conn->bytes[INITIATOR],
	    (uint64_t)conn->packets[RESPONDER], (uint64_t)conn->bytes[RESPONDER],
	    conn->generation, (uint64_t)conn->id);
	return text.len;
}
