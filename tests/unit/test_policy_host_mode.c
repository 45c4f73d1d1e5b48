// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_host_mode.c - FTP of this machine itself: where host mode is on.
 */
#include <errno.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_takes_a_control_plane_list_and_an_inspection),
		cmocka_unit_test(the_inspection_of_another_interface_does_not_count),
		cmocka_unit_test(a_generated_list_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
