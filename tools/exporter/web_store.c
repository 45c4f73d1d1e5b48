// SPDX-License-Identifier: GPL-2.0
/*
 * web_store.c - the --web.config.file in force. See web_store.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <util/cleanup.h>

#include "web_store.h"

#define MAX_FILES 4 /* itself, certificate, key, authorities of clients */

/* What tells one content of a file from the next, without reading it. */
struct look {
	char *path;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

struct web_store {
	char *path; /* NULL: nothing to read */
	struct web_live *live;
	struct look looks[MAX_FILES]; /* of the last attempt */
	size_t n_looks;
	pthread_mutex_t lock;
};

/* ---- reading ----------------------------------------------------------------------- */

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int cannot(struct web_config_error *error, const char *what)
{
	*error = (struct web_config_error){0};
	snprintf(error->what, sizeof(error->what), "cannot be read: %s", what);
	return -EINVAL;
}

static int read_file(const char *path, char **out, size_t *len,
		     struct web_config_error *error)
{
	char *text cleanup_free_ = malloc(WEB_MAX_FILE_BYTES);
	int fd cleanup_(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t n = 0;
	ssize_t got = 1;

	if (!text)
		return -ENOMEM;
	if (fd < 0)
		return cannot(error, strerror(errno));
	while (got > 0 && n < WEB_MAX_FILE_BYTES) {
		got = read(fd, text + n, WEB_MAX_FILE_BYTES - n);
		if (got < 0)
			return cannot(error, strerror(errno));
		n += (size_t)got;
	}
	if (n == WEB_MAX_FILE_BYTES)
		return cannot(error, "it is larger than 1 MiB");
	*out = take(text);
	*len = n;
	return 0;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int read_config(const char *path, struct web_config **out,
		       struct web_config_error *error)
{
	char *dir cleanup_free_ = directory_of(path);
	char *text cleanup_free_ = NULL;
	size_t len = 0;
	int err = dir ? read_file(path, &text, &len, error) : -ENOMEM;

	return err ? err : web_config_parse(text, len, dir, out, error);
}

static void free_live(struct web_live *live)
{
	if (!live)
		return;
	web_auth_free(live->auth);
	web_tls_delete(live->tls);
	web_config_free(live->config);
	free(live);
}

static void drop_live(struct web_live **live)
{
	free_live(*live);
}

/* @config: taken over */
static int make_live(struct web_config *config, struct web_live **out,
		     struct web_config_error *error)
{
	struct web_live *live cleanup_(drop_live) = calloc(1, sizeof(*live));
	int err;

	if (!live) {
		web_config_free(config);
		return -ENOMEM;
	}
	live->refs = 1;
	live->config = config;
	err = web_auth_new(config, &live->auth);
	if (!err && config->has_tls)
		err = web_tls_new(&config->tls, &live->tls, error);
	if (!err)
		*out = take(live);
	return err;
}

/* ---- looking ----------------------------------------------------------------------- */

static void look_at(struct look *look)
{
	struct stat status;

	memset(&status, 0, sizeof(status)); /* one that is not there looks like this */
	if (stat(look->path, &status))
		memset(&status, 0, sizeof(status));
	look->device = status.st_dev;
	look->inode = status.st_ino;
	look->size = status.st_size;
	look->modified = status.st_mtim;
	look->changed = status.st_ctim;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool has_changed(const struct look *before)
{
	struct look now = {.path = before->path};

	look_at(&now);
	return now.device != before->device || now.inode != before->inode ||
	       now.size != before->size || !same_time(&now.modified, &before->modified) ||
	       !same_time(&now.changed, &before->changed);
}

static void forget_looks(struct web_store *store, size_t keep)
{
	while (store->n_looks > keep)
		free(store->looks[--store->n_looks].path);
}

/* Without memory for its name a file is not watched; a later one may be. */
static void watch(struct web_store *store, const char *path)
{
	struct look look = {0};

	if (path)
		look.path = strdup(path);
	if (!look.path)
		return;
	look_at(&look);
	store->looks[store->n_looks++] = look;
}

/* ---- the store --------------------------------------------------------------------- */

/*
 * Looks come before the reading: a file that changes meanwhile is read again. Where the
 * configuration cannot be understood, the files of the one before stay watched.
 */
static int try_read(struct web_store *store, struct web_live **out,
		    struct web_config_error *error)
{
	struct web_config *config = NULL;
	int err;

	for (size_t i = 0; i < store->n_looks; i++)
		look_at(&store->looks[i]);
	err = read_config(store->path, &config, error);
	if (err)
		return err;
	forget_looks(store, 1);
	watch(store, config->tls.cert_file);
	watch(store, config->tls.key_file);
	watch(store, config->tls.client_ca_file);
	return make_live(config, out, error);
}

static int no_config(struct web_live **out, struct web_config_error *error)
{
	struct web_config *config = calloc(1, sizeof(*config));

	return config ? make_live(config, out, error) : -ENOMEM;
}

int web_store_open(const char *path, struct web_store **out,
		   struct web_config_error *error)
{
	struct web_store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return -ENOMEM;
	pthread_mutex_init(&store->lock, NULL);
	if (path) {
		store->path = strdup(path);
		watch(store, path);
	}
	if (path && !store->n_looks)
		err = -ENOMEM;
	else
		err = path ? try_read(store, &store->live, error)
			   : no_config(&store->live, error);
	if (err)
		web_store_close(store);
	else
		*out = store;
	return err;
}

void web_store_close(struct web_store *store)
{
	if (!store)
		return;
	free_live(store->live);
	forget_looks(store, 0);
	pthread_mutex_destroy(&store->lock);
	free(store->path);
	free(store);
}

struct web_live *web_live_get(struct web_store *store)
{
	struct web_live *live;

	pthread_mutex_lock(&store->lock);
	live = store->live;
	live->refs++;
	pthread_mutex_unlock(&store->lock);
	return live;
}

void web_live_put(struct web_store *store, struct web_live *live)
{
	unsigned int left;

	pthread_mutex_lock(&store->lock);
	left = --live->refs;
	pthread_mutex_unlock(&store->lock);
	if (!left)
		free_live(live);
}

/* The listening sockets speak TLS or they do not, from the start. */
static int keeps_tls(const struct web_store *store, const struct web_live *live,
		     struct web_config_error *error)
{
	if (!live->tls == !store->live->tls)
		return 0;
	*error = (struct web_config_error){0};
	snprintf(error->what, sizeof(error->what),
		 "TLS is turned on or off by a restart only");
	return -EINVAL;
}

static bool any_changed(const struct web_store *store)
{
	for (size_t i = 0; i < store->n_looks; i++) {
		if (has_changed(&store->looks[i]))
			return true;
	}
	return false;
}

enum web_reread web_store_poll(struct web_store *store, bool force,
			       struct web_config_error *error)
{
	struct web_live *fresh cleanup_(drop_live) = NULL;
	struct web_live *old;
	int err;

	if (!store->path || (!force && !any_changed(store)))
		return WEB_UNCHANGED;
	err = try_read(store, &fresh, error);
	if (err == -ENOMEM)
		cannot(error, strerror(ENOMEM));
	if (!err)
		err = keeps_tls(store, fresh, error);
	if (err)
		return WEB_FAILED;
	pthread_mutex_lock(&store->lock);
	old = store->live;
	store->live = take(fresh);
	pthread_mutex_unlock(&store->lock);
	web_live_put(store, old);
	return WEB_REREAD;
}
