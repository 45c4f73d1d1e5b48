// SPDX-License-Identifier: GPL-2.0
/*
 * web_auth.c - users and their passwords. See web_auth.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <crypt.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <util/cleanup.h>

#include "web_auth.h"

#define KEY_BYTES    32
#define DIGEST_BYTES 32 /* of SHA-256 */

struct seen {
	bool is_set;
	unsigned char digest[DIGEST_BYTES];
};

struct web_auth {
	const struct web_config *config;
	unsigned char key[KEY_BYTES]; /* of this process; never told */
	const char *costliest;	      /* hash, for unknown users */
	struct seen *seen;	      /* by user */
	struct crypt_data *work;      /* 32 KiB */
	unsigned long judged;
	pthread_mutex_t lock;
};

static const char *costliest_hash(const struct web_config *config)
{
	const char *hash = config->users[0].hash;

	/* Two digits of cost are at the same place in each. */
	for (size_t i = 1; i < config->n_users; i++) {
		if (memcmp(config->users[i].hash + 4, hash + 4, 2) > 0)
			hash = config->users[i].hash;
	}
	return hash;
}

int web_auth_new(const struct web_config *config, struct web_auth **out)
{
	struct web_auth *auth;

	if (!config->n_users) {
		*out = NULL;
		return 0;
	}
	auth = calloc(1, sizeof(*auth));
	if (!auth)
		return -ENOMEM;
	pthread_mutex_init(&auth->lock, NULL);
	auth->config = config;
	auth->costliest = costliest_hash(config);
	auth->seen = calloc(config->n_users, sizeof(*auth->seen));
	auth->work = calloc(1, sizeof(*auth->work));
	if (!auth->seen || !auth->work ||
	    getrandom(auth->key, sizeof(auth->key), 0) != sizeof(auth->key)) {
		web_auth_free(auth);
		return -ENOMEM;
	}
	*out = auth;
	return 0;
}

void web_auth_free(struct web_auth *auth)
{
	if (!auth)
		return;
	pthread_mutex_destroy(&auth->lock);
	free(auth->seen);
	if (auth->work)
		explicit_bzero(auth->work, sizeof(*auth->work));
	free(auth->work);
	explicit_bzero(auth->key, sizeof(auth->key));
	free(auth);
}

static bool same_bytes(const void *a, const void *b, size_t n)
{
	return !gnutls_memcmp(a, b, n);
}

/* The user is the place in auth->seen. */
static bool digest_of(const struct web_auth *auth, const char *password,
		      unsigned char digest[DIGEST_BYTES])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, auth->key, sizeof(auth->key), password,
				strlen(password), digest) == 0;
}

static bool bcrypt_permits(struct web_auth *auth, const char *hash, const char *password)
{
	const char *got;
	bool same;

	memset(auth->work, 0, sizeof(*auth->work));
	auth->judged++;
	got = crypt_r(password, hash, auth->work);
	same = got && strlen(got) == strlen(hash) && same_bytes(got, hash, strlen(hash));
	explicit_bzero(auth->work, sizeof(*auth->work));
	return same;
}

static bool is_right(struct web_auth *auth, size_t user, const char *password)
{
	struct seen *seen = &auth->seen[user];
	unsigned char digest[DIGEST_BYTES];
	bool known = digest_of(auth, password, digest);

	if (known && seen->is_set && same_bytes(digest, seen->digest, sizeof(digest)))
		return true;
	if (!bcrypt_permits(auth, auth->config->users[user].hash, password))
		return false;
	if (known) {
		memcpy(seen->digest, digest, sizeof(digest));
		seen->is_set = true;
	}
	return true;
}

bool web_auth_permits(struct web_auth *auth, const char *user, const char *password)
{
	size_t found = auth->config->n_users;
	bool permitted = false;

	/* Names are no secret: they need no constant time, only their passwords do. */
	for (size_t i = 0; i < auth->config->n_users; i++) {
		if (!strcmp(auth->config->users[i].name, user))
			found = i;
	}
	pthread_mutex_lock(&auth->lock);
	if (found < auth->config->n_users)
		permitted = is_right(auth, found, password);
	else
		bcrypt_permits(auth, auth->costliest, password);
	pthread_mutex_unlock(&auth->lock);
	return permitted;
}

unsigned long web_auth_judged(const struct web_auth *auth)
{
	return auth->judged;
}
