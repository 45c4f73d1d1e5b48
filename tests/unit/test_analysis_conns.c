// SPDX-License-Identifier: GPL-2.0
/*
 * test_analysis_conns.c - which connections a policy would end: one of each way in which
 * the datapath judges them again.
 */
#include <netinet/in.h>
#include <pinhole/analysis_conns.h>

#include "policy_test.h"

#define LEVELS                            \
	"nameif eth0 outside security0\n" \
	"nameif eth1 inside security100\n"
#define LISTED                                                        \
	LEVELS "access-list a permit tcp any host 192.0.2.10 eq 80\n" \
	       "access-list a permit udp any any\n"                   \
	       "access-list a permit icmp any any echo\n"             \
	       "access-group a in interface outside\n"                \
	       "static (inside,outside) 192.0.2.10 10.0.0.10 netmask 255.255.255.255\n"

#define OUTSIDE 5 /* devices */
#define INSIDE	7

static struct ph_addr addr_of(const char *text)
{
	struct ph_addr addr = {{0, 0, htonl(0xffff), inet_addr(text)}};

	return addr;
}

/* The initiator, as itself and as it is seen, and the responder likewise. */
struct ends {
	const char *src, *seen_src;
	uint16_t sport, seen_sport;
	const char *seen_dst, *dst;
	uint16_t seen_dport, dport;
};

static const struct ends to_web = {"198.51.100.1", "198.51.100.1", 4000, 4000,
				   "192.0.2.10",   "10.0.0.10",	   80,	 80};

struct made {
	struct flow_key key;
	struct conn conn;
};

/* @in, @out: devices of initiator and responder; the initiator is end 1 if it is odd */
static struct made make(const struct ends *ends, uint8_t proto, uint32_t in, uint32_t out)
{
	int initiator = ends->sport & 1;
	struct made made = {.key.proto = proto};

	made.key.addr[initiator] = addr_of(ends->src);
	made.key.port[initiator] = htons(ends->sport);
	made.key.addr[!initiator] = addr_of(ends->dst);
	made.key.port[!initiator] = htons(ends->dport);
	made.conn = (struct conn){
		.id = 1,
		.state = CONN_ESTABLISHED,
		.flags = initiator ? CONN_F_INITIATOR_1 : 0,
		.ifindex = {in, out},
		.mapped = {addr_of(ends->seen_src), addr_of(ends->seen_dst)},
		.mapped_port = {htons(ends->seen_sport), htons(ends->seen_dport)},
	};
	return made;
}

static void conns_cleanup(struct analysis_conns **conns)
{
	analysis_conns_free(*conns);
}

/* How many of them the policy ends. */
static uint64_t ended(const char *text, const struct made *made, size_t n)
{
	struct analysis_conns *conns cleanup_(conns_cleanup) = NULL;
	own_image image = compile_ok(text);
	uint32_t ifindexes[PH_MAX_INTERFACES] = {0};
	struct analysis_conns_count count;

	for (size_t i = 0; i < image->n_ifaces; i++)
		ifindexes[i] = !strcmp(image->ifaces[i].name, "outside") ? OUTSIDE
									 : INSIDE;
	assert_int_equal(analysis_conns_new(image, ifindexes, &conns), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(analysis_conns_add(conns, &made[i].key, &made[i].conn),
				 0);
	analysis_conns_count(conns, &count);
	assert_int_equal(count.total, n);
	return count.ended;
}

static void assert_stays(const char *text, const struct ends *ends, uint8_t proto)
{
	struct made made = make(ends, proto, OUTSIDE, INSIDE);

	assert_int_equal(ended(text, &made, 1), 0);
}

static void assert_ends(const char *text, const struct ends *ends, uint8_t proto)
{
	struct made made = make(ends, proto, OUTSIDE, INSIDE);

	assert_int_equal(ended(text, &made, 1), 1);
}

static void a_list_decides_by_mapped_ends(void **state)
{
	struct ends ends = to_web;

	(void)state;
	assert_stays(LISTED, &ends, IPPROTO_TCP);
	ends.sport = ends.seen_sport = 4001; /* the other order of the key */
	assert_stays(LISTED, &ends, IPPROTO_TCP);
	ends.dport = ends.seen_dport = 81;
	assert_ends(LISTED, &ends, IPPROTO_TCP);
	assert_stays(LISTED, &ends, IPPROTO_UDP);
}

static void an_echo_is_asked_by_its_type(void **state)
{
	struct ends ends = to_web;

	(void)state;
	ends.dport = ends.seen_dport = 0;
	assert_stays(LISTED, &ends, IPPROTO_ICMP);
	assert_ends(LEVELS "access-list a permit icmp any any echo-reply\n"
			   "access-group a in interface outside\n"
			   "static (inside,outside) 192.0.2.10 10.0.0.10\n",
		    &ends, IPPROTO_ICMP);
}

static void another_translation_ends_it(void **state)
{
	struct ends ends = to_web;

	(void)state;
	assert_ends(LEVELS "access-list a permit ip any any\n"
			   "access-group a in interface outside\n"
			   "static (inside,outside) 192.0.2.10 10.0.0.11\n",
		    &ends, IPPROTO_TCP);
	assert_ends(LEVELS "access-list a permit ip any any\n"
			   "access-group a in interface outside\n",
		    &ends, IPPROTO_TCP);
	/* By its own address now, which was translated. */
	ends.seen_dst = ends.dst;
	assert_ends(LISTED "access-list a permit ip any any\n", &ends, IPPROTO_TCP);
	/* Longest prefix. */
	assert_stays(LEVELS "access-list a permit ip any any\n"
			    "access-group a in interface outside\n"
			    "static (inside,outside) 192.0.2.0 10.9.9.0 netmask "
			    "255.255.255.0\n",
		     &(struct ends){"198.51.100.1", "198.51.100.1", 4000, 4000,
				    "192.0.2.77", "10.9.9.77", 80, 80},
		     IPPROTO_TCP);
}

static void ports_are_translated_by_rules(void **state)
{
	static const char text[] = LEVELS
		"access-list a permit tcp any host 192.0.2.10 eq 80\n"
		"access-group a in interface outside\n"
		"static (inside,outside) tcp 192.0.2.10 80 10.0.0.10 8080\n";
	struct ends ends = to_web;

	(void)state;
	assert_ends(text, &ends, IPPROTO_TCP);
	ends.dport = 8080;
	assert_stays(text, &ends, IPPROTO_TCP);
	ends.dst = "10.0.0.11";
	assert_ends(text, &ends, IPPROTO_TCP);
}

static void from_inside_the_source_is_translated(void **state)
{
	static const struct ends as_mapped = {"10.0.0.10",    "192.0.2.10",   5000, 5000,
					      "198.51.100.1", "198.51.100.1", 443,  443};
	static const struct ends as_itself = {"10.0.0.10",    "10.0.0.10",    5000, 5000,
					      "198.51.100.1", "198.51.100.1", 443,  443};
	struct made mapped = make(&as_mapped, IPPROTO_TCP, INSIDE, OUTSIDE);
	struct made itself = make(&as_itself, IPPROTO_TCP, INSIDE, OUTSIDE);

	(void)state;
	assert_int_equal(ended(LISTED, &mapped, 1), 0);
	assert_int_equal(ended(LISTED, &itself, 1), 1);
	assert_int_equal(ended(LEVELS, &mapped, 1), 1);
	assert_int_equal(ended(LEVELS, &itself, 1), 0);
}

static void levels_decide_where_no_list_is_bound(void **state)
{
	struct ends ends = to_web;

	(void)state;
	ends.seen_dst = ends.dst;
	assert_ends(LEVELS, &ends, IPPROTO_TCP);
	assert_ends("nameif eth0 outside security50\nnameif eth1 inside security50\n",
		    &ends, IPPROTO_TCP);
	assert_stays("nameif eth0 outside security50\nnameif eth1 inside security50\n"
		     "same-security-traffic permit inter-interface\n",
		     &ends, IPPROTO_TCP);
}

static void a_list_on_the_way_out_has_a_say(void **state)
{
	struct ends ends = to_web;

	(void)state;
	assert_ends(LISTED "access-list o deny tcp any host 10.0.0.10 eq 80\n"
			   "access-list o permit ip any any\n"
			   "access-group o out interface inside\n",
		    &ends, IPPROTO_TCP);
}

static void a_device_that_is_gone_ends_it(void **state)
{
	struct made made = make(&to_web, IPPROTO_TCP, OUTSIDE, 9);

	(void)state;
	assert_int_equal(ended(LISTED, &made, 1), 1);
}

static void this_machines_own_stay(void **state)
{
	struct made made = make(&to_web, IPPROTO_TCP, 0, 9);

	(void)state;
	made.conn.flags |= CONN_F_LOCAL;
	assert_int_equal(ended(LISTED, &made, 1), 0);
}

static void data_connections_fall_with_their_control_connection(void **state)
{
	static const struct ends control = {"198.51.100.1", "198.51.100.1", 4000, 4000,
					    "192.0.2.10",   "10.0.0.10",    21,	  21};
	static const struct ends data = {"198.51.100.1", "198.51.100.1", 4002,	4002,
					 "192.0.2.10",	 "10.0.0.10",	 50000, 50000};
	struct made made[2] = {make(&data, IPPROTO_TCP, OUTSIDE, INSIDE),
			       make(&control, IPPROTO_TCP, OUTSIDE, INSIDE)};

	(void)state;
	made[0].conn.id = 2;
	made[0].conn.flags |= CONN_F_CHILD;
	made[0].conn.parent = made[1].key;
	made[0].conn.parent_id = made[1].conn.id;
	made[1].conn.flags |= CONN_F_FTP;
	assert_int_equal(ended(LISTED, made, 2), 2);
	assert_int_equal(
		ended(LISTED "access-list a permit tcp any any eq ftp\n", made, 2), 0);
	assert_int_equal(
		ended(LISTED "access-list a permit tcp any any eq ftp\n", made, 1), 1);
	/* By data-ports: as long as the range has its port. */
	made[0].conn.flags |= CONN_F_RANGE;
	assert_int_equal(ended(LISTED "access-list a permit tcp any any eq ftp\n"
				      "fixup protocol ftp 21 data-ports 50000 50100\n",
			       made, 2),
			 0);
	assert_int_equal(ended(LISTED "access-list a permit tcp any any eq ftp\n"
				      "fixup protocol ftp 21 data-ports 50001 50100\n",
			       made, 2),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_decides_by_mapped_ends),
		cmocka_unit_test(an_echo_is_asked_by_its_type),
		cmocka_unit_test(another_translation_ends_it),
		cmocka_unit_test(ports_are_translated_by_rules),
		cmocka_unit_test(from_inside_the_source_is_translated),
		cmocka_unit_test(levels_decide_where_no_list_is_bound),
		cmocka_unit_test(a_list_on_the_way_out_has_a_say),
		cmocka_unit_test(a_device_that_is_gone_ends_it),
		cmocka_unit_test(this_machines_own_stay),
		cmocka_unit_test(data_connections_fall_with_their_control_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
