// SPDX-License-Identifier: GPL-2.0
/*
 * The exporter's --web.config.file, its passwords, and its landing page.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <crypt.h>
#include <gnutls/gnutls.h>

#include "tools/exporter/web_auth.h"
#include "tools/exporter/web_config.h"
#include "tools/exporter/web_page.h"

#define HASH "$2b$04$abcdefghijklmnopqrstuuO4S4zl3vVyVRw9p1yBRDSSUHGKRnIbK"

static struct web_config *parsed(const char *text)
{
	struct web_config_error error;
	struct web_config *config = NULL;
	int err = web_config_parse(text, strlen(text), "/etc/x", &config, &error);

	if (err)
		fail_msg("%u:%u: %s", error.line, error.column, error.what);
	return config;
}

static void refused_at(unsigned int line, unsigned int column, const char *why,
		       const char *text)
{
	struct web_config_error error;
	struct web_config *config = NULL;

	assert_int_equal(web_config_parse(text, strlen(text), "/etc/x", &config, &error),
			 -EINVAL);
	assert_null(config);
	if (!strstr(error.what, why))
		fail_msg("'%s' is not in '%s'", why, error.what);
	assert_int_equal(error.line, line);
	assert_int_equal(error.column, column);
}

static const char pair[] = "tls_server_config:\n cert_file: c.pem\n key_file: /k.pem\n";

static char *with_pair(const char *more)
{
	char *text = NULL;

	assert_true(asprintf(&text, "%s%s", pair, more) > 0);
	return text;
}

static void priorities_are(const char *more, const char *expected)
{
	char *text = with_pair(more);
	struct web_config *config = parsed(text);
	gnutls_priority_t priority = NULL;

	assert_string_equal(config->tls.priorities, expected);
	assert_int_equal(gnutls_priority_init(&priority, config->tls.priorities, NULL),
			 0);
	gnutls_priority_deinit(priority);
	web_config_free(config);
	free(text);
}

static void refused_with_pair(unsigned int line, unsigned int column, const char *why,
			      const char *more)
{
	char *text = with_pair(more);

	refused_at(line, column, why, text);
	free(text);
}

/* ---- the file ---------------------------------------------------------------------- */

static void an_empty_file_asks_for_nothing(void **state)
{
	static const char *const texts[] = {"", "# nothing\n", "---\n", "{}\n",
					    "tls_server_config:\nbasic_auth_users: {}\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct web_config *config = parsed(texts[i]);

		assert_false(config->has_tls);
		assert_int_equal(config->n_users, 0);
		web_config_free(config);
	}
}

static void names_of_files_are_taken_from_its_directory(void **state)
{
	struct web_config *config = parsed(pair);

	(void)state;
	assert_true(config->has_tls);
	assert_string_equal(config->tls.cert_file, "/etc/x/c.pem");
	assert_string_equal(config->tls.key_file, "/k.pem");
	web_config_free(config);
}

static void unknown_keys_are_named_with_line_and_column(void **state)
{
	(void)state;
	refused_at(1, 1, "'tls_config'", "tls_config:\n  x: 1\n");
	refused_at(2, 3, "'cert_fil'", "tls_server_config:\n  cert_fil: x\n");
	refused_at(3, 5, "'X-Other'",
		   "http_server_config:\n  headers:\n    X-Other: a\n");
	refused_at(2, 3, "'http3'", "http_server_config:\n  http3: true\n");
}

static void a_key_may_not_come_twice(void **state)
{
	(void)state;
	refused_at(4, 2, "'cert_file' is there twice",
		   "tls_server_config:\n cert_file: a\n key_file: b\n cert_file: c\n");
	refused_at(3, 1, "'u' is there twice",
		   "basic_auth_users: {\nu: " HASH ",\nu: " HASH "}\n");
	refused_at(3, 1, "twice", "http_server_config: {}\n\nhttp_server_config: {}\n");
}

static void what_is_no_yaml_is_refused_where_it_is_wrong(void **state)
{
	(void)state;
	refused_at(2, 4, "", "a: b\n  c: d\n");
	refused_at(1, 1, "expected a mapping", "[1, 2]\n");
	refused_at(1, 1, "expected a mapping", "words\n");
	refused_at(1, 20, "expected a mapping", "tls_server_config: yes\n");
	refused_at(3, 1, "second document", "{}\n---\nbasic_auth_users: {}\n");
}

static void a_certificate_and_its_key_are_both_needed(void **state)
{
	(void)state;
	refused_at(2, 3, "key_file is missing", "tls_server_config:\n  cert_file: x\n");
	refused_at(2, 3, "cert_file is missing", "tls_server_config:\n  key: x\n");
	refused_at(2, 2, "either cert or cert_file",
		   "tls_server_config:\n cert_file: x\n cert: y\n key: z\n");
}

static void authorities_go_with_a_type_that_asks(void **state)
{
	(void)state;
	refused_with_pair(2, 2, "needs a client_auth_type", " client_ca_file: ca\n");
	refused_with_pair(2, 2, "client_ca_file is missing",
			  " client_auth_type: RequireAndVerifyClientCert\n");
	refused_with_pair(4, 20, "expected NoClientCert", " client_auth_type: Always\n");
	refused_with_pair(2, 2, "client_allowed_sans needs",
			  " client_auth_type: RequestClientCert\n"
			  " client_allowed_sans: [a]\n");
}

/* ---- TLS --------------------------------------------------------------------------- */

static void old_versions_are_off_unless_asked_for(void **state)
{
	(void)state;
	priorities_are("", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:"
			   "%SERVER_PRECEDENCE");
	priorities_are(" min_version: TLS13\n",
		       "NORMAL:-VERS-ALL:+VERS-TLS1.3:%SERVER_PRECEDENCE");
	priorities_are(" min_version: TLS10\n max_version: TLS11\n"
		       " prefer_server_cipher_suites: false\n",
		       "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0");
	refused_with_pair(2, 2, "above", " max_version: TLS11\n");
	refused_with_pair(4, 15, "expected TLS10", " min_version: TLS14\n");
}

static void curves_come_in_their_order(void **state)
{
	(void)state;
	priorities_are(" curve_preferences: [CurveP256, X25519]\n",
		       "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-GROUP-ALL:"
		       "+GROUP-SECP256R1:+GROUP-X25519:%SERVER_PRECEDENCE");
	refused_with_pair(4, 22, "expected X25519", " curve_preferences: [P256]\n");
}

/* GnuTLS permits key exchanges, ciphers and MACs each by itself. */
static void suites_that_would_bring_others_are_refused(void **state)
{
	(void)state;
	priorities_are(" cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n",
		       "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:-CIPHER-ALL:"
		       "-MAC-ALL:+ECDHE-RSA:+AES-256-GCM:+AEAD:%SERVER_PRECEDENCE");
	refused_with_pair(5, 2, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 would",
			  " cipher_suites:\n"
			  " - TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n"
			  " - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n");
	refused_with_pair(4, 18, "'TLS_RSA_WITH_RC4_128_SHA' is unknown",
			  " cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n");
}

static void all_suites_together_fit(void **state)
{
	char *text = with_pair(
		" cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, "
		"TLS_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "
		"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "
		"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "
		"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "
		"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "
		"TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_256_GCM_SHA384, "
		"TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA]\n"
		" curve_preferences: [CurveP256, X25519, CurveP384, CurveP521]\n"
		" min_version: TLS10\n");
	struct web_config *config = parsed(text);
	gnutls_priority_t priority = NULL;

	(void)state;
	assert_non_null(strstr(config->tls.priorities, ":%SERVER_PRECEDENCE"));
	assert_int_equal(gnutls_priority_init(&priority, config->tls.priorities, NULL),
			 0);
	gnutls_priority_deinit(priority);
	web_config_free(config);
	free(text);
}

/* ---- headers ----------------------------------------------------------------------- */

static void headers_have_the_values_that_they_may_have(void **state)
{
	struct web_config *config =
		parsed("http_server_config:\n http2: true\n headers:\n"
		       "  x-frame-options: DENY\n  X-XSS-Protection: ''\n");

	(void)state;
	assert_true(config->http2_ignored);
	assert_int_equal(config->n_headers, 1);
	assert_string_equal(config->headers[0].name, "X-Frame-Options");
	assert_string_equal(config->headers[0].value, "DENY");
	web_config_free(config);
	refused_at(3, 20, "cannot have this value",
		   "http_server_config:\n headers:\n  X-Frame-Options: maybe\n");
	refused_at(3, 28, "cannot have this value",
		   "http_server_config:\n headers:\n"
		   "  Content-Security-Policy: \"a\\r\\nSet-Cookie: b\"\n");
}

/* ---- passwords --------------------------------------------------------------------- */

static void a_password_in_clear_is_refused(void **state)
{
	(void)state;
	refused_at(2, 7, "no bcrypt hash", "basic_auth_users:\n bob: secret\n");
	refused_at(2, 7, "no bcrypt hash",
		   "basic_auth_users:\n bob: $6$salt$0123456789\n");
	refused_at(2, 7, "costs too much",
		   "basic_auth_users:\n bob: "
		   "$2b$17$abcdefghijklmnopqrstuuO4S4zl3vVyVRw9p1yBRDSSUHGKRnIbK\n");
	refused_at(2, 2, "without ':'", "basic_auth_users:\n 'a:b': " HASH "\n");
	refused_at(2, 2, "needs a name", "basic_auth_users:\n '': " HASH "\n");
}

/* alice: "secret" and bob: "other", at the lowest cost. */
static struct web_config *alice_and_bob(void)
{
	static const char salt[] = "$2b$04$abcdefghijklmnopqrstuu";
	struct crypt_data *work = calloc(1, sizeof(*work));
	struct web_config *config;
	char alice[80];
	char text[256];

	snprintf(alice, sizeof(alice), "%s", crypt_r("secret", salt, work));
	snprintf(text, sizeof(text), "basic_auth_users:\n alice: %s\n bob: %s\n", alice,
		 crypt_r("other", "$2y$05$zyxwvutsrqponmlkjihgfe", work));
	config = parsed(text);
	free(work);
	return config;
}

static struct web_auth *auth_of(const struct web_config *config)
{
	struct web_auth *auth = NULL;

	assert_int_equal(web_auth_new(config, &auth), 0);
	return auth;
}

static void only_the_right_password_is_permitted(void **state)
{
	struct web_config *config = alice_and_bob();
	struct web_auth *auth = auth_of(config);

	(void)state;
	assert_true(web_auth_permits(auth, "alice", "secret"));
	assert_true(web_auth_permits(auth, "bob", "other"));
	assert_false(web_auth_permits(auth, "alice", "other"));
	assert_false(web_auth_permits(auth, "bob", "secret"));
	assert_false(web_auth_permits(auth, "alice", ""));
	assert_false(web_auth_permits(auth, "alic", "secret"));
	assert_false(web_auth_permits(auth, "", ""));
	web_auth_free(auth);
	web_config_free(config);
}

static void without_users_everybody_is_permitted(void **state)
{
	struct web_config *config = parsed("");

	(void)state;
	assert_null(auth_of(config));
	web_config_free(config);
}

static void a_right_password_is_judged_once(void **state)
{
	struct web_config *config = alice_and_bob();
	struct web_auth *auth = auth_of(config);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(web_auth_permits(auth, "alice", "secret"));
	assert_int_equal(web_auth_judged(auth), 1);
	assert_true(web_auth_permits(auth, "bob", "other"));
	assert_true(web_auth_permits(auth, "alice", "secret"));
	assert_int_equal(web_auth_judged(auth), 2);
	web_auth_free(auth);
	web_config_free(config);
}

static void wrong_passwords_and_users_are_judged_each_time(void **state)
{
	struct web_config *config = alice_and_bob();
	struct web_auth *auth = auth_of(config);

	(void)state;
	assert_true(web_auth_permits(auth, "alice", "secret"));
	for (int i = 0; i < 3; i++) {
		assert_false(web_auth_permits(auth, "alice", "wrong"));
		assert_false(web_auth_permits(auth, "carol", "secret"));
	}
	assert_int_equal(web_auth_judged(auth), 7);
	/* and what is remembered of others is still there */
	assert_true(web_auth_permits(auth, "alice", "secret"));
	assert_int_equal(web_auth_judged(auth), 7);
	web_auth_free(auth);
	web_config_free(config);
}

/* ---- the page ---------------------------------------------------------------------- */

static char *page_of(const struct web_page *page)
{
	struct strbuf out = {0};
	char *text = NULL;

	web_page_put(page, &out);
	assert_int_equal(strbuf_steal(&out, &text, NULL), 0);
	return text;
}

static void the_page_links_to_the_metrics_and_says_how_it_is(void **state)
{
	struct web_page page = {.telemetry_path = "/m",
				.healthy_path = "/-/healthy",
				.is_up = true,
				.generation = 7,
				.n_interfaces = 1,
				.interfaces = {{"outside", "eth0", "xdp", 1, 2, 3}}};
	char *text = page_of(&page);

	(void)state;
	assert_non_null(strstr(text, "href=\"/m\">Metrics</a>"));
	assert_non_null(strstr(text, "href=\"/-/healthy\""));
	assert_non_null(strstr(text, "policy 7 on 1 interface<"));
	assert_non_null(strstr(text, "<td>outside</td><td>eth0</td><td>xdp</td>"
				     "<td class=\"n\">1</td><td class=\"n\">2</td>"
				     "<td class=\"n\">3</td>"));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "http://"));
	assert_null(strstr(text, "https://"));
	free(text);
}

static void nothing_breaks_out_of_the_page(void **state)
{
	struct web_page page = {.telemetry_path = "/\"><b>",
				.healthy_path = "/-/healthy",
				.reason = "<script>&",
				.hint = "<i>"};
	char *text = page_of(&page);

	(void)state;
	assert_non_null(strstr(text, "href=\"/&quot;&gt;&lt;b&gt;\""));
	assert_non_null(strstr(text, "&lt;script&gt;&amp;"));
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<i>"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_asks_for_nothing),
		cmocka_unit_test(names_of_files_are_taken_from_its_directory),
		cmocka_unit_test(unknown_keys_are_named_with_line_and_column),
		cmocka_unit_test(a_key_may_not_come_twice),
		cmocka_unit_test(what_is_no_yaml_is_refused_where_it_is_wrong),
		cmocka_unit_test(a_certificate_and_its_key_are_both_needed),
		cmocka_unit_test(authorities_go_with_a_type_that_asks),
		cmocka_unit_test(old_versions_are_off_unless_asked_for),
		cmocka_unit_test(curves_come_in_their_order),
		cmocka_unit_test(suites_that_would_bring_others_are_refused),
		cmocka_unit_test(all_suites_together_fit),
		cmocka_unit_test(headers_have_the_values_that_they_may_have),
		cmocka_unit_test(a_password_in_clear_is_refused),
		cmocka_unit_test(only_the_right_password_is_permitted),
		cmocka_unit_test(without_users_everybody_is_permitted),
		cmocka_unit_test(a_right_password_is_judged_once),
		cmocka_unit_test(wrong_passwords_and_users_are_judged_each_time),
		cmocka_unit_test(the_page_links_to_the_metrics_and_says_how_it_is),
		cmocka_unit_test(nothing_breaks_out_of_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
