// SPDX-License-Identifier: GPL-2.0
/*
 * test_host_bind.c - whose a listening socket is: who is related, who is ruled out, who
 * is certain, and what a line means to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/ftp_test.h"

#include "bpf/host_bind.h"

/* A server's session: established at 1000, its writer 300, a child of 200, spoke at
 * 1500 when 70 had been read. */
static const struct host_session server = {
	.established_ns = 1000,
	.spoke_ns = 1500,
	.tgid = 300,
	.parent_tgid = 200,
	.read_seq = 70,
	.role = HOST_SERVER,
};

static const struct host_session client = {
	.established_ns = 1000,
	.tgid = 300,
	.parent_tgid = 200,
	.role = HOST_CLIENT,
};

static enum host_relation related(uint32_t tgid, uint64_t born, uint32_t parent,
				  uint64_t parent_born)
{
	struct host_family who = {born, parent_born, tgid, parent};

	return host_relate(&server, &who);
}

/* ---- who is related ---- */

static void the_writer_listens_for_its_session(void **state)
{
	struct host_family who = {.tgid = 300, .born_ns = 900};

	(void)state;
	assert_int_equal(related(300, 10, 1, 0), HOST_WRITER);
	assert_int_equal(related(300, 1500, 1, 0), HOST_WRITER);
	assert_int_equal(host_relate(&client, &who), HOST_WRITER);
}

static void a_later_process_with_the_writers_number_is_another(void **state)
{
	struct host_family who = {.tgid = 300, .born_ns = 1001};

	(void)state;
	assert_int_equal(related(300, 1501, 1, 0), HOST_UNRELATED);
	assert_int_equal(host_relate(&client, &who), HOST_UNRELATED);
}

static void the_writers_parent_counts_if_born_after_the_connection(void **state)
{
	(void)state;
	assert_int_equal(related(200, 1001, 1, 0), HOST_PARENT);
	assert_int_equal(related(200, 1000, 1, 0), HOST_UNRELATED);
	assert_int_equal(related(200, 5, 1, 0), HOST_UNRELATED); /* the daemon */
}

static void the_writers_child_counts_if_born_after_the_connection(void **state)
{
	(void)state;
	assert_int_equal(related(400, 1001, 300, 10), HOST_CHILD);
	assert_int_equal(related(400, 1000, 300, 10), HOST_UNRELATED);
}

static void the_writers_brother_counts_if_their_parent_was_born_after(void **state)
{
	struct host_session orphan = server;
	struct host_family who = {.tgid = 400, .born_ns = 1200, .parent_born_ns = 1100};

	(void)state;
	assert_int_equal(related(400, 1200, 200, 1001), HOST_BROTHER);
	assert_int_equal(related(400, 1200, 200, 1000), HOST_UNRELATED);
	orphan.parent_tgid = 0;
	assert_int_equal(host_relate(&orphan, &who), HOST_UNRELATED);
}

static void who_has_not_spoken_is_nobodys(void **state)
{
	struct host_session silent = server;
	struct host_family who = {.tgid = 0, .born_ns = 1200};

	(void)state;
	silent.tgid = 0;
	assert_int_equal(host_relate(&silent, &who), HOST_UNRELATED);
	assert_int_equal(related(500, 1200, 501, 1200), HOST_UNRELATED);
}

/* ---- who is at work ---- */

static void a_server_is_at_work_while_what_it_read_is_unanswered(void **state)
{
	(void)state;
	assert_false(host_at_work(&server, 70));
	assert_true(host_at_work(&server, 76));
	assert_true(host_at_work(&server, 69)); /* it has wrapped */
}

static void a_client_may_always_be_at_work(void **state)
{
	(void)state;
	assert_true(host_at_work(&client, client.read_seq));
}

/* ---- who is certain ---- */

struct voter {
	enum host_relation relation;
	bool at_work;
};

/* The number of the one, 1..n; 0: nobody is certain; -1: nobody is related. */
static int elect(const struct voter *voters, size_t n, unsigned unheard)
{
	struct host_vote vote = {.unheard = unheard};
	int one = 0;

	for (size_t i = 0; i < n; i++) {
		if (host_vote_add(&vote, voters[i].relation, voters[i].at_work))
			one = (int)i + 1;
	}
	if (!vote.related)
		return -1;
	return host_vote_certain(&vote) ? one : 0;
}

#define ELECT(unheard, ...)                                                       \
	elect((const struct voter[]){__VA_ARGS__},                                \
	      sizeof((const struct voter[]){__VA_ARGS__}) / sizeof(struct voter), \
	      unheard)

static void an_only_session_is_certain_even_at_rest(void **state)
{
	(void)state;
	assert_int_equal(ELECT(0, {HOST_WRITER, false}), 1);
	assert_int_equal(ELECT(0, {HOST_UNRELATED, true}, {HOST_BROTHER, false}), 2);
}

static void strangers_have_no_vote(void **state)
{
	(void)state;
	assert_int_equal(ELECT(0, {HOST_UNRELATED, true}), -1);
	assert_int_equal(ELECT(3, {HOST_UNRELATED, true}), -1);
}

static void of_several_the_only_one_at_work_is_certain(void **state)
{
	(void)state;
	assert_int_equal(
		ELECT(0, {HOST_WRITER, false}, {HOST_WRITER, true}, {HOST_WRITER, false}),
		2);
	assert_int_equal(ELECT(0, {HOST_WRITER, true}, {HOST_WRITER, false}), 1);
	assert_int_equal(ELECT(0, {HOST_WRITER, false}, {HOST_WRITER, true}), 2);
}

static void of_several_at_work_nobody_is_certain(void **state)
{
	(void)state;
	assert_int_equal(ELECT(0, {HOST_WRITER, true}, {HOST_WRITER, true}), 0);
	assert_int_equal(
		ELECT(0, {HOST_WRITER, true}, {HOST_WRITER, false}, {HOST_WRITER, true}),
		0);
}

static void of_several_at_rest_nobody_is_certain(void **state)
{
	(void)state;
	assert_int_equal(ELECT(0, {HOST_WRITER, false}, {HOST_WRITER, false}), 0);
}

static void the_stronger_relation_silences_the_weaker(void **state)
{
	(void)state;
	assert_int_equal(
		ELECT(0, {HOST_PARENT, true}, {HOST_WRITER, false}, {HOST_BROTHER, true}),
		2);
	assert_int_equal(
		ELECT(0, {HOST_PARENT, true}, {HOST_WRITER, false}, {HOST_WRITER, true}),
		3);
	assert_int_equal(ELECT(0, {HOST_WRITER, true}, {HOST_PARENT, true}), 1);
}

static void while_a_session_is_unheard_nobody_is_certain(void **state)
{
	(void)state;
	assert_int_equal(ELECT(1, {HOST_WRITER, true}), 0);
}

static void it_may_be_those_at_work_or_if_nobody_is_anybody(void **state)
{
	struct host_vote busy = {.strongest = HOST_WRITER, .related = 3, .at_work = 2},
			 idle = {.strongest = HOST_WRITER, .related = 2};

	(void)state;
	assert_true(host_vote_maybe(&busy, HOST_WRITER, true));
	assert_false(host_vote_maybe(&busy, HOST_WRITER, false));
	assert_false(host_vote_maybe(&busy, HOST_PARENT, true));
	assert_true(host_vote_maybe(&idle, HOST_WRITER, false));
	assert_false(host_vote_maybe(&idle, HOST_UNRELATED, false));
}

/* ---- where the peer dials ---- */

static bool reaches(const char *bound, const char *local, const char *expected)
{
	struct ph_addr at = ftp_test_address(bound), own = ftp_test_address(local), out,
		       want = ftp_test_address(expected);

	return host_reach(&out, &at, &own) && !memcmp(&out, &want, sizeof(out));
}

static bool reaches_not(const char *bound, const char *local)
{
	struct ph_addr at = ftp_test_address(bound), own = ftp_test_address(local), out;

	return !host_reach(&out, &at, &own);
}

static void a_listener_is_dialled_where_it_is_bound_or_where_the_session_is(void **state)
{
	(void)state;
	assert_true(reaches("0.0.0.0", "192.0.2.1", "192.0.2.1"));
	assert_true(reaches("::", "192.0.2.1", "192.0.2.1"));
	assert_true(reaches("::", "2001:db8::1", "2001:db8::1"));
	assert_true(reaches("192.0.2.9", "192.0.2.1", "192.0.2.9"));
	assert_true(reaches("2001:db8::9", "2001:db8::1", "2001:db8::9"));
}

static void a_listener_of_the_other_family_is_out_of_reach(void **state)
{
	(void)state;
	assert_true(reaches_not("0.0.0.0", "2001:db8::1"));
	assert_true(reaches_not("192.0.2.9", "2001:db8::1"));
	assert_true(reaches_not("2001:db8::9", "192.0.2.1"));
}

/* ---- what lines mean ---- */

static enum host_meaning means(const char *text, bool is_server)
{
	struct ftp_line l = {0};
	enum host_meaning meaning = HOST_SAYS_NOTHING;

	for (size_t i = 0; text[i]; i++) {
		if (!ftp_line_feed(&l, (uint8_t)text[i], (uint32_t)i, is_server))
			continue;
		meaning = host_line_means(&l, is_server);
		ftp_line_reset(&l);
	}
	return meaning;
}

static void a_final_well_formed_reply_announces(void **state)
{
	(void)state;
	assert_int_equal(means("227 ok (192,0,2,1,4,1)\r\n", true), HOST_SAYS_PORT);
	assert_int_equal(means("229 ok (|||1025|)\r\n", true), HOST_SAYS_PORT);
	assert_int_equal(means("227-ok (192,0,2,1,4,1)\r\n", true), HOST_SAYS_NOTHING);
	assert_int_equal(means("220-\r\n227 ok (192,0,2,1,4,1)\r\n", true),
			 HOST_SAYS_NOTHING);
	assert_int_equal(means("227 ok (192,0,2,1,256,1)\r\n", true),
			 HOST_SAYS_MALFORMED);
	assert_int_equal(means("PORT 192,0,2,1,4,1\r\n", true), HOST_SAYS_NOTHING);
}

static void a_client_announces_by_port_and_eprt(void **state)
{
	(void)state;
	assert_int_equal(means("PORT 192,0,2,1,4,1\r\n", false), HOST_SAYS_PORT);
	assert_int_equal(means("EPRT |2|2001:db8::1|1025|\r\n", false), HOST_SAYS_PORT);
	assert_int_equal(means("PORT 192,0,2,1,4\r\n", false), HOST_SAYS_MALFORMED);
	assert_int_equal(means("EPRT |3|x|1025|\r\n", false), HOST_SAYS_NOTHING);
	assert_int_equal(means("227 ok (192,0,2,1,4,1)\r\n", false), HOST_SAYS_NOTHING);
	assert_int_equal(means("USER alice\r\n", false), HOST_SAYS_USER);
}

static void security_makes_what_follows_unreadable(void **state)
{
	(void)state;
	assert_int_equal(means("234 ok\r\n", true), HOST_SAYS_TLS);
	assert_int_equal(means("334 ok\r\n", true), HOST_SAYS_OPAQUE);
	assert_int_equal(means("235 ok\r\n", true), HOST_SAYS_OPAQUE);
	assert_int_equal(means("421 bye\r\n", true), HOST_SAYS_GOODBYE);
	assert_int_equal(means("AUTH TLS\r\n", false), HOST_SAYS_AUTH);
	assert_int_equal(means("AUTH GSSAPI\r\n", false), HOST_SAYS_OPAQUE);
}

static void every_refusal_has_its_counter(void **state)
{
	(void)state;
	assert_int_equal(host_refusal(FTP_FOUND_LOW_PORT), PH_EV_HOLE_DENY_PORT);
	assert_int_equal(host_refusal(FTP_FOUND_FOREIGN_ADDRESS),
			 PH_EV_HOLE_DENY_ADDRESS);
	assert_int_equal(host_refusal(FTP_FOUND_MALFORMED), PH_EV_HOLE_DENY_MALFORMED);
	assert_int_equal(host_refusal(FTP_FOUND_NO_REWRITE), PH_EV_HOLE_DENY_REWRITE);
	assert_int_equal(host_refusal(FTP_FOUND_UNSOLICITED),
			 PH_EV_HOLE_DENY_UNSOLICITED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_writer_listens_for_its_session),
		cmocka_unit_test(a_later_process_with_the_writers_number_is_another),
		cmocka_unit_test(the_writers_parent_counts_if_born_after_the_connection),
		cmocka_unit_test(the_writers_child_counts_if_born_after_the_connection),
		cmocka_unit_test(
			the_writers_brother_counts_if_their_parent_was_born_after),
		cmocka_unit_test(who_has_not_spoken_is_nobodys),
		cmocka_unit_test(a_server_is_at_work_while_what_it_read_is_unanswered),
		cmocka_unit_test(a_client_may_always_be_at_work),
		cmocka_unit_test(an_only_session_is_certain_even_at_rest),
		cmocka_unit_test(strangers_have_no_vote),
		cmocka_unit_test(of_several_the_only_one_at_work_is_certain),
		cmocka_unit_test(of_several_at_work_nobody_is_certain),
		cmocka_unit_test(of_several_at_rest_nobody_is_certain),
		cmocka_unit_test(the_stronger_relation_silences_the_weaker),
		cmocka_unit_test(while_a_session_is_unheard_nobody_is_certain),
		cmocka_unit_test(it_may_be_those_at_work_or_if_nobody_is_anybody),
		cmocka_unit_test(
			a_listener_is_dialled_where_it_is_bound_or_where_the_session_is),
		cmocka_unit_test(a_listener_of_the_other_family_is_out_of_reach),
		cmocka_unit_test(a_final_well_formed_reply_announces),
		cmocka_unit_test(a_client_announces_by_port_and_eprt),
		cmocka_unit_test(security_makes_what_follows_unreadable),
		cmocka_unit_test(every_refusal_has_its_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
