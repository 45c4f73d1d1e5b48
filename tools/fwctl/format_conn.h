/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_conn.h - connections as an ASA shows them, and which are asked for. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_CONN_H
#define FWCTL_FORMAT_CONN_H

#include "format.h"

#define FORMAT_CONN_BYTES 1536 /* one connection in any form, and its NUL */
#define FORMAT_AGE_BYTES  32

/* A connection, and what its entry does not say. */
struct format_conn {
	const struct flow_key *key;
	const struct conn *conn;
	bool established; /* else half-open */
	/* By PH_INITIATOR (0), PH_RESPONDER (1). This machine itself: "self", 100. */
	const char *interface[2];
	unsigned int security[2];
	uint64_t now_ns;
	uint64_t timeout_ns; /* after which it ends, idle */
};

/*
 * Each writes to @out and returns how many bytes, without the NUL.
 * line:   "TCP outside 198.51.100.7:40000 inside 10.0.0.10:21, idle 0:00:03, bytes 1234,
 *         flags UB"; the end behind the lower security level first
 * long:   one line, with mapped addresses, age and timeout
 * detail: several lines: counters of either direction, policy and id besides
 * json:   an object
 */
size_t format_conn_line(char out[FORMAT_CONN_BYTES], const struct format_conn *c);
size_t format_conn_long(char out[FORMAT_CONN_BYTES], const struct format_conn *c);
size_t format_conn_detail(char out[FORMAT_CONN_BYTES], const struct format_conn *c);
size_t format_conn_json(char out[FORMAT_CONN_BYTES], const struct format_conn *c);

/* "established", "half-open", ... static storage */
const char *format_conn_state(const struct flow_key *key, const struct conn *conn,
			      bool established);

/* Seconds as an ASA has them where they are not a clock: "3s", "1m39s", "2h5m", "3D4h".
 * Returns @out. */
char *format_age(char out[FORMAT_AGE_BYTES], uint64_t sec);

/* What the flags mean, one line each. */
extern const char format_conn_legend[];

/* ---- which connections ---- */

struct format_conn_filter {
	bool by_address;
	struct ph_addr low, high; /* of one family, inclusive */
	bool by_port;
	uint16_t port_low, port_high;
	bool by_protocol;
	uint8_t protocol;
	const char *interface; /* NULL: any; the caller finds its ifindex */
	uint32_t ifindex;
	const char *state; /* NULL: any; static storage */
};

#define FORMAT_CONN_WHY_BYTES 192

/*
 * Read "address A[/LEN|-B] port P[-Q] protocol X interface IF state S", each once at
 * most, in any order.
 * @words: are borrowed
 * @rest: set to how many words were read; the next is none of these
 * @why: filled on -EINVAL
 * Return: 0 or -EINVAL
 */
int format_conn_filter_read(char *const *words, size_t n, struct format_conn_filter *out,
			    size_t *rest, char why[FORMAT_CONN_WHY_BYTES]);

/* Address, port and interface: either end has it, address and port really or mapped. */
bool format_conn_matches(const struct format_conn_filter *filter,
			 const struct flow_key *key, const struct conn *conn,
			 bool established);

#endif /* FWCTL_FORMAT_CONN_H */
