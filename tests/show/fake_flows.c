// SPDX-License-Identifier: GPL-2.0
/*
 * fake_flows.c - a made-up firewall: connections, holes and FTP sessions. See fake.h.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "fake.h"

/* A connection as a person would tell it. Addresses: "" is none. */
struct told {
	const char *initiator, *responder;
	const char *initiator_mapped, *responder_mapped; /* NULL: as they are */
	uint16_t initiator_port, responder_port;
	uint8_t proto;
	uint8_t state;
	bool established;
	uint32_t ifindex[2];
	uint32_t flags;
	uint64_t id;
	uint64_t parent_id;
	unsigned int idle_sec, age_sec;
	uint64_t packets[2], bytes[2];
};

#define WEB "2001:db8:1::10"

static const struct told conns[] = {
	{"198.51.100.7",
	 "10.0.0.10",
	 NULL,
	 "203.0.113.10",
	 40000,
	 21,
	 IPPROTO_TCP,
	 CONN_ESTABLISHED,
	 true,
	 {FAKE_OUTSIDE, FAKE_INSIDE},
	 CONN_F_FTP,
	 1001,
	 0,
	 3,
	 65,
	 {12, 10},
	 {800, 1400}},
	{"198.51.100.7",
	 "10.0.0.10",
	 NULL,
	 "203.0.113.10",
	 40001,
	 50021,
	 IPPROTO_TCP,
	 CONN_ESTABLISHED,
	 true,
	 {FAKE_OUTSIDE, FAKE_INSIDE},
	 CONN_F_CHILD,
	 1002,
	 1001,
	 0,
	 5,
	 {900, 1800},
	 {46800, 2700000}},
	{"10.0.0.20",
	 "192.0.2.53",
	 NULL,
	 NULL,
	 5353,
	 53,
	 IPPROTO_UDP,
	 CONN_ESTABLISHED,
	 true,
	 {FAKE_INSIDE, FAKE_OUTSIDE},
	 0,
	 1003,
	 0,
	 119,
	 3700,
	 {1, 1},
	 {60, 120}},
	{"2001:db8:2::7",
	 WEB,
	 NULL,
	 NULL,
	 51000,
	 80,
	 IPPROTO_TCP,
	 CONN_HALF_CLOSED,
	 true,
	 {FAKE_OUTSIDE, FAKE_DMZ},
	 CONN_F_FIN_0,
	 1004,
	 0,
	 1,
	 100000,
	 {7, 6},
	 {420, 9000}},
	{"198.51.100.9",
	 "203.0.113.1",
	 NULL,
	 NULL,
	 40009,
	 990,
	 IPPROTO_TCP,
	 CONN_ESTABLISHED,
	 true,
	 {FAKE_OUTSIDE, 0},
	 CONN_F_FTP | CONN_F_HOST,
	 1005,
	 0,
	 2,
	 7200,
	 {30, 31},
	 {3000, 4000}},
	{"203.0.113.1",
	 "192.0.2.80",
	 NULL,
	 NULL,
	 45000,
	 443,
	 IPPROTO_TCP,
	 CONN_CLOSING,
	 true,
	 {0, FAKE_OUTSIDE},
	 CONN_F_LOCAL | CONN_F_FIN_0 | CONN_F_FIN_1,
	 1006,
	 0,
	 4,
	 9,
	 {9, 8},
	 {900, 800}},
	{"10.0.0.20",
	 "10.1.0.9",
	 NULL,
	 NULL,
	 77,
	 0,
	 IPPROTO_ICMP,
	 CONN_ESTABLISHED,
	 true,
	 {FAKE_INSIDE, FAKE_DMZ},
	 0,
	 1007,
	 0,
	 0,
	 2,
	 {2, 2},
	 {168, 168}},
	{"198.51.100.8",
	 "10.0.0.16",
	 NULL,
	 "203.0.113.16",
	 1024,
	 80,
	 IPPROTO_TCP,
	 CONN_SYN_SENT,
	 false,
	 {FAKE_OUTSIDE, FAKE_INSIDE},
	 0,
	 1008,
	 0,
	 5,
	 5,
	 {1, 0},
	 {60, 0}},
	{"198.51.100.8",
	 "10.0.0.16",
	 NULL,
	 "203.0.113.16",
	 1025,
	 80,
	 IPPROTO_TCP,
	 CONN_SYN_ACKED,
	 false,
	 {FAKE_OUTSIDE, FAKE_INSIDE},
	 0,
	 1009,
	 0,
	 1,
	 1,
	 {1, 1},
	 {60, 60}},
	{"10.1.0.9",
	 "192.0.2.99",
	 NULL,
	 NULL,
	 33000,
	 33434,
	 IPPROTO_UDP,
	 CONN_SYN_SENT,
	 false,
	 {FAKE_DMZ, FAKE_OUTSIDE},
	 0,
	 1010,
	 0,
	 0,
	 0,
	 {1, 0},
	 {60, 0}},
};

#define N_CONNS (sizeof(conns) / sizeof(conns[0]))

static struct ph_addr address(const char *text)
{
	struct ph_addr out = {{0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &out.word[3]) != 1)
		inet_pton(AF_INET6, text, out.word);
	return out;
}

static void make(const struct told *told, struct flow_key *key, struct conn *conn)
{
	struct ph_addr from = address(told->initiator), to = address(told->responder);
	int at = memcmp(&from, &to, sizeof(from)) > 0;

	*key = (struct flow_key){.proto = told->proto};
	key->addr[at] = from;
	key->addr[!at] = to;
	key->port[at] = htons(told->initiator_port);
	key->port[!at] = htons(told->responder_port);
	*conn = (struct conn){
		.id = told->id,
		.created_ns = fake_ago(told->age_sec),
		.seen_ns = fake_ago(told->idle_sec),
		.packets = {told->packets[0], told->packets[1]},
		.bytes = {told->bytes[0], told->bytes[1]},
		.mapped = {address(told->initiator_mapped ? told->initiator_mapped
							  : told->initiator),
			   address(told->responder_mapped ? told->responder_mapped
							  : told->responder)},
		.parent_id = told->parent_id,
		.generation = 6,
		.ifindex = {told->ifindex[0], told->ifindex[1]},
		.flags = told->flags | (at ? CONN_F_INITIATOR_1 : 0),
		.mapped_port = {htons(told->initiator_port), htons(told->responder_port)},
		.state = told->state,
	};
}

int __wrap_fw_each_conn(struct fw *fw,
			int (*fn)(const struct flow_key *, const struct conn *,
				  bool established, void *),
			void *arg, struct fw_error *error);
int __wrap_fw_each_conn(struct fw *fw,
			int (*fn)(const struct flow_key *, const struct conn *,
				  bool established, void *),
			void *arg, struct fw_error *error)
{
	int err = 0;

	(void)fw;
	(void)error;
	for (size_t i = 0; !err && !fake_is_quiet() && i < N_CONNS; i++) {
		struct flow_key key;
		struct conn conn;

		make(&conns[i], &key, &conn);
		err = fn(&key, &conn, conns[i].established, arg);
	}
	return err;
}

int __wrap_fw_each_hole(struct fw *fw,
			int (*fn)(const struct hole_key *, const struct hole *,
				  const struct conn *parent, void *),
			void *arg, struct fw_error *error);
int __wrap_fw_each_hole(struct fw *fw,
			int (*fn)(const struct hole_key *, const struct hole *,
				  const struct conn *parent, void *),
			void *arg, struct fw_error *error)
{
	struct hole_key key = {.src = address("198.51.100.7"),
			       .dst = address("10.0.0.10"),
			       .dst_port = htons(50022)};
	struct hole hole = {.opened_ns = fake_ago(4),
			    .expires_ns = fake_in(26),
			    .parent_id = 1001,
			    .passive = 1};
	struct conn parent;
	int err;

	(void)fw;
	(void)error;
	if (fake_is_quiet())
		return 0;
	make(&conns[0], &hole.parent, &parent);
	err = fn(&key, &hole, &parent, arg);
	if (err)
		return err;
	key = (struct hole_key){.src = address("10.0.0.10"),
				.dst = address("198.51.100.7"),
				.dst_port = htons(40500)};
	hole.passive = 0;
	hole.data_port_only = 1;
	hole.claimed_port = htons(20);
	hole.opened_ns = fake_ago(2);
	return fn(&key, &hole, &parent, arg);
}

int __wrap_fw_each_ftp_session(struct fw *fw,
			       int (*fn)(const struct flow_key *,
					 const struct ftp_session *,
					 const struct conn *conn, void *),
			       void *arg, struct fw_error *error);
int __wrap_fw_each_ftp_session(struct fw *fw,
			       int (*fn)(const struct flow_key *,
					 const struct ftp_session *,
					 const struct conn *conn, void *),
			       void *arg, struct fw_error *error)
{
	struct ftp_session session = {.conn_id = 1001, .data_open = 1, .data_total = 4};
	struct flow_key key;
	struct conn conn;
	int err;

	(void)fw;
	(void)error;
	if (fake_is_quiet())
		return 0;
	make(&conns[0], &key, &conn);
	session.opened_ns = conn.created_ns;
	session.found[FTP_FOUND_LOW_PORT] = 2;
	session.found[FTP_FOUND_UNKNOWN_COMMAND] = 1;
	snprintf(session.user, sizeof(session.user), "anna\"\n");
	err = fn(&key, &session, &conn, arg);
	if (err)
		return err;
	make(&conns[4], &key, &conn);
	session = (struct ftp_session){
		.conn_id = 1005,
		.opened_ns = conn.created_ns,
		.flags = FTP_S_IMPLICIT | FTP_S_HOST | FTP_S_TLS | FTP_S_VERIFIED,
		.dir = {{.mode = FTP_MODE_TLS}, {.mode = FTP_MODE_TLS}},
	};
	snprintf(session.server_name, sizeof(session.server_name), "ftp.example.com");
	return fn(&key, &session, &conn, arg);
}

/* What is asked for is counted; a session takes what hangs on it along. */
int __wrap_fw_clear_conns(struct fw *fw,
			  bool (*wanted)(const struct flow_key *, const struct conn *,
					 bool established, void *),
			  void *arg, struct fw_clear_report *report,
			  struct fw_error *error);
int __wrap_fw_clear_conns(struct fw *fw,
			  bool (*wanted)(const struct flow_key *, const struct conn *,
					 bool established, void *),
			  void *arg, struct fw_clear_report *report,
			  struct fw_error *error)
{
	(void)fw;
	(void)error;
	for (size_t i = 0; !fake_is_quiet() && i < N_CONNS; i++) {
		struct flow_key key;
		struct conn conn;

		make(&conns[i], &key, &conn);
		if (!wanted(&key, &conn, conns[i].established, arg))
			continue;
		if (conns[i].established)
			report->connections++;
		else
			report->half_open++;
		if (conns[i].flags & CONN_F_FTP)
			report->ftp_sessions++;
	}
	report->holes = report->ftp_sessions ? 2 : 0;
	return 0;
}
