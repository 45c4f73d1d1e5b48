// SPDX-License-Identifier: GPL-2.0
/*
 * web_config_tls.c - tls_server_config, in GnuTLS's words. See web_config_tls.h.
 *
 * Why it exists: the file names versions, cipher suites and curves as Go's crypto/tls
 * does (RFC 8446, RFC 5246 and the IANA registry of TLS parameters); GnuTLS wants a
 * priority string, in which key exchange, cipher and MAC are permitted each by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web_config_tls.h"

/* ---- words ------------------------------------------------------------------------- */

static const char *const version_names[] = {"TLS10", "TLS11", "TLS12", "TLS13"};
static const char *const version_words[] = {"TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3"};

#define N_VERSIONS 4u
#define TLS12	   2u
#define TLS13	   3u

/* @kx: NULL for those of TLS 1.3 */
static const struct suite {
	const char *name;
	const char *kx;
	const char *cipher;
	const char *mac;
} suites[] = {
	{"TLS_AES_128_GCM_SHA256", NULL, "AES-128-GCM", "AEAD"},
	{"TLS_AES_256_GCM_SHA384", NULL, "AES-256-GCM", "AEAD"},
	{"TLS_CHACHA20_POLY1305_SHA256", NULL, "CHACHA20-POLY1305", "AEAD"},
	{"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA", "AES-128-GCM", "AEAD"},
	{"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM", "AEAD"},
	{"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA",
	 "CHACHA20-POLY1305", "AEAD"},
	{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA", "AES-128-GCM", "AEAD"},
	{"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA", "AES-256-GCM", "AEAD"},
	{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA", "CHACHA20-POLY1305",
	 "AEAD"},
	{"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA", "AES-128-CBC", "SHA1"},
	{"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA", "AES-256-CBC", "SHA1"},
	{"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA", "AES-128-CBC", "SHA1"},
	{"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA", "AES-256-CBC", "SHA1"},
	{"TLS_RSA_WITH_AES_128_GCM_SHA256", "RSA", "AES-128-GCM", "AEAD"},
	{"TLS_RSA_WITH_AES_256_GCM_SHA384", "RSA", "AES-256-GCM", "AEAD"},
	{"TLS_RSA_WITH_AES_128_CBC_SHA", "RSA", "AES-128-CBC", "SHA1"},
	{"TLS_RSA_WITH_AES_256_CBC_SHA", "RSA", "AES-256-CBC", "SHA1"},
};

#define N_SUITES (sizeof(suites) / sizeof(suites[0]))

static const struct {
	const char *name;
	const char *group;
} curves[] = {
	{"X25519", "X25519"},
	{"CurveP256", "SECP256R1"},
	{"CurveP384", "SECP384R1"},
	{"CurveP521", "SECP521R1"},
};

#define N_CURVES (sizeof(curves) / sizeof(curves[0]))

/* What is gathered before it can be made into one string. */
struct tls_words {
	struct web_tls tls; /* what is copied as it is */
	unsigned int min_version;
	unsigned int max_version;
	bool wanted[N_SUITES];
	bool any_suite;
	const yaml_node_t *suites_at;
	const char *groups[N_CURVES];
	size_t n_groups;
	bool prefer_server;
};

/* ---- values ------------------------------------------------------------------------ */

static int read_version(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	const char *text = web_scalar(value);

	for (unsigned int i = 0; text && i < N_VERSIONS; i++) {
		if (!strcmp(text, version_names[i])) {
			*(unsigned int *)out = i;
			return 0;
		}
	}
	return web_wrong(reader, value, "expected TLS10, TLS11, TLS12 or TLS13");
}

static int read_client_auth(struct web_reader *reader, const yaml_node_t *value,
			    void *out)
{
	static const struct {
		const char *name;
		enum web_client_auth value;
	} words[] = {
		{"", WEB_CLIENT_NONE},
		{"NoClientCert", WEB_CLIENT_NONE},
		{"RequestClientCert", WEB_CLIENT_REQUEST},
		{"RequireAnyClientCert", WEB_CLIENT_REQUIRE},
		{"RequireClientCert", WEB_CLIENT_REQUIRE},
		{"VerifyClientCertIfGiven", WEB_CLIENT_VERIFY_IF_GIVEN},
		{"RequireAndVerifyClientCert", WEB_CLIENT_VERIFY},
	};
	const char *text = web_scalar(value);

	for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i].name)) {
			*(enum web_client_auth *)out = words[i].value;
			return 0;
		}
	}
	return web_wrong(reader, value,
			 "expected NoClientCert, RequestClientCert, "
			 "RequireAnyClientCert, VerifyClientCertIfGiven or "
			 "RequireAndVerifyClientCert");
}

static int add_suite(struct web_reader *reader, const yaml_node_t *item, void *arg)
{
	struct tls_words *words = arg;
	const char *text = web_scalar(item);

	for (size_t i = 0; text && i < N_SUITES; i++) {
		if (!strcmp(text, suites[i].name)) {
			words->wanted[i] = true;
			words->any_suite = true;
			return 0;
		}
	}
	return web_wrong(reader, item, "cipher suite '%.64s' is unknown, or not offered",
			 text ? text : "");
}

static int read_suites(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	struct tls_words *words = out;

	words->suites_at = value;
	return web_each_item(reader, value, add_suite, words);
}

static int add_curve(struct web_reader *reader, const yaml_node_t *item, void *arg)
{
	struct tls_words *words = arg;
	const char *text = web_scalar(item);

	for (size_t i = 0; text && i < N_CURVES; i++) {
		if (strcmp(text, curves[i].name) != 0)
			continue;
		if (words->n_groups == N_CURVES)
			return web_wrong(reader, item, "'%s' is there twice", text);
		words->groups[words->n_groups++] = curves[i].group;
		return 0;
	}
	return web_wrong(reader, item,
			 "expected X25519, CurveP256, CurveP384 or CurveP521");
}

static int read_curves(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	return web_each_item(reader, value, add_curve, out);
}

static int add_san(struct web_reader *reader, const yaml_node_t *item, void *arg)
{
	struct web_tls *tls = arg;
	const char *text = web_scalar(item);
	char **grown;

	if (!text || !*text)
		return web_wrong(reader, item, "expected a name");
	grown = reallocarray(tls->client_sans, tls->n_client_sans + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	tls->client_sans = grown;
	grown[tls->n_client_sans] = strdup(text);
	if (!grown[tls->n_client_sans])
		return -ENOMEM;
	tls->n_client_sans++;
	return 0;
}

static int read_sans(struct web_reader *reader, const yaml_node_t *value, void *out)
{
	return web_each_item(reader, value, add_san, out);
}

/* ---- the priority string ----------------------------------------------------------- */

/* A word that is there already may come again: to GnuTLS that is the same. All words
 * together fit: see put_priorities(). */
static void add(char out[WEB_PRIORITY_BYTES], const char *sign, const char *word)
{
	size_t len = strlen(out);

	snprintf(out + len, WEB_PRIORITY_BYTES - len, ":%s%s", sign, word);
}

/* Whether a suite that was not asked for has key exchange, cipher and MAC of others. */
static bool is_permitted_by_others(const struct tls_words *words,
				   const struct suite *suite)
{
	bool kx = false;
	bool cipher = false;

	for (size_t i = 0; i < N_SUITES; i++) {
		if (!words->wanted[i])
			continue;
		kx |= suites[i].kx && !strcmp(suites[i].kx, suite->kx);
		cipher |= !strcmp(suites[i].cipher, suite->cipher);
	}
	return kx && cipher; /* the MAC follows from the cipher */
}

static int check_suites(struct web_reader *reader, const struct tls_words *words)
{
	if (!words->any_suite)
		return 0;
	for (size_t i = 0; i < N_SUITES; i++) {
		if (words->wanted[i] || !suites[i].kx || words->min_version >= TLS13)
			continue;
		if (is_permitted_by_others(words, &suites[i]))
			return web_wrong(reader, words->suites_at,
					 "with these, %s would be offered as well: name "
					 "it, too, or fewer",
					 suites[i].name);
	}
	return 0;
}

static void put_suites(const struct tls_words *words, char *out)
{
	if (!words->any_suite)
		return;
	add(out, "-", "KX-ALL");
	add(out, "-", "CIPHER-ALL");
	add(out, "-", "MAC-ALL");
	for (size_t i = 0; i < N_SUITES; i++) {
		if (!words->wanted[i])
			continue;
		if (suites[i].kx)
			add(out, "+", suites[i].kx);
		add(out, "+", suites[i].cipher);
		add(out, "+", suites[i].mac);
	}
}

static void put_priorities(struct tls_words *words)
{
	char *out = words->tls.priorities;

	snprintf(out, WEB_PRIORITY_BYTES, "NORMAL:-VERS-ALL");
	for (unsigned int i = words->max_version + 1; i-- > words->min_version;) {
		char version[16];

		snprintf(version, sizeof(version), "VERS-%s", version_words[i]);
		add(out, "+", version);
	}
	put_suites(words, out);
	if (words->n_groups)
		add(out, "-", "GROUP-ALL");
	for (size_t i = 0; i < words->n_groups; i++) {
		char group[32];

		snprintf(group, sizeof(group), "GROUP-%s", words->groups[i]);
		add(out, "+", group);
	}
	if (words->prefer_server)
		add(out, "", "%SERVER_PRECEDENCE");
}

/* ---- the mapping ------------------------------------------------------------------- */

static int one_of_two(struct web_reader *reader, const yaml_node_t *node,
		      const char *inline_text, const char *file, const char *name,
		      bool needed)
{
	if (inline_text && file)
		return web_wrong(reader, node, "either %s or %s_file", name, name);
	if (needed && !inline_text && !file)
		return web_wrong(reader, node, "%s_file is missing", name);
	return 0;
}

static int check(struct web_reader *reader, const yaml_node_t *node,
		 const struct tls_words *words)
{
	const struct web_tls *tls = &words->tls;
	bool has_ca = tls->client_ca || tls->client_ca_file;
	bool verifies = tls->client_auth >= WEB_CLIENT_VERIFY_IF_GIVEN;
	int err = one_of_two(reader, node, tls->cert, tls->cert_file, "cert", true);

	if (!err)
		err = one_of_two(reader, node, tls->key, tls->key_file, "key", true);
	if (!err)
		err = one_of_two(reader, node, tls->client_ca, tls->client_ca_file,
				 "client_ca", verifies);
	if (err)
		return err;
	if (has_ca && tls->client_auth == WEB_CLIENT_NONE)
		return web_wrong(reader, node,
				 "client_ca_file needs a client_auth_type "
				 "that asks for certificates");
	if (tls->n_client_sans && tls->client_auth != WEB_CLIENT_VERIFY &&
	    tls->client_auth != WEB_CLIENT_VERIFY_IF_GIVEN)
		return web_wrong(reader, node,
				 "client_allowed_sans needs a "
				 "client_auth_type that verifies");
	if (words->min_version > words->max_version)
		return web_wrong(reader, node, "min_version is above max_version");
	return check_suites(reader, words);
}

#define WORD(field) offsetof(struct tls_words, field)

int web_tls_read(struct web_reader *reader, const yaml_node_t *node, void *out)
{
	static const struct web_key keys[] = {
		{"cert_file", web_read_path, WORD(tls.cert_file)},
		{"cert", web_read_text, WORD(tls.cert)},
		{"key_file", web_read_path, WORD(tls.key_file)},
		{"key", web_read_text, WORD(tls.key)},
		{"client_ca_file", web_read_path, WORD(tls.client_ca_file)},
		{"client_ca", web_read_text, WORD(tls.client_ca)},
		{"client_auth_type", read_client_auth, WORD(tls.client_auth)},
		{"client_allowed_sans", read_sans, WORD(tls)},
		{"min_version", read_version, WORD(min_version)},
		{"max_version", read_version, WORD(max_version)},
		{"cipher_suites", read_suites, 0},
		{"curve_preferences", read_curves, 0},
		{"prefer_server_cipher_suites", web_read_bool, WORD(prefer_server)},
		{NULL, NULL, 0},
	};
	struct tls_words words = {
		.min_version = TLS12, .max_version = TLS13, .prefer_server = true};
	int err = web_read_mapping(reader, node, "tls_server_config", keys, &words);

	if (!err)
		err = check(reader, node, &words);
	if (err) {
		web_tls_free(&words.tls);
		return err;
	}
	put_priorities(&words);
	*(struct web_tls *)out = words.tls;
	return 0;
}

void web_tls_free(struct web_tls *tls)
{
	free(tls->cert_file);
	free(tls->cert);
	free(tls->key_file);
	if (tls->key)
		explicit_bzero(tls->key, strlen(tls->key));
	free(tls->key);
	free(tls->client_ca_file);
	free(tls->client_ca);
	for (size_t i = 0; i < tls->n_client_sans; i++)
		free(tls->client_sans[i]);
	free(tls->client_sans);
	*tls = (struct web_tls){0};
}
