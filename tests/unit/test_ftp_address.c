// SPDX-License-Identifier: GPL-2.0
/*
 * test_ftp_address.c - IPv6 addresses in EPRT, and addresses written as text.
 *
 * inet_pton() and inet_ntop() are the other opinion: what the scanner accepts
 * is what they read, and what is written is what they would write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/ftp_text.h"
#include "tests/unit/ftp_test.h"

#define N_RANDOM 20000

struct row {
	const char *text;
	bool good;
};

static const struct row rows[] = {
	{"2001:db8::1", true},
	{"2001:DB8::AbCd", true},
	{"2001:0db8:0000:0000:0000:0000:0000:0001", true},
	{"1:2:3:4:5:6:7:8", true},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
	/* "::" at either end and anywhere between, for one group and more */
	{"::", true},
	{"::1", true},
	{"1::", true},
	{"::2:3:4:5:6:7:8", true},
	{"1::3:4:5:6:7:8", true},
	{"1:2:3::5:6:7:8", true},
	{"1:2:3:4:5:6:7::", true},
	{"1:2::7:8", true},
	{"0:0::", true},
	{"::0", true},
	/* ... and never for none, twice, or with a third colon */
	{"::1:2:3:4:5:6:7:8", false},
	{"1:2:3:4::5:6:7:8", false},
	{"1:2:3:4:5:6:7:8::", false},
	{"1::2::3", false},
	{"::1::", false},
	{":::", false},
	{"1:::2", false},
	/* too few, too many, none */
	{"", false},
	{"1", false},
	{":", false},
	{":1", false},
	{"1:", false},
	{":1:2:3:4:5:6:7:8", false},
	{"1:2:3:4:5:6:7:8:", false},
	{"1:2:3:4:5:6:7", false},
	{"1:2:3:4:5:6:7:", false},
	{"1:2:3:4:5:6:7:8:9", false},
	{"1::3:4:5:6:7:8:9", false},
	/* groups */
	{"2001:db8::00001", false},
	{"2001:db8::12345", false},
	{"2001:db8::g", false},
	{"2001:db8::0x1", false},
	{"2001:db8::-1", false},
	{"2001:db8:: 1", false},
	{" 2001:db8::1", false},
	{"2001:db8::1 ", false},
	/* no zone, no prefix, no brackets */
	{"fe80::1%eth0", false},
	{"fe80::1%1", false},
	{"2001:db8::1/64", false},
	{"[2001:db8::1]", false},
	/* an IPv4 address at the end */
	{"64:ff9b::192.0.2.33", true},
	{"64:ff9b:0:0:0:0:192.0.2.33", true},
	{"1:2:3:4:5::255.255.255.255", true},
	{"::0.0.0.0", true},
	{"::13.1.68.3", true},
	{"1:2:3:4:5:6:7:192.0.2.33", false},
	{"1:2:3:4:5:6::192.0.2.33", false},
	{"1:2:3:4:5:192.0.2.33", false},
	{"64:ff9b::192.0.2", false},
	{"64:ff9b::192.0.2.", false},
	{"64:ff9b::192..2.33", false},
	{"64:ff9b::.0.2.33", false},
	{"64:ff9b::192.0.2.33.1", false},
	{"64:ff9b::192.0.2.33:1", false},
	{"64:ff9b::192.0.2.256", false},
	{"64:ff9b::256.0.2.33", false},
	{"64:ff9b::300.0.2.33", false},
	{"64:ff9b::1a.0.2.33", false},
	{"64:ff9b::0192.0.2.33", false},
	{"64:ff9b::01.0.2.33", false},
	{"64:ff9b::192.00.2.33", false},
	{"64:ff9b::192.0.02.33", false},
	{"192.0.2.33", false},
	{"192.0.2.33::", false},
	{"64:ff9b::192.0.2.f", false},
	/* IPv4 itself is family 1's affair */
	{"::ffff:192.0.2.33", false},
	{"::ffff:c000:221", false},
	{"0:0:0:0:0:FFFF:10.0.0.1", false},
	{"::ffff:0:0", false},
	{"::fffe:192.0.2.33", true},
	{"::1:ffff:192.0.2.33", true},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* The line with the address in it; its length. */
static size_t eprt(char line[160], const char *address)
{
	int n = snprintf(line, 160, "EPRT |2|%s|50000|\r\n", address);

	assert_in_range(n, 1, 159);
	return (size_t)n;
}

/* Whether the scanner accepts it; if so it must be as inet_pton() reads it. */
static bool accepts(const char *address)
{
	char line[160];
	struct ftp_reading r = ftp_read(line, eprt(line, address), false);
	const struct ftp_line *l = &r.line[0];
	struct ph_addr read;

	assert_int_equal(r.count, 1);
	assert_int_equal(l->kind, FTP_EPRT);
	if (!ftp_line_announces(l))
		return false;
	if (inet_pton(AF_INET6, address, &read) != 1)
		fail_msg("accepted: %s", address);
	assert_memory_equal(&l->address, &read, sizeof(read));
	assert_int_equal(l->port, 50000);
	assert_int_equal(l->span_seq - FTP_TEST_SEQ, 8);
	assert_int_equal(l->span_len, strlen(address));
	return true;
}

static void test_ipv6_addresses_are_read_as_people_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS; i++)
		if (accepts(rows[i].text) != rows[i].good)
			fail_msg("%s: %s", rows[i].good ? "refused" : "accepted",
				 rows[i].text);
}

static void test_a_cut_anywhere_in_an_address_changes_nothing(void **state)
{
	char line[160];

	(void)state;
	for (size_t i = 0; i < N_ROWS; i++) {
		size_t len = eprt(line, rows[i].text);

		if (!ftp_test_cuts_agree(line, len, false))
			fail_msg("cut, it is another line: %s", line);
	}
}

/* What inet_pton() reads is accepted, but for v4-mapped addresses. */
static void check_opinion(const char *text)
{
	struct ph_addr read;
	bool good = inet_pton(AF_INET6, text, &read) == 1 && !ftp_is_v4(&read);

	if (accepts(text) != good)
		fail_msg("%s: %s", good ? "refused" : "accepted", text);
}

static void test_one_letter_changed_is_judged_as_inet_pton_does(void **state)
{
	static const char letters[] = "0123afAF:.g";
	char text[64];

	(void)state;
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strpbrk(rows[i].text, "|% "))
			continue;
		for (size_t at = 0; rows[i].text[at]; at++) {
			for (size_t k = 0; k < sizeof(letters) - 1; k++) {
				snprintf(text, sizeof(text), "%s", rows[i].text);
				text[at] = letters[k];
				check_opinion(text);
			}
			memmove(text + at, rows[i].text + at + 1,
				strlen(rows[i].text + at));
			check_opinion(text);
		}
	}
}

/* Each group and octet zero as often as not, so that "::" comes everywhere. */
static struct ph_addr random_address(unsigned int *seed)
{
	struct ph_addr address = {.word = {0}};
	__u8 *octet = (__u8 *)&address;

	for (size_t i = 0; i < sizeof(address); i++) {
		octet[i] = rand_r(seed) % 3 ? 0 : rand_r(seed) >> 8;
		if (rand_r(seed) % 8 == 0)
			octet[i] = 0xff;
	}
	return address;
}

static void test_text_is_what_inet_ntop_writes(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int i = 0; i < N_RANDOM; i++) {
		struct ph_addr address = random_address(&seed);
		char expected[INET6_ADDRSTRLEN];
		struct ftp_text text;

		/* inet_ntop() writes these with dots; we need not, and IPv4 is
		 * asked for with commas. */
		if (!address.word[0] && !address.word[1] &&
		    (!address.word[2] || address.word[2] == htonl(0xffff)))
			continue;
		inet_ntop(AF_INET6, &address, expected, sizeof(expected));
		memset(&text, 0xee, sizeof(text));
		assert_int_equal(ftp_address_text(&text, &address, FTP_SPAN_COMMAS),
				 strlen(expected));
		assert_memory_equal(text.byte, expected, text.len);
		assert_true(accepts(expected));
	}
}

static void test_address_text_is_what_people_write(void **state)
{
	static const struct {
		const char *address;
		__u8 kind;
		const char *text;
	} texts[] = {
		{"203.0.113.10", FTP_SPAN_COMMAS, "203,0,113,10"},
		{"255.255.255.255", FTP_SPAN_DOTS, "255.255.255.255"},
		{"0.0.0.0", FTP_SPAN_COMMAS, "0,0,0,0"},
		{"10.100.9.5", FTP_SPAN_DOTS, "10.100.9.5"},
		{"2001:DB8:0:0:0:0:0:1", FTP_SPAN_DOTS, "2001:db8::1"},
		/* RFC 5952, 4.2: one zero group alone, and the first of two runs */
		{"2001:db8:0:1:1:1:1:1", FTP_SPAN_DOTS, "2001:db8:0:1:1:1:1:1"},
		{"2001:db8:0:0:1:0:0:1", FTP_SPAN_DOTS, "2001:db8::1:0:0:1"},
		{"2001:0:0:1:0:0:0:1", FTP_SPAN_DOTS, "2001:0:0:1::1"},
		{"0:0:0:0:0:0:0:0", FTP_SPAN_DOTS, "::"},
		{"0:0:0:0:0:0:0:1", FTP_SPAN_DOTS, "::1"},
		{"fe80:0:0:0:0:0:0:0", FTP_SPAN_DOTS, "fe80::"},
		{"1:0:0:0:0:0:0:8", FTP_SPAN_DOTS, "1::8"},
		{"0:0:3:4:5:6:7:8", FTP_SPAN_DOTS, "::3:4:5:6:7:8"},
		{"1:2:3:4:5:6:0:0", FTP_SPAN_DOTS, "1:2:3:4:5:6::"},
		{"2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", FTP_SPAN_DOTS,
		 "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"},
		{"1111:2222:3333:4444:5555:6666:7777:8888", FTP_SPAN_DOTS,
		 "1111:2222:3333:4444:5555:6666:7777:8888"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ph_addr address = ftp_test_address(texts[i].address);
		struct ftp_text text;
		__u32 len = ftp_address_text(&text, &address, texts[i].kind);

		assert_int_equal(len, strlen(texts[i].text));
		assert_in_range(len, 2, FTP_TEXT_MAX);
		assert_memory_equal(text.byte, texts[i].text, len);
	}
}

/* A delimiter that the address may hold would leave its end to taste. */
static void test_no_delimiter_may_occur_in_an_ipv6_address(void **state)
{
	char line[160];

	(void)state;
	for (int d = 33; d <= 126; d++) {
		int n = snprintf(line, sizeof(line), "EPRT %c2%c2001:db8::1%c50000%c\r\n",
				 d, d, d, d);
		struct ftp_reading r = ftp_read(line, (size_t)n, false);
		bool good = !strchr("0123456789abcdefABCDEF:.", d);

		assert_int_equal(r.count, 1);
		if (ftp_line_announces(&r.line[0]) != good)
			fail_msg("%s: %s", good ? "refused" : "accepted", line);
	}
}

static void test_port_behind_an_ipv6_address_is_read_as_behind_ipv4(void **state)
{
	static const struct {
		const char *text;
		__u16 port; /* 0: refused */
	} ports[] = {
		{"EPRT |2|2001:db8::1|1|\r\n", 1},
		{"EPRT |2|2001:db8::1|65535|\r\n", 65535},
		{"EPRT |2|2001:db8::1|50000| more\r\n", 50000},
		{"eprt |02|2001:db8::1|50000|\r\n", 50000},
		{"EPRT |2|64:ff9b::192.0.2.33|50000|\r\n", 50000},
		{"EPRT |2|2001:db8::1|65536|\r\n", 0},
		{"EPRT |2|2001:db8::1|0|\r\n", 0},
		{"EPRT |2|2001:db8::1||\r\n", 0},
		{"EPRT |2|2001:db8::1|50000\r\n", 0},
		{"EPRT |2|2001:db8::1|c350|\r\n", 0},
		{"EPRT |2|2001:db8::1!50000|\r\n", 0},
		{"EPRT |2|2001:db8::1\r\n", 0},
		{"EPRT |2|\r\n", 0},
		{"EPRT |1|2001:db8::1|50000|\r\n", 0},
		{"EPRT |2|10.0.0.1|50000|\r\n", 0},
		{"EPRT |22|2001:db8::1|50000|\r\n", 0},
		{"EPRT |2|2001:db8::1|50000|\n\r\n", 0},
		{"229 (|2|2001:db8::1|50000|)\r\n", 0},
		{"PORT 2001:db8::1,50000\r\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		size_t len = strlen(ports[i].text);
		struct ftp_reading r = ftp_read(ports[i].text, len, false);

		assert_int_equal(r.count, 1);
		if (ftp_line_announces(&r.line[0]) != !!ports[i].port)
			fail_msg("%s", ports[i].text);
		if (ports[i].port)
			assert_int_equal(r.line[0].port, ports[i].port);
		assert_true(ftp_test_cuts_agree(ports[i].text, len, false));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv6_addresses_are_read_as_people_write_them),
		cmocka_unit_test(test_a_cut_anywhere_in_an_address_changes_nothing),
		cmocka_unit_test(test_one_letter_changed_is_judged_as_inet_pton_does),
		cmocka_unit_test(test_text_is_what_inet_ntop_writes),
		cmocka_unit_test(test_address_text_is_what_people_write),
		cmocka_unit_test(test_no_delimiter_may_occur_in_an_ipv6_address),
		cmocka_unit_test(test_port_behind_an_ipv6_address_is_read_as_behind_ipv4),
	};

	return cmocka_run_group_tests_name("ftp_address", tests, NULL, NULL);
}
