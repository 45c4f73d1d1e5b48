// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_reference.c - the reference of tests/reference/ reads lines as people do,
 * and policies made by chance agree with it. `make reference` asks millions more.
 */
#include <netinet/in.h>

#include "tests/reference/reference_nat.h"
#include "tests/reference/whole.h"
#include "tests/unit/policy_test.h"

/* ---- who judges the judge ------------------------------------------------ */

static policy_ip ip(const char *text)
{
	unsigned char bytes[16];
	policy_ip out = 0;

	if (inet_pton(AF_INET, text, bytes) == 1)
		return policy_ip_from_v4((uint32_t)bytes[0] << 24 | bytes[1] << 16 |
					 bytes[2] << 8 | bytes[3]);
	assert_int_equal(inet_pton(AF_INET6, text, bytes), 1);
	for (int i = 0; i < 16; i++)
		out = out << 8 | bytes[i];
	return out;
}

struct row {
	uint8_t proto;
	const char *src;
	uint16_t src_port;
	const char *dst;
	uint16_t dst_port; /* ICMP: type << 8 | code */
	int line;	   /* from 1; 0: none */
};

static struct ref_packet packet_of(const struct row *row)
{
	bool icmp = row->proto == IPPROTO_ICMP || row->proto == IPPROTO_ICMPV6;

	return (struct ref_packet){
		.src = ip(row->src),
		.dst = ip(row->dst),
		.proto = row->proto,
		.src_port = row->src_port,
		.dst_port = icmp ? 0 : row->dst_port,
		.icmp_type = (uint8_t)(icmp ? row->dst_port >> 8 : 0),
		.icmp_code = (uint8_t)(icmp ? row->dst_port : 0),
	};
}

static void assert_rows(const char *text, const struct row *rows, size_t n)
{
	own_policy policy = parse_ok(text);

	for (size_t i = 0; i < n; i++) {
		struct ref_packet packet = packet_of(&rows[i]);
		struct ref_decision said =
			ref_decide(policy, &policy->lists.items[0], &packet);

		if ((int)(said.line + 1) != rows[i].line)
			print_error("row %zu: line %d, not %d\n", i, (int)said.line + 1,
				    rows[i].line);
		assert_int_equal((int)(said.line + 1), rows[i].line);
	}
}

#define ROWS(...)                          \
	(const struct row[]){__VA_ARGS__}, \
		sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row)

static void operators_read_as_written(void **state)
{
	(void)state;
	assert_rows(TWO_IFACES
		    "access-list a permit tcp 10.0.0.0 255.255.255.0 lt 1024 any eq 80\n"
		    "access-list a deny udp any gt 1023 host 10.0.0.1 neq 53\n"
		    "access-list a permit tcp any any range 20 21\n"
		    "access-list a permit icmp any any echo\n"
		    "access-list a deny 47 any host 10.0.0.255\n"
		    "access-group a in interface outside\n",
		    ROWS({6, "10.0.0.0", 1023, "192.0.2.1", 80, 1},
			 {6, "10.0.0.255", 0, "192.0.2.1", 80, 1},
			 {6, "10.0.1.0", 1023, "192.0.2.1", 80, 0},
			 {6, "10.0.0.0", 1024, "192.0.2.1", 80, 0},
			 {6, "10.0.0.0", 1023, "192.0.2.1", 81, 0},
			 {17, "192.0.2.1", 1024, "10.0.0.1", 52, 2},
			 {17, "192.0.2.1", 1024, "10.0.0.1", 53, 0},
			 {17, "192.0.2.1", 1023, "10.0.0.1", 52, 0},
			 {6, "192.0.2.1", 1, "10.0.0.1", 20, 3},
			 {6, "192.0.2.1", 1, "10.0.0.1", 21, 3},
			 {6, "192.0.2.1", 1, "10.0.0.1", 22, 0},
			 {1, "192.0.2.1", 0, "10.0.0.1", 8 << 8, 4},
			 {1, "192.0.2.1", 0, "10.0.0.1", 8 << 8 | 255, 4},
			 {1, "192.0.2.1", 0, "10.0.0.1", 0, 0},
			 {47, "192.0.2.1", 0, "10.0.0.255", 0, 5},
			 {47, "2001:db8::1", 0, "2001:db8::2", 0, 0}));
}

static void groups_read_as_their_members(void **state)
{
	(void)state;
	assert_rows(TWO_IFACES
		    "object-group network inner\n"
		    " network-object host 10.0.0.1\n"
		    "object-group network outer\n"
		    " network-object 192.168.0.0 255.255.0.0\n"
		    " group-object inner\n"
		    "object-group service both tcp-udp\n"
		    " port-object eq domain\n"
		    " port-object range 5000 5001\n"
		    "object-group protocol protos\n"
		    " protocol-object tcp\n"
		    " protocol-object esp\n"
		    "object-group icmp-type types\n"
		    " icmp-object echo-reply\n"
		    " icmp-object unreachable\n"
		    "access-list a permit udp object-group outer object-group both any\n"
		    "access-list a permit tcp any object-group inner object-group both\n"
		    "access-list a deny object-group protos any object-group outer\n"
		    "access-list a permit icmp any any object-group types\n"
		    "access-group a in interface outside\n",
		    ROWS({17, "10.0.0.1", 53, "192.0.2.1", 9, 1},
			 {17, "192.168.255.255", 5001, "192.0.2.1", 9, 1},
			 {17, "192.168.255.255", 5002, "192.0.2.1", 9, 0},
			 {17, "192.169.0.0", 53, "192.0.2.1", 9, 0},
			 {6, "192.0.2.1", 9, "10.0.0.1", 5000, 2},
			 {6, "192.0.2.1", 9, "10.0.0.1", 4999, 3},
			 {6, "192.0.2.1", 9, "192.168.1.1", 53, 3},
			 {50, "192.0.2.1", 0, "192.168.1.1", 0, 3},
			 {51, "192.0.2.1", 0, "192.168.1.1", 0, 0},
			 {1, "192.0.2.1", 0, "192.0.2.2", 0, 4},
			 {1, "192.0.2.1", 0, "192.0.2.2", 3 << 8 | 4, 4},
			 {1, "192.0.2.1", 0, "192.0.2.2", 8 << 8, 0}));
}

static void objects_read_as_their_values(void **state)
{
	(void)state;
	assert_rows("ASA Version 9.1(1)\n" TWO_IFACES
		    "object network r\n range 10.0.0.5 10.0.0.9\n"
		    "object network six\n subnet 2001:db8::/32\n"
		    "object service s\n service tcp source gt 1023 destination eq 80\n"
		    "object-group service g\n"
		    " service-object object s\n"
		    " service-object tcp-udp destination eq 53\n"
		    " service-object icmp6 echo\n"
		    "access-list a permit object s any object r\n"
		    "access-list a deny object-group g any object six\n"
		    "access-list a permit ip any4 any\n"
		    "access-list a permit tcp any6 any6\n"
		    "access-group a in interface outside\n",
		    ROWS({6, "192.0.2.1", 1024, "10.0.0.5", 80, 1},
			 {6, "192.0.2.1", 1023, "10.0.0.5", 80, 3},
			 {6, "192.0.2.1", 1024, "10.0.0.4", 80, 3},
			 {6, "192.0.2.1", 1024, "10.0.0.9", 80, 1},
			 {6, "192.0.2.1", 1024, "10.0.0.10", 80, 3},
			 {6, "fd00::1", 1024, "2001:db8:ffff::", 80, 2},
			 {17, "fd00::1", 1, "2001:db8::", 53, 2},
			 {58, "fd00::1", 0, "2001:db8::", 128 << 8, 2},
			 {58, "fd00::1", 0, "2001:db8::", 129 << 8, 0},
			 {6, "fd00::1", 1023, "2001:db8::", 80, 4},
			 {17, "fd00::1", 1023, "2001:db9::", 53, 0}));
}

/* ---- policies by chance -------------------------------------------------- */

#define N_SEEDS	  12 /* of each dialect */
#define N_LINES	  8
#define N_PACKETS 150

static void policies_by_chance_mean_what_they_say(void **state)
{
	struct ref_tally tally = {0};

	(void)state;
	for (unsigned int seed = 1001; seed <= 1000 + N_SEEDS; seed++)
		for (unsigned int dialect = 0; dialect < GEN_N_DIALECTS; dialect++) {
			char why[512] = "";
			enum ref_outcome outcome = ref_whole_made(
				dialect, N_LINES, N_PACKETS, seed, &tally, why);

			if (outcome != REF_LOADS)
				print_error("seed %u, dialect %u: %s\n", seed, dialect,
					    why);
			assert_int_equal(outcome, REF_LOADS);
		}
	assert_int_equal(tally.n_wrong, 0);
	/* The packets must exercise both: lines that match and none that does. */
	assert_in_range(tally.n_matched, tally.n_asked / 10, tally.n_asked * 95 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_read_as_written),
		cmocka_unit_test(groups_read_as_their_members),
		cmocka_unit_test(objects_read_as_their_values),
		cmocka_unit_test(policies_by_chance_mean_what_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
