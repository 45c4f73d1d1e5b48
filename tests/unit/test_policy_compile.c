// SPDX-License-Identifier: GPL-2.0
/* test_policy_compile.c - what the datapath gets for what a policy says: interfaces,
 * access lists, translations. What exceeds a limit: test_policy_limits.c. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "tests/unit/policy_test.h"

#define BIND "access-group a in interface outside\n"

/* What the flags of an interface say of anything but translation. */
static __u32 besides_nat(__u32 flags)
{
	return flags & ~IFACE_F_NAT_NONE;
}

static void assert_v4(const struct ph_addr *addr, const char *quad)
{
	assert_int_equal(addr->word[0], 0);
	assert_int_equal(addr->word[1], 0);
	assert_int_equal(addr->word[2], htonl(0xffff));
	assert_int_equal(addr->word[3], inet_addr(quad));
}

static void assert_v4_mask(const struct ph_addr *mask, const char *quad)
{
	assert_int_equal(mask->word[0], 0xffffffff);
	assert_int_equal(mask->word[1], 0xffffffff);
	assert_int_equal(mask->word[2], 0xffffffff);
	assert_int_equal(mask->word[3], inet_addr(quad));
}

static void interfaces_are_numbered_in_order_from_one(void **state)
{
	own_image image = compile_ok("interface eth0\n no nameif\n"
				     "nameif eth1 inside security100\n"
				     "nameif Ethernet0/0.7 dmz security50\n"
				     "nameif eth-of-15-bytes a security1\n"
				     "nameif eth-of-16-bytes- b security1\n"
				     "ip address dmz 192.0.2.1 255.255.255.0\n");

	(void)state;
	assert_int_equal(image->n_ifaces, 4);
	assert_string_equal(image->ifaces[0].name, "inside");
	assert_string_equal(image->ifaces[0].device, "eth1");
	assert_int_equal(image->ifaces[0].config.id, 1);
	assert_int_equal(image->ifaces[0].config.security_level, 100);
	assert_int_equal(besides_nat(image->ifaces[0].config.flags), 0);
	assert_false(image->ifaces[0].has_address);
	assert_string_equal(image->ifaces[1].device, ""); /* a slash: never a device */
	assert_int_equal(image->ifaces[1].config.id, 2);
	assert_true(image->ifaces[1].has_address);
	assert_int_equal(image->ifaces[1].address, inet_addr("192.0.2.1"));
	assert_int_equal(image->ifaces[1].netmask, inet_addr("255.255.255.0"));
	assert_string_equal(image->ifaces[2].device, "eth-of-15-bytes");
	assert_string_equal(image->ifaces[3].device, "");
}

static void block_form_defaults_to_level_0_and_inside_to_100(void **state)
{
	own_image image = compile_ok("interface eth0\n nameif outside\n"
				     "interface eth1\n nameif inside\n"
				     "interface eth2\n nameif dmz\n security-level 50\n"
				     "interface eth3\n security-level 7\n nameif Inside\n"
				     "interface eth4\n nameif INSIDE\n");

	(void)state;
	assert_int_equal(image->ifaces[0].config.security_level, 0);
	assert_int_equal(image->ifaces[1].config.security_level, 100);
	assert_int_equal(image->ifaces[2].config.security_level, 50);
	assert_int_equal(image->ifaces[3].config.security_level, 7);
	assert_int_equal(image->ifaces[4].config.security_level, 0);
}

static void line_holds_addresses_ports_and_protocol(void **state)
{
	own_image image = compile_ok(
		TWO_IFACES BIND "access-list a permit tcp 10.1.0.0 255.255.0.0 eq 20 "
				"host 192.0.2.1 range 50000 50100\n"
				"access-list a deny ip any any\n");
	const struct acl_line *line = acl_line_at(image, 0, 0);

	(void)state;
	assert_int_equal(image->n_acl_lists, 1);
	assert_int_equal(image->acl_lists[0].n_lines, 2);
	assert_int_equal(image->n_acl_lines, 2);
	assert_int_equal(image->config.n_acl_lines, 2);
	assert_prefixes(line->src, line->n_src, "10.1.0.0/16");
	assert_prefixes(line->dst, line->n_dst, "192.0.2.1/32");
	assert_int_equal(line->n_services, 1);
	assert_int_equal(line->services->src_port_low, 20);
	assert_int_equal(line->services->src_port_high, 20);
	assert_int_equal(line->services->dst_port_low, 50000);
	assert_int_equal(line->services->dst_port_high, 50100);
	assert_int_equal(line->services->proto, IPPROTO_TCP);
	assert_false(line->services->any_proto);
	assert_int_equal(line->services->cond, 0);
	assert_true(line->permit);
	assert_int_equal(line->number, 0);
	line++;
	assert_prefixes(line->src, line->n_src, "0.0.0.0/0"); /* IPv4 only */
	assert_prefixes(line->dst, line->n_dst, "0.0.0.0/0");
	assert_int_equal(line->n_services, 1);
	assert_true(line->services->any_proto);
	assert_int_equal(line->services->src_port_low, 0);
	assert_int_equal(line->services->src_port_high, 65535);
	assert_int_equal(line->services->dst_port_low, 0);
	assert_int_equal(line->services->dst_port_high, 65535);
	assert_false(line->permit);
	assert_int_equal(line->number, 1);
}

struct range_case {
	const char *text;
	size_t n;
	uint16_t ranges[4][2]; /* of the destination port, in order */
};

static void port_operators_become_inclusive_ranges(void **state)
{
	static const struct range_case cases[] = {
		{"tcp any any", 1, {{0, 65535}}},
		{"tcp any any eq 0", 1, {{0, 0}}},
		{"tcp any any eq 65535", 1, {{65535, 65535}}},
		{"udp any any lt 1024", 1, {{0, 1023}}},
		{"tcp any any lt 1", 1, {{0, 0}}},
		{"tcp any any gt 1023", 1, {{1024, 65535}}},
		{"tcp any any gt 65534", 1, {{65535, 65535}}},
		{"tcp any any neq 80", 2, {{0, 79}, {81, 65535}}},
		{"tcp any any neq 0", 1, {{1, 65535}}},
		{"tcp any any neq 65535", 1, {{0, 65534}}},
		{"tcp any any range 5 5", 1, {{5, 5}}},
		{"tcp any neq 9 any neq 80",
		 4,
		 {{0, 79}, {81, 65535}, {0, 79}, {81, 65535}}},
		{"icmp any any", 1, {{0, 65535}}},
		{"icmp any any echo", 1, {{8 << 8, (8 << 8) + 255}}},
		{"icmp any any 3 4", 1, {{(3 << 8) + 4, (3 << 8) + 4}}},
		{"icmp any any 255 255", 1, {{65535, 65535}}},
		{"icmp any any 0", 1, {{0, 255}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct acl_line *line;
		char text[256];
		own_image image = NULL;

		snprintf(text, sizeof(text), TWO_IFACES BIND "access-list a permit %s\n",
			 cases[i].text);
		image = compile_ok(text);
		assert_int_equal(image->n_lines, 1);
		line = acl_line_at(image, 0, 0);
		assert_int_equal(line->n_services, cases[i].n);
		for (size_t j = 0; j < cases[i].n; j++) {
			assert_int_equal(line->services[j].dst_port_low,
					 cases[i].ranges[j][0]);
			assert_int_equal(line->services[j].dst_port_high,
					 cases[i].ranges[j][1]);
		}
	}
}

struct cond_case {
	const char *text;
	unsigned int cond;
};

#define FIN	 1u
#define SYN	 2u
#define RST	 4u
#define PSH	 8u
#define ACK	 16u
#define URG	 32u
#define CLEAR(n) ((n) << 6)

static void flags_and_fragments_become_conditions(void **state)
{
	static const struct cond_case cases[] = {
		{"tcp any any established", ACK | RST | ACL_COND_ANY},
		{"tcp any any syn", SYN | ACL_COND_ANY},
		{"tcp any any urg fin", FIN | URG | ACL_COND_ANY},
		{"tcp any any eq 80 match-all +syn -ack", SYN | CLEAR(ACK)},
		{"tcp any any match-any +psh -rst", PSH | CLEAR(RST) | ACL_COND_ANY},
		{"tcp any any match-all -ack -fin -psh -rst -syn -urg", CLEAR(63u)},
		{"ip any any fragments", ACL_COND_FRAGMENTS},
		{"udp any any fragments", ACL_COND_FRAGMENTS},
		{"ip any any", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool fragments = cases[i].cond == ACL_COND_FRAGMENTS;
		char text[256];
		own_policy policy = NULL;
		own_image image = NULL;
		own_diags diags = {0};

		snprintf(text, sizeof(text),
			 TWO_IFACES "access-list a permit %s\n"
				    "access-group a in interface outside control-plane\n",
			 cases[i].text);
		policy = parse_ok(text); /* warnings are not about this */
		assert_int_equal(policy_compile(policy, &image, &diags), 0);
		assert_int_equal(acl_line_at(image, 0, 0)->services->cond, cases[i].cond);
		assert_int_equal(image->config.flags,
				 fragments ? CONFIG_F_FRAGMENT_LINES : 0);
	}
}

/* Whether later fragments are looked up at all is decided by lines in force. */
static void fragments_of_idle_lines_do_not_count(void **state)
{
	own_policy policy = parse_ok(
		TWO_IFACES BIND "access-list a permit ip any any fragments inactive\n"
				"access-list unbound permit ip any any fragments\n");
	own_image image = NULL;
	own_diags diags = {0};

	(void)state;
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_int_equal(image->config.flags, 0);
}

static void line_that_matches_nothing_has_a_number_and_no_service(void **state)
{
	static const char text[] = TWO_IFACES BIND
		"access-list a permit tcp any any gt 65535\n"
		"access-list a permit tcp any lt 0 any neq 80\n"
		"access-list a permit udp any any\n";
	own_policy policy = parse_ok(text);
	own_image image = NULL;
	own_diags diags = {0};

	(void)state;
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_int_equal(image->n_lines, 3);
	assert_int_equal(image->n_acl_lines, 3);
	assert_int_equal(acl_line_at(image, 0, 0)->n_services, 0);
	assert_int_equal(acl_line_at(image, 0, 1)->n_services, 0);
	assert_int_equal(acl_line_at(image, 0, 2)->n_services, 1);
	assert_int_equal(acl_line_at(image, 0, 2)->number, 2);
}

static void inactive_line_is_shown_and_has_no_number(void **state)
{
	own_image image = compile_ok(TWO_IFACES BIND
				     "access-list a permit tcp any any eq 1\n"
				     "access-list a permit tcp any any eq 2 inactive\n"
				     "access-list a permit tcp any any eq 3\n");

	(void)state;
	assert_int_equal(image->n_lines, 3);
	assert_int_equal(image->n_acl_lines, 2);
	assert_int_equal(image->config.n_acl_lines, 2);
	assert_int_equal(image->lines[0].acl_line, 0);
	assert_int_equal(image->lines[1].acl_line, ACL_NO_LINE);
	assert_int_equal(image->lines[1].number, 2);
	assert_true(image->lines[1].bound);
	assert_string_equal(image->lines[1].text,
			    "access-list a extended permit tcp any any eq 2 inactive");
	assert_int_equal(image->lines[2].acl_line, 1);
	assert_int_equal(image->acl_lists[0].n_lines, 2);
	assert_int_equal(acl_line_at(image, 0, 1)->number, 1);
	assert_int_equal(acl_line_at(image, 0, 1)->services->dst_port_low, 3);
}

static void each_bound_list_is_compiled_once(void **state)
{
	own_policy policy = parse_ok("nameif eth0 a security0\nnameif eth1 b security1\n"
				     "nameif eth2 c security2\nnameif eth3 d security3\n"
				     "access-list shared permit tcp any any eq 1\n"
				     "access-list unbound permit tcp any any eq 2\n"
				     "access-list own permit tcp any any eq 3\n"
				     "access-list shared remark between\n"
				     "access-list shared permit tcp any any neq 4\n"
				     "access-list own permit tcp any any eq 5\n"
				     "access-group shared in interface a\n"
				     "access-group own in interface b\n"
				     "access-group shared in interface d\n");
	own_image image = NULL;
	own_diags diags = {0};

	(void)state;
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_int_equal(image->n_acl_lists, 2);
	assert_int_equal(image->acl.n_lists, 2);
	assert_int_equal(image->n_lines, 5);
	assert_int_equal(image->n_acl_lines, 4);
	for (size_t i = 0; i < 4; i += 3) { /* a and d share */
		assert_int_equal(besides_nat(image->ifaces[i].config.flags),
				 IFACE_F_ACL_IN);
		assert_memory_equal(&image->ifaces[i].config.acl_in, &image->acl.roots[0],
				    sizeof(struct acl_root));
		assert_string_equal(image->ifaces[i].acl_in, "shared");
	}
	assert_true(image->acl.roots[0].v4 != image->acl.roots[1].v4);
	assert_memory_equal(&image->ifaces[1].config.acl_in, &image->acl.roots[1],
			    sizeof(struct acl_root));
	assert_int_equal(besides_nat(image->ifaces[2].config.flags), 0);
	assert_int_equal(image->ifaces[2].config.acl_in.v4, 0);
	assert_string_equal(image->ifaces[2].acl_in, "");
	assert_string_equal(image->lines[1].text,
			    "access-list shared extended permit tcp any any neq 4");
	assert_int_equal(image->lines[1].number, 3); /* the remark counts */
	assert_int_equal(image->lines[1].source_line, 9);
	assert_int_equal(image->lines[1].acl_line, 1);
	assert_string_equal(image->lines[2].acl, "unbound");
	assert_false(image->lines[2].bound);
	assert_int_equal(image->lines[2].acl_line, ACL_NO_LINE);
	assert_true(image->lines[3].bound);
	/* Numbers go on from list to list. */
	assert_int_equal(image->lines[3].acl_line, 2);
	assert_int_equal(acl_line_at(image, 1, 0)->number, 2);
	assert_int_equal(acl_line_at(image, 1, 0)->services->dst_port_low, 3);
}

static void bound_list_of_remarks_denies_everything(void **state)
{
	own_policy policy = parse_ok(TWO_IFACES BIND "access-list a remark nothing\n");
	own_image image = NULL;
	own_diags diags = {0};

	(void)state;
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_int_equal(besides_nat(image->ifaces[0].config.flags), IFACE_F_ACL_IN);
	assert_int_equal(image->n_acl_lists, 1);
	assert_int_equal(image->acl_lists[0].n_lines, 0);
	assert_int_equal(image->n_acl_lines, 0);
}

/* What shows a policy needs all but the image. */
static void names_are_those_of_the_whole_image(void **state)
{
	own_policy policy = parse_ok(TWO_IFACES BIND
				     "access-list a permit tcp any any eq 80\n"
				     "access-list a deny ip any any fragments\n"
				     "static (inside,outside) 192.0.2.1 10.0.0.1\n"
				     "fixup protocol ftp 21\n"
				     "access-group a global\n");
	own_image names = NULL;
	own_image image = NULL;
	own_diags diags = {0};

	(void)state;
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	assert_int_equal(policy_compile_names(policy, &names, &diags), 0);
	assert_null(names->acl.words);
	assert_null(names->acl.roots);
	assert_int_equal(names->acl.n_lists, 0);
	assert_int_equal(names->ifaces[0].config.acl_in.v4, 0);
	assert_int_equal(besides_nat(names->ifaces[0].config.flags), IFACE_F_ACL_IN);
	assert_string_equal(names->ifaces[0].acl_in, "a");
	assert_string_equal(names->acl_global, "a");
	assert_int_equal(names->config.flags, image->config.flags);
	assert_int_equal(names->n_acl_lines, image->n_acl_lines);
	assert_int_equal(names->n_lines, image->n_lines);
	assert_int_equal(names->n_nats, image->n_nats);
	assert_int_equal(names->n_fixups, image->n_fixups);
	for (size_t i = 0; i < image->n_lines; i++) {
		assert_true(names->lines[i].line_id == image->lines[i].line_id);
		assert_int_equal(names->lines[i].acl_line, image->lines[i].acl_line);
		assert_string_equal(names->lines[i].text, image->lines[i].text);
	}
}

static void images_of_equal_policies_are_equal(void **state)
{
	static const char text[] = TWO_IFACES BIND
		"access-list a permit tcp any 10.0.0.0 255.0.0.0 neq 80\n"
		"access-list a deny ip any 2001:db8::/32\n"
		"access-list a permit udp host 192.0.2.1 any\n";
	own_image a = compile_ok(text);
	own_image b = compile_ok(text);

	(void)state;
	assert_int_equal(a->acl.n_words, b->acl.n_words);
	assert_int_equal(a->acl.n_rules4, b->acl.n_rules4);
	assert_int_equal(a->acl.n_rules6, b->acl.n_rules6);
	assert_memory_equal(a->acl.words, b->acl.words,
			    a->acl.n_words * sizeof(*a->acl.words));
	assert_memory_equal(a->acl.rules4, b->acl.rules4,
			    a->acl.n_rules4 * sizeof(*a->acl.rules4));
	assert_memory_equal(a->acl.rules6, b->acl.rules6,
			    a->acl.n_rules6 * sizeof(*a->acl.rules6));
}

static void statics_become_longest_prefix_keys_both_ways(void **state)
{
	own_image image = compile_ok(TWO_IFACES
				     "static (inside,outside) 192.0.2.0 10.0.0.0 netmask "
				     "255.255.255.128\n"
				     "static (inside,outside) 10.9.0.1 10.9.0.1\n");
	const struct policy_image_nat *nat = image->nats;

	(void)state;
	assert_int_equal(image->n_nats, 2);
	assert_int_equal(nat->in_key.prefixlen, 32 + 96 + 25);
	assert_int_equal(nat->in_key.mapped_if, 1);
	assert_v4(&nat->in_key.addr, "192.0.2.0");
	assert_v4(&nat->in_value.net, "10.0.0.0");
	assert_v4_mask(&nat->in_value.mask, "255.255.255.128");
	assert_int_equal(nat->in_value.real_if, 2);
	assert_int_equal(nat->in_value.mapped_if, 1);
	assert_int_equal(nat->in_value.proxy_arp, 1);
	assert_int_equal(nat->out_key.prefixlen, 64 + 96 + 25);
	assert_int_equal(nat->out_key.real_if, 2);
	assert_int_equal(nat->out_key.mapped_if, 1);
	assert_v4(&nat->out_key.addr, "10.0.0.0");
	assert_v4(&nat->out_value.net, "192.0.2.0");
	assert_v4_mask(&nat->out_value.mask, "255.255.255.128");
	assert_int_equal(nat->out_value.proxy_arp, 0);
	nat++;
	assert_int_equal(nat->in_key.prefixlen, 32 + 128);
	assert_int_equal(nat->in_value.proxy_arp, 0); /* identity hides nothing */
}

static void fixups_are_tcp_ports_in_wire_order(void **state)
{
	own_image image = compile_ok(TWO_IFACES
				     "fixup protocol ftp 65535\n"
				     "fixup protocol ftp\nfixup protocol ftp 1\n");

	(void)state;
	assert_int_equal(image->n_fixups, 3);
	assert_int_equal(image->fixups[0].key.port, htons(1));
	assert_int_equal(image->fixups[1].key.port, htons(21));
	assert_int_equal(image->fixups[1].key.proto, IPPROTO_TCP);
	assert_int_equal(image->fixups[1].value.kind, FIXUP_FTP);
	assert_int_equal(image->fixups[1].value.flags, 0);
	assert_int_equal(image->fixups[2].key.port, htons(65535));
}

static void nothing_is_inspected_unless_the_policy_says_so(void **state)
{
	own_image none = compile_ok(TWO_IFACES);
	own_image undone = compile_ok(TWO_IFACES "fixup protocol ftp 21\n"
						 "no fixup protocol ftp 21\n");

	(void)state;
	assert_int_equal(none->n_fixups, 0);
	assert_int_equal(undone->n_fixups, 0);
}

static void timeouts_are_the_documented_defaults(void **state)
{
	own_image image = compile_ok(TWO_IFACES);
	const struct policy_config *config = &image->config;
	const uint64_t sec = 1000000000ull;

	(void)state;
	assert_int_equal(config->abi_version, PH_ABI_VERSION);
	assert_true(config->timeout_half_open_ns == 30 * sec);
	assert_true(config->timeout_tcp_ns == 3600 * sec);
	assert_true(config->timeout_half_closed_ns == 600 * sec);
	assert_true(config->timeout_closing_ns == 60 * sec);
	assert_true(config->timeout_udp_ns == 120 * sec);
	assert_true(config->timeout_icmp_ns == 2 * sec);
	assert_true(config->timeout_other_ns == 120 * sec);
	assert_true(config->timeout_hole_ns == 300 * sec);
	assert_true(config->timeout_fragment_ns == 30 * sec);
}

/* ---- identities ---------------------------------------------------------- */

static void line_identity_survives_what_does_not_change_the_line(void **state)
{
	own_image a = compile_ok(TWO_IFACES BIND
				 "access-list a permit tcp any any eq 80\n"
				 "access-list a permit ip any any\n");
	own_image b = compile_ok(TWO_IFACES BIND "access-list a remark new\n"
						 "access-list a deny udp any any\n"
						 "access-list a permit 6 any any eq www\n"
						 "access-list a permit ip any any\n");

	(void)state;
	assert_true(a->lines[0].line_id == b->lines[1].line_id);
	assert_true(a->lines[1].line_id == b->lines[2].line_id);
	/* The same on every machine and in every version: FNV-1a, 64 bits. */
	assert_true(a->lines[1].line_id == 0xdf81ef7c95c64067ull);
}

static void every_line_has_an_identity_of_its_own(void **state)
{
	own_policy policy = parse_ok(TWO_IFACES BIND "access-list a permit ip any any\n"
						     "access-list a permit ip any any\n"
						     "access-list a permit ip any any4\n"
						     "access-list a permit ip any any\n"
						     "access-list b permit ip any any\n");
	own_image image = NULL;
	own_diags diags = {0};

	(void)state;
	assert_int_equal(policy_compile(policy, &image, &diags), 0);
	for (size_t i = 0; i < image->n_lines; i++)
		for (size_t j = 0; j < i; j++)
			assert_true(image->lines[i].line_id != image->lines[j].line_id);
}

static void more_interfaces_than_there_is_room_for_are_refused(void **state)
{
	char fits[4096] = "", exceeds[4096] = "";
	size_t len = 0;
	own_diags diags = {0};
	own_policy fitting = NULL;
	own_policy exceeding = NULL;
	own_image image = NULL;
	struct policy_image *none = NULL;

	(void)state;
	for (int i = 0; i < PH_MAX_INTERFACES; i++) {
		memcpy(fits, exceeds, sizeof(fits)); /* all but the last */
		len += (size_t)snprintf(exceeds + len, sizeof(exceeds) - len,
					"nameif eth%d if%d security1\n", i, i);
	}
	fitting = parse_ok(fits);
	exceeding = parse_ok(exceeds);
	assert_int_equal(policy_compile(fitting, &image, &diags), 0);
	assert_int_equal(policy_compile(exceeding, &none, &diags), -E2BIG);
	assert_null(none);
	assert_string_equal(diags.items[0].code, "E0701");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_are_numbered_in_order_from_one),
		cmocka_unit_test(block_form_defaults_to_level_0_and_inside_to_100),
		cmocka_unit_test(line_holds_addresses_ports_and_protocol),
		cmocka_unit_test(port_operators_become_inclusive_ranges),
		cmocka_unit_test(flags_and_fragments_become_conditions),
		cmocka_unit_test(fragments_of_idle_lines_do_not_count),
		cmocka_unit_test(line_that_matches_nothing_has_a_number_and_no_service),
		cmocka_unit_test(inactive_line_is_shown_and_has_no_number),
		cmocka_unit_test(each_bound_list_is_compiled_once),
		cmocka_unit_test(bound_list_of_remarks_denies_everything),
		cmocka_unit_test(images_of_equal_policies_are_equal),
		cmocka_unit_test(names_are_those_of_the_whole_image),
		cmocka_unit_test(statics_become_longest_prefix_keys_both_ways),
		cmocka_unit_test(fixups_are_tcp_ports_in_wire_order),
		cmocka_unit_test(nothing_is_inspected_unless_the_policy_says_so),
		cmocka_unit_test(timeouts_are_the_documented_defaults),
		cmocka_unit_test(line_identity_survives_what_does_not_change_the_line),
		cmocka_unit_test(every_line_has_an_identity_of_its_own),
		cmocka_unit_test(more_interfaces_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
