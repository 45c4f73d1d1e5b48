/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_task.h - what the kernel knows of the process that runs, and of a TCP socket.
 *
 * Who may include it: host.bpf.c and its parts.
 *
 * The kernel's own types, of which only the fields that are read are given here; where
 * they are in the running kernel is found out when the programs are loaded (CO-RE).
 */
#ifndef PINHOLE_BPF_HOST_TASK_H
#define PINHOLE_BPF_HOST_TASK_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "host_bind.h"

#define HOST_CO_RE __attribute__((preserve_access_index))

struct task_struct {
	__s32 tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	__u64 start_time; /* CLOCK_MONOTONIC; execve() does not change it */
} HOST_CO_RE;

struct host_atomic64 {
	__s64 counter;
} HOST_CO_RE;

struct sock_common {
	volatile unsigned char skc_state;
	struct host_atomic64 skc_cookie;
} HOST_CO_RE;

struct tcp_sock {
	__u32 copied_seq;
} HOST_CO_RE;

/* The process that runs. To be called in process context only. */
static __always_inline void host_family_now(struct host_family *out)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	out->tgid = BPF_CORE_READ(task, tgid);
	out->born_ns = BPF_CORE_READ(task, group_leader, start_time);
	out->parent_tgid = BPF_CORE_READ(task, real_parent, tgid);
	out->parent_born_ns = BPF_CORE_READ(task, real_parent, group_leader, start_time);
}

/* What has been read of the socket, as its peer counts. */
static __always_inline __u32 host_copied_seq(const struct host_session *s)
{
	const struct tcp_sock *sk = (const struct tcp_sock *)s->sock;

	return BPF_CORE_READ(sk, copied_seq);
}

/*
 * Whether the session's socket is still in use. Somebody else's program may have turned
 * the callbacks off that would have said that it is closed; a stale session must not
 * pass for one at work. The memory of a socket that is gone may be another's: its cookie
 * is another too.
 */
static __always_inline bool host_sock_lives(const struct host_session *s)
{
	const struct sock_common *sk = (const struct sock_common *)s->sock;

	return sk && (__u64)BPF_CORE_READ(sk, skc_cookie.counter) == s->cookie &&
	       BPF_CORE_READ(sk, skc_state) != BPF_TCP_CLOSE;
}

#endif /* PINHOLE_BPF_HOST_TASK_H */
