// SPDX-License-Identifier: GPL-2.0
/*
 * test_tls_record.c - records are followed however the stream is cut, and what is
 * none is seen to be none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/tls_test.h"

#define CLIENT false
#define SERVER true

static struct tls_bytes b;

static struct tls_reading read_bytes(bool server)
{
	return tls_read(b.byte, b.len, server, 0, true);
}

static void begin(const uint8_t *hello, size_t len)
{
	b.len = 0;
	tls_put(&b, hello, len);
}

#define BEGIN(hello) begin(hello, sizeof(hello))

/* A whole side of a dialogue. */
static void put_client_12(void)
{
	BEGIN(tls_client_12);
	tls_put_record(&b, TLS_HANDSHAKE, 37);
	tls_put_record(&b, TLS_CHANGE_CIPHER_SPEC, 1);
	tls_put_record(&b, TLS_HANDSHAKE, 40);
	tls_put_record(&b, TLS_APPLICATION_DATA, 32);
}

static void put_server_12(void)
{
	BEGIN(tls_server_12);
	tls_put_record(&b, TLS_HANDSHAKE, 407);
	tls_put_record(&b, TLS_HANDSHAKE, 4);
	tls_put_record(&b, TLS_CHANGE_CIPHER_SPEC, 1);
	tls_put_record(&b, TLS_HANDSHAKE, 40);
	tls_put_record(&b, TLS_APPLICATION_DATA, 29);
}

static void put_client_13(void)
{
	BEGIN(tls_client_13);
	tls_put_record(&b, TLS_CHANGE_CIPHER_SPEC, 1);
	tls_put_record(&b, TLS_APPLICATION_DATA, 69);
	tls_put_record(&b, TLS_APPLICATION_DATA, 25);
}

static void put_server_13(void)
{
	BEGIN(tls_server_13);
	tls_put_record(&b, TLS_CHANGE_CIPHER_SPEC, 1);
	tls_put_record(&b, TLS_APPLICATION_DATA, 427);
	tls_put_record(&b, TLS_APPLICATION_DATA, 250);
}

static const struct side {
	void (*put)(void);
	bool server;
	uint32_t records;
} sides[] = {
	{put_client_12, CLIENT, 5},
	{put_server_12, SERVER, 6},
	{put_client_13, CLIENT, 4},
	{put_server_13, SERVER, 4},
};

static void test_whole_dialogues_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++) {
		struct tls_reading t;

		sides[i].put();
		t = read_bytes(sides[i].server);
		assert_int_equal(t.reader.seen, TLS_SEEN_HELLO | TLS_SEEN_DATA);
		assert_int_equal(t.reader.records, sides[i].records);
		assert_int_equal(t.used, b.len);
		assert_true(tls_at_boundary(&t.reader));
		assert_string_equal(t.name, sides[i].server ? "" : TLS_TEST_NAME);
	}
}

static void assert_same(const struct tls_reading *a, const struct tls_reading *c)
{
	assert_memory_equal(&a->reader, &c->reader, sizeof(a->reader));
	assert_memory_equal(a->name, c->name, sizeof(a->name));
	assert_int_equal(a->used, c->used);
	assert_int_equal(a->clear, c->clear);
}

static void test_no_cut_changes_anything(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++) {
		struct tls_reading whole;

		sides[i].put();
		tls_put(&b, "200 clear\r\n", 11);
		whole = read_bytes(sides[i].server);
		assert_true(whole.clear);
		for (size_t cut = 0; cut < b.len; cut++) {
			struct tls_reading t = {};

			tls_read_on(&t, b.byte, cut, sides[i].server, true);
			tls_read_on(&t, b.byte + t.used, b.len - t.used, sides[i].server,
				    true);
			assert_same(&t, &whole);
		}
		for (size_t piece = 1; piece < 64; piece++) {
			struct tls_reading t = tls_read(
				b.byte, b.len - 11, sides[i].server, piece, piece & 1);

			tls_read_on(&t, b.byte + b.len - 11, 11, sides[i].server, true);
			assert_same(&t, &whole);
		}
	}
}

/* Byte by byte and by jumps the reader is in the same state at every byte. */
static void test_skipping_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++) {
		sides[i].put();
		for (size_t len = 0; len <= b.len; len++) {
			struct tls_reading fed =
				tls_read(b.byte, len, sides[i].server, 0, false);
			struct tls_reading skipped =
				tls_read(b.byte, len, sides[i].server, 0, true);

			assert_same(&fed, &skipped);
		}
	}
}

static void test_a_record_costs_few_steps(void **state)
{
	struct tls_reading t, more;

	(void)state;
	BEGIN(tls_client_12);
	t = read_bytes(CLIENT);
	tls_put_record(&b, TLS_APPLICATION_DATA, TLS_CIPHER_MAX);
	more = read_bytes(CLIENT);
	assert_int_equal(more.reader.records, 2);
	assert_int_equal(more.steps - t.steps, TLS_RECORD_HEADER_BYTES + 1);
}

static void test_boundaries_are_between_records_only(void **state)
{
	struct tls_reading t = {};
	size_t boundaries = 0;

	(void)state;
	put_client_12();
	for (size_t i = 0; i < b.len; i++) {
		boundaries += tls_at_boundary(&t.reader);
		tls_read_on(&t, b.byte + i, 1, CLIENT, true);
	}
	assert_int_equal(boundaries, 5);
	assert_true(tls_at_boundary(&t.reader));
}

static void test_clear_text_after_ccc_is_found(void **state)
{
	struct tls_reading t;
	size_t end;

	(void)state;
	put_client_12();
	end = b.len;
	tls_put(&b, "PASV\r\n", 6);
	t = read_bytes(CLIENT);
	assert_true(t.clear);
	assert_int_equal(t.used, end);
	put_server_13();
	end = b.len;
	tls_put(&b, "227 Entering", 12);
	t = read_bytes(SERVER);
	assert_true(t.clear);
	assert_int_equal(t.used, end);
}

/* Letters, digits and Telnet commands begin no record; nor does a heartbeat. */
static void test_content_types(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < 256; c++)
		assert_int_equal(tls_is_content_type((__u8)c), c >= 20 && c <= 23);
}

/* What becomes of the reader with this header behind a ClientHello. */
static __u8 seen_after(uint8_t type, uint16_t version, size_t len)
{
	struct tls_reading t = {};

	BEGIN(tls_client_12);
	tls_put_header(&b, type, version, len);
	tls_read_on(&t, b.byte, b.len, CLIENT, true);
	return t.reader.seen;
}

static void test_headers_that_are_accepted(void **state)
{
	(void)state;
	for (uint16_t version = 0x0300; version <= 0x0304; version++)
		assert_int_equal(seen_after(23, version, 100),
				 TLS_SEEN_HELLO | TLS_SEEN_DATA);
	for (uint8_t type = 20; type <= 22; type++)
		assert_int_equal(seen_after(type, 0x0303, 100), TLS_SEEN_HELLO);
	assert_int_equal(seen_after(22, 0x0303, 1), TLS_SEEN_HELLO);
	assert_int_equal(seen_after(22, 0x0303, (1 << 14) + 2048), TLS_SEEN_HELLO);
}

static void test_headers_that_are_none(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t version;
		size_t len;
	} broken[] = {
		{22, 0x0200, 100},
		{22, 0x0002, 100},
		{22, 0x0305, 100},
		{22, 0x0403, 100},
		{22, 0xffff, 100},
		{22, 0x0303, 0},
		{21, 0x0303, 0},
		{20, 0x0303, 0},
		{22, 0x0303, 65535},
		{23, 0x0303, 65535},
		{23, 0x0303, (1 << 14) + 2049},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		assert_true(seen_after(broken[i].type, broken[i].version, broken[i].len) &
			    TLS_SEEN_BROKEN);
}

/* The reader itself refuses a heartbeat, whoever forgets to ask first. */
static void test_heartbeat_is_refused(void **state)
{
	struct tls_reading t = {};

	(void)state;
	tls_read_on(&t, tls_client_12, sizeof(tls_client_12), CLIENT, true);
	tls_feed(&t.reader, 24, CLIENT, t.name);
	assert_true(t.reader.seen & TLS_SEEN_BROKEN);
}

static void test_empty_application_data_is_a_record(void **state)
{
	struct tls_reading t;

	(void)state;
	BEGIN(tls_client_12);
	tls_put_record(&b, TLS_APPLICATION_DATA, 0);
	tls_put_record(&b, TLS_APPLICATION_DATA, 0);
	t = read_bytes(CLIENT);
	assert_int_equal(t.reader.records, 3);
	assert_int_equal(t.reader.seen, TLS_SEEN_HELLO | TLS_SEEN_DATA);
	assert_true(tls_at_boundary(&t.reader));
}

static void test_a_broken_reader_reads_no_more(void **state)
{
	struct tls_reading t = {};
	struct tls_reader before;

	(void)state;
	tls_feed(&t.reader, 0x80, CLIENT, t.name);
	assert_true(t.reader.seen & TLS_SEEN_BROKEN);
	assert_false(tls_at_boundary(&t.reader));
	assert_int_equal(tls_skippable(&t.reader), 0);
	before = t.reader;
	for (unsigned int i = 0; i < 300; i++)
		tls_feed(&t.reader, (__u8)i, CLIENT, t.name);
	assert_memory_equal(&before, &t.reader, sizeof(before));
}

/* Also where the fault came with a record's last byte. */
static void test_a_broken_reader_is_at_no_boundary(void **state)
{
	static const uint8_t wrong[] = {22, 3, 1, 0, 4, 5, 0, 0, 0};
	struct tls_reading t = tls_read(wrong, sizeof(wrong), CLIENT, 0, true);

	(void)state;
	assert_int_equal(t.reader.header_len, 0);
	assert_true(t.reader.seen & TLS_SEEN_BROKEN);
	assert_false(tls_at_boundary(&t.reader));
}

static __u8 seen_first(const void *bytes, size_t len, bool server)
{
	return tls_read(bytes, len, server, 0, true).reader.seen;
}

static void test_what_is_no_tls_hello(void **state)
{
	static const uint8_t sslv2[] = {0x80, 0x2e, 0x01, 0x00, 0x02, 0x00, 0x15};
	struct tls_reading t;

	(void)state;
	t = tls_read(sslv2, sizeof(sslv2), CLIENT, 0, true);
	assert_true(t.clear);
	assert_int_equal(t.used, 0);
	for (uint8_t type = 20; type <= 23; type++) {
		if (type == TLS_HANDSHAKE)
			continue;
		assert_true(seen_first(&type, 1, CLIENT) & TLS_SEEN_BROKEN);
		if (type != TLS_ALERT)
			assert_true(seen_first(&type, 1, SERVER) & TLS_SEEN_BROKEN);
	}
	/* Each end's hello from the other. */
	assert_true(seen_first(tls_server_12, sizeof(tls_server_12), CLIENT) &
		    TLS_SEEN_BROKEN);
	assert_true(seen_first(tls_client_12, sizeof(tls_client_12), SERVER) &
		    TLS_SEEN_BROKEN);
}

static void test_a_hellos_records_are_in_clear(void **state)
{
	(void)state;
	for (int server = 0; server < 2; server++) {
		b.len = 0;
		tls_put_header(&b, TLS_HANDSHAKE, 0x0301, TLS_PLAIN_MAX);
		assert_int_equal(seen_first(b.byte, b.len, server), 0);
		b.len = 0;
		tls_put_header(&b, TLS_HANDSHAKE, 0x0301, TLS_PLAIN_MAX + 1);
		assert_int_equal(seen_first(b.byte, b.len, server), TLS_SEEN_BROKEN);
	}
}

static void test_server_may_refuse_by_an_alert(void **state)
{
	struct tls_reading t;

	(void)state;
	b.len = 0;
	tls_put_record(&b, TLS_ALERT, 2);
	t = read_bytes(SERVER);
	assert_int_equal(t.reader.seen, 0);
	assert_int_equal(t.reader.records, 1);
	assert_true(tls_at_boundary(&t.reader));
	/* A warning, and then its hello. */
	tls_put(&b, tls_server_12, sizeof(tls_server_12));
	assert_int_equal(read_bytes(SERVER).reader.seen, TLS_SEEN_HELLO);
	/* Before the hello nothing is encrypted: two bytes. */
	b.len = 0;
	tls_put_record(&b, TLS_ALERT, 26);
	assert_int_equal(read_bytes(SERVER).reader.seen, TLS_SEEN_BROKEN);
}

static void test_a_clients_hello_ends_with_its_record(void **state)
{
	struct tls_reading t;

	(void)state;
	BEGIN(tls_client_12);
	b.byte[4]++;
	tls_put_number(&b, 0, 1);
	t = read_bytes(CLIENT);
	assert_true(t.reader.seen & TLS_SEEN_BROKEN);
	/* A server's does not: its certificate may follow. */
	BEGIN(tls_server_12);
	b.byte[4] = 0x41 + 100;
	tls_put_fill(&b, 'x', 100);
	t = read_bytes(SERVER);
	assert_int_equal(t.reader.seen, TLS_SEEN_HELLO);
	assert_int_equal(t.reader.records, 1);
}

/* The same hello in records of `n` bytes each. */
static void put_split(const uint8_t *hello, size_t len, size_t n)
{
	size_t part;

	b.len = 0;
	for (size_t at = TLS_RECORD_HEADER_BYTES; at < len; at += part) {
		part = n < len - at ? n : len - at;
		tls_put_header(&b, TLS_HANDSHAKE, 0x0301, part);
		tls_put(&b, hello + at, part);
	}
}

static void test_a_hello_may_span_records(void **state)
{
	(void)state;
	for (size_t n = 1; n < sizeof(tls_client_13); n++) {
		struct tls_reading t, bytewise;

		put_split(tls_client_13, sizeof(tls_client_13), n);
		t = read_bytes(CLIENT);
		bytewise = tls_read(b.byte, b.len, CLIENT, 1, false);
		assert_same(&t, &bytewise);
		assert_int_equal(t.reader.seen, TLS_SEEN_HELLO);
		assert_string_equal(t.name, TLS_TEST_NAME);
		tls_put_record(&b, TLS_APPLICATION_DATA, 1);
		t = read_bytes(CLIENT);
		assert_int_equal(t.reader.seen, TLS_SEEN_HELLO | TLS_SEEN_DATA);
	}
}

static void test_a_hello_is_not_interrupted(void **state)
{
	(void)state;
	for (uint8_t type = 20; type <= 23; type++) {
		if (type == TLS_HANDSHAKE)
			continue;
		put_split(tls_server_13, sizeof(tls_server_13), 30);
		b.len = 35; /* the first record */
		tls_put_record(&b, type, 2);
		assert_true(read_bytes(SERVER).reader.seen & TLS_SEEN_BROKEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_dialogues_are_read),
		cmocka_unit_test(test_no_cut_changes_anything),
		cmocka_unit_test(test_skipping_changes_nothing),
		cmocka_unit_test(test_a_record_costs_few_steps),
		cmocka_unit_test(test_boundaries_are_between_records_only),
		cmocka_unit_test(test_clear_text_after_ccc_is_found),
		cmocka_unit_test(test_content_types),
		cmocka_unit_test(test_headers_that_are_accepted),
		cmocka_unit_test(test_headers_that_are_none),
		cmocka_unit_test(test_heartbeat_is_refused),
		cmocka_unit_test(test_empty_application_data_is_a_record),
		cmocka_unit_test(test_a_broken_reader_reads_no_more),
		cmocka_unit_test(test_a_broken_reader_is_at_no_boundary),
		cmocka_unit_test(test_what_is_no_tls_hello),
		cmocka_unit_test(test_a_hellos_records_are_in_clear),
		cmocka_unit_test(test_server_may_refuse_by_an_alert),
		cmocka_unit_test(test_a_clients_hello_ends_with_its_record),
		cmocka_unit_test(test_a_hello_may_span_records),
		cmocka_unit_test(test_a_hello_is_not_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
