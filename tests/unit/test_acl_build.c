// SPDX-License-Identifier: GPL-2.0
/*
 * test_acl_build.c - promises of acl.h: what an image holds, what is refused and how,
 * and the rules by which a line may hide another. That large lists are answered
 * rightly is proven by test_acl_proof.c.
 */
#include "acl_build_test.h"

/* ---- what an image holds ---- */

static void test_lists_without_lines_have_no_header(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	const struct acl_list lists[] = {{NULL, 0}, {lines->line, 1}};
	struct acl_image image cleanup_(acl_image_free) = {0};

	(void)state;
	add_any(lines, any_ip, true)->n_services = 0;
	assert_int_equal(acl_image_build(NULL, 0, NULL, &image, NULL), 0);
	acl_image_free(&image);
	assert_int_equal(acl_image_build(lists, 2, NULL, &image, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(image.roots[i].v4, 0);
		assert_int_equal(image.roots[i].v6, 0);
	}
}

static void test_headers_stay_where_they_are_when_lists_grow(void **state)
{
	struct lines *small cleanup_free_ = lines_new();
	struct lines *large cleanup_free_ = lines_new();
	struct acl_image before cleanup_(acl_image_free) = {0};
	struct acl_image after cleanup_(acl_image_free) = {0};
	struct acl_list lists[2];

	(void)state;
	add_crowd(small, 3);
	add_crowd(large, 300);
	lists[0] = list_of(small);
	lists[1] = list_of(small);
	assert_int_equal(acl_image_build(lists, 2, NULL, &before, NULL), 0);
	lists[0] = list_of(large);
	assert_int_equal(acl_image_build(lists, 2, NULL, &after, NULL), 0);
	assert_memory_equal(before.roots, after.roots, 2 * sizeof(*before.roots));
	assert_int_equal(before.words[0], 0);
	assert_int_equal(after.words[0], 0);
}

static void test_eight_lines_are_scanned_without_tables(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	const uint64_t *header;

	(void)state;
	add_crowd(lines, 8);
	image = build(lines);
	header = image.words + image.roots[0].v4;
	assert_int_not_equal(header[ACL_H_ALWAYS], 0);
	assert_int_equal(header[ACL_H_SRC] | header[ACL_H_DST] | header[ACL_H_TABLES], 0);
	assert_int_equal(image.figures[0][ACL_IPV4].tables, 0);
	assert_int_equal(image.figures[0][ACL_IPV4].worst_probes, 0);
}

static void test_tables_stand_in_order_of_their_lines(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	const uint64_t *tables;
	uint32_t n;

	(void)state;
	for (uint32_t i = 0; i < 4000; i++)
		add(lines, net4(i << 20, i % 13), net4(i << 19, (i * 7) % 14), any_ip,
		    true);
	for (uint32_t i = 0; i < 4000; i++) {
		struct acl_prefix *src = &lines->src[i], *dst = &lines->dst[i];

		src->low = src->len ? src->low >> (32 - src->len) << (32 - src->len) : 0;
		dst->low = dst->len ? dst->low >> (32 - dst->len) << (32 - dst->len) : 0;
	}
	image = build(lines);
	n = image.figures[0][ACL_IPV4].tables;
	tables = image.words + image.words[image.roots[0].v4 + ACL_H_TABLES];
	assert_in_range(n, 2, ACL_MAX_TABLES);
	for (uint32_t i = 1; i < n; i++)
		assert_true(ACL_T_LINE(tables[i - 1]) < ACL_T_LINE(tables[i]));
}

static void assert_same(const struct acl_image *a, const struct acl_image *b)
{
	assert_int_equal(a->n_words, b->n_words);
	assert_int_equal(a->n_rules4, b->n_rules4);
	assert_memory_equal(a->words, b->words, a->n_words * sizeof(*a->words));
	assert_memory_equal(a->rules4, b->rules4, a->n_rules4 * sizeof(*a->rules4));
}

static void test_equal_lists_give_equal_images_whatever_came_before(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct lines *copy cleanup_free_ = lines_new();
	struct acl_image first cleanup_(acl_image_free) = {0};
	struct acl_image second cleanup_(acl_image_free) = {0};
	struct acl_prefix group[3] = {net4(1, 32), net4(7, 32), net4(9, 32)};
	struct acl_prefix same_group[3];

	(void)state;
	add_crowd(lines, 2000);
	lines->line[5].src = group;
	lines->line[5].n_src = 3;
	first = build(lines);
	/* Elsewhere in memory, from a heap that was used. */
	memcpy(same_group, group, sizeof(group));
	add_crowd(copy, 2000);
	copy->line[5].src = same_group;
	copy->line[5].n_src = 3;
	second = build(copy);
	assert_same(&first, &second);
}

static void test_ten_thousand_hosts_take_less_than_a_hundred_bytes_each(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};

	(void)state;
	for (uint32_t i = 0; i < MAX_LINES; i++)
		add(lines, net4(i * 2654435761u, 32), net4(i * 2246822519u, 32),
		    tcp_to((uint16_t)i, (uint16_t)i), true);
	image = build(lines);
	assert_true(acl_image_bytes(&image) < 100ul * MAX_LINES);
}

/* ---- what is refused ---- */

static int build_list(const struct lines *lines, const struct acl_limits *limits,
		      struct acl_refusal *why)
{
	const struct acl_list lists[] = {{NULL, 0}, list_of(lines)};
	struct acl_image image = {.n_words = 77};
	int err = acl_image_build(lists, 2, limits, &image, why);

	if (err)
		assert_int_equal(image.n_words, 77);
	else
		acl_image_free(&image);
	return err;
}

static void test_too_small_a_limit_is_told_with_its_figures(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_limits limits = {1 << 20, 99, 1 << 20};
	struct acl_refusal why = {0};

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		add(lines, net4(i, 32), net4(i, 32), any_ip, true);
	assert_int_equal(build_list(lines, &limits, &why), -E2BIG);
	assert_int_equal(why.list, 1);
	assert_non_null(why.what);
	assert_int_equal(why.limit, 99);
	assert_true(why.needed > 99);

	limits = (struct acl_limits){45, 1000, 1000};
	for (uint32_t i = 0; i < 1000; i++)
		add(lines, net4(i * 7919, 32), net4(i, 32), any_ip, true);
	limits.rules4 = 5000;
	assert_int_equal(build_list(lines, &limits, &why), -E2BIG);
	assert_string_equal(why.what, "words");
	assert_int_equal(why.limit, 45);
	assert_true(why.needed > 45);
}

static void test_limits_are_of_all_lists_together(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	const struct acl_limits limits = {1 << 20, 150, 0};
	struct acl_image image cleanup_(acl_image_free) = {0};
	struct acl_refusal why = {0};
	struct acl_list lists[2];

	(void)state;
	add_crowd(lines, 100);
	lists[0] = lists[1] = list_of(lines);
	assert_int_equal(acl_image_build(lists, 1, &limits, &image, &why), 0);
	acl_image_free(&image);
	assert_int_equal(acl_image_build(lists, 2, &limits, &image, &why), -E2BIG);
	assert_string_equal(why.what, "IPv4 rules");
	assert_int_equal(why.list, 1);
	assert_int_equal(why.limit, 150);
	assert_true(why.needed > 150);
}

static void test_lists_just_within_their_limits_are_built(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	struct acl_limits limits;

	(void)state;
	add_crowd(lines, 1000);
	image = build(lines);
	/* Headers of one more list. */
	limits =
		(struct acl_limits){image.n_words + 2ul * ACL_H_WORDS, image.n_rules4, 0};
	assert_int_equal(build_list(lines, &limits, NULL), 0);
}

/* Lines that say the same but for the flags: no cut parts them, and none hides
 * another. */
static void add_flags(struct lines *lines, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct acl_service service = tcp_to(0, 65535);

		/* Both 0 is no condition. */
		service.cond = (uint16_t)((i + 1) & 4095) |
			       (i >= 4095 ? ACL_COND_ANY : 0);
		add_any(lines, service, i % 2);
	}
}

static void
test_more_equal_lines_than_a_leaf_may_have_live_in_several_tables(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};

	(void)state;
	add_flags(lines, 1200);
	image = build(lines);
	assert_true(image.figures[0][ACL_IPV4].leaf <= ACL_MAX_LEAF);
	for (uint32_t flags = 0; flags < 64; flags++) {
		uint32_t line = 0;

		/* Line i wants the lower six bits of i + 1 set, the upper ones clear. */
		while (line < 1200 &&
		       (((line + 1) & 63 & ~flags) | ((line + 1) >> 6 & flags)))
			line++;
		if (line == 1200)
			line = ACL_NO_LINE;
		assert_int_equal(first_line(&image, tcp_packet(1, 2, (uint8_t)flags)),
				 line);
	}
}

static void test_lines_that_nothing_parts_are_refused_with_the_figure(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_refusal why = {0};

	(void)state;
	add_flags(lines, 8000);
	assert_int_equal(build_list(lines, NULL, &why), -E2BIG);
	assert_string_equal(why.what, "rules in one leaf");
	assert_int_equal(why.list, 1);
	assert_int_equal(why.limit, ACL_MAX_LEAF);
	assert_true(why.needed > ACL_MAX_LEAF);
}

static void test_lines_that_break_the_contract_are_invalid(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_line *line;

	(void)state;
	add_any(lines, any_ip, true);
	line = add_any(lines, any_ip, true);
	assert_int_equal(build_list(lines, NULL, NULL), 0);

	line->number = 0;
	assert_int_equal(build_list(lines, NULL, NULL), -EINVAL);
	line->number = ACL_MAX_LINES;
	assert_int_equal(build_list(lines, NULL, NULL), -EINVAL);
	line->number = ACL_MAX_LINES - 1;
	assert_int_equal(build_list(lines, NULL, NULL), 0);

	lines->src[1] = net4(1, 31);
	assert_int_equal(build_list(lines, NULL, NULL), -EINVAL);
	lines->src[1] = net4(0, 33);
	assert_int_equal(build_list(lines, NULL, NULL), -EINVAL);
	lines->src[1] = net6(0, 1, 127);
	assert_int_equal(build_list(lines, NULL, NULL), -EINVAL);
	lines->src[1] = net6(1, 0, 63);
	assert_int_equal(build_list(lines, NULL, NULL), -EINVAL);
	lines->src[1] = net4(0, 0);

	lines->service[1] = tcp_to(9, 8);
	assert_int_equal(build_list(lines, NULL, NULL), -EINVAL);
	lines->service[1] = tcp_to(8, 9);
	lines->service[1].cond = ACL_COND_PORTS;
	assert_int_equal(build_list(lines, NULL, NULL), -EINVAL);
}

/* ---- which line answers ---- */

static void test_the_last_number_there_is_answers(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};

	(void)state;
	add_crowd(lines, 50);
	add_any(lines, any_ip, true)->number = ACL_MAX_LINES - 1;
	image = build(lines);
	assert_int_equal(first_line(&image, tcp_packet(1, 2, 0)), ACL_MAX_LINES - 1);
}

static void test_ranges_hide_no_later_line_from_fragments(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};

	(void)state;
	/* Single ports make a tree, in which a range fills the part of port 0. */
	for (uint16_t i = 0; i < 100; i++)
		add_any(lines, tcp_to(60000 + 50 * i, 60000 + 50 * i), true);
	add_any(lines, tcp_to(0, 65000), false);
	add_any(lines, tcp_to(0, 65000), false);
	add_any(lines, tcp_to(0, 65535), true);
	image = build(lines);
	assert_true(image.figures[0][ACL_IPV4].tree_steps > 0);
	assert_int_equal(first_line(&image, tcp_packet(0, 0, 0)), 100);
	assert_int_equal(first_line(&image, tcp_packet(0, 65001, 0)), 102);
	assert_int_equal(first_line(&image, later_fragment()), 102);
}

static void test_every_line_of_a_large_table_is_found(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};

	(void)state;
	add_crowd(lines, 5000);
	image = build(lines);
	for (uint32_t i = 0; i < lines->n; i++) {
		struct acl_native_key key = tcp_packet(1, 80, 0);

		key.src_low = lines->src[i].low + 200;
		key.dst_low = lines->dst[i].low;
		assert_int_equal(first_line(&image, key), i);
	}
}

static void test_ranges_that_make_up_all_ports_still_name_ports(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	const struct acl_service both[] = {tcp_to(0, 1023), tcp_to(1024, 65535)};
	struct acl_line *line;

	(void)state;
	line = add_any(lines, any_ip, false);
	line->services = both;
	line->n_services = 2;
	add_any(lines, any_ip, true);
	image = build(lines);
	assert_int_equal(first_line(&image, tcp_packet(9, 1023, 0)), 0);
	assert_int_equal(first_line(&image, tcp_packet(9, 1024, 0)), 0);
	assert_int_equal(first_line(&image, later_fragment()), 1);
}

static void test_conditions_hide_no_later_line(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	struct acl_service established = tcp_to(0, 65535);

	(void)state;
	established.cond = 0x14 | ACL_COND_ANY; /* ACK or RST */
	for (int i = 0; i < 5; i++) {
		struct acl_service fragments = any_ip;

		fragments.cond = ACL_COND_FRAGMENTS;
		add_any(lines, fragments, false);
		add_any(lines, established, true);
	}
	add_any(lines, any_ip, false);
	image = build(lines);
	assert_int_equal(first_line(&image, later_fragment()), 0);
	assert_int_equal(first_line(&image, tcp_packet(1, 2, 0x10)), 1);
	assert_int_equal(first_line(&image, tcp_packet(1, 2, 0x02)), 10);
}

static void test_equal_conditions_hide_one_another(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	struct acl_service fragments = any_ip;

	(void)state;
	fragments.cond = ACL_COND_FRAGMENTS;
	for (int i = 0; i < 500; i++)
		add_any(lines, fragments, i == 0);
	image = build(lines);
	assert_int_equal(image.n_rules4, 1);
	assert_int_equal(first_line(&image, later_fragment()), 0);
	assert_int_equal(first_line(&image, tcp_packet(0, 0, 0)), ACL_NO_LINE);
}

static void test_any_protocol_is_every_port(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	struct acl_service narrow = tcp_to(80, 80);

	(void)state;
	narrow.any_proto = true;
	add_any(lines, narrow, true);
	image = build(lines);
	assert_int_equal(first_line(&image, tcp_packet(1, 2, 0)), 0);
	assert_int_equal(first_line(&image, later_fragment()), 0);
}

static void test_neq_is_two_ranges(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	const struct acl_service neq[] = {tcp_to(0, 79), tcp_to(81, 65535)};
	struct acl_line *line;

	(void)state;
	line = add_any(lines, any_ip, true);
	line->services = neq;
	line->n_services = 2;
	image = build(lines);
	assert_int_equal(first_line(&image, tcp_packet(1, 79, 0)), 0);
	assert_int_equal(first_line(&image, tcp_packet(1, 80, 0)), ACL_NO_LINE);
	assert_int_equal(first_line(&image, tcp_packet(1, 81, 0)), 0);
}

static void test_products_pair_addresses_of_one_family(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	const struct acl_prefix src[] = {net4(0x0a000001, 32), net6(1, 0, 128)};
	const struct acl_prefix dst[] = {net4(0xc0000201, 32), net6(2, 0, 128)};
	struct acl_native_key six = {.src_high = 1, .dst_high = 2, .family = ACL_IPV6};
	struct acl_line *line;

	(void)state;
	line = add_any(lines, any_ip, true);
	line->src = src;
	line->n_src = 1;
	line->dst = dst + 1;
	line->n_dst = 1;
	line = add_any(lines, any_ip, true);
	line->src = src;
	line->n_src = 2;
	line->dst = dst;
	line->n_dst = 2;
	image = build(lines);
	assert_int_equal(first_line(&image, tcp_packet(1, 2, 0)), 1);
	assert_int_equal(first_line(&image, six), 1);
	assert_int_equal(image.n_rules4, 1);
	assert_int_equal(image.n_rules6, 1);
	six.dst_high = 3;
	assert_int_equal(first_line(&image, six), ACL_NO_LINE);
}

/* ---- the worst case ---- */

/* In BPF, measured: what a probe, a step and a compared rule take, cold. */
static uint32_t worst_ns(const struct acl_figures *figures)
{
	return 60 * figures->worst_probes + 10 * figures->worst_nodes +
	       5 * figures->worst_rules;
}

static void test_all_pairs_of_nested_prefixes_stay_below_4_us(void **state)
{
	struct lines *lines cleanup_free_ = lines_new();
	struct acl_image image cleanup_(acl_image_free) = {0};
	uint32_t n = 0;

	(void)state;
	for (uint8_t src = 0; src <= 32; src++)
		for (uint8_t dst = 0; dst <= 32; dst++)
			for (uint16_t port = 0; port < 8; port++, n++)
				add(lines, net4(src ? ~0u << (32 - src) : 0, src),
				    net4(dst ? ~0u << (32 - dst) : 0, dst),
				    tcp_to((uint16_t)n, (uint16_t)n), true);
	image = build(lines);
	assert_in_range(worst_ns(&image.figures[0][ACL_IPV4]), 1, 4000);
	for (uint32_t i = 0; i < lines->n; i += 7) {
		struct acl_native_key key =
			tcp_packet(5, lines->service[i].dst_port_low, 0);

		key.src_low = key.dst_low = 0xffffffff;
		assert_int_equal(first_line(&image, key), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_without_lines_have_no_header),
		cmocka_unit_test(test_headers_stay_where_they_are_when_lists_grow),
		cmocka_unit_test(test_eight_lines_are_scanned_without_tables),
		cmocka_unit_test(test_tables_stand_in_order_of_their_lines),
		cmocka_unit_test(test_equal_lists_give_equal_images_whatever_came_before),
		cmocka_unit_test(
			test_ten_thousand_hosts_take_less_than_a_hundred_bytes_each),
		cmocka_unit_test(test_too_small_a_limit_is_told_with_its_figures),
		cmocka_unit_test(test_limits_are_of_all_lists_together),
		cmocka_unit_test(test_lists_just_within_their_limits_are_built),
		cmocka_unit_test(
			test_more_equal_lines_than_a_leaf_may_have_live_in_several_tables),
		cmocka_unit_test(
			test_lines_that_nothing_parts_are_refused_with_the_figure),
		cmocka_unit_test(test_lines_that_break_the_contract_are_invalid),
		cmocka_unit_test(test_the_last_number_there_is_answers),
		cmocka_unit_test(test_ranges_hide_no_later_line_from_fragments),
		cmocka_unit_test(test_every_line_of_a_large_table_is_found),
		cmocka_unit_test(test_ranges_that_make_up_all_ports_still_name_ports),
		cmocka_unit_test(test_conditions_hide_no_later_line),
		cmocka_unit_test(test_equal_conditions_hide_one_another),
		cmocka_unit_test(test_any_protocol_is_every_port),
		cmocka_unit_test(test_neq_is_two_ranges),
		cmocka_unit_test(test_products_pair_addresses_of_one_family),
		cmocka_unit_test(test_all_pairs_of_nested_prefixes_stay_below_4_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
