// SPDX-License-Identifier: GPL-2.0
/*
 * What `fwctl show` puts on the screen: addresses, times, templates.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format.h"

static struct ph_addr v4(uint32_t host_order)
{
	return (struct ph_addr){{0, 0, htonl(0xffff), htonl(host_order)}};
}

static void ipv4_is_dotted_and_ipv6_is_not(void **state)
{
	const struct ph_addr four = v4(0x0a00000a);
	const struct ph_addr six = {{htonl(0x20010db8), 0, 0, htonl(1)}};
	const struct ph_addr compatible = {{0, 0, 0, htonl(1)}};
	char out[FORMAT_ADDRESS_BYTES];

	(void)state;
	assert_string_equal(format_address(out, &four), "10.0.0.10");
	assert_string_equal(format_address(out, &six), "2001:db8::1");
	assert_string_equal(format_address(out, &compatible), "::1");
}

static void a_network_shows_its_prefix_and_a_host_none(void **state)
{
	const struct ph_addr net = v4(0x0a000000);
	const struct ph_addr six = {{htonl(0x20010db8), 0, 0, 0}};
	char out[FORMAT_ADDRESS_BYTES];

	(void)state;
	assert_string_equal(format_network(out, &net, 96 + 24), "10.0.0.0/24");
	assert_string_equal(format_network(out, &net, 128), "10.0.0.0");
	assert_string_equal(format_network(out, &net, 96), "10.0.0.0/0");
	assert_string_equal(format_network(out, &six, 32), "2001:db8::/32");
}

static void times_count_hours_beyond_a_day(void **state)
{
	char out[FORMAT_TIME_BYTES];

	(void)state;
	assert_string_equal(format_time(out, 0), "0:00:00");
	assert_string_equal(format_time(out, 3), "0:00:03");
	assert_string_equal(format_time(out, 298), "0:04:58");
	assert_string_equal(format_time(out, 3600), "1:00:00");
	assert_string_equal(format_time(out, 360061), "100:01:01");
	assert_non_null(format_time(out, UINT64_MAX));
}

static void protocols_have_names_or_numbers(void **state)
{
	char buffer[4];

	(void)state;
	assert_string_equal(format_protocol(IPPROTO_TCP, buffer), "TCP");
	assert_string_equal(format_protocol(IPPROTO_UDP, buffer), "UDP");
	assert_string_equal(format_protocol(IPPROTO_ICMP, buffer), "ICMP");
	assert_string_equal(format_protocol(255, buffer), "255");
}

static bool lookup(void *arg, const char *key, const char **text, int64_t *number)
{
	(void)arg;
	if (!strcmp(key, "name"))
		*text = "outside";
	else if (!strcmp(key, "hits"))
		*number = 42;
	else if (!strcmp(key, "huge"))
		*number = INT64_MIN;
	else
		return false;
	return true;
}

static void append(void *arg, const char *text, size_t len)
{
	strncat(arg, text, len);
}

static void assert_renders(const char *template, const char *expected)
{
	char out[256] = "";
	const struct format_template with = {.lookup = lookup, .put = append, .arg = out};

	assert_int_equal(format_render(&with, template), 0);
	assert_string_equal(out, expected);
}

static void templates_fill_in_values(void **state)
{
	(void)state;
	assert_renders("plain", "plain");
	assert_renders("", "");
	assert_renders("{name} has {hits}.", "outside has 42.");
	assert_renders("{{{name}}", "{outside}");
	assert_renders("{huge}", "-9223372036854775808");
}

static void templates_align_columns(void **state)
{
	(void)state;
	assert_renders("|{hits:5}|{name:-9}|{name:2}|", "|   42|outside  |outside|");
}

static void templates_show_seconds_as_time(void **state)
{
	(void)state;
	assert_renders("{hits:time} {huge:time}", "0:00:42 0:00:00");
}

static void a_wrong_template_is_an_error(void **state)
{
	char out[256] = "";
	const struct format_template with = {.lookup = lookup, .put = append, .arg = out};
	char endless[128];

	(void)state;
	memset(endless, 'x', sizeof(endless));
	endless[0] = '{';
	endless[126] = '}';
	endless[127] = '\0';
	assert_int_equal(format_render(&with, "{nope}"), -EINVAL);
	assert_int_equal(format_render(&with, "{name"), -EINVAL);
	assert_int_equal(format_render(&with, endless), -EINVAL);
}

static void the_nearest_word_is_begun_or_misspelt(void **state)
{
	static const char *const words[] = {"interface", "conn", "xlate", "pinholes"};

	(void)state;
	assert_string_equal(format_nearest("int", words, 4), "interface");
	assert_string_equal(format_nearest("pinhole", words, 4), "pinholes");
	assert_string_equal(format_nearest("pinhloes", words, 4), "pinholes");
	assert_string_equal(format_nearest("xlat", words, 4), "xlate");
	assert_null(format_nearest("acl", words, 4));
	assert_null(format_nearest("", words, 4));
	assert_null(format_nearest("cxyn", words, 4));
}

static void an_endpoint_tells_address_from_port(void **state)
{
	struct ph_addr v4 = {.word = {0, 0, htonl(0xffff), htonl(0x0a000001)}};
	struct ph_addr v6 = {.word = {htonl(0x20010db8), 0, 0, htonl(1)}};
	char out[FORMAT_ENDPOINT_BYTES];

	(void)state;
	assert_string_equal(format_endpoint(out, &v4, "80"), "10.0.0.1:80");
	assert_string_equal(format_endpoint(out, &v6, "any"), "[2001:db8::1]:any");
}

static void assert_split(const char *text, const char *name, const char *device,
			 const char *carrier)
{
	struct format_binding parts;

	assert_true(format_split_binding(text, &parts));
	assert_int_equal(parts.name_len, strlen(name));
	assert_memory_equal(parts.name, name, parts.name_len);
	assert_int_equal(parts.device_len, strlen(device));
	assert_memory_equal(parts.device, device, parts.device_len);
	assert_int_equal(parts.carrier_len, strlen(carrier));
	assert_memory_equal(parts.carrier, carrier, parts.carrier_len);
}

static void bindings_fall_into_their_parts(void **state)
{
	static const char *const wrong[] = {
		"", "dmz", "=eth0", "dmz=", "dmz=@", "dmz=@eth0", "dmz=eth0@"};
	struct format_binding parts;

	(void)state;
	assert_split("dmz=eth0", "dmz", "eth0", "");
	assert_split("dmz=eth0.10@eth0", "dmz", "eth0.10", "eth0");
	assert_split("d@z=eth0", "d@z", "eth0", "");
	assert_split("dmz=a=b@c=d", "dmz", "a=b", "c=d");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(format_split_binding(wrong[i], &parts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_is_dotted_and_ipv6_is_not),
		cmocka_unit_test(a_network_shows_its_prefix_and_a_host_none),
		cmocka_unit_test(times_count_hours_beyond_a_day),
		cmocka_unit_test(protocols_have_names_or_numbers),
		cmocka_unit_test(templates_fill_in_values),
		cmocka_unit_test(templates_align_columns),
		cmocka_unit_test(templates_show_seconds_as_time),
		cmocka_unit_test(a_wrong_template_is_an_error),
		cmocka_unit_test(the_nearest_word_is_begun_or_misspelt),
		cmocka_unit_test(an_endpoint_tells_address_from_port),
		cmocka_unit_test(bindings_fall_into_their_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
