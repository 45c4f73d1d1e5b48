/* SPDX-License-Identifier: GPL-2.0 */
/*
 * world.h - a machine with FTP sessions, for the programs that watch its sockets.
 *
 * Why it exists: bpf/host.bpf.c is tried here alone, with real sockets and without the
 * datapath: what the datapath would enter (the connection) the test enters itself, and
 * what a hole would let in is asked of the map.
 *
 * Who may include it: tests/host.
 *
 * The machine is a network namespace of its own (10.9.0.1, fd09::1), its peers another
 * one (10.9.0.2 to .9, fd09::2), and only this process's cgroup is watched.
 */
#ifndef PINHOLE_TESTS_HOST_WORLD_H
#define PINHOLE_TESTS_HOST_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi_host.h>

#define MACHINE	 "10.9.0.1"
#define PUBLIC	 "203.0.113.77"
#define MACHINE6 "fd09::1"

#define FTP_PORT  2121 /* inspected, plain */
#define FTPS_PORT 2990 /* inspected, TLS from the start */

/* One control connection. */
struct session {
	int ours;  /* this machine's socket */
	int peers; /* its peer's */
	struct flow_key key;
	uint64_t conn_id; /* 0: no interface of the policy */
	struct ph_addr peer;
};

/* Make it all; ends the process where that fails (77: this kernel or user may not). */
void world_open(void);
void world_close(void);
/* As what this machine is seen from behind a translation upstream; PUBLIC at first. */
void seen_upstream_as(const char *address);

/* The peer dials this machine. @peer: 10.9.0.x, or x of fd09::x where `six` */
struct session session_dialled(int peer, uint16_t port, bool six, bool policys);
/* This machine dials its peer. */
struct session session_dials(int peer, uint16_t port);
void session_close(struct session *s);

void says_bytes(const struct session *s, const void *bytes, size_t len);
/* Send from this machine, resp. from its peer; and let the machine read all there is. */
void says(const struct session *s, const char *text);
void asked(const struct session *s, const char *text);
void reads(const struct session *s);
/* What has come to the peer since it was asked last; static storage. */
const char *heard(const struct session *s);

/* A listening socket. @address: NULL: any, of IPv4; "::": of both; *port: its port */
int listens(const char *address, uint16_t *port);
/* The peer of the session connects to that port; the socket, -1: it could not. */
int peer_connects(const struct session *s, uint16_t port);

bool hole_is_open(const struct session *s, uint16_t port);
unsigned holes_count(void);
/* This machine connects from that port to a port of the peer's where nobody listens. */
void connects_from(uint16_t port);
/* The text "227 ..." for a port, with an address; static storage. */
const char *pasv_reply(const char *address, uint16_t port);
uint64_t event(enum ph_event event);
uint32_t found(enum ftp_finding finding);
bool host_session_is_known(const struct session *s);
/* As if its socket could not be heard; as if it had closed unseen. */
void host_session_unhear(const struct session *s);
void host_session_outlive(const struct session *s);
uint32_t session_flags(const struct session *s);
const char *session_user(const struct session *s);
unsigned listeners_count(void);

#endif /* PINHOLE_TESTS_HOST_WORLD_H */
