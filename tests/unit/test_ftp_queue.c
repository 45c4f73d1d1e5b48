// SPDX-License-Identifier: GPL-2.0
/*
 * test_ftp_queue.c - a reply answers the command it belongs to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/ftp_queue.h"

static void push(struct ftp_session *s, enum ftp_kind kind)
{
	ftp_queue_push(s, (struct ftp_command){.kind = kind});
}

static enum ftp_kind answer(struct ftp_session *s, __u32 code)
{
	return (enum ftp_kind)ftp_queue_answer(s, code).kind;
}

static void test_replies_answer_commands_in_order(void **state)
{
	struct ftp_session s = {};

	(void)state;
	push(&s, FTP_COMMAND);
	push(&s, FTP_PORT);
	push(&s, FTP_QUIT);
	assert_int_equal(answer(&s, 230), FTP_COMMAND);
	assert_int_equal(answer(&s, 500), FTP_PORT);
	assert_int_equal(answer(&s, 221), FTP_QUIT);
	assert_int_equal(answer(&s, 221), FTP_NOTHING);
}

static void test_227_without_pasv_answers_nothing(void **state)
{
	struct ftp_session s = {};

	(void)state;
	assert_int_equal(answer(&s, 227), FTP_NOTHING);
	push(&s, FTP_COMMAND);
	push(&s, FTP_EPSV);
	assert_int_equal(answer(&s, 227), FTP_NOTHING);
	assert_int_equal(s.command_count, 2);
	assert_int_equal(answer(&s, 200), FTP_COMMAND);
	assert_int_equal(answer(&s, 229), FTP_EPSV);
	assert_int_equal(answer(&s, 229), FTP_NOTHING);
}

static void test_one_pasv_is_answered_once(void **state)
{
	struct ftp_session s = {};

	(void)state;
	push(&s, FTP_PASV);
	assert_int_equal(answer(&s, 227), FTP_PASV);
	assert_int_equal(answer(&s, 227), FTP_NOTHING);
	push(&s, FTP_PASV);
	assert_int_equal(answer(&s, 502), FTP_PASV);
	assert_int_equal(answer(&s, 227), FTP_NOTHING);
}

/* A server that never answered some command is back in step at the next PASV. */
static void test_selective_replies_heal_the_queue(void **state)
{
	struct ftp_session s = {};

	(void)state;
	push(&s, FTP_COMMAND); /* never answered */
	push(&s, FTP_PASV);
	push(&s, FTP_QUIT);
	assert_int_equal(answer(&s, 227), FTP_PASV);
	assert_int_equal(answer(&s, 221), FTP_QUIT);
	assert_int_equal(s.command_count, 0);
	push(&s, FTP_COMMAND); /* never answered */
	push(&s, FTP_AUTH_TLS);
	assert_int_equal(answer(&s, 334), FTP_NOTHING);
	assert_int_equal(answer(&s, 234), FTP_AUTH_TLS);
	push(&s, FTP_AUTH_GSSAPI);
	assert_int_equal(answer(&s, 334), FTP_AUTH_GSSAPI);
	assert_int_equal(answer(&s, 234), FTP_NOTHING);
}

static void test_234_without_auth_answers_nothing(void **state)
{
	struct ftp_session s = {};

	(void)state;
	push(&s, FTP_COMMAND);
	assert_int_equal(answer(&s, 234), FTP_NOTHING);
}

static void test_oldest_command_is_forgotten_when_full(void **state)
{
	struct ftp_session s = {};

	(void)state;
	s.command_head = 0xfffffffe; /* the ring's index wraps too */
	push(&s, FTP_PASV);
	for (int i = 0; i < FTP_MAX_COMMANDS - 1; i++)
		push(&s, FTP_COMMAND);
	push(&s, FTP_QUIT);
	assert_int_equal(s.command_count, FTP_MAX_COMMANDS);
	assert_int_equal(answer(&s, 227), FTP_NOTHING);
	for (int i = 0; i < FTP_MAX_COMMANDS - 1; i++)
		assert_int_equal(answer(&s, 200), FTP_COMMAND);
	assert_int_equal(answer(&s, 200), FTP_QUIT);
	assert_int_equal(s.command_count, 0);
}

/* Only while its slot was not given to a later hole, also beyond 65535. */
static void test_hole_of_a_command_is_told_from_its_successors(void **state)
{
	struct ftp_session s = {};

	(void)state;
	s.holes_opened = 65534;
	for (int i = 0; i < 4; i++) {
		__u16 opening = s.holes_opened++;

		assert_true(ftp_hole_listed(&s, opening));
		s.holes_opened += FTP_MAX_HOLES - 1;
		assert_true(ftp_hole_listed(&s, opening));
		s.holes_opened++;
		assert_false(ftp_hole_listed(&s, opening));
		s.holes_opened -= FTP_MAX_HOLES;
	}
	assert_false(ftp_hole_listed(&s, s.holes_opened));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies_answer_commands_in_order),
		cmocka_unit_test(test_227_without_pasv_answers_nothing),
		cmocka_unit_test(test_one_pasv_is_answered_once),
		cmocka_unit_test(test_selective_replies_heal_the_queue),
		cmocka_unit_test(test_234_without_auth_answers_nothing),
		cmocka_unit_test(test_oldest_command_is_forgotten_when_full),
		cmocka_unit_test(test_hole_of_a_command_is_told_from_its_successors),
	};

	return cmocka_run_group_tests_name("ftp_queue", tests, NULL, NULL);
}
