/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.h - what the parts of `fwctl log` share: the request, what is known of the policy
 * in force, and the way a line is put out.
 *
 * Who may include it: tools/fwctl/cmd_log.c and log_*.c.
 */
#ifndef FWCTL_LOG_H
#define FWCTL_LOG_H

#include <jansson.h>

#include <pinhole/firewall.h>

#include "format_filter.h"
#include "format_hits.h"
#include "format_log.h"

/* What the text in force says; read when a record asks for it (log_policy.c). */
struct log_policy {
	bool tried; /* in this batch */
	uint32_t generation;
	struct policy *policy; /* NULL: it cannot be read */
	struct policy_image *image;
	/* Its lines by their identities. */
	const struct policy_image_line **by_id;
};

struct log_request {
	const char *pin_dir;
	bool follow;
	bool json;
	bool has_level; /* --level: the policy is not asked */
	unsigned int level;
	struct format_filter filter;
	bool syslog; /* lines go there instead */
	int claim;   /* fw_claim_records(); -1: none yet */
	struct fw *fw;
	struct fw_interface *interfaces;
	size_t n_interfaces;
	bool checked; /* log_check_names() */
	struct log_policy policy;
	struct format_hits *hits;
	size_t n_hidden; /* lines that the level or the policy does not want */
	size_t n_others; /* that are not what was asked for */
};

/* ---- what is known (log_policy.c) ---- */

/* After this they are read again if another policy is in force. */
void log_policy_batch(struct log_policy *policy);
void log_policy_free(struct log_policy *policy);

/* NULL: no text of a policy, or it has no such line. @line_id: not 0 */
const struct policy_image_line *log_find_line(struct log_request *request,
					      uint64_t line_id);
/* NULL: likewise. */
const struct policy_image_match *log_find_match(struct log_request *request,
						uint32_t rule);
const struct policy_image *log_image(struct log_request *request);
/* Which lines are wanted. */
struct policy_log_filter log_filter(struct log_request *request);

/* An interface of the policy by its device; ifindex 0 is this machine itself. */
struct format_log_end log_end_of(const struct log_request *request, uint32_t ifindex);

/* ---- what is asked for (log_names.c) ---- */

/* @nearest: the word that may have been meant, or NULL; where it is none */
bool log_knows_reason(const char *reason, const char **nearest);
/* Whether the policy in force has the interface and the list. Return: 0 or -ENOENT. */
int log_check_names(struct log_request *request, struct fw_error *error);

/* ---- putting out (log_out.c) ---- */

/* Whether the line is wanted; its level becomes the policy's.
 * @facts: what it is about */
bool log_wants(struct log_request *request, char *text, const struct format_facts *facts);
/* A line with its time, if it is not empty; with --syslog, to syslog. */
void log_put_text(const struct log_request *request, uint64_t monotonic_ns,
		  const char *text);
/* What every record has in JSON. */
json_t *log_json_common(uint64_t monotonic_ns, const char *text);
/* One line: both are taken. Return: 0 or -ENOMEM. */
int log_put_json(json_t *out, json_t *more);

/* ---- syslog (log_syslog.c) ---- */

/* By its word, e.g. "local4". Return: a facility of syslog(3), or -1. */
int log_facility(const char *word);
/* Return: 0, or -errno if nobody listens. */
int log_open_syslog(int facility);
/* With the priority that its level says. */
void log_put_syslog(const char *text);

/* ---- records of connections and tables (log_conn.c), of drops (log_drop.c) ---- */

int log_put_conn(struct log_request *request, const struct ph_record *record);
int log_put_built(struct log_request *request, const struct built_record *record);
int log_put_drop(struct log_request *request, const struct drop_record *record);

/* ---- records of FTP inspection (log_ftp.c) ---- */

int log_put_ftp(struct log_request *request, const struct ftp_record *record);

/* ---- records of access lists (log_acl.c) ---- */

int log_put_acl(struct log_request *request, const struct acl_record *record);
/* What is left to say of flows; @all: for good. */
int log_flush_acl(struct log_request *request, bool all);

#endif /* FWCTL_LOG_H */
