/* SPDX-License-Identifier: GPL-2.0 */
/*
 * show.h - what the `show` commands have in common.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_SHOW_H
#define FWCTL_SHOW_H

#include "cmd.h"
#include "format.h"
#include "output.h"

struct show_request {
	const char *pin_dir;
	struct fw *fw; /* NULL: nothing is in force; `show version` alone sees that */
	struct fw_error error; /* filled by libfirewall */
	struct output out;
	uint64_t now_ns;    /* CLOCK_MONOTONIC */
	char *const *words; /* behind what is to be shown */
	size_t n_words;
	bool all;    /* counters: also those that are zero */
	bool detail; /* nat: what the ends stand for, too */
	bool json;
	uint32_t generation;	    /* of the policy below */
	struct policy_image *image; /* in force; for those that ask for it */
	struct fw_interface *interfaces;
	size_t n_interfaces;
};

/*
 * Each returns 0, or -errno with request->error filled; -ENOENT for a name
 * that does not exist.
 */
int show_interface(struct show_request *request);
int show_access_list(struct show_request *request);
int show_conn(struct show_request *request);
int show_xlate(struct show_request *request);
int show_nat(struct show_request *request);
int show_pinholes(struct show_request *request);
int show_ftp(struct show_request *request);
int show_counters(struct show_request *request);
int show_asp(struct show_request *request);
int show_running_config(struct show_request *request);
int show_version(struct show_request *request);
int show_memory(struct show_request *request);

/* Open what is in force below pin_dir, and read its interfaces and its policy.
 * Return: 0 or -errno, error is filled. Close also after failure. */
int show_open(struct show_request *request);
void show_close(struct show_request *request);

/* Are its words right? CMD_OK, or CMD_USAGE after complaining. */
int show_conn_words(struct show_request *request);
int show_asp_words(struct show_request *request);
int show_nat_words(struct show_request *request);

/* Has the policy in force an access list of that name? -ENOENT: error is filled. */
int show_find_list(struct show_request *request, const char *name);

/* The interface of a name, "self": this machine, 0. -ENOENT: error is filled. */
int show_find_ifindex(struct show_request *request, const char *name, uint32_t *ifindex);

#define SHOW_INITIATOR 0
#define SHOW_RESPONDER 1

/* One end of a connection. */
struct show_end {
	const char *interface;
	char real[FORMAT_ADDRESS_BYTES];
	char mapped[FORMAT_ADDRESS_BYTES];
	char endpoint[FORMAT_ENDPOINT_BYTES]; /* the real address and the port */
	unsigned int port;
	unsigned int mapped_port;
	unsigned int security;
};

/* @which: SHOW_INITIATOR or SHOW_RESPONDER */
void show_read_end(const struct show_request *request, const struct flow_key *key,
		   const struct conn *conn, int which, struct show_end *out);
json_t *show_json_end(const struct show_end *end);

/* Which end of a control connection has this address: a hole names both. */
int show_end_with(const struct flow_key *control, const struct conn *parent,
		  const struct ph_addr *addr);

/* The interface's name by ifindex (0: "self") or by policy id; "?" if unknown. */
const char *show_name_by_ifindex(const struct show_request *request, uint32_t ifindex);
const char *show_name_by_id(const struct show_request *request, uint32_t id);
/* Security level by ifindex; this machine itself counts as 100. */
unsigned int show_security(const struct show_request *request, uint32_t ifindex);

/* Seconds between @then_ns and now, not below 0. */
uint64_t show_seconds_since(const struct show_request *request, uint64_t then_ns);
uint64_t show_seconds_until(const struct show_request *request, uint64_t then_ns);

#endif /* FWCTL_SHOW_H */
