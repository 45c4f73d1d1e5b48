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

static void assert_default(uint64_t memory, uint32_t connections, uint32_t half_open)
{
	struct fw_sizes sizes;

	sizes_by_memory(memory, &sizes);
	assert_int_equal(sizes.connections, connections);
	assert_int_equal(sizes.half_open, half_open);
	assert_null(sizes_out_of_range(&sizes));
}

static void tables_grow_with_the_memory_within_bounds(void **state)
{
	(void)state;
	assert_default(0, 65536, 32768);
	assert_default(128 * MIB, 65536, 32768);
	assert_default(GIB, 65536, 32768);
	assert_default(2 * GIB, 131072, 65536);
	assert_default(3 * GIB, 131072, 65536);
	assert_default(4 * GIB - 1, 131072, 65536);
	assert_default(8 * GIB, 524288, 262144);
	assert_default(24 * GIB, 1048576, 262144);
	assert_default(UINT64_MAX, 1048576, 262144);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_grow_with_the_memory_within_bounds),
		cmocka_unit_test(zero_leaves_the_choice_to_the_machine),
		cmocka_unit_test(each_table_has_its_range),
		cmocka_unit_test(the_clock_has_room_for_all_it_watches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
