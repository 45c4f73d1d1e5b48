// SPDX-License-Identifier: GPL-2.0
/*
 * conns.c - which connections a policy would end. See pinhole/analysis_conns.h.
 *
 * It follows judge_again() of bpf/judge.h, and host_judge() of bpf/host_conn.h for
 * connections to this machine itself: where they change, so must this.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/analysis_conns.h>
#include <util/vec.h>

#include "analysis/conn_case.h"

#define TCP_SYN 0x02
#define TCP_ACK 0x10

#define DATA_PORT	       20 /* RFC 959; and below it, of root alone: bpf/grant.h */
#define DATA_PORT_TLS	       989
#define ACTIVE_CLIENT_PORT_MIN 1024

/* What may be a control connection, for its children. */
struct parent {
	uint64_t id;
	bool permitted;
};

struct child {
	uint64_t parent_id;
};

struct analysis_conns {
	const struct policy_image *image;
	uint32_t *ifindexes;
	struct conn_statics statics;
	VEC(struct parent) parents;
	VEC(struct child) children; /* that their own judgement lets stay */
	struct analysis_conns_count count;
};

int analysis_conns_new(const struct policy_image *image, const uint32_t *ifindexes,
		       struct analysis_conns **out)
{
	struct analysis_conns *conns = calloc(1, sizeof(*conns));

	if (!conns)
		return -ENOMEM;
	conns->image = image;
	conns->ifindexes = calloc(image->n_ifaces + 1, sizeof(*ifindexes));
	if (!conns->ifindexes || conn_statics_make(image, &conns->statics)) {
		analysis_conns_free(conns);
		return -ENOMEM;
	}
	memcpy(conns->ifindexes, ifindexes, image->n_ifaces * sizeof(*ifindexes));
	*out = conns;
	return 0;
}

void analysis_conns_free(struct analysis_conns *conns)
{
	if (!conns)
		return;
	conn_statics_free(&conns->statics);
	vec_free(&conns->parents);
	vec_free(&conns->children);
	free(conns->ifindexes);
	free(conns);
}

/* ---- one connection ---------------------------------------------------------------- */

static const struct iface_config *iface_of(const struct analysis_conns *conns,
					   uint32_t ifindex)
{
	for (size_t i = 0; ifindex && i < conns->image->n_ifaces; i++) {
		if (conns->ifindexes[i] == ifindex && !conns->image->ifaces[i].shut)
			return &conns->image->ifaces[i].config;
	}
	return NULL;
}

static struct conn_case case_of(const struct flow_key *key, const struct conn *conn)
{
	int initiator = conn->flags & CONN_F_INITIATOR_1 ? 1 : 0;
	struct conn_case c = {
		.src = key->addr[initiator],
		.dst = key->addr[!initiator],
		.sport = key->port[initiator],
		.dport = key->port[!initiator],
		.wire_dst = conn->mapped[1],
		.wire_dport = conn->mapped_port[1],
		.proto = key->proto,
	};

	if (key->proto == IPPROTO_TCP)
		c.tcp_flags = conn->flags & CONN_F_PICKED_UP ? TCP_ACK : TCP_SYN;
	return c;
}

static bool has_host_mode(const struct iface_config *iface)
{
	const uint32_t both = IFACE_F_HOST_FTP | IFACE_F_ACL_BOX;

	return (iface->flags & both) == both;
}

static bool stands_at_box(const struct analysis_conns *conns, const struct flow_key *key,
			  const struct conn *conn)
{
	const struct iface_config *in = iface_of(conns, conn->ifindex[0]);
	struct conn_case c = case_of(key, conn);

	if (!in || !has_host_mode(in))
		return false;
	if (conn->flags & CONN_F_CHILD)
		return true; /* as its control connection does */
	c.tcp_flags = TCP_SYN;
	return conn_may_reach_box(conns->image, in, &c);
}

static const struct fixup_value *fixup_of(const struct policy_image *image, __be16 port)
{
	for (size_t i = 0; i < image->n_fixups; i++) {
		const struct policy_image_fixup *fixup = &image->fixups[i];

		if (fixup->key.port == port && fixup->key.proto == IPPROTO_TCP)
			return &fixup->value;
	}
	return NULL;
}

/* grant_covers(): a data connection of `data-ports`. */
static bool range_covers(const struct analysis_conns *conns, const struct conn_case *c,
			 const struct conn *conn)
{
	/* The server is the end of the control connection that has its port; of the
	 * key of that, whoever of the two has begun it is not known here. */
	for (int server = 0; server < 2; server++) {
		__be16 control = conn->parent.port[server];
		const struct fixup_value *fixup = fixup_of(conns->image, control);
		uint16_t sport = ntohs(c->sport), dport = ntohs(c->dport);

		if (!fixup || !(fixup->flags & FIXUP_F_DATA_PORTS))
			continue;
		if (!conn_same_addr(&c->src, &conn->parent.addr[server]))
			return dport >= fixup->data_low && dport <= fixup->data_high;
		return dport >= ACTIVE_CLIENT_PORT_MIN && sport &&
		       (sport <= DATA_PORT || sport == DATA_PORT_TLS ||
			sport + 1 == ntohs(control));
	}
	return false;
}

static bool stands(const struct analysis_conns *conns, const struct flow_key *key,
		   const struct conn *conn)
{
	const struct iface_config *in = iface_of(conns, conn->ifindex[0]);
	const struct iface_config *out = iface_of(conns, conn->ifindex[1]);
	struct conn_case c = case_of(key, conn);

	if (conn->flags & CONN_F_LOCAL)
		return true;
	if (conn->flags & CONN_F_HOST)
		return stands_at_box(conns, key, conn);
	if (!in || !out ||
	    !conn_is_translated(conns->image, &conns->statics, in, out, &c) ||
	    !conn_same_addr(&c.mapped_src, &conn->mapped[0]) ||
	    c.mapped_sport != conn->mapped_port[0])
		return false;
	if (conn->flags & CONN_F_RANGE)
		return range_covers(conns, &c, conn);
	if (conn->flags & CONN_F_CHILD)
		return true; /* as its control connection does */
	return conn_is_permitted(conns->image, in, out, &c);
}

int analysis_conns_add(struct analysis_conns *conns, const struct flow_key *key,
		       const struct conn *conn)
{
	const uint32_t may_have_children = CONN_F_FTP | CONN_F_HOST | CONN_F_LOCAL;
	bool permitted = stands(conns, key, conn);
	struct parent *parent;
	struct child *child;

	conns->count.total++;
	if (!permitted)
		conns->count.ended++;
	if ((conn->flags & CONN_F_CHILD) && permitted) {
		child = vec_push(&conns->children);
		if (!child)
			return -ENOMEM;
		child->parent_id = conn->parent_id;
	}
	if ((conn->flags & may_have_children) && !(conn->flags & CONN_F_CHILD)) {
		parent = vec_push(&conns->parents);
		if (!parent)
			return -ENOMEM;
		*parent = (struct parent){.id = conn->id, .permitted = permitted};
	}
	return 0;
}

/* ---- all of them ------------------------------------------------------------------- */

static int compare_parents(const void *a, const void *b)
{
	const struct parent *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void analysis_conns_count(struct analysis_conns *conns, struct analysis_conns_count *out)
{
	*out = conns->count;
	if (conns->parents.count)
		qsort(conns->parents.items, conns->parents.count,
		      sizeof(*conns->parents.items), compare_parents);
	for (size_t i = 0; i < conns->children.count; i++) {
		struct parent key = {.id = conns->children.items[i].parent_id};
		const struct parent *found =
			conns->parents.count ? bsearch(&key, conns->parents.items,
						       conns->parents.count, sizeof(key),
						       compare_parents)
					     : NULL;

		/* One whose control connection is gone is dropped, too. */
		if (!found || !found->permitted)
			out->ended++;
	}
}
