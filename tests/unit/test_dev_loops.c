// SPDX-License-Identifier: GPL-2.0
/*
 * test_dev_loops.c - the build's own check for loops that Linux 6.1 refuses.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/dev/loops.h"

#define MOVE                                        \
	{                                           \
		.code = BPF_ALU64 | BPF_MOV | BPF_K \
	}
#define JUMP_IF(to)                                            \
	{                                                      \
		.code = BPF_JMP | BPF_JEQ | BPF_K, .off = (to) \
	}
#define JUMP(to)                                      \
	{                                             \
		.code = BPF_JMP | BPF_JA, .off = (to) \
	}
#define CALL(to)                                                                    \
	{                                                                           \
		.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = (to) \
	}
#define EXIT                               \
	{                                  \
		.code = BPF_JMP | BPF_EXIT \
	}

#define FIND(insns, from, to) \
	loops_find(insns, sizeof(insns) / sizeof((insns)[0]), from, to)

static void straight_code_is_taken(void **state)
{
	const struct bpf_insn insns[] = {MOVE, JUMP_IF(1), MOVE, EXIT};
	size_t from = 0, to = 0;

	(void)state;
	assert_int_equal(FIND(insns, &from, &to), 0);
}

static void a_loop_that_jumps_back_is_taken(void **state)
{
	const struct bpf_insn insns[] = {MOVE, MOVE, JUMP_IF(-2), EXIT};
	size_t from = 0, to = 0;

	(void)state;
	assert_int_equal(FIND(insns, &from, &to), 0);
}

/* Entered in its middle: the end of the loop's code is the instruction before. */
static void a_loop_whose_end_falls_into_its_beginning_is_found(void **state)
{
	const struct bpf_insn insns[] = {
		JUMP(1),     /* 0: to 2 */
		MOVE,	     /* 1: falls into 2 */
		MOVE,	     /* 2 */
		JUMP_IF(-3), /* 3: to 1 */
		EXIT,
	};
	size_t from = 0, to = 0;

	(void)state;
	assert_int_equal(FIND(insns, &from, &to), 1);
	assert_int_equal(from, 1);
	assert_int_equal(to, 2);
}

static void a_loop_in_a_called_function_is_found(void **state)
{
	const struct bpf_insn insns[] = {
		CALL(1), EXIT, JUMP(1), MOVE, JUMP_IF(-2), EXIT,
	};
	size_t from = 0, to = 0;

	(void)state;
	assert_int_equal(FIND(insns, &from, &to), 1);
	assert_int_equal(from, 3);
	assert_int_equal(to, 4);
}

static void code_walked_before_is_no_loop(void **state)
{
	/* Both ways meet in 3, which is walked once. */
	const struct bpf_insn insns[] = {JUMP_IF(1), JUMP(1), MOVE, MOVE, EXIT};
	size_t from = 0, to = 0;

	(void)state;
	assert_int_equal(FIND(insns, &from, &to), 0);
}

static void a_jump_out_of_the_program_is_an_error(void **state)
{
	const struct bpf_insn insns[] = {JUMP_IF(5), EXIT};
	size_t from = 0, to = 0;

	(void)state;
	assert_int_equal(FIND(insns, &from, &to), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(straight_code_is_taken),
		cmocka_unit_test(a_loop_that_jumps_back_is_taken),
		cmocka_unit_test(a_loop_whose_end_falls_into_its_beginning_is_found),
		cmocka_unit_test(a_loop_in_a_called_function_is_found),
		cmocka_unit_test(code_walked_before_is_no_loop),
		cmocka_unit_test(a_jump_out_of_the_program_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
