// SPDX-License-Identifier: GPL-2.0
/*
 * ftp_view.c - inspected control connections, read and joined. See ftp_view.h.
 *
 * Sessions, holes and data connections are in three tables of the datapath and
 * joined here by the id of the control connection. The tables are walked one
 * after the other while traffic goes on: what opens or closes meanwhile may be
 * missing from one of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/vec.h>

#include "ftp_view.h"

static int add_session(const struct flow_key *key, const struct ftp_session *session,
		       const struct conn *conn, void *arg)
{
	struct ftp_view *view = arg;
	struct ftp_view_session *out = vec_push(&view->sessions);

	if (!out)
		return -ENOMEM;
	*out = (struct ftp_view_session){
		.key = *key,
		.conn = *conn,
		.state = ftp_state_of(session, conn),
		.flags = session->flags,
		.opened_ns = session->opened_ns,
		.data_open = session->data_open,
		.data_total = session->data_total,
	};
	memcpy(out->found, session->found, sizeof(out->found));
	memcpy(out->user, session->user, sizeof(out->user));
	memcpy(out->server_name, session->server_name, sizeof(out->server_name));
	return 0;
}

static int add_opening(const struct hole_key *key, const struct hole *hole,
		       const struct conn *parent, void *arg)
{
	struct ftp_view *view = arg;
	struct ftp_view_opening *out = vec_push(&view->openings);

	(void)parent;
	if (!out)
		return -ENOMEM;
	*out = (struct ftp_view_opening){
		.parent_id = hole->parent_id, .key = *key, .hole = *hole};
	return 0;
}

static int add_transfer(const struct flow_key *key, const struct conn *conn,
			bool established, void *arg)
{
	struct ftp_view *view = arg;
	struct ftp_view_transfer *out;

	if (!(conn->flags & CONN_F_CHILD))
		return 0;
	out = vec_push(&view->transfers);
	if (!out)
		return -ENOMEM;
	*out = (struct ftp_view_transfer){.parent_id = conn->parent_id,
					  .key = *key,
					  .conn = *conn,
					  .established = established};
	return 0;
}

static int compare(uint64_t x, uint64_t y)
{
	return (x > y) - (x < y);
}

static int by_opening(const void *a, const void *b)
{
	const struct ftp_view_session *x = a;
	const struct ftp_view_session *y = b;
	int order = compare(x->opened_ns, y->opened_ns);

	return order ? order : compare(x->conn.id, y->conn.id);
}

static int by_hole_parent(const void *a, const void *b)
{
	const struct ftp_view_opening *x = a;
	const struct ftp_view_opening *y = b;
	int order = compare(x->parent_id, y->parent_id);

	return order ? order : compare(x->hole.opened_ns, y->hole.opened_ns);
}

static int by_conn_parent(const void *a, const void *b)
{
	const struct ftp_view_transfer *x = a;
	const struct ftp_view_transfer *y = b;
	int order = compare(x->parent_id, y->parent_id);

	return order ? order : compare(x->conn.id, y->conn.id);
}

#define SORT(vec, order)                                                              \
	do {                                                                          \
		if ((vec).count)                                                      \
			qsort((vec).items, (vec).count, sizeof(*(vec).items), order); \
	} while (0)

int ftp_view_read(struct ftp_view *view, struct fw *fw, struct fw_error *error)
{
	int err = fw_each_ftp_session(fw, add_session, view, error);

	if (!err)
		err = fw_each_hole(fw, add_opening, view, error);
	if (!err)
		err = fw_each_conn(fw, add_transfer, view, error);
	if (err == -ENOMEM && !error->what[0])
		snprintf(error->what, sizeof(error->what), "out of memory");
	SORT(view->sessions, by_opening);
	SORT(view->openings, by_hole_parent);
	SORT(view->transfers, by_conn_parent);
	return err;
}

void ftp_view_free(struct ftp_view *view)
{
	vec_free(&view->sessions);
	vec_free(&view->openings);
	vec_free(&view->transfers);
}

/* The lowest index whose parent is not below the one sought. */
#define FIRST(vec, id)                                              \
	__extension__({                                             \
		size_t low_ = 0;                                    \
		size_t high_ = (vec).count;                         \
		while (low_ < high_) {                              \
			size_t middle_ = low_ + (high_ - low_) / 2; \
			if ((vec).items[middle_].parent_id < (id))  \
				low_ = middle_ + 1;                 \
			else                                        \
				high_ = middle_;                    \
		}                                                   \
		low_;                                               \
	})

size_t ftp_view_first_opening(const struct ftp_view *view, uint64_t parent_id)
{
	return FIRST(view->openings, parent_id);
}

size_t ftp_view_first_transfer(const struct ftp_view *view, uint64_t parent_id)
{
	return FIRST(view->transfers, parent_id);
}
