/* SPDX-License-Identifier: GPL-2.0 */
/*
 * promises.h - what is promised, each by a function that returns how many checks failed.
 *
 * Who may include it: tests/host.
 */
#ifndef PINHOLE_TESTS_HOST_PROMISES_H
#define PINHOLE_TESTS_HOST_PROMISES_H

#include <stdio.h>

#include "tests/host/world.h"

#define CHECK(condition)                                                           \
	do {                                                                       \
		if (!(condition)) {                                                \
			printf("    %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			failed++;                                                  \
		}                                                                  \
	} while (0)

#define PROMISES(X)                                               \
	X(a_listener_alone_opens_nothing_where_lines_can_be_read) \
	X(a_reply_with_the_port_opens_it_to_its_peer_alone)       \
	X(a_reply_that_no_listener_backs_opens_nothing)           \
	X(under_tls_the_listener_opens_at_once)                   \
	X(a_234_makes_a_session_opaque)                           \
	X(ipv6_has_holes_too)                                     \
	X(what_is_no_session_of_the_policy_opens_nothing)         \
	X(what_is_clear_again_is_read_again)                      \
	X(the_peers_farewell_closes_the_holes)                    \
	X(a_parent_born_for_the_session_listens_for_it)           \
	X(the_daemon_that_forked_it_does_not)                     \
	X(of_several_the_one_at_work_is_certain)                  \
	X(of_several_at_work_each_gets_a_hole_when_it_speaks)     \
	X(a_session_with_a_listener_of_its_own_gets_no_other)     \
	X(of_several_the_line_decides_where_lines_can_be_read)    \
	X(the_public_address_replaces_the_real_one)               \
	X(each_of_several_lines_in_a_message_counts)              \
	X(an_address_in_two_messages_opens_nothing)               \
	X(a_long_listing_passes_unchanged)                        \
	X(while_a_session_is_unheard_nobody_is_certain)           \
	X(a_socket_that_closed_unseen_has_no_vote)                \
	X(connections_from_a_data_port_are_counted)               \
	X(a_client_opens_what_it_announces)                       \
	X(a_client_under_tls_opens_what_it_listens_on)

#define X(NAME) unsigned NAME(void);
PROMISES(X)
#undef X

#endif /* PINHOLE_TESTS_HOST_PROMISES_H */
