/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grant.h - data ports that follow TLS sessions, and how many data connections a
 * session has.
 *
 * Why it exists: the control connection of FTP over TLS cannot be read, so that no
 * hole can be opened for what it announces. Where the policy says `data-ports`, the
 * server's range of ports is open to whom a verified session with that server
 * stands for, while it lives. To everybody else it is as shut as any port.
 *
 * `grants` says which sessions there are between two ends. It only finds them: an
 * entry proves nothing. For each first packet the session that it names must exist,
 * be established, be between these very ends, be verified and not closing, and have
 * room; ports and limit are the policy's of that moment.
 *
 * Who may include it: the stages that use maps, at either hook, and the clock.
 *
 * Races, and their worst outcomes:
 *  - Holders of a grant are written without a lock. Two sessions that take one slot
 *    at once leave one of them out, or a mixture that names no connection: the
 *    session enters again with its next packet; until then data connections fail.
 *  - A grant may be deleted, being empty, while a session enters it: the same.
 *  - A session may end while it is asked: the first packet of a data connection may
 *    pass in that instant. It is not promoted: its session is looked for again.
 *  - Half-open connections are not counted; the limit is kept at promotion, under
 *    the session's lock.
 *  - A connection that user space deletes is never counted out: its session bears
 *    one fewer. Only what was counted in is counted out (grant_counts()). If an
 *    entry is removed, its memory given to another session's data connection, and
 *    the key taken anew, all while its end is being recorded, the other session is
 *    counted down and bears one more.
 */
#ifndef PINHOLE_BPF_GRANT_H
#define PINHOLE_BPF_GRANT_H

#include "conn_state.h"
#include "flow.h"
#include "hole.h"
#include "maps.h"

#define GRANT_CLIENT_PORT_MIN 1024 /* a client takes active data here or above */

enum grant_verdict {
	GRANT_NONE = 0, /* no session stands for it */
	GRANT_ADMITS,
	GRANT_FULL, /* one does, but has as many data connections as it may */
};

/* ---- who holds a grant ---- */

static __always_inline void grant_key_make(struct grant_key *key,
					   const struct flow_key *control,
					   const struct conn *conn)
{
	if (flow_initiator_end(conn)) {
		key->client = control->addr[1];
		key->server = control->addr[0];
	} else {
		key->client = control->addr[0];
		key->server = control->addr[1];
	}
}

/* The slot that a newcomer takes: an empty one (id 0), or the oldest session's,
 * for ids grow with time. */
static __always_inline __u32 grant_oldest(const struct grant *grant)
{
	__u64 least = grant->holder[0].conn_id;
	__u32 slot = 0;

	for (__u32 i = 1; i < PH_MAX_GRANT_HOLDERS; i++) {
		if (grant->holder[i].conn_id < least) {
			least = grant->holder[i].conn_id;
			slot = i;
		}
	}
	return slot;
}

/* A slot that older verifiers can bound, whatever the compiler knows of it. */
static __always_inline struct grant_holder *grant_slot(struct grant *grant, __u32 slot)
{
	_Static_assert(!(PH_MAX_GRANT_HOLDERS & (PH_MAX_GRANT_HOLDERS - 1)),
		       "the number is a mask");
	asm volatile("" : "+r"(slot));
	return &grant->holder[slot & (PH_MAX_GRANT_HOLDERS - 1)];
}

/*
 * Let the session of the control connection w->key hold the grant of its two ends.
 * To be called for every packet of a verified session under a fixup with data
 * ports: it costs one lookup when that is so already, and heals what a race undid.
 *
 * @w:    the work area; its grant_key is used
 * @conn: the control connection
 * @s:    its session; grant_slot is set
 * Return: 0, or a negative error where the table is full
 */
static __always_inline long grant_enter(struct work *w, const struct conn *conn,
					struct ftp_session *s)
{
	struct grant_holder *holder;
	struct grant *grant;
	__u32 index = 0;
	void *blank;
	long err;

	grant_key_make(&w->grant_key, &w->key, conn);
	grant = bpf_map_lookup_elem(&grants, &w->grant_key);
	if (grant && grant_slot(grant, s->grant_slot)->conn_id == conn->id)
		return 0;
	if (!grant) {
		blank = bpf_map_lookup_elem(&grant_blank, &index);
		if (!blank)
			return -2; /* ENOENT: cannot be */
		err = bpf_map_update_elem(&grants, &w->grant_key, blank, BPF_NOEXIST);
		grant = bpf_map_lookup_elem(&grants, &w->grant_key);
		if (!grant)
			return err ? err : -2;
	}
	index = grant_oldest(grant);
	holder = grant_slot(grant, index);
	holder->conn_id = 0;
	holder->session = w->key;
	holder->conn_id = conn->id;
	s->grant_slot = index;
	return 0;
}

/* The control connection is over: it holds no grant any more. */
WORK_GLOBAL int grant_leave(const struct flow_key *control, const struct conn *conn)
{
	struct grant_key key;
	struct grant *grant;
	bool empty = true;

	if (!control || !conn)
		return 0;
	grant_key_make(&key, control, conn);
	grant = bpf_map_lookup_elem(&grants, &key);
	if (!grant)
		return 0;
	for (__u32 i = 0; i < PH_MAX_GRANT_HOLDERS; i++) {
		if (grant->holder[i].conn_id == conn->id)
			grant->holder[i].conn_id = 0;
		empty = empty && !grant->holder[i].conn_id;
	}
	if (empty)
		bpf_map_delete_elem(&grants, &key);
	return 0;
}

/* ---- what a grant permits ---- */

/* The policy of the control connection's port, if it has data ports. */
static __always_inline const struct fixup_value *
grant_fixup(__u32 slot, const struct flow_key *control, const struct conn *conn)
{
	struct fixup_key key = {.port = hole_server_port(control, conn),
				.proto = IPPROTO_TCP};
	void *table = bpf_map_lookup_elem(&fixups, &slot);
	struct fixup_value *fixup = table ? bpf_map_lookup_elem(table, &key) : NULL;

	return fixup && (fixup->flags & FIXUP_F_DATA_PORTS) ? fixup : NULL;
}

/* @active: the server dials */
static __always_inline bool grant_ports(const struct fixup_value *fixup,
					__be16 control_port, bool active, __be16 sport,
					__be16 dport)
{
	__u16 port = pkt_be16(dport);

	/* Pure-FTPd dials from the ports below 20 while 20 itself is not free yet.
	 * They are its root's alone. */
	if (active)
		return port >= GRANT_CLIENT_PORT_MIN &&
		       (hole_is_data_port(sport, control_port) ||
			(sport && pkt_be16(sport) <= 20));
	return port >= fixup->data_low && port <= fixup->data_high;
}

static __always_inline bool grant_has_room(const struct fixup_value *fixup,
					   const struct ftp_session *s)
{
	return !fixup->data_limit || s->data_open < fixup->data_limit;
}

/*
 * Whether the data connection `conn` would be admitted by the policy in force,
 * which has just permitted its control connection `parent`.
 * @key: of conn
 */
WORK_GLOBAL int grant_covers(__u32 slot, const struct flow_key *key,
			     const struct conn *conn, const struct conn *parent)
{
	const struct fixup_value *fixup;
	__be16 control;
	bool active;

	if (!key || !conn || !parent)
		return false;
	fixup = grant_fixup(slot, &conn->parent, parent);
	control = hole_server_port(&conn->parent, parent);
	if (!fixup)
		return false;
	if (flow_initiator_end(conn)) {
		active = pkt_addr_equal(&key->addr[1], flow_initiator_end(parent)
							       ? &conn->parent.addr[0]
							       : &conn->parent.addr[1]);
		return grant_ports(fixup, control, active, key->port[1], key->port[0]);
	}
	active = pkt_addr_equal(&key->addr[0], flow_initiator_end(parent)
						       ? &conn->parent.addr[0]
						       : &conn->parent.addr[1]);
	return grant_ports(fixup, control, active, key->port[0], key->port[1]);
}

/* ---- the first packet of a data connection ---- */

/* Whether conn is the control connection that w->holder means, between the ends of
 * w->grant_key, and lives. */
static __always_inline bool grant_stands(const struct work *w, const struct conn *conn,
					 const struct policy_config *config, __u64 now_ns)
{
	const struct flow_key *control = &w->holder.session;

	if (conn->id != w->holder.conn_id || conn->state != CONN_ESTABLISHED ||
	    (conn->flags & (CONN_F_KILLED | CONN_F_CLEARED)) ||
	    now_ns > conn->seen_ns +
			     conn_timeout_ns(config, IPPROTO_TCP, CONN_ESTABLISHED))
		return false;
	if (flow_initiator_end(conn))
		return pkt_addr_equal(&control->addr[1], &w->grant_key.client) &&
		       pkt_addr_equal(&control->addr[0], &w->grant_key.server);
	return pkt_addr_equal(&control->addr[0], &w->grant_key.client) &&
	       pkt_addr_equal(&control->addr[1], &w->grant_key.server);
}

/* Ask the session w->holder. On GRANT_ADMITS w->fresh is its child. */
static __always_inline enum grant_verdict grant_ask(struct work *w, __u32 slot,
						    const struct policy_config *config,
						    __u64 now_ns, bool active)
{
	const struct fixup_value *fixup;
	const struct ftp_session *s;
	const struct conn *conn;

	conn = bpf_map_lookup_elem(&conns, &w->holder.session);
	if (!conn || !grant_stands(w, conn, config, now_ns))
		return GRANT_NONE;
	fixup = grant_fixup(slot, &w->holder.session, conn);
	if (!fixup || !grant_ports(fixup, hole_server_port(&w->holder.session, conn),
				   active, w->pkt.sport, w->real_dport))
		return GRANT_NONE;
	s = bpf_map_lookup_elem(&ftp_sessions, &w->holder.session);
	if (!s || s->conn_id != w->holder.conn_id || !(s->flags & FTP_S_VERIFIED) ||
	    (s->flags & FTP_S_CLOSING))
		return GRANT_NONE;
	if (!grant_has_room(fixup, s))
		return GRANT_FULL;
	w->fresh.parent = w->holder.session;
	w->fresh.parent_id = w->holder.conn_id;
	w->fresh.generation = conn->generation; /* as hole_claim() does */
	if (active)
		w->fresh.flags |= CONN_F_SERVER_DIALS;
	return GRANT_ADMITS;
}

/* Ask the sessions between two ends, one after the other. After GRANT_FULL
 * w->full is one that was. */
static __always_inline int grant_search(struct work *w, __u32 slot,
					const struct policy_config *config, __u64 now_ns,
					bool active)
{
	enum grant_verdict verdict;
	const struct grant *grant;

	w->full.conn_id = 0;
	w->grant_key.client = active ? w->real_dst : w->real_src;
	w->grant_key.server = active ? w->real_src : w->real_dst;
	grant = bpf_map_lookup_elem(&grants, &w->grant_key);
	if (!grant)
		return GRANT_NONE;
	for (__u32 i = 0; i < PH_MAX_GRANT_HOLDERS; i++) {
		/* Addresses in *w are made anew, not kept on the short stack. */
		asm volatile("" : "+r"(w));
		w->holder = grant->holder[i]; /* what is asked is what is used */
		if (!w->holder.conn_id)
			continue;
		verdict = grant_ask(w, slot, config, now_ns, active);
		if (verdict == GRANT_ADMITS)
			return GRANT_ADMITS;
		if (verdict == GRANT_FULL)
			w->full = w->holder;
	}
	return w->full.conn_id ? GRANT_FULL : GRANT_NONE;
}

/* The packet is w->pkt, a TCP SYN. Return: enum grant_verdict */
WORK_GLOBAL int grant_judge(__u32 slot, const struct policy_config *config, __u64 now_ns,
			    bool active)
{
	struct work *w = work_get();

	if (!w || !config)
		return GRANT_NONE;
	return grant_search(w, slot, config, now_ns, active);
}

/*
 * Whether data ports admit the packet, which no connection knows and no hole. On
 * GRANT_ADMITS f->w->fresh names its control connection.
 * Return: enum grant_verdict
 */
static __always_inline int grant_claim(struct flow *f)
{
	const struct pkt *pkt = &f->w->pkt;
	int verdict;

	if (pkt->proto != IPPROTO_TCP ||
	    (pkt->tcp_flags & (PKT_TCP_SYN | PKT_TCP_ACK)) != PKT_TCP_SYN)
		return GRANT_NONE;
	verdict = grant_judge(f->slot, f->config, f->now_ns, false);
	if (verdict != GRANT_NONE || pkt_be16(f->w->real_dport) < GRANT_CLIENT_PORT_MIN)
		return verdict;
	return grant_judge(f->slot, f->config, f->now_ns, true);
}

/* ---- how many there are ---- */

/* A session reopened under its connection's id does not know the data connections
 * of before, neither when they come nor when they go. */
static __always_inline bool grant_counts(const struct ftp_session *s, __u64 conn_id,
					 __u64 child_created_ns)
{
	return s->conn_id == conn_id && child_created_ns >= s->opened_ns;
}

/* Tell user space that w->full has no room for the packet. */
static __always_inline void grant_tell_full(const struct work *w, const struct conn *conn,
					    const struct ftp_session *s)
{
	struct ftp_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record) {
		event_count(PH_EV_RECORD_LOST);
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->time_ns = bpf_ktime_get_ns();
	record->kind = PH_RECORD_FTP;
	record->finding = FTP_FOUND_DATA_LIMIT;
	record->key = w->full.session;
	record->conn_id = w->full.conn_id;
	record->mapped[0] = s->mapped[0];
	record->mapped[1] = s->mapped[1];
	record->ifindex[0] = conn->ifindex[0];
	record->ifindex[1] = conn->ifindex[1];
	record->conn_flags = conn->flags;
	record->port = pkt_be16(w->real_dport);
	record->address = w->real_dst;
	__builtin_memcpy(record->user, s->user, sizeof(record->user));
	bpf_ringbuf_submit(record, 0);
}

/* The packet is one too many for w->full: count and tell it. Return: the reason */
WORK_GLOBAL int grant_refuse(void)
{
	struct work *w = work_get();
	struct ftp_session *s;
	struct conn *conn;

	finding_count(FTP_FOUND_DATA_LIMIT);
	if (!w)
		return PH_DROP_FTP_DATA_LIMIT;
	s = bpf_map_lookup_elem(&ftp_sessions, &w->full.session);
	conn = bpf_map_lookup_elem(&conns, &w->full.session);
	if (!s || !conn || s->conn_id != w->full.conn_id)
		return PH_DROP_FTP_DATA_LIMIT;
	if (s->found[FTP_FOUND_DATA_LIMIT] != 0xffff) /* a race loses a count */
		s->found[FTP_FOUND_DATA_LIMIT] += 1;
	grant_tell_full(w, conn, s);
	return PH_DROP_FTP_DATA_LIMIT;
}

/*
 * The data connection w->fresh is about to be promoted: count it to its session.
 * By data ports it needs one that stands, and room.
 * Return: 0, or the reason to refuse it
 */
WORK_GLOBAL int grant_child_begin(__u32 slot)
{
	const struct fixup_value *fixup = NULL;
	struct work *w = work_get();
	bool full = false, counted;
	struct ftp_session *s;
	struct conn *parent;
	__u64 parent_id, created_ns;
	__u32 limit = 0;

	if (!w)
		return PH_DROP_INTERNAL;
	parent_id = w->fresh.parent_id;
	created_ns = w->fresh.created_ns;
	if (w->fresh.flags & CONN_F_RANGE) {
		parent = bpf_map_lookup_elem(&conns, &w->fresh.parent);
		if (!parent || parent->id != parent_id)
			return PH_DROP_ACL_IMPLICIT; /* nothing permits it any more */
		fixup = grant_fixup(slot, &w->fresh.parent, parent);
		if (!fixup)
			return PH_DROP_POLICY_CHANGED;
		limit = fixup->data_limit;
	}
	s = bpf_map_lookup_elem(&ftp_sessions, &w->fresh.parent);
	if (!s)
		return fixup ? PH_DROP_ACL_IMPLICIT : 0;
	bpf_spin_lock(&s->lock);
	counted = grant_counts(s, parent_id, created_ns);
	if (counted) {
		full = limit && s->data_open >= limit;
		if (!full) {
			s->data_open++;
			s->data_total++;
		}
	}
	bpf_spin_unlock(&s->lock);
	if (fixup && !counted)
		return PH_DROP_ACL_IMPLICIT;
	if (!full)
		return 0;
	w->full.session = w->fresh.parent;
	w->full.conn_id = parent_id;
	return grant_refuse();
}

/* Before the entry `conn` is removed: what grant_child_end() must know of it. */
static __always_inline void grant_child_note(struct grant_child *child,
					     const struct conn *conn)
{
	child->parent = conn->parent;
	child->parent_id = (conn->flags & (CONN_F_CHILD | CONN_F_OVER)) == CONN_F_CHILD
				   ? conn->parent_id
				   : 0;
	child->created_ns = conn->created_ns;
}

/* A connection was removed from conns, by the caller and nobody else; or it is
 * closed, and the caller has set CONN_F_OVER. */
WORK_GLOBAL int grant_child_end(const struct grant_child *child)
{
	__u64 parent_id, created_ns;
	struct ftp_session *s;
	struct flow_key key;

	if (!child || !child->parent_id)
		return 0;
	key = child->parent;
	parent_id = child->parent_id;
	created_ns = child->created_ns;
	s = bpf_map_lookup_elem(&ftp_sessions, &key);
	if (!s)
		return 0;
	bpf_spin_lock(&s->lock);
	if (grant_counts(s, parent_id, created_ns) && s->data_open)
		s->data_open--;
	bpf_spin_unlock(&s->lock);
	return 0;
}

#endif /* PINHOLE_BPF_GRANT_H */
