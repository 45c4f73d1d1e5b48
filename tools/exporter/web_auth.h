/* SPDX-License-Identifier: GPL-2.0 */
/*
 * web_auth.h - users and their passwords: basic authentication, RFC 7617.
 *
 * Why it exists: bcrypt is slow on purpose, a tenth of a second at the usual cost, and
 * Prometheus asks every few seconds with the same password. Pure: no HTTP here.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_WEB_AUTH_H
#define EXPORTER_WEB_AUTH_H

#include "web_config.h"

/* Remembers the last right password of each user of one configuration, as a keyed
 * digest: who does not know a password can neither use nor push out what is kept. */
struct web_auth;

/* @config: must outlive it. @out: NULL if it has no users. 0, -ENOMEM, -EIO. */
int web_auth_new(const struct web_config *config, struct web_auth **out);
void web_auth_free(struct web_auth *auth);

/*
 * Whether this is the password of this user. For an unknown one it takes as long as for
 * the user whose hash costs most. Any number of threads; one password is judged at a
 * time.
 */
bool web_auth_permits(struct web_auth *auth, const char *user, const char *password);

/* How many passwords were judged by bcrypt: what tests hold the memory against. */
unsigned long web_auth_judged(const struct web_auth *auth);

#endif /* EXPORTER_WEB_AUTH_H */
