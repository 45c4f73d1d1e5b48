/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grant_talk.h - sessions that hold grants, and the data connections under them,
 * for the scenarios of data ports.
 *
 * The sessions are written into the tables by hand: what inspection must have seen
 * before it verifies one is not the matter here. So that inspection leaves their
 * control connections alone, the policy's fixup is made one of no kind.
 *
 * Who may include it: scenarios_grant.c and scenarios_grant_count.c.
 */
#ifndef PINHOLE_TESTS_GRANT_TALK_H
#define PINHOLE_TESTS_GRANT_TALK_H

#include <errno.h>
#include <time.h>

#include <bpf/bpf.h>

#include <pinhole/abi_ftp.h>

#include "pinhole.skel.h"
#include "tests/datapath/converse.h"
#include "tests/datapath/network.h"

#define CONTROL_PORT 990
#define LOW	     50000 /* data ports */
#define HIGH	     50100
#define LIMIT	     2
#define MS_NS	     1000000ull
#define PATIENCE_MS  8000

/* Nothing reaches the inside but control connections, and nothing leaves it but
 * them, in either family. */
#define GRANT_STATIC             \
	"object network other\n" \
	" host " NET_REAL "\n"   \
	" nat (inside,outside) static " NET_MAPPED "\n"
#define GRANT_LISTS                                              \
	DUAL_LIST "access-list in permit tcp any4 any4 eq 990\n" \
		  "access-list in permit tcp any6 any6 eq 990\n" \
		  "access-group out in interface outside\n"      \
		  "access-group in in interface inside\n"
static const char policy_grant[] __attribute__((unused)) =
	INTERFACES GRANT_LISTS DUAL_STATICS GRANT_STATIC "fixup protocol ftp 990\n";

/* Tweaks: LOW..HIGH, LIMIT at once; LOW + 1..HIGH; none. */
void with_data_ports(struct policy_image *image);
void with_fewer_ports(struct policy_image *image);
void without_data_ports(struct policy_image *image);
/* LOW..HIGH, and the control connection is inspected. */
void with_inspection(struct policy_image *image);

/* ---- the session ---- */

struct control {
	struct scenario *s;
	struct conversation talk; /* if the outside station is the client */
	struct world_flow flow;
	struct flow_key key;
	struct conn conn;
	struct ftp_session session;
	struct grant_key ends;
};

#define MAP(s, name) bpf_map__fd((s)->w->skel->maps.name)

/* From scenarios before. */
void forget_grants(const struct scenario *s);

/* Between control and table: all bail out on failure. */
void put_session(const struct control *c);
void read_session(struct control *c);

/* Enter it into the grant of these ends. */
void put_holder(const struct control *c, const struct grant_key *ends, __u32 slot);

/* The connection c->flow, its key and its ends. */
void control_find(struct control *c);

/* Of the connection c->flow: verified, and in the grant of its ends. */
void control_verify(struct control *c, __u32 slot);

/* The outside station is the client, the translated server serves. */
void control_open_from(struct control *c, struct scenario *s, __u16 port, __u32 slot);
void control_open(struct control *c, struct scenario *s);

/* ---- data connections ---- */

struct data {
	enum end dialer; /* END_CLIENT: the station outside */
	__u16 sport;
	__u16 dport;
	const char *src; /* NULL: the station of its end */
	const char *dst; /* as on the wire; likewise */
	const char *to;	 /* dst, if it is one of a static */
};

struct data_packet {
	const struct data *d;
	bool answer; /* the other way */
	__u8 flags;
	bool opens;
	enum ph_reason result; /* the drop reason */
	__u64 events;
	unsigned int hits; /* access-list line */
};

void data_send(struct scenario *s, const struct data_packet *p, int line);

#define SEND(s, d_, ...) \
	data_send((s), &(const struct data_packet){.d = (d_), ##__VA_ARGS__}, __LINE__)

#define ADMITTED(s, d) SEND(s, d, .flags = SYN, .opens = true)
#define REFUSED(s, d)  SEND(s, d, .flags = SYN, .result = PH_DROP_ACL_IMPLICIT)

struct data passive(__u16 sport, __u16 dport);
struct data active(__u16 sport, __u16 dport);

/* Its handshake. */
void establish(struct scenario *s, const struct data *d);

struct world_flow data_flow(const struct scenario *s, const struct data *d);

/* When a TCP connection was last seen whose time is just up. May lie before the
 * start of this machine, as a number that wraps. */
__u64 long_ago_ns(void);

/* Its time is up: it is found to be so with its next packet. */
void expire(struct scenario *s, const struct data *d);

/* How many live, as the session says; it is read anew. */
__u32 data_open(struct control *c);

/* How often the limit was found exceeded, ever. */
__u64 found_limits(const struct scenario *s);

/* One change of session or control connection each, after which nobody may. */
enum flaw {
	FLAW_UNVERIFIED,
	FLAW_CLOSING,
	FLAW_OTHER_SESSION,
	FLAW_NO_SESSION,
	FLAW_NO_CONN,
	FLAW_OTHER_CONN,
	FLAW_HALF_CLOSED,
	FLAW_KILLED,
	FLAW_IDLED_OUT,
	FLAW_COUNT,
};

void spoil(struct control *c, enum flaw flaw);

void scenarios_grant_count(struct world *w);

#define GRANT(run_, promise_, ...)                                                 \
	SCENARIO(run_, promise_, .policy = policy_grant, .tweak = with_data_ports, \
		 ##__VA_ARGS__)

#endif /* PINHOLE_TESTS_GRANT_TALK_H */
