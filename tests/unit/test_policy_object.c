// SPDX-License-Identifier: GPL-2.0
/* test_policy_object.c - network objects and their translations, compiled. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/policy_test.h"

#define BIND "access-group a in interface outside\n"

static void assert_ip(const struct ph_addr *addr, const char *text)
{
	struct in6_addr expected;

	assert_int_equal(inet_pton(AF_INET6, text, &expected), 1);
	assert_memory_equal(addr, &expected, sizeof(expected));
}

static void object_nat_is_static_nat_whose_lists_match_real_addresses(void **state)
{
	own_image old = compile_ok(TWO_IFACES
				   "static (inside,outside) 192.0.2.0 10.0.0.0 netmask "
				   "255.255.255.128\n");
	own_image new = compile_ok(
		TWO_IFACES "object network n\n"
			   " nat (inside,outside) static 192.0.2.0\n"
			   "object network n\n subnet 10.0.0.0 255.255.255.128\n");

	(void)state;
	assert_int_equal(old->config.flags, 0);
	assert_int_equal(new->config.flags, CONFIG_F_REAL_LISTS);
	assert_int_equal(new->n_nats, 1);
	assert_memory_equal(new->nats, old->nats, sizeof(*old->nats));
}

static void ipv6_is_translated_by_its_prefix(void **state)
{
	own_image image = compile_ok(TWO_IFACES
				     "object network n\n subnet 2001:db8:a::/48\n"
				     " nat (inside,outside) static 2001:db8:b::\n"
				     "object network h\n host fd00::1\n"
				     " nat (inside,outside) static 2001:db8::1\n");
	const struct policy_image_nat *nat = image->nats;

	(void)state;
	assert_int_equal(image->n_nats, 2);
	/* the smaller object is asked first */
	assert_int_equal(nat->in_key.prefixlen, 32 + 128);
	assert_int_equal(nat->out_key.prefixlen, 64 + 128);
	assert_ip(&nat->in_key.addr, "2001:db8::1");
	assert_ip(&nat->in_value.net, "fd00::1");
	nat++;
	assert_int_equal(nat->in_key.prefixlen, 32 + 48);
	assert_int_equal(nat->in_key.mapped_if, 1);
	assert_ip(&nat->in_key.addr, "2001:db8:b::");
	assert_ip(&nat->in_value.net, "2001:db8:a::");
	assert_ip(&nat->in_value.mask, "ffff:ffff:ffff::");
	assert_int_equal(nat->in_value.real_if, 2);
	assert_int_equal(nat->in_value.mapped_if, 1);
	assert_int_equal(nat->in_value.proxy_arp, 1);
	assert_int_equal(nat->out_key.prefixlen, 64 + 48);
	assert_int_equal(nat->out_key.real_if, 2);
	assert_int_equal(nat->out_key.mapped_if, 1);
	assert_ip(&nat->out_key.addr, "2001:db8:a::");
	assert_ip(&nat->out_value.net, "2001:db8:b::");
	assert_ip(&nat->out_value.mask, "ffff:ffff:ffff::");
}

static void mapped_object_stands_for_its_address(void **state)
{
	own_image by_name = compile_ok(TWO_IFACES
				       "object network n\n subnet 2001:db8:a::/64\n"
				       " nat (inside,outside) static m\n"
				       "object network m\n subnet 2001:db8:b::/64\n");
	own_image by_address =
		compile_ok(TWO_IFACES "object network n\n subnet 2001:db8:a::/64\n"
				      " nat (inside,outside) static 2001:db8:b::/64\n");

	(void)state;
	assert_memory_equal(by_name->nats, by_address->nats, sizeof(*by_name->nats));
}

static void nobody_answers_arp_for_what_needs_none(void **state)
{
	own_image image = compile_ok(
		TWO_IFACES "object network a\n host 10.0.0.1\n"
			   " nat (inside,outside) static 192.0.2.1\n"
			   "object network b\n host 10.0.0.2\n"
			   " nat (inside,outside) static 192.0.2.2 no-proxy-arp\n"
			   "object network c\n host 10.0.0.3\n"
			   " nat (inside,outside) static c\n");

	(void)state;
	assert_int_equal(image->nats[0].in_value.proxy_arp, 1);
	assert_int_equal(image->nats[1].in_value.proxy_arp, 0);
	assert_int_equal(image->nats[2].in_value.proxy_arp, 0);
}

static void object_in_a_list_stands_for_its_address(void **state)
{
	/* Used before it is declared. */
	own_image image = compile_ok(TWO_IFACES BIND
				     "access-list a permit tcp object n object h eq 21\n"
				     "access-list a permit ip any object n6\n"
				     "object network n\n subnet 10.0.0.0 255.0.0.0\n"
				     "object network h\n host 192.0.2.1\n"
				     "object network n6\n subnet 2001:db8::/32\n");
	const struct acl_line *line = acl_line_at(image, 0, 0);

	(void)state;
	assert_int_equal(image->n_acl_lines, 2);
	assert_int_equal(image->config.flags, 0); /* objects alone change nothing */
	assert_prefixes(line[0].src, line[0].n_src, "10.0.0.0/8");
	assert_prefixes(line[0].dst, line[0].n_dst, "192.0.2.1/32");
	assert_prefixes(line[1].src, line[1].n_src, "::/0");
	assert_prefixes(line[1].dst, line[1].n_dst, "2001:db8::/32");
	assert_true(line[1].services->any_proto);
	assert_string_equal(image->lines[0].text,
			    "access-list a extended permit tcp object n object h eq ftp");
}

static void object_of_greatest_length_is_kept_whole(void **state)
{
	char name[64], text[512];
	char *printed cleanup_free_ = NULL;

	(void)state;
	memset(name, 'o', sizeof(name));
	name[63] = '\0';
	snprintf(text, sizeof(text),
		 "ASA Version 8.3\n" TWO_IFACES "object network %s\n host 10.0.0.1\n"
		 "access-list a extended permit ip any object %s\n" BIND
		 "object network %s\n nat (inside,outside) static 192.0.2.1\n",
		 name, name, name);
	printed = canonical(text);
	assert_string_equal(printed, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			object_nat_is_static_nat_whose_lists_match_real_addresses),
		cmocka_unit_test(ipv6_is_translated_by_its_prefix),
		cmocka_unit_test(mapped_object_stands_for_its_address),
		cmocka_unit_test(nobody_answers_arp_for_what_needs_none),
		cmocka_unit_test(object_in_a_list_stands_for_its_address),
		cmocka_unit_test(object_of_greatest_length_is_kept_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
