// SPDX-License-Identifier: GPL-2.0
/*
 * test_tls_hello.c - a hello is believed where its lengths agree, and only there;
 * the server name is what server_name says.
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

static struct tls_bytes body, b;

/* A ClientHello up to where its extensions begin. */
static void begin_client(void)
{
	body.len = 0;
	tls_put_number(&body, 0x0303, 2);
	tls_put_fill(&body, 'r', TLS_RANDOM_BYTES);
	tls_put_number(&body, 0, 1);
	tls_put_number(&body, 2, 2);
	tls_put_number(&body, 0x1301, 2);
	tls_put_number(&body, 1, 1);
	tls_put_number(&body, 0, 1);
}

static void begin_server(void)
{
	body.len = 0;
	tls_put_number(&body, 0x0303, 2);
	tls_put_fill(&body, 'r', TLS_RANDOM_BYTES);
	tls_put_number(&body, 0, 1);
	tls_put_number(&body, 0x130100, 3);
}

static void put_extension(uint32_t type, const void *bytes, size_t len)
{
	tls_put_number(&body, type, 2);
	tls_put_number(&body, (uint32_t)len, 2);
	tls_put(&body, bytes, len);
}

/* body becomes a message of this type and claimed length, in records as large as
 * they may be. */
static void wrap(uint8_t type, size_t claimed)
{
	size_t n;

	b.len = 0;
	memmove(body.byte + 4, body.byte, body.len);
	body.len += 4;
	n = body.len;
	body.len = 0;
	tls_put_number(&body, type, 1);
	tls_put_number(&body, (uint32_t)claimed, 3);
	body.len = n;
	for (size_t at = 0; at < body.len; at += n) {
		n = body.len - at < TLS_PLAIN_MAX ? body.len - at : TLS_PLAIN_MAX;
		tls_put_header(&b, TLS_HANDSHAKE, 0x0301, n);
		tls_put(&b, body.byte + at, n);
	}
}

static struct tls_reading read_hello(bool server)
{
	wrap(server ? TLS_SERVER_HELLO : TLS_CLIENT_HELLO, body.len);
	return tls_read(b.byte, b.len, server, 0, true);
}

static bool is_broken(bool server)
{
	return read_hello(server).reader.seen & TLS_SEEN_BROKEN;
}

static bool is_whole(bool server)
{
	struct tls_reading t = read_hello(server);

	return t.reader.seen == TLS_SEEN_HELLO && t.reader.part == TLS_PART_END &&
	       t.used == b.len;
}

static void test_smallest_hellos(void **state)
{
	(void)state;
	begin_client();
	assert_int_equal(body.len, TLS_CLIENT_HELLO_MIN);
	assert_true(is_whole(CLIENT));
	begin_server();
	assert_int_equal(body.len, TLS_SERVER_HELLO_MIN);
	assert_true(is_whole(SERVER));
}

static void test_largest_client_hello(void **state)
{
	(void)state;
	body.len = 0;
	tls_put_number(&body, 0x0303, 2);
	tls_put_fill(&body, 'r', TLS_RANDOM_BYTES);
	tls_put_number(&body, 32, 1);
	tls_put_fill(&body, 's', 32);
	tls_put_number(&body, 65534, 2);
	tls_put_fill(&body, 'c', 65534);
	tls_put_number(&body, 255, 1);
	tls_put_fill(&body, 0, 255);
	tls_put_number(&body, 65535, 2);
	tls_put_number(&body, 65535 - 4, 4); /* padding, type 0x0000 is a name */
	body.byte[body.len - 4] = 0;
	body.byte[body.len - 3] = 21;
	tls_put_fill(&body, 0, 65535 - 4);
	assert_int_equal(body.len, TLS_CLIENT_HELLO_MAX);
	assert_true(is_whole(CLIENT));
	tls_put_number(&body, 0, 1);
}

static void test_real_hellos(void **state)
{
	static const struct {
		const uint8_t *bytes;
		size_t len;
		bool server;
	} real[] = {
		{tls_client_12, sizeof(tls_client_12), CLIENT},
		{tls_client_13, sizeof(tls_client_13), CLIENT},
		{tls_server_12, sizeof(tls_server_12), SERVER},
		{tls_server_13, sizeof(tls_server_13), SERVER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(real) / sizeof(*real); i++) {
		struct tls_reading t =
			tls_read(real[i].bytes, real[i].len, real[i].server, 0, true);

		assert_int_equal(t.reader.seen, TLS_SEEN_HELLO);
		assert_int_equal(t.reader.part, TLS_PART_END);
		assert_string_equal(t.name, real[i].server ? "" : TLS_TEST_NAME);
	}
}

/* A real hello with one byte changed: whichever length it was, it is noticed. */
static void test_every_length_is_checked(void **state)
{
	/* Offsets into tls_client_13: record, message, ciphers, compression,
	 * extensions, server_name (extension, list, name), key share. */
	static const size_t at[] = {4, 8, 77, 86, 89, 93, 95, 98, 154};
	static struct tls_bytes copy;

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		for (int change = -2; change <= 2; change++) {
			struct tls_reading t;

			copy.len = 0;
			tls_put(&copy, tls_client_13, sizeof(tls_client_13));
			copy.byte[at[i]] += change;
			tls_put_record(&copy, TLS_APPLICATION_DATA, 40);
			t = tls_read(copy.byte, copy.len, CLIENT, 0, true);
			if (change)
				assert_true(t.clear || (t.reader.seen & TLS_SEEN_BROKEN));
			else
				assert_int_equal(t.reader.seen,
						 TLS_SEEN_HELLO | TLS_SEEN_DATA);
		}
	}
}

static void test_message_types(void **state)
{
	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		begin_client();
		wrap((uint8_t)type, body.len);
		assert_int_equal(tls_read(b.byte, b.len, CLIENT, 0, true).reader.seen,
				 type == 1 ? TLS_SEEN_HELLO : TLS_SEEN_BROKEN);
		begin_server();
		wrap((uint8_t)type, body.len);
		assert_int_equal(tls_read(b.byte, b.len, SERVER, 0, true).reader.seen,
				 type == 2 ? TLS_SEEN_HELLO : TLS_SEEN_BROKEN);
	}
}

/* The length is refused as soon as it is read. */
static void test_message_lengths(void **state)
{
	static const struct {
		size_t claimed;
		bool server, broken;
	} lengths[] = {
		{0, CLIENT, true},
		{TLS_CLIENT_HELLO_MIN - 1, CLIENT, true},
		{TLS_CLIENT_HELLO_MIN, CLIENT, false},
		{TLS_CLIENT_HELLO_MAX, CLIENT, false},
		{TLS_CLIENT_HELLO_MAX + 1, CLIENT, true},
		{0xffffff, CLIENT, true},
		{TLS_SERVER_HELLO_MIN - 1, SERVER, true},
		{TLS_SERVER_HELLO_MIN, SERVER, false},
		{TLS_SERVER_HELLO_MAX, SERVER, false},
		{TLS_SERVER_HELLO_MAX + 1, SERVER, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		bool server = lengths[i].server;

		begin_client();
		wrap(server ? TLS_SERVER_HELLO : TLS_CLIENT_HELLO, lengths[i].claimed);
		assert_int_equal(tls_read(b.byte, 9, server, 0, true).reader.seen,
				 lengths[i].broken ? TLS_SEEN_BROKEN : 0);
	}
}

static void test_legacy_versions(void **state)
{
	(void)state;
	for (uint32_t major = 0; major < 8; major++) {
		for (uint32_t minor = 0; minor < 8; minor++) {
			begin_client();
			body.byte[0] = (uint8_t)major;
			body.byte[1] = (uint8_t)minor;
			assert_int_equal(is_broken(CLIENT), major != 3 || minor > 4);
			begin_server();
			body.byte[0] = (uint8_t)major;
			body.byte[1] = (uint8_t)minor;
			assert_int_equal(is_broken(SERVER), major != 3 || minor > 4);
		}
	}
}

static void put_client(size_t session, size_t ciphers, size_t methods)
{
	body.len = 0;
	tls_put_number(&body, 0x0303, 2);
	tls_put_fill(&body, 'r', TLS_RANDOM_BYTES);
	tls_put_number(&body, (uint32_t)session, 1);
	tls_put_fill(&body, 's', session);
	tls_put_number(&body, (uint32_t)ciphers, 2);
	tls_put_fill(&body, 'c', ciphers);
	tls_put_number(&body, (uint32_t)methods, 1);
	tls_put_fill(&body, 0, methods);
}

static void test_session_ids(void **state)
{
	(void)state;
	for (size_t session = 0; session < 256; session++) {
		put_client(session, 2, 1);
		assert_int_equal(is_whole(CLIENT), session <= 32);
		begin_server();
		body.byte[34] = (uint8_t)session;
		body.len = 35;
		tls_put_fill(&body, 's', session);
		tls_put_number(&body, 0x130100, 3);
		assert_int_equal(is_whole(SERVER), session <= 32);
	}
}

static void test_cipher_suites(void **state)
{
	(void)state;
	for (size_t ciphers = 0; ciphers < 300; ciphers++) {
		put_client(0, ciphers, 3); /* 3: long enough without any */
		assert_int_equal(is_whole(CLIENT), ciphers >= 2 && !(ciphers & 1));
		put_client(0, ciphers, 3);
		assert_int_equal(is_broken(CLIENT), ciphers < 2 || ciphers & 1);
	}
}

static void test_compression_methods(void **state)
{
	(void)state;
	for (size_t methods = 0; methods < 256; methods++) {
		put_client(0, 4, methods); /* 4: long enough without any */
		assert_int_equal(is_whole(CLIENT), methods >= 1);
		put_client(0, 4, methods);
		assert_int_equal(is_broken(CLIENT), methods < 1);
	}
}

/* No vector reaches beyond the message, though the record goes on. */
static void test_no_vector_reaches_beyond(void **state)
{
	static const size_t lengths_at[] = {34, 35, 36, 39};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths_at) / sizeof(*lengths_at); i++) {
		begin_client();
		body.byte[lengths_at[i]] = 32;
		assert_true(is_broken(CLIENT));
	}
	begin_server();
	body.byte[34] = 1;
	assert_true(is_broken(SERVER));
}

static void test_extensions_fill_the_message(void **state)
{
	(void)state;
	for (uint32_t claimed = 0; claimed < 20; claimed++) {
		for (int server = 0; server < 2; server++) {
			if (server)
				begin_server();
			else
				begin_client();
			tls_put_number(&body, claimed, 2);
			put_extension(23, "", 0);
			put_extension(11, "\1", 1);
			assert_int_equal(is_whole(server), claimed == 9);
		}
	}
	begin_client();
	tls_put_number(&body, 0, 1); /* half a length */
	assert_true(is_broken(CLIENT));
	begin_client();
	tls_put_number(&body, 0, 2); /* none: as good as no length */
	assert_true(is_whole(CLIENT));
}

static void test_extensions_stay_within(void **state)
{
	(void)state;
	for (uint32_t len = 0; len < 8; len++) {
		begin_client();
		tls_put_number(&body, 4 + 3, 2);
		tls_put_number(&body, 23, 2);
		tls_put_number(&body, len, 2);
		tls_put_fill(&body, 0, 3);
		assert_int_equal(is_whole(CLIENT), len == 3);
	}
}

/* The hello is believed where its extensions begin, and not a byte before. */
static void test_where_a_hello_is_believed(void **state)
{
	/* Behind the extensions' length. */
	struct tls_reading t = tls_read(tls_client_13, 89, CLIENT, 0, true);

	(void)state;
	assert_int_equal(t.reader.seen, 0);
	assert_int_equal(tls_read(tls_client_13, 90, CLIENT, 0, true).reader.seen,
			 TLS_SEEN_HELLO);
	assert_int_equal(tls_read(tls_server_12, 48, SERVER, 0, true).reader.seen, 0);
	assert_int_equal(tls_read(tls_server_12, 49, SERVER, 0, true).reader.seen,
			 TLS_SEEN_HELLO);
}

/* ---- server_name ---- */

static struct tls_bytes list;

static void put_name(uint8_t type, const char *name, size_t len)
{
	tls_put_number(&list, type, 1);
	tls_put_number(&list, (uint32_t)len, 2);
	tls_put(&list, name, len);
}

/* A hello with this list of names, of which the length is claimed. What goes on
 * beyond the list would find another extension there. */
static struct tls_reading read_names(size_t claimed)
{
	static const char behind[] = "abcdefghijklmnopqrstuvwxyz";
	static struct tls_bytes extension;

	extension.len = 0;
	tls_put_number(&extension, (uint32_t)claimed, 2);
	tls_put(&extension, list.byte, list.len);
	begin_client();
	tls_put_number(&body, (uint32_t)(extension.len + 4 + sizeof(behind) + 3), 2);
	put_extension(TLS_EXTENSION_SERVER_NAME, extension.byte, extension.len);
	put_extension(23, behind, sizeof(behind) - 1);
	return read_hello(CLIENT);
}

static void test_first_host_name_counts(void **state)
{
	struct tls_reading t;

	(void)state;
	list.len = 0;
	put_name(1, "other", 5);
	put_name(2, "", 0);
	put_name(0, "ftp.example", 11);
	put_name(0, "evil.example", 12);
	t = read_names(list.len);
	assert_int_equal(t.reader.seen, TLS_SEEN_HELLO);
	assert_string_equal(t.name, "ftp.example");
}

static void test_second_server_name_counts_not(void **state)
{
	static const char one[] = "\0\4\0\0\1a", two[] = "\0\4\0\0\1b";

	(void)state;
	begin_client();
	tls_put_number(&body, 20, 2);
	put_extension(TLS_EXTENSION_SERVER_NAME, one, 6);
	put_extension(TLS_EXTENSION_SERVER_NAME, two, 6);
	assert_string_equal(read_hello(CLIENT).name, "a");
}

static void test_long_names_are_cut(void **state)
{
	static char name[1024];

	(void)state;
	memset(name, 'n', sizeof(name));
	for (size_t len = 1; len <= sizeof(name); len++) {
		struct tls_reading t;

		list.len = 0;
		put_name(0, name, len);
		t = read_names(list.len);
		assert_int_equal(t.reader.seen, TLS_SEEN_HELLO);
		assert_int_equal(t.reader.part, TLS_PART_END);
		assert_int_equal(strnlen(t.name, sizeof(t.name)),
				 len < sizeof(t.name) ? len : sizeof(t.name) - 1);
	}
}

static void test_names_are_text(void **state)
{
	(void)state;
	for (unsigned int c = 0; c < 256; c++) {
		char name = (char)c;

		list.len = 0;
		put_name(0, &name, 1);
		assert_int_equal(read_names(list.len).name[0],
				 c > 0x20 && c < 0x7f ? (char)c : '?');
	}
}

/* A name of before is not left behind a shorter one. */
static void test_name_is_terminated_in_a_used_buffer(void **state)
{
	struct tls_reading t = {};

	(void)state;
	memset(t.name, 'z', sizeof(t.name));
	tls_read_on(&t, tls_client_13, sizeof(tls_client_13), CLIENT, true);
	assert_string_equal(t.name, TLS_TEST_NAME);
}

static void test_lists_of_names_that_contradict(void **state)
{
	(void)state;
	for (size_t claimed = 0; claimed < 30; claimed++) {
		list.len = 0;
		put_name(0, "abcdef", 6);
		put_name(1, "abcdef", 6);
		assert_int_equal(!(read_names(claimed).reader.seen & TLS_SEEN_BROKEN),
				 claimed == list.len);
	}
	list.len = 0; /* empty list */
	assert_true(read_names(0).reader.seen & TLS_SEEN_BROKEN);
	put_name(0, "", 0); /* empty name */
	assert_true(read_names(list.len).reader.seen & TLS_SEEN_BROKEN);
	list.len = 0; /* a name that reaches beyond its list */
	put_name(0, "abcdef", 6);
	list.byte[2] = 7;
	assert_true(read_names(list.len).reader.seen & TLS_SEEN_BROKEN);
	list.len = 0; /* two bytes are no head of a name */
	put_name(0, "abcdef", 6);
	tls_put_number(&list, 0, 2);
	assert_true(read_names(list.len).reader.seen & TLS_SEEN_BROKEN);
}

static void test_empty_server_name_extension(void **state)
{
	(void)state;
	for (size_t len = 0; len < 2; len++) {
		for (int server = 0; server < 2; server++) {
			if (server)
				begin_server();
			else
				begin_client();
			tls_put_number(&body, 4 + (uint32_t)len, 2);
			put_extension(TLS_EXTENSION_SERVER_NAME, "\0", len);
			/* A server's is empty, and nobody reads it. */
			assert_int_equal(is_whole(server), server);
		}
	}
}

/* Too short for the length of a list, and what follows looks like one. */
static void test_server_name_without_a_list(void **state)
{
	(void)state;
	begin_client();
	tls_put_number(&body, 4 + 4 + 4 + 0, 2);
	put_extension(TLS_EXTENSION_SERVER_NAME, "", 0);
	put_extension(0xfffe, "", 0);
	put_extension(0x0300, "", 0);
	assert_true(is_broken(CLIENT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smallest_hellos),
		cmocka_unit_test(test_largest_client_hello),
		cmocka_unit_test(test_real_hellos),
		cmocka_unit_test(test_every_length_is_checked),
		cmocka_unit_test(test_message_types),
		cmocka_unit_test(test_message_lengths),
		cmocka_unit_test(test_legacy_versions),
		cmocka_unit_test(test_session_ids),
		cmocka_unit_test(test_cipher_suites),
		cmocka_unit_test(test_compression_methods),
		cmocka_unit_test(test_no_vector_reaches_beyond),
		cmocka_unit_test(test_extensions_fill_the_message),
		cmocka_unit_test(test_extensions_stay_within),
		cmocka_unit_test(test_where_a_hello_is_believed),
		cmocka_unit_test(test_first_host_name_counts),
		cmocka_unit_test(test_second_server_name_counts_not),
		cmocka_unit_test(test_long_names_are_cut),
		cmocka_unit_test(test_names_are_text),
		cmocka_unit_test(test_name_is_terminated_in_a_used_buffer),
		cmocka_unit_test(test_lists_of_names_that_contradict),
		cmocka_unit_test(test_empty_server_name_extension),
		cmocka_unit_test(test_server_name_without_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
