// SPDX-License-Identifier: GPL-2.0
/*
 * test_analysis_lines.c - which lines can never match: what is told is what counting
 * all packets of a small world says.
 */
#include "tests/unit/analysis_test.h"

/* ---- counting ---- */

struct count {
	const struct small_list *l;
	bool has[MAX_LINES];		       /* packets at all */
	bool reached[MAX_LINES];	       /* decides one */
	bool within[MAX_LINES][MAX_LINES];     /* [i][j]: all of i's are j's */
	const struct analysis_unreachable *of; /* whose union is asked for */
	bool uncovered;
};

static void count_packet(void *arg, const struct small_packet *p)
{
	struct count *c = arg;
	size_t first = small_first(&c->l->list, p);

	if (first < c->l->list.n_lines)
		c->reached[first] = true;
	for (size_t i = 0; i < c->l->list.n_lines; i++) {
		if (!small_matches(&c->l->lines[i], p))
			continue;
		c->has[i] = true;
		for (size_t j = 0; j < i; j++)
			c->within[i][j] &= small_matches(&c->l->lines[j], p);
	}
}

static void count_cover(void *arg, const struct small_packet *p)
{
	struct count *c = arg;
	bool covered = false;

	if (!small_matches(&c->l->lines[c->of->line->acl_line], p))
		return;
	for (size_t i = 0; i < c->of->n_by; i++)
		covered |= small_matches(&c->l->lines[c->of->by[i]->acl_line], p);
	c->uncovered |= !covered;
}

static size_t first_cover(const struct count *c, size_t line)
{
	size_t j = 0;

	while (j < line && !c->within[line][j])
		j++;
	return j;
}

static enum analysis_effect effect_of(const struct small_list *l,
				      const struct analysis_unreachable *it)
{
	bool permit = l->lines[it->line->acl_line].permit;
	size_t n_same = 0;

	for (size_t i = 0; i < it->n_by; i++)
		n_same += l->lines[it->by[i]->acl_line].permit == permit;
	return n_same == it->n_by ? ANALYSIS_SAME
	       : n_same		  ? ANALYSIS_MIXED
				  : ANALYSIS_OPPOSITE;
}

static void check_found(struct count *c, const struct analysis_unreachable *it)
{
	size_t line = it->line->acl_line, one = first_cover(c, line);

	assert_true(it->n_by >= 1);
	for (size_t i = 0; i < it->n_by; i++) {
		assert_in_range(it->by[i]->acl_line, 0, line - 1);
		if (i)
			assert_true(it->by[i]->acl_line > it->by[i - 1]->acl_line);
	}
	if (one < line) {
		assert_int_equal(it->n_by, 1);
		assert_int_equal(it->by[0]->acl_line, one);
	} else {
		assert_true(it->n_by > 1);
	}
	assert_int_equal(it->effect, effect_of(c->l, it));
}

static void check_list(const struct small_list *l, uint32_t families)
{
	struct analysis_lines *lines = NULL;
	struct count c = {.l = l};
	size_t n = 0;

	memset(c.within, 1, sizeof(c.within));
	small_each(families, count_packet, &c);
	assert_int_equal(policy_analyse_lines(&l->image, &lines), 0);
	assert_int_equal(lines->n_unknown, 0);
	assert_int_equal(lines->n_examined, l->list.n_lines);
	for (size_t i = 0; i < l->list.n_lines; i++) {
		if (!c.has[i] || c.reached[i])
			continue;
		assert_true(n < lines->count);
		assert_int_equal(lines->items[n].line->acl_line, i);
		check_found(&c, &lines->items[n]);
		c.of = &lines->items[n++];
		c.uncovered = false;
		small_each(families, count_cover, &c);
		assert_false(c.uncovered);
	}
	assert_int_equal(n, lines->count);
	analysis_lines_free(lines);
}

static void random_lists(uint32_t families, int times)
{
	struct small_list l;

	for (int i = 0; i < times; i++) {
		small_make(&l, MAX_LINES - rnd(3), families);
		check_list(&l, families);
	}
}

static void lines_of_ipv4_are_unreachable_exactly_if_they_decide_nothing(void **state)
{
	(void)state;
	random_lists(0, 400);
}

static void lines_of_ipv6_are_unreachable_exactly_if_they_decide_nothing(void **state)
{
	(void)state;
	random_lists(1, 80);
}

static void lines_of_both_families_are_covered_in_both(void **state)
{
	(void)state;
	random_lists(2, 80);
}

/* ---- the test is worth something: all of it occurs ---- */

static void every_kind_of_cover_occurs(void **state)
{
	size_t by_one = 0, by_several = 0, effects[3] = {0};
	struct small_list l;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct analysis_lines *lines = NULL;

		small_make(&l, MAX_LINES, 0);
		assert_int_equal(policy_analyse_lines(&l.image, &lines), 0);
		for (size_t j = 0; j < lines->count; j++) {
			by_one += lines->items[j].n_by == 1;
			by_several += lines->items[j].n_by > 1;
			effects[lines->items[j].effect]++;
		}
		analysis_lines_free(lines);
	}
	assert_true(by_one > 1000);
	assert_true(by_several > 50);
	for (int i = 0; i < 3; i++)
		assert_true(effects[i] > 10);
}

/* ---- the size of what is said ---- */

static void a_thousand_hosts_cover_a_network(void **state)
{
	enum { N = 1024 };
	static struct acl_prefix hosts[N + 1], any = {.family = ACL_IPV4};
	static struct acl_service ip = {
		.any_proto = true, .src_port_high = 65535, .dst_port_high = 65535};
	static struct acl_line lines[N + 1];
	static struct policy_image_line shown[N + 1];
	struct acl_list list = {lines, N + 1};
	struct policy_image image = {.lines = shown,
				     .n_lines = N + 1,
				     .n_acl_lines = N + 1,
				     .acl_lists = &list,
				     .n_acl_lists = 1};
	struct analysis_lines *found = NULL;

	(void)state;
	for (uint32_t i = 0; i <= N; i++) {
		hosts[i] = (struct acl_prefix){
			.low = V4_BASE | (i % N), .len = 32, .family = ACL_IPV4};
		lines[i] = (struct acl_line){.src = &any,
					     .dst = &hosts[i],
					     .services = &ip,
					     .n_src = 1,
					     .n_dst = 1,
					     .n_services = 1,
					     .number = i,
					     .permit = i % 2};
		shown[i].acl_line = i;
	}
	hosts[N].len = 22;
	assert_int_equal(policy_analyse_lines(&image, &found), 0);
	assert_int_equal(found->count, 1);
	assert_int_equal(found->items[0].n_by, N);
	assert_int_equal(found->items[0].effect, ANALYSIS_MIXED);
	analysis_lines_free(found);

	/* One host less, and it is reached. */
	hosts[77].low = V4_BASE | 76;
	found = NULL;
	assert_int_equal(policy_analyse_lines(&image, &found), 0);
	assert_int_equal(found->count, 1);
	assert_int_equal(found->items[0].line->acl_line, 77);
	assert_int_equal(found->items[0].by[0]->acl_line, 76);
	assert_int_equal(found->items[0].effect, ANALYSIS_OPPOSITE);
	analysis_lines_free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			lines_of_ipv4_are_unreachable_exactly_if_they_decide_nothing),
		cmocka_unit_test(
			lines_of_ipv6_are_unreachable_exactly_if_they_decide_nothing),
		cmocka_unit_test(lines_of_both_families_are_covered_in_both),
		cmocka_unit_test(every_kind_of_cover_occurs),
		cmocka_unit_test(a_thousand_hosts_cover_a_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
