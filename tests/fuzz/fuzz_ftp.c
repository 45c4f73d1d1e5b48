// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_ftp.c - however an FTP stream is cut into segments, it says the same.
 *
 * What must hold for every input: the lines read from the pieces are those read
 * from the whole; the pieces, rewritten one by one, join to the whole rewritten,
 * each where its sequence number says; acknowledgements of the result come back
 * as no more than was received; TCP options are translated inside the header
 * only; an IPv6 address is read as inet_pton() reads it, in the stream and when
 * the stream itself is put where EPRT has its address; lines end, are faulty, and
 * have the verb and argument that a plain search of the text says, the verb as
 * soon as it is complete; automata begin where name and type do; and what strict
 * inspection finds in a part it finds something in the whole.
 *
 * Input: of byte 0, bit 0 chooses the direction and bits 1 and 2 the address
 * that is put in, bytes 1..8 where to cut (each the length of a piece, used in
 * turn), the rest is the stream.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bpf/ftp_match.h"
#include "bpf/ftp_queue.h"
#include "bpf/ftp_stream.h"
#include "bpf/ftp_strict.h"
#include "bpf/ftp_text.h"
#include "tests/unit/ftp_test.h"

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define N_CUTS	   8
#define STREAM_MAX 4096
#define SPAN_MAX   45 /* as others write addresses: with an IPv4 address at the end */

static const char *const mapped_texts[] = {
	"203.0.113.10",
	"2001:db8:1234:5678:9abc:def0:1234:5678",
	"2001:db8::a",
	"::",
};

static struct ph_addr mapped;

static struct ftp_stream stream;

/* The whole, rewritten, and where each original byte went. */
static uint8_t changed[STREAM_MAX + FTP_MAX_SPANS * FTP_TEXT_MAX];

/* What the scanner made of a text that it took for an IPv6 address. */
static void check_address(const struct ftp_line *l, const uint8_t *text)
{
	char copy[SPAN_MAX + 1] = {0};
	struct ph_addr read;

	memcpy(copy, text, l->span_len);
	MUST(inet_pton(AF_INET6, copy, &read) == 1);
	MUST(!memcmp(&read, &l->address, sizeof(read)));
}

/* The whole text where EPRT has its address: accepted if inet_pton() does, but
 * for v4-mapped addresses. */
static void check_as_address(const uint8_t *text, size_t len)
{
	char line[128], copy[64] = {0};
	struct ftp_reading r;
	struct ph_addr read;
	int n;

	if (len >= sizeof(copy))
		return;
	memcpy(copy, text, len);
	if (strlen(copy) != len || strpbrk(copy, "|\r\n"))
		return;
	n = snprintf(line, sizeof(line), "EPRT |2|%s|50000|\r\n", copy);
	r = ftp_read(line, (size_t)n, false);
	MUST(r.count == 1);
	MUST(ftp_line_announces(&r.line[0]) ==
	     (inet_pton(AF_INET6, copy, &read) == 1 && !ftp_is_v4(&read)));
	if (ftp_line_announces(&r.line[0]))
		check_address(&r.line[0], text);
}

static void record_spans(const struct ftp_reading *whole, const uint8_t *text,
			 bool server)
{
	struct ftp_text new;

	memset(&stream, 0, sizeof(stream));
	for (size_t i = 0; i < whole->count && i < FTP_TEST_LINES; i++) {
		const struct ftp_line *l = &whole->line[i];
		uint8_t kind = l->kind == FTP_EPRT ? FTP_SPAN_DOTS : FTP_SPAN_COMMAS;

		if (!ftp_line_announces(l) || !l->span_len ||
		    stream.count == FTP_MAX_SPANS)
			continue;
		MUST(server ? l->head == 227
			    : l->kind == FTP_PORT || l->kind == FTP_EPRT);
		MUST(l->port && l->span_len >= 2 && l->span_len <= SPAN_MAX);
		if (ftp_is_v4(&l->address))
			MUST(l->span_len >= 7 && l->span_len <= 15);
		else
			check_address(l, text + (l->span_seq - FTP_TEST_SEQ));
		ftp_stream_add(&stream, l->span_seq, l->span_len,
			       ftp_address_text(&new, &mapped, kind), kind);
	}
}

static uint32_t rewrite(const uint8_t *text, uint32_t offset, uint32_t len, uint8_t *out)
{
	uint32_t done = 0, at = 0;
	struct ftp_piece piece;
	struct ftp_text new;

	for (uint32_t i = 0;
	     ftp_stream_piece(&stream, i, FTP_TEST_SEQ + offset, len, &done, &piece);
	     i++) {
		MUST(piece.from <= piece.to && piece.to <= len);
		memcpy(out + at, text + offset + piece.from, piece.to - piece.from);
		at += piece.to - piece.from;
		if (!piece.has_text)
			continue;
		MUST(ftp_address_text(&new, &mapped, stream.span[i].kind) ==
		     stream.span[i].new_len);
		MUST(new.len <= FTP_TEXT_MAX);
		memcpy(out + at, new.byte, new.len);
		at += new.len;
	}
	if (done < len) {
		memcpy(out + at, text + offset + done, len - done);
		at += len - done;
	}
	return at;
}

static void check_piece(const uint8_t *text, uint32_t offset, uint32_t len)
{
	static uint8_t out[sizeof(changed)];
	uint32_t at = ftp_stream_changed(&stream, FTP_TEST_SEQ + offset) - FTP_TEST_SEQ;
	uint32_t end = ftp_stream_changed(&stream, FTP_TEST_SEQ + offset + len);
	uint32_t n = rewrite(text, offset, len, out);

	MUST(end - FTP_TEST_SEQ == at + n);
	MUST(!memcmp(out, changed + at, n));
	MUST(n == len || ftp_stream_touches(&stream, FTP_TEST_SEQ + offset, len));
}

static void check_acks(uint32_t changed_len)
{
	uint32_t last = FTP_TEST_SEQ;

	for (uint32_t ack = 0; ack <= changed_len; ack++) {
		uint32_t low = ftp_stream_original(&stream, FTP_TEST_SEQ + ack, false);
		uint32_t back = ftp_stream_changed(&stream, low) - FTP_TEST_SEQ;

		MUST(back <= ack);
		MUST(ftp_seq_diff(low, last) >= 0);
		last = low;
	}
}

static void check_options(const uint8_t *options, size_t size)
{
	struct ftp_tcp tcp, old;
	uint32_t len = 20 + (size < 40 ? size : 40);

	memset(&tcp, 5, sizeof(tcp));
	memcpy(tcp.byte + 20, options, len - 20);
	old = tcp;
	ftp_sack_original(&tcp, len, &stream);
	MUST(!memcmp(tcp.byte, old.byte, 20));
	MUST(!memcmp(tcp.byte + len, old.byte + len, sizeof(tcp) - len));
}

static void check_queue(const struct ftp_reading *whole, bool server)
{
	struct ftp_session s;

	memset(&s, 0, sizeof(s));
	for (size_t i = 0; i < whole->count && i < FTP_TEST_LINES; i++) {
		const struct ftp_line *l = &whole->line[i];

		if (server)
			ftp_queue_answer(&s, l->head);
		else
			ftp_queue_push(&s, (struct ftp_command){.kind = l->kind,
								.verb = l->verb});
		MUST(s.command_count <= FTP_MAX_COMMANDS);
	}
}

/* ---- lines, by another reading ---- */

/* The length of the line at text, CR LF included; 0 if it does not end. */
static size_t line_len(const uint8_t *text, size_t len)
{
	const uint8_t *end = memmem(text, len, "\r\n", 2);

	return end ? (size_t)(end - text) + 2 : 0;
}

/* A CR or LF in the line's text by itself. */
static bool has_lone(const uint8_t *text, size_t len)
{
	return memchr(text, '\r', len) || memchr(text, '\n', len);
}

static void check_faults(const struct ftp_line *l, const uint8_t *text, size_t len,
			 bool server)
{
	bool lone = has_lone(text, len - 2);

	MUST(!!(l->faults & FTP_FAULT_NUL) == !!memchr(text, 0, len));
	MUST(!!(l->faults & FTP_FAULT_CRLF) == lone);
	if (server || !lone)
		MUST(!!(l->faults & FTP_FAULT_LONG) == (len > FTP_LINE_MAX));
	if (server || !lone)
		MUST(l->start_seq == 0); /* the line's own count */
	if (!lone)
		MUST(l->length == (len < FTP_LINE_MAX ? len : FTP_LINE_MAX));
}

/* As abi_ftp.h names the verbs. */
static uint8_t verb_of(const uint8_t *text, size_t len)
{
#define X(NAME)                                                                       \
	if (len == sizeof(#NAME) - 1 && !strncasecmp((const char *)text, #NAME, len)) \
		return FTP_VERB_##NAME;
	FTP_VERBS(X)
#undef X
	return FTP_VERB_UNKNOWN;
}

/* Of a line that begins with a letter, goes on with a blank or CR behind it and
 * others, and has no fault. */
static void check_verb(const struct ftp_line *l, const uint8_t *text, size_t len)
{
	size_t verb = 0, arg;
	struct ftp_reading r;

	while (isalnum(text[verb]))
		verb++;
	if (!isalpha(text[0]) || l->faults || (text[verb] != ' ' && text[verb] != '\r'))
		return;
	MUST(l->kind != FTP_NOTHING && l->kind != FTP_CLIENT_REPLY);
	MUST(l->verb == verb_of(text, verb));
	r = ftp_read(text, verb, false);
	MUST(!ftp_line_verb_complete(&r.rest));
	r = ftp_read(text, verb + 1, false);
	MUST(r.rest.verb == l->verb);
	if (l->kind == FTP_FOREIGN)
		return;
	arg = verb + strspn((const char *)text + verb, " ");
	MUST(l->arg_at == (arg < len - 2 ? arg : 0));
}

/* Where automaton i began to read, and still reads. */
static size_t began[2];

/* Its state is 1 where it begins and 2 from then on. */
static void feed_automata(struct ftp_line *l, uint8_t c, size_t at, bool server)
{
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t subject = ftp_match_subject(l, i, server, c);

		MUST(subject <= FTP_N_SUBJECTS && (!i || !server || subject > 3));
		if (subject >= FTP_N_SUBJECTS)
			continue;
		ftp_match_begin(l, i, 1, c);
		if (l->automaton[i] != 1)
			continue;
		began[i] = at;
		l->automaton[i] = 2;
	}
}

/* @text, @len: of the line, without CR LF */
static void check_subjects(const struct ftp_line *l, const uint8_t *text, size_t len)
{
	const uint8_t *part = text + l->arg_at, *dot = NULL;

	if (!ftp_verb_has_path(l->verb) || !l->arg_at || l->faults)
		return;
	MUST(l->automaton[0] == 2 && began[0] == l->arg_at);
	for (const uint8_t *p = part; p < text + len; p++) {
		if (*p == '/' || *p == '\\')
			dot = NULL;
		else if (*p == '.')
			dot = p;
	}
	MUST(!!l->automaton[1] == !!dot);
	MUST(!dot || began[1] == (size_t)(dot - text));
}

static enum ftp_finding judge(const struct ftp_line *l, bool server)
{
	struct ftp_session s;

	memset(&s, 0, sizeof(s));
	return server ? ftp_strict_reply(l) : ftp_strict_command(l, &s, false);
}

/* Every line of the stream; @whole: as the scanner reported them. */
static void check_lines(const struct ftp_reading *whole, const uint8_t *text, size_t len,
			bool server)
{
	size_t count = 0, from = 0, n;
	struct ftp_line l;

	memset(&l, 0, sizeof(l));
	while ((n = line_len(text + from, len - from))) {
		enum ftp_finding part = FTP_FOUND_NOTHING;

		for (size_t i = 0; i < n; i++) {
			bool ended = ftp_line_feed(&l, text[from + i], (__u32)i, server);

			MUST(ended == (i + 1 == n));
			feed_automata(&l, text[from + i], i, server);
			if (!ended && !server && part == FTP_FOUND_NOTHING)
				part = ftp_strict_part(&l);
		}
		MUST(part == FTP_FOUND_NOTHING || judge(&l, server) != FTP_FOUND_NOTHING);
		check_faults(&l, text + from, n, server);
		if (!server) {
			check_verb(&l, text + from, n);
			check_subjects(&l, text + from, n - 2);
		}
		if (count < FTP_TEST_LINES)
			MUST(whole->line[count].verb == l.verb &&
			     whole->line[count].start_seq - FTP_TEST_SEQ ==
				     from + l.start_seq);
		count++;
		from += n;
		ftp_line_reset(&l);
	}
	MUST(count == whole->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ftp_reading whole, pieces;
	const uint8_t *cuts = data + 1, *text = data + 1 + N_CUTS;
	uint32_t len, changed_len, offset = 0;
	bool server;

	if (size < 1 + N_CUTS || size > STREAM_MAX)
		return 0;
	server = data[0] & 1;
	mapped = ftp_test_address(mapped_texts[data[0] >> 1 & 3]);
	len = size - 1 - N_CUTS;
	whole = ftp_read(text, len, server);
	record_spans(&whole, text, server);
	changed_len = rewrite(text, 0, len, changed);

	memset(&pieces, 0, sizeof(pieces));
	for (size_t i = 0; offset < len; i++) {
		uint32_t n = 1 + cuts[i % N_CUTS];

		if (n > len - offset)
			n = len - offset;
		ftp_read_on(&pieces, text + offset, n, offset, server);
		check_piece(text, offset, n);
		offset += n;
	}
	MUST(!memcmp(&pieces, &whole, sizeof(whole)));
	check_acks(changed_len);
	check_options(text, len);
	check_queue(&whole, server);
	check_lines(&whole, text, len, server);
	check_as_address(text, len);
	return 0;
}
