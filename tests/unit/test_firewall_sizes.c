// SPDX-License-Identifier: GPL-2.0
/*
 * Sizes of the tables: what suits a machine, and what may be asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Part of libfirewall, which unit tests do not link; the file itself is pure. */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "loader/firewall/sizes.c"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static void assert_default(uint64_t memory, uint32_t connections, uint32_t half_open,
			   uint32_t acl_lines)
{
	struct fw_sizes sizes;

	sizes_by_memory(memory, &sizes);
	assert_int_equal(sizes.connections, connections);
	assert_int_equal(sizes.half_open, half_open);
	assert_int_equal(sizes.acl_lines, acl_lines);
	assert_null(sizes_out_of_range(&sizes));
}

static void tables_grow_with_the_memory_within_bounds(void **state)
{
	(void)state;
	assert_default(0, 65536, 32768, 16384);
	assert_default(128 * MIB, 65536, 32768, 16384);
	assert_default(GIB, 65536, 32768, 16384);
	assert_default(2 * GIB, 131072, 65536, 32768);
	assert_default(3 * GIB, 131072, 65536, 32768);
	assert_default(4 * GIB - 1, 131072, 65536, 32768);
	assert_default(8 * GIB, 524288, 262144, 131072);
	assert_default(24 * GIB, 1048576, 262144, 131072);
	assert_default(UINT64_MAX, 1048576, 262144, 131072);
}

static void zero_leaves_the_choice_to_the_machine(void **state)
{
	const struct fw_sizes none = {0};

	(void)state;
	assert_null(sizes_out_of_range(&none));
}

static void each_table_has_its_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES_N_TABLES; i++) {
		const struct sizes_table *table = &sizes_tables[i];
		struct fw_sizes sizes = {0};

		sizes_set(&sizes, table, table->low);
		assert_int_equal(sizes_get(&sizes, table), table->low);
		assert_null(sizes_out_of_range(&sizes));
		sizes_set(&sizes, table, table->high);
		assert_null(sizes_out_of_range(&sizes));
		sizes_set(&sizes, table, table->low - 1);
		assert_ptr_equal(sizes_out_of_range(&sizes), table);
		sizes_set(&sizes, table, table->high + 1);
		assert_ptr_equal(sizes_out_of_range(&sizes), table);
	}
}

/* Else a connection at the limit could be refused for want of a watch. */
static void the_clock_has_room_for_all_it_watches(void **state)
{
	struct fw_sizes sizes = {.connections = 4194304, .holes = 4194304};

	(void)state;
	assert_int_equal(sizes_expiry(&sizes), 2 * 4194304 + PH_EXPIRY_SLACK);
}

/* ---- access lists and translations: five tables by one figure ---- */

static void what_one_generation_needs_is_what_there_is_room_for(void **state)
{
	(void)state;
	for (uint32_t lines = 1024; lines <= ACL_MAX_LINES; lines += 1009) {
		struct sizes_acl room = sizes_acl_room(lines);

		assert_int_equal(room.n[SIZES_ACL_LINES], lines);
		assert_int_equal(room.n[SIZES_ACL_WORDS], PH_ACL_WORDS(lines));
		assert_int_equal(room.n[SIZES_ACL_RULES4], PH_ACL_RULES4(lines));
		assert_int_equal(room.n[SIZES_ACL_RULES6], PH_ACL_RULES6(lines));
		assert_int_equal(room.n[SIZES_NAT_RULES], PH_NAT_RULES(lines));
		assert_int_equal(sizes_acl_least(&room), lines);
		assert_int_equal(sizes_acl_lacks(&room, &room), SIZES_ACL_N);
	}
}

static void each_table_alone_can_be_too_small(void **state)
{
	const struct sizes_acl room = sizes_acl_room(2000);

	(void)state;
	for (size_t i = 0; i < SIZES_ACL_N; i++) {
		struct sizes_acl need = room;

		need.n[i]++;
		assert_int_equal(sizes_acl_lacks(&need, &room), i);
		assert_int_equal(sizes_acl_least(&need), 2001);
	}
}

static void maps_hold_two_generations_and_counters_for_both(void **state)
{
	(void)state;
	for (uint32_t lines = 1024; lines < 1200; lines++) {
		struct sizes_acl room = sizes_acl_room(lines);

		for (size_t i = 0; i < SIZES_ACL_N; i++) {
			enum sizes_acl_part part = (enum sizes_acl_part)i;
			uint32_t entries = sizes_acl_entries(part, lines);

			assert_int_equal(entries, 2 * room.n[i]);
			assert_int_equal(sizes_acl_lines_of(part, entries), lines);
		}
		assert_true((size_t)sizes_acl_blocks(lines) * ACL_BLOCK_COUNTERS >=
			    2ull * lines);
	}
	/* The largest does not overflow what a map's size is told in. */
	assert_int_equal(sizes_acl_entries(SIZES_ACL_WORDS, ACL_MAX_LINES),
			 2 * PH_ACL_WORDS((size_t)ACL_MAX_LINES));
}

static void what_is_sized_by_need_has_room_to_grow(void **state)
{
	struct sizes_acl need = {{0}};

	(void)state;
	assert_int_equal(sizes_acl_grown(&need), 1024);
	need.n[SIZES_ACL_LINES] = 100000;
	assert_int_equal(sizes_acl_grown(&need), 131072);
	need.n[SIZES_ACL_LINES] = 110000; /* less than a quarter would be left */
	assert_int_equal(sizes_acl_grown(&need), 262144);
	need.n[SIZES_ACL_WORDS] = PH_ACL_WORDS((size_t)300000);
	assert_int_equal(sizes_acl_grown(&need), 524288);
	need.n[SIZES_ACL_LINES] = ACL_MAX_LINES;
	assert_int_equal(sizes_acl_grown(&need), ACL_MAX_LINES);
	need.n[SIZES_ACL_WORDS] = PH_ACL_WORDS((size_t)ACL_MAX_LINES) + 1;
	assert_int_equal(sizes_acl_grown(&need), ACL_MAX_LINES);
	assert_true(sizes_acl_least(&need) > ACL_MAX_LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_grow_with_the_memory_within_bounds),
		cmocka_unit_test(zero_leaves_the_choice_to_the_machine),
		cmocka_unit_test(each_table_has_its_range),
		cmocka_unit_test(the_clock_has_room_for_all_it_watches),
		cmocka_unit_test(what_one_generation_needs_is_what_there_is_room_for),
		cmocka_unit_test(each_table_alone_can_be_too_small),
		cmocka_unit_test(maps_hold_two_generations_and_counters_for_both),
		cmocka_unit_test(what_is_sized_by_need_has_room_to_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
