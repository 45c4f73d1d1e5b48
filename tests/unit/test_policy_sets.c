// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_sets.c - what objects, groups and lines stand for.
 */
#include <errno.h>
#include <netinet/in.h>

#include "policy/sets.h"
#include "tests/unit/policy_test.h"
#include "util/strbuf.h"

#define ASA   "ASA Version 9.1(1)\n" TWO_IFACES
#define BOUND "access-group a in interface outside\n"

/* The text that was printed into @out; caller frees. */
static char *stolen(struct strbuf *out)
{
	char *text = NULL;

	assert_int_equal(strbuf_steal(out, &text, NULL), 0);
	return text;
}

static bool in_set(const struct acl_prefix *set, uint32_t n, uint32_t addr)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t mask = set[i].len ? ~0u << (32 - set[i].len) : 0;

		if (set[i].family == ACL_IPV4 && (addr & mask) == (uint32_t)set[i].low)
			return true;
	}
	return false;
}

static bool has_service(const struct acl_line *line, unsigned int proto,
			unsigned int src_port, unsigned int dst_port)
{
	for (uint32_t i = 0; i < line->n_services; i++) {
		const struct acl_service *s = &line->services[i];

		if ((s->any_proto || s->proto == proto) && s->src_port_low <= src_port &&
		    src_port <= s->src_port_high && s->dst_port_low <= dst_port &&
		    dst_port <= s->dst_port_high)
			return true;
	}
	return false;
}

static void test_a_range_is_its_addresses_and_no_others(void **state)
{
	own_image image = compile_ok(TWO_IFACES
				     "object network r\n"
				     " range 10.0.0.7 10.0.1.90\n"
				     "access-list a permit ip object r any\n" BOUND);
	const struct acl_line *line = acl_line_at(image, 0, 0);
	const uint32_t first = 0x0a000007, last = 0x0a00015a;

	(void)state;
	for (uint32_t addr = first - 300; addr <= last + 300; addr++)
		assert_int_equal(in_set(line->src, line->n_src, addr),
				 addr >= first && addr <= last);
}

static void test_a_mask_with_zeros_among_its_ones_is_many_networks(void **state)
{
	own_image image = compile_ok(
		TWO_IFACES "object-group network g\n"
			   " network-object 10.0.0.0 255.255.240.240\n"
			   "access-list a permit ip 10.0.0.0 255.255.240.240 any\n"
			   "access-list a permit ip object-group g any\n" BOUND);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct acl_line *line = acl_line_at(image, 0, i);

		assert_int_equal(line->n_src, 16);
		for (uint32_t addr = 0x0a000000 - 70000; addr < 0x0a000000 + 70000;
		     addr++)
			assert_int_equal(in_set(line->src, line->n_src, addr),
					 (addr & 0xfffff0f0) == 0x0a000000);
	}
}

/* As a number, every IPv4 address lies in it. */
static void test_a_range_of_ipv6_holds_no_ipv4(void **state)
{
	own_image image = compile_ok(ASA "object network r\n"
					 " range ::fffe:0:0 ::1:0:0:0\n"
					 "access-list a permit ip object r any\n" BOUND);
	const struct acl_line *line = acl_line_at(image, 0, 0);

	(void)state;
	assert_int_equal(line->n_src, 2);
	for (uint32_t i = 0; i < line->n_src; i++)
		assert_int_equal(line->src[i].family, ACL_IPV6);
}

static void test_lines_share_the_sets_that_they_name(void **state)
{
	own_image image = compile_ok(
		TWO_IFACES "object-group network n\n network-object host 10.0.0.1\n"
			   " network-object host 10.0.0.2\n"
			   "object-group network m\n group-object n\n"
			   "object-group service p tcp\n port-object eq 80\n"
			   " port-object eq 443\n"
			   "access-list a permit tcp object-group n any object-group p\n"
			   "access-list a deny tcp any object-group m object-group p\n"
			   "access-list a permit tcp object-group n any eq 80\n" BOUND);
	const struct acl_line *first = acl_line_at(image, 0, 0);
	const struct acl_line *second = acl_line_at(image, 0, 1);

	(void)state;
	assert_ptr_equal(first->src, second->dst);
	assert_ptr_equal(first->services, second->services);
	assert_ptr_equal(first->src, acl_line_at(image, 0, 2)->src);
	assert_int_equal(first->n_src, 2);
	assert_int_equal(first->n_services, 2);
}

static void test_a_line_of_one_family_has_that_part_of_a_group(void **state)
{
	own_image image = compile_ok(
		ASA "object-group network n\n network-object 2001:db8::/32\n"
		    " network-object host 10.0.0.1\n network-object host 2001:db9::1\n"
		    "access-list a permit ip object-group n any\n"
		    "access-list a permit ip object-group n any4\n"
		    "access-list a permit icmp6 object-group n any\n" BOUND);
	const struct acl_line *both = acl_line_at(image, 0, 0);
	const struct acl_line *four = acl_line_at(image, 0, 1);
	const struct acl_line *six = acl_line_at(image, 0, 2);

	(void)state;
	assert_int_equal(both->n_src, 3);
	assert_int_equal(both->n_dst, 2);
	assert_int_equal(four->n_src, 1);
	assert_int_equal(four->src[0].family, ACL_IPV4);
	assert_int_equal(six->n_src, 2);
	assert_int_equal(six->src[0].family, ACL_IPV6);
	assert_int_equal(six->n_dst, 1);
	assert_int_equal(six->dst[0].family, ACL_IPV6);
}

static void test_what_groups_repeat_does_not_add_up(void **state)
{
	struct strbuf out = {0};
	char *text cleanup_free_ = NULL;

	(void)state;
	strbuf_puts(&out, TWO_IFACES "object-group network g0\n"
				     " network-object 10.0.0.0 255.0.0.0\n"
				     " network-object host 10.0.0.1\n"
				     " network-object host 192.0.2.1\n");
	/* 2^28 members, if they were counted as often as they are named */
	for (int i = 1; i <= 28; i++)
		strbuf_printf(&out,
			      "object-group network h%d\n group-object g%d\n"
			      " network-object host 192.0.2.1\n"
			      "object-group network g%d\n group-object h%d\n"
			      " group-object g%d\n",
			      i, i - 1, i, i, i - 1);
	strbuf_puts(&out, "access-list a permit ip object-group g28 any\n" BOUND);
	text = stolen(&out);
	{
		own_image image = compile_ok(text);

		assert_int_equal(acl_line_at(image, 0, 0)->n_src, 2);
	}
}

static void test_services_are_products_or_groups(void **state)
{
	own_image image = compile_ok(
		TWO_IFACES
		"object-group protocol tu\n protocol-object tcp\n protocol-object udp\n"
		"object-group service s\n service-object tcp source gt 1023 destination "
		"eq "
		"80\n service-object tcp-udp destination eq 53\n service-object icmp "
		"echo\n"
		" service-object esp\n"
		"object-group icmp-type t\n icmp-object echo\n icmp-object 3\n"
		"access-list a permit object-group tu any any eq 53\n"
		"access-list a permit object-group s any any\n"
		"access-list a permit icmp any any object-group t\n"
		"access-list a permit tcp any any neq 25\n" BOUND);
	const struct acl_line *line = acl_line_at(image, 0, 0);

	(void)state;
	assert_int_equal(line->n_services, 2);
	assert_true(has_service(line, IPPROTO_TCP, 1, 53));
	assert_true(has_service(line, IPPROTO_UDP, 1, 53));
	assert_false(has_service(line, IPPROTO_UDP, 53, 54));
	assert_false(has_service(line, IPPROTO_SCTP, 1, 53));
	line = acl_line_at(image, 0, 1);
	assert_true(has_service(line, IPPROTO_TCP, 1024, 80));
	assert_false(has_service(line, IPPROTO_TCP, 1023, 80));
	assert_false(has_service(line, IPPROTO_UDP, 1024, 80));
	assert_true(has_service(line, IPPROTO_UDP, 9, 53));
	assert_true(has_service(line, IPPROTO_TCP, 9, 53));
	assert_true(has_service(line, IPPROTO_ICMP, 0, 8 << 8 | 7));
	assert_false(has_service(line, IPPROTO_ICMP, 0, 9 << 8));
	assert_true(has_service(line, IPPROTO_ESP, 0, 0));
	line = acl_line_at(image, 0, 2);
	assert_true(has_service(line, IPPROTO_ICMP, 0, 8 << 8));
	assert_true(has_service(line, IPPROTO_ICMP, 0, 3 << 8 | 255));
	assert_false(has_service(line, IPPROTO_ICMP, 0, 4 << 8));
	line = acl_line_at(image, 0, 3);
	assert_false(has_service(line, IPPROTO_TCP, 0, 25));
	assert_true(has_service(line, IPPROTO_TCP, 0, 24));
	assert_true(has_service(line, IPPROTO_TCP, 0, 26));
}

static void test_an_interface_is_its_own_address(void **state)
{
	own_image image = compile_ok(
		TWO_IFACES "ip address outside 192.0.2.1 255.255.255.0\n"
			   "access-list a permit ip any interface outside\n"
			   "access-list a permit ip any interface inside\n" BOUND);

	(void)state;
	assert_int_equal(acl_line_at(image, 0, 0)->n_dst, 1);
	assert_prefix(acl_line_at(image, 0, 0)->dst, "192.0.2.1/32");
	assert_int_equal(acl_line_at(image, 0, 1)->n_dst, 0);
}

/* Ports @first, @first + 2 ... */
static void put_ports(struct strbuf *out, const char *name, int first, int n)
{
	strbuf_printf(out, "object-group service %s tcp\n", name);
	for (int i = 0; i < n; i++)
		strbuf_printf(out, " port-object eq %d\n", first + 2 * i);
}

static void test_too_large_a_product_is_refused_with_a_figure(void **state)
{
	struct strbuf out = {0};
	char *text cleanup_free_ = NULL;
	own_diags diags = {0};
	struct policy_image *image = NULL;

	(void)state;
	strbuf_puts(&out, TWO_IFACES);
	put_ports(&out, "p", 1, 1100);
	put_ports(&out, "q", 1, 1000);
	strbuf_puts(
		&out,
		"access-list a permit ip any any\n"
		"access-list a permit tcp any object-group p any object-group q\n" BOUND);
	text = stolen(&out);
	{
		own_policy policy = parse_ok(text);

		assert_int_equal(policy_compile(policy, &image, &diags), -E2BIG);
	}
	assert_null(image);
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].code, "E0705");
	assert_non_null(strstr(diags.items[0].message, "line 2106"));
	assert_non_null(strstr(diags.items[0].message, "1048576"));
}

/* 50 million pairs, in one line. */
static void test_large_groups_are_not_multiplied(void **state)
{
	struct strbuf out = {0};
	char *text cleanup_free_ = NULL;

	(void)state;
	strbuf_puts(&out, TWO_IFACES "object-group network s\n");
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&out, " network-object host 10.%d.%d.%d\n", i / 100,
			      i % 100, i * 7 % 250);
	strbuf_puts(&out, "object-group network d\n");
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&out, " network-object host 172.16.%d.%d\n", i / 200,
			      i % 200 + 1);
	put_ports(&out, "p", 1000, 50);
	strbuf_puts(&out, "access-list a permit tcp object-group s object-group d "
			  "object-group p\n" BOUND);
	text = stolen(&out);
	{
		own_image image = compile_ok(text);

		assert_int_equal(acl_line_at(image, 0, 0)->n_src, 1000);
		assert_int_equal(acl_line_at(image, 0, 0)->n_dst, 1000);
		assert_int_equal(acl_line_at(image, 0, 0)->n_services, 50);
		assert_in_range(acl_image_bytes(&image->acl), 1, 1 << 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_range_is_its_addresses_and_no_others),
		cmocka_unit_test(test_a_mask_with_zeros_among_its_ones_is_many_networks),
		cmocka_unit_test(test_a_range_of_ipv6_holds_no_ipv4),
		cmocka_unit_test(test_lines_share_the_sets_that_they_name),
		cmocka_unit_test(test_a_line_of_one_family_has_that_part_of_a_group),
		cmocka_unit_test(test_what_groups_repeat_does_not_add_up),
		cmocka_unit_test(test_services_are_products_or_groups),
		cmocka_unit_test(test_an_interface_is_its_own_address),
		cmocka_unit_test(test_too_large_a_product_is_refused_with_a_figure),
		cmocka_unit_test(test_large_groups_are_not_multiplied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
