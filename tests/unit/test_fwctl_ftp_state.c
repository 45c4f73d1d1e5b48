// SPDX-License-Identifier: GPL-2.0
/*
 * The state of an inspected session in one word: what weighs most is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/ftp_state.h"

struct row {
	const char *expected;
	uint32_t flags; /* of the session */
	uint32_t client_mode;
	uint32_t server_mode;
	uint32_t lost;	     /* flags of the server's direction */
	uint32_t conn_flags; /* of the connection */
	uint32_t conn_state;
};

static const struct row rows[] = {
	{.expected = "plain"},
	{.expected = "plain", .flags = FTP_S_GREETED | FTP_S_EPSV_ALL},
	{.expected = "auth-pending", .flags = FTP_S_AUTH},
	/* After 234, and on an implicit TLS port from the start. */
	{.expected = "tls-handshake",
	 .flags = FTP_S_IMPLICIT,
	 .client_mode = FTP_MODE_HELLO,
	 .server_mode = FTP_MODE_HELLO},
	{.expected = "tls-handshake",
	 .flags = FTP_S_TLS,
	 .client_mode = FTP_MODE_TLS,
	 .server_mode = FTP_MODE_TLS},
	{.expected = "tls",
	 .flags = FTP_S_TLS | FTP_S_VERIFIED,
	 .client_mode = FTP_MODE_TLS,
	 .server_mode = FTP_MODE_TLS},
	/* CCC: both flags stay, the modes are lines again. */
	{.expected = "tls-cleared", .flags = FTP_S_TLS | FTP_S_VERIFIED | FTP_S_CLEARED},
	{.expected = "tls",
	 .flags = FTP_S_TLS | FTP_S_VERIFIED | FTP_S_CLEARED,
	 .client_mode = FTP_MODE_TLS},
	{.expected = "opaque", .flags = FTP_S_GSSAPI},
	{.expected = "opaque", .server_mode = FTP_MODE_OPAQUE},
	{.expected = "lost", .lost = FTP_DIR_LOST},
	{.expected = "lost", .flags = FTP_S_AUTH, .lost = FTP_DIR_LOST},
	{.expected = "not-ftp", .flags = FTP_S_NOT_FTP, .lost = FTP_DIR_LOST},
	{.expected = "closing", .flags = FTP_S_CLOSING | FTP_S_VERIFIED},
	{.expected = "closing", .conn_flags = CONN_F_KILLED},
	{.expected = "closing", .conn_state = CONN_HALF_CLOSED},
};

static void a_session_has_the_state_that_weighs_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const struct ftp_session session = {
			.flags = row->flags,
			.dir = {{.mode = row->client_mode},
				{.mode = row->server_mode, .flags = row->lost}},
		};
		const struct conn conn = {
			.flags = row->conn_flags,
			.state = (uint8_t)(row->conn_state ? row->conn_state
							   : CONN_ESTABLISHED),
		};

		assert_string_equal(ftp_state_name(ftp_state_of(&session, &conn)),
				    row->expected);
	}
}

static void every_state_has_a_name(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FTP_N_STATES; i++)
		assert_non_null(ftp_state_name((enum ftp_show_state)i));
	assert_string_equal(ftp_state_name(FTP_N_STATES), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_has_the_state_that_weighs_most),
		cmocka_unit_test(every_state_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
