// SPDX-License-Identifier: GPL-2.0
/*
 * pcapng as readers expect it: every block is told its length at both ends, and is made
 * of whole words. That Wireshark's own reader agrees is tested in
 * tests/e2e/t_capture.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_pcapng.h"

struct file {
	FILE *stream;
	char *data;
	size_t len;
};

static void file_open(struct file *file)
{
	memset(file, 0, sizeof(*file));
	file->stream = open_memstream(&file->data, &file->len);
	assert_non_null(file->stream);
}

static void file_close(struct file *file)
{
	fclose(file->stream);
	free(file->data);
}

static uint32_t word(const struct file *file, size_t at)
{
	uint32_t value;

	assert_true(at + sizeof(value) <= file->len);
	memcpy(&value, file->data + at, sizeof(value));
	return value;
}

static uint16_t half(const struct file *file, size_t at)
{
	uint16_t value;

	assert_true(at + sizeof(value) <= file->len);
	memcpy(&value, file->data + at, sizeof(value));
	return value;
}

/* One block is all there is. */
static void assert_block(struct file *file, uint32_t type)
{
	fflush(file->stream);
	assert_int_equal(word(file, 0), type);
	assert_int_equal(word(file, 4), file->len);
	assert_int_equal(word(file, file->len - 4), file->len);
	assert_int_equal(file->len % 4, 0);
}

/* Where the value of an option is; options begin at @at. */
static size_t option_at(const struct file *file, size_t at, uint16_t code, uint16_t *len)
{
	while (half(file, at)) {
		*len = half(file, at + 2);
		if (half(file, at) == code)
			return at + 4;
		at += 4 + ((*len + 3u) & ~3u);
	}
	assert_int_equal(half(file, at + 2), 0);
	assert_int_equal(at + 8, file->len); /* the end of options ends the block */
	return 0;
}

static void assert_text(const struct file *file, size_t at, uint16_t code,
			const char *text)
{
	uint16_t len;
	size_t value = option_at(file, at, code, &len);

	assert_true(value);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(file->data + value, text, len);
}

static void a_section_says_its_byte_order_and_who_wrote_it(void **state)
{
	struct file file;

	(void)state;
	file_open(&file);
	pcapng_section(file.stream, "fwctl 1", "Linux 6.1");
	assert_block(&file, 0x0a0d0d0a);
	assert_int_equal(word(&file, 8), 0x1a2b3c4d);
	assert_int_equal(word(&file, 16), UINT32_MAX);
	assert_int_equal(word(&file, 20), UINT32_MAX);
	assert_text(&file, 24, 3, "Linux 6.1");
	assert_text(&file, 24, 4, "fwctl 1");
	file_close(&file);
}

static void an_interface_has_its_name_and_counts_nanoseconds(void **state)
{
	const struct pcapng_interface interface = {.name = "outside",
						   .description = "device eth0",
						   .filter = "tcp",
						   .snap_bytes = 96};
	struct file file;
	uint16_t len;
	size_t at;

	(void)state;
	file_open(&file);
	pcapng_interface(file.stream, &interface);
	assert_block(&file, 1);
	assert_int_equal(half(&file, 8), 1);
	assert_int_equal(word(&file, 12), 96);
	assert_text(&file, 16, 2, "outside");
	assert_text(&file, 16, 3, "device eth0");
	at = option_at(&file, 16, 9, &len);
	assert_int_equal(len, 1);
	assert_int_equal(file.data[at], 9);
	at = option_at(&file, 16, 11, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(file.data + at, "\0tcp", 4);
	file_close(&file);
}

static void a_packet_has_its_comment_verdict_and_way(void **state)
{
	const struct pcapng_packet packet = {
		.interface = 3,
		.time_ns = 0x1122334455667788,
		.bytes = "abcde",
		.kept_bytes = 5,
		.wire_bytes = 1500,
		.way = PCAPNG_OUT,
		.id = 7,
		.verdict_by = PCAPNG_VERDICT_XDP,
		.verdict = 4,
		.comment = "verdict=forward",
	};
	const size_t options = 8 + 20 + 8;
	struct file file;
	uint64_t number;
	uint16_t len;
	size_t at;

	(void)state;
	file_open(&file);
	pcapng_packet(file.stream, &packet);
	assert_block(&file, 6);
	assert_int_equal(word(&file, 8), 3);
	assert_int_equal(word(&file, 12), 0x11223344);
	assert_int_equal(word(&file, 16), 0x55667788);
	assert_int_equal(word(&file, 20), 5);
	assert_int_equal(word(&file, 24), 1500);
	assert_memory_equal(file.data + 28, "abcde\0\0\0", 8);
	assert_text(&file, options, 1, "verdict=forward");
	at = option_at(&file, options, 2, &len);
	assert_int_equal(word(&file, at), 2);
	at = option_at(&file, options, 5, &len);
	memcpy(&number, file.data + at, sizeof(number));
	assert_int_equal(number, 7);
	at = option_at(&file, options, 7, &len);
	assert_int_equal(len, 9);
	assert_int_equal(file.data[at], 2);
	memcpy(&number, file.data + at + 1, sizeof(number));
	assert_int_equal(number, 4);
	file_close(&file);
}

static void what_is_not_known_is_left_out(void **state)
{
	const struct pcapng_packet packet = {.bytes = "abcd", .kept_bytes = 4};
	struct file file;
	uint16_t len;

	(void)state;
	file_open(&file);
	pcapng_packet(file.stream, &packet);
	assert_block(&file, 6);
	for (uint16_t code = 1; code < 12; code++)
		assert_int_equal(option_at(&file, 32, code, &len), 0);
	file_close(&file);
}

static void comments_are_cut_where_options_end(void **state)
{
	char *comment = malloc(70000);
	const struct pcapng_packet packet = {.comment = comment};
	struct file file;
	uint16_t len;

	(void)state;
	assert_non_null(comment);
	memset(comment, 'x', 69999);
	comment[69999] = '\0';
	file_open(&file);
	pcapng_packet(file.stream, &packet);
	assert_block(&file, 6);
	assert_true(option_at(&file, 28, 1, &len));
	assert_int_equal(len, 65535);
	assert_int_equal(option_at(&file, 28, 9, &len), 0);
	file_close(&file);
	free(comment);
}

static void statistics_tell_what_was_lost(void **state)
{
	const struct pcapng_statistics statistics = {.interface = 1,
						     .time_ns = 9,
						     .began_ns = 5,
						     .received = 11,
						     .dropped = 2};
	struct file file;
	uint64_t number;
	uint16_t len;

	(void)state;
	file_open(&file);
	pcapng_statistics(file.stream, &statistics);
	assert_block(&file, 5);
	assert_int_equal(word(&file, 8), 1);
	memcpy(&number, file.data + option_at(&file, 20, 4, &len), sizeof(number));
	assert_int_equal(number, 11);
	memcpy(&number, file.data + option_at(&file, 20, 5, &len), sizeof(number));
	assert_int_equal(number, 2);
	file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_says_its_byte_order_and_who_wrote_it),
		cmocka_unit_test(an_interface_has_its_name_and_counts_nanoseconds),
		cmocka_unit_test(a_packet_has_its_comment_verdict_and_way),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(comments_are_cut_where_options_end),
		cmocka_unit_test(statistics_tell_what_was_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
