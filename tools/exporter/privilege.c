// SPDX-License-Identifier: GPL-2.0
/*
 * privilege.c - what the exporter may do once it serves. See privilege.h.
 *
 * Why it exists: it parses what strangers send, beside a firewall that root loaded. See
 * capabilities(7), seccomp(2) and bpf(2).
 *
 * The pins come and go with unload and apply, in a file system that systemd mounts for
 * root alone; so a user of its own could not find them again. Root without capabilities
 * can: it owns them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "privilege.h"

static int cannot(int err, const char *what, char *said, size_t said_bytes)
{
	snprintf(said, said_bytes, "%s: %s", what, strerror(-err));
	return err;
}

/* ---- capabilities ------------------------------------------------------------------ */

static int set_capabilities(const struct __user_cap_data_struct *wanted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &header, wanted) ? -errno : 0;
}

static int get_capabilities(struct __user_cap_data_struct *out)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &header, out) ? -errno : 0;
}

/* What exec could bring back; only whoever has CAP_SETPCAP can shrink it. */
static void shrink_bounds(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (cap != CAP_BPF && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return;
	}
}

/* CAP_BPF stays where it is. Who has not got it finds out at the first scrape, which
 * says so: pinhole_up is 0, and it is served. */
static int keep_bpf_alone(void)
{
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0}};
	int err = get_capabilities(caps);

	if (err)
		return err;
	shrink_bounds();
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t bpf = CAP_TO_INDEX(CAP_BPF) == i ? CAP_TO_MASK(CAP_BPF) : 0;

		caps[i].permitted &= bpf;
		caps[i].effective = caps[i].permitted;
		caps[i].inheritable = 0;
	}
	return set_capabilities(caps);
}

/* ---- system calls ------------------------------------------------------------------ */

/* As they are, whatever their arguments. */
static const int plain_calls[] = {
	/* connections */
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	/* descriptors */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2),
	/* waiting */
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(futex),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(sched_yield),
	SCMP_SYS(restart_syscall),
	/* signals, threads, the end */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(membarrier),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* who and when */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getrusage),
	SCMP_SYS(times),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrlimit),
};

/* Of one argument: its bits below the mask are these. */
static const struct masked_call {
	int call;
	unsigned int argument;
	uint64_t mask;
	uint64_t value;
} masked_calls[] = {
	{SCMP_SYS(open), 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
	{SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
	{SCMP_SYS(mmap), 2, PROT_EXEC | PROT_WRITE, 0},
	{SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
	/* A thread, not a process; and in no namespace of its own. */
	{SCMP_SYS(clone), 0, CLONE_THREAD | CLONE_VM | CLONE_NEWUSER | CLONE_NEWNS,
	 CLONE_THREAD | CLONE_VM},
	/* To ask for names of devices, and the namespace; it leads nowhere. */
	{SCMP_SYS(socket), 0, UINT32_MAX, AF_UNIX},
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD},
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD},
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL},
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFL},
	{SCMP_SYS(fcntl), 1, UINT32_MAX, F_DUPFD_CLOEXEC},
	{SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, FIONBIO},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFNAME},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, SIOCGIFINDEX},
	{SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS},
	/* To read limits is to set none. */
	{SCMP_SYS(prlimit64), 2, UINT64_MAX, 0},
	/* Maps are found and read; nothing is made, written, loaded or attached. */
	{SCMP_SYS(bpf), 0, UINT32_MAX, BPF_OBJ_GET},
	{SCMP_SYS(bpf), 0, UINT32_MAX, BPF_OBJ_GET_INFO_BY_FD},
	{SCMP_SYS(bpf), 0, UINT32_MAX, BPF_MAP_LOOKUP_ELEM},
	{SCMP_SYS(bpf), 0, UINT32_MAX, BPF_MAP_LOOKUP_BATCH},
	{SCMP_SYS(bpf), 0, UINT32_MAX, BPF_MAP_GET_NEXT_KEY},
};

/* Their arguments are out of sight: glibc goes on with the older call. */
static const int absent_calls[] = {SCMP_SYS(clone3), SCMP_SYS(openat2)};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Memory to write to is nobody else's: not that of a map, either. */
static int add_private_memory(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
				SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
				SCMP_A3_64(SCMP_CMP_MASKED_EQ, MAP_TYPE, MAP_PRIVATE));
}

static int add_rules(scmp_filter_ctx filter)
{
	int err = add_private_memory(filter);

	for (size_t i = 0; !err && i < N_OF(plain_calls); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, plain_calls[i], 0);
	for (size_t i = 0; !err && i < N_OF(masked_calls); i++) {
		const struct masked_call *rule = &masked_calls[i];

		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, rule->call, 1,
				       SCMP_CMP64(rule->argument, SCMP_CMP_MASKED_EQ,
						  rule->mask, rule->value));
	}
	for (size_t i = 0; !err && i < N_OF(absent_calls); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), absent_calls[i],
				       0);
	return err;
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!filter)
		return -ENOMEM;
	err = add_rules(filter);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

int privilege_drop(char *said, size_t said_bytes)
{
	int err = keep_bpf_alone();

	if (err)
		return cannot(err, "cannot drop capabilities", said, said_bytes);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return cannot(-errno, "cannot set no_new_privs", said, said_bytes);
	err = filter_calls();
	if (err)
		return cannot(err, "cannot filter system calls", said, said_bytes);
	return 0;
}
