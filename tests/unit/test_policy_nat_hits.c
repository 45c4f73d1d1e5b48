// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_nat_hits.c - statements that translate: which ones count, under which
 * identity, and what `show nat` says of them.
 */
#include "nat_test.h"

#include "tools/fwctl/format_nat.h"

#define PIX                                \
	"nameif eth0 outside security0\n"  \
	"nameif eth1 inside security100\n" \
	"nameif eth2 dmz security50\n"     \
	"ip address outside 192.0.2.1 255.255.255.0\n"
#define ASA "ASA Version 9.1(2)\n" PIX
#define WEB "object network web\n host 10.0.0.10\n"
#define LAN                                                    \
	"object network lan\n subnet 10.0.0.0 255.255.255.0\n" \
	"object network lan-as\n subnet 203.0.113.0 255.255.255.0\n"

/* The statement whose text has this in it. */
static const struct policy_image_translation *of(const struct policy_image *image,
						 const char *text)
{
	const struct policy_image_translation *found = NULL;

	for (size_t i = 0; i < image->n_translations; i++) {
		if (!strstr(image->translations[i].text, text))
			continue;
		assert_null(found);
		found = &image->translations[i];
	}
	assert_non_null(found);
	return found;
}

/* ---- identities ---- */

static void an_identity_outlives_edits_elsewhere(void **state)
{
	own_image before = compile_ok(PIX
				      "static (inside,outside) 192.0.2.10 10.0.0.10\n"
				      "static (inside,outside) 192.0.2.11 10.0.0.11\n");
	own_image after = compile_ok(PIX
				     "access-list e permit ip host 10.0.0.9 any\n"
				     "nat (inside) 0 access-list e\n"
				     "static (dmz,outside) 192.0.2.9 10.1.0.9\n"
				     "static (inside,outside) 192.0.2.11 10.0.0.11\n"
				     "static (inside,outside) 192.0.2.10 10.0.0.10\n");

	(void)state;
	assert_int_equal(of(before, "10.0.0.10")->id, of(after, "10.0.0.10")->id);
	assert_int_equal(of(before, "10.0.0.11")->id, of(after, "10.0.0.11")->id);
	assert_int_not_equal(of(after, "10.0.0.10")->id, of(after, "10.0.0.11")->id);
	assert_int_equal(of(after, "10.0.0.10")->number, 3);
}

static void equal_statements_are_told_apart(void **state)
{
	own_image image = compile_ok(ASA LAN
				     "nat (inside,outside) source static lan lan-as\n"
				     "nat (inside,dmz) source static lan lan-as\n"
				     "nat (inside,outside) source static lan lan-as\n");

	(void)state;
	assert_int_equal(image->n_translations, 3);
	assert_int_not_equal(image->translations[0].id, image->translations[2].id);
	assert_int_not_equal(image->translations[0].id, 0);
	assert_string_equal(image->translations[0].text, image->translations[2].text);
}

/* ---- who counts ---- */

static void each_table_says_whose_it_is(void **state)
{
	own_image image = compile_ok(
		PIX "static (inside,outside) 192.0.2.10 10.0.0.10\n"
		    "static (dmz,outside) 198.51.100.0 172.16.0.0 netmask 255.255.255.0\n"
		    "static (inside,dmz) tcp 172.16.0.5 www 10.0.0.10 8080\n");

	(void)state;
	assert_int_equal(image->n_nats, 3);
	for (size_t i = 0; i < image->n_nats; i++) {
		bool answered = !image->nats[i].out_key.real_if;

		assert_int_equal(image->nats[i].translation,
				 answered ? POLICY_NO_TRANSLATION : i);
		assert_int_equal(image->nats[i].in_value.counter, PH_NO_COUNTER);
		assert_int_equal(image->nats[i].out_value.counter,
				 answered ? 0 : PH_NO_COUNTER);
	}
	assert_int_equal(image->n_nat_rules, 1);
	assert_int_equal(image->nat_rules[0].translation, 2);
	assert_int_equal(image->nat_rules[0].rule.counter, PH_NO_COUNTER);
}

static void both_ends_and_both_ways_are_of_one_statement(void **state)
{
	own_image image = compile_ok(
		ASA LAN WEB
		"nat (inside,outside) source static lan lan-as destination static web "
		"web\n"
		"nat (inside,dmz) source static web web unidirectional\n"
		"nat (inside,dmz) source static lan lan-as unidirectional\n");

	(void)state;
	/* Source and destination; what stays; one way, and its answers. */
	assert_int_equal(image->n_nat_rules, 5);
	assert_int_equal(image->nat_rules[0].translation, 0);
	assert_int_equal(image->nat_rules[1].translation, 0);
	assert_int_equal(image->nat_rules[2].translation, 1);
	assert_int_equal(image->nat_rules[3].translation, 2);
	assert_int_equal(image->nat_rules[4].translation, 2);
}

static void what_changes_nothing_is_not_in_force(void **state)
{
	own_image asa = compile_ok(
		ASA LAN "nat (inside,outside) source static lan lan-as inactive\n"
			"nat (dmz,outside) source static lan lan-as\n");
	own_image pix = compile_ok(PIX "nat (inside) 0 10.0.0.0 255.0.0.0\n");

	(void)state;
	assert_false(asa->translations[0].in_force);
	assert_true(asa->translations[1].in_force);
	assert_false(pix->translations[0].in_force);
	assert_int_equal(pix->translations[0].section, POLICY_TRANSLATION_REGULAR);
}

/* ---- as they are shown ---- */

static void assert_shown(const struct policy_image_translation *is, bool counted,
			 bool detail, const char *expected)
{
	const struct format_nat nat = {
		.is = is, .hits = {3, 18446744073709551615ull}, .counted = counted};
	struct strbuf out = {0};

	format_nat_put(&out, &nat, detail);
	assert_string_equal(out.data, expected);
	strbuf_free(&out);
}

#define HITS "    translate_hits = 3, untranslate_hits = 18446744073709551615"

static void statements_of_asa(void **state)
{
	own_image image = compile_ok(
		ASA LAN WEB
		"object network pool\n range 10.0.1.3 10.0.1.6\n"
		"object network pool-as\n range 198.51.100.3 198.51.100.6\n"
		"object service http\n service tcp source eq www\n"
		"object service http-as\n service tcp source eq 8080\n"
		"nat (inside,outside) source static web lan-as-host service http "
		"http-as\n"
		"object network lan-as-host\n host 192.0.2.77\n"
		"nat (any,dmz) source static pool pool-as destination static web web "
		"no-proxy-arp inactive description spare\n"
		"nat (inside,outside) after-auto source static lan lan-as\n"
		"object network web\n"
		" nat (inside,outside) static 192.0.2.10 service tcp ssh 2222\n");

	(void)state;
	assert_int_equal(image->n_translations, 4);
	assert_shown(&image->translations[0], true, true,
		     "1 (inside) to (outside) source static web lan-as-host service "
		     "http http-as\n" HITS
		     "\n    Source - Origin: 10.0.0.10/32, Translated: 192.0.2.77/32"
		     "\n    Service - Origin: http, Translated: http-as");
	assert_shown(&image->translations[1], false, true,
		     "2 (any) to (dmz) source static pool pool-as destination static web "
		     "web no-proxy-arp inactive description spare\n"
		     "    not counted: it translates nothing"
		     "\n    Source - Origin: 10.0.1.3-10.0.1.6, Translated: "
		     "198.51.100.3-198.51.100.6"
		     "\n    Destination - Origin: 10.0.0.10/32, Translated: "
		     "10.0.0.10/32");
	assert_shown(&image->translations[2], true, true,
		     "1 (inside) to (outside) source static web 192.0.2.10 service tcp "
		     "ssh 2222\n" HITS
		     "\n    Source - Origin: 10.0.0.10/32, Translated: 192.0.2.10/32"
		     "\n    Service - Origin: tcp ssh, Translated: tcp 2222");
	assert_shown(&image->translations[3], true, false,
		     "1 (inside) to (outside) source static lan lan-as\n" HITS);
	assert_string_equal(format_nat_heading(image->translations[0].section),
			    "Manual NAT Policies (Section 1)");
	assert_string_equal(format_nat_heading(image->translations[2].section),
			    "Auto NAT Policies (Section 2)");
	assert_string_equal(format_nat_section(image->translations[3].section),
			    "after-auto");
}

static void statements_of_pix(void **state)
{
	own_image image = compile_ok(
		PIX "access-list e permit ip host 10.0.0.9 any\n"
		    "access-list w permit tcp host 10.0.0.11 eq www any\n"
		    "nat (inside) 0 access-list e\n"
		    "static (inside,outside) 192.0.2.10 10.0.0.10 0 100\n"
		    "static (inside,outside) tcp 192.0.2.12 8080 access-list w\n");

	(void)state;
	assert_int_equal(image->n_translations, 3);
	assert_shown(&image->translations[0], true, true,
		     "1 nat (inside) 0 access-list e\n" HITS
		     "\n    Source - Origin: access-list e, Translated: stays as it is");
	assert_shown(&image->translations[1], true, true,
		     "1 static (inside,outside) 192.0.2.10 10.0.0.10 netmask "
		     "255.255.255.255 tcp 0 100\n" HITS
		     "\n    Source - Origin: 10.0.0.10/32, Translated: 192.0.2.10/32");
	assert_shown(&image->translations[2], false, true,
		     "2 static (inside,outside) tcp 192.0.2.12 8080 access-list w\n"
		     "    not counted: too many translations"
		     "\n    Source - Origin: access-list w, Translated: from 192.0.2.12"
		     "\n    Service - Origin: as the list says, Translated: tcp 8080");
	assert_string_equal(format_nat_heading(image->translations[0].section),
			    "NAT Exemptions");
}

/* Prefixes of IPv6, and groups whose members follow on one another. */
static void what_they_stand_for_is_put_together(void **state)
{
	own_image image = compile_ok(
		ASA "object network six\n subnet 2001:db8:1::/64\n"
		    "object network six-as\n subnet 2001:db8:2::/64\n"
		    "object-group network g\n network-object host 10.0.0.8\n"
		    " network-object host 10.0.0.9\n network-object host 10.0.0.12\n"
		    "object network h\n range 203.0.113.1 203.0.113.3\n"
		    "nat (inside,outside) source static six six-as\n"
		    "nat (inside,outside) source static g h\n"
		    "nat (inside,outside) source static any any\n");

	(void)state;
	assert_string_equal(image->translations[0].source_real, "2001:db8:1::/64");
	assert_string_equal(image->translations[0].source_mapped, "2001:db8:2::/64");
	assert_string_equal(image->translations[1].source_real,
			    "10.0.0.8/31, 10.0.0.12/32");
	assert_string_equal(image->translations[1].source_mapped,
			    "203.0.113.1-203.0.113.3");
	assert_string_equal(image->translations[2].source_real, "0.0.0.0/0, ::/0");
}

static void an_address_by_dhcp_is_not_known_yet(void **state)
{
	own_policy policy = parse_ok("nameif eth0 outside security0\n"
				     "nameif eth1 inside security100\n"
				     "static (inside,outside) tcp interface 2222 "
				     "10.0.0.11 ssh\n");
	own_diags diags = {0};
	own_image image = NULL;

	(void)state;
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_string_equal(image->translations[0].source_mapped, "not known yet");
	assert_true(image->translations[0].in_force);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_outlives_edits_elsewhere),
		cmocka_unit_test(equal_statements_are_told_apart),
		cmocka_unit_test(each_table_says_whose_it_is),
		cmocka_unit_test(both_ends_and_both_ways_are_of_one_statement),
		cmocka_unit_test(what_changes_nothing_is_not_in_force),
		cmocka_unit_test(statements_of_asa),
		cmocka_unit_test(statements_of_pix),
		cmocka_unit_test(what_they_stand_for_is_put_together),
		cmocka_unit_test(an_address_by_dhcp_is_not_known_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
