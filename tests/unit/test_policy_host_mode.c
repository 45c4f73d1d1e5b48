// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_host_mode.c - FTP of this machine itself: where host mode is on.
 */
#include <arpa/inet.h>

#include "tests/unit/policy_test.h"

#define ONE_IFACE                                              \
	"interface eth0\n nameif outside\n security-level 0\n" \
	" ip address 192.0.2.10 255.255.255.0\n"               \
	"access-list box extended permit tcp any host 192.0.2.10 eq 21\n"
#define ONE_LIST "access-list box extended permit tcp any any eq 21\n"
#define BOUND	 "access-group box in interface outside control-plane\n"
#define INSPECT_ON(where)                                          \
	"policy-map p\n class inspection_default\n  inspect ftp\n" \
	"service-policy p " where "\n"

static bool is_host_ftp(const struct policy_image *image, size_t iface)
{
	return image->ifaces[iface].config.flags & IFACE_F_HOST_FTP;
}

static void it_takes_a_control_plane_list_and_an_inspection(void **state)
{
	own_image neither = compile_ok(ONE_IFACE);
	own_image list = compile_ok(ONE_IFACE BOUND);
	own_image fixup = compile_ok(ONE_IFACE "fixup protocol ftp 21\n");
	own_image both = compile_ok(ONE_IFACE BOUND "fixup protocol ftp 21\n");
	own_image ftps = compile_ok(ONE_IFACE BOUND "fixup protocol ftps 990\n");

	(void)state;
	assert_false(is_host_ftp(neither, 0));
	assert_false(is_host_ftp(list, 0));
	assert_false(is_host_ftp(fixup, 0));
	assert_true(is_host_ftp(both, 0));
	assert_true(is_host_ftp(ftps, 0));
}

static void the_inspection_of_another_interface_does_not_count(void **state)
{
	own_image own = compile_ok(TWO_IFACES ONE_LIST BOUND INSPECT_ON("interface "
									"outside"));
	own_image other = compile_ok(TWO_IFACES ONE_LIST BOUND INSPECT_ON("interface "
									  "inside"));
	own_image global = compile_ok(TWO_IFACES ONE_LIST BOUND INSPECT_ON("global"));

	(void)state;
	assert_true(is_host_ftp(own, 0));
	assert_false(is_host_ftp(own, 1));
	assert_false(is_host_ftp(other, 0));
	assert_false(is_host_ftp(other, 1));
	assert_true(is_host_ftp(global, 0));
	assert_false(is_host_ftp(global, 1));
}

/* However it came to be. */
static void a_generated_list_counts(void **state)
{
	own_image image = compile_ok(TWO_IFACES "control-plane enforce\n"
						"ssh 10.0.0.0 255.0.0.0 inside\n"
						"fixup protocol ftp 21\n");

	(void)state;
	assert_true(is_host_ftp(image, 0));
	assert_true(is_host_ftp(image, 1));
}

/* ---- its own address, translated upstream ------------------------------------ */

#define BY_DHCP                                                                   \
	"interface eth0\n nameif outside\n ip address dhcp\n"                     \
	"access-list box extended permit tcp any interface outside eq 21\n" BOUND \
	"fixup protocol ftp 21\n"
#define UPSTREAM "static (inside,outside) 203.0.113.10 192.0.2.10\n"

static void assert_addr(const struct ph_addr *addr, uint32_t expected)
{
	assert_int_equal(addr->word[0], 0);
	assert_int_equal(addr->word[1], 0);
	assert_int_equal(addr->word[2], expected ? htonl(0xffff) : 0);
	assert_int_equal(addr->word[3], htonl(expected));
}

static void what_is_mapped_upstream_translates_no_packet(void **state)
{
	own_image image = compile_ok(ONE_IFACE BOUND "fixup protocol ftp 21\n" UPSTREAM);

	(void)state;
	assert_addr(&image->ifaces[0].config.host_real, 0xc000020a);
	assert_addr(&image->ifaces[0].config.host_public, 0xcb00710a);
	assert_int_equal(image->n_nats, 0);
	assert_int_equal(image->n_nat_rules, 0);
	assert_int_equal(image->n_nat_lists, 0);
}

static void nothing_is_mapped_upstream_unless_it_is_said(void **state)
{
	own_image without = compile_ok(ONE_IFACE);
	own_image inactive = compile_ok(
		ONE_IFACE "object network own\n host 192.0.2.10\n"
			  "object network public\n host 203.0.113.10\n"
			  "nat (any,outside) source static own public inactive\n");

	(void)state;
	assert_addr(&without->ifaces[0].config.host_real, 0);
	assert_addr(&without->ifaces[0].config.host_public, 0);
	assert_addr(&inactive->ifaces[0].config.host_real, 0);
	assert_addr(&inactive->ifaces[0].config.host_public, 0);
}

/* Compile once DHCP has brought an address. Return: how many remarks that makes. */
static size_t remarks_with(const char *text, uint32_t address, const char *code)
{
	own_policy policy = parse_ok(text);
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	struct policy_image *image cleanup_(image_cleanup) = NULL;
	size_t n = 0;

	assert_int_equal(policy_set_address(policy, 0, address, 0xffffff00), 0);
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	for (size_t i = 0; i < diags.count; i++)
		n += !strcmp(diags.items[i].code, code);
	assert_int_equal(n, diags.count);
	return n;
}

static void another_address_by_dhcp_is_warned_of(void **state)
{
	(void)state;
	assert_int_equal(remarks_with(BY_DHCP UPSTREAM, 0xc000020a, "W1415"), 0);
	assert_int_equal(remarks_with(BY_DHCP UPSTREAM, 0xc000020b, "W1415"), 1);
}

/* Before, it may have been a host behind another interface. */
static void a_host_that_turns_out_to_be_the_machine_is_warned_of(void **state)
{
	static const char text[] = BY_DHCP "interface eth1\n nameif inside\n" UPSTREAM;

	(void)state;
	assert_int_equal(remarks_with(text, 0xc000020b, "W1416"), 0);
	assert_int_equal(remarks_with(text, 0xc000020a, "W1416"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_a_control_plane_list_and_an_inspection),
		cmocka_unit_test(the_inspection_of_another_interface_does_not_count),
		cmocka_unit_test(a_generated_list_counts),
		cmocka_unit_test(what_is_mapped_upstream_translates_no_packet),
		cmocka_unit_test(nothing_is_mapped_upstream_unless_it_is_said),
		cmocka_unit_test(another_address_by_dhcp_is_warned_of),
		cmocka_unit_test(a_host_that_turns_out_to_be_the_machine_is_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
