// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_host.c - what a policy says of the machine: lists that statements become,
 * routes, addresses by DHCP, interfaces that are shut.
 */
#include <errno.h>
#include <netinet/in.h>

#include "tests/unit/policy_test.h"

/* The texts of the lines of a list, each ended by a newline; caller frees. */
static char *texts_of(const struct policy_image *image, const char *list)
{
	char *out = calloc(1, 4096);

	assert_non_null(out);
	for (size_t i = 0; i < image->n_lines; i++) {
		if (strcmp(image->lines[i].acl, list) != 0)
			continue;
		strncat(out, image->lines[i].text, 4095 - strlen(out));
		strncat(out, "\n", 4095 - strlen(out));
	}
	return out;
}

/* Number of the bound list of that name, by its first line. */
static size_t list_named(const struct policy_image *image, const char *name)
{
	for (size_t i = 0; i < image->n_acl_lists; i++)
		for (size_t j = 0; j < image->n_lines; j++)
			if (image->acl_lists[i].n_lines &&
			    image->lines[j].acl_line ==
				    image->acl_lists[i].lines[0].number &&
			    !strcmp(image->lines[j].acl, name))
				return i;
	fail_msg("no list is named %s", name);
	return 0;
}

static void assert_tcp_line(const struct acl_line *line, bool permit, const char *src,
			    uint16_t port)
{
	assert_int_equal(line->permit, permit);
	assert_prefixes(line->src, line->n_src, src);
	assert_int_equal(line->n_services, 1);
	assert_int_equal(line->services[0].proto, IPPROTO_TCP);
	assert_int_equal(line->services[0].dst_port_low, port);
	assert_int_equal(line->services[0].dst_port_high, port);
}

/* ---- control-plane ------------------------------------------------------------ */

static void nothing_is_bound_without_enforce(void **state)
{
	own_image image = compile_ok(TWO_IFACES "ssh 10.0.0.0 255.0.0.0 inside\n");

	(void)state;
	assert_int_equal(image->n_acl_lists, 0);
	assert_false(image->ifaces[1].config.flags & IFACE_F_ACL_BOX);
}

static void lines_of_services_permit_those_named_and_nobody_else(void **state)
{
	own_image image = compile_ok(TWO_IFACES "control-plane enforce\n"
						"ssh 10.0.0.0 255.0.0.0 inside\n"
						"ssh 2001:db8::/32 inside\n"
						"icmp deny any inside\n");
	char *texts cleanup_free_ = texts_of(image, "control-plane(inside)");
	size_t list = list_named(image, "control-plane(inside)");

	(void)state;
	assert_string_equal(image->ifaces[1].acl_box, "control-plane(inside)");
	assert_true(image->ifaces[1].config.flags & IFACE_F_ACL_BOX);
	assert_string_equal(texts, "icmp deny any inside\n"
				   "control-plane enforce: deny other icmp\n"
				   "ssh 10.0.0.0 255.0.0.0 inside\n"
				   "ssh 2001:db8::/32 inside\n"
				   "control-plane enforce: deny other ssh\n"
				   "control-plane enforce: deny other ssh\n"
				   "control-plane enforce: permit other icmp6\n");
	assert_tcp_line(acl_line_at(image, list, 2), true, "10.0.0.0/8", 22);
	assert_tcp_line(acl_line_at(image, list, 3), true, "2001:db8::/32", 22);
	assert_tcp_line(acl_line_at(image, list, 4), false, "0.0.0.0/0", 22);
	assert_tcp_line(acl_line_at(image, list, 5), false, "::/0", 22);
}

/* Of another interface the lines say nothing, but that others may not. */
static void each_interface_has_a_list_of_its_own(void **state)
{
	own_image image = compile_ok(TWO_IFACES "control-plane enforce\n"
						"ssh 10.0.0.0 255.0.0.0 inside\n");
	char *texts cleanup_free_ = texts_of(image, "control-plane(outside)");

	(void)state;
	assert_string_equal(texts, "control-plane enforce: deny other ssh\n"
				   "control-plane enforce: deny other ssh\n"
				   "control-plane enforce: permit other icmp\n"
				   "control-plane enforce: permit other icmp6\n");
}

static void web_is_open_where_its_server_is_enabled(void **state)
{
	own_image off = compile_ok(TWO_IFACES "control-plane enforce\n"
					      "http 10.0.0.0 255.0.0.0 inside\n");
	own_image on = compile_ok(TWO_IFACES "control-plane enforce\n"
					     "http server enable 8443\n"
					     "http 10.0.0.0 255.0.0.0 inside\n");
	size_t list = list_named(on, "control-plane(inside)");
	char *texts cleanup_free_ = texts_of(off, "control-plane(inside)");

	(void)state;
	assert_null(strstr(texts, "http"));
	assert_tcp_line(acl_line_at(on, list, 0), true, "10.0.0.0/8", 8443);
	assert_tcp_line(acl_line_at(on, list, 1), false, "0.0.0.0/0", 8443);
}

/* PIX and ASA take it there from a VPN alone. */
static void telnet_is_never_open_where_trust_is_least(void **state)
{
	own_image image = compile_ok(TWO_IFACES "control-plane enforce\n"
						"telnet 0 0 outside\n"
						"telnet 0 0 inside\n");
	size_t outside = list_named(image, "control-plane(outside)");
	size_t inside = list_named(image, "control-plane(inside)");

	(void)state;
	assert_tcp_line(acl_line_at(image, outside, 0), false, "0.0.0.0/0", 23);
	assert_tcp_line(acl_line_at(image, inside, 0), true, "0.0.0.0/0", 23);
}

/* Its own name is not asked any more: what is shown as bound is the copy. */
static void bound_list_comes_behind(void **state)
{
	own_image image = compile_ok(
		TWO_IFACES "control-plane enforce\n"
			   "ssh 10.0.0.0 255.0.0.0 outside\n"
			   "access-list cp remark all of it\n"
			   "access-list cp extended permit tcp any any eq 179\n"
			   "access-list cp extended deny tcp any any inactive\n"
			   "access-group cp in interface outside control-plane\n");
	char *texts cleanup_free_ = texts_of(image, "control-plane(outside)");

	(void)state;
	assert_string_equal(texts, "ssh 10.0.0.0 255.0.0.0 outside\n"
				   "control-plane enforce: deny other ssh\n"
				   "control-plane enforce: deny other ssh\n"
				   "access-list cp extended permit tcp any any eq bgp\n"
				   "control-plane enforce: permit other icmp\n"
				   "control-plane enforce: permit other icmp6\n");
	for (size_t i = 0; i < image->n_lines; i++)
		if (!strcmp(image->lines[i].acl, "cp"))
			assert_false(image->lines[i].bound);
}

static void who_has_an_address_by_dhcp_hears_the_server(void **state)
{
	own_image image = compile_ok(TWO_IFACES "ip address outside dhcp\n"
						"control-plane enforce\n");
	char *texts cleanup_free_ = texts_of(image, "control-plane(outside)");
	const struct acl_line *line =
		acl_line_at(image, list_named(image, "control-plane(outside)"), 0);

	(void)state;
	assert_non_null(strstr(texts, "permit replies of DHCP servers"));
	assert_int_equal(line->services[0].proto, IPPROTO_UDP);
	assert_int_equal(line->services[0].src_port_low, 67);
	assert_int_equal(line->services[0].dst_port_low, 68);
}

/* What is shown and stored is what was written. */
#define TWO_LISTS                                                           \
	"access-list box extended permit tcp any interface outside eq 21\n" \
	"access-group box in interface outside control-plane\n"             \
	"access-list in_box extended deny ip any any\n"                     \
	"access-group in_box in interface inside control-plane\n"

/* Nobody writes a line for it. */
static void bound_list_does_not_shut_out_the_dhcp_server(void **state)
{
	own_image dhcp = compile_ok(TWO_IFACES "ip address outside dhcp\n" TWO_LISTS);
	own_image given = compile_ok(
		TWO_IFACES "ip address outside 192.0.2.1 255.255.255.0\n" TWO_LISTS);
	char *texts cleanup_free_ = texts_of(dhcp, "control-plane(outside)");
	const struct acl_line *first =
		acl_line_at(dhcp, list_named(dhcp, "control-plane(outside)"), 0);

	(void)state;
	assert_string_equal(
		texts,
		"ip address dhcp: permit replies of DHCP servers\n"
		"access-list box extended permit tcp any interface outside eq ftp\n");
	assert_true(first->permit);
	assert_int_equal(first->services[0].proto, IPPROTO_UDP);
	assert_int_equal(first->services[0].src_port_low, 67);
	assert_int_equal(first->services[0].dst_port_low, 68);
	assert_string_equal(dhcp->ifaces[1].acl_box, "in_box");
	assert_string_equal(given->ifaces[0].acl_box, "box");
}

static void generated_lists_are_printed_as_their_statements(void **state)
{
	char *text cleanup_free_ = canonical(TWO_IFACES "control-plane enforce\n"
							"ssh 0 0 inside\n");

	(void)state;
	assert_string_equal(text, TWO_IFACES "control-plane enforce\n"
					     "ssh 0.0.0.0 0.0.0.0 inside\n");
}

static void not_enforced_is_an_error_if_strict(void **state)
{
	static const char text[] = TWO_IFACES "ssh 0 0 inside\nssh 0 0 outside\n";
	const struct policy_parse_options strict = {.strict = true};
	own_diags diags = {0};
	own_policy policy = NULL;

	(void)state;
	assert_int_equal(policy_parse_as(text, strlen(text), &strict, &policy, &diags),
			 -EINVAL);
	assert_int_equal(diags.n_errors, 1);
	assert_int_equal(diags.items[0].line, 3);
}

/* ---- interfaces ---------------------------------------------------------------- */

static void management_only_denies_everything_both_ways(void **state)
{
	own_image image = compile_ok("interface eth0\n nameif outside\n"
				     "interface eth1\n nameif mgmt\n management-only\n"
				     "access-list a extended permit ip any any\n"
				     "access-group a in interface mgmt\n");
	const struct policy_image_iface *mgmt = &image->ifaces[1];
	size_t list = list_named(image, "mgmt-only(mgmt)");

	(void)state;
	assert_string_equal(mgmt->acl_in, "mgmt-only(mgmt)");
	assert_string_equal(mgmt->acl_out, "mgmt-only(mgmt)");
	assert_int_equal(image->n_acl_lists, 1); /* `a` is asked nowhere */
	for (size_t i = 0; i < 2; i++) {
		const struct acl_line *line = acl_line_at(image, list, i);

		assert_false(line->permit);
		assert_true(line->services[0].any_proto);
		assert_prefixes(line->src, line->n_src, i ? "::/0" : "0.0.0.0/0");
	}
	assert_false(mgmt->config.flags & IFACE_F_ACL_BOX);
}

static void shut_interface_keeps_its_number(void **state)
{
	own_image image = compile_ok("interface eth0\n nameif a\n shutdown\n"
				     "interface eth1\n nameif b\n"
				     "interface eth0.7\n vlan 7\n nameif c\n");

	(void)state;
	assert_int_equal(image->n_ifaces, 3);
	assert_true(image->ifaces[0].shut);
	assert_false(image->ifaces[1].shut);
	assert_int_equal(image->ifaces[1].config.id, 2);
	assert_true(image->ifaces[2].shut); /* its frames come by eth0 */
}

static void address_by_dhcp_is_set_before_compiling(void **state)
{
	own_policy policy = parse_ok(TWO_IFACES "ip address outside dhcp\n"
						"ip address inside 10.0.0.1 255.0.0.0\n");
	own_diags diags = {0};
	own_image image = NULL;
	char *text cleanup_free_ = NULL;
	size_t len;

	(void)state;
	assert_int_equal(policy_set_address(policy, 1, 1, 1), -EINVAL);
	assert_int_equal(policy_set_address(policy, 2, 1, 1), -EINVAL);
	assert_int_equal(policy_set_address(policy, 0, 0, 0), -EINVAL);
	assert_int_equal(policy_set_address(policy, 0, 0xc0000201, 0xffffff00), 0);
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_true(image->ifaces[0].has_address);
	assert_int_equal(ntohl(image->ifaces[0].address), 0xc0000201);
	assert_int_equal(policy_print(policy, &text, &len), 0);
	assert_non_null(strstr(text, "ip address outside dhcp\n"));
}

static void noproxyarp_answers_for_no_mapped_address(void **state)
{
#define MAPPED "static (inside,outside) 192.0.2.10 10.0.0.10 netmask 255.255.255.255\n"
	own_image with = compile_ok(TWO_IFACES MAPPED); /* it is answered for */
	own_image without = compile_ok(TWO_IFACES MAPPED "sysopt noproxyarp outside\n");
#undef MAPPED

	(void)state;
	assert_int_equal(with->nats[0].in_value.proxy_arp, 1);
	assert_int_equal(without->nats[0].in_value.proxy_arp, 0);
}

/* ---- routes ---------------------------------------------------------------------- */

static void routes_are_as_they_were_written(void **state)
{
	own_image image = compile_ok(TWO_IFACES
				     "ip address inside 10.0.0.1 255.0.0.0\n"
				     "route outside 0 0 192.0.2.254\n"
				     "route inside 172.16.0.0 255.240.0.0 10.0.0.1 3\n"
				     "route inside 0 0 10.0.0.2 tunneled\n"
				     "route Null0 192.168.0.0 255.255.0.0\n"
				     "ipv6 route outside 2001:db8::/32 fe80::1 9\n");

	(void)state;
	assert_int_equal(image->n_routes, 4);
	assert_int_equal(image->routes[0].iface, 0);
	assert_int_equal(image->routes[0].family, 4);
	assert_int_equal(image->routes[0].prefix_len, 0);
	assert_int_equal(image->routes[0].metric, 1);
	assert_int_equal(ntohl(image->routes[0].gateway.word[3]), 0xc00002fe);
	assert_true(image->routes[1].on_link);
	assert_int_equal(image->routes[1].prefix_len, 12);
	assert_int_equal(image->routes[2].iface, POLICY_ROUTE_DISCARDS);
	assert_int_equal(image->routes[3].family, 6);
	assert_int_equal(image->routes[3].prefix_len, 32);
	assert_int_equal(image->routes[3].source_line, 8);
}

static void routes_of_what_is_shut_are_left_out(void **state)
{
	own_image image = compile_ok("interface eth0\n nameif a\n"
				     "interface eth1\n nameif b\n shutdown\n"
				     " ip address dhcp setroute\n"
				     "route b 10.0.0.0 255.0.0.0 192.0.2.1\n");

	(void)state;
	assert_int_equal(image->n_routes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_bound_without_enforce),
		cmocka_unit_test(lines_of_services_permit_those_named_and_nobody_else),
		cmocka_unit_test(each_interface_has_a_list_of_its_own),
		cmocka_unit_test(web_is_open_where_its_server_is_enabled),
		cmocka_unit_test(telnet_is_never_open_where_trust_is_least),
		cmocka_unit_test(bound_list_comes_behind),
		cmocka_unit_test(who_has_an_address_by_dhcp_hears_the_server),
		cmocka_unit_test(bound_list_does_not_shut_out_the_dhcp_server),
		cmocka_unit_test(generated_lists_are_printed_as_their_statements),
		cmocka_unit_test(not_enforced_is_an_error_if_strict),
		cmocka_unit_test(management_only_denies_everything_both_ways),
		cmocka_unit_test(shut_interface_keeps_its_number),
		cmocka_unit_test(address_by_dhcp_is_set_before_compiling),
		cmocka_unit_test(noproxyarp_answers_for_no_mapped_address),
		cmocka_unit_test(routes_are_as_they_were_written),
		cmocka_unit_test(routes_of_what_is_shut_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
