// SPDX-License-Identifier: GPL-2.0
/*
 * watch.c - which holes and sessions there are after each packet, and therefore
 * what opened and closed them: see replay.h.
 *
 * Why a hole went is not written beside it. What it was is told by the event
 * counters, which move with the same packet; where several moved at once, the
 * hole's own circumstances decide.
 */
#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>

#include "tests/datapath/tap.h"
#include "tests/replay/replay.h"

struct open_hole {
	struct hole_key key;
	struct hole hole;
	bool there;
};

struct known_session {
	struct flow_key key;
	struct ftp_session session; /* as last seen */
	bool client_is_1;
	bool alive;
};

struct watch {
	struct open_hole hole[REPLAY_MAX_OPEN];
	size_t n_holes;
	struct known_session *session;
	size_t n_sessions, room;
	__u64 events[PH_EV_END]; /* before the packet in hand */
	json_t *opened, *closed;
};

struct watch *watch_new(void)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		TAP_BAIL("out of memory");
	watch->opened = json_array();
	watch->closed = json_array();
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	json_decref(watch->opened);
	json_decref(watch->closed);
	free(watch->session);
	free(watch);
}

/* ---- holes ------------------------------------------------------------------ */

static json_t *describe(const struct replay *r, const struct open_hole *open)
{
	char src[ADDR_TEXT_BYTES], dst[ADDR_TEXT_BYTES];

	return json_pack("{s:f, s:I, s:s, s:s, s:i, s:b}", "time", r->time, "packet",
			 (json_int_t)r->packet, "from", addr_text(&open->key.src, src),
			 "to", addr_text(&open->key.dst, dst), "port",
			 ntohs(open->key.dst_port), "passive", open->hole.passive);
}

static bool moved(const struct replay *r, enum ph_event event)
{
	return gateway_events(&r->g, event) != r->watch->events[event];
}

static const char *why_closed(const struct replay *r, const struct open_hole *open)
{
	if (moved(r, PH_EV_HOLE_USED) && open->hole.claimed_port)
		return "used";
	if (moved(r, PH_EV_HOLE_REFUSED))
		return "refused";
	if (moved(r, PH_EV_HOLE_SESSION_END))
		return "session end";
	if (moved(r, PH_EV_HOLE_REPLACED))
		return "replaced";
	if (moved(r, PH_EV_HOLE_EXPIRED))
		return "expired";
	return "unknown";
}

static void note_closed(struct replay *r, const struct open_hole *open)
{
	json_t *hole = describe(r, open);

	json_object_set_new(hole, "why", json_string(why_closed(r, open)));
	json_array_append_new(r->watch->closed, hole);
}

static struct open_hole *find_hole(struct watch *watch, const struct hole_key *key)
{
	for (size_t i = 0; i < watch->n_holes; i++)
		if (!memcmp(&watch->hole[i].key, key, sizeof(*key)))
			return &watch->hole[i];
	return NULL;
}

/* One that is in the table now. */
static void see_hole(struct replay *r, const struct hole_key *key,
		     const struct hole *hole)
{
	struct watch *watch = r->watch;
	struct open_hole *known = find_hole(watch, key);

	if (known && known->hole.opened_ns == hole->opened_ns) {
		known->hole = *hole;
		known->there = true;
		return;
	}
	if (known)
		note_closed(r, known);
	if (!known && watch->n_holes == REPLAY_MAX_OPEN)
		TAP_BAIL("more than %d holes at a time", REPLAY_MAX_OPEN);
	if (!known)
		known = &watch->hole[watch->n_holes++];
	*known = (struct open_hole){*key, *hole, true};
	json_array_append_new(watch->opened, describe(r, known));
}

static void look_at_holes(struct replay *r)
{
	struct watch *watch = r->watch;
	int fd = world_table_fd(&r->g.w, TABLE_HOLES);
	struct hole_key key, next;
	struct hole hole;
	size_t kept = 0;

	for (size_t i = 0; i < watch->n_holes; i++)
		watch->hole[i].there = false;
	for (int err = bpf_map_get_next_key(fd, NULL, &next); !err;
	     err = bpf_map_get_next_key(fd, &key, &next)) {
		key = next;
		if (!bpf_map_lookup_elem(fd, &key, &hole))
			see_hole(r, &key, &hole);
	}
	for (size_t i = 0; i < watch->n_holes; i++) {
		if (watch->hole[i].there)
			watch->hole[kept++] = watch->hole[i];
		else
			note_closed(r, &watch->hole[i]);
	}
	watch->n_holes = kept;
}

size_t watch_n_holes(const struct replay *r)
{
	return r->watch->n_holes;
}

bool watch_has_hole(const struct replay *r, const struct ph_addr *src,
		    const struct ph_addr *dst, __u16 port)
{
	const struct hole_key key = {.src = *src, .dst = *dst, .dst_port = htons(port)};

	return find_hole(r->watch, &key);
}

json_t *watch_holes(const struct replay *r)
{
	return json_pack("{s:O, s:O}", "opened", r->watch->opened, "closed",
			 r->watch->closed);
}

/* ---- sessions --------------------------------------------------------------- */

static struct known_session *know_session(struct replay *r, const struct flow_key *key,
					  __u64 conn_id)
{
	struct watch *watch = r->watch;
	struct known_session *known;
	struct conn conn;

	for (size_t i = 0; i < watch->n_sessions; i++)
		if (watch->session[i].session.conn_id == conn_id)
			return &watch->session[i];
	if (watch->n_sessions == watch->room) {
		watch->room = watch->room ? 2 * watch->room : 16;
		watch->session =
			realloc(watch->session, watch->room * sizeof(*watch->session));
		if (!watch->session)
			TAP_BAIL("out of memory");
	}
	known = &watch->session[watch->n_sessions++];
	*known = (struct known_session){.key = *key};
	if (!bpf_map_lookup_elem(world_table_fd(&r->g.w, TABLE_CONNS), key, &conn))
		known->client_is_1 = conn.flags & CONN_F_INITIATOR_1;
	return known;
}

static void look_at_sessions(struct replay *r)
{
	struct watch *watch = r->watch;
	int fd = world_table_fd(&r->g.w, TABLE_FTP);
	struct flow_key key, next;
	struct ftp_session session;

	for (size_t i = 0; i < watch->n_sessions; i++)
		watch->session[i].alive = false;
	for (int err = bpf_map_get_next_key(fd, NULL, &next); !err;
	     err = bpf_map_get_next_key(fd, &key, &next)) {
		struct known_session *known;

		key = next;
		if (bpf_map_lookup_elem(fd, &key, &session))
			continue;
		known = know_session(r, &key, session.conn_id);
		known->session = session;
		known->alive = true;
	}
}

/* Before its client has sent a hello a session only asks for TLS. */
static const char *state_of(const struct ftp_session *s)
{
	bool lines = s->dir[0].mode == FTP_MODE_LINES && s->dir[1].mode == FTP_MODE_LINES;

	if (s->flags & FTP_S_CLEARED)
		return "tls-cleared";
	if (s->flags & FTP_S_TLS)
		return "tls";
	if (s->flags & FTP_S_GSSAPI && !lines)
		return "opaque";
	if (s->flags & FTP_S_AUTH || !lines)
		return "auth-pending";
	return "plain";
}

static json_t *findings_of(const struct ftp_session *s)
{
	json_t *out = json_object();

	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++)
		if (s->found[i])
			json_object_set_new(out, gateway_finding_name(i),
					    json_integer(s->found[i]));
	return out;
}

static json_t *session_json(const struct known_session *known)
{
	const struct ftp_session *s = &known->session;
	const struct flow_key *key = &known->key;
	bool at = known->client_is_1;
	char client[ADDR_TEXT_BYTES], server[ADDR_TEXT_BYTES];
	char client_seen[ADDR_TEXT_BYTES], server_seen[ADDR_TEXT_BYTES];

	return json_pack(
		"{s:s, s:i, s:s, s:s, s:i, s:s, s:s, s:b, s:b, s:s%, s:s%, s:i, s:i, "
		"s:i, "
		"s:o}",
		"client", addr_text(&key->addr[at], client), "client_port",
		ntohs(key->port[at]), "client_mapped",
		addr_text(&s->mapped[0], client_seen), "server",
		addr_text(&key->addr[!at], server), "server_port", ntohs(key->port[!at]),
		"server_mapped", addr_text(&s->mapped[1], server_seen), "state",
		state_of(s), "tls", !!(s->flags & FTP_S_VERIFIED), "alive", known->alive,
		"user", s->user, strnlen(s->user, sizeof(s->user)), "server_name",
		s->server_name, strnlen(s->server_name, sizeof(s->server_name)),
		"holes_opened", s->holes_opened, "data_open", s->data_open, "data_total",
		s->data_total, "findings", findings_of(s));
}

json_t *watch_sessions(const struct replay *r)
{
	json_t *out = json_array();

	for (size_t i = 0; i < r->watch->n_sessions; i++) {
		json_t *session = session_json(&r->watch->session[i]);

		if (!session) /* a name that is no UTF-8 */
			session = json_object();
		json_array_append_new(out, session);
	}
	return out;
}

void watch_look(struct replay *r)
{
	look_at_holes(r);
	look_at_sessions(r);
	for (int i = 0; i < PH_EV_END; i++)
		r->watch->events[i] = gateway_events(&r->g, i);
}
