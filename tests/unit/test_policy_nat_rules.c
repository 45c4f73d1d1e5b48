// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_nat_rules.c - what becomes of packets by the translations of both
 * dialects, as they are compiled.
 */
#include "nat_test.h"

#define PIX                                \
	"nameif eth0 outside security0\n"  \
	"nameif eth1 inside security100\n" \
	"nameif eth2 dmz security50\n"     \
	"ip address outside 192.0.2.1 255.255.255.0\n"
#define ASA "ASA Version 9.1(2)\n" PIX

static bool has_rules(const struct policy_image *image, const char *iface)
{
	return image->ifaces[nat_iface(image, iface) - 1].config.flags &
	       IFACE_F_NAT_RULES;
}

static bool sees_nothing(const struct policy_image *image, const char *iface)
{
	return image->ifaces[nat_iface(image, iface) - 1].config.flags & IFACE_F_NAT_NONE;
}

static void interfaces_that_see_plain_statics_keep_the_tables(void **state)
{
	own_image image = compile_ok(
		PIX "static (inside,outside) 192.0.2.10 10.0.0.10\n"
		    "static (dmz,outside) 198.51.100.0 172.16.0.0 netmask 255.255.255.0\n"
		    "static (inside,dmz) tcp 172.16.0.5 www 10.0.0.10 8080\n");

	(void)state;
	assert_false(has_rules(image, "outside"));
	assert_true(has_rules(image, "dmz"));
	assert_false(has_rules(image, "inside"));
	assert_false(sees_nothing(image, "outside"));
	assert_false(sees_nothing(image, "dmz"));
	assert_true(sees_nothing(image, "inside")); /* and its packets ask no table */
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 192.0.2.10 7",
		  "10.0.0.10 7");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 198.51.100.7 7",
		  "172.16.0.7 7");
	assert_out(image, "dmz", "outside", IPPROTO_UDP, "172.16.0.7 9 > 1.1.1.1 7",
		   "198.51.100.7 9");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "172.16.0.7 9 > 1.1.1.1 7",
		   "172.16.0.7 9 -");
}

static void one_port_is_translated_and_all_others_are_left_alone(void **state)
{
	own_image image = compile_ok(
		PIX "static (inside,outside) tcp 192.0.2.10 www 10.0.0.10 8080\n"
		    "static (inside,outside) tcp interface 2222 10.0.0.11 ssh\n"
		    "static (inside,outside) udp 192.0.2.10 domain 10.0.0.12 domain\n");

	(void)state;
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.10 80",
		  "10.0.0.10 8080");
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.10 8080",
		  "192.0.2.10 8080 -");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 192.0.2.10 80",
		  "192.0.2.10 80 -");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 192.0.2.10 53",
		  "10.0.0.12 53");
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.1 2222",
		  "10.0.0.11 22");
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.1 22",
		  "192.0.2.1 22 -");
	assert_out(image, "inside", "outside", IPPROTO_TCP, "10.0.0.10 8080 > 1.1.1.1 9",
		   "192.0.2.10 80");
	assert_out(image, "inside", "outside", IPPROTO_TCP, "10.0.0.10 80 > 1.1.1.1 9",
		   "10.0.0.10 80 -");
	assert_out(image, "inside", "outside", IPPROTO_TCP, "10.0.0.11 22 > 1.1.1.1 9",
		   "192.0.2.1 2222");
	assert_out(image, "dmz", "outside", IPPROTO_TCP, "10.0.0.10 8080 > 1.1.1.1 9",
		   "10.0.0.10 8080 -");
}

static void mapped_addresses_are_answered_for_once_and_own_ones_never(void **state)
{
	own_image image = compile_ok(
		PIX "static (inside,outside) tcp 192.0.2.10 www 10.0.0.10 8080\n"
		    "static (inside,outside) tcp 192.0.2.10 smtp 10.0.0.11 smtp\n"
		    "static (inside,outside) tcp interface 2222 10.0.0.11 ssh\n"
		    "static (inside,outside) 10.0.0.30 10.0.0.30\n");

	(void)state;
	assert_int_equal(image->n_nats, 1);
	assert_int_equal(nat_word(&image->nats[0].in_key.addr), 0xc000020a);
	assert_int_equal(image->nats[0].in_value.proxy_arp, 1);
	assert_int_equal(image->nats[0].out_key.real_if, 0);
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 10.0.0.30 80",
		  "10.0.0.30 80 stays");
}

static void lists_say_to_whom_a_static_holds(void **state)
{
	own_image image = compile_ok(
		PIX "access-list partners permit ip 10.0.0.0 255.255.255.0 198.51.100.0 "
		    "255.255.255.0\n"
		    "access-list mail permit tcp host 10.0.0.25 eq smtp host 1.1.1.1\n"
		    "access-list mail permit tcp host 10.0.0.25 eq 587 any\n"
		    "static (inside,outside) 203.0.113.0 access-list partners\n"
		    "static (inside,outside) tcp interface 25 access-list mail\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 198.51.100.3 9",
		   "203.0.113.9 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 198.51.101.3 9",
		   "10.0.0.9 7 -");
	assert_in(image, "outside", IPPROTO_UDP, "198.51.100.3 9 > 203.0.113.9 7",
		  "10.0.0.9 7");
	assert_in(image, "outside", IPPROTO_UDP, "198.51.101.3 9 > 203.0.113.9 7",
		  "203.0.113.9 7 -");
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.1 25",
		  "10.0.0.25 25");
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.2 9 > 192.0.2.1 25",
		  "10.0.0.25 587");
}

static void exemptions_come_first_and_hold_towards_lower_levels(void **state)
{
	own_image image = compile_ok(
		PIX "static (inside,outside) 203.0.113.0 10.0.0.0 netmask 255.255.255.0\n"
		    "static (dmz,inside) 10.9.0.5 172.16.0.5\n"
		    "static (dmz,outside) 192.0.2.50 172.16.0.5\n"
		    "access-list nonat permit ip 10.0.0.0 255.255.255.0 192.168.0.0 "
		    "255.255.0.0\n"
		    "access-list nodmz permit ip host 172.16.0.5 any\n"
		    "nat (inside) 0 access-list nonat\n"
		    "nat (dmz) 0 access-list nodmz\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 192.168.3.3 9",
		   "10.0.0.9 7 stays");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 1.1.1.1 9",
		   "203.0.113.9 7");
	assert_in(image, "outside", IPPROTO_UDP, "192.168.3.3 9 > 10.0.0.9 7",
		  "10.0.0.9 7 stays");
	assert_in(image, "outside", IPPROTO_UDP, "192.168.3.3 9 > 203.0.113.9 7",
		  "10.0.0.9 7");
	assert_out(image, "dmz", "outside", IPPROTO_UDP, "172.16.0.5 7 > 1.1.1.1 9",
		   "172.16.0.5 7 stays");
	/* towards a higher level it takes `outside` */
	assert_out(image, "dmz", "inside", IPPROTO_UDP, "172.16.0.5 7 > 10.0.0.1 9",
		   "10.9.0.5 7");
}

static void exemptions_marked_outside_hold_towards_higher_levels(void **state)
{
	own_image image = compile_ok(PIX
				     "static (dmz,inside) 10.9.0.5 172.16.0.5\n"
				     "static (dmz,outside) 192.0.2.50 172.16.0.5\n"
				     "access-list nodmz permit ip host 172.16.0.5 any\n"
				     "nat (dmz) 0 access-list nodmz outside\n");

	(void)state;
	assert_out(image, "dmz", "inside", IPPROTO_UDP, "172.16.0.5 7 > 10.0.0.1 9",
		   "172.16.0.5 7 stays");
	assert_out(image, "dmz", "outside", IPPROTO_UDP, "172.16.0.5 7 > 1.1.1.1 9",
		   "192.0.2.50 7");
}

static void a_host_before_its_network_has_a_translation_of_its_own(void **state)
{
	own_image image = compile_ok(
		PIX
		"static (inside,outside) 192.0.2.10 10.0.0.10\n"
		"static (inside,outside) 203.0.113.0 10.0.0.0 netmask 255.255.255.0\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.10 7 > 1.1.1.1 9",
		   "192.0.2.10 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.11 7 > 1.1.1.1 9",
		   "203.0.113.11 7");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 7 > 203.0.113.10 9",
		  "10.0.0.10 9");
}

/* A key of the tables of longest prefixes is there once. */
static void statics_that_repeat_one_another_have_an_order(void **state)
{
	own_image image = compile_ok(
		PIX "static (inside,outside) 192.0.2.10 10.0.0.10\n"
		    "static (inside,outside) 192.0.2.10 10.0.0.10\n"
		    "static (inside,dmz) 10.0.0.0 10.0.0.0 netmask 255.255.255.0\n"
		    "static (inside,dmz) 10.0.0.10 10.0.0.10\n");

	(void)state;
	assert_int_equal(image->n_nats, 1);
	assert_true(has_rules(image, "outside"));
	assert_true(has_rules(image, "dmz"));
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 7 > 192.0.2.10 9",
		  "10.0.0.10 9");
	assert_in(image, "dmz", IPPROTO_UDP, "1.1.1.1 7 > 10.0.0.10 9",
		  "10.0.0.10 9 stays");
}

#define OBJECTS                                                          \
	"object network web\n host 10.0.0.10\n"                          \
	"object network web-public\n host 192.0.2.10\n"                  \
	"object network lan\n subnet 10.0.0.0 255.255.255.0\n"           \
	"object network lan-public\n subnet 203.0.113.0 255.255.255.0\n" \
	"object network branch\n subnet 192.168.0.0 255.255.0.0\n"       \
	"object network branch-as\n subnet 172.30.0.0 255.255.0.0\n"     \
	"object service www\n service tcp source eq 80\n"                \
	"object service alt\n service tcp source eq 8080\n"              \
	"object service to-www\n service tcp destination eq 80\n"        \
	"object service to-squid\n service tcp destination eq 3128\n"    \
	"object service low\n service tcp source range 1000 1009\n"      \
	"object service high\n service tcp source range 50000 50009\n"

static void twice_translates_both_ends_for_the_pair_alone(void **state)
{
	own_image image = compile_ok(
		ASA OBJECTS
		"nat (inside,outside) source static lan lan-public destination "
		"static branch-as branch\n");

	(void)state;
	/* from the inside: to what the branch is seen as, from what the lan is */
	assert_in(image, "inside", IPPROTO_UDP, "10.0.0.9 7 > 172.30.4.4 9",
		  "192.168.4.4 9");
	assert_in(image, "inside", IPPROTO_UDP, "10.0.1.9 7 > 172.30.4.4 9",
		  "172.30.4.4 9 -");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 192.168.4.4 9",
		   "203.0.113.9 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 1.1.1.1 9",
		   "10.0.0.9 7 -");
	/* and back */
	assert_in(image, "outside", IPPROTO_UDP, "192.168.4.4 9 > 203.0.113.9 7",
		  "10.0.0.9 7");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 203.0.113.9 7",
		  "203.0.113.9 7 -");
	assert_out(image, "outside", "inside", IPPROTO_UDP, "192.168.4.4 9 > 10.0.0.9 7",
		   "172.30.4.4 9");
	assert_out(image, "outside", "inside", IPPROTO_UDP, "192.168.4.4 9 > 10.0.1.9 7",
		   "192.168.4.4 9 -");
}

static void identity_keeps_a_pair_from_what_follows(void **state)
{
	own_image image = compile_ok(
		ASA OBJECTS
		"nat (inside,outside) source static lan lan destination static branch "
		"branch no-proxy-arp route-lookup\n"
		"object network lan\n nat (inside,outside) static lan-public\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 192.168.4.4 9",
		   "10.0.0.9 7 stays");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 1.1.1.1 9",
		   "203.0.113.9 7");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 203.0.113.9 7",
		  "10.0.0.9 7");
	assert_int_equal(image->n_nats, 1); /* what is answered for: lan-public */
}

static void services_translate_ports_of_either_end(void **state)
{
	own_image image = compile_ok(
		ASA OBJECTS
		"nat (inside,outside) source static web web-public service www alt\n"
		"nat (inside,outside) source static web web-public service low high\n"
		"nat (outside,inside) source static any any destination static interface "
		"web service to-www to-squid\n");

	(void)state;
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.10 8080",
		  "10.0.0.10 80");
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.10 50003",
		  "10.0.0.10 1003");
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.10 50010",
		  "192.0.2.10 50010 -");
	assert_out(image, "inside", "outside", IPPROTO_TCP, "10.0.0.10 80 > 1.1.1.1 9",
		   "192.0.2.10 8080");
	assert_out(image, "inside", "outside", IPPROTO_TCP, "10.0.0.10 1009 > 1.1.1.1 9",
		   "192.0.2.10 50009");
	assert_in(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.1 80",
		  "10.0.0.10 3128");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 192.0.2.1 80",
		  "192.0.2.1 80 -");
	assert_out(image, "inside", "outside", IPPROTO_TCP, "10.0.0.10 3128 > 1.1.1.1 9",
		   "192.0.2.1 80");
}

static void unidirectional_comes_last_on_the_way_in(void **state)
{
	own_image image = compile_ok(
		ASA OBJECTS
		"nat (inside,outside) source static lan lan-public unidirectional\n"
		"nat (dmz,outside) source static branch-as branch-as\n"
		"object network web\n nat (dmz,outside) static 203.0.113.7\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 1.1.1.1 9",
		   "203.0.113.9 7 one-way");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 203.0.113.9 7",
		  "10.0.0.9 7 one-way");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 203.0.113.7 7",
		  "10.0.0.10 7");
	assert_int_equal(image->n_nat_rules, 4);
}

static void inactive_and_nobody_elses_interfaces_translate_nothing(void **state)
{
	own_image image = compile_ok(
		ASA OBJECTS "nat (inside,outside) source static lan lan-public inactive\n"
			    "nat (any,outside) source static web web-public\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 1.1.1.1 9",
		   "10.0.0.9 7 -");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.10 7 > 1.1.1.1 9",
		   "192.0.2.10 7");
	assert_out(image, "dmz", "outside", IPPROTO_UDP, "10.0.0.10 7 > 1.1.1.1 9",
		   "192.0.2.10 7");
	assert_out(image, "inside", "dmz", IPPROTO_UDP, "10.0.0.10 7 > 1.1.1.1 9",
		   "10.0.0.10 7 -");
	assert_int_equal(image->nat_rules[0].rule.real_if, 0);
	assert_int_equal(image->nat_rules[0].rule.mapped_if, 1);
}

/* `any` is every interface but the one that it is seen from. */
static void who_is_behind_no_other_interface_is_not_answered_for(void **state)
{
	own_image image =
		compile_ok("ASA Version 9.1(2)\nnameif eth0 outside security0\n"
			   "object network net\n subnet 10.0.0.128 255.255.255.128\n"
			   " nat (any,outside) static 203.0.113.128\n" OBJECTS
			   "nat (any,any) source static branch branch-as destination "
			   "static web web\n");

	(void)state;
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 203.0.113.129 7",
		  "203.0.113.129 7 -");
	assert_in(image, "outside", IPPROTO_UDP, "10.0.0.10 9 > 172.30.0.1 7",
		  "172.30.0.1 7 -");
	assert_int_equal(image->n_nats, 0);
}

static void ranges_and_groups_go_element_by_element(void **state)
{
	own_image image = compile_ok(
		ASA "object network a\n range 10.0.1.3 10.0.1.6\n"
		    "object network b\n range 198.51.100.1 198.51.100.4\n"
		    "object-group network g\n network-object host 10.0.0.9\n"
		    " network-object 10.0.2.0 255.255.255.0\n"
		    "object-group network h\n network-object host 203.0.113.1\n"
		    " network-object 198.18.0.0 255.255.255.0\n"
		    "nat (inside,outside) source static a b\n"
		    "nat (inside,outside) source static g h\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.1.3 7 > 1.1.1.1 9",
		   "198.51.100.1 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.1.6 7 > 1.1.1.1 9",
		   "198.51.100.4 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.1.7 7 > 1.1.1.1 9",
		   "10.0.1.7 7 -");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.9 7 > 1.1.1.1 9",
		   "203.0.113.1 7");
	assert_in(image, "outside", IPPROTO_UDP, "1.1.1.1 7 > 198.18.0.77 9",
		  "10.0.2.77 9");
}

static void of_objects_that_overlap_the_smaller_one_holds(void **state)
{
	own_image image = compile_ok(
		ASA "object network large\n range 10.0.0.5 10.0.0.12\n"
		    "object network large-as\n range 198.51.100.5 198.51.100.12\n"
		    "object network small\n range 10.0.0.4 10.0.0.7\n"
		    "object network small-as\n range 203.0.113.4 203.0.113.7\n"
		    "object network large\n nat (inside,outside) static large-as\n"
		    "object network small\n nat (inside,outside) static small-as\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.5 7 > 1.1.1.1 9",
		   "203.0.113.5 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.8 7 > 1.1.1.1 9",
		   "198.51.100.8 7");
}

static void sections_are_asked_in_their_order(void **state)
{
	own_image image = compile_ok(
		ASA OBJECTS
		"nat (inside,outside) after-auto source static branch branch-as\n"
		"object network lan\n nat (inside,outside) static lan-public\n"
		"object network web\n nat (inside,outside) static 192.0.2.77\n"
		"object network first\n host 192.0.2.99\n"
		"object network one\n host 10.0.0.11\n"
		"nat (inside,outside) source static one first\n");

	(void)state;
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.11 7 > 1.1.1.1 9",
		   "192.0.2.99 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.10 7 > 1.1.1.1 9",
		   "192.0.2.77 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "10.0.0.12 7 > 1.1.1.1 9",
		   "203.0.113.12 7");
	assert_out(image, "inside", "outside", IPPROTO_UDP, "192.168.0.1 7 > 1.1.1.1 9",
		   "172.30.0.1 7");
}

static void an_address_of_the_kernels_is_translated_once_it_is_known(void **state)
{
	own_policy policy = parse_ok("nameif eth0 outside security0\n"
				     "nameif eth1 inside security100\n"
				     "static (inside,outside) tcp interface 2222 "
				     "10.0.0.11 ssh\n");
	own_diags diags = {0};
	own_image before = NULL;
	own_image after = NULL;

	(void)state;
	assert_int_equal(policy_compile(policy, &before, &diags), 0);
	assert_int_equal(before->n_nat_rules, 0);
	assert_int_equal(
		policy_set_address(policy, 0, ntohl(inet_addr("198.51.100.9")), ~255u),
		0);
	assert_int_equal(policy_compile(policy, &after, &diags), 0);
	assert_in(after, "outside", IPPROTO_TCP, "1.1.1.1 9 > 198.51.100.9 2222",
		  "10.0.0.11 22");
}

static void conduits_are_a_list_that_levels_ask(void **state)
{
	own_image image = compile_ok(PIX "static (inside,outside) 192.0.2.10 10.0.0.10\n"
					 "conduit permit tcp host 192.0.2.10 eq www any\n"
					 "conduit deny ip any any\n");

	(void)state;
	assert_true(image->config.flags & CONFIG_F_CONDUIT);
	assert_int_equal(image->n_acl_lists, 1);
	assert_int_equal(image->acl_lists[0].n_lines, 2);
	assert_memory_equal(&image->config.acl_conduit, &image->acl.roots[0],
			    sizeof(struct acl_root));
	assert_string_equal(image->lines[0].text,
			    "conduit permit tcp host 192.0.2.10 eq www any");
	assert_int_equal(image->acl_lists[0].lines[0].dst->low, 0xc000020a);
	assert_int_equal(image->acl_lists[0].lines[0].dst->len, 32);
	assert_int_equal(image->acl_lists[0].lines[0].src->len, 0);
	assert_int_equal(image->acl_lists[0].lines[0].services->dst_port_low, 80);
}

static void lists_of_translations_follow_the_access_lists(void **state)
{
	own_image image = compile_ok(
		PIX "access-list a permit ip any any\n"
		    "access-group a in interface outside\n"
		    "static (inside,outside) tcp 192.0.2.10 www 10.0.0.10 8080\n");

	(void)state;
	assert_int_equal(image->n_acl_lists, 1);
	assert_int_equal(image->n_acl_lines, 1);
	assert_int_equal(image->config.n_acl_lines, 1);
	assert_int_equal(image->n_nat_lists, 2);
	assert_int_equal(image->acl.n_lists, 3);
	assert_int_equal(image->acl_lists[1].lines[0].number, 1);
	assert_memory_equal(&image->nat_lists[0].root, &image->acl.roots[1],
			    sizeof(struct acl_root));
	assert_memory_equal(&image->ifaces[0].config.nat_in, &image->acl.roots[1],
			    sizeof(struct acl_root));
	assert_int_equal(image->nat_lists[1].real_if, 2);
	assert_int_equal(image->nat_rules[0].source_line, 7);
}

/* ---- limits on half-open connections ---- */

/* Of what comes in by @mapped_if, and whether it is of the port alone. */
static void assert_limit(const struct policy_image *image, const char *mapped_if,
			 uint8_t proto, const char *packet, __u32 limit, bool one_port)
{
	const struct nat_packet parsed = nat_packet(proto, packet);
	__u32 mapped = nat_iface(image, mapped_if);
	const struct policy_image_nat *entry;
	const struct nat_rule *rule;
	const struct acl_line *line;

	if (!has_rules(image, mapped_if)) {
		entry = nat_entry(image, 0, mapped, parsed.dst);
		assert_non_null(entry);
		assert_int_equal(entry->in_value.embryonic, limit);
		assert_int_equal(entry->out_value.embryonic, 0);
		assert_false(one_port);
		return;
	}
	line = nat_line(image, 0, mapped, &parsed);
	assert_non_null(line);
	rule = &image->nat_rules[line->number - image->n_acl_lines].rule;
	assert_int_equal(rule->embryonic, limit);
	assert_int_equal(!!(rule->flags & NAT_RULE_F_ONE_PORT), one_port);
}

static void plain_statics_have_their_limits_in_the_tables(void **state)
{
	own_image image = compile_ok(
		PIX "static (inside,outside) 192.0.2.10 10.0.0.10 0 100\n"
		    "static (inside,outside) 192.0.2.11 10.0.0.11\n"
		    "static (inside,outside) 10.9.0.1 10.9.0.1 0 7\n"
		    "static (dmz,outside) 198.51.100.0 172.16.0.0 netmask 255.255.255.0 "
		    "tcp 0 65535\n");

	(void)state;
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.10 80", 100,
		     false);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.11 80", 0,
		     false);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 10.9.0.1 80", 7, false);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 198.51.100.77 80", 65535,
		     false);
}

static void ordered_statics_have_them_in_their_rules(void **state)
{
	own_image image = compile_ok(
		PIX "access-list kept permit ip host 10.0.0.9 any\n"
		    "access-list those permit tcp host 10.0.0.14 eq 443 any\n"
		    "nat (inside) 0 access-list kept 0 40\n"
		    "static (inside,outside) tcp 192.0.2.10 www 10.0.0.10 8080 0 100\n"
		    "static (inside,outside) tcp 192.0.2.10 smtp 10.0.0.10 smtp 0 20\n"
		    "static (inside,outside) udp 192.0.2.10 53 10.0.0.10 53 tcp 0 20\n"
		    "static (inside,outside) 192.0.2.11 10.0.0.11 200 50\n"
		    "static (inside,outside) 10.0.0.12 10.0.0.12 0 30\n"
		    "static (inside,outside) 192.0.2.14 access-list those 0 60\n"
		    "static (inside,outside) 192.0.2.15 10.0.0.15\n");

	(void)state;
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 10.0.0.9 80", 40, false);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.10 80", 100,
		     true);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.10 25", 20,
		     true);
	assert_limit(image, "outside", IPPROTO_UDP, "1.1.1.1 9 > 192.0.2.10 53", 0, true);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.11 80", 50,
		     false);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 10.0.0.12 80", 30,
		     false);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.14 443", 60,
		     false);
	assert_limit(image, "outside", IPPROTO_TCP, "1.1.1.1 9 > 192.0.2.15 80", 0,
		     false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_that_see_plain_statics_keep_the_tables),
		cmocka_unit_test(one_port_is_translated_and_all_others_are_left_alone),
		cmocka_unit_test(
			mapped_addresses_are_answered_for_once_and_own_ones_never),
		cmocka_unit_test(lists_say_to_whom_a_static_holds),
		cmocka_unit_test(exemptions_come_first_and_hold_towards_lower_levels),
		cmocka_unit_test(exemptions_marked_outside_hold_towards_higher_levels),
		cmocka_unit_test(a_host_before_its_network_has_a_translation_of_its_own),
		cmocka_unit_test(statics_that_repeat_one_another_have_an_order),
		cmocka_unit_test(twice_translates_both_ends_for_the_pair_alone),
		cmocka_unit_test(identity_keeps_a_pair_from_what_follows),
		cmocka_unit_test(services_translate_ports_of_either_end),
		cmocka_unit_test(unidirectional_comes_last_on_the_way_in),
		cmocka_unit_test(inactive_and_nobody_elses_interfaces_translate_nothing),
		cmocka_unit_test(who_is_behind_no_other_interface_is_not_answered_for),
		cmocka_unit_test(ranges_and_groups_go_element_by_element),
		cmocka_unit_test(of_objects_that_overlap_the_smaller_one_holds),
		cmocka_unit_test(sections_are_asked_in_their_order),
		cmocka_unit_test(
			an_address_of_the_kernels_is_translated_once_it_is_known),
		cmocka_unit_test(conduits_are_a_list_that_levels_ask),
		cmocka_unit_test(lists_of_translations_follow_the_access_lists),
		cmocka_unit_test(plain_statics_have_their_limits_in_the_tables),
		cmocka_unit_test(ordered_statics_have_them_in_their_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
