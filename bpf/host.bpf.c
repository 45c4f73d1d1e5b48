// SPDX-License-Identifier: GPL-2.0
/*
 * host.bpf.c - the programs of host mode: they watch the sockets of FTP servers and
 * clients on this machine. Read here top-down.
 *
 * Why an object of its own: it runs where sockets are used, in process context, and not
 * where packets are; it is loaded only where the policy asks for it; and it needs the
 * kernel's own types, which the datapath does without. It shares the maps of the
 * datapath, which the loader hands to it.
 *
 * How a listening socket is bound to its session is the heart of it: host_bind.h.
 *
 * RFC 959, 2428, 4217.
 */
#include "host_maps.h"

#include "host_listener.h"
#include "host_session.h"
#include "host_text.h"

char _license[] SEC("license") = "GPL";

/* Whether the socket is in the network namespace that the firewall is of. */
static __always_inline bool host_is_ours(struct bpf_sock_ops *ctx)
{
	__u32 index = 0;
	const struct host_config *config = bpf_map_lookup_elem(&host_config, &index);

	return config && config->netns_cookie &&
	       config->netns_cookie == bpf_get_netns_cookie(ctx);
}

/* This machine dials: an FTP server, or, as one, its client. */
static __noinline void host_dials(struct bpf_sock_ops *ctx)
{
	__u16 port = host_local_port(ctx);
	struct host_family who;
	struct host_session *hs;
	struct flow_key key;
	__u32 local_end;

	if (!host_fixup(host_remote_port(ctx))) {
		if (port == 20 || port == 989 || host_fixup(port + 1))
			event_count(PH_EV_HOST_CONNECT);
		return;
	}
	local_end = host_key(ctx, &key);
	hs = host_session_new(ctx, &key, HOST_CLIENT, local_end);
	if (!hs)
		return;
	host_family_now(&who);
	hs->tgid = who.tgid;
	hs->parent_tgid = who.parent_tgid;
}

/* What this machine has dialled has answered. */
static __noinline void host_has_dialled(struct bpf_sock_ops *ctx)
{
	const struct fixup_value *fixup = host_fixup(host_remote_port(ctx));
	struct host_session *hs;
	struct flow_key key;

	if (!fixup)
		return;
	host_key(ctx, &key);
	hs = host_session_get(ctx, &key);
	if (hs)
		host_session_begin(ctx, hs, &key, fixup);
}

/* This machine was dialled. */
static __noinline void host_was_dialled(struct bpf_sock_ops *ctx)
{
	const struct fixup_value *fixup = host_fixup(host_local_port(ctx));
	struct host_session *hs;
	struct flow_key key;
	__u32 local_end;

	if (!fixup) {
		host_data_accepted(ctx);
		return;
	}
	local_end = host_key(ctx, &key);
	hs = host_session_new(ctx, &key, HOST_SERVER, local_end);
	if (hs)
		host_session_begin(ctx, hs, &key, fixup);
}

/* A socket changes its state. Accepted ones are asked about too, for they have inherited
 * that from their listener; they are in no table. */
static __noinline void host_state(struct bpf_sock_ops *ctx, __u32 before, __u32 now)
{
	struct host_session *hs;
	struct flow_key key;

	if (before == BPF_TCP_LISTEN) {
		if (now == BPF_TCP_CLOSE)
			host_listener_closed(ctx);
		return;
	}
	if (now != BPF_TCP_CLOSE && before != BPF_TCP_ESTABLISHED)
		return;
	host_key(ctx, &key);
	hs = host_session_get(ctx, &key);
	if (!hs)
		return;
	if (now == BPF_TCP_CLOSE)
		host_session_closed(&key, hs);
	else
		host_session_closing(&key, hs);
}

/* Asked first: of the calls for each connection of the machine most are of other kinds.
 */
static __always_inline bool host_heeds(__u32 op)
{
	return op == BPF_SOCK_OPS_TCP_LISTEN_CB || op == BPF_SOCK_OPS_TCP_CONNECT_CB ||
	       op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB ||
	       op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB || op == BPF_SOCK_OPS_STATE_CB;
}

SEC("sockops")
int host_sockops(struct bpf_sock_ops *ctx)
{
	__u32 op = HOST_READ(ctx->op);

	if (!host_heeds(op) || !host_is_ip(ctx) || !host_is_ours(ctx))
		return 1;
	switch (op) {
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		host_listen(ctx);
		break;
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		host_dials(ctx);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		host_has_dialled(ctx);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		host_was_dialled(ctx);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		host_state(ctx, HOST_READ(ctx->args[0]), HOST_READ(ctx->args[1]));
		break;
	default:
		break;
	}
	return 1;
}

/*
 * The session speaks and cannot be read: what it says may be the reply with the port of
 * a listener that may be its.
 * @before_ns: when it had spoken before
 */
static __always_inline void host_answer_maybe(const struct flow_key *key,
					      struct host_session *hs,
					      struct ftp_session *s, __u64 before_ns)
{
	bool explained = hs->bound_ns > before_ns;
	struct host_listener_ref ref;
	struct host_listener *l;

	for (__u32 i = 0; i < HOST_MAX_MAYBE; i++) {
		ref.cookie = hs->maybe[i].cookie;
		ref.key = hs->maybe[i].key;
		if (!ref.cookie)
			continue;
		hs->maybe[i].cookie = 0;
		l = host_listener_get(&ref);
		if (l && !l->conn_id && !explained)
			host_hole_open(key, hs, s, &ref, true);
	}
}

/* This machine says something on a control connection. Whatever that is, it is sent. */
SEC("sk_msg")
int host_msg(struct sk_msg_md *msg)
{
	struct host_scan scan = {.msg = msg};
	struct host_session *hs;
	struct flow_key key;
	__u64 before_ns;

	host_key(msg, &key);
	hs = bpf_map_lookup_elem(&host_sessions, &key);
	if (!hs)
		return SK_PASS;
	before_ns = hs->spoke_ns;
	host_session_speaks(hs);
	scan.s = host_inspected(&key, hs);
	if (!scan.s)
		return SK_PASS;
	scan.hs = hs;
	scan.key = &key;
	scan.server = hs->role == HOST_SERVER;
	scan.dir = host_direction(scan.s, hs);
	host_read(&scan);
	if (scan.dir->mode != FTP_MODE_LINES)
		host_answer_maybe(&key, hs, scan.s, before_ns);
	return scan.spoilt ? SK_DROP : SK_PASS;
}
