// SPDX-License-Identifier: GPL-2.0
/* test_policy_config.c - what the datapath gets besides images of lists: places that
 * lists are bound to, VLANs, switches, timeouts. */
#include <arpa/inet.h>
#include <errno.h>

#include "tests/unit/policy_test.h"

#define SEC_NS 1000000000ull

/* What the flags of an interface say of anything but translation. */
static __u32 besides_nat(__u32 flags)
{
	return flags & ~IFACE_F_NAT_NONE;
}

static void assert_root(struct acl_root root, struct acl_root expected)
{
	assert_int_equal(root.v4, expected.v4);
	assert_int_equal(root.v6, expected.v6);
}

static const struct acl_root no_root;

static void list_bound_to_every_place_is_compiled_once(void **state)
{
	own_image image = compile_ok(TWO_IFACES
				     "access-list a deny udp any any\n"
				     "access-list b permit tcp any any neq 5\n"
				     "access-group b in interface outside\n"
				     "access-group b out interface outside\n"
				     "access-group b in interface outside control-plane\n"
				     "access-group b global\n"
				     "access-group a out interface inside\n");
	const struct policy_image_iface *iface = image->ifaces;

	(void)state;
	assert_int_equal(image->acl.n_lists, 2);
	assert_int_equal(image->n_lines, 2);
	assert_true(image->acl.roots[0].v4 && image->acl.roots[1].v4);
	assert_true(image->lines[0].bound && image->lines[1].bound);
	assert_int_equal(besides_nat(iface->config.flags),
			 IFACE_F_ACL_IN | IFACE_F_ACL_OUT | IFACE_F_ACL_BOX);
	assert_root(iface->config.acl_in, image->acl.roots[1]);
	assert_root(iface->config.acl_out, image->acl.roots[1]);
	assert_root(iface->config.acl_box, image->acl.roots[1]);
	assert_string_equal(iface->acl_in, "b");
	assert_string_equal(iface->acl_out, "b");
	assert_string_equal(iface->acl_box, "b");
	assert_int_equal(image->config.flags, CONFIG_F_ACL_GLOBAL);
	assert_root(image->config.acl_global, image->acl.roots[1]);
	assert_string_equal(image->acl_global, "b");
	iface++;
	assert_int_equal(besides_nat(iface->config.flags), IFACE_F_ACL_OUT);
	assert_root(iface->config.acl_in, no_root);
	assert_root(iface->config.acl_out, image->acl.roots[0]);
	assert_string_equal(iface->acl_in, "");
	assert_string_equal(iface->acl_out, "a");
	assert_string_equal(iface->acl_box, "");
}

/* Each place alone makes its list bound, and no other place's. */
static void each_place_binds_what_it_names_alone(void **state)
{
	static const struct {
		const char *place;
		uint32_t iface_flags;
		uint32_t config_flags;
	} cases[] = {
		{"in interface inside", IFACE_F_ACL_IN, 0},
		{"out interface inside", IFACE_F_ACL_OUT, 0},
		{"in interface inside control-plane", IFACE_F_ACL_BOX, 0},
		{"global", 0, CONFIG_F_ACL_GLOBAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		own_image image = NULL;

		snprintf(text, sizeof(text),
			 TWO_IFACES "access-list a permit ip any any\n"
				    "access-group a %s\n",
			 cases[i].place);
		image = compile_ok(text);
		assert_int_equal(image->acl.n_lists, 1);
		assert_true(image->lines[0].bound);
		assert_int_equal(besides_nat(image->ifaces[0].config.flags), 0);
		assert_int_equal(besides_nat(image->ifaces[1].config.flags),
				 cases[i].iface_flags);
		assert_int_equal(image->config.flags, cases[i].config_flags);
		assert_root(image->ifaces[1].config.acl_in,
			    cases[i].iface_flags == IFACE_F_ACL_IN ? *image->acl.roots
								   : no_root);
		assert_root(image->ifaces[1].config.acl_out,
			    cases[i].iface_flags == IFACE_F_ACL_OUT ? *image->acl.roots
								    : no_root);
		assert_root(image->ifaces[1].config.acl_box,
			    cases[i].iface_flags == IFACE_F_ACL_BOX ? *image->acl.roots
								    : no_root);
		assert_root(image->config.acl_global,
			    cases[i].config_flags ? *image->acl.roots : no_root);
	}
}

static void vlan_interface_keeps_its_device_and_its_tags(void **state)
{
	own_image image = compile_ok("interface eth0.100\n vlan 100\n nameif a\n"
				     "interface eth0.5.6\n nameif b\n"
				     " vlan 4094 second-dot1q 1\n"
				     "interface eth0\n nameif c\n"
				     "interface eth1.100\n vlan 100\n nameif d\n");

	(void)state;
	assert_string_equal(image->ifaces[0].device, "eth0.100");
	assert_int_equal(image->ifaces[0].config.vlan, 100);
	assert_int_equal(image->ifaces[0].config.inner_vlan, 0);
	assert_string_equal(image->ifaces[1].device, "eth0.5.6");
	assert_int_equal(image->ifaces[1].config.vlan, 4094);
	assert_int_equal(image->ifaces[1].config.inner_vlan, 1);
	assert_int_equal(image->ifaces[2].config.vlan, 0);
	assert_int_equal(image->ifaces[3].config.vlan, 100);
}

static void switches_are_off_until_the_policy_says_so(void **state)
{
	own_image none = compile_ok(TWO_IFACES);
	own_image inter =
		compile_ok(TWO_IFACES "same-security-traffic permit inter-interface\n");
	own_image intra =
		compile_ok(TWO_IFACES "same-security-traffic permit intra-interface\n");
	own_image non_ip = compile_ok(TWO_IFACES "sysopt connection permit-non-ip\n");
	own_image verify =
		compile_ok(TWO_IFACES "ip verify reverse-path interface inside\n");

	(void)state;
	assert_int_equal(none->config.flags, 0);
	assert_true(none->config.pick_up_ns == 0);
	assert_int_equal(besides_nat(none->ifaces[1].config.flags), 0);
	assert_int_equal(inter->config.flags, CONFIG_F_SAME_INTER);
	assert_int_equal(intra->config.flags, CONFIG_F_SAME_INTRA);
	assert_int_equal(non_ip->config.flags, CONFIG_F_PASS_NON_IP);
	assert_int_equal(besides_nat(verify->ifaces[0].config.flags), 0);
	assert_int_equal(besides_nat(verify->ifaces[1].config.flags),
			 IFACE_F_REVERSE_PATH);
}

static void pick_up_time_is_hours_minutes_and_seconds(void **state)
{
	own_image image =
		compile_ok(TWO_IFACES "sysopt connection tcp-pick-up 1:02:03\n");
	own_image longest =
		compile_ok(TWO_IFACES "sysopt connection tcp-pick-up 1193:59:59\n");
	own_image never = compile_ok(TWO_IFACES "sysopt connection tcp-pick-up 1:0:0\n"
						"sysopt connection tcp-pick-up 0\n");

	(void)state;
	assert_true(image->config.pick_up_ns == 3723 * SEC_NS);
	assert_true(longest->config.pick_up_ns == 4298399 * SEC_NS);
	assert_true(never->config.pick_up_ns == 0);
}

static void timeouts_are_those_of_the_last_statement(void **state)
{
	own_image image = compile_ok(TWO_IFACES "timeout conn 2:00:00 udp 0:05:00\n"
						"timeout conn 1:02:03 icmp 0:00:10\n"
						"timeout embryonic 0:00:20\n"
						"timeout half-closed 0:00:30\n");
	const struct policy_config *config = &image->config;

	(void)state;
	assert_true(config->timeout_tcp_ns == 3723 * SEC_NS);
	assert_true(config->timeout_udp_ns == 300 * SEC_NS);
	assert_true(config->timeout_icmp_ns == 10 * SEC_NS);
	assert_true(config->timeout_half_open_ns == 20 * SEC_NS);
	assert_true(config->timeout_half_closed_ns == 30 * SEC_NS);
	assert_true(config->timeout_closing_ns == 60 * SEC_NS);
	assert_true(config->timeout_fragment_ns == 30 * SEC_NS);
}

/* Never is far away, and a clock may still be added to it. */
static void timeout_of_zero_means_never(void **state)
{
	own_image image = compile_ok(TWO_IFACES "timeout conn 0:00:00 half-closed 0\n"
						"timeout udp 0:0:0\n");
	const struct policy_config *config = &image->config;

	(void)state;
	assert_true(config->timeout_tcp_ns == UINT64_MAX / 4);
	assert_true(config->timeout_half_closed_ns == UINT64_MAX / 4);
	assert_true(config->timeout_udp_ns == UINT64_MAX / 4);
	assert_true(config->timeout_icmp_ns == 2 * SEC_NS);
}

static void timeouts_of_what_is_not_kept_are_counted(void **state)
{
	static const char text[] = TWO_IFACES "timeout sip 0:1:0 h323 0:1:0 sip 0:2:0\n"
					      "timeout h323 0:1:0 conn 1:0:0\n"
					      "timeout sip_media 0:1:0\n";
	own_diags diags = {0};
	own_policy policy = NULL;
	struct policy_report report;

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &policy, &diags), 0);
	policy_get_report(policy, &report);
	assert_int_equal(report.n_ignored, 5);
	for (size_t i = 0; i < diags.count; i++)
		assert_int_equal(diags.items[i].severity, POLICY_NOTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_bound_to_every_place_is_compiled_once),
		cmocka_unit_test(each_place_binds_what_it_names_alone),
		cmocka_unit_test(vlan_interface_keeps_its_device_and_its_tags),
		cmocka_unit_test(switches_are_off_until_the_policy_says_so),
		cmocka_unit_test(pick_up_time_is_hours_minutes_and_seconds),
		cmocka_unit_test(timeouts_are_those_of_the_last_statement),
		cmocka_unit_test(timeout_of_zero_means_never),
		cmocka_unit_test(timeouts_of_what_is_not_kept_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
