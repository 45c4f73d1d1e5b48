/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_view.h - inspected control connections with their holes and data
 * connections, read and joined.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_FTP_VIEW_H
#define FWCTL_FTP_VIEW_H

#include <pinhole/firewall.h>

#include "tools/ftp_state.h"

/* Of a session, what is shown; the rest of its kilobytes is not kept. */
struct ftp_view_session {
	struct flow_key key;
	struct conn conn;
	enum ftp_show_state state;
	uint32_t flags;
	uint64_t opened_ns;
	uint32_t data_open;
	uint32_t data_total;
	uint16_t found[FTP_N_FINDINGS];
	char user[FTP_USER_BYTES];
	char server_name[FTP_SERVER_NAME_BYTES];
};

struct ftp_view_opening {
	uint64_t parent_id;
	struct hole_key key;
	struct hole hole;
};

struct ftp_view_transfer {
	uint64_t parent_id;
	struct flow_key key;
	struct conn conn;
	bool established;
};

/* Sessions in the order in which they began; the others by parent, each parent's in
 * the order in which they began. */
struct ftp_view {
	struct {
		struct ftp_view_session *items;
		size_t count;
		size_t capacity;
	} sessions;
	struct {
		struct ftp_view_opening *items;
		size_t count;
		size_t capacity;
	} openings;
	struct {
		struct ftp_view_transfer *items;
		size_t count;
		size_t capacity;
	} transfers;
};

/* @view: starts as {0}, freed also after failure. Return: 0 or -errno. */
int ftp_view_read(struct ftp_view *view, struct fw *fw, struct fw_error *error);
void ftp_view_free(struct ftp_view *view);

/* The first hole or data connection of a session; its others follow. */
size_t ftp_view_first_opening(const struct ftp_view *view, uint64_t parent_id);
size_t ftp_view_first_transfer(const struct ftp_view *view, uint64_t parent_id);

#endif /* FWCTL_FTP_VIEW_H */
