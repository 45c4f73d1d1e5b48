// SPDX-License-Identifier: GPL-2.0
/*
 * What is told of FTP inspection: in an ASA's words where it has them, with the
 * bytes where it has not, and never in a form that steers a terminal or shows a
 * password.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_ftp.h"

#define FROM_TO "from outside:198.51.100.7/40000 to inside:10.0.0.10/21"

static const struct format_ftp_names names = {
	.client_interface = "outside",
	.server_interface = "inside",
	.finding = "a-finding",
	.match = "match filename regex SECRETS",
	.map = "STRICT",
};

static struct ph_addr v4(uint32_t address)
{
	return (struct ph_addr){.word = {0, 0, htonl(0xffff), htonl(address)}};
}

/* The client 198.51.100.7:40000 is end 1 of the key; server 10.0.0.10:21. */
static struct ftp_record record_of(enum ftp_finding finding, const char *text)
{
	struct ftp_record record = {
		.kind = PH_RECORD_FTP,
		.finding = finding,
		.key = {.addr = {v4(0x0a00000a), v4(0xc6336407)},
			.port = {htons(21), htons(40000)},
			.proto = 6},
		.conn_flags = CONN_F_INITIATOR_1,
		.mapped = {v4(0xc6336407), v4(0xcb00710a)},
		.text_len = (uint16_t)strlen(text),
		.user = "alice",
	};

	memcpy(record.text, text, strlen(text));
	return record;
}

static void assert_lines(const struct ftp_record *record, const char *asa,
			 const char *own)
{
	static struct format_ftp_lines lines;

	format_ftp_log(&lines, record, &names);
	assert_string_equal(lines.asa, asa);
	assert_string_equal(lines.own, own);
}

static void a_file_is_303002(void **state)
{
	struct ftp_record record = record_of(0, "/pub/a file");

	(void)state;
	record.kind = PH_RECORD_FTP_FILE;
	record.finding = FTP_RETRIEVED;
	assert_lines(&record,
		     "%ASA-6-303002: FTP connection " FROM_TO
		     ", user alice Retrieved file /pub/a file",
		     "");
	record.finding = FTP_STORED;
	record.user[0] = '\0';
	assert_lines(&record,
		     "%ASA-6-303002: FTP connection " FROM_TO
		     ", user unknown Stored file /pub/a file",
		     "");
}

static void tls_tells_the_server_name(void **state)
{
	struct ftp_record record = record_of(0, "ftp.example.net\x1b[2J");

	(void)state;
	record.kind = PH_RECORD_FTP_TLS;
	assert_lines(&record, "",
		     "%PINHOLE-6-FTP: FTP over TLS " FROM_TO
		     ", server name \"ftp.example.net\\x1b[2J\"");
}

/* A file may be named like a command. */
static void a_files_name_is_told_whatever_it_is(void **state)
{
	struct ftp_record record = record_of(0, "PASS words");
	char text[FORMAT_FTP_TEXT_BYTES];

	(void)state;
	record.kind = PH_RECORD_FTP_FILE;
	assert_string_equal(format_ftp_text(text, &record), "PASS words");
}

static void an_unknown_command_is_303004(void **state)
{
	struct ftp_record record = record_of(FTP_FOUND_UNKNOWN_COMMAND, "XYZZY 1\r\n");

	(void)state;
	record.action = FTP_ACTION_RESET;
	assert_lines(&record,
		     "%ASA-5-303004: FTP XYZZY command unsupported - failed strict "
		     "inspection, terminating connection " FROM_TO,
		     "");
	record.action = 0; /* nothing was terminated */
	assert_lines(&record, "",
		     "%PINHOLE-4-FTP: FTP finding " FROM_TO
		     ", reason - a-finding, client said \"XYZZY 1\"");
}

static void a_match_is_303005(void **state)
{
	static const struct {
		uint8_t action;
		const char *words;
	} rows[] = {
		{FTP_ACTION_RESET | FTP_ACTION_LOG, "Reset connection"},
		{FTP_ACTION_DROP, "Drop connection"},
		{FTP_ACTION_LOG, "Log"},
	};
	struct ftp_record record = record_of(FTP_FOUND_MATCH, "RETR x\r\n");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[256];

		record.action = rows[i].action;
		snprintf(expected, sizeof(expected),
			 "%%ASA-5-303005: Strict FTP inspection matched filename regex "
			 "SECRETS in policy-map STRICT, %s " FROM_TO,
			 rows[i].words);
		assert_lines(&record, expected, "");
	}
}

/* The policy may have changed since. */
static void a_match_without_its_policy_is_told_all_the_same(void **state)
{
	static const struct format_ftp_names unknown = {
		.client_interface = "outside",
		.server_interface = "inside",
	};
	struct ftp_record record = record_of(FTP_FOUND_MATCH, "RETR x\r\n");
	static struct format_ftp_lines lines;

	(void)state;
	record.action = FTP_ACTION_RESET;
	format_ftp_log(&lines, &record, &unknown);
	assert_string_equal(lines.asa,
			    "%ASA-5-303005: Strict FTP inspection matched ? in "
			    "policy-map ?, Reset connection " FROM_TO);
}

static void a_low_port_is_406001_and_its_bytes(void **state)
{
	struct ftp_record record =
		record_of(FTP_FOUND_LOW_PORT, "PORT 198,51,100,7,3,255\r\n");

	(void)state;
	record.port = 1023;
	record.address = v4(0xc6336407);
	assert_lines(&record,
		     "%ASA-4-406001: FTP port command low port: 198.51.100.7/1023 to "
		     "10.0.0.10 on interface outside",
		     "%PINHOLE-4-FTP: FTP hole refused " FROM_TO
		     ", reason - a-finding, client said \"PORT 198,51,100,7,3,255\"");
}

static void a_foreign_address_is_406002_and_a_reset_507003(void **state)
{
	struct ftp_record record =
		record_of(FTP_FOUND_FOREIGN_ADDRESS, "227 (10,0,0,66,4,1)\r\n");

	(void)state;
	record.server = 1; /* then it is the server whose address is told first */
	record.action = FTP_ACTION_RESET;
	record.address = v4(0x0a000042);
	assert_lines(&record,
		     "%ASA-4-406002: FTP port command different address: "
		     "10.0.0.10(10.0.0.66) to 198.51.100.7 on interface inside",
		     "%ASA-3-507003: tcp flow " FROM_TO
		     " terminated by inspection engine, reason - FTP a-finding, server "
		     "said \"227 (10,0,0,66,4,1)\"");
}

static void other_resets_are_507003(void **state)
{
	struct ftp_record record = record_of(FTP_FOUND_NO_CLIENT_HELLO, "");

	(void)state;
	record.action = FTP_ACTION_DROP;
	assert_lines(&record, "",
		     "%ASA-3-507003: tcp flow " FROM_TO
		     " terminated by inspection engine, reason - FTP a-finding");
}

static void ipv6_is_written_as_such(void **state)
{
	struct ftp_record record = record_of(FTP_FOUND_MALFORMED, "EPRT |2|\r\n");

	(void)state;
	inet_pton(AF_INET6, "2001:db8::10", &record.key.addr[0]);
	inet_pton(AF_INET6, "fd00::7", &record.key.addr[1]);
	assert_lines(&record, "",
		     "%PINHOLE-4-FTP: FTP hole refused from outside:fd00::7/40000 to "
		     "inside:2001:db8::10/21, reason - a-finding, client said \"EPRT "
		     "|2|\"");
}

static void assert_text(enum ftp_verb verb, const char *text, size_t len,
			const char *expected)
{
	struct ftp_record record = record_of(FTP_FOUND_NUL_BYTE, "");
	char out[FORMAT_FTP_TEXT_BYTES];

	memcpy(record.text, text, len);
	record.text_len = (uint16_t)len;
	record.verb = verb;
	assert_string_equal(format_ftp_text(out, &record), expected);
}

#define TEXT(text) text, sizeof(text) - 1

static void bytes_are_shown_without_effect(void **state)
{
	static const char c1_control[] = {(char)0xc2, (char)0x9b, '3', '1', 'm'};
	static const char right_to_left[] = {(char)0xe2, (char)0x80, (char)0xae};

	(void)state;
	assert_text(FTP_VERB_NOOP, TEXT("NOOP\r\n"), "NOOP");
	assert_text(FTP_VERB_NOOP, TEXT("NOOP \"\\\t\x1b[31m\x7f\r\n"),
		    "NOOP \\\"\\\\\\t\\x1b[31m\\x7f");
	assert_text(FTP_VERB_NOOP, TEXT("A\nB\rC\0D"), "A\\nB\\rC\\x00D");
	/* Characters of UTF-8 go through; what no terminal should get does not. */
	assert_text(FTP_VERB_NOOP, TEXT("caf\xc3\xa9 \xc3"), "caf\xc3\xa9 \\xc3");
	assert_text(FTP_VERB_NOOP, c1_control, sizeof(c1_control), "\\xc2\\x9b31m");
	assert_text(FTP_VERB_NOOP, right_to_left, sizeof(right_to_left),
		    "\\xe2\\x80\\xae");
}

static void passwords_are_never_shown(void **state)
{
	(void)state;
	assert_text(FTP_VERB_PASS, TEXT("PASS secret\r\n"), "PASS");
	assert_text(FTP_VERB_ACCT, TEXT("acct secret\r\n"), "ACCT");
	assert_text(FTP_VERB_ADAT, TEXT("ADAT c2VjcmV0\r\n"), "ADAT");
	/* Hidden from who reads lines: behind a lone LF, or other bytes. */
	assert_text(FTP_VERB_NOOP, TEXT("NOOP\nPASS secret\r\n"), "NOOP\\nPASS...");
	assert_text(FTP_VERB_NOOP, TEXT("NOOP\r  pAsS secret"), "NOOP\\r  pAsS...");
	assert_text(FTP_VERB_UNKNOWN, TEXT("\xff\xf4 PASS secret"), "\\xff\\xf4 PASS...");
	assert_text(FTP_VERB_UNKNOWN, TEXT("PASS\0secret"), "PASS...");
	assert_text(FTP_VERB_NOOP, TEXT("NOOP\0PASS secret"), "NOOP\\x00PASS...");
	/* And what only looks like it. */
	assert_text(FTP_VERB_UNKNOWN, TEXT("PASSIVE yes"), "PASSIVE yes");
	assert_text(FTP_VERB_CWD, TEXT("CWD PASS word"), "CWD PASS word");
}

static void a_cut_line_says_so(void **state)
{
	struct ftp_record record = record_of(FTP_FOUND_OVERLONG, "");
	char out[FORMAT_FTP_TEXT_BYTES];

	(void)state;
	memset(record.text, 0x01, sizeof(record.text));
	record.text_len = 9999; /* and never reads beyond what is there */
	format_ftp_text(out, &record);
	assert_int_equal(strlen(out), 4 * FTP_RECORD_TEXT_BYTES + 3);
	assert_string_equal(out + strlen(out) - 7, "\\x01...");
}

/* The longest of everything fits, and the line ends. */
static void nothing_overflows(void **state)
{
	static struct format_ftp_lines lines;
	struct ftp_record record = record_of(FTP_FOUND_FOREIGN_ADDRESS, "");

	(void)state;
	memset(record.text, 0xff, sizeof(record.text));
	memset(record.user, 0xff, sizeof(record.user));
	memset(&record.key.addr, 0xfe, sizeof(record.key.addr));
	record.text_len = FTP_RECORD_TEXT_BYTES;
	record.action = FTP_ACTION_RESET;
	format_ftp_log(&lines, &record, &names);
	assert_string_equal(lines.own + strlen(lines.own) - 4, "...\"");
	record.kind = PH_RECORD_FTP_FILE;
	format_ftp_log(&lines, &record, &names);
	assert_string_equal(lines.asa + strlen(lines.asa) - 7, "\\xff...");
}

static void an_action_has_one_word(void **state)
{
	struct ftp_record record = record_of(FTP_FOUND_LOW_PORT, "");

	(void)state;
	assert_string_equal(format_ftp_action(&record), "hole-refused");
	record.finding = FTP_FOUND_NUL_BYTE;
	assert_string_equal(format_ftp_action(&record), "noted");
	record.action = FTP_ACTION_LOG;
	assert_string_equal(format_ftp_action(&record), "log");
	record.action = FTP_ACTION_LOG | FTP_ACTION_DROP;
	assert_string_equal(format_ftp_action(&record), "drop");
	record.action = FTP_ACTION_LOG | FTP_ACTION_RESET;
	assert_string_equal(format_ftp_action(&record), "reset");
}

static void verbs_have_names(void **state)
{
	(void)state;
	assert_string_equal(format_ftp_verb(FTP_VERB_USER), "USER");
	assert_string_equal(format_ftp_verb(FTP_VERB_XMD5), "XMD5");
	assert_string_equal(format_ftp_verb(FTP_VERB_UNKNOWN), "");
	assert_string_equal(format_ftp_verb(255), "");
}

static void an_inspection_is_told_in_a_line(void **state)
{
	struct policy_image_fixup fixup = {
		.key = {.port = htons(21)},
		.value = {.kind = FIXUP_FTP},
	};
	char line[512];

	(void)state;
	assert_string_equal(format_ftp_inspection(line, sizeof(line), &fixup),
			    "ftp on port 21");
	fixup.value.flags = FIXUP_F_STRICT | FIXUP_F_TLS_REQUIRE | FIXUP_F_DATA_PORTS |
			    FIXUP_F_SOURCE_PORT | FIXUP_F_MASK_BANNER | FIXUP_F_MASK_SYST;
	fixup.value.data_low = 50000;
	fixup.value.data_high = 50100;
	fixup.value.data_limit = 4;
	fixup.value.n_rules = 2;
	memcpy(fixup.map, "STRICT", sizeof("STRICT"));
	assert_string_equal(format_ftp_inspection(line, sizeof(line), &fixup),
			    "ftp on port 21, strict, tls require, data-ports "
			    "50000-50100 limit 4, source-port, mask-banner, "
			    "mask-syst-reply, policy-map STRICT (2 matches)");
	fixup.key.port = htons(990);
	fixup.value = (struct fixup_value){.kind = FIXUP_FTPS,
					   .flags = FIXUP_F_TLS_DENY,
					   .data_limit = 4,
					   .n_rules = 1};
	assert_string_equal(format_ftp_inspection(line, sizeof(line), &fixup),
			    "ftps on port 990, tls deny, policy-map STRICT (1 match)");
	assert_string_equal(format_ftp_inspection(line, 8, &fixup), "ftps on");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_303002),
		cmocka_unit_test(tls_tells_the_server_name),
		cmocka_unit_test(a_files_name_is_told_whatever_it_is),
		cmocka_unit_test(an_unknown_command_is_303004),
		cmocka_unit_test(a_match_is_303005),
		cmocka_unit_test(a_match_without_its_policy_is_told_all_the_same),
		cmocka_unit_test(a_low_port_is_406001_and_its_bytes),
		cmocka_unit_test(a_foreign_address_is_406002_and_a_reset_507003),
		cmocka_unit_test(other_resets_are_507003),
		cmocka_unit_test(ipv6_is_written_as_such),
		cmocka_unit_test(bytes_are_shown_without_effect),
		cmocka_unit_test(passwords_are_never_shown),
		cmocka_unit_test(a_cut_line_says_so),
		cmocka_unit_test(nothing_overflows),
		cmocka_unit_test(an_action_has_one_word),
		cmocka_unit_test(verbs_have_names),
		cmocka_unit_test(an_inspection_is_told_in_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
