// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_memory.c - running out of memory at any point is reported, leaks
 * nothing and leaves outputs alone; and work grows with the text, not with its
 * square.
 *
 * The linker leads all allocations of libpolicy and of this file here (--wrap), where
 * they are counted and one of them is made to fail.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/policy_test.h"
#include "util/strbuf.h"

static size_t n_allocations;
static size_t failing_allocation = SIZE_MAX;

static int this_one_fails(void)
{
	return n_allocations++ == failing_allocation;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): ld's names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
	return this_one_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return this_one_fails() ? NULL : __real_calloc(count, size);
}

/* What shrinks does not fail: nobody needs to care. */
void *__wrap_realloc(void *old, size_t size)
{
	if (old && size <= malloc_usable_size(old))
		return __real_realloc(old, size);
	return this_one_fails() ? NULL : __real_realloc(old, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static const char right[] = TWO_IFACES
	"interface eth2 100full\n"
	"interface eth3\n nameif dmz\n ip address 192.0.2.1 255.255.255.0\n"
	"ip address outside 198.51.100.1 255.255.255.0\n"
	"access-list a remark text\n"
	"access-list a permit tcp any any eq ftp\n"
	"access-list a permit tcp any any neq 5\n"
	"access-list a permit tcp any any gt 65535\n"
	"access-list a permit tcp any any eq 21\n"
	"access-list a permit ip any host 10.0.0.10\n"
	"access-list unbound permit ip any any\n"
	"access-group a in interface outside\n"
	"access-group a out interface outside\n"
	"access-group a in interface inside control-plane\n"
	"access-list b permit tcp any any established\n"
	"access-list b permit tcp any any match-all +syn -ack inactive\n"
	"access-list b permit ip any any fragments\n"
	"access-list c deny ip any any fragments\n"
	"access-group c out interface dmz\n"
	"access-group b in interface dmz\n"
	"access-group a global\n"
	"ipv6 access-list a permit icmp6 any host 2001:db8::1 echo\n"
	"interface eth4\n nameif six\n ipv6 address 2001:db8::1/64\n"
	" ipv6 address 2001:db8:1::1/64\n"
	"interface eth4.7\n vlan 7 second-dot1q 8\n nameif lab\n"
	"ip verify reverse-path interface lab\n"
	"same-security-traffic permit inter-interface\n"
	"sysopt connection tcp-pick-up 0:10:00\n"
	"timeout conn 2:00:00 h323 0:05:00\n"
	"static (inside,outside) 198.51.100.10 10.0.0.10\n"
	"static (inside,dmz) 192.0.2.0 10.0.1.0\n"
	"fixup protocol ftps tls data-ports 50000 50100\n"
	"fixup protocol ftp strict 990 tls require data-ports 50000 50100\n"
	"access-list a permit tcp any any eq 50000\n";

static const char objects[] = "ASA Version 9.1\n" TWO_IFACES
			      "access-list a permit ip any object later\n"
			      "access-list a permit ip any host 198.51.100.10\n"
			      "access-group a in interface outside\n"
			      "object network later\n subnet 2001:db8:a::/64\n"
			      " nat (inside,outside) static mapped\n"
			      "object network mapped\n subnet 2001:db8:b::/64\n"
			      "object network h\n host 10.0.0.10\n"
			      " nat (inside,outside) static 198.51.100.10 no-proxy-arp\n";

static const char wrong_objects[] = TWO_IFACES
	"interface eth1\n ip address 10.0.0.1 255.0.0.0\n ipv6 address fd00::1/64\n"
	"static (inside,outside) 198.51.100.10 10.0.0.10\n"
	"access-list a permit ip any object nothing\n"
	"object network a\n host 10.0.0.1\n host 10.0.0.2\n"
	" nat (inside,outside) static b\n nat (inside,outside) static b\n"
	"object network b\n range 1 2\n"
	"object network c\n host 10.0.0.3\n nat (inside,outside) static 2001:db8::1\n"
	"object network d\n subnet 10.1.0.0 255.255.0.0\n"
	" nat (inside,outside) static 192.0.2.1\n"
	"object network e\n nat (inside,outside) static 192.0.2.1\n"
	"object network f\n host 224.0.0.1\n nat (outside,inside) static 192.0.2.1\n"
	"object network g\n host 192.0.2.7\n nat (outside,inside) static 10.0.0.1\n"
	"object network h\n nat (inside,outside) dynamic interface\n"
	"object service x\nobject y\nhost 1.2.3.4\n";

static const char wrong[] = TWO_IFACES
	"nameif eth0 twice security0\n"
	"nameif eth9 outside securityX\n"
	"acces-list b permit ip any any\n"
	"access-list a permit tpc any any\n"
	"access-list a permit tcp any range 1-2\n"
	"access-list a permit tcp any any any\n"
	"access-list a permit tcp any any match-all syn\n"
	"access-list a permit tcp any any match-any +syn -syn\n"
	"access-list a permit tcp any any +syn\n"
	"access-list a permit udp any any established\n"
	"access-list a permit udp any any eq 5 fragments\n"
	"access-list a permit udp any any inactiv\n"
	"access-group none in interface nowhere\n"
	"ip address outside 192.0.2.0 255.255.255.0\n"
	"static (inside,outside) 198.51.100.10 10.0.0.10\n"
	"static (inside,outside) 198.51.100.10 10.0.0.11\n"
	"interface eth5\n nameif x\n shutdown\n"
	"access-group a global\n"
	"access-group a global\n"
	"interface e.1\n vlan 5\n vlan 6\n nameif y\n"
	"interface e.2\n vlan 5\n nameif z\n"
	"ip verify reverse-path interface nowhere\n"
	"sysopt connection tcp-pick-up x\n"
	"access-list a permit tcp any6 any4\n"
	"access-list a permit icmp6 any any4\n"
	"access-list a permit tcp any 2001:db8::1\n"
	"ipv6 access-list b permit ip any any4\n"
	"interface e.2\n ipv6 address fe80::1/64\n"
	"timeout conn 0:00:01\n"
	"timeout cnn 0:00:01\n"
	"fixup protocol ftp tls deny data-ports 2000 2001\n"
	"fixup protocol ftp tls deny tls pass\n"
	"fixup protocol ftp data-ports 2 1\n"
	"fixup protocol ftp 21 sorce-port\n"
	"frobnicate\n";

static const char inspections[] = TWO_IFACES
	"access-list a permit ip any any\naccess-list a permit ip any6 any6\n"
	"access-group a in interface outside\n"
	"service-policy p global\n"
	"policy-map p\n class d\n  inspect ftp strict m\n  inspect ftps\n"
	" class c\n  inspect ftp\n"
	"policy-map unused\n class d\n  inspect ftp strict m\n"
	"class-map d\n match default-inspection-traffic\n"
	"class-map c\n match port tcp range 2121 2130\n"
	"regex a \"^(a|b{2,3})*[^c]$\"\nregex b x\nregex c \"y*\"\n"
	"class-map type regex match-any ab\n match regex a\n match regex b\n"
	"class-map type inspect ftp match-any f\n match request-command get\n"
	" match not server regex a\n"
	"policy-map type inspect ftp m\n parameters\n  mask-banner\n"
	"  tls require\n  tls data-ports 50000 50100\n"
	" match filename regex class ab\n  reset log\n class f\n  log\n"
	" match username regex b\n  drop-connection\n";

static const char wrong_inspections[] = TWO_IFACES
	"service-policy p interface outside\nservice-policy p global\n"
	"service-policy p global\nregex a \"(\"\nregex b \"\\\\d\"\n"
	"regex c \"\nregex d \xc3\xa4\nregex e e\nregex e f\n"
	"class-map type regex match-any r\nclass-map r\n match port tcp lt 1\n"
	" match port tcp eq 1\n match port tcp eq 2\n"
	"class-map type inspect http h\nclass-map c\n match any\n"
	"policy-map type inspect ftp m\n parameters\n  tls pass\n  tls deny\n"
	" match request-command quux\n match filename regex e\n  reset\n  log\n"
	"reset x\npolicy-map m\npolicy-map p\n class d\n  inspect http\n"
	"  inspect ftp x\n  no inspect ftp\nmatch x\n";

static const char missing_inspections[] = TWO_IFACES
	"service-policy nobody global\nregex e e\n"
	"class-map type regex match-any r\n match regex nobody\n"
	"class-map type inspect ftp f\n match request-command get\n"
	" match request-command put\n match filename regex class empty\n"
	"class-map type regex match-any empty\n"
	"policy-map type inspect ftp m\n match filename regex e\n"
	" class nobody\n class r\n";

static const char doubled_inspections[] = TWO_IFACES
	"service-policy p global\nclass-map d\n"
	" match default-inspection-traffic\nclass-map empty\n"
	"policy-map type inspect ftp m\n parameters\n  tls deny\n"
	"policy-map p\n class d\n  inspect ftp\n  inspect ftp\n"
	"  inspect ftps m\n class empty\n  inspect ftp\n";

/* More states than there may be: parsed, and refused when compiled. */
static const char big_inspections[] = TWO_IFACES
	"service-policy p global\nregex e e\nregex f \"a.{20}b\"\n"
	"policy-map type inspect ftp m\n match filename regex e\n  log\n"
	" match filename regex f\n  log\n"
	"class-map d\n match default-inspection-traffic\n"
	"policy-map p\n class d\n  inspect ftp strict m\n";

static const char groups[] = TWO_IFACES
	"ip address outside 198.51.100.1 255.255.255.0\n"
	"access-list a permit object-group s any object-group n log 4 interval 9\n"
	"object-group network n\n description text\n network-object object r\n"
	" network-object 10.0.0.0 255.0.0.0\n group-object m\n"
	"object-group network m\n network-object host 2001:db8::1\n"
	" network-object host 10.0.0.1\n no network-object host 10.0.0.1\n"
	"object network r\n range 10.0.0.1 10.0.0.99\n description text\n"
	"object service v\n service tcp source gt 9 destination neq 80\n"
	"object-group service s\n service-object object v\n service-object icmp 3 4\n"
	"object-group service p tcp\n port-object range 1 9\n"
	"object-group protocol t\n protocol-object tcp\n protocol-object udp\n"
	"object-group icmp-type i\n icmp-object echo\n"
	"object network f\n fqdn v4 www.example.com\n"
	"access-list unbound permit ip any object f time-range x\n"
	"access-list a line 1 permit tcp any object-group p interface outside\n"
	"access-list a line 1 permit object-group t any any eq 53\n"
	"access-list a permit icmp any any object-group i\n"
	"access-list a permit object v any any\n"
	"access-list split standard permit 10.0.0.0 255.0.0.0\n"
	"access-list e ethertype permit any\n"
	"access-group a in interface outside\n";

static const char wrong_groups[] = TWO_IFACES
	"object-group network a\n group-object b\nobject-group network b\n"
	" group-object a\n group-object none\n network-object object none\n"
	"object-group service s tpc\nobject-group netwrok x\n"
	"object-group service p tcp\n port-object eq tftp\n network-object host 1.1.1.1\n"
	"object service v\n service tcp destination 80\nobject network v\n"
	"access-list a permit tcp any any object-group a\n"
	"access-list a permit tcp any any object-group nobody\n"
	"access-list a permit ip any interface nowhere\n"
	"access-list a permit ip any any log 9\n"
	"access-list a standard permit any\n"
	"access-group a in interface outside\n";

/* One attempt at everything. Return: 0 or the first error. */
static int attempt(const char *text)
{
	own_diags diags = {0};
	own_policy policy = NULL;
	own_image image = NULL;
	char *printed cleanup_free_ = NULL;
	size_t len;
	int err = policy_parse(text, strlen(text), &policy, &diags);

	assert_true(!err == !!policy);
	for (size_t i = 0; err == -EINVAL && i < diags.count; i++) {
		char *shown cleanup_free_ = NULL;
		int failed = policy_diag_format(&diags.items[i], "x", &shown);

		assert_true(!failed == !!shown);
		if (failed)
			return failed;
	}
	if (policy)
		err = policy_compile(policy, &image, &diags);
	assert_true(!!image == (!err && policy));
	if (image) {
		err = policy_print(policy, &printed, &len);
		assert_true(!err == !!printed);
	}
	return err;
}

static void fail_each_allocation_once(const char *text, int usual)
{
	size_t total;

	n_allocations = 0;
	failing_allocation = SIZE_MAX;
	assert_int_equal(attempt(text), usual);
	total = n_allocations;
	assert_true(total > 30);
	for (size_t i = 0; i < total; i++) {
		n_allocations = 0;
		failing_allocation = i;
		assert_int_equal(attempt(text), -ENOMEM);
	}
	failing_allocation = SIZE_MAX;
}

static void no_memory_for_a_right_policy_is_reported_and_leaks_nothing(void **state)
{
	(void)state;
	fail_each_allocation_once(right, 0);
	fail_each_allocation_once(objects, 0);
	fail_each_allocation_once(groups, 0);
	fail_each_allocation_once(inspections, 0);
}

static void no_memory_for_a_wrong_policy_is_reported_and_leaks_nothing(void **state)
{
	(void)state;
	fail_each_allocation_once(wrong, -EINVAL);
	fail_each_allocation_once(wrong_objects, -EINVAL);
	fail_each_allocation_once(wrong_groups, -EINVAL);
	fail_each_allocation_once(wrong_inspections, -EINVAL);
	fail_each_allocation_once(missing_inspections, -EINVAL);
	fail_each_allocation_once(doubled_inspections, -EINVAL);
	fail_each_allocation_once(big_inspections, -E2BIG);
}

/* ---- size ---------------------------------------------------------------- */

#define N_LINES 100000

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)(now.tv_sec - start->tv_sec) +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Sanitized, 100,000 lines take about a second of CPU; squared work takes minutes. */
static void parse_in_time(const struct strbuf *text, int expected)
{
	struct timespec start;
	own_diags diags = {0};
	own_policy policy = NULL;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	assert_int_equal(policy_parse(text->data, text->len, &policy, &diags), expected);
	assert_true(seconds_since(&start) < 20);
}

static void hundred_thousand_lines_parse_in_linear_time(void **state)
{
	struct strbuf cleanup_(strbuf_free) one_list = {0};
	struct strbuf cleanup_(strbuf_free) many_lists = {0};
	struct strbuf cleanup_(strbuf_free) statics = {0};
	struct strbuf cleanup_(strbuf_free) ifaces = {0};
	struct strbuf cleanup_(strbuf_free) vlans = {0};
	struct strbuf cleanup_(strbuf_free) objects = {0};
	struct strbuf cleanup_(strbuf_free) errors = {0};
	struct strbuf cleanup_(strbuf_free) fixups = {0};
	struct strbuf cleanup_(strbuf_free) maps = {0};

	(void)state;
	strbuf_puts(&one_list, TWO_IFACES);
	strbuf_puts(&many_lists, TWO_IFACES);
	strbuf_puts(&statics, TWO_IFACES);
	strbuf_puts(&fixups, TWO_IFACES);
	strbuf_puts(&maps, TWO_IFACES "class-map type regex match-any r\n"
				      " match regex r0\nservice-policy p global\n");
	strbuf_puts(&objects, TWO_IFACES "access-group a in interface outside\n");
	for (unsigned int i = 0; i < N_LINES; i++) {
		strbuf_printf(&one_list, "access-list a permit tcp any any eq %u\n",
			      i % 65536);
		strbuf_printf(&many_lists, "access-list a%u permit ip any any\n", i);
		strbuf_printf(&statics,
			      "static (inside,outside) 1.%u.%u.%u 10.%u.%u.%u\n", i >> 16,
			      i >> 8 & 255, i & 255, i >> 16, i >> 8 & 255, i & 255);
		strbuf_printf(&ifaces,
			      "nameif e%u i%u security1\nip address i%u 1.1.1.1 "
			      "255.0.0.0\n",
			      i, i, i);
		strbuf_printf(&vlans,
			      "interface e%u.%u\n vlan %u\n nameif i%u\n ipv6 address "
			      "fd00::%x:%x/64\n",
			      i / 4000, i, 1 + i % 4000, i, i >> 16, i & 0xffff);
		strbuf_printf(&objects,
			      "access-list a permit ip any object o%u\n"
			      "object network o%u\n host fd00::%x:%x\n"
			      " nat (inside,outside) static fd01::%x:%x\n",
			      i, i, i >> 16, i & 0xffff, i >> 16, i & 0xffff);
		strbuf_printf(&fixups, "fixup protocol ftp %u\nno fixup protocol ftps\n",
			      1 + i % 65535);
		strbuf_printf(&maps,
			      "regex r%u \"x%u\"\nclass-map c%u\n match port tcp eq %u\n"
			      "policy-map type inspect ftp m%u\n"
			      " match filename regex class r\n  reset\n"
			      "policy-map p\n class c%u\n",
			      i, i, i, 1 + i % 65535, i, i);
		if (i < 65535)
			strbuf_printf(&maps, "  inspect ftp strict m%u\n", i);
		strbuf_printf(&errors, "access-group a in interface x%u\n", i);
	}
	parse_in_time(&one_list, 0);
	parse_in_time(&many_lists, 0);
	parse_in_time(&statics, 0);
	parse_in_time(&ifaces, 0);
	parse_in_time(&vlans, 0);
	parse_in_time(&objects, 0);
	parse_in_time(&fixups, 0);
	parse_in_time(&maps, 0);
	parse_in_time(&errors, -EINVAL);
}

/* What would otherwise count equal lines one by one. */
static void equal_lines_have_different_identities(void **state)
{
	struct strbuf cleanup_(strbuf_free) text = {0};
	own_policy policy = NULL;
	own_image image = NULL;
	own_diags diags = {0};
	struct timespec start;

	(void)state;
	strbuf_puts(&text, TWO_IFACES "access-group a in interface outside\n");
	for (int i = 0; i < PH_MAX_ACL_LINES; i++)
		strbuf_puts(&text, "access-list a permit ip any any\n");
	policy = parse_ok(text.data);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_true(seconds_since(&start) < 5);
	for (size_t i = 1; i < image->n_lines; i++)
		assert_true(image->lines[i].line_id != image->lines[i - 1].line_id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			no_memory_for_a_right_policy_is_reported_and_leaks_nothing),
		cmocka_unit_test(
			no_memory_for_a_wrong_policy_is_reported_and_leaks_nothing),
		cmocka_unit_test(hundred_thousand_lines_parse_in_linear_time),
		cmocka_unit_test(equal_lines_have_different_identities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
