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

static void push_verb(struct ftp_session *s, enum ftp_verb verb)
{
	ftp_queue_push(s, (struct ftp_command){.kind = FTP_COMMAND, .verb = verb});
}

static enum ftp_verb answer_verb(struct ftp_session *s, __u32 code)
{
	return (enum ftp_verb)ftp_queue_answer(s, code).verb;
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

static void test_215_answers_syst_only(void **state)
{
	struct ftp_session s = {};

	(void)state;
	push_verb(&s, FTP_VERB_NOOP); /* never answered */
	push_verb(&s, FTP_VERB_SYST);
	assert_int_equal(answer_verb(&s, 215), FTP_VERB_SYST);
	assert_int_equal(s.command_count, 0);
	push_verb(&s, FTP_VERB_NOOP);
	assert_int_equal(answer(&s, 215), FTP_NOTHING);
	assert_int_equal(answer_verb(&s, 200), FTP_VERB_NOOP);
	push_verb(&s, FTP_VERB_SYST);
	assert_int_equal(answer_verb(&s, 502), FTP_VERB_SYST);
}

/* RFC 959, 4.1.3: STAT in a transfer is answered at once, the transfer later. */
static void test_stat_leaves_the_transfer_it_asks_about(void **state)
{
	static const __u32 codes[] = {211, 212, 213};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct ftp_session s = {.command_head = 0xffffffff};

		push_verb(&s, FTP_VERB_RETR);
		push_verb(&s, FTP_VERB_STAT);
		assert_int_equal(answer_verb(&s, codes[i]), FTP_VERB_STAT);
		assert_int_equal(s.command_count, 1);
		assert_int_equal(answer_verb(&s, 226), FTP_VERB_RETR);
		assert_int_equal(s.command_count, 0);
	}
}

static void test_commands_that_are_no_transfer_take_their_21x_in_order(void **state)
{
	struct ftp_session s = {};

	(void)state;
	push_verb(&s, FTP_VERB_FEAT);
	push_verb(&s, FTP_VERB_SIZE);
	push_verb(&s, FTP_VERB_STAT);
	assert_int_equal(answer_verb(&s, 211), FTP_VERB_FEAT);
	assert_int_equal(answer_verb(&s, 213), FTP_VERB_SIZE);
	assert_int_equal(answer_verb(&s, 211), FTP_VERB_STAT);
}

static void test_aborted_transfer_and_abor_are_answered_in_turn(void **state)
{
	struct ftp_session s = {};

	(void)state;
	push_verb(&s, FTP_VERB_STOR);
	push_verb(&s, FTP_VERB_ABOR);
	assert_int_equal(answer_verb(&s, 426), FTP_VERB_STOR);
	assert_int_equal(answer_verb(&s, 226), FTP_VERB_ABOR);
	assert_int_equal(s.command_count, 0);
}

static void test_a_command_waits_for_the_reply_to_the_last_one(void **state)
{
	static const enum ftp_verb urgent[] = {FTP_VERB_ABOR, FTP_VERB_STAT,
					       FTP_VERB_QUIT};
	static const enum ftp_verb transfers[] = {
		FTP_VERB_RETR, FTP_VERB_STOR, FTP_VERB_STOU, FTP_VERB_APPE,
		FTP_VERB_LIST, FTP_VERB_NLST, FTP_VERB_MLSD,
	};
	struct ftp_session s = {};

	(void)state;
	assert_false(ftp_queue_must_wait(&s, FTP_VERB_NOOP));
	push_verb(&s, FTP_VERB_NOOP);
	assert_true(ftp_queue_must_wait(&s, FTP_VERB_NOOP));
	for (int i = 0; i < 3; i++)
		assert_true(ftp_queue_must_wait(&s, urgent[i]));
	answer(&s, 200);
	assert_false(ftp_queue_must_wait(&s, FTP_VERB_NOOP));
	for (int t = 0; t < 7; t++) {
		push_verb(&s, transfers[t]);
		assert_true(ftp_queue_must_wait(&s, FTP_VERB_NOOP));
		assert_true(ftp_queue_must_wait(&s, transfers[t]));
		for (int i = 0; i < 3; i++)
			assert_false(ftp_queue_must_wait(&s, urgent[i]));
		answer(&s, 226);
		assert_false(ftp_queue_must_wait(&s, FTP_VERB_NOOP));
	}
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
		cmocka_unit_test(test_215_answers_syst_only),
		cmocka_unit_test(test_stat_leaves_the_transfer_it_asks_about),
		cmocka_unit_test(
			test_commands_that_are_no_transfer_take_their_21x_in_order),
		cmocka_unit_test(test_aborted_transfer_and_abor_are_answered_in_turn),
		cmocka_unit_test(test_a_command_waits_for_the_reply_to_the_last_one),
		cmocka_unit_test(test_oldest_command_is_forgotten_when_full),
		cmocka_unit_test(test_hole_of_a_command_is_told_from_its_successors),
	};

	return cmocka_run_group_tests_name("ftp_queue", tests, NULL, NULL);
}
